//! The command line: runs a keeper, watches a clearinghouse, reports on one.

use crate::{
    Handle, Mode,
    config::{Config, LogFormat},
    monitor::{MonitorArgs, session},
    report::{self, ReportArgs},
    run_with,
};
use clap::{Parser, Subcommand};
use std::{io::IsTerminal, path::PathBuf, process::ExitCode};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Keeps a Counterweight clearinghouse: liquidates, settles, funds, refreshes; shows and reports its risk.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the keeper until it is told to stop.
    Run(RunArgs),
    /// Shows a clearinghouse's risk on the terminal, as it changes.
    Monitor(MonitorArgs),
    /// Writes a report of a clearinghouse's risk and ledger.
    Report(ReportArgs),
}

#[derive(clap::Args)]
struct RunArgs {
    /// The configuration; keeper/keeper.toml is an example with every field.
    #[arg(long, env = "COUNTERWEIGHT_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Decides and simulates, and sends nothing.
    #[arg(long)]
    dry_run: bool,
    /// Decides one round, waits for its transactions, and ends.
    #[arg(long)]
    once: bool,
}

/// What the process does; to be called within tokio.
pub async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Run(args) => run(args).await,
        Command::Monitor(args) => session::run(&args).await,
        Command::Report(args) => report::run(&args).await,
    };
    done.unwrap_or_else(|sentence| {
        eprintln!("{sentence}");
        ExitCode::FAILURE
    })
}

async fn run(args: RunArgs) -> Result<ExitCode, String> {
    let mut config = Config::load(args.config.as_deref()).map_err(|error| error.to_string())?;
    config.send.dry_run |= args.dry_run;
    log(&config)?;
    let stop = shutdown()?;
    let mode = Mode { once: args.once };
    let handle = Handle::new(&config);
    let summary = run_with(config, mode, handle, stop)
        .await
        .map_err(|error| error.to_string())?;
    println!(
        "{} rounds; {} transactions sent, {} confirmed, {} refused, {} lost; profit {} quote atoms on {} of volume",
        summary.rounds,
        summary.sent,
        summary.confirmed,
        summary.refused,
        summary.lost,
        summary.profit,
        summary.volume
    );
    Ok(ExitCode::SUCCESS)
}

fn log(config: &Config) -> Result<(), String> {
    let filter = EnvFilter::try_new(&config.log.filter)
        .map_err(|error| format!("log.filter is \"{}\": {error}", config.log.filter))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // Colours are for people: a file is read by other programs, too.
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .with_writer(std::io::stderr);
    match config.log.format {
        LogFormat::Human => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
    Ok(())
}

/// Done with the first SIGINT or SIGTERM; a second one ends the process at once.
fn shutdown() -> Result<impl Future<Output = ()>, String> {
    let catch = |kind| signal(kind).map_err(|error| format!("signals cannot be caught: {error}"));
    let mut signals = [
        catch(SignalKind::interrupt())?,
        catch(SignalKind::terminate())?,
    ];
    Ok(async move {
        any(&mut signals).await;
        tracing::info!(
            "told to stop: transactions on their way are waited for; once more ends at once"
        );
        tokio::spawn(async move {
            any(&mut signals).await;
            std::process::exit(130);
        });
    })
}

async fn any([first, second]: &mut [Signal; 2]) {
    tokio::select! {
        _ = first.recv() => {}
        _ = second.recv() => {}
    }
}
