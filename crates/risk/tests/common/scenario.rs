//! Random risk books and accounts, with the inputs kept so that a reference can start from them.

use super::{EXPONENT, NOW, PAR, World, asset_terms, market_terms, scale};
use counterweight_risk::{
    AccountView, AssetTerms, Balance, Lots, MarketTerms, Position, QuoteAtoms,
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
}

impl Scenario {
    pub fn account(&self) -> AccountView<'_> {
        AccountView {
            cash: QuoteAtoms(self.cash),
            balances: &self.balances,
            positions: &self.positions,
        }
    }

    /// The same account without its resting orders.
    pub fn without_orders(mut self) -> Self {
        for p in &mut self.positions {
            (p.bid_lots, p.bid_quote) = (Lots::ZERO, QuoteAtoms::ZERO);
            (p.ask_lots, p.ask_quote) = (Lots::ZERO, QuoteAtoms::ZERO);
        }
        self
    }
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
        insurance in 0u32..=8_000,
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
            ..market_terms()
        }
    }
}

/// A position in thousandths of what prices and ranges allow.
#[derive(Clone, Debug)]
struct Shape {
    lots: i64,
    entry: u32,
    moved: i32,
    bid: Option<(u32, u32)>,
    ask: Option<(u32, u32)>,
}

fn arb_shape() -> impl Strategy<Value = Shape> {
    // Order prices run from far below to far above the index: an order through it is the hard case.
    let order = || prop::option::of((1u32..1_000, 100u32..3_000));
    let lots = prop_oneof![1 => Just(0i64), 2 => -30i64..30, 6 => -(1i64 << 24)..1 << 24];
    (lots, 300u32..3_000, -200i32..200, order(), order()).prop_map(
        |(lots, entry, moved, bid, ask)| Shape {
            lots,
            entry,
            moved,
            bid,
            ask,
        },
    )
}

/// Lots are held below the size at which they would be worth 2^54 quote atoms.
fn shape_position(shape: &Shape, market: u16, input: &MarketInput, price: u64) -> Position {
    let price = i128::from(price);
    let most = narrow((1i128 << 70) / price).min(1 << 24);
    let lots = shape.lots.clamp(-most, most);
    let worth = |lots: i64, thousandths: u32| part((i128::from(lots) * price) >> 16, thousandths);
    let order = |order: Option<(u32, u32)>| {
        let lots = order.map_or(0, |(size, _)| narrow(part(i128::from(most), size)).max(1));
        (
            Lots(lots),
            QuoteAtoms(order.map_or(0, |(_, at)| narrow(worth(lots, at)))),
        )
    };
    let ((bid_lots, bid_quote), (ask_lots, ask_quote)) = (order(shape.bid), order(shape.ask));
    let side = usize::from(lots < 0);
    Position {
        market,
        asset: input.asset,
        lots: Lots(lots),
        quote: QuoteAtoms(-narrow(worth(lots, shape.entry))),
        index: input.index[side] - narrow(price * i128::from(shape.moved) / 1_000),
        bid_lots,
        bid_quote,
        ask_lots,
        ask_quote,
        ..Position::default()
    }
}

prop_compose! {
    /// One to three assets, one to four markets on them, an account with a position in each.
    pub fn arb_scenario()(
        quote_per_usd in prop_oneof![Just(PAR), PAR / 100 * 98..PAR / 100 * 102],
        assets in prop::collection::vec(arb_asset(), 1..=3),
        markets in prop::collection::vec(
            (any::<prop::sample::Index>(), arb_market_terms(), -(1i64 << 40)..1 << 40, -(1i64 << 40)..1 << 40),
            1..=4,
        ),
        shapes in prop::collection::vec(arb_shape(), 4),
        deposits in prop::collection::vec((any::<prop::sample::Index>(), 1u64..1 << 40), 0..=3),
        cash in -(1i64 << 50)..1 << 50,
    ) -> Scenario {
        let mut markets: Vec<MarketInput> = markets.into_iter().map(|(at, terms, long, short)| {
            let asset = u16::try_from(at.index(assets.len()) + 1).unwrap();
            MarketInput { asset, terms, index: [long, short] }
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
        world.markets[usize::from(market)].index = input.index;
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
    }
}

/// What a mantissa is as a risk price in this scenario, or nothing where it is out of range.
pub fn price_of(asset: &AssetInput, quote_per_usd: u64, mantissa: i64) -> Option<u64> {
    let reading = super::reading(mantissa, NOW);
    let risk = scale(asset.lot_exponent, quote_per_usd).apply(&reading);
    risk.ok().map(|risk| risk.index.0)
}
