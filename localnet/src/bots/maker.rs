//! The market maker of a market.

use super::{
    Watch,
    bot::{Bot, held, pause},
    ladder::{LINEAR, OPTION, Placed, Prices, Sight},
};
use crate::{Error, house::House, keys};
use anchor_lang::prelude::Pubkey;
use counterweight::{Guards, QuotesArgs, Which, error::ErrorCode};
use counterweight_sdk::accounts::Margin;
use std::time::Duration;

/// Whole quote tokens that it has to lose.
const TOKENS: u64 = 5_000_000;
/// From one look at its ladder to the next.
const A_LOOK: Duration = Duration::from_millis(800);

/// A market maker.
pub(crate) struct Maker {
    bot: Bot,
    market: u16,
    placed: Option<Placed>,
}

impl Maker {
    /// Opens its account.
    pub async fn join(house: House, board: Watch, market: u16) -> Result<Self, Error> {
        let key = keys::maker(&house.deployment.market[usize::from(market)].name);
        Ok(Self {
            bot: Bot::join(house, board, key, TOKENS).await?,
            market,
            placed: None,
        })
    }

    /// Its market.
    pub fn market(&self) -> u16 {
        self.market
    }

    /// Its margin account.
    pub fn margin(&self) -> Pubkey {
        self.bot.margin
    }

    /// Keeps its ladder where it belongs, for good.
    pub async fn run(mut self) {
        loop {
            if let Err(error) = self.look().await {
                tracing::warn!("maker of market {}: {error}", self.market);
                pause().await;
            }
            tokio::time::sleep(A_LOOK).await;
        }
    }

    /// Places the ladder if it is not what it should be.
    pub async fn look(&mut self) -> Result<(), String> {
        let (board, account) = (self.bot.board(), self.bot.account().await?);
        // The account alone does not say it: one without a position passes whatever the price is.
        if !board.may_quote(self.market) || !self.bot.may_add(&board, &account) {
            return self.withdraw(&account).await;
        }
        let row = &board.tables.markets[usize::from(self.market)];
        // Nobody trades an option whose array is too old.
        let Some(index) = board.price(self.market) else {
            return self.withdraw(&account).await;
        };
        let style = if row.is_option() { &OPTION } else { &LINEAR };
        let sight = Sight {
            style,
            index,
            lot_atoms: board.lot_atoms(self.market),
            inventory: held(&account, self.market),
            smallest: row.min_order_lots,
        };
        let wanted = sight.wanted();
        let position = account.positions().iter().find(|p| p.market == self.market);
        let resting = position.map_or(0, |p| p.bid_lots.0.min(p.ask_lots.0));
        let is_off = |placed: &Placed| placed.is_off(&wanted, resting);
        if self.placed.as_ref().is_none_or(is_off) {
            self.place(&sight, &account).await?;
            self.placed = Some(wanted);
        }
        Ok(())
    }

    async fn place(&self, sight: &Sight, account: &Margin) -> Result<(), String> {
        for prices in [sight.style.prices, Prices::Fixed] {
            let args = QuotesArgs {
                cancel: (account.header.core.open_orders > 0).then_some(Which::All),
                quotes: sight.quotes(prices),
                slide: true,
                expires: 0,
            };
            let actor = self.bot.actor(self.market);
            let place = self
                .bot
                .house
                .venue
                .place_orders(&actor, args, Guards::default());
            match self.bot.send(place, account).await {
                Ok(()) => return Ok(()),
                // A pegged order does not slide.
                Err(error) if error.code() == Some(ErrorCode::PostOnlyWouldCross.into()) => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        Err("an order of somebody else is in the way".into())
    }

    /// Takes its orders out while no price may be quoted at.
    async fn withdraw(&mut self, account: &Margin) -> Result<(), String> {
        if self.placed.take().is_none() || account.header.core.open_orders == 0 {
            return Ok(());
        }
        let actor = self.bot.actor(self.market);
        let cancel = self
            .bot
            .house
            .venue
            .cancel_orders(&actor, Which::All, u8::MAX);
        self.bot
            .send(cancel, account)
            .await
            .map_err(|error| error.to_string())
    }
}
