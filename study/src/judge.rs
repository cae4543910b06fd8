//! What the engine says of a book at the beginning of an hour, and what is left of it at the end.

use crate::{
    books::Template,
    clearing::{Clearing, DOLLAR, market_of},
    model::ASSETS,
};
use counterweight_risk::{
    AccountView, Balance, Health, Lots, Position, Price, QuoteAtoms,
    account::{MODEL_PORTFOLIO, MODEL_STANDARD},
    standard::{Gains, initial, maintenance},
};

/// Models of margin, and what they are called.
pub const MODELS: [(u8, &str); 2] = [(MODEL_STANDARD, "Standard"), (MODEL_PORTFOLIO, "Portfolio")];

/// What a book's hour came to, in dollars.
#[derive(Clone, Copy, Debug, Default)]
pub struct Verdict {
    /// Maintenance margin by model, without and with volatility.
    pub maintenance: [[f64; 2]; 2],
    /// Initial margin in the same way.
    pub initial: [[f64; 2]; 2],
    /// What the hour cost, closed at what contracts are worth; negative where it gained.
    pub loss: f64,
    /// The same if contracts had been valued at what they are worth before too: with the change of bases alone.
    pub loss_if_marked: f64,
    /// What all contracts are worth.
    pub gross: f64,
}

/// A book as the engine knows it.
struct Account {
    positions: Vec<Position>,
    balances: Vec<Balance>,
}

impl Account {
    /// At the prices of an hour: a position is entered at the index.
    fn of(template: &Template, clearing: &Clearing) -> Self {
        let positions = template.legs.iter().map(|leg| {
            let price = clearing.assets[leg.asset + 1].index;
            let lots = (leg.dollars * DOLLAR / atoms(price)).round();
            Position {
                market: market_of(leg.asset, leg.contract),
                asset: leg.asset as u16 + 1,
                lots: Lots(lots as i64),
                quote: QuoteAtoms(-(lots * atoms(price)).round() as i64),
                ..Position::default()
            }
        });
        let balances = template.collateral.iter().map(|(asset, dollars)| {
            let row = &clearing.assets[asset + 1];
            let lots = dollars * DOLLAR / atoms(row.index);
            Balance {
                atoms: (lots * row.atoms_per_lot as f64).round() as u64,
                asset: *asset as u16 + 1,
                ..Balance::default()
            }
        });
        Self {
            positions: positions.collect(),
            balances: balances.collect(),
        }
    }

    fn view(&self, model: u8) -> AccountView<'_> {
        AccountView {
            cash: QuoteAtoms::ZERO,
            interest: 0,
            balances: &self.balances,
            positions: &self.positions,
            model,
        }
    }

    fn keeping(&self, clearing: &Clearing, model: u8, follows: bool, now: i64) -> Health {
        maintenance(&clearing.book(follows), &self.view(model), now).expect("judged")
    }

    fn adding(&self, clearing: &Clearing, model: u8, follows: bool, now: i64) -> Health {
        let (book, view) = (clearing.book(follows), self.view(model));
        initial(&book, &view, now, u32::MAX, Gains::Weighted).expect("judged")
    }
}

/// Quote atoms of a lot.
fn atoms(price: Price) -> f64 {
    price.0 as f64 / f64::from(1u32 << 16)
}

/// Two moments of a clearinghouse, an hour apart, and what contracts are worth beside the index at the second.
#[derive(Clone, Copy, Debug)]
pub struct Hour<'a> {
    /// The first moment.
    pub before: &'a Clearing,
    /// The second.
    pub after: &'a Clearing,
    /// Bases of perpetual and future at both.
    pub bases: [&'a [[f64; 2]; ASSETS]; 2],
    /// The time of both.
    pub times: [i64; 2],
}

impl Hour<'_> {
    /// What the engine requires at the beginning, and what closing the book at the end costs: the engine's own equity at
    /// both, less the basis at which contracts are really closed.
    pub fn judge(&self, template: &Template) -> Verdict {
        let account = Account::of(template, self.before);
        let [from, to] = self.times;
        let mut verdict = Verdict::default();
        let mut start = Health::default();
        for (m, (model, _)) in MODELS.iter().enumerate() {
            for (f, follows) in [false, true].into_iter().enumerate() {
                start = account.keeping(self.before, *model, follows, from);
                verdict.maintenance[m][f] = start.requirement.0 as f64 / DOLLAR;
                let adding = account.adding(self.before, *model, follows, from);
                verdict.initial[m][f] = adding.requirement.0 as f64 / DOLLAR;
            }
        }
        self.close(&account, &start, to, &mut verdict);
        verdict
    }

    fn close(&self, account: &Account, start: &Health, to: i64, verdict: &mut Verdict) {
        let end = account.keeping(self.after, MODEL_STANDARD, false, to);
        let mut beside = [0.0; 2];
        for position in &account.positions {
            let (asset, lots) = (usize::from(position.asset), position.lots.0 as f64);
            let contract = usize::from(position.market) % crate::clearing::CONTRACTS;
            for (at, clearing) in [self.before, self.after].into_iter().enumerate() {
                let worth = lots * atoms(clearing.assets[asset].index);
                beside[at] += worth * self.bases[at][asset - 1][contract];
            }
            let worth = lots * atoms(self.before.assets[asset].index);
            verdict.gross += worth.abs() / DOLLAR;
        }
        let by_index = (start.equity.0 - end.equity.0) as f64;
        verdict.loss = (by_index - beside[1]) / DOLLAR;
        verdict.loss_if_marked = (by_index - beside[1] + beside[0]) / DOLLAR;
    }
}
