//! The pass over a book: its assets, one after another, and what all of them need.

use super::{AssetNeed, Explanation, Group, Net, Nets, Stage, cover, linear::notional};
use crate::{
    account::AccountView,
    asset::Asset,
    error::Result,
    market::{MODE_SETTLEMENT, Market},
    position::Position,
    standard::{Book, Watch, option_requirement},
    units::{Lots, QuoteAtoms, Ratio},
};

/// What is the same for all positions of a pass.
#[derive(Clone, Copy)]
pub(super) struct Terms<'a> {
    pub book: Book<'a>,
    pub account: AccountView<'a>,
    pub stage: Stage,
    pub now: i64,
}

/// Counts positions in the order in which an account keeps them. `L` says how many lots of a position there are, `F` is
/// told of each asset when it is judged: who looks on changes nothing.
///
/// There are two ways to fill it. A check of the account has Standard margin's own pass do it ([`Watch`]), which prices
/// every position for equity: nothing is priced twice. Without equity, [`Tally::add_all`] does.
pub(crate) struct Tally<'a, L, F> {
    pub(super) terms: Terms<'a>,
    lots: L,
    each: F,
    /// The asset that positions are being counted on.
    asset: Option<(u16, &'a Asset)>,
    group: Group,
    /// What Standard margin asks on it.
    standard: QuoteAtoms,
    pub(super) sums: Sums,
    pub(super) nets: Nets,
    /// An asset whose part is kept apart, so that it can be judged by itself again.
    aside: Option<u16>,
    /// Its part.
    kept: Part,
}

/// What assets need, summed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    /// Scan, size and spread of those that are scanned.
    scanned: QuoteAtoms,
    /// Standard requirement of those that are not.
    unscanned: QuoteAtoms,
    /// Standard requirement of all.
    standard: QuoteAtoms,
    /// Whether there is anything but options that are held long, for which no order rests.
    other: bool,
    /// What they are worth, as long as there is nothing else.
    worth: QuoteAtoms,
}

/// What one asset adds.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    need: AssetNeed,
    net: Net,
    /// As in [`Sums`].
    other: bool,
    /// As in [`Sums`].
    worth: QuoteAtoms,
}

impl<'a, L, F> Tally<'a, L, F>
where
    L: Fn(&Position, &Market) -> Result<Lots>,
    F: FnMut(&AssetNeed),
{
    #[inline(always)]
    pub(crate) fn new(
        book: &Book<'a>,
        account: &AccountView<'a>,
        now: i64,
        stage: Stage,
        lots: L,
        each: F,
    ) -> Self {
        Self {
            terms: Terms {
                book: *book,
                account: *account,
                stage,
                now,
            },
            lots,
            each,
            asset: None,
            group: Group::new(),
            standard: QuoteAtoms::ZERO,
            sums: Sums::default(),
            nets: Nets::default(),
            aside: None,
            kept: Part::default(),
        }
    }

    /// Keeps the part of an asset apart.
    pub(super) fn set_aside(&mut self, asset: u16) {
        self.aside = Some(asset);
    }

    /// Counts every position of the account.
    #[inline(always)]
    pub(super) fn add_all(&mut self) -> Result<()> {
        for position in self.terms.account.positions {
            self.add_new(position)?;
        }
        Ok(())
    }

    /// Counts a position, and says itself what Standard margin asks for it.
    #[inline(always)]
    pub(super) fn add_new(&mut self, position: &Position) -> Result<()> {
        let asset = match self.asset {
            Some((index, asset)) if index == position.asset => asset,
            _ => {
                let asset = self.terms.book.asset(position.asset)?;
                self.begin(position.asset, asset)?;
                asset
            }
        };
        let market = self.terms.book.market(position.market)?;
        self.look(position, market, |terms, lots| {
            terms.charge(position, lots, market, asset)
        })
    }

    /// Counts a position of a market that runs, if anything is left of it or rests for it; `charge` is what Standard margin
    /// asks.
    #[inline(always)]
    fn look(
        &mut self,
        position: &Position,
        market: &Market,
        charge: impl FnOnce(&Terms, Lots) -> Result<QuoteAtoms>,
    ) -> Result<()> {
        if market.mode == MODE_SETTLEMENT {
            return Ok(());
        }
        let lots = (self.lots)(position, market)?;
        let (bids, asks) = self.terms.stage.orders(position);
        if lots.0 | bids.0 | asks.0 == 0 {
            return Ok(());
        }
        let charge = charge(&self.terms, lots)?;
        self.count(lots, (bids, asks), (position.market, market), charge)
    }

    /// Counts so many lots of a position without its orders, for which Standard margin asks `charge`.
    #[inline(always)]
    pub(crate) fn add(
        &mut self,
        position: &Position,
        (market, asset): (&Market, &'a Asset),
        lots: Lots,
        charge: QuoteAtoms,
    ) -> Result<()> {
        if self.asset.is_none_or(|(index, _)| index != position.asset) {
            self.begin(position.asset, asset)?;
        }
        if lots.0 == 0 {
            return Ok(());
        }
        self.count(
            lots,
            (Lots::ZERO, Lots::ZERO),
            (position.market, market),
            charge,
        )
    }

    #[inline(always)]
    fn count(
        &mut self,
        lots: Lots,
        (bids, asks): (Lots, Lots),
        (index, market): (u16, &Market),
        charge: QuoteAtoms,
    ) -> Result<()> {
        let stage = self.terms.stage;
        self.standard = self.standard.plus(charge)?;
        self.group.note(stage, market);
        if !market.is_option() {
            self.group.add(lots, bids, asks, &market.contract);
            self.group.other = true;
            return Ok(());
        }
        let Some((_, asset)) = self.asset else {
            return Ok(());
        };
        self.group.other |= lots.0 <= 0 || bids.0 | asks.0 != 0;
        if !self.group.other && !self.sums.other {
            let worth = self.terms.worth(lots, index, market, asset)?;
            self.group.worth = self.group.worth.plus(worth)?;
        }
        self.group
            .add_option(stage, lots, (bids, asks), market, asset)
    }

    /// Judges the asset that was counted last.
    fn close(&mut self) -> Result<()> {
        let Some((index, asset)) = self.asset.take() else {
            return Ok(());
        };
        let mut part = Part {
            need: AssetNeed {
                asset: index,
                standard: self.standard,
                ..AssetNeed::default()
            },
            net: Net::default(),
            other: self.group.other,
            worth: self.group.worth,
        };
        if asset.scan.range.0 > 0 {
            let (terms, group) = (&self.terms, &mut self.group);
            if group.net_low() < 0 {
                let lots = cover(&terms.account, asset, index, terms.stage, terms.now)?;
                part.need.collateral = group.cover(lots);
            }
            part.net = group.judge(terms, index, asset, &self.lots, &mut part.need)?;
        }
        (self.each)(&part.need);
        if self.aside == Some(index) {
            self.kept = part;
            return Ok(());
        }
        self.add_part(&part)
    }

    fn add_part(&mut self, part: &Part) -> Result<()> {
        let (sums, need) = (&mut self.sums, &part.need);
        sums.standard = sums.standard.plus(need.standard)?;
        sums.other |= part.other;
        sums.worth = sums.worth.plus(part.worth)?;
        if need.is_scanned {
            sums.scanned = sums.scanned.plus(need.sum()?)?;
            self.nets.insert(need.asset, part.net);
        } else {
            sums.unscanned = sums.unscanned.plus(need.standard)?;
        }
        Ok(())
    }

    /// What the others need without the asset that was set aside, once all of it is counted.
    pub(super) fn others(&mut self) -> Result<(Sums, &Nets)> {
        self.close()?;
        Ok((self.sums, &self.nets))
    }

    /// Adds what was set aside.
    pub(super) fn add_aside(&mut self) -> Result<()> {
        self.close()?;
        let kept = self.kept;
        self.aside = None;
        self.add_part(&kept)
    }

    /// What all of it needs.
    pub(crate) fn finish(&mut self) -> Result<Explanation> {
        self.close()?;
        let offer = &self.terms.book.params.portfolio;
        let credits = self.nets.credit(&offer.credits)?;
        let sums = &self.sums;
        let mut all = Explanation {
            scanned: sums.scanned,
            credits,
            times: self.terms.stage.times(offer),
            unscanned: sums.unscanned,
            standard: sums.standard,
            floor: sums.standard.times_ceil(offer.floor.min(Ratio::ONE))?,
            owned: (!sums.other).then_some(sums.worth),
            requirement: QuoteAtoms::ZERO,
        };
        all.requirement = all.by_scenarios()?.max(all.floor);
        if let Some(worth) = all.owned {
            // Who owns options and nothing else can lose no more than they are worth, however far volatility multiplies.
            all.requirement = all.requirement.min(worth);
        }
        Ok(all)
    }
}

impl<'a, L, F> Watch<'a> for Tally<'a, L, F>
where
    L: Fn(&Position, &Market) -> Result<Lots>,
    F: FnMut(&AssetNeed),
{
    #[inline(always)]
    fn begin(&mut self, index: u16, asset: &'a Asset) -> Result<()> {
        self.close()?;
        self.asset = Some((index, asset));
        self.group.clear();
        self.standard = QuoteAtoms::ZERO;
        Ok(())
    }

    #[inline(always)]
    fn see(&mut self, position: &Position, market: &Market, charge: QuoteAtoms) -> Result<()> {
        self.look(position, market, |_, _| Ok(charge))
    }
}

impl Terms<'_> {
    /// What Standard margin asks for so many lots of a position, and the orders that rest in it.
    #[inline(always)]
    fn charge(
        &self,
        position: &Position,
        lots: Lots,
        market: &Market,
        asset: &Asset,
    ) -> Result<QuoteAtoms> {
        if market.is_option() {
            return self.charge_option(position, lots, market, asset);
        }
        let (bids, asks) = self.stage.orders(position);
        // Both below 2^46.
        let largest = lots.0.wrapping_add(bids.0).max(asks.0.wrapping_sub(lots.0));
        let price = self.stage.prices(asset)[usize::from(lots.0 < 0)];
        let price = market.contract.mean_at(price);
        let notional = notional(largest.max(0).unsigned_abs(), price)?;
        self.stage.schedule(market).charge(notional)
    }

    /// What lots of an option that are held long are worth in equity.
    #[cold]
    #[inline(never)]
    fn worth(&self, lots: Lots, index: u16, market: &Market, asset: &Asset) -> Result<QuoteAtoms> {
        let price = if self.stage == Stage::Maintenance {
            market.derived_price(index, asset, true, self.now)?
        } else {
            market.option_initial(index, asset, true, self.now)?
        };
        Ok(lots.value_and_notional(price)?.0)
    }

    #[cold]
    #[inline(never)]
    fn charge_option(
        &self,
        position: &Position,
        lots: Lots,
        market: &Market,
        asset: &Asset,
    ) -> Result<QuoteAtoms> {
        if self.stage == Stage::Maintenance {
            let price = market.derived_price(position.market, asset, lots.0 >= 0, self.now)?;
            let (value, _) = lots.value_and_notional(price)?;
            let (_, notional) = lots.value_and_notional(asset.index)?;
            return Market::option_charge(&market.maintenance, lots, value, notional);
        }
        let row = market.priced(position.market, asset, self.now)?;
        let position = Position { lots, ..*position };
        option_requirement(&position, market, asset, &row)
    }
}
