//! What the file says of portfolio margin, and of the options that need an asset's scan and volatility.

use crate::{
    change::Change,
    check::{Problem, Section, market_section},
    config::{Deployment, MarketConfig, MarketMode},
    text::number,
};
use counterweight_risk::portfolio::{CREDITS, CreditTerms, PortfolioTerms};
use serde::Deserialize;

/// Portfolio margin of a clearinghouse, in basis points.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortfolioConfig {
    /// Share of the Standard requirement below which none falls.
    pub floor_bps: u32,
    /// What the initial requirement is of the maintenance one.
    pub initial_bps: u32,
    /// Pairs of assets that are credited against each other, in the order of their priority.
    #[serde(default)]
    pub credits: Vec<CreditConfig>,
}

/// A pair of assets whose opposite books are credited.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreditConfig {
    /// The name of the first asset.
    pub first: String,
    /// The name of the second one.
    pub second: String,
    /// Notional of the second that hedges one of the first, in basis points of one.
    pub ratio_bps: u32,
    /// Share of the smaller scan that is saved.
    pub credit_bps: u16,
}

/// The part of the file.
const SECTION: &str = "[portfolio]";

impl Deployment {
    /// Portfolio margin as the chain is told; without a table it is not offered.
    pub fn portfolio_terms(&self) -> PortfolioTerms {
        let Some(portfolio) = &self.portfolio else {
            return PortfolioTerms::default();
        };
        let place = |name: &str| {
            let found = self.asset.iter().position(|asset| asset.name == name);
            found.map_or(u8::MAX, |at| u8::try_from(at).unwrap_or(u8::MAX))
        };
        let mut credits = [CreditTerms::default(); CREDITS];
        for (slot, pair) in credits.iter_mut().zip(&portfolio.credits) {
            *slot = CreditTerms {
                first: place(&pair.first),
                second: place(&pair.second),
                credit_bps: pair.credit_bps,
                ratio_bps: pair.ratio_bps,
            };
        }
        PortfolioTerms {
            floor_bps: portfolio.floor_bps,
            initial_bps: portfolio.initial_bps,
            credits,
        }
    }

    /// The bounds of portfolio margin, each pair by itself so that it is named.
    pub(crate) fn check_portfolio(&self, problems: &mut Vec<Problem>) {
        let Some(portfolio) = &self.portfolio else {
            return;
        };
        let section = &mut Section::of(SECTION.into(), problems);
        let pairs = portfolio.credits.len();
        if pairs > CREDITS {
            let needed = format!("at most {CREDITS} pairs");
            section.say("credits", format!("{pairs} pairs"), needed);
        }
        let terms = self.portfolio_terms();
        if terms.floor_bps == 0 {
            let needed = "100 to 9,900, or no table: portfolio margin is not offered then";
            return section.say("floor_bps", "0", needed);
        }
        let none = [CreditTerms::default(); CREDITS];
        let assets = u16::try_from(self.asset.len()).unwrap_or(u16::MAX);
        let alone = PortfolioTerms {
            credits: none,
            ..terms
        };
        section.bound(alone.check(assets), field_of);
        for (pair, credit) in portfolio.credits.iter().zip(&terms.credits) {
            if !self.check_pair(section, pair) {
                continue;
            }
            let mut one = PortfolioTerms {
                floor_bps: 100,
                initial_bps: 11_000,
                credits: none,
            };
            one.credits[0] = *credit;
            section.bound(one.check(assets), field_of);
        }
    }

    /// Whether a pair names two assets behind the quote token.
    fn check_pair(&self, section: &mut Section, pair: &CreditConfig) -> bool {
        for (field, name) in [
            ("credits: first", &pair.first),
            ("credits: second", &pair.second),
        ] {
            let mut others = self.asset.iter().skip(1);
            if others.all(|asset| asset.name != *name) {
                let needed = "one of the assets behind the quote token";
                section.say(field, format!("\"{name}\""), needed);
                return false;
            }
        }
        if pair.first == pair.second {
            let found = format!("\"{}\" with itself", pair.first);
            section.say("credits", found, "two assets");
            return false;
        }
        true
    }

    /// An option stands on an asset that is scanned and whose volatility is estimated.
    pub(crate) fn check_options(&self, problems: &mut Vec<Problem>) {
        let lives =
            |market: &&MarketConfig| market.kind.is_option() && market.mode != MarketMode::Ended;
        for market in self.market.iter().filter(lives) {
            let underlying = self.asset.iter().find(|asset| asset.name == market.asset);
            let Some(asset) = underlying else {
                continue; // Said already.
            };
            let terms = asset.risk_terms();
            let missing = [
                ("scan", terms.scan.range_bps == 0),
                ("volatility", terms.volatility.base_rate_bps == 0),
            ];
            for (table, _) in missing.iter().filter(|(_, missing)| *missing) {
                let needed = format!("[asset.{table}] of {}: an option needs it", asset.name);
                let section = &mut Section::of(market_section(market), problems);
                section.say(&format!("{table} of its asset"), "off", needed);
            }
        }
    }
}

/// What the file calls a field.
fn field_of(field: &'static str) -> (&'static str, &'static str) {
    let name = match field {
        "credit_bps" => "credits: credit_bps",
        "ratio_bps" => "credits: ratio_bps",
        other => other,
    };
    (name, "")
}

/// What differs between terms of portfolio margin; `name` says what the asset of an index is called. Takes them apart
/// without a rest, as those of [`crate::change`] do.
pub fn of_portfolio(
    old: &PortfolioTerms,
    new: &PortfolioTerms,
    name: impl Fn(u8) -> String,
) -> Vec<Change> {
    let PortfolioTerms {
        floor_bps,
        initial_bps,
        credits,
    } = old;
    let shown = |pairs: &[CreditTerms; CREDITS]| {
        let used = pairs.iter().filter(|pair| **pair != CreditTerms::default());
        let each = used.map(|pair| {
            let CreditTerms {
                first,
                second,
                credit_bps,
                ratio_bps,
            } = *pair;
            let [ratio, credit] = [ratio_bps, credit_bps.into()].map(|bps| number(bps.into()));
            format!(
                "{} and {} at {ratio} save {credit}",
                name(first),
                name(second)
            )
        });
        let all: Vec<_> = each.collect();
        if all.is_empty() {
            "none".to_owned()
        } else {
            all.join(", ")
        }
    };
    let bps = |value: u32| number(value.into());
    let fields = [
        ("floor_bps", bps(*floor_bps), bps(new.floor_bps)),
        ("initial_bps", bps(*initial_bps), bps(new.initial_bps)),
        ("credits", shown(credits), shown(&new.credits)),
    ];
    let differ = fields.into_iter().filter(|(_, old, new)| old != new);
    differ
        .map(|(field, old, new)| Change {
            field: format!("portfolio.{field}"),
            old,
            new,
        })
        .collect()
}
