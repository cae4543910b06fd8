//! A clearinghouse as a TOML file describes it, and what is to be done until the chain has it.
//!
//! Nothing here talks to a network. [`Deployment`] is the file, [`Deployment::check`] holds it against the program's bounds,
//! [`Addresses`] says which accounts to read, [`OnChain::decode`] reads them, and [`plan`] says what differs and which
//! transactions mend it. A plan that was carried out leaves nothing to plan:
//!
//! ```
//! use counterweight_deploy::{Context, Deployment, OnChain, plan};
//!
//! let file = Deployment::localnet();
//! file.check().expect("within the program's bounds");
//! // It names no mints and no feeds, since a local network makes its own: there is no plan for it as it is.
//! let nobody = Context::of(Default::default(), 1_790_000_000);
//! let why = plan(&file, &nobody, &OnChain::default()).unwrap_err().to_string();
//! assert!(why.contains("[[asset]] SOL: feed is missing"), "{why}");
//! ```
#![deny(missing_docs)]
#![forbid(unsafe_code)]

pub mod chain;
pub mod change;
mod check;
mod config;
mod plan;
pub mod portfolio;
pub mod risk;
mod step;
mod terms;
pub mod text;

pub use chain::{Addresses, Context, Mint, OnChain, Read, ReadError};
pub use change::Change;
pub use check::{MAX_ORDER_SLOTS, Problem, Problems};
pub use config::{
    AssetConfig, Deployment, InterestConfig, MarketConfig, MarketKind, MarketMode, OutflowConfig,
    TokenProgram,
};
pub use plan::{Impossible, Plan, PlanError, plan};
pub use portfolio::{CreditConfig, PortfolioConfig};
pub use risk::{ScanConfig, VolatilityConfig};
pub use step::{Action, GROWTHS_A_STEP, Step};
pub use terms::{TOKEN_2022, TOKEN_CLASSIC, atoms_in, sponsored_account};
