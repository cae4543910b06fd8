//! Portfolio margin of perpetuals: how it is offered here, who chooses it, and what it requires once more, from the
//! documents (docs/risk.md, section 16) in wide integers.

use crate::{
    ledger::{ASSETS, Account, BACKSTOP, Ledger, MARKETS, Outcome, require},
    naive::{div_up, now, requirement},
};
use counterweight_risk::{
    AssetRiskTerms, ScanTerms, VolatilityTerms,
    account::{MODEL_PORTFOLIO, MODEL_STANDARD},
    market::MODE_SETTLEMENT,
    portfolio::{CreditTerms, PortfolioTerms},
    standard::Gains,
};

const ONE: i128 = 1 << 20;
/// Who has chosen it from the start.
const SCANNED: [usize; 2] = [3, 4];

/// Offers it on the terms that a byte says.
pub fn offer(ledger: &mut Ledger, byte: u8) {
    // At most the first maintenance rate, which is 2.4 % or more.
    let ranges = [[240, 240], [100, 200], [240, 0], [50, 240]][usize::from(byte & 3)];
    for (row, range_bps) in ledger.assets[1..].iter_mut().zip(ranges) {
        let terms = AssetRiskTerms {
            volatility: VolatilityTerms::default(),
            scan: ScanTerms {
                range_bps,
                spread_bps: range_bps / 10,
                volatility_shift_bps: 0,
            },
        };
        terms.check().expect("terms of an asset");
        row.set_risk_terms(&terms);
    }
    let mut credits = [CreditTerms::default(); 8];
    credits[0] = CreditTerms {
        first: 1,
        second: 2,
        credit_bps: if byte & 4 == 0 { 5_000 } else { 9_500 },
        ratio_bps: if byte & 8 == 0 { 10_000 } else { 13_000 },
    };
    let terms = PortfolioTerms {
        floor_bps: 500,
        initial_bps: 13_000,
        credits,
    };
    terms
        .check(ASSETS as u16)
        .expect("terms of portfolio margin");
    ledger.params.portfolio = terms.fold();
    for at in SCANNED {
        ledger.accounts[at].core.model = MODEL_PORTFOLIO;
    }
}

impl Ledger {
    /// `set_risk_model`: the other one.
    pub fn choose_model(&mut self, at: usize) -> Outcome {
        require(at != BACKSTOP, "nobody owns the backstop")?;
        let core = &mut self.accounts[at].core;
        core.model = match core.model {
            MODEL_STANDARD => MODEL_PORTFOLIO,
            _ => MODEL_STANDARD,
        };
        self.require_initial(at, Gains::Weighted)?;
        self.leave_if_restored(at);
        Ok(())
    }

    /// Whether an account is judged by a scan of its book.
    pub fn is_scanned(&self, at: usize) -> bool {
        self.accounts[at].core.model == MODEL_PORTFOLIO && self.params.portfolio.floor.0 != 0
    }
}

/// What an asset's contracts are together.
struct Net {
    /// What all of it needs before credits.
    need: i128,
    /// Quote atoms of the net: longs, shorts; rounded down.
    sides: [i128; 2],
}

/// The maintenance requirement of an account that is scanned.
pub fn scanned(ledger: &Ledger, account: &Account, time: i64) -> i128 {
    let (mut standard, mut unscanned, mut needs) = (0, 0, 0);
    let mut sides = [[0; 2]; ASSETS];
    for (asset, sides) in sides.iter_mut().enumerate().skip(1) {
        let charge = standard_of(ledger, account, asset);
        standard += charge;
        if ledger.assets[asset].scan.range.0 == 0 {
            unscanned += charge;
            continue;
        }
        let net = net_of(ledger, account, asset, time);
        needs += net.need;
        *sides = net.sides;
    }
    let floor = i128::from(ledger.params.portfolio.floor.0);
    let scanned = needs - credit(ledger, &sides) + unscanned;
    scanned.max(div_up(standard * floor, ONE))
}

/// Lots of an account in each market on an asset, and the price that longs or shorts are counted at.
fn held(ledger: &Ledger, account: &Account, asset: usize) -> [i128; MARKETS] {
    let mut lots = [0; MARKETS];
    for position in account.positions() {
        let market = &ledger.markets[usize::from(position.market)];
        if usize::from(market.asset) == asset && market.mode != MODE_SETTLEMENT {
            lots[usize::from(position.market)] = now(position, market).0;
        }
    }
    lots
}

fn price(ledger: &Ledger, asset: usize, lots: i128) -> i128 {
    let row = &ledger.assets[asset];
    i128::from(if lots >= 0 {
        row.maintenance_high.0
    } else {
        row.maintenance_low.0
    })
}

fn standard_of(ledger: &Ledger, account: &Account, asset: usize) -> i128 {
    let lots = held(ledger, account, asset);
    let of = |(market, lots): (usize, &i128)| {
        let notional = div_up(lots.abs() * price(ledger, asset, *lots), 1 << 16);
        requirement(&ledger.markets[market], notional)
    };
    lots.iter().enumerate().map(of).sum()
}

fn net_of(ledger: &Ledger, account: &Account, asset: usize, time: i64) -> Net {
    let row = &ledger.assets[asset];
    let lots = held(ledger, account, asset);
    let mut net: i128 = lots.iter().sum();
    // Collateral hedges a short, by its weight, and is a contract of its own then.
    let covered = cover(ledger, account, asset, time).min((-net).max(0));
    net += covered;
    let all = || lots.iter().copied().chain([covered]);
    let longs: i128 = all().map(|lots| lots.max(0)).sum();
    let shorts: i128 = all().map(|lots| (-lots).max(0)).sum();
    let largest = all().map(i128::abs).max().unwrap_or(0);
    let hedged = longs.min(shorts).min(longs + shorts - largest);

    let product = net.abs() * price(ledger, asset, net);
    let worst = div_up(product, 1 << 16);
    let scan = div_up(worst * i128::from(row.scan.range.0), ONE);
    let dearest = i128::from(row.maintenance_high.0.max(row.maintenance_low.0));
    let basis = div_up(hedged * dearest, 1 << 16);
    let spread = div_up(basis * i128::from(row.scan.spread.0), ONE);
    let more = |(market, lots): (usize, &i128)| {
        let row = &ledger.markets[market];
        let first = i128::from(row.maintenance.tiers[0].rate.0);
        let above = requirement(row, worst) - div_up(worst * first, ONE);
        if *lots == 0 { 0 } else { above.max(0) }
    };
    let size = lots.iter().enumerate().map(more).max().unwrap_or(0);
    let mut sides = [0; 2];
    sides[usize::from(net < 0)] = product >> 16;
    Net {
        need: scan + spread + size,
        sides,
    }
}

/// Lots of collateral, after its weight; whole ones.
fn cover(ledger: &Ledger, account: &Account, asset: usize, time: i64) -> i128 {
    let row = &ledger.assets[asset];
    let stale = time - row.publish_time > i64::from(row.max_age_liquidation);
    let weight = if stale {
        row.weight_initial_full
    } else {
        row.weight_maintenance
    };
    let atoms = i128::from(account.core.balance(asset as u16));
    atoms * i128::from(weight.0) / (i128::from(row.atoms_per_lot) * ONE)
}

/// What opposite nets of both assets save: a share of the smaller scan of what is matched.
fn credit(ledger: &Ledger, sides: &[[i128; 2]; ASSETS]) -> i128 {
    let pair = &ledger.params.portfolio.credits[0];
    let ratio = i128::from(pair.ratio.0);
    let [first, second] = [pair.first, pair.second].map(usize::from);
    let range = |asset: usize| i128::from(ledger.assets[asset].scan.range.0);
    let saved = |side: usize| {
        let (a, b) = (sides[first][side], sides[second][1 - side]);
        let of_first = a.min(b * ONE / ratio);
        let of_second = (of_first * ratio / ONE).min(b);
        let smaller = (of_first * range(first) / ONE).min(of_second * range(second) / ONE);
        smaller * i128::from(pair.credit_bps) / 10_000
    };
    saved(0) + saved(1)
}
