//! Reading what TOML has no type for: addresses, feed ids, moments.

use anchor_lang::prelude::Pubkey;
use serde::{Deserialize, Deserializer, de::Error};
use toml::value::{Datetime, Offset};

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

/// A moment: unix seconds, or a date and time with its offset from UTC.
pub(crate) fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    let found = toml::Value::deserialize(from)?;
    let date = match &found {
        toml::Value::Integer(seconds) => return Ok(Some(*seconds)),
        toml::Value::Datetime(date) => Some(*date),
        toml::Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let seconds = date.and_then(unix_seconds).ok_or_else(|| {
        let found = date.map_or_else(|| found.to_string(), |date| date.to_string());
        D::Error::custom(format!(
            "{found} is no moment: unix seconds are needed, or a date such as 2027-03-26T08:00:00Z"
        ))
    })?;
    Ok(Some(seconds))
}

/// Days in 400 years of the Gregorian calendar, and in the years before 1970 from the March of year 0.
const ERA: i64 = 146_097;
const TO_1970: i64 = 719_468;

/// The unix seconds of a date with a time and an offset.
fn unix_seconds(date: Datetime) -> Option<i64> {
    let (day, time) = (date.date?, date.time?);
    let minutes = match date.offset? {
        Offset::Z => 0,
        Offset::Custom { minutes } => i64::from(minutes),
    };
    // Years begin in March, so that the leap day is their last.
    let (month, mut year) = (i64::from(day.month), i64::from(day.year));
    year -= i64::from(month <= 2);
    let in_year = (153 * ((month + 9) % 12) + 2) / 5 + i64::from(day.day) - 1;
    let leaps = year / 4 - year / 100 + year / 400;
    let days = year * 365 + leaps + in_year - TO_1970;
    let [hour, minute] = [time.hour, time.minute].map(i64::from);
    let in_day = (hour * 60 + minute - minutes) * 60 + i64::from(time.second);
    Some(days * 86_400 + in_day)
}

/// Unix seconds as a date and time in UTC; figures that no date has, as they are.
pub fn time_text(unix: i64) -> String {
    if !(0..1 << 40).contains(&unix) {
        return unix.to_string();
    }
    let days = unix / 86_400 + TO_1970;
    let (era, day) = (days / ERA, days % ERA);
    let of_era = (day - day / 1_460 + day / 36_524 - day / (ERA - 1)) / 365;
    let in_year = day - (365 * of_era + of_era / 4 - of_era / 100);
    let march = (5 * in_year + 2) / 153;
    let (date, month) = (in_year - (153 * march + 2) / 5 + 1, (march + 2) % 12 + 1);
    let year = era * 400 + of_era + i64::from(month <= 2);
    let (hour, minute, second) = (unix / 3_600 % 24, unix / 60 % 60, unix % 60);
    format!("{year}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}Z")
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
    fn a_moment_is_unix_seconds_or_a_date_with_its_offset() {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Line {
            #[serde(default, deserialize_with = "time")]
            expiry: Option<i64>,
        }
        let read = |value: &str| toml::from_str::<Line>(&format!("expiry = {value}"));
        for (value, seconds) in [
            ("1806048000", 1_806_048_000),
            ("2027-03-26T08:00:00Z", 1_806_048_000),
            ("2027-03-26 10:30:00+02:30", 1_806_048_000),
            ("2027-03-25T23:00:00-09:00", 1_806_048_000),
            ("\"2027-03-26T08:00:00Z\"", 1_806_048_000),
            ("2028-02-29T23:59:59Z", 1_835_481_599),
            ("2000-03-01T00:00:00Z", 951_868_800),
            ("1970-01-01T00:00:00Z", 0),
        ] {
            let found = read(value).unwrap_or_else(|why| panic!("{value}: {why}"));
            assert_eq!(found.expiry, Some(seconds), "{value}");
        }
        for value in [
            "2027-03-26",
            "2027-03-26T08:00:00",
            "\"soon\"",
            "1.5",
            "true",
        ] {
            let why = read(value).err().expect(value).to_string();
            assert!(why.contains("unix seconds are needed, or a date"), "{why}");
        }
        assert_eq!(read("0").map(|line| line.expiry).ok(), Some(Some(0)));
    }

    #[test]
    fn a_moment_is_written_as_it_is_read() {
        assert_eq!(time_text(1_806_048_000), "2027-03-26T08:00:00Z");
        assert_eq!(time_text(-1), "-1");
        // Every day of 400 years, at another second of the day each.
        for day in 0..ERA {
            let unix = day * 86_400 + day % 86_400;
            let text = time_text(unix);
            let date: Datetime = text.parse().expect("a date");
            assert_eq!(unix_seconds(date), Some(unix), "{text}");
        }
    }

    #[test]
    fn thousands_stand_apart() {
        let text = [0, 12, 999, 1_000, 250_000, 1_234_567].map(number);
        assert_eq!(text, ["0", "12", "999", "1,000", "250,000", "1,234,567"]);
        assert_eq!(number(u64::MAX), "18,446,744,073,709,551,615");
    }
}
