//! `deposit`: tokens into the vault, the same number into the account. Needs no margin check and no
//! price.

use crate::{
    error::{ErrorCode, OrRefuse, refuse},
    events::BalanceMoved,
    instructions::{
        checks::leave_liquidation_if_restored,
        tokens::{Movement, atoms_in, require_tokens},
    },
    state::{Custody, MarginAccount, MarginMut, PAUSE_DEPOSIT, RiskBook, RiskBookMut, RiskBookRef},
};
use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenInterface;
use counterweight_risk::{AccountCore, Asset, Moment, QuoteAtoms};

/// Accounts of `deposit`.
#[derive(Accounts)]
pub struct Deposit<'info> {
    /// Owner or delegate of the margin account, and of the tokens. Nobody else: a stranger's dust
    /// could fill the account's collateral entries.
    pub authority: Signer<'info>,
    /// The risk book: takes note of what the vault holds.
    #[account(mut)]
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The margin account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// Mint of the asset.
    /// CHECK: its address is the one that the risk book names.
    pub mint: UncheckedAccount<'info>,
    /// The asset's vault.
    /// CHECK: its address is the one that the risk book names.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// The asset's custody.
    #[account(mut)]
    pub custody: AccountLoader<'info, Custody>,
    /// Where the tokens come from.
    /// CHECK: the token program moves them only if the authority may.
    #[account(mut)]
    pub source: UncheckedAccount<'info>,
    /// The token program that owns the mint.
    pub token_program: Interface<'info, TokenInterface>,
}

impl Deposit<'_> {
    /// Returns what the vault holds.
    fn validate(
        &self,
        book: &RiskBookRef,
        margin: &MarginMut,
        custody: &Custody,
        asset: u16,
        atoms: u64,
    ) -> Result<u64> {
        book.header.require_running(PAUSE_DEPOSIT)?;
        margin.header.require_member(&book.header.clearinghouse)?;
        margin.header.require_trader(&self.authority.key())?;
        let row = book.asset(asset)?;
        require_collateral(row, self.mint.key, self.vault.key)?;
        custody.require_of(&book.header.clearinghouse, self.mint.key)?;
        require_tokens([&self.mint, &self.vault, &self.source], &self.token_program)?;
        require!(
            self.source.key() != self.vault.key(),
            ErrorCode::SameAccount
        );
        require!(atoms > 0, ErrorCode::ZeroQuantity);
        let held = atoms_in(&self.vault)?;
        if held
            .checked_add(atoms)
            .is_none_or(|after| after > row.deposit_cap)
        {
            return Err(refuse(
                ErrorCode::DepositCapReached,
                &[
                    ("held", held.into()),
                    ("deposit", atoms.into()),
                    ("cap", row.deposit_cap.into()),
                ],
            ));
        }
        Ok(held)
    }
}

/// Refuses an asset that is not collateral, and a mint or vault that is not the asset's.
pub(super) fn require_collateral(row: &Asset, mint: &Pubkey, vault: &Pubkey) -> Result<()> {
    require!(row.vault != [0; 32], ErrorCode::NotCollateral);
    require!(mint.as_ref() == row.mint, ErrorCode::WrongMint);
    require!(vault.as_ref() == row.vault, ErrorCode::WrongVault);
    Ok(())
}

/// Adds atoms of an asset to an account: to its cash where it is the quote token.
pub(super) fn credit(
    core: &mut AccountCore,
    asset: u16,
    atoms: u64,
    moment: &Moment,
) -> Result<()> {
    if asset == 0 {
        let atoms = QuoteAtoms::from_unsigned(atoms).or_refuse()?;
        return core.move_cash(atoms, moment).or_refuse();
    }
    core.credit(asset, atoms).or_refuse()
}

/// Takes atoms of an asset from an account: from its settled cash, as far as that has matured, where it
/// is the quote token.
pub(super) fn debit(core: &mut AccountCore, asset: u16, atoms: u64, now: i64) -> Result<()> {
    if asset == 0 {
        core.debit_cash(atoms, now).or_refuse()
    } else {
        core.debit(asset, atoms).or_refuse()
    }
}

/// Deposits atoms of an asset.
///
/// # Errors
/// [`ErrorCode::Paused`], [`ErrorCode::WrongClearinghouse`], [`ErrorCode::NotOwnerOrDelegate`],
/// [`ErrorCode::NotCollateral`], [`ErrorCode::WrongMint`], [`ErrorCode::WrongVault`],
/// [`ErrorCode::WrongCustody`], [`ErrorCode::DepositCapReached`], [`ErrorCode::NoFreeBalance`].
pub(crate) fn deposit(ctx: Context<Deposit>, asset: u16, atoms: u64) -> Result<()> {
    let accounts = ctx.accounts;
    let now = Clock::get()?.unix_timestamp;
    let book = RiskBookRef::load(&accounts.risk_book)?;
    let mut margin = MarginMut::load(&accounts.margin_account)?;
    let mut custody = accounts.custody.load_mut()?;
    let held = accounts.validate(&book, &margin, &custody, asset, atoms)?;

    let movement = Movement {
        program: &accounts.token_program,
        mint: &accounts.mint,
        decimals: book.asset(asset)?.decimals,
        atoms,
    };
    let (source, vault) = (&accounts.source, &accounts.vault);
    movement.take(source, vault, held, &accounts.authority)?;
    custody.record_arrival(atoms)?;
    let moment = book.header.params.moment(now);
    credit(&mut margin.header.core, asset, atoms, &moment)?;
    drop(book);
    RiskBookMut::load(&accounts.risk_book)?.note_vault(asset, custody.recorded, now)?;
    let book = RiskBookRef::load(&accounts.risk_book)?;
    let account = accounts.margin_account.key();
    leave_liquidation_if_restored(&mut margin, &account, &book.book(), now)?;

    emit!(BalanceMoved {
        account: accounts.margin_account.key(),
        sequence: margin.header.advance(),
        asset,
        atoms: QuoteAtoms::from_unsigned(atoms).or_refuse()?.0,
        equity: 0,
        initial_margin: 0,
    });
    Ok(())
}
