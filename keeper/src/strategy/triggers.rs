//! Trigger orders: executed where the index has crossed them and the book holds something for them; trailing ones
//! follow the index.

use super::{
    bundle::{Bundle, Step},
    job::{Expected, Job, Kind, Reserve, Watch},
    prepare::extra_of_entries,
    scene::{Round, Scene},
};
use anchor_lang::prelude::Pubkey;
use counterweight_sdk::{
    accounts::{Margin, OrderBook},
    program::{
        book::{Order, lane_of},
        state::{PAUSE_TRADE, Trigger, Triggers},
    },
    risk::{
        Asset, Market, Ticks,
        fixed::mul_div_floor,
        market::{MODE_POST_ONLY, MODE_SETTLEMENT},
        orders::Side,
    },
};

/// How long the change of a trigger is waited for after its confirmation: its account has no sequence.
const SEEN_MS: u64 = 3_000;
/// Orders of a book that are looked at.
const LOOKED_AT: usize = 32;

/// Decides about all triggers.
pub fn plan(scene: &Scene, round: &mut Round) {
    if scene.is_paused(PAUSE_TRADE) || scene.own.is_none() {
        return;
    }
    let mut all: Vec<&Triggers> = scene.state.triggers().collect();
    all.sort_unstable_by_key(|triggers| triggers.margin_account);
    for triggers in all {
        let key = triggers.margin_account;
        let skip = key == scene.identity.account || (scene.busy)(&key) || round.has(&key);
        if round.is_full() || skip {
            continue;
        }
        if let Some(job) = first(scene, triggers, key) {
            round.push(job);
        }
    }
}

/// The first of an account's triggers about which something is to be done.
fn first(scene: &Scene, triggers: &Triggers, key: Pubkey) -> Option<Job> {
    let margin = scene.state.fleet().margin(&key)?;
    (0u8..).zip(&triggers.entries).find_map(|(place, trigger)| {
        let over = trigger.expires != 0 && trigger.expires <= scene.now;
        if !trigger.is_used() || over {
            return None;
        }
        let pit = Pit::of(scene, trigger.market)?;
        let tick = pit.row.tick_size << 16; // at most 2^56
        let low = i64::try_from(pit.asset.maintenance_low.0 / tick).ok()?;
        let high = i64::try_from(pit.asset.maintenance_high.0.div_ceil(tick)).ok()?;
        if trigger.fires(low, high) {
            return pit.execute(trigger, place, (key, &margin));
        }
        pit.follow(trigger, place, (key, &margin))
    })
}

/// A market in which triggers may fire.
struct Pit<'a> {
    scene: &'a Scene<'a>,
    row: &'a Market,
    /// The asset's row, with the prices of this market.
    asset: Asset,
    book: &'a OrderBook,
    /// The index in ticks, down and up.
    index: (i64, i64),
    /// The lowest and highest price at which anything trades, in ticks.
    band: (i64, i64),
}

impl<'a> Pit<'a> {
    fn of(scene: &'a Scene, market: u16) -> Option<Self> {
        let row = scene.tables.markets.get(usize::from(market))?;
        let asset = scene.tables.assets.get(usize::from(row.asset))?;
        let ended = row.awaits_settlement(scene.now);
        if ended || matches!(row.mode, MODE_SETTLEMENT | MODE_POST_ONLY) {
            return None;
        }
        asset.check_maintenance(row.asset, scene.now).ok()?;
        let tick = row.tick_size << 16;
        // At what the program prices it: an option's array, or what a contract is expected to settle at.
        let (low, high) = row.band_now(market, asset, scene.now).ok()?;
        let asset = row.priced(market, asset, scene.now).ok()?;
        let ticks = |price: u64| i64::try_from(price).unwrap_or(i64::MAX);
        Some(Self {
            scene,
            row,
            asset,
            book: scene.state.market(market)?,
            index: (
                ticks(asset.index.0 / tick),
                ticks(asset.index.0.div_ceil(tick)),
            ),
            band: (ticks(low.0.div_ceil(tick)), ticks(high.0 / tick)),
        })
    }

    fn closable(&self, trigger: &Trigger, margin: &Margin) -> i64 {
        let held = margin.view().lots(trigger.market, self.row).0;
        let open = match trigger.side() {
            Side::Buy => held.saturating_neg(),
            Side::Sell => held,
        };
        open.max(0)
            .min(i64::try_from(trigger.lots).unwrap_or(i64::MAX))
    }

    fn execute(
        &self,
        trigger: &Trigger,
        place: u8,
        (key, margin): (Pubkey, &Margin),
    ) -> Option<Job> {
        let (scene, duty) = (self.scene, &self.scene.config.duties.triggers);
        let wanted = self.closable(trigger, margin);
        let met = self.meet(trigger, wanted, &key);
        if met.lots == 0 {
            return None;
        }
        let fee = mul_div_floor(
            self.row.trigger_fee,
            met.lots.unsigned_abs(),
            trigger.lots_placed,
        );
        let mut bundle = Bundle::new(Kind::Trigger, key).of_account(scene, key, margin);
        bundle.prices.extend(self.due());
        bundle.prices.sort_unstable();
        bundle.prices.dedup();
        bundle.price(scene, [trigger.market]);
        bundle.trades = true;
        let actor = scene.identity.actor(trigger.market);
        bundle.steps.push(Step {
            instruction: scene
                .venue()
                .execute_trigger(&actor, key, place, &met.makers),
            // A match costs about what an entry does that is settled, and as much again for the taker.
            extra: 2 * extra_of_entries(met.orders + 8),
        });
        let fitted = bundle.fit(scene)?;
        let expected = Expected {
            reward: i64::try_from(fee?).unwrap_or(i64::MAX),
            fees: bundle.fees(scene, fitted),
            volume: met.value,
            ..Expected::default()
        };
        let worth = expected.profit() >= duty.min_profit_atoms;
        worth.then(|| bundle.job(scene, expected, Reserve::default()))
    }

    /// Its own asset, where a newer price decided.
    fn due(&self) -> Option<u16> {
        let due = self.scene.state.due();
        due.contains(&self.row.asset).then_some(self.row.asset)
    }

    /// What the book holds for a trigger that fires: as matching will find it, makers passed whose accounts are known.
    fn meet(&self, trigger: &Trigger, wanted: i64, key: &Pubkey) -> Met {
        let slippage = i64::try_from(trigger.slippage).unwrap_or(i64::MAX);
        let (side, limit) = match trigger.side() {
            Side::Buy => (
                Side::Sell,
                self.index.1.saturating_add(slippage).min(self.band.1),
            ),
            Side::Sell => (
                Side::Buy,
                self.index
                    .0
                    .saturating_sub(slippage)
                    .max(self.band.0)
                    .max(1),
            ),
        };
        let most = self.scene.config.duties.triggers.max_makers;
        let mut met = Met::default();
        for (order, price) in self.ranked(side).into_iter().take(LOOKED_AT) {
            let crosses = match trigger.side() {
                Side::Buy => price <= limit,
                Side::Sell => price >= limit,
            };
            if !crosses || met.lots >= wanted {
                break;
            }
            let maker = Pubkey::new_from_array(order.maker);
            let off_band = match side {
                Side::Buy => price > self.band.1,
                Side::Sell => price < self.band.0,
            };
            met.orders += 1;
            if !order.trades_at(price, self.scene.now) || off_band || maker == *key {
                continue;
            }
            let known = met.makers.contains(&maker) || met.makers.len() < most;
            if known && !met.makers.contains(&maker) {
                met.makers.push(maker);
            }
            if order.is_pegged() && !known {
                continue;
            }
            let lots = order.lots.min(wanted - met.lots);
            met.lots += lots;
            met.value = met
                .value
                .saturating_add(lots.unsigned_abs().saturating_mul(self.price_of(price)));
        }
        met
    }

    fn price_of(&self, ticks: i64) -> u64 {
        let price = self.row.price_of(Ticks(ticks.unsigned_abs()));
        price.map_or(0, |price| price.0 >> 16)
    }

    /// The orders of a side with the prices at which they stand, the best first.
    fn ranked(&self, side: Side) -> Vec<(&Order, i64)> {
        let usable = self
            .asset
            .check_initial(self.row.asset, self.scene.now, u32::MAX)
            .is_ok();
        let follows = match side {
            Side::Buy => self.index.0,
            Side::Sell => self.index.1,
        };
        let lane = |pegged: bool| {
            let slots = self.book.lanes[lane_of(side, pegged)]
                .iter()
                .rev()
                .take(LOOKED_AT);
            slots.filter_map(|slot| self.book.orders.get(usize::from(*slot)))
        };
        let fixed = lane(false).map(|order| (order, order.price));
        let pegged = lane(true).filter(|_| usable);
        let pegged = pegged.map(|order| (order, order.price.saturating_add(follows)));
        let mut all: Vec<_> = fixed.chain(pegged).collect();
        all.sort_by_key(|(order, price)| {
            let rank = match side {
                Side::Buy => price.saturating_neg(),
                Side::Sell => *price,
            };
            (rank, order.sequence)
        });
        all
    }

    fn follow(
        &self,
        trigger: &Trigger,
        place: u8,
        (key, margin): (Pubkey, &Margin),
    ) -> Option<Job> {
        let scene = self.scene;
        let bps = i128::from(scene.config.duties.triggers.follow_bps);
        let mut moved = *trigger;
        if bps == 0 || !moved.follow(self.index.0) {
            return None;
        }
        let by = i128::from(moved.price.abs_diff(trigger.price)) * 10_000;
        if by < bps * i128::from(self.index.0.max(1)) {
            return None;
        }
        let mut bundle = Bundle::new(Kind::Follow, key);
        bundle.bring(scene, margin);
        bundle.prices.extend(self.due());
        bundle.prices.sort_unstable();
        bundle.prices.dedup();
        bundle.price(scene, [trigger.market]);
        bundle.trades = true;
        bundle.watch = vec![Watch::Time(SEEN_MS)];
        let actor = scene.identity.actor(trigger.market);
        let step = scene.venue().execute_trigger(&actor, key, place, &[]);
        bundle.steps.push(step.into());
        bundle.service(scene)
    }
}

/// What a trigger meets.
#[derive(Default)]
struct Met {
    lots: i64,
    value: u64,
    orders: usize,
    makers: Vec<Pubkey>,
}
