//! `counterweight-demo`: see `--help`.

use clap::Parser;
use counterweight_demo::{Options, run};
use std::{path::PathBuf, process::ExitCode};

/// Runs a crash of three markets against a cross-margin clearinghouse on an embedded chain, with the
/// program's real bytecode, and writes a report.
///
/// A market maker quotes on three order books; a hedged trader, a leveraged long, one with a stop-loss,
/// a holder of SOL and one who follows the market trade with it. Then SOL falls by 24 %, BTC by 15 % and
/// ETH by 21 %, funding is paid, and a keeper settles fills, executes the stop and liquidates. The hedged
/// book runs a second time as three isolated accounts with the same collateral. A further account has a
/// collar of options on SOL, by Portfolio margin. The demonstration fails unless the one account survives,
/// one of the three does not, puts carry the collar, and every atom is accounted for.
#[derive(Parser)]
#[command(name = "counterweight-demo", version, max_term_width = 100)]
struct Arguments {
    /// Seed of the noise on the prices; the same seed gives the same run
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Steps that the crash of 200 minutes is cut into
    #[arg(long, value_name = "NUMBER", default_value_t = 40, value_parser = clap::value_parser!(u32).range(30..=1_000))]
    steps: u32,
    /// Where to write the report, a page for any browser
    #[arg(long, value_name = "PATH", default_value = "target/report.html")]
    report: PathBuf,
    /// Print nothing unless something fails
    #[arg(long, short)]
    quiet: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let options = Options {
        seed: arguments.seed,
        steps: arguments.steps,
        report: arguments.report,
        quiet: arguments.quiet,
    };
    match run(&options) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
