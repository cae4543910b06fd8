//! A clearinghouse with a past: whatever a risk book, its markets and margin accounts can have in them, after
//! hours of trading, defaults and interest. What is recorded of it must be readable to every later program.

use crate::scene::DOLLAR;
use anchor_lang::prelude::Pubkey;
use counterweight::TriggerArgs;
use counterweight_risk::{market::MODE_SETTLEMENT, orders::Side};
use counterweight_sdk::{
    instructions::{Collateral, Venue, set_delegate},
    trading,
};
use counterweight_simnet::{
    Chain, Deployment, Exchange, Signer, Start, TOKEN_CLASSIC, Trader, keypair, limit, pegged,
};

/// Whoever has a margin account. Carol is below her maintenance margin, Erin in default; Rose owes cash
/// against collateral; Helga and Thin were closed by deleveraging.
const OWNERS: [&str; 9] = [
    "alice", "bob", "carol", "erin", "helga", "keeper", "long", "rose", "thin",
];
/// Markets of the history.
pub const SOL_PERP: u16 = 0;
const BTC_PERP: u16 = 1;
const ETH_PERP: u16 = 2;
/// A market that has ended, with positions in it.
pub const ENDED: u16 = 3;
const SOL: u16 = 1;
const BTC: u16 = 2;
const ETH: u16 = 3;

/// The clearinghouse of `migrations/localnet.toml` with a fourth market, and books of few orders.
fn deployment() -> Deployment {
    let mut deployment = Deployment::localnet();
    let mut ended = deployment.market[0].clone();
    ended.name = "SOL-OLD".into();
    deployment.market.push(ended);
    for market in &mut deployment.market {
        market.order_slots = 32;
    }
    deployment
}

/// Somebody of the history.
pub fn trader(venue: &Venue, name: &str) -> Trader {
    let key = keypair(name);
    let margin = venue.margin_account(&key.pubkey(), 0);
    Trader { key, margin }
}

/// All margin accounts, the backstop's among them.
pub fn margins(x: &Exchange) -> Vec<Pubkey> {
    let mut keys: Vec<_> = OWNERS.map(|name| trader(&x.venue, name).margin).into();
    keys.push(x.venue.backstop());
    keys
}

/// The exchange on a chain that the history was put back on.
pub fn around(mut chain: Chain) -> Exchange {
    let (authority, guardian) = (keypair("authority"), keypair("authority guardian"));
    let people = OWNERS.map(|name| keypair(name).pubkey());
    for key in people
        .iter()
        .chain([&authority.pubkey(), &guardian.pubkey()])
    {
        chain.fund(key);
    }
    let collateral = |asset, name: &str| Collateral {
        asset,
        mint: keypair(&format!("mint {name}")).pubkey(),
        token_program: TOKEN_CLASSIC,
    };
    Exchange {
        chain,
        deployment: deployment(),
        venue: Venue::new(&authority.pubkey(), 0),
        authority,
        guardian,
        collaterals: vec![collateral(0, "USDC"), collateral(SOL, "SOL")],
        prices: vec![
            100_000_000,
            14_400_000_000,
            10_000_000_000_000,
            418_000_000_000,
        ],
    }
}

/// Plays it from the beginning.
///
/// # Panics
/// If the program refuses a step of it.
pub fn play() -> Exchange {
    let mut x = Exchange::new(deployment(), Start::default());
    x.open_backstop().expect("open_backstop");
    let alice = x.funded("alice", 100_000);
    x.deposit(&alice, SOL, 100_000_000_000).expect("deposit");
    let bob = x.funded("bob", 1_000_000);
    x.funded("keeper", 100_000);
    let legs = [
        x.leg(SOL_PERP, 1_000),
        x.leg(BTC_PERP, 1_000),
        x.leg(ENDED, 100),
    ];
    x.block_trade(&alice, &bob, &legs).expect("trade");
    let carol = x.funded("carol", 1_500);
    let leg = x.leg(SOL_PERP, 15_000);
    x.block_trade(&carol, &bob, &[leg]).expect("trade");

    owe(&mut x, &bob);
    close_a_side_whole(&mut x);
    leave_a_side_behind(&mut x, &bob);
    // Before, the backstop could take nothing over.
    insure(&mut x, 700);
    let erin = x.funded("erin", 900);
    let leg = x.leg(ETH_PERP, -4_000);
    x.block_trade(&erin, &bob, &[leg]).expect("trade");
    govern(&mut x, &alice);
    pass_hours(&mut x);
    fall(&mut x);
    fill_books(&mut x, &alice, &bob);
    x
}

fn insure(x: &mut Exchange, dollars: u64) {
    let patron = x.trader("keeper's patron");
    let atoms = dollars * DOLLAR.unsigned_abs();
    let wallet = x.wallet(&patron, 0, atoms);
    let (key, quote) = (patron.key.pubkey(), x.collateral(0));
    let fund = x.venue.fund_insurance(key, &quote, wallet, atoms);
    x.chain.send(&[fund], &[&patron.key]).expect("fund");
}

/// Rose loses with BTC more than her 10 SOL are worth: cash below zero, which pays interest.
fn owe(x: &mut Exchange, other: &Trader) {
    let rose = x.trader("rose");
    x.deposit(&rose, SOL, 10_000_000_000).expect("deposit");
    let leg = x.leg(BTC_PERP, 25_000);
    x.block_trade(&rose, other, &[leg]).expect("trade");
    x.set_price(BTC, 9_300_000_000_000);
    let all = u64::MAX;
    x.liquidate(other, rose.margin, BTC_PERP, all)
        .expect("liquidate");
    accrue(x);
    x.set_price(BTC, 10_000_000_000_000);
}

/// The one short of a market is closed against the one long: an epoch of both sides ends.
fn close_a_side_whole(x: &mut Exchange) {
    let (thin, long) = (x.funded("thin", 30), x.funded("long", 5_000));
    let leg = x.leg(ETH_PERP, -100);
    x.block_trade(&thin, &long, &[leg]).expect("trade");
    x.set_price(ETH, 440_000_000_000);
    x.deleverage(thin.margin, ETH_PERP).expect("deleverage");
    x.catch_up(long.margin, ETH_PERP).expect("catch_up");
    x.set_price(ETH, 400_000_000_000);
}

/// Helga's long is closed against shorts that have not caught up.
fn leave_a_side_behind(x: &mut Exchange, other: &Trader) {
    let helga = x.funded("helga", 30);
    let leg = x.leg(BTC_PERP, 500);
    x.block_trade(&helga, other, &[leg]).expect("trade");
    x.set_price(BTC, 9_400_000_000_000);
    x.deleverage(helga.margin, BTC_PERP).expect("deleverage");
    x.set_price(BTC, 10_000_000_000_000);
}

/// A delegate, a discount, a limit on what leaves, terms that are not those of the start.
fn govern(x: &mut Exchange, alice: &Trader) {
    let (authority, delegate) = (x.authority.pubkey(), keypair("dora").pubkey());
    let set = set_delegate(alice.key.pubkey(), alice.margin, delegate);
    x.chain.send(&[set], &[&alice.key]).expect("set_delegate");
    x.govern(x.venue.set_fee_discount(authority, alice.margin, 1_000))
        .expect("set_fee_discount");
    x.set_outflow_limit(0, 500_000_000_000, 86_400)
        .expect("set_outflow_limit");
    let mut terms = x.market_setup(SOL_PERP).terms;
    // Part of the open interest is beyond the start: the requirement is scaled.
    (terms.scale_start, terms.scale_end) = (1_000, 100_000);
    x.govern(x.venue.set_market_terms(authority, SOL_PERP, terms))
        .expect("set_market_terms");
}

/// Hours of funding and interest, with a premium in the book.
fn pass_hours(x: &mut Exchange) {
    let bob = trader(&x.venue, "bob");
    for market in [SOL_PERP, BTC_PERP] {
        let mid = x.index_ticks(market);
        let bid = limit(Side::Buy, mid + mid / 1_000, 20_000);
        x.order(&bob, market, bid, &[]).expect("place_order");
    }
    for _ in 0..8 {
        x.chain.advance(1_800);
        x.refresh_all();
        for market in [SOL_PERP, BTC_PERP, ETH_PERP] {
            x.update_funding(market).expect("update_funding");
        }
    }
    accrue(x);
}

/// Rose's debt is counted, and its interest goes to the insurance fund.
fn accrue(x: &mut Exchange) {
    let rose = trader(&x.venue, "rose");
    let accrue = x.venue.accrue_interest(&x.collateral(0), rose.margin);
    x.chain.send(&[accrue], &[]).expect("accrue_interest");
}

/// SOL and ETH fall, and with them Carol; ETH had risen, and with it Erin's short was lost.
fn fall(x: &mut Exchange) {
    x.set_price(ETH, 418_000_000_000);
    let erin = trader(&x.venue, "erin");
    let flag = x.venue.flag_account(erin.margin);
    x.chain.send(&[flag], &[]).expect("flag_account");
    x.chain.advance(1);
    x.prices[usize::from(SOL)] = 14_400_000_000;
    x.refresh_all();
}

/// Orders at fixed prices and pegged ones, a fill that waits, a trigger order, and a market that ends.
fn fill_books(x: &mut Exchange, alice: &Trader, bob: &Trader) {
    let mid = x.index_ticks(SOL_PERP);
    for (maker, order) in [
        (bob, limit(Side::Sell, mid + 2, 1_000)),
        (alice, limit(Side::Buy, mid - 100, 100)),
        (alice, pegged(Side::Buy, -20, mid - 5, 50)),
    ] {
        x.order(maker, SOL_PERP, order, &[]).expect("place_order");
    }
    x.trade(alice, SOL_PERP, 10, mid + 2, &[]).expect("trade");
    let key = alice.key.pubkey();
    let stop = TriggerArgs {
        market: SOL_PERP,
        side: Side::Sell,
        above: false,
        price: mid - 500,
        trail: 500,
        slippage: 100,
        lots: 100,
        expires: 0,
        client_id: 7,
    };
    let steps = [
        trading::open_triggers(key, alice.margin),
        x.venue.place_trigger(key, alice.margin, stop),
    ];
    x.chain.send(&steps, &[&alice.key]).expect("triggers");
    let end = x.venue.settle_market(x.authority.pubkey(), ENDED, mid);
    x.govern(end).expect("settle_market");
}

/// Asserts that nothing is missing in it: a fixture of a history that lacks something would prove nothing about it.
///
/// # Panics
/// If something is missing.
pub fn assert_complete(x: &Exchange) {
    let tables = x.tables();
    let market = |index: u16| &tables.markets[usize::from(index)];
    assert_eq!(market(ENDED).mode, MODE_SETTLEMENT);
    assert!(market(SOL_PERP).index != [0; 2], "funding was paid");
    assert!(market(SOL_PERP).scale > counterweight_risk::Ratio::ONE);
    assert!(market(ETH_PERP).era.iter().any(|era| era >> 32 > 0));
    assert!(
        market(BTC_PERP)
            .era
            .iter()
            .any(|era| *era & 0xffff_ffff > 0)
    );
    assert!(market(ETH_PERP).closed_index != [0; 2]);
    assert!(tables.header.params.interest.index > 0 && tables.header.params.interest.debt > 0);
    assert!(x.market(BTC_PERP).unsettled != [0; 2], "a side lags behind");
    let book = x.order_book(SOL_PERP);
    assert!(!book.queue.is_empty(), "a fill waits");
    for (side, peg) in [(Side::Buy, false), (Side::Buy, true), (Side::Sell, false)] {
        assert!(book.resting(side, peg).next().is_some(), "{side:?} {peg}");
    }
    let core = |name: &str| x.margin(&trader(&x.venue, name).margin).header.core;
    assert!(core("rose").cash.0 < 0 && core("rose").debt.counted > 0);
    assert!(core("erin").liquidation_start > 0);
    assert!(core("alice").open_orders > 0);
    assert_ne!(
        x.margin(&trader(&x.venue, "alice").margin).header.delegate,
        Pubkey::default()
    );
}
