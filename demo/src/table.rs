//! The live table: redrawn in place on a terminal, a block of lines now and then elsewhere.

use crate::{
    collar,
    house::{House, Seizure, State, dollars, thousands},
    path::{FALLS, Path},
    trading,
};
use std::{
    io::{IsTerminal, Write, stdout},
    time::Duration,
};

/// Liquidations that the table on a terminal shows.
const RECENT: usize = 6;
/// Steps between two blocks where the output is not a terminal.
const EVERY: usize = 5;
/// How long a frame stays on a terminal before the next, so that it can be read.
const FRAME: Duration = Duration::from_millis(110);
const BAR: usize = 50;

/// Where the demonstration shows itself.
pub struct Screen {
    quiet: bool,
    terminal: bool,
    color: bool,
    drawn: usize,
    told: [usize; 2],
}

impl Screen {
    /// Standard output, or nothing.
    pub fn new(quiet: bool) -> Self {
        let terminal = stdout().is_terminal();
        Self {
            quiet,
            terminal,
            color: terminal && std::env::var_os("NO_COLOR").is_none(),
            drawn: 0,
            told: [0; 2],
        }
    }

    /// Prints a text.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            // A closed pipe is no reason to fail: the report is still written.
            let _ = writeln!(stdout(), "{text}");
        }
    }

    /// Who takes part.
    pub fn cast(&self, houses: &[House; 2]) {
        for house in houses {
            self.say(&format!("\n{}", house.title));
            for actor in &house.actors {
                self.say(&format!("  {:<11} {}", actor.name, actor.role));
            }
        }
        self.say("");
    }

    /// Shows a terminal the moment before the keeper acts, where it has something to do.
    pub fn falling(&mut self, houses: &[House; 2], path: &Path, step: usize) {
        let failing = |house: &House| {
            (0..house.actors.len()).any(|at| house.now(at).state == State::InLiquidation)
        };
        if self.terminal && !self.quiet && houses.iter().any(failing) {
            self.redraw(houses, path, step);
            std::thread::sleep(FRAME);
        }
    }

    /// Shows a step.
    pub fn step(&mut self, houses: &[House; 2], path: &Path, step: usize) {
        if self.quiet {
            return;
        }
        if self.terminal {
            self.redraw(houses, path, step);
            std::thread::sleep(FRAME);
            return;
        }
        for (told, house) in self.told.iter_mut().zip(houses) {
            for seizure in &house.seizures[*told..] {
                let _ = writeln!(stdout(), "{}", told_of(house, seizure));
            }
            *told = house.seizures.len();
        }
        if step.is_multiple_of(EVERY) || step + 1 == path.steps.len() {
            let frame = self.frame(houses, path, step).join("\n");
            let _ = writeln!(stdout(), "{frame}\n");
        }
    }

    fn redraw(&mut self, houses: &[House; 2], path: &Path, step: usize) {
        let mut lines = self.frame(houses, path, step);
        lines.push(String::new());
        let count: usize = houses.iter().map(|house| house.seizures.len()).sum();
        lines.push(self.paint("1", &format!("liquidations so far: {count}")));
        let mut all: Vec<_> = houses
            .iter()
            .flat_map(|h| h.seizures.iter().map(move |s| (h, s)))
            .collect();
        all.sort_by_key(|(_, seizure)| seizure.step);
        let recent = all.len().saturating_sub(RECENT);
        lines.extend(
            all[recent..]
                .iter()
                .map(|(house, seizure)| told_of(house, seizure)),
        );
        lines.resize(lines.len() + RECENT - (all.len() - recent), String::new());
        // Up to where the last frame began; lines wider than the terminal are cut, not wrapped.
        let mut frame = String::from("\x1b[?7l");
        if self.drawn > 0 {
            frame.push_str(&format!("\x1b[{}A", self.drawn));
        }
        for line in &lines {
            frame.push_str(&format!("\x1b[2K{line}\n"));
        }
        frame.push_str("\x1b[?7h");
        self.drawn = lines.len();
        let _ = stdout().write_all(frame.as_bytes());
        let _ = stdout().flush();
    }

    fn frame(&self, houses: &[House; 2], path: &Path, step: usize) -> Vec<String> {
        let last = path.steps.len() - 1;
        let done = BAR * step / last;
        let minutes = path.seconds * step as i64 / 60;
        let mut lines = vec![
            format!(
                "{}{}  step {step} of {last}, {} h {:02} min into the crash",
                "█".repeat(done),
                "░".repeat(BAR - done),
                minutes / 60,
                minutes % 60
            ),
            prices(path, step),
        ];
        for house in houses {
            let head = format!(
                "{:<16}{:>16}{:>13}{:>9}   state",
                house.title, "equity", "MM", "ratio"
            );
            lines.push(self.paint("1", &head));
            for (at, actor) in house.actors.iter().enumerate() {
                let standing = house.now(at);
                let state = self.paint(color(standing.state), standing.state.text());
                let (equity, required) = (dollars(standing.equity), dollars(standing.maintenance));
                let ratio = ratio_or(standing.ratio(), "–");
                lines.push(format!(
                    "  {:<14}{equity:>16}{required:>13}{ratio:>9}   {state}",
                    actor.name
                ));
            }
            lines.push(trading::line(house));
            lines.extend(collar::lines(house));
        }
        lines
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.color {
            return format!("\x1b[{code}m{text}\x1b[0m");
        }
        text.to_owned()
    }
}

fn color(state: State) -> &'static str {
    match state {
        State::Healthy => "32",
        State::ReduceOnly => "33",
        State::InLiquidation => "1;31",
        State::Flat | State::Closed => "2",
    }
}

/// A margin ratio with two decimals, or what to write where nothing is required.
pub fn ratio_or(ratio: Option<f64>, otherwise: &str) -> String {
    ratio.map_or_else(|| otherwise.to_owned(), |ratio| format!("{ratio:.2}"))
}

fn prices(path: &Path, step: usize) -> String {
    let one = |at: usize| {
        let (tick, start) = (path.steps[step][at], path.steps[0][at].price);
        let change = (tick.price - start) as f64 * 100.0 / start as f64;
        let far = tick.price.abs_diff(tick.average) * 10 > tick.average.unsigned_abs();
        let mark = if far { "*" } else { "" };
        let cents = (tick.price + 500_000) / 1_000_000;
        let price = format!("{}.{:02}", thousands(cents / 100), cents % 100);
        let change = format!("{change:+.1}").replace('-', "−");
        format!("{} {price} ({change} %){mark}", FALLS[at].asset)
    };
    let all: Vec<_> = (0..3).map(one).collect();
    let far = all.iter().any(|text| text.ends_with('*'));
    let note = if far {
        "   * over 10 % from its average: risk can only be reduced"
    } else {
        ""
    };
    format!("{}{note}", all.join("   "))
}

/// A liquidation in a line.
pub fn told_of(house: &House, seizure: &Seizure) -> String {
    let price = house.unit_price(seizure.market, seizure.value, seizure.lots);
    format!(
        "  step {:>3}  {:<10} {:<8} {:>8} lots at {price:>9.2}  penalty {:>7}  insurance {:>6}  ratio {} → {}  {} CU",
        seizure.step,
        house.actors[seizure.actor].name,
        house.market_name(seizure.market),
        thousands(seizure.lots),
        dollars(seizure.penalty),
        dollars(seizure.insurance),
        ratio_or(seizure.ratio[0], "–"),
        ratio_or(seizure.ratio[1], "closed"),
        seizure.units
    )
}
