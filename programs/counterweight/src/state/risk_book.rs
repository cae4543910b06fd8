use crate::{
    error::{ErrorCode, OrRefuse, refuse},
    state::Layout,
};
use anchor_lang::{Discriminator, prelude::*};
use counterweight_risk::{Asset, Book, Market as MarketRow, RiskError, RiskParams};
use std::cell::{Ref, RefMut};

/// Seed of a risk book's address, before the clearinghouse.
pub const RISK_BOOK_SEED: &[u8] = b"risk-book";
/// Assets that fit a risk book.
pub const MAX_ASSETS: u16 = 64;
/// Markets that fit a risk book.
pub const MAX_MARKETS: u16 = 256;

/// Nothing can be deposited.
pub const PAUSE_DEPOSIT: u8 = 1;
/// Nothing can be withdrawn.
pub const PAUSE_WITHDRAW: u8 = 2;
/// Nothing can be traded.
pub const PAUSE_TRADE: u8 = 4;
/// Nobody can be liquidated. Only the authority may set it: a guardian that stops liquidations would
/// make nothing safer.
pub const PAUSE_LIQUIDATE: u8 = 8;
/// No balance can be moved between accounts.
pub const PAUSE_TRANSFER: u8 = 16;
/// Every bit.
pub const PAUSE_ALL: u8 = 31;
/// The bits that the guardian may set.
pub const PAUSE_BY_GUARDIAN: u8 = PAUSE_ALL & !PAUSE_LIQUIDATE;

/// Every price and parameter that an account check needs, in one account that trading only reads.
///
/// Address: `["risk-book", clearinghouse]`. Behind this header stand [`RiskBook::asset_count`] rows
/// of [`Asset`], then [`RiskBook::market_count`] rows of [`counterweight_risk::Market`].
#[account(zero_copy)]
#[derive(Debug)]
pub struct RiskBook {
    /// Layout version.
    pub version: u8,
    /// Bump of the address.
    pub bump: u8,
    /// `PAUSE_` bits.
    pub paused: u8,
    /// Zero.
    pub padding: u8,
    /// Rows of assets; the first is the quote token.
    pub asset_count: u16,
    /// Rows of markets.
    pub market_count: u16,
    /// The clearinghouse it belongs to.
    pub clearinghouse: Pubkey,
    /// Parameters of the clearinghouse.
    pub params: RiskParams,
}

/// Bytes before the first asset.
pub const RISK_BOOK_HEADER: usize = 8 + size_of::<RiskBook>();

const _: () = assert!(size_of::<RiskBook>() == 224);
const _: () = assert!(core::mem::offset_of!(RiskBook, clearinghouse) == 8);
const _: () = assert!(core::mem::offset_of!(RiskBook, params) == 40);
const _: () = assert!(size_of::<RiskParams>() == 184);

impl Layout for RiskBook {
    /// Since 2, a market's row is 768 bytes long, and not 512.
    const VERSION: u8 = 2;

    fn version(&self) -> u8 {
        self.version
    }
}

impl RiskBook {
    /// What is paused, for an event of an instruction that needs nothing else of the risk book.
    ///
    /// # Errors
    /// [`ErrorCode::WrongVersion`].
    pub fn pause_bits(&self) -> Result<u8> {
        self.require_version()?;
        Ok(self.paused)
    }

    /// Refuses what is paused.
    ///
    /// # Errors
    /// [`ErrorCode::Paused`].
    #[inline(always)]
    pub fn require_running(&self, bit: u8) -> Result<()> {
        if self.paused & bit != 0 {
            return Err(refuse(
                ErrorCode::Paused,
                &[("asked for", bit.into()), ("paused", self.paused.into())],
            ));
        }
        Ok(())
    }

    /// Bytes of a risk book with so many rows.
    pub const fn space(assets: usize, markets: usize) -> usize {
        RISK_BOOK_HEADER + assets * size_of::<Asset>() + markets * size_of::<MarketRow>()
    }

    fn lengths(&self) -> (usize, usize) {
        (
            usize::from(self.asset_count) * size_of::<Asset>(),
            usize::from(self.market_count) * size_of::<MarketRow>(),
        )
    }
}

/// A risk book that is being read.
pub struct RiskBookRef<'a> {
    /// The header.
    pub header: Ref<'a, RiskBook>,
    tail: Ref<'a, [u8]>,
}

impl<'a> RiskBookRef<'a> {
    /// Reads an account whose owner and type Anchor has checked.
    ///
    /// # Errors
    /// [`ErrorCode::WrongVersion`], or Anchor's for another type.
    #[inline(always)]
    pub fn load<'info>(loader: &'a AccountLoader<'info, RiskBook>) -> Result<Self> {
        let data = loader.as_ref().try_borrow_data()?;
        check(&data)?;
        let (header, tail) = Ref::map_split(data, |data| {
            let (header, tail) = data.split_at(RISK_BOOK_HEADER);
            (bytemuck::from_bytes::<RiskBook>(&header[8..]), tail)
        });
        header.require_version()?;
        Ok(Self { header, tail })
    }

    /// An asset, where no other row is needed: taking the tables divides their lengths by a row's.
    ///
    /// # Errors
    /// [`ErrorCode::UnknownAsset`].
    pub fn asset(&self, asset: u16) -> Result<&Asset> {
        if asset >= self.header.asset_count {
            return Err(no_asset(asset));
        }
        let start = usize::from(asset) * size_of::<Asset>();
        Ok(bytemuck::from_bytes(
            &self.tail[start..start + size_of::<Asset>()],
        ))
    }

    /// The tables as the engine reads them.
    #[inline(always)]
    pub fn book(&self) -> Book<'_> {
        let (assets, markets) = self.header.lengths();
        Book {
            params: &self.header.params,
            assets: bytemuck::cast_slice(&self.tail[..assets]),
            markets: bytemuck::cast_slice(&self.tail[assets..assets + markets]),
        }
    }
}

/// A risk book that is being changed.
pub struct RiskBookMut<'a> {
    /// The header.
    pub header: RefMut<'a, RiskBook>,
    tail: RefMut<'a, [u8]>,
}

impl<'a> RiskBookMut<'a> {
    /// As [`RiskBookRef::load`], for writing.
    ///
    /// # Errors
    /// As [`RiskBookRef::load`].
    pub fn load<'info>(loader: &'a AccountLoader<'info, RiskBook>) -> Result<Self> {
        let data = loader.as_ref().try_borrow_mut_data()?;
        check(&data)?;
        let (header, tail) = RefMut::map_split(data, |data| {
            let (header, tail) = data.split_at_mut(RISK_BOOK_HEADER);
            (bytemuck::from_bytes_mut::<RiskBook>(&mut header[8..]), tail)
        });
        header.require_version()?;
        Ok(Self { header, tail })
    }

    /// All rows, to be changed.
    pub fn tables(&mut self) -> (&mut [Asset], &mut [MarketRow]) {
        let (assets, markets) = self.header.lengths();
        let (asset_bytes, rest) = self.tail.split_at_mut(assets);
        (
            bytemuck::cast_slice_mut(asset_bytes),
            bytemuck::cast_slice_mut(&mut rest[..markets]),
        )
    }

    /// An asset, to be changed.
    ///
    /// # Errors
    /// [`ErrorCode::UnknownAsset`].
    pub fn asset(&mut self, asset: u16) -> Result<&mut Asset> {
        if asset >= self.header.asset_count {
            return Err(no_asset(asset));
        }
        Ok(self.row(usize::from(asset) * size_of::<Asset>()))
    }

    /// A market, to be changed.
    ///
    /// # Errors
    /// [`ErrorCode::UnknownMarket`].
    pub fn market(&mut self, market: u16) -> Result<&mut MarketRow> {
        if market >= self.header.market_count {
            let numbers = [("market", market.into())];
            return Err(refuse(ErrorCode::UnknownMarket, &numbers));
        }
        let (assets, _) = self.header.lengths();
        Ok(self.row(assets + usize::from(market) * size_of::<MarketRow>()))
    }

    /// A market, to be changed, with the asset that it is on.
    ///
    /// # Errors
    /// [`ErrorCode::UnknownMarket`], [`ErrorCode::UnknownAsset`].
    pub fn market_and_asset(&mut self, market: u16) -> Result<(&mut MarketRow, &Asset)> {
        let (assets, markets) = self.tables();
        let row = markets.get_mut(usize::from(market));
        let row = row.ok_or(RiskError::UnknownMarket { market }).or_refuse()?;
        let asset = assets.get(usize::from(row.asset));
        let asset = asset.ok_or_else(|| no_asset(row.asset))?;
        Ok((row, asset))
    }

    /// The row at an offset.
    fn row<T: bytemuck::Pod>(&mut self, start: usize) -> &mut T {
        bytemuck::from_bytes_mut(&mut self.tail[start..start + size_of::<T>()])
    }

    /// Folds the multipliers of an asset's volatility into the markets on it. Markets that have ended require nothing, and
    /// stay as they are.
    ///
    /// # Errors
    /// None in fact for rows that were written by their terms.
    #[cold]
    #[inline(never)]
    pub fn follow_volatility(&mut self, asset: u16) -> Result<()> {
        let (assets, markets) = self.tables();
        let steps = assets[usize::from(asset)].volatility.steps();
        for market in markets.iter_mut().filter(|market| market.follows(asset)) {
            market.set_multipliers(steps).or_refuse()?;
        }
        Ok(())
    }

    /// Takes note of what a vault holds: the rate of interest follows it for the quote token, the weight for
    /// any other.
    ///
    /// # Errors
    /// [`ErrorCode::UnknownAsset`], [`ErrorCode::Overflow`].
    pub fn note_vault(&mut self, asset: u16, atoms: u64, now: i64) -> Result<()> {
        if asset == 0 {
            return self.header.params.interest.set_rate(atoms, now).or_refuse();
        }
        self.asset(asset)?.note_deposits(atoms).or_refuse()
    }

    /// Appends an asset. The account must have grown by a row; the markets move up.
    ///
    /// # Errors
    /// [`ErrorCode::RiskBookFull`].
    pub fn push_asset(&mut self, row: Asset) -> Result<u16> {
        let index = self.header.asset_count;
        require!(index < MAX_ASSETS, ErrorCode::RiskBookFull);
        let (assets, markets) = self.header.lengths();
        self.tail
            .copy_within(assets..assets + markets, assets + size_of::<Asset>());
        self.tail[assets..assets + size_of::<Asset>()].copy_from_slice(bytemuck::bytes_of(&row));
        self.header.asset_count += 1;
        Ok(index)
    }

    /// Appends a market. The account must have grown by a row.
    ///
    /// # Errors
    /// [`ErrorCode::RiskBookFull`].
    pub fn push_market(&mut self, row: MarketRow) -> Result<u16> {
        let index = self.header.market_count;
        require!(index < MAX_MARKETS, ErrorCode::RiskBookFull);
        let (assets, markets) = self.header.lengths();
        let at = assets + markets;
        self.tail[at..at + size_of::<MarketRow>()].copy_from_slice(bytemuck::bytes_of(&row));
        self.header.market_count += 1;
        Ok(index)
    }
}

/// Type and length. The owner was checked with the type by Anchor before the handler ran.
#[inline(always)]
fn check(data: &[u8]) -> Result<()> {
    require!(
        data.len() >= RISK_BOOK_HEADER && data[..8] == *RiskBook::DISCRIMINATOR,
        anchor_lang::error::ErrorCode::AccountDiscriminatorMismatch
    );
    Ok(())
}

#[cold]
#[inline(never)]
fn no_asset(asset: u16) -> Error {
    refuse(ErrorCode::UnknownAsset, &[("asset", asset.into())])
}
