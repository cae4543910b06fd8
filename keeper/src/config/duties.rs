//! What a keeper does. Each duty can be switched off.

use super::Address;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

macro_rules! duty {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty = $default:expr,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)+
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }
    };
}

/// Everything that a keeper does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Duties {
    /// Brings Pyth's prices into the risk book.
    pub prices: Prices,
    /// Refreshes the arrays of options.
    pub arrays: Arrays,
    /// Takes over from accounts below maintenance margin.
    pub liquidations: Liquidations,
    /// Buys what the backstop has for sale.
    pub backstop: Backstop,
    /// Resolves defaults.
    pub defaults: Defaults,
    /// Executes trigger orders.
    pub triggers: Triggers,
    /// Settles fills that wait in queues.
    pub fills: Fills,
    /// Updates funding.
    pub funding: Funding,
    /// Prunes expired orders.
    pub pruning: Pruning,
    /// Sweeps fees and interest.
    pub sweeps: Sweeps,
    /// Settles positions in markets that have ended.
    pub settlement: Settlement,
}

duty! {
    /// Brings Pyth's prices into the risk book. Which prices count as newer holds for every duty: whatever needs one
    /// brings it along in its own transaction.
    Prices {
        /// Whether prices are brought without anything else that needs them.
        enabled: bool = true,
        /// Least time between two such transactions, milliseconds.
        every_ms: u64 = 1_000,
        /// A newer price counts if the recorded one is at least so old, seconds.
        max_age_seconds: u32 = 20,
        /// A newer price counts if it is at least so many basis points away from the recorded one.
        deviation_bps: u32 = 10,
        /// Most prices in one transaction.
        max_assets: usize = 12,
        /// Which of the push oracle's copies of a feed is read.
        shard: u16 = 0,
        /// Price accounts by name of the asset, where they are elsewhere.
        accounts: BTreeMap<String, Address> = BTreeMap::new(),
    }
}

duty! {
    /// Refreshes the arrays of options that lots are held of, once half of their time or of the distance that their index
    /// may move is used up. It earns nothing.
    Arrays {
        /// Whether arrays are brought without anything else that needs them.
        enabled: bool = true,
        /// Least time between two rounds, seconds.
        every_seconds: u64 = 1,
        /// Most options in one transaction.
        max_options: usize = 64,
    }
}

duty! {
    /// Takes over from accounts below maintenance margin.
    Liquidations {
        /// Whether it does.
        enabled: bool = true,
        /// Least profit of a transaction after all costs, quote atoms.
        min_profit_atoms: i64 = 10_000,
        /// How long it waits for a higher penalty once a takeover is worth it, seconds. Others may come first.
        competition_horizon_seconds: u32 = 0,
        /// Most takeovers of one account in one transaction.
        max_takes: usize = 3,
        /// Whether slices of all positions are taken, where they earn more than single markets.
        slices: bool = true,
        /// Whether collateral is taken against debts.
        collateral: bool = true,
        /// How far the price may move until the transaction is carried out, basis points.
        slippage_bps: u32 = 100,
        /// Whether accounts are flagged that are not worth taking over yet, so that their auction begins.
        flag: bool = true,
        /// Whether the flags of restored accounts are taken off.
        unflag: bool = true,
        /// How often all accounts are judged, whether or not a price moved, seconds.
        scan_seconds: u64 = 5,
    }
}

duty! {
    /// Buys what the backstop has for sale.
    Backstop {
        /// Whether it does.
        enabled: bool = true,
        /// Least profit of a transaction after all costs, quote atoms.
        min_profit_atoms: i64 = 10_000,
    }
}

duty! {
    /// Resolves defaults. It earns nothing.
    Defaults {
        /// Whether it does.
        enabled: bool = true,
        /// Whether positions are deleveraged that the backstop cannot take over.
        deleverage: bool = true,
        /// Whether accounts are brought up to a deleveraging, and what rounding left over is swept.
        catch_up: bool = true,
        /// How often accounts are brought up, seconds.
        every_seconds: u64 = 10,
    }
}

duty! {
    /// Executes trigger orders.
    Triggers {
        /// Whether it does.
        enabled: bool = true,
        /// Least profit of a transaction after all costs, quote atoms; below zero to serve at a loss.
        min_profit_atoms: i64 = 0,
        /// A trailing price is moved once the index has moved by so many basis points. It earns nothing; 0 for never.
        follow_bps: u32 = 25,
        /// Most makers whose accounts are passed.
        max_makers: usize = 4,
    }
}

duty! {
    /// Settles fills that wait in queues. It earns nothing.
    Fills {
        /// Whether it does.
        enabled: bool = true,
        /// Least time between two rounds, seconds.
        every_seconds: u64 = 5,
        /// A fill is settled once it waited so long, seconds.
        max_wait_seconds: u32 = 30,
        /// All are settled once so many wait in a market.
        max_waiting: usize = 32,
    }
}

duty! {
    /// Updates funding. It earns nothing.
    Funding {
        /// Whether it does.
        enabled: bool = true,
        /// Least time between two rounds, seconds.
        every_seconds: u64 = 15,
    }
}

duty! {
    /// Prunes expired orders. It earns nothing.
    Pruning {
        /// Whether it does.
        enabled: bool = true,
        /// Least time between two rounds, seconds.
        every_seconds: u64 = 30,
        /// Least expired orders of an account in a market.
        min_orders: usize = 1,
    }
}

duty! {
    /// Sweeps fees and interest. It earns nothing.
    Sweeps {
        /// Whether it does.
        enabled: bool = true,
        /// Least time between two rounds, seconds.
        every_seconds: u64 = 300,
        /// Least fees and insurance shares of a market, quote atoms.
        min_fees_atoms: u64 = 1_000_000,
        /// Least interest of an account, quote atoms.
        min_interest_atoms: u64 = 100_000,
    }
}

duty! {
    /// Settles positions in markets that have ended. It earns nothing.
    Settlement {
        /// Whether it does.
        enabled: bool = true,
        /// Least time between two rounds, seconds.
        every_seconds: u64 = 10,
    }
}
