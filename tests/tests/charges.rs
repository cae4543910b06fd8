//! What one line is charged another is credited, to the atom: fees that nobody's cash covers, rebates,
//! discounts that change in between, and everything that sweeps.

use counterweight::events::{Fill, FillsSettled, OrderProcessed};
use counterweight_risk::orders::Side;
use counterweight_sdk::events::of_type;
use counterweight_simnet::{Receipt, Trader, limit};
use counterweight_tests::{
    pit::{Pit, SOL_PERP},
    scene::{DOLLAR, SOL},
};

fn cash(pit: &Pit, trader: &Trader) -> i64 {
    pit.x.margin(&trader.margin).header.core.cash.0
}

fn discount(pit: &mut Pit, of: [bool; 2], bps: u16) {
    let both = [pit.maker.margin, pit.taker.margin];
    for (margin, wanted) in both.into_iter().zip(of) {
        if wanted {
            let key = counterweight_simnet::Signer::pubkey(&pit.x.authority);
            let set = pit.x.venue.set_fee_discount(key, margin, bps);
            pit.x.govern(set).unwrap();
        }
    }
}

/// The taker trades against the maker's order; the receipt, and what the market's fee line grew by.
fn takes(pit: &mut Pit, lots: i64, at_hand: bool) -> (Receipt, i64) {
    let before = pit.x.market(SOL_PERP).fees;
    let makers = [pit.maker.margin];
    let makers = if at_hand { &makers[..] } else { &[] };
    let receipt = pit.x.trade(&pit.taker, SOL_PERP, lots, pit.mid, makers);
    let receipt = receipt.unwrap_or_else(|failure| panic!("{failure}"));
    pit.balances();
    (receipt, pit.x.market(SOL_PERP).fees - before)
}

fn told(receipt: &Receipt) -> (i64, Fill) {
    let [order]: [OrderProcessed; 1] = of_type(&receipt.logs).try_into().ok().unwrap();
    (order.fee, order.fills[0])
}

#[test]
fn a_fee_that_the_cash_does_not_cover_is_paid_all_the_same() {
    let mut pit = Pit::new();
    let poor = pit.x.trader("poor");
    pit.x.deposit(&poor, 1, 1_000 * SOL).unwrap();
    pit.taker = poor;
    let maker = pit.x.funded("second maker", 100_000);
    let (first, mid) = (std::mem::replace(&mut pit.maker, maker), pit.mid);
    pit.rests(limit(Side::Sell, mid, 10_000));
    let before = cash(&pit, &pit.maker);
    let fees = pit.x.market(SOL_PERP).fees;
    let makers = [pit.maker.margin];
    let receipt = pit
        .x
        .trade(&pit.taker, SOL_PERP, 10_000, mid, &makers)
        .unwrap();
    let (fee, fill) = told(&receipt);
    assert!(fee >= 4_500_000 && fill.fee < 0);
    assert_eq!(cash(&pit, &pit.taker), -fee, "below zero, and all of it");
    assert_eq!(cash(&pit, &pit.maker) - before, -fill.fee);
    assert_eq!(pit.x.market(SOL_PERP).fees - fees, fee + fill.fee);
    let all = [first.margin, pit.maker.margin, pit.taker.margin];
    let sums = counterweight_simnet::reconcile(&pit.x, &all);
    // The first taker still has what he deposited.
    let idle = pit.x.venue.margin_account(&key_of("taker"), 0);
    let idle = pit.x.margin(&idle).header.core.cash.0;
    assert_eq!(sums.difference(), idle.into(), "{sums:?}");
    pit.x.audit(0).unwrap();
}

fn key_of(name: &str) -> anchor_lang::prelude::Pubkey {
    counterweight_simnet::Signer::pubkey(&counterweight_simnet::keypair(name))
}

#[test]
fn a_rebate_is_never_more_than_the_taker_paid() {
    for (bps, at_hand) in [
        (10_000, true),
        (10_000, false),
        (9_500, true),
        (9_500, false),
    ] {
        let mut pit = Pit::new();
        let mid = pit.mid;
        pit.rests(limit(Side::Sell, mid, 10_000));
        discount(&mut pit, [false, true], bps);
        let (maker, taker) = (cash(&pit, &pit.maker), cash(&pit, &pit.taker));
        let (receipt, fees) = takes(&mut pit, 10_000, at_hand);
        let (fee, fill) = told(&receipt);
        // Half a basis point would be 750,000; the taker pays a twentieth of three, or nothing.
        let rebate = -fill.fee;
        assert_eq!(rebate, fee, "all that there is");
        assert_eq!((bps == 10_000, fees), (fee == 0, 0));
        if !at_hand {
            pit.x.settle_fills(SOL_PERP, &[pit.maker.margin]).unwrap();
        }
        assert_eq!(cash(&pit, &pit.maker) - maker, rebate);
        assert_eq!(taker - cash(&pit, &pit.taker), fee);
        assert_eq!(pit.x.market(SOL_PERP).fees, 0);
        pit.balances();
    }
}

#[test]
fn a_discount_that_changes_in_between_changes_no_sum() {
    // Makers pay two tenths of a basis point.
    let mut pit = Pit::with(|deployment| deployment.market[0].book_fees_tenths_bps = [30, 2]);
    let mid = pit.mid;
    pit.rests(limit(Side::Sell, mid, 10_000));
    discount(&mut pit, [true, true], 5_000); // between order and fill
    let before = [cash(&pit, &pit.maker), cash(&pit, &pit.taker)];
    let (receipt, collected) = takes(&mut pit, 1_001, true);
    let (fee, fill) = told(&receipt);
    assert_eq!(collected, fee + fill.fee);
    let half = fill.fee;
    let (receipt, collected) = takes(&mut pit, 1_001, false);
    let (second, fill) = told(&receipt);
    assert!(fill.fee >= 2 * half, "what waits is charged in full");
    assert_eq!(collected, second + fill.fee);
    discount(&mut pit, [true, true], 10_000); // between fill and settlement
    pit.balances();
    let receipt = pit.x.settle_fills(SOL_PERP, &[pit.maker.margin]).unwrap();
    let [settled]: [FillsSettled; 1] = of_type(&receipt.logs).try_into().ok().unwrap();
    assert_eq!(settled.fills[0].fee, fill.fee, "as it was told");
    pit.balances();
    let after = [cash(&pit, &pit.maker), cash(&pit, &pit.taker)];
    let paid = [before[0] - after[0], before[1] - after[1]];
    assert_eq!(paid, [half + fill.fee, fee + second]);
    assert_eq!(pit.x.market(SOL_PERP).fees, paid.iter().sum::<i64>());
}

#[test]
fn what_is_swept_and_paid_out_is_what_was_charged() {
    let mut pit = Pit::new();
    let mid = pit.mid;
    pit.rests(limit(Side::Sell, mid, 100_000));
    let (_, fees) = takes(&mut pit, 60_000, true);
    let fees = fees + takes(&mut pit, 20_000, false).1;
    let collect = pit.x.venue.collect_fees(SOL_PERP);
    pit.x.chain.send(&[collect], &[]).unwrap();
    assert_eq!(pit.x.market(SOL_PERP).fees, 0);
    assert_eq!(pit.x.clearinghouse().fees, fees);
    pit.balances();
    // While a rebate waits in the queue the fees are there already; settling brings none.
    pit.x.settle_fills(SOL_PERP, &[pit.maker.margin]).unwrap();
    assert_eq!(pit.x.market(SOL_PERP).fees, 0);
    let wallet = pit.x.wallet(&pit.taker, 0, 0);
    let quote = pit.x.collateral(0);
    let key = counterweight_simnet::Signer::pubkey(&pit.x.authority);
    let pay = pit
        .x
        .venue
        .withdraw_fees(key, &quote, wallet, fees.unsigned_abs());
    pit.x.govern(pay).unwrap();
    assert_eq!(pit.x.clearinghouse().fees, 0);
    let sent = pit.x.chain.token_balance(&wallet) as i64;
    assert!(sent == fees && fees > 20 * DOLLAR, "{fees}");
    pit.balances();
    pit.x.audit(0).unwrap();
}
