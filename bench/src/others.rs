//! What is done seldom: collecting, growing, discounts, the end of a market.

use crate::{
    cases::{Cost, measure},
    world::{Bytecode, LotValue, exchange, open, trader},
};
use anchor_lang::solana_program::instruction::Instruction;
use counterweight::state::MARKET_LARGEST;
use counterweight_risk::expiry::LEAST_TERM;
use counterweight_sdk::trading::{close_triggers, open_triggers};
use counterweight_simnet::{Exchange, Keypair, Signer, keypair, largest_risk_book_version_1};

/// Everything in this file.
pub fn all(bytecode: Bytecode) -> Vec<Cost> {
    let mut x = exchange(bytecode, LotValue::Usual);
    let (maker, holder) = (
        trader(&mut x, "maker", 40_000_000),
        trader(&mut x, "holder", 200_000),
    );
    open(&mut x, &holder, &maker, 0, 8, 300);
    let (venue, authority) = (x.venue, keypair("authority"));
    let (key, owner) = (authority.pubkey(), holder.key.pubkey());
    let mut costs = Vec::new();
    let mut run = |x: &mut Exchange, name: &str, call: &Instruction, signers: &[&Keypair]| {
        let calls = std::slice::from_ref(call);
        costs.push(measure(x, name, None, calls, signers, true));
    };
    run(&mut x, "collect_fees", &venue.collect_fees(0), &[]);
    let payer = x.chain.payer().pubkey();
    run(&mut x, "grow_market", &venue.grow_market(payer, 1), &[]);
    let grow = venue.grow_market(payer, 1);
    // The rent goes through the system program, which is given the whole account: a long one costs more.
    while x.chain.data(&venue.market(1)).len() + 10_240 < MARKET_LARGEST {
        x.chain
            .send(std::slice::from_ref(&grow), &[])
            .expect("grow_market");
    }
    run(&mut x, "grow_market, the last room", &grow, &[]);
    let discount = venue.set_fee_discount(key, holder.margin, 500);
    run(&mut x, "set_fee_discount", &discount, &[&authority]);

    let make = open_triggers(owner, holder.margin);
    x.chain
        .send(&[make], &[&holder.key])
        .expect("open_triggers");
    let drop = close_triggers(owner, holder.margin);
    run(&mut x, "close_triggers", &drop, &[&holder.key]);

    let expiry = x.chain.time() + LEAST_TERM;
    let dated = x.add_future(1, "DATED", expiry).expect("add_market");
    x.chain.set_time(expiry);
    x.refresh_all();
    let settle = venue.settle_expired(dated);
    run(&mut x, "settle_expired", &settle, &[]);

    let end = venue.settle_market(key, 0, x.index_ticks(0));
    run(&mut x, "settle_market", &end, &[&authority]);
    x.chain.send(&[end], &[&authority]).expect("settle_market");
    let close = venue.settle_position(holder.margin, 0);
    run(&mut x, "settle_position", &close, &[]);
    costs.extend(of_migration(&mut x));
    costs
}

/// The largest risk book, from the layout before: a call that only lengthens it, and the one that moves its rows.
fn of_migration(x: &mut Exchange) -> Vec<Cost> {
    let (book, payer) = (x.venue.risk_book, x.chain.payer().pubkey());
    let old = largest_risk_book_version_1(&x.chain.data(&book));
    x.chain.set_account(book, counterweight::ID, old);
    let migrate = [x.venue.migrate_risk_book(payer)];
    let first = measure(x, "migrate_risk_book, 10 kB", None, &migrate, &[], true);
    // Seven calls lengthen it by 64 kB, the last of them by what is left.
    for _ in 0..6 {
        x.chain.send(&migrate, &[]).expect("migrate_risk_book");
    }
    let last = measure(x, "migrate_risk_book, 256 rows", None, &migrate, &[], true);
    x.chain.send(&migrate, &[]).expect("migrate_risk_book");
    vec![first, last]
}
