//! The maintenance check as a scan makes it: the engine's figures, from less memory and without branches that no
//! processor could foresee.
//!
//! [`Terms::health`] computes what [`maintenance`] does, for accounts of which nothing is out of the ordinary, and
//! says nothing for all others: positions whose side was deleveraged since, markets in settlement, assets without a
//! price, and everything that is so large that a sum could leave its range. Those are handed to the engine itself
//! ([`Terms::judge`]). So nothing here decides what an error is or how a rare case is counted, and a refusal too many
//! costs time, never a figure. `tests/judging.rs` holds both to the same bits.
//!
//! **Why no sum here can overflow.** An account has at most [`MOST_POSITIONS`]. The quote of each, its value and what
//! it owes are below 2^53 in size, so what it is worth is below 2^55, and all of them together 2^62; requirements are
//! below 2^50 each. Cash is below 2^61, and so are eight collaterals below 2^58. Two of these bounds are looked at
//! when an account is put ([`is_plain`]), the others are noted on the way and asked for at the end: a question at each
//! step would be a branch at each step. 2^50 atoms are a billion USDC.

use crate::arena::{Head, Tail};
use counterweight_risk::{
    AccountView, Asset, Balance, Book, Health, Market, Position, QuoteAtoms, Result,
    deleverage::closed_of,
    interest::Accrual,
    market::MODE_SETTLEMENT,
    standard::maintenance,
    tiers::{Schedule, TIERS, Tier},
};
use counterweight_sdk::accounts::RiskTables;

/// Positions of the largest account of a chain.
const MOST_POSITIONS: usize = 128;
/// Bits of a position's quote, in size.
const QUOTE_BITS: u32 = 53;
/// Bits of an index, in size, so that the difference of two of them is one.
const INDEX_BITS: u32 = 62;
/// Bits of cash, in size.
const CASH_BITS: u32 = 61;
/// Bits of the upper half of a product of a position. Of a signed one, `lots · price` and `lots · index`, one of them
/// is the sign: shifted by 16 they are below 2^53 in size. Of `notional · rate`: shifted by 20 it is below 2^50.
const UPPER_BITS: u32 = 6;
/// Bits of the upper half of `atoms · price`: shifted by 16 it is below 2^63.
const LOTS_BITS: u32 = 63 + 16 - 64;
/// Bits of the upper half of `value · weight`: shifted by 20 it is below 2^58.
const WEIGHED_BITS: u32 = 58 + 20 - 64;

/// The size of a number, less one where it is negative: for asking how many bits it has.
#[inline(always)]
const fn size(number: i64) -> u64 {
    (number ^ (number >> 63)).cast_unsigned()
}

/// What positions in a market are judged by, with the prices of its asset. The first of each pair is for longs, the
/// second for shorts. 128 bytes: the rows of a clearinghouse stay in the fastest cache.
#[derive(Clone, Debug)]
#[repr(C, align(128))]
struct Row {
    price: [i64; 2],
    index: [i64; 2],
    /// The largest notional of each tier but the last.
    upper: [u64; TIERS - 1],
    deduction: [u64; TIERS],
    rate: [u32; TIERS],
    /// What a notional's cut-off bits are rounded up with. A short's are rounded with its value.
    rounding: [u32; 2],
    /// All bits where something about a side is out of the ordinary, else none.
    odd: [u64; 2],
}

const _: () = assert!(size_of::<Row>() == 128);

impl Row {
    fn of(market: &Market, assets: &[Asset]) -> Self {
        let tiers = &market.maintenance.tiers;
        let prices = assets.get(usize::from(market.asset)).and_then(prices);
        let ordinary = prices.is_some()
            && is_folded(&market.maintenance)
            && market.mode != MODE_SETTLEMENT
            && !market.is_derived();
        let odd = |side: usize| {
            // In an era in which lots were closed, an index counts for lots that are gone.
            let whole = closed_of(market.era[side]) == 0;
            if ordinary && whole && size(market.index[side]) >> INDEX_BITS == 0 {
                0
            } else {
                u64::MAX
            }
        };
        Self {
            price: prices.unwrap_or_default(),
            index: market.index,
            upper: core::array::from_fn(|k| tiers[k].upper),
            deduction: tiers.each_ref().map(|tier| tier.deduction),
            rate: tiers.each_ref().map(|tier| tier.rate.0),
            rounding: [0xffff, 0],
            odd: [odd(0), odd(1)],
        }
    }
}

/// The prices of longs and shorts, if there are any.
fn prices(asset: &Asset) -> Option<[i64; 2]> {
    if asset.publish_time == 0 {
        return None;
    }
    let (high, low) = (asset.maintenance_high, asset.maintenance_low);
    Some([high.0.try_into().ok()?, low.0.try_into().ok()?])
}

/// Whether a schedule is one that [`Schedule::fold`] makes: tiers ascend, the first deducts nothing, and no other
/// deducts more than it charges.
fn is_folded(schedule: &Schedule) -> bool {
    let tiers = &schedule.tiers;
    let least = |below: &Tier, tier: &Tier| {
        (u128::from(below.upper) * u128::from(tier.rate.0)) >> 20 >= u128::from(tier.deduction)
    };
    tiers[0].deduction == 0
        && tiers.is_sorted_by_key(|tier| tier.upper)
        && tiers.windows(2).all(|pair| least(&pair[0], &pair[1]))
}

/// What an asset counts for as collateral at a moment.
#[derive(Clone, Copy, Debug)]
struct Collateral {
    price: u64,
    weight: u64,
    /// `⌈ 2^(63 + shift) / atoms_per_lot ⌉`, which is below 2^64; zero where the engine has to be asked.
    inverse: u64,
    /// The number of bits of `atoms_per_lot − 1`.
    shift: u32,
}

impl Collateral {
    fn of(asset: &Asset, fresh: bool) -> Self {
        let (price, weight) = if fresh {
            (asset.maintenance_high, asset.weight_maintenance)
        } else {
            (asset.initial_low, asset.weight_initial_full)
        };
        let per_lot = asset.atoms_per_lot;
        let shift = u64::BITS - per_lot.saturating_sub(1).leading_zeros();
        // The engine shifts the divisor by 16 bits.
        let inverse = if per_lot == 0 || per_lot >> 48 != 0 {
            None
        } else {
            u64::try_from((1u128 << (63 + shift)).div_ceil(per_lot.into())).ok()
        };
        Self {
            price: price.0,
            weight: weight.0.into(),
            inverse: inverse.unwrap_or_default(),
            shift,
        }
    }

    /// `⌊ ⌊ atoms · price / (atoms_per_lot · 2^16) ⌋ · weight ⌋`, as [`Asset::collateral_value`], and whether
    /// nothing on the way was too large for it.
    ///
    /// Two divisions rounded down are one by their product. The second is exact without dividing: the inverse is too
    /// large by less than 2^shift / per_lot · 2^-63 of itself, which no number below 2^63 can notice.
    #[inline(always)]
    fn value(&self, atoms: u64) -> (i64, bool) {
        let product = u128::from(atoms) * u128::from(self.price);
        let lots = (product >> 16) as u64;
        let quotient = ((u128::from(lots) * u128::from(self.inverse)) >> 63) as u64 >> self.shift;
        let weighed = u128::from(quotient) * u128::from(self.weight);
        let wide = (product >> (64 + LOTS_BITS)) | (weighed >> (64 + WEIGHED_BITS));
        let fits = (wide == 0) & (self.inverse != 0);
        (((weighed >> 20) as u64).cast_signed(), fits)
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
    /// By which model it is judged.
    pub(crate) model: u8,
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
    ///
    /// # Errors
    /// The engine's.
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
            model: figures.model,
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
        let mut fits = size(equity) >> CASH_BITS == 0;
        for held in figures.balances {
            let asset = self.assets.get(usize::from(held.asset))?;
            let (value, small) = asset.value(held.atoms);
            equity = equity.wrapping_add(value);
            fits &= small;
        }
        let sum = Sum::of(figures.heads, &self.markets)?;
        sum.health(equity, fits)
    }
}

/// The running figures of positions, and notes of how large they are.
#[derive(Default)]
struct Sum {
    worth: i64,
    requirement: i64,
    /// Upper halves of products; all bits where a row is odd.
    upper: u64,
}

impl Sum {
    /// The sum of positions; nothing where a market is not known. A function by itself, so that its loop has all
    /// registers.
    #[inline(never)]
    fn of(heads: &[Head], markets: &[Row]) -> Option<Self> {
        let mut sum = Self::default();
        for head in heads {
            sum.add(head, markets.get(usize::from(head.market))?);
        }
        Some(sum)
    }

    #[inline(always)]
    fn add(&mut self, head: &Head, row: &Row) {
        // All bits of a short's are set. Which side a position is on is a coin's toss: no branch may depend on it.
        let short = head.lots >> 63;
        let side = (short & 1) as usize;
        let lots = i128::from(head.lots);
        // Shifting right rounds down: a long is worth less, a short owes more.
        let product = lots * i128::from(row.price[side]);
        let value = self.shifted(product);
        // Minus what is owed, which rounds up.
        let gain = self.shifted(lots * i128::from(head.index.wrapping_sub(row.index[side])));
        let worth = head.quote.wrapping_add(value).wrapping_add(gain);
        self.worth = self.worth.wrapping_add(worth);
        // A notional rounds up. Of a short that is minus its value; of a long, one more where bits were cut off.
        let cut = (product & 0xffff) as u32;
        let inexact = i64::from(cut.wrapping_add(row.rounding[side]) >> 16);
        let notional = (value ^ short).wrapping_sub(short).wrapping_add(inexact);
        let charge = self.charge(row, notional.cast_unsigned());
        self.requirement = self.requirement.wrapping_add(charge);
        self.upper |= row.odd[side];
    }

    /// `⌊ product / 2^16 ⌋`, and a note of how large it is.
    #[inline(always)]
    fn shifted(&mut self, product: i128) -> i64 {
        // With half of what so many bits can say, a number of either sign is one without.
        let upper = ((product >> 64) as i64).wrapping_add(1 << (UPPER_BITS - 1));
        self.upper |= upper.cast_unsigned();
        (product >> 16) as i64
    }

    /// The requirement of a notional, and a note of how large it is.
    #[inline(always)]
    fn charge(&mut self, row: &Row, notional: u64) -> i64 {
        // Most positions are in the first tier: the only branch here, since it is foreseen. Tiers ascend, so that of the
        // others as many are too small as stand before the one that is not.
        let [first, second, third] = row.upper.map(|upper| notional > upper);
        let tier = if first {
            1 + usize::from(second) + usize::from(third)
        } else {
            0
        };
        let product = u128::from(notional) * u128::from(row.rate[tier]);
        self.upper |= (product >> 64) as u64;
        let charge = ((product + 0xf_ffff) >> 20) as u64;
        charge.wrapping_sub(row.deduction[tier]).cast_signed()
    }

    /// With equity beside the positions, where that fits too.
    #[inline(always)]
    fn health(&self, equity: i64, fits: bool) -> Option<Health> {
        if !fits | (self.upper >> UPPER_BITS != 0) {
            return None;
        }
        Some(Health {
            equity: QuoteAtoms(equity.wrapping_add(self.worth)),
            requirement: QuoteAtoms(self.requirement),
        })
    }
}

/// Whether an account's positions are what [`Terms::health`] takes for granted: not too many, all in known markets on
/// their own assets, on sides that were not deleveraged since, with quotes and indices of a size that leaves room. It
/// changes only with the positions and with eras.
pub(crate) fn is_plain(heads: &[Head], tails: &[Tail], markets: &[Market]) -> bool {
    let plain = |(head, tail): (&Head, &Tail)| {
        let small = size(head.quote) >> QUOTE_BITS == 0 && size(head.index) >> INDEX_BITS == 0;
        let market = markets.get(usize::from(head.market));
        small
            && market.is_some_and(|market| {
                let era = market.era[usize::from(head.lots < 0)];
                market.asset == head.asset && era == tail.era
            })
    };
    heads.len() <= MOST_POSITIONS && heads.iter().zip(tails).all(plain)
}

/// Whether a price counts in full as one of collateral at `now`.
pub(crate) fn is_fresh(asset: &Asset, now: i64) -> bool {
    asset.check_maintenance(0, now).is_ok()
}

/// What debts pay at `now`.
pub(crate) fn accrual(tables: &RiskTables, now: i64) -> Accrual {
    tables.header.params.interest.accrual(now)
}
