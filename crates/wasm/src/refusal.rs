//! Why the engine refuses, as the program numbers it.

use counterweight_risk::{self as risk, RiskError};

/// What the numbers of the program begin with.
const FIRST: u32 = 6_000;

/// A refusal: the program's error number, and what was found and needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The number that the program would refuse with (docs/errors.md); 0 for bytes that are no such account.
    pub code: u32,
    /// What was found and needed, for a log.
    pub detail: String,
}

/// What can be refused.
pub type Result<T> = core::result::Result<T, Refusal>;

impl Refusal {
    pub(crate) const fn of_bytes(detail: String) -> Self {
        Self { code: 0, detail }
    }
}

/// The program's number for a refusal of the engine: what `counterweight::error::explain` makes of it.
pub const fn number(error: &RiskError) -> u32 {
    FIRST
        + match error {
            RiskError::NoPrice { .. } => 205,
            RiskError::StalePrice { .. } => 206,
            RiskError::WidePrice { .. } => 207,
            RiskError::DivergentPrice { .. } => 208,
            RiskError::QuoteOffPar { .. } => 209,
            RiskError::PriceOutOfRange { .. } => 210,
            RiskError::PriceNotMonotone { .. } => 211,
            RiskError::PriceFromFuture { .. } => 212,
            RiskError::InsufficientBalance { .. } => 304,
            RiskError::NoFreeSlot { .. } => 306,
            RiskError::NoFreeBalance { .. } => 307,
            RiskError::ZeroQuantity => 405,
            RiskError::UnknownMarket { .. } => 406,
            RiskError::UnknownAsset { .. } => 407,
            RiskError::TooManyOrders { .. } => 408,
            RiskError::ContractEnded { .. } => 427,
            RiskError::ContractRuns { .. } => 428,
            RiskError::SettlementWaits { .. } => 429,
            RiskError::NotLiquidatable { .. } => 500,
            RiskError::NoPosition { .. } => 501,
            RiskError::DeficitTooLarge { .. } => 526,
            RiskError::SideExhausted { .. } => 527,
            RiskError::NotAnOption { .. } => 430,
            RiskError::StaleArray { .. } => 214,
            RiskError::DriftedArray { .. } => 215,
            RiskError::LegIsHedge { .. } => 529,
            RiskError::OutflowLimit { .. } => 602,
            RiskError::OutflowNever { .. } => 603,
            RiskError::ProfitNotMature { .. } => 604,
            RiskError::Overflow => 700,
        }
}

impl From<RiskError> for Refusal {
    fn from(error: RiskError) -> Self {
        Self {
            code: number(&error),
            detail: format!("{error:?}"),
        }
    }
}

/// A refusal of the engine with the program's number.
pub(crate) trait Numbered<T> {
    /// The value, or the refusal.
    fn numbered(self) -> Result<T>;
}

impl<T> Numbered<T> for risk::Result<T> {
    fn numbered(self) -> Result<T> {
        self.map_err(Refusal::from)
    }
}
