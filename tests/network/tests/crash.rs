//! Prices crash, and two keepers have to do what must be done, while one is killed and started again and the other's
//! line is cut and then slow.

use anchor_lang::prelude::Pubkey;
use counterweight_fleet::Fleet;
use counterweight_keeper::{
    monitor::args::Found,
    report::{Books, reading},
    state::prices::PriceAccounts,
};
use counterweight_localnet::{Config, Localnet};
use counterweight_network_tests::{
    crowd::{Crowd, margins, risk_book},
    history::{self, History, Takeover},
    keepers::{Keeper, tokens, total},
};
use counterweight_risk::{Health, QuoteAtoms, liquidation::is_restored};
use solana_signer::Signer;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

/// The keeper.
const PROGRAM: &str = env!("CARGO_BIN_EXE_network-keeper");
/// Accounts; `NETWORK_TEST_ACCOUNTS` for another number.
const ACCOUNTS: usize = 500;
/// Where chance begins; `NETWORK_TEST_SEED` for another one.
const SEED: u64 = 20_251_010;
/// Steps of the crash, a second and a bit each.
const STEPS: i64 = 36;
/// How long after the last price everything must have been done.
const LIMIT: Duration = Duration::from_secs(240);

fn number<T: std::str::FromStr>(name: &str, usual: T) -> T {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(usual)
}

/// What is left of a price at a step, in basis points: down with a rebound on the way, and a last low.
fn left(fall: i64, step: i64) -> i64 {
    let (half, turn) = (STEPS / 2, STEPS * 2 / 3);
    let depth = if step <= half {
        fall * step * 8 / (10 * half)
    } else if step <= turn {
        fall * 8 / 10 - fall * 2 / 10 * (step - half) / (turn - half)
    } else {
        fall * 6 / 10 + fall * 4 / 10 * (step - turn) / (STEPS - turn)
    };
    10_000 - depth
}

/// The falls of 10 October 2025, in basis points.
const FALLS: [(&str, i64); 3] = [("SOL", 2_400), ("BTC", 1_400), ("ETH", 2_100)];

/// Everybody as the chain has them, judged now.
async fn judged(net: &Localnet) -> Fleet {
    let mut fleet = Fleet::new();
    let _ = fleet.set_book(risk_book(net).await);
    for (key, data) in margins(net.link(), &net.venue().clearinghouse).await {
        fleet.put(key, &data).expect("a margin account");
    }
    let now = net.link().clock().await.expect("the clock").time;
    fleet.judge_all(now);
    fleet
}

/// The accounts below maintenance margin.
fn failing(fleet: &Fleet) -> BTreeSet<Pubkey> {
    let failing = fleet
        .failing()
        .into_iter()
        .filter(|standing| !standing.health.is_met());
    failing.map(|standing| standing.key).collect()
}

/// Waits until nobody fails, and goes on not to.
async fn until_nobody_fails(net: &Localnet) -> Duration {
    let began = Instant::now();
    let mut calm = 0;
    loop {
        let failing = failing(&judged(net).await);
        calm = if failing.is_empty() { calm + 1 } else { 0 };
        if calm == 3 {
            return began.elapsed();
        }
        assert!(
            began.elapsed() < LIMIT,
            "after {LIMIT:?} there are still {} that fail: {failing:?}",
            failing.len()
        );
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
}

/// What happens to the keepers at a step.
async fn accident(step: i64, first: &mut Keeper, second: &Keeper) {
    match step {
        s if s == STEPS / 4 => first.kill().await,
        s if s == STEPS / 4 + 5 => first.run(),
        s if s == STEPS / 2 => second.cut(),
        s if s == STEPS / 2 + 5 => second.mend(),
        s if s == STEPS * 3 / 4 => second.slow(Duration::from_millis(250)),
        s if s == STEPS * 3 / 4 + 6 => second.slow(Duration::ZERO),
        _ => {}
    }
}

async fn crash(net: &Localnet, first: &mut Keeper, second: &Keeper) {
    let start: BTreeMap<&str, i64> = FALLS
        .iter()
        .map(|(name, _)| (*name, net.publisher().latest(name).expect("a price")))
        .collect();
    for step in 1..=STEPS {
        let began = Instant::now();
        for (name, fall) in FALLS {
            let price = start[name] / 10_000 * left(fall, step);
            net.set_price(name, price).await.expect("a price");
        }
        accident(step, first, second).await;
        tokio::time::sleep(Duration::from_millis(1_100).saturating_sub(began.elapsed())).await;
    }
}

/// A keeper's own figures, as they were before and after the chain was asked what it has of it. For a keeper that lived
/// through all of it; `before` it, so many transactions were paid by its key.
fn agrees(keeper: &Keeper, metrics: [&BTreeMap<String, i64>; 2], chain: &History, before: usize) {
    let done = i64::try_from(chain.done - before).expect("a count");
    let [least, most] = metrics.map(|metrics| total(metrics, "confirmed_total"));
    let open = total(metrics[1], "lost_total") + total(metrics[1], "in_flight");
    assert!(
        (least..=most + open).contains(&done),
        "{}: {done} transactions on the chain, {least} to {most} counted and {open} open",
        keeper.name
    );
    let own = |takeover: &&Takeover| takeover.liquidator == keeper.member.margin;
    let earned: i64 = chain
        .takeovers
        .iter()
        .filter(own)
        .map(|takeover| takeover.reward)
        .sum();
    let counted = |metrics| -> i64 {
        let rewards = ["liquidate", "slice", "buy_lots"]
            .map(|kind| total(metrics, &format!("reward_atoms_total{{kind=\"{kind}\"}}")));
        rewards.iter().sum()
    };
    if total(metrics[1], "lost_total") == 0 {
        let [least, most] = metrics.map(counted);
        assert!(
            (least..=most).contains(&earned),
            "{}: the chain paid {earned}, it counted {least} to {most}",
            keeper.name
        );
    }
}

/// Everything that is written down twice, compared by the keeper's report.
async fn books(net: &Localnet) -> Books {
    let found = Found {
        clearinghouse: net.venue().clearinghouse,
        link: net.link().clone(),
        timeout: Duration::from_secs(10),
        quiet: Duration::from_secs(5),
        verify_every: Duration::from_secs(10),
        prices: PriceAccounts::default(),
        recorded: true,
    };
    Books::of(&reading::read(&found).await.expect("the chain can be read"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_must_be_liquidated_are_whatever_happens_to_the_keepers() {
    let (many, seed) = (
        number("NETWORK_TEST_ACCOUNTS", ACCOUNTS),
        number("NETWORK_TEST_SEED", SEED),
    );
    println!("{many} accounts, seed {seed}");
    let net = Localnet::start(Config::quiet())
        .await
        .expect("a local network");
    let began = Instant::now();
    let crowd = Crowd::gather(&net, many, seed).await;
    println!(
        "{} accounts have their books after {:?}",
        crowd.members.len(),
        began.elapsed()
    );
    assert!(
        failing(&judged(&net).await).is_empty(),
        "nobody fails before the crash"
    );

    let mut first = Keeper::start(&net, PROGRAM.as_ref(), "first").await;
    let mut second = Keeper::start(&net, PROGRAM.as_ref(), "second").await;
    for keeper in [&first, &second] {
        keeper.wait_for_health(true, Duration::from_secs(30)).await;
    }
    let payers = [&first, &second].map(|keeper| keeper.member.key.pubkey());
    let before = history::of(net.link(), &payers[1]).await.done
        - usize::try_from(total(&second.metrics().await, "confirmed_total")).expect("a count");

    crash(&net, &mut first, &second).await;
    let took = until_nobody_fails(&net).await;
    // Whatever is on its way arrives.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(
        failing(&judged(&net).await).is_empty(),
        "nobody fails afterwards"
    );
    for keeper in [&first, &second] {
        assert!(
            keeper.is_healthy().await,
            "{} is well: {}",
            keeper.name,
            keeper.log().display()
        );
    }

    let figures = second.metrics().await;
    let one = history::of(net.link(), &payers[0]).await;
    let two = history::of(net.link(), &payers[1]).await;
    let later = second.metrics().await;
    let all: Vec<_> = one.takeovers.iter().chain(&two.takeovers).collect();
    let victims: BTreeSet<Pubkey> = one.victims().union(&two.victims()).copied().collect();
    let (liquidating, failed) = (one.liquidating + two.liquidating, one.failed + two.failed);
    println!(
        "{} of {many} accounts failed; {} takeovers in {liquidating} transactions ({} and {}), {} resolved, {} deleveraged; \
         {failed} refused on the chain; nobody fails {took:?} after the last price; rewards {} tokens",
        victims.len(),
        all.len(),
        one.liquidating,
        two.liquidating,
        one.resolved.len() + two.resolved.len(),
        one.deleveraged + two.deleveraged,
        tokens(all.iter().map(|takeover| takeover.reward).sum()),
    );
    assert!(
        victims.len() * 10 > many,
        "a crash that matters: {} victims",
        victims.len()
    );
    assert!(
        one.liquidating > 0 && two.liquidating > 0,
        "both had their part"
    );

    // Nothing was paid twice: each takeover is another change of its account, and of one that failed.
    let changes: BTreeSet<_> = all
        .iter()
        .map(|takeover| (takeover.account, takeover.sequence))
        .collect();
    assert_eq!(changes.len(), all.len());
    // Who has failed stays in liquidation until the buffer is met. The backstop sells whatever it has.
    let (backstop, buffer) = (
        net.venue().backstop(),
        risk_book(&net).await.header.params.liquidation_buffer,
    );
    let restored = |(equity, requirement): (i64, i64)| {
        let health = Health {
            equity: QuoteAtoms(equity),
            requirement: QuoteAtoms(requirement),
        };
        is_restored(&health, buffer)
    };
    let healthy = all.iter().filter(|takeover| {
        takeover.account != backstop && takeover.reward > 0 && restored(takeover.before)
    });
    assert_eq!(healthy.count(), 0, "nobody pays who does not fail");
    // Few transactions: none takes less than one account over, and hardly any is refused on the chain.
    assert!(
        liquidating
            <= all.len()
                + one.resolved.len()
                + two.resolved.len()
                + one.deleveraged
                + two.deleveraged
    );
    assert!(
        failed * 20 <= one.done + two.done,
        "{failed} of {} were refused on the chain",
        one.done + two.done
    );
    agrees(&second, [&figures, &later], &two, before);

    // Nobody changes anything while the books are read.
    for keeper in [&mut first, &mut second] {
        keeper.kill().await;
    }
    let books = books(&net).await;
    let wrong: Vec<_> = books.checks.iter().filter(|check| !check.holds).collect();
    assert!(
        books.balanced && wrong.is_empty(),
        "the books do not balance: {wrong:?}"
    );
    net.stop().await.expect("stopped");
}
