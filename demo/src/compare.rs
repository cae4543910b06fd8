//! The hedged book as one account against the same book as three.

use crate::{actors::HEDGED_NAME, house::House, isolated::NAMES};

/// A book at the start.
pub struct Begun {
    lots: [i64; 3],
    marks: Vec<u64>,
}

/// What became of a book.
#[derive(Clone, Debug)]
pub struct Fate {
    /// Liquidations of its accounts.
    pub liquidations: usize,
    /// The lowest margin ratio that one of its accounts had.
    pub lowest_ratio: f64,
    /// Penalties that its accounts paid, quote atoms.
    pub penalties: i64,
    /// Lots per market at the start and at the end.
    pub lots: [[i64; 3]; 2],
    /// What each leg gained as far as it is still open, quote atoms, before fees and funding.
    pub gains: [i64; 3],
    /// What its accounts received by funding, minus what they paid, quote atoms.
    pub funding: i64,
    /// Equity at the end.
    pub equity: i64,
    /// Equity at the end if prices were back where they started.
    pub equity_if_back: i64,
}

/// Both fates.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// As one account.
    pub one: Fate,
    /// As three.
    pub three: Fate,
}

/// The accounts of the hedged book in a clearinghouse.
pub fn accounts(house: &House) -> Vec<usize> {
    let is_one = |name: &str| name == HEDGED_NAME || NAMES.contains(&name);
    (0..house.actors.len())
        .filter(|at| is_one(house.actors[*at].name))
        .collect()
}

fn lots(house: &House) -> [i64; 3] {
    let mut sum = [0; 3];
    for at in accounts(house) {
        for (sum, lots) in sum.iter_mut().zip(house.lots(at)) {
            *sum += lots;
        }
    }
    sum
}

impl Fate {
    fn of(house: &House, begun: &Begun) -> Result<Self, String> {
        let ours = accounts(house);
        let seizures: Vec<_> = house
            .seizures
            .iter()
            .filter(|s| ours.contains(&s.actor))
            .collect();
        let mut fate = Self {
            liquidations: seizures.len(),
            lowest_ratio: f64::INFINITY,
            penalties: seizures.iter().map(|seizure| seizure.penalty).sum(),
            lots: [begun.lots, lots(house)],
            gains: [0; 3],
            funding: ours.iter().map(|at| house.tape.funding_of(*at)).sum(),
            equity: 0,
            equity_if_back: 0,
        };
        let now = house.marks();
        for at in ours {
            fate.equity += house.worth(at, &now)?;
            fate.equity_if_back += house.worth(at, &begun.marks)?;
            for (sum, gain) in fate.gains.iter_mut().zip(house.gains(at, &now)?) {
                *sum += gain;
            }
            let ratios = house
                .samples
                .iter()
                .filter_map(|sample| sample.standings[at].ratio());
            fate.lowest_ratio = ratios.fold(fate.lowest_ratio, f64::min);
        }
        Ok(fate)
    }

    /// How much of a leg is left, in whole percent.
    pub fn left(&self, market: usize) -> i64 {
        let [start, end] = [self.lots[0][market], self.lots[1][market]];
        if start == 0 {
            100
        } else {
            (end * 100 + start / 2) / start
        }
    }
}

impl Comparison {
    /// Notes a book at the start.
    ///
    /// # Errors
    /// Where a clearinghouse has no hedged book.
    pub fn begin(house: &House) -> Result<Begun, String> {
        let lots = lots(house);
        if lots.contains(&0) {
            return Err(format!(
                "{}: the hedged book is not there: {lots:?}",
                house.title
            ));
        }
        let marks = house.marks();
        Ok(Begun { lots, marks })
    }

    /// Compares both at the end.
    ///
    /// # Errors
    /// Where a figure leaves its range.
    pub fn end(begun: [Begun; 2], cross: &House, isolated: &House) -> Result<Self, String> {
        if begun[0].lots != begun[1].lots {
            return Err("the two hedged books are not the same".into());
        }
        Ok(Self {
            one: Fate::of(cross, &begun[0])?,
            three: Fate::of(isolated, &begun[1])?,
        })
    }
}
