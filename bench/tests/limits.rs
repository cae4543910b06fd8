//! The harness notices what an on-chain program dies of: too much stack, too much heap.

use anchor_lang::solana_program::instruction::Instruction;
use counterweight_probe::{HEAP, STACK};
use counterweight_simnet::{Chain, Failure, Start};
use std::path::Path;

/// Runs an instruction of the instrumented program that is built to fail.
fn broken(data: &[u8]) -> Box<Failure> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../target/deploy/counterweight_probe.so"
    );
    let mut chain = Chain::with_program(Path::new(path), Start::default());
    let instruction = Instruction {
        program_id: counterweight::ID,
        accounts: Vec::new(),
        data: data.to_vec(),
    };
    chain
        .send(&[instruction], &[])
        .expect_err("the limit was not noticed")
}

#[test]
fn an_instruction_that_uses_more_stack_than_there_is_fails() {
    let failure = broken(STACK);
    assert_eq!(
        failure.code, None,
        "not a refusal of the program: {failure}"
    );
    let log = failure.to_string();
    assert!(
        log.contains("depth") || log.contains("Access violation"),
        "{log}"
    );
}

#[test]
fn an_instruction_that_uses_more_heap_than_there_is_fails() {
    let failure = broken(HEAP);
    assert_eq!(
        failure.code, None,
        "not a refusal of the program: {failure}"
    );
    let log = failure.to_string();
    assert!(log.contains("out of heap memory"), "{log}");
}
