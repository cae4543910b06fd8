//! `settle_block_trade`: several legs between two margin accounts, both authorised in the
//! transaction, each leg inside the band around the index, and one margin check a side at the end.
//!
//! The price of each leg is an argument of a transaction that both sides sign: it is each side's
//! limit. Nothing that all markets share is written.

use crate::{
    error::{ErrorCode, OrRefuse, refuse},
    events::{BlockTradeSettled, SettledLeg},
    instructions::{
        Guards,
        checks::{Baseline, leave_liquidation_if_restored},
    },
    state::{MarginAccount, MarginMut, Market, PAUSE_TRADE, RiskBook, RiskBookRef},
};
use anchor_lang::prelude::*;
use counterweight_risk::{
    Asset, Book, Lots, Market as MarketRow, Moment, QuoteAtoms, Ticks,
    market::{MODE_POST_ONLY, MODE_REDUCE_ONLY, MODE_SETTLEMENT},
    units::MAX_LOTS,
};

/// Most legs of a block trade.
pub const MAX_LEGS: usize = 16;

/// One leg of a block trade.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Index of the market.
    pub market: u16,
    /// Lots that the first side buys; negative for what it sells.
    pub lots: i64,
    /// Price in ticks of the market.
    pub price: u64,
}

/// Accounts of `settle_block_trade`: behind these, the market account of each leg, in its order.
#[derive(Accounts)]
pub struct SettleBlockTrade<'info> {
    /// Owner or delegate of the first side.
    pub first_authority: Signer<'info>,
    /// Owner or delegate of the second side.
    pub second_authority: Signer<'info>,
    /// The risk book.
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The first side.
    #[account(mut)]
    pub first: AccountLoader<'info, MarginAccount>,
    /// The second side.
    #[account(mut)]
    pub second: AccountLoader<'info, MarginAccount>,
}

impl SettleBlockTrade<'_> {
    fn validate(
        &self,
        book: &RiskBookRef,
        sides: [(&MarginMut, &Pubkey, &Guards); 2],
        legs: &[Leg],
        accounts: usize,
    ) -> Result<()> {
        book.header.require_running(PAUSE_TRADE)?;
        for (margin, authority, guards) in sides {
            margin.header.require_member(&book.header.clearinghouse)?;
            margin.header.require_trader(authority)?;
            margin.header.require_sequence(guards.expected_sequence)?;
        }
        if legs.is_empty() || legs.len() > MAX_LEGS {
            return Err(refuse(
                ErrorCode::InvalidLegCount,
                &[("legs", legs.len() as i128)],
            ));
        }
        if accounts != legs.len() {
            let numbers = [("accounts", accounts as i128), ("legs", legs.len() as i128)];
            return Err(refuse(ErrorCode::WrongAccountCount, &numbers));
        }
        for pair in legs.windows(2) {
            if pair[0].market >= pair[1].market {
                let numbers = [
                    ("market", pair[1].market.into()),
                    ("after", pair[0].market.into()),
                ];
                return Err(refuse(ErrorCode::LegsNotSorted, &numbers));
            }
        }
        for leg in legs {
            require!(leg.lots != 0 && leg.price != 0, ErrorCode::ZeroQuantity);
            require!(
                leg.lots.unsigned_abs() <= MAX_LOTS.unsigned_abs(),
                ErrorCode::Overflow
            );
        }
        Ok(())
    }
}

/// What a leg stands on: its rows in the risk book.
fn rows<'a>(book: &Book<'a>, leg: &Leg) -> Result<(&'a MarketRow, &'a Asset)> {
    let row = book.market(leg.market).or_refuse()?;
    Ok((row, book.asset(row.asset).or_refuse()?))
}

/// Refuses a price outside the band around what a lot is worth, at an index that is fresh enough for both sides.
fn require_band(row: &MarketRow, asset: &Asset, leg: &Leg, now: i64, max_age: u32) -> Result<()> {
    asset
        .check_maintenance_within(row.asset, now, max_age)
        .or_refuse()?;
    let price = row.price_of(Ticks(leg.price)).or_refuse()?;
    let (low, high) = row.band_now(leg.market, asset, now).or_refuse()?;
    if price < low || price > high {
        return Err(refuse(
            ErrorCode::PriceOutsideBand,
            &[
                ("market", leg.market.into()),
                ("price", price.0.into()),
                ("lowest", low.0.into()),
                ("highest", high.0.into()),
            ],
        ));
    }
    Ok(())
}

/// Exchanges one leg: lots and quote between the sides, fees into the market.
fn settle_leg<'info>(
    row: &MarketRow,
    info: &'info AccountInfo<'info>,
    leg: &Leg,
    moment: &Moment,
    first: &mut MarginMut,
    second: &mut MarginMut,
) -> Result<SettledLeg> {
    if info.key.as_ref() != row.address {
        return Err(refuse(
            ErrorCode::WrongMarket,
            &[("market", leg.market.into())],
        ));
    }
    let loader = AccountLoader::<Market>::try_from(info)?;
    let mut market = loader.load_mut()?;
    let open_before = market.exposure();

    let lots = Lots(leg.lots);
    let cost = lots.cost(Ticks(leg.price), row.tick_size).or_refuse()?;
    let fee = row.fee(cost).or_refuse()?;
    let paid = cost.negated().or_refuse()?;
    let (effect, owed_first, first_fee) = first
        .account()
        .trade(leg.market, row, lots, paid, fee, moment)
        .or_refuse()?;
    market.apply(&effect, owed_first)?;
    let sold = Lots(-leg.lots); // |lots| ≤ MAX_LOTS
    let (effect, owed_second, second_fee) = second
        .account()
        .trade(leg.market, row, sold, cost, fee, moment)
        .or_refuse()?;
    market.apply(&effect, owed_second)?;
    let fees = first_fee.onto(QuoteAtoms::ZERO).or_refuse()?;
    market.accrue_fees(second_fee.onto(fees).or_refuse()?)?;
    market.require_cap(row, open_before)?;
    market.advance(cost);
    Ok(SettledLeg {
        market: leg.market,
        lots: leg.lots,
        cost: cost.0,
        fee: fee.0,
        owed_first: owed_first.0,
        owed_second: owed_second.0,
    })
}

/// Settles a block trade.
///
/// # Errors
/// [`ErrorCode::SameAccount`], [`ErrorCode::LegsNotSorted`], [`ErrorCode::InvalidLegCount`],
/// [`ErrorCode::WrongMarket`], [`ErrorCode::PriceOutsideBand`], [`ErrorCode::ReduceOnly`],
/// [`ErrorCode::OpenInterestCapReached`], [`ErrorCode::InitialMarginNotMet`],
/// [`ErrorCode::AccountWouldBeWorse`], those of the guards and of prices.
pub(crate) fn settle_block_trade<'info>(
    ctx: Context<'info, SettleBlockTrade<'info>>,
    legs: Vec<Leg>,
    first_guards: Guards,
    second_guards: Guards,
) -> Result<()> {
    let accounts = &ctx.accounts;
    require_keys_neq!(
        accounts.first.key(),
        accounts.second.key(),
        ErrorCode::SameAccount
    );
    let risk_book = RiskBookRef::load(&accounts.risk_book)?;
    let mut first = MarginMut::load(&accounts.first)?;
    let mut second = MarginMut::load(&accounts.second)?;
    let sides = [
        (&first, accounts.first_authority.key, &first_guards),
        (&second, accounts.second_authority.key, &second_guards),
    ];
    accounts.validate(&risk_book, sides, &legs, ctx.remaining_accounts.len())?;
    let book = risk_book.book();
    let now = Clock::get()?.unix_timestamp;

    let moment = book.params.moment(now);
    let max_age = first_guards.max_age().min(second_guards.max_age());
    let (mut first_reduces, mut second_reduces) = (true, true);
    for leg in &legs {
        let (row, asset) = rows(&book, leg)?;
        row.require_running(leg.market, now).or_refuse()?;
        require_band(row, asset, leg, now, max_age)?;
        let first_leg = first.view().reduces(row, leg.market, Lots(leg.lots));
        let second_leg = second.view().reduces(row, leg.market, Lots(-leg.lots));
        if matches!(row.mode, MODE_POST_ONLY | MODE_SETTLEMENT) {
            let numbers = [("market", leg.market.into()), ("mode", row.mode.into())];
            return Err(refuse(ErrorCode::MarketMode, &numbers));
        }
        if row.mode == MODE_REDUCE_ONLY && !(first_leg && second_leg) {
            return Err(refuse(
                ErrorCode::ReduceOnly,
                &[("market", leg.market.into())],
            ));
        }
        first_reduces &= first_leg;
        second_reduces &= second_leg;
    }
    let first_before = Baseline::take(&book, &first.view(), now, &first_guards, first_reduces)?;
    let second_before = Baseline::take(&book, &second.view(), now, &second_guards, second_reduces)?;

    let mut settled = Vec::with_capacity(legs.len());
    for (leg, info) in legs.iter().zip(ctx.remaining_accounts) {
        let (row, _) = rows(&book, leg)?;
        let (first, second) = (&mut first, &mut second);
        settled.push(settle_leg(row, info, leg, &moment, first, second)?);
    }

    for (side, loader) in [
        (&mut first, &accounts.first),
        (&mut second, &accounts.second),
    ] {
        leave_liquidation_if_restored(side, &loader.key(), &book, now)?;
        side.header.advance();
    }
    let first_health = first_before.require(&book, &first.view(), now, &first_guards)?;
    let second_health = second_before.require(&book, &second.view(), now, &second_guards)?;
    emit!(BlockTradeSettled {
        first: accounts.first.key(),
        first_sequence: first.header.sequence,
        second: accounts.second.key(),
        second_sequence: second.header.sequence,
        first_health,
        second_health,
        legs: settled,
    });
    Ok(())
}
