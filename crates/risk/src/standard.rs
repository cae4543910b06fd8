//! Equity, and what an account needs: by Standard margin, which sums requirements in one pass over sorted positions
//! (docs/risk.md, sections 3 and 4), or by the worst scenario of its book, where it has chosen that
//! ([`crate::portfolio`]).

mod netting;

pub use crate::params::{RiskParams, RiskTerms};
use netting::Netting;
pub(crate) use netting::option_requirement;

use crate::{
    account::{AccountView, Balance},
    asset::{Asset, ORACLE_NONE},
    error::{Result, RiskError},
    market::{MODE_SETTLEMENT, Market},
    portfolio::{Stage, Tally, as_held, is_scanned},
    position::Position,
    units::{Price, QuoteAtoms, Ratio},
};

/// The risk book as a check reads it.
#[derive(Clone, Copy, Debug)]
pub struct Book<'a> {
    /// Parameters of the clearinghouse.
    pub params: &'a RiskParams,
    /// All assets; the quote token is the first.
    pub assets: &'a [Asset],
    /// All markets.
    pub markets: &'a [Market],
}

impl<'a> Book<'a> {
    /// An asset by index.
    ///
    /// # Errors
    /// [`RiskError::UnknownAsset`].
    #[inline(always)]
    pub fn asset(&self, asset: u16) -> Result<&'a Asset> {
        self.assets
            .get(usize::from(asset))
            .ok_or(RiskError::UnknownAsset { asset })
    }

    /// An account's cash at `now`: as it was last changed, without the interest that it owes since.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    #[inline(always)]
    pub fn cash_of(&self, account: &AccountView, now: i64) -> Result<QuoteAtoms> {
        let interest = &self.params.interest;
        interest.settled(account.cash, account.interest, now)
    }

    /// A market by index.
    ///
    /// # Errors
    /// [`RiskError::UnknownMarket`].
    #[inline(always)]
    pub fn market(&self, market: u16) -> Result<&'a Market> {
        self.markets
            .get(usize::from(market))
            .ok_or(RiskError::UnknownMarket { market })
    }

    /// Whether risk may be added at all: the quote token's own price, where it has a feed, is usable
    /// and near one dollar.
    ///
    /// # Errors
    /// [`RiskError::QuoteOffPar`]; those of [`Asset::check_initial`].
    pub fn check_quote(&self, now: i64, max_age: u32) -> Result<()> {
        let quote = self.asset(0)?;
        if quote.oracle_kind == ORACLE_NONE {
            return Ok(());
        }
        quote.check_initial(0, now, max_age)?;
        // The quote's lot is one whole token, so par is what a dollar would be.
        let par = self.params.par();
        if quote.index.0.abs_diff(par.0) > par.times_floor(self.params.max_depeg)?.0 {
            return Err(RiskError::QuoteOffPar {
                price: quote.index.0,
                par: par.0,
            });
        }
        Ok(())
    }
}

/// An account's equity and what is required of it, both in quote atoms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// What the account is worth by the rules of the check.
    pub equity: QuoteAtoms,
    /// Initial or maintenance margin.
    pub requirement: QuoteAtoms,
}

impl Health {
    /// Whether equity covers the requirement.
    #[inline(always)]
    pub fn is_met(&self) -> bool {
        self.equity >= self.requirement
    }

    /// Equity − requirement; negative where it is not met.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] outside the range of money.
    pub fn free(&self) -> Result<QuoteAtoms> {
        self.equity.minus(self.requirement)
    }

    /// The sums of both.
    #[inline(always)]
    fn plus(&self, other: &Self) -> Result<Self> {
        Ok(Self {
            equity: self.equity.plus(other.equity)?,
            requirement: self.requirement.plus(other.requirement)?,
        })
    }

    /// Whether equity is at least `bps` basis points of the requirement, by cross-multiplication.
    pub fn ratio_is_at_least(&self, bps: u32) -> bool {
        i128::from(self.equity.0) * 10_000 >= i128::from(self.requirement.0) * i128::from(bps)
    }

    /// Whether the account is no worse than `before`: its ratio equity / requirement is not lower,
    /// or, where there was no equity left to speak of a ratio, it lost none and needs no more.
    pub fn is_no_worse_than(&self, before: &Self) -> bool {
        if before.equity.0 <= 0 {
            return self.equity >= before.equity && self.requirement <= before.requirement;
        }
        // E'/MM' ≥ E/MM, both requirements ≥ 0. A debt is told apart by itself: it would be lost where
        // neither state requires anything.
        self.equity.0 >= 0
            && i128::from(self.equity.0) * i128::from(before.requirement.0)
                >= i128::from(before.equity.0) * i128::from(self.requirement.0)
    }
}

/// How much a net unrealised gain counts in an initial check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gains {
    /// By the asset's weight: for adding risk.
    Weighted,
    /// Not at all: for letting value out.
    Ignored,
}

/// Equity and maintenance margin. The account may be liquidated where this is not met.
///
/// MM = Σ T(|q|·p) · fraction; equity = cash + Σ balance·p·w + Σ (quote + q·p − owed).
///
/// No silent oracle stops the check, or dust of an asset whose oracle died would make an account immune.
/// A collateral whose price is missing or older than the asset's limit for liquidation counts at the lower
/// of the prices that were recorded last, by the initial weight: nothing, where there never was one. A
/// position counts at the price that was recorded last, whatever its age. Who trades it or takes it over
/// asks for a fresh one ([`check_ages`]).
///
/// # Errors
/// [`RiskError::NoPrice`] of a position's asset that never had one; [`RiskError::Overflow`].
pub fn maintenance(book: &Book, account: &AccountView, now: i64) -> Result<Health> {
    if is_scanned(book, account) {
        return scanned_maintenance(book, account, now);
    }
    maintenance_seen(book, account, now, &mut ())
}

/// Somebody who looks on at a check: of each asset first itself, then the positions on it, each with what Standard margin
/// asks for it. Nobody, in checks of accounts by Standard margin: they must not pay for it.
pub(crate) trait Watch<'a> {
    /// The positions that follow are on this asset.
    fn begin(&mut self, index: u16, asset: &'a Asset) -> Result<()>;
    /// A position, as the account has it; of a market that has ended, whatever is asked says nothing.
    fn see(&mut self, position: &Position, market: &Market, charge: QuoteAtoms) -> Result<()>;
}

impl<'a> Watch<'a> for () {
    #[inline(always)]
    fn begin(&mut self, _: u16, _: &'a Asset) -> Result<()> {
        Ok(())
    }

    #[inline(always)]
    fn see(&mut self, _: &Position, _: &Market, _: QuoteAtoms) -> Result<()> {
        Ok(())
    }
}

/// The pass that [`maintenance`] is by Standard margin.
#[inline(always)]
pub(crate) fn maintenance_seen<'a>(
    book: &Book<'a>,
    account: &AccountView<'a>,
    now: i64,
    watch: &mut impl Watch<'a>,
) -> Result<Health> {
    let cash = book.cash_of(account, now)?;
    let mut equity = cash.plus(collateral_of(book, account, now)?)?;
    let mut requirement = QuoteAtoms::ZERO;
    let mut current = u32::MAX;
    let (mut low, mut high) = (Price::ZERO, Price::ZERO);
    for position in account.positions {
        if u32::from(position.asset) != current {
            let asset = book.asset(position.asset)?;
            asset.check_recorded(position.asset)?;
            watch.begin(position.asset, asset)?;
            (low, high) = (asset.maintenance_low, asset.maintenance_high);
            current = u32::from(position.asset);
        }
        let market = book.market(position.market)?;
        if !position.is_current(market) {
            let added = maintenance_behind(book, position, market, (low, high), now)?;
            equity = equity.plus(added.equity)?;
            requirement = requirement.plus(added.requirement)?;
            watch.see(position, market, added.requirement)?;
            continue;
        }
        if market.mode == MODE_SETTLEMENT {
            let value = market.settlement_value(position.lots)?;
            let worth = position.quote.plus(value)?.minus(position.owed(market)?)?;
            equity = equity.plus(worth)?;
            continue;
        }
        if market.is_derived() {
            let added = maintenance_derived(book, position, market, now)?;
            equity = equity.plus(added.equity)?;
            requirement = requirement.plus(added.requirement)?;
            watch.see(position, market, added.requirement)?;
            continue;
        }
        let price = if position.lots.0 >= 0 { high } else { low };
        let (worth, notional) = position.worth_currently(market, price)?;
        equity = equity.plus(worth)?;
        let charge = market.maintenance.charge(notional)?;
        requirement = requirement.plus(charge)?;
        watch.see(position, market, charge)?;
    }
    Ok(Health {
        equity,
        requirement,
    })
}

/// [`maintenance`] by portfolio margin. Out of the checks of accounts by Standard margin.
#[cold]
#[inline(never)]
fn scanned_maintenance(book: &Book, account: &AccountView, now: i64) -> Result<Health> {
    let mut tally = Tally::new(book, account, now, Stage::Maintenance, as_held, |_| {});
    let health = maintenance_seen(book, account, now, &mut tally)?;
    Ok(Health {
        requirement: tally.finish()?.requirement,
        ..health
    })
}

/// What a position adds, that is up to date with its market, of a contract that is not worth the index. Out of the loop,
/// which must not pay for it.
#[cold]
#[inline(never)]
fn maintenance_derived(
    book: &Book,
    position: &Position,
    market: &Market,
    now: i64,
) -> Result<Health> {
    let asset = book.asset(position.asset)?;
    let long = position.lots.0 >= 0;
    let price = market.derived_price(position.market, asset, long, now)?;
    let (value, mut notional) = position.lots.value_and_notional(price)?;
    let equity = position.worth_of(market, value)?;
    let schedule = &market.maintenance;
    let requirement = if market.is_option() {
        (_, notional) = position.lots.value_and_notional(asset.index)?;
        Market::option_charge(schedule, position.lots, value, notional)?
    } else {
        schedule.charge(notional)?
    };
    Ok(Health {
        equity,
        requirement,
    })
}

/// What a position adds whose side was deleveraged since it was touched. Out of the loop, which must not
/// pay for it.
#[cold]
#[inline(never)]
fn maintenance_behind(
    book: &Book,
    position: &Position,
    market: &Market,
    (low, high): (Price, Price),
    now: i64,
) -> Result<Health> {
    let (position, cash) = position.settled(market)?;
    if market.is_derived() && market.mode != MODE_SETTLEMENT {
        let health = maintenance_derived(book, &position, market, now)?;
        return Ok(Health {
            equity: health.equity.plus(cash)?,
            ..health
        });
    }
    let (worth, notional) = if market.mode == MODE_SETTLEMENT {
        let value = market.settlement_value(position.lots)?;
        (position.quote.plus(value)?, 0)
    } else {
        let price = if position.lots.0 >= 0 { high } else { low };
        position.worth_currently(market, price)?
    };
    Ok(Health {
        equity: worth.plus(cash)?,
        requirement: market.maintenance.charge(notional)?,
    })
}

/// What the collateral of an account counts for in a maintenance check.
///
/// # Errors
/// As [`maintenance`].
#[inline(always)]
pub(crate) fn collateral_of(book: &Book, account: &AccountView, now: i64) -> Result<QuoteAtoms> {
    let mut sum = QuoteAtoms::ZERO;
    for balance in account.balances.iter().filter(|balance| balance.atoms > 0) {
        let asset = book.asset(balance.asset)?;
        let (price, weight) = if asset.is_fresh(now) {
            (asset.maintenance_high, asset.weight_maintenance)
        } else {
            // initial_low ≤ maintenance_low ≤ maintenance_high: it is the lowest of them.
            (asset.initial_low, asset.weight_initial_full)
        };
        sum = sum.plus(asset.collateral_value(balance.atoms, price, weight)?)?;
    }
    Ok(sum)
}

/// Whether every price that counts in an account is at most `max_age` seconds old, and fresh enough for
/// liquidation where there is a position.
///
/// # Errors
/// [`RiskError::StalePrice`] or [`RiskError::NoPrice`] naming the first that is older.
pub fn check_ages(book: &Book, account: &AccountView, now: i64, max_age: u32) -> Result<()> {
    for balance in account.balances.iter().filter(|balance| balance.atoms > 0) {
        let asset = balance.asset;
        book.asset(asset)?.check_age(asset, now, max_age)?;
    }
    for position in account.positions {
        let asset = position.asset;
        book.asset(asset)?
            .check_maintenance_within(asset, now, max_age)?;
    }
    Ok(())
}

/// Equity and initial margin: what adding risk and letting value out must meet.
///
/// Conservative prices, resting orders at their worst case, net gains weighted (or not counted).
/// `max_age` is the caller's own limit on the age of prices in seconds (`u32::MAX` for none). A
/// collateral whose price may not be used counts nothing.
///
/// # Errors
/// Of a position or of the quote token, a price that may not be used for adding risk; of anything, one
/// that is older than `max_age`; [`RiskError::QuoteOffPar`], [`RiskError::Overflow`].
pub fn initial(
    book: &Book,
    account: &AccountView,
    now: i64,
    max_age: u32,
    gains: Gains,
) -> Result<Health> {
    book.check_quote(now, max_age)?;
    let usable = |asset: &Asset, index: u16| asset.check_initial(index, now, max_age);
    let asked_for = |asset: &Asset, index: u16| asset.check_age(index, now, max_age);
    if is_scanned(book, account) {
        return scanned_initial(book, account, now, gains, Stage::Initial(max_age));
    }
    conservative(book, account, now, gains, usable, asked_for, &mut ())
}

/// Equity and initial margin of an account that takes over a position from another: the same figures
/// as [`initial`], at prices that are good enough for liquidation. A wide interval or a divergent
/// price does not stop it: the conservative prices carry the interval, and lag a jump.
///
/// # Errors
/// Of a position, a price that is missing or older than the asset's limit for liquidation; of anything,
/// one that is older than `max_age`; [`RiskError::Overflow`].
pub fn initial_for_takeover(
    book: &Book,
    account: &AccountView,
    now: i64,
    max_age: u32,
) -> Result<Health> {
    let usable = |asset: &Asset, index: u16| asset.check_maintenance_within(index, now, max_age);
    let asked_for = |asset: &Asset, index: u16| asset.check_age(index, now, max_age);
    let gains = Gains::Weighted;
    if is_scanned(book, account) {
        return scanned_initial(book, account, now, gains, Stage::Takeover(max_age));
    }
    conservative(book, account, now, gains, usable, asked_for, &mut ())
}

/// Both initial checks by portfolio margin. Out of the checks of accounts by Standard margin, which must not pay for it.
#[cold]
#[inline(never)]
fn scanned_initial(
    book: &Book,
    account: &AccountView,
    now: i64,
    gains: Gains,
    stage: Stage,
) -> Result<Health> {
    let usable = |asset: &Asset, index: u16| stage.check_price(asset, index, now);
    let asked_for = |asset: &Asset, index: u16| asset.check_age(index, now, stage.max_age());
    let mut tally = Tally::new(book, account, now, stage, as_held, |_| {});
    let health = conservative(book, account, now, gains, usable, asked_for, &mut tally)?;
    Ok(Health {
        requirement: tally.finish()?.requirement,
        ..health
    })
}

/// The figures of both initial checks; `usable` decides which prices may be used, `asked_for` is the
/// caller's own limit.
#[inline(always)]
fn conservative<'a>(
    book: &Book<'a>,
    account: &AccountView<'a>,
    now: i64,
    gains: Gains,
    usable: impl Fn(&Asset, u16) -> Result<()>,
    asked_for: impl Fn(&Asset, u16) -> Result<()>,
    watch: &mut impl Watch<'a>,
) -> Result<Health> {
    let collateral = initial_collateral(book, account.balances, &usable, &asked_for)?;
    let mut health = Health {
        equity: book.cash_of(account, now)?.plus(collateral)?,
        ..Health::default()
    };
    let mut rest = account.positions;
    while let Some(first) = rest.first() {
        let asset = book.asset(first.asset)?;
        usable(asset, first.asset)?;
        watch.begin(first.asset, asset)?;
        let weight = match gains {
            Gains::Weighted => asset.pnl_weight,
            Gains::Ignored => Ratio::ZERO,
        };
        let mut net = Netting::default();
        while let Some((position, after)) = rest.split_first() {
            if position.asset != first.asset {
                break;
            }
            let market = book.market(position.market)?;
            let charge = if position.is_current(market) && !market.is_derived() {
                net.add(position, market, asset)?
            } else {
                let (cash, charge) = net.add_seldom(position, market, asset, now)?;
                health.equity = health.equity.plus(cash)?;
                charge
            };
            watch.see(position, market, charge)?;
            rest = after;
        }
        health = health.plus(&net.judge(weight)?)?;
    }
    Ok(health)
}

/// What collateral counts for. One whose price may not be used counts nothing: it neither lets anything
/// out nor stops what the rest of the account carries.
fn initial_collateral(
    book: &Book,
    balances: &[Balance],
    usable: &impl Fn(&Asset, u16) -> Result<()>,
    asked_for: &impl Fn(&Asset, u16) -> Result<()>,
) -> Result<QuoteAtoms> {
    let mut total = QuoteAtoms::ZERO;
    for balance in balances.iter().filter(|balance| balance.atoms > 0) {
        let asset = book.asset(balance.asset)?;
        if usable(asset, balance.asset).is_err() {
            // The limit that the caller set himself is a refusal, whatever the asset counts for.
            asked_for(asset, balance.asset)?;
            continue;
        }
        let (price, weight) = (asset.initial_low, asset.weight_initial);
        total = total.plus(asset.collateral_value(balance.atoms, price, weight)?)?;
    }
    Ok(total)
}
