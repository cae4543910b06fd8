//! Drives a keeper on a chain: carries updates in and transactions out until it is told to stop.

use super::{Keeper, Launch, Outcome, Summary, lookup, price_accounts};
use crate::{
    chain::{Chain, Failure, Parcel},
    server::Pulse,
};
use anchor_lang::prelude::Pubkey;
use counterweight_link::Update;
use counterweight_sdk::{
    accounts,
    assemble::{AddressLookupTableAccount, Limits},
    pda,
};
use std::{future::Future, pin::pin, time::Duration};
use tokio::{
    sync::mpsc::{self, Receiver, UnboundedReceiver, UnboundedSender},
    time::{Instant, sleep, sleep_until, timeout},
};
use tracing::{info, warn};

/// How long the risk book is waited for before it is asked for again.
const AGAIN: Duration = Duration::from_secs(1);
/// How long transactions on their way are waited for at the end: longer than a blockhash lives.
const LAST: Duration = Duration::from_secs(100);
/// How long a step of the lookup table may take until it is signed.
const A_TABLE: Duration = Duration::from_secs(30);
/// Updates that are taken before a round is decided.
const AT_ONCE: usize = 4_096;

/// How a keeper runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mode {
    /// Decides one round, and ends when its transactions have.
    pub once: bool,
}

/// What comes back from tasks.
enum News {
    Landed(u64, Outcome),
    Bids(Vec<u64>),
    Tables(Vec<AddressLookupTableAccount>),
}

/// Runs until `shutdown` is done, or one round in that mode.
///
/// # Errors
/// A sentence, where the feed ends by itself.
pub async fn drive<C: Chain>(
    chain: C,
    mut keeper: Keeper,
    pulse: Pulse,
    mode: Mode,
    shutdown: impl Future<Output = ()>,
) -> Result<Summary, String> {
    let mut shutdown = pin!(shutdown);
    let extra = tokio::select! {
        () = &mut shutdown => return Ok(keeper.summary()),
        extra = first_extra(&chain, &keeper) => extra,
    };
    if mode.once {
        keeper.impatient();
    }
    let (out, news) = mpsc::unbounded_channel();
    let updates = chain.watch(extra.clone());
    let mut driver = Driver {
        chain,
        pulse,
        out,
        news,
        updates,
        extra,
        tables_at: 0,
        bids_at: 0,
    };
    loop {
        let now = driver.pulse.now();
        let next = driver.pulse.instant(keeper.next(now).max(now + 1));
        tokio::select! {
            () = &mut shutdown => break,
            update = driver.updates.recv() => {
                let update = update.ok_or("the feed has ended: start the keeper again")?;
                driver.take(&mut keeper, update);
            }
            Some(news) = driver.news.recv() => driver.hear(&mut keeper, news),
            () = sleep_until(Instant::from_std(next)) => {}
        }
        driver.watch_anew(&keeper);
        driver.look_after(&keeper);
        let ran = driver.round(&mut keeper);
        if mode.once && ran {
            break;
        }
    }
    driver.finish(&mut keeper).await;
    Ok(keeper.summary())
}

/// The price accounts, which the risk book names: asked for until it is there.
async fn first_extra<C: Chain>(chain: &C, keeper: &Keeper) -> Vec<Pubkey> {
    let clearinghouse = keeper.state().venue().clearinghouse;
    let book = pda::risk_book(&clearinghouse);
    loop {
        let why = match chain.account(book).await {
            Ok(Some(data)) => match accounts::risk_book(&data) {
                Ok(tables) => {
                    let of = price_accounts(&keeper.config);
                    let mut keys: Vec<_> = tables
                        .assets
                        .iter()
                        .filter_map(|asset| of.of(asset))
                        .collect();
                    keys.sort_unstable();
                    keys.dedup();
                    return keys;
                }
                Err(error) => format!("its risk book: {error}"),
            },
            Ok(None) => {
                "there is no such clearinghouse: check clearinghouse.address and the cluster".into()
            }
            Err(why) => why,
        };
        warn!(%clearinghouse, why, "waiting for the clearinghouse");
        sleep(AGAIN).await;
    }
}

struct Driver<C> {
    chain: C,
    pulse: Pulse,
    out: UnboundedSender<News>,
    news: UnboundedReceiver<News>,
    updates: Receiver<Update>,
    extra: Vec<Pubkey>,
    tables_at: u64,
    bids_at: u64,
}

impl<C: Chain> Driver<C> {
    /// Takes an update, and what has come with it: one round for all of them.
    fn take(&mut self, keeper: &mut Keeper, first: Update) {
        let mut next = Some(first);
        for _ in 0..AT_ONCE {
            let Some(update) = next else {
                break;
            };
            keeper.take(update, self.pulse.now());
            next = self.updates.try_recv().ok();
        }
        if let Some(update) = next {
            keeper.take(update, self.pulse.now());
        }
    }

    fn hear(&mut self, keeper: &mut Keeper, news: News) {
        match news {
            News::Landed(ticket, outcome) => keeper.landed(ticket, outcome, self.pulse.now()),
            News::Bids(recent) => keeper.take_bids(recent),
            News::Tables(tables) => keeper.use_tables(tables),
        }
    }

    /// Watches the price accounts of assets that have come since as well.
    fn watch_anew(&mut self, keeper: &Keeper) {
        let known = keeper.state().prices().all().map(|(_, key)| key);
        let missing: Vec<Pubkey> = known.filter(|key| !self.extra.contains(key)).collect();
        if !missing.is_empty() {
            info!(accounts = missing.len(), "new price accounts are watched");
            self.extra.extend(missing);
            self.updates = self.chain.watch(self.extra.clone());
        }
    }

    /// Asks for recent bids and for lookup tables, from time to time.
    fn look_after(&mut self, keeper: &Keeper) {
        let (now, config, state) = (self.pulse.now(), &keeper.config, keeper.state());
        if !state.is_ready() {
            return;
        }
        if now >= self.bids_at {
            self.bids_at = now + config.fees.refresh_ms;
            let mut keys: Vec<Pubkey> = state
                .markets()
                .map(|(index, _)| state.venue().market(index))
                .collect();
            keys.push(state.venue().risk_book);
            let (chain, out) = (self.chain.clone(), self.out.clone());
            tokio::spawn(async move {
                if let Ok(recent) = chain.recent_fees(keys).await {
                    let _ = out.send(News::Bids(recent));
                }
            });
        }
        if config.tables.enabled && now >= self.tables_at {
            self.tables_at = now + config.tables.every_seconds * 1_000;
            self.mend_tables(keeper);
        }
    }

    fn mend_tables(&self, keeper: &Keeper) {
        let (config, state, payer) = (&keeper.config, keeper.state(), keeper.identity().payer);
        let wanted = lookup::wanted(state, keeper.identity().account);
        let named: Vec<Pubkey> = config
            .tables
            .addresses
            .iter()
            .filter_map(|key| key.0)
            .collect();
        let create = config.tables.create && !config.send.dry_run;
        let slot = state.moment().slot;
        let (chain, out) = (self.chain.clone(), self.out.clone());
        tokio::spawn(async move {
            match tables(&chain, (named, wanted), (payer, create), slot).await {
                Ok(tables) => {
                    let _ = out.send(News::Tables(tables));
                }
                Err(why) => warn!(
                    why,
                    "lookup tables are not to be had: large transactions may not fit"
                ),
            }
        });
    }

    /// Decides a round, if there is something to look at, and sends what it comes to. Whether one was decided.
    fn round(&self, keeper: &mut Keeper) -> bool {
        let now = self.pulse.now();
        if !keeper.is_due(now) {
            return false;
        }
        let (before, dry) = (keeper.summary().rounds, keeper.config.send.dry_run);
        for Launch { ticket, job } in keeper.round(now) {
            let (parcel, chain, out) = (keeper.parcel(&job), self.chain.clone(), self.out.clone());
            tokio::spawn(async move {
                let outcome = if dry {
                    simulate(&chain, parcel).await
                } else {
                    send(&chain, parcel).await
                };
                let _ = out.send(News::Landed(ticket, outcome));
            });
        }
        keeper.summary().rounds > before
    }

    /// Waits for what is on its way.
    async fn finish(&mut self, keeper: &mut Keeper) {
        let open = keeper.flights().in_the_air();
        if open > 0 {
            info!(open, "waiting for transactions on their way");
        }
        let landing = async {
            while keeper.flights().in_the_air() > 0 {
                match self.news.recv().await {
                    Some(news) => self.hear(keeper, news),
                    None => return,
                }
            }
        };
        if timeout(LAST, landing).await.is_err() {
            warn!("some transactions have no outcome yet: their accounts tell");
        }
    }
}

async fn send<C: Chain>(chain: &C, parcel: Parcel) -> Outcome {
    match chain.send(parcel).await {
        Ok(receipt) => Outcome::Confirmed(receipt),
        Err(failure) => Outcome::Failed(failure),
    }
}

async fn simulate<C: Chain>(chain: &C, parcel: Parcel) -> Outcome {
    match chain.simulate(parcel).await {
        Ok(_) => Outcome::Simulated,
        Err(failure) => Outcome::Failed(failure),
    }
}

/// The tables that there are, after what is missing was mended.
async fn tables<C: Chain>(
    chain: &C,
    (named, wanted): (Vec<Pubkey>, Vec<Pubkey>),
    (payer, create): (Pubkey, bool),
    slot: u64,
) -> Result<Vec<AddressLookupTableAccount>, String> {
    let found = chain.tables(named.clone(), payer).await?;
    let (usable, steps) = lookup::mend(&found, &wanted, (payer, create), slot);
    if steps.is_empty() {
        return Ok(usable);
    }
    for instructions in steps {
        let parcel = Parcel {
            instructions,
            limits: Limits::default(),
            tables: std::sync::Arc::new([]),
            trades: false,
            wants_log: false,
            valid: A_TABLE,
        };
        let sent = chain.send(parcel).await;
        sent.map_err(|failure: Failure| format!("the lookup table: {failure}"))?;
    }
    info!("the lookup table is complete");
    let found = chain.tables(named, payer).await?;
    Ok(found.into_iter().map(|table| table.account).collect())
}
