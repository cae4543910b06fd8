//! A view with figures that are written here: what is drawn of it depends on nothing else.

use anchor_lang::prelude::Pubkey;
use counterweight_keeper::monitor::{
    ask::Sort,
    view::{
        Account, Accounts, Alert, Body, Condition, Connection, Curve, Distance, Exposure, Fallen,
        FeedView, Held, Holder, Holders, Initial, Insurance, Lending, Level, Market, Oracle, Point,
        Quote, SCHEMA, ShockMove, ShockOutcome, Totals, Usable, Vault, View,
    },
};

/// Quote atoms in a dollar.
const DOLLAR: i64 = 1_000_000;
/// The chain's clock.
const NOW: i64 = 1_790_000_000;

fn key(at: u8) -> Pubkey {
    Pubkey::new_from_array([at; 32])
}

fn money(dollars: i64) -> i64 {
    dollars * DOLLAR
}

pub fn feed() -> FeedView {
    FeedView {
        connection: Connection::Live,
        reason: None,
        age_ms: Some(400),
        resyncs: 2,
        mended: 0,
        undecoded: 0,
        undecoded_last: None,
        slot: 312_000_123,
        time: NOW,
    }
}

fn distance(asset: u16, name: &str, down_bps: Option<u32>, up_bps: Option<u32>) -> Distance {
    Distance {
        asset,
        name: name.into(),
        down_bps,
        up_bps,
    }
}

/// A healthy account with a long of SOL and a short of BTC.
fn account(at: u8) -> Account {
    Account {
        address: key(at),
        owner: key(at + 100),
        id: 0,
        backstop: false,
        condition: Condition::Healthy,
        equity: Some(money(12_345)),
        maintenance_margin: Some(money(2_469)),
        initial: Some(Initial {
            equity: money(11_900),
            margin: money(4_115),
        }),
        ratio_bps: Some(50_000),
        notional: Some(money(82_300)),
        cash: money(13_000),
        positions: 2,
        orders: 4,
        in_liquidation_since: None,
        distances: vec![
            distance(1, "SOL", Some(1_234), None),
            distance(2, "BTC", None, Some(23_456)),
        ],
        holdings: vec![
            Held {
                name: "SOL-PERP".into(),
                asset: 1,
                market: Some(0),
                lots: Some(25_050),
                atoms: None,
            },
            Held {
                name: "BTC-PERP".into(),
                asset: 2,
                market: Some(1),
                lots: Some(-44_725),
                atoms: None,
            },
            Held {
                name: "SOL".into(),
                asset: 1,
                market: None,
                lots: None,
                atoms: Some(12_500_000_000),
            },
        ],
    }
}

fn accounts() -> Accounts {
    let failing = Account {
        condition: Condition::Failing,
        equity: Some(money(794)),
        maintenance_margin: Some(money(864)),
        initial: None,
        ratio_bps: Some(9_189),
        positions: 1,
        orders: 0,
        in_liquidation_since: Some(NOW - 75),
        distances: Vec::new(),
        ..account(1)
    };
    let broke = Account {
        condition: Condition::Default,
        equity: Some(-money(1_234_567)),
        maintenance_margin: Some(money(2_000_000)),
        ratio_bps: Some(-6_173),
        distances: Vec::new(),
        ..account(2)
    };
    let unknown = Account {
        condition: Condition::Unknown,
        equity: None,
        maintenance_margin: None,
        initial: None,
        ratio_bps: None,
        notional: None,
        distances: Vec::new(),
        ..account(3)
    };
    let tight = Account {
        condition: Condition::ReduceOnly,
        equity: Some(money(3_000)),
        ratio_bps: Some(12_150),
        distances: vec![
            distance(1, "SOL", Some(312), Some(4_500)),
            distance(2, "BTC", Some(55), Some(120_000)),
        ],
        ..account(4)
    };
    let fund = Account {
        backstop: true,
        owner: key(9),
        condition: Condition::Healthy,
        equity: Some(money(5_000)),
        maintenance_margin: Some(0),
        ratio_bps: None,
        positions: 0,
        distances: Vec::new(),
        holdings: Vec::new(),
        ..account(5)
    };
    Accounts {
        total: 1_204,
        matching: 6,
        offset: 0,
        sort: Sort::Ratio,
        rows: vec![unknown, broke, failing, tight, account(6), fund],
    }
}

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

fn exposure() -> Vec<Exposure> {
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

fn markets() -> Vec<Market> {
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

fn oracles() -> Vec<Oracle> {
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

fn insurance() -> Insurance {
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

fn totals() -> Totals {
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

fn shock() -> ShockOutcome {
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

fn curve() -> Curve {
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

pub fn body() -> Body {
    let alert = |level, text: &str| Alert {
        level,
        text: text.into(),
    };
    Body {
        quote: Quote {
            name: "USDC".into(),
            decimals: 6,
        },
        alerts: vec![
            alert(Level::Critical, "1 account in default"),
            alert(
                Level::Critical,
                "the price of ETH is 1h06m old: nothing changes hands at it",
            ),
            alert(Level::Warning, "paused: withdraw"),
            alert(Level::Notice, "BTC-PERP is in mode reduce only"),
        ],
        totals: totals(),
        accounts: accounts(),
        exposure: exposure(),
        markets: markets(),
        insurance: insurance(),
        oracles: oracles(),
        shock: shock(),
        curves: vec![curve()],
    }
}

pub fn view() -> View {
    View {
        schema: SCHEMA,
        clearinghouse: key(9),
        feed: feed(),
        absent: None,
        body: Some(body()),
    }
}

/// What is drawn before anything has come.
pub fn nothing() -> View {
    View {
        feed: FeedView {
            connection: Connection::Connecting,
            age_ms: None,
            slot: 0,
            time: 0,
            resyncs: 0,
            ..feed()
        },
        absent: Some("nothing has come from the chain yet".into()),
        body: None,
        ..view()
    }
}

/// A clearinghouse in which there is nothing.
pub fn empty() -> View {
    let body = Body {
        alerts: Vec::new(),
        totals: Totals::default(),
        accounts: Accounts {
            total: 0,
            matching: 0,
            offset: 0,
            sort: Sort::Ratio,
            rows: Vec::new(),
        },
        exposure: Vec::new(),
        markets: Vec::new(),
        insurance: Insurance::default(),
        oracles: Vec::new(),
        shock: ShockOutcome::default(),
        curves: Vec::new(),
        ..body()
    };
    View {
        body: Some(body),
        ..view()
    }
}

/// Every figure at the end of its range.
pub fn extreme() -> View {
    let mut view = view();
    let body = view.body.as_mut().expect("a body");
    body.quote.name = "A-QUOTE-TOKEN-16".into();
    for account in &mut body.accounts.rows {
        account.equity = Some(i64::MIN);
        account.maintenance_margin = Some(i64::MAX);
        account.notional = Some(i64::MAX);
        account.cash = i64::MIN;
        account.ratio_bps = Some(i64::MIN);
        account.in_liquidation_since = Some(i64::MIN);
        account.distances =
            vec![distance(u16::MAX, "AN-ASSET-OF-16--", Some(u32::MAX), Some(u32::MAX)); 64];
        account.positions = u16::MAX;
    }
    for market in &mut body.markets {
        (market.counted, market.cap, market.used_bps) = (i64::MIN, i64::MAX, i64::MAX);
        (market.notional, market.oldest_seconds) = (u64::MAX, Some(i64::MAX));
        (market.bids, market.waiting) = (usize::MAX, usize::MAX);
    }
    for oracle in &mut body.oracles {
        (oracle.age, oracle.raw, oracle.lot_exponent) = (i64::MAX, u64::MAX, -12);
        (oracle.confidence_bps, oracle.stable_gap_bps) = (i64::MAX, i64::MIN);
    }
    for exposure in &mut body.exposure {
        exposure.long.size = u128::MAX;
        exposure.long.value = Some(u128::MAX);
    }
    body.insurance.fund = i128::MIN;
    body.insurance.coverage_bps = Some(i64::MAX);
    body.totals.equity = i128::MAX;
    body.shock.deficit = i128::MAX;
    body.shock.failing = usize::MAX;
    for point in &mut body.curves[0].points {
        (point.accounts, point.notional) = (usize::MAX, i128::MIN);
    }
    view.feed.age_ms = Some(u64::MAX);
    view.feed.time = i64::MAX;
    view
}
