//! The figures that the monitor shows, computed from what is known.
//!
//! Integers with units: quote atoms, lots, token atoms, basis points, seconds. In the JSON document amounts are
//! decimal strings, because readers that keep numbers as floats would round them (docs/monitor.md).

mod accounts;
mod alerts;
mod exposure;
mod insurance;
mod markets;
mod oracles;
mod shock;
mod totals;

pub use accounts::{Account, Accounts, Condition, Distance, Held, Initial, distances};
pub use alerts::{Alert, Level};
pub use exposure::{Exposure, Holder, Holders};
pub use insurance::{Insurance, Lending};
pub use markets::Market;
pub use oracles::{Oracle, Usable};
pub use shock::{Curve, Fallen, Point, ShockMove, ShockOutcome};
pub use totals::{Totals, Vault};

use crate::{
    monitor::{
        ask::Ask,
        figures::{name, text},
    },
    state::State,
};
use anchor_lang::prelude::Pubkey;
use counterweight_fleet::Standing;
use counterweight_risk::Ratio;
use counterweight_sdk::accounts::RiskTables;
use exposure::Sums;
use serde::Serialize;

/// Version of the JSON document. It rises when a field is taken away or changes its meaning.
pub const SCHEMA: u32 = 1;

/// What is known about the line to the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Connection {
    /// Nothing has come yet.
    Connecting,
    /// The figures are those of the chain.
    Live,
    /// The line stands, but the chain's clock has not come for a while.
    Quiet,
    /// The line is lost: the figures are what was known then, and age.
    Lost,
}

/// The line to the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FeedView {
    /// How it stands.
    pub connection: Connection,
    /// Why it is lost, while it is.
    pub reason: Option<String>,
    /// Milliseconds since the chain's clock came last; null before the first.
    pub age_ms: Option<u64>,
    /// How often everything was asked for again.
    pub resyncs: u64,
    /// Changes that had been missed and were found by a comparison.
    pub mended: u64,
    /// Accounts whose bytes were not understood.
    pub undecoded: u64,
    /// The last of them, and why.
    pub undecoded_last: Option<String>,
    /// Slot of the chain's clock.
    pub slot: u64,
    /// The chain's clock, unix seconds; 0 before the first.
    pub time: i64,
}

/// The token in which everything is counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quote {
    /// Its name.
    pub name: String,
    /// Atoms of it are 10^-this of one.
    pub decimals: u32,
}

/// All figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Body {
    /// The token in which everything is counted.
    pub quote: Quote,
    /// What asks for attention, the most pressing first.
    pub alerts: Vec<Alert>,
    /// Sums over the clearinghouse.
    pub totals: Totals,
    /// Who there is.
    pub accounts: Accounts,
    /// Who holds what of each asset.
    pub exposure: Vec<Exposure>,
    /// Open interest, orders, and what waits in the queues.
    pub markets: Vec<Market>,
    /// What stands behind accounts that cannot pay.
    pub insurance: Insurance,
    /// Prices, and what they may be used for.
    pub oracles: Vec<Oracle>,
    /// What a move of prices would do.
    pub shock: ShockOutcome,
    /// Who falls at which move.
    pub curves: Vec<Curve>,
}

/// The whole of what is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct View {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The clearinghouse.
    #[serde(serialize_with = "text")]
    pub clearinghouse: Pubkey,
    /// The line to the chain.
    pub feed: FeedView,
    /// Why there are no figures, in words.
    pub absent: Option<String>,
    /// The figures.
    pub body: Option<Body>,
}

/// What the parts are computed from.
struct Scene<'a> {
    state: &'a State,
    /// What accounts are judged by.
    tables: &'a RiskTables,
    /// The chain's clock.
    now: i64,
    /// Every account that could be judged.
    standings: Vec<Standing>,
    /// What is added up over all accounts.
    sums: Sums,
}

impl Scene<'_> {
    /// The name of an asset.
    fn asset(&self, asset: u16) -> String {
        let row = self.tables.assets.get(usize::from(asset));
        row.map_or_else(|| format!("asset {asset}"), |row| name(&row.name))
    }
}

/// A ratio that governance wrote in basis points and the chain rounds down: the basis points that were written.
fn nearest_bps(ratio: Ratio) -> i64 {
    (i64::from(ratio.0) * 10_000 + (1 << 19)) >> 20
}

/// Milliseconds after which a line over which no clock comes is called quiet.
const QUIET_MS: u64 = 5_000;

impl FeedView {
    fn of(state: &State, at: u64) -> Self {
        let (feed, moment) = (state.feed(), state.moment());
        let heard = moment.time != 0;
        let age_ms = heard.then(|| feed.age_ms(at));
        let connection = match (&feed.lost, age_ms) {
            (Some(_), _) => Connection::Lost,
            (None, None) => Connection::Connecting,
            (None, Some(age)) if age >= QUIET_MS => Connection::Quiet,
            _ => Connection::Live,
        };
        let problem = feed.problem.as_ref();
        Self {
            connection,
            reason: feed.lost.clone(),
            age_ms,
            resyncs: feed.resyncs(),
            mended: feed.mended,
            undecoded: feed.undecoded,
            undecoded_last: problem.map(|(key, why)| format!("{key}: {why}")),
            slot: moment.slot,
            time: moment.time,
        }
    }
}

impl View {
    /// Computes what was asked for from what is known, `at` milliseconds of the clock that the state is fed by. The
    /// accounts must have been judged since the last change ([`State::judge`]).
    pub fn of(state: &State, at: u64, ask: &Ask) -> Self {
        let absent = absence(state);
        let body = match (&absent, state.book()) {
            (None, Some(tables)) => Some(Body::of(state, tables, ask)),
            _ => None,
        };
        Self {
            schema: SCHEMA,
            clearinghouse: state.venue().clearinghouse,
            feed: FeedView::of(state, at),
            absent,
            body,
        }
    }
}

/// Why there is nothing to be shown.
fn absence(state: &State) -> Option<String> {
    let key = state.venue().clearinghouse;
    if state.feed().snapshots == 0 {
        return Some("nothing has come from the chain yet".into());
    }
    if state.clearinghouse().is_none() {
        return Some(format!(
            "there is no clearinghouse at {key}: check the address, the cluster and the program that it runs"
        ));
    }
    if state.book().is_none() {
        return Some(format!(
            "the risk book of {key} is not there, or is of a version that this monitor does not know"
        ));
    }
    if state.moment().time == 0 {
        return Some("the chain's clock has not come yet".into());
    }
    None
}

impl Body {
    fn of(state: &State, tables: &RiskTables, ask: &Ask) -> Self {
        let fleet = state.fleet();
        let mut scene = Scene {
            state,
            tables,
            now: state.moment().time,
            standings: fleet
                .keys()
                .filter_map(|key| fleet.standing(&key))
                .collect(),
            sums: Sums::of(fleet, tables),
        };
        let exposure = Exposure::all(&mut scene);
        let (insurance, markets) = (Insurance::of(&scene), Market::all(&scene));
        let held = exposure.iter().map(|held| held.asset).collect();
        let mut body = Self {
            quote: Quote {
                name: scene.asset(0),
                decimals: tables.header.params.quote_decimals.into(),
            },
            alerts: Vec::new(),
            totals: Totals::of(&scene, &markets),
            accounts: Accounts::of(&scene, ask),
            exposure,
            markets,
            oracles: Oracle::all(&scene),
            shock: ShockOutcome::of(&scene, ask, insurance.fund),
            curves: Curve::wanted(&scene, &ask.curves, &held),
            insurance,
        };
        body.alerts = Alert::of(&body);
        body
    }
}
