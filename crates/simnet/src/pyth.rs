//! Pyth price accounts in both formats, as Pyth's own programs would write them.

use crate::Chain;
use anchor_lang::{AccountSerialize, prelude::Pubkey};
use counterweight::oracle::{PYTH_LEGACY, PYTH_RECEIVER};
use pyth_sdk_solana::state::{AccountType, MAGIC, PriceStatus, SolanaPriceAccount, VERSION_2};
use pyth_solana_receiver_sdk::price_update::{PriceFeedMessage, PriceUpdateV2, VerificationLevel};

/// A `PriceUpdateV2` account.
#[derive(Clone, Copy, Debug)]
pub struct PullPrice {
    /// Feed id.
    pub feed: [u8; 32],
    /// Mantissa.
    pub price: i64,
    /// Half-width of the confidence interval.
    pub confidence: u64,
    /// Moving average.
    pub average: i64,
    /// Power of ten of the mantissas.
    pub exponent: i32,
    /// Unix seconds.
    pub publish_time: i64,
    /// Slot of posting.
    pub posted_slot: u64,
    /// Whether two thirds of the guardians signed.
    pub fully_verified: bool,
}

/// A legacy price account.
#[derive(Clone, Copy, Debug)]
pub struct LegacyPrice {
    /// Mantissa.
    pub price: i64,
    /// Half-width of the confidence interval.
    pub confidence: u64,
    /// Moving average.
    pub average: i64,
    /// Power of ten of the mantissas.
    pub exponent: i32,
    /// Unix seconds.
    pub publish_time: i64,
    /// Slot of publication.
    pub slot: u64,
    /// Whether the feed is trading.
    pub trading: bool,
}

impl PullPrice {
    /// The bytes of the account, as Pyth's receiver writes them.
    ///
    /// # Panics
    /// Never: a buffer in memory takes what is written to it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let update = PriceUpdateV2 {
            write_authority: Pubkey::default(),
            verification_level: if self.fully_verified {
                VerificationLevel::Full
            } else {
                VerificationLevel::Partial { num_signatures: 5 }
            },
            price_message: PriceFeedMessage {
                feed_id: self.feed,
                price: self.price,
                conf: self.confidence,
                exponent: self.exponent,
                publish_time: self.publish_time,
                prev_publish_time: self.publish_time - 1,
                ema_price: self.average,
                ema_conf: self.confidence,
            },
            posted_slot: self.posted_slot,
        };
        let mut data = Vec::new();
        update.try_serialize(&mut data).expect("serialize");
        data
    }
}

impl LegacyPrice {
    /// The bytes of the account, as Pyth's legacy program writes them.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut account = SolanaPriceAccount {
            magic: MAGIC,
            ver: VERSION_2,
            atype: AccountType::Price as u32,
            size: size_of::<SolanaPriceAccount>() as u32,
            expo: self.exponent,
            timestamp: self.publish_time,
            ..SolanaPriceAccount::default()
        };
        account.ema_price.val = self.average;
        account.agg.price = self.price;
        account.agg.conf = self.confidence;
        account.agg.status = if self.trading {
            PriceStatus::Trading
        } else {
            PriceStatus::Halted
        };
        account.agg.pub_slot = self.slot;
        bytemuck::bytes_of(&account).to_vec()
    }
}

impl Chain {
    /// Writes a pull price, owned by Pyth's receiver.
    pub fn set_pull_price(&mut self, key: Pubkey, price: &PullPrice) {
        self.set_account(key, PYTH_RECEIVER, price.to_bytes());
    }

    /// Writes a legacy price, owned by Pyth's legacy program.
    pub fn set_legacy_price(&mut self, key: Pubkey, price: &LegacyPrice) {
        self.set_account(key, PYTH_LEGACY, price.to_bytes());
    }
}
