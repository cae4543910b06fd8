//! Off the chain, Anchor (and with `tests/native/anchor` also the log) asks the stubs of
//! `solana-sysvar` 3.x for what a syscall would do, while `solana-program-test` puts its own into
//! 4.x. They are led over.

use anchor_lang::{
    prelude::{AccountInfo, Pubkey},
    solana_program::{entrypoint::ProgramResult, instruction::Instruction},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use solana_sysvar::program_stubs::{SyscallStubs, set_syscall_stubs};
use solana_sysvar_of_the_runtime::program_stubs as runtime;
use std::sync::Once;

/// Asks the stubs of the runtime.
struct Bridge(Box<dyn runtime::SyscallStubs>);

impl SyscallStubs for Bridge {
    fn sol_log(&self, message: &str) {
        self.0.sol_log(message);
    }
    /// The runtime's line stands behind the prefix of a text: `solana-program-test` knows no other.
    fn sol_log_data(&self, fields: &[&[u8]]) {
        let fields: Vec<String> = fields.iter().map(|f| BASE64_STANDARD.encode(f)).collect();
        let line = format!("Program data: {}", fields.join(" "));
        self.0.sol_log(&line);
    }
    fn sol_invoke_signed(
        &self,
        instruction: &Instruction,
        accounts: &[AccountInfo],
        seeds: &[&[&[u8]]],
    ) -> ProgramResult {
        self.0.sol_invoke_signed(instruction, accounts, seeds)
    }
    fn sol_get_sysvar(&self, id: *const u8, value: *mut u8, offset: u64, length: u64) -> u64 {
        self.0.sol_get_sysvar(id, value, offset, length)
    }
    fn sol_get_clock_sysvar(&self, value: *mut u8) -> u64 {
        self.0.sol_get_clock_sysvar(value)
    }
    fn sol_get_rent_sysvar(&self, value: *mut u8) -> u64 {
        self.0.sol_get_rent_sysvar(value)
    }
    fn sol_get_return_data(&self) -> Option<(Pubkey, Vec<u8>)> {
        self.0.sol_get_return_data()
    }
    fn sol_set_return_data(&self, data: &[u8]) {
        self.0.sol_set_return_data(data);
    }
    fn sol_get_stack_height(&self) -> u64 {
        self.0.sol_get_stack_height()
    }
}

/// What is left in the place of the runtime's stubs.
struct Nothing;
impl runtime::SyscallStubs for Nothing {}

/// Leads them over, once for the process. A chain must have been started before.
pub fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let stubs = runtime::set_syscall_stubs(Box::new(Nothing));
        set_syscall_stubs(Box::new(Bridge(stubs)));
    });
}
