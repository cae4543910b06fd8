//! A clearinghouse with its cast: who has an account, how each stands at every step, and what was
//! liquidated.

use crate::{
    maker::Quoted,
    options::{self, Desk},
    path::{FALLS, Tick},
    tape::Tape,
};
use counterweight::{GreeksView, MarginView};
use counterweight_risk::{Health, QuoteAtoms, liquidation::is_liquidatable};
use counterweight_sdk::{
    accounts::{Margin, RiskTables},
    preview,
};
use counterweight_simnet::{
    Deployment, Exchange, Failure, Reconciliation, Start, Trader, reconcile,
};

/// Seconds from one funding to the next: the deployment's hour would leave three in the crash.
pub const FUNDING_SECONDS: u32 = 1_200;
/// Quote atoms that roundings of funding may come to in all, a tenth of a cent.
const ROUNDINGS: i128 = 1_000;

/// Somebody with a margin account.
pub struct Actor {
    /// What tables call the account.
    pub name: &'static str,
    /// A sentence on who it is.
    pub role: String,
    /// Key and account.
    pub trader: Trader,
}

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Initial margin is met.
    Healthy,
    /// Maintenance margin is met, initial margin is not, or a price does not allow adding risk.
    ReduceOnly,
    /// Below maintenance margin, or not yet restored to the buffer.
    InLiquidation,
    /// No position.
    Flat,
    /// No position any more: they were liquidated.
    Closed,
}

impl State {
    /// As tables write it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::ReduceOnly => "reduce only",
            Self::InLiquidation => "in liquidation",
            Self::Flat => "no positions",
            Self::Closed => "closed",
        }
    }
}

/// How an account stands.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Equity by the rules of maintenance, quote atoms.
    pub equity: i64,
    /// Maintenance margin, quote atoms.
    pub maintenance: i64,
    /// What it may do.
    pub state: State,
}

impl Standing {
    /// Equity over maintenance margin; none where nothing is required.
    pub fn ratio(&self) -> Option<f64> {
        (self.maintenance > 0).then(|| self.equity as f64 / self.maintenance as f64)
    }
}

/// All accounts at a moment of a step.
pub struct Sample {
    /// The step.
    pub step: usize,
    /// 0 when prices have moved, 1 when the keeper has liquidated, 2 at the end of the step.
    pub phase: usize,
    /// In the order of the actors.
    pub standings: Vec<Standing>,
    /// How each account moves with prices, volatility and time, in the same order.
    pub greeks: Vec<GreeksView>,
}

/// A liquidation that happened.
#[derive(Clone, Debug)]
pub struct Seizure {
    /// The step.
    pub step: usize,
    /// Index of the actor.
    pub actor: usize,
    /// Index of the market.
    pub market: usize,
    /// Lots that the keeper received, signed.
    pub lots: i64,
    /// Lots that the account had in the market before.
    pub held: i64,
    /// What they were exchanged for, quote atoms, positive.
    pub value: i64,
    /// Penalty that the account paid, quote atoms.
    pub penalty: i64,
    /// The insurance fund's share of it.
    pub insurance: i64,
    /// Margin ratio of the account before and after; none where nothing is required.
    pub ratio: [Option<f64>; 2],
    /// Compute units of the transaction.
    pub units: u64,
}

impl Seizure {
    /// Whether the account kept a part of the position.
    pub fn is_partial(&self) -> bool {
        self.lots.abs() < self.held.abs()
    }
}

/// A clearinghouse and everybody in it.
pub struct House {
    /// What tables call it.
    pub title: &'static str,
    /// The clearinghouse on its chain.
    pub x: Exchange,
    /// The market maker first, the keeper last.
    pub actors: Vec<Actor>,
    /// How they stood.
    pub samples: Vec<Sample>,
    /// What was liquidated, in order.
    pub seizures: Vec<Seizure>,
    /// What the maker has quoted in each market.
    pub quoted: [Option<Quoted>; 3],
    /// The options, where there are any. Their markets come behind the three perpetuals.
    pub desk: Option<Desk>,
    /// What happened on the books.
    pub tape: Tape,
    /// Margin figures of the chain that were compared with the SDK's.
    pub views_compared: usize,
    /// Greeks of the chain that were compared with the SDK's.
    pub greeks_compared: usize,
    /// Times that the books were balanced.
    pub balanced: usize,
}

/// What the program refused, and what was tried.
pub fn refused(what: &str) -> impl Fn(Box<Failure>) -> String {
    let what = what.to_owned();
    move |failure| format!("{what} was refused: {failure}")
}

impl House {
    /// A deployed clearinghouse with only its maker, who deposits so many quote tokens.
    pub fn deploy(title: &'static str, maker_tokens: u64) -> Self {
        let mut deployment = Deployment::localnet();
        for market in &mut deployment.market {
            market.funding[0] = FUNDING_SECONDS;
        }
        let mut x = Exchange::new(deployment, Start::default());
        let maker = Actor {
            name: "maker",
            role: format!("market maker, {} USDC", thousands(maker_tokens as i64)),
            trader: x.funded("maker", maker_tokens),
        };
        Self {
            title,
            x,
            actors: vec![maker],
            samples: Vec::new(),
            seizures: Vec::new(),
            quoted: [None; 3],
            desk: None,
            tape: Tape::default(),
            views_compared: 0,
            greeks_compared: 0,
            balanced: 0,
        }
    }

    /// Adds an actor.
    pub fn admit(&mut self, name: &'static str, role: String, trader: Trader) {
        self.actors.push(Actor { name, role, trader });
    }

    /// The market maker.
    pub fn maker(&self) -> &Actor {
        &self.actors[0]
    }

    /// The keeper: whoever was admitted last.
    pub fn keeper(&self) -> &Actor {
        self.actors.last().expect("a maker at least")
    }

    /// Index of an actor.
    ///
    /// # Errors
    /// Where there is nobody of that name.
    pub fn find(&self, name: &str) -> Result<usize, String> {
        let at = self.actors.iter().position(|actor| actor.name == name);
        at.ok_or_else(|| format!("{}: nobody is named {name}", self.title))
    }

    /// Trades with the maker at what lots are worth, in all markets at once, in one transaction.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn trade_with_maker(&mut self, actor: usize, lots: &[(u16, i64)]) -> Result<(), String> {
        let legs: Vec<_> = lots
            .iter()
            .map(|(market, lots)| options::leg(&self.x, *market, *lots))
            .collect();
        let (first, second) = (&self.actors[actor], &self.actors[0]);
        self.x
            .block_trade(&first.trader, &second.trader, &legs)
            .map_err(refused(&format!("opening the book of {}", first.name)))?;
        Ok(())
    }

    /// Lots in a market that so many dollars (whole, signed) buy at the index.
    pub fn lots_for(&self, market: u16, dollars: i64) -> i64 {
        dollars * 1_000_000 / self.lot_atoms(market)
    }

    /// Quote atoms that a lot of a market is worth at the index.
    pub fn lot_atoms(&self, market: u16) -> i64 {
        let tables = self.x.tables();
        let row = &tables.markets[usize::from(market)];
        (tables.assets[usize::from(row.asset)].index.0 >> 16) as i64
    }

    /// Moves the clock, publishes prices as Pyth would, and refreshes the risk book from them, with what options
    /// are worth at these prices.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn publish(&mut self, seconds: i64, ticks: &[Tick; 3]) -> Result<(), String> {
        self.x.chain.advance(seconds);
        let mut assets = Vec::new();
        for (fall, tick) in FALLS.iter().zip(ticks) {
            let asset = self.x.asset_named(fall.asset);
            self.x
                .publish_with(asset, tick.price, tick.confidence, tick.average);
            assets.push(asset);
        }
        self.x.refresh(&assets).map_err(refused("refresh_prices"))?;
        options::refresh(self)
    }

    /// Asks the chain how every account stands and moves, compares with what the SDK says off the
    /// chain, and keeps the figures.
    ///
    /// # Errors
    /// Where chain and SDK differ.
    pub fn sample(&mut self, step: usize, phase: usize) -> Result<(), String> {
        let tables = self.x.tables();
        let (mut standings, mut greeks) = (Vec::new(), Vec::new());
        for at in 0..self.actors.len() {
            let key = self.actors[at].trader.margin;
            let view = self.x.view(key).map_err(refused("margin_view"))?;
            let margin = self.x.margin(&key);
            let preview = preview::margin_view(&tables, &margin, self.x.chain.time());
            if preview.as_ref() != Ok(&view) {
                let name = self.actors[at].name;
                return Err(format!(
                    "{name}: the chain says {view:?}, the SDK {preview:?}"
                ));
            }
            self.views_compared += 1;
            greeks.push(self.greeks(at, &tables, &margin)?);
            let open = !margin.positions().is_empty();
            standings.push(self.standing(&tables, at, &view, open));
        }
        self.samples.push(Sample {
            step,
            phase,
            standings,
            greeks,
        });
        Ok(())
    }

    /// The greeks of an account as the chain says them, which must be those that the SDK says.
    fn greeks(
        &mut self,
        at: usize,
        tables: &RiskTables,
        margin: &Margin,
    ) -> Result<GreeksView, String> {
        let Actor { name, trader, .. } = &self.actors[at];
        let view = self.x.greeks(trader.margin);
        let view = view.map_err(refused("greeks_view"))?;
        let preview = preview::greeks_view(tables, margin);
        if preview.as_ref() != Ok(&view) {
            return Err(format!(
                "{name}: the chain says {view:?}, the SDK {preview:?}"
            ));
        }
        self.greeks_compared += 1;
        Ok(view)
    }

    fn standing(
        &self,
        tables: &RiskTables,
        actor: usize,
        view: &MarginView,
        open: bool,
    ) -> Standing {
        let seized = || self.seizures.iter().any(|seizure| seizure.actor == actor);
        let state = if !open {
            if seized() { State::Closed } else { State::Flat }
        } else if liquidatable(tables, view) {
            State::InLiquidation
        } else if view.can_add_risk && view.free_collateral >= 0 {
            State::Healthy
        } else {
            State::ReduceOnly
        };
        Standing {
            equity: view.equity,
            maintenance: view.maintenance_margin,
            state,
        }
    }

    /// The last figures of an actor.
    pub fn now(&self, actor: usize) -> Standing {
        self.samples.last().expect("a sample").standings[actor]
    }

    /// Balances the books to the atom, and funding to its roundings: what longs owe, shorts receive.
    ///
    /// # Errors
    /// Where they do not balance.
    pub fn balance(&mut self) -> Result<Reconciliation, String> {
        let keys: Vec<_> = self
            .actors
            .iter()
            .map(|actor| actor.trader.margin)
            .collect();
        let sums = reconcile(&self.x, &keys);
        if !sums.balances() {
            let difference = sums.difference();
            return Err(format!(
                "{}: off by {difference} atoms: {sums:?}",
                self.title
            ));
        }
        let left = sums.residue + self.owed()?;
        if !(0..=ROUNDINGS).contains(&left) {
            return Err(format!("{}: funding is off by {left} atoms", self.title));
        }
        self.balanced += 1;
        Ok(sums)
    }

    /// What all positions owe by funding and have not settled yet, quote atoms.
    ///
    /// # Errors
    /// Where a figure leaves its range.
    pub fn owed(&self) -> Result<i128, String> {
        let tables = self.x.tables();
        let mut sum = 0;
        for actor in &self.actors {
            for position in self.x.margin(&actor.trader.margin).positions() {
                let row = &tables.markets[usize::from(position.market)];
                sum += i128::from(position.owed(row).map_err(|e| format!("{e:?}"))?.0);
            }
        }
        Ok(sum)
    }

    /// Lots that an actor holds in a market.
    pub fn held(&self, actor: usize, market: u16) -> i64 {
        let margin = self.x.margin(&self.actors[actor].trader.margin);
        let position = margin.positions().iter().find(|p| p.market == market);
        position.map_or(0, |position| position.lots.0)
    }

    /// Lots that an actor holds in each of the three perpetuals.
    pub fn lots(&self, actor: usize) -> [i64; 3] {
        [0, 1, 2].map(|market| self.held(actor, market))
    }

    /// What an actor's cash and positions are worth at these prices of all markets (quote atoms per lot, 48.16), funding that is not settled yet taken off, without collateral in other tokens.
    ///
    /// # Errors
    /// Where the figures leave their range.
    pub fn worth(&self, actor: usize, prices: &[u64]) -> Result<i64, String> {
        let margin = self.x.margin(&self.actors[actor].trader.margin);
        let (mut worth, tables) = (margin.header.core.cash, self.x.tables());
        for position in margin.positions() {
            let at = usize::from(position.market);
            let price = counterweight_risk::Price(prices[at]);
            let (value, _) = position
                .worth(&tables.markets[at], price)
                .map_err(|e| format!("{e:?}"))?;
            worth = worth.plus(value).map_err(|e| format!("{e:?}"))?;
        }
        Ok(worth.0)
    }

    /// What an actor's positions have gained since they were opened, per market, as far as they are
    /// still open, without funding.
    ///
    /// # Errors
    /// Where the figures leave their range.
    pub fn gains(&self, actor: usize, prices: &[u64]) -> Result<Vec<i64>, String> {
        let mut gains = vec![0; prices.len()];
        for position in self.x.margin(&self.actors[actor].trader.margin).positions() {
            let at = usize::from(position.market);
            let value = position.lots.value(counterweight_risk::Price(prices[at]));
            let gain = value.and_then(|value| value.plus(position.quote));
            gains[at] = gain.map_err(|e| format!("{e:?}"))?.0;
        }
        Ok(gains)
    }

    /// What a lot of each market is worth, quote atoms, 48.16: its asset's index, or an option's mark.
    pub fn marks(&self) -> Vec<u64> {
        let tables = self.x.tables();
        let mark = |row: &counterweight_risk::Market| {
            if row.is_option() {
                row.array.mark.0
            } else {
                tables.assets[usize::from(row.asset)].index.0
            }
        };
        tables.markets.iter().map(mark).collect()
    }

    /// Dollars a unit of the asset costs, of quote atoms for lots of a market.
    pub fn unit_price(&self, market: usize, atoms: i64, lots: i64) -> f64 {
        let name = &self.x.deployment.market[market].asset;
        let asset = &self.x.deployment.asset[usize::from(self.x.asset_named(name))];
        let units = lots.abs() as f64 * 10f64.powi(i32::from(asset.lot_exponent));
        atoms as f64 / 1e6 / units
    }

    /// A market's name.
    pub fn market_name(&self, market: usize) -> &str {
        &self.x.deployment.market[market].name
    }
}

/// Whether anybody may liquidate the account now.
pub fn liquidatable(tables: &RiskTables, view: &MarginView) -> bool {
    let health = Health {
        equity: QuoteAtoms(view.equity),
        requirement: QuoteAtoms(view.maintenance_margin),
    };
    let buffer = tables.header.params.liquidation_buffer;
    is_liquidatable(view.liquidation_start, &health, buffer)
}

/// A whole number with separators.
pub fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "−" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Quote atoms as dollars and cents.
pub fn dollars(atoms: i64) -> String {
    let cents = (atoms.abs() + 5_000) / 10_000;
    let sign = if atoms < 0 && cents > 0 { "−" } else { "" };
    format!("{sign}{}.{:02}", thousands(cents / 100), cents % 100)
}

/// Quote atoms to the atom.
pub fn exact(atoms: i128) -> String {
    let sign = if atoms < 0 { "−" } else { "" };
    let atoms = atoms.abs();
    format!(
        "{sign}{}.{:06}",
        thousands((atoms / 1_000_000) as i64),
        atoms % 1_000_000
    )
}
