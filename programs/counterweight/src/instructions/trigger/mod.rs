//! Trigger orders: stop-loss, take-profit, trailing stop.

mod cancel_trigger;
mod close_triggers;
mod execute_trigger;
mod open_triggers;
mod place_trigger;

pub(crate) use cancel_trigger::*;
pub use close_triggers::*;
pub use execute_trigger::*;
pub use open_triggers::*;
pub use place_trigger::*;
