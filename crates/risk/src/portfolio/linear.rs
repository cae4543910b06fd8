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
    for end in 0..2 {
        if end == 1 && falls[0] == falls[1] && rises[0] == rises[1] {
            break;
        }
        let range = u64::from(asset.scan.range.0);
        let falling = Linear::of(asset, stage, falls[end], false)?;
        let rising = if falls[end] == rises[end] {
            falling.reversed()
        } else {
            Linear::of(asset, stage, rises[end], true)?
        };
        // Without a move, and with one that is as large both ways.
        worst.see_pair(cells, 0, 0);
        for (at, thirds) in [(2, 1), (6, 2), (10, 3)] {
            let share = range * (thirds * 100); // below 2^32 · 300
            worst.see_pair(cells, at, rising.gain(share)?);
            worst.see_pair(cells, at + 2, falling.gain(share)?);
        }
        let share = range * 210;
        worst.see(cells, 2 * WITHIN, rising.gain(share)?);
        worst.see(cells, 2 * WITHIN + 1, falling.gain(share)?);
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
        let second = usize::from(cells[at + 1] < cells[at]);
        self.see(cells, at + second, linear);
    }
}

/// Lots of linear contracts in a scan, where the price moves one way: what a share of the move is taken of.
#[derive(Clone, Copy)]
struct Linear {
    /// Whether they gain.
    gains: bool,
    /// What they are worth where they lose.
    losing: u64,
    /// And where they gain.
    gaining: u64,
}

impl Linear {
    fn of(asset: &Asset, stage: Stage, lots: i64, rises: bool) -> Result<Self> {
        let size = lots.unsigned_abs();
        let price = stage.prices(asset)[usize::from(lots < 0)];
        let (floor, inexact) =
            mul_shift_below::<16, 60>(size, price.0).ok_or(RiskError::Overflow)?;
        let gaining = match stage {
            Stage::Maintenance => floor,
            Stage::Initial(_) | Stage::Takeover(_) => notional_floor(size, asset.initial_low)?,
        };
        Ok(Self {
            gains: (lots < 0) != rises,
            losing: floor.wrapping_add(u64::from(inexact)),
            gaining,
        })
    }

    /// The same lots where the price moves the other way.
    fn reversed(self) -> Self {
        Self {
            gains: !self.gains,
            ..self
        }
    }

    /// What a move of the price by a share, in 300 times 2^20, gains or loses.
    #[inline(always)]
    fn gain(&self, share: u64) -> Result<i64> {
        if self.gains {
            return Ok(product(self.gaining, share / 300)?.0);
        }
        let (floor, inexact) = product(self.losing, share.div_ceil(300))?;
        // Below 2^60.
        Ok(floor.wrapping_add(i64::from(inexact)).wrapping_neg())
    }
}

/// A notional times 2^-20, below 2^60.
#[inline(always)]
fn product(notional: u64, share: u64) -> Result<(i64, bool)> {
    let (floor, inexact) = mul_shift_below::<20, 60>(notional, share).ok_or(RiskError::Overflow)?;
    Ok((floor.cast_signed(), inexact))
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
