//! What becomes of transactions, and what is learnt from it.

use super::Keeper;
use crate::{
    chain::{Failure, Receipt},
    refusal::{Lesson, Response},
    strategy::Job,
};
use anchor_lang::prelude::Pubkey;
use counterweight_sdk::{
    events,
    program::events::{Liquidated, SliceLiquidated, TriggerExecuted},
};
use tracing::{error, info, warn};

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was carried out.
    Confirmed(Receipt),
    /// In a dry run: it would be.
    Simulated,
    /// It was not carried out, or nobody knows.
    Failed(Failure),
}

impl Keeper {
    /// Takes what became of a transaction.
    pub fn landed(&mut self, ticket: u64, outcome: Outcome, now: u64) {
        let Some(job) = self.jobs.remove(&ticket) else {
            return;
        };
        self.is_stirred = true;
        match outcome {
            Outcome::Confirmed(receipt) => self.confirmed(ticket, &job, &receipt, now),
            Outcome::Simulated => {
                info!(kind = job.id.kind.name(), subject = %job.id.subject, "would be carried out");
                self.backoff.done(&job.id);
                self.flights.land(ticket, now);
            }
            Outcome::Failed(Failure::Refused { code, sentence }) => {
                self.flights.abort(ticket);
                self.refused(&job, code, &sentence, now);
            }
            Outcome::Failed(failure) => self.lost(ticket, &job, &failure, now),
        }
        let in_the_air = i64::try_from(self.flights.in_the_air()).unwrap_or(i64::MAX);
        self.metrics.in_flight.set(in_the_air);
    }

    fn confirmed(&mut self, ticket: u64, job: &Job, receipt: &Receipt, now: u64) {
        self.flights.land(ticket, now);
        for key in job.locked() {
            self.backoff.succeed(key);
        }
        self.backoff.done(&job.id);
        self.bids.note_confirmed();
        let found = reward(&receipt.logs, &self.identity.account);
        // A node that has no log leaves what was expected.
        let reward = if receipt.logs.is_empty() {
            job.expected.reward
        } else {
            found
        };
        let brought = crate::strategy::Expected {
            reward,
            ..job.expected
        };
        self.metrics.confirm(job.id.kind, &job.expected, reward);
        self.summary.confirmed += 1;
        self.summary.profit = self.summary.profit.saturating_add(brought.profit());
        self.summary.volume = self.summary.volume.saturating_add(job.expected.volume);
        let hedge = if job.id.kind.takes_over() {
            self.hedge()
        } else {
            String::new()
        };
        info!(
            kind = job.id.kind.name(), subject = %job.id.subject, signature = %receipt.signature, reward,
            profit = brought.profit(), hedge, "confirmed"
        );
    }

    fn refused(&mut self, job: &Job, code: Option<u32>, sentence: &str, now: u64) {
        let kind = job.id.kind;
        let lesson = Lesson::of(code, kind.takes_over());
        self.metrics.refuse(kind, lesson, code);
        self.summary.refused += 1;
        let keys: Vec<Pubkey> = job.locked().copied().collect();
        match lesson.response() {
            Response::Report => {
                error!(kind = kind.name(), subject = %job.id.subject, code, sentence, "refused, and should not have been");
                for key in keys {
                    self.backoff.fail_for_long(key, now);
                }
                return;
            }
            Response::BringPrices => self.clocks.bring_prices(),
            Response::StopTaking => {
                let seconds = self.config.account.margin_pause_seconds;
                let sequence = self.state.fleet().sequence(&self.identity.account);
                self.short = Some((now.saturating_add(seconds.saturating_mul(1_000)), sequence));
                error!(
                    sentence,
                    "the keeper's margin does not suffice: nothing is taken over until its account changes. Deposit, or reduce its positions"
                );
            }
            Response::BackOff => {}
        }
        for key in keys {
            self.backoff.fail(key, now);
        }
        info!(kind = kind.name(), subject = %job.id.subject, lesson = lesson.name(), code, sentence, "refused");
    }

    fn lost(&mut self, ticket: u64, job: &Job, failure: &Failure, now: u64) {
        let fate = match failure {
            Failure::Expired => "expired",
            Failure::Unknown(_) => "unknown",
            _ => "unsent",
        };
        self.metrics
            .lost
            .with_label_values(&[job.id.kind.name(), fate])
            .inc();
        self.summary.lost += 1;
        match failure {
            // It may have been carried out: nothing is done to its accounts until that is seen, or cannot be any more.
            Failure::Unknown(_) => self.flights.land(ticket, now),
            Failure::Expired => {
                self.flights.abort(ticket);
                self.bids.note_expired();
            }
            _ => {
                self.flights.abort(ticket);
                for key in job.locked() {
                    self.backoff.fail(*key, now);
                }
            }
        }
        warn!(kind = job.id.kind.name(), subject = %job.id.subject, %failure, "not confirmed");
    }
}

/// What a transaction brought into the cash of an account, by its log.
fn reward(logs: &[String], own: &Pubkey) -> i64 {
    let single = events::of_type::<Liquidated>(logs).into_iter();
    let single = single.filter(|event| event.liquidator == *own);
    let single = single.map(|event| event.penalty.saturating_sub(event.insurance));
    let slices = events::of_type::<SliceLiquidated>(logs).into_iter();
    let slices = slices.filter(|event| event.outcome.liquidator == *own);
    let legs = slices.flat_map(|event| event.legs);
    let legs = legs.map(|leg| leg.penalty.saturating_sub(leg.insurance));
    let triggers = events::of_type::<TriggerExecuted>(logs).into_iter();
    let triggers = triggers
        .filter(|event| event.executor == *own)
        .map(|event| event.fee);
    single
        .chain(legs)
        .chain(triggers)
        .fold(0, i64::saturating_add)
}
