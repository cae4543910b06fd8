//! Pyth's price accounts, and the risk book as it will be once they are recorded.

use anchor_lang::{
    AccountDeserialize,
    prelude::{Pubkey, pubkey},
};
use counterweight_sdk::{
    accounts::RiskTables,
    program::oracle::PYTH_RECEIVER_SECOND,
    risk::{
        Asset,
        asset::{ORACLE_PYTH_LEGACY, ORACLE_PYTH_PULL},
        price::Reading,
    },
};
use pyth_sdk_solana::state::{PriceStatus, load_price_account};
use pyth_solana_receiver_sdk::{
    PYTH_PUSH_ORACLE_ID,
    price_update::{PriceUpdateV2, VerificationLevel},
};
use std::collections::BTreeMap;

/// The push oracle beside Pyth's second receiver.
const PUSH_ORACLE_SECOND: Pubkey = pubkey!("pyt2F414BA6dPttK6RddPZUdHfapoBN24GL5wbrPCou");

/// When a price that Pyth has newer is worth recording. Each alone is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceRules {
    /// The recorded price is at least so many seconds old.
    pub max_age_seconds: i64,
    /// The prices differ by at least so many basis points of the recorded one.
    pub deviation_bps: u32,
}

/// Where prices are found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceAccounts {
    /// Accounts by the asset's name in the risk book. What is not named is looked for where Pyth puts it: a legacy
    /// price in the account that the risk book names, a pull price in the push oracle's account of the feed.
    pub named: BTreeMap<String, Pubkey>,
    /// The push oracle keeps each feed several times; which of them.
    pub shard: u16,
}

/// Why a price account cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceProblem {
    /// It does not hold a price in the format of the asset's oracle.
    Unreadable,
    /// Two thirds of the guardians have not signed it.
    PartlyVerified,
    /// It is of another feed.
    WrongFeed,
    /// The feed is not trading.
    NotTrading,
}

impl core::fmt::Display for PriceProblem {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Unreadable => "it does not hold a price in the format of the asset's oracle",
            Self::PartlyVerified => "its price was not verified by two thirds of the guardians",
            Self::WrongFeed => "it is of another feed: name the account of this asset's feed",
            Self::NotTrading => "its feed is not trading at present",
        })
    }
}

/// What a price account says.
pub type Found = Result<Reading, PriceProblem>;

/// The name of an asset or a market, without the zeros behind it.
pub fn name_of(name: &[u8; 16]) -> String {
    let text: Vec<u8> = name.iter().copied().take_while(|byte| *byte != 0).collect();
    String::from_utf8_lossy(&text).into_owned()
}

impl PriceAccounts {
    /// The price account of an asset; none where it has no oracle.
    pub fn of(&self, asset: &Asset) -> Option<Pubkey> {
        if let Some(key) = self.named.get(&name_of(&asset.name)) {
            return Some(*key);
        }
        match asset.oracle_kind {
            ORACLE_PYTH_LEGACY => Some(Pubkey::new_from_array(asset.feed)),
            ORACLE_PYTH_PULL => {
                let oracle = if asset.oracle_owner == PYTH_RECEIVER_SECOND.to_bytes() {
                    PUSH_ORACLE_SECOND
                } else {
                    PYTH_PUSH_ORACLE_ID
                };
                let seeds: [&[u8]; 2] = [&self.shard.to_le_bytes(), &asset.feed];
                Some(Pubkey::find_program_address(&seeds, &oracle).0)
            }
            _ => None,
        }
    }
}

/// Reads a price account as the program does; whose it is the program checks when it is recorded.
fn read(asset: &Asset, key: &Pubkey, data: &[u8]) -> Found {
    if asset.oracle_kind == ORACLE_PYTH_LEGACY {
        if key.to_bytes() != asset.feed {
            return Err(PriceProblem::WrongFeed);
        }
        let price = load_price_account::<32, ()>(data).map_err(|_| PriceProblem::Unreadable)?;
        if price.agg.status != PriceStatus::Trading {
            return Err(PriceProblem::NotTrading);
        }
        return Ok(Reading {
            price: price.agg.price,
            confidence: price.agg.conf,
            average: price.ema_price.val,
            exponent: price.expo,
            publish_time: price.timestamp,
            posted_slot: price.agg.pub_slot,
        });
    }
    let update = PriceUpdateV2::try_deserialize(&mut &*data);
    let update = update.map_err(|_| PriceProblem::Unreadable)?;
    let message = &update.price_message;
    if update.verification_level != VerificationLevel::Full {
        return Err(PriceProblem::PartlyVerified);
    }
    if message.feed_id != asset.feed {
        return Err(PriceProblem::WrongFeed);
    }
    Ok(Reading {
        price: message.price,
        confidence: message.conf,
        average: message.ema_price,
        exponent: message.exponent,
        publish_time: message.publish_time,
        posted_slot: update.posted_slot,
    })
}

/// The price accounts of all assets.
pub struct Prices {
    rules: PriceRules,
    accounts: PriceAccounts,
    /// By asset: identity of its feed, its account, and what that holds. No bytes while it has not been seen.
    sources: BTreeMap<u16, Source>,
    /// Whether some account has a newer price that was not worth recording when it was looked at.
    waiting: bool,
}

struct Source {
    asset: Asset,
    key: Pubkey,
    found: Option<Found>,
}

impl Prices {
    /// Knows none yet.
    pub fn new(rules: PriceRules, accounts: PriceAccounts) -> Self {
        Self {
            rules,
            accounts,
            sources: BTreeMap::new(),
            waiting: false,
        }
    }

    /// Learns which assets there are.
    pub(super) fn follow(&mut self, tables: &RiskTables) {
        for (index, asset) in (0u16..).zip(&tables.assets) {
            let same = |source: &Source| {
                source.asset.feed == asset.feed && source.asset.oracle_kind == asset.oracle_kind
            };
            if self.sources.get(&index).is_some_and(same) {
                continue;
            }
            if let Some(key) = self.accounts.of(asset) {
                let (asset, found) = (*asset, None);
                self.sources.insert(index, Source { asset, key, found });
            }
        }
    }

    /// Takes the bytes of a price account; whether it is one.
    pub(super) fn take(&mut self, key: &Pubkey, data: &[u8]) -> bool {
        let mut any = false;
        // One account may serve two assets.
        for source in self.sources.values_mut().filter(|s| s.key == *key) {
            source.found = Some(read(&source.asset, key, data));
            any = true;
        }
        any
    }

    pub(super) fn forget(&mut self, key: &Pubkey) {
        for source in self.sources.values_mut().filter(|s| s.key == *key) {
            source.found = None;
        }
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&Pubkey) -> bool) {
        for source in self.sources.values_mut().filter(|s| !keep(&s.key)) {
            source.found = None;
        }
    }

    /// Whether a later time may make a price worth recording that was not.
    pub(super) fn wait(&self) -> bool {
        self.waiting
    }

    /// The book with every newer price that is worth recording at `now`, and which those are. Exactly what
    /// `refresh_prices` will make of it.
    pub(super) fn project(&mut self, recorded: &RiskTables, now: i64) -> (RiskTables, Vec<u16>) {
        let (mut tables, mut due) = (recorded.clone(), Vec::new());
        self.waiting = false;
        // The quote token is the first asset: the others are converted by its price.
        for (index, source) in &self.sources {
            let Some(Ok(reading)) = &source.found else {
                continue;
            };
            let params = tables.header.params;
            let Some(row) = tables.assets.get_mut(usize::from(*index)) else {
                continue;
            };
            let (before, mut after) = (*row, *row);
            let scale = params.scale(*index == 0, before.lot_exponent, reading.exponent);
            if !matches!(after.record(reading, scale, now), Ok(true)) {
                // Not newer; or from the future, which time cures.
                self.waiting |= reading.publish_time > before.publish_time;
                continue;
            }
            if !self.is_worth(&before, &after, now) {
                self.waiting = true;
                continue;
            }
            *row = after;
            if *index == 0 && tables.header.params.set_quote_price(after.index).is_err() {
                *row = before;
                continue;
            }
            due.push(*index);
        }
        (tables, due)
    }

    fn is_worth(&self, before: &Asset, after: &Asset, now: i64) -> bool {
        let old = now.saturating_sub(before.publish_time) >= self.rules.max_age_seconds;
        let moved = u128::from(before.index.0.abs_diff(after.index.0)) * 10_000;
        let far = moved >= u128::from(before.index.0) * u128::from(self.rules.deviation_bps);
        old || before.publish_time == 0
            || (moved > 0 && far)
            || before.price_flags != after.price_flags
    }

    /// The price account of an asset; none where it has no oracle.
    pub fn account(&self, asset: u16) -> Option<Pubkey> {
        self.sources.get(&asset).map(|source| source.key)
    }

    /// What an asset's price account says; none while it was not seen.
    pub fn reading(&self, asset: u16) -> Option<&Found> {
        self.sources.get(&asset)?.found.as_ref()
    }

    /// All price accounts, by asset: what to watch besides the clearinghouse's own accounts.
    pub fn all(&self) -> impl Iterator<Item = (u16, Pubkey)> {
        self.sources
            .iter()
            .map(|(asset, source)| (*asset, source.key))
    }
}
