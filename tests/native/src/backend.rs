//! What a back end is given, what it says, and the trait between.

use anchor_lang::prelude::{Pubkey, pubkey};
use litesvm::LiteSVM;
use solana_account::Account;
use solana_clock::Clock;
use solana_transaction::{Transaction, TransactionError};
use std::collections::BTreeMap;

/// Something that runs the program.
pub trait Backend {
    /// Runs a transaction on the state that it is given, whatever was run before.
    fn run(&mut self, step: &Step) -> Effect;
}

/// A transaction with everything that it can read.
#[derive(Clone, Debug)]
pub struct Step {
    /// The clock.
    pub clock: Clock,
    /// The accounts that it names, where they can change: no programs and no sysvars.
    pub accounts: BTreeMap<Pubkey, Account>,
    /// The transaction.
    pub transaction: Transaction,
}

/// What a transaction did.
#[derive(Clone, Debug)]
pub struct Effect {
    /// Whether it succeeded; the number of the instruction that failed, and its error.
    pub result: Result<(), TransactionError>,
    /// All of its log.
    pub log: Vec<String>,
    /// Return data, without the zeros at its end (which the runtime's records do not have).
    pub return_data: Vec<u8>,
    /// The accounts of the step, afterwards.
    pub accounts: BTreeMap<Pubkey, Account>,
}

impl Step {
    /// What this chain is about to do.
    pub fn of(svm: &LiteSVM, transaction: &Transaction) -> Self {
        let keys = &transaction.message.account_keys;
        let accounts = keys.iter().filter_map(|key| {
            let account = svm.get_account(key).map_or_else(nothing, settled);
            changes(&account).then_some((*key, account))
        });
        Self {
            clock: svm.get_sysvar(),
            accounts: accounts.collect(),
            transaction: transaction.clone(),
        }
    }

    /// Who pays for the transaction.
    pub fn payer(&self) -> Pubkey {
        self.transaction.message.account_keys[0]
    }
}

/// An account as both chains would keep it: without lamports it does not exist, and the epoch in
/// which it would have paid rent no longer means anything.
pub fn settled(account: Account) -> Account {
    if account.lamports == 0 {
        return nothing();
    }
    Account {
        rent_epoch: u64::MAX,
        ..account
    }
}

fn nothing() -> Account {
    Account {
        rent_epoch: u64::MAX,
        ..Account::default()
    }
}

/// Programs and sysvars belong to the back end.
fn changes(account: &Account) -> bool {
    const SYSVARS: Pubkey = pubkey!("Sysvar1111111111111111111111111111111111111");
    !account.executable && account.owner != SYSVARS
}

/// Return data without the zeros at its end.
pub fn trimmed(mut data: Vec<u8>) -> Vec<u8> {
    while data.last() == Some(&0) {
        data.pop();
    }
    data
}
