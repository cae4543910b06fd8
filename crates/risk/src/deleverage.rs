//! Deleveraging: what a default leaves open is closed against the other side of its market, pro rata
//! (docs/risk.md, section 9).
//!
//! Nobody is picked, and nobody is visited. A market's side has two figures: what share of its lots has
//! been closed, and a cumulative index of what a lot owes. A deleveraging moves both, once; an account
//! catches up when it is next touched, and every reading of a position applies them first.
//!
//! With A for the share that is left (1 − closed) and K for the index, a position of q lots that was
//! last touched at A₀ and K₀ has
//!
//! ```text
//! lots  = q · A / A₀                     towards what is worse for it: a long down, a short up
//! owed  = q · (K − K₀) / A₀              up
//! ```
//!
//! K counts per lot *of a side that was never deleveraged*, so that any number of deleveragings and
//! fundings between two touches adds up to one difference. Everything rounds against the account, so
//! that what all accounts pay is never less than what the closed position was given. The lots that
//! rounding leaves over are long, cost nothing, and belong to the backstop.
//!
//! When a side is closed whole, its next lots belong to a new epoch, with nothing closed. An epoch ends as
//! well with the next deleveraging when nobody lags: what is left is the whole of the next one, so that a
//! market is not used up by being deleveraged often.

use crate::{
    error::{Result, RiskError},
    fixed::mul_div_signed,
    market::Market,
    position::Position,
    units::{Lots, Price, QuoteAtoms},
};

/// One, as a share.
pub const WHOLE: u64 = 1 << 32;
/// What must be left of a side in an epoch, unless all of it is closed: below, index and share would grow
/// too coarse.
pub const LEAST_LEFT: u64 = WHOLE >> 20;

/// A side's epoch and the share of its lots that was closed in it, of 2^32, in one word: that nothing has
/// happened since a position was touched is one comparison.
pub const fn era(epoch: u32, closed: u64) -> u64 {
    // Below 2^32: some of a side is left, or its next epoch has begun.
    ((epoch as u64) << 32) | (closed & (WHOLE - 1))
}

/// The epoch of an [`era`].
pub const fn epoch_of(era: u64) -> u32 {
    (era >> 32) as u32
}

/// The closed share of an [`era`], of 2^32.
#[inline(always)]
pub const fn closed_of(era: u64) -> u64 {
    era & (WHOLE - 1)
}

/// What catching up with a market did to a position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Settled {
    /// Owed through the market's index: leaves the account's cash.
    pub owed: QuoteAtoms,
    /// The entry cost of the lots that were closed: enters the account's cash.
    pub realised: QuoteAtoms,
    /// The side that was deleveraged: 0 long, 1 short.
    pub side: usize,
    /// The position's size before, where its side had been deleveraged since; else zero.
    pub behind: i64,
    /// Lots that were closed of it.
    pub closed: i64,
}

impl Settled {
    /// What the account's cash changes by.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] cannot occur for what [`Position::settle`] returned.
    pub fn cash(&self) -> Result<QuoteAtoms> {
        self.realised.minus(self.owed)
    }
}

impl Position {
    /// Whether its side has not been deleveraged since the last touch.
    #[inline(always)]
    pub fn is_current(&self, market: &Market) -> bool {
        self.era == market.era[Market::side(self.lots)]
    }

    /// The lots that it has now.
    pub fn held(&self, market: &Market) -> Lots {
        if self.is_current(market) {
            return self.lots;
        }
        self.held_after(market)
    }

    #[cold]
    #[inline(never)]
    fn held_after(&self, market: &Market) -> Lots {
        let side = Market::side(self.lots);
        let (then, now) = (self.era, market.era[side]);
        let before = if epoch_of(then) == epoch_of(now) {
            left(then)
        } else if market.ended[side] == 0 {
            return Lots::ZERO;
        } else {
            // Nobody lagged when the epoch ended: all that was left then is the next one's whole.
            WHOLE
        };
        let held = u128::from(self.lots.size()); // at most 2^44
        let product = held * u128::from(left(now));
        let kept = if self.lots.0 < 0 {
            product.div_ceil(u128::from(before))
        } else {
            product / u128::from(before)
        };
        // A share only falls: no more than there was.
        let kept = i64::try_from(kept.min(held)).unwrap_or(0);
        Lots(if self.lots.0 < 0 { -kept } else { kept })
    }

    /// Quote atoms owed where the side has been deleveraged at some time, rounded up.
    #[cold]
    #[inline(never)]
    pub(crate) fn owed_scaled(&self, market: &Market) -> Result<QuoteAtoms> {
        // A position that only has orders is nobody that a side waits for before its epoch ends.
        if self.lots.0 == 0 {
            return Ok(QuoteAtoms::ZERO);
        }
        let side = Market::side(self.lots);
        let (then, now) = (epoch_of(self.era), epoch_of(market.era[side]));
        if then == now {
            return self.owed_between(self.index, market.index[side], left(self.era));
        }
        if then.wrapping_add(1) != now {
            return Err(RiskError::Overflow); // an epoch does not end before all of the last have caught up
        }
        let end = market.closed_index[side];
        let first = self.owed_between(self.index, end, left(self.era))?;
        if market.ended[side] == 0 {
            return Ok(first);
        }
        first.plus(self.owed_between(end, market.index[side], WHOLE)?)
    }

    /// What the lots owe for an index that moved, where this share of the side was left when they were
    /// written down; rounded up.
    fn owed_between(&self, from: i64, to: i64, share: u64) -> Result<QuoteAtoms> {
        let delta = to.checked_sub(from).ok_or(RiskError::Overflow)?;
        // Below 2^44 · 2^63 · 2^16 = 2^123: in 2^-32 atoms, and divided by a share of 2^32.
        let product = (u128::from(self.lots.size()) * u128::from(delta.unsigned_abs())) << 16;
        let pays = (delta < 0) == (self.lots.0 < 0);
        let atoms = if pays {
            product.div_ceil(u128::from(share))
        } else {
            product / u128::from(share)
        };
        let atoms = i64::try_from(atoms).ok().filter(|atoms| atoms >> 60 == 0);
        let atoms = atoms.ok_or(RiskError::Overflow)?;
        Ok(QuoteAtoms(if pays { atoms } else { -atoms }))
    }

    /// Brings the position up to the market's indices. The lots that deleveraging has closed take their
    /// share of the entry cost with them.
    ///
    /// # Errors
    /// As [`Position::owed`].
    pub fn settle(&mut self, market: &Market) -> Result<Settled> {
        let owed = self.owed(market)?;
        if self.is_current(market) {
            self.follow(market);
            return Ok(Settled {
                owed,
                ..Settled::default()
            });
        }
        self.settle_closed(market, owed)
    }

    #[cold]
    #[inline(never)]
    fn settle_closed(&mut self, market: &Market, owed: QuoteAtoms) -> Result<Settled> {
        let (side, before) = (Market::side(self.lots), self.lots);
        let kept = self.held_after(market);
        let closed = before.size() - kept.size(); // `held_after` never grows
        let realised = match before.size() {
            0 => QuoteAtoms::ZERO,
            held if closed == held => self.quote,
            held => mul_div_signed(self.quote.0, closed, held)
                .map(QuoteAtoms)
                .ok_or(RiskError::Overflow)?,
        };
        self.quote = self.quote.minus(realised)?;
        self.lots = kept;
        self.follow(market);
        Ok(Settled {
            owed,
            realised,
            side,
            behind: before.size().cast_signed(), // at most 2^44
            closed: closed.cast_signed(),
        })
    }

    /// The position as it is now, and what its account's cash changes by: for reading.
    ///
    /// # Errors
    /// As [`Position::settle`].
    #[cold]
    #[inline(never)]
    pub fn settled(&self, market: &Market) -> Result<(Self, QuoteAtoms)> {
        let mut position = *self;
        let settled = position.settle(market)?;
        Ok((position, settled.cash()?))
    }
}

impl Market {
    /// Begins a side's next epoch; `ended` is what was left of it in the last one, zero where it was closed
    /// whole. Nobody of the epoch before may lag.
    fn end_epoch(&mut self, side: usize, ended: u64) {
        self.closed_index[side] = self.index[side];
        self.ended[side] = ended;
        self.era[side] = era(epoch_of(self.era[side]).wrapping_add(1), 0);
    }
}

/// What is left of a side in an era, of 2^32.
pub(crate) const fn left(era: u64) -> u64 {
    WHOLE - closed_of(era)
}

/// Most lots that can be closed of a side at once: all of it, or what leaves [`LEAST_LEFT`] of the epoch.
/// `behind` as in [`Closing`].
pub fn most(market: &Market, side: usize, open: i64, behind: i64, wanted: u64) -> u64 {
    let open = open.max(0).cast_unsigned();
    if wanted >= open {
        return open;
    }
    let now = if behind == 0 {
        WHOLE
    } else {
        left(market.era[side])
    };
    let stay = u128::from(open) * u128::from(LEAST_LEFT);
    let stay = u64::try_from(stay.div_ceil(u128::from(now))).unwrap_or(open);
    wanted.min(open.saturating_sub(stay))
}

/// A position that is to be closed against the other side of its market.
#[derive(Clone, Copy, Debug)]
pub struct Closing {
    /// Its lots, signed, not zero.
    pub lots: Lots,
    /// The price.
    pub price: Price,
    /// What the other side pays besides: its share of the deficit.
    pub deficit: QuoteAtoms,
    /// Lots open on the other side.
    pub other: i64,
    /// Lots of the other side whose accounts have not caught up with its last deleveraging.
    pub behind: i64,
}

impl Closing {
    /// The value of the lots, rounded against the account that is closed: down for a long, up for a
    /// short. Without sign.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] from 2^60.
    pub fn value(&self) -> Result<QuoteAtoms> {
        QuoteAtoms::from_unsigned(if self.lots.0 > 0 {
            self.lots.notional_floor(self.price)?
        } else {
            self.lots.notional(self.price)?
        })
    }

    /// Moves the other side's share and index. Returns what the account receives (negative for what it
    /// pays), the deficit in it: the accounts of the other side will owe no less together. Where the side's era
    /// is another one afterwards, all of its accounts lag.
    ///
    /// # Errors
    /// [`RiskError::ZeroQuantity`] without lots or without another side that could close them,
    /// [`RiskError::DeficitTooLarge`] above the value of the lots, [`RiskError::SideExhausted`] where
    /// less than [`LEAST_LEFT`] would be left, [`RiskError::Overflow`].
    pub fn apply(&self, market: &mut Market) -> Result<QuoteAtoms> {
        let lots = self.lots.size();
        let open = self.other.max(0).cast_unsigned();
        if lots == 0 || lots > open || self.deficit.0 < 0 {
            return Err(RiskError::ZeroQuantity);
        }
        let value = self.value()?;
        // A long of the other side then never owes: it only receives less than the price.
        if self.deficit > value {
            return Err(RiskError::DeficitTooLarge {
                deficit: self.deficit.0,
                value: value.0,
            });
        }
        let side = usize::from(self.lots.0 > 0); // a long closes against shorts
        let mut next = *market;
        // Only one epoch ends at a time: who lags finds one end.
        if lots < open && self.behind == 0 && left(next.era[side]) < WHOLE {
            next.end_epoch(side, left(next.era[side]));
        }
        let now = next.era[side];
        let index = next.index[side].checked_add(self.moved(now, open)?);
        next.index[side] = index.ok_or(RiskError::Overflow)?;
        if lots == open {
            next.end_epoch(side, 0);
        } else {
            next.era[side] = era(epoch_of(now), self.closed(now, open)?);
        }
        *market = next;
        let received = if self.lots.0 > 0 {
            value
        } else {
            value.negated()?
        };
        received.plus(self.deficit)
    }

    /// What the other side's index moves by: what its lots owe for being closed, and the deficit, over
    /// all of them, times the share that is left of it. Rounded against the side.
    fn moved(&self, now: u64, open: u64) -> Result<i64> {
        // In 2^-16 atoms: below 2^60 and 2^100.
        let deficit = i128::from(self.deficit.0) << 16;
        let value = i128::from(self.lots.size()) * i128::from(self.price.0);
        let shorts_pay = self.lots.0 > 0;
        let owed = if shorts_pay {
            deficit + value
        } else {
            deficit - value
        };
        let each = div_ceil(owed, i128::from(open));
        // |each| ≤ 2 · price < 2^57, for the deficit is at most the value; times 2^32.
        let each = div_ceil(each * i128::from(left(now)), i128::from(WHOLE));
        let each = i64::try_from(each).map_err(|_| RiskError::Overflow)?;
        // A short owes where the index falls.
        Ok(if shorts_pay { -each } else { each })
    }

    /// The share that is closed afterwards. Rounded so that longs keep less, and shorts more: so many fewer lots
    /// than the share can tell of leave shorts their share. They have paid for them, and as many long lots
    /// are nobody's and the backstop's; to take one step of the share from them would take lots that no
    /// long has given up.
    fn closed(&self, now: u64, open: u64) -> Result<u64> {
        let before = left(now);
        let product = u128::from(before) * u128::from(open - self.lots.size());
        let after = if self.lots.0 > 0 {
            product.div_ceil(u128::from(open))
        } else {
            product / u128::from(open)
        };
        let after = u64::try_from(after).unwrap_or(0);
        let reached = after.min(before - 1);
        if reached < LEAST_LEFT {
            return Err(RiskError::SideExhausted {
                left: reached,
                least: LEAST_LEFT,
            });
        }
        Ok(WHOLE - after)
    }
}

/// `⌈a / b⌉` for a positive `b`.
const fn div_ceil(a: i128, b: i128) -> i128 {
    a.div_euclid(b) + (a.rem_euclid(b) != 0) as i128
}
