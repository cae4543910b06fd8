//! The engine's checks alone, between two readings of the meter, on the instrumented program.

use crate::world::{Bytecode, LotValue, POSITIONS, exchange, open, trader, with_orders};
use anchor_lang::{prelude::AccountMeta, solana_program::instruction::Instruction};
use counterweight_probe::CHECK;
use counterweight_simnet::{Exchange, Trader};
use serde::{Deserialize, Serialize};

/// A check of an account, without the instruction around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Which accounts.
    pub name: String,
    /// Positions.
    pub positions: u16,
    /// Compute units of the maintenance check.
    pub maintenance: u64,
    /// Compute units of the initial check.
    pub initial: u64,
    /// Compute units of the initial check with resting orders on both sides of every position.
    pub initial_with_orders: u64,
}

/// Measures both lot values. Two positions share an asset.
pub fn all() -> Vec<Section> {
    let mut sections = Vec::new();
    for (value, name) in [
        (LotValue::Usual, "lots of 1.50 dollars (prices of 37 bits)"),
        (
            LotValue::Small,
            "lots of 0.00015 dollars (all factors fit 32 bits)",
        ),
    ] {
        let mut x = exchange(Bytecode::Probe, value);
        let maker = trader(&mut x, "maker", 100_000_000);
        let long = trader(&mut x, "long", 200_000);
        let mut opened = 0;
        for n in POSITIONS {
            open(&mut x, &long, &maker, opened, n, 1_000);
            opened = n;
            let [maintenance, initial] = check(&mut x, &long);
            let plain = x
                .chain
                .svm
                .get_account(&long.margin)
                .expect("margin account");
            with_orders(&mut x, &long, 100);
            let [_, initial_with_orders] = check(&mut x, &long);
            x.chain
                .svm
                .set_account(long.margin, plain)
                .expect("set account");
            sections.push(Section {
                name: name.into(),
                positions: n,
                maintenance,
                initial,
                initial_with_orders,
            });
        }
    }
    sections
}

/// Maintenance and initial check, without what reading the meter costs.
pub(crate) fn check(x: &mut Exchange, trader: &Trader) -> [u64; 2] {
    let instruction = Instruction {
        program_id: counterweight::ID,
        accounts: vec![
            AccountMeta::new_readonly(x.venue.risk_book, false),
            AccountMeta::new_readonly(trader.margin, false),
        ],
        data: CHECK.to_vec(),
    };
    let receipt = x.chain.simulate(&[instruction], &[]).expect("probe");
    let marks: Vec<u64> = receipt
        .logs
        .iter()
        .filter_map(|line| remaining(line))
        .collect();
    let [start, empty, maintained, done] = marks[..] else {
        panic!("four readings expected: {:?}", receipt.logs);
    };
    let reading = start - empty;
    [empty - maintained - reading, maintained - done - reading]
}

/// "Program consumption: 123 units remaining".
pub(crate) fn remaining(line: &str) -> Option<u64> {
    line.strip_prefix("Program consumption: ")?
        .strip_suffix(" units remaining")?
        .parse()
        .ok()
}
