//! Random sequences on the program's bytecode: after every step, every promise of the architecture
//! (section 8) is checked.
//!
//! `COUNTERWEIGHT_SEED=n` runs one sequence, `COUNTERWEIGHT_SEQUENCES=n` so many (200 without; 100 with options),
//! `COUNTERWEIGHT_FIRST=n` from that one on, `COUNTERWEIGHT_STEPS=n` steps in each (100 without). A failure prints
//! the seed, the step, and the last actions.

use counterweight_simnet::{Exchange, Failure, Start};
use counterweight_tests::{
    actions::{Action, Kind, by_opcode, choose},
    derivatives::small,
    invariants::{Recorded, Verdict, audits_succeed, check_all, view_equals_preview},
    reached::{must_not_fail_like_this, reached},
    rng::Rng,
    snapshot::Snapshot,
    world::{World, deployment},
};
use std::{
    collections::{BTreeMap, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
};

/// The chain and the preview are compared, and the chain audits itself, after so many steps.
const COMPARE: u64 = 5;
/// Actions that a failure prints.
const LOG: usize = 20;

/// How often an action of each kind succeeded and was refused, and with which numbers.
#[derive(Default)]
struct Statistics {
    kinds: BTreeMap<Kind, [u64; 2]>,
    refusals: BTreeMap<u32, u64>,
    reached: BTreeMap<&'static str, u64>,
}

impl Statistics {
    fn count(&mut self, kind: Kind, refused: Option<&Failure>) {
        let counts = self.kinds.entry(kind).or_default();
        counts[usize::from(refused.is_some())] += 1;
        if let Some(code) = refused.and_then(|failure| failure.code) {
            *self.refusals.entry(code).or_default() += 1;
        }
    }

    fn add(&mut self, other: Self) {
        for (kind, counts) in other.kinds {
            let sums = self.kinds.entry(kind).or_default();
            *sums = [sums[0] + counts[0], sums[1] + counts[1]];
        }
        for (code, count) in other.refusals {
            *self.refusals.entry(code).or_default() += count;
        }
        for (state, count) in other.reached {
            *self.reached.entry(state).or_default() += count;
        }
    }

    fn of(&self, kind: Kind) -> [u64; 2] {
        self.kinds.get(&kind).copied().unwrap_or_default()
    }

    fn print(&self) {
        println!("{:<16}{:>10}{:>10}", "action", "succeeded", "refused");
        for (kind, [succeeded, refused]) in &self.kinds {
            println!("{:<16}{succeeded:>10}{refused:>10}", format!("{kind:?}"));
        }
        println!("refusals by number: {:?}", self.refusals);
        for (state, count) in &self.reached {
            println!("{state:<48}{count:>10}");
        }
    }
}

fn number(name: &str, default: u64) -> u64 {
    let Ok(text) = std::env::var(name) else {
        return default;
    };
    text.parse()
        .unwrap_or_else(|_| panic!("{name} is no number: {text}"))
}

/// A sequence in progress.
struct Sequence<'a> {
    world: &'a mut World,
    statistics: &'a mut Statistics,
    rng: Rng,
    before: Snapshot,
    recorded: Recorded,
    log: VecDeque<String>,
    step: u64,
}

impl Sequence<'_> {
    /// Does an action and checks everything.
    fn act(&mut self, action: &Action) -> Verdict {
        let (done, refused) = action.perform(self.world);
        let after = self.world.snapshot();
        let outcome = match &refused {
            None => "done".into(),
            Some(failure) => format!("refused {:?}", failure.code),
        };
        let (step, kind, note) = (self.step, action.kind, &action.note);
        self.log
            .push_back(format!("{step:>4} {kind:?} {note}: {outcome}"));
        if self.log.len() > LOG {
            self.log.pop_front();
        }
        self.statistics.count(kind, refused.as_deref());
        let before = std::mem::replace(&mut self.before, after);
        check_all(&self.world.exchange, &before, &self.before, &done)?;
        self.recorded.follow(&before, &self.before)?;
        match refused {
            Some(failure) => must_not_fail_like_this(&failure, action, &before)?,
            None => {
                for state in reached(&before, &self.before, action) {
                    *self.statistics.reached.entry(state).or_default() += 1;
                }
            }
        }
        if step % COMPARE == 0 {
            let at = self.rng.below(self.world.seats.len() as u64) as usize;
            let account = self.world.seats[at].margin;
            view_equals_preview(&mut self.world.exchange, account)?;
            audits_succeed(&mut self.world.exchange)?;
        }
        self.step += 1;
        Ok(())
    }
}

/// One sequence; the world is as it was deployed.
fn run(world: &mut World, seed: u64, steps: u64, statistics: &mut Statistics) -> Verdict {
    let before = world.snapshot();
    let mut sequence = Sequence {
        recorded: Recorded::begin(&before),
        before,
        world,
        statistics,
        rng: Rng::new(seed),
        log: VecDeque::new(),
        step: 0,
    };
    while sequence.step < steps {
        let (world, now, rng) = (&*sequence.world, &sequence.before, &mut sequence.rng);
        let actions = if world.derivatives.is_some() {
            by_opcode(rng.next() as u8, world, now, rng)
        } else {
            choose(world, now, rng)
        };
        for action in actions {
            sequence.act(&action).map_err(|what| {
                let log: Vec<String> = sequence.log.drain(..).collect();
                let step = sequence.step;
                format!(
                    "{what}\nin sequence {seed}, step {step}; COUNTERWEIGHT_SEED={seed} repeats it. \
                     The last actions:\n{}",
                    log.join("\n")
                )
            })?;
        }
    }
    Ok(())
}

/// An exchange with options, a future, portfolio margin and a backstop.
fn with_derivatives(quote_feed: bool) -> World {
    // A fund that bears much, or next to nothing.
    let fund = if quote_feed { 100_000 } else { 500 };
    let mut deployment = small(deployment(quote_feed));
    deployment.backstop_daily_loss = fund;
    let mut exchange = Exchange::new(deployment, Start::default());
    exchange.open_backstop().expect("open_backstop");
    let mut world = World::with_derivatives(exchange);
    world.insure(fund);
    world
}

/// Sequences on a clearinghouse that is deployed once and copied for each.
fn run_some(open: Open, quote_feed: bool, seeds: &[u64], steps: u64) -> Result<Statistics, String> {
    let mut world = open(quote_feed);
    let deployed = world.exchange.chain.svm.clone();
    let mut statistics = Statistics::default();
    for seed in seeds {
        world.exchange.chain.svm = deployed.clone();
        world.exchange.prices.clone_from(&world.start_prices);
        let sequence = || run(&mut world, *seed, steps, &mut statistics);
        catch_unwind(AssertUnwindSafe(sequence))
            .map_err(|_| format!("a panic in sequence {seed}, said above"))??;
    }
    Ok(statistics)
}

#[test]
fn every_promise_holds_after_every_step_of_random_sequences() {
    let (statistics, total) = run_all(World::new, 200);
    require_variety(&LEAST, &statistics, total);
}

#[test]
fn every_promise_holds_with_options_futures_and_portfolio_margin() {
    let (statistics, total) = run_all(with_derivatives, 100);
    require_variety(&LEAST_OF_DERIVATIVES, &statistics, total);
    require_depth(&statistics, total);
}

/// What a sequence starts from, with a feed for the quote token or without.
type Open = fn(bool) -> World;

/// All sequences that are asked for, or so many. Returns what happened, and in how many steps.
fn run_all(open: Open, default: u64) -> (Statistics, u64) {
    let steps = number("COUNTERWEIGHT_STEPS", 100);
    let first = number("COUNTERWEIGHT_FIRST", 0);
    let seeds: Vec<u64> = match std::env::var("COUNTERWEIGHT_SEED") {
        Ok(_) => vec![number("COUNTERWEIGHT_SEED", 0)],
        Err(_) => (first..first + number("COUNTERWEIGHT_SEQUENCES", default)).collect(),
    };
    // The quote token has a feed of its own where the seed is odd.
    let (odd, even): (Vec<u64>, Vec<u64>) = seeds.iter().partition(|seed| *seed % 2 == 1);
    let started = std::time::Instant::now();
    let results = std::thread::scope(|scope| {
        let threads = [(false, even), (true, odd)].map(|(quote_feed, seeds)| {
            scope.spawn(move || run_some(open, quote_feed, &seeds, steps))
        });
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
        "{} sequences of {steps} steps in {:?}",
        seeds.len(),
        started.elapsed()
    );
    statistics.print();
    (statistics, seeds.len() as u64 * steps)
}

/// Per ten thousand steps at least so many of a kind that succeeded, and that were refused.
type Least = (Kind, u64, u64);

const LEAST: [Least; 34] = [
    (Kind::Deposit, 120, 30),
    (Kind::Withdraw, 200, 100),
    (Kind::Transfer, 100, 60),
    (Kind::Trade, 500, 250),
    (Kind::Reduce, 100, 80),
    (Kind::Flip, 25, 25),
    (Kind::PriceMove, 800, 0),
    (Kind::PriceGap, 60, 0),
    (Kind::Refresh, 350, 12),
    (Kind::Clock, 300, 0),
    (Kind::Flag, 12, 60),
    (Kind::Liquidate, 55, 100),
    (Kind::Slice, 20, 45),
    (Kind::Seize, 8, 30),
    (Kind::CollectFees, 50, 1),
    (Kind::WithdrawFees, 10, 40),
    (Kind::FundInsurance, 50, 8),
    (Kind::Accrue, 20, 0),
    (Kind::Resize, 50, 10),
    (Kind::SetDelegate, 50, 2),
    (Kind::Pause, 40, 15),
    (Kind::MarketTerms, 30, 2),
    (Kind::AssetTerms, 8, 1),
    (Kind::RiskTerms, 8, 1),
    (Kind::OutflowLimit, 20, 5),
    (Kind::PlaceOrder, 350, 150),
    (Kind::TakeOrders, 150, 30),
    (Kind::EditOrder, 40, 15),
    (Kind::CancelOrders, 40, 30),
    (Kind::Quotes, 100, 50),
    (Kind::Prune, 10, 40),
    (Kind::SettleFills, 30, 40),
    (Kind::Funding, 50, 0),
    (Kind::Discount, 30, 10),
];

const LEAST_OF_DERIVATIVES: [Least; 19] = [
    (Kind::Strategy, 300, 300),
    (Kind::RefreshArrays, 700, 5),
    (Kind::SetSmile, 80, 40),
    (Kind::SetModel, 90, 40),
    (Kind::AssetRisk, 30, 15),
    (Kind::PortfolioTerms, 30, 15),
    (Kind::Expire, 150, 0),
    (Kind::SettleExpired, 150, 100),
    (Kind::SettlePosition, 100, 1),
    (Kind::Trade, 100, 150),
    (Kind::Reduce, 30, 40),
    (Kind::PlaceOrder, 100, 100),
    (Kind::TakeOrders, 60, 25),
    (Kind::Quotes, 25, 30),
    (Kind::Liquidate, 30, 100),
    (Kind::Slice, 25, 60),
    (Kind::TakeOver, 6, 15),
    (Kind::Deleverage, 3, 15),
    (Kind::Crash, 300, 0),
];

/// Per ten thousand steps at least so many that came to a state.
const DEPTH: [(&str, u64); 19] = [
    ("a block trade of an option", 300),
    ("a book that Standard margin would not carry", 80),
    ("a contract settled", 150),
    ("a default that the backstop took over", 6),
    ("a deleveraging", 3),
    ("a future's position settled", 12),
    ("a linear leg taken of a scanned book", 12),
    ("a slice of a scanned book", 5),
    ("a slice of a scanned book with options", 10),
    ("a slice with options by Standard margin", 2),
    ("a worthless option's position settled", 40),
    ("an option deleveraged", 1),
    ("an option taken by Standard margin", 1),
    ("an option taken of a scanned book", 8),
    ("an option traded on the book", 3),
    ("an option's holder paid", 12),
    ("an option's writer pays", 12),
    ("options taken over by the backstop", 2),
    ("requirements multiplied by volatility", 80),
];

/// A run in which nothing happens proves nothing.
fn require_variety(least: &[Least], statistics: &Statistics, total: u64) {
    if total < 10_000 {
        return;
    }
    for (kind, succeeded, refused) in least {
        let found = statistics.of(*kind);
        let wanted = [succeeded, refused].map(|count| count * total / 10_000);
        assert!(
            found[0] >= wanted[0] && found[1] >= wanted[1],
            "{kind:?}: {found:?} succeeded and refused, at least {wanted:?} expected"
        );
    }
}

/// Nor does one that never comes to what is to be proven.
fn require_depth(statistics: &Statistics, total: u64) {
    if total < 10_000 {
        return;
    }
    for (state, least) in DEPTH {
        let found = statistics.reached.get(state).copied().unwrap_or_default();
        let wanted = least * total / 10_000;
        assert!(
            found >= wanted,
            "{found} came to {state}, at least {wanted} expected"
        );
    }
}
