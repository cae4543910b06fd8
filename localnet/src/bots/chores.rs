//! What has to be done so that a clearinghouse lives, where no keeper does it: recording prices, bringing makers what
//! waits for them, updating funding. Nobody is liquidated here; that takes a keeper.

use super::{Board, Watch};
use crate::{house::House, prices::Publisher};
use anchor_lang::prelude::Pubkey;
use counterweight_link::Draft;
use counterweight_sdk::accounts;
use std::{sync::Arc, time::Duration};

/// From one round to the next, and how many rounds until the books are looked at.
const A_ROUND: Duration = Duration::from_millis(700);
const BOOKS: u64 = 4;
/// Makers that one instruction brings their fills.
const MAKERS: usize = 12;

/// Does the chores.
pub(crate) struct Chores {
    pub house: House,
    pub publisher: Publisher,
    pub board: Watch,
}

impl Chores {
    /// Does them for good.
    pub async fn run(self) {
        let mut round = 0;
        loop {
            if let Err(error) = self.round(round).await {
                tracing::warn!("chores: {error}");
            }
            round += 1;
            tokio::time::sleep(A_ROUND).await;
        }
    }

    async fn round(&self, round: u64) -> Result<(), String> {
        let refreshed = self.house.refresh(&self.publisher).await;
        refreshed.map_err(|error| error.to_string())?;
        if !round.is_multiple_of(BOOKS) {
            return Ok(());
        }
        let board: Arc<Board> = self.board.borrow().clone();
        for market in 0..board.tables.markets.len() as u16 {
            self.tend(market, &board).await?;
        }
        Ok(())
    }

    async fn tend(&self, market: u16, board: &Board) -> Result<(), String> {
        let key = self.house.venue.market(market);
        let found = self
            .house
            .link
            .account(&key)
            .await
            .map_err(|error| error.to_string())?;
        let data = found.ok_or("a market is gone")?.data;
        let book = accounts::order_book(&data).map_err(|error| error.to_string())?;
        let mut makers: Vec<_> = book
            .queue
            .iter()
            .map(|entry| Pubkey::from(entry.maker))
            .collect();
        makers.sort_unstable();
        makers.dedup();
        for makers in makers.chunks(MAKERS) {
            self.send(self.house.venue.settle_fills(market, makers, u8::MAX))
                .await?;
        }
        let (row, funding) = (
            &board.tables.markets[usize::from(market)],
            &book.header.funding,
        );
        let due = funding.start + i64::from(row.funding_interval);
        if funding.start == 0 || board.now.time >= due {
            self.send(self.house.venue.update_funding(market)).await?;
        }
        Ok(())
    }

    async fn send(
        &self,
        instruction: anchor_lang::solana_program::instruction::Instruction,
    ) -> Result<(), String> {
        let draft = Draft {
            tables: &self.house.tables,
            ..Draft::new(self.house.faucet.key(), vec![instruction], 8)
        };
        let sent = self.house.link.send(&draft).await;
        sent.map(drop).map_err(|error| error.to_string())
    }
}
