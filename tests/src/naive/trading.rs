//! Placing, trading and editing.

use super::{
    Naive, Outcome, Place,
    book::{Desk, Order, beyond},
    matching::{Taking, Turn},
    number_of, refuse,
};
use counterweight::{
    Guards, OrderArgs, OrderKind, PriceArgs, SelfTrade, TradeArgs, Which,
    error::ErrorCode,
    events::{OrderEdited, OrderProcessed},
};
use counterweight_risk::{
    Health,
    market::{MODE_POST_ONLY, MODE_REDUCE_ONLY, MODE_SETTLEMENT},
    orders::Side,
    units::MAX_LOTS,
};

/// Most orders that an instruction meets.
pub(super) const MATCHES: u8 = 32;
/// Most orders of an account.
const OPEN_ORDERS: usize = 512;

impl Naive {
    pub(super) fn guard_sequence(&self, who: usize, guards: &Guards) -> Outcome<()> {
        let sequence = self.accounts[who].sequence;
        if guards.expected_sequence.is_some_and(|e| e != sequence) {
            return refuse(ErrorCode::SequenceChanged);
        }
        Ok(())
    }

    pub(super) fn guard_ratio(&self, who: usize, guards: &Guards) -> Outcome<()> {
        let Some(bps) = guards.min_margin_ratio_after_bps else {
            return Ok(());
        };
        let health = self.maintenance(who)?;
        let (equity, margin) = (health.equity.0, health.requirement.0);
        if i128::from(equity) * 10_000 < i128::from(margin) * i128::from(bps) {
            return refuse(ErrorCode::MarginRatioBelowGuard);
        }
        Ok(())
    }

    /// Initial margin, which must be met.
    pub(super) fn require_initial(&self, who: usize, guards: &Guards) -> Outcome<[i64; 2]> {
        let health = self.initial(who, guards.max_age())?;
        if health.equity < health.requirement {
            return refuse(ErrorCode::InitialMarginNotMet);
        }
        Ok([health.equity.0, health.requirement.0])
    }

    /// The properties of an order, one by one.
    pub(super) fn require_order(&self, market: usize, args: &OrderArgs) -> Outcome<()> {
        let row = self.row(market);
        let post = matches!(args.kind, OrderKind::PostOnly | OrderKind::PostOnlySlide);
        let pegged = matches!(args.price, PriceArgs::Pegged { .. });
        require_lots(args.lots)?;
        if !args.reduce_only && args.lots < row.min_order_lots {
            return refuse(ErrorCode::OrderTooSmall);
        }
        if args.expires != 0 && args.expires <= self.time {
            return refuse(ErrorCode::OrderExpired);
        }
        let limit_fits = post || (args.match_limit >= 1 && args.match_limit <= MATCHES);
        if (pegged && args.kind == OrderKind::PostOnlySlide)
            || (post && args.reduce_only)
            || !limit_fits
        {
            return refuse(ErrorCode::InvalidOrder);
        }
        let fits = match row.mode {
            MODE_SETTLEMENT => false,
            MODE_POST_ONLY => post,
            MODE_REDUCE_ONLY => args.reduce_only,
            _ => true,
        };
        if !fits {
            return refuse(ErrorCode::MarketMode);
        }
        Ok(())
    }

    /// Lots that an order may trade.
    fn lots_of(&self, who: usize, market: usize, args: &OrderArgs) -> Outcome<i64> {
        let lots = require_lots(args.lots)?;
        if !args.reduce_only {
            return Ok(lots);
        }
        let held = self.held(who, market);
        let open = if args.side == Side::Buy { -held } else { held };
        if open <= 0 {
            return refuse(ErrorCode::ReduceOnly);
        }
        Ok(lots.min(open))
    }

    /// `place_order`, and what an edit does that is not only smaller.
    pub(super) fn place(&mut self, place: &Place) -> Outcome<()> {
        let Place {
            who, market, args, ..
        } = place;
        let (who, market, guards) = (*who, *market, &place.guards);
        self.guard_sequence(who, guards)?;
        self.require_order(market, args)?;
        let lots = self.lots_of(who, market, args)?;
        let row = *self.row(market);
        let asset = &self.tables.assets[usize::from(row.asset)];
        asset
            .check_maintenance_within(row.asset, self.time, guards.max_age())
            .map_err(number_of)?;

        let immediate = matches!(
            args.kind,
            OrderKind::ImmediateOrCancel | OrderKind::FillOrKill
        );
        let rests = !immediate && !args.reduce_only;
        let held = self.held(who, market);
        let open = if args.side == Side::Buy { -held } else { held };
        let reduces = !rests && lots <= open;
        if !reduces && self.accounts[who].liquidation_start != 0 {
            return refuse(ErrorCode::AccountInLiquidation);
        }
        let before = self.baseline(who, guards, reduces)?;
        let exposure = self.exposure(market);
        let desk = self.desk(market);
        if let Some(id) = place.replaces {
            self.cancel(&desk, who, Which::Id(id), 1)?;
        }
        let event = self.process(place, desk, lots)?;
        let after = self.exposure(market);
        if after > exposure && after > row.max_open_interest.0 {
            return refuse(ErrorCode::OpenInterestCapReached);
        }
        self.leave_liquidation(who);
        self.accounts[who].sequence += 1;
        let health = self.require(who, guards, before)?;
        let sequence = self.accounts[who].sequence;
        self.tell(&OrderProcessed {
            sequence,
            health,
            ..event
        });
        Ok(())
    }

    /// Maintenance before a trade that only reduces an account below initial margin.
    fn baseline(&self, who: usize, guards: &Guards, reduces: bool) -> Outcome<Option<Health>> {
        if !reduces {
            return Ok(None);
        }
        if let Some(max_age) = guards.max_price_age {
            for position in self.positions(who) {
                let asset = &self.tables.assets[usize::from(position.asset)];
                asset
                    .check_maintenance_within(position.asset, self.time, max_age)
                    .map_err(number_of)?;
            }
        }
        let met = |health: Health| health.equity >= health.requirement;
        if self.initial(who, u32::MAX).is_ok_and(met) {
            return Ok(None);
        }
        self.maintenance(who).map(Some)
    }

    fn require(&self, who: usize, guards: &Guards, before: Option<Health>) -> Outcome<[i64; 2]> {
        let health = match before {
            None => self.require_initial(who, guards)?,
            Some(before) => {
                let after = self.maintenance(who)?;
                if !after.is_no_worse_than(&before) {
                    return refuse(ErrorCode::AccountWouldBeWorse);
                }
                [0, 0]
            }
        };
        self.guard_ratio(who, guards)?;
        Ok(health)
    }

    /// Trades and rests an order; says nothing of margin. The event lacks sequence and health.
    fn process(&mut self, place: &Place, desk: Desk, lots: i64) -> Outcome<OrderProcessed> {
        let args = &place.args;
        let mut stands = desk.price_of(args.side, args.price)?;
        let mut turn = Turn::new(desk, place.who, &place.hand);
        let mut left = lots;
        let mut still_crosses = false;
        if matches!(args.kind, OrderKind::PostOnly | OrderKind::PostOnlySlide) {
            stands = self.post_price(&mut turn, args, stands, &mut (MATCHES - 1))?;
        } else {
            let mut taking = Taking {
                side: args.side,
                limit: stands,
                lots,
                self_trade: args.self_trade,
                steps: args.match_limit,
            };
            self.take(&mut turn, &mut taking)?;
            left = taking.lots;
            let top = self.ranked(&desk, args.side.opposite()).first().copied();
            still_crosses = top.is_some_and(|top| !beyond(args.side, top.stands(&desk), stands));
        }
        if args.kind == OrderKind::FillOrKill && turn.lots < lots {
            return refuse(ErrorCode::FillOrKillNotFilled);
        }
        let owed = self.settle_taker(&turn, args.side)?;
        let may_rest = matches!(
            args.kind,
            OrderKind::Limit | OrderKind::PostOnly | OrderKind::PostOnlySlide
        );
        let mut event = OrderProcessed {
            market: place.market as u16,
            account: self.accounts[place.who].key,
            sequence: 0,
            side: args.side,
            client_id: args.client_id,
            lots: turn.lots,
            value: turn.value,
            fee: turn.fee,
            owed,
            order_id: 0,
            rested: 0,
            price: 0,
            health: [0, 0],
            fills: Vec::new(),
        };
        if left > 0 && may_rest && !args.reduce_only && !still_crosses && turn.fills.len() < 32 {
            event.order_id = self.rest(&mut turn, args, left, stands)?;
            (event.rested, event.price) = (left, shown_price(args, stands));
        }
        self.end(&desk);
        event.fills = turn.fills;
        Ok(event)
    }

    /// The price at which a post-only order stands.
    pub(super) fn post_price(
        &mut self,
        turn: &mut Turn,
        args: &OrderArgs,
        price: i64,
        steps: &mut u8,
    ) -> Outcome<i64> {
        let other = args.side.opposite();
        loop {
            let desk = turn.desk;
            let Some(best) = self.ranked(&desk, other).first().copied() else {
                return Ok(price);
            };
            if !desk.is_live(&best) && *steps > 0 {
                *steps -= 1;
                self.remove(turn, &best)?;
                continue;
            }
            let top = best.stands(&desk);
            if beyond(args.side, top, price) {
                return Ok(price);
            }
            let before = if args.side == Side::Buy {
                top - 1
            } else {
                top + 1
            };
            if args.kind == OrderKind::PostOnlySlide && before > 0 {
                return Ok(before);
            }
            return refuse(ErrorCode::PostOnlyWouldCross);
        }
    }

    /// Lets an order rest; on a full side in the place of the worst one at a fixed price.
    pub(super) fn rest(
        &mut self,
        turn: &mut Turn,
        args: &OrderArgs,
        lots: i64,
        stands: i64,
    ) -> Outcome<u64> {
        let (market, who) = (turn.desk.market, turn.taker);
        let (pegged, worst) = match args.price {
            PriceArgs::Fixed(_) => (false, stands),
            PriceArgs::Pegged { worst, .. } => (true, worst as i64),
        };
        let price = shown_price(args, stands);
        if self.markets[market].length(args.side) >= self.markets[market].capacity {
            let worst = self.lane(market, args.side, false).last().copied();
            match worst {
                // Better for the other side: a higher bid, a lower ask.
                Some(worst) if beyond(args.side, stands, worst.price) => {
                    self.remove(turn, &worst)?;
                }
                _ => return refuse(ErrorCode::BookFull),
            }
        }
        if self.open_orders(who) >= OPEN_ORDERS {
            return refuse(ErrorCode::TooManyOrders);
        }
        self.note_order(who, market, (args.side, pegged, price, lots))?;
        Ok(self.markets[market].insert(Order {
            sequence: 0,
            slot: 0,
            maker: who,
            side: args.side,
            pegged,
            price,
            worst,
            lots,
            client_id: args.client_id,
            expires: args.expires,
        }))
    }

    /// `trade`.
    pub(super) fn trade(
        &mut self,
        (who, market): (usize, usize),
        args: &TradeArgs,
        guards: Guards,
        hand: &[usize],
    ) -> Outcome<()> {
        self.place(&Place {
            who,
            market,
            args: OrderArgs {
                side: args.side,
                price: PriceArgs::Fixed(args.limit),
                lots: args.lots,
                kind: OrderKind::ImmediateOrCancel,
                self_trade: SelfTrade::CancelProvide,
                reduce_only: args.reduce_only,
                expires: 0,
                client_id: 0,
                match_limit: MATCHES,
            },
            guards,
            hand: hand.to_vec(),
            replaces: None,
        })
    }

    /// `edit_order`: in place where it only gets smaller, else as a new order in its place.
    pub(super) fn edit(&mut self, place: &Place, id: u64) -> Outcome<()> {
        let (who, market, args) = (place.who, place.market, &place.args);
        self.guard_sequence(who, &place.guards)?;
        let Some(order) = self.order(who, market, id) else {
            return refuse(ErrorCode::OrderNotFound);
        };
        if !only_shrinks(&order, args) || args.lots < self.row(market).min_order_lots {
            return self.place(&Place {
                replaces: Some(id),
                ..place.clone()
            });
        }
        let desk = self.desk(market);
        let lots = args.lots as i64;
        if lots < order.lots {
            let mut turn = Turn::new(desk, who, &[]);
            self.shrink(&mut turn, &order, order.lots - lots)?;
        }
        self.end(&desk);
        self.guard_ratio(who, &place.guards)?;
        self.accounts[who].sequence += 1;
        let (account, sequence) = (self.accounts[who].key, self.accounts[who].sequence);
        self.tell(&OrderEdited {
            market: market as u16,
            account,
            sequence,
            order_id: id,
            lots,
        });
        Ok(())
    }
}

/// The price of an order in ticks, or its offset.
fn shown_price(args: &OrderArgs, stands: i64) -> i64 {
    match args.price {
        PriceArgs::Fixed(_) => stands,
        PriceArgs::Pegged { offset, .. } => offset.into(),
    }
}

/// Whether an edit changes nothing but makes the order smaller.
fn only_shrinks(order: &Order, args: &OrderArgs) -> bool {
    let same_price = match args.price {
        PriceArgs::Fixed(ticks) => !order.pegged && order.price == ticks as i64,
        PriceArgs::Pegged { offset, worst } => {
            order.pegged && order.price == i64::from(offset) && order.worst == worst as i64
        }
    };
    let may_rest = matches!(
        args.kind,
        OrderKind::Limit | OrderKind::PostOnly | OrderKind::PostOnlySlide
    );
    same_price
        && may_rest
        && !args.reduce_only
        && order.side == args.side
        && order.expires == args.expires
        && order.client_id == args.client_id
        && args.lots >= 1
        && args.lots <= order.lots as u64
}

/// Lots that an order can have.
pub(super) fn require_lots(lots: u64) -> Outcome<i64> {
    match lots {
        0 => refuse(ErrorCode::ZeroQuantity),
        lots if lots > MAX_LOTS as u64 => refuse(ErrorCode::Overflow),
        lots => Ok(lots as i64),
    }
}
