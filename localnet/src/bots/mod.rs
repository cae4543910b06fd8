//! Who trades on a local network, so that it lives: a market maker on each market, and traders who take from them.

mod board;
mod bot;
mod chores;
mod ladder;
mod maker;
mod marks;
mod trader;

pub(crate) use board::{Board, Watch, watch};
pub(crate) use bot::Bot;
pub(crate) use chores::Chores;
pub(crate) use maker::Maker;
pub(crate) use marks::Marks;
pub(crate) use trader::Trader;
