//! What is to be done: from what is known to typed jobs. Nothing here sends, waits or remembers; the same scene gives
//! the same jobs.
//!
//! Whatever a job expects of the program was computed by the program's own engine on copies of the accounts
//! ([`rehearsal`]), in the order in which its instructions will be carried out. So a job that is carried out on the
//! state that it was decided on succeeds, and earns what it says, to the atom.

pub mod arrays;
pub mod backstop;
pub mod bundle;
pub mod cost;
pub mod defaults;
pub mod exposure;
pub mod job;
pub mod laggards;
pub mod prepare;
pub mod prices;
pub mod rehearsal;
pub mod scene;
pub mod services;
pub mod sizing;
pub mod takeover;
pub mod triggers;
pub mod victim;

pub use job::{Expected, Job, JobId, Kind, Reserve, Watch};
pub use scene::{Identity, Round, Scene};

use crate::config::Duties;

/// Duties whose turn it is: those that are not looked at with every round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turns {
    /// Prices that nothing else brings.
    pub prices: bool,
    /// Arrays of options that nothing else brings.
    pub arrays: bool,
    /// Fills that wait.
    pub fills: bool,
    /// Funding.
    pub funding: bool,
    /// Expired orders.
    pub pruning: bool,
    /// Fees and interest.
    pub sweeps: bool,
    /// Markets that have ended.
    pub settlement: bool,
    /// Accounts that lag behind a deleveraging.
    pub laggards: bool,
}

impl Turns {
    /// All of them.
    pub const ALL: Self = Self {
        prices: true,
        arrays: true,
        fills: true,
        funding: true,
        pruning: true,
        sweeps: true,
        settlement: true,
        laggards: true,
    };
}

/// Decides a round: at most `room` jobs, on top of what is reserved for those that are on their way.
///
/// The accounts must have been judged. What earns comes first, then what keeps the clearinghouse whole, then the rest.
pub fn decide(scene: &Scene, turns: Turns, reserve: Reserve, room: usize) -> Round {
    let mut round = Round::new(reserve, room);
    let Duties {
        liquidations,
        backstop,
        defaults,
        triggers,
        ..
    } = &scene.config.duties;
    if liquidations.enabled || defaults.enabled {
        victim::all(scene, &mut round);
    }
    if backstop.enabled || defaults.enabled {
        backstop::plan(scene, &mut round);
    }
    if triggers.enabled {
        triggers::plan(scene, &mut round);
    }
    laggards::plan(scene, turns, &mut round);
    services::plan(scene, turns, &mut round);
    // Last: what the jobs of this round bring along need not be brought by itself.
    if turns.arrays && scene.config.duties.arrays.enabled {
        arrays::plan(scene, &mut round);
    }
    if turns.prices && scene.config.duties.prices.enabled {
        prices::plan(scene, &mut round);
    }
    round
}
