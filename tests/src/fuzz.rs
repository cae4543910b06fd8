//! Sequences of transactions on the program's bytecode, made of bytes: what the fuzzer of the chain runs.
//! Every promise of [`crate::invariants`] is checked after every transaction.
//!
//! The first byte of an input says which exchange: with a feed for the quote token or without, with a fund that
//! bears much, little or nothing, with perpetuals only or with options, a future and portfolio margin. Four bytes each are an action: the first says which sort, and the four
//! together are the seed of its particulars, so that a fuzzer may cut, copy and splice.

use crate::{
    actions::{Action, by_opcode},
    derivatives::small,
    invariants::{Recorded, Verdict, audits_succeed, check_all, view_equals_preview},
    reached::{must_not_fail_like_this, reached},
    rng::Rng,
    snapshot::Snapshot,
    world::{World, deployment},
};
use counterweight_ledger::Report;
use counterweight_risk::deleverage::epoch_of;
use counterweight_simnet::{Exchange, Failure, Start};
use std::{
    collections::VecDeque,
    hash::{DefaultHasher, Hash, Hasher},
};

/// Bytes of an action.
const RECORD: usize = 4;
/// Actions of an input; what is beyond is ignored.
const MOST: usize = 120;
/// Actions that a violation prints.
const LOG: usize = 20;
/// The chain and the preview are compared, and the chain audits itself, after so many actions.
const COMPARE: usize = 16;
/// Dollars that the backstop may lose in a day, and that it has at first.
const FUNDS: [[u64; 2]; 3] = [[3_000, 2_000], [0, 500], [250_000, 400_000]];

/// Exchanges that are deployed once, and copied for each input.
pub struct Arena {
    worlds: Vec<Option<(World, litesvm::LiteSVM)>>,
}

impl Default for Arena {
    fn default() -> Self {
        Self {
            worlds: (0..4 * FUNDS.len()).map(|_| None).collect(),
        }
    }
}

/// Where the fuzzer is told what was new: a number for each thing that can be.
pub type Features<'a> = &'a mut dyn FnMut(u64);

/// The first half of them have perpetuals only.
fn open(which: usize) -> World {
    let half = 2 * FUNDS.len();
    let mut deployment = small(deployment(which % 2 == 1));
    let [daily_loss, fund] = FUNDS[which % half / 2];
    deployment.backstop_daily_loss = daily_loss;
    let mut exchange = Exchange::new(deployment, Start::default());
    exchange.open_backstop().expect("open_backstop");
    let mut world = if which < half {
        World::on(exchange)
    } else {
        World::with_derivatives(exchange)
    };
    world.insure(fund);
    world
}

impl Arena {
    /// Runs an input.
    ///
    /// # Errors
    /// The first promise that was broken, and the actions that led there.
    pub fn run(&mut self, data: &[u8], report: &mut Report, features: Features) -> Verdict {
        let Some((which, tape)) = data.split_first() else {
            return Ok(());
        };
        let which = usize::from(*which) % self.worlds.len();
        let (world, deployed) = self.worlds[which].get_or_insert_with(|| {
            let world = open(which);
            let deployed = world.exchange.chain.svm.clone();
            (world, deployed)
        });
        world.exchange.chain.svm = deployed.clone();
        world.exchange.prices.clone_from(&world.start_prices);
        report.begin();
        let before = world.snapshot();
        let mut sequence = Sequence {
            recorded: Recorded::begin(&before),
            before,
            world,
            report,
            features,
            log: VecDeque::new(),
            count: 0,
            last: 0,
        };
        for record in tape.chunks_exact(RECORD).take(MOST) {
            sequence.step(record).map_err(|what| {
                let log: Vec<String> = sequence.log.drain(..).collect();
                format!("{what}\nThe last actions:\n{}", log.join("\n"))
            })?;
        }
        report.end();
        Ok(())
    }
}

/// A sequence in progress.
struct Sequence<'a> {
    world: &'a mut World,
    report: &'a mut Report,
    features: Features<'a>,
    before: Snapshot,
    recorded: Recorded,
    log: VecDeque<String>,
    count: usize,
    /// What the last action was and came to.
    last: u64,
}

impl Sequence<'_> {
    fn step(&mut self, record: &[u8]) -> Verdict {
        let seed = u32::from_le_bytes([record[0], record[1], record[2], record[3]]);
        let mut rng = Rng::new(seed.into());
        let actions = by_opcode(record[0], self.world, &self.before, &mut rng);
        for action in actions {
            self.act(&action)?;
        }
        Ok(())
    }

    fn act(&mut self, action: &Action) -> Verdict {
        let (done, outcome) = action.attempt(self.world);
        let after = self.world.snapshot();
        let kind = action.kind;
        let result = match &outcome {
            Ok(_) => "done".to_owned(),
            Err(failure) => format!("refused {:?}", failure.code),
        };
        if self.log.len() == LOG {
            self.log.pop_front();
        }
        self.log
            .push_back(format!("{} {kind:?} {}: {result}", self.count, action.note));
        let name = NAMES.with(|names| names.of(kind));
        self.report.count(kind as usize, name, outcome.is_ok());
        let before = std::mem::replace(&mut self.before, after);
        self.tell(action, &outcome);
        check_all(&self.world.exchange, &before, &self.before, &done)?;
        self.recorded.follow(&before, &self.before)?;
        match outcome {
            Ok(_) => self.reach(action, &before),
            Err(failure) => must_not_fail_like_this(&failure, action, &before)?,
        }
        self.count += 1;
        if self.count.is_multiple_of(COMPARE) {
            let at = self.count / COMPARE % self.world.seats.len();
            let account = self.world.seats[at].margin;
            view_equals_preview(&mut self.world.exchange, account)?;
            audits_succeed(&mut self.world.exchange)?;
        }
        Ok(())
    }

    /// What this action came to, by its compute units, and after what.
    fn tell(&mut self, action: &Action, outcome: &Result<u64, Box<Failure>>) {
        let (code, units) = match outcome {
            Ok(units) => (None, *units),
            Err(failure) => (failure.code, failure.units),
        };
        // Steps of some 2 %.
        let bucket = (units.max(1) as f64).log2() * 35.0;
        let this = hashed((action.kind, outcome.is_ok(), code));
        (self.features)(hashed((this, bucket as u64)));
        (self.features)(hashed((this, self.last)));
        for row in &self.before.tables.markets {
            let depth = row.era.map(|era| (epoch_of(era).min(3), era as u32 != 0));
            (self.features)(hashed((action.kind, depth)));
        }
        self.last = this;
    }

    /// Counts the deep states.
    fn reach(&mut self, action: &Action, before: &Snapshot) {
        for state in reached(before, &self.before, action) {
            self.report.reach(state);
        }
    }
}

fn hashed(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// Names of kinds that last.
#[derive(Default)]
struct Names(std::cell::RefCell<std::collections::BTreeMap<usize, &'static str>>);

impl Names {
    fn of(&self, kind: crate::actions::Kind) -> &'static str {
        let mut names = self.0.borrow_mut();
        names
            .entry(kind as usize)
            .or_insert_with(|| Box::leak(format!("{kind:?}").into_boxed_str()))
    }
}

thread_local! {
    static NAMES: Names = Names::default();
}
