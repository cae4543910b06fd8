//! Portfolio margin by governance, owners and liquidators.

use counterweight::{Guards, LiquidateArgs, MarginView, SliceArgs, error::ErrorCode};
use counterweight_risk::{
    AssetRiskTerms,
    account::{MODEL_PORTFOLIO, MODEL_STANDARD},
    portfolio::{CreditTerms, PortfolioTerms},
    risk_terms::ScanTerms,
};
use counterweight_sdk::instructions::set_delegate;
use counterweight_simnet::{Exchange, Signer, Trader, reconcile};
use counterweight_tests::{
    hedge::{ALL, ETH, HEDGE, Hedged, LONG, SHORT},
    scene::{DOLLAR, Outcome, SOL, localnet, refused, signing_as},
};

const TERMS: PortfolioTerms = PortfolioTerms {
    floor_bps: 500,
    initial_bps: 15_000,
    credits: [CreditTerms {
        first: 0,
        second: 0,
        credit_bps: 0,
        ratio_bps: 0,
    }; 8],
};

/// Offers portfolio margin: a range of 3 % on SOL and ETH and 2 % on BTC, a tenth of it for spreads.
fn offer(x: &mut Exchange, terms: PortfolioTerms) {
    let key = x.authority.pubkey();
    for (asset, range_bps) in [(1, 300), (2, 200), (3, 300)] {
        let terms = AssetRiskTerms {
            scan: ScanTerms {
                range_bps,
                spread_bps: range_bps / 10,
                volatility_shift_bps: 0,
            },
            ..AssetRiskTerms::default()
        };
        x.govern(x.venue.set_asset_risk(key, asset, terms))
            .expect("set_asset_risk");
    }
    x.govern(x.venue.set_portfolio_terms(key, terms))
        .expect("set_portfolio_terms");
}

fn choose(x: &mut Exchange, trader: &Trader, model: u8) -> Outcome {
    choose_within(x, trader, model, Guards::default())
}

fn choose_within(x: &mut Exchange, trader: &Trader, model: u8, guards: Guards) -> Outcome {
    let set = x
        .venue
        .set_risk_model(trader.key.pubkey(), trader.margin, model, guards);
    x.chain.send(&[set], &[&trader.key])
}

/// The hedged book, judged by portfolio margin.
fn scanned() -> Hedged {
    let mut h = Hedged::new();
    offer(&mut h.x, TERMS);
    choose(&mut h.x, &h.hedger.key_and_margin(), MODEL_PORTFOLIO).unwrap();
    h
}

/// A trader again, for a call that borrows the exchange.
trait Same {
    fn key_and_margin(&self) -> Trader;
}

impl Same for Trader {
    fn key_and_margin(&self) -> Trader {
        Trader {
            key: self.key.insecure_clone(),
            margin: self.margin,
        }
    }
}

fn ratio_is_no_lower(before: &MarginView, after: &MarginView) -> bool {
    i128::from(after.equity) * i128::from(before.maintenance_margin)
        >= i128::from(before.equity) * i128::from(after.maintenance_margin)
}

#[test]
fn a_hedged_book_needs_what_its_legs_do_not_hedge() {
    let mut h = Hedged::new();
    let standard = h.x.view(h.hedger.margin).unwrap();
    offer(&mut h.x, TERMS);
    assert_eq!(
        h.x.view(h.hedger.margin).unwrap().maintenance_margin,
        standard.maintenance_margin
    );
    choose(&mut h.x, &h.hedger.key_and_margin(), MODEL_PORTFOLIO).unwrap();
    let scanned = h.x.view(h.hedger.margin).unwrap();
    assert_eq!(scanned.equity, standard.equity);
    // 200 SOL of 150 dollars on each side at three tenths of a per cent, and 2 ETH of 4,000 dollars at 3 %.
    let expected = 90 * DOLLAR + 240 * DOLLAR;
    assert!(
        (scanned.maintenance_margin - expected).abs() < DOLLAR / 10,
        "{scanned:?}"
    );
    assert!(scanned.maintenance_margin * 5 < standard.maintenance_margin);
    // The price has no width and no history: initial margin is half as much again.
    assert!(
        (scanned.initial_margin - expected * 3 / 2).abs() < DOLLAR,
        "{scanned:?}"
    );
    // What the view says is what the engine says of the bytes.
    let margin = h.x.margin(&h.hedger.margin);
    assert_eq!(margin.header.core.model, MODEL_PORTFOLIO);
    assert_eq!(scanned.sequence, margin.header.sequence);
}

#[test]
fn a_choice_needs_its_owner_its_offer_and_its_margin() {
    let mut h = Hedged::new();
    let hedger = h.hedger.key_and_margin();
    let everyone = [&hedger];
    refused(&mut h.x, &everyone, ErrorCode::ModelNotOffered, |x| {
        choose(x, &hedger, MODEL_PORTFOLIO)
    });
    offer(&mut h.x, TERMS);
    refused(&mut h.x, &everyone, ErrorCode::ParameterOutOfBounds, |x| {
        choose(x, &hedger, 2)
    });
    let delegate = signing_as(&mut h.x, "delegate", hedger.margin);
    let set = set_delegate(hedger.key.pubkey(), hedger.margin, delegate.key.pubkey());
    h.x.chain.send(&[set], &[&hedger.key]).unwrap();
    refused(&mut h.x, &everyone, ErrorCode::NotOwner, |x| {
        choose(x, &delegate, MODEL_PORTFOLIO)
    });
    let old = Guards {
        expected_sequence: Some(0),
        ..Guards::default()
    };
    refused(&mut h.x, &everyone, ErrorCode::SequenceChanged, |x| {
        choose_within(x, &hedger, MODEL_PORTFOLIO, old)
    });
    let high = Guards {
        min_margin_ratio_after_bps: Some(1_000_000),
        ..Guards::default()
    };
    refused(&mut h.x, &everyone, ErrorCode::MarginRatioBelowGuard, |x| {
        choose_within(x, &hedger, MODEL_PORTFOLIO, high)
    });
    choose(&mut h.x, &hedger, MODEL_PORTFOLIO).unwrap();
    // Twice the book would not be carried by Standard margin: so there is no way back to it.
    let legs = [h.x.leg(LONG, HEDGE), h.x.leg(SHORT, -HEDGE)];
    let maker = h.maker.key_and_margin();
    h.x.block_trade(&hedger, &maker, &legs).unwrap();
    refused(&mut h.x, &everyone, ErrorCode::InitialMarginNotMet, |x| {
        choose(x, &hedger, MODEL_STANDARD)
    });
    assert!(reconcile(&h.x, &h.margins()).balances());
}

#[test]
fn an_account_that_fails_standard_stays_refused_until_it_is_good() {
    let mut h = Hedged::failing();
    offer(&mut h.x, TERMS);
    let hedger = h.hedger.key_and_margin();
    let standard = h.x.view(hedger.margin).unwrap();
    h.x.chain
        .send(&[h.x.venue.flag_account(hedger.margin)], &[])
        .unwrap();
    // By its scan it is far above initial margin: it leaves the liquidation with the choice.
    choose(&mut h.x, &hedger, MODEL_PORTFOLIO).unwrap();
    let view = h.x.view(hedger.margin).unwrap();
    assert_eq!((view.equity, view.liquidation_start), (standard.equity, 0));
    // ETH falls on, until not even that is met: what it is judged by is no longer its to choose.
    h.x.set_price(3, 245_000_000_000);
    let view = h.x.view(hedger.margin).unwrap();
    assert!(
        view.equity > 0 && view.equity < view.initial_margin,
        "{view:?}"
    );
    for model in [MODEL_STANDARD, MODEL_PORTFOLIO] {
        refused(&mut h.x, &[&hedger], ErrorCode::InitialMarginNotMet, |x| {
            choose(x, &hedger, model)
        });
    }
}

/// The scanned book after ETH fell so far that its scan fails.
fn failing() -> Hedged {
    let mut h = scanned();
    h.x.set_price(3, 231_500_000_000);
    let view = h.x.view(h.hedger.margin).unwrap();
    assert!(
        view.equity > 0 && view.equity < view.maintenance_margin,
        "{view:?}"
    );
    h
}

#[test]
fn a_leg_that_hedges_is_not_taken_by_itself() {
    let mut h = failing();
    let (keeper, account) = (h.keeper.key_and_margin(), h.hedger.margin);
    for market in [LONG, SHORT] {
        let failure = refused(
            &mut h.x,
            &[&keeper, &h.hedger],
            ErrorCode::LegIsHedge,
            |x| x.liquidate(&keeper, account, market, u64::MAX),
        );
        assert!(
            failure.to_string().contains(&format!("market={market}")),
            "{failure}"
        );
    }
    let before = h.x.view(account).unwrap();
    h.x.liquidate(&keeper, account, ETH, 100).unwrap();
    let after = h.x.view(account).unwrap();
    assert!(
        after.maintenance_margin < before.maintenance_margin && ratio_is_no_lower(&before, &after)
    );
    assert_eq!(h.lots(&keeper.margin, ETH), 100);
    assert!(reconcile(&h.x, &h.margins()).balances());
}

#[test]
fn a_single_leg_restores_and_not_much_more() {
    let mut h = failing();
    let keeper = h.keeper.key_and_margin();
    h.x.liquidate(&keeper, h.hedger.margin, ETH, u64::MAX)
        .unwrap();
    let view = h.x.view(h.hedger.margin).unwrap();
    assert!(
        view.equity * 10 >= view.maintenance_margin * 11 && view.liquidation_start == 0,
        "{view:?}"
    );
    let taken = h.lots(&keeper.margin, ETH);
    assert!(taken > 0 && taken < 2_000, "{taken}");
    // Four lots less (a 1,024th of the position, twice) would not have been enough.
    let more = view.equity * 10 - view.maintenance_margin * 11;
    assert!(more < 4 * 10 * DOLLAR, "{more}");
}

#[test]
fn a_slice_keeps_the_hedge_and_the_ratio() {
    let mut h = failing();
    let keeper = h.keeper.key_and_margin();
    let before = h.x.view(h.hedger.margin).unwrap();
    h.slice(SliceArgs {
        max_fraction: ALL,
        ..SliceArgs::default()
    })
    .unwrap();
    let after = h.x.view(h.hedger.margin).unwrap();
    assert!(ratio_is_no_lower(&before, &after), "{before:?} {after:?}");
    assert_eq!(
        h.lots(&h.hedger.margin, LONG),
        -h.lots(&h.hedger.margin, SHORT)
    );
    assert_eq!(h.lots(&keeper.margin, LONG), -h.lots(&keeper.margin, SHORT));
    assert!(reconcile(&h.x, &h.margins()).balances());
}

#[test]
fn sol_in_the_account_hedges_sol_that_is_short() {
    let mut x = localnet();
    offer(&mut x, TERMS);
    let (carrier, maker) = (x.funded("carrier", 100), x.funded("maker", 1_000_000));
    x.deposit(&carrier, 1, 100 * SOL).unwrap();
    choose(&mut x, &carrier, MODEL_PORTFOLIO).unwrap();
    // Nine tenths of 100 SOL, sold forward: what it would lose on the one it gains on the other.
    let legs = [x.leg(0, -9_000)];
    x.block_trade(&carrier, &maker, &legs).unwrap();
    let view = x.view(carrier.margin).unwrap();
    // The spread, three tenths of a per cent of 13,500 dollars; the floor is half as much.
    assert!(
        (view.maintenance_margin - 40_500_000).abs() < DOLLAR / 10,
        "{view:?}"
    );
    choose(&mut x, &maker, MODEL_PORTFOLIO).unwrap();
    let bare = x.view(maker.margin).unwrap();
    assert!(
        (bare.maintenance_margin - 405 * DOLLAR).abs() < DOLLAR / 10,
        "{bare:?}"
    );
}

#[test]
fn opposite_books_on_assets_that_move_together_are_credited() {
    let mut terms = TERMS;
    let mut x = localnet();
    offer(&mut x, terms);
    let (pair, maker) = (x.funded("pair", 2_000), x.funded("maker", 10_000_000));
    choose(&mut x, &pair, MODEL_PORTFOLIO).unwrap();
    // 10,000 dollars of BTC against 8,000 of ETH.
    let legs = [x.leg(1, 10_000), x.leg(2, -2_000)];
    x.block_trade(&pair, &maker, &legs).unwrap();
    let before = x.view(pair.margin).unwrap().maintenance_margin;
    assert!((before - 440 * DOLLAR).abs() < DOLLAR / 10, "{before}");
    terms.credits[0] = CreditTerms {
        first: 2,
        second: 3,
        credit_bps: 5_000,
        ratio_bps: 10_000,
    };
    let key = x.authority.pubkey();
    x.govern(x.venue.set_portfolio_terms(key, terms)).unwrap();
    let after = x.view(pair.margin).unwrap().maintenance_margin;
    // Half of the smaller scan of the 8,000 that match: 2 % of BTC.
    assert!(
        (before - after - 80 * DOLLAR).abs() < DOLLAR / 10,
        "{after}"
    );
}

#[test]
fn where_the_offer_ends_accounts_are_judged_by_standard() {
    let mut h = scanned();
    let key = h.x.authority.pubkey();
    let account = h.hedger.margin;
    let scanned = h.x.view(account).unwrap();
    h.x.govern(
        h.x.venue
            .set_portfolio_terms(key, PortfolioTerms::default()),
    )
    .unwrap();
    let standard = h.x.view(account).unwrap();
    assert!(standard.maintenance_margin > 5 * scanned.maintenance_margin);
    // And a leg may be taken by itself again, once it fails.
    h.x.set_price(3, 300_000_000_000);
    let keeper = h.keeper.key_and_margin();
    let args = LiquidateArgs {
        market: LONG,
        max_lots: 10,
        ..LiquidateArgs::default()
    };
    let take =
        h.x.venue
            .liquidate(keeper.key.pubkey(), account, keeper.margin, args);
    h.x.chain.send(&[take], &[&keeper.key]).unwrap();
}

#[test]
fn terms_out_of_bounds_are_refused_by_name() {
    let mut x = localnet();
    let key = x.authority.pubkey();
    let pair = |first, second, credit_bps, ratio_bps| {
        let mut terms = TERMS;
        terms.credits[0] = CreditTerms {
            first,
            second,
            credit_bps,
            ratio_bps,
        };
        terms
    };
    let cases = [
        (
            PortfolioTerms {
                floor_bps: 99,
                ..TERMS
            },
            "floor_bps",
        ),
        (
            PortfolioTerms {
                floor_bps: 9_901,
                ..TERMS
            },
            "floor_bps",
        ),
        (
            PortfolioTerms {
                initial_bps: 10_999,
                ..TERMS
            },
            "initial_bps",
        ),
        (
            PortfolioTerms {
                initial_bps: 40_001,
                ..TERMS
            },
            "initial_bps",
        ),
        (pair(0, 2, 1, 10_000), "credit first"),
        (pair(1, 4, 1, 10_000), "credit second"),
        (pair(1, 1, 1, 10_000), "differ"),
        (pair(1, 2, 9_501, 10_000), "credit_bps"),
        (pair(1, 2, 0, 10_000), "credit_bps"),
        (pair(1, 2, 1, 99), "ratio_bps"),
        (pair(1, 2, 1, 1_000_001), "ratio_bps"),
    ];
    for (terms, name) in cases {
        let failure = refused(&mut x, &[], ErrorCode::ParameterOutOfBounds, |x| {
            x.govern(x.venue.set_portfolio_terms(key, terms))
        });
        assert!(failure.to_string().contains(name), "{name}: {failure}");
    }
    let stranger = x.trader("stranger");
    refused(&mut x, &[&stranger], ErrorCode::NotAuthority, |x| {
        let set = x.venue.set_portfolio_terms(stranger.key.pubkey(), TERMS);
        x.chain.send(&[set], &[&stranger.key])
    });
}
