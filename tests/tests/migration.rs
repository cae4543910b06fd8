//! Bringing a risk book of layout 1 to layout 2: with the bytes that the program of that time wrote.

use anchor_lang::prelude::Pubkey;
use counterweight::{
    error::ErrorCode,
    state::{Layout, MAX_MARKETS, RISK_BOOK_HEADER, RiskBook},
};
use counterweight_risk::{Market, array::RiskArray, orders::Side};
use counterweight_sdk::accounts::{self, DecodeError};
use counterweight_simnet::{
    Chain, Exchange, Signer, Start, keypair, largest_risk_book_version_1, limit, reconcile,
    risk_book_version_1,
};
use counterweight_tests::{
    fixture::Fixture,
    history::{self, SOL_PERP, margins, trader},
    hostile::{
        idl,
        world::{Side as WorldSide, World},
    },
    rng::Rng,
    scene::{Outcome, assert_numbers, lamports, patch, refused},
};

const BTC_PERP: u16 = 1;
const ETH_PERP: u16 = 2;
/// Bytes of a market's row in layout 1.
const OLD_ROW: usize = 512;
/// By how much an instruction may lengthen an account.
const STEP: usize = 10_240;

fn fixture() -> Fixture {
    Fixture::read(include_str!("../fixtures/risk_book_v1.txt"))
}

/// The recorded clearinghouse under the present program.
fn recorded(fixture: &Fixture) -> Exchange {
    let mut chain = Chain::start(Start::default());
    fixture.restore(&mut chain);
    history::around(chain)
}

fn migrate(x: &mut Exchange) -> Outcome {
    let payer = keypair("payer of rent");
    x.chain.fund(&payer.pubkey());
    let step = x.venue.migrate_risk_book(payer.pubkey());
    x.chain.send(&[step], &[&payer])
}

/// What `margin_view` returns, as it returns it.
fn view(x: &mut Exchange, margin: Pubkey) -> Vec<u8> {
    let look = x.venue.margin_view(margin);
    let seen = x.chain.simulate(&[look], &[]);
    seen.unwrap_or_else(|failure| panic!("margin_view: {failure}"))
        .return_data
}

#[test]
fn the_recorded_risk_book_is_of_version_1_and_the_sdk_says_so() {
    let fixture = fixture();
    let x = recorded(&fixture);
    let data = x.chain.data(&x.venue.risk_book);
    assert_eq!(data.len(), RISK_BOOK_HEADER + 4 * 448 + 4 * OLD_ROW);
    let found = accounts::risk_book(&data).err();
    let expected = DecodeError::UnknownVersion { found: 1, known: 2 };
    assert_eq!(found, Some(expected));
    let text = expected.to_string();
    assert!(text.contains("migrate_risk_book"), "{text}");
}

/// Nothing is computed from rows that stand somewhere else: whoever is given a risk book looks at its version first.
#[test]
fn every_instruction_that_reads_a_risk_book_refuses_the_old_layout_and_says_what_to_do() {
    let mut world = World::new();
    let key = world.a.venue.risk_book;
    let calls: Vec<_> = idl()
        .into_iter()
        .map(|instruction| {
            (
                world.call(WorldSide::A, &instruction.name),
                instruction.name,
            )
        })
        .filter(|(call, _)| call.accounts.iter().any(|meta| meta.pubkey == key))
        .collect();
    let mut account = world.account(&key).expect("the risk book");
    account.data = risk_book_version_1(&account.data);
    world.place(key, Some(account));
    println!("{} instructions are given a risk book", calls.len());
    assert!(calls.len() >= 38);
    for (call, name) in calls {
        let failure = world.send(call).expect_err(&name);
        assert!(failure.is(ErrorCode::WrongVersion), "{name}: {failure}");
        assert_numbers(&failure, &[("version", 1), ("known", 2)]);
        let log = failure.logs.join("\n");
        assert!(log.contains("migrate_risk_book"), "{log}");
        assert!(world.changes().is_empty(), "{name}");
    }
}

#[test]
fn migrating_changes_no_figure() {
    let fixture = fixture();
    let mut x = recorded(&fixture);
    let (book, before) = (x.venue.risk_book, fixture.account(&x.venue.risk_book));
    migrate(&mut x).expect("migrate_risk_book");

    // Every row as it was, with zeros behind it; put back, the same bytes.
    let data = x.chain.data(&book);
    assert_eq!(risk_book_version_1(&data), before.data);
    assert_eq!(data.len(), RiskBook::space(4, 4));
    let tables = x.tables();
    assert_eq!(tables.header.version, RiskBook::VERSION);
    assert!(
        tables
            .markets
            .iter()
            .all(|row| row.array == RiskArray::default())
    );
    history::assert_complete(&x);
    // Nothing else has changed.
    for (key, account) in &fixture.accounts {
        if *key != book {
            assert_eq!(
                x.chain.svm.get_account(key).as_ref(),
                Some(account),
                "{key}"
            );
        }
    }
    // And every account stands as the program of that time said, to the byte.
    assert_eq!(fixture.views.len(), margins(&x).len());
    for (margin, seen) in &fixture.views {
        assert_eq!(view(&mut x, *margin), *seen, "{margin}");
    }
}

/// Everything goes on: books, queue, funding, interest, liquidation, default, deleveraging, settlement.
#[test]
fn after_migrating_everything_goes_on() {
    let mut x = recorded(&fixture());
    migrate(&mut x).expect("migrate_risk_book");
    let accounts: Vec<_> = margins(&x).into_iter().take(9).collect();
    let balances = |x: &Exchange| {
        let mut sums = reconcile(x, &accounts);
        // What has ended is closed one account at a time: lots that are left are worth its price.
        let ended = usize::from(history::ENDED);
        let price = i128::from(x.tables().markets[ended].settlement_price);
        sums.positions += std::mem::take(&mut sums.lots[ended]) * price;
        assert!(sums.balances(), "{sums:?}");
    };
    balances(&x);
    let [alice, bob, keeper] = ["alice", "bob", "keeper"].map(|name| trader(&x.venue, name));
    let [carol, erin, rose] = ["carol", "erin", "rose"].map(|name| trader(&x.venue, name).margin);

    x.settle_fills(SOL_PERP, &[bob.margin])
        .expect("settle_fills");
    let mid = x.index_ticks(SOL_PERP);
    x.trade(&keeper, SOL_PERP, 10, mid + 2, &[bob.margin])
        .expect("trade");
    let bid = limit(Side::Buy, mid - 10, 20);
    x.order(&alice, SOL_PERP, bid, &[]).expect("place_order");
    let legs = [x.leg(BTC_PERP, 10)];
    x.block_trade(&alice, &keeper, &legs).expect("trade");

    let flag = x.venue.flag_account(carol);
    x.chain.send(&[flag], &[]).expect("flag_account");
    let lots = |x: &Exchange| x.margin(&carol).positions()[0].lots.0;
    let held = lots(&x);
    x.liquidate(&keeper, carol, SOL_PERP, 1_000)
        .expect("liquidate");
    assert!(lots(&x) < held);
    x.resolve_default(erin).expect("resolve_default");
    x.catch_up(bob.margin, BTC_PERP).expect("catch_up");
    for side in [0, 1] {
        // What rounding has left over is the backstop's, and pays funding from now on.
        if x.market(BTC_PERP).unsettled[usize::from(side)] != 0 {
            x.sweep_dust(BTC_PERP, side).expect("sweep_dust");
        }
    }
    assert_eq!(x.market(BTC_PERP).unsettled, [0; 2]);
    let accrue = x.venue.accrue_interest(&x.collateral(0), rose);
    x.chain.send(&[accrue], &[]).expect("accrue_interest");
    let settle = x.venue.settle_position(bob.margin, history::ENDED);
    x.chain.send(&[settle], &[]).expect("settle_position");
    balances(&x);

    x.chain.advance(3_600);
    x.refresh_all();
    for market in [SOL_PERP, BTC_PERP, ETH_PERP] {
        x.update_funding(market).expect("update_funding");
    }
    x.deposit(&alice, 1, 1_000_000_000).expect("deposit");
    let mut added = x.deployment.asset[3].clone();
    added.name = "DOGE".into();
    x.deployment.asset.push(added.clone());
    x.add_asset(&added).expect("add_asset");
    x.deployment.market.push(x.deployment.market[2].clone());
    x.add_market(4).expect("add_market");
    assert_eq!(x.tables().markets.len(), 5);
    balances(&x);
}

#[test]
fn nothing_is_migrated_twice() {
    let mut x = recorded(&fixture());
    migrate(&mut x).expect("migrate_risk_book");
    refused(&mut x, &[], ErrorCode::AlreadyMigrated, migrate);
}

#[test]
fn a_layout_that_nobody_knows_is_not_migrated() {
    for version in [0u8, 3, 255] {
        let mut x = recorded(&fixture());
        let book = x.venue.risk_book;
        patch(&mut x, book, 8, &[version]);
        let before = x.chain.data(&book);
        let failure = migrate(&mut x).expect_err("an unknown version");
        assert!(failure.is(ErrorCode::WrongVersion), "{failure}");
        assert_numbers(&failure, &[("version", version.into()), ("known", 1)]);
        assert_eq!(x.chain.data(&book), before);
    }
}

/// The largest risk book, of noise: no byte of a row is looked at.
fn largest(rng: &mut Rng, x: &Exchange) -> Vec<u8> {
    let mut data = largest_risk_book_version_1(&x.chain.data(&x.venue.risk_book));
    for byte in &mut data[RISK_BOOK_HEADER..] {
        *byte = rng.below(256) as u8;
    }
    data
}

/// 64 assets and 256 markets grow by 64 kB, 10 kB a call; until the last one, only the length changes.
#[test]
fn the_largest_risk_book_takes_seven_calls_and_little_compute() {
    let seed = 20_261_130;
    println!("seed {seed}");
    let mut x = recorded(&fixture());
    let old = largest(&mut Rng::new(seed), &x);
    let (book, wallet) = (x.venue.risk_book, keypair("payer of rent").pubkey());
    x.chain.set_account(book, counterweight::ID, old.clone());
    let added = usize::from(MAX_MARKETS) * (size_of::<Market>() - OLD_ROW);
    let calls = added.div_ceil(STEP);
    assert_eq!(calls, 7);
    let mut most = 0;
    for call in 1..calls {
        let receipt = migrate(&mut x).expect("migrate_risk_book");
        most = most.max(receipt.units);
        let data = x.chain.data(&book);
        assert_eq!(data.len(), old.len() + call * STEP);
        assert_eq!(data[..old.len()], old[..]);
        assert!(data[old.len()..].iter().all(|byte| *byte == 0));
        let rent = x.chain.svm.minimum_balance_for_rent_exemption(data.len());
        assert_eq!(lamports(&x, &book), rent);
        // Half way through, it is still of the old layout to all others.
        let failure = x.refresh(&[1]).expect_err("the old layout");
        assert!(failure.is(ErrorCode::WrongVersion), "{failure}");
    }
    let receipt = migrate(&mut x).expect("migrate_risk_book");
    println!(
        "a step takes at most {most} compute units, the last one {}",
        receipt.units
    );
    assert!(most < 5_000 && receipt.units < 100_000);
    let data = x.chain.data(&book);
    assert_eq!(data.len(), RiskBook::space(64, 256));
    assert_eq!(risk_book_version_1(&data), old);
    let rows = data[data.len() - 256 * size_of::<Market>()..].chunks(size_of::<Market>());
    assert!(
        rows.map(|row| &row[OLD_ROW..])
            .all(|rest| rest.iter().all(|byte| *byte == 0))
    );
    // Who asked for it has paid for it, and nothing besides.
    let rent = x.chain.svm.minimum_balance_for_rent_exemption(data.len());
    assert_eq!(lamports(&x, &book), rent);
    assert!(lamports(&x, &wallet) > 0);
    refused(&mut x, &[], ErrorCode::AlreadyMigrated, migrate);
}

/// All calls fit a transaction, which then is all or nothing.
#[test]
fn all_calls_fit_one_transaction() {
    let seed = 7;
    println!("seed {seed}");
    let mut x = recorded(&fixture());
    let old = largest(&mut Rng::new(seed), &x);
    let book = x.venue.risk_book;
    x.chain.set_account(book, counterweight::ID, old.clone());
    let payer = keypair("payer of rent");
    x.chain.fund(&payer.pubkey());
    let steps = vec![x.venue.migrate_risk_book(payer.pubkey()); 7];
    let receipt = x.chain.send(&steps, &[&payer]).expect("migrate_risk_book");
    println!("{} compute units", receipt.units);
    assert_eq!(risk_book_version_1(&x.chain.data(&book)), old);
    // One call too many undoes all of them.
    x.chain.set_account(book, counterweight::ID, old.clone());
    let steps = vec![x.venue.migrate_risk_book(payer.pubkey()); 8];
    let failure = x.chain.send(&steps, &[&payer]).expect_err("one too many");
    assert!(failure.is(ErrorCode::AlreadyMigrated), "{failure}");
    assert_eq!(x.chain.data(&book), old);
}
