//! Figures as people write them, as whole numbers of the smallest unit: exactly, or not at all.

/// A figure without sign or exponent, in units of 10^-`decimals`.
///
/// # Errors
/// A sentence that quotes the text.
pub(crate) fn units(text: &str, decimals: u8) -> Result<u64, String> {
    let wrong = || format!("\"{text}\" is no figure such as 149.25");
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Err(wrong());
    }
    let places = usize::from(decimals);
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > places {
        return Err(format!("\"{text}\" has more than {decimals} decimals"));
    }
    let much = |_| format!("\"{text}\" is too much");
    format!("{whole}{fraction:0<places$}").parse().map_err(much)
}

/// Units of 10^-`decimals` as a figure, without zeros at its end.
pub(crate) fn figure(units: u64, decimals: u8) -> String {
    let places = usize::from(decimals);
    let digits = format!("{units:0>width$}", width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_exact() {
        assert_eq!(units("0.00000001", 8), Ok(1));
        assert_eq!(units("100000", 8), Ok(10_000_000_000_000));
        assert_eq!(units("149.25", 2), Ok(14_925));
        assert_eq!(
            units("149.250", 2),
            Ok(14_925),
            "zeros at the end say nothing"
        );
        assert_eq!(units("7", 0), Ok(7));
        for wrong in ["", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", " 1", "0x1"] {
            assert!(units(wrong, 8).is_err(), "{wrong:?}");
        }
        assert!(
            units("1.123", 2)
                .unwrap_err()
                .contains("more than 2 decimals")
        );
        assert!(
            units("99999999999999999999", 0)
                .unwrap_err()
                .contains("too much")
        );
    }

    #[test]
    fn a_figure_is_read_back() {
        for number in [0, 1, 99, 100, 14_925, u64::MAX] {
            for decimals in [0, 2, 8] {
                assert_eq!(units(&figure(number, decimals), decimals), Ok(number));
            }
        }
        assert_eq!(figure(14_920, 2), "149.2");
        assert_eq!(figure(5, 8), "0.00000005");
    }
}
