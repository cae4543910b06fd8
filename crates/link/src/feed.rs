//! Everything that belongs to a clearinghouse, as it changes.
//!
//! A connection begins with subscriptions, then asks for everything, so that no change falls between the two. While
//! it lasts, all sequences are compared with the chain's from time to time: a notification that was lost, and an
//! account that was closed (of which there is no notification), are found by it. When it is lost, the reader is told,
//! and the next one begins with a snapshot again.

use crate::{
    Filter, Found, Link, LinkError, Moment,
    memory::{Freshness, Memory, SEQUENCE},
    read::{account_config, found},
};
use anchor_lang::{Discriminator, prelude::Pubkey};
use counterweight_sdk::{
    PROGRAM_ID, pda,
    program::state::{Custody, MarginAccount, Market, Triggers},
};
use futures_util::{
    FutureExt, StreamExt,
    stream::{BoxStream, SelectAll, select_all},
};
use solana_pubsub_client::nonblocking::pubsub_client::PubsubClient;
use std::{
    collections::HashMap,
    str::FromStr,
    time::{Duration, Instant},
};
use tokio::{sync::mpsc, time::timeout};
use tracing::{debug, warn};

/// Where the clearinghouse stands in a margin account and a market; in a custody.
const AT_SEQUENCED: usize = 24;
const AT_CUSTODY: usize = 16;
/// Updates that wait for a reader.
const ROOM: usize = 4_096;
/// Times that what changed while a snapshot was taken is asked for again.
const SETTLING: usize = 20;
/// How long a notification may be on its way before it counts as missed.
const ON_ITS_WAY: Duration = Duration::from_millis(1_500);
/// How long it is waited before the next connection, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

/// What to watch.
#[derive(Clone, Debug)]
pub struct Feed {
    /// The clearinghouse.
    pub clearinghouse: Pubkey,
    /// Accounts besides: prices, a wallet.
    pub extra: Vec<Pubkey>,
    /// A line over which nothing came for so long is given up. Slots come several times a second.
    pub quiet: Duration,
    /// How often the clock is asked for.
    pub clock_every: Duration,
    /// How often everything is compared with the chain.
    pub verify_every: Duration,
}

impl Feed {
    /// A feed with usual times.
    pub fn new(clearinghouse: Pubkey) -> Self {
        Self {
            clearinghouse,
            extra: Vec::new(),
            quiet: Duration::from_secs(5),
            clock_every: Duration::from_millis(500),
            verify_every: Duration::from_secs(10),
        }
    }

    fn filters(&self) -> [Filter; 4] {
        let of = |discriminator: &[u8], clearinghouse| {
            let mut filter = Filter {
                discriminator: [0; 8],
                clearinghouse,
                slice: None,
            };
            filter.discriminator.copy_from_slice(discriminator);
            filter
        };
        let at = |offset| Some((offset, self.clearinghouse));
        [
            of(MarginAccount::DISCRIMINATOR, at(AT_SEQUENCED)),
            of(Market::DISCRIMINATOR, at(AT_SEQUENCED)),
            of(Custody::DISCRIMINATOR, at(AT_CUSTODY)),
            // They name their margin account only: whose they are the reader knows.
            of(Triggers::DISCRIMINATOR, None),
        ]
    }

    /// Accounts that are watched by their address.
    fn keys(&self) -> Vec<Pubkey> {
        let mut keys = vec![self.clearinghouse, pda::risk_book(&self.clearinghouse)];
        keys.extend_from_slice(&self.extra);
        keys
    }
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    /// Everything, at the beginning and after each time that the line was lost. What is not in it is gone.
    Snapshot(Vec<(Pubkey, Vec<u8>)>),
    /// An account is new, or has changed.
    Account(Pubkey, Vec<u8>),
    /// An account is gone.
    Gone(Pubkey),
    /// The chain's clock.
    Moment(Moment),
    /// So many changes had been missed, and have been passed on now.
    Mended(usize),
    /// The line is lost, and why. Until the next snapshot, what is known grows old.
    Lost(String),
}

/// Watches a clearinghouse until the receiver is dropped.
pub fn watch(link: Link, feed: Feed) -> mpsc::Receiver<Update> {
    let (out, updates) = mpsc::channel(ROOM);
    tokio::spawn(async move {
        let mut pause = PAUSES.0;
        while !out.is_closed() {
            let began = Instant::now();
            let mut session = Session::new(&link, &feed, &out);
            let End(why) = match session.run().await {
                Ok(never) => match never {},
                Err(end) => end,
            };
            debug!(%why, "the line to the cluster ended");
            if out.send(Update::Lost(why)).await.is_err() {
                return;
            }
            // A connection that held for a while is no sign of trouble with the next.
            pause = if began.elapsed() > 4 * PAUSES.1 {
                PAUSES.0
            } else {
                (2 * pause).min(PAUSES.1)
            };
            tokio::time::sleep(pause).await;
        }
    });
    updates
}

/// Why a connection ended.
struct End(String);

impl From<LinkError> for End {
    fn from(error: LinkError) -> Self {
        Self(error.to_string())
    }
}

/// It goes on until something fails.
type Forever = Result<core::convert::Infallible, End>;

/// What comes over the websocket.
enum Event {
    Account(Pubkey, Found),
    Slot,
}

/// What the poller has learnt.
enum Learnt {
    Clock(Result<Moment, LinkError>),
    Compared(Result<(Instant, Chain), LinkError>),
}

/// Sequences of accounts that have one; the bytes of those that have none.
struct Chain {
    sequences: HashMap<Pubkey, u64>,
    bytes: Vec<(Pubkey, Vec<u8>)>,
}

/// One connection.
struct Session<'a> {
    link: &'a Link,
    feed: &'a Feed,
    out: &'a mpsc::Sender<Update>,
    memory: Memory,
    suspects: Option<(Instant, Instant, Chain)>,
}

impl<'a> Session<'a> {
    fn new(link: &'a Link, feed: &'a Feed, out: &'a mpsc::Sender<Update>) -> Self {
        Self {
            link,
            feed,
            out,
            memory: Memory::default(),
            suspects: None,
        }
    }

    async fn run(&mut self) -> Forever {
        let quiet = self.feed.quiet;
        let late = |_| End(format!("no connection within {quiet:?}"));
        let client = timeout(quiet, PubsubClient::new(self.link.endpoint().ws.as_str())).await;
        let client = client
            .map_err(late)?
            .map_err(|error| End(error.to_string()))?;
        let late = |_| End(format!("no subscription within {quiet:?}"));
        let mut events = timeout(quiet, subscriptions(&client, self.feed))
            .await
            .map_err(late)??;
        self.snapshot(&mut events).await?;
        let (learn, mut learnt) = mpsc::channel(8);
        // Aborted when the session ends, so that nothing of it goes on.
        let _poller = Aborted(tokio::spawn(poll(
            self.link.clone(),
            self.feed.clone(),
            learn,
        )));
        let (mut heard, mut answered) = (Instant::now(), Instant::now());
        let mut tick = tokio::time::interval(Duration::from_millis(100));
        loop {
            tokio::select! {
                event = events.next() => {
                    let event = event.ok_or_else(|| End("the node closed the connection".into()))?;
                    heard = Instant::now();
                    self.take(event).await?;
                }
                Some(news) = learnt.recv() => match news {
                    Learnt::Clock(Ok(moment)) => {
                        answered = Instant::now();
                        self.tell(Update::Moment(moment)).await?;
                    }
                    Learnt::Compared(Ok((asked, chain))) => {
                        self.suspects = Some((Instant::now(), asked, chain));
                    }
                    Learnt::Clock(Err(error)) | Learnt::Compared(Err(error)) => debug!(%error, "the node did not answer"),
                },
                _ = tick.tick() => {
                    if heard.elapsed() > quiet {
                        return Err(End(format!("nothing came over the websocket for {quiet:?}")));
                    }
                    if answered.elapsed() > quiet {
                        return Err(End(format!("the node has not answered for {quiet:?}")));
                    }
                    let due = self.suspects.as_ref().is_some_and(|(since, ..)| since.elapsed() > ON_ITS_WAY);
                    if let (true, Some((_, asked, chain))) = (due, self.suspects.take_if(|_| due)) {
                        self.mend(asked, chain).await?;
                    }
                }
            }
        }
    }

    async fn tell(&self, update: Update) -> Result<(), End> {
        self.out
            .send(update)
            .await
            .map_err(|_| End("nobody reads any more".into()))
    }

    /// Everything, with what changed while it was asked for.
    async fn snapshot(&mut self, events: &mut SelectAll<BoxStream<'_, Event>>) -> Result<(), End> {
        let mut asked = Instant::now();
        let mut accounts: HashMap<Pubkey, Vec<u8>> = HashMap::new();
        for filter in self.feed.filters() {
            let found = self.link.program_accounts(&filter).await?;
            accounts.extend(found.into_iter().map(|(key, account)| (key, account.data)));
        }
        let mut unsure = self.feed.keys();
        // Which of a notification and an answer is newer is not known where they cross: ask again until none crosses.
        for _ in 0..SETTLING {
            asked = Instant::now();
            let found = self.link.accounts(&unsure).await?;
            for (key, account) in unsure.drain(..).zip(found) {
                match account {
                    Some(account) => accounts.insert(key, account.data),
                    None => accounts.remove(&key),
                };
            }
            while let Some(event) = events.next().now_or_never() {
                match event.ok_or_else(|| End("the node closed the connection".into()))? {
                    Event::Account(key, _) if !unsure.contains(&key) => unsure.push(key),
                    _ => {}
                }
            }
            if unsure.is_empty() {
                break;
            }
        }
        let accounts: Vec<_> = accounts.into_iter().collect();
        self.memory.begin(&accounts, asked);
        self.tell(Update::Snapshot(accounts)).await
    }

    /// What came over the websocket.
    async fn take(&mut self, event: Event) -> Result<(), End> {
        let Event::Account(key, account) = event else {
            return Ok(());
        };
        if account.lamports == 0 || account.data.is_empty() {
            return self.gone(key).await;
        }
        match self.memory.note(key, &account.data, Instant::now()) {
            Freshness::News => self.tell(Update::Account(key, account.data)).await,
            Freshness::Same | Freshness::Older => Ok(()),
        }
    }

    async fn gone(&mut self, key: Pubkey) -> Result<(), End> {
        if self.memory.forget(&key) {
            return self.tell(Update::Gone(key)).await;
        }
        Ok(())
    }

    /// Passes on what differs from the chain, as it was when it was asked.
    async fn mend(&mut self, asked: Instant, chain: Chain) -> Result<(), End> {
        let (changed, gone) = self.memory.differing(&chain.sequences, asked);
        let mut mended = 0;
        for (key, data) in &chain.bytes {
            mended += self.overrule(*key, data, asked).await?;
        }
        let there: Vec<Pubkey> = chain.bytes.iter().map(|(key, _)| *key).collect();
        let missing = self
            .memory
            .uncounted()
            .into_iter()
            .filter(|key| !there.contains(key));
        let mut doubtful: Vec<Pubkey> = missing.chain(changed).chain(gone).collect();
        let since = self.memory.noted_since(&doubtful, asked);
        doubtful.retain(|key| !since.contains(key));
        if !doubtful.is_empty() {
            let asked = Instant::now();
            let found = self.link.accounts(&doubtful).await?;
            for (key, account) in doubtful.into_iter().zip(found) {
                match account.filter(|account| account.lamports > 0 && !account.data.is_empty()) {
                    Some(account) => mended += self.overrule(key, &account.data, asked).await?,
                    None => {
                        mended += 1;
                        self.gone(key).await?;
                    }
                }
            }
        }
        if mended > 0 {
            warn!(mended, "changes had been missed, and are known now");
            self.tell(Update::Mended(mended)).await?;
        }
        Ok(())
    }

    /// Takes what the chain has in place of what was known; how many changes that is.
    async fn overrule(&mut self, key: Pubkey, data: &[u8], asked: Instant) -> Result<usize, End> {
        match self.memory.overrule(key, data, asked) {
            None => return Ok(0),
            // Whoever goes by sequences would not take it otherwise.
            Some(true) => self.tell(Update::Gone(key)).await?,
            Some(false) => {}
        }
        self.tell(Update::Account(key, data.to_vec())).await?;
        Ok(1)
    }
}

/// A task that ends with its owner.
struct Aborted(tokio::task::JoinHandle<()>);

impl Drop for Aborted {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Asks for the clock, and for what everything is compared with.
async fn poll(link: Link, feed: Feed, learn: mpsc::Sender<Learnt>) {
    let mut compared = Instant::now();
    loop {
        if learn.send(Learnt::Clock(link.clock().await)).await.is_err() {
            return;
        }
        if compared.elapsed() > feed.verify_every {
            let asked = Instant::now();
            let chain = chain(&link, &feed).await.map(|chain| (asked, chain));
            compared = Instant::now();
            if learn.send(Learnt::Compared(chain)).await.is_err() {
                return;
            }
        }
        tokio::time::sleep(feed.clock_every).await;
    }
}

async fn chain(link: &Link, feed: &Feed) -> Result<Chain, LinkError> {
    let [margins, markets, custodies, triggers] = feed.filters();
    let mut sequences = HashMap::new();
    for filter in [margins, markets] {
        let part = Filter {
            slice: Some(SEQUENCE),
            ..filter
        };
        for (key, found) in link.program_accounts(&part).await? {
            let bytes = found
                .data
                .try_into()
                .map_err(|_| LinkError::Malformed("a sequence".into()))?;
            sequences.insert(key, u64::from_le_bytes(bytes));
        }
    }
    let mut bytes = Vec::new();
    for filter in [custodies, triggers] {
        let found = link.program_accounts(&filter).await?;
        bytes.extend(found.into_iter().map(|(key, found)| (key, found.data)));
    }
    let keys = feed.keys();
    for (key, found) in keys.iter().zip(link.accounts(&keys).await?) {
        bytes.extend(found.map(|found| (*key, found.data)));
    }
    Ok(Chain { sequences, bytes })
}

async fn subscriptions<'c>(
    client: &'c PubsubClient,
    feed: &Feed,
) -> Result<SelectAll<BoxStream<'c, Event>>, End> {
    let failed =
        |error: solana_pubsub_client::pubsub_client::PubsubClientError| End(error.to_string());
    let mut streams: Vec<BoxStream<'c, Event>> = Vec::new();
    for filter in feed.filters() {
        let (stream, _) = client
            .program_subscribe(&PROGRAM_ID, Some(filter.config()))
            .await
            .map_err(failed)?;
        let events = stream.filter_map(|update| async move {
            let key = Pubkey::from_str(&update.value.pubkey).ok()?;
            Some(Event::Account(key, found(&update.value.account).ok()?))
        });
        streams.push(events.boxed());
    }
    for key in feed.keys() {
        let (stream, _) = client
            .account_subscribe(&key, Some(account_config(None)))
            .await
            .map_err(failed)?;
        let events = stream.filter_map(move |update| async move {
            Some(Event::Account(key, found(&update.value).ok()?))
        });
        streams.push(events.boxed());
    }
    let (slots, _) = client.slot_subscribe().await.map_err(failed)?;
    streams.push(slots.map(|_| Event::Slot).boxed());
    Ok(select_all(streams))
}
