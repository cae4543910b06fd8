//! Moving tokens and lamports. Amounts are exact: what a vault receives is what is credited.

use crate::{
    error::ErrorCode,
    state::{CLEARINGHOUSE_SEED, Clearinghouse},
};
use anchor_lang::{prelude::*, system_program};
use anchor_spl::token_interface::{
    TokenInterface, TransferChecked,
    spl_token_2022::{
        extension::{BaseStateWithExtensions, ExtensionType, StateWithExtensions},
        state::Mint as MintState,
    },
    transfer_checked,
};

/// Refuses accounts that are not of this token program. With an address that was compared, or handed
/// to the token program for a movement, that is all an account of a token needs.
///
/// # Errors
/// Anchor's `AccountOwnedByWrongProgram`.
pub fn require_tokens(
    accounts: [&AccountInfo; 3],
    program: &Interface<TokenInterface>,
) -> Result<()> {
    for account in accounts {
        require!(
            account.owner == program.key,
            anchor_lang::error::ErrorCode::AccountOwnedByWrongProgram
        );
    }
    Ok(())
}

/// Atoms in a token account of this token program: both layouts have them at the same place.
///
/// # Errors
/// [`ErrorCode::WrongVault`] for bytes that are no token account's.
pub fn atoms_in(account: &AccountInfo) -> Result<u64> {
    let data = account.try_borrow_data()?;
    let atoms = data.get(64..72).and_then(|bytes| bytes.try_into().ok());
    let bytes = atoms.ok_or(ErrorCode::WrongVault)?;
    Ok(u64::from_le_bytes(bytes))
}

/// What moves, and through which token program. The caller has compared mint and vault with what the
/// risk book or the clearinghouse names; the token program checks the user's own account.
pub struct Movement<'a, 'info> {
    /// The token program.
    pub program: &'a Interface<'info, TokenInterface>,
    /// The mint.
    pub mint: &'a AccountInfo<'info>,
    /// Its decimals, which the token program compares.
    pub decimals: u8,
    /// How many atoms.
    pub atoms: u64,
}

impl<'info> Movement<'_, 'info> {
    /// Moves tokens from a user's account into a vault that holds `before`, signed by the user.
    ///
    /// # Errors
    /// The token program's, or [`ErrorCode::TransferMismatch`] where another amount arrived.
    pub fn take(
        &self,
        source: &AccountInfo<'info>,
        vault: &AccountInfo<'info>,
        before: u64,
        authority: &Signer<'info>,
    ) -> Result<()> {
        let accounts = TransferChecked {
            from: source.clone(),
            mint: self.mint.clone(),
            to: vault.clone(),
            authority: authority.to_account_info(),
        };
        let context = CpiContext::new(self.program.key(), accounts);
        transfer_checked(context, self.atoms, self.decimals)?;
        let after = atoms_in(vault)?;
        require!(
            after.checked_sub(before) == Some(self.atoms),
            ErrorCode::TransferMismatch
        );
        Ok(())
    }

    /// Moves tokens from a vault to a user's account, signed by the clearinghouse.
    ///
    /// # Errors
    /// The token program's, or [`ErrorCode::TransferMismatch`] where another amount left.
    pub fn give(
        &self,
        vault: &AccountInfo<'info>,
        destination: &AccountInfo<'info>,
        clearinghouse: &AccountLoader<'info, Clearinghouse>,
    ) -> Result<()> {
        let (creator, (id, bump)) = {
            let state = clearinghouse.load()?;
            (state.creator, state.seeds())
        };
        let seeds: &[&[u8]] = &[CLEARINGHOUSE_SEED, creator.as_ref(), &id, &bump];
        let accounts = TransferChecked {
            from: vault.clone(),
            mint: self.mint.clone(),
            to: destination.clone(),
            authority: clearinghouse.to_account_info(),
        };
        let signers = [seeds];
        let before = atoms_in(vault)?;
        let context = CpiContext::new_with_signer(self.program.key(), accounts, &signers);
        transfer_checked(context, self.atoms, self.decimals)?;
        require!(
            before.checked_sub(atoms_in(vault)?) == Some(self.atoms),
            ErrorCode::TransferMismatch
        );
        Ok(())
    }
}

/// Refuses a Token-2022 mint with any extension but metadata: a fee, a hook, a permanent delegate or
/// a default freeze would let the vault hold less than it owes, and a mint that can be closed could
/// come back as another.
///
/// # Errors
/// [`ErrorCode::MintExtensionRefused`].
pub fn require_plain_mint(mint: &AccountInfo) -> Result<()> {
    let data = mint.try_borrow_data()?;
    let state = StateWithExtensions::<MintState>::unpack(&data)?;
    for extension in state.get_extension_types()? {
        let accepted = matches!(
            extension,
            ExtensionType::MetadataPointer
                | ExtensionType::TokenMetadata
                | ExtensionType::GroupPointer
                | ExtensionType::TokenGroup
                | ExtensionType::GroupMemberPointer
                | ExtensionType::TokenGroupMember
        );
        if !accepted {
            return Err(crate::error::refuse(
                ErrorCode::MintExtensionRefused,
                &[("extension", i128::from(extension as u16))],
            ));
        }
    }
    Ok(())
}

/// Changes the length of an account of this program, and its rent with it: the payer tops it up, or
/// gets back what is no longer needed.
///
/// # Errors
/// The system program's.
pub fn resize<'info>(
    account: &AccountInfo<'info>,
    payer: &Signer<'info>,
    system: &Program<'info, System>,
    length: usize,
) -> Result<()> {
    let needed = Rent::get()?.minimum_balance(length);
    let present = account.lamports();
    if needed > present {
        let accounts = system_program::Transfer {
            from: payer.to_account_info(),
            to: account.clone(),
        };
        let missing = needed.saturating_sub(present);
        system_program::transfer(CpiContext::new(system.key(), accounts), missing)?;
    } else if account.data_len() > length {
        let surplus = present.saturating_sub(needed);
        account.sub_lamports(surplus)?;
        payer.add_lamports(surplus)?;
    }
    account.resize(length)?;
    Ok(())
}
