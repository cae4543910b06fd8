//! Reading a clearinghouse once, so that what was read adds up.
//!
//! Sums over accounts prove something only if all of them are of one moment. Two cuts are taken, each in one answer of
//! the node: every account of the program, in which the custodies say what the ledger records; and the vaults together
//! with their custodies, in which the tokens say what is there. A transaction in between changes the second and not
//! the first, and each is compared only with itself.

use crate::{
    monitor::args::{Found, NEWEST},
    state::{State, prices::PriceAccounts},
};
use anchor_lang::{Discriminator, prelude::Pubkey};
use counterweight_link::{LinkError, Moment, Update};
use counterweight_sdk::{accounts, pda, program::state::Custody};

/// Custodies whose vaults are asked for in one answer, which names at most 100 accounts.
const A_CUT: usize = 50;

/// A vault and its custody, as they were in one slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultCut {
    /// Address of the custody.
    pub custody: Pubkey,
    /// Address of the vault.
    pub vault: Pubkey,
    /// The custody's bytes; empty where it is gone.
    pub custody_data: Vec<u8>,
    /// The vault's bytes; empty where it is gone.
    pub vault_data: Vec<u8>,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The clearinghouse.
    pub clearinghouse: Pubkey,
    /// The chain's clock.
    pub moment: Moment,
    /// Every account of the program, of all clearinghouses, in one cut.
    pub accounts: Vec<(Pubkey, Vec<u8>)>,
    /// The vaults with their custodies.
    pub vaults: Vec<VaultCut>,
    /// Pyth's price accounts.
    pub prices: Vec<(Pubkey, Vec<u8>)>,
}

impl Reading {
    /// The custodies of the clearinghouse and their vaults, by what the first cut says.
    pub fn custodies(&self) -> Vec<(Pubkey, Pubkey)> {
        let of_type = self
            .accounts
            .iter()
            .filter(|(_, data)| data.starts_with(Custody::DISCRIMINATOR));
        let decoded = of_type.filter_map(|(key, data)| Some((*key, accounts::custody(data).ok()?)));
        let ours = decoded.filter(|(_, custody)| custody.clearinghouse == self.clearinghouse);
        ours.map(|(key, custody)| (key, custody.vault)).collect()
    }

    /// What is known by it, with every account judged.
    pub fn state(&self, prices: &PriceAccounts) -> State {
        let mut state = State::new(self.clearinghouse, NEWEST, prices.clone());
        let all = self.accounts.iter().chain(&self.prices).cloned();
        state.apply(Update::Moment(self.moment), 0);
        state.apply(Update::Snapshot(all.collect()), 0);
        state.judge_all();
        state
    }
}

/// Reads a clearinghouse.
///
/// # Errors
/// [`LinkError`].
pub async fn read(found: &Found) -> Result<Reading, LinkError> {
    let accounts = found.link.whole_program().await?;
    let mut reading = Reading {
        clearinghouse: found.clearinghouse,
        accounts: accounts
            .into_iter()
            .map(|(key, found)| (key, found.data))
            .collect(),
        moment: found.link.clock().await?,
        ..Reading::default()
    };
    for pairs in reading.custodies().chunks(A_CUT) {
        let keys: Vec<Pubkey> = pairs
            .iter()
            .flat_map(|(custody, vault)| [*custody, *vault])
            .collect();
        let answer = found.link.accounts(&keys).await?;
        let mut data = answer
            .into_iter()
            .map(|found| found.map_or_else(Vec::new, |found| found.data));
        for (custody, vault) in pairs {
            let mut next = || data.next().unwrap_or_default();
            reading.vaults.push(VaultCut {
                custody: *custody,
                vault: *vault,
                custody_data: next(),
                vault_data: next(),
            });
        }
    }
    reading.prices = prices(found, &reading.accounts).await?;
    Ok(reading)
}

/// Pyth's price accounts of the assets there are; none where only recorded prices count.
async fn prices(
    found: &Found,
    accounts: &[(Pubkey, Vec<u8>)],
) -> Result<Vec<(Pubkey, Vec<u8>)>, LinkError> {
    let key = pda::risk_book(&found.clearinghouse);
    let book = accounts.iter().find(|(found, _)| *found == key);
    let tables = book.and_then(|(_, data)| accounts::risk_book(data).ok());
    let Some(tables) = tables.filter(|_| !found.recorded) else {
        return Ok(Vec::new());
    };
    let keys: Vec<Pubkey> = tables
        .assets
        .iter()
        .filter_map(|asset| found.prices.of(asset))
        .collect();
    let answer = found.link.accounts(&keys).await?;
    let there = keys.into_iter().zip(answer);
    Ok(there
        .filter_map(|(key, account)| Some((key, account?.data)))
        .collect())
}
