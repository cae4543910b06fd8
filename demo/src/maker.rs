//! The market maker: on each market a ladder of orders on both sides, pegged to the index but for its
//! first level, and for all of it at the opening, while nothing moves. Pegged orders follow the index by
//! themselves and trade only with those who pass the maker's account. The level at a fixed price is there
//! for everybody, and those who are fast take it when the index has moved: those fills wait in the queue.
//! The ladder is placed anew, all of it in one `place_orders`, when it has been eaten into, when its fixed
//! level has been left behind, or when the inventory asks for another skew. A maker who is short quotes higher, one
//! who is long lower, which is how the perpetual comes to trade above or below its index.

use crate::{
    book::View,
    house::{House, refused},
};
use counterweight::{PriceArgs, Quote, QuotesArgs, Which, error::ErrorCode, events::OrdersPlaced};
use counterweight_risk::{greeks, orders::Side};
use counterweight_sdk::events;

/// The ladder: distance from its middle in basis points, and dollars.
const LADDER: [(i64, i64); 5] = [
    (2, 12_000),
    (5, 20_000),
    (9, 30_000),
    (14, 50_000),
    (22, 80_000),
];
/// Dollars of inventory that move the ladder by a basis point.
const DOLLARS_PER_BP: i64 = 25_000;
/// The farthest that the ladder moves, in hundredths of a basis point.
const MOST_SKEW: i64 = 1_000;
/// How far the skew may be from the wanted one, in hundredths of a basis point.
const TOLERANCE: i64 = 50;
/// How far from the index, in basis points, an order may trade at worst: if the index jumps farther
/// before the maker has looked, the order stays where it is.
const WORST_BPS: i64 = 500;
/// How far the index may move, in basis points, before the fixed level is placed anew.
const DRIFT_BPS: i64 = 10;

/// How the prices of a ladder are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prices {
    /// In ticks.
    Fixed,
    /// As distances from the index, but for the first level.
    Pegged,
}

/// What the maker has quoted in a market.
#[derive(Clone, Copy, Debug)]
pub struct Quoted {
    /// How its prices are given.
    prices: Prices,
    /// How far the middle of the ladder is from the index, in hundredths of a basis point.
    pub skew: i64,
    /// The index in ticks.
    index: i64,
    /// Lots of each side.
    lots: i64,
    /// Whether its fixed level was taken out, for want of a price to quote at.
    pulled: bool,
}

/// Looks at every market, and re-quotes where the ladder is not what it should be. While
/// prices do not allow the maker to add risk, it only takes out what does not follow them.
///
/// # Errors
/// The program's refusal.
pub fn requote(house: &mut House, prices: Prices) -> Result<(), String> {
    let view = house.x.view(house.maker().trader.margin);
    if !view.map_err(refused("margin_view"))?.can_add_risk {
        return pull(house);
    }
    for market in 0..3 {
        let wanted = Quoted {
            prices,
            skew: skew(house, market)?,
            index: house.x.index_ticks(market) as i64,
            lots: 0,
            pulled: false,
        };
        let before = house.quoted[usize::from(market)];
        if before.is_none_or(|before| is_off(house, market, &before, &wanted)) {
            place(house, market, wanted)?;
        }
    }
    Ok(())
}

/// Takes out what does not follow the index while its price may not be quoted at.
fn pull(house: &mut House) -> Result<(), String> {
    let House {
        x, actors, quoted, ..
    } = house;
    for (market, quoted) in (0u16..).zip(quoted) {
        let Some(quoted) = quoted.as_mut().filter(|quoted| !quoted.pulled) else {
            continue;
        };
        let fixed = Which::ClientId(LADDER[0].0.unsigned_abs());
        let cancelled = x.cancel(&actors[0].trader, market, fixed);
        // Both may have been filled.
        if let Err(failure) = cancelled
            && !failure.is(ErrorCode::OrderNotFound)
        {
            return Err(refused("cancel_orders")(failure));
        }
        quoted.pulled = true;
    }
    Ok(())
}

/// Where the middle of the ladder belongs: against all that the maker has on the asset, options by their delta. Of those
/// it leans against what they leave open, not against the perpetual that they hedge.
fn skew(house: &House, market: u16) -> Result<i64, String> {
    let (tables, margin) = (
        house.x.tables(),
        house.x.margin(&house.maker().trader.margin),
    );
    let asset = tables.markets[usize::from(market)].asset;
    let mut lots = 0;
    let summed = greeks::of_account(&tables.book(), &margin.view(), |greeks| {
        if greeks.asset == asset {
            lots = greeks.lots;
        }
    });
    summed.map_err(|e| format!("{e:?}"))?;
    let dollars = lots * house.lot_atoms(market) / 1_000_000;
    Ok((-dollars * 100 / DOLLARS_PER_BP).clamp(-MOST_SKEW, MOST_SKEW))
}

fn is_off(house: &House, market: u16, before: &Quoted, wanted: &Quoted) -> bool {
    let margin = house.x.margin(&house.maker().trader.margin);
    let position = margin.positions().iter().find(|p| p.market == market);
    let resting = position.map_or(0, |p| p.bid_lots.0.min(p.ask_lots.0));
    before.pulled
        || wanted.prices != before.prices
        || resting * 10 < before.lots * 9
        || (wanted.skew - before.skew).abs() > TOLERANCE
        || (wanted.index - before.index).abs() * 10_000 > before.index * DRIFT_BPS
}

fn place(house: &mut House, market: u16, mut wanted: Quoted) -> Result<(), String> {
    let (index, atoms) = (wanted.index, house.lot_atoms(market));
    // Outward, so that no two levels of the two sides meet.
    let ticks = |hundredths: i64| (hundredths * index).div_euclid(1_000_000) as i32;
    let mut quotes = Vec::with_capacity(2 * LADDER.len());
    for (distance, dollars) in LADDER {
        let lots = dollars * 1_000_000 / atoms;
        wanted.lots += lots;
        for side in [Side::Buy, Side::Sell] {
            let (offset, worst) = match side {
                Side::Buy => (ticks(wanted.skew - distance * 100), 10_000 + WORST_BPS),
                Side::Sell => (ticks(wanted.skew + distance * 100) + 1, 10_000 - WORST_BPS),
            };
            let worst = (index * worst / 10_000).unsigned_abs();
            let price = if wanted.prices == Prices::Fixed || distance == LADDER[0].0 {
                PriceArgs::Fixed((index + i64::from(offset)).unsigned_abs())
            } else {
                PriceArgs::Pegged { offset, worst }
            };
            quotes.push(Quote {
                side,
                price,
                lots: lots.unsigned_abs(),
                client_id: distance.unsigned_abs(),
            });
        }
    }
    let args = QuotesArgs {
        cancel: house.quoted[usize::from(market)].map(|_| Which::All),
        quotes,
        slide: false,
        expires: 0,
    };
    let House { x, actors, .. } = house;
    let receipt = x.quotes(&actors[0].trader, market, args);
    let receipt = receipt.map_err(refused("place_orders"))?;
    let found: Vec<OrdersPlaced> = events::of_type(&receipt.logs);
    let event = found.first().ok_or("place_orders logged no event")?;
    house.tape.requotes += 1;
    house.tape.quotes += event.placed.len();
    house.quoted[usize::from(market)] = Some(wanted);
    Ok(())
}

/// Keeps spread and premium of every book at the end of a step.
pub fn observe(house: &mut House) {
    let spreads = [0, 1, 2].map(|market| View::read(&house.x, market).spread());
    let premiums = [0, 1, 2].map(|market| {
        let premium = house.x.market(market).funding.premium;
        crate::tape::basis_points(premium)
    });
    house.tape.spreads.push(spreads);
    house.tape.premiums.push(premiums);
}
