//! What the tests of rules have in common: watching everything that a refused action could change,
//! reading the numbers in its log, and bending instructions and accounts out of shape.

use crate::assert_refused;
use anchor_lang::{
    prelude::{AccountMeta, Pubkey},
    solana_program::instruction::Instruction,
};
use counterweight::{OracleChoice, error::ErrorCode};
use counterweight_simnet::{Deployment, Exchange, Failure, Receipt, Start, Trader, keypair};

/// The outcome of a transaction.
pub type Outcome = Result<Receipt, Box<Failure>>;

/// Quote atoms in a dollar.
pub const DOLLAR: i64 = 1_000_000;
/// Token atoms in a SOL.
pub const SOL: u64 = 1_000_000_000;
/// Anchor's error for an account that should have signed.
pub const NOT_SIGNER: u32 = 3010;
/// Anchor's error for an account of another type.
pub const WRONG_TYPE: u32 = 3002;
/// Anchor's error for an account of another program.
pub const WRONG_PROGRAM: u32 = 3007;
/// Anchor's error for an address that the seeds do not give.
pub const WRONG_SEEDS: u32 = 2006;

/// The clearinghouse of `migrations/localnet.toml` on a new chain.
pub fn localnet() -> Exchange {
    Exchange::new(Deployment::localnet(), Start::default())
}

/// The same, changed before it is deployed.
pub fn deployed(change: impl FnOnce(&mut Deployment)) -> Exchange {
    let mut deployment = Deployment::localnet();
    change(&mut deployment);
    Exchange::new(deployment, Start::default())
}

/// A second clearinghouse on the chain of the first, and what is needed to still speak of the first.
pub fn beside(first: Exchange) -> (Exchange, counterweight_sdk::instructions::Venue) {
    let venue = first.venue;
    (
        Exchange::on(first.chain, Deployment::localnet(), "rival"),
        venue,
    )
}

/// Somebody who signs for a margin account with another key than its owner's.
pub fn signing_as(x: &mut Exchange, name: &str, margin: Pubkey) -> Trader {
    let key = keypair(name);
    x.chain.fund(&counterweight_simnet::Signer::pubkey(&key));
    Trader { key, margin }
}

/// Every account of the clearinghouse, and these traders' margin accounts.
pub fn watched(x: &Exchange, traders: &[&Trader]) -> Vec<Pubkey> {
    let mut keys = vec![x.venue.clearinghouse, x.venue.risk_book];
    keys.extend((0..x.tables().header.market_count).map(|index| x.venue.market(index)));
    keys.extend(
        x.collaterals
            .iter()
            .flat_map(|of| [x.venue.vault(of), x.venue.custody(of)]),
    );
    keys.extend(traders.iter().map(|trader| trader.margin));
    keys
}

/// [`assert_refused`] with everything [`watched`].
#[track_caller]
pub fn refused(
    x: &mut Exchange,
    traders: &[&Trader],
    code: ErrorCode,
    action: impl FnOnce(&mut Exchange) -> Outcome,
) -> Box<Failure> {
    let keys = watched(x, traders);
    assert_refused(x, &keys, code, action)
}

/// As [`refused`], for what the framework or the runtime refuses: the error number, if it has one.
///
/// # Panics
/// If it succeeds, fails otherwise, or changes a byte.
#[track_caller]
pub fn refused_by_runtime(
    x: &mut Exchange,
    traders: &[&Trader],
    code: Option<u32>,
    action: impl FnOnce(&mut Exchange) -> Outcome,
) -> Box<Failure> {
    let keys = watched(x, traders);
    let before: Vec<_> = keys.iter().map(|key| x.chain.data(key)).collect();
    let failure = match action(x) {
        Ok(_) => panic!("expected error {code:?}, but it succeeded"),
        Err(failure) => failure,
    };
    assert_eq!(failure.code, code, "{failure}");
    for (key, bytes) in keys.iter().zip(before) {
        assert_eq!(x.chain.data(key), bytes, "a refused action changed {key}");
    }
    failure
}

/// The number behind a label in the line that the program logged with its refusal.
///
/// # Panics
/// If no line has the label.
#[track_caller]
pub fn number(failure: &Failure, label: &str) -> i128 {
    let wanted = format!("{label}=");
    for line in &failure.logs {
        let Some(text) = line.strip_prefix("Program log: ") else {
            continue;
        };
        for (at, _) in text.match_indices(&wanted) {
            // A whole label, not the end of a longer one.
            let preceded = at == 0 || text.as_bytes()[at - 1] == b' ';
            let digits = text[at + wanted.len()..].split(' ').next();
            if let (true, Some(Ok(number))) = (preceded, digits.map(str::parse)) {
                return number;
            }
        }
    }
    panic!("no {label} in the log:\n{failure}")
}

/// Asserts the numbers that the program logged with its refusal.
#[track_caller]
pub fn assert_numbers(failure: &Failure, numbers: &[(&str, i128)]) {
    for (label, expected) in numbers {
        assert_eq!(number(failure, label), *expected, "{label} in\n{failure}");
    }
}

/// The instruction with another account in the place of one.
///
/// # Panics
/// If it does not have that account.
pub fn with_account(mut instruction: Instruction, place: Pubkey, other: Pubkey) -> Instruction {
    let mut found = false;
    for meta in instruction
        .accounts
        .iter_mut()
        .filter(|meta| meta.pubkey == place)
    {
        (meta.pubkey, found) = (other, true);
    }
    assert!(found, "the instruction has no account {place}");
    instruction
}

/// The instruction without the flag that says that an account signs.
pub fn unsigned(mut instruction: Instruction, signer: Pubkey) -> Instruction {
    for meta in instruction
        .accounts
        .iter_mut()
        .filter(|meta| meta.pubkey == signer)
    {
        *meta = AccountMeta {
            is_signer: false,
            ..meta.clone()
        };
    }
    instruction
}

/// The instruction with a signer that it does not ask for.
pub fn with_signer(mut instruction: Instruction, key: Pubkey) -> Instruction {
    instruction
        .accounts
        .push(AccountMeta::new_readonly(key, true));
    instruction
}

/// Overwrites bytes of an account.
///
/// # Panics
/// If it is shorter.
pub fn patch(x: &mut Exchange, key: Pubkey, at: usize, bytes: &[u8]) {
    let mut account = x.chain.svm.get_account(&key).expect("an account");
    account.data[at..at + bytes.len()].copy_from_slice(bytes);
    x.chain.svm.set_account(key, account).expect("set account");
}

/// Lamports of an account.
pub fn lamports(x: &Exchange, key: &Pubkey) -> u64 {
    x.chain
        .svm
        .get_account(key)
        .map_or(0, |account| account.lamports)
}

/// No oracle: what a quote token may have.
pub fn no_oracle() -> OracleChoice {
    OracleChoice::default()
}
