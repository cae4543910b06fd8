//! All sections but the duties.

use super::Address;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::PathBuf};

/// Which clearinghouse.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Clearinghouse {
    /// Its address.
    pub address: Address,
}

/// Where the chain is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cluster {
    /// JSON-RPC address of a node.
    pub http: String,
    /// Websocket address; empty for the JSON-RPC address one port up.
    pub ws: String,
    /// How long an answer is waited for, milliseconds.
    pub timeout_ms: u64,
    /// A line over which nothing came for so long is given up, milliseconds.
    pub quiet_ms: u64,
    /// How often everything that is known is compared with the chain, seconds.
    pub verify_seconds: u64,
    /// Nothing is decided, and the keeper is unhealthy, while the chain's clock is older than this, milliseconds.
    pub max_lag_ms: u64,
}

impl Default for Cluster {
    fn default() -> Self {
        Self {
            http: "http://127.0.0.1:8899".into(),
            ws: String::new(),
            timeout_ms: 10_000,
            quiet_ms: 5_000,
            verify_seconds: 10,
            max_lag_ms: 10_000,
        }
    }
}

/// Who pays and who trades. A key itself is never in a configuration: in a file, or in the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Keys {
    /// File of the key that pays for transactions; `COUNTERWEIGHT_PAYER_KEY` goes before it.
    pub payer_file: PathBuf,
    /// File of the key that trades for the margin account, as its owner or delegate; empty for the payer's.
    /// `COUNTERWEIGHT_TRADER_KEY` goes before it.
    pub trader_file: PathBuf,
}

/// The keeper's own margin account, and how far it may go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Account {
    /// Owner of the margin account; empty for the trader's key.
    pub owner: Address,
    /// Number of the margin account.
    pub id: u16,
    /// What of the initial margin stays free above it after a takeover, in basis points of it.
    pub keep_free_bps: u32,
    /// Most notional of all positions, in basis points of equity.
    pub max_leverage_bps: u32,
    /// Most notional of the net position on one asset, quote atoms; 0 for no limit.
    pub max_position_atoms: u64,
    /// The same for single assets, by name.
    pub positions: BTreeMap<String, u64>,
    /// How long nothing is taken over after the chain said that the margin does not suffice, seconds; a change of
    /// the account ends it.
    pub margin_pause_seconds: u64,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            owner: Address(None),
            id: 0,
            keep_free_bps: 1_000,
            max_leverage_bps: 50_000,
            max_position_atoms: 0,
            positions: BTreeMap::new(),
            margin_pause_seconds: 30,
        }
    }
}

/// What things cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Costs {
    /// Asset of the risk book whose price converts fees into quote atoms.
    pub sol_asset: String,
    /// Quote atoms of a SOL, where there is no such asset or its price is too old.
    pub sol_price_atoms: u64,
    /// What it costs to get rid of a position that was taken over, basis points of its value.
    pub hedge_bps: u32,
    /// The same for single assets, by name.
    pub hedge: BTreeMap<String, u32>,
}

impl Default for Costs {
    fn default() -> Self {
        Self {
            sol_asset: "SOL".into(),
            sol_price_atoms: 150_000_000,
            hedge_bps: 5,
            hedge: BTreeMap::new(),
        }
    }
}

/// What is bid for a place in a block, micro-lamports a compute unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fees {
    /// Which percentile of recent bids on the same accounts.
    pub percentile: u8,
    /// The least.
    pub floor: u64,
    /// The most.
    pub ceiling: u64,
    /// How often recent bids are asked for, milliseconds.
    pub refresh_ms: u64,
    /// How much more is bid after a transaction expired, in basis points, each time; forgotten with the next that
    /// is confirmed.
    pub escalation_bps: u32,
}

impl Default for Fees {
    fn default() -> Self {
        Self {
            percentile: 75,
            floor: 0,
            ceiling: 200_000,
            refresh_ms: 5_000,
            escalation_bps: 5_000,
        }
    }
}

/// How transactions are sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Send {
    /// Decides and simulates, and sends nothing.
    pub dry_run: bool,
    /// Most transactions on their way at a time.
    pub max_in_flight: usize,
    /// How old a decision may be when it is sent, seconds.
    pub valid_seconds: u64,
    /// How long the change of an account is waited for after its transaction was confirmed, milliseconds.
    pub settle_ms: u64,
    /// Whether the node tries a transaction before it passes it on: a refusal costs no fee then.
    pub preflight: bool,
}

impl Default for Send {
    fn default() -> Self {
        Self {
            dry_run: false,
            max_in_flight: 8,
            valid_seconds: 10,
            settle_ms: 15_000,
            preflight: true,
        }
    }
}

/// When something is tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Backoff {
    /// The first wait after a refusal, milliseconds; it doubles with each.
    pub base_ms: u64,
    /// The longest, milliseconds.
    pub max_ms: u64,
    /// Work that earns nothing waits up to so long, by chance: somebody else may do it, milliseconds.
    pub patience_ms: u64,
    /// Seed of chance; 0 for another one each time.
    pub seed: u64,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            base_ms: 400,
            max_ms: 60_000,
            patience_ms: 1_500,
            seed: 0,
        }
    }
}

/// Lookup tables: with one, transactions with many accounts fit a packet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tables {
    /// Whether any are used.
    pub enabled: bool,
    /// Tables that exist, whoever's they are. Those of the payer are found without being named.
    pub addresses: Vec<Address>,
    /// Whether the payer makes one where it has none, and extends it when assets and markets come. It pays the rent.
    pub create: bool,
    /// How often it is looked whether something is missing, seconds.
    pub every_seconds: u64,
}

impl Default for Tables {
    fn default() -> Self {
        Self {
            enabled: true,
            addresses: Vec::new(),
            create: true,
            every_seconds: 600,
        }
    }
}

/// Metrics and health.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Whether `/metrics` and `/healthz` are served.
    pub enabled: bool,
    /// A loopback address and a port; port 0 for any.
    pub listen: String,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            enabled: true,
            listen: "127.0.0.1:9464".into(),
        }
    }
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Human,
    /// One JSON object a line.
    Json,
}

/// The log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `human` or `json`.
    pub format: LogFormat,
    /// What is logged: a level, or levels by module as `info,counterweight_keeper=debug`.
    pub filter: String,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::Human,
            filter: "info".into(),
        }
    }
}
