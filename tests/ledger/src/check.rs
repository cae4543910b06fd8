//! What must hold after every operation (docs/risk.md; docs/architecture.md, section 7).

mod deeds;

use crate::{
    ledger::{ACCOUNTS, ASSETS, Account, BACKSTOP, Ledger, MARKETS, RECORDED},
    naive::{Worth, now, worth, worth_of_backstop},
    operate::{
        Deed, Kind,
        events::{moves_prices, touches},
    },
    shadow::Shadow,
};
use counterweight_risk::{market::MODE_SETTLEMENT, orders::Side, standard::maintenance};

/// A promise that holds, or a sentence that says how it was broken.
pub type Verdict = Result<(), String>;

macro_rules! ensure {
    ($condition:expr, $($sentence:tt)+) => {
        if !$condition {
            return Err(format!($($sentence)+));
        }
    };
}
pub(crate) use ensure;

/// Everybody's worth.
pub type Worths = [Worth; ACCOUNTS];

/// Two states, what lies between them, and what everybody is worth in both.
pub struct Case<'a> {
    pub before: &'a Ledger,
    pub after: &'a Ledger,
    pub deed: &'a Deed,
    pub was: Worths,
    pub is: Worths,
}

/// Accounts as they are judged at a time; the backstop at the prices that are recorded.
pub fn worths(ledger: &Ledger, time: i64) -> Worths {
    let mut worths = ledger
        .accounts
        .each_ref()
        .map(|account| worth(ledger, account, time));
    worths[BACKSTOP] = worth_of_backstop(ledger);
    worths
}

/// Checks every promise about an operation, and takes note of it.
pub fn check(before: &Ledger, after: &Ledger, deed: &Deed, shadow: &mut Shadow) -> Verdict {
    shadow.note_dust(before, after);
    let mut funded;
    let mut before = before;
    if matches!(deed.kind, Kind::Deleverage | Kind::DeleverageBackstop) {
        // It applies the funding of its market first: what it does itself is judged from there.
        funded = before.clone();
        funded
            .update_funding(deed.market)
            .map_err(|error| format!("{error:?}"))?;
        before = &funded;
    }
    shadow.note(before, after, deed);
    lots_sum_to_zero(after)?;
    lots_of_all(after, shadow, deed)?;
    quote_balances(after, shadow)?;
    accounts_are_well_formed(after)?;
    orders_are_counted(after)?;
    notes_are_true(after)?;
    others_are_left_alone(before, after, deed)?;
    profit_matures(after, shadow)?;
    shadow.departures_are_limited()?;
    let case = Case {
        before,
        after,
        deed,
        was: worths(before, before.now),
        is: worths(after, after.now),
    };
    the_engine_agrees(&case)?;
    if !moves_prices(deed.kind) {
        nobody_loses_by_others(&case)?;
        margins_are_kept(&case)?;
    }
    deeds::check(&case, shadow)
}

/// What accounts have written down on a side is what is open and what is not settled; open interest is even.
fn lots_sum_to_zero(ledger: &Ledger) -> Verdict {
    for market in 0..MARKETS {
        let (line, [held, behind]) = (&ledger.lines[market], ledger.written(market));
        for side in 0..2 {
            ensure!(
                held[side] == line.open[side] + line.unsettled[side],
                "accounts hold {held:?} in {market}: {line:?}"
            );
            ensure!(
                behind[side] == line.behind[side],
                "{behind:?} lag in {market}: {line:?}"
            );
            // Shorts keep more than their share: until the rest is swept, they may close more than is open.
            let least = -line.unsettled[side].max(0);
            ensure!(
                line.open[side] >= least && line.pending[side] >= 0,
                "{line:?}"
            );
        }
        // In settlement each account closes by itself.
        let ended = ledger.markets[market].mode == MODE_SETTLEMENT;
        let [long, short] = [0, 1].map(|side| line.open[side] + line.pending[side]);
        ensure!(
            ended || long == short,
            "{long} long and {short} short: {line:?}"
        );
    }
    Ok(())
}

/// Everything applied, what accounts hold and what waits sums to zero, but for lots that rounding has left
/// over: long, less than one for each account that has caught up or is about to, and less than a part of the
/// share is worth for each deleveraging.
fn lots_of_all(ledger: &Ledger, shadow: &mut Shadow, deed: &Deed) -> Verdict {
    for market in 0..MARKETS {
        let row = &ledger.markets[market];
        if row.mode == MODE_SETTLEMENT {
            continue;
        }
        let positions = ledger.accounts.iter().flat_map(Account::positions);
        let positions = positions.filter(|p| usize::from(p.market) == market);
        let held: i128 = positions.map(|position| now(position, row).0).sum();
        let line = &ledger.lines[market];
        let left = -(held + i128::from(line.pending[0]) - i128::from(line.pending[1]));
        if let (Kind::Sweep, true) = (deed.kind, deed.market == market) {
            // Gone is what is left of a side on which nobody lags and nothing is unsettled.
            for side in 0..2 {
                if line.unsettled[side] == 0 && line.behind[side] == 0 {
                    shadow.rounded[market][side] = 0;
                }
            }
        }
        let rounded: i64 = shadow.rounded[market].iter().sum();
        let most = i128::from(rounded) + 2 * ACCOUNTS as i128;
        ensure!(
            (0..=most).contains(&left),
            "{left} lots of market {market} are nobody's, rounding explains {rounded}: {line:?}"
        );
    }
    Ok(())
}

/// The vault holds what everybody is owed, to the atom; nobody is paid by nobody.
fn quote_balances(ledger: &Ledger, shadow: &Shadow) -> Verdict {
    let house = &ledger.house;
    let mut residue = i128::from(house.residue);
    let mut sum = i128::from(house.fees) + i128::from(house.insurance);
    ensure!(house.insurance >= 0 && house.fees >= 0, "{house:?}");
    for (line, row) in ledger.lines.iter().zip(&ledger.markets) {
        // In settlement each account is paid by itself: who has not closed yet has not paid.
        let [long, short] = [0, 1].map(|side| i128::from(line.open[side] + line.pending[side]));
        sum += (long - short) * i128::from(row.settlement_price);
        ensure!(
            line.fees >= 0 && line.insurance >= 0,
            "a negative line: {line:?}"
        );
        sum += i128::from(line.fees) + i128::from(line.insurance);
        sum += i128::from(line.pending_quote);
        residue += i128::from(line.residue);
    }
    let mut owed = 0;
    for account in &ledger.accounts {
        sum += i128::from(account.core.cash.0) + i128::from(account.core.debt.payable.0);
        for position in account.positions() {
            sum += i128::from(position.quote.0);
            owed += now(position, &ledger.markets[usize::from(position.market)]).1;
        }
    }
    for filled in &ledger.queue {
        let row = &ledger.markets[filled.order.market];
        let signed = filled.order.side.signed(filled.order.lots.unsigned_abs());
        let late = signed
            .and_then(|lots| counterweight_risk::position::owed_since(row, lots, filled.index));
        owed += i128::from(late.map_err(|error| format!("{error:?}"))?.0);
    }
    let vault = i128::from(ledger.vaults[0]);
    let total = sum + residue;
    ensure!(vault == total, "the vault holds {vault}, {total} is owed");
    ensure!(
        residue + owed + shadow.unpaid >= 0,
        "somebody is paid by nobody: residue {residue}, owed {owed}, funding of leftover lots {}",
        shadow.unpaid
    );
    for asset in 1..ASSETS {
        let balances = ledger.accounts.iter();
        let balances = balances.map(|account| u128::from(account.core.balance(asset as u16)));
        let (held, owed) = (u128::from(ledger.vaults[asset]), balances.sum::<u128>());
        ensure!(held == owed, "vault {asset} holds {held}, {owed} is owed");
    }
    Ok(())
}

/// Positions are sorted and not empty, other slots are zero.
fn accounts_are_well_formed(ledger: &Ledger) -> Verdict {
    for (at, account) in ledger.accounts.iter().enumerate() {
        let used = account.positions();
        let sorted = used.windows(2).all(|pair| pair[0].key() < pair[1].key());
        ensure!(sorted, "account {at} is not sorted");
        let empty = used
            .iter()
            .any(|p| p.is_empty() || (p.lots.0 == 0 && p.quote.0 != 0));
        ensure!(!empty, "account {at} has an empty position: {used:?}");
        let rest = &account.slots[used.len()..];
        let zero = rest.iter().all(|slot| *slot == Default::default());
        ensure!(zero, "account {at}: a free slot is not zero");
    }
    Ok(())
}

/// Accounts count what rests and what waits, and their bounds cover it.
fn orders_are_counted(ledger: &Ledger) -> Verdict {
    for (at, account) in ledger.accounts.iter().enumerate() {
        let mut orders = ledger.orders.iter().filter(|o| o.maker == at).count();
        orders += ledger
            .queue
            .iter()
            .filter(|w| w.order.maker == at && w.whole)
            .count();
        let counted = usize::from(account.core.open_orders);
        ensure!(
            counted == orders,
            "account {at}: {orders} orders, it counts {counted}"
        );
        for (market, side) in (0..MARKETS).flat_map(|m| [(m, Side::Buy), (m, Side::Sell)]) {
            let waits = ledger.queue.iter().map(|waiting| &waiting.order);
            let all = ledger.orders.iter().chain(waits);
            let own = all.filter(|o| (o.maker, o.market, o.side) == (at, market, side));
            let mut positions = account.positions().iter();
            let position = positions.find(|p| usize::from(p.market) == market);
            let (mut lots, counted) = (0, position.map_or(0, |p| p.resting(side).0));
            for order in own {
                lots += order.lots;
                let tick = ledger.markets[market].tick_size;
                let price = (u128::from(order.ticks) * u128::from(tick)) << 16;
                let covered = position.is_some_and(|p| match side {
                    Side::Buy => price <= u128::from(p.bid_price.0),
                    Side::Sell => p.ask_price.0 != 0 && price >= u128::from(p.ask_price.0),
                });
                ensure!(covered, "account {at}: no bound covers {order:?}");
            }
            ensure!(
                lots == counted,
                "account {at}: {lots} lots rest, it counts {counted}"
            );
        }
    }
    Ok(())
}

/// What is noted of vaults and debts is what there is.
fn notes_are_true(ledger: &Ledger) -> Verdict {
    let debts = ledger.accounts.iter().map(|account| account.core.debt);
    let counted: u64 = debts.clone().map(|debt| debt.counted).sum();
    let noted = ledger.params.interest.debt;
    ensure!(counted == noted, "accounts owe {counted}, {noted} is noted");
    ensure!(
        debts.clone().all(|debt| debt.payable.0 >= 0),
        "interest below zero"
    );
    for (row, vault) in ledger.assets.iter().zip(ledger.vaults).skip(1) {
        ensure!(
            row.deposited == vault,
            "{} noted, {vault} there",
            row.deposited
        );
        let (full, weight) = (u128::from(row.full_weight_deposits), row.weight_initial.0);
        let all = u128::from(vault) * u128::from(weight);
        ensure!(
            u128::from(vault) <= full || all <= full * u128::from(row.weight_initial_full.0),
            "{vault} deposited atoms count by {weight}"
        );
    }
    Ok(())
}

/// Who has no part in an operation is not written.
fn others_are_left_alone(before: &Ledger, after: &Ledger, deed: &Deed) -> Verdict {
    for at in 0..ACCOUNTS {
        let same = before.accounts[at] == after.accounts[at];
        ensure!(same || touches(deed, at), "account {at} was written");
    }
    Ok(())
}

/// No more is free to leave than if each profit matured by itself.
fn profit_matures(ledger: &Ledger, shadow: &Shadow) -> Verdict {
    for at in BACKSTOP + 1..ACCOUNTS {
        let line = i128::from(ledger.accounts[at].core.immature.at(ledger.now));
        let parcels = shadow.immature(at, ledger.now);
        ensure!(
            line >= parcels,
            "account {at}: {line} is immature, each profit by itself {parcels}"
        );
    }
    Ok(())
}

/// The engine's maintenance check says what the documents say.
fn the_engine_agrees(case: &Case) -> Verdict {
    for (at, account) in case.after.accounts.iter().enumerate() {
        // At the beginning of time no price is too old.
        let health = maintenance(&case.after.book(), &account.view(), RECORDED);
        let health = health.map_err(|error| format!("account {at} cannot be judged: {error:?}"))?;
        let engine = Worth {
            equity: health.equity.0.into(),
            requirement: health.requirement.0.into(),
        };
        let documents = worth(case.after, account, RECORDED);
        ensure!(
            engine == documents,
            "account {at}: the engine says {engine:?}, the documents {documents:?}: {:?}",
            account.positions()
        );
        // And now, with interest, and collateral whose oracle is silent.
        let now = maintenance(&case.after.book(), &account.view(), case.after.now);
        let documents = worth(case.after, account, case.after.now);
        ensure!(
            now.is_ok_and(|now| i128::from(now.equity.0) == documents.equity),
            "account {at}: the engine says {now:?}, the documents {documents:?}"
        );
    }
    Ok(())
}

/// An account's worth changes only by what it has a part in; by a deleveraging `deeds` says how far.
fn nobody_loses_by_others(case: &Case) -> Verdict {
    let closes = matches!(case.deed.kind, Kind::Deleverage | Kind::DeleverageBackstop);
    for at in 0..ACCOUNTS {
        let (was, is) = (case.was[at], case.is[at]);
        ensure!(
            was == is || closes || touches(case.deed, at),
            "account {at} was worth {was:?} and is {is:?}"
        );
    }
    Ok(())
}

/// Who met initial margin meets it, and who is below maintenance margin is not made worse: but for makers
/// whose orders are met (by atoms), and the other side of a deleveraging.
fn margins_are_kept(case: &Case) -> Verdict {
    let kind = case.deed.kind;
    for at in BACKSTOP + 1..ACCOUNTS {
        let closed = matches!(kind, Kind::Deleverage | Kind::DeleverageBackstop);
        let counterparty = closed && case.deed.who[0] != at;
        if counterparty || !(closed || touches(case.deed, at)) {
            continue;
        }
        let gains = counterweight_risk::standard::Gains::Weighted;
        let filled = kind == Kind::SettleFill || (kind == Kind::Take && case.deed.who[1] == at);
        if let Ok(was) = case.before.initial(at, gains)
            && was.is_met()
            && !filled
        {
            let is = case
                .after
                .takeover(at)
                .map_err(|error| format!("{error:?}"))?;
            ensure!(
                is.is_met(),
                "account {at} met initial margin: {was:?}, and now {is:?}"
            );
        }
        let (mut was, mut is) = (case.was[at], case.is[at]);
        // What a deleveraging closes rounds against the account that is closed.
        is.equity += 4 * i128::from(closed);
        if closed && case.before.is_scanned(at) {
            // It closes whole positions, one by one: what is left of a scanned book may need more without a leg that
            // hedged it, until the next is closed.
            was.requirement = was.requirement.max(is.requirement);
        }
        if was.equity < was.requirement && !filled {
            ensure!(
                !is_worse(&was, &is),
                "account {at} failed and is worse: {was:?}, {is:?}"
            );
        }
    }
    Ok(())
}

/// Whether an account's ratio fell; its equity, where it has none to speak of a ratio.
pub fn is_worse(was: &Worth, is: &Worth) -> bool {
    if was.equity <= 0 {
        return is.equity < was.equity;
    }
    is.equity < 0 || is.equity * was.requirement < was.equity * is.requirement
}
