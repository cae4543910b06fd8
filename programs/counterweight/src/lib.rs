//! # Counterweight
//!
//! A cross-margin derivatives clearinghouse: a trader deposits collateral once, that one pool backs
//! every position, and the account is judged as a whole. Who may do what, which accounts, token
//! movement and oracles are decided here; every formula is in `counterweight-risk`.
//!
//! This file is the table of contents: one function for each instruction.
#![allow(clippy::result_large_err)] // Anchor's error type

use anchor_lang::prelude::*;

// Not for the whole crate: Anchor's derives make public items without documentation.
#[cfg_attr(not(feature = "idl-build"), deny(missing_docs))]
pub mod book;
#[cfg_attr(not(feature = "idl-build"), deny(missing_docs))]
pub mod entry;
#[cfg_attr(not(feature = "idl-build"), deny(missing_docs))]
pub mod error;
#[cfg_attr(not(feature = "idl-build"), deny(missing_docs))]
pub mod events;
pub mod instructions;
#[cfg_attr(not(feature = "idl-build"), deny(missing_docs))]
pub mod log;
#[cfg_attr(not(feature = "idl-build"), deny(missing_docs))]
pub mod oracle;
#[cfg_attr(not(feature = "idl-build"), deny(missing_docs))]
pub mod state;

pub use instructions::*;

use counterweight_risk::{
    AssetRiskTerms, AssetTerms, MarketTerms, option::SviTerms, portfolio::PortfolioTerms,
    standard::RiskTerms,
};

declare_id!("JyFC2iDV7T8k8sLRyvJ7e1Wvp3bRHdbRpDLohTzEekL");

/// The instructions.
#[program]
pub mod counterweight {
    use super::*;

    // Governance

    /// Creates a clearinghouse; its creator governs it.
    pub fn create_clearinghouse(
        ctx: Context<CreateClearinghouse>,
        id: u64,
        setup: ClearinghouseSetup,
    ) -> Result<()> {
        instructions::create_clearinghouse(ctx, id, setup)
    }

    /// Adds an asset to the risk book.
    pub fn add_asset(ctx: Context<AddAsset>, setup: AssetSetup) -> Result<()> {
        instructions::add_asset(ctx, setup)
    }

    /// Makes an asset depositable.
    pub fn list_collateral(
        ctx: Context<ListCollateral>,
        asset: u16,
        terms: AssetTerms,
    ) -> Result<()> {
        instructions::list_collateral(ctx, asset, terms)
    }

    /// Adds a market to the risk book.
    pub fn add_market(ctx: Context<AddMarket>, index: u16, setup: MarketSetup) -> Result<()> {
        instructions::add_market(ctx, index, setup)
    }

    /// Sets the parameters of the clearinghouse.
    pub fn set_risk_terms(ctx: Context<SetTerms>, terms: RiskTerms) -> Result<()> {
        instructions::set_risk_terms(ctx, terms)
    }

    /// Sets who may set the smiles of options.
    pub fn set_volatility_feed(ctx: Context<Govern>, feed: Pubkey) -> Result<()> {
        instructions::set_volatility_feed(ctx, feed)
    }

    /// Sets the terms of portfolio margin.
    pub fn set_portfolio_terms(ctx: Context<SetTerms>, terms: PortfolioTerms) -> Result<()> {
        instructions::set_portfolio_terms(ctx, terms)
    }

    /// Sets the terms of an asset.
    pub fn set_asset_terms(ctx: Context<SetTerms>, asset: u16, terms: AssetTerms) -> Result<()> {
        instructions::set_asset_terms(ctx, asset, terms)
    }

    /// Sets how an asset's requirements follow volatility, and how portfolio margin scans it.
    pub fn set_asset_risk(ctx: Context<SetTerms>, asset: u16, terms: AssetRiskTerms) -> Result<()> {
        instructions::set_asset_risk(ctx, asset, terms)
    }

    /// Sets the terms of a market.
    pub fn set_market_terms(ctx: Context<SetTerms>, market: u16, terms: MarketTerms) -> Result<()> {
        instructions::set_market_terms(ctx, market, terms)
    }

    /// Gives a market's order book more room. Anyone.
    pub fn grow_market(ctx: Context<GrowMarket>) -> Result<()> {
        instructions::grow_market(ctx)
    }

    /// Brings a risk book of the layout before this one to the present one. Anyone, as often as it takes.
    pub fn migrate_risk_book(ctx: Context<MigrateRiskBook>) -> Result<()> {
        instructions::migrate_risk_book(ctx)
    }

    /// Ends a market at a fixed price.
    pub fn settle_market(ctx: Context<SettleMarket>, price: u64) -> Result<()> {
        instructions::settle_market(ctx, price)
    }

    /// Sets what an account pays less for trading on the books.
    pub fn set_fee_discount(ctx: Context<SetFeeDiscount>, discount_bps: u16) -> Result<()> {
        instructions::set_fee_discount(ctx, discount_bps)
    }

    /// Sets how much of a token may leave: tighter at once, looser after a day.
    pub fn set_outflow_limit(
        ctx: Context<SetOutflowLimit>,
        limit: u64,
        window_seconds: u32,
    ) -> Result<()> {
        instructions::set_outflow_limit(ctx, limit, window_seconds)
    }

    /// Proves what one transaction can see of the ledger. Anyone.
    pub fn audit<'info>(ctx: Context<'info, Audit<'info>>) -> Result<()> {
        instructions::audit(ctx)
    }

    /// Sets what is paused.
    pub fn pause(ctx: Context<Pause>, paused: u8) -> Result<()> {
        instructions::pause(ctx, paused)
    }

    /// Sets who may pause besides the authority.
    pub fn set_guardian(ctx: Context<Govern>, guardian: Pubkey) -> Result<()> {
        instructions::set_guardian(ctx, guardian)
    }

    /// Names who may become the authority.
    pub fn nominate_authority(ctx: Context<Govern>, nominated: Pubkey) -> Result<()> {
        instructions::nominate_authority(ctx, nominated)
    }

    /// Makes the nominated key the authority.
    pub fn accept_authority(ctx: Context<AcceptAuthority>) -> Result<()> {
        instructions::accept_authority(ctx)
    }

    /// Sweeps what has accrued in a market. Anyone.
    pub fn collect_fees(ctx: Context<CollectFees>) -> Result<()> {
        instructions::collect_fees(ctx)
    }

    /// Pays collected fees to the authority.
    pub fn withdraw_fees(ctx: Context<WithdrawFees>, atoms: u64) -> Result<()> {
        instructions::withdraw_fees(ctx, atoms)
    }

    /// Pays into the insurance fund. Anyone.
    pub fn fund_insurance(ctx: Context<FundInsurance>, atoms: u64) -> Result<()> {
        instructions::fund_insurance(ctx, atoms)
    }

    // Prices

    /// Brings Pyth prices into the risk book. Anyone.
    pub fn refresh_prices<'info>(
        ctx: Context<'info, RefreshPrices<'info>>,
        assets: Vec<u16>,
    ) -> Result<()> {
        instructions::refresh_prices(ctx, assets)
    }

    /// Brings a market's funding and open-interest scale up to date. Anyone.
    pub fn update_funding(ctx: Context<UpdateFunding>) -> Result<()> {
        instructions::update_funding(ctx)
    }

    /// Settles a contract that has ended, at the mean of its index before the expiry. Anyone.
    pub fn settle_expired(ctx: Context<SettleExpired>, market: u16) -> Result<()> {
        instructions::settle_expired(ctx, market)
    }

    // A trader's own account

    /// Opens a margin account of 8 slots.
    pub fn open_margin_account(ctx: Context<OpenMarginAccount>, id: u16) -> Result<()> {
        instructions::open_margin_account(ctx, id)
    }

    /// Sets the number of slots of a margin account.
    pub fn resize_margin_account(ctx: Context<ResizeMarginAccount>, slots: u16) -> Result<()> {
        instructions::resize_margin_account(ctx, slots)
    }

    /// Closes an empty margin account.
    pub fn close_margin_account(ctx: Context<CloseMarginAccount>) -> Result<()> {
        instructions::close_margin_account(ctx)
    }

    /// Sets who may trade with the account besides its owner.
    pub fn set_delegate(ctx: Context<SetDelegate>, delegate: Pubkey) -> Result<()> {
        instructions::set_delegate(ctx, delegate)
    }

    /// Returns an account's greeks.
    pub fn greeks_view(ctx: Context<ViewMargin>) -> Result<GreeksView> {
        instructions::greeks_view(ctx)
    }

    /// Chooses by which model the account's margin is judged.
    pub fn set_risk_model(ctx: Context<SetRiskModel>, model: u8, guards: Guards) -> Result<()> {
        instructions::set_risk_model(ctx, model, guards)
    }

    /// Computes what options are worth now, and in each scenario.
    pub fn refresh_arrays(ctx: Context<RefreshArrays>, markets: Vec<u16>) -> Result<()> {
        instructions::refresh_arrays(ctx, markets)
    }

    /// Sets the smile that options are marked by.
    pub fn set_smile(ctx: Context<SetSmile>, markets: Vec<u16>, svi: SviTerms) -> Result<()> {
        instructions::set_smile(ctx, markets, svi)
    }

    /// Deposits collateral.
    pub fn deposit(ctx: Context<Deposit>, asset: u16, atoms: u64) -> Result<()> {
        instructions::deposit(ctx, asset, atoms)
    }

    /// Withdraws collateral.
    pub fn withdraw(ctx: Context<Withdraw>, asset: u16, atoms: u64, guards: Guards) -> Result<()> {
        instructions::withdraw(ctx, asset, atoms, guards)
    }

    /// Moves collateral between two accounts of one owner.
    pub fn transfer(ctx: Context<Transfer>, asset: u16, atoms: u64, guards: Guards) -> Result<()> {
        instructions::transfer(ctx, asset, atoms, guards)
    }

    /// Sweeps what negative cash owes to the insurance fund, and sets the rate anew. Anyone may.
    pub fn accrue_interest(ctx: Context<AccrueInterest>) -> Result<()> {
        instructions::accrue_interest(ctx)
    }

    /// Returns equity and margin of an account.
    pub fn margin_view(ctx: Context<ViewMargin>) -> Result<MarginView> {
        instructions::margin_view(ctx)
    }

    // Trading

    /// Settles a trade of several legs between two accounts that both sign.
    pub fn settle_block_trade<'info>(
        ctx: Context<'info, SettleBlockTrade<'info>>,
        legs: Vec<Leg>,
        first_guards: Guards,
        second_guards: Guards,
    ) -> Result<()> {
        instructions::settle_block_trade(ctx, legs, first_guards, second_guards)
    }

    /// Edits an order: it keeps its place where it only gets smaller.
    pub fn edit_order<'info>(
        ctx: Context<'info, ActOnBook<'info>>,
        order_id: u64,
        args: OrderArgs,
        guards: Guards,
    ) -> Result<()> {
        instructions::edit_order(ctx, order_id, args, guards)
    }

    /// Places several orders, and takes out others before: a maker's whole re-quote.
    pub fn place_orders<'info>(
        ctx: Context<'info, ActOnBook<'info>>,
        args: QuotesArgs,
        guards: Guards,
    ) -> Result<()> {
        instructions::place_orders(ctx, args, guards)
    }

    /// Takes out orders that are no longer good. Anyone.
    pub fn prune_orders(ctx: Context<PruneOrders>, limit: u8) -> Result<()> {
        instructions::prune_orders(ctx, limit)
    }

    /// Closes a position in a market that is in settlement. Anyone.
    pub fn settle_position(ctx: Context<SettlePosition>) -> Result<()> {
        instructions::settle_position(ctx)
    }

    /// Places an order: it trades what crosses, the rest of it stays as its kind says.
    pub fn place_order<'info>(
        ctx: Context<'info, ActOnBook<'info>>,
        args: OrderArgs,
        guards: Guards,
    ) -> Result<()> {
        instructions::place_order(ctx, args, guards)
    }

    /// Takes from the book at once.
    pub fn trade<'info>(
        ctx: Context<'info, ActOnBook<'info>>,
        args: TradeArgs,
        guards: Guards,
    ) -> Result<()> {
        instructions::trade(ctx, args, guards)
    }

    /// Cancels orders of one's own.
    pub fn cancel_orders<'info>(
        ctx: Context<'info, ActOnBook<'info>>,
        which: Which,
        limit: u8,
    ) -> Result<()> {
        instructions::cancel_orders(ctx, which, limit)
    }

    /// Brings makers what waits for them in the fill queue. Anyone.
    pub fn settle_fills<'info>(ctx: Context<'info, SettleFills<'info>>, limit: u8) -> Result<()> {
        instructions::settle_fills(ctx, limit)
    }

    // Trigger orders

    /// Makes room for trigger orders.
    pub fn open_triggers(ctx: Context<OpenTriggers>) -> Result<()> {
        instructions::open_triggers(ctx)
    }

    /// Drops all trigger orders and returns the rent.
    pub fn close_triggers(ctx: Context<CloseTriggers>) -> Result<()> {
        instructions::close_triggers(ctx)
    }

    /// Places a trigger order.
    pub fn place_trigger(ctx: Context<ActOnTriggers>, args: TriggerArgs) -> Result<()> {
        instructions::place_trigger(ctx, args)
    }

    /// Drops a trigger order.
    pub fn cancel_trigger(ctx: Context<ActOnTriggers>, place: u8) -> Result<()> {
        instructions::cancel_trigger(ctx, place)
    }

    /// Executes a trigger order whose price the index has crossed. Anyone.
    pub fn execute_trigger<'info>(
        ctx: Context<'info, ExecuteTrigger<'info>>,
        place: u8,
    ) -> Result<()> {
        instructions::execute_trigger(ctx, place)
    }

    // Liquidation

    /// Starts or ends the liquidation of an account. Anyone.
    pub fn flag_account(ctx: Context<FlagAccount>) -> Result<()> {
        instructions::flag_account(ctx)
    }

    /// Takes over lots of an account below its maintenance margin. Anyone.
    pub fn liquidate(ctx: Context<Liquidate>, args: LiquidateArgs) -> Result<()> {
        instructions::liquidate(ctx, args)
    }

    /// Takes over the same fraction of every position of an account below its maintenance margin. Anyone.
    pub fn liquidate_slice<'info>(
        ctx: Context<'info, LiquidateSlice<'info>>,
        args: SliceArgs,
    ) -> Result<()> {
        instructions::liquidate_slice(ctx, args)
    }

    /// Takes over collateral of an account that has nothing else left, against its debt. Anyone.
    pub fn liquidate_collateral(
        ctx: Context<LiquidateCollateral>,
        args: CollateralArgs,
    ) -> Result<()> {
        instructions::liquidate_collateral(ctx, args)
    }

    // Default

    /// Opens the clearinghouse's own margin account, which holds the insurance fund. Anyone.
    pub fn open_backstop(ctx: Context<OpenBackstop>) -> Result<()> {
        instructions::open_backstop(ctx)
    }

    /// Lets the backstop take over an account in default. Anyone.
    pub fn resolve_default<'info>(ctx: Context<'info, ResolveDefault<'info>>) -> Result<()> {
        instructions::resolve_default(ctx)
    }

    /// Closes a position of an account in default against the other side of its market. Anyone.
    pub fn deleverage(ctx: Context<Deleverage>) -> Result<()> {
        instructions::deleverage(ctx)
    }

    /// Closes a position of the backstop against the other side of its market. Anyone.
    pub fn deleverage_backstop(ctx: Context<DeleverageBackstop>) -> Result<()> {
        instructions::deleverage_backstop(ctx)
    }

    /// Brings a position up to the deleveraging of its market. Anyone.
    pub fn catch_up(ctx: Context<CatchUp>) -> Result<()> {
        instructions::catch_up(ctx)
    }

    /// Gives the backstop the lots that rounding has left over. Anyone.
    pub fn sweep_dust(ctx: Context<SweepDust>, side: u8) -> Result<()> {
        instructions::sweep_dust(ctx, side)
    }
}
