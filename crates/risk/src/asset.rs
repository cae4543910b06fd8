//! A row of the asset table: anything with an oracle price (docs/risk.md, section 1).

use crate::{
    error::{BoundError, Result, RiskError, within},
    fixed::{mul_div_floor, pow10},
    portfolio::Scan,
    price::{MAX_CLOCK_LEAD, Reading, Scale, follow},
    units::{Price, QuoteAtoms, Ratio},
    volatility::Volatility,
};
use bytemuck::{Pod, Zeroable};

/// The asset has no oracle: only the quote token may, and it is then worth one dollar.
pub const ORACLE_NONE: u8 = 0;
/// Pyth's `PriceUpdateV2`: [`Asset::feed`] is the feed id.
pub const ORACLE_PYTH_PULL: u8 = 1;
/// Pyth's legacy price account: [`Asset::feed`] is the account's address.
pub const ORACLE_PYTH_LEGACY: u8 = 2;

/// Set in [`Asset::price_flags`] where the confidence interval is too wide to add risk on.
pub const PRICE_WIDE: u8 = 1;
/// Set in [`Asset::price_flags`] where the price is too far from its average to add risk on.
pub const PRICE_DIVERGENT: u8 = 2;

/// An asset: identity, last price, and the terms on which it counts. 448 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Asset {
    /// What is expected of the price account: a feed id or an address, see [`Asset::oracle_kind`].
    pub feed: [u8; 32],
    /// The program that must own the price account.
    pub oracle_owner: [u8; 32],
    /// The token that is deposited; zero where the asset is no collateral.
    pub mint: [u8; 32],
    /// The token account that holds all deposits; zero where the asset is no collateral.
    pub vault: [u8; 32],
    /// A name for people, padded with zeros.
    pub name: [u8; 16],

    /// Index price p.
    pub index: Price,
    /// Half-width c of the confidence interval.
    pub confidence: Price,
    /// Pyth's moving average e.
    pub average: Price,
    /// Stable price s.
    pub stable: Price,
    /// Publish time of the price, unix seconds; 0 before the first.
    pub publish_time: i64,
    /// Slot at which the price was posted.
    pub posted_slot: u64,
    /// min(p − c, s): longs and collateral, initial.
    pub initial_low: Price,
    /// max(p + c, s): shorts, and every notional, initial.
    pub initial_high: Price,
    /// What shorts are valued at for maintenance: p, or p − c while the interval is too wide.
    pub maintenance_low: Price,
    /// What longs are valued at for maintenance: p, or p + c while the interval is too wide.
    pub maintenance_high: Price,

    /// Token atoms in one lot, 10^(decimals + `lot_exponent`).
    pub atoms_per_lot: u64,
    /// Most token atoms that the vault may hold after a deposit.
    pub deposit_cap: u64,
    /// Oldest price, in seconds, for adding risk and withdrawing.
    pub max_age_initial: u32,
    /// Oldest price, in seconds, for liquidation and reducing.
    pub max_age_liquidation: u32,
    /// Largest c / p for adding risk.
    pub max_confidence: Ratio,
    /// Largest |p − e| / e for adding risk.
    pub max_divergence: Ratio,
    /// How far the stable price may move in a minute, as a share of itself.
    pub stable_growth: Ratio,
    /// Collateral weight for initial margin, as it is at present: falls with what is deposited.
    pub weight_initial: Ratio,
    /// Collateral weight for maintenance margin.
    pub weight_maintenance: Ratio,
    /// Weight of a net unrealised gain on this asset for initial margin.
    pub pnl_weight: Ratio,
    /// One lot is 10^this units of the asset.
    pub lot_exponent: i8,
    /// Decimals of the mint (or of the asset as it is counted, where there is no mint).
    pub decimals: u8,
    /// One of the `ORACLE_` kinds.
    pub oracle_kind: u8,
    /// `PRICE_` flags of the last price.
    pub price_flags: u8,
    /// Zero.
    pub padding: [u8; 4],
    /// Token atoms in the vault up to which the initial weight is that of the terms; above, it falls so that
    /// all of them together count no more.
    pub full_weight_deposits: u64,
    /// Token atoms in the vault after the last deposit or withdrawal.
    pub deposited: u64,
    /// The initial weight of the terms.
    pub weight_initial_full: Ratio,
    /// Zero.
    pub padding_weight: [u8; 4],
    /// Volatility estimates, and what they multiply requirements by.
    pub volatility: Volatility,
    /// Terms of portfolio margin.
    pub scan: Scan,
    /// The first expiry of a market on this asset that is not settled yet, unix seconds; zero without one.
    pub next_expiry: i64,
    /// Zero.
    pub reserved: [u64; 8],
}

const _: () = assert!(size_of::<Asset>() == 448 && align_of::<Asset>() == 8);
const _: () = assert!(core::mem::offset_of!(Asset, index) == 144);
const _: () = assert!(core::mem::offset_of!(Asset, atoms_per_lot) == 224);
const _: () = assert!(core::mem::offset_of!(Asset, lot_exponent) == 272);
const _: () = assert!(core::mem::offset_of!(Asset, volatility) == 304);
const _: () = assert!(core::mem::offset_of!(Asset, scan) == 360);
const _: () = assert!(core::mem::offset_of!(Asset, next_expiry) == 376);

/// What governance sets on an asset, in basis points. The same for adding and for changing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    all(feature = "borsh", not(feature = "idl")),
    derive(borsh::BorshSerialize, borsh::BorshDeserialize)
)]
#[cfg_attr(
    feature = "idl",
    derive(anchor_lang::AnchorSerialize, anchor_lang::AnchorDeserialize)
)]
pub struct AssetTerms {
    /// Oldest price for adding risk and withdrawing, 1 to 300 seconds.
    pub max_age_initial: u32,
    /// Oldest price for liquidation, from the above to 3,600 seconds.
    pub max_age_liquidation: u32,
    /// Largest confidence / price for adding risk, 1 to 1,000 bps.
    pub max_confidence_bps: u32,
    /// Largest distance from the average for adding risk, 1 to 5,000 bps.
    pub max_divergence_bps: u32,
    /// Movement of the stable price a minute, 1 to 1,000 bps.
    pub stable_growth_bps: u32,
    /// Initial collateral weight, at most the maintenance weight.
    pub weight_initial_bps: u32,
    /// Maintenance collateral weight, at most 9,900 bps (10,000 for the quote token).
    pub weight_maintenance_bps: u32,
    /// Weight of a net unrealised gain, at most 10,000 bps.
    pub pnl_weight_bps: u32,
    /// Most token atoms that the vault may hold after a deposit.
    pub deposit_cap: u64,
    /// Token atoms in the vault above which the initial weight falls; at least 1 for collateral.
    pub full_weight_deposits: u64,
}

impl AssetTerms {
    /// Checks every bound and that weights and ages are ordered.
    ///
    /// # Errors
    /// [`BoundError`] naming the first field that does not fit.
    pub fn check(&self, collateral: bool, quote: bool) -> core::result::Result<(), BoundError> {
        let u = u64::from;
        within("max_age_initial", u(self.max_age_initial), 1, 300)?;
        within(
            "max_age_liquidation",
            u(self.max_age_liquidation),
            u(self.max_age_initial),
            3_600,
        )?;
        within("max_confidence_bps", u(self.max_confidence_bps), 1, 1_000)?;
        within("max_divergence_bps", u(self.max_divergence_bps), 1, 5_000)?;
        within("stable_growth_bps", u(self.stable_growth_bps), 1, 1_000)?;
        within("pnl_weight_bps", u(self.pnl_weight_bps), 0, 10_000)?;
        let (low, high) = match (quote, collateral) {
            (true, _) => (10_000, 10_000),
            (false, true) => (1, 9_900),
            (false, false) => (0, 0),
        };
        within(
            "weight_maintenance_bps",
            u(self.weight_maintenance_bps),
            low,
            high,
        )?;
        let high = u(self.weight_maintenance_bps);
        within("weight_initial_bps", u(self.weight_initial_bps), low, high)?;
        let cap = if collateral { u64::MAX >> 1 } else { 0 };
        within("deposit_cap", self.deposit_cap, 0, cap)?;
        let full = self.full_weight_deposits;
        within("full_weight_deposits", full, u64::from(collateral), cap)
    }
}

impl Asset {
    /// Writes checked terms into the row and judges the recorded price by them.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] only for a row that was never initialised.
    pub fn set_terms(&mut self, terms: &AssetTerms) -> Result<()> {
        self.max_age_initial = terms.max_age_initial;
        self.max_age_liquidation = terms.max_age_liquidation;
        self.max_confidence = Ratio::from_bps_floor(terms.max_confidence_bps);
        self.max_divergence = Ratio::from_bps_floor(terms.max_divergence_bps);
        self.stable_growth = Ratio::from_bps_floor(terms.stable_growth_bps);
        self.weight_initial_full = Ratio::from_bps_floor(terms.weight_initial_bps);
        self.weight_maintenance = Ratio::from_bps_floor(terms.weight_maintenance_bps);
        self.pnl_weight = Ratio::from_bps_floor(terms.pnl_weight_bps);
        self.deposit_cap = terms.deposit_cap;
        self.full_weight_deposits = terms.full_weight_deposits;
        self.note_deposits(self.deposited)?;
        self.derive()
    }

    /// Takes note of how many token atoms are deposited, and lowers the initial weight where they are many:
    /// what all of them together count for is at most what [`Asset::full_weight_deposits`] count for. The
    /// maintenance weight stays: nobody is liquidated because others deposit.
    ///
    /// # Errors
    /// None in fact: the quotient is at most the weight.
    pub fn note_deposits(&mut self, atoms: u64) -> Result<()> {
        self.deposited = atoms;
        let (weight, full) = (self.weight_initial_full, self.full_weight_deposits);
        self.weight_initial = if atoms <= full {
            weight
        } else {
            let raw = mul_div_floor(u64::from(weight.0), full, atoms);
            let raw = raw.and_then(|raw| u32::try_from(raw).ok());
            Ratio(raw.ok_or(RiskError::Overflow)?)
        };
        Ok(())
    }

    /// Fixes the lot: 10^`lot_exponent` units of an asset with `decimals`. Once, when it is added.
    ///
    /// # Errors
    /// [`BoundError`] for a lot below one token atom or above 10^12 of them.
    pub fn set_lot(
        &mut self,
        lot_exponent: i8,
        decimals: u8,
    ) -> core::result::Result<(), BoundError> {
        within("decimals", u64::from(decimals), 0, 12)?;
        let power = i32::from(lot_exponent) + i32::from(decimals);
        let (found, low) = (i64::from(power).cast_unsigned(), 0);
        within("lot_exponent + decimals", found, low, 12)?;
        within(
            "lot_exponent + 12",
            (i64::from(lot_exponent) + 12).cast_unsigned(),
            0,
            18,
        )?;
        self.lot_exponent = lot_exponent;
        self.decimals = decimals;
        self.atoms_per_lot = pow10(power.unsigned_abs()).unwrap_or(1);
        Ok(())
    }

    /// Takes a newer reading. A reading with the recorded publish time changes nothing and is no
    /// error, so that several users may bring the same price. Returns whether anything changed.
    ///
    /// # Errors
    /// [`RiskError::PriceNotMonotone`] for an older publish time or posted slot,
    /// [`RiskError::PriceFromFuture`], [`RiskError::PriceOutOfRange`].
    pub fn record(&mut self, reading: &Reading, scale: Scale, now: i64) -> Result<bool> {
        let latest = now.saturating_add(MAX_CLOCK_LEAD);
        if reading.publish_time > latest {
            return Err(RiskError::PriceFromFuture {
                found: reading.publish_time,
                latest,
            });
        }
        let older = |found: i64, recorded: i64| RiskError::PriceNotMonotone { found, recorded };
        if reading.publish_time < self.publish_time || reading.publish_time <= 0 {
            return Err(older(reading.publish_time, self.publish_time));
        }
        if reading.publish_time == self.publish_time {
            return Ok(false);
        }
        if reading.posted_slot < self.posted_slot {
            let signed = |slot: u64| i64::try_from(slot).unwrap_or(i64::MAX);
            return Err(older(signed(reading.posted_slot), signed(self.posted_slot)));
        }
        let risk = scale.apply(reading)?;
        self.stable = if self.publish_time == 0 {
            risk.index
        } else {
            let seconds = reading.publish_time.saturating_sub(self.publish_time);
            let stable = follow(self.stable, risk.index, self.stable_growth, seconds)?;
            self.volatility.observe(self.index, risk.index, seconds);
            stable
        };
        self.index = risk.index;
        self.confidence = risk.confidence;
        self.average = risk.average;
        self.publish_time = reading.publish_time;
        self.posted_slot = reading.posted_slot;
        self.derive()?;
        Ok(true)
    }

    /// The prices that a check uses, and the flags, from p, c, e, s and the limits.
    fn derive(&mut self) -> Result<()> {
        let (p, c, s) = (self.index, self.confidence, self.stable);
        let (below, above) = (Price(p.0.saturating_sub(c.0)), p.plus(c)?);
        self.initial_low = below.min(s);
        self.initial_high = above.max(s);
        let wide = c > p.times_floor(self.max_confidence)?;
        let divergent = self.distance() > self.average.times_floor(self.max_divergence)?;
        self.price_flags =
            if wide { PRICE_WIDE } else { 0 } | if divergent { PRICE_DIVERGENT } else { 0 };
        // Nobody is liquidated on noise: a wide interval values at the end that favours the account.
        (self.maintenance_low, self.maintenance_high) = if wide { (below, above) } else { (p, p) };
        Ok(())
    }

    fn distance(&self) -> Price {
        Price(self.index.0.abs_diff(self.average.0))
    }

    /// Whether there ever was a price.
    ///
    /// # Errors
    /// [`RiskError::NoPrice`].
    #[inline(always)]
    pub fn check_recorded(&self, asset: u16) -> Result<()> {
        if self.publish_time == 0 {
            return Err(RiskError::NoPrice { asset });
        }
        Ok(())
    }

    /// Whether the price may be used for liquidating and for reducing risk.
    ///
    /// # Errors
    /// [`RiskError::NoPrice`], [`RiskError::StalePrice`].
    #[inline(always)]
    pub fn check_maintenance(&self, asset: u16, now: i64) -> Result<()> {
        self.check_age(asset, now, self.max_age_liquidation)
    }

    /// As [`Asset::check_maintenance`], with the caller's own limit on the age in seconds besides.
    ///
    /// # Errors
    /// [`RiskError::NoPrice`], [`RiskError::StalePrice`].
    #[inline(always)]
    pub fn check_maintenance_within(&self, asset: u16, now: i64, max_age: u32) -> Result<()> {
        self.check_age(asset, now, self.max_age_liquidation.min(max_age))
    }

    /// Whether the price may be used for adding risk and withdrawing. `max_age` is the caller's own
    /// limit in seconds; the asset's limit holds in any case.
    ///
    /// # Errors
    /// [`RiskError::NoPrice`], [`RiskError::StalePrice`], [`RiskError::WidePrice`],
    /// [`RiskError::DivergentPrice`].
    #[inline(always)]
    pub fn check_initial(&self, asset: u16, now: i64, max_age: u32) -> Result<()> {
        self.check_age(asset, now, self.max_age_initial.min(max_age))?;
        if self.price_flags != 0 {
            return Err(self.explain_flags(asset));
        }
        Ok(())
    }

    /// Whether the confidence interval is narrow enough to close somebody's lots against others who did not
    /// ask for it.
    ///
    /// # Errors
    /// [`RiskError::WidePrice`].
    pub fn check_narrow(&self, asset: u16) -> Result<()> {
        if self.price_flags & PRICE_WIDE != 0 {
            return Err(self.explain_flags(asset));
        }
        Ok(())
    }

    /// Whether the price is fresh enough for liquidating and for reducing risk.
    #[inline(always)]
    pub(crate) fn is_fresh(&self, now: i64) -> bool {
        now.wrapping_sub(self.publish_time) <= i64::from(self.max_age_liquidation)
    }

    /// Whether the price is at most `limit` seconds old.
    #[inline(always)]
    pub(crate) fn check_age(&self, asset: u16, now: i64, limit: u32) -> Result<()> {
        // Both are unix seconds between 0 and the chain's clock plus a lead: no wrap is possible.
        let age = now.wrapping_sub(self.publish_time);
        if age > i64::from(limit) {
            return Err(self.explain_age(asset, age, limit));
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn explain_age(&self, asset: u16, age: i64, limit: u32) -> RiskError {
        if self.publish_time == 0 {
            return RiskError::NoPrice { asset };
        }
        RiskError::StalePrice {
            asset,
            age,
            limit: i64::from(limit),
        }
    }

    #[cold]
    #[inline(never)]
    fn explain_flags(&self, asset: u16) -> RiskError {
        let limit = |p: Price, r: Ratio| p.times_floor(r).unwrap_or(Price::ZERO).0;
        if self.price_flags & PRICE_WIDE != 0 {
            let limit = limit(self.index, self.max_confidence);
            return RiskError::WidePrice {
                asset,
                confidence: self.confidence.0,
                limit,
            };
        }
        let limit = limit(self.average, self.max_divergence);
        RiskError::DivergentPrice {
            asset,
            distance: self.distance().0,
            limit,
        }
    }

    /// What deposited atoms of this asset count for: `atoms · price · weight`, rounded down.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] where the value leaves the range.
    pub fn collateral_value(&self, atoms: u64, price: Price, weight: Ratio) -> Result<QuoteAtoms> {
        // Lots as 48.16, so that the product with a 48.16 price is cut once at the end.
        let per_lot = self.atoms_per_lot << 16; // atoms_per_lot ≤ 10^12 < 2^40
        let value = mul_div_floor(atoms, price.0, per_lot).ok_or(RiskError::Overflow)?;
        QuoteAtoms::from_unsigned(weight.of_floor(value)?)
    }
}
