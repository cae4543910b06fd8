//! Single-market liquidation: the auction, the penalty, and the exact amount (docs/risk.md, section 8).
//!
//! One rule prices every step. A step that takes notional V and releases ΔMM of requirement costs
//!
//! ```text
//! penalty = min( π(t)·V , equity·ΔMM / MM )
//! ```
//!
//! so that (E − penalty)/(MM − ΔMM) ≥ E/MM: **no liquidation lowers the margin ratio**.

use crate::{
    error::{Result, RiskError},
    fixed::mul_div_ceil,
    market::Market,
    marks::Marks,
    portfolio::OneLeg,
    standard::{Health, RiskParams},
    tiers::Tier,
    units::{Lots, QuoteAtoms, Ratio},
};

/// Whether equity is at least MM · (1 + buffer), by cross-multiplication.
pub fn is_restored(health: &Health, buffer: Ratio) -> bool {
    let one = i128::from(Ratio::ONE.0);
    i128::from(health.equity.0) * one
        >= i128::from(health.requirement.0) * (one + i128::from(buffer.0))
}

/// Whether the account may be liquidated: below maintenance margin, or in liquidation since `start`
/// (0 for not) and not yet restored to the buffer.
pub fn is_liquidatable(start: i64, health: &Health, buffer: Ratio) -> bool {
    !health.is_met() || (start != 0 && !is_restored(health, buffer))
}

/// π(t): the penalty rate after `elapsed` seconds of the auction, a straight line from the start to
/// the maximum.
pub fn penalty_rate(market: &Market, params: &RiskParams, elapsed: i64) -> Ratio {
    let duration = u64::from(params.auction_seconds.max(1));
    let elapsed = u64::try_from(elapsed).unwrap_or(0).min(duration);
    let rise = u64::from(market.penalty_max.0.saturating_sub(market.penalty_start.0));
    // rise < 2^32 and elapsed ≤ duration < 2^32: the product fits, and the quotient is at most rise.
    let part = u32::try_from(rise * elapsed / duration).unwrap_or(0);
    Ratio(market.penalty_start.0.saturating_add(part))
}

/// min( π·V , what leaves the ratio where it was ); nothing where there is no equity.
///
/// `full` is π·V, `exchanged` the equity after the exchange and before the penalty.
pub(crate) fn capped(
    full: QuoteAtoms,
    before: &Health,
    exchanged: QuoteAtoms,
    requirement_after: QuoteAtoms,
) -> Result<QuoteAtoms> {
    let Health {
        equity,
        requirement,
    } = *before;
    if equity.0 <= 0 || requirement.0 <= 0 || requirement_after.0 < 0 {
        return Ok(QuoteAtoms::ZERO);
    }
    // E' must stay at or above E·MM'/MM.
    let (e, mm) = (equity.0.unsigned_abs(), requirement.0.unsigned_abs());
    let floor = mul_div_ceil(e, requirement_after.0.unsigned_abs(), mm);
    let floor = QuoteAtoms::from_unsigned(floor.ok_or(RiskError::Overflow)?)?;
    Ok(full.min(exchanged.minus(floor)?).max(QuoteAtoms::ZERO))
}

/// What of a penalty goes to the insurance fund; the liquidator has the rest.
pub(crate) fn insurance_of(penalty: QuoteAtoms, market: &Market) -> Result<QuoteAtoms> {
    let part = market.insurance_share.of_ceil(penalty.0.unsigned_abs())?;
    QuoteAtoms::from_unsigned(part).map(|part| part.min(penalty))
}

/// What is to be liquidated, and on which terms.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Equity and maintenance margin of the account.
    pub health: Health,
    /// The market.
    pub market: &'a Market,
    /// The account's lots in it, not zero.
    pub lots: Lots,
    /// The prices at which those lots are valued, and change hands.
    pub marks: Marks,
    /// π(t).
    pub rate: Ratio,
    /// The account is restored at MM · (1 + buffer).
    pub buffer: Ratio,
    /// Of the backstop: what no penalty may bring its equity below.
    pub floor: Option<QuoteAtoms>,
    /// Of an account that is scanned: what it needs with other lots.
    pub scanned: Option<&'a OneLeg<'a>>,
}

/// A liquidation step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Step {
    /// Lots that change hands, without sign.
    pub lots: u64,
    /// What they are exchanged for: the same integer for both sides.
    pub value: QuoteAtoms,
    /// What the account pays on top.
    pub penalty: QuoteAtoms,
    /// Equity and maintenance margin afterwards.
    pub after: Health,
}

impl Step {
    /// The lots that the liquidator receives, with the sign of the `held` ones that they come from.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] cannot occur for a step of a candidate.
    pub fn signed(&self, held: Lots) -> Result<Lots> {
        let lots = Lots(i64::try_from(self.lots).map_err(|_| RiskError::Overflow)?);
        if held.0 < 0 { lots.negated() } else { Ok(lots) }
    }

    /// What of the penalty goes to the insurance fund; the liquidator has the rest.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] cannot occur for a share below one.
    pub fn insurance(&self, market: &Market) -> Result<QuoteAtoms> {
        insurance_of(self.penalty, market)
    }
}

impl Candidate<'_> {
    /// The step to take: at most `most` lots, and at most the smallest number that restores the
    /// account. The whole position where its notional is at most the market's dust notional.
    ///
    /// # Errors
    /// [`RiskError::ZeroQuantity`] without lots, [`RiskError::Overflow`].
    pub fn step(&self, most: u64) -> Result<Step> {
        if most == 0 || self.lots.0 == 0 {
            return Err(RiskError::ZeroQuantity);
        }
        let most = most.min(self.lots.size());
        if let Some(leg) = self.scanned {
            return self.step_scanned(most.min(leg.unhedged()?), leg.market());
        }
        if self.lots.notional(self.marks.notional)? <= self.market.dust_notional {
            return self.outcome(most);
        }
        self.smallest(most)
    }

    /// The step that takes so many lots, and no more than there are: of an account that sells whatever
    /// it has.
    ///
    /// # Errors
    /// As [`Candidate::step`].
    pub fn take(&self, lots: u64) -> Result<Step> {
        if lots == 0 || self.lots.0 == 0 {
            return Err(RiskError::ZeroQuantity);
        }
        self.outcome(lots.min(self.lots.size()))
    }

    /// As [`Candidate::step`], of an account that is scanned: at most what lowers its scan, to within a factor of two. Where less than
    /// that restores it, the number is found to within a 1,024th of `most`, from above: each look scans the positions on its asset anew.
    fn step_scanned(&self, most: u64, market: u16) -> Result<Step> {
        let hedges = RiskError::LegIsHedge { market };
        if most == 0 {
            return Err(hedges);
        }
        // A leg that hedges in part is taken in part: half as much, as long as taking it would not lower the scan. What is
        // worth nothing and needs nothing may go.
        let mut most = most;
        let mut best = self.outcome(most)?;
        while !self.releases(&best) {
            most /= 2;
            if most == 0 {
                return Err(hedges);
            }
            best = self.outcome(most)?;
        }
        if !self.restores(&best) {
            return Ok(best);
        }
        let (mut short, tolerance) = (0, (most >> 10).max(1));
        while best.lots - short > tolerance {
            let middle = self.outcome(short + (best.lots - short) / 2)?;
            if self.restores(&middle) {
                best = middle;
            } else {
                short = middle.lots;
            }
        }
        Ok(best)
    }

    /// Whether a step lowers what the account needs, or takes what neither needs nor is worth anything.
    fn releases(&self, step: &Step) -> bool {
        let (after, before) = (step.after.requirement, self.health.requirement);
        after < before || (after == before && self.marks.price.0 == 0)
    }

    /// Starts from the estimate and searches for the number where one lot less would not restore.
    ///
    /// The estimate works in whole notionals; the roundings of requirement, value and penalty put it
    /// a lot or two off, but far more where a lot is worth only some atoms. So the search doubles its
    /// stride until the number is enclosed, and then halves: one call finishes, whatever a lot is worth.
    fn smallest(&self, most: u64) -> Result<Step> {
        let estimate = if self.market.is_option() {
            most / 2
        } else {
            self.estimate()?
        };
        let mut best = self.outcome(estimate.clamp(1, most))?;
        let mut short; // lots that do not restore
        let mut stride = 1;
        if self.restores(&best) {
            loop {
                short = best.lots.saturating_sub(stride);
                if short == 0 {
                    break;
                }
                let fewer = self.outcome(short)?;
                if !self.restores(&fewer) {
                    break;
                }
                (best, stride) = (fewer, stride * 2);
            }
        } else {
            loop {
                short = best.lots;
                if short >= most {
                    return Ok(best);
                }
                best = self.outcome(short.saturating_add(stride).min(most))?;
                if self.restores(&best) {
                    break;
                }
                stride *= 2;
            }
        }
        while best.lots - short > 1 {
            let middle = self.outcome(short + (best.lots - short) / 2)?;
            if self.restores(&middle) {
                best = middle;
            } else {
                short = middle.lots;
            }
        }
        Ok(best)
    }

    fn restores(&self, step: &Step) -> bool {
        is_restored(&step.after, self.buffer)
    }

    /// What taking exactly `lots` does.
    fn outcome(&self, lots: u64) -> Result<Step> {
        let taken = Lots(i64::try_from(lots).map_err(|_| RiskError::Overflow)?);
        let long = self.lots.0 > 0;
        // Rounded towards the account by less than an atom, so that the exchange itself cannot lower
        // its equity; the liquidator pays the same integer.
        let price = self.marks.price;
        let (value, rest) = if long {
            (taken.notional(price)?, self.lots.minus(taken)?)
        } else {
            (taken.notional_floor(price)?, self.lots.plus(taken)?)
        };
        let volume = self.marks.volume(self.market, long, taken, value)?;
        let value = QuoteAtoms::from_unsigned(value)?;
        let received = if long { value } else { value.negated()? };
        let (value_before, before) = self.marks.judge(self.market, self.lots)?;
        let (value_after, after) = self.marks.judge(self.market, rest)?;
        let requirement_after = self.requirement_after(rest, before, after)?;
        let exchanged = self
            .health
            .equity
            .minus(value_before)?
            .plus(value_after)?
            .plus(received)?;
        let full = QuoteAtoms::from_unsigned(self.rate.of_floor(volume)?)?;
        let mut penalty = capped(full, &self.health, exchanged, requirement_after)?;
        if let Some(floor) = self.floor {
            penalty = penalty.min(exchanged.minus(floor)?.max(QuoteAtoms::ZERO));
        }
        let after = Health {
            equity: exchanged.minus(penalty)?,
            requirement: requirement_after,
        };
        Ok(Step {
            lots,
            value,
            penalty,
            after,
        })
    }

    /// What the account needs with `rest` of the lots.
    fn requirement_after(
        &self,
        rest: Lots,
        before: QuoteAtoms,
        after: QuoteAtoms,
    ) -> Result<QuoteAtoms> {
        if let Some(leg) = self.scanned {
            return leg.maintenance_with(rest);
        }
        let released = before.minus(after)?.max(QuoteAtoms::ZERO);
        self.health.requirement.minus(released)
    }

    /// Lots that restore the account, from the straight pieces of the schedule:
    /// in tier k each atom of notional closes `(1 + buffer)·rate_k − π` of the gap.
    fn estimate(&self) -> Result<u64> {
        let keep = i128::from(Ratio::ONE.0) + i128::from(self.buffer.0);
        let Health {
            equity,
            requirement,
        } = self.health;
        // In 2^-40 atoms, so that rates are not cut: |gap| < 2^63 · 2^33 · 2^20 fits 128 bits.
        let mut gap = (i128::from(requirement.0) * keep - (i128::from(equity.0) << 20)) << 20;
        let tiers = &self.market.maintenance.tiers;
        let mut upper = self.lots.notional(self.marks.price)?;
        let mut k = self.market.maintenance.index_of(upper);
        let mut notional: u64 = 0;
        loop {
            let lower = if k == 0 { 0 } else { tiers[k - 1].upper };
            let part = upper - lower;
            let gain = self.gain(&tiers[k], keep);
            if gain > 0 {
                let needed = u64::try_from((gap.max(0) + gain - 1) / gain).unwrap_or(u64::MAX);
                if needed <= part {
                    notional = notional.saturating_add(needed);
                    break;
                }
                gap -= gain
                    .checked_mul(i128::from(part))
                    .ok_or(RiskError::Overflow)?;
            }
            notional = notional.saturating_add(part);
            if k == 0 {
                return Ok(self.lots.size());
            }
            (upper, k) = (lower, k - 1);
        }
        let lots =
            mul_div_ceil(notional, 1 << 16, self.marks.price.0).ok_or(RiskError::Overflow)?;
        Ok(lots.min(self.lots.size()))
    }

    /// What an atom of notional taken in this tier closes of the gap, in 2^-40 atoms.
    fn gain(&self, tier: &Tier, keep: i128) -> i128 {
        keep * i128::from(tier.rate.0) - (i128::from(self.rate.0) << 20)
    }
}

#[cfg(test)]
mod tests;
