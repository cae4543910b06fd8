//! Two effects, and where they differ.

use crate::backend::{Effect, Step};
use anchor_lang::{
    prelude::{ProgramError, Pubkey},
    solana_program::instruction::error::InstructionError,
};
use core::str::FromStr;
use solana_account::Account;
use solana_transaction::TransactionError;

/// Where the effects of a step differ: empty if nowhere.
pub fn differences(step: &Step, bytecode: &Effect, native: &Effect) -> Vec<String> {
    let both = |what: &str, bytecode: String, native: String| {
        format!("{what}:\n  bytecode {bytecode}\n  native   {native}")
    };
    let mut found = Vec::new();
    let mut judge = |what: &str, bytecode: String, native: String| {
        if bytecode != native {
            found.push(both(what, bytecode, native));
        }
    };
    if !cannot_be_told(bytecode, native) {
        let result = |effect: &Effect| format!("{:?}", effect.result);
        judge("the result", result(bytecode), result(native));
    }
    let returned = |effect: &Effect| format!("{:?}", effect.return_data);
    judge("return data", returned(bytecode), returned(native));
    let lines = |effect: &Effect| format!("{:#?}", said(&effect.log));
    judge("the program's log", lines(bytecode), lines(native));
    for key in step.accounts.keys() {
        let (a, b) = (&bytecode.accounts[key], &native.accounts[key]);
        if a != b {
            let at = a.data.iter().zip(&b.data).position(|(a, b)| a != b);
            let what = format!("account {key}, first at byte {at:?}");
            found.push(both(&what, summary(a, at), summary(b, at)));
        }
    }
    found
}

/// Whether a called program failed in a way that `solana-program-test` has no word for: it tells
/// the caller of a call that failed in a `ProgramError`, which not every error of the runtime fits,
/// and gives up where it cannot. That the instruction fails is what is left to compare.
fn cannot_be_told(bytecode: &Effect, native: &Effect) -> bool {
    use TransactionError::InstructionError as Failed;
    let (Err(Failed(at, error)), Err(Failed(same, gave_up))) = (&bytecode.result, &native.result)
    else {
        return false;
    };
    at == same
        && *gave_up == InstructionError::ProgramFailedToComplete
        && ProgramError::try_from(error.clone()).is_err()
}

/// The figures of an account, with its bytes from a place on.
fn summary(account: &Account, at: Option<usize>) -> String {
    let rest = account.data.iter().skip(at.unwrap_or(0)).take(16);
    format!(
        "{} lamports, owner {}, {} bytes, {:?} ..., executable: {}",
        account.lamports,
        account.owner,
        account.data.len(),
        rest.collect::<Vec<_>>(),
        account.executable
    )
}

/// How the native build came to the program's source, where a line names a file of it.
const DETOUR: &str = "tests/native/program/../../../";

/// The lines and events that the program itself logged.
///
/// Left out is what only the chain's runtime can say: which program runs and at what cost, what
/// other programs log, and what Anchor and the SDK print for a `ProgramError` and for a pair of
/// addresses, which off the chain goes to the standard output.
///
/// `solana-program-test` announces a program that is called by another twice, and takes both back
/// when it succeeds. Where it fails, one stays: what our program would still say is not counted. On
/// the chain it says nothing any more, for a call that fails ends the transaction at once.
pub fn said(log: &[String]) -> Vec<String> {
    let mut running: Vec<&str> = Vec::new();
    let mut lines = Vec::new();
    let own = counterweight_native_program::ID.to_string();
    for line in log {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["Program", id, "invoke", ..] => running.push(id),
            ["Program", _, "success"] | ["Program", _, "failed:", ..] => {
                running.pop();
            }
            ["Program", "log:" | "data:", ..] if running.last() == Some(&own.as_str()) => {
                let text = line.strip_prefix("Program log: ").unwrap_or(line);
                let elsewhere = text.starts_with("ProgramError ") || Pubkey::from_str(text).is_ok();
                if !elsewhere {
                    lines.push(text.replace(DETOUR, ""));
                }
            }
            _ => {}
        }
    }
    lines
}
