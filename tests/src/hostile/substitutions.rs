//! Everything that an account of a call can be replaced by.

use super::world::{Entry, Kind, World};
use anchor_lang::prelude::{AccountMeta, Pubkey};
use anchor_lang::solana_program::instruction::Instruction;
use counterweight_simnet::Signer;
use counterweight_simnet::{Account, TOKEN_2022, TOKEN_CLASSIC, keypair};

/// What is wrong with a replaced account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The right bytes, owned by a program that could write what it likes into them.
    WrongOwner,
    /// An account of another type.
    WrongType,
    /// An account of the right type, but not this one.
    WrongAddress,
    /// An account of the right type, of the other clearinghouse.
    OtherClearinghouse,
    /// The right account, not writable.
    ReadOnly,
    /// The right account, not signing.
    Unsigned,
    /// Another account of the same call, a second time.
    Duplicate,
    /// An address without data.
    Empty,
    /// Something else where a program should be.
    OtherProgram,
    /// Several accounts at once are those of the other clearinghouse, but not all.
    Mixed,
}

/// A call with one account replaced.
pub struct Substitution {
    /// By what it was replaced.
    pub label: String,
    /// What is wrong with it.
    pub class: Class,
    /// The call.
    pub call: Instruction,
    /// An account to be put in place for it.
    pub place: Option<(Pubkey, Account)>,
}

/// The program that owns what has a wrong owner.
fn foreign_program() -> Pubkey {
    keypair("a program of somebody").pubkey()
}

/// Everything that the account at `position` can be replaced by.
pub fn substitutions(world: &World, call: &Instruction, position: usize) -> Vec<Substitution> {
    let meta = &call.accounts[position];
    let with = |label: String, class: Class, change: &dyn Fn(&mut AccountMeta)| {
        let mut call = call.clone();
        change(&mut call.accounts[position]);
        Substitution {
            label,
            class,
            call,
            place: None,
        }
    };
    let mut all: Vec<_> = world
        .entries
        .iter()
        .filter(|entry| entry.key != meta.pubkey)
        .map(|entry| {
            let class = classify(world, call, position, entry);
            with(entry.label.clone(), class, &|meta| meta.pubkey = entry.key)
        })
        .collect();
    if meta.is_writable {
        all.push(with("read-only".into(), Class::ReadOnly, &|meta| {
            meta.is_writable = false;
        }));
    }
    if meta.is_signer {
        all.push(with("not signed".into(), Class::Unsigned, &|meta| {
            meta.is_signer = false;
        }));
    }
    let there = world.account(&meta.pubkey);
    if there.as_ref().is_some_and(|account| account.executable) {
        return all;
    }

    // The right bytes at the right address, where no other program could put them: the check of the
    // owner has to stand by itself. At an address that is to be created: somebody was there before.
    let elsewhere = keypair("a copy").pubkey();
    let copy = |owner: Pubkey| Account {
        owner,
        lamports: 1_000_000_000,
        rent_epoch: u64::MAX,
        ..there.clone().unwrap_or_default()
    };
    let mut owned = |label: &str, key: Pubkey, owner: Pubkey| {
        let mut made = with(label.into(), Class::WrongOwner, &|meta| meta.pubkey = key);
        made.place = Some((key, copy(owner)));
        all.push(made);
    };
    owned(SAME_KEY, meta.pubkey, foreign_program());
    if let Some(there) = &there {
        owned(
            "a copy, owned by another program",
            elsewhere,
            foreign_program(),
        );
        if there.owner == TOKEN_CLASSIC {
            owned("a copy, owned by token-2022", elsewhere, TOKEN_2022);
        } else {
            owned(
                "a copy, owned by the token program",
                elsewhere,
                TOKEN_CLASSIC,
            );
        }
    }
    all
}

/// The label of the right address under a wrong owner.
pub const SAME_KEY: &str = "the same address, owned by another program";

fn classify(world: &World, call: &Instruction, position: usize, entry: &Entry) -> Class {
    let original = world.entry(&call.accounts[position].pubkey);
    let kind = original.map_or(Kind::Unused, |original| original.kind);
    let side = original.and_then(|original| original.side);
    if kind == Kind::Program {
        Class::OtherProgram
    } else if call.accounts.iter().any(|meta| meta.pubkey == entry.key) {
        Class::Duplicate
    } else if kind == entry.kind && side != entry.side {
        Class::OtherClearinghouse
    } else if kind == entry.kind {
        Class::WrongAddress
    } else if matches!(entry.kind, Kind::Wallet | Kind::Unused) {
        Class::Empty
    } else {
        Class::WrongType
    }
}

/// Every call that has some accounts of one clearinghouse and some of the other, in the places where
/// the valid calls of the two differ.
pub fn mixtures(a: &Instruction, b: &Instruction) -> Vec<Substitution> {
    let differing: Vec<usize> = (0..a.accounts.len())
        .filter(|at| a.accounts[*at].pubkey != b.accounts[*at].pubkey)
        .collect();
    // One account alone is a substitution already.
    (1u32..(1 << differing.len()) - 1)
        .filter(|mask| mask.count_ones() > 1)
        .map(|mask| {
            let mut call = a.clone();
            let mut places = Vec::new();
            for (bit, at) in differing.iter().enumerate() {
                if mask >> bit & 1 == 1 {
                    call.accounts[*at] = b.accounts[*at].clone();
                    places.push(at.to_string());
                }
            }
            Substitution {
                label: format!("the other clearinghouse's at {}", places.join(", ")),
                class: Class::Mixed,
                call,
                place: None,
            }
        })
        .collect()
}
