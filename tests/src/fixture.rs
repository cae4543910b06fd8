//! Accounts as a program of an earlier layout wrote them: a chain put into a text file, and back.
//!
//! A line names an account, the lines behind it its bytes, rows of zeros left out. What the program of that time
//! said about the margin accounts stands in lines of its own.

use anchor_lang::prelude::Pubkey;
use counterweight_simnet::{Account, Chain};
use std::fmt::Write;

/// Bytes of a row.
const ROW: usize = 32;

/// A chain at a moment, as far as a clearinghouse on it needs it.
#[derive(Clone, Debug, Default)]
pub struct Fixture {
    /// Unix seconds.
    pub time: i64,
    /// Slot.
    pub slot: u64,
    /// Accounts, by address.
    pub accounts: Vec<(Pubkey, Account)>,
    /// What `margin_view` returned for margin accounts, byte for byte.
    pub views: Vec<(Pubkey, Vec<u8>)>,
}

impl Fixture {
    /// Everything on the chain that one of these programs owns.
    pub fn record(chain: &Chain, owners: &[Pubkey]) -> Self {
        let all = &chain.svm.accounts_db().inner;
        let mut accounts: Vec<_> = all
            .keys()
            .filter_map(|key| Some((*key, chain.svm.get_account(key)?)))
            .filter(|(_, account)| owners.contains(&account.owner) && !account.executable)
            .collect();
        accounts.sort_by_key(|(key, _)| *key);
        Self {
            time: chain.time(),
            slot: chain.slot(),
            accounts,
            views: Vec::new(),
        }
    }

    /// Puts the accounts on a chain and sets its clock.
    ///
    /// # Panics
    /// If the virtual machine refuses an account.
    pub fn restore(&self, chain: &mut Chain) {
        chain.set_moment(self.time, self.slot);
        for (key, account) in &self.accounts {
            chain
                .svm
                .set_account(*key, account.clone())
                .expect("set account");
        }
    }

    /// An account.
    ///
    /// # Panics
    /// If it was not recorded.
    pub fn account(&self, key: &Pubkey) -> &Account {
        let found = self.accounts.iter().find(|(at, _)| at == key);
        &found.unwrap_or_else(|| panic!("{key} was not recorded")).1
    }

    /// The text, under these lines of explanation.
    pub fn write(&self, explanation: &str) -> String {
        let mut text = String::new();
        for line in explanation.lines() {
            writeln!(text, "# {line}").expect("text");
        }
        writeln!(text, "time {}\nslot {}", self.time, self.slot).expect("text");
        for (key, view) in &self.views {
            writeln!(text, "view {key} {}", hex(view)).expect("text");
        }
        for (key, account) in &self.accounts {
            let (owner, lamports, length) = (account.owner, account.lamports, account.data.len());
            writeln!(text, "account {key} {owner} {lamports} {length}").expect("text");
            for (row, bytes) in account.data.chunks(ROW).enumerate() {
                if bytes.iter().any(|byte| *byte != 0) {
                    writeln!(text, "{} {}", row * ROW, hex(bytes)).expect("text");
                }
            }
        }
        text
    }

    /// Reads a text.
    ///
    /// # Panics
    /// If it was not written by [`Fixture::write`].
    pub fn read(text: &str) -> Self {
        let mut fixture = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            fixture
                .read_line(line)
                .unwrap_or_else(|| panic!("not a line of a fixture: {line}"));
        }
        fixture
    }

    fn read_line(&mut self, line: &str) -> Option<()> {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["time", time] => self.time = time.parse().ok()?,
            ["slot", slot] => self.slot = slot.parse().ok()?,
            ["view", key, view] => self.views.push((key.parse().ok()?, bytes(view)?)),
            ["account", key, owner, lamports, length] => {
                let account = Account {
                    lamports: lamports.parse().ok()?,
                    data: vec![0; length.parse().ok()?],
                    owner: owner.parse().ok()?,
                    executable: false,
                    rent_epoch: u64::MAX,
                };
                self.accounts.push((key.parse().ok()?, account));
            }
            [offset, row] => {
                let (offset, row): (usize, _) = (offset.parse().ok()?, bytes(row)?);
                let data = &mut self.accounts.last_mut()?.1.data;
                data.get_mut(offset..offset + row.len())?
                    .copy_from_slice(&row);
            }
            _ => return None,
        }
        Some(())
    }
}

/// Bytes as hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of hexadecimal digits.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    (0..text.len()).step_by(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixture_is_read_as_it_was_written() {
        let account = |data: Vec<u8>| Account {
            lamports: 7,
            data,
            owner: Pubkey::new_from_array([9; 32]),
            executable: false,
            rent_epoch: u64::MAX,
        };
        let mut sparse = vec![0; 100];
        (sparse[3], sparse[99]) = (0xab, 0x0f);
        let fixture = Fixture {
            time: 1_790_000_123,
            slot: 45,
            accounts: vec![
                (Pubkey::new_from_array([1; 32]), account(sparse)),
                (Pubkey::new_from_array([2; 32]), account(Vec::new())),
            ],
            views: vec![(Pubkey::new_from_array([1; 32]), vec![0, 1, 255])],
        };
        let read = Fixture::read(&fixture.write("two accounts\nof nobody"));
        assert_eq!((read.time, read.slot), (fixture.time, fixture.slot));
        assert_eq!(read.accounts, fixture.accounts);
        assert_eq!(read.views, fixture.views);
    }
}
