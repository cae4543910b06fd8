//! An exchange in a crash: accounts with a copy of their state, a second ledger, and what was counted.

use super::{
    checks,
    path::{MARKETS, Published},
    shadow::{Closed, Shadow},
    stats::Stats,
};
use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use counterweight::{
    Leg,
    error::ErrorCode,
    events::{
        BlockTradeSettled, CaughtUp, DefaultResolved, Deleveraged, DustSwept, FeesCollected,
        Liquidated,
    },
};
use counterweight_risk::{
    backstop::{is_in_default, judged_kindly},
    standard::{Health, check_ages, maintenance},
};
use counterweight_sdk::{
    accounts::{Margin, RiskTables},
    events,
};
use counterweight_simnet::{Exchange, Receipt, Signer, Trader};
use std::collections::HashMap;

/// What a call came to: a receipt, or the program's refusal.
pub type Outcome = Result<Receipt, u32>;

/// An exchange with all that a crash needs to know of it.
pub struct World {
    pub x: Exchange,
    /// Margin accounts: those of users, then makers, then keepers.
    pub traders: Vec<Trader>,
    /// The user of each of the first accounts.
    pub owner: Vec<usize>,
    pub makers: core::ops::Range<usize>,
    pub keepers: core::ops::Range<usize>,
    /// The accounts as they were last written; the backstop's is the last one, behind all traders.
    pub margins: Vec<Margin>,
    pub tables: RiskTables,
    pub shadow: Shadow,
    pub stats: Stats,
    at: HashMap<Pubkey, usize>,
}

/// A refusal's number as an error's.
pub fn is(code: u32, error: ErrorCode) -> bool {
    code == u32::from(error)
}

impl World {
    pub fn new(x: Exchange) -> Self {
        let tables = x.tables();
        let mut world = Self {
            x,
            traders: Vec::new(),
            owner: Vec::new(),
            makers: 0..0,
            keepers: 0..0,
            margins: Vec::new(),
            tables,
            shadow: Shadow::default(),
            stats: Stats::default(),
            at: HashMap::new(),
        };
        for m in 0..MARKETS {
            world.shadow.price(m, world.tables.assets[m + 1].index.0);
        }
        world
    }

    pub fn admit(&mut self, trader: Trader) -> usize {
        let at = self.traders.len();
        self.at.insert(trader.margin, at);
        self.margins.push(self.x.margin(&trader.margin));
        self.shadow.admit();
        self.traders.push(trader);
        at
    }

    /// Pays into an account.
    pub fn deposit(&mut self, at: usize, asset: u16, atoms: u64) -> Result<(), String> {
        let trader = &self.traders[at];
        self.x
            .deposit(trader, asset, atoms)
            .map_err(|failure| format!("deposit: {failure}"))?;
        if asset == 0 {
            self.shadow.deposit(at, atoms as i64);
        }
        self.reload(at);
        Ok(())
    }

    /// Nobody is admitted any more: the backstop stands behind the last.
    pub fn complete(&mut self) {
        let backstop = self.x.venue.backstop();
        self.at.insert(backstop, self.traders.len());
        self.margins.push(self.x.margin(&backstop));
        self.shadow.admit();
    }

    /// The backstop's place.
    pub fn backstop(&self) -> usize {
        self.traders.len()
    }

    pub fn key(&self, party: usize) -> Pubkey {
        self.traders
            .get(party)
            .map_or_else(|| self.x.venue.backstop(), |trader| trader.margin)
    }

    pub fn reload(&mut self, party: usize) {
        self.margins[party] = self.x.margin(&self.key(party));
    }

    /// Whether an account has a position whose oracle is silent.
    pub fn is_silent(&self, party: usize) -> bool {
        let now = self.x.chain.time();
        check_ages(
            &self.tables.book(),
            &self.margins[party].view(),
            now,
            u32::MAX,
        )
        .is_err()
    }

    /// Whether an account is in default, as the program judges it.
    pub fn defaults(&self, party: usize) -> bool {
        let (book, now) = (self.tables.book(), self.x.chain.time());
        let health = judged_kindly(&book, &self.margins[party].view(), now);
        health.is_ok_and(|health| is_in_default(&health, book.params.backstop_line))
    }

    /// Equity and maintenance margin.
    pub fn health(&self, party: usize) -> Option<Health> {
        let now = self.x.chain.time();
        maintenance(&self.tables.book(), &self.margins[party].view(), now).ok()
    }

    /// The lots of an account as they count now.
    pub fn held(&self, party: usize, market: usize) -> i64 {
        let positions = self.margins[party].positions();
        let position = positions.iter().find(|p| usize::from(p.market) == market);
        position.map_or(0, |p| p.held(&self.tables.markets[market]).0)
    }

    /// The lots that are written down.
    fn written(&self, party: usize, market: usize) -> i64 {
        let positions = self.margins[party].positions();
        let position = positions.iter().find(|p| usize::from(p.market) == market);
        position.map_or(0, |p| p.lots.0)
    }

    /// Index price of a market in quote atoms a lot, 48.16.
    pub fn index(&self, market: usize) -> u64 {
        self.tables.assets[market + 1].index.0
    }

    /// Value of lots at the index, in atoms, without sign.
    pub fn value(&self, market: usize, lots: i64) -> i64 {
        ((i128::from(lots.abs()) * i128::from(self.index(market))) >> 16) as i64
    }

    /// Whether a market's price is too uncertain for a takeover that pays.
    pub fn is_wide(&self, market: usize) -> bool {
        self.tables.assets[market + 1].price_flags & counterweight_risk::asset::PRICE_WIDE != 0
    }

    /// Sends a call and counts it.
    pub fn send(
        &mut self,
        name: &'static str,
        call: Instruction,
        signers: &[usize],
    ) -> Result<Outcome, String> {
        let keys: Vec<_> = signers.iter().map(|at| &self.traders[*at].key).collect();
        match self.x.chain.send(&[call], &keys) {
            Ok(receipt) => {
                self.stats.done(name, receipt.units);
                Ok(Ok(receipt))
            }
            Err(failure) => {
                let Some(code) = failure.code else {
                    return Err(format!("{name} failed, and was not refused: {failure}"));
                };
                self.stats.refused(name, code);
                Ok(Err(code))
            }
        }
    }

    fn event<T>(name: &str, receipt: &Receipt) -> Result<T, String>
    where
        T: anchor_lang::AnchorDeserialize + anchor_lang::Discriminator,
    {
        let found = events::of_type(&receipt.logs).into_iter().next();
        found.ok_or_else(|| format!("{name} logged no event"))
    }

    /// A block trade between two accounts.
    pub fn block_trade(
        &mut self,
        first: usize,
        second: usize,
        legs: &[Leg],
    ) -> Result<Outcome, String> {
        let guards = counterweight::Guards::default();
        let side = |at: usize| {
            let trader: &Trader = &self.traders[at];
            (trader.key.pubkey(), trader.margin, guards)
        };
        let call = self
            .x
            .venue
            .settle_block_trade(side(first), side(second), legs);
        let receipt = match self.send("settle_block_trade", call, &[first, second])? {
            Ok(receipt) => receipt,
            Err(code) => return Ok(Err(code)),
        };
        self.reload(first);
        self.reload(second);
        let event: BlockTradeSettled = Self::event("settle_block_trade", &receipt)?;
        for leg in &event.legs {
            let m = usize::from(leg.market);
            self.exchange(first, second, m, leg.lots, leg.cost, leg.fee)?;
        }
        Ok(Ok(receipt))
    }

    /// Lots that an account received from another one, for a cost and a fee of each.
    fn exchange(
        &mut self,
        to: usize,
        from: usize,
        m: usize,
        lots: i64,
        cost: i64,
        fee: i64,
    ) -> Result<(), String> {
        for (party, lots, cost) in [(to, lots, cost), (from, -lots, -cost)] {
            let before = self.written(party, m) - lots;
            self.shadow.touch(party, m, before)?;
            self.shadow.trade(party, m, lots, cost, fee);
        }
        Ok(())
    }

    /// A keeper takes lots of an account, or of the backstop.
    pub fn liquidate(
        &mut self,
        keeper: usize,
        account: usize,
        market: usize,
        max_lots: u64,
    ) -> Result<Outcome, String> {
        let args = counterweight::LiquidateArgs {
            market: market as u16,
            max_lots,
            ..Default::default()
        };
        let trader = &self.traders[keeper];
        let (owner, key) = (trader.key.pubkey(), self.key(account));
        let call = self.x.venue.liquidate(owner, key, trader.margin, args);
        let receipt = match self.send("liquidate", call, &[keeper])? {
            Ok(receipt) => receipt,
            Err(code) => return Ok(Err(code)),
        };
        self.reload(keeper);
        self.reload(account);
        let event: Liquidated = Self::event("liquidate", &receipt)?;
        self.exchange(keeper, account, market, event.lots, event.cost, 0)?;
        let (penalty, insurance) = (event.penalty, event.insurance);
        self.shadow
            .penalty(account, keeper, market, penalty, insurance);
        let backstop = account == self.backstop();
        self.stats.liquidated(account, backstop, &event);
        Ok(Ok(receipt))
    }

    /// Starts or ends an account's auction.
    pub fn flag(&mut self, account: usize) -> Result<Outcome, String> {
        let call = self.x.venue.flag_account(self.key(account));
        let outcome = self.send("flag_account", call, &[])?;
        self.reload(account);
        Ok(outcome)
    }

    /// The backstop takes an account over.
    pub fn resolve(&mut self, account: usize) -> Result<Outcome, String> {
        let backstop = self.backstop();
        let of = |party: usize| self.margins[party].positions().iter().map(|p| p.market);
        let both: Vec<u16> = of(account)
            .filter(|m| of(backstop).any(|o| o == *m))
            .collect();
        let call = self.x.venue.resolve_default(self.key(account), &both);
        let receipt = match self.send("resolve_default", call, &[])? {
            Ok(receipt) => receipt,
            Err(code) => return Ok(Err(code)),
        };
        self.reload(account);
        self.reload(backstop);
        let event: DefaultResolved = Self::event("resolve_default", &receipt)?;
        let swept = self.shadow.sweep(backstop);
        if swept != event.insurance {
            return Err(format!(
                "{} of insurance moved, not {swept}",
                event.insurance
            ));
        }
        self.shadow.take_over(account, backstop);
        for market in both.into_iter().map(usize::from) {
            let written = self.written(backstop, market);
            self.shadow.touch_all(backstop, market, written, 2)?;
        }
        self.stats.taken_over(account, &event);
        Ok(Ok(receipt))
    }

    /// Closes lots of an account, or of the backstop, against the other side.
    pub fn deleverage(&mut self, account: usize, market: usize) -> Result<Outcome, String> {
        let (backstop, m) = (self.backstop(), market as u16);
        let before = self.x.market(m);
        let (name, call) = if account == backstop {
            let call = self.x.venue.deleverage_backstop(m);
            ("deleverage_backstop", call)
        } else {
            let call = self.x.venue.deleverage(self.key(account), m);
            ("deleverage", call)
        };
        let receipt = match self.send(name, call, &[])? {
            Ok(receipt) => receipt,
            Err(code) => return Ok(Err(code)),
        };
        self.tables = self.x.tables();
        self.reload(account);
        self.reload(backstop);
        let event: Deleveraged = Self::event(name, &receipt)?;
        self.shadow.sweep(backstop);
        let long = event.lots > 0;
        let asset = &self.tables.assets[market + 1];
        let closed = Closed {
            account,
            market,
            lots: event.lots,
            received: event.received,
            deficit: event.deficit,
            covered: event.covered,
            price: if long {
                asset.maintenance_high.0
            } else {
                asset.maintenance_low.0
            },
            open: if long {
                before.open_short
            } else {
                before.open_long
            },
            collateral: (0..=backstop)
                .map(|at| checks::sol_value(self, self.margins[at].header.core.balance(1)))
                .collect(),
        };
        let held = self.written(account, market) + event.lots;
        self.shadow.touch(account, market, held)?;
        self.shadow.deleverage(&closed, backstop);
        let value = self.value(market, event.lots);
        self.stats.deleveraged(account, backstop, value, &event);
        Ok(Ok(receipt))
    }

    /// Writes down what deleveraging has made of a position.
    pub fn catch_up(&mut self, account: usize, market: usize) -> Result<Outcome, String> {
        let call = self.x.venue.catch_up(self.key(account), market as u16);
        let receipt = match self.send("catch_up", call, &[])? {
            Ok(receipt) => receipt,
            Err(code) => return Ok(Err(code)),
        };
        self.reload(account);
        let event: CaughtUp = Self::event("catch_up", &receipt)?;
        let written = self.written(account, market);
        if written.abs() != event.held - event.closed {
            return Err(format!("catch_up of {account} left {written} lots"));
        }
        self.shadow.touch(account, market, written)?;
        Ok(Ok(receipt))
    }

    /// Gives the backstop what rounding has left over on a side.
    pub fn sweep_dust(&mut self, market: usize, side: u8) -> Result<Outcome, String> {
        let backstop = self.backstop();
        let call = self.x.venue.sweep_dust(market as u16, side);
        let receipt = match self.send("sweep_dust", call, &[])? {
            Ok(receipt) => receipt,
            Err(code) => return Ok(Err(code)),
        };
        self.reload(backstop);
        let event: DustSwept = Self::event("sweep_dust", &receipt)?;
        let before = self.written(backstop, market) - event.lots;
        self.shadow.touch(backstop, market, before)?;
        self.shadow.dust(backstop, market, event.lots);
        self.stats.dust[market] += event.lots;
        Ok(Ok(receipt))
    }

    /// Brings fees and insurance shares of a market to the clearinghouse.
    pub fn collect(&mut self, market: usize) -> Result<(), String> {
        let call = self.x.venue.collect_fees(market as u16);
        if let Ok(receipt) = self.send("collect_fees", call, &[])? {
            let event: FeesCollected = Self::event("collect_fees", &receipt)?;
            let expected = core::mem::take(&mut self.shadow.market_lines[market]);
            if event.insurance != expected {
                return Err(format!("{} collected, not {expected}", event.insurance));
            }
            self.shadow.line += expected;
        }
        Ok(())
    }

    /// Time passes, and the prices that there are come in.
    pub fn tick(
        &mut self,
        seconds: i64,
        prices: &[Option<Published>; MARKETS],
    ) -> Result<(), String> {
        self.x.chain.advance(seconds);
        let mut assets = Vec::new();
        for (m, price) in prices.iter().enumerate() {
            let Some(price) = price else { continue };
            let asset = m as u16 + 1;
            self.x
                .publish_with(asset, price.price, price.confidence, price.average);
            assets.push(asset);
        }
        let call = self.x.refresh_instruction(&assets);
        if let Err(code) = self.send("refresh_prices", call, &[])? {
            return Err(format!("refresh_prices was refused: {code}"));
        }
        self.tables = self.x.tables();
        for (m, price) in prices.iter().enumerate() {
            let Some(price) = price else { continue };
            // 10^-8 dollars a unit, to 2^-16 quote atoms a lot: as the documents have it, down.
            let power = 2 - i32::from(self.x.deployment.asset[m + 1].lot_exponent);
            let expected = (i128::from(price.price) << 16) / 10i128.pow(power.unsigned_abs());
            let found = self.index(m);
            if i128::from(found) != expected {
                return Err(format!("index {found} in market {m}, not {expected}"));
            }
            self.shadow.price(m, found);
        }
        Ok(())
    }
}
