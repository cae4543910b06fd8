//! Token-2022: a mint without extensions, or with metadata only, is a mint like any other; whatever
//! could make the vault hold less than it owes is refused.

use anchor_lang::prelude::Pubkey;
use counterweight::{ClearinghouseSetup, Guards, error::ErrorCode};
use counterweight_sdk::instructions::{Collateral, Venue, create_clearinghouse};
use counterweight_simnet::{Deployment, Exchange, Signer, TOKEN_2022, name16, reconcile};
use counterweight_tests::scene::{
    DOLLAR, Outcome, assert_numbers, deployed, localnet, no_oracle, refused,
};

/// Type and value of a mint's extension.
type Extension = (u16, Vec<u8>);

/// A fee of 1 %, in the layout of the token program: two authorities, what is withheld, and the fee
/// of an older and a newer epoch.
fn transfer_fee() -> Extension {
    let mut value = vec![0; 72];
    for _ in 0..2 {
        value.extend_from_slice(&0u64.to_le_bytes());
        value.extend_from_slice(&u64::MAX.to_le_bytes());
        value.extend_from_slice(&100u16.to_le_bytes());
    }
    (1, value)
}

/// Extensions that are refused, as the token program lays them out.
fn dangerous() -> Vec<(&'static str, Extension)> {
    vec![
        ("transfer fee", transfer_fee()),
        ("close authority", (3, vec![7; 32])),
        ("confidential transfer", (4, vec![0; 65])),
        ("default state: frozen", (6, vec![2])),
        ("non-transferable", (9, vec![])),
        ("interest", (10, vec![0; 52])),
        ("permanent delegate", (12, vec![7; 32])),
        ("transfer hook", (14, vec![7; 64])),
        ("scaled amount", (25, vec![0; 56])),
        ("pausable", (26, vec![0; 33])),
    ]
}

/// A metadata pointer: authority and address.
fn metadata_pointer() -> Extension {
    (18, vec![7; 64])
}

fn setup(x: &Exchange) -> ClearinghouseSetup {
    ClearinghouseSetup {
        guardian: Pubkey::default(),
        risk: x.deployment.risk_terms(),
        quote_name: name16("USDT"),
        quote_oracle: no_oracle(),
        quote: x.deployment.asset[0].terms(true),
    }
}

/// Lists BTC as collateral with this mint.
fn list(x: &mut Exchange, mint: Pubkey) -> Outcome {
    let collateral = Collateral {
        asset: 2,
        mint,
        token_program: TOKEN_2022,
    };
    let mut terms = x.deployment.asset[2].terms(false);
    (terms.weight_initial_bps, terms.weight_maintenance_bps) = (8_000, 9_000);
    (terms.deposit_cap, terms.full_weight_deposits) = (1_000_000, 1_000_000);
    let listed = x.govern(
        x.venue
            .list_collateral(x.authority.pubkey(), &collateral, terms),
    );
    if listed.is_ok() {
        x.collaterals.push(collateral);
    }
    listed
}

/// Creates a second clearinghouse of the same authority, with this quote mint.
fn create(x: &mut Exchange, mint: Pubkey) -> Outcome {
    let quote = Collateral {
        asset: 0,
        mint,
        token_program: TOKEN_2022,
    };
    x.govern(create_clearinghouse(
        x.authority.pubkey(),
        1,
        &quote,
        setup(x),
    ))
}

#[test]
fn a_mint_with_a_dangerous_extension_is_refused_as_collateral() {
    for (name, extension) in dangerous() {
        let mut x = localnet();
        let kind = extension.0;
        let mint = x.chain.create_mint_2022(name, 8, &[extension]);
        let failure = refused(&mut x, &[], ErrorCode::MintExtensionRefused, |x| {
            list(x, mint)
        });
        assert_numbers(&failure, &[("extension", kind.into())]);
    }
}

#[test]
fn a_mint_with_a_dangerous_extension_is_refused_as_quote_token() {
    for (name, extension) in dangerous() {
        let mut x = localnet();
        let kind = extension.0;
        let mint = x.chain.create_mint_2022(name, 6, &[extension]);
        let failure = refused(&mut x, &[], ErrorCode::MintExtensionRefused, |x| {
            create(x, mint)
        });
        assert_numbers(&failure, &[("extension", kind.into())]);
        let venue = Venue::new(&x.authority.pubkey(), 1);
        assert!(
            x.chain.data(&venue.clearinghouse).is_empty(),
            "nothing was created"
        );
    }
}

#[test]
fn an_extension_is_found_behind_one_that_is_accepted() {
    let mut x = localnet();
    let mint = x
        .chain
        .create_mint_2022("two", 8, &[metadata_pointer(), (12, vec![7; 32])]);
    let failure = refused(&mut x, &[], ErrorCode::MintExtensionRefused, |x| {
        list(x, mint)
    });
    assert_numbers(&failure, &[("extension", 12)]);
}

/// Deposits and withdraws BTC of this mint.
fn works_as_collateral(extensions: &[Extension]) {
    let mut x = localnet();
    let mint = x.chain.create_mint_2022("BTC of Token-2022", 8, extensions);
    list(&mut x, mint).unwrap();
    let trader = x.trader("trader");
    x.deposit(&trader, 2, 500_000).unwrap();
    let vault = x.venue.vault(&x.collateral(2));
    assert_eq!(x.chain.token_balance(&vault), 500_000);
    let view = x.view(trader.margin).unwrap();
    assert!(
        (450 * DOLLAR - view.equity).abs() < 1_000,
        "0.005 BTC at 90 %: {view:?}"
    );

    let wallet = x.wallet(&trader, 2, 0);
    let owner = trader.key.pubkey();
    let guards = Guards::default();
    let withdraw = x.venue.withdraw(
        owner,
        trader.margin,
        &x.collateral(2),
        wallet,
        499_999,
        guards,
    );
    x.chain.send(&[withdraw], &[&trader.key]).unwrap();
    assert_eq!(
        (
            x.chain.token_balance(&wallet),
            x.chain.token_balance(&vault)
        ),
        (499_999, 1)
    );
    assert!(reconcile(&x, &[trader.margin]).balances());
}

#[test]
fn a_plain_mint_of_token_2022_is_deposited_and_withdrawn() {
    works_as_collateral(&[]);
}

#[test]
fn a_mint_with_a_metadata_pointer_is_deposited_and_withdrawn() {
    works_as_collateral(&[metadata_pointer()]);
}

#[test]
fn a_quote_token_of_token_2022_is_traded_and_its_fees_withdrawn() {
    for extensions in [vec![], vec![metadata_pointer()]] {
        let mut x = deployed(|deployment: &mut Deployment| deployment.market.truncate(1));
        let mint = x.chain.create_mint_2022("USDT", 6, &extensions);
        create(&mut x, mint).unwrap();
        let quote = Collateral {
            asset: 0,
            mint,
            token_program: TOKEN_2022,
        };
        let sol = x.deployment.asset[1].clone();
        let mut x = Exchange {
            venue: Venue::new(&x.authority.pubkey(), 1),
            collaterals: vec![quote],
            ..x
        };
        x.add_asset(&sol).unwrap();
        x.add_market(0).unwrap();
        x.publish(1, 15_000_000_000);
        x.refresh(&[1]).unwrap();

        let (maker, taker) = (x.funded("maker", 10_000), x.funded("taker", 1_500));
        let accounts = [maker.margin, taker.margin];
        let leg = x.leg(0, 15_000);
        x.block_trade(&taker, &maker, &[leg]).unwrap();
        x.set_price(1, 14_400_000_000);
        x.liquidate(&maker, taker.margin, 0, u64::MAX).unwrap();
        assert!(reconcile(&x, &accounts).balances());
        x.withdraw(&maker, 0, 5_000 * DOLLAR as u64, Guards::default())
            .unwrap();

        x.chain.send(&[x.venue.collect_fees(0)], &[]).unwrap();
        let (owner, fees) = (x.authority.pubkey(), x.clearinghouse().fees as u64);
        let wallet = x.chain.create_token_account(TOKEN_2022, mint, owner, 50);
        x.govern(x.venue.withdraw_fees(owner, &quote, wallet, fees))
            .unwrap();
        assert_eq!(x.chain.token_balance(&wallet), 50 + fees);
        x.govern(x.venue.fund_insurance(owner, &quote, wallet, 50))
            .unwrap();
        assert!(reconcile(&x, &accounts).balances());
    }
}

#[test]
fn a_mint_does_not_move_with_the_other_token_program() {
    let mut x = localnet();
    let mint = x.chain.create_mint_2022("BTC of Token-2022", 8, &[]);
    list(&mut x, mint).unwrap();
    let trader = x.trader("trader");
    x.deposit(&trader, 2, 500).unwrap();
    let wallet = x.wallet(&trader, 2, 500);
    let classic = Collateral {
        token_program: counterweight_simnet::TOKEN_CLASSIC,
        ..x.collateral(2)
    };
    let owner = trader.key.pubkey();
    let before = x.chain.data(&trader.margin);
    for instruction in [
        x.venue.deposit(owner, trader.margin, &classic, wallet, 5),
        x.venue
            .withdraw(owner, trader.margin, &classic, wallet, 5, Guards::default()),
    ] {
        assert!(x.chain.send(&[instruction], &[&trader.key]).is_err());
    }
    assert_eq!(x.chain.data(&trader.margin), before);
}

#[test]
fn a_deposit_that_arrives_short_is_refused() {
    let mut x = localnet();
    let mint = x.chain.create_mint_2022("turncoat", 8, &[]);
    list(&mut x, mint).unwrap();
    let trader = x.trader("trader");
    x.deposit(&trader, 2, 500).unwrap();
    // No mint can begin to take a fee later; if one could, this is the net below.
    x.chain.create_mint_2022("turncoat", 8, &[transfer_fee()]);
    let vault = x.venue.vault(&x.collateral(2));
    let mut data = x.chain.data(&vault);
    data.resize(165, 0);
    data.push(2); // an account
    data.extend_from_slice(&[2, 0, 8, 0]); // with an amount that was withheld
    data.extend_from_slice(&0u64.to_le_bytes());
    x.chain.set_account(vault, TOKEN_2022, data);
    let failure = refused(&mut x, &[&trader], ErrorCode::TransferMismatch, |x| {
        x.deposit(&trader, 2, 500)
    });
    assert!(
        failure
            .logs
            .iter()
            .any(|line| line.contains("TransferMismatch")),
        "{failure}"
    );
}
