//! Everything together: a keeper on a cluster, with its metrics.

use crate::{
    chain::{Chain, Cluster},
    config::{Config, Signers},
    engine::{
        Keeper, Summary,
        drive::{Mode, drive},
    },
    metrics::Metrics,
    server::{self, Pulse, Server},
    strategy::Identity,
};
use solana_signer::Signer;
use std::{future::Future, sync::Arc};
use tracing::info;

/// Why a keeper did not run, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunError(pub String);

impl core::fmt::Display for RunError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for RunError {}

/// What is seen of a running keeper from outside.
#[derive(Clone)]
pub struct Handle {
    /// Its figures.
    pub metrics: Metrics,
    /// Its clock, and how its feed is doing.
    pub pulse: Pulse,
}

impl Handle {
    /// For a keeper that has not started.
    pub fn new(config: &Config) -> Self {
        Self {
            metrics: Metrics::new(),
            pulse: Pulse::new(config.cluster.max_lag_ms),
        }
    }
}

/// Runs a keeper on the cluster of its configuration until `shutdown` is done; transactions on their way are waited for.
///
/// # Errors
/// [`RunError`]: no keys, a port that is taken, a feed that ended.
pub async fn run(config: Config, shutdown: impl Future<Output = ()>) -> Result<Summary, RunError> {
    let handle = Handle::new(&config);
    run_with(config, Mode::default(), handle, shutdown).await
}

/// As [`run`], in a mode, and seen from outside.
///
/// # Errors
/// As [`run`].
pub async fn run_with(
    config: Config,
    mode: Mode,
    handle: Handle,
    shutdown: impl Future<Output = ()>,
) -> Result<Summary, RunError> {
    let signers = Signers::load(&config).map_err(|error| RunError(error.to_string()))?;
    let clearinghouse = config.clearinghouse.address.0;
    let clearinghouse =
        clearinghouse.ok_or_else(|| RunError("clearinghouse.address is empty".into()))?;
    let (payer, trader) = (signers.payer.pubkey(), signers.trader.pubkey());
    let identity = Identity::new(&config, clearinghouse, payer, trader);
    let chain = Cluster::new(&config, clearinghouse, Arc::new(signers));
    run_on(chain, config, identity, mode, handle, shutdown).await
}

/// As [`run`], on any chain.
///
/// # Errors
/// As [`run`].
pub async fn run_on<C: Chain>(
    chain: C,
    config: Config,
    identity: Identity,
    mode: Mode,
    handle: Handle,
    shutdown: impl Future<Output = ()>,
) -> Result<Summary, RunError> {
    let server = listen(&config, &handle).await?;
    let config = Arc::new(config);
    info!(
        payer = %identity.payer, trader = %identity.trader, account = %identity.account,
        dry_run = config.send.dry_run, metrics = ?server.as_ref().map(|server| server.address), "the keeper starts"
    );
    let Handle { metrics, pulse } = handle;
    let keeper = Keeper::new(config, identity, metrics, pulse.clone());
    let summary = drive(chain, keeper, pulse, mode, shutdown)
        .await
        .map_err(RunError)?;
    info!(?summary, "the keeper has ended");
    Ok(summary)
}

async fn listen(config: &Config, handle: &Handle) -> Result<Option<Server>, RunError> {
    if !config.server.enabled {
        return Ok(None);
    }
    let served = server::serve(
        &config.server.listen,
        handle.metrics.clone(),
        handle.pulse.clone(),
    );
    served.await.map(Some).map_err(RunError)
}
