//! A line every some seconds: what prices, trading and the chain do.

use crate::{Localnet, decimal};
use anchor_lang::Discriminator;
use counterweight::state::MarginAccount;
use counterweight_link::{Filter, LinkError};
use counterweight_sdk::accounts;
use std::sync::atomic::Ordering;

/// Where a margin account names its clearinghouse.
const CLEARINGHOUSE: usize = 8 + core::mem::offset_of!(MarginAccount, clearinghouse);

/// What was counted when the line was written last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    trades: u64,
    volume: u64,
    slot: u64,
}

impl Localnet {
    /// The line, and what it counted for the next one.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn status(&self, before: Counted) -> Result<(String, Counted), LinkError> {
        let now = self.link().clock().await?;
        let filter = Filter {
            discriminator: MarginAccount::DISCRIMINATOR.try_into().unwrap_or_default(),
            clearinghouse: Some((CLEARINGHOUSE, self.venue().clearinghouse)),
            slice: Some((0, 0)),
        };
        let accounts = self.link().program_accounts(&filter).await?.len();
        let counted = Counted {
            trades: self.inside.trades.load(Ordering::Relaxed),
            volume: self.volume().await?,
            slot: now.slot,
        };
        let quote = &self.inside.house.deployment.asset[0];
        let volume = counted.volume.wrapping_sub(before.volume)
            / 10u64.saturating_pow(quote.decimals.into());
        let line = format!(
            "slot {} (+{})  {}  | {} trades of the traders here, {} {} on the books  | {accounts} margin accounts{}",
            now.slot,
            now.slot.saturating_sub(before.slot),
            self.prices(),
            counted.trades - before.trades,
            volume,
            quote.name,
            if self.addresses().keeper {
                ""
            } else {
                "  | no keeper"
            },
        );
        Ok((line, counted))
    }

    fn prices(&self) -> String {
        let one = |feed: &crate::prices::Feed| {
            let price = self
                .inside
                .publisher
                .latest(&feed.name)
                .unwrap_or(0)
                .unsigned_abs();
            // Cents are enough for the eye.
            format!("{} {}", feed.name, decimal::figure(price / 1_000_000, 2))
        };
        let all: Vec<_> = self.inside.publisher.feeds().iter().map(one).collect();
        all.join("  ")
    }

    /// Quote atoms traded in all markets, ever.
    async fn volume(&self) -> Result<u64, LinkError> {
        let markets = 0..self.inside.house.deployment.market.len() as u16;
        let keys: Vec<_> = markets.map(|market| self.venue().market(market)).collect();
        let found = self.link().accounts(&keys).await?;
        let of = |data: &[u8]| accounts::market(data).map_or(0, |market| market.volume);
        Ok(found
            .iter()
            .flatten()
            .fold(0, |sum: u64, found| sum.wrapping_add(of(&found.data))))
    }
}
