//! The parts of the document that say what came out.

use super::{COVERAGE, SAVING, Study, percent, table};
use crate::{
    books::{KINDS, Kind},
    model::{EXPIRIES, MODELS, REGIME_NAMES, TERMS},
    settings::{CHOSEN, SHIFTS, percent as bps},
    tally::{Cell, Tally},
};

/// Which kinds of book are hedged ones.
pub(super) fn hedged(kind: usize) -> bool {
    KINDS[kind].0.is_hedged()
}

/// Which kinds of book have options.
fn optional(kind: usize) -> bool {
    KINDS[kind].0.has_options()
}

/// Kinds of book that are looked at together, and what they are called.
pub(super) type Which = (&'static str, fn(usize) -> bool);

/// All books, and the same by whether they have options.
const GROUPS: [Which; 3] = [
    ("without options", |kind| !optional(kind)),
    ("with options", optional),
    ("all", |_| true),
];

/// The same of hedged ones.
pub(super) const HEDGED: [Which; 3] = [
    ("hedged, without options", |kind| {
        hedged(kind) && !optional(kind)
    }),
    ("hedged, with options", |kind| {
        hedged(kind) && optional(kind)
    }),
    ("all hedged", hedged),
];

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

pub(super) fn portfolio(tally: &Tally) -> Cell {
    tally.over(1, true, |_| true)
}

impl Study {
    pub(super) fn answers(&self) -> String {
        let base = self.base();
        let mut rows = Vec::new();
        for (at, (name, which)) in GROUPS.into_iter().rev().enumerate() {
            let cell = |tally: &Tally| tally.over(1, true, which);
            let found = cell(base);
            let what = if at == 0 {
                format!("hours in which Portfolio, adaptive, suffices: {COVERAGE} %")
            } else {
                format!("– of books {name}")
            };
            rows.push(vec![
                what,
                format!("{} ± {:.3}", covered(&found), self.error(cell)),
                verdict(found.all().coverage(), COVERAGE),
            ]);
        }
        for (at, (name, which)) in HEDGED.into_iter().rev().enumerate() {
            let [saved, initial] = base.saved(true, which);
            let what = if at == 0 {
                format!("hedged books need less than by Standard: {SAVING} %")
            } else {
                format!("– {name}")
            };
            rows.push(vec![
                what,
                format!("{} (initial: {})", percent(saved, 1), percent(initial, 1)),
                verdict(saved, SAVING),
            ]);
        }
        format!(
            "## Targets\n\n{}\n{}\n{}\n{}",
            table(&["target", "found", ""], &rows),
            self.below(),
            self.why(),
            self.of_options(),
        )
    }

    /// Which kinds of book miss a target by themselves, and what longer futures do.
    fn below(&self) -> String {
        let (base, long) = (self.base(), portfolio(&self.long.settings[0]));
        let names = |found: Vec<(usize, f64)>| {
            if found.is_empty() {
                return "none".to_owned();
            }
            let named = found.into_iter();
            let named = named.map(|(kind, of)| format!("{} ({})", KINDS[kind].1, percent(of, 2)));
            named.collect::<Vec<_>>().join(", ")
        };
        let kinds = || 0..KINDS.len();
        let coverage = kinds().map(|kind| (kind, base.cells[kind][1][1].all().coverage()));
        let saving = kinds().filter(|kind| hedged(*kind));
        let saving = saving.map(|kind| (kind, base.saved(true, |at| at == kind)[0]));
        format!(
            "± is a standard error by how much paths differ. Kinds of book below the first target by themselves: {}. Hedged ones below the second: {}. \
             With futures of {} days instead of {} all books together have {}: {}.\n",
            names(coverage.filter(|(_, of)| *of < COVERAGE).collect()),
            names(saving.filter(|(_, of)| *of < SAVING).collect()),
            TERMS[1],
            TERMS[0],
            covered(&long),
            verdict(long.all().coverage(), COVERAGE),
        )
    }

    /// What the targets are met or missed by.
    fn why(&self) -> String {
        let base = self.base();
        let carry = Kind::Carry.number();
        let [chosen, none, first] = [0, 1, 2].map(|at| &self.sweep.settings[at]);
        let high = self.swept_by("floor 40 %").unwrap_or(chosen);
        let short = |tally: &Tally| tally.cells[carry][1][1].all().exceedance();
        let of_carry = &first.cells[carry][1][1];
        let saved = |tally: &Tally| percent(tally.saved(true, hedged)[0], 0);
        let naked = |follows: usize| &base.cells[Kind::Naked.number()][1][follows];
        format!(
            "**The premium of futures decides.** The chosen terms were found on other paths than those of this table (*Other terms*). A future that is sold above the index and valued at the index shows a \
             gain that its closing takes back. Without spread charges and with a floor of 10 %, {} of the hours of cash-and-carry are short; with charges that look large beside a basis's usual moves (0.5 %, for \
             smaller coins 1 %) {}, {} if contracts were marked at their own price: the requirement is then {} of the contract's value on average, less than the premium of many a future with a month to go. \
             The spread charge is what covers it, between contracts and between a contract and the collateral that hedges it. Chosen are the lowest of those that were tried at which every kind of book suffices by \
             itself: {} (BTC {}, which is half its range, as much as the rules allow; smaller coins {}). A floor of 40 % would cost all hedged books more, they save {} with it instead of {}, and leaves cash-and-carry where it \
             is; the chosen floor of {} binds seldom and is there for what is not simulated.\n\n\
             **Adaptive terms** leave {} of naked positions' hours short where fixed ones leave {}, in a crisis {} instead of {}; they ask {} more maintenance margin of them on average.\n",
            percent(short(none), 0),
            percent(short(first), 0),
            percent(of_carry.if_marked.exceedance(), 1),
            percent(mean(of_carry), 2),
            bps(CHOSEN.spread(1)),
            bps(CHOSEN.spread(0)),
            bps(CHOSEN.spread(3)),
            saved(high),
            saved(chosen),
            bps(CHOSEN.floor),
            percent(naked(1).all().exceedance(), 2),
            percent(naked(0).all().exceedance(), 2),
            percent(naked(1).by_regime[2].exceedance(), 1),
            percent(naked(0).by_regime[2].exceedance(), 1),
            percent(
                100.0 * (naked(1).maintenance / naked(0).maintenance - 1.0),
                1
            )
        )
    }

    /// A setting of the sweep by what it is called.
    fn swept_by(&self, name: &str) -> Option<&Tally> {
        let mut settings = self.settings.iter().zip(&self.sweep.settings);
        settings
            .find(|((of, _), _)| of == name)
            .map(|(_, tally)| tally)
    }

    /// What was found of options.
    fn of_options(&self) -> String {
        let chosen = &self.sweep.settings[0];
        let straddle = Kind::Straddle.number();
        let by = |shift: u32| {
            let found = self.swept_by(&format!("volatility ±{}", bps(shift)));
            let tally = found.unwrap_or(chosen);
            let cell = &tally.cells[straddle][1][1];
            let saved = tally.saved(true, |at| at == straddle)[0];
            let cost = if saved < 0.0 { "more" } else { "less" };
            format!(
                "±{} suffices in {} of its hours and asks for {} {cost} than Standard",
                bps(shift),
                percent(cell.all().coverage(), 2),
                percent(saved.abs(), 0)
            )
        };
        let crisis = |model: usize| {
            let cell = &self.base().cells[straddle][model][1];
            percent(cell.by_regime[0].exceedance(), 2)
        };
        format!(
            "**Options** lose most where volatility jumps, which no range of prices covers. Of a short straddle {}; {}; {}. The chosen one is the lowest of those that were tried at which every kind suffices by \
             itself. What remains are hours in which a calm market breaks: {} of those of a straddle that begin calm are short by Portfolio, {} by Standard, which asks for more and does not look at volatility. \
             Spreads and condors save most, since Standard charges both legs as if nothing hedged them. A covered call saves less than the target: its call hedges the perpetual by its delta alone, and the \
             scan lets the price fall and volatility rise at once.\n",
            by(SHIFTS[0]),
            by(CHOSEN.shift),
            by(SHIFTS[2]),
            crisis(1),
            crisis(0),
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
             Basis: mean size and largest. The last column is what maintenance is multiplied by on average in each regime. Time: {}.\n\n{}",
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
            self.marks(),
        )
    }

    /// What options are marked at.
    fn marks(&self) -> String {
        let moves = &self.outcome.moves;
        let rows: Vec<Vec<String>> = (0..3)
            .map(|at| {
                let mut row = vec![MODELS[at].name.to_owned()];
                row.extend(moves.assets[at].implied.map(|[sum, most, rise]| {
                    let (mean, most) = (100.0 * sum / moves.all(), 100.0 * most);
                    let rise = percent(100.0 * rise, 0);
                    format!("{} / {} / {rise}", percent(mean, 0), percent(most, 0))
                }));
                row
            })
            .collect();
        let heads = EXPIRIES.map(|days| format!("{days}"));
        let mut head = vec!["days to the end"];
        head.extend(heads.iter().map(String::as_str));
        format!(
            "What options are marked at, a year: mean / largest / largest rise within an hour, as a share.\n\n{}",
            table(&head, &rows)
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
        rows.extend(GROUPS.map(|(name, which)| row(&format!("**{name}**"), &which)));
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
        rows.extend(HEDGED.map(|(name, which)| row(&format!("**{name}**"), &which)));
        format!(
            "## Capital\n\nMaintenance margin as a share of the gross notional of all contracts, on average.\n\n{}\n\
             ![What margin costs](../docs/img/study-capital.svg)\n\n\
             Calendar spreads, hedged market makers and cash-and-carry pay the spread charge, option spreads and condors for volatility or the floor. A pair saves what its credit is of the smaller leg, \
             so less than the target. A naked position has nothing to save; the average of all hedged books meets the target.\n",
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

    #[expect(clippy::unused_self, reason = "a part as the others are")]
    pub(super) fn limits(&self) -> String {
        "## What this does not show\n\n\
         - No liquidation is simulated: nobody sells into a falling market, and nobody acts within the hour. [CRASH.md](CRASH.md) does the former, on the bytecode.\n\
         - The simulated market is a stationary one. No coin dies, no feed is silent, no correlation breaks for good.\n\
         - Coverage is an average over books that were made up in equal numbers of each kind. Hours of a path are not independent; the standard errors count paths.\n\
         - What options are marked at is the paths' own chain of regimes, with a premium that was chosen; at every strike the same. Whoever closes is paid the mark: no spread between bid and ask, which widens just then. \
         No option is judged in its last hours.\n\
         - Prices come every minute; a real feed's come every second, so that the averages of the engine would be smoother.\n"
            .to_owned()
    }
}

/// Maintenance margin of the gross notional, in percent.
pub(super) fn mean(cell: &Cell) -> f64 {
    cell.mean(cell.maintenance)
}
