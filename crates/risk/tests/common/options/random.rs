//! Random desks: any prices, terms, contracts and orders that are allowed.

use super::{Desk, Resting, write_option};
use crate::common::{
    EXPONENT, NOW, PAR, World, market_terms,
    scenario::{arb_asset_terms, arb_fees},
};
use counterweight_risk::{
    AssetTerms, Balance, MarketTerms, Price, Ratio,
    account::{MODEL_PORTFOLIO, MODEL_STANDARD},
    market::{KIND_CALL, KIND_FUTURE, KIND_PERPETUAL, KIND_PUT},
    orders::Side,
    portfolio::{Credit, Portfolio, Scan},
    price::Reading,
    tiers::{MIN_TIER, TierTerms},
};
use proptest::prelude::*;

/// An asset, its prices and its terms in thousandths.
#[derive(Clone, Debug)]
struct AssetShape {
    terms: AssetTerms,
    lot_exponent: i8,
    price: i64,
    change: i64,
    width: u32,
    fraction: u32,
    range: u32,
    spread: u32,
    shift_bps: u32,
    multipliers: [u32; 2],
    drift: i64,
    age: i64,
}

prop_compose! {
    fn arb_asset()(
        terms in arb_asset_terms(), lot_exponent in -4i8..=0, digits in 7u32..13, lead in 1_000u32..10_000,
        change in prop_oneof![Just(1_000i64), 900i64..1_100, 500i64..2_000], width in prop_oneof![Just(0u32), 0u32..900],
        fraction in 2_500u32..=9_500, range in 2u32..=1_000, spread in 0u32..=1_000,
        shift_bps in 0u32..=9_000, steps in (0u32..=3, 0u32..=2),
        drift in prop_oneof![Just(0i64), -900i64..=900], age in 0i64..60,
    ) -> AssetShape {
        let price = 10i64.pow(digits) / 1_000 * i64::from(lead);
        let multipliers = [10_000 + 2_500 * steps.0, 10_000 + 2_500 * steps.0.min(steps.1)];
        AssetShape {
            terms, lot_exponent, price, change, width, fraction, range, spread, shift_bps, multipliers, drift, age,
        }
    }
}

/// A contract: its kind, its strike in thousandths of the index, its days and its volatility.
#[derive(Clone, Debug)]
pub struct MarketShape {
    asset: prop::sample::Index,
    kind: u8,
    near: u64,
    tenor: i64,
    volatility: Ratio,
    more: [u32; 2],
    upper: u64,
    fees: (u32, i32),
}

prop_compose! {
    pub fn arb_market()(
        asset in any::<prop::sample::Index>(),
        kind in prop_oneof![1 => Just(KIND_PERPETUAL), 1 => Just(KIND_FUTURE), 3 => Just(KIND_CALL), 3 => Just(KIND_PUT)],
        near in prop_oneof![500u64..2_000, 900u64..1_100, Just(1_000u64)],
        tenor in prop_oneof![1 => 60i64..86_400, 4 => 86_400i64..180 * 86_400],
        volatility in (1u32 << 18..=3 << 19).prop_map(Ratio),
        more in [0u32..1_000, 0u32..2_000], upper in prop_oneof![Just(u64::MAX), MIN_TIER..1 << 44], fees in arb_fees(),
    ) -> MarketShape {
        MarketShape { asset, kind, near, tenor, volatility, more, upper, fees }
    }
}

/// A position and its orders: lots, and thousandths of the most of them; prices in thousandths of the worth of a lot.
#[derive(Clone, Debug)]
pub struct PositionShape {
    lots: i64,
    entry: i64,
    orders: Vec<(bool, i64, u64)>,
}

pub fn arb_position() -> impl Strategy<Value = PositionShape> {
    let lots = prop_oneof![1 => Just(0i64), 2 => -30i64..30, 6 => -(1i64 << 24)..1 << 24];
    let order = (
        any::<bool>(),
        1i64..=1_000,
        prop_oneof![900u64..1_100, 100u64..3_000],
    );
    let orders = prop::collection::vec(order, 0..=3);
    (lots, 0i64..3_000, orders).prop_map(|(lots, entry, orders)| PositionShape {
        lots,
        entry,
        orders,
    })
}

/// Terms of portfolio margin: floor, initial, credits.
pub type OfferShape = (u32, u32, Vec<(u8, u8, u16, u32)>);

pub fn arb_offer() -> impl Strategy<Value = OfferShape> {
    let credit = (1u8..=3, 1u8..=3, 1u16..=9_500, 10u32..5_000);
    (
        prop_oneof![Just(100u32), 100u32..=9_900],
        11_000u32..=30_000,
        prop::collection::vec(credit, 0..=4),
    )
}

prop_compose! {
    /// Any desk, judged by either model.
    pub fn arb_desk()(
        assets in prop::collection::vec(arb_asset(), 1..=3),
        markets in prop::collection::vec(arb_market(), 2..=7),
        positions in prop::collection::vec(arb_position(), 7),
        offer in arb_offer(), deposits in prop::collection::vec(prop_oneof![Just(0u64), 0u64..1 << 44], 3), scanned: bool,
    ) -> Desk {
        let mut world = World::new(PAR);
        assets.iter().for_each(|shape| add_asset(&mut world, shape));
        markets.iter().for_each(|shape| add_market(&mut world, &assets, shape));
        world.params.portfolio = portfolio(&offer);
        let mut desk = Desk::new(world, if scanned { MODEL_PORTFOLIO } else { MODEL_STANDARD });
        for (at, atoms) in deposits.iter().enumerate().take(assets.len()) {
            let asset = u16::try_from(at + 1).unwrap();
            desk.core.balances[at] = Balance { atoms: *atoms, asset, ..Balance::default() };
        }
        for (at, shape) in positions.iter().enumerate().take(markets.len()) {
            add_position(&mut desk, u16::try_from(at).unwrap(), shape);
        }
        desk
    }
}

fn add_asset(world: &mut World, shape: &AssetShape) {
    let reading = |price: i64, publish_time: i64| Reading {
        price,
        confidence: price.unsigned_abs() / 10_000 * u64::from(shape.terms.max_confidence_bps)
            / 1_000
            * u64::from(shape.width),
        average: price,
        exponent: EXPONENT,
        publish_time,
        posted_slot: publish_time.unsigned_abs(),
    };
    let readings = [
        reading(shape.price, NOW - 1),
        reading(shape.price / 1_000 * shape.change, NOW),
    ];
    let terms = AssetTerms {
        max_age_liquidation: shape.terms.max_age_liquidation.max(60),
        ..shape.terms
    };
    let at = world.add_asset(&terms, (shape.lot_exponent, 6), &readings);
    let range = Ratio::from_bps_ceil((shape.fraction.min(5_000) * shape.range / 1_000).max(10));
    world.assets[usize::from(at)].scan = Scan {
        range,
        spread: Ratio(range.0 / 2 / 1_000 * shape.spread),
        volatility_shift: Ratio::from_bps_ceil(shape.shift_bps),
        ..Scan::default()
    };
}

fn add_market(world: &mut World, assets: &[AssetShape], shape: &MarketShape) {
    let at = shape.asset.index(assets.len());
    let on = &assets[at];
    let range = on.fraction.min(5_000) * on.range / 1_000;
    let first = (range.max(10) * 10_000).div_ceil(on.fraction) + 1 + shape.more[0];
    let rates = [first, first + shape.more[1]].map(|rate| rate.min(10_000));
    let tier = |upper, rate_bps| TierTerms { upper, rate_bps };
    let mut tiers = [tier(u64::MAX, rates[usize::from(shape.upper < u64::MAX)]); 4];
    tiers[0] = tier(shape.upper, rates[0]);
    let terms = MarketTerms {
        tiers,
        maintenance_fraction_bps: on.fraction,
        penalty_start_bps: 1,
        penalty_max_bps: (rates[0] * on.fraction / 10_000 - 1).min(200),
        price_band_bps: 1,
        taker_fee_tenths_bps: shape.fees.0,
        maker_fee_tenths_bps: shape.fees.1,
        ..market_terms()
    };
    let market = world.add_market(u16::try_from(at + 1).unwrap(), &terms);
    let row = &mut world.markets[usize::from(market)];
    let steps = on.multipliers.map(Ratio::from_bps_ceil);
    row.set_multipliers(steps).unwrap();
    row.kind = shape.kind;
    if shape.kind < KIND_CALL {
        return;
    }
    let asset = world.assets[at + 1];
    let index = asset.index;
    let drift = i128::from(asset.scan.range.of_floor(index.0).unwrap()) / 8;
    let then = i128::from(index.0) + drift * i128::from(on.drift) / 1_000;
    let strike = Price(index.0 / 1_000 * shape.near);
    let contract = (shape.kind, strike, shape.tenor);
    let then = (Price(u64::try_from(then).unwrap()), on.age);
    write_option(world, market, contract, shape.volatility, then);
}

fn portfolio((floor_bps, initial_bps, credits): &OfferShape) -> Portfolio {
    let mut portfolio = Portfolio {
        floor: Ratio::from_bps_ceil(*floor_bps),
        initial: Ratio::from_bps_ceil(*initial_bps),
        ..Portfolio::default()
    };
    let pairs = credits.iter().filter(|pair| pair.0 != pair.1);
    for (slot, &(first, second, credit_bps, ratio)) in portfolio.credits.iter_mut().zip(pairs) {
        *slot = Credit {
            ratio: Ratio::from_bps_floor(ratio * 10),
            credit_bps,
            first,
            second,
        };
    }
    portfolio
}

/// Most lots of a position or an order: a notional of 2^50 quote atoms.
fn most_lots(price: Price) -> i64 {
    let most = (1i128 << 66) / i128::from(price.0);
    i64::try_from(most).unwrap_or(i64::MAX).min(1 << 24)
}

fn add_position(desk: &mut Desk, market: u16, shape: &PositionShape) {
    let row = desk.world.markets[usize::from(market)];
    let most = most_lots(desk.world.assets[usize::from(row.asset)].index);
    let worth = desk.row(market).index.0;
    let lots = shape.lots.clamp(-most, most);
    let value = i128::from(lots) * i128::from(worth) / (1 << 16);
    let quote = -value * i128::from(shape.entry) / 1_000;
    desk.hold(market, lots, i64::try_from(quote).unwrap());
    for (buys, size, at) in &shape.orders {
        let ticks = u128::from(worth) * u128::from(*at) / (1_000 << 16);
        desk.rest(Resting {
            market,
            side: if *buys { Side::Buy } else { Side::Sell },
            ticks: u64::try_from(ticks).unwrap().max(1),
            lots: (most * size / 1_000).max(1),
        });
    }
}
