//! What a [`World`] has besides perpetuals: portfolio margin with a credit between two assets, options and a future
//! that end two hours after the start, options that end two days later, and a feed of volatilities.

use crate::snapshot::Snapshot;
use counterweight::Guards;
use counterweight_risk::{
    Asset, AssetRiskTerms, Market, Price, ScanTerms, VolatilityTerms,
    account::MODEL_PORTFOLIO,
    market::{KIND_PERPETUAL, MODE_SETTLEMENT},
    portfolio::{CreditTerms, PortfolioTerms},
};
use counterweight_simnet::{Deployment, Exchange, Keypair, MarketKind, Signer, keypair};

/// SOL: what most options are on.
pub const SOL: u16 = 1;
/// ETH: what SOL is credited against.
pub const ETH: u16 = 3;
/// Seconds until the first contracts end.
pub const NEAR: i64 = 7_200;
/// Seconds until the last do.
pub const FAR: i64 = 2 * 86_400;
/// Markets of [`crate::world::deployment`]: the first is on SOL, the third on ETH.
const LIKE: [(u16, u16); 2] = [(SOL, 0), (ETH, 2)];

/// Who has a part in it.
#[derive(Clone, Copy, Debug)]
pub struct Derivatives {
    /// Who sets smiles, as an index of [`crate::world::World::people`].
    pub feed: usize,
}

/// How requirements on an asset follow its volatility, up to twice, and how it is scanned.
pub fn asset_risk(range_bps: u32) -> AssetRiskTerms {
    AssetRiskTerms {
        volatility: VolatilityTerms {
            deviations_bps: 30_000,
            horizon: 3_600,
            base_rate_bps: 300,
            most_bps: 20_000,
            ramp_per_hour_bps: 20_000,
            max_return_bps: 300,
            max_gap: 3_600,
        },
        scan: ScanTerms {
            range_bps,
            spread_bps: range_bps / 10,
            volatility_shift_bps: 2_500,
        },
    }
}

/// Portfolio margin, with a credit of so many basis points between SOL and ETH; none for nothing.
pub fn portfolio(floor_bps: u32, credit_bps: u16) -> PortfolioTerms {
    let mut credits = [CreditTerms::default(); 8];
    if credit_bps > 0 {
        credits[0] = CreditTerms {
            first: SOL as u8,
            second: ETH as u8,
            credit_bps,
            ratio_bps: 10_000,
        };
    }
    PortfolioTerms {
        floor_bps,
        initial_bps: 13_000,
        credits,
    }
}

/// The exchange of [`crate::world::deployment`] with small books: a snapshot reads all of them.
pub fn small(mut deployment: Deployment) -> Deployment {
    for market in &mut deployment.market {
        market.order_slots = 64;
    }
    deployment
}

/// Adds the contracts to an exchange, and offers portfolio margin. Returns who is the feed.
///
/// # Panics
/// If the program refuses any of it.
pub fn offer(x: &mut Exchange) -> Keypair {
    let authority = x.authority.pubkey();
    for asset in [SOL, 2, ETH] {
        let set = x.venue.set_asset_risk(authority, asset, asset_risk(200));
        x.govern(set).expect("set_asset_risk");
    }
    let set = x
        .venue
        .set_portfolio_terms(authority, portfolio(500, 5_000));
    x.govern(set).expect("set_portfolio_terms");
    let feed = keypair("feed");
    let appoint = x.venue.set_volatility_feed(authority, feed.pubkey());
    x.govern(appoint).expect("set_volatility_feed");

    let begun = x.chain.time();
    let future = x.add_future(0, "SOL-2H", begun + NEAR);
    future.expect("a future");
    for (asset, name, kind, after) in [
        (SOL, "SOL-2H-C", MarketKind::Call, NEAR),
        (SOL, "SOL-2H-P", MarketKind::Put, NEAR),
        (SOL, "SOL-2D-C", MarketKind::Call, FAR),
        (SOL, "SOL-2D-P", MarketKind::Put, FAR),
        (ETH, "ETH-2D-C", MarketKind::Call, FAR),
    ] {
        let at = LIKE.iter().find(|(of, _)| *of == asset);
        let like = at.expect("an asset with a perpetual").1;
        // At the money.
        let strike = x.tables().assets[usize::from(asset)].index.0 >> 16;
        let option = x.add_option(like, name, kind, strike, begun + after);
        option.expect("an option");
    }
    feed
}

/// Lets an account choose portfolio margin.
///
/// # Panics
/// If the program refuses it.
pub fn scan(x: &mut Exchange, owner: &Keypair, margin: anchor_lang::prelude::Pubkey) {
    let key = owner.pubkey();
    let choose = x
        .venue
        .set_risk_model(key, margin, MODEL_PORTFOLIO, Guards::default());
    x.chain.send(&[choose], &[owner]).expect("set_risk_model");
}

/// The rows of a market and its asset.
pub fn rows(now: &Snapshot, market: u16) -> (&Market, &Asset) {
    let row = &now.tables.markets[usize::from(market)];
    (row, &now.tables.assets[usize::from(row.asset)])
}

/// What a lot is worth: the index, or of an option its mark, as good as that is known.
pub fn worth(now: &Snapshot, market: u16) -> Price {
    let (row, asset) = rows(now, market);
    let priced = row.priced(market, asset, now.time);
    priced.map_or(row.array.mark, |priced| priced.index)
}

/// Markets that are open and fit.
pub fn running(now: &Snapshot, fits: impl Fn(&Market) -> bool) -> Vec<u16> {
    let rows = now.tables.markets.iter().enumerate();
    let open = |row: &Market| row.mode != MODE_SETTLEMENT && !row.awaits_settlement(now.time);
    let found = rows.filter(|(_, row)| open(row) && fits(row));
    found.map(|(at, _)| at as u16).collect()
}

/// Options that have not ended and whose arrays cannot be used at the moment.
pub fn unpriced(now: &Snapshot) -> Vec<u16> {
    let mut found = running(now, Market::is_option);
    found.retain(|market| {
        let (row, asset) = rows(now, *market);
        row.array.check(*market, asset, now.time).is_err()
    });
    found
}

/// Contracts that have ended and wait for their settlement.
pub fn ended(now: &Snapshot) -> Vec<u16> {
    let rows = now.tables.markets.iter().enumerate();
    let waiting = rows.filter(|(_, row)| row.awaits_settlement(now.time));
    waiting.map(|(at, _)| at as u16).collect()
}

/// Whether a market is a perpetual.
pub fn is_perpetual(row: &Market) -> bool {
    row.kind == KIND_PERPETUAL
}
