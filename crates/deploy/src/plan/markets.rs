//! Markets: rows, terms, room in their books.

use super::{Planner, match_rows, other_form};
use crate::{
    change::{self, mode_text},
    check::market_section,
    config::{MarketConfig, MarketMode},
    step::{Action, GROWTHS_A_STEP},
    text::{name_of, number, time_text},
};
use core::ops::RangeBounds;
use counterweight::{
    MarketSetup,
    book::Order,
    state::{MARKET_LARGEST, MARKET_ORDERS, MARKET_QUEUE},
};
use counterweight_risk::{
    Market,
    market::{KIND_CALL, KIND_FUTURE, KIND_PERPETUAL, KIND_PUT, MODE_SETTLEMENT},
};
use counterweight_sdk::terms;

/// Bytes that a call of `grow_market` adds.
const GROWTH: usize = 10_240;

const TICK: &str = "a tick is fixed when the market is added, since orders count in ticks: add a market under another name, \
                    and end this one";
const UNDERLYING: &str =
    "a market stays on its asset, since positions are on it: add a market under another name";
const KIND: &str =
    "what a market is stays, since positions are on it: add a market under another name";
const EXPIRY: &str = "when a future ends is fixed when it is added, since positions are on it: add a market under another \
                      name";
const STRIKE: &str = "a strike is what the option is: add another market";
const ENDED: &str = "a market that has ended stays so: write mode = \"ended\"";
const NOT_ENDED: &str = "a file cannot end a market, since that fixes its price for good: the authority calls \
                         settle_market";
const BORN_ENDED: &str =
    "a market that is not there cannot have ended: leave it out, or write another mode";

impl Planner<'_> {
    pub(super) fn existing_markets(&mut self) {
        let (file, chain) = (self.file, self.chain);
        let rows: &[Market] = chain.risk_book.as_ref().map_or(&[], |book| &book.markets);
        let names: Vec<_> = rows.iter().map(|row| name_of(&row.name)).collect();
        let wanted: Vec<_> = file
            .market
            .iter()
            .map(|market| market.name.clone())
            .collect();
        let common = match_rows(self, "[[market]]", &names, &wanted);
        for (index, (market, row)) in (0u16..).zip(file.market.iter().zip(rows)).take(common) {
            // Another market: said already.
            if names[usize::from(index)] == market.name {
                self.existing_market(index, market, row);
            }
        }
    }

    /// How many markets the chain has.
    fn rows(&self) -> usize {
        let book = self.chain.risk_book.as_ref();
        book.map_or(0, |book| book.markets.len())
    }

    /// The place of the first option in the file that the chain does not have.
    pub(super) fn first_new_option(&self) -> usize {
        let all = &self.file.market;
        let mut new = all.iter().enumerate().skip(self.rows());
        new.find(|(_, market)| market.kind.is_option())
            .map_or(all.len(), |(at, _)| at)
    }

    /// Those of the markets at these places that the chain does not have.
    pub(super) fn new_markets(&mut self, places: impl RangeBounds<usize>) {
        let (file, rows) = (self.file, self.rows());
        for (index, market) in (0u16..).zip(&file.market).skip(rows) {
            if places.contains(&usize::from(index)) {
                self.new_market(index, market);
            }
        }
    }

    fn new_market(&mut self, index: u16, market: &MarketConfig) {
        if market.mode == MarketMode::Ended {
            let section = market_section(market);
            return self.fixed(&section, "mode", "nothing", "ended", BORN_ENDED);
        }
        let setup = MarketSetup {
            name: market.name16(),
            asset: self.asset_named(&market.asset),
            tick_size: market.tick_size,
            kind: market.kind.number(),
            expiry: market.expiry.unwrap_or_default(),
            strike: market.strike.unwrap_or_default(),
            terms: market.terms(self.file.quote_atoms()),
        };
        let action = Action::AddMarket {
            market: index,
            setup: Box::new(setup),
        };
        self.step(action, format!("market {}", market.name), Vec::new());
        self.room(index, market, MARKET_QUEUE);
    }

    /// The place of an asset; the file's check has found it.
    fn asset_named(&self, name: &str) -> u16 {
        let mut all = (0u16..).zip(&self.file.asset);
        all.find(|(_, asset)| asset.name == name)
            .map_or(u16::MAX, |(index, _)| index)
    }

    fn existing_market(&mut self, index: u16, market: &MarketConfig, row: &Market) {
        let section = market_section(market);
        self.fixed(
            &section,
            "tick_size",
            number(row.tick_size),
            number(market.tick_size),
            TICK,
        );
        let assets = self.chain.risk_book.as_ref().map(|book| &book.assets);
        let underlying = assets.and_then(|assets| assets.get(usize::from(row.asset)));
        let underlying = underlying.map_or_else(String::new, |asset| name_of(&asset.name));
        self.fixed(&section, "asset", underlying, &market.asset, UNDERLYING);
        let kinds = (kind_text(row.kind), kind_text(market.kind.number()));
        self.fixed(&section, "kind", kinds.0, kinds.1, KIND);
        let expiries = (
            expiry_text(row.contract.expiry),
            expiry_text(market.expiry.unwrap_or_default()),
        );
        self.fixed(&section, "expiry", expiries.0, expiries.1, EXPIRY);
        let strikes = (
            number(row.contract.strike.0 >> 16),
            number(market.strike.unwrap_or_default()),
        );
        self.fixed(&section, "strike", strikes.0, strikes.1, STRIKE);
        if row.contract.is_over(self.context.now) {
            // It ends by itself, whatever the file calls its mode: nothing of it can be changed any more.
            let name = &market.name;
            return self.notes.push(format!("{name} has reached its expiry"));
        }
        let ended = row.mode == MODE_SETTLEMENT;
        if ended || market.mode == MarketMode::Ended {
            let why = if ended { ENDED } else { NOT_ENDED };
            let modes = (mode_text(row.mode), mode_text(market.mode.number()));
            return self.fixed(&section, "mode", modes.0, modes.1, why);
        }
        self.market_terms(index, market, row);
        let bytes = self.chain.market_bytes.get(usize::from(index));
        self.room(
            index,
            market,
            bytes.copied().flatten().unwrap_or(MARKET_QUEUE),
        );
    }

    fn market_terms(&mut self, index: u16, market: &MarketConfig, row: &Market) {
        let (decimals, atoms) = (self.file.asset[0].decimals, self.file.quote_atoms());
        let wanted = market.terms(atoms);
        let mut changes = change::of_market(&terms::of_market(row), &wanted, decimals);
        if changes.is_empty() {
            let mut after = *row;
            if after.set_terms(&wanted).is_err() || after != *row {
                changes.push(other_form());
            }
        }
        if !changes.is_empty() {
            let action = Action::SetMarketTerms {
                market: index,
                terms: Box::new(wanted),
            };
            self.step(action, format!("market {}", market.name), changes);
        }
    }

    /// Room for as many orders as the file says, at least.
    fn room(&mut self, index: u16, market: &MarketConfig, bytes: usize) {
        let wanted = MARKET_ORDERS + market.order_slots * size_of::<Order>();
        let missing = wanted.min(MARKET_LARGEST).saturating_sub(bytes);
        let mut calls = missing.div_ceil(GROWTH);
        let mut there = bytes;
        while calls > 0 {
            let now = calls.min(GROWTHS_A_STEP);
            let after = (there + now * GROWTH).min(MARKET_LARGEST);
            let change = change::Change {
                field: "order_slots".into(),
                old: number(slots(there)),
                new: number(slots(after)),
            };
            let action = Action::GrowMarket {
                market: index,
                calls: now,
            };
            self.step(action, format!("market {}", market.name), vec![change]);
            (calls, there) = (calls - now, after);
        }
    }
}

/// Orders that an account of so many bytes has room for.
fn slots(bytes: usize) -> u64 {
    (bytes.saturating_sub(MARKET_ORDERS) / size_of::<Order>()) as u64
}

fn kind_text(kind: u8) -> &'static str {
    match kind {
        KIND_PERPETUAL => "perpetual",
        KIND_FUTURE => "future",
        KIND_CALL => "call",
        KIND_PUT => "put",
        _ => "of another kind",
    }
}

fn expiry_text(expiry: i64) -> String {
    match expiry {
        0 => "none".into(),
        unix => time_text(unix),
    }
}
