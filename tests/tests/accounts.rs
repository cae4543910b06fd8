//! A trader's own account: opening, size, delegate, collateral, looking, closing.

use anchor_lang::prelude::Pubkey;
use counterweight::{
    Guards,
    state::{MAX_SLOTS, MIN_SLOTS, MarginAccount},
};
use counterweight_risk::Position;
use counterweight_sdk::{
    instructions::{close_margin_account, resize_margin_account, set_delegate},
    preview,
};
use counterweight_simnet::{Exchange, Signer, Trader, reconcile};
use counterweight_tests::scene::{DOLLAR, SOL, lamports, localnet, signing_as};

fn resize(x: &mut Exchange, trader: &Trader, slots: u16) {
    let resize = resize_margin_account(trader.key.pubkey(), trader.margin, slots);
    x.chain.send(&[resize], &[&trader.key]).unwrap();
}

fn rent(x: &Exchange, slots: u16) -> u64 {
    x.chain
        .svm
        .minimum_balance_for_rent_exemption(MarginAccount::space(slots))
}

#[test]
fn an_account_is_opened_empty_with_eight_slots() {
    let mut x = localnet();
    let trader = x.trader("trader");
    let margin = x.margin(&trader.margin);
    assert_eq!(margin.header.owner, trader.key.pubkey());
    assert_eq!(margin.header.clearinghouse, x.venue.clearinghouse);
    assert_eq!(
        (margin.header.delegate, margin.header.sequence),
        (Pubkey::default(), 1)
    );
    assert_eq!(margin.slots.len(), usize::from(MIN_SLOTS));
    assert!(margin.header.core.is_empty());
    assert_eq!(lamports(&x, &trader.margin), rent(&x, MIN_SLOTS));
}

#[test]
fn an_owner_has_an_account_for_each_number() {
    let mut x = localnet();
    let trader = x.trader("trader");
    for id in [1, u16::MAX] {
        let open = x.venue.open_margin_account(trader.key.pubkey(), id);
        x.chain.send(&[open], &[&trader.key]).unwrap();
        let key = x.venue.margin_account(&trader.key.pubkey(), id);
        assert_eq!(x.margin(&key).header.id, id);
    }
}

#[test]
fn an_account_grows_to_128_slots_and_shrinks_again_with_its_rent() {
    let mut x = localnet();
    let (maker, trader) = (x.funded("maker", 10_000), x.funded("trader", 10_000));
    let legs = [x.leg(0, 3), x.leg(1, 4), x.leg(2, 5)];
    x.block_trade(&trader, &maker, &legs).unwrap();
    let positions = x.margin(&trader.margin).positions().to_vec();
    let owned = lamports(&x, &trader.key.pubkey());
    let mut sequence = x.margin(&trader.margin).header.sequence;
    for slots in [MAX_SLOTS, 40, 9, MIN_SLOTS, 9, MIN_SLOTS] {
        resize(&mut x, &trader, slots);
        let margin = x.margin(&trader.margin);
        assert_eq!(margin.slots.len(), usize::from(slots));
        assert_eq!(margin.positions(), positions, "positions stay");
        let unused = &margin.slots[positions.len()..];
        assert!(unused.iter().all(|slot| *slot == Position::default()));
        sequence += 1;
        assert_eq!(margin.header.sequence, sequence);
        assert_eq!(lamports(&x, &trader.margin), rent(&x, slots));
        let paid = owned - lamports(&x, &trader.key.pubkey());
        assert_eq!(paid, rent(&x, slots) - rent(&x, MIN_SLOTS));
    }
}

#[test]
fn an_enlarged_account_holds_more_than_eight_positions() {
    let mut x = counterweight_tests::scene::deployed(|deployment| {
        for copy in 3..16 {
            let mut market = deployment.market[0].clone();
            market.name = format!("SOL-{copy}");
            deployment.market.push(market);
        }
    });
    let (maker, trader) = (x.funded("maker", 10_000), x.funded("trader", 10_000));
    for side in [&maker, &trader] {
        resize(&mut x, side, 16);
    }
    let legs: Vec<_> = (0..16)
        .map(|market| x.leg(market, 1 + i64::from(market)))
        .collect();
    x.block_trade(&trader, &maker, &legs).unwrap();
    let margin = x.margin(&trader.margin);
    assert_eq!(margin.positions().len(), 16);
    assert!(
        margin
            .positions()
            .windows(2)
            .all(|pair| pair[0].key() < pair[1].key())
    );
    assert!(reconcile(&x, &[maker.margin, trader.margin]).balances());
}

#[test]
fn a_closed_account_returns_its_rent_and_may_be_opened_anew() {
    let mut x = localnet();
    let trader = x.trader("trader");
    let owned = lamports(&x, &trader.key.pubkey());
    resize(&mut x, &trader, 100);
    let close = close_margin_account(trader.key.pubkey(), trader.margin);
    x.chain.send(&[close], &[&trader.key]).unwrap();
    assert_eq!(lamports(&x, &trader.margin), 0);
    assert_eq!(
        lamports(&x, &trader.key.pubkey()),
        owned + rent(&x, MIN_SLOTS)
    );

    let open = x.venue.open_margin_account(trader.key.pubkey(), 0);
    x.chain.send(&[open], &[&trader.key]).unwrap();
    assert_eq!(x.margin(&trader.margin).header.sequence, 1);
    x.deposit(&trader, 0, 5).unwrap();
}

#[test]
fn an_account_that_was_emptied_can_be_closed() {
    let mut x = localnet();
    let trader = x.funded("trader", 100);
    x.deposit(&trader, 1, SOL).unwrap();
    x.withdraw(&trader, 0, 100 * DOLLAR as u64, Guards::default())
        .unwrap();
    x.withdraw(&trader, 1, SOL, Guards::default()).unwrap();
    let close = close_margin_account(trader.key.pubkey(), trader.margin);
    x.chain.send(&[close], &[&trader.key]).unwrap();
    assert_eq!(lamports(&x, &trader.margin), 0);
}

#[test]
fn a_delegate_trades_and_deposits_until_he_is_replaced() {
    let mut x = localnet();
    let (maker, owner) = (x.funded("maker", 10_000), x.funded("owner", 10_000));
    let delegate = signing_as(&mut x, "delegate", owner.margin);
    let set = |x: &mut Exchange, key: Pubkey| {
        let set = set_delegate(owner.key.pubkey(), owner.margin, key);
        x.chain.send(&[set], &[&owner.key]).unwrap();
        assert_eq!(x.margin(&owner.margin).header.delegate, key);
    };
    let leg = x.leg(0, 5);
    assert!(x.block_trade(&delegate, &maker, &[leg]).is_err());
    set(&mut x, delegate.key.pubkey());
    x.block_trade(&delegate, &maker, &[leg]).unwrap();
    x.deposit(&delegate, 0, 7).unwrap();
    x.block_trade(&owner, &maker, &[leg]).unwrap(); // the owner still may
    assert_eq!(x.margin(&owner.margin).positions()[0].lots.0, 10);
    set(&mut x, Pubkey::default());
    assert!(x.block_trade(&delegate, &maker, &[leg]).is_err());
    assert!(reconcile(&x, &[maker.margin, owner.margin]).balances());
}

#[test]
fn deposits_and_withdrawals_move_the_same_atoms_in_vault_and_account() {
    let mut x = localnet();
    let trader = x.trader("trader");
    for asset in [0u16, 1] {
        let vault = x.venue.vault(&x.collateral(asset));
        let held = |x: &Exchange| match asset {
            0 => x.margin(&trader.margin).header.core.cash.0 as u64,
            asset => x.margin(&trader.margin).header.core.balance(asset),
        };
        x.deposit(&trader, asset, 1_000).unwrap();
        x.deposit(&trader, asset, 1).unwrap();
        assert_eq!((held(&x), x.chain.token_balance(&vault)), (1_001, 1_001));
        x.withdraw(&trader, asset, 400, Guards::default()).unwrap();
        assert_eq!((held(&x), x.chain.token_balance(&vault)), (601, 601));
        let wallet = x.wallet(&trader, asset, 0);
        let collateral = x.collateral(asset);
        let owner = trader.key.pubkey();
        let rest = x.venue.withdraw(
            owner,
            trader.margin,
            &collateral,
            wallet,
            601,
            Guards::default(),
        );
        x.chain.send(&[rest], &[&trader.key]).unwrap();
        assert_eq!((held(&x), x.chain.token_balance(&wallet)), (0, 601));
    }
    assert_eq!(x.margin(&trader.margin).header.sequence, 9);
}

#[test]
fn deposited_sol_carries_positions_by_its_weight() {
    let mut x = localnet();
    let (maker, trader) = (x.funded("maker", 100_000), x.trader("trader"));
    x.deposit(&trader, 1, 100 * SOL).unwrap();
    let view = x.view(trader.margin).unwrap();
    // 100 SOL at 150 dollars: 90 % for maintenance; 80 % of the lower end for initial margin.
    assert!((13_500 * DOLLAR - view.equity).abs() < 10_000, "{view:?}");
    assert!(
        (11_994 * DOLLAR - view.initial_equity).abs() < 100_000,
        "{view:?}"
    );
    let leg = x.leg(1, 100_000); // 1 BTC: 100,000 dollars, 4 %
    x.block_trade(&trader, &maker, &[leg]).unwrap();
    let margin = x.margin(&trader.margin);
    assert!(
        margin.header.core.cash.0 < 0,
        "the fee is owed in cash that SOL carries"
    );
    assert!(reconcile(&x, &[maker.margin, trader.margin]).balances());
    // The debt is paid by the next deposit.
    x.deposit(&trader, 0, margin.header.core.cash.0.unsigned_abs() + 5)
        .unwrap();
    assert_eq!(x.margin(&trader.margin).header.core.cash.0, 5);
}

#[test]
fn a_transfer_moves_balances_between_an_owners_accounts_and_no_tokens() {
    let mut x = localnet();
    let from = x.funded("owner", 100);
    x.deposit(&from, 1, 50).unwrap();
    let owner = from.key.pubkey();
    x.chain
        .send(&[x.venue.open_margin_account(owner, 1)], &[&from.key])
        .unwrap();
    let to = x.venue.margin_account(&owner, 1);
    let vaults = [0, 1].map(|asset| x.venue.vault(&x.collateral(asset)));
    let tokens = vaults.map(|vault| x.chain.token_balance(&vault));
    let delegate = signing_as(&mut x, "delegate", from.margin);
    for margin in [from.margin, to] {
        let set = set_delegate(owner, margin, delegate.key.pubkey());
        x.chain.send(&[set], &[&from.key]).unwrap();
    }
    for (asset, atoms, signer) in [(0, 30 * DOLLAR as u64, &from), (1, 50, &delegate)] {
        let key = signer.key.pubkey();
        let transfer = x
            .venue
            .transfer(key, from.margin, to, asset, atoms, Guards::default());
        x.chain.send(&[transfer], &[&signer.key]).unwrap();
    }
    let (giver, receiver) = (
        x.margin(&from.margin).header.core,
        x.margin(&to).header.core,
    );
    assert_eq!((giver.cash.0, giver.balance(1)), (70 * DOLLAR, 0));
    assert_eq!((receiver.cash.0, receiver.balance(1)), (30 * DOLLAR, 50));
    assert_eq!(vaults.map(|vault| x.chain.token_balance(&vault)), tokens);
}

#[test]
fn the_view_is_the_preview_at_every_price() {
    let mut x = localnet();
    let (maker, trader) = (x.funded("maker", 1_000_000), x.funded("trader", 5_000));
    x.deposit(&trader, 1, 20 * SOL).unwrap();
    let legs = [x.leg(0, 12_345), x.leg(1, -6_789), x.leg(2, 3_333)];
    x.block_trade(&trader, &maker, &legs).unwrap();
    for price in [
        15_000_000_000i64,
        15_432_109_876,
        14_000_000_001,
        12_345_678_901,
    ] {
        x.set_price(1, price);
        x.chain.advance(7);
        for key in [trader.margin, maker.margin] {
            let preview = preview::margin_view(&x.tables(), &x.margin(&key), x.chain.time());
            assert_eq!(x.view(key).unwrap(), preview.unwrap());
        }
    }
    // Also where the price is too old to add risk.
    x.chain.advance(100);
    let view = x.view(trader.margin).unwrap();
    let preview = preview::margin_view(&x.tables(), &x.margin(&trader.margin), x.chain.time());
    assert_eq!(view, preview.unwrap());
    assert!(!view.can_add_risk);
}
