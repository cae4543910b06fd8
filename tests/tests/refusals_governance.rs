//! What governance refuses: the wrong key, the wrong account, and terms that do not fit.

use anchor_lang::prelude::Pubkey;
use counterweight::{
    AssetSetup, OracleChoice,
    error::ErrorCode,
    oracle::{PYTH_LEGACY, PYTH_LEGACY_DEVNET, PYTH_RECEIVER, PYTH_RECEIVER_SECOND},
    state::{MAX_ASSETS, MAX_MARKETS, PAUSE_LIQUIDATE, PAUSE_TRADE, PAUSE_WITHDRAW},
};
use counterweight_sdk::instructions::{Collateral, Venue};
use counterweight_simnet::{Exchange, Signer, TOKEN_CLASSIC, name16};
use counterweight_tests::scene::{
    NOT_SIGNER, Outcome, WRONG_SEEDS, assert_numbers, beside, localnet, refused,
    refused_by_runtime, signing_as, unsigned, with_account,
};

type Instruction = anchor_lang::solana_program::instruction::Instruction;

fn asset_setup(x: &Exchange, oracle: OracleChoice) -> AssetSetup {
    AssetSetup {
        name: name16("JUP"),
        oracle,
        lot_exponent: 0,
        decimals: 6,
        terms: x.deployment.asset[2].terms(false),
    }
}

fn pyth() -> OracleChoice {
    OracleChoice {
        kind: 1,
        owner: PYTH_RECEIVER,
        feed: [7; 32],
    }
}

fn unlisted(x: &mut Exchange) -> Collateral {
    let mint = x.chain.create_mint("cbBTC", 8);
    Collateral {
        asset: 2,
        mint,
        token_program: TOKEN_CLASSIC,
    }
}

/// Every instruction that only the authority may send, as `signer` would send it.
fn of_the_authority(x: &mut Exchange, venue: &Venue, signer: Pubkey) -> Vec<Instruction> {
    let (collateral, quote) = (unlisted(x), x.collateral(0));
    let mut listed = x.deployment.asset[2].terms(false);
    (listed.weight_initial_bps, listed.weight_maintenance_bps) = (100, 100);
    let wallet = x
        .chain
        .create_token_account(quote.token_program, quote.mint, signer, 0);
    vec![
        venue.add_asset(signer, asset_setup(x, pyth())),
        venue.list_collateral(signer, &collateral, listed),
        venue.add_market(signer, 3, x.market_setup(0)),
        venue.set_risk_terms(signer, x.deployment.risk_terms()),
        venue.set_asset_terms(signer, 1, x.deployment.asset[1].terms(true)),
        venue.set_asset_risk(signer, 1, x.deployment.asset[1].risk_terms()),
        venue.set_market_terms(signer, 0, x.market_setup(0).terms),
        venue.set_guardian(signer, signer),
        venue.nominate_authority(signer, signer),
        venue.withdraw_fees(signer, &quote, wallet, 1),
    ]
}

#[test]
fn only_the_authority_governs() {
    let mut x = localnet();
    let stranger = signing_as(&mut x, "stranger", Pubkey::default()).key;
    let venue = x.venue;
    for instruction in of_the_authority(&mut x, &venue, stranger.pubkey()) {
        refused(&mut x, &[], ErrorCode::NotAuthority, |x| {
            x.chain.send(&[instruction], &[&stranger])
        });
    }
    // Not even the guardian.
    let guardian = x.guardian.insecure_clone();
    for instruction in of_the_authority(&mut x, &venue, guardian.pubkey()) {
        refused(&mut x, &[], ErrorCode::NotAuthority, |x| {
            x.chain.send(&[instruction], &[&guardian])
        });
    }
}

#[test]
fn naming_the_authority_without_its_signature_is_refused() {
    let mut x = localnet();
    let (venue, authority, guardian) = (x.venue, x.authority.pubkey(), x.guardian.pubkey());
    let mut all = of_the_authority(&mut x, &venue, authority);
    all.push(venue.pause(authority, PAUSE_TRADE));
    for instruction in all {
        let instruction = unsigned(instruction, authority);
        refused_by_runtime(&mut x, &[], Some(NOT_SIGNER), |x| {
            x.chain.send(&[instruction], &[])
        });
    }
    for instruction in [
        venue.pause(guardian, PAUSE_TRADE),
        venue.accept_authority(guardian),
    ] {
        let instruction = unsigned(instruction, guardian);
        refused_by_runtime(&mut x, &[], Some(NOT_SIGNER), |x| {
            x.chain.send(&[instruction], &[])
        });
    }
}

#[test]
fn the_authority_of_one_clearinghouse_has_no_power_over_another() {
    let (mut x, first) = beside(localnet());
    let (rival, venue) = (x.authority.pubkey(), x.venue);
    let mut all = of_the_authority(&mut x, &venue, rival);
    all.truncate(8); // withdrawing fees names no risk book
    all.push(venue.pause(rival, PAUSE_TRADE));
    for instruction in all {
        // His own clearinghouse, somebody else's risk book.
        let crossed = with_account(instruction, venue.risk_book, first.risk_book);
        let before = x.chain.data(&first.risk_book);
        refused(&mut x, &[], ErrorCode::WrongClearinghouse, |x| {
            x.govern(crossed)
        });
        assert_eq!(x.chain.data(&first.risk_book), before);
    }
    for instruction in of_the_authority(&mut x, &first, rival) {
        refused(&mut x, &[], ErrorCode::NotAuthority, |x| {
            x.govern(instruction)
        });
    }
    refused(&mut x, &[], ErrorCode::WrongClearinghouse, |x| {
        let collect = with_account(venue.collect_fees(0), venue.market(0), first.market(0));
        x.chain.send(&[collect], &[])
    });
    refused(&mut x, &[], ErrorCode::WrongClearinghouse, |x| {
        let collect = venue.collect_fees(0);
        let collect = with_account(collect, venue.clearinghouse, first.clearinghouse);
        x.chain.send(&[collect], &[])
    });
    x.govern(venue.nominate_authority(rival, rival)).unwrap();
    refused(&mut x, &[], ErrorCode::WrongClearinghouse, |x| {
        x.govern(with_account(
            venue.accept_authority(rival),
            venue.risk_book,
            first.risk_book,
        ))
    });
}

#[test]
fn only_the_authority_or_the_guardian_pauses() {
    let mut x = localnet();
    let stranger = signing_as(&mut x, "stranger", Pubkey::default()).key;
    refused(&mut x, &[], ErrorCode::NotGuardian, |x| {
        x.chain.send(
            &[x.venue.pause(stranger.pubkey(), PAUSE_TRADE)],
            &[&stranger],
        )
    });
}

#[test]
fn the_guardian_neither_lifts_a_pause_nor_stops_liquidations() {
    let mut x = localnet();
    let (authority, guardian) = (x.authority.pubkey(), x.guardian.pubkey());
    x.govern(x.venue.pause(authority, PAUSE_TRADE)).unwrap();
    let by_guardian = |x: &mut Exchange, bits: u8| -> Outcome {
        x.chain
            .send(&[x.venue.pause(guardian, bits)], &[&x.guardian])
    };
    for bits in [0, PAUSE_WITHDRAW, PAUSE_TRADE | PAUSE_LIQUIDATE] {
        let failure = refused(&mut x, &[], ErrorCode::GuardianMayOnlyPause, |x| {
            by_guardian(x, bits)
        });
        assert_numbers(
            &failure,
            &[("paused", PAUSE_TRADE.into()), ("asked for", bits.into())],
        );
    }
    // What the authority has stopped, the guardian may leave as it is.
    x.govern(x.venue.pause(authority, PAUSE_LIQUIDATE)).unwrap();
    by_guardian(&mut x, PAUSE_LIQUIDATE | PAUSE_TRADE).unwrap();
}

#[test]
fn only_who_was_nominated_becomes_the_authority() {
    let mut x = localnet();
    let stranger = signing_as(&mut x, "stranger", Pubkey::default()).key;
    let accept = x.venue.accept_authority(stranger.pubkey());
    for nominated in [Pubkey::default(), Pubkey::new_unique()] {
        x.govern(x.venue.nominate_authority(x.authority.pubkey(), nominated))
            .unwrap();
        refused(&mut x, &[], ErrorCode::NotNominated, |x| {
            x.chain.send(core::slice::from_ref(&accept), &[&stranger])
        });
    }
}

#[test]
fn an_oracle_that_is_not_pyths_is_refused() {
    let mut x = localnet();
    let own = Pubkey::new_unique();
    let choices = [
        (1, own),
        (2, own),
        (1, PYTH_LEGACY),
        (2, PYTH_RECEIVER),
        (3, PYTH_RECEIVER),
        (0, Pubkey::default()), // only the quote token may have none
    ];
    for (kind, owner) in choices {
        let setup = asset_setup(
            &x,
            OracleChoice {
                kind,
                owner,
                feed: [7; 32],
            },
        );
        refused(&mut x, &[], ErrorCode::OracleNotAccepted, |x| {
            x.govern(x.venue.add_asset(x.authority.pubkey(), setup))
        });
    }
    for (kind, owner) in [(1, PYTH_RECEIVER_SECOND), (2, PYTH_LEGACY_DEVNET)] {
        let setup = asset_setup(
            &x,
            OracleChoice {
                kind,
                owner,
                feed: [7; 32],
            },
        );
        x.govern(x.venue.add_asset(x.authority.pubkey(), setup))
            .unwrap();
    }
    let setup = counterweight::ClearinghouseSetup {
        guardian: own,
        risk: x.deployment.risk_terms(),
        quote_name: name16("USDC"),
        quote_oracle: OracleChoice {
            kind: 1,
            owner: own,
            feed: [7; 32],
        },
        quote: x.deployment.asset[0].terms(true),
    };
    let quote = x.collateral(0);
    refused(&mut x, &[], ErrorCode::OracleNotAccepted, |x| {
        let creator = x.authority.pubkey();
        x.govern(counterweight_sdk::instructions::create_clearinghouse(
            creator, 1, &quote, setup,
        ))
    });
}

#[test]
fn an_asset_is_listed_as_collateral_once_with_a_mint_of_its_decimals() {
    let mut x = localnet();
    let authority = x.authority.pubkey();
    let terms = x.deployment.asset[1].terms(true);
    let mint = x.chain.create_mint("other SOL", 9);
    let again = Collateral {
        asset: 1,
        mint,
        token_program: TOKEN_CLASSIC,
    };
    refused(&mut x, &[], ErrorCode::AlreadyCollateral, |x| {
        x.govern(x.venue.list_collateral(authority, &again, terms))
    });
    let quote_again = Collateral {
        asset: 0,
        mint,
        token_program: TOKEN_CLASSIC,
    };
    refused(&mut x, &[], ErrorCode::AlreadyCollateral, |x| {
        x.govern(x.venue.list_collateral(authority, &quote_again, terms))
    });
    let other_decimals = Collateral {
        asset: 2,
        mint,
        token_program: TOKEN_CLASSIC,
    };
    let failure = refused(&mut x, &[], ErrorCode::WrongMint, |x| {
        x.govern(x.venue.list_collateral(authority, &other_decimals, terms))
    });
    assert_numbers(&failure, &[("decimals", 9), ("expected", 8)]);
    // A mint backs one asset: its vault exists.
    let taken = Collateral {
        asset: 2,
        ..x.collateral(1)
    };
    let failure = refused_by_runtime(&mut x, &[], Some(0), |x| {
        x.govern(x.venue.list_collateral(authority, &taken, terms))
    });
    assert!(format!("{failure}").contains("already in use"), "{failure}");
}

#[test]
fn assets_and_markets_that_do_not_exist_are_named() {
    let mut x = localnet();
    let authority = x.authority.pubkey();
    let listed = x.deployment.asset[1].terms(true);
    let (venue, market_terms) = (x.venue, x.market_setup(0).terms);
    let failure = refused(&mut x, &[], ErrorCode::UnknownAsset, |x| {
        x.govern(venue.set_asset_terms(authority, 4, listed))
    });
    assert_numbers(&failure, &[("asset", 4)]);
    let nowhere = Collateral {
        asset: 9,
        ..unlisted(&mut x)
    };
    refused(&mut x, &[], ErrorCode::UnknownAsset, |x| {
        x.govern(venue.list_collateral(authority, &nowhere, listed))
    });
    let failure = refused(&mut x, &[], ErrorCode::UnknownMarket, |x| {
        x.govern(venue.set_market_terms(authority, 3, market_terms))
    });
    assert_numbers(&failure, &[("market", 3)]);
    // No market on what is not there, nor on the quote token.
    for asset in [4, 0] {
        let setup = counterweight::MarketSetup {
            asset,
            ..x.market_setup(0)
        };
        let failure = refused(&mut x, &[], ErrorCode::UnknownAsset, |x| {
            x.govern(venue.add_market(authority, 3, setup))
        });
        assert_numbers(&failure, &[("asset", asset.into())]);
    }
}

#[test]
fn a_market_takes_the_next_index_and_the_address_that_belongs_to_it() {
    let mut x = localnet();
    let authority = x.authority.pubkey();
    let setup = x.market_setup(0);
    let failure = refused(&mut x, &[], ErrorCode::WrongIndex, |x| {
        x.govern(x.venue.add_market(authority, 4, setup.clone()))
    });
    assert_numbers(&failure, &[("found", 4), ("next", 3)]);
    refused_by_runtime(&mut x, &[], Some(WRONG_SEEDS), |x| {
        let add = x.venue.add_market(authority, 3, setup);
        x.govern(with_account(add, x.venue.market(3), x.venue.market(4)))
    });
}

#[test]
fn a_full_risk_book_takes_no_further_asset_or_market() {
    let mut x = localnet();
    let authority = x.authority.pubkey();
    let setup = asset_setup(&x, pyth());
    for _ in 4..MAX_ASSETS {
        x.govern(x.venue.add_asset(authority, setup.clone()))
            .unwrap();
    }
    refused(&mut x, &[], ErrorCode::RiskBookFull, |x| {
        x.govern(x.venue.add_asset(authority, setup))
    });
    let setup = x.market_setup(0);
    for index in 3..MAX_MARKETS {
        x.govern(x.venue.add_market(authority, index, setup.clone()))
            .unwrap();
    }
    refused(&mut x, &[], ErrorCode::RiskBookFull, |x| {
        x.govern(x.venue.add_market(authority, MAX_MARKETS, setup))
    });
}

#[test]
fn fees_leave_only_as_far_as_they_were_collected() {
    let mut x = localnet();
    let (maker, taker) = (x.funded("maker", 10_000), x.funded("taker", 10_000));
    let leg = x.leg(0, 1_000);
    x.block_trade(&taker, &maker, &[leg]).unwrap();
    let (authority, quote) = (x.authority.pubkey(), x.collateral(0));
    let wallet = x
        .chain
        .create_token_account(quote.token_program, quote.mint, authority, 0);
    let withdraw = |x: &mut Exchange, atoms: u64| -> Outcome {
        x.govern(x.venue.withdraw_fees(authority, &quote, wallet, atoms))
    };
    // Accrued in the market, not collected yet.
    refused(
        &mut x,
        &[&maker, &taker],
        ErrorCode::InsufficientFees,
        |x| withdraw(x, 1),
    );
    x.chain.send(&[x.venue.collect_fees(0)], &[]).unwrap();
    let fees = x.clearinghouse().fees;
    for asked in [fees as u64 + 1, 0, u64::MAX] {
        let failure = refused(
            &mut x,
            &[&maker, &taker],
            ErrorCode::InsufficientFees,
            |x| withdraw(x, asked),
        );
        assert_numbers(
            &failure,
            &[("fees", fees.into()), ("asked for", asked.into())],
        );
    }
    withdraw(&mut x, fees as u64).unwrap();
}

#[test]
fn the_ledger_knows_only_its_own_mint_and_vault() {
    let mut x = localnet();
    let payer = x.trader("donor");
    let (quote, sol) = (x.collateral(0), x.collateral(1));
    let source = x.wallet(&payer, 0, 1_000);
    let vault = x.venue.vault(&quote);
    let owner = x.authority.pubkey();
    let elsewhere = x
        .chain
        .create_token_account(quote.token_program, quote.mint, owner, 0);
    let fund = x
        .venue
        .fund_insurance(payer.key.pubkey(), &quote, source, 10);
    let fees = x
        .venue
        .withdraw_fees(x.authority.pubkey(), &quote, source, 1);
    let authority = x.authority.insecure_clone();
    for (instruction, signer) in [(fund, &payer.key), (fees, &authority)] {
        let send = |x: &mut Exchange, instruction: Instruction| -> Outcome {
            x.chain.send(&[instruction], &[signer])
        };
        let other_mint = with_account(instruction.clone(), quote.mint, sol.mint);
        refused(&mut x, &[], ErrorCode::WrongMint, |x| send(x, other_mint));
        let other_vault = with_account(instruction.clone(), vault, elsewhere);
        refused(&mut x, &[], ErrorCode::WrongVault, |x| send(x, other_vault));
    }
    refused(&mut x, &[], ErrorCode::ZeroQuantity, |x| {
        let none = x
            .venue
            .fund_insurance(payer.key.pubkey(), &quote, source, 0);
        x.chain.send(&[none], &[&payer.key])
    });
    refused_by_runtime(&mut x, &[], Some(NOT_SIGNER), |x| {
        let fund = x
            .venue
            .fund_insurance(payer.key.pubkey(), &quote, source, 10);
        x.chain.send(&[unsigned(fund, payer.key.pubkey())], &[])
    });
}
