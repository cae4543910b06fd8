//! Lines for the log, put together by hand: formatting machinery would cost more than the path that
//! fails.

use anchor_lang::solana_program::log::sol_log;

/// A line that grows as it is written.
pub struct Line(String);

impl Line {
    /// An empty line, with room for so many bytes: the chain's allocator never frees, so that a line
    /// that has to move is paid for twice.
    pub fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes))
    }

    /// A line that begins like this.
    pub fn of(text: &str) -> Self {
        let mut line = Self::with_capacity(text.len() + 64);
        line.text(text);
        line
    }

    /// Appends text.
    pub fn text(&mut self, text: &str) {
        self.0.push_str(text);
    }

    /// Appends a number.
    pub fn number(&mut self, number: i128) {
        if number < 0 {
            self.text("-");
        }
        // All numbers come from 64-bit fields; a larger one would show as the largest.
        let mut rest = u64::try_from(number.unsigned_abs()).unwrap_or(u64::MAX);
        let mut digits = [0; 20];
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.text(core::str::from_utf8(&digits[at..]).unwrap_or("?"));
    }

    /// Appends `label=number`, after a space where something stands before it.
    pub fn pair(&mut self, label: &str, number: i128) {
        if !self.0.is_empty() {
            self.text(" ");
        }
        self.text(label);
        self.text("=");
        self.number(number);
    }

    /// Writes the line to the log, if there is anything on it.
    pub fn log(&self) {
        if !self.0.is_empty() {
            sol_log(&self.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_full() {
        let mut line = Line::with_capacity(8);
        line.pair("found", -12);
        line.pair("needed", u64::MAX.into());
        line.pair("zero", 0);
        assert_eq!(line.0, "found=-12 needed=18446744073709551615 zero=0");
    }
}
