//! How many accounts have which margin ratio.

use crate::{monitor::figures::text, state::State};
use counterweight_fleet::Standing;
use counterweight_risk::backstop::gross_notional;
use serde::Serialize;

/// The ratios, in basis points of maintenance margin, at which a bucket ends and the next begins.
const EDGES_BPS: [u32; 7] = [0, 5_000, 10_000, 11_000, 15_000, 20_000, 50_000];

/// Accounts with a ratio from `from_bps` to below `to_bps`, the backstop aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Bucket {
    /// From this ratio on, in basis points; null for negative equity, and for accounts without a requirement.
    pub from_bps: Option<u32>,
    /// Below this one; null for the last ratios, and for accounts without a requirement.
    pub to_bps: Option<u32>,
    /// Accounts.
    pub accounts: usize,
    /// Σ equity, quote atoms.
    #[serde(serialize_with = "text")]
    pub equity: i128,
    /// Σ maintenance margin, quote atoms.
    #[serde(serialize_with = "text")]
    pub maintenance_margin: i128,
    /// Σ size of positions at the index, quote atoms.
    #[serde(serialize_with = "text")]
    pub notional: i128,
}

impl Bucket {
    const fn new(from_bps: Option<u32>, to_bps: Option<u32>) -> Self {
        Self {
            from_bps,
            to_bps,
            accounts: 0,
            equity: 0,
            maintenance_margin: 0,
            notional: 0,
        }
    }

    /// Whether it is the one of accounts without a requirement.
    pub const fn is_free(&self) -> bool {
        self.from_bps.is_none() && self.to_bps.is_none()
    }
}

/// The buckets, the lowest ratio first, and at the end the accounts that nothing is required of.
fn buckets() -> Vec<Bucket> {
    let mut all = vec![Bucket::new(None, Some(EDGES_BPS[0]))];
    let edges = EDGES_BPS.iter().zip(EDGES_BPS.iter().skip(1));
    all.extend(edges.map(|(from, to)| Bucket::new(Some(*from), Some(*to))));
    all.push(Bucket::new(EDGES_BPS.last().copied(), None));
    all.push(Bucket::new(None, None));
    all
}

/// Which bucket an account is in: ratios are compared by cross-multiplication, so that none lies on the wrong side of
/// an edge. A debt without a requirement is the worst there is.
fn bucket(standing: &Standing) -> usize {
    let health = &standing.health;
    if health.equity.0 < 0 {
        return 0;
    }
    if health.requirement.0 == 0 {
        return EDGES_BPS.len() + 1;
    }
    EDGES_BPS
        .iter()
        .filter(|edge| health.ratio_is_at_least(**edge))
        .count()
}

/// The distribution of what is known. Accounts that the engine cannot judge are in none.
pub fn of(state: &State) -> Vec<Bucket> {
    let (mut all, fleet) = (buckets(), state.fleet());
    let standings = fleet.keys().filter_map(|key| fleet.standing(&key));
    for standing in standings.filter(|standing| !standing.backstop) {
        let size = state.book().zip(fleet.margin(&standing.key));
        let size =
            size.and_then(|(tables, margin)| gross_notional(&tables.book(), &margin.view()).ok());
        let bucket = &mut all[bucket(&standing)];
        bucket.accounts += 1;
        bucket.equity += i128::from(standing.health.equity.0);
        bucket.maintenance_margin += i128::from(standing.health.requirement.0);
        bucket.notional += size.map_or(0, |atoms| i128::from(atoms.0));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use anchor_lang::prelude::Pubkey;
    use counterweight_risk::{Health, QuoteAtoms};

    #[test]
    fn every_ratio_lies_in_the_bucket_that_names_it() {
        let all = buckets();
        for (equity, requirement, from, to) in [
            (-1, 0, None, Some(0)),
            (-1, 10_000, None, Some(0)),
            (0, 10_000, Some(0), Some(5_000)),
            (4_999, 10_000, Some(0), Some(5_000)),
            (5_000, 10_000, Some(5_000), Some(10_000)),
            (9_999, 10_000, Some(5_000), Some(10_000)),
            (10_000, 10_000, Some(10_000), Some(11_000)),
            (49_999, 10_000, Some(20_000), Some(50_000)),
            (50_000, 10_000, Some(50_000), None),
            (0, 0, None, None),
            (5, 0, None, None),
        ] {
            let standing = Standing {
                key: Pubkey::default(),
                health: Health {
                    equity: QuoteAtoms(equity),
                    requirement: QuoteAtoms(requirement),
                },
                in_liquidation_since: 0,
                positions: 0,
                has_orders: false,
                backstop: false,
                judged_at: 0,
            };
            let found = all[bucket(&standing)];
            assert_eq!(
                (found.from_bps, found.to_bps),
                (from, to),
                "{equity} of {requirement}"
            );
        }
        assert!(all.last().unwrap().is_free() && !all[0].is_free());
    }
}
