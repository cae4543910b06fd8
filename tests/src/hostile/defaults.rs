//! What stands at the end of defaults: a backstop with a position below its margin, accounts that it can
//! take over and cannot, a side that has not caught up, dust; and a clearinghouse without a backstop.

use super::population::person;
use counterweight::{ClearinghouseSetup, OracleChoice};
use counterweight_sdk::instructions::{self as sdk, Venue};
use counterweight_simnet::{Exchange, Trader, keypair, name16};

/// The markets in which accounts default.
pub const BITCOIN: u16 = 1;
/// The backstop holds a long in this one.
pub const ETHER: u16 = 2;

/// Their assets.
const BTC: u16 = 2;
const ETH: u16 = 3;

/// Everybody who is or was in default. Gina was taken over, Helga and Ivy were closed.
pub(super) const DEFAULTERS: [&str; 5] = ["erin", "frank", "gina", "helga", "ivy"];

/// The clearinghouse that the founder has left without a backstop: one for each of the two.
pub fn bare(x: &Exchange) -> Venue {
    Venue::new(&person("founder"), bare_id(x))
}

/// Its number: the founder has others, of which a recipe creates one.
fn bare_id(x: &Exchange) -> u64 {
    let first = Venue::new(&person("authority"), 0);
    if x.venue.clearinghouse == first.clearinghouse {
        5
    } else {
        6
    }
}

/// The clearinghouse whose risk book is still in the layout before the present one: one for each of the two.
pub fn old(x: &Exchange) -> Venue {
    Venue::new(&person("founder"), bare_id(x) + 10)
}

/// What every clearinghouse of the founder is created with.
pub fn setup(x: &Exchange) -> ClearinghouseSetup {
    ClearinghouseSetup {
        guardian: person("stranger"),
        risk: x.deployment.risk_terms(),
        quote_name: name16("USDC"),
        quote_oracle: OracleChoice::default(),
        quote: x.deployment.asset[0].terms(true),
    }
}

/// Opens the backstop and lets everything happen. `bob` has the other side of every position.
pub(super) fn happen(x: &mut Exchange, alice: &Trader, bob: &Trader) {
    create_bare(x);
    create_old(x);
    x.open_backstop().expect("open_backstop");
    leave_dust(x, alice);
    leave_a_side_behind(x, bob);
    load_the_backstop(x, bob);
}

fn create_bare(x: &mut Exchange) {
    let founder = keypair("founder");
    let id = bare_id(x);
    let create = sdk::create_clearinghouse(person("founder"), id, &x.collateral(0), setup(x));
    x.chain.send(&[create], &[&founder]).expect("create");
}

/// With an asset and a market, so that there is a row to move.
fn create_old(x: &mut Exchange) {
    let (founder, venue, id) = (keypair("founder"), old(x), bare_id(x) + 10);
    let key = person("founder");
    let steps = [
        sdk::create_clearinghouse(key, id, &x.collateral(0), setup(x)),
        venue.add_asset(key, x.asset_setup(1)),
        venue.add_market(key, 0, x.market_setup(0)),
    ];
    for step in steps {
        x.chain.send(&[step], &[&founder]).expect("create");
    }
    x.chain.age_risk_book(venue.risk_book);
}

/// Ivy's short is closed against Alice's long, and Alice has caught up: less than her share of the lots is
/// hers, and what is missing is nobody's.
fn leave_dust(x: &mut Exchange, alice: &Trader) {
    let ivy = x.funded("ivy", 40);
    let leg = x.leg(BITCOIN, -777);
    x.block_trade(&ivy, alice, &[leg]).expect("trade");
    x.set_price(BTC, 10_600_000_000_000);
    x.deleverage(ivy.margin, BITCOIN).expect("deleverage");
    x.catch_up(alice.margin, BITCOIN).expect("catch_up");
    assert!(x.market(BITCOIN).unsettled[0] < 0, "there is dust");
    x.set_price(BTC, 10_000_000_000_000);
}

/// Helga's long is closed against Bob's short, and Bob has not caught up.
fn leave_a_side_behind(x: &mut Exchange, bob: &Trader) {
    let helga = x.funded("helga", 30);
    let leg = x.leg(BITCOIN, 500);
    x.block_trade(&helga, bob, &[leg]).expect("trade");
    x.set_price(BTC, 9_400_000_000_000);
    x.deleverage(helga.margin, BITCOIN).expect("deleverage");
}

/// The backstop takes over Gina's long, which leaves it just above its maintenance margin, and the price goes
/// on to below it. Frank has another long, and there is no margin for it. Erin's short would take
/// from the backstop's requirement.
fn load_the_backstop(x: &mut Exchange, bob: &Trader) {
    for name in ["gina", "frank"] {
        let trader = x.funded(name, 2_100);
        let leg = x.leg(ETHER, 10_000);
        x.block_trade(&trader, bob, &[leg]).expect("trade");
    }
    x.set_price(ETH, 384_000_000_000);
    let patron = x.trader("patron");
    let atoms = 700_000_000;
    let wallet = x.wallet(&patron, 0, atoms);
    let fund = x
        .venue
        .fund_insurance(person("patron"), &x.collateral(0), wallet, atoms);
    x.chain.send(&[fund], &[&patron.key]).expect("fund");
    let gina = x.venue.margin_account(&person("gina"), 0);
    x.resolve_default(gina).expect("resolve_default");

    // Ten minutes for the stable price, by which the margin for opening a short is judged.
    x.chain.advance(600);
    x.prices[usize::from(ETH)] = 369_000_000_000;
    x.refresh_all();
    let erin = x.funded("erin", 775);
    let leg = x.leg(ETHER, -4_000);
    x.block_trade(&erin, bob, &[leg]).expect("trade");
    x.set_price(ETH, 383_500_000_000);
}
