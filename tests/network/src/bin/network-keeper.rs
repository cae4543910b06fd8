//! The keeper's own command line as a program of this package: cargo builds it with the tests, so that they never run
//! an old one.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    counterweight_keeper::cli::main().await
}
