//! Accounts: how each stands, what it holds, and how far a price is from making it fail.

use super::Scene;
use crate::monitor::{
    ask::{Ask, Sort},
    figures::{maybe_text, name, share_bps, text},
};
use anchor_lang::prelude::Pubkey;
use counterweight_fleet::Standing;
use counterweight_risk::{
    Price,
    asset::PRICE_WIDE,
    backstop::{gross_notional, is_in_default, judged_kindly},
    standard::maintenance,
};
use counterweight_sdk::{
    accounts::{Margin, RiskTables},
    preview, whatif,
};
use serde::Serialize;
use std::cmp::{Ordering, Reverse};

/// How an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// The engine cannot judge it: a figure leaves the range, or an asset never had a price.
    Unknown,
    /// Below the line of default: the backstop takes it over, or the other side is deleveraged.
    Default,
    /// Below maintenance margin: anyone may liquidate it.
    Failing,
    /// In liquidation, and back above maintenance margin, but not by the buffer yet.
    InLiquidation,
    /// Above maintenance and below initial margin: it may only reduce.
    ReduceOnly,
    /// Above initial margin; or above maintenance margin, where prices do not allow to tell initial margin.
    Healthy,
}

impl Condition {
    /// In words.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Default => "default",
            Self::Failing => "failing",
            Self::InLiquidation => "liquidation",
            Self::ReduceOnly => "reduce only",
            Self::Healthy => "healthy",
        }
    }
}

/// How far one asset's price is from making an account fail, moving alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Distance {
    /// The asset.
    pub asset: u16,
    /// Its name.
    pub name: String,
    /// The fall at which it fails, in basis points of the price, rounded down; null where no fall does it.
    pub down_bps: Option<u32>,
    /// The rise at which it fails; null where no rise to a thousand times the price does it.
    pub up_bps: Option<u32>,
}

/// What an account holds of something: lots of a market, or atoms of a collateral.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Name of the market, or of the asset.
    pub name: String,
    /// The asset.
    pub asset: u16,
    /// The market; null for collateral.
    pub market: Option<u16>,
    /// Signed lots, what deleveraging has closed taken off; null for collateral.
    #[serde(serialize_with = "maybe_text")]
    pub lots: Option<i64>,
    /// Token atoms; null for a position.
    #[serde(serialize_with = "maybe_text")]
    pub atoms: Option<u64>,
}

/// Initial margin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Initial {
    /// Equity by the rules of the initial check, quote atoms.
    #[serde(serialize_with = "text")]
    pub equity: i64,
    /// What it must not be below, quote atoms.
    #[serde(serialize_with = "text")]
    pub margin: i64,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Its address.
    #[serde(serialize_with = "text")]
    pub address: Pubkey,
    /// Who owns it.
    #[serde(serialize_with = "text")]
    pub owner: Pubkey,
    /// Number that the owner chose.
    pub id: u16,
    /// Whether it is the clearinghouse's own.
    pub backstop: bool,
    /// How it stands.
    pub condition: Condition,
    /// Equity by maintenance prices and weights, quote atoms; null where the engine cannot tell.
    #[serde(serialize_with = "maybe_text")]
    pub equity: Option<i64>,
    /// Maintenance margin, quote atoms; null where the engine cannot tell.
    #[serde(serialize_with = "maybe_text")]
    pub maintenance_margin: Option<i64>,
    /// Null where prices may not be used for adding risk.
    pub initial: Option<Initial>,
    /// Equity / maintenance margin in basis points, rounded down; null without a requirement.
    pub ratio_bps: Option<i64>,
    /// Size of all positions at the index, quote atoms; null where the engine cannot tell.
    #[serde(serialize_with = "maybe_text")]
    pub notional: Option<i64>,
    /// Settled cash, without the interest that it owes since, quote atoms.
    #[serde(serialize_with = "text")]
    pub cash: i64,
    /// Positions.
    pub positions: u16,
    /// Orders that rest, and fills that wait.
    pub orders: u16,
    /// Unix seconds since when it is flagged as in liquidation; null where it is not.
    pub in_liquidation_since: Option<i64>,
    /// How far each price is from making it fail; empty where it fails already.
    pub distances: Vec<Distance>,
    /// What it holds.
    pub holdings: Vec<Held>,
}

/// Accounts, and which of them are told in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Accounts {
    /// How many there are.
    pub total: usize,
    /// How many the filter lets through.
    pub matching: usize,
    /// How many of those stand before the first of `rows`.
    pub offset: usize,
    /// The order.
    pub sort: Sort,
    /// The accounts that are told.
    pub rows: Vec<Account>,
}

impl Accounts {
    pub(super) fn of(scene: &Scene, ask: &Ask) -> Self {
        let fleet = scene.state.fleet();
        let mut found: Vec<Candidate> = scene.standings.iter().map(Candidate::Judged).collect();
        found.extend(
            fleet
                .unknown()
                .into_iter()
                .map(|(key, _)| Candidate::Unknown(key)),
        );
        let filter = Filter::new(&ask.filter);
        found.retain(|candidate| filter.lets_through(scene, candidate));
        found.sort_unstable_by(|a, b| a.order(b, ask.sort));
        if ask.reverse {
            found.reverse();
        }
        // A page beyond the end, because accounts have gone, is the last one.
        let offset = ask.offset.min(found.len().saturating_sub(ask.rows));
        let page = found.iter().skip(offset).take(ask.rows);
        Self {
            total: fleet.len(),
            matching: found.len(),
            offset,
            sort: ask.sort,
            rows: page
                .filter_map(|candidate| Account::of(scene, candidate))
                .collect(),
        }
    }

    /// How a judged account stands; none where it is gone.
    pub(super) fn condition(scene: &Scene, standing: &Standing) -> Option<Condition> {
        let margin = scene.state.fleet().margin(&standing.key)?;
        Some(condition(scene, Some(standing), &margin, None))
    }
}

/// An account that may be told.
#[derive(Clone, Copy)]
enum Candidate<'a> {
    Judged(&'a Standing),
    Unknown(Pubkey),
}

impl Candidate<'_> {
    const fn key(&self) -> Pubkey {
        match self {
            Self::Judged(standing) => standing.key,
            Self::Unknown(key) => *key,
        }
    }

    /// The worst first. What is not known comes before everything, whatever is asked for: somebody has to look.
    fn order(&self, other: &Self, sort: Sort) -> Ordering {
        let keys = self.key().cmp(&other.key());
        match (self, other) {
            (Self::Judged(a), Self::Judged(b)) => by(a, b, sort).then(keys),
            (Self::Unknown(_), Self::Judged(_)) => Ordering::Less,
            (Self::Judged(_), Self::Unknown(_)) => Ordering::Greater,
            (Self::Unknown(_), Self::Unknown(_)) => keys,
        }
    }
}

fn by(a: &Standing, b: &Standing, sort: Sort) -> Ordering {
    // Who is not in liquidation comes after all who are.
    let since = |standing: &Standing| match standing.in_liquidation_since {
        0 => i64::MAX,
        since => since,
    };
    match sort {
        Sort::Ratio => a.by_ratio(b),
        Sort::Equity => a.health.equity.cmp(&b.health.equity),
        Sort::Margin => Reverse(a.health.requirement).cmp(&Reverse(b.health.requirement)),
        Sort::Positions => Reverse(a.positions).cmp(&Reverse(b.positions)),
        Sort::Liquidation => since(a).cmp(&since(b)).then_with(|| a.by_ratio(b)),
        Sort::Address => Ordering::Equal,
    }
}

/// Which accounts are let through.
struct Filter(String);

impl Filter {
    fn new(text: &str) -> Self {
        Self(text.trim().to_lowercase())
    }

    fn lets_through(&self, scene: &Scene, candidate: &Candidate) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let contains = |text: &str| text.to_lowercase().contains(&self.0);
        if contains(&candidate.key().to_string()) {
            return true;
        }
        let Some(margin) = scene.state.fleet().margin(&candidate.key()) else {
            return false;
        };
        let standing = match candidate {
            Candidate::Judged(standing) => Some(*standing),
            Candidate::Unknown(_) => None,
        };
        contains(&margin.header.owner.to_string())
            || contains(condition(scene, standing, &margin, None).label())
            || (margin.header.is_backstop() && contains("backstop"))
            || holdings(scene, &margin)
                .iter()
                .any(|held| contains(&held.name))
    }
}

/// How an account stands; `initial` is its initial margin, where it was computed.
fn condition(
    scene: &Scene,
    standing: Option<&Standing>,
    margin: &Margin,
    initial: Option<Option<Initial>>,
) -> Condition {
    let Some(standing) = standing else {
        return Condition::Unknown;
    };
    let (book, line) = (
        scene.tables.book(),
        scene.tables.header.params.backstop_line,
    );
    if !standing.health.is_met() {
        let kindly = judged_kindly(&book, &margin.view(), scene.now);
        let default = kindly.is_ok_and(|health| is_in_default(&health, line));
        return if default {
            Condition::Default
        } else {
            Condition::Failing
        };
    }
    if standing.in_liquidation_since != 0 {
        return Condition::InLiquidation;
    }
    let initial = initial.unwrap_or_else(|| initial_of(scene, margin));
    match initial {
        Some(Initial { equity, margin }) if equity < margin => Condition::ReduceOnly,
        _ => Condition::Healthy,
    }
}

fn initial_of(scene: &Scene, margin: &Margin) -> Option<Initial> {
    let view = preview::margin_view(scene.tables, margin, scene.now).ok()?;
    view.can_add_risk.then_some(Initial {
        equity: view.initial_equity,
        margin: view.initial_margin,
    })
}

fn holdings(scene: &Scene, margin: &Margin) -> Vec<Held> {
    let (book, positions) = (scene.tables.book(), margin.positions().iter());
    let positions = positions.map(|position| {
        let row = book.market(position.market).ok();
        let lots = row.map_or(position.lots, |row| position.held(row));
        Held {
            name: row.map_or_else(
                || format!("market {}", position.market),
                |row| name(&row.name),
            ),
            asset: position.asset,
            market: Some(position.market),
            lots: Some(lots.0),
            atoms: None,
        }
    });
    let balances = margin.header.core.balances.iter();
    let balances = balances
        .filter(|balance| balance.atoms > 0)
        .map(|balance| Held {
            name: scene.asset(balance.asset),
            asset: balance.asset,
            market: None,
            lots: None,
            atoms: Some(balance.atoms),
        });
    positions.chain(balances).collect()
}

/// How far each price that an account depends on is from making it fail, moving alone. Empty where it fails already.
pub fn distances(tables: &RiskTables, margin: &Margin, now: i64) -> Vec<Distance> {
    let met = |tables: &RiskTables| {
        let health = maintenance(&tables.book(), &margin.view(), now);
        health.is_ok_and(|health| health.is_met())
    };
    if !met(tables) {
        return Vec::new();
    }
    let assets = whatif::exposures(margin).into_iter();
    assets
        .filter_map(|asset| distance(tables, margin, asset, now, met))
        .collect()
}

fn distance(
    tables: &RiskTables,
    margin: &Margin,
    asset: u16,
    now: i64,
    met: impl Fn(&RiskTables) -> bool,
) -> Option<Distance> {
    let row = tables.assets.get(usize::from(asset))?;
    let told = |down_bps, up_bps| Distance {
        asset,
        name: name(&row.name),
        down_bps,
        up_bps,
    };
    // Only the width of the interval holds it: the next narrow price does it, wherever it stands.
    if row.price_flags & PRICE_WIDE != 0 {
        let mut narrow = tables.clone();
        let row = &mut narrow.assets[usize::from(asset)];
        (row.maintenance_low, row.maintenance_high) = (row.index, row.index);
        if !met(&narrow) {
            return Some(told(Some(0), Some(0)));
        }
    }
    let edges = whatif::edges(tables, margin, asset, now).ok()?;
    let away = |edge: Price| {
        let distance = i128::from(edge.0.abs_diff(row.index.0));
        u32::try_from(share_bps(distance, row.index.0.into())?).ok()
    };
    Some(told(edges.below.and_then(away), edges.above.and_then(away)))
}

impl Account {
    fn of(scene: &Scene, candidate: &Candidate) -> Option<Self> {
        let address = candidate.key();
        let margin = scene.state.fleet().margin(&address)?;
        let standing = match candidate {
            Candidate::Judged(standing) => Some(*standing),
            Candidate::Unknown(_) => None,
        };
        let initial = initial_of(scene, &margin);
        let (header, core) = (&margin.header, &margin.header.core);
        let health = standing.map(|standing| standing.health);
        let book = scene.tables.book();
        Some(Self {
            address,
            owner: header.owner,
            id: header.id,
            backstop: header.is_backstop(),
            condition: condition(scene, standing, &margin, Some(initial)),
            equity: health.map(|health| health.equity.0),
            maintenance_margin: health.map(|health| health.requirement.0),
            initial,
            ratio_bps: health.and_then(|h| share_bps(h.equity.0.into(), h.requirement.0.into())),
            notional: gross_notional(&book, &margin.view())
                .ok()
                .map(|atoms| atoms.0),
            cash: core.cash.0,
            positions: core.position_count,
            orders: core.open_orders,
            in_liquidation_since: (core.liquidation_start != 0).then_some(core.liquidation_start),
            distances: distances(scene.tables, &margin, scene.now),
            holdings: holdings(scene, &margin),
        })
    }
}
