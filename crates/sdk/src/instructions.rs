//! Building instructions. Each function takes what a caller knows and fills in the rest.

use crate::{PROGRAM_ID, pda};
use anchor_lang::{
    InstructionData, ToAccountMetas,
    prelude::{AccountMeta, Pubkey, system_program},
    solana_program::instruction::Instruction,
};
use counterweight::{
    AssetSetup, ClearinghouseSetup, Guards, Leg, LiquidateArgs, MarketSetup, accounts, instruction,
};
use counterweight_risk::AssetTerms;

/// The accounts of a clearinghouse that most instructions need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Venue {
    /// The clearinghouse.
    pub clearinghouse: Pubkey,
    /// Its risk book.
    pub risk_book: Pubkey,
}

/// A depositable asset: what moving its tokens needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collateral {
    /// Index in the risk book; 0 is the quote token.
    pub asset: u16,
    /// Its mint.
    pub mint: Pubkey,
    /// The token program that owns the mint.
    pub token_program: Pubkey,
}

pub(crate) fn build(accounts: impl ToAccountMetas, data: impl InstructionData) -> Instruction {
    Instruction {
        program_id: PROGRAM_ID,
        accounts: accounts.to_account_metas(None),
        data: data.data(),
    }
}

impl Venue {
    /// The clearinghouse that `creator` made with `id`.
    pub fn new(creator: &Pubkey, id: u64) -> Self {
        let clearinghouse = pda::clearinghouse(creator, id);
        Self {
            clearinghouse,
            risk_book: pda::risk_book(&clearinghouse),
        }
    }

    /// The vault of a collateral.
    pub fn vault(&self, collateral: &Collateral) -> Pubkey {
        pda::vault(&self.clearinghouse, &collateral.mint)
    }

    /// The account of a market.
    pub fn market(&self, index: u16) -> Pubkey {
        pda::market(&self.clearinghouse, index)
    }

    /// The margin account that `owner` opened with `id`.
    pub fn margin_account(&self, owner: &Pubkey, id: u16) -> Pubkey {
        pda::margin_account(&self.clearinghouse, owner, id)
    }

    // Governance

    /// `add_asset`.
    pub fn add_asset(&self, authority: Pubkey, setup: AssetSetup) -> Instruction {
        let accounts = accounts::AddAsset {
            authority,
            clearinghouse: self.clearinghouse,
            risk_book: self.risk_book,
            system_program: system_program::ID,
        };
        build(accounts, instruction::AddAsset { setup })
    }

    /// `list_collateral`.
    pub fn list_collateral(
        &self,
        authority: Pubkey,
        collateral: &Collateral,
        terms: AssetTerms,
    ) -> Instruction {
        let accounts = accounts::ListCollateral {
            authority,
            clearinghouse: self.clearinghouse,
            risk_book: self.risk_book,
            mint: collateral.mint,
            vault: self.vault(collateral),
            custody: self.custody(collateral),
            token_program: collateral.token_program,
            system_program: system_program::ID,
        };
        build(
            accounts,
            instruction::ListCollateral {
                asset: collateral.asset,
                terms,
            },
        )
    }

    /// `add_market`.
    pub fn add_market(&self, authority: Pubkey, index: u16, setup: MarketSetup) -> Instruction {
        let accounts = accounts::AddMarket {
            authority,
            clearinghouse: self.clearinghouse,
            risk_book: self.risk_book,
            market: self.market(index),
            system_program: system_program::ID,
        };
        build(accounts, instruction::AddMarket { index, setup })
    }

    /// `migrate_risk_book`: 10 kB a call, as often as it takes.
    pub fn migrate_risk_book(&self, payer: Pubkey) -> Instruction {
        let accounts = accounts::MigrateRiskBook {
            payer,
            risk_book: self.risk_book,
            system_program: system_program::ID,
        };
        build(accounts, instruction::MigrateRiskBook {})
    }

    /// `pause`.
    pub fn pause(&self, signer: Pubkey, paused: u8) -> Instruction {
        let accounts = accounts::Pause {
            signer,
            clearinghouse: self.clearinghouse,
            risk_book: self.risk_book,
        };
        build(accounts, instruction::Pause { paused })
    }

    fn govern(&self, authority: Pubkey) -> accounts::Govern {
        accounts::Govern {
            authority,
            clearinghouse: self.clearinghouse,
            risk_book: self.risk_book,
        }
    }

    /// `set_guardian`.
    pub fn set_guardian(&self, authority: Pubkey, guardian: Pubkey) -> Instruction {
        build(
            self.govern(authority),
            instruction::SetGuardian { guardian },
        )
    }

    /// `set_volatility_feed`.
    pub fn set_volatility_feed(&self, authority: Pubkey, feed: Pubkey) -> Instruction {
        build(
            self.govern(authority),
            instruction::SetVolatilityFeed { feed },
        )
    }

    /// `nominate_authority`.
    pub fn nominate_authority(&self, authority: Pubkey, nominated: Pubkey) -> Instruction {
        build(
            self.govern(authority),
            instruction::NominateAuthority { nominated },
        )
    }

    /// `accept_authority`.
    pub fn accept_authority(&self, nominated_authority: Pubkey) -> Instruction {
        let accounts = accounts::AcceptAuthority {
            nominated_authority,
            clearinghouse: self.clearinghouse,
            risk_book: self.risk_book,
        };
        build(accounts, instruction::AcceptAuthority {})
    }

    /// `collect_fees`.
    pub fn collect_fees(&self, market: u16) -> Instruction {
        let accounts = accounts::CollectFees {
            clearinghouse: self.clearinghouse,
            market: self.market(market),
        };
        build(accounts, instruction::CollectFees {})
    }

    /// `withdraw_fees`.
    pub fn withdraw_fees(
        &self,
        authority: Pubkey,
        quote: &Collateral,
        destination: Pubkey,
        atoms: u64,
    ) -> Instruction {
        let accounts = accounts::WithdrawFees {
            authority,
            clearinghouse: self.clearinghouse,
            quote_mint: quote.mint,
            quote_vault: self.vault(quote),
            custody: self.custody(quote),
            destination,
            token_program: quote.token_program,
        };
        build(accounts, instruction::WithdrawFees { atoms })
    }

    /// `fund_insurance`.
    pub fn fund_insurance(
        &self,
        payer: Pubkey,
        quote: &Collateral,
        source: Pubkey,
        atoms: u64,
    ) -> Instruction {
        let accounts = accounts::FundInsurance {
            payer,
            clearinghouse: self.clearinghouse,
            quote_mint: quote.mint,
            quote_vault: self.vault(quote),
            custody: self.custody(quote),
            source,
            token_program: quote.token_program,
        };
        build(accounts, instruction::FundInsurance { atoms })
    }

    // Prices

    /// `refresh_prices`: pairs of asset and price account.
    pub fn refresh_prices(&self, prices: &[(u16, Pubkey)]) -> Instruction {
        let assets = prices.iter().map(|(asset, _)| *asset).collect();
        let accounts = accounts::RefreshPrices {
            risk_book: self.risk_book,
        };
        let mut built = build(accounts, instruction::RefreshPrices { assets });
        built.accounts.extend(
            prices
                .iter()
                .map(|(_, key)| AccountMeta::new_readonly(*key, false)),
        );
        built
    }

    // A trader's own account

    /// `open_margin_account`.
    pub fn open_margin_account(&self, owner: Pubkey, id: u16) -> Instruction {
        let accounts = accounts::OpenMarginAccount {
            owner,
            risk_book: self.risk_book,
            margin_account: self.margin_account(&owner, id),
            system_program: system_program::ID,
        };
        build(accounts, instruction::OpenMarginAccount { id })
    }

    /// `deposit`.
    pub fn deposit(
        &self,
        authority: Pubkey,
        margin_account: Pubkey,
        collateral: &Collateral,
        source: Pubkey,
        atoms: u64,
    ) -> Instruction {
        let accounts = accounts::Deposit {
            authority,
            risk_book: self.risk_book,
            margin_account,
            mint: collateral.mint,
            vault: self.vault(collateral),
            custody: self.custody(collateral),
            source,
            token_program: collateral.token_program,
        };
        build(
            accounts,
            instruction::Deposit {
                asset: collateral.asset,
                atoms,
            },
        )
    }

    /// `withdraw`.
    pub fn withdraw(
        &self,
        owner: Pubkey,
        margin_account: Pubkey,
        collateral: &Collateral,
        destination: Pubkey,
        atoms: u64,
        guards: Guards,
    ) -> Instruction {
        let accounts = accounts::Withdraw {
            owner,
            clearinghouse: self.clearinghouse,
            risk_book: self.risk_book,
            margin_account,
            mint: collateral.mint,
            vault: self.vault(collateral),
            custody: self.custody(collateral),
            destination,
            token_program: collateral.token_program,
        };
        build(
            accounts,
            instruction::Withdraw {
                asset: collateral.asset,
                atoms,
                guards,
            },
        )
    }

    /// `transfer`.
    pub fn transfer(
        &self,
        authority: Pubkey,
        from: Pubkey,
        to: Pubkey,
        asset: u16,
        atoms: u64,
        guards: Guards,
    ) -> Instruction {
        let accounts = accounts::Transfer {
            authority,
            risk_book: self.risk_book,
            from,
            to,
        };
        build(
            accounts,
            instruction::Transfer {
                asset,
                atoms,
                guards,
            },
        )
    }

    /// `margin_view`.
    pub fn margin_view(&self, margin_account: Pubkey) -> Instruction {
        let accounts = accounts::ViewMargin {
            risk_book: self.risk_book,
            margin_account,
        };
        build(accounts, instruction::MarginView {})
    }

    // Trading and liquidation

    /// `settle_block_trade`: each side is an authority, its margin account, and its guards.
    pub fn settle_block_trade(
        &self,
        first: (Pubkey, Pubkey, Guards),
        second: (Pubkey, Pubkey, Guards),
        legs: &[Leg],
    ) -> Instruction {
        let accounts = accounts::SettleBlockTrade {
            first_authority: first.0,
            second_authority: second.0,
            risk_book: self.risk_book,
            first: first.1,
            second: second.1,
        };
        let data = instruction::SettleBlockTrade {
            legs: legs.to_vec(),
            first_guards: first.2,
            second_guards: second.2,
        };
        let mut built = build(accounts, data);
        let markets = legs
            .iter()
            .map(|leg| AccountMeta::new(self.market(leg.market), false));
        built.accounts.extend(markets);
        built
    }

    /// `flag_account`.
    pub fn flag_account(&self, margin_account: Pubkey) -> Instruction {
        let accounts = accounts::FlagAccount {
            risk_book: self.risk_book,
            margin_account,
        };
        build(accounts, instruction::FlagAccount {})
    }

    /// `liquidate`.
    pub fn liquidate(
        &self,
        authority: Pubkey,
        liquidatee: Pubkey,
        liquidator: Pubkey,
        args: LiquidateArgs,
    ) -> Instruction {
        let accounts = accounts::Liquidate {
            authority,
            risk_book: self.risk_book,
            market: self.market(args.market),
            liquidatee,
            liquidator,
        };
        build(accounts, instruction::Liquidate { args })
    }
}

/// `create_clearinghouse`.
pub fn create_clearinghouse(
    creator: Pubkey,
    id: u64,
    quote: &Collateral,
    setup: ClearinghouseSetup,
) -> Instruction {
    let venue = Venue::new(&creator, id);
    let accounts = accounts::CreateClearinghouse {
        creator,
        clearinghouse: venue.clearinghouse,
        risk_book: venue.risk_book,
        quote_mint: quote.mint,
        quote_vault: venue.vault(quote),
        custody: venue.custody(quote),
        token_program: quote.token_program,
        system_program: system_program::ID,
    };
    build(accounts, instruction::CreateClearinghouse { id, setup })
}

/// `resize_margin_account`.
pub fn resize_margin_account(owner: Pubkey, margin_account: Pubkey, slots: u16) -> Instruction {
    let accounts = accounts::ResizeMarginAccount {
        owner,
        margin_account,
        system_program: system_program::ID,
    };
    build(accounts, instruction::ResizeMarginAccount { slots })
}

/// `close_margin_account`.
pub fn close_margin_account(owner: Pubkey, margin_account: Pubkey) -> Instruction {
    build(
        accounts::CloseMarginAccount {
            owner,
            margin_account,
        },
        instruction::CloseMarginAccount {},
    )
}

/// `set_delegate`; the default key for none.
pub fn set_delegate(owner: Pubkey, margin_account: Pubkey, delegate: Pubkey) -> Instruction {
    build(
        accounts::SetDelegate {
            owner,
            margin_account,
        },
        instruction::SetDelegate { delegate },
    )
}
