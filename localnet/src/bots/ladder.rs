//! A market maker's ladder: how far from the index it offers how much, and when it places it anew.

use counterweight::{PriceArgs, Quote};
use counterweight_risk::orders::Side;

/// What a maker offers in a kind of market.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Style {
    /// Distance from its middle in basis points, and dollars of each side, by the underlying's index.
    levels: &'static [(i64, i64)],
    /// Dollars of inventory that move it by a basis point.
    dollars_per_bp: i64,
    /// The farthest that it moves, in hundredths of a basis point.
    most_skew: i64,
    /// How far the skew may be from the wanted one, in hundredths of a basis point.
    tolerance: i64,
    /// How far the price may move, in basis points, before what stands at a fixed price is placed anew.
    drift_bps: i64,
    /// How its prices are given where nothing stands in the way.
    pub prices: Prices,
}

/// On contracts that are worth the index.
pub(crate) const LINEAR: Style = Style {
    levels: &[
        (2, 10_000),
        (5, 20_000),
        (9, 30_000),
        (14, 50_000),
        (22, 80_000),
    ],
    dollars_per_bp: 25_000,
    most_skew: 1_500,
    tolerance: 100,
    drift_bps: 2,
    prices: Prices::Pegged,
};

/// On options. What they are worth is a small share of the index and moves many times as much: distances are of it, and
/// none of them is pegged.
pub(crate) const OPTION: Style = Style {
    levels: &[(150, 30_000), (300, 60_000), (600, 90_000)],
    dollars_per_bp: 500,
    most_skew: 100_000,
    tolerance: 2_500,
    drift_bps: 100,
    prices: Prices::Fixed,
};

/// How far from the index, in basis points, a pegged order may trade at worst: if the index jumps farther before the
/// maker has looked, the order stays where it is.
const WORST_BPS: i64 = 500;
/// Quote atoms of a dollar, of a quote token with six decimals.
const DOLLAR: i64 = 1_000_000;

/// How its prices are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prices {
    /// As distances from the index, but for the first level: that is there for everybody, also for who does not pass
    /// the maker's account.
    Pegged,
    /// In ticks, for where somebody's order stands in the way: what would cross it slides before it.
    Fixed,
}

/// A market, as a maker sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sight {
    /// What is offered.
    pub style: &'static Style,
    /// The index in ticks, or what an option is worth.
    pub index: i64,
    /// What a lot of the underlying is worth in quote atoms.
    pub lot_atoms: i64,
    /// The maker's lots.
    pub inventory: i64,
    /// The smallest order in lots.
    pub smallest: u64,
}

/// What a maker has placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    style: &'static Style,
    pub index: i64,
    /// How far its middle is from the index, in hundredths of a basis point.
    pub skew: i64,
    /// Lots of each side.
    pub lots: i64,
}

impl Sight {
    /// Where the middle belongs: a maker who is long offers lower, one who is short bids higher.
    pub fn skew(&self) -> i64 {
        let dollars = i128::from(self.inventory) * i128::from(self.lot_atoms) / i128::from(DOLLAR);
        let skew = -dollars * 100 / i128::from(self.style.dollars_per_bp);
        let most = i128::from(self.style.most_skew);
        skew.clamp(-most, most) as i64
    }

    /// Lots of a level.
    fn lots(&self, dollars: i64) -> u64 {
        let lots = (dollars * DOLLAR / self.lot_atoms).unsigned_abs();
        lots.max(self.smallest)
    }

    /// What is to be placed now.
    pub fn wanted(&self) -> Placed {
        let levels = self.style.levels.iter();
        let lots: u64 = levels.map(|(_, dollars)| self.lots(*dollars)).sum();
        Placed {
            style: self.style,
            index: self.index,
            skew: self.skew(),
            lots: lots.cast_signed(),
        }
    }

    /// The ladder, both sides of each level.
    pub fn quotes(&self, prices: Prices) -> Vec<Quote> {
        let (index, skew) = (self.index, self.skew());
        // Outward, so that no two levels of the two sides meet.
        let ticks = |hundredths: i64| hundredths.saturating_mul(index).div_euclid(1_000_000);
        let levels = self.style.levels;
        let mut quotes = Vec::with_capacity(2 * levels.len());
        for &(distance, dollars) in levels {
            for side in [Side::Buy, Side::Sell] {
                // Nothing is offered at the lowest price, so that a bid fits below it.
                let (offset, worst, least) = match side {
                    Side::Buy => (ticks(skew - distance * 100), 10_000 + WORST_BPS, 1),
                    Side::Sell => (ticks(skew + distance * 100) + 1, 10_000 - WORST_BPS, 2),
                };
                let price = if prices == Prices::Fixed || distance == levels[0].0 {
                    PriceArgs::Fixed((index + offset).max(least).unsigned_abs())
                } else {
                    PriceArgs::Pegged {
                        offset: i32::try_from(offset).unwrap_or(i32::MAX),
                        worst: (index * worst / 10_000).unsigned_abs(),
                    }
                };
                quotes.push(Quote {
                    side,
                    price,
                    lots: self.lots(dollars),
                    client_id: distance.unsigned_abs(),
                });
            }
        }
        quotes
    }
}

impl Placed {
    /// Whether it is not what it should be any more; `resting` is what is left of the smaller side.
    pub fn is_off(&self, wanted: &Self, resting: i64) -> bool {
        resting * 10 < self.lots * 9
            || (wanted.skew - self.skew).abs() > self.style.tolerance
            || (wanted.index - self.index).abs() * 10_000 > self.index * self.style.drift_bps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sight(inventory: i64) -> Sight {
        Sight {
            style: &LINEAR,
            index: 15_000,
            lot_atoms: 1_500_000,
            inventory,
            smallest: 10,
        }
    }

    /// Distances from the index in ticks, of bids and of asks.
    fn offsets(sight: &Sight, prices: Prices) -> [Vec<i64>; 2] {
        let quotes = sight.quotes(prices);
        [Side::Buy, Side::Sell].map(|side| {
            let own = quotes.iter().filter(|quote| quote.side == side);
            own.map(|quote| match quote.price {
                PriceArgs::Fixed(price) => price.cast_signed() - sight.index,
                PriceArgs::Pegged { offset, .. } => i64::from(offset),
            })
            .collect()
        })
    }

    #[test]
    fn bids_stand_below_asks_and_outer_levels_outside_inner_ones() {
        for prices in [Prices::Pegged, Prices::Fixed] {
            for inventory in [-400_000, -3_000, 0, 3_000, 400_000] {
                let [bids, asks] = offsets(&sight(inventory), prices);
                assert!(bids[0] < asks[0], "{inventory}: {bids:?} {asks:?}");
                assert!(bids.windows(2).all(|pair| pair[1] <= pair[0]));
                assert!(asks.windows(2).all(|pair| pair[1] >= pair[0]));
            }
        }
    }

    #[test]
    fn bids_of_options_stand_below_asks_however_little_they_are_worth() {
        for index in [1, 3, 40, 900] {
            for inventory in [-400_000, 0, 400_000] {
                let sight = Sight {
                    style: &OPTION,
                    index,
                    ..sight(inventory)
                };
                let quotes = sight.quotes(OPTION.prices);
                let prices = |side| {
                    let own = quotes.iter().filter(move |quote| quote.side == side);
                    own.map(|quote| match quote.price {
                        PriceArgs::Fixed(price) => price,
                        PriceArgs::Pegged { .. } => panic!("an option's price is fixed"),
                    })
                };
                let (bid, ask) = (prices(Side::Buy).max(), prices(Side::Sell).min());
                assert!(bid < ask && bid > Some(0), "{index}: {bid:?} {ask:?}");
            }
        }
    }

    #[test]
    fn who_is_long_offers_lower_and_not_beyond_the_limit() {
        let middle = |inventory| {
            let [bids, asks] = offsets(&sight(inventory), Prices::Fixed);
            bids[0] + asks[0]
        };
        assert!(middle(100_000) < middle(0) && middle(0) < middle(-100_000));
        assert_eq!(sight(i64::MAX / 4).skew(), -LINEAR.most_skew);
    }

    #[test]
    fn only_the_first_level_has_a_fixed_price_unless_something_is_in_the_way() {
        let fixed = |prices| {
            let quotes = sight(0).quotes(prices);
            let fixed = quotes
                .iter()
                .filter(|quote| matches!(quote.price, PriceArgs::Fixed(_)));
            (fixed.count(), quotes.len())
        };
        assert_eq!(fixed(Prices::Pegged), (2, 10));
        assert_eq!(fixed(Prices::Fixed), (10, 10));
    }

    #[test]
    fn no_pegged_order_stands_beyond_its_own_worst_price() {
        for index in [15_000, 9_999, 1_000_000_000] {
            for inventory in [-400_000, 0, 400_000] {
                let sight = Sight {
                    index,
                    ..sight(inventory)
                };
                for quote in sight.quotes(Prices::Pegged) {
                    let PriceArgs::Pegged { offset, worst } = quote.price else {
                        continue;
                    };
                    let price = index + i64::from(offset);
                    match quote.side {
                        Side::Buy => assert!(price < worst.cast_signed(), "{price} {worst}"),
                        Side::Sell => assert!(price > worst.cast_signed(), "{price} {worst}"),
                    }
                }
            }
        }
    }

    #[test]
    fn a_ladder_is_off_when_it_was_eaten_left_behind_or_is_askew() {
        let placed = sight(0).wanted();
        assert!(!placed.is_off(&placed, placed.lots));
        assert!(placed.is_off(&placed, placed.lots * 8 / 10));
        assert!(placed.is_off(&sight(100_000).wanted(), placed.lots));
        let moved = Sight {
            index: 15_010,
            ..sight(0)
        };
        assert!(placed.is_off(&moved.wanted(), placed.lots));
    }

    #[test]
    fn no_order_is_smaller_than_the_market_allows() {
        let dear = Sight {
            lot_atoms: 100_000_000_000,
            ..sight(0)
        };
        assert!(
            dear.quotes(Prices::Pegged)
                .iter()
                .all(|quote| quote.lots == 10)
        );
    }
}
