//! Instructions with accounts that were not meant: another of the same kind, the same one twice, one of
//! another kind.

use super::{Action, Kind};
use crate::{
    rng::Rng,
    snapshot::{Deed, Snapshot},
    world::World,
};

/// Bends one account of an action.
pub(super) fn strange(world: &World, now: &Snapshot, rng: &mut Rng, base: Vec<Action>) -> Action {
    let mut action = base.into_iter().next_back().expect("an action");
    let Some(instruction) = action.instructions.last_mut() else {
        return action;
    };
    let count = instruction.accounts.len() as u64;
    let at = rng.below(count) as usize;
    // Who signs is not bent: the transaction would not be one.
    if count == 0 || instruction.accounts[at].is_signer {
        return action;
    }
    let other = instruction.accounts[rng.below(count) as usize].pubkey;
    let mut keys: Vec<_> = now.bytes.keys().copied().collect();
    keys.extend(now.margins.iter().map(|(key, _)| *key)); // mostly these
    keys.extend(now.market_keys.iter().copied());
    let watched = rng.pick(&keys);
    let feed = world.exchange.price_account(1);
    let key = rng.pick(&[other, watched, watched, feed]);
    instruction.accounts[at].pubkey = key;
    action.note = format!("{:?} {} with {key} at {at}", action.kind, action.note);
    (action.kind, action.deed) = (Kind::Strange, Deed::Strange);
    action
}
