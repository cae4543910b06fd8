//! The maintenance check as a scan makes it: the engine's figures, from less memory and without a branch that
//! depends on an account's figures.
//!
//! [`Terms::health`] computes what [`maintenance`] does, for accounts of which nothing is out of the ordinary, and
//! says nothing for all others: positions whose side was deleveraged since, markets in settlement, assets without a
//! price, and every sum or product that comes near the end of its range. Those are handed to the engine itself
//! ([`Terms::judge`]). So nothing here decides what an error is or how a rare case is counted, and a refusal too many
//! costs time, never a figure. `tests/judging.rs` holds both to the same bits.

use crate::arena::{Head, Tail};
use counterweight_risk::{
    AccountView, Asset, Balance, Book, Health, Market, Position, QuoteAtoms, Result,
    deleverage::closed_of, interest::Accrual, market::MODE_SETTLEMENT, standard::maintenance,
    tiers::TIERS,
};
use counterweight_sdk::accounts::RiskTables;

/// Bits of the upper half of a 128-bit product, beyond which the engine is asked: a value or what is owed is below
/// 2^59 then, inside the engine's bound of 2^60.
const VALUE_BITS: u32 = 11;
/// As [`VALUE_BITS`], for the charge of a requirement: below 2^61, inside the engine's bound of 2^62.
const CHARGE_BITS: u32 = 17;

/// What positions in a market are judged by, with the prices of its asset. The first of each pair is for longs, the
/// second for shorts. 128 bytes, so that the rows of a clearinghouse stay in the fastest cache.
#[derive(Clone, Debug)]
#[repr(C, align(128))]
struct Row {
    price: [i64; 2],
    index: [i64; 2],
    /// The largest notional of each tier but the last.
    upper: [u64; TIERS - 1],
    deduction: [u64; TIERS],
    rate: [u32; TIERS],
    /// Whether nothing about a side is out of the ordinary.
    usable: [bool; 2],
}

impl Row {
    fn of(market: &Market, assets: &[Asset]) -> Self {
        let tiers = &market.maintenance.tiers;
        let ascending = tiers.is_sorted_by_key(|tier| tier.upper);
        let asset = assets.get(usize::from(market.asset));
        // A price above 2^63 is none that a refresh could have written.
        let prices = asset
            .filter(|asset| asset.publish_time != 0)
            .and_then(|asset| {
                let price = |price: u64| i64::try_from(price).ok();
                Some([
                    price(asset.maintenance_high.0)?,
                    price(asset.maintenance_low.0)?,
                ])
            });
        let ordinary = prices.is_some() && ascending && market.mode != MODE_SETTLEMENT;
        let mut deduction = tiers.map(|tier| tier.deduction);
        deduction[0] = 0; // the engine does not ask the first tier for one
        Self {
            price: prices.unwrap_or_default(),
            index: market.index,
            upper: core::array::from_fn(|k| tiers[k].upper),
            deduction,
            rate: tiers.map(|tier| tier.rate.0),
            // In an era in which lots were closed, an index counts for lots that are gone.
            usable: market.era.map(|era| ordinary && closed_of(era) == 0),
        }
    }
}

/// What an asset counts for as collateral at a moment.
#[derive(Clone, Copy, Debug)]
struct Collateral {
    price: u64,
    weight: u32,
    /// Zero where the engine has to be asked.
    atoms_per_lot: u64,
}

impl Collateral {
    fn of(asset: &Asset, fresh: bool) -> Self {
        let (price, weight) = if fresh {
            (asset.maintenance_high, asset.weight_maintenance)
        } else {
            (asset.initial_low, asset.weight_initial_full)
        };
        Self {
            price: price.0,
            weight: weight.0,
            // The engine shifts it by 16 bits.
            atoms_per_lot: if asset.atoms_per_lot >> 48 == 0 {
                asset.atoms_per_lot
            } else {
                0
            },
        }
    }

    /// `⌊ ⌊ atoms · price / (atoms_per_lot · 2^16) ⌋ · weight ⌋`, as [`Asset::collateral_value`].
    #[inline(always)]
    fn value(&self, atoms: u64) -> Option<i64> {
        // Two divisions rounded down are one by their product. The second is one of 64 bits, if it can be.
        let lots = u64::try_from((u128::from(atoms) * u128::from(self.price)) >> 16).ok()?;
        let value = lots.checked_div(self.atoms_per_lot)?;
        i64::try_from((u128::from(value) * u128::from(self.weight)) >> 20).ok()
    }
}

/// A risk book at a moment, made ready for judging many accounts.
pub(crate) struct Terms<'a> {
    book: Book<'a>,
    now: i64,
    markets: Vec<Row>,
    assets: Vec<Collateral>,
}

/// An account as the scan sees it.
#[derive(Clone, Copy)]
pub(crate) struct Figures<'a> {
    pub(crate) cash: QuoteAtoms,
    /// The index of interest when the cash was last changed.
    pub(crate) interest: u64,
    pub(crate) balances: &'a [Balance],
    pub(crate) heads: &'a [Head],
}

impl<'a> Terms<'a> {
    /// The terms of a book at `now`.
    pub(crate) fn of(tables: &'a RiskTables, now: i64) -> Self {
        let markets = tables.markets.iter();
        let assets = tables.assets.iter();
        Self {
            book: tables.book(),
            now,
            markets: markets.map(|row| Row::of(row, &tables.assets)).collect(),
            assets: assets
                .map(|row| Collateral::of(row, is_fresh(row, now)))
                .collect(),
        }
    }

    /// Equity and maintenance margin by the engine.
    #[cold]
    #[inline(never)]
    pub(crate) fn judge(
        &self,
        figures: &Figures,
        positions: impl Iterator<Item = Position>,
    ) -> Result<Health> {
        let positions: Vec<Position> = positions.collect();
        let account = AccountView {
            cash: figures.cash,
            interest: figures.interest,
            balances: figures.balances,
            positions: &positions,
        };
        maintenance(&self.book, &account, self.now)
    }

    /// Equity and maintenance margin of an account whose positions are plain ([`is_plain`]); nothing where the
    /// engine has to say what they are.
    #[inline(always)]
    pub(crate) fn health(&self, figures: &Figures) -> Option<Health> {
        let mut equity = figures.cash.0;
        if equity < 0 {
            let interest = &self.book.params.interest;
            let settled = interest.settled(figures.cash, figures.interest, self.now);
            equity = settled.ok()?.0;
        }
        let mut collateral = 0i64;
        for held in figures.balances {
            let asset = self.assets.get(usize::from(held.asset))?;
            collateral = collateral.checked_add(asset.value(held.atoms)?)?;
        }
        let mut sum = Sum {
            equity: equity.checked_add(collateral)?,
            ..Sum::default()
        };
        for head in figures.heads {
            sum.add(head, self.markets.get(usize::from(head.market))?);
        }
        sum.health()
    }
}

/// The running figures. What is out of the ordinary is noted and asked for once, at the end: a question at each
/// step would be a branch at each step.
#[derive(Default)]
struct Sum {
    equity: i64,
    requirement: i64,
    /// Whether a sum left its range, or a row is not usable.
    odd: bool,
    /// Upper halves of signed products, those of negative ones inverted.
    wide: u64,
    /// Upper halves of charges.
    high: u64,
}

impl Sum {
    #[inline(always)]
    fn add(&mut self, head: &Head, row: &Row) {
        let side = usize::from(head.lots < 0);
        let lots = i128::from(head.lots);
        // Shifting right rounds down: a long is worth less, a short owes more.
        let product = lots * i128::from(row.price[side]);
        let value = self.shifted(product);
        // Minus what is owed, which rounds up.
        let (grown, beyond) = row.index[side].overflowing_sub(head.index);
        let gain = self.shifted(-(lots * i128::from(grown)));
        // The bounds above and |quote| ≤ 2^60 keep it below 2^62; where they do not hold, it is not used.
        let worth = head.quote.wrapping_add(value).wrapping_add(gain);
        // Rounded up: −⌊−x⌋ of a short is that already.
        let inexact = i64::from(product & 0xffff != 0);
        let notional = if side == 0 {
            value.wrapping_add(inexact)
        } else {
            value.wrapping_neg()
        };
        let requirement = self.charge(row, notional.cast_unsigned());
        let (equity, out) = self.equity.overflowing_add(worth);
        let (requirement, too) = self.requirement.overflowing_add(requirement);
        (self.equity, self.requirement) = (equity, requirement);
        self.odd |= beyond | out | too | !row.usable[side];
    }

    /// `⌊ product / 2^16 ⌋`, and a note of how large it is.
    #[inline(always)]
    fn shifted(&mut self, product: i128) -> i64 {
        let upper = (product >> 64) as i64;
        self.wide |= (upper ^ (upper >> 63)).cast_unsigned();
        (product >> 16) as i64
    }

    /// The requirement of a notional, and a note of how large it is.
    #[inline(always)]
    fn charge(&mut self, row: &Row, notional: u64) -> i64 {
        // Tiers ascend: the number of those that are too small is that of the one that is not.
        let tier: usize = row
            .upper
            .iter()
            .map(|upper| usize::from(notional > *upper))
            .sum();
        let product = u128::from(notional) * u128::from(row.rate[tier]);
        self.high |= (product >> 64) as u64;
        let charge = ((product + 0xf_ffff) >> 20) as u64;
        charge.saturating_sub(row.deduction[tier]).cast_signed()
    }

    #[inline(always)]
    fn health(&self) -> Option<Health> {
        if self.odd | (self.wide >> VALUE_BITS != 0) | (self.high >> CHARGE_BITS != 0) {
            return None;
        }
        Some(Health {
            equity: QuoteAtoms(self.equity),
            requirement: QuoteAtoms(self.requirement),
        })
    }
}

/// Whether an account's positions are all in known markets on their own assets, with sides that were not deleveraged
/// since: what [`Terms::health`] takes for granted. It changes only with the positions and with eras.
pub(crate) fn is_plain(heads: &[Head], tails: &[Tail], markets: &[Market]) -> bool {
    heads.iter().zip(tails).all(|(head, tail)| {
        let market = markets.get(usize::from(head.market));
        market.is_some_and(|market| {
            market.asset == head.asset && market.era[usize::from(head.lots < 0)] == tail.era
        })
    })
}

/// Whether a price counts in full as one of collateral at `now`.
pub(crate) fn is_fresh(asset: &Asset, now: i64) -> bool {
    asset.check_maintenance(0, now).is_ok()
}

/// What debts pay at `now`.
pub(crate) fn accrual(tables: &RiskTables, now: i64) -> Accrual {
    tables.header.params.interest.accrual(now)
}
