//! The parts of the document that say what other terms would do.

use super::{
    Study, percent,
    results::{HEDGED, hedged, mean, portfolio},
    table,
};
use crate::{
    books::{KINDS, Kind},
    model::TERMS,
    tally::Tally,
};

impl Study {
    pub(super) fn swept(&self) -> String {
        let line = |name: &str, tally: &Tally| {
            let mut row = vec![
                name.to_owned(),
                percent(portfolio(tally).all().coverage(), 2),
            ];
            for cells in &tally.cells {
                row.push(format!("{:.2}", cells[1][1].all().coverage()));
            }
            for (_, which) in HEDGED {
                row.push(percent(tally.saved(true, which)[0], 0));
            }
            row.push(percent(mean(&tally.over(1, true, |kind| !hedged(kind))), 2));
            row
        };
        let settings = self.settings.iter().zip(&self.sweep.settings);
        let rows: Vec<Vec<String>> = settings
            .map(|((name, _), tally)| line(name, tally))
            .collect();
        let mut head = vec!["setting", "coverage"];
        head.extend(KINDS.iter().map(|(_, name, _)| *name));
        head.extend([
            "saved, hedged, without options",
            "with options",
            "all hedged",
            "others need",
        ]);
        format!(
            "## Other terms\n\nPortfolio, adaptive, on {} other paths ({} books an hour). Each setting differs from the chosen terms by what it is called; a charge is that of ETH and SOL, smaller coins \
             have twice as much, and none has more than half its range. Ranges move with the rates of the markets, since none may be wider: *need* is maintenance margin of the gross notional of books that are not hedged.\n\n{}\n\
             What more cover costs: a deviation more (z) or a wider range raises what naked positions need, and leaves what hedged books save where it is; the spread charge is what hedged books of contracts pay, and how far \
             volatility is moved what option books pay. Credits cost little coverage here because the simulated correlations hold, in a crisis all the more; that is an assumption, not a finding.\n",
            self.sweep_plan.paths,
            self.sweep_plan.an_hour,
            table(&head, &rows),
        )
    }

    /// What futures that are traded for longer do.
    pub(super) fn longer(&self) -> String {
        let kinds = [
            Kind::Naked,
            Kind::Calendar,
            Kind::Pair,
            Kind::Maker,
            Kind::Carry,
        ];
        let settings = self.longer.iter().zip(&self.long.settings);
        let rows: Vec<Vec<String>> = settings
            .map(|((name, _), tally)| {
                let all = portfolio(tally);
                let mut row = vec![name.clone(), percent(all.all().coverage(), 2)];
                for kind in kinds {
                    let cell = &tally.cells[kind.number()][1][1];
                    row.push(format!("{:.2}", cell.all().coverage()));
                }
                row.push(percent(all.if_marked.coverage(), 2));
                let [(_, which), ..] = HEDGED;
                row.push(percent(tally.saved(true, which)[0], 0));
                row.push(percent(mean(&tally.over(1, true, which)), 2));
                row
            })
            .collect();
        let mut head = vec!["setting", "all books"];
        head.extend(kinds.map(|kind| KINDS[kind.number()].1));
        head.extend([
            "all if marked",
            "saved, hedged, without options",
            "these need",
        ]);
        format!(
            "## Quarterly futures\n\nThe same with futures that are traded for {} days instead of {}, and so with three times the premium; {} more paths, {} books an hour.\n\n{}\n\
             A spread charge may be no more than half the range, so that it takes a wider range, and more margin of everybody, to cover such a premium where contracts are valued at the index. Valued at \
             their own price they would need nothing of that.\n",
            TERMS[1],
            TERMS[0],
            self.long_plan.paths,
            self.long_plan.an_hour,
            table(&head, &rows),
        )
    }
}
