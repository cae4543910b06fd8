//! From the terms that hold to the terms of the file, field by field and in the file's words.
//!
//! Each comparison takes the terms apart without a rest: a field that is added to them does not compile here until it
//! is compared.

use crate::{terms::atoms_in, text::number};
use counterweight_risk::{
    AssetTerms, MarketTerms, OutflowTerms,
    interest::InterestTerms,
    market::{MODE_ACTIVE, MODE_POST_ONLY, MODE_REDUCE_ONLY},
    outflow::UNLIMITED,
    standard::RiskTerms,
    tiers::{TIERS, TierTerms},
};
use serde::Serialize;

/// A field that is not what the file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The field, as the file calls it.
    pub field: String,
    /// What holds.
    pub old: String,
    /// What the file says.
    pub new: String,
}

/// Collects what differs.
#[derive(Default)]
struct Changes(Vec<Change>);

impl Changes {
    fn text(&mut self, field: &str, old: String, new: String) {
        if old != new {
            self.0.push(Change {
                field: field.into(),
                old,
                new,
            });
        }
    }

    fn number(&mut self, field: &str, old: impl Into<u64>, new: impl Into<u64>) {
        self.text(field, number(old.into()), number(new.into()));
    }

    fn signed(&mut self, field: &str, old: i32, new: i32) {
        self.text(field, old.to_string(), new.to_string());
    }

    /// Atoms, shown as tokens of so many decimals.
    fn amount(&mut self, field: &str, decimals: u8, old: u64, new: u64) {
        self.text(field, tokens(old, decimals), tokens(new, decimals));
    }
}

/// Atoms as tokens of so many decimals, exact.
pub fn tokens(atoms: u64, decimals: u8) -> String {
    let one = atoms_in(decimals);
    let (whole, rest) = (atoms / one, atoms % one);
    if rest == 0 {
        return number(whole);
    }
    let digits = format!("{rest:0width$}", width = usize::from(decimals));
    format!("{}.{}", number(whole), digits.trim_end_matches('0'))
}

/// What differs between terms of a clearinghouse whose quote token has so many decimals.
pub fn of_clearinghouse(old: &RiskTerms, new: &RiskTerms, decimals: u8) -> Vec<Change> {
    let RiskTerms {
        max_depeg_bps,
        liquidation_buffer_bps,
        auction_seconds,
        backstop_line_bps,
        backstop_daily_loss,
        profit_maturity,
        interest,
    } = *old;
    let mut all = Changes::default();
    all.number("max_depeg_bps", max_depeg_bps, new.max_depeg_bps);
    all.number(
        "liquidation_buffer_bps",
        liquidation_buffer_bps,
        new.liquidation_buffer_bps,
    );
    all.number("auction_seconds", auction_seconds, new.auction_seconds);
    all.number(
        "backstop_line_bps",
        backstop_line_bps,
        new.backstop_line_bps,
    );
    let loss = (backstop_daily_loss, new.backstop_daily_loss);
    all.amount("backstop_daily_loss", decimals, loss.0, loss.1);
    all.number("profit_maturity", profit_maturity, new.profit_maturity);
    of_interest(&mut all, &interest, &new.interest, decimals);
    all.0
}

fn of_interest(all: &mut Changes, old: &InterestTerms, new: &InterestTerms, decimals: u8) {
    let InterestTerms {
        at_kink_bps,
        at_full_bps,
        kink_bps,
        surcharge_bps,
        allowance,
    } = *old;
    all.number("interest.at_kink_bps", at_kink_bps, new.at_kink_bps);
    all.number("interest.at_full_bps", at_full_bps, new.at_full_bps);
    all.number("interest.kink_bps", kink_bps, new.kink_bps);
    all.number("interest.surcharge_bps", surcharge_bps, new.surcharge_bps);
    all.amount("interest.allowance", decimals, allowance, new.allowance);
}

/// What differs between terms of an asset of so many decimals.
pub fn of_asset(old: &AssetTerms, new: &AssetTerms, decimals: u8) -> Vec<Change> {
    let AssetTerms {
        max_age_initial,
        max_age_liquidation,
        max_confidence_bps,
        max_divergence_bps,
        stable_growth_bps,
        weight_initial_bps,
        weight_maintenance_bps,
        pnl_weight_bps,
        deposit_cap,
        full_weight_deposits,
    } = *old;
    let mut all = Changes::default();
    all.number("max_age_initial", max_age_initial, new.max_age_initial);
    all.number(
        "max_age_liquidation",
        max_age_liquidation,
        new.max_age_liquidation,
    );
    all.number(
        "max_confidence_bps",
        max_confidence_bps,
        new.max_confidence_bps,
    );
    all.number(
        "max_divergence_bps",
        max_divergence_bps,
        new.max_divergence_bps,
    );
    all.number(
        "stable_growth_bps",
        stable_growth_bps,
        new.stable_growth_bps,
    );
    all.number("pnl_weight_bps", pnl_weight_bps, new.pnl_weight_bps);
    all.text(
        "weights_bps",
        pair(weight_initial_bps, weight_maintenance_bps),
        pair(new.weight_initial_bps, new.weight_maintenance_bps),
    );
    all.amount("deposit_cap", decimals, deposit_cap, new.deposit_cap);
    let full = (full_weight_deposits, new.full_weight_deposits);
    all.amount("full_weight_deposits", decimals, full.0, full.1);
    all.0
}

/// What differs between terms of a market; `decimals` are the quote token's.
pub fn of_market(old: &MarketTerms, new: &MarketTerms, decimals: u8) -> Vec<Change> {
    let MarketTerms {
        tiers,
        maintenance_fraction_bps,
        penalty_start_bps,
        penalty_max_bps,
        insurance_share_bps,
        price_band_bps,
        trade_fee_tenths_bps,
        max_open_interest,
        dust_notional,
        mode,
        ..
    } = *old;
    let mut all = Changes::default();
    all.text(
        "tiers",
        tier_text(&tiers, decimals),
        tier_text(&new.tiers, decimals),
    );
    all.number(
        "maintenance_fraction_bps",
        maintenance_fraction_bps,
        new.maintenance_fraction_bps,
    );
    all.text(
        "penalty_bps",
        pair(penalty_start_bps, penalty_max_bps),
        pair(new.penalty_start_bps, new.penalty_max_bps),
    );
    all.number(
        "insurance_share_bps",
        insurance_share_bps,
        new.insurance_share_bps,
    );
    all.number("price_band_bps", price_band_bps, new.price_band_bps);
    all.number(
        "trade_fee_tenths_bps",
        trade_fee_tenths_bps,
        new.trade_fee_tenths_bps,
    );
    all.number(
        "max_open_interest",
        max_open_interest,
        new.max_open_interest,
    );
    all.amount("dust_notional", decimals, dust_notional, new.dust_notional);
    of_book(&mut all, old, new, decimals);
    all.text("mode", mode_text(mode).into(), mode_text(new.mode).into());
    all.0
}

/// What concerns the order book and funding.
fn of_book(all: &mut Changes, old: &MarketTerms, new: &MarketTerms, decimals: u8) {
    let MarketTerms {
        // Compared by the caller.
        tiers: _,
        maintenance_fraction_bps: _,
        penalty_start_bps: _,
        penalty_max_bps: _,
        insurance_share_bps: _,
        price_band_bps: _,
        trade_fee_tenths_bps: _,
        max_open_interest: _,
        dust_notional: _,
        mode: _,
        taker_fee_tenths_bps,
        maker_fee_tenths_bps,
        min_order_lots,
        funding_interval,
        funding_cap_bps,
        impact_notional,
        scale_start,
        scale_end,
        scale_max_bps,
        trigger_fee,
    } = *old;
    all.number(
        "book_fees_tenths_bps (the first)",
        taker_fee_tenths_bps,
        new.taker_fee_tenths_bps,
    );
    all.signed(
        "book_fees_tenths_bps (the second)",
        maker_fee_tenths_bps,
        new.maker_fee_tenths_bps,
    );
    all.number("min_order_lots", min_order_lots, new.min_order_lots);
    all.text(
        "funding",
        pair(funding_interval, funding_cap_bps),
        pair(new.funding_interval, new.funding_cap_bps),
    );
    all.amount(
        "impact_notional",
        decimals,
        impact_notional,
        new.impact_notional,
    );
    let scale = |start: u64, end: u64, max: u32| {
        format!(
            "[{}, {}, {}]",
            number(start),
            number(end),
            number(max.into())
        )
    };
    all.text(
        "open_interest_scale",
        scale(scale_start, scale_end, scale_max_bps),
        scale(new.scale_start, new.scale_end, new.scale_max_bps),
    );
    all.number("trigger_fee", trigger_fee, new.trigger_fee);
}

/// What differs between limits on what leaves, of a token of so many decimals.
pub fn of_outflow(old: &OutflowTerms, new: &OutflowTerms, decimals: u8) -> Vec<Change> {
    let OutflowTerms { limit, window } = *old;
    let shown = |limit: u64| match limit {
        UNLIMITED => "none".to_owned(),
        atoms => tokens(atoms, decimals),
    };
    let mut all = Changes::default();
    all.text("outflow.limit", shown(limit), shown(new.limit));
    all.number("outflow.window", window, new.window);
    all.0
}

fn pair(first: u32, second: u32) -> String {
    format!("[{}, {}]", number(first.into()), number(second.into()))
}

/// Tiers as the file writes them: those after the last one only repeat it.
fn tier_text(tiers: &[TierTerms; TIERS], decimals: u8) -> String {
    let last = tiers.iter().position(|tier| tier.upper == u64::MAX);
    let used = last.map_or(TIERS, |at| at + 1);
    let shown = tiers[..used].iter().map(|tier| {
        let size = match tier.upper {
            u64::MAX => "0".to_owned(),
            atoms => tokens(atoms, decimals),
        };
        format!("[{size}, {}]", number(tier.rate_bps.into()))
    });
    format!("[{}]", shown.collect::<Vec<_>>().join(", "))
}

/// What the file calls a mode.
pub(crate) fn mode_text(mode: u8) -> &'static str {
    match mode {
        MODE_ACTIVE => "active",
        MODE_POST_ONLY => "post-only",
        MODE_REDUCE_ONLY => "reduce-only",
        _ => "ended",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atoms_are_shown_as_tokens_to_the_last_digit() {
        let shown = [0, 1, 999_999, 1_000_000, 1_500_000, 250_000_000_001];
        let shown = shown.map(|atoms| tokens(atoms, 6));
        let expected = ["0", "0.000001", "0.999999", "1", "1.5", "250,000.000001"];
        assert_eq!(shown, expected);
        assert_eq!(tokens(7, 0), "7");
    }
}
