//! `place_trigger`: an order that anyone executes once the index has crossed its price: a stop-loss, a
//! take-profit, or a stop that trails the index. It only ever reduces a position.

use crate::{
    error::{ErrorCode, OrRefuse, refuse},
    events::TriggerChanged,
    instructions::trading::require_lots,
    state::{Layout, MarginAccount, MarginRef, RiskBook, RiskBookRef, Trigger, Triggers},
};
use anchor_lang::prelude::*;
use counterweight_risk::{orders::Side, units::MAX_PRICE};

/// Accounts of `place_trigger` and `cancel_trigger`.
#[derive(Accounts)]
pub struct ActOnTriggers<'info> {
    /// Owner or delegate of the margin account.
    pub authority: Signer<'info>,
    /// The risk book.
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The margin account.
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// Its triggers.
    #[account(mut, has_one = margin_account @ ErrorCode::TriggerNotFound)]
    pub triggers: AccountLoader<'info, Triggers>,
}

impl ActOnTriggers<'_> {
    pub(super) fn validate(&self, book: &RiskBookRef) -> Result<()> {
        let margin = MarginRef::load(&self.margin_account)?;
        margin.header.require_member(&book.header.clearinghouse)?;
        margin.header.require_trader(self.authority.key)?;
        self.triggers.load()?.require_version()
    }
}

/// A trigger order.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct TriggerArgs {
    /// Index of the market.
    pub market: u16,
    /// Buy (to close a short) or sell (to close a long).
    pub side: Side,
    /// Whether it fires when the index is at or above the price; else at or below.
    pub above: bool,
    /// The price in ticks of the market.
    pub price: u64,
    /// How far the price trails the index, in ticks; 0 for a price that stays.
    pub trail: u64,
    /// How far from the index it may trade, in ticks.
    pub slippage: u64,
    /// How many lots it closes at most.
    pub lots: u64,
    /// Unix seconds from which it no longer fires; 0 for never.
    pub expires: i64,
    /// What the client calls it.
    pub client_id: u64,
}

/// Places a trigger order in the first free of the 8 places.
///
/// # Errors
/// [`ErrorCode::TriggerNotFound`] where none is free, [`ErrorCode::UnknownMarket`],
/// [`ErrorCode::InvalidPrice`], [`ErrorCode::InvalidOrder`] for a stop that trails away from the index.
pub(crate) fn place_trigger(ctx: Context<ActOnTriggers>, args: TriggerArgs) -> Result<()> {
    let accounts = &ctx.accounts;
    let risk_book = RiskBookRef::load(&accounts.risk_book)?;
    accounts.validate(&risk_book)?;
    let row = risk_book.book().market(args.market).or_refuse()?;
    require_lots(args.lots)?;
    let most = (MAX_PRICE.0 >> 16) / row.tick_size;
    let priced = [args.price, args.trail.max(1), args.slippage.max(1)];
    if let Some(found) = priced
        .into_iter()
        .find(|ticks| *ticks == 0 || *ticks > most)
    {
        let numbers = [("ticks", found.into()), ("highest", most.into())];
        return Err(refuse(ErrorCode::InvalidPrice, &numbers));
    }
    // A sell trails below the index and fires at or below, a buy above.
    let trails_away = args.trail > 0 && args.above != (args.side == Side::Buy);
    require!(!trails_away, ErrorCode::InvalidOrder);

    let mut triggers = accounts.triggers.load_mut()?;
    let place = triggers.entries.iter().position(|entry| !entry.is_used());
    let place = place.ok_or(ErrorCode::TriggerNotFound)?;
    triggers.entries[place] = Trigger {
        market: args.market,
        price: args.price.cast_signed(), // at most 2^40, as the others
        trail: args.trail,
        slippage: args.slippage,
        lots: args.lots,
        lots_placed: args.lots,
        expires: args.expires,
        client_id: args.client_id,
        ..Trigger::new(args.side, args.above)
    };
    emit!(TriggerChanged {
        account: accounts.margin_account.key(),
        place: place as u8,
        client_id: args.client_id,
        lots: args.lots,
        price: args.price.cast_signed(),
    });
    Ok(())
}
