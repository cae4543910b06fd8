//! What opening, resizing and closing a margin account refuse; and that a closed one stays closed.

use anchor_lang::prelude::{Pubkey, system_program};
use counterweight::{Guards, error::ErrorCode};
use counterweight_risk::orders::Side;
use counterweight_sdk::instructions::{close_margin_account, resize_margin_account, set_delegate};
use counterweight_simnet::{Exchange, Signer, Trader, limit};
use counterweight_tests::{
    pit::{Pit, SOL_PERP},
    scene::{
        Outcome, WRONG_PROGRAM, WRONG_SEEDS, assert_numbers, deployed, lamports, localnet, patch,
        refused, refused_by_runtime, with_account, with_signer,
    },
};

/// Where a margin account has its cash.
const CASH: usize = 120;

type Instruction = anchor_lang::solana_program::instruction::Instruction;

fn resize(x: &mut Exchange, trader: &Trader, slots: u16) -> Outcome {
    let resize = resize_margin_account(trader.key.pubkey(), trader.margin, slots);
    x.chain.send(&[resize], &[&trader.key])
}

fn close(x: &mut Exchange, trader: &Trader) -> Outcome {
    x.chain.send(
        &[close_margin_account(trader.key.pubkey(), trader.margin)],
        &[&trader.key],
    )
}

#[test]
fn an_account_has_8_to_128_slots_and_never_fewer_than_it_uses() {
    let mut x = deployed(|deployment| {
        for copy in 3..10 {
            let mut market = deployment.market[0].clone();
            market.name = format!("SOL-{copy}");
            deployment.market.push(market);
        }
    });
    let (maker, trader) = (x.funded("maker", 10_000), x.funded("trader", 10_000));
    let both = [&maker, &trader];
    for slots in [0, 7, 129, u16::MAX] {
        let failure = refused(&mut x, &both, ErrorCode::InvalidSlotCount, |x| {
            resize(x, &trader, slots)
        });
        let numbers = [("slots", slots.into()), ("lowest", 8), ("highest", 128)];
        assert_numbers(&failure, &numbers);
    }
    resize(&mut x, &maker, 10).unwrap();
    resize(&mut x, &trader, 10).unwrap();
    let legs: Vec<_> = (0..10).map(|market| x.leg(market, 1)).collect();
    x.block_trade(&trader, &maker, &legs).unwrap();
    for slots in [8, 9] {
        let failure = refused(&mut x, &both, ErrorCode::InvalidSlotCount, |x| {
            resize(x, &trader, slots)
        });
        assert_numbers(&failure, &[("slots", slots.into()), ("lowest", 10)]);
    }
    resize(&mut x, &trader, 10).unwrap();
}

#[test]
fn an_account_that_holds_anything_is_not_closed() {
    let mut x = localnet();
    let (maker, trader) = (x.funded("maker", 1_000), x.trader("trader"));
    let watched = [&maker, &trader];
    x.deposit(&trader, 1, 1).unwrap();
    let failure = refused(&mut x, &watched, ErrorCode::AccountNotEmpty, |x| {
        close(x, &trader)
    });
    assert_numbers(&failure, &[("cash", 0), ("positions", 0)]);
    x.withdraw(&trader, 1, 1, Guards::default()).unwrap();
    x.deposit(&trader, 0, 1).unwrap();
    let failure = refused(&mut x, &watched, ErrorCode::AccountNotEmpty, |x| {
        close(x, &trader)
    });
    assert_numbers(&failure, &[("cash", 1), ("positions", 0)]);
    x.deposit(&trader, 0, 99_999_999).unwrap();
    let leg = x.leg(0, 1);
    x.block_trade(&trader, &maker, &[leg]).unwrap();
    let failure = refused(&mut x, &watched, ErrorCode::AccountNotEmpty, |x| {
        close(x, &trader)
    });
    assert_numbers(&failure, &[("positions", 1)]);
}

/// An account whose cash is gone and whose fill still waits is not closed: whoever settles the fill would
/// find nobody. Initial margin lets no owner take out the last atom, so a loss has to; here it is written down.
#[test]
fn a_fill_that_waits_keeps_an_account_open_by_itself() {
    let mut pit = Pit::new();
    let mid = pit.mid;
    pit.rests(limit(Side::Sell, mid, 400));
    pit.takes(400, mid, false);
    let (maker, owner) = (pit.maker.margin, pit.maker.key.pubkey());
    assert_eq!(pit.x.order_book(SOL_PERP).queue.len(), 1);
    patch(&mut pit.x, maker, CASH, &0i64.to_le_bytes());
    let core = pit.x.margin(&maker).header.core;
    assert!(core.cash.0 == 0 && core.balances.iter().all(|b| b.atoms == 0));
    let close = close_margin_account(owner, maker);
    let failure = pit.refuses(ErrorCode::AccountNotEmpty, |x, maker, _| {
        x.chain.send(&[close], &[&maker.key])
    });
    assert_numbers(&failure, &[("cash", 0), ("positions", 1)]);
}

#[test]
fn a_debt_is_not_closed_away() {
    let mut x = localnet();
    let (maker, trader) = (x.funded("maker", 10_000), x.trader("trader"));
    x.deposit(&trader, 1, 1_000_000_000_000).unwrap();
    for lots in [10, -10] {
        let leg = x.leg(0, lots);
        x.block_trade(&trader, &maker, &[leg]).unwrap();
    }
    let cash = x.margin(&trader.margin).header.core.cash.0;
    assert!(cash < 0, "two fees are owed");
    let failure = refused(
        &mut x,
        &[&maker, &trader],
        ErrorCode::AccountNotEmpty,
        |x| close(x, &trader),
    );
    assert_numbers(&failure, &[("cash", cash.into()), ("positions", 0)]);
}

/// Sends lamports, by the system program.
fn pay(from: Pubkey, to: Pubkey, lamports: u64) -> Instruction {
    let mut data = vec![2, 0, 0, 0];
    data.extend_from_slice(&lamports.to_le_bytes());
    Instruction {
        program_id: system_program::ID,
        accounts: vec![
            anchor_lang::prelude::AccountMeta::new(from, true),
            anchor_lang::prelude::AccountMeta::new(to, false),
        ],
        data,
    }
}

#[test]
fn a_closed_account_is_not_revived_within_its_transaction_or_after() {
    let mut x = localnet();
    let trader = x.trader("trader");
    let key = trader.key.pubkey();
    let wallet = x.wallet(&trader, 0, 100);
    let rent = lamports(&x, &trader.margin);
    let close = close_margin_account(key, trader.margin);
    let revive = pay(key, trader.margin, rent);
    let uses = [
        x.venue
            .deposit(key, trader.margin, &x.collateral(0), wallet, 1),
        set_delegate(key, trader.margin, key),
        resize_margin_account(key, trader.margin, 9),
        with_signer(x.venue.flag_account(trader.margin), key),
        close_margin_account(key, trader.margin),
    ];
    for instruction in uses.clone() {
        refused_by_runtime(&mut x, &[&trader], Some(WRONG_PROGRAM), |x| {
            x.chain.send(
                &[close.clone(), revive.clone(), instruction],
                &[&trader.key],
            )
        });
    }
    // Without new lamports there is nothing there at all.
    for instruction in uses.clone() {
        assert!(
            x.chain
                .send(&[close.clone(), instruction], &[&trader.key])
                .is_err()
        );
    }
    // Lamports alone revive nothing: the account is the system program's, and empty.
    x.chain.send(&[close, revive], &[&trader.key]).unwrap();
    let left = x.chain.svm.get_account(&trader.margin).unwrap();
    assert_eq!((left.owner, left.data.len()), (system_program::ID, 0));
    for instruction in uses {
        refused_by_runtime(&mut x, &[], Some(WRONG_PROGRAM), |x| {
            x.chain.send(&[instruction], &[&trader.key])
        });
    }
    // Its owner may open it anew, and only empty.
    x.chain
        .send(&[x.venue.open_margin_account(key, 0)], &[&trader.key])
        .unwrap();
    assert!(x.margin(&trader.margin).header.core.is_empty());
}

#[test]
fn an_account_is_opened_once_at_the_address_that_belongs_to_it() {
    let mut x = localnet();
    let trader = x.funded("trader", 10);
    let key = trader.key.pubkey();
    let again = x.venue.open_margin_account(key, 0);
    let failure = refused_by_runtime(&mut x, &[&trader], Some(0), |x| {
        x.chain.send(&[again], &[&trader.key])
    });
    assert!(format!("{failure}").contains("already in use"), "{failure}");
    refused_by_runtime(&mut x, &[&trader], Some(WRONG_SEEDS), |x| {
        let open = x.venue.open_margin_account(key, 1);
        let (place, other) = (
            x.venue.margin_account(&key, 1),
            x.venue.margin_account(&key, 2),
        );
        x.chain
            .send(&[with_account(open, place, other)], &[&trader.key])
    });
}
