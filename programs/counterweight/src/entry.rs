//! The program's entry point: Anchor's dispatch, with a failing path that costs little.
//!
//! Anchor writes the last line of a refusal with the standard library's formatting, which costs more
//! than most refusals do themselves. The same line is put together here from its parts, so that
//! clients read what they are used to. Anchor's own entry point is off (the feature `entrypoint`
//! switches on `no-entrypoint`, on which it depends).

use crate::log::Line;
use anchor_lang::{
    error::{AnchorError, ComparedValues, ErrorOrigin},
    prelude::{AccountInfo, Error, Pubkey},
    solana_program::entrypoint::ProgramResult,
};

// Integrators who call by CPI have an entry point of their own.
#[cfg(all(feature = "entrypoint", not(feature = "cpi")))]
anchor_lang::solana_program::entrypoint!(process);

/// Runs an instruction; logs why where it is refused.
///
/// # Errors
/// The refusal's number, as the runtime reports it.
pub fn process<'info>(
    program_id: &'info Pubkey,
    accounts: &'info [AccountInfo<'info>],
    data: &'info [u8],
) -> ProgramResult {
    crate::try_entry(program_id, accounts, data).map_err(|error| {
        match &error {
            Error::AnchorError(refusal) => log_refusal(refusal),
            Error::ProgramError(_) => error.log(),
        }
        error.into()
    })
}

/// Writes what `AnchorError::log` writes.
#[cold]
fn log_refusal(refusal: &AnchorError) {
    let mut line = Line::with_capacity(96 + refusal.error_name.len() + refusal.error_msg.len());
    match &refusal.error_origin {
        None => line.text("AnchorError occurred"),
        Some(ErrorOrigin::AccountName(name)) => {
            line.text("AnchorError caused by account: ");
            line.text(name);
        }
        Some(ErrorOrigin::Source(source)) => {
            line.text("AnchorError thrown in ");
            line.text(source.filename);
            line.text(":");
            line.number(source.line.into());
        }
    }
    line.text(". Error Code: ");
    line.text(&refusal.error_name);
    line.text(". Error Number: ");
    line.number(refusal.error_code_number.into());
    line.text(". Error Message: ");
    line.text(&refusal.error_msg);
    line.text(".");
    line.log();
    match &refusal.compared_values {
        None => {}
        Some(ComparedValues::Pubkeys((left, right))) => {
            Line::of("Left:").log();
            left.log();
            Line::of("Right:").log();
            right.log();
        }
        Some(ComparedValues::Values((left, right))) => {
            for (label, value) in [("Left: ", left), ("Right: ", right)] {
                let mut line = Line::of(label);
                line.text(value);
                line.log();
            }
        }
    }
}
