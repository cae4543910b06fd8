//! Anchor, with a log and return data that arrive somewhere off the chain as well.
//!
//! There Anchor's `sol_log` prints to the standard output, and `sol_log_data` and `set_return_data`
//! do nothing at all, so that neither the numbers of a refusal nor an event nor what a view returns
//! could be compared. This crate is Anchor but for these functions, which ask the stubs of Solana's
//! SDK as other syscalls do. The program is compiled against it under Anchor's name
//! (`tests/native/program`), with its source unchanged.
#![deny(missing_docs)]

pub use anchor::*;

/// Anchor's prelude, which has the whole crate in it.
pub mod prelude {
    pub use crate as anchor_lang;
    pub use anchor::prelude::*;
}

/// Anchor's `solana_program`, with other ways out.
pub mod solana_program {
    pub use anchor::solana_program::*;

    /// The log.
    pub mod log {
        pub use solana_sysvar::program_stubs::{sol_log, sol_log_data};
    }
    /// Calls of other programs, and return data.
    pub mod program {
        pub use anchor::solana_program::program::*;
        pub use solana_sysvar::program_stubs::sol_set_return_data as set_return_data;
    }
}
