//! `resolve_default`: the backstop takes over an account in default, with everything in it. Anyone may.
//!
//! Positions move as they are, at what they have cost: no price has a part in it but for the verdict. The
//! backstop takes over what leaves it above its own maintenance margin, and loses no more in a day than
//! its cap; the rest is closed by `deleverage`.

use crate::{
    error::{ErrorCode, OrRefuse, refuse},
    events::DefaultResolved,
    state::{
        Clearinghouse, MarginAccount, MarginMut, Market, PAUSE_LIQUIDATE, RECORDED, RiskBook,
        RiskBookRef,
    },
};
use anchor_lang::prelude::*;
use counterweight_risk::{
    Book, Health, QuoteAtoms,
    account::BALANCES,
    backstop::{Moved, is_in_default, judged_kindly, merged, move_last, move_money},
};

/// Accounts of `resolve_default`. Behind them, in any order, those of the markets in which both the
/// account and the backstop hold a position.
#[derive(Accounts)]
pub struct ResolveDefault<'info> {
    /// The clearinghouse: its insurance line moves into the backstop.
    #[account(mut, has_one = risk_book @ ErrorCode::WrongClearinghouse)]
    pub clearinghouse: AccountLoader<'info, Clearinghouse>,
    /// Its risk book.
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The account in default.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// The backstop.
    #[account(mut)]
    pub backstop: AccountLoader<'info, MarginAccount>,
}

/// Most markets in which both the account and the backstop may hold a position, so that a takeover fits a
/// transaction, which locks 64 accounts. With more the account is deleveraged.
pub(super) const MOST_NETTED: usize = 48;

/// Refuses other accounts, and one with orders.
pub(super) fn require_accounts(
    book: &RiskBookRef,
    margin: &MarginMut,
    backstop: &MarginMut,
) -> Result<()> {
    book.header.require_running(PAUSE_LIQUIDATE)?;
    let key = &book.header.clearinghouse;
    margin.header.require_member(key)?;
    backstop.header.require_backstop(key)?;
    margin.header.require_no_orders(margin.view().positions)
}

/// Refuses an account that is not in default.
pub(super) fn require_default(book: &Book, health: &Health) -> Result<()> {
    let line = book.params.backstop_line;
    if !is_in_default(health, line) {
        return Err(refuse(
            ErrorCode::NotInDefault,
            &[
                ("equity", health.equity.0.into()),
                ("maintenance margin", health.requirement.0.into()),
                ("line, of 2^20", line.0.into()),
            ],
        ));
    }
    Ok(())
}

/// What stands against the backstop's taking an account over, if something does, in numbers.
pub(super) fn obstacle(
    book: &Book,
    margin: &MarginMut,
    backstop: &mut MarginMut,
) -> Result<Option<[(&'static str, i128); 6]>> {
    let now = Clock::get()?.unix_timestamp;
    let (own, taken) = (backstop.view(), margin.view());
    let both = merged(book, (&own, RECORDED), (&taken, now)).or_refuse()?;
    let floor = backstop.header.floor(book);
    let slots = backstop.account().slots.len();
    // Positions that both have are one afterwards, in one market each.
    let held = backstop.view().positions.len() + margin.view().positions.len();
    let netted = held.saturating_sub(both.slots);
    let fits = both.slots <= slots && both.balances <= BALANCES && netted <= MOST_NETTED;
    if both.health.is_met() && both.health.equity >= floor && fits {
        return Ok(None);
    }
    Ok(Some([
        ("equity then", both.health.equity.0.into()),
        ("margin then", both.health.requirement.0.into()),
        ("floor of the day", floor.0.into()),
        ("slots needed", both.slots as i128),
        ("slots", slots as i128),
        ("netted", netted as i128),
    ]))
}

/// Moves every position, and tells the markets where both had one.
fn move_positions<'info>(
    book: &Book,
    markets: &'info [AccountInfo<'info>],
    (margin, backstop): (&mut MarginMut, &mut MarginMut),
    now: i64,
) -> Result<u16> {
    let (mut count, moment) = (0, book.params.moment(now));
    loop {
        let (from, to) = (&mut margin.account(), &mut backstop.account());
        let Some((index, moved)) = move_last(book, from, to, &moment).or_refuse()? else {
            return Ok(count);
        };
        count += 1;
        let Moved { fills: Some(fills) } = moved else {
            continue;
        };
        let row = book.market(index).or_refuse()?;
        let found = markets
            .iter()
            .find(|info| info.key.as_ref() == row.address.as_slice());
        let missing = || refuse(ErrorCode::WrongMarket, &[("market", index.into())]);
        let info = found.ok_or_else(missing)?;
        let loader = AccountLoader::<Market>::try_from(info)?;
        let mut market = loader.load_mut()?;
        for (effect, owed) in fills {
            market.apply(&effect, owed)?;
        }
        market.advance(QuoteAtoms::ZERO);
    }
}

/// Lets the backstop take an account over.
///
/// # Errors
/// [`ErrorCode::NotInDefault`], [`ErrorCode::BackstopCannotTake`], [`ErrorCode::OrdersStillRest`],
/// [`ErrorCode::NotBackstop`], [`ErrorCode::WrongMarket`] where a market is missing, those of prices.
pub(crate) fn resolve_default<'info>(ctx: Context<'info, ResolveDefault<'info>>) -> Result<()> {
    let accounts = &ctx.accounts;
    require_keys_neq!(
        accounts.margin_account.key(),
        accounts.backstop.key(),
        ErrorCode::SameAccount
    );
    let risk_book = RiskBookRef::load(&accounts.risk_book)?;
    let mut clearinghouse = accounts.clearinghouse.load_mut()?;
    let mut margin = MarginMut::load(&accounts.margin_account)?;
    let mut backstop = MarginMut::load(&accounts.backstop)?;
    require_accounts(&risk_book, &margin, &backstop)?;
    let book = risk_book.book();
    let now = Clock::get()?.unix_timestamp;
    let (swept, _) = clearinghouse.call_backstop(&book, &mut backstop, now)?;

    let health = judged_kindly(&book, &margin.view(), now).or_refuse()?;
    require_default(&book, &health)?;
    let obstacle = obstacle(&book, &margin, &mut backstop)?;
    if let Some(numbers) = obstacle {
        return Err(refuse(ErrorCode::BackstopCannotTake, &numbers));
    }
    // The auction of what it had before, and has no longer, is over.
    if backstop.header.core.position_count == 0 {
        backstop.header.core.liquidation_start = 0;
    }
    let sides = (&mut margin, &mut backstop);
    let positions = move_positions(&book, ctx.remaining_accounts, sides, now)?;
    if margin
        .header
        .core
        .balances
        .iter()
        .any(|held| held.atoms > 0)
    {
        backstop.header.took_collateral = now;
    }
    let moment = book.params.moment(now);
    let (from, to) = (&mut margin.account(), &mut backstop.account());
    let cash = move_money(from, to, &moment).or_refuse()?;
    margin.header.core.liquidation_start = 0;
    backstop.end_call(&book)?;
    let core = &mut backstop.header.core;
    if core.position_count == 0 {
        core.liquidation_start = 0;
    } else if core.liquidation_start == 0 {
        core.liquidation_start = now;
    }
    emit!(DefaultResolved {
        account: accounts.margin_account.key(),
        sequence: margin.header.advance(),
        backstop: accounts.backstop.key(),
        backstop_sequence: backstop.header.advance(),
        positions,
        cash: cash.0,
        equity: health.equity.0,
        maintenance_margin: health.requirement.0,
        insurance: swept.0,
    });
    Ok(())
}
