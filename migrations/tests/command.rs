//! The command itself: what it says, and with which exit code.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// An address at which nothing listens.
const NOWHERE: &str = "http://127.0.0.1:9";

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_counterweight-migrate"))
        .args(arguments)
        .env_remove("COUNTERWEIGHT_KEYPAIR")
        .env_remove("COUNTERWEIGHT_URL")
        .output()
        .expect("the command runs")
}

#[track_caller]
fn fails(arguments: &[&str], sentence: &str) {
    let output = run(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(sentence), "{said}");
    assert!(output.stdout.is_empty());
}

/// A file of this test in the folder that cargo gives it.
fn write(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).expect("a file");
    path
}

const SOMEBODY: &str = "JyFC2iDV7T8k8sLRyvJ7e1Wvp3bRHdbRpDLohTzEekL";

#[test]
fn what_cannot_be_found_out_is_exit_code_1_with_a_sentence() {
    fails(&["plan", "no such file.toml"], "no such file.toml: ");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/devnet.toml");
    fails(
        &["plan", file],
        "--keypair, --authority, or creator in the file",
    );
    fails(&["apply", file], "--keypair, or COUNTERWEIGHT_KEYPAIR");
    fails(&["upgrade", file, "--keypair", file], "is no key");
    let line = ["plan", file, "--authority", SOMEBODY, "--url", NOWHERE];
    fails(&line, "the cluster does not answer");
    let broken = write("broken.toml", "max_depeg_bps = \"much\"\n");
    let broken = broken.to_str().expect("a path");
    fails(&["verify", broken], "line 1, column");
}

#[test]
fn it_explains_itself() {
    let help = run(&["--help"]);
    assert!(help.status.success());
    let said = String::from_utf8_lossy(&help.stdout);
    for command in ["plan", "apply", "verify", "upgrade"] {
        assert!(said.contains(command), "{said}");
    }
    // A wrong call is no difference.
    assert_eq!(run(&["plan"]).status.code(), Some(1));
    assert_eq!(run(&["plan", "a file", "--no-such"]).status.code(), Some(1));
}
