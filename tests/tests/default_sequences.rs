//! Random crashes on the program's bytecode: traders with too much leverage, prices that jump, and everything
//! that anybody may do when accounts fail, in any order. After every step the books are added up.
//!
//! `COUNTERWEIGHT_SEED=n` runs one sequence, `COUNTERWEIGHT_CRASHES=n` so many (40 without),
//! `COUNTERWEIGHT_STEPS=n` steps in each (200 without). A failure prints the seed, the step, and the last
//! actions.

use anchor_lang::prelude::Pubkey;
use counterweight_risk::{Market, orders::Side};
use counterweight_simnet::{
    Deployment, Exchange, Failure, Receipt, Signer, Start, Trader, limit, reconcile,
};
use counterweight_tests::{rng::Rng, scene::DOLLAR};
use std::collections::{BTreeMap, VecDeque};

const MARKETS: u16 = 3;
const TRADERS: usize = 7;
/// Dollars with which each of them starts: a maker, a keeper, and others.
const FUNDS: [u64; TRADERS] = [400_000, 200_000, 3_000, 2_000, 1_500, 5_000, 800];
const KEEPER: usize = 1;

type Outcome = Result<Receipt, Box<Failure>>;
type Verdict = Result<(), String>;

macro_rules! ensure {
    ($condition:expr, $($sentence:tt)+) => {
        if !$condition {
            return Err(format!($($sentence)+));
        }
    };
}

struct Crash {
    x: Exchange,
    traders: Vec<Trader>,
    rng: Rng,
    log: VecDeque<String>,
    /// How often each action succeeded and was refused.
    counts: BTreeMap<&'static str, [u64; 2]>,
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

impl Crash {
    fn new(seed: u64) -> Self {
        let mut deployment = Deployment::localnet();
        let mut rng = Rng::new(seed);
        // From a fund that bears everything to one that bears nothing.
        deployment.backstop_daily_loss = rng.pick(&[0, 300, 3_000, 250_000]);
        let mut x = Exchange::new(deployment, Start::default());
        x.open_backstop().expect("open_backstop");
        let traders = FUNDS.iter().enumerate();
        let traders = traders.map(|(at, dollars)| x.funded(&format!("trader {at}"), *dollars));
        let traders = traders.collect();
        let mut crash = Self {
            x,
            traders,
            rng,
            log: VecDeque::new(),
            counts: BTreeMap::new(),
        };
        let fund = crash.rng.pick(&[0u64, 500, 2_000, 50_000]);
        if fund > 0 {
            crash.insure(fund).expect("fund_insurance");
        }
        crash
    }

    fn insure(&mut self, dollars: u64) -> Outcome {
        let owner = self.traders[0].key.pubkey();
        let wallet = self.x.wallet(&self.traders[0], 0, dollars * DOLLAR as u64);
        let quote = self.x.collateral(0);
        let fund = self
            .x
            .venue
            .fund_insurance(owner, &quote, wallet, dollars * DOLLAR as u64);
        self.x.chain.send(&[fund], &[&self.traders[0].key])
    }

    fn keys(&self) -> Vec<Pubkey> {
        self.traders.iter().map(|trader| trader.margin).collect()
    }

    fn someone(&mut self) -> usize {
        self.rng.below(TRADERS as u64) as usize
    }

    /// Whoever is below maintenance margin, or anybody.
    fn failing(&mut self) -> Pubkey {
        let keys = self.keys();
        let mut below = Vec::new();
        for key in &keys {
            let view = self.x.view(*key);
            if view.is_ok_and(|view| view.equity < view.maintenance_margin) {
                below.push(*key);
            }
        }
        if below.is_empty() || self.rng.chance(10) {
            return self.rng.pick(&keys);
        }
        self.rng.pick(&below)
    }

    /// A market in which an account holds something, mostly.
    fn market_of(&mut self, key: &Pubkey) -> u16 {
        let margin = self.x.margin(key);
        let held: Vec<u16> = margin.positions().iter().map(|p| p.market).collect();
        if held.is_empty() || self.rng.chance(10) {
            return self.rng.below(MARKETS.into()) as u16;
        }
        self.rng.pick(&held)
    }

    /// An account and a market in which it lags behind, mostly.
    fn lagging(&mut self) -> (Pubkey, u16) {
        let mut keys = self.keys();
        keys.push(self.x.venue.backstop());
        let tables = self.x.tables();
        let mut behind = Vec::new();
        for key in &keys {
            let margin = self.x.margin(key);
            let lag = margin
                .positions()
                .iter()
                .filter(|p| !p.is_current(&tables.markets[usize::from(p.market)]));
            behind.extend(lag.map(|p| (*key, p.market)));
        }
        if behind.is_empty() || self.rng.chance(10) {
            return (self.rng.pick(&keys), self.rng.below(MARKETS.into()) as u16);
        }
        self.rng.pick(&behind)
    }

    /// A side of a market with lots that rounding has left over, mostly.
    fn dusty(&mut self) -> (u16, u8) {
        let all = (0..MARKETS).flat_map(|market| [(market, 0u8), (market, 1)]);
        let dusty = |(market, side): &(u16, u8)| {
            let market = self.x.market(*market);
            let side = usize::from(*side);
            market.behind[side] == 0 && market.unsettled[side] != 0
        };
        let found: Vec<_> = all.clone().filter(dusty).collect();
        if found.is_empty() || self.rng.chance(10) {
            return self.rng.pick(&all.collect::<Vec<_>>());
        }
        self.rng.pick(&found)
    }

    fn deposit(&mut self) -> Outcome {
        let (at, dollars) = (self.someone(), self.rng.range(100, 4_000) as u64);
        let Self { x, traders, .. } = self;
        x.deposit(&traders[at], 0, dollars * DOLLAR as u64)
    }

    fn lots(&mut self) -> u64 {
        let small = self.rng.chance(30);
        self.rng.range(1, if small { 3 } else { 100_000 }) as u64
    }

    fn trade(&mut self) -> Outcome {
        let (first, second) = (self.someone(), self.someone());
        let market = self.rng.below(MARKETS.into()) as u16;
        // Up to some ten times what the smaller has.
        let dollars = FUNDS[first].min(FUNDS[second]) as i64 * self.rng.range(1, 19);
        let tick = self.x.market_setup(market).tick_size as i64;
        let lot = self.x.index_ticks(market) as i64 * tick;
        let lots = (dollars * DOLLAR / lot).max(1);
        let lots = if self.rng.chance(50) { lots } else { -lots };
        let leg = self.x.leg(market, lots);
        let Self { x, traders, .. } = self;
        x.block_trade(&traders[first], &traders[second], &[leg])
    }

    /// A small order of the maker, and somebody who takes it without its account.
    fn queue(&mut self) -> Outcome {
        let market = self.rng.below(MARKETS.into()) as u16;
        let side = self.rng.pick(&[Side::Buy, Side::Sell]);
        let taker = 1 + self.rng.below(TRADERS as u64 - 1) as usize;
        let mid = self.x.index_ticks(market);
        let Self { x, traders, .. } = self;
        x.order(&traders[0], market, limit(side, mid, 20), &[])?;
        let lots = if side == Side::Buy { -20 } else { 20 };
        x.trade(&traders[taker], market, lots, mid, &[])
    }

    fn settle(&mut self) -> Outcome {
        let market = self.rng.below(MARKETS.into()) as u16;
        let maker = self.traders[0].margin;
        self.x.settle_fills(market, &[maker])
    }

    fn move_price(&mut self) {
        let asset = self.rng.range(1, 3) as u16;
        let most = self.rng.pick(&[50, 300, 1_000, 2_500]);
        let bps = self.rng.range(-most, most);
        let price = self.x.prices[usize::from(asset)];
        // Not so far that lots leave their range.
        let price = (price + price * bps / 10_000).clamp(1_000_000_000, 40_000_000_000_000);
        self.x.prices[usize::from(asset)] = price;
        self.x.chain.advance(self.rng.range(1, 3_000));
        self.x.refresh_all();
    }

    /// Everything that anybody may do when accounts fail.
    fn clean_up(&mut self) -> (&'static str, Outcome) {
        let lots = if self.rng.chance(60) {
            u64::MAX
        } else {
            self.lots()
        };
        match self.rng.below(16) {
            0..2 => {
                let victim = self.failing();
                let market = self.market_of(&victim);
                let Self { x, traders, .. } = self;
                (
                    "liquidate",
                    x.liquidate(&traders[KEEPER], victim, market, lots),
                )
            }
            2 => {
                let backstop = self.x.venue.backstop();
                let market = self.market_of(&backstop);
                let Self { x, traders, .. } = self;
                (
                    "sell",
                    x.liquidate(&traders[KEEPER], backstop, market, lots),
                )
            }
            3..6 => {
                let victim = self.failing();
                ("resolve_default", self.x.resolve_default(victim))
            }
            6..10 => {
                let victim = self.failing();
                let market = self.market_of(&victim);
                ("deleverage", self.x.deleverage(victim, market))
            }
            10 => {
                let backstop = self.x.venue.backstop();
                let market = self.market_of(&backstop);
                let closed = self.x.deleverage_backstop(market);
                ("deleverage_backstop", closed)
            }
            11..14 => {
                let (account, market) = self.lagging();
                ("catch_up", self.x.catch_up(account, market))
            }
            _ => {
                let (market, side) = self.dusty();
                ("sweep_dust", self.x.sweep_dust(market, side))
            }
        }
    }

    fn step(&mut self) -> Verdict {
        let before = self.standing();
        let (name, outcome) = match self.rng.below(20) {
            0..4 => ("trade", Some(self.trade())),
            4 => ("queue", Some(self.queue())),
            5 => ("settle", Some(self.settle())),
            6 => ("deposit", Some(self.deposit())),
            7..9 => {
                self.move_price();
                ("price", None)
            }
            9 if self.rng.chance(15) => {
                let dollars = self.rng.range(1, 300) as u64;
                ("insure", Some(self.insure(dollars)))
            }
            _ => {
                let (name, outcome) = self.clean_up();
                (name, Some(outcome))
            }
        };
        let refused = outcome.as_ref().is_some_and(Result::is_err);
        self.counts.entry(name).or_default()[usize::from(refused)] += 1;
        let what = match &outcome {
            Some(Err(failure)) => format!("refused {:?}", failure.code),
            _ => "done".to_owned(),
        };
        self.log.push_back(format!("{name}: {what}"));
        if self.log.len() > 20 {
            self.log.pop_front();
        }
        if let Some(Err(failure)) = &outcome {
            ensure!(
                failure.code.is_some(),
                "it failed, and was not refused: {failure}"
            );
        }
        self.check()?;
        if name != "price" && !refused {
            self.check_values(name, &before)?;
        }
        Ok(())
    }

    /// The value of the lots that rounding has left over, and that nobody has yet: long in every market.
    fn dust(&self) -> i64 {
        let mut keys = self.keys();
        keys.push(self.x.venue.backstop());
        let tables = self.x.tables();
        let mut value = 0;
        for index in 0..MARKETS {
            let (market, row) = (self.x.market(index), &tables.markets[usize::from(index)]);
            let mut lots = market.pending_long - market.pending_short;
            for key in &keys {
                let margin = self.x.margin(key);
                let held = margin.positions().iter().filter(|p| p.market == index);
                lots += held.map(|p| p.held(row).0).sum::<i64>();
            }
            assert!(lots <= 0, "{lots} lots too many in {index}");
            let price = tables.assets[usize::from(row.asset)].index;
            value += (i128::from(-lots) * i128::from(price.0)) >> 16;
        }
        value as i64
    }

    /// What rounding to whole lots moves between accounts and dust: less than a lot of each account.
    fn grain(&self) -> i64 {
        let tables = self.x.tables();
        let lot = |row: &Market| tables.assets[usize::from(row.asset)].index.0 >> 16;
        let dearest = tables.markets.iter().map(lot).max().unwrap_or(0);
        (TRADERS as i64 + 1) * dearest as i64
    }

    /// Equity of everybody, of the backstop, what waits on the insurance line, and the value of what rounding
    /// has left over.
    fn standing(&mut self) -> Vec<i64> {
        let mut keys = self.keys();
        keys.push(self.x.venue.backstop());
        let mut standing: Vec<i64> = keys
            .iter()
            .map(|key| self.x.view(*key).map_or(0, |view| view.equity))
            .collect();
        standing.push(self.x.clearinghouse().insurance);
        standing.push(self.dust());
        standing
    }

    /// What must hold of the books at any time.
    fn check(&self) -> Verdict {
        let mut keys = self.keys();
        let sums = reconcile(&self.x, &keys);
        ensure!(sums.difference() == 0, "quote: {sums:?}");
        ensure!(sums.lots.iter().all(|lots| *lots == 0), "lots: {sums:?}");
        // Lots that rounding has left over do not take part in funding until they are swept.
        ensure!(
            sums.left() > -i128::from(DOLLAR),
            "somebody is paid by nobody: {sums:?}"
        );
        keys.push(self.x.venue.backstop());
        let tables = self.x.tables();
        for index in 0..MARKETS {
            let (market, row) = (self.x.market(index), &tables.markets[usize::from(index)]);
            let long = market.open_long + market.pending_long;
            ensure!(
                long == market.open_short + market.pending_short,
                "open interest of {index}: {market:?}"
            );
            let (mut held, mut behind) = ([0, 0], [0, 0]);
            for key in &keys {
                let margin = self.x.margin(key);
                for position in margin.positions().iter().filter(|p| p.market == index) {
                    let side = Market::side(position.lots);
                    held[side] += position.lots.0.abs();
                    if !position.is_current(row) {
                        behind[side] += position.lots.0.abs();
                    }
                }
            }
            let open = [market.open_long, market.open_short];
            for side in [0, 1] {
                ensure!(
                    held[side] == open[side] + market.unsettled[side],
                    "accounts hold {held:?} in {index}: {market:?}"
                );
                ensure!(
                    behind[side] == market.behind[side],
                    "{behind:?} lag in {index}: {market:?}"
                );
            }
        }
        Ok(())
    }

    /// Who may have lost or won by a step that moved no price.
    fn check_values(&mut self, name: &str, before: &[i64]) -> Verdict {
        let after = self.standing();
        let changes: Vec<i64> = after.iter().zip(before).map(|(a, b)| a - b).collect();
        let sum: i64 = changes.iter().sum();
        if name == "deleverage_backstop" || name == "resolve_default" {
            // The fund never pays below the floor of the day; as one of the other side it bears its share like
            // everybody.
            let cap = self.x.tables().header.params.backstop_daily_loss;
            let floor = self
                .x
                .margin(&self.x.venue.backstop())
                .header
                .reference
                .floor(cap)
                .0;
            let (fund, had) = (after[TRADERS], before[TRADERS] + before[TRADERS + 1]);
            ensure!(
                fund >= floor.min(had) - self.grain(),
                "the fund fell from {had} to {fund}, below {floor}"
            );
        }
        match name {
            // What is written down changes, and nothing else.
            "catch_up" => ensure!(changes.iter().all(|c| *c == 0), "{changes:?}"),
            // The fund gets what it takes over, and what waited on its line.
            // Netted positions round their value once instead of twice.
            "resolve_default" => {
                ensure!(
                    sum.abs() <= i64::from(MARKETS),
                    "{changes:?} created or lost {sum}"
                );
            }
            // What one side gets the other pays, but for less than a lot an account. To the atom it is in
            // `check`.
            "deleverage" | "deleverage_backstop" | "sweep_dust" => {
                ensure!(
                    sum.abs() <= self.grain(),
                    "{changes:?} created or lost {sum}"
                );
            }
            _ => {}
        }
        Ok(())
    }
}

fn run(seed: u64, steps: u64) -> Result<BTreeMap<&'static str, [u64; 2]>, String> {
    let mut crash = Crash::new(seed);
    for step in 0..steps {
        crash.step().map_err(|what| {
            let log: Vec<String> = crash.log.drain(..).collect();
            format!(
                "{what}\nin crash {seed}, step {step}; COUNTERWEIGHT_SEED={seed} repeats it. The last \
                 actions:\n{}",
                log.join("\n")
            )
        })?;
    }
    Ok(crash.counts)
}

#[test]
fn the_books_balance_through_every_default() {
    let steps = number("COUNTERWEIGHT_STEPS", 200);
    let seeds: Vec<u64> = match std::env::var("COUNTERWEIGHT_SEED") {
        Ok(_) => vec![number("COUNTERWEIGHT_SEED", 0)],
        Err(_) => (0..number("COUNTERWEIGHT_CRASHES", 40)).collect(),
    };
    println!("crashes {:?} to {:?}", seeds.first(), seeds.last());
    let halves: Vec<&[u64]> = seeds.chunks(seeds.len().div_ceil(2)).collect();
    let results: Vec<_> = std::thread::scope(|scope| {
        let threads = halves.into_iter().map(|seeds| {
            scope.spawn(move || {
                seeds
                    .iter()
                    .map(|seed| run(*seed, steps))
                    .collect::<Vec<_>>()
            })
        });
        let threads: Vec<_> = threads.collect();
        threads
            .into_iter()
            .flat_map(|t| t.join().expect("a thread panicked"))
            .collect()
    });
    let mut counts: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
    for result in results {
        for (name, [done, refused]) in result.unwrap_or_else(|what| panic!("{what}")) {
            let sums = counts.entry(name).or_default();
            *sums = [sums[0] + done, sums[1] + refused];
        }
    }
    println!("{:<20}{:>10}{:>10}", "action", "succeeded", "refused");
    for (name, [done, refused]) in &counts {
        println!("{name:<20}{done:>10}{refused:>10}");
    }
    // A run in which nothing happens proves nothing.
    if seeds.len() >= 30 && steps >= 100 {
        for (name, least) in [
            ("liquidate", 50),
            ("sell", 15),
            ("resolve_default", 10),
            ("deleverage", 35),
            ("deleverage_backstop", 1),
            ("catch_up", 50),
            ("sweep_dust", 10),
            ("queue", 60),
        ] {
            let done = counts.get(name).map_or(0, |count| count[0]);
            assert!(
                done >= least,
                "{name} succeeded {done} times, at least {least} expected"
            );
        }
    }
}
