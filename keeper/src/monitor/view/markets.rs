//! Markets: open interest against its cap, the book, and what waits in the queue.

use super::{Scene, exposure::notional};
use crate::monitor::figures::{name, share_bps, text};
use counterweight::book::queue::QUEUE_ENTRIES;
use counterweight_risk::{
    Lots,
    funding::Funding,
    market::{MODE_ACTIVE, MODE_POST_ONLY, MODE_REDUCE_ONLY, MODE_SETTLEMENT},
    orders::Side,
};
use counterweight_sdk::accounts::OrderBook;
use serde::Serialize;

/// A market.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Market {
    /// Its index.
    pub market: u16,
    /// Its name.
    pub name: String,
    /// Its underlying.
    pub asset: u16,
    /// `active`, `post only`, `reduce only` or `settlement`.
    pub mode: &'static str,
    /// Whether the account that trading writes is known; its figures are zero where not.
    pub known: bool,
    /// Lots held long.
    #[serde(serialize_with = "text")]
    pub open_long: i64,
    /// Lots held short, positive.
    #[serde(serialize_with = "text")]
    pub open_short: i64,
    /// The larger side with the fills that wait, lots: what the cap is compared with.
    #[serde(serialize_with = "text")]
    pub counted: i64,
    /// Most lots that a side may have.
    #[serde(serialize_with = "text")]
    pub cap: i64,
    /// What of the cap is used, in basis points, rounded down.
    pub used_bps: i64,
    /// The lots held long at the index, quote atoms.
    #[serde(serialize_with = "text")]
    pub notional: u64,
    /// Bids that rest.
    pub bids: usize,
    /// Asks that rest.
    pub asks: usize,
    /// Entries that wait in the queue.
    pub waiting: usize,
    /// Places that the queue has in use, settled ones between others included.
    pub queue_used: usize,
    /// Places that the queue has.
    pub queue_room: usize,
    /// Seconds for which the oldest entry waits; null where none does.
    pub oldest_seconds: Option<i64>,
    /// Lots whose accounts have not caught up with a deleveraging.
    #[serde(serialize_with = "text")]
    pub behind: i64,
    /// Seconds since the end of the last interval whose funding nobody has applied; null where nothing is due.
    pub funding_due_seconds: Option<i64>,
}

const fn mode(mode: u8) -> &'static str {
    match mode {
        MODE_ACTIVE => "active",
        MODE_POST_ONLY => "post only",
        MODE_REDUCE_ONLY => "reduce only",
        MODE_SETTLEMENT => "settlement",
        _ => "unknown",
    }
}

impl Market {
    /// Of every market of the risk book.
    pub(super) fn all(scene: &Scene) -> Vec<Self> {
        let rows = (0u16..).zip(&scene.tables.markets);
        rows.map(|(index, row)| {
            let mut market = Self {
                market: index,
                name: name(&row.name),
                asset: row.asset,
                mode: mode(row.mode),
                known: false,
                open_long: 0,
                open_short: 0,
                counted: 0,
                cap: row.max_open_interest.0,
                used_bps: 0,
                notional: 0,
                bids: 0,
                asks: 0,
                waiting: 0,
                queue_used: 0,
                queue_room: 0,
                oldest_seconds: None,
                behind: 0,
                funding_due_seconds: None,
            };
            if let Some(book) = scene.state.market(index) {
                market.fill(scene, book);
            }
            market
        })
        .collect()
    }

    fn fill(&mut self, scene: &Scene, book: &OrderBook) {
        let header = &book.header;
        let long = header.open_long.saturating_add(header.pending_long);
        let short = header.open_short.saturating_add(header.pending_short);
        self.known = true;
        (self.open_long, self.open_short) = (header.open_long, header.open_short);
        self.counted = long.max(short);
        self.used_bps = share_bps(self.counted.into(), self.cap.into()).unwrap_or(0);
        self.notional = notional(scene, self.asset, Lots(header.open_long));
        let rest = |side| book.resting(side, false).count() + book.resting(side, true).count();
        (self.bids, self.asks) = (rest(Side::Buy), rest(Side::Sell));
        self.waiting = book.queue.len();
        self.queue_used = header.queue.length.into();
        // A market that has not grown has neither queue nor orders.
        self.queue_room = if book.orders.is_empty() {
            0
        } else {
            QUEUE_ENTRIES
        };
        let oldest = book.queue.iter().map(|entry| entry.time).min();
        self.oldest_seconds = oldest.map(|time| scene.now.saturating_sub(time).max(0));
        self.behind = header
            .behind
            .iter()
            .fold(0, |sum: i64, lots| sum.saturating_add(*lots));
        self.funding_due_seconds = self.funding_due(scene, &header.funding);
    }

    /// How long ago the interval ended whose funding was not applied: of a market in settlement, and before the
    /// first sample, never.
    fn funding_due(&self, scene: &Scene, funding: &Funding) -> Option<i64> {
        let row = scene.tables.markets.get(usize::from(self.market))?;
        if funding.start == 0 || row.mode == MODE_SETTLEMENT {
            return None;
        }
        // A trade closes intervals that are complete, and leaves their rates to whoever updates funding.
        let ended = if funding.pending == 0 {
            funding.start.saturating_add(row.funding_interval.into())
        } else {
            funding.start
        };
        (scene.now > ended).then(|| scene.now - ended)
    }
}
