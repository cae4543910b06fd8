//! What a block trade refuses: other accounts, other shapes, other prices, more than the caps.

use anchor_lang::prelude::{AccountMeta, Pubkey};
use counterweight::{Guards, Leg, error::ErrorCode};
use counterweight_risk::{MarketTerms, market::MODE_REDUCE_ONLY};
use counterweight_simnet::{Exchange, Signer, Start, Trader};
use counterweight_tests::scene::{
    NOT_SIGNER, Outcome, assert_numbers, beside, deployed, localnet, number, refused,
    refused_by_runtime, signing_as, unsigned, with_account,
};

type Instruction = anchor_lang::solana_program::instruction::Instruction;

fn pair(x: &mut Exchange) -> (Trader, Trader) {
    (x.funded("first", 100_000), x.funded("second", 100_000))
}

fn instruction(x: &Exchange, first: &Trader, second: &Trader, legs: &[Leg]) -> Instruction {
    let guards = Guards::default();
    x.venue.settle_block_trade(
        (first.key.pubkey(), first.margin, guards),
        (second.key.pubkey(), second.margin, guards),
        legs,
    )
}

fn set_market(x: &mut Exchange, market: u16, change: impl FnOnce(&mut MarketTerms)) {
    let mut terms = x.market_setup(market).terms;
    change(&mut terms);
    x.govern(
        x.venue
            .set_market_terms(x.authority.pubkey(), market, terms),
    )
    .unwrap();
}

#[test]
fn both_sides_must_agree() {
    let mut x = localnet();
    let (first, second) = pair(&mut x);
    let leg = x.leg(0, 5);
    let stranger = |x: &mut Exchange, margin| signing_as(x, "stranger", margin);
    let watched = [&first, &second];
    let other = stranger(&mut x, first.margin);
    refused(&mut x, &watched, ErrorCode::NotOwnerOrDelegate, |x| {
        x.block_trade(&other, &second, &[leg])
    });
    let other = stranger(&mut x, second.margin);
    refused(&mut x, &watched, ErrorCode::NotOwnerOrDelegate, |x| {
        x.block_trade(&first, &other, &[leg])
    });
    // Signing for one side is not signing for the other.
    let both = Trader {
        key: first.key.insecure_clone(),
        margin: second.margin,
    };
    refused(&mut x, &watched, ErrorCode::NotOwnerOrDelegate, |x| {
        x.block_trade(&first, &both, &[leg])
    });
    for (silent, signing) in [(&first, &second), (&second, &first)] {
        refused_by_runtime(&mut x, &watched, Some(NOT_SIGNER), |x| {
            let trade = unsigned(instruction(x, &first, &second, &[leg]), silent.key.pubkey());
            x.chain.send(&[trade], &[&signing.key])
        });
    }
}

#[test]
fn a_transaction_without_a_signature_it_names_does_not_run() {
    let start = Start {
        verify_signatures: true,
        ..Start::default()
    };
    let mut x = Exchange::new(counterweight_simnet::Deployment::localnet(), start);
    let (first, second) = pair(&mut x);
    let leg = x.leg(0, 5);
    let failure = refused_by_runtime(&mut x, &[&first, &second], None, |x| {
        let trade = instruction(x, &first, &second, &[leg]);
        x.chain.send(&[trade], &[&first.key])
    });
    assert_eq!(format!("{:?}", failure.error), "SignatureFailure");
    x.block_trade(&first, &second, &[leg]).unwrap();
}

#[test]
fn an_account_does_not_trade_with_itself() {
    let mut x = localnet();
    let (first, second) = pair(&mut x);
    let leg = x.leg(0, 5);
    refused(&mut x, &[&first, &second], ErrorCode::SameAccount, |x| {
        x.block_trade(&first, &first, &[leg])
    });
}

#[test]
fn accounts_of_another_clearinghouse_are_refused() {
    let mut x = localnet();
    let (there, other) = pair(&mut x);
    let (mut x, abroad) = beside(x);
    let (first, second) = pair(&mut x);
    let leg = x.leg(0, 5);
    let watched = [&first, &second, &there, &other];
    for (a, b) in [(&there, &second), (&first, &other), (&there, &other)] {
        refused(&mut x, &watched, ErrorCode::WrongClearinghouse, |x| {
            x.block_trade(a, b, &[leg])
        });
    }
    refused(&mut x, &watched, ErrorCode::WrongClearinghouse, |x| {
        let trade = instruction(x, &first, &second, &[leg]);
        let trade = with_account(trade, x.venue.risk_book, abroad.risk_book);
        x.chain.send(&[trade], &[&first.key, &second.key])
    });
    let failure = refused(&mut x, &watched, ErrorCode::WrongMarket, |x| {
        let trade = instruction(x, &first, &second, &[leg]);
        let trade = with_account(trade, x.venue.market(0), abroad.market(0));
        x.chain.send(&[trade], &[&first.key, &second.key])
    });
    assert_numbers(&failure, &[("market", 0)]);
}

#[test]
fn each_leg_comes_with_the_account_of_its_market() {
    let mut x = localnet();
    let (first, second) = pair(&mut x);
    let legs = [x.leg(0, 5), x.leg(1, 5)];
    let watched = [&first, &second];
    let markets = [x.venue.market(0), x.venue.market(1), x.venue.market(2)];
    let named = |x: &Exchange, keys: &[Pubkey]| {
        let mut trade = instruction(x, &first, &second, &legs);
        trade.accounts.truncate(5);
        trade
            .accounts
            .extend(keys.iter().map(|key| AccountMeta::new(*key, false)));
        trade
    };
    let signers = [&first.key, &second.key];
    for keys in [&markets[..0], &markets[..1], &markets[..3]] {
        let failure = refused(&mut x, &watched, ErrorCode::WrongAccountCount, |x| {
            x.chain.send(&[named(x, keys)], &signers)
        });
        assert_numbers(&failure, &[("accounts", keys.len() as i128), ("legs", 2)]);
    }
    for keys in [
        [markets[1], markets[0]],
        [markets[0], markets[0]],
        [markets[0], markets[2]],
    ] {
        refused(&mut x, &watched, ErrorCode::WrongMarket, |x| {
            x.chain.send(&[named(x, &keys)], &signers)
        });
    }
}

#[test]
fn legs_are_sorted_by_market_and_each_market_stands_once() {
    let mut x = localnet();
    let (first, second) = pair(&mut x);
    let leg = [x.leg(0, 5), x.leg(1, 5), x.leg(2, 5)];
    for (legs, after, market) in [
        (vec![leg[1], leg[0]], 1, 0),
        (vec![leg[0], leg[2], leg[1]], 2, 1),
        (vec![leg[0], leg[0]], 0, 0),
        (vec![leg[0], leg[1], leg[1]], 1, 1),
    ] {
        let failure = refused(&mut x, &[&first, &second], ErrorCode::LegsNotSorted, |x| {
            x.block_trade(&first, &second, &legs)
        });
        assert_numbers(&failure, &[("market", market), ("after", after)]);
    }
}

#[test]
fn a_trade_has_between_one_and_sixteen_legs() {
    let mut x = localnet();
    let (first, second) = pair(&mut x);
    for count in [0, 17] {
        let legs = vec![x.leg(0, 1); count];
        let failure = refused(
            &mut x,
            &[&first, &second],
            ErrorCode::InvalidLegCount,
            |x| x.block_trade(&first, &second, &legs),
        );
        assert_numbers(&failure, &[("legs", count as i128)]);
    }
}

#[test]
fn zeros_giants_and_unknown_markets_are_refused() {
    let mut x = localnet();
    let (first, second) = pair(&mut x);
    let watched = [&first, &second];
    let good = x.leg(0, 5);
    let mut refuse = |code, leg| {
        refused(&mut x, &watched, code, |x| {
            x.block_trade(&first, &second, &[leg])
        })
    };
    refuse(ErrorCode::ZeroQuantity, Leg { lots: 0, ..good });
    refuse(ErrorCode::ZeroQuantity, Leg { price: 0, ..good });
    for lots in [(1 << 44) + 1, -(1 << 44) - 1, i64::MIN, i64::MAX] {
        refuse(ErrorCode::Overflow, Leg { lots, ..good });
    }
    refuse(
        ErrorCode::Overflow,
        Leg {
            price: u64::MAX,
            ..good
        },
    );
    let failure = refuse(ErrorCode::UnknownMarket, Leg { market: 3, ..good });
    assert_numbers(&failure, &[("market", 3)]);
}

#[test]
fn a_leg_is_priced_inside_the_band_on_both_sides() {
    let mut x = localnet();
    let (first, second) = pair(&mut x);
    // 3 % around 15,000 ticks; the limit rounds down, so that 14,550 and 15,450 are outside.
    for (price, lots) in [(14_550, 5), (14_550, -5), (15_450, 5), (15_450, -5), (1, 1)] {
        let failure = refused(
            &mut x,
            &[&first, &second],
            ErrorCode::PriceOutsideBand,
            |x| {
                x.block_trade(
                    &first,
                    &second,
                    &[Leg {
                        market: 0,
                        lots,
                        price,
                    }],
                )
            },
        );
        // Risk prices: quote atoms a lot as 48.16.
        assert_numbers(
            &failure,
            &[("market", 0), ("price", i128::from(price * 100) << 16)],
        );
        let (low, high) = (number(&failure, "lowest"), number(&failure, "highest"));
        assert_eq!((low >> 16, high >> 16), (1_455_000, 1_544_999));
    }
    for price in [14_551, 15_449] {
        x.block_trade(
            &first,
            &second,
            &[Leg {
                market: 0,
                lots: 5,
                price,
            }],
        )
        .unwrap();
    }
}

#[test]
fn one_leg_outside_the_band_refuses_the_whole_trade() {
    let mut x = localnet();
    let (first, second) = pair(&mut x);
    let legs = [
        x.leg(0, 5),
        x.leg(1, 5),
        Leg {
            price: 1,
            ..x.leg(2, 5)
        },
    ];
    let failure = refused(
        &mut x,
        &[&first, &second],
        ErrorCode::PriceOutsideBand,
        |x| x.block_trade(&first, &second, &legs),
    );
    assert_numbers(&failure, &[("market", 2)]);
}

#[test]
fn open_interest_grows_to_its_cap_and_not_beyond() {
    let mut x = deployed(|deployment| deployment.market[0].max_open_interest = 1_000);
    let (first, second) = pair(&mut x);
    let trade = |x: &mut Exchange, lots: i64| -> Outcome {
        let leg = x.leg(0, lots);
        x.block_trade(&first, &second, &[leg])
    };
    let watched = [&first, &second];
    let failure = refused(&mut x, &watched, ErrorCode::OpenInterestCapReached, |x| {
        trade(x, 1_001)
    });
    assert_numbers(&failure, &[("market", 0), ("lots", 1_001), ("cap", 1_000)]);
    trade(&mut x, 1_000).unwrap();
    refused(&mut x, &watched, ErrorCode::OpenInterestCapReached, |x| {
        trade(x, 1)
    });
    // Turning the position round counts as what is open afterwards.
    refused(&mut x, &watched, ErrorCode::OpenInterestCapReached, |x| {
        trade(x, -2_001)
    });
    trade(&mut x, -2_000).unwrap();
    // Below a cap that was lowered under what is open, reducing still works.
    set_market(&mut x, 0, |terms| terms.max_open_interest = 10);
    refused(&mut x, &watched, ErrorCode::OpenInterestCapReached, |x| {
        trade(x, -1)
    });
    trade(&mut x, 1).unwrap();
}

#[test]
fn a_reduce_only_market_brings_both_sides_nearer_to_zero() {
    let mut x = localnet();
    let (first, second) = pair(&mut x);
    let third = x.funded("third", 100_000);
    let leg = x.leg(0, 100);
    x.block_trade(&first, &second, &[leg]).unwrap();
    set_market(&mut x, 0, |terms| terms.mode = MODE_REDUCE_ONLY);
    let watched = [&first, &second, &third];
    let mut refuse = |a: &Trader, b: &Trader, lots: i64| {
        let failure = refused(&mut x, &watched, ErrorCode::ReduceOnly, |x| {
            x.block_trade(a, b, &[Leg { lots, ..leg }])
        });
        assert_numbers(&failure, &[("market", 0)]);
    };
    refuse(&first, &second, 1); // both grow
    refuse(&third, &first, 1); // one opens
    refuse(&first, &third, -1); // the other would
    refuse(&first, &second, -101); // through zero
    x.block_trade(&first, &second, &[Leg { lots: -60, ..leg }])
        .unwrap();
    x.block_trade(&first, &second, &[Leg { lots: -40, ..leg }])
        .unwrap();
    assert_eq!(x.market(0).open_long, 0);
}

#[test]
fn a_ninth_position_needs_a_larger_account() {
    let mut x = deployed(|deployment| {
        for copy in 3..9 {
            let mut market = deployment.market[0].clone();
            market.name = format!("SOL-{copy}");
            deployment.market.push(market);
        }
    });
    let (first, second) = pair(&mut x);
    let legs: Vec<_> = (0..9).map(|market| x.leg(market, 1)).collect();
    let watched = [&first, &second];
    let failure = refused(&mut x, &watched, ErrorCode::NoFreeSlot, |x| {
        x.block_trade(&first, &second, &legs)
    });
    assert_numbers(&failure, &[("slots", 8)]);
    x.block_trade(&first, &second, &legs[..8]).unwrap();
    refused(&mut x, &watched, ErrorCode::NoFreeSlot, |x| {
        x.block_trade(&first, &second, &legs[8..])
    });
}
