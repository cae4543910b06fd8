//! What the authority, the guardian and anyone may do in governance, each instruction at work.

use anchor_lang::prelude::Pubkey;
use counterweight::{
    error::ErrorCode,
    state::{PAUSE_ALL, PAUSE_BY_GUARDIAN, PAUSE_DEPOSIT, PAUSE_TRADE},
};
use counterweight_risk::{
    Lots, Ratio, interest::InterestTerms, market::MODE_REDUCE_ONLY, standard::RiskTerms,
};
use counterweight_sdk::instructions::Collateral;
use counterweight_simnet::{
    Deployment, Exchange, Signer, TOKEN_CLASSIC, keypair, name16, reconcile,
};
use counterweight_tests::scene::{DOLLAR, deployed, localnet, refused, signing_as};

#[test]
fn a_clearinghouse_is_governed_by_its_creator_and_starts_with_its_quote_token() {
    let x = deployed(|deployment| {
        deployment.asset.truncate(1);
        deployment.market.clear();
    });
    let state = x.clearinghouse();
    assert_eq!(state.creator, x.authority.pubkey());
    assert_eq!(state.authority, x.authority.pubkey());
    assert_eq!(state.guardian, x.guardian.pubkey());
    assert_eq!(state.nominated_authority, Pubkey::default());
    assert_eq!(state.risk_book, x.venue.risk_book);
    assert_eq!(state.quote_mint, x.collateral(0).mint);
    assert_eq!(state.quote_vault, x.venue.vault(&x.collateral(0)));
    assert_eq!((state.fees, state.insurance, state.residue), (0, 0, 0));

    let tables = x.tables();
    assert_eq!((tables.assets.len(), tables.markets.len()), (1, 0));
    let quote = &tables.assets[0];
    assert_eq!(quote.name, name16("USDC"));
    assert_eq!(quote.vault, state.quote_vault.to_bytes());
    assert_eq!(quote.atoms_per_lot, 1_000_000);
    assert_eq!(
        (quote.weight_initial, quote.weight_maintenance),
        (Ratio::ONE, Ratio::ONE)
    );
    assert_eq!(tables.header.params.auction_seconds, 30);
    assert_eq!(tables.header.params.profit_maturity, 3_600);
    assert_eq!(tables.header.paused, 0);
}

#[test]
fn an_asset_that_is_added_is_the_next_row_and_moves_no_market() {
    let mut x = localnet();
    let before = x.tables();
    let mut config = x.deployment.asset[2].clone();
    config.name = "JUP".into();
    config.decimals = 6;
    config.lot_exponent = 1;
    x.deployment.asset.push(config.clone());
    x.add_asset(&config).unwrap();

    let after = x.tables();
    assert_eq!(after.assets.len(), 5);
    assert_eq!(after.assets[..4], before.assets[..]);
    assert_eq!(
        after.markets, before.markets,
        "the rows behind moved up unchanged"
    );
    let row = &after.assets[4];
    assert_eq!(row.name, name16("JUP"));
    assert_eq!(row.feed, x.price_account(4).to_bytes());
    assert_eq!((row.atoms_per_lot, row.max_age_initial), (10_000_000, 60));
    assert_eq!(
        (row.vault, row.weight_maintenance.0, row.deposit_cap),
        ([0; 32], 0, 0)
    );
}

#[test]
fn an_asset_that_is_listed_as_collateral_can_be_deposited() {
    let mut x = localnet();
    let mint = x.chain.create_mint("cbBTC", 8);
    let collateral = Collateral {
        asset: 2,
        mint,
        token_program: TOKEN_CLASSIC,
    };
    let mut terms = x.deployment.asset[2].terms(false);
    (terms.weight_initial_bps, terms.weight_maintenance_bps) = (7_000, 8_000);
    (terms.deposit_cap, terms.full_weight_deposits) = (100, 100);
    let list = x
        .venue
        .list_collateral(x.authority.pubkey(), &collateral, terms);
    x.govern(list).unwrap();

    let row = x.tables().assets[2];
    assert_eq!(row.mint, mint.to_bytes());
    assert_eq!(row.vault, x.venue.vault(&collateral).to_bytes());
    assert_eq!(row.deposit_cap, 100);
    x.collaterals.push(collateral);
    let trader = x.trader("trader");
    x.deposit(&trader, 2, 100).unwrap();
    assert_eq!(x.margin(&trader.margin).header.core.balance(2), 100);
}

#[test]
fn a_market_that_is_added_is_the_next_row_with_an_account_of_its_own() {
    let mut x = localnet();
    let mut config = x.deployment.market[0].clone();
    config.name = "SOL-MINI".into();
    config.tick_size = 1;
    x.deployment.market.push(config);
    x.add_market(3).unwrap();

    let row = x.tables().markets[3];
    assert_eq!(
        (row.name, row.asset, row.tick_size),
        (name16("SOL-MINI"), 1, 1)
    );
    assert_eq!(row.address, x.venue.market(3).to_bytes());
    let state = x.market(3);
    assert_eq!(
        (state.index, state.clearinghouse),
        (3, x.venue.clearinghouse)
    );
    assert_eq!((state.open_long, state.open_short, state.fees), (0, 0, 0));
}

#[test]
fn the_authority_changes_the_terms_of_clearinghouse_asset_and_market() {
    let mut x = localnet();
    let authority = x.authority.pubkey();
    let terms = RiskTerms {
        max_depeg_bps: 10,
        liquidation_buffer_bps: 5_000,
        auction_seconds: 1,
        backstop_line_bps: 9_000,
        backstop_daily_loss: 7,
        profit_maturity: 77,
        interest: InterestTerms {
            at_kink_bps: 100,
            at_full_bps: 200,
            kink_bps: 5_000,
            surcharge_bps: 0,
            allowance: 9,
        },
    };
    x.govern(x.venue.set_risk_terms(authority, terms)).unwrap();
    let params = x.tables().header.params;
    assert_eq!(params.max_depeg, Ratio::from_bps_floor(10));
    assert_eq!(params.liquidation_buffer, Ratio::from_bps_ceil(5_000));
    assert_eq!(params.backstop_line, Ratio::from_bps_floor(9_000));
    assert_eq!(params.backstop_daily_loss, 7);
    assert_eq!((params.auction_seconds, params.profit_maturity), (1, 77));
    let interest = params.interest;
    assert_eq!(
        [
            interest.at_kink,
            interest.at_full,
            interest.kink,
            interest.surcharge
        ],
        [100, 200, 5_000, 0].map(Ratio::from_bps_ceil)
    );
    assert_eq!(interest.allowance, 9);

    let before = x.tables().assets[1];
    let mut terms = x.deployment.asset[1].terms(true);
    (
        terms.max_age_initial,
        terms.deposit_cap,
        terms.pnl_weight_bps,
    ) = (10, 7, 0);
    x.govern(x.venue.set_asset_terms(authority, 1, terms))
        .unwrap();
    let row = x.tables().assets[1];
    assert_eq!(
        (row.max_age_initial, row.deposit_cap, row.pnl_weight.0),
        (10, 7, 0)
    );
    assert_eq!(
        (row.feed, row.oracle_owner),
        (before.feed, before.oracle_owner)
    );
    assert_eq!(
        (row.index, row.publish_time),
        (before.index, before.publish_time)
    );

    let mut terms = x.market_setup(0).terms;
    (terms.max_open_interest, terms.price_band_bps, terms.mode) = (5, 1, MODE_REDUCE_ONLY);
    x.govern(x.venue.set_market_terms(authority, 0, terms))
        .unwrap();
    let row = x.tables().markets[0];
    assert_eq!(row.max_open_interest, Lots(5));
    assert_eq!(
        (row.price_band, row.mode),
        (Ratio::from_bps_floor(1), MODE_REDUCE_ONLY)
    );
    assert_eq!(row.tick_size, 100);
}

#[test]
fn tighter_limits_judge_the_recorded_price_at_once() {
    let mut x = localnet();
    x.publish_with(1, 15_000_000_000, 100_000_000, 15_000_000_000); // 0.67 % wide
    x.chain.advance(1);
    x.publish_with(1, 15_000_000_000, 100_000_000, 15_000_000_000);
    x.refresh(&[1]).unwrap();
    assert_eq!(x.tables().assets[1].price_flags, 0);
    let mut terms = x.deployment.asset[1].terms(true);
    terms.max_confidence_bps = 50;
    x.govern(x.venue.set_asset_terms(x.authority.pubkey(), 1, terms))
        .unwrap();
    assert_eq!(
        x.tables().assets[1].price_flags,
        counterweight_risk::asset::PRICE_WIDE
    );
}

#[test]
fn the_authority_sets_and_lifts_any_pause_and_the_guardian_only_adds() {
    let mut x = localnet();
    let (authority, guardian) = (x.authority.pubkey(), x.guardian.pubkey());
    x.govern(x.venue.pause(authority, PAUSE_ALL)).unwrap();
    assert_eq!(x.tables().header.paused, PAUSE_ALL);
    x.govern(x.venue.pause(authority, 0)).unwrap();
    assert_eq!(x.tables().header.paused, 0);

    for bits in [
        PAUSE_DEPOSIT,
        PAUSE_DEPOSIT | PAUSE_TRADE,
        PAUSE_BY_GUARDIAN,
    ] {
        let pause = x.venue.pause(guardian, bits);
        x.chain.send(&[pause], &[&x.guardian]).unwrap();
        assert_eq!(x.tables().header.paused, bits);
    }
}

#[test]
fn a_new_guardian_replaces_the_old_one() {
    let mut x = localnet();
    let next = signing_as(&mut x, "next guardian", Pubkey::default()).key;
    x.govern(x.venue.set_guardian(x.authority.pubkey(), next.pubkey()))
        .unwrap();
    assert_eq!(x.clearinghouse().guardian, next.pubkey());
    refused(&mut x, &[], ErrorCode::NotGuardian, |x| {
        let pause = x.venue.pause(x.guardian.pubkey(), PAUSE_TRADE);
        x.chain.send(&[pause], &[&x.guardian])
    });
    let pause = x.venue.pause(next.pubkey(), PAUSE_TRADE);
    x.chain.send(&[pause], &[&next]).unwrap();
}

#[test]
fn the_authority_moves_in_two_steps() {
    let mut x = localnet();
    let (old, next) = (x.authority.pubkey(), keypair("next authority"));
    x.chain.fund(&next.pubkey());
    x.govern(x.venue.nominate_authority(old, next.pubkey()))
        .unwrap();
    let state = x.clearinghouse();
    assert_eq!(
        (state.authority, state.nominated_authority),
        (old, next.pubkey())
    );
    x.govern(x.venue.pause(old, PAUSE_TRADE)).unwrap(); // still governs

    let accept = x.venue.accept_authority(next.pubkey());
    x.chain
        .send(core::slice::from_ref(&accept), &[&next])
        .unwrap();
    let state = x.clearinghouse();
    assert_eq!(
        (state.authority, state.nominated_authority),
        (next.pubkey(), Pubkey::default())
    );
    assert_eq!(state.creator, old, "the address does not change");
    refused(&mut x, &[], ErrorCode::NotAuthority, |x| {
        x.govern(x.venue.set_guardian(old, old))
    });
    refused(&mut x, &[], ErrorCode::NotNominated, |x| {
        x.chain.send(&[accept], &[&next])
    });
    let guardian = x.venue.set_guardian(next.pubkey(), old);
    x.chain.send(&[guardian], &[&next]).unwrap();
}

#[test]
fn a_nomination_can_be_withdrawn() {
    let mut x = localnet();
    let (old, next) = (x.authority.pubkey(), keypair("next authority"));
    x.govern(x.venue.nominate_authority(old, next.pubkey()))
        .unwrap();
    x.govern(x.venue.nominate_authority(old, Pubkey::default()))
        .unwrap();
    refused(&mut x, &[], ErrorCode::NotNominated, |x| {
        x.chain
            .send(&[x.venue.accept_authority(next.pubkey())], &[&next])
    });
}

#[test]
fn anyone_collects_fees_and_the_authority_withdraws_them_to_the_atom() {
    let mut x = localnet();
    let maker = x.funded("maker", 100_000);
    let taker = x.funded("taker", 100_000);
    let accounts = [maker.margin, taker.margin];
    let leg = x.leg(0, 10_000); // 15,000 dollars
    x.block_trade(&taker, &maker, &[leg]).unwrap();
    // 2 bps of 15,000 dollars from each side; the rate and the charge round up.
    let fees = x.market(0).fees;
    assert!((6 * DOLLAR..6 * DOLLAR + 30_000).contains(&fees), "{fees}");

    let collect = x.venue.collect_fees(0);
    x.chain.send(&[collect], &[]).unwrap();
    assert_eq!((x.market(0).fees, x.clearinghouse().fees), (0, fees));
    assert!(reconcile(&x, &accounts).balances());

    let quote = x.collateral(0);
    let owner = x.authority.pubkey();
    let wallet = x
        .chain
        .create_token_account(quote.token_program, quote.mint, owner, 0);
    for part in [1, fees - 1] {
        let withdraw = x.venue.withdraw_fees(owner, &quote, wallet, part as u64);
        x.govern(withdraw).unwrap();
        assert!(reconcile(&x, &accounts).balances());
    }
    assert_eq!(x.chain.token_balance(&wallet), fees as u64);
    assert_eq!(x.clearinghouse().fees, 0);
}

#[test]
fn anyone_pays_into_the_insurance_fund_and_it_is_nobodys_fee() {
    let mut x = localnet();
    let payer = x.trader("donor");
    let source = x.wallet(&payer, 0, 1_000);
    let fund = x
        .venue
        .fund_insurance(payer.key.pubkey(), &x.collateral(0), source, 990);
    x.chain.send(&[fund], &[&payer.key]).unwrap();
    assert_eq!(
        (x.clearinghouse().insurance, x.clearinghouse().fees),
        (990, 0)
    );
    assert_eq!(x.chain.token_balance(&source), 10);
    assert!(reconcile(&x, &[payer.margin]).balances());
    let failure = refused(&mut x, &[&payer], ErrorCode::InsufficientFees, |x| {
        let owner = x.authority.pubkey();
        x.govern(x.venue.withdraw_fees(owner, &x.collateral(0), source, 1))
    });
    counterweight_tests::scene::assert_numbers(&failure, &[("fees", 0), ("asked for", 1)]);
}

#[test]
fn a_creator_has_as_many_clearinghouses_as_he_gives_numbers() {
    let mut x = localnet();
    let quote = x.collateral(0);
    let setup = counterweight::ClearinghouseSetup {
        guardian: Pubkey::default(),
        risk: Deployment::localnet().risk_terms(),
        quote_name: name16("USDC"),
        quote_oracle: counterweight_tests::scene::no_oracle(),
        quote: x.deployment.asset[0].terms(true),
    };
    let authority = x.authority.pubkey();
    let create = |id| {
        counterweight_sdk::instructions::create_clearinghouse(authority, id, &quote, setup.clone())
    };
    x.govern(create(1)).unwrap();
    let again = x.govern(create(1)).unwrap_err();
    assert!(format!("{again}").contains("already in use"), "{again}");
    let other = Exchange {
        venue: counterweight_sdk::instructions::Venue::new(&authority, 1),
        ..x
    };
    assert_eq!(
        (other.clearinghouse().id, other.tables().assets.len()),
        (1, 1)
    );
}
