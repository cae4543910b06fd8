//! `migrate_risk_book`: brings a risk book of layout 1, in which a market's row has 512 bytes, to layout 2.
//! Anyone may, and pays the rent of what is added. An account cannot be made longer by more than 10 kB at
//! once, so a large one takes several calls; until the last one nothing but its length has changed, and every
//! other instruction refuses it.

use crate::{
    error::{ErrorCode, OrRefuse},
    events::RiskBookMigrated,
    instructions::tokens::resize,
    state::{Layout, RISK_BOOK_HEADER, RiskBook, require_version},
};
use anchor_lang::{prelude::*, solana_program::entrypoint::MAX_PERMITTED_DATA_INCREASE};
use counterweight_risk::{Asset, Market as MarketRow, RiskError};

/// The layout that is migrated from.
const OLD_VERSION: u8 = 1;
/// Bytes of a market's row in it: what a row begins with in the present one.
const OLD_ROW: usize = 512;

const _: () = assert!(RiskBook::VERSION == OLD_VERSION + 1);
const _: () = assert!(size_of::<MarketRow>() > OLD_ROW);

/// Accounts of `migrate_risk_book`.
#[derive(Accounts)]
pub struct MigrateRiskBook<'info> {
    /// Pays the rent.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The risk book.
    #[account(mut)]
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// Moves the rent.
    pub system_program: Program<'info, System>,
}

/// Where the rows of a risk book are.
struct Rows {
    /// The first market's offset.
    start: usize,
    /// How many markets there are.
    count: usize,
}

impl Rows {
    /// Of a risk book in the layout before.
    fn of(book: &RiskBook) -> Result<Self> {
        require!(
            book.version != RiskBook::VERSION,
            ErrorCode::AlreadyMigrated
        );
        require_version(book.version, OLD_VERSION)?;
        Ok(Self {
            start: RISK_BOOK_HEADER + usize::from(book.asset_count) * size_of::<Asset>(),
            count: usize::from(book.market_count),
        })
    }

    /// Bytes of the account when its rows are long.
    fn length(&self) -> usize {
        self.start + self.count * size_of::<MarketRow>()
    }

    /// Moves every market's row to where it belongs, with zeros behind it. The last one first: each moves up,
    /// onto bytes of rows that have moved already.
    fn widen(&self, data: &mut [u8]) -> Option<()> {
        let markets = data.get_mut(self.start..self.length())?;
        for row in (0..self.count).rev() {
            let (from, to) = (row * OLD_ROW, row * size_of::<MarketRow>());
            markets.copy_within(from..from + OLD_ROW, to);
            markets[to + OLD_ROW..to + size_of::<MarketRow>()].fill(0);
        }
        Some(())
    }
}

/// Adds up to 10,240 bytes; where that is enough, moves the rows, and the risk book has the present layout.
///
/// # Errors
/// [`ErrorCode::AlreadyMigrated`], [`ErrorCode::WrongVersion`], the system program's.
pub(crate) fn migrate_risk_book(ctx: Context<MigrateRiskBook>) -> Result<()> {
    let accounts = &ctx.accounts;
    let rows = Rows::of(&*accounts.risk_book.load()?)?;
    let info: &AccountInfo = accounts.risk_book.as_ref();
    let length = (info.data_len() + MAX_PERMITTED_DATA_INCREASE).min(rows.length());
    resize(info, &accounts.payer, &accounts.system_program, length)?;
    if length < rows.length() {
        return Ok(());
    }
    rows.widen(&mut info.try_borrow_mut_data()?)
        .ok_or(RiskError::Overflow)
        .or_refuse()?;
    let mut book = accounts.risk_book.load_mut()?;
    book.version = RiskBook::VERSION;
    emit!(RiskBookMigrated {
        clearinghouse: book.clearinghouse,
        version: book.version,
    });
    Ok(())
}
