//! Integers as text, at the edge: what is drawn, and what a document says in whole units. Nothing here is a
//! float, and nothing is rounded up: a figure with fewer digits than it has is cut.

use anchor_lang::prelude::Pubkey;
use counterweight_risk::Price;
use serde::Serializer;

/// Most that a power of ten is raised to here: sizes of money have at most 12 decimals, prices twice that.
const MOST_DIGITS: u32 = 38;

fn power(exponent: u32) -> i128 {
    10i128
        .checked_pow(exponent.min(MOST_DIGITS))
        .unwrap_or(i128::MAX)
}

/// The digits of a number in groups of three.
fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `value / 10^decimals` with `shown` digits behind the point, thousands separated.
///
/// `decimal(-1_234_567_890, 6, 2)` is `-1,234.56`.
pub fn decimal(value: i128, decimals: u32, shown: u32) -> String {
    let cut = if shown <= decimals {
        value / power(decimals - shown)
    } else {
        value.saturating_mul(power(shown - decimals))
    };
    let (size, unit) = (cut.unsigned_abs(), power(shown).unsigned_abs());
    let sign = if cut < 0 { "-" } else { "" };
    let whole = grouped(size / unit);
    if shown == 0 {
        return format!("{sign}{whole}");
    }
    format!(
        "{sign}{whole}.{:0width$}",
        size % unit,
        width = shown as usize
    )
}

/// An amount in at most `width` characters: with two digits behind the point, or none, or in thousands (K),
/// millions (M), billions (B), trillions (T). Wider than asked for only where even that does not fit.
pub fn compact(value: i128, decimals: u32, width: usize) -> String {
    let plain = [2, 0].map(|shown| decimal(value, decimals, shown));
    if let Some(text) = plain.iter().find(|text| text.len() <= width) {
        return text.clone();
    }
    let [_, mut shortest] = plain;
    for (thousands, suffix) in [(1, 'K'), (2, 'M'), (3, 'B'), (4, 'T')] {
        let decimals = decimals + 3 * thousands;
        // A size of no millions says nothing.
        if value / power(decimals) == 0 {
            break;
        }
        for shown in [2, 1, 0] {
            shortest = decimal(value, decimals, shown);
            shortest.push(suffix);
            if shortest.len() <= width {
                return shortest;
            }
        }
    }
    shortest
}

/// Basis points as per cent with one digit: `-1_234` is `-12.3%`.
pub fn percent(bps: i64) -> String {
    format!("{}%", decimal(bps.into(), 2, 1))
}

/// Basis points as per cent with the sign of a rise as well: `1_234` is `+12.3%`.
pub fn signed_percent(bps: i64) -> String {
    let sign = if bps > 0 { "+" } else { "" };
    format!("{sign}{}", percent(bps))
}

/// Seconds as `42s`, `3m05s`, `2h10m` or `4d03h`; below zero as nothing.
pub fn age(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match () {
        () if minutes == 0 => format!("{seconds}s"),
        () if hours == 0 => format!("{minutes}m{:02}s", seconds % 60),
        () if days == 0 => format!("{hours}h{:02}m", minutes % 60),
        () => format!("{days}d{:02}h", hours % 24),
    }
}

/// A risk price as quote tokens a unit of its asset. A risk price is quote atoms a lot, and a lot is
/// 10^`lot_exponent` units.
pub fn price(price: Price, lot_exponent: i8, quote_decimals: u32, shown: u32) -> String {
    let exponent = i64::from(shown) - i64::from(quote_decimals) - i64::from(lot_exponent);
    let raw = i128::from(price.0);
    let size = u32::try_from(exponent.unsigned_abs()).unwrap_or(MOST_DIGITS);
    let scaled = if exponent >= 0 {
        raw.saturating_mul(power(size)) >> 16
    } else {
        (raw >> 16) / power(size)
    };
    decimal(scaled, shown, shown)
}

/// As [`price`], with as many digits as a price of its size needs.
pub fn short_price(of: Price, lot_exponent: i8, quote_decimals: u32) -> String {
    let whole = price(of, lot_exponent, quote_decimals, 0);
    let shown = match whole.len() {
        1 if whole == "0" => 6,
        1 => 4,
        _ => 2,
    };
    price(of, lot_exponent, quote_decimals, shown)
}

/// Lots as units of their asset, without zeros at the end.
pub fn units(lots: i128, lot_exponent: i8) -> String {
    let shown = u32::from(lot_exponent.unsigned_abs());
    if lot_exponent >= 0 {
        return decimal(lots.saturating_mul(power(shown)), 0, 0);
    }
    let text = decimal(lots, shown, shown);
    text.trim_end_matches('0').trim_end_matches('.').into()
}

/// The first and last four characters of an address.
pub fn short(key: &Pubkey) -> String {
    let text = key.to_string();
    format!("{}..{}", &text[..4], &text[text.len() - 4..])
}

/// A name out of an account, for people. What a terminal could take for a command becomes a question mark:
/// anybody may create a clearinghouse, and call its assets what they like.
pub fn name(bytes: &[u8]) -> String {
    let used = bytes.iter().take_while(|byte| **byte != 0);
    used.map(|byte| {
        if byte.is_ascii_graphic() || *byte == b' ' {
            char::from(*byte)
        } else {
            '?'
        }
    })
    .collect()
}

/// A text cut to so many characters.
pub fn cut(text: &str, width: usize) -> String {
    text.chars().take(width).collect()
}

/// A number as a decimal string: JavaScript and some other readers keep 53 bits of one that is not.
///
/// # Errors
/// Those of the serializer.
pub fn text<S: Serializer>(
    value: &impl core::fmt::Display,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// As [`text`]; null where there is none.
///
/// # Errors
/// Those of the serializer.
pub fn maybe_text<S: Serializer>(
    value: &Option<impl core::fmt::Display>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}

/// `part / whole` in basis points, rounded down; none without a whole.
pub fn share_bps(part: i128, whole: i128) -> Option<i64> {
    let share = part.checked_mul(10_000)?.checked_div_euclid(whole)?;
    Some(i64::try_from(share).unwrap_or(if share < 0 { i64::MIN } else { i64::MAX }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_cut_and_grouped() {
        assert_eq!(decimal(-1_234_567_890, 6, 2), "-1,234.56");
        assert_eq!(decimal(999, 6, 2), "0.00");
        assert_eq!(decimal(-999, 6, 2), "0.00");
        assert_eq!(decimal(1_000_000_000, 6, 0), "1,000");
        assert_eq!(decimal(5, 0, 2), "5.00");
        assert_eq!(decimal(i128::MAX, 0, 0).len(), 39 + 12);
    }

    #[test]
    fn an_amount_finds_the_form_that_fits() {
        let of = |dollars: i128, width| compact(dollars * 1_000_000, 6, width);
        assert_eq!(of(12_345, 9), "12,345.00");
        assert_eq!(of(12_345, 8), "12,345");
        assert_eq!(of(12_345, 5), "12.3K");
        assert_eq!(of(1_234_567, 6), "1,234K");
        assert_eq!(of(1_234_567, 5), "1.23M");
        assert_eq!(of(-1_234_567_890_123, 6), "-1.23T");
        // Nothing fits a column of two: the shortest there is.
        assert_eq!(of(-987_654_321, 2), "-987M");
    }

    #[test]
    fn prices_are_those_of_a_unit() {
        // 150 dollars a SOL, a lot of 0.01 SOL: 1,500,000 atoms a lot.
        assert_eq!(price(Price(1_500_000 << 16), -2, 6, 2), "150.00");
        assert_eq!(short_price(Price(1_500_000 << 16), -2, 6), "150.00");
        // 100,000 dollars a BTC, a lot of 0.00001 BTC.
        assert_eq!(short_price(Price(1_000_000 << 16), -5, 6), "100,000.00");
        // A lot of a million units at 0.000012 dollars.
        assert_eq!(short_price(Price(12_000_000 << 16), 6, 6), "0.000012");
        assert_eq!(price(Price(0), -2, 6, 2), "0.00");
    }

    #[test]
    fn lots_are_told_in_units() {
        assert_eq!(units(12_345, -2), "123.45");
        assert_eq!(units(-12_300, -2), "-123");
        assert_eq!(units(0, -5), "0");
        assert_eq!(units(3, 6), "3,000,000");
        assert_eq!(units(1_200, 0), "1,200");
    }

    #[test]
    fn times_and_shares_read_at_a_glance() {
        assert_eq!(
            [-5, 0, 59, 60, 3_599, 3_600, 86_399, 90_000].map(age),
            [
                "0s", "0s", "59s", "1m00s", "59m59s", "1h00m", "23h59m", "1d01h"
            ]
        );
        let percents = [
            percent(-1_234),
            percent(5),
            signed_percent(1_000),
            signed_percent(0),
        ];
        assert_eq!(percents, ["-12.3%", "0.0%", "+10.0%", "0.0%"]);
        assert_eq!(share_bps(1, 3), Some(3_333));
        assert_eq!(share_bps(-1, 3), Some(-3_334));
        assert_eq!(share_bps(1, 0), None);
        assert_eq!(share_bps(i128::from(i64::MAX), 1), Some(i64::MAX));
    }

    #[test]
    fn names_command_no_terminal() {
        assert_eq!(name(b"SOL-PERP\0\0\0\0\0\0\0\0"), "SOL-PERP");
        assert_eq!(name(b"\x1b[2Jclear\xff\0\0\0\0\0\0\0"), "?[2Jclear?");
        assert_eq!(name(&[0; 16]), "");
    }
}
