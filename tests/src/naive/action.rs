//! Actions: what both exchanges do.

use super::Arena;
use crate::actions::Quote as Price;
use anchor_lang::{
    prelude::{AccountMeta, Pubkey},
    solana_program::instruction::Instruction,
};
use counterweight::{Guards, OrderArgs, QuotesArgs, TradeArgs, Which};
use counterweight_risk::MarketTerms;
use counterweight_sdk::trading::Actor;
use counterweight_simnet::{Keypair, Signer};

/// An order that is placed. Traders and markets are indices.
#[derive(Clone, Debug)]
pub struct Place {
    /// Who places it.
    pub who: usize,
    /// Where.
    pub market: usize,
    /// What.
    pub args: OrderArgs,
    /// The client's limits.
    pub guards: Guards,
    /// Makers whose accounts are passed.
    pub hand: Vec<usize>,
    /// The order in whose place it comes.
    pub replaces: Option<u64>,
}

/// Something to do.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // they are the arguments of the instructions
pub enum Action {
    Place(Place),
    Trade {
        who: usize,
        market: usize,
        args: TradeArgs,
        guards: Guards,
        hand: Vec<usize>,
    },
    Edit(Place, u64),
    Cancel {
        who: usize,
        market: usize,
        which: Which,
        limit: u8,
    },
    Quotes {
        who: usize,
        market: usize,
        args: QuotesArgs,
        guards: Guards,
        hand: Vec<usize>,
    },
    Prune {
        who: usize,
        market: usize,
        limit: u8,
    },
    Settle {
        market: usize,
        makers: Vec<usize>,
        limit: u8,
    },
    Funding(usize),
    Discount {
        who: usize,
        bps: u16,
    },
    Terms {
        market: usize,
        terms: Box<MarketTerms>,
    },
    Flag(usize),
    Price {
        seconds: i64,
        quotes: Vec<Price>,
    },
    Time(i64),
}

impl Action {
    /// A name for the statistics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Place(_) => "place_order",
            Self::Trade { .. } => "trade",
            Self::Edit(..) => "edit_order",
            Self::Cancel { .. } => "cancel_orders",
            Self::Quotes { .. } => "place_orders",
            Self::Prune { .. } => "prune_orders",
            Self::Settle { .. } => "settle_fills",
            Self::Funding(_) => "update_funding",
            Self::Discount { .. } => "set_fee_discount",
            Self::Terms { .. } => "set_market_terms",
            Self::Flag(_) => "flag_account",
            Self::Price { .. } => "price",
            Self::Time(_) => "time",
        }
    }

    /// The instruction, and who signs it; none for time and prices.
    pub fn instruction<'a>(&self, arena: &'a Arena) -> Option<(Instruction, Vec<&'a Keypair>)> {
        let x = &arena.exchange;
        let trader = |who: usize| &arena.traders[who];
        let actor = |who: usize, market: usize| x.actor(trader(who), market as u16);
        let by = |who: usize, instruction| Some((instruction, vec![&trader(who).key]));
        let margins =
            |of: &[usize]| -> Vec<Pubkey> { of.iter().map(|w| trader(*w).margin).collect() };
        let place = |place: &Place| -> (Actor, Vec<Pubkey>) {
            (actor(place.who, place.market), margins(&place.hand))
        };
        match self {
            Self::Place(order) => {
                let (actor, hand) = place(order);
                let made = x.venue.place_order(&actor, order.args, order.guards, &hand);
                by(order.who, made)
            }
            Self::Edit(order, id) => {
                let (actor, hand) = place(order);
                let made = x
                    .venue
                    .edit_order(&actor, *id, order.args, order.guards, &hand);
                by(order.who, made)
            }
            Self::Trade {
                who,
                market,
                args,
                guards,
                hand,
            } => {
                let (actor, hand) = (actor(*who, *market), margins(hand));
                by(*who, x.venue.trade(&actor, *args, *guards, &hand))
            }
            Self::Cancel {
                who,
                market,
                which,
                limit,
            } => {
                let actor = actor(*who, *market);
                by(*who, x.venue.cancel_orders(&actor, *which, *limit))
            }
            Self::Quotes {
                who,
                market,
                args,
                guards,
                hand,
            } => {
                let actor = actor(*who, *market);
                let mut made = x.venue.place_orders(&actor, args.clone(), *guards);
                let hand = margins(hand).into_iter();
                made.accounts
                    .extend(hand.map(|key| AccountMeta::new(key, false)));
                by(*who, made)
            }
            Self::Prune { who, market, limit } => {
                let margin = trader(*who).margin;
                let made = x.venue.prune_orders(margin, *market as u16, *limit);
                Some((made, Vec::new()))
            }
            Self::Settle {
                market,
                makers,
                limit,
            } => {
                let made = x
                    .venue
                    .settle_fills(*market as u16, &margins(makers), *limit);
                Some((made, Vec::new()))
            }
            Self::Funding(market) => Some((x.venue.update_funding(*market as u16), Vec::new())),
            Self::Discount { who, bps } => {
                let (key, margin) = (x.authority.pubkey(), trader(*who).margin);
                let made = x.venue.set_fee_discount(key, margin, *bps);
                Some((made, vec![&x.authority]))
            }
            Self::Terms { market, terms } => {
                let key = x.authority.pubkey();
                let made = x.venue.set_market_terms(key, *market as u16, **terms);
                Some((made, vec![&x.authority]))
            }
            Self::Flag(who) => Some((x.venue.flag_account(trader(*who).margin), Vec::new())),
            Self::Price { .. } | Self::Time(_) => None,
        }
    }
}
