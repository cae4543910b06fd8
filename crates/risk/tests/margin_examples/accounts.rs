//! The accounts of `docs/margin-examples.md`, and what is said of them besides figures.

/// What is traded on an asset; options by their strike in dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contract {
    Perpetual,
    Future,
    Call(u64),
    Put(u64),
}

use Contract::{Future, Perpetual};

/// An account.
#[derive(Clone, Debug)]
pub struct Example {
    pub title: &'static str,
    pub account: &'static str,
    /// Asset, contract, lots.
    pub positions: &'static [(usize, Contract, i64)],
    /// Asset, whole tokens.
    pub collateral: &'static [(usize, u64)],
    /// What volatility multiplies requirements by.
    pub multiplier: u32,
    /// What else is to be said.
    pub remark: &'static str,
    /// Standard and Portfolio, maintenance and initial of each, in dollars, worked out without the engine.
    pub by_hand: [[f64; 2]; 2],
}

impl Example {
    pub fn has_options(&self) -> bool {
        let mut contracts = self.positions.iter().map(|position| position.1);
        contracts.any(|contract| !matches!(contract, Perpetual | Future))
    }
}

/// The terms of the clearinghouse.
pub mod terms {
    use std::fmt::Write;

    /// An asset with a perpetual and a future on it.
    #[derive(Clone, Copy, Debug)]
    pub struct Terms {
        pub name: &'static str,
        pub cents: i64,
        /// A lot in powers of ten.
        pub lot: i8,
        /// Initial rates of both tiers.
        pub rates_bps: [u32; 2],
        /// Where the first one ends, in dollars.
        pub first_tier: u64,
        pub spread_bps: u32,
    }

    impl Terms {
        /// In dollars, with a comma.
        fn price(&self) -> String {
            match (self.cents / 100_000, self.cents / 100 % 1_000) {
                (0, _) => format!("{}", self.cents as f64 / 100.0),
                (thousands, rest) => format!("{thousands},{rest:03}"),
            }
        }

        /// The first maintenance rate, and the range that is scanned.
        pub fn range(&self) -> u32 {
            self.rates_bps[0] * FRACTION / 10_000
        }
    }

    const fn asset(
        name: &'static str,
        cents: i64,
        lot: i8,
        rates_bps: [u32; 2],
        first_tier: u64,
        spread_bps: u32,
    ) -> Terms {
        Terms {
            name,
            cents,
            lot,
            rates_bps,
            first_tier,
            spread_bps,
        }
    }

    pub const BTC: usize = 0;
    pub const ETH: usize = 1;
    pub const SOL: usize = 2;
    pub const JUP: usize = 3;
    pub const ASSETS: [Terms; 4] = [
        asset("BTC", 10_000_000, -5, [400, 600], 100_000, 80),
        asset("ETH", 400_000, -3, [500, 800], 150_000, 100),
        asset("SOL", 15_000, -2, [500, 800], 250_000, 100),
        asset("JUP", 80, -1, [1_000, 2_000], 100_000, 200),
    ];
    pub const FRACTION: u32 = 6_000;
    pub const FLOOR: u32 = 1_500;
    pub const INITIAL: u32 = 16_500;
    pub const CREDIT: u16 = 6_000;
    /// Whole parts of 2^20, so that examples stay round.
    pub const WEIGHTS: [u32; 2] = [7_500, 8_750];
    /// How far volatility is moved up and down.
    pub const SHIFT: u32 = 2_500;
    /// The volatility of options a year, at every strike.
    pub const VOLATILITY: u32 = 8_000;
    /// Days until they end.
    pub const DAYS: i64 = 30;

    pub fn percent(bps: u32) -> String {
        format!("{} %", f64::from(bps) / 100.0)
    }

    /// What the document says of them.
    pub fn table() -> String {
        let mut out = "| asset | price | initial rate | second tier | maintenance rate = scan range | spread charge |\n\
                       |---|--:|--:|--:|--:|--:|\n"
            .to_owned();
        for asset in &ASSETS {
            let [first, second] = asset.rates_bps.map(percent);
            let _ = writeln!(
                out,
                "| {} | {} | {first} | {second} beyond {},000 | {} | {} |",
                asset.name,
                asset.price(),
                asset.first_tier / 1_000,
                percent(asset.range()),
                percent(asset.spread_bps),
            );
        }
        let _ = writeln!(
            out,
            "\nMaintenance is {} of initial by Standard; initial is {} times maintenance by Portfolio. The floor is {} of Standard. Opposite books of BTC and ETH are \
             credited {} of the smaller scan, dollar for dollar. Collateral counts {} of its value initially, {} for maintenance. \
             Volatility is moved up and down by {} of itself; options end in {DAYS} days, at a flat smile of {} a year. These terms are made for the examples; what terms cover is in [STUDY.md](../bench/STUDY.md).",
            percent(FRACTION),
            f64::from(INITIAL) / 10_000.0,
            percent(FLOOR),
            percent(CREDIT.into()),
            percent(WEIGHTS[0]),
            percent(WEIGHTS[1]),
            percent(SHIFT),
            percent(VOLATILITY),
        );
        out
    }
}

use terms::{BTC, ETH, JUP, SOL};

pub const INTRODUCTION: &str = "\
# Margin by example

Thirteen accounts, judged by both models. Every figure here is computed by the engine and compared with this text by
[`crates/risk/tests/margin_examples.rs`](../crates/risk/tests/margin_examples.rs); the formulas are in [risk.md](risk.md). Amounts are whole dollars (the engine
counts in millionths; it keeps rates in parts of 2^20, rounded up, which can make a dollar of a million). Oracle prices have no interval here and stand at the stable price, so that initial and maintenance prices are the same.

**Standard** takes a rate of each position and adds up; of an option the rate is on the index, and one that is bought needs no more than it is worth. **Portfolio** looks at each asset as a whole:

1. *Net*: longs less shorts over all contracts on the asset; collateral of the asset counts as long against a short, by its weight.
2. *Scan*: what the net loses in the worst of 16 scenarios (the price moves by 0, a third, two thirds or all of the range, up or down, with volatility up and down; and
   by twice the range, of which 35 % count). For perpetuals and futures the worst is the whole range, against the net. Options are priced anew in every scenario and count with what
   they gain or lose there; a lot of one nets as its delta.
3. *Size*: what the tiers of Standard ask of so large a net above their first rate.
4. *Spread*: a charge on what different contracts on the asset hedge of each other, or collateral hedges of a short, since they do not move as one. All options on an asset are one contract here.
5. Over all assets: the sum, less *credits* for opposite nets of assets that move together, and never less than the *floor*, a share of Standard.

`portfolio::explain` gives these parts of any account.

## The terms
";

/// Those without options, in their order.
pub fn linear() -> Vec<Example> {
    vec![
        calendar_spread(),
        cash_and_carry(),
        pair(),
        market_maker(),
        naked(),
        storm(),
    ]
}

fn calendar_spread() -> Example {
    Example {
        title: "1. Calendar spread",
        account: "A perpetual against a future on the same asset. Whatever SOL does, one leg pays the other.",
        positions: &[(SOL, Perpetual, 100_000), (SOL, Future, -100_000)],
        collateral: &[],
        multiplier: 1,
        remark: "What is left to cover is that the future's price leaves the perpetual's: that is what the spread charge is for.",
        by_hand: [[9_000.0, 15_000.0], [1_500.0, 2_475.0]],
    }
}

fn cash_and_carry() -> Example {
    Example {
        title: "2. Cash-and-carry",
        account: "A future sold on SOL that the account holds: it earns the future's premium and has no SOL risk left.",
        positions: &[(SOL, Future, -100_000)],
        collateral: &[(SOL, 1_000)],
        multiplier: 1,
        remark: "That the collateral gains what the short loses shows in Standard's equity, not in its requirement. Portfolio sees it as far as the collateral's weight goes, which is lower initially: \
                 more of the short stays open then. What the collateral hedges pays the spread as one contract against another does: the future was sold above the index and is valued at the index, so \
                 that its premium shows as a gain which closing it takes back, and the premium may grow against the token just as against a perpetual ([STUDY.md](../bench/STUDY.md)).",
        by_hand: [[4_500.0, 7_500.0], [1_875.0, 3_712.5]],
    }
}

fn pair() -> Example {
    Example {
        title: "3. BTC against ETH",
        account: "A bet that BTC does better than ETH.",
        positions: &[(BTC, Perpetual, 100_000), (ETH, Perpetual, -25_000)],
        collateral: &[],
        multiplier: 1,
        remark: "The scan lets BTC fall and ETH rise at the same time, which seldom happens: the credit takes back its share of the smaller of both scans, here that of BTC. Were less BTC long, only as \
                 many dollars of ETH would be matched; each dollar of a net is credited once.",
        by_hand: [[5_400.0, 9_000.0], [3_960.0, 6_534.0]],
    }
}

fn market_maker() -> Example {
    Example {
        title: "4. A market maker",
        account: "Both contracts on four assets, almost hedged.",
        positions: &[
            (BTC, Perpetual, 60_000),
            (BTC, Future, -64_000),
            (ETH, Perpetual, -12_000),
            (ETH, Future, 11_000),
            (SOL, Perpetual, 40_000),
            (SOL, Future, -38_000),
            (JUP, Perpetual, -200_000),
            (JUP, Future, 220_000),
        ],
        collateral: &[],
        multiplier: 1,
        remark: "No credit: BTC and ETH are both short. Each asset has its own worst move, and all are assumed to come at once.",
        by_hand: [[11_262.0, 18_770.0], [2_212.0, 3_649.8]],
    }
}

fn naked() -> Example {
    Example {
        title: "5. One naked position",
        account: "Nothing hedges it.",
        positions: &[(BTC, Perpetual, 200_000)],
        collateral: &[],
        multiplier: 1,
        remark: "Nothing is hedged, so nothing is saved: the range is the maintenance rate, and the size charge is what the second tier adds. Initially Portfolio is a little below, since its multiple of \
                 maintenance is a little less than what initial is of maintenance by Standard.",
        by_hand: [[6_000.0, 10_000.0], [6_000.0, 9_900.0]],
    }
}

fn storm() -> Example {
    Example {
        title: "6. The same in a storm",
        account: "The same position while volatility multiplies requirements, initial and maintenance.",
        positions: &[(BTC, Perpetual, 200_000)],
        collateral: &[],
        multiplier: 2,
        remark: "The range grows with the rates, and so does all else: the worst scenario is a deeper fall. The initial requirement follows volatility at once, the maintenance requirement \
                 on a ramp, so that there is time to add collateral or to reduce before anybody may liquidate.",
        by_hand: [[12_000.0, 20_000.0], [12_000.0, 19_800.0]],
    }
}
