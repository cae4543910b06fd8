//! Promises about value that leaves an account (architecture, section 8, 5 and 6).

use super::{Verdict, default::is_backstop, ensure, standing};
use crate::snapshot::{Deed, Snapshot, Step, Wallet};
use anchor_lang::prelude::Pubkey;
use counterweight::Leg;
use counterweight_risk::{
    Asset, Lots, QuoteAtoms, Ratio, Ticks,
    asset::ORACLE_NONE,
    standard::{Gains, initial},
};
use counterweight_sdk::accounts::{Margin, RiskTables};

const ONE: i128 = Ratio::ONE.0 as i128;

/// Why a recorded price may not be used to let value out, from its own figures.
fn objection(asset: &Asset, now: i64) -> Option<String> {
    let wide = |of: u64, limit: Ratio| i128::from(of) * i128::from(limit.0) / ONE;
    let age = now - asset.publish_time;
    if asset.publish_time == 0 || age > i64::from(asset.max_age_initial) {
        return Some(format!("{age} seconds old"));
    }
    if i128::from(asset.confidence.0) > wide(asset.index.0, asset.max_confidence) {
        return Some("uncertain".into());
    }
    let distance = asset.index.0.abs_diff(asset.average.0);
    if i128::from(distance) > wide(asset.average.0, asset.max_divergence) {
        return Some("far from its average".into());
    }
    None
}

/// Section 8, 5, second half: value leaves an account only where every position that is left in it has a
/// fresh, certain price near its average, the quote token is near a dollar, and initial margin is met
/// without any unrealised gain, and without any collateral whose price is not like that.
///
/// # Errors
/// The account and the asset, or its figures.
pub fn value_leaves_only_at_usable_prices(
    before: &Snapshot,
    after: &Snapshot,
    step: &Step,
) -> Verdict {
    let (Deed::Withdraw { account, .. } | Deed::Transfer { from: account, .. }) = step.deed else {
        return Ok(());
    };
    let margin = after.margin(&account);
    let positions = margin.positions().iter().map(|position| position.asset);
    let assets = &after.tables.assets;
    let quote = (assets[0].oracle_kind != ORACLE_NONE).then_some(0);
    for asset in positions.chain(quote) {
        if let Some(why) = objection(&assets[usize::from(asset)], after.time) {
            return Err(format!(
                "value left {account} with the price of asset {asset} {why}"
            ));
        }
    }
    if quote.is_some() {
        let params = &after.tables.header.params;
        let par = params.par().0;
        let limit = i128::from(par) * i128::from(params.max_depeg.0) / ONE;
        ensure!(
            i128::from(assets[0].index.0.abs_diff(par)) <= limit,
            "value left {account} with the quote token off par"
        );
    }
    let mut counted = margin.clone();
    for balance in &mut counted.header.core.balances {
        if objection(&assets[usize::from(balance.asset)], after.time).is_some() {
            balance.atoms = 0;
        }
    }
    let (book, view) = (after.tables.book(), counted.view());
    let health = initial(&book, &view, before.time, u32::MAX, Gains::Ignored)
        .map_err(|error| format!("{account}: {error:?}"))?;
    ensure!(
        health.is_met(),
        "value left {account} below initial margin without gains: {health:?}"
    );
    Ok(())
}

/// The most that a side can lose by a block trade: what the prices are away from where lots are
/// valued, and the fees.
fn trade_loss(tables: &RiskTables, legs: &[Leg], now: i64) -> Result<i128, String> {
    let mut most = 0;
    for leg in legs {
        let row = &tables.markets[usize::from(leg.market)];
        let asset = &tables.assets[usize::from(row.asset)];
        let asset = row.priced(leg.market, asset, now);
        let asset = asset.map_err(|error| format!("{error:?}"))?;
        let price = (i128::from(leg.price) * i128::from(row.tick_size)) << 16;
        let away = |valued: u64| (price - i128::from(valued)).abs();
        let furthest = away(asset.maintenance_low.0).max(away(asset.maintenance_high.0));
        let cost = Lots(leg.lots).cost(Ticks(leg.price), row.tick_size);
        let fee = cost.and_then(|cost| row.fee(cost));
        let QuoteAtoms(fee) = fee.map_err(|error| format!("{error:?}"))?;
        // Two roundings of the position's value.
        most += ((i128::from(leg.lots.unsigned_abs()) * furthest) >> 16) + i128::from(fee) + 2;
    }
    Ok(most)
}

/// Why an account may have lost `loss` of its equity by this step; the sentence says why not.
fn require_licence(before: &Snapshot, step: &Step, key: &Pubkey, loss: i128) -> Verdict {
    let margin = before.margin(key);
    match &step.deed {
        Deed::Withdraw { account, .. } if account == key => {
            ensure!(
                step.signed_by_owner(margin),
                "its owner did not sign the withdrawal"
            );
        }
        Deed::Transfer { from, to, .. } if from == key => {
            let receiver = before.margin(to);
            ensure!(
                step.signed_for(margin) && receiver.header.owner == margin.header.owner,
                "the transfer was not its own, or went to another owner"
            );
        }
        Deed::Trade {
            first,
            second,
            legs,
        } if first == key || second == key => {
            ensure!(step.signed_for(margin), "it did not sign the trade");
            let most = trade_loss(&before.tables, legs, before.time)?;
            ensure!(loss <= most, "the trade may cost it {most}");
        }
        Deed::Book { account, .. } if account.as_ref() == Some(key) => {
            ensure!(step.signed_for(margin), "it did not sign the order");
        }
        // Its owner placed it.
        Deed::Trigger { account, .. } if account == key => {}
        // `defaults_are_shared` bounds both.
        Deed::TakeOver { account } if account == key || is_backstop(margin) => {}
        // A maker's orders were signed when they were placed; `initial_margin_is_kept` bounds the loss.
        Deed::Book { market, .. } | Deed::Trigger { market, .. } => {
            let mut positions = margin.positions().iter();
            let position = positions.find(|position| position.market == *market);
            ensure!(
                position.is_some_and(|p| p.bid_lots.0 + p.ask_lots.0 > 0),
                "it had no order in market {market}"
            );
        }
        // `liquidation_is_fair` bounds the penalty; the exchange itself favours the account.
        Deed::Liquidate { liquidatee, .. } | Deed::Slice { liquidatee, .. }
            if liquidatee == key => {}
        // It buys above what its own maintenance counts.
        Deed::Liquidate { liquidator, .. }
        | Deed::Slice { liquidator, .. }
        | Deed::Seize { liquidator, .. }
            if liquidator == key =>
        {
            ensure!(step.signed_for(margin), "it did not sign the liquidation");
        }
        other => return Err(format!("nothing in {other:?} may do that")),
    }
    Ok(())
}

fn wallet_may_change(before: &Snapshot, step: &Step, wallet: &Wallet, change: i128) -> bool {
    let signed = step.signers.contains(&wallet.owner);
    let owns = |account: &Pubkey| before.margin(account).header.owner == wallet.owner;
    match step.deed {
        Deed::Deposit { asset, atoms, .. } => {
            signed && asset == wallet.asset && change == -i128::from(atoms)
        }
        Deed::FundInsurance { atoms } => {
            signed && wallet.asset == 0 && change == -i128::from(atoms)
        }
        Deed::Withdraw {
            account,
            asset,
            atoms,
        } => signed && owns(&account) && asset == wallet.asset && change == i128::from(atoms),
        Deed::WithdrawFees { atoms } => {
            let authority = wallet.owner == before.clearinghouse.authority;
            signed && authority && wallet.asset == 0 && change == i128::from(atoms)
        }
        _ => false,
    }
}

/// Section 8, 6: an account's equity at the same prices falls only through what its owner (or, in
/// trading, its delegate) signed, and in a trade by no more than its prices and fees, or as the penalty
/// of a liquidation. Wallets change only by what their owners signed, to the atom. Owners do not
/// change, delegates only by the owner. Insurance is never taken out, fees only by the authority.
///
/// # Errors
/// The account or wallet, and what changed.
pub fn only_the_owner_takes_value_out(before: &Snapshot, after: &Snapshot, step: &Step) -> Verdict {
    for (key, margin_before, margin_after) in before.with(after) {
        identity_is_kept(step, key, margin_before, margin_after)?;
        if !before.judges_like(after) {
            continue;
        }
        let (from, to) = (
            standing(&before.tables, margin_before, before.time)?.equity,
            standing(&after.tables, margin_after, after.time)?.equity,
        );
        let loss = i128::from(from.0) - i128::from(to.0);
        if loss > 0 {
            require_licence(before, step, key, loss)
                .map_err(|why| format!("{key} lost {loss} of {}: {why}", from.0))?;
        }
    }
    for ((wallet, from), (_, to)) in before.wallets.iter().zip(&after.wallets) {
        let change = i128::from(*to) - i128::from(*from);
        ensure!(
            change == 0 || wallet_may_change(before, step, wallet, change),
            "the wallet {} of {} changed by {change} in {:?}",
            wallet.key,
            wallet.owner,
            step.deed
        );
    }
    funds_are_kept(before, after, step)
}

fn identity_is_kept(step: &Step, key: &Pubkey, before: &Margin, after: &Margin) -> Verdict {
    let identity = |margin: &Margin| (margin.header.owner, margin.header.clearinghouse);
    ensure!(
        identity(before) == identity(after),
        "{key} has another owner or clearinghouse"
    );
    ensure!(
        before.header.delegate == after.header.delegate || step.signed_by_owner(before),
        "{key} has another delegate, which its owner did not sign for"
    );
    Ok(())
}

fn funds_are_kept(before: &Snapshot, after: &Snapshot, step: &Step) -> Verdict {
    let sums = |snapshot: &Snapshot| {
        let (mut fees, mut insurance) = (
            i128::from(snapshot.clearinghouse.fees),
            i128::from(snapshot.clearinghouse.insurance),
        );
        for market in &snapshot.markets {
            fees += i128::from(market.fees);
            insurance += i128::from(market.insurance);
        }
        (fees, insurance)
    };
    let (from, to) = (sums(before), sums(after));
    // It moves into the backstop whenever that is called.
    let moved = match step.deed {
        Deed::TakeOver { .. } | Deed::Deleverage { .. } => before.clearinghouse.insurance,
        _ => 0,
    };
    ensure!(
        to.1 >= from.1 - i128::from(moved),
        "the insurance fund fell from {} to {}",
        from.1,
        to.1
    );
    let paid = match step.deed {
        Deed::WithdrawFees { atoms } => i128::from(atoms),
        _ => 0,
    };
    ensure!(
        to.0 >= from.0 - paid,
        "the fees fell from {} to {}, and {paid} were paid out",
        from.0,
        to.0
    );
    Ok(())
}
