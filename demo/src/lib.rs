//! The main job on an embedded chain, with the program's real bytecode: accounts trade, prices crash,
//! a keeper liquidates what fails, and a hedged account survives because its gains carry its losses.
//! They trade on order books, where a market maker quotes, and funding ties the perpetuals to the index.
//! The same hedged book runs beside it as isolated accounts, and does not. A further account has options, and is judged
//! by Portfolio margin as one book.

pub mod actors;
pub mod book;
pub mod chores;
pub mod collar;
pub mod compare;
pub mod flow;
pub mod house;
pub mod isolated;
pub mod keeper;
pub mod maker;
pub mod options;
pub mod path;
pub mod portfolio;
pub mod report;
pub mod summary;
pub mod table;
pub mod tape;
pub mod trading;

use actors::{COLLARED_NAME, MOMENTUM_NAME};
use book::View;
use compare::Comparison;
use counterweight_simnet::{MarketKind, Reconciliation};
use house::{House, State};
use path::{FALLS, Path};
use portfolio::Judged;
use std::path::PathBuf;
use table::Screen;
use tape::Snapshot;

/// What may be chosen.
#[derive(Clone, Debug)]
pub struct Options {
    /// Seed of the noise on the prices.
    pub seed: u64,
    /// Steps that the crash is cut into.
    pub steps: u32,
    /// Where the report is written.
    pub report: PathBuf,
    /// Whether to print nothing.
    pub quiet: bool,
}

/// Everything that came of it.
pub struct Outcome {
    /// The options.
    pub options: Options,
    /// The prices.
    pub path: Path,
    /// The clearinghouse where the hedged book is one account.
    pub cross: House,
    /// The clearinghouse where it is three.
    pub isolated: House,
    /// One against three.
    pub comparison: Comparison,
    /// How the account with options stands by both models, at the start and at the end.
    pub collar: [Judged; 2],
    /// The books of both at the end.
    pub books: [Reconciliation; 2],
    /// What positions of both still owe by funding then, quote atoms.
    pub owed: [i128; 2],
}

/// Runs the demonstration and writes the report.
///
/// # Errors
/// A sentence, where the program refuses what it should accept, the books do not balance, the outcome
/// is not the one that is claimed, or the report cannot be written.
pub fn run(options: &Options) -> Result<Outcome, String> {
    let mut screen = Screen::new(options.quiet);
    screen.say("Starting two chains with the program's bytecode ...");
    let mut houses = [actors::cross()?, isolated::isolated()?];
    let start =
        FALLS.map(|fall| houses[0].x.prices[usize::from(houses[0].x.asset_named(fall.asset))]);
    let path = Path::new(options.seed, options.steps, start);
    let begun = [
        Comparison::begin(&houses[0])?,
        Comparison::begin(&houses[1])?,
    ];
    screen.cast(&houses);
    for house in &mut houses {
        begin(house)?;
    }
    let collared = portfolio::judge(&mut houses[0])?;
    screen.step(&houses, &path, 0);
    for step in 1..path.steps.len() {
        for house in &mut houses {
            house.publish(path.seconds, &path.steps[step])?;
            house.sample(step, 0)?;
        }
        screen.falling(&houses, &path, step);
        for house in &mut houses {
            act(house, &path, step)?;
        }
        screen.step(&houses, &path, step);
    }
    let [mut cross, mut isolated] = houses;
    let books = [cross.balance()?, isolated.balance()?];
    let owed = [cross.owed()?, isolated.owed()?];
    let comparison = Comparison::end(begun, &cross, &isolated)?;
    let collar = [collared, portfolio::judge(&mut cross)?];
    let outcome = Outcome {
        options: options.clone(),
        path,
        cross,
        isolated,
        comparison,
        collar,
        books,
        owed,
    };
    outcome.check()?;
    report::write(&outcome)?;
    screen.say(&summary::text(&outcome));
    Ok(outcome)
}

/// Ends the opening: what waits in the queues is settled, and the maker quotes for what it has now.
fn begin(house: &mut House) -> Result<(), String> {
    house.balance()?;
    chores::settle_fills(house)?;
    maker::requote(house, maker::Prices::Pegged)?;
    house.tape.snapshots.push(Snapshot {
        step: 0,
        when: "before the crash",
        view: View::read(&house.x, 0),
    });
    maker::observe(house);
    house.sample(0, 0)?;
    house.balance()?;
    Ok(())
}

/// What everybody does in a step. The books are balanced while fills wait in the queues, and at the
/// end.
fn act(house: &mut House, path: &Path, step: usize) -> Result<(), String> {
    chores::fund(house, step)?;
    let momentum = house.find(MOMENTUM_NAME)?;
    flow::follow(house, momentum, path, step)?;
    house.balance()?;
    chores::settle_fills(house)?;
    chores::execute_triggers(house, step)?;
    if keeper::liquidate(house, step)? > 0 {
        house.sample(step, 1)?;
    }
    keeper::unwind(house)?;
    chores::settle_fills(house)?;
    maker::requote(house, maker::Prices::Pegged)?;
    maker::observe(house);
    house.sample(step, 2)?;
    house.balance()?;
    Ok(())
}

impl Outcome {
    /// That what the demonstration claims is what happened.
    ///
    /// # Errors
    /// The claim that failed, with what to try.
    fn check(&self) -> Result<(), String> {
        let claims = self.claims().into_iter().chain(self.claims_of_options());
        match claims.into_iter().find(|(holds, _)| !holds) {
            None => Ok(()),
            Some((_, claim)) => Err(format!(
                "with --seed {} --steps {} it is not so that {claim}. Run without options for the documented \
                 outcome; if this appears there, the program or the engine has changed: see docs/risk.md.",
                self.options.seed, self.options.steps
            )),
        }
    }

    /// What is claimed of everybody but the account with options, and whether it holds.
    fn claims(&self) -> [(bool, &'static str); 8] {
        let Comparison { one, three, .. } = &self.comparison;
        [
            (
                one.liquidations == 0 && one.lots[0] == one.lots[1],
                "the hedged account keeps its whole book",
            ),
            (
                three.liquidations > 0,
                "a leg of the isolated book is liquidated",
            ),
            (
                self.cross.seizures.iter().any(|s| s.is_partial()),
                "a liquidation is partial",
            ),
            (
                self.cross.tape.at_once > 0 && self.cross.tape.queued > 0,
                "fills are settled at once and through the queue",
            ),
            (
                self.cross.tape.fired.len() == 1,
                "the stop-loss is executed, whole",
            ),
            (
                self.cross.tape.refused > 0 && self.cross.tape.pruned() > 0,
                "orders are pruned before an account is liquidated",
            ),
            (
                self.cross.tape.rates.iter().any(|rate| rate.bps != 0.0),
                "funding is paid",
            ),
            (
                self.books.iter().all(Reconciliation::balances),
                "the books balance",
            ),
        ]
    }

    /// What is claimed of the account with options.
    fn claims_of_options(&self) -> [(bool, &'static str); 4] {
        let [start, end] = &self.collar;
        let puts = collar::gained(self, MarketKind::Put);
        [
            (
                self.keeps(COLLARED_NAME) && start.lots == end.lots,
                "the account with options is never liquidated",
            ),
            (
                (0..2).all(|at| start.portfolio()[at] < start.standard()[at]),
                "Portfolio margin requires less than Standard margin of the book with options",
            ),
            (
                start.standard()[1] > start.equity && start.portfolio()[1] <= start.equity,
                "the book with options is opened where Standard margin would not allow it",
            ),
            (
                puts > 0 && end.equity > 0 && end.equity < puts,
                "the account with options would owe without what its puts gained",
            ),
        ]
    }

    /// Whether an account of the cross-margin clearinghouse was never liquidated, nor could have been.
    fn keeps(&self, name: &str) -> bool {
        let Ok(at) = self.cross.find(name) else {
            return false;
        };
        let seized = self.cross.seizures.iter().any(|s| s.actor == at);
        let mut states = self.cross.samples.iter().map(|s| s.standings[at].state);
        !seized && states.all(|state| state != State::InLiquidation)
    }
}
