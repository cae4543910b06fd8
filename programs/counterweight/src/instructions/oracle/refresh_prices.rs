//! `refresh_prices`: brings Pyth prices into the risk book. Anyone may, any number at a time, also
//! as the first instruction of the transaction that needs them.

use crate::{
    error::{ErrorCode, OrRefuse, refuse},
    oracle,
    state::{RiskBook, RiskBookMut},
};
use anchor_lang::prelude::*;
use counterweight_risk::expiry::{Stood, is_near};

/// Accounts of `refresh_prices`: behind these, one price account for each asset of the argument.
#[derive(Accounts)]
pub struct RefreshPrices<'info> {
    /// The risk book.
    #[account(mut)]
    pub risk_book: AccountLoader<'info, RiskBook>,
}

/// Records the prices of `assets` from the accounts that follow, in the same order.
///
/// A price with the recorded publish time changes nothing and is accepted, so that transactions that
/// bring the same price do not fail each other; an older one is refused. No event: the price account
/// and the slot say all there is.
///
/// # Errors
/// Those of [`oracle::read`] and of [`counterweight_risk::Asset::record`],
/// [`ErrorCode::WrongAccountCount`].
pub(crate) fn refresh_prices<'info>(
    ctx: Context<'info, RefreshPrices<'info>>,
    assets: Vec<u16>,
) -> Result<()> {
    let accounts = ctx.remaining_accounts;
    if accounts.len() != assets.len() {
        let numbers = [
            ("accounts", accounts.len() as i128),
            ("assets", assets.len() as i128),
        ];
        return Err(refuse(ErrorCode::WrongAccountCount, &numbers));
    }
    let now = Clock::get()?.unix_timestamp;
    let mut book = RiskBookMut::load(&ctx.accounts.risk_book)?;
    for (index, account) in assets.into_iter().zip(accounts) {
        let params = book.header.params;
        let row = book.asset(index)?;
        let reading = oracle::read(account, index, row)?;
        let scale = params.scale(index == 0, row.lot_exponent, reading.exponent);
        let (stood, steps) = (Stood::of(row), row.volatility.steps());
        let changed = row.record(&reading, scale, now).or_refuse()?;
        let (near, followed) = (is_near(row), row.volatility.steps() == steps);
        if changed && index == 0 {
            let price = row.index;
            book.header.params.set_quote_price(price).or_refuse()?;
        }
        if changed && near {
            count(&mut book, index, stood)?;
        }
        if !followed {
            book.follow_volatility(index)?;
        }
    }
    Ok(())
}

/// Counts the price that stood until now for the contracts that are about to end. Out of the loop, which must not pay
/// for it.
#[cold]
#[inline(never)]
fn count(book: &mut RiskBookMut, index: u16, stood: Stood) -> Result<()> {
    let (assets, markets) = book.tables();
    let asset = &assets[usize::from(index)];
    stood.count(index, asset, markets).or_refuse()
}
