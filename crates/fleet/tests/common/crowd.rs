//! A clearinghouse as large as one can become, for measuring.

use super::{Kind, Rng, account_in, data_of, tables};
use counterweight_fleet::Fleet;
use counterweight_sdk::accounts::{Margin, RiskTables};

/// Assets besides the quote token; each has a market.
pub const ASSETS: usize = 32;
/// Positions of each account.
pub const POSITIONS: usize = 8;

/// Accounts of one clearinghouse, each with [`POSITIONS`] positions and up to three collaterals. The first asset is
/// in almost every account, most others in a fifth, and the last in every hundredth, besides those that hold it as
/// collateral.
pub struct Crowd {
    rng: Rng,
    pub tables: RiskTables,
}

impl Crowd {
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let tables = tables(&mut rng, ASSETS, ASSETS, Kind::Plain);
        Self { rng, tables }
    }

    pub fn account(&mut self) -> Margin {
        let mut markets: Vec<usize> = Vec::with_capacity(POSITIONS);
        while markets.len() < POSITIONS {
            // The square of a number below one: half of all is below a quarter. The last is a rarity.
            let share = self.rng.below(1 << 16);
            let market = if self.rng.chance(1) {
                ASSETS - 1
            } else {
                ((share * share * (ASSETS as u64 - 1)) >> 32) as usize
            };
            if !markets.contains(&market) {
                markets.push(market);
            }
        }
        account_in(&mut self.rng, &self.tables, &markets, Kind::Plain)
    }

    /// A fleet of so many accounts, not judged yet.
    pub fn fleet(&mut self, accounts: usize) -> Fleet {
        let mut fleet = Fleet::new();
        fleet.set_book(self.tables.clone());
        for _ in 0..accounts {
            let margin = self.account();
            let put = fleet.put(self.rng.key(), &data_of(&margin));
            assert!(put.is_ok());
        }
        fleet
    }

    /// The book after a small move of one price.
    pub fn nudge(&mut self, asset: u16) -> RiskTables {
        let row = &mut self.tables.assets[usize::from(asset)];
        row.maintenance_low.0 ^= 1;
        row.maintenance_high.0 ^= 1;
        self.tables.clone()
    }
}
