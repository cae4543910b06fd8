//! The promise of the check of resting orders: whichever part of them fills, in whichever sequence, at
//! unchanged prices equity − initial margin does not fall.

mod common;

use common::{
    NOW, PAR, World, asset_terms, dollars, market_terms,
    orders::{RestingOrder, Trader, arb_order},
    reading,
    scenario::arb_scenario,
};
use counterweight_risk::{
    AccountView, AssetTerms, Lots, Position, Price, QuoteAtoms, Ratio,
    orders::Side,
    standard::{Gains, initial},
};
use proptest::prelude::*;

/// Atoms that rounding can take at a fill: at most 4, where it goes through zero.
///
/// What is paid and realised is whole, and equity is a sum of whole numbers, less a function of the
/// asset's net and of what orders can realise that is monotone with a slope of at most one. So only
/// products with a price round: the value, the loss through the conservative price, and what is
/// realised; each part that a fill takes out of one is at least its floor.
///
/// Closing costs one atom: the value rounds either against the loss that was set aside, or against what
/// closing was to realise, and by the same atom.
///
/// Opening costs three: one where the other side's orders become closing ones, a sum that is split in
/// two; one as above; one more for what crossing orders realise, where both prices have a fraction.
fn roundings(held: i64, filled: i64) -> i64 {
    let closes = held.signum() * filled.signum() < 0;
    let opens = !closes || filled.abs() > held.abs();
    i64::from(closes) + if opens { 3 } else { 0 }
}

/// What the bound on fees leaves out: the fee on that part of an ask's value which lies above every
/// price that the position knows of, unless that part counts for as much as the fee is.
fn fee_beyond(
    trader: &Trader,
    order: &RestingOrder,
    lots: i64,
    weight: Ratio,
    dearest: u64,
) -> i64 {
    let market = &trader.scenario.world.markets[usize::from(order.market)];
    let tenths = i128::from(market.maker_fee_tenths.max(0));
    if order.side == Side::Buy || i128::from(weight.0) * 100_000 >= tenths << 20 {
        return 0;
    }
    let (lots, price) = (i128::from(lots), i128::from(order.ticks * market.tick_size));
    let beyond = lots * price - ((lots * i128::from(dearest)) >> 16);
    i64::try_from((beyond.max(0) * tenths + 99_999) / 100_000).unwrap()
}

/// One fill, and what it must not do.
fn fill_and_compare(
    trader: &mut Trader,
    (at, share, tighten): (prop::sample::Index, u32, bool),
    gains: Gains,
    discount: u16,
) -> Result<(), TestCaseError> {
    let at = at.index(trader.orders.len());
    let order = trader.orders[at];
    let lots = (order.lots * i64::from(share) / 1_000).max(1);
    let held = trader.position(order.market);
    let asset = trader.scenario.world.assets[usize::from(held.asset)];
    let weight = match gains {
        Gains::Weighted => asset.pnl_weight,
        Gains::Ignored => Ratio::ZERO,
    };
    let dearest = asset.initial_high.0.max(held.bid_price.0);
    let sign = if order.side == Side::Buy { 1 } else { -1 };
    let allowed =
        roundings(held.lots.0, sign * lots) + fee_beyond(trader, &order, lots, weight, dearest);
    let before = trader.surplus(gains);
    let fee = trader.fill(at, lots, discount);
    if tighten {
        trader.tighten(order.market, order.side);
    }
    let after = trader.surplus(gains);
    prop_assert!(
        after + allowed >= before,
        "{} + {} < {}, fee {}, {} of {:?} by {:?} of {:?}",
        after,
        allowed,
        before,
        fee,
        lots,
        order,
        held,
        weight,
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    /// Several positions on several assets, gains of any weight, orders on both sides that may close,
    /// open, stand through the conservative price and through each other, debts by index that were not
    /// settled, fees and rebates; each fill at the order's own price.
    #[test]
    fn a_fill_never_lowers_the_surplus(
        scenario in arb_scenario(), ignored: bool, discount in prop_oneof![Just(0u16), 0u16..=10_000],
        shapes in prop::collection::vec(arb_order(), 1..=7),
        fills in prop::collection::vec(
            (any::<prop::sample::Index>(), prop_oneof![Just(1_000u32), 0u32..=1_000], any::<bool>()), 1..=9,
        ),
    ) {
        let gains = if ignored { Gains::Ignored } else { Gains::Weighted };
        let mut trader = Trader::new(scenario);
        for shape in &shapes {
            if let Some(order) = trader.order(shape) {
                trader.add(order);
            }
        }
        for fill in fills {
            if trader.orders.is_empty() {
                break;
            }
            fill_and_compare(&mut trader, fill, gains, discount)?;
        }
    }
}

/// A market on an asset of 2,000 quote atoms a lot, without a width.
fn market(weight_bps: u32, maker_fee_tenths_bps: i32) -> World {
    let mut world = World::new(PAR);
    let terms = AssetTerms {
        pnl_weight_bps: weight_bps,
        ..asset_terms()
    };
    let asset = world.add_asset(&terms, (-4, 6), &[reading(dollars(20), NOW)]);
    let terms = counterweight_risk::MarketTerms {
        maker_fee_tenths_bps,
        ..market_terms()
    };
    world.add_market(asset, &terms);
    world
}

fn holding(lots: i64, quote: i64, bid: (i64, u64), ask: (i64, u64)) -> Position {
    Position {
        asset: 1,
        lots: Lots(lots),
        quote: QuoteAtoms(quote),
        bid_lots: Lots(bid.0),
        bid_price: Price(bid.1 << 16),
        ask_lots: Lots(ask.0),
        ask_price: Price(ask.1 << 16),
        ..Position::default()
    }
}

fn surplus(world: &World, cash: i64, position: &Position) -> i64 {
    let account = AccountView {
        cash: QuoteAtoms(cash),
        interest: 0,
        balances: &[],
        positions: std::slice::from_ref(position),
        model: counterweight_risk::account::MODEL_STANDARD,
    };
    let health = initial(&world.book(), &account, NOW, u32::MAX, Gains::Weighted);
    health.unwrap().free().unwrap().0
}

/// The net is a loss: closing there realises nothing that would leave a gain behind. Where a closing
/// loss was charged beside the net's, buying more above the conservative price was charged twice.
#[test]
fn a_loss_that_the_net_has_is_not_charged_again_for_an_order_that_closes() {
    let world = market(0, 0);
    let before = holding(10, -21_000, (10, 2_010), (10, 2_200));
    let after = holding(20, -41_100, (0, 0), (10, 2_200));
    // Net −1,000, and 100 by the bids; ten per cent of 40,000, up.
    assert_eq!(surplus(&world, 0, &before), -1_000 - 100 - 4_001);
    assert_eq!(surplus(&world, 0, &after), -1_100 - 4_001);
}

/// Own orders cross: what the bid opens, the ask closes at a loss.
#[test]
fn own_orders_that_cross_realise_a_loss_between_them() {
    let world = market(0, 0);
    let before = holding(0, 0, (10, 1_990), (10, 1_980));
    let after = holding(10, -19_900, (0, 0), (10, 1_980));
    let closed = holding(0, 0, (0, 0), (0, 0));
    // 200 by the asks; the bids' gain of 100 never counts, and the asks would leave it behind.
    assert_eq!(surplus(&world, 0, &before), -200 - 100 - 2_001);
    assert_eq!(surplus(&world, 0, &after), -200 - 100 - 2_001);
    assert_eq!(surplus(&world, -100, &closed), -100);
    let bids_above = holding(0, 0, (10, 2_020), (10, 2_010));
    let sold = holding(-10, 20_100, (10, 2_020), (0, 0));
    assert_eq!(surplus(&world, 0, &bids_above), -200 - 100 - 2_001);
    assert_eq!(surplus(&world, 0, &sold), -200 - 100 - 2_001);
}

/// A gain of 10,000 that does not count can not pay the funding of 100 either: a fill settles it from
/// the cash.
#[test]
fn a_debt_by_index_is_owed_in_cash_where_a_fill_may_settle_it() {
    let mut world = market(0, 0);
    world.markets[0].index = [10 << 16; 2];
    let before = holding(10, -10_000, (1, 2_000), (0, 0));
    let mut after = holding(11, -12_000, (0, 0), (0, 0));
    after.index = 10 << 16;
    assert_eq!(surplus(&world, 0, &before), -100 - 2_201);
    assert_eq!(surplus(&world, -100, &after), -100 - 2_201);
    // What is received is a gain until it is settled.
    world.markets[0].index = [-10 << 16; 2];
    assert_eq!(surplus(&world, 0, &before), -2_201);
}

/// The one exception: an ask may be priced anywhere above, and its fee is on the whole price. The
/// account has gained a hundred times as much by it, but where gains count for less than the fee that is
/// not what the check sees.
#[test]
fn a_fee_on_an_uncounted_gain_is_not_reserved() {
    for (weight_bps, lost) in [(0, 10), (99, 1), (101, 0)] {
        let world = market(weight_bps, 1_000); // one per cent
        let before = holding(0, 0, (0, 0), (10, 2_100));
        let after = holding(-10, 21_000, (0, 0), (0, 0));
        let fell = surplus(&world, 0, &before) - surplus(&world, -210, &after);
        assert_eq!(fell, lost, "{weight_bps}");
    }
}
