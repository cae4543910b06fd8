//! The same hedged book without cross margin: one margin account per market, the same total
//! collateral split in proportion to what each leg's maintenance margin is at the start.

use crate::{
    actors::{self, HEDGED, HEDGED_BOOK, HEDGED_NAME, MAKER},
    house::{House, dollars, refused},
    maker,
};
use counterweight_risk::Lots;
use counterweight_simnet::{Signer, Trader, keypair};

/// What tables call the three accounts.
pub const NAMES: [&str; 3] = ["hedged-SOL", "hedged-BTC", "hedged-ETH"];

/// The clearinghouse in which each leg of the hedged book is an account of its own.
///
/// # Errors
/// The program's refusal of a deposit or trade.
pub fn isolated() -> Result<House, String> {
    let mut house = House::deploy("isolated margin", MAKER);
    let lots = actors::lots_of(&house, &HEDGED_BOOK);
    let deposits = split(HEDGED as i64 * 1_000_000, &requirements(&house, &lots)?);
    let key = keypair(HEDGED_NAME);
    house.x.chain.fund(&key.pubkey());
    for (at, (market, _)) in lots.iter().enumerate() {
        let owner = key.pubkey();
        let open = house.x.venue.open_margin_account(owner, *market);
        house
            .x
            .chain
            .send(&[open], &[&key])
            .map_err(refused("open_margin_account"))?;
        let trader = Trader {
            key: keypair(HEDGED_NAME),
            margin: house.x.venue.margin_account(&owner, *market),
        };
        let deposit = house.x.deposit(&trader, 0, deposits[at] as u64);
        deposit.map_err(refused("a leg's deposit"))?;
        let side = if lots[at].1 > 0 { "long" } else { "short" };
        let name = &house.x.deployment.market[usize::from(*market)].asset;
        let size = crate::house::thousands(HEDGED_BOOK[at].abs());
        let role = format!("{} USDC: {side} ${size} of {name}", dollars(deposits[at]));
        house.admit(NAMES[at], role, trader);
    }
    actors::admit_last(&mut house);
    maker::requote(&mut house, maker::Prices::Fixed)?;
    for (at, leg) in lots.iter().enumerate() {
        house.trade_with_maker(1 + at, &[*leg])?;
    }
    Ok(house)
}

/// The maintenance margin of each leg at the start.
fn requirements(house: &House, lots: &[(u16, i64)]) -> Result<Vec<i64>, String> {
    let (tables, marks) = (house.x.tables(), house.marks());
    let one = |(market, lots): &(u16, i64)| {
        let at = usize::from(*market);
        let notional = Lots(*lots).notional(counterweight_risk::Price(marks[at]))?;
        tables.markets[at].maintenance.requirement(notional)
    };
    let all = lots.iter().map(|leg| one(leg).map(|atoms| atoms as i64));
    all.collect::<Result<_, _>>()
        .map_err(|error| format!("{error:?}"))
}

/// Splits a whole in proportion to parts, to the atom: the last one takes the rounding.
fn split(whole: i64, parts: &[i64]) -> Vec<i64> {
    let sum: i128 = parts.iter().map(|part| i128::from(*part)).sum();
    let mut shares: Vec<i64> = parts
        .iter()
        .map(|part| (i128::from(whole) * i128::from(*part) / sum) as i64)
        .collect();
    let given: i64 = shares.iter().sum();
    if let Some(last) = shares.last_mut() {
        *last += whole - given;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_split_is_in_proportion_and_loses_no_atom() {
        assert_eq!(split(100, &[1, 1, 2]), [25, 25, 50]);
        let shares = split(20_000_000_001, &[3_000, 1_824, 1_800]);
        assert_eq!(shares.iter().sum::<i64>(), 20_000_000_001);
        assert!(shares[0] > shares[1] && shares[1] > shares[2]);
    }
}
