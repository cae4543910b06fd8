//! Measures the fleet and writes the table: `make scan`, or
//! `cargo run --release --locked -p counterweight-fleet --example scan -- [ACCOUNTS]`.
//! The table goes to `bench/SCAN.md`, for another number of accounts than a million to the output.

#[path = "../tests/common/mod.rs"]
mod common;

use common::{
    NOW,
    crowd::{ASSETS, Crowd, POSITIONS},
    data_of,
};
use counterweight_fleet::{Census, Fleet, Moved, Shock};
use counterweight_risk::standard::maintenance;
use counterweight_sdk::{accounts, borrowed::MarginRef};
use std::{fmt::Write, hint::black_box, time::Duration, time::Instant};

/// Accounts of the table.
const ACCOUNTS: usize = 1_000_000;
/// Accounts that are decoded and judged one by one.
const DECODED: usize = 100_000;
/// Times that each figure is measured; the table has the median and, against noise, the least.
const ROUNDS: usize = 21;

/// How long something took, measured [`ROUNDS`] times.
struct Taken(Vec<Duration>);

impl Taken {
    fn by(what: impl FnMut()) -> Self {
        Self::sorted((0..ROUNDS).map(timed(what)).collect())
    }

    fn sorted(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    fn median(&self) -> f64 {
        self.0[ROUNDS / 2].as_secs_f64() * 1e3
    }

    fn least(&self) -> f64 {
        self.0[0].as_secs_f64() * 1e3
    }
}

fn timed(mut what: impl FnMut()) -> impl FnMut(usize) -> Duration {
    move |_| {
        let start = Instant::now();
        what();
        start.elapsed()
    }
}

/// Judging all accounts, and in turn with it reading what that reads, so that whatever else the machine does
/// concerns both.
struct Pair {
    judged: Taken,
    read: Taken,
    /// How many times what reading took judging took right after: the median.
    times: f64,
    /// Bytes that are read.
    bytes: usize,
    census: Census,
}

impl Pair {
    fn of(fleet: &mut Fleet) -> Self {
        let (mut judged, mut read) = (Vec::new(), Vec::new());
        let (mut bytes, mut census) = (0, Census::default());
        for now in (NOW..).take(ROUNDS) {
            read.push(timed(|| bytes = black_box(fleet.read_through()).0)(0));
            judged.push(timed(|| census = fleet.judge_all(now))(0));
        }
        let pairs = judged.iter().zip(&read);
        let mut times: Vec<f64> = pairs
            .map(|(judged, read)| judged.as_secs_f64() / read.as_secs_f64())
            .collect();
        times.sort_unstable_by(f64::total_cmp);
        Self {
            judged: Taken::sorted(judged),
            read: Taken::sorted(read),
            times: times[ROUNDS / 2],
            bytes,
            census,
        }
    }

    fn text(&self) -> String {
        let megabytes = self.bytes as f64 / 1e6;
        let (times, rate) = (self.times, megabytes / self.read.median());
        let Census {
            failing, by_engine, ..
        } = self.census;
        format!(
            "\nJudging takes {times:.2} times what reading the same {megabytes:.0} MB takes ({rate:.1} GB/s), each \
             measured in turn with the other. {failing} of the accounts fail; {by_engine} were judged by the engine \
             itself.\n\n"
        )
    }
}

/// The figures of a run.
struct Report {
    accounts: usize,
    text: String,
}

impl Report {
    fn row(&mut self, what: &str, judged: usize, taken: &Taken, whole: Option<&Taken>) {
        let (median, least) = (taken.median(), taken.least());
        let each = median * 1e6 / judged.max(1) as f64;
        let share = whole.map_or(String::new(), |whole| {
            format!("{:.1} %", 100.0 * median / whole.median())
        });
        let row = format!("| {what} | {judged} | {median:.2} | {least:.2} | {each:.0} | {share} |");
        eprintln!("{row}");
        writeln!(self.text, "{row}").expect("a string takes everything");
    }

    fn head(&mut self) {
        let threads = rayon::current_num_threads();
        let (accounts, load) = (self.accounts, load());
        self.text = format!(
            "# Judging all accounts\n\n\
             Written by `make scan` (`crates/fleet/examples/scan.rs`): {accounts} accounts with {POSITIONS} positions \
             in {ASSETS} assets and up to three collaterals, {threads} threads, {ROUNDS} rounds. {load}\n\n\
             | | accounts | ms, median | ms, least | ns an account | of judging all |\n\
             |---|--:|--:|--:|--:|--:|\n"
        );
    }
}

/// The machine, and what else it did.
fn load() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown", |line| line.trim_start_matches([' ', '\t', ':']));
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or("unknown");
    format!("Processor: {model}. Load average at the beginning: {load}.")
}

/// Resident bytes of this process.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
    kilobytes.unwrap_or(0) * 1_024
}

fn one_by_one(report: &mut Report, crowd: &mut Crowd) {
    let count = DECODED.min(report.accounts);
    let accounts: Vec<_> = (0..count).map(|_| data_of(&crowd.account())).collect();
    let book = crowd.tables.book();
    let copied = Taken::by(|| {
        for data in &accounts {
            let margin = accounts::margin(data).expect("an account");
            black_box(maintenance(&book, &margin.view(), NOW)).ok();
        }
    });
    let read = Taken::by(|| {
        for data in &accounts {
            let margin = MarginRef::read(data).expect("an account");
            black_box(maintenance(&book, &margin.view(), NOW)).ok();
        }
    });
    report.row(
        "copy and judge one by one, one thread",
        count,
        &copied,
        None,
    );
    report.row(
        "read in place and judge one by one, one thread",
        count,
        &read,
        None,
    );
}

fn all(report: &mut Report, fleet: &mut Fleet) -> Taken {
    let count = fleet.len();
    let pair = Pair::of(fleet);
    assert_eq!((pair.census.judged, pair.census.unknown), (count, 0));
    let shock = Shock {
        moves: vec![(1, -2_000), (2, -1_500)],
    };
    let mut below = 0;
    let shocked = Taken::by(|| below = fleet.shock(&shock, NOW).len());
    let exposed = Taken::by(|| drop(black_box(fleet.exposure())));
    let worst = Taken::by(|| drop(black_box(fleet.worst(100))));
    let shock = format!("shock of two prices ({below} fail)");
    for (what, taken) in [
        ("read the memory that judging reads", &pair.read),
        ("**judge all**", &pair.judged),
        (&shock, &shocked),
        ("exposure", &exposed),
        ("the worst hundred", &worst),
    ] {
        report.row(what, count, taken, Some(&pair.judged));
    }
    report.text += &pair.text();
    pair.judged
}

fn prices(report: &mut Report, crowd: &mut Crowd, fleet: &mut Fleet, whole: &Taken) {
    report.text += "A price that moves judges the accounts that hold its asset; the time includes comparing the book.\n\n\
                    | | accounts | ms, median | ms, least | ns an account | of judging all |\n\
                    |---|--:|--:|--:|--:|--:|\n";
    fleet.judge_all(NOW);
    for asset in [1, 4, 8, 16, 32] {
        let holders = fleet.holders(asset);
        let books: Vec<_> = (0..ROUNDS).map(|_| crowd.nudge(asset)).collect();
        let mut books = books.into_iter();
        let taken = Taken::by(|| {
            let moved = fleet.set_book(books.next().expect("a book a round"));
            assert_eq!(fleet.judge(&moved, NOW).judged, holders);
        });
        let share = 100.0 * holders as f64 / fleet.len() as f64;
        let what = format!("price of asset {asset}, held by {share:.1} %");
        report.row(&what, holders, &taken, Some(whole));
    }
    let mut now = NOW;
    let mut debtors = 0;
    let taken = Taken::by(|| {
        now += 1;
        debtors = fleet.judge(&Moved::default(), now).judged;
    });
    report.row(
        "a second passes: accounts that owe",
        debtors,
        &taken,
        Some(whole),
    );
}

fn main() {
    let asked = std::env::args().nth(1).map(|count| count.parse());
    let accounts = asked.map_or(ACCOUNTS, |count| count.expect("a number of accounts"));
    let mut crowd = Crowd::new(1);
    let mut report = Report {
        accounts,
        text: String::new(),
    };
    let (before, start) = (resident(), Instant::now());
    let mut fleet = crowd.fleet(accounts);
    let filled = start.elapsed();
    let (resident, own) = (resident() - before, fleet.memory());
    report.head();
    one_by_one(&mut report, &mut crowd);
    let whole = all(&mut report, &mut fleet);
    prices(&mut report, &mut crowd, &mut fleet, &whole);
    let each = |bytes: usize| bytes as f64 / accounts as f64;
    let (own, resident) = (each(own), each(resident));
    write!(report.text, "\nAn account takes {own:.0} bytes, with what vectors hold in reserve; the process grew by {resident:.0} bytes an account. ")
        .expect("a string takes everything");
    writeln!(
        report.text,
        "Making them up and putting them took {:.1} s.",
        filled.as_secs_f64()
    )
    .expect("a string takes everything");
    if accounts == ACCOUNTS {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bench/SCAN.md");
        std::fs::write(path, &report.text).expect("bench/SCAN.md can be written");
        println!("written: bench/SCAN.md");
    } else {
        println!("{}", report.text);
    }
}
