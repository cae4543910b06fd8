//! What stands behind accounts that cannot pay: the insurance fund, what it may lose on this day, and what cash below
//! zero pays into it (docs/risk.md, sections 7 and 9).

use super::Scene;
use crate::monitor::figures::{share_bps, text};
use counterweight::state::RECORDED;
use counterweight_risk::{Health, QuoteAtoms, Ratio, Result, standard::maintenance};
use counterweight_sdk::accounts::Margin;
use serde::Serialize;

/// Interest on negative cash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Lending {
    /// What all accounts owe, each as it was counted last, quote atoms.
    #[serde(serialize_with = "text")]
    pub debt: u64,
    /// What of the vault's due is missing by that, in basis points, rounded up.
    pub missing_bps: i64,
    /// What a debt without surcharge pays a year, in basis points, rounded down.
    pub yearly_bps: i64,
}

/// The insurance fund against what it may have to bear. All amounts are quote atoms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Insurance {
    /// Whether the backstop was opened: without, nobody takes accounts over.
    pub opened: bool,
    /// Equity of the backstop at the prices that are recorded, as a call upon it would judge it.
    #[serde(serialize_with = "text")]
    pub backstop_equity: i64,
    /// Its maintenance margin.
    #[serde(serialize_with = "text")]
    pub backstop_margin: i64,
    /// Its positions: what it has taken over and not sold yet.
    pub backstop_positions: u16,
    /// What came in and moves into the backstop with the next call upon it.
    #[serde(serialize_with = "text")]
    pub collected: i64,
    /// Shares of penalties in the markets, until they are collected.
    #[serde(serialize_with = "text")]
    pub in_markets: i128,
    /// Interest that has left accounts' cash and was not swept.
    #[serde(serialize_with = "text")]
    pub payable: i128,
    /// All of it together.
    #[serde(serialize_with = "text")]
    pub fund: i128,
    /// Accounts with negative equity, the backstop aside.
    pub negative_accounts: usize,
    /// The sum of their negative equities, positive.
    #[serde(serialize_with = "text")]
    pub negative_equity: i128,
    /// `fund` / `negative_equity` in basis points, rounded down; null where no equity is negative.
    pub coverage_bps: Option<i64>,
    /// What the backstop may lose in a day.
    #[serde(serialize_with = "text")]
    pub daily_cap: u64,
    /// What its equity may fall to on this day.
    #[serde(serialize_with = "text")]
    pub floor: i64,
    /// What it may still lose on this day: its equity with what a call brings in, above the floor.
    #[serde(serialize_with = "text")]
    pub cap_left: i64,
    /// What of the negative equities nobody bears today but the other side of the markets, or nobody: what exceeds
    /// the cap that is left, or the fund.
    #[serde(serialize_with = "text")]
    pub uncovered: i128,
    /// Interest on negative cash.
    pub lending: Lending,
}

/// What the backstop is worth to a call at `now`, with its interest charged, as `Clearinghouse::call_backstop` does.
fn called(scene: &Scene, margin: &Margin) -> Result<Health> {
    let mut margin = margin.clone();
    margin
        .header
        .core
        .accrue(&scene.tables.header.params.moment(scene.now))?;
    maintenance(&scene.tables.book(), &margin.view(), RECORDED)
}

impl Insurance {
    pub(super) fn of(scene: &Scene) -> Self {
        let state = scene.state;
        let collected = state.clearinghouse().map_or(0, |house| house.insurance);
        let mut found = Self {
            collected,
            in_markets: state
                .markets()
                .map(|(_, book)| i128::from(book.header.insurance))
                .sum(),
            payable: scene.sums.payable,
            daily_cap: scene.tables.header.params.backstop_daily_loss,
            lending: Lending::of(scene),
            ..Self::default()
        };
        if let Some(backstop) = state.backstop() {
            found.judge(scene, &backstop);
        }
        found.fund = i128::from(found.backstop_equity)
            + i128::from(collected)
            + found.in_markets
            + found.payable;
        let broke = scene
            .standings
            .iter()
            .filter(|s| !s.backstop && s.health.equity.0 < 0);
        let sizes = broke.map(|standing| i128::from(standing.health.equity.0.unsigned_abs()));
        (found.negative_accounts, found.negative_equity) =
            sizes.fold((0, 0), |(n, sum), size| (n + 1, sum + size));
        found.coverage_bps = share_bps(found.fund, found.negative_equity);
        let bearable = found.fund.min(found.cap_left.into()).max(0);
        found.uncovered = (found.negative_equity - bearable).max(0);
        found
    }

    fn judge(&mut self, scene: &Scene, backstop: &Margin) {
        self.opened = true;
        self.backstop_positions = backstop.header.core.position_count;
        let Ok(health) = called(scene, backstop) else {
            return;
        };
        (self.backstop_equity, self.backstop_margin) = (health.equity.0, health.requirement.0);
        // The reference of a day is the equity when it is first called upon, and what comes in counts on top.
        let mut reference = backstop.header.reference.on(scene.now, health.equity);
        if reference.add(QuoteAtoms(self.collected)).is_err() {
            return;
        }
        self.floor = reference.floor(self.daily_cap).0;
        let equity = health.equity.0.saturating_add(self.collected);
        self.cap_left = equity.saturating_sub(self.floor).max(0);
    }
}

impl Lending {
    fn of(scene: &Scene) -> Self {
        let interest = &scene.tables.header.params.interest;
        // 16.48 fixed point a second.
        let yearly = i128::from(interest.rate) * 31_536_000 * 10_000;
        Self {
            debt: interest.debt,
            missing_bps: interest.utilisation().map_or(0, bps_up),
            yearly_bps: i64::try_from(yearly >> 48).unwrap_or(i64::MAX),
        }
    }
}

/// A ratio in basis points, rounded up.
fn bps_up(ratio: Ratio) -> i64 {
    i64::try_from((u64::from(ratio.0) * 10_000).div_ceil(1 << 20)).unwrap_or(i64::MAX)
}
