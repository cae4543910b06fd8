//! `execute_trigger`: trades what a trigger order says once the index has crossed its price, or lets a
//! trailing price follow the index. Anyone may; whoever executes earns the market's trigger fee, in
//! proportion to what was traded.

use crate::{
    error::{ErrorCode, OrRefuse, refuse},
    events::TriggerChanged,
    instructions::{
        Guards,
        checks::{Baseline, leave_liquidation_if_restored},
        trading::{
            Desk, OrderArgs, OrderKind, Outcome, PriceArgs, SelfTrade, process, require_mode,
        },
    },
    state::{
        Layout, MarginAccount, MarginMut, Market, MarketMut, PAUSE_TRADE, RiskBook, RiskBookRef,
        Trigger, Triggers,
    },
};
use anchor_lang::prelude::*;
use counterweight_risk::{QuoteAtoms, fixed::mul_div_floor, orders::Side};

/// Accounts of `execute_trigger`: behind these, the margin accounts of makers.
#[derive(Accounts)]
pub struct ExecuteTrigger<'info> {
    /// Owner or delegate of the executor's account.
    pub authority: Signer<'info>,
    /// The risk book.
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// The account whose trigger it is.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// Its triggers.
    #[account(mut, has_one = margin_account @ ErrorCode::TriggerNotFound)]
    pub triggers: AccountLoader<'info, Triggers>,
    /// The account that earns the fee.
    #[account(mut)]
    pub executor: AccountLoader<'info, MarginAccount>,
}

impl ExecuteTrigger<'_> {
    fn validate(
        &self,
        book: &RiskBookRef,
        accounts: [&MarginMut; 2],
        market: &MarketMut,
    ) -> Result<()> {
        book.header.require_running(PAUSE_TRADE)?;
        let [margin, executor] = accounts;
        margin.header.require_member(&book.header.clearinghouse)?;
        executor.header.require_member(&book.header.clearinghouse)?;
        executor.header.require_trader(self.authority.key)?;
        require!(
            market.header.clearinghouse == book.header.clearinghouse,
            ErrorCode::WrongClearinghouse
        );
        self.triggers.load()?.require_version()
    }
}

/// The trigger in a place, if it is for this market and has not expired.
fn find(triggers: &Triggers, place: u8, market: u16, now: i64) -> Result<Trigger> {
    let found = triggers.entries.get(usize::from(place)).copied();
    found
        .filter(|entry| entry.is_used() && entry.market == market)
        .filter(|entry| entry.expires == 0 || entry.expires > now)
        .ok_or_else(|| refuse(ErrorCode::TriggerNotFound, &[("place", place.into())]))
}

/// What a fired trigger orders: at once, and never farther from the index than its slippage.
fn order(desk: &Desk, trigger: &Trigger) -> OrderArgs {
    let slippage = trigger.slippage.cast_signed(); // at most 2^40
    let limit = match trigger.side() {
        Side::Buy => (desk.index.ceil + slippage).min(desk.band.1),
        Side::Sell => (desk.index.floor - slippage).max(desk.band.0).max(1),
    };
    OrderArgs {
        side: trigger.side(),
        price: PriceArgs::Fixed(limit.unsigned_abs()),
        lots: trigger.lots,
        kind: OrderKind::ImmediateOrCancel,
        self_trade: SelfTrade::CancelProvide,
        reduce_only: true,
        expires: 0,
        client_id: trigger.client_id,
        match_limit: u8::MAX,
    }
}

/// Lots that the trigger may close.
fn closable(desk: &Desk, margin: &MarginMut, trigger: &Trigger) -> i64 {
    let held = margin.lots(desk.market, desk.row).0;
    let open = match trigger.side() {
        Side::Buy => held.saturating_neg(),
        Side::Sell => held,
    };
    open.max(0).min(trigger.lots.cast_signed()) // at most 2^44
}

/// Moves the executor's fee: the market's, in proportion to the lots traded.
fn pay(
    desk: &Desk,
    trigger: &Trigger,
    traded: i64,
    margin: &mut MarginMut,
    executor: &mut MarginMut,
) -> Result<i64> {
    let share = mul_div_floor(
        desk.row.trigger_fee,
        traded.unsigned_abs(),
        trigger.lots_placed,
    );
    let fee = QuoteAtoms::from_unsigned(share.unwrap_or(0)).or_refuse()?;
    let core = &mut margin.header.core;
    let paid = core.charge(fee, &desk.moment).or_refuse()?;
    let core = &mut executor.header.core;
    core.earn(paid, &desk.moment).or_refuse()?;
    Ok(fee.0)
}

/// Executes the trigger in a place, or lets it follow the index.
///
/// # Errors
/// [`ErrorCode::TriggerNotFound`], [`ErrorCode::TriggerNotReached`], [`ErrorCode::ReduceOnly`] where
/// there is nothing to reduce, [`ErrorCode::FillOrKillNotFilled`] where the book holds nothing within
/// the slippage, [`ErrorCode::AccountWouldBeWorse`]; as [`super::super::place_order()`].
pub(crate) fn execute_trigger<'info>(
    ctx: Context<'info, ExecuteTrigger<'info>>,
    place: u8,
) -> Result<()> {
    let accounts = &ctx.accounts;
    require_keys_neq!(
        accounts.margin_account.key(),
        accounts.executor.key(),
        ErrorCode::SameAccount
    );
    let risk_book = RiskBookRef::load(&accounts.risk_book)?;
    let mut market = MarketMut::load(&accounts.market)?;
    let mut margin = MarginMut::load(&accounts.margin_account)?;
    let mut executor = MarginMut::load(&accounts.executor)?;
    accounts.validate(&risk_book, [&margin, &executor], &market)?;
    let book = risk_book.book();
    let now = Clock::get()?.unix_timestamp;
    let (index, clearinghouse) = (market.header.index, risk_book.header.clearinghouse);
    let desk = Desk::open(&book, index, clearinghouse, ctx.remaining_accounts, now)?;
    require_mode(&desk, false, true)?;
    desk.asset
        .check_maintenance(desk.row.asset, now)
        .or_refuse()?;
    desk.require_priced()?;
    let mut triggers = accounts.triggers.load_mut()?;
    let mut trigger = find(&triggers, place, index, now)?;
    let key = accounts.margin_account.key();

    // Fires on what is certain: with a wide interval, only if all of it has crossed.
    let tick = desk.row.tick_size << 16;
    let low = (desk.marks[0].0 / tick).cast_signed();
    let high = desk.marks[1].0.div_ceil(tick).cast_signed();
    if !trigger.fires(low, high) {
        if !trigger.follow(desk.index.floor) {
            let numbers = [
                ("index", desk.index.floor.into()),
                ("trigger", trigger.price.into()),
            ];
            return Err(refuse(ErrorCode::TriggerNotReached, &numbers));
        }
        triggers.entries[usize::from(place)] = trigger;
        emit!(changed(key, place, &trigger));
        return Ok(());
    }

    let lots = closable(&desk, &margin, &trigger);
    require!(lots > 0, ErrorCode::ReduceOnly);
    let guards = Guards::default();
    let before = Baseline::take(&book, &margin.view(), now, &guards, true)?;
    let args = order(&desk, &trigger);
    let outcome: Outcome = process(&desk, &mut market, &mut margin, &key, &args, lots)?;
    let traded = outcome.tally.lots;
    require!(traded > 0, ErrorCode::FillOrKillNotFilled);
    let fee = pay(&desk, &trigger, traded, &mut margin, &mut executor)?;
    trigger.lots -= traded.unsigned_abs().min(trigger.lots);
    if trigger.lots == 0 || traded >= lots && lots < args.lots.cast_signed() {
        trigger = Trigger::default();
    }
    triggers.entries[usize::from(place)] = trigger;

    leave_liquidation_if_restored(&mut margin, &key, &book, now)?;
    let sequence = margin.header.advance();
    executor.header.advance();
    let health = before.require(&book, &margin.view(), now, &guards)?;
    emit!(outcome.event(index, key, sequence, &args, health));
    emit!(crate::events::TriggerExecuted {
        account: key,
        place,
        executor: accounts.executor.key(),
        executor_sequence: executor.header.sequence,
        lots: traded,
        fee,
    });
    Ok(())
}

fn changed(account: Pubkey, place: u8, trigger: &Trigger) -> TriggerChanged {
    TriggerChanged {
        account,
        place,
        client_id: trigger.client_id,
        lots: trigger.lots,
        price: trigger.price,
    }
}
