//! `liquidate_slice`: anyone with a margin account takes over the same fraction of every position of an
//! account below its maintenance margin, at the index and for a penalty (docs/risk.md, section 8). A hedged
//! book stays hedged while it shrinks; what the slice had gained or lost becomes cash of the account.
//!
//! Never takes more than restores the account, never lowers its margin ratio, never leaves the
//! liquidator below initial margin. Nothing that all markets share is written.

use super::liquidate::{open_liquidator, require_outcome, start_of};
use crate::{
    error::{ErrorCode, OrRefuse, refuse},
    events::{SliceLiquidated, SliceOutcome, SlicedLeg},
    instructions::Guards,
    state::{MarginAccount, MarginMut, Market, PAUSE_LIQUIDATE, RiskBook, RiskBookRef},
};
use anchor_lang::{Discriminator, prelude::*, solana_program::log::sol_log_data};
use counterweight_risk::{
    Book, Moment, Position, QuoteAtoms, Ratio,
    liquidation::is_restored,
    slice::{Leg, Slice, Slicer},
    standard::maintenance,
    units::BPS,
};

/// Accounts of `liquidate_slice`: behind these, the market account of each position of the liquidatee, in
/// the order of its positions, but for those whose markets are in settlement.
#[derive(Accounts)]
pub struct LiquidateSlice<'info> {
    /// Owner or delegate of the liquidator.
    pub authority: Signer<'info>,
    /// The risk book.
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The account that is liquidated.
    #[account(mut)]
    pub liquidatee: AccountLoader<'info, MarginAccount>,
    /// The account that takes the lots.
    #[account(mut)]
    pub liquidator: AccountLoader<'info, MarginAccount>,
}

/// What a liquidator asks for.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SliceArgs {
    /// Most of each position to take, as a ratio: 2^20 is all of it.
    pub max_fraction: u32,
    /// Least reward, in basis points of the value taken; 0 for any. Where the account's equity is small,
    /// it pays less than the auction asks, and nothing where there is none.
    pub min_reward_bps: u32,
    /// Limits of the liquidator's own account.
    pub guards: Guards,
}

impl LiquidateSlice<'_> {
    fn validate(&self, book: &RiskBookRef, liquidatee: &MarginMut, args: &SliceArgs) -> Result<()> {
        book.header.require_running(PAUSE_LIQUIDATE)?;
        liquidatee
            .header
            .require_member(&book.header.clearinghouse)?;
        require!(args.max_fraction > 0, ErrorCode::ZeroQuantity);
        Ok(())
    }
}

/// Chooses the slice; refuses one that has nothing in it, and a wrong number of market accounts.
fn choose(slicer: &Slicer, args: &SliceArgs, accounts: usize) -> Result<Slice> {
    let legs = usize::from(slicer.legs());
    require!(legs > 0, ErrorCode::NothingToSlice);
    if accounts != legs {
        let numbers = [("accounts", accounts as i128), ("positions", legs as i128)];
        return Err(refuse(ErrorCode::WrongAccountCount, &numbers));
    }
    let slice = slicer.step(Ratio(args.max_fraction)).or_refuse()?;
    if slice.lots == 0 {
        let numbers = [("fraction in 2^-30", slice.fraction.into())];
        return Err(refuse(ErrorCode::SliceTooSmall, &numbers));
    }
    Ok(slice)
}

/// The event, written into one piece of memory while the slice is taken: what a list of legs and then
/// its bytes would need, the chain's allocator never gives back.
struct Record(Vec<u8>);

impl Record {
    fn of(legs: u16) -> Self {
        let bytes = 8 + 4 + usize::from(legs) * SlicedLeg::BYTES + SliceOutcome::BYTES;
        let mut record = Vec::with_capacity(bytes);
        record.extend_from_slice(SliceLiquidated::DISCRIMINATOR);
        record.extend_from_slice(&u32::from(legs).to_le_bytes());
        Self(record)
    }

    fn push(&mut self, part: &impl AnchorSerialize) -> Result<()> {
        part.serialize(&mut self.0)?;
        Ok(())
    }

    fn log(&self) {
        sol_log_data(&[&self.0]);
    }
}

/// Moves one leg between the accounts: lots, cost, its part of the penalty, and the insurance share and
/// the roundings into the market.
fn exchange(
    leg: &Leg,
    index: u16,
    (book, moment): (&Book, &Moment),
    market: &mut Market,
    (liquidatee, liquidator): (&mut MarginMut, &mut MarginMut),
) -> Result<SlicedLeg> {
    let row = book.market(index).or_refuse()?;
    let given = leg.lots.negated().or_refuse()?;
    let paid = leg.cost.negated().or_refuse()?;

    let mut account = liquidatee.account();
    let giver = account.fill(index, row, given, leg.cost, moment);
    let (effect, owed) = giver.or_refuse()?;
    market.apply(&effect, owed)?;
    let mut account = liquidator.account();
    let taker = account.fill(index, row, leg.lots, paid, moment);
    let (effect, owed_liquidator) = taker.or_refuse()?;
    market.apply(&effect, owed_liquidator)?;

    let core = &mut liquidatee.header.core;
    let penalty = core.charge(leg.penalty, moment).or_refuse()?;
    let (share, reward) = penalty.split(leg.insurance).or_refuse()?;
    liquidator.header.core.earn(reward, moment).or_refuse()?;
    market.accrue_insurance(share)?;
    market.advance(leg.cost);
    Ok(SlicedLeg {
        market: index,
        lots: leg.lots.0,
        cost: leg.cost.0,
        penalty: leg.penalty.0,
        insurance: leg.insurance.0,
        owed: owed.0,
        owed_liquidator: owed_liquidator.0,
    })
}

/// Takes every leg of the slice. Returns what the liquidator earned, and the event so far.
fn take<'info>(
    slice: &Slice,
    (book, moment): (&Book, &Moment),
    times: (i64, i64),
    markets: &'info [AccountInfo<'info>],
    (liquidatee, liquidator): (&mut MarginMut, &mut MarginMut),
) -> Result<(QuoteAtoms, Record)> {
    let mut record = Record::of(slice.legs);
    let mut reward = QuoteAtoms::ZERO;
    let mut split = slice.split();
    let mut markets = markets.iter();
    let mut at = 0;
    while let Some(position) = liquidatee.view().positions.get(at).copied() {
        let leg = split.leg(book, &position, times).or_refuse()?;
        if let Some(leg) = leg {
            let info = markets.next().ok_or(ErrorCode::WrongAccountCount)?;
            let row = book.market(position.market).or_refuse()?;
            if info.key.as_ref() != row.address {
                let numbers = [("market", position.market.into())];
                return Err(refuse(ErrorCode::WrongMarket, &numbers));
            }
            if leg.lots.0 != 0 {
                let loader = AccountLoader::<Market>::try_from(info)?;
                let mut market = loader.load_mut()?;
                let sides = (&mut *liquidatee, &mut *liquidator);
                let taken = exchange(&leg, position.market, (book, moment), &mut market, sides)?;
                record.push(&taken)?;
                let earned = leg.penalty.minus(leg.insurance).or_refuse()?;
                reward = reward.plus(earned).or_refuse()?;
            }
        }
        // A position that was taken whole has made way for the next.
        let next = liquidatee.view().positions.get(at);
        if next.is_some_and(|next| next.key() == position.key()) {
            at += 1;
        }
    }
    Ok((reward, record))
}

/// Refuses a reward that is less of the value taken than the liquidator wants.
fn require_reward(reward: QuoteAtoms, value: QuoteAtoms, least_bps: u32) -> Result<()> {
    let wanted = i128::from(value.0) * i128::from(least_bps);
    if i128::from(reward.0) * i128::from(BPS) < wanted {
        let numbers = [
            ("reward", reward.0.into()),
            ("value", value.0.into()),
            ("limit bps", least_bps.into()),
        ];
        return Err(refuse(ErrorCode::RewardBelowLimit, &numbers));
    }
    Ok(())
}

/// Refuses positions that have not caught up with a deleveraging: a fraction of what is written down would
/// not be one of what is held. And those whose price is too old to change hands at, or no longer the index.
fn require_current(book: &Book, positions: &[Position], now: i64) -> Result<()> {
    let mut current = u32::MAX;
    for position in positions {
        if u32::from(position.asset) != current {
            let asset = book.asset(position.asset).or_refuse()?;
            asset.check_maintenance(position.asset, now).or_refuse()?;
            current = u32::from(position.asset);
        }
        let row = book.market(position.market).or_refuse()?;
        row.require_running(position.market, now).or_refuse()?;
        if !position.is_current(row) {
            let numbers = [("market", position.market.into())];
            return Err(refuse(ErrorCode::CatchUpFirst, &numbers));
        }
    }
    Ok(())
}

/// Liquidates a slice of an account.
///
/// # Errors
/// [`ErrorCode::NotLiquidatable`], [`ErrorCode::SameAccount`], [`ErrorCode::OrdersStillRest`],
/// [`ErrorCode::NothingToSlice`], [`ErrorCode::SliceTooSmall`], [`ErrorCode::WrongAccountCount`],
/// [`ErrorCode::WrongMarket`], [`ErrorCode::ContractEnded`], [`ErrorCode::RewardBelowLimit`],
/// [`ErrorCode::InitialMarginNotMet`] of the liquidator, [`ErrorCode::NoFreeSlot`] where it has none for a
/// market, those of the guards and of prices.
pub(crate) fn liquidate_slice<'info>(
    ctx: Context<'info, LiquidateSlice<'info>>,
    args: SliceArgs,
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

    let before = maintenance(&book, &liquidatee.view(), now).or_refuse()?;
    let start = start_of(&liquidatee, &book, &before, now)?;
    let mut liquidator = open_liquidator(
        &accounts.liquidator,
        accounts.authority.key,
        &risk_book.header.clearinghouse,
        &args.guards,
    )?;
    // What the backstop has is sold market by market, by an auction that must not end early.
    require!(!liquidatee.header.is_backstop(), ErrorCode::NotLiquidatable);
    let positions = liquidatee.view().positions;
    liquidatee.header.require_no_orders(positions)?;
    require_current(&book, positions, now)?;
    let elapsed = now.saturating_sub(start);
    let view = liquidatee.view();
    let slicer = Slicer::new(&book, &view, before, (now, elapsed)).or_refuse()?;
    let slice = choose(&slicer, &args, ctx.remaining_accounts.len())?;

    let sides = (&mut liquidatee, &mut liquidator);
    let moment = book.params.moment(now);
    let terms = (&book, &moment);
    let (reward, mut record) = take(&slice, terms, (now, elapsed), ctx.remaining_accounts, sides)?;
    require_reward(reward, slice.value, args.min_reward_bps)?;

    let after = require_outcome(&book, &before, &liquidatee, &liquidator, now, &args.guards)?;
    let restored = is_restored(&after, book.params.liquidation_buffer);
    liquidatee.header.core.liquidation_start = if restored { 0 } else { start };
    record.push(&SliceOutcome {
        account: accounts.liquidatee.key(),
        sequence: liquidatee.header.advance(),
        liquidator: accounts.liquidator.key(),
        liquidator_sequence: liquidator.header.advance(),
        fraction: slice.fraction,
        equity: [before.equity.0, after.equity.0],
        maintenance_margin: [before.requirement.0, after.requirement.0],
    })?;
    record.log();
    Ok(())
}
