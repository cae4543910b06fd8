//! What trading on the book costs: accounts with 8 positions, a book of some depth.

use crate::{
    cases::{Cost, measure},
    world::{Bytecode, LotValue, exchange, open, trader},
};
use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use counterweight::{
    Guards, OrderArgs, OrderKind, PriceArgs, Quote, QuotesArgs, TradeArgs, TriggerArgs, Which,
};
use counterweight_risk::orders::Side;
use counterweight_sdk::trading::open_triggers;
use counterweight_simnet::{Exchange, Keypair, Signer, Trader, limit};

const MARKET: u16 = 0;
const N: Option<u16> = Some(8);

struct Bench {
    x: Exchange,
    maker: Trader,
    taker: Trader,
    others: Vec<Trader>,
    mid: u64,
    costs: Vec<Cost>,
}

/// Everything that happens on a book.
pub fn all(bytecode: Bytecode) -> Vec<Cost> {
    let mut bench = Bench::new(bytecode);
    bench.resting();
    bench.taking();
    bench.queue();
    bench.above_the_index();
    bench.triggers();
    bench.funding();
    bench.full();
    bench.costs
}

fn post(side: Side, ticks: u64) -> OrderArgs {
    OrderArgs {
        kind: OrderKind::PostOnly,
        ..limit(side, ticks, 1_000)
    }
}

impl Bench {
    fn new(bytecode: Bytecode) -> Self {
        let mut x = exchange(bytecode, LotValue::Usual);
        let maker = trader(&mut x, "maker", 10_000_000);
        let taker = trader(&mut x, "taker", 10_000_000);
        open(&mut x, &maker, &taker, 0, 8, 1_000);
        // Other makers, so that each fill of a taker meets another account.
        let others: Vec<Trader> = (0..8)
            .map(|n| trader(&mut x, &format!("other {n}"), 1_000_000))
            .collect();
        for other in &others {
            open(&mut x, other, &taker, 0, 8, 100);
        }
        let mid = x.index_ticks(MARKET);
        let mut bench = Self {
            x,
            maker,
            taker,
            others,
            mid,
            costs: Vec::new(),
        };
        bench.depth();
        bench
    }

    /// 40 orders a side, the best ones of different makers.
    fn depth(&mut self) {
        for n in 0..40 {
            let owner = &self.others[n as usize % 8];
            for (side, ticks) in [
                (Side::Buy, self.mid - 10 - n),
                (Side::Sell, self.mid + 10 + n),
            ] {
                let order = post(side, ticks);
                self.x.order(owner, MARKET, order, &[]).expect("depth");
            }
        }
    }

    fn run(&mut self, name: &str, instruction: Instruction, key: Option<&Keypair>) {
        let signers: Vec<&Keypair> = key.into_iter().collect();
        let cost = measure(&mut self.x, name, N, &[instruction], &signers, true);
        self.costs.push(cost);
    }

    fn place(&self, trader: &Trader, args: OrderArgs) -> Instruction {
        let actor = self.x.actor(trader, MARKET);
        self.x
            .venue
            .place_order(&actor, args, Guards::default(), &[])
    }

    fn resting(&mut self) {
        let key = self.maker.key.insecure_clone();
        let order = self.place(&self.maker, post(Side::Buy, self.mid - 5));
        self.run("place_order, post-only", order, Some(&key));
        let pegged = OrderArgs {
            price: PriceArgs::Pegged {
                offset: -5,
                worst: self.mid + 500,
            },
            ..post(Side::Buy, 1)
        };
        let order = self.place(&self.maker, pegged);
        self.run("place_order, pegged", order, Some(&key));

        for n in 0..8 {
            let side = if n % 2 == 0 { Side::Buy } else { Side::Sell };
            let ticks = if n % 2 == 0 {
                self.mid - 8 - n
            } else {
                self.mid + 8 + n
            };
            self.x
                .order(&self.maker, MARKET, post(side, ticks), &[])
                .expect("quote");
        }
        let actor = self.x.actor(&self.maker, MARKET);
        let venue = self.x.venue;
        let book = self.x.order_book(MARKET);
        let own = self.maker.margin.to_bytes();
        let id = book
            .resting(Side::Buy, false)
            .find(|(_, o)| o.maker == own)
            .expect("own")
            .0;
        let one = venue.cancel_orders(&actor, Which::Id(id), 1);
        self.run("cancel_orders, one", one, Some(&key));
        let all = venue.cancel_orders(&actor, Which::All, 255);
        self.run("cancel_orders, all 8", all, Some(&key));
        let smaller = OrderArgs {
            lots: 500,
            ..post(Side::Buy, self.mid - 8)
        };
        let edit = venue.edit_order(&actor, id, smaller, Guards::default(), &[]);
        self.run("edit_order, fewer lots", edit, Some(&key));
        let dearer = post(Side::Buy, self.mid - 7);
        let edit = venue.edit_order(&actor, id, dearer, Guards::default(), &[]);
        self.run("edit_order, another price", edit, Some(&key));
        let quotes = self.requote();
        let again = venue.place_orders(&actor, quotes, Guards::default());
        self.run("place_orders, re-quote of 8", again, Some(&key));
    }

    fn requote(&self) -> QuotesArgs {
        let quote = |n: u64| Quote {
            side: if n.is_multiple_of(2) {
                Side::Buy
            } else {
                Side::Sell
            },
            price: PriceArgs::Fixed(if n.is_multiple_of(2) {
                self.mid - 9 - n
            } else {
                self.mid + 9 + n
            }),
            lots: 1_000,
            client_id: n,
        };
        QuotesArgs {
            cancel: Some(Which::All),
            quotes: (0..8).map(quote).collect(),
            slide: false,
            expires: 0,
        }
    }

    fn take(&self, fills: usize, makers: &[Pubkey]) -> Instruction {
        let args = TradeArgs {
            side: Side::Buy,
            lots: fills as u64 * 1_000,
            limit: self.mid + 100,
            reduce_only: false,
        };
        let actor = self.x.actor(&self.taker, MARKET);
        self.x.venue.trade(&actor, args, Guards::default(), makers)
    }

    fn taking(&mut self) {
        self.x
            .cancel(&self.maker, MARKET, Which::All)
            .expect("cancel");
        let key = self.taker.key.insecure_clone();
        let makers: Vec<Pubkey> = self.others.iter().map(|other| other.margin).collect();
        for fills in [1, 2, 4, 8] {
            let name = format!("trade, {fills} fills, makers passed");
            let trade = self.take(fills, &makers[..fills]);
            self.run(&name, trade, Some(&key));
        }
        for fills in [1, 8, 32] {
            let trade = self.take(fills, &[]);
            self.run(&format!("trade, {fills} fills, queued"), trade, Some(&key));
        }
    }

    fn queue(&mut self) {
        let makers: Vec<Pubkey> = self.others.iter().map(|other| other.margin).collect();
        let trade = self.take(8, &[]);
        self.x
            .chain
            .send(&[trade], &[&self.taker.key])
            .expect("trade");
        for n in [1, 8] {
            let settle = self.x.venue.settle_fills(MARKET, &makers[..n], 255);
            self.run(&format!("settle_fills, {n} makers"), settle, None);
        }
        self.x.settle_fills(MARKET, &makers).expect("settle");
        let soon = OrderArgs {
            expires: self.x.chain.time() + 1,
            ..post(Side::Buy, self.mid - 5)
        };
        self.x.order(&self.maker, MARKET, soon, &[]).expect("order");
        self.x.chain.advance(2);
        let prune = self.x.venue.prune_orders(self.maker.margin, MARKET, 8);
        self.run("prune_orders, one expired", prune, None);
    }

    fn triggers(&mut self) {
        let key = self.maker.key.insecure_clone();
        let (owner, margin) = (key.pubkey(), self.maker.margin);
        self.run("open_triggers", open_triggers(owner, margin), Some(&key));
        self.x
            .chain
            .send(&[open_triggers(owner, margin)], &[&key])
            .expect("open");
        let args = TriggerArgs {
            market: MARKET,
            side: Side::Sell,
            above: false,
            price: self.mid + 1,
            trail: 0,
            slippage: 50,
            lots: 500,
            expires: 0,
            client_id: 0,
        };
        let venue = self.x.venue;
        let place = venue.place_trigger(owner, margin, args);
        self.run("place_trigger", place.clone(), Some(&key));
        self.x.chain.send(&[place], &[&key]).expect("place");
        let cancel = venue.cancel_trigger(owner, margin, 0);
        self.run("cancel_trigger", cancel, Some(&key));
        let executor = self.x.actor(&self.taker, MARKET);
        let best = self.others[0].margin;
        let execute = venue.execute_trigger(&executor, margin, 0, &[best]);
        let key = self.taker.key.insecure_clone();
        self.run("execute_trigger, 1 fill", execute, Some(&key));
    }

    /// An index below the whole book: the impact price is looked for.
    fn above_the_index(&mut self) {
        let price = self.x.prices[1];
        self.x.set_price(1, price - price / 100);
        let key = self.maker.key.insecure_clone();
        let order = self.place(&self.maker, post(Side::Sell, self.mid + 30));
        let name = "place_order, post-only, the book above the index";
        self.run(name, order, Some(&key));
        self.x.set_price(1, price);
    }

    fn funding(&mut self) {
        self.x.chain.advance(2 * 3_600);
        self.x.refresh_all();
        let update = self.x.venue.update_funding(MARKET);
        self.run("update_funding, 2 intervals", update, None);
    }

    /// The same in a book whose bids are all taken: 1,024 orders.
    fn full(&mut self) {
        for chunk in 0..64 {
            let quote = |n: u64| Quote {
                side: Side::Buy,
                price: PriceArgs::Fixed(self.mid - 400 - (chunk * 37 + n * 11) % 300),
                lots: 10,
                client_id: 0,
            };
            let args = QuotesArgs {
                cancel: None,
                quotes: (0..15).map(quote).collect(),
                slide: false,
                expires: 0,
            };
            let owner = &self.others[chunk as usize % 8];
            self.x.quotes(owner, MARKET, args).expect("fill the book");
        }
        let key = self.maker.key.insecure_clone();
        let order = self.place(&self.maker, post(Side::Buy, self.mid - 450));
        self.run(
            "place_order, post-only, behind 980 orders",
            order,
            Some(&key),
        );
    }
}
