//! What a fuzzer has done: a run in which nothing happens proves nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::Path,
    time::{Duration, Instant},
};

/// Executions, operations, and how deep they went.
#[derive(Debug)]
pub struct Report {
    started: Instant,
    written: Instant,
    /// Inputs that were run, and those that ran to their end.
    inputs: [u64; 2],
    /// How often an operation of each kind succeeded and was refused.
    kinds: Vec<(&'static str, [u64; 2])>,
    /// Inputs that came to each of these states.
    states: BTreeMap<&'static str, u64>,
    seen: BTreeSet<&'static str>,
}

impl Default for Report {
    fn default() -> Self {
        let now = Instant::now();
        Self {
            started: now,
            written: now,
            inputs: [0; 2],
            kinds: Vec::new(),
            states: BTreeMap::new(),
            seen: BTreeSet::new(),
        }
    }
}

impl Report {
    /// An input begins.
    pub fn begin(&mut self) {
        self.inputs[0] += 1;
        self.seen.clear();
    }

    /// It has run to its end.
    pub fn end(&mut self) {
        self.inputs[1] += 1;
        for state in &self.seen {
            *self.states.entry(state).or_default() += 1;
        }
    }

    /// Counts an operation, the so-manieth of the kinds that there are.
    pub fn count(&mut self, kind: usize, name: &'static str, succeeded: bool) {
        if kind >= self.kinds.len() {
            self.kinds.resize(kind + 1, ("", [0; 2]));
        }
        self.kinds[kind].0 = name;
        self.kinds[kind].1[usize::from(!succeeded)] += 1;
    }

    /// The input has come to a state that is worth counting.
    pub fn reach(&mut self, state: &'static str) {
        self.seen.insert(state);
    }

    /// How often a kind has succeeded.
    pub fn succeeded(&self, name: &str) -> u64 {
        let mut kinds = self.kinds.iter();
        kinds
            .find(|kind| kind.0 == name)
            .map_or(0, |kind| kind.1[0])
    }

    /// How many inputs have come to a state.
    pub fn inputs_in(&self, state: &str) -> u64 {
        self.states.get(state).copied().unwrap_or(0)
    }

    /// The tables, to be read.
    pub fn text(&self, name: &str) -> String {
        let seconds = self.started.elapsed().as_secs();
        let [done, refused] = self.kinds.iter().fold([0, 0], |sum, (_, counts)| {
            [sum[0] + counts[0], sum[1] + counts[1]]
        });
        let mut text = format!(
            "{name}: {} inputs, {} operations, {done} of them succeeded, in {seconds} s\n",
            self.inputs[0],
            done + refused
        );
        let _ = writeln!(
            text,
            "{:<24}{:>12}{:>12}{:>8}",
            "operation", "succeeded", "refused", "share"
        );
        for (kind, [done, refused]) in self.kinds.iter().filter(|kind| !kind.0.is_empty()) {
            let share = done * 100 / (done + refused).max(1);
            let _ = writeln!(text, "{kind:<24}{done:>12}{refused:>12}{share:>6} %");
        }
        let _ = writeln!(
            text,
            "{:<48}{:>12}{:>8}",
            "inputs that came to", "", "share"
        );
        for (state, inputs) in &self.states {
            let share = inputs * 1_000 / self.inputs[0].max(1);
            let _ = writeln!(
                text,
                "{state:<48}{inputs:>12}{:>4}.{} %",
                share / 10,
                share % 10
            );
        }
        text
    }

    /// Writes the tables where `FUZZ_REPORT` says, every other second at most: a fuzzer ends without notice.
    pub fn write(&mut self, name: &str, now: bool) {
        if !now && self.written.elapsed() < Duration::from_secs(2) {
            return;
        }
        self.written = Instant::now();
        if let Some(path) = std::env::var_os("FUZZ_REPORT") {
            // Nothing depends on it but the summary.
            let _ = std::fs::write(Path::new(&path), self.text(name));
        }
    }
}
