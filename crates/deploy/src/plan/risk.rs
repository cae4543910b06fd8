//! The risk terms of assets.

use super::Planner;
use crate::{config::AssetConfig, risk::of_asset_risk, step::Action};
use bytemuck::Zeroable;
use counterweight_risk::Asset;
use counterweight_sdk::terms;

/// Which assets a step is for. The program holds the range of a scan against the rates of the markets whenever either
/// changes, so that a range falls before the rates do, and rises after them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ranges {
    /// Those whose range stays or falls.
    Falling,
    /// Those whose range rises.
    Rising,
}

impl Planner<'_> {
    pub(super) fn asset_risks(&mut self, ranges: Ranges) {
        let (file, chain) = (self.file, self.chain);
        let rows: &[Asset] = chain.risk_book.as_ref().map_or(&[], |book| &book.assets);
        for (index, asset) in (0u16..).zip(&file.asset) {
            let new = Asset::zeroed();
            self.asset_risk(
                index,
                asset,
                rows.get(usize::from(index)).unwrap_or(&new),
                ranges,
            );
        }
    }

    fn asset_risk(&mut self, index: u16, asset: &AssetConfig, row: &Asset, ranges: Ranges) {
        let (held, wanted) = (terms::of_asset_risk(row), asset.risk_terms());
        let rises = wanted.scan.range_bps > held.scan.range_bps;
        let changes = of_asset_risk(&held, &wanted);
        if changes.is_empty() || rises != (ranges == Ranges::Rising) {
            return;
        }
        let action = Action::SetAssetRisk {
            asset: index,
            terms: Box::new(wanted),
        };
        self.step(action, format!("asset {}", asset.name), changes);
    }
}
