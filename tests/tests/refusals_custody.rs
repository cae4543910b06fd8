//! What may leave a vault and what an audit finds: every refusal, with its numbers.

use anchor_lang::prelude::{AccountMeta, Pubkey};
use counterweight::{Guards, error::ErrorCode};
use counterweight_risk::{
    OutflowTerms,
    outflow::{LOOSENING_DELAY, UNLIMITED},
};
use counterweight_sdk::instructions::Venue;
use counterweight_simnet::{Exchange, Keypair, Signer, Trader, keypair};
use counterweight_tests::{
    pit::{Pit, SOL_PERP},
    scene::{
        DOLLAR, Outcome, SOL, assert_numbers, beside, localnet, number, patch, refused,
        with_account,
    },
};

/// What custodies and vaults are patched at, the eight bytes of the type included.
const RECORDED: usize = 112;
const VAULT_ATOMS: usize = 64;
const CLEARINGHOUSE_FEES: usize = 248;
const CLEARINGHOUSE_INSURANCE: usize = 256;
const MARKET_OPEN_LONG: usize = 56;
const MARKET_FEES: usize = 72;
const MARKET_PENDING_QUOTE: usize = 120;

fn limit_as(x: &mut Exchange, signer: &Keypair, limit: u64, window: u32) -> Outcome {
    let terms = OutflowTerms { limit, window };
    let of = x.collateral(0);
    let set = x.venue.set_outflow_limit(signer.pubkey(), &of, terms);
    x.chain.send(&[set], &[signer])
}

fn limit(x: &mut Exchange, dollars: i64, window: u32) -> Outcome {
    x.set_outflow_limit(0, (dollars * DOLLAR) as u64, window)
}

fn leave(x: &mut Exchange, trader: &Trader, dollars: i64) -> Outcome {
    x.withdraw(trader, 0, (dollars * DOLLAR) as u64, Guards::default())
}

#[test]
fn no_more_leaves_than_the_limit_allows_in_its_time() {
    let mut x = localnet();
    let (first, second) = (x.funded("first", 10_000), x.funded("second", 10_000));
    limit(&mut x, 1_000, 1_000).unwrap();
    leave(&mut x, &first, 700).unwrap();
    let both = [&first, &second];
    // It is one limit for everybody.
    let failure = refused(&mut x, &both, ErrorCode::OutflowLimitReached, |x| {
        leave(x, &second, 400)
    });
    let dollar = i128::from(DOLLAR);
    // 700 · (1,000 − t) / 1,000 ≤ 600 from t = 143 on.
    let numbers = [
        ("asked", 400 * dollar),
        ("left now", 300 * dollar),
        ("wait", 143),
    ];
    assert_numbers(&failure, &numbers);
    x.chain.advance(142);
    refused(&mut x, &both, ErrorCode::OutflowLimitReached, |x| {
        leave(x, &second, 400)
    });
    x.chain.advance(1);
    leave(&mut x, &second, 400).unwrap();

    let failure = refused(&mut x, &both, ErrorCode::OutflowAboveLimit, |x| {
        leave(x, &second, 1_001)
    });
    assert_numbers(
        &failure,
        &[("asked", 1_001 * dollar), ("limit", 1_000 * dollar)],
    );
    // A limit of nothing is no division by nothing.
    limit(&mut x, 0, 1_000).unwrap();
    refused(&mut x, &both, ErrorCode::OutflowAboveLimit, |x| {
        leave(x, &first, 1)
    });
}

#[test]
fn collected_fees_leave_under_the_same_limit() {
    let mut x = localnet();
    let (first, second) = (x.funded("first", 100_000), x.funded("second", 100_000));
    let leg = x.leg(0, 100_000);
    x.block_trade(&first, &second, &[leg]).unwrap();
    x.chain.send(&[x.venue.collect_fees(0)], &[]).unwrap();
    limit(&mut x, 40, 1_000).unwrap();
    leave(&mut x, &first, 30).unwrap();
    let (quote, key) = (x.collateral(0), x.authority.pubkey());
    let wallet = Trader {
        key: keypair("authority"),
        margin: first.margin,
    };
    let destination = x.wallet(&wallet, 0, 0);
    let fees = |x: &Exchange, atoms: i64| {
        x.venue
            .withdraw_fees(key, &quote, destination, atoms.unsigned_abs())
    };
    let failure = refused(&mut x, &[&first], ErrorCode::OutflowLimitReached, |x| {
        x.govern(fees(x, 20 * DOLLAR))
    });
    assert_eq!(number(&failure, "left now"), i128::from(10 * DOLLAR));
    x.govern(fees(&x, 10 * DOLLAR)).unwrap();
    assert_eq!(x.custody(0).outflow.used, 40 * DOLLAR as u64);
}

#[test]
fn only_authority_and_guardian_set_a_limit_and_the_guardian_only_tightens() {
    let mut x = localnet();
    let trader = x.funded("trader", 1_000);
    let guardian = keypair("authority guardian");
    refused(&mut x, &[&trader], ErrorCode::NotGuardian, |x| {
        limit_as(x, &trader.key, 1, 60)
    });
    limit_as(&mut x, &guardian, 1_000, 600).unwrap();
    for (limit, window) in [(1_001, 600), (1_000, 599), (999, 599), (UNLIMITED, 604_800)] {
        let failure = refused(&mut x, &[&trader], ErrorCode::GuardianMayOnlyTighten, |x| {
            limit_as(x, &guardian, limit, window)
        });
        let numbers = [
            ("limit", i128::from(limit)),
            ("window", window.into()),
            ("limit now", 1_000),
            ("window now", 600),
        ];
        assert_numbers(&failure, &numbers);
    }
    for window in [0, 59, 604_801, u32::MAX] {
        let failure = refused(&mut x, &[&trader], ErrorCode::ParameterOutOfBounds, |x| {
            limit_as(x, &guardian, 1, window)
        });
        let numbers = [
            ("window_seconds", window.into()),
            ("lowest", 60),
            ("highest", 604_800),
        ];
        assert_numbers(&failure, &numbers);
    }
    // Somebody who guards another clearinghouse guards this one no better.
    let (mut rival, venue) = beside(x);
    let (own, foreign) = (rival.venue, keypair("rival guardian"));
    let of = rival.collateral(0);
    let terms = OutflowTerms {
        limit: 1,
        window: 600,
    };
    let set = |venue: Venue| venue.set_outflow_limit(foreign.pubkey(), &of, terms);
    let mixed = with_account(set(own), own.custody(&of), venue.custody(&of));
    for call in [set(venue), mixed] {
        assert!(rival.chain.send(&[call], &[&foreign]).is_err());
    }
    rival.chain.send(&[set(own)], &[&foreign]).unwrap();
}

#[test]
fn the_guardian_stops_a_loosening_that_was_announced() {
    let mut x = localnet();
    let trader = x.funded("trader", 10_000);
    let guardian = keypair("authority guardian");
    limit(&mut x, 100, 600).unwrap();
    limit(&mut x, 5_000, 600).unwrap();
    x.chain.advance(LOOSENING_DELAY - 1);
    let hundred = 100 * DOLLAR as u64;
    limit_as(&mut x, &guardian, hundred, 600).unwrap();
    x.chain.advance(2 * LOOSENING_DELAY);
    refused(&mut x, &[&trader], ErrorCode::OutflowAboveLimit, |x| {
        leave(x, &trader, 101)
    });
    leave(&mut x, &trader, 100).unwrap();
}

#[test]
fn profit_leaves_only_as_it_matures() {
    let mut x = localnet();
    let (winner, loser) = (x.funded("winner", 10_000), x.funded("loser", 10_000));
    let second = second_account(&mut x, &winner);
    let leg = x.leg(0, 10_000);
    x.block_trade(&winner, &loser, &[leg]).unwrap();
    x.set_price(1, 15_300_000_000);
    let back = x.leg(0, -10_000);
    x.block_trade(&winner, &loser, &[back]).unwrap();
    let profit = 300 * DOLLAR;
    let core = x.margin(&winner.margin).header.core;
    assert_eq!(core.immature.atoms as i64, profit);
    let cash = core.cash.0;
    let both = [&winner, &loser];
    let asked = (cash - profit + 1) as u64;
    for action in [0, 1] {
        let failure = refused(
            &mut x,
            &both,
            ErrorCode::ProfitNotMature,
            |x| match action {
                0 => x.withdraw(&winner, 0, asked, Guards::default()),
                _ => transfer(x, &winner, second, asked),
            },
        );
        let numbers = [
            ("available", i128::from(cash - profit)),
            ("requested", asked.into()),
            ("immature", profit.into()),
            ("wait", 1),
        ];
        assert_numbers(&failure, &numbers);
    }
    // It counts in full for margin, and a third of it may leave after a third of the time.
    assert_eq!(x.view(winner.margin).unwrap().free_collateral, cash);
    x.chain.advance(1_200);
    let third = (cash - profit + profit / 3) as u64;
    refused(&mut x, &both, ErrorCode::ProfitNotMature, |x| {
        x.withdraw(&winner, 0, third + 1, Guards::default())
    });
    transfer(&mut x, &winner, second, third).unwrap();
    // What was moved was mature, and is so there; what is left is not.
    assert_eq!(x.margin(&second).header.core.immature.atoms, 0);
    refused(&mut x, &both, ErrorCode::ProfitNotMature, |x| {
        x.withdraw(&winner, 0, 1, Guards::default())
    });
    x.chain.advance(2_400);
    let rest = (2 * profit / 3) as u64;
    x.withdraw(&winner, 0, rest, Guards::default()).unwrap();
    assert_eq!(x.margin(&winner.margin).header.core.cash.0, 0);
}

fn second_account(x: &mut Exchange, owner: &Trader) -> Pubkey {
    let key = owner.key.pubkey();
    let open = x.venue.open_margin_account(key, 1);
    x.chain.send(&[open], &[&owner.key]).unwrap();
    x.venue.margin_account(&key, 1)
}

fn transfer(x: &mut Exchange, from: &Trader, to: Pubkey, atoms: u64) -> Outcome {
    let (key, free) = (from.key.pubkey(), Guards::default());
    let transfer = x.venue.transfer(key, from.margin, to, 0, atoms, free);
    x.chain.send(&[transfer], &[&from.key])
}

#[test]
fn the_custody_of_another_mint_is_refused() {
    let mut x = localnet();
    let trader = x.funded("trader", 1_000);
    x.deposit(&trader, 1, SOL).unwrap();
    let (quote, sol) = (x.collateral(0), x.collateral(1));
    let (key, venue, free) = (trader.key.pubkey(), x.venue, Guards::default());
    let wallet = x.wallet(&trader, 0, 1_000_000);
    let authority = x.authority.pubkey();
    let calls = [
        venue.deposit(key, trader.margin, &quote, wallet, 1),
        venue.withdraw(key, trader.margin, &quote, wallet, 1, free),
        venue.fund_insurance(key, &quote, wallet, 1),
    ];
    for call in calls {
        let wrong = with_account(call, venue.custody(&quote), venue.custody(&sol));
        refused(&mut x, &[&trader], ErrorCode::WrongCustody, |x| {
            x.chain.send(&[wrong], &[])
        });
    }
    patch(
        &mut x,
        venue.clearinghouse,
        CLEARINGHOUSE_FEES,
        &9i64.to_le_bytes(),
    );
    let fees = venue.withdraw_fees(authority, &quote, wallet, 1);
    let wrong = with_account(fees, venue.custody(&quote), venue.custody(&sol));
    refused(&mut x, &[&trader], ErrorCode::WrongCustody, |x| {
        x.chain.send(&[wrong], &[])
    });
}

#[test]
fn the_custody_of_another_clearinghouse_is_refused() {
    let mut x = localnet();
    let trader = x.funded("trader", 1_000);
    let (mut rival, venue) = beside(x);
    let of = rival.collateral(0);
    let (key, free) = (trader.key.pubkey(), Guards::default());
    let wallet = rival.wallet(&trader, 0, 1_000_000);
    let foreign = rival.venue.custody(&of);
    for call in [
        venue.deposit(key, trader.margin, &of, wallet, 1),
        venue.withdraw(key, trader.margin, &of, wallet, 1, free),
        venue.fund_insurance(key, &of, wallet, 1),
        venue.audit(&of, &[]),
    ] {
        let wrong = with_account(call, venue.custody(&of), foreign);
        refused(&mut rival, &[], ErrorCode::WrongClearinghouse, |x| {
            x.chain.send(&[wrong], &[])
        });
    }
}

/// Patches a figure, expects what the audit says, and puts it back.
#[track_caller]
fn audit_finds(
    pit: &mut Pit,
    (key, at, change): (Pubkey, usize, i64),
    code: ErrorCode,
    numbers: &[(&str, i128)],
) {
    let bytes: [u8; 8] = pit.x.chain.data(&key)[at..at + 8].try_into().unwrap();
    let changed = i64::from_le_bytes(bytes) + change;
    patch(&mut pit.x, key, at, &changed.to_le_bytes());
    let failure = pit.refuses(code, |x, _, _| x.audit(0));
    assert_numbers(&failure, numbers);
    patch(&mut pit.x, key, at, &bytes);
    pit.x.audit(0).unwrap();
}

#[test]
fn an_audit_finds_every_figure_that_is_an_atom_or_a_lot_off() {
    let mut pit = Pit::new();
    let mid = pit.mid;
    pit.rests(counterweight_simnet::limit(
        counterweight_risk::orders::Side::Sell,
        mid + 1,
        5_000,
    ));
    pit.takes(2_000, mid + 1, true);
    pit.takes(1_000, mid + 1, false); // waits in the queue
    let (venue, of) = (pit.x.venue, pit.x.collateral(0));
    let (custody, vault) = (venue.custody(&of), venue.vault(&of));
    let (market, house) = (venue.market(SOL_PERP), venue.clearinghouse);
    let recorded = i128::from(pit.x.custody(0).recorded);
    let fees = i128::from(pit.x.market(SOL_PERP).fees);
    assert!(fees > 0 && pit.x.market(SOL_PERP).pending_short == 1_000);

    let short = [("vault", recorded - 1), ("needed", recorded)];
    audit_finds(
        &mut pit,
        (vault, VAULT_ATOMS, -1),
        ErrorCode::VaultShort,
        &short,
    );
    let short = [("vault", recorded), ("needed", recorded + 1)];
    audit_finds(
        &mut pit,
        (custody, RECORDED, 1),
        ErrorCode::VaultShort,
        &short,
    );
    let below = [("fees", -1), ("needed", 0)];
    audit_finds(
        &mut pit,
        (house, CLEARINGHOUSE_FEES, -1),
        ErrorCode::LineNegative,
        &below,
    );
    let change = -(fees as i64) - 1;
    audit_finds(
        &mut pit,
        (market, MARKET_FEES, change),
        ErrorCode::LineNegative,
        &below,
    );
    let below = [("insurance", -1), ("needed", 0)];
    let line = (house, CLEARINGHOUSE_INSURANCE, -1);
    audit_finds(&mut pit, line, ErrorCode::LineNegative, &below);
    let line = (market, MARKET_FEES + 8, -1);
    audit_finds(&mut pit, line, ErrorCode::LineNegative, &below);
    let more = recorded as i64 - fees as i64 + 1;
    let owed = [("recorded", recorded), ("needed", recorded + 1)];
    let line = (house, CLEARINGHOUSE_INSURANCE, more);
    audit_finds(&mut pit, line, ErrorCode::LedgerShort, &owed);
    let sides = [("market", 0), ("long", 3_001), ("short", 3_000)];
    let line = (market, MARKET_OPEN_LONG, 1);
    audit_finds(&mut pit, line, ErrorCode::OpenInterestUneven, &sides);
    let found = i128::from(pit.x.market(SOL_PERP).pending_quote);
    let line = (market, MARKET_PENDING_QUOTE, 1);
    let queue = [
        ("market", 0),
        ("pending quote", found + 1),
        ("needed", found),
    ];
    audit_finds(&mut pit, line, ErrorCode::QueueTotalsWrong, &queue);
    let line = (market, MARKET_PENDING_QUOTE - 8, 1);
    let queue = [("pending short", 1_001), ("needed", 1_000)];
    audit_finds(&mut pit, line, ErrorCode::QueueTotalsWrong, &queue);
    let line = (market, MARKET_PENDING_QUOTE - 16, 1);
    let queue = [("pending long", 1), ("needed", 0)];
    audit_finds(&mut pit, line, ErrorCode::QueueTotalsWrong, &queue);
}

#[test]
fn a_custody_of_another_layout_is_left_alone() {
    let mut x = localnet();
    let trader = x.funded("trader", 1_000);
    let (of, venue, free) = (x.collateral(0), x.venue, Guards::default());
    let (key, authority) = (trader.key.pubkey(), x.authority.pubkey());
    let wallet = x.wallet(&trader, 0, 1_000_000);
    let terms = OutflowTerms {
        limit: 1,
        window: 60,
    };
    patch(
        &mut x,
        venue.clearinghouse,
        CLEARINGHOUSE_FEES,
        &9i64.to_le_bytes(),
    );
    patch(&mut x, venue.custody(&of), 8, &[2]);
    for call in [
        venue.deposit(key, trader.margin, &of, wallet, 1),
        venue.withdraw(key, trader.margin, &of, wallet, 1, free),
        venue.fund_insurance(key, &of, wallet, 1),
        venue.withdraw_fees(authority, &of, wallet, 1),
        venue.set_outflow_limit(authority, &of, terms),
        venue.audit(&of, &[]),
    ] {
        refused(&mut x, &[&trader], ErrorCode::WrongVersion, |x| {
            x.chain.send(&[call], &[])
        });
    }
}

#[test]
fn nothing_leaves_that_never_arrived() {
    let mut x = localnet();
    let trader = x.funded("trader", 1_000);
    let custody = x.venue.custody(&x.collateral(0));
    patch(&mut x, custody, RECORDED, &9u64.to_le_bytes());
    let failure = refused(&mut x, &[&trader], ErrorCode::LedgerShort, |x| {
        x.withdraw(&trader, 0, 10, Guards::default())
    });
    assert_numbers(&failure, &[("recorded", 9), ("needed", 10)]);
}

#[test]
fn an_audit_wants_each_market_once_and_only_with_the_quote_token() {
    let mut x = localnet();
    let (quote, sol) = (x.collateral(0), x.collateral(1));
    for markets in [[1, 0], [1, 1]] {
        let audit = x.venue.audit(&quote, &markets);
        let failure = refused(&mut x, &[], ErrorCode::MarketsNotSorted, |x| {
            x.chain.send(&[audit], &[])
        });
        assert_eq!(number(&failure, "market"), i128::from(markets[1]));
    }
    let audit = x.venue.audit(&sol, &[0]);
    refused(&mut x, &[], ErrorCode::WrongAccountCount, |x| {
        x.chain.send(&[audit], &[])
    });
    let vaults = [x.venue.vault(&quote), x.venue.vault(&sol)];
    let audit = with_account(x.venue.audit(&quote, &[]), vaults[0], vaults[1]);
    refused(&mut x, &[], ErrorCode::WrongVault, |x| {
        x.chain.send(&[audit], &[])
    });
    // A market of another clearinghouse says nothing about this one.
    let (mut rival, venue) = beside(x);
    let mut audit = rival.venue.audit(&rival.collateral(0), &[]);
    let foreign = AccountMeta::new_readonly(venue.market(0), false);
    audit.accounts.push(foreign);
    refused(&mut rival, &[], ErrorCode::WrongClearinghouse, |x| {
        x.chain.send(&[audit], &[])
    });
}
