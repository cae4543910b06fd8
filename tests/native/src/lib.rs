//! The tests of the program, run on its bytecode and on its native build at once: a difference
//! between the two is a failing test.
//!
//! **One source of test bodies.** The bodies are the files of `tests/tests`, compiled here a second
//! time, every one of them, and nothing in them knows of this package. What they have in common is
//! that each transaction goes through [`counterweight_simnet::Chain`], which shows it to a witness
//! before it runs it. The witness appointed here ([`compare`]) takes down the clock, the
//! transaction, and each account that it names: that is everything the program can read. It gives
//! them to two back ends, which have nothing in common but the trait [`Backend`]:
//!
//! | | chain | program |
//! |---|---|---|
//! | [`Bytecode`] | LiteSVM | the ELF that is deployed |
//! | [`Native`] | `solana-program-test` | the same source, compiled for this machine |
//!
//! and requires the same result (success, or the same error of the same instruction), the same lines
//! and events in the log, the same return data, and every account the same to the byte and the
//! lamport: the program's own, token accounts, mints, wallets, whoever pays. Then the test goes on.
//!
//! **Why each step alone, and not two worlds side by side.** A step that is given all that it reads
//! needs nothing of the past, so that a test may put an account in place by hand, copy its chain or
//! turn it back, without either back end having to follow. Nothing is lost: as long as each step does
//! the same to the same state, two worlds would stay the same, and the first step that does not ends
//! the test.
//!
//! **What it cannot see**: compute units, and what the program asks the runtime not to do. The native
//! build has no limit of stack, heap and computation, and a write to an account that is not writable
//! is dropped there and refused on the chain.
//!
//! Two packages below this one only serve it: the program compiled for this machine
//! (`tests/native/program`), against Anchor with a log that is heard (`tests/native/anchor`).
#![deny(missing_docs)]

mod backend;
mod bytecode;
mod compare;
mod native;
mod stubs;

pub use backend::{Backend, Effect, Step};
pub use bytecode::Bytecode;
pub use compare::{differences, said};
pub use native::Native;

use litesvm::LiteSVM;
use solana_transaction::{Transaction, TransactionError};
use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

static COMPARED: AtomicU64 = AtomicU64::new(0);

/// Transactions compared in this process so far.
pub fn compared() -> u64 {
    COMPARED.load(Ordering::Relaxed)
}

/// Runs a transaction on both back ends: the witness to appoint.
///
/// # Panics
/// If they differ.
pub fn compare(svm: &LiteSVM, transaction: &Transaction) {
    let step = Step::of(svm, transaction);
    let bytecode = Bytecode(svm).run(&step);
    if bytecode.result == Err(TransactionError::SignatureFailure) {
        // The program was not asked; the native chain verifies no signatures.
        return;
    }
    let native = with_native(|native| native.run(&step));
    let found = differences(&step, &bytecode, &native);
    assert!(
        found.is_empty(),
        "the native build does not do what the bytecode does\n{}\n\nlog of the bytecode:\n  {}\n\
         log of the native build:\n  {}",
        found.join("\n"),
        bytecode.log.join("\n  "),
        native.log.join("\n  "),
    );
    COMPARED.fetch_add(1, Ordering::Relaxed);
}

/// Lends a native chain that nobody else uses: starting one takes longer than many steps.
fn with_native<R>(act: impl FnOnce(&mut Native) -> R) -> R {
    static IDLE: Mutex<Vec<Native>> = Mutex::new(Vec::new());
    let idle = || IDLE.lock().unwrap_or_else(PoisonError::into_inner);
    let lent = idle().pop();
    let mut native = lent.unwrap_or_else(Native::start);
    let result = act(&mut native);
    idle().push(native);
    result
}
