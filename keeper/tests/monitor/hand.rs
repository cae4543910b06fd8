//! Figures that are computed here in plain integers, from the terms of `migrations/localnet.toml`, and how a view is
//! asked for them.

use crate::scene::{DOLLAR, Scene};
use counterweight_keeper::monitor::{
    ask::Ask,
    view::{Account, Body, View},
};

/// Lots of the bull, and of the bear.
pub const BULL: i128 = 20_000;
pub const BEAR: i128 = -5_000;
/// Quote atoms a lot of SOL at 150 dollars.
pub const PRICE: i128 = 1_500_000;
const ONE: i128 = 1 << 20;

fn up(part: i128, whole: i128) -> i128 {
    (part + whole - 1).div_euclid(whole)
}

/// The maintenance rate of the first tier: 5 % · 0.6, each rounded up to 2^-20, and the product again.
fn rate() -> i128 {
    let bps = |bps: i128| up(bps * ONE, 10_000);
    up(bps(500) * bps(6_000), ONE)
}

/// What a trader of lots at 150 dollars is worth and needs after a move, who deposited so many dollars and paid
/// 2 basis points of the value.
pub fn by_hand(dollars: i128, lots: i128, move_bps: i128) -> (i128, i128) {
    let (cost, price) = (lots * PRICE, PRICE * (10_000 + move_bps) / 10_000);
    let fee = up(cost.abs() * up(2 * ONE, 10_000), ONE);
    let equity = dollars * DOLLAR - fee - cost + lots * price;
    (equity, up((lots * price).abs() * rate(), ONE))
}

pub fn body(view: &View) -> &Body {
    view.body
        .as_ref()
        .unwrap_or_else(|| panic!("{:?}", view.absent))
}

pub fn figures(scene: &Scene, ask: &Ask) -> Body {
    body(&scene.view(ask)).clone()
}

pub fn row<'a>(scene: &Scene, body: &'a Body, name: &str) -> &'a Account {
    let key = scene.margin(name);
    let mut rows = body.accounts.rows.iter();
    rows.find(|row| row.address == key).expect("the account")
}

pub fn shock(text: &str) -> Ask {
    Ask {
        shock: vec![text.parse().unwrap()],
        ..Ask::default()
    }
}
