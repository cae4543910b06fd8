//! Random orders on the books: placed, taken, edited, cancelled, re-quoted, pruned, settled; funding
//! and fee discounts.

use super::{Action, Kind};
use crate::{
    actions::choose::{guards, trader_of},
    derivatives::{rows, worth},
    rng::Rng,
    snapshot::{Deed, Snapshot},
    world::{AUTHORITY, GUARDIAN, World},
};
use anchor_lang::{
    prelude::{AccountMeta, Pubkey},
    solana_program::instruction::Instruction,
};
use counterweight::{
    Guards, OrderArgs, OrderKind, PriceArgs, Quote, QuotesArgs, SelfTrade, TradeArgs, Which,
    book::LANES, state::Market,
};
use counterweight_risk::orders::Side;
use counterweight_sdk::{accounts::OrderBook, trading::Actor};

const SIDES: [Side; 2] = [Side::Buy, Side::Sell];

/// Somebody about to act on a book.
struct Act<'a> {
    world: &'a World,
    now: &'a Snapshot,
    rng: &'a mut Rng,
    seat: usize,
    signer: usize,
    market: u16,
}

/// Something on a book.
pub(super) fn act(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let seat = rng.below(world.seats.len() as u64) as usize;
    let signer = trader_of(world, now, rng, seat);
    // Half of it in one market, so that orders meet.
    let market = if rng.chance(50) {
        0
    } else {
        rng.below(now.markets.len() as u64) as u16
    };
    act_as(world, now, rng, (seat, signer), market)
}

/// Something on the book of a market.
pub(super) fn act_in(world: &World, now: &Snapshot, rng: &mut Rng, market: u16) -> Action {
    let seat = rng.below(world.seats.len() as u64) as usize;
    let signer = trader_of(world, now, rng, seat);
    act_as(world, now, rng, (seat, signer), market)
}

fn act_as(
    world: &World,
    now: &Snapshot,
    rng: &mut Rng,
    (seat, signer): (usize, usize),
    market: u16,
) -> Action {
    let waits = now.markets.iter().any(|market| market.queue.open > 0);
    let make = rng.weighted::<fn(&mut Act) -> Action>(&[
        (34, |act| act.place()),
        (16, |act| act.take()),
        (8, |act| act.edit()),
        (8, |act| act.cancel()),
        (12, |act| act.quotes()),
        (6, |act| act.prune()),
        (if waits { 22 } else { 4 }, |act| act.settle()),
        (4, |act| act.funding()),
        (3, |act| act.discount()),
    ]);
    make(&mut Act {
        world,
        now,
        rng,
        seat,
        signer,
        market,
    })
}

/// Takes the orders of an account below margin out of a book, or settles what waits for it there.
pub(super) fn clear(world: &World, now: &Snapshot, rng: &mut Rng, seat: usize) -> Action {
    let margin = now.margin(&world.seats[seat].margin);
    let mut positions = margin.positions().iter();
    let open = positions.find(|p| p.bid_lots.0 + p.ask_lots.0 > 0);
    let market = open.map_or(0, |position| position.market);
    let mut act = Act {
        world,
        now,
        rng,
        seat,
        signer: world.seats[seat].owner,
        market,
    };
    if act.rng.chance(50) {
        return act.prune();
    }
    act.settle_for(vec![margin_of(world, seat)])
}

fn margin_of(world: &World, seat: usize) -> Pubkey {
    world.seats[seat].margin
}

impl Act<'_> {
    fn account(&self) -> Pubkey {
        margin_of(self.world, self.seat)
    }

    fn actor(&self) -> Actor {
        Actor {
            authority: self.world.key(self.signer),
            margin_account: self.account(),
            market: self.market,
        }
    }

    fn book(&self) -> OrderBook {
        self.world.exchange.order_book(self.market)
    }

    /// Turns to a market of which something is so, if there is one.
    fn go_where(&mut self, is_so: fn(&Market) -> bool) {
        let markets = self.now.markets.iter().filter(|market| is_so(market));
        let markets: Vec<u16> = markets.map(|market| market.index).collect();
        if !markets.is_empty() {
            self.market = self.rng.pick(&markets);
        }
    }

    fn done(&self, kind: Kind, instruction: Instruction, note: String) -> Action {
        let deed = Deed::Book {
            account: Some(self.account()),
            market: self.market,
        };
        let note = format!(
            "{} by {} in {}: {note}",
            self.seat, self.signer, self.market
        );
        Action::new(kind, deed, instruction, &[self.signer], note)
    }

    fn guards(&mut self) -> Guards {
        let sequence = self.now.margin(&self.account()).header.sequence;
        guards(self.rng, sequence)
    }

    /// Makers whose accounts are passed.
    fn hand(&mut self) -> Vec<Pubkey> {
        let all = (0..self.world.seats.len()).map(|seat| margin_of(self.world, seat));
        match self.rng.below(10) {
            0..3 => all.collect(),
            3..8 => Vec::new(),
            _ => all.filter(|_| self.rng.chance(50)).collect(),
        }
    }

    /// What a lot is worth in ticks, rounded down.
    fn mid(&self) -> i64 {
        let (row, _) = rows(self.now, self.market);
        ((worth(self.now, self.market).0 >> 16) / row.tick_size) as i64
    }

    /// A price some basis points away from the other side, or into it.
    fn away(&mut self, side: Side, reach: [i64; 2]) -> i64 {
        let (row, asset) = rows(self.now, self.market);
        let index = ((asset.index.0 >> 16) / row.tick_size) as i64;
        let step = (index / 2_500).max(1);
        let away = match self.rng.below(30) {
            0 => self.rng.range(-90, -60),
            1 => self.rng.range(60, 1_000),
            _ => self.rng.range(-reach[0], reach[1]),
        };
        let away = away * step + self.rng.range(0, 2);
        if side == Side::Buy { -away } else { away }
    }

    fn price(&mut self, side: Side) -> PriceArgs {
        let away = self.away(side, [3, 8]);
        if self.rng.chance(25) {
            let room = self.rng.range(-5, 300);
            let worst = self.mid() + away + if side == Side::Buy { room } else { -room };
            return PriceArgs::Pegged {
                offset: away as i32,
                worst: worst.max(1) as u64,
            };
        }
        PriceArgs::Fixed((self.mid() + away).max(0) as u64)
    }

    /// Lots for which so many per cent of the free collateral are needed.
    fn lots(&mut self, low: i64, high: i64) -> u64 {
        let row = &self.now.tables.markets[usize::from(self.market)];
        let asset = &self.now.tables.assets[usize::from(row.asset)];
        let free = self
            .world
            .free(self.now, self.seat)
            .unwrap_or(1_000_000_000);
        let budget = i128::from(free.clamp(1_000_000, 20_000_000_000));
        let price = i128::from(asset.index.0 >> 16).max(1);
        let rate = i128::from(row.rates_bps[0].max(1));
        let percent = i128::from(self.rng.range(low, high));
        let lots = budget * percent * 100 / (price * rate);
        lots.clamp(1, 1 << 44) as u64
    }

    fn args(&mut self) -> OrderArgs {
        let side = self.rng.pick(&SIDES);
        OrderArgs {
            side,
            price: self.price(side),
            lots: if self.rng.chance(80) {
                self.lots(1, 40)
            } else {
                self.lots(40, 160)
            },
            kind: self.rng.weighted(&[
                (60, OrderKind::Limit),
                (15, OrderKind::PostOnly),
                (10, OrderKind::PostOnlySlide),
                (10, OrderKind::ImmediateOrCancel),
                (5, OrderKind::FillOrKill),
            ]),
            self_trade: self.rng.pick(&[
                SelfTrade::CancelProvide,
                SelfTrade::DecrementTake,
                SelfTrade::Abort,
            ]),
            reduce_only: self.rng.chance(4),
            expires: if self.rng.chance(25) {
                self.now.time + self.rng.range(0, 200)
            } else {
                0
            },
            client_id: self.rng.below(4),
            match_limit: self.rng.pick(&[1, 4, 16, 32]),
        }
    }

    fn place(&mut self) -> Action {
        let (args, limits, hand) = (self.args(), self.guards(), self.hand());
        let venue = &self.world.exchange.venue;
        let made = venue.place_order(&self.actor(), args, limits, &hand);
        let note = format!("{args:?} {limits:?}, {} at hand", hand.len());
        self.done(Kind::PlaceOrder, made, note)
    }

    /// Takes; mostly what closes a position.
    fn take(&mut self) -> Action {
        let margin = self.now.margin(&self.account());
        let held = margin.positions().iter().filter(|p| p.lots.0 != 0);
        let held: Vec<_> = held.copied().collect();
        if self.rng.chance(70) {
            self.go_where(|market| market.book.lengths != [0; LANES]);
        }
        let (mut side, mut lots) = (self.rng.pick(&SIDES), self.lots(1, 60));
        let mut reduce_only = false;
        if !held.is_empty() && self.rng.chance(60) {
            let position = held[self.rng.below(held.len() as u64) as usize];
            self.market = position.market;
            let signed = position.lots.0;
            side = if signed > 0 { Side::Sell } else { Side::Buy };
            lots = self.rng.range(1, signed.abs() + signed.abs() / 8) as u64;
            reduce_only = self.rng.chance(70);
        }
        let limit = self.mid() - self.away(side, [2, 20]);
        let args = TradeArgs {
            side,
            lots,
            limit: limit.max(1) as u64,
            reduce_only,
        };
        let (limits, hand) = (self.guards(), self.hand());
        let venue = &self.world.exchange.venue;
        let made = venue.trade(&self.actor(), args, limits, &hand);
        let note = format!("{args:?} {limits:?}, {} at hand", hand.len());
        self.done(Kind::TakeOrders, made, note)
    }

    /// An order that rests, and its seat; mostly of whoever acts.
    fn some_order(&mut self) -> Option<u64> {
        self.go_where(|market| market.book.lengths != [0; LANES]);
        let book = self.book();
        let slots: Vec<u16> = book.lanes.iter().flatten().copied().collect();
        if slots.is_empty() {
            return None;
        }
        let slot = self.rng.pick(&slots);
        let order = &book.orders[usize::from(slot)];
        let seats = self.world.seats.iter();
        let maker = seats.map(|seat| seat.margin.to_bytes());
        let maker = maker.enumerate().find(|(_, key)| *key == order.maker);
        if let Some((seat, _)) = maker
            && self.rng.chance(90)
        {
            self.seat = seat;
            self.signer = trader_of(self.world, self.now, self.rng, seat);
        }
        Some(order.id(slot).0)
    }

    fn edit(&mut self) -> Action {
        let Some(id) = self.some_order() else {
            return self.place();
        };
        let mut args = self.args();
        if self.rng.chance(60) {
            let book = self.book();
            let order = &book.orders[id as usize % 65_536];
            args.side = order.side();
            args.price = if order.is_pegged() {
                PriceArgs::Pegged {
                    offset: order.price as i32,
                    worst: order.worst as u64,
                }
            } else {
                PriceArgs::Fixed(order.price as u64)
            };
            args.lots = self.rng.range(1, order.lots + 5) as u64;
            (args.expires, args.client_id) = (order.expires, order.client_id);
            (args.kind, args.reduce_only) = (OrderKind::Limit, false);
        }
        let (limits, hand) = (self.guards(), self.hand());
        let venue = &self.world.exchange.venue;
        let made = venue.edit_order(&self.actor(), id, args, limits, &hand);
        self.done(Kind::EditOrder, made, format!("{id}: {args:?} {limits:?}"))
    }

    fn which(&mut self) -> Which {
        let id = self.some_order();
        match self.rng.below(8) {
            0 => Which::All,
            1 => Which::Side(self.rng.pick(&SIDES)),
            2 => Which::ClientId(self.rng.below(4)),
            _ => Which::Id(id.unwrap_or(1)), // of the market of that order
        }
    }

    fn cancel(&mut self) -> Action {
        let (which, limit) = (self.which(), self.rng.pick(&[1, 3, 64, 255]));
        let venue = &self.world.exchange.venue;
        let made = venue.cancel_orders(&self.actor(), which, limit);
        self.done(Kind::CancelOrders, made, format!("{which:?}"))
    }

    fn quotes(&mut self) -> Action {
        // Before the prices: an order to be cancelled may be in another market.
        let cancel = self.rng.chance(50).then(|| self.which());
        let count = self.rng.range(1, 8);
        let quote = |act: &mut Self| {
            let side = act.rng.pick(&SIDES);
            Quote {
                side,
                price: act.price(side),
                lots: act.lots(1, 8),
                client_id: act.rng.below(4),
            }
        };
        let args = QuotesArgs {
            cancel,
            quotes: (0..count).map(|_| quote(self)).collect(),
            slide: self.rng.chance(85),
            expires: 0,
        };
        let (limits, hand) = (self.guards(), self.hand());
        let venue = &self.world.exchange.venue;
        let mut made = venue.place_orders(&self.actor(), args.clone(), limits);
        let metas = hand.iter().map(|key| AccountMeta::new(*key, false));
        made.accounts.extend(metas);
        self.done(Kind::Quotes, made, format!("{args:?} {limits:?}"))
    }

    /// By anyone: nobody signs.
    fn prune(&mut self) -> Action {
        if self.rng.chance(75) {
            self.some_order();
        }
        let (account, market) = (self.account(), self.market);
        let limit = self.rng.pick(&[1, 64, 255]);
        let venue = &self.world.exchange.venue;
        let made = venue.prune_orders(account, market, limit);
        let mut action = self.done(Kind::Prune, made, String::new());
        action.signers.clear();
        action
    }

    fn settle(&mut self) -> Action {
        if self.rng.chance(80) {
            self.go_where(|market| market.queue.open > 0);
        }
        let mut waits: Vec<Pubkey> = self
            .book()
            .queue
            .iter()
            .map(|entry| Pubkey::from(entry.maker))
            .collect();
        waits.sort_unstable();
        waits.dedup();
        waits.retain(|_| self.rng.chance(60));
        waits.truncate(4);
        if waits.is_empty() {
            waits.push(self.account());
        }
        self.settle_for(waits)
    }

    fn settle_for(&mut self, makers: Vec<Pubkey>) -> Action {
        let limit = self.rng.pick(&[1, 8, 32, 255]);
        let venue = &self.world.exchange.venue;
        let made = venue.settle_fills(self.market, &makers, limit);
        let deed = Deed::Book {
            account: None,
            market: self.market,
        };
        let note = format!("{makers:?} in {}", self.market);
        Action::new(Kind::SettleFills, deed, made, &[], note)
    }

    fn funding(&mut self) -> Action {
        let made = self.world.exchange.venue.update_funding(self.market);
        let note = format!("of {}", self.market);
        Action::new(Kind::Funding, Deed::Surroundings, made, &[], note)
    }

    fn discount(&mut self) -> Action {
        let signer = if self.rng.chance(85) {
            AUTHORITY
        } else {
            GUARDIAN
        };
        let (key, account) = (self.world.key(signer), self.account());
        let bps = self.rng.pick(&[0, 500, 5_000, 10_000, 10_001]);
        let venue = &self.world.exchange.venue;
        let made = venue.set_fee_discount(key, account, bps);
        let deed = Deed::Manage { account };
        let note = format!("{bps} for {}, by {signer}", self.seat);
        Action::new(Kind::Discount, deed, made, &[signer], note)
    }
}
