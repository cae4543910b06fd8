//! Books of perpetuals, futures and options on one to three assets, with resting orders that are known one by one.

use super::{
    EXPONENT, NOW, PAR, World, asset_terms, market_terms,
    scenario::{arb_asset_terms, arb_fees},
};
use counterweight_risk::{
    AccountCore, AccountMut, AccountView, Asset, AssetTerms, Balance, Health, Lots, MarketTerms,
    Moment, Position, Price, QuoteAtoms, Ratio, Ticks,
    account::{MODEL_PORTFOLIO, MODEL_STANDARD},
    market::{KIND_CALL, KIND_FUTURE, KIND_PERPETUAL, KIND_PUT},
    option::SviTerms,
    orders::{OrderPrice, Side},
    portfolio::{Credit, Portfolio, Scan},
    price::Reading,
    standard::{Gains, initial, maintenance},
    tiers::{MIN_TIER, TierTerms},
};
use proptest::prelude::*;

/// Positions that an account has room for.
const SLOTS: usize = 16;

/// A resting order at a fixed price.
#[derive(Clone, Copy, Debug)]
pub struct Resting {
    pub market: u16,
    pub side: Side,
    pub ticks: u64,
    pub lots: i64,
}

/// A risk book with arrays, and an account.
#[derive(Clone)]
pub struct Desk {
    pub world: World,
    pub core: AccountCore,
    pub slots: Vec<Position>,
    pub orders: Vec<Resting>,
}

/// What a counterexample needs to be read: not a page of zeros.
impl std::fmt::Debug for Desk {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let portfolio = &self.world.params.portfolio;
        writeln!(out, "model {} cash {}", self.core.model, self.core.cash.0)?;
        writeln!(out, "floor {:?} x{:?}", portfolio.floor, portfolio.initial)?;
        for credit in portfolio.credits.iter().filter(|c| c.credit_bps > 0) {
            writeln!(out, "{credit:?}")?;
        }
        for (at, asset) in self.world.assets.iter().enumerate().skip(1) {
            let held = self.core.balance(u16::try_from(at).unwrap());
            let prices = [
                asset.initial_low,
                asset.maintenance_low,
                asset.index,
                asset.maintenance_high,
                asset.initial_high,
            ];
            let prices = prices.map(|price| price.0 as f64 / 65_536.0);
            let weights = [
                asset.weight_initial,
                asset.weight_maintenance,
                asset.pnl_weight,
            ];
            writeln!(
                out,
                "asset {at}: {prices:?} {weights:?} {:?} held {held} a lot {}",
                asset.scan, asset.atoms_per_lot
            )?;
        }
        for (at, row) in self.world.markets.iter().enumerate() {
            let (maintenance, initial) = (&row.maintenance.tiers, &row.initial.tiers);
            let rates = [maintenance[0].rate, initial[0].rate, initial[3].rate];
            let (upper, fee) = (initial[0].upper, row.maker_fee_tenths);
            writeln!(
                out,
                "market {at} on {} kind {} x{:?} {rates:?} to {upper} fee {fee}",
                row.asset, row.kind, row.multipliers
            )?;
            if row.is_option() {
                writeln!(out, "  {:?} {:?}", row.contract, row.array)?;
            }
        }
        for held in self.positions() {
            writeln!(out, "{held:?}")?;
        }
        write!(out, "{:?}", self.orders)
    }
}

impl Desk {
    pub fn new(world: World, model: u8) -> Self {
        let core = AccountCore {
            model,
            ..AccountCore::default()
        };
        Self {
            world,
            core,
            slots: vec![Position::default(); SLOTS],
            orders: Vec::new(),
        }
    }

    /// Opens a position. In any order of markets: the account keeps them sorted.
    pub fn hold(&mut self, market: u16, lots: i64, quote: i64) {
        if lots == 0 {
            return;
        }
        let row = self.world.markets[usize::from(market)];
        let filled = self
            .account()
            .fill(market, &row, Lots(lots), QuoteAtoms(quote), &Moment::OFF);
        let _ = filled.unwrap();
    }

    pub fn rest(&mut self, order: Resting) {
        let row = self.world.markets[usize::from(order.market)];
        let price = OrderPrice::Fixed(row.price_of(Ticks(order.ticks)).unwrap());
        let (side, lots) = (order.side, Lots(order.lots));
        let added = self
            .account()
            .add_order(order.market, &row, side, lots, price);
        added.unwrap();
        self.orders.push(order);
    }

    /// Fills lots of an order at its price and charges the maker.
    pub fn fill(&mut self, at: usize, lots: i64) {
        let order = self.orders[at];
        let row = self.world.markets[usize::from(order.market)];
        let whole = lots == order.lots;
        let removed =
            self.account()
                .remove_order(order.market, &row, order.side, Lots(lots), whole);
        removed.unwrap();
        self.orders[at].lots -= lots;
        if whole {
            self.orders.remove(at);
        }
        let signed = order.side.signed(lots.unsigned_abs()).unwrap();
        let paid = signed.cost(Ticks(order.ticks), row.tick_size).unwrap().0;
        self.hold(order.market, signed.0, -paid);
        let value = paid.unsigned_abs();
        let taken = row.taker_fee(value, 0).unwrap();
        let fee = row.maker_fee(value, taken, 0).unwrap();
        self.core.cash = self.core.cash.minus(fee).unwrap();
    }

    pub fn account(&mut self) -> AccountMut<'_> {
        AccountMut {
            core: &mut self.core,
            slots: &mut self.slots,
        }
    }

    pub fn positions(&self) -> &[Position] {
        &self.slots[..usize::from(self.core.position_count)]
    }

    pub fn view(&self) -> AccountView<'_> {
        AccountView {
            cash: self.core.cash,
            interest: 0,
            balances: &self.core.balances,
            positions: self.positions(),
            model: self.core.model,
        }
    }

    pub fn keeping(&self) -> Health {
        maintenance(&self.world.book(), &self.view(), NOW).unwrap()
    }

    pub fn adding(&self, gains: Gains) -> Health {
        initial(&self.world.book(), &self.view(), NOW, u32::MAX, gains).unwrap()
    }

    pub fn surplus(&self, gains: Gains) -> i64 {
        self.adding(gains).free().unwrap().0
    }

    pub fn by(mut self, model: u8) -> Self {
        self.core.model = model;
        self
    }

    pub fn asset(&self, position: &Position) -> &Asset {
        &self.world.assets[usize::from(position.asset)]
    }

    /// Lots held in a market.
    pub fn lots(&self, market: u16) -> i64 {
        let held = self.positions().iter().filter(|held| held.market == market);
        held.map(|held| held.lots.0).sum()
    }

    /// All quote atoms that the account records: in cash and in positions.
    pub fn quote(&self) -> i128 {
        let open = self.positions().iter().map(|held| i128::from(held.quote.0));
        i128::from(self.core.cash.0) + open.sum::<i128>()
    }

    /// Prices of a lot, for adding risk: of the underlying, or of what an option is worth.
    pub fn row(&self, market: u16) -> Asset {
        let row = &self.world.markets[usize::from(market)];
        let asset = &self.world.assets[usize::from(row.asset)];
        row.priced(market, asset, NOW).unwrap()
    }

    pub fn without_orders(mut self) -> Self {
        for position in &mut self.slots {
            (position.bid_lots, position.ask_lots) = (Lots::ZERO, Lots::ZERO);
            position.bound(Side::Buy, None, None);
            position.bound(Side::Sell, None, None);
        }
        (self.core.open_orders, self.orders) = (0, Vec::new());
        self
    }
}

/// A smile that is the same volatility everywhere, to a rounding.
pub fn flat_smile(volatility: Ratio) -> SviTerms {
    let variance = (u64::from(volatility.0) * u64::from(volatility.0)) >> 14;
    SviTerms {
        a: u32::try_from(variance).unwrap(),
        sigma: 1,
        ..SviTerms::default()
    }
}

/// Makes a market an option and computes its array, at an index and a time.
pub fn write_option(
    world: &mut World,
    market: u16,
    (kind, strike, tenor): (u8, Price, i64),
    volatility: Ratio,
    (index, age): (Price, i64),
) {
    let row = &mut world.markets[usize::from(market)];
    row.kind = kind;
    (row.contract.strike, row.contract.expiry) = (strike, NOW + tenor);
    row.smile.svi = flat_smile(volatility);
    row.array.smile_time = NOW - age;
    let mut then = world.assets[usize::from(row.asset)];
    then.index = index;
    row.refresh_array(market, &then, NOW - age).unwrap();
}

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

/// One asset at a hundred dollars, lots of 0.01: a quote dollar of notional each. A range and a volatility shift in basis
/// points, flat rates of ten per cent and five, prices without a width.
pub fn plain(range_bps: u32, shift_bps: u32) -> Desk {
    let mut world = World::new(PAR);
    let terms = asset_terms();
    world.add_asset(&terms, (-2, 6), &[super::reading(super::dollars(100), NOW)]);
    world.assets[1].scan = Scan {
        range: Ratio::from_bps_ceil(range_bps),
        volatility_shift: Ratio::from_bps_ceil(shift_bps),
        ..Scan::default()
    };
    world.params.portfolio = Portfolio {
        floor: Ratio(1),
        initial: Ratio::from_bps_ceil(13_000),
        ..Portfolio::default()
    };
    world.add_market(1, &market_terms());
    Desk::new(world, MODEL_PORTFOLIO)
}

/// Adds an option at a strike in thousandths of the index, with so many days left, at a volatility of 60 %.
pub fn add_option(desk: &mut Desk, kind: u8, near: u64, days: i64) -> u16 {
    let market = desk.world.add_market(1, &market_terms());
    let index = desk.world.assets[1].index;
    let contract = (kind, Price(index.0 / 1_000 * near), days * 86_400);
    let volatility = Ratio((3 << 20) / 5);
    write_option(&mut desk.world, market, contract, volatility, (index, 0));
    market
}
