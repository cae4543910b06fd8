//! What must always hold (docs: architecture, section 8): each promise is a function that looks at
//! the state before and after a step and returns a sentence where it was broken.
//!
//! The functions recompute what they can from plain integers, so that they do not repeat the
//! program's own reasoning; margin figures come from the engine, which has its own reference tests.

mod contracts;
mod custody;
mod default;
mod liquidation;
mod orders;
mod takeover;
mod value;

pub use contracts::{
    Recorded, arrays_are_true, models_are_chosen, nobody_is_judged_behind_an_end,
    owners_of_options_owe_nothing, positions_settle_exactly, smiles_move_slowly,
};
pub use custody::{audits_succeed, notes_are_true, only_what_may_leave_leaves};
pub use liquidation::{liquidation_is_fair, liquidation_state_follows_health};
use orders::slack_of_fills;

pub use orders::orders_are_kept;
pub use takeover::{collateral_pays_debts, slices_are_even};
pub use value::{only_the_owner_takes_value_out, value_leaves_only_at_usable_prices};

use crate::snapshot::{Deed, Snapshot, Step, with_notes_of};
use anchor_lang::prelude::Pubkey;
use counterweight::state::Market;
use counterweight_risk::{
    Health, Lots, Position, QuoteAtoms, Result as RiskResult,
    market::MODE_SETTLEMENT,
    standard::{Gains, initial, initial_for_takeover, maintenance},
};
use counterweight_sdk::{
    accounts::{Margin, RiskTables},
    preview,
};
use counterweight_simnet::{Exchange, reconcile};

/// A promise that holds, or a sentence that says how it was broken.
pub type Verdict = Result<(), String>;

/// Fails with a sentence unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($sentence:tt)+) => {
        if !$condition {
            return Err(format!($($sentence)+));
        }
    };
}
pub(crate) use ensure;

/// Quote atoms that lots which a deleveraging has left over may not have paid in funding.
const LEFT_OVER: i128 = 1_000_000;

/// Checks every promise about a step. `exchange` is in the state `after`.
///
/// # Errors
/// The sentence of the first one that was broken, after its name.
pub fn check_all(exchange: &Exchange, before: &Snapshot, after: &Snapshot, step: &Step) -> Verdict {
    let named = |name: &str, verdict: Verdict| verdict.map_err(|what| format!("{name}: {what}"));
    let over = |name: &str, check: fn(&Snapshot, &Snapshot, &Step) -> Verdict| {
        named(name, check(before, after, step))
    };
    over("a_refusal_changes_nothing", a_refusal_changes_nothing)?;
    if !step.succeeded {
        return Ok(());
    }
    named("lots_sum_to_zero", lots_sum_to_zero(after))?;
    named("ledger_balances", ledger_balances(exchange, after))?;
    named("accounts_are_well_formed", accounts_are_well_formed(after))?;
    named("notes_are_true", notes_are_true(after))?;
    over("orders_are_kept", orders_are_kept)?;
    contracts::all_kept(before, after, step)?;
    if matches!(step.deed, Deed::Strange) {
        return Ok(());
    }
    over("sequence_counts_changes", sequence_counts_changes)?;
    over(
        "surroundings_leave_accounts_alone",
        surroundings_leave_accounts_alone,
    )?;
    over(
        "value_leaves_only_at_usable_prices",
        value_leaves_only_at_usable_prices,
    )?;
    over("only_what_may_leave_leaves", only_what_may_leave_leaves)?;
    named(
        "defaults_are_shared",
        default::defaults_are_shared(before, after, step),
    )?;
    check_deeds(&before.settled()?, &after.settled()?, step)
}

/// Checks every promise that compares accounts: with everything applied that they have not caught up with.
fn check_deeds(before: &Snapshot, after: &Snapshot, step: &Step) -> Verdict {
    let over = |name: &str, check: fn(&Snapshot, &Snapshot, &Step) -> Verdict| {
        check(before, after, step).map_err(|what| format!("{name}: {what}"))
    };
    over("initial_margin_is_kept", initial_margin_is_kept)?;
    over("the_failing_are_not_worsened", the_failing_are_not_worsened)?;
    over("positions_settle_exactly", positions_settle_exactly)?;
    owners_of_options_owe_nothing(after)
        .map_err(|what| format!("owners_of_options_owe_nothing: {what}"))?;
    over("liquidation_is_fair", liquidation_is_fair)?;
    over("slices_are_even", slices_are_even)?;
    over("collateral_pays_debts", collateral_pays_debts)?;
    over(
        "liquidation_state_follows_health",
        liquidation_state_follows_health,
    )?;
    over(
        "only_the_owner_takes_value_out",
        only_the_owner_takes_value_out,
    )
}

/// Equity and maintenance margin as the program sees them at this time; where the price of a position is too
/// old for that, at the recorded prices.
pub(crate) fn standing(tables: &RiskTables, margin: &Margin, now: i64) -> Result<Health, String> {
    let (book, view) = (tables.book(), margin.view());
    // At the beginning of time no price is too old. What the backstop holds is judged at the prices that were recorded.
    let now = if margin.header.is_backstop() { 0 } else { now };
    maintenance(&book, &view, now)
        .or_else(|_| maintenance(&book, &view, 0))
        .map_err(|error| format!("{error:?}"))
}

/// Equity and initial margin, where prices may be used for it.
pub(crate) fn initial_of(snapshot: &Snapshot, margin: &Margin) -> RiskResult<Health> {
    initial_by(&snapshot.tables, margin, snapshot.time)
}

fn initial_by(tables: &RiskTables, margin: &Margin, now: i64) -> RiskResult<Health> {
    initial(
        &tables.book(),
        &margin.view(),
        now,
        u32::MAX,
        Gains::Weighted,
    )
}

/// Whether an account below its maintenance margin became worse: its ratio, or its equity where there
/// is none to speak of a ratio.
pub(crate) fn is_worse(before: &Health, after: &Health) -> bool {
    let (e, mm) = (
        i128::from(before.equity.0),
        i128::from(before.requirement.0),
    );
    let (e_after, mm_after) = (i128::from(after.equity.0), i128::from(after.requirement.0));
    if e <= 0 {
        return e_after < e;
    }
    e_after < 0 || e_after * mm < e * mm_after
}

/// Lots that are left of a market which has ended, longs less shorts: positions are closed there one by one, each at what
/// its lots are worth. Of any other market nothing.
fn left_of(now: &Snapshot, market: &Market) -> i128 {
    let row = &now.tables.markets[usize::from(market.index)];
    if row.mode != MODE_SETTLEMENT {
        return 0;
    }
    let long = i128::from(market.open_long) + i128::from(market.pending_long);
    long - i128::from(market.open_short) - i128::from(market.pending_short)
}

/// Section 8, 1: in each market the lots of all accounts, with what waits in the queue, sum to zero (until it has ended,
/// and its positions are closed one by one), and open interest is what accounts hold long, and what they hold short.
///
/// # Errors
/// The market and the sums.
pub fn lots_sum_to_zero(now: &Snapshot) -> Verdict {
    for market in &now.markets {
        let (mut long, mut short) = (0i128, 0i128);
        let positions = now
            .margins
            .iter()
            .flat_map(|(_, margin)| margin.positions());
        for position in positions.filter(|position| position.market == market.index) {
            let lots = i128::from(position.lots.0);
            long += lots.max(0);
            short += (-lots).max(0);
        }
        let open = [market.open_long, market.open_short];
        let [open_long, open_short] =
            [0, 1].map(|side| i128::from(open[side]) + i128::from(market.unsettled[side]));
        ensure!(
            long == open_long && short == open_short,
            "market {}: accounts hold {long} lots long and {short} short, the market says {open_long} and \
             {open_short}, of which {:?} are not settled",
            market.index,
            market.unsettled,
        );
        let (bought, sold) = (market.pending_long, market.pending_short);
        let left = left_of(now, market);
        ensure!(
            i128::from(open[0] + bought) == i128::from(open[1] + sold) + left
                && bought >= 0
                && sold >= 0,
            "market {}: {long} lots long and {short} short, {bought} and {sold} wait",
            market.index,
        );
    }
    Ok(())
}

/// Section 8, 2: the quote vault holds what everybody is owed, to the atom, and each collateral vault
/// the balances. What is left of a market that has ended is owed what its lots are worth, and nothing else is.
///
/// # Errors
/// All sums.
pub fn ledger_balances(exchange: &Exchange, now: &Snapshot) -> Verdict {
    let backstop = exchange.venue.backstop(); // comes by itself
    let accounts = now.margins.iter().map(|(key, _)| *key);
    let accounts: Vec<Pubkey> = accounts.filter(|key| *key != backstop).collect();
    let sums = reconcile(exchange, &accounts);
    // Lots that a deleveraging has left over do not take part in funding until they are swept.
    let deleveraged = now.tables.markets.iter().any(|row| row.era != [0; 2]);
    let left_over = if deleveraged { LEFT_OVER } else { 0 };
    let left: Vec<i128> = now.markets.iter().map(|m| left_of(now, m)).collect();
    let ended = left.iter().zip(&now.tables.markets);
    let due: i128 = ended
        .map(|(lots, row)| lots * i128::from(row.settlement_price))
        .sum();
    ensure!(
        sums.difference() == due
            && sums.left() >= -left_over
            && sums.lots == left
            && sums.collateral.values().all(|surplus| *surplus == 0)
            && sums.unrecorded.values().all(|surplus| *surplus == 0),
        "difference {}, {due} are due to {left:?}: {sums:?}",
        sums.difference()
    );
    Ok(())
}

/// Section 8, 3, first half: an account that met initial margin meets it after every instruction,
/// unless prices, parameters or the clock moved, by the weights of before: what is deposited lowers them for
/// all. That holds for a maker whose orders are filled, but
/// for roundings, and for the funding of fills that waited.
///
/// # Errors
/// The account and its figures.
pub fn initial_margin_is_kept(before: &Snapshot, after: &Snapshot, step: &Step) -> Verdict {
    if !before.judges_like(after) {
        return Ok(());
    }
    let tables = with_notes_of(&after.tables, &before.tables);
    for (key, margin_before, margin_after) in before.with(after) {
        let Ok(health_before) = initial_of(before, margin_before) else {
            continue;
        };
        // Nobody trades for the backstop: it takes over by maintenance margin.
        if !health_before.is_met() || default::is_backstop(margin_before) {
            continue;
        }
        let health_after = initial_by(&tables, margin_after, after.time);
        let health_after = match step.deed {
            // A liquidator is judged at prices that are good enough for that. Collateral whose price is not good
            // enough for more counts nothing in the strict check, and something there.
            Deed::Liquidate { liquidator, .. }
            | Deed::Slice { liquidator, .. }
            | Deed::Seize { liquidator, .. }
                if liquidator == *key && !health_after.as_ref().is_ok_and(Health::is_met) =>
            {
                initial_for_takeover(&tables.book(), &margin_after.view(), after.time, u32::MAX)
            }
            _ => health_after,
        };
        let health_after = health_after.or_else(|error| match step.deed {
            // Tokens of any kind may come in.
            Deed::Deposit { account, .. } if account == *key => Ok(health_before),
            Deed::Transfer { to, .. } if to == *key => Ok(health_before),
            _ => Err(error),
        });
        let health_after =
            health_after.map_err(|error| format!("{key} met IM, and now: {error:?}"))?;
        let slack = match step.deed {
            Deed::Book { account, market } if account != Some(*key) => {
                slack_of_fills(before, market, key)?
            }
            Deed::Trigger {
                account, market, ..
            } if account != *key => slack_of_fills(before, market, key)?,
            _ => 0,
        };
        ensure!(
            health_after.equity.0 + slack >= health_after.requirement.0,
            "{key} met initial margin and no longer does: {health_before:?}, then {health_after:?}; \
             {:?}, then {:?}",
            margin_before.positions(),
            margin_after.positions()
        );
    }
    Ok(())
}

/// Section 8, 3, second half: no instruction makes an account below maintenance margin worse, unless
/// it is a maker's whose order is taken, or prices, parameters or the clock moved.
///
/// # Errors
/// The account and its figures.
pub fn the_failing_are_not_worsened(before: &Snapshot, after: &Snapshot, step: &Step) -> Verdict {
    if !before.judges_like(after) {
        return Ok(());
    }
    for (key, margin_before, margin_after) in before.with(after) {
        let health_before = standing(&before.tables, margin_before, before.time)?;
        // An order that rests is an offer at its price, which others may take: a fill is not the
        // maker's own action.
        let others = match step.deed {
            Deed::Book { account, .. } => account != Some(*key),
            Deed::Trigger { account, .. } => account != *key,
            _ => false,
        };
        if health_before.is_met() || others {
            continue;
        }
        let health_after = standing(&after.tables, margin_after, after.time)?;
        ensure!(
            !is_worse(&health_before, &health_after),
            "{key} was below maintenance margin and is worse: {health_before:?}, then {health_after:?}"
        );
    }
    Ok(())
}

/// Section 8, 5, first half: an instruction that fails changes no byte of any account.
///
/// # Errors
/// The accounts that differ.
pub fn a_refusal_changes_nothing(before: &Snapshot, after: &Snapshot, step: &Step) -> Verdict {
    if step.succeeded {
        return Ok(());
    }
    let changed: Vec<_> = before
        .bytes
        .iter()
        .filter(|(key, bytes)| after.bytes.get(key) != Some(*bytes))
        .map(|(key, _)| key)
        .collect();
    ensure!(changed.is_empty(), "a refused step changed {changed:?}");
    Ok(())
}

/// Prices, parameters and the clock change no account, no wallet and no market; and an instruction
/// that changes an account changes no price.
///
/// # Errors
/// What changed.
pub fn surroundings_leave_accounts_alone(
    before: &Snapshot,
    after: &Snapshot,
    step: &Step,
) -> Verdict {
    if matches!(step.deed, Deed::Surroundings) {
        for (key, _, _) in before.with(after) {
            ensure!(
                before.bytes[key] == after.bytes[key],
                "margin account {key} changed with its surroundings"
            );
        }
    } else if !matches!(step.deed, Deed::Deleverage { .. }) {
        let notes = matches!(
            step.deed,
            Deed::Deposit { .. } | Deed::Withdraw { .. } | Deed::Accrue { .. }
        );
        ensure!(
            before.judges_like(after) && (notes || before.notes_like(after)),
            "a price, a parameter or the clock changed"
        );
    }
    Ok(())
}

/// Positions stand strictly sorted by asset and market in the first slots and hold lots; unused slots
/// are zero; nothing is negative that cannot be.
///
/// # Errors
/// The account and the slot.
pub fn accounts_are_well_formed(now: &Snapshot) -> Verdict {
    for (key, margin) in &now.margins {
        let used = usize::from(margin.header.core.position_count);
        ensure!(
            used <= margin.slots.len(),
            "{key}: {used} positions in {} slots",
            margin.slots.len()
        );
        let positions = margin.positions();
        let sorted = positions
            .windows(2)
            .all(|pair| (pair[0].asset, pair[0].market) < (pair[1].asset, pair[1].market));
        ensure!(sorted, "{key}: positions are not sorted: {positions:?}");
        for position in positions {
            let row = now.tables.markets.get(usize::from(position.market));
            ensure!(
                position.lots != Lots::ZERO || position.quote == QuoteAtoms::ZERO,
                "{key}: quote without lots: {position:?}"
            );
            ensure!(
                row.is_some_and(|row| row.asset == position.asset) && !position.is_empty(),
                "{key}: a position that cannot be: {position:?}"
            );
        }
        let unused = margin.slots[used..].iter();
        ensure!(
            unused.clone().all(|slot| *slot == Position::default()),
            "{key}: an unused slot is not zero"
        );
        let cost: i128 = positions.iter().map(|p| i128::from(p.quote.0)).sum();
        ensure!(
            used > 0 || cost == 0,
            "{key}: quote without a position: {cost}"
        );
    }
    for market in &now.markets {
        let lines = [
            market.fees,
            market.insurance,
            market.open_long,
            // Shorts keep more than their share: until the rest is swept, they may close more than is open.
            market.open_short + market.unsettled[1].max(0),
        ];
        ensure!(
            lines.iter().all(|line| *line >= 0),
            "market {}: a negative line: {lines:?}",
            market.index
        );
    }
    Ok(())
}

/// Each change of an account counts its sequence number up: by one for each event about it, of which
/// an instruction emits two at most, and one for each order of a maker that is met. Nothing else does.
///
/// # Errors
/// The account and the numbers.
pub fn sequence_counts_changes(before: &Snapshot, after: &Snapshot, step: &Step) -> Verdict {
    let most = match step.deed {
        Deed::Book { .. } | Deed::Trigger { .. } => 34,
        _ => 2,
    };
    for (key, margin_before, margin_after) in before.with(after) {
        let changed = before.bytes[key] != after.bytes[key];
        let (from, to) = (margin_before.header.sequence, margin_after.header.sequence);
        ensure!(
            if changed {
                (from + 1..=from + most).contains(&to)
            } else {
                to == from
            },
            "{key}: changed: {changed}, but the sequence went from {from} to {to}"
        );
    }
    Ok(())
}

/// What the chain says of an account is what the preview says: the same figures, or a refusal of both.
///
/// # Errors
/// Both.
pub fn view_equals_preview(exchange: &mut Exchange, account: Pubkey) -> Verdict {
    let now = exchange.chain.time();
    let preview = preview::margin_view(&exchange.tables(), &exchange.margin(&account), now);
    match (exchange.view(account), preview) {
        (Ok(chain), Ok(preview)) if chain == preview => Ok(()),
        (Err(_), Err(_)) => Ok(()),
        (chain, preview) => Err(format!(
            "view_equals_preview: {account}: the chain says {chain:?}, the preview {preview:?}"
        )),
    }
}

/// Cash, interest that waits to be swept, and the quote of all positions: what changes hands in money.
pub(crate) fn money(margin: &Margin) -> i128 {
    let core = &margin.header.core;
    let QuoteAtoms(payable) = core.debt.payable;
    let QuoteAtoms(cash) = core.cash;
    let quote = margin
        .positions()
        .iter()
        .map(|position| i128::from(position.quote.0));
    i128::from(cash) + i128::from(payable) + quote.sum::<i128>()
}

/// Lots held in a market.
pub(crate) fn lots_in(margin: &Margin, market: u16) -> i64 {
    let found = margin
        .positions()
        .iter()
        .find(|position| position.market == market);
    found.map_or(0, |position| position.lots.0)
}
