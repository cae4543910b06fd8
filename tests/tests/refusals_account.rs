//! What a margin account refuses: strangers, other clearinghouses, other tokens, other shapes.

use anchor_lang::prelude::{Pubkey, system_program};
use counterweight::{Guards, error::ErrorCode};
use counterweight_sdk::instructions::{
    Venue, close_margin_account, resize_margin_account, set_delegate,
};
use counterweight_simnet::{Exchange, Failure, Signer, Trader};
use counterweight_tests::scene::{
    NOT_SIGNER, Outcome, WRONG_PROGRAM, WRONG_TYPE, assert_numbers, deployed, localnet, patch,
    refused, refused_by_runtime, signing_as, unsigned, with_account, with_signer,
};

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
fn only_the_owner_withdraws_closes_resizes_and_delegates() {
    let mut x = localnet();
    let owner = x.funded("owner", 100);
    let delegate = signing_as(&mut x, "delegate", owner.margin);
    let stranger = signing_as(&mut x, "stranger", owner.margin);
    let set = set_delegate(owner.key.pubkey(), owner.margin, delegate.key.pubkey());
    x.chain.send(&[set], &[&owner.key]).unwrap();
    for other in [&delegate, &stranger] {
        let key = other.key.pubkey();
        let watched = [&owner];
        refused(&mut x, &watched, ErrorCode::NotOwner, |x| {
            x.withdraw(other, 0, 1, Guards::default())
        });
        refused(&mut x, &watched, ErrorCode::NotOwner, |x| close(x, other));
        refused(&mut x, &watched, ErrorCode::NotOwner, |x| {
            resize(x, other, 16)
        });
        refused(&mut x, &watched, ErrorCode::NotOwner, |x| {
            x.chain
                .send(&[set_delegate(key, owner.margin, key)], &[&other.key])
        });
    }
}

#[test]
fn naming_the_owner_without_his_signature_is_refused() {
    let mut x = localnet();
    let owner = x.funded("owner", 100);
    let (key, quote) = (owner.key.pubkey(), x.collateral(0));
    let wallet = x.wallet(&owner, 0, 10);
    x.chain
        .send(&[x.venue.open_margin_account(key, 1)], &[&owner.key])
        .unwrap();
    let second = x.venue.margin_account(&key, 1);
    let guards = Guards::default();
    let all = [
        x.venue.open_margin_account(key, 2),
        x.venue.deposit(key, owner.margin, &quote, wallet, 1),
        x.venue
            .withdraw(key, owner.margin, &quote, wallet, 1, guards),
        x.venue.transfer(key, owner.margin, second, 0, 1, guards),
        close_margin_account(key, x.venue.margin_account(&key, 2)),
        resize_margin_account(key, owner.margin, 9),
        set_delegate(key, owner.margin, key),
    ];
    for instruction in all {
        let forged = unsigned(instruction.clone(), key);
        refused_by_runtime(&mut x, &[&owner], Some(NOT_SIGNER), |x| {
            x.chain.send(&[forged], &[])
        });
        x.chain.send(&[instruction], &[&owner.key]).unwrap();
    }
}

#[test]
fn a_stranger_cannot_deposit_into_an_account() {
    let mut x = localnet();
    let owner = x.funded("owner", 100);
    let stranger = signing_as(&mut x, "stranger", owner.margin);
    for asset in [0, 1] {
        refused(&mut x, &[&owner], ErrorCode::NotOwnerOrDelegate, |x| {
            x.deposit(&stranger, asset, 1)
        });
    }
    // Nor spend somebody else's tokens by naming them.
    let wallet = x.wallet(&owner, 0, 5);
    let own = x.trader("thief");
    refused_by_runtime(&mut x, &[&owner, &own], Some(4), |x| {
        let deposit = x
            .venue
            .deposit(own.key.pubkey(), own.margin, &x.collateral(0), wallet, 5);
        x.chain.send(&[deposit], &[&own.key])
    });
}

#[test]
fn no_more_is_deposited_than_the_cap_of_the_vault() {
    let mut x = deployed(|deployment| deployment.asset[1].deposit_cap = 2);
    let (first, second) = (x.trader("first"), x.trader("second"));
    x.deposit(&first, 1, 1_500_000_000).unwrap();
    let both = [&first, &second];
    let failure = refused(&mut x, &both, ErrorCode::DepositCapReached, |x| {
        x.deposit(&second, 1, 500_000_001)
    });
    assert_numbers(
        &failure,
        &[
            ("held", 1_500_000_000),
            ("deposit", 500_000_001),
            ("cap", 2_000_000_000),
        ],
    );
    refused(&mut x, &both, ErrorCode::DepositCapReached, |x| {
        x.deposit(&second, 1, u64::MAX)
    });
    x.deposit(&second, 1, 500_000_000).unwrap();
}

#[test]
fn only_collateral_with_its_own_mint_and_vault_moves() {
    let mut x = localnet();
    let trader = x.funded("trader", 100);
    x.deposit(&trader, 1, 100).unwrap();
    let (key, quote, sol) = (trader.key.pubkey(), x.collateral(0), x.collateral(1));
    let wallet = x.wallet(&trader, 0, 10);
    let other = x.trader("other");
    let elsewhere = x.wallet(&other, 0, 10);
    let unlisted = counterweight_sdk::instructions::Collateral { asset: 2, ..quote };
    let missing = counterweight_sdk::instructions::Collateral { asset: 4, ..quote };
    let guards = Guards::default();
    let venue = x.venue;
    let moves = |collateral| {
        [
            venue.deposit(key, trader.margin, collateral, wallet, 1),
            venue.withdraw(key, trader.margin, collateral, wallet, 1, guards),
        ]
    };
    let mut refuse = |code, instruction: Instruction| {
        refused(&mut x, &[&trader], code, |x| {
            x.chain.send(&[instruction], &[&trader.key])
        });
    };
    for instruction in moves(&unlisted) {
        refuse(ErrorCode::NotCollateral, instruction);
    }
    for instruction in moves(&missing) {
        refuse(ErrorCode::UnknownAsset, instruction);
    }
    let vault = venue.vault(&quote);
    for instruction in moves(&quote) {
        refuse(
            ErrorCode::WrongVault,
            with_account(instruction.clone(), vault, elsewhere),
        );
        refuse(
            ErrorCode::WrongMint,
            with_account(instruction, quote.mint, sol.mint),
        );
    }
    // Quote tokens are not credited as SOL, nor SOL paid out in quote tokens.
    let as_sol = counterweight_sdk::instructions::Collateral { asset: 1, ..quote };
    for instruction in moves(&as_sol) {
        refuse(ErrorCode::WrongMint, instruction);
    }
    // The right mint, and the vault of another asset.
    for instruction in moves(&quote) {
        refuse(
            ErrorCode::WrongVault,
            with_account(instruction, vault, venue.vault(&sol)),
        );
    }
}

#[test]
fn a_quantity_of_zero_is_refused() {
    let mut x = localnet();
    let trader = x.funded("trader", 100);
    let key = trader.key.pubkey();
    x.chain
        .send(&[x.venue.open_margin_account(key, 1)], &[&trader.key])
        .unwrap();
    let watched = [&trader];
    refused(&mut x, &watched, ErrorCode::ZeroQuantity, |x| {
        x.deposit(&trader, 0, 0)
    });
    refused(&mut x, &watched, ErrorCode::ZeroQuantity, |x| {
        x.withdraw(&trader, 0, 0, Guards::default())
    });
    refused(&mut x, &watched, ErrorCode::ZeroQuantity, |x| {
        let to = x.venue.margin_account(&key, 1);
        let transfer = x
            .venue
            .transfer(key, trader.margin, to, 0, 0, Guards::default());
        x.chain.send(&[transfer], &[&trader.key])
    });
}

#[test]
fn a_ninth_collateral_is_refused() {
    let mut x = deployed(|deployment| {
        for copy in 0..9 {
            let mut asset = deployment.asset[1].clone();
            asset.name = format!("LST{copy}");
            deployment.asset.push(asset);
        }
    });
    let trader = x.funded("trader", 100);
    for asset in 4..12 {
        x.deposit(&trader, asset, 10).unwrap();
    }
    let failure = refused(&mut x, &[&trader], ErrorCode::NoFreeBalance, |x| {
        x.deposit(&trader, 12, 1)
    });
    assert_numbers(&failure, &[("limit", 8)]);
    x.deposit(&trader, 11, 1).unwrap();
    x.withdraw(&trader, 4, 10, Guards::default()).unwrap();
    x.deposit(&trader, 12, 1).unwrap();
}

#[test]
fn an_account_of_another_clearinghouse_is_refused() {
    let mut x = localnet();
    let at_first = x.funded("owner", 100);
    let (mut x, first) = counterweight_tests::scene::beside(x);
    let here = x.funded("owner", 100);
    assert_ne!(here.margin, at_first.margin);
    let (key, quote) = (here.key.pubkey(), x.collateral(0));
    let wallet = x.wallet(&here, 0, 10);
    let guards = Guards::default();
    let vault_of_first = first.vault(&quote);
    let mut refuse = |code: ErrorCode, instruction: Instruction| {
        let before =
            [at_first.margin, vault_of_first, first.risk_book].map(|key| x.chain.data(&key));
        refused(&mut x, &[&here], code, |x| {
            x.chain.send(&[instruction], &[&here.key])
        });
        let after =
            [at_first.margin, vault_of_first, first.risk_book].map(|key| x.chain.data(&key));
        assert_eq!(before, after);
    };
    let second: Venue = Venue::new(&counterweight_simnet::keypair("rival").pubkey(), 0);
    // The other's margin account.
    refuse(
        ErrorCode::WrongClearinghouse,
        second.deposit(key, at_first.margin, &quote, wallet, 1),
    );
    refuse(
        ErrorCode::WrongClearinghouse,
        second.withdraw(key, at_first.margin, &quote, wallet, 1, guards),
    );
    refuse(
        ErrorCode::WrongClearinghouse,
        second.transfer(key, at_first.margin, here.margin, 0, 1, guards),
    );
    refuse(
        ErrorCode::WrongClearinghouse,
        second.transfer(key, here.margin, at_first.margin, 0, 1, guards),
    );
    refuse(
        ErrorCode::WrongClearinghouse,
        with_signer(second.flag_account(at_first.margin), key),
    );
    // The other's risk book, with the clearinghouse and vault of this one.
    let withdraw = second.withdraw(key, at_first.margin, &quote, wallet, 1, guards);
    refuse(
        ErrorCode::WrongClearinghouse,
        with_account(withdraw.clone(), second.risk_book, first.risk_book),
    );
    // The other's clearinghouse signs for nothing here.
    refuse(
        ErrorCode::WrongClearinghouse,
        with_account(withdraw, second.clearinghouse, first.clearinghouse),
    );
    // The other's vault.
    let withdraw = second.withdraw(key, here.margin, &quote, wallet, 1, guards);
    refuse(
        ErrorCode::WrongVault,
        with_account(withdraw, second.vault(&quote), vault_of_first),
    );
    let view = x.view(at_first.margin).unwrap_err();
    assert!(view.is(ErrorCode::WrongClearinghouse), "{view}");
}

#[test]
fn accounts_of_another_type_or_program_are_refused() {
    let mut x = localnet();
    let trader = x.funded("trader", 100);
    let (key, market) = (trader.key.pubkey(), x.venue.market(0));
    let set = set_delegate(key, trader.margin, key);
    refused_by_runtime(&mut x, &[&trader], Some(WRONG_TYPE), |x| {
        x.chain.send(
            &[with_account(set.clone(), trader.margin, market)],
            &[&trader.key],
        )
    });
    // A forgery: the same bytes, owned by somebody else.
    let forged = Pubkey::new_unique();
    let data = x.chain.data(&trader.margin);
    x.chain.set_account(forged, Pubkey::new_unique(), data);
    refused_by_runtime(&mut x, &[&trader], Some(WRONG_PROGRAM), |x| {
        x.chain
            .send(&[with_account(set, trader.margin, forged)], &[&trader.key])
    });
    let data = x.chain.data(&x.venue.risk_book);
    let book = Pubkey::new_unique();
    x.chain.set_account(book, system_program::ID, data);
    refused_by_runtime(&mut x, &[&trader], Some(WRONG_PROGRAM), |x| {
        let view = x.venue.margin_view(trader.margin);
        x.chain
            .send(&[with_account(view, x.venue.risk_book, book)], &[])
    });
}

#[test]
fn an_account_of_a_layout_that_is_not_known_is_refused() {
    let mut x = localnet();
    let (trader, other) = (x.funded("trader", 100), x.funded("other", 100));
    patch(&mut x, trader.margin, 8, &[2]);
    let version = |failure: Outcome| assert!(failure.unwrap_err().is(ErrorCode::WrongVersion));
    refused(&mut x, &[&trader], ErrorCode::WrongVersion, |x| {
        x.withdraw(&trader, 0, 1, Guards::default())
    });
    refused(&mut x, &[&trader], ErrorCode::WrongVersion, |x| {
        close(x, &trader)
    });
    version(x.deposit(&trader, 0, 1));
    let view: Result<_, Box<Failure>> = x.view(trader.margin);
    assert!(view.unwrap_err().is(ErrorCode::WrongVersion));
    let book = x.venue.risk_book;
    patch(&mut x, book, 8, &[0]);
    version(x.deposit(&other, 0, 1));
    version(x.withdraw(&other, 0, 1, Guards::default()));
    version(x.chain.send(
        &[x.venue.open_margin_account(other.key.pubkey(), 1)],
        &[&other.key],
    ));
    version(x.refresh(&[1]));
    version(x.govern(x.venue.pause(x.authority.pubkey(), 0)));
}
