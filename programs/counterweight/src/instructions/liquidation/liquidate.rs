//! `liquidate`: anyone with a margin account takes over lots of an account below its maintenance
//! margin, at the index and for a penalty (docs/risk.md, section 8).
//!
//! Never takes more than restores the account, never lowers its margin ratio, never leaves the
//! liquidator below initial margin. Nothing that all markets share is written.

use crate::{
    error::{ErrorCode, OrRefuse, explain, refuse},
    events::Liquidated,
    instructions::{Guards, checks::initial_not_met},
    state::{MarginAccount, MarginMut, Market, PAUSE_LIQUIDATE, RECORDED, RiskBook, RiskBookRef},
};
use anchor_lang::prelude::*;
use counterweight_risk::{
    Book, Health, Lots, Market as MarketRow, Moment, QuoteAtoms, RiskError,
    expiry::require_settled,
    liquidation::{Candidate, Step, is_liquidatable, is_restored, penalty_rate},
    market::MODE_SETTLEMENT,
    marks::Marks,
    portfolio::OneLeg,
    standard::{initial_for_takeover, maintenance},
};

/// Accounts of `liquidate`.
#[derive(Accounts)]
pub struct Liquidate<'info> {
    /// Owner or delegate of the liquidator.
    pub authority: Signer<'info>,
    /// The risk book.
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// The account that is liquidated.
    #[account(mut)]
    pub liquidatee: AccountLoader<'info, MarginAccount>,
    /// The account that takes the lots.
    #[account(mut)]
    pub liquidator: AccountLoader<'info, MarginAccount>,
}

/// What a liquidator asks for.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiquidateArgs {
    /// Index of the market.
    pub market: u16,
    /// Most lots to take.
    pub max_lots: u64,
    /// Worst price to take them at, as a risk price (quote atoms per lot, 48.16): the highest to
    /// receive a long, the lowest to receive a short.
    pub limit_price: Option<u64>,
    /// Limits of the liquidator's own account.
    pub guards: Guards,
}

impl Liquidate<'_> {
    fn validate(
        &self,
        book: &RiskBookRef,
        liquidatee: &MarginMut,
        args: &LiquidateArgs,
    ) -> Result<()> {
        book.header.require_running(PAUSE_LIQUIDATE)?;
        liquidatee
            .header
            .require_member(&book.header.clearinghouse)?;
        let row = book.book().market(args.market).or_refuse()?;
        if row.mode == MODE_SETTLEMENT {
            // Anyone closes it at the settlement price instead.
            return Err(refuse(ErrorCode::MarketMode, &[("mode", row.mode.into())]));
        }
        if self.market.key().as_ref() != row.address {
            return Err(refuse(
                ErrorCode::WrongMarket,
                &[("market", args.market.into())],
            ));
        }
        Ok(())
    }
}

/// Opens the account that takes over. After the verdict on the other: most calls that are refused find an
/// account that somebody else has restored, and need not pay for this.
pub(super) fn open_liquidator<'a>(
    account: &'a AccountLoader<MarginAccount>,
    authority: &Pubkey,
    clearinghouse: &Pubkey,
    guards: &Guards,
) -> Result<MarginMut<'a>> {
    let liquidator = MarginMut::load(account)?;
    liquidator.header.require_member(clearinghouse)?;
    liquidator.header.require_trader(authority)?;
    liquidator
        .header
        .require_sequence(guards.expected_sequence)?;
    Ok(liquidator)
}

/// The prices of the exchange: what the account's lots are valued at, so that it loses nothing by it.
pub(super) fn marks_of(
    book: &Book,
    (market, row): (u16, &MarketRow),
    lots: Lots,
    limit: Option<u64>,
    now: i64,
) -> Result<Marks> {
    let asset = book.asset(row.asset).or_refuse()?;
    // The account may be judged by an older one, but nothing changes hands at it.
    asset.check_maintenance(row.asset, now).or_refuse()?;
    let long = lots.0 > 0;
    let marks = Marks::on(row, market, asset, long, now).or_refuse()?;
    let price = marks.price;
    if let Some(limit) = limit {
        let within = if long {
            price.0 <= limit
        } else {
            price.0 >= limit
        };
        if !within {
            let numbers = [("price", price.0.into()), ("limit", limit.into())];
            return Err(refuse(ErrorCode::LimitPriceExceeded, &numbers));
        }
    }
    Ok(marks)
}

/// Refuses an account that is not liquidatable; otherwise the time since when it is.
pub(super) fn start_of(margin: &MarginMut, book: &Book, health: &Health, now: i64) -> Result<i64> {
    require_settled(book, margin.view().positions, now).or_refuse()?;
    let start = margin.header.core.liquidation_start;
    // Whatever the backstop has taken over is for sale.
    if !margin.header.is_backstop()
        && !is_liquidatable(start, health, book.params.liquidation_buffer)
    {
        let needed = health.requirement.0;
        return Err(explain(RiskError::NotLiquidatable {
            equity: health.equity.0,
            needed,
        }));
    }
    Ok(if start == 0 { now } else { start })
}

/// A sale out of the backstop is a call upon it: what it gives as a discount is a loss of the day. Returns the
/// floor that no discount may bring it below.
fn call_backstop(backstop: &mut MarginMut, book: &Book, now: i64) -> Result<QuoteAtoms> {
    let health = maintenance(book, &backstop.view(), RECORDED).or_refuse()?;
    backstop.header.reference = backstop.header.reference.on(now, health.equity);
    Ok(backstop.header.floor(book))
}

/// Moves the lots, the value and the penalty between the accounts, and the insurance share and the
/// roundings into the market. Returns insurance share, and what each side's indices charged.
fn exchange(
    step: &Step,
    lots: Lots,
    (index, row): (u16, &MarketRow),
    moment: &Moment,
    market: &mut Market,
    (liquidatee, liquidator): (&mut MarginMut, &mut MarginMut),
) -> Result<(QuoteAtoms, QuoteAtoms, QuoteAtoms)> {
    let given = lots.negated().or_refuse()?;
    let received = if lots.0 > 0 {
        step.value
    } else {
        step.value.negated().or_refuse()?
    };
    let paid = received.negated().or_refuse()?;
    let insurance = step.insurance(row).or_refuse()?;

    let (effect, owed) = liquidatee
        .account()
        .fill(index, row, given, received, moment)
        .or_refuse()?;
    market.apply(&effect, owed)?;
    let (effect, owed_liquidator) = liquidator
        .account()
        .fill(index, row, lots, paid, moment)
        .or_refuse()?;
    market.apply(&effect, owed_liquidator)?;

    let core = &mut liquidatee.header.core;
    let penalty = core.charge(step.penalty, moment).or_refuse()?;
    let (share, reward) = penalty.split(insurance).or_refuse()?;
    liquidator.header.core.earn(reward, moment).or_refuse()?;
    market.accrue_insurance(share)?;
    market.advance(step.value);
    Ok((insurance, owed, owed_liquidator))
}

/// The post-conditions: the account's ratio is not lower, and the liquidator is above initial margin.
/// That no more was taken than restores was decided by the step itself.
pub(super) fn require_outcome(
    book: &Book,
    before: &Health,
    liquidatee: &MarginMut,
    liquidator: &MarginMut,
    now: i64,
    guards: &Guards,
) -> Result<Health> {
    let after = maintenance(book, &liquidatee.view(), now).or_refuse()?;
    require!(
        after.is_no_worse_than(before),
        ErrorCode::LiquidationWouldHarm
    );
    let taken =
        initial_for_takeover(book, &liquidator.view(), now, guards.max_age()).or_refuse()?;
    if !taken.is_met() {
        return Err(initial_not_met(&taken));
    }
    guards.require_ratio(book, &liquidator.view(), now)?;
    Ok(after)
}

/// Liquidates one market of an account.
///
/// # Errors
/// [`ErrorCode::NotLiquidatable`], [`ErrorCode::NoPosition`], [`ErrorCode::SameAccount`],
/// [`ErrorCode::LegIsHedge`] of an account that is scanned,
/// [`ErrorCode::OrdersStillRest`],
/// [`ErrorCode::LimitPriceExceeded`], [`ErrorCode::InitialMarginNotMet`] of the liquidator,
/// [`ErrorCode::WrongMarket`], [`ErrorCode::MarketMode`] in settlement, [`ErrorCode::ContractEnded`] before
/// it, those of the guards and of prices.
pub(crate) fn liquidate(ctx: Context<Liquidate>, args: LiquidateArgs) -> Result<()> {
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
    let row = book.market(args.market).or_refuse()?;
    row.require_running(args.market, now).or_refuse()?;
    let buffer = book.params.liquidation_buffer;

    let for_sale = liquidatee.header.is_backstop();
    let floor = for_sale.then(|| call_backstop(&mut liquidatee, &book, now));
    let floor = floor.transpose()?;
    let mut scanned = None;
    let judged = OneLeg::judge(&book, &liquidatee.view(), now, args.market, &mut scanned);
    let before = judged.or_refuse()?;
    let start = start_of(&liquidatee, &book, &before, now)?;
    let mut liquidator = open_liquidator(
        &accounts.liquidator,
        accounts.authority.key,
        &risk_book.header.clearinghouse,
        &args.guards,
    )?;
    let positions = liquidatee.view().positions;
    liquidatee.header.require_no_orders(positions)?;
    let lots = liquidatee.lots(args.market, row);
    if lots.0 == 0 {
        return Err(explain(RiskError::NoPosition {
            market: args.market,
        }));
    }
    let marks = marks_of(&book, (args.market, row), lots, args.limit_price, now)?;
    let rate = penalty_rate(row, book.params, now.saturating_sub(start));
    let candidate = Candidate {
        health: before,
        market: row,
        lots,
        marks,
        rate,
        buffer,
        floor,
        scanned: scanned.as_ref(),
    };
    let step = if for_sale {
        candidate.take(args.max_lots).or_refuse()?
    } else {
        candidate.step(args.max_lots).or_refuse()?
    };
    let taken = step.signed(lots).or_refuse()?;

    let mut market = accounts.market.load_mut()?;
    let sides = (&mut liquidatee, &mut liquidator);
    let moment = book.params.moment(now);
    let (insurance, owed, owed_liquidator) = exchange(
        &step,
        taken,
        (args.market, row),
        &moment,
        &mut market,
        sides,
    )?;

    let after = require_outcome(&book, &before, &liquidatee, &liquidator, now, &args.guards)?;
    let core = &mut liquidatee.header.core;
    let ended = if for_sale {
        core.position_count == 0
    } else {
        is_restored(&after, buffer)
    };
    core.liquidation_start = if ended { 0 } else { start };
    if for_sale {
        liquidatee.end_call(&book)?;
    }
    emit!(Liquidated {
        account: accounts.liquidatee.key(),
        sequence: liquidatee.header.advance(),
        liquidator: accounts.liquidator.key(),
        liquidator_sequence: liquidator.header.advance(),
        market: args.market,
        lots: taken.0,
        cost: if taken.0 > 0 {
            step.value.0
        } else {
            -step.value.0
        },
        penalty: step.penalty.0,
        insurance: insurance.0,
        owed: owed.0,
        owed_liquidator: owed_liquidator.0,
        equity: [before.equity.0, after.equity.0],
        maintenance_margin: [before.requirement.0, after.requirement.0],
    });
    Ok(())
}
