//! Who takes part, with how much, and what they hold. Every figure that decides the outcome is here.

use crate::{
    flow,
    house::{House, thousands},
    maker, options, portfolio,
};
use counterweight_simnet::{MarketKind, Trader};

/// Quote tokens of the market maker, in each of the two clearinghouses.
pub const MAKER: u64 = 2_000_000;
/// Quote tokens of the keeper, in each of the two clearinghouses.
pub const KEEPER: u64 = 50_000;
/// Quote tokens that back the hedged book, in one account or in three.
pub const HEDGED: u64 = 20_000;
/// The hedged book in dollars at the start, per market (SOL, BTC, ETH): falls of 24, 15 and 21 % make
/// it lose 24,000 on SOL and gain 11,400 + 12,600 on the others.
pub const HEDGED_BOOK: [i64; 3] = [100_000, -76_000, -60_000];

/// Quote tokens that back the collared book: less than Standard margin asks for it.
pub const COLLARED: u64 = 5_000;
/// The collared book's perpetuals in dollars at the start. The short of BTC is what its options leave open of SOL.
pub const COLLARED_BOOK: [i64; 3] = [60_000, -15_000, 0];
/// The options that are offered on SOL, by strike in dollars, and what the collared book has of each for a SOL of its
/// perpetual: the put below pays for the fall, the call above pays for the put.
pub const OPTIONS: [(MarketKind, u64, i64); 2] =
    [(MarketKind::Put, 145, 1), (MarketKind::Call, 160, -1)];
/// Weeks from the start to their expiry.
pub const OPTION_WEEKS: i64 = 3;

const LEVERAGED: u64 = 25_000;
const LEVERAGED_BOOK: [i64; 3] = [120_000, 100_000, 80_000];
const STOPPED: u64 = 15_000;
const STOPPED_BOOK: [i64; 3] = [60_000, 0, 0];
/// How far below the index the stop-loss stands at the start, in basis points.
const STOP_BPS: u64 = 600;
const HOLDER_SOL: u64 = 100;
const HOLDER_BOOK: [i64; 3] = [0, 0, 25_000];
const MOMENTUM: u64 = 60_000;

/// Names that the outcome is asserted on.
pub const HEDGED_NAME: &str = "hedged";
/// The trader with options, by Portfolio margin.
pub const COLLARED_NAME: &str = "collared";
/// The trader who is too long.
pub const LEVERAGED_NAME: &str = "leveraged";
/// The trader with a stop-loss.
pub const STOPPED_NAME: &str = "stopped";
/// The trader who follows the market.
pub const MOMENTUM_NAME: &str = "momentum";

/// The lots of a book given in dollars, at the present index.
pub fn lots_of(house: &House, book: &[i64; 3]) -> Vec<(u16, i64)> {
    (0u16..3)
        .zip(book)
        .filter(|(_, dollars)| **dollars != 0)
        .map(|(market, dollars)| (market, house.lots_for(market, *dollars)))
        .collect()
}

/// A book in words.
fn words(book: &[i64; 3]) -> String {
    let leg = |(name, dollars): (&str, &i64)| {
        let side = if *dollars > 0 { "long" } else { "short" };
        format!("{side} ${} of {name}", thousands(dollars.abs()))
    };
    let legs: Vec<_> = ["SOL", "BTC", "ETH"]
        .into_iter()
        .zip(book)
        .filter(|(_, d)| **d != 0)
        .map(leg)
        .collect();
    legs.join(", ")
}

/// The options of the collared book in words.
fn collar() -> String {
    let one = |(kind, strike, side): &(MarketKind, u64, i64)| {
        let side = if *side > 0 { "long" } else { "short" };
        let kind = if *kind == MarketKind::Call {
            "calls"
        } else {
            "puts"
        };
        format!(", {side} {kind} at {strike}")
    };
    OPTIONS.iter().map(one).collect()
}

/// What a trader has and does, in words.
fn role(tokens: u64, book: &[i64; 3], rest: &str) -> String {
    format!("{} USDC: {}{rest}", thousands(tokens as i64), words(book))
}

/// The clearinghouse in which the hedged book is one account.
///
/// # Errors
/// The program's refusal of a deposit or trade.
pub fn cross() -> Result<House, String> {
    let mut house = House::deploy("cross margin", MAKER);
    let hedged = house.x.funded(HEDGED_NAME, HEDGED);
    house.admit(HEDGED_NAME, role(HEDGED, &HEDGED_BOOK, ""), hedged);
    let leveraged = house.x.funded(LEVERAGED_NAME, LEVERAGED);
    let text = role(LEVERAGED, &LEVERAGED_BOOK, ", orders to buy dips");
    house.admit(LEVERAGED_NAME, text, leveraged);
    let stopped = house.x.funded(STOPPED_NAME, STOPPED);
    let stop = format!(", stop-loss {} % below", STOP_BPS / 100);
    house.admit(STOPPED_NAME, role(STOPPED, &STOPPED_BOOK, &stop), stopped);
    let holder = house.x.trader("sol-holder");
    let sol = house.x.asset_named("SOL");
    house
        .x
        .deposit(&holder, sol, HOLDER_SOL * 1_000_000_000)
        .map_err(crate::house::refused("the deposit of SOL"))?;
    let text = format!("{HOLDER_SOL} SOL as collateral: {}", words(&HOLDER_BOOK));
    house.admit("sol-holder", text, holder);
    options::offer(&mut house)?;
    portfolio::offer(&mut house)?;
    let collared = house.x.funded(COLLARED_NAME, COLLARED);
    let text = role(COLLARED, &COLLARED_BOOK, &collar());
    house.admit(COLLARED_NAME, text, collared);
    admit_last(&mut house);
    open_cross(&mut house)?;
    Ok(house)
}

/// The hedged and the collared book by block trades, everything else on the books: the maker quotes first, and anew
/// after each of the others.
fn open_cross(house: &mut House) -> Result<(), String> {
    maker::requote(house, maker::Prices::Fixed)?;
    let lots = lots_of(house, &HEDGED_BOOK);
    house.trade_with_maker(1, &lots)?;
    for (actor, book, at_once) in [
        (2, LEVERAGED_BOOK, true),
        (3, STOPPED_BOOK, true),
        (4, HOLDER_BOOK, false),
    ] {
        maker::requote(house, maker::Prices::Fixed)?;
        let lots = lots_of(house, &book);
        flow::open(house, actor, &lots, at_once)?;
    }
    flow::rest_orders(house, 2)?;
    flow::stop_loss(house, 3, 0, STOP_BPS)?;
    portfolio::open(house, 5)
}

/// Admits who is in both clearinghouses: the momentum trader, and the keeper, who must come last.
pub fn admit_last(house: &mut House) {
    let momentum: Trader = house.x.funded(MOMENTUM_NAME, MOMENTUM);
    let role = format!(
        "{} USDC: sells while prices fall, buys back as they rise",
        thousands(MOMENTUM as i64)
    );
    house.admit(MOMENTUM_NAME, role, momentum);
    let keeper: Trader = house.x.funded("keeper", KEEPER);
    let role = format!(
        "{} USDC: liquidates, settles fills and funding, executes triggers",
        thousands(KEEPER as i64)
    );
    house.admit("keeper", role, keeper);
}
