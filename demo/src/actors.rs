//! Who takes part, with how much, and what they hold. Every figure that decides the outcome is here.

use crate::house::{House, thousands};
use counterweight_simnet::Trader;

/// Quote tokens of the market maker, in each of the two clearinghouses.
pub const MAKER: u64 = 2_000_000;
/// Quote tokens of the keeper, in each of the two clearinghouses.
pub const KEEPER: u64 = 50_000;
/// Quote tokens that back the hedged book, in one account or in three.
pub const HEDGED: u64 = 20_000;
/// The hedged book in dollars at the start, per market (SOL, BTC, ETH): falls of 24, 15 and 21 % make
/// it lose 24,000 on SOL and gain 11,400 + 12,600 on the others.
pub const HEDGED_BOOK: [i64; 3] = [100_000, -76_000, -60_000];

const LEVERAGED: u64 = 25_000;
const LEVERAGED_BOOK: [i64; 3] = [120_000, 100_000, 80_000];
const HOLDER_SOL: u64 = 100;
const HOLDER_BOOK: [i64; 3] = [0, 0, 25_000];

/// Names that the outcome is asserted on.
pub const HEDGED_NAME: &str = "hedged";
/// The trader who is too long.
pub const LEVERAGED_NAME: &str = "leveraged";

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

/// The clearinghouse in which the hedged book is one account.
///
/// # Errors
/// The program's refusal of a deposit or trade.
pub fn cross() -> Result<House, String> {
    let mut house = House::deploy("cross margin", MAKER);
    let hedged = house.x.funded(HEDGED_NAME, HEDGED);
    let role = format!("{} USDC: {}", thousands(HEDGED as i64), words(&HEDGED_BOOK));
    house.admit(HEDGED_NAME, role, hedged);
    let leveraged = house.x.funded(LEVERAGED_NAME, LEVERAGED);
    let role = format!(
        "{} USDC: {}",
        thousands(LEVERAGED as i64),
        words(&LEVERAGED_BOOK)
    );
    house.admit(LEVERAGED_NAME, role, leveraged);
    let holder = house.x.trader("sol-holder");
    let sol = house.x.asset_named("SOL");
    house
        .x
        .deposit(&holder, sol, HOLDER_SOL * 1_000_000_000)
        .map_err(crate::house::refused("the deposit of SOL"))?;
    let role = format!("{HOLDER_SOL} SOL as collateral: {}", words(&HOLDER_BOOK));
    house.admit("sol-holder", role, holder);
    admit_keeper(&mut house);
    for (actor, book) in [(1, HEDGED_BOOK), (2, LEVERAGED_BOOK), (3, HOLDER_BOOK)] {
        let lots = lots_of(&house, &book);
        house.trade_with_maker(actor, &lots)?;
    }
    Ok(house)
}

/// Admits the keeper, who must come last.
pub fn admit_keeper(house: &mut House) {
    let keeper: Trader = house.x.funded("keeper", KEEPER);
    let role = format!(
        "{} USDC: liquidates, and sells to the maker",
        thousands(KEEPER as i64)
    );
    house.admit("keeper", role, keeper);
}
