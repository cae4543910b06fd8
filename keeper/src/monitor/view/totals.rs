//! Sums over the clearinghouse.

use super::{Accounts, Condition, Market, Scene, nearest_bps};
use crate::monitor::figures::{maybe_text, share_bps, text};
use counterweight::state::{
    Custody, PAUSE_DEPOSIT, PAUSE_LIQUIDATE, PAUSE_TRADE, PAUSE_TRANSFER, PAUSE_WITHDRAW,
};
use counterweight_risk::outflow::UNLIMITED;
use serde::Serialize;

/// A vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Vault {
    /// The asset.
    pub asset: u16,
    /// Its name.
    pub name: String,
    /// Its decimals.
    pub decimals: u8,
    /// What the ledger says is in it, token atoms.
    #[serde(serialize_with = "text")]
    pub recorded: u64,
    /// Most that it may hold after a deposit, token atoms.
    #[serde(serialize_with = "text")]
    pub cap: u64,
    /// What of the cap is used, in basis points, rounded down.
    pub used_bps: i64,
    /// What may still leave at this moment, token atoms; null without a limit.
    #[serde(serialize_with = "maybe_text")]
    pub may_leave: Option<u64>,
    /// What may leave in a window, token atoms; null without a limit.
    #[serde(serialize_with = "maybe_text")]
    pub outflow_limit: Option<u64>,
    /// The initial weight as it is at present, to the nearest basis point.
    pub weight_bps: i64,
    /// The initial weight of the terms, which it is where there is no concentration.
    pub weight_full_bps: i64,
}

/// Sums over the clearinghouse; the backstop is counted in none of the accounts' figures. Amounts are quote atoms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Margin accounts.
    pub accounts: usize,
    /// Those with nothing in them.
    pub empty: usize,
    /// Those with positions.
    pub with_positions: usize,
    /// Those with orders that rest or fills that wait.
    pub with_orders: usize,
    /// Those below maintenance margin.
    pub failing: usize,
    /// Those flagged as in liquidation.
    pub in_liquidation: usize,
    /// Those below the line of default.
    pub in_default: usize,
    /// Those that the engine cannot judge.
    pub unknown: usize,
    /// Σ equity.
    #[serde(serialize_with = "text")]
    pub equity: i128,
    /// Σ maintenance margin.
    #[serde(serialize_with = "text")]
    pub maintenance_margin: i128,
    /// Σ cash above zero, the backstop's included.
    #[serde(serialize_with = "text")]
    pub cash: i128,
    /// Σ cash below zero, positive, the backstop's included.
    #[serde(serialize_with = "text")]
    pub debt: i128,
    /// Σ lots held long at the index, over all markets.
    #[serde(serialize_with = "text")]
    pub open_interest: i128,
    /// Fees in clearinghouse and markets that were not paid out.
    #[serde(serialize_with = "text")]
    pub fees: i128,
    /// What is paused: any of `deposit`, `withdraw`, `trade`, `liquidate`, `transfer`.
    pub paused: Vec<&'static str>,
    /// The vaults.
    pub vaults: Vec<Vault>,
}

/// What is paused, by name.
fn paused(bits: u8) -> Vec<&'static str> {
    let names = [
        (PAUSE_DEPOSIT, "deposit"),
        (PAUSE_WITHDRAW, "withdraw"),
        (PAUSE_TRADE, "trade"),
        (PAUSE_LIQUIDATE, "liquidate"),
        (PAUSE_TRANSFER, "transfer"),
    ];
    let set = names.into_iter().filter(|(bit, _)| bits & bit != 0);
    set.map(|(_, name)| name).collect()
}

impl Totals {
    pub(super) fn of(scene: &Scene, markets: &[Market]) -> Self {
        let (state, sums) = (scene.state, &scene.sums);
        let mut totals = Self {
            empty: sums.empty,
            cash: sums.cash,
            debt: sums.debt,
            unknown: state.fleet().unknown().len(),
            open_interest: markets
                .iter()
                .map(|market| i128::from(market.notional))
                .sum(),
            fees: state.clearinghouse().map_or(0, |house| house.fees.into()),
            paused: paused(scene.tables.header.paused),
            vaults: Vault::all(scene),
            ..Self::default()
        };
        totals.fees += state
            .markets()
            .map(|(_, book)| i128::from(book.header.fees))
            .sum::<i128>();
        let traders = scene.standings.iter().filter(|standing| !standing.backstop);
        for standing in traders {
            totals.accounts += 1;
            totals.with_positions += usize::from(standing.positions > 0);
            totals.with_orders += usize::from(standing.has_orders);
            totals.in_liquidation += usize::from(standing.in_liquidation_since != 0);
            totals.equity += i128::from(standing.health.equity.0);
            totals.maintenance_margin += i128::from(standing.health.requirement.0);
            if !standing.health.is_met() {
                totals.failing += 1;
                let condition = Accounts::condition(scene, standing);
                totals.in_default += usize::from(condition == Some(Condition::Default));
            }
        }
        totals.accounts += totals.unknown;
        totals
    }
}

impl Vault {
    fn all(scene: &Scene) -> Vec<Self> {
        let assets = 0..u16::try_from(scene.tables.assets.len()).unwrap_or(u16::MAX);
        let custodies = assets.filter_map(|asset| scene.state.custody(asset));
        custodies
            .filter_map(|custody| Self::of(scene, custody))
            .collect()
    }

    fn of(scene: &Scene, custody: &Custody) -> Option<Self> {
        let row = scene.tables.assets.get(usize::from(custody.asset))?;
        let outflow = custody.outflow.at(scene.now).ok();
        let limited = outflow.filter(|outflow| outflow.limit != UNLIMITED);
        Some(Self {
            asset: custody.asset,
            name: scene.asset(custody.asset),
            decimals: row.decimals,
            recorded: custody.recorded,
            cap: row.deposit_cap,
            used_bps: share_bps(custody.recorded.into(), row.deposit_cap.into()).unwrap_or(0),
            may_leave: limited.map(|outflow| outflow.free()),
            outflow_limit: limited.map(|outflow| outflow.limit),
            weight_bps: nearest_bps(row.weight_initial),
            weight_full_bps: nearest_bps(row.weight_initial_full),
        })
    }
}
