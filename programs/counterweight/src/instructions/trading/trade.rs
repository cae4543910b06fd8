//! `trade`: takes from the book at once, up to a limit price; what the book does not hold is cancelled.

use super::{
    order_args::{MAX_MATCHES, OrderArgs, OrderKind, PriceArgs, SelfTrade},
    place_order::{ActOnBook, run},
};
use crate::instructions::Guards;
use anchor_lang::prelude::*;
use counterweight_risk::orders::Side;

/// What a trader asks for.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct TradeArgs {
    /// Buy or sell.
    pub side: Side,
    /// How many lots at most.
    pub lots: u64,
    /// The worst price in ticks.
    pub limit: u64,
    /// Whether it may only bring the position nearer to zero.
    pub reduce_only: bool,
}

/// Trades at once.
///
/// # Errors
/// As [`super::place_order()`].
pub(crate) fn trade<'info>(
    ctx: Context<'info, ActOnBook<'info>>,
    args: TradeArgs,
    guards: Guards,
) -> Result<()> {
    let order = OrderArgs {
        side: args.side,
        price: PriceArgs::Fixed(args.limit),
        lots: args.lots,
        kind: OrderKind::ImmediateOrCancel,
        self_trade: SelfTrade::CancelProvide,
        reduce_only: args.reduce_only,
        expires: 0,
        client_id: 0,
        match_limit: MAX_MATCHES,
    };
    run(&ctx, None, &order, &guards)
}
