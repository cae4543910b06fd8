//! What a default costs: takeover, deleveraging, catching up, and interest. The accounts are made poor by
//! taking their cash.

use crate::{
    cases::{Cost, measure},
    world::{Bytecode, LotValue, exchange, open, trader},
};
use anchor_lang::prelude::Pubkey;
use counterweight::state::MarginAccount;
use counterweight_simnet::{Exchange, Signer, Trader, keypair};

/// Numbers of positions; the last is the most that a takeover may net.
const POSITIONS: [u16; 3] = [8, 32, 48];
/// Quote atoms in a dollar.
const DOLLAR: i64 = 1_000_000;

fn patch_cash(x: &mut Exchange, key: &Pubkey, atoms: i64) {
    let at = 8 + core::mem::offset_of!(MarginAccount, core);
    let mut account = x.chain.svm.get_account(key).expect("margin account");
    account.data[at..at + 8].copy_from_slice(&atoms.to_le_bytes());
    x.chain.svm.set_account(*key, account).expect("set account");
}

/// Leaves an account a quarter of its maintenance margin: half of the line.
fn fail(x: &mut Exchange, key: &Pubkey) {
    let view = x.view(*key).expect("margin_view");
    let cash = x.margin(key).header.core.cash.0;
    let left = view.maintenance_margin / 4;
    patch_cash(x, key, cash - view.equity + left);
}

/// Gives somebody positions in the first markets, long.
fn holder(x: &mut Exchange, name: &str, maker: &Trader, n: u16) -> Trader {
    let trader = trader(x, name, 200_000);
    open(x, &trader, maker, 0, n, 300);
    trader
}

/// Everything in this file.
pub fn all(bytecode: Bytecode) -> Vec<Cost> {
    let mut costs = Vec::new();
    for n in POSITIONS {
        let mut x = exchange(bytecode, LotValue::Usual);
        let maker = trader(&mut x, "maker", 40_000_000);
        if n == POSITIONS[0] {
            costs.push(opening(&mut x));
        }
        x.open_backstop().expect("open_backstop");
        costs.extend(takeover(&mut x, &maker, n));
    }
    let mut x = exchange(bytecode, LotValue::Usual);
    x.open_backstop().expect("open_backstop");
    costs.extend(aftermath(&mut x));
    costs.push(interest(&mut x));
    costs
}

fn opening(x: &mut Exchange) -> Cost {
    let authority = keypair("authority");
    let open = x.venue.open_backstop(authority.pubkey());
    measure(x, "open_backstop", None, &[open], &[&authority], true)
}

/// Takeovers without and with netting, and deleveraging where the fund is empty.
fn takeover(x: &mut Exchange, maker: &Trader, n: u16) -> Vec<Cost> {
    let (twin, poor) = (holder(x, "twin", maker, n), holder(x, "poor", maker, n));
    let backstop = x.venue.backstop();
    for key in [twin.margin, poor.margin] {
        fail(x, &key);
    }
    let mut costs = Vec::new();
    let mut run = |x: &mut Exchange, name: &str, call| {
        costs.push(measure(x, name, Some(n), &[call], &[], true));
    };
    let deleverage = x.venue.deleverage(poor.margin, 0);
    run(x, "deleverage", deleverage);

    patch_cash(x, &backstop, 10_000_000 * DOLLAR);
    let alone = x.venue.resolve_default(poor.margin, &[]);
    run(x, "resolve_default", alone);

    let first = x.venue.resolve_default(twin.margin, &[]);
    x.chain.send(&[first], &[]).expect("resolve_default");
    let markets: Vec<u16> = (0..n).collect();
    let netted = x.venue.resolve_default(poor.margin, &markets);
    run(x, "resolve_default, all netted", netted);

    patch_cash(x, &backstop, 0);
    let own = x.venue.deleverage_backstop(0);
    run(x, "deleverage_backstop", own);
    costs
}

/// What the other side does after a deleveraging.
fn aftermath(x: &mut Exchange) -> Vec<Cost> {
    let maker = trader(x, "maker", 40_000_000);
    let poor = holder(x, "poor", &maker, 8);
    let long = trader(x, "long", 200_000);
    let shorts: Vec<Trader> = (0..3)
        .map(|at| {
            let short = trader(x, &format!("short {at}"), 10_000);
            open(x, &long, &short, 0, 1, 7);
            short
        })
        .collect();
    fail(x, &poor.margin);
    x.deleverage(poor.margin, 0).expect("deleverage");
    let mut costs = Vec::new();
    let catch_up = x.venue.catch_up(maker.margin, 0);
    costs.push(measure(x, "catch_up", Some(8), &[catch_up], &[], true));
    for trader in shorts.iter().chain([&maker]) {
        x.catch_up(trader.margin, 0).expect("catch_up");
    }
    let sweep = x.venue.sweep_dust(0, 1);
    costs.push(measure(x, "sweep_dust", None, &[sweep], &[], true));
    costs
}

fn interest(x: &mut Exchange) -> Cost {
    let debtor = x.trader("debtor");
    x.deposit(&debtor, 1, 10_000_000_000).expect("deposit");
    patch_cash(x, &debtor.margin, -500 * DOLLAR);
    let accrue = x.venue.accrue_interest(&x.collateral(0), debtor.margin);
    x.chain
        .send(std::slice::from_ref(&accrue), &[])
        .expect("accrue_interest");
    x.chain.advance(3_600);
    measure(x, "accrue_interest", None, &[accrue], &[], true)
}
