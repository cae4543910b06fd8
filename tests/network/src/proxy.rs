//! A cable that can be cut: connections to a node that pass through here can be slowed down, broken, and refused.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

/// A cable to one port of a node.
pub struct Cable {
    address: SocketAddr,
    state: Arc<State>,
    listener: JoinHandle<()>,
}

struct State {
    target: SocketAddr,
    up: AtomicBool,
    /// Milliseconds that every piece waits.
    delay: AtomicU64,
    /// Counts the cuts: connections of before end.
    cuts: watch::Sender<u64>,
    opened: AtomicU64,
}

impl Cable {
    /// Lays a cable to `target`, from a free port.
    ///
    /// # Panics
    /// If there is no free port.
    pub async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let state = Arc::new(State {
            target,
            up: AtomicBool::new(true),
            delay: AtomicU64::new(0),
            cuts: watch::Sender::new(0),
            opened: AtomicU64::new(0),
        });
        let shared = state.clone();
        let listener = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if shared.up.load(Ordering::SeqCst) {
                    shared.opened.fetch_add(1, Ordering::SeqCst);
                    tokio::spawn(carry(client, shared.clone()));
                } // else it is dropped: the other side sees its connection closed at once
            }
        });
        Self {
            address,
            state,
            listener,
        }
    }

    /// Where it begins.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Breaks all connections, and accepts no more.
    pub fn cut(&self) {
        self.state.up.store(false, Ordering::SeqCst);
        self.state.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Accepts connections again.
    pub fn mend(&self) {
        self.state.up.store(true, Ordering::SeqCst);
    }

    /// Every piece waits so long, in both directions.
    pub fn slow(&self, delay: Duration) {
        let delay = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self.state.delay.store(delay, Ordering::SeqCst);
    }

    /// Connections that it has ever carried.
    pub fn opened(&self) -> u64 {
        self.state.opened.load(Ordering::SeqCst)
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.listener.abort();
        self.cut();
    }
}

async fn carry(client: TcpStream, state: Arc<State>) {
    let mut cuts = state.cuts.subscribe();
    cuts.mark_unchanged();
    let Ok(server) = TcpStream::connect(state.target).await else {
        return;
    };
    let (client_reads, client_writes) = client.into_split();
    let (server_reads, server_writes) = server.into_split();
    tokio::select! {
        () = pump(client_reads, server_writes, &state) => {}
        () = pump(server_reads, client_writes, &state) => {}
        _ = cuts.changed() => {}
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: &State) {
    let mut piece = vec![0; 64 * 1_024];
    loop {
        let Ok(length @ 1..) = from.read(&mut piece).await else {
            return;
        };
        let delay = state.delay.load(Ordering::SeqCst);
        if delay > 0 {
            tokio::time::sleep(Duration::from_millis(delay)).await;
        }
        if to.write_all(&piece[..length]).await.is_err() {
            return;
        }
    }
}
