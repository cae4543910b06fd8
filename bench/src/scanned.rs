//! Portfolio margin and options: the engine's checks alone, and what surrounds them.

use crate::{
    cases::{Cost, measure},
    sections::{Section, check},
    world::{Bytecode, LotValue, exchange, open, trader, with_orders},
};
use counterweight::{Guards, LiquidateArgs, SliceArgs};
use counterweight_risk::{
    AssetRiskTerms, account::MODEL_PORTFOLIO, portfolio::PortfolioTerms, risk_terms::ScanTerms,
};
use counterweight_simnet::{ESTIMATED, Exchange, MarketKind, Signer, Trader, flat_smile};

/// Underlyings that have options.
const UNDERLYINGS: u16 = 16;
/// Options on each, beside a perpetual.
const OPTIONS: u16 = 3;
/// The first option.
const FIRST: u16 = crate::world::MARKETS;

/// Offers portfolio margin on every asset, with a credit for each pair of neighbours that the table has room for.
fn offer(x: &mut Exchange, assets: u16) {
    let key = x.authority.pubkey();
    let risk = AssetRiskTerms {
        scan: ScanTerms {
            range_bps: 300,
            spread_bps: 30,
            volatility_shift_bps: 2_500,
        },
        volatility: ESTIMATED,
    };
    for asset in 1..=assets {
        x.govern(x.venue.set_asset_risk(key, asset, risk))
            .expect("set_asset_risk");
    }
    let mut terms = PortfolioTerms {
        floor_bps: 1_000,
        initial_bps: 15_000,
        ..PortfolioTerms::default()
    };
    for (at, credit) in (0u8..).zip(&mut terms.credits) {
        (credit.first, credit.second) = (2 * at + 1, 2 * at + 2);
        (credit.credit_bps, credit.ratio_bps) = (5_000, 10_000);
    }
    x.govern(x.venue.set_portfolio_terms(key, terms))
        .expect("set_portfolio_terms");
}

fn choose(x: &mut Exchange, trader: &Trader) {
    let guards = Guards::default();
    let set = x
        .venue
        .set_risk_model(trader.key.pubkey(), trader.margin, MODEL_PORTFOLIO, guards);
    x.chain
        .send(&[set], &[&trader.key])
        .expect("set_risk_model");
}

/// Two perpetuals on each asset, one of them hedging the other.
fn linear() -> Vec<Section> {
    let mut x = exchange(Bytecode::Probe, LotValue::Usual);
    offer(&mut x, UNDERLYINGS);
    let (maker, held) = (
        trader(&mut x, "maker", 100_000_000),
        trader(&mut x, "held", 200_000),
    );
    choose(&mut x, &held);
    let mut sections = Vec::new();
    for n in 0..32 {
        let lots = if n % 2 == 0 { 1_000 } else { -700 };
        open(&mut x, &held, &maker, n, n + 1, lots);
        if n == 31 {
            sections.push(section(
                &mut x,
                "portfolio: two perpetuals an asset",
                32,
                &held,
            ));
        }
    }
    sections
}

/// An exchange with options, priced.
fn with_options(bytecode: Bytecode) -> Exchange {
    let mut x = exchange(bytecode, LotValue::Usual);
    offer(&mut x, UNDERLYINGS);
    let expiry = x.chain.time() + 30 * 86_400;
    for option in 0..UNDERLYINGS * OPTIONS {
        let kind = if option % 2 == 0 {
            MarketKind::Call
        } else {
            MarketKind::Put
        };
        let strike = 1_400_000 + 100_000 * u64::from(option % OPTIONS);
        // The first market of each asset.
        let like = 2 * (option / OPTIONS);
        let added = x.add_option(like, &format!("O{option}"), kind, strike, expiry);
        added.unwrap_or_else(|failure| panic!("{failure}"));
    }
    x
}

/// A perpetual and three options on each of so many assets, on both sides.
fn mixed(x: &mut Exchange, held: &Trader, maker: &Trader, assets: std::ops::Range<u16>) {
    for asset in assets {
        open(x, held, maker, 2 * asset, 2 * asset + 1, -500);
        for option in 0..OPTIONS {
            let market = FIRST + asset * OPTIONS + option;
            let mark = x.tables().markets[usize::from(market)].array.mark.0 >> 16;
            let leg = counterweight::Leg {
                market,
                lots: if option == 1 { -800 } else { 1_000 },
                price: (mark / 100).max(1),
            };
            x.block_trade(held, maker, &[leg])
                .expect("settle_block_trade");
        }
    }
}

fn section(x: &mut Exchange, name: &str, positions: u16, held: &Trader) -> Section {
    let [maintenance, initial] = check(x, held);
    let plain = x
        .chain
        .svm
        .get_account(&held.margin)
        .expect("margin account");
    with_orders(x, held, 100);
    let [_, initial_with_orders] = check(x, held);
    x.chain
        .svm
        .set_account(held.margin, plain)
        .expect("set account");
    Section {
        name: name.into(),
        positions,
        maintenance,
        initial,
        initial_with_orders,
    }
}

/// The checks alone.
pub fn sections() -> Vec<Section> {
    let mut sections = linear();
    let mut x = with_options(Bytecode::Probe);
    let (maker, held) = (
        trader(&mut x, "maker", 100_000_000),
        trader(&mut x, "held", 2_000_000),
    );
    choose(&mut x, &held);
    for (n, from) in [(8, 0), (16, 8)] {
        mixed(&mut x, &held, &maker, from..n);
        let name = "portfolio: a perpetual and three options an asset";
        sections.push(section(&mut x, name, n * (OPTIONS + 1), &held));
    }
    sections
}

/// The instructions.
pub fn costs(bytecode: Bytecode) -> Vec<Cost> {
    let mut x = with_options(bytecode);
    let (maker, keeper) = (
        trader(&mut x, "maker", 100_000_000),
        trader(&mut x, "keeper", 100_000_000),
    );
    let held = trader(&mut x, "held", 2_000_000);
    choose(&mut x, &held);
    mixed(&mut x, &held, &maker, 0..8);
    let refresh = x.venue.refresh_arrays(&[FIRST]);
    let mut costs = vec![measure(
        &mut x,
        "refresh_arrays, 1 option",
        None,
        &[refresh],
        &[],
        true,
    )];
    let view = x.venue.margin_view(held.margin);
    costs.push(measure(
        &mut x,
        "margin_view, portfolio",
        Some(32),
        &[view],
        &[],
        true,
    ));
    let greeks = x.venue.greeks_view(held.margin);
    costs.push(measure(
        &mut x,
        "greeks_view",
        Some(32),
        &[greeks],
        &[],
        true,
    ));
    let (owner, guards) = (held.key.pubkey(), Guards::default());
    let choose = x
        .venue
        .set_risk_model(owner, held.margin, MODEL_PORTFOLIO, guards);
    costs.push(measure(
        &mut x,
        "set_risk_model",
        Some(32),
        &[choose],
        &[&held.key],
        true,
    ));
    costs.extend(of_liquidation(&mut x, &held, &keeper));
    costs.extend(governance(&mut x));
    costs
}

/// What the authority and the volatility feed do.
fn governance(x: &mut Exchange) -> Vec<Cost> {
    let authority = x.authority.insecure_clone();
    let key = authority.pubkey();
    let appoint = x.venue.set_volatility_feed(key, key);
    x.govern(appoint.clone()).expect("set_volatility_feed");
    let terms = x.venue.set_portfolio_terms(key, PortfolioTerms::default());
    let smile = x.venue.set_smile(key, &[FIRST], flat_smile(38));
    [
        ("set_volatility_feed", appoint),
        ("set_portfolio_terms", terms),
        ("set_smile, 1 option", smile),
    ]
    .map(|(name, call)| measure(x, name, None, &[call], &[&authority], true))
    .into()
}

/// The account is made poor by taking its cash.
fn of_liquidation(x: &mut Exchange, held: &Trader, keeper: &Trader) -> Vec<Cost> {
    let view = x.view(held.margin).expect("margin_view");
    let margin = x.margin(&held.margin);
    let mut failing = x
        .chain
        .svm
        .get_account(&held.margin)
        .expect("margin account");
    let at = 8 + core::mem::offset_of!(counterweight::state::MarginAccount, core);
    let cash = margin.header.core.cash.0 - view.equity + view.maintenance_margin * 8 / 10;
    failing.data[at..at + 8].copy_from_slice(&cash.to_le_bytes());
    x.chain
        .svm
        .set_account(held.margin, failing)
        .expect("set account");
    let markets: Vec<u16> = margin
        .positions()
        .iter()
        .map(|position| position.market)
        .collect();
    let args = SliceArgs {
        max_fraction: 1 << 20,
        ..SliceArgs::default()
    };
    let key = keeper.key.pubkey();
    let slice = x
        .venue
        .liquidate_slice(key, held.margin, keeper.margin, &markets, args);
    let name = "liquidate_slice, 32 legs with options";
    let mut costs = vec![measure(x, name, Some(32), &[slice], &[&keeper.key], true)];
    let args = LiquidateArgs {
        market: FIRST + 1,
        max_lots: u64::MAX,
        ..LiquidateArgs::default()
    };
    let take = x.venue.liquidate(key, held.margin, keeper.margin, args);
    let name = "liquidate, an option of 32 legs, portfolio";
    costs.push(measure(x, name, Some(32), &[take], &[&keeper.key], true));
    costs
}
