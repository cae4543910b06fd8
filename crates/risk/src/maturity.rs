//! Profit that may not leave yet (docs/risk.md, section 10).
//!
//! What trading brings into an account's cash counts for margin at once, and may be withdrawn only as it
//! matures, in a straight line over `profit_maturity` seconds. Whoever gains from somebody who cannot pay is
//! so still there when that comes out.
//!
//! ```text
//! immature(t) = ⌈ atoms · (until − t) / (until − since) ⌉      between since and until; nothing from until on
//! profit x    : atoms = immature(now) + x , since = now , until = max( until , now + profit_maturity )
//! loss x      : atoms = max( 0 , immature(now) − x ) , since = now
//! ```
//!
//! One line stands for any number of profits. **Never may more leave than if each profit matured by itself**,
//! in its own straight line: their sum is convex and nothing from `until` on, and a straight line to the same
//! end lies above it. So neither splitting a profit nor adding dust to it shortens what is left. The price
//! of one line: a new profit renews the time of the rest of the old ones, which then matures by its share a
//! second instead of in a straight line.

use crate::{
    fixed::{mul_div_ceil, mul_div_floor},
    moment::Moment,
    units::QuoteAtoms,
};
use bytemuck::{Pod, Zeroable};

/// The longest time that a profit may take to mature: a week.
pub const MAX_MATURITY: u32 = 604_800;

/// Profit that has not matured. 24 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Immature {
    /// What had not matured at `since`, quote atoms; never negative.
    pub atoms: u64,
    /// Unix seconds.
    pub since: i64,
    /// When all of it will have matured, unix seconds.
    pub until: i64,
}

const _: () = assert!(size_of::<Immature>() == 24 && align_of::<Immature>() == 8);

impl Immature {
    /// What has not matured at `now`, rounded up.
    #[inline(always)]
    pub fn at(&self, now: i64) -> u64 {
        if self.atoms == 0 || now >= self.until {
            return 0;
        }
        if now <= self.since {
            return self.atoms;
        }
        self.rest(now)
    }

    /// Of a time between `since` and `until`.
    #[inline(always)]
    fn rest(&self, now: i64) -> u64 {
        // Neither difference is negative, and the first is the smaller one.
        let left = self.until.wrapping_sub(now).cast_unsigned();
        let whole = self.until.wrapping_sub(self.since).cast_unsigned();
        if (self.atoms | left) >> 32 == 0 {
            // Below 2^64.
            return self.atoms.wrapping_mul(left).div_ceil(whole);
        }
        // At most `atoms`, so that it always fits; were it not so, all of it would be held.
        mul_div_ceil(self.atoms, left, whole).unwrap_or(self.atoms)
    }

    /// Takes note of what trading has brought (or cost, if negative).
    #[inline(always)]
    pub fn note(&mut self, result: QuoteAtoms, moment: &Moment) {
        // Most fills open, and realise nothing; most losses find nothing that is immature.
        let counts = match result.0.signum() {
            0 => false,
            1 => moment.seconds != 0,
            _ => self.atoms != 0,
        };
        if counts {
            self.change(result, moment);
        }
    }

    #[inline(never)]
    fn change(&mut self, result: QuoteAtoms, moment: &Moment) {
        let rest = self.at(moment.now);
        let size = result.0.unsigned_abs();
        let until = self.until;
        if result.0 > 0 {
            let own = moment.now.saturating_add(i64::from(moment.seconds));
            // Larger than cash can be: then all of the cash is held.
            self.atoms = rest.saturating_add(size);
            self.since = moment.now;
            // An older profit that takes longer, since parameters were changed, keeps its end.
            self.until = if rest == 0 { own } else { own.max(until) };
        } else if rest > size {
            self.atoms = rest.wrapping_sub(size);
            self.since = moment.now;
        } else {
            *self = Self::default();
        }
    }

    /// Seconds from `now` until no more than `keep` is immature.
    pub fn wait(&self, now: i64, keep: u64) -> u64 {
        if self.atoms <= keep || now >= self.until {
            return 0;
        }
        let whole = self.until.abs_diff(self.since);
        // atoms · (until − t) / whole ≤ keep, from t ≥ until − keep · whole / atoms on.
        let earlier = mul_div_floor(keep, whole, self.atoms).unwrap_or(0);
        self.until.abs_diff(now).saturating_sub(earlier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000;

    fn at(now: i64) -> Moment {
        Moment {
            now,
            seconds: 100,
            ..Moment::OFF
        }
    }

    fn noted(steps: &[(i64, i64)]) -> Immature {
        let mut immature = Immature::default();
        for (result, seconds) in steps {
            immature.note(QuoteAtoms(*result), &at(NOW + seconds));
        }
        immature
    }

    #[test]
    fn a_profit_matures_in_a_straight_line_and_rounds_up() {
        let one = noted(&[(1_000, 0)]);
        let rest = |seconds: i64| one.at(NOW + seconds);
        assert_eq!(
            [rest(0), rest(25), rest(99), rest(100)],
            [1_000, 750, 10, 0]
        );
        assert_eq!([rest(-5), rest(1_000)], [1_000, 0]);
        assert_eq!(noted(&[(1, 0)]).at(NOW + 99), 1);
        let large = noted(&[(i64::MAX, 0)]);
        assert_eq!(large.at(NOW + 50), 1 << 62);
    }

    #[test]
    fn a_new_profit_renews_the_time_of_the_rest() {
        let two = noted(&[(1_000, 0), (1, 50)]);
        assert_eq!(
            (two.atoms, two.since, two.until),
            (501, NOW + 50, NOW + 150)
        );
    }

    #[test]
    fn a_loss_takes_from_what_is_immature_first() {
        let after = noted(&[(1_000, 0), (-200, 50)]);
        assert_eq!((after.atoms, after.until), (300, NOW + 100));
        assert_eq!(after.at(NOW + 75), 150);
        assert_eq!(noted(&[(1_000, 0), (-600, 50)]), Immature::default());
        assert_eq!(noted(&[(-600, 0)]), Immature::default());
    }

    #[test]
    fn a_shorter_time_holds_for_later_profits_only() {
        let mut immature = noted(&[(1_000, 0)]);
        let soon = Moment {
            accrual: Moment::OFF.accrual,
            now: NOW + 10,
            seconds: 5,
        };
        immature.note(QuoteAtoms(10), &soon);
        assert_eq!((immature.atoms, immature.until), (910, NOW + 100));
        let off = Moment { seconds: 0, ..soon };
        let before = immature;
        immature.note(QuoteAtoms(10), &off);
        assert_eq!(immature, before);
    }

    #[test]
    fn the_wait_is_exact() {
        let one = noted(&[(1_000, 0)]);
        assert_eq!(one.wait(NOW, 1_000), 0);
        assert_eq!(one.wait(NOW + 10, 333), 57);
        assert!(one.at(NOW + 66) > 333 && one.at(NOW + 67) <= 333);
        assert_eq!(one.wait(NOW, 0), 100);
    }
}
