//! The file: figures of both exchanges beside each other, and the checks.

use super::{
    Run, checks, keepers,
    path::{self, MARKETS, NAMES, Path},
    rows::{dollars, rows, thousands},
    scene,
    world::World,
};
use std::collections::BTreeSet;

/// How things stood before.
pub struct Before {
    /// Equity of each account, of users, makers, keepers and the backstop.
    equity: Vec<i64>,
    /// Value of open positions on one side, by market.
    open: [i64; MARKETS],
    /// The insurance fund.
    fund: i64,
}

/// What has to be computed at the end.
#[derive(Default)]
pub struct Figures {
    pub accounts: usize,
    pub owners_touched: usize,
    pub emptied: usize,
    pub wiped: usize,
    pub untouched: usize,
    pub fund: [i64; 2],
    pub bad: Vec<i64>,
    /// The largest share of its equity that a winner lost by deleveraging, in millionths, and in atoms.
    pub winner: (i64, i64),
    /// The same of anybody.
    pub anybody: (i64, i64),
    /// The largest loss by deleveraging, in atoms.
    pub largest: i64,
    pub losers: usize,
    pub touched: usize,
    pub groups: [Group; 3],
    pub equity: [[i64; 2]; 3],
    pub open: [i64; MARKETS],
    pub failing: usize,
}

/// Users of one kind.
#[derive(Default)]
pub struct Group {
    users: usize,
    touched: usize,
    wiped: usize,
    equity: [i64; 2],
}

/// The insurance fund: the backstop's equity, and what waits to move into it.
fn fund(world: &World) -> Result<i64, String> {
    let markets: i64 = (0..MARKETS as u16)
        .map(|m| world.x.market(m).insurance)
        .sum();
    let backstop = checks::equity(world, world.backstop())?;
    Ok(backstop + world.x.clearinghouse().insurance + markets)
}

/// Takes down how things stand.
pub fn before(world: &World) -> Result<Before, String> {
    let all = 0..=world.backstop();
    let equity: Result<Vec<i64>, String> = all.map(|at| checks::equity(world, at)).collect();
    Ok(Before {
        equity: equity?,
        open: core::array::from_fn(|m| world.value(m, world.x.market(m as u16).open_long)),
        fund: fund(world)?,
    })
}

/// Whether an account has no position.
fn is_flat(world: &World, party: usize) -> bool {
    world.margins[party].positions().is_empty()
}

/// The figures of an exchange after its crash.
pub fn figures(world: &World, before: &Before, groups: &[usize]) -> Result<Figures, String> {
    let stats = &world.stats;
    let users = world.owner.len();
    let mut figures = Figures {
        accounts: users,
        fund: [before.fund, fund(world)?],
        open: before.open,
        ..Figures::default()
    };
    let hit = |at: &usize| stats.touched.contains(at) || stats.failed.contains(at);
    let owners: BTreeSet<usize> = (0..users).filter(hit).map(|at| world.owner[at]).collect();
    let all: BTreeSet<usize> = world.owner.iter().copied().collect();
    figures.owners_touched = owners.len();
    figures.untouched = all.len() - owners.len();
    figures.touched = (0..users).filter(hit).count();
    figures.emptied = (0..users)
        .filter(|at| hit(at) && is_flat(world, *at))
        .count();
    let mut sums = vec![[0i64; 2]; all.len()];
    for party in 0..world.traders.len() {
        let after = checks::equity(world, party)?;
        let group = if party < users {
            0
        } else if world.makers.contains(&party) {
            1
        } else {
            2
        };
        figures.equity[group][0] += before.equity[party];
        figures.equity[group][1] += after;
        if party < users {
            let sum = &mut sums[world.owner[party]];
            *sum = [sum[0] + before.equity[party], sum[1] + after.max(0)];
        }
        if after < 0 {
            figures.bad.push(after);
        }
        let failing = |health: counterweight_risk::standard::Health| !health.is_met();
        figures.failing += usize::from(world.health(party).is_some_and(failing));
        let (lost, anybody, winner) = world.shadow.shared(party);
        figures.losers += usize::from(lost > 0);
        figures.largest = figures.largest.max(lost);
        figures.anybody = figures.anybody.max((anybody, lost));
        figures.winner = figures.winner.max((winner, lost));
    }
    for (user, sum) in sums.iter().enumerate() {
        let group = &mut figures.groups[groups[user]];
        group.users += 1;
        group.touched += usize::from(owners.contains(&user));
        group.wiped += usize::from(sum[1] < sum[0] / 100);
        group.equity = [group.equity[0] + sum[0], group.equity[1] + sum[1]];
    }
    // Less than one percent is left.
    figures.wiped = sums.iter().filter(|sum| sum[1] < sum[0] / 100).count();
    Ok(figures)
}

/// Notes where the insurance fund stands.
pub fn watch(world: &mut World, step: usize) -> Result<(), String> {
    let now = (fund(world)?, step);
    let lowest = world.stats.lowest_fund.unwrap_or(now);
    world.stats.lowest_fund = Some(if now.0 < lowest.0 { now } else { lowest });
    Ok(())
}

fn comparison(runs: &[&Run]) -> String {
    let mut text = String::from("| |");
    for run in runs {
        text += &format!(" {} |", run.name);
    }
    text += &format!("\n|---|{}\n", "--:|".repeat(runs.len()));
    for (name, figure) in rows() {
        let cells: Vec<String> = runs.iter().map(|run| figure(run)).collect();
        text += &format!("| {name} | {} |\n", cells.join(" | "));
    }
    text
}

fn markets(path: &Path, runs: &[&Run]) -> String {
    let mut text = String::from("| market | low | end |");
    for run in runs {
        let name = run.name;
        text += &format!(" open before, {name} | deleveraged lots, {name} | dollars, {name} |");
    }
    text += &format!("\n|---|{}\n", "--:|".repeat(2 + 3 * runs.len()));
    for (m, name) in NAMES.iter().enumerate() {
        let fall = |bps: i64| format!("−{}.{} %", (10_000 - bps) / 100, (10_000 - bps) % 100 / 10);
        text += &format!(
            "| {name} | {} | {} |",
            fall(path.lowest[m]),
            fall(path.last[m])
        );
        for run in runs {
            let stats = &run.world.stats;
            text += &format!(
                " {} | {} | {} |",
                dollars(run.figures.open[m]),
                thousands(stats.lots[m]),
                dollars(stats.values[m])
            );
        }
        text.push('\n');
    }
    text
}

fn groups(runs: &[&Run]) -> String {
    let mut text = String::from(
        "| books | exchange | users | touched | less than 1 % left | equity before, dollars | at the end, dollars |\n|---|---|--:|--:|--:|--:|--:|\n",
    );
    for (group, name) in scene::GROUPS.iter().enumerate() {
        for run in runs {
            let found = &run.figures.groups[group];
            let counts = [found.users, found.touched, found.wiped].map(|n| thousands(n as i64));
            let equity = found.equity.map(dollars);
            text += &format!(
                "| {name} | {} | {} | {} |\n",
                run.name,
                counts.join(" | "),
                equity.join(" | ")
            );
        }
    }
    text
}

fn calls(runs: &[&Run]) -> String {
    let mut text = String::from("| call |");
    for run in runs {
        text += &format!(" {0}: done | refused | most units |", run.name);
    }
    text += &format!("\n|---|{}\n", "--:|".repeat(3 * runs.len()));
    let of = |run: &&Run| run.world.stats.calls.keys().copied().collect::<Vec<_>>();
    let names: BTreeSet<&str> = runs.iter().flat_map(of).collect();
    for name in names {
        text += &format!("| `{name}` |");
        for run in runs {
            let call = run.world.stats.calls.get(name).copied().unwrap_or_default();
            let figures = call.map(|figure| thousands(figure as i64));
            text += &format!(" {} |", figures.join(" | "));
        }
        text.push('\n');
    }
    text
}

fn attribution(runs: &[&Run]) -> String {
    let mut text = String::from(
        "| dollars | price | trades off the index | fees | penalties | deleveraged off the index | deficits of others | own deficit left to others | insurance | takeovers | lots rounded |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for run in runs {
        let world = &run.world;
        for (name, range) in [
            ("users", 0..world.owner.len()),
            ("makers", world.makers.clone()),
            ("keepers", world.keepers.clone()),
            ("backstop", world.backstop()..world.backstop() + 1),
        ] {
            let cells = world.shadow.sums(range).map(dollars).join(" | ");
            text += &format!("| {}, {name} | {cells} |\n", run.name);
        }
    }
    text
}

fn checked(runs: &[&Run]) -> String {
    let mut text = String::from("| check | exchange | found | |\n|---|---|---|---|\n");
    for run in runs {
        for check in &run.checks {
            let verdict = if check.holds { "holds" } else { "**FAILED**" };
            text += &format!(
                "| {} | {} | {} | {verdict} |\n",
                check.name, run.name, check.found
            );
        }
    }
    text
}

/// The whole file.
pub fn text(seed: u64, path: &Path, runs: &[&Run]) -> String {
    let list = |numbers: &[u64]| {
        let all: Vec<String> = numbers.iter().map(|n| thousands(*n as i64)).collect();
        all.join(", ")
    };
    let depth: Vec<String> = keepers::DEPTH.iter().map(|n| thousands(*n)).collect();
    let disturbances: Vec<String> = path::disturbances()
        .lines()
        .map(|line| format!("| {line} |"))
        .collect();
    format!(
        include_str!("crash.txt"),
        seed = seed,
        users = thousands(super::USERS as i64),
        steps = path::STEPS,
        step = path::STEP,
        makers = list(&scene::MAKERS),
        keepers = list(&scene::KEEPERS),
        fund = thousands(scene::FUND as i64),
        daily = thousands(scene::DAILY_LOSS as i64),
        depth = depth.join(", "),
        disturbances = disturbances.join("\n"),
        comparison = comparison(runs),
        markets = markets(path, runs),
        groups = groups(runs),
        calls = calls(runs),
        attribution = attribution(runs),
        checks = checked(runs),
    )
}
