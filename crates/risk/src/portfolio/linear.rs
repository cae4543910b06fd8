//! The worst scenario of options and of linear contracts beside them.

use super::{
    Stage,
    explain::{SCENARIOS, STILL},
    group::Ends,
};
use crate::{
    asset::Asset,
    error::{Result, RiskError},
    fixed::mul_shift_below,
    units::Price,
};

/// Moves of the price within the range, each scanned with volatility up and down: pairs of [`SCENARIOS`].
const WITHIN: usize = 7;

/// The worst scenario and the loss in it, at least nothing: what options gain in each is `cells`, and of what resting
/// orders can make of the linear contracts, both ends count.
///
/// For adding risk, losses of linear contracts are counted at the high price and gains at the low one: a gain pays what
/// options lose, and these have no high price in their scenarios.
pub(super) fn worst_of(
    cells: &[i64; SCENARIOS.len()],
    ends: &Ends,
    asset: &Asset,
    stage: Stage,
) -> Result<(usize, u64)> {
    let Ends { falls, rises } = *ends;
    let mut worst = Worst { gain: 0, at: STILL };
    // Without a move.
    worst.see_pair(cells, 0, 0);
    for end in 0..2 {
        if end == 1 && falls[0] == falls[1] && rises[0] == rises[1] {
            break;
        }
        let falling = Linear::of(asset, stage, falls[end], false)?;
        let rising = if falls[end] == rises[end] {
            falling.reversed()
        } else {
            Linear::of(asset, stage, rises[end], true)?
        };
        for (at, thirds) in [(2, 1), (6, 2)] {
            worst.see_pair(cells, at, rising.part(thirds, 3));
            worst.see_pair(cells, at + 2, falling.part(thirds, 3));
        }
        worst.see_pair(cells, 10, rising.gain());
        worst.see_pair(cells, 12, falling.gain());
        // Twice the range, of which 35 % count.
        worst.see(cells, 2 * WITHIN, rising.part(7, 10));
        worst.see(cells, 2 * WITHIN + 1, falling.part(7, 10));
    }
    Ok((worst.at, worst.gain.unsigned_abs()))
}

/// The least gain so far, at most nothing, and the first scenario that has it.
struct Worst {
    gain: i64,
    at: usize,
}

impl Worst {
    /// Looks at a scenario, with what linear contracts gain in it. Each is below 2^62.
    #[inline(always)]
    fn see(&mut self, cells: &[i64; SCENARIOS.len()], at: usize, linear: i64) {
        let gain = cells[at].wrapping_add(linear);
        if gain < self.gain {
            (self.gain, self.at) = (gain, at);
        }
    }

    /// Looks at the same move with volatility up and down: to linear contracts it is nothing.
    #[inline(always)]
    fn see_pair(&mut self, cells: &[i64; SCENARIOS.len()], at: usize, linear: i64) {
        let (up, down) = (cells[at], cells[at + 1]);
        let gain = up.min(down).wrapping_add(linear);
        if gain < self.gain {
            (self.gain, self.at) = (gain, at + usize::from(down < up));
        }
    }
}

/// What linear contracts gain or lose where the price moves one way by the whole range, in quote atoms below 2^60.
#[derive(Clone, Copy)]
struct Linear {
    /// Whether they gain.
    gains: bool,
    /// What they gain, or lose, that way.
    here: u64,
    /// What they lose, or gain, the other way.
    there: u64,
}

impl Linear {
    #[inline(always)]
    fn of(asset: &Asset, stage: Stage, lots: i64, rises: bool) -> Result<Self> {
        let size = lots.unsigned_abs();
        let price = stage.prices(asset)[usize::from(lots < 0)];
        let (floor, inexact) =
            mul_shift_below::<16, 60>(size, price.0).ok_or(RiskError::Overflow)?;
        let gaining = match stage {
            Stage::Maintenance => floor,
            Stage::Initial(_) | Stage::Takeover(_) => notional_floor(size, asset.initial_low)?,
        };
        let range = u64::from(asset.scan.range.0);
        let (most, more) = product(floor.wrapping_add(u64::from(inexact)), range)?;
        let most = most.wrapping_add(u64::from(more));
        let least = product(gaining, range)?.0;
        let gains = (lots < 0) != rises;
        let (here, there) = if gains { (least, most) } else { (most, least) };
        Ok(Self { gains, here, there })
    }

    /// The same lots where the price moves the other way.
    #[inline(always)]
    fn reversed(self) -> Self {
        Self {
            gains: !self.gains,
            here: self.there,
            there: self.here,
        }
    }

    #[inline(always)]
    fn gain(&self) -> i64 {
        let size = self.here.cast_signed();
        if self.gains {
            size
        } else {
            size.wrapping_neg()
        }
    }

    /// Of a part of the range, or a part of the whole: a gain is rounded down, a loss up. A part is at most ten tenths.
    #[inline(always)]
    fn part(&self, part: u64, of: u64) -> i64 {
        // Below 2^64.
        let whole = self.here.wrapping_mul(part);
        if self.gains {
            return (whole / of).cast_signed();
        }
        whole.div_ceil(of).cast_signed().wrapping_neg()
    }
}

/// A notional times a share of 2^-20, below 2^60.
#[inline(always)]
fn product(notional: u64, share: u64) -> Result<(u64, bool)> {
    mul_shift_below::<20, 60>(notional, share).ok_or(RiskError::Overflow)
}

/// Lots at a price, rounded up, below 2^60.
#[inline(always)]
pub(super) fn notional(lots: u64, price: Price) -> Result<u64> {
    let (floor, inexact) = mul_shift_below::<16, 60>(lots, price.0).ok_or(RiskError::Overflow)?;
    Ok(floor.wrapping_add(u64::from(inexact)))
}

/// The same, rounded down.
#[inline(always)]
pub(super) fn notional_floor(lots: u64, price: Price) -> Result<u64> {
    let (floor, _) = mul_shift_below::<16, 60>(lots, price.0).ok_or(RiskError::Overflow)?;
    Ok(floor)
}
