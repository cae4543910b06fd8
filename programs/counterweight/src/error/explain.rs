//! From the engine's refusals to the program's errors, with the numbers logged before.

use super::ErrorCode;
use crate::log::Line;
use anchor_lang::prelude::{Error, Result};
use counterweight_risk::{BoundError, RiskError};

/// Logs the numbers that were found and needed, then returns the error.
#[cold]
#[inline(never)]
pub fn refuse(code: ErrorCode, numbers: &[(&str, i128)]) -> Error {
    // A label and a number each, rarely more than 40 bytes.
    let mut line = Line::with_capacity(40 * numbers.len());
    for (label, number) in numbers {
        line.pair(label, *number);
    }
    line.log();
    code.into()
}

/// Logs and translates a refusal of the engine.
#[cold]
#[inline(never)]
pub fn explain(error: RiskError) -> Error {
    use ErrorCode as C;
    match error {
        RiskError::Overflow => C::Overflow.into(),
        RiskError::UnknownAsset { asset } => refuse(C::UnknownAsset, &[("asset", asset.into())]),
        RiskError::UnknownMarket { market } => {
            refuse(C::UnknownMarket, &[("market", market.into())])
        }
        RiskError::ContractEnded { market, expiry } => refuse(
            C::ContractEnded,
            &[("market", market.into()), ("expiry", expiry.into())],
        ),
        RiskError::ContractRuns { expiry, now } => refuse(
            C::ContractRuns,
            &[("expiry", expiry.into()), ("now", now.into())],
        ),
        RiskError::SettlementWaits {
            published,
            expiry,
            until,
        } => refuse(
            C::SettlementWaits,
            &[
                ("published", published.into()),
                ("expiry", expiry.into()),
                ("until", until.into()),
            ],
        ),
        RiskError::NoPrice { asset } => refuse(C::NoPrice, &[("asset", asset.into())]),
        RiskError::StalePrice { asset, age, limit } => refuse(
            C::StalePrice,
            &[
                ("asset", asset.into()),
                ("age", age.into()),
                ("limit", limit.into()),
            ],
        ),
        RiskError::WidePrice {
            asset,
            confidence,
            limit,
        } => refuse(
            C::WidePrice,
            &[
                ("asset", asset.into()),
                ("confidence", confidence.into()),
                ("limit", limit.into()),
            ],
        ),
        RiskError::DivergentPrice {
            asset,
            distance,
            limit,
        } => refuse(
            C::DivergentPrice,
            &[
                ("asset", asset.into()),
                ("distance", distance.into()),
                ("limit", limit.into()),
            ],
        ),
        RiskError::QuoteOffPar { price, par } => refuse(
            C::QuoteOffPar,
            &[("price", price.into()), ("par", par.into())],
        ),
        RiskError::PriceOutOfRange { mantissa } => {
            refuse(C::PriceOutOfRange, &[("mantissa", mantissa.into())])
        }
        RiskError::PriceNotMonotone { found, recorded } => refuse(
            C::PriceNotMonotone,
            &[("found", found.into()), ("recorded", recorded.into())],
        ),
        RiskError::PriceFromFuture { found, latest } => refuse(
            C::PriceFromFuture,
            &[("found", found.into()), ("latest", latest.into())],
        ),
        RiskError::NoFreeSlot { slots } => refuse(C::NoFreeSlot, &[("slots", slots.into())]),
        RiskError::NoFreeBalance { limit } => refuse(C::NoFreeBalance, &[("limit", limit.into())]),
        RiskError::InsufficientBalance {
            available,
            requested,
        } => refuse(
            C::InsufficientBalance,
            &[
                ("available", available.into()),
                ("requested", requested.into()),
            ],
        ),
        RiskError::OutflowLimit {
            requested,
            left,
            wait,
        } => refuse(
            C::OutflowLimitReached,
            &[
                ("asked", requested.into()),
                ("left now", left.into()),
                ("wait", wait.into()),
            ],
        ),
        RiskError::OutflowNever { requested, limit } => refuse(
            C::OutflowAboveLimit,
            &[("asked", requested.into()), ("limit", limit.into())],
        ),
        RiskError::ProfitNotMature {
            available,
            requested,
            immature,
            wait,
        } => refuse(
            C::ProfitNotMature,
            &[
                ("available", available.into()),
                ("requested", requested.into()),
                ("immature", immature.into()),
                ("wait", wait.into()),
            ],
        ),
        RiskError::NotLiquidatable { equity, needed } => refuse(
            C::NotLiquidatable,
            &[("equity", equity.into()), ("below", needed.into())],
        ),
        RiskError::DeficitTooLarge { deficit, value } => refuse(
            C::DeficitTooLarge,
            &[("deficit", deficit.into()), ("value", value.into())],
        ),
        RiskError::SideExhausted { left, least } => refuse(
            C::SideExhausted,
            &[("left", left.into()), ("least", least.into())],
        ),
        RiskError::NoPosition { market } => refuse(C::NoPosition, &[("market", market.into())]),
        RiskError::NotAnOption { market } => refuse(C::NotAnOption, &[("market", market.into())]),
        RiskError::StaleArray { market, age, limit } => refuse(
            C::StaleArray,
            &[
                ("market", market.into()),
                ("age", age.into()),
                ("limit", limit.into()),
            ],
        ),
        RiskError::DriftedArray {
            market,
            drift,
            limit,
        } => refuse(
            C::DriftedArray,
            &[
                ("market", market.into()),
                ("moved", drift.into()),
                ("limit", limit.into()),
            ],
        ),
        RiskError::LegIsHedge { market } => refuse(C::LegIsHedge, &[("market", market.into())]),
        RiskError::ZeroQuantity => C::ZeroQuantity.into(),
        RiskError::TooManyOrders { limit } => refuse(C::TooManyOrders, &[("limit", limit.into())]),
    }
}

/// Logs and translates a parameter that is out of its bounds.
#[cold]
#[inline(never)]
pub fn explain_bound(error: BoundError) -> Error {
    let mut line = Line::with_capacity(128);
    line.pair(error.field, error.found.into());
    line.pair("lowest", error.low.into());
    line.pair("highest", error.high.into());
    line.log();
    ErrorCode::ParameterOutOfBounds.into()
}

/// Turns a refusal of the engine into an error of the program: `engine_call(..).or_refuse()?`.
pub trait OrRefuse<T> {
    /// The value, or the logged and translated refusal.
    ///
    /// # Errors
    /// The refusal.
    fn or_refuse(self) -> Result<T>;
}

impl<T> OrRefuse<T> for counterweight_risk::Result<T> {
    #[inline(always)]
    fn or_refuse(self) -> Result<T> {
        self.map_err(explain)
    }
}

impl<T> OrRefuse<T> for core::result::Result<T, BoundError> {
    #[inline(always)]
    fn or_refuse(self) -> Result<T> {
        self.map_err(explain_bound)
    }
}
