//! Options: adding them, and pricing them.

use crate::{Exchange, Failure, Receipt};
use anchor_lang::prelude::Pubkey;
use counterweight_deploy::MarketKind;
use counterweight_risk::{AssetRiskTerms, ScanTerms, VolatilityTerms, option::SviTerms};

type Outcome = Result<Receipt, Box<Failure>>;

/// An estimate of volatility, which options need; with a largest multiplier of one, no requirement follows it.
pub const ESTIMATED: VolatilityTerms = VolatilityTerms {
    deviations_bps: 30_000,
    horizon: 3_600,
    base_rate_bps: 300,
    most_bps: 10_000,
    ramp_per_hour_bps: 5_000,
    max_return_bps: 1_000,
    max_gap: 3_600,
};

/// A smile that is the same volatility at every strike, in percent a year.
pub fn flat_smile(percent: u32) -> SviTerms {
    // A variance of percent² / 10,000, 2^-26.
    let variance = ((u64::from(percent) * u64::from(percent)) << 26) / 10_000;
    SviTerms {
        a: u32::try_from(variance).unwrap_or(u32::MAX),
        sigma: 1 << 28,
        ..SviTerms::default()
    }
}

impl Exchange {
    /// Lets options be added on an asset: its price is scanned over 2 %, its volatility estimated, and by the terms no
    /// requirement ever follows it.
    ///
    /// # Panics
    /// If the program refuses it.
    pub fn offer_options(&mut self, asset: u16) {
        let terms = AssetRiskTerms {
            volatility: ESTIMATED,
            scan: ScanTerms {
                range_bps: 200,
                spread_bps: 20,
                volatility_shift_bps: 2_500,
            },
        };
        let set = self.venue.set_asset_risk(self.authority(), asset, terms);
        self.govern(set).expect("set_asset_risk");
    }

    fn authority(&self) -> Pubkey {
        crate::Signer::pubkey(&self.authority)
    }

    /// Adds an option at a strike (quote atoms a lot), with the terms of an existing market, and prices it. Returns its
    /// index.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn add_option(
        &mut self,
        like: u16,
        name: &str,
        kind: MarketKind,
        strike: u64,
        expiry: i64,
    ) -> Result<u16, Box<Failure>> {
        let mut config = self.deployment.market[usize::from(like)].clone();
        config.name = name.into();
        (config.kind, config.expiry, config.strike) = (kind, Some(expiry), Some(strike));
        self.deployment.market.push(config);
        let index = (self.deployment.market.len() - 1) as u16;
        let added = self
            .add_market(index)
            .and_then(|_| self.refresh_arrays(&[index]));
        if added.is_err() {
            self.deployment.market.pop();
        }
        added.map(|_| index)
    }

    /// Prices options anew.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn refresh_arrays(&mut self, markets: &[u16]) -> Outcome {
        let refresh = self.venue.refresh_arrays(markets);
        self.chain.send(&[refresh], &[])
    }
}
