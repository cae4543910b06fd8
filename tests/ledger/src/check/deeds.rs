//! What must hold of an operation of each kind.

use super::{Case, Verdict, ensure, is_worse};
use crate::{
    default::Closed,
    ledger::{ACCOUNTS, BACKSTOP, Ledger, MARKETS, RECORDED},
    liquidate::Sliced,
    naive::{div_up, now, worth, worth_to_the_backstop},
    operate::{Detail, Kind},
    shadow::Shadow,
};
use counterweight_risk::{
    Health, QuoteAtoms, collateral::Taking, liquidation::Step, standard::Gains,
};

const ONE: i128 = 1 << 20;

/// Checks what is special about an operation.
pub fn check(case: &Case, shadow: &Shadow) -> Verdict {
    let [first, second] = case.deed.who;
    match (case.deed.kind, &case.deed.detail) {
        (Kind::Withdraw, Detail::Moved(_)) => left_only_what_may(case, shadow, first),
        (Kind::Transfer, Detail::Moved(_)) => left_only_what_may(case, shadow, first),
        (Kind::CatchUp | Kind::Cancel | Kind::Flag, _) => {
            ensure!(
                case.was == case.is,
                "what is written changed what it is worth: {:?}, {:?}",
                case.was,
                case.is
            );
            Ok(())
        }
        (Kind::Accrue, _) => swept_and_counted(case, first),
        (Kind::Take, Detail::Filled { lots, .. }) => fill_keeps_surplus(case, second, *lots),
        (Kind::Liquidate | Kind::Sell, Detail::Liquidated { step, held }) => {
            discounts_spare_the_fund(case, shadow, step)?;
            liquidated_fairly(case, step, *held)
        }
        (Kind::Slice, Detail::Sliced(sliced)) => sliced_evenly(case, sliced),
        (Kind::Seize, Detail::Seized { asset, taking }) => seized_fairly(case, *asset, taking),
        (Kind::Resolve, _) => taken_over_whole(case, shadow),
        (Kind::Deleverage | Kind::DeleverageBackstop, Detail::Closed(closed)) => {
            closed_pro_rata(case, closed)?;
            fund_is_spared(case, shadow, closed)
        }
        (Kind::Sweep, Detail::Swept { side, lots }) => swept_once(case, *side, *lots),
        _ => Ok(()),
    }
}

/// What leaves is mature, and leaves initial margin without any gain.
fn left_only_what_may(case: &Case, shadow: &Shadow, at: usize) -> Verdict {
    let cash = i128::from(case.after.accounts[at].core.cash.0);
    if case.before.accounts[at].core.cash != case.after.accounts[at].core.cash {
        let immature = shadow.immature(at, case.after.now);
        ensure!(cash >= immature, "{cash} stay, {immature} is not mature");
    }
    let health = case.after.initial(at, Gains::Ignored);
    let health = health.map_err(|error| format!("value left at such prices: {error:?}"))?;
    ensure!(
        health.is_met(),
        "value left below initial margin: {health:?}"
    );
    let worth = case.is[at];
    ensure!(
        worth.equity >= worth.requirement,
        "below maintenance: {worth:?}"
    );
    Ok(())
}

/// A fill at unchanged prices does not lower equity − initial margin, but for atoms, and what a rebate or fee
/// is on what an ask earns.
fn fill_keeps_surplus(case: &Case, maker: usize, lots: i64) -> Verdict {
    let surplus = |ledger: &Ledger| {
        let health = ledger.initial(maker, Gains::Weighted).ok()?;
        Some(i128::from(health.equity.0) - i128::from(health.requirement.0))
    };
    let (Some(was), Some(is)) = (surplus(case.before), surplus(case.after)) else {
        return Ok(());
    };
    let Detail::Filled { at_hand: true, .. } = case.deed.detail else {
        ensure!(
            is == was,
            "a fill that waits changed its maker: {was}, {is}"
        );
        return Ok(());
    };
    let row = &case.before.markets[case.deed.market];
    let asset = &case.before.assets[usize::from(row.asset)];
    // The fee on what is earned above the conservative price: at most the band, and what the price jumped.
    let spread = i128::from(asset.initial_high.0 + asset.index.0 / 20 - asset.initial_low.0);
    let fee = i128::from(row.maker_fee_tenths.max(0));
    let most = (i128::from(lots) * spread * fee / 100_000) >> 16;
    ensure!(
        is + most + 8 >= was,
        "a fill lowered the surplus of account {maker} from {was} to {is}"
    );
    Ok(())
}

/// Interest that was swept is in the insurance line; the debt is counted; nobody's worth has changed.
fn swept_and_counted(case: &Case, at: usize) -> Verdict {
    let core = &case.after.accounts[at].core;
    ensure!(
        core.debt.payable.0 == 0
            && i128::from(core.debt.counted) == -i128::from(core.cash.0.min(0)),
        "{core:?}"
    );
    let line = |ledger: &Ledger| i128::from(ledger.house.insurance);
    let held = |ledger: &Ledger| {
        let core = &ledger.accounts[at].core;
        i128::from(core.cash.0) + i128::from(core.debt.payable.0)
    };
    ensure!(
        line(case.after) - line(case.before) == held(case.before) - held(case.after),
        "what was swept did not arrive"
    );
    for other in BACKSTOP + 1..ACCOUNTS {
        ensure!(
            case.was[other] == case.is[other],
            "account {other} was worth {:?} and is {:?}",
            case.was[other],
            case.is[other]
        );
    }
    Ok(())
}

/// A discount of the backstop's auction brings it no lower than the floor of its day.
fn discounts_spare_the_fund(case: &Case, shadow: &Shadow, step: &Step) -> Verdict {
    let floor = shadow.floor(case.after);
    let is = worth(case.after, &case.after.accounts[BACKSTOP], RECORDED);
    ensure!(
        case.deed.who[0] != BACKSTOP || step.penalty.0 == 0 || is.equity + 2 >= floor,
        "a discount of {} left {}, below {floor}",
        step.penalty.0,
        is.equity
    );
    Ok(())
}

/// π(t) of a market, in 2^-20.
fn rate(ledger: &Ledger, market: usize, victim: usize) -> i128 {
    let start = ledger.accounts[victim].core.liquidation_start;
    let elapsed = if start == 0 { 0 } else { ledger.now - start };
    let row = &ledger.markets[market];
    let [low, high] = [row.penalty_start, row.penalty_max].map(|rate| i128::from(rate.0));
    let whole = i128::from(ledger.params.auction_seconds);
    low + (high - low) * i128::from(elapsed).clamp(0, whole) / whole
}

fn restored(health: &Health, ledger: &Ledger) -> bool {
    let keep = ONE + i128::from(ledger.params.liquidation_buffer.0);
    i128::from(health.equity.0) * ONE >= i128::from(health.requirement.0) * keep
}

/// What holds of every step of a liquidation.
fn is_due(case: &Case, most: i128) -> Verdict {
    let [victim, taker] = case.deed.who;
    let (was, is) = (&case.was[victim], &case.is[victim]);
    let flagged = case.before.accounts[victim].core.liquidation_start != 0;
    ensure!(
        victim == BACKSTOP || was.equity < was.requirement || flagged,
        "an account that covers its margin was liquidated: {was:?}"
    );
    ensure!(!is_worse(was, is), "the ratio is lower: {was:?}, {is:?}");
    ensure!(
        is.equity + most.max(0) >= was.equity,
        "it cost {}, at most {most}",
        was.equity - is.equity
    );
    let health = case.after.takeover(taker);
    let health = health.map_err(|error| format!("{error:?}"))?;
    ensure!(
        health.is_met(),
        "the liquidator is below its margin: {health:?}"
    );
    Ok(())
}

/// No more than restores, at no more than π(t)·V; the lots go to the liquidator, and the penalty in parts.
fn liquidated_fairly(case: &Case, step: &Step, held: i64) -> Verdict {
    let ([victim, taker], market) = (case.deed.who, case.deed.market);
    let price = i128::from(case.before.price_of(market, held).0);
    let (lots, sign) = (i128::from(step.lots), i128::from(held.signum()));
    let value = -(-sign * lots * price).div_euclid(1 << 16) * sign; // towards the account
    let value = if sign > 0 {
        div_up(lots * price, 1 << 16)
    } else {
        value
    };
    ensure!(
        value == i128::from(step.value.0),
        "{lots} lots at {price} for {}, not {value}",
        step.value.0
    );
    let full = value * rate(case.before, market, victim) / ONE;
    is_due(case, if case.was[victim].equity > 0 { full } else { 0 })?;
    let moved = |at: usize| case.after.lots(at, market) - case.before.lots(at, market);
    ensure!(
        i128::from(moved(victim)) == -sign * lots && moved(taker) == -moved(victim),
        "{lots} of {held} lots were to go to the liquidator"
    );
    if case.before.is_scanned(victim) {
        // Only what its book needs less without.
        let (was, is) = (case.was[victim].requirement, case.is[victim].requirement);
        ensure!(
            is < was,
            "{lots} of {held} lots were taken of a book that needed {was} and needs {is}"
        );
        return Ok(());
    }
    if victim == BACKSTOP || step.lots <= 1 {
        return Ok(());
    }
    let health = case.before.health(victim).map_err(|e| format!("{e:?}"))?;
    let candidate = case.before.candidate(victim, market, health);
    let candidate = candidate.map_err(|e| format!("{e:?}"))?;
    let notional = div_up(i128::from(held.abs()) * price, 1 << 16);
    if notional > i128::from(candidate.market.dust_notional) && restored(&step.after, case.before) {
        let fewer = candidate
            .take(step.lots - 1)
            .map_err(|e| format!("{e:?}"))?;
        ensure!(
            !restored(&fewer.after, case.before),
            "{} of {held} lots were taken, one less restores it as well",
            step.lots
        );
    }
    Ok(())
}

/// One fraction of every position, to half a lot; penalties sum, each at most π(t)·V.
fn sliced_evenly(case: &Case, sliced: &Sliced) -> Verdict {
    let [victim, _] = case.deed.who;
    let (mut most, mut penalty) = (0, 0);
    for (market, leg) in &sliced.legs {
        let value = i128::from(leg.cost.0.abs());
        let full = value * rate(case.before, *market, victim) / ONE;
        ensure!(
            (0..=full).contains(&i128::from(leg.penalty.0)),
            "market {market} charges {} of {full}",
            leg.penalty.0
        );
        ensure!(
            leg.insurance >= QuoteAtoms::ZERO && leg.insurance <= leg.penalty,
            "insurance: {leg:?}"
        );
        most += full;
        penalty += i128::from(leg.penalty.0);
        let held = i128::from(case.before.lots(victim, *market));
        let exact = held * i128::from(sliced.slice.fraction);
        let off = (exact - (i128::from(leg.lots.0) << 30)).abs();
        ensure!(
            off <= 1 << 29,
            "{leg:?} of {held} lots in market {market} is not {} of 2^30",
            sliced.slice.fraction
        );
    }
    ensure!(
        penalty == i128::from(sliced.slice.penalty.0),
        "legs charge {penalty}: {:?}",
        sliced.slice
    );
    is_due(case, if case.was[victim].equity > 0 { most } else { 0 })
}

/// Collateral goes at no less than the discount allows, and raises equity.
fn seized_fairly(case: &Case, asset: usize, taking: &Taking) -> Verdict {
    let [victim, _] = case.deed.who;
    is_due(case, 0)?;
    let row = &case.before.assets[asset];
    // (1 − weight) / 2 at most.
    let kept = ONE + i128::from(row.weight_maintenance.0);
    let value = i128::from(taking.atoms) * i128::from(row.maintenance_high.0);
    let least = div_up(
        value * kept,
        (i128::from(row.atoms_per_lot) << 16) * 2 * ONE,
    );
    // The discount rounds down; the price that it leaves up: less than an atom a lot.
    ensure!(
        i128::from(taking.cost.0) >= least,
        "{taking:?} of asset {asset}, worth at least {least}"
    );
    if victim == BACKSTOP {
        return Ok(());
    }
    // With the interest until now.
    let debt = i128::from(taking.cost.0) - i128::from(case.after.accounts[victim].core.cash.0);
    let price = div_up(
        i128::from(row.maintenance_high.0),
        i128::from(row.atoms_per_lot) << 16,
    );
    ensure!(
        i128::from(taking.cost.0) <= debt + price + 1,
        "{taking:?} for a debt of {debt}"
    );
    Ok(())
}

/// The backstop has all of it, stays at its margin and above the floor of the day; nothing is created.
fn taken_over_whole(case: &Case, shadow: &Shadow) -> Verdict {
    let [victim, _] = case.deed.who;
    let gone = &case.after.accounts[victim];
    ensure!(
        gone.core.is_empty() && gone.positions().is_empty(),
        "something is left: {gone:?}"
    );
    let was = case.was[victim];
    let line = i128::from(case.before.params.backstop_line.0);
    ensure!(
        was.equity < 0 || was.equity * ONE < was.requirement * line,
        "it was not in default: {was:?}"
    );
    let is = case.is[BACKSTOP];
    ensure!(
        is.equity >= is.requirement,
        "the backstop is below its margin: {is:?}"
    );
    let floor = shadow.floor(case.after);
    ensure!(
        is.equity >= floor,
        "the backstop has {}, below {floor}",
        is.equity
    );
    let insurance = i128::from(case.before.house.insurance);
    let taken = worth_to_the_backstop(case.before, &case.before.accounts[victim]).equity;
    let sum = case.was[BACKSTOP].equity + taken + insurance;
    let created = (is.equity - sum).abs();
    // In a wide interval both sides are valued in their favour, until they are netted.
    if case
        .before
        .assets
        .iter()
        .any(|asset| asset.maintenance_low != asset.maintenance_high)
    {
        return Ok(());
    }
    // Netted positions, and collateral in one balance, round once instead of twice.
    ensure!(
        created <= 2 * MARKETS as i128 + 4,
        "{created} atoms appeared or vanished"
    );
    Ok(())
}

/// Nobody on the other side pays more than its share of the deficit by its lots, and nobody gains, but for what
/// rounding to a lot is worth.
fn closed_pro_rata(case: &Case, closed: &Closed) -> Verdict {
    let ([who, _], market) = (case.deed.who, case.deed.market);
    let (row, closing) = (&case.before.markets[market], &closed.closing);
    let lot = div_up(i128::from(closing.price.0), 1 << 16);
    let deficit = i128::from(closing.deficit.0);
    for at in 0..ACCOUNTS {
        if at == who || (at == BACKSTOP && closed.covered > 0) {
            continue;
        }
        let was = case.was[at].equity;
        let swept = if at == BACKSTOP {
            i128::from(case.before.house.insurance)
        } else {
            0
        };
        let change = case.is[at].equity - was - swept;
        let mut positions = case.before.accounts[at].positions().iter();
        let position = positions.find(|p| usize::from(p.market) == market);
        let held = position.map_or(0, |p| now(p, row).0);
        // One whose lots have rounded to none still has its part of one.
        let written = position.map_or(0, |p| p.lots.0);
        let other = written != 0 && (written > 0) != (closing.lots.0 > 0);
        let share = if other {
            div_up(deficit * (held.abs() + 1), i128::from(closing.other))
        } else {
            0
        };
        // Rounding to a lot is worth two at most; that of the index 2^-16 of an atom a lot, twice, of a side
        // of which so much is left.
        let era = position.map_or(0, |p| p.era & 0xFFFF_FFFF);
        let index = (i128::from(written.unsigned_abs()) << 17) / ((1 << 32) - i128::from(era));
        let grain = if other { 2 * lot + index + 4 } else { 0 };
        ensure!(
            change >= -share - grain && change <= grain,
            "account {at} with {held} lots changed by {change}, its share is {share}: {closing:?}"
        );
    }
    Ok(())
}

/// The fund pays neither below the floor of its day nor below its margin; the account gets what it lacks and no
/// more.
fn fund_is_spared(case: &Case, shadow: &Shadow, closed: &Closed) -> Verdict {
    let [who, _] = case.deed.who;
    let insurance = i128::from(case.before.house.insurance);
    let lot = div_up(i128::from(closed.closing.price.0), 1 << 16);
    let had = case.was[BACKSTOP].equity + insurance;
    let is = case.is[BACKSTOP];
    if closed.covered > 0 {
        // As one of the other side it bears its share besides.
        let bears = case.before.lots(BACKSTOP, case.deed.market) != 0;
        let floor = shadow.floor(case.after);
        ensure!(
            bears || is.equity >= floor,
            "the fund paid {} of {had}, and has {}, below {floor}",
            closed.covered,
            is.equity
        );
        ensure!(
            bears || is.equity >= is.requirement,
            "below its margin: {is:?}"
        );
        let cash = case.after.accounts[BACKSTOP].core.cash.0;
        ensure!(cash >= 0, "the fund paid cash that it did not have: {cash}");
    }
    if who != BACKSTOP {
        let (was, is) = (case.was[who].equity, case.is[who].equity);
        ensure!(
            is <= was.max(0) + lot + 4,
            "the account was given more than it lacks: {was}, {is}"
        );
    }
    Ok(())
}

/// Everything that is left over goes to the backstop, once.
fn swept_once(case: &Case, side: usize, lots: i64) -> Verdict {
    let line = &case.after.lines[case.deed.market];
    ensure!(line.unsettled[side] == 0, "something stays: {line:?}");
    let held = |ledger: &Ledger| ledger.lots(BACKSTOP, case.deed.market);
    let got = held(case.after) - held(case.before);
    ensure!(got == lots && lots > 0, "{got} of {lots} lots");
    Ok(())
}
