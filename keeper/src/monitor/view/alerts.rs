//! What asks for attention, in words.

use super::{Body, Insurance, Market, Oracle, Totals, Usable};
use crate::monitor::figures::{age, compact, percent, share_bps, short};
use serde::Serialize;

/// A share of a cap from which it is told, and from which it presses.
const NEAR_CAP_BPS: (i64, i64) = (8_000, 9_500);
/// A share of one account on a side from which it is told.
const CONCENTRATED_BPS: i64 = 5_000;
/// Accounts on a side below which one account's share says nothing.
const CROWD: usize = 3;
/// A share of a queue's places from which it is told, and from which it presses: full, nothing trades.
const NEAR_FULL_BPS: (i64, i64) = (5_000, 8_000);
/// Seconds that a fill, or funding, may wait before it is told.
const WAITS: i64 = 60;
const FUNDING_WAITS: i64 = 600;

/// How pressing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Somebody has to act: money is at stake.
    Critical,
    /// Somebody should look.
    Warning,
    /// Worth knowing.
    Notice,
}

impl Level {
    /// In words.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Critical => "CRITICAL",
            Self::Warning => "WARNING",
            Self::Notice => "notice",
        }
    }
}

/// Something that asks for attention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alert {
    /// How pressing it is.
    pub level: Level,
    /// What it is.
    pub text: String,
}

/// Collects them.
struct Alerts(Vec<Alert>);

impl Alerts {
    fn add(&mut self, level: Level, text: String) {
        self.0.push(Alert { level, text });
    }

    /// Adds one where a share has reached the lower of two marks.
    fn share(&mut self, (told, pressing): (i64, i64), bps: i64, text: impl FnOnce() -> String) {
        if bps >= told {
            let level = if bps >= pressing {
                Level::Critical
            } else {
                Level::Warning
            };
            self.add(level, text());
        }
    }
}

/// `1 account`, `2 accounts`.
fn count(number: usize, of: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {of}{plural}")
}

impl Alert {
    pub(super) fn of(body: &Body) -> Vec<Self> {
        let mut alerts = Alerts(Vec::new());
        let money = |atoms: i128| {
            format!(
                "{} {}",
                compact(atoms, body.quote.decimals, 12),
                body.quote.name
            )
        };
        of_accounts(&mut alerts, &body.totals);
        of_insurance(&mut alerts, &body.insurance, money);
        body.oracles
            .iter()
            .for_each(|oracle| of_oracle(&mut alerts, oracle));
        body.markets
            .iter()
            .for_each(|market| of_market(&mut alerts, market));
        of_vaults(&mut alerts, &body.totals);
        of_holders(&mut alerts, body);
        // Stable: what is equally pressing stays in the order of the parts.
        alerts.0.sort_by_key(|alert| alert.level);
        alerts.0
    }
}

fn of_accounts(alerts: &mut Alerts, totals: &Totals) {
    let failing = totals.failing - totals.in_default;
    if totals.in_default > 0 {
        alerts.add(
            Level::Critical,
            format!("{} in default", count(totals.in_default, "account")),
        );
    }
    if totals.unknown > 0 {
        alerts.add(
            Level::Critical,
            format!(
                "{} that the engine cannot judge",
                count(totals.unknown, "account")
            ),
        );
    }
    if failing > 0 {
        alerts.add(
            Level::Critical,
            format!("{} below maintenance margin", count(failing, "account")),
        );
    }
    if totals.in_liquidation > 0 {
        alerts.add(
            Level::Warning,
            format!("{} in liquidation", count(totals.in_liquidation, "account")),
        );
    }
    if !totals.paused.is_empty() {
        alerts.add(
            Level::Warning,
            format!("paused: {}", totals.paused.join(", ")),
        );
    }
}

fn of_insurance(alerts: &mut Alerts, insurance: &Insurance, money: impl Fn(i128) -> String) {
    if insurance.uncovered > 0 {
        let (missing, of) = (money(insurance.uncovered), money(insurance.negative_equity));
        alerts.add(
            Level::Critical,
            format!("{missing} of {of} negative equity is beyond the fund or its cap of today"),
        );
    }
    if !insurance.opened {
        alerts.add(
            Level::Notice,
            "the backstop was not opened: nobody takes defaults over".into(),
        );
    } else if insurance.daily_cap > 0 && insurance.cap_left == 0 {
        alerts.add(
            Level::Warning,
            "the backstop may lose nothing more today".into(),
        );
    }
    if insurance.backstop_positions > 0 {
        let positions = count(insurance.backstop_positions.into(), "position");
        alerts.add(
            Level::Warning,
            format!("the backstop holds {positions} for sale"),
        );
    }
    if insurance.backstop_equity < insurance.backstop_margin {
        alerts.add(
            Level::Critical,
            "the backstop is below its own maintenance margin".into(),
        );
    }
}

fn of_oracle(alerts: &mut Alerts, oracle: &Oracle) {
    let name = &oracle.name;
    let because = || {
        let mut reasons = Vec::new();
        if oracle.age > i64::from(oracle.max_age_initial) {
            reasons.push(format!("{} old", age(oracle.age)));
        }
        if oracle.wide {
            reasons.push(format!("uncertain by {}", percent(oracle.confidence_bps)));
        }
        if oracle.divergent {
            reasons.push(format!(
                "{} from its average",
                percent(oracle.divergence_bps)
            ));
        }
        reasons.join(", ")
    };
    match oracle.usable {
        Usable::Silent => alerts.add(
            Level::Critical,
            format!(
                "the price of {name} is {}: nothing changes hands at it",
                because()
            ),
        ),
        Usable::Liquidating => alerts.add(
            Level::Warning,
            format!("the price of {name} is {}: no risk can be added", because()),
        ),
        Usable::NeverPriced => alerts.add(Level::Warning, format!("{name} never had a price")),
        Usable::AddingRisk | Usable::NoOracle => {}
    }
    if let Some(why) = &oracle.source_problem {
        alerts.add(
            Level::Warning,
            format!("the price account of {name}: {why}"),
        );
    }
}

fn of_market(alerts: &mut Alerts, market: &Market) {
    let name = &market.name;
    if !market.known {
        alerts.add(
            Level::Critical,
            format!("the account of {name} is not known: it is missing, or was not understood"),
        );
        return;
    }
    alerts.share(NEAR_CAP_BPS, market.used_bps, || {
        format!(
            "{name} has used {} of its cap of open interest",
            percent(market.used_bps)
        )
    });
    let [used, room] = [market.queue_used, market.queue_room].map(|places| places as i128);
    alerts.share(NEAR_FULL_BPS, share_bps(used, room).unwrap_or(0), || {
        format!("{used} of {room} places of the queue of {name} are in use")
    });
    if let Some(seconds) = market.oldest_seconds.filter(|seconds| *seconds >= WAITS) {
        alerts.add(
            Level::Warning,
            format!("a fill in {name} waits for {} to be settled", age(seconds)),
        );
    }
    if let Some(seconds) = market
        .funding_due_seconds
        .filter(|seconds| *seconds >= FUNDING_WAITS)
    {
        alerts.add(
            Level::Warning,
            format!("funding of {name} is due for {}", age(seconds)),
        );
    }
    if market.behind > 0 {
        alerts.add(
            Level::Notice,
            format!("{name} was deleveraged, and some accounts have not caught up"),
        );
    }
    if market.mode != "active" {
        alerts.add(Level::Notice, format!("{name} is in mode {}", market.mode));
    }
}

fn of_vaults(alerts: &mut Alerts, totals: &Totals) {
    for vault in &totals.vaults {
        let name = &vault.name;
        if vault.cap > 0 {
            alerts.share((NEAR_CAP_BPS.0, i64::MAX), vault.used_bps, || {
                format!(
                    "deposits of {name} have used {} of their cap",
                    percent(vault.used_bps)
                )
            });
        }
        if vault.weight_bps < vault.weight_full_bps {
            let (now, full) = (percent(vault.weight_bps), percent(vault.weight_full_bps));
            alerts.add(
                Level::Notice,
                format!("so much {name} is deposited that it counts by {now} instead of {full}"),
            );
        }
        if vault.may_leave == Some(0) {
            alerts.add(Level::Warning, format!("no more {name} may leave for now"));
        }
    }
}

fn of_holders(alerts: &mut Alerts, body: &Body) {
    for exposure in &body.exposure {
        for (side, holders) in [("long", &exposure.long), ("short", &exposure.short)] {
            let largest = holders
                .largest
                .first()
                .filter(|_| holders.accounts >= CROWD);
            if let Some(holder) = largest.filter(|holder| holder.share_bps >= CONCENTRATED_BPS) {
                let (who, share) = (short(&holder.account), percent(holder.share_bps));
                alerts.add(
                    Level::Notice,
                    format!("{who} has {share} of what is {side} of {}", exposure.name),
                );
            }
        }
    }
}
