//! What the fleet tells: how accounts stand, who fails, who is next, and what all of them hold.

use crate::{
    bits::slots_in,
    fleet::Fleet,
    judge::{SLOTS, WORDS},
    kernel::Terms,
    types::{AssetExposure, Standing, ratio_order},
};
use anchor_lang::prelude::Pubkey;
use counterweight_risk::{Asset, Health, Market, RiskError};
use rayon::prelude::*;
use std::cmp::Ordering;

impl Fleet {
    /// How an account stands; nothing where it is not there, was not judged since it was put, or could not be.
    pub fn standing(&self, key: &Pubkey) -> Option<Standing> {
        self.known(*self.slots.get(key)? as usize)
    }

    /// The accounts below maintenance margin or flagged as in liquidation, the worst ratio first.
    pub fn failing(&self) -> Vec<Standing> {
        let failing = self.index.failing.iter();
        let mut failing: Vec<Standing> = failing.filter_map(|slot| self.known(slot)).collect();
        failing.par_sort_unstable_by(Standing::by_ratio);
        failing
    }

    /// The accounts that the engine could not judge, and why.
    pub fn unknown(&self) -> Vec<(Pubkey, RiskError)> {
        let (Some(tables), Some(judged)) = (&self.book, &self.judged) else {
            return Vec::new();
        };
        let terms = Terms::of(tables, judged.at);
        let why = |slot: usize| {
            let judged = self.store.rows.judge(&self.store.records[slot], &terms);
            Some((self.store.cards[slot].key, judged.err()?))
        };
        self.index.unknown.iter().filter_map(why).collect()
    }

    /// The accounts with the lowest ratios, the worst first: those that fail, and who is next. In the order of
    /// [`Standing::by_ratio`].
    pub fn worst(&self, most: usize) -> Vec<Standing> {
        let chunks = self.store.records.par_chunks(SLOTS).enumerate();
        let worst = chunks.map(|(chunk, records)| {
            let records = records.iter().enumerate();
            let known = records.filter_map(|(at, record)| {
                record.health().map(|health| (health, chunk * SLOTS + at))
            });
            self.lowest(known.collect(), most)
        });
        let merge = |mut a: Vec<_>, b: Vec<_>| {
            a.extend(b);
            self.lowest(a, most)
        };
        let mut worst = worst.reduce(Vec::new, merge);
        worst.sort_unstable_by(|a, b| self.order(a, b));
        worst
            .into_iter()
            .filter_map(|(_, slot)| self.known(slot))
            .collect()
    }

    /// The lowest of these, in no order.
    fn lowest(&self, mut of: Vec<(Health, usize)>, most: usize) -> Vec<(Health, usize)> {
        if of.len() > most {
            if most > 0 {
                of.select_nth_unstable_by(most - 1, |a, b| self.order(a, b));
            }
            of.truncate(most);
        }
        of
    }

    /// The order of [`Standing::by_ratio`].
    fn order(&self, a: &(Health, usize), b: &(Health, usize)) -> Ordering {
        let key = |slot: usize| &self.store.cards[slot].key;
        ratio_order(&a.0, &b.0).then_with(|| key(a.1).cmp(key(b.1)))
    }

    /// What all accounts hold of each asset of the book, as the positions are after deleveraging. Nothing without a
    /// book.
    pub fn exposure(&self) -> Vec<AssetExposure> {
        let Some(tables) = &self.book else {
            return Vec::new();
        };
        let count = tables.assets.len();
        let chunks = self.index.used.words().par_chunks(WORDS).enumerate();
        let tallies = chunks.map(|(chunk, words)| {
            let mut tallies = vec![Tally::default(); count];
            for slot in slots_in(words) {
                self.tally(&mut tallies, &tables.markets, chunk * SLOTS + slot);
            }
            tallies
        });
        let merge = |mut a: Vec<Tally>, b: Vec<Tally>| {
            a.iter_mut().zip(&b).for_each(|(a, b)| a.join(b));
            a
        };
        let tallies = tallies.reduce(|| vec![Tally::default(); count], merge);
        let rows = tallies.iter().zip(&tables.assets).enumerate();
        // There are at most 64 assets.
        let exposure = |(asset, (tally, row)): (usize, (&Tally, &Asset))| {
            let asset = u16::try_from(asset).ok()?;
            Some(tally.exposure(asset, row.index.0, self.holders(asset)))
        };
        rows.filter_map(exposure).collect()
    }

    /// Adds an account to what all hold.
    fn tally(&self, tallies: &mut [Tally], markets: &[Market], slot: usize) {
        let (record, rows) = (&self.store.records[slot], &self.store.rows);
        let key = self.store.cards[slot].key;
        for balance in rows.balances.of(record.balances()) {
            if let Some(tally) = tallies.get_mut(usize::from(balance.asset)) {
                tally.deposited += u128::from(balance.atoms);
            }
        }
        // Positions are sorted by asset.
        let (mut asset, mut net) = (0, 0);
        for position in rows.positions.whole(record.positions()) {
            if position.asset != asset {
                offer(tallies, asset, net, key);
                (asset, net) = (position.asset, 0);
            }
            let market = markets.get(usize::from(position.market));
            let lots = market.map_or(position.lots, |market| position.held(market));
            net += i128::from(lots.0);
            if let Some(tally) = tallies.get_mut(usize::from(asset)) {
                tally.long += u128::from(lots.0.max(0).unsigned_abs());
                tally.short += u128::from(lots.0.min(0).unsigned_abs());
            }
        }
        offer(tallies, asset, net, key);
    }

    /// How the account in a slot stands, where that is known.
    fn known(&self, slot: usize) -> Option<Standing> {
        let health = self.store.records[slot].health()?;
        Some(self.standing_of(slot, health, self.judged.as_ref()?.at))
    }

    /// An account with these figures.
    pub(crate) fn standing_of(&self, slot: usize, health: Health, judged_at: i64) -> Standing {
        let card = &self.store.cards[slot];
        let core = &card.header.core;
        Standing {
            key: card.key,
            health,
            in_liquidation_since: core.liquidation_start,
            positions: core.position_count,
            has_orders: core.open_orders != 0,
            backstop: card.header.is_backstop(),
            judged_at,
        }
    }
}

/// Lets an account's net position in an asset be the largest.
fn offer(tallies: &mut [Tally], asset: u16, net: i128, key: Pubkey) {
    if let Some(tally) = tallies.get_mut(usize::from(asset)) {
        tally.offer(net, key);
    }
}

/// What accounts hold of an asset, while they are counted.
#[derive(Clone, Debug, Default)]
struct Tally {
    long: u128,
    short: u128,
    deposited: u128,
    largest: Option<(i128, Pubkey)>,
}

impl Tally {
    /// Takes a net position for the largest if it is; of equal ones that of the lower key, whoever comes first.
    fn offer(&mut self, net: i128, key: Pubkey) {
        let rank = |(lots, key): (i128, Pubkey)| (lots.unsigned_abs(), std::cmp::Reverse(key));
        if net != 0
            && self
                .largest
                .is_none_or(|largest| rank((net, key)) > rank(largest))
        {
            self.largest = Some((net, key));
        }
    }

    fn join(&mut self, other: &Self) {
        self.long += other.long;
        self.short += other.short;
        self.deposited += other.deposited;
        if let Some((net, key)) = other.largest {
            self.offer(net, key);
        }
    }

    fn exposure(&self, asset: u16, index: u64, accounts: usize) -> AssetExposure {
        // Lots of all accounts are below 2^76 and prices below 2^56; what is beyond reason stays at the end.
        let notional = |lots: u128| lots.saturating_mul(u128::from(index)) >> 16;
        let (lots, key) = self.largest.unzip();
        let lots = lots.unwrap_or_default();
        let side = if lots < 0 { self.short } else { self.long };
        // A net position is at most what its side holds.
        let share = lots.unsigned_abs() * 10_000 / side.max(1);
        AssetExposure {
            asset,
            accounts,
            long_lots: self.long,
            short_lots: self.short,
            long_notional: notional(self.long),
            short_notional: notional(self.short),
            deposited: self.deposited,
            largest: key,
            largest_lots: lots,
            largest_share_bps: u32::try_from(share).unwrap_or(10_000),
        }
    }
}
