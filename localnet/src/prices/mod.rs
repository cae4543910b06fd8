//! Prices: where they go, and the Pyth accounts that say so.

mod path;
mod publisher;
mod tape;

pub use path::{PricePath, Published};
pub(crate) use publisher::Feed;
pub use publisher::Publisher;
pub use tape::Tape;
