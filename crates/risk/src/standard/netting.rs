//! The positions on one asset in an initial check: values netted, requirements summed, orders at their worst.

use super::Health;
use crate::{
    asset::Asset,
    error::{Result, RiskError},
    fixed::mul_shift_below,
    market::{MODE_SETTLEMENT, Market},
    orders::OrderLoss,
    position::Position,
    units::{Lots, QuoteAtoms, Ratio},
};

/// The positions on one asset, netted: values and requirements are plain sums, and what resting orders
/// can cost stands apart, because a loss that they make is made in full whatever a gain counts for; and so do losses
/// in markets that have ended.
#[derive(Default)]
pub(super) struct Netting {
    /// Values and requirements.
    sum: Health,
    /// What resting orders can cost at worst, and what has been lost in markets that have ended.
    orders: OrderLoss,
}

impl Netting {
    /// Counts a position that is up to date, of anything but an option; returns what it requires.
    #[inline(always)]
    pub(super) fn add(
        &mut self,
        position: &Position,
        market: &Market,
        asset: &Asset,
    ) -> Result<QuoteAtoms> {
        let owed = position.owed_currently(market)?;
        // |quote| ≤ 2^60 by `Position::fill`, |owed| ≤ 2^60 by its kernel.
        let quote = position.quote.0.wrapping_sub(owed.0);
        if market.mode == MODE_SETTLEMENT {
            self.add_ended(QuoteAtoms(quote).plus(market.settlement_value(position.lots)?)?)?;
            return Ok(QuoteAtoms::ZERO);
        }
        let judged = if position.bid_lots.0 | position.ask_lots.0 == 0 {
            judge(position.lots, quote, market, asset)?
        } else {
            let judged = judge_with_orders(position, quote, market, asset)?;
            // What is owed was subtracted above. A fill settles it: a debt leaves the net for the cash.
            let held = judged.equity.0.wrapping_add(owed.0);
            let risk = position.order_loss(held, market, asset);
            let risk = risk.ok_or(RiskError::Overflow)?;
            // Each below 2^62.
            let realised = risk.realised.0.wrapping_add(owed.0.max(0));
            self.orders.loss = self.orders.loss.plus(risk.loss)?;
            self.orders.realised = self.orders.realised.plus(QuoteAtoms(realised))?;
            judged
        };
        self.sum = self.sum.plus(&judged)?;
        Ok(judged.requirement)
    }

    /// As [`Netting::add`], of what a position is worth whose market has ended. Anyone may settle it, and a loss then
    /// leaves the net for the cash: it counts in full from the beginning, as what orders can cost does.
    #[cold]
    fn add_ended(&mut self, worth: QuoteAtoms) -> Result<()> {
        if worth.0 < 0 {
            self.orders.loss = self.orders.loss.minus(worth)?;
        } else {
            self.sum.equity = self.sum.equity.plus(worth)?;
        }
        Ok(())
    }

    /// As [`Netting::add`], of a position whose side was deleveraged since it was touched, or of what is not worth the index; returns
    /// what its account's cash changes by as well. Out of the loop, which must not pay for it.
    #[cold]
    #[inline(never)]
    pub(super) fn add_seldom(
        &mut self,
        position: &Position,
        market: &Market,
        asset: &Asset,
        now: i64,
    ) -> Result<(QuoteAtoms, QuoteAtoms)> {
        let (position, cash) = position.settled(market)?;
        let charge = if market.is_option() {
            self.add_option(&position, market, asset, now)?
        } else if market.is_derived() {
            self.add(
                &position,
                market,
                &market.priced(position.market, asset, now)?,
            )?
        } else {
            self.add(&position, market, asset)?
        };
        Ok((cash, charge))
    }

    #[inline(always)]
    fn add_option(
        &mut self,
        position: &Position,
        market: &Market,
        asset: &Asset,
        now: i64,
    ) -> Result<QuoteAtoms> {
        if market.mode == MODE_SETTLEMENT {
            let value = market.settlement_value(position.lots)?;
            self.add_ended(position.quote.plus(value)?)?;
            return Ok(QuoteAtoms::ZERO);
        }
        let lots = position.lots;
        let (equity, requirement) = if position.bid_lots.0 | position.ask_lots.0 == 0 {
            let price = market.option_initial(position.market, asset, lots.0 > 0, now)?;
            let (value, _) = lots.value_and_notional(price)?;
            let (_, notional) = lots.value_and_notional(asset.initial_high)?;
            let charge = Market::option_charge(&market.initial, lots, value, notional)?;
            (position.quote.plus(value)?, charge)
        } else {
            let row = market.priced(position.market, asset, now)?;
            let price = if lots.0 > 0 {
                row.initial_low
            } else {
                row.initial_high
            };
            let (value, _) = lots.value_and_notional(price)?;
            let equity = position.quote.plus(value)?;
            let risk = position.order_loss(equity.0, market, &row);
            let risk = risk.ok_or(RiskError::Overflow)?;
            self.orders.loss = self.orders.loss.plus(risk.loss)?;
            self.orders.realised = self.orders.realised.plus(risk.realised)?;
            (equity, option_requirement(position, market, asset, &row)?)
        };
        self.sum = self.sum.plus(&Health {
            equity,
            requirement,
        })?;
        Ok(requirement)
    }

    #[inline(always)]
    pub(super) fn judge(&self, weight: Ratio) -> Result<Health> {
        Ok(Health {
            equity: counted(self.sum.equity, self.orders.realised, weight)?
                .minus(self.orders.loss)?,
            ..self.sum
        })
    }
}

/// What a position in an option requires initially: the worse of the longest and the shortest that its orders can make of
/// it. `row` has the option's prices.
pub(crate) fn option_requirement(
    position: &Position,
    market: &Market,
    asset: &Asset,
    row: &Asset,
) -> Result<QuoteAtoms> {
    let schedule = &market.initial;
    // Each below 2^46.
    let long = Lots(position.lots.0.wrapping_add(position.bid_lots.0).max(0));
    let short = Lots(position.lots.0.wrapping_sub(position.ask_lots.0).min(0));
    let (value, _) = long.value_and_notional(row.initial_low)?;
    let (_, notional) = long.value_and_notional(asset.initial_high)?;
    let owned = Market::option_charge(schedule, long, value, notional)?;
    let (_, notional) = short.value_and_notional(asset.initial_high)?;
    let written = Market::option_charge(schedule, short, QuoteAtoms::ZERO, notional)?;
    Ok(if short.0 < 0 {
        owned.max(written)
    } else {
        owned
    })
}

/// What a net value counts for: a loss in full, a gain by its weight. Where fills can move some of the
/// cash into it, the gain that it can become: n − (1 − weight) · max(0, n + realised).
fn counted(net: QuoteAtoms, realised: QuoteAtoms, weight: Ratio) -> Result<QuoteAtoms> {
    let gain = net.plus(realised)?;
    if gain.0 <= 0 {
        return Ok(net);
    }
    let gain = gain.0.unsigned_abs();
    // A weight is at most one: what does not count is at most the gain.
    net.minus(QuoteAtoms::from_unsigned(gain - weight.of_floor(gain)?)?)
}

/// Value and initial requirement of lots held at a cost of −`quote`, |quote| ≤ 2^61: the value is
/// below 2^62 in size and the requirement at most 2^62.
#[inline(always)]
fn judge(lots: Lots, quote: i64, market: &Market, asset: &Asset) -> Result<Health> {
    // Shorts are valued where every notional is; longs at the lower price.
    let (value, notional) = if lots.0 > 0 {
        // low ≤ p ≤ high by construction; were it not so, the product would be refused.
        let spread = asset.initial_high.0.wrapping_sub(asset.initial_low.0);
        lots.value_below_and_notional(asset.initial_high, spread)?
    } else {
        lots.value_and_notional(asset.initial_high)?
    };
    Ok(Health {
        equity: QuoteAtoms(quote.wrapping_add(value.0)),
        requirement: market.initial.charge(notional)?,
    })
}

/// As [`judge`], where the requirement is that of the largest position that the orders can make.
#[inline(always)]
fn judge_with_orders(
    position: &Position,
    quote: i64,
    market: &Market,
    asset: &Asset,
) -> Result<Health> {
    let high = asset.initial_high;
    let value = if position.lots.0 > 0 {
        position.lots.value_and_notional(asset.initial_low)?.0
    } else {
        position.lots.value_and_notional(high)?.0
    };
    let (floor, inexact) =
        mul_shift_below::<16, 60>(position.largest(), high.0).ok_or(RiskError::Overflow)?;
    let notional = floor.wrapping_add(u64::from(inexact)); // at most 2^60
    Ok(Health {
        equity: QuoteAtoms(quote.wrapping_add(value.0)),
        requirement: market.initial.charge(notional)?,
    })
}
