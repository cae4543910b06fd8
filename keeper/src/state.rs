//! What is known of a clearinghouse: every account of it, as the feed of `counterweight-link` brings them.
//!
//! Nothing here is asked for, and nothing is kept anywhere else: a restart begins with the feed's first snapshot and
//! knows as much as before. Times of arrival are milliseconds of the caller's own clock, so that a test can set them;
//! everything that the chain judges by is the chain's clock.
//!
//! **Two books.** [`State::recorded`] is the risk book as it is on the chain. [`State::book`] is the same with every
//! price that Pyth's accounts have newer and that is worth recording ([`prices`]): what the chain will judge by once a
//! transaction brings them, with the arrays of options as they are once they are refreshed ([`arrays`]). Accounts are
//! judged by the second; whoever acts on a verdict brings the prices of [`State::due`] and the arrays of
//! [`State::due_arrays`] along.

pub mod arrays;
pub mod prices;

use anchor_lang::{Discriminator, prelude::Pubkey};
use counterweight_fleet::{Census, Fleet, Moved};
use counterweight_link::{Moment, Update};
use counterweight_sdk::{
    accounts::{self, DecodeError, Margin, OrderBook, RiskTables},
    instructions::{Collateral, Venue},
    pda,
    program::state::{Clearinghouse, Custody, MarginAccount, Market, RiskBook, Triggers},
};
use prices::{PriceAccounts, PriceRules, Prices};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Where margin accounts and markets name their clearinghouse; where custodies do.
const AT_SEQUENCED: usize = 24;
const AT_CUSTODY: usize = 16;

/// How the feed is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedStatus {
    /// Why the line is lost, while it is.
    pub lost: Option<String>,
    /// When anything came last, milliseconds of the caller's clock.
    pub heard_at: u64,
    /// When the chain's clock came last, milliseconds of the caller's clock.
    pub moment_at: u64,
    /// Snapshots so far; all but the first are resyncs.
    pub snapshots: u64,
    /// Changes that had been missed and were found by a comparison.
    pub mended: u64,
    /// Accounts whose bytes were not understood.
    pub undecoded: u64,
    /// The last of them, and why.
    pub problem: Option<(Pubkey, String)>,
}

impl FeedStatus {
    /// Milliseconds since the chain's clock came last: how old everything that is known may be.
    pub fn age_ms(&self, at: u64) -> u64 {
        at.saturating_sub(self.moment_at)
    }

    /// How often everything was asked for again.
    pub fn resyncs(&self) -> u64 {
        self.snapshots.saturating_sub(1)
    }
}

/// Everything that is known.
pub struct State {
    venue: Venue,
    clearinghouse: Option<Clearinghouse>,
    recorded: Option<RiskTables>,
    due: Vec<u16>,
    due_arrays: Vec<u16>,
    fleet: Fleet,
    moved: Moved,
    markets: BTreeMap<u16, OrderBook>,
    triggers: HashMap<Pubkey, Triggers>,
    custodies: HashMap<Pubkey, Custody>,
    prices: Prices,
    moment: Moment,
    feed: FeedStatus,
}

impl State {
    /// Nothing yet. `rules` say which newer prices count, `accounts` where they are.
    pub fn new(clearinghouse: Pubkey, rules: PriceRules, accounts: PriceAccounts) -> Self {
        Self {
            venue: Venue {
                clearinghouse,
                risk_book: pda::risk_book(&clearinghouse),
            },
            clearinghouse: None,
            recorded: None,
            due: Vec::new(),
            due_arrays: Vec::new(),
            fleet: Fleet::new(),
            moved: Moved::default(),
            markets: BTreeMap::new(),
            triggers: HashMap::new(),
            custodies: HashMap::new(),
            prices: Prices::new(rules, accounts),
            moment: Moment::default(),
            feed: FeedStatus::default(),
        }
    }

    /// Takes an update that came at `at`, milliseconds of the caller's clock.
    pub fn apply(&mut self, update: Update, at: u64) {
        match update {
            Update::Lost(why) => {
                self.feed.lost = Some(why);
                return;
            }
            Update::Snapshot(accounts) => self.take_snapshot(accounts),
            Update::Account(key, data) => self.take(key, &data, false),
            Update::Gone(key) => self.forget(&key),
            Update::Moment(moment) => {
                self.moment = moment;
                self.feed.moment_at = at;
                if self.prices.wait() || self.arrays_wait() {
                    self.project();
                }
            }
            Update::Mended(changes) => self.feed.mended += changes as u64,
        }
        self.feed.heard_at = at;
    }

    fn take_snapshot(&mut self, accounts: Vec<(Pubkey, Vec<u8>)>) {
        let there: HashSet<Pubkey> = accounts.iter().map(|(key, _)| *key).collect();
        self.fleet.retain(|key| there.contains(key));
        self.triggers.retain(|key, _| there.contains(key));
        self.custodies.retain(|key, _| there.contains(key));
        self.markets.clear();
        self.prices.retain(|key| there.contains(key));
        if !there.contains(&self.venue.risk_book) {
            self.recorded = None;
        }
        if !there.contains(&self.venue.clearinghouse) {
            self.clearinghouse = None;
        }
        // The risk book first: it says which of the others are price accounts.
        let book = self.venue.risk_book;
        for (key, data) in accounts.iter().filter(|(key, _)| *key == book) {
            self.take(*key, data, true);
        }
        for (key, data) in accounts.iter().filter(|(key, _)| *key != book) {
            self.take(*key, data, true);
        }
        self.feed.lost = None;
        self.feed.snapshots += 1;
    }

    /// Takes an account; `whole` says that it stands in a snapshot, which is the truth whatever its sequence.
    fn take(&mut self, key: Pubkey, data: &[u8], whole: bool) {
        if let Err(error) = self.decode(key, data, whole) {
            self.feed.undecoded += 1;
            self.feed.problem = Some((key, error.to_string()));
        }
    }

    fn decode(&mut self, key: Pubkey, data: &[u8], whole: bool) -> Result<(), DecodeError> {
        if self.prices.take(&key, data) {
            self.project();
            return Ok(());
        }
        let kind = data.get(..8).unwrap_or_default();
        let ours = |at: usize| data.get(at..at + 32) == Some(self.venue.clearinghouse.as_ref());
        if kind == MarginAccount::DISCRIMINATOR && ours(AT_SEQUENCED) {
            let put = if whole { Fleet::replace } else { Fleet::put };
            put(&mut self.fleet, key, data)?;
        } else if kind == Market::DISCRIMINATOR && ours(AT_SEQUENCED) {
            self.take_market(accounts::order_book(data)?, whole);
        } else if kind == RiskBook::DISCRIMINATOR && key == self.venue.risk_book {
            let tables = accounts::risk_book(data)?;
            self.prices.follow(&tables);
            self.recorded = Some(tables);
            self.project();
        } else if kind == Clearinghouse::DISCRIMINATOR && key == self.venue.clearinghouse {
            self.clearinghouse = Some(accounts::clearinghouse(data)?);
        } else if kind == Custody::DISCRIMINATOR && ours(AT_CUSTODY) {
            self.custodies.insert(key, accounts::custody(data)?);
        } else if kind == Triggers::DISCRIMINATOR {
            self.triggers.insert(key, accounts::triggers(data)?);
        }
        Ok(())
    }

    fn take_market(&mut self, book: OrderBook, whole: bool) {
        let known = self.markets.get(&book.header.index);
        let older = |known: &OrderBook| known.header.sequence > book.header.sequence;
        if whole || !known.is_some_and(older) {
            self.markets.insert(book.header.index, book);
        }
    }

    fn forget(&mut self, key: &Pubkey) {
        self.fleet.remove(key);
        self.triggers.remove(key);
        self.custodies.remove(key);
        self.prices.forget(key);
        let venue = self.venue;
        self.markets.retain(|index, _| venue.market(*index) != *key);
    }

    /// Judges by the recorded book and the newer prices from now on.
    fn project(&mut self) {
        let Some(recorded) = &self.recorded else {
            return;
        };
        let (mut tables, due) = self.prices.project(recorded, self.moment.time);
        self.due = due;
        let markets = &self.markets;
        let is_used = |market: u16| markets.get(&market).is_some_and(arrays::is_used);
        self.due_arrays = arrays::project(&mut tables, is_used, self.moment.time);
        let moved = self.fleet.set_book(tables);
        self.moved.all |= moved.all;
        self.moved.assets.extend(moved.assets);
        self.moved.assets.sort_unstable();
        self.moved.assets.dedup();
    }

    /// Whether time has made an array due, or moves one that is.
    fn arrays_wait(&self) -> bool {
        let is_used = |market: u16| self.markets.get(&market).is_some_and(arrays::is_used);
        let due = |tables| arrays::due(tables, is_used, self.moment.time).next();
        !self.due_arrays.is_empty() || self.book().and_then(due).is_some()
    }

    /// Judges the accounts whose figures may have changed since they were judged last.
    pub fn judge(&mut self) -> Census {
        let moved = core::mem::take(&mut self.moved);
        self.fleet.judge(&moved, self.moment.time)
    }

    /// Judges every account: time alone changes figures too (interest, prices that grow old).
    pub fn judge_all(&mut self) -> Census {
        self.moved = Moved::default();
        self.fleet.judge_all(self.moment.time)
    }

    /// Whether decisions can be made: the line stands, and risk book, clearinghouse and clock are known.
    pub fn is_ready(&self) -> bool {
        let known = self.recorded.is_some() && self.clearinghouse.is_some();
        known && self.feed.lost.is_none() && self.moment.time != 0
    }

    /// The addresses of the clearinghouse.
    pub fn venue(&self) -> &Venue {
        &self.venue
    }

    /// The clearinghouse, once it is known.
    pub fn clearinghouse(&self) -> Option<&Clearinghouse> {
        self.clearinghouse.as_ref()
    }

    /// The risk book as it is on the chain.
    pub fn recorded(&self) -> Option<&RiskTables> {
        self.recorded.as_ref()
    }

    /// The risk book that accounts are judged by: the recorded one with the newer prices of [`State::due`] and the newer
    /// arrays of [`State::due_arrays`].
    pub fn book(&self) -> Option<&RiskTables> {
        self.fleet.book()
    }

    /// The assets whose prices in [`State::book`] are not on the chain yet, ascending.
    pub fn due(&self) -> &[u16] {
        &self.due
    }

    /// The options whose arrays in [`State::book`] are not on the chain yet, ascending.
    pub fn due_arrays(&self) -> &[u16] {
        &self.due_arrays
    }

    /// All margin accounts.
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// The clearinghouse's backstop, where it was opened.
    pub fn backstop(&self) -> Option<Margin> {
        self.fleet.margin(&self.venue.backstop())
    }

    /// A market with its order book and its queue, by its index in the risk book.
    pub fn market(&self, index: u16) -> Option<&OrderBook> {
        self.markets.get(&index)
    }

    /// All markets that are known, by index.
    pub fn markets(&self) -> impl Iterator<Item = (u16, &OrderBook)> {
        self.markets.iter().map(|(index, book)| (*index, book))
    }

    /// The trigger orders of margin accounts of this clearinghouse. The feed has those of all clearinghouses.
    pub fn triggers(&self) -> impl Iterator<Item = &Triggers> {
        let ours = |found: &&Triggers| self.fleet.sequence(&found.margin_account).is_some();
        self.triggers.values().filter(ours)
    }

    /// The custody of an asset, where it is collateral.
    pub fn custody(&self, asset: u16) -> Option<&Custody> {
        let mut found = self.custodies.values();
        found.find(|custody| custody.asset == asset)
    }

    /// What moving an asset's tokens needs, but for the token program, which only token movements name and this
    /// crate makes none.
    pub fn collateral(&self, asset: u16) -> Option<Collateral> {
        let custody = self.custody(asset)?;
        Some(Collateral {
            asset,
            mint: custody.mint,
            token_program: Pubkey::default(),
        })
    }

    /// Pyth's accounts and what they say.
    pub fn prices(&self) -> &Prices {
        &self.prices
    }

    /// The chain's clock.
    pub fn moment(&self) -> Moment {
        self.moment
    }

    /// How the feed is doing.
    pub fn feed(&self) -> &FeedStatus {
        &self.feed
    }
}
