//! Random clearinghouses: risk books and accounts as they are on the chain, and such as never are.
#![allow(dead_code)] // each test and benchmark uses its part

pub mod crowd;
pub mod model;

use anchor_lang::{Discriminator, prelude::Pubkey};
use bytemuck::{Zeroable, bytes_of, cast_slice};
use counterweight::state::{Layout, MarginAccount, RiskBook};
use counterweight_risk::{
    Asset, AssetTerms, Balance, Lots, Market, MarketTerms, Position, Price, QuoteAtoms, RiskTerms,
    asset::ORACLE_PYTH_PULL,
    deleverage::era,
    interest::InterestTerms,
    market::{KIND_FUTURE, MODE_SETTLEMENT},
    tiers::TierTerms,
};
use counterweight_sdk::accounts::{Margin, RiskTables};

/// The clock at the beginning of every test.
pub const NOW: i64 = 1_800_000_000;

/// SplitMix64: the same seed gives the same numbers on every machine.
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        let mut rng = Self(seed.wrapping_mul(0xD129_0B26_88C3_9A2D));
        rng.bits();
        rng
    }

    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `limit`, which is not 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.bits() % limit
    }

    /// A number from `low` to `high`, both included.
    pub fn range(&mut self, low: i64, high: i64) -> i64 {
        low + self.below(high.abs_diff(low) + 1).cast_signed()
    }

    /// True in so many of a thousand cases.
    pub fn chance(&mut self, thousandths: u64) -> bool {
        self.below(1_000) < thousandths
    }

    /// A number of any length, the shorter ones as likely as the longer ones, and often at the end of its length.
    pub fn any_width(&mut self) -> u64 {
        let shift = self.below(64);
        match self.below(4) {
            0 => (1 << shift) - self.below(2),
            1 => (1 << shift) + 1,
            _ => self.bits() >> shift,
        }
    }

    /// The same of either sign.
    pub fn any_size(&mut self) -> i64 {
        let size = self.any_width().cast_signed();
        if self.chance(500) {
            size
        } else {
            size.wrapping_neg()
        }
    }

    pub fn key(&mut self) -> Pubkey {
        let words = [(); 4].map(|()| self.bits());
        Pubkey::new_from_array(bytemuck::cast(words))
    }
}

/// How far accounts and books are from those of every day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing is out of the ordinary.
    Plain,
    /// Deleveraged sides, markets in settlement, assets without a price, old prices: each in some part.
    Rare,
    /// The same, and figures that the program never writes, up to the end of their range.
    Wild,
}

fn asset_terms() -> AssetTerms {
    AssetTerms {
        max_age_initial: 60,
        max_age_liquidation: 600,
        max_confidence_bps: 200,
        max_divergence_bps: 1_000,
        stable_growth_bps: 100,
        weight_initial_bps: 8_000,
        weight_maintenance_bps: 9_000,
        pnl_weight_bps: 10_000,
        deposit_cap: 1 << 60,
        full_weight_deposits: 1 << 60,
    }
}

fn market_terms() -> MarketTerms {
    let tier = |upper, rate_bps| TierTerms { upper, rate_bps };
    MarketTerms {
        tiers: [
            tier(100_000_000_000, 200),
            tier(500_000_000_000, 500),
            tier(2_000_000_000_000, 1_000),
            tier(u64::MAX, 2_500),
        ],
        maintenance_fraction_bps: 5_000,
        penalty_start_bps: 10,
        penalty_max_bps: 90,
        insurance_share_bps: 2_000,
        price_band_bps: 100,
        max_open_interest: 1 << 44,
        min_order_lots: 1,
        funding_interval: 3_600,
        funding_cap_bps: 100,
        impact_notional: 1_000_000,
        scale_max_bps: 10_000,
        ..MarketTerms::default()
    }
}

/// A risk book with the quote token, `assets` others, and `markets` on them in turn.
pub fn tables(rng: &mut Rng, assets: usize, markets: usize, kind: Kind) -> RiskTables {
    let mut header = RiskBook::zeroed();
    header.version = RiskBook::VERSION;
    let terms = RiskTerms {
        max_depeg_bps: 100,
        liquidation_buffer_bps: 500,
        auction_seconds: 60,
        backstop_line_bps: 5_000,
        backstop_daily_loss: 1_000_000,
        profit_maturity: 3_600,
        interest: InterestTerms {
            at_kink_bps: 800,
            at_full_bps: 10_000,
            kink_bps: 2_000,
            surcharge_bps: 5_000,
            allowance: 1_000_000_000_000,
        },
    };
    header.params.set_terms(&terms, NOW).unwrap();
    header.params.quote_per_usd = 1 << 32;
    header.params.quote_decimals = 6;
    header.params.interest.debt = 1 << 40;
    header.params.interest.set_rate(1 << 42, NOW).unwrap();
    let mut tables = RiskTables {
        header,
        assets: vec![Asset::zeroed()],
        markets: Vec::new(),
    };
    tables.assets[0].atoms_per_lot = 1_000_000;
    for _ in 0..assets {
        add_asset(rng, &mut tables, kind);
    }
    for number in 0..markets {
        let asset = 1 + number % assets;
        add_market(rng, &mut tables, u16::try_from(asset).unwrap(), kind);
    }
    tables
}

pub fn add_asset(rng: &mut Rng, tables: &mut RiskTables, kind: Kind) {
    let mut row = Asset::zeroed();
    row.oracle_kind = ORACLE_PYTH_PULL;
    row.set_lot(-3, 9).unwrap();
    row.set_terms(&asset_terms()).unwrap();
    // From a sixteenth of an atom to a million quote tokens a thousandth of a unit.
    let price = rng.below(1 << 20).max(1 << 19) << rng.below(20);
    let published = NOW - rng.range(0, 300);
    set_price(rng, &mut row, price, published, kind);
    tables.assets.push(row);
    tables.header.asset_count += 1;
}

/// Writes a price as a refresh would, its interval too wide at times.
pub fn set_price(rng: &mut Rng, row: &mut Asset, price: u64, publish_time: i64, kind: Kind) {
    let width = if rng.chance(200) { price / 50 } else { 0 };
    row.index = Price(price);
    row.maintenance_low = Price(price - width);
    row.maintenance_high = Price(price + width);
    row.initial_low = Price(price - width - rng.below(price / 20 + 1));
    row.initial_high = Price(price + width + rng.below(price / 20 + 1));
    row.publish_time = publish_time;
    if kind != Kind::Plain && rng.chance(100) {
        row.publish_time = if rng.chance(300) {
            0
        } else {
            publish_time - 5_000
        };
    }
    if kind == Kind::Wild && rng.chance(50) {
        row.maintenance_low = Price(rng.any_width());
        row.maintenance_high = Price(rng.any_width());
        row.initial_low = Price(rng.any_width());
    }
}

pub fn add_market(rng: &mut Rng, tables: &mut RiskTables, asset: u16, kind: Kind) {
    let mut row = Market::zeroed();
    row.asset = asset;
    row.tick_size = 1;
    row.set_terms(&market_terms()).unwrap();
    row.address = rng.key().to_bytes();
    let price = tables.assets[usize::from(asset)].index.0.cast_signed();
    row.index = [(); 2].map(|()| rng.range(-price / 8, price / 8));
    if kind != Kind::Plain {
        deleverage(rng, &mut row);
        if rng.chance(100) {
            settle(rng, &mut row);
        }
        if rng.chance(30) {
            row.kind = KIND_FUTURE;
            count(rng, &mut row, price);
        }
    }
    if kind == Kind::Wild && rng.chance(100) {
        row.index = [(); 2].map(|()| rng.any_size());
        row.maintenance.tiers[rng.below(4) as usize].upper = rng.any_width();
        row.maintenance.tiers[rng.below(4) as usize].rate.0 = rng.bits() as u32;
    }
    tables.markets.push(row);
    tables.header.market_count += 1;
}

/// Closes a part of a side, or all of it, at times.
pub fn deleverage(rng: &mut Rng, row: &mut Market) {
    for side in 0..2 {
        if rng.chance(150) {
            let closed = if rng.chance(500) {
                0
            } else {
                rng.below(1 << 31)
            };
            row.era[side] = era(rng.below(3) as u32, closed);
            row.ended[side] = if rng.chance(500) {
                0
            } else {
                rng.below(1 << 32)
            };
            // An impossible book has indices at the end of their range.
            row.closed_index[side] =
                row.index[side].saturating_sub(rng.range(-1_000_000, 1_000_000));
        }
    }
}

/// Puts a market into settlement at a price.
pub fn settle(rng: &mut Rng, row: &mut Market) {
    row.mode = MODE_SETTLEMENT;
    row.settlement_price = rng.below(1 << 30);
}

/// Fixes a part of what a future settles at, around a price.
pub fn count(rng: &mut Rng, row: &mut Market, price: i64) {
    let seconds = rng.below(1_801);
    let mean = price.unsigned_abs() / 16 * (8 + rng.below(16));
    row.contract.expiry = NOW + 1_800 - seconds.cast_signed();
    row.contract.seconds = u32::try_from(seconds).unwrap();
    row.contract.sum = (mean >> 8).saturating_mul(seconds);
}

/// An account with so many positions in markets of the book, if there are so many.
pub fn account(rng: &mut Rng, tables: &RiskTables, positions: usize, kind: Kind) -> Margin {
    let mut all: Vec<usize> = (0..tables.markets.len()).collect();
    let some = positions.min(all.len());
    let markets: Vec<usize> = (0..some)
        .map(|_| all.swap_remove(rng.below(all.len() as u64) as usize))
        .collect();
    account_in(rng, tables, &markets, kind)
}

/// An account with a position in each of these markets, in as many slots at least.
pub fn account_in(rng: &mut Rng, tables: &RiskTables, markets: &[usize], kind: Kind) -> Margin {
    let mut header = MarginAccount::zeroed();
    header.version = MarginAccount::VERSION;
    header.id = rng.bits() as u16;
    header.sequence = 1 + rng.below(1_000);
    header.owner = rng.key();
    header.delegate = rng.key();
    let markets = markets.iter();
    let mut used: Vec<Position> = markets
        .map(|market| position(rng, tables, *market, kind))
        .collect();
    used.sort_by_key(Position::key);
    let core = &mut header.core;
    core.position_count = u16::try_from(used.len()).unwrap();
    core.open_orders = u16::from(rng.chance(200));
    core.liquidation_start = if rng.chance(20) { NOW - 30 } else { 0 };
    let worth: i64 = used.iter().map(|p| p.quote.0.saturating_abs() / 64).sum();
    core.cash = QuoteAtoms(if rng.chance(100) {
        -rng.range(1, worth + 10)
    } else {
        rng.range(0, 16 * (worth / 2) + 1_000_000)
    });
    core.debt.index = tables
        .header
        .params
        .interest
        .index
        .saturating_sub(rng.below(1 << 30));
    for at in 0..rng.below(4) as usize {
        let held = deposit(rng, tables);
        // An account has one entry an asset; free ones lie between.
        if rng.chance(600) && core.balance(held.asset) == 0 {
            core.balances[at] = held;
        }
    }
    if kind == Kind::Wild && rng.chance(50) {
        core.cash = QuoteAtoms(rng.any_size());
        core.debt.index = rng.any_width();
    }
    let mut slots = used;
    let spare = rng.below(4) as usize;
    slots.resize((slots.len() + spare).max(8), Position::default());
    Margin { header, slots }
}

fn deposit(rng: &mut Rng, tables: &RiskTables) -> Balance {
    let asset = 1 + rng.below(tables.assets.len() as u64 - 1);
    Balance {
        atoms: rng.any_width() >> 20,
        asset: u16::try_from(asset).unwrap(),
        ..Balance::default()
    }
}

/// A position of one to a few million quote tokens.
fn position(rng: &mut Rng, tables: &RiskTables, market: usize, kind: Kind) -> Position {
    let row = &tables.markets[market];
    let price = tables.assets[usize::from(row.asset)].index.0;
    let notional = 1_000_000 << rng.below(21);
    let size = (i128::from(notional) << 16) / i128::from(price.max(1));
    let mut lots = i64::try_from(size).unwrap().clamp(1, 1 << 44);
    lots = if rng.chance(500) { lots } else { -lots };
    let side = usize::from(lots < 0);
    let worth = (i128::from(lots) * i128::from(price)) >> 16;
    let entry = i128::from(rng.range(900, 1_100));
    let mut position = Position {
        market: u16::try_from(market).unwrap(),
        asset: row.asset,
        lots: Lots(lots),
        quote: QuoteAtoms(i64::try_from(-worth * entry / 1_000).unwrap()),
        index: row.index[side].saturating_sub(rng.range(-(price.cast_signed() / 100), 1 << 10)),
        era: row.era[side],
        bid_lots: Lots(rng.range(0, 3)),
        bid_price: Price(rng.below(1 << 40)),
        ..Position::default()
    };
    if kind != Kind::Plain {
        if rng.chance(100) {
            position.era = era(rng.below(3) as u32, rng.below(2) * rng.below(1 << 31));
        }
        if rng.chance(50) {
            position.lots = Lots(rng.range(-1, 1));
        }
    }
    if kind == Kind::Wild && rng.chance(80) {
        position.lots = Lots(rng.any_size());
        position.quote = QuoteAtoms(rng.any_size());
        position.index = rng.any_size();
    }
    position
}

/// An account's bytes as they are on the chain.
pub fn data_of(margin: &Margin) -> Vec<u8> {
    let mut data = MarginAccount::DISCRIMINATOR.to_vec();
    data.extend_from_slice(bytes_of(&margin.header));
    data.extend_from_slice(cast_slice(&margin.slots));
    data
}
