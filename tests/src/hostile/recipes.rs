//! A valid call of each instruction. An instruction of the IDL without one fails the test.

use super::{
    defaults::{self, BITCOIN, ETHER},
    population::{CALL, DATED, ENDED, person, second_wallet, token_account},
    world::Side,
};
use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use counterweight::{
    AssetSetup, CollateralArgs, Guards, LiquidateArgs, OracleChoice, PriceArgs, Quote, QuotesArgs,
    SliceArgs, TradeArgs, TriggerArgs, Which, state::PAUSE_TRADE,
};
use counterweight_risk::{
    AssetRiskTerms, OutflowTerms, account::MODEL_STANDARD, asset::ORACLE_PYTH_PULL,
    orders::Side as OrderSide, portfolio::PortfolioTerms,
};
use counterweight_sdk::{
    instructions::{self as sdk, Collateral},
    trading::{self as books_sdk, Actor},
};
use counterweight_simnet::{Exchange, TOKEN_CLASSIC, flat_smile, limit, name16};

/// A call that succeeds in the world as it stands, or nothing for an instruction that nobody wrote
/// one for. The data is the same for both clearinghouses, but for the number of a new one.
pub fn recipe(x: &Exchange, side: Side, instruction: &str) -> Option<Instruction> {
    trading(x, instruction)
        .or_else(|| books(x, instruction))
        .or_else(|| triggers(x, instruction))
        .or_else(|| own_account(x, instruction))
        .or_else(|| default(x, instruction))
        .or_else(|| governance(x, side, instruction))
}

fn margin(x: &Exchange, name: &str, id: u16) -> Pubkey {
    x.venue.margin_account(&person(name), id)
}

fn trading(x: &Exchange, instruction: &str) -> Option<Instruction> {
    let venue = &x.venue;
    let none = Guards::default();
    Some(match instruction {
        "flag_account" => venue.flag_account(margin(x, "carol", 0)),
        "liquidate" => {
            let args = LiquidateArgs {
                market: 0,
                max_lots: 1_000,
                ..LiquidateArgs::default()
            };
            let (carol, keeper) = (margin(x, "carol", 0), margin(x, "keeper", 0));
            venue.liquidate(person("keeper"), carol, keeper, args)
        }
        "liquidate_slice" => {
            let args = SliceArgs {
                max_fraction: 1 << 16,
                ..SliceArgs::default()
            };
            let (carol, keeper) = (margin(x, "carol", 0), margin(x, "keeper", 0));
            venue.liquidate_slice(person("keeper"), carol, keeper, &[0], args)
        }
        "liquidate_collateral" => {
            let args = CollateralArgs {
                asset: 1,
                max_atoms: 1_000_000_000,
                ..CollateralArgs::default()
            };
            let (rose, keeper) = (margin(x, "rose", 0), margin(x, "keeper", 0));
            venue.liquidate_collateral(person("keeper"), rose, keeper, args)
        }
        "margin_view" => venue.margin_view(margin(x, "alice", 0)),
        "refresh_prices" => x.refresh_instruction(&[1, 2, 3]),
        "settle_block_trade" => venue.settle_block_trade(
            (person("alice"), margin(x, "alice", 0), none),
            (person("bob"), margin(x, "bob", 0), none),
            &[x.leg(0, 10), x.leg(1, 10)],
        ),
        _ => return None,
    })
}

/// Alice or another, acting on the first market.
fn actor(x: &Exchange, name: &str) -> Actor {
    Actor {
        authority: person(name),
        margin_account: margin(x, name, 0),
        market: 0,
    }
}

fn books(x: &Exchange, instruction: &str) -> Option<Instruction> {
    let venue = &x.venue;
    let none = Guards::default();
    let (alice, bob) = (actor(x, "alice"), margin(x, "bob", 0));
    let mid = x.index_ticks(0);
    let own = |order: &counterweight::book::Order| order.maker == margin(x, "alice", 0).to_bytes();
    Some(match instruction {
        "place_order" => {
            let buy = limit(OrderSide::Buy, mid + 2, 100);
            venue.place_order(&alice, buy, none, &[bob])
        }
        "trade" => {
            let sell = TradeArgs {
                side: OrderSide::Sell,
                lots: 100,
                limit: mid - 2,
                reduce_only: false,
            };
            venue.trade(&alice, sell, none, &[bob])
        }
        "edit_order" => {
            let book = x.order_book(0);
            let mut orders = book.resting(OrderSide::Buy, false);
            let (id, _) = orders.find(|(_, order)| own(order)).expect("her order");
            let dearer = limit(OrderSide::Buy, mid + 2, 200);
            venue.edit_order(&alice, id, dearer, none, &[bob])
        }
        "place_orders" => {
            let quote = |side, ticks| Quote {
                side,
                price: PriceArgs::Fixed(ticks),
                lots: 100,
                client_id: 7,
            };
            let args = QuotesArgs {
                cancel: None,
                quotes: vec![
                    quote(OrderSide::Buy, mid - 5),
                    quote(OrderSide::Sell, mid + 5),
                ],
                slide: false,
                expires: 0,
            };
            venue.place_orders(&alice, args, none)
        }
        "cancel_orders" => venue.cancel_orders(&alice, Which::All, 8),
        "prune_orders" => venue.prune_orders(bob, 0, 8),
        "settle_fills" => venue.settle_fills(0, &[bob], 8),
        "settle_position" => venue.settle_position(alice.margin_account, ENDED),
        "settle_expired" => venue.settle_expired(DATED),
        "refresh_arrays" => venue.refresh_arrays(&[CALL]),
        "set_smile" => venue.set_smile(person("stranger"), &[CALL], flat_smile(100)),
        "greeks_view" => venue.greeks_view(alice.margin_account),
        "update_funding" => venue.update_funding(0),
        _ => return None,
    })
}

fn triggers(x: &Exchange, instruction: &str) -> Option<Instruction> {
    let venue = &x.venue;
    let (owner, first) = (person("alice"), margin(x, "alice", 0));
    Some(match instruction {
        "open_triggers" => books_sdk::open_triggers(owner, margin(x, "alice", 1)),
        "close_triggers" => books_sdk::close_triggers(owner, first),
        "place_trigger" => {
            let args = TriggerArgs {
                market: 0,
                side: OrderSide::Sell,
                above: false,
                price: x.index_ticks(0) - 50,
                trail: 50,
                slippage: 10,
                lots: 100,
                expires: 0,
                client_id: 7,
            };
            venue.place_trigger(owner, first, args)
        }
        "cancel_trigger" => venue.cancel_trigger(owner, first, 0),
        "execute_trigger" => {
            let bob = margin(x, "bob", 0);
            venue.execute_trigger(&actor(x, "keeper"), first, 0, &[bob])
        }
        _ => return None,
    })
}

fn default(x: &Exchange, instruction: &str) -> Option<Instruction> {
    let venue = &x.venue;
    Some(match instruction {
        "open_backstop" => defaults::bare(x).open_backstop(person("alice")),
        "resolve_default" => venue.resolve_default(margin(x, "erin", 0), &[ETHER]),
        "deleverage" => venue.deleverage(margin(x, "frank", 0), ETHER),
        "deleverage_backstop" => venue.deleverage_backstop(ETHER),
        "catch_up" => venue.catch_up(margin(x, "bob", 0), BITCOIN),
        "sweep_dust" => venue.sweep_dust(BITCOIN, 0),
        _ => return None,
    })
}

fn own_account(x: &Exchange, instruction: &str) -> Option<Instruction> {
    let venue = &x.venue;
    let alice = person("alice");
    let [first, second, empty] = [0, 1, 2].map(|id| margin(x, "alice", id));
    let quote = x.collateral(0);
    let wallet = token_account(&quote.mint, &alice);
    let none = Guards::default();
    Some(match instruction {
        "accrue_interest" => venue.accrue_interest(&quote, margin(x, "rose", 0)),
        "close_margin_account" => sdk::close_margin_account(alice, empty),
        "deposit" => venue.deposit(alice, first, &quote, wallet, 1_000_000),
        "open_margin_account" => venue.open_margin_account(alice, 3),
        "resize_margin_account" => sdk::resize_margin_account(alice, first, 16),
        "set_delegate" => sdk::set_delegate(alice, first, person("stranger")),
        "set_risk_model" => venue.set_risk_model(alice, first, MODEL_STANDARD, none),
        "transfer" => venue.transfer(alice, first, second, 0, 1_000_000, none),
        "withdraw" => venue.withdraw(alice, first, &quote, wallet, 1_000_000, none),
        _ => return None,
    })
}

fn governance(x: &Exchange, side: Side, instruction: &str) -> Option<Instruction> {
    let venue = &x.venue;
    let authority = person("authority");
    let quote = x.collateral(0);
    let assets = &x.deployment.asset;
    Some(match instruction {
        "accept_authority" => venue.accept_authority(person("successor")),
        "add_asset" => {
            let setup = AssetSetup {
                name: name16("NEW"),
                oracle: OracleChoice {
                    kind: ORACLE_PYTH_PULL,
                    owner: counterweight::oracle::PYTH_RECEIVER,
                    feed: [7; 32],
                },
                lot_exponent: 0,
                decimals: 6,
                terms: assets[1].terms(false),
            };
            venue.add_asset(authority, setup)
        }
        "add_market" => venue.add_market(authority, 6, x.market_setup(2)),
        "collect_fees" => venue.collect_fees(0),
        "create_clearinghouse" => {
            let id = match side {
                Side::A => 7,
                Side::B => 8,
            };
            sdk::create_clearinghouse(person("founder"), id, &quote, defaults::setup(x))
        }
        "fund_insurance" => {
            let alice = person("alice");
            let source = second_wallet("alice");
            venue.fund_insurance(alice, &quote, source, 1_000_000)
        }
        "list_collateral" => {
            let ether = Collateral {
                asset: 3,
                mint: person("mint ETH"),
                token_program: TOKEN_CLASSIC,
            };
            // The same weights as SOL has.
            let mut terms = assets[3].terms(false);
            let listed = assets[1].terms(true);
            terms.weight_initial_bps = listed.weight_initial_bps;
            terms.weight_maintenance_bps = listed.weight_maintenance_bps;
            terms.deposit_cap = listed.deposit_cap;
            terms.full_weight_deposits = listed.full_weight_deposits;
            venue.list_collateral(authority, &ether, terms)
        }
        "grow_market" => venue.grow_market(person("alice"), 0),
        "migrate_risk_book" => defaults::old(x).migrate_risk_book(person("alice")),
        "nominate_authority" => venue.nominate_authority(authority, person("stranger")),
        "audit" => venue.audit(&quote, &[0, 1, 2, ENDED, DATED]),
        "set_outflow_limit" => {
            let terms = OutflowTerms {
                limit: 1_000_000_000,
                window: 3_600,
            };
            venue.set_outflow_limit(authority, &quote, terms)
        }
        "pause" => venue.pause(authority, PAUSE_TRADE),
        "set_asset_risk" => {
            let mut terms = AssetRiskTerms::default();
            terms.scan.range_bps = 300;
            venue.set_asset_risk(authority, 1, terms)
        }
        "set_asset_terms" => {
            let mut terms = assets[1].terms(true);
            terms.max_age_initial += 1;
            venue.set_asset_terms(authority, 1, terms)
        }
        "set_fee_discount" => venue.set_fee_discount(authority, margin(x, "alice", 0), 1_000),
        "settle_market" => venue.settle_market(authority, 1, x.index_ticks(1)),
        "set_guardian" => venue.set_guardian(authority, person("stranger")),
        "set_volatility_feed" => venue.set_volatility_feed(authority, person("alice")),
        "set_market_terms" => {
            let mut terms = x.market_setup(0).terms;
            terms.price_band_bps += 1;
            venue.set_market_terms(authority, 0, terms)
        }
        "set_portfolio_terms" => {
            let terms = PortfolioTerms {
                floor_bps: 1_000,
                initial_bps: 15_000,
                ..PortfolioTerms::default()
            };
            venue.set_portfolio_terms(authority, terms)
        }
        "set_risk_terms" => {
            let mut terms = x.deployment.risk_terms();
            terms.auction_seconds += 1;
            venue.set_risk_terms(authority, terms)
        }
        "withdraw_fees" => {
            let destination = token_account(&quote.mint, &authority);
            venue.withdraw_fees(authority, &quote, destination, 1)
        }
        _ => return None,
    })
}
