//! The command line.

mod ask;
mod run;

use clap::{Args, Parser, Subcommand};
use counterweight_localnet::Error;
use std::path::PathBuf;

/// A local network with a clearinghouse that lives.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: run::Run,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts a network (what happens without a command, too).
    Run(run::Run),
    /// Asks the faucet of a network that runs for test tokens.
    Faucet {
        /// Who gets them: an address.
        owner: String,
        /// The token, as USDC or SOL; or "lamports".
        asset: String,
        /// How many whole tokens, as 1500.5; or how many lamports.
        amount: String,
        #[command(flatten)]
        at: At,
    },
    /// Sets a price of a network that runs.
    Price {
        /// The asset, as SOL.
        asset: String,
        /// Dollars, as 120.5; "silent" for a feed that fails; "release" for the path.
        price: String,
        #[command(flatten)]
        at: At,
    },
}

/// Where a network that runs is.
#[derive(Debug, Args)]
struct At {
    /// The address of its faucet; that in the folder's localnet.json where it is not given.
    #[arg(long)]
    url: Option<String>,
    /// The folder of the network.
    #[arg(long, default_value = run::FOLDER)]
    folder: PathBuf,
}

impl Cli {
    /// Does what was asked.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn run(self) -> Result<(), Error> {
        match self.command {
            None => self.run.start().await,
            Some(Command::Run(run)) => run.start().await,
            Some(Command::Faucet {
                owner,
                asset,
                amount,
                at,
            }) => {
                let body = serde_json::json!({"owner": owner, "asset": asset, "amount": amount});
                let answer = ask::post(&at.url()?, "faucet", &body).await?;
                println!(
                    "{amount} {asset} are in {}",
                    answer["account"].as_str().unwrap_or_default()
                );
                Ok(())
            }
            Some(Command::Price { asset, price, at }) => {
                let body = serde_json::json!({"asset": asset, "price": price});
                ask::post(&at.url()?, "price", &body).await?;
                println!("{asset}: {price}");
                Ok(())
            }
        }
    }
}

impl At {
    fn url(&self) -> Result<String, Error> {
        match &self.url {
            Some(url) => Ok(url.trim_end_matches('/').to_owned()),
            None => ask::faucet_of(&self.folder),
        }
    }
}
