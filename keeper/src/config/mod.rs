//! The configuration: a TOML file, and over it environment variables `COUNTERWEIGHT_SECTION__FIELD`.
//!
//! Every field has a default but `clearinghouse.address` and the keys; a field that does not exist is refused, and
//! so is a value that cannot be meant. `keeper/keeper.toml` has them all with comments, docs/keeper.md in a table;
//! a test compares the three.

mod address;
mod check;
mod duties;
mod keys;
mod sections;

pub use address::Address;
pub use duties::{
    Backstop, Defaults, Duties, Fills, Funding, Liquidations, Prices, Pruning, Settlement, Sweeps,
    Triggers,
};
pub use keys::{KeyError, Signers};
pub use sections::{
    Account, Backoff, Clearinghouse, Cluster, Costs, Fees, Keys, Log, LogFormat, Send, Server,
    Tables,
};

use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What environment variables begin with.
const PREFIX: &str = "COUNTERWEIGHT_";

/// Everything that a keeper can be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Which clearinghouse.
    pub clearinghouse: Clearinghouse,
    /// Where the chain is.
    pub cluster: Cluster,
    /// Who pays and who trades.
    pub keys: Keys,
    /// The keeper's own margin account, and how far it may go.
    pub account: Account,
    /// What things cost.
    pub costs: Costs,
    /// What is bid for a place in a block.
    pub fees: Fees,
    /// How transactions are sent.
    pub send: Send,
    /// When something is tried again.
    pub backoff: Backoff,
    /// Lookup tables.
    pub tables: Tables,
    /// What it does.
    pub duties: Duties,
    /// Metrics and health.
    pub server: Server,
    /// The log.
    pub log: Log,
}

/// Why there is no configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// The file is not there, or cannot be read.
    Unreadable(String),
    /// A field does not exist, or its value has another type.
    Invalid(String),
    /// Values that cannot be meant: a sentence for each.
    Refused(Vec<String>),
}

impl core::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Unreadable(why) => write!(
                f,
                "the configuration cannot be read: {why}. Copy keeper/keeper.toml and name it with --config"
            ),
            Self::Invalid(why) => write!(
                f,
                "the configuration is not understood: {why}. keeper/keeper.toml has every field with a comment"
            ),
            Self::Refused(reasons) => {
                write!(f, "the configuration is refused:")?;
                reasons
                    .iter()
                    .try_for_each(|reason| write!(f, "\n  {reason}"))
            }
        }
    }
}

impl core::error::Error for ConfigError {}

impl Config {
    /// Reads a file, if one is named, and the environment over it.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(path) = path {
            let text = std::fs::read_to_string(path)
                .map_err(|error| ConfigError::Unreadable(format!("{}: {error}", path.display())))?;
            // Read here, so that a file that is not there is an error and its name stands in messages.
            figment = figment.merge(Toml::string(&text));
        }
        Self::extract(figment, path)
    }

    /// Reads a text as if it were the file.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let figment = Figment::from(Serialized::defaults(Self::default()));
        Self::extract(figment.merge(Toml::string(text)), None)
    }

    fn extract(figment: Figment, path: Option<&Path>) -> Result<Self, ConfigError> {
        let names = misspelt(std::env::vars().map(|(name, _)| name));
        if !names.is_empty() {
            return Err(ConfigError::Refused(names));
        }
        let environment = Env::prefixed(PREFIX)
            .filter(|name| name.as_str().contains("__"))
            .split("__");
        let file = path.map_or_else(String::new, |path| format!("{}: ", path.display()));
        let config: Self = figment.merge(environment).extract().map_err(|error| {
            let all: Vec<String> = error.into_iter().map(|error| error.to_string()).collect();
            ConfigError::Invalid(format!("{file}{}", all.join("; ")))
        })?;
        let reasons = check::problems(&config);
        if reasons.is_empty() {
            return Ok(config);
        }
        Err(ConfigError::Refused(reasons))
    }
}

/// Variables that look like a field with one underscore too few: they would be passed over in silence.
fn misspelt(names: impl Iterator<Item = String>) -> Vec<String> {
    let sections = [
        "CLEARINGHOUSE",
        "CLUSTER",
        "KEYS",
        "ACCOUNT",
        "COSTS",
        "FEES",
        "SEND",
        "BACKOFF",
        "TABLES",
        "DUTIES",
        "SERVER",
        "LOG",
    ];
    let wrong = |name: &String| {
        let rest = name.strip_prefix(PREFIX)?;
        let section = sections.iter().find(|s| {
            let field = rest
                .strip_prefix(**s)
                .and_then(|rest| rest.strip_prefix('_'));
            field.is_some_and(|field| !field.starts_with('_') && !rest.contains("__"))
        })?;
        let field = &rest[section.len() + 1..];
        Some(format!(
            "{name} is not read: a section and its field are parted by two underscores, {PREFIX}{section}__{field}"
        ))
    };
    let mut found: Vec<String> = names.filter_map(|name| wrong(&name)).collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "[clearinghouse]\naddress = \"11111111111111111111111111111112\"\n";

    fn refusal(text: &str) -> String {
        match Config::parse(&format!("{ADDRESS}{text}")) {
            Ok(_) => panic!("accepted: {text}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_field_that_does_not_exist_is_refused_by_name() {
        let text = refusal("[duties.prices]\nmax_ages = 3\n");
        assert!(
            text.contains("max_ages") && text.contains("keeper.toml"),
            "{text}"
        );
        assert!(refusal("[dutys]\n").contains("dutys"));
    }

    #[test]
    fn every_value_that_cannot_be_meant_is_told_at_once() {
        let text = refusal(
            "[send]\nmax_in_flight = 0\n[fees]\nfloor = 10\nceiling = 5\n[server]\nlisten = \"0.0.0.0:9464\"\n",
        );
        for name in ["send.max_in_flight", "fees.ceiling", "server.listen"] {
            assert!(text.contains(name), "{name} is missing in {text}");
        }
    }

    #[test]
    fn a_clearinghouse_must_be_named() {
        let text = Config::parse("").unwrap_err().to_string();
        assert!(text.contains("clearinghouse.address"), "{text}");
        assert!(refusal("[account]\nowner = \"nobody\"\n").contains("address"));
    }

    #[test]
    fn a_variable_with_one_underscore_too_few_is_not_passed_over() {
        let names = [
            "COUNTERWEIGHT_SEND_DRY_RUN",
            "COUNTERWEIGHT_SEND__DRY_RUN",
            "COUNTERWEIGHT_ELF",
            "PATH",
        ];
        let found = misspelt(names.iter().map(|name| (*name).to_owned()));
        assert_eq!(found.len(), 1);
        assert!(
            found[0].contains("COUNTERWEIGHT_SEND__DRY_RUN"),
            "{found:?}"
        );
    }
}
