//! What traders, makers and keepers do in a crash.

use crate::{Crash, FUNDS, KEEPER, MARKETS, Outcome, TRADERS};
use anchor_lang::prelude::Pubkey;
use counterweight_risk::{Position, orders::Side};
use counterweight_simnet::{Signer, limit};
use counterweight_tests::scene::DOLLAR;
use std::collections::BTreeSet;

impl Crash {
    pub fn insure(&mut self, dollars: u64) -> Outcome {
        let owner = self.traders[0].key.pubkey();
        let wallet = self.x.wallet(&self.traders[0], 0, dollars * DOLLAR as u64);
        let quote = self.x.collateral(0);
        let fund = self
            .x
            .venue
            .fund_insurance(owner, &quote, wallet, dollars * DOLLAR as u64);
        self.x.chain.send(&[fund], &[&self.traders[0].key])
    }

    pub fn keys(&self) -> Vec<Pubkey> {
        self.traders.iter().map(|trader| trader.margin).collect()
    }

    pub fn someone(&mut self) -> usize {
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

    pub fn deposit(&mut self) -> Outcome {
        let (at, dollars) = (self.someone(), self.rng.range(100, 4_000) as u64);
        let Self { x, traders, .. } = self;
        x.deposit(&traders[at], 0, dollars * DOLLAR as u64)
    }

    fn lots(&mut self) -> u64 {
        let small = self.rng.chance(30);
        self.rng.range(1, if small { 3 } else { 100_000 }) as u64
    }

    pub fn trade(&mut self) -> Outcome {
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

    /// Lots of so many dollars.
    fn lots_of(&self, market: u16, dollars: i64) -> u64 {
        let tick = self.x.market_setup(market).tick_size as i64;
        let lot = self.x.index_ticks(market) as i64 * tick;
        (dollars * DOLLAR / lot).max(10) as u64
    }

    /// An order of anybody's, small or of the size of an account, and somebody who takes it without its
    /// maker's account: the fill waits.
    pub fn queue(&mut self) -> Outcome {
        let market = self.rng.below(MARKETS.into()) as u16;
        let side = self.rng.pick(&[Side::Buy, Side::Sell]);
        let maker = if self.rng.chance(50) {
            0
        } else {
            self.someone()
        };
        let taker = (maker + 1 + self.rng.below(TRADERS as u64 - 1) as usize) % TRADERS;
        let most = FUNDS[maker].min(FUNDS[taker]) as i64;
        let dollars = self.rng.pick(&[20, most / 10, most * 2]);
        let size = self.lots_of(market, dollars);
        let mid = self.x.index_ticks(market);
        let Self { x, traders, .. } = self;
        x.order(&traders[maker], market, limit(side, mid, size), &[])?;
        let lots = if side == Side::Buy { -1 } else { 1 } * size as i64;
        x.trade(&traders[taker], market, lots, mid, &[])
    }

    /// An order that pays more than the index, or asks for less: where it is large enough it makes a premium,
    /// and funding with it. Its owner may fail while it rests.
    pub fn quote(&mut self) -> Outcome {
        let (market, owner) = (self.rng.below(MARKETS.into()) as u16, self.someone());
        let size = self.lots_of(market, (FUNDS[owner] as i64 * 5).min(25_000));
        let mid = self.x.index_ticks(market);
        let away = mid * self.rng.range(20, 250) as u64 / 10_000;
        let (side, ticks) = if self.rng.chance(50) {
            (Side::Buy, mid + away)
        } else {
            (Side::Sell, mid - away)
        };
        let Self { x, traders, .. } = self;
        x.order(&traders[owner], market, limit(side, ticks, size), &[])
    }

    /// The indices move by what has come together since the last time.
    pub fn fund(&mut self) -> Outcome {
        let mut last = None;
        for market in 0..MARKETS {
            let before = self.x.tables().markets[usize::from(market)].index;
            last = Some(self.x.update_funding(market)?);
            let after = self.x.tables().markets[usize::from(market)].index;
            let moved = usize::from(before == after);
            self.counts.entry("index moved").or_default()[moved] += 1;
        }
        Ok(last.expect("there are markets"))
    }

    /// Brings makers what waits for them in a market.
    pub fn settle(&mut self) -> Outcome {
        let full = |market: &u16| !self.x.order_book(*market).queue.is_empty();
        let full: Vec<u16> = (0..MARKETS).filter(full).collect();
        if full.is_empty() {
            let maker = self.traders[0].margin;
            return self.x.settle_fills(0, &[maker]);
        }
        let market = self.rng.pick(&full);
        let queue = self.x.order_book(market).queue;
        let makers: BTreeSet<[u8; 32]> = queue.iter().map(|entry| entry.maker).collect();
        let makers: Vec<Pubkey> = makers.into_iter().map(Pubkey::from).collect();
        self.x.settle_fills(market, &makers)
    }

    /// Takes the orders of an account out of a book, of one that fails and has some if there is one.
    fn prune(&mut self) -> Outcome {
        let mut found = Vec::new();
        for key in self.keys() {
            let view = self.x.view(key);
            let fails = view.is_ok_and(|view| view.equity < view.maintenance_margin);
            let margin = self.x.margin(&key);
            let resting = |p: &&Position| p.bid_lots.0 + p.ask_lots.0 != 0;
            let markets = margin.positions().iter().filter(resting);
            found.extend(markets.filter(|_| fails).map(|p| (key, p.market)));
        }
        if found.is_empty() {
            let key = self.failing();
            found.push((key, self.market_of(&key)));
        }
        let (victim, market) = self.rng.pick(&found);
        self.x.prune(victim, market)
    }

    pub fn move_price(&mut self) {
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
    pub fn clean_up(&mut self) -> (&'static str, Outcome) {
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
            14 => ("prune", self.prune()),
            _ => {
                let (market, side) = self.dusty();
                ("sweep_dust", self.x.sweep_dust(market, side))
            }
        }
    }
}
