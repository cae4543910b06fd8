//! Promises about defaults (docs/risk.md, section 9), recomputed in plain integers.

use super::{Verdict, ensure, lots_in, money};
use crate::snapshot::{Deed, Snapshot, Step};
use anchor_lang::prelude::Pubkey;
use counterweight_risk::{
    Health,
    backstop::{DAY, is_in_default},
    market::KIND_PERPETUAL,
    standard::maintenance,
};
use counterweight_sdk::accounts::Margin;

/// Whether it is the clearinghouse's own.
pub(super) fn is_backstop(margin: &Margin) -> bool {
    margin.header.owner == margin.header.clearinghouse
}

/// Equity and maintenance margin at the prices that are recorded.
fn judged(now: &Snapshot, key: &Pubkey) -> Result<Health, String> {
    let health = maintenance(&now.tables.book(), &now.margin(key).view(), 0);
    health.map_err(|error| format!("{key}: {error:?}"))
}

/// What an account is worth to the fund at the prices that are recorded: its interest is the fund's, paid or not.
fn equity(now: &Snapshot, key: &Pubkey) -> Result<i128, String> {
    let margin = now.margin(key);
    let mut view = margin.view();
    view.interest = u64::MAX;
    let health = maintenance(&now.tables.book(), &view, 0);
    let health = health.map_err(|error| format!("{key}: {error:?}"))?;
    Ok(i128::from(health.equity.0) + i128::from(margin.header.core.debt.payable.0))
}

/// A takeover leaves nothing behind and the backstop at its margin and above the floor of its day; a deleveraging
/// is paid by the other side by its lots, and by the fund no more than it may; catching up changes nothing.
///
/// # Errors
/// The figures that do not fit.
pub fn defaults_are_shared(before: &Snapshot, after: &Snapshot, step: &Step) -> Verdict {
    // Others may hold what nobody has priced.
    let (before, after) = (&before.priced(0), &after.priced(0));
    match step.deed {
        Deed::TakeOver { account } => taken_over_whole(before, after, &account),
        Deed::Deleverage { account, market } => closed_pro_rata(before, after, &account, market),
        Deed::CatchUp { account } if !is_backstop(before.margin(&account)) => {
            // The interest that it is charged on the way is in its payable line.
            let standing =
                |now| Ok::<_, String>((equity(now, &account)?, judged(now, &account)?.requirement));
            let (was, is) = (standing(before)?, standing(after)?);
            ensure!(was == is, "catching up changed {was:?} into {is:?}");
            Ok(())
        }
        _ => Ok(()),
    }
}

fn backstop_of(now: &Snapshot) -> Result<Pubkey, String> {
    let mut margins = now.margins.iter();
    let found = margins.find(|(_, margin)| is_backstop(margin));
    Ok(found.ok_or("there is no backstop")?.0)
}

/// What the backstop may fall to: from what it had when it was first called upon on the day (or after the last
/// call, if that was more), and what has come in.
fn floor(before: &Snapshot, after: &Snapshot) -> Result<i128, String> {
    let backstop = backstop_of(before)?;
    let [was, is] = [before, after].map(|now| now.margin(&backstop).header.reference);
    let day = after.time.div_euclid(DAY);
    let began = if was.day == day {
        i128::from(was.equity)
    } else {
        i128::from(judged(before, &backstop)?.equity.0).max(was.last.into())
    };
    let reference = began + i128::from(before.clearinghouse.insurance);
    // Its own interest is taken before it is looked at.
    let payable = |now: &Snapshot| i128::from(now.margin(&backstop).header.core.debt.payable.0);
    let off = reference - i128::from(is.equity);
    ensure!(
        is.day == day && (0..=(payable(after) - payable(before)).max(0)).contains(&off),
        "the day {day} began with {reference}, not {is:?}"
    );
    let last = judged(after, &backstop)?.equity.0;
    ensure!(is.last == last, "the call ended with {last}, not {is:?}");
    let cap = i128::from(before.tables.header.params.backstop_daily_loss);
    Ok((reference - cap - off).max(0))
}

fn taken_over_whole(before: &Snapshot, after: &Snapshot, account: &Pubkey) -> Verdict {
    let backstop = backstop_of(before)?;
    let gone = after.margin(account);
    ensure!(
        gone.header.core.is_empty() && gone.positions().is_empty(),
        "something is left in {account}"
    );
    let (book, view) = (before.tables.book(), before.margin(account).view());
    let was = maintenance(&book, &view, before.time).map_err(|error| format!("{error:?}"))?;
    let line = before.tables.header.params.backstop_line;
    ensure!(
        is_in_default(&was, line),
        "{account} was not in default: {was:?}"
    );
    let is = judged(after, &backstop)?;
    let floor = floor(before, after)?;
    ensure!(
        is.is_met() && i128::from(is.equity.0) >= floor,
        "the backstop has {is:?}, its floor is {floor}"
    );
    // In a wide interval both sides are valued in their favour, until they are netted.
    let assets = &before.tables.assets;
    if assets
        .iter()
        .any(|asset| asset.maintenance_low != asset.maintenance_high)
    {
        return Ok(());
    }
    let sum = equity(before, &backstop)?
        + equity(before, account)?
        + i128::from(before.clearinghouse.insurance);
    let created = equity(after, &backstop)? - sum;
    // Netted positions, and collateral in one balance, round once instead of twice.
    ensure!(created.abs() <= 16, "{created} atoms appeared or vanished");
    Ok(())
}

/// The state before, with the market's funding applied: a deleveraging does that first.
fn funded(before: &Snapshot, time: i64, market: u16) -> Result<Snapshot, String> {
    let mut base = before.clone();
    let at = usize::from(market);
    let row = &mut base.tables.markets[at];
    if row.kind != KIND_PERPETUAL {
        return Ok(base);
    }
    let price = base.tables.assets[usize::from(row.asset)].index;
    let funding = &mut base.markets[at].funding;
    funding.advance(time, row.funding_interval, row.funding_cap);
    let moved = funding.apply(row, price);
    moved.map_err(|error| format!("{error:?}"))?;
    Ok(base)
}

/// What a deleveraging closed, from what accounts have afterwards.
struct Closed {
    lots: i64,
    /// What the other side bears.
    deficit: i128,
    /// What the backstop paid.
    covered: i128,
    /// The value of a lot, up.
    lot: i128,
}

impl Closed {
    fn read(
        base: &Snapshot,
        after: &Snapshot,
        account: &Pubkey,
        market: u16,
    ) -> Result<Self, String> {
        let backstop = backstop_of(base)?;
        let (was, is) = (base.settled()?, after.settled()?);
        let held = |now: &Snapshot| lots_in(now.margin(account), market);
        let lots = held(&was) - held(&is);
        let row = &base.tables.markets[usize::from(market)];
        let asset = &base.tables.assets[usize::from(row.asset)];
        let asset = row.priced(market, asset, after.time);
        let asset = asset.map_err(|error| format!("{error:?}"))?;
        let price = i128::from(asset.index.0);
        let insurance = i128::from(base.clearinghouse.insurance);
        // Where it owes, the call charges its interest: that went into its payable line, and to nobody.
        let cash = |now: &Snapshot| {
            let core = &now.margin(&backstop).header.core;
            i128::from(core.cash.0) + i128::from(core.debt.payable.0)
        };
        let covered = if *account == backstop {
            -insurance // comes in
        } else {
            cash(base) + insurance - cash(after)
        };
        let received = money(is.margin(account)) - money(was.margin(account)) - covered;
        // Against the account: down for a long, up for a short.
        let value = (i128::from(lots) * price).div_euclid(1 << 16);
        Ok(Self {
            lots,
            deficit: received - value,
            covered: covered.max(0),
            lot: (price + 0xFFFF) >> 16,
        })
    }
}

fn closed_pro_rata(before: &Snapshot, after: &Snapshot, account: &Pubkey, market: u16) -> Verdict {
    let base = funded(before, after.time, market)?;
    let backstop = backstop_of(before)?;
    let closed = Closed::read(&base, after, account, market)?;
    let ledger = &base.markets[usize::from(market)];
    let open = if closed.lots > 0 {
        ledger.open_short
    } else {
        ledger.open_long
    };
    let (lots, deficit) = (closed.lots, closed.deficit);
    ensure!(
        lots != 0 && i128::from(lots.abs()) <= i128::from(open) && deficit >= 0,
        "{lots} lots of {open} on the other side were closed, with a deficit of {deficit}"
    );
    for (key, margin) in &base.margins {
        if key == account || (*key == backstop && closed.covered > 0) {
            continue;
        }
        let mut change = equity(after, key)? - equity(&base, key)?;
        if *key == backstop {
            change -= i128::from(before.clearinghouse.insurance);
        }
        let mut positions = margin.positions().iter();
        let position = positions.find(|position| position.market == market);
        let written = position.map_or(0, |position| position.lots.0);
        let other = written != 0 && (written > 0) != (lots > 0);
        let held = i128::from(lots_in(base.settled()?.margin(key), market));
        let share = if other {
            deficit * (held.abs() + 1) / i128::from(open) + 1
        } else {
            0
        };
        // Rounding to a lot is worth two; that of the index 2^-16 of an atom a lot, twice.
        let left = (1i128 << 32) - i128::from(position.map_or(0, |p| p.era & 0xFFFF_FFFF));
        let index = (i128::from(written.unsigned_abs()) << 17) / left;
        let grain = if other { 2 * closed.lot + index + 4 } else { 0 };
        ensure!(
            change >= -share - grain && change <= grain,
            "{key} with {held} lots changed by {change}, its share of {deficit} is {share}"
        );
    }
    fund_is_spared(before, &base, after, account, market, &closed)
}

/// The fund pays neither below the floor of its day nor below its margin; the account gets what it lacks, and no
/// more.
fn fund_is_spared(
    before: &Snapshot,
    base: &Snapshot,
    after: &Snapshot,
    account: &Pubkey,
    market: u16,
    closed: &Closed,
) -> Verdict {
    let backstop = backstop_of(before)?;
    let floor = floor(base, after)?;
    let fund = judged(after, &backstop)?;
    // As one of the other side it bears its share besides.
    let bears = lots_in(before.margin(&backstop), market) != 0;
    ensure!(
        closed.covered == 0 || bears || (fund.is_met() && i128::from(fund.equity.0) >= floor),
        "the fund paid {}, and has {fund:?}, its floor is {floor}",
        closed.covered
    );
    let wanted = if *account == backstop { floor } else { 0 };
    let (was, is) = (equity(base, account)?, equity(after, account)?);
    ensure!(
        is <= was.max(wanted) + i128::from(base.clearinghouse.insurance) + closed.lot + 4,
        "{account} was given more than it lacks: {was}, then {is}"
    );
    Ok(())
}
