//! Concentration: who holds how much of what; and what else is added up over all accounts.

use super::Scene;
use crate::monitor::figures::{maybe_text, share_bps, text};
use anchor_lang::prelude::Pubkey;
use counterweight_fleet::Fleet;
use counterweight_risk::{Lots, market::MODE_SETTLEMENT};
use counterweight_sdk::accounts::{Margin, RiskTables};
use serde::Serialize;
use std::{cmp::Reverse, collections::BTreeMap};

/// Holders that are told of each side.
const TOLD: usize = 3;

/// One of the largest holders of a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// The account.
    #[serde(serialize_with = "text")]
    pub account: Pubkey,
    /// Lots, netted over all markets on the asset; or token atoms. Positive.
    #[serde(serialize_with = "text")]
    pub size: u128,
    /// Its share of the side, in basis points, rounded down.
    pub share_bps: i64,
}

/// A side: all who are long, all who are short, all who have deposited.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Holders {
    /// Accounts.
    pub accounts: usize,
    /// Lots, each account's netted over all markets on the asset; or token atoms.
    #[serde(serialize_with = "text")]
    pub size: u128,
    /// At the index, quote atoms, rounded down; null where it was never priced.
    #[serde(serialize_with = "maybe_text")]
    pub value: Option<u128>,
    /// The largest holders, the largest first.
    pub largest: Vec<Holder>,
}

/// What all accounts hold of an asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exposure {
    /// The asset.
    pub asset: u16,
    /// Its name.
    pub name: String,
    /// Accounts that are long of it in positions.
    pub long: Holders,
    /// Accounts that are short of it in positions.
    pub short: Holders,
    /// Accounts that have it as collateral.
    pub collateral: Holders,
}

/// Sizes by account.
type Sizes = Vec<(Pubkey, u128)>;

/// What is added up over all accounts in one pass.
#[derive(Default)]
pub(super) struct Sums {
    /// Cash above zero, quote atoms.
    pub cash: i128,
    /// Cash below zero, positive, without interest that was not charged.
    pub debt: i128,
    /// Interest that has left the cash and was not swept.
    pub payable: i128,
    /// Accounts with nothing in them, the backstop aside.
    pub empty: usize,
    /// By asset: who is long, who is short, who has deposited.
    sides: BTreeMap<u16, [Sizes; 3]>,
}

impl Sums {
    pub(super) fn of(fleet: &Fleet, tables: &RiskTables) -> Self {
        let mut sums = Self::default();
        for key in fleet.keys() {
            if let Some(margin) = fleet.margin(&key) {
                sums.add(key, &margin, tables);
            }
        }
        sums
    }

    fn add(&mut self, key: Pubkey, margin: &Margin, tables: &RiskTables) {
        let core = &margin.header.core;
        let cash = i128::from(core.cash.0);
        self.cash += cash.max(0);
        self.debt += (-cash).max(0);
        self.payable += i128::from(core.debt.payable.0);
        self.empty += usize::from(core.is_empty() && !margin.header.is_backstop());
        for (asset, lots) in net_lots(tables, margin) {
            let side = usize::from(lots < 0);
            self.sides.entry(asset).or_default()[side].push((key, lots.unsigned_abs()));
        }
        for held in core.balances.iter().filter(|held| held.atoms > 0) {
            self.sides.entry(held.asset).or_default()[2].push((key, held.atoms.into()));
        }
    }
}

/// Net lots of each asset in an account's positions, deleveraging applied. A position in a market that is in
/// settlement is no exposure any more: its price stands still.
fn net_lots(tables: &RiskTables, margin: &Margin) -> BTreeMap<u16, i128> {
    let mut net = BTreeMap::new();
    for position in margin.positions() {
        let row = tables.markets.get(usize::from(position.market));
        if row.is_some_and(|row| row.mode == MODE_SETTLEMENT) {
            continue;
        }
        let lots = row.map_or(position.lots, |row| position.held(row));
        *net.entry(position.asset).or_insert(0) += i128::from(lots.0);
    }
    net.retain(|_, lots| *lots != 0);
    net
}

impl Holders {
    /// Adds up sizes; `value` prices their sum.
    fn of(mut sizes: Sizes, value: impl FnOnce(u128) -> Option<u128>) -> Self {
        let size: u128 = sizes.iter().map(|(_, size)| size).sum();
        sizes.sort_unstable_by_key(|(key, size)| (Reverse(*size), *key));
        let share = |part: u128| {
            let [part, whole] = [part, size].map(|size| i128::try_from(size).unwrap_or(i128::MAX));
            share_bps(part, whole).unwrap_or(0)
        };
        let largest = sizes.iter().take(TOLD).map(|(account, size)| Holder {
            account: *account,
            size: *size,
            share_bps: share(*size),
        });
        Self {
            accounts: sizes.len(),
            size,
            value: value(size),
            largest: largest.collect(),
        }
    }
}

impl Exposure {
    /// Of every asset that anybody holds, the backstop included.
    pub(super) fn all(scene: &mut Scene) -> Vec<Self> {
        let sides = core::mem::take(&mut scene.sums.sides).into_iter();
        sides
            .map(|(asset, sides)| Self::of(scene, asset, sides))
            .collect()
    }

    fn of(scene: &Scene, asset: u16, [long, short, collateral]: [Sizes; 3]) -> Self {
        let row = scene.tables.assets.get(usize::from(asset));
        let row = row.filter(|row| row.publish_time != 0);
        // Sums of lots of many accounts: beyond what one may hold, so not by its kernel.
        let of_lots = |size: u128| Some(size.checked_mul(row?.index.0.into())? >> 16);
        let of_atoms = |atoms: u128| {
            let row = row?;
            let per_lot = u128::from(row.atoms_per_lot.max(1)) << 16;
            Some(atoms.checked_mul(row.index.0.into())? / per_lot)
        };
        Self {
            asset,
            name: scene.asset(asset),
            long: Holders::of(long, of_lots),
            short: Holders::of(short, of_lots),
            collateral: Holders::of(collateral, of_atoms),
        }
    }
}

/// The size of lots at the index; nothing where it was never priced.
pub(super) fn notional(scene: &Scene, asset: u16, lots: Lots) -> u64 {
    let row = scene.tables.assets.get(usize::from(asset));
    row.and_then(|row| lots.notional(row.index).ok())
        .unwrap_or(0)
}
