//! Ten thousand tiny trades through the program: roundings bring nobody an atom. `COUNTERWEIGHT_SEED=n` is
//! another sequence of sizes and prices; a failure prints it.

use counterweight_risk::orders::Side;
use counterweight_simnet::{Exchange, Trader, limit, reconcile};
use counterweight_tests::{rng::Rng, scene::localnet};

const SOL: u16 = 0;
/// Quote atoms a lot and tick, and fees in 10^-5 of the value: what `migrations/localnet.toml` says.
const TICK: u64 = 100;
const BLOCK_FEE: u64 = 20;
const TAKER_FEE: u64 = 30;
const REBATE: u64 = 5;

struct Pair {
    x: Exchange,
    seed: u64,
    rng: Rng,
    traders: [Trader; 2],
    start: i64,
    fees: i64,
}

impl Pair {
    fn new() -> Self {
        let seed = std::env::var("COUNTERWEIGHT_SEED").map_or(0, |n| n.parse().expect("a number"));
        let mut x = localnet();
        let traders = ["a", "b"].map(|name| x.funded(name, 1_000));
        let mut pair = Self {
            x,
            seed,
            rng: Rng::new(seed),
            traders,
            start: 0,
            fees: 0,
        };
        pair.start = pair.worth();
        pair
    }

    /// Cash, and what open lots have cost: what both have paid in, less what they have paid away.
    fn worth(&self) -> i64 {
        let one = |trader: &Trader| {
            let margin = self.x.margin(&trader.margin);
            let quote: i64 = margin.positions().iter().map(|p| p.quote.0).sum();
            margin.header.core.cash.0 + quote
        };
        self.traders.iter().map(one).sum()
    }

    /// Lots and ticks: odd, in both directions, through zero and back.
    fn draw(&mut self, least: i64, most: i64) -> (i64, u64) {
        let lots = self.rng.range(least, most);
        let ticks = self.x.index_ticks(SOL) - 150 + self.rng.below(300);
        (if self.rng.chance(50) { lots } else { -lots }, ticks)
    }

    /// What the market has collected since it was last asked.
    fn collected(&mut self) -> u64 {
        let fees = self.x.market(SOL).fees;
        let more = fees - std::mem::replace(&mut self.fees, fees);
        more.unsigned_abs()
    }

    /// Together they have lost what the market has collected, to the atom, and nobody else has anything.
    #[track_caller]
    fn check(&self, turn: usize) {
        let (paid, market) = (self.start - self.worth(), self.x.market(SOL));
        assert_eq!(
            (paid, market.residue),
            (market.fees, 0),
            "turn {turn}, COUNTERWEIGHT_SEED={}",
            self.seed
        );
    }

    #[track_caller]
    fn end(&mut self) {
        let sums = reconcile(&self.x, &[self.traders[0].margin, self.traders[1].margin]);
        assert!(
            sums.balances(),
            "{sums:?}, COUNTERWEIGHT_SEED={}",
            self.seed
        );
        self.x.audit(0).unwrap();
    }
}

#[test]
fn ten_thousand_tiny_block_trades_round_nothing_into_a_pocket() {
    let mut pair = Pair::new();
    for turn in 0..10_000 {
        let (lots, ticks) = pair.draw(1, 5);
        let mut leg = pair.x.leg(SOL, lots);
        leg.price = ticks;
        let Pair { x, traders, .. } = &mut pair;
        x.block_trade(&traders[0], &traders[1], &[leg]).unwrap();
        let value = lots.unsigned_abs() * ticks * TICK;
        // Each side pays no less than the rate; kept in binary it is a little more.
        let least = 2 * (value * BLOCK_FEE).div_ceil(100_000);
        let found = pair.collected();
        assert!(
            (least..=least + least / 500 + 2).contains(&found),
            "{found} of {least}"
        );
        pair.check(turn);
    }
    pair.end();
}

#[test]
fn a_thousand_tiny_fills_of_resting_orders_round_nothing_into_a_pocket() {
    let mut pair = Pair::new();
    for turn in 0..1_000 {
        let (lots, ticks) = pair.draw(10, 13);
        let (side, size) = (
            if lots > 0 { Side::Sell } else { Side::Buy },
            lots.unsigned_abs(),
        );
        let maker = usize::from(pair.rng.chance(50));
        let at_hand = pair.rng.chance(50);
        let Pair { x, traders, .. } = &mut pair;
        let (maker, taker) = (&traders[maker], &traders[1 - maker]);
        x.order(maker, SOL, limit(side, ticks, size), &[]).unwrap();
        let makers = [maker.margin];
        let makers = if at_hand { &makers[..] } else { &[] };
        x.trade(taker, SOL, lots, ticks, makers).unwrap();
        if !at_hand {
            x.settle_fills(SOL, &[maker.margin]).unwrap();
        }
        let value = size * ticks * TICK;
        let paid = (value * TAKER_FEE).div_ceil(100_000) - value * REBATE / 100_000;
        assert_eq!(pair.collected(), paid);
        pair.check(turn);
    }
    pair.end();
}
