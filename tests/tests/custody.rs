//! The ledger of what is in the vaults, the limit on what leaves them, and profit that matures.

use anchor_lang::prelude::Pubkey;
use counterweight::{
    Guards, TriggerArgs,
    events::{Audited, OutflowLimitSet},
};
use counterweight_risk::{
    orders::Side,
    outflow::{DEFAULT_WINDOW, LOOSENING_DELAY, UNLIMITED},
};
use counterweight_sdk::events::of_type;
use counterweight_simnet::{Exchange, Signer, Trader, keypair, limit, reconcile};
use counterweight_tests::{
    pit::{Pit, SOL_PERP},
    scene::{DOLLAR, SOL, deployed, localnet},
};

fn vault(x: &Exchange, asset: u16) -> u64 {
    x.chain.token_balance(&x.venue.vault(&x.collateral(asset)))
}

/// What the custodies say, and that it is what the vaults hold.
#[track_caller]
fn recorded(x: &Exchange) -> [u64; 2] {
    let recorded = [0, 1].map(|asset| x.custody(asset).recorded);
    assert_eq!(recorded, [0, 1].map(|asset| vault(x, asset)));
    recorded
}

fn immature(x: &Exchange, key: &Pubkey) -> i64 {
    let core = x.margin(key).header.core;
    core.immature.at(x.chain.time()) as i64
}

#[test]
fn every_way_in_and_out_of_a_vault_is_recorded() {
    let mut x = localnet();
    for asset in [0, 1] {
        let custody = x.custody(asset);
        assert_eq!((custody.asset, custody.recorded), (asset, 0));
        let terms = (custody.outflow.limit, custody.outflow.window);
        assert_eq!(terms, (UNLIMITED, DEFAULT_WINDOW));
    }
    let (first, second) = (x.funded("first", 10_000), x.funded("second", 10_000));
    x.deposit(&first, 1, 3 * SOL).unwrap();
    assert_eq!(recorded(&x), [20_000_000_000, 3 * SOL]);
    x.withdraw(&first, 0, 1_000_000, Guards::default()).unwrap();
    x.withdraw(&first, 1, SOL, Guards::default()).unwrap();
    assert_eq!(recorded(&x), [19_999_000_000, 2 * SOL]);

    let leg = x.leg(0, 10_000);
    x.block_trade(&first, &second, &[leg]).unwrap();
    x.chain.send(&[x.venue.collect_fees(0)], &[]).unwrap();
    assert_eq!(recorded(&x)[0], 19_999_000_000, "trading moves no token");
    let (quote, payer) = (x.collateral(0), second.key.pubkey());
    let source = x.wallet(&second, 0, 7_000_000);
    let fund = x.venue.fund_insurance(payer, &quote, source, 7_000_000);
    x.chain.send(&[fund], &[&second.key]).unwrap();
    assert_eq!(recorded(&x)[0], 20_006_000_000);
    let authority = x.authority.pubkey();
    let fees = x.venue.withdraw_fees(authority, &quote, source, 1_234);
    x.govern(fees).unwrap();
    assert_eq!(recorded(&x)[0], 20_005_998_766);
    assert!(reconcile(&x, &[first.margin, second.margin]).balances());
}

#[test]
fn an_audit_tells_what_it_found() {
    let mut pit = Pit::new();
    let mid = pit.mid;
    pit.rests(limit(Side::Sell, mid + 1, 5_000));
    pit.takes(2_000, mid + 1, true);
    pit.takes(1_000, mid + 1, false); // waits in the queue
    // Tokens that somebody sends past the program are nobody's.
    let (quote, held) = (pit.x.collateral(0), vault(&pit.x, 0));
    let key = pit.x.venue.vault(&quote);
    let mut account = pit.x.chain.svm.get_account(&key).unwrap();
    account.data[64..72].copy_from_slice(&(held + 5).to_le_bytes());
    pit.x.chain.svm.set_account(key, account).unwrap();

    let receipt = pit.x.audit(0).unwrap();
    let [told]: [Audited; 1] = of_type(&receipt.logs).try_into().ok().unwrap();
    let house = (told.clearinghouse, told.asset, told.markets.len());
    assert_eq!(house, (pit.x.venue.clearinghouse, 0, 3));
    assert_eq!(
        (told.vault, told.recorded, told.surplus),
        (held + 5, held, 5)
    );
    let (market, state) = (told.markets[0], pit.x.market(SOL_PERP));
    let sides = [market.open_long, market.open_short];
    assert_eq!(sides, [3_000, 2_000]);
    assert_eq!([market.pending_long, market.pending_short], [0, 1_000]);
    assert_eq!(
        (market.fees, market.pending_quote),
        (state.fees, state.pending_quote)
    );
    println!("audit of three markets, one entry: {} units", receipt.units);
    assert!(receipt.units < 12_000);

    let receipt = pit.x.audit(1).unwrap();
    let [told]: [Audited; 1] = of_type(&receipt.logs).try_into().ok().unwrap();
    assert_eq!((told.asset, told.vault, told.markets.len()), (1, 0, 0));
}

#[test]
fn a_market_that_ends_is_audited_while_its_accounts_close_one_by_one() {
    let mut pit = Pit::new();
    pit.rests(limit(Side::Sell, pit.mid, 1_000));
    pit.takes(1_000, pit.mid, true);
    let authority = pit.x.authority.pubkey();
    let end = pit.x.venue.settle_market(authority, SOL_PERP, pit.mid);
    pit.x.govern(end).unwrap();
    let close = pit.x.venue.settle_position(pit.taker.margin, SOL_PERP);
    pit.x.chain.send(&[close], &[]).unwrap();
    let market = pit.x.market(SOL_PERP);
    assert_eq!((market.open_long, market.open_short), (0, 1_000));
    pit.x.audit(0).unwrap();
}

#[test]
fn a_looser_limit_holds_a_day_later_without_another_call() {
    let mut x = localnet();
    let trader = x.funded("trader", 10_000);
    let dollars = |n: i64| (n * DOLLAR) as u64;
    let receipt = x.set_outflow_limit(0, dollars(1_000), 86_400).unwrap();
    let [told]: [OutflowLimitSet; 1] = of_type(&receipt.logs).try_into().ok().unwrap();
    assert_eq!(
        (told.asset, told.limit, told.pending_from),
        (0, dollars(1_000), 0)
    );
    x.withdraw(&trader, 0, dollars(1_000), Guards::default())
        .unwrap();
    let receipt = x.set_outflow_limit(0, dollars(3_000), 43_200).unwrap();
    let [told]: [OutflowLimitSet; 1] = of_type(&receipt.logs).try_into().ok().unwrap();
    assert_eq!((told.limit, told.window_seconds), (dollars(1_000), 86_400));
    let pending = (told.pending_limit, told.pending_window_seconds);
    assert_eq!(pending, (dollars(3_000), 43_200));
    assert_eq!(told.pending_from, x.chain.time() + LOOSENING_DELAY);
    let outflow = x.custody(0).outflow;
    assert_eq!(
        outflow.pending_from, told.pending_from,
        "everybody can see it"
    );

    x.chain.advance(LOOSENING_DELAY - 1);
    assert!(
        x.withdraw(&trader, 0, dollars(1_001), Guards::default())
            .is_err()
    );
    x.chain.advance(1);
    x.withdraw(&trader, 0, dollars(3_000), Guards::default())
        .unwrap();
    let outflow = x.custody(0).outflow;
    assert_eq!((outflow.limit, outflow.pending_from), (dollars(3_000), 0));
    assert_eq!((outflow.used, outflow.window), (dollars(3_000), 43_200));
}

#[test]
fn what_stays_in_the_vault_and_what_comes_in_is_no_outflow() {
    let mut x = localnet();
    let trader = x.funded("trader", 10_000);
    x.set_outflow_limit(0, 100, 3_600).unwrap();
    let key = trader.key.pubkey();
    let open = x.venue.open_margin_account(key, 1);
    let second = x.venue.margin_account(&key, 1);
    let atoms = 5_000 * DOLLAR as u64;
    let free = Guards::default();
    let transfer = x.venue.transfer(key, trader.margin, second, 0, atoms, free);
    x.chain.send(&[open, transfer], &[&trader.key]).unwrap();
    x.deposit(&trader, 0, atoms).unwrap();
    assert_eq!(x.custody(0).outflow.used, 0);
    // Each mint has its own.
    x.deposit(&trader, 1, SOL).unwrap();
    x.withdraw(&trader, 1, SOL, free).unwrap();
    assert_eq!(x.custody(1).outflow.used, SOL);
    x.withdraw(&trader, 0, 100, free).unwrap();
    assert_eq!(x.custody(0).outflow.used, 100);
}

/// The winner of 300 dollars in the first market, a maker at hand or not.
fn winner(at_hand: bool) -> Pit {
    let mut pit = Pit::with(|deployment| deployment.market[0].book_fees_tenths_bps = [30, 0]);
    pit.rests(limit(Side::Buy, pit.mid, 10_000));
    pit.takes(-10_000, pit.mid, true);
    pit.x.set_price(1, 15_300_000_000);
    let dearer = pit.x.index_ticks(SOL_PERP);
    pit.rests(limit(Side::Sell, dearer, 10_000));
    pit.takes(10_000, dearer, at_hand);
    pit
}

#[test]
fn a_makers_profit_matures_from_its_settlement_on() {
    let pit = winner(true);
    assert_eq!(immature(&pit.x, &pit.maker.margin), 300 * DOLLAR);
    assert_eq!(
        immature(&pit.x, &pit.taker.margin),
        0,
        "a loss is no profit"
    );

    let mut pit = winner(false);
    assert_eq!(immature(&pit.x, &pit.maker.margin), 0);
    pit.x.chain.advance(1_800);
    pit.x.settle_fills(SOL_PERP, &[pit.maker.margin]).unwrap();
    assert_eq!(immature(&pit.x, &pit.maker.margin), 300 * DOLLAR);
    pit.x.chain.advance(1_800);
    assert_eq!(immature(&pit.x, &pit.maker.margin), 150 * DOLLAR);
    pit.balances();
}

#[test]
fn rebates_rewards_and_fees_earned_mature_as_well() {
    // A maker's rebate, of half a basis point of 15,000 dollars.
    let mut pit = Pit::new();
    pit.rests(limit(Side::Sell, pit.mid, 10_000));
    pit.takes(10_000, pit.mid, true);
    let rebate = immature(&pit.x, &pit.maker.margin);
    assert!((745_000..=750_000).contains(&rebate), "{rebate}");

    // The executor's fee of a trigger order.
    let trigger = TriggerArgs {
        market: SOL_PERP,
        side: Side::Sell,
        above: false,
        price: pit.mid,
        trail: 0,
        slippage: 10,
        lots: 10_000,
        expires: 0,
        client_id: 0,
    };
    pit.rests(limit(Side::Buy, pit.mid - 5, 10_000));
    let executor = pit.x.funded("executor", 100);
    pit.x.open_triggers(&pit.taker).unwrap();
    pit.x.place_trigger(&pit.taker, trigger).unwrap();
    pit.x.set_price(1, 14_990_000_000);
    let (who, makers) = (pit.taker.margin, [pit.maker.margin]);
    pit.x
        .execute_trigger(&executor, SOL_PERP, who, 0, &makers)
        .unwrap();
    assert_eq!(immature(&pit.x, &executor.margin), 100_000);

    // A liquidator's reward.
    let mut x = localnet();
    let (maker, keeper) = (x.funded("maker", 1_000_000), x.funded("keeper", 100_000));
    let long = x.funded("long", 1_500);
    let leg = x.leg(0, 15_000);
    x.block_trade(&long, &maker, &[leg]).unwrap();
    x.set_price(1, 14_400_000_000);
    x.liquidate(&keeper, long.margin, 0, u64::MAX).unwrap();
    let reward = x.margin(&keeper.margin).header.core.cash.0 - 100_000 * DOLLAR;
    assert!(reward > DOLLAR);
    assert_eq!(immature(&x, &keeper.margin), reward);
    // Nobody's penalty made anything of the liquidated account mature.
    assert_eq!(immature(&x, &long.margin), 0);
}

#[test]
fn funding_that_is_received_matures_and_what_is_paid_takes_from_it() {
    let mut x = localnet();
    let names = ["long", "short", "other"];
    let [long, short, other] = names.map(|name| x.funded(name, 100_000));
    let leg = x.leg(0, 10_000);
    x.block_trade(&long, &short, &[leg]).unwrap();
    // Somebody bids above the index for an hour: longs pay.
    let bid = limit(Side::Buy, leg.price + 100, 20_000);
    x.order(&other, 0, bid, &[]).unwrap();
    for _ in 0..61 {
        x.chain.advance(60);
        x.refresh_all();
    }
    x.update_funding(0).unwrap();
    let back = x.leg(0, -10_000);
    x.block_trade(&long, &short, &[back]).unwrap();
    let gained = x.margin(&short.margin).header.core.cash.0 + fees(&x) - 100_000 * DOLLAR;
    assert!(gained > DOLLAR, "{gained}");
    assert_eq!(immature(&x, &short.margin), gained);
    assert_eq!(immature(&x, &long.margin), 0);
    let cash = x.margin(&short.margin).header.core.cash.0;
    let all = |x: &mut Exchange, atoms: i64| x.withdraw(&short, 0, atoms as u64, Guards::default());
    assert!(all(&mut x, cash - gained + 1).is_err());
    all(&mut x, cash - gained).unwrap();
}

/// What each side of the trades paid.
fn fees(x: &Exchange) -> i64 {
    x.market(0).fees / 2
}

#[test]
fn without_a_time_to_mature_profit_leaves_at_once() {
    let mut x = deployed(|deployment| deployment.profit_maturity = 0);
    let (first, second) = (x.funded("first", 10_000), x.funded("second", 10_000));
    let leg = x.leg(0, 10_000);
    x.block_trade(&first, &second, &[leg]).unwrap();
    x.set_price(1, 15_300_000_000);
    let back = x.leg(0, -10_000);
    x.block_trade(&first, &second, &[back]).unwrap();
    assert_eq!(immature(&x, &first.margin), 0);
    let cash = x.margin(&first.margin).header.core.cash.0;
    assert!(cash > 10_200 * DOLLAR);
    x.withdraw(&first, 0, cash as u64, Guards::default())
        .unwrap();
}

#[test]
fn an_account_is_closed_with_profit_that_never_left() {
    // Fees took all of a small profit: nothing is left but the memory of it.
    let mut x = localnet();
    let (first, second) = (x.funded("first", 1_000), x.funded("second", 1_000));
    let leg = x.leg(0, 1_000);
    x.block_trade(&first, &second, &[leg]).unwrap();
    let mut back = x.leg(0, -1_000);
    back.price += 1; // ten cents, and thirty of fees each time
    x.block_trade(&first, &second, &[back]).unwrap();
    let core = x.margin(&first.margin).header.core;
    assert!(core.immature.atoms > 0 && core.cash.0 < 1_000 * DOLLAR);
    let to: Trader = Trader {
        key: keypair("first"),
        margin: first.margin,
    };
    x.chain.advance(3_600);
    x.withdraw(&to, 0, core.cash.0 as u64, Guards::default())
        .unwrap();
    let close = counterweight_sdk::instructions::close_margin_account(to.key.pubkey(), to.margin);
    x.chain.send(&[close], &[&to.key]).unwrap();
    assert!(reconcile(&x, &[second.margin]).balances());
}
