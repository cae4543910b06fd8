//! Addresses.

use crate::PROGRAM_ID;
use anchor_lang::prelude::Pubkey;
use counterweight::state::{
    CLEARINGHOUSE_SEED, CUSTODY_SEED, MARGIN_SEED, MARKET_SEED, RISK_BOOK_SEED, TRIGGERS_SEED,
    VAULT_SEED,
};

fn find(seeds: &[&[u8]]) -> Pubkey {
    Pubkey::find_program_address(seeds, &PROGRAM_ID).0
}

/// The clearinghouse that `creator` made with `id`.
pub fn clearinghouse(creator: &Pubkey, id: u64) -> Pubkey {
    find(&[CLEARINGHOUSE_SEED, creator.as_ref(), &id.to_le_bytes()])
}

/// The risk book of a clearinghouse.
pub fn risk_book(clearinghouse: &Pubkey) -> Pubkey {
    find(&[RISK_BOOK_SEED, clearinghouse.as_ref()])
}

/// The vault of a mint in a clearinghouse.
pub fn vault(clearinghouse: &Pubkey, mint: &Pubkey) -> Pubkey {
    find(&[VAULT_SEED, clearinghouse.as_ref(), mint.as_ref()])
}

/// The custody of a mint in a clearinghouse.
pub fn custody(clearinghouse: &Pubkey, mint: &Pubkey) -> Pubkey {
    find(&[CUSTODY_SEED, clearinghouse.as_ref(), mint.as_ref()])
}

/// A market's account.
pub fn market(clearinghouse: &Pubkey, index: u16) -> Pubkey {
    find(&[MARKET_SEED, clearinghouse.as_ref(), &index.to_le_bytes()])
}

/// The margin account that `owner` opened with `id`.
pub fn margin_account(clearinghouse: &Pubkey, owner: &Pubkey, id: u16) -> Pubkey {
    find(&[
        MARGIN_SEED,
        clearinghouse.as_ref(),
        owner.as_ref(),
        &id.to_le_bytes(),
    ])
}

/// The trigger orders of a margin account.
pub fn triggers(margin_account: &Pubkey) -> Pubkey {
    find(&[TRIGGERS_SEED, margin_account.as_ref()])
}
