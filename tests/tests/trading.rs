//! Block trades: several legs between two accounts, one margin check a side.

use counterweight::{Leg, instructions::MAX_LEGS};
use counterweight_risk::{Lots, QuoteAtoms};
use counterweight_sdk::{instructions::resize_margin_account, preview};
use counterweight_simnet::{Exchange, Signer, Trader, reconcile};
use counterweight_tests::scene::{DOLLAR, deployed, localnet, signing_as};

/// Lots, entry quote and cash as numbers.
fn held(x: &Exchange, trader: &Trader) -> (Vec<(u16, i64, i64)>, i64) {
    let margin = x.margin(&trader.margin);
    let positions = margin.positions().iter();
    let positions = positions.map(|p| (p.market, p.lots.0, p.quote.0)).collect();
    (positions, margin.header.core.cash.0)
}

#[test]
fn a_trade_of_several_legs_settles_whole_and_exactly() {
    let mut x = localnet();
    let (first, second) = (x.funded("first", 100_000), x.funded("second", 100_000));
    let legs = [
        Leg {
            market: 0,
            lots: 1_000,
            price: 15_010,
        },
        Leg {
            market: 1,
            lots: -20_000,
            price: 100_100,
        },
        Leg {
            market: 2,
            lots: 3_000,
            price: 399_000,
        },
    ];
    x.block_trade(&first, &second, &legs).unwrap();
    // lots · ticks · tick size: the same integer for both sides.
    let costs = [
        1_000 * 15_010 * 100,
        -20_000 * 100_100 * 10,
        3_000 * 399_000 * 10i64,
    ];
    let fees: Vec<i64> = (0..3).map(|market| x.market(market).fees / 2).collect();
    for (cost, fee) in costs.iter().zip(&fees) {
        let exact = cost.abs() / 5_000; // 2 bps
        assert!(
            (exact..=exact + exact / 100).contains(fee),
            "{fee} for {cost}"
        );
    }
    let cash = 100_000 * DOLLAR - fees.iter().sum::<i64>();
    let sides = [(&first, 1), (&second, -1)];
    for (trader, sign) in sides {
        let positions: Vec<_> = legs
            .iter()
            .zip(costs)
            .map(|(leg, cost)| (leg.market, sign * leg.lots, -sign * cost))
            .collect();
        assert_eq!(held(&x, trader), (positions, cash));
    }
    for (leg, cost) in legs.iter().zip(costs) {
        let market = x.market(leg.market);
        assert_eq!(
            (market.open_long, market.open_short),
            (leg.lots.abs(), leg.lots.abs())
        );
        assert_eq!((market.volume, market.sequence), (cost.unsigned_abs(), 1));
    }
    assert!(reconcile(&x, &[first.margin, second.margin]).balances());
}

#[test]
fn a_trade_nets_against_the_position_and_turns_it() {
    let mut x = localnet();
    let (first, second) = (x.funded("first", 100_000), x.funded("second", 100_000));
    let steps = [
        (1_000, 15_000),
        (-400, 15_100),
        (-1_100, 14_900),
        (500, 14_950),
    ];
    let mut lots = 0;
    for (change, price) in steps {
        let before = held(&x, &first).1;
        x.block_trade(
            &first,
            &second,
            &[Leg {
                market: 0,
                lots: change,
                price,
            }],
        )
        .unwrap();
        lots += change;
        let (positions, cash) = held(&x, &first);
        let open: i64 = positions.first().map_or(0, |p| p.1);
        assert_eq!(open, lots);
        let market = x.market(0);
        assert_eq!(
            (market.open_long, market.open_short),
            (lots.abs(), lots.abs())
        );
        // 400 lots bought at 150 and sold at 151: 4 dollars less the fee of 2 bps.
        if change == -400 {
            let realised = cash - before;
            assert!(
                (400 * 10_000 - 125_000..400 * 10_000).contains(&realised),
                "{realised}"
            );
        }
        assert!(reconcile(&x, &[first.margin, second.margin]).balances());
    }
    assert!(
        x.margin(&first.margin).positions().is_empty(),
        "the slot is free again"
    );
}

#[test]
fn gains_on_one_leg_carry_losses_on_another() {
    let mut x = localnet();
    let (maker, trader) = (x.funded("maker", 1_000_000), x.funded("trader", 6_000));
    let legs = [x.leg(0, 40_000), x.leg(2, -14_000)]; // 60,000 of SOL against 56,000 of ETH
    x.block_trade(&trader, &maker, &legs).unwrap();
    let before = x.view(trader.margin).unwrap();
    // Both fall by 15 %: alone, the SOL leg would have lost more than everything.
    x.set_price(1, 12_750_000_000);
    x.set_price(3, 340_000_000_000);
    let after = x.view(trader.margin).unwrap();
    assert!(
        (before.equity - after.equity - 600 * DOLLAR).abs() < DOLLAR,
        "{before:?} {after:?}"
    );
    assert!(after.equity > after.maintenance_margin);
}

#[test]
fn sixteen_legs_are_one_trade() {
    let mut x = deployed(|deployment| {
        for copy in 3..16 {
            let mut market = deployment.market[0].clone();
            market.name = format!("SOL-{copy}");
            deployment.market.push(market);
        }
    });
    let (first, second) = (x.funded("first", 100_000), x.funded("second", 100_000));
    for side in [&first, &second] {
        let resize = resize_margin_account(side.key.pubkey(), side.margin, 16);
        x.chain.send(&[resize], &[&side.key]).unwrap();
    }
    let legs: Vec<_> = (0..MAX_LEGS as u16)
        .map(|market| x.leg(market, 100))
        .collect();
    x.block_trade(&first, &second, &legs).unwrap();
    assert_eq!(x.margin(&first.margin).positions().len(), 16);
    assert!(reconcile(&x, &[first.margin, second.margin]).balances());
}

#[test]
fn both_sides_may_be_delegates_and_each_side_of_one_owner() {
    let mut x = localnet();
    let (first, second) = (x.funded("first", 10_000), x.funded("second", 10_000));
    let mut delegates = Vec::new();
    for (name, side) in [("one", &first), ("two", &second)] {
        let delegate = signing_as(&mut x, name, side.margin);
        let (owner, key) = (side.key.pubkey(), delegate.key.pubkey());
        let set = counterweight_sdk::instructions::set_delegate(owner, side.margin, key);
        x.chain.send(&[set], &[&side.key]).unwrap();
        delegates.push(delegate);
    }
    let leg = x.leg(0, 7);
    x.block_trade(&delegates[0], &delegates[1], &[leg]).unwrap();

    // Two accounts of one owner, who signs once.
    let key = first.key.pubkey();
    x.chain
        .send(&[x.venue.open_margin_account(key, 1)], &[&first.key])
        .unwrap();
    let own = Trader {
        key: first.key.insecure_clone(),
        margin: x.venue.margin_account(&key, 1),
    };
    x.deposit(&own, 0, 1_000 * DOLLAR as u64).unwrap();
    x.block_trade(&own, &first, &[leg]).unwrap();
    assert_eq!((held(&x, &first).0.len(), held(&x, &own).0[0].1), (0, 7));
    assert!(reconcile(&x, &[first.margin, second.margin, own.margin]).balances());
}

#[test]
fn the_preview_of_a_trade_is_what_the_chain_makes_of_it() {
    let mut x = localnet();
    let (maker, trader) = (x.funded("maker", 100_000), x.funded("trader", 10_000));
    for (market, lots) in [(0, 5_000), (1, -10_000), (0, -7_000), (1, 10_000)] {
        let leg = x.leg(market, lots);
        let (tables, before) = (x.tables(), x.margin(&trader.margin));
        let row = tables.markets[usize::from(market)];
        let cost = lots * leg.price as i64 * row.tick_size as i64;
        let fee = row.fee(QuoteAtoms(cost)).unwrap();
        let quote = QuoteAtoms(-cost);
        let (lots, now) = (Lots(lots), x.chain.time());
        let expected =
            preview::after_trade(&tables, &before, market, lots, quote, fee, now).unwrap();
        x.block_trade(&trader, &maker, &[leg]).unwrap();
        let after = x.margin(&trader.margin);
        assert_eq!(after.header.core, expected.header.core);
        assert_eq!(after.slots, expected.slots);
    }
}

#[test]
fn an_account_below_initial_margin_may_reduce_and_is_the_better_for_it() {
    let mut x = localnet();
    let (maker, trader) = (x.funded("maker", 1_000_000), x.funded("trader", 1_500));
    let leg = x.leg(0, 15_000);
    x.block_trade(&trader, &maker, &[leg]).unwrap();
    for price in [14_600_000_000, 14_300_000_000] {
        x.set_price(1, price);
        let before = x.view(trader.margin).unwrap();
        assert!(before.free_collateral < 0);
        let leg = x.leg(0, -1_000);
        x.block_trade(&trader, &maker, &[leg]).unwrap();
        let after = x.view(trader.margin).unwrap();
        let ratio =
            |view: &counterweight::MarginView| view.equity as f64 / view.maintenance_margin as f64;
        assert!(ratio(&after) > ratio(&before));
    }
}
