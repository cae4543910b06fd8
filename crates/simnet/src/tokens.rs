//! Mints and token accounts, written as the token programs lay them out.

use crate::{Chain, keypair};
use anchor_lang::prelude::{Pubkey, pubkey};
use solana_signer::Signer;

/// The classic token program.
pub const TOKEN_CLASSIC: Pubkey = pubkey!("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
/// Token-2022.
pub const TOKEN_2022: Pubkey = pubkey!("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");

impl Chain {
    /// A mint of the classic token program, at an address made from its name.
    pub fn create_mint(&mut self, name: &str, decimals: u8) -> Pubkey {
        let key = keypair(&format!("mint {name}")).pubkey();
        self.set_account(key, TOKEN_CLASSIC, mint_bytes(decimals, None));
        key
    }

    /// A Token-2022 mint with extensions given as (type, value) pairs.
    pub fn create_mint_2022(
        &mut self,
        name: &str,
        decimals: u8,
        extensions: &[(u16, Vec<u8>)],
    ) -> Pubkey {
        let key = keypair(&format!("mint {name}")).pubkey();
        let mut data = mint_bytes(decimals, None);
        if !extensions.is_empty() {
            // Extensions stand behind the length of a token account, after a type byte (1: mint).
            data.resize(165, 0);
            data.push(1);
            for (kind, value) in extensions {
                data.extend_from_slice(&kind.to_le_bytes());
                data.extend_from_slice(&(value.len() as u16).to_le_bytes());
                data.extend_from_slice(value);
            }
        }
        self.set_account(key, TOKEN_2022, data);
        key
    }

    /// A token account of `owner`, at an address made from mint and owner, holding `atoms`.
    pub fn create_token_account(
        &mut self,
        program: Pubkey,
        mint: Pubkey,
        owner: Pubkey,
        atoms: u64,
    ) -> Pubkey {
        let key = keypair(&format!("token {mint} {owner}")).pubkey();
        let mut data = vec![0u8; 165];
        data[..32].copy_from_slice(mint.as_ref());
        data[32..64].copy_from_slice(owner.as_ref());
        data[64..72].copy_from_slice(&atoms.to_le_bytes());
        data[108] = 1; // initialised
        self.set_account(key, program, data);
        key
    }

    /// What a token account holds.
    pub fn token_balance(&self, key: &Pubkey) -> u64 {
        let data = self.data(key);
        data.get(64..72).map_or(0, |atoms| {
            u64::from_le_bytes(atoms.try_into().expect("8 bytes"))
        })
    }
}

/// The bytes of an initialised mint. Without an authority its supply is large enough for every test; with one it
/// begins at nothing, and that key mints.
pub fn mint_bytes(decimals: u8, authority: Option<&Pubkey>) -> Vec<u8> {
    let mut data = vec![0u8; 82];
    match authority {
        Some(key) => {
            data[0] = 1; // has an authority
            data[4..36].copy_from_slice(key.as_ref());
        }
        None => data[36..44].copy_from_slice(&(u64::MAX >> 1).to_le_bytes()),
    }
    data[44] = decimals;
    data[45] = 1; // initialised
    data
}
