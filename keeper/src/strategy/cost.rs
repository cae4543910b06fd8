//! What a transaction costs, in quote atoms.

use crate::config::Config;
use counterweight_sdk::{
    accounts::RiskTables,
    risk::{Asset, asset::ORACLE_NONE},
};

/// Lamports for each signature.
const A_SIGNATURE: u64 = 5_000;
/// Lamports of a SOL, as a power of ten.
const DECIMALS: i8 = 9;

/// What converts fees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prices {
    /// Quote atoms of a SOL.
    pub sol: u64,
    /// Micro-lamports that are bid for a compute unit.
    pub unit_price: u64,
}

impl Prices {
    /// By the price of the configured asset, or the configured price where that is too old to judge by.
    pub fn new(config: &Config, tables: &RiskTables, now: i64, unit_price: u64) -> Self {
        let wanted = &config.costs.sol_asset;
        let named = |asset: &&Asset| crate::state::prices::name_of(&asset.name) == *wanted;
        let asset = tables.assets.iter().find(named);
        let sol = asset.and_then(|asset| sol_of(asset, now));
        Self {
            sol: sol.unwrap_or(config.costs.sol_price_atoms),
            unit_price,
        }
    }

    /// What a transaction costs, rounded up.
    pub fn of(&self, signatures: u64, units: u32) -> i64 {
        let priority = u128::from(units) * u128::from(self.unit_price);
        let lamports = u128::from(signatures * A_SIGNATURE) + priority.div_ceil(1_000_000);
        let atoms = (lamports * u128::from(self.sol))
            .div_ceil(10u128.pow(u32::from(DECIMALS.unsigned_abs())));
        i64::try_from(atoms).unwrap_or(i64::MAX)
    }
}

/// Quote atoms of a SOL, by the price of an asset whose lot is 10^`lot_exponent` SOL.
fn sol_of(asset: &Asset, now: i64) -> Option<u64> {
    if asset.oracle_kind == ORACLE_NONE || asset.check_maintenance(0, now).is_err() {
        return None;
    }
    let power = 10u128.checked_pow(u32::from(asset.lot_exponent.unsigned_abs()))?;
    let index = u128::from(asset.index.0);
    let atoms = if asset.lot_exponent <= 0 {
        (index.checked_mul(power)?) >> 16 // index ≤ 2^56, and a lot is no less than 10^-18
    } else {
        (index >> 16) / power
    };
    u64::try_from(atoms).ok().filter(|atoms| *atoms > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytemuck::Zeroable;

    #[test]
    fn fees_are_signatures_and_units_at_the_price_of_sol_rounded_up() {
        let prices = Prices {
            sol: 150_000_000,
            unit_price: 0,
        };
        // 5,000 lamports at 150 dollars: 750 atoms of a millionth.
        assert_eq!((prices.of(1, 200_000), prices.of(2, 0)), (750, 1_500));
        let bid = Prices {
            unit_price: 1_000,
            ..prices
        };
        // 20,001 units at 1,000 micro-lamports: 20.001 lamports, up to 21, and 3.15 atoms more, up.
        assert_eq!(bid.of(1, 20_001), 754);
    }

    #[test]
    fn a_sol_is_so_many_lots_of_its_asset() {
        let mut asset = Asset {
            lot_exponent: -2,
            oracle_kind: 1,
            publish_time: 100,
            max_age_liquidation: 60,
            ..Asset::zeroed()
        };
        asset.index = counterweight_sdk::risk::Price(1_500_000 << 16);
        assert_eq!(sol_of(&asset, 110), Some(150_000_000));
        assert_eq!(sol_of(&asset, 200), None);
        asset.lot_exponent = 1;
        assert_eq!(sol_of(&asset, 110), Some(150_000));
    }
}
