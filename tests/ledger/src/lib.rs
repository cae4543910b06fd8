//! A clearinghouse in memory: the risk engine with a ledger around it, as the program wires them, and
//! everything that must hold of it after every operation. No chain, no tokens, no signatures.
//!
//! [`run`] takes any bytes: the first say how the clearinghouse is set up, six each are an operation.
//! `fuzz/fuzz_targets/ledger.rs` calls it with what a fuzzer makes up, the test of this package with the
//! corpus that is kept in `fuzz/corpus/ledger`.
#![deny(missing_docs)]
#![allow(
    // Sizes here are far below every bound, and violations are to be loud.
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss
)]

mod book;
mod check;
mod default;
mod ledger;
mod liquidate;
mod money;
mod naive;
mod operate;
pub mod report;
mod rules;
mod scan;
mod setup;
mod shadow;
mod trade;

pub use report::Report;

/// Bytes that set a clearinghouse up.
pub const HEADER: usize = 4;
/// Bytes of an operation.
pub const RECORD: usize = 6;
/// Operations of an input; what is beyond is ignored.
pub const MOST: usize = 400;
/// Operations that a violation prints.
const LOG: usize = 12;

type Log = std::collections::VecDeque<(operate::Record, ledger::Outcome<operate::Deed>)>;

/// Runs an input, counts what it did, and stops at the first promise that is broken.
///
/// # Errors
/// The promise, and the operations that led there.
pub fn run(data: &[u8], report: &mut Report) -> Result<(), String> {
    let Some((header, tape)) = data.split_at_checked(HEADER) else {
        return Ok(());
    };
    let mut ledger = setup::open(header);
    let mut shadow = shadow::Shadow::new(&ledger);
    let mut log = Log::new();
    report.begin();
    for record in tape.chunks_exact(RECORD).take(MOST) {
        let record = operate::Record::of(record);
        step(&mut ledger, &mut shadow, &record, report, &mut log).map_err(|what| {
            let log = log.iter().map(|step| format!("\n{step:?}"));
            format!("{what}{}", log.collect::<String>())
        })?;
    }
    report.end();
    Ok(())
}

/// One operation: on a copy, which stands if it was not refused.
fn step(
    ledger: &mut ledger::Ledger,
    shadow: &mut shadow::Shadow,
    record: &operate::Record,
    report: &mut Report,
    log: &mut Log,
) -> Result<(), String> {
    let mut after = ledger.clone();
    let (kind, outcome) = operate::operate(&mut after, record);
    report.count(kind as usize, kind.name(), outcome.is_ok());
    if log.len() == LOG {
        log.pop_front();
    }
    let verdict = match &outcome {
        Ok(deed) => {
            let verdict = check::check(ledger, &after, deed, shadow);
            deed.reaches(ledger, &after, report);
            *ledger = after;
            verdict.map_err(|what| format!("after {kind:?}: {what}"))
        }
        // A second line behind the engine's own reasoning, which nothing must ever reach.
        Err(ledger::Refusal::Rule(ledger::HARM)) => {
            Err(format!("the engine chose a step that harms: {kind:?}"))
        }
        Err(_) => Ok(()),
    };
    log.push_back((*record, outcome));
    verdict
}
