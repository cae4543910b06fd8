//! LiteSVM with the program's bytecode: the chain of the test itself, which is not changed.

use crate::backend::{Backend, Effect, Step, settled, trimmed};
use litesvm::LiteSVM;

/// The chain that the step was taken from.
pub struct Bytecode<'a>(pub &'a LiteSVM);

impl Backend for Bytecode<'_> {
    fn run(&mut self, step: &Step) -> Effect {
        let mut accounts = step.accounts.clone();
        let (result, meta) = match self.0.simulate_transaction(step.transaction.clone()) {
            Ok(done) => {
                for (key, account) in done.post_accounts {
                    if let Some(kept) = accounts.get_mut(&key) {
                        *kept = settled(account.into());
                    }
                }
                (Ok(()), done.meta)
            }
            Err(failed) => {
                // Nothing but the fee stays of what failed.
                let payer = accounts.get_mut(&step.payer()).expect("the payer");
                payer.lamports -= failed.meta.fee;
                (Err(failed.err), failed.meta)
            }
        };
        Effect {
            result,
            log: meta.logs,
            return_data: trimmed(meta.return_data.data),
            accounts,
        }
    }
}
