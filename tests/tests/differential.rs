//! The program's bytecode against a naive exchange (`tests/src/naive`): random sequences of orders,
//! trades, edits, cancellations, re-quotes, settlements, prices and time. After every action both say
//! the same: success or the number of the refusal, the events with every fill, every account to the
//! atom, the books in their sequence, the queues, the ledgers, the funding.
//!
//! `COUNTERWEIGHT_SEED=n` runs one sequence, `COUNTERWEIGHT_DIFFERENTIAL=n` so many (150 without),
//! `COUNTERWEIGHT_STEPS=n` actions in each (200 without). A failure prints the seed, the step, and
//! the last actions.

use counterweight_tests::{
    naive::{Action, Arena, Naive, Style, choose, same_events, same_state},
    rng::Rng,
};
use std::{
    collections::{BTreeMap, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Actions that a failure prints.
const LOG: usize = 12;
/// The first seed, so that the sequences are others than those of the invariants.
const FIRST: u64 = 1_000_000;

/// How often an action succeeded and was refused, and with which numbers; and what was reached.
#[derive(Default)]
struct Statistics {
    actions: BTreeMap<&'static str, [u64; 2]>,
    refusals: BTreeMap<u32, u64>,
    traded: u64,
    longest_queue: usize,
    most_orders: usize,
}

impl Statistics {
    fn count(&mut self, action: &Action, refused: Option<u32>, naive: &Naive) {
        self.actions.entry(action.name()).or_default()[usize::from(refused.is_some())] += 1;
        if let Some(number) = refused {
            *self.refusals.entry(number).or_default() += 1;
        }
        for market in &naive.markets {
            self.longest_queue = self.longest_queue.max(market.queue.len());
            self.most_orders = self.most_orders.max(market.orders.len());
        }
    }

    fn add(&mut self, other: Self) {
        for (name, counts) in other.actions {
            let sums = self.actions.entry(name).or_default();
            *sums = [sums[0] + counts[0], sums[1] + counts[1]];
        }
        for (number, count) in other.refusals {
            *self.refusals.entry(number).or_default() += count;
        }
        self.traded += other.traded;
        self.longest_queue = self.longest_queue.max(other.longest_queue);
        self.most_orders = self.most_orders.max(other.most_orders);
    }

    fn print(&self) {
        println!("{:<18}{:>10}{:>10}", "action", "succeeded", "refused");
        for (name, [succeeded, refused]) in &self.actions {
            println!("{name:<18}{succeeded:>10}{refused:>10}");
        }
        println!("refusals by number: {:?}", self.refusals);
        println!(
            "{} whole quote tokens were traded, at most {} entries waited, at most {} orders rested",
            self.traded, self.longest_queue, self.most_orders
        );
    }
}

fn number(name: &str, default: u64) -> u64 {
    let Ok(text) = std::env::var(name) else {
        return default;
    };
    text.parse()
        .unwrap_or_else(|_| panic!("{name} is no number: {text}"))
}

/// Does an action on both and compares everything.
fn act(
    arena: &mut Arena,
    naive: &mut Naive,
    action: &Action,
    statistics: &mut Statistics,
) -> Result<String, String> {
    let done = arena.perform(action, naive)?;
    let expected = naive.perform(action);
    statistics.count(action, done.as_ref().err().copied(), naive);
    let outcome = match (done, expected) {
        (Ok(receipt), Ok(events)) => {
            same_events(&receipt.logs, &events)?;
            "done".into()
        }
        (Err(number), Err(expected)) if number == expected => format!("refused {number}"),
        (done, expected) => {
            let done = done.map(|_| "success");
            let expected = expected.map(|_| "success");
            return Err(format!("the program: {done:?}, expected: {expected:?}"));
        }
    };
    same_state(arena, naive)?;
    Ok(outcome)
}

/// One sequence; the arena is as it was deployed.
fn run(
    arena: &mut Arena,
    seed: u64,
    steps: u64,
    statistics: &mut Statistics,
) -> Result<(), String> {
    let (mut rng, mut naive) = (Rng::new(FIRST + seed), arena.naive());
    let terms: Vec<_> = (0..naive.markets.len() as u16)
        .map(|market| arena.exchange.market_setup(market).terms)
        .collect();
    let mut log = VecDeque::new();
    for step in 0..steps {
        let prices = arena.exchange.prices.clone();
        let action = choose(&naive, &mut rng, Style::of(seed), &prices, &terms);
        let result = act(arena, &mut naive, &action, statistics);
        let outcome = result.as_ref().map_or("DIFFERS", String::as_str);
        log.push_back(format!("{step:>4} {action:?}: {outcome}"));
        if log.len() > LOG {
            log.pop_front();
        }
        result.map_err(|what| {
            let log: Vec<String> = log.drain(..).collect();
            format!(
                "{what}\nin sequence {seed}, step {step}; COUNTERWEIGHT_SEED={seed} repeats it. \
                 The last actions:\n{}",
                log.join("\n")
            )
        })?;
    }
    let volume = naive.markets.iter().map(|market| market.volume);
    statistics.traded += volume.sum::<u64>() / 1_000_000;
    Ok(())
}

fn run_some(seeds: &[u64], steps: u64) -> Result<Statistics, String> {
    let mut arena = Arena::new();
    let (deployed, prices) = (
        arena.exchange.chain.svm.clone(),
        arena.exchange.prices.clone(),
    );
    let mut statistics = Statistics::default();
    for seed in seeds {
        arena.exchange.chain.svm = deployed.clone();
        arena.exchange.prices.clone_from(&prices);
        let sequence = || run(&mut arena, *seed, steps, &mut statistics);
        catch_unwind(AssertUnwindSafe(sequence))
            .map_err(|_| format!("a panic in sequence {seed}, said above"))??;
    }
    Ok(statistics)
}

#[test]
fn the_program_does_what_a_naive_exchange_does() {
    let steps = number("COUNTERWEIGHT_STEPS", 200);
    let seeds: Vec<u64> = match std::env::var("COUNTERWEIGHT_SEED") {
        Ok(_) => vec![number("COUNTERWEIGHT_SEED", 0)],
        Err(_) => (0..number("COUNTERWEIGHT_DIFFERENTIAL", 150)).collect(),
    };
    println!("seeds {:?} to {:?}", seeds.first(), seeds.last());
    let started = std::time::Instant::now();
    let (odd, even): (Vec<u64>, Vec<u64>) = seeds.iter().partition(|seed| *seed % 2 == 1);
    let results = std::thread::scope(|scope| {
        let threads = [even, odd].map(|seeds| scope.spawn(move || run_some(&seeds, steps)));
        threads.map(|thread| thread.join().expect("a thread panicked"))
    });
    let mut statistics = Statistics::default();
    for result in results {
        match result {
            Ok(part) => statistics.add(part),
            Err(what) => panic!("{what}"),
        }
    }
    println!(
        "{} sequences of {steps} actions in {:?}",
        seeds.len(),
        started.elapsed()
    );
    statistics.print();
}
