//! Attacks that have worked elsewhere, or that the rules about value invite. Each is tried with the defence
//! and, where that is a parameter, without it, so that the attack is known to be one. What attackers have
//! together never grows but by what somebody else has lost to them at a price he agreed to.

use anchor_lang::prelude::Pubkey;
use counterweight::{Guards, TradeArgs, error::ErrorCode};
use counterweight_risk::orders::Side;
use counterweight_sdk::trading::Actor;
use counterweight_simnet::{Exchange, Signer, Trader, keypair, limit, pegged, reconcile};
use counterweight_tests::scene::{DOLLAR, Outcome, deployed, refused};

/// A clearinghouse in which profit takes so long to mature.
fn maturing(seconds: u32) -> Exchange {
    deployed(|deployment| deployment.profit_maturity = seconds)
}

fn cash(x: &Exchange, trader: &Trader) -> i64 {
    x.margin(&trader.margin).header.core.cash.0
}

/// Equity for maintenance.
fn equity(x: &mut Exchange, trader: &Trader) -> i64 {
    x.view(trader.margin).unwrap().equity
}

fn take_out(x: &mut Exchange, trader: &Trader, atoms: i64) -> Outcome {
    x.withdraw(trader, 0, atoms.unsigned_abs(), Guards::default())
}

fn vault(x: &Exchange) -> i64 {
    x.chain.token_balance(&x.venue.vault(&x.collateral(0))) as i64
}

#[track_caller]
fn balances(x: &mut Exchange, traders: &[&Trader]) {
    let keys: Vec<Pubkey> = traders.iter().map(|trader| trader.margin).collect();
    let sums = reconcile(x, &keys);
    assert!(sums.balances(), "{sums:?}");
    x.audit(0).unwrap();
}

/// Two accounts of one attacker on opposite sides; the price runs through the loser's equity, and the winner
/// closes with somebody honest before anybody touches the loser. Returns the attacker's two accounts and the
/// honest one.
fn winner_of_a_deficit(x: &mut Exchange) -> [Trader; 3] {
    let honest = x.funded("honest", 1_000_000);
    let [winner, loser] = ["winner", "loser"].map(|name| x.funded(name, 1_500));
    let leg = x.leg(0, 15_000);
    x.block_trade(&winner, &loser, &[leg]).unwrap();
    x.set_price(1, 16_500_000_000); // 10 %: the loser owes 750 dollars more than he has
    let back = x.leg(0, -15_000);
    x.block_trade(&winner, &honest, &[back]).unwrap();
    assert!(equity(x, &loser) < -700 * DOLLAR);
    [winner, loser, honest]
}

#[test]
fn profit_is_not_withdrawn_before_the_loser_settles() {
    // Without the defence it leaves at once, and the deficit stays.
    let mut x = maturing(0);
    let [winner, ..] = winner_of_a_deficit(&mut x);
    let all = cash(&x, &winner);
    assert!(all > 3_700 * DOLLAR, "more than both accounts brought");
    take_out(&mut x, &winner, all).unwrap();

    let mut x = maturing(3_600);
    let [winner, loser, honest] = winner_of_a_deficit(&mut x);
    let everyone = [&winner, &loser, &honest];
    refused(&mut x, &everyone, ErrorCode::ProfitNotMature, |x| {
        take_out(x, &winner, all)
    });
    // His own money he has back at once, and half of the gain after half of the time: meanwhile the guardian
    // can stop the rest.
    let own = all - 2_250 * DOLLAR;
    take_out(&mut x, &winner, own).unwrap();
    x.chain.advance(1_800);
    let gain = cash(&x, &winner);
    refused(&mut x, &everyone, ErrorCode::ProfitNotMature, |x| {
        take_out(x, &winner, gain / 2 + 10 * DOLLAR)
    });
    let key = x.guardian.pubkey();
    let stop = x.venue.pause(key, counterweight::state::PAUSE_WITHDRAW);
    x.chain.send(&[stop], &[]).unwrap();
    x.chain.advance(1_800);
    refused(&mut x, &everyone, ErrorCode::Paused, |x| {
        take_out(x, &winner, 1)
    });
    // What the attacker has outside and what he may not take is less than he brought.
    assert!(own < 3_000 * DOLLAR);
    balances(&mut x, &everyone);
}

/// An attacker with an unrealised gain of 10,000 dollars in one account trades with himself at the ends of
/// the band: the other account realises what the first one loses. Then the price falls back.
fn self_trade(x: &mut Exchange) -> [Trader; 3] {
    let honest = x.funded("honest", 1_000_000);
    let [from, to] = ["from", "to"].map(|name| x.funded(name, 10_000));
    let leg = x.leg(0, 100_000);
    x.block_trade(&from, &honest, &[leg]).unwrap();
    // Slowly, so that the stable price follows.
    for step in 1..=10 {
        x.chain.advance(60);
        x.publish(1, 15_000_000_000 + step * 100_000_000);
        x.refresh(&[1]).unwrap();
    }
    for _ in 0..3 {
        for (lots, percent) in [(30_000, 1_029), (-30_000, 971)] {
            let mut leg = x.leg(0, lots);
            leg.price = leg.price * percent / 1_000;
            x.block_trade(&from, &to, &[leg]).unwrap();
        }
    }
    [from, to, honest]
}

#[test]
fn a_self_trade_that_leaves_the_deficit_behind_pays_nobody_at_once() {
    let claims = |x: &mut Exchange, honest: &Trader| {
        x.set_price(1, 14_500_000_000);
        equity(x, honest)
    };
    let mut x = maturing(0);
    let [from, to, honest] = self_trade(&mut x);
    let all = cash(&x, &to);
    assert!(all > 18_000 * DOLLAR, "{all}");
    take_out(&mut x, &to, all).unwrap();
    let owed = claims(&mut x, &honest);
    assert!(equity(&mut x, &from) < 0);
    assert!(vault(&x) < owed, "somebody honest would not be paid");

    let mut x = maturing(3_600);
    let [from, to, honest] = self_trade(&mut x);
    let everyone = [&from, &to, &honest];
    refused(&mut x, &everyone, ErrorCode::ProfitNotMature, |x| {
        take_out(x, &to, all)
    });
    // Nor through a third account of his.
    let key = to.key.pubkey();
    let open = x.venue.open_margin_account(key, 1);
    let third = Trader {
        key: keypair("to"),
        margin: x.venue.margin_account(&key, 1),
    };
    x.chain.send(&[open], &[&to.key]).unwrap();
    let atoms = all.unsigned_abs();
    let away = x
        .venue
        .transfer(key, to.margin, third.margin, 0, atoms, Guards::default());
    refused(&mut x, &everyone, ErrorCode::ProfitNotMature, |x| {
        x.chain.send(&[away], &[&to.key])
    });
    take_out(&mut x, &to, 9_900 * DOLLAR).unwrap();
    let owed = claims(&mut x, &honest);
    assert!(equity(&mut x, &from) < 0);
    assert!(
        vault(&x) > owed,
        "what he gained is still there when the deficit comes out"
    );
    balances(&mut x, &[&from, &to, &honest, &third]);
}

/// Everything in one transaction: the old price, a trade at it, the new price, the way back, and out.
fn between_two_prices(x: &mut Exchange) -> (Trader, Trader, Outcome) {
    let (maker, attacker) = (x.funded("maker", 1_000_000), x.funded("attacker", 10_000));
    for order in [
        pegged(Side::Sell, 1, 1, 60_000),
        pegged(Side::Buy, -1, 1 << 30, 60_000),
    ] {
        x.order(&maker, 0, order, &[]).unwrap();
    }
    // The price before is kept in another account of the feed.
    x.chain.advance(5);
    x.publish(1, 15_000_000_000);
    let (now, before) = (x.price_account(1), keypair("the price before").pubkey());
    let account = x.chain.svm.get_account(&now).unwrap();
    x.chain.svm.set_account(before, account).unwrap();
    x.chain.advance(5);
    x.publish(1, 15_300_000_000);

    let actor = Actor {
        authority: attacker.key.pubkey(),
        margin_account: attacker.margin,
        market: 0,
    };
    let trade = |side, limit| {
        let args = TradeArgs {
            side,
            lots: 60_000,
            limit,
            reduce_only: false,
        };
        x.venue
            .trade(&actor, args, Guards::default(), &[maker.margin])
    };
    let all = 11_500 * DOLLAR as u64;
    let (quote, key, free) = (x.collateral(0), attacker.key.pubkey(), Guards::default());
    let instructions = [
        x.venue.refresh_prices(&[(1, before)]),
        trade(Side::Buy, 15_010),
        x.venue.refresh_prices(&[(1, now)]),
        trade(Side::Sell, 15_290),
    ];
    let wallet = x.wallet(&attacker, 0, 0);
    let out = x
        .venue
        .withdraw(key, attacker.margin, &quote, wallet, all, free);
    let mut instructions = instructions.to_vec();
    instructions.push(out);
    let outcome = x.chain.send(&instructions, &[&attacker.key]);
    (maker, attacker, outcome)
}

#[test]
fn nothing_is_gained_and_withdrawn_between_two_prices_of_one_transaction() {
    let mut x = maturing(0);
    let (.., outcome) = between_two_prices(&mut x);
    outcome.unwrap();

    let mut x = maturing(3_600);
    let (maker, attacker, outcome) = between_two_prices(&mut x);
    let failure = outcome.unwrap_err();
    assert!(failure.is(ErrorCode::ProfitNotMature), "{failure}");
    assert_eq!(cash(&x, &attacker), 10_000 * DOLLAR);
    balances(&mut x, &[&maker, &attacker]);
}

/// What two accounts of one attacker are worth together.
fn together(x: &mut Exchange, pair: [&Trader; 2]) -> i64 {
    pair.iter().map(|trader| equity(x, trader)).sum()
}

#[test]
fn whoever_liquidates_himself_pays_the_insurance_fund() {
    let mut x = maturing(3_600);
    let honest = x.funded("honest", 1_000_000);
    let (poor, rich) = (x.funded("poor", 1_500), x.funded("rich", 100_000));
    let leg = x.leg(0, 15_000);
    x.block_trade(&poor, &honest, &[leg]).unwrap();
    x.set_price(1, 14_400_000_000);
    let flag = x.venue.flag_account(poor.margin);
    x.chain.send(&[flag], &[]).unwrap();
    // In pieces, early and late in the auction, until nothing may be taken any more.
    let mut before = together(&mut x, [&poor, &rich]);
    let mut taken = 0;
    for seconds in [0, 5, 10, 10, 10] {
        x.chain.advance(seconds);
        let insured = x.market(0).insurance;
        if x.liquidate(&rich, poor.margin, 0, 2_500).is_err() {
            break;
        }
        taken += 1;
        let after = together(&mut x, [&poor, &rich]);
        let share = x.market(0).insurance - insured;
        assert!(share > 0);
        // An atom of a position's rounding each.
        assert!(after <= before - share + 2, "{before}, {after}, {share}");
        before = after;
    }
    assert!(taken >= 2, "the account could be liquidated twice");
    // The reward is profit: it does not leave at once either.
    let reward = cash(&x, &rich);
    refused(&mut x, &[&poor, &rich], ErrorCode::ProfitNotMature, |x| {
        take_out(x, &rich, reward)
    });
    balances(&mut x, &[&honest, &poor, &rich]);
}

#[test]
fn a_liquidation_between_two_prices_of_one_transaction_gains_nothing() {
    // The feed dips for a second. The attacker brings the dip, liquidates his own account at it, and brings the
    // price after it: the lots that the one account lost at the dip the other one has won.
    let mut x = maturing(3_600);
    let honest = x.funded("honest", 1_000_000);
    let (poor, rich) = (x.funded("poor", 1_500), x.funded("rich", 100_000));
    let leg = x.leg(0, 15_000);
    x.block_trade(&poor, &honest, &[leg]).unwrap();
    x.chain.advance(5);
    x.publish(1, 15_000_000_000);
    x.refresh(&[1]).unwrap();
    let before = together(&mut x, [&poor, &rich]);
    let outside = equity(&mut x, &honest);

    x.chain.advance(1);
    x.publish(1, 14_400_000_000);
    let (now, dip) = (x.price_account(1), keypair("the dip").pubkey());
    let account = x.chain.svm.get_account(&now).unwrap();
    x.chain.svm.set_account(dip, account).unwrap();
    x.chain.advance(1);
    x.publish(1, 15_000_000_000);
    let args = counterweight::LiquidateArgs {
        market: 0,
        max_lots: u64::MAX,
        ..counterweight::LiquidateArgs::default()
    };
    let key = rich.key.pubkey();
    let take = x.venue.liquidate(key, poor.margin, rich.margin, args);
    let steps = [
        x.venue.refresh_prices(&[(1, dip)]),
        take,
        x.venue.refresh_prices(&[(1, now)]),
    ];
    x.chain.send(&steps, &[&rich.key]).unwrap();
    assert!(x.market(0).insurance > 0, "it was liquidated");
    let after = together(&mut x, [&poor, &rich]);
    let share = x.market(0).insurance;
    assert!(after <= before - share + 2, "{before}, {after}, {share}");
    assert!(equity(&mut x, &honest) >= outside);
    balances(&mut x, &[&honest, &poor, &rich]);
}

#[test]
fn an_account_with_a_fill_that_waits_is_not_closed() {
    let mut x = maturing(3_600);
    let (maker, taker) = (x.funded("maker", 1_000), x.funded("taker", 10_000));
    let mid = x.index_ticks(0);
    x.order(&maker, 0, limit(Side::Sell, mid, 1_000), &[])
        .unwrap();
    x.trade(&taker, 0, 400, mid, &[]).unwrap();
    x.cancel(&maker, 0, counterweight::Which::All).unwrap();
    let both = [&maker, &taker];
    let key = maker.key.pubkey();
    let close = counterweight_sdk::instructions::close_margin_account(key, maker.margin);
    let try_to = |x: &mut Exchange| x.chain.send(std::slice::from_ref(&close), &[&maker.key]);
    refused(&mut x, &both, ErrorCode::AccountNotEmpty, try_to);
    // He cannot empty it either: the fill counts as the position that it will be.
    refused(&mut x, &both, ErrorCode::InitialMarginNotMet, |x| {
        take_out(x, &maker, 1_000 * DOLLAR)
    });
    x.settle_fills(0, &[maker.margin]).unwrap();
    refused(&mut x, &both, ErrorCode::AccountNotEmpty, try_to);
    let back = x.leg(0, 400);
    x.block_trade(&maker, &taker, &[back]).unwrap();
    x.chain.advance(3_600);
    let left = cash(&x, &maker);
    take_out(&mut x, &maker, left).unwrap();
    try_to(&mut x).unwrap();
    balances(&mut x, &[&taker]);
}

#[test]
fn hundreds_of_tiny_trades_round_nothing_into_a_pocket() {
    let mut x = maturing(3_600);
    let pair = ["a", "b"].map(|name| x.funded(name, 1_000));
    let [a, b] = [&pair[0], &pair[1]];
    let start = cash(&x, a) + cash(&x, b);
    let mid = x.index_ticks(0);
    // Odd prices, odd lots, both directions, through zero and back; with fees that round up.
    for turn in 0..300i64 {
        let mut leg = x.leg(0, [1, -2, 3, -1, -3, 2][(turn % 6) as usize]);
        leg.price = mid - 100 + (turn as u64 * 37) % 200;
        x.block_trade(a, b, &[leg]).unwrap();
    }
    let back = x
        .margin(&a.margin)
        .positions()
        .first()
        .map_or(0, |p| -p.lots.0);
    if back != 0 {
        let leg = x.leg(0, back);
        x.block_trade(a, b, &[leg]).unwrap();
    }
    let end = cash(&x, a) + cash(&x, b);
    let market = x.market(0);
    assert_eq!(end + market.fees + market.residue, start);
    assert!(
        market.residue == 0 && market.fees >= 600,
        "each paid for each"
    );
    balances(&mut x, &[a, b]);
}
