//! What only a local network does: it takes any account as it is given.

use anchor_lang::prelude::Pubkey;
use counterweight_link::{Link, LinkError};
use serde_json::json;

/// Lamports that keep any account of this network alive.
const RENT: u64 = 1_000_000_000;

/// Puts an account in place of what was there.
pub(crate) async fn set_account(
    link: &Link,
    key: &Pubkey,
    owner: &Pubkey,
    data: &[u8],
) -> Result<(), LinkError> {
    // With every field given, the network does not look for the account first.
    let account = json!({
        "lamports": RENT,
        "owner": owner.to_string(),
        "data": hex::encode(data),
        "executable": false,
        "rentEpoch": 0,
    });
    let params = json!([key.to_string(), account]);
    link.call("surfnet_setAccount", params).await.map(drop)
}

/// Sets what an account holds in lamports.
pub(crate) async fn set_lamports(
    link: &Link,
    key: &Pubkey,
    lamports: u64,
) -> Result<(), LinkError> {
    let params = json!([key.to_string(), {"lamports": lamports}]);
    link.call("surfnet_setAccount", params).await.map(drop)
}

/// Puts a program at its address, which `authority` may upgrade. A file that is no program is taken without a word,
/// and changes nothing.
pub(crate) async fn write_program(
    link: &Link,
    program: &Pubkey,
    elf: &[u8],
    authority: &Pubkey,
) -> Result<(), LinkError> {
    let params = json!([
        program.to_string(),
        hex::encode(elf),
        0,
        authority.to_string()
    ]);
    link.call("surfnet_writeProgram", params).await.map(drop)
}
