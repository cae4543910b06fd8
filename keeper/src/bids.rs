//! What is bid for a place in a block: a percentile of what others bid lately, within bounds, and more after
//! transactions that expired.

use crate::config::Fees;

/// Recent bids, and how often a bid was too low.
#[derive(Clone, Debug, Default)]
pub struct Bids {
    recent: Vec<u64>,
    expired: u32,
}

impl Bids {
    /// Takes what others bid lately, in any order.
    pub fn take(&mut self, mut recent: Vec<u64>) {
        recent.sort_unstable();
        self.recent = recent;
    }

    /// A transaction expired: the next bid is higher.
    pub fn note_expired(&mut self) {
        self.expired = self.expired.saturating_add(1);
    }

    /// One was confirmed: the bid is enough.
    pub fn note_confirmed(&mut self) {
        self.expired = 0;
    }

    /// Micro-lamports for a unit.
    pub fn price(&self, fees: &Fees) -> u64 {
        let last = self.recent.len().saturating_sub(1);
        // The nearest rank, up: the highest bid at 100.
        let rank = (last * usize::from(fees.percentile.min(100))).div_ceil(100);
        let usual = self.recent.get(rank).copied().unwrap_or(0).max(fees.floor);
        let mut price = u128::from(usual.max(u64::from(self.expired > 0)));
        for _ in 0..self.expired.min(64) {
            let more = (price * u128::from(fees.escalation_bps)).div_ceil(10_000);
            price = (price + more).min(u128::from(fees.ceiling));
        }
        u64::try_from(price).unwrap_or(u64::MAX).min(fees.ceiling)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bid_is_a_percentile_within_bounds() {
        let mut bids = Bids::default();
        let mut fees = Fees {
            percentile: 75,
            floor: 10,
            ceiling: 400,
            ..Fees::default()
        };
        assert_eq!(bids.price(&fees), 10);
        bids.take(vec![500, 100, 300, 0, 200]);
        assert_eq!(bids.price(&fees), 300);
        fees.percentile = 100;
        assert_eq!(bids.price(&fees), 400);
        fees.percentile = 0;
        assert_eq!(bids.price(&fees), 10);
    }

    #[test]
    fn a_bid_rises_with_what_expires_and_falls_back() {
        let mut bids = Bids::default();
        let fees = Fees {
            percentile: 50,
            floor: 100,
            ceiling: 1_000,
            escalation_bps: 10_000,
            ..Fees::default()
        };
        let mut row = Vec::new();
        for _ in 0..5 {
            row.push(bids.price(&fees));
            bids.note_expired();
        }
        assert_eq!(row, [100, 200, 400, 800, 1_000]);
        bids.note_confirmed();
        assert_eq!(bids.price(&fees), 100);
        // From nothing, a bid can only rise if it begins with something.
        bids.note_expired();
        assert_eq!(bids.price(&Fees { floor: 0, ..fees }), 2);
    }
}
