//! The keeper: a process of its own, with a margin account and a configuration made for this network.

use crate::{
    Error, addresses::write_key, bots::Watch, config::Keeper, house::House, keys, prices::Publisher,
};
use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::process::{Child, Command};

/// Whole quote tokens that it takes over with.
const TOKENS: u64 = 2_000_000;
/// How long it has to end by itself: it waits for its transactions on their way.
const PATIENCE: Duration = Duration::from_secs(10);

/// A keeper that runs. Dropping it kills it.
pub(crate) struct Process {
    child: Child,
    /// What it says.
    pub log: PathBuf,
}

/// The configuration: what differs from the keeper's defaults.
fn configuration(house: &House, publisher: &Publisher, folder: &Path) -> String {
    use toml::{Table, Value};
    let section = |rows: Vec<(&str, Value)>| {
        let rows = rows
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        Value::Table(rows.collect::<Table>())
    };
    let text = |text: String| Value::String(text);
    let endpoint = house.link.endpoint();
    let tables = house.tables.iter().map(|table| text(table.key.to_string()));
    let accounts = publisher
        .feeds()
        .iter()
        .map(|feed| (feed.name.as_str(), text(feed.account.to_string())));
    let prices = section(vec![
        // A second of the chain is a second of the prices: nothing is gained by waiting.
        ("max_age_seconds", Value::Integer(1)),
        ("accounts", section(accounts.collect())),
    ]);
    let all = section(vec![
        (
            "clearinghouse",
            section(vec![(
                "address",
                text(house.venue.clearinghouse.to_string()),
            )]),
        ),
        (
            "cluster",
            section(vec![
                ("http", text(endpoint.http.clone())),
                ("ws", text(endpoint.ws.clone())),
            ]),
        ),
        (
            "keys",
            section(vec![(
                "payer_file",
                text(folder.join("keeper.json").display().to_string()),
            )]),
        ),
        (
            "tables",
            section(vec![
                ("addresses", Value::Array(tables.collect())),
                ("create", Value::Boolean(false)),
            ]),
        ),
        ("duties", section(vec![("prices", prices)])),
        // Other networks may run beside this one.
        (
            "server",
            section(vec![("listen", text("127.0.0.1:0".into()))]),
        ),
    ]);
    // A document with a heading for each section; a value's own text would be one inline table, which is no document.
    let document = toml::to_string(&all).unwrap_or_default();
    format!("# Written by the local network each time it starts.\n\n{document}")
}

impl Process {
    /// Opens its margin account, writes its key and its configuration into the folder, and starts it.
    pub(crate) async fn start(
        keeper: &Keeper,
        house: &House,
        board: &Watch,
        publisher: &Publisher,
        folder: &Path,
    ) -> Result<Self, Error> {
        let bot =
            crate::bots::Bot::join(house.clone(), board.clone(), keys::keeper(), TOKENS).await?;
        drop(bot);
        std::fs::create_dir_all(folder).map_err(|error| Error::File(folder.into(), error))?;
        write_key(&folder.join("keeper.json"), &keys::keeper())?;
        let config = folder.join("keeper.toml");
        let text = configuration(house, publisher, folder);
        std::fs::write(&config, text).map_err(|error| Error::File(config.clone(), error))?;
        let log = folder.join("keeper.log");
        let file = std::fs::File::create(&log).map_err(|error| Error::File(log.clone(), error))?;
        let other = file
            .try_clone()
            .map_err(|error| Error::File(log.clone(), error))?;
        let arguments = keeper.arguments.iter();
        let arguments =
            arguments.map(|argument| argument.replace("{config}", &config.display().to_string()));
        let mut command = Command::new(&keeper.program);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::from(file))
            .stderr(Stdio::from(other))
            .kill_on_drop(true);
        // A group of its own: a Ctrl-C in the terminal is for the network, which ends the keeper before itself.
        #[cfg(unix)]
        command.process_group(0);
        let child = command
            .spawn()
            .map_err(|error| Error::File(keeper.program.clone(), error))?;
        Ok(Self { child, log })
    }

    /// Whether it has ended: its exit status, in words.
    pub(crate) fn ended(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok().flatten()?;
        Some(format!(
            "the keeper ended ({status}): see {}",
            self.log.display()
        ))
    }

    /// Asks it to end, and ends it where it does not.
    pub(crate) async fn stop(mut self) {
        ask_to_end(&self.child);
        if tokio::time::timeout(PATIENCE, self.child.wait())
            .await
            .is_err()
        {
            let _ = self.child.kill().await;
        }
    }
}

#[cfg(unix)]
fn ask_to_end(child: &Child) {
    use nix::{
        sys::signal::{Signal, kill},
        unistd::Pid,
    };
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    if let Some(id) = id {
        // Not an interrupt: who is started from a script's background may be deaf to it.
        let _ = kill(Pid::from_raw(id), Signal::SIGTERM);
    }
}

#[cfg(not(unix))]
fn ask_to_end(_child: &Child) {}
