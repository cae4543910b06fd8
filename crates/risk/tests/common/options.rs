//! Books of perpetuals, futures and options on one to three assets, with resting orders that are known one by one.

pub mod random;

use super::{NOW, PAR, World, asset_terms, dollars, market_terms, reading};
use counterweight_risk::{
    AccountCore, AccountMut, AccountView, Asset, Health, Lots, Moment, Position, Price, QuoteAtoms,
    Ratio, Ticks,
    account::MODEL_PORTFOLIO,
    option::SviTerms,
    orders::{OrderPrice, Side},
    portfolio::{Portfolio, Scan},
    standard::{Gains, initial, maintenance},
};

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

/// One asset at a hundred dollars, lots of 0.01: a quote dollar of notional each. A range and a volatility shift in basis
/// points, flat rates of ten per cent and five, prices without a width.
pub fn plain(range_bps: u32, shift_bps: u32) -> Desk {
    let mut world = World::new(PAR);
    let terms = asset_terms();
    world.add_asset(&terms, (-2, 6), &[reading(dollars(100), NOW)]);
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
