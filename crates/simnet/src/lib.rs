//! An embedded chain that runs the program's real bytecode, with everything around it that a test or
//! a demonstration needs: a clock to turn, mints and token accounts, Pyth accounts in both formats, a
//! clearinghouse deployed from a TOML file, and traders.
//!
//! Everything is an input and repeatable: keys are derived from names, prices and the time are set.
#![deny(missing_docs)]

mod books;
mod chain;
mod default;
mod deployment;
mod exchange;
mod futures;
mod layouts;
mod ledger;
mod liquidations;
pub mod october;
mod options;
mod packet;
mod pyth;
mod reading;
mod rng;
mod tokens;

pub use books::{limit, pegged};
pub use chain::{Chain, Failure, Receipt, Start, Witness, appoint_witness, keypair};
pub use counterweight_deploy::{
    AssetConfig, Deployment, InterestConfig, MarketConfig, MarketKind, text::name16,
};
pub use deployment::completed;
pub use exchange::{Exchange, Trader};
pub use layouts::{largest_risk_book_version_1, risk_book_version_1};
pub use ledger::{Reconciliation, reconcile};
pub use options::{ESTIMATED, flat_smile};
pub use packet::PACKET;
pub use pyth::{LegacyPrice, PullPrice};
pub use rng::Rng;
pub use tokens::{TOKEN_2022, TOKEN_CLASSIC, mint_bytes};

pub use solana_account::Account;
pub use solana_keypair::Keypair;
pub use solana_signer::Signer;
