//! What the keeper tells of its own account and of its feed.

use super::Keeper;
use crate::{state::prices::name_of, strategy::exposure};
use counterweight_sdk::risk::standard::{initial_for_takeover, maintenance};

impl Keeper {
    /// Sets the figures that are not counted.
    pub(super) fn tell(&self, now: u64) {
        let metrics = &self.metrics;
        let feed = self.state.feed();
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        metrics.feed_age.set(whole(feed.age_ms(now)));
        metrics
            .feed_up
            .set(i64::from(feed.lost.is_none() && self.state.is_ready()));
        metrics.resyncs.set(whole(feed.resyncs()));
        metrics.mended.set(whole(feed.mended));
        metrics.undecoded.set(whole(feed.undecoded));
        let fleet = self.state.fleet();
        metrics.accounts.set(whole(fleet.len() as u64));
        metrics.failing.set(whole(fleet.failing().len() as u64));
        metrics.unknown.set(whole(fleet.unknown().len() as u64));
        metrics.short.set(i64::from(self.short.is_some()));
        metrics.bid.set(whole(self.bids.price(&self.config.fees)));
        self.tell_own();
    }

    fn tell_own(&self) {
        let (metrics, time) = (&self.metrics, self.state.moment().time);
        let own = self.state.fleet().margin(&self.identity.account);
        let (Some(own), Some(tables)) = (own, self.state.book()) else {
            return;
        };
        if let Ok(health) = maintenance(&tables.book(), &own.view(), time) {
            metrics.equity.set(health.equity.0);
            let ratio =
                i128::from(health.equity.0) * 10_000 / i128::from(health.requirement.0.max(1));
            let ratio = if health.requirement.0 > 0 { ratio } else { 0 };
            metrics.ratio.set(i64::try_from(ratio).unwrap_or(i64::MAX));
        }
        let free = initial_for_takeover(&tables.book(), &own.view(), time, u32::MAX);
        if let Ok(free) = free.and_then(|health| health.free()) {
            metrics.free.set(free.0);
        }
        metrics.hedge.reset();
        for (asset, lots) in exposure::lots(tables, &own) {
            if let Some(row) = tables.assets.get(usize::from(asset)) {
                let name = name_of(&row.name);
                metrics
                    .hedge
                    .with_label_values(&[name.as_str()])
                    .set(lots.saturating_neg());
            }
        }
    }

    /// What to trade to be flat, as a sentence; empty where it is.
    pub(super) fn hedge(&self) -> String {
        let own = self.state.fleet().margin(&self.identity.account);
        let (Some(own), Some(tables)) = (own, self.state.book()) else {
            return String::new();
        };
        let trades = exposure::lots(tables, &own)
            .into_iter()
            .filter(|(_, lots)| *lots != 0);
        let trades = trades.filter_map(|(asset, lots)| {
            let row = tables.assets.get(usize::from(asset))?;
            let side = if lots > 0 { "sell" } else { "buy" };
            Some(format!(
                "{side} {} lots of {}",
                lots.unsigned_abs(),
                name_of(&row.name)
            ))
        });
        trades.collect::<Vec<_>>().join(", ")
    }
}
