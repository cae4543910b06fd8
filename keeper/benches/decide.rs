//! From one price to signed transactions: a price account of Pyth's changes, all holders of the asset are judged, and
//! jobs for those that fail are rehearsed, sized, put together and signed.
//!
//! 10,000 accounts, a fifth of which hold the asset; of those, one in ten fails by the price.

use anchor_lang::prelude::Pubkey;
use counterweight_keeper::{
    config::{Address, Config},
    engine::{price_accounts, rules},
    state::State,
    strategy::{Identity, Job, Reserve, Scene, Turns, decide},
};
use counterweight_link::{Draft, Moment, Update};
use counterweight_sdk::assemble::{AddressLookupTableAccount, Limits};
use counterweight_simnet::{
    Deployment, Exchange, Keypair, PullPrice, Signer, Start, Trader, keypair,
};
use criterion::{Criterion, criterion_group, criterion_main};
use solana_hash::Hash;
use std::{
    hint::black_box,
    time::{Duration, Instant},
};

const ACCOUNTS: usize = 10_000;
/// Jobs that a round may come to.
const ROOM: usize = 8;
const GOOD: i64 = 15_000_000_000;
const BAD: i64 = 14_500_000_000;

struct World {
    x: Exchange,
    state: State,
    config: Config,
    keeper: Trader,
    payer: Keypair,
    table: AddressLookupTableAccount,
}

fn key(at: usize) -> Pubkey {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&at.to_le_bytes());
    Pubkey::new_from_array(bytes)
}

/// Books of all sorts: which market, and how many lots for 10,000 dollars.
fn templates(x: &mut Exchange) -> Vec<Vec<u8>> {
    let maker = x.funded("maker", 100_000_000);
    // Holders of SOL on 3x but for the last, who is on 17x; of BTC and ETH; of both.
    let books: [&[(u16, i64)]; 10] = [
        &[(0, 20_000)],
        &[(1, 30_000)],
        &[(2, 7_000)],
        &[(1, -20_000), (2, 4_000)],
        &[(1, 10_000)],
        &[(2, -7_000)],
        &[(1, 40_000), (2, -5_000)],
        &[(2, 2_000)],
        &[(1, 5_000)],
        &[(0, 110_000)],
    ];
    let mut all = Vec::new();
    for (at, legs) in books.iter().enumerate() {
        let dollars = if at == 9 { 9_500 } else { 10_000 };
        let trader = x.funded(&format!("trader {at}"), dollars);
        let legs: Vec<_> = legs
            .iter()
            .map(|(market, lots)| x.leg(*market, *lots))
            .collect();
        x.block_trade(&trader, &maker, &legs).expect("a trade");
        all.push(x.chain.data(&trader.margin));
    }
    all
}

fn price(x: &Exchange, mantissa: i64) -> Vec<u8> {
    let asset = x.tables().assets[1];
    let reading = PullPrice {
        feed: asset.feed,
        price: mantissa,
        confidence: mantissa.unsigned_abs() / 2_000,
        average: mantissa,
        exponent: -8,
        publish_time: asset.publish_time + 5,
        posted_slot: asset.posted_slot + 10,
        fully_verified: true,
    };
    reading.to_bytes()
}

fn world() -> World {
    let mut x = Exchange::new(Deployment::localnet(), Start::default());
    x.open_backstop().expect("open_backstop");
    let templates = templates(&mut x);
    let keeper = x.funded("keeper", 5_000_000);
    let mut config = Config::default();
    config.clearinghouse.address = Address(Some(x.venue.clearinghouse));
    for (at, asset) in x.deployment.asset.iter().enumerate() {
        let account = Address(Some(x.price_account(at as u16)));
        config
            .duties
            .prices
            .accounts
            .insert(asset.name.clone(), account);
    }
    let mut accounts = vec![(keeper.margin, x.chain.data(&keeper.margin))];
    let mut named = vec![x.venue.clearinghouse, x.venue.risk_book, x.venue.backstop()];
    named.extend((0..3).map(|market| x.venue.market(market)));
    named.extend((1..4).map(|asset| x.price_account(asset)));
    accounts.extend(named.into_iter().map(|key| (key, x.chain.data(&key))));
    // A tenth of SOL's holders are on 17x.
    let of = |at: usize| match at % 100 {
        0 | 50 => 9,
        n if n % 5 == 0 => 0,
        n => 1 + n % 8,
    };
    accounts.extend((0..ACCOUNTS).map(|at| (key(at), templates[of(at)].clone())));
    let mut state = State::new(
        x.venue.clearinghouse,
        rules(&config),
        price_accounts(&config),
    );
    state.apply(Update::Snapshot(accounts), 0);
    let moment = Moment {
        slot: x.chain.slot(),
        time: x.chain.time() + 5,
    };
    state.apply(Update::Moment(moment), 0);
    state.judge_all();
    let prices: Vec<_> = (0..4).map(|asset| x.price_account(asset)).collect();
    let addresses = x
        .venue
        .table_addresses(&x.tables(), &x.collaterals, &prices);
    let table = x.chain.place_table(keypair("table").pubkey(), &addresses);
    World {
        payer: x.chain.payer().insecure_clone(),
        x,
        state,
        config,
        keeper,
        table,
    }
}

/// The jobs that a price comes to.
fn jobs(world: &mut World, data: Vec<u8>) -> Vec<Job> {
    let account = world.x.price_account(1);
    world.state.apply(Update::Account(account, data), 1);
    world.state.judge();
    let identity = Identity {
        payer: world.payer.pubkey(),
        trader: world.keeper.key.pubkey(),
        account: world.keeper.margin,
    };
    let tables = core::slice::from_ref(&world.table);
    let scene = Scene::new(
        &world.state,
        &world.config,
        identity,
        tables,
        1_000,
        &|_| false,
    );
    let scene = scene.expect("a scene");
    decide(&scene, Turns::default(), Reserve::default(), ROOM).jobs
}

fn sign(world: &World, jobs: Vec<Job>) -> Vec<Vec<u8>> {
    let bytes = jobs.into_iter().map(|job| {
        let draft = Draft {
            limits: Limits {
                positions: job.positions,
                unit_price: job.unit_price,
                loaded: None,
                extra_units: job.extra_units,
            },
            tables: core::slice::from_ref(&world.table),
            ..Draft::new(&world.payer, job.instructions, 0)
        };
        let draft = draft.signed_by(&[&world.keeper.key]);
        let transaction = draft.sign(Hash::default()).expect("it fits");
        transaction.message.serialize()
    });
    bytes.collect()
}

fn price_to_bytes(criterion: &mut Criterion) {
    let mut world = world();
    let (good, bad) = (price(&world.x, GOOD), price(&world.x, BAD));
    assert!(jobs(&mut world, good.clone()).is_empty(), "all are well");
    assert_eq!(jobs(&mut world, bad.clone()).len(), ROOM, "many fail");
    assert_eq!(world.state.fleet().failing().len(), ACCOUNTS / 50);
    let mut time = |name: &str, wanted: usize, from: &[u8], to: &[u8]| {
        criterion.bench_function(name, |bencher| {
            bencher.iter_custom(|times| {
                let mut spent = Duration::ZERO;
                for _ in 0..times {
                    jobs(&mut world, from.to_vec());
                    let began = Instant::now();
                    let decided = jobs(&mut world, to.to_vec());
                    let bytes = sign(&world, decided);
                    spent += began.elapsed();
                    assert_eq!(black_box(bytes).len(), wanted);
                }
                spent
            });
        });
    };
    time(
        "10,000 accounts: a price, 8 signed transactions",
        ROOM,
        &good,
        &bad,
    );
    time("10,000 accounts: a price, nothing to do", 0, &bad, &good);
}

criterion_group! {
    name = decide_and_sign;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(8));
    targets = price_to_bytes
}
criterion_main!(decide_and_sign);
