//! The parts of the fixed view that are no accounts.

use crate::fixed::{NOW, key, money};
use counterweight_keeper::monitor::view::{
    Curve, Exposure, Fallen, Holder, Holders, Insurance, Lending, Market, Oracle, Point, ShockMove,
    ShockOutcome, Totals, Usable, Vault,
};

fn holders(accounts: usize, size: u128, value: i64, shares: &[i64]) -> Holders {
    let holder = |(at, share_bps): (usize, &i64)| Holder {
        account: key(20 + at as u8),
        size: size * (*share_bps as u128) / 10_000,
        share_bps: *share_bps,
    };
    Holders {
        accounts,
        size,
        value: Some(money(value).unsigned_abs().into()),
        largest: shares.iter().enumerate().map(holder).collect(),
    }
}

pub fn exposure() -> Vec<Exposure> {
    vec![
        Exposure {
            asset: 1,
            name: "SOL".into(),
            long: holders(812, 4_123_456, 6_185_184, &[3_120, 1_204, 233]),
            short: holders(101, 4_123_000, 6_184_500, &[8_812, 500, 12]),
            collateral: holders(455, 123_456_000_000_000, 18_518_400, &[900, 421, 400]),
        },
        Exposure {
            asset: 2,
            name: "BTC".into(),
            long: holders(2, 90_000_000, 90_000_000, &[9_999, 1]),
            short: holders(2, 90_000_000, 90_000_000, &[5_000, 5_000]),
            collateral: Holders::default(),
        },
    ]
}

fn market(at: u16, name: &str, asset: u16) -> Market {
    Market {
        market: at,
        name: name.into(),
        asset,
        mode: "active",
        known: true,
        open_long: 4_123_456,
        open_short: 4_123_000,
        counted: 4_123_456,
        cap: 100_000_000,
        used_bps: 412,
        notional: money(6_185_184).unsigned_abs(),
        bids: 212,
        asks: 198,
        waiting: 3,
        queue_used: 5,
        queue_room: 128,
        oldest_seconds: Some(12),
        behind: 0,
        funding_due_seconds: None,
    }
}

pub fn markets() -> Vec<Market> {
    let full = Market {
        mode: "reduce only",
        counted: 960_000_000,
        cap: 1_000_000_000,
        used_bps: 9_600,
        notional: money(960_000_000).unsigned_abs(),
        waiting: 0,
        oldest_seconds: None,
        ..market(1, "BTC-PERP", 2)
    };
    let lost = Market {
        known: false,
        ..market(2, "ETH-PERP", 3)
    };
    vec![market(0, "SOL-PERP", 1), full, lost]
}

fn oracle(asset: u16, name: &str) -> Oracle {
    Oracle {
        asset,
        name: name.into(),
        kind: "pyth pull",
        usable: Usable::AddingRisk,
        price: "150.000000".into(),
        raw: 1_500_000 << 16,
        lot_exponent: -2,
        decimals: 9,
        publish_time: NOW - 3,
        age: 3,
        max_age_initial: 60,
        max_age_liquidation: 300,
        confidence_bps: 5,
        max_confidence_bps: 100,
        divergence_bps: 42,
        max_divergence_bps: 1_000,
        stable_gap_bps: -12,
        wide: false,
        divergent: false,
        off_par_bps: None,
        newer_at_source: false,
        source_problem: None,
    }
}

pub fn oracles() -> Vec<Oracle> {
    vec![
        Oracle {
            kind: "none",
            usable: Usable::NoOracle,
            decimals: 6,
            lot_exponent: 0,
            ..oracle(0, "USDC")
        },
        Oracle {
            newer_at_source: true,
            ..oracle(1, "SOL")
        },
        Oracle {
            kind: "pyth legacy",
            usable: Usable::Liquidating,
            price: "98765.432100".into(),
            raw: 987_654 << 16,
            lot_exponent: -5,
            decimals: 8,
            age: 75,
            confidence_bps: 230,
            wide: true,
            stable_gap_bps: 1_712,
            source_problem: Some("its feed is not trading at present".into()),
            ..oracle(2, "BTC")
        },
        Oracle {
            usable: Usable::Silent,
            age: 4_000,
            ..oracle(3, "ETH")
        },
        Oracle {
            usable: Usable::NeverPriced,
            ..oracle(4, "DOGE")
        },
    ]
}

pub fn insurance() -> Insurance {
    Insurance {
        opened: true,
        backstop_equity: money(410_000),
        backstop_margin: money(12_300),
        backstop_positions: 2,
        collected: money(5_000),
        in_markets: money(321).into(),
        payable: money(12).into(),
        fund: money(415_333).into(),
        negative_accounts: 1,
        negative_equity: money(1_234_567).into(),
        coverage_bps: Some(3_364),
        daily_cap: money(250_000).unsigned_abs(),
        floor: money(180_000),
        cap_left: money(235_000),
        uncovered: money(999_567).into(),
        lending: Lending {
            debt: money(45_000).unsigned_abs(),
            missing_bps: 312,
            yearly_bps: 124,
        },
    }
}

pub fn totals() -> Totals {
    Totals {
        accounts: 1_203,
        empty: 112,
        with_positions: 913,
        with_orders: 77,
        failing: 2,
        in_liquidation: 1,
        in_default: 1,
        unknown: 1,
        equity: money(98_765_432).into(),
        maintenance_margin: money(4_321_000).into(),
        cash: money(77_000_000).into(),
        debt: money(45_000).into(),
        open_interest: money(966_185_184).into(),
        fees: money(1_234).into(),
        paused: vec!["withdraw"],
        vaults: vec![
            Vault {
                asset: 0,
                name: "USDC".into(),
                decimals: 6,
                recorded: money(77_123_456).unsigned_abs(),
                cap: money(1_000_000_000).unsigned_abs(),
                used_bps: 771,
                may_leave: Some(money(9_000_000).unsigned_abs()),
                outflow_limit: Some(money(10_000_000).unsigned_abs()),
                weight_bps: 10_000,
                weight_full_bps: 10_000,
            },
            Vault {
                asset: 1,
                name: "SOL".into(),
                decimals: 9,
                recorded: 923_456_000_000_000,
                cap: 1_000_000_000_000_000,
                used_bps: 9_234,
                may_leave: None,
                outflow_limit: None,
                weight_bps: 3_465,
                weight_full_bps: 8_000,
            },
        ],
    }
}

pub fn shock() -> ShockOutcome {
    let fallen = |at: u8, fails_now, equity| Fallen {
        address: key(at),
        fails_now,
        equity: money(equity),
        maintenance_margin: money(691),
        notional: money(23_040).into(),
    };
    ShockOutcome {
        moves: vec![ShockMove {
            asset: 1,
            name: "SOL".into(),
            bps: -2_000,
        }],
        problem: None,
        failing: 132,
        newly_failing: 130,
        notional: money(3_041_280).into(),
        deficit: money(512_000).into(),
        beyond_fund: money(96_667).into(),
        accounts: vec![
            fallen(2, true, -1_240_000),
            fallen(1, true, -4_006),
            fallen(4, false, 12),
        ],
    }
}

pub fn curve() -> Curve {
    let point = |step: i32| {
        let accounts = if step <= 0 {
            (step * step) as usize
        } else {
            step as usize
        };
        Point {
            move_bps: step * 500,
            accounts,
            notional: i128::from(money(23_040)) * accounts as i128,
            deficit: 0,
        }
    };
    Curve {
        asset: Some(1),
        name: "SOL".into(),
        points: (-10..=10).map(point).collect(),
    }
}
