use crate::{
    error::{ErrorCode, OrRefuse, refuse},
    state::{Layout, RECORDED, require_version},
};
use anchor_lang::{Discriminator, prelude::*};
use counterweight_risk::{
    AccountCore, AccountMut, AccountView, Book, Lots, Market as MarketRow, Position, QuoteAtoms,
    account::BALANCES, backstop::Reference, standard::maintenance,
};
use std::cell::{Ref, RefMut};

/// Seed of a margin account's address, before clearinghouse, owner and id.
pub const MARGIN_SEED: &[u8] = b"margin";
/// Slots that an account is opened with.
pub const MIN_SLOTS: u16 = 8;
/// Most slots that an account can have.
pub const MAX_SLOTS: u16 = 128;

/// A trader's account: one pool of collateral, and every position that it backs.
///
/// Address: `["margin", clearinghouse, owner, id]`. Behind this header stand the slots, each a
/// [`Position`]; the used ones come first, sorted by asset and market.
#[account(zero_copy)]
#[derive(Debug)]
pub struct MarginAccount {
    /// Layout version.
    pub version: u8,
    /// Bump of the address.
    pub bump: u8,
    /// Number that the owner chose.
    pub id: u16,
    /// Taken off the fees of trading on the book, in basis points; the authority sets it.
    pub fee_discount_bps: u16,
    /// Zero.
    pub padding: u16,
    /// Counts the changes of this account; every event carries it.
    pub sequence: u64,
    /// The clearinghouse it belongs to.
    pub clearinghouse: Pubkey,
    /// Who may do everything with it.
    pub owner: Pubkey,
    /// Who may trade with it but never withdraw; the default key for nobody.
    pub delegate: Pubkey,
    /// Cash, collateral, liquidation state, profit that has not matured, interest.
    pub core: AccountCore,
    /// Of the backstop: when it last took over collateral, unix seconds. Its auction counts from then.
    pub took_collateral: i64,
    /// Of the backstop: what its losses of a day are counted from.
    pub reference: Reference,
    /// Zero.
    pub reserved: [u64; 7],
}

/// Bytes before the first slot.
pub const MARGIN_HEADER: usize = 8 + size_of::<MarginAccount>();

const _: () = assert!(size_of::<MarginAccount>() == 400);
const _: () = assert!(core::mem::offset_of!(MarginAccount, owner) == 48);
const _: () = assert!(core::mem::offset_of!(MarginAccount, core) == 112);
const _: () = assert!(size_of::<AccountCore>() == 200 && BALANCES == 8);
const _: () = assert!(core::mem::offset_of!(MarginAccount, reserved) == 344);
// The promise of the documentation: 8 slots in 1.3 kB, each further slot 80 bytes.
const _: () = assert!(MarginAccount::space(MIN_SLOTS) <= 1_300 && size_of::<Position>() == 80);

impl Layout for MarginAccount {
    const VERSION: u8 = 1;

    fn version(&self) -> u8 {
        self.version
    }
}

impl MarginAccount {
    /// Bytes of an account with so many slots.
    pub const fn space(slots: u16) -> usize {
        MARGIN_HEADER + slots as usize * size_of::<Position>()
    }

    /// Slots of an account with so many bytes.
    pub fn slots_in(bytes: usize) -> u16 {
        let slots = bytes.saturating_sub(MARGIN_HEADER) / size_of::<Position>();
        u16::try_from(slots).unwrap_or(u16::MAX)
    }

    /// Refuses a signer who is not the owner.
    ///
    /// # Errors
    /// [`ErrorCode::NotOwner`].
    pub fn require_owner(&self, signer: &Pubkey) -> Result<()> {
        require_keys_eq!(*signer, self.owner, ErrorCode::NotOwner);
        Ok(())
    }

    /// Refuses a signer who is neither owner nor delegate.
    ///
    /// # Errors
    /// [`ErrorCode::NotOwnerOrDelegate`].
    #[inline(always)]
    pub fn require_trader(&self, signer: &Pubkey) -> Result<()> {
        // The default key as delegate means nobody; nobody can sign for it, but say so all the same.
        let delegated = *signer == self.delegate && self.delegate != Pubkey::default();
        require!(
            *signer == self.owner || delegated,
            ErrorCode::NotOwnerOrDelegate
        );
        Ok(())
    }

    /// Refuses an account of another clearinghouse.
    ///
    /// # Errors
    /// [`ErrorCode::WrongClearinghouse`].
    #[inline(always)]
    pub fn require_member(&self, clearinghouse: &Pubkey) -> Result<()> {
        require!(
            self.clearinghouse == *clearinghouse,
            ErrorCode::WrongClearinghouse
        );
        Ok(())
    }

    /// Whether this is the clearinghouse's backstop: owned by the clearinghouse, for which nobody signs.
    #[inline(always)]
    pub fn is_backstop(&self) -> bool {
        // Almost always told by the first byte.
        self.owner.as_array()[0] == self.clearinghouse.as_array()[0]
            && self.owner == self.clearinghouse
    }

    /// Of the backstop: what its equity may fall to on this day.
    pub fn floor(&self, book: &Book) -> QuoteAtoms {
        self.reference.floor(book.params.backstop_daily_loss)
    }

    /// Refuses an account that is not the backstop of this clearinghouse.
    ///
    /// # Errors
    /// [`ErrorCode::WrongClearinghouse`], [`ErrorCode::NotBackstop`].
    pub fn require_backstop(&self, clearinghouse: &Pubkey) -> Result<()> {
        self.require_member(clearinghouse)?;
        require!(self.is_backstop(), ErrorCode::NotBackstop);
        Ok(())
    }

    /// Refuses an account with lots in a book, or filled in a queue that is not settled: what it holds
    /// is not what it is judged by. The number of orders would not tell of an order that was filled in
    /// part before the rest of it was cancelled.
    ///
    /// # Errors
    /// [`ErrorCode::OrdersStillRest`].
    pub fn require_no_orders(&self, positions: &[Position]) -> Result<()> {
        // Below 2^45 a position.
        let add =
            |sum: i64, p: &Position| sum.wrapping_add(p.bid_lots.0).wrapping_add(p.ask_lots.0);
        let lots = positions.iter().fold(0, add);
        if lots != 0 {
            let orders = self.core.open_orders;
            let numbers = [("orders", orders.into()), ("lots", lots.into())];
            return Err(refuse(ErrorCode::OrdersStillRest, &numbers));
        }
        Ok(())
    }

    /// Refuses an account that changed since the client looked at it.
    ///
    /// # Errors
    /// [`ErrorCode::SequenceChanged`].
    #[inline(always)]
    pub fn require_sequence(&self, expected: Option<u64>) -> Result<()> {
        match expected {
            Some(expected) if expected != self.sequence => Err(refuse(
                ErrorCode::SequenceChanged,
                &[
                    ("found", self.sequence.into()),
                    ("expected", expected.into()),
                ],
            )),
            _ => Ok(()),
        }
    }

    /// Counts a change, and returns its number.
    #[inline(always)]
    pub fn advance(&mut self) -> u64 {
        // One a change: 2^64 of them will not happen.
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }
}

/// A margin account that is being read.
pub struct MarginRef<'a> {
    /// The header.
    pub header: Ref<'a, MarginAccount>,
    slots: Ref<'a, [Position]>,
}

impl<'a> MarginRef<'a> {
    /// Reads an account whose owner and type Anchor has checked.
    ///
    /// # Errors
    /// [`ErrorCode::WrongVersion`], or Anchor's for another type.
    pub fn load<'info>(loader: &'a AccountLoader<'info, MarginAccount>) -> Result<Self> {
        let account: &'a AccountInfo<'info> = loader.as_ref();
        let data = account.try_borrow_data()?;
        check(&data)?;
        let (header, slots) = Ref::map_split(data, |data| {
            let (header, tail) = data.split_at(MARGIN_HEADER);
            (
                bytemuck::from_bytes(&header[8..]),
                bytemuck::cast_slice(tail),
            )
        });
        Ok(Self { header, slots })
    }

    /// The account as the engine judges it.
    pub fn view(&self) -> AccountView<'_> {
        let core = &self.header.core;
        AccountView {
            cash: core.cash,
            interest: core.debt.index,
            balances: &core.balances,
            positions: &self.slots[..usize::from(core.position_count)],
            model: core.model,
        }
    }
}

/// A margin account that is being changed.
pub struct MarginMut<'a> {
    /// The header.
    pub header: RefMut<'a, MarginAccount>,
    slots: RefMut<'a, [Position]>,
}

impl<'a> MarginMut<'a> {
    /// As [`MarginRef::load`], for writing.
    ///
    /// # Errors
    /// As [`MarginRef::load`].
    #[inline(always)]
    pub fn load<'info>(loader: &'a AccountLoader<'info, MarginAccount>) -> Result<Self> {
        Self::of(loader.as_ref())
    }

    /// As [`MarginMut::load`], of an account that nobody has checked yet.
    ///
    /// # Errors
    /// As [`MarginRef::load`], and Anchor's for an account of another program.
    pub fn load_unchecked(account: &'a AccountInfo<'_>) -> Result<Self> {
        require!(
            *account.owner == crate::ID,
            anchor_lang::error::ErrorCode::AccountOwnedByWrongProgram
        );
        Self::of(account)
    }

    #[inline(always)]
    fn of(account: &'a AccountInfo<'_>) -> Result<Self> {
        let data = account.try_borrow_mut_data()?;
        check(&data)?;
        let (header, slots) = RefMut::map_split(data, |data| {
            let (header, tail) = data.split_at_mut(MARGIN_HEADER);
            (
                bytemuck::from_bytes_mut(&mut header[8..]),
                bytemuck::cast_slice_mut(tail),
            )
        });
        Ok(Self { header, slots })
    }

    /// The account as the engine changes it.
    #[inline(always)]
    pub fn account(&mut self) -> AccountMut<'_> {
        AccountMut {
            core: &mut self.header.core,
            slots: &mut self.slots,
        }
    }

    /// Ends a call upon the backstop: what it is worth now is what the next day counts from.
    ///
    /// # Errors
    /// [`ErrorCode::Overflow`].
    pub fn end_call(&mut self, book: &Book) -> Result<()> {
        let health = maintenance(book, &self.view(), RECORDED).or_refuse()?;
        self.header.reference.note(health.equity);
        Ok(())
    }

    /// Lots held in a market, deleveraging applied.
    pub fn lots(&self, index: u16, market: &MarketRow) -> Lots {
        self.view().lots(index, market)
    }

    /// The account as the engine judges it.
    #[inline(always)]
    pub fn view(&self) -> AccountView<'_> {
        let core = &self.header.core;
        AccountView {
            cash: core.cash,
            interest: core.debt.index,
            balances: &core.balances,
            positions: &self.slots[..usize::from(core.position_count)],
            model: core.model,
        }
    }
}

/// Type, length and version. The tail is a whole number of slots by construction; the cast would
/// refuse anything else.
#[inline(always)]
fn check(data: &[u8]) -> Result<()> {
    require!(
        data.len() >= MARGIN_HEADER && data[..8] == *MarginAccount::DISCRIMINATOR,
        anchor_lang::error::ErrorCode::AccountDiscriminatorMismatch
    );
    require_version(data[8], MarginAccount::VERSION)
}
