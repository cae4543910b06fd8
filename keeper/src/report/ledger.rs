//! Everything that is added up for the comparisons, in one pass over the accounts.

use super::reading::Reading;
use crate::monitor::figures::{name, text};
use anchor_lang::{Discriminator, prelude::Pubkey};
use counterweight_risk::{Asset, Market as Row, Position, orders::Side, position::owed_since};
use counterweight_sdk::{
    PROGRAM_ID,
    accounts::{self, DecodeError, Margin, OrderBook, RiskTables},
    pda,
    program::{
        book::queue::FILLED,
        state::{
            CLEARINGHOUSE_SEED, CUSTODY_SEED, Clearinghouse, Custody, MARGIN_SEED, MARKET_SEED,
            MarginAccount, Market, RISK_BOOK_SEED, RiskBook, TRIGGERS_SEED, Triggers,
        },
    },
};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// The lines of the quote ledger, in quote atoms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ledger {
    /// Quote tokens that came in and did not leave.
    #[serde(serialize_with = "text")]
    pub recorded: i128,
    /// Σ cash.
    #[serde(serialize_with = "text")]
    pub cash: i128,
    /// Σ position quote: minus what open lots have cost.
    #[serde(serialize_with = "text")]
    pub positions: i128,
    /// What makers receive for fills that wait.
    #[serde(serialize_with = "text")]
    pub queued: i128,
    /// Fees in markets and clearinghouse.
    #[serde(serialize_with = "text")]
    pub fees: i128,
    /// Insurance in markets and clearinghouse, and interest that was not swept.
    #[serde(serialize_with = "text")]
    pub insurance: i128,
    /// Roundings in markets and clearinghouse.
    #[serde(serialize_with = "text")]
    pub residue: i128,
    /// What positions and fills owe by index and have not been charged: it is in no line yet.
    #[serde(serialize_with = "text")]
    pub owed: i128,
}

impl Ledger {
    /// Everything that is owed to somebody.
    pub const fn claims(&self) -> i128 {
        self.cash + self.positions + self.queued + self.fees + self.insurance + self.residue
    }
}

/// What is added up.
pub(super) struct Sheet {
    pub house: Option<Clearinghouse>,
    /// Rows of the risk book; none where it was not read.
    pub assets: Vec<Asset>,
    /// Rows of the risk book; none where it was not read.
    pub rows: Vec<Row>,
    /// What the risk book notes of all debts.
    pub noted: u64,
    pub markets: BTreeMap<u16, OrderBook>,
    pub custodies: BTreeMap<u16, Custody>,
    /// Token atoms in accounts, by asset.
    pub balances: BTreeMap<u16, i128>,
    /// Lots long and short in accounts, by market.
    pub lots: BTreeMap<u16, [i128; 2]>,
    /// Debts as accounts were counted with.
    pub counted: i128,
    /// Accounts whose positions or balances are not in order.
    pub malformed: usize,
    /// Accounts that were not understood, in words.
    pub foreign: Vec<String>,
    margins: HashMap<Pubkey, Margin>,
    sums: Ledger,
}

/// An account's address by the seeds that its header names.
fn belongs(key: &Pubkey, seeds: &[&[u8]], bump: u8) -> bool {
    let bump = [bump];
    let seeds: Vec<&[u8]> = seeds.iter().copied().chain([bump.as_slice()]).collect();
    Pubkey::create_program_address(&seeds, &PROGRAM_ID).is_ok_and(|found| found == *key)
}

/// An account of a clearinghouse, decoded.
enum Account {
    House(Clearinghouse),
    Book(RiskTables),
    Market(OrderBook),
    Custody(Custody),
    Margin(Margin),
    Other,
}

/// Decodes an account and checks that it is where its header says.
fn decode(key: &Pubkey, data: &[u8]) -> Result<(Pubkey, Account), String> {
    let kind = data.get(..8).unwrap_or_default();
    let told = |error: DecodeError| error.to_string();
    let (clearinghouse, account, here) = if kind == MarginAccount::DISCRIMINATOR {
        let margin = accounts::margin(data).map_err(told)?;
        let header = &margin.header;
        let id = header.id.to_le_bytes();
        let seeds: [&[u8]; 4] = [
            MARGIN_SEED,
            header.clearinghouse.as_ref(),
            header.owner.as_ref(),
            &id,
        ];
        let here = belongs(key, &seeds, header.bump);
        (header.clearinghouse, Account::Margin(margin), here)
    } else if kind == Market::DISCRIMINATOR {
        let book = accounts::order_book(data).map_err(told)?;
        let (of, index) = (book.header.clearinghouse, book.header.index.to_le_bytes());
        let here = belongs(key, &[MARKET_SEED, of.as_ref(), &index], book.header.bump);
        (of, Account::Market(book), here)
    } else if kind == Custody::DISCRIMINATOR {
        let custody = accounts::custody(data).map_err(told)?;
        let of = custody.clearinghouse;
        let here = belongs(
            key,
            &[CUSTODY_SEED, of.as_ref(), custody.mint.as_ref()],
            custody.bump,
        );
        (of, Account::Custody(custody), here)
    } else if kind == RiskBook::DISCRIMINATOR {
        let tables = accounts::risk_book(data).map_err(told)?;
        let of = tables.header.clearinghouse;
        let here = belongs(key, &[RISK_BOOK_SEED, of.as_ref()], tables.header.bump);
        (of, Account::Book(tables), here)
    } else if kind == Clearinghouse::DISCRIMINATOR {
        let house = accounts::clearinghouse(data).map_err(told)?;
        let id = house.id.to_le_bytes();
        let here = belongs(
            key,
            &[CLEARINGHOUSE_SEED, house.creator.as_ref(), &id],
            house.bump,
        );
        (*key, Account::House(house), here)
    } else if kind == Triggers::DISCRIMINATOR {
        let triggers = accounts::triggers(data).map_err(told)?;
        let here = belongs(
            key,
            &[TRIGGERS_SEED, triggers.margin_account.as_ref()],
            triggers.bump,
        );
        (Pubkey::default(), Account::Other, here)
    } else {
        return Err("these bytes are of no type that the program has".into());
    };
    if here {
        return Ok((clearinghouse, account));
    }
    Err("its header names others than those whose address it has".into())
}

impl Sheet {
    pub(super) fn of(reading: &Reading) -> Self {
        let mut sheet = Self {
            house: None,
            assets: Vec::new(),
            rows: Vec::new(),
            noted: 0,
            markets: BTreeMap::new(),
            custodies: BTreeMap::new(),
            balances: BTreeMap::new(),
            lots: BTreeMap::new(),
            counted: 0,
            malformed: 0,
            foreign: Vec::new(),
            margins: HashMap::new(),
            sums: Ledger::default(),
        };
        for (key, data) in &reading.accounts {
            match decode(key, data) {
                Ok((of, account)) if of == reading.clearinghouse => sheet.take(*key, account),
                Ok(_) => {}
                Err(why) => sheet.foreign.push(format!("{key}: {why}")),
            }
        }
        sheet.require(reading);
        sheet.add_up();
        sheet
    }

    fn take(&mut self, key: Pubkey, account: Account) {
        match account {
            Account::House(house) => self.house = Some(house),
            Account::Book(tables) => {
                self.noted = tables.header.params.interest.debt;
                (self.assets, self.rows) = (tables.assets, tables.markets);
            }
            Account::Market(book) => _ = self.markets.insert(book.header.index, book),
            Account::Custody(custody) => _ = self.custodies.insert(custody.asset, custody),
            Account::Margin(margin) => _ = self.margins.insert(key, margin),
            Account::Other => {}
        }
    }

    /// Notes what must be there and is not.
    fn require(&mut self, reading: &Reading) {
        if self.house.is_none() {
            self.foreign.push(format!(
                "{}: there is no clearinghouse",
                reading.clearinghouse
            ));
        }
        if self.assets.is_empty() {
            let key = pda::risk_book(&reading.clearinghouse);
            self.foreign.push(format!("{key}: there is no risk book"));
        }
        if !self.custodies.contains_key(&0) {
            self.foreign.push("the quote token has no custody".into());
        }
        self.foreign.sort();
        self.foreign.dedup();
    }

    fn add_up(&mut self) {
        if let Some(house) = &self.house {
            self.sums.fees += i128::from(house.fees);
            self.sums.insurance += i128::from(house.insurance);
            self.sums.residue += i128::from(house.residue);
        }
        self.sums.recorded = self
            .custodies
            .get(&0)
            .map_or(0, |custody| custody.recorded.into());
        for (index, book) in &self.markets {
            let header = &book.header;
            self.sums.fees += i128::from(header.fees);
            self.sums.insurance += i128::from(header.insurance);
            self.sums.residue += i128::from(header.residue);
            self.sums.queued += i128::from(header.pending_quote);
            let row = self.rows.get(usize::from(*index));
            for entry in book.queue.iter().filter(|entry| entry.kind == FILLED) {
                let lots = entry.side().signed(entry.lots.unsigned_abs());
                let owed = row
                    .zip(lots.ok())
                    .and_then(|(row, lots)| owed_since(row, lots, entry.index).ok());
                self.sums.owed += owed.map_or(0, |atoms| i128::from(atoms.0));
            }
        }
        for margin in self.margins.values() {
            let core = &margin.header.core;
            self.sums.cash += i128::from(core.cash.0);
            // Has left the cash, and is the fund's as soon as somebody sweeps it.
            self.sums.insurance += i128::from(core.debt.payable.0);
            self.counted += i128::from(core.debt.counted);
            self.malformed += usize::from(!is_well_formed(margin, &self.rows, self.assets.len()));
            for held in core.balances.iter().filter(|held| held.atoms > 0) {
                *self.balances.entry(held.asset).or_default() += i128::from(held.atoms);
            }
            for position in margin.positions() {
                let [long, short] = self.lots.entry(position.market).or_default();
                *long += i128::from(position.lots.0.max(0));
                *short += -i128::from(position.lots.0.min(0));
                self.sums.positions += i128::from(position.quote.0);
                let row = self.rows.get(usize::from(position.market));
                let owed = row.and_then(|row| position.owed(row).ok());
                self.sums.owed += owed.map_or(0, |atoms| i128::from(atoms.0));
            }
        }
    }

    pub(super) const fn ledger(&self) -> Ledger {
        self.sums
    }

    /// The name of an asset.
    pub(super) fn asset(&self, asset: u16) -> String {
        let row = self.assets.get(usize::from(asset));
        row.map_or_else(|| format!("asset {asset}"), |row| name(&row.name))
    }

    /// Accounts whose orders are not those that rest and wait in the books.
    pub(super) fn miscounted(&self) -> usize {
        let orders = Orders::of(&self.markets);
        let wrong = self
            .margins
            .iter()
            .filter(|(key, margin)| !orders.are_counted_by(key, margin))
            .count();
        // And orders of accounts that are not there.
        let strangers = orders
            .counts
            .keys()
            .filter(|maker| !self.margins.contains_key(*maker))
            .count();
        wrong + strangers
    }
}

/// What rests in the books and waits in the queues.
#[derive(Default)]
struct Orders {
    /// Lots of bids and asks, by account and market.
    lots: HashMap<(Pubkey, u16), [i64; 2]>,
    /// Markets in which an account has any.
    markets: HashMap<Pubkey, usize>,
    /// Orders by account: those that rest, and those of which all that was left waits.
    counts: HashMap<Pubkey, usize>,
}

impl Orders {
    fn of(markets: &BTreeMap<u16, OrderBook>) -> Self {
        let mut all = Self::default();
        for (market, book) in markets {
            let slots = book
                .lanes
                .iter()
                .flatten()
                .filter_map(|slot| book.orders.get(usize::from(*slot)));
            let rests = slots.map(|order| (order.maker, order.side(), order.lots, true));
            let waits = book
                .queue
                .iter()
                .map(|entry| (entry.maker, entry.side(), entry.lots, entry.whole != 0));
            for (maker, side, lots, counts) in rests.chain(waits) {
                all.add((Pubkey::new_from_array(maker), *market), side, lots, counts);
            }
        }
        all
    }

    fn add(&mut self, key: (Pubkey, u16), side: Side, lots: i64, counts: bool) {
        let markets = self.markets.entry(key.0).or_default();
        let sums = self.lots.entry(key).or_insert_with(|| {
            *markets += 1;
            [0; 2]
        });
        let sum = &mut sums[usize::from(side == Side::Sell)];
        *sum = sum.saturating_add(lots);
        *self.counts.entry(key.0).or_default() += usize::from(counts);
    }

    fn are_counted_by(&self, key: &Pubkey, margin: &Margin) -> bool {
        let mut markets = 0;
        for position in margin.positions() {
            let found = self.lots.get(&(*key, position.market));
            markets += usize::from(found.is_some());
            if found.copied().unwrap_or_default() != [position.bid_lots.0, position.ask_lots.0] {
                return false;
            }
        }
        let of = |map: &HashMap<Pubkey, usize>| map.get(key).copied().unwrap_or(0);
        of(&self.markets) == markets
            && of(&self.counts) == usize::from(margin.header.core.open_orders)
    }
}

/// What the entries of a queue say: lots bought, lots sold, what makers receive.
pub(super) fn queue(book: &OrderBook) -> [i128; 3] {
    let mut sums = [0; 3];
    for entry in book.queue.iter().filter(|entry| entry.kind == FILLED) {
        let side = usize::from(entry.side() == Side::Sell);
        sums[side] += i128::from(entry.lots);
        sums[2] += i128::from(entry.quote) - i128::from(entry.fee);
    }
    sums
}

/// Positions are sorted, in markets that there are, on their underlyings, and each has something in it; balances are of
/// assets that there are.
fn is_well_formed(margin: &Margin, rows: &[Row], assets: usize) -> bool {
    let sorted = margin
        .positions()
        .windows(2)
        .all(|pair| pair[0].key() < pair[1].key());
    let right = |position: &Position| {
        let row = rows.get(usize::from(position.market));
        row.is_some_and(|row| row.asset == position.asset) && !position.is_empty()
    };
    let held = margin
        .header
        .core
        .balances
        .iter()
        .filter(|held| held.atoms > 0);
    let known = |asset: u16| asset != 0 && usize::from(asset) < assets;
    sorted && margin.positions().iter().all(right) && held.into_iter().all(|held| known(held.asset))
}
