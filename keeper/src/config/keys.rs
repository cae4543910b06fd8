//! The keys: from the environment or a file, never from the configuration, never into a log.

use super::Config;
use serde_json::from_str;
use solana_keypair::Keypair;
use solana_signer::Signer;
use std::path::Path;

/// The variables that hold a key.
pub(crate) const VARIABLES: [&str; 2] = ["COUNTERWEIGHT_PAYER_KEY", "COUNTERWEIGHT_TRADER_KEY"];

/// The keys that a keeper signs with.
pub struct Signers {
    /// Pays for transactions.
    pub payer: Keypair,
    /// Trades for the margin account.
    pub trader: Keypair,
}

/// Addresses only: a key must not come into a log by accident.
impl core::fmt::Debug for Signers {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Signers")
            .field("payer", &self.payer.pubkey())
            .field("trader", &self.trader.pubkey())
            .finish()
    }
}

/// Why there is no key. Never contains any of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyError(String);

impl core::fmt::Display for KeyError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for KeyError {}

impl Signers {
    /// The keys that a configuration names.
    ///
    /// # Errors
    /// [`KeyError`], which says where a key was looked for.
    pub fn load(config: &Config) -> Result<Self, KeyError> {
        let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        let [payer, trader] = VARIABLES.map(variable);
        Self::of(config, payer, trader)
    }

    fn of(
        config: &Config,
        payer: Option<String>,
        trader: Option<String>,
    ) -> Result<Self, KeyError> {
        let [of_payer, of_trader] = VARIABLES;
        let payer = find(of_payer, payer, &config.keys.payer_file)?.ok_or_else(|| {
            KeyError(format!(
                "there is no key to pay with: set keys.payer_file, or {of_payer} in the environment"
            ))
        })?;
        let trader = find(of_trader, trader, &config.keys.trader_file)?;
        Ok(Self {
            trader: trader.unwrap_or_else(|| payer.insecure_clone()),
            payer,
        })
    }
}

fn find(variable: &str, text: Option<String>, file: &Path) -> Result<Option<Keypair>, KeyError> {
    if let Some(text) = text {
        return read(&text).map(Some).ok_or_else(|| {
            KeyError(format!(
                "{variable} does not hold a key: it must be a list of 64 numbers, or base58"
            ))
        });
    }
    if file.as_os_str().is_empty() {
        return Ok(None);
    }
    let name = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| KeyError(format!("the key file {name} cannot be read: {error}")))?;
    if is_open(file) {
        tracing::warn!(file = %name, "others can read this key file: take their permission (chmod 600)");
    }
    read(&text).map(Some).ok_or_else(|| {
        KeyError(format!(
            "{name} does not hold a key: it must be a list of 64 numbers, or base58"
        ))
    })
}

/// A key as wallets write it: a JSON list of its bytes, or base58.
fn read(text: &str) -> Option<Keypair> {
    let text = text.trim();
    if text.starts_with('[') {
        let bytes: Vec<u8> = from_str(text).ok()?;
        return Keypair::try_from(bytes.as_slice()).ok();
    }
    Keypair::try_from_base58_string(text).ok()
}

#[cfg(unix)]
fn is_open(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open(_file: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_in_both_formats_and_told_by_its_address_only() {
        let key = Keypair::new_from_array([7; 32]);
        let list = format!("{:?}\n", key.to_bytes().to_vec());
        let config = Config::default();
        for text in [list, key.to_base58_string()] {
            let signers = Signers::of(&config, Some(text.clone()), None).unwrap();
            assert_eq!(signers.payer.pubkey(), key.pubkey());
            assert_eq!(signers.trader.pubkey(), key.pubkey());
            let shown = format!("{signers:?}");
            assert!(shown.contains(&key.pubkey().to_string()) && !shown.contains(text.trim()));
        }
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_repeated() {
        let config = Config::default();
        let error = Signers::of(&config, Some("[1, 2, 3]".into()), None)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(VARIABLES[0]) && !error.contains("1, 2"),
            "{error}"
        );
        let error = Signers::of(&config, None, None).unwrap_err().to_string();
        assert!(error.contains("keys.payer_file"), "{error}");
        let mut config = Config::default();
        config.keys.payer_file = "no such file".into();
        let error = Signers::of(&config, None, None).unwrap_err().to_string();
        assert!(error.contains("no such file"), "{error}");
    }
}
