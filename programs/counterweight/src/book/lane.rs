//! A lane: the handles of a side's orders of one kind, sorted, the best last.

/// Handles that a lane has room for.
pub const LANE_SLOTS: usize = 1_024;

/// The handles of a lane as they lie in the account.
pub type Lane = [u16; LANE_SLOTS];
