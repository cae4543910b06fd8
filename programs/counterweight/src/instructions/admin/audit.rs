//! `audit`: proves on the chain what one transaction can see of the ledger, or fails loudly. Anyone may;
//! nothing changes. The sum over all margin accounts is for whoever can read them all.

use crate::{
    book::queue::FILLED,
    error::{ErrorCode, OrRefuse, refuse},
    events::{Audited, AuditedMarket},
    instructions::tokens::atoms_in,
    state::{Clearinghouse, Custody, Market, MarketMut, RiskBook, RiskBookRef},
};
use anchor_lang::{Ids, prelude::*};
use anchor_spl::token_interface::TokenInterface;
use counterweight_risk::{QuoteAtoms, market::MODE_SETTLEMENT};

/// Accounts of `audit`: behind these, for the quote token, the accounts of markets, sorted by index.
#[derive(Accounts)]
pub struct Audit<'info> {
    /// The clearinghouse.
    #[account(has_one = risk_book @ ErrorCode::WrongClearinghouse)]
    pub clearinghouse: AccountLoader<'info, Clearinghouse>,
    /// Its risk book: which markets have ended.
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The token's custody.
    #[account(
        has_one = clearinghouse @ ErrorCode::WrongClearinghouse,
        has_one = vault @ ErrorCode::WrongVault
    )]
    pub custody: AccountLoader<'info, Custody>,
    /// The token's vault.
    /// CHECK: its address is the one that the custody names.
    pub vault: UncheckedAccount<'info>,
}

/// Refuses unless `found` is at least `needed`.
fn require_at_least(code: ErrorCode, label: &str, found: i128, needed: i128) -> Result<()> {
    if found < needed {
        return Err(refuse(code, &[(label, found), ("needed", needed)]));
    }
    Ok(())
}

/// Proves a market: both sides hold the same number of lots, the queue holds what its totals say, and
/// what accrues is not negative.
fn audit_market(market: &mut MarketMut, book: &RiskBookRef) -> Result<AuditedMarket> {
    let index = market.header.index;
    let row = book.book().market(index).or_refuse()?;
    let (mut bought, mut sold, mut quote) = (0i128, 0i128, 0i128);
    for (_, entry) in market.parts().1.open() {
        if entry.kind == FILLED {
            let side = if entry.side == 0 {
                &mut bought
            } else {
                &mut sold
            };
            *side += i128::from(entry.lots);
            quote += i128::from(entry.quote) - i128::from(entry.fee);
        }
    }
    let header = &market.header;
    for (label, found, needed) in [
        ("pending long", header.pending_long, bought),
        ("pending short", header.pending_short, sold),
        ("pending quote", header.pending_quote, quote),
    ] {
        if i128::from(found) != needed {
            let numbers = [
                ("market", index.into()),
                (label, found.into()),
                ("needed", needed),
            ];
            return Err(refuse(ErrorCode::QueueTotalsWrong, &numbers));
        }
    }
    let long = i128::from(header.open_long) + bought;
    let short = i128::from(header.open_short) + sold;
    // In settlement each account closes by itself.
    if long != short && row.mode != MODE_SETTLEMENT {
        let numbers = [("market", index.into()), ("long", long), ("short", short)];
        return Err(refuse(ErrorCode::OpenInterestUneven, &numbers));
    }
    require_at_least(ErrorCode::LineNegative, "fees", header.fees.into(), 0)?;
    let insurance = header.insurance.into();
    require_at_least(ErrorCode::LineNegative, "insurance", insurance, 0)?;
    Ok(AuditedMarket {
        market: index,
        open_long: header.open_long,
        open_short: header.open_short,
        pending_long: header.pending_long,
        pending_short: header.pending_short,
        pending_quote: header.pending_quote,
        fees: header.fees,
        insurance: header.insurance,
        residue: header.residue,
    })
}

/// Audits the markets that follow the named accounts.
fn audit_markets<'info>(
    infos: &'info [AccountInfo<'info>],
    clearinghouse: &Pubkey,
    book: &RiskBookRef,
) -> Result<Vec<AuditedMarket>> {
    let mut audited: Vec<AuditedMarket> = Vec::with_capacity(infos.len());
    for info in infos {
        let loader = AccountLoader::<Market>::try_from(info)?;
        let mut market = MarketMut::load(&loader)?;
        require!(
            market.header.clearinghouse == *clearinghouse,
            ErrorCode::WrongClearinghouse
        );
        let found = audit_market(&mut market, book)?;
        if audited
            .last()
            .is_some_and(|last| last.market >= found.market)
        {
            let numbers = [("market", found.market.into())];
            return Err(refuse(ErrorCode::MarketsNotSorted, &numbers));
        }
        audited.push(found);
    }
    Ok(audited)
}

/// Proves that the vault holds what the ledger says, that no line which belongs to nobody's account is
/// negative, that fees and insurance of clearinghouse and markets are in the vault, and each market.
///
/// # Errors
/// [`ErrorCode::VaultShort`], [`ErrorCode::LineNegative`], [`ErrorCode::LedgerShort`],
/// [`ErrorCode::OpenInterestUneven`], [`ErrorCode::QueueTotalsWrong`]; [`ErrorCode::WrongAccountCount`] for
/// markets with another token than the quote token, [`ErrorCode::MarketsNotSorted`].
pub(crate) fn audit<'info>(ctx: Context<'info, Audit<'info>>) -> Result<()> {
    let accounts = &ctx.accounts;
    let clearinghouse = accounts.clearinghouse.load()?;
    let book = RiskBookRef::load(&accounts.risk_book)?;
    let custody = accounts.custody.load()?;
    custody.require_of(&accounts.clearinghouse.key(), &custody.mint)?;
    let further = ctx.remaining_accounts;
    require!(
        custody.asset == 0 || further.is_empty(),
        ErrorCode::WrongAccountCount
    );
    // Nothing but a token program puts an account there; say so all the same.
    require!(
        TokenInterface::ids().contains(accounts.vault.owner),
        anchor_lang::error::ErrorCode::AccountOwnedByWrongProgram
    );
    let (held, recorded) = (atoms_in(&accounts.vault)?, custody.recorded);
    require_at_least(ErrorCode::VaultShort, "vault", held.into(), recorded.into())?;

    let (fees, insurance) = (clearinghouse.fees, clearinghouse.insurance);
    require_at_least(ErrorCode::LineNegative, "fees", fees.into(), 0)?;
    require_at_least(ErrorCode::LineNegative, "insurance", insurance.into(), 0)?;
    let markets = audit_markets(further, &accounts.clearinghouse.key(), &book)?;
    if custody.asset == 0 {
        let mut lines = QuoteAtoms(fees).plus(QuoteAtoms(insurance)).or_refuse()?;
        for market in &markets {
            let accrued = QuoteAtoms(market.fees).plus(QuoteAtoms(market.insurance));
            lines = lines.plus(accrued.or_refuse()?).or_refuse()?;
        }
        let recorded = recorded.into();
        require_at_least(ErrorCode::LedgerShort, "recorded", recorded, lines.0.into())?;
    }
    emit!(Audited {
        clearinghouse: accounts.clearinghouse.key(),
        asset: custody.asset,
        vault: held,
        recorded,
        surplus: held.saturating_sub(recorded),
        fees,
        insurance,
        residue: clearinghouse.residue,
        markets,
    });
    Ok(())
}
