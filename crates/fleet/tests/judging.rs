//! What the fleet says of an account is what the engine says of it, to the bit, at the same time.

mod common;

use anchor_lang::prelude::Pubkey;
use common::{Kind, NOW, Rng, account, data_of, model::Model};
use counterweight_fleet::{Fleet, Moved, Put};
use counterweight_risk::{
    Lots, Position, Price, QuoteAtoms, market::KIND_FUTURE, standard::maintenance,
};
use proptest::prelude::*;

/// A fleet and its model with the same accounts, not judged yet.
fn peopled(seed: u64, kind: Kind, accounts: usize) -> (Fleet, Model) {
    let mut model = Model::new(seed, kind);
    let mut rng = Rng::new(!seed);
    let mut fleet = Fleet::new();
    fleet.set_book(model.tables.clone());
    for _ in 0..accounts {
        let positions = rng.below(12) as usize;
        let margin = account(&mut rng, &model.tables, positions, kind);
        let key = rng.key();
        assert_eq!(fleet.put(key, &data_of(&margin)), Ok(Put::New));
        model.accounts.insert(key, margin);
    }
    (fleet, model)
}

fn agrees(seed: u64, kind: Kind) {
    let (mut fleet, model) = peopled(seed, kind, 60);
    let census = fleet.judge_all(NOW);
    model.compare(&fleet, NOW, &format!("{kind:?}, seed {seed}"));
    let judge = |margin| maintenance(&model.tables.book(), &margin, NOW);
    let all = model.accounts.values();
    let found: Vec<_> = all.map(|margin| judge(margin.view())).collect();
    let known: Vec<_> = found.iter().flatten().collect();
    assert_eq!((census.judged, census.unknown), (60, 60 - known.len()));
    assert_eq!(census.failing, fleet.failing().len());
    let sum = |of: fn(&counterweight_risk::Health) -> QuoteAtoms| {
        known
            .iter()
            .map(|health| i128::from(of(health).0))
            .sum::<i128>()
    };
    assert_eq!(census.equity, sum(|health| health.equity));
    assert_eq!(census.requirement, sum(|health| health.requirement));
}

proptest! {
    // A case is 60 accounts: 54,000 of them in all.
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn ordinary_accounts_are_judged_as_the_engine_judges_them(seed: u64) {
        agrees(seed, Kind::Plain);
    }

    #[test]
    fn deleveraged_settled_and_silent_ones_too(seed: u64) {
        agrees(seed, Kind::Rare);
    }

    #[test]
    fn so_are_figures_that_no_program_writes(seed: u64) {
        agrees(seed, Kind::Wild);
    }
}

/// The ends of what the scan takes for itself, which random figures seldom meet together.
#[test]
fn the_ends_of_every_range_are_judged_as_the_engine_judges_them() {
    let ends = |bits: u32| {
        let end = 1i64 << bits;
        [end - 1, end, 1 - end, -end, -end - 1]
    };
    let indices = || ends(62).into_iter().chain([0, i64::MIN, i64::MAX]);
    let (_, mut model) = peopled(1, Kind::Plain, 0);
    let (mut rng, mut turn) = (Rng::new(1), 0);
    for market_index in indices() {
        model.tables.markets[0].index = [market_index; 2];
        model.accounts.clear();
        for index in indices() {
            for quote in ends(53).into_iter().chain([0, i64::MIN, i64::MAX]) {
                for lots in [-64, -1, 0, 1, 63] {
                    let mut margin = account(&mut rng, &model.tables, 1, Kind::Plain);
                    let market = &model.tables.markets[0];
                    margin.slots[0] = Position {
                        index,
                        quote: QuoteAtoms(quote),
                        ..Position::open(0, market, Lots(lots))
                    };
                    turn += 1;
                    margin.header.core.cash = QuoteAtoms(ends(61)[turn % 5] * (turn as i64 & 1));
                    model.accounts.insert(rng.key(), margin);
                }
            }
        }
        let mut fleet = Fleet::new();
        fleet.set_book(model.tables.clone());
        for (key, margin) in &model.accounts {
            fleet.put(*key, &data_of(margin)).unwrap();
        }
        let census = fleet.judge_all(NOW);
        assert!(census.by_engine < census.judged || market_index.unsigned_abs() >= 1 << 62);
        model.compare(&fleet, NOW, &format!("market at {market_index}"));
    }
}

/// What is held against the engine above is not the engine again.
#[test]
fn the_engine_is_asked_about_what_is_out_of_the_ordinary_only() {
    for (kind, shares) in [
        (Kind::Plain, 0..=20),
        (Kind::Rare, 300..=800),
        (Kind::Wild, 400..=900),
    ] {
        let (mut judged, mut asked) = (0, 0);
        for seed in 0..50 {
            let census = peopled(seed, kind, 60).0.judge_all(NOW);
            judged += census.judged;
            asked += census.by_engine;
        }
        let share = asked * 1_000 / judged;
        assert!(
            shares.contains(&share),
            "{share} of a thousand {kind:?} accounts"
        );
    }
}

/// How many of these accounts have each trait that the property must not miss.
#[test]
fn the_random_accounts_have_every_trait_that_matters() {
    let mut seen = [0usize; 9];
    for seed in 0..100 {
        let (_, model) = peopled(seed, Kind::Rare, 60);
        let (assets, markets) = (&model.tables.assets, &model.tables.markets);
        for margin in model.accounts.values() {
            let core = &margin.header.core;
            let held = core.balances.iter().filter(|held| held.atoms > 0);
            let rows: Vec<_> = held.map(|held| &assets[usize::from(held.asset)]).collect();
            let positions = margin.positions();
            let market = |p: &counterweight_risk::Position| &markets[usize::from(p.market)];
            let health = maintenance(&model.tables.book(), &margin.view(), NOW);
            let traits = [
                core.cash.0 < 0,
                rows.iter()
                    .any(|row| row.check_maintenance(0, NOW).is_err()),
                rows.iter().any(|row| row.publish_time == 0),
                positions
                    .iter()
                    .any(|p| p.owed(market(p)).is_ok_and(|owed| owed.0 != 0)),
                positions.iter().any(|p| !p.is_current(market(p))),
                positions.iter().any(|p| market(p).mode == 3),
                health.is_ok_and(|health| !health.is_met()),
                health.is_ok_and(|health| health.is_met()),
                health.is_err(),
            ];
            for (count, found) in seen.iter_mut().zip(traits) {
                *count += usize::from(found);
            }
        }
    }
    assert!(seen.iter().all(|count| *count >= 50), "{seen:?} of 6000");
}

#[test]
fn a_price_judges_the_holders_of_its_asset_and_nobody_else() {
    for seed in 0..40 {
        let (mut fleet, mut model) = peopled(seed, Kind::Plain, 200);
        fleet.judge_all(NOW);
        for asset in 1..model.tables.assets.len() {
            let row = &mut model.tables.assets[asset];
            let moved = |price: Price| Price(price.0 + price.0 / 50 + 1);
            row.maintenance_low = moved(row.maintenance_low);
            row.maintenance_high = moved(row.maintenance_high);
            let asset = u16::try_from(asset).unwrap();
            let moved = fleet.set_book(model.tables.clone());
            assert_eq!(
                (&*moved.assets, moved.all),
                (&[asset][..], false),
                "seed {seed}"
            );
            let census = fleet.judge(&moved, NOW);
            assert_eq!(
                census.judged,
                model.holders(asset),
                "seed {seed} asset {asset}"
            );
            assert_eq!(census.judged, fleet.holders(asset));
            model.compare(&fleet, NOW, &format!("seed {seed} asset {asset}"));
        }
    }
}

#[test]
fn a_market_judges_the_holders_of_its_asset() {
    for seed in 0..40 {
        let (mut fleet, mut model) = peopled(seed, Kind::Plain, 100);
        fleet.judge_all(NOW);
        let changes: [fn(&mut counterweight_risk::Market); 4] = [
            |row| row.index[0] += 1 << 20,
            |row| row.era[1] = counterweight_risk::deleverage::era(1, 1 << 30),
            |row| (row.mode, row.settlement_price) = (3, 1_000),
            |row| row.maintenance.tiers[0].rate.0 += 5,
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let market = number % model.tables.markets.len();
            change(&mut model.tables.markets[market]);
            let asset = model.tables.markets[market].asset;
            let moved = fleet.set_book(model.tables.clone());
            assert_eq!(
                (&*moved.assets, moved.all),
                (&[asset][..], false),
                "seed {seed}"
            );
            let census = fleet.judge(&moved, NOW);
            assert_eq!(
                census.judged,
                model.holders(asset),
                "seed {seed} change {number}"
            );
            model.compare(&fleet, NOW, &format!("seed {seed} change {number}"));
        }
    }
}

#[test]
fn what_no_account_is_judged_by_moves_nobody() {
    let (mut fleet, mut model) = peopled(3, Kind::Plain, 50);
    fleet.judge_all(NOW);
    let row = &mut model.tables.assets[1];
    (row.publish_time, row.posted_slot) = (row.publish_time + 1, 77);
    row.stable = Price(row.stable.0 + 1);
    row.initial_high = Price(row.initial_high.0 + 1);
    model.tables.markets[0].trade_fee.0 += 1;
    model.tables.header.paused = 4;
    let moved = fleet.set_book(model.tables.clone());
    assert!(moved.is_empty(), "{moved:?}");
    assert_eq!(fleet.judge(&moved, NOW).judged, 0);
    model.compare(&fleet, NOW, "nothing moved");
}

#[test]
fn time_judges_debtors_and_the_holders_of_prices_that_grew_old() {
    let (mut fleet, model) = peopled(11, Kind::Plain, 300);
    fleet.judge_all(NOW);
    let owes = |margin: &&_| -> bool {
        let margin: &counterweight_sdk::accounts::Margin = margin;
        margin.header.core.cash.0 < 0
    };
    let debtors = model.accounts.values().filter(owes).count();
    assert!(debtors > 10 && debtors < 290, "{debtors}");
    // Same moment: nothing. A second later: interest.
    assert_eq!(fleet.judge(&Moved::default(), NOW).judged, 0);
    assert_eq!(fleet.judge(&Moved::default(), NOW + 1).judged, debtors);
    model.compare(&fleet, NOW + 1, "a second later");
    // An hour later no price is fresh.
    let census = fleet.judge(&Moved::default(), NOW + 3_600);
    assert!(census.judged > debtors);
    model.compare(&fleet, NOW + 3_600, "an hour later");
    // A clock that is put back is a clock.
    fleet.judge(&Moved::default(), NOW);
    model.compare(&fleet, NOW, "back again");
}

#[test]
fn a_book_that_was_never_judged_by_is_not_forgotten() {
    let (mut fleet, mut model) = peopled(5, Kind::Plain, 100);
    fleet.judge_all(NOW);
    for asset in 1..model.tables.assets.len() {
        model.tables.assets[asset].maintenance_high.0 += 1 << 12;
        model.tables.assets[asset].maintenance_low.0 += 1 << 12;
        fleet.set_book(model.tables.clone());
    }
    let last = Moved::default();
    fleet.judge(&last, NOW);
    model.compare(&fleet, NOW, "the caller forgot what moved");
}

#[test]
fn without_a_book_nobody_is_judged_and_nothing_is_lost() {
    let (_, model) = peopled(9, Kind::Rare, 30);
    let mut fleet = Fleet::new();
    for (key, margin) in &model.accounts {
        fleet.put(*key, &data_of(margin)).unwrap();
    }
    assert_eq!(fleet.judge_all(NOW).judged, 0);
    assert!(fleet.failing().is_empty() && fleet.worst(9).is_empty());
    assert!(fleet.exposure().is_empty() && fleet.unknown().is_empty());
    let key = *model.accounts.keys().next().unwrap();
    assert_eq!(fleet.standing(&key), None);
    assert!(fleet.set_book(model.tables.clone()).all);
    assert_eq!(fleet.judge(&Moved::default(), NOW).judged, 30);
    model.compare(&fleet, NOW, "the book came last");
}

#[test]
fn an_account_that_was_put_is_not_known_before_it_is_judged() {
    let (mut fleet, mut model) = peopled(21, Kind::Plain, 20);
    fleet.judge_all(NOW);
    let key: Pubkey = *model.accounts.keys().next().unwrap();
    let margin = model.accounts.get_mut(&key).unwrap();
    margin.header.sequence += 1;
    margin.header.core.cash = QuoteAtoms(-(1 << 50));
    assert_eq!(fleet.put(key, &data_of(margin)), Ok(Put::Changed));
    assert_eq!(fleet.standing(&key), None);
    assert!(fleet.failing().iter().all(|failing| failing.key != key));
    assert_eq!(fleet.judge(&Moved::default(), NOW).judged, 1);
    assert_eq!(fleet.failing()[0].key, key);
    model.compare(&fleet, NOW, "judged again");
}

/// In the last half hour of a contract its mean grows with every price that is recorded, the same one too: its holders are
/// judged again. (Found by a random life of a fleet.)
#[test]
fn a_mean_that_grows_moves_the_holders_of_its_contract() {
    let (mut fleet, mut model) = peopled(1, Kind::Plain, 20);
    fleet.judge_all(NOW);
    for seconds in [1, 900] {
        let row = &mut model.tables.markets[0];
        row.kind = KIND_FUTURE;
        let price = model.tables.assets[usize::from(row.asset)].index.0;
        (row.contract.seconds, row.contract.sum) = (seconds, (price >> 9) * u64::from(seconds));
        let asset = row.asset;
        let moved = fleet.set_book(model.tables.clone());
        assert_eq!(moved.assets, [asset]);
        fleet.judge(&moved, NOW);
        model.compare(&fleet, NOW, "a mean that grew");
    }
}
