//! From instructions to a transaction: prices that are fresh enough, limits that fit, and lookup tables, without
//! which many accounts do not fit the 1,232 bytes of a packet.

use crate::{
    accounts::{Margin, RiskTables},
    instructions::{Collateral, Venue},
    limits::{MOST_UNITS, compute_limit, data_limit},
    whatif::exposures,
};
use anchor_lang::{
    prelude::{Pubkey, pubkey},
    solana_program::instruction::Instruction,
};
use counterweight_risk::asset::ORACLE_NONE;
use solana_address_lookup_table_interface::instruction::{
    create_lookup_table, extend_lookup_table,
};

pub use solana_message::{AddressLookupTableAccount, v0};

/// The program that sets the limits of a transaction.
const COMPUTE_BUDGET: Pubkey = pubkey!("ComputeBudget111111111111111111111111111111");
/// Addresses that one instruction adds to a lookup table, so that it fits a packet.
const A_CHUNK: usize = 20;

/// What a transaction says of itself besides what it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Positions of the largest account in it.
    pub positions: u16,
    /// Micro-lamports that are bid for a compute unit; none for 0.
    pub unit_price: u64,
    /// Bytes of all accounts that it loads, programs included, where the caller knows them.
    pub loaded: Option<usize>,
    /// Compute units beyond what was measured, for an instruction that does more than the measured cases: prunes
    /// many orders, settles many fills.
    pub extra_units: u32,
}

fn budget(tag: u8, value: &[u8]) -> Instruction {
    let mut data = vec![tag];
    data.extend_from_slice(value);
    Instruction {
        program_id: COMPUTE_BUDGET,
        accounts: Vec::new(),
        data,
    }
}

/// The instructions with what sets their limits before them.
pub fn with_limits(instructions: Vec<Instruction>, limits: Limits) -> Vec<Instruction> {
    let units = compute_limit(&instructions, limits.positions);
    let units = units.saturating_add(limits.extra_units).min(MOST_UNITS);
    let mut all = vec![budget(2, &units.to_le_bytes())];
    if limits.unit_price > 0 {
        all.push(budget(3, &limits.unit_price.to_le_bytes()));
    }
    if let Some(bytes) = limits.loaded {
        all.push(budget(4, &data_limit([bytes]).to_le_bytes()));
    }
    all.extend(instructions);
    all
}

/// The assets whose prices count in these accounts, or are named, and will be older than `most` seconds at `now`:
/// what to refresh first. The quote token comes first, because other prices are converted by its own.
pub fn stale(
    tables: &RiskTables,
    margins: &[&Margin],
    also: &[u16],
    most: i64,
    now: i64,
) -> Vec<u16> {
    let mut assets: Vec<u16> = margins.iter().copied().flat_map(exposures).collect();
    assets.extend_from_slice(also);
    assets.push(0);
    assets.sort_unstable();
    assets.dedup();
    assets.retain(|asset| {
        let row = tables.assets.get(usize::from(*asset));
        row.is_some_and(|row| row.oracle_kind != ORACLE_NONE && now - row.publish_time > most)
    });
    assets
}

impl Venue {
    /// The instructions with a refresh of these assets before them; `price_account` names each one's account. None
    /// is added where nothing is to be refreshed.
    pub fn refreshed(
        &self,
        stale: &[u16],
        price_account: impl Fn(u16) -> Pubkey,
        mut instructions: Vec<Instruction>,
    ) -> Vec<Instruction> {
        if stale.is_empty() {
            return instructions;
        }
        let prices: Vec<_> = stale.iter().map(|at| (*at, price_account(*at))).collect();
        instructions.insert(0, self.refresh_prices(&prices));
        instructions
    }

    /// The addresses that a lookup table of this clearinghouse holds: everything that transactions of many people
    /// name, and nobody's own accounts.
    pub fn table_addresses(
        &self,
        tables: &RiskTables,
        collaterals: &[Collateral],
        price_accounts: &[Pubkey],
    ) -> Vec<Pubkey> {
        let mut addresses = vec![self.clearinghouse, self.risk_book, self.backstop()];
        for collateral in collaterals {
            addresses.extend([
                collateral.mint,
                self.vault(collateral),
                self.custody(collateral),
                collateral.token_program,
            ]);
        }
        addresses.extend_from_slice(price_accounts);
        let markets = tables
            .markets
            .iter()
            .map(|row| Pubkey::new_from_array(row.address));
        addresses.extend(markets);
        // In the order in which they came, each once: a table only grows.
        let mut seen = std::collections::BTreeSet::new();
        addresses.retain(|key| seen.insert(*key));
        addresses
    }
}

/// Creates a lookup table: its address, and the instruction. `slot` is a recent one.
pub fn create_table(authority: Pubkey, payer: Pubkey, slot: u64) -> (Pubkey, Instruction) {
    let (instruction, table) = create_lookup_table(authority, payer, slot);
    (table, instruction)
}

/// The instructions that bring a table up to these addresses, from those that it has; each fits a transaction. A
/// table that has other addresses is left alone: nothing is taken out of one.
pub fn extend_table(
    table: Pubkey,
    authority: Pubkey,
    payer: Pubkey,
    has: &[Pubkey],
    wanted: &[Pubkey],
) -> Vec<Instruction> {
    let missing: Vec<Pubkey> = wanted
        .iter()
        .filter(|key| !has.contains(key))
        .copied()
        .collect();
    missing
        .chunks(A_CHUNK)
        .map(|chunk| extend_lookup_table(table, authority, Some(payer), chunk.to_vec()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_come_first_and_say_what_was_measured() {
        let venue = Venue::new(&Pubkey::new_from_array([7; 32]), 1);
        let flag = venue.flag_account(Pubkey::new_from_array([9; 32]));
        let limits = Limits {
            positions: 8,
            unit_price: 5,
            loaded: Some(40_000),
            extra_units: 0,
        };
        let all = with_limits(vec![flag.clone()], limits);
        let tags: Vec<u8> = all.iter().take(3).map(|limit| limit.data[0]).collect();
        assert_eq!((tags, all.len()), (vec![2, 3, 4], 4));
        let units = u32::from_le_bytes(all[0].data[1..].try_into().unwrap());
        assert_eq!(units, compute_limit(&[flag], 8));
        assert_eq!(all[2].data[1..], 65_536u32.to_le_bytes());
        let plain = with_limits(all[3..].to_vec(), Limits::default());
        assert_eq!(plain.len(), 2);
    }

    #[test]
    fn a_table_grows_by_what_it_lacks_in_chunks() {
        let keys: Vec<Pubkey> = (0..50).map(|at| Pubkey::new_from_array([at; 32])).collect();
        let [table, who] = [[200; 32], [201; 32]].map(Pubkey::new_from_array);
        let grown = extend_table(table, who, who, &keys[..5], &keys);
        assert_eq!(grown.len(), 3);
        assert!(extend_table(table, who, who, &keys, &keys).is_empty());
    }
}
