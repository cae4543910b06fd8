//! From what the file says to what the instructions take. Figures that do not fit saturate, far outside of every
//! bound: [`crate::Deployment::check`] finds them.

use crate::{
    config::{
        AssetConfig, Deployment, MarketConfig, MarketKind, MarketMode, OutflowConfig, TokenProgram,
    },
    text::name16,
};
use anchor_lang::prelude::{Pubkey, pubkey};
use counterweight::{
    OracleChoice,
    oracle::{PYTH_LEGACY, PYTH_RECEIVER},
};
use counterweight_risk::{
    AssetTerms, MarketTerms, OutflowTerms,
    asset::{ORACLE_NONE, ORACLE_PYTH_LEGACY, ORACLE_PYTH_PULL},
    interest::InterestTerms,
    market::{
        KIND_CALL, KIND_FUTURE, KIND_PERPETUAL, KIND_PUT, MODE_ACTIVE, MODE_POST_ONLY,
        MODE_REDUCE_ONLY, MODE_SETTLEMENT,
    },
    outflow::UNLIMITED,
    standard::RiskTerms,
    tiers::{TIERS, TierTerms},
};

/// The classic token program.
pub const TOKEN_CLASSIC: Pubkey = pubkey!("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
/// Token-2022.
pub const TOKEN_2022: Pubkey = pubkey!("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");

/// Pyth's program that owns the addresses of the accounts in which its own pushers keep prices.
const PYTH_PUSH: Pubkey = pubkey!("pythWSnswVUd12oZpeFP8e9CVaEqJg25g1Vtc2biRsT");

/// Where Pyth's own pushers keep the price of a feed (their shard 0), on clusters where they do.
pub fn sponsored_account(feed: &[u8; 32]) -> Pubkey {
    Pubkey::find_program_address(&[&0u16.to_le_bytes(), feed], &PYTH_PUSH).0
}

/// Atoms in a whole token.
pub fn atoms_in(decimals: u8) -> u64 {
    10u64.saturating_pow(u32::from(decimals))
}

impl Deployment {
    /// Atoms in a whole quote token.
    pub fn quote_atoms(&self) -> u64 {
        atoms_in(self.asset[0].decimals)
    }

    /// Parameters of the clearinghouse.
    pub fn risk_terms(&self) -> RiskTerms {
        let atoms = self.quote_atoms();
        RiskTerms {
            max_depeg_bps: self.max_depeg_bps,
            liquidation_buffer_bps: self.liquidation_buffer_bps,
            auction_seconds: self.auction_seconds,
            backstop_line_bps: self.backstop_line_bps,
            backstop_daily_loss: self.backstop_daily_loss.saturating_mul(atoms),
            profit_maturity: self.profit_maturity,
            interest: InterestTerms {
                at_kink_bps: self.interest.at_kink_bps,
                at_full_bps: self.interest.at_full_bps,
                kink_bps: self.interest.kink_bps,
                surcharge_bps: self.interest.surcharge_bps,
                allowance: self.interest.allowance.saturating_mul(atoms),
            },
        }
    }
}

impl TokenProgram {
    /// What the file calls it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Token2022 => "token-2022",
        }
    }

    /// Its address.
    pub fn address(self) -> Pubkey {
        match self {
            Self::Classic => TOKEN_CLASSIC,
            Self::Token2022 => TOKEN_2022,
        }
    }
}

impl OutflowConfig {
    /// What the chain is told, for a token of so many decimals.
    pub fn terms(&self, decimals: u8) -> OutflowTerms {
        let atoms = |tokens: u64| tokens.saturating_mul(atoms_in(decimals));
        OutflowTerms {
            limit: self.limit.map_or(UNLIMITED, atoms),
            window: self.window,
        }
    }
}

impl AssetConfig {
    /// Whether it can be deposited.
    pub fn is_collateral(&self) -> bool {
        self.weights_bps[1] > 0
    }

    /// Its name as the chain stores it.
    pub fn name16(&self) -> [u8; 16] {
        name16(&self.name)
    }

    /// Its feed, as far as the file names one: a pull oracle without a feed id has none, and a legacy one without
    /// a price account.
    pub fn oracle_choice(&self) -> Option<OracleChoice> {
        let (kind, usual, feed) = match self.oracle.as_str() {
            "pull" => (ORACLE_PYTH_PULL, PYTH_RECEIVER, self.feed?),
            "legacy" => {
                let account = self.price_account?;
                (ORACLE_PYTH_LEGACY, PYTH_LEGACY, account.to_bytes())
            }
            _ => {
                return Some(OracleChoice {
                    kind: ORACLE_NONE,
                    ..OracleChoice::default()
                });
            }
        };
        Some(OracleChoice {
            kind,
            owner: self.oracle_owner.unwrap_or(usual),
            feed,
        })
    }

    /// The account that its price is read from: the file's; else, of a pull oracle, the one of Pyth's own pushers.
    /// None without an oracle.
    pub fn price_source(&self) -> Option<Pubkey> {
        let pushed = self.feed.as_ref().filter(|_| self.oracle == "pull");
        let used = self.price_account.filter(|_| self.oracle != "none");
        used.or(pushed.map(sponsored_account))
    }

    /// Its terms, with weights and cap where `collateral` says so.
    pub fn terms(&self, collateral: bool) -> AssetTerms {
        let [initial, maintenance] = if collateral { self.weights_bps } else { [0, 0] };
        let atoms = atoms_in(self.decimals);
        let whole = |tokens: u64| {
            if collateral {
                tokens.saturating_mul(atoms)
            } else {
                0
            }
        };
        AssetTerms {
            max_age_initial: self.max_age_initial,
            max_age_liquidation: self.max_age_liquidation,
            max_confidence_bps: self.max_confidence_bps,
            max_divergence_bps: self.max_divergence_bps,
            stable_growth_bps: self.stable_growth_bps,
            weight_initial_bps: initial,
            weight_maintenance_bps: maintenance,
            pnl_weight_bps: self.pnl_weight_bps,
            deposit_cap: whole(self.deposit_cap),
            full_weight_deposits: whole(match self.full_weight_deposits {
                0 => self.deposit_cap,
                tokens => tokens,
            }),
        }
    }
}

impl MarketKind {
    /// Whether it has a strike.
    pub const fn is_option(self) -> bool {
        matches!(self, Self::Call | Self::Put)
    }

    /// The number that the chain stores.
    pub const fn number(self) -> u8 {
        match self {
            Self::Perpetual => KIND_PERPETUAL,
            Self::Future => KIND_FUTURE,
            Self::Call => KIND_CALL,
            Self::Put => KIND_PUT,
        }
    }
}

impl MarketMode {
    /// The number that the chain stores.
    pub const fn number(self) -> u8 {
        match self {
            Self::Active => MODE_ACTIVE,
            Self::PostOnly => MODE_POST_ONLY,
            Self::ReduceOnly => MODE_REDUCE_ONLY,
            Self::Ended => MODE_SETTLEMENT,
        }
    }
}

impl MarketConfig {
    /// Its name as the chain stores it.
    pub fn name16(&self) -> [u8; 16] {
        name16(&self.name)
    }

    /// Its terms; `quote_atoms` is 10^decimals of the quote token.
    ///
    /// # Panics
    /// Without any tier.
    pub fn terms(&self, quote_atoms: u64) -> MarketTerms {
        let fit = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let tier = |at: usize| {
            // Unused tiers repeat the last one.
            let [size, rate] = self.tiers[at.min(self.tiers.len() - 1)];
            TierTerms {
                upper: if size == 0 {
                    u64::MAX
                } else {
                    size.saturating_mul(quote_atoms)
                },
                rate_bps: fit(rate),
            }
        };
        MarketTerms {
            tiers: core::array::from_fn::<_, TIERS, _>(tier),
            maintenance_fraction_bps: self.maintenance_fraction_bps,
            penalty_start_bps: self.penalty_bps[0],
            penalty_max_bps: self.penalty_bps[1],
            insurance_share_bps: self.insurance_share_bps,
            price_band_bps: self.price_band_bps,
            trade_fee_tenths_bps: self.trade_fee_tenths_bps,
            max_open_interest: self.max_open_interest,
            dust_notional: self.dust_notional.saturating_mul(quote_atoms),
            taker_fee_tenths_bps: self.book_fees_tenths_bps[0].unsigned_abs(),
            maker_fee_tenths_bps: self.book_fees_tenths_bps[1],
            min_order_lots: self.min_order_lots,
            funding_interval: self.funding[0],
            funding_cap_bps: self.funding[1],
            impact_notional: self.impact_notional.saturating_mul(quote_atoms),
            scale_start: self.open_interest_scale[0],
            scale_end: self.open_interest_scale[1],
            scale_max_bps: fit(self.open_interest_scale[2]),
            trigger_fee: self.trigger_fee,
            mode: self.mode.number(),
        }
    }
}
