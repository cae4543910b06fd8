//! `settle_market`: ends a market at a fixed price. From then on nothing trades in it, every position is
//! worth that price, and anyone may close each one at it. There is no way back.

use crate::{
    error::{ErrorCode, OrRefuse, refuse},
    events::MarketChanged,
    instructions::oracle::apply_funding,
    state::{Clearinghouse, Market, RiskBook, RiskBookMut},
};
use anchor_lang::prelude::*;
use counterweight_risk::{Ticks, expiry::next_expiry, market::MODE_SETTLEMENT};

/// Accounts of `settle_market`.
#[derive(Accounts)]
pub struct SettleMarket<'info> {
    /// The authority.
    pub authority: Signer<'info>,
    /// The clearinghouse.
    #[account(has_one = authority @ ErrorCode::NotAuthority, has_one = risk_book @ ErrorCode::WrongClearinghouse)]
    pub clearinghouse: AccountLoader<'info, Clearinghouse>,
    /// Its risk book.
    #[account(mut)]
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The market.
    #[account(mut, has_one = clearinghouse @ ErrorCode::WrongClearinghouse)]
    pub market: AccountLoader<'info, Market>,
}

/// Ends a market at `price` ticks, inside its price band around the last index: whoever governs cannot
/// settle it at a price of his own making.
///
/// # Errors
/// [`ErrorCode::PriceOutsideBand`], [`ErrorCode::MarketMode`] where it is in settlement already,
/// [`ErrorCode::ContractEnded`] from its expiry on.
pub(crate) fn settle_market(ctx: Context<SettleMarket>, price: u64) -> Result<()> {
    let mut book = RiskBookMut::load(&ctx.accounts.risk_book)?;
    let mut market = ctx.accounts.market.load_mut()?;
    let now = Clock::get()?.unix_timestamp;
    // What has accrued is paid where there is a price for it; a feed that died must not stop the end.
    let asset = book.market(market.index)?.asset;
    if book.asset(asset)?.check_maintenance(asset, now).is_ok() {
        apply_funding(&mut book, &mut market, now)?;
    }
    let underlying = *book.asset(asset)?;
    let row = book.market(market.index)?;
    require!(row.mode != MODE_SETTLEMENT, ErrorCode::MarketMode);
    // A contract that has ended is settled at its own price, which nobody chooses.
    row.require_running(market.index, now).or_refuse()?;
    let asked = row.price_of(Ticks(price)).or_refuse()?;
    let band = row.band_now(market.index, &underlying, now);
    let (low, high) = band.or_refuse()?;
    if asked < low || asked > high || price == 0 {
        let numbers = [
            ("price", asked.0.into()),
            ("lowest", low.0.into()),
            ("highest", high.0.into()),
        ];
        return Err(refuse(ErrorCode::PriceOutsideBand, &numbers));
    }
    row.settlement_price = asked.0 >> 16;
    row.mode = MODE_SETTLEMENT;
    let (assets, markets) = book.tables();
    assets[usize::from(asset)].next_expiry = next_expiry(markets, asset);
    emit!(MarketChanged {
        clearinghouse: ctx.accounts.clearinghouse.key(),
        market: market.index,
    });
    Ok(())
}
