//! A view with figures that are written here: what is drawn of it depends on nothing else.

use crate::fixed_parts::{curve, exposure, insurance, markets, oracles, shock, totals};
use anchor_lang::prelude::Pubkey;
use counterweight_keeper::monitor::{
    ask::Sort,
    view::{
        Account, Accounts, Alert, Body, Condition, Connection, Distance, FeedView, Held, Initial,
        Insurance, Level, Quote, SCHEMA, ShockOutcome, Totals, View,
    },
};

/// Quote atoms in a dollar.
const DOLLAR: i64 = 1_000_000;
/// The chain's clock.
pub const NOW: i64 = 1_790_000_000;

pub fn key(at: u8) -> Pubkey {
    Pubkey::new_from_array([at; 32])
}

pub fn money(dollars: i64) -> i64 {
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
