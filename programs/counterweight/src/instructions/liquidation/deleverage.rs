//! `deleverage`: closes a position of an account that nobody takes over against the other side of their
//! market, pro rata: of everybody there the same share, at the price at which the account is judged, and
//! what the account lacks on top. `deleverage_backstop` does it for the backstop itself. Anyone may.
//!
//! Nobody is visited: the market's share and index move once, and every account catches up when it is
//! next touched (docs/risk.md, section 9).

use super::{
    liquidate::marks_of,
    resolve_default::{obstacle, require_accounts, require_default},
};
use crate::{
    error::{ErrorCode, OrRefuse, explain, refuse},
    events::Deleveraged,
    instructions::oracle::apply_funding,
    state::{
        Clearinghouse, MarginAccount, MarginMut, Market, PAUSE_LIQUIDATE, RiskBook, RiskBookMut,
        RiskBookRef,
    },
};
use anchor_lang::prelude::*;
use counterweight_risk::{
    Book, Health, Lots, Moment, QuoteAtoms, RiskError,
    backstop::{gross_value, judged_kindly, lacking, share_of},
    deleverage::{Closing, epoch_of, most},
    expiry::require_settled,
    liquidation::is_restored,
    market::MODE_SETTLEMENT,
    standard::maintenance,
};

/// Accounts of `deleverage`.
#[derive(Accounts)]
pub struct Deleverage<'info> {
    /// The clearinghouse.
    #[account(mut, has_one = risk_book @ ErrorCode::WrongClearinghouse)]
    pub clearinghouse: AccountLoader<'info, Clearinghouse>,
    /// Its risk book.
    #[account(mut)]
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// The account in default.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// The backstop: pays what it can of the deficit.
    #[account(mut)]
    pub backstop: AccountLoader<'info, MarginAccount>,
}

/// Accounts of `deleverage_backstop`.
#[derive(Accounts)]
pub struct DeleverageBackstop<'info> {
    /// The clearinghouse.
    #[account(mut, has_one = risk_book @ ErrorCode::WrongClearinghouse)]
    pub clearinghouse: AccountLoader<'info, Clearinghouse>,
    /// Its risk book.
    #[account(mut)]
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// The backstop.
    #[account(mut)]
    pub backstop: AccountLoader<'info, MarginAccount>,
}

/// Refuses a market that is another's, at its end, or with fills in its queue: what waits there has
/// its index, not its share.
fn open_market(risk_book: &AccountLoader<RiskBook>, market: &mut Market) -> Result<()> {
    let mut book = RiskBookMut::load(risk_book)?;
    require!(
        market.clearinghouse == book.header.clearinghouse,
        ErrorCode::WrongClearinghouse
    );
    let row = book.market(market.index)?;
    if row.mode == MODE_SETTLEMENT {
        return Err(refuse(ErrorCode::MarketMode, &[("mode", row.mode.into())]));
    }
    let now = Clock::get()?.unix_timestamp;
    row.require_running(market.index, now).or_refuse()?;
    if market.queue.open != 0 {
        let numbers = [("entries", market.queue.open.into())];
        return Err(refuse(ErrorCode::FillsStillWait, &numbers));
    }
    // What is closed pays for the time that it was open.
    apply_funding(&mut book, market, now)?;
    Ok(())
}

/// What is to be closed, and the deficit that goes with it.
fn closing(
    book: &Book,
    market: &Market,
    margin: &MarginMut,
    lacking: QuoteAtoms,
    now: i64,
) -> Result<Closing> {
    require_settled(book, margin.view().positions, now).or_refuse()?;
    let row = book.market(market.index).or_refuse()?;
    let asset = book.asset(row.asset).or_refuse()?;
    asset.check_narrow(row.asset).or_refuse()?;
    let held = margin.lots(market.index, row);
    let side = usize::from(held.0 > 0);
    let other = if held.0 > 0 {
        market.open_short
    } else {
        market.open_long
    };
    let behind = market.behind[side];
    if held.0 == 0 {
        let market = market.index;
        return Err(explain(RiskError::NoPosition { market }));
    }
    // All of it, or all that can be: whoever could close lot by lot could round a lot off everybody each
    // time.
    let lots = most(row, side, other, behind, held.size());
    let size = i64::try_from(lots).map_err(|_| ErrorCode::Overflow)?;
    if size == 0 {
        let numbers = [("open", other.into()), ("behind", behind.into())];
        return Err(refuse(ErrorCode::SideExhausted, &numbers));
    }
    let whole = size == other;
    if whole && epoch_of(row.era[side]) > 0 && behind != 0 {
        // A position finds only the last end of an epoch.
        let numbers = [("lots", behind.into())];
        return Err(refuse(ErrorCode::CatchUpFirst, &numbers));
    }
    let mut closing = Closing {
        lots: Lots(if held.0 > 0 { size } else { -size }),
        price: marks_of(book, (market.index, row), held, None, now)?.price,
        deficit: QuoteAtoms::ZERO,
        other,
        behind,
    };
    let value = closing.value().or_refuse()?;
    let all = gross_value(book, &margin.view(), now).or_refuse()?;
    closing.deficit = share_of(lacking, value, all).or_refuse()?;
    Ok(closing)
}

/// Closes the lots: the account, the other side, and the market's ledger. Returns what the account
/// received, and what its own index charged.
fn close(
    risk_book: &AccountLoader<RiskBook>,
    market: &mut Market,
    margin: &mut MarginMut,
    closing: &Closing,
) -> Result<(QuoteAtoms, QuoteAtoms)> {
    let mut book = RiskBookMut::load(risk_book)?;
    let moment = book.header.params.moment(Clock::get()?.unix_timestamp);
    let row = book.market(market.index)?;
    let side = usize::from(closing.lots.0 > 0);
    let era = row.era[side];
    let received = closing.apply(row).or_refuse()?;
    let lags = row.era[side] != era;
    let gone = closing.lots.negated().or_refuse()?;
    let (effect, owed) = margin
        .account()
        .fill(market.index, row, gone, received, &moment)
        .or_refuse()?;
    // The other side will pay it, account by account.
    let residue = owed.minus(received).or_refuse()?;
    market.apply(&effect, residue)?;
    let size = closing.lots.size().cast_signed(); // at most 2^44
    market.deleveraged(side, size, lags)?;
    market.advance(closing.value().or_refuse()?);
    row.rescale(market.exposure().unsigned_abs()).or_refuse()?;
    Ok((received, owed))
}

/// What of a deficit the backstop pays: what its margin, its cash and the floor of the day leave.
fn cover(
    floor: QuoteAtoms,
    health: &Health,
    margin: &mut MarginMut,
    backstop: &mut MarginMut,
    (lacking, moment): (QuoteAtoms, &Moment),
) -> Result<QuoteAtoms> {
    let above = health.equity.minus(floor).or_refuse()?;
    let free = health.free().or_refuse()?;
    let core = &mut backstop.header.core;
    let paid = lacking.min(above).min(free).min(core.cash);
    let paid = paid.max(QuoteAtoms::ZERO);
    core.move_cash(paid.negated().or_refuse()?, moment)
        .or_refuse()?;
    margin.header.core.move_cash(paid, moment).or_refuse()?;
    Ok(paid)
}

/// What the handlers know when they tell of it.
struct Told {
    account: Pubkey,
    before: Health,
    covered: QuoteAtoms,
    insurance: QuoteAtoms,
    closing: Closing,
}

fn tell(
    told: &Told,
    risk_book: &AccountLoader<RiskBook>,
    market: &Market,
    margin: &mut MarginMut,
    (received, owed): (QuoteAtoms, QuoteAtoms),
) -> Result<()> {
    let book = RiskBookRef::load(risk_book)?;
    let row = book.book().market(market.index).or_refuse()?;
    emit!(Deleveraged {
        account: told.account,
        sequence: margin.header.advance(),
        market: market.index,
        lots: told.closing.lots.0,
        received: received.0,
        deficit: told.closing.deficit.0,
        covered: told.covered.0,
        insurance: told.insurance.0,
        owed: owed.0,
        equity: told.before.equity.0,
        maintenance_margin: told.before.requirement.0,
        index: row.index,
        era: row.era,
    });
    Ok(())
}

/// Closes a position of an account in default that the backstop cannot take over.
///
/// # Errors
/// [`ErrorCode::NotInDefault`], [`ErrorCode::BackstopCanTake`], [`ErrorCode::OrdersStillRest`],
/// [`ErrorCode::FillsStillWait`], [`ErrorCode::NoPosition`], [`ErrorCode::SideExhausted`],
/// [`ErrorCode::CatchUpFirst`], [`ErrorCode::MarketMode`], [`ErrorCode::ContractEnded`], those of prices.
pub(crate) fn deleverage(ctx: Context<Deleverage>) -> Result<()> {
    let accounts = &ctx.accounts;
    require_keys_neq!(
        accounts.margin_account.key(),
        accounts.backstop.key(),
        ErrorCode::SameAccount
    );
    let mut market = accounts.market.load_mut()?;
    open_market(&accounts.risk_book, &mut market)?;
    let mut margin = MarginMut::load(&accounts.margin_account)?;
    let mut backstop = MarginMut::load(&accounts.backstop)?;
    let now = Clock::get()?.unix_timestamp;
    let told = {
        let risk_book = RiskBookRef::load(&accounts.risk_book)?;
        let mut clearinghouse = accounts.clearinghouse.load_mut()?;
        require_accounts(&risk_book, &margin, &backstop)?;
        let book = risk_book.book();
        let (insurance, health) = clearinghouse.call_backstop(&book, &mut backstop, now)?;
        let before = judged_kindly(&book, &margin.view(), now).or_refuse()?;
        require_default(&book, &before)?;
        let obstacle = obstacle(&book, &margin, &mut backstop)?;
        require!(obstacle.is_some(), ErrorCode::BackstopCanTake);
        let floor = backstop.header.floor(&book);
        let zero = QuoteAtoms::ZERO;
        let lacking = lacking(&book, &margin.view(), &before, zero).or_refuse()?;
        // The backstop pays for the lots that are closed, and no others: whoever keeps others keeps their
        // loss too, or he would have the next rise for nothing.
        let mut closing = closing(&book, &market, &margin, lacking, now)?;
        let due = closing.deficit;
        let terms = (due, &book.params.moment(now));
        let covered = cover(floor, &health, &mut margin, &mut backstop, terms)?;
        closing.deficit = due.minus(covered).or_refuse()?;
        Told {
            account: accounts.margin_account.key(),
            before,
            covered,
            insurance,
            closing,
        }
    };
    let result = close(&accounts.risk_book, &mut market, &mut margin, &told.closing)?;
    leave_if_restored(&accounts.risk_book, &mut margin, now)?;
    end_call(&accounts.risk_book, &mut backstop)?;
    backstop.header.advance();
    tell(&told, &accounts.risk_book, &market, &mut margin, result)
}

fn end_call(risk_book: &AccountLoader<RiskBook>, backstop: &mut MarginMut) -> Result<()> {
    let risk_book = RiskBookRef::load(risk_book)?;
    backstop.end_call(&risk_book.book())
}

/// An account that is back at its margin and the buffer is no longer in liquidation.
fn leave_if_restored(
    risk_book: &AccountLoader<RiskBook>,
    margin: &mut MarginMut,
    now: i64,
) -> Result<()> {
    let risk_book = RiskBookRef::load(risk_book)?;
    let book = risk_book.book();
    let after = maintenance(&book, &margin.view(), now).or_refuse()?;
    if is_restored(&after, book.params.liquidation_buffer) {
        margin.header.core.liquidation_start = 0;
    }
    Ok(())
}

/// Closes a position of the backstop, which is below its own maintenance margin, or has lost what it may lose in
/// a day: the other side bears what it would lose beyond.
///
/// # Errors
/// As [`deleverage`].
pub(crate) fn deleverage_backstop(ctx: Context<DeleverageBackstop>) -> Result<()> {
    let accounts = &ctx.accounts;
    let mut market = accounts.market.load_mut()?;
    open_market(&accounts.risk_book, &mut market)?;
    let mut backstop = MarginMut::load(&accounts.backstop)?;
    let now = Clock::get()?.unix_timestamp;
    let told = {
        let risk_book = RiskBookRef::load(&accounts.risk_book)?;
        risk_book.header.require_running(PAUSE_LIQUIDATE)?;
        let clearinghouse = risk_book.header.clearinghouse;
        backstop.header.require_backstop(&clearinghouse)?;
        let book = risk_book.book();
        let mut clearinghouse = accounts.clearinghouse.load_mut()?;
        let (insurance, before) = clearinghouse.call_backstop(&book, &mut backstop, now)?;
        let floor = backstop.header.floor(&book);
        if before.is_met() && before.equity >= floor {
            let numbers = [
                ("equity", before.equity.0.into()),
                ("maintenance margin", before.requirement.0.into()),
                ("floor of the day", floor.0.into()),
            ];
            return Err(refuse(ErrorCode::NotInDefault, &numbers));
        }
        let lacking = lacking(&book, &backstop.view(), &before, floor).or_refuse()?;
        Told {
            account: accounts.backstop.key(),
            before,
            covered: QuoteAtoms::ZERO,
            insurance,
            closing: closing(&book, &market, &backstop, lacking, now)?,
        }
    };
    let result = close(
        &accounts.risk_book,
        &mut market,
        &mut backstop,
        &told.closing,
    )?;
    if backstop.header.core.position_count == 0 {
        backstop.header.core.liquidation_start = 0;
    }
    end_call(&accounts.risk_book, &mut backstop)?;
    tell(&told, &accounts.risk_book, &market, &mut backstop, result)
}
