//! What is to be done until the chain has what the file describes, in order.
//!
//! Differences are those of what the chain stores: terms are written into a copy of its row by the engine's own function,
//! and where that changes the row, the terms that it was made of are read back and compared field by field.

mod assets;
mod governance;
mod markets;
mod portfolio;
mod risk;

use crate::{
    chain::{Addresses, Context, OnChain},
    change::Change,
    check::{Problems, Section, asset_section, check_term, market_section},
    config::{Deployment, MarketKind},
    step::{Action, Step},
};
use anchor_lang::prelude::Pubkey;
use core::fmt;
use risk::Ranges;

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The clearinghouse's accounts.
    pub addresses: Addresses,
    /// Who must sign for what only the authority may do.
    pub authority: Pubkey,
    /// Who pays for what anybody may do.
    pub payer: Pubkey,
    /// Steps, each a transaction, in order.
    pub steps: Vec<Step>,
    /// What is to be known and needs no step.
    pub notes: Vec<String>,
}

impl Plan {
    /// Whether the chain has what the file describes.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether a step needs the authority's signature.
    pub fn needs_authority(&self) -> bool {
        self.steps.iter().any(|step| step.action.needs_authority())
    }
}

/// Something that the file asks for and nobody can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impossible {
    /// The part of the file, e.g. `[[market]] SOL-PERP`.
    pub section: String,
    /// The field.
    pub field: String,
    /// What there is now.
    pub chain: String,
    /// What the file says.
    pub file: String,
    /// Why it stays so, and what to do instead.
    pub why: &'static str,
}

impl fmt::Display for Impossible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            section,
            field,
            chain,
            file,
            why,
        } = self;
        write!(
            f,
            "{section}: {field} is {chain} now and {file} in the file: {why}"
        )
    }
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanError {
    /// The file does not fit the program's bounds, or leaves out what is needed.
    Invalid(Problems),
    /// The file asks for what cannot be changed.
    Impossible(Vec<Impossible>),
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(problems) => problems.fmt(f),
            Self::Impossible(all) => {
                let lines: Vec<_> = all.iter().map(ToString::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
        }
    }
}

impl core::error::Error for PlanError {}

/// A plan that is being made.
struct Planner<'a> {
    file: &'a Deployment,
    context: &'a Context,
    chain: &'a OnChain,
    addresses: Addresses,
    steps: Vec<Step>,
    notes: Vec<String>,
    impossible: Vec<Impossible>,
}

impl Planner<'_> {
    fn step(&mut self, action: Action, subject: impl Into<String>, changes: Vec<Change>) {
        self.steps.push(Step {
            action,
            subject: subject.into(),
            changes,
        });
    }

    /// A field that cannot be changed.
    fn fixed(
        &mut self,
        section: &str,
        field: &str,
        chain: impl ToString,
        file: impl ToString,
        why: &'static str,
    ) {
        let (chain, file) = (chain.to_string(), file.to_string());
        if chain != file {
            self.impossible.push(Impossible {
                section: section.into(),
                field: field.into(),
                chain,
                file,
                why,
            });
        }
    }
}

/// What to do until the chain has what the file describes.
///
/// # Errors
/// [`PlanError::Invalid`] for a file that the program would refuse, [`PlanError::Impossible`] where the chain has what
/// nobody can change.
pub fn plan(file: &Deployment, context: &Context, chain: &OnChain) -> Result<Plan, PlanError> {
    let addresses = Addresses::of(file, context);
    check(file, &addresses, (chain, context.now)).map_err(PlanError::Invalid)?;
    let mut planner = Planner {
        file,
        context,
        chain,
        addresses,
        steps: Vec::new(),
        notes: Vec::new(),
        impossible: Vec::new(),
    };
    planner.clearinghouse();
    planner.assets();
    planner.asset_risks(Ranges::Falling);
    // An option is only added where its asset is scanned already, and a range rises only above the rates of the
    // perpetuals and futures that are there.
    let options = planner.first_new_option();
    planner.existing_markets();
    planner.new_markets(..options);
    planner.asset_risks(Ranges::Rising);
    planner.new_markets(options..);
    planner.portfolio();
    planner.volatility_feed();
    planner.backstop();
    if !planner.impossible.is_empty() {
        return Err(PlanError::Impossible(planner.impossible));
    }
    let governs = chain
        .clearinghouse
        .map(|clearinghouse| clearinghouse.authority);
    let mut plan = Plan {
        addresses: planner.addresses,
        authority: governs.unwrap_or(context.authority),
        payer: context.payer,
        steps: planner.steps,
        notes: planner.notes,
    };
    if plan.needs_authority() && plan.authority != context.authority {
        plan.notes.push(format!(
            "the authority is {}, and must sign: {} is not",
            plan.authority, context.authority
        ));
    }
    Ok(plan)
}

/// The file by itself, and against the mints that it names and the time.
fn check(
    file: &Deployment,
    addresses: &Addresses,
    (chain, now): (&OnChain, i64),
) -> Result<(), Problems> {
    let mut problems = match file.check() {
        Ok(()) => Vec::new(),
        Err(Problems(problems)) => problems,
    };
    for (asset, index) in file.asset.iter().zip(0u16..) {
        let mut section = Section::of(asset_section(asset), &mut problems);
        if asset.oracle_choice().is_none() {
            let (field, needed) = match asset.oracle.as_str() {
                "pull" => ("feed", "the id of its feed, as Pyth lists it"),
                _ => ("price_account", "the address of its price account"),
            };
            section.say(field, "missing", needed);
        }
        if index > 0 && !asset.is_collateral() {
            continue;
        }
        let Some(collateral) = addresses.collaterals.iter().find(|c| c.asset == index) else {
            section.say(
                "mint",
                "missing",
                "the address of its mint: it is collateral",
            );
            continue;
        };
        let Some(mint) = chain.mints.get(&collateral.mint) else {
            let needed = "the address of a mint that is there";
            section.say(
                "mint",
                format!("{}, which is not there", collateral.mint),
                needed,
            );
            continue;
        };
        if mint.decimals != asset.decimals {
            let needed = format!("{}, as its mint has", mint.decimals);
            section.say("decimals", asset.decimals.to_string(), needed);
        }
        if mint.program != collateral.token_program {
            let found = format!(
                "{} ({})",
                asset.token_program.text(),
                collateral.token_program
            );
            section.say(
                "token_program",
                found,
                format!("{}, which owns its mint", mint.program),
            );
        }
    }
    let there = chain
        .risk_book
        .as_ref()
        .map_or(0, |book| book.markets.len());
    for market in file.market.iter().skip(there) {
        if market.kind != MarketKind::Perpetual && market.expiry.is_some() {
            let section = &mut Section::of(market_section(market), &mut problems);
            check_term(section, market, now);
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Problems(problems))
    }
}

/// That a row is not the one of the file.
const ROWS: &str = "rows are never removed, renamed or moved, since positions name them by their place: put it back, \
                    and what is new behind the last one";

/// Names of the chain's rows against the file's; returns how many rows there are on both.
fn match_rows(planner: &mut Planner, section: &str, chain: &[String], file: &[String]) -> usize {
    for (at, name) in chain.iter().enumerate() {
        let there = file.get(at).map_or("nothing", String::as_str);
        planner.fixed(section, &format!("row {at}"), name, there, ROWS);
    }
    chain.len().min(file.len())
}

/// What cannot be written in terms, only in the form that they are stored in.
fn other_form() -> Change {
    Change {
        field: "stored form".into(),
        old: "as an earlier program wrote it".into(),
        new: "as this one does".into(),
    }
}
