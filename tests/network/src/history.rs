//! What the chain says that somebody did: every transaction that a key has paid for, with its log.

use anchor_lang::prelude::Pubkey;
use counterweight::events::{
    CollateralLiquidated, DefaultResolved, Deleveraged, Liquidated, SliceLiquidated,
};
use counterweight_link::Link;
use counterweight_sdk::events;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Signatures that a node gives in one answer.
const A_PAGE: usize = 1_000;

/// A takeover, as its event tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Takeover {
    /// From whom.
    pub account: Pubkey,
    /// The account's sequence after it: no two takeovers have the same.
    pub sequence: u64,
    /// Who took it over.
    pub liquidator: Pubkey,
    /// What the liquidator was paid.
    pub reward: i64,
    /// Equity and maintenance margin of the account before.
    pub before: (i64, i64),
}

/// All transactions that a key has paid for.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Those that were carried out.
    pub done: usize,
    /// Those that were put into a block and refused there.
    pub failed: usize,
    /// Of those that were carried out, the ones that took something over, or resolved a default.
    pub liquidating: usize,
    /// What was taken over.
    pub takeovers: Vec<Takeover>,
    /// Accounts that the backstop took over.
    pub resolved: Vec<Pubkey>,
    /// Positions that were closed against the other side.
    pub deleveraged: usize,
}

/// Everything that a key has paid for on a network.
///
/// # Panics
/// If the network does not tell.
pub async fn of(link: &Link, payer: &Pubkey) -> History {
    let mut history = History::default();
    for signature in signatures(link, payer).await {
        let config = json!([signature, {"encoding": "json", "maxSupportedTransactionVersion": 0, "commitment": "confirmed"}]);
        let found = link
            .call("getTransaction", config)
            .await
            .expect("a transaction");
        let meta = found.get("meta").expect("what became of it");
        if meta.get("err").is_some_and(|error| !error.is_null()) {
            history.failed += 1;
            continue;
        }
        let lines = meta
            .get("logMessages")
            .and_then(Value::as_array)
            .expect("its log");
        let logs: Vec<String> = lines
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        history.add(&logs);
    }
    history
}

async fn signatures(link: &Link, payer: &Pubkey) -> Vec<String> {
    let (mut all, mut seen, mut before): (Vec<String>, BTreeSet<String>, Value) =
        Default::default();
    loop {
        let mut config = json!({"limit": A_PAGE, "commitment": "confirmed"});
        if !before.is_null() {
            config["before"] = before;
        }
        let page = link
            .call(
                "getSignaturesForAddress",
                json!([payer.to_string(), config]),
            )
            .await;
        let page = page.expect("signatures");
        let rows = page.as_array().expect("a list");
        let names: Vec<String> = rows
            .iter()
            .filter_map(|row| row.get("signature")?.as_str().map(str::to_owned))
            .collect();
        let fresh: Vec<String> = names
            .into_iter()
            .filter(|name| seen.insert(name.clone()))
            .collect();
        let Some(last) = fresh.last() else {
            return all;
        };
        before = json!(last);
        let short = rows.len() < A_PAGE;
        all.extend(fresh);
        if short {
            return all;
        }
    }
}

impl History {
    fn add(&mut self, logs: &[String]) {
        self.done += 1;
        let before = (self.takeovers.len(), self.resolved.len(), self.deleveraged);
        for event in events::of_type::<Liquidated>(logs) {
            self.takeovers.push(Takeover {
                account: event.account,
                sequence: event.sequence,
                liquidator: event.liquidator,
                reward: event.penalty - event.insurance,
                before: (event.equity[0], event.maintenance_margin[0]),
            });
        }
        for SliceLiquidated { legs, outcome } in events::of_type::<SliceLiquidated>(logs) {
            self.takeovers.push(Takeover {
                account: outcome.account,
                sequence: outcome.sequence,
                liquidator: outcome.liquidator,
                reward: legs.iter().map(|leg| leg.penalty - leg.insurance).sum(),
                before: (outcome.equity[0], outcome.maintenance_margin[0]),
            });
        }
        // What collateral brings is in its price, not in cash: no reward is counted of it.
        for event in events::of_type::<CollateralLiquidated>(logs) {
            self.takeovers.push(Takeover {
                account: event.account,
                sequence: event.sequence,
                liquidator: event.liquidator,
                reward: 0,
                before: (event.equity[0], 0),
            });
        }
        let resolved = events::of_type::<DefaultResolved>(logs);
        self.resolved
            .extend(resolved.iter().map(|event| event.account));
        self.deleveraged += events::of_type::<Deleveraged>(logs).len();
        let after = (self.takeovers.len(), self.resolved.len(), self.deleveraged);
        self.liquidating += usize::from(before != after);
    }

    /// The accounts that something was taken over from, or that were resolved.
    pub fn victims(&self) -> BTreeSet<Pubkey> {
        let taken = self.takeovers.iter().map(|takeover| takeover.account);
        taken.chain(self.resolved.iter().copied()).collect()
    }
}
