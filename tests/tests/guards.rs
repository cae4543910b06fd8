//! A client's own limits: each instruction that can lose it money takes them, and each is exact.

use anchor_lang::prelude::Pubkey;
use counterweight::{Guards, LiquidateArgs, error::ErrorCode};
use counterweight_simnet::{Exchange, Signer, Trader};
use counterweight_tests::scene::{Outcome, assert_numbers, deployed, localnet, number, refused};

/// The instructions that take guards.
#[derive(Clone, Copy, Debug)]
enum Way {
    Withdraw,
    Transfer,
    TradeFirst,
    TradeSecond,
    Liquidate,
}

const WAYS: [Way; 5] = [
    Way::Withdraw,
    Way::Transfer,
    Way::TradeFirst,
    Way::TradeSecond,
    Way::Liquidate,
];

/// An exchange where `trader` can do all of them.
struct Scene {
    x: Exchange,
    maker: Trader,
    trader: Trader,
    failing: Pubkey,
    own: Pubkey,
}

impl Scene {
    fn new() -> Self {
        let mut x = localnet();
        let (maker, trader) = (x.funded("maker", 1_000_000), x.funded("trader", 10_000));
        let failing = x.funded("failing", 1_500);
        let key = trader.key.pubkey();
        x.chain
            .send(&[x.venue.open_margin_account(key, 1)], &[&trader.key])
            .unwrap();
        let own = x.venue.margin_account(&key, 1);
        let leg = x.leg(0, 15_000);
        x.block_trade(&failing, &maker, &[leg]).unwrap();
        let leg = x.leg(0, 1_000);
        x.block_trade(&trader, &maker, &[leg]).unwrap();
        x.set_price(1, 14_400_000_000);
        Self {
            x,
            maker,
            trader,
            failing: failing.margin,
            own,
        }
    }

    /// Does it, with these guards for `trader`.
    fn act(&mut self, way: Way, guards: Guards) -> Outcome {
        let Self {
            x,
            maker,
            trader,
            failing,
            own,
        } = self;
        let (key, margin) = (trader.key.pubkey(), trader.margin);
        let side = (key, margin, guards);
        let other = (maker.key.pubkey(), maker.margin, Guards::default());
        // The trader buys, so that a trade adds risk.
        let leg = x.leg(
            0,
            if matches!(way, Way::TradeSecond) {
                -10
            } else {
                10
            },
        );
        let instruction = match way {
            Way::Withdraw => return x.withdraw(trader, 0, 1_000_000, guards),
            Way::Transfer => x.venue.transfer(key, margin, *own, 0, 1_000_000, guards),
            Way::TradeFirst => x.venue.settle_block_trade(side, other, &[leg]),
            Way::TradeSecond => x.venue.settle_block_trade(other, side, &[leg]),
            Way::Liquidate => {
                let args = LiquidateArgs {
                    market: 0,
                    max_lots: 10,
                    limit_price: None,
                    guards,
                };
                x.venue.liquidate(key, *failing, margin, args)
            }
        };
        let mut signers = vec![&trader.key];
        if matches!(way, Way::TradeFirst | Way::TradeSecond) {
            signers.push(&maker.key);
        }
        x.chain.send(&[instruction], &signers)
    }

    #[track_caller]
    fn refuse(
        &mut self,
        way: Way,
        code: ErrorCode,
        guards: Guards,
    ) -> Box<counterweight_simnet::Failure> {
        let keys = [
            self.maker.margin,
            self.trader.margin,
            self.failing,
            self.own,
        ];
        let before = keys.map(|key| self.x.chain.data(&key));
        let failure = self.act(way, guards).expect_err("a refusal");
        assert!(
            failure.is(code),
            "{way:?}: expected {code:?}, got {failure}"
        );
        assert_eq!(keys.map(|key| self.x.chain.data(&key)), before, "{way:?}");
        failure
    }
}

#[test]
fn an_account_that_changed_since_it_was_read_is_left_alone() {
    for way in WAYS {
        let mut scene = Scene::new();
        let sequence = scene.x.margin(&scene.trader.margin).header.sequence;
        let guards = |expected| Guards {
            expected_sequence: Some(expected),
            ..Guards::default()
        };
        for expected in [sequence - 1, sequence + 1, 0, u64::MAX] {
            let failure = scene.refuse(way, ErrorCode::SequenceChanged, guards(expected));
            assert_numbers(
                &failure,
                &[("found", sequence.into()), ("expected", expected.into())],
            );
        }
        scene.act(way, guards(sequence)).unwrap();
        assert_eq!(
            scene.x.margin(&scene.trader.margin).header.sequence,
            sequence + 1
        );
        scene.refuse(way, ErrorCode::SequenceChanged, guards(sequence));
    }
}

#[test]
fn the_margin_ratio_afterwards_is_at_least_the_limit() {
    for way in WAYS {
        let guards = |bps| Guards {
            min_margin_ratio_after_bps: Some(bps),
            ..Guards::default()
        };
        // What it is afterwards, from a first run.
        let mut scene = Scene::new();
        scene.act(way, Guards::default()).unwrap();
        let after = scene.x.view(scene.trader.margin).unwrap();
        let bps = u32::try_from(after.equity * 10_000 / after.maintenance_margin).unwrap();

        let mut scene = Scene::new();
        for limit in [bps + 1, u32::MAX] {
            let failure = scene.refuse(way, ErrorCode::MarginRatioBelowGuard, guards(limit));
            assert_numbers(
                &failure,
                &[
                    ("equity", after.equity.into()),
                    ("maintenance margin", after.maintenance_margin.into()),
                    ("limit bps", limit.into()),
                ],
            );
        }
        scene.act(way, guards(bps)).unwrap();
    }
}

#[test]
fn a_price_is_no_older_than_the_client_allows() {
    for way in WAYS {
        let mut scene = Scene::new();
        scene.x.chain.advance(20);
        let guards = |seconds| Guards {
            max_price_age: Some(seconds),
            ..Guards::default()
        };
        let failure = scene.refuse(way, ErrorCode::StalePrice, guards(19));
        assert_numbers(&failure, &[("asset", 1), ("age", 20), ("limit", 19)]);
        scene.act(way, guards(20)).unwrap();
        // The client's limit does not stretch the asset's.
        let stretched = if matches!(way, Way::Liquidate) {
            300
        } else {
            60
        };
        scene.x.chain.advance(stretched - 19);
        let failure = scene.refuse(way, ErrorCode::StalePrice, guards(u32::MAX));
        assert_eq!(number(&failure, "limit"), stretched.into());
    }
}

#[test]
fn the_guards_of_one_side_do_not_bind_the_other() {
    let mut scene = Scene::new();
    let Scene {
        x, maker, trader, ..
    } = &mut scene;
    let sequence = x.margin(&trader.margin).header.sequence;
    assert_ne!(sequence, x.margin(&maker.margin).header.sequence);
    let guards = Guards {
        expected_sequence: Some(sequence),
        ..Guards::default()
    };
    let leg = x.leg(0, 10);
    refused(x, &[maker, trader], ErrorCode::SequenceChanged, |x| {
        let trade = x.venue.settle_block_trade(
            (maker.key.pubkey(), maker.margin, guards),
            (trader.key.pubkey(), trader.margin, Guards::default()),
            &[leg],
        );
        x.chain.send(&[trade], &[&maker.key, &trader.key])
    });
    scene.act(Way::TradeSecond, guards).unwrap();
}

#[test]
fn a_guard_holds_for_an_account_that_only_reduces_below_its_margin() {
    let mut scene = Scene::new();
    let Scene {
        x, maker, failing, ..
    } = &mut scene;
    let key = counterweight_simnet::keypair("failing");
    let ratio = |bps| Guards {
        min_margin_ratio_after_bps: Some(bps),
        ..Guards::default()
    };
    let trade = |x: &mut Exchange, guards| -> Outcome {
        let leg = x.leg(0, -10);
        let side = (key.pubkey(), *failing, guards);
        let other = (maker.key.pubkey(), maker.margin, Guards::default());
        let trade = x.venue.settle_block_trade(side, other, &[leg]);
        x.chain.send(&[trade], &[&key, &maker.key])
    };
    refused(x, &[maker], ErrorCode::MarginRatioBelowGuard, |x| {
        trade(x, ratio(10_000))
    });
    trade(x, ratio(5_000)).unwrap();
}

#[test]
fn a_reducing_trade_counts_every_price_of_the_account_against_the_limit() {
    for dollars in [2_000, 9_000] {
        let mut x = localnet();
        let (maker, trader) = (x.funded("maker", 1_000_000), x.funded("trader", dollars));
        let legs = [x.leg(0, 10_000), x.leg(2, 5_000)];
        x.block_trade(&trader, &maker, &legs).unwrap();
        x.chain.advance(20);
        x.set_price(1, 14_600_000_000);
        let reduce = x.leg(0, -1_000);
        let trade = |x: &mut Exchange, seconds| -> Outcome {
            let guards = Guards {
                max_price_age: Some(seconds),
                ..Guards::default()
            };
            let trade = x.venue.settle_block_trade(
                (trader.key.pubkey(), trader.margin, guards),
                (maker.key.pubkey(), maker.margin, Guards::default()),
                &[reduce],
            );
            x.chain.send(&[trade], &[&maker.key, &trader.key])
        };
        // SOL is new, ETH is 21 seconds old.
        let failure = refused(&mut x, &[&maker, &trader], ErrorCode::StalePrice, |x| {
            trade(x, 20)
        });
        assert_numbers(&failure, &[("asset", 3), ("age", 21), ("limit", 20)]);
        trade(&mut x, 21).unwrap();
    }
}

#[test]
fn a_limit_on_age_never_makes_the_check_of_a_reducing_trade_easier() {
    let mut x = deployed(|deployment| deployment.asset[0].oracle = "pull".into());
    let (maker, trader) = (x.funded("maker", 1_000_000), x.funded("trader", 2_000));
    let leg = x.leg(0, 10_000);
    x.block_trade(&trader, &maker, &[leg]).unwrap();
    x.chain.advance(20);
    x.set_price(1, 15_000_000_000);
    // The quote token's own price is 21 seconds old.
    let reduce = x.leg(0, -1_000);
    let guards = Guards {
        max_price_age: Some(20),
        ..Guards::default()
    };
    let failure = refused(&mut x, &[&maker, &trader], ErrorCode::StalePrice, |x| {
        let trade = x.venue.settle_block_trade(
            (trader.key.pubkey(), trader.margin, guards),
            (maker.key.pubkey(), maker.margin, Guards::default()),
            &[reduce],
        );
        x.chain.send(&[trade], &[&maker.key, &trader.key])
    });
    assert_numbers(&failure, &[("asset", 0), ("age", 21), ("limit", 20)]);
}
