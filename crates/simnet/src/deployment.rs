//! A clearinghouse as a TOML file describes it: assets, markets, parameters, in basis points and
//! whole units, as a person would write them.

use counterweight_risk::{
    AssetTerms, MarketTerms,
    interest::InterestTerms,
    standard::RiskTerms,
    tiers::{TIERS, TierTerms},
};
use serde::Deserialize;

/// A whole clearinghouse.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// How far the quote token may be from one dollar, in basis points.
    pub max_depeg_bps: u32,
    /// An account leaves liquidation at MM · (1 + this), in basis points.
    pub liquidation_buffer_bps: u32,
    /// Seconds over which the liquidation penalty rises.
    pub auction_seconds: u32,
    /// An account below MM · this is in default, in basis points.
    pub backstop_line_bps: u32,
    /// Most that the backstop may lose by defaults in a day, in whole quote tokens.
    pub backstop_daily_loss: u64,
    /// Seconds in which realised profit becomes withdrawable.
    pub profit_maturity: u32,
    /// Interest on negative cash.
    pub interest: InterestConfig,
    /// Assets; the first is the quote token.
    pub asset: Vec<AssetConfig>,
    /// Markets.
    #[serde(default)]
    pub market: Vec<MarketConfig>,
}

/// An asset.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssetConfig {
    /// Its name.
    pub name: String,
    /// Decimals of its token.
    pub decimals: u8,
    /// One lot is 10^this units.
    #[serde(default)]
    pub lot_exponent: i8,
    /// `none`, `pull` or `legacy`.
    pub oracle: String,
    /// Price in units of 10^-8 dollars, where a test or demonstration starts.
    pub start_price: i64,
    /// Oldest price for adding risk, seconds.
    pub max_age_initial: u32,
    /// Oldest price for liquidation, seconds.
    pub max_age_liquidation: u32,
    /// Widest confidence for adding risk, basis points.
    pub max_confidence_bps: u32,
    /// Largest distance from the average for adding risk, basis points.
    pub max_divergence_bps: u32,
    /// Movement of the stable price a minute, basis points.
    pub stable_growth_bps: u32,
    /// Weight of a net unrealised gain, basis points.
    pub pnl_weight_bps: u32,
    /// Collateral weights (initial, maintenance) in basis points; zeros for no collateral.
    #[serde(default)]
    pub weights_bps: [u32; 2],
    /// Deposit cap in whole tokens.
    #[serde(default)]
    pub deposit_cap: u64,
    /// Deposits, in whole tokens, above which the initial weight falls; zero for the deposit cap.
    #[serde(default)]
    pub full_weight_deposits: u64,
}

/// Interest on negative cash.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InterestConfig {
    /// The rate a year at the kink, in basis points.
    pub at_kink_bps: u32,
    /// The rate a year where the vault is empty, in basis points.
    pub at_full_bps: u32,
    /// How much of the vault is missing where the slope changes, in basis points.
    pub kink_bps: u32,
    /// What an account that owes its allowance pays on top, in basis points of the rate.
    pub surcharge_bps: u32,
    /// The debt that pays the whole surcharge, in whole quote tokens.
    pub allowance: u64,
}

/// A market.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarketConfig {
    /// Its name.
    pub name: String,
    /// The name of its underlying.
    pub asset: String,
    /// Quote atoms per lot and tick.
    pub tick_size: u64,
    /// Tiers: largest notional in whole quote tokens (0 for no limit) and initial rate in basis
    /// points; at most four.
    pub tiers: Vec<[u64; 2]>,
    /// Maintenance over initial requirement, basis points.
    pub maintenance_fraction_bps: u32,
    /// Liquidation penalty at start and end of an auction, basis points.
    pub penalty_bps: [u32; 2],
    /// The insurance fund's share of the penalty, basis points.
    pub insurance_share_bps: u32,
    /// How far from the index a block trade may be priced, basis points.
    pub price_band_bps: u32,
    /// Fee of each side of a block trade, tenths of a basis point.
    pub trade_fee_tenths_bps: u32,
    /// Most lots open on a side.
    pub max_open_interest: u64,
    /// A position below this many whole quote tokens may be taken over whole.
    pub dust_notional: u64,
    /// Fees of trading on the book, taker and maker, tenths of a basis point; negative for a rebate.
    pub book_fees_tenths_bps: [i32; 2],
    /// Smallest order, in lots.
    pub min_order_lots: u64,
    /// Seconds from one funding to the next, and the most that it may be, in basis points.
    pub funding: [u32; 2],
    /// The value, in whole quote tokens, that an impact price is taken over.
    pub impact_notional: u64,
    /// Open interest, in lots, at which the initial requirement begins to grow and has grown in full,
    /// and what it is multiplied by then, in basis points.
    pub open_interest_scale: [u64; 3],
    /// What the executor of a trigger order earns, in quote atoms.
    pub trigger_fee: u64,
    /// Orders that the book has room for, at least.
    pub order_slots: usize,
}

impl Deployment {
    /// Reads a TOML text.
    ///
    /// # Errors
    /// A sentence that names the line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let deployment: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if deployment.asset.is_empty() {
            return Err("a clearinghouse needs its quote token as the first [[asset]]".into());
        }
        Ok(deployment)
    }

    /// The clearinghouse that demonstration and tests use: `migrations/localnet.toml`.
    ///
    /// # Panics
    /// If the file in the repository does not parse.
    pub fn localnet() -> Self {
        Self::parse(include_str!("../../../migrations/localnet.toml")).expect("localnet.toml")
    }

    /// Parameters of the clearinghouse.
    pub fn risk_terms(&self) -> RiskTerms {
        RiskTerms {
            max_depeg_bps: self.max_depeg_bps,
            liquidation_buffer_bps: self.liquidation_buffer_bps,
            auction_seconds: self.auction_seconds,
            backstop_line_bps: self.backstop_line_bps,
            backstop_daily_loss: self.backstop_daily_loss
                * 10u64.pow(self.asset[0].decimals.into()),
            profit_maturity: self.profit_maturity,
            interest: InterestTerms {
                at_kink_bps: self.interest.at_kink_bps,
                at_full_bps: self.interest.at_full_bps,
                kink_bps: self.interest.kink_bps,
                surcharge_bps: self.interest.surcharge_bps,
                allowance: self.interest.allowance * 10u64.pow(self.asset[0].decimals.into()),
            },
        }
    }
}

impl AssetConfig {
    /// Whether it can be deposited.
    pub fn is_collateral(&self) -> bool {
        self.weights_bps[1] > 0
    }

    /// Its terms, with weights and cap where `collateral` says so.
    pub fn terms(&self, collateral: bool) -> AssetTerms {
        let [initial, maintenance] = if collateral { self.weights_bps } else { [0, 0] };
        let atoms = 10u64.saturating_pow(u32::from(self.decimals));
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

impl MarketConfig {
    /// Its terms; `quote_atoms` is 10^decimals of the quote token.
    pub fn terms(&self, quote_atoms: u64) -> MarketTerms {
        let tier = |at: usize| {
            // Unused tiers repeat the last one.
            let [size, rate] = self.tiers[at.min(self.tiers.len() - 1)];
            TierTerms {
                upper: if size == 0 {
                    u64::MAX
                } else {
                    size.saturating_mul(quote_atoms)
                },
                rate_bps: rate as u32,
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
            scale_max_bps: self.open_interest_scale[2] as u32,
            trigger_fee: self.trigger_fee,
            mode: 0,
        }
    }
}
