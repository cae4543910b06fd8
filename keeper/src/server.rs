//! `/metrics` and `/healthz` on a loopback address.

use crate::metrics::Metrics;
use axum::{Router, extract::State, http::StatusCode, routing::get};
use serde_json::json;
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};
use tokio::{net::TcpListener, task::JoinHandle};

/// How a keeper is doing, as far as its health goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Beat {
    is_ready: bool,
    lost: Option<String>,
    moment_at: u64,
}

/// The clock of a keeper, and how its feed is doing. Cheap to clone.
#[derive(Clone)]
pub struct Pulse {
    started: Instant,
    max_lag_ms: u64,
    beat: Arc<Mutex<Beat>>,
}

impl Pulse {
    /// Begins now. Unhealthy while the chain's clock is older than `max_lag_ms`.
    pub fn new(max_lag_ms: u64) -> Self {
        Self {
            started: Instant::now(),
            max_lag_ms,
            beat: Arc::default(),
        }
    }

    /// Milliseconds since it began: the keeper's own clock.
    pub fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// When something is due on the keeper's own clock.
    pub fn instant(&self, at: u64) -> Instant {
        self.started + std::time::Duration::from_millis(at)
    }

    /// Takes note of how the feed is doing.
    pub fn note(&self, is_ready: bool, lost: Option<&String>, moment_at: u64) {
        let mut beat = self.beat.lock().unwrap_or_else(PoisonError::into_inner);
        *beat = Beat {
            is_ready,
            lost: lost.cloned(),
            moment_at,
        };
    }

    /// Why the keeper is not healthy; none where it is.
    pub fn complaint(&self) -> Option<String> {
        let beat = self
            .beat
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(why) = beat.lost {
            return Some(format!("the line to the cluster is lost: {why}"));
        }
        if !beat.is_ready {
            return Some("the clearinghouse is not known yet".into());
        }
        let age = self.now().saturating_sub(beat.moment_at);
        let lags = age > self.max_lag_ms;
        lags.then(|| format!("the chain's clock came {age} ms ago: the feed lags"))
    }
}

/// A server that runs until it is dropped.
pub struct Server {
    task: JoinHandle<()>,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone)]
struct Shared {
    metrics: Metrics,
    pulse: Pulse,
}

/// Serves on a loopback address.
///
/// # Errors
/// A sentence, where the address is not one or is taken.
pub async fn serve(listen: &str, metrics: Metrics, pulse: Pulse) -> Result<Server, String> {
    let wrong = || format!("server.listen: {listen} is not a loopback address with a port");
    let address: SocketAddr = listen.parse().map_err(|_| wrong())?;
    if !address.ip().is_loopback() {
        return Err(wrong());
    }
    let taken = |error| {
        format!("server.listen: {listen}: {error}; set another port, or server.enabled = false")
    };
    let listener = TcpListener::bind(address).await.map_err(taken)?;
    let address = listener.local_addr().map_err(taken)?;
    let router = Router::new()
        .route("/metrics", get(tell))
        .route("/healthz", get(health))
        .with_state(Shared { metrics, pulse });
    let task = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "metrics are no longer served");
        }
    });
    Ok(Server { task, address })
}

async fn tell(State(shared): State<Shared>) -> String {
    shared.metrics.text()
}

async fn health(State(shared): State<Shared>) -> (StatusCode, String) {
    match shared.pulse.complaint() {
        None => (StatusCode::OK, json!({"healthy": true}).to_string()),
        Some(why) => {
            let body = json!({"healthy": false, "why": why}).to_string();
            (StatusCode::SERVICE_UNAVAILABLE, body)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    async fn ask(at: SocketAddr, path: &str) -> String {
        let mut stream = tokio::net::TcpStream::connect(at).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: keeper\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn health_follows_the_feed() {
        let pulse = Pulse::new(60_000);
        let server = serve("127.0.0.1:0", Metrics::new(), pulse.clone())
            .await
            .unwrap();
        let at = server.address;
        assert!(ask(at, "/healthz").await.contains("503"));
        pulse.note(true, None, pulse.now());
        assert!(ask(at, "/healthz").await.starts_with("HTTP/1.1 200"));
        pulse.note(true, Some(&"cut".to_owned()), pulse.now());
        let answer = ask(at, "/healthz").await;
        assert!(answer.contains("503") && answer.contains("cut"), "{answer}");
        assert!(
            ask(at, "/metrics")
                .await
                .contains("counterweight_keeper_accounts 0")
        );
    }

    #[tokio::test]
    async fn a_clock_that_stands_still_is_no_health() {
        let pulse = Pulse::new(1);
        pulse.note(true, None, pulse.now());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        assert!(pulse.complaint().unwrap().contains("lags"));
        assert!(serve("8.8.8.8:1", Metrics::new(), pulse).await.is_err());
    }
}
