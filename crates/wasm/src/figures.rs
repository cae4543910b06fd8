//! What a scenario is asked.

use crate::{
    accounts::Margin,
    refusal::{Numbered, Result},
    scenario::Scenario,
};
use counterweight_risk::{
    Position,
    standard::{Gains, initial, maintenance},
    whatif::{self, Edges},
};

/// How an account stands, in quote atoms: the figures of the `margin_view` instruction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Equity by the rules of maintenance.
    pub equity: i64,
    /// The account may be liquidated where equity is below.
    pub maintenance_margin: i64,
    /// Equity by the rules of adding risk.
    pub initial_equity: i64,
    /// Risk may be added while initial equity is at least this.
    pub initial_margin: i64,
    /// Initial equity less initial margin.
    pub free_collateral: i64,
    /// Whether prices allow adding risk; without it the initial figures are zero.
    pub can_add_risk: bool,
    /// Unix seconds since when the account is in liquidation; 0 for not.
    pub liquidation_start: i64,
    /// The account's change counter, as it was read.
    pub sequence: u64,
}

/// What one holding does to the figures of an account: each is the figure with it less the figure without it, all else
/// equal. Quote atoms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Of equity, by the rules of maintenance.
    pub equity: i64,
    /// Of the maintenance margin; negative for a hedge that saves margin.
    pub maintenance_margin: i64,
    /// Of equity, by the rules of adding risk.
    pub initial_equity: i64,
    /// Of the initial margin.
    pub initial_margin: i64,
}

/// A position, or a collateral, with its share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The market of a position; none for a collateral.
    pub market: Option<u16>,
    /// The collateral, or the underlying.
    pub asset: u16,
    /// Signed lots of a position, deleveraging applied; token atoms of a collateral.
    pub size: i64,
    /// What it does to the figures. The initial ones are zero while prices do not allow adding risk.
    pub share: Share,
}

impl Scenario {
    /// The figures of the `margin_view` instruction.
    ///
    /// # Errors
    /// Those of the engine.
    pub fn view(&self) -> Result<View> {
        self.view_of(&self.margin)
    }

    fn view_of(&self, margin: &Margin) -> Result<View> {
        let (book, account) = (self.tables.book(), margin.view());
        let health = maintenance(&book, &account, self.now).numbered()?;
        let mut view = View {
            equity: health.equity.0,
            maintenance_margin: health.requirement.0,
            liquidation_start: margin.header.core.liquidation_start,
            sequence: margin.header.sequence,
            ..View::default()
        };
        if let Ok(health) = initial(&book, &account, self.now, u32::MAX, Gains::Weighted) {
            view.initial_equity = health.equity.0;
            view.initial_margin = health.requirement.0;
            view.free_collateral = health.free().numbered()?.0;
            view.can_add_risk = true;
        }
        Ok(view)
    }

    /// Equity / maintenance margin in basis points, rounded down; none without a requirement.
    ///
    /// # Errors
    /// As [`Scenario::view`].
    pub fn ratio_bps(&self) -> Result<Option<i64>> {
        let view = self.view()?;
        let (equity, margin) = (i128::from(view.equity), i128::from(view.maintenance_margin));
        let ratio =
            |margin| i64::try_from((equity * 10_000).div_euclid(margin)).unwrap_or(i64::MAX);
        Ok((margin > 0).then(|| ratio(margin)))
    }

    /// Where the account would be liquidated, for each asset that it is exposed to; empty where it already fails.
    ///
    /// # Errors
    /// As [`Scenario::view`].
    pub fn liquidation_prices(&self) -> Result<Vec<Edges>> {
        let health = maintenance(&self.tables.book(), &self.margin.view(), self.now).numbered()?;
        if !health.is_met() {
            return Ok(Vec::new());
        }
        let exposures = self.margin.exposures().into_iter();
        exposures.map(|asset| self.edges(asset)).collect()
    }

    /// Where the account would be liquidated if the price of one asset moved alone.
    ///
    /// # Errors
    /// As [`Scenario::view`].
    pub fn edges(&self, asset: u16) -> Result<Edges> {
        let (mut assets, mut markets) = (self.tables.assets.clone(), self.tables.markets.clone());
        let (params, account) = (&self.tables.header.params, self.margin.view());
        whatif::edges(params, &mut assets, &mut markets, &account, asset, self.now).numbered()
    }

    /// Whether initial margin is met at usable prices: what adding risk asks for.
    pub fn meets_initial(&self) -> bool {
        let (book, view) = (self.tables.book(), self.margin.view());
        initial(&book, &view, self.now, u32::MAX, Gains::Weighted)
            .is_ok_and(|health| health.is_met())
    }

    /// The most atoms of an asset that the account may give up now: what is settled and matured, and leaves initial
    /// margin met without any unrealised gain. The vault's own limit is not part of it.
    pub fn withdrawable(&self, asset: u16) -> u64 {
        let core = &self.margin.header.core;
        let held = if asset == 0 {
            u64::try_from(core.cash.0).unwrap_or(0)
        } else {
            core.balance(asset)
        };
        let allowed = |atoms: u64| {
            let mut after = self.clone();
            let taken = atoms == 0 || after.debit(asset, atoms).is_ok();
            let (book, view) = (after.tables.book(), after.margin.view());
            let health = initial(&book, &view, self.now, u32::MAX, Gains::Ignored);
            taken && health.is_ok_and(|health| health.is_met())
        };
        Self::largest(held, allowed)
    }

    /// Every position and every collateral with what it does to the figures.
    ///
    /// # Errors
    /// As [`Scenario::view`].
    pub fn parts(&self) -> Result<Vec<Part>> {
        let whole = self.view()?;
        let book = self.tables.book();
        let mut parts = Vec::new();
        for (at, position) in self.margin.positions().iter().enumerate() {
            let row = book.market(position.market).numbered()?;
            parts.push(Part {
                market: Some(position.market),
                asset: position.asset,
                size: self.margin.view().lots(position.market, row).0,
                share: self.share(&whole, &without_position(&self.margin, at))?,
            });
        }
        for (at, held) in self.margin.header.core.balances.iter().enumerate() {
            if held.atoms == 0 {
                continue;
            }
            let mut without = self.margin.clone();
            without.header.core.balances[at].atoms = 0;
            parts.push(Part {
                market: None,
                asset: held.asset,
                size: i64::try_from(held.atoms).unwrap_or(i64::MAX),
                share: self.share(&whole, &without)?,
            });
        }
        Ok(parts)
    }

    fn share(&self, whole: &View, without: &Margin) -> Result<Share> {
        let rest = self.view_of(without)?;
        let mut share = Share {
            equity: whole.equity.saturating_sub(rest.equity),
            maintenance_margin: whole
                .maintenance_margin
                .saturating_sub(rest.maintenance_margin),
            ..Share::default()
        };
        // Without the holding whose price stops it the rest may have figures: the difference would mean nothing.
        if whole.can_add_risk && rest.can_add_risk {
            share.initial_equity = whole.initial_equity.saturating_sub(rest.initial_equity);
            share.initial_margin = whole.initial_margin.saturating_sub(rest.initial_margin);
        }
        Ok(share)
    }
}

fn without_position(margin: &Margin, at: usize) -> Margin {
    let mut rest = margin.clone();
    rest.slots.remove(at);
    rest.slots.push(Position::default());
    rest.header.core.position_count -= 1;
    rest
}
