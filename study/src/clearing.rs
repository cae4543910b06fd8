//! A clearinghouse of the engine: its rows, on the terms of a setting, with prices as a refresh would record them.

use crate::{
    model::ASSETS,
    settings::{FRACTION, INITIAL, MAX_RETURN, MOST, PAIRS, RAMP, Setting, TIERS, WEIGHTS},
};
use bytemuck::Zeroable;
use counterweight_risk::{
    Asset, AssetRiskTerms, AssetTerms, Book, Market, MarketTerms, Price, RiskParams, RiskTerms,
    ScanTerms, VolatilityTerms,
    asset::{ORACLE_NONE, ORACLE_PYTH_PULL},
    interest::InterestTerms,
    market::{KIND_CALL, KIND_FUTURE, KIND_PERPETUAL, KIND_PUT},
    option::{Right, SviTerms},
    portfolio::{CreditTerms, PortfolioTerms},
    price::{Reading, Scale},
    risk_terms::check_range,
    tiers::TierTerms,
};

/// Contracts on each asset: a perpetual and a future.
pub const CONTRACTS: usize = 2;
/// Decimals of every asset, and exponent of every price.
const DECIMALS: u8 = 8;
const EXPONENT: i32 = -8;
/// Lots in powers of ten of the asset: a lot is worth 0.2 to 4 dollars.
const LOTS: [i8; ASSETS] = [-5, -3, -2, -1, 0, 0];
/// Half the width of the confidence interval, in parts of the price.
const WIDTH: i64 = 2_000;

/// An option that somebody wrote.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    /// Number of the asset.
    pub asset: usize,
    /// To what it is the right.
    pub right: Right,
    /// Its strike.
    pub strike: Price,
    /// When it ends.
    pub expiry: i64,
}

/// A clearinghouse.
#[derive(Clone, Debug)]
pub struct Clearing {
    params: RiskParams,
    /// The quote token, and the assets in the order of [`crate::model::MODELS`].
    pub assets: Vec<Asset>,
    /// Markets: perpetual and future of each asset; requirements that do not follow volatility.
    fixed: Vec<Market>,
    /// The same with requirements that do.
    following: Vec<Market>,
    scales: [Scale; ASSETS],
}

impl Clearing {
    /// On checked terms, without prices.
    pub fn new(setting: &Setting) -> Self {
        let mut params = RiskParams::zeroed();
        let terms = risk_terms();
        terms.check().expect("terms within their bounds");
        params.set_terms(&terms, 0).expect("checked");
        params.quote_per_usd = 1 << 32;
        params.quote_decimals = 6;
        let portfolio = portfolio_terms(setting);
        let count = u16::try_from(ASSETS + 1).expect("few");
        portfolio.check(count).expect("terms within their bounds");
        params.portfolio = portfolio.fold();
        let mut quote = Asset::zeroed();
        quote.oracle_kind = ORACLE_NONE;
        quote.set_lot(0, 6).expect("a token");
        let mut clearing = Self {
            assets: vec![quote],
            fixed: Vec::new(),
            following: Vec::new(),
            scales: LOTS.map(|lot| params.scale(false, lot, EXPONENT)),
            params,
        };
        for at in 0..ASSETS {
            clearing.add(at, setting);
        }
        clearing.following.clone_from(&clearing.fixed);
        clearing
    }

    fn add(&mut self, at: usize, setting: &Setting) {
        let mut asset = Asset::zeroed();
        asset.oracle_kind = ORACLE_PYTH_PULL;
        asset.set_lot(LOTS[at], DECIMALS).expect("a lot");
        let terms = asset_terms();
        terms.check(true, false).expect("terms within their bounds");
        asset.set_terms(&terms).expect("a new row");
        let terms = asset_risk_terms(at, setting);
        terms.check().expect("terms within their bounds");
        asset.set_risk_terms(&terms);
        let index = self.assets.len() as u16;
        for kind in [KIND_PERPETUAL, KIND_FUTURE] {
            let terms = market_terms(at, setting);
            terms.check().expect("terms within their bounds");
            let mut market = Market::zeroed();
            (market.asset, market.kind, market.tick_size) = (index, kind, 1);
            market.set_terms(&terms).expect("checked");
            self.fixed.push(market);
        }
        check_range(&asset.scan, index, &self.fixed).expect("a range within the rates");
        self.assets.push(asset);
    }

    /// Records a price in dollars for each asset.
    pub fn record(&mut self, prices: &[f64; ASSETS], now: i64) {
        for (at, price) in prices.iter().enumerate() {
            let price = (price * 1e8).round() as i64;
            let reading = Reading {
                price,
                confidence: (price / WIDTH).unsigned_abs(),
                average: price,
                exponent: EXPONENT,
                publish_time: now,
                posted_slot: now.unsigned_abs(),
            };
            let changed = self.assets[at + 1].record(&reading, self.scales[at], now);
            assert_eq!(changed, Ok(true), "{reading:?}");
        }
    }

    /// Lets requirements follow volatility, as a refresh does.
    pub fn follow(&mut self) {
        for market in &mut self.following {
            let steps = self.assets[usize::from(market.asset)].volatility.steps();
            if market.multipliers != steps {
                market.set_multipliers(steps).expect("within the bounds");
            }
        }
    }

    /// The markets; requirements follow volatility or not.
    pub fn markets(&self, follows: bool) -> &[Market] {
        if follows {
            &self.following
        } else {
            &self.fixed
        }
    }

    /// What the engine judges by, with these markets.
    pub fn book<'a>(&'a self, markets: &'a [Market]) -> Book<'a> {
        Book {
            params: &self.params,
            assets: &self.assets,
            markets,
        }
    }

    /// An option on an asset with its array of this moment, by the terms of the asset's perpetual.
    pub fn option(&self, follows: bool, written: &Written, volatility: f64, now: i64) -> Market {
        let mut market = self.markets(follows)[usize::from(market_of(written.asset, 0))];
        market.kind = match written.right {
            Right::Call => KIND_CALL,
            Right::Put => KIND_PUT,
        };
        (market.contract.strike, market.contract.expiry) = (written.strike, written.expiry);
        // A smile that is the same everywhere; a variance in parts of 2^26.
        market.smile.svi = SviTerms {
            a: (volatility * volatility * f64::from(1u32 << 26)).round() as u32,
            sigma: 1,
            ..SviTerms::default()
        };
        market.array.smile_time = now;
        let asset = &self.assets[written.asset + 1];
        market.refresh_array(0, asset, now).expect("priced");
        market
    }

    /// What the maintenance requirement of an asset is multiplied by at present, where it follows volatility.
    pub fn multiplier(&self, asset: usize) -> f64 {
        let [_, maintenance] = self.assets[asset + 1].volatility.multipliers();
        f64::from(maintenance.0) / f64::from(1u32 << 20)
    }
}

/// Dollars in quote atoms.
pub const DOLLAR: f64 = 1e6;

/// The number of the market of a contract on an asset.
pub fn market_of(asset: usize, contract: usize) -> u16 {
    (asset * CONTRACTS + contract) as u16
}

fn risk_terms() -> RiskTerms {
    RiskTerms {
        max_depeg_bps: 200,
        liquidation_buffer_bps: 1_000,
        auction_seconds: 30,
        backstop_line_bps: 5_000,
        backstop_daily_loss: 0,
        profit_maturity: 0,
        interest: InterestTerms {
            at_kink_bps: 800,
            at_full_bps: 10_000,
            kink_bps: 2_000,
            surcharge_bps: 5_000,
            allowance: 1_000_000_000_000,
        },
    }
}

fn portfolio_terms(setting: &Setting) -> PortfolioTerms {
    let mut terms = PortfolioTerms {
        floor_bps: setting.floor,
        initial_bps: INITIAL,
        ..PortfolioTerms::default()
    };
    let pairs = PAIRS.iter().zip(setting.credits);
    let credited = pairs.filter(|(_, credit)| *credit > 0);
    for (slot, ((first, second), credit)) in terms.credits.iter_mut().zip(credited) {
        *slot = CreditTerms {
            first: *first as u8 + 1,
            second: *second as u8 + 1,
            credit_bps: credit,
            ratio_bps: 10_000,
        };
    }
    terms
}

fn asset_terms() -> AssetTerms {
    AssetTerms {
        max_age_initial: 60,
        max_age_liquidation: 300,
        max_confidence_bps: 100,
        max_divergence_bps: 1_000,
        stable_growth_bps: 100,
        weight_initial_bps: WEIGHTS[0],
        weight_maintenance_bps: WEIGHTS[1],
        pnl_weight_bps: 9_000,
        deposit_cap: 1 << 60,
        full_weight_deposits: 1 << 60,
    }
}

fn asset_risk_terms(at: usize, setting: &Setting) -> AssetRiskTerms {
    let range_bps = setting.range(at);
    AssetRiskTerms {
        volatility: VolatilityTerms {
            deviations_bps: setting.deviations,
            horizon: 3_600,
            base_rate_bps: range_bps,
            most_bps: MOST,
            ramp_per_hour_bps: RAMP,
            max_return_bps: MAX_RETURN,
            max_gap: 900,
        },
        scan: ScanTerms {
            range_bps,
            spread_bps: setting.spread(at),
            volatility_shift_bps: setting.shift,
        },
    }
}

fn market_terms(at: usize, setting: &Setting) -> MarketTerms {
    let rate = setting.rate(at);
    let (uppers, shares) = TIERS[usize::from(at > 2)];
    let tier = |upper: u64, percent: u32| TierTerms {
        upper,
        rate_bps: (rate * percent / 100).min(10_000),
    };
    let last = tier(u64::MAX, shares[1]);
    let atoms = uppers.map(|dollars| dollars * 1_000_000);
    MarketTerms {
        tiers: [tier(atoms[0], 100), tier(atoms[1], shares[0]), last, last],
        maintenance_fraction_bps: FRACTION,
        penalty_start_bps: 50,
        penalty_max_bps: 150,
        insurance_share_bps: 3_000,
        price_band_bps: 300,
        trade_fee_tenths_bps: 20,
        max_open_interest: 1 << 40,
        dust_notional: 0,
        taker_fee_tenths_bps: 30,
        maker_fee_tenths_bps: 0,
        min_order_lots: 1,
        funding_interval: 3_600,
        funding_cap_bps: 100,
        impact_notional: 1,
        scale_start: 0,
        scale_end: 0,
        scale_max_bps: 10_000,
        trigger_fee: 0,
        mode: 0,
    }
}
