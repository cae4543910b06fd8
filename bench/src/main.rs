//! Measures the program on its bytecode and writes `bench/COMPUTE.md` and `bench/compute.json`.
//!
//! ```text
//! counterweight-bench            measure and write both files
//! counterweight-bench --check    measure and compare: exit code 1 where a figure has grown by more
//!                                than 2 %, or the files do not name what was measured
//! ```
//!
//! Compute units are deterministic: keys are derived from names, prices and the time are set.

mod cases;
mod crash;
mod defaults;
mod limits;
mod options;
mod orders;
mod others;
mod readme;
mod refusals;
mod report;
mod scanned;
mod sections;
mod world;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let check = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["crash", ref rest @ ..] => return crash::main(rest),
        ["--check"] => true,
        _ => {
            eprintln!("usage: counterweight-bench [--check]");
            return ExitCode::from(2);
        }
    };
    let measured = report::measure();
    let outcome = if check {
        report::check(&measured)
    } else {
        report::write(&measured)
    };
    match outcome {
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
