//! What an account holds, and the transitions that keep it whole.

use crate::{
    deleverage::Settled,
    error::{Result, RiskError},
    interest::Debt,
    market::Market,
    maturity::Immature,
    moment::Moment,
    position::{FillEffect, Position, key},
    units::{Lots, QuoteAtoms},
};
use bytemuck::{Pod, Zeroable};

/// Different collaterals, besides the quote token, that an account can hold at a time.
pub const BALANCES: usize = 8;

/// Requirements of the markets are summed ([`crate::standard`]).
pub const MODEL_STANDARD: u8 = 0;
/// The book is scanned for its worst scenario ([`crate::portfolio`]).
pub const MODEL_PORTFOLIO: u8 = 1;

/// A deposited collateral. 16 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Balance {
    /// Token atoms.
    pub atoms: u64,
    /// Index of the asset in the risk book. Meaningless while `atoms` is zero.
    pub asset: u16,
    /// Zero.
    pub padding: [u8; 6],
}

/// The part of a margin account that the engine reads and writes, positions aside. 200 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct AccountCore {
    /// Settled quote balance; negative where other collateral carries it.
    pub cash: QuoteAtoms,
    /// When the account was first seen below maintenance margin, unix seconds; 0 while it is not in
    /// liquidation.
    pub liquidation_start: i64,
    /// Collateral other than the quote token. An entry with no atoms is free.
    pub balances: [Balance; BALANCES],
    /// Positions in use; they are the first slots of the tail.
    pub position_count: u16,
    /// Orders that rest in the books of all markets, and those of them that were filled in a queue
    /// which is not settled yet.
    pub open_orders: u16,
    /// By which model its margin is judged: one of the `MODEL_` values.
    pub model: u8,
    /// Zero.
    pub padding: [u8; 3],
    /// The part of the cash that is profit and may not leave yet.
    pub immature: Immature,
    /// What negative cash pays.
    pub debt: Debt,
}

const _: () = assert!(size_of::<Balance>() == 16 && size_of::<AccountCore>() == 200);
const _: () = assert!(core::mem::offset_of!(AccountCore, immature) == 152);
const _: () = assert!(core::mem::offset_of!(AccountCore, debt) == 176);

/// Quote atoms that were taken from one line of the ledger and are not in another yet. It can neither be
/// copied nor made from a number, so that what is credited is what was debited.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "what was taken from one line must be given to another"]
pub struct Charge(QuoteAtoms);

impl Charge {
    /// Nothing.
    pub const NONE: Self = Self(QuoteAtoms::ZERO);

    /// What was taken from a line just now.
    pub(crate) const fn of(atoms: QuoteAtoms) -> Self {
        Self(atoms)
    }

    /// How much it is.
    pub const fn atoms(&self) -> QuoteAtoms {
        self.0
    }

    /// Divides it: `part`, and the rest.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    pub fn split(self, part: QuoteAtoms) -> Result<(Self, Self)> {
        Ok((Self(part), Self(self.0.minus(part)?)))
    }

    /// The line that it is given to, with it.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    pub fn onto(self, line: QuoteAtoms) -> Result<QuoteAtoms> {
        line.plus(self.0)
    }
}

/// An account to be judged.
#[derive(Clone, Copy, Debug)]
pub struct AccountView<'a> {
    /// Settled quote balance, as it was last changed.
    pub cash: QuoteAtoms,
    /// The index of interest then.
    pub interest: u64,
    /// Collateral; entries with no atoms do not count.
    pub balances: &'a [Balance],
    /// Positions in use, sorted by key.
    pub positions: &'a [Position],
    /// By which model its margin is judged: one of the `MODEL_` values.
    pub model: u8,
}

/// An account to be changed: the core, and every slot of the tail.
#[derive(Debug)]
pub struct AccountMut<'a> {
    /// Cash, collateral, liquidation state.
    pub core: &'a mut AccountCore,
    /// All slots, used ones first.
    pub slots: &'a mut [Position],
}

impl AccountCore {
    /// How much of a collateral the account holds.
    pub fn balance(&self, asset: u16) -> u64 {
        self.balances
            .iter()
            .find(|b| b.atoms > 0 && b.asset == asset)
            .map_or(0, |b| b.atoms)
    }

    /// Adds to a collateral.
    ///
    /// # Errors
    /// [`RiskError::NoFreeBalance`] for a ninth collateral, [`RiskError::Overflow`].
    pub fn credit(&mut self, asset: u16, atoms: u64) -> Result<()> {
        let held = self
            .balances
            .iter()
            .position(|b| b.atoms > 0 && b.asset == asset);
        let limit = RiskError::NoFreeBalance { limit: 8 };
        let at = match held {
            Some(at) => at,
            None => self
                .balances
                .iter()
                .position(|b| b.atoms == 0)
                .ok_or(limit)?,
        };
        let entry = &mut self.balances[at];
        entry.asset = asset;
        entry.atoms = entry.atoms.checked_add(atoms).ok_or(RiskError::Overflow)?;
        Ok(())
    }

    /// Takes from a collateral.
    ///
    /// # Errors
    /// [`RiskError::InsufficientBalance`].
    pub fn debit(&mut self, asset: u16, atoms: u64) -> Result<()> {
        let available = self.balance(asset);
        let short = RiskError::InsufficientBalance {
            available,
            requested: atoms,
        };
        let entry = self
            .balances
            .iter_mut()
            .find(|b| b.atoms > 0 && b.asset == asset)
            .ok_or(short)?;
        entry.atoms = entry.atoms.checked_sub(atoms).ok_or(short)?;
        Ok(())
    }

    /// Takes from the settled cash what can be withdrawn or transferred at `now`: never below zero, and
    /// never profit that has not matured.
    ///
    /// # Errors
    /// [`RiskError::InsufficientBalance`], [`RiskError::ProfitNotMature`].
    pub fn debit_cash(&mut self, atoms: u64, now: i64) -> Result<()> {
        let held = u64::try_from(self.cash.0).unwrap_or(0);
        let Some(kept) = held.checked_sub(atoms) else {
            return Err(RiskError::InsufficientBalance {
                available: held,
                requested: atoms,
            });
        };
        let immature = self.immature.at(now);
        if immature > kept {
            return Err(RiskError::ProfitNotMature {
                available: held.saturating_sub(immature),
                requested: atoms,
                immature,
                wait: self.immature.wait(now, kept),
            });
        }
        self.cash = self.cash.minus(QuoteAtoms::from_unsigned(atoms)?)?;
        Ok(())
    }

    /// Takes the interest that negative cash owes until now, into the payable line.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    #[inline(always)]
    pub fn accrue(&mut self, moment: &Moment) -> Result<()> {
        // Almost nobody owes: what everybody pays is a comparison, and the index.
        if self.cash.0 < 0 {
            self.accrue_debt(moment)?;
        }
        if moment.accrual.index > self.debt.index {
            self.debt.index = moment.accrual.index;
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn accrue_debt(&mut self, moment: &Moment) -> Result<()> {
        let owed = moment.accrual.owed(self.cash, self.debt.index)?;
        self.cash = self.cash.minus(owed)?;
        self.debt.payable = self.debt.payable.plus(owed)?;
        Ok(())
    }

    /// Changes the cash. Every change begins with the interest of before, because a debt pays for the time
    /// that it was there.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    #[inline(always)]
    pub fn move_cash(&mut self, by: QuoteAtoms, moment: &Moment) -> Result<()> {
        self.accrue(moment)?;
        self.cash = self.cash.plus(by)?;
        Ok(())
    }

    /// Takes a fee, a penalty, what is owed: it leaves the cash, even below zero. A negative one is income,
    /// and matures.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    #[inline(always)]
    pub fn charge(&mut self, atoms: QuoteAtoms, moment: &Moment) -> Result<Charge> {
        self.accrue(moment)?;
        self.cash = self.cash.minus(atoms)?;
        if atoms.0 < 0 {
            self.immature.note(atoms.negated()?, moment);
        }
        Ok(Charge(atoms))
    }

    /// Receives what another line was charged, as a profit.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    pub fn earn(&mut self, charge: Charge, moment: &Moment) -> Result<()> {
        self.immature.note(charge.atoms(), moment);
        self.accrue(moment)?;
        self.cash = charge.onto(self.cash)?;
        Ok(())
    }

    /// Whether nothing is left: no cash either way, no collateral, no position, no interest to be swept, no
    /// part in what all accounts owe.
    pub fn is_empty(&self) -> bool {
        self.cash.0 == 0
            && self.debt.payable.0 == 0
            && self.debt.counted == 0
            && self.position_count == 0
            && self.balances.iter().all(|balance| balance.atoms == 0)
    }
}

impl AccountMut<'_> {
    /// The account as it is judged.
    pub fn view(&self) -> AccountView<'_> {
        AccountView {
            cash: self.core.cash,
            interest: self.core.debt.index,
            balances: &self.core.balances,
            positions: &self.slots[..usize::from(self.core.position_count)],
            model: self.core.model,
        }
    }

    /// The position in a market as it was last touched, if there is one.
    pub fn position(&self, asset: u16, market: u16) -> Option<&Position> {
        self.find(asset, market).map(|at| &self.slots[at])
    }

    /// Lots held in a market, deleveraging applied.
    pub fn lots(&self, market_index: u16, market: &Market) -> Lots {
        self.view().lots(market_index, market)
    }

    /// Applies a fill: settles the position, changes it, moves what it realises into cash, and frees
    /// the slot when nothing is left. Returns the effect on the market, and what the settlement of
    /// the indices charged (it belongs into the market's residue). What comes into cash matures, funding
    /// included: it is booked before those who owe it have paid.
    ///
    /// # Errors
    /// [`RiskError::NoFreeSlot`] where a new position does not fit; as [`Position::fill`].
    pub fn fill(
        &mut self,
        market_index: u16,
        market: &Market,
        lots: Lots,
        quote: QuoteAtoms,
        moment: &Moment,
    ) -> Result<(FillEffect, QuoteAtoms)> {
        let (effect, owed, _none) =
            self.trade(market_index, market, lots, quote, QuoteAtoms::ZERO, moment)?;
        Ok((effect, owed))
    }

    /// As [`AccountMut::fill`], and takes the fee of it (a rebate, if negative).
    ///
    /// # Errors
    /// As [`AccountMut::fill`].
    pub fn trade(
        &mut self,
        market_index: u16,
        market: &Market,
        lots: Lots,
        quote: QuoteAtoms,
        fee: QuoteAtoms,
        moment: &Moment,
    ) -> Result<(FillEffect, QuoteAtoms, Charge)> {
        let at = self.slot_for(market_index, market, lots)?;
        let position = &mut self.slots[at];
        let settled = position.settle(market)?;
        let effect = position.fill(market, lots, quote)?;
        let emptied = position.is_empty();
        let result = effect.realised.plus(settled.cash()?)?;
        self.core.move_cash(result.minus(fee)?, moment)?;
        // A rebate is income; a fee is a cost, which makes nothing mature.
        let income = result.minus(fee.min(QuoteAtoms::ZERO))?;
        self.core.immature.note(income, moment);
        if emptied {
            self.free(at);
        }
        Ok((FillEffect { settled, ..effect }, settled.owed, Charge(fee)))
    }

    /// Brings the position in a market up to the market's indices, and frees the slot when nothing is
    /// left. What it owed belongs into the market's residue.
    ///
    /// # Errors
    /// [`RiskError::NoPosition`]; as [`Position::settle`].
    pub fn catch_up(
        &mut self,
        market_index: u16,
        market: &Market,
        moment: &Moment,
    ) -> Result<Settled> {
        let at = self.find(market.asset, market_index);
        let at = at.ok_or(RiskError::NoPosition {
            market: market_index,
        })?;
        let settled = self.slots[at].settle(market)?;
        let result = settled.cash()?;
        self.core.move_cash(result, moment)?;
        self.core.immature.note(result, moment);
        if self.slots[at].is_empty() {
            self.free(at);
        }
        Ok(settled)
    }

    /// The slot of the market's position; opens one in its place of the order where there is none.
    pub(crate) fn slot_for(
        &mut self,
        market_index: u16,
        market: &Market,
        lots: Lots,
    ) -> Result<usize> {
        let used = usize::from(self.core.position_count);
        match locate(&self.slots[..used], key(market.asset, market_index)) {
            Ok(at) => Ok(at),
            Err(at) => {
                if used >= self.slots.len() {
                    let slots = u16::try_from(self.slots.len()).unwrap_or(u16::MAX);
                    return Err(RiskError::NoFreeSlot { slots });
                }
                self.slots.copy_within(at..used, at + 1);
                self.slots[at] = Position::open(market_index, market, lots);
                self.core.position_count += 1;
                Ok(at)
            }
        }
    }

    pub(crate) fn find(&self, asset: u16, market: u16) -> Option<usize> {
        let used = &self.slots[..usize::from(self.core.position_count)];
        locate(used, key(asset, market)).ok()
    }

    pub(crate) fn free(&mut self, at: usize) {
        let used = usize::from(self.core.position_count);
        self.slots.copy_within(at + 1..used, at);
        self.slots[used - 1] = Position::default();
        self.core.position_count -= 1;
    }
}

/// Where a key is, or where it belongs.
fn locate(positions: &[Position], wanted: u32) -> core::result::Result<usize, usize> {
    positions.binary_search_by_key(&wanted, Position::key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytemuck::Zeroable;
    use proptest::prelude::*;

    #[test]
    fn a_ninth_collateral_is_refused_and_an_emptied_one_makes_room() {
        let mut core = AccountCore::default();
        for asset in 1..=8 {
            core.credit(asset, 5).unwrap();
        }
        assert_eq!(
            core.credit(9, 1),
            Err(RiskError::NoFreeBalance { limit: 8 })
        );
        core.debit(3, 5).unwrap();
        core.credit(9, 1).unwrap();
        assert_eq!(
            (core.balance(9), core.balance(3), core.balance(8)),
            (1, 0, 5)
        );
    }

    #[test]
    fn no_more_is_debited_than_there_is() {
        let mut core = AccountCore {
            cash: QuoteAtoms(10),
            ..AccountCore::default()
        };
        core.credit(1, 5).unwrap();
        let short = |available, requested| {
            Err(RiskError::InsufficientBalance {
                available,
                requested,
            })
        };
        assert_eq!(core.debit(1, 6), short(5, 6));
        assert_eq!(core.debit(2, 1), short(0, 1));
        assert_eq!(core.debit_cash(11, 0), short(10, 11));
        core.cash = QuoteAtoms(-1);
        assert_eq!(core.debit_cash(1, 0), short(0, 1));
    }

    proptest! {
        #[test]
        fn positions_stay_sorted_unique_and_conserve_quote(
            fills in prop::collection::vec((0u16..12, -5i64..6, -100i64..100), 1..80)
        ) {
            let mut core = AccountCore::default();
            let mut slots = [Position::default(); 8];
            let mut account = AccountMut { core: &mut core, slots: &mut slots };
            let mut paid = 0;
            for (market_index, lots, quote) in fills {
                let mut market = Market::zeroed();
                market.asset = market_index % 3;
                let before = (*account.core, account.slots.to_vec());
                match account.fill(market_index, &market, Lots(lots), QuoteAtoms(quote), &Moment::OFF) {
                    Ok(_) => paid += quote,
                    Err(RiskError::ZeroQuantity) if lots == 0 => {}
                    Err(RiskError::NoFreeSlot { slots: 8 }) => {
                        prop_assert_eq!(before.0.position_count, 8);
                        prop_assert_eq!(&before.1[..], &*account.slots);
                    }
                    Err(other) => prop_assert!(false, "{:?}", other),
                }
                let used = account.view().positions;
                prop_assert!(used.windows(2).all(|w| w[0].key() < w[1].key()));
                let open: i64 = used.iter().map(|p| p.quote.0).sum();
                prop_assert_eq!(open + account.core.cash.0, paid);
                let rest = &account.slots[usize::from(account.core.position_count)..];
                prop_assert!(rest.iter().all(|p| *p == Position::default()));
            }
        }
    }
}
