//! Random orders: from one lot to more than margin allows, away from the other side or far into it,
//! with all their properties.

use super::Chooser;
use crate::naive::{Action, Place, arena::SIDES, book::Order};
use counterweight::{
    OrderArgs, OrderKind, PriceArgs, Quote, QuotesArgs, SelfTrade, TradeArgs, Which,
};
use counterweight_risk::{market::MODE_REDUCE_ONLY, orders::Side};

impl Chooser<'_> {
    /// Ticks of a step of price in a market.
    pub(super) fn step(market: usize) -> i64 {
        [1, 6][market]
    }

    /// How far from the index: mostly away from the other side, sometimes far into it.
    fn away(&mut self, market: usize) -> i64 {
        let [into, off] = self.style.reach;
        let steps = match self.rng.below(40) {
            0 => self.rng.range(-480, -430), // at the edge of the band
            1 => self.rng.range(100, 2_000),
            _ => self.rng.range(-into, off),
        };
        steps * Self::step(market)
    }

    fn price(&mut self, market: usize, side: Side) -> PriceArgs {
        let desk = self.naive.desk(market);
        let away = self.away(market);
        let sign = if side == Side::Buy { -1 } else { 1 };
        if self.rng.chance(self.style.pegged) {
            let room = self.rng.range(-1, 60) * Self::step(market);
            let worst = desk.index(side) + sign * (away - room);
            let offset = if self.rng.chance(2) {
                self.rng.pick(&[i32::MIN, i32::MAX, -20_000])
            } else {
                (sign * away) as i32
            };
            return PriceArgs::Pegged {
                offset,
                worst: worst.max(0) as u64,
            };
        }
        let ticks = (desk.index(side) + sign * away).max(0) as u64;
        PriceArgs::Fixed(match self.rng.below(150) {
            0 => 0,
            1 => u64::MAX,
            _ => ticks,
        })
    }

    /// Lots for which an account has the margin, more or less.
    fn stretched(&mut self, who: usize, market: usize) -> u64 {
        let row = &self.naive.tables.markets[market];
        let asset = &self.naive.tables.assets[usize::from(row.asset)];
        let free = self.naive.initial(who, u32::MAX);
        let free = free.map_or(0, |health| health.equity.0 - health.requirement.0);
        let rate = i128::from(row.rates_bps[0]) * i128::from(asset.index.0 >> 16);
        let most = i128::from(free.max(0)) * 10_000 / rate.max(1);
        (most * i128::from(self.rng.range(50, 115)) / 100) as u64
    }

    fn lots(&mut self) -> u64 {
        let (low, high) = self.rng.weighted(&[
            (45, (10, 60)),
            (38, (60, 700)),
            (13, (700, 6_000)),
            (3, (0, 9)),
        ]);
        if self.rng.chance(1) && self.rng.chance(40) {
            return self.rng.pick(&[1 << 44, (1 << 44) + 1, 1 << 30, u64::MAX]);
        }
        self.rng.range(low, high) as u64
    }

    fn expires(&mut self) -> i64 {
        if self.rng.chance(70) {
            return 0;
        }
        self.naive.time + self.rng.range(-1, 150)
    }

    fn args(&mut self, market: usize) -> OrderArgs {
        let side = self.rng.pick(&SIDES);
        let kind = self.rng.weighted(&[
            (52, OrderKind::Limit),
            (15, OrderKind::PostOnly),
            (10, OrderKind::PostOnlySlide),
            (13, OrderKind::ImmediateOrCancel),
            (10, OrderKind::FillOrKill),
        ]);
        OrderArgs {
            side,
            price: self.price(market, side),
            lots: self.lots(),
            kind,
            self_trade: self.rng.weighted(&[
                (40, SelfTrade::CancelProvide),
                (40, SelfTrade::DecrementTake),
                (20, SelfTrade::Abort),
            ]),
            reduce_only: self.rng.chance(if kind.is_post_only() { 2 } else { 12 }),
            expires: self.expires(),
            client_id: self.rng.below(4),
            match_limit: self.rng.weighted(&[
                (50, 16),
                (12, 1),
                (10, 2),
                (12, 5),
                (14, 32),
                (1, 0),
                (1, 33),
            ]),
        }
    }

    /// In reduce-only mode, mostly orders that reduce.
    fn fit(&mut self, who: usize, market: usize, args: &mut OrderArgs) {
        let held = self.naive.held(who, market);
        let reduces = self.naive.tables.markets[market].mode == MODE_REDUCE_ONLY;
        if self.rng.chance(self.style.stretched) {
            args.lots = self.stretched(who, market);
        }
        if held == 0 && self.rng.chance(70) {
            args.reduce_only = false;
        }
        if held != 0 && (reduces || args.reduce_only) && self.rng.chance(80) {
            args.side = if held > 0 { Side::Sell } else { Side::Buy };
            args.price = self.price(market, args.side);
            args.reduce_only = true;
            if args.kind.is_post_only() {
                args.kind = OrderKind::Limit;
            }
        }
    }

    fn place_of(&mut self, who: usize, market: usize) -> Place {
        let mut args = self.args(market);
        self.fit(who, market, &mut args);
        Place {
            who,
            market,
            args,
            guards: self.guards(who),
            hand: self.hand(),
            replaces: None,
        }
    }

    pub(super) fn place(&mut self) -> Action {
        let (who, market) = (self.who(), self.market());
        Action::Place(self.place_of(who, market))
    }

    pub(super) fn trade(&mut self) -> Action {
        let (who, market) = (self.who(), self.market());
        let mut args = self.args(market);
        args.kind = OrderKind::ImmediateOrCancel;
        self.fit(who, market, &mut args);
        let desk = self.naive.desk(market);
        let reach = self.rng.range(-2, 60) * Self::step(market);
        let limit = desk.index(args.side)
            + if args.side == Side::Buy {
                reach
            } else {
                -reach
            };
        Action::Trade {
            who,
            market,
            args: TradeArgs {
                side: args.side,
                lots: args.lots,
                limit: limit as u64,
                reduce_only: args.reduce_only,
            },
            guards: self.guards(who),
            hand: self.hand(),
        }
    }

    /// An order that rests, mostly of whoever acts.
    pub(super) fn some_order(&mut self, market: usize) -> Option<(usize, Order)> {
        let orders = &self.naive.markets[market].orders;
        if orders.is_empty() {
            return None;
        }
        let order = self.rng.pick(orders);
        let who = if self.rng.chance(95) {
            order.maker
        } else {
            self.who()
        };
        Some((who, order))
    }

    pub(super) fn edit(&mut self) -> Action {
        let market = self.market();
        let Some((who, order)) = self.some_order(market) else {
            return self.place();
        };
        let mut place = self.place_of(who, market);
        if self.rng.chance(60) {
            // The same order with other lots; mostly fewer, so that it keeps its place.
            place.args = OrderArgs {
                side: order.side,
                price: if order.pegged {
                    PriceArgs::Pegged {
                        offset: order.price as i32,
                        worst: order.worst as u64,
                    }
                } else {
                    PriceArgs::Fixed(order.price as u64)
                },
                lots: self.rng.range(0, order.lots + order.lots / 4 + 1) as u64,
                kind: self.rng.pick(&[OrderKind::Limit, OrderKind::PostOnly]),
                reduce_only: false,
                expires: order.expires,
                client_id: order.client_id,
                ..place.args
            };
        }
        let id = if self.rng.chance(3) {
            self.rng.below(1 << 30)
        } else {
            order.id()
        };
        Action::Edit(place, id)
    }

    pub(super) fn which(&mut self, market: usize) -> Which {
        let order = self.some_order(market);
        match (self.rng.below(10), order) {
            (0, _) => Which::All,
            (1..3, _) => Which::Side(self.rng.pick(&SIDES)),
            (3..5, _) => Which::ClientId(self.rng.below(5)),
            (_, Some((_, order))) => Which::Id(order.id()),
            _ => Which::Id(self.rng.below(1 << 20)),
        }
    }

    pub(super) fn cancel(&mut self) -> Action {
        let market = self.market();
        let which = self.which(market);
        let who = match which {
            Which::Id(id) => {
                let mut orders = self.naive.markets[market].orders.iter();
                let order = orders.find(|order| order.id() == id);
                order.map_or_else(|| self.who(), |order| order.maker)
            }
            _ => self.who(),
        };
        Action::Cancel {
            who: if self.rng.chance(95) { who } else { self.who() },
            market,
            which,
            limit: self.rng.weighted(&[(80, 64), (8, 1), (8, 2), (4, 5)]),
        }
    }

    pub(super) fn quotes(&mut self) -> Action {
        let (who, market) = (self.who(), self.market());
        let count = match self.rng.below(60) {
            0 => 0,
            1 => 17,
            // Where nothing is settled, the queue shall overflow.
            2..40 if self.style.weights[0] == 0 => self.rng.range(10, 16),
            2..12 => self.rng.range(9, 16),
            _ => self.rng.range(1, 8),
        };
        let quote = |c: &mut Self| {
            let side = c.rng.pick(&SIDES);
            let price = match c.price(market, side) {
                // Mostly away from the index, or one refused order refuses them all.
                PriceArgs::Fixed(_) if c.rng.chance(70) => {
                    let away = c.rng.range(1, 30) * Self::step(market);
                    let index = c.naive.desk(market).index(side);
                    let sign = if side == Side::Buy { -1 } else { 1 };
                    PriceArgs::Fixed((index + sign * away) as u64)
                }
                other => other,
            };
            Quote {
                side,
                price,
                lots: 10 + c.rng.below(90),
                client_id: c.rng.below(4),
            }
        };
        let quotes = (0..count).map(|_| quote(self)).collect();
        let cancel = if self.rng.chance(50) {
            Some(self.which(market))
        } else {
            None
        };
        Action::Quotes {
            who,
            market,
            args: QuotesArgs {
                cancel,
                quotes,
                slide: self.rng.chance(90),
                expires: self.expires(),
            },
            guards: self.guards(who),
            hand: self.hand(),
        }
    }
}
