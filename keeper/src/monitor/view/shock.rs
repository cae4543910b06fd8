//! What a move of prices would do: who falls, how large they are, and what would be missing.
//!
//! A move changes prices and nothing else: nobody liquidates, trades or deposits on the way. So it tells what a jump
//! would do, which leaves no time; in a slow fall liquidations come in between.

use super::Scene;
use crate::monitor::{
    ask::{Ask, Curves, Move, Target, resolve},
    figures::text,
};
use anchor_lang::prelude::Pubkey;
use counterweight_fleet::{Shock, Standing};
use counterweight_risk::backstop::gross_notional;
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// The moves of a curve, in basis points: every 5 % from −50 % to +50 %.
const STEPS_BPS: core::ops::RangeInclusive<i32> = -10..=10;
const STEP_BPS: i32 = 500;
/// Accounts that are told of a shock, the worst first.
const TOLD: usize = 100;

/// The move of one asset's price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShockMove {
    /// The asset.
    pub asset: u16,
    /// Its name.
    pub name: String,
    /// Basis points of the price.
    pub bps: i32,
}

/// An account that would be below maintenance margin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fallen {
    /// Its address.
    #[serde(serialize_with = "text")]
    pub address: Pubkey,
    /// Whether it is below maintenance margin without the move.
    pub fails_now: bool,
    /// Equity after the move, quote atoms.
    #[serde(serialize_with = "text")]
    pub equity: i64,
    /// Maintenance margin after the move, quote atoms.
    #[serde(serialize_with = "text")]
    pub maintenance_margin: i64,
    /// Size of its positions at prices before the move, quote atoms.
    #[serde(serialize_with = "text")]
    pub notional: i128,
}

/// What a move would do. Amounts are quote atoms; the backstop is among none of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ShockOutcome {
    /// The moves; empty for none.
    pub moves: Vec<ShockMove>,
    /// Why the move that was asked for cannot be looked at.
    pub problem: Option<String>,
    /// Accounts below maintenance margin after it.
    pub failing: usize,
    /// Those of them that are not below it without the move.
    pub newly_failing: usize,
    /// Size of their positions at prices before the move.
    #[serde(serialize_with = "text")]
    pub notional: i128,
    /// The sum of negative equities after it, positive.
    #[serde(serialize_with = "text")]
    pub deficit: i128,
    /// What of that exceeds the insurance fund as it is at present.
    #[serde(serialize_with = "text")]
    pub beyond_fund: i128,
    /// The accounts, the worst ratio after the move first; at most 100.
    pub accounts: Vec<Fallen>,
}

/// A point of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Point {
    /// The move, basis points of the price.
    pub move_bps: i32,
    /// Accounts below maintenance margin after it.
    pub accounts: usize,
    /// Size of their positions at prices before it, quote atoms.
    #[serde(serialize_with = "text")]
    pub notional: i128,
    /// The sum of negative equities after it, positive, quote atoms.
    #[serde(serialize_with = "text")]
    pub deficit: i128,
}

/// Who falls at which move of one price, or of all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Curve {
    /// The asset; null where all move together.
    pub asset: Option<u16>,
    /// Its name, or `all`.
    pub name: String,
    /// Every 5 % from −50 % to +50 %.
    pub points: Vec<Point>,
}

/// Who falls, and sizes that were looked up.
struct Fall<'a> {
    scene: &'a Scene<'a>,
    sizes: HashMap<Pubkey, i128>,
}

impl<'a> Fall<'a> {
    fn new(scene: &'a Scene<'a>) -> Self {
        Self {
            scene,
            sizes: HashMap::new(),
        }
    }

    /// Accounts below maintenance margin after these moves, the worst first.
    fn after(&self, moves: Vec<(u16, i32)>) -> Vec<Standing> {
        let mut fallen = self
            .scene
            .state
            .fleet()
            .shock(&Shock { moves }, self.scene.now);
        fallen.retain(|standing| !standing.backstop && !standing.health.is_met());
        fallen
    }

    /// Size of an account's positions at present prices.
    fn size(&mut self, key: &Pubkey) -> i128 {
        let scene = self.scene;
        *self.sizes.entry(*key).or_insert_with(|| {
            let margin = scene.state.fleet().margin(key);
            let size =
                margin.and_then(|margin| gross_notional(&scene.tables.book(), &margin.view()).ok());
            size.map_or(0, |atoms| atoms.0.into())
        })
    }

    /// The sizes of these accounts together.
    fn sizes(&mut self, fallen: &[Standing]) -> i128 {
        fallen.iter().map(|standing| self.size(&standing.key)).sum()
    }
}

/// The sum of negative equities, positive.
fn deficit(fallen: &[Standing]) -> i128 {
    fallen
        .iter()
        .map(|standing| (-i128::from(standing.health.equity.0)).max(0))
        .sum()
}

impl ShockOutcome {
    pub(super) fn of(scene: &Scene, ask: &Ask, fund: i128) -> Self {
        let moves = match resolve(&ask.shock, scene.tables) {
            Ok(moves) => moves,
            Err(problem) => {
                return Self {
                    problem: Some(problem),
                    ..Self::default()
                };
            }
        };
        let told = moves.iter().map(|(asset, bps)| ShockMove {
            asset: *asset,
            name: scene.asset(*asset),
            bps: *bps,
        });
        let told = told.collect();
        let mut fall = Fall::new(scene);
        let fallen = fall.after(moves);
        let now = scene
            .standings
            .iter()
            .filter(|standing| !standing.health.is_met());
        let now: BTreeSet<Pubkey> = now.map(|standing| standing.key).collect();
        let (deficit, notional) = (deficit(&fallen), fall.sizes(&fallen));
        let accounts = fallen.iter().take(TOLD).map(|standing| Fallen {
            address: standing.key,
            fails_now: now.contains(&standing.key),
            equity: standing.health.equity.0,
            maintenance_margin: standing.health.requirement.0,
            notional: fall.size(&standing.key),
        });
        Self {
            moves: told,
            problem: None,
            failing: fallen.len(),
            newly_failing: fallen.iter().filter(|s| !now.contains(&s.key)).count(),
            notional,
            deficit,
            beyond_fund: (deficit - fund.max(0)).max(0),
            accounts: accounts.collect(),
        }
    }
}

impl Curve {
    /// The curves that were asked for.
    pub(super) fn wanted(scene: &Scene, curves: &Curves, held: &BTreeSet<u16>) -> Vec<Self> {
        let targets: Vec<Target> = match curves {
            Curves::None => Vec::new(),
            Curves::Of(target) => vec![target.clone()],
            Curves::Every => {
                let each = held
                    .iter()
                    .filter(|asset| **asset != 0)
                    .map(|asset| Target::Asset(*asset));
                core::iter::once(Target::All).chain(each).collect()
            }
        };
        let mut fall = Fall::new(scene);
        let found = targets
            .iter()
            .filter_map(|target| Self::of(&mut fall, target));
        found.collect()
    }

    fn of(fall: &mut Fall, target: &Target) -> Option<Self> {
        let tables = fall.scene.tables;
        let moves = |bps| {
            let target = target.clone();
            resolve(&[Move { target, bps }], tables).ok()
        };
        let asset = match target {
            Target::All => None,
            _ => Some(moves(0)?.first()?.0),
        };
        let name = asset.map_or_else(|| "all".into(), |asset| fall.scene.asset(asset));
        let points = STEPS_BPS.map(|step| {
            let move_bps = step * STEP_BPS;
            let fallen = fall.after(moves(move_bps)?);
            Some(Point {
                move_bps,
                accounts: fallen.len(),
                notional: fall.sizes(&fallen),
                deficit: deficit(&fallen),
            })
        });
        Some(Self {
            asset,
            name,
            points: points.collect::<Option<_>>()?,
        })
    }
}
