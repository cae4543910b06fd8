//! From bytes to operations. Every record means something wherever it stands, so that a fuzzer may cut,
//! copy and splice; and most of what it means can be done, so that it gets somewhere: sizes are shares of
//! what an account can afford, and victims are looked for among those that fail.

use crate::{
    default::Closed,
    ledger::{ACCOUNTS, ASSETS, BACKSTOP, Ledger, MARKETS, Order, Outcome, RECORDED},
    liquidate::Sliced,
    report::Report,
    setup::DOLLAR,
};
use counterweight_risk::{
    backstop::is_in_default,
    collateral::Taking,
    deleverage::epoch_of,
    liquidation::Step,
    orders::Side,
    standard::{Gains, maintenance},
};

/// Kinds of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // they say what they are
pub enum Kind {
    Trade,
    Rest,
    Take,
    Cancel,
    SettleFill,
    Price,
    Crash,
    Time,
    Silence,
    Premium,
    Funding,
    Flag,
    Liquidate,
    Sell,
    Slice,
    Seize,
    Accrue,
    Resolve,
    Deleverage,
    DeleverageBackstop,
    CatchUp,
    Sweep,
    Deposit,
    Withdraw,
    Transfer,
    Insure,
    CollectFees,
    WithdrawFees,
    LimitOutflow,
    SettleMarket,
    SettlePosition,
    ChooseModel,
}

impl Kind {
    /// As the report calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Trade => "Trade",
            Self::Rest => "Rest",
            Self::Take => "Take",
            Self::Cancel => "Cancel",
            Self::SettleFill => "SettleFill",
            Self::Price => "Price",
            Self::Crash => "Crash",
            Self::Time => "Time",
            Self::Silence => "Silence",
            Self::Premium => "Premium",
            Self::Funding => "Funding",
            Self::Flag => "Flag",
            Self::Liquidate => "Liquidate",
            Self::Sell => "Sell",
            Self::Slice => "Slice",
            Self::Seize => "Seize",
            Self::Accrue => "Accrue",
            Self::Resolve => "Resolve",
            Self::Deleverage => "Deleverage",
            Self::DeleverageBackstop => "DeleverageBackstop",
            Self::CatchUp => "CatchUp",
            Self::Sweep => "Sweep",
            Self::Deposit => "Deposit",
            Self::Withdraw => "Withdraw",
            Self::Transfer => "Transfer",
            Self::Insure => "Insure",
            Self::CollectFees => "CollectFees",
            Self::WithdrawFees => "WithdrawFees",
            Self::LimitOutflow => "LimitOutflow",
            Self::SettleMarket => "SettleMarket",
            Self::SettlePosition => "SettlePosition",
            Self::ChooseModel => "ChooseModel",
        }
    }
}

/// What was done, for the checks.
#[derive(Clone, Debug)]
pub struct Deed {
    /// The kind.
    pub kind: Kind,
    /// Whom it was done by or to; the first one buys, gives, or fails.
    pub who: [usize; 2],
    /// Where.
    pub market: usize,
    /// What an operation of this kind says of itself.
    pub detail: Detail,
}

/// What operations say of themselves.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // they say what they are
pub enum Detail {
    None,
    Moved(#[allow(dead_code)] (usize, u64)), // for the log
    Liquidated { step: Step, held: i64 },
    Sliced(Box<Sliced>),
    Seized { asset: usize, taking: Taking },
    Closed(Closed),
    Swept { side: usize, lots: i64 },
    Filled { lots: i64, at_hand: bool },
}

impl Deed {
    /// Counts the deep states.
    pub fn reaches(&self, before: &Ledger, after: &Ledger, report: &mut Report) {
        if before.is_scanned(self.who[0]) {
            match self.kind {
                Kind::Liquidate => report.reach("a leg taken of a scanned book"),
                Kind::Slice => report.reach("a slice of a scanned book"),
                Kind::Resolve => report.reach("a scanned book taken over"),
                Kind::Deleverage => report.reach("a scanned book deleveraged"),
                _ => {}
            }
        }
        match self.kind {
            Kind::Resolve => report.reach("a default that the backstop took over"),
            Kind::Deleverage => {
                report.reach("a deleveraging");
                if before.house.reference.day != after.house.reference.day {
                    report.reach("a deleveraging on a new day");
                }
                if after.lines[self.market].behind.iter().all(|lots| *lots > 0) {
                    report.reach("both sides of a market behind");
                }
            }
            Kind::DeleverageBackstop => report.reach("a deleveraging of the backstop"),
            Kind::Slice => report.reach("a slice"),
            Kind::Seize => report.reach("collateral taken"),
            Kind::Sweep => report.reach("dust swept"),
            Kind::Crash if !after.queue.is_empty() => report.reach("a crash with fills waiting"),
            Kind::Funding if after.lines.iter().any(|line| line.behind != [0; 2]) => {
                report.reach("funding while accounts lag");
            }
            _ => {}
        }
        let epochs = |row: &counterweight_risk::Market| row.era.map(epoch_of);
        if after.markets.iter().flat_map(epochs).any(|epoch| epoch > 1) {
            report.reach("a side in its third epoch");
        }
    }
}

/// An operation as bytes.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    op: u8,
    who: u8,
    what: u8,
    how: u8,
    size: u16,
}

impl Record {
    /// From six bytes.
    ///
    /// # Panics
    /// With fewer.
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            op: bytes[0],
            who: bytes[1],
            what: bytes[2],
            how: bytes[3],
            size: u16::from_le_bytes([bytes[4], bytes[5]]),
        }
    }

    fn pair(&self) -> [usize; 2] {
        [self.who & 15, self.who >> 4].map(|at| usize::from(at) % ACCOUNTS)
    }

    fn market(&self) -> usize {
        usize::from(self.what & 15) % MARKETS
    }

    /// An asset that has a price.
    fn asset(&self) -> usize {
        1 + usize::from(self.what & 15) % (ASSETS - 1)
    }

    /// Whether accounts are taken as they are named, and not looked for.
    fn is_blind(&self) -> bool {
        self.what >= 0xE0
    }

    fn most(&self) -> u64 {
        match self.how & 3 {
            0 => 1 + u64::from(self.size),
            _ => u64::MAX,
        }
    }
}

/// Does what a record says.
pub fn operate(ledger: &mut Ledger, record: &Record) -> (Kind, Outcome<Deed>) {
    let offered = ledger.params.portfolio.floor.0 != 0;
    let mut act = Act { ledger, record };
    // Only where there is a choice, so that what records mean elsewhere stays.
    if offered && record.op >= 0xF4 {
        return act.choose_model();
    }
    match record.op & 63 {
        0..=8 => act.trade(false),
        9..=12 => act.trade(true),
        13..=16 => act.rest(),
        17..=20 => act.take(),
        21 => act.cancel(record.pair()[0]),
        22 => act.settle_fill(),
        23..=27 => act.price(),
        28..=32 => act.crash(),
        33 => act.time(),
        34 => act.silence(),
        35 => act.premium(),
        36..=37 => act.funding(),
        38 if record.how & 1 == 0 => act.flag(),
        38 => act.accrue(),
        39..=41 => act.liquidate(),
        42 => act.sell(),
        43..=44 => act.slice(),
        45..=46 => act.seize(),
        47..=48 => act.resolve(),
        49..=52 => act.deleverage(),
        53 => act.deleverage_backstop(),
        54..=56 => act.catch_up(),
        57 => act.sweep(),
        58 => act.deposit(),
        59..=60 => act.withdraw(),
        61 => act.transfer(),
        62 => act.lines(),
        _ => act.settle(),
    }
}

struct Act<'a> {
    ledger: &'a mut Ledger,
    record: &'a Record,
}

type Done = (Kind, Outcome<Deed>);

fn done(kind: Kind, who: [usize; 2], market: usize, outcome: Outcome<Detail>) -> Done {
    let deed = |detail| Deed {
        kind,
        who,
        market,
        detail,
    };
    (kind, outcome.map(deed))
}

fn plain(outcome: Outcome) -> Outcome<Detail> {
    outcome.map(|()| Detail::None)
}

impl Act<'_> {
    /// One of these, or the one that is named where there is none.
    fn among(&self, found: &[usize]) -> usize {
        let [named, _] = self.record.pair();
        if found.is_empty() || self.record.is_blind() {
            return named;
        }
        found[named % found.len()]
    }

    fn judged(&self, fails: impl Fn(&Ledger, &counterweight_risk::Health) -> bool) -> Vec<usize> {
        let failing = |at: &usize| {
            let view = self.ledger.accounts[*at].view();
            let health = maintenance(&self.ledger.book(), &view, RECORDED);
            health.is_ok_and(|health| fails(self.ledger, &health))
        };
        (BACKSTOP + 1..ACCOUNTS).filter(failing).collect()
    }

    /// Somebody below maintenance margin, if there is anybody, or accounts are taken as they are named.
    fn failing(&self) -> Option<usize> {
        let found = self.judged(|_, health| !health.is_met());
        (self.record.is_blind() || !found.is_empty()).then(|| self.among(&found))
    }

    /// Somebody in default, in the same way.
    fn defaulted(&self) -> Option<usize> {
        let line = |ledger: &Ledger| ledger.params.backstop_line;
        let found = self.judged(|ledger, health| is_in_default(health, line(ledger)));
        (self.record.is_blind() || !found.is_empty()).then(|| self.among(&found))
    }

    /// A market in which an account has something.
    fn market_of(&self, at: usize) -> usize {
        let held = self.ledger.accounts[at].positions();
        let held: Vec<usize> = held.iter().map(|p| usize::from(p.market)).collect();
        if held.is_empty() || self.record.is_blind() {
            return self.record.market();
        }
        held[usize::from(self.record.what) % held.len()]
    }

    /// Who takes over: the maker or the keeper, mostly.
    fn taker(&self) -> usize {
        let [_, named] = self.record.pair();
        if self.record.is_blind() {
            named
        } else {
            [5, 1, 5, 3][named % 4]
        }
    }

    /// Ticks near the index: as far as the band, and a little farther.
    fn ticks(&self, market: usize) -> u64 {
        let row = &self.ledger.markets[market];
        let index = self.ledger.assets[usize::from(row.asset)].index.0 >> 16;
        let ticks = (index / row.tick_size).cast_signed();
        let off = ticks * i64::from(self.record.how.cast_signed()) * 25 / 100_000;
        (ticks + off).max(1).cast_unsigned()
    }

    /// Lots that need up to eleven tenths of what both can afford.
    fn lots(&self, market: usize, who: &[usize]) -> i64 {
        let free = |at: &usize| {
            let health = self.ledger.initial(*at, Gains::Weighted);
            let free = health.ok().and_then(|health| health.free().ok());
            free.map_or(100 * DOLLAR, |free| free.0.max(DOLLAR))
        };
        let budget = i128::from(who.iter().map(free).min().unwrap_or(0));
        let row = &self.ledger.markets[market];
        let price = self.ledger.assets[usize::from(row.asset)].initial_high.0;
        let share = i128::from(1 + self.record.size % 1_100);
        let rate = i128::from(row.initial.tiers[0].rate.0).max(1);
        let lots = ((budget * share) << 36) / (1_000 * i128::from(price.max(1)) * rate);
        lots.clamp(1, 1 << 44) as i64
    }

    fn trade(&mut self, reduces: bool) -> Done {
        let (mut who, mut market) = (self.record.pair(), self.record.market());
        if !self.record.is_blind() {
            who = who.map(|at| at.max(BACKSTOP + 1));
            if who[0] == who[1] {
                who[1] = if who[0] == 1 { 5 } else { 1 };
            }
        }
        let mut lots = self.lots(market, &who);
        if self.record.size & 1 == 1 {
            lots = -lots;
        }
        if reduces {
            market = self.market_of(who[0]);
            let held = self.ledger.lots(who[0], market);
            // From a lot of it to half as much again.
            let part = i128::from(held) * i128::from(self.record.size % 1_500) / 1_000;
            lots = match self.record.size & 3 {
                0 => -held,
                _ => -(part as i64),
            };
        }
        let ticks = self.ticks(market);
        let traded = self.ledger.block_trade(who, market, lots, ticks);
        done(Kind::Trade, who, market, plain(traded))
    }

    fn rest(&mut self) -> Done {
        let [named, _] = self.record.pair();
        let (maker, market) = (named.max(1), self.record.market());
        let side = [Side::Buy, Side::Sell][usize::from(self.record.size & 1)];
        let order = Order {
            maker,
            market,
            side,
            ticks: self.ticks(market),
            lots: (self.lots(market, &[maker]) / 4).max(1),
        };
        let rested = self.ledger.rest(order);
        done(Kind::Rest, [maker, maker], market, plain(rested))
    }

    fn take(&mut self) -> Done {
        let [_, taker] = self.record.pair();
        let count = self.ledger.orders.len().max(1);
        let at = usize::from(self.record.what) % count;
        let order = self.ledger.orders.get(at).copied();
        let maker = order.map_or(0, |order| order.maker);
        let market = order.map_or(0, |order| order.market);
        let mut taker = taker.max(1);
        if taker == maker && !self.record.is_blind() {
            taker = if maker == 5 { 1 } else { 5 };
        }
        let most = i64::try_from(self.record.most()).unwrap_or(i64::MAX);
        let at_hand = self.record.how & 4 == 0;
        let taken = self.ledger.take(taker, at, most, at_hand);
        let lots = order.map_or(0, |order| most.clamp(1, order.lots.max(1)));
        let detail = Detail::Filled { lots, at_hand };
        done(Kind::Take, [taker, maker], market, taken.map(|()| detail))
    }

    fn cancel(&mut self, maker: usize) -> Done {
        let orders = self.ledger.orders.iter();
        let mut own = orders.filter(|order| order.maker == maker);
        let market = own.next().map_or(0, |order| order.market);
        let cancelled = self.ledger.cancel(maker, market);
        done(Kind::Cancel, [maker; 2], market, plain(cancelled))
    }

    fn choose_model(&mut self) -> Done {
        let [at, _] = self.record.pair();
        let chosen = self.ledger.choose_model(at);
        done(Kind::ChooseModel, [at; 2], 0, plain(chosen))
    }

    fn settle_fill(&mut self) -> Done {
        let at = usize::from(self.record.what) % self.ledger.queue.len().max(1);
        self.settle_fill_at(at)
    }

    fn settle_fill_at(&mut self, at: usize) -> Done {
        let filled = self.ledger.queue.get(at);
        let (maker, market) = filled.map_or((0, 0), |w| (w.order.maker, w.order.market));
        let settled = self.ledger.settle_fill(at);
        done(Kind::SettleFill, [maker; 2], market, plain(settled))
    }

    /// Takes what stands in the way of a liquidation or a default out of it, if something does.
    fn clear(&mut self, victim: usize, market: Option<usize>) -> Option<Done> {
        if self.record.is_blind() {
            return None;
        }
        let queue = &self.ledger.queue;
        let waits = |w: &crate::ledger::Waiting| {
            w.order.maker == victim || market.is_some_and(|market| w.order.market == market)
        };
        if let Some(at) = queue.iter().position(waits) {
            return Some(self.settle_fill_at(at));
        }
        if self.ledger.orders.iter().any(|order| order.maker == victim) {
            return Some(self.cancel(victim));
        }
        None
    }
}

pub mod events;
