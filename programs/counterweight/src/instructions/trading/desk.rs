//! Where orders meet: what placing, trading and cancelling have in common. One market, one taker, and
//! the makers whose accounts are at hand.

use super::matching::Tally;
use crate::{
    book::{Book, Entry, IndexTicks, Order, Queue},
    error::{ErrorCode, OrRefuse, explain, refuse},
    instructions::trading::{OrderArgs, PriceArgs},
    state::MarginMut,
};
use anchor_lang::prelude::*;
use counterweight_risk::{
    Asset, Book as RiskTables, Lots, Market as MarketRow, Moment, Price, RiskError, Ticks,
    orders::{OrderPrice, Peg, Side},
    units::MAX_PRICE,
};

/// What is known of a market before its book is opened.
pub struct Desk<'a, 'info> {
    /// Index of the market.
    pub market: u16,
    /// Its row in the risk book.
    pub row: &'a MarketRow,
    /// Its underlying.
    pub asset: &'a Asset,
    /// The clearinghouse.
    pub clearinghouse: Pubkey,
    /// Unix seconds.
    pub now: i64,
    /// What holds for money that changes now.
    pub moment: Moment,
    /// The index in ticks.
    pub index: IndexTicks,
    /// The lowest and highest price, in ticks, at which anything trades.
    pub band: (i64, i64),
    /// What maintenance counts shorts and longs at.
    pub marks: [Price; 2],
    /// Why nothing can be traded at a price of now; of an option only, whose array is too old.
    unpriced: Option<RiskError>,
    /// Makers whose accounts are at hand.
    pub makers: &'a [AccountInfo<'info>],
}

/// The book and the queue of a market, open, with the taker's account.
pub struct Floor<'a, 'm, 't> {
    /// The book.
    pub book: Book<'a>,
    /// The fill queue.
    pub queue: Queue<'a>,
    /// The taker.
    pub taker: &'t mut MarginMut<'m>,
    /// Its address.
    pub key: &'t Pubkey,
    /// What goes into the queue.
    pub queued: Vec<Entry>,
}

impl<'a, 'info> Desk<'a, 'info> {
    /// Looks up a market. `max_age` is the client's limit on the age of the price.
    ///
    /// # Errors
    /// [`ErrorCode::UnknownMarket`].
    pub fn open(
        tables: &RiskTables<'a>,
        market: u16,
        clearinghouse: Pubkey,
        makers: &'a [AccountInfo<'info>],
        now: i64,
    ) -> Result<Self> {
        let row = tables.market(market).or_refuse()?;
        let asset = tables.asset(row.asset).or_refuse()?;
        let desk = Self {
            market,
            row,
            asset,
            clearinghouse,
            now,
            moment: tables.params.moment(now),
            index: IndexTicks {
                floor: 0,
                ceil: 0,
                usable: false,
            },
            band: (0, i64::MAX),
            marks: [asset.maintenance_low, asset.maintenance_high],
            unpriced: None,
            makers,
        };
        if row.is_derived() {
            return desk.priced_apart();
        }
        desk.priced(asset.index, row.band(asset.index).or_refuse()?)
    }

    /// With the price of now, and what trades around it.
    #[inline(always)]
    fn priced(mut self, index: Price, (low, high): (Price, Price)) -> Result<Self> {
        let tick = self.row.tick_size << 16; // tick_size ≤ 2^40
        let ticks = |price: u64| (price / tick).cast_signed();
        self.index = IndexTicks {
            floor: ticks(index.0),
            ceil: index.0.div_ceil(tick).cast_signed(),
            usable: self
                .asset
                .check_initial(self.row.asset, self.now, u32::MAX)
                .is_ok(),
        };
        self.band = (low.0.div_ceil(tick).cast_signed(), ticks(high.0));
        Ok(self)
    }

    /// An option is worth what its array says, and a contract of whose mean a part is fixed what it is expected to settle at.
    /// Where the array is too old nothing can be traded, but orders can be cancelled.
    #[cold]
    #[inline(never)]
    fn priced_apart(mut self) -> Result<Self> {
        match self.row.priced(self.market, self.asset, self.now) {
            Ok(row) => {
                self.marks = [row.maintenance_low, row.maintenance_high];
                let band = self.row.band_now(self.market, self.asset, self.now);
                self.priced(row.index, band.or_refuse()?)
            }
            Err(error) => {
                self.unpriced = Some(error);
                Ok(self)
            }
        }
    }

    /// Refuses an option whose array is too old to trade by.
    ///
    /// # Errors
    /// [`ErrorCode::StaleArray`], [`ErrorCode::DriftedArray`].
    #[inline(always)]
    pub fn require_priced(&self) -> Result<()> {
        match self.unpriced {
            Some(error) => Err(explain(error)),
            None => Ok(()),
        }
    }

    /// The price of an order in ticks, as it stands now.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidPrice`], [`ErrorCode::PegBeyondWorst`], [`ErrorCode::PriceOutsideBand`] for
    /// a bid above the band or an ask below it; those of a price that is too old to peg to.
    pub fn price_of(&self, args: &OrderArgs) -> Result<i64> {
        let most = (MAX_PRICE.0 >> 16) / self.row.tick_size;
        let checked = |ticks: u64| {
            if ticks == 0 || ticks > most {
                let numbers = [("ticks", ticks.into()), ("highest", most.into())];
                return Err(refuse(ErrorCode::InvalidPrice, &numbers));
            }
            Ok(ticks.cast_signed()) // at most 2^40
        };
        let price = match args.price {
            PriceArgs::Fixed(ticks) => checked(ticks)?,
            PriceArgs::Pegged { offset, worst } => {
                self.asset
                    .check_initial(self.row.asset, self.now, u32::MAX)
                    .or_refuse()?;
                let worst = checked(worst)?;
                let stands = self.index.of(args.side).saturating_add(i64::from(offset));
                checked(u64::try_from(stands).unwrap_or(0))?;
                let beyond = match args.side {
                    Side::Buy => stands > worst,
                    Side::Sell => stands < worst,
                };
                if beyond {
                    let numbers = [("price", stands.into()), ("worst", worst.into())];
                    return Err(refuse(ErrorCode::PegBeyondWorst, &numbers));
                }
                stands
            }
        };
        self.require_band(args.side, price)?;
        Ok(price)
    }

    fn require_band(&self, side: Side, price: i64) -> Result<()> {
        if self.is_off_band(side, price) {
            return Err(refuse(
                ErrorCode::PriceOutsideBand,
                &[
                    ("market", self.market.into()),
                    ("ticks", price.into()),
                    ("lowest", self.band.0.into()),
                    ("highest", self.band.1.into()),
                ],
            ));
        }
        Ok(())
    }

    /// Whether a price gives away more than the band: a bid above it, an ask below it.
    pub(super) fn is_off_band(&self, side: Side, price: i64) -> bool {
        match side {
            Side::Buy => price > self.band.1,
            Side::Sell => price < self.band.0,
        }
    }

    /// Lets an order rest. Where its side is full it takes the place of the worst one, if it is better.
    ///
    /// # Errors
    /// [`ErrorCode::BookFull`], [`ErrorCode::TooManyOrders`], [`ErrorCode::NoFreeSlot`],
    /// [`ErrorCode::QueueFull`].
    pub fn rest(
        &self,
        floor: &mut Floor,
        order: Order,
        stands: i64,
        tally: &mut Tally,
    ) -> Result<u64> {
        let side = order.side();
        let price = if order.is_pegged() {
            let offset = i32::try_from(order.price).map_err(|_| ErrorCode::InvalidPrice)?;
            OrderPrice::Pegged(Peg::of(offset).or_refuse()?)
        } else {
            OrderPrice::Fixed(self.risk_price(order.price)?)
        };
        if floor.book.length(side) >= floor.book.capacity() {
            self.make_room(floor, side, stands, tally)?;
        }
        floor
            .taker
            .account()
            .add_order(self.market, self.row, side, Lots(order.lots), price)
            .or_refuse()?;
        let slot = floor
            .book
            .insert(order)
            .map_err(|_| book_full(floor, side))?;
        Ok(floor.book.order(slot).id(slot).0)
    }

    fn make_room(
        &self,
        floor: &mut Floor,
        side: Side,
        stands: i64,
        tally: &mut Tally,
    ) -> Result<()> {
        let worst = floor.book.worst(side);
        let better = |slot: u16| {
            let price = floor.book.order(slot).price;
            match side {
                Side::Buy => stands > price,
                Side::Sell => stands < price,
            }
        };
        match worst {
            Some(slot) if better(slot) => self.remove(floor, slot, tally),
            _ => Err(book_full(floor, side)),
        }
    }

    fn risk_price(&self, ticks: i64) -> Result<Price> {
        self.row.price_of(Ticks(ticks.unsigned_abs())).or_refuse()
    }
}

#[cold]
fn book_full(floor: &Floor, side: Side) -> Error {
    let numbers = [
        ("orders", floor.book.length(side) as i128),
        ("room", floor.book.capacity() as i128),
    ];
    refuse(ErrorCode::BookFull, &numbers)
}

/// Refuses lots that no order can have.
///
/// # Errors
/// [`ErrorCode::ZeroQuantity`], [`ErrorCode::Overflow`].
pub fn require_lots(lots: u64) -> Result<i64> {
    require!(lots > 0, ErrorCode::ZeroQuantity);
    Side::Buy
        .signed(lots)
        .map(|lots| lots.0)
        .map_err(|_| explain(RiskError::Overflow))
}
