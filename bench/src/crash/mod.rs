//! A crash with the shape of 10 October 2025 on the program's bytecode: 2,000 accounts once with cross margin
//! and once with every leg by itself, at the same prices. Writes `bench/CRASH.md`, and fails where a check
//! does.
//!
//! ```text
//! counterweight-bench crash           the default seed; writes the file
//! counterweight-bench crash SEED      another one, to the terminal
//! ```

mod checks;
mod keepers;
mod path;
mod report;
mod rows;
mod scene;
mod shadow;
mod stats;
mod world;

use path::Path;
use std::process::ExitCode;
use world::World;

/// The seed of the file.
const SEED: u64 = 20_251_010;
const USERS: usize = 2_000;

/// What is compared of an exchange.
struct Run {
    name: &'static str,
    world: World,
    checks: Vec<checks::Check>,
    figures: report::Figures,
}

/// Runs the crash with these arguments.
pub fn main(arguments: &[&str]) -> ExitCode {
    let seed = match arguments {
        [] => Ok(SEED),
        [seed] => seed.parse().map_err(|_| "usage: crash [SEED]".to_owned()),
        _ => Err("usage: crash [SEED]".to_owned()),
    };
    match seed.and_then(both) {
        Ok(message) => {
            println!("{message}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// Both exchanges, one after the other; the file, and whether all checks hold.
fn both(seed: u64) -> Result<String, String> {
    let path = path::path(seed, scene::starts());
    let (world, opened) = scene::cross(seed, USERS)?;
    let groups: Vec<usize> = opened.iter().map(scene::Opened::group).collect();
    let cross = crash("cross", world, &path, &groups)?;
    let isolated = crash("isolated", scene::isolated(&opened)?, &path, &groups)?;
    let text = report::text(seed, &path, &[&cross, &isolated]);
    let failed = [&cross, &isolated]
        .iter()
        .flat_map(|result| &result.checks)
        .filter(|check| !check.holds)
        .count();
    if failed > 0 {
        return Err(format!("{text}\n{failed} checks failed"));
    }
    if seed != SEED {
        return Ok(text);
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/CRASH.md");
    std::fs::write(file, &text).map_err(|error| format!("{file}: {error}"))?;
    Ok(format!("{text}\nwritten to bench/CRASH.md"))
}

/// One exchange through all prices, and on at the last ones until nothing more happens.
fn crash(
    name: &'static str,
    mut world: World,
    path: &Path,
    groups: &[usize],
) -> Result<Run, String> {
    let fail = |step: usize| move |what: String| format!("{name}, step {step}: {what}");
    world.stats = stats::Stats::default();
    let before = report::before(&world)?;
    let collateral = checks::collateral(&world);
    for (step, prices) in path.steps.iter().enumerate() {
        world.tick(path::STEP, prices).map_err(fail(step))?;
        keepers::attend(&mut world).map_err(fail(step))?;
        report::watch(&mut world, step).map_err(fail(step))?;
    }
    for _ in 0..20 {
        world.tick(path::STEP, &path.steps[path.steps.len() - 1])?;
        if !keepers::attend(&mut world)? {
            break;
        }
    }
    keepers::tidy(&mut world)?;
    let checks = checks::run(&world, &collateral)?;
    let figures = report::figures(&world, &before, groups)?;
    Ok(Run {
        name,
        world,
        checks,
        figures,
    })
}
