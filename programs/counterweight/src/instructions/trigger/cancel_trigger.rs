//! `cancel_trigger`: drops a trigger order.

use super::place_trigger::ActOnTriggers;
use crate::{
    error::{ErrorCode, refuse},
    events::TriggerChanged,
    state::{RiskBookRef, Trigger},
};
use anchor_lang::prelude::*;

/// Drops the trigger in a place.
///
/// # Errors
/// [`ErrorCode::TriggerNotFound`].
pub(crate) fn cancel_trigger(ctx: Context<ActOnTriggers>, place: u8) -> Result<()> {
    let accounts = &ctx.accounts;
    let risk_book = RiskBookRef::load(&accounts.risk_book)?;
    accounts.validate(&risk_book)?;
    let mut triggers = accounts.triggers.load_mut()?;
    let entry = triggers.entries.get_mut(usize::from(place));
    let Some(entry) = entry.filter(|entry| entry.is_used()) else {
        return Err(refuse(
            ErrorCode::TriggerNotFound,
            &[("place", place.into())],
        ));
    };
    let client_id = entry.client_id;
    *entry = Trigger::default();
    emit!(TriggerChanged {
        account: accounts.margin_account.key(),
        place,
        client_id,
        lots: 0,
        price: 0,
    });
    Ok(())
}
