//! Interest on negative cash (docs/risk.md, section 7).
//!
//! An account whose cash is below zero owes quote tokens that others hold as cash: what it owes is missing
//! from the vault. It pays a rate that rises with how much is missing, in two slopes, and with the size of
//! its own debt. Interest leaves the cash into a line of the account, which anyone sweeps to the insurance
//! fund: no trade writes a total that all accounts share.
//!
//! ```text
//! U         = debt / (vault + debt)                        debt: Σ of what accounts owed when they were counted last
//! rate(U)   = at_kink · U / kink                                                   up to the kink
//!             at_kink + (at_full − at_kink) · (U − kink) / (1 − kink)              above
//! index     = Σ rate · seconds                             what an atom of debt has paid since the beginning
//! owed      = ⌈ d · (index − index at the last touch) · (1 + surcharge · min(d, allowance) / allowance) ⌉
//! ```

use crate::{
    account::Charge,
    error::{BoundError, Result, RiskError, within},
    fixed::mul_div_ceil,
    units::{QuoteAtoms, Ratio},
};
use bytemuck::{Pod, Zeroable};

/// Bits behind the point of an index and a rate.
const BITS: u32 = 48;
/// Seconds of a year of 365 days.
const YEAR: u64 = 31_536_000;

/// The terms of interest and their state, for a whole clearinghouse. 64 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Interest {
    /// What an atom of debt has paid up to `since`, 16.48 fixed point.
    pub index: u64,
    /// Unix seconds.
    pub since: i64,
    /// What the index grows by a second since then, 16.48 fixed point.
    pub rate: u64,
    /// Quote atoms that all accounts owe, each as it was counted last.
    pub debt: u64,
    /// Quote atoms in the vault when the rate was set.
    pub vault: u64,
    /// Largest debt whose share of it enters the surcharge, in quote atoms; at least 1.
    pub allowance: u64,
    /// The rate a year at the kink.
    pub at_kink: Ratio,
    /// The rate a year where the vault is empty.
    pub at_full: Ratio,
    /// How full the slopes change.
    pub kink: Ratio,
    /// What an account that owes its allowance pays on top, as a share of the rate.
    pub surcharge: Ratio,
}

const _: () = assert!(size_of::<Interest>() == 64 && align_of::<Interest>() == 8);

/// What governance sets of interest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    all(feature = "borsh", not(feature = "idl")),
    derive(borsh::BorshSerialize, borsh::BorshDeserialize)
)]
#[cfg_attr(
    feature = "idl",
    derive(anchor_lang::AnchorSerialize, anchor_lang::AnchorDeserialize)
)]
pub struct InterestTerms {
    /// The rate a year at the kink, at most 10,000 bps.
    pub at_kink_bps: u32,
    /// The rate a year where the vault is empty, from the above to 50,000 bps.
    pub at_full_bps: u32,
    /// How much of the vault is missing where the slope changes, 100 to 9,900 bps.
    pub kink_bps: u32,
    /// What an account that owes its allowance pays on top, as a share of the rate; at most 10,000 bps.
    pub surcharge_bps: u32,
    /// A debt of so many quote atoms pays the whole surcharge, a smaller one in proportion; 1 to 2^60.
    pub allowance: u64,
}

impl InterestTerms {
    /// Checks every bound.
    ///
    /// # Errors
    /// [`BoundError`] naming the first field that does not fit.
    pub fn check(&self) -> core::result::Result<(), BoundError> {
        let [kink, full] = [self.at_kink_bps, self.at_full_bps].map(u64::from);
        within("at_kink_bps", kink, 0, 10_000)?;
        within("at_full_bps", full, kink, 50_000)?;
        within("kink_bps", u64::from(self.kink_bps), 100, 9_900)?;
        let surcharge = u64::from(self.surcharge_bps);
        within("surcharge_bps", surcharge, 0, 10_000)?;
        within("allowance", self.allowance, 1, 1 << 60)
    }
}

/// What an account's debt is counted by. 24 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Debt {
    /// The index when the cash was last changed. Means nothing where that left it at zero or above.
    pub index: u64,
    /// Interest that left the cash and was not swept yet, quote atoms; never negative.
    pub payable: QuoteAtoms,
    /// What of [`Interest::debt`] is this account's, quote atoms.
    pub counted: u64,
}

const _: () = assert!(size_of::<Debt>() == 24 && align_of::<Debt>() == 8);

impl Debt {
    /// Takes the payable line, for the insurance fund.
    pub fn sweep(&mut self) -> Charge {
        Charge::of(core::mem::take(&mut self.payable))
    }
}

/// What a debt pays at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accrual {
    /// The index then.
    pub index: u64,
    /// As [`Interest::allowance`].
    pub allowance: u64,
    /// As [`Interest::surcharge`].
    pub surcharge: Ratio,
}

impl Accrual {
    /// Debts pay nothing.
    pub const OFF: Self = Self {
        index: 0,
        allowance: 1,
        surcharge: Ratio::ZERO,
    };

    /// What cash owes that was last changed when the index stood at `since`: nothing, if it is not
    /// negative. Rounded up.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    #[inline(always)]
    pub fn owed(&self, cash: QuoteAtoms, since: u64) -> Result<QuoteAtoms> {
        if cash.0 >= 0 || self.index <= since {
            return Ok(QuoteAtoms::ZERO);
        }
        self.owed_by(cash.0.unsigned_abs(), self.index - since)
    }

    #[cold]
    #[inline(never)]
    fn owed_by(&self, debt: u64, grown: u64) -> Result<QuoteAtoms> {
        let used = debt.min(self.allowance);
        let surcharge = mul_div_ceil(used, u64::from(self.surcharge.0), self.allowance.max(1));
        // At most the surcharge, which is 32 bits.
        let factor = surcharge
            .ok_or(RiskError::Overflow)?
            .saturating_add(1 << 20);
        let grown = mul_div_ceil(grown, factor, 1 << 20).ok_or(RiskError::Overflow)?;
        let owed = mul_div_ceil(debt, grown, 1 << BITS).ok_or(RiskError::Overflow)?;
        QuoteAtoms::from_unsigned(owed)
    }
}

impl Interest {
    /// What a debt pays at `now`. Before `since`, what it paid then.
    #[inline(always)]
    pub fn accrual(&self, now: i64) -> Accrual {
        Accrual {
            index: self.index_at(now),
            allowance: self.allowance,
            surcharge: self.surcharge,
        }
    }

    /// The index at `now`. It never falls; it would take eleven thousand years at the highest rate to leave
    /// 64 bits, and stays at their end then.
    #[inline(always)]
    fn index_at(&self, now: i64) -> u64 {
        let seconds = u64::try_from(now.saturating_sub(self.since)).unwrap_or(0);
        self.index.saturating_add(self.rate.saturating_mul(seconds))
    }

    /// Cash with what it owes at `now` taken off: what it is in every reading.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    #[inline(always)]
    pub fn settled(&self, cash: QuoteAtoms, since: u64, now: i64) -> Result<QuoteAtoms> {
        if cash.0 >= 0 {
            return Ok(cash);
        }
        cash.minus(self.accrual(now).owed(cash, since)?)
    }

    /// Counts an account's debt anew, in the total and in the account.
    pub fn count(&mut self, cash: QuoteAtoms, debt: &mut Debt) {
        let owes = if cash.0 < 0 { cash.0.unsigned_abs() } else { 0 };
        // What was counted is part of the total; what is owed is below 2^63.
        self.debt = self.debt.saturating_sub(debt.counted).saturating_add(owes);
        debt.counted = owes;
    }

    /// Writes checked terms. What passed until `now` has passed at the rate of before; surcharge and
    /// allowance hold for all that was not charged yet.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    pub fn set_terms(&mut self, terms: &InterestTerms, now: i64) -> Result<()> {
        // First what has passed.
        self.index = self.index_at(now);
        self.since = self.since.max(now);
        self.at_kink = Ratio::from_bps_ceil(terms.at_kink_bps);
        self.at_full = Ratio::from_bps_ceil(terms.at_full_bps);
        self.kink = Ratio::from_bps_floor(terms.kink_bps);
        self.surcharge = Ratio::from_bps_ceil(terms.surcharge_bps);
        self.allowance = terms.allowance;
        self.set_rate(self.vault, now)
    }

    /// Sets the rate by what the vault holds and what accounts owe it. What passed until `now` has passed
    /// at the rate of before.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    pub fn set_rate(&mut self, vault: u64, now: i64) -> Result<()> {
        self.index = self.index_at(now);
        self.since = self.since.max(now);
        self.vault = vault;
        let yearly = self.yearly(self.utilisation()?)?;
        let rate = mul_div_ceil(yearly, 1 << (BITS - 20), YEAR);
        self.rate = rate.ok_or(RiskError::Overflow)?;
        Ok(())
    }

    /// How much of what the vault should hold is missing, rounded up.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    pub fn utilisation(&self) -> Result<Ratio> {
        let all = self.vault.checked_add(self.debt);
        let all = all.ok_or(RiskError::Overflow)?.max(1);
        let share = mul_div_ceil(self.debt, u64::from(Ratio::ONE.0), all);
        let share = share.ok_or(RiskError::Overflow)?; // at most one
        Ok(Ratio(
            u32::try_from(share).map_err(|_| RiskError::Overflow)?,
        ))
    }

    /// The rate a year, in 2^-20.
    fn yearly(&self, used: Ratio) -> Result<u64> {
        let [used, kink, at_kink, at_full] =
            [used, self.kink, self.at_kink, self.at_full].map(|ratio| u64::from(ratio.0));
        let one = u64::from(Ratio::ONE.0);
        let slope = |rise: u64, run: u64, whole: u64| {
            mul_div_ceil(rise, run, whole.max(1)).ok_or(RiskError::Overflow)
        };
        if used <= kink {
            return slope(at_kink, used, kink);
        }
        let above = slope(
            at_full.saturating_sub(at_kink),
            used - kink,
            one.saturating_sub(kink),
        )?;
        Ok(at_kink.saturating_add(above))
    }
}
