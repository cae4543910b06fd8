//! Greeks of an account: how its worth moves with each underlying, its volatility and time.

use crate::{
    account::AccountView,
    error::{Result, RiskError},
    fixed::{mul_div_floor, mul_shift_below},
    market::{MODE_SETTLEMENT, Market},
    position::Position,
    standard::Book,
    units::{Lots, Price},
};

/// How the positions on one asset move. Of options as of their arrays: refresh those first for figures of now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    all(feature = "borsh", not(feature = "idl")),
    derive(borsh::BorshSerialize, borsh::BorshDeserialize)
)]
#[cfg_attr(
    feature = "idl",
    derive(anchor_lang::AnchorSerialize, anchor_lang::AnchorDeserialize)
)]
pub struct AssetGreeks {
    /// Index of the asset.
    pub asset: u16,
    /// Lots of the underlying that all of it stands for, to the lot of each position.
    pub lots: i64,
    /// What the same lots are worth: quote atoms gained where the index doubles and delta stayed.
    pub delta: i64,
    /// Quote atoms by which delta grows where the index rises by a hundredth of itself.
    pub gamma: i64,
    /// Quote atoms gained where volatility rises by a hundredth (from 60 % to 61 %).
    pub vega: i64,
    /// Quote atoms gained by a day that passes.
    pub theta: i64,
}

impl AssetGreeks {
    /// Both together; of different assets only money adds up.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    pub fn plus(&self, other: &Self) -> Result<Self> {
        let sum = |a: i64, b: i64| a.checked_add(b).ok_or(RiskError::Overflow);
        Ok(Self {
            asset: self.asset,
            lots: sum(self.lots, other.lots)?,
            delta: sum(self.delta, other.delta)?,
            gamma: sum(self.gamma, other.gamma)?,
            vega: sum(self.vega, other.vega)?,
            theta: sum(self.theta, other.theta)?,
        })
    }

    /// Of a position on an asset at an index.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    pub fn of(position: &Position, market: &Market, index: Price) -> Result<Self> {
        let lots = position.held(market);
        let asset = position.asset;
        let Some(_) = market.right() else {
            let lots = Lots(market.contract.moving(lots.0));
            return Ok(Self {
                asset,
                lots: lots.0,
                delta: times(lots, index)?,
                ..Self::default()
            });
        };
        let array = &market.array;
        let lots_by_delta = array.delta_of(lots);
        // Γ·F in 2^-24: of each lot, that share of the index for a move by all of it.
        let bent = mul_div_floor(index.0, array.gamma, 1 << 24).ok_or(RiskError::Overflow)?;
        let theta = Price(array.theta.unsigned_abs());
        let decay = times(lots, theta)?;
        Ok(Self {
            asset,
            lots: lots_by_delta,
            delta: times(Lots(lots_by_delta), index)?,
            gamma: times(lots, Price(bent / 100))?,
            vega: times(lots, Price(array.vega.0 / 100))?,
            theta: if array.theta < 0 { -decay } else { decay },
        })
    }
}

/// Lots times a price in quote atoms, towards zero, below 2^60.
fn times(lots: Lots, price: Price) -> Result<i64> {
    let product = mul_shift_below::<16, 60>(lots.size(), price.0);
    let (size, _) = product.ok_or(RiskError::Overflow)?;
    let size = size.cast_signed();
    Ok(if lots.0 < 0 { -size } else { size })
}

/// The greeks of an account, asset by asset, to `each`, in their order.
///
/// # Errors
/// [`RiskError::Overflow`], [`RiskError::UnknownAsset`], [`RiskError::UnknownMarket`].
pub fn of_account(
    book: &Book,
    account: &AccountView,
    mut each: impl FnMut(&AssetGreeks),
) -> Result<()> {
    let mut rest = account.positions;
    while let Some(first) = rest.first() {
        let index = book.asset(first.asset)?.index;
        let mut sum = AssetGreeks {
            asset: first.asset,
            ..AssetGreeks::default()
        };
        while let Some((position, after)) = rest.split_first() {
            if position.asset != first.asset {
                break;
            }
            rest = after;
            let market = book.market(position.market)?;
            if market.mode != MODE_SETTLEMENT {
                sum = sum.plus(&AssetGreeks::of(position, market, index)?)?;
            }
        }
        each(&sum);
    }
    Ok(())
}

/// What all assets' money sums up to. Their lots do not.
///
/// # Errors
/// As [`of_account`].
pub fn total(book: &Book, account: &AccountView) -> Result<AssetGreeks> {
    let mut sum = Ok(AssetGreeks::default());
    of_account(book, account, |greeks| {
        let of_asset = AssetGreeks { lots: 0, ..*greeks };
        sum = sum.and_then(|sum| sum.plus(&of_asset));
    })?;
    sum
}
