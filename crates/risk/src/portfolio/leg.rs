//! One leg of a scanned book, with other lots than there are: the other assets are judged once.

use super::{Group, Nets, Stage, Tally, as_held, cover, is_scanned, tally::Sums};
use crate::{
    account::AccountView,
    error::Result,
    market::MODE_SETTLEMENT,
    standard::{self, Book, Health},
    units::{Lots, QuoteAtoms},
};

/// A scanned account of which one position is to be made smaller. What its other assets need stays what it is, so that
/// only the positions on one are scanned again for each number of lots.
#[derive(Clone, Debug)]
pub struct OneLeg<'a> {
    book: Book<'a>,
    account: AccountView<'a>,
    now: i64,
    market: u16,
    asset: u16,
    others: Sums,
    nets: Nets,
}

impl<'a> OneLeg<'a> {
    /// Equity and maintenance margin of an account, as [`standard::maintenance`] says; and, where it is scanned, what is
    /// needed to ask for the latter with other lots in a market, into `leg`. Not as a part of what is returned: accounts by
    /// Standard margin would pay for moving it.
    ///
    /// # Errors
    /// Those of [`standard::maintenance`]; [`crate::RiskError::UnknownMarket`].
    #[inline(always)]
    pub fn judge(
        book: &Book<'a>,
        account: &AccountView<'a>,
        now: i64,
        market: u16,
        leg: &mut Option<Self>,
    ) -> Result<Health> {
        if is_scanned(book, account) {
            return Self::scan(book, account, now, market, leg);
        }
        standard::maintenance(book, account, now)
    }

    #[cold]
    #[inline(never)]
    fn scan(
        book: &Book<'a>,
        account: &AccountView<'a>,
        now: i64,
        market: u16,
        leg: &mut Option<Self>,
    ) -> Result<Health> {
        let asset = book.market(market)?.asset;
        let stage = Stage::Maintenance;
        let mut tally = Tally::new(book, account, now, stage, as_held, |_| {});
        tally.set_aside(asset);
        let health = standard::maintenance_seen(book, account, now, &mut tally)?;
        let (others, nets) = tally.others()?;
        *leg = Some(Self {
            book: *book,
            account: *account,
            now,
            market,
            asset,
            others,
            nets: nets.clone(),
        });
        tally.add_aside()?;
        Ok(Health {
            requirement: tally.finish()?.requirement,
            ..health
        })
    }

    /// The market.
    pub fn market(&self) -> u16 {
        self.market
    }

    /// The maintenance requirement that the account would have with so many lots in the market.
    ///
    /// # Errors
    /// [`crate::RiskError::Overflow`], [`crate::RiskError::UnknownAsset`], [`crate::RiskError::UnknownMarket`].
    #[inline(never)]
    pub fn maintenance_with(&self, lots: Lots) -> Result<QuoteAtoms> {
        let market = self.market;
        let with = |position: &crate::Position, row: &crate::Market| {
            Ok(if position.market == market {
                lots
            } else {
                position.held(row)
            })
        };
        let stage = Stage::Maintenance;
        let mut tally = Tally::new(&self.book, &self.account, self.now, stage, with, |_| {});
        (tally.sums, tally.nets) = (self.others, self.nets.clone());
        for position in self.positions() {
            tally.add_new(position)?;
        }
        Ok(tally.finish()?.requirement)
    }

    /// The positions on the asset.
    fn positions(&self) -> impl Iterator<Item = &'a crate::Position> {
        let asset = self.asset;
        let positions = self.account.positions.iter();
        positions.filter(move |position| position.asset == asset)
    }

    /// How many lots of the position can be closed before the scan of its asset rises again: what is left of the net
    /// delta on its side, none where it hedges. Of what is not worth the index any number: its scan decides.
    ///
    /// # Errors
    /// As [`OneLeg::maintenance_with`].
    pub fn unhedged(&self) -> Result<u64> {
        let row = self.book.market(self.market)?;
        let asset = self.book.asset(self.asset)?;
        if asset.scan.range.0 == 0 || row.is_derived() {
            return Ok(u64::MAX);
        }
        let mut group = Group::new();
        let mut long = false;
        for position in self.positions() {
            let other = self.book.market(position.market)?;
            if other.mode == MODE_SETTLEMENT {
                continue;
            }
            let held = position.held(other);
            if other.is_option() {
                group.add_delta(other.array.delta_of(held));
            } else {
                group.add(held, Lots::ZERO, Lots::ZERO, &other.contract);
            }
            if position.market == self.market {
                long = held.0 > 0;
            }
        }
        let (stage, now) = (Stage::Maintenance, self.now);
        group.cover(cover(&self.account, asset, self.asset, stage, now)?);
        // Of contracts that are fixed in part, whole lots of what is left: as few as there can be.
        let net = if long {
            group.net_low()
        } else {
            group.net_high().saturating_neg()
        };
        Ok(net.max(0).unsigned_abs())
    }
}
