//! What a local network offers on top of its deployment: portfolio margin, and options on SOL.
//!
//! A file cannot say it: options end a while after the network has started, by its own clock. So the file stays what it is
//! for whoever counts its markets.

use crate::keys;
use counterweight_deploy::{CreditConfig, PortfolioConfig, ScanConfig, VolatilityConfig};
use counterweight_simnet::{Deployment, MarketConfig, MarketKind};
use solana_signer::Signer;

/// The underlying.
pub(crate) const UNDERLYING: &str = "SOL";
/// Weeks until the options end.
const WEEKS: [i64; 2] = [2, 4];
const WEEK: i64 = 7 * 86_400;
/// How far strikes are from the price of the start, in percent at least, and what they are whole multiples of, in dollars.
const AWAY: i64 = 5;
const STRIKES: i64 = 10;
/// Units of a dollar in a start price.
const DOLLAR: i64 = 100_000_000;
/// Orders that a book of options has room for: a maker's, and those of some people.
const ORDER_SLOTS: usize = 128;

/// Portfolio margin: never below 15 % of the Standard requirement, initially 1.65 times that of maintenance, and half of the
/// smaller scan saved where two assets stand on opposite sides.
const FLOOR_BPS: u32 = 1_500;
const INITIAL_BPS: u32 = 16_500;
const CREDIT_BPS: u16 = 5_000;

/// Options need an estimate of volatility; with a largest multiplier of one, no requirement follows it.
const VOLATILITY: VolatilityConfig = VolatilityConfig {
    deviations_bps: 30_000,
    horizon: 3_600,
    base_rate_bps: 300,
    most_bps: 10_000,
    ramp_per_hour_bps: 5_000,
    max_return_bps: 1_000,
    max_gap: 3_600,
};

/// A deployment with portfolio margin and options that end weeks after `now`. One without a perpetual on the underlying
/// stays as it is.
pub(crate) fn offered(mut file: Deployment, now: i64) -> Deployment {
    let perpetual = |market: &&MarketConfig| market.kind == MarketKind::Perpetual;
    let own = |market: &&MarketConfig| market.asset == UNDERLYING && perpetual(market);
    let Some(like) = file.market.iter().find(own).cloned() else {
        return file;
    };
    let perpetuals: Vec<_> = file.market.iter().filter(perpetual).cloned().collect();
    for market in &perpetuals {
        scan(&mut file, market);
    }
    let scanned: Vec<_> = perpetuals.iter().map(|market| &market.asset).collect();
    let credits = scanned.iter().filter(|asset| *asset != &UNDERLYING);
    file.portfolio.get_or_insert(PortfolioConfig {
        floor_bps: FLOOR_BPS,
        initial_bps: INITIAL_BPS,
        credits: credits
            .map(|second| CreditConfig {
                first: UNDERLYING.into(),
                second: (*second).clone(),
                ratio_bps: 10_000,
                credit_bps: CREDIT_BPS,
            })
            .collect(),
    });
    file.volatility_feed
        .get_or_insert(keys::volatility().pubkey());
    let options = options(&file, &like, now);
    file.market.extend(options);
    file
}

/// Scans an asset over the first maintenance rate of its perpetual, so that a bare position needs the same by both models.
fn scan(file: &mut Deployment, market: &MarketConfig) {
    let [_, rate] = market.tiers.first().copied().unwrap_or_default();
    let range = rate * u64::from(market.maintenance_fraction_bps) / 10_000;
    let range = u32::try_from(range).unwrap_or(0);
    let is_underlying = market.asset == UNDERLYING;
    for asset in file.asset.iter_mut().filter(|a| a.name == market.asset) {
        asset.scan.get_or_insert(ScanConfig {
            range_bps: range,
            spread_bps: range / 3,
            volatility_shift_bps: if is_underlying { 2_500 } else { 0 },
        });
        if is_underlying {
            asset.volatility.get_or_insert(VOLATILITY);
        }
    }
}

/// A put below and a call above the price of the start for each expiry, with the terms of the perpetual.
fn options(file: &Deployment, like: &MarketConfig, now: i64) -> Vec<MarketConfig> {
    let Some(asset) = file.asset.iter().find(|asset| asset.name == UNDERLYING) else {
        return Vec::new();
    };
    let step = STRIKES * DOLLAR;
    let below = (asset.start_price * (100 - AWAY) / 100) / step * STRIKES;
    let above = (asset.start_price * (100 + AWAY) / 100 + step - 1) / step * STRIKES;
    // Quote atoms a lot of a dollar a unit.
    let power = i32::from(file.asset[0].decimals) + i32::from(asset.lot_exponent);
    let atoms = 10u64.saturating_pow(power.max(0).unsigned_abs());
    let mut all = Vec::new();
    for weeks in WEEKS {
        for (kind, letter, dollars) in [
            (MarketKind::Put, 'P', below),
            (MarketKind::Call, 'C', above),
        ] {
            all.push(MarketConfig {
                name: format!("{UNDERLYING}-{weeks}W-{dollars}-{letter}"),
                kind,
                strike: Some(dollars.unsigned_abs() * atoms),
                expiry: Some(now + weeks * WEEK),
                order_slots: ORDER_SLOTS,
                ..like.clone()
            });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000;

    #[test]
    fn a_put_and_a_call_of_each_expiry_stand_behind_the_markets_of_the_file() {
        let file = Deployment::localnet();
        let offered = offered(file.clone(), NOW);
        let names: Vec<_> = offered.market.iter().map(|market| &market.name).collect();
        let own: Vec<_> = file.market.iter().map(|market| &market.name).collect();
        let (first, options) = names.split_at(own.len());
        assert_eq!(first, own);
        assert_eq!(
            options,
            [
                "SOL-2W-140-P",
                "SOL-2W-160-C",
                "SOL-4W-140-P",
                "SOL-4W-160-C"
            ]
        );
        let last = offered.market.last().expect("an option");
        assert_eq!(last.strike, Some(1_600_000));
        assert_eq!(last.expiry, Some(NOW + 28 * 86_400));
        crate::migrate::completed(offered)
            .check()
            .expect("within the program's bounds");
    }

    #[test]
    fn a_deployment_without_the_underlying_stays_as_it_is() {
        let mut file = Deployment::localnet();
        file.market.retain(|market| market.asset != UNDERLYING);
        let offered = offered(file.clone(), NOW);
        assert_eq!(offered.market.len(), file.market.len());
        assert!(offered.portfolio.is_none() && offered.volatility_feed.is_none());
    }
}
