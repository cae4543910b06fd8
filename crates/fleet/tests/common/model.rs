//! The fleet as it could be written in an afternoon: a map of decoded accounts, each judged by the engine.

use super::{data_of, tables};
use anchor_lang::prelude::Pubkey;
use counterweight_fleet::{AssetExposure, Fleet, Shock, Standing};
use counterweight_risk::{Health, Price, Result, standard::maintenance, units::MAX_PRICE};
use counterweight_sdk::accounts::{Margin, RiskTables};
use std::collections::{BTreeMap, BTreeSet};

/// Accounts by key, and the book.
pub struct Model {
    pub accounts: BTreeMap<Pubkey, Margin>,
    pub tables: RiskTables,
}

impl Model {
    pub fn new(seed: u64, kind: super::Kind) -> Self {
        let mut rng = super::Rng::new(seed);
        let assets = 1 + rng.below(6) as usize;
        let markets = 1 + rng.below(12) as usize;
        Self {
            accounts: BTreeMap::new(),
            tables: tables(&mut rng, assets, markets, kind),
        }
    }

    fn judge(&self, margin: &Margin, now: i64) -> Result<Health> {
        maintenance(&self.tables.book(), &margin.view(), now)
    }

    fn standing(&self, key: &Pubkey, now: i64) -> Option<Standing> {
        let margin = &self.accounts[key];
        let core = &margin.header.core;
        Some(Standing {
            key: *key,
            health: self.judge(margin, now).ok()?,
            in_liquidation_since: core.liquidation_start,
            positions: core.position_count,
            has_orders: core.open_orders != 0,
            backstop: margin.header.is_backstop(),
            judged_at: now,
        })
    }

    fn standings(&self, now: i64) -> Vec<Standing> {
        let keys = self.accounts.keys();
        let mut all: Vec<_> = keys.filter_map(|key| self.standing(key, now)).collect();
        all.sort_by(Standing::by_ratio);
        all
    }

    /// Accounts that hold an asset.
    pub fn holders(&self, asset: u16) -> usize {
        let holds = |margin: &&Margin| holdings(margin).contains(&asset);
        self.accounts.values().filter(holds).count()
    }

    /// Compares everything that the fleet tells of accounts that are all judged at `now`.
    pub fn compare(&self, fleet: &Fleet, now: i64, context: &str) {
        assert_eq!(fleet.len(), self.accounts.len(), "{context}");
        let keys: BTreeSet<Pubkey> = fleet.keys().collect();
        assert!(keys.iter().eq(self.accounts.keys()), "{context}");
        let mut unknown = Vec::new();
        for (key, margin) in &self.accounts {
            assert_eq!(
                fleet.standing(key),
                self.standing(key, now),
                "{context} {key}"
            );
            if let Err(error) = self.judge(margin, now) {
                unknown.push((*key, error));
            }
            let held = fleet.margin(key).unwrap();
            assert_eq!(data_of(&held), data_of(margin), "{context} {key}");
            assert_eq!(fleet.sequence(key), Some(margin.header.sequence));
        }
        let mut told = fleet.unknown();
        told.sort_by_key(|(key, _)| *key);
        assert_eq!(told, unknown, "{context}");
        let all = self.standings(now);
        let failing: Vec<_> = all.iter().copied().filter(Standing::is_failing).collect();
        assert_eq!(fleet.failing(), failing, "{context}");
        for most in [0, 1, 7, usize::MAX] {
            assert_eq!(fleet.worst(most), all[..most.min(all.len())], "{context}");
        }
        self.compare_exposure(fleet, context);
    }

    fn compare_exposure(&self, fleet: &Fleet, context: &str) {
        let exposure = fleet.exposure();
        assert_eq!(exposure.len(), self.tables.assets.len(), "{context}");
        for (asset, found) in exposure.into_iter().enumerate() {
            let asset = u16::try_from(asset).unwrap();
            assert_eq!(found, self.exposure(asset), "{context} asset {asset}");
            assert_eq!(fleet.holders(asset), found.accounts, "{context}");
        }
    }

    fn exposure(&self, asset: u16) -> AssetExposure {
        let mut sum = AssetExposure {
            asset,
            accounts: self.holders(asset),
            ..AssetExposure::default()
        };
        for (key, margin) in &self.accounts {
            sum.deposited += u128::from(margin.header.core.balance(asset));
            let mut net = 0i128;
            for position in margin.positions().iter().filter(|p| p.asset == asset) {
                let market = &self.tables.markets[usize::from(position.market)];
                let lots = i128::from(position.held(market).0);
                net += lots;
                sum.long_lots += lots.max(0).unsigned_abs();
                sum.short_lots += lots.min(0).unsigned_abs();
            }
            if net.unsigned_abs() > sum.largest_lots.unsigned_abs() {
                (sum.largest, sum.largest_lots) = (Some(*key), net);
            }
        }
        let index = u128::from(self.tables.assets[usize::from(asset)].index.0);
        sum.long_notional = (sum.long_lots * index) >> 16;
        sum.short_notional = (sum.short_lots * index) >> 16;
        if let Some(side) = match sum.largest_lots {
            0 => None,
            1.. => Some(sum.long_lots),
            _ => Some(sum.short_lots),
        } {
            let share = sum.largest_lots.unsigned_abs() * 10_000 / side;
            sum.largest_share_bps = u32::try_from(share).unwrap();
        }
        sum
    }

    /// Who is below maintenance margin after a shock.
    pub fn shock(&self, shock: &Shock, now: i64) -> Vec<Standing> {
        let mut moved = Self {
            accounts: self.accounts.clone(),
            tables: self.tables.clone(),
        };
        for (asset, bps) in &shock.moves {
            let row = &mut moved.tables.assets[usize::from(*asset)];
            let factor = u128::try_from(10_000 + bps).unwrap();
            for price in [
                &mut row.index,
                &mut row.maintenance_low,
                &mut row.maintenance_high,
            ] {
                let moved = u128::from(price.0) * factor / 10_000;
                *price = Price(
                    u64::try_from(moved)
                        .unwrap_or(u64::MAX)
                        .clamp(1, MAX_PRICE.0),
                );
            }
            if row.publish_time != 0 {
                row.publish_time = row.publish_time.max(now);
            }
        }
        let mut below = moved.standings(now);
        below.retain(|standing| !standing.health.is_met());
        below
    }
}

fn holdings(margin: &Margin) -> BTreeSet<u16> {
    let balances = margin.header.core.balances.iter();
    let held = balances.filter(|balance| balance.atoms > 0);
    let assets = held.map(|balance| balance.asset);
    assets
        .chain(margin.positions().iter().map(|p| p.asset))
        .collect()
}
