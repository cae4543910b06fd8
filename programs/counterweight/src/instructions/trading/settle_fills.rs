//! `settle_fills`: brings makers what waits for them in a market's fill queue. Anyone may; the makers'
//! accounts follow the named ones. Entries are settled out of turn, so that a liquidator can settle an
//! account's fills first and nobody waits for a stranger.

use super::{desk::Desk, matching::Tally, order_args::MAX_MATCHES, place_order::finish};
use crate::{
    book::Entry,
    error::{ErrorCode, refuse},
    events::{Fill, FillsSettled},
    state::{MarginMut, Market, MarketMut, RiskBook, RiskBookRef},
};
use anchor_lang::prelude::*;

/// Accounts of `settle_fills`: behind these, the makers' margin accounts.
#[derive(Accounts)]
pub struct SettleFills<'info> {
    /// The risk book.
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
}

/// The first `limit` entries of one maker.
fn waiting(market: &mut MarketMut, maker: &Pubkey, limit: usize) -> Vec<usize> {
    let (_, queue) = market.parts();
    queue
        .open()
        .filter(|(_, entry)| entry.maker == maker.to_bytes())
        .map(|(place, _)| place)
        .take(limit)
        .collect()
}

/// Settles one entry.
fn settle(
    desk: &Desk,
    market: &mut MarketMut,
    maker: &mut MarginMut,
    place: usize,
    tally: &mut Tally,
) -> Result<Fill> {
    let entry: Entry = market.parts().1.take(place);
    market.header.count_pending(&entry, -1)?;
    // The market has had the fee since it was matched; the queue's totals owed the maker less for it.
    let (effect, owed, _had) = desk.apply(maker, &entry)?;
    tally.count(&effect, owed)?;
    let (book, queue) = market.parts();
    desk.rebound(maker, &book, &queue, &entry);
    Ok(Fill {
        settled: true,
        owed: owed.0,
        ..Fill::of(&entry, 0)
    })
}

/// Settles up to `limit` entries of the accounts that are passed, never more than [`MAX_MATCHES`].
///
/// # Errors
/// [`ErrorCode::OrderNotFound`] where nothing waits for them.
pub(crate) fn settle_fills<'info>(
    ctx: Context<'info, SettleFills<'info>>,
    limit: u8,
) -> Result<()> {
    let accounts = &ctx.accounts;
    let risk_book = RiskBookRef::load(&accounts.risk_book)?;
    let mut market = MarketMut::load(&accounts.market)?;
    let clearinghouse = risk_book.header.clearinghouse;
    require!(
        market.header.clearinghouse == clearinghouse,
        ErrorCode::WrongClearinghouse
    );
    let book = risk_book.book();
    let now = Clock::get()?.unix_timestamp;
    let index = market.header.index;
    let desk = Desk::open(&book, index, clearinghouse, &[], now)?;

    let limit = usize::from(limit.min(MAX_MATCHES));
    let mut left = limit;
    let mut tally = Tally::default();
    // One that may not be written is not at hand, as in matching.
    for info in ctx.remaining_accounts.iter().filter(|i| i.is_writable) {
        let places = waiting(&mut market, info.key, left);
        if places.is_empty() {
            continue;
        }
        left -= places.len();
        let mut maker = MarginMut::load_unchecked(info)?;
        maker.header.require_member(&clearinghouse)?;
        let mut fills = Vec::with_capacity(places.len());
        for place in places {
            fills.push(settle(&desk, &mut market, &mut maker, place, &mut tally)?);
        }
        emit!(FillsSettled {
            market: index,
            account: *info.key,
            sequence: maker.header.advance(),
            fills,
        });
    }
    if left == limit {
        return Err(refuse(
            ErrorCode::OrderNotFound,
            &[("market", index.into())],
        ));
    }
    finish(&desk, &mut market, &[], &tally)
}
