//! Transactions with lookup tables, as they would travel.

use crate::{Chain, Failure, Keypair, Receipt, Signer, chain::failure};
use anchor_lang::{
    prelude::{Pubkey, pubkey},
    solana_program::instruction::Instruction,
};
use counterweight_sdk::assemble::{AddressLookupTableAccount, v0};
use solana_message::VersionedMessage;
use solana_transaction::versioned::VersionedTransaction;

/// The program that owns lookup tables.
const LOOKUP_TABLES: Pubkey = pubkey!("AddressLookupTab1e1111111111111111111111111");
/// Most bytes of a transaction with its signatures.
pub const PACKET: usize = 1_232;

impl Chain {
    /// Puts a lookup table with these addresses on the chain, as if it had been there for long.
    ///
    /// # Panics
    /// If the address is taken by something that cannot be replaced.
    pub fn place_table(&mut self, key: Pubkey, addresses: &[Pubkey]) -> AddressLookupTableAccount {
        // Kind, never deactivated, last extended in slot 0, from the first address on, no authority.
        let mut data = 1u32.to_le_bytes().to_vec();
        data.extend_from_slice(&u64::MAX.to_le_bytes());
        data.extend_from_slice(&0u64.to_le_bytes());
        data.resize(56, 0);
        data.extend(addresses.iter().flat_map(|key| key.to_bytes()));
        self.set_account(key, LOOKUP_TABLES, data);
        AddressLookupTableAccount {
            key,
            addresses: addresses.to_vec(),
        }
    }

    /// Sends a transaction with lookup tables, the chain's payer paying. The instructions are sent as they are,
    /// limits included. Returns its bytes besides.
    ///
    /// # Errors
    /// [`Failure`] with the program's error and the log.
    ///
    /// # Panics
    /// If it cannot be compiled or signed.
    pub fn send_with_tables(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
        tables: &[AddressLookupTableAccount],
    ) -> Result<(Receipt, usize), Box<Failure>> {
        let payer = self.payer().insecure_clone();
        let blockhash = self.svm.latest_blockhash();
        let message = v0::Message::try_compile(&payer.pubkey(), instructions, tables, blockhash);
        let message = VersionedMessage::V0(message.expect("a message"));
        let mut keys = vec![&payer];
        keys.extend_from_slice(signers);
        let signatures = usize::from(message.header().num_required_signatures);
        let bytes = 1 + 64 * signatures + message.serialize().len();
        let transaction = VersionedTransaction::try_new(message, &keys).expect("signatures");
        let outcome = self.svm.send_transaction(transaction);
        self.svm.expire_blockhash();
        match outcome {
            Ok(meta) => Ok((
                Receipt {
                    units: meta.compute_units_consumed,
                    logs: meta.logs,
                    return_data: meta.return_data.data,
                },
                bytes,
            )),
            Err(failed) => Err(Box::new(failure(failed))),
        }
    }
}
