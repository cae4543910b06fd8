//! Options on SOL in the cross-margin clearinghouse: which ones are offered, what they are marked at, and the
//! feed that says so.
//!
//! An option is judged by an array that anybody may compute and that is refused once its index has moved: so all
//! of them are priced anew whenever prices are published. The feed raises volatility as SOL falls, as fast as the
//! program lets it.

use crate::{
    actors::{OPTION_WEEKS, OPTIONS},
    house::{House, refused},
    portfolio,
};
use counterweight::Leg;
use counterweight_risk::{AssetRiskTerms, array::SMILE_AGE};
use counterweight_simnet::{ESTIMATED, Exchange, Keypair, MarketKind, Signer, flat_smile, keypair};

/// Volatility before the crash, in percent a year. A first smile may be four times the engine's own estimate, which
/// is a tenth where prices have not moved yet.
const CALM: i64 = 38;
/// Points of volatility that the feed adds for each percent that SOL has fallen by.
pub(crate) const PER_PERCENT: i64 = 2;
/// Seconds after which a smile is set anew though it is the same: when it is older than 900 the program no longer
/// believes it.
const RENEWED: i64 = 480;
// The longest steps have 400 seconds.
const _: () = assert!(RENEWED + 400 <= SMILE_AGE);
/// Seconds in which the program lets volatility double.
const DOUBLED: i64 = 3_600;
const WEEK: i64 = 7 * 86_400;

/// The options of a clearinghouse, and who marks them.
pub struct Desk {
    /// Indices of their markets.
    pub markets: Vec<u16>,
    /// The volatility that they are marked at, in percent a year.
    pub volatility: i64,
    feed: Keypair,
    /// When the feed spoke last.
    told: i64,
}

/// Offers the options, marks them, and keeps them with the clearinghouse.
///
/// # Errors
/// The program's refusal.
pub fn offer(house: &mut House) -> Result<(), String> {
    let x = &mut house.x;
    let (asset, authority) = (x.asset_named("SOL"), x.authority.pubkey());
    let terms = AssetRiskTerms {
        volatility: ESTIMATED,
        scan: portfolio::SOL,
    };
    let set = x.venue.set_asset_risk(authority, asset, terms);
    x.govern(set).map_err(refused("set_asset_risk"))?;

    let feed = keypair("volatility feed");
    x.chain.fund(&feed.pubkey());
    let appoint = x.venue.set_volatility_feed(authority, feed.pubkey());
    x.govern(appoint).map_err(refused("set_volatility_feed"))?;
    let markets = add(x)?;
    let mut desk = Desk {
        markets,
        volatility: CALM,
        feed,
        told: 0,
    };
    tell(x, &mut desk, CALM)?;
    house.desk = Some(desk);
    Ok(())
}

/// Adds the options. Returns the indices of their markets.
fn add(x: &mut Exchange) -> Result<Vec<u16>, String> {
    let expiry = x.chain.time() + OPTION_WEEKS * WEEK;
    let all = OPTIONS.iter().map(|(kind, dollars, _)| {
        let letter = if *kind == MarketKind::Call { 'C' } else { 'P' };
        let name = format!("SOL-{dollars}-{letter}");
        // A lot is a hundredth of a SOL.
        let strike = dollars * 10_000;
        let added = x.add_option(0, &name, *kind, strike, expiry);
        added.map_err(refused("add_market of an option"))
    });
    all.collect()
}

/// Prices the options at the prices of now, and lets the feed speak.
///
/// # Errors
/// The program's refusal.
pub fn refresh(house: &mut House) -> Result<(), String> {
    let House { x, desk, .. } = house;
    let Some(desk) = desk else { return Ok(()) };
    let refreshed = x.refresh_arrays(&desk.markets);
    refreshed.map_err(refused("refresh_arrays"))?;
    let sol = usize::from(x.asset_named("SOL"));
    let (start, now) = (x.deployment.asset[sol].start_price, x.prices[sol]);
    let elapsed = x.chain.time() - desk.told;
    match next(desk.volatility, wanted(start, now), elapsed) {
        Some(percent) => tell(x, desk, percent),
        None => Ok(()),
    }
}

/// The feed sets a smile.
fn tell(x: &mut Exchange, desk: &mut Desk, percent: i64) -> Result<(), String> {
    let smile = flat_smile(percent as u32);
    let set = x.venue.set_smile(desk.feed.pubkey(), &desk.markets, smile);
    let sent = x.chain.send(&[set], &[&desk.feed]);
    sent.map_err(refused("set_smile"))?;
    (desk.volatility, desk.told) = (percent, x.chain.time());
    Ok(())
}

/// The volatility that the feed would mark at, in percent.
fn wanted(start: i64, now: i64) -> i64 {
    CALM + PER_PERCENT * ((start - now) * 100 / start).max(0)
}

/// How near the feed may come to it after so many seconds, in whole percent; none while it has nothing to say.
fn next(before: i64, wanted: i64, elapsed: i64) -> Option<i64> {
    // A second less than has passed: what is on the edge may be refused for a rounding.
    let step = before * (elapsed - 1).max(0) / DOUBLED;
    let next = wanted.clamp(before - step, before + step);
    (next != before || elapsed >= RENEWED).then_some(next)
}

/// A leg of a block trade at what a lot is worth now: the index, or an option's mark.
pub fn leg(x: &Exchange, market: u16, lots: i64) -> Leg {
    let row = x.tables().markets[usize::from(market)];
    if !row.is_option() {
        return x.leg(market, lots);
    }
    let price = (row.array.mark.0 / (row.tick_size << 16)).max(1);
    Leg {
        market,
        lots,
        price,
    }
}

#[cfg(test)]
mod tests {
    use super::{CALM, RENEWED, next, wanted};

    #[test]
    fn volatility_rises_with_the_fall_and_never_below_where_it_was() {
        assert_eq!(wanted(150, 150), CALM);
        assert_eq!(wanted(150, 165), CALM);
        assert_eq!(wanted(15_000, 11_400), CALM + 48);
    }

    #[test]
    fn the_feed_moves_no_faster_than_the_program_lets_it() {
        assert_eq!(next(38, 40, 300), Some(40));
        assert_eq!(next(38, 86, 300), Some(41), "a twelfth of an hour");
        assert_eq!(next(80, 38, 300), Some(74));
        assert_eq!(next(36, 86, 300), Some(38), "not on the edge");
        assert_eq!(next(38, 86, 12), None, "less than a point: not yet");
        assert_eq!(next(38, 86, 0), None);
    }

    #[test]
    fn a_smile_that_is_the_same_is_set_anew_before_it_is_too_old() {
        assert_eq!(next(38, 38, 300), None);
        assert_eq!(next(38, 38, RENEWED), Some(38));
    }
}
