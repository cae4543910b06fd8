//! The chain: LiteSVM with the program's ELF, a clock, and transactions with a readable outcome.

use anchor_lang::{
    prelude::{Pubkey, system_program},
    solana_program::instruction::Instruction,
};
use counterweight::error::ErrorCode;
use litesvm::{LiteSVM, types::FailedTransactionMetadata};
use solana_account::Account;
use solana_clock::Clock;
use solana_keypair::Keypair;
use solana_message::Message;
use solana_signer::Signer;
use solana_transaction::{Transaction, TransactionError};
use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// Sees a transaction that is about to run, and the state it will run on.
pub type Witness = fn(&LiteSVM, &Transaction);

static WITNESS: OnceLock<Witness> = OnceLock::new();

/// Has every transaction of every chain of this process seen, by one witness. A test that was not
/// written for it is so run on another back end as well (`tests/native`).
///
/// # Panics
/// If there is a witness already.
pub fn appoint_witness(witness: Witness) {
    assert!(WITNESS.set(witness).is_ok(), "one witness is enough");
}

/// How a chain is started.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// Unix seconds at the start.
    pub time: i64,
    /// Whether signatures are verified. Without, transactions are several times faster, and still
    /// name their signers.
    pub verify_signatures: bool,
}

impl Default for Start {
    fn default() -> Self {
        Self {
            time: 1_790_000_000,
            verify_signatures: false,
        }
    }
}

/// An embedded chain with the program deployed.
pub struct Chain {
    /// The virtual machine.
    pub svm: LiteSVM,
    payer: Keypair,
}

/// What a transaction that succeeded says.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Compute units consumed.
    pub units: u64,
    /// Its log.
    pub logs: Vec<String>,
    /// Return data of the last instruction that set any.
    pub return_data: Vec<u8>,
}

/// What a transaction that failed says.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The program's error number, where it was the program that refused.
    pub code: Option<u32>,
    /// The runtime's error.
    pub error: TransactionError,
    /// Its log.
    pub logs: Vec<String>,
    /// Compute units consumed.
    pub units: u64,
}

impl Failure {
    /// Whether the program refused with this error.
    pub fn is(&self, code: ErrorCode) -> bool {
        self.code == Some(u32::from(code))
    }
}

impl core::fmt::Display for Failure {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        writeln!(f, "{:?}", self.error)?;
        self.logs
            .iter()
            .try_for_each(|line| writeln!(f, "  {line}"))
    }
}

/// A key pair derived from a name: the same in every run.
pub fn keypair(name: &str) -> Keypair {
    let mut seed = [0u8; 32];
    for (at, byte) in name.bytes().enumerate() {
        // A small mixing step, so that names which share letters do not share keys.
        let slot = at % 32;
        seed[slot] = seed[slot].rotate_left(3) ^ byte.wrapping_mul(31).wrapping_add(at as u8);
    }
    seed[31] ^= name.len() as u8;
    Keypair::new_from_array(seed)
}

/// Where the bytecode is.
fn elf() -> PathBuf {
    let built = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../target/deploy/counterweight.so"
    );
    std::env::var_os("COUNTERWEIGHT_ELF").map_or_else(|| PathBuf::from(built), PathBuf::from)
}

impl Chain {
    /// Starts a chain with the program's bytecode.
    ///
    /// # Panics
    /// Where the bytecode has not been built; the message says how.
    pub fn start(start: Start) -> Self {
        Self::with_program(&elf(), start)
    }

    /// Starts a chain with other bytecode at the program's address.
    ///
    /// # Panics
    /// Where the bytecode has not been built; the message says how.
    pub fn with_program(path: &Path, start: Start) -> Self {
        let bytes = std::fs::read(path).unwrap_or_else(|error| {
            panic!(
                "{}: {error}. Build the program first: make build-sbf",
                path.display()
            )
        });
        let mut svm = LiteSVM::new()
            .with_sigverify(start.verify_signatures)
            .with_transaction_history(0)
            .with_log_bytes_limit(Some(100_000));
        svm.add_program(counterweight::ID, &bytes)
            .expect("the virtual machine refused the program's bytecode");
        let payer = keypair("payer");
        let mut chain = Self { svm, payer };
        chain.fund(&chain.payer.pubkey());
        chain.set_time(start.time);
        chain
    }

    /// Unix seconds of the chain's clock.
    pub fn time(&self) -> i64 {
        self.svm.get_sysvar::<Clock>().unix_timestamp
    }

    /// The slot.
    pub fn slot(&self) -> u64 {
        self.svm.get_sysvar::<Clock>().slot
    }

    /// Sets the clock; slots advance by one.
    pub fn set_time(&mut self, time: i64) {
        let mut clock = self.svm.get_sysvar::<Clock>();
        clock.unix_timestamp = time;
        clock.slot += 1;
        self.svm.set_sysvar(&clock);
    }

    /// Sets clock and slot, as they were when accounts were recorded.
    pub fn set_moment(&mut self, time: i64, slot: u64) {
        let mut clock = self.svm.get_sysvar::<Clock>();
        (clock.unix_timestamp, clock.slot) = (time, slot);
        self.svm.set_sysvar(&clock);
    }

    /// Turns the clock forward.
    pub fn advance(&mut self, seconds: i64) {
        self.set_time(self.time() + seconds);
    }

    /// Gives somebody 10,000 SOL, to pay rent and fees with.
    pub fn fund(&mut self, key: &Pubkey) {
        let account = Account {
            lamports: 10_000_000_000_000,
            data: Vec::new(),
            owner: system_program::ID,
            executable: false,
            rent_epoch: u64::MAX,
        };
        self.svm.set_account(*key, account).expect("set account");
    }

    /// An account's bytes; empty where there is none.
    pub fn data(&self, key: &Pubkey) -> Vec<u8> {
        self.svm
            .get_account(key)
            .map_or_else(Vec::new, |account| account.data)
    }

    /// Writes an account as it is.
    pub fn set_account(&mut self, key: Pubkey, owner: Pubkey, data: Vec<u8>) {
        let lamports = self.svm.minimum_balance_for_rent_exemption(data.len());
        let account = Account {
            lamports,
            data,
            owner,
            executable: false,
            rent_epoch: u64::MAX,
        };
        self.svm.set_account(key, account).expect("set account");
    }

    /// Runs a transaction. The chain's own payer pays; `signers` sign besides.
    ///
    /// # Errors
    /// [`Failure`] with the program's error and the log.
    pub fn send(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<Receipt, Box<Failure>> {
        let transaction = self.witnessed(instructions, signers);
        let outcome = self.svm.send_transaction(transaction);
        // The same transaction may be sent again.
        self.svm.expire_blockhash();
        match outcome {
            Ok(meta) => Ok(Receipt {
                units: meta.compute_units_consumed,
                logs: meta.logs,
                return_data: meta.return_data.data,
            }),
            Err(failed) => Err(Box::new(failure(failed))),
        }
    }

    /// Runs a transaction without its effects.
    ///
    /// # Errors
    /// [`Failure`] with the program's error and the log.
    pub fn simulate(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<Receipt, Box<Failure>> {
        let transaction = self.witnessed(instructions, signers);
        match self.svm.simulate_transaction(transaction) {
            Ok(info) => Ok(Receipt {
                units: info.meta.compute_units_consumed,
                logs: info.meta.logs,
                return_data: info.meta.return_data.data,
            }),
            Err(failed) => Err(Box::new(failure(failed))),
        }
    }

    fn witnessed(&self, instructions: &[Instruction], signers: &[&Keypair]) -> Transaction {
        let transaction = self.transaction(instructions, signers);
        if let Some(witness) = WITNESS.get() {
            witness(&self.svm, &transaction);
        }
        transaction
    }

    /// A signed transaction of legacy format, with the compute limit of a whole transaction.
    pub fn transaction(&self, instructions: &[Instruction], signers: &[&Keypair]) -> Transaction {
        let mut all = vec![compute_limit(1_400_000)];
        all.extend_from_slice(instructions);
        let message = Message::new_with_blockhash(
            &all,
            Some(&self.payer.pubkey()),
            &self.svm.latest_blockhash(),
        );
        let mut keys = vec![&self.payer];
        keys.extend(
            signers
                .iter()
                .filter(|key| key.pubkey() != self.payer.pubkey()),
        );
        let mut transaction = Transaction::new_unsigned(message);
        // Partial, so that a test can leave a signature out and see what the program says.
        transaction.partial_sign(&keys, self.svm.latest_blockhash());
        transaction
    }

    /// Who pays for transactions.
    pub fn payer(&self) -> &Keypair {
        &self.payer
    }
}

/// The compute-budget program's instruction that sets a limit.
fn compute_limit(units: u32) -> Instruction {
    let mut data = vec![2];
    data.extend_from_slice(&units.to_le_bytes());
    Instruction {
        program_id: anchor_lang::prelude::pubkey!("ComputeBudget111111111111111111111111111111"),
        accounts: Vec::new(),
        data,
    }
}

pub(crate) fn failure(failed: FailedTransactionMetadata) -> Failure {
    use solana_transaction::InstructionError;
    let code = match &failed.err {
        TransactionError::InstructionError(_, InstructionError::Custom(code)) => Some(*code),
        _ => None,
    };
    Failure {
        code,
        error: failed.err,
        logs: failed.meta.logs,
        units: failed.meta.compute_units_consumed,
    }
}
