//! The parts of the document that say what came out.

use super::{COVERAGE, SAVING, Study, percent, table};
use crate::{
    books::KINDS,
    model::{MODELS, REGIME_NAMES, TERMS},
    tally::{Cell, Tally},
};

/// Which kinds of book are hedged ones.
fn hedged(kind: usize) -> bool {
    KINDS[kind].0.is_hedged()
}

/// What becomes of a target.
fn verdict(found: f64, wanted: f64) -> String {
    if found >= wanted {
        format!("met, by {:.2} points", found - wanted)
    } else {
        format!("**missed by {:.2} points**", wanted - found)
    }
}

/// The share of hours in which a margin suffices.
fn covered(cell: &Cell) -> String {
    percent(cell.all().coverage(), 3)
}

fn portfolio(tally: &Tally) -> Cell {
    tally.over(1, true, |_| true)
}

impl Study {
    pub(super) fn answers(&self) -> String {
        let base = self.base();
        let (all, [saved, saved_initial]) = (portfolio(base), base.saved(true, hedged));
        let first = &self.sweep.settings[1];
        let rows = vec![
            vec![
                format!("hours in which Portfolio, adaptive, suffices: {COVERAGE} %"),
                format!("{} ± {:.3}", covered(&all), self.error(portfolio)),
                verdict(all.all().coverage(), COVERAGE),
            ],
            vec![
                format!("hedged books need less than by Standard: {SAVING} %"),
                format!(
                    "{} (initial: {})",
                    percent(saved, 1),
                    percent(saved_initial, 1)
                ),
                verdict(saved, SAVING),
            ],
        ];
        let tail = self.why(base, first);
        format!(
            "## Targets\n\n{}\n{tail}",
            table(&["target", "found", ""], &rows)
        )
    }

    /// What the targets are met or missed by.
    fn why(&self, base: &Tally, first: &Tally) -> String {
        let carry = KINDS.len() - 1;
        let below: Vec<String> = (0..KINDS.len())
            .map(|kind| (kind, base.cells[kind][1][1].all().coverage()))
            .filter(|(_, coverage)| *coverage < COVERAGE)
            .map(|(kind, coverage)| format!("{} ({})", KINDS[kind].1, percent(coverage, 2)))
            .collect();
        let below = if below.is_empty() {
            "No kind of book is below the first by itself.".to_owned()
        } else {
            format!(
                "Below the first by itself: {}; a floor of 50 % or ranges ×1.25 bring it there.",
                below.join(", ")
            )
        };
        let long = portfolio(&self.long.settings[0]);
        let of_carry = &first.cells[carry][1][1];
        format!(
            "± is a standard error by how much paths differ. {below} With futures of {} days instead of {} all books together have {}: {}.\n\n\
             **The premium of futures decides.** The chosen terms were found on other paths than those of this table (*Other terms*), because what one would set first misses the first \
             target by far: a floor of 10 % and spread charges that look large beside a basis's usual moves (0.5 %, for smaller coins 1 %) save {} and suffice in {} of all hours. \
             A future that is sold above the index and valued at the index shows a gain that its closing takes back. Between contracts the spread charge covers that; between a contract and collateral \
             there is no such charge, and a floor of 10 % leaves cash-and-carry {} of its contract's value, less than the premium of a future with a month to go. {} of its hours are short, {} if \
             contracts were marked at their own price. A wider range and more deviations do not mend it (*the second, with range ×1.5 and z = 5*); a floor of 40 % does, and hedged books then save {} instead \
             of {}. An engine that charged the spread on what collateral hedges, too, could keep a low floor.\n\n\
             **Adaptive terms** leave {} of naked positions' hours short where fixed ones leave {}, in a crisis {} instead of {}; they ask {} more maintenance margin of them on average.\n",
            TERMS[1],
            TERMS[0],
            covered(&long),
            verdict(long.all().coverage(), COVERAGE),
            percent(first.saved(true, hedged)[0], 0),
            percent(portfolio(first).all().coverage(), 1),
            percent(mean(of_carry), 2),
            percent(of_carry.all().exceedance(), 0),
            percent(of_carry.if_marked.exceedance(), 1),
            percent(self.sweep.settings[0].saved(true, hedged)[0], 0),
            percent(first.saved(true, hedged)[0], 0),
            percent(base.cells[0][1][1].all().exceedance(), 2),
            percent(base.cells[0][1][0].all().exceedance(), 2),
            percent(base.cells[0][1][1].by_regime[2].exceedance(), 1),
            percent(base.cells[0][1][0].by_regime[2].exceedance(), 1),
            percent(
                100.0 * (base.cells[0][1][1].maintenance / base.cells[0][1][0].maintenance - 1.0),
                1
            ),
        )
    }

    pub(super) fn paths(&self) -> String {
        let moves = &self.outcome.moves;
        let hours = moves.all();
        let rows: Vec<Vec<String>> = MODELS
            .iter()
            .enumerate()
            .map(|(at, model)| {
                let of = &moves.assets[at];
                let often = |count: u64| format!("{:.1}", 1e4 * count as f64 / hours);
                let bases = |kind: usize| {
                    let [sum, most] = of.bases[kind];
                    format!("{:.2} / {:.1} %", 100.0 * sum / hours, 100.0 * most)
                };
                let multiplier =
                    |regime: usize| of.multiplier[regime] / (moves.hours[regime] as f64).max(1.0);
                vec![
                    model.name.to_owned(),
                    percent(100.0 * moves.volatility(at), 0),
                    format!("{:.0}", moves.kurtosis(at)),
                    format!("{:.2}", moves.correlation(at)),
                    format!("{} / {}", often(of.beyond[0]), often(of.beyond[1])),
                    format!(
                        "{} / {}",
                        percent(100.0 * of.extremes[0], 1),
                        percent(100.0 * of.extremes[1], 1)
                    ),
                    bases(0),
                    bases(1),
                    format!(
                        "{:.2} / {:.2} / {:.2}",
                        multiplier(0),
                        multiplier(1),
                        multiplier(2)
                    ),
                ]
            })
            .collect();
        let shares: Vec<String> = REGIME_NAMES
            .iter()
            .zip(moves.hours)
            .map(|(name, count)| format!("{name} {}", percent(100.0 * count as f64 / hours, 1)))
            .collect();
        format!(
            "## What the paths look like\n\n{}\n\
             Of moves of an hour: volatility of a year, kurtosis (3 were normal), correlation with BTC, hours of 10,000 with more than 5 % and more than 10 %, the worst and the best. \
             Basis: mean size and largest. The last column is what maintenance is multiplied by on average in each regime. Time: {}.\n",
            table(
                &[
                    "asset",
                    "a year",
                    "kurtosis",
                    "with BTC",
                    "> 5 / > 10 %",
                    "worst / best hour",
                    "perpetual's basis",
                    "future's",
                    "multiplier by regime"
                ],
                &rows
            ),
            shares.join(", "),
        )
    }

    pub(super) fn coverage(&self) -> String {
        let base = self.base();
        let row = |name: &str, which: &dyn Fn(usize) -> bool| {
            let cell = |model, follows| base.over(model, follows, which);
            let portfolio = cell(1, true);
            let error = self.error(|path| path.over(1, true, which));
            let marked = portfolio.if_marked.coverage();
            let mut row = vec![name.to_owned()];
            row.extend([(0, false), (0, true), (1, false)].map(|(m, f)| covered(&cell(m, f))));
            row.push(format!("{} ± {error:.3}", covered(&portfolio)));
            row.push(percent(marked, 3));
            row.push(percent(portfolio.beyond_initial.coverage(), 3));
            row.push(percent(100.0 * portfolio.shortfall[1], 1));
            row
        };
        let mut rows: Vec<Vec<String>> = KINDS
            .iter()
            .enumerate()
            .map(|(kind, (_, name, _))| row(name, &|at| at == kind))
            .collect();
        rows.push(row("**all**", &|_| true));
        format!(
            "## Coverage\n\nThe share of hours in which maintenance margin suffices.\n\n{}\n\
             The last three are of Portfolio, adaptive: if marked; hours in which initial margin suffices; the largest shortfall, of the gross notional.\n\n\
             ![How often an hour exceeds the margin](../docs/img/study-coverage.svg)\n\n\
             Hours in which Portfolio does *not* suffice, by the regime at their beginning, fixed → adaptive. What adaptive terms cannot cover is the first hour of a storm: \
             the estimate follows what has happened.\n\n{}",
            table(
                &[
                    "book",
                    "Standard, fixed",
                    "Standard, adaptive",
                    "Portfolio, fixed",
                    "**Portfolio, adaptive**",
                    "if marked",
                    "initial",
                    "worst"
                ],
                &rows
            ),
            self.by_regime(),
        )
    }

    /// How often Portfolio does not suffice, by the regime at the beginning of the hour.
    fn by_regime(&self) -> String {
        let base = self.base();
        let rows: Vec<Vec<String>> = KINDS
            .iter()
            .enumerate()
            .map(|(kind, (_, name, _))| {
                let mut row = vec![(*name).to_owned()];
                for regime in 0..REGIME_NAMES.len() {
                    let share = |follows: usize| {
                        let of = base.cells[kind][1][follows].by_regime[regime];
                        percent(of.exceedance(), 2)
                    };
                    row.push(format!("{} → {}", share(0), share(1)));
                }
                row
            })
            .collect();
        table(&["book", "calm", "busy", "crisis"], &rows)
    }

    pub(super) fn capital(&self) -> String {
        let base = self.base();
        let row = |name: &str, which: &dyn Fn(usize) -> bool| {
            let mut row = vec![name.to_owned()];
            for follows in [false, true] {
                let [standard, portfolio] = [0, 1].map(|model| base.over(model, follows, which));
                row.push(percent(standard.mean(standard.maintenance), 2));
                row.push(percent(portfolio.mean(portfolio.maintenance), 2));
                row.push(percent(base.saved(follows, which)[0], 1));
            }
            row.push(percent(base.saved(true, which)[1], 1));
            row
        };
        let mut rows: Vec<Vec<String>> = KINDS
            .iter()
            .enumerate()
            .map(|(kind, (_, name, _))| row(name, &|at| at == kind))
            .collect();
        rows.push(row("**all hedged**", &hedged));
        format!(
            "## Capital\n\nMaintenance margin as a share of the gross notional of all contracts, on average.\n\n{}\n\
             ![What margin costs](../docs/img/study-capital.svg)\n\n\
             Calendar spreads, hedged market makers and cash-and-carry need the floor: their scans and charges are below it. A pair saves what its credit is of the smaller leg, \
             so less than the target; the average of all hedged books meets it.\n",
            table(
                &[
                    "book",
                    "Standard, fixed",
                    "Portfolio, fixed",
                    "saved",
                    "Standard, adaptive",
                    "Portfolio, adaptive",
                    "saved",
                    "saved of initial"
                ],
                &rows
            ),
        )
    }

    pub(super) fn swept(&self) -> String {
        let line = |name: &str, tally: &Tally| {
            let mut row = vec![
                name.to_owned(),
                percent(portfolio(tally).all().coverage(), 2),
            ];
            for cells in &tally.cells {
                row.push(format!("{:.2}", cells[1][1].all().coverage()));
            }
            row.push(percent(tally.saved(true, hedged)[0], 0));
            for which in [&hedged as &dyn Fn(usize) -> bool, &|kind| !hedged(kind)] {
                let cell = tally.over(1, true, which);
                row.push(percent(mean(&cell), 2));
            }
            row
        };
        let settings = self.settings.iter().zip(&self.sweep.settings);
        let mut rows: Vec<Vec<String>> = settings
            .map(|((name, _), tally)| line(name, tally))
            .collect();
        let long = &self.long.settings[0];
        rows.push(line(
            &format!("the chosen terms, futures of {} days", TERMS[1]),
            long,
        ));
        let mut head = vec!["setting", "coverage"];
        head.extend(KINDS.iter().map(|(_, name, _)| *name));
        head.extend(["saved, hedged", "hedged need", "naked need"]);
        format!(
            "## Other terms\n\nPortfolio, adaptive, on {} other paths ({} books an hour; the last line on {}). Each setting differs from the chosen terms by what it is called. Ranges move with the rates of \
             the markets, since none may be wider: *need* is maintenance margin of the gross notional.\n\n{}\n\
             What more cover costs: a deviation more (z) or a wider range raises what naked positions need, and leaves what hedged books save where it is; the floor is what hedged books pay. \
             Credits cost little coverage here because the simulated correlations hold, in a crisis all the more; that is an assumption, not a finding. \
             Quarterly futures have three times the premium: on the same terms {} of the hours of cash-and-carry suffice.\n",
            self.sweep_plan.paths,
            self.sweep_plan.an_hour,
            self.long_plan.paths,
            table(&head, &rows),
            percent(long.cells[KINDS.len() - 1][1][1].all().coverage(), 1),
        )
    }

    #[expect(clippy::unused_self, reason = "a part as the others are")]
    pub(super) fn limits(&self) -> String {
        "## What this does not show\n\n\
         - No liquidation is simulated: nobody sells into a falling market, and nobody acts within the hour. [CRASH.md](CRASH.md) does the former, on the bytecode.\n\
         - The simulated market is a stationary one. No coin dies, no feed is silent, no correlation breaks for good.\n\
         - Coverage is an average over books that were made up in equal numbers of each kind. Hours of a path are not independent; the standard errors count paths.\n\
         - Prices come every minute; a real feed's come every second, so that the averages of the engine would be smoother.\n"
            .to_owned()
    }
}

/// Maintenance margin of the gross notional, in percent.
fn mean(cell: &Cell) -> f64 {
    cell.mean(cell.maintenance)
}
