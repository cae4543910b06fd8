//! Random crashes on the program's bytecode: traders with too much leverage, prices that jump, and everything
//! that anybody may do when accounts fail, in any order. After every step the books are added up.
//!
//! `COUNTERWEIGHT_SEED=n` runs one sequence, `COUNTERWEIGHT_CRASHES=n` so many (40 without),
//! `COUNTERWEIGHT_STEPS=n` steps in each (200 without). A failure prints the seed, the step, and the last
//! actions.

macro_rules! ensure {
    ($condition:expr, $($sentence:tt)+) => {
        if !$condition {
            return Err(format!($($sentence)+));
        }
    };
}

mod actions;
mod checks;

use counterweight_simnet::{Deployment, Exchange, Failure, Receipt, Start, Trader};
use counterweight_tests::rng::Rng;
use std::collections::{BTreeMap, VecDeque};

const MARKETS: u16 = 3;
const TRADERS: usize = 7;
/// Dollars with which each of them starts: a maker, a keeper, and others.
const FUNDS: [u64; TRADERS] = [400_000, 200_000, 3_000, 2_000, 1_500, 5_000, 800];
const KEEPER: usize = 1;

type Outcome = Result<Receipt, Box<Failure>>;
type Verdict = Result<(), String>;

struct Crash {
    x: Exchange,
    traders: Vec<Trader>,
    rng: Rng,
    log: VecDeque<String>,
    /// How often each action succeeded and was refused.
    counts: BTreeMap<&'static str, [u64; 2]>,
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

impl Crash {
    fn new(seed: u64) -> Self {
        let mut deployment = Deployment::localnet();
        let mut rng = Rng::new(seed);
        // From a fund that bears everything to one that bears nothing.
        deployment.backstop_daily_loss = rng.pick(&[0, 300, 3_000, 250_000]);
        let mut x = Exchange::new(deployment, Start::default());
        x.open_backstop().expect("open_backstop");
        let traders = FUNDS.iter().enumerate();
        let traders = traders.map(|(at, dollars)| x.funded(&format!("trader {at}"), *dollars));
        let traders = traders.collect();
        let mut crash = Self {
            x,
            traders,
            rng,
            log: VecDeque::new(),
            counts: BTreeMap::new(),
        };
        let fund = crash.rng.pick(&[0u64, 500, 2_000, 50_000]);
        if fund > 0 {
            crash.insure(fund).expect("fund_insurance");
        }
        crash
    }

    fn step(&mut self) -> Verdict {
        let before = self.standing();
        let (name, outcome) = match self.rng.below(20) {
            0..4 => ("trade", Some(self.trade())),
            4 if self.rng.chance(60) => ("queue", Some(self.queue())),
            4 => ("quote", Some(self.quote())),
            5 if self.rng.chance(30) => ("fund", Some(self.fund())),
            5 => ("settle", Some(self.settle())),
            6 => ("deposit", Some(self.deposit())),
            7..9 => {
                self.move_price();
                ("price", None)
            }
            9 if self.rng.chance(15) => {
                let dollars = self.rng.range(1, 300) as u64;
                ("insure", Some(self.insure(dollars)))
            }
            _ => {
                let (name, outcome) = self.clean_up();
                (name, Some(outcome))
            }
        };
        let refused = outcome.as_ref().is_some_and(Result::is_err);
        self.counts.entry(name).or_default()[usize::from(refused)] += 1;
        let what = match &outcome {
            Some(Err(failure)) => format!("refused {:?}", failure.code),
            _ => "done".to_owned(),
        };
        self.log.push_back(format!("{name}: {what}"));
        if self.log.len() > 20 {
            self.log.pop_front();
        }
        if let Some(Err(failure)) = &outcome {
            ensure!(
                failure.code.is_some(),
                "it failed, and was not refused: {failure}"
            );
        }
        self.check()?;
        if name != "price" && !refused {
            self.check_values(name, &before)?;
        }
        Ok(())
    }
}

fn run(seed: u64, steps: u64) -> Result<BTreeMap<&'static str, [u64; 2]>, String> {
    let mut crash = Crash::new(seed);
    for step in 0..steps {
        crash.step().map_err(|what| {
            let log: Vec<String> = crash.log.drain(..).collect();
            format!(
                "{what}\nin crash {seed}, step {step}; COUNTERWEIGHT_SEED={seed} repeats it. The last \
                 actions:\n{}",
                log.join("\n")
            )
        })?;
    }
    Ok(crash.counts)
}

#[test]
fn the_books_balance_through_every_default() {
    let steps = number("COUNTERWEIGHT_STEPS", 200);
    let seeds: Vec<u64> = match std::env::var("COUNTERWEIGHT_SEED") {
        Ok(_) => vec![number("COUNTERWEIGHT_SEED", 0)],
        Err(_) => (0..number("COUNTERWEIGHT_CRASHES", 40)).collect(),
    };
    println!("crashes {:?} to {:?}", seeds.first(), seeds.last());
    let halves: Vec<&[u64]> = seeds.chunks(seeds.len().div_ceil(2)).collect();
    let results: Vec<_> = std::thread::scope(|scope| {
        let threads = halves.into_iter().map(|seeds| {
            scope.spawn(move || {
                seeds
                    .iter()
                    .map(|seed| run(*seed, steps))
                    .collect::<Vec<_>>()
            })
        });
        let threads: Vec<_> = threads.collect();
        threads
            .into_iter()
            .flat_map(|t| t.join().expect("a thread panicked"))
            .collect()
    });
    let mut counts: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
    for result in results {
        for (name, [done, refused]) in result.unwrap_or_else(|what| panic!("{what}")) {
            let sums = counts.entry(name).or_default();
            *sums = [sums[0] + done, sums[1] + refused];
        }
    }
    println!("{:<20}{:>10}{:>10}", "action", "succeeded", "refused");
    for (name, [done, refused]) in &counts {
        println!("{name:<20}{done:>10}{refused:>10}");
    }
    // A run in which nothing happens proves nothing.
    if seeds.len() >= 30 && steps >= 100 {
        for (name, least) in [
            ("liquidate", 50),
            ("sell", 15),
            ("resolve_default", 10),
            ("deleverage", 35),
            ("deleverage_backstop", 1),
            ("catch_up", 50),
            ("sweep_dust", 10),
            ("queue", 60),
            ("settle", 60),
            ("prune", 4),
            ("index moved", 20),
        ] {
            let done = counts.get(name).map_or(0, |count| count[0]);
            assert!(
                done >= least,
                "{name} succeeded {done} times, at least {least} expected"
            );
        }
    }
}
