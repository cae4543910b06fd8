//! The state of an exchange at a moment, and what was done between two of them.

use anchor_lang::prelude::Pubkey;
use counterweight::{
    Leg,
    state::{Clearinghouse, Custody, Market},
};
use counterweight_sdk::accounts::{self, Margin, RiskTables};
use counterweight_simnet::Exchange;
use std::{collections::BTreeMap, sync::Arc};

/// Somebody's token account.
#[derive(Clone, Copy, Debug)]
pub struct Wallet {
    /// Its address.
    pub key: Pubkey,
    /// Who owns it.
    pub owner: Pubkey,
    /// Whose tokens it holds.
    pub asset: u16,
}

/// Which accounts a snapshot reads. All margin accounts and token accounts of the exchange must be
/// named, or sums over them mean nothing.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Every margin account.
    pub margins: Vec<Pubkey>,
    /// Every token account but the vaults.
    pub wallets: Vec<Wallet>,
    markets: Vec<Pubkey>,
    vaults: Vec<Pubkey>,
    custodies: Vec<Pubkey>,
    clearinghouse: Pubkey,
    risk_book: Pubkey,
}

impl Watched {
    /// Watches these, and all of the exchange's own accounts.
    pub fn new(exchange: &Exchange, margins: Vec<Pubkey>, wallets: Vec<Wallet>) -> Self {
        let markets = exchange.tables().header.market_count;
        let venue = &exchange.venue;
        let vaults = exchange.collaterals.iter().map(|c| venue.vault(c));
        let custodies = exchange.collaterals.iter().map(|c| venue.custody(c));
        Self {
            margins,
            wallets,
            markets: (0..markets).map(|index| venue.market(index)).collect(),
            vaults: vaults.collect(),
            custodies: custodies.collect(),
            clearinghouse: venue.clearinghouse,
            risk_book: venue.risk_book,
        }
    }

    fn keys(&self) -> impl Iterator<Item = Pubkey> {
        let own = [self.clearinghouse, self.risk_book];
        let wallets = self.wallets.iter().map(|wallet| wallet.key);
        own.into_iter()
            .chain(self.markets.iter().copied())
            .chain(self.margins.iter().copied())
            .chain(self.vaults.iter().copied())
            .chain(self.custodies.iter().copied())
            .chain(wallets)
    }
}

/// The state of an exchange at a moment: decoded, and as bytes.
#[derive(Clone)]
pub struct Snapshot {
    /// Unix seconds.
    pub time: i64,
    /// The risk book.
    pub tables: RiskTables,
    /// Every margin account.
    pub margins: Vec<(Pubkey, Margin)>,
    /// Every market.
    pub markets: Vec<Market>,
    /// Their addresses.
    pub market_keys: Vec<Pubkey>,
    /// The clearinghouse.
    pub clearinghouse: Clearinghouse,
    /// The custody of every collateral.
    pub custodies: Vec<Custody>,
    /// What every wallet holds.
    pub wallets: Vec<(Wallet, u64)>,
    /// Every watched account.
    pub bytes: Arc<BTreeMap<Pubkey, Vec<u8>>>,
}

impl Snapshot {
    /// Reads an exchange.
    ///
    /// # Panics
    /// If an account does not decode.
    pub fn take(exchange: &Exchange, watched: &Watched) -> Self {
        let bytes: BTreeMap<_, _> = watched
            .keys()
            .map(|key| (key, exchange.chain.data(&key)))
            .collect();
        let margin = |key: &Pubkey| {
            let margin = accounts::margin(&bytes[key]).expect("margin account");
            (*key, margin)
        };
        let market = |key: &Pubkey| accounts::market(&bytes[key]).expect("market");
        let custody = |key: &Pubkey| accounts::custody(&bytes[key]).expect("custody");
        let wallet = |wallet: &Wallet| {
            let atoms = bytes[&wallet.key][64..72].try_into().expect("8 bytes");
            (*wallet, u64::from_le_bytes(atoms))
        };
        Self {
            time: exchange.chain.time(),
            tables: accounts::risk_book(&bytes[&watched.risk_book]).expect("risk book"),
            margins: watched.margins.iter().map(margin).collect(),
            markets: watched.markets.iter().map(market).collect(),
            market_keys: watched.markets.clone(),
            clearinghouse: accounts::clearinghouse(&bytes[&watched.clearinghouse])
                .expect("clearinghouse"),
            custodies: watched.custodies.iter().map(custody).collect(),
            wallets: watched.wallets.iter().map(wallet).collect(),
            bytes: Arc::new(bytes),
        }
    }

    /// The same with every option priced anew whose array could not be used at `time` (at zero: because its index has
    /// drifted, however old it is). The program judges nobody by such an array; where it need not judge, an account can be
    /// compared with itself all the same.
    #[must_use]
    pub fn priced(&self, time: i64) -> Self {
        let mut now = self.clone();
        for (at, row) in now.tables.markets.iter_mut().enumerate() {
            let (market, asset) = (at as u16, &self.tables.assets[usize::from(row.asset)]);
            if row.is_option() && row.array.check(market, asset, time).is_err() {
                // Without any price there is no position either.
                let _ = row.refresh_array(market, asset, self.time);
            }
        }
        now
    }

    /// The same with every position brought up to its market's indices, and every option priced that is not: what is
    /// written down changes by that, and nothing that an account is worth.
    ///
    /// # Errors
    /// A position that cannot be.
    pub fn settled(&self) -> Result<Self, String> {
        let mut now = self.priced(self.time);
        let moment = self.tables.header.params.moment(self.time);
        for (key, margin) in &mut now.margins {
            // What is written down owes interest, whatever catching up brings.
            let accrued = margin.header.core.accrue(&moment);
            accrued.map_err(|error| format!("{key}: {error:?}"))?;
            let used = usize::from(margin.header.core.position_count);
            let mut kept = Vec::with_capacity(margin.slots.len());
            for position in &margin.slots[..used] {
                let row = &self.tables.markets[usize::from(position.market)];
                let settled = position.settled(row);
                let (position, cash) = settled.map_err(|error| format!("{key}: {error:?}"))?;
                margin.header.core.cash.0 += cash.0;
                kept.extend((!position.is_empty()).then_some(position));
            }
            margin.header.core.position_count = kept.len() as u16;
            kept.resize(margin.slots.len(), counterweight_risk::Position::default());
            margin.slots = kept;
        }
        Ok(now)
    }

    /// A margin account.
    ///
    /// # Panics
    /// If it is not watched.
    pub fn margin(&self, key: &Pubkey) -> &Margin {
        let found = self.margins.iter().find(|(margin, _)| margin == key);
        &found.expect("a watched margin account").1
    }

    /// The custody of an asset.
    ///
    /// # Panics
    /// If it is no collateral.
    pub fn custody(&self, asset: u16) -> &Custody {
        let mut custodies = self.custodies.iter();
        custodies.find(|c| c.asset == asset).expect("a collateral")
    }

    /// Each margin account, in this snapshot and in a later one.
    pub fn with<'a>(
        &'a self,
        after: &'a Self,
    ) -> impl Iterator<Item = (&'a Pubkey, &'a Margin, &'a Margin)> {
        let pairs = self.margins.iter().zip(&after.margins);
        pairs.map(|((key, before), (_, after))| (key, before, after))
    }

    /// Whether a maintenance figure of the same account is the same in both: neither the clock nor a price
    /// nor a parameter moved. What the risk book notes of vaults and debts may have: it changes initial
    /// weights, and interest from now on.
    pub fn judges_like(&self, other: &Self) -> bool {
        let (a, b) = (&self.tables, &with_notes_of(&other.tables, &self.tables));
        self.time == other.time
            && a.header.params == b.header.params
            && a.assets == b.assets
            && a.markets == b.markets
    }

    /// Whether the notes are the same too.
    pub fn notes_like(&self, other: &Self) -> bool {
        let (a, b) = (&self.tables, &other.tables);
        a.header.params == b.header.params && a.assets == b.assets
    }
}

/// The tables with what the risk book notes of vaults and debts as others have it.
#[must_use]
pub fn with_notes_of(tables: &RiskTables, others: &RiskTables) -> RiskTables {
    let mut tables = tables.clone();
    let interest = &mut tables.header.params.interest;
    let noted = others.header.params.interest;
    (interest.index, interest.since, interest.rate) = (noted.index, noted.since, noted.rate);
    (interest.debt, interest.vault) = (noted.debt, noted.vault);
    for (row, noted) in tables.assets.iter_mut().zip(&others.assets) {
        (row.deposited, row.weight_initial) = (noted.deposited, noted.weight_initial);
    }
    tables
}

/// What an instruction was to do.
#[derive(Clone, Debug)]
pub enum Deed {
    /// Nothing that touches an account or a wallet: clock, prices, parameters, pause, collecting.
    Surroundings,
    /// Tokens into an account.
    Deposit {
        /// The account.
        account: Pubkey,
        /// The asset.
        asset: u16,
        /// How much.
        atoms: u64,
    },
    /// Tokens out of an account.
    Withdraw {
        /// The account.
        account: Pubkey,
        /// The asset.
        asset: u16,
        /// How much.
        atoms: u64,
    },
    /// A balance from an account to another of the same owner.
    Transfer {
        /// Who gives.
        from: Pubkey,
        /// Who receives.
        to: Pubkey,
        /// The asset.
        asset: u16,
        /// How much.
        atoms: u64,
    },
    /// A block trade.
    Trade {
        /// The side that buys positive lots.
        first: Pubkey,
        /// The other.
        second: Pubkey,
        /// What is traded.
        legs: Vec<Leg>,
    },
    /// A liquidation.
    Liquidate {
        /// The account that is liquidated.
        liquidatee: Pubkey,
        /// The account that takes the lots.
        liquidator: Pubkey,
        /// The market.
        market: u16,
        /// Most lots to take.
        most: u64,
    },
    /// A slice of every position.
    Slice {
        /// The account that is liquidated.
        liquidatee: Pubkey,
        /// The account that takes the lots.
        liquidator: Pubkey,
        /// Most of each position to take: 2^20 is all.
        most: u32,
    },
    /// Collateral of an account without positions.
    Seize {
        /// The account that is liquidated.
        liquidatee: Pubkey,
        /// The account that takes the collateral.
        liquidator: Pubkey,
        /// The asset.
        asset: u16,
        /// Most token atoms to take.
        most: u64,
    },
    /// Flagging, resizing, setting a delegate: an account changes, its worth does not.
    Manage {
        /// The account.
        account: Pubkey,
    },
    /// Orders of an account in a market, and the fills that its trades bring to makers; without an
    /// account, fills that waited for makers.
    Book {
        /// Who acts.
        account: Option<Pubkey>,
        /// Where.
        market: u16,
    },
    /// Interest moves to the insurance fund: the account changes, its worth does not.
    Accrue {
        /// The account.
        account: Pubkey,
    },
    /// The backstop takes an account over.
    TakeOver {
        /// The account.
        account: Pubkey,
    },
    /// A position is closed against the other side of its market.
    Deleverage {
        /// Whose.
        account: Pubkey,
        /// Where.
        market: u16,
    },
    /// An account is brought up to its market, or the backstop gets what rounding has left over.
    CatchUp {
        /// Who is written.
        account: Pubkey,
    },
    /// A position in a market that has ended is closed at what its lots are worth.
    SettlePosition {
        /// Whose.
        account: Pubkey,
        /// Where.
        market: u16,
    },
    /// A trigger order of an account trades; somebody else earns a fee for it.
    Trigger {
        /// Whose it is.
        account: Pubkey,
        /// Who executes it.
        executor: Pubkey,
        /// Where.
        market: u16,
    },
    /// An instruction with accounts that were not meant: whatever it does, the books balance.
    Strange,
    /// A payment into the insurance fund.
    FundInsurance {
        /// How much.
        atoms: u64,
    },
    /// The authority takes fees.
    WithdrawFees {
        /// How much.
        atoms: u64,
    },
}

/// What happened between two snapshots.
#[derive(Clone, Debug)]
pub struct Step {
    /// What was tried.
    pub deed: Deed,
    /// Who signed, the payer of the transaction aside.
    pub signers: Vec<Pubkey>,
    /// Whether it went through.
    pub succeeded: bool,
}

impl Step {
    /// Whether the owner of an account signed.
    pub fn signed_by_owner(&self, margin: &Margin) -> bool {
        self.signers.contains(&margin.header.owner)
    }

    /// Whether the owner of an account, or its delegate, signed.
    pub fn signed_for(&self, margin: &Margin) -> bool {
        let delegate = margin.header.delegate;
        self.signed_by_owner(margin)
            || (delegate != Pubkey::default() && self.signers.contains(&delegate))
    }
}
