//! Limits of a transaction: compute units by what the bench measured on the bytecode, and bytes of loaded
//! accounts. A limit that is too high costs priority fees, one that is too low the transaction.

mod measured;

use crate::accounts::{Margin, RiskTables};
use anchor_lang::{Discriminator, solana_program::instruction::Instruction};
use counterweight::instruction;
use counterweight_risk::{Market, account::MODEL_PORTFOLIO};
use measured::MEASURED;

/// What each further position costs at most, where only accounts with fewer were measured: two checks of it,
/// with resting orders.
const A_POSITION: u32 = 1_000;
/// Instructions that create accounts look for their addresses: how often is a matter of the keys.
const CREATING: [&str; 6] = [
    "add_market",
    "create_clearinghouse",
    "list_collateral",
    "open_backstop",
    "open_margin_account",
    "open_triggers",
];
/// What ten tries more cost; one in a thousand addresses needs more.
const SEARCHING: u32 = 15_000;
/// What the instructions that set the limit and the price of a unit cost.
const BUDGET: u32 = 300;
/// What each position costs more, in each instruction, of an account that is judged by portfolio margin or holds options,
/// and a position that the instruction opens in it: two checks measured 3,750, and some instructions have three.
const A_SCANNED: u32 = 6_000;
/// What an instruction that computes arrays of options costs, and each option of it: `refresh_arrays` and, with
/// its checks of the smile, `set_smile`. How many they are its data says.
const ARRAYS: u32 = 2_000;
const AN_ARRAY: u32 = 9_000;
const A_SMILE: u32 = 4_000;
/// What an instruction of another program may use, where nobody says.
const FOREIGN: u32 = 200_000;
/// The most that a transaction can ask for.
pub const MOST_UNITS: u32 = 1_400_000;

macro_rules! names {
    ($($instruction:ident => $name:literal,)+) => {
        /// The name of one of the program's instructions, by its data.
        pub fn name_of(data: &[u8]) -> Option<&'static str> {
            let found = |discriminator: &[u8]| data.starts_with(discriminator);
            $(if found(instruction::$instruction::DISCRIMINATOR) {
                return Some($name);
            })+
            None
        }
    };
}

names! {
    AcceptAuthority => "accept_authority",
    AccrueInterest => "accrue_interest",
    AddAsset => "add_asset",
    AddMarket => "add_market",
    Audit => "audit",
    CancelOrders => "cancel_orders",
    CancelTrigger => "cancel_trigger",
    CatchUp => "catch_up",
    CloseMarginAccount => "close_margin_account",
    CloseTriggers => "close_triggers",
    CollectFees => "collect_fees",
    CreateClearinghouse => "create_clearinghouse",
    Deleverage => "deleverage",
    DeleverageBackstop => "deleverage_backstop",
    Deposit => "deposit",
    EditOrder => "edit_order",
    ExecuteTrigger => "execute_trigger",
    FlagAccount => "flag_account",
    FundInsurance => "fund_insurance",
    GrowMarket => "grow_market",
    Liquidate => "liquidate",
    LiquidateCollateral => "liquidate_collateral",
    LiquidateSlice => "liquidate_slice",
    ListCollateral => "list_collateral",
    GreeksView => "greeks_view",
    MarginView => "margin_view",
    RefreshArrays => "refresh_arrays",
    SetSmile => "set_smile",
    SetVolatilityFeed => "set_volatility_feed",
    MigrateRiskBook => "migrate_risk_book",
    NominateAuthority => "nominate_authority",
    OpenBackstop => "open_backstop",
    OpenMarginAccount => "open_margin_account",
    OpenTriggers => "open_triggers",
    Pause => "pause",
    PlaceOrder => "place_order",
    PlaceOrders => "place_orders",
    PlaceTrigger => "place_trigger",
    PruneOrders => "prune_orders",
    RefreshPrices => "refresh_prices",
    ResizeMarginAccount => "resize_margin_account",
    ResolveDefault => "resolve_default",
    SetAssetRisk => "set_asset_risk",
    SetAssetTerms => "set_asset_terms",
    SetDelegate => "set_delegate",
    SetFeeDiscount => "set_fee_discount",
    SetGuardian => "set_guardian",
    SetMarketTerms => "set_market_terms",
    SetOutflowLimit => "set_outflow_limit",
    SetPortfolioTerms => "set_portfolio_terms",
    SetRiskModel => "set_risk_model",
    SetRiskTerms => "set_risk_terms",
    SettleBlockTrade => "settle_block_trade",
    SettleFills => "settle_fills",
    SettleExpired => "settle_expired",
    SettleMarket => "settle_market",
    SettlePosition => "settle_position",
    SweepDust => "sweep_dust",
    Trade => "trade",
    Transfer => "transfer",
    UpdateFunding => "update_funding",
    Withdraw => "withdraw",
    WithdrawFees => "withdraw_fees",
}

/// The units that an instruction may use, of an account with so many positions. None for an instruction that
/// was not measured.
///
/// Of several measured cases (fills, legs, sizes) it is the dearest.
pub fn units_of(name: &str, positions: u16) -> Option<u32> {
    let of = |least: u16| {
        let cases = MEASURED.iter().filter(|case| case.0 == name);
        let enough = cases.filter(move |case| case.1 == 0 || case.1 >= least);
        // The smallest accounts that have so many, and all cases of them.
        let size = enough.clone().map(|case| case.1).min()?;
        enough
            .filter(|case| case.1 == size)
            .map(|case| case.2)
            .max()
    };
    if let Some(units) = of(positions) {
        return Some(units);
    }
    let cases = MEASURED.iter().filter(|case| case.0 == name);
    let largest = cases.map(|case| case.1).max()?;
    let further = u32::from(positions - largest);
    Some(of(largest)? + further * A_POSITION)
}

/// The units that each instruction may use beyond what was measured, for an account that is judged by portfolio margin or
/// holds options: what was measured for numbers of positions is by Standard margin, of contracts without arrays.
pub fn extra_of(tables: &RiskTables, margin: &Margin) -> u32 {
    let option = |market: u16| {
        let row = tables.markets.get(usize::from(market));
        row.is_some_and(Market::is_option)
    };
    let positions = margin.positions();
    let scanned = margin.header.core.model == MODEL_PORTFOLIO;
    if scanned || positions.iter().any(|position| option(position.market)) {
        return (u32::from(margin.header.core.position_count) + 1) * A_SCANNED;
    }
    0
}

/// The compute limit of a transaction of these instructions, for accounts with at most so many positions: what was
/// measured, a tenth more, and what setting the limit costs.
pub fn compute_limit(instructions: &[Instruction], positions: u16) -> u32 {
    let units = |instruction: &Instruction| {
        if instruction.program_id != crate::PROGRAM_ID {
            return FOREIGN;
        }
        let Some(name) = name_of(&instruction.data) else {
            return FOREIGN;
        };
        if let Some(units) = arrays(name, &instruction.data) {
            return units;
        }
        let search = u32::from(CREATING.contains(&name)) * SEARCHING;
        units_of(name, positions).map_or(FOREIGN, |units| units + search)
    };
    let sum = instructions.iter().map(units).fold(0, u32::saturating_add);
    sum.saturating_add(sum / 10)
        .saturating_add(BUDGET)
        .min(MOST_UNITS)
}

/// The units of an instruction that computes arrays, by how many it is told to; none for others.
fn arrays(name: &str, data: &[u8]) -> Option<u32> {
    let each = match name {
        "refresh_arrays" => AN_ARRAY,
        "set_smile" => AN_ARRAY + A_SMILE,
        _ => return None,
    };
    let options = data.get(8..12)?.try_into().ok().map(u32::from_le_bytes)?;
    Some(each.saturating_mul(options).saturating_add(ARRAYS))
}

/// The limit on the bytes of all accounts that a transaction loads, programs included: their sum, 64 bytes for each,
/// in whole pages of 32 kilobytes.
pub fn data_limit(sizes: impl IntoIterator<Item = usize>) -> u32 {
    const PAGE: usize = 32 * 1_024;
    let bytes: usize = sizes.into_iter().map(|size| size + 64).sum();
    u32::try_from(bytes.div_ceil(PAGE) * PAGE).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_that_of_the_smallest_account_that_was_measured_and_is_large_enough() {
        let at = |positions| units_of("liquidate", positions).unwrap();
        assert!(at(1) < at(2) && at(2) == at(8) && at(8) < at(9) && at(9) == at(16));
        assert_eq!(units_of("liquidate", 0), Some(at(1)));
        assert_eq!(units_of("no such instruction", 8), None);
        // Orders were measured with 8 positions only.
        let order = |positions| units_of("place_order", positions).unwrap();
        assert_eq!(order(28), order(8) + 20 * A_POSITION);
    }

    #[test]
    fn arrays_cost_by_how_many_they_are() {
        let venue = crate::instructions::Venue::new(&[7; 32].into(), 1);
        let of = |markets: &[u16]| compute_limit(&[venue.refresh_arrays(markets)], 0);
        assert_eq!(of(&[1, 2, 3]) - of(&[1]), 2 * AN_ARRAY + 2 * AN_ARRAY / 10);
        let svi = counterweight_risk::option::SviTerms::default();
        let smile = venue.set_smile(Default::default(), &[1], svi);
        assert!(compute_limit(&[smile], 0) > of(&[1]));
        assert_eq!(of(&[0; 300]), MOST_UNITS);
    }

    #[test]
    fn loaded_bytes_come_in_pages() {
        assert_eq!(data_limit([]), 0);
        assert_eq!(data_limit([1]), 32_768);
        assert_eq!(data_limit([32_768 - 64]), 32_768);
        assert_eq!(data_limit([32_768 - 63]), 65_536);
    }
}
