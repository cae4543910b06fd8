//! Random risk books and accounts, with the inputs kept so that a reference can start from them.

use super::{EXPONENT, NOW, PAR, World, asset_terms, market_terms, scale};
use counterweight_risk::{
    AccountView, AssetTerms, Balance, Lots, MarketTerms, Position, Price, QuoteAtoms,
    account::MODEL_STANDARD,
    orders::{Peg, Side},
    price::Reading,
    tiers::{MIN_TIER, TierTerms},
};
use proptest::prelude::*;

/// An asset as governance and the oracle gave it.
#[derive(Clone, Debug)]
pub struct AssetInput {
    pub terms: AssetTerms,
    pub lot_exponent: i8,
    pub decimals: u8,
    /// The first reading, from which the stable price starts, and the one in force.
    pub readings: [Reading; 2],
}

/// A market as governance gave it, and where its indices stand.
#[derive(Clone, Debug)]
pub struct MarketInput {
    /// In the risk book, so from 1.
    pub asset: u16,
    pub terms: MarketTerms,
    pub index: [i64; 2],
    pub tick_size: u64,
    /// Open interest by which the initial requirement was scaled last.
    pub open_interest: u64,
}

/// Inputs, the book that the engine made of them, and an account.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub quote_per_usd: u64,
    pub assets: Vec<AssetInput>,
    pub markets: Vec<MarketInput>,
    pub world: World,
    pub cash: i64,
    pub balances: Vec<Balance>,
    pub positions: Vec<Position>,
    pub model: u8,
}

impl Scenario {
    pub fn account(&self) -> AccountView<'_> {
        AccountView {
            cash: QuoteAtoms(self.cash),
            interest: 0,
            balances: &self.balances,
            positions: &self.positions,
            model: self.model,
        }
    }

    /// The same account without its resting orders.
    pub fn without_orders(mut self) -> Self {
        for p in &mut self.positions {
            clear(p, Side::Buy);
            clear(p, Side::Sell);
        }
        self
    }
}

/// Takes all orders off a side.
pub fn clear(position: &mut Position, side: Side) {
    match side {
        Side::Buy => position.bid_lots = Lots::ZERO,
        Side::Sell => position.ask_lots = Lots::ZERO,
    }
    position.bound(side, None, None);
}

/// A share of a whole in thousandths.
fn part(whole: i128, thousandths: u32) -> i128 {
    whole * i128::from(thousandths) / 1_000
}

fn narrow(wide: i128) -> i64 {
    i64::try_from(wide).unwrap()
}

prop_compose! {
    pub fn arb_asset_terms()(
        ages in (1u32..300, 0u32..3_000), confidence in 20u32..=1_000, divergence in 20u32..=5_000,
        growth in 1u32..=1_000, weights in (1u32..=9_900, 0u32..=1_000),
        gain in prop_oneof![Just(0u32), Just(10_000), 0u32..=10_000],
    ) -> AssetTerms {
        AssetTerms {
            max_age_initial: ages.0,
            max_age_liquidation: ages.0 + ages.1,
            max_confidence_bps: confidence,
            max_divergence_bps: divergence,
            stable_growth_bps: growth,
            weight_initial_bps: (weights.0 * weights.1 / 1_000).max(1),
            weight_maintenance_bps: weights.0,
            pnl_weight_bps: gain,
            ..asset_terms()
        }
    }
}

prop_compose! {
    /// Two readings, both usable for adding risk; the second is fresh at [`NOW`].
    fn arb_asset()(
        terms in arb_asset_terms(), lot_exponent in -4i8..=0,
        digits in 6u32..13, lead in 1_000u32..10_000, change in 500u32..2_000,
        width in 0u32..900, drift in -900i64..900, pause in 1i64..3_600, age in 0i64..300,
    ) -> AssetInput {
        let price = 10i64.pow(digits) / 1_000 * i64::from(lead);
        let published = NOW - age.min(i64::from(terms.max_age_initial));
        let reading = |price: i64, publish_time: i64| {
            let widest = i128::from(price) * i128::from(terms.max_confidence_bps) / 10_000;
            let furthest = i128::from(price) * i128::from(terms.max_divergence_bps) / 20_000;
            Reading {
                price,
                confidence: u64::try_from(part(widest, width)).unwrap(),
                average: price + narrow(furthest * i128::from(drift) / 1_000),
                exponent: EXPONENT,
                publish_time,
                posted_slot: u64::try_from(publish_time).unwrap(),
            }
        };
        let later = narrow(part(i128::from(price), change));
        let readings = [reading(price, published - pause), reading(later, published)];
        AssetInput { terms, lot_exponent, decimals: 6, readings }
    }
}

prop_compose! {
    /// Any schedule that is accepted, often with tiers as narrow as they may be.
    pub fn arb_tiers()(
        first in prop_oneof![MIN_TIER..MIN_TIER + 100, MIN_TIER..1 << 44],
        others in (prop_oneof![1u64..100, 1u64..1 << 44], prop_oneof![1u64..100, 1u64..1 << 44]),
        rates in (prop_oneof![1u32..4, 1u32..2_000], 0u32..2_000, 0u32..2_000, 0u32..4_000), used in 1usize..=4,
    ) -> [TierTerms; 4] {
        let uppers = [first, first + others.0, first + others.0 + others.1, u64::MAX];
        let steps = [rates.0, rates.1, rates.2, rates.3];
        let mut tiers = [TierTerms::default(); 4];
        let mut rate_bps = 0;
        for k in 0..4 {
            if k < used {
                rate_bps += steps[k];
            }
            let upper = if k + 1 >= used { u64::MAX } else { uppers[k] };
            tiers[k] = TierTerms { upper, rate_bps };
        }
        tiers
    }
}

prop_compose! {
    pub fn arb_market_terms()(
        tiers in arb_tiers(), fraction in 2_500u32..=9_500, penalties in (0u32..=1_000, 0u32..=1_000),
        insurance in 0u32..=8_000, (taker, maker) in arb_fees(),
        scale in (prop_oneof![Just(0u64), 0u64..1 << 24], 0u64..1 << 24, 10_000u32..=40_000),
    ) -> MarketTerms {
        let highest = (tiers[0].rate_bps * fraction / 10_000).saturating_sub(1);
        let penalty_max_bps = highest * penalties.0 / 1_000;
        MarketTerms {
            tiers,
            maintenance_fraction_bps: fraction,
            penalty_start_bps: penalty_max_bps * penalties.1 / 1_000,
            penalty_max_bps,
            insurance_share_bps: insurance,
            price_band_bps: 1,
            taker_fee_tenths_bps: taker,
            maker_fee_tenths_bps: maker,
            scale_start: scale.0,
            scale_end: scale.0 + scale.1,
            scale_max_bps: scale.2,
            ..market_terms()
        }
    }
}

/// The taker's fee and the maker's: a fee, nothing, or a rebate of at most what the taker pays.
pub fn arb_fees() -> impl Strategy<Value = (u32, i32)> {
    (0u32..=1_000).prop_flat_map(|taker| {
        let rebate = 0 - i32::try_from(taker).unwrap();
        (Just(taker), prop_oneof![Just(0), 0i32..=1_000, rebate..=0])
    })
}

/// The resting orders of a side in thousandths: lots of the most, a price of the index, an offset of
/// the index.
type OrdersShape = Option<(u32, Option<u32>, Option<i32>)>;

/// A position in thousandths of what prices and ranges allow.
#[derive(Clone, Debug)]
struct Shape {
    lots: i64,
    entry: u32,
    moved: i32,
    bids: OrdersShape,
    asks: OrdersShape,
}

fn arb_orders() -> impl Strategy<Value = OrdersShape> {
    // Order prices run from far below to far above the index: an order through it is the hard case.
    let fixed = prop_oneof![100u32..3_000, 900u32..1_100];
    let peg = prop_oneof![-1_100i32..2_000, -100i32..100];
    let bounds = prop_oneof![
        fixed.clone().prop_map(|at| (Some(at), None)),
        peg.clone().prop_map(|by| (None, Some(by))),
        (fixed, peg).prop_map(|(at, by)| (Some(at), Some(by))),
    ];
    prop::option::of((1u32..1_000, bounds).prop_map(|(lots, (at, by))| (lots, at, by)))
}

fn arb_shape() -> impl Strategy<Value = Shape> {
    let lots = prop_oneof![1 => Just(0i64), 2 => -30i64..30, 6 => -(1i64 << 24)..1 << 24];
    let entry = prop_oneof![300u32..3_000, 900u32..1_100];
    let moved = prop_oneof![Just(0i32), -200i32..200];
    (lots, entry, moved, arb_orders(), arb_orders()).prop_map(|(lots, entry, moved, bids, asks)| {
        Shape {
            lots,
            entry,
            moved,
            bids,
            asks,
        }
    })
}

/// Most lots of a position or a side: worth 2^54 quote atoms.
pub fn most_lots(price: u64) -> i64 {
    narrow((1i128 << 70) / i128::from(price)).min(1 << 24)
}

/// An offset from the index, in thousandths of it, as whole ticks.
pub fn peg_of(price: u64, tick_size: u64, thousandths: i32) -> Peg {
    let ticks = (i128::from(price) >> 16) * i128::from(thousandths) / 1_000 / i128::from(tick_size);
    let widest = i128::from(i32::MAX);
    Peg::of(i32::try_from(ticks.clamp(-widest, widest)).unwrap()).unwrap()
}

fn shape_orders(position: &mut Position, side: Side, shape: OrdersShape, price: u64, tick: u64) {
    let Some((size, fixed, peg)) = shape else {
        return;
    };
    let lots = narrow(part(i128::from(most_lots(price)), size)).max(1);
    match side {
        Side::Buy => position.bid_lots = Lots(lots),
        Side::Sell => position.ask_lots = Lots(lots),
    }
    let at = |thousandths| part(i128::from(price), thousandths).max(1);
    let fixed = fixed.map(|thousandths| Price(u64::try_from(at(thousandths)).unwrap()));
    let peg = peg.map(|thousandths| peg_of(price, tick, thousandths));
    position.bound(side, fixed, peg);
}

fn shape_position(shape: &Shape, market: u16, input: &MarketInput, price: u64) -> Position {
    let most = most_lots(price);
    let lots = shape.lots.clamp(-most, most);
    let worth = (i128::from(lots) * i128::from(price)) >> 16;
    let side = usize::from(lots < 0);
    let mut position = Position {
        market,
        asset: input.asset,
        lots: Lots(lots),
        quote: QuoteAtoms(-narrow(part(worth, shape.entry))),
        index: input.index[side] - narrow(i128::from(price) * i128::from(shape.moved) / 1_000),
        ..Position::default()
    };
    let tick = input.tick_size;
    shape_orders(&mut position, Side::Buy, shape.bids, price, tick);
    shape_orders(&mut position, Side::Sell, shape.asks, price, tick);
    position
}

prop_compose! {
    fn arb_market()(
        at in any::<prop::sample::Index>(), terms in arb_market_terms(),
        index in [-(1i64 << 40)..1 << 40, -(1i64 << 40)..1 << 40],
        tick_size in prop_oneof![Just(1u64), 1u64..1_000], open_interest in 0u64..1 << 25,
    ) -> (prop::sample::Index, MarketInput) {
        (at, MarketInput { asset: 0, terms, index, tick_size, open_interest })
    }
}

prop_compose! {
    /// One to three assets, one to four markets on them, an account with a position in each.
    pub fn arb_scenario()(
        quote_per_usd in prop_oneof![Just(PAR), PAR / 100 * 98..PAR / 100 * 102],
        assets in prop::collection::vec(arb_asset(), 1..=3),
        markets in prop::collection::vec(arb_market(), 1..=4),
        shapes in prop::collection::vec(arb_shape(), 4),
        deposits in prop::collection::vec((any::<prop::sample::Index>(), 1u64..1 << 40), 0..=3),
        cash in -(1i64 << 50)..1 << 50,
    ) -> Scenario {
        let mut markets: Vec<MarketInput> = markets.into_iter().map(|(at, market)| {
            let asset = u16::try_from(at.index(assets.len()) + 1).unwrap();
            MarketInput { asset, ..market }
        }).collect();
        // Accounts keep positions sorted by asset, then by market.
        markets.sort_by_key(|market| market.asset);
        build(quote_per_usd, assets, markets, &shapes, &deposits, cash)
    }
}

fn build(
    quote_per_usd: u64,
    assets: Vec<AssetInput>,
    markets: Vec<MarketInput>,
    shapes: &[Shape],
    deposits: &[(prop::sample::Index, u64)],
    cash: i64,
) -> Scenario {
    let mut world = World::new(quote_per_usd);
    for asset in &assets {
        let lot = (asset.lot_exponent, asset.decimals);
        world.add_asset(&asset.terms, lot, &asset.readings);
    }
    let mut positions = Vec::new();
    for (input, shape) in markets.iter().zip(shapes) {
        let market = world.add_market(input.asset, &input.terms);
        let row = &mut world.markets[usize::from(market)];
        (row.index, row.tick_size) = (input.index, input.tick_size);
        row.rescale(input.open_interest).unwrap();
        let price = world.assets[usize::from(input.asset)].index.0;
        positions.push(shape_position(shape, market, input, price));
    }
    let mut balances: Vec<Balance> = Vec::new();
    for (at, atoms) in deposits {
        let asset = u16::try_from(at.index(assets.len()) + 1).unwrap();
        if balances.iter().all(|b| b.asset != asset) {
            balances.push(Balance {
                atoms: *atoms,
                asset,
                ..Balance::default()
            });
        }
    }
    Scenario {
        quote_per_usd,
        assets,
        markets,
        world,
        cash,
        balances,
        positions,
        model: MODEL_STANDARD,
    }
}

/// What a mantissa is as a risk price in this scenario, or nothing where it is out of range.
pub fn price_of(asset: &AssetInput, quote_per_usd: u64, mantissa: i64) -> Option<u64> {
    let reading = super::reading(mantissa, NOW);
    let risk = scale(asset.lot_exponent, quote_per_usd).apply(&reading);
    risk.ok().map(|risk| risk.index.0)
}
