//! What is done about an account below maintenance margin, or flagged: taken over from, handed to the backstop,
//! flagged, or left alone for a while.

use super::{
    bundle::{Bundle, Step},
    defaults,
    job::Kind,
    prepare,
    rehearsal::Rehearsal,
    scene::{Idle, Round, Scene},
    sizing::Purse,
    takeover::{self, Plan, Slices, Terms},
};
use anchor_lang::prelude::Pubkey;
use counterweight_fleet::Standing;
use counterweight_sdk::{
    program::state::PAUSE_LIQUIDATE,
    risk::{
        backstop::{is_in_default, judged_kindly},
        expiry::require_settled,
        liquidation::is_restored,
    },
};

/// Decides about all accounts that fail, the worst first, while there is room.
pub fn all(scene: &Scene, round: &mut Round) {
    let failing = scene.state.fleet().failing();
    for standing in &failing {
        let key = standing.key;
        if round.is_full() {
            break;
        }
        if standing.backstop || (scene.busy)(&key) || round.has(&key) {
            continue;
        }
        if scene.is_paused(PAUSE_LIQUIDATE) {
            round.leave(key, Idle::Paused);
        } else if key == scene.identity.account {
            round.leave(key, Idle::Own);
        } else if let Err(why) = one(scene, round, standing) {
            round.leave(key, why);
        }
    }
}

/// Decides about one account.
fn one(scene: &Scene, round: &mut Round, standing: &Standing) -> Result<(), Idle> {
    let key = standing.key;
    let buffer = scene.tables.header.params.liquidation_buffer;
    let flagged = standing.in_liquidation_since != 0;
    let account = scene.state.fleet().margin(&key).ok_or(Idle::Unknown)?;
    // No verdict before what has ended is settled: that is a service's work, and comes first.
    let settled = require_settled(&scene.tables.book(), account.positions(), scene.now);
    settled.map_err(|_| Idle::Unsettled)?;
    if flagged && is_restored(&standing.health, buffer) {
        return unflag(scene, round, key);
    }
    let own = scene.own.clone().unwrap_or_else(|| account.clone());
    let mut rehearsal = Rehearsal::new(scene.tables, scene.now, account, own);
    let steps = prepare::all(scene, &mut rehearsal, key)?;
    let kindly = judged_kindly(&scene.tables.book(), &rehearsal.account.view(), scene.now);
    let line = scene.tables.header.params.backstop_line;
    let defaults = is_in_default(&kindly.map_err(|_| Idle::Unknown)?, line);

    let (duties, of) = (&scene.config.duties, (key, steps.as_slice()));
    let ends = defaults && duties.defaults.enabled;
    let when = if ends { When::AtOnce } else { When::InTime };
    let Err(mut why) = take(scene, round, &rehearsal, of, (ends, when)) else {
        return Ok(());
    };
    if ends {
        match defaults::account(scene, round, &rehearsal, of) {
            // Nobody can end it: what is left of it is for sale, and its auction goes on.
            Err(Idle::Stuck) => {}
            done => return done,
        }
        why = match take(scene, round, &rehearsal, of, (ends, When::InTime)) {
            Err(Idle::Unprofitable | Idle::Off) => Idle::Stuck,
            Err(why) => why,
            Ok(()) => return Ok(()),
        };
    }
    // Whoever has margin may want the clock to run; nobody wants it for what never pays.
    let helps = matches!(why, Idle::Waits | Idle::NoMargin | Idle::NoAccount);
    let wanted = duties.liquidations.enabled && duties.liquidations.flag && helps;
    if wanted && !flagged && !standing.health.is_met() {
        let bundle = bundle_of(
            scene,
            Kind::Flag,
            key,
            scene.venue().flag_account(key).into(),
        );
        if let Some(job) = bundle.and_then(|bundle| bundle.service(scene)) {
            round.push(job);
            return Ok(());
        }
    }
    Err(why)
}

fn unflag(scene: &Scene, round: &mut Round, key: Pubkey) -> Result<(), Idle> {
    if !scene.config.duties.liquidations.unflag {
        return Err(Idle::Off);
    }
    let step = scene.venue().flag_account(key).into();
    let bundle = bundle_of(scene, Kind::Unflag, key, step).ok_or(Idle::Unknown)?;
    round.push(bundle.service(scene).ok_or(Idle::TooLarge)?);
    Ok(())
}

/// A single step on an account.
fn bundle_of(scene: &Scene, kind: Kind, key: Pubkey, step: Step) -> Option<Bundle> {
    let account = scene.state.fleet().margin(&key)?;
    let mut bundle = Bundle::new(kind, key).of_account(scene, key, &account);
    bundle.steps.push(step);
    Some(bundle)
}

/// Whether a takeover may wait for its price.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    /// It is taken now or not at all: there is another way.
    AtOnce,
    /// Its auction may go on until it pays.
    InTime,
}

/// Takes over what is worth it. Of an account whose default could be ended otherwise (`ends`) nothing is taken at a
/// loss: what is left would be a debt without positions, which the other side of a market no longer shares.
fn take(
    scene: &Scene,
    round: &mut Round,
    rehearsal: &Rehearsal,
    (key, steps): (Pubkey, &[Step]),
    (ends, when): (bool, When),
) -> Result<(), Idle> {
    let duty = &scene.config.duties.liquidations;
    if !duty.enabled {
        return Err(Idle::Off);
    }
    let terms = Terms {
        slices: if duty.slices {
            Slices::Always
        } else {
            Slices::Needed
        },
        collateral: duty.collateral,
        most: duty.max_takes,
        min_profit: duty.min_profit_atoms.max(if ends { 1 } else { i64::MIN }),
    };
    let reserve = round.reserve.clone();
    let purse = purse(scene, &reserve)?;
    let found = fitting(scene, rehearsal, (key, steps), &purse, terms);
    if let (Err(Idle::TooLarge), false) = (&found, steps.is_empty()) {
        return prepare_first(scene, round, rehearsal, key, steps);
    }
    let plan = found?;
    let worth = plan.expected.profit() >= terms.min_profit;
    if when == When::AtOnce {
        return if worth {
            add(scene, round, plan)
        } else {
            Err(Idle::Unprofitable)
        };
    }
    let auction = Auction {
        scene,
        rehearsal,
        key,
        steps,
        purse: &purse,
        terms,
    };
    match auction.ripe_after(worth, duty.competition_horizon_seconds) {
        Some(0) => add(scene, round, plan),
        Some(seconds) => {
            round.wake_at(scene.now.saturating_add(seconds));
            Err(Idle::Waits)
        }
        None => Err(Idle::Unprofitable),
    }
}

/// The keeper's own account, where it may be used.
///
/// # Errors
/// Why it may not.
pub fn purse<'a>(scene: &'a Scene, reserve: &'a super::job::Reserve) -> Result<Purse<'a>, Idle> {
    let own = scene.own.as_ref().ok_or(Idle::NoAccount)?;
    if scene.is_short {
        return Err(Idle::NoMargin);
    }
    Purse::new(scene, own, reserve).map_err(|_| Idle::Silent)
}

fn add(scene: &Scene, round: &mut Round, plan: Plan) -> Result<(), Idle> {
    round.push(plan.job(scene));
    Ok(())
}

/// A plan that fits: where a slice has too many markets for a packet, single markets do not.
fn fitting(
    scene: &Scene,
    rehearsal: &Rehearsal,
    of: (Pubkey, &[Step]),
    purse: &Purse,
    terms: Terms,
) -> Result<Plan, Idle> {
    match takeover::plan(scene, rehearsal, of, purse, terms) {
        Err(Idle::TooLarge) if terms.slices != Slices::Never => {
            let single = Terms {
                slices: Slices::Never,
                ..terms
            };
            takeover::plan(scene, rehearsal, of, purse, single)
        }
        found => found,
    }
}

/// What prepares the account, as much of it as fits: the rest is decided when it has happened.
fn prepare_first(
    scene: &Scene,
    round: &mut Round,
    rehearsal: &Rehearsal,
    key: Pubkey,
    steps: &[Step],
) -> Result<(), Idle> {
    let account = scene.state.fleet().margin(&key).ok_or(Idle::Unknown)?;
    let mut bundle = Bundle::new(Kind::Prepare, key).of_account(scene, key, &account);
    bundle.bring(scene, &rehearsal.account);
    let mut fitting = None;
    for step in steps {
        bundle.steps.push(step.clone());
        if bundle.fit(scene).is_none() {
            break;
        }
        fitting = Some(bundle.clone());
    }
    let job = fitting.and_then(|bundle| bundle.service(scene));
    round.push(job.ok_or(Idle::TooLarge)?);
    Ok(())
}

/// An account's auction: what the takeover brings rises with time, until it stays.
pub struct Auction<'a> {
    /// What it is decided from.
    pub scene: &'a Scene<'a>,
    /// The prepared account.
    pub rehearsal: &'a Rehearsal<'a>,
    /// Its address.
    pub key: Pubkey,
    /// What prepares it.
    pub steps: &'a [Step],
    /// The keeper's own account.
    pub purse: &'a Purse<'a>,
    /// What is wanted.
    pub terms: Terms,
}

impl Auction<'_> {
    /// After how many seconds it is to be taken over from: at once where it is worth it and not waited for more; none
    /// where it never will be worth it at these prices.
    pub fn ripe_after(&self, worth: bool, horizon: u32) -> Option<i64> {
        let (run, end) = (self.rehearsal.elapsed(), self.end());
        let (horizon, is_over) = (i64::from(horizon), run >= end);
        if worth && (horizon == 0 || is_over) {
            return Some(0);
        }
        if !worth && (is_over || !self.is_worth(end)) {
            return None;
        }
        // The first second at which it is worth it: behind what is known not to be, up to what is.
        let (mut not, mut is) = if worth { (-1, run) } else { (run, end) };
        while is - not > 1 {
            let middle = not + (is - not) / 2;
            if self.is_worth(middle) {
                is = middle;
            } else {
                not = middle;
            }
        }
        let ripe = is.saturating_add(horizon).min(end.max(is));
        Some((ripe - run).max(0))
    }

    fn end(&self) -> i64 {
        i64::from(self.scene.tables.header.params.auction_seconds)
    }

    /// Whether it is worth it so many seconds into the auction.
    fn is_worth(&self, elapsed: i64) -> bool {
        let mut stage = self.rehearsal.clone();
        stage.ahead = elapsed - self.rehearsal.elapsed();
        let of = (self.key, self.steps);
        let plan = fitting(self.scene, &stage, of, self.purse, self.terms);
        plan.is_ok_and(|plan| plan.expected.profit() >= self.terms.min_profit)
    }
}
