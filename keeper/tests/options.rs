//! Options: their arrays are refreshed when it is time, brought along where something is decided by them, and accounts
//! that hold them are not lost meanwhile; books that hedge are taken over as they are.

mod common;

use common::{DOLLAR, Member, World};
use counterweight::{Guards, Leg};
use counterweight_keeper::{
    config::{Config, Duties},
    strategy::{Kind, exposure},
};
use counterweight_risk::{account::MODEL_PORTFOLIO, portfolio::PortfolioTerms};
use counterweight_sdk::program::error::ErrorCode;
use counterweight_simnet::{Deployment, MarketKind, Signer, flat_smile, keypair};

const SOL: u16 = 1;
/// Ten SOL.
const TEN: i64 = 1_000;

/// The local network with options on SOL at these strikes, in dollars.
fn with_options(strikes: &[(MarketKind, u64)]) -> (World, Vec<u16>) {
    let mut world = World::of(Deployment::localnet());
    world.x.offer_options(SOL);
    let expiry = world.x.chain.time() + 7 * 86_400;
    let add = |(at, (kind, dollars)): (usize, &(MarketKind, u64))| {
        let name = format!("OPTION-{at}");
        let added = world
            .x
            .add_option(0, &name, *kind, dollars * 10_000, expiry);
        added.unwrap_or_else(|failure| panic!("{failure}"))
    };
    let options: Vec<u16> = strikes.iter().enumerate().map(add).collect();
    // Marked at 38 % a year, so that a price that jumps leaves their volatility alone.
    let (key, feed) = (world.x.authority.pubkey(), keypair("feed"));
    let appoint = world.x.venue.set_volatility_feed(key, feed.pubkey());
    world.x.govern(appoint).expect("set_volatility_feed");
    for some in options.chunks(16) {
        let smile = world.x.venue.set_smile(feed.pubkey(), some, flat_smile(38));
        let sent = world.x.chain.send(&[smile], &[&feed]);
        sent.unwrap_or_else(|failure| panic!("{failure}"));
    }
    (world, options)
}

/// Two of them trade an option at what it is worth; positive lots are what the first buys.
fn deal(world: &mut World, (first, second): (usize, usize), market: u16, lots: i64) {
    let tables = world.x.tables();
    let row = &tables.markets[usize::from(market)];
    let price = (row.array.mark.0 >> 16) / row.tick_size;
    let leg = Leg {
        market,
        lots,
        price: price.max(1),
    };
    let (a, b) = (&world.traders[first], &world.traders[second]);
    let traded = world.x.block_trade(a, b, &[leg]);
    traded.unwrap_or_else(|failure| panic!("{failure}"));
}

/// Only what a test is about.
fn only(world: &World, set: impl Fn(&mut Duties)) -> Config {
    let mut config = world.config();
    let duties = &mut config.duties;
    duties.liquidations.enabled = false;
    duties.defaults.enabled = false;
    duties.prices.enabled = false;
    duties.arrays.enabled = false;
    duties.funding.enabled = false;
    set(duties);
    config
}

fn age_of(world: &World, market: u16) -> i64 {
    let array = world.x.tables().markets[usize::from(market)].array;
    world.x.chain.time() - array.time
}

#[test]
fn arrays_of_what_is_held_are_refreshed_when_half_of_their_time_is_used_up() {
    let (mut world, options) = with_options(&[(MarketKind::Call, 150), (MarketKind::Put, 150)]);
    let (maker, taker) = (world.admit("maker", 500_000), world.admit("taker", 500_000));
    deal(&mut world, (taker, maker), options[0], TEN);
    let config = only(&world, |duties| duties.arrays.enabled = true);
    let mut keeper = world.keeper("keeper", 0, config);
    world.pass(150);
    assert_eq!(keeper.settle(&mut world), 0, "{:?}", keeper.kinds());
    world.pass(1);
    assert_eq!(keeper.settle(&mut world), 1);
    assert_eq!(keeper.kinds(), [Kind::Arrays]);
    assert_eq!(
        (age_of(&world, options[0]), age_of(&world, options[1])),
        (0, 151)
    );
    for _ in 0..3 {
        world.pass(40);
        assert_eq!(keeper.settle(&mut world), 0);
    }
    assert!(keeper.refusals().is_empty());
}

#[test]
fn arrays_are_refreshed_at_a_newer_price_when_the_index_has_used_up_half_of_its_way() {
    let (mut world, options) = with_options(&[(MarketKind::Call, 150)]);
    let (maker, taker) = (world.admit("maker", 500_000), world.admit("taker", 500_000));
    deal(&mut world, (taker, maker), options[0], TEN);
    let config = only(&world, |duties| duties.arrays.enabled = true);
    let mut keeper = world.keeper("keeper", 0, config);
    keeper.settle(&mut world);
    // A sixteenth of the range of 2 % is 12.5 basis points.
    world.pass(2);
    world.publish(SOL, 15_000_000_000 + 18_000_000);
    assert_eq!(keeper.settle(&mut world), 0);
    world.pass(2);
    world.publish(SOL, 15_000_000_000 + 20_000_000);
    assert_eq!(keeper.settle(&mut world), 1);
    assert_eq!(keeper.kinds(), [Kind::Arrays]);
    assert_eq!(keeper.sent[0].0.prices, [SOL]);
    let tables = world.x.tables();
    let array = tables.markets[usize::from(options[0])].array;
    assert_eq!(array.index, tables.assets[usize::from(SOL)].index);
}

/// What a transaction may use is what it uses, with little to spare: as many options as one holds.
#[test]
fn many_arrays_are_refreshed_in_as_few_transactions_as_hold_them() {
    let strikes: Vec<_> = (0..24)
        .flat_map(|at| {
            [
                (MarketKind::Call, 130 + 2 * at),
                (MarketKind::Put, 130 + 2 * at),
            ]
        })
        .collect();
    let (mut world, options) = with_options(&strikes);
    let (maker, taker) = (world.admit("maker", 900_000), world.admit("taker", 900_000));
    for at in [maker, taker] {
        let trader = &world.traders[at];
        let resize = counterweight_sdk::instructions::resize_margin_account(
            trader.key.pubkey(),
            trader.margin,
            64,
        );
        let sent = world.x.chain.send(&[resize], &[&trader.key]);
        sent.unwrap_or_else(|failure| panic!("{failure}"));
    }
    for market in &options {
        deal(&mut world, (taker, maker), *market, 10);
    }
    let config = only(&world, |duties| {
        duties.arrays.enabled = true;
        duties.arrays.max_options = 32;
    });
    let mut keeper = world.keeper("keeper", 0, config);
    world.pass(200);
    keeper.settle(&mut world);
    assert_eq!(keeper.kinds(), [Kind::Arrays; 2], "{:?}", keeper.refusals());
    let sizes: Vec<_> = keeper
        .sent
        .iter()
        .map(|(job, _)| job.arrays.len())
        .collect();
    assert_eq!(sizes, [32, 16]);
    assert!(options.iter().all(|market| age_of(&world, *market) == 0));
    // One array, by the meter.
    let mut of = |markets: &[u16]| {
        let refresh = world.x.venue.refresh_arrays(markets);
        let limit = counterweight_sdk::limits::compute_limit(std::slice::from_ref(&refresh), 0);
        let units = world
            .x
            .chain
            .simulate(&[refresh], &[])
            .map(|receipt| receipt.units);
        let units = units.unwrap_or_else(|failure| panic!("{failure}"));
        (units, u64::from(limit))
    };
    let ((all, limit), (one, least)) = (of(&options), of(&options[..1]));
    let each = (all - one) / (options.len() as u64 - 1);
    println!("an array takes {each} units, one by itself {one}; the limit of all is {limit}");
    assert!(one <= least && all <= limit, "{one} {least} {all} {limit}");
    assert!(limit < all * 3 / 2, "{all} {limit}");
}

/// A short of calls that fails once the index has risen, while nobody has refreshed for longer than a check allows.
fn failing() -> (World, u16, usize) {
    let (mut world, options) = with_options(&[(MarketKind::Call, 150)]);
    let (maker, poor) = (world.admit("maker", 900_000), world.admit("poor", 1_500));
    deal(&mut world, (maker, poor), options[0], 17 * TEN);
    (world, options[0], poor)
}

#[test]
fn an_account_whose_arrays_are_stale_is_judged_and_taken_over_with_a_refresh_before() {
    let (mut world, call, poor) = failing();
    let mut keeper = world.keeper(
        "keeper",
        100_000,
        only(&world, |duties| duties.liquidations.enabled = true),
    );
    assert_eq!(keeper.settle(&mut world), 0, "{:?}", keeper.kinds());
    world.pass(301);
    for asset in 0..4 {
        world.publish(asset, world.x.prices[usize::from(asset)]);
    }
    world.publish(SOL, 15_680_000_000);
    let stale = world
        .x
        .view(world.key(poor))
        .err()
        .and_then(|failure| failure.code);
    assert_eq!(
        stale,
        Some(counterweight_keeper::refusal::number(ErrorCode::StaleArray))
    );

    keeper.feed(&world);
    let launches = keeper.decide(&world);
    assert_eq!(launches.len(), 1);
    let job = launches[0].job.clone();
    assert_eq!(
        (job.id.subject, job.arrays.clone()),
        (world.key(poor), vec![call])
    );
    assert_eq!(job.id.kind, Kind::Liquidate);
    let before = world.x.margin(&keeper.trader.margin);
    assert_eq!(
        keeper.carry(&mut world, launches),
        1,
        "{:?}",
        keeper.refusals()
    );
    // To the atom, at what the option is worth now.
    let after = world.x.margin(&keeper.trader.margin);
    let reward = after.header.core.cash.0 - before.header.core.cash.0;
    assert_eq!(reward, job.expected.reward);
    let position = after.positions()[0];
    let worth = exposure::worth(&world.x.tables(), call, position.lots.0) + position.quote.0;
    assert_eq!(worth, job.expected.edge);
    assert!(world.failing().is_empty());
    assert!(
        job.expected.profit() > 10_000 && reward < 400 * DOLLAR,
        "{:?}",
        job.expected
    );
}

/// Offers portfolio margin, and lets somebody choose it.
fn scanned(world: &mut World, at: usize) {
    let key = world.x.authority.pubkey();
    let terms = PortfolioTerms {
        floor_bps: 200,
        initial_bps: 15_000,
        ..PortfolioTerms::default()
    };
    let set = world.x.venue.set_portfolio_terms(key, terms);
    world.x.govern(set).expect("set_portfolio_terms");
    let trader = &world.traders[at];
    let (owner, guards) = (trader.key.pubkey(), Guards::default());
    let choose = world
        .x
        .venue
        .set_risk_model(owner, trader.margin, MODEL_PORTFOLIO, guards);
    let sent = world.x.chain.send(&[choose], &[&trader.key]);
    sent.unwrap_or_else(|failure| panic!("{failure}"));
}

fn takes(keeper: &Member) -> Vec<Kind> {
    let kinds = keeper.kinds().into_iter();
    kinds.filter(|kind| kind.takes_over()).collect()
}

/// Every leg hedges another: a slice is taken, whether or not slices are wanted otherwise.
#[test]
fn a_book_that_is_hedged_is_taken_over_by_slices_even_where_they_are_switched_off() {
    let strikes = [(MarketKind::Call, 150), (MarketKind::Call, 155)];
    let (mut world, options) = with_options(&strikes);
    let (maker, rich) = (world.admit("maker", 900_000), world.admit("rich", 10_000));
    scanned(&mut world, rich);
    deal(&mut world, (rich, maker), options[0], 50 * TEN);
    deal(&mut world, (rich, maker), options[1], -50 * TEN);
    // Half of what holds the book is gone, as losses elsewhere would take it.
    let view = world.x.view(world.key(rich)).expect("margin_view");
    let gone = view.equity - view.maintenance_margin * 8 / 10;
    let mut account = world
        .x
        .chain
        .svm
        .get_account(&world.key(rich))
        .expect("an account");
    let at = 8 + core::mem::offset_of!(counterweight::state::MarginAccount, core);
    let cash = world.x.margin(&world.key(rich)).header.core.cash.0 - gone;
    account.data[at..at + 8].copy_from_slice(&cash.to_le_bytes());
    world
        .x
        .chain
        .svm
        .set_account(world.key(rich), account)
        .expect("set account");

    let config = only(&world, |duties| {
        duties.liquidations.enabled = true;
        duties.liquidations.slices = false;
        duties.liquidations.min_profit_atoms = -DOLLAR;
    });
    let mut keeper = world.keeper("keeper", 100_000, config);
    assert!(!world.failing().is_empty());
    keeper.settle(&mut world);
    assert!(keeper.refusals().is_empty(), "{:?}", keeper.refusals());
    let taken = takes(&keeper);
    let sliced = taken.iter().all(|kind| *kind == Kind::Slice);
    assert!(!taken.is_empty() && sliced, "{taken:?}");
    assert!(world.failing().is_empty(), "{:?}", takes(&keeper));
}
