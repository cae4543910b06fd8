//! The price accounts, in both of Pyth's formats, and what is written into them.

use super::{PricePath, Published};
use crate::{Error, cheats};
use anchor_lang::prelude::Pubkey;
use counterweight_link::{Link, LinkError, Moment};
use counterweight_risk::asset::{ORACLE_PYTH_LEGACY, ORACLE_PYTH_PULL};
use counterweight_simnet::{AssetConfig, Deployment, LegacyPrice, PullPrice};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Mantissas are units of 10^-8 dollars.
const EXPONENT: i32 = -8;

/// A price account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Feed {
    /// Its place in the risk book.
    pub asset: u16,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub account: Pubkey,
    /// The program that owns it.
    owner: Pubkey,
    /// Its feed id, for the pull format; none for the legacy format.
    id: Option<[u8; 32]>,
}

/// What somebody has set by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pin {
    Price(i64),
    Silent,
}

/// Publishes prices. Clones share it.
#[derive(Clone)]
pub struct Publisher {
    feeds: Arc<Vec<Feed>>,
    state: Arc<Mutex<State>>,
    /// Held from a decision until it is written, or an older price could be written over a newer one.
    writing: Arc<tokio::sync::Mutex<()>>,
    time_scale: i64,
}

struct State {
    path: PricePath,
    /// The chain's time at second 0 of the path.
    began: Option<i64>,
    /// By asset.
    pins: Vec<Option<Pin>>,
    /// By asset: the time of what was published last, and what it was.
    last: Vec<(i64, Option<Published>)>,
}

/// The price accounts of a completed deployment: of every asset that has an oracle.
pub(crate) fn feeds(deployment: &Deployment) -> Vec<Feed> {
    let feed = |(asset, config): (u16, &AssetConfig)| {
        let choice = config.oracle_choice()?;
        Some(Feed {
            asset,
            name: config.name.clone(),
            account: config.price_account?,
            owner: choice.owner,
            id: match choice.kind {
                ORACLE_PYTH_PULL => Some(choice.feed),
                ORACLE_PYTH_LEGACY => None,
                _ => return None,
            },
        })
    };
    (0..).zip(&deployment.asset).filter_map(feed).collect()
}

impl Feed {
    /// The bytes of the account, as Pyth's own program would write them.
    fn bytes(&self, published: &Published, time: i64, slot: u64) -> Vec<u8> {
        let Published {
            price,
            confidence,
            average,
        } = *published;
        let Some(feed) = self.id else {
            let update = LegacyPrice {
                price,
                confidence,
                average,
                exponent: EXPONENT,
                publish_time: time,
                slot,
                trading: true,
            };
            return update.to_bytes();
        };
        let update = PullPrice {
            feed,
            price,
            confidence,
            average,
            exponent: EXPONENT,
            publish_time: time,
            posted_slot: slot,
            fully_verified: true,
        };
        update.to_bytes()
    }
}

impl Publisher {
    pub(crate) fn new(path: PricePath, deployment: &Deployment, time_scale: u32) -> Self {
        let assets = deployment.asset.len();
        Self {
            feeds: Arc::new(feeds(deployment)),
            state: Arc::new(Mutex::new(State {
                path,
                began: None,
                pins: vec![None; assets],
                last: vec![(0, None); assets],
            })),
            writing: Arc::default(),
            time_scale: i64::from(time_scale),
        }
    }

    /// The price accounts.
    pub(crate) fn feeds(&self) -> &[Feed] {
        &self.feeds
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in it can be half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn feed(&self, name: &str) -> Result<&Feed, Error> {
        let found = self.feeds.iter().find(|feed| feed.name == name);
        found.ok_or_else(|| {
            let names: Vec<_> = self.feeds.iter().map(|feed| feed.name.as_str()).collect();
            let names = names.join(", ");
            Error::Input(format!("{name} has no price account here: {names} have"))
        })
    }

    /// What was published last of an asset, in units of 10^-8 dollars.
    pub fn latest(&self, asset: &str) -> Option<i64> {
        let feed = self.feed(asset).ok()?;
        let (_, published) = self.state().last[usize::from(feed.asset)];
        published.map(|published| published.price)
    }

    /// Publishes a price, in units of 10^-8 dollars, at once, and again and again until it is released. Its time is that
    /// of the chain, or a second more than that of the price before it.
    ///
    /// # Errors
    /// [`Error::Input`] for an asset without a price account or a price below 1, [`Error::Link`].
    pub async fn pin(&self, link: &Link, asset: &str, price: i64) -> Result<(), Error> {
        let feed = self.feed(asset)?;
        if price < 1 {
            return Err(Error::Input(format!("{asset}: a price is above zero")));
        }
        let doing = format!("publishing {asset}");
        let _order = self.writing.lock().await;
        let now = link.clock().await.map_err(Error::asking(&doing))?;
        let data = {
            let mut state = self.state();
            let at = usize::from(feed.asset);
            state.pins[at] = Some(Pin::Price(price));
            let time = now.time.max(state.last[at].0 + 1);
            let published = pinned(price);
            state.last[at] = (time, Some(published));
            feed.bytes(&published, time, now.slot)
        };
        let set = cheats::set_account(link, &feed.account, &feed.owner, &data).await;
        set.map_err(Error::asking(&doing))
    }

    /// Stops publishing an asset, as a feed that fails does, until it is released or pinned.
    ///
    /// # Errors
    /// [`Error::Input`] for an asset without a price account.
    pub fn silence(&self, asset: &str) -> Result<(), Error> {
        let at = usize::from(self.feed(asset)?.asset);
        self.state().pins[at] = Some(Pin::Silent);
        Ok(())
    }

    /// Lets an asset follow its path again.
    ///
    /// # Errors
    /// [`Error::Input`] for an asset without a price account.
    pub fn release(&self, asset: &str) -> Result<(), Error> {
        let at = usize::from(self.feed(asset)?.asset);
        self.state().pins[at] = None;
        Ok(())
    }

    /// Publishes what the path, or whoever set it by hand, says now. Returns how many accounts were written.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn publish(&self, link: &Link) -> Result<usize, LinkError> {
        let _order = self.writing.lock().await;
        let due = self.due(link.clock().await?);
        for (key, owner, data) in &due {
            cheats::set_account(link, key, owner, data).await?;
        }
        Ok(due.len())
    }

    fn due(&self, now: Moment) -> Vec<(Pubkey, Pubkey, Vec<u8>)> {
        let mut state = self.state();
        let State {
            path,
            began,
            pins,
            last,
        } = &mut *state;
        let began = *began.get_or_insert(now.time);
        let quotes = path.at((now.time - began) * self.time_scale);
        let mut due = Vec::new();
        for feed in self.feeds.iter() {
            let at = usize::from(feed.asset);
            let published = match pins[at] {
                Some(Pin::Silent) => None,
                Some(Pin::Price(price)) => Some(pinned(price)),
                None => quotes[at],
            };
            // The program takes nothing with the time of what it has.
            let Some(published) = published.filter(|_| now.time > last[at].0) else {
                continue;
            };
            last[at] = (now.time, Some(published));
            let data = feed.bytes(&published, now.time, now.slot);
            due.push((feed.account, feed.owner, data));
        }
        due
    }

    /// Publishes for good.
    pub(crate) async fn run(self, link: Link, every: Duration) {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = self.publish(&link).await {
                tracing::warn!("publishing prices: {error}");
            }
        }
    }
}

/// A price set by hand counts as its own average: whoever sets it wants it to be used.
fn pinned(price: i64) -> Published {
    Published {
        price,
        confidence: price.unsigned_abs() / 2_000,
        average: price,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Source;
    use counterweight::oracle::{PYTH_LEGACY, PYTH_RECEIVER};

    fn publisher(source: Source) -> Publisher {
        let deployment = crate::migrate::completed(Deployment::localnet());
        Publisher::new(PricePath::new(source, 1, &deployment), &deployment, 10)
    }

    fn at(time: i64) -> Moment {
        Moment { slot: 5, time }
    }

    #[test]
    fn every_asset_with_an_oracle_is_published_once_a_second() {
        let publisher = publisher(Source::Calm);
        assert_eq!(publisher.due(at(1_000)).len(), 3);
        assert_eq!(publisher.due(at(1_000)).len(), 0, "the same second");
        let due = publisher.due(at(1_001));
        let owners: Vec<_> = due.iter().map(|(_, owner, _)| *owner).collect();
        assert_eq!(owners, [PYTH_RECEIVER, PYTH_LEGACY, PYTH_RECEIVER]);
    }

    #[test]
    fn the_path_runs_by_the_time_scale() {
        let publisher = publisher(Source::Crash);
        publisher.due(at(1_000));
        let start = publisher.latest("BTC").expect("published");
        publisher.due(at(1_240));
        let lowest = publisher.latest("BTC").expect("published");
        assert!(lowest < start * 88 / 100, "{start} to {lowest}");
    }

    #[test]
    fn what_is_silenced_is_not_published_and_what_is_unknown_is_refused() {
        let publisher = publisher(Source::Still);
        publisher.silence("SOL").expect("it has a price account");
        assert_eq!(publisher.due(at(1_000)).len(), 2);
        publisher.release("SOL").expect("it has a price account");
        assert_eq!(publisher.due(at(1_001)).len(), 3);
        let error = publisher.silence("USDC").expect_err("it has none");
        assert!(error.to_string().contains("SOL, BTC, ETH have"), "{error}");
    }
}
