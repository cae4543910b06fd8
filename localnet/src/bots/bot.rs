//! What makers and traders have in common: a key, a margin account, and money in it.

use super::{Board, Watch};
use crate::{
    Error, cheats,
    house::{House, PURSE, atoms},
};
use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use counterweight_link::{Draft, SendError};
use counterweight_sdk::{
    accounts::{self, Margin},
    assemble::Limits,
    preview,
    trading::Actor,
};
use solana_keypair::Keypair;
use solana_signer::Signer;
use std::{sync::Arc, time::Duration};

/// Somebody who trades.
pub(crate) struct Bot {
    pub house: House,
    pub board: Watch,
    pub key: Keypair,
    pub margin: Pubkey,
}

impl Bot {
    /// One who has opened a margin account and deposited so many whole quote tokens.
    pub async fn join(
        house: House,
        board: Watch,
        key: Keypair,
        tokens: u64,
    ) -> Result<Self, Error> {
        let margin = house.venue.margin_account(&key.pubkey(), 0);
        let bot = Self {
            house,
            board,
            key,
            margin,
        };
        let owner = bot.key.pubkey();
        let set = cheats::set_lamports(&bot.house.link, &owner, PURSE).await;
        set.map_err(Error::asking("giving lamports"))?;
        let open = bot.house.venue.open_margin_account(owner, 0);
        bot.fund(vec![open], tokens).await?;
        Ok(bot)
    }

    /// Deposits so many whole quote tokens from the faucet, after these instructions.
    pub async fn fund(&self, mut first: Vec<Instruction>, tokens: u64) -> Result<(), Error> {
        let House {
            deployment,
            faucet,
            venue,
            collaterals,
            ..
        } = &self.house;
        let (quote, owner) = (&deployment.asset[0], self.key.pubkey());
        let amount = atoms(tokens, quote.decimals);
        first.extend(faucet.instructions(&owner, &quote.name, amount)?);
        let source = faucet.account(&owner, &quote.name)?;
        first.push(venue.deposit(owner, self.margin, &collaterals[0], source, amount));
        let draft = Draft::new(faucet.key(), first, 8).signed_by(&[&self.key]);
        let sent = self.house.link.send(&draft).await;
        sent.map(drop)
            .map_err(Error::sending("opening a margin account"))
    }

    /// The risk book.
    pub fn board(&self) -> Arc<Board> {
        self.board.borrow().clone()
    }

    /// As one who acts on a market.
    pub fn actor(&self, market: u16) -> Actor {
        Actor {
            authority: self.key.pubkey(),
            margin_account: self.margin,
            market,
        }
    }

    /// The margin account, as it is now.
    pub async fn account(&self) -> Result<Margin, String> {
        let found = self
            .house
            .link
            .account(&self.margin)
            .await
            .map_err(|error| error.to_string())?;
        let found = found.ok_or("the margin account is gone")?;
        accounts::margin(&found.data).map_err(|error| error.to_string())
    }

    /// Whether prices let it add risk.
    pub fn may_add(&self, board: &Board, account: &Margin) -> bool {
        let view = preview::margin_view(&board.tables, account, board.now.time);
        view.is_ok_and(|view| view.can_add_risk)
    }

    /// Sends, with the lookup table.
    pub async fn send(&self, instruction: Instruction, account: &Margin) -> Result<(), SendError> {
        let draft = Draft {
            tables: &self.house.tables,
            limits: Limits {
                positions: account.header.core.position_count.max(1),
                ..Limits::default()
            },
            ..Draft::new(&self.key, vec![instruction], 0)
        };
        self.house.link.send(&draft).await.map(drop)
    }
}

/// Lots of an account in a market, positive for a long.
pub(crate) fn held(account: &Margin, market: u16) -> i64 {
    let position = account.positions().iter().find(|p| p.market == market);
    position.map_or(0, |position| position.lots.0)
}

/// Waits before the next try of what was refused, so that nobody asks all the time.
pub(crate) async fn pause() {
    tokio::time::sleep(Duration::from_secs(1)).await;
}
