//! What is read in place is what is copied out, and what cannot be read is refused, never misread.

use anchor_lang::Discriminator;
use bytemuck::{bytes_of, cast_slice};
use counterweight_risk::orders::Side;
use counterweight_sdk::{
    accounts::{self, DecodeError},
    borrowed::{self, ALIGNMENT, Aligned, AlignedBytes, MarginRef, MarketRef, RiskBookRef},
    program::state::{
        Clearinghouse, Custody, Layout, MARGIN_HEADER, MARKET_LARGEST, MARKET_ORDERS, MARKET_QUEUE,
        MarginAccount, Market, RISK_BOOK_HEADER, RiskBook, Triggers,
    },
};

/// Bytes of a risk book's rows.
const ASSET: usize = size_of::<counterweight_risk::Asset>();
const MARKET_ROW: usize = size_of::<counterweight_risk::Market>();

/// Rounds of each property.
const ROUNDS: u64 = 300;

/// SplitMix64.
struct Rng(u64);

impl Rng {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.bits() % limit as u64) as usize
    }

    /// An account of so many bytes: type and version, and noise.
    fn noise<T: Discriminator + Layout>(&mut self, length: usize) -> AlignedBytes {
        let mut bytes: Vec<u8> = (0..length).map(|_| self.bits() as u8).collect();
        bytes[..8].copy_from_slice(T::DISCRIMINATOR);
        bytes[8] = T::VERSION;
        AlignedBytes::copy_of(&bytes)
    }
}

/// The same bytes with two of them, counted without the discriminator, replaced.
fn with_u16(bytes: &AlignedBytes, at: usize, value: usize) -> AlignedBytes {
    let mut bytes = bytes.to_vec();
    bytes[8 + at..][..2].copy_from_slice(&u16::try_from(value).unwrap().to_le_bytes());
    AlignedBytes::copy_of(&bytes)
}

/// Where a margin account's positions are counted.
const POSITION_COUNT: usize = core::mem::offset_of!(MarginAccount, core)
    + core::mem::offset_of!(counterweight_risk::AccountCore, position_count);

fn margin(rng: &mut Rng) -> (AlignedBytes, usize, usize) {
    let slots = rng.below(20);
    let used = rng.below(slots + 1);
    let bytes = rng.noise::<MarginAccount>(MARGIN_HEADER + slots * 80);
    (with_u16(&bytes, POSITION_COUNT, used), slots, used)
}

fn risk_book(rng: &mut Rng) -> (AlignedBytes, usize, usize) {
    let (assets, markets) = (rng.below(6), rng.below(9));
    let spare = rng.below(3);
    let bytes =
        rng.noise::<RiskBook>(RISK_BOOK_HEADER + assets * ASSET + markets * MARKET_ROW + spare);
    let bytes = with_u16(&bytes, core::mem::offset_of!(RiskBook, asset_count), assets);
    let at = core::mem::offset_of!(RiskBook, market_count);
    (with_u16(&bytes, at, markets), assets, markets)
}

/// A market that has grown to a random length, with a full book of noise as far as there is room for it.
fn market(rng: &mut Rng) -> AlignedBytes {
    let lengths = [MARKET_QUEUE, MARKET_ORDERS, MARKET_LARGEST];
    let at = rng.below(3);
    let grown = lengths[at] + if at == 1 { rng.below(50_000) } else { 0 };
    let orders = grown.saturating_sub(MARKET_ORDERS) / 96;
    let noise = rng.noise::<Market>(grown);
    let mut bytes = noise.to_vec();
    let book = 8 + core::mem::offset_of!(Market, book);
    for lane in 0..4 {
        let length = if orders == 0 { 0 } else { rng.below(1_025) };
        bytes[book + 8 + 2 * lane..][..2].copy_from_slice(&(length as u16).to_le_bytes());
        for place in 0..length {
            let handle = rng.below(orders) as u16;
            let at = 8 + size_of::<Market>() + 2 * (lane * 1_024 + place);
            bytes[at..at + 2].copy_from_slice(&handle.to_le_bytes());
        }
    }
    let queue = 8 + core::mem::offset_of!(Market, queue);
    let length = if at == 0 { 0 } else { rng.below(129) };
    bytes[queue + 2..][..2].copy_from_slice(&(length as u16).to_le_bytes());
    AlignedBytes::copy_of(&bytes)
}

#[test]
fn a_margin_account_in_place_is_its_bytes() {
    for seed in 0..ROUNDS {
        let (bytes, slots, used) = margin(&mut Rng(seed));
        let view = MarginRef::read(&bytes).unwrap();
        let copy = accounts::margin(&bytes).unwrap();
        assert_eq!(
            bytes_of(view.header),
            &bytes[8..MARGIN_HEADER],
            "seed {seed}"
        );
        assert_eq!(bytes_of(view.header), bytes_of(&copy.header));
        assert_eq!(cast_slice::<_, u8>(view.slots), &bytes[MARGIN_HEADER..]);
        assert_eq!(view.slots, copy.slots);
        assert_eq!((view.slots.len(), view.positions().len()), (slots, used));
        assert_eq!(view.view().positions, copy.view().positions);
        assert_eq!(view.view().balances, copy.view().balances);
        let (cash, index) = (view.view().cash, view.view().interest);
        assert_eq!((cash, index), (copy.view().cash, copy.view().interest));
        assert!(view.balances().all(|balance| balance.atoms > 0));
        assert_eq!(
            view.header as *const _ as usize,
            bytes.as_ptr() as usize + 8,
            "copied"
        );
    }
}

#[test]
fn a_risk_book_in_place_is_its_bytes() {
    for seed in 0..ROUNDS {
        let (bytes, assets, markets) = risk_book(&mut Rng(seed));
        let view = RiskBookRef::read(&bytes).unwrap();
        let copy = accounts::risk_book(&bytes).unwrap();
        assert_eq!(
            bytes_of(view.header),
            &bytes[8..RISK_BOOK_HEADER],
            "seed {seed}"
        );
        assert_eq!(bytes_of(view.header), bytes_of(&copy.header));
        assert_eq!((view.assets, view.markets), (&*copy.assets, &*copy.markets));
        assert_eq!((view.assets.len(), view.markets.len()), (assets, markets));
        let end = RISK_BOOK_HEADER + assets * ASSET;
        assert_eq!(
            cast_slice::<_, u8>(view.assets),
            &bytes[RISK_BOOK_HEADER..end]
        );
        assert_eq!(
            cast_slice::<_, u8>(view.markets),
            &bytes[end..end + markets * MARKET_ROW]
        );
    }
}

#[test]
fn a_market_in_place_is_its_bytes() {
    for seed in 0..ROUNDS {
        let bytes = market(&mut Rng(seed));
        let view = MarketRef::read(&bytes).unwrap();
        let copy = accounts::order_book(&bytes).unwrap();
        assert_eq!(bytes_of(view.header), bytes_of(&copy.header), "seed {seed}");
        assert_eq!(view.lanes.map(<[u16]>::to_vec), copy.lanes);
        assert_eq!(view.orders, copy.orders);
        assert!(view.queue().eq(&copy.queue));
        assert!(copy.queue.iter().all(|entry| entry.kind != 0));
        for (side, pegged) in [(Side::Buy, false), (Side::Sell, true)] {
            assert!(view.resting(side, pegged).eq(copy.resting(side, pegged)));
        }
        let whole = bytes.len().saturating_sub(MARKET_ORDERS) / 96;
        assert_eq!(view.orders.len(), whole);
    }
}

/// Reads as every type, in place and by copy; the answers must be the same refusals.
fn refusals(bytes: &[u8]) -> [Result<(), DecodeError>; 7] {
    let pairs = [
        (
            MarginRef::read(bytes).map(drop),
            accounts::margin(bytes).map(drop),
        ),
        (
            RiskBookRef::read(bytes).map(drop),
            accounts::risk_book(bytes).map(drop),
        ),
        (
            MarketRef::read(bytes).map(drop),
            accounts::order_book(bytes).map(drop),
        ),
        (
            borrowed::market(bytes).map(drop),
            accounts::market(bytes).map(drop),
        ),
        (
            borrowed::clearinghouse(bytes).map(drop),
            accounts::clearinghouse(bytes).map(drop),
        ),
        (
            borrowed::custody(bytes).map(drop),
            accounts::custody(bytes).map(drop),
        ),
        (
            borrowed::triggers(bytes).map(drop),
            accounts::triggers(bytes).map(drop),
        ),
    ];
    pairs.map(|(view, copy)| {
        assert_eq!(view, copy);
        view
    })
}

/// One of each type, with the number of its reader in [`refusals`].
fn one_of_each(rng: &mut Rng) -> [(usize, AlignedBytes); 6] {
    [
        (0, margin(rng).0),
        (1, risk_book(rng).0),
        (2, market(rng)),
        (
            4,
            rng.noise::<Clearinghouse>(8 + size_of::<Clearinghouse>()),
        ),
        (5, rng.noise::<Custody>(8 + size_of::<Custody>())),
        (6, rng.noise::<Triggers>(8 + size_of::<Triggers>())),
    ]
}

#[test]
fn an_account_of_another_type_is_refused() {
    for (reader, bytes) in one_of_each(&mut Rng(1)) {
        for (other, answer) in refusals(&bytes).into_iter().enumerate() {
            // The header of a market is read by two.
            let own = other == reader || (reader, other) == (2, 3);
            let expected = if own {
                Ok(())
            } else {
                Err(DecodeError::WrongType)
            };
            assert_eq!(answer, expected, "reader {other} of type {reader}");
        }
    }
}

#[test]
fn an_unknown_version_is_refused_by_name() {
    for (reader, bytes) in one_of_each(&mut Rng(2)) {
        let mut bytes = bytes.to_vec();
        let known = bytes[8];
        let found = known + 1;
        bytes[8] = found;
        let answer = refusals(&AlignedBytes::copy_of(&bytes))[reader];
        assert_eq!(answer, Err(DecodeError::UnknownVersion { found, known }));
    }
}

#[test]
fn no_truncated_account_is_read() {
    for (reader, bytes) in one_of_each(&mut Rng(3)) {
        // A margin account cut between two slots is a shorter one, if no position is cut off; a market cut
        // behind its queue is one that has not grown; a risk book may have room behind its rows.
        let shortest = match reader {
            0 => MARGIN_HEADER,
            1 => RISK_BOOK_HEADER,
            2 => MARKET_QUEUE,
            _ => bytes.len(),
        };
        for length in (0..shortest).step_by(7).chain([shortest - 1]) {
            let cut = AlignedBytes::copy_of(&bytes[..length]);
            assert_eq!(
                refusals(&cut)[reader],
                Err(DecodeError::WrongType),
                "{length}"
            );
        }
    }
    let (bytes, slots, _) = margin(&mut Rng(4));
    assert!(slots > 0);
    let cut = AlignedBytes::copy_of(&bytes[..bytes.len() - 1]);
    assert_eq!(refusals(&cut)[0], Err(DecodeError::WrongType));
    let (bytes, _, markets) = risk_book(&mut Rng(4));
    assert!(markets > 0);
    let cut = AlignedBytes::copy_of(&bytes[..bytes.len() - 8]);
    assert_eq!(refusals(&cut)[1], Err(DecodeError::WrongType));
}

#[test]
fn counts_beyond_the_end_are_refused() {
    let (bytes, slots, _) = margin(&mut Rng(5));
    let more = with_u16(&bytes, POSITION_COUNT, slots + 1);
    assert_eq!(refusals(&more)[0], Err(DecodeError::Inconsistent));
    let bytes = Rng(6).noise::<Market>(MARKET_LARGEST);
    let lengths = core::mem::offset_of!(Market, book) + 8;
    let queue = core::mem::offset_of!(Market, queue) + 2;
    let empty = |bytes: &AlignedBytes| {
        let mut bytes = bytes.clone();
        for at in [lengths, lengths + 2, lengths + 4, lengths + 6, queue] {
            bytes = with_u16(&bytes, at, 0);
        }
        bytes
    };
    let calm = empty(&bytes);
    assert_eq!(refusals(&calm)[2], Ok(()));
    let first_handle = size_of::<Market>();
    let bad_handle = with_u16(&with_u16(&calm, lengths, 1), first_handle, 2_048);
    for (what, bytes) in [
        ("a lane", with_u16(&calm, lengths, 1_025)),
        ("the queue", with_u16(&calm, queue, 129)),
        ("an order", bad_handle),
    ] {
        assert_eq!(
            refusals(&bytes)[2],
            Err(DecodeError::Inconsistent),
            "{what}"
        );
    }
}

#[test]
fn bytes_that_are_not_aligned_are_refused_and_can_be_copied() {
    for (reader, bytes) in one_of_each(&mut Rng(7)) {
        for shift in 1..ALIGNMENT {
            let mut moved = vec![0; shift];
            moved.extend_from_slice(&bytes);
            let moved = AlignedBytes::copy_of(&moved);
            let off = &moved[shift..];
            let view = match reader {
                0 => MarginRef::read(off).map(drop),
                1 => RiskBookRef::read(off).map(drop),
                2 => MarketRef::read(off).map(drop),
                4 => borrowed::clearinghouse(off).map(drop),
                5 => borrowed::custody(off).map(drop),
                _ => borrowed::triggers(off).map(drop),
            };
            assert_eq!(
                view,
                Err(DecodeError::Misaligned),
                "reader {reader} at {shift}"
            );
            let aligned = Aligned::of(off);
            assert!(matches!(aligned, Aligned::Copied(_)));
            assert_eq!(&*aligned, &*bytes);
            assert_eq!(refusals(&aligned)[reader], Ok(()));
            // The decoders that copy do not ask where bytes begin.
            assert_eq!(accounts::margin(off).is_ok(), reader == 0);
            assert_eq!(accounts::custody(off).is_ok(), reader == 5);
        }
        assert!(matches!(Aligned::of(&bytes), Aligned::InPlace(_)));
    }
}

#[test]
fn a_buffer_can_be_filled_again_and_again() {
    let mut buffer = AlignedBytes::default();
    for seed in 0..ROUNDS {
        let (bytes, ..) = margin(&mut Rng(seed));
        buffer.fill(&bytes);
        assert_eq!(&*buffer, &*bytes, "seed {seed}");
        assert!(MarginRef::read(&buffer).is_ok());
        buffer.fill(&bytes[..bytes.len() - 3]);
        assert_eq!(buffer.len(), bytes.len() - 3);
    }
}
