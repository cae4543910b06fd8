//! Every account of every instruction, replaced by every account that does not belong there: the
//! call is refused with a proper error and nothing changes, or it stands in a short list with the
//! reason why it may succeed.
//!
//! Generated from the IDL: a new instruction is covered as soon as it has a recipe for a valid call,
//! and fails here until it has one.

use anchor_lang::{
    prelude::{Pubkey, system_program},
    solana_program::instruction::Instruction,
};
use counterweight::error::ErrorCode;
use counterweight_simnet::{Account as ChainAccount, Failure, Receipt};
use counterweight_tests::hostile::{
    IdlInstruction,
    allowed::{ALLOWED, Account, PASSING_OVER},
    idl,
    substitutions::{Class, Substitution, mixtures, substitutions},
    world::{Side, World},
};
use std::collections::{BTreeMap, BTreeSet};

fn accounts(instruction: &IdlInstruction, call: &Instruction) -> Vec<Account> {
    assert_eq!(
        call.data[..8],
        instruction.discriminator,
        "the recipe of `{}` calls another instruction",
        instruction.name
    );
    call.accounts
        .iter()
        .enumerate()
        .map(|(at, meta)| match instruction.accounts.get(at) {
            Some(named) => {
                let flags = (meta.is_writable, meta.is_signer);
                let place = format!("{} of {}", named.name, instruction.name);
                assert_eq!(flags, (named.writable, named.signer), "{place}");
                Account {
                    name: named.name.clone(),
                    only_signs: named.signer && !named.writable,
                    further: 0,
                }
            }
            None => Account {
                name: format!("further {}", at - instruction.accounts.len()),
                only_signs: false,
                further: at,
            },
        })
        .collect()
}

/// Most compute units that any call may take, refused or not.
const MAX_UNITS: u64 = 200_000;

/// What a crash leaves in the log, as against a refusal.
const CRASHES: [&str; 5] = [
    "panicked",
    "access violation",
    "stack",
    "failed to complete",
    "exceeded cus",
];

fn check_log(units: u64, logs: &[String]) -> Result<(), String> {
    let log = logs.join("\n").to_lowercase();
    if let Some(crash) = CRASHES.iter().find(|crash| log.contains(**crash)) {
        return Err(format!("`{crash}` in the log:\n{}", logs.join("\n")));
    }
    if units >= MAX_UNITS {
        return Err(format!("{units} compute units"));
    }
    Ok(())
}

/// Whether the call was refused as it should be: by an error of this program or of one that it
/// called, not by the runtime that had to stop it.
fn check_refusal(failure: &Failure, account: &Account) -> Result<(), String> {
    check_log(failure.units, &failure.logs)?;
    let error = format!("{:?}", failure.error);
    // Instruction 0 sets the compute limit.
    let error = error
        .strip_prefix("InstructionError(1, ")
        .and_then(|rest| rest.strip_suffix(')'))
        .ok_or_else(|| failure.to_string())?;
    let refused_by = failure.logs.iter().find_map(|line| {
        let (program, _) = line.strip_prefix("Program ")?.split_once(" failed: ")?;
        program.parse::<Pubkey>().ok()
    });
    let proper = error.starts_with("Custom(")
        || refused_by.is_some_and(|program| program != counterweight::ID)
        // Not the bytes of a mint or token account; a payer or new account that cannot be written.
        || matches!(error, "InvalidAccountData" | "PrivilegeEscalation")
        // An account that gives a part of the new address is in use while the payer pays.
        || account.name == "payer" && error == "AccountBorrowFailed";
    if proper {
        Ok(())
    } else {
        Err(failure.to_string())
    }
}

#[derive(Default)]
struct Tally {
    accounts: usize,
    most_units: u64,
    classes: BTreeMap<Class, usize>,
    allowed: usize,
    passed_over: usize,
    used: BTreeSet<(usize, &'static str)>,
    findings: Vec<String>,
}

impl Tally {
    /// Tries a substitution on the world, and leaves the world as it was.
    fn attempt(
        &mut self,
        world: &mut World,
        instruction: &str,
        account: &Account,
        mut substitution: Substitution,
    ) {
        *self.classes.entry(substitution.class).or_default() += 1;
        let label = &substitution.label;
        let place = format!(
            "{instruction}, {} := {label} ({:?})",
            account.name, substitution.class
        );
        let placed = substitution.place.take().map(|(key, made)| {
            let before = world.account(&key);
            world.place(key, Some(made));
            (key, before)
        });
        let call = substitution.call;
        match world.send(call.clone()) {
            Ok(receipt) => {
                let outcome = check_log(receipt.units, &receipt.logs)
                    .and_then(|()| world.reconcile(true))
                    .and_then(|()| self.judge(world, instruction, account, label, call));
                self.note(&place, outcome);
                world.restore();
            }
            Err(failure) => {
                self.most_units = self.most_units.max(failure.units);
                self.note(&place, check_refusal(&failure, account));
                let changes = world.changes();
                if !changes.is_empty() {
                    let outcome = Err(format!("refused, but changed {changes:?}"));
                    self.note(&place, outcome);
                    world.restore();
                }
            }
        }
        if let Some((key, before)) = placed {
            world.place(key, before);
        }
    }

    /// Whether the call may succeed: it is allowed to, or does what it does without the account.
    fn judge(
        &mut self,
        world: &mut World,
        instruction: &str,
        account: &Account,
        label: &str,
        mut call: Instruction,
    ) -> Result<(), String> {
        if account.further > 0 && PASSING_OVER.contains(&instruction) {
            self.passed_over += 1;
            world.restore();
            let with = world.effect(call.clone());
            call.accounts.remove(account.further);
            let without = world.effect(call);
            return if with.unwrap_or_default() == without.map_err(|f| f.to_string())? {
                Ok(())
            } else {
                Err("does something else than without the account".into())
            };
        }
        let found = ALLOWED
            .iter()
            .enumerate()
            .find_map(|(at, allowed)| Some((at, allowed.matches(instruction, account, label)?)));
        self.allowed += 1;
        self.used.insert(found.ok_or("succeeds")?);
        Ok(())
    }

    fn note(&mut self, place: &str, outcome: Result<(), String>) {
        if let Err(why) = outcome {
            self.findings.push(format!("{place}: {why}"));
        }
    }
}

/// The call as it is succeeds on each side, and both clearinghouses balance afterwards.
fn assert_valid(world: &mut World, name: &str, call: &Instruction) {
    let receipt: Receipt = world
        .send(call.clone())
        .unwrap_or_else(|failure| panic!("the valid call of `{name}` fails: {failure}"));
    check_log(receipt.units, &receipt.logs).unwrap_or_else(|why| panic!("`{name}`: {why}"));
    assert!(
        !world.changes().is_empty() || ["margin_view", "greeks_view", "audit"].contains(&name),
        "the valid call of `{name}` does nothing"
    );
    world
        .reconcile(false)
        .unwrap_or_else(|sums| panic!("`{name}`: {sums}"));
    world.restore();
    assert!(world.changes().is_empty());
}

#[test]
fn every_account_that_does_not_belong_is_refused_and_changes_nothing() {
    let mut world = World::new();
    let mut tally = Tally::default();
    let instructions = idl();
    assert!(instructions.len() >= 43, "the IDL was not understood");
    for instruction in &instructions {
        let name = &instruction.name;
        let call = world.call(Side::A, name);
        let other = world.call(Side::B, name);
        assert_valid(&mut world, name, &call);
        assert_valid(&mut world, name, &other);

        let accounts = accounts(instruction, &call);
        for (position, account) in accounts.iter().enumerate() {
            for substitution in substitutions(&world, &call, position) {
                tally.attempt(&mut world, name, account, substitution);
            }
        }
        let several = Account {
            name: "several accounts".into(),
            only_signs: false,
            further: 0,
        };
        for mixture in mixtures(&call, &other) {
            tally.attempt(&mut world, name, &several, mixture);
        }
        tally.accounts += accounts.len();
    }

    let total: usize = tally.classes.values().sum();
    println!(
        "{} instructions, {} accounts, {total} substitutions, {} of them allowed, {} passed over; a \
         refusal takes at most {} compute units",
        instructions.len(),
        tally.accounts,
        tally.allowed,
        tally.passed_over,
        tally.most_units
    );
    for (class, count) in &tally.classes {
        println!("  {count:5}  {class:?}");
    }
    for (at, allowed) in ALLOWED.iter().enumerate() {
        for by in allowed.by {
            if !tally.used.contains(&(at, *by)) {
                let (instruction, account) = (allowed.instruction, allowed.account);
                tally.findings.push(format!(
                    "{instruction}, {account} := {by} is allowed (\"{}\") but never succeeds",
                    allowed.because
                ));
            }
        }
    }
    assert!(
        tally.findings.is_empty(),
        "{} findings:\n{}",
        tally.findings.len(),
        tally.findings.join("\n")
    );
}

#[test]
fn an_address_that_somebody_sent_lamports_to_can_still_be_created() {
    let mut world = World::new();
    let mut created = 0;
    for instruction in idl() {
        let call = world.call(Side::A, &instruction.name);
        for meta in &call.accounts {
            if world.account(&meta.pubkey).is_some() {
                continue;
            }
            for lamports in [1, 1_000_000_000] {
                let sent = ChainAccount {
                    lamports,
                    owner: system_program::ID,
                    ..ChainAccount::default()
                };
                world.place(meta.pubkey, Some(sent));
                if let Err(failure) = world.send(call.clone()) {
                    panic!("{lamports} lamports stop `{}`: {failure}", instruction.name);
                }
                world.restore();
            }
            world.place(meta.pubkey, None);
            created += 1;
        }
    }
    assert!(created >= 6, "only {created} accounts are created");
}

/// A call that has been made: the same again is refused, and changes nothing.
#[test]
fn what_comes_of_defaults_comes_once() {
    let mut world = World::new();
    for (name, again) in [
        ("open_backstop", None),
        ("resolve_default", Some(ErrorCode::NotInDefault)),
        ("catch_up", Some(ErrorCode::NothingToSettle)),
        ("sweep_dust", Some(ErrorCode::NothingToSettle)),
    ] {
        let call = world.call(Side::A, name);
        world.send(call.clone()).expect("the valid call");
        let stands: Vec<_> = contents(&mut world, &call);
        let failure = world.send(call.clone()).expect_err(name);
        assert!(again.is_none_or(|code| failure.is(code)), "{failure}");
        assert_eq!(contents(&mut world, &call), stands);
        world.restore();
    }
}

fn contents(world: &mut World, call: &Instruction) -> Vec<Vec<u8>> {
    let keys = call.accounts.iter().map(|meta| meta.pubkey);
    keys.map(|key| world.a.chain.data(&key)).collect()
}

/// Two accounts of a call that have changed places, which no single replacement makes of it.
#[test]
fn accounts_of_a_default_that_have_changed_places_are_refused() {
    let mut world = World::new();
    for name in [
        "open_backstop",
        "resolve_default",
        "deleverage",
        "deleverage_backstop",
        "catch_up",
        "sweep_dust",
    ] {
        let call = world.call(Side::A, name);
        for second in 1..call.accounts.len() {
            for first in 0..second {
                let mut swapped = call.clone();
                let (one, other) = (&call.accounts[first], &call.accounts[second]);
                swapped.accounts[first].pubkey = other.pubkey;
                swapped.accounts[second].pubkey = one.pubkey;
                let place = format!("{name}, {first} and {second}");
                let failure = world.send(swapped).expect_err(&place);
                check_log(failure.units, &failure.logs).expect(&place);
                assert!(world.changes().is_empty(), "{place}");
            }
        }
    }
}

/// The markets behind a takeover: whatever else is passed, in front, behind or twice, does nothing, and
/// no other market will do for one that is missing.
#[test]
fn what_else_is_passed_behind_a_takeover_does_nothing() {
    let mut world = World::new();
    let call = world.call(Side::A, "resolve_default");
    let other = world.call(Side::B, "resolve_default");
    let effect = world.effect(call.clone()).expect("the valid call");
    let market = call.accounts.last().expect("a market").clone();
    let foreign = other.accounts.last().expect("a market").clone();
    let named = || call.accounts.iter().chain(&other.accounts);
    for added in named().filter(|meta| !meta.is_signer) {
        let mut wider = call.clone();
        wider.accounts.insert(4, added.clone());
        wider.accounts.push(added.clone());
        wider.accounts.push(market.clone());
        assert_eq!(world.effect(wider).expect("does no harm"), effect);
    }
    for missing in [vec![], vec![foreign.clone()], vec![foreign; 2]] {
        let mut narrower = call.clone();
        narrower.accounts.truncate(4);
        narrower.accounts.extend(missing);
        let failure = world.send(narrower).expect_err("no market");
        assert!(failure.is(ErrorCode::WrongMarket), "{failure}");
        assert!(world.changes().is_empty());
    }
}
