//! Accounts come, change, grow, shrink and go, prices and terms move, time passes; after every round the fleet says
//! what a map of decoded accounts says that the engine judges one by one.

mod common;

use anchor_lang::prelude::Pubkey;
use common::{
    Kind, NOW, Rng, account, add_asset, add_market, count, data_of, deleverage, model::Model,
    set_price, settle,
};
use counterweight::state::{Layout, MarginAccount};
use counterweight_fleet::{Fleet, Moved, Put, Shock};
use counterweight_risk::{Position, market::KIND_FUTURE};
use counterweight_sdk::accounts::{DecodeError, Margin};
use proptest::prelude::*;

/// A fleet and its model in one random life.
struct Life {
    rng: Rng,
    kind: Kind,
    fleet: Fleet,
    model: Model,
    now: i64,
}

impl Life {
    fn new(seed: u64, kind: Kind) -> Self {
        let model = Model::new(seed, kind);
        let mut fleet = Fleet::new();
        assert!(fleet.set_book(model.tables.clone()).all);
        Self {
            rng: Rng::new(seed ^ 0x5EED),
            kind,
            fleet,
            model,
            now: NOW,
        }
    }

    fn any_key(&mut self) -> Option<Pubkey> {
        let count = self.model.accounts.len() as u64;
        let at = self.rng.below(count.max(1)) as usize;
        self.model.accounts.keys().nth(at).copied()
    }

    fn new_margin(&mut self) -> Margin {
        let most = if self.rng.chance(100) { 40 } else { 12 };
        let positions = self.rng.below(most) as usize;
        account(&mut self.rng, &self.model.tables, positions, self.kind)
    }

    fn put(&mut self, key: Pubkey, margin: Margin, expected: Put) {
        let found = self.fleet.put(key, &data_of(&margin));
        assert_eq!(found, Ok(expected));
        self.model.accounts.insert(key, margin);
    }

    fn enter(&mut self) {
        let (key, margin) = (self.rng.key(), self.new_margin());
        self.put(key, margin, Put::New);
    }

    /// A later state: other positions, other collateral, other slots.
    fn change(&mut self) {
        let Some(key) = self.any_key() else { return };
        let mut margin = self.new_margin();
        margin.header.sequence = self.model.accounts[&key].header.sequence + 1;
        self.put(key, margin, Put::Changed);
    }

    /// The same state again, and an earlier one: neither is taken.
    fn repeat(&mut self) {
        let Some(key) = self.any_key() else { return };
        let held = self.model.accounts[&key].clone();
        self.put(key, held.clone(), Put::Same);
        let mut older = self.new_margin();
        older.header.sequence = held.header.sequence - 1;
        assert_eq!(self.fleet.put(key, &data_of(&older)), Ok(Put::Older));
    }

    /// A snapshot of an account that was closed and opened again.
    fn reopen(&mut self) {
        let Some(key) = self.any_key() else { return };
        let mut margin = self.new_margin();
        margin.header.sequence = 1;
        margin.header.reserved[0] = self.rng.bits();
        assert_eq!(self.fleet.replace(key, &data_of(&margin)), Ok(Put::Changed));
        self.model.accounts.insert(key, margin);
    }

    fn leave(&mut self) {
        let Some(key) = self.any_key() else { return };
        assert!(self.fleet.remove(&key));
        assert!(!self.fleet.remove(&key));
        assert_eq!((self.fleet.margin(&key), self.fleet.sequence(&key)).1, None);
        self.model.accounts.remove(&key);
    }

    fn cull(&mut self) {
        let keep = |key: &Pubkey| !key.to_bytes()[0].is_multiple_of(4);
        self.fleet.retain(keep);
        self.model.accounts.retain(|key, _| keep(key));
    }

    /// Something happens to the risk book.
    fn turn(&mut self) {
        let (rng, tables) = (&mut self.rng, &mut self.model.tables);
        let market = rng.below(tables.markets.len() as u64) as usize;
        let asset = 1 + rng.below(tables.assets.len() as u64 - 1) as usize;
        match rng.below(12) {
            0..=4 => {
                let row = &mut tables.assets[asset];
                let change = row.index.0 / 100 * rng.below(6);
                let price = (row.index.0.min(1 << 50) + change).max(1_000);
                set_price(rng, row, price, self.now, self.kind);
            }
            5 => {
                let index = &mut tables.markets[market].index[0];
                *index = index.saturating_add(rng.range(-(1 << 20), 1 << 20) >> 1);
            }
            6 => deleverage(rng, &mut tables.markets[market]),
            7 if rng.chance(100) => settle(rng, &mut tables.markets[market]),
            8 if tables.markets.len() < 30 => {
                add_market(rng, tables, u16::try_from(asset).unwrap(), self.kind);
            }
            9 if tables.assets.len() < 12 => add_asset(rng, tables, self.kind),
            10 => {
                let vault = rng.below(1 << 44);
                let set = tables.header.params.interest.set_rate(vault, self.now);
                assert_eq!(set, Ok(()));
            }
            11 if tables.markets[market].kind == KIND_FUTURE => {
                let row = &mut tables.markets[market];
                let price = tables.assets[usize::from(row.asset)].index.0;
                count(rng, row, price.cast_signed());
            }
            _ => {
                let weight = &mut tables.assets[asset].weight_maintenance.0;
                *weight = weight.saturating_sub(1);
            }
        }
    }

    fn step(&mut self) {
        match self.rng.below(20) {
            0..=6 => self.enter(),
            7..=11 => self.change(),
            12 => self.repeat(),
            13 => self.reopen(),
            14..=15 => self.leave(),
            16 if self.rng.chance(50) => self.cull(),
            _ => self.turn(),
        }
    }

    /// Judges in one of the ways in which one can, and compares.
    fn judge(&mut self, context: &str) {
        if self.rng.chance(700) {
            self.now += self.rng.range(0, 400);
        }
        let moved = self.fleet.set_book(self.model.tables.clone());
        match self.rng.below(3) {
            0 => self.fleet.judge_all(self.now),
            1 => self.fleet.judge(&moved, self.now),
            _ => self.fleet.judge(&Moved::default(), self.now),
        };
        self.model.compare(&self.fleet, self.now, context);
        let moves = |rng: &mut Rng, asset| (asset, rng.range(-9_000, 5_000) as i32);
        let last = u16::try_from(self.model.tables.assets.len() - 1).unwrap();
        let shock = Shock {
            moves: vec![moves(&mut self.rng, 1), moves(&mut self.rng, last.max(2))]
                .into_iter()
                .filter(|(asset, _)| *asset <= last)
                .collect(),
        };
        let later = self.now + self.rng.range(0, 1_000);
        let shocked = self.fleet.shock(&shock, later);
        assert_eq!(
            shocked,
            self.model.shock(&shock, later),
            "{context} {shock:?}"
        );
        // Nothing has changed by asking.
        self.model.compare(&self.fleet, self.now, context);
    }
}

fn live(seed: u64, kind: Kind, rounds: usize, steps: usize) -> Life {
    let mut life = Life::new(seed, kind);
    for round in 0..rounds {
        for _ in 0..steps {
            life.step();
        }
        life.judge(&format!("{kind:?}, seed {seed}, round {round}"));
    }
    life
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_fleet_is_what_a_map_of_accounts_would_be(seed: u64) {
        live(seed, Kind::Rare, 12, 30);
    }

    #[test]
    fn a_fleet_of_impossible_accounts_too(seed: u64) {
        live(seed, Kind::Wild, 12, 30);
    }
}

/// More accounts than a core takes at a time, and enough of them leaving that rows move together.
#[test]
fn rows_move_together_and_nobody_is_mixed_up() {
    let mut life = Life::new(77, Kind::Rare);
    for _ in 0..6_000 {
        life.enter();
    }
    life.judge("all are there");
    let before = life.fleet.memory();
    life.fleet.retain(|key| key.to_bytes()[5] < 40);
    life.model.accounts.retain(|key, _| key.to_bytes()[5] < 40);
    life.judge("most have left");
    assert!(life.fleet.len() > 500 && life.fleet.len() < 1_500);
    let after = life.fleet.memory();
    assert!(
        after < before * 7 / 10,
        "{before} bytes before, {after} after"
    );
    for _ in 0..3_000 {
        life.enter();
        life.change();
    }
    life.judge("others have come");
    assert!(life.fleet.memory() < before);
}

#[test]
fn room_that_became_free_is_used_again() {
    let mut life = Life::new(5, Kind::Plain);
    for _ in 0..2_000 {
        life.enter();
    }
    let full = life.fleet.memory();
    for _ in 0..20_000 {
        life.leave();
        life.enter();
    }
    life.judge("ten generations later");
    let later = life.fleet.memory();
    assert!(later < full * 3 / 2, "{full} bytes at first, {later} later");
}

#[test]
fn bytes_that_are_no_account_change_nothing() {
    let mut life = Life::new(6, Kind::Plain);
    life.enter();
    life.judge("one account");
    let key = life.any_key().unwrap();
    let data = data_of(&life.model.accounts[&key]);
    assert_eq!(
        life.fleet.put(key, &data[..100]),
        Err(DecodeError::WrongType)
    );
    let other = life.rng.key();
    assert_eq!(life.fleet.put(other, &[]), Err(DecodeError::WrongType));
    let mut versioned = data.clone();
    versioned[8] = 9;
    let known = MarginAccount::VERSION;
    let unknown = DecodeError::UnknownVersion { found: 9, known };
    assert_eq!(life.fleet.put(other, &versioned), Err(unknown));
    assert_eq!(life.fleet.replace(key, &data), Ok(Put::Same));
    life.model.compare(&life.fleet, life.now, "as before");
}

/// The same sequence with other content: a cluster that was reset, or an account that a test wrote.
#[test]
fn an_equal_sequence_with_another_content_is_taken() {
    let mut life = Life::new(8, Kind::Plain);
    life.enter();
    let key = life.any_key().unwrap();
    let mut margin = life.model.accounts[&key].clone();
    margin.header.core.open_orders += 1;
    life.put(key, margin.clone(), Put::Changed);
    margin.slots.push(Position::default());
    life.put(key, margin, Put::Changed);
    life.judge("changed twice");
}

/// A clearinghouse of 50,000 accounts with eight positions and a collateral each.
#[test]
fn an_account_of_eight_positions_takes_less_than_one_and_a_half_kilobytes() {
    const ACCOUNTS: usize = 50_000;
    let mut rng = Rng::new(4);
    let tables = common::tables(&mut rng, 16, 32, Kind::Plain);
    let mut fleet = Fleet::new();
    fleet.set_book(tables.clone());
    let mut most = 0;
    for count in 1..=ACCOUNTS {
        let margin = account(&mut rng, &tables, 8, Kind::Plain);
        fleet.put(rng.key(), &data_of(&margin)).unwrap();
        // Where vectors have just grown, an account takes most.
        if count > 10_000 {
            most = most.max(fleet.memory() / count);
        }
    }
    assert_eq!(fleet.judge_all(NOW).judged, ACCOUNTS);
    let each = fleet.memory() / ACCOUNTS;
    assert!(
        most < 1_500 && each < 1_500,
        "{each} bytes each, {most} at most"
    );
    assert!(each > 8 * 80 + 400, "{each} bytes cannot be all of it");
}
