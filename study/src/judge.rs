//! What the engine says of a book at the beginning of an hour, and what is left of it at the end.

use crate::{
    books::{Options, Template},
    clearing::{CONTRACTS, Clearing, DOLLAR, Written, market_of},
    implied::Implied,
    model::{ASSETS, EXPIRIES},
};
use counterweight_risk::{
    AccountView, Balance, Health, Lots, Market, Position, Price, QuoteAtoms,
    account::{MODEL_PORTFOLIO, MODEL_STANDARD},
    standard::{Gains, initial, maintenance},
};
use std::borrow::Cow;

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
    /// Its options, and the volatility that they are marked at: of which asset, to which end.
    options: Vec<Written>,
    marked: (usize, usize),
}

impl Account {
    fn view(&self, model: u8) -> AccountView<'_> {
        AccountView {
            cash: QuoteAtoms::ZERO,
            interest: 0,
            balances: &self.balances,
            positions: &self.positions,
            model,
        }
    }

    /// All markets, with the account's options behind the others.
    fn markets<'a>(
        &self,
        clearing: &'a Clearing,
        follows: bool,
        implied: &Implied,
        now: i64,
    ) -> Cow<'a, [Market]> {
        let markets = clearing.markets(follows);
        if self.options.is_empty() {
            return Cow::Borrowed(markets);
        }
        let (asset, expiry) = self.marked;
        let options = self.options.iter();
        let options = options.map(|of| clearing.option(follows, of, implied[asset][expiry], now));
        Cow::Owned(markets.iter().copied().chain(options).collect())
    }
}

/// Quote atoms of a lot.
fn atoms(price: Price) -> f64 {
    price.0 as f64 / f64::from(1u32 << 16)
}

/// A position that is worth nothing yet: entered at what a lot is worth.
fn entered(market: usize, asset: usize, lots: f64, price: Price) -> Position {
    let lots = lots.round();
    Position {
        market: market as u16,
        asset: asset as u16 + 1,
        lots: Lots(lots as i64),
        quote: QuoteAtoms(-(lots * atoms(price)).round() as i64),
        ..Position::default()
    }
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
    /// What options are marked at at both.
    pub implied: [&'a Implied; 2],
    /// The time of both.
    pub times: [i64; 2],
}

impl Hour<'_> {
    /// What the engine requires at the beginning, and what closing the book at the end costs: the engine's own equity at
    /// both, less the basis at which contracts are really closed.
    pub fn judge(&self, template: &Template) -> Verdict {
        let account = self.account(template);
        let mut verdict = Verdict::default();
        let mut start = Health::default();
        let (from, clearing) = (self.times[0], self.before);
        for (f, follows) in [false, true].into_iter().enumerate() {
            let markets = account.markets(clearing, follows, self.implied[0], from);
            let book = clearing.book(&markets);
            for (m, (model, _)) in MODELS.iter().enumerate() {
                let view = account.view(*model);
                start = maintenance(&book, &view, from).expect("judged");
                verdict.maintenance[m][f] = start.requirement.0 as f64 / DOLLAR;
                let adding = initial(&book, &view, from, u32::MAX, Gains::Weighted);
                let adding = adding.expect("judged");
                verdict.initial[m][f] = adding.requirement.0 as f64 / DOLLAR;
            }
        }
        self.close(&account, &start, &mut verdict);
        verdict
    }

    /// The book at the prices of the first moment: every position is entered at what it is worth.
    fn account(&self, template: &Template) -> Account {
        let clearing = self.before;
        let index = |asset: usize| clearing.assets[asset + 1].index;
        let linear = template.legs.iter().map(|leg| {
            let (market, price) = (market_of(leg.asset, leg.contract), index(leg.asset));
            let lots = leg.dollars * DOLLAR / atoms(price);
            entered(market.into(), leg.asset, lots, price)
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
        let mut account = Account {
            positions: linear.collect(),
            balances: balances.collect(),
            options: Vec::new(),
            marked: (0, 0),
        };
        if let Some(options) = &template.options {
            self.write(&mut account, options);
        }
        account
    }

    fn write(&self, account: &mut Account, options: &Options) {
        let (asset, clearing, from) = (options.asset, self.before, self.times[0]);
        account.marked = (asset, options.expiry);
        let (volatility, days) = (
            self.implied[0][asset][options.expiry],
            EXPIRIES[options.expiry],
        );
        let deviation = volatility * (days / 365.0).sqrt();
        let index = clearing.assets[asset + 1].index;
        for leg in &options.legs {
            let strike = index.0 as f64 * (leg.strike * deviation).exp();
            let written = Written {
                asset,
                right: leg.right,
                strike: Price(strike.round() as u64),
                expiry: from + (days * 86_400.0) as i64,
            };
            let mark = clearing
                .option(false, &written, volatility, from)
                .array
                .mark;
            let lots = leg.dollars * DOLLAR / atoms(index);
            let market = clearing.markets(false).len() + account.options.len();
            account.positions.push(entered(market, asset, lots, mark));
            account.options.push(written);
        }
    }

    fn close(&self, account: &Account, start: &Health, verdict: &mut Verdict) {
        let to = self.times[1];
        let markets = account.markets(self.after, false, self.implied[1], to);
        let (book, view) = (self.after.book(&markets), account.view(MODEL_STANDARD));
        let end = maintenance(&book, &view, to).expect("judged");
        let mut beside = [0.0; 2];
        for position in &account.positions {
            let (asset, lots) = (usize::from(position.asset), position.lots.0 as f64);
            let worth = lots * atoms(self.before.assets[asset].index);
            verdict.gross += worth.abs() / DOLLAR;
            if usize::from(position.market) >= self.before.markets(false).len() {
                continue;
            }
            let contract = usize::from(position.market) % CONTRACTS;
            for (at, clearing) in [self.before, self.after].into_iter().enumerate() {
                let worth = lots * atoms(clearing.assets[asset].index);
                beside[at] += worth * self.bases[at][asset - 1][contract];
            }
        }
        let by_index = (start.equity.0 - end.equity.0) as f64;
        verdict.loss = (by_index - beside[1]) / DOLLAR;
        verdict.loss_if_marked = (by_index - beside[1] + beside[0]) / DOLLAR;
    }
}
