//! The kernel that sums scenarios, against 128-bit arithmetic.

use super::RiskArray;
use crate::{
    error::RiskError,
    portfolio::explain::SCENARIOS,
    units::{Lots, MAX_LOTS},
};
use proptest::prelude::*;

const COUNT: usize = SCENARIOS.len();

fn array(cells: [i64; COUNT]) -> RiskArray {
    RiskArray {
        cells,
        largest: cells.iter().map(|cell| cell.unsigned_abs()).max().unwrap(),
        ..RiskArray::default()
    }
}

/// Cells of every length up to a price, of both signs.
fn any_cells() -> impl Strategy<Value = [i64; COUNT]> {
    let cell = (-(1i64 << 56)..=1 << 56, 0u32..57, 0u8..6).prop_map(|(raw, drop, kind)| {
        let size = 1i64 << (56 - drop.min(56));
        match kind {
            0 => size,
            1 => 1 - size,
            _ => raw >> drop,
        }
    });
    (
        proptest::collection::vec(cell, COUNT),
        prop_oneof![Just(0u32), 0u32..50],
    )
        .prop_map(|(cells, drop)| core::array::from_fn(|at| cells[at] >> drop))
}

fn any_lots() -> impl Strategy<Value = i64> {
    let edges = prop_oneof![
        Just(u32::MAX.into()),
        Just(1 << 32),
        Just((1 << 32) + 1),
        Just(MAX_LOTS)
    ];
    let sizes = (0i64..=MAX_LOTS, 0u32..45).prop_map(|(raw, drop)| raw >> drop);
    (prop_oneof![1 => edges, 6 => sizes], any::<bool>())
        .prop_map(|(size, short): (i64, bool)| if short { -size } else { size })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn sums_of_cells_are_those_of_128_bits(
        cells in any_cells(), lots in any_lots(), before in -(1i64 << 61)..1 << 61,
    ) {
        let array = array(cells);
        let mut sums = [before; COUNT];
        let added = array.add_to(&mut sums, Lots(lots));
        let most = (u128::from(array.largest) * u128::from(lots.unsigned_abs())) >> 16;
        if most >> 55 != 0 {
            prop_assert_eq!(added, Err(RiskError::Overflow));
            prop_assert_eq!(sums, [before; COUNT], "what is refused changes nothing");
            return Ok(());
        }
        prop_assert_eq!(added, Ok(()));
        for (sum, cell) in sums.iter().zip(cells) {
            let exact = (i128::from(cell) * i128::from(lots)) >> 16;
            prop_assert_eq!(i128::from(*sum), i128::from(before) + exact);
        }
    }

    /// Both ways to the same sums, wherever both can be gone.
    #[test]
    fn many_lots_go_another_way_to_the_same_sums(cells in any_cells(), lots in any_lots()) {
        let array = array(cells);
        let (mut sums, mut many) = ([0; COUNT], [0; COUNT]);
        if array.add_to(&mut sums, Lots(lots)).is_ok() {
            prop_assert_eq!(array.add_much_to(&mut many, Lots(lots)), Ok(()));
            prop_assert_eq!(sums, many);
        }
    }

    /// A share of the lots towards zero, by delta.
    #[test]
    fn lots_by_delta_are_a_share_of_them(delta in -(1i64 << 30)..=1 << 30, lots in any_lots()) {
        let array = RiskArray { delta, ..RiskArray::default() };
        let exact = i128::from(delta) * i128::from(lots);
        let (size, sign) = (exact.abs() >> 30, exact.signum());
        prop_assert_eq!(i128::from(array.delta_of(Lots(lots))), size * sign);
        let (floor, ceiling) = (exact >> 30, -(-exact >> 30));
        prop_assert_eq!(array.delta_between(Lots(lots), Lots(lots)).map(i128::from), [floor, ceiling]);
        let both = array.delta_between(Lots(lots.min(0)), Lots(lots.max(0))).map(i128::from);
        prop_assert_eq!(both, [floor.min(0), ceiling.max(0)]);
    }
}

#[test]
fn the_worst_of_a_lot_is_that_of_each_side() {
    let mut cells = [0; COUNT];
    assert_eq!(array(cells).worst(), [0, 0]);
    (cells[3], cells[7], cells[15]) = (-5, 9, -2);
    assert_eq!(array(cells).worst(), [5, 9]);
}

/// A hundred and twenty-eight positions of the most that there may be stay far from wrapping.
#[test]
fn an_account_of_the_largest_positions_does_not_wrap() {
    let array = array([1 << 55; COUNT]);
    let lots = (1i64 << 16) - 1;
    let mut sums = [0; COUNT];
    for _ in 0..128 {
        array.add_to(&mut sums, Lots(lots)).unwrap();
    }
    assert_eq!(sums, [128 * (lots << 39); COUNT]);
    assert_eq!(
        array.add_to(&mut sums, Lots(lots + 1)),
        Err(RiskError::Overflow)
    );
}
