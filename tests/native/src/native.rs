//! `solana-program-test` with the program's native build as a processor.

// Not Anchor's prelude: its `Result` is an alias that the macro `processor!` stumbles over.
use crate::{
    backend::{Backend, Effect, Step, settled, trimmed},
    stubs,
};
use anchor_lang::{
    prelude::{AccountInfo, Pubkey},
    solana_program::entrypoint::ProgramResult,
};
use core::mem::transmute;
use solana_account::Account;
use solana_clock::Clock;
use solana_program_test::{
    BanksTransactionResultWithMetadata, ProgramTest, ProgramTestContext, processor,
    tokio::{self, runtime::Runtime},
};
use solana_transaction::{Transaction, TransactionError};
use std::{collections::HashMap, time::Duration};

/// A chain of `solana-program-test`, which serves one step after the other.
pub struct Native {
    context: ProgramTestContext,
    runtime: Runtime,
    clock: Clock,
    /// What the chain holds, as far as steps have told.
    held: HashMap<Pubkey, Account>,
}

/// The program, as `solana-program-test` calls it.
fn process(id: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    // SAFETY: only lifetimes change. The program wants one for all that it borrows; `process` keeps
    // nothing of it when it returns, and what it was given lives until then.
    unsafe {
        counterweight_native_program::entry::process(
            transmute::<&Pubkey, &'static Pubkey>(id),
            transmute::<&[AccountInfo], &'static [AccountInfo<'static>]>(accounts),
            transmute::<&[u8], &'static [u8]>(data),
        )
    }
}

impl Native {
    /// Starts a chain.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start() -> Self {
        // Everything happens on the thread that waits for it.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let mut test = ProgramTest::default();
        // It sets up a logger that writes a line for each transaction, and more.
        log::set_max_level(log::LevelFilter::Off);
        test.prefer_bpf(false);
        let id = counterweight_native_program::ID;
        test.add_program("counterweight", id, processor!(process));
        let context = runtime.block_on(test.start_with_context());
        stubs::install();
        let clock = runtime.block_on(context.banks_client.get_sysvar());
        Self {
            clock: clock.expect("a clock"),
            context,
            runtime,
            held: HashMap::new(),
        }
    }

    fn place(&mut self, step: &Step) {
        if self.clock != step.clock {
            self.clock = step.clock.clone();
            self.context.set_sysvar(&self.clock);
        }
        for (key, account) in &step.accounts {
            if self.held.get(key) != Some(account) {
                self.context.set_account(key, &account.clone().into());
                self.held.insert(*key, account.clone());
            }
        }
    }

    fn send(&mut self, transaction: &Transaction) -> BanksTransactionResultWithMetadata {
        let banks = &self.context.banks_client;
        let mut transaction = transaction.clone();
        self.runtime.block_on(async {
            loop {
                let hash = banks.get_latest_blockhash().await.expect("a blockhash");
                // No signature covers it: nobody verifies them here, as on the other chain.
                transaction.message.recent_blockhash = hash;
                let sent = banks.process_transaction_with_metadata(transaction.clone());
                let sent = sent.await.expect("an answer");
                if sent.result != Err(TransactionError::AlreadyProcessed) {
                    return sent;
                }
                // The same message again needs the next blockhash.
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
    }

    /// Reads the accounts of a step.
    fn read(&mut self, step: &Step) {
        let banks = &self.context.banks_client;
        for key in step.accounts.keys() {
            let account = self.runtime.block_on(banks.get_account(*key));
            let account = account.expect("an answer").unwrap_or_default();
            self.held.insert(*key, settled(account));
        }
    }
}

impl Backend for Native {
    fn run(&mut self, step: &Step) -> Effect {
        self.place(step);
        let sent = self.send(&step.transaction);
        self.read(step);
        let (log, data) = sent.metadata.map_or_else(Default::default, |meta| {
            let data = meta.return_data.map(|returned| returned.data);
            (meta.log_messages, data.unwrap_or_default())
        });
        let accounts = step
            .accounts
            .keys()
            .map(|key| (*key, self.held[key].clone()));
        Effect {
            result: sent.result,
            log,
            return_data: trimmed(data),
            accounts: accounts.collect(),
        }
    }
}
