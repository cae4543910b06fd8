//! Sums over many hours.

use crate::{
    books::KINDS,
    implied::Implied,
    judge::Verdict,
    model::{ASSETS, EXPIRIES, REGIMES},
};

/// Hours, and in how many of them the loss exceeded maintenance margin.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count {
    /// Hours of a book.
    pub hours: u64,
    /// In which the loss exceeded the margin.
    pub exceeded: u64,
}

impl Count {
    fn add(&mut self, exceeded: bool) {
        self.hours += 1;
        self.exceeded += u64::from(exceeded);
    }

    fn merge(&mut self, other: Self) {
        self.hours += other.hours;
        self.exceeded += other.exceeded;
    }

    /// The share in which it did not, in percent.
    pub fn coverage(self) -> f64 {
        100.0 - self.exceedance()
    }

    /// The share in which it did, in percent.
    pub fn exceedance(self) -> f64 {
        100.0 * self.exceeded as f64 / (self.hours as f64).max(1.0)
    }
}

/// One kind of book, by one model, with or without volatility.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cell {
    /// By the regime at the beginning of the hour.
    pub by_regime: [Count; REGIMES],
    /// By the loss that would have been if contracts were valued at what they are worth.
    pub if_marked: Count,
    /// Hours in which the loss exceeded initial margin.
    pub beyond_initial: Count,
    /// Maintenance margin as a share of the gross notional, summed.
    pub maintenance: f64,
    /// Initial margin in the same way.
    pub initial: f64,
    /// What losses exceeded maintenance margin by, as a share of the gross notional, summed and at most.
    pub shortfall: [f64; 2],
}

impl Cell {
    fn add(&mut self, regime: usize, margins: [f64; 2], verdict: &Verdict) {
        let (loss, gross) = (verdict.loss, verdict.gross);
        let over = (loss - margins[0]) / gross;
        self.if_marked.add(verdict.loss_if_marked > margins[0]);
        self.by_regime[regime].add(over > 0.0);
        self.beyond_initial.add(loss > margins[1]);
        self.maintenance += margins[0] / gross;
        self.initial += margins[1] / gross;
        self.shortfall[0] += over.max(0.0);
        self.shortfall[1] = self.shortfall[1].max(over);
    }

    /// Adds another's.
    pub fn merge(&mut self, other: &Self) {
        for (own, of) in self.by_regime.iter_mut().zip(other.by_regime) {
            own.merge(of);
        }
        self.beyond_initial.merge(other.beyond_initial);
        self.if_marked.merge(other.if_marked);
        self.maintenance += other.maintenance;
        self.initial += other.initial;
        self.shortfall[0] += other.shortfall[0];
        self.shortfall[1] = self.shortfall[1].max(other.shortfall[1]);
    }

    /// All regimes together.
    pub fn all(&self) -> Count {
        let mut all = Count::default();
        for count in self.by_regime {
            all.merge(count);
        }
        all
    }

    /// A sum as a mean, in percent.
    pub fn mean(&self, sum: f64) -> f64 {
        100.0 * sum / (self.all().hours as f64).max(1.0)
    }
}

/// By kind of book, model, and whether requirements follow volatility.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// The cells.
    pub cells: [[[Cell; 2]; 2]; KINDS.len()],
}

impl Tally {
    /// Counts an hour of a book.
    pub fn add(&mut self, kind: usize, regime: usize, verdict: &Verdict) {
        for (model, cells) in self.cells[kind].iter_mut().enumerate() {
            for (follows, cell) in cells.iter_mut().enumerate() {
                let margins = [
                    verdict.maintenance[model][follows],
                    verdict.initial[model][follows],
                ];
                cell.add(regime, margins, verdict);
            }
        }
    }

    /// Adds another's.
    pub fn merge(&mut self, other: &Self) {
        let own = self.cells.iter_mut().flatten().flatten();
        for (own, of) in own.zip(other.cells.iter().flatten().flatten()) {
            own.merge(of);
        }
    }

    /// All kinds that are asked for, together.
    pub fn over(&self, model: usize, follows: bool, which: impl Fn(usize) -> bool) -> Cell {
        let mut all = Cell::default();
        for kind in (0..KINDS.len()).filter(|kind| which(*kind)) {
            all.merge(&self.cells[kind][model][usize::from(follows)]);
        }
        all
    }

    /// By how much less Portfolio requires than Standard, maintenance and initial, in percent: the mean saving over
    /// gross notional.
    pub fn saved(&self, follows: bool, which: impl Fn(usize) -> bool) -> [f64; 2] {
        let standard = self.over(0, follows, &which);
        let portfolio = self.over(1, follows, &which);
        let less = |of: f64, to: f64| 100.0 * (1.0 - to / of);
        [
            less(standard.maintenance, portfolio.maintenance),
            less(standard.initial, portfolio.initial),
        ]
    }
}

/// What paths look like: moves of an hour by asset.
#[derive(Clone, Debug, Default)]
pub struct Moves {
    /// Hours by regime at their beginning.
    pub hours: [u64; REGIMES],
    /// By asset.
    pub assets: [AssetMoves; ASSETS],
}

/// Moves of an hour of one asset.
#[derive(Clone, Copy, Debug, Default)]
pub struct AssetMoves {
    square: f64,
    fourth: f64,
    with_first: f64,
    /// Hours with a move of more than five per cent, and of more than ten.
    pub beyond: [u64; 2],
    /// The largest fall and the largest rise, as shares.
    pub extremes: [f64; 2],
    /// The absolute basis of perpetual and future: sum, and the largest.
    pub bases: [[f64; 2]; 2],
    /// Maintenance multiplier of volatility by regime, summed.
    pub multiplier: [f64; REGIMES],
    /// What options are marked at by their end: sum, the largest, and the largest rise within an hour as a share.
    pub implied: [[f64; 3]; EXPIRIES.len()],
}

impl Moves {
    /// Counts an hour: logarithms of its moves, bases at its end, multipliers at its beginning.
    pub fn add(
        &mut self,
        regime: usize,
        logs: &[f64; ASSETS],
        bases: &[[f64; 2]; ASSETS],
        multipliers: &[f64; ASSETS],
    ) {
        self.hours[regime] += 1;
        for (at, asset) in self.assets.iter_mut().enumerate() {
            let (log, share) = (logs[at], logs[at].exp() - 1.0);
            asset.square += log * log;
            asset.fourth += log.powi(4);
            asset.with_first += log * logs[0];
            asset.beyond[0] += u64::from(share.abs() > 0.05);
            asset.beyond[1] += u64::from(share.abs() > 0.10);
            asset.extremes[0] = asset.extremes[0].min(share);
            asset.extremes[1] = asset.extremes[1].max(share);
            asset.multiplier[regime] += multipliers[at];
            for (kind, basis) in bases[at].iter().enumerate() {
                asset.bases[kind][0] += basis.abs();
                asset.bases[kind][1] = asset.bases[kind][1].max(basis.abs());
            }
        }
    }

    /// Counts what options are marked at, at both ends of an hour.
    pub fn mark(&mut self, from: &Implied, to: &Implied) {
        for (asset, (from, to)) in self.assets.iter_mut().zip(from.iter().zip(to)) {
            for (of, (from, to)) in asset.implied.iter_mut().zip(from.iter().zip(to)) {
                of[0] += to;
                of[1] = of[1].max(*to);
                of[2] = of[2].max(to / from - 1.0);
            }
        }
    }

    /// Adds another's.
    pub fn merge(&mut self, other: &Self) {
        for (own, of) in self.hours.iter_mut().zip(other.hours) {
            *own += of;
        }
        for (own, of) in self.assets.iter_mut().zip(&other.assets) {
            own.merge(of);
        }
    }

    /// Hours of all regimes.
    pub fn all(&self) -> f64 {
        self.hours.iter().sum::<u64>().max(1) as f64
    }

    /// Volatility of a year, as a share.
    pub fn volatility(&self, asset: usize) -> f64 {
        (self.assets[asset].square / self.all() * 365.0 * 24.0).sqrt()
    }

    /// Kurtosis of an hour's moves; three for normal ones.
    pub fn kurtosis(&self, asset: usize) -> f64 {
        let of = &self.assets[asset];
        of.fourth * self.all() / (of.square * of.square)
    }

    /// Correlation of an hour's moves with those of the first asset.
    pub fn correlation(&self, asset: usize) -> f64 {
        let of = &self.assets[asset];
        of.with_first / (of.square * self.assets[0].square).sqrt()
    }
}

impl AssetMoves {
    fn merge(&mut self, other: &Self) {
        self.square += other.square;
        self.fourth += other.fourth;
        self.with_first += other.with_first;
        self.extremes[0] = self.extremes[0].min(other.extremes[0]);
        self.extremes[1] = self.extremes[1].max(other.extremes[1]);
        for k in 0..2 {
            self.beyond[k] += other.beyond[k];
            self.bases[k][0] += other.bases[k][0];
            self.bases[k][1] = self.bases[k][1].max(other.bases[k][1]);
        }
        for (own, of) in self.multiplier.iter_mut().zip(other.multiplier) {
            *own += of;
        }
        for (own, of) in self.implied.iter_mut().zip(other.implied) {
            own[0] += of[0];
            own[1] = own[1].max(of[1]);
            own[2] = own[2].max(of[2]);
        }
    }
}
