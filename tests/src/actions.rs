//! Random actions: most succeed, a good part is refused.

mod choose;
mod defaults;
mod derive;
mod ending;
mod orders;
mod prices;
mod strange;
mod takeover;
mod terms;
mod trade;
mod triggers;

pub use choose::choose;
pub use defaults::by_opcode;

use crate::{
    snapshot::{Deed, Step},
    world::World,
};
use anchor_lang::solana_program::instruction::Instruction;
use counterweight_simnet::{Failure, Signer};

/// Kinds of actions, for the statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // they say what they are
pub enum Kind {
    Deposit,
    Withdraw,
    Transfer,
    Trade,
    Reduce,
    Flip,
    PriceMove,
    PriceGap,
    Refresh,
    Clock,
    Flag,
    Liquidate,
    Slice,
    Seize,
    CollectFees,
    WithdrawFees,
    FundInsurance,
    Accrue,
    Resize,
    SetDelegate,
    Pause,
    MarketTerms,
    AssetTerms,
    RiskTerms,
    OutflowLimit,
    PlaceOrder,
    TakeOrders,
    EditOrder,
    CancelOrders,
    Quotes,
    Prune,
    SettleFills,
    Funding,
    Discount,
    Crash,
    TakeOver,
    Deleverage,
    CloseBackstop,
    Sell,
    CatchUp,
    Sweep,
    OpenTriggers,
    PlaceTrigger,
    Execute,
    Strange,
    Strategy,
    RefreshArrays,
    SetSmile,
    SetModel,
    AssetRisk,
    PortfolioTerms,
    Expire,
    SettleExpired,
    SettlePosition,
}

/// A price that is published, in units of 10^-8 dollars.
#[derive(Clone, Copy, Debug)]
pub struct Quote {
    /// The asset.
    pub asset: u16,
    /// Its price.
    pub price: i64,
    /// Half-width of the confidence interval.
    pub confidence: u64,
    /// Moving average.
    pub average: i64,
}

/// Something to do.
#[derive(Clone, Debug)]
pub struct Action {
    /// Its kind.
    pub kind: Kind,
    /// What it is meant to do to accounts.
    pub deed: Deed,
    /// Seconds by which the clock is turned first.
    pub seconds: i64,
    /// Prices that are published first, at that time.
    pub quotes: Vec<Quote>,
    /// The transaction; none for a mere passing of time.
    pub instructions: Vec<Instruction>,
    /// Who signs, as indices of [`World::people`].
    pub signers: Vec<usize>,
    /// For the log.
    pub note: String,
}

impl Action {
    /// Something that neither takes time nor publishes a price.
    pub fn new(
        kind: Kind,
        deed: Deed,
        instruction: Instruction,
        signers: &[usize],
        note: String,
    ) -> Self {
        Self {
            kind,
            deed,
            seconds: 0,
            quotes: Vec::new(),
            instructions: vec![instruction],
            signers: signers.to_vec(),
            note,
        }
    }

    /// Does it. Returns what was done, and why not where it was refused.
    pub fn perform(&self, world: &mut World) -> (Step, Option<Box<Failure>>) {
        let (step, outcome) = self.attempt(world);
        (step, outcome.err())
    }

    /// Does it. Returns what was done, and the compute units of it, or why it was refused.
    ///
    /// # Errors
    /// None: the refusal is a part of what is returned.
    pub fn attempt(&self, world: &mut World) -> (Step, Result<u64, Box<Failure>>) {
        let x = &mut world.exchange;
        if self.seconds > 0 {
            x.chain.advance(self.seconds);
        }
        for quote in &self.quotes {
            x.publish_with(quote.asset, quote.price, quote.confidence, quote.average);
        }
        let keys: Vec<_> = self
            .signers
            .iter()
            .map(|person| &world.people[*person].key)
            .collect();
        let signers = keys.iter().map(|key| key.pubkey()).collect();
        let outcome = if self.instructions.is_empty() {
            Ok(0)
        } else {
            let sent = x.chain.send(&self.instructions, &keys);
            sent.map(|receipt| receipt.units)
        };
        let step = Step {
            deed: self.deed.clone(),
            signers,
            succeeded: outcome.is_ok(),
        };
        (step, outcome)
    }
}
