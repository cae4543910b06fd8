//! `counterweight-migrate`: brings a clearinghouse on a cluster to what a TOML file describes.

use counterweight_migrations::cli;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    ExitCode::from(cli::run(std::env::args_os()).await)
}
