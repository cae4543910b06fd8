//! What a keeper tells of itself, for Prometheus. All amounts are quote atoms.

use crate::{
    refusal::Lesson,
    strategy::{Expected, Kind},
};
use prometheus::{
    Encoder, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry, TextEncoder, core::Collector,
};

/// What every name begins with.
const PREFIX: &str = "counterweight_keeper_";

/// All metrics.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    /// Margin accounts that are known.
    pub accounts: IntGauge,
    /// Of those, below maintenance margin or flagged.
    pub failing: IntGauge,
    /// Of those, the engine cannot judge.
    pub unknown: IntGauge,
    /// Accounts about which nothing was done in the last round, by reason.
    pub idle: IntGaugeVec,
    /// Jobs by kind, as decided.
    pub decided: IntCounterVec,
    /// Transactions by kind, as sent.
    pub sent: IntCounterVec,
    /// Transactions by kind, as confirmed.
    pub confirmed: IntCounterVec,
    /// Transactions that were refused, by kind, what it teaches, and the program's number.
    pub refused: IntCounterVec,
    /// Transactions that expired, were not sent, or whose fate is unknown, by kind and which.
    pub lost: IntCounterVec,
    /// Transactions on their way.
    pub in_flight: IntGauge,
    /// Confirmed transactions whose change did not come in time.
    pub missed: IntCounter,
    /// Profit of confirmed transactions after all costs. May fall.
    pub profit: IntGauge,
    /// What came into the cash, by kind.
    pub reward: IntCounterVec,
    /// What transactions cost.
    pub fees: IntCounter,
    /// Value that changed hands, by kind.
    pub volume: IntCounterVec,
    /// Milliseconds since the chain's clock came last.
    pub feed_age: IntGauge,
    /// Whether the line stands.
    pub feed_up: IntGauge,
    /// Snapshots after the first.
    pub resyncs: IntGauge,
    /// Changes that had been missed and were found.
    pub mended: IntGauge,
    /// Accounts whose bytes were not understood.
    pub undecoded: IntGauge,
    /// How long a round of decisions takes, seconds.
    pub decision: Histogram,
    /// Equity of the keeper's own account, by its maintenance.
    pub equity: IntGauge,
    /// Equity over maintenance margin, basis points; 0 without a requirement.
    pub ratio: IntGauge,
    /// Initial margin that is free.
    pub free: IntGauge,
    /// Whether takeovers rest because the margin did not suffice.
    pub short: IntGauge,
    /// Lots to trade to be flat, by asset; below zero to sell.
    pub hedge: IntGaugeVec,
    /// Micro-lamports that are bid for a unit.
    pub bid: IntGauge,
}

struct Maker(Registry);

impl Maker {
    fn add<C: Collector + Clone + 'static>(&self, made: prometheus::Result<C>) -> C {
        // Names are constants: that they are good and unique is tested.
        let made = made.expect("a metric with a good name");
        self.0
            .register(Box::new(made.clone()))
            .expect("a metric of its own");
        made
    }

    fn gauge(&self, name: &str, help: &str) -> IntGauge {
        self.add(IntGauge::new(format!("{PREFIX}{name}"), help))
    }

    fn gauges(&self, name: &str, help: &str, label: &str) -> IntGaugeVec {
        self.add(IntGaugeVec::new(
            Opts::new(format!("{PREFIX}{name}"), help),
            &[label],
        ))
    }

    fn counter(&self, name: &str, help: &str) -> IntCounter {
        self.add(IntCounter::new(format!("{PREFIX}{name}"), help))
    }

    fn counters(&self, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
        self.add(IntCounterVec::new(
            Opts::new(format!("{PREFIX}{name}"), help),
            labels,
        ))
    }
}

impl Metrics {
    /// All at zero.
    ///
    /// # Panics
    /// Never: the names are constants.
    pub fn new() -> Self {
        let registry = Registry::new();
        let make = Maker(registry.clone());
        let buckets = vec![
            0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2.0,
        ];
        let decision = HistogramOpts::new(
            format!("{PREFIX}decision_seconds"),
            "how long a round of decisions takes",
        );
        Self {
            accounts: make.gauge("accounts", "margin accounts that are known"),
            failing: make.gauge("failing", "accounts below maintenance margin or flagged"),
            unknown: make.gauge("unknown", "accounts that the engine cannot judge"),
            idle: make.gauges(
                "idle",
                "failing accounts about which nothing was done in the last round",
                "reason",
            ),
            decided: make.counters("decided_total", "jobs that were decided", &["kind"]),
            sent: make.counters("sent_total", "transactions that were sent", &["kind"]),
            confirmed: make.counters(
                "confirmed_total",
                "transactions that were confirmed",
                &["kind"],
            ),
            refused: make.counters(
                "refused_total",
                "transactions that were refused",
                &["kind", "lesson", "code"],
            ),
            lost: make.counters(
                "lost_total",
                "transactions that expired, were not sent, or are unknown",
                &["kind", "fate"],
            ),
            in_flight: make.gauge("in_flight", "transactions on their way"),
            missed: make.counter(
                "missed_total",
                "confirmed transactions whose change did not come in time",
            ),
            profit: make.gauge(
                "profit_atoms",
                "profit after all costs, hedging as configured",
            ),
            reward: make.counters("reward_atoms_total", "what came into the cash", &["kind"]),
            fees: make.counter("fees_atoms_total", "what transactions cost"),
            volume: make.counters("volume_atoms_total", "value that changed hands", &["kind"]),
            feed_age: make.gauge("feed_age_ms", "since the chain's clock came last"),
            feed_up: make.gauge("feed_up", "whether the line stands"),
            resyncs: make.gauge("resyncs", "snapshots after the first"),
            mended: make.gauge("mended", "changes that had been missed and were found"),
            undecoded: make.gauge("undecoded", "accounts whose bytes were not understood"),
            decision: make.add(Histogram::with_opts(decision.buckets(buckets))),
            equity: make.gauge("own_equity_atoms", "equity of the keeper's own account"),
            ratio: make.gauge(
                "own_margin_ratio_bps",
                "equity over maintenance margin; 0 without one",
            ),
            free: make.gauge("own_free_atoms", "initial margin that is free"),
            short: make.gauge(
                "short_of_margin",
                "whether takeovers rest for want of margin",
            ),
            hedge: make.gauges(
                "hedge_lots",
                "lots to trade to be flat; below zero to sell",
                "asset",
            ),
            bid: make.gauge("bid_micro_lamports", "what is bid for a compute unit"),
            registry,
        }
    }

    /// In Prometheus' text format.
    pub fn text(&self) -> String {
        let mut text = Vec::new();
        // Writing to memory does not fail.
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut text);
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Counts a confirmed transaction: what was expected of it, and what it brought.
    pub fn confirm(&self, kind: Kind, expected: &Expected, reward: i64) {
        let name = [kind.name()];
        self.confirmed.with_label_values(&name).inc();
        let whole = |atoms: i64| u64::try_from(atoms).unwrap_or(0);
        self.reward.with_label_values(&name).inc_by(whole(reward));
        self.volume.with_label_values(&name).inc_by(expected.volume);
        self.fees.inc_by(whole(expected.fees));
        let found = Expected {
            reward,
            ..*expected
        };
        self.profit.add(found.profit());
    }

    /// Counts a refusal.
    pub fn refuse(&self, kind: Kind, lesson: Lesson, code: Option<u32>) {
        let code = code.map_or_else(|| "none".to_owned(), |code| code.to_string());
        let labels = [kind.name(), lesson.name(), &code];
        self.refused.with_label_values(&labels).inc();
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_told_in_text() {
        let metrics = Metrics::new();
        let expected = Expected {
            reward: 90,
            hedge: 20,
            fees: 5,
            volume: 1_000,
            ..Expected::default()
        };
        metrics.confirm(Kind::Liquidate, &expected, 100);
        metrics.refuse(Kind::Slice, Lesson::LostRace, Some(6_501));
        let text = metrics.text();
        for line in [
            "counterweight_keeper_profit_atoms 75",
            "counterweight_keeper_reward_atoms_total{kind=\"liquidate\"} 100",
            "counterweight_keeper_refused_total{code=\"6501\",kind=\"slice\",lesson=\"lost_race\"} 1",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
}
