//! What of the chain a plan is made from: which accounts, and what they say.

use crate::config::Deployment;
use anchor_lang::prelude::Pubkey;
use core::fmt;
use counterweight::state::{Clearinghouse, Custody};
use counterweight_sdk::{
    accounts::{self, DecodeError, RiskTables},
    instructions::{Collateral, Venue},
    pda,
};
use std::collections::BTreeMap;

/// Who acts, and when.
#[derive(Clone, Debug)]
pub struct Context {
    /// Who governs, and creates the clearinghouse where the file names no creator.
    pub authority: Pubkey,
    /// Who pays for what anybody may pay for.
    pub payer: Pubkey,
    /// The chain's time, unix seconds.
    pub now: i64,
    /// Mints of assets for which the file has none, by name.
    pub mints: BTreeMap<String, Pubkey>,
}

impl Context {
    /// One key for everything, and the mints of the file.
    pub fn of(authority: Pubkey, now: i64) -> Self {
        Self {
            authority,
            payer: authority,
            now,
            mints: BTreeMap::new(),
        }
    }
}

/// The accounts of a clearinghouse as the file describes it, whether or not they are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// The clearinghouse and its risk book.
    pub venue: Venue,
    /// Assets that are, or are to become, collateral.
    pub collaterals: Vec<Collateral>,
    /// Accounts of the markets, by index.
    pub markets: Vec<Pubkey>,
}

impl Addresses {
    /// Of a file. Assets whose mint nobody names are left out.
    pub fn of(deployment: &Deployment, context: &Context) -> Self {
        let creator = deployment.creator.unwrap_or(context.authority);
        let venue = Venue::new(&creator, deployment.id);
        let collaterals = deployment.asset.iter().zip(0u16..);
        let collaterals = collaterals
            .filter(|(asset, index)| *index == 0 || asset.is_collateral())
            .filter_map(|(asset, index)| {
                let named = context.mints.get(&asset.name);
                Some(Collateral {
                    asset: index,
                    mint: asset.mint.or(named.copied())?,
                    token_program: asset.token_program.address(),
                })
            });
        let markets = u16::try_from(deployment.market.len()).unwrap_or(u16::MAX);
        Self {
            venue,
            collaterals: collaterals.collect(),
            markets: (0..markets).map(|index| venue.market(index)).collect(),
        }
    }

    /// The backstop's margin account.
    pub fn backstop(&self) -> Pubkey {
        self.venue.backstop()
    }

    /// What must be read for a plan, in the order that [`OnChain::decode`] takes it.
    pub fn all(&self) -> Vec<Pubkey> {
        let mut keys = vec![
            self.venue.clearinghouse,
            self.venue.risk_book,
            self.backstop(),
        ];
        for collateral in &self.collaterals {
            keys.push(pda::custody(&self.venue.clearinghouse, &collateral.mint));
            keys.push(collateral.mint);
        }
        keys.extend(&self.markets);
        keys
    }
}

/// An account as it was read: the program that owns it, and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The program that owns it.
    pub owner: Pubkey,
    /// Its bytes.
    pub data: Vec<u8>,
}

/// A mint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mint {
    /// The program that owns it.
    pub program: Pubkey,
    /// Its decimals.
    pub decimals: u8,
}

/// What the chain has of a clearinghouse; nothing where an account is missing.
#[derive(Clone, Debug, Default)]
pub struct OnChain {
    /// The clearinghouse.
    pub clearinghouse: Option<Clearinghouse>,
    /// Its risk book.
    pub risk_book: Option<RiskTables>,
    /// Whether the backstop is open.
    pub backstop: bool,
    /// Custodies, by mint.
    pub custodies: BTreeMap<Pubkey, Custody>,
    /// Mints, by address.
    pub mints: BTreeMap<Pubkey, Mint>,
    /// Bytes of the markets' accounts, by index.
    pub market_bytes: Vec<Option<usize>>,
}

/// Why accounts are not those of a clearinghouse that this program can act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// The program that owns an account is another one.
    WrongOwner {
        /// The account.
        account: Pubkey,
        /// Its owner.
        owner: Pubkey,
    },
    /// An account has another layout than this program's.
    OldLayout {
        /// What it is.
        what: &'static str,
        /// Its version.
        version: u8,
    },
    /// Bytes that are not an account of the expected type.
    Unreadable {
        /// What it should be.
        what: &'static str,
        /// Why it is not.
        why: DecodeError,
    },
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongOwner { account, owner } => write!(
                f,
                "account {account} belongs to program {owner}: the address is not one of a clearinghouse of {}",
                counterweight::ID
            ),
            Self::OldLayout { what, version } => write!(
                f,
                "the {what} has layout version {version}, which this program does not act on: run `counterweight-migrate upgrade` first"
            ),
            Self::Unreadable { what, why } => write!(f, "the {what} cannot be read: {why}"),
        }
    }
}

impl core::error::Error for ReadError {}

impl OnChain {
    /// Decodes what was read of [`Addresses::all`], in that order.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn decode(addresses: &Addresses, read: &[Option<Read>]) -> Result<Self, ReadError> {
        let keys = addresses.all();
        let found: BTreeMap<&Pubkey, &Read> = keys
            .iter()
            .zip(read)
            .filter_map(|(key, read)| Some((key, read.as_ref()?)))
            .collect();
        let venue = &addresses.venue;
        let mut chain = Self {
            clearinghouse: own(
                &found,
                &venue.clearinghouse,
                "clearinghouse",
                accounts::clearinghouse,
            )?,
            risk_book: own(&found, &venue.risk_book, "risk book", accounts::risk_book)?,
            backstop: own(&found, &addresses.backstop(), "backstop", accounts::margin)?.is_some(),
            ..Self::default()
        };
        for collateral in &addresses.collaterals {
            let key = venue.custody(collateral);
            if let Some(custody) = own(&found, &key, "custody", accounts::custody)? {
                chain.custodies.insert(collateral.mint, custody);
            }
            if let Some(mint) = found.get(&collateral.mint).and_then(|read| mint(read)) {
                chain.mints.insert(collateral.mint, mint);
            }
        }
        for key in &addresses.markets {
            let market = own(&found, key, "market", accounts::market)?;
            let bytes = market.and_then(|_| Some(found.get(key)?.data.len()));
            chain.market_bytes.push(bytes);
        }
        Ok(chain)
    }
}

/// An account of the program, decoded.
fn own<T>(
    found: &BTreeMap<&Pubkey, &Read>,
    key: &Pubkey,
    what: &'static str,
    decode: fn(&[u8]) -> Result<T, DecodeError>,
) -> Result<Option<T>, ReadError> {
    let Some(read) = found.get(key) else {
        return Ok(None);
    };
    // Somebody may have sent lamports to an address that is still to be created.
    if read.data.is_empty() {
        return Ok(None);
    }
    if read.owner != counterweight::ID {
        let (account, owner) = (*key, read.owner);
        return Err(ReadError::WrongOwner { account, owner });
    }
    match decode(&read.data) {
        Ok(account) => Ok(Some(account)),
        Err(DecodeError::UnknownVersion { found, .. }) => Err(ReadError::OldLayout {
            what,
            version: found,
        }),
        Err(why) => Err(ReadError::Unreadable { what, why }),
    }
}

/// Both token programs have the decimals at the same place.
fn mint(read: &Read) -> Option<Mint> {
    Some(Mint {
        program: read.owner,
        decimals: *read.data.get(44).filter(|_| read.data.len() >= 82)?,
    })
}
