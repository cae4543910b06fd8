//! What a refusal of the program teaches, and what is done about it.

use anchor_lang::prelude::ERROR_CODE_OFFSET;
use counterweight_sdk::program::error::ErrorCode;

/// What a refusal teaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lesson {
    /// The account is above its margin, the order is good: it healed, or somebody healed it.
    AlreadyHealthy,
    /// What was to be taken is gone: somebody was first.
    LostRace,
    /// The penalty, or the index, has not come far enough.
    TooEarly,
    /// A price, or the array of an option, is too old: it is brought first.
    StalePrice,
    /// A price cannot be used for this at present, and no newer one helps.
    UnusablePrice,
    /// The keeper's own account cannot bear it: nothing is taken over until it changes.
    ShortOfMargin,
    /// Something else has to happen before, which what is known did not show yet.
    Blocked,
    /// The clearinghouse is paused, or the market's mode does not allow it.
    Closed,
    /// The keeper is wrong, or was told something wrong: somebody must look.
    Mistake,
}

/// What is done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response {
    /// The account is left alone for a while, longer each time.
    BackOff,
    /// The same, and prices and arrays are brought without waiting for their turn.
    BringPrices,
    /// The same, and nothing is taken over until the keeper's account changes.
    StopTaking,
    /// The account is left alone for the longest time.
    Report,
}

impl Lesson {
    /// Its name in logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AlreadyHealthy => "already_healthy",
            Self::LostRace => "lost_race",
            Self::TooEarly => "too_early",
            Self::StalePrice => "stale_price",
            Self::UnusablePrice => "unusable_price",
            Self::ShortOfMargin => "short_of_margin",
            Self::Blocked => "blocked",
            Self::Closed => "closed",
            Self::Mistake => "mistake",
        }
    }

    /// What is done about it.
    pub const fn response(self) -> Response {
        match self {
            Self::StalePrice => Response::BringPrices,
            Self::ShortOfMargin => Response::StopTaking,
            Self::Mistake => Response::Report,
            _ => Response::BackOff,
        }
    }

    /// What a refusal with this number teaches; `takes_over` says that the keeper's own account was judged in it.
    pub fn of(code: Option<u32>, takes_over: bool) -> Self {
        let found = code.and_then(|code| CODES.iter().find(|(error, _)| number(*error) == code));
        match found {
            // Of a trigger's account, not of the keeper's.
            Some((_, Self::ShortOfMargin)) if !takes_over => Self::Blocked,
            Some((_, lesson)) => *lesson,
            // The runtime's own refusals: an account that is not there, a signature that does not fit.
            None => Self::Mistake,
        }
    }
}

/// The number of an error in a refusal.
pub const fn number(error: ErrorCode) -> u32 {
    ERROR_CODE_OFFSET + error as u32
}

/// Every error that an instruction of a keeper can end in, and what it teaches. What is not here it cannot, unless the
/// keeper is wrong.
const CODES: &[(ErrorCode, Lesson)] = {
    use ErrorCode as C;
    use Lesson as L;
    &[
        (C::NotLiquidatable, L::AlreadyHealthy),
        (C::NotInDefault, L::AlreadyHealthy),
        (C::OrderIsGood, L::AlreadyHealthy),
        (C::NoPosition, L::LostRace),
        (C::NothingToSlice, L::LostRace),
        (C::SliceTooSmall, L::LostRace),
        (C::NoDebt, L::LostRace),
        (C::InsufficientBalance, L::LostRace),
        (C::OrderNotFound, L::LostRace),
        (C::TriggerNotFound, L::LostRace),
        (C::NothingToSettle, L::LostRace),
        (C::BackstopCanTake, L::LostRace),
        (C::WrongAccountCount, L::LostRace),
        (C::FillOrKillNotFilled, L::LostRace),
        (C::ReduceOnly, L::LostRace),
        (C::RewardBelowLimit, L::TooEarly),
        (C::TriggerNotReached, L::TooEarly),
        (C::SettlementWaits, L::TooEarly),
        (C::ContractRuns, L::TooEarly),
        (C::LimitPriceExceeded, L::TooEarly),
        (C::StalePrice, L::StalePrice),
        (C::StaleArray, L::StalePrice),
        (C::DriftedArray, L::StalePrice),
        (C::NoPrice, L::StalePrice),
        (C::PriceNotMonotone, L::LostRace),
        (C::WidePrice, L::UnusablePrice),
        (C::DivergentPrice, L::UnusablePrice),
        (C::QuoteOffPar, L::UnusablePrice),
        (C::PriceNotTrading, L::UnusablePrice),
        (C::PartialVerification, L::UnusablePrice),
        (C::PriceOutOfRange, L::UnusablePrice),
        (C::PriceFromFuture, L::UnusablePrice),
        (C::InitialMarginNotMet, L::ShortOfMargin),
        (C::NoFreeSlot, L::ShortOfMargin),
        (C::NoFreeBalance, L::ShortOfMargin),
        (C::MarginRatioBelowGuard, L::ShortOfMargin),
        (C::OrdersStillRest, L::Blocked),
        (C::FillsStillWait, L::Blocked),
        (C::CatchUpFirst, L::Blocked),
        (C::PositionsRemain, L::Blocked),
        (C::BackstopCannotTake, L::Blocked),
        (C::SideExhausted, L::Blocked),
        (C::DeficitTooLarge, L::Blocked),
        (C::QueueFull, L::Blocked),
        (C::AccountWouldBeWorse, L::Blocked),
        (C::LiquidationWouldHarm, L::Blocked),
        (C::LegIsHedge, L::Blocked),
        (C::MakerRequired, L::Blocked),
        (C::WrongMarket, L::Blocked),
        (C::Paused, L::Closed),
        (C::ContractEnded, L::Blocked),
        (C::MarketMode, L::Closed),
        (C::NotInSettlement, L::Closed),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    fn of(error: ErrorCode) -> Lesson {
        Lesson::of(Some(number(error)), true)
    }

    #[test]
    fn refusals_teach_what_the_program_meant() {
        assert_eq!(number(ErrorCode::NotLiquidatable), 6_500);
        assert_eq!(of(ErrorCode::NotLiquidatable), Lesson::AlreadyHealthy);
        assert_eq!(of(ErrorCode::RewardBelowLimit), Lesson::TooEarly);
        assert_eq!(of(ErrorCode::StalePrice), Lesson::StalePrice);
        assert_eq!(of(ErrorCode::StaleArray), Lesson::StalePrice);
        assert_eq!(
            of(ErrorCode::DriftedArray).response(),
            Response::BringPrices
        );
        assert_eq!(of(ErrorCode::LegIsHedge), Lesson::Blocked);
        assert_eq!(of(ErrorCode::NoPosition), Lesson::LostRace);
        assert_eq!(of(ErrorCode::InitialMarginNotMet), Lesson::ShortOfMargin);
        assert_eq!(of(ErrorCode::NotOwnerOrDelegate), Lesson::Mistake);
        assert_eq!(Lesson::of(None, true), Lesson::Mistake);
    }

    #[test]
    fn a_margin_that_is_not_the_keepers_stops_nothing() {
        let code = Some(number(ErrorCode::InitialMarginNotMet));
        assert_eq!(Lesson::of(code, false), Lesson::Blocked);
        assert_eq!(Lesson::of(code, true).response(), Response::StopTaking);
        assert_eq!(Lesson::of(code, false).response(), Response::BackOff);
    }

    #[test]
    fn every_error_stands_in_the_table_once() {
        for (at, (error, _)) in CODES.iter().enumerate() {
            let twice = CODES[at + 1..]
                .iter()
                .any(|(other, _)| number(*other) == number(*error));
            assert!(!twice, "{} stands there twice", number(*error));
        }
    }
}
