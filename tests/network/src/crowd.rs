//! Many accounts with mixed books on a local network: what a crash happens to.

use anchor_lang::prelude::Pubkey;
use counterweight::{Guards, Leg, error::ErrorCode};
use counterweight_link::{Draft, Filter, Link, SendError};
use counterweight_localnet::{Localnet, token_account};
use counterweight_sdk::{
    accounts::{self, RiskTables},
    instructions::Collateral,
};
use futures_util::{Stream, StreamExt, stream};
use solana_keypair::Keypair;
use solana_signer::Signer;
use std::{collections::HashMap, pin::pin};

/// Quote atoms of a token.
pub const TOKEN: u64 = 1_000_000;
/// Transactions on their way at a time.
const AT_ONCE: usize = 24;
/// Lamports of everybody.
const PURSE: u64 = 1_000_000_000;

/// Somebody with a margin account.
#[derive(Debug)]
pub struct Member {
    /// The key.
    pub key: Keypair,
    /// The margin account.
    pub margin: Pubkey,
}

/// A small generator of repeatable chance (SplitMix64).
#[derive(Clone, Copy, Debug)]
pub struct Chance(u64);

impl Chance {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next word.
    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// A number from `least` to `most`, both of them possible.
    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.word() % (most - least + 1)
    }
}

/// A key of a name: the same in every run.
pub fn key(name: &str) -> Keypair {
    counterweight_simnet::keypair(name)
}

/// What somebody is to have.
#[derive(Clone, Debug)]
struct Plan {
    tokens: u64,
    /// Market and share of the whole notional, in percent; negative for a short.
    shares: Vec<(u16, i64)>,
    /// Notional over tokens, in percent.
    leverage: u64,
}

fn plan(chance: &mut Chance, markets: u16) -> Plan {
    let leverage = match chance.between(0, 9) {
        0 | 1 => chance.between(100, 300),
        2..=4 => chance.between(300, 900),
        _ => chance.between(900, 1_900),
    };
    let (first, second) = (
        chance.between(0, u64::from(markets) - 1) as u16,
        chance.between(1, u64::from(markets) - 1) as u16,
    );
    let long = if chance.between(0, 9) < 7 { 1 } else { -1 };
    let shares = match chance.between(0, 9) {
        0..=4 => vec![(first, 100 * long)],
        5 | 6 => vec![(first, 50 * long), ((first + second) % markets, 50 * long)],
        // A pair: long one, short another.
        _ => vec![(first, 50 * long), ((first + second) % markets, -50 * long)],
    };
    Plan {
        tokens: chance.between(500, 20_000),
        shares,
        leverage,
    }
}

/// Whoever trades with the crowd, the crowd, and what has to be known about the network.
pub struct Crowd {
    /// The other side of all trades, with plenty of margin.
    pub banks: Vec<Member>,
    /// The accounts.
    pub members: Vec<Member>,
}

/// Opens a member's account with tokens in it.
///
/// # Errors
/// What the chain said.
pub async fn join(net: &Localnet, name: &str, tokens: u64) -> Result<Member, SendError> {
    let key = key(name);
    let owner = key.pubkey();
    let sent = |error: counterweight_localnet::Error| SendError::Invalid(error.to_string());
    net.faucet().lamports(&owner, PURSE).await.map_err(sent)?;
    let quote: &Collateral = &net.collaterals()[0];
    let asset = &net.addresses().assets[0].name;
    let atoms = tokens * TOKEN;
    net.faucet()
        .give(&owner, asset, atoms)
        .await
        .map_err(sent)?;
    let venue = net.venue();
    let margin = venue.margin_account(&owner, 0);
    let instructions = vec![
        venue.open_margin_account(owner, 0),
        venue.deposit(owner, margin, quote, token_account(&owner, asset), atoms),
    ];
    let draft = Draft {
        tables: net.tables(),
        ..Draft::new(&key, instructions, 0)
    };
    net.link().send(&draft).await?;
    Ok(Member { key, margin })
}

/// The risk book as it is.
///
/// # Panics
/// If it cannot be read.
pub async fn risk_book(net: &Localnet) -> RiskTables {
    let found = net
        .link()
        .account(&net.venue().risk_book)
        .await
        .expect("the network answers");
    accounts::risk_book(&found.expect("a risk book").data).expect("that decodes")
}

/// All margin accounts of a clearinghouse.
///
/// # Panics
/// If they cannot be read.
pub async fn margins(link: &Link, clearinghouse: &Pubkey) -> HashMap<Pubkey, Vec<u8>> {
    use anchor_lang::Discriminator;
    let mut discriminator = [0; 8];
    discriminator.copy_from_slice(counterweight::state::MarginAccount::DISCRIMINATOR);
    let filter = Filter {
        discriminator,
        clearinghouse: Some((24, *clearinghouse)),
        slice: None,
    };
    let found = link
        .program_accounts(&filter)
        .await
        .expect("the network answers");
    found
        .into_iter()
        .map(|(key, found)| (key, found.data))
        .collect()
}

/// The legs of a plan at the present index. What is too small for an order is left out.
fn legs(plan: &Plan, tables: &RiskTables, percent: u64) -> Vec<Leg> {
    let leg = |&(market, share): &(u16, i64)| {
        let row = &tables.markets[usize::from(market)];
        let lot = tables.assets[usize::from(row.asset)].index.0 >> 16;
        let notional =
            plan.tokens * TOKEN / 100 * plan.leverage * share.unsigned_abs() / 100 * percent / 100;
        let lots = i64::try_from(notional / lot.max(1)).expect("a size");
        Leg {
            market,
            lots: lots * share.signum(),
            price: lot / row.tick_size,
        }
    };
    let mut legs: Vec<Leg> = plan
        .shares
        .iter()
        .map(leg)
        .filter(|leg| leg.lots != 0)
        .collect();
    legs.sort_by_key(|leg| leg.market);
    legs
}

impl Crowd {
    /// Brings `many` accounts together, each with a book of its own against one of the banks. Repeatable by its seed.
    ///
    /// # Panics
    /// If somebody cannot join or trade: the test is about what comes after.
    pub async fn gather(net: &Localnet, many: usize, seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let markets = net.addresses().markets.len() as u16;
        let plans: Vec<Plan> = (0..many).map(|_| plan(&mut chance, markets)).collect();
        let mut banks = Vec::new();
        for at in 0..8 {
            let name = format!("bank {at} of {seed}");
            banks.push(join(net, &name, 50_000_000).await.expect("a bank joins"));
        }
        let tables = risk_book(net).await;
        let mut members: Vec<Option<Member>> = (0..many).map(|_| None).collect();
        {
            let mut on_their_way = pin!(arrivals(net, &banks, &tables, &plans, seed));
            while let Some((at, member)) = on_their_way.next().await {
                members[at] = Some(
                    member.unwrap_or_else(|error| panic!("member {at} of seed {seed}: {error}")),
                );
            }
        }
        Self {
            banks,
            members: members.into_iter().flatten().collect(),
        }
    }
}

fn arrivals<'a>(
    net: &'a Localnet,
    banks: &'a [Member],
    tables: &'a RiskTables,
    plans: &'a [Plan],
    seed: u64,
) -> impl Stream<Item = (usize, Result<Member, SendError>)> + 'a {
    let one = move |(at, plan): (usize, &'a Plan)| {
        let bank = &banks[at % banks.len()];
        async move {
            (
                at,
                enter(net, bank, tables, plan, &format!("member {at} of {seed}")).await,
            )
        }
    };
    stream::iter(plans.iter().enumerate())
        .map(one)
        .buffer_unordered(AT_ONCE)
}

/// Joins, and trades as large a part of the plan as initial margin lets it.
async fn enter(
    net: &Localnet,
    bank: &Member,
    tables: &RiskTables,
    plan: &Plan,
    name: &str,
) -> Result<Member, SendError> {
    let member = join(net, name, plan.tokens).await?;
    for percent in [100, 85, 70, 50, 30] {
        let legs = legs(plan, tables, percent);
        if legs.is_empty() {
            break;
        }
        let sides = [&member, bank].map(|side| (side.key.pubkey(), side.margin, Guards::default()));
        let trade = net.venue().settle_block_trade(sides[0], sides[1], &legs);
        let draft = Draft {
            tables: net.tables(),
            ..Draft::new(&member.key, vec![trade], 8)
        };
        match net.link().send(&draft.signed_by(&[&bank.key])).await {
            Ok(_) => break,
            Err(error) if error.code() == Some(u32::from(ErrorCode::InitialMarginNotMet)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(member)
}
