//! How an instruction ends: the checks that decide whether what it did may stand.
//!
//! Every instruction that changes an account ends in exactly one of: no check (deposit), an
//! initial-margin check (withdraw, risk-increasing trade), a no-worse check (risk-reducing trade of
//! an account below its margin), or the post-conditions of liquidation.

use crate::{
    error::{ErrorCode, OrRefuse, refuse},
    events::LiquidationFlagged,
    state::MarginMut,
};
use anchor_lang::prelude::*;
use counterweight_risk::{
    AccountView, Book, Health,
    liquidation::is_restored,
    standard::{Gains, check_ages, initial, maintenance},
};

/// A client's own limits, for every instruction that can lose it money. Each is optional.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Guards {
    /// Refuse if the account has changed since the client read it.
    pub expected_sequence: Option<u64>,
    /// Refuse if equity / maintenance margin would afterwards be below this, in basis points.
    pub min_margin_ratio_after_bps: Option<u32>,
    /// Refuse if a price that counts is older than this, in seconds. The asset's own limit holds in
    /// any case.
    pub max_price_age: Option<u32>,
}

impl Guards {
    /// The limit on the age of prices, `u32::MAX` for none.
    #[inline(always)]
    pub fn max_age(&self) -> u32 {
        self.max_price_age.unwrap_or(u32::MAX)
    }

    /// Refuses a margin ratio below the client's limit.
    ///
    /// # Errors
    /// [`ErrorCode::MarginRatioBelowGuard`], or that of a price that cannot be used.
    #[inline(always)]
    pub fn require_ratio(&self, book: &Book, account: &AccountView, now: i64) -> Result<()> {
        let Some(bps) = self.min_margin_ratio_after_bps else {
            return Ok(());
        };
        let health = maintenance(book, account, now).or_refuse()?;
        if !health.ratio_is_at_least(bps) {
            return Err(refuse(
                ErrorCode::MarginRatioBelowGuard,
                &[
                    ("equity", health.equity.0.into()),
                    ("maintenance margin", health.requirement.0.into()),
                    ("limit bps", bps.into()),
                ],
            ));
        }
        Ok(())
    }
}

/// Ends an instruction that adds risk or lets value out: initial margin must be met.
///
/// # Errors
/// [`ErrorCode::InitialMarginNotMet`], or that of a price that cannot be used.
#[inline(always)]
pub fn require_initial(
    book: &Book,
    account: &AccountView,
    now: i64,
    max_age: u32,
    gains: Gains,
) -> Result<Health> {
    let health = initial(book, account, now, max_age, gains).or_refuse()?;
    if !health.is_met() {
        return Err(initial_not_met(&health));
    }
    Ok(health)
}

/// Names equity and initial margin.
#[cold]
pub fn initial_not_met(health: &Health) -> Error {
    refuse(
        ErrorCode::InitialMarginNotMet,
        &[
            ("equity", health.equity.0.into()),
            ("initial margin", health.requirement.0.into()),
        ],
    )
}

/// Lets an account that is in liquidation leave it by its own action, once equity is back at the
/// maintenance margin and the buffer. Without usable prices it stays as it is.
///
/// # Errors
/// None of its own; the event's.
pub fn leave_liquidation_if_restored(
    margin: &mut MarginMut,
    account: &Pubkey,
    book: &Book,
    now: i64,
) -> Result<()> {
    if margin.header.core.liquidation_start == 0 || margin.header.is_backstop() {
        return Ok(());
    }
    if let Ok(health) = maintenance(book, &margin.view(), now)
        && is_restored(&health, book.params.liquidation_buffer)
    {
        margin.header.core.liquidation_start = 0;
        emit!(LiquidationFlagged {
            account: *account,
            sequence: margin.header.advance(),
            start: 0,
            equity: health.equity.0,
            maintenance_margin: health.requirement.0,
        });
    }
    Ok(())
}

/// How an account stood before a trade, as far as the check at its end needs it.
pub enum Baseline {
    /// The trade adds risk somewhere: initial margin must be met.
    Adding,
    /// The trade only reduces, and initial margin was met: it must still be met.
    ReducingWell,
    /// The trade only reduces, and initial margin was not met (or prices do not allow to say so):
    /// the account must not be worse afterwards.
    ReducingPoorly(Health),
}

impl Baseline {
    /// Looks at the account before the trade.
    ///
    /// # Errors
    /// That of a price that cannot even be used for maintenance.
    pub fn take(
        book: &Book,
        account: &AccountView,
        now: i64,
        guards: &Guards,
        reduces: bool,
    ) -> Result<Self> {
        if !reduces {
            return Ok(Self::Adding);
        }
        // Below, a price that is too old for adding risk does not stop a trade that only reduces; one
        // that is too old for the client does. His limit is not part of whether initial margin was
        // met: it would make a good account one that need only be no worse.
        if let Some(max_age) = guards.max_price_age {
            check_ages(book, account, now, max_age).or_refuse()?;
        }
        match initial(book, account, now, u32::MAX, Gains::Weighted) {
            Ok(health) if health.is_met() => Ok(Self::ReducingWell),
            _ => Ok(Self::ReducingPoorly(
                maintenance(book, account, now).or_refuse()?,
            )),
        }
    }

    /// Ends the trade. Returns equity and initial margin where they were met.
    ///
    /// # Errors
    /// [`ErrorCode::InitialMarginNotMet`], [`ErrorCode::AccountWouldBeWorse`], that of the guards,
    /// that of a price that cannot be used.
    pub fn require(
        &self,
        book: &Book,
        account: &AccountView,
        now: i64,
        guards: &Guards,
    ) -> Result<[i64; 2]> {
        let figures = match self {
            Self::Adding | Self::ReducingWell => {
                let health =
                    require_initial(book, account, now, guards.max_age(), Gains::Weighted)?;
                [health.equity.0, health.requirement.0]
            }
            Self::ReducingPoorly(before) => {
                let after = maintenance(book, account, now).or_refuse()?;
                if !after.is_no_worse_than(before) {
                    return Err(worse(before, &after));
                }
                [0, 0]
            }
        };
        guards.require_ratio(book, account, now)?;
        Ok(figures)
    }
}

/// Names equity and maintenance margin before and after.
#[cold]
fn worse(before: &Health, after: &Health) -> Error {
    refuse(
        ErrorCode::AccountWouldBeWorse,
        &[
            ("equity before", before.equity.0.into()),
            ("margin before", before.requirement.0.into()),
            ("equity after", after.equity.0.into()),
            ("margin after", after.requirement.0.into()),
        ],
    )
}
