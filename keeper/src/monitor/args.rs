//! What the monitor and the report are told on the command line.

use super::ask::{Ask, Curves, Move, Sort};
use crate::{
    config::Config,
    state::prices::{PriceAccounts, PriceRules},
};
use anchor_lang::prelude::Pubkey;
use clap::Args;
use counterweight_link::{Endpoint, Link};
use std::{path::PathBuf, str::FromStr, time::Duration};

/// Which clearinghouse, on which cluster.
#[derive(Args, Clone, Debug, Default)]
pub struct Place {
    /// The keeper's configuration: clearinghouse, cluster and price accounts are taken from it.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Address of the clearinghouse; goes before the configuration's.
    #[arg(long, value_name = "ADDRESS")]
    pub clearinghouse: Option<String>,
    /// JSON-RPC address of a node; goes before the configuration's.
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Websocket address; without it the JSON-RPC address one port up.
    #[arg(long, value_name = "URL")]
    pub ws: Option<String>,
    /// Judge by the prices that are recorded on the chain, even where Pyth's accounts have newer ones.
    #[arg(long)]
    pub recorded: bool,
}

/// A clearinghouse that can be asked for.
#[derive(Clone, Debug)]
pub struct Found {
    /// The clearinghouse.
    pub clearinghouse: Pubkey,
    /// The line to the cluster.
    pub link: Link,
    /// How long an answer is waited for.
    pub timeout: Duration,
    /// A line over which nothing came for so long is given up.
    pub quiet: Duration,
    /// How often everything is compared with the chain.
    pub verify_every: Duration,
    /// Where Pyth's prices are.
    pub prices: PriceAccounts,
    /// Whether they are left alone.
    pub recorded: bool,
}

/// Every newer price counts: who watches wants to know before a keeper acts.
pub const NEWEST: PriceRules = PriceRules {
    max_age_seconds: 0,
    deviation_bps: 0,
};

impl Place {
    /// Reads the configuration, if one is named, and what was given beside it.
    ///
    /// # Errors
    /// A sentence that says what to write.
    pub fn find(&self) -> Result<Found, String> {
        let mut config = match Config::load(self.config.as_deref()) {
            Ok(config) => config,
            // Without a file every field but the address has a default; which may stand on the command line.
            Err(_) if self.config.is_none() && self.clearinghouse.is_some() => Config::default(),
            Err(error) if self.config.is_none() => {
                return Err(format!(
                    "name a clearinghouse with --clearinghouse or a configuration with --config: {error}"
                ));
            }
            Err(error) => return Err(error.to_string()),
        };
        if let Some(url) = &self.url {
            config.cluster.http.clone_from(url);
            config.cluster.ws.clear();
        }
        if let Some(ws) = &self.ws {
            config.cluster.ws.clone_from(ws);
        }
        let named = self.clearinghouse.as_deref();
        let address = match named {
            Some(text) => Some(Pubkey::from_str(text).map_err(|_| {
                format!("\"{text}\" is no address: --clearinghouse takes 32 bytes in base58")
            })?),
            None => config.clearinghouse.address.0,
        };
        let clearinghouse = address.ok_or("name a clearinghouse with --clearinghouse")?;
        let mut endpoint = Endpoint::of(&config.cluster.http);
        if !config.cluster.ws.is_empty() {
            endpoint.ws = config.cluster.ws;
        }
        let timeout = Duration::from_millis(config.cluster.timeout_ms);
        let named = config.duties.prices.accounts.into_iter();
        Ok(Found {
            clearinghouse,
            link: Link::new(endpoint, timeout),
            timeout,
            quiet: Duration::from_millis(config.cluster.quiet_ms),
            verify_every: Duration::from_secs(config.cluster.verify_seconds),
            prices: PriceAccounts {
                named: named
                    .filter_map(|(name, key)| Some((name, key.0?)))
                    .collect(),
                shard: config.duties.prices.shard,
            },
            recorded: self.recorded,
        })
    }
}

/// `counterweight-keeper monitor`: watches the risk of a clearinghouse, and changes nothing.
#[derive(Args, Clone, Debug)]
pub struct MonitorArgs {
    /// Which clearinghouse.
    #[command(flatten)]
    pub place: Place,
    /// Write JSON documents, one a line, instead of drawing on the terminal.
    #[arg(long)]
    pub json: bool,
    /// Write one JSON document, with indentation, and end; asks the node once and needs no websocket.
    #[arg(long)]
    pub once: bool,
    /// Seconds from one picture or document to the next.
    #[arg(long, value_name = "SECONDS", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub every: u64,
    /// A move of prices to look at, in per cent: SOL=-20, all=-15. May be repeated; JSON only.
    #[arg(long, value_name = "ASSET=PERCENT", allow_hyphen_values = true)]
    pub shock: Vec<Move>,
    /// Leave the curves out of JSON documents: they judge every account for every step of every price.
    #[arg(long)]
    pub no_curves: bool,
    /// Accounts that a JSON document tells in full.
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    pub rows: usize,
    /// The order of accounts: ratio, equity, margin, positions, liquidation or address.
    #[arg(long, value_name = "ORDER", default_value = "ratio")]
    pub sort: Sort,
    /// Only accounts whose address, owner, state or holdings contain this text.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub filter: String,
}

impl MonitorArgs {
    /// What a JSON document is asked for.
    pub fn ask(&self) -> Ask {
        Ask {
            sort: self.sort,
            filter: self.filter.clone(),
            rows: self.rows,
            shock: self.shock.clone(),
            curves: if self.no_curves {
                Curves::None
            } else {
                Curves::Every
            },
            ..Ask::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    const KEY: &str = "11111111111111111111111111111112";

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: MonitorArgs,
    }

    fn parsed(words: &[&str]) -> Result<MonitorArgs, String> {
        let line = Line::try_parse_from([&["monitor"], words].concat());
        line.map(|line| line.args)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn flags_make_a_question() {
        let args = parsed(&[
            "--once", "--shock", "SOL=-20", "--shock", "all=-15", "--sort", "equity", "--rows", "3",
        ]);
        let ask = args.unwrap().ask();
        assert_eq!(
            (ask.sort, ask.rows, ask.shock.len(), ask.curves),
            (Sort::Equity, 3, 2, Curves::Every)
        );
        assert!(parsed(&["--shock", "SOL"]).unwrap_err().contains("SOL=-20"));
        assert!(
            parsed(&["--sort", "size"])
                .unwrap_err()
                .contains("ratio, equity")
        );
        assert!(parsed(&["--every", "0"]).is_err());
    }

    #[test]
    fn a_place_is_found_by_flags_alone() {
        let found = parsed(&["--clearinghouse", KEY, "--url", "http://node:1234"])
            .unwrap()
            .place
            .find()
            .unwrap();
        assert_eq!(found.clearinghouse.to_string(), KEY);
        assert_eq!(found.link.endpoint().ws, "ws://node:1235");
        let found = parsed(&["--clearinghouse", KEY, "--ws", "wss://node"])
            .unwrap()
            .place
            .find()
            .unwrap();
        assert_eq!(found.link.endpoint().ws, "wss://node");
        let error = parsed(&["--clearinghouse", "nobody"])
            .unwrap()
            .place
            .find()
            .unwrap_err();
        assert!(error.contains("base58"), "{error}");
        let error = parsed(&["--config", "/no/such/file"])
            .unwrap()
            .place
            .find()
            .unwrap_err();
        assert!(error.contains("/no/such/file"), "{error}");
    }
}
