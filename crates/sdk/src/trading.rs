//! Building the instructions of the order book, of funding and of trigger orders.

use crate::instructions::{Venue, build};
use anchor_lang::{
    prelude::{AccountMeta, Pubkey, system_program},
    solana_program::instruction::Instruction,
};
use counterweight::{
    Guards, OrderArgs, QuotesArgs, TradeArgs, TriggerArgs, Which, accounts, instruction,
};

/// Who acts on a book: the key that signs, its margin account, and the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Owner or delegate.
    pub authority: Pubkey,
    /// The margin account.
    pub margin_account: Pubkey,
    /// Index of the market.
    pub market: u16,
}

/// Appends accounts that are written, behind the named ones.
pub(crate) fn followed_by(mut instruction: Instruction, accounts: &[Pubkey]) -> Instruction {
    let metas = accounts.iter().map(|key| AccountMeta::new(*key, false));
    instruction.accounts.extend(metas);
    instruction
}

impl Venue {
    fn act(&self, actor: &Actor) -> accounts::ActOnBook {
        accounts::ActOnBook {
            authority: actor.authority,
            risk_book: self.risk_book,
            market: self.market(actor.market),
            margin_account: actor.margin_account,
        }
    }

    /// `place_order`; the fills of `makers` are settled at once.
    pub fn place_order(
        &self,
        actor: &Actor,
        args: OrderArgs,
        guards: Guards,
        makers: &[Pubkey],
    ) -> Instruction {
        let data = instruction::PlaceOrder { args, guards };
        followed_by(build(self.act(actor), data), makers)
    }

    /// `trade`; the fills of `makers` are settled at once.
    pub fn trade(
        &self,
        actor: &Actor,
        args: TradeArgs,
        guards: Guards,
        makers: &[Pubkey],
    ) -> Instruction {
        let data = instruction::Trade { args, guards };
        followed_by(build(self.act(actor), data), makers)
    }

    /// `edit_order`.
    pub fn edit_order(
        &self,
        actor: &Actor,
        order_id: u64,
        args: OrderArgs,
        guards: Guards,
        makers: &[Pubkey],
    ) -> Instruction {
        let data = instruction::EditOrder {
            order_id,
            args,
            guards,
        };
        followed_by(build(self.act(actor), data), makers)
    }

    /// `place_orders`.
    pub fn place_orders(&self, actor: &Actor, args: QuotesArgs, guards: Guards) -> Instruction {
        let data = instruction::PlaceOrders { args, guards };
        build(self.act(actor), data)
    }

    /// `cancel_orders`.
    pub fn cancel_orders(&self, actor: &Actor, which: Which, limit: u8) -> Instruction {
        let data = instruction::CancelOrders { which, limit };
        build(self.act(actor), data)
    }

    /// `prune_orders`.
    pub fn prune_orders(&self, margin_account: Pubkey, market: u16, limit: u8) -> Instruction {
        let accounts = accounts::PruneOrders {
            risk_book: self.risk_book,
            market: self.market(market),
            margin_account,
        };
        build(accounts, instruction::PruneOrders { limit })
    }

    /// `settle_fills` of these makers.
    pub fn settle_fills(&self, market: u16, makers: &[Pubkey], limit: u8) -> Instruction {
        let accounts = accounts::SettleFills {
            risk_book: self.risk_book,
            market: self.market(market),
        };
        followed_by(build(accounts, instruction::SettleFills { limit }), makers)
    }

    /// `settle_position`.
    pub fn settle_position(&self, margin_account: Pubkey, market: u16) -> Instruction {
        let accounts = accounts::SettlePosition {
            risk_book: self.risk_book,
            market: self.market(market),
            margin_account,
        };
        build(accounts, instruction::SettlePosition {})
    }

    /// `update_funding`.
    pub fn update_funding(&self, market: u16) -> Instruction {
        let accounts = accounts::UpdateFunding {
            risk_book: self.risk_book,
            market: self.market(market),
        };
        build(accounts, instruction::UpdateFunding {})
    }

    /// `settle_expired`.
    pub fn settle_expired(&self, market: u16) -> Instruction {
        let accounts = accounts::SettleExpired {
            risk_book: self.risk_book,
        };
        build(accounts, instruction::SettleExpired { market })
    }

    /// `grow_market`: once more room for orders.
    pub fn grow_market(&self, payer: Pubkey, market: u16) -> Instruction {
        let accounts = accounts::GrowMarket {
            payer,
            market: self.market(market),
            system_program: system_program::ID,
        };
        build(accounts, instruction::GrowMarket {})
    }

    /// `settle_market` at a price in ticks.
    pub fn settle_market(&self, authority: Pubkey, market: u16, price: u64) -> Instruction {
        let accounts = accounts::SettleMarket {
            authority,
            clearinghouse: self.clearinghouse,
            risk_book: self.risk_book,
            market: self.market(market),
        };
        build(accounts, instruction::SettleMarket { price })
    }

    /// `set_fee_discount`.
    pub fn set_fee_discount(
        &self,
        authority: Pubkey,
        margin_account: Pubkey,
        discount_bps: u16,
    ) -> Instruction {
        let accounts = accounts::SetFeeDiscount {
            authority,
            clearinghouse: self.clearinghouse,
            margin_account,
        };
        build(accounts, instruction::SetFeeDiscount { discount_bps })
    }

    /// The address of a margin account's triggers.
    pub fn triggers(&self, margin_account: &Pubkey) -> Pubkey {
        crate::pda::triggers(margin_account)
    }

    fn act_on_triggers(
        &self,
        authority: Pubkey,
        margin_account: Pubkey,
    ) -> accounts::ActOnTriggers {
        accounts::ActOnTriggers {
            authority,
            risk_book: self.risk_book,
            margin_account,
            triggers: self.triggers(&margin_account),
        }
    }

    /// `place_trigger`.
    pub fn place_trigger(
        &self,
        authority: Pubkey,
        margin_account: Pubkey,
        args: TriggerArgs,
    ) -> Instruction {
        let accounts = self.act_on_triggers(authority, margin_account);
        build(accounts, instruction::PlaceTrigger { args })
    }

    /// `cancel_trigger`.
    pub fn cancel_trigger(
        &self,
        authority: Pubkey,
        margin_account: Pubkey,
        place: u8,
    ) -> Instruction {
        let accounts = self.act_on_triggers(authority, margin_account);
        build(accounts, instruction::CancelTrigger { place })
    }

    /// `execute_trigger`; `executor` signs and earns the fee on its margin account.
    pub fn execute_trigger(
        &self,
        executor: &Actor,
        margin_account: Pubkey,
        place: u8,
        makers: &[Pubkey],
    ) -> Instruction {
        let accounts = accounts::ExecuteTrigger {
            authority: executor.authority,
            risk_book: self.risk_book,
            market: self.market(executor.market),
            margin_account,
            triggers: self.triggers(&margin_account),
            executor: executor.margin_account,
        };
        followed_by(
            build(accounts, instruction::ExecuteTrigger { place }),
            makers,
        )
    }
}

/// `open_triggers`.
pub fn open_triggers(owner: Pubkey, margin_account: Pubkey) -> Instruction {
    let accounts = accounts::OpenTriggers {
        owner,
        margin_account,
        triggers: crate::pda::triggers(&margin_account),
        system_program: system_program::ID,
    };
    build(accounts, instruction::OpenTriggers {})
}

/// `close_triggers`.
pub fn close_triggers(owner: Pubkey, margin_account: Pubkey) -> Instruction {
    let accounts = accounts::CloseTriggers {
        owner,
        triggers: crate::pda::triggers(&margin_account),
    };
    build(accounts, instruction::CloseTriggers {})
}
