//! `grow_market`: gives a market's account room for more orders. Anyone may, and pays the rent. A market
//! is created with an empty book that has no room at all: an account cannot be made larger than 10 kB
//! at once.

use crate::{
    instructions::tokens::resize,
    state::{MARKET_LARGEST, Market},
};
use anchor_lang::{prelude::*, solana_program::entrypoint::MAX_PERMITTED_DATA_INCREASE};

/// Accounts of `grow_market`.
#[derive(Accounts)]
pub struct GrowMarket<'info> {
    /// Pays the rent.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// Moves the rent.
    pub system_program: Program<'info, System>,
}

/// Adds up to 10,240 bytes, until there is room for 1,024 orders a side.
///
/// # Errors
/// The system program's.
pub(crate) fn grow_market(ctx: Context<GrowMarket>) -> Result<()> {
    let accounts = &ctx.accounts;
    let info: &AccountInfo = accounts.market.as_ref();
    let length = (info.data_len() + MAX_PERMITTED_DATA_INCREASE).min(MARKET_LARGEST);
    resize(info, &accounts.payer, &accounts.system_program, length)
}
