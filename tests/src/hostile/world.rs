//! The world that hostile calls act on: two clearinghouses on one chain, governed by the same keys,
//! with the same traders, and everything that somebody could prepare to pass instead.

use super::{
    idl,
    population::{
        deployment, fall, fill_books, hand_over, margins, own_entries, person, populate, prepare,
        prepare_impostors, shared_entries,
    },
    recipes::recipe,
};
use anchor_lang::{
    prelude::{AccountMeta, Pubkey, pubkey},
    solana_program::instruction::Instruction,
};
use counterweight_risk::market::MODE_SETTLEMENT;
use counterweight_simnet::{Account, Chain, Exchange, Failure, Receipt, Signer, Start, reconcile};
use litesvm::LiteSVM;
use std::collections::BTreeSet;

/// Which clearinghouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The one that calls are made for.
    A,
    /// The other one.
    B,
}

/// What an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A clearinghouse.
    Clearinghouse,
    /// A risk book.
    RiskBook,
    /// The custody of a mint.
    Custody,
    /// A market.
    Market,
    /// A margin account.
    Margin,
    /// The trigger orders of one.
    Triggers,
    /// A mint.
    Mint,
    /// A token account; vaults are.
    Token,
    /// A price account.
    Price,
    /// A key of somebody: system-owned, empty.
    Wallet,
    /// A program.
    Program,
    /// An address without an account.
    Unused,
}

/// An account that can be passed to an instruction.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its address.
    pub key: Pubkey,
    /// What people call it.
    pub label: String,
    /// What it is.
    pub kind: Kind,
    /// The clearinghouse it belongs to, where it belongs to one.
    pub side: Option<Side>,
}

/// Accounts that a call changed, as they are afterwards.
pub type Effect = Vec<(Pubkey, Option<Account>)>;

/// Two clearinghouses on one chain.
pub struct World {
    /// The clearinghouse that calls are made for; it has the chain.
    pub a: Exchange,
    b: Exchange,
    /// Everything that can be passed.
    pub entries: Vec<Entry>,
    base: LiteSVM,
}

impl World {
    /// The world, the same every time.
    ///
    /// # Panics
    /// If the program refuses any of the preparations, or an instruction has no recipe.
    pub fn new() -> Self {
        let mut a = Exchange::new(deployment(), Start::default());
        populate(&mut a);
        // While one has the chain, the other has an empty one.
        let spare = Chain::start(Start::default());
        let chain = std::mem::replace(&mut a.chain, spare);
        let mut b = Exchange::on(chain, deployment(), "authority of B");
        populate(&mut b);
        std::mem::swap(&mut a.chain, &mut b.chain);

        fall(&mut a);
        fill_books(&mut a);
        let base = a.chain.svm.clone();
        let mut world = Self {
            a,
            b,
            entries: Vec::new(),
            base,
        };
        world.with_b(|b| {
            b.refresh(&[1, 2, 3]).expect("refresh_prices");
            fill_books(b);
            hand_over(b);
            prepare_impostors(b);
        });
        hand_over(&mut world.a);
        prepare_impostors(&mut world.a);
        prepare(&mut world.a);
        world.inventory();
        world.base = world.a.chain.svm.clone();
        world
    }

    /// Acts on the other clearinghouse.
    fn with_b<R>(&mut self, act: impl FnOnce(&mut Exchange) -> R) -> R {
        std::mem::swap(&mut self.a.chain, &mut self.b.chain);
        let result = act(&mut self.b);
        std::mem::swap(&mut self.a.chain, &mut self.b.chain);
        result
    }

    /// The valid call of an instruction.
    ///
    /// # Panics
    /// If nobody wrote a recipe for it.
    pub fn call(&mut self, side: Side, name: &str) -> Instruction {
        let made = match side {
            Side::A => recipe(&self.a, side, name),
            Side::B => self.with_b(|b| recipe(b, side, name)),
        };
        made.unwrap_or_else(|| {
            panic!(
                "`{name}` is in the IDL but has no recipe: add one to tests/src/hostile/recipes.rs"
            )
        })
    }

    /// The entry of an address.
    pub fn entry(&self, key: &Pubkey) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == *key)
    }

    /// An account as it stands.
    pub fn account(&self, key: &Pubkey) -> Option<Account> {
        self.base.get_account(key)
    }

    /// Puts an account in place, as part of the world; `None` removes it.
    ///
    /// # Panics
    /// If the virtual machine refuses it.
    pub fn place(&mut self, key: Pubkey, account: Option<Account>) {
        let account = account.unwrap_or_default();
        for svm in [&mut self.base, &mut self.a.chain.svm] {
            svm.set_account(key, account.clone()).expect("set account");
        }
    }

    /// Runs a call for good. Nobody's signature is verified: whoever is named as a signer has signed.
    ///
    /// # Errors
    /// The refusal.
    pub fn send(&mut self, call: Instruction) -> Result<Receipt, Box<Failure>> {
        self.a.chain.send(&[call], &[])
    }

    /// Puts everything back.
    pub fn restore(&mut self) {
        self.a.chain.svm = self.base.clone();
    }

    /// Every account of the chain that is not what it was, but for who pays fees and the blockhash.
    pub fn changes(&self) -> Vec<Pubkey> {
        let payer = self.a.chain.payer().pubkey();
        let (before, after) = (self.base.accounts_db(), self.a.chain.svm.accounts_db());
        let keys: BTreeSet<_> = before.inner.keys().chain(after.inner.keys()).collect();
        keys.into_iter()
            .filter(|key| **key != payer && **key != RECENT_BLOCKHASHES)
            .filter(|key| before.inner.get(*key) != after.inner.get(*key))
            .copied()
            .collect()
    }

    /// What a call does: every account that it changes, as it is then. The world stays as it was.
    ///
    /// # Errors
    /// The refusal.
    pub fn effect(&mut self, call: Instruction) -> Result<Effect, Box<Failure>> {
        let sent = self.send(call);
        let keys = self.changes();
        let accounts = keys
            .into_iter()
            .map(|key| (key, self.a.chain.svm.get_account(&key)))
            // The virtual machine writes a program back as it was, but for its rent epoch.
            .filter(|(_, account)| !account.as_ref().is_some_and(|account| account.executable))
            .collect();
        self.restore();
        sent.map(|_| accounts)
    }

    /// Whether both clearinghouses hold what they owe: to the atom, or at least where `surplus` may
    /// be, because somebody may always send tokens to a vault.
    ///
    /// # Errors
    /// The figures that do not balance.
    pub fn reconcile(&mut self, surplus: bool) -> Result<(), String> {
        let judge = |x: &mut Exchange| judge(x, surplus);
        judge(&mut self.a)?;
        self.with_b(judge)
    }

    fn inventory(&mut self) {
        for (side, name) in [(Side::A, "A"), (Side::B, "B")] {
            let own = match side {
                Side::A => own_entries(&self.a),
                Side::B => self.with_b(|b| own_entries(b)),
            };
            self.entries
                .extend(own.into_iter().map(|(kind, key, label)| Entry {
                    key,
                    kind,
                    label: format!("{name}.{label}"),
                    side: Some(side),
                }));
        }
        let mut shared = shared_entries(&self.a);
        shared.push((Kind::Unused, person("nothing"), "an unused address".into()));
        self.entries
            .extend(shared.into_iter().map(|(kind, key, label)| Entry {
                key,
                kind,
                label,
                side: None,
            }));
        // What the recipes create.
        for instruction in idl() {
            for (side, name) in [(Side::A, "A"), (Side::B, "B")] {
                let call = self.call(side, &instruction.name);
                for (AccountMeta { pubkey, .. }, account) in
                    call.accounts.iter().zip(&instruction.accounts)
                {
                    if self.entry(pubkey).is_none() {
                        self.entries.push(Entry {
                            key: *pubkey,
                            label: format!("{name}.new {}", account.name),
                            kind: Kind::Unused,
                            side: Some(side),
                        });
                    }
                }
            }
        }
        for entry in &self.entries {
            let there = self.a.chain.svm.get_account(&entry.key).is_some();
            assert_eq!(there, entry.kind != Kind::Unused, "{}", entry.label);
        }
    }
}

fn judge(x: &Exchange, surplus: bool) -> Result<(), String> {
    let accounts: Vec<_> = margins(x)
        .map(|(_, key)| key)
        .filter(|key| !x.chain.data(key).is_empty())
        .collect();
    let mut sums = reconcile(x, &accounts);
    // In settlement each account closes by itself: lots that are left without another side are worth
    // the settlement price, and nothing else.
    let tables = x.tables();
    for (lots, row) in sums.lots.iter_mut().zip(&tables.markets) {
        if row.mode == MODE_SETTLEMENT {
            sums.positions += *lots * i128::from(row.settlement_price);
            *lots = 0;
        }
    }
    let solvent = sums.difference() >= 0
        && sums.collateral.values().all(|surplus| *surplus >= 0)
        && sums.lots.iter().all(|lots| *lots == 0);
    if sums.balances() || surplus && solvent {
        Ok(())
    } else {
        Err(format!("{sums:?}"))
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

const RECENT_BLOCKHASHES: Pubkey = pubkey!("SysvarRecentB1ockHashes11111111111111111111");
