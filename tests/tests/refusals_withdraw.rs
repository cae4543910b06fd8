//! What leaves a margin account: settled balances only, and never below initial margin.

use anchor_lang::prelude::Pubkey;
use counterweight::{
    Guards,
    error::ErrorCode,
    state::{
        PAUSE_ALL, PAUSE_DEPOSIT, PAUSE_LIQUIDATE, PAUSE_TRADE, PAUSE_TRANSFER, PAUSE_WITHDRAW,
    },
};
use counterweight_sdk::instructions::set_delegate;
use counterweight_simnet::{Exchange, Signer, Trader, reconcile};
use counterweight_tests::scene::{
    DOLLAR, Outcome, SOL, assert_numbers, localnet, number, refused, signing_as, with_account,
};

fn second_account(x: &mut Exchange, owner: &Trader) -> Pubkey {
    let key = owner.key.pubkey();
    x.chain
        .send(&[x.venue.open_margin_account(key, 1)], &[&owner.key])
        .unwrap();
    x.venue.margin_account(&key, 1)
}

fn transfer(x: &mut Exchange, from: &Trader, to: Pubkey, asset: u16, atoms: u64) -> Outcome {
    let key = from.key.pubkey();
    let transfer = x
        .venue
        .transfer(key, from.margin, to, asset, atoms, Guards::default());
    x.chain.send(&[transfer], &[&from.key])
}

/// A maker, and a taker with 1,500 dollars who is long 150 SOL at 150 dollars.
fn traders(x: &mut Exchange) -> (Trader, Trader) {
    let (maker, taker) = (x.funded("maker", 1_000_000), x.funded("taker", 1_500));
    let leg = x.leg(0, 15_000);
    x.block_trade(&taker, &maker, &[leg]).unwrap();
    (maker, taker)
}

#[test]
fn no_more_leaves_than_the_account_holds() {
    let mut x = localnet();
    let trader = x.funded("trader", 100);
    let other = x.funded("other", 100);
    let to = second_account(&mut x, &trader);
    x.deposit(&trader, 1, 5).unwrap();
    let both = [&trader, &other];
    for (asset, asked, available) in [
        (0, 100_000_001, 100_000_000),
        (0, u64::MAX, 100_000_000),
        (1, 6, 5),
        (1, u64::MAX, 5),
    ] {
        let failures = [
            refused(&mut x, &both, ErrorCode::InsufficientBalance, |x| {
                x.withdraw(&trader, asset, asked, Guards::default())
            }),
            refused(&mut x, &both, ErrorCode::InsufficientBalance, |x| {
                transfer(x, &trader, to, asset, asked)
            }),
        ];
        for failure in failures {
            let numbers = [("available", available), ("requested", asked.into())];
            assert_numbers(&failure, &numbers);
        }
    }
    let failure = refused(&mut x, &both, ErrorCode::InsufficientBalance, |x| {
        transfer(x, &trader, to, 2, 1) // no collateral, so nothing of it is held
    });
    assert_eq!(number(&failure, "available"), 0);
}

#[test]
fn an_unrealised_profit_is_not_withdrawn() {
    let mut x = localnet();
    let (maker, taker) = traders(&mut x);
    x.set_price(1, 16_000_000_000); // 1,500 dollars of profit
    let cash = x.margin(&taker.margin).header.core.cash.0;
    let view = x.view(taker.margin).unwrap();
    assert!(view.equity > cash + 1_400 * DOLLAR && view.maintenance_margin < view.equity / 3);
    let watched = [&maker, &taker];
    let failure = refused(&mut x, &watched, ErrorCode::InsufficientBalance, |x| {
        x.withdraw(&taker, 0, cash as u64 + 1, Guards::default())
    });
    assert_numbers(
        &failure,
        &[
            ("available", cash.into()),
            ("requested", i128::from(cash) + 1),
        ],
    );
    // Nor does it stand in for the margin that cash must be.
    let failure = refused(&mut x, &watched, ErrorCode::InitialMarginNotMet, |x| {
        x.withdraw(&taker, 0, 500 * DOLLAR as u64, Guards::default())
    });
    assert_eq!(number(&failure, "equity"), i128::from(cash - 500 * DOLLAR));
    // Closing realises it.
    let leg = x.leg(0, -15_000);
    x.block_trade(&taker, &maker, &[leg]).unwrap();
    let cash = x.margin(&taker.margin).header.core.cash.0;
    assert!(cash > 2_900 * DOLLAR);
    refused(&mut x, &watched, ErrorCode::ProfitNotMature, |x| {
        x.withdraw(&taker, 0, cash as u64, Guards::default())
    });
    // And time matures it.
    x.chain.advance(3_600);
    x.withdraw(&taker, 0, cash as u64, Guards::default())
        .unwrap();
    assert!(reconcile(&x, &[maker.margin, taker.margin]).balances());
}

#[test]
fn nothing_leaves_below_initial_margin() {
    let mut x = localnet();
    let (maker, taker) = traders(&mut x);
    let to = second_account(&mut x, &taker);
    let view = x.view(taker.margin).unwrap();
    let free = view.free_collateral as u64;
    assert!(free > 0);
    let watched = [&maker, &taker];
    for action in [0, 1] {
        let failure = refused(
            &mut x,
            &watched,
            ErrorCode::InitialMarginNotMet,
            |x| match action {
                0 => x.withdraw(&taker, 0, free + 1, Guards::default()),
                _ => transfer(x, &taker, to, 0, free + 1),
            },
        );
        let (equity, needed) = (
            number(&failure, "equity"),
            number(&failure, "initial margin"),
        );
        assert_eq!(
            (equity, needed),
            (
                i128::from(view.initial_margin) - 1,
                view.initial_margin.into()
            )
        );
    }
    // To the atom.
    x.withdraw(&taker, 0, free, Guards::default()).unwrap();
    refused(&mut x, &watched, ErrorCode::InitialMarginNotMet, |x| {
        x.withdraw(&taker, 0, 1, Guards::default())
    });
}

#[test]
fn nothing_leaves_while_initial_margin_is_not_met_whatever_it_is() {
    let mut x = localnet();
    let (maker, taker) = traders(&mut x);
    x.deposit(&taker, 1, SOL).unwrap();
    let to = second_account(&mut x, &taker);
    x.set_price(1, 14_400_000_000);
    let view = x.view(taker.margin).unwrap();
    assert!(view.free_collateral < 0 && view.equity > view.maintenance_margin);
    let watched = [&maker, &taker];
    for asset in [0, 1] {
        refused(&mut x, &watched, ErrorCode::InitialMarginNotMet, |x| {
            x.withdraw(&taker, asset, 1, Guards::default())
        });
        refused(&mut x, &watched, ErrorCode::InitialMarginNotMet, |x| {
            transfer(x, &taker, to, asset, 1)
        });
    }
}

#[test]
fn what_the_fees_of_others_are_is_not_withdrawn_by_a_debt() {
    let mut x = localnet();
    let maker = x.funded("maker", 100_000);
    let trader = x.trader("trader");
    x.deposit(&trader, 1, 100 * SOL).unwrap();
    let leg = x.leg(1, 1_000);
    x.block_trade(&trader, &maker, &[leg]).unwrap();
    assert!(x.margin(&trader.margin).header.core.cash.0 < 0);
    // SOL is worth thousands, yet quote tokens are not lent against it.
    let failure = refused(
        &mut x,
        &[&maker, &trader],
        ErrorCode::InsufficientBalance,
        |x| x.withdraw(&trader, 0, 1, Guards::default()),
    );
    assert_numbers(&failure, &[("available", 0), ("requested", 1)]);
}

#[test]
fn an_account_does_not_transfer_to_itself() {
    let mut x = localnet();
    let trader = x.funded("trader", 100);
    let key = trader.margin;
    refused(&mut x, &[&trader], ErrorCode::SameAccount, |x| {
        transfer(x, &trader, key, 0, 1)
    });
}

#[test]
fn a_vault_does_not_pay_itself() {
    let mut x = localnet();
    let trader = x.funded("trader", 100);
    let wallet = x.wallet(&trader, 0, 0);
    let quote = x.collateral(0);
    refused(&mut x, &[&trader], ErrorCode::SameAccount, |x| {
        let key = trader.key.pubkey();
        let out = x
            .venue
            .withdraw(key, trader.margin, &quote, wallet, 1, Guards::default());
        x.chain.send(
            &[with_account(out, wallet, x.venue.vault(&quote))],
            &[&trader.key],
        )
    });
    refused(&mut x, &[&trader], ErrorCode::SameAccount, |x| {
        let key = trader.key.pubkey();
        let deposit = x.venue.deposit(key, trader.margin, &quote, wallet, 1);
        x.chain.send(
            &[with_account(deposit, wallet, x.venue.vault(&quote))],
            &[&trader.key],
        )
    });
}

#[test]
fn a_delegate_of_two_owners_moves_nothing_between_them() {
    let mut x = localnet();
    let (first, second) = (x.funded("first", 100), x.funded("second", 100));
    let delegate = signing_as(&mut x, "delegate", first.margin);
    for owner in [&first, &second] {
        let set = set_delegate(owner.key.pubkey(), owner.margin, delegate.key.pubkey());
        x.chain.send(&[set], &[&owner.key]).unwrap();
    }
    let both = [&first, &second];
    refused(&mut x, &both, ErrorCode::NotOwner, |x| {
        transfer(x, &delegate, second.margin, 0, 1)
    });
    // An owner is not the other's delegate, from either side.
    refused(&mut x, &both, ErrorCode::NotOwnerOrDelegate, |x| {
        transfer(x, &first, second.margin, 0, 1)
    });
    refused(&mut x, &both, ErrorCode::NotOwnerOrDelegate, |x| {
        let from = Trader {
            key: first.key.insecure_clone(),
            margin: second.margin,
        };
        transfer(x, &from, first.margin, 0, 1)
    });
}

#[test]
fn each_pause_stops_what_it_names_and_nothing_else() {
    let mut x = localnet();
    let (maker, taker) = traders(&mut x);
    let to = second_account(&mut x, &taker);
    let keeper = x.funded("keeper", 100_000);
    let poor = x.funded("poor", 100);
    let leg = x.leg(0, 1_000);
    x.block_trade(&poor, &maker, &[leg]).unwrap();
    x.set_price(1, 14_300_000_000); // −4.7 %: poor fails
    x.deposit(&taker, 0, 5_000 * DOLLAR as u64).unwrap();
    let all = [&maker, &taker, &keeper, &poor];
    type Action<'a> = Box<dyn Fn(&mut Exchange) -> Outcome + 'a>;
    let actions: [(u8, Action); 6] = [
        (PAUSE_DEPOSIT, Box::new(|x| x.deposit(&taker, 0, 1))),
        (
            PAUSE_WITHDRAW,
            Box::new(|x| x.withdraw(&taker, 0, 1, Guards::default())),
        ),
        (PAUSE_TRANSFER, Box::new(|x| transfer(x, &taker, to, 0, 1))),
        (
            PAUSE_TRADE,
            Box::new(|x| {
                let leg = x.leg(0, 1);
                x.block_trade(&taker, &maker, &[leg])
            }),
        ),
        (
            PAUSE_LIQUIDATE,
            Box::new(|x| x.chain.send(&[x.venue.flag_account(poor.margin)], &[])),
        ),
        (
            PAUSE_LIQUIDATE,
            Box::new(|x| x.liquidate(&keeper, poor.margin, 0, 1)),
        ),
    ];
    for bit in [
        PAUSE_DEPOSIT,
        PAUSE_WITHDRAW,
        PAUSE_TRADE,
        PAUSE_LIQUIDATE,
        PAUSE_TRANSFER,
    ] {
        x.govern(x.venue.pause(x.authority.pubkey(), bit)).unwrap();
        for (stopped_by, action) in actions.iter().filter(|(stopped_by, _)| *stopped_by == bit) {
            let failure = refused(&mut x, &all, ErrorCode::Paused, action);
            let numbers = [("asked for", (*stopped_by).into()), ("paused", bit.into())];
            assert_numbers(&failure, &numbers);
        }
        // While everything else is paused, it runs: no other bit stops it.
        x.govern(x.venue.pause(x.authority.pubkey(), PAUSE_ALL & !bit))
            .unwrap();
        for (_, action) in actions.iter().filter(|(stopped_by, _)| *stopped_by == bit) {
            action(&mut x).unwrap();
        }
        x.govern(x.venue.pause(x.authority.pubkey(), 0)).unwrap();
    }
    // Closing, resizing, viewing and refreshing are never paused.
    x.govern(x.venue.pause(x.authority.pubkey(), PAUSE_ALL))
        .unwrap();
    x.view(taker.margin).unwrap();
    x.set_price(1, 14_400_000_000);
    let resize = counterweight_sdk::instructions::resize_margin_account;
    let resize = resize(taker.key.pubkey(), taker.margin, 9);
    x.chain.send(&[resize], &[&taker.key]).unwrap();
}
