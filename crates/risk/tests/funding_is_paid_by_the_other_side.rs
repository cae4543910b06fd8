//! Funding moves value between longs and shorts: what one side pays the other receives, but for an atom
//! of rounding a charge, which the exchange keeps and never owes.

mod common;

use bytemuck::Zeroable;
use counterweight_risk::{
    AccountCore, AccountMut, Lots, Market, Moment, Position, Price, QuoteAtoms, Ratio,
    funding::{Funding, ONE, premium},
};
use proptest::prelude::*;

/// A tenth in an interval: the largest that terms allow.
const HIGHEST_CAP: Ratio = Ratio((1 << 20) / 10);

/// Accounts that trade with each other in one market, and what its index has charged them.
struct Pit {
    market: Market,
    accounts: Vec<(AccountCore, [Position; 1])>,
    residue: i64,
    charges: i64,
}

impl Pit {
    fn new(accounts: usize) -> Self {
        Self {
            market: Market::zeroed(),
            accounts: vec![(AccountCore::default(), [Position::default(); 1]); accounts],
            residue: 0,
            charges: 0,
        }
    }

    /// One account's side of a trade.
    fn fill(&mut self, at: usize, lots: i64, quote: i64) {
        let (core, slots) = &mut self.accounts[at];
        let mut account = AccountMut { core, slots };
        let filled = account.fill(0, &self.market, Lots(lots), QuoteAtoms(quote), &Moment::OFF);
        let (_, owed) = filled.unwrap();
        self.residue += owed.0;
        self.charges += 1;
    }

    fn positions(&self) -> impl Iterator<Item = &Position> {
        let used = |(core, slots): &'_ (AccountCore, [Position; 1])| {
            usize::from(core.position_count).min(slots.len())
        };
        self.accounts
            .iter()
            .flat_map(move |account| &account.1[..used(account)])
    }

    /// All that was charged, and all that is owed but was not charged yet; of how many parts.
    fn owed(&self) -> (i64, i64) {
        let now = self.positions().map(|p| p.owed(&self.market).unwrap().0);
        (
            self.residue + now.sum::<i64>(),
            self.charges + self.positions().count() as i64,
        )
    }

    /// All quote that the accounts record, and what was charged.
    fn quote(&self) -> i64 {
        let open: i64 = self.positions().map(|p| p.quote.0).sum();
        let cash: i64 = self.accounts.iter().map(|(core, _)| core.cash.0).sum();
        open + cash + self.residue
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    /// At one moment: lots that sum to nothing owe nothing together, rounded up at each position.
    #[test]
    fn longs_and_shorts_owe_nothing_together_but_an_atom_each(
        mut lots in prop::collection::vec(-(1i64 << 30)..1 << 30, 1..12), from in -(1i64 << 40)..1 << 40,
        moved in -(1i64 << 40)..1 << 40,
    ) {
        lots.push(-lots.iter().sum::<i64>());
        let mut market = Market::zeroed();
        market.index = [from + moved; 2];
        let owed = |lots: &i64| {
            let position = Position { lots: Lots(*lots), index: from, ..Position::default() };
            position.owed(&market).unwrap().0
        };
        let sum: i64 = lots.iter().map(owed).sum();
        let most = lots.iter().filter(|lots| **lots != 0).count() as i64;
        prop_assert!((0..=most).contains(&sum), "{}", sum);
    }

    /// Over time: accounts trade, each at its own moments, while rates come and go.
    #[test]
    fn what_funding_leaves_is_never_negative_and_an_atom_a_charge(
        steps in prop::collection::vec(
            (0usize..5, 1usize..5, -1_000_000i64..1_000_000, -ONE / 10..ONE / 10, 1u64..1 << 50), 1..40,
        ),
    ) {
        let mut pit = Pit::new(5);
        for (buyer, other, lots, rate, price) in steps {
            if lots != 0 {
                let value = lots * 1_999;
                pit.fill(buyer, lots, -value);
                pit.fill((buyer + other) % 5, -lots, value);
            }
            let mut funding = Funding { pending: rate, ..Funding::default() };
            prop_assert_eq!(funding.apply(&mut pit.market, Price(price)), Ok(rate));
            let (owed, parts) = pit.owed();
            prop_assert!((0..=parts).contains(&owed), "{} of {}", owed, parts);
            prop_assert_eq!(pit.quote(), 0);
        }
    }

    /// Both indices move alike, by the price times the rate, towards zero by less than 2^-16 of an atom.
    #[test]
    fn a_rate_is_applied_once_and_alike(
        rate in -ONE..=ONE, price in 0u64..1 << 56, index in -(1i64 << 50)..1 << 50,
    ) {
        let mut market = Market::zeroed();
        market.index = [index; 2];
        let mut funding = Funding { pending: rate, ..Funding::default() };
        prop_assert_eq!(funding.apply(&mut market, Price(price)), Ok(rate));
        let exact = i128::from(price) * i128::from(rate);
        let moved = i128::from(market.index[0] - index);
        prop_assert_eq!(market.index[0], market.index[1]);
        let cut = exact - moved * i128::from(ONE);
        prop_assert!(cut.abs() < i128::from(ONE) && (cut == 0 || (cut < 0) == (rate < 0)));
        let before = market;
        prop_assert_eq!(funding.apply(&mut market, Price(price)), Ok(0));
        prop_assert_eq!(market, before);
    }

    /// At most one in size; above the index only where somebody bids there, below only where somebody
    /// asks there; its size is the distance, cut at 2^-32.
    #[test]
    fn a_premium_is_bounded_and_needs_somebody_who_trades_there(
        index in 1u64..1 << 56, bid in prop::option::of(0i64..8_000), ask in prop::option::of(0i64..8_000),
    ) {
        let at = |share: i64| Price(u64::try_from(i128::from(index) * i128::from(share) / 2_000).unwrap());
        let (bid, ask, index) = (bid.map(at), ask.map(at), Price(index));
        let got = premium(index, bid, ask);
        prop_assert!((-ONE..=ONE).contains(&got));
        let share = |distance: u64| {
            let exact = (i128::from(distance) << 32) / i128::from(index.0);
            i64::try_from(exact.min(1 << 32)).unwrap()
        };
        let above = bid.filter(|bid| *bid > index);
        let below = ask.filter(|ask| *ask < index);
        let want = match (above, below) {
            (Some(bid), _) => share(bid.0 - index.0),
            (None, Some(ask)) => -share(index.0 - ask.0),
            (None, None) => 0,
        };
        prop_assert_eq!(got, want);
    }

    /// However large the premium and however long nobody came: the cap, times the complete intervals.
    #[test]
    fn a_rate_is_never_above_its_cap(
        premium: i64, interval in 60u32..=86_400, wait in 0i64..10_000_000, cap in 0u32..=HIGHEST_CAP.0,
    ) {
        let mut funding = Funding::default();
        funding.advance(1_800_000_000, interval, Ratio(cap));
        funding.sample(premium);
        prop_assert!(funding.premium.abs() <= ONE);
        funding.advance(1_800_000_000 + wait, interval, Ratio(cap));
        let intervals = wait / i64::from(interval);
        prop_assert_eq!(funding.intervals, intervals.unsigned_abs());
        let rate = funding.premium.clamp(-i64::from(cap) << 12, i64::from(cap) << 12);
        prop_assert_eq!(funding.pending, rate * intervals);
        prop_assert!((0..i64::from(interval)).contains(&(funding.sampled - funding.start)));
    }
}

/// A clock that stands or runs backwards changes nothing.
#[test]
fn no_time_no_funding() {
    let mut funding = Funding::default();
    funding.advance(1_000, 60, HIGHEST_CAP);
    funding.sample(ONE / 100);
    funding.advance(1_030, 60, HIGHEST_CAP);
    let before = funding;
    for now in [1_030, 1_029, 0, -5] {
        funding.advance(now, 60, HIGHEST_CAP);
        assert_eq!(funding, before);
    }
    assert_eq!((funding.sum, funding.pending), (ONE / 100 * 30, 0));
}
