//! The option mathematics between readings of the meter.

use super::{OptionCase, SCENARIOS};
use anchor_lang::{prelude::ProgramError, solana_program::entrypoint::ProgramResult};
use core::hint::black_box;
use counterweight_risk::{
    Price, Ratio,
    option::{Moneyness, Pricer, Right, Tenor, black76},
};
use solana_define_syscall::definitions::{sol_log_64_, sol_log_compute_units_};

/// The remaining units before and after each evaluation, then what was found.
pub fn measure(data: &[u8]) -> ProgramResult {
    let case: OptionCase =
        bytemuck::try_pod_read_unaligned(data).map_err(|_| ProgramError::InvalidInstructionData)?;
    let case = black_box(case);
    let right = if case.put == 1 {
        Right::Put
    } else {
        Right::Call
    };
    let (forward, strike) = (Price(case.forward), Price(case.strike));
    let volatility = Ratio(case.volatility);
    // SAFETY: logs, nothing else. The empty pair measures the logging itself.
    let mark = || unsafe { sol_log_compute_units_() };
    mark();
    mark();
    let tenor = Tenor::new(black_box(case.seconds));
    let price = black_box(Pricer::new(right, strike, tenor).price(forward, volatility));
    mark();
    let greeks = black_box(black76(
        right,
        forward,
        strike,
        volatility,
        black_box(case.seconds),
    ));
    mark();
    let pricer = black_box(Pricer::new(right, strike, tenor));
    for scenario in 0..SCENARIOS {
        // From 5/8 of the forward up.
        let moved = Price((forward.0 >> 4).wrapping_mul(10 + scenario));
        black_box(pricer.price(moved, volatility));
    }
    mark();
    let log = Moneyness::of(forward, strike).log();
    let smile = black_box(case.smile.volatility(log, Ratio::ZERO, Ratio(u32::MAX)));
    mark();
    // SAFETY: logs, nothing else.
    unsafe {
        sol_log_64_(
            price.0,
            greeks.price.0,
            greeks.delta.0 as u64,
            greeks.gamma.0,
            u64::from(smile.0),
        );
        sol_log_64_(greeks.vega.0, greeks.theta as u64, 0, 0, 0);
    }
    Ok(())
}
