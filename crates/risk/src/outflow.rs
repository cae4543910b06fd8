//! How much of a token may leave, and how fast: a bucket that fills with what leaves and leaks with
//! time (docs/risk.md, section 10).
//!
//! ```text
//! used(t) = ⌈ used · max( 0 , 1 − elapsed/window ) ⌉          a withdrawal of x needs used + x ≤ limit
//! ```
//!
//! Whatever is taken, in whatever pieces: **within any T ≤ window seconds at most limit · (1 + T/window)
//! leaves**, so never more than twice the limit within one window. The bucket leaks `used/window` a second,
//! which is at most `limit/window`, and it cannot hold more than the limit.

use crate::{
    error::{Result, RiskError},
    fixed::{mul_div_ceil, mul_div_floor},
};
use bytemuck::{Pod, Zeroable};

/// No limit.
pub const UNLIMITED: u64 = u64::MAX;
/// The window of a token that was never given another: a day.
pub const DEFAULT_WINDOW: u32 = 86_400;
/// The shortest window.
pub const MIN_WINDOW: u32 = 60;
/// The longest window: a week.
pub const MAX_WINDOW: u32 = 604_800;
/// Seconds until a looser limit takes effect.
pub const LOOSENING_DELAY: i64 = 86_400;

/// What may leave at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutflowTerms {
    /// Token atoms a window; [`UNLIMITED`] for no limit.
    pub limit: u64,
    /// Seconds.
    pub window: u32,
}

impl OutflowTerms {
    /// Whether nothing could leave under these terms that could not under `other`: no larger amount, and
    /// not in a shorter time. Anything is as tight as no limit.
    pub const fn is_as_tight_as(&self, other: &Self) -> bool {
        other.limit == UNLIMITED || (self.limit <= other.limit && self.window >= other.window)
    }
}

/// What has left of a token, what may, and what will be allowed later. 48 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Outflow {
    /// Token atoms a window; the largest number for no limit.
    pub limit: u64,
    /// What counted as used at `since`.
    pub used: u64,
    /// When `used` was last brought up to date, unix seconds.
    pub since: i64,
    /// The limit from `pending_from` on.
    pub pending_limit: u64,
    /// When the pending terms take effect, unix seconds; 0 for none.
    pub pending_from: i64,
    /// Seconds.
    pub window: u32,
    /// The window from `pending_from` on.
    pub pending_window: u32,
}

const _: () = assert!(size_of::<Outflow>() == 48 && align_of::<Outflow>() == 8);

/// `⌈used · (window − elapsed) / window⌉`.
fn left_of(used: u64, elapsed: i64, window: u32) -> Result<u64> {
    let window = u64::from(window.max(1));
    let remaining = window.saturating_sub(u64::try_from(elapsed).unwrap_or(0));
    if remaining == 0 {
        return Ok(0);
    }
    mul_div_ceil(used, remaining, window).ok_or(RiskError::Overflow)
}

impl Outflow {
    /// No limit, nothing used, nothing pending.
    pub const fn unlimited(now: i64) -> Self {
        Self {
            limit: UNLIMITED,
            used: 0,
            since: now,
            pending_limit: 0,
            pending_from: 0,
            window: DEFAULT_WINDOW,
            pending_window: 0,
        }
    }

    /// The terms in effect, as of the last change.
    pub const fn terms(&self) -> OutflowTerms {
        OutflowTerms {
            limit: self.limit,
            window: self.window,
        }
    }

    /// As it stands at `now`: pending terms whose time has come are in effect, and each stretch of time
    /// has leaked by the window that held in it.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] cannot occur: what is left is no more than what was used.
    pub fn at(&self, now: i64) -> Result<Self> {
        let mut state = *self;
        if state.pending_from != 0 && now >= state.pending_from {
            state.leak(state.pending_from)?;
            (state.limit, state.window) = (state.pending_limit, state.pending_window);
            state.drop_pending();
        }
        state.leak(now)?;
        Ok(state)
    }

    /// Lets time pass. A clock that stands, or goes back, changes nothing.
    fn leak(&mut self, now: i64) -> Result<()> {
        if now > self.since {
            self.used = left_of(self.used, now.saturating_sub(self.since), self.window)?;
            self.since = now;
        }
        Ok(())
    }

    const fn drop_pending(&mut self) {
        (self.pending_limit, self.pending_window, self.pending_from) = (0, 0, 0);
    }

    /// What could leave now, of a state that was brought up to date.
    pub const fn free(&self) -> u64 {
        self.limit.saturating_sub(self.used)
    }

    /// Lets `atoms` leave.
    ///
    /// # Errors
    /// [`RiskError::OutflowLimit`] where that is more than may leave now, with what may and the seconds until
    /// enough may; [`RiskError::OutflowNever`] where it is more than may ever leave at once.
    pub fn take(&mut self, now: i64, atoms: u64) -> Result<()> {
        let mut state = self.at(now)?;
        if state.limit != UNLIMITED && atoms > state.free() {
            return Err(state.refusal(atoms));
        }
        // Without a limit the sum may pass what a number holds; the largest one is no less safe.
        state.used = state.used.saturating_add(atoms);
        *self = state;
        Ok(())
    }

    fn refusal(&self, atoms: u64) -> RiskError {
        if atoms > self.limit {
            return RiskError::OutflowNever {
                requested: atoms,
                limit: self.limit,
            };
        }
        // used · (window − e) / window ≤ limit − atoms, from e ≥ window − (limit − atoms) · window / used on.
        let keep = self.limit - atoms;
        let window = u64::from(self.window);
        let earlier = mul_div_floor(keep, window, self.used).unwrap_or(0);
        RiskError::OutflowLimit {
            requested: atoms,
            left: self.free(),
            wait: window.saturating_sub(earlier),
        }
    }

    /// Sets other terms: at once where they are as tight as the present ones, else after
    /// [`LOOSENING_DELAY`]. Whatever was pending is dropped. Returns whether they are in effect.
    ///
    /// # Errors
    /// As [`Outflow::at`].
    pub fn set(&mut self, now: i64, terms: OutflowTerms) -> Result<bool> {
        let mut state = self.at(now)?;
        state.drop_pending();
        let tightens = terms.is_as_tight_as(&state.terms());
        if tightens {
            (state.limit, state.window) = (terms.limit, terms.window);
        } else {
            (state.pending_limit, state.pending_window) = (terms.limit, terms.window);
            state.pending_from = now.saturating_add(LOOSENING_DELAY);
        }
        *self = state;
        Ok(tightens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000;

    fn limited(limit: u64, window: u32) -> Outflow {
        Outflow {
            limit,
            window,
            ..Outflow::unlimited(NOW)
        }
    }

    #[test]
    fn what_left_is_free_again_in_a_straight_line() {
        let mut bucket = limited(1_000, 100);
        bucket.take(NOW, 1_000).unwrap();
        assert_eq!(bucket.at(NOW).unwrap().free(), 0);
        assert_eq!(bucket.at(NOW + 25).unwrap().free(), 250);
        assert_eq!(bucket.at(NOW + 99).unwrap().free(), 990);
        assert_eq!(bucket.at(NOW + 100).unwrap().free(), 1_000);
        assert_eq!(bucket.at(NOW + 1_000_000).unwrap().used, 0);
        // A clock that goes back frees nothing and takes nothing.
        assert_eq!(bucket.at(NOW - 50).unwrap(), bucket);
    }

    #[test]
    fn what_is_left_rounds_up() {
        let mut bucket = limited(10, 100);
        bucket.take(NOW, 1).unwrap();
        assert_eq!(bucket.at(NOW + 99).unwrap().used, 1);
        assert_eq!(bucket.at(NOW + 100).unwrap().used, 0);
    }

    #[test]
    fn a_refusal_says_how_long_to_wait() {
        let mut bucket = limited(1_000, 100);
        bucket.take(NOW, 900).unwrap();
        let refused = bucket.take(NOW, 400);
        let expected = RiskError::OutflowLimit {
            requested: 400,
            left: 100,
            wait: 34,
        };
        assert_eq!(refused, Err(expected));
        assert!(bucket.take(NOW + 33, 400).is_err());
        assert!(bucket.take(NOW + 34, 400).is_ok());
        let never = RiskError::OutflowNever {
            requested: 1_001,
            limit: 1_000,
        };
        assert_eq!(bucket.take(NOW + 1_000, 1_001), Err(never));
    }

    #[test]
    fn tightening_holds_at_once_and_loosening_after_a_day() {
        let mut bucket = Outflow::unlimited(NOW);
        bucket.take(NOW, 700).unwrap();
        let tight = OutflowTerms {
            limit: 1_000,
            window: 86_400,
        };
        assert_eq!(bucket.set(NOW, tight), Ok(true));
        assert_eq!(
            bucket.at(NOW).unwrap().free(),
            300,
            "what left before counts"
        );
        let loose = OutflowTerms {
            limit: 5_000,
            window: 86_400,
        };
        assert_eq!(bucket.set(NOW, loose), Ok(false));
        let late = NOW + LOOSENING_DELAY;
        assert_eq!(bucket.at(late - 1).unwrap().limit, 1_000);
        assert_eq!(bucket.at(late).unwrap().limit, 5_000);
        assert_eq!(bucket.at(late).unwrap().pending_from, 0);
        // Setting what holds already drops what is pending.
        let mut vetoed = bucket;
        assert_eq!(vetoed.set(late - 1, tight), Ok(true));
        assert_eq!(vetoed.at(late + 10).unwrap().limit, 1_000);
        // The same amount in a shorter time is looser, and so is a smaller amount in a shorter time.
        let shorter = OutflowTerms {
            limit: 900,
            window: 3_600,
        };
        assert_eq!(bucket.clone().set(NOW, shorter), Ok(false));
        // Renewing a pending change begins its delay anew.
        assert_eq!(bucket.set(late - 1, loose), Ok(false));
        assert_eq!(bucket.at(late).unwrap().limit, 1_000);
    }

    #[test]
    fn nothing_is_limited_without_a_limit() {
        let mut bucket = Outflow::unlimited(NOW);
        for _ in 0..3 {
            bucket.take(NOW, u64::MAX / 2).unwrap();
        }
        assert_eq!(bucket.used, u64::MAX);
        let frozen = OutflowTerms {
            limit: 0,
            window: 60,
        };
        assert_eq!(bucket.set(NOW, frozen), Ok(true));
        assert!(bucket.take(NOW + 10_000_000, 1).is_err());
    }
}
