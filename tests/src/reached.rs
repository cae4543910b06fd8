//! What a step came to that is worth counting: a run in which none of it happens proves nothing about it. And what no
//! step may come to.

use crate::{
    actions::{Action, Kind},
    invariants::{Verdict, lots_in},
    snapshot::{Deed, Snapshot},
};
use anchor_lang::prelude::Pubkey;
use counterweight::error::ErrorCode;
use counterweight_risk::{
    account::{MODEL_PORTFOLIO, MODEL_STANDARD},
    deleverage::epoch_of,
    market::{KIND_FUTURE, MODE_SETTLEMENT},
    standard::{Gains, initial},
};
use counterweight_simnet::Failure;

/// The states that a step which succeeded came to.
pub fn reached(before: &Snapshot, after: &Snapshot, action: &Action) -> Vec<&'static str> {
    let mut found = of_defaults(after, action);
    of_contracts(before, after, action, &mut found);
    of_liquidations(before, action, &mut found);
    found
}

fn of_defaults(after: &Snapshot, action: &Action) -> Vec<&'static str> {
    let mut found = Vec::new();
    let markets = &after.markets;
    match action.kind {
        Kind::TakeOver => found.push("a default that the backstop took over"),
        Kind::Deleverage => found.push("a deleveraging"),
        Kind::CloseBackstop => found.push("a deleveraging of the backstop"),
        Kind::Slice => found.push("a slice"),
        Kind::Seize => found.push("collateral taken"),
        Kind::Sweep => found.push("dust swept"),
        Kind::Execute => found.push("a trigger executed"),
        Kind::Crash if markets.iter().any(|market| market.queue.open > 0) => {
            found.push("a crash with fills waiting");
        }
        Kind::Funding if markets.iter().any(|market| market.behind != [0; 2]) => {
            found.push("funding while accounts lag");
        }
        _ => {}
    }
    let rows = &after.tables.markets;
    let mut eras = rows.iter().flat_map(|row| row.era);
    if eras.any(|era| epoch_of(era) > 0) {
        found.push("a side in its second epoch");
    }
    found
}

/// Whether an account is judged by a scan of its book.
fn is_scanned(now: &Snapshot, account: &Pubkey) -> bool {
    now.margin(account).header.core.model == MODEL_PORTFOLIO
        && now.tables.header.params.portfolio.floor.0 != 0
}

/// Whether an account holds options that have not ended.
fn holds_options(now: &Snapshot, account: &Pubkey) -> bool {
    let mut positions = now.margin(account).positions().iter();
    positions.any(|position| {
        let row = &now.tables.markets[usize::from(position.market)];
        position.lots.0 != 0 && row.is_option() && row.mode != MODE_SETTLEMENT
    })
}

fn of_contracts(
    before: &Snapshot,
    after: &Snapshot,
    action: &Action,
    found: &mut Vec<&'static str>,
) {
    let rows = &before.tables.markets;
    match &action.deed {
        Deed::SettlePosition { account, market } => {
            let row = &rows[usize::from(*market)];
            let lots = lots_in(before.margin(account), *market);
            found.push(match (row.kind, row.settlement_price) {
                (KIND_FUTURE, _) => "a future's position settled",
                (_, 0) => "a worthless option's position settled",
                _ if lots > 0 => "an option's holder paid",
                _ => "an option's writer pays",
            });
        }
        Deed::Trade {
            first,
            second,
            legs,
        } => {
            if legs
                .iter()
                .any(|leg| rows[usize::from(leg.market)].is_option())
            {
                found.push("a block trade of an option");
            }
            let carried = |account: &&Pubkey| {
                let margin = after.margin(account);
                let mut view = margin.view();
                view.model = MODEL_STANDARD;
                let (book, now) = (after.tables.book(), after.time);
                let health = initial(&book, &view, now, u32::MAX, Gains::Weighted);
                is_scanned(after, account) && health.is_ok_and(|health| !health.is_met())
            };
            if [first, second].iter().any(carried) {
                found.push("a book that Standard margin would not carry");
            }
        }
        Deed::Book { market, .. } if rows[usize::from(*market)].is_option() => {
            let volume = |now: &Snapshot| {
                let market = &now.markets[usize::from(*market)];
                (market.open_long, market.pending_long, market.pending_short)
            };
            if volume(before) != volume(after) {
                found.push("an option traded on the book");
            }
        }
        _ => {}
    }
    if action.kind == Kind::SettleExpired {
        found.push("a contract settled");
    }
    let scales = |now: &Snapshot| {
        let mut assets = now.tables.assets.iter();
        assets.any(|asset| asset.volatility.initial.0 > 1 << 20)
    };
    if !scales(before) && scales(after) {
        found.push("requirements multiplied by volatility");
    }
}

fn of_liquidations(before: &Snapshot, action: &Action, found: &mut Vec<&'static str>) {
    match &action.deed {
        Deed::Liquidate {
            liquidatee, market, ..
        } => {
            let option = before.tables.markets[usize::from(*market)].is_option();
            match (is_scanned(before, liquidatee), option) {
                (true, true) => found.push("an option taken of a scanned book"),
                (true, false) => found.push("a linear leg taken of a scanned book"),
                (false, true) => found.push("an option taken by Standard margin"),
                _ => {}
            }
        }
        Deed::Slice { liquidatee, .. } => {
            match (
                is_scanned(before, liquidatee),
                holds_options(before, liquidatee),
            ) {
                (true, true) => found.push("a slice of a scanned book with options"),
                (true, false) => found.push("a slice of a scanned book"),
                (false, true) => found.push("a slice with options by Standard margin"),
                _ => {}
            }
        }
        Deed::TakeOver { account } if holds_options(before, account) => {
            found.push("options taken over by the backstop");
        }
        Deed::Deleverage { market, .. }
            if before.tables.markets[usize::from(*market)].is_option() =>
        {
            found.push("an option deleveraged");
        }
        _ => {}
    }
}

/// A program refuses with a number; and the post-condition of a liquidation is a second line behind the engine's
/// own reasoning, which nothing must ever reach.
///
/// # Errors
/// The failure.
pub fn must_not_fail_like_this(failure: &Failure, action: &Action, before: &Snapshot) -> Verdict {
    // The runtime has a say where accounts are not those that were meant.
    let strange = action.kind == Kind::Strange;
    if failure.code.is_none() && !strange {
        return Err(format!("it failed, and was not refused: {failure}"));
    }
    if failure.is(ErrorCode::LiquidationWouldHarm) && !is_rounding(action, before) {
        return Err(format!("the engine chose a step that harms: {failure}"));
    }
    Ok(())
}

/// A slice of next to nothing of a scanned book: the rounding of its legs may raise what the book needs by more than the
/// slice lowers it (docs/assurance.md, what is not covered).
fn is_rounding(action: &Action, before: &Snapshot) -> bool {
    let Deed::Slice {
        liquidatee, most, ..
    } = &action.deed
    else {
        return false;
    };
    let mut positions = before.margin(liquidatee).positions().iter();
    // Of the largest position it takes fewer than so many lots.
    let few = |lots: u64| u128::from(lots) * u128::from(*most) < 64 << 20;
    is_scanned(before, liquidatee) && positions.all(|position| few(position.lots.size()))
}
