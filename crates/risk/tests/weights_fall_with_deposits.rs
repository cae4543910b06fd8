//! Concentration: what all deposits of an asset count for together does not grow without end.

mod common;

use bytemuck::Zeroable;
use common::asset_terms;
use counterweight_risk::{Asset, AssetTerms, Ratio};
use proptest::prelude::*;

fn asset(full: u64) -> Asset {
    let mut asset = Asset::zeroed();
    asset.set_lot(0, 6).unwrap();
    let terms = AssetTerms {
        full_weight_deposits: full,
        ..asset_terms()
    };
    asset.set_terms(&terms).unwrap();
    asset
}

#[test]
fn the_initial_weight_falls_and_the_maintenance_weight_does_not() {
    let mut asset = asset(1_000);
    let full = Ratio::from_bps_floor(8_000);
    for (deposited, weight) in [
        (0, full.0),
        (1_000, full.0),
        (2_000, full.0 / 2),
        (8_000, full.0 / 8),
    ] {
        asset.note_deposits(deposited).unwrap();
        assert_eq!(asset.weight_initial.0, weight, "{deposited}");
        assert_eq!(asset.weight_maintenance, Ratio::from_bps_floor(9_000));
        assert_eq!(
            (asset.weight_initial_full, asset.deposited),
            (full, deposited)
        );
    }
    // New terms hold for what is deposited already.
    let terms = AssetTerms {
        full_weight_deposits: 4_000,
        ..asset_terms()
    };
    asset.set_terms(&terms).unwrap();
    assert_eq!(asset.weight_initial.0, full.0 / 2);
    asset.note_deposits(4_000).unwrap();
    assert_eq!(asset.weight_initial, full);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    /// Never above the weight of the terms, never rising with deposits; and all deposits together count for at
    /// most what the full ones do.
    #[test]
    fn all_deposits_together_count_no_more_than_the_full_ones(full in 1u64..1 << 62, a in 0u64..1 << 62, b in 0u64..1 << 62) {
        let mut asset = asset(full);
        asset.note_deposits(a.min(b)).unwrap();
        let less = asset.weight_initial;
        asset.note_deposits(a.max(b)).unwrap();
        let more = asset.weight_initial;
        prop_assert!(more <= less && less <= asset.weight_initial_full);
        let counted = u128::from(a.max(b)) * u128::from(more.0);
        prop_assert!(counted <= u128::from(full.max(1)) * u128::from(asset.weight_initial_full.0)
            || a.max(b) <= full);
    }
}
