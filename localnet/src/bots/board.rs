//! The risk book as everybody here sees it: read once for all bots.

use crate::house::House;
use counterweight_link::Moment;
use counterweight_sdk::accounts::{self, RiskTables};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// From one look to the next.
const A_LOOK: Duration = Duration::from_millis(400);

/// The risk book, and when it was read.
pub(crate) struct Board {
    pub tables: RiskTables,
    pub now: Moment,
}

/// The latest of them.
pub(crate) type Watch = watch::Receiver<Arc<Board>>;

impl Board {
    /// The index of a market in ticks, rounded down, or what an option is worth now; none where its array cannot say.
    pub fn price(&self, market: u16) -> Option<i64> {
        let row = &self.tables.markets[usize::from(market)];
        let asset = &self.tables.assets[usize::from(row.asset)];
        let priced = row.priced(market, asset, self.now.time).ok()?;
        Some(((priced.index.0 >> 16) / row.tick_size).cast_signed())
    }

    /// Whether the price of a market's underlying lets risk be added.
    pub fn may_quote(&self, market: u16) -> bool {
        let asset = self.tables.markets[usize::from(market)].asset;
        let row = &self.tables.assets[usize::from(asset)];
        row.check_initial(asset, self.now.time, u32::MAX).is_ok()
    }

    /// Whether a market is no option.
    pub fn is_linear(&self, market: u16) -> bool {
        !self.tables.markets[usize::from(market)].is_option()
    }

    /// What a lot of a market's underlying is worth, in quote atoms.
    pub fn lot_atoms(&self, market: u16) -> i64 {
        let row = &self.tables.markets[usize::from(market)];
        let index = self.tables.assets[usize::from(row.asset)].index.0 >> 16;
        index.max(1).cast_signed()
    }

    async fn read(house: &House) -> Result<Self, String> {
        let now = house
            .link
            .clock()
            .await
            .map_err(|error| error.to_string())?;
        let found = house
            .link
            .account(&house.venue.risk_book)
            .await
            .map_err(|error| error.to_string())?;
        let found = found.ok_or("there is no risk book")?;
        let tables = accounts::risk_book(&found.data).map_err(|error| error.to_string())?;
        Ok(Self { tables, now })
    }
}

/// The first look, and what keeps looking.
pub(crate) async fn watch(
    house: House,
) -> Result<(Watch, impl Future<Output = ()> + Send), String> {
    let first = Arc::new(Board::read(&house).await?);
    let (sender, receiver) = watch::channel(first);
    let look = async move {
        loop {
            tokio::time::sleep(A_LOOK).await;
            match Board::read(&house).await {
                Ok(board) => drop(sender.send_replace(Arc::new(board))),
                Err(error) => tracing::warn!("reading the risk book: {error}"),
            }
        }
    };
    Ok((receiver, look))
}
