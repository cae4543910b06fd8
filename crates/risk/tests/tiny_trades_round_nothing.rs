//! Rounding is nobody's income: thousands of tiny trades between two accounts of one owner, with the real
//! positions, fees and funding, leave the pair no more than it began with.

mod common;

use common::{World, asset_terms, market_terms};
use counterweight_risk::{AccountCore, AccountMut, Lots, Market, Moment, Position, QuoteAtoms};
use proptest::prelude::*;

const TRADES: usize = 10_000;

/// An account with one slot.
#[derive(Default)]
struct Side {
    core: AccountCore,
    slots: [Position; 1],
}

impl Side {
    /// A fill and its fee: the fee and what the indices charged, which others have now.
    fn trades(&mut self, market: &Market, lots: i64, quote: i64, fee: i64, now: i64) -> i64 {
        let (core, slots) = (&mut self.core, &mut self.slots);
        let mut account = AccountMut { core, slots };
        let maturity = Moment {
            accrual: Moment::OFF.accrual,
            now,
            seconds: 3_600,
        };
        let (lots, quote, fee) = (Lots(lots), QuoteAtoms(quote), QuoteAtoms(fee));
        let done = account.trade(0, market, lots, quote, fee, &maturity);
        let (_, owed, fee) = done.unwrap();
        fee.onto(owed).unwrap().0
    }

    /// Cash and what the open lots have cost.
    fn quote(&self) -> i64 {
        let open = &self.slots[..usize::from(self.core.position_count)];
        self.core.cash.0 + open.iter().map(|p| p.quote.0).sum::<i64>()
    }

    fn lots(&self) -> i64 {
        self.slots[0].lots.0
    }

    fn owes(&self, market: &Market) -> i64 {
        self.slots[0].owed(market).unwrap().0
    }
}

/// The market that everything here happens in, with fees, and with rebates that the taker pays for.
fn market() -> Market {
    let mut world = World::new(common::PAR);
    let asset = world.add_asset(&asset_terms(), (-2, 6), &[]);
    let mut terms = market_terms();
    (terms.taker_fee_tenths_bps, terms.maker_fee_tenths_bps) = (30, -30);
    let at = world.add_market(asset, &terms);
    world.markets[usize::from(at)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// What the pair has, with what it still owes by funding, only falls by what others receive; nobody
    /// outside ever pays the pair: fees are at least zero for each fill, and roundings of funding fall to
    /// the residue. And no more leaves than has come in: cash is exact.
    #[test]
    fn ten_thousand_tiny_trades_gain_nothing(
        seed in any::<u64>(), lots_to in 1..40i64, price in 1..200_000i64, moves in 0..90_000i64
    ) {
        let mut market = market();
        let (mut a, mut b) = (Side::default(), Side::default());
        let (mut others, mut state, mut now) = (0i64, seed | 1, 1_790_000_000);
        for turn in 0..TRADES {
            // A step of xorshift: cheap, and the seed of the case repeats it.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let pick = |bits: u32, range: i64| ((state >> bits) as i64 & 0xFFFF) % range;
            let size = 1 + pick(3, lots_to);
            let lots = if pick(20, 2) == 0 { size } else { -size };
            let value = size * (1 + pick(30, price));
            let cost = if lots > 0 { value } else { -value };
            let taken = market.taker_fee(value.unsigned_abs(), (pick(9, 3) * 5_000) as u16).unwrap();
            let rebate = market.maker_fee(value.unsigned_abs(), taken, 0).unwrap().0;
            let taken = i64::try_from(taken).unwrap();
            prop_assert!(taken + rebate >= 0, "a fill that costs the exchange {}", taken + rebate);
            others += a.trades(&market, lots, -cost, taken, now);
            others += b.trades(&market, -lots, cost, rebate, now);
            prop_assert_eq!(a.quote() + b.quote() + others, 0, "trade {}", turn);
            prop_assert_eq!(a.lots(), -b.lots());
            // The index moves by fractions of an atom a lot.
            let moved = pick(40, 2 * moves + 1) - moves;
            market.index = [market.index[0] + moved; 2];
            now += pick(50, 3);
            let left = a.quote() + b.quote() - a.owes(&market) - b.owes(&market);
            prop_assert!(left <= 0, "trade {}: the pair has {} more than it brought", turn, left);
        }
        prop_assert!(others >= 0);
    }
}
