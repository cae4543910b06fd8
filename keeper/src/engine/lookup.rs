//! The lookup table: which there are, what is missing in the keeper's own, and the transactions that mend it.
//!
//! Nothing is remembered: the payer's tables are found on the chain, so a restart makes no second one.

use crate::{chain::Table, state::State};
use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use counterweight_sdk::assemble::{AddressLookupTableAccount, create_table, extend_table};

/// Addresses that a table can hold.
const MOST: usize = 256;

/// What is wanted in a table, in an order that only grows at its end.
pub fn wanted(state: &State, own: Pubkey) -> Vec<Pubkey> {
    let Some(tables) = state.recorded() else {
        return Vec::new();
    };
    let assets = 0..u16::try_from(tables.assets.len()).unwrap_or(u16::MAX);
    let collaterals: Vec<_> = assets.filter_map(|asset| state.collateral(asset)).collect();
    let prices: Vec<Pubkey> = state.prices().all().map(|(_, key)| key).collect();
    let mut all = vec![own];
    all.extend(state.venue().table_addresses(tables, &collaterals, &prices));
    // No token moves in a keeper's transactions.
    all.retain(|key| *key != Pubkey::default());
    all.truncate(MOST);
    all
}

/// The tables to be used, and the transactions that mend what is missing, in their order. None are made unless `create`.
pub fn mend(
    found: &[Table],
    wanted: &[Pubkey],
    (authority, create): (Pubkey, bool),
    slot: u64,
) -> (Vec<AddressLookupTableAccount>, Vec<Vec<Instruction>>) {
    let usable: Vec<_> = found.iter().map(|table| table.account.clone()).collect();
    let has = |key: &Pubkey| usable.iter().any(|table| table.addresses.contains(key));
    let missing: Vec<Pubkey> = wanted.iter().filter(|key| !has(key)).copied().collect();
    if missing.is_empty() || !create {
        return (usable, Vec::new());
    }
    let room = |table: &&Table| table.account.addresses.len() + missing.len() <= MOST;
    let own = found
        .iter()
        .filter(|table| table.authority == Some(authority))
        .find(room);
    let (key, mut first) = match own {
        Some(table) => (table.account.key, Vec::new()),
        None => {
            let (key, instruction) = create_table(authority, authority, slot);
            (key, vec![instruction])
        }
    };
    let mut steps = Vec::new();
    for extend in extend_table(key, authority, authority, &[], &missing) {
        // A new table is made and first filled at once; each further piece is a transaction of its own.
        first.push(extend);
        steps.push(core::mem::take(&mut first));
    }
    (usable, steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(range: core::ops::Range<u8>) -> Vec<Pubkey> {
        range.map(|at| Pubkey::new_from_array([at; 32])).collect()
    }

    fn table(addresses: Vec<Pubkey>, authority: Pubkey) -> Table {
        Table {
            account: AddressLookupTableAccount {
                key: Pubkey::new_from_array([200; 32]),
                addresses,
            },
            authority: Some(authority),
        }
    }

    #[test]
    fn a_table_is_made_once_and_only_what_is_missing_is_added() {
        let me = Pubkey::new_from_array([250; 32]);
        let wanted = keys(1..31);
        let (usable, steps) = mend(&[], &wanted, (me, true), 7);
        assert!(usable.is_empty());
        // Made and filled with 20, then 10 more.
        assert_eq!(steps.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
        let part = table(keys(1..21), me);
        let (usable, steps) = mend(std::slice::from_ref(&part), &wanted, (me, true), 7);
        assert_eq!((usable.len(), steps.len(), steps[0].len()), (1, 1, 1));
        assert!(
            steps[0][0]
                .accounts
                .iter()
                .any(|meta| meta.pubkey == part.account.key)
        );
        let (_, none) = mend(&[table(wanted.clone(), me)], &wanted, (me, true), 7);
        assert!(none.is_empty());
    }

    #[test]
    fn a_table_of_somebody_else_is_used_and_not_extended() {
        let (me, other) = (
            Pubkey::new_from_array([250; 32]),
            Pubkey::new_from_array([251; 32]),
        );
        let theirs = table(keys(1..21), other);
        let (usable, steps) = mend(std::slice::from_ref(&theirs), &keys(1..25), (me, true), 7);
        assert_eq!((usable.len(), steps.len(), steps[0].len()), (1, 1, 2));
        let (_, none) = mend(&[theirs], &keys(1..25), (me, false), 7);
        assert!(none.is_empty());
    }
}
