//! `add_market`: a perpetual or a future on an asset.

use crate::{
    error::{ErrorCode, OrRefuse, refuse},
    events::MarketChanged,
    instructions::tokens::resize,
    state::{Clearinghouse, Layout, MARKET_QUEUE, MARKET_SEED, Market, RiskBook, RiskBookMut},
};
use anchor_lang::prelude::*;
use bytemuck::Zeroable;
use core::slice::from_ref;
use counterweight_risk::{
    Market as MarketRow, MarketTerms,
    error::within,
    expiry::{Contract, next_expiry},
    risk_terms::{check_optionable, check_range},
};

/// Most quote atoms that a lot and tick may be.
pub const MAX_TICK_SIZE: u64 = 1 << 40;

/// What a market starts with.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug)]
pub struct MarketSetup {
    /// A name for people, padded with zeros.
    pub name: [u8; 16],
    /// Index of the underlying.
    pub asset: u16,
    /// Quote atoms per lot and tick, at most [`MAX_TICK_SIZE`].
    pub tick_size: u64,
    /// 0 a perpetual, 1 a future, 2 a call, 3 a put.
    pub kind: u8,
    /// When it ends, unix seconds: an hour to two years ahead. 0 for a perpetual.
    pub expiry: i64,
    /// The strike of an option, quote atoms a lot; else 0.
    pub strike: u64,
    /// Its terms.
    pub terms: MarketTerms,
}

/// Accounts of `add_market`.
#[derive(Accounts)]
#[instruction(index: u16)]
pub struct AddMarket<'info> {
    /// Pays for the account and the row.
    #[account(mut)]
    pub authority: Signer<'info>,
    /// The clearinghouse.
    #[account(has_one = authority @ ErrorCode::NotAuthority, has_one = risk_book @ ErrorCode::WrongClearinghouse)]
    pub clearinghouse: AccountLoader<'info, Clearinghouse>,
    /// Its risk book; grows by a row.
    #[account(mut)]
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The market's own account.
    #[account(
        init,
        payer = authority,
        space = MARKET_QUEUE,
        seeds = [MARKET_SEED, clearinghouse.key().as_ref(), &index.to_le_bytes()],
        bump
    )]
    pub market: AccountLoader<'info, Market>,
    /// Creates the account.
    pub system_program: Program<'info, System>,
}

impl AddMarket<'_> {
    fn validate(setup: &MarketSetup) -> Result<()> {
        within("tick_size", setup.tick_size, 1, MAX_TICK_SIZE).or_refuse()?;
        setup.terms.check().or_refuse()
    }
}

/// Adds a market as the next row; `index` must be that row's.
///
/// # Errors
/// [`ErrorCode::WrongIndex`], [`ErrorCode::UnknownAsset`], a parameter out of bounds,
/// [`ErrorCode::RiskBookFull`].
pub(crate) fn add_market(ctx: Context<AddMarket>, index: u16, setup: MarketSetup) -> Result<()> {
    AddMarket::validate(&setup)?;
    let accounts = &ctx.accounts;
    let info: &AccountInfo = accounts.risk_book.as_ref();
    let length = info.data_len() + size_of::<MarketRow>();
    resize(info, &accounts.authority, &accounts.system_program, length)?;

    let mut row = Box::new(MarketRow::zeroed());
    row.address = accounts.market.key().to_bytes();
    row.name = setup.name;
    row.tick_size = setup.tick_size;
    row.asset = setup.asset;
    row.kind = setup.kind;
    let now = Clock::get()?.unix_timestamp;
    row.contract = Contract::new(setup.kind, setup.expiry, setup.strike, now).or_refuse()?;

    let mut book = RiskBookMut::load(&accounts.risk_book)?;
    // The quote token is what everything is counted in: nothing to trade against itself.
    if setup.asset == 0 {
        return Err(refuse(ErrorCode::UnknownAsset, &[("asset", 0)]));
    }
    let asset = book.asset(setup.asset)?;
    // What the other markets on the asset follow already.
    row.multipliers = asset.volatility.steps();
    row.set_terms(&setup.terms).or_refuse()?;
    if row.is_option() {
        check_optionable(asset).or_refuse()?;
    }
    check_range(&asset.scan, setup.asset, from_ref(&*row)).or_refuse()?;
    let found = book.push_market(*row)?;
    if found != index {
        let numbers = [("found", index.into()), ("next", found.into())];
        return Err(refuse(ErrorCode::WrongIndex, &numbers));
    }

    let (assets, markets) = book.tables();
    assets[usize::from(setup.asset)].next_expiry = next_expiry(markets, setup.asset);

    let mut market = accounts.market.load_init()?;
    market.version = Market::VERSION;
    market.bump = ctx.bumps.market;
    market.index = index;
    market.clearinghouse = accounts.clearinghouse.key();

    emit!(MarketChanged {
        clearinghouse: accounts.clearinghouse.key(),
        market: index
    });
    Ok(())
}
