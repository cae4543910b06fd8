//! Marginal tiers: the requirement schedule of a market (docs/risk.md, section 4).
//!
//! As with income tax, each rate applies to the part of the notional inside its tier, so the
//! requirement T(N) is continuous, convex, increasing, and T(0) = 0. It is evaluated as
//! `N·rate_k − deduction_k` with deductions computed once, when parameters or multipliers change.

use crate::{
    error::{BoundError, Result, RiskError, within},
    fixed::charge_ceil,
    units::{QuoteAtoms, Ratio},
};
use bytemuck::{Pod, Zeroable};

/// Tiers a market can have.
pub const TIERS: usize = 4;

/// Smallest first tier: 1,000,000 quote atoms. Above this the share of the requirement that
/// maintenance leaves out (a twentieth at least) exceeds what the roundings of the tiers add up to, so
/// that maintenance margin is never above initial margin, not even by an atom.
pub const MIN_TIER: u64 = 1_000_000;

/// One tier of a folded schedule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Tier {
    /// Largest notional, in quote atoms, that this tier judges. The last tier has `u64::MAX`.
    pub upper: u64,
    /// What to subtract from `N·rate`, in quote atoms.
    pub deduction: u64,
    /// Marginal rate, with every multiplier folded in.
    pub rate: Ratio,
    /// Zero.
    pub padding: u32,
}

/// A schedule ready for use: rates with multipliers folded in, ascending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Schedule {
    /// Ascending tiers; the ones after the last repeat it.
    pub tiers: [Tier; TIERS],
}

const _: () = assert!(size_of::<Tier>() == 24 && size_of::<Schedule>() == 96);

/// One tier as governance writes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    all(feature = "borsh", not(feature = "idl")),
    derive(borsh::BorshSerialize, borsh::BorshDeserialize)
)]
#[cfg_attr(
    feature = "idl",
    derive(anchor_lang::AnchorSerialize, anchor_lang::AnchorDeserialize)
)]
pub struct TierTerms {
    /// Largest notional of this tier in quote atoms; the last tier used must say `u64::MAX`.
    pub upper: u64,
    /// Marginal initial rate in basis points: 10,000 is a requirement of the whole notional.
    pub rate_bps: u32,
}

/// Checks that tiers ascend in size and rate from [`MIN_TIER`] and that the last one is open.
///
/// # Errors
/// [`BoundError`] naming the first field that does not fit.
pub fn check(tiers: &[TierTerms; TIERS]) -> core::result::Result<(), BoundError> {
    let mut before = TierTerms {
        upper: MIN_TIER - 1,
        rate_bps: 1,
    };
    for tier in tiers {
        let open = before.upper == u64::MAX;
        within(
            "tier rate",
            u64::from(tier.rate_bps),
            u64::from(before.rate_bps),
            10_000,
        )?;
        within(
            "tier size",
            tier.upper,
            if open { u64::MAX } else { before.upper + 1 },
            u64::MAX,
        )?;
        if open {
            // Unused tiers repeat the last one, so that a schedule reads as it is written.
            within(
                "tier rate",
                u64::from(tier.rate_bps),
                0,
                u64::from(before.rate_bps),
            )?;
        }
        before = *tier;
    }
    within("tier size", before.upper, u64::MAX, u64::MAX)
}

impl Schedule {
    /// Folds a multiplier into every rate: `rate·multiplier`, rounded up, and the deductions that
    /// make the schedule continuous, rounded down.
    ///
    /// A deduction that would leave 2^64 stays there. It is at most `upper·rate` of the tier before at this tier's rate, so
    /// every notional that this tier judges has a charge beyond 2^64 too, and is refused for that when it is judged: terms
    /// for sizes that nobody can have must not stop a market from following its multipliers.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] where a rate leaves 4095, or rates do not ascend.
    pub fn fold(tiers: &[TierTerms; TIERS], multiplier: Ratio) -> Result<Self> {
        let mut schedule = Self::default();
        let mut before = Tier::default();
        for (terms, slot) in tiers.iter().zip(&mut schedule.tiers) {
            let rate = Ratio::from_bps_ceil(terms.rate_bps).times_ceil(multiplier)?;
            // The first tier starts at nothing; an unused one starts where the last one never ends.
            let extra = if before.upper == u64::MAX {
                Ratio::ZERO
            } else {
                Ratio(
                    rate.0
                        .checked_sub(before.rate.0)
                        .ok_or(RiskError::Overflow)?,
                )
            };
            let step = extra.of_floor(before.upper).unwrap_or(u64::MAX);
            let deduction = before.deduction.saturating_add(step);
            *slot = Tier {
                upper: terms.upper,
                deduction,
                rate,
                padding: 0,
            };
            before = *slot;
        }
        Ok(schedule)
    }

    /// The tier that judges a notional.
    #[inline(always)]
    pub fn tier_of(&self, notional: u64) -> &Tier {
        &self.tiers[self.index_of(notional)]
    }

    /// The number of the tier that judges a notional.
    #[inline(always)]
    pub fn index_of(&self, notional: u64) -> usize {
        let mut k = 0;
        while k < TIERS - 1 && notional > self.tiers[k].upper {
            k += 1;
        }
        k
    }

    /// The requirement T(N) in quote atoms, rounded up, of a notional below 2^60.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] for a larger notional, or where `N·rate` leaves the range of money.
    #[inline(always)]
    pub fn requirement(&self, notional: u64) -> Result<u64> {
        if notional >> 60 > 0 && notional != 1 << 60 {
            return Err(RiskError::Overflow);
        }
        self.charge(notional).map(|charge| charge.0.cast_unsigned())
    }

    /// As [`Schedule::requirement`], for the check of an account: the caller has bounded the notional
    /// (at most 2^60).
    #[inline(always)]
    pub(crate) fn charge(&self, notional: u64) -> Result<QuoteAtoms> {
        let first = &self.tiers[0];
        if notional <= first.upper {
            // Most positions: the first tier deducts nothing. Charges are at most 2^62: the cast keeps
            // the value.
            let charge = charge_ceil(notional, first.rate.0).ok_or(RiskError::Overflow)?;
            return Ok(QuoteAtoms(charge.cast_signed()));
        }
        let tier = self.tier_of(notional);
        let charge = charge_ceil(notional, tier.rate.0).ok_or(RiskError::Overflow)?;
        // charge ≥ deduction: the deduction is at most upper_{k−1}·rate_k, and N > upper_{k−1}.
        Ok(QuoteAtoms(
            charge.saturating_sub(tier.deduction).cast_signed(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LAST: TierTerms = TierTerms {
        upper: u64::MAX,
        rate_bps: 2_000,
    };
    const TERMS: [TierTerms; TIERS] = [
        TierTerms {
            upper: 1_000_000,
            rate_bps: 500,
        },
        TierTerms {
            upper: 5_000_000,
            rate_bps: 1_000,
        },
        LAST,
        LAST,
    ];

    #[test]
    fn each_rate_applies_to_the_part_inside_its_tier() {
        let schedule = Schedule::fold(&TERMS, Ratio::ONE).unwrap();
        let near = |n: u64, want: u64| schedule.requirement(n).unwrap().abs_diff(want) <= 8;
        assert_eq!(schedule.requirement(0), Ok(0));
        assert!(near(1_000_000, 50_000));
        assert!(near(5_000_000, 50_000 + 400_000));
        assert!(near(7_000_000, 450_000 + 400_000));
    }

    #[test]
    fn tiers_that_do_not_ascend_are_refused_by_name() {
        let field = |mutate: fn(&mut [TierTerms; TIERS])| {
            let mut terms = TERMS;
            mutate(&mut terms);
            check(&terms).unwrap_err().field
        };
        assert_eq!(check(&TERMS), Ok(()));
        assert_eq!(field(|t| t[1].rate_bps = 499), "tier rate");
        assert_eq!(field(|t| t[0].rate_bps = 0), "tier rate");
        assert_eq!(field(|t| t[2].rate_bps = 10_001), "tier rate");
        assert_eq!(field(|t| t[1].upper = 1_000_000), "tier size");
        assert_eq!(field(|t| t[3].rate_bps = 2_001), "tier rate");
        assert_eq!(
            field(|t| {
                t[2].upper = 9_000_000;
                t[3].upper = 10_000_000;
            }),
            "tier size"
        );
    }

    fn any_terms() -> impl Strategy<Value = [TierTerms; TIERS]> {
        (
            1u64..1 << 40,
            1u64..1 << 40,
            1u64..1 << 40,
            1u32..500,
            0u32..2_000,
            0u32..2_000,
            0u32..5_000,
        )
            .prop_map(|(u0, u1, u2, r0, r1, r2, r3)| {
                [
                    TierTerms {
                        upper: u0,
                        rate_bps: r0,
                    },
                    TierTerms {
                        upper: u0 + u1,
                        rate_bps: r0 + r1,
                    },
                    TierTerms {
                        upper: u0 + u1 + u2,
                        rate_bps: r0 + r1 + r2,
                    },
                    TierTerms {
                        upper: u64::MAX,
                        rate_bps: r0 + r1 + r2 + r3,
                    },
                ]
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn requirement_is_monotone(terms in any_terms(), m in 1u32..4, n in 0u64..1 << 42, d in 0u64..1 << 42) {
            let s = Schedule::fold(&terms, Ratio(m << 19)).unwrap();
            prop_assert!(s.requirement(n).unwrap() <= s.requirement(n + d).unwrap());
        }

        /// T(a) + T(b) ≤ T(a + b) + 1: convex with T(0) = 0 means superadditive; each side rounds up
        /// by less than one atom.
        #[test]
        fn requirement_is_convex(terms in any_terms(), a in 0u64..1 << 41, b in 0u64..1 << 41, c in 0u64..1 << 41) {
            let s = Schedule::fold(&terms, Ratio::ONE).unwrap();
            let t = |n| i128::from(s.requirement(n).unwrap());
            prop_assert!(t(a) + t(b) <= t(a + b) + 2);
            // Increments grow: T(c+a+b) − T(c+a) ≥ T(c+b) − T(c), to the rounding.
            prop_assert!(t(c + a + b) - t(c + a) + 2 >= t(c + b) - t(c));
        }

        /// Never below the exact marginal schedule.
        #[test]
        fn requirement_rounds_against_the_account(terms in any_terms(), n in 0u64..1 << 42) {
            let s = Schedule::fold(&terms, Ratio::ONE).unwrap();
            let (mut exact, mut from) = (0u128, 0u64); // in atoms × 10,000
            for tier in &terms {
                let part = n.min(tier.upper).saturating_sub(from);
                exact += u128::from(part) * u128::from(tier.rate_bps);
                from = tier.upper;
            }
            let got = u128::from(s.requirement(n).unwrap());
            prop_assert!(got * 10_000 >= exact);
            // Rates round up by less than 2^-20 each.
            prop_assert!(got * 10_000 <= exact + 10_000 * (u128::from(n >> 20) + 6));
        }

        #[test]
        fn every_tier_schedule_that_is_accepted_can_be_folded(terms in any_terms()) {
            if check(&terms).is_ok() {
                prop_assert!(Schedule::fold(&terms, Ratio(4 << 20)).is_ok());
            }
        }
    }
}
