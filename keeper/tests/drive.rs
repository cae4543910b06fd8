//! The loop itself, on an embedded chain behind the same trait as a cluster.

mod common;

use anchor_lang::prelude::Pubkey;
use common::World;
use counterweight_keeper::{
    Handle, Mode, Summary,
    chain::{Chain, Failure, Parcel, Receipt, Table},
    config::Config,
    run_on,
    strategy::Identity,
};
use counterweight_link::{Moment, Update};
use counterweight_simnet::{Signer, Trader};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{
        mpsc::{self, Receiver, Sender},
        oneshot,
    },
    time::sleep,
};

/// Somebody who watches, and what it has seen.
struct Watcher {
    out: Sender<Update>,
    seen: HashMap<Pubkey, Vec<u8>>,
}

/// An embedded chain as a cluster.
#[derive(Clone)]
struct Sim {
    world: Arc<Mutex<World>>,
    trader: Arc<Trader>,
    watchers: Arc<Mutex<Vec<Watcher>>>,
    /// How long a transaction takes, milliseconds.
    delay: Arc<AtomicU64>,
    sent: Arc<AtomicUsize>,
    simulated: Arc<AtomicUsize>,
}

impl Sim {
    fn new(mut world: World, dollars: u64) -> Self {
        let at = world.admit("keeper", dollars);
        let trader = &world.traders[at];
        let trader = Trader {
            key: trader.key.insecure_clone(),
            margin: trader.margin,
        };
        Self {
            world: Arc::new(Mutex::new(world)),
            trader: Arc::new(trader),
            watchers: Arc::default(),
            delay: Arc::default(),
            sent: Arc::default(),
            simulated: Arc::default(),
        }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    fn config(&self) -> Config {
        let mut config = self.world().config();
        config.tables.create = false;
        config
    }

    fn identity(&self, config: &Config) -> Identity {
        let world = self.world();
        let payer = world.x.chain.payer().pubkey();
        Identity::new(
            config,
            world.x.venue.clearinghouse,
            payer,
            self.trader.key.pubkey(),
        )
    }

    /// Tells all that watch what has changed, and the time.
    fn tell(&self) {
        let world = self.world();
        let mut watchers = self.watchers.lock().unwrap();
        watchers.retain(|watcher| !watcher.out.is_closed());
        for watcher in watchers.iter_mut() {
            let mut news = Vec::new();
            for key in world.keys() {
                let data = world.x.chain.data(&key);
                if !data.is_empty() && watcher.seen.get(&key) != Some(&data) {
                    watcher.seen.insert(key, data.clone());
                    news.push((key, data));
                }
            }
            if watcher.seen.len() == news.len() {
                let _ = watcher.out.try_send(Update::Snapshot(news));
            } else {
                for (key, data) in news {
                    let _ = watcher.out.try_send(Update::Account(key, data));
                }
            }
            let moment = Moment {
                slot: world.x.chain.slot(),
                time: world.x.chain.time(),
            };
            let _ = watcher.out.try_send(Update::Moment(moment));
        }
    }

    /// The line of everybody is cut, and stands again with a snapshot.
    fn cut(&self) {
        let mut watchers = self.watchers.lock().unwrap();
        for watcher in watchers.iter_mut() {
            watcher.seen.clear();
            let _ = watcher.out.try_send(Update::Lost("cut".into()));
        }
    }
}

impl Chain for Sim {
    async fn account(&self, key: Pubkey) -> Result<Option<Vec<u8>>, String> {
        let data = self.world().x.chain.data(&key);
        Ok((!data.is_empty()).then_some(data))
    }

    fn watch(&self, _extra: Vec<Pubkey>) -> Receiver<Update> {
        let (out, updates) = mpsc::channel(4_096);
        let seen = HashMap::new();
        self.watchers.lock().unwrap().push(Watcher { out, seen });
        self.tell();
        updates
    }

    async fn recent_fees(&self, _accounts: Vec<Pubkey>) -> Result<Vec<u64>, String> {
        Ok(vec![5, 1, 3])
    }

    async fn tables(&self, _named: Vec<Pubkey>, _authority: Pubkey) -> Result<Vec<Table>, String> {
        let account = self.world().table.clone();
        Ok(vec![Table {
            account,
            authority: None,
        }])
    }

    async fn send(&self, parcel: Parcel) -> Result<Receipt, Failure> {
        sleep(Duration::from_millis(self.delay.load(Ordering::SeqCst))).await;
        let sent = self.sent.fetch_add(1, Ordering::SeqCst);
        let logs = self.world().carry(&parcel, &self.trader)?;
        self.tell();
        Ok(Receipt {
            signature: sent.to_string(),
            logs,
        })
    }

    async fn simulate(&self, parcel: Parcel) -> Result<Vec<String>, Failure> {
        self.simulated.fetch_add(1, Ordering::SeqCst);
        let mut world = self.world();
        let keys: Vec<_> = parcel
            .trades
            .then_some(&self.trader.key)
            .into_iter()
            .collect();
        match world.x.chain.simulate(&parcel.instructions, &keys) {
            Ok(receipt) => Ok(receipt.logs),
            Err(failure) => Err(Failure::Refused {
                code: failure.code,
                sentence: failure.to_string(),
            }),
        }
    }
}

/// Accounts that fail once SOL falls by four percent.
fn crowd(users: usize) -> World {
    let mut world = World::new();
    let maker = world.admit("maker", 5_000_000);
    for n in 0..users {
        let user = world.admit(&format!("user {n}"), 1_500);
        assert!(world.trade(user, maker, &[(0, 15_000)]));
    }
    world
}

fn crash(sim: &Sim) {
    let mut world = sim.world();
    world.x.chain.advance(2);
    world.publish(1, 14_400_000_000);
    drop(world);
    sim.tell();
}

/// A keeper that runs until it is told to stop.
struct Running {
    stop: oneshot::Sender<()>,
    handle: Handle,
    task: tokio::task::JoinHandle<Summary>,
}

fn start(sim: &Sim, config: Config, mode: Mode) -> Running {
    let (stop, stopped) = oneshot::channel();
    let (identity, handle) = (sim.identity(&config), Handle::new(&config));
    let (sim, told) = (sim.clone(), handle.clone());
    let task = tokio::spawn(async move {
        let shutdown = async {
            let _ = stopped.await;
        };
        run_on(sim, config, identity, mode, told, shutdown)
            .await
            .expect("it runs")
    });
    Running { stop, handle, task }
}

/// Waits until something holds, and says what did not.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..400 {
        if holds() {
            return;
        }
        sleep(Duration::from_millis(25)).await;
    }
    panic!("{what}: not within ten seconds");
}

fn all_well(sim: &Sim) -> bool {
    sim.world().failing().is_empty()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_liquidates_what_a_price_makes_fail_and_ends_when_told() {
    let sim = Sim::new(crowd(5), 200_000);
    let running = start(&sim, sim.config(), Mode::default());
    until("ready", || running.handle.pulse.complaint().is_none()).await;
    crash(&sim);
    let taken = || {
        sim.world()
            .x
            .margin(&sim.trader.margin)
            .header
            .core
            .position_count
            > 0
    };
    until("taken over", || taken() && all_well(&sim)).await;
    // The line is cut in the middle of it, and accounts that fail meanwhile are known afterwards.
    sim.cut();
    until("unhealthy", || running.handle.pulse.complaint().is_some()).await;
    sim.tell();
    until("healthy", || running.handle.pulse.complaint().is_none()).await;
    until("bids", || running.handle.metrics.bid.get() == 5).await;
    running.stop.send(()).unwrap();
    let summary = running.task.await.unwrap();
    assert_eq!(
        (summary.confirmed, summary.refused, summary.lost),
        (5, 0, 0),
        "{summary:?}"
    );
    assert!(summary.profit > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_on_its_way_is_waited_for_at_the_end() {
    let sim = Sim::new(crowd(2), 200_000);
    sim.delay.store(400, Ordering::SeqCst);
    let running = start(&sim, sim.config(), Mode::default());
    until("ready", || running.handle.pulse.complaint().is_none()).await;
    crash(&sim);
    until("in flight", || running.handle.metrics.in_flight.get() == 2).await;
    running.stop.send(()).unwrap();
    let summary = running.task.await.unwrap();
    assert_eq!((summary.sent, summary.confirmed), (2, 2), "{summary:?}");
    assert!(all_well(&sim));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_simulates_and_changes_nothing() {
    let sim = Sim::new(crowd(3), 200_000);
    let mut config = sim.config();
    config.send.dry_run = true;
    let running = start(&sim, config, Mode::default());
    until("ready", || running.handle.pulse.complaint().is_none()).await;
    crash(&sim);
    until("simulated", || sim.simulated.load(Ordering::SeqCst) == 3).await;
    sleep(Duration::from_millis(300)).await;
    running.stop.send(()).unwrap();
    let summary = running.task.await.unwrap();
    assert_eq!(
        (
            sim.sent.load(Ordering::SeqCst),
            summary.confirmed,
            summary.refused
        ),
        (0, 0, 0)
    );
    assert_eq!(sim.simulated.load(Ordering::SeqCst), 3, "each once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_is_one_round_with_its_outcome() {
    let sim = Sim::new(crowd(3), 200_000);
    sim.world().x.set_price(1, 14_400_000_000);
    let running = start(&sim, sim.config(), Mode { once: true });
    let summary = running.task.await.unwrap();
    assert_eq!((summary.rounds, summary.confirmed), (1, 3), "{summary:?}");
    assert!(all_well(&sim));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_and_started_again_it_goes_on() {
    let sim = Sim::new(crowd(6), 400_000);
    sim.delay.store(50, Ordering::SeqCst);
    let mut config = sim.config();
    config.send.max_in_flight = 2;
    let running = start(&sim, config.clone(), Mode::default());
    until("ready", || running.handle.pulse.complaint().is_none()).await;
    crash(&sim);
    until("begun", || sim.sent.load(Ordering::SeqCst) > 0).await;
    running.task.abort(); // as by SIGKILL: nothing is finished, nothing saved
    let again = start(&sim, config, Mode::default());
    until("all well", || {
        all_well(&sim) && sim.sent.load(Ordering::SeqCst) >= 6
    })
    .await;
    again.stop.send(()).unwrap();
    let summary = again.task.await.unwrap();
    assert!(summary.confirmed >= 2 && summary.lost == 0, "{summary:?}");
}
