//! Moving tokens and lamports. Amounts are exact: what a vault receives is what is credited.

use crate::{
    error::ErrorCode,
    state::{CLEARINGHOUSE_SEED, Clearinghouse},
};
use anchor_lang::{prelude::*, system_program};
use anchor_spl::token_interface::{
    Mint, TokenAccount, TokenInterface, TransferChecked,
    spl_token_2022::{
        extension::{BaseStateWithExtensions, ExtensionType, StateWithExtensions},
        state::Mint as MintState,
    },
    transfer_checked,
};

/// Moves tokens from a user's account into a vault, signed by the user.
///
/// # Errors
/// The token program's, or [`ErrorCode::TransferMismatch`] where another amount arrived.
pub fn take<'info>(
    program: &Interface<'info, TokenInterface>,
    mint: &InterfaceAccount<'info, Mint>,
    source: &InterfaceAccount<'info, TokenAccount>,
    vault: &mut InterfaceAccount<'info, TokenAccount>,
    authority: &Signer<'info>,
    atoms: u64,
) -> Result<()> {
    let before = vault.amount;
    let accounts = TransferChecked {
        from: source.to_account_info(),
        mint: mint.to_account_info(),
        to: vault.to_account_info(),
        authority: authority.to_account_info(),
    };
    transfer_checked(
        CpiContext::new(program.key(), accounts),
        atoms,
        mint.decimals,
    )?;
    vault.reload()?;
    require!(
        vault.amount.checked_sub(before) == Some(atoms),
        ErrorCode::TransferMismatch
    );
    Ok(())
}

/// Moves tokens from a vault to a user's account, signed by the clearinghouse.
///
/// # Errors
/// The token program's.
pub fn give<'info>(
    program: &Interface<'info, TokenInterface>,
    mint: &InterfaceAccount<'info, Mint>,
    vault: &InterfaceAccount<'info, TokenAccount>,
    destination: &InterfaceAccount<'info, TokenAccount>,
    clearinghouse: &AccountLoader<'info, Clearinghouse>,
    atoms: u64,
) -> Result<()> {
    let (creator, (id, bump)) = {
        let state = clearinghouse.load()?;
        (state.creator, state.seeds())
    };
    let seeds: &[&[u8]] = &[CLEARINGHOUSE_SEED, creator.as_ref(), &id, &bump];
    let accounts = TransferChecked {
        from: vault.to_account_info(),
        mint: mint.to_account_info(),
        to: destination.to_account_info(),
        authority: clearinghouse.to_account_info(),
    };
    let signers = [seeds];
    let context = CpiContext::new_with_signer(program.key(), accounts, &signers);
    transfer_checked(context, atoms, mint.decimals)
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
