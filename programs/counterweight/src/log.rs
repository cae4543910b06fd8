//! A line of labelled numbers for the log, written on the stack: formatting machinery would cost
//! more than the path that fails.

use anchor_lang::solana_program::log::sol_log;

const CAPACITY: usize = 160;

/// Collects `label=number` pairs; what does not fit is left out.
pub struct NumberLine {
    bytes: [u8; CAPACITY],
    length: usize,
}

impl Default for NumberLine {
    fn default() -> Self {
        Self {
            bytes: [0; CAPACITY],
            length: 0,
        }
    }
}

impl NumberLine {
    /// Appends a pair.
    pub fn push(&mut self, label: &str, number: i128) {
        if self.length > 0 {
            self.append(b" ");
        }
        self.append(label.as_bytes());
        self.append(b"=");
        if number < 0 {
            self.append(b"-");
        }
        // All numbers come from 64-bit fields; a larger one would show as the largest.
        self.append_digits(u64::try_from(number.unsigned_abs()).unwrap_or(u64::MAX));
    }

    /// Writes the line to the log, if there is anything on it.
    pub fn log(&self) {
        if let (true, Ok(text)) = (self.length > 0, core::str::from_utf8(self.text())) {
            sol_log(text);
        }
    }

    fn text(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    fn append(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        if end <= CAPACITY {
            self.bytes[self.length..end].copy_from_slice(bytes);
            self.length = end;
        }
    }

    fn append_digits(&mut self, mut number: u64) {
        let mut digits = [0; 20];
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] = b'0' + u8::try_from(number % 10).unwrap_or(0);
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.append(&digits[at..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_full() {
        let mut line = NumberLine::default();
        line.push("found", -12);
        line.push("needed", u64::MAX.into());
        line.push("zero", 0);
        assert_eq!(line.text(), b"found=-12 needed=18446744073709551615 zero=0");
    }

    #[test]
    fn a_line_that_is_full_is_cut_at_a_pair() {
        let mut line = NumberLine::default();
        for _ in 0..20 {
            line.push("a rather long label", 7);
        }
        assert!(line.text().len() <= CAPACITY);
    }
}
