//! Default: who bears what an account cannot (docs/risk.md, section 9).
//!
//! An account below the backstop line is in default. The backstop, a margin account of the clearinghouse
//! whose equity is the insurance fund, takes all of it over while it can: while it stays above its own
//! maintenance margin, and a day's losses (by defaults, by prices, by what it sells at a discount) below a
//! cap. What it cannot take, or lose, is closed against the other side of each market
//! ([`crate::deleverage`]).

use crate::{
    account::{AccountMut, AccountView},
    error::{Result, RiskError},
    expiry::require_settled,
    interest::Debt,
    market::{MODE_SETTLEMENT, Market},
    marks::Marks,
    maturity::Immature,
    moment::Moment,
    position::{FillEffect, Position},
    standard::{Book, Health, collateral_of, maintenance},
    units::{QuoteAtoms, Ratio},
};
use bytemuck::{Pod, Zeroable};

/// Seconds of the day over which the backstop's losses are counted.
pub const DAY: i64 = 86_400;

/// Whether an account is in default: equity below `line` · MM; without any requirement, below zero.
pub fn is_in_default(health: &Health, line: Ratio) -> bool {
    let one = i128::from(Ratio::ONE.0);
    i128::from(health.equity.0) * one < i128::from(health.requirement.0) * i128::from(line.0)
        || health.equity.0 < 0
}

/// Equity and maintenance margin by which a default is judged: those of [`maintenance`], where each position
/// whose oracle is silent, or whose contract has ended and cannot be settled yet, is granted a gain of all of its
/// notional (a short whose price went to nothing, a long whose price doubled). Who is in default by this is in
/// default whatever the price turns out to be, short of a miracle; and dust with a dead oracle keeps nobody out of
/// a default.
///
/// # Errors
/// As [`maintenance`], and [`require_settled`].
pub fn judged_kindly(book: &Book, account: &AccountView, now: i64) -> Result<Health> {
    require_settled(book, account.positions, now)?;
    let mut health = maintenance(book, account, now)?;
    for position in account.positions {
        let market = book.market(position.market)?;
        let asset = book.asset(position.asset)?;
        let known = asset.is_fresh(now) && !market.awaits_settlement(now);
        if known || market.mode == MODE_SETTLEMENT {
            continue;
        }
        let notional = position.held(market).notional(asset.index)?;
        health.equity = health.equity.plus(QuoteAtoms::from_unsigned(notional)?)?;
    }
    Ok(health)
}

/// What an account lacks of an equity of `wanted`, with its collateral at the full price; or nothing. By
/// its weight, who pays would pay the owner what the collateral is sold for above it.
///
/// # Errors
/// [`RiskError::Overflow`]; as [`crate::standard::maintenance`], which `health` comes from.
pub fn lacking(
    book: &Book,
    account: &AccountView,
    health: &Health,
    wanted: QuoteAtoms,
) -> Result<QuoteAtoms> {
    let mut equity = health.equity;
    if equity >= wanted {
        return Ok(QuoteAtoms::ZERO);
    }
    for held in account.balances.iter().filter(|held| held.atoms > 0) {
        let asset = book.asset(held.asset)?;
        let value = |weight| asset.collateral_value(held.atoms, asset.maintenance_high, weight);
        let haircut = value(Ratio::ONE)?.minus(value(asset.weight_maintenance)?)?;
        equity = equity.plus(haircut)?;
    }
    wanted.minus(equity.min(wanted))
}

/// What the backstop's losses of a day are counted from, those by prices and discounts included: its equity
/// when it was first called upon on that day (or when it was last called upon before, if that was more: what it
/// lost in between, while nobody called, is a loss of the day on which it is found), and what has come in since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Reference {
    /// The day, counted from 1970.
    pub day: i64,
    /// Quote atoms.
    pub equity: i64,
    /// Its equity after the last call, quote atoms.
    pub last: i64,
}

const _: () = assert!(size_of::<Reference>() == 24);

impl Reference {
    /// The reference of the day in which `now` lies, where the backstop has this equity now.
    #[must_use]
    pub fn on(self, now: i64, equity: QuoteAtoms) -> Self {
        let day = now.div_euclid(DAY);
        if day == self.day {
            return self;
        }
        Self {
            day,
            equity: equity.0.max(self.last),
            last: self.last,
        }
    }

    /// Takes note of the equity at the end of a call.
    pub fn note(&mut self, equity: QuoteAtoms) {
        self.last = equity.0;
    }

    /// Counts what has come in.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    pub fn add(&mut self, inflow: QuoteAtoms) -> Result<()> {
        let equity = self.equity.checked_add(inflow.0);
        self.equity = equity.ok_or(RiskError::Overflow)?;
        Ok(())
    }

    /// What the backstop's equity may fall to on this day: no more than `cap` is lost, and no more than
    /// there is.
    pub fn floor(self, cap: u64) -> QuoteAtoms {
        let cap = i64::try_from(cap).unwrap_or(i64::MAX);
        QuoteAtoms(self.equity.saturating_sub(cap).max(0))
    }
}

/// Two accounts as one: equity and maintenance margin, and the slots and collaterals that it needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// Equity and maintenance margin.
    pub health: Health,
    /// Positions.
    pub slots: usize,
    /// Collaterals besides the quote token.
    pub balances: usize,
}

/// Judges two accounts as if one had taken the other over, with the collateral of each at its own moment: what the
/// backstop took over once counts at the price that was recorded then, but what it takes over now at a price of now,
/// or at the bound of a silent oracle. Otherwise the fund would pay for tokens that nobody can price.
///
/// # Errors
/// As [`crate::standard::maintenance`].
pub fn merged(
    book: &Book,
    (a, then): (&AccountView, i64),
    (b, now): (&AccountView, i64),
) -> Result<Merged> {
    let mut sum = Merged::default();
    for (account, now) in [(a, then), (b, now)] {
        let collateral = collateral_of(book, account, now)?;
        let cash = book.cash_of(account, now)?;
        let equity = sum.health.equity.plus(cash)?;
        sum.health.equity = equity.plus(collateral)?;
    }
    sum.balances = a.balances.iter().filter(|held| held.atoms > 0).count();
    for held in b.balances.iter().filter(|held| held.atoms > 0) {
        let also = |other: &&crate::Balance| other.atoms > 0 && other.asset == held.asset;
        sum.balances += usize::from(!a.balances.iter().any(|other| also(&other)));
    }
    let (mut first, mut second) = (a.positions, b.positions);
    while let Some(next) = next_of(first, second) {
        let market = book.market(next.market)?;
        let mut joint = Position {
            market: next.market,
            asset: next.asset,
            ..Position::default()
        };
        for rest in [&mut first, &mut second] {
            let Some((position, after)) = rest.split_first() else {
                continue;
            };
            if position.key() == next.key() {
                join(&mut joint, position, market, &mut sum.health.equity)?;
                *rest = after;
            }
        }
        judge(book, &joint, market, then, &mut sum.health)?;
        sum.slots += 1;
    }
    Ok(sum)
}

/// The position with the lower key.
fn next_of<'a>(first: &'a [Position], second: &'a [Position]) -> Option<&'a Position> {
    match (first.first(), second.first()) {
        (Some(a), Some(b)) => Some(if b.key() < a.key() { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// Adds a position, brought up to the market's indices, to another one.
fn join(
    joint: &mut Position,
    position: &Position,
    market: &Market,
    equity: &mut QuoteAtoms,
) -> Result<()> {
    let (settled, cash) = position.settled(market)?;
    *equity = equity.plus(cash)?;
    joint.lots = joint.lots.plus(settled.lots)?;
    joint.quote = joint.quote.plus(settled.quote)?;
    Ok(())
}

/// Adds what a position is worth, and requires.
fn judge(
    book: &Book,
    position: &Position,
    market: &Market,
    now: i64,
    health: &mut Health,
) -> Result<()> {
    let asset = book.asset(position.asset)?;
    asset.check_recorded(position.asset)?;
    if market.mode == MODE_SETTLEMENT {
        let value = market.settlement_value(position.lots)?;
        health.equity = health.equity.plus(position.quote)?.plus(value)?;
        return Ok(());
    }
    let marks = Marks::of(book, position.market, position.lots, now)?;
    let (value, charge) = marks.judge(market, position.lots)?;
    health.equity = health.equity.plus(position.quote)?.plus(value)?;
    health.requirement = health.requirement.plus(charge)?;
    Ok(())
}

/// What moving a position from one account to another did to its market. Nothing, where the other had
/// none there: the position moves as it is, with what it has cost and what it owes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Moved {
    /// Both accounts' fills, where the other one had a position.
    pub fills: Option<[(FillEffect, QuoteAtoms); 2]>,
}

/// Moves the last position of an account to another one at what it has cost: no price has a part in it.
/// Returns the market's index and what it did, or nothing where there is no position left.
///
/// # Errors
/// [`RiskError::NoFreeSlot`], [`RiskError::UnknownMarket`], [`RiskError::Overflow`].
pub fn move_last(
    book: &Book,
    from: &mut AccountMut,
    to: &mut AccountMut,
    moment: &Moment,
) -> Result<Option<(u16, Moved)>> {
    let count = usize::from(from.core.position_count);
    let Some(at) = count.checked_sub(1) else {
        return Ok(None);
    };
    let position = from.slots[at];
    let market_index = position.market;
    let market = book.market(market_index)?;
    if to.find(position.asset, market_index).is_none() {
        let slot = to.slot_for(market_index, market, position.lots)?;
        to.slots[slot] = position;
        from.free(at);
        return Ok(Some((market_index, Moved::default())));
    }
    let settled = from.slots[at].settle(market)?;
    from.core.move_cash(settled.cash()?, moment)?;
    let (lots, cost) = (from.slots[at].lots, from.slots[at].quote);
    if lots.0 == 0 {
        from.free(at);
        let gone = FillEffect {
            settled,
            ..FillEffect::default()
        };
        let nothing = (FillEffect::default(), QuoteAtoms::ZERO);
        let fills = Some([(gone, settled.owed), nothing]);
        return Ok(Some((market_index, Moved { fills })));
    }
    let (gone, back) = (lots.negated()?, cost.negated()?);
    let (effect, _) = from.fill(market_index, market, gone, back, moment)?;
    let given = (FillEffect { settled, ..effect }, settled.owed);
    let taken = to.fill(market_index, market, lots, cost, moment)?;
    let fills = Some([given, taken]);
    Ok(Some((market_index, Moved { fills })))
}

/// Moves all cash and collateral of an account to another one, interest that was not swept and its part in
/// what all accounts owe with it. Returns the cash.
///
/// # Errors
/// [`RiskError::NoFreeBalance`], [`RiskError::Overflow`].
pub fn move_money(
    from: &mut AccountMut,
    to: &mut AccountMut,
    moment: &Moment,
) -> Result<QuoteAtoms> {
    from.core.accrue(moment)?;
    let cash = core::mem::take(&mut from.core.cash);
    // What was maturing has gone with the cash.
    from.core.immature = Immature::default();
    to.core.move_cash(cash, moment)?;
    let Debt {
        payable, counted, ..
    } = core::mem::take(&mut from.core.debt);
    to.core.debt.payable = to.core.debt.payable.plus(payable)?;
    // Both are parts of one total of 64 bits.
    to.core.debt.counted = to.core.debt.counted.saturating_add(counted);
    for balance in &mut from.core.balances {
        let atoms = core::mem::take(&mut balance.atoms);
        if atoms > 0 {
            to.core.credit(balance.asset, atoms)?;
        }
    }
    Ok(cash)
}

/// What of a deficit the other side of one market bears: in proportion to the value of the lots there,
/// up; never more than that value.
///
/// # Errors
/// [`RiskError::Overflow`] for values out of range.
pub fn share_of(deficit: QuoteAtoms, value: QuoteAtoms, all: QuoteAtoms) -> Result<QuoteAtoms> {
    if deficit.0 <= 0 || value.0 <= 0 {
        return Ok(QuoteAtoms::ZERO);
    }
    let [part, whole] = [value, all.max(value)].map(|atoms| atoms.0.unsigned_abs());
    let share = crate::fixed::mul_div_ceil(deficit.0.unsigned_abs(), part, whole);
    let share = QuoteAtoms::from_unsigned(share.ok_or(RiskError::Overflow)?)?;
    Ok(share.min(value))
}

/// The notional of every position at maintenance prices, those in settlement aside: what a deficit is
/// shared by.
///
/// # Errors
/// [`RiskError::UnknownMarket`], [`RiskError::Overflow`].
pub fn gross_notional(book: &Book, account: &AccountView) -> Result<QuoteAtoms> {
    let mut sum = QuoteAtoms::ZERO;
    for position in account.positions {
        let market = book.market(position.market)?;
        if market.mode == MODE_SETTLEMENT {
            continue;
        }
        let asset = book.asset(position.asset)?;
        let notional = position.held(market).notional(asset.index)?;
        sum = sum.plus(QuoteAtoms::from_unsigned(notional)?)?;
    }
    Ok(sum)
}

/// What all positions are worth without their signs, in quote atoms: their notionals, and of what is not worth the index
/// what it is marked at. By this a deficit is shared over the markets of an account.
///
/// # Errors
/// As [`gross_notional`]; of an option those of [`crate::array::RiskArray::check`].
pub fn gross_value(book: &Book, account: &AccountView, now: i64) -> Result<QuoteAtoms> {
    let mut sum = QuoteAtoms::ZERO;
    for position in account.positions {
        let market = book.market(position.market)?;
        if market.mode == MODE_SETTLEMENT {
            continue;
        }
        let held = position.held(market);
        let price = if market.is_derived() {
            Marks::of(book, position.market, held, now)?.price
        } else {
            book.asset(position.asset)?.index
        };
        sum = sum.plus(QuoteAtoms::from_unsigned(held.notional(price)?)?)?;
    }
    Ok(sum)
}
