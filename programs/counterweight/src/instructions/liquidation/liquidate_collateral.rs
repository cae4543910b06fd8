//! `liquidate_collateral`: of an account that has no position left and cash below zero, anyone with a
//! margin account takes collateral, and pays the account's debt with it, at a discount that rises with
//! the auction (docs/risk.md, section 8).
//!
//! No token moves: balances of two accounts of the clearinghouse do. Never more than brings cash to
//! zero; the account's equity is never lower afterwards; the liquidator is never left below initial margin.
//! What stays as cash below zero without collateral is a deficit.
//!
//! Of the backstop all collateral is for sale, whatever its cash: it was taken over to become money.

use super::liquidate::{open_liquidator, require_outcome, start_of};
use crate::{
    error::{ErrorCode, OrRefuse, explain, refuse},
    events::CollateralLiquidated,
    instructions::Guards,
    state::{MarginAccount, MarginMut, PAUSE_LIQUIDATE, RiskBook, RiskBookRef},
};
use anchor_lang::prelude::*;
use counterweight_risk::{
    Asset, Book, Health, Moment, RiskError,
    collateral::{Offer, Taking, discount},
    liquidation::is_restored,
    standard::maintenance,
};

/// Accounts of `liquidate_collateral`.
#[derive(Accounts)]
pub struct LiquidateCollateral<'info> {
    /// Owner or delegate of the liquidator.
    pub authority: Signer<'info>,
    /// The risk book.
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The account that is liquidated.
    #[account(mut)]
    pub liquidatee: AccountLoader<'info, MarginAccount>,
    /// The account that takes the collateral.
    #[account(mut)]
    pub liquidator: AccountLoader<'info, MarginAccount>,
}

/// What a liquidator asks for.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CollateralArgs {
    /// Index of the asset.
    pub asset: u16,
    /// Most token atoms to take.
    pub max_atoms: u64,
    /// Highest price to take them at, discount taken off, as a risk price (quote atoms per lot, 48.16).
    pub limit_price: Option<u64>,
    /// Limits of the liquidator's own account.
    pub guards: Guards,
}

impl LiquidateCollateral<'_> {
    fn validate(
        &self,
        book: &RiskBookRef,
        liquidatee: &MarginMut,
        args: &CollateralArgs,
    ) -> Result<()> {
        book.header.require_running(PAUSE_LIQUIDATE)?;
        liquidatee
            .header
            .require_member(&book.header.clearinghouse)?;
        require!(args.max_atoms > 0, ErrorCode::ZeroQuantity);
        Ok(())
    }
}

/// What may be paid for, and since when it is for sale. Of the backstop everything that it took over.
fn for_sale(liquidatee: &MarginMut, book: &Book, health: &Health, now: i64) -> Result<(u64, i64)> {
    if liquidatee.header.is_backstop() {
        return Ok((u64::MAX, liquidatee.header.took_collateral));
    }
    let debt = debt_of(liquidatee)?;
    Ok((debt, start_of(liquidatee, book, health, now)?))
}

/// What the account lacks in cash. Refuses one that lacks nothing, and one that has positions (and with
/// them perhaps orders): those go first, and nobody knows what the account owes before.
fn debt_of(liquidatee: &MarginMut) -> Result<u64> {
    let core = &liquidatee.header.core;
    if core.position_count != 0 {
        let numbers = [("positions", core.position_count.into())];
        return Err(refuse(ErrorCode::PositionsRemain, &numbers));
    }
    if core.cash.0 >= 0 {
        return Err(refuse(ErrorCode::NoDebt, &[("cash", core.cash.0.into())]));
    }
    Ok(core.cash.0.unsigned_abs())
}

/// The collateral that is for sale. Its own price must be fresh, whatever else the account holds.
fn offer_of<'a>(
    liquidatee: &MarginMut,
    asset: &'a Asset,
    args: &CollateralArgs,
    debt: u64,
    (now, start): (i64, i64),
    params: &counterweight_risk::RiskParams,
) -> Result<Offer<'a>> {
    let held = liquidatee.header.core.balance(args.asset);
    if held == 0 {
        return Err(explain(RiskError::InsufficientBalance {
            available: 0,
            requested: args.max_atoms,
        }));
    }
    asset
        .check_maintenance_within(args.asset, now, args.guards.max_age())
        .or_refuse()?;
    let offer = Offer {
        asset,
        held,
        debt,
        discount: discount(asset, params, now.saturating_sub(start)),
    };
    let price = offer.price().or_refuse()?.0;
    match args.limit_price {
        Some(limit) if price > limit => {
            let numbers = [("price", price.into()), ("limit", limit.into())];
            Err(refuse(ErrorCode::LimitPriceExceeded, &numbers))
        }
        _ => Ok(offer),
    }
}

/// Moves the collateral one way and the cash the other.
fn exchange(
    taking: &Taking,
    (asset, moment): (u16, &Moment),
    liquidatee: &mut MarginMut,
    liquidator: &mut MarginMut,
) -> Result<()> {
    let core = &mut liquidatee.header.core;
    core.debit(asset, taking.atoms).or_refuse()?;
    core.move_cash(taking.cost, moment).or_refuse()?;
    let core = &mut liquidator.header.core;
    core.credit(asset, taking.atoms).or_refuse()?;
    let paid = taking.cost.negated().or_refuse()?;
    core.move_cash(paid, moment).or_refuse()
}

/// Liquidates collateral of an account.
///
/// # Errors
/// [`ErrorCode::NotLiquidatable`], [`ErrorCode::SameAccount`], [`ErrorCode::PositionsRemain`],
/// [`ErrorCode::NoDebt`], [`ErrorCode::InsufficientBalance`] where the account has nothing of the asset,
/// [`ErrorCode::LimitPriceExceeded`], [`ErrorCode::InitialMarginNotMet`] and [`ErrorCode::NoFreeBalance`]
/// of the liquidator, those of the guards and of prices.
pub(crate) fn liquidate_collateral(
    ctx: Context<LiquidateCollateral>,
    args: CollateralArgs,
) -> Result<()> {
    let accounts = &ctx.accounts;
    require_keys_neq!(
        accounts.liquidatee.key(),
        accounts.liquidator.key(),
        ErrorCode::SameAccount
    );
    let risk_book = RiskBookRef::load(&accounts.risk_book)?;
    let mut liquidatee = MarginMut::load(&accounts.liquidatee)?;
    accounts.validate(&risk_book, &liquidatee, &args)?;
    let book = risk_book.book();
    let now = Clock::get()?.unix_timestamp;
    let asset = book.asset(args.asset).or_refuse()?;

    let moment = book.params.moment(now);
    liquidatee.header.core.accrue(&moment).or_refuse()?;
    let before = maintenance(&book, &liquidatee.view(), now).or_refuse()?;
    let (debt, start) = for_sale(&liquidatee, &book, &before, now)?;
    let mut liquidator = open_liquidator(
        &accounts.liquidator,
        accounts.authority.key,
        &risk_book.header.clearinghouse,
        &args.guards,
    )?;
    let offer = offer_of(&liquidatee, asset, &args, debt, (now, start), book.params)?;
    let taking = offer.take(args.max_atoms).or_refuse()?;
    let sold = (args.asset, &moment);
    exchange(&taking, sold, &mut liquidatee, &mut liquidator)?;

    let after = require_outcome(&book, &before, &liquidatee, &liquidator, now, &args.guards)?;
    if liquidatee.header.is_backstop() {
        liquidatee.end_call(&book)?;
    } else {
        let restored = is_restored(&after, book.params.liquidation_buffer);
        liquidatee.header.core.liquidation_start = if restored { 0 } else { start };
    }
    emit!(CollateralLiquidated {
        account: accounts.liquidatee.key(),
        sequence: liquidatee.header.advance(),
        liquidator: accounts.liquidator.key(),
        liquidator_sequence: liquidator.header.advance(),
        asset: args.asset,
        atoms: taking.atoms,
        cost: taking.cost.0,
        equity: [before.equity.0, after.equity.0],
    });
    Ok(())
}
