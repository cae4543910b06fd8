//! Traders who take from the makers: most at random, every third with a long position that a fall may end.

use super::{
    Board, Watch,
    bot::{Bot, held, pause},
};
use crate::{Error, house::House, keys};
use anchor_lang::prelude::Pubkey;
use counterweight::{Guards, TradeArgs, error::ErrorCode};
use counterweight_link::SendError;
use counterweight_risk::orders::Side;
use counterweight_sdk::{accounts::Margin, preview};
use counterweight_simnet::Rng;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Whole quote tokens of a trader, and of one who has a position on credit.
const TOKENS: u64 = 20_000;
const ON_CREDIT: u64 = 4_000;
/// Below so many dollars a trader deposits anew, as somebody else would come in its place.
const BROKE: i64 = 500;
/// Dollars of a trade: least and most.
const SIZES: (i64, i64) = (100, 4_000);
/// What a position on credit is worth at most, as a multiple of equity.
const LEVERAGE: i64 = 9;
/// How far from the index it trades at most, in basis points.
const SLIPPAGE_BPS: i64 = 30;
/// Milliseconds between two trades: least and most.
const WAITS: (i64, i64) = (400, 2_400);
/// Quote atoms of a dollar.
const DOLLAR: i64 = 1_000_000;

/// A trader.
pub(crate) struct Trader {
    bot: Bot,
    /// The makers' margin accounts, by market.
    makers: Arc<Vec<Pubkey>>,
    rng: Rng,
    on_credit: bool,
    trades: Arc<AtomicU64>,
}

/// What a trader wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wish {
    market: u16,
    /// Positive to buy.
    lots: i64,
    reduce_only: bool,
}

impl Trader {
    /// Opens its account. `trades` counts what it does.
    pub async fn join(
        house: House,
        board: Watch,
        number: usize,
        seed: u64,
        makers: Arc<Vec<Pubkey>>,
        trades: Arc<AtomicU64>,
    ) -> Result<Self, Error> {
        let on_credit = number % 3 == 2;
        let tokens = if on_credit { ON_CREDIT } else { TOKENS };
        Ok(Self {
            bot: Bot::join(house, board, keys::trader(number), tokens).await?,
            makers,
            rng: Rng::new(seed.wrapping_add(number as u64 + 1)),
            on_credit,
            trades,
        })
    }

    /// Trades for good.
    pub async fn run(mut self) {
        loop {
            let wait = self.rng.range(WAITS.0, WAITS.1).unsigned_abs();
            tokio::time::sleep(Duration::from_millis(wait)).await;
            if let Err(error) = self.act().await {
                tracing::debug!("trader {}: {error}", self.bot.margin);
                pause().await;
            }
        }
    }

    async fn act(&mut self) -> Result<(), String> {
        let (board, account) = (self.bot.board(), self.bot.account().await?);
        let view = preview::margin_view(&board.tables, &account, board.now.time);
        let view = view.map_err(|error| format!("{error:?}"))?;
        if account.positions().is_empty() && view.equity < BROKE * DOLLAR {
            let tokens = if self.on_credit { ON_CREDIT } else { TOKENS };
            let funded = self.bot.fund(Vec::new(), tokens).await;
            return funded.map_err(|error| error.to_string());
        }
        let may_add = view.can_add_risk && view.free_collateral > 0;
        match self.wish(&board, &account, may_add, view.equity) {
            Some(wish) => self.trade(&board, &account, wish).await,
            None => Ok(()),
        }
    }

    fn wish(
        &mut self,
        board: &Board,
        account: &Margin,
        may_add: bool,
        equity: i64,
    ) -> Option<Wish> {
        // Options are for people: by chance nobody buys them well.
        let markets = 0..board.tables.markets.len() as u16;
        let linear: Vec<u16> = markets.filter(|market| board.is_linear(*market)).collect();
        let market = linear[self.rng.below(linear.len() as u64) as usize];
        let dollars = self.rng.range(SIZES.0, SIZES.1);
        let buys = self.rng.chance(50);
        let (held, atoms) = (held(account, market), board.lot_atoms(market));
        let smallest = board.tables.markets[usize::from(market)]
            .min_order_lots
            .cast_signed();
        let lots = (dollars * DOLLAR / atoms).max(smallest);
        if !may_add {
            // Only towards zero, and all of it where less could not be traded.
            let lots = if held.abs() < 2 * smallest {
                held.abs()
            } else {
                lots.min(held.abs())
            };
            return (held != 0).then_some(Wish {
                market,
                lots: -held.signum() * lots,
                reduce_only: true,
            });
        }
        if !self.on_credit {
            return Some(Wish {
                market,
                lots: if buys { lots } else { -lots },
                reduce_only: false,
            });
        }
        let owed = account.positions().iter().map(|position| {
            let notional =
                i128::from(position.lots.0.abs()) * i128::from(board.lot_atoms(position.market));
            i64::try_from(notional).unwrap_or(i64::MAX)
        });
        let room = equity.saturating_mul(LEVERAGE) - owed.fold(0i64, i64::saturating_add);
        let lots = lots.min(room / atoms);
        (lots >= smallest).then_some(Wish {
            market,
            lots,
            reduce_only: false,
        })
    }

    async fn trade(&mut self, board: &Board, account: &Margin, wish: Wish) -> Result<(), String> {
        let index = board.price(wish.market).ok_or("a market has no price")?;
        let slippage = (index * SLIPPAGE_BPS / 10_000).max(1);
        let limit = if wish.lots > 0 {
            index + slippage
        } else {
            index - slippage
        };
        let args = TradeArgs {
            side: if wish.lots > 0 { Side::Buy } else { Side::Sell },
            lots: wish.lots.unsigned_abs(),
            limit: limit.max(1).unsigned_abs(),
            reduce_only: wish.reduce_only,
        };
        let maker = self.makers.get(usize::from(wish.market)).copied();
        let makers: Vec<Pubkey> = maker.into_iter().collect();
        let actor = self.bot.actor(wish.market);
        let trade = self
            .bot
            .house
            .venue
            .trade(&actor, args, Guards::default(), &makers);
        match self.bot.send(trade, account).await {
            Ok(()) => {
                self.trades.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            Err(error) if is_usual(&error) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Refusals that come with trading: the book was empty for a moment, or the account is at its limit.
fn is_usual(error: &SendError) -> bool {
    let usual = [
        ErrorCode::InitialMarginNotMet,
        ErrorCode::AccountWouldBeWorse,
        ErrorCode::AccountInLiquidation,
        ErrorCode::MakerRequired,
        ErrorCode::FillOrKillNotFilled,
        ErrorCode::StalePrice,
        ErrorCode::WidePrice,
        ErrorCode::DivergentPrice,
    ];
    error
        .code()
        .is_some_and(|code| usual.into_iter().any(|usual| u32::from(usual) == code))
}
