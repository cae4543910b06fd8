//! A second ledger, kept from prices and events alone: what everybody is worth as a sum of what happened to
//! them. It shares no formula with the program: lots are exact fractions here, and each deleveraging is
//! applied to each account of the other side at once, where the program moves two figures.

use super::path::MARKETS;

/// Bits behind the point of lots; values have 16 more, those of a price.
const LOT: u32 = 40;
const VALUE: u32 = LOT + 16;

/// One account.
#[derive(Clone, Copy, Debug, Default)]
pub struct Party {
    lots: [i128; MARKETS],
    /// Deleveragings of its side since its lots were written down.
    lag: [i128; MARKETS],
    /// Quote deposited.
    start: i128,
    /// Σ lots · move of the price.
    pnl: i128,
    /// What trades at other prices than the index brought; roundings of a trade's value to atoms.
    traded: i128,
    /// Fees of trades.
    fees: i128,
    /// Penalties: paid (below zero) or earned.
    penalties: i128,
    /// What being closed for others at another price than the index cost (below zero) or brought.
    closed: i128,
    /// Its share of the deficits of others, below zero.
    shared: i128,
    /// What others bore of its own.
    relieved: i128,
    /// Paid by the backstop (below zero) for an account in default, and into the backstop's fund.
    insured: i128,
    /// What moved with takeovers.
    moved: i128,
    /// Value of the parts of lots that rounding took.
    rounded: i128,
    /// What the program's own roundings may amount to.
    bound: i128,
    /// What deleveraging of others took, what it gave not counted.
    lost: i128,
    /// Sum of the shares of its equity, in millionths, that deleveraging took while it was ahead by prices.
    winner: i64,
    /// The same, whether ahead or not.
    anybody: i64,
}

impl Party {
    fn value(&self) -> i128 {
        self.start
            + self.pnl
            + self.traded
            + self.fees
            + self.penalties
            + self.closed
            + self.shared
            + self.relieved
            + self.insured
            + self.moved
            + self.rounded
    }
}

/// All accounts. Whatever the program does is told to it in atoms and lots.
#[derive(Default)]
pub struct Shadow {
    parties: Vec<Party>,
    /// Index prices: quote atoms a lot, 48.16.
    prices: [u64; MARKETS],
    /// The clearinghouse's insurance line and that of each market.
    pub line: i64,
    pub market_lines: [i64; MARKETS],
}

const fn fixed(atoms: i64) -> i128 {
    (atoms as i128) << VALUE
}

fn atoms(value: i128) -> i64 {
    ((value + (1 << (VALUE - 1))) >> VALUE) as i64
}

/// A deleveraging, as the event has it, with what the shadow found out for itself.
pub struct Closed {
    /// Whose lots were closed.
    pub account: usize,
    /// The market.
    pub market: usize,
    /// The lots, with their sign.
    pub lots: i64,
    /// What the account received.
    pub received: i64,
    /// The other side's share of the deficit in it.
    pub deficit: i64,
    /// What the backstop paid besides.
    pub covered: i64,
    /// The price, 48.16.
    pub price: u64,
    /// Lots open on the other side before.
    pub open: i64,
    /// The value of the collateral of each account.
    pub collateral: Vec<i64>,
}

impl Shadow {
    /// Another account.
    pub fn admit(&mut self) {
        self.parties.push(Party::default());
    }

    pub fn deposit(&mut self, party: usize, quote: i64) {
        self.parties[party].start += fixed(quote);
    }

    /// The index moved.
    pub fn price(&mut self, market: usize, price: u64) {
        let change = i128::from(price) - i128::from(self.prices[market]);
        self.prices[market] = price;
        for party in &mut self.parties {
            party.pnl += party.lots[market] * change;
        }
    }

    /// The program has written an account's lots down as whole ones: the part that is lost must be less than
    /// one lot, and against the account.
    pub fn touch(&mut self, party: usize, market: usize, written: i64) -> Result<(), String> {
        self.touch_all(party, market, written, 1)
    }

    /// The same where the lots of so many accounts have just become one position.
    pub fn touch_all(
        &mut self,
        party: usize,
        market: usize,
        written: i64,
        accounts: i128,
    ) -> Result<(), String> {
        let price = i128::from(self.prices[market]);
        let found = &mut self.parties[party];
        let exact = found.lots[market];
        let lost = exact - (i128::from(written) << LOT);
        // The program counts shares to 2^-32.
        let slack = (exact.abs() * found.lag[market]) >> 31;
        if lost < -slack || lost > (accounts << LOT) + slack {
            return Err(format!(
                "account {party} has {written} lots in market {market}, {} were expected",
                exact as f64 / (1u64 << LOT) as f64
            ));
        }
        found.rounded -= lost * price;
        found.lots[market] -= lost;
        found.lag[market] = 0;
        Ok(())
    }

    /// Bought lots (sold below zero) for what was paid, and a fee.
    pub fn trade(&mut self, party: usize, market: usize, lots: i64, paid: i64, fee: i64) {
        let price = i128::from(self.prices[market]);
        let party = &mut self.parties[party];
        let lots = i128::from(lots) << LOT;
        party.lots[market] += lots;
        party.traded += lots * price - fixed(paid);
        party.fees -= fixed(fee);
    }

    /// A penalty, of which the market's insurance line has a part and the liquidator the rest.
    pub fn penalty(&mut self, from: usize, to: usize, market: usize, penalty: i64, insurance: i64) {
        self.parties[from].penalties -= fixed(penalty);
        self.parties[to].penalties += fixed(penalty - insurance);
        self.market_lines[market] += insurance;
    }

    /// The insurance line moves into the backstop. Returns how much.
    pub fn sweep(&mut self, backstop: usize) -> i64 {
        let swept = core::mem::take(&mut self.line);
        self.parties[backstop].insured += fixed(swept);
        swept
    }

    /// The backstop takes over all that an account is worth.
    pub fn take_over(&mut self, account: usize, backstop: usize) {
        let gone = self.parties[account];
        let value = gone.value();
        let (from, to) = (account.min(backstop), account.max(backstop));
        let (head, tail) = self.parties.split_at_mut(to);
        let (a, b) = (&mut head[from], &mut tail[0]);
        let (account, backstop) = if account == from { (a, b) } else { (b, a) };
        account.moved -= value;
        account.lots = [0; MARKETS];
        account.lag = [0; MARKETS];
        backstop.moved += value;
        backstop.bound += gone.bound;
        for m in 0..MARKETS {
            backstop.lots[m] += gone.lots[m];
            backstop.lag[m] += gone.lag[m];
        }
    }

    /// Lots were closed against everybody on the other side, pro rata.
    pub fn deleverage(&mut self, closed: &Closed, backstop: usize) {
        let m = closed.market;
        let (index, price) = (i128::from(self.prices[m]), i128::from(closed.price));
        let (all, open) = (i128::from(closed.lots.abs()), i128::from(closed.open));
        let each = (i128::from(closed.deficit) << 32) / open; // of the deficit a lot, to 2^-32 atoms
        let longs_close = closed.lots < 0;
        for (at, party) in self.parties.iter_mut().enumerate() {
            let lots = party.lots[m];
            if at == closed.account || lots == 0 || (lots > 0) != longs_close {
                continue;
            }
            let gone = lots * all / open;
            let share = (lots.abs() * each) >> 16;
            let off = gone * (price - index);
            let lost = share - off;
            let equity = atoms(party.value()) + closed.collateral[at];
            party.lost += lost.max(0);
            if lost > 0 && equity > 0 {
                let part = i128::from(atoms(lost)) * 1_000_000 / i128::from(equity);
                party.anybody += part as i64;
                if party.pnl + party.traded > 0 {
                    party.winner += part as i64;
                }
            }
            party.lots[m] -= gone;
            party.lag[m] += 1;
            party.closed += off;
            party.shared -= share;
            // The program's index is rounded to 2^-16 atoms a lot twice, its shares to 2^-32.
            let size = lots.abs();
            party.bound += fixed(2) + (size << 2) + ((size * index) >> 31);
        }
        let party = &mut self.parties[closed.account];
        let lots = i128::from(closed.lots) << LOT;
        party.lots[m] -= lots;
        party.relieved += fixed(closed.deficit);
        party.insured += fixed(closed.covered);
        party.closed += fixed(closed.received - closed.deficit) - lots * index;
        self.parties[backstop].insured -= fixed(closed.covered);
    }

    /// The backstop receives whole lots that rounding has left over.
    pub fn dust(&mut self, backstop: usize, market: usize, lots: i64) {
        let price = i128::from(self.prices[market]);
        let party = &mut self.parties[backstop];
        let lots = i128::from(lots) << LOT;
        party.lots[market] += lots;
        party.rounded += lots * price;
    }

    /// What an account must be worth, in atoms, and by how many the program may differ.
    pub fn worth(&self, party: usize) -> (i64, i64) {
        let party = &self.parties[party];
        // Half an atom for this rounding, and one for each position's funding index.
        (atoms(party.value()), atoms(party.bound) + 2)
    }

    /// Lots in a market, rounded.
    pub fn lots(&self, party: usize, market: usize) -> i64 {
        let lots = self.parties[party].lots[market];
        ((lots + (1 << (LOT - 1))) >> LOT) as i64
    }

    /// What an account lost by deleveraging of others (its share of deficits, and prices off the index), in atoms and in millionths of its equity then; the last
    /// only while it was ahead by prices.
    pub fn shared(&self, party: usize) -> (i64, i64, i64) {
        let party = &self.parties[party];
        (atoms(party.lost), party.anybody, party.winner)
    }

    /// Sums over these accounts: price, trades, fees, penalties, prices of deleveraging, deficits
    /// borne and left to others, insurance, takeovers, roundings.
    pub fn sums(&self, parties: core::ops::Range<usize>) -> [i64; 10] {
        let mut sums = [0i128; 10];
        for p in &self.parties[parties] {
            let parts = [
                p.pnl,
                p.traded,
                p.fees,
                p.penalties,
                p.closed,
                p.shared,
                p.relieved,
                p.insured,
                p.moved,
                p.rounded,
            ];
            sums.iter_mut()
                .zip(parts)
                .for_each(|(sum, part)| *sum += part);
        }
        sums.map(atoms)
    }
}
