//! Taking orders out, and re-quoting.

use super::{
    Naive, Outcome,
    book::{Desk, Order},
    matching::Turn,
    number_of, refuse,
    trading::MATCHES,
};
use counterweight::{
    Guards, OrderArgs, OrderKind, PriceArgs, QuotesArgs, SelfTrade, Which,
    error::ErrorCode,
    events::{OrdersCancelled, OrdersPlaced},
};

/// Most orders that an instruction takes out.
pub(super) const REMOVALS: usize = 64;

impl Naive {
    /// The orders of an account that are meant, by their places in the pool.
    fn meant(&self, who: usize, market: usize, which: Which) -> Vec<Order> {
        let meant = |order: &&Order| match which {
            Which::All => true,
            Which::Side(side) => order.side == side,
            Which::Id(id) => order.id() == id,
            Which::ClientId(id) => order.client_id == id,
        };
        let all = self.markets[market].orders.iter();
        let own = all.filter(|order| order.maker == who).filter(meant);
        let mut found: Vec<Order> = own.copied().collect();
        found.sort_by_key(|order| order.slot);
        found
    }

    /// Takes up to `limit` orders out; at least one must be meant. Returns their ids.
    pub(super) fn cancel(
        &mut self,
        desk: &Desk,
        who: usize,
        which: Which,
        limit: usize,
    ) -> Outcome<Vec<u64>> {
        let mut found = self.meant(who, desk.market, which);
        found.truncate(limit.min(REMOVALS));
        if found.is_empty() {
            return refuse(ErrorCode::OrderNotFound);
        }
        let mut turn = Turn::new(*desk, who, &[]);
        for order in &found {
            self.remove(&mut turn, order)?;
        }
        Ok(found.iter().map(Order::id).collect())
    }

    /// `cancel_orders`.
    pub(super) fn cancel_orders(
        &mut self,
        who: usize,
        market: usize,
        which: Which,
        limit: u8,
    ) -> Outcome<()> {
        let desk = self.desk(market);
        let ids = self.cancel(&desk, who, which, limit.into())?;
        self.gone(&desk, who, ids);
        Ok(())
    }

    /// Ends an instruction that took orders of one account out.
    pub(super) fn gone(&mut self, desk: &Desk, who: usize, order_ids: Vec<u64>) {
        self.end(desk);
        self.leave_liquidation(who);
        self.accounts[who].sequence += 1;
        let (account, sequence) = (self.accounts[who].key, self.accounts[who].sequence);
        self.tell(&OrdersCancelled {
            market: desk.market as u16,
            account,
            sequence,
            order_ids,
        });
    }

    /// `place_orders`.
    pub(super) fn quotes(
        &mut self,
        (who, market): (usize, usize),
        args: &QuotesArgs,
        guards: Guards,
        hand: &[usize],
    ) -> Outcome<()> {
        if args.quotes.is_empty() || args.quotes.len() > 16 {
            return refuse(ErrorCode::InvalidOrder);
        }
        self.guard_sequence(who, &guards)?;
        let row = *self.row(market);
        let asset = &self.tables.assets[usize::from(row.asset)];
        asset
            .check_initial(row.asset, self.time, guards.max_age())
            .map_err(number_of)?;
        if self.accounts[who].liquidation_start != 0 {
            return refuse(ErrorCode::AccountInLiquidation);
        }
        let desk = self.desk(market);
        let cancelled = match args.cancel {
            None => Vec::new(),
            Some(which) => {
                // Nothing to take out is no error here.
                let found = self.meant(who, market, which);
                if found.is_empty() {
                    Vec::new()
                } else {
                    self.cancel(&desk, who, which, REMOVALS)?
                }
            }
        };
        let mut turn = Turn::new(desk, who, hand);
        // Each of them may have to make room.
        let mut steps = MATCHES - args.quotes.len() as u8;
        let mut placed = Vec::new();
        for quote in &args.quotes {
            let fixed = matches!(quote.price, PriceArgs::Fixed(_));
            let order = OrderArgs {
                side: quote.side,
                price: quote.price,
                lots: quote.lots,
                kind: if fixed && args.slide {
                    OrderKind::PostOnlySlide
                } else {
                    OrderKind::PostOnly
                },
                self_trade: SelfTrade::Abort,
                reduce_only: false,
                expires: args.expires,
                client_id: quote.client_id,
                match_limit: 1,
            };
            self.require_order(market, &order)?;
            let stands = desk.price_of(order.side, order.price)?;
            let stands = self.post_price(&mut turn, &order, stands, &mut steps)?;
            placed.push(self.rest(&mut turn, &order, quote.lots as i64, stands)?);
        }
        self.end(&desk);
        self.accounts[who].sequence += 1;
        let health = self.require_initial(who, &guards)?;
        self.guard_ratio(who, &guards)?;
        let (account, sequence) = (self.accounts[who].key, self.accounts[who].sequence);
        self.tell(&OrdersPlaced {
            market: market as u16,
            account,
            sequence,
            cancelled,
            placed,
            health,
            fills: turn.fills,
        });
        Ok(())
    }
}
