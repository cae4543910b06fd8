//! From instructions to one transaction that fits a packet.

use super::{
    job::{Expected, Job, JobId, Kind, Reserve, Watch},
    scene::Scene,
};
use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use counterweight_sdk::{
    accounts::Margin,
    assemble::{Limits, v0, with_limits},
    limits::{MOST_UNITS, compute_limit},
    risk::{Market, Position, portfolio::is_scanned},
    whatif::exposures,
};
use solana_hash::Hash;
use solana_message::VersionedMessage;

/// Bytes of a packet.
pub const PACKET: usize = 1_232;
/// Accounts that a transaction may lock.
const LOCKS: usize = 64;

/// Units that each instruction may use beyond what was measured: what was measured is one case of many, and a limit
/// that is too high costs next to nothing.
const SPARE: u32 = 4_000;
/// What an account adds to that: for a position that lags behind a deleveraging, one with orders, any other; a
/// collateral; a debt.
const LAGGING: u32 = 2_000;
const RESTING: u32 = 500;
const HELD: u32 = 150;
/// What a position costs more of an account that is scanned, and one in an option.
const SCANNED: u32 = 500;
const PRICED: u32 = 2_000;
const TOKENS: u32 = 800;
const OWING: u32 = 1_500;

/// An instruction of a bundle, with the units that it may use beyond what was measured.
#[derive(Clone, Debug)]
pub struct Step {
    /// The instruction.
    pub instruction: Instruction,
    /// Units beyond what was measured.
    pub extra: u32,
}

impl From<Instruction> for Step {
    fn from(instruction: Instruction) -> Self {
        Self {
            instruction,
            extra: 0,
        }
    }
}

/// A transaction that is being put together.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// What it does, to whom.
    pub id: JobId,
    /// Its instructions, without prices.
    pub steps: Vec<Step>,
    /// Assets whose prices it brings.
    pub prices: Vec<u16>,
    /// Options whose arrays it brings, behind the prices.
    pub arrays: Vec<u16>,
    /// Positions of the largest account in it.
    pub positions: u16,
    /// Units that its accounts cost each instruction beyond what was measured.
    pub burden: u32,
    /// Whether the trader signs.
    pub trades: bool,
    /// Further accounts that nothing else may be done to meanwhile.
    pub locks: Vec<Pubkey>,
    /// By what its outcome is seen.
    pub watch: Vec<Watch>,
}

/// What a transaction takes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fitted {
    /// Bytes with its signatures.
    pub bytes: usize,
    /// Its compute limit.
    pub units: u32,
}

/// Of these assets and those that count in these accounts, the ones whose newer prices the accounts were judged by.
/// The quote token comes along where it is one: the others are converted by its price.
pub fn prices_of(scene: &Scene, margins: &[&Margin], also: &[u16]) -> Vec<u16> {
    let due = scene.state.due();
    if due.is_empty() {
        return Vec::new();
    }
    let mut wanted: Vec<u16> = margins
        .iter()
        .flat_map(|margin| exposures(margin))
        .collect();
    wanted.extend_from_slice(also);
    wanted.push(0);
    let needed = due.iter().copied();
    needed.filter(|asset| wanted.contains(asset)).collect()
}

/// What an account costs whoever judges it beyond what was measured.
fn burden(scene: &Scene, margin: &Margin) -> u32 {
    let scanned = is_scanned(&scene.tables.book(), &margin.view());
    let of = |position: &Position| {
        let row = scene.tables.markets.get(usize::from(position.market));
        let option = row.is_some_and(Market::is_option);
        let lags = row.is_some_and(|row| !position.is_current(row));
        let rests = position.bid_lots.0 != 0 || position.ask_lots.0 != 0;
        let looked = u32::from(scanned) * SCANNED + u32::from(option) * PRICED;
        HELD + looked + u32::from(lags) * LAGGING + u32::from(rests) * RESTING
    };
    let core = &margin.header.core;
    let positions: u32 = margin.positions().iter().map(of).sum();
    let tokens = core.balances.iter().filter(|held| held.atoms > 0);
    let tokens: u32 = tokens.map(|_| TOKENS).sum();
    positions + tokens + u32::from(core.cash.0 < 0) * OWING
}

impl Bundle {
    /// Nothing yet.
    pub fn new(kind: Kind, subject: Pubkey) -> Self {
        Self {
            id: JobId { kind, subject },
            steps: Vec::new(),
            prices: Vec::new(),
            arrays: Vec::new(),
            positions: 1,
            burden: 0,
            trades: false,
            locks: Vec::new(),
            watch: Vec::new(),
        }
    }

    /// With a margin account that it changes: waits for its change, and brings the prices that count in it.
    #[must_use]
    pub fn of_account(mut self, scene: &Scene, key: Pubkey, margin: &Margin) -> Self {
        self.watch.push(Watch::Account(key, margin.header.sequence));
        self.bring(scene, margin);
        self
    }

    /// Brings the prices that count in an account, and the arrays of its options.
    pub fn bring(&mut self, scene: &Scene, margin: &Margin) {
        self.prices.extend(prices_of(scene, &[margin], &[]));
        self.prices.sort_unstable();
        self.prices.dedup();
        let held = margin.positions().iter().map(|position| position.market);
        self.price(scene, held);
        self.positions = self.positions.max(margin.header.core.position_count);
        self.burden = self.burden.saturating_add(burden(scene, margin));
    }

    /// Brings the arrays of these markets, where they are due.
    pub fn price(&mut self, scene: &Scene, markets: impl IntoIterator<Item = u16>) {
        let due = scene.state.due_arrays();
        if due.is_empty() {
            return;
        }
        let needed = markets.into_iter().filter(|market| due.contains(market));
        self.arrays.extend(needed);
        self.arrays.sort_unstable();
        self.arrays.dedup();
    }

    /// The instructions with the prices before them, and the arrays that are computed at those.
    fn instructions(&self, scene: &Scene) -> Vec<Instruction> {
        let arrays = (!self.arrays.is_empty()).then(|| scene.venue().refresh_arrays(&self.arrays));
        let steps = self.steps.iter().map(|step| step.instruction.clone());
        let steps = arrays.into_iter().chain(steps);
        let prices = scene.state.prices();
        scene.venue().refreshed(
            &self.prices,
            |asset| prices.account(asset).unwrap_or_default(),
            steps.collect(),
        )
    }

    fn limits(&self, scene: &Scene) -> Limits {
        Limits {
            positions: self.positions,
            unit_price: scene.prices.unit_price,
            loaded: None,
            extra_units: self.extra(),
        }
    }

    fn extra(&self) -> u32 {
        let steps = u32::try_from(self.steps.len()).unwrap_or(u32::MAX);
        let own = self.steps.iter().map(|step| step.extra);
        let each = self.burden.saturating_add(SPARE);
        own.fold(each.saturating_mul(steps), u32::saturating_add)
    }

    /// What it takes up, where it fits a packet, the locks of a transaction and its compute.
    pub fn fit(&self, scene: &Scene) -> Option<Fitted> {
        let (instructions, limits) = (self.instructions(scene), self.limits(scene));
        let units =
            compute_limit(&instructions, limits.positions).saturating_add(limits.extra_units);
        let identity = &scene.identity;
        let all = with_limits(instructions, limits);
        let message =
            v0::Message::try_compile(&identity.payer, &all, scene.lookup, Hash::default()).ok()?;
        let looked_up: usize = message
            .address_table_lookups
            .iter()
            .map(|table| table.writable_indexes.len() + table.readonly_indexes.len())
            .sum();
        let locks = message.account_keys.len() + looked_up;
        let signatures = usize::from(message.header.num_required_signatures);
        let bytes = 1 + 64 * signatures + VersionedMessage::V0(message).serialize().len();
        let fits = bytes <= PACKET && locks <= LOCKS && units < MOST_UNITS;
        fits.then_some(Fitted { bytes, units })
    }

    /// What its transaction costs, quote atoms.
    pub fn fees(&self, scene: &Scene, fitted: Fitted) -> i64 {
        let signatures = scene.identity.signatures(self.trades);
        scene.prices.of(signatures, fitted.units)
    }

    /// The job of it.
    pub fn job(self, scene: &Scene, expected: Expected, reserve: Reserve) -> Job {
        let limits = self.limits(scene);
        let valid = i64::try_from(scene.config.send.valid_seconds).unwrap_or(i64::MAX);
        Job {
            instructions: self.instructions(scene),
            id: self.id,
            locks: self.locks,
            positions: limits.positions,
            extra_units: limits.extra_units,
            unit_price: limits.unit_price,
            trades: self.trades,
            prices: self.prices,
            arrays: self.arrays,
            expected,
            reserve,
            deadline: scene.now.saturating_add(valid),
            watch: self.watch,
        }
    }

    /// The job of work that earns nothing, if it fits.
    pub fn service(self, scene: &Scene) -> Option<Job> {
        let fitted = self.fit(scene)?;
        let expected = Expected {
            fees: self.fees(scene, fitted),
            ..Expected::default()
        };
        Some(self.job(scene, expected, Reserve::default()))
    }
}

/// A part of work of one kind that several transactions may share out.
#[derive(Clone, Debug)]
pub struct Part {
    /// What it does.
    pub steps: Vec<Step>,
    /// The margin account that it changes, and its sequence.
    pub account: Option<(Pubkey, u64)>,
    /// Positions of that account.
    pub positions: u16,
}

impl Part {
    /// One step on a margin account.
    pub fn of_account(key: Pubkey, margin: &Margin, steps: Vec<Step>) -> Self {
        Self {
            steps,
            account: Some((key, margin.header.sequence)),
            positions: margin.header.core.position_count,
        }
    }

    /// A step that changes no margin account.
    pub fn alone(step: impl Into<Step>) -> Self {
        Self {
            steps: vec![step.into()],
            account: None,
            positions: 1,
        }
    }
}

/// Shares parts out over as few transactions as hold them. Prices are brought by each.
pub fn share_out(scene: &Scene, id: JobId, prices: &[u16], parts: Vec<Part>) -> Vec<Job> {
    let begin = || {
        let mut bundle = Bundle::new(id.kind, id.subject);
        bundle.prices = prices.to_vec();
        bundle
    };
    let (mut jobs, mut bundle) = (Vec::new(), begin());
    for part in parts {
        let mut with = bundle.clone();
        add(&mut with, &part);
        if with.fit(scene).is_some() {
            bundle = with;
            continue;
        }
        jobs.extend(finish(scene, bundle));
        bundle = begin();
        add(&mut bundle, &part);
    }
    jobs.extend(finish(scene, bundle));
    jobs
}

fn add(bundle: &mut Bundle, part: &Part) {
    bundle.steps.extend_from_slice(&part.steps);
    bundle.positions = bundle.positions.max(part.positions);
    if let Some((key, sequence)) = part.account {
        let watch = Watch::Account(key, sequence);
        if !bundle.watch.contains(&watch) {
            bundle.watch.push(watch);
            bundle.locks.push(key);
        }
    }
}

/// The first account names the job: so work of one kind on others may be under way as well.
fn finish(scene: &Scene, mut bundle: Bundle) -> Option<Job> {
    if bundle.steps.is_empty() {
        return None;
    }
    if !bundle.locks.is_empty() {
        bundle.id.subject = bundle.locks.remove(0);
    }
    bundle.service(scene)
}
