//! What a decision is made from, and what a round of decisions comes to.

use super::{
    cost::Prices,
    job::{Job, Reserve},
};
use crate::{config::Config, state::State};
use anchor_lang::prelude::Pubkey;
use counterweight_sdk::{
    accounts::{Margin, RiskTables},
    assemble::AddressLookupTableAccount,
    instructions::Venue,
    trading::Actor,
};

/// Who the keeper is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Pays for transactions.
    pub payer: Pubkey,
    /// Trades for the margin account.
    pub trader: Pubkey,
    /// The margin account.
    pub account: Pubkey,
}

impl Identity {
    /// The keeper of a configuration, with these keys.
    pub fn new(config: &Config, clearinghouse: Pubkey, payer: Pubkey, trader: Pubkey) -> Self {
        let owner = config.account.owner.0.unwrap_or(trader);
        let account =
            counterweight_sdk::pda::margin_account(&clearinghouse, &owner, config.account.id);
        Self {
            payer,
            trader,
            account,
        }
    }

    /// As one who acts on a market.
    pub fn actor(&self, market: u16) -> Actor {
        Actor {
            authority: self.trader,
            margin_account: self.account,
            market,
        }
    }

    /// Signatures of a transaction, whether or not the trader signs.
    pub fn signatures(&self, trades: bool) -> u64 {
        1 + u64::from(trades && self.trader != self.payer)
    }
}

/// What a decision is made from.
pub struct Scene<'a> {
    /// Everything that is known. Its accounts have been judged.
    pub state: &'a State,
    /// The book that they were judged by.
    pub tables: &'a RiskTables,
    /// What the keeper was told.
    pub config: &'a Config,
    /// Who it is.
    pub identity: Identity,
    /// Its own account, where there is one.
    pub own: Option<Margin>,
    /// Lookup tables that may be used.
    pub lookup: &'a [AddressLookupTableAccount],
    /// What a transaction costs.
    pub prices: Prices,
    /// Unix seconds of the chain's clock.
    pub now: i64,
    /// Whether nothing may be taken over at present, because the keeper's margin did not suffice.
    pub is_short: bool,
    /// Whether something is under way with an account, or it is waited after a refusal.
    pub busy: &'a dyn Fn(&Pubkey) -> bool,
}

impl<'a> Scene<'a> {
    /// A scene, as far as what is known allows one. Micro-lamports a unit are `unit_price`.
    pub fn new(
        state: &'a State,
        config: &'a Config,
        identity: Identity,
        lookup: &'a [AddressLookupTableAccount],
        unit_price: u64,
        busy: &'a dyn Fn(&Pubkey) -> bool,
    ) -> Option<Self> {
        let tables = state.book().filter(|_| state.is_ready())?;
        let now = state.moment().time;
        Some(Self {
            own: state.fleet().margin(&identity.account),
            prices: Prices::new(config, tables, now, unit_price),
            state,
            tables,
            config,
            identity,
            lookup,
            now,
            is_short: false,
            busy,
        })
    }

    /// The addresses of the clearinghouse.
    pub fn venue(&self) -> &Venue {
        self.state.venue()
    }

    /// Whether these pause bits are set.
    pub fn is_paused(&self, bits: u8) -> bool {
        self.tables.header.paused & bits != 0
    }
}

/// Why nothing is done about an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Idle {
    /// The clearinghouse is paused.
    Paused,
    /// It is the keeper's own.
    Own,
    /// The keeper has no margin account.
    NoAccount,
    /// The keeper's margin does not suffice for any of it.
    NoMargin,
    /// It would cost more than it brings, now and until the end of its auction.
    Unprofitable,
    /// Its auction has not come far enough.
    Waits,
    /// Prices are too old for anything to change hands at.
    Silent,
    /// A book or a queue that is known does not fit the account: one of them is on its way.
    Unsettled,
    /// Its default can be neither taken over nor closed at present.
    Stuck,
    /// The engine refuses to judge it.
    Unknown,
    /// It does not fit a transaction.
    TooLarge,
    /// The duty is switched off.
    Off,
}

impl Idle {
    /// Its name in logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Paused => "paused",
            Self::Own => "own",
            Self::NoAccount => "no_account",
            Self::NoMargin => "no_margin",
            Self::Unprofitable => "unprofitable",
            Self::Waits => "waits",
            Self::Silent => "silent",
            Self::Unsettled => "unsettled",
            Self::Stuck => "stuck",
            Self::Unknown => "unknown",
            Self::TooLarge => "too_large",
            Self::Off => "off",
        }
    }
}

/// What a round of decisions comes to.
#[derive(Debug)]
pub struct Round {
    /// What is to be sent.
    pub jobs: Vec<Job>,
    /// When it is to be looked again though nothing changes, unix seconds.
    pub wake: Option<i64>,
    /// Accounts that were looked at and about which nothing is done, and why.
    pub idle: Vec<(Pubkey, Idle)>,
    /// What is spoken for, with the jobs of this round.
    pub reserve: Reserve,
    room: usize,
}

impl Round {
    /// Nothing yet, and room for so many jobs.
    pub fn new(reserve: Reserve, room: usize) -> Self {
        Self {
            jobs: Vec::new(),
            wake: None,
            idle: Vec::new(),
            reserve,
            room,
        }
    }

    /// Whether no further job fits.
    pub fn is_full(&self) -> bool {
        self.jobs.len() >= self.room
    }

    /// Whether something is to be done to an account in this round.
    pub fn has(&self, key: &Pubkey) -> bool {
        let mut all = self.jobs.iter().flat_map(Job::locked);
        all.any(|locked| locked == key)
    }

    /// Adds a job, unless it meets another one or there is no room. Whether it was added.
    pub fn push(&mut self, job: Job) -> bool {
        if self.is_full() || job.locked().any(|key| self.has(key)) {
            return false;
        }
        self.reserve.add(&job.reserve);
        self.jobs.push(job);
        true
    }

    /// Notes an account about which nothing is done.
    pub fn leave(&mut self, key: Pubkey, why: Idle) {
        self.idle.push((key, why));
    }

    /// Asks to be woken at a time of the chain.
    pub fn wake_at(&mut self, time: i64) {
        self.wake = Some(self.wake.map_or(time, |wake| wake.min(time)));
    }
}
