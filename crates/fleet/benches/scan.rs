//! How long judging takes: all accounts, those that one price touches, and beside them in the same run what the
//! figures are held against, which is reading the same memory, and decoding each account for the engine.

#[path = "../tests/common/mod.rs"]
mod common;

use common::{NOW, crowd::Crowd, data_of};
use counterweight_fleet::{Fleet, Shock};
use counterweight_risk::standard::maintenance;
use counterweight_sdk::{accounts, borrowed::MarginRef};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

/// Accounts, each with eight positions.
const ACCOUNTS: usize = 1_000_000;
/// Accounts that are decoded and judged one by one: what they take grows with their number.
const DECODED: usize = 20_000;

fn whole(criterion: &mut Criterion, fleet: &mut Fleet) {
    let mut group = criterion.benchmark_group("all accounts");
    group
        .sample_size(20)
        .throughput(Throughput::Elements(ACCOUNTS as u64));
    group.bench_function("read the memory", |bencher| {
        bencher.iter(|| black_box(fleet.read_through()));
    });
    let mut now = NOW;
    group.bench_function("judge", |bencher| {
        bencher.iter(|| {
            now += 1;
            black_box(fleet.judge_all(now))
        });
    });
    let shock = Shock {
        moves: vec![(1, -2_000), (2, -1_500)],
    };
    group.bench_function("shock", |bencher| {
        bencher.iter(|| black_box(fleet.shock(&shock, now)));
    });
    group.bench_function("exposure", |bencher| {
        bencher.iter(|| black_box(fleet.exposure()));
    });
    group.bench_function("the worst hundred", |bencher| {
        bencher.iter(|| black_box(fleet.worst(100)));
    });
    group.finish();
}

fn one_price(criterion: &mut Criterion, crowd: &mut Crowd, fleet: &mut Fleet) {
    let mut group = criterion.benchmark_group("one price");
    fleet.judge_all(NOW);
    for asset in [1, 8, 16, 32] {
        let holders = fleet.holders(asset);
        group.throughput(Throughput::Elements(holders as u64));
        let id = BenchmarkId::new("judge its holders", holders);
        group.bench_function(id, |bencher| {
            bencher.iter(|| {
                let moved = fleet.set_book(crowd.nudge(asset));
                let census = fleet.judge(&moved, NOW);
                assert_eq!(census.judged, holders);
            });
        });
    }
    group.finish();
}

fn one_by_one(criterion: &mut Criterion, crowd: &mut Crowd) {
    let accounts: Vec<_> = (0..DECODED).map(|_| data_of(&crowd.account())).collect();
    let book = crowd.tables.book();
    let mut group = criterion.benchmark_group("one by one, on one core");
    group.throughput(Throughput::Elements(DECODED as u64));
    group.bench_function("copy and judge by the engine", |bencher| {
        bencher.iter(|| {
            for data in &accounts {
                let margin = accounts::margin(data).expect("an account");
                black_box(maintenance(&book, &margin.view(), NOW)).ok();
            }
        });
    });
    group.bench_function("read in place and judge by the engine", |bencher| {
        bencher.iter(|| {
            for data in &accounts {
                let margin = MarginRef::read(data).expect("an account");
                black_box(maintenance(&book, &margin.view(), NOW)).ok();
            }
        });
    });
    group.finish();
}

fn scan(criterion: &mut Criterion) {
    let mut crowd = Crowd::new(1);
    one_by_one(criterion, &mut crowd);
    let mut fleet = crowd.fleet(ACCOUNTS);
    whole(criterion, &mut fleet);
    one_price(criterion, &mut crowd, &mut fleet);
}

criterion_group!(benches, scan);
criterion_main!(benches);
