//! What can be wrong, with the numbers that say by how much.

/// The result of everything in this crate that can fail.
pub type Result<T> = core::result::Result<T, RiskError>;

/// Why the engine refuses to answer or to change an account.
///
/// Each variant carries what was found and what was needed, so that the caller can tell a trader
/// without computing anything again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RiskError {
    /// A sum or product left its range (±2^63 for money and lots, 2^64 for prices).
    Overflow,
    /// A position or balance names an asset that the risk book does not have.
    UnknownAsset {
        /// The index that was asked for.
        asset: u16,
    },
    /// A position or order names a market that the risk book does not have.
    UnknownMarket {
        /// The index that was asked for.
        market: u16,
    },
    /// The market's contract has ended, and waits for its settlement price.
    ContractEnded {
        /// Index of the market in the risk book.
        market: u16,
        /// When it ended, unix seconds.
        expiry: i64,
    },
    /// The contract has not ended.
    ContractRuns {
        /// When it ends, unix seconds; zero for never.
        expiry: i64,
        /// Unix seconds.
        now: i64,
    },
    /// A contract that has ended waits for a price that is as late as its expiry.
    SettlementWaits {
        /// Publish time of the newest price.
        published: i64,
        /// When the contract ended.
        expiry: i64,
        /// From when on it is settled without one.
        until: i64,
    },
    /// The asset never had a price.
    NoPrice {
        /// Index of the asset in the risk book.
        asset: u16,
    },
    /// The last price is older than this use allows.
    StalePrice {
        /// Index of the asset in the risk book.
        asset: u16,
        /// Seconds since the price was published.
        age: i64,
        /// Seconds allowed.
        limit: i64,
    },
    /// The confidence interval is too wide to add risk on.
    WidePrice {
        /// Index of the asset in the risk book.
        asset: u16,
        /// Half-width of the interval, as a risk price.
        confidence: u64,
        /// The widest allowed, as a risk price.
        limit: u64,
    },
    /// The price stands too far from its own moving average to add risk on.
    DivergentPrice {
        /// Index of the asset in the risk book.
        asset: u16,
        /// Distance from the moving average, as a risk price.
        distance: u64,
        /// The largest allowed, as a risk price.
        limit: u64,
    },
    /// The quote token is too far from one dollar to add risk on.
    QuoteOffPar {
        /// The quote token's dollar price, as a risk price.
        price: u64,
        /// One dollar, as a risk price.
        par: u64,
    },
    /// A reading is zero, negative, or out of the range of risk prices.
    PriceOutOfRange {
        /// The mantissa that the oracle gave.
        mantissa: i64,
    },
    /// A reading was published before the price that is already recorded.
    PriceNotMonotone {
        /// Publish time (or posted slot) of the reading.
        found: i64,
        /// Publish time (or posted slot) that is recorded.
        recorded: i64,
    },
    /// A reading claims to have been published in the future.
    PriceFromFuture {
        /// Publish time of the reading.
        found: i64,
        /// The latest accepted.
        latest: i64,
    },
    /// The account holds its maximum of positions and needs another slot.
    NoFreeSlot {
        /// How many slots the account has.
        slots: u16,
    },
    /// The account holds its maximum of different collaterals.
    NoFreeBalance {
        /// How many different collaterals fit.
        limit: u16,
    },
    /// The account has less of the asset than was asked for.
    InsufficientBalance {
        /// What it has, in the token's atoms.
        available: u64,
        /// What was asked for.
        requested: u64,
    },
    /// More of a token was asked for than may leave now.
    OutflowLimit {
        /// What was asked for, in the token's atoms.
        requested: u64,
        /// What may leave now.
        left: u64,
        /// Seconds until what was asked for may leave, if nothing else does.
        wait: u64,
    },
    /// More of a token was asked for than may ever leave at once.
    OutflowNever {
        /// What was asked for, in the token's atoms.
        requested: u64,
        /// The most that may leave at once.
        limit: u64,
    },
    /// The cash is there, but some of it is profit that has not matured.
    ProfitNotMature {
        /// What may leave now, in quote atoms.
        available: u64,
        /// What was asked for.
        requested: u64,
        /// Profit that has not matured.
        immature: u64,
        /// Seconds until what was asked for may leave, if nothing is gained or lost.
        wait: u64,
    },
    /// The account is above its maintenance margin.
    NotLiquidatable {
        /// Equity for maintenance, in quote atoms.
        equity: i64,
        /// What it would have to be below.
        needed: i64,
    },
    /// A deficit is larger than the value of the lots that it is to be shared with.
    DeficitTooLarge {
        /// The deficit, in quote atoms.
        deficit: i64,
        /// The value, in quote atoms.
        value: i64,
    },
    /// Deleveraging would leave too little of a side for its index to be exact.
    SideExhausted {
        /// The share that would be left, of 2^32.
        left: u64,
        /// The least that may be.
        least: u64,
    },
    /// The account has no position in the market.
    NoPosition {
        /// Index of the market in the risk book.
        market: u16,
    },
    /// A zero where a quantity is needed.
    ZeroQuantity,
    /// The account has its maximum of resting orders.
    TooManyOrders {
        /// How many it may have.
        limit: u16,
    },
    /// The market is no option, so that nothing of it is priced by volatility.
    NotAnOption {
        /// Index of the market in the risk book.
        market: u16,
    },
    /// An option's array is older than this use allows.
    StaleArray {
        /// Index of the market in the risk book.
        market: u16,
        /// Seconds since it was computed.
        age: i64,
        /// Seconds allowed.
        limit: i64,
    },
    /// The index has moved too far since an option's array was computed.
    DriftedArray {
        /// Index of the market in the risk book.
        market: u16,
        /// By how much, as a risk price.
        drift: u64,
        /// The most allowed, as a risk price.
        limit: u64,
    },
    /// Closing lots of this position alone would raise what its account needs: it hedges others.
    LegIsHedge {
        /// Index of the market in the risk book.
        market: u16,
    },
}

/// A parameter outside its hard bounds: which, what was found, and what is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoundError {
    /// The parameter's name, as in the instruction's arguments.
    pub field: &'static str,
    /// The value found.
    pub found: u64,
    /// The lowest value allowed.
    pub low: u64,
    /// The highest value allowed.
    pub high: u64,
}

/// Refuses a parameter outside `low..=high`, naming it.
///
/// # Errors
/// [`BoundError`] with the bounds.
pub const fn within(
    field: &'static str,
    found: u64,
    low: u64,
    high: u64,
) -> core::result::Result<(), BoundError> {
    if found < low || found > high {
        return Err(BoundError {
            field,
            found,
            low,
            high,
        });
    }
    Ok(())
}
