//! The network itself: Surfpool in this process, with its JSON-RPC and its websocket on loopback.
//!
//! It runs on threads of its own. Its command loop blocks, and would hold up whatever shared a runtime with it.

use crate::Error;
use counterweight_link::Endpoint;
use crossbeam_channel::{Receiver, Sender};
use std::{
    net::{Ipv4Addr, TcpListener},
    thread,
    time::{Duration, Instant},
};
use surfpool_core::{
    start_local_surfnet,
    surfnet::svm::{SurfnetSvm, SurfnetSvmConfig},
};
use surfpool_types::{RpcConfig, SimnetCommand, SimnetConfig, SimnetEvent, SurfpoolConfig};
use tokio::sync::oneshot;

/// Listens on this machine only: the network answers pages of any origin, and anybody may set its accounts.
pub(crate) const LOOPBACK: &str = "127.0.0.1";
/// How long it may take to start, and its ports to be free again.
const PATIENCE: Duration = Duration::from_secs(20);
/// Threads that carry out what its servers are asked; one of them is held by the command loop.
const WORKERS: usize = 4;

/// Transactions of which all accounts are kept as they were before and after: nobody here asks for them, and a market
/// has a hundred kilobytes.
const PROFILES: usize = 1;

/// A network that runs. Dropping it ends it too, without waiting until its ports are free.
pub(crate) struct Cluster {
    ports: [u16; 2],
    commands: Sender<SimnetCommand>,
    runs: Option<thread::JoinHandle<()>>,
}

/// A port that is free: the one that is wanted, or any for 0.
pub(crate) fn free_port(what: &'static str, wanted: u16) -> Result<u16, Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, wanted));
    let address = listener.and_then(|listener| listener.local_addr());
    match address {
        Ok(address) => Ok(address.port()),
        Err(_) => Err(Error::PortInUse(what, wanted)),
    }
}

impl Cluster {
    /// Starts a network with these ports for JSON-RPC and websocket (0 for any), and slots of so many milliseconds.
    pub(crate) async fn start(rpc: u16, ws: u16, slot: u64) -> Result<Self, Error> {
        // What is free now may be taken before it is used, where ports are not chosen by the caller.
        let mut attempts = if rpc == 0 || ws == 0 { 5 } else { 1 };
        loop {
            let ports = [free_port("rpc", rpc)?, free_port("ws", ws)?];
            attempts -= 1;
            match Self::on(ports, slot).await {
                Err(Error::Network(_)) if attempts > 0 => {}
                outcome => return outcome,
            }
        }
    }

    async fn on(ports: [u16; 2], slot: u64) -> Result<Self, Error> {
        let (commands, received) = crossbeam_channel::unbounded();
        let (started, starts) = oneshot::channel();
        let sender = commands.clone();
        let spawned = thread::Builder::new()
            .name("network".into())
            .spawn(move || run(ports, slot, sender, received, started));
        let cluster = Self {
            ports,
            commands,
            runs: Some(spawned.map_err(|error| Error::Network(error.to_string()))?),
        };
        match tokio::time::timeout(PATIENCE, starts).await {
            Ok(Ok(Ok(()))) => Ok(cluster),
            Ok(Ok(Err(why))) => Err(Error::Network(why)),
            Ok(Err(_)) => Err(Error::Network("it ended at once".into())),
            Err(_) => Err(Error::Network(
                "it is not ready after 20 seconds: is the machine busy?".into(),
            )),
        }
    }

    /// Where it answers.
    pub(crate) fn endpoint(&self) -> Endpoint {
        let [rpc, ws] = self.ports;
        Endpoint {
            http: format!("http://{LOOPBACK}:{rpc}"),
            ws: format!("ws://{LOOPBACK}:{ws}"),
        }
    }

    /// Ends it, and waits until its ports are free.
    pub(crate) async fn stop(mut self) -> Result<(), Error> {
        let _ = self.commands.send(SimnetCommand::Terminate(None));
        if let Some(runs) = self.runs.take() {
            let _ = tokio::task::spawn_blocking(move || runs.join()).await;
        }
        let began = Instant::now();
        let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
        while !self.ports.iter().all(is_free) {
            if began.elapsed() > PATIENCE {
                return Err(Error::Network(
                    "it ended, and still holds its ports: end this process".into(),
                ));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.commands.send(SimnetCommand::Terminate(None));
    }
}

fn config([rpc, ws]: [u16; 2], slot: u64) -> SurfpoolConfig {
    let simnet = SimnetConfig {
        offline_mode: true,
        remote_rpc_url: None,
        slot_time: slot,
        // Profiling runs every transaction several times, and keeps what it found.
        instruction_profiling_enabled: false,
        max_profiles: PROFILES,
        ..SimnetConfig::default()
    };
    SurfpoolConfig {
        simnets: vec![simnet],
        rpc: RpcConfig {
            bind_host: LOOPBACK.into(),
            bind_port: rpc,
            ws_port: ws,
            ..RpcConfig::default()
        },
        ..SurfpoolConfig::default()
    }
}

type Started = oneshot::Sender<Result<(), String>>;

/// Runs a network until it is told to end.
fn run(
    ports: [u16; 2],
    slot: u64,
    commands: Sender<SimnetCommand>,
    received: Receiver<SimnetCommand>,
    started: Started,
) {
    let made = SurfnetSvm::new(SurfnetSvmConfig {
        slot_time: slot,
        instruction_profiling_enabled: false,
        max_profiles: PROFILES,
        ..SurfnetSvmConfig::default()
    });
    let (svm, events, geyser) = match made {
        Ok(made) => made,
        Err(error) => {
            let _ = started.send(Err(error.to_string()));
            return;
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = started.send(Err(error.to_string()));
            return;
        }
    };
    thread::scope(|scope| {
        // Ends when the network drops the other side of its events.
        let (failed, fails) = oneshot::channel();
        scope.spawn(move || listen(&events, started, fails));
        let outcome = runtime.block_on(start_local_surfnet(
            svm,
            config(ports, slot),
            commands,
            received,
            geyser,
        ));
        let _ = failed.send(outcome.err().map(|error| error.to_string()));
    });
}

/// Takes what the network says of itself, which it waits for to be taken, and tells when it has started.
fn listen(
    events: &Receiver<SimnetEvent>,
    started: Started,
    mut fails: oneshot::Receiver<Option<String>>,
) {
    let mut started = Some(started);
    let mut tell = |outcome: Result<(), String>| {
        if let Some(started) = started.take() {
            let _ = started.send(outcome);
        }
    };
    loop {
        match events.recv_timeout(Duration::from_millis(200)) {
            Ok(SimnetEvent::CoreStarted(_)) => tell(Ok(())),
            Ok(SimnetEvent::Aborted(why)) => tell(Err(why)),
            Ok(SimnetEvent::ErrorLog(_, why)) => tracing::debug!(target: "network", "{why}"),
            Ok(SimnetEvent::WarnLog(_, why)) => tracing::debug!(target: "network", "{why}"),
            Ok(_) => {}
            Err(error) => {
                // Servers that are closing may keep the channel open for a while: nobody waits for them here.
                let ended = fails.try_recv();
                if let Ok(outcome) = ended {
                    tell(Err(outcome.unwrap_or_else(|| "it ended at once".into())));
                    return;
                }
                if error.is_disconnected() {
                    return;
                }
            }
        }
    }
}
