//! What is aimed at.

/// What is aimed at, from the design.
pub(super) fn reach(name: &str, positions: Option<u16>) -> Option<u64> {
    match (name, positions) {
        ("deposit", Some(8)) => Some(8_000),
        ("withdraw", Some(8)) => Some(12_000),
        ("settle_block_trade, 1 leg", Some(8)) => Some(20_000),
        ("settle_block_trade, 8 legs", Some(32)) => Some(60_000),
        ("flag_account", Some(64)) => Some(13_000),
        ("liquidate", Some(8)) => Some(16_000),
        ("liquidate", Some(32)) => Some(28_000),
        ("liquidate", Some(64)) => Some(45_000),
        ("liquidate", Some(128)) => Some(80_000),
        ("liquidate_slice", Some(8)) => Some(30_000),
        ("liquidate_slice", Some(32)) => Some(100_000),
        ("refresh_prices, 1 pull" | "refresh_prices, 1 legacy", _) => Some(6_000),
        ("place_order, post-only" | "place_order, pegged", _) => Some(9_000),
        ("cancel_orders, one", _) => Some(5_000),
        ("trade, 1 fills, makers passed", _) => Some(18_000),
        ("trade, 2 fills, makers passed", _) => Some(22_000),
        ("trade, 4 fills, makers passed", _) => Some(30_000),
        ("trade, 8 fills, makers passed", _) => Some(46_000),
        ("place_orders, re-quote of 8", _) => Some(35_000),
        ("update_funding, 2 intervals", _) => Some(8_000),
        ("refresh_arrays, 1 option", _) => Some(60_000),
        ("liquidate, an option of 32 legs, portfolio", _) => Some(80_000),
        // Not a precondition: what a refused user pays for is the trade and the check itself.
        ("refused: InitialMarginNotMet", _) => None,
        (name, _) if name.starts_with("refused: ") => Some(5_000),
        _ => None,
    }
}
