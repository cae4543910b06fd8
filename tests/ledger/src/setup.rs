//! How a clearinghouse is set up: from a fund that bears everything to one that bears nothing, from fine
//! lots to coarse ones.

use crate::ledger::{ACCOUNTS, ASSETS, Account, BACKSTOP, House, Ledger, Line, MARKETS, SLOTS};
use bytemuck::Zeroable;
use counterweight_risk::{
    AccountCore, Asset, AssetTerms, Market, MarketTerms, Outflow, Position, QuoteAtoms, RiskParams,
    RiskTerms,
    asset::{ORACLE_NONE, ORACLE_PYTH_PULL},
    interest::InterestTerms,
    price::Reading,
    tiers::TierTerms,
};

/// The first second.
pub const START: i64 = 1_800_000_000;
/// Quote atoms in a dollar.
pub const DOLLAR: i64 = 1_000_000;
/// Exponent of mantissas.
const EXPONENT: i32 = -8;
/// Dollars that each account has at first: the backstop nothing, a maker and a second account of its owner,
/// two with too much leverage, and a keeper.
const FUNDS: [i64; ACCOUNTS] = [0, 400_000, 5_000, 3_000, 2_000, 200_000];
/// Whose they are.
const OWNERS: [u8; ACCOUNTS] = [0, 1, 1, 2, 3, 4];
/// Dollars of a whole token of each asset.
const PRICES: [i64; ASSETS] = [1, 150, 4_000];
/// The asset of each market.
const UNDERLYING: [u16; MARKETS] = [1, 2, 1];

fn pick<T: Copy>(of: &[T], byte: u8) -> T {
    of[usize::from(byte) % of.len()]
}

/// A clearinghouse on its first second.
pub fn open(header: &[u8]) -> Ledger {
    let [fund, terms, lots, books] = [0, 1, 2, 3].map(|at| header[at]);
    let mut params = RiskParams::zeroed();
    params.quote_per_usd = 1 << 32;
    params.quote_decimals = 6;
    let risk = RiskTerms {
        max_depeg_bps: 200,
        liquidation_buffer_bps: pick(&[1_000, 100, 500, 5_000], terms >> 4),
        auction_seconds: pick(&[30, 1, 600], terms >> 6),
        backstop_line_bps: pick(&[5_000, 0, 9_000], terms),
        backstop_daily_loss: pick(&[300, 0, 3_000, 250_000], fund) * DOLLAR as u64,
        profit_maturity: pick(&[3_600, 60, 0, 604_800], terms >> 2),
        interest: InterestTerms {
            at_kink_bps: pick(&[800, 10_000, 0], books),
            at_full_bps: pick(&[50_000, 10_000], books >> 2),
            kink_bps: 2_000,
            surcharge_bps: pick(&[5_000, 0], books >> 3),
            allowance: 1_000 * DOLLAR as u64,
        },
    };
    risk.check().expect("terms of the clearinghouse");
    params
        .set_terms(&risk, START)
        .expect("terms of the clearinghouse");
    let mut ledger = Ledger {
        params,
        assets: [Asset::zeroed(); ASSETS],
        markets: [Market::zeroed(); MARKETS],
        lines: [Line::default(); MARKETS],
        accounts: [Account {
            owner: 0,
            core: AccountCore::zeroed(),
            slots: [Position::default(); SLOTS],
        }; ACCOUNTS],
        orders: Vec::new(),
        queue: Vec::new(),
        house: House::default(),
        vaults: [0; ASSETS],
        outflow: [Outflow::unlimited(START); ASSETS],
        now: START,
        mantissas: PRICES.map(|dollars| dollars * 100_000_000),
        funded: [0; MARKETS],
        silent: [false; ASSETS],
    };
    list_assets(&mut ledger, lots);
    list_markets(&mut ledger, books);
    pay_in(&mut ledger, pick(&[500, 0, 2_000, 50_000], fund >> 2));
    // The higher half of the byte says nothing else.
    if fund >> 4 & 3 == 3 {
        crate::scan::offer(&mut ledger, fund >> 6 | (terms & 0xC0) >> 4);
    }
    ledger
}

fn list_assets(ledger: &mut Ledger, byte: u8) {
    ledger.assets[0].oracle_kind = ORACLE_NONE;
    ledger.assets[0].set_lot(0, 6).expect("the quote token");
    for at in 1..ASSETS {
        let row = &mut ledger.assets[at];
        row.oracle_kind = ORACLE_PYTH_PULL;
        // A lot from a thousandth of a token to a whole one: then a lot is worth more than some accounts.
        let exponent = pick(&[-2, -3, 0, -1], byte >> (2 * at));
        row.set_lot(exponent, 9).expect("a lot");
        let weights = pick(&[[8_000, 9_000], [4_000, 6_000], [9_800, 9_900]], byte);
        let terms = AssetTerms {
            max_age_initial: 60,
            max_age_liquidation: 300,
            max_confidence_bps: 100,
            max_divergence_bps: 1_000,
            stable_growth_bps: 200,
            weight_initial_bps: weights[0],
            weight_maintenance_bps: weights[1],
            pnl_weight_bps: pick(&[9_000, 10_000, 0], byte >> 2),
            deposit_cap: 1 << 50,
            full_weight_deposits: pick(&[1 << 50, 10_000_000_000], byte >> 4),
        };
        terms.check(true, false).expect("terms of an asset");
        row.set_terms(&terms).expect("terms of an asset");
        let price = ledger.mantissas[at];
        record(ledger, at, price, 0, price).expect("a first price");
    }
}

/// Brings a price to an asset.
pub fn record(
    ledger: &mut Ledger,
    at: usize,
    price: i64,
    confidence: u64,
    average: i64,
) -> Result<bool, counterweight_risk::RiskError> {
    let row = &mut ledger.assets[at];
    let scale = ledger.params.scale(at == 0, row.lot_exponent, EXPONENT);
    let reading = Reading {
        price,
        confidence,
        average,
        exponent: EXPONENT,
        publish_time: ledger.now,
        posted_slot: ledger.now as u64,
    };
    ledger.mantissas[at] = price;
    row.record(&reading, scale, ledger.now)
}

fn list_markets(ledger: &mut Ledger, byte: u8) {
    let tier = |dollars: u64, rate_bps| TierTerms {
        upper: dollars.saturating_mul(DOLLAR as u64),
        rate_bps,
    };
    let last = tier(u64::MAX, 1_500);
    for (row, asset) in ledger.markets.iter_mut().zip(UNDERLYING) {
        let terms = MarketTerms {
            tiers: [tier(20_000, 400), tier(250_000, 800), last, last],
            maintenance_fraction_bps: pick(&[6_000, 9_500], byte),
            penalty_start_bps: 50,
            penalty_max_bps: 200,
            insurance_share_bps: pick(&[3_000, 0, 8_000], byte >> 1),
            price_band_bps: 300,
            trade_fee_tenths_bps: pick(&[20, 0], byte >> 3),
            max_open_interest: 1 << 40,
            dust_notional: pick(&[100 * DOLLAR as u64, 0], byte >> 4),
            taker_fee_tenths_bps: 30,
            maker_fee_tenths_bps: pick(&[-5, 2, 0, 30], byte >> 5),
            min_order_lots: 1,
            funding_interval: 3_600,
            funding_cap_bps: 100,
            impact_notional: 1,
            scale_start: 1 << 20,
            scale_end: 1 << 24,
            scale_max_bps: 20_000,
            trigger_fee: 0,
            mode: 0,
        };
        terms.check().expect("terms of a market");
        row.asset = asset;
        row.tick_size = 100;
        row.set_terms(&terms).expect("terms of a market");
    }
}

fn pay_in(ledger: &mut Ledger, fund: i64) {
    for (at, dollars) in FUNDS.iter().enumerate() {
        let account = &mut ledger.accounts[at];
        account.owner = OWNERS[at];
        account.core.cash = QuoteAtoms(dollars * DOLLAR);
        ledger.vaults[0] += (dollars * DOLLAR) as u64;
    }
    for (at, asset, atoms) in [(2, 2, 2_000_000_000), (4, 1, 20_000_000_000)] {
        let credited = ledger.accounts[at].core.credit(asset, atoms);
        credited.expect("a first deposit");
        ledger.vaults[usize::from(asset)] += atoms;
        let noted = ledger.note_vault(usize::from(asset));
        noted.expect("a first deposit");
    }
    ledger.house.insurance = fund * DOLLAR;
    ledger.vaults[0] += (fund * DOLLAR) as u64;
    debug_assert_eq!(ledger.accounts[BACKSTOP].core.cash.0, 0);
}
