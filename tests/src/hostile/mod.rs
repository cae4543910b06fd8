//! Hostile calls: every instruction of the IDL with every account in turn replaced by one that does
//! not belong there.
//!
//! The IDL says which instructions there are and which accounts each has; [`recipes`] says how a
//! valid call of each is made, [`world`] has the accounts, [`substitutions`] makes the replacements.

pub mod allowed;
pub mod defaults;
pub mod population;
pub mod recipes;
pub mod substitutions;
pub mod world;

use serde_json::Value;

/// An account of an instruction, as the IDL describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdlAccount {
    /// Its name.
    pub name: String,
    /// Whether the instruction may change it.
    pub writable: bool,
    /// Whether it must sign.
    pub signer: bool,
}

/// An instruction, as the IDL describes it.
#[derive(Clone, Debug)]
pub struct IdlInstruction {
    /// Its name.
    pub name: String,
    /// What its data starts with.
    pub discriminator: Vec<u8>,
    /// Its named accounts, in order.
    pub accounts: Vec<IdlAccount>,
}

/// The instructions of the program's IDL.
///
/// # Panics
/// If the file in the repository is not an IDL, or describes accounts in a way this does not know.
pub fn idl() -> Vec<IdlInstruction> {
    let text = include_str!("../../../idl/counterweight.json");
    let idl: Value = serde_json::from_str(text).expect("the IDL is JSON");
    list(&idl["instructions"])
        .iter()
        .map(|instruction| IdlInstruction {
            name: name(instruction),
            discriminator: list(&instruction["discriminator"])
                .iter()
                .map(|byte| byte.as_u64().expect("a byte") as u8)
                .collect(),
            accounts: list(&instruction["accounts"]).iter().map(account).collect(),
        })
        .collect()
}

fn account(value: &Value) -> IdlAccount {
    let flag = |key: &str| value[key].as_bool().unwrap_or(false);
    assert!(
        value.get("accounts").is_none() && !flag("optional"),
        "`{}`: groups of accounts and optional accounts are not covered yet",
        name(value)
    );
    IdlAccount {
        name: name(value),
        writable: flag("writable"),
        signer: flag("signer"),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn name(value: &Value) -> String {
    value["name"].as_str().expect("a name").to_owned()
}
