//! The faucet and the price board over HTTP, on loopback.
//!
//! ```text
//! POST /faucet   {"owner": ADDRESS, "asset": "USDC", "amount": "1500.5"}   amount in whole tokens; or asset "lamports"
//! POST /price    {"asset": "SOL", "price": "120.5"}                        or "silent", or "release"
//! GET  /localnet.json                                                      where everything is
//! ```
//!
//! Answers are JSON; where something is wrong, `{"error": SENTENCE}` with status 400. Pages of any origin may ask: what
//! is given out here is worth nothing.

use crate::{Error, Faucet, decimal, faucet::LAMPORTS, prices::Publisher};
use anchor_lang::prelude::Pubkey;
use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use counterweight_link::Link;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{net::Ipv4Addr, str::FromStr, sync::Arc};
use tokio::net::TcpListener;

/// What requests are answered from.
#[derive(Clone)]
pub(crate) struct Desk {
    pub link: Link,
    pub faucet: Faucet,
    pub publisher: Publisher,
    /// The addresses, as JSON.
    pub addresses: Arc<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gift {
    owner: String,
    asset: String,
    amount: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quote {
    asset: String,
    price: Value,
}

/// Listens on loopback.
///
/// # Errors
/// [`Error::PortInUse`].
pub(crate) async fn bind(port: u16) -> Result<(TcpListener, u16), Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    let listener = listener.map_err(|_| Error::PortInUse("faucet", port))?;
    let port = listener.local_addr().map_or(port, |address| address.port());
    Ok((listener, port))
}

/// Answers for good.
pub(crate) async fn serve(listener: TcpListener, desk: Desk) {
    let router = Router::new()
        .route("/faucet", post(give))
        .route("/price", post(price))
        .route("/localnet.json", get(addresses))
        .layer(middleware::from_fn(open))
        .with_state(desk);
    if let Err(error) = axum::serve(listener, router).await {
        tracing::warn!("the faucet ended: {error}");
    }
}

/// Lets pages of any origin ask.
async fn open(request: Request, next: Next) -> Response {
    let mut response = if request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let headers: &mut HeaderMap = response.headers_mut();
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn answer(outcome: Result<Value, Error>) -> Response {
    match outcome {
        Ok(value) => Json(value).into_response(),
        Err(error) => (
            StatusCode::BAD_REQUEST,
            Json(json!({"error": error.to_string()})),
        )
            .into_response(),
    }
}

fn parse<'a, T: Deserialize<'a>>(body: &'a str, like: &str) -> Result<T, Error> {
    serde_json::from_str(body).map_err(|error| Error::Input(format!("{error}: send {like}")))
}

/// A figure as it was sent, as a number or as a text.
fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

async fn addresses(State(desk): State<Desk>) -> Response {
    Json(desk.addresses.as_ref()).into_response()
}

async fn give(State(desk): State<Desk>, body: String) -> Response {
    answer(gift(&desk, &body).await)
}

async fn gift(desk: &Desk, body: &str) -> Result<Value, Error> {
    let gift: Gift = parse(
        body,
        r#"{"owner": ADDRESS, "asset": "USDC", "amount": "1500.5"}"#,
    )?;
    let owner = Pubkey::from_str(&gift.owner)
        .map_err(|_| Error::Input(format!("\"{}\" is no address", gift.owner)))?;
    let amount = |decimals| {
        let units = decimal::units(&text(&gift.amount), decimals).map_err(Error::Input)?;
        if units == 0 {
            return Err(Error::Input("the amount is zero".into()));
        }
        Ok(units)
    };
    if gift.asset == LAMPORTS {
        let lamports = amount(0)?;
        desk.faucet.lamports(&owner, lamports).await?;
        return Ok(json!({"account": gift.owner, "lamports": lamports}));
    }
    let atoms = amount(desk.faucet.asset(&gift.asset)?.decimals)?;
    let account = desk.faucet.give(&owner, &gift.asset, atoms).await?;
    Ok(json!({"account": account.to_string(), "atoms": atoms.to_string()}))
}

async fn price(State(desk): State<Desk>, body: String) -> Response {
    answer(quote(&desk, &body).await)
}

async fn quote(desk: &Desk, body: &str) -> Result<Value, Error> {
    let quote: Quote = parse(body, r#"{"asset": "SOL", "price": "120.5"}"#)?;
    match text(&quote.price).as_str() {
        "silent" => desk.publisher.silence(&quote.asset)?,
        "release" => desk.publisher.release(&quote.asset)?,
        figure => {
            let units = decimal::units(figure, 8).map_err(Error::Input)?;
            let units = i64::try_from(units)
                .map_err(|_| Error::Input(format!("\"{figure}\" is too much")))?;
            desk.publisher.pin(&desk.link, &quote.asset, units).await?;
        }
    }
    Ok(json!({"asset": quote.asset, "price": quote.price}))
}
