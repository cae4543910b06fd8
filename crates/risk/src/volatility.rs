//! Requirements that follow volatility (docs/risk.md, section 5).

use crate::units::Ratio;
use bytemuck::{Pod, Zeroable};

/// What is known of an asset's volatility, and the terms on which it multiplies requirements. 56 bytes, zero where
/// nothing is estimated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Volatility {
    /// Squared return a second, averaged with a half-life of 30 minutes, 4.60 fixed point.
    pub fast: u64,
    /// The same with a half-life of 24 hours.
    pub slow: u64,
    /// What initial requirements are multiplied by at present; zero stands for one.
    pub initial: Ratio,
    /// What maintenance requirements are multiplied by at present; zero stands for one.
    pub maintenance: Ratio,
    /// Standard deviations that a requirement covers (z).
    pub deviations: Ratio,
    /// Seconds that it covers.
    pub horizon: u32,
    /// The maintenance rate that covers them in calm times; zero where requirements do not follow volatility.
    pub base_rate: Ratio,
    /// The largest multiplier.
    pub most: Ratio,
    /// How much the maintenance multiplier rises in an hour at most.
    pub ramp: Ratio,
    /// The largest return that counts.
    pub max_return: Ratio,
    /// The interval, in seconds, beyond which the fast average begins anew.
    pub max_gap: u32,
    /// Zero.
    pub padding: u32,
}

const _: () = assert!(size_of::<Volatility>() == 56);

impl Volatility {
    /// What initial and maintenance requirements are multiplied by at present.
    pub fn multipliers(&self) -> [Ratio; 2] {
        [
            self.initial.max(Ratio::ONE),
            self.maintenance.max(Ratio::ONE),
        ]
    }
}
