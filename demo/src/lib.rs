//! The main job on an embedded chain, with the program's real bytecode: accounts trade, prices crash,
//! a keeper liquidates what fails, and a hedged account survives because its gains carry its losses.
//! The same hedged book runs beside it as isolated accounts, and does not.

pub mod actors;
pub mod compare;
pub mod house;
pub mod isolated;
pub mod keeper;
pub mod path;
pub mod report;
pub mod summary;
pub mod table;

use compare::Comparison;
use counterweight_simnet::Reconciliation;
use house::House;
use path::{FALLS, Path};
use std::path::PathBuf;
use table::Screen;

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
    /// The books of both at the end.
    pub books: [Reconciliation; 2],
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
        house.sample(0, 0)?;
        house.balance()?;
    }
    screen.step(&houses, &path, 0);
    for step in 1..path.steps.len() {
        for house in &mut houses {
            house.publish(path.seconds, &path.steps[step])?;
            house.sample(step, 0)?;
        }
        screen.falling(&houses, &path, step);
        for house in &mut houses {
            act(house, step)?;
        }
        screen.step(&houses, &path, step);
    }
    let [mut cross, mut isolated] = houses;
    let books = [cross.balance()?, isolated.balance()?];
    let comparison = Comparison::end(begun, &cross, &isolated)?;
    let outcome = Outcome {
        options: options.clone(),
        path,
        cross,
        isolated,
        comparison,
        books,
    };
    outcome.check()?;
    report::write(&outcome)?;
    screen.say(&summary::text(&outcome));
    Ok(outcome)
}

/// What the keeper does in a step: it liquidates, and sells on what it took. Then the books are balanced.
fn act(house: &mut House, step: usize) -> Result<(), String> {
    if keeper::liquidate(house, step)? > 0 {
        house.sample(step, 1)?;
    }
    if house.lots(house.actors.len() - 1) != [0; 3] {
        keeper::unwind(house)?;
        house.sample(step, 2)?;
    }
    house.balance()?;
    Ok(())
}

impl Outcome {
    /// That what the demonstration claims is what happened.
    ///
    /// # Errors
    /// The claim that failed, with what to try.
    fn check(&self) -> Result<(), String> {
        let Comparison { one, three, .. } = &self.comparison;
        let claims = [
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
                self.books.iter().all(Reconciliation::balances),
                "the books balance",
            ),
        ];
        match claims.iter().find(|(holds, _)| !holds) {
            None => Ok(()),
            Some((_, claim)) => Err(format!(
                "with --seed {} --steps {} it is not so that {claim}. Run without options for the documented \
                 outcome; if this appears there, the program or the engine has changed: see docs/risk.md.",
                self.options.seed, self.options.steps
            )),
        }
    }
}
