//! The study itself: all paths, hour by hour.

use crate::{
    books::Template,
    clearing::Clearing,
    implied::{Ahead, Implied},
    judge::Hour,
    model::ASSETS,
    path::Path,
    settings::Setting,
    tally::{Moves, Tally},
};
use rayon::prelude::*;
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

/// How much is simulated.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// From which everything random comes.
    pub seed: u64,
    /// The number of the first path.
    pub first: usize,
    /// Paths.
    pub paths: usize,
    /// Days of each that are judged, after those in which volatility is learned.
    pub days: usize,
    /// Random books.
    pub books: usize,
    /// How many of them are judged in each hour, in turn.
    pub an_hour: usize,
    /// Days for which a future is traded.
    pub term: f64,
}

/// Days before the first that is judged: volatility has two half-lives to be learned in.
pub const LEARNING: usize = 2;
/// Seconds between prices.
const MINUTE: i64 = 60;
/// When a path begins.
const START: i64 = 1_800_000_000;

/// What came out.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// By setting.
    pub settings: Vec<Tally>,
    /// Of the first setting, by path.
    pub paths: Vec<Tally>,
    /// What paths look like.
    pub moves: Moves,
}

/// Runs it, and says from time to time how far it is.
pub fn run(plan: &Plan, settings: &[Setting], say: impl Fn(&str) + Sync) -> Outcome {
    let books: Vec<Template> = (0..plan.books)
        .map(|number| Template::new(plan.seed, number))
        .collect();
    let ahead = Ahead::new();
    let (done, started) = (AtomicUsize::new(0), Instant::now());
    let paths: Vec<(Vec<Tally>, Moves)> = (0..plan.paths)
        .into_par_iter()
        .map(|number| {
            let outcome = Run::new(plan, &books, &ahead, settings, number).all();
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            if done * 8 / plan.paths != (done - 1) * 8 / plan.paths {
                let seconds = started.elapsed().as_secs();
                say(&format!("{done} of {} paths, {seconds} s", plan.paths));
            }
            outcome
        })
        .collect();
    let mut all = Outcome {
        settings: vec![Tally::default(); settings.len()],
        ..Outcome::default()
    };
    // In the order of their numbers: sums of floats are the same in every run.
    for (tallies, moves) in paths {
        all.moves.merge(&moves);
        for (own, of) in all.settings.iter_mut().zip(&tallies) {
            own.merge(of);
        }
        all.paths.extend(tallies.into_iter().next());
    }
    all
}

/// A path with the clearinghouses that follow it.
struct Run<'a> {
    plan: &'a Plan,
    books: &'a [Template],
    ahead: &'a Ahead,
    number: usize,
    path: Path,
    clearings: Vec<Clearing>,
    now: i64,
    tallies: Vec<Tally>,
    moves: Moves,
}

/// The beginning of an hour.
struct Start {
    clearings: Vec<Clearing>,
    prices: [f64; ASSETS],
    bases: [[f64; 2]; ASSETS],
    implied: Implied,
    regime: usize,
    now: i64,
}

impl<'a> Run<'a> {
    fn new(
        plan: &'a Plan,
        books: &'a [Template],
        ahead: &'a Ahead,
        settings: &[Setting],
        number: usize,
    ) -> Self {
        let mut run = Self {
            plan,
            books,
            ahead,
            number,
            path: Path::new(plan.seed, (plan.first + number) as u64, plan.term),
            clearings: settings.iter().map(Clearing::new).collect(),
            now: START,
            tallies: vec![Tally::default(); settings.len()],
            moves: Moves::default(),
        };
        run.record();
        run
    }

    fn all(mut self) -> (Vec<Tally>, Moves) {
        for _ in 0..LEARNING * 24 {
            self.pass_an_hour();
        }
        for hour in 0..self.plan.days * 24 {
            let start = Start {
                clearings: self.clearings.clone(),
                prices: self.path.prices,
                bases: self.bases(),
                implied: self.path.implied(self.ahead),
                regime: self.path.regime,
                now: self.now,
            };
            self.pass_an_hour();
            self.judge(hour, &start);
        }
        (self.tallies, self.moves)
    }

    fn record(&mut self) {
        for clearing in &mut self.clearings {
            clearing.record(&self.path.prices, self.now);
        }
    }

    fn bases(&self) -> [[f64; 2]; ASSETS] {
        std::array::from_fn(|at| self.path.basis(at))
    }

    fn pass_an_hour(&mut self) {
        for _ in 0..60 {
            self.path.step();
            self.now += MINUTE;
            self.record();
        }
        for clearing in &mut self.clearings {
            clearing.follow();
        }
    }

    fn judge(&mut self, hour: usize, start: &Start) {
        let (bases, implied) = (self.bases(), self.path.implied(self.ahead));
        let logs = std::array::from_fn(|at| (self.path.prices[at] / start.prices[at]).ln());
        let multipliers = std::array::from_fn(|at| start.clearings[0].multiplier(at));
        self.moves.add(start.regime, &logs, &bases, &multipliers);
        self.moves.mark(&start.implied, &implied);
        let turn = (self.number * self.plan.days * 24 + hour) * self.plan.an_hour;
        for (at, before) in start.clearings.iter().enumerate() {
            let hour = Hour {
                before,
                after: &self.clearings[at],
                bases: [&start.bases, &bases],
                implied: [&start.implied, &implied],
                times: [start.now, self.now],
            };
            for n in 0..self.plan.an_hour {
                let book = &self.books[(turn + n) % self.books.len()];
                let verdict = hour.judge(book);
                self.tallies[at].add(book.kind, start.regime, &verdict);
            }
        }
    }
}
