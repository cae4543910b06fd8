//! What the SDK says is what the chain says: previews of ten thousand random accounts in random risk books, trades
//! that are made after they were previewed, and compute limits.
//!
//! `COUNTERWEIGHT_ACCOUNTS` (10,000) and `COUNTERWEIGHT_SEED` (1) choose others; a failure prints the seed.

use anchor_lang::prelude::Pubkey;
use bytemuck::bytes_of;
use counterweight::state::{MARGIN_HEADER, MarginAccount, RISK_BOOK_HEADER};
use counterweight_risk::{
    Asset, Balance, Lots, Market, Position, Price, QuoteAtoms, market::MODE_SETTLEMENT,
    standard::maintenance,
};
use counterweight_sdk::{
    accounts::{Margin, RiskTables},
    limits::compute_limit,
    preview, whatif,
};
use counterweight_simnet::{Deployment, Exchange, Start, Trader};
use counterweight_tests::{
    hostile::{
        idl,
        world::{Side, World},
    },
    rng::Rng,
};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// Twelve markets on the three assets of the local network.
fn venue() -> Exchange {
    let mut deployment = Deployment::localnet();
    let markets = deployment.market.clone();
    deployment.market = (0..12)
        .map(|at| {
            let mut market = markets[at % 3].clone();
            market.name = format!("M{at}");
            market.order_slots = 0;
            market
        })
        .collect();
    Exchange::new(deployment, Start::default())
}

fn write(x: &mut Exchange, key: Pubkey, data: Vec<u8>) {
    let mut account = x.chain.svm.get_account(&key).expect("an account");
    account.data = data;
    x.chain.svm.set_account(key, account).expect("set account");
}

/// Prices, ages, weights, indices and interest as they might be, within what the program itself could write.
fn shake(tables: &mut RiskTables, original: &RiskTables, now: i64, rng: &mut Rng) {
    *tables = original.clone();
    for row in tables.assets.iter_mut().skip(1) {
        let price = row.index.0 / 1_000 * (200 + rng.below(2_000));
        let spread = price / 10_000 * rng.below(300);
        row.index = Price(price);
        row.confidence = Price(spread);
        row.stable = Price(price / 100 * (80 + rng.below(40)));
        row.initial_low = Price((price - spread).min(row.stable.0));
        row.initial_high = Price((price + spread).max(row.stable.0));
        let wide = rng.chance(20);
        row.price_flags = u8::from(wide) | if rng.chance(5) { 2 } else { 0 };
        (row.maintenance_low, row.maintenance_high) = if wide {
            (Price(price - spread), Price(price + spread))
        } else {
            (Price(price), Price(price))
        };
        row.publish_time = match rng.below(20) {
            0 => 0,
            1 => now - 10_000,
            2..4 => now - 100,
            _ => now - rng.range(0, 59),
        };
        if row.mint != [0; 32] {
            row.note_deposits(rng.next() >> rng.range(10, 40)).unwrap();
        }
    }
    for row in &mut tables.markets {
        row.index = [(); 2].map(|()| rng.range(-(1 << 40), 1 << 40));
        row.closed_index = [(); 2].map(|()| rng.range(-(1 << 40), 1 << 40));
        let era = |rng: &mut Rng| (rng.below(3) << 32) | (rng.next() >> rng.range(33, 60));
        if rng.chance(30) {
            row.era = [era(rng), era(rng)];
            row.ended = [rng.next() >> 33, 0];
        }
        if rng.chance(5) {
            row.mode = MODE_SETTLEMENT;
            row.settlement_price = 1 + rng.below(3_000_000);
        }
    }
    let interest = &mut tables.header.params.interest;
    interest.debt = rng.next() >> 20;
    interest.set_rate(rng.next() >> 20, now - 5_000).unwrap();
}

/// An account as it might be: up to 64 positions, some behind, some with orders.
fn account(header: &MarginAccount, tables: &RiskTables, rng: &mut Rng) -> Margin {
    let mut header = *header;
    let core = &mut header.core;
    core.cash = QuoteAtoms(rng.range(-(1 << 38), 1 << 38) >> rng.below(20));
    core.debt.index = tables.header.params.interest.index / 2;
    core.liquidation_start = rng.range(0, 1);
    core.balances = Default::default();
    if rng.chance(50) {
        core.balances[rng.below(8) as usize] = Balance {
            atoms: 1 + (rng.next() >> rng.range(20, 50)),
            asset: 1,
            ..Balance::default()
        };
    }
    let mut slots = vec![Position::default(); 16];
    let mut used = 0;
    let mut order: Vec<u16> = (0..tables.markets.len() as u16).collect();
    order.sort_by_key(|market| (tables.markets[usize::from(*market)].asset, *market));
    for market in order {
        if !rng.chance(50) {
            continue;
        }
        slots[used] = position(market, &tables.markets[usize::from(market)], tables, rng);
        used += 1;
    }
    header.core.position_count = used as u16;
    Margin { header, slots }
}

fn position(market: u16, row: &Market, tables: &RiskTables, rng: &mut Rng) -> Position {
    let lots = match rng.range(-200_000, 200_000) >> rng.below(16) {
        0 => 1,
        lots => lots,
    };
    let side = usize::from(lots < 0);
    let price = tables.assets[usize::from(row.asset)].index.0 >> 16;
    let paid = i128::from(lots) * i128::from(price) * i128::from(rng.range(80, 120)) / 100;
    let mut position = Position {
        market,
        asset: row.asset,
        lots: Lots(lots),
        quote: QuoteAtoms(i64::try_from(-paid).unwrap()),
        index: row.index[side] - rng.range(-(1 << 30), 1 << 30),
        era: row.era[side],
        ..Position::default()
    };
    if rng.chance(20) {
        position.era = (position.era >> 32 << 32) | ((position.era & 0xffff_ffff) / 2);
    }
    if rng.chance(30) {
        position.bid_lots = Lots(rng.range(1, 10_000));
        position.bid_price = Price(price << 16);
    }
    if rng.chance(30) {
        position.ask_lots = Lots(rng.range(1, 10_000));
        position.ask_price = Price(price << 16);
    }
    position
}

fn bytes_of_book(original: &[u8], tables: &RiskTables) -> Vec<u8> {
    let mut data = original[..8].to_vec();
    data.extend(bytes_of(&tables.header));
    assert_eq!(data.len(), RISK_BOOK_HEADER);
    data.extend(bytemuck::cast_slice::<Asset, u8>(&tables.assets));
    data.extend(bytemuck::cast_slice::<Market, u8>(&tables.markets));
    data
}

fn bytes_of_margin(original: &[u8], margin: &Margin) -> Vec<u8> {
    let mut data = original[..8].to_vec();
    data.extend(bytes_of(&margin.header));
    assert_eq!(data.len(), MARGIN_HEADER);
    data.extend(bytemuck::cast_slice::<Position, u8>(&margin.slots));
    data
}

#[test]
fn the_preview_of_any_account_is_what_the_chain_says() {
    let (accounts, seed) = (
        number("COUNTERWEIGHT_ACCOUNTS", 10_000),
        number("COUNTERWEIGHT_SEED", 1),
    );
    let mut x = venue();
    let trader = x.trader("anybody");
    let (book_bytes, margin_bytes) = (
        x.chain.data(&x.venue.risk_book),
        x.chain.data(&trader.margin),
    );
    let (original, now) = (x.tables(), x.chain.time());
    let header = x.margin(&trader.margin).header;
    let mut tables = original.clone();
    let (mut rng, mut told, mut initial) = (Rng::new(seed), 0, 0);
    for at in 0..accounts {
        if at % 100 == 0 {
            shake(&mut tables, &original, now, &mut rng);
            let key = x.venue.risk_book;
            write(&mut x, key, bytes_of_book(&book_bytes, &tables));
        }
        let margin = account(&header, &tables, &mut rng);
        write(
            &mut x,
            trader.margin,
            bytes_of_margin(&margin_bytes, &margin),
        );
        match (
            x.view(trader.margin),
            preview::margin_view(&tables, &margin, now),
        ) {
            (Ok(chain), Ok(preview)) => {
                assert_eq!(chain, preview, "account {at} of seed {seed}");
                told += 1;
                initial += u64::from(chain.can_add_risk);
            }
            (Err(_), Err(_)) => {}
            (chain, preview) => panic!("account {at} of seed {seed}: {chain:?} and {preview:?}"),
        }
    }
    println!("{accounts} accounts, {told} with figures, {initial} with initial figures");
    assert!(
        told * 10 >= accounts * 5,
        "only {told} accounts had figures"
    );
    assert!(
        initial * 10 >= accounts,
        "only {initial} had initial figures"
    );
}

/// Where the account fails, and the next price where it does not.
fn holds_at(tables: &RiskTables, margin: &Margin, asset: u16, price: u64, now: i64) -> bool {
    let mut moved = tables.clone();
    let row = &mut moved.assets[usize::from(asset)];
    (row.index, row.maintenance_low, row.maintenance_high) =
        (Price(price), Price(price), Price(price));
    row.publish_time = now;
    maintenance(&moved.book(), &margin.view(), now).is_ok_and(|health| health.is_met())
}

#[test]
fn an_account_fails_at_its_edges_and_nowhere_before() {
    let seed = number("COUNTERWEIGHT_SEED", 1);
    let mut x = venue();
    let trader = x.trader("anybody");
    let (original, now, header) = (x.tables(), x.chain.time(), x.margin(&trader.margin).header);
    let (mut rng, mut tables, mut found) = (Rng::new(seed), original.clone(), [0; 2]);
    for at in 0..2_000 {
        if at % 50 == 0 {
            shake(&mut tables, &original, now, &mut rng);
        }
        let mut margin = account(&header, &tables, &mut rng);
        margin.header.core.cash = QuoteAtoms(rng.range(0, 1 << 42) >> rng.below(12));
        let Ok(outlook) = whatif::outlook(&tables, &margin, now) else {
            continue;
        };
        for edges in outlook.edges {
            let present = tables.assets[usize::from(edges.asset)].index.0;
            let sides = [(edges.below, 1), (edges.above, -1)];
            for (side, (edge, inward)) in sides.into_iter().enumerate() {
                let Some(Price(edge)) = edge else { continue };
                found[side] += 1;
                let holds = |price| holds_at(&tables, &margin, edges.asset, price, now);
                assert!(
                    !holds(edge),
                    "account {at} of seed {seed} holds at its edge"
                );
                assert!(
                    holds(edge.wrapping_add_signed(inward)),
                    "account {at} of seed {seed}"
                );
                // Half way between the edge and now.
                assert!(holds(edge.midpoint(present).wrapping_add_signed(inward)));
            }
        }
    }
    assert!(found.iter().all(|count| *count > 300), "{found:?}");
}

/// What a preview says of a trade is what the trade then does, to the atom and to the lot.
#[test]
fn a_trade_does_what_its_preview_said() {
    let seed = number("COUNTERWEIGHT_SEED", 1);
    let mut x = venue();
    let (maker, taker) = (x.funded("maker", 100_000_000), x.funded("taker", 1_000_000));
    let mut rng = Rng::new(seed);
    let mut made = 0;
    for at in 0..400 {
        if at % 20 == 0 {
            x.chain.advance(5);
            for asset in 1..=3 {
                let price = x.prices[usize::from(asset)];
                x.set_price(asset, price / 1_000 * rng.range(985, 1_015));
            }
        }
        let market = rng.below(8) as u16;
        let lots = match rng.range(-400, 400) {
            0 => 1,
            lots => lots,
        };
        made += u32::from(traded(&mut x, [&taker, &maker], market, lots));
    }
    assert!(made > 200, "{made} trades of seed {seed}");
}

fn traded(x: &mut Exchange, [taker, maker]: [&Trader; 2], market: u16, lots: i64) -> bool {
    let (tables, before, now) = (x.tables(), x.margin(&taker.margin), x.chain.time());
    let leg = x.leg(market, lots);
    let row = &tables.markets[usize::from(market)];
    let paid = i64::try_from(leg.price * row.tick_size).unwrap() * lots;
    let fee = row.fee(QuoteAtoms(paid)).unwrap();
    let said = preview::after_trade(
        &tables,
        &before,
        market,
        Lots(lots),
        QuoteAtoms(-paid),
        fee,
        now,
    );
    if x.block_trade(taker, maker, &[leg]).is_err() {
        return false;
    }
    let (said, is) = (said.unwrap(), x.margin(&taker.margin));
    assert_eq!(said.header.core, is.header.core);
    assert_eq!(said.slots, is.slots);
    let view = preview::margin_view(&x.tables(), &said, now).unwrap();
    assert_eq!(view.equity, x.view(taker.margin).unwrap().equity);
    true
}

/// The limit that the SDK sets is enough for a valid call of every instruction, and not wildly more.
#[test]
fn every_instruction_fits_its_compute_limit() {
    let mut world = World::new();
    for instruction in idl() {
        let call = world.call(Side::A, &instruction.name);
        let limit = u64::from(compute_limit(std::slice::from_ref(&call), 16));
        let receipt = world.send(call).expect("a valid call");
        world.restore();
        assert!(
            receipt.units <= limit && limit < 200_000,
            "{}: {} units, a limit of {limit}",
            instruction.name,
            receipt.units
        );
    }
}
