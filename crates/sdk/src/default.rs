//! Building the instructions of default: the backstop, and deleveraging.

use crate::instructions::{Venue, build};
use anchor_lang::{
    prelude::{AccountMeta, Pubkey, system_program},
    solana_program::instruction::Instruction,
};
use counterweight::{accounts, instruction};

impl Venue {
    /// The clearinghouse's own margin account, which holds the insurance fund.
    pub fn backstop(&self) -> Pubkey {
        self.margin_account(&self.clearinghouse, 0)
    }

    /// `open_backstop`.
    pub fn open_backstop(&self, payer: Pubkey) -> Instruction {
        let accounts = accounts::OpenBackstop {
            payer,
            risk_book: self.risk_book,
            backstop: self.backstop(),
            system_program: system_program::ID,
        };
        build(accounts, instruction::OpenBackstop {})
    }

    /// `resolve_default`. `markets` are those in which both the account and the backstop hold a
    /// position; more do no harm.
    pub fn resolve_default(&self, margin_account: Pubkey, markets: &[u16]) -> Instruction {
        let accounts = accounts::ResolveDefault {
            clearinghouse: self.clearinghouse,
            risk_book: self.risk_book,
            margin_account,
            backstop: self.backstop(),
        };
        let mut built = build(accounts, instruction::ResolveDefault {});
        let metas = markets.iter().map(|index| self.market(*index));
        built
            .accounts
            .extend(metas.map(|key| AccountMeta::new(key, false)));
        built
    }

    /// `deleverage`.
    pub fn deleverage(&self, margin_account: Pubkey, market: u16) -> Instruction {
        let accounts = accounts::Deleverage {
            clearinghouse: self.clearinghouse,
            risk_book: self.risk_book,
            market: self.market(market),
            margin_account,
            backstop: self.backstop(),
        };
        build(accounts, instruction::Deleverage {})
    }

    /// `deleverage_backstop`.
    pub fn deleverage_backstop(&self, market: u16) -> Instruction {
        let accounts = accounts::DeleverageBackstop {
            clearinghouse: self.clearinghouse,
            risk_book: self.risk_book,
            market: self.market(market),
            backstop: self.backstop(),
        };
        build(accounts, instruction::DeleverageBackstop {})
    }

    /// `catch_up`.
    pub fn catch_up(&self, margin_account: Pubkey, market: u16) -> Instruction {
        let accounts = accounts::CatchUp {
            risk_book: self.risk_book,
            market: self.market(market),
            margin_account,
        };
        build(accounts, instruction::CatchUp {})
    }

    /// `sweep_dust`; `side` is 0 for the longs' and 1 for the shorts'.
    pub fn sweep_dust(&self, market: u16, side: u8) -> Instruction {
        let accounts = accounts::SweepDust {
            risk_book: self.risk_book,
            market: self.market(market),
            backstop: self.backstop(),
        };
        build(accounts, instruction::SweepDust { side })
    }
}
