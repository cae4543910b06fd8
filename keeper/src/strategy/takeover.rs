//! What to take of an account, and what it brings: the best of its markets one by one, and a slice of all of them.

use super::{
    bundle::{Bundle, Fitted, Step},
    exposure::Exposure,
    job::{Expected, Job, Kind, Reserve},
    rehearsal::{Rehearsal, Take, Taken},
    scene::{Idle, Scene},
    sizing::{self, Purse},
};
use anchor_lang::prelude::Pubkey;
use counterweight_sdk::{
    liquidation::sliced_markets,
    program::{CollateralArgs, Guards, LiquidateArgs, SliceArgs},
    risk::{Position, RiskError, market::MODE_SETTLEMENT},
};

/// Markets of an account that are looked at, those that require most first.
const LOOKED_AT: usize = 8;

/// Positions up to which slices were measured, and units of each further one.
const SLICED: u16 = 32;
const A_LEG: u32 = 2_500;

/// Units of a takeover from an account that is scanned or holds options, for each of its positions: sizes are found by
/// looks at the whole book, or at all positions on an asset. Measured: a slice of 32 legs with options takes 197,377 units,
/// 91,000 more than one of linear contracts by Standard margin, with two looks; each further one takes 800 a position.
const A_LOOK: u32 = 8_000;

/// When slices are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slices {
    /// Where they bring most.
    Always,
    /// Where single legs hedge others, so that there is no other way.
    Needed,
    /// Never.
    Never,
}

/// What somebody wants of takeovers.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// When slices are taken.
    pub slices: Slices,
    /// Whether collateral is taken.
    pub collateral: bool,
    /// Most takeovers in a transaction.
    pub most: usize,
    /// Least profit after all costs.
    pub min_profit: i64,
}

/// Takeovers in a row, what they bring, and the transaction that does them.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The transaction.
    pub bundle: Bundle,
    /// What it brings.
    pub expected: Expected,
    /// What it needs of the keeper's account.
    pub reserve: Reserve,
}

impl Plan {
    /// The job of it.
    pub fn job(self, scene: &Scene) -> Job {
        self.bundle.job(scene, self.expected, self.reserve)
    }
}

/// What the takeovers so far have come to.
#[derive(Clone, Default)]
struct Tally {
    reward: i64,
    edge: i64,
    volume: u64,
    tokens: Exposure,
}

impl Tally {
    fn with(&self, take: &Take) -> Self {
        let mut sum = self.clone();
        sum.reward = sum.reward.saturating_add(take.reward);
        sum.edge = sum.edge.saturating_add(take.edge);
        sum.volume = sum.volume.saturating_add(take.volume);
        if let Taken::Tokens { asset, .. } = take.taken {
            let held = sum.tokens.entry(asset).or_default();
            *held = held.saturating_add(take.tokens);
        }
        sum
    }

    fn expected(&self, purse: &Purse, take: &Take, fees: i64) -> Expected {
        Expected {
            reward: self.reward,
            edge: self.edge,
            hedge: purse.hedge(&take.own, &self.tokens),
            fees,
            volume: self.volume,
        }
    }
}

/// The best row of takeovers of a prepared account. It is not profitable as such: compare [`Expected::profit`].
///
/// `steps` is what prepares the account on the chain. The rehearsal is left where it was.
///
/// # Errors
/// Why nothing can be taken.
pub fn plan(
    scene: &Scene,
    rehearsal: &Rehearsal,
    (key, steps): (Pubkey, &[Step]),
    purse: &Purse,
    terms: Terms,
) -> Result<Plan, Idle> {
    let mut stage = rehearsal.clone();
    let (mut best, mut tally): (Option<Plan>, _) = (None, Tally::default());
    let mut bundle = Bundle::new(Kind::Liquidate, key).of_account(scene, key, &rehearsal.account);
    bundle.bring(scene, &rehearsal.own);
    bundle.trades = true;
    bundle.steps = steps.to_vec();
    let mut why = Idle::Unprofitable;
    for _ in 0..terms.most {
        let open = stage.health().is_ok_and(|health| stage.is_open(&health));
        let found = if open {
            best_of(scene, &mut stage, purse, &tally, terms)
        } else {
            Err(why)
        };
        let take = match found {
            Ok(take) => take,
            Err(idle) => {
                why = idle;
                break;
            }
        };
        bundle.positions = bundle.positions.max(take.own.header.core.position_count);
        bundle.steps.push(Step {
            instruction: step_of(scene, &stage, key, &take),
            extra: extra_of(&stage, &take, bundle.positions),
        });
        let Some(fitted) = bundle.fit(scene) else {
            why = Idle::TooLarge;
            break;
        };
        tally = tally.with(&take);
        let next = grown(scene, &bundle, (&take, fitted), purse, &tally)?;
        if best
            .as_ref()
            .is_some_and(|best| best.expected.profit() >= next.expected.profit())
        {
            break;
        }
        best = Some(next);
        if stage.accept(&take).is_err() {
            break;
        }
    }
    best.ok_or(why)
}

/// The plan with a takeover more.
fn grown(
    scene: &Scene,
    bundle: &Bundle,
    (take, fitted): (&Take, Fitted),
    purse: &Purse,
    tally: &Tally,
) -> Result<Plan, Idle> {
    let mut bundle = bundle.clone();
    // The last takeover names the job: rows begin with what earns most, and are rarely mixed.
    bundle.id.kind = match take.taken {
        Taken::Lots { .. } => Kind::Liquidate,
        Taken::Slice { .. } => Kind::Slice,
        Taken::Tokens { .. } => Kind::Collateral,
    };
    Ok(Plan {
        expected: tally.expected(purse, take, bundle.fees(scene, fitted)),
        reserve: purse.needs(&take.own).map_err(|_| Idle::Unknown)?,
        bundle,
    })
}

/// The single takeover that brings most before fees.
fn best_of(
    scene: &Scene,
    stage: &mut Rehearsal,
    purse: &Purse,
    tally: &Tally,
    terms: Terms,
) -> Result<Take, Idle> {
    let (mut best, mut why): (Option<(i64, Take)>, _) = (None, Idle::Unprofitable);
    let mut hedges = false;
    let mut consider = |found: Result<Option<Take>, RiskError>| match found {
        Ok(Some(take)) => {
            let profit = tally.with(&take).expected(purse, &take, 0).profit();
            if best.as_ref().is_none_or(|(most, _)| profit > *most) {
                best = Some((profit, take));
            }
        }
        Ok(None) | Err(RiskError::NoFreeSlot { .. } | RiskError::NoFreeBalance { .. }) => {
            why = Idle::NoMargin;
        }
        Err(RiskError::StalePrice { .. } | RiskError::NoPrice { .. }) => why = Idle::Silent,
        Err(RiskError::StaleArray { .. } | RiskError::DriftedArray { .. }) => why = Idle::Unsettled,
        Err(_) => {}
    };
    let markets = by_requirement(scene, stage);
    for market in markets.iter().take(LOOKED_AT) {
        let found = sizing::lots(stage, purse, *market);
        hedges |= matches!(found, Err(RiskError::LegIsHedge { .. }));
        consider(found);
    }
    let backstop = stage.account.header.is_backstop();
    // A leg that hedges is not taken by itself, not even where only collateral stands against it.
    let slices = match terms.slices {
        Slices::Always => hedges || markets.len() > 1,
        Slices::Needed => hedges,
        Slices::Never => false,
    };
    if slices && !backstop {
        consider(sizing::slice(stage, purse));
    }
    if terms.collateral && (backstop || stage.account.positions().is_empty()) {
        let balances = stage.account.header.core.balances;
        for held in balances.iter().filter(|held| held.atoms > 0) {
            consider(sizing::tokens(stage, purse, held.asset));
        }
    }
    best.map(|(_, take)| take).ok_or(why)
}

/// Markets of the account in which there is something to take, the one that requires most first.
pub fn by_requirement(scene: &Scene, stage: &Rehearsal) -> Vec<u16> {
    let required = |position: &Position| {
        let row = scene.tables.markets.get(usize::from(position.market))?;
        let held = position.held(row);
        if held.0 == 0 || row.mode == MODE_SETTLEMENT || row.awaits_settlement(scene.now) {
            return None;
        }
        let asset = scene.tables.assets.get(usize::from(position.asset))?;
        let notional = held.notional(asset.index).unwrap_or(u64::MAX);
        Some((
            row.maintenance.requirement(notional).unwrap_or(u64::MAX),
            position.market,
        ))
    };
    let mut markets: Vec<(u64, u16)> = stage
        .account
        .positions()
        .iter()
        .filter_map(required)
        .collect();
    markets.sort_unstable_by(|a, b| b.cmp(a));
    markets.into_iter().map(|(_, market)| market).collect()
}

/// Units of a takeover beyond what the SDK reckons: slices were measured up to 32 positions, and cost more for each
/// further one than other instructions do; and an account that is scanned is looked at several times.
fn extra_of(stage: &Rehearsal, take: &Take, positions: u16) -> u32 {
    let further = u32::from(positions.saturating_sub(SLICED));
    let looks = if stage.is_scanned() || stage.has_options() {
        u32::from(stage.account.header.core.position_count) * A_LOOK
    } else {
        0
    };
    match take.taken {
        Taken::Slice { .. } => further * A_LEG + looks,
        Taken::Lots { .. } => looks,
        Taken::Tokens { .. } => 0,
    }
}

/// The instruction that takes it, guarded against prices that move meanwhile.
fn step_of(
    scene: &Scene,
    stage: &Rehearsal,
    account: Pubkey,
    take: &Take,
) -> anchor_lang::solana_program::instruction::Instruction {
    let (venue, identity) = (scene.venue(), &scene.identity);
    let slippage = u128::from(scene.config.duties.liquidations.slippage_bps);
    let moved = |price: u64, up: bool| {
        let by = u128::from(price) * slippage / 10_000;
        let limit = if up {
            u128::from(price) + by
        } else {
            u128::from(price) - by.min(u128::from(price))
        };
        u64::try_from(limit).unwrap_or(u64::MAX)
    };
    let (trader, own, guards) = (identity.trader, identity.account, Guards::default());
    match take.taken {
        Taken::Lots {
            market,
            lots,
            price,
            long,
        } => {
            let args = LiquidateArgs {
                market,
                max_lots: lots,
                limit_price: Some(moved(price, long)),
                guards,
            };
            venue.liquidate(trader, account, own, args)
        }
        Taken::Slice { fraction } => {
            // What the reward is of the value, and less by the slippage, rounded down.
            let value = u128::from(take.volume.max(1));
            let bps = u128::from(take.reward.max(0).unsigned_abs())
                * (10_000 - slippage.min(10_000))
                / value;
            let args = SliceArgs {
                max_fraction: fraction,
                min_reward_bps: u32::try_from(bps).unwrap_or(u32::MAX),
                guards,
            };
            let markets = sliced_markets(scene.tables, &stage.account);
            venue.liquidate_slice(trader, account, own, &markets, args)
        }
        Taken::Tokens {
            asset,
            atoms,
            price,
        } => {
            let args = CollateralArgs {
                asset,
                max_atoms: atoms,
                limit_price: Some(moved(price, true)),
                guards,
            };
            venue.liquidate_collateral(trader, account, own, args)
        }
    }
}
