//! The compute units that `docs/integration.md` states.

use super::{doc, rows, section};
use counterweight::Guards;
use counterweight_simnet::{Deployment, Exchange, Failure, Receipt, Start};
use std::collections::BTreeMap;

#[test]
fn the_documented_compute_limits_hold() {
    let mut x = Exchange::new(Deployment::localnet(), Start::default());
    let maker = x.funded("maker", 1_000_000);
    let taker = x.funded("taker", 1_500);
    let keeper = x.funded("keeper", 100_000);
    let mut measured = BTreeMap::new();
    let mut note = |name: &'static str, outcome: Result<Receipt, Box<Failure>>| {
        let units = outcome
            .unwrap_or_else(|failure| panic!("{name}: {failure}"))
            .units;
        println!("{name}: {units} compute units");
        measured.insert(name, units);
    };

    note(
        "`deposit` of the quote token",
        x.deposit(&maker, 0, 1_000_000),
    );
    let legs = [x.leg(0, 15_000), x.leg(1, 100), x.leg(2, 100)];
    note(
        "`settle_block_trade`, one leg",
        x.block_trade(&taker, &maker, &legs[..1]),
    );
    note(
        "`settle_block_trade`, three legs",
        x.block_trade(&maker, &keeper, &legs),
    );
    note(
        "`withdraw` with three positions",
        x.withdraw(&maker, 0, 1_000_000, Guards::default()),
    );
    let view = x.venue.margin_view(maker.margin);
    note(
        "`margin_view` with three positions",
        x.chain.simulate(&[view], &[]),
    );
    x.chain.advance(1);
    for asset in 1..=3 {
        x.publish(asset, x.prices[usize::from(asset)] * 96 / 100);
    }
    note("`refresh_prices`, three assets", x.refresh(&[1, 2, 3]));
    let flag = x.venue.flag_account(taker.margin);
    note("`flag_account`, one position", x.chain.send(&[flag], &[]));
    note(
        "`liquidate`, three positions against one",
        x.liquidate(&keeper, taker.margin, 0, u64::MAX),
    );

    let stated: BTreeMap<_, _> = rows(section(doc("docs/integration.md"), "## Compute"))
        .skip(1)
        .map(|cells| {
            (
                cells[0],
                cells[1].replace(',', "").parse::<u64>().expect("a number"),
            )
        })
        .collect();
    assert_eq!(
        stated.keys().collect::<Vec<_>>(),
        measured.keys().collect::<Vec<_>>()
    );
    for (name, units) in measured {
        assert!(
            units <= stated[name],
            "{name} takes {units} compute units, documented: {}",
            stated[name]
        );
    }
}
