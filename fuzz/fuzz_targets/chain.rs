//! The program's bytecode on an embedded chain. The bytecode has no coverage that the host could count:
//! libFuzzer is told by hand what each transaction came to, after which other.
#![no_main]

use counterweight_ledger::Report;
use counterweight_tests::fuzz::Arena;
use libfuzzer_sys::fuzz_target;
use std::{
    cell::RefCell,
    sync::atomic::{AtomicU8, Ordering::Relaxed},
    thread_local,
};

/// What there is room for: a number that is told is one of these.
const COUNTERS: usize = 1 << 16;

// SAFETY: libFuzzer reads this section as counters of one byte and sets them to zero before each input; an
// `AtomicU8` is one byte at the same place. It does both on the thread that runs the inputs.
#[unsafe(link_section = "__libfuzzer_extra_counters")]
static TOLD: [AtomicU8; COUNTERS] = [const { AtomicU8::new(0) }; COUNTERS];

thread_local! {
    static STATE: RefCell<(Arena, Report)> = RefCell::default();
}

fuzz_target!(|data: &[u8]| {
    STATE.with_borrow_mut(|(arena, report)| {
        let verdict = arena.run(data, report, &mut |feature| {
            let counter = &TOLD[(feature % COUNTERS as u64) as usize];
            // One for whether it happened at all: how often would be noise.
            counter.store(1, Relaxed);
        });
        report.write("chain", verdict.is_err());
        if let Err(what) = verdict {
            panic!("{what}");
        }
    });
});
