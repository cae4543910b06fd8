//! The file: a clearinghouse in basis points and whole tokens, as a person would write it.

use crate::{
    portfolio::PortfolioConfig,
    risk::{ScanConfig, VolatilityConfig},
    text,
};
use anchor_lang::prelude::Pubkey;
use serde::Deserialize;

/// A whole clearinghouse.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// Number of the clearinghouse among those of its creator.
    #[serde(default)]
    pub id: u64,
    /// Who created it: part of its address. Without, whoever applies the file is meant.
    #[serde(default, deserialize_with = "text::key")]
    pub creator: Option<Pubkey>,
    /// Who may pause. Without, nobody at first, and whoever was named since then stays.
    #[serde(default, deserialize_with = "text::key")]
    pub guardian: Option<Pubkey>,
    /// Who may set the smiles that options are marked by. Without, nobody at first, and whoever was named since then
    /// stays.
    #[serde(default, deserialize_with = "text::key")]
    pub volatility_feed: Option<Pubkey>,
    /// Whether it has a backstop: the margin account that holds the insurance fund and takes over accounts in
    /// default. Without one there is only deleveraging.
    #[serde(default = "yes")]
    pub backstop: bool,
    /// How far the quote token may be from one dollar, in basis points.
    pub max_depeg_bps: u32,
    /// An account leaves liquidation at MM · (1 + this), in basis points.
    pub liquidation_buffer_bps: u32,
    /// Seconds over which the liquidation penalty rises.
    pub auction_seconds: u32,
    /// An account below MM · this is in default, in basis points.
    pub backstop_line_bps: u32,
    /// Most that the backstop may lose by defaults in a day, in whole quote tokens.
    pub backstop_daily_loss: u64,
    /// Seconds in which realised profit becomes withdrawable.
    pub profit_maturity: u32,
    /// Interest on negative cash.
    pub interest: InterestConfig,
    /// Portfolio margin. Without, it is not offered.
    #[serde(default)]
    pub portfolio: Option<PortfolioConfig>,
    /// Assets; the first is the quote token.
    pub asset: Vec<AssetConfig>,
    /// Markets.
    #[serde(default)]
    pub market: Vec<MarketConfig>,
}

/// An asset.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssetConfig {
    /// Its name, at most 16 bytes.
    pub name: String,
    /// Decimals of its token.
    pub decimals: u8,
    /// One lot is 10^this units.
    #[serde(default)]
    pub lot_exponent: i8,
    /// The mint of its token, where it is collateral. A local network makes its own.
    #[serde(default, deserialize_with = "text::key")]
    pub mint: Option<Pubkey>,
    /// The program that owns the mint.
    #[serde(default)]
    pub token_program: TokenProgram,
    /// `none`, `pull` or `legacy`.
    pub oracle: String,
    /// Pyth's id of its feed, 64 hexadecimal digits, for a pull oracle. A local network makes its own.
    #[serde(default, deserialize_with = "text::feed")]
    pub feed: Option<[u8; 32]>,
    /// The account that the price is read from: for a legacy oracle the feed itself; for a pull oracle the one
    /// that a keeper is to use, which the chain does not store.
    #[serde(default, deserialize_with = "text::key")]
    pub price_account: Option<Pubkey>,
    /// The program that owns the price account. Without, Pyth's own of mainnet.
    #[serde(default, deserialize_with = "text::key")]
    pub oracle_owner: Option<Pubkey>,
    /// Price in units of 10^-8 dollars, where a test, a demonstration or a local network starts.
    #[serde(default)]
    pub start_price: i64,
    /// Oldest price for adding risk, seconds.
    pub max_age_initial: u32,
    /// Oldest price for liquidation, seconds.
    pub max_age_liquidation: u32,
    /// Widest confidence for adding risk, basis points.
    pub max_confidence_bps: u32,
    /// Largest distance from the average for adding risk, basis points.
    pub max_divergence_bps: u32,
    /// Movement of the stable price a minute, basis points.
    pub stable_growth_bps: u32,
    /// Weight of a net unrealised gain, basis points.
    pub pnl_weight_bps: u32,
    /// Collateral weights (initial, maintenance) in basis points; zeros for no collateral.
    #[serde(default)]
    pub weights_bps: [u32; 2],
    /// Deposit cap in whole tokens.
    #[serde(default)]
    pub deposit_cap: u64,
    /// Deposits, in whole tokens, above which the initial weight falls; zero for the deposit cap.
    #[serde(default)]
    pub full_weight_deposits: u64,
    /// How much of it may leave in a window of time. Without, a limit that somebody has set stays.
    #[serde(default)]
    pub outflow: Option<OutflowConfig>,
    /// How requirements follow its volatility. Without, they do not.
    #[serde(default)]
    pub volatility: Option<VolatilityConfig>,
    /// How portfolio margin scans it. Without, it does not.
    #[serde(default)]
    pub scan: Option<ScanConfig>,
}

/// How much of a token may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutflowConfig {
    /// Whole tokens a window; without, there is no limit.
    #[serde(default)]
    pub limit: Option<u64>,
    /// The window in seconds.
    #[serde(default = "a_day")]
    pub window: u32,
}

/// The program that owns a mint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenProgram {
    /// The classic token program.
    #[default]
    Classic,
    /// Token-2022, of which mints without extensions but those of metadata are accepted.
    #[serde(rename = "token-2022")]
    Token2022,
}

/// Interest on negative cash.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InterestConfig {
    /// The rate a year at the kink, in basis points.
    pub at_kink_bps: u32,
    /// The rate a year where the vault is empty, in basis points.
    pub at_full_bps: u32,
    /// How much of the vault is missing where the slope changes, in basis points.
    pub kink_bps: u32,
    /// What an account that owes its allowance pays on top, in basis points of the rate.
    pub surcharge_bps: u32,
    /// The debt that pays the whole surcharge, in whole quote tokens.
    pub allowance: u64,
}

/// A market.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarketConfig {
    /// Its name, at most 16 bytes.
    pub name: String,
    /// The name of its underlying.
    pub asset: String,
    /// Quote atoms per lot and tick.
    pub tick_size: u64,
    /// What kind of contract it is.
    #[serde(default)]
    pub kind: MarketKind,
    /// The strike of an option, in quote atoms a lot.
    #[serde(default)]
    pub strike: Option<u64>,
    /// When it ends: unix seconds, or a date with its offset from UTC (`2027-03-26T08:00:00Z`).
    #[serde(default, deserialize_with = "text::time")]
    pub expiry: Option<i64>,
    /// Tiers: largest notional in whole quote tokens (0 for no limit) and initial rate in basis
    /// points; at most four.
    pub tiers: Vec<[u64; 2]>,
    /// Maintenance over initial requirement, basis points.
    pub maintenance_fraction_bps: u32,
    /// Liquidation penalty at start and end of an auction, basis points.
    pub penalty_bps: [u32; 2],
    /// The insurance fund's share of the penalty, basis points.
    pub insurance_share_bps: u32,
    /// How far from the index a block trade may be priced, basis points.
    pub price_band_bps: u32,
    /// Fee of each side of a block trade, tenths of a basis point.
    pub trade_fee_tenths_bps: u32,
    /// Most lots open on a side.
    pub max_open_interest: u64,
    /// A position below this many whole quote tokens may be taken over whole.
    pub dust_notional: u64,
    /// Fees of trading on the book, taker and maker, tenths of a basis point; negative for a rebate.
    pub book_fees_tenths_bps: [i32; 2],
    /// Smallest order, in lots.
    pub min_order_lots: u64,
    /// Seconds from one funding to the next, and the most that it may be, in basis points.
    pub funding: [u32; 2],
    /// The value, in whole quote tokens, that an impact price is taken over.
    pub impact_notional: u64,
    /// Open interest, in lots, at which the initial requirement begins to grow and has grown in full,
    /// and what it is multiplied by then, in basis points.
    pub open_interest_scale: [u64; 3],
    /// What the executor of a trigger order earns, in quote atoms.
    pub trigger_fee: u64,
    /// Orders that the book has room for, at least; at most 2,048. Room is never taken away.
    pub order_slots: usize,
    /// What is allowed in it.
    #[serde(default)]
    pub mode: MarketMode,
}

/// What kind of contract a market is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MarketKind {
    /// One that never ends.
    #[default]
    Perpetual,
    /// One that ends at its expiry, at the mean of the index before it.
    Future,
    /// What that mean is above the strike.
    Call,
    /// What it is below.
    Put,
}

/// What is allowed in a market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MarketMode {
    /// Everything.
    #[default]
    Active,
    /// Orders may rest and be cancelled; nothing trades.
    PostOnly,
    /// Only what brings both sides nearer to zero.
    ReduceOnly,
    /// Nothing: the authority has ended it at a price. A file only takes note of it, for there is no way back.
    Ended,
}

fn yes() -> bool {
    true
}

fn a_day() -> u32 {
    counterweight_risk::outflow::DEFAULT_WINDOW
}

impl Deployment {
    /// Reads a TOML text. Bounds are not checked by it: see [`Deployment::check`].
    ///
    /// # Errors
    /// A sentence that names the line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let deployment: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if deployment.asset.is_empty() {
            return Err("a clearinghouse needs its quote token as the first [[asset]]".into());
        }
        Ok(deployment)
    }

    /// The clearinghouse that demonstration, tests and local network use: `migrations/localnet.toml`.
    ///
    /// # Panics
    /// If the file in the repository does not parse.
    pub fn localnet() -> Self {
        Self::parse(include_str!("../../../migrations/localnet.toml")).expect("localnet.toml")
    }
}
