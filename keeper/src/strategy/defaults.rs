//! Defaults: the backstop takes an account over, or one of its markets is closed against the other side.

use super::{
    bundle::{Bundle, Step},
    job::{Kind, Watch},
    laggards, prepare,
    rehearsal::Rehearsal,
    scene::{Idle, Round, Scene},
    takeover::by_requirement,
};
use anchor_lang::prelude::Pubkey;
use counterweight_sdk::{
    accounts::Margin,
    program::state::RECORDED,
    risk::{
        Health, Lots, QuoteAtoms, Result as RiskResult,
        account::BALANCES,
        backstop::merged,
        deleverage::{epoch_of, most},
        market::MODE_SETTLEMENT,
        standard::maintenance,
    },
};

/// Most markets in which both an account and the backstop may hold a position, for a takeover.
const MOST_NETTED: usize = 48;
/// Makers whose fills one instruction settles.
const MAKERS: usize = 8;

/// The backstop as the program sees it when it is called upon: interest charged, insurance moved into its cash, the
/// day's reference set.
pub struct Called {
    /// The backstop.
    pub margin: Margin,
    /// Equity and maintenance margin at the prices that are recorded.
    pub health: Health,
    /// What its equity may fall to on this day.
    pub floor: QuoteAtoms,
}

impl Called {
    /// Calls upon the backstop.
    ///
    /// # Errors
    /// The engine's.
    pub fn upon(scene: &Scene, mut margin: Margin) -> RiskResult<Self> {
        let (book, params) = (scene.tables.book(), &scene.tables.header.params);
        let moment = params.moment(scene.now);
        margin.header.core.accrue(&moment)?;
        let mut health = maintenance(&book, &margin.view(), RECORDED)?;
        let mut reference = margin.header.reference.on(scene.now, health.equity);
        let insurance = scene
            .state
            .clearinghouse()
            .map_or(0, |state| state.insurance);
        let swept = QuoteAtoms(insurance);
        reference.add(swept)?;
        health.equity = health.equity.plus(swept)?;
        margin.header.reference = reference;
        margin.header.core.move_cash(swept, &moment)?;
        Ok(Self {
            floor: margin.header.floor(&book),
            margin,
            health,
        })
    }

    /// Whether it is below its own margin, or has lost what it may lose in a day.
    pub fn is_spent(&self) -> bool {
        !self.health.is_met() || self.health.equity < self.floor
    }

    /// Whether it can take an account over.
    ///
    /// # Errors
    /// The engine's.
    fn can_take(&self, scene: &Scene, account: &Margin) -> RiskResult<bool> {
        let both = merged(
            &scene.tables.book(),
            (&self.margin.view(), RECORDED),
            (&account.view(), scene.now),
        )?;
        let held = self.margin.positions().len() + account.positions().len();
        let netted = held.saturating_sub(both.slots);
        let fits = both.slots <= self.margin.slots.len() && both.balances <= BALANCES;
        let bears = both.health.is_met() && both.health.equity >= self.floor;
        Ok(bears && fits && netted <= MOST_NETTED)
    }
}

/// What is done about an account in default; `steps` is what prepares it.
///
/// # Errors
/// Why nothing is.
pub fn account(
    scene: &Scene,
    round: &mut Round,
    rehearsal: &Rehearsal,
    (key, steps): (Pubkey, &[Step]),
) -> Result<(), Idle> {
    let backstop = scene.state.backstop().ok_or(Idle::Stuck)?;
    let address = scene.venue().backstop();
    if (scene.busy)(&address) || round.has(&address) {
        return Err(Idle::Waits);
    }
    let called = Called::upon(scene, backstop.clone()).map_err(|_| Idle::Unknown)?;
    let can_take = called.can_take(scene, &rehearsal.account);
    if can_take.map_err(|_| Idle::Unknown)? {
        return resolve(scene, round, rehearsal, (key, steps), &backstop);
    }
    if !scene.config.duties.defaults.deleverage {
        return Err(Idle::Off);
    }
    for market in by_requirement(scene, rehearsal) {
        let bundle = bundle_of(scene, Kind::Deleverage, (key, steps), &backstop);
        let last = scene.venue().deleverage(key, market);
        if close(
            scene,
            round,
            &rehearsal.account,
            market,
            (bundle, last.into()),
        )? {
            return Ok(());
        }
    }
    Err(Idle::Stuck)
}

/// A transaction on an account and the backstop.
fn bundle_of(
    scene: &Scene,
    kind: Kind,
    (key, steps): (Pubkey, &[Step]),
    backstop: &Margin,
) -> Bundle {
    let address = scene.venue().backstop();
    let mut bundle = Bundle::new(kind, key);
    if let Some(account) = scene.state.fleet().margin(&key) {
        bundle = bundle.of_account(scene, key, &account);
    }
    bundle.steps = steps.to_vec();
    bundle.bring(scene, backstop);
    if key != address {
        bundle.locks.push(address);
        bundle
            .watch
            .push(Watch::Account(address, backstop.header.sequence));
    }
    bundle
}

fn resolve(
    scene: &Scene,
    round: &mut Round,
    rehearsal: &Rehearsal,
    of: (Pubkey, &[Step]),
    backstop: &Margin,
) -> Result<(), Idle> {
    let held = |margin: &Margin| -> Vec<u16> {
        margin
            .positions()
            .iter()
            .map(|position| position.market)
            .collect()
    };
    let theirs = held(backstop);
    let mut both = held(&rehearsal.account);
    both.retain(|market| theirs.contains(market));
    let mut bundle = bundle_of(scene, Kind::Resolve, of, backstop);
    bundle
        .steps
        .push(scene.venue().resolve_default(of.0, &both).into());
    push_or_prepare(scene, round, bundle)
}

/// Closes a position of an account or of the backstop against the other side, as soon as what stands against it is out
/// of the way. Whether something is done.
///
/// # Errors
/// [`Idle::TooLarge`].
pub fn close(
    scene: &Scene,
    round: &mut Round,
    account: &Margin,
    market: u16,
    (mut bundle, last): (Bundle, Step),
) -> Result<bool, Idle> {
    let Some(row) = scene.tables.markets.get(usize::from(market)) else {
        return Ok(false);
    };
    let (Some(book), Ok(asset)) = (
        scene.state.market(market),
        scene.tables.book().asset(row.asset),
    ) else {
        return Ok(false);
    };
    let usable = asset.check_maintenance(row.asset, scene.now).is_ok()
        && asset.check_narrow(row.asset).is_ok();
    if row.mode == MODE_SETTLEMENT || row.awaits_settlement(scene.now) || !usable {
        return Ok(false);
    }
    let held: Lots = account.view().lots(market, row);
    let side = usize::from(held.0 > 0);
    let header = &book.header;
    let other = if held.0 > 0 {
        header.open_short
    } else {
        header.open_long
    };
    let behind = header.behind[side];
    let lots = most(row, side, other, behind, held.size());
    let whole = i64::try_from(lots).is_ok_and(|lots| lots == other);
    if lots == 0 || (whole && epoch_of(row.era[side]) > 0 && behind != 0) {
        return Ok(laggards::catch_up(scene, round, market));
    }
    bundle
        .steps
        .extend(settle_others(scene, market, &bundle.id.subject));
    bundle.steps.push(last);
    push_or_prepare(scene, round, bundle).map(|()| true)
}

/// The fills of everybody else in a market's queue: none may wait while the market is deleveraged.
fn settle_others(scene: &Scene, market: u16, key: &Pubkey) -> Vec<Step> {
    let Some(book) = scene.state.market(market) else {
        return Vec::new();
    };
    let mut makers: Vec<Pubkey> = Vec::new();
    for entry in &book.queue {
        let maker = Pubkey::new_from_array(entry.maker);
        if maker != *key && !makers.contains(&maker) {
            makers.push(maker);
        }
    }
    let steps = makers.chunks(MAKERS).map(|makers| {
        let waiting = |maker: &Pubkey| prepare::entries_of(book, maker).count();
        let entries = makers.iter().map(waiting).sum();
        Step {
            instruction: scene.venue().settle_fills(market, makers, u8::MAX),
            extra: prepare::extra_of_entries(entries),
        }
    });
    steps.collect()
}

/// Adds the transaction; where it is too large, as many of its first steps as fit, as preparation.
fn push_or_prepare(scene: &Scene, round: &mut Round, bundle: Bundle) -> Result<(), Idle> {
    if let Some(job) = bundle.clone().service(scene) {
        round.push(job);
        return Ok(());
    }
    let mut first = bundle;
    first.id.kind = Kind::Prepare;
    while first.steps.pop().is_some() && !first.steps.is_empty() {
        if let Some(job) = first.clone().service(scene) {
            round.push(job);
            return Ok(());
        }
    }
    Err(Idle::TooLarge)
}
