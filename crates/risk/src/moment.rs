//! The moment at which an account's money changes, and what then holds for it.

use crate::interest::Accrual;

/// What every change of an account's cash needs to know besides the account. Comes from
/// [`crate::RiskParams::moment`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Unix seconds.
    pub now: i64,
    /// Seconds in which a profit of now matures; 0 for at once.
    pub seconds: u32,
    /// What a debt pays now.
    pub accrual: Accrual,
}

impl Moment {
    /// Profit matures at once, and debts pay nothing.
    pub const OFF: Self = Self {
        now: 0,
        seconds: 0,
        accrual: Accrual::OFF,
    };
}
