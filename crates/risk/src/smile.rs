//! Smiles: the volatilities that a feed says options are to be marked at, within bounds and no faster than a rate
//! (docs/options.md).

use crate::{
    array::{SMILE_AGE, VOLATILITIES, moved},
    asset::Asset,
    error::{BoundError, within},
    market::Market,
    option::{Moneyness, SviTerms, Tenor},
    units::Ratio,
};

/// Seconds in which a smile may double a volatility, or take all of it away: of what is asked more quickly, the part of
/// the time that has passed is allowed.
pub const SMILE_HOUR: i64 = 3_600;

/// How far from the asset's own volatility the first smile may be, and one after a silence: four times, or a fourth.
const FIRST: u32 = 4;

impl Market {
    /// Sets the smile of an option.
    ///
    /// At the index, and at both ends of the scanned range, the volatility that it gives may differ from the one before by
    /// no more than its share of the hour that has passed since. Where none was set for [`SMILE_AGE`], the asset's own
    /// estimate is the one before, and the new one at most four times as much or a fourth.
    ///
    /// # Errors
    /// [`BoundError`] naming the parameter, or the volatility with what is allowed, in 2^-20.
    pub fn set_smile(
        &mut self,
        asset: &Asset,
        svi: &SviTerms,
        now: i64,
    ) -> core::result::Result<(), BoundError> {
        svi.check(Tenor::until(self.contract.expiry, now))?;
        let [least, most] = VOLATILITIES;
        for thirds in [0, 3, -3] {
            let forward = moved(asset.index, asset.scan.range, thirds);
            let log = Moneyness::of(forward, self.contract.strike).log();
            let [low, high] = self.allowed(asset, log, now);
            // What the bounds of all volatilities cut off can not be meant.
            let found = svi.volatility(log, Ratio(0), Ratio(u32::MAX));
            let (low, high) = (low.max(least), high.min(most));
            within("volatility", found.0.into(), low.0.into(), high.0.into())?;
        }
        self.smile.svi = *svi;
        self.array.smile_time = now;
        Ok(())
    }

    /// The lowest and the highest volatility that a new smile may give at a logarithm of strike and forward.
    fn allowed(&self, asset: &Asset, log: i64, now: i64) -> [Ratio; 2] {
        let [least, most] = VOLATILITIES;
        let elapsed = now.saturating_sub(self.array.smile_time);
        if self.array.smile_time == 0 || elapsed > SMILE_AGE {
            let own = asset.volatility.annual().max(least).min(most);
            return [Ratio(own.0 / FIRST), Ratio(own.0.saturating_mul(FIRST))];
        }
        let before = self.smile.svi.volatility(log, least, most);
        // Below 2^22 times 2^12.
        let share = u64::from(before.0) * elapsed.clamp(0, SMILE_HOUR).unsigned_abs();
        let step = u32::try_from(share / SMILE_HOUR.unsigned_abs()).unwrap_or(0);
        [
            Ratio(before.0.saturating_sub(step)),
            Ratio(before.0.saturating_add(step)),
        ]
    }
}
