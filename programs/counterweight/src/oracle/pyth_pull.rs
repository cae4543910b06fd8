//! Pyth's pull format: `PriceUpdateV2`, written by the receiver program after it verified the
//! guardians' signatures.

use crate::error::ErrorCode;
use anchor_lang::{AccountDeserialize, prelude::*};
use counterweight_risk::price::Reading;
use pyth_solana_receiver_sdk::price_update::{PriceUpdateV2, VerificationLevel};

/// Reads an account whose owner was checked.
pub(super) fn read(
    account: &AccountInfo,
    feed: &[u8; 32],
) -> core::result::Result<Reading, ErrorCode> {
    let data = account
        .try_borrow_data()
        .map_err(|_| ErrorCode::PriceUnreadable)?;
    // Checks the discriminator.
    let update =
        PriceUpdateV2::try_deserialize(&mut &data[..]).map_err(|_| ErrorCode::PriceUnreadable)?;
    if update.verification_level != VerificationLevel::Full {
        return Err(ErrorCode::PartialVerification);
    }
    let message = &update.price_message;
    if message.feed_id != *feed {
        return Err(ErrorCode::WrongFeed);
    }
    Ok(Reading {
        price: message.price,
        confidence: message.conf,
        average: message.ema_price,
        exponent: message.exponent,
        publish_time: message.publish_time,
        posted_slot: update.posted_slot,
    })
}
