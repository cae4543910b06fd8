//! Starting a network and keeping it until Ctrl-C.

use clap::{Args, ValueEnum};
use counterweight_localnet::{
    Addresses, Config, Counted, Error, Keeper, Localnet, Ports, Source, config::default_program,
};
use counterweight_simnet::Deployment;
use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
    sync::OnceLock,
    time::{Duration, Instant},
};

/// Where addresses and keys are written to.
pub const FOLDER: &str = "target/localnet";

/// What a network is to have.
#[derive(Debug, Args)]
pub struct Run {
    /// The clearinghouse: a TOML file such as migrations/localnet.toml, which is the default.
    #[arg(long)]
    deployment: Option<PathBuf>,
    /// No portfolio margin and no options on top of the usual clearinghouse. Another one has what its file says.
    #[arg(long)]
    no_options: bool,
    /// The program's bytecode; that of make build-sbf where it is not given.
    #[arg(long, env = "COUNTERWEIGHT_ELF")]
    program: Option<PathBuf>,
    /// Port of JSON-RPC; 0 for any that is free.
    #[arg(long, default_value_t = Ports::USUAL.rpc)]
    rpc_port: u16,
    /// Port of the websocket.
    #[arg(long, default_value_t = Ports::USUAL.ws)]
    ws_port: u16,
    /// Port of the faucet.
    #[arg(long, default_value_t = Ports::USUAL.faucet)]
    faucet_port: u16,
    /// Milliseconds of a slot.
    #[arg(long, default_value_t = 400)]
    slot_ms: u64,
    /// What prices do: still, calm, trending, crash, or the path of a .csv file.
    #[arg(long, default_value = "calm")]
    prices: String,
    /// What decides chance; another one each time where it is not given.
    #[arg(long)]
    seed: Option<u64>,
    /// Seconds of the prices' path to a second of the chain.
    #[arg(long, default_value_t = 1)]
    time_scale: u32,
    /// Milliseconds from one publication of prices to the next.
    #[arg(long, default_value_t = 1_000)]
    publish_ms: u64,
    /// No market makers.
    #[arg(long)]
    no_makers: bool,
    /// How many traders take from the market makers.
    #[arg(long, default_value_t = 6)]
    traders: usize,
    /// The keeper's program; the one beside this program where it is not given.
    #[arg(long)]
    keeper: Option<PathBuf>,
    /// No keeper.
    #[arg(long)]
    no_keeper: bool,
    /// Whether prices are refreshed, fills settled and funding updated by this program.
    #[arg(long, value_enum, default_value_t = Refresh::Auto)]
    refresh: Refresh,
    /// Where addresses and keys are written to.
    #[arg(long, default_value = FOLDER)]
    folder: PathBuf,
    /// A file that gets the addresses, too, when everything is there.
    #[arg(long)]
    ready_file: Option<PathBuf>,
    /// Seconds from one line of status to the next; 0 for none.
    #[arg(long, default_value_t = 5)]
    status_seconds: u64,
    /// Ends by itself after so many seconds.
    #[arg(long)]
    seconds: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Refresh {
    /// Where no keeper does it.
    Auto,
    /// In any case.
    On,
    /// In no case.
    Off,
}

/// When this program was started.
fn began() -> Instant {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    *BEGAN.get_or_init(Instant::now)
}

fn say(sentence: &str) {
    eprintln!("[{:6.1} s] {sentence}", began().elapsed().as_secs_f32());
}

impl Run {
    /// Starts it, and keeps it until it is told to end.
    pub async fn start(self) -> Result<(), Error> {
        began();
        let (config, notes) = self.config()?;
        let (seed, prices) = (config.seed, self.prices.clone());
        say(&format!("prices: {prices}, seed {seed}"));
        for note in notes {
            say(&note);
        }
        let starting = tokio::select! {
            started = Localnet::start(config) => started?,
            () = asked_to_end() => {
                say("ended before it was ready");
                return Ok(());
            }
        };
        self.tell(starting.addresses())?;
        let outcome = self.keep(starting).await;
        say("everything has ended");
        outcome
    }

    fn config(&self) -> Result<(Config, Vec<String>), Error> {
        let mut notes = Vec::new();
        let keeper = self.find_keeper(&mut notes)?;
        let deployment = match &self.deployment {
            None => Deployment::localnet(),
            Some(path) => read_deployment(path)?,
        };
        let config = Config {
            deployment,
            options: self.deployment.is_none() && !self.no_options,
            program: self.program.clone().unwrap_or_else(default_program),
            ports: Ports {
                rpc: self.rpc_port,
                ws: self.ws_port,
                faucet: self.faucet_port,
            },
            slot: Duration::from_millis(self.slot_ms),
            prices: self.prices.parse::<Source>()?,
            seed: self.seed.unwrap_or_else(any_seed),
            time_scale: self.time_scale,
            publish_every: Duration::from_millis(self.publish_ms),
            makers: !self.no_makers,
            traders: if self.no_makers { 0 } else { self.traders },
            chores: match self.refresh {
                Refresh::Auto => keeper.is_none(),
                Refresh::On => true,
                Refresh::Off => false,
            },
            keeper,
            folder: Some(self.folder.clone()),
            progress: say,
        };
        Ok((config, notes))
    }

    fn find_keeper(&self, notes: &mut Vec<String>) -> Result<Option<Keeper>, Error> {
        if self.no_keeper {
            notes.push("no keeper: prices are refreshed here, and nobody is liquidated".into());
            return Ok(None);
        }
        let beside = std::env::current_exe().ok().and_then(|own| {
            let name = format!("counterweight-keeper{}", std::env::consts::EXE_SUFFIX);
            own.parent().map(|folder| folder.join(name))
        });
        let program = self
            .keeper
            .clone()
            .or_else(|| beside.filter(|path| path.is_file()));
        match program {
            Some(program) if program.is_file() => Ok(Some(Keeper {
                program,
                arguments: ["run", "--config", "{config}"].map(str::to_owned).to_vec(),
            })),
            Some(program) => Err(Error::Input(format!(
                "there is no keeper at {}: cargo build -p counterweight-keeper, or --no-keeper",
                program.display()
            ))),
            None => {
                notes.push("no keeper is beside this program: prices are refreshed here, and nobody is liquidated".into());
                Ok(None)
            }
        }
    }

    /// Tells people where everything is on the terminal, and programs on standard output and in the file.
    fn tell(&self, addresses: &Addresses) -> Result<(), Error> {
        say("ready; Ctrl-C ends it");
        eprintln!("  JSON-RPC       {}", addresses.rpc);
        eprintln!("  websocket      {}", addresses.ws);
        eprintln!("  faucet         {}", addresses.faucet);
        eprintln!("  program        {}", addresses.program);
        eprintln!("  clearinghouse  {}", addresses.clearinghouse);
        eprintln!(
            "  addresses      {}",
            self.folder.join(counterweight_localnet::FILE).display()
        );
        let text = serde_json::to_string(addresses).unwrap_or_default();
        if !std::io::stdout().is_terminal() {
            println!("{text}");
        }
        if let Some(path) = &self.ready_file {
            std::fs::write(path, text + "\n").map_err(|error| Error::File(path.clone(), error))?;
        }
        Ok(())
    }

    async fn keep(&self, mut net: Localnet) -> Result<(), Error> {
        let mut counted = Counted::default();
        let every = Duration::from_secs(if self.status_seconds == 0 {
            5
        } else {
            self.status_seconds
        });
        let end = asked_to_end();
        tokio::pin!(end);
        loop {
            tokio::select! {
                () = &mut end => break,
                () = after(self.seconds) => break,
                () = tokio::time::sleep(every) => {}
            }
            if let Some(sentence) = net.keeper_ended() {
                say(&format!(
                    "{sentence}; prices are refreshed here from now on"
                ));
            }
            match net.status(counted).await {
                Ok((line, now)) => {
                    counted = now;
                    if self.status_seconds > 0 {
                        say(&line);
                    }
                }
                Err(error) => say(&format!("no status: {error}")),
            }
        }
        say("ending: the keeper, the traders, the network");
        tokio::select! {
            stopped = net.stop() => stopped,
            () = asked_to_end() => Ok(()),
        }
    }
}

/// When so many seconds have passed since the start; never for none.
async fn after(seconds: Option<u64>) {
    match seconds {
        Some(seconds) => {
            tokio::time::sleep_until((began() + Duration::from_secs(seconds)).into()).await
        }
        None => std::future::pending().await,
    }
}

/// When somebody asks this program to end.
async fn asked_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

fn any_seed() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    // Short enough to be typed.
    now.map_or(1, |now| now.as_millis() as u64 % 1_000_000)
}

fn read_deployment(path: &Path) -> Result<Deployment, Error> {
    let text = std::fs::read_to_string(path).map_err(|error| Error::File(path.into(), error))?;
    Deployment::parse(&text).map_err(|why| Error::Input(format!("{}: {why}", path.display())))
}
