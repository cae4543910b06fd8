//! Pyth's legacy price accounts, written by its on-chain oracle program.

use crate::error::ErrorCode;
use anchor_lang::prelude::*;
use counterweight_risk::price::Reading;
use pyth_sdk_solana::state::{PriceStatus, load_price_account};

/// Reads an account whose owner was checked.
pub(super) fn read(
    account: &AccountInfo,
    feed: &[u8; 32],
) -> core::result::Result<Reading, ErrorCode> {
    if account.key.as_ref() != feed {
        return Err(ErrorCode::WrongFeed);
    }
    let data = account
        .try_borrow_data()
        .map_err(|_| ErrorCode::PriceUnreadable)?;
    let price = load_price_account::<32, ()>(&data).map_err(|_| ErrorCode::PriceUnreadable)?;
    if price.agg.status != PriceStatus::Trading {
        return Err(ErrorCode::PriceNotTrading);
    }
    Ok(Reading {
        price: price.agg.price,
        confidence: price.agg.conf,
        average: price.ema_price.val,
        exponent: price.expo,
        publish_time: price.timestamp,
        posted_slot: price.agg.pub_slot,
    })
}
