//! Values that cannot be meant, each with a sentence that says what is allowed and why.

use super::Config;
use std::net::SocketAddr;

/// The sentences for what is wrong.
pub(super) fn problems(config: &Config) -> Vec<String> {
    let mut found = Problems(Vec::new());
    clearinghouse(config, &mut found);
    money(config, &mut found);
    sending(config, &mut found);
    duties(config, &mut found);
    found.0
}

struct Problems(Vec<String>);

impl Problems {
    fn require(&mut self, holds: bool, sentence: impl FnOnce() -> String) {
        if !holds {
            self.0.push(sentence());
        }
    }

    fn within(&mut self, name: &str, value: impl Into<i128>, low: i128, high: i128, why: &str) {
        let value = value.into();
        self.require((low..=high).contains(&value), || {
            format!("{name} is {value}: set {low} to {high}, {why}")
        });
    }
}

fn clearinghouse(config: &Config, found: &mut Problems) {
    found.require(config.clearinghouse.address.0.is_some(), || {
        "clearinghouse.address is empty: write the address of the clearinghouse".into()
    });
    let cluster = &config.cluster;
    found.require(
        cluster.http.starts_with("http://") || cluster.http.starts_with("https://"),
        || {
            format!(
                "cluster.http is \"{}\": write an address that begins with http:// or https://",
                cluster.http
            )
        },
    );
    let ws = cluster.ws.is_empty()
        || cluster.ws.starts_with("ws://")
        || cluster.ws.starts_with("wss://");
    found.require(ws, || {
        format!(
            "cluster.ws is \"{}\": write an address that begins with ws:// or wss://, or nothing",
            cluster.ws
        )
    });
    found.within(
        "cluster.timeout_ms",
        cluster.timeout_ms,
        100,
        120_000,
        "in which a node can answer",
    );
    found.within(
        "cluster.quiet_ms",
        cluster.quiet_ms,
        1_000,
        60_000,
        "slots come several times a second",
    );
    found.within(
        "cluster.verify_seconds",
        cluster.verify_seconds,
        1,
        3_600,
        "it asks for all sequences",
    );
    found.within(
        "cluster.max_lag_ms",
        cluster.max_lag_ms,
        1_000,
        300_000,
        "the chain's clock comes twice a second",
    );
    let listen = &config.server.listen;
    let loopback = listen
        .parse::<SocketAddr>()
        .is_ok_and(|at| at.ip().is_loopback());
    found.require(loopback, || {
        format!("server.listen is \"{listen}\": write a loopback address with a port, as 127.0.0.1:9464; nobody else may read what a keeper does")
    });
    found.require(!config.log.filter.is_empty(), || {
        "log.filter is empty: write a level, as info".into()
    });
}

fn money(config: &Config, found: &mut Problems) {
    let account = &config.account;
    found.within(
        "account.keep_free_bps",
        account.keep_free_bps,
        0,
        100_000,
        "basis points of the initial margin",
    );
    found.within(
        "account.max_leverage_bps",
        account.max_leverage_bps,
        1,
        1_000_000,
        "10,000 is as much as its equity",
    );
    found.within(
        "account.margin_pause_seconds",
        account.margin_pause_seconds,
        1,
        86_400,
        "or it would ask again and again",
    );
    let costs = &config.costs;
    found.within(
        "costs.sol_price_atoms",
        costs.sol_price_atoms,
        1,
        1 << 50,
        "quote atoms of one SOL",
    );
    found.within(
        "costs.hedge_bps",
        costs.hedge_bps,
        0,
        5_000,
        "basis points of the value",
    );
    for (asset, bps) in &costs.hedge {
        found.within(
            &format!("costs.hedge.{asset}"),
            *bps,
            0,
            5_000,
            "basis points of the value",
        );
    }
    let fees = &config.fees;
    found.within(
        "fees.percentile",
        fees.percentile,
        0,
        100,
        "100 is the highest bid",
    );
    found.require(fees.ceiling >= fees.floor, || {
        format!(
            "fees.ceiling is {}: set at least fees.floor, which is {}",
            fees.ceiling, fees.floor
        )
    });
    found.within(
        "fees.ceiling",
        fees.ceiling,
        0,
        100_000_000,
        "micro-lamports a unit; that is 0.14 SOL for a full transaction",
    );
    found.within(
        "fees.refresh_ms",
        fees.refresh_ms,
        200,
        600_000,
        "or the node is asked all the time",
    );
    found.within(
        "fees.escalation_bps",
        fees.escalation_bps,
        0,
        100_000,
        "10,000 doubles the bid",
    );
}

fn sending(config: &Config, found: &mut Problems) {
    let send = &config.send;
    let most = i128::try_from(send.max_in_flight).unwrap_or(i128::MAX);
    found.within("send.max_in_flight", most, 1, 256, "transactions at a time");
    found.within(
        "send.valid_seconds",
        send.valid_seconds,
        1,
        60,
        "a blockhash lives for about a minute",
    );
    found.within(
        "send.settle_ms",
        send.settle_ms,
        500,
        300_000,
        "a change is seen within seconds of its confirmation",
    );
    let backoff = &config.backoff;
    found.within(
        "backoff.base_ms",
        backoff.base_ms,
        1,
        60_000,
        "the first wait",
    );
    found.require(backoff.max_ms >= backoff.base_ms, || {
        format!(
            "backoff.max_ms is {}: set at least backoff.base_ms, which is {}",
            backoff.max_ms, backoff.base_ms
        )
    });
    found.within(
        "backoff.max_ms",
        backoff.max_ms,
        1,
        3_600_000,
        "the longest wait",
    );
    found.within(
        "backoff.patience_ms",
        backoff.patience_ms,
        0,
        600_000,
        "work that earns nothing still has to be done",
    );
    found.within(
        "tables.every_seconds",
        config.tables.every_seconds,
        1,
        86_400,
        "assets and markets are rarely added",
    );
}

fn duties(config: &Config, found: &mut Problems) {
    let duties = &config.duties;
    let prices = &duties.prices;
    found.within(
        "duties.prices.every_ms",
        prices.every_ms,
        0,
        600_000,
        "milliseconds",
    );
    found.within(
        "duties.prices.max_age_seconds",
        prices.max_age_seconds,
        1,
        300,
        "beyond, no asset's price can be used for adding risk",
    );
    found.within(
        "duties.prices.deviation_bps",
        prices.deviation_bps,
        0,
        10_000,
        "basis points of the recorded price",
    );
    let most = i128::try_from(prices.max_assets).unwrap_or(i128::MAX);
    found.within(
        "duties.prices.max_assets",
        most,
        1,
        20,
        "more do not fit a transaction",
    );
    for (asset, address) in &prices.accounts {
        found.require(address.0.is_some(), || {
            format!("duties.prices.accounts.{asset} is empty: write the address of its price account, or leave it out")
        });
    }
    found.within(
        "duties.arrays.every_seconds",
        duties.arrays.every_seconds,
        1,
        3_600,
        "an array may be refused after the age of a price for liquidation",
    );
    let options = i128::try_from(duties.arrays.max_options).unwrap_or(i128::MAX);
    found.within(
        "duties.arrays.max_options",
        options,
        1,
        100,
        "more do not fit the compute units of a transaction",
    );
    let liquidations = &duties.liquidations;
    let takes = i128::try_from(liquidations.max_takes).unwrap_or(i128::MAX);
    found.within(
        "duties.liquidations.max_takes",
        takes,
        1,
        8,
        "takeovers in one transaction",
    );
    found.within(
        "duties.liquidations.slippage_bps",
        liquidations.slippage_bps,
        0,
        10_000,
        "basis points of the price",
    );
    found.within(
        "duties.liquidations.competition_horizon_seconds",
        liquidations.competition_horizon_seconds,
        0,
        86_400,
        "an auction lasts no longer",
    );
    found.within(
        "duties.liquidations.scan_seconds",
        liquidations.scan_seconds,
        1,
        3_600,
        "prices grow old and interest accrues",
    );
    found.within(
        "duties.defaults.every_seconds",
        duties.defaults.every_seconds,
        1,
        86_400,
        "seconds",
    );
    found.within(
        "duties.triggers.follow_bps",
        duties.triggers.follow_bps,
        0,
        10_000,
        "basis points of the index",
    );
    let makers = i128::try_from(duties.triggers.max_makers).unwrap_or(i128::MAX);
    found.within(
        "duties.triggers.max_makers",
        makers,
        0,
        8,
        "more do not fit a transaction",
    );
    found.within(
        "duties.fills.every_seconds",
        duties.fills.every_seconds,
        1,
        86_400,
        "seconds",
    );
    let waiting = i128::try_from(duties.fills.max_waiting).unwrap_or(i128::MAX);
    found.within(
        "duties.fills.max_waiting",
        waiting,
        1,
        128,
        "a queue has 128 places, and a full one stops trading",
    );
    found.within(
        "duties.funding.every_seconds",
        duties.funding.every_seconds,
        1,
        86_400,
        "seconds",
    );
    found.within(
        "duties.pruning.every_seconds",
        duties.pruning.every_seconds,
        1,
        86_400,
        "seconds",
    );
    let orders = i128::try_from(duties.pruning.min_orders).unwrap_or(i128::MAX);
    found.within(
        "duties.pruning.min_orders",
        orders,
        1,
        512,
        "an account has at most 512 orders",
    );
    found.within(
        "duties.sweeps.every_seconds",
        duties.sweeps.every_seconds,
        1,
        86_400,
        "seconds",
    );
    found.within(
        "duties.settlement.every_seconds",
        duties.settlement.every_seconds,
        1,
        86_400,
        "seconds",
    );
}
