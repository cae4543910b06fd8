//! The binary refuses what it cannot run with, in sentences, and lets no key through.

use std::process::{Command, Output};

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> (Output, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_counterweight-keeper"));
    command.args(arguments).env_remove("COUNTERWEIGHT_CONFIG");
    for name in ["COUNTERWEIGHT_PAYER_KEY", "COUNTERWEIGHT_TRADER_KEY"] {
        command.env_remove(name);
    }
    let output = command
        .envs(variables.iter().copied())
        .output()
        .expect("the binary runs");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, text)
}

const ADDRESS: (&str, &str) = (
    "COUNTERWEIGHT_CLEARINGHOUSE__ADDRESS",
    "11111111111111111111111111111112",
);

#[test]
fn without_a_clearinghouse_or_a_key_it_says_what_is_missing() {
    let (output, text) = run(&["run"], &[]);
    assert!(
        !output.status.success() && text.contains("clearinghouse.address"),
        "{text}"
    );
    let (output, text) = run(&["run"], &[ADDRESS]);
    assert!(
        !output.status.success() && text.contains("keys.payer_file"),
        "{text}"
    );
}

#[test]
fn the_environment_goes_before_the_file_and_is_checked_too() {
    let (_, text) = run(
        &["run"],
        &[ADDRESS, ("COUNTERWEIGHT_SEND__MAX_IN_FLIGHT", "0")],
    );
    assert!(text.contains("send.max_in_flight is 0"), "{text}");
    let (_, text) = run(&["run"], &[ADDRESS, ("COUNTERWEIGHT_SEND_DRY_RUN", "true")]);
    assert!(text.contains("COUNTERWEIGHT_SEND__DRY_RUN"), "{text}");
    let (_, text) = run(&["run"], &[ADDRESS, ("COUNTERWEIGHT_SEND__DRYRUN", "true")]);
    assert!(text.contains("dryrun"), "{text}");
}

#[test]
fn a_key_that_is_none_is_not_repeated() {
    let secret = "[17, 34, 51, 68]";
    let (output, text) = run(&["run"], &[ADDRESS, ("COUNTERWEIGHT_PAYER_KEY", secret)]);
    assert!(
        !output.status.success() && text.contains("COUNTERWEIGHT_PAYER_KEY"),
        "{text}"
    );
    assert!(!text.contains("17, 34"), "{text}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let (output, text) = run(&["run", "--config", "no/such/keeper.toml"], &[]);
    assert!(
        !output.status.success() && text.contains("no/such/keeper.toml"),
        "{text}"
    );
}
