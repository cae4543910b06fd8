//! What a check costs on the bytecode.

use counterweight::Leg;
use counterweight_sdk::instructions;
use counterweight_simnet::{AssetConfig, Deployment, Exchange, Signer, Start, Trader};

/// 32 assets with two markets each.
fn wide() -> Exchange {
    let mut deployment = Deployment::localnet();
    let (asset, market) = (deployment.asset[1].clone(), deployment.market[0].clone());
    deployment.asset.truncate(1);
    deployment.market.clear();
    for index in 0..32 {
        deployment.asset.push(AssetConfig {
            name: format!("A{index}"),
            weights_bps: [0, 0],
            ..asset.clone()
        });
    }
    for index in 0..64 {
        let mut market = market.clone();
        market.name = format!("M{index}");
        market.asset = format!("A{}", index / 2);
        deployment.market.push(market);
    }
    Exchange::new(deployment, Start::default())
}

fn enlarged(x: &mut Exchange, name: &str, quote_tokens: u64) -> Trader {
    let trader = x.funded(name, quote_tokens);
    let resize = instructions::resize_margin_account(trader.key.pubkey(), trader.margin, 64);
    x.chain.send(&[resize], &[&trader.key]).unwrap();
    trader
}

#[test]
fn a_maintenance_check_of_64_positions_stays_below_13_000_compute_units() {
    let mut x = wide();
    let maker = enlarged(&mut x, "maker", 10_000_000);
    let trader = enlarged(&mut x, "trader", 6_000);
    let legs: Vec<Leg> = (0..64).map(|market| x.leg(market, 1_000)).collect();
    for chunk in legs.chunks(8) {
        x.block_trade(&trader, &maker, chunk).unwrap();
    }
    assert_eq!(x.margin(&trader.margin).positions().len(), 64);

    // Below maintenance margin, `flag_account` is one check and the change of a flag.
    x.chain.advance(1);
    for price in x.prices.iter_mut().skip(1) {
        *price -= *price / 20;
    }
    x.refresh_all();
    let receipt = x
        .chain
        .simulate(&[x.venue.flag_account(trader.margin)], &[])
        .unwrap();
    // 150 for the instruction that sets the compute limit.
    let units = receipt.units - 150;
    println!("flag_account with 64 positions: {units} compute units, everything counted");
    assert!(units < 13_000, "{units}");
}

/// A book of `positions` markets, long and short in turn, after a fall that leaves it below maintenance
/// margin; and who takes a slice, with or without positions of its own in all of those markets.
fn sliced(x: &mut Exchange, positions: u16, positioned: bool) -> u64 {
    let name = |who: &str| format!("{who} of {positions}, {positioned}");
    let maker = enlarged(x, &name("maker"), 10_000_000);
    let trader = enlarged(x, &name("trader"), 90 * u64::from(positions));
    let keeper = enlarged(x, &name("keeper"), 1_000_000);
    let lots = |market: u16| if market % 4 == 3 { -1_000 } else { 1_000 };
    let legs: Vec<Leg> = (0..positions).map(|m| x.leg(m, lots(m))).collect();
    for chunk in legs.chunks(8) {
        x.block_trade(&trader, &maker, chunk).unwrap();
        if positioned {
            x.block_trade(&keeper, &maker, chunk).unwrap();
        }
    }
    x.chain.advance(1);
    let prices = x.prices.clone();
    for price in x.prices.iter_mut().skip(1) {
        *price -= *price / 12;
    }
    x.refresh_all();
    let receipt = x.liquidate_slice(&keeper, trader.margin, 1 << 20).unwrap();
    let margin = x.margin(&trader.margin);
    assert!(margin.positions().len() == usize::from(positions));
    assert_eq!(margin.header.core.liquidation_start, 0, "restored");
    x.prices = prices;
    x.chain.advance(1);
    x.refresh_all();
    receipt.units - 150
}

#[test]
fn a_slice_stays_below_3_600_compute_units_a_position_for_both_sides_together() {
    let mut x = wide();
    // 64 accounts may be locked by a transaction: 56 markets, and what else it needs.
    for positions in [8, 32, 56] {
        let most = [false, true].map(|positioned| {
            let units = sliced(&mut x, positions, positioned);
            let each = units / u64::from(positions);
            println!(
                "a slice of {positions}, liquidator positioned: {positioned}: {units}, {each} each"
            );
            units
        });
        let most = most[0].max(most[1]);
        assert!(most < 8_000 + 3_600 * u64::from(positions), "{most}");
    }
}
