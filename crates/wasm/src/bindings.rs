//! The scenario for JavaScript. Figures of 64 bits are `bigint`, what may be missing is `undefined`, and what is refused
//! is thrown as a [`Refused`].

mod needs;

use crate::{
    figures::{Part, View},
    refusal::{Refusal, Result},
    scenario::{Fill, Scenario},
};
use counterweight_risk::{orders::Side, price::Reading, whatif::Edges};
use wasm_bindgen::prelude::*;

pub use needs::{Greeks, Need, Needed};

/// What is thrown: the program's error number, and what was found and needed.
#[wasm_bindgen]
#[derive(Clone, Debug)]
pub struct Refused(Refusal);

#[wasm_bindgen]
impl Refused {
    /// The number that the program would refuse with; 0 for bytes that are no such account.
    #[wasm_bindgen(getter)]
    pub fn code(&self) -> u32 {
        self.0.code
    }

    /// What was found and needed.
    #[wasm_bindgen(getter)]
    pub fn detail(&self) -> String {
        self.0.detail.clone()
    }
}

type Thrown<T> = core::result::Result<T, Refused>;

fn thrown<T>(result: Result<T>) -> Thrown<T> {
    result.map_err(Refused)
}

/// The figures of the `margin_view` instruction, in quote atoms, and the ratio.
#[wasm_bindgen]
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// Equity by the rules of maintenance.
    #[wasm_bindgen(readonly)]
    pub equity: i64,
    /// The account may be liquidated where equity is below.
    #[wasm_bindgen(readonly, js_name = maintenanceMargin)]
    pub maintenance_margin: i64,
    /// Equity by the rules of adding risk.
    #[wasm_bindgen(readonly, js_name = initialEquity)]
    pub initial_equity: i64,
    /// Risk may be added while initial equity is at least this.
    #[wasm_bindgen(readonly, js_name = initialMargin)]
    pub initial_margin: i64,
    /// Initial equity less initial margin.
    #[wasm_bindgen(readonly, js_name = freeCollateral)]
    pub free_collateral: i64,
    /// Whether prices allow adding risk; without it the initial figures are zero.
    #[wasm_bindgen(readonly, js_name = canAddRisk)]
    pub can_add_risk: bool,
    /// Unix seconds since when the account is in liquidation; 0 for not.
    #[wasm_bindgen(readonly, js_name = liquidationStart)]
    pub liquidation_start: i64,
    /// The account's change counter, as it was read.
    #[wasm_bindgen(readonly)]
    pub sequence: u64,
}

impl From<View> for Figures {
    fn from(view: View) -> Self {
        Self {
            equity: view.equity,
            maintenance_margin: view.maintenance_margin,
            initial_equity: view.initial_equity,
            initial_margin: view.initial_margin,
            free_collateral: view.free_collateral,
            can_add_risk: view.can_add_risk,
            liquidation_start: view.liquidation_start,
            sequence: view.sequence,
        }
    }
}

/// Where an account would be liquidated if one asset's price moved alone. Risk prices.
#[wasm_bindgen]
#[derive(Clone, Copy, Debug)]
pub struct LiquidationPrices {
    /// The asset.
    #[wasm_bindgen(readonly)]
    pub asset: u16,
    /// The highest price below the present one at which maintenance fails.
    #[wasm_bindgen(readonly)]
    pub below: Option<u64>,
    /// The lowest price above the present one at which maintenance fails.
    #[wasm_bindgen(readonly)]
    pub above: Option<u64>,
}

impl From<Edges> for LiquidationPrices {
    fn from(edges: Edges) -> Self {
        Self {
            asset: edges.asset,
            below: edges.below.map(|price| price.0),
            above: edges.above.map(|price| price.0),
        }
    }
}

/// What a position or a collateral does to the figures: with it less without it.
#[wasm_bindgen]
#[derive(Clone, Copy, Debug)]
pub struct Holding {
    /// The market of a position; undefined for a collateral.
    #[wasm_bindgen(readonly)]
    pub market: Option<u16>,
    /// The underlying, or the collateral.
    #[wasm_bindgen(readonly)]
    pub asset: u16,
    /// Signed lots, or token atoms.
    #[wasm_bindgen(readonly)]
    pub size: i64,
    /// Of equity.
    #[wasm_bindgen(readonly)]
    pub equity: i64,
    /// Of the maintenance margin.
    #[wasm_bindgen(readonly, js_name = maintenanceMargin)]
    pub maintenance_margin: i64,
    /// Of initial equity.
    #[wasm_bindgen(readonly, js_name = initialEquity)]
    pub initial_equity: i64,
    /// Of the initial margin.
    #[wasm_bindgen(readonly, js_name = initialMargin)]
    pub initial_margin: i64,
}

impl From<Part> for Holding {
    fn from(part: Part) -> Self {
        Self {
            market: part.market,
            asset: part.asset,
            size: part.size,
            equity: part.share.equity,
            maintenance_margin: part.share.maintenance_margin,
            initial_equity: part.share.initial_equity,
            initial_margin: part.share.initial_margin,
        }
    }
}

const fn side(sells: bool) -> Side {
    if sells { Side::Sell } else { Side::Buy }
}

/// An account as it would stand. `free()` it, or leave it to the collector.
#[wasm_bindgen(js_name = Scenario)]
#[derive(Clone, Debug)]
pub struct JsScenario(pub(crate) Scenario);

#[wasm_bindgen(js_class = Scenario)]
impl JsScenario {
    /// From the bytes of a risk book and a margin account, at a time in unix seconds.
    ///
    /// # Errors
    /// Bytes that are no such accounts.
    #[wasm_bindgen(constructor)]
    pub fn new(risk_book: &[u8], margin_account: &[u8], now: i64) -> Thrown<Self> {
        thrown(Scenario::new(risk_book, margin_account, now).map(Self))
    }

    /// A copy, to go another way.
    pub fn fork(&self) -> Self {
        self.clone()
    }

    /// Another time.
    #[wasm_bindgen(js_name = waitUntil)]
    pub fn wait_until(&mut self, now: i64) {
        self.0.wait_until(now);
    }

    /// A trade of signed lots for quote atoms (negative for what it pays) and a fee.
    ///
    /// # Errors
    /// As [`Scenario::trade`].
    pub fn trade(&mut self, market: u16, lots: i64, quote: i64, fee: i64) -> Thrown<()> {
        thrown(self.0.trade(market, lots, quote, fee))
    }

    /// A leg of a block trade.
    ///
    /// # Errors
    /// As [`Scenario::block_trade`].
    #[wasm_bindgen(js_name = blockTrade)]
    pub fn block_trade(&mut self, market: u16, lots: i64, ticks: u64) -> Thrown<()> {
        thrown(self.0.block_trade(market, lots, ticks))
    }

    /// Fills with the book, lots and ticks of each.
    ///
    /// # Errors
    /// As [`Scenario::take`].
    pub fn take(&mut self, market: u16, sells: bool, lots: &[u64], ticks: &[u64]) -> Thrown<()> {
        let fills = lots.iter().zip(ticks);
        let fills: Vec<Fill> = fills.map(|(&lots, &ticks)| Fill { lots, ticks }).collect();
        thrown(self.0.take(market, side(sells), &fills))
    }

    /// An order that comes to rest at a price in ticks.
    ///
    /// # Errors
    /// As [`Scenario::rest`].
    pub fn rest(&mut self, market: u16, sells: bool, lots: u64, ticks: u64) -> Thrown<()> {
        thrown(self.0.rest(market, side(sells), lots, ticks))
    }

    /// An order that comes to rest at an offset from the index in ticks.
    ///
    /// # Errors
    /// As [`Scenario::rest_pegged`].
    #[wasm_bindgen(js_name = restPegged)]
    pub fn rest_pegged(&mut self, market: u16, sells: bool, lots: u64, offset: i32) -> Thrown<()> {
        thrown(self.0.rest_pegged(market, side(sells), lots, offset))
    }

    /// Lots of a resting order that are cancelled.
    ///
    /// # Errors
    /// As [`Scenario::cancel`].
    pub fn cancel(&mut self, market: u16, sells: bool, lots: u64, whole: bool) -> Thrown<()> {
        thrown(self.0.cancel(market, side(sells), lots, whole))
    }

    /// A deposit of token atoms.
    ///
    /// # Errors
    /// As [`Scenario::deposit`].
    pub fn deposit(&mut self, asset: u16, atoms: u64) -> Thrown<()> {
        thrown(self.0.deposit(asset, atoms))
    }

    /// A withdrawal of token atoms.
    ///
    /// # Errors
    /// As [`Scenario::withdraw`].
    pub fn withdraw(&mut self, asset: u16, atoms: u64) -> Thrown<()> {
        thrown(self.0.withdraw(asset, atoms))
    }

    /// A price that has settled: a risk price.
    ///
    /// # Errors
    /// As [`Scenario::move_price`].
    #[wasm_bindgen(js_name = movePrice)]
    pub fn move_price(&mut self, asset: u16, price: u64) -> Thrown<()> {
        thrown(self.0.move_price(asset, price))
    }

    /// A reading of the oracle: mantissas, their power of ten, publish time and slot.
    ///
    /// # Errors
    /// As [`Scenario::refresh`].
    #[expect(clippy::too_many_arguments, reason = "a reading has so many figures")]
    pub fn refresh(
        &mut self,
        asset: u16,
        price: i64,
        confidence: u64,
        average: i64,
        exponent: i32,
        publish_time: i64,
        posted_slot: u64,
    ) -> Thrown<()> {
        let reading = Reading {
            price,
            confidence,
            average,
            exponent,
            publish_time,
            posted_slot,
        };
        thrown(self.0.refresh(asset, &reading))
    }

    /// The figures of the `margin_view` instruction.
    ///
    /// # Errors
    /// As [`Scenario::view`].
    pub fn view(&self) -> Thrown<Figures> {
        thrown(self.0.view().map(Figures::from))
    }

    /// Equity / maintenance margin in basis points, rounded down; undefined without a requirement.
    ///
    /// # Errors
    /// As [`Scenario::view`].
    #[wasm_bindgen(js_name = ratioBps)]
    pub fn ratio_bps(&self) -> Thrown<Option<i64>> {
        thrown(self.0.ratio_bps())
    }

    /// Where the account would be liquidated, for each asset that it is exposed to. Empty where it already fails.
    ///
    /// # Errors
    /// As [`Scenario::view`].
    #[wasm_bindgen(js_name = liquidationPrices)]
    pub fn liquidation_prices(&self) -> Thrown<Vec<LiquidationPrices>> {
        let edges = thrown(self.0.liquidation_prices())?;
        Ok(edges.into_iter().map(LiquidationPrices::from).collect())
    }

    /// The same for one asset.
    ///
    /// # Errors
    /// As [`Scenario::view`].
    #[wasm_bindgen(js_name = liquidationPrice)]
    pub fn liquidation_price(&self, asset: u16) -> Thrown<LiquidationPrices> {
        thrown(self.0.edges(asset).map(LiquidationPrices::from))
    }

    /// The assets that the account's worth depends on.
    pub fn exposures(&self) -> Vec<u16> {
        self.0.margin.exposures()
    }

    /// Every position and collateral with what it does to the figures.
    ///
    /// # Errors
    /// As [`Scenario::view`].
    pub fn holdings(&self) -> Thrown<Vec<Holding>> {
        let parts = thrown(self.0.parts())?;
        Ok(parts.into_iter().map(Holding::from).collect())
    }

    /// The most atoms of an asset that the account may give up now.
    pub fn withdrawable(&self, asset: u16) -> u64 {
        self.0.withdrawable(asset)
    }

    /// The most lots that can be traded at a price in ticks with initial margin met afterwards.
    #[wasm_bindgen(js_name = mostLots)]
    pub fn most_lots(&self, market: u16, sells: bool, ticks: u64) -> u64 {
        self.0.most_lots(market, side(sells), ticks)
    }

    /// Whether initial margin is met at usable prices.
    #[wasm_bindgen(js_name = meetsInitial)]
    pub fn meets_initial(&self) -> bool {
        self.0.meets_initial()
    }
}
