//! Addresses, account decoding and instruction building for Counterweight, and the engine re-exported:
//! what [`preview`] says is what the chain will say.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

pub mod accounts;
pub mod assemble;
pub mod borrowed;
pub mod custody;
pub mod default;
pub mod events;
pub mod instructions;
pub mod limits;
pub mod liquidation;
pub mod options;
pub mod pda;
pub mod preview;
pub mod setters;
pub mod terms;
pub mod trading;
pub mod whatif;

pub use counterweight as program;
pub use counterweight_risk as risk;

/// The program's address.
pub const PROGRAM_ID: anchor_lang::prelude::Pubkey = counterweight::ID;
