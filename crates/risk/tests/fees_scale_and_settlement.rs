//! What a market charges for a trade, how its requirement grows with its open interest, and what is left
//! of it in settlement.

mod common;

use bytemuck::Zeroable;
use common::{
    NOW, flat_tiers, market_terms,
    scenario::{Scenario, arb_fees, arb_market_terms, arb_scenario},
};
use counterweight_risk::{
    Health, Lots, Market, MarketTerms, Position, QuoteAtoms, Ratio,
    market::MODE_SETTLEMENT,
    standard::{Gains, initial, maintenance},
    tiers::Schedule,
};
use proptest::prelude::*;

/// A market with nothing but these fees.
fn charging((taker, maker): (u32, i32)) -> Market {
    let terms = MarketTerms {
        taker_fee_tenths_bps: taker,
        maker_fee_tenths_bps: maker,
        ..market_terms()
    };
    terms.check().unwrap();
    let mut market = Market::zeroed();
    market.set_terms(&terms).unwrap();
    market
}

/// Values of every length that a trade can have.
fn arb_value() -> impl Strategy<Value = u64> {
    (0u32..60, 0u64..1 << 60).prop_map(|(bits, value)| value >> bits)
}

#[test]
fn a_taker_pays_the_atom_that_was_begun_and_a_maker_does_not() {
    let market = charging((50, 20)); // 5 and 2 basis points
    assert_eq!(market.taker_fee(1, 0), Ok(1));
    assert_eq!(market.maker_fee(4_999, 3, 0), Ok(QuoteAtoms(0)));
    assert_eq!(market.taker_fee(10_000, 0), Ok(5));
    assert_eq!(market.taker_fee(10_001, 0), Ok(6));
    assert_eq!(market.maker_fee(9_999, 5, 0), Ok(QuoteAtoms(1)));
    assert_eq!(market.maker_fee(10_000, 5, 0), Ok(QuoteAtoms(2)));
    // Half price.
    assert_eq!(market.taker_fee(20_001, 5_000), Ok(6));
    assert_eq!(market.maker_fee(19_999, 6, 5_000), Ok(QuoteAtoms(1)));
    assert_eq!(market.taker_fee(20_001, 10_000), Ok(0));
    assert_eq!(market.taker_fee(20_001, u16::MAX), Ok(0));
    let rebating = charging((50, -20));
    assert_eq!(rebating.maker_fee(14_999, 8, 0), Ok(QuoteAtoms(-2)));
    assert_eq!(rebating.maker_fee(10_000, 1, 0), Ok(QuoteAtoms(-1)));
    // No maker gains by a discount on what it receives.
    assert_eq!(rebating.maker_fee(10_000, 5, 10_000), Ok(QuoteAtoms(-2)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn no_trade_costs_the_exchange_anything(
        fees in arb_fees(), value in arb_value(), taker: u16, maker in 0u16..=10_000,
    ) {
        let market = charging(fees);
        let taken = market.taker_fee(value, taker).unwrap();
        let made = market.maker_fee(value, taken, maker).unwrap();
        prop_assert!(made.0 + i64::try_from(taken).unwrap() >= 0);
    }

    #[test]
    fn a_taker_rounds_up_and_a_maker_down(
        fees in arb_fees(), value in arb_value(), discounts in (0u16..=10_000, 0u16..=10_000),
    ) {
        let market = charging(fees);
        let whole = 1_000_000_000i128; // tenths of a basis point of a basis point
        let full = |discount: u16| 10_000 - i128::from(discount);
        let taken = market.taker_fee(value, discounts.0).unwrap();
        let exact = i128::from(value) * i128::from(fees.0) * full(discounts.0);
        let over = i128::from(taken) * whole - exact;
        prop_assert!((0..whole).contains(&over), "{}", over);
        let made = i128::from(market.maker_fee(value, u64::MAX >> 1, discounts.1).unwrap().0);
        let exact = if fees.1 < 0 {
            i128::from(value) * i128::from(fees.1) * 10_000
        } else {
            i128::from(value) * i128::from(fees.1) * full(discounts.1)
        };
        // A fee is rounded down, and so is the size of a rebate.
        let under = exact.abs() - made.abs() * whole;
        prop_assert!((0..whole).contains(&under), "{}", under);
        prop_assert!(made == 0 || (made < 0) == (fees.1 < 0));
    }

    #[test]
    fn a_discount_never_costs_and_more_value_never_pays_less(
        fees in arb_fees(), value in arb_value(), more in 0u64..1 << 50, discount in 0u16..=10_000,
        larger in 0u16..=10_000,
    ) {
        let market = charging(fees);
        let (small, large) = (discount.min(larger), discount.max(larger));
        let fee = |value, discount| market.taker_fee(value, discount).unwrap();
        prop_assert!(fee(value, large) <= fee(value, small));
        prop_assert!(fee(value, small) <= fee(value + more, small));
        let made = |discount| market.maker_fee(value, u64::MAX >> 1, discount).unwrap();
        prop_assert!(made(large) <= made(small));
    }

    /// From the rates of the terms to at most four times them; never below maintenance.
    #[test]
    fn the_requirement_grows_with_open_interest(
        terms in arb_market_terms(), mut interests in [0u64..1 << 26, 0u64..1 << 26],
        notional in arb_value().prop_map(|value| value >> 8),
    ) {
        let mut market = Market::zeroed();
        market.set_terms(&terms).unwrap();
        interests.sort_unstable();
        let mut at = |interest| {
            market.rescale(interest).unwrap();
            (market.initial.requirement(notional).unwrap(), market.scale)
        };
        let unscaled = Schedule::fold(&terms.tiers, Ratio::ONE).unwrap();
        let most = Schedule::fold(&terms.tiers, Ratio::from_bps_ceil(terms.scale_max_bps)).unwrap();
        let (first, last) = (at(terms.scale_start), at(u64::MAX));
        prop_assert_eq!(first, (unscaled.requirement(notional).unwrap(), Ratio::ONE));
        prop_assert_eq!(last.0, most.requirement(notional).unwrap());
        let (less, more) = (at(interests[0]), at(interests[1]));
        prop_assert!(first <= less && less <= more && more <= last);
        prop_assert_eq!(at(terms.scale_end).0, if terms.scale_end > terms.scale_start { last.0 } else { first.0 });
        prop_assert!(first.0 >= market.maintenance.requirement(notional).unwrap());
    }

    /// The last one counts, whatever came before; and new terms keep the scale as far as they allow it.
    #[test]
    fn a_scale_forgets_the_one_before(
        terms in arb_market_terms(), before in 0u64..1 << 26, now in 0u64..1 << 26, less in 10_000u32..=40_000,
    ) {
        let (mut once, mut twice) = (Market::zeroed(), Market::zeroed());
        once.set_terms(&terms).unwrap();
        twice.set_terms(&terms).unwrap();
        twice.rescale(before).unwrap();
        twice.rescale(now).unwrap();
        once.rescale(now).unwrap();
        prop_assert_eq!(once, twice);
        twice.set_terms(&terms).unwrap();
        prop_assert_eq!(once, twice);
        let terms = MarketTerms { scale_max_bps: less, ..terms };
        twice.set_terms(&terms).unwrap();
        let kept = once.scale.min(Ratio::from_bps_ceil(less));
        prop_assert_eq!(twice.scale, kept);
        prop_assert_eq!(twice.initial, Schedule::fold(&terms.tiers, kept).unwrap());
    }
}

#[test]
fn half_way_the_requirement_has_grown_by_half() {
    let terms = MarketTerms {
        tiers: flat_tiers(1_000),
        scale_start: 100,
        scale_end: 300,
        scale_max_bps: 20_000,
        ..market_terms()
    };
    let mut market = Market::zeroed();
    market.set_terms(&terms).unwrap();
    for (interest, parts) in [
        (0, 0),
        (100, 0),
        (101, 1),
        (200, 100),
        (299, 199),
        (300, 200),
        (900, 200),
    ] {
        market.rescale(interest).unwrap();
        let more = ((1u32 << 20) * parts).div_ceil(200);
        assert_eq!(market.scale, Ratio((1 << 20) + more), "{interest}");
    }
}

/// Puts every market into settlement at a price in quote atoms.
fn settle_all(scenario: &mut Scenario, price: u64) {
    for market in &mut scenario.world.markets {
        (market.mode, market.settlement_price) = (MODE_SETTLEMENT, price);
    }
}

/// quote + lots · price − owed.
fn settled_worth(scenario: &Scenario, price: u64, position: &Position) -> i128 {
    let market = &scenario.world.markets[usize::from(position.market)];
    i128::from(position.quote.0) + i128::from(position.lots.0) * i128::from(price)
        - i128::from(position.owed(market).unwrap().0)
}

fn judge(scenario: &Scenario, gains: Gains) -> (Health, Health) {
    let (book, account) = (scenario.world.book(), scenario.account());
    (
        initial(&book, &account, NOW, u32::MAX, gains).unwrap(),
        maintenance(&book, &account, NOW).unwrap(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_500))]

    /// Whatever the oracle says and whatever still rests.
    #[test]
    fn in_settlement_a_position_is_worth_its_price_and_requires_nothing(
        mut scenario in arb_scenario(), price in 0u64..1 << 30, ignored: bool,
    ) {
        let gains = if ignored { Gains::Ignored } else { Gains::Weighted };
        settle_all(&mut scenario, price);
        let mut bare = scenario.clone();
        bare.positions.clear();
        let ((first, second), (cash, value)) = (judge(&scenario, gains), judge(&bare, gains));
        prop_assert_eq!((first.requirement.0, second.requirement.0), (0, 0));
        let worths = |asset: Option<u16>| {
            let positions = scenario.positions.iter();
            let on = positions.filter(move |p| asset.is_none_or(|asset| p.asset == asset));
            on.map(|position| settled_worth(&scenario, price, position))
        };
        prop_assert_eq!(i128::from(second.equity.0 - value.equity.0), worths(None).sum::<i128>());
        // Anyone may settle each of them: losses count in full, whatever gains there are.
        let counts = |asset: u16| {
            let gains_of: i128 = worths(Some(asset)).filter(|worth| *worth > 0).sum();
            let losses: i128 = worths(Some(asset)).filter(|worth| *worth < 0).sum();
            let weight = i128::from(scenario.world.assets[usize::from(asset)].pnl_weight.0);
            losses + match gains {
                Gains::Weighted => (gains_of * weight) >> 20,
                Gains::Ignored => 0,
            }
        };
        let assets = 1..=u16::try_from(scenario.assets.len()).unwrap();
        let counted: i128 = assets.map(counts).sum();
        prop_assert_eq!(i128::from(first.equity.0 - cash.equity.0), counted);
    }

    /// Anyone may settle anybody's position in a market that has ended: it takes no account below its initial margin.
    #[test]
    fn settling_a_position_never_lowers_the_surplus(
        scenario in arb_scenario(), price in 0u64..1 << 30, which: prop::sample::Index, ignored: bool,
    ) {
        let gains = if ignored { Gains::Ignored } else { Gains::Weighted };
        let mut scenario = scenario.without_orders();
        prop_assume!(!scenario.positions.is_empty());
        let at = which.index(scenario.positions.len());
        let position = scenario.positions[at];
        let market = &mut scenario.world.markets[usize::from(position.market)];
        (market.mode, market.settlement_price) = (MODE_SETTLEMENT, price);
        let surplus = |scenario: &Scenario| {
            let health = judge(scenario, gains).0;
            health.equity.0 - health.requirement.0
        };
        let before = surplus(&scenario);
        let worth = settled_worth(&scenario, price, &position);
        scenario.positions.remove(at);
        scenario.cash += i64::try_from(worth).unwrap();
        prop_assert!(surplus(&scenario) >= before, "{} < {before}", surplus(&scenario));
    }

    /// What longs are worth, shorts owe.
    #[test]
    fn a_settlement_value_is_exact(lots in -(1i64 << 40)..1 << 40, price in 0u64..1 << 20) {
        let mut market = Market::zeroed();
        market.settlement_price = price;
        let value = market.settlement_value(Lots(lots)).unwrap();
        prop_assert_eq!(i128::from(value.0), i128::from(lots) * i128::from(price));
        prop_assert_eq!(market.settlement_value(Lots(-lots)).unwrap().0, -value.0);
    }
}
