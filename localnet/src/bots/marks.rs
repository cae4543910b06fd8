//! What marks the options: a feed that sets their volatility, and their arrays computed anew before they are too old.
//!
//! A keeper looks after the arrays of options that somebody holds. Nobody could trade the others, and nobody would quote
//! them.

use super::{Board, Watch, bot::pause};
use crate::{Error, house::House, keys};
use counterweight_link::{Draft, SendError};
use counterweight_risk::{Asset, Market, Ratio, array::SMILE_AGE, market::MODE_SETTLEMENT};
use counterweight_sdk::assemble::Limits;
use counterweight_simnet::flat_smile;
use solana_signer::Signer;
use std::time::Duration;

/// Volatility in percent a year.
const VOLATILITY: u32 = 38;
/// The first smile, and one after a silence, is at most so many times the engine's own estimate, or the same share of it.
const FIRST: u32 = 4;
/// Seconds after which a smile is set anew, though it is the same: the program does not believe one of 900.
const RENEWED: i64 = 300;
/// From one look to the next.
const A_LOOK: Duration = Duration::from_millis(500);
/// An array is refused once the index has moved by the scanned range over 2^3: at half of that it is computed anew.
const HALF_A_DRIFT: u32 = 4;
/// Compute units of an option, in either instruction.
const UNITS: u32 = 25_000;

/// Marks options.
pub(crate) struct Marks {
    house: House,
    board: Watch,
    markets: Vec<u16>,
    /// Whether the feed is this network's. A deployment of somebody else's names another, or none: then options are marked at
    /// the engine's own estimate.
    feeds: bool,
    /// Percent a year, and when it was said.
    told: (u32, i64),
}

impl Marks {
    /// Marks all options for the first time; none where there are none.
    pub async fn begin(house: House, board: Watch) -> Result<Option<Self>, Error> {
        let now = board.borrow().clone();
        let rows = (0u16..).zip(&now.tables.markets);
        let options = rows.filter(|(_, row)| row.is_option());
        let mut marks = Self {
            markets: options.map(|(market, _)| market).collect(),
            feeds: house.deployment.volatility_feed == Some(keys::volatility().pubkey()),
            told: (VOLATILITY, 0),
            house,
            board,
        };
        if marks.markets.is_empty() {
            return Ok(None);
        }
        if marks.feeds {
            let told = marks.tell(&now).await;
            told.map_err(Error::sending("setting the volatility of options"))?;
        }
        Ok(Some(marks))
    }

    /// Keeps them marked, for good.
    pub async fn run(mut self) {
        loop {
            tokio::time::sleep(A_LOOK).await;
            if let Err(error) = self.look().await {
                tracing::warn!("marking options: {error}");
                pause().await;
            }
        }
    }

    async fn look(&mut self) -> Result<(), SendError> {
        let board = self.board.borrow().clone();
        let Board { tables, now } = &*board;
        if self.feeds && now.time - self.told.1 >= RENEWED {
            return self.tell(&board).await;
        }
        let mut due = self.running(&board);
        due.retain(|market| {
            let row = &tables.markets[usize::from(*market)];
            is_due(row, &tables.assets[usize::from(row.asset)], now.time)
        });
        if due.is_empty() {
            return Ok(());
        }
        let refresh = self.house.venue.refresh_arrays(&due);
        let draft = Draft::new(self.house.faucet.key(), vec![refresh], 0);
        self.send(draft).await
    }

    /// Those that have not ended.
    fn running(&self, board: &Board) -> Vec<u16> {
        let all = self.markets.iter().copied();
        all.filter(|market| {
            let row = &board.tables.markets[usize::from(*market)];
            row.mode != MODE_SETTLEMENT && row.contract.expiry > board.now.time
        })
        .collect()
    }

    /// Sets the volatility, which computes all arrays anew.
    async fn tell(&mut self, board: &Board) -> Result<(), SendError> {
        let (running, now) = (self.running(board), board.now.time);
        let Some(first) = running.first() else {
            return Ok(());
        };
        if now - self.told.1 > SMILE_AGE {
            let asset = board.tables.markets[usize::from(*first)].asset;
            let own = &board.tables.assets[usize::from(asset)].volatility;
            self.told.0 = first_volatility(own.annual());
        }
        let feed = keys::volatility();
        let smile = flat_smile(self.told.0);
        let set = self.house.venue.set_smile(feed.pubkey(), &running, smile);
        let draft = Draft::new(self.house.faucet.key(), vec![set], 0).signed_by(&[&feed]);
        self.send(draft).await?;
        self.told.1 = now;
        Ok(())
    }

    async fn send(&self, draft: Draft<'_>) -> Result<(), SendError> {
        let limits = Limits {
            extra_units: UNITS * self.markets.len() as u32,
            ..draft.limits
        };
        let draft = Draft { limits, ..draft };
        self.house.link.send(&draft).await.map(drop)
    }
}

/// The volatility to begin with, in percent: within what the engine's own estimate allows.
fn first_volatility(own: Ratio) -> u32 {
    // The program marks at 10 % to 400 %.
    let own = (u64::from(own.0) * 100) >> 20;
    let own = u32::try_from(own).unwrap_or(u32::MAX).clamp(10, 400);
    VOLATILITY.clamp(own / FIRST + 1, own * FIRST - 1)
}

/// Whether half of an array's time, or of the way that its index may go, is used up.
fn is_due(row: &Market, asset: &Asset, now: i64) -> bool {
    let age = now.saturating_sub(row.array.time);
    let drift = row.array.index.0.abs_diff(asset.index.0);
    let range = asset.scan.range.of_floor(row.array.index.0).unwrap_or(0);
    age.saturating_mul(2) > i64::from(asset.max_age_liquidation) || drift > range >> HALF_A_DRIFT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_volatility_is_within_what_the_estimate_allows() {
        let percent = |percent: u32| Ratio((percent << 20) / 100);
        // Prices that have not moved are estimated at nothing, which counts as a tenth.
        assert_eq!(first_volatility(Ratio(0)), VOLATILITY);
        assert_eq!(first_volatility(percent(60)), VOLATILITY);
        assert_eq!(first_volatility(percent(200)), 51);
        assert_eq!(first_volatility(Ratio(u32::MAX)), 101);
    }
}
