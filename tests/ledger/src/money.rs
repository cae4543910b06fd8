//! Tokens in and out, and lines of the ledger that are collected.

use crate::ledger::{BACKSTOP, Ledger, Outcome, require};
use counterweight_risk::{OutflowTerms, QuoteAtoms, outflow::UNLIMITED, standard::Gains};

impl Ledger {
    fn credit(&mut self, at: usize, asset: usize, atoms: u64) -> Outcome {
        let (moment, core) = (self.moment(), &mut self.accounts[at].core);
        if asset == 0 {
            core.move_cash(QuoteAtoms::from_unsigned(atoms)?, &moment)?;
        } else {
            core.credit(asset as u16, atoms)?;
        }
        Ok(())
    }

    fn debit(&mut self, at: usize, asset: usize, atoms: u64) -> Outcome {
        let (now, core) = (self.now, &mut self.accounts[at].core);
        if asset == 0 {
            core.debit_cash(atoms, now)?;
        } else {
            core.debit(asset as u16, atoms)?;
        }
        Ok(())
    }

    /// `deposit`.
    pub fn deposit(&mut self, at: usize, asset: usize, atoms: u64) -> Outcome {
        require(at != BACKSTOP && atoms > 0, "nobody signs for it, or zero")?;
        let cap = self.assets[asset].deposit_cap;
        let held = self.vaults[asset].checked_add(atoms);
        let fits = asset == 0 || held.is_some_and(|held| held <= cap);
        require(fits && atoms <= 1 << 50, "deposit cap")?;
        self.vaults[asset] += atoms;
        self.credit(at, asset, atoms)?;
        self.note_vault(asset)?;
        self.leave_if_restored(at);
        Ok(())
    }

    /// Takes note of what a vault holds.
    pub fn note_vault(&mut self, asset: usize) -> Outcome {
        let atoms = self.vaults[asset];
        if asset == 0 {
            self.params.interest.set_rate(atoms, self.now)?;
        } else {
            self.assets[asset].note_deposits(atoms)?;
        }
        Ok(())
    }

    /// `accrue_interest`.
    pub fn accrue(&mut self, at: usize) -> Outcome {
        let (moment, core) = (self.moment(), &mut self.accounts[at].core);
        core.accrue(&moment)?;
        let swept = core.debt.sweep();
        self.house.insurance = swept.onto(QuoteAtoms(self.house.insurance))?.0;
        let interest = &mut self.params.interest;
        interest.count(core.cash, &mut core.debt);
        interest.set_rate(self.vaults[0], self.now)?;
        Ok(())
    }

    /// `withdraw`.
    pub fn withdraw(&mut self, at: usize, asset: usize, atoms: u64) -> Outcome {
        require(at != BACKSTOP && atoms > 0, "nobody signs for it, or zero")?;
        self.debit(at, asset, atoms)?;
        self.leave_if_restored(at);
        self.require_initial(at, Gains::Ignored)?;
        self.outflow[asset].take(self.now, atoms)?;
        let left = self.vaults[asset].checked_sub(atoms);
        require(left.is_some(), "the vault is short")?;
        self.vaults[asset] = left.unwrap_or(0);
        self.note_vault(asset)
    }

    /// `transfer`.
    pub fn transfer(&mut self, from: usize, to: usize, asset: usize, atoms: u64) -> Outcome {
        require(from != to && atoms > 0, "the same account, or zero")?;
        let (giver, receiver) = (&self.accounts[from], &self.accounts[to]);
        let own = from != BACKSTOP && giver.owner == receiver.owner;
        require(own, "another owner")?;
        self.debit(from, asset, atoms)?;
        self.credit(to, asset, atoms)?;
        self.leave_if_restored(to);
        self.leave_if_restored(from);
        self.require_initial(from, Gains::Ignored)
    }

    /// `fund_insurance`.
    pub fn fund_insurance(&mut self, atoms: u64) -> Outcome {
        require(atoms > 0, "zero")?;
        let paid = QuoteAtoms::from_unsigned(atoms)?;
        self.vaults[0] += atoms;
        self.house.insurance = QuoteAtoms(self.house.insurance).plus(paid)?.0;
        Ok(())
    }

    /// `collect_fees`.
    pub fn collect_fees(&mut self, market: usize) {
        let (line, house) = (&mut self.lines[market], &mut self.house);
        house.fees += core::mem::take(&mut line.fees);
        house.insurance += core::mem::take(&mut line.insurance);
        house.residue += core::mem::take(&mut line.residue);
    }

    /// `withdraw_fees`.
    pub fn withdraw_fees(&mut self, atoms: u64) -> Outcome {
        let held = u64::try_from(self.house.fees).unwrap_or(0);
        require(atoms > 0 && atoms <= held, "no such fees")?;
        self.outflow[0].take(self.now, atoms)?;
        self.house.fees -= atoms.cast_signed(); // no more than there are
        self.vaults[0] -= atoms;
        Ok(())
    }

    /// `set_outflow_limit`: none, or a share of what is there.
    pub fn limit_outflow(&mut self, asset: usize, permille: u64, window: u32) -> Outcome {
        let limit = match permille {
            0 => UNLIMITED,
            share => self.vaults[asset] / 1_000 * share,
        };
        let terms = OutflowTerms { limit, window };
        let _at_once = self.outflow[asset].set(self.now, terms)?;
        Ok(())
    }
}
