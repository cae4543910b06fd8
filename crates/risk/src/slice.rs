//! Slices: the same fraction of every position of an account changes hands at once, so that a hedged
//! book stays hedged while it shrinks (docs/risk.md, section 8).
//!
//! Prices and the rule of the penalty are those of [`crate::liquidation`], with V the slice's value in
//! each market at that market's π. The fraction φ is the smallest that restores the account, to within
//! 1/1024 of itself, or less than a lot of each position. Each leg is the nearest whole number of lots to φ of the
//! position: hedges stay within a lot of each other, and equal legs stay equal.
//!
//! **Where φ lies.** Let g(φ) = E − φ·P − (1 + buffer)·MM(φ), with P the full penalty of the whole book
//! and MM(φ) = Σ T((1 − φ)·N). Each T is convex, so g is concave; and it rises, because each market's π is
//! below the rate of its first tier. g(0) < 0. So g has one root if g(1) = E − P ≥ 0, and else none, and
//!
//! - the tangent at 0 lies above g: its root is at or below the one of g,
//! - the chord from 0 to 1 lies below g (MM(1) = Σ T(0) = 0): its root, (MM·(1 + buffer) − E) divided by
//!   (MM·(1 + buffer) − P), is at or above. In a single tier both are the same.
//!
//! That the penalty is the full one costs nothing: where its cap binds, the ratio stays what it was, and
//! the account is not restored. The search starts from these roots and judges every fraction by the
//! exact figures, roundings and all; what is charged is what was judged.

mod part;

use crate::{
    account::AccountView,
    asset::Asset,
    error::{Result, RiskError},
    fixed::mul_div_floor,
    liquidation::{capped, insurance_of, is_restored, penalty_rate},
    market::{MODE_SETTLEMENT, Market},
    marks::Marks,
    portfolio::Scanner,
    position::Position,
    standard::{Book, Health},
    units::{Lots, QuoteAtoms, Ratio},
};
use part::{Part, less, nearest};

/// Bits of a fraction: all of a position is 2^this.
const BITS: u32 = 30;
/// All of every position.
const ALL: u32 = 1 << BITS;
/// A fraction is found to within 2^-this of itself.
const TOLERANCE: u32 = 10;
/// Evaluations that choose their fraction by the figures; the others halve what is left.
const CHOSEN: u32 = 8;
/// Most evaluations. Rates between one basis point and one put the two roots within a factor of 2^20
/// of each other: 32 halvings bring that below the tolerance.
const EVALUATIONS: u32 = CHOSEN + 32;

/// The positions of a liquidatable account that can be taken, and what the search starts from.
/// Positions of markets in settlement are not among them: those are closed at the settlement price.
#[derive(Clone, Copy, Debug)]
pub struct Slicer<'a> {
    book: Book<'a>,
    positions: &'a [Position],
    /// Of an account that is scanned.
    scanner: Option<Scanner<'a>>,
    health: Health,
    now: i64,
    elapsed: i64,
    legs: u16,
    /// Notional of all of them.
    gross: u64,
    /// What all of them would cost in penalty, uncapped.
    full: u64,
    /// What the requirement loses with the first of each, were that rate the only one: Σ rate · N.
    steep: u64,
    /// The smallest dust line.
    dust: u64,
    /// Lots of the largest position.
    largest: u64,
}

/// A slice: which fraction, and what taking it does to the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Slice {
    /// The fraction of each position, in 2^-30.
    pub fraction: u32,
    /// Positions of which there is a lot in it. None where the fraction is below half a lot of each.
    pub legs: u16,
    /// Lots of all of them together.
    pub lots: u64,
    /// Value of all of them together, without signs.
    pub value: QuoteAtoms,
    /// Σ π·V, uncapped.
    pub full: QuoteAtoms,
    /// What the account pays on top.
    pub penalty: QuoteAtoms,
    /// Equity and maintenance margin afterwards.
    pub after: Health,
}

/// What of a slice is in one market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Leg {
    /// Lots that the liquidator receives, signed. May be none.
    pub lots: Lots,
    /// What the liquidator pays for them; negative for what it receives.
    pub cost: QuoteAtoms,
    /// This market's part of the penalty.
    pub penalty: QuoteAtoms,
    /// The insurance fund's part of that.
    pub insurance: QuoteAtoms,
}

/// Hands out the legs of a slice, and its penalty over them to the atom.
#[derive(Clone, Copy, Debug)]
pub struct Split {
    fraction: u32,
    penalty: u64,
    full: u64,
    full_so_far: u64,
    paid: u64,
}

/// Calls `act` with every position that can be taken, its market, and the price at which it changes
/// hands: that at which maintenance values it.
#[inline(always)]
fn each<'a>(
    book: &Book<'a>,
    positions: &[Position],
    now: i64,
    mut act: impl FnMut(&Position, (&'a Market, &'a Asset), Marks) -> Result<()>,
) -> Result<()> {
    let mut current = u32::MAX;
    let mut asset = book.asset(0)?;
    for position in positions {
        let market = book.market(position.market)?;
        if market.mode == MODE_SETTLEMENT {
            continue;
        }
        if u32::from(position.asset) != current {
            asset = book.asset(position.asset)?;
            current = u32::from(position.asset);
        }
        let long = position.lots.0 > 0;
        let marks = Marks::on(market, position.market, asset, long, now)?;
        act(position, (market, asset), marks)?;
    }
    Ok(())
}

fn add(total: u64, part: u64) -> Result<u64> {
    total.checked_add(part).ok_or(RiskError::Overflow)
}

impl<'a> Slicer<'a> {
    /// Looks at an account whose equity and maintenance margin are `health` (and whose prices are
    /// therefore fresh) at `now`, `elapsed` seconds into its auction.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    pub fn new(
        book: &Book<'a>,
        account: &AccountView<'a>,
        health: Health,
        (now, elapsed): (i64, i64),
    ) -> Result<Self> {
        let positions = account.positions;
        let mut slicer = Self {
            book: *book,
            positions,
            scanner: Scanner::of(book, account, now),
            health,
            now,
            elapsed,
            legs: 0,
            gross: 0,
            full: 0,
            steep: 0,
            dust: u64::MAX,
            largest: 0,
        };
        each(book, positions, now, |position, (market, _), marks| {
            let (_, notional) = position.lots.value_and_notional(marks.notional)?;
            let rate = penalty_rate(market, book.params, elapsed);
            let volume = marks.whole(market, position.lots, notional)?;
            let steep = market.maintenance.tier_of(notional).rate;
            slicer.gross = add(slicer.gross, notional)?;
            slicer.full = add(slicer.full, rate.of_floor(volume)?)?;
            slicer.steep = add(slicer.steep, steep.of_ceil(notional)?)?;
            slicer.dust = slicer.dust.min(market.dust_notional);
            slicer.largest = slicer.largest.max(position.lots.size());
            slicer.legs = slicer.legs.saturating_add(1);
            Ok(())
        })?;
        Ok(slicer)
    }

    /// Positions that can be taken.
    pub fn legs(&self) -> u16 {
        self.legs
    }

    /// The slice to take: at most the fraction `most`, and at most what restores the account. As far as
    /// `most` where the whole book is no more than the smallest dust line of its markets, and where no
    /// fraction restores it.
    ///
    /// # Errors
    /// [`RiskError::ZeroQuantity`] without positions or for a fraction of nothing,
    /// [`RiskError::Overflow`].
    pub fn step(&self, most: Ratio) -> Result<Slice> {
        if most.0 == 0 || self.legs == 0 {
            return Err(RiskError::ZeroQuantity);
        }
        let most = most.0.min(Ratio::ONE.0) << (BITS - 20);
        let hopeless = i128::from(self.health.equity.0) < i128::from(self.full);
        if hopeless || self.gross <= self.dust {
            return self.outcome(most);
        }
        self.smallest(most)
    }

    /// Starts from the root of the tangent and encloses the root of the exact figures.
    fn smallest(&self, most: u32) -> Result<Slice> {
        let upper = self.root(self.requirement());
        // Of a scanned account there is no tangent, for its schedules are not what it needs. But its scan shrinks in
        // proportion: the chord is next to exact.
        let lower = if self.scanner.is_some() {
            upper
        } else {
            self.root(self.steep)
        };
        let mut short = self.nothing();
        let mut best: Option<Slice> = None;
        let mut next = lower.min(most);
        let mut reach = 0;
        for n in 0..EVALUATIONS {
            let slice = self.outcome(next)?;
            let restores = self.restores(&slice);
            if restores {
                best = Some(slice);
            } else if next >= most {
                return Ok(slice);
            } else {
                short = slice;
            }
            next = match &best {
                None if short.fraction < upper => upper.min(most),
                None => {
                    // Roundings alone: a little more, then twice as much each time.
                    reach = (reach * 2).max(self.tolerance(&short)).min(ALL);
                    short.fraction.saturating_add(reach).min(most)
                }
                Some(best) if self.is_close(&short, best) => return Ok(*best),
                Some(best) => self.between(n, restores, &short, best),
            };
        }
        best.map_or_else(|| self.outcome(most), Ok)
    }

    fn requirement(&self) -> u64 {
        self.health.requirement.0.max(0).unsigned_abs()
    }

    fn keep(&self) -> i128 {
        i128::from(Ratio::ONE.0) + i128::from(self.book.params.liquidation_buffer.0)
    }

    /// MM·(1 + buffer) − E, in 2^-20: what is missing, negative for what is more than enough.
    fn gap(&self, health: &Health) -> i128 {
        // |E| and MM are below 2^63, and keep below 2^21.
        i128::from(health.requirement.0) * self.keep() - (i128::from(health.equity.0) << 20)
    }

    fn restores(&self, slice: &Slice) -> bool {
        is_restored(&slice.after, self.book.params.liquidation_buffer)
    }

    /// Nothing taken.
    fn nothing(&self) -> Slice {
        Slice {
            fraction: 0,
            legs: 0,
            lots: 0,
            value: QuoteAtoms::ZERO,
            full: QuoteAtoms::ZERO,
            penalty: QuoteAtoms::ZERO,
            after: self.health,
        }
    }

    /// The fraction at which a straight line from the gap at 0 reaches nothing, if `released` of
    /// requirement goes with the whole book; a little more, so that roundings do not leave it short.
    fn root(&self, released: u64) -> u32 {
        let slope = i128::from(released) * self.keep() - (i128::from(self.full) << 20);
        let gap = self.gap(&self.health);
        if slope <= 0 || gap >= slope {
            return ALL;
        }
        // gap < 2^85, so the product fits; the quotient is below 2^30.
        let root = u32::try_from((gap.max(0) << BITS) / slope).unwrap_or(ALL);
        let more = (root >> (TOLERANCE + 2)).max(self.lot() / 2);
        (root + more + 1).min(ALL)
    }

    /// How far above what restores a fraction may be: a 1,024th of it, or less than a lot of each position.
    fn tolerance(&self, best: &Slice) -> u32 {
        (best.fraction >> TOLERANCE).max(self.lot()).max(1)
    }

    /// What a lot is of the largest position.
    fn lot(&self) -> u32 {
        u32::try_from(u64::from(ALL) / self.largest.max(1)).unwrap_or(ALL)
    }

    /// Whether nothing worth searching lies between a fraction that does not restore and one that does.
    fn is_close(&self, short: &Slice, best: &Slice) -> bool {
        best.fraction - short.fraction <= self.tolerance(best)
            || best.lots.saturating_sub(short.lots) <= 1
    }

    /// A fraction between one that does not restore and one that does; `restored` says which was tried last.
    fn between(&self, n: u32, restored: bool, short: &Slice, best: &Slice) -> u32 {
        let width = best.fraction - short.fraction; // above one: see `is_close`
        let step = self.tolerance(best);
        let offset = if n >= CHOSEN {
            width / 2
        } else if !n.is_multiple_of(2) {
            // Where the straight line between them meets what is needed: near the root.
            let (missing, over) = (self.gap(&short.after), -self.gap(&best.after));
            let part = i128::from(width) * missing / (missing + over).max(1);
            u32::try_from(part).unwrap_or(width)
        } else if restored {
            // As little less as is close enough: if that does not restore, the search is over.
            width.saturating_sub(step)
        } else {
            step
        };
        short.fraction + offset.clamp(1, width - 1)
    }

    /// What taking a fraction does.
    fn outcome(&self, fraction: u32) -> Result<Slice> {
        if let Some(scanner) = &self.scanner {
            return self.outcome_scanned(scanner, fraction);
        }
        let (slice, gain, requirement) = self.exchanged(fraction, |_, _, _, _| Ok(()))?;
        self.charged(slice, gain, requirement)
    }

    /// The same of an account that is scanned, which Standard margin must not pay for.
    #[cold]
    #[inline(never)]
    fn outcome_scanned(&self, scanner: &Scanner<'a>, fraction: u32) -> Result<Slice> {
        let left = |position: &Position, _: &Market| {
            less(position.lots, nearest(position.lots, fraction)?)
        };
        let mut tally = scanner.tally(left);
        let (slice, gain, _) = self.exchanged(fraction, |position, rows, lots, charge| {
            tally.add(position, rows, less(position.lots, lots)?, charge)
        })?;
        self.charged(slice, gain, tally.finish()?.requirement)
    }

    /// What changes hands, what its roundings gain the account, and what Standard margin asks for the rest. `taken` is told
    /// of each position: its market and asset, how many lots are taken, and what Standard margin asks for those left.
    #[inline(always)]
    fn exchanged(
        &self,
        fraction: u32,
        mut taken: impl FnMut(&Position, (&'a Market, &'a Asset), u64, QuoteAtoms) -> Result<()>,
    ) -> Result<(Slice, u64, QuoteAtoms)> {
        let mut slice = Slice {
            fraction,
            ..self.nothing()
        };
        let (mut value, mut full, mut gain) = (0, 0, 0u64);
        let mut requirement = QuoteAtoms::ZERO;
        each(
            &self.book,
            self.positions,
            self.now,
            |position, (market, asset), marks| {
                let part = Part::of(position.lots, marks.price, fraction)?;
                let rate = penalty_rate(market, self.book.params, self.elapsed);
                let charge = part.required(market, &marks, position.lots)?;
                requirement = requirement.plus(charge)?;
                taken(position, (market, asset), part.lots, charge)?;
                value = add(value, part.value)?;
                full = add(
                    full,
                    rate.of_floor(part.volume(market, &marks, position.lots)?)?,
                )?;
                gain = gain.wrapping_add(part.gain); // one a position at most
                slice.lots = slice.lots.wrapping_add(part.lots); // each below 2^48
                slice.legs = slice.legs.wrapping_add(u16::from(part.lots > 0));
                Ok(())
            },
        )?;
        slice.value = QuoteAtoms::from_unsigned(value)?;
        slice.full = QuoteAtoms::from_unsigned(full)?;
        Ok((slice, gain, requirement))
    }

    /// The same with its penalty, where the account then needs `requirement`.
    fn charged(&self, mut slice: Slice, gain: u64, requirement: QuoteAtoms) -> Result<Slice> {
        let gain = QuoteAtoms::from_unsigned(gain)?;
        let exchanged = self.health.equity.plus(gain)?;
        slice.penalty = capped(slice.full, &self.health, exchanged, requirement)?;
        slice.after = Health {
            equity: exchanged.minus(slice.penalty)?,
            requirement,
        };
        Ok(slice)
    }
}

impl Slice {
    /// The legs, one by one.
    pub fn split(&self) -> Split {
        Split {
            fraction: self.fraction,
            penalty: self.penalty.0.unsigned_abs(),
            full: self.full.0.unsigned_abs(),
            full_so_far: 0,
            paid: 0,
        }
    }
}

impl Split {
    /// The leg of the next position, as it is before anything of it is taken; nothing for one whose
    /// market is in settlement. All positions must be asked in their order.
    ///
    /// The penalty is split by what each market would charge uncapped: the parts are differences of a
    /// running share, rounded down, so that they sum to the whole, and none is above its uncapped one.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] cannot occur for a position of the slice.
    pub fn leg(
        &mut self,
        book: &Book,
        position: &Position,
        (now, elapsed): (i64, i64),
    ) -> Result<Option<Leg>> {
        let market = book.market(position.market)?;
        if market.mode == MODE_SETTLEMENT {
            return Ok(None);
        }
        let asset = book.asset(position.asset)?;
        let long = position.lots.0 > 0;
        let marks = Marks::on(market, position.market, asset, long, now)?;
        let part = Part::of(position.lots, marks.price, self.fraction)?;
        let rate = penalty_rate(market, book.params, elapsed);
        let volume = part.volume(market, &marks, position.lots)?;
        self.full_so_far = add(self.full_so_far, rate.of_floor(volume)?)?;
        let share = if self.penalty == self.full {
            self.full_so_far
        } else {
            mul_div_floor(self.penalty, self.full_so_far, self.full).ok_or(RiskError::Overflow)?
        };
        let penalty = QuoteAtoms::from_unsigned(share.saturating_sub(self.paid))?;
        self.paid = share;
        let lots = Lots(i64::try_from(part.lots).map_err(|_| RiskError::Overflow)?);
        let value = QuoteAtoms::from_unsigned(part.value)?;
        Ok(Some(Leg {
            lots: if long { lots } else { lots.negated()? },
            cost: if long { value } else { value.negated()? },
            penalty,
            insurance: insurance_of(penalty, market)?,
        }))
    }
}
