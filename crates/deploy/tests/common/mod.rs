//! A file that names everything, and a chain that has what a file describes.
#![allow(dead_code)] // each test file uses its part

use anchor_lang::prelude::Pubkey;
use bytemuck::Zeroable;
use counterweight::state::{
    Clearinghouse, Custody, MARKET_LARGEST, MARKET_ORDERS, MARKET_QUEUE, RiskBook,
};
use counterweight_deploy::{
    Addresses, AssetConfig, Context, Deployment, MarketConfig, MarketMode, Mint, OnChain,
    OutflowConfig, Plan, TOKEN_CLASSIC, plan, text::name16,
};
use counterweight_risk::{Asset, Market, Outflow, Price, market::MODE_SETTLEMENT};
use counterweight_sdk::accounts::RiskTables;

/// The time of all tests.
pub const NOW: i64 = 1_790_000_000;

/// A key that is somebody's or something's.
pub fn key(name: &str) -> Pubkey {
    let mut bytes = [7; 32];
    bytes[..16].copy_from_slice(&name16(name));
    Pubkey::new_from_array(bytes)
}

/// The file of the local network with everything that it leaves out.
pub fn file() -> Deployment {
    let mut file = Deployment::localnet();
    file.guardian = Some(key("guardian"));
    for (at, asset) in file.asset.iter_mut().enumerate() {
        if at == 0 || asset.is_collateral() {
            asset.mint = Some(key(&format!("mint {}", asset.name)));
        }
        if asset.oracle != "none" {
            asset.feed = Some(key(&format!("feed {}", asset.name)).to_bytes());
            asset.price_account = Some(key(&format!("price {}", asset.name)));
        }
    }
    file
}

/// The authority acts, now.
pub fn context() -> Context {
    Context::of(key("authority"), NOW)
}

/// A chain that has nothing but the mints.
pub fn bare(file: &Deployment) -> OnChain {
    let addresses = Addresses::of(file, &context());
    let mints = addresses.collaterals.iter().map(|collateral| {
        let decimals = file.asset[usize::from(collateral.asset)].decimals;
        let program = TOKEN_CLASSIC;
        (collateral.mint, Mint { program, decimals })
    });
    OnChain {
        mints: mints.collect(),
        ..OnChain::default()
    }
}

/// A chain that has what the file describes.
pub fn deployed(file: &Deployment) -> OnChain {
    let (context, mut chain) = (context(), bare(file));
    let addresses = Addresses::of(file, &context);
    chain.clearinghouse = Some(Clearinghouse {
        version: 1,
        id: file.id,
        creator: context.authority,
        authority: context.authority,
        guardian: file.guardian.unwrap_or_default(),
        volatility_feed: file.volatility_feed.unwrap_or_default(),
        ..Clearinghouse::zeroed()
    });
    let mut header = RiskBook::zeroed();
    header.params.quote_per_usd = 1 << 32;
    header.params.quote_decimals = file.asset[0].decimals;
    header
        .params
        .set_terms(&file.risk_terms(), NOW - 5_000)
        .expect("terms");
    header.params.portfolio = file.portfolio_terms().fold();
    chain.risk_book = Some(RiskTables {
        header,
        assets: (0u16..)
            .zip(&file.asset)
            .map(|(at, asset)| asset_row(at, asset))
            .collect(),
        markets: file
            .market
            .iter()
            .map(|market| market_row(file, market))
            .collect(),
    });
    for collateral in &addresses.collaterals {
        let mut custody = Custody::zeroed();
        custody.outflow = Outflow::unlimited(NOW - 5_000);
        if let Some(outflow) = file.asset[usize::from(collateral.asset)].outflow {
            let decimals = file.asset[usize::from(collateral.asset)].decimals;
            let terms = outflow.terms(decimals);
            (custody.outflow.limit, custody.outflow.window) = (terms.limit, terms.window);
        }
        chain.custodies.insert(collateral.mint, custody);
    }
    let bytes = file.market.iter().map(|market| {
        let wanted = (MARKET_ORDERS + market.order_slots * 96).min(MARKET_LARGEST);
        let calls = (wanted - MARKET_QUEUE).div_ceil(10_240);
        Some((MARKET_QUEUE + calls * 10_240).min(MARKET_LARGEST))
    });
    chain.market_bytes = bytes.collect();
    chain.backstop = file.backstop;
    chain
}

fn asset_row(at: u16, asset: &AssetConfig) -> Asset {
    let mut row = Asset::zeroed();
    row.name = asset.name16();
    let oracle = asset.oracle_choice().expect("an oracle");
    oracle.write(&mut row);
    row.set_lot(asset.lot_exponent, asset.decimals)
        .expect("a lot");
    let collateral = at == 0 || asset.is_collateral();
    if collateral {
        row.mint = asset.mint.expect("a mint").to_bytes();
        row.vault = [1; 32];
    }
    row.set_terms(&asset.terms(collateral)).expect("terms");
    row.set_risk_terms(&asset.risk_terms());
    row
}

fn market_row(file: &Deployment, market: &MarketConfig) -> Market {
    let mut row = Market::zeroed();
    row.name = market.name16();
    row.tick_size = market.tick_size;
    row.kind = market.kind.number();
    row.contract.expiry = market.expiry.unwrap_or_default();
    row.contract.strike = Price(market.strike.unwrap_or_default() << 16);
    let asset = file
        .asset
        .iter()
        .position(|asset| asset.name == market.asset);
    row.asset = u16::try_from(asset.expect("an asset")).expect("an index");
    row.set_terms(&market.terms(file.quote_atoms()))
        .expect("terms");
    if market.mode == MarketMode::Ended {
        row.mode = MODE_SETTLEMENT;
    }
    row
}

/// The plan for a file, against this chain.
pub fn plan_of(file: &Deployment, chain: &OnChain) -> Plan {
    plan(file, &context(), chain).unwrap_or_else(|error| panic!("{error}"))
}

/// What each step of a plan does.
pub fn sentences(plan: &Plan) -> Vec<String> {
    plan.steps.iter().map(ToString::to_string).collect()
}

/// A limit on what may leave, in whole tokens.
pub fn outflow(limit: Option<u64>, window: u32) -> OutflowConfig {
    OutflowConfig { limit, window }
}
