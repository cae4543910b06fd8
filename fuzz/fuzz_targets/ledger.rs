//! The engine with a ledger in memory, guided by coverage of the engine.
#![no_main]

use counterweight_ledger::{Report, run};
use libfuzzer_sys::fuzz_target;
use std::{cell::RefCell, thread_local};

thread_local! {
    static REPORT: RefCell<Report> = RefCell::default();
}

fuzz_target!(|data: &[u8]| {
    REPORT.with_borrow_mut(|report| {
        let verdict = run(data, report);
        report.write("ledger", verdict.is_err());
        if let Err(what) = verdict {
            panic!("{what}");
        }
    });
});
