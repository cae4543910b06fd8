//! Greeks and requirements in their parts, for JavaScript.

use super::{JsScenario, Thrown, thrown};
use counterweight_risk::{
    greeks::AssetGreeks,
    portfolio::explain::{AssetNeed, Bound, Explanation},
};
use wasm_bindgen::prelude::*;

/// How the positions on one asset move, or all of them: the figures of the `greeks_view` instruction.
#[wasm_bindgen]
#[derive(Clone, Copy, Debug)]
pub struct Greeks {
    /// The asset; means nothing of the total.
    #[wasm_bindgen(readonly)]
    pub asset: u16,
    /// Lots of the underlying that all of it stands for; means nothing of the total.
    #[wasm_bindgen(readonly)]
    pub lots: i64,
    /// Quote atoms gained where the index doubles and delta stayed.
    #[wasm_bindgen(readonly)]
    pub delta: i64,
    /// Quote atoms by which delta grows where the index rises by a hundredth of itself.
    #[wasm_bindgen(readonly)]
    pub gamma: i64,
    /// Quote atoms gained where volatility rises by a hundredth.
    #[wasm_bindgen(readonly)]
    pub vega: i64,
    /// Quote atoms gained by a day that passes.
    #[wasm_bindgen(readonly)]
    pub theta: i64,
}

impl From<AssetGreeks> for Greeks {
    fn from(greeks: AssetGreeks) -> Self {
        Self {
            asset: greeks.asset,
            lots: greeks.lots,
            delta: greeks.delta,
            gamma: greeks.gamma,
            vega: greeks.vega,
            theta: greeks.theta,
        }
    }
}

/// What the contracts on one asset need by portfolio margin, in quote atoms.
#[wasm_bindgen]
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// The asset.
    #[wasm_bindgen(readonly)]
    pub asset: u16,
    /// Whether it is scanned. Where it is not, it needs what Standard margin asks.
    #[wasm_bindgen(readonly, js_name = isScanned)]
    pub is_scanned: bool,
    /// The worst scenario's move of the price, a share of it in 2^-20.
    #[wasm_bindgen(readonly, js_name = worstMove)]
    pub worst_move: i64,
    /// The loss in it.
    #[wasm_bindgen(readonly)]
    pub scan: i64,
    /// What the tiers add for the size of the net position.
    #[wasm_bindgen(readonly)]
    pub size: i64,
    /// What hedged lots are charged.
    #[wasm_bindgen(readonly)]
    pub spread: i64,
    /// What Standard margin asks for the same positions.
    #[wasm_bindgen(readonly)]
    pub standard: i64,
}

impl From<AssetNeed> for Need {
    fn from(need: AssetNeed) -> Self {
        Self {
            asset: need.asset,
            is_scanned: need.is_scanned,
            worst_move: need.worst_move(),
            scan: need.scan.0,
            size: need.size.0,
            spread: need.spread.0,
            standard: need.standard.0,
        }
    }
}

/// What a whole account needs by portfolio margin, in quote atoms.
#[wasm_bindgen]
#[derive(Clone, Copy, Debug)]
pub struct Needed {
    /// Scan, size and spread of all assets that are scanned.
    #[wasm_bindgen(readonly)]
    pub scanned: i64,
    /// What pairs of assets save.
    #[wasm_bindgen(readonly)]
    pub credits: i64,
    /// Standard requirement of the assets that are not scanned.
    #[wasm_bindgen(readonly)]
    pub unscanned: i64,
    /// Standard requirement of all.
    #[wasm_bindgen(readonly)]
    pub standard: i64,
    /// The least that is asked.
    #[wasm_bindgen(readonly)]
    pub floor: i64,
    /// What is asked.
    #[wasm_bindgen(readonly)]
    pub requirement: i64,
    /// Whether that is the least.
    #[wasm_bindgen(readonly, js_name = isFloor)]
    pub is_floor: bool,
    /// Whether it is what the options are worth, because nothing else is held.
    #[wasm_bindgen(readonly, js_name = isOwned)]
    pub is_owned: bool,
}

impl From<Explanation> for Needed {
    fn from(all: Explanation) -> Self {
        Self {
            scanned: all.scanned.0,
            credits: all.credits.0,
            unscanned: all.unscanned.0,
            standard: all.standard.0,
            floor: all.floor.0,
            requirement: all.requirement.0,
            is_floor: all.bound() == Ok(Bound::Floor),
            is_owned: all.bound() == Ok(Bound::Owned),
        }
    }
}

#[wasm_bindgen(js_class = Scenario)]
impl JsScenario {
    /// The greeks of each asset with positions, of options as of their arrays.
    ///
    /// # Errors
    /// As [`crate::scenario::Scenario::greeks`].
    pub fn greeks(&self) -> Thrown<Vec<Greeks>> {
        let greeks = thrown(self.0.greeks())?;
        Ok(greeks.assets.into_iter().map(Greeks::from).collect())
    }

    /// What all assets' money sums up to.
    ///
    /// # Errors
    /// As [`crate::scenario::Scenario::greeks`].
    #[wasm_bindgen(js_name = totalGreeks)]
    pub fn total_greeks(&self) -> Thrown<Greeks> {
        thrown(self.0.greeks().map(|greeks| greeks.total.into()))
    }

    /// Computes the arrays of the options on an asset anew, as `refresh_arrays` does.
    ///
    /// # Errors
    /// As [`crate::scenario::Scenario::price_options`].
    #[wasm_bindgen(js_name = priceOptions)]
    pub fn price_options(&mut self, asset: u16) -> Thrown<()> {
        thrown(self.0.price_options(asset))
    }

    /// Lets the account be judged by a model from now on.
    #[wasm_bindgen(js_name = chooseModel)]
    pub fn choose_model(&mut self, model: u8) {
        self.0.choose_model(model);
    }

    /// What each asset with positions needs for maintenance by portfolio margin.
    ///
    /// # Errors
    /// As [`crate::scenario::Scenario::needs`].
    pub fn needs(&self) -> Thrown<Vec<Need>> {
        let needs = thrown(self.0.needs())?;
        Ok(needs.assets.into_iter().map(Need::from).collect())
    }

    /// What the whole account needs for maintenance by portfolio margin.
    ///
    /// # Errors
    /// As [`crate::scenario::Scenario::needs`].
    pub fn needed(&self) -> Thrown<Needed> {
        thrown(self.0.needs().map(|needs| needs.whole.into()))
    }
}
