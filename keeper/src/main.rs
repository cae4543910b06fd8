//! `counterweight-keeper`: see [`counterweight_keeper::cli`].

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    counterweight_keeper::cli::main().await
}
