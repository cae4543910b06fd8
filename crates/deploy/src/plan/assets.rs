//! Assets: rows, collateral, terms, limits on what leaves.

use super::{Planner, match_rows, other_form};
use crate::{
    change,
    check::asset_section,
    config::AssetConfig,
    step::Action,
    text::{feed_text, name_of},
};
use anchor_lang::prelude::Pubkey;
use counterweight::{AssetSetup, OracleChoice};
use counterweight_risk::{
    Asset, Outflow, OutflowTerms,
    asset::{ORACLE_NONE, ORACLE_PYTH_LEGACY, ORACLE_PYTH_PULL},
};
use counterweight_sdk::{instructions::Collateral, terms};

const LOT: &str = "a lot is fixed when the asset is added, since positions count in lots: add the asset once more under \
                   another name";
const DECIMALS: &str =
    "decimals are fixed when the asset is added: add the asset once more under another name";
const ORACLE: &str = "the oracle of an asset is fixed when it is added, so that nobody can change prices under open \
                      positions: add the asset once more under another name";
const MINT: &str = "the mint of a collateral is fixed when it is listed, since accounts hold it: list another asset";
const DELIST: &str = "what was listed as collateral stays so, since accounts hold it: set deposit_cap = 0 and lower its \
                      weights instead";

impl Planner<'_> {
    pub(super) fn assets(&mut self) {
        let (file, chain) = (self.file, self.chain);
        let rows: &[Asset] = chain.risk_book.as_ref().map_or(&[], |book| &book.assets);
        let names: Vec<_> = rows.iter().map(|row| name_of(&row.name)).collect();
        let wanted: Vec<_> = file.asset.iter().map(|asset| asset.name.clone()).collect();
        let common = match_rows(self, "[[asset]]", &names, &wanted);
        for (index, (asset, row)) in (0u16..).zip(file.asset.iter().zip(rows)).take(common) {
            // Another asset: said already.
            if names[usize::from(index)] == asset.name {
                self.existing(index, asset, row);
            }
        }
        // The quote token comes with the clearinghouse.
        for (index, asset) in (0u16..).zip(&file.asset).skip(rows.len().max(1)) {
            self.new_asset(index, asset);
        }
    }

    fn new_asset(&mut self, index: u16, asset: &AssetConfig) {
        // The plan's check has found it.
        let Some(oracle) = asset.oracle_choice() else {
            return;
        };
        let setup = AssetSetup {
            name: asset.name16(),
            oracle,
            lot_exponent: asset.lot_exponent,
            decimals: asset.decimals,
            terms: asset.terms(false),
        };
        let subject = format!("asset {}", asset.name);
        self.step(Action::AddAsset(Box::new(setup)), subject, Vec::new());
        if asset.is_collateral() {
            self.list(index, asset);
        }
    }

    fn list(&mut self, index: u16, asset: &AssetConfig) {
        let Some(collateral) = self.collateral(index) else {
            return;
        };
        let action = Action::ListCollateral {
            collateral,
            terms: Box::new(asset.terms(true)),
        };
        self.step(action, format!("asset {}", asset.name), Vec::new());
        self.outflow(collateral, index);
    }

    fn collateral(&self, index: u16) -> Option<Collateral> {
        let mut all = self.addresses.collaterals.iter();
        all.find(|collateral| collateral.asset == index).copied()
    }

    fn existing(&mut self, index: u16, asset: &AssetConfig, row: &Asset) {
        let section = asset_section(asset);
        self.fixed(&section, "decimals", row.decimals, asset.decimals, DECIMALS);
        self.fixed(
            &section,
            "lot_exponent",
            row.lot_exponent,
            asset.lot_exponent,
            LOT,
        );
        if let Some(oracle) = asset.oracle_choice() {
            self.same_oracle(&section, row, &oracle);
        }
        let listed = row.vault != [0; 32];
        let wanted = index == 0 || asset.is_collateral();
        match (listed, wanted) {
            (true, true) => {
                let mint = self.collateral(index).map(|collateral| collateral.mint);
                let held = Pubkey::new_from_array(row.mint);
                self.fixed(&section, "mint", held, mint.unwrap_or_default(), MINT);
                self.asset_terms(index, asset, row);
                if let Some(collateral) = self.collateral(index) {
                    self.outflow(collateral, index);
                }
            }
            (true, false) => {
                let weights = "collateral";
                self.fixed(&section, "weights_bps", weights, "no collateral", DELIST);
            }
            // Listing sets the terms too.
            (false, true) => self.list(index, asset),
            (false, false) => self.asset_terms(index, asset, row),
        }
    }

    fn same_oracle(&mut self, section: &str, row: &Asset, wanted: &OracleChoice) {
        let owner = Pubkey::new_from_array(row.oracle_owner);
        self.fixed(
            section,
            "oracle",
            kind(row.oracle_kind),
            kind(wanted.kind),
            ORACLE,
        );
        if row.oracle_kind != wanted.kind {
            return;
        }
        self.fixed(section, "oracle_owner", owner, wanted.owner, ORACLE);
        let (field, text): (_, fn(&[u8; 32]) -> String) = match row.oracle_kind {
            ORACLE_PYTH_LEGACY => ("price_account", |key| {
                Pubkey::new_from_array(*key).to_string()
            }),
            _ => ("feed", feed_text),
        };
        self.fixed(section, field, text(&row.feed), text(&wanted.feed), ORACLE);
    }

    fn asset_terms(&mut self, index: u16, asset: &AssetConfig, row: &Asset) {
        let wanted = asset.terms(row.vault != [0; 32]);
        let mut changes = change::of_asset(&terms::of_asset(row), &wanted, asset.decimals);
        if changes.is_empty() {
            let mut after = *row;
            if after.set_terms(&wanted).is_err() || after != *row {
                changes.push(other_form());
            }
        }
        if !changes.is_empty() {
            let action = Action::SetAssetTerms {
                asset: index,
                terms: Box::new(wanted),
            };
            self.step(action, format!("asset {}", asset.name), changes);
        }
    }

    /// The limit on what leaves. Without one in the file, what somebody has set stays: in an emergency that may
    /// have been the guardian.
    pub(super) fn outflow(&mut self, collateral: Collateral, index: u16) {
        let (asset, now) = (&self.file.asset[usize::from(index)], self.context.now);
        let custody = self.chain.custodies.get(&collateral.mint);
        let held = custody.map_or(Outflow::unlimited(now), |custody| custody.outflow);
        let pending = OutflowTerms {
            limit: held.pending_limit,
            window: held.pending_window,
        };
        let held = held.at(now).unwrap_or(held);
        let waits = held.pending_from != 0;
        let Some(wanted) = asset.outflow.map(|outflow| outflow.terms(asset.decimals)) else {
            let unlimited = Outflow::unlimited(now).terms();
            for change in change::of_outflow(&unlimited, &held.terms(), asset.decimals) {
                self.notes.push(format!(
                    "asset {}: {} is {}, of which the file says nothing: it stays",
                    asset.name, change.field, change.new
                ));
            }
            return;
        };
        if waits && wanted == pending {
            self.notes.push(format!(
                "asset {}: the looser limit on what leaves holds from {} (unix seconds) on",
                asset.name, held.pending_from
            ));
            return;
        }
        let mut changes = change::of_outflow(&held.terms(), &wanted, asset.decimals);
        if changes.is_empty() && waits {
            changes = change::of_outflow(&pending, &wanted, asset.decimals);
        }
        if changes.is_empty() {
            return;
        }
        if !wanted.is_as_tight_as(&held.terms()) {
            self.notes.push(format!(
                "asset {}: a looser limit on what leaves holds a day after it is set",
                asset.name
            ));
        }
        let action = Action::SetOutflowLimit {
            collateral,
            terms: wanted,
        };
        self.step(action, format!("asset {}", asset.name), changes);
    }
}

/// What the file calls a kind of oracle.
fn kind(kind: u8) -> &'static str {
    match kind {
        ORACLE_NONE => "none",
        ORACLE_PYTH_PULL => "pull",
        _ => "legacy",
    }
}
