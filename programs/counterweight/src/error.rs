//! Every refusal, in ranges that are only ever appended to, each with a sentence for the trader.
//! The numbers that were found and needed stand in the log line before it.

mod explain;

pub use explain::*;

use anchor_lang::error_code;

/// Error codes: 6000 plus what stands here.
#[error_code]
pub enum ErrorCode {
    // 0–99: who may do what, and which accounts
    /// The signer is not the clearinghouse's authority.
    #[msg("Only the clearinghouse's authority may do this: sign with the authority's key")]
    NotAuthority = 0,
    /// The signer is neither the authority nor the guardian.
    #[msg("Only the authority or the guardian may do this: sign with one of their keys")]
    NotGuardian = 1,
    /// The guardian tried to lift a pause.
    #[msg("The guardian may only pause more, never less: the authority lifts a pause")]
    GuardianMayOnlyPause = 2,
    /// The signer was not nominated.
    #[msg("Only the nominated authority may accept: nominate this key first")]
    NotNominated = 3,
    /// The signer is not the account's owner.
    #[msg("Only the margin account's owner may do this: a delegate trades but never withdraws")]
    NotOwner = 4,
    /// The signer is neither the account's owner nor its delegate.
    #[msg("Only the margin account's owner or delegate may do this: sign with one of their keys")]
    NotOwnerOrDelegate = 5,
    /// An account belongs to another clearinghouse.
    #[msg("This account belongs to another clearinghouse: pass the one of this risk book")]
    WrongClearinghouse = 6,
    /// The vault is not the asset's.
    #[msg("This token account is not the asset's vault: pass the vault that the risk book names")]
    WrongVault = 7,
    /// The mint is not the asset's.
    #[msg("This mint is not the asset's: pass the mint that the risk book names")]
    WrongMint = 8,
    /// The market account is not the market's.
    #[msg("This is not the account of that market: pass the address that the risk book names")]
    WrongMarket = 9,
    /// What was asked for is paused.
    #[msg("This is paused in the clearinghouse for now: try again when the pause is lifted")]
    Paused = 10,
    /// The account has the wrong layout version.
    #[msg(
        "This account has another layout than this program: migrate it first, which anyone may (a risk book with migrate_risk_book)"
    )]
    WrongVersion = 11,
    /// Two sides are the same account.
    #[msg(
        "An account cannot trade with, transfer to or liquidate itself: pass two different accounts"
    )]
    SameAccount = 12,
    /// Too few or too many accounts follow the named ones.
    #[msg("The number of further accounts does not fit the arguments: pass one for each entry")]
    WrongAccountCount = 13,
    /// The clearinghouse holds its maximum of assets or markets.
    #[msg("The risk book is full: no further asset or market fits")]
    RiskBookFull = 14,
    /// An index for a new entry is not the next one.
    #[msg("The index of a new market must be the next free one: read the risk book again")]
    WrongIndex = 15,
    /// The custody is not the mint's.
    #[msg("This is not the custody of that mint: pass the one at the address of both")]
    WrongCustody = 16,
    /// The guardian tried to loosen a limit.
    #[msg(
        "The guardian may only tighten this limit: the authority loosens it, and that takes a day"
    )]
    GuardianMayOnlyTighten = 17,
    /// Markets are not ascending or not unique.
    #[msg("Pass each market once, sorted by index")]
    MarketsNotSorted = 18,
    /// The account has the present layout.
    #[msg("This account has the present layout already: there is nothing to migrate")]
    AlreadyMigrated = 19,
    /// The signer is not the volatility feed.
    #[msg("Only the clearinghouse's volatility feed may set a smile: sign with its key")]
    NotVolatilityFeed = 20,

    // 100–199: parameters
    /// A parameter is outside its hard bounds.
    #[msg(
        "A parameter is outside its bounds: the line above names it, what was found, and what is allowed"
    )]
    ParameterOutOfBounds = 100,
    /// An oracle program that is not one of Pyth's.
    #[msg("This oracle is not accepted: prices come from Pyth's receiver or legacy program")]
    OracleNotAccepted = 101,
    /// The asset is collateral already.
    #[msg("This asset is listed as collateral already: change its terms instead")]
    AlreadyCollateral = 102,
    /// The asset is not collateral.
    #[msg("This asset is not accepted as collateral: deposit one that is")]
    NotCollateral = 103,
    /// A Token-2022 mint with an extension that would break the accounting.
    #[msg(
        "This mint has a Token-2022 extension that is refused: only metadata extensions are accepted"
    )]
    MintExtensionRefused = 104,

    // 200–299: prices
    /// The account is not owned by the asset's oracle program.
    #[msg("This price account is not owned by the asset's oracle program: pass Pyth's own account")]
    WrongOracleOwner = 200,
    /// The account is of another feed.
    #[msg("This price account is of another feed: pass the one of the asset")]
    WrongFeed = 201,
    /// The account cannot be read as a price.
    #[msg("This account does not hold a price in the expected format: pass a Pyth price account")]
    PriceUnreadable = 202,
    /// The update was not verified by two thirds of the guardians.
    #[msg("This price was only partially verified: post it with full verification")]
    PartialVerification = 203,
    /// The legacy feed is not trading.
    #[msg("This price feed is not trading at present: wait until its status is 'trading'")]
    PriceNotTrading = 204,
    /// The asset never had a price.
    #[msg("This asset has no price yet: refresh its price first")]
    NoPrice = 205,
    /// The price is too old.
    #[msg("The price is too old for this: refresh it in the same transaction")]
    StalePrice = 206,
    /// The confidence interval is too wide.
    #[msg("The price is too uncertain to add risk or withdraw: wait until its confidence narrows")]
    WidePrice = 207,
    /// The price is too far from its average.
    #[msg("The price is too far from its average to add risk or withdraw: wait until they meet")]
    DivergentPrice = 208,
    /// The quote token is off par.
    #[msg(
        "The quote token is too far from one dollar to add risk or withdraw: wait until it recovers"
    )]
    QuoteOffPar = 209,
    /// The price is zero, negative or too large.
    #[msg("The price is outside the range that can be used: the oracle's figure stands above")]
    PriceOutOfRange = 210,
    /// The price is older than the recorded one.
    #[msg("A newer price is recorded already: bring one that is not older")]
    PriceNotMonotone = 211,
    /// The price claims to be from the future.
    #[msg("The price claims to be from the future: check the feed and the clock")]
    PriceFromFuture = 212,
    /// The asset has no oracle.
    #[msg("This asset has no oracle: there is nothing to refresh")]
    NoOracle = 213,
    /// An option's array is too old.
    #[msg(
        "What this option is worth was computed too long ago: refresh its array first, anyone may"
    )]
    StaleArray = 214,
    /// The index moved since an option's array was computed.
    #[msg(
        "The index has moved too far since this option was priced: refresh its array first, anyone may"
    )]
    DriftedArray = 215,

    // 300–399: margin accounts and balances
    /// Initial margin is not met.
    #[msg(
        "Not enough margin: equity must be at least the initial margin after this; deposit more or do less"
    )]
    InitialMarginNotMet = 300,
    /// The action would make an account below margin worse.
    #[msg(
        "This account is below its margin and may only do what improves it: this would make it worse"
    )]
    AccountWouldBeWorse = 301,
    /// The client's own limit on the margin ratio is not met.
    #[msg(
        "The margin ratio afterwards would be below the limit you set: lower the limit or do less"
    )]
    MarginRatioBelowGuard = 302,
    /// The account changed since the client looked.
    #[msg("The account has changed since you looked at it: read it again and decide again")]
    SequenceChanged = 303,
    /// Not enough of the asset.
    #[msg("The account has less of this asset than was asked for: only settled balances can leave")]
    InsufficientBalance = 304,
    /// The deposit cap is reached.
    #[msg("The deposit cap of this asset is reached: deposit less, or another asset")]
    DepositCapReached = 305,
    /// All position slots are used.
    #[msg("All position slots are in use: close a position or enlarge the account")]
    NoFreeSlot = 306,
    /// All collateral entries are used.
    #[msg("The account holds its maximum of different collaterals: withdraw one first")]
    NoFreeBalance = 307,
    /// A size is outside what an account can have.
    #[msg("An account has between 8 and 128 slots, and never fewer than it uses")]
    InvalidSlotCount = 308,
    /// The account still holds something.
    #[msg("The account is not empty: close its positions and withdraw everything first")]
    AccountNotEmpty = 309,
    /// The clearinghouse does not offer the model.
    #[msg("This clearinghouse does not offer portfolio margin: stay with Standard margin")]
    ModelNotOffered = 310,

    // 400–499: trading
    /// Legs are not ascending or not unique.
    #[msg("Legs must be sorted by market, each market once")]
    LegsNotSorted = 400,
    /// No legs or too many.
    #[msg("A block trade has between 1 and 16 legs")]
    InvalidLegCount = 401,
    /// A price is outside the band around what a lot is worth: the index, an option's mark, or the mean that a contract in
    /// its last half hour is expected to settle at.
    #[msg("The price is outside the band around what a lot is worth now: price it nearer to that")]
    PriceOutsideBand = 402,
    /// The open-interest cap is reached.
    #[msg("The market's open-interest cap is reached: trade less")]
    OpenInterestCapReached = 403,
    /// The market only allows reducing.
    #[msg(
        "This market is in reduce-only mode: only trades that bring both sides nearer to zero are allowed"
    )]
    ReduceOnly = 404,
    /// A quantity is zero.
    #[msg("The quantity must not be zero")]
    ZeroQuantity = 405,
    /// No such market.
    #[msg("There is no such market: read the risk book again")]
    UnknownMarket = 406,
    /// No such asset.
    #[msg("There is no such asset: read the risk book again")]
    UnknownAsset = 407,

    /// The account has its maximum of orders.
    #[msg("The account has its maximum of open orders: cancel some first")]
    TooManyOrders = 408,
    /// An order is smaller than the market's smallest.
    #[msg("The order is smaller than this market's smallest order: order at least that many lots")]
    OrderTooSmall = 409,
    /// A price that no order can have.
    #[msg(
        "This is not a price in whole ticks that an order can have: it must be positive and below the largest price"
    )]
    InvalidPrice = 410,
    /// The order has expired already.
    #[msg("The order would have expired already: set a later time, or 0 for none")]
    OrderExpired = 411,
    /// A post-only order would have traded.
    #[msg("This post-only order would trade at once: price it away from the other side")]
    PostOnlyWouldCross = 412,
    /// A fill-or-kill order could not be filled whole.
    #[msg("The order could not be filled whole and was killed: the book holds less at your limit")]
    FillOrKillNotFilled = 413,
    /// An order met another of the same account, and was to be refused then.
    #[msg(
        "The order would trade with another of your own: cancel that one, or choose another behaviour"
    )]
    SelfTrade = 414,
    /// The fill queue is full.
    #[msg("The market's fill queue is full: pass the makers' accounts, or settle fills first")]
    QueueFull = 415,
    /// The side of the book is full.
    #[msg(
        "This side of the book is full of better orders: price it better, or let the market grow"
    )]
    BookFull = 416,
    /// No such order.
    #[msg("There is no such order of this account: it was filled, cancelled or never placed")]
    OrderNotFound = 417,
    /// A pegged order stands beyond its own worst price.
    #[msg(
        "The pegged order would stand beyond its own worst price now: set another offset or worst price"
    )]
    PegBeyondWorst = 418,
    /// The market's mode does not allow it.
    #[msg("The market's mode does not allow this at present: read its mode in the risk book")]
    MarketMode = 419,
    /// Properties of an order that do not go together.
    #[msg("These properties of an order do not go together: read the description of its kinds")]
    InvalidOrder = 420,
    /// An account in liquidation would place an order.
    #[msg(
        "An account in liquidation places no orders: it may reduce at once, or leave liquidation first"
    )]
    AccountInLiquidation = 421,
    /// In reduce-only mode a maker's account is needed.
    #[msg("In reduce-only mode the makers' accounts must be passed: their side must reduce too")]
    MakerRequired = 422,
    /// The order may not be cancelled by others.
    #[msg(
        "Nobody but its owner may cancel this order: it is good, and the account is above its margin"
    )]
    OrderIsGood = 423,
    /// The market is not in settlement.
    #[msg("The market is not in settlement: its positions are closed by trading")]
    NotInSettlement = 424,
    /// A trigger slot is empty or taken.
    #[msg("There is no such trigger order, or all 8 are in use: read the account's triggers again")]
    TriggerNotFound = 425,
    /// The trigger's price is not reached.
    #[msg("The index has not crossed the trigger: try again when it has")]
    TriggerNotReached = 426,
    /// The contract has ended and is not settled yet.
    #[msg(
        "This contract has ended and waits for its settlement price: call settle_expired first, anyone may"
    )]
    ContractEnded = 427,
    /// The contract has not ended.
    #[msg(
        "This contract has not ended: it is settled from its expiry on, and a perpetual never is"
    )]
    ContractRuns = 428,
    /// No price is recorded that is as late as the expiry.
    #[msg(
        "No price from the expiry or later is recorded yet: refresh the price, or wait until ten minutes after the expiry"
    )]
    SettlementWaits = 429,
    /// The market is no option.
    #[msg("This market is no option: only options have a smile and an array")]
    NotAnOption = 430,

    // 500–599: liquidation
    /// The account is not liquidatable.
    #[msg(
        "The account cannot be liquidated, or is flagged already: the line above says how its equity stands to the margin"
    )]
    NotLiquidatable = 500,
    /// The account has no position in the market.
    #[msg("The account has no position in this market")]
    NoPosition = 501,
    /// The price is worse than the liquidator's limit.
    #[msg("The liquidation price is worse than the limit you set: set another limit or wait")]
    LimitPriceExceeded = 502,
    /// A liquidation post-condition failed.
    #[msg("The liquidation would lower the account's margin ratio and was refused")]
    LiquidationWouldHarm = 503,
    /// Orders of the account still rest.
    #[msg("The account still has open orders: cancel them first, anyone may")]
    OrdersStillRest = 504,
    /// No position of the account can be taken over.
    #[msg(
        "The account has no position to take a slice of: what has ended is settled, and collateral is taken by itself"
    )]
    NothingToSlice = 505,
    /// A slice without a lot in it.
    #[msg("This fraction is less than half a lot of every position: take a larger fraction")]
    SliceTooSmall = 506,
    /// The liquidator would earn less than it asked for.
    #[msg(
        "The reward would be less than the least you set: wait until the penalty has risen, or ask for less"
    )]
    RewardBelowLimit = 507,
    /// Collateral was to be taken while there are positions.
    #[msg("The account still has positions: liquidate or settle them before its collateral")]
    PositionsRemain = 508,
    /// Collateral was to be taken from an account that owes nothing.
    #[msg("The account owes nothing: its collateral is taken only against cash below zero")]
    NoDebt = 509,
    /// The account is not in default.
    #[msg(
        "The account is not in default: only below the backstop line (or, for the backstop, below its margin or its floor of the day) is this possible"
    )]
    NotInDefault = 520,
    /// The backstop cannot take the account over.
    #[msg(
        "The backstop cannot take this over: its margin, its slots or its loss cap of the day would not hold. Close the account's markets by deleveraging"
    )]
    BackstopCannotTake = 521,
    /// The backstop can still take the account over.
    #[msg("The backstop can take this account over: resolve the default instead of deleveraging")]
    BackstopCanTake = 522,
    /// The account is not the backstop.
    #[msg("This is not the clearinghouse's backstop: pass the margin account that it owns")]
    NotBackstop = 523,
    /// Fills wait in the queue.
    #[msg("Fills wait in this market's queue: settle them first, anyone may")]
    FillsStillWait = 524,
    /// Accounts lag behind a deleveraging.
    #[msg(
        "Accounts have not caught up with a deleveraging of this market: bring them up first, anyone may"
    )]
    CatchUpFirst = 525,
    /// A deficit larger than the value it is shared with.
    #[msg("The deficit is larger than the value of the lots that it would be shared with")]
    DeficitTooLarge = 526,
    /// Too little of a side would be left.
    #[msg(
        "Too little of the other side would be left for exact accounts: bring its accounts up first, anyone may"
    )]
    SideExhausted = 527,
    /// Nothing is to be done.
    #[msg("There is nothing to do here: the account has caught up, and no lots are left over")]
    NothingToSettle = 528,
    /// A leg that hedges was to be taken by itself.
    #[msg(
        "This position hedges others of the account: taking it alone would raise what the account needs. Take a slice of all, or another position"
    )]
    LegIsHedge = 529,

    // 600–699: tokens and the ledger
    /// More fees were asked for than accrued.
    #[msg("The fee ledger holds less than was asked for: collect fees from the markets first")]
    InsufficientFees = 600,
    /// What arrived is not what was sent.
    #[msg("The vault received another amount than was sent: this token cannot be used")]
    TransferMismatch = 601,
    /// More was asked for than may leave now.
    #[msg("More would leave than may in this time: ask for less, or wait as the line above says")]
    OutflowLimitReached = 602,
    /// More was asked for than may ever leave at once.
    #[msg("More than may ever leave at once: withdraw it in pieces no larger than the limit")]
    OutflowAboveLimit = 603,
    /// Some of the cash is profit that has not matured.
    #[msg(
        "Some of this is profit that has not matured: ask for less, or wait as the line above says"
    )]
    ProfitNotMature = 604,
    /// The vault holds less than the ledger says.
    #[msg("The vault holds fewer tokens than the ledger says: stop, and find out why")]
    VaultShort = 605,
    /// The ledger has fewer tokens than it owes.
    #[msg("The ledger records fewer tokens than it would have to pay: stop, and find out why")]
    LedgerShort = 606,
    /// Fees or insurance are negative.
    #[msg("A line of fees or insurance is negative: more was paid out of it than came in")]
    LineNegative = 607,
    /// The two sides of a market differ.
    #[msg("The lots held long and short in a market differ: every lot must have another side")]
    OpenInterestUneven = 608,
    /// A queue does not hold what its totals say.
    #[msg("A fill queue does not hold what its totals say: stop, and find out why")]
    QueueTotalsWrong = 609,

    // 700–799: arithmetic
    /// A figure left its range.
    #[msg("A figure leaves the range that can be represented: use a smaller quantity")]
    Overflow = 700,
}
