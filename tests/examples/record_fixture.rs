//! Writes a clearinghouse in the layout of the program that is built now, for the test that a later one can still
//! read it:
//!
//! ```text
//! make build-sbf && cargo run -p counterweight-tests --example record_fixture > tests/fixtures/NAME.txt
//! ```
//!
//! Run it before a change of layout, at the last commit with the old one.

use counterweight_simnet::{Exchange, TOKEN_CLASSIC};
use counterweight_tests::{fixture::Fixture, history};

const EXPLANATION: &str =
    "A clearinghouse as the program wrote it in the layout of its risk book's version.
Made by tests/examples/record_fixture.rs; the scene is tests/src/history.rs.";

fn main() {
    let mut x = history::play();
    let owners = [counterweight::ID, TOKEN_CLASSIC];
    let mut fixture = Fixture::record(&x.chain, &owners);
    for margin in history::margins(&x) {
        fixture.views.push((margin, view(&mut x, margin)));
    }
    history::assert_complete(&x);
    print!("{}", fixture.write(EXPLANATION));
}

/// What `margin_view` returns, as it returns it.
fn view(x: &mut Exchange, margin: anchor_lang::prelude::Pubkey) -> Vec<u8> {
    let look = x.venue.margin_view(margin);
    let seen = x.chain.simulate(&[look], &[]);
    seen.unwrap_or_else(|failure| panic!("margin_view: {failure}"))
        .return_data
}
