//! What a local network is to have.

use crate::{Error, prices::Tape};
use counterweight_simnet::{AssetConfig, Deployment};
use std::{path::PathBuf, str::FromStr, time::Duration};

/// Ports on loopback; 0 for any that is free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ports {
    /// JSON-RPC.
    pub rpc: u16,
    /// Websocket.
    pub ws: u16,
    /// The faucet.
    pub faucet: u16,
}

impl Ports {
    /// Where tools look for a local network, and the faucet one port up.
    pub const USUAL: Self = Self {
        rpc: 8_899,
        ws: 8_900,
        faucet: 8_901,
    };
}

/// What prices do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// They stay where they start.
    Still,
    /// They wander around where they start.
    Calm,
    /// They wander, and rise and fall for twenty minutes each.
    Trending,
    /// They fall as on 10 October 2025, with the silent feeds and wide intervals of that day.
    Crash,
    /// They follow a file.
    Tape(Tape),
}

impl FromStr for Source {
    type Err = Error;

    /// A name, or the path of a CSV file.
    fn from_str(text: &str) -> Result<Self, Error> {
        Ok(match text {
            "still" => Self::Still,
            "calm" => Self::Calm,
            "trending" => Self::Trending,
            "crash" => Self::Crash,
            path if path.ends_with(".csv") => Self::Tape(Tape::read(path.as_ref())?),
            other => {
                return Err(Error::Input(format!(
                    "no prices are called {other}: still, calm, trending, crash, or the path of a .csv file"
                )));
            }
        })
    }
}

/// The keeper, which runs as a process of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keeper {
    /// Its program.
    pub program: PathBuf,
    /// What it is started with, `{config}` standing for the path of the file that is written for it.
    pub arguments: Vec<String>,
}

/// What a local network is to have.
#[derive(Clone, Debug)]
pub struct Config {
    /// The clearinghouse.
    pub deployment: Deployment,
    /// Whether portfolio margin and some options on SOL are offered on top of it.
    pub options: bool,
    /// The program's bytecode.
    pub program: PathBuf,
    /// Where it listens.
    pub ports: Ports,
    /// From one slot to the next, at least a millisecond. A cluster takes 400.
    pub slot: Duration,
    /// What prices do.
    pub prices: Source,
    /// What decides chance: prices, and who trades what.
    pub seed: u64,
    /// Seconds of the prices' path to a second of the chain.
    pub time_scale: u32,
    /// From one publication of prices to the next. The chain's clock counts whole seconds, and a price with the
    /// time of the one before it is none.
    pub publish_every: Duration,
    /// Whether every market has a market maker.
    pub makers: bool,
    /// How many traders take from them.
    pub traders: usize,
    /// Whether prices are refreshed, fills settled and funding updated here, as where no keeper runs.
    pub chores: bool,
    /// The keeper; none for none.
    pub keeper: Option<Keeper>,
    /// Where the addresses and the authority's key are written to; nowhere for none.
    pub folder: Option<PathBuf>,
    /// Told, while it starts, what was done.
    pub progress: fn(&str),
}

impl Config {
    /// A network for a test: on any free ports, with short slots, prices that stay, no options, nobody who trades,
    /// and its chores done.
    pub fn quiet() -> Self {
        Self {
            deployment: Deployment::localnet(),
            options: false,
            program: default_program(),
            ports: Ports::default(),
            slot: Duration::from_millis(50),
            prices: Source::Still,
            seed: 1,
            time_scale: 1,
            publish_every: Duration::from_millis(500),
            makers: false,
            traders: 0,
            chores: true,
            keeper: None,
            folder: None,
            progress: |_| {},
        }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let wrong = |sentence: &str| Err(Error::Input(sentence.into()));
        if self.slot.as_millis() == 0 || self.slot > Duration::from_secs(10) {
            return wrong("a slot takes 1 to 10,000 milliseconds (--slot-ms)");
        }
        if self.time_scale == 0 || self.time_scale > 3_600 {
            return wrong("the time scale is 1 to 3,600 (--time-scale)");
        }
        if self.publish_every.is_zero() {
            return wrong("prices cannot be published all the time (--publish-ms)");
        }
        if self.traders > 1_000 {
            return wrong("more than 1,000 traders do not fit (--traders)");
        }
        let priceless = |asset: &&AssetConfig| asset.oracle != "none" && asset.start_price < 1;
        if let Some(asset) = self.deployment.asset.iter().find(priceless) {
            let name = &asset.name;
            return wrong(&format!(
                "the deployment has no start_price for {name}: say where its price begins, in units of 10^-8 dollars"
            ));
        }
        if let Source::Tape(tape) = &self.prices {
            tape.check(&self.deployment)?;
        }
        Ok(())
    }
}

/// Where `make build-sbf` leaves the program; `COUNTERWEIGHT_ELF` names another place.
pub fn default_program() -> PathBuf {
    let built = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../target/deploy/counterweight.so"
    );
    std::env::var_os("COUNTERWEIGHT_ELF").map_or_else(|| PathBuf::from(built), PathBuf::from)
}
