//! What must hold after every step of a crash.

use crate::{Crash, MARKETS, TRADERS, Verdict};
use counterweight_risk::Market;
use counterweight_simnet::reconcile;
use counterweight_tests::scene::DOLLAR;

impl Crash {
    /// The value of the lots that rounding has left over, and that nobody has yet: long in every market.
    fn dust(&self) -> i64 {
        let mut keys = self.keys();
        keys.push(self.x.venue.backstop());
        let tables = self.x.tables();
        let mut value = 0;
        for index in 0..MARKETS {
            let (market, row) = (self.x.market(index), &tables.markets[usize::from(index)]);
            let mut lots = market.pending_long - market.pending_short;
            for key in &keys {
                let margin = self.x.margin(key);
                let held = margin.positions().iter().filter(|p| p.market == index);
                lots += held.map(|p| p.held(row).0).sum::<i64>();
            }
            assert!(lots <= 0, "{lots} lots too many in {index}");
            let price = tables.assets[usize::from(row.asset)].index;
            value += (i128::from(-lots) * i128::from(price.0)) >> 16;
        }
        value as i64
    }

    /// What rounding to whole lots moves between accounts and dust: less than a lot of each account.
    fn grain(&self) -> i64 {
        let tables = self.x.tables();
        let lot = |row: &Market| tables.assets[usize::from(row.asset)].index.0 >> 16;
        let dearest = tables.markets.iter().map(lot).max().unwrap_or(0);
        (TRADERS as i64 + 1) * dearest as i64
    }

    /// Equity of everybody, of the backstop, what waits on the insurance line, and the value of what rounding
    /// has left over.
    pub fn standing(&mut self) -> Vec<i64> {
        let mut keys = self.keys();
        keys.push(self.x.venue.backstop());
        let mut standing: Vec<i64> = keys
            .iter()
            .map(|key| self.x.view(*key).map_or(0, |view| view.equity))
            .collect();
        standing.push(self.x.clearinghouse().insurance);
        standing.push(self.dust());
        standing
    }

    /// What must hold of the books at any time.
    pub fn check(&self) -> Verdict {
        let mut keys = self.keys();
        let sums = reconcile(&self.x, &keys);
        ensure!(sums.difference() == 0, "quote: {sums:?}");
        ensure!(sums.lots.iter().all(|lots| *lots == 0), "lots: {sums:?}");
        // Lots that rounding has left over do not take part in funding until they are swept.
        ensure!(
            sums.left() > -i128::from(DOLLAR),
            "somebody is paid by nobody: {sums:?}"
        );
        keys.push(self.x.venue.backstop());
        let tables = self.x.tables();
        for index in 0..MARKETS {
            let (market, row) = (self.x.market(index), &tables.markets[usize::from(index)]);
            let long = market.open_long + market.pending_long;
            ensure!(
                long == market.open_short + market.pending_short,
                "open interest of {index}: {market:?}"
            );
            let (mut held, mut behind) = ([0, 0], [0, 0]);
            for key in &keys {
                let margin = self.x.margin(key);
                for position in margin.positions().iter().filter(|p| p.market == index) {
                    let side = Market::side(position.lots);
                    held[side] += position.lots.0.abs();
                    if !position.is_current(row) {
                        behind[side] += position.lots.0.abs();
                    }
                }
            }
            let open = [market.open_long, market.open_short];
            for side in [0, 1] {
                ensure!(
                    held[side] == open[side] + market.unsettled[side],
                    "accounts hold {held:?} in {index}: {market:?}"
                );
                ensure!(
                    behind[side] == market.behind[side],
                    "{behind:?} lag in {index}: {market:?}"
                );
            }
        }
        Ok(())
    }

    /// Who may have lost or won by a step that moved no price.
    pub fn check_values(&mut self, name: &str, before: &[i64]) -> Verdict {
        let after = self.standing();
        let changes: Vec<i64> = after.iter().zip(before).map(|(a, b)| a - b).collect();
        let sum: i64 = changes.iter().sum();
        if name == "deleverage_backstop" || name == "resolve_default" {
            // The fund never pays below the floor of the day; as one of the other side it bears its share like
            // everybody.
            let cap = self.x.tables().header.params.backstop_daily_loss;
            let backstop = self.x.margin(&self.x.venue.backstop());
            let floor = backstop.header.reference.floor(cap).0;
            let (fund, had) = (after[TRADERS], before[TRADERS] + before[TRADERS + 1]);
            ensure!(
                fund >= floor.min(had) - self.grain(),
                "the fund fell from {had} to {fund}, below {floor}"
            );
        }
        match name {
            // What is written down changes, and nothing else.
            "catch_up" => ensure!(changes.iter().all(|c| *c == 0), "{changes:?}"),
            // The fund gets what it takes over, and what waited on its line.
            // Netted positions round their value once instead of twice.
            "resolve_default" => {
                ensure!(
                    sum.abs() <= i64::from(MARKETS),
                    "{changes:?} created or lost {sum}"
                );
            }
            // What one side gets the other pays, but for less than a lot an account. To the atom it is in
            // `check`.
            "deleverage" | "deleverage_backstop" | "sweep_dust" => {
                ensure!(
                    sum.abs() <= self.grain(),
                    "{changes:?} created or lost {sum}"
                );
            }
            _ => {}
        }
        Ok(())
    }
}
