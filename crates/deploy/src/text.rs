//! Reading what TOML has no type for: addresses and feed ids.

use anchor_lang::prelude::Pubkey;
use serde::{Deserialize, Deserializer, de::Error};

/// An address in base 58.
pub(crate) fn key<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Pubkey>, D::Error> {
    let text = String::deserialize(from)?;
    let found = text.parse().map_err(|_| {
        let length = text.len();
        D::Error::custom(format!(
            "\"{text}\" ({length} characters) is no address: 32 bytes in base 58 are needed"
        ))
    })?;
    Ok(Some(found))
}

/// A feed id: 32 bytes as 64 hexadecimal digits, with or without `0x`.
pub(crate) fn feed<'de, D: Deserializer<'de>>(from: D) -> Result<Option<[u8; 32]>, D::Error> {
    let text = String::deserialize(from)?;
    feed_id(&text).map(Some).map_err(D::Error::custom)
}

/// The bytes of a feed id.
///
/// # Errors
/// A sentence that says what was found.
pub fn feed_id(text: &str) -> Result<[u8; 32], String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let wrong = || {
        let length = digits.len();
        format!("\"{text}\" ({length} digits) is no feed id: 64 hexadecimal digits are needed")
    };
    if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    let mut id = [0; 32];
    for (at, byte) in id.iter_mut().enumerate() {
        let pair = &digits[2 * at..2 * at + 2];
        *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
    }
    Ok(id)
}

/// A feed id as people write it.
pub fn feed_text(id: &[u8; 32]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A name padded with zeros to 16 bytes; what is longer is cut.
pub fn name16(name: &str) -> [u8; 16] {
    let mut bytes = [0; 16];
    let length = name.len().min(16);
    bytes[..length].copy_from_slice(&name.as_bytes()[..length]);
    bytes
}

/// A name as the chain stores it, without its padding.
pub fn name_of(bytes: &[u8; 16]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0);
    String::from_utf8_lossy(&bytes[..end.unwrap_or(16)]).into_owned()
}

/// A whole number with its thousands apart, as the documents write them.
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_id_is_64_digits_with_or_without_a_prefix() {
        let text = "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d";
        let id = feed_id(text).expect("a feed id");
        assert_eq!((id[0], id[31]), (0xef, 0x6d));
        assert_eq!(feed_id(&format!("0x{text}")), Ok(id));
        assert_eq!(feed_text(&id), text);
        for wrong in ["", "ef0d", &text.replace('e', "g"), &"é".repeat(32)] {
            let why = feed_id(wrong).expect_err("no feed id");
            assert!(why.contains("64 hexadecimal digits are needed"), "{why}");
        }
    }

    #[test]
    fn names_are_padded_and_read_back() {
        assert_eq!(name_of(&name16("SOL-PERP")), "SOL-PERP");
        assert_eq!(name_of(&name16("exactly 16 bytes")), "exactly 16 bytes");
    }

    #[test]
    fn thousands_stand_apart() {
        let text = [0, 12, 999, 1_000, 250_000, 1_234_567].map(number);
        assert_eq!(text, ["0", "12", "999", "1,000", "250,000", "1,234,567"]);
        assert_eq!(number(u64::MAX), "18,446,744,073,709,551,615");
    }
}
