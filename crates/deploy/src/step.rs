//! Steps of a plan: what each does, in a sentence, and the instructions that do it.

use crate::{chain::Addresses, change::Change, text::name_of};
use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use core::fmt;
use counterweight::{AssetSetup, ClearinghouseSetup, MarketSetup};
use counterweight_risk::{
    AssetRiskTerms, AssetTerms, MarketTerms, OutflowTerms, portfolio::PortfolioTerms,
    standard::RiskTerms,
};
use counterweight_sdk::instructions::{self, Collateral};

/// Calls of `grow_market` in one transaction: each adds 10 kB.
pub const GROWTHS_A_STEP: usize = 8;

/// What a step does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Creates the clearinghouse with its quote token.
    CreateClearinghouse {
        /// Its number.
        id: u64,
        /// The quote token.
        quote: Collateral,
        /// What it starts with.
        setup: Box<ClearinghouseSetup>,
    },
    /// Sets the parameters of the clearinghouse.
    SetRiskTerms(Box<RiskTerms>),
    /// Sets the terms of portfolio margin.
    SetPortfolioTerms(Box<PortfolioTerms>),
    /// Names who may pause.
    SetGuardian(Pubkey),
    /// Names who may set the smiles of options.
    SetVolatilityFeed(Pubkey),
    /// Adds an asset.
    AddAsset(Box<AssetSetup>),
    /// Makes an asset depositable.
    ListCollateral {
        /// What is deposited.
        collateral: Collateral,
        /// Its terms from then on.
        terms: Box<AssetTerms>,
    },
    /// Sets the terms of an asset.
    SetAssetTerms {
        /// Its index.
        asset: u16,
        /// Its terms from then on.
        terms: Box<AssetTerms>,
    },
    /// Sets how the requirements of an asset follow its volatility, and how portfolio margin scans it.
    SetAssetRisk {
        /// Its index.
        asset: u16,
        /// Its risk terms from then on.
        terms: Box<AssetRiskTerms>,
    },
    /// Sets how much of a token may leave.
    SetOutflowLimit {
        /// The token.
        collateral: Collateral,
        /// The limit.
        terms: OutflowTerms,
    },
    /// Adds a market.
    AddMarket {
        /// Its index.
        market: u16,
        /// What it starts with.
        setup: Box<MarketSetup>,
    },
    /// Gives a market's book room.
    GrowMarket {
        /// Its index.
        market: u16,
        /// Calls in this step.
        calls: usize,
    },
    /// Sets the terms of a market.
    SetMarketTerms {
        /// Its index.
        market: u16,
        /// Its terms from then on.
        terms: Box<MarketTerms>,
    },
    /// Opens the clearinghouse's own margin account.
    OpenBackstop,
}

/// One transaction of a plan.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it does.
    pub action: Action,
    /// What it acts on, e.g. `asset SOL`.
    pub subject: String,
    /// The fields that it changes; none for a step that makes something new.
    pub changes: Vec<Change>,
}

impl Action {
    /// The program's instruction.
    pub const fn instruction(&self) -> &'static str {
        match self {
            Self::CreateClearinghouse { .. } => "create_clearinghouse",
            Self::SetRiskTerms(_) => "set_risk_terms",
            Self::SetPortfolioTerms(_) => "set_portfolio_terms",
            Self::SetGuardian(_) => "set_guardian",
            Self::SetVolatilityFeed(_) => "set_volatility_feed",
            Self::AddAsset(_) => "add_asset",
            Self::ListCollateral { .. } => "list_collateral",
            Self::SetAssetTerms { .. } => "set_asset_terms",
            Self::SetAssetRisk { .. } => "set_asset_risk",
            Self::SetOutflowLimit { .. } => "set_outflow_limit",
            Self::AddMarket { .. } => "add_market",
            Self::GrowMarket { .. } => "grow_market",
            Self::SetMarketTerms { .. } => "set_market_terms",
            Self::OpenBackstop => "open_backstop",
        }
    }

    /// Whether only the authority may do it; a clearinghouse's creator becomes its authority.
    pub const fn needs_authority(&self) -> bool {
        !matches!(self, Self::GrowMarket { .. } | Self::OpenBackstop)
    }
}

impl Step {
    /// Whether it makes something that was not there.
    pub const fn is_new(&self) -> bool {
        matches!(
            self.action,
            Action::CreateClearinghouse { .. }
                | Action::AddAsset(_)
                | Action::ListCollateral { .. }
                | Action::AddMarket { .. }
        )
    }

    /// Whether another step does the same, from the same.
    pub fn is(&self, other: &Self, addresses: &Addresses) -> bool {
        let key = Pubkey::default();
        self.subject == other.subject
            && self.changes == other.changes
            && self.instructions(addresses, key, key) == other.instructions(addresses, key, key)
    }

    /// The instructions of this step, in one transaction.
    pub fn instructions(
        &self,
        addresses: &Addresses,
        authority: Pubkey,
        payer: Pubkey,
    ) -> Vec<Instruction> {
        let venue = &addresses.venue;
        let one = match &self.action {
            Action::CreateClearinghouse { id, quote, setup } => {
                instructions::create_clearinghouse(authority, *id, quote, (**setup).clone())
            }
            Action::SetRiskTerms(terms) => venue.set_risk_terms(authority, **terms),
            Action::SetPortfolioTerms(terms) => venue.set_portfolio_terms(authority, **terms),
            Action::SetGuardian(guardian) => venue.set_guardian(authority, *guardian),
            Action::SetVolatilityFeed(feed) => venue.set_volatility_feed(authority, *feed),
            Action::AddAsset(setup) => venue.add_asset(authority, (**setup).clone()),
            Action::ListCollateral { collateral, terms } => {
                venue.list_collateral(authority, collateral, **terms)
            }
            Action::SetAssetTerms { asset, terms } => {
                venue.set_asset_terms(authority, *asset, **terms)
            }
            Action::SetAssetRisk { asset, terms } => {
                venue.set_asset_risk(authority, *asset, **terms)
            }
            Action::SetOutflowLimit { collateral, terms } => {
                venue.set_outflow_limit(authority, collateral, *terms)
            }
            Action::AddMarket { market, setup } => {
                venue.add_market(authority, *market, (**setup).clone())
            }
            Action::SetMarketTerms { market, terms } => {
                venue.set_market_terms(authority, *market, **terms)
            }
            Action::OpenBackstop => venue.open_backstop(payer),
            Action::GrowMarket { market, calls } => {
                return vec![venue.grow_market(payer, *market); *calls];
            }
        };
        vec![one]
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = &self.subject;
        match &self.action {
            Action::CreateClearinghouse { quote, setup, .. } => write!(
                f,
                "create the clearinghouse, which counts in {} (mint {})",
                name_of(&setup.quote_name),
                quote.mint
            ),
            Action::SetRiskTerms(_) => write!(f, "set the terms of the clearinghouse"),
            Action::SetPortfolioTerms(_) => write!(f, "set the terms of portfolio margin"),
            Action::SetGuardian(guardian) => write!(f, "set the guardian to {guardian}"),
            Action::SetVolatilityFeed(feed) => write!(f, "set the volatility feed to {feed}"),
            Action::AddAsset(_) => write!(f, "add {subject}"),
            Action::ListCollateral { collateral, .. } => {
                write!(f, "make {subject} depositable (mint {})", collateral.mint)
            }
            Action::SetAssetTerms { .. } | Action::SetMarketTerms { .. } => {
                write!(f, "set the terms of {subject}")
            }
            Action::SetAssetRisk { .. } => write!(f, "set the risk terms of {subject}"),
            Action::SetOutflowLimit { .. } => write!(f, "set how much of {subject} may leave"),
            Action::AddMarket { .. } => write!(f, "add {subject}"),
            Action::GrowMarket { calls, .. } => {
                write!(f, "give the book of {subject} {} kB more room", calls * 10)
            }
            Action::OpenBackstop => write!(f, "open the backstop"),
        }
    }
}
