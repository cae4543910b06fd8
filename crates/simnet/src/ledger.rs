//! The conservation check: what the vaults hold against everything that is owed, to the atom.

use crate::Exchange;
use anchor_lang::prelude::Pubkey;
use counterweight::book::{Entry, queue::FILLED};
use counterweight_risk::{Market, position::owed_since};
use std::collections::BTreeMap;

/// What stands against what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciliation {
    /// Quote atoms in the vault.
    pub vault: i128,
    /// Σ cash.
    pub cash: i128,
    /// Σ position quote.
    pub positions: i128,
    /// What makers receive for the fills in the markets' queues.
    pub queued: i128,
    /// Fees in markets and clearinghouse.
    pub fees: i128,
    /// Insurance in markets and clearinghouse.
    pub insurance: i128,
    /// Roundings in markets and clearinghouse.
    pub residue: i128,
    /// What positions and queued fills owe by funding that is not settled yet.
    pub owed: i128,
    /// Σ lots of each market.
    pub lots: Vec<i128>,
    /// Vault minus Σ balances of each other collateral.
    pub collateral: BTreeMap<u16, i128>,
    /// Vault minus what its custody has recorded, of every collateral.
    pub unrecorded: BTreeMap<u16, i128>,
}

impl Reconciliation {
    /// Vault minus everything that is owed: zero, to the atom.
    pub fn difference(&self) -> i128 {
        let accounts = self.cash + self.positions + self.queued;
        self.vault - accounts - self.fees - self.insurance - self.residue
    }

    /// What is left when all funding is settled: roundings, which every payment makes a little of and
    /// none takes from. Below zero somebody would have been paid what nobody pays.
    pub fn left(&self) -> i128 {
        self.residue + self.owed
    }

    /// Whether everything balances.
    pub fn balances(&self) -> bool {
        self.difference() == 0
            && self.left() >= 0
            && self.lots.iter().all(|lots| *lots == 0)
            && self.collateral.values().all(|surplus| *surplus == 0)
            && self.unrecorded.values().all(|surplus| *surplus == 0)
    }
}

/// What a queued fill owes since it was matched.
fn owed_of(row: &Market, entry: &Entry) -> i64 {
    if entry.kind != FILLED {
        return 0;
    }
    let lots = entry
        .side()
        .signed(entry.lots.unsigned_abs())
        .expect("lots");
    owed_since(row, lots, entry.index).expect("owed").0
}

/// Adds up an exchange over all of its margin accounts; the backstop's comes by itself. Indices are applied by adding what each
/// position owes to the residue side, where settling it would put it.
///
/// # Panics
/// If an account does not decode.
pub fn reconcile(exchange: &Exchange, accounts: &[Pubkey]) -> Reconciliation {
    let tables = exchange.tables();
    let clearinghouse = exchange.clearinghouse();
    let vault = |asset: u16| {
        let key = exchange.venue.vault(&exchange.collateral(asset));
        i128::from(exchange.chain.token_balance(&key))
    };
    let mut sums = Reconciliation {
        vault: vault(0),
        fees: clearinghouse.fees.into(),
        insurance: clearinghouse.insurance.into(),
        residue: clearinghouse.residue.into(),
        lots: vec![0; tables.markets.len()],
        ..Reconciliation::default()
    };
    for collateral in &exchange.collaterals {
        let recorded = i128::from(exchange.custody(collateral.asset).recorded);
        sums.unrecorded
            .insert(collateral.asset, vault(collateral.asset) - recorded);
    }
    for collateral in exchange.collaterals.iter().skip(1) {
        sums.collateral
            .insert(collateral.asset, vault(collateral.asset));
    }
    for index in 0..tables.markets.len() as u16 {
        let market = exchange.market(index);
        sums.fees += i128::from(market.fees);
        sums.insurance += i128::from(market.insurance);
        sums.residue += i128::from(market.residue);
        sums.queued += i128::from(market.pending_quote);
        let row = &tables.markets[usize::from(index)];
        for entry in exchange.order_book(index).queue {
            sums.owed += i128::from(owed_of(row, &entry));
        }
        let lots = &mut sums.lots[usize::from(index)];
        *lots += i128::from(market.pending_long) - i128::from(market.pending_short);
        // Closed by deleveraging, and still written down in accounts that have not caught up.
        *lots -= i128::from(market.unsettled[0]) - i128::from(market.unsettled[1]);
    }
    let backstop = exchange.venue.backstop();
    let opened = (!exchange.chain.data(&backstop).is_empty()).then_some(backstop);
    for key in accounts.iter().chain(&opened) {
        let margin = exchange.margin(key);
        sums.cash += i128::from(margin.header.core.cash.0);
        // Has left the cash, and is the fund's as soon as somebody sweeps it.
        sums.insurance += i128::from(margin.header.core.debt.payable.0);
        for balance in margin.header.core.balances.iter().filter(|b| b.atoms > 0) {
            *sums.collateral.entry(balance.asset).or_default() -= i128::from(balance.atoms);
        }
        for position in margin.positions() {
            let row = &tables.markets[usize::from(position.market)];
            sums.owed += i128::from(position.owed(row).expect("owed").0);
            sums.positions += i128::from(position.quote.0);
            sums.lots[usize::from(position.market)] += i128::from(position.lots.0);
        }
    }
    sums
}
