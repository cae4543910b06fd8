//! A hedged book that fails: as long of one market on SOL as it is short of another, and a position in
//! ETH that has lost too much.

use crate::scene::{Outcome, deployed};
use anchor_lang::prelude::Pubkey;
use counterweight::SliceArgs;
use counterweight_sdk::liquidation::sliced_markets;
use counterweight_simnet::{Deployment, Exchange, Signer, Trader};

/// The market in which the book is long.
pub const LONG: u16 = 0;
/// The market in which it lost.
pub const ETH: u16 = 2;
/// The market in which it is short: the same as the first, a second time.
pub const SHORT: u16 = 3;
/// Lots of SOL on each side.
pub const HEDGE: i64 = 20_000;
/// All of every position.
pub const ALL: u32 = 1 << 20;

/// An exchange with the hedged book on it.
pub struct Hedged {
    /// The exchange.
    pub x: Exchange,
    /// The other side of every trade.
    pub maker: Trader,
    /// Whose book it is.
    pub hedger: Trader,
    /// A rich account without positions.
    pub keeper: Trader,
}

impl Hedged {
    /// The book, before ETH falls.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn new() -> Self {
        Self::on(|_| {})
    }

    /// The same on a clearinghouse that was changed before it was deployed.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn on(change: impl FnOnce(&mut Deployment)) -> Self {
        let mut x = deployed(|deployment| {
            let mut second = deployment.market[0].clone();
            second.name = "SOL-2".into();
            deployment.market.push(second);
            change(deployment);
        });
        let maker = x.funded("maker", 10_000_000);
        let hedger = x.funded("hedger", 3_600);
        let keeper = x.funded("keeper", 1_000_000);
        let legs = [x.leg(LONG, HEDGE), x.leg(ETH, 2_000), x.leg(SHORT, -HEDGE)];
        x.block_trade(&hedger, &maker, &legs).expect("block trade");
        Self {
            x,
            maker,
            hedger,
            keeper,
        }
    }

    /// The book after ETH fell by a quarter: below maintenance margin.
    ///
    /// # Panics
    /// If it cannot be made, or does not fail.
    pub fn failing() -> Self {
        let mut hedged = Self::new();
        hedged.fall();
        hedged
    }

    /// ETH falls by a quarter.
    ///
    /// # Panics
    /// If the account does not fail then.
    pub fn fall(&mut self) {
        self.x.set_price(3, 300_000_000_000);
        let view = self.x.view(self.hedger.margin).expect("margin_view");
        assert!(view.equity > 0 && view.equity < view.maintenance_margin);
    }

    /// Lots that an account holds in a market.
    pub fn lots(&self, margin: &Pubkey, market: u16) -> i64 {
        let margin = self.x.margin(margin);
        let held = margin.positions().iter().filter(|p| p.market == market);
        held.map(|p| p.lots.0).sum()
    }

    /// The markets of a slice of the book.
    pub fn markets(&self) -> Vec<u16> {
        sliced_markets(&self.x.tables(), &self.x.margin(&self.hedger.margin))
    }

    /// The keeper takes a slice with these arguments.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn slice(&mut self, args: SliceArgs) -> Outcome {
        let key = self.keeper.key.insecure_clone();
        let take = self.instruction(args);
        self.x.chain.send(&[take], &[&key])
    }

    /// The instruction by which the keeper takes a slice.
    pub fn instruction(
        &self,
        args: SliceArgs,
    ) -> anchor_lang::solana_program::instruction::Instruction {
        self.x.venue.liquidate_slice(
            self.keeper.key.pubkey(),
            self.hedger.margin,
            self.keeper.margin,
            &self.markets(),
            args,
        )
    }

    /// All margin accounts.
    pub fn margins(&self) -> [Pubkey; 3] {
        [self.maker.margin, self.hedger.margin, self.keeper.margin]
    }
}

impl Default for Hedged {
    fn default() -> Self {
        Self::new()
    }
}

/// Arguments for this fraction and nothing else.
pub fn fraction(max_fraction: u32) -> SliceArgs {
    SliceArgs {
        max_fraction,
        ..SliceArgs::default()
    }
}
