//! The book against a model that keeps a plain list and sorts it anew each time.

use super::*;
use proptest::{prelude::*, test_runner::RngSeed};

struct Store {
    header: BookHeader,
    lanes: Box<[[u16; LANE_SLOTS]; LANES]>,
    orders: Vec<Order>,
}

impl Store {
    fn new(slots: usize) -> Self {
        Self {
            header: BookHeader::default(),
            lanes: Box::new([[0; LANE_SLOTS]; LANES]),
            orders: vec![Order::default(); slots],
        }
    }

    fn book(&mut self) -> Book<'_> {
        Book {
            header: &mut self.header,
            lanes: &mut self.lanes,
            orders: &mut self.orders,
        }
    }
}

/// What the model knows of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    id: OrderId,
    side: Side,
    pegged: bool,
    price: i64,
    lots: i64,
    arrival: u64,
}

fn stands(order: &Known, index: IndexTicks) -> i64 {
    if order.pegged {
        order.price + index.of(order.side)
    } else {
        order.price
    }
}

/// The orders of a side that can be met, the best first.
fn sorted(model: &[Known], side: Side, index: IndexTicks) -> Vec<(OrderId, i64)> {
    let mut orders: Vec<_> = model
        .iter()
        .filter(|order| order.side == side && (index.usable || !order.pegged))
        .collect();
    orders.sort_by_key(|order| {
        let price = stands(order, index);
        let rank = if side == Side::Buy { -price } else { price };
        (rank, order.arrival)
    });
    orders.iter().map(|o| (o.id, stands(o, index))).collect()
}

#[derive(Clone, Debug)]
enum Action {
    Insert {
        buy: bool,
        pegged: bool,
        price: i64,
        lots: i64,
    },
    Remove(prop::sample::Index),
    Reduce(prop::sample::Index, i64),
    Move(i64, i64, bool),
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let insert = (any::<bool>(), any::<bool>(), -30i64..30, 1i64..50).prop_map(
        |(buy, pegged, price, lots)| Action::Insert {
            buy,
            pegged,
            price: if pegged { price } else { 100 + price },
            lots,
        },
    );
    let action = prop_oneof![
        5 => insert,
        2 => any::<prop::sample::Index>().prop_map(Action::Remove),
        2 => (any::<prop::sample::Index>(), 1i64..60).prop_map(|(at, lots)| Action::Reduce(at, lots)),
        1 => (70i64..130, 0i64..2, any::<bool>()).prop_map(|(at, gap, usable)| Action::Move(at, gap, usable)),
    ];
    prop::collection::vec(action, 500)
}

fn compare(book: &Book, model: &[Known], index: IndexTicks) {
    for side in [Side::Buy, Side::Sell] {
        let found: Vec<_> = book
            .merged(side, index)
            .map(|best| (book.order(best.slot).id(best.slot), best.price))
            .collect();
        assert_eq!(found, sorted(model, side, index));
        let all = model.iter().filter(|order| order.side == side).count();
        assert_eq!(book.length(side), all);
        assert_eq!(
            book.best(side, index)
                .map(|b| book.order(b.slot).id(b.slot)),
            found.first().map(|(id, _)| *id)
        );
    }
    assert_eq!(book.slots().count(), model.len());
    for known in model {
        let slot = book.find(known.id).expect("an order that rests is found");
        let order = book.order(slot);
        assert_eq!(
            (order.lots, order.price, order.side()),
            (known.lots, known.price, known.side)
        );
    }
}

/// 10^5 random operations: 200 runs of 500.
#[test]
fn a_book_is_what_a_sorted_list_would_be() {
    let config = ProptestConfig {
        cases: 200,
        rng_seed: RngSeed::Fixed(20),
        ..ProptestConfig::default()
    };
    proptest!(config, |(actions in actions(), slots in 8usize..200)| {
        let mut store = Store::new(slots);
        let mut book = store.book();
        let mut model: Vec<Known> = Vec::new();
        let mut gone = Vec::new();
        let mut index = IndexTicks { floor: 100, ceil: 100, usable: true };
        for action in actions {
            match action {
                Action::Insert { buy, pegged, price, lots } => {
                    let side = if buy { Side::Buy } else { Side::Sell };
                    let room = model.iter().filter(|o| o.side == side).count() < slots / 2;
                    let order = Order { price, lots, ..Order::new(side, pegged) };
                    let arrival = book.header.arrivals;
                    match book.insert(order) {
                        Ok(slot) => {
                            prop_assert!(room);
                            let id = book.order(slot).id(slot);
                            model.push(Known { id, side, pegged, price, lots, arrival });
                        }
                        Err(Full) => prop_assert!(!room),
                    }
                }
                Action::Remove(_) | Action::Reduce(..) if model.is_empty() => {}
                Action::Remove(at) => {
                    let known = model.remove(at.index(model.len()));
                    let slot = book.find(known.id).unwrap();
                    prop_assert_eq!(book.remove(slot).lots, known.lots);
                    gone.push(known.id);
                }
                Action::Reduce(at, lots) => {
                    let at = at.index(model.len());
                    let slot = book.find(model[at].id).unwrap();
                    prop_assert_eq!(book.reduce(slot, lots).lots, model[at].lots);
                    model[at].lots -= lots;
                    if model[at].lots <= 0 {
                        gone.push(model.remove(at).id);
                    }
                }
                Action::Move(at, gap, usable) => {
                    index = IndexTicks { floor: at, ceil: at + gap, usable };
                }
            }
            compare(&book, &model, index);
        }
        for id in gone {
            prop_assert_eq!(book.find(id), None);
        }
    });
}

#[test]
fn a_side_takes_a_thousand_and_twenty_four_orders_and_no_more() {
    let mut store = Store::new(2 * SIDE_ORDERS);
    let mut book = store.book();
    for side in [Side::Buy, Side::Sell] {
        for n in 0..SIDE_ORDERS as i64 {
            let order = Order {
                price: 1 + (n * 7_919) % 1_024,
                lots: 1,
                ..Order::new(side, n % 3 == 0)
            };
            book.insert(order).unwrap();
        }
        assert_eq!(book.insert(Order::new(side, false)), Err(Full));
    }
    let index = IndexTicks {
        floor: 5,
        ceil: 5,
        usable: true,
    };
    let prices: Vec<_> = book.merged(Side::Buy, index).map(|b| b.price).collect();
    assert_eq!(prices.len(), SIDE_ORDERS);
    assert!(prices.windows(2).all(|pair| pair[0] >= pair[1]));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, rng_seed: RngSeed::Fixed(21), ..ProptestConfig::default() })]

    /// Entries leave in any turn; what is not settled stays, in its order.
    #[test]
    fn a_queue_loses_nothing(turns in prop::collection::vec((0u8..3, any::<prop::sample::Index>()), 0..400)) {
        let mut header = queue::QueueHeader::default();
        let mut entries = [Entry::default(); 16];
        let mut queue = Queue { header: &mut header, entries: &mut entries };
        let (mut model, mut next) = (Vec::new(), 0i64);
        for (kind, at) in turns {
            if kind > 0 {
                let entry = Entry { kind: queue::FILLED, lots: next, ..Entry::default() };
                if queue.push(entry) {
                    model.push(next);
                    next += 1;
                } else {
                    prop_assert!(!queue.has_room());
                }
            } else if !model.is_empty() {
                let wanted = model.remove(at.index(model.len()));
                let place = queue.open().find(|(_, e)| e.lots == wanted).unwrap().0;
                prop_assert_eq!(queue.take(place).lots, wanted);
            }
            prop_assert_eq!(queue.open().map(|(_, e)| e.lots).collect::<Vec<_>>(), model.clone());
            prop_assert_eq!(usize::from(queue.header.open), model.len());
            if model.is_empty() {
                prop_assert_eq!(queue.header.length, 0);
            }
        }
    }
}
