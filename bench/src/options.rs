//! What an option costs to price, between readings of the meter on the instrumented program, and that
//! the bytecode finds what the native code does.

use crate::world::Bytecode;
use anchor_lang::solana_program::instruction::Instruction;
use counterweight_probe::{OPTION, OptionCase, SCENARIOS};
use counterweight_risk::{
    Price, Ratio,
    option::{Moneyness, Pricer, Right, SviTerms, Tenor, black76},
};
use counterweight_simnet::{Chain, Start};
use serde::{Deserialize, Serialize};

/// What evaluations of one option cost, or of the costliest of many.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionCost {
    /// Which option.
    pub name: String,
    /// Compute units of its price alone.
    pub price: u64,
    /// Compute units of its price with all greeks.
    pub greeks: u64,
    /// Compute units of each of 16 prices that share a time to expiry.
    pub scenario: u64,
    /// Compute units of the volatility that a smile has at its strike.
    pub smile: u64,
}

const DAY: u64 = 86_400;
/// 100,000 dollars for a lot of a hundredth.
const FORWARD: u64 = 1_000_000_000 << 16;
const SMILE: SviTerms = SviTerms {
    a: (1 << 26) / 10,
    b: 1 << 22,
    rho: -3 * ((1 << 30) / 10),
    m: (1 << 28) / 50,
    sigma: (1 << 28) / 16,
};

/// An option by its strike in per cent of the forward, its volatility in per cent and its time.
fn case(strike: u64, volatility: u32, seconds: u64, put: bool) -> OptionCase {
    OptionCase {
        forward: FORWARD,
        strike: FORWARD / 100 * strike,
        seconds,
        volatility: (volatility << 20) / 100,
        put: u32::from(put),
        smile: SMILE,
        padding: 0,
    }
}

/// A few options that are usual, and the costliest of a grid.
pub fn all() -> Vec<OptionCost> {
    let mut chain = Chain::with_program(&Bytecode::Probe.path(), Start::default());
    let mut costs: Vec<OptionCost> = [
        ("at the money, a month", case(100, 60, 30 * DAY, false)),
        ("call in the money, a month", case(80, 60, 30 * DAY, false)),
        (
            "call out of the money, a month",
            case(125, 60, 30 * DAY, false),
        ),
        (
            "put out of the money, a month",
            case(80, 60, 30 * DAY, true),
        ),
        ("at the money, a minute", case(100, 60, 60, false)),
        (
            "eight forwards, two years",
            case(800, 500, 730 * DAY, false),
        ),
    ]
    .map(|(name, case)| measure(&mut chain, name, &case))
    .into();
    costs.push(costliest(&mut chain));
    costs
}

/// The most that each evaluation costs over strikes of 0.13 to 8 forwards, 5 % to 500 %, a minute to two
/// years, and prices up to the largest.
fn costliest(chain: &mut Chain) -> OptionCost {
    let mut most = OptionCost::default();
    let mut count = 0;
    for strike in [13, 25, 50, 79, 95, 99, 100, 101, 105, 126, 200, 400, 800] {
        for volatility in [5, 10, 20, 40, 80, 160, 300, 500] {
            for seconds in [60, 3_600, DAY, 30 * DAY, 730 * DAY] {
                for forward in [FORWARD, 1 << 56] {
                    let case = OptionCase {
                        forward,
                        strike: forward / 100 * strike,
                        ..case(strike, volatility, seconds, count % 2 == 0)
                    };
                    let cost = measure(chain, "", &case);
                    most.price = most.price.max(cost.price);
                    most.greeks = most.greeks.max(cost.greeks);
                    most.scenario = most.scenario.max(cost.scenario);
                    most.smile = most.smile.max(cost.smile);
                    count += 1;
                }
            }
        }
    }
    most.name =
        format!("the most of {count}: 0.13 to 8 forwards, 5 % to 500 %, a minute to two years");
    most
}

fn measure(chain: &mut Chain, name: &str, case: &OptionCase) -> OptionCost {
    let instruction = Instruction {
        program_id: counterweight::ID,
        accounts: vec![],
        data: [OPTION, bytemuck::bytes_of(case)].concat(),
    };
    let receipt = chain.simulate(&[instruction], &[]).expect("probe");
    let marks: Vec<u64> = receipt
        .logs
        .iter()
        .filter_map(|line| crate::sections::remaining(line))
        .collect();
    let [start, empty, price, greeks, scenarios, smile] = marks[..] else {
        panic!("six readings expected: {:?}", receipt.logs);
    };
    let found: Vec<u64> = receipt
        .logs
        .iter()
        .filter_map(|l| words(l))
        .flatten()
        .collect();
    assert_eq!(found, native(case), "the bytecode differs from native code");
    let reading = start - empty;
    OptionCost {
        name: name.into(),
        price: empty - price - reading,
        greeks: price - greeks - reading,
        scenario: (greeks - scenarios - reading).div_ceil(SCENARIOS),
        smile: scenarios - smile - reading,
    }
}

/// "Program log: 0x1, 0x2, 0x3, 0x4, 0x5".
fn words(line: &str) -> Option<Vec<u64>> {
    line.strip_prefix("Program log: ")?
        .split(", ")
        .map(|word| u64::from_str_radix(word.strip_prefix("0x")?, 16).ok())
        .collect()
}

/// What the probe logs, computed here.
fn native(case: &OptionCase) -> Vec<u64> {
    let right = if case.put == 1 {
        Right::Put
    } else {
        Right::Call
    };
    let (forward, strike) = (Price(case.forward), Price(case.strike));
    let volatility = Ratio(case.volatility);
    let pricer = Pricer::new(right, strike, Tenor::new(case.seconds));
    let greeks = black76(right, forward, strike, volatility, case.seconds);
    let log = Moneyness::of(forward, strike).log();
    let smile = case.smile.volatility(log, Ratio::ZERO, Ratio(u32::MAX));
    vec![
        pricer.price(forward, volatility).0,
        greeks.price.0,
        greeks.delta.0.cast_unsigned(),
        greeks.gamma.0,
        smile.0.into(),
        greeks.vega.0,
        greeks.theta.cast_unsigned(),
        0,
        0,
        0,
    ]
}
