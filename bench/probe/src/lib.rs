//! The program with instruments, for the benchmark: the same handlers behind an entrypoint that says
//! how much heap was used, and instructions of its own that measure single sections or break a limit
//! of the runtime on purpose. Never deployed.

/// Data of the instruction that measures the engine's checks of an account.
pub const CHECK: &[u8] = b"probe: check";
/// What the data of the instruction that prices an option begins with; [`OptionCase`] follows.
pub const OPTION: &[u8] = b"probe: option";
/// Data of the instruction that uses more stack than there is.
pub const STACK: &[u8] = b"probe: stack";
/// Data of the instruction that uses more heap than there is.
pub const HEAP: &[u8] = b"probe: heap";
/// An option and a smile that are evaluated between readings of the meter.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct OptionCase {
    /// A risk price.
    pub forward: u64,
    /// A risk price.
    pub strike: u64,
    /// Until expiry.
    pub seconds: u64,
    /// A ratio: volatility a year.
    pub volatility: u32,
    /// 1 for a put.
    pub put: u32,
    /// For its own reading: the volatility of the smile at the strike is not that of the option.
    pub smile: counterweight_risk::option::SviTerms,
    /// Zero.
    pub padding: u32,
}

/// Points at which an option is priced in one reading: as many as portfolio margin looks at.
pub const SCENARIOS: u64 = 16;

/// What stands before the number in the log line that says how much heap was used.
pub const HEAP_LABEL: &str = "heap used:";

#[cfg(target_os = "solana")]
mod options;

#[cfg(target_os = "solana")]
mod chain {
    use super::{CHECK, HEAP, HEAP_LABEL, OPTION, STACK, options};
    use anchor_lang::{
        prelude::*,
        solana_program::{
            entrypoint::{
                HEAP_LENGTH, HEAP_START_ADDRESS, ProgramResult, SUCCESS, custom_heap_default,
                custom_panic_default, deserialize,
            },
            log::sol_log,
            msg,
        },
    };
    use core::hint::black_box;
    use counterweight::state::{MarginAccount, MarginRef, RiskBook, RiskBookRef};
    use counterweight_risk::standard::{Gains, initial, maintenance};
    use solana_define_syscall::definitions::sol_log_compute_units_;

    custom_heap_default!();
    custom_panic_default!();

    /// # Safety
    /// Called by the runtime with its serialised input.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn entrypoint(input: *mut u8) -> u64 {
        // SAFETY: `input` is the runtime's.
        let (program_id, accounts, data) = unsafe { deserialize(input) };
        match process(program_id, &accounts, data) {
            Ok(()) => SUCCESS,
            Err(error) => error.into(),
        }
    }

    fn process<'a>(
        program_id: &'a Pubkey,
        accounts: &'a [AccountInfo<'a>],
        data: &'a [u8],
    ) -> ProgramResult {
        let outcome = match data {
            CHECK => check(accounts).map_err(Into::into),
            STACK => overflow_stack(accounts.len() as u64 + 1_000),
            HEAP => overflow_heap(),
            _ if data.starts_with(OPTION) => options::measure(&data[OPTION.len()..]),
            _ => counterweight::entry::process(program_id, accounts, data),
        };
        log_heap();
        outcome
    }

    /// The allocator never frees: how far its pointer has come down is the most that was ever used.
    fn log_heap() {
        // SAFETY: the allocator keeps its pointer in the first word of the heap; only read here.
        let pointer = unsafe { *(HEAP_START_ADDRESS as *const usize) };
        let end = HEAP_START_ADDRESS as usize + HEAP_LENGTH;
        let used = if pointer == 0 { 0 } else { end - pointer };
        msg!("{} {}", HEAP_LABEL, used);
    }

    /// The remaining units before, between and after the two checks of an account.
    fn check<'a>(accounts: &'a [AccountInfo<'a>]) -> Result<()> {
        let book = AccountLoader::<RiskBook>::try_from(&accounts[0])?;
        let margin = AccountLoader::<MarginAccount>::try_from(&accounts[1])?;
        let (book, margin) = (RiskBookRef::load(&book)?, MarginRef::load(&margin)?);
        let now = Clock::get()?.unix_timestamp;
        let (book, view) = (book.book(), margin.view());
        // SAFETY: logs, nothing else. The empty pair measures the logging itself.
        let mark = || unsafe { sol_log_compute_units_() };
        mark();
        mark();
        let maintained = maintenance(black_box(&book), black_box(&view), now);
        mark();
        let adding = initial(
            black_box(&book),
            black_box(&view),
            now,
            u32::MAX,
            Gains::Weighted,
        );
        mark();
        if black_box(maintained).is_err() || black_box(adding).is_err() {
            sol_log("a check failed");
            return Err(ProgramError::InvalidArgument.into());
        }
        Ok(())
    }

    /// Calls itself with half a kilobyte on the stack each time.
    #[inline(never)]
    fn overflow_stack(depth: u64) -> ProgramResult {
        let frame = black_box([depth; 64]);
        if depth > 0 {
            overflow_stack(depth - 1)?;
        }
        black_box(frame);
        Ok(())
    }

    /// Allocates a kilobyte at a time, and keeps it.
    fn overflow_heap() -> ProgramResult {
        for _ in 0..64 {
            core::mem::forget(black_box(vec![1u8; 1_024]));
        }
        Ok(())
    }
}
