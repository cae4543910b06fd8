//! `idl [--check]`: writes the program's IDL to `idl/counterweight.json`, or with `--check` says
//! whether the file there is current.

use anchor_lang_idl::build::IdlBuilder;
use std::{path::PathBuf, process::ExitCode};

const HELP: &str = "usage: counterweight-xtask idl [--check]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["idl"] => write(false),
        ["idl", "--check"] => write(true),
        _ => Err(HELP.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn write(check: bool) -> Result<(), String> {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let path = root.join("idl/counterweight.json");
    // The builder starts a cargo of its own; rustup's variable would make it look for a toolchain by
    // an unformatted name.
    // SAFETY: no other thread runs yet.
    unsafe { std::env::remove_var("RUSTUP_TOOLCHAIN") };
    let idl = IdlBuilder::new()
        .program_path(root.join("programs/counterweight"))
        .cargo_args(vec!["--lib".into(), "--locked".into()])
        .build()
        .map_err(|error| format!("the IDL was not built: {error:#}"))?;
    let text = serde_json::to_string_pretty(&idl).map_err(|error| error.to_string())? + "\n";
    if check {
        let present = std::fs::read_to_string(&path).unwrap_or_default();
        if present != text {
            return Err(format!("{} is not current: run 'make idl'", path.display()));
        }
        println!("{} is current", path.display());
        return Ok(());
    }
    std::fs::create_dir_all(root.join("idl")).map_err(|error| error.to_string())?;
    std::fs::write(&path, text).map_err(|error| error.to_string())?;
    println!("wrote {}", path.display());
    Ok(())
}
