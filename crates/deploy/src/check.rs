//! What the file says against what the program accepts, before anything is sent. The bounds are the engine's own:
//! its checks are called, and what they find is said in the file's words.

use crate::{
    config::{AssetConfig, Deployment, MarketConfig, MarketKind, MarketMode},
    risk::check_risk,
    terms::atoms_in,
    text::{number, time_text},
};
use bytemuck::Zeroable;
use core::fmt;
use counterweight::{
    MAX_TICK_SIZE,
    oracle::require_accepted,
    state::{MARKET_LARGEST, MARKET_ORDERS, MAX_ASSETS, MAX_MARKETS},
};
use counterweight_risk::{
    Asset, BoundError,
    asset::{ORACLE_PYTH_LEGACY, ORACLE_PYTH_PULL},
    error::within,
    expiry::Contract,
    outflow::{MAX_WINDOW, MIN_WINDOW, UNLIMITED},
    tiers::TIERS,
};
use std::collections::BTreeSet;

/// Orders that the largest book has room for, both sides together.
pub const MAX_ORDER_SLOTS: usize =
    (MARKET_LARGEST - MARKET_ORDERS) / size_of::<counterweight::book::Order>();

/// One thing in the file that does not fit: where, what was found, what is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The part of the file, e.g. `[[market]] SOL-PERP`.
    pub section: String,
    /// The field.
    pub field: String,
    /// What was found.
    pub found: String,
    /// What is needed.
    pub needed: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            section,
            field,
            found,
            needed,
        } = self;
        write!(f, "{section}: {field} is {found}, needed is {needed}")
    }
}

/// Everything in a file that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl core::error::Error for Problems {}

/// Collects problems of a part of the file.
pub(crate) struct Section<'a> {
    name: String,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Section<'a> {
    pub(crate) fn of(name: String, problems: &'a mut Vec<Problem>) -> Self {
        Self { name, problems }
    }

    pub(crate) fn say(&mut self, field: &str, found: impl Into<String>, needed: impl Into<String>) {
        self.problems.push(Problem {
            section: self.name.clone(),
            field: field.into(),
            found: found.into(),
            needed: needed.into(),
        });
    }

    /// A bound that the engine has checked; `spell` says what the file calls the engine's field.
    pub(crate) fn bound(
        &mut self,
        outcome: Result<(), BoundError>,
        spell: fn(&'static str) -> (&'static str, &'static str),
    ) {
        if let Err(error) = outcome {
            let (field, unit) = spell(error.field);
            // A sum with a negative exponent comes as it is stored.
            let found = match error.field.starts_with("lot_exponent") {
                true => error.found.cast_signed().to_string(),
                false => number(error.found) + unit,
            };
            let range = if error.low == error.high {
                number(error.low)
            } else {
                format!("{} to {}", number(error.low), number(error.high))
            };
            self.say(field, found, range + unit);
        }
    }
}

/// The part of the file that an asset is in.
pub(crate) fn asset_section(asset: &AssetConfig) -> String {
    format!("[[asset]] {}", asset.name)
}

/// The part of the file that a market is in.
pub(crate) fn market_section(market: &MarketConfig) -> String {
    format!("[[market]] {}", market.name)
}

/// What the file calls a field of the clearinghouse's terms, and the unit where it is not the file's.
fn clearinghouse_field(field: &'static str) -> (&'static str, &'static str) {
    match field {
        "backstop_daily_loss" => (field, " quote atoms"),
        "allowance" => ("interest.allowance", " quote atoms"),
        "at_kink_bps" => ("interest.at_kink_bps", ""),
        "at_full_bps" => ("interest.at_full_bps", ""),
        "kink_bps" => ("interest.kink_bps", ""),
        "surcharge_bps" => ("interest.surcharge_bps", ""),
        _ => (field, ""),
    }
}

/// As [`clearinghouse_field`], of an asset.
fn asset_field(field: &'static str) -> (&'static str, &'static str) {
    match field {
        "weight_initial_bps" => ("weights_bps (the first)", ""),
        "weight_maintenance_bps" => ("weights_bps (the second)", ""),
        "deposit_cap" | "full_weight_deposits" => (field, " token atoms"),
        _ => (field, ""),
    }
}

/// As [`clearinghouse_field`], of a market.
fn market_field(field: &'static str) -> (&'static str, &'static str) {
    match field {
        "penalty_start_bps" => ("penalty_bps (the first)", ""),
        "penalty_max_bps" => ("penalty_bps (the second)", ""),
        "taker_fee_tenths_bps" => ("book_fees_tenths_bps (the first)", ""),
        "maker_fee_tenths_bps" => (
            "book_fees_tenths_bps (the second, as it is without its sign)",
            "",
        ),
        "funding_interval" => ("funding (the first)", ""),
        "funding_cap_bps" => ("funding (the second)", ""),
        "scale_start" => ("open_interest_scale (the first)", ""),
        "scale_end" => ("open_interest_scale (the second)", ""),
        "scale_max_bps" => ("open_interest_scale (the third)", ""),
        "tier size" => ("tiers: a size", " quote atoms"),
        "tier rate" => ("tiers: a rate", ""),
        "dust_notional" | "impact_notional" => (field, " quote atoms"),
        _ => (field, ""),
    }
}

impl Deployment {
    /// Checks every bound that the program has, and what must fit together.
    ///
    /// # Errors
    /// All problems, in the file's order.
    pub fn check(&self) -> Result<(), Problems> {
        let mut problems = Vec::new();
        let mut top = Section {
            name: "the clearinghouse".into(),
            problems: &mut problems,
        };
        top.bound(self.risk_terms().check(), clearinghouse_field);
        let [assets, markets] = [self.asset.len(), self.market.len()];
        if assets > usize::from(MAX_ASSETS) {
            top.say(
                "[[asset]]",
                format!("there {assets} times"),
                format!("at most {MAX_ASSETS}"),
            );
        }
        if markets > usize::from(MAX_MARKETS) {
            top.say(
                "[[market]]",
                format!("there {markets} times"),
                format!("at most {MAX_MARKETS}"),
            );
        }
        for (at, asset) in self.asset.iter().enumerate() {
            let section = &mut Section {
                name: asset_section(asset),
                problems: &mut problems,
            };
            let names = self.asset[..at].iter().map(|asset| asset.name.as_str());
            check_name(section, &asset.name, names);
            check_asset(section, asset, at == 0);
        }
        for (at, market) in self.market.iter().enumerate() {
            let section = &mut Section {
                name: market_section(market),
                problems: &mut problems,
            };
            let names = self.market[..at].iter().map(|market| market.name.as_str());
            check_name(section, &market.name, names);
            self.check_underlying(section, market);
            check_market(section, market, self.quote_atoms());
        }
        self.check_mints(&mut problems);
        self.check_ranges(&mut problems);
        self.check_options(&mut problems);
        self.check_portfolio(&mut problems);
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Problems(problems))
        }
    }

    /// A market stands on an asset of the file, and not on the quote token.
    fn check_underlying(&self, section: &mut Section, market: &MarketConfig) {
        let others: Vec<_> = self
            .asset
            .iter()
            .skip(1)
            .map(|asset| asset.name.as_str())
            .collect();
        if !others.contains(&market.asset.as_str()) {
            let found = format!("\"{}\"", market.asset);
            let needed = format!(
                "one of the assets behind the quote token: {}",
                others.join(", ")
            );
            section.say("asset", found, needed);
        }
    }

    /// No two assets may have one vault.
    fn check_mints(&self, problems: &mut Vec<Problem>) {
        let mut seen = BTreeSet::new();
        for asset in &self.asset {
            let mint = asset.mint.filter(|_| asset.is_collateral());
            if mint.is_some_and(|mint| !seen.insert(mint)) {
                let mut section = Section {
                    name: asset_section(asset),
                    problems,
                };
                let found = mint.unwrap_or_default().to_string();
                section.say("mint", found, "a mint that no other asset has");
            }
        }
    }
}

fn check_name<'a>(section: &mut Section, name: &str, mut before: impl Iterator<Item = &'a str>) {
    if name.is_empty() || name.len() > 16 || name.contains('\0') {
        let found = format!("{} bytes long", name.len());
        section.say("name", found, "1 to 16 bytes, none of them zero");
    }
    if before.any(|other| other == name) {
        section.say("name", "there twice", "a name of its own");
    }
}

fn check_asset(section: &mut Section, asset: &AssetConfig, is_quote: bool) {
    let mut row = Asset::zeroed();
    section.bound(row.set_lot(asset.lot_exponent, asset.decimals), asset_field);
    if is_quote && asset.lot_exponent != 0 {
        let found = asset.lot_exponent.to_string();
        section.say(
            "lot_exponent",
            found,
            "0: a lot of the quote token is a whole one",
        );
    }
    let collateral = is_quote || asset.is_collateral();
    section.bound(
        asset.terms(collateral).check(collateral, is_quote),
        asset_field,
    );
    check_risk(section, asset, is_quote);
    check_oracle(section, asset, is_quote);
    if let Some(outflow) = &asset.outflow {
        if !collateral {
            let needed = "no limit: it is no collateral, and nothing of it can leave";
            section.say("outflow", "set", needed);
        }
        let atoms = atoms_in(asset.decimals);
        let fits = |tokens: u64| tokens.checked_mul(atoms).is_some_and(|all| all < UNLIMITED);
        if let Some(limit) = outflow.limit.filter(|limit| !fits(*limit)) {
            let needed = "fewer than 2^64 atoms, or left out for no limit";
            section.say("outflow.limit", number(limit), needed);
        }
        let window = outflow.window.into();
        let outcome = within(
            "outflow.window",
            window,
            MIN_WINDOW.into(),
            MAX_WINDOW.into(),
        );
        section.bound(outcome, asset_field);
    }
}

fn check_oracle(section: &mut Section, asset: &AssetConfig, is_quote: bool) {
    let kind = match asset.oracle.as_str() {
        "pull" => ORACLE_PYTH_PULL,
        "legacy" => ORACLE_PYTH_LEGACY,
        "none" if is_quote => return,
        "none" => {
            let needed = "\"pull\" or \"legacy\": only the quote token may be without an oracle";
            return section.say("oracle", "\"none\"", needed);
        }
        other => {
            let needed = "\"pull\", \"legacy\", or for the quote token \"none\"";
            return section.say("oracle", format!("\"{other}\""), needed);
        }
    };
    if let Some(owner) = asset.oracle_owner
        && require_accepted(kind, &owner).is_err()
    {
        let needed = format!("one of Pyth's own programs for \"{}\"", asset.oracle);
        section.say("oracle_owner", owner.to_string(), needed);
    }
}

fn check_market(section: &mut Section, market: &MarketConfig, quote_atoms: u64) {
    let tiers = market.tiers.len();
    if !(1..=TIERS).contains(&tiers) {
        let found = format!("{tiers} tiers long");
        return section.say("tiers", found, format!("1 to {TIERS} tiers"));
    }
    for [size, _] in &market.tiers {
        if *size > 0
            && size
                .checked_mul(quote_atoms)
                .is_none_or(|all| all == u64::MAX)
        {
            let needed = "fewer than 2^64 quote atoms, or 0 for no limit";
            section.say("tiers: a size", number(*size), needed);
        }
    }
    let tick = within("tick_size", market.tick_size, 1, MAX_TICK_SIZE);
    section.bound(tick, market_field);
    check_expiry(section, market);
    let taker = market.book_fees_tenths_bps[0];
    if taker < 0 {
        let needed = "0 or more: only a maker may have a rebate";
        section.say(
            "book_fees_tenths_bps (the first)",
            taker.to_string(),
            needed,
        );
    }
    let mut terms = market.terms(quote_atoms);
    if market.mode == MarketMode::Ended {
        // Not one that terms can have: nothing is sent for it.
        terms.mode = MarketMode::Active.number();
    }
    section.bound(terms.check(), market_field);
    if market.order_slots > MAX_ORDER_SLOTS {
        let found = number(market.order_slots as u64);
        let needed = format!("0 to {}", number(MAX_ORDER_SLOTS as u64));
        section.say("order_slots", found, needed);
    }
}

/// What is no perpetual has an expiry, and an option a strike; nothing else has. How far the expiry lies ahead is checked
/// where the market is added.
fn check_expiry(section: &mut Section, market: &MarketConfig) {
    let ends = market.kind != MarketKind::Perpetual;
    match market.expiry {
        None if ends => section.say("expiry", "missing", "the time at which it ends"),
        Some(_) if !ends => {
            let needed = "none: a perpetual never ends (kind = \"future\" is one that does)";
            section.say("expiry", "set", needed);
        }
        _ => {}
    }
    match market.strike {
        None if market.kind.is_option() => {
            section.say("strike", "missing", "the strike in quote atoms a lot");
        }
        Some(_) if !market.kind.is_option() => {
            section.say("strike", "set", "none: only calls and puts have one");
        }
        _ => {}
    }
}

/// Whether a future that is to be added ends neither too soon nor too late.
pub(crate) fn check_term(section: &mut Section, market: &MarketConfig, now: i64) {
    let expiry = market.expiry.unwrap_or_default();
    let strike = market.strike.unwrap_or_default();
    let outcome = Contract::new(market.kind.number(), expiry, strike, now);
    if let Err(error) = outcome {
        if error.field == "strike" {
            let needed = format!("{} to {}", number(error.low), number(error.high));
            return section.say(error.field, number(strike), needed);
        }
        let [low, high] = [error.low, error.high].map(|bound| time_text(bound.cast_signed()));
        section.say(
            error.field,
            time_text(expiry),
            format!("{low} to {high}: an hour to two years from now"),
        );
    }
}
