//! The keeper itself: takes updates, decides rounds, and learns from what becomes of its transactions.
//!
//! It does no I/O and has no clock of its own: whoever drives it passes milliseconds and carries transactions. So the
//! whole of it runs on an embedded chain, step by step; [`drive`] runs it on a cluster.

pub mod drive;
mod landing;
pub mod lookup;
mod own;
mod turns;

pub use landing::Outcome;

use crate::{
    backoff::Backoff,
    bids::Bids,
    chain::Parcel,
    config::Config,
    flights::Flights,
    metrics::Metrics,
    server::Pulse,
    state::{
        State,
        prices::{PriceAccounts, PriceRules},
    },
    strategy::{Identity, Job, Round, Scene, decide, scene::Idle},
};
use anchor_lang::prelude::Pubkey;
use counterweight_fleet::Census;
use counterweight_link::Update;
use counterweight_sdk::assemble::{AddressLookupTableAccount, Limits};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tracing::{debug, info, warn};
use turns::Clocks;

/// What a keeper has done since it was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Rounds of decisions.
    pub rounds: u64,
    /// Transactions that were sent, or simulated in a dry run.
    pub sent: u64,
    /// Of those, confirmed.
    pub confirmed: u64,
    /// Of those, refused.
    pub refused: u64,
    /// Of those, expired, not sent, or unknown.
    pub lost: u64,
    /// Profit of the confirmed ones after all costs, quote atoms.
    pub profit: i64,
    /// Value that changed hands in them, quote atoms.
    pub volume: u64,
}

/// A job that is to be sent now.
#[derive(Clone, Debug)]
pub struct Launch {
    /// What to come back with.
    pub ticket: u64,
    /// What was decided.
    pub job: Job,
}

/// A keeper.
pub struct Keeper {
    /// What it was told.
    pub config: Arc<Config>,
    identity: Identity,
    state: State,
    metrics: Metrics,
    pulse: Pulse,
    flights: Flights,
    backoff: Backoff,
    bids: Bids,
    tables: Arc<[AddressLookupTableAccount]>,
    clocks: Clocks,
    jobs: BTreeMap<u64, Job>,
    /// Until when nothing is taken over, and the sequence of the own account when that was decided.
    short: Option<(u64, Option<u64>)>,
    /// Whether something has come since the last round.
    is_stirred: bool,
    /// When it is to be looked again though nothing came.
    wake: u64,
    told_own: u64,
    summary: Summary,
}

/// Whether the own account's figures and the backoff's memory are looked after, milliseconds.
const HOUSEKEEPING: u64 = 1_000;
/// How long an account rests about which nothing can be done, in first waits of the backoff.
const REST: u64 = 4;

impl Keeper {
    /// A keeper that knows nothing yet. The configuration must name a clearinghouse.
    pub fn new(config: Arc<Config>, identity: Identity, metrics: Metrics, pulse: Pulse) -> Self {
        let clearinghouse = config.clearinghouse.address.0.unwrap_or_default();
        Self {
            state: State::new(clearinghouse, rules(&config), price_accounts(&config)),
            flights: Flights::new(config.send.settle_ms),
            backoff: Backoff::new(&config.backoff),
            bids: Bids::default(),
            tables: Arc::new([]),
            clocks: Clocks::default(),
            jobs: BTreeMap::new(),
            short: None,
            is_stirred: true,
            wake: 0,
            told_own: 0,
            summary: Summary::default(),
            config,
            identity,
            metrics,
            pulse,
        }
    }

    /// Does unpaid work without leaving it to others first: for a single round.
    pub fn impatient(&mut self) {
        self.backoff.impatient();
    }

    /// What it knows.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Who it is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What it has done.
    pub fn summary(&self) -> Summary {
        self.summary
    }

    /// What it tells.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Transactions on their way, and those whose change has not arrived.
    pub fn flights(&self) -> &Flights {
        &self.flights
    }

    /// Uses these lookup tables from now on.
    pub fn use_tables(&mut self, tables: Vec<AddressLookupTableAccount>) {
        self.tables = tables.into();
        self.is_stirred = true;
    }

    /// Takes what others bid lately.
    pub fn take_bids(&mut self, recent: Vec<u64>) {
        self.bids.take(recent);
    }

    /// Takes an update that came at `now`, milliseconds of the keeper's clock.
    pub fn take(&mut self, update: Update, now: u64) {
        match &update {
            Update::Lost(why) => {
                warn!(%why, "the line to the cluster is lost: nothing is decided until it stands")
            }
            Update::Snapshot(accounts) => {
                info!(accounts = accounts.len(), "everything is known anew")
            }
            Update::Mended(changes) => warn!(changes, "changes had been missed"),
            _ => {}
        }
        // The clock comes twice a second; what it changes is seen with the next turn.
        self.is_stirred |= !matches!(update, Update::Moment(_));
        self.state.apply(update, now);
        let feed = self.state.feed();
        self.pulse
            .note(self.state.is_ready(), feed.lost.as_ref(), feed.moment_at);
    }

    /// Whether a round has something to look at.
    pub fn is_due(&self, now: u64) -> bool {
        self.is_stirred || now >= self.next(now)
    }

    /// When it is to be looked at the latest.
    pub fn next(&self, now: u64) -> u64 {
        let flights = self.flights.next().unwrap_or(u64::MAX);
        let backoff = self.backoff.next(now).unwrap_or(u64::MAX);
        let short = self.short.map_or(u64::MAX, |(until, _)| until);
        let next = self.wake.min(flights).min(backoff).min(short);
        next.min(self.clocks.next(now))
            .min(self.told_own.saturating_add(HOUSEKEEPING))
    }

    /// Decides a round. What it returns is locked until [`Keeper::landed`] says what became of it.
    pub fn round(&mut self, now: u64) -> Vec<Launch> {
        self.settle(now);
        let lags = self.state.feed().age_ms(now) > self.config.cluster.max_lag_ms;
        if !self.state.is_ready() || lags {
            self.metrics.feed_up.set(0);
            self.wake = u64::MAX;
            return Vec::new();
        }
        let began = std::time::Instant::now();
        self.judge(now);
        let turns = self.clocks.turns(now);
        let room = self
            .config
            .send
            .max_in_flight
            .saturating_sub(self.flights.in_the_air());
        let Some(round) = self.decide(turns, room, now) else {
            return Vec::new();
        };
        if !round.is_full() {
            self.clocks.taken(&self.config, turns, now);
        }
        self.note_idle(&round, now);
        let launches = self.launch(round.jobs, now);
        self.summary.rounds += 1;
        self.metrics.decision.observe(began.elapsed().as_secs_f64());
        launches
    }

    /// Unlocks what has arrived, and looks after what is not looked after with every round.
    fn settle(&mut self, now: u64) {
        self.is_stirred = false;
        let missed = self.flights.settle(&self.state, now);
        if missed > 0 {
            warn!(
                missed,
                "changes of confirmed transactions did not come in time: the feed may lag"
            );
            self.metrics.missed.inc_by(missed as u64);
        }
        if let Some((until, sequence)) = self.short {
            let changed = self.state.fleet().sequence(&self.identity.account) != sequence;
            if changed || now >= until {
                self.short = None;
            }
        }
        if now >= self.told_own.saturating_add(HOUSEKEEPING) || self.told_own == 0 {
            self.told_own = now.max(1);
            self.backoff.sweep(now);
            self.tell(now);
        }
    }

    fn judge(&mut self, now: u64) {
        let census: Census = if self.clocks.scans(now) {
            self.clocks.scanned(&self.config, now);
            self.state.judge_all()
        } else {
            self.state.judge()
        };
        debug!(
            judged = census.judged,
            failing = census.failing,
            "accounts were judged"
        );
    }

    fn decide(&mut self, turns: crate::strategy::Turns, room: usize, now: u64) -> Option<Round> {
        let unit_price = self.bids.price(&self.config.fees);
        let (flights, backoff) = (&self.flights, &self.backoff);
        let busy = |key: &Pubkey| flights.is_locked(key) || backoff.is_waiting(key, now);
        let (config, tables) = (&self.config, &self.tables);
        let mut scene = Scene::new(
            &self.state,
            config,
            self.identity,
            tables,
            unit_price,
            &busy,
        )?;
        scene.is_short = self.short.is_some();
        let round = decide(&scene, turns, flights.reserve(), room);
        let ahead = round
            .wake
            .map(|time| time.saturating_sub(scene.now).max(0).unsigned_abs());
        self.wake = ahead.map_or(u64::MAX, |seconds| {
            now.saturating_add(seconds.saturating_mul(1_000))
        });
        Some(round)
    }

    /// Leaves accounts alone about which nothing can be done, so that they do not cost a look each time something moves.
    fn note_idle(&mut self, round: &Round, now: u64) {
        self.metrics.idle.reset();
        let base = self.config.backoff.base_ms;
        for (key, why) in &round.idle {
            self.metrics.idle.with_label_values(&[why.name()]).inc();
            debug!(account = %key, why = why.name(), "nothing is done");
            let rest = match why {
                Idle::Waits | Idle::Unsettled => base,
                _ => base.saturating_mul(REST),
            };
            let until = now.saturating_add(self.backoff.about(rest));
            self.backoff.rest(*key, until);
        }
    }

    /// Locks what is to be sent; unpaid work is left to others for a while first.
    fn launch(&mut self, jobs: Vec<Job>, now: u64) -> Vec<Launch> {
        let mut launches = Vec::new();
        for job in jobs {
            if !job.id.kind.earns()
                && let Err(ready) = self.backoff.is_patient(job.id, now)
            {
                self.clocks.again(job.id.kind, ready);
                self.wake = self.wake.min(ready);
                continue;
            }
            self.metrics
                .decided
                .with_label_values(&[job.id.kind.name()])
                .inc();
            let Some(ticket) = self.flights.launch(&job) else {
                continue;
            };
            info!(
                kind = job.id.kind.name(), subject = %job.id.subject, profit = job.expected.profit(),
                reward = job.expected.reward, fees = job.expected.fees, volume = job.expected.volume,
                "decided"
            );
            self.metrics
                .sent
                .with_label_values(&[job.id.kind.name()])
                .inc();
            self.summary.sent += 1;
            self.jobs.insert(ticket, job.clone());
            launches.push(Launch { ticket, job });
        }
        self.metrics
            .in_flight
            .set(i64::try_from(self.flights.in_the_air()).unwrap_or(i64::MAX));
        launches
    }

    /// The transaction of a job, unsigned.
    pub fn parcel(&self, job: &Job) -> Parcel {
        let left = job.deadline.saturating_sub(self.state.moment().time).max(0);
        Parcel {
            instructions: job.instructions.clone(),
            limits: Limits {
                positions: job.positions,
                unit_price: job.unit_price,
                loaded: None,
                extra_units: job.extra_units,
            },
            tables: self.tables.clone(),
            trades: job.trades,
            wants_log: job.id.kind.takes_over() || job.expected.reward != 0,
            valid: Duration::from_secs(left.unsigned_abs()),
        }
    }
}

/// Which newer prices count, by a configuration.
pub fn rules(config: &Config) -> PriceRules {
    let prices = &config.duties.prices;
    PriceRules {
        max_age_seconds: i64::from(prices.max_age_seconds),
        deviation_bps: prices.deviation_bps,
    }
}

/// Where prices are, by a configuration.
pub fn price_accounts(config: &Config) -> PriceAccounts {
    let prices = &config.duties.prices;
    let named = prices.accounts.iter();
    PriceAccounts {
        named: named
            .filter_map(|(name, key)| Some((name.clone(), key.0?)))
            .collect(),
        shard: prices.shard,
    }
}
