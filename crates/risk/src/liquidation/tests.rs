use super::*;
use crate::{
    tiers::{Schedule, TierTerms},
    units::Price,
};
use bytemuck::Zeroable;
use proptest::prelude::*;

const BUFFER: Ratio = Ratio((1 << 20) / 10);

const fn at(price: Price) -> Marks {
    Marks {
        price,
        notional: price,
    }
}

fn market(rates: [u32; 3], uppers: [u64; 2], dust: u64) -> Market {
    let mut market = Market::zeroed();
    let tiers = [
        TierTerms {
            upper: uppers[0],
            rate_bps: rates[0],
        },
        TierTerms {
            upper: uppers[1],
            rate_bps: rates[1],
        },
        TierTerms {
            upper: u64::MAX,
            rate_bps: rates[2],
        },
        TierTerms {
            upper: u64::MAX,
            rate_bps: rates[2],
        },
    ];
    market.maintenance = Schedule::fold(&tiers, Ratio::ONE).unwrap();
    market.dust_notional = dust;
    market
}

#[test]
fn the_auction_rises_in_a_straight_line_and_stops() {
    let mut market = Market::zeroed();
    market.penalty_start = Ratio(100);
    market.penalty_max = Ratio(1_100);
    let mut params = RiskParams::zeroed();
    params.auction_seconds = 10;
    let rate = |elapsed| penalty_rate(&market, &params, elapsed).0;
    assert_eq!(
        [rate(-5), rate(0), rate(1), rate(10), rate(99)],
        [100, 100, 200, 1_100, 1_100]
    );
}

#[test]
fn an_account_stays_liquidatable_until_the_buffer_is_restored() {
    let health = |equity, requirement| Health {
        equity: QuoteAtoms(equity),
        requirement: QuoteAtoms(requirement),
    };
    assert!(!is_liquidatable(0, &health(100, 100), BUFFER));
    assert!(is_liquidatable(0, &health(99, 100), BUFFER));
    assert!(is_liquidatable(7, &health(105, 100), BUFFER));
    assert!(!is_liquidatable(7, &health(110, 100), BUFFER));
    assert!(!is_liquidatable(0, &health(0, 0), BUFFER));
    assert!(is_liquidatable(0, &health(-1, 0), BUFFER));
}

#[test]
fn an_account_without_equity_pays_no_penalty() {
    let market = market([500, 500, 500], [1 << 40, 1 << 41], 0);
    let candidate = Candidate {
        health: Health {
            equity: QuoteAtoms(-5_000),
            requirement: QuoteAtoms(50_000),
        },
        market: &market,
        lots: Lots(1_000),
        marks: at(Price::from_atoms(1_000).unwrap()),
        rate: Ratio::from_bps_floor(100),
        buffer: BUFFER,
        floor: None,
        scanned: None,
    };
    let step = candidate.step(u64::MAX).unwrap();
    assert_eq!(
        (step.lots, step.penalty.0, step.after.equity.0),
        (1_000, 0, -5_000)
    );
}

#[test]
fn a_position_below_the_dust_line_is_taken_whole() {
    let market = market([500, 500, 500], [1 << 40, 1 << 41], 1_000_000);
    let candidate = Candidate {
        health: Health {
            equity: QuoteAtoms(49_999),
            requirement: QuoteAtoms(50_000),
        },
        market: &market,
        lots: Lots(-1_000),
        marks: at(Price::from_atoms(1_000).unwrap()),
        rate: Ratio::from_bps_floor(100),
        buffer: BUFFER,
        floor: None,
        scanned: None,
    };
    assert_eq!(candidate.step(u64::MAX).unwrap().lots, 1_000);
    assert_eq!(candidate.step(7).unwrap().lots, 7);
}

prop_compose! {
    /// An account below its maintenance margin (or in liquidation below the buffer) with one
    /// position, and other requirement besides.
    fn cases()(
        rates in (50u32..1_000, 0u32..1_000, 0u32..2_000),
        uppers in (1u64..1 << 40, 1u64..1 << 40),
        lots in 1i64..1 << 24, short: bool,
        price in 1u64 << 12..1 << 40,
        other in 0i64..1 << 40, equity_bps in -2_000i128..10_999,
        penalty_share in 0u64..1_000, most in prop_oneof![Just(u64::MAX), 1u64..1 << 24],
    ) -> (Market, Lots, Price, Health, Ratio, u64) {
        let market = market(
            [rates.0, rates.0 + rates.1, rates.0 + rates.1 + rates.2],
            [uppers.0, uppers.0 + uppers.1], 0,
        );
        let lots = Lots(if short { -lots } else { lots });
        let price = Price(price);
        let charge = market.maintenance.requirement(lots.notional(price).unwrap()).unwrap();
        let requirement = i64::try_from(charge).unwrap() + other;
        let equity = i64::try_from(i128::from(requirement) * equity_bps / 10_000).unwrap();
        let first = u64::from(market.maintenance.tiers[0].rate.0);
        let rate = Ratio(u32::try_from(first * penalty_share / 1_000).unwrap());
        (market, lots, price,
         Health { equity: QuoteAtoms(equity), requirement: QuoteAtoms(requirement) }, rate, most)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn liquidation_never_lowers_the_ratio((market, lots, price, health, rate, most) in cases()) {
        let c = Candidate { health, market: &market, lots, marks: at(price), rate, buffer: BUFFER, floor: None, scanned: None };
        let step = c.step(most).unwrap();
        prop_assert!(step.after.is_no_worse_than(&health), "{:?} -> {:?}", health, step);
        prop_assert!(step.lots >= 1 && step.lots <= lots.size().min(most));
    }

    #[test]
    fn liquidation_never_overshoots_by_more_than_a_lot((market, lots, price, health, rate, most) in cases()) {
        let c = Candidate { health, market: &market, lots, marks: at(price), rate, buffer: BUFFER, floor: None, scanned: None };
        let step = c.step(most).unwrap();
        if step.lots > 1 {
            prop_assert!(!c.restores(&c.outcome(step.lots - 1).unwrap()), "{:?}", step);
        }
    }

    #[test]
    fn one_call_restores_what_one_market_can_restore((market, lots, price, health, rate, _) in cases()) {
        let c = Candidate { health, market: &market, lots, marks: at(price), rate, buffer: BUFFER, floor: None, scanned: None };
        let step = c.step(u64::MAX).unwrap();
        if c.restores(&c.outcome(lots.size()).unwrap()) {
            prop_assert!(is_restored(&step.after, BUFFER), "{:?}", step);
        }
    }

    #[test]
    fn a_penalty_is_within_the_auction_and_the_exchange_is_exact((market, lots, price, health, rate, most) in cases()) {
        let c = Candidate { health, market: &market, lots, marks: at(price), rate, buffer: BUFFER, floor: None, scanned: None };
        let step = c.step(most).unwrap();
        prop_assert!(step.penalty.0 >= 0);
        prop_assert!(step.penalty.0.unsigned_abs() <= rate.of_floor(step.value.0.unsigned_abs()).unwrap());
        prop_assert!(health.equity.0 > 0 || step.penalty.0 == 0);
        // Within an atom of lots · price.
        let exact = u128::from(step.lots) * u128::from(price.0);
        prop_assert!((u128::from(step.value.0.unsigned_abs()) << 16).abs_diff(exact) < 1 << 16);
        // The exchange itself never costs the account; the rounding is below two atoms.
        let moved = step.after.equity.0 + step.penalty.0 - health.equity.0;
        prop_assert!((0..=2).contains(&moved), "{moved}");
    }
}
