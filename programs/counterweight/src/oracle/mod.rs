//! Reading prices. Both Pyth formats become one [`Reading`]; nothing else of an oracle account is
//! used anywhere. A reader checks owner, feed, verification or status, and layout; age, confidence
//! and monotonicity are the engine's, because they depend on what the price is used for.

mod pyth_legacy;
mod pyth_pull;

use crate::error::{ErrorCode, refuse};
use anchor_lang::prelude::*;
use counterweight_risk::{
    Asset,
    asset::{ORACLE_PYTH_LEGACY, ORACLE_PYTH_PULL},
    price::Reading,
};

/// Pyth's receiver program.
pub const PYTH_RECEIVER: Pubkey = pubkey!("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ");
/// The second, compatible deployment of Pyth's receiver.
pub const PYTH_RECEIVER_SECOND: Pubkey = pubkey!("rec2HHDDnjLfj4kE7VyEtFA1HPGQLK33259532cRyHp");
/// Pyth's legacy oracle program on mainnet.
pub const PYTH_LEGACY: Pubkey = pubkey!("FsJ3A3u2vn5CTVofAjvy6y5kwABJAqYWpe4975bi2epH");
/// Pyth's legacy oracle program on devnet.
pub const PYTH_LEGACY_DEVNET: Pubkey = pubkey!("gSbePebfvPy7tRqimPoVecS2UsBvYv46ynrzWocc92s");

/// Accepts only Pyth's own programs: nobody can list an oracle that he writes himself.
///
/// # Errors
/// [`ErrorCode::OracleNotAccepted`].
pub fn require_accepted(kind: u8, owner: &Pubkey) -> Result<()> {
    let accepted = match kind {
        ORACLE_PYTH_PULL => [PYTH_RECEIVER, PYTH_RECEIVER_SECOND].contains(owner),
        ORACLE_PYTH_LEGACY => [PYTH_LEGACY, PYTH_LEGACY_DEVNET].contains(owner),
        _ => false,
    };
    require!(accepted, ErrorCode::OracleNotAccepted);
    Ok(())
}

/// Reads the price account of an asset.
///
/// # Errors
/// [`ErrorCode::WrongOracleOwner`], [`ErrorCode::WrongFeed`], [`ErrorCode::PriceUnreadable`],
/// [`ErrorCode::PartialVerification`], [`ErrorCode::PriceNotTrading`], [`ErrorCode::NoOracle`].
pub fn read(account: &AccountInfo, index: u16, asset: &Asset) -> Result<Reading> {
    let about = [("asset", i128::from(index))];
    if account.owner.as_ref() != asset.oracle_owner {
        return Err(refuse(ErrorCode::WrongOracleOwner, &about));
    }
    match asset.oracle_kind {
        ORACLE_PYTH_PULL => pyth_pull::read(account, &asset.feed),
        ORACLE_PYTH_LEGACY => pyth_legacy::read(account, &asset.feed),
        _ => return Err(refuse(ErrorCode::NoOracle, &about)),
    }
    .map_err(|code| refuse(code, &about))
}
