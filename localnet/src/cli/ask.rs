//! Asking a network that runs.

use counterweight_localnet::{Addresses, Error, FILE};
use serde_json::Value;
use solana_rpc_client_api::client_error::reqwest::Client;
use std::path::Path;

/// The address of the faucet of the network that wrote this folder.
pub fn faucet_of(folder: &Path) -> Result<String, Error> {
    let file = folder.join(FILE);
    let wrong = |why: String| {
        let file = file.display();
        Error::Input(format!(
            "{file} {why}: start a network with make localnet, or name its faucet with --url"
        ))
    };
    let text = std::fs::read_to_string(&file)
        .map_err(|error| wrong(format!("cannot be read ({error})")))?;
    let addresses: Addresses = serde_json::from_str(&text)
        .map_err(|error| wrong(format!("is not understood ({error})")))?;
    Ok(addresses.faucet)
}

/// What it answers to this.
pub async fn post(url: &str, path: &str, body: &Value) -> Result<Value, Error> {
    let silent = |error: &dyn core::fmt::Display| {
        Error::Input(format!(
            "nothing answers at {url} ({error}): start a network with make localnet, or name its faucet with --url"
        ))
    };
    let sent = Client::new()
        .post(format!("{url}/{path}"))
        .json(body)
        .send()
        .await;
    let answer = sent.map_err(|error| silent(&error))?;
    let answer: Value = answer.json().await.map_err(|error| silent(&error))?;
    match answer["error"].as_str() {
        Some(sentence) => Err(Error::Input(sentence.to_owned())),
        None => Ok(answer),
    }
}
