//! Account layouts, field by field.

use crate::{code, doc, rows, section};
use counterweight::{
    book::{BookHeader, Entry, Order, queue::QueueHeader},
    state::{
        Clearinghouse, Custody, Layout as _, MARKET_LARGEST, MARKET_ORDERS, MARKET_QUEUE,
        MarginAccount, Market as MarketAccount, RiskBook, Trigger, Triggers,
    },
};
use counterweight_risk::{
    AccountCore, Asset, Balance, Immature, Market, Outflow, Position, RiskParams,
    array::{RiskArray, Smile},
    backstop::Reference,
    expiry::Contract,
    funding::Funding,
    interest::{Debt, Interest},
    option::SviTerms,
    portfolio::{Credit, Portfolio, Scan},
    tiers::{Schedule, Tier},
    volatility::Volatility,
};

/// Name, offset and size of each field, and the size of the whole.
type Layout = (Vec<(&'static str, usize, usize)>, usize);

fn size_of_field<T, F>(_: fn(&T) -> &F) -> usize {
    size_of::<F>()
}

macro_rules! layout {
    ($type:ty: $($field:ident),+ $(,)?) => {
        (vec![$((
            stringify!($field),
            core::mem::offset_of!($type, $field),
            size_of_field(|value: &$type| &value.$field),
        )),+], size_of::<$type>())
    };
}

#[rustfmt::skip]
fn layouts() -> Vec<(&'static str, usize, Layout)> {
    // The second entry is where the struct starts in an account: behind the 8 bytes of its type.
    vec![
        ("Clearinghouse", 8, layout!(Clearinghouse: version, bump, padding, id, creator, authority,
            nominated_authority, guardian, risk_book, quote_mint, quote_vault, fees, insurance, residue,
            volatility_feed, reserved)),
        ("Custody", 8, layout!(Custody: version, bump, asset, padding, clearinghouse, mint, vault, recorded, outflow,
            reserved)),
        ("Outflow", 0, layout!(Outflow: limit, used, since, pending_limit, pending_from, window, pending_window)),
        ("RiskBook", 8, layout!(RiskBook: version, bump, paused, padding, asset_count, market_count,
            clearinghouse, params)),
        ("RiskParams", 0, layout!(RiskParams: quote_per_usd, max_depeg, liquidation_buffer, auction_seconds,
            quote_decimals, padding, backstop_line, profit_maturity, backstop_daily_loss, interest, portfolio,
            reserved)),
        ("Portfolio", 0, layout!(Portfolio: floor, initial, credits)),
        ("Credit", 0, layout!(Credit: ratio, credit_bps, first, second)),
        ("Interest", 0, layout!(Interest: index, since, rate, debt, vault, allowance, at_kink, at_full, kink, surcharge)),
        ("Asset", 0, layout!(Asset: feed, oracle_owner, mint, vault, name, index, confidence, average, stable,
            publish_time, posted_slot, initial_low, initial_high, maintenance_low, maintenance_high,
            atoms_per_lot, deposit_cap, max_age_initial, max_age_liquidation, max_confidence, max_divergence,
            stable_growth, weight_initial, weight_maintenance, pnl_weight, lot_exponent, decimals, oracle_kind,
            price_flags, padding, full_weight_deposits, deposited, weight_initial_full, padding_weight,
            volatility, scan, next_expiry, reserved)),
        ("Volatility", 0, layout!(Volatility: fast, slow, initial, maintenance, deviations, horizon, base_rate, most,
            ramp, max_return, max_gap, padding)),
        ("Scan", 0, layout!(Scan: range, spread, volatility_shift, padding)),
        ("Market (row of the risk book)", 0, layout!(Market: address, name, tick_size, asset, kind, mode, padding,
            maintenance, initial, index, era, max_open_interest, dust_notional, rates_bps,
            maintenance_fraction, penalty_start, penalty_max, insurance_share, price_band, trade_fee,
            settlement_price, min_order_lots, impact_notional, scale_start, scale_end, trigger_fee,
            taker_fee_tenths, maker_fee_tenths, funding_interval, funding_cap, scale_max, scale,
            closed_index, ended, multipliers, contract, smile, array)),
        ("Smile", 0, layout!(Smile: svi, padding)),
        ("SviTerms", 0, layout!(SviTerms: a, b, rho, m, sigma)),
        ("RiskArray", 0, layout!(RiskArray: cells, largest, mark, index, delta, gamma, vega, theta, time, smile_time,
            volatility, slope, reserved)),
        ("Contract", 0, layout!(Contract: expiry, strike, sum, seconds, padding)),
        ("Tier", 0, layout!(Tier: upper, deduction, rate, padding)),
        ("Market (account)", 8, layout!(MarketAccount: version, bump, index, padding, sequence, clearinghouse,
            open_long, open_short, fees, insurance, residue, volume, pending_long, pending_short, pending_quote,
            book, queue, funding, behind, unsettled, reserved)),
        ("BookHeader", 0, layout!(BookHeader: arrivals, lengths, used, free, padding)),
        ("QueueHeader", 0, layout!(QueueHeader: head, length, open, padding)),
        ("Funding", 0, layout!(Funding: start, sampled, premium, sum, pending, intervals)),
        ("Entry", 0, layout!(Entry: maker, order_id, client_id, lots, quote, fee, time, kind, side, whole, padding,
            index, reserved)),
        ("Order", 0, layout!(Order: maker, sequence, price, worst, lots, client_id, expires, next_free, flags,
            padding, reserved)),
        ("MarginAccount", 8, layout!(MarginAccount: version, bump, id, fee_discount_bps, padding, sequence, clearinghouse, owner,
            delegate, core, took_collateral, reference, reserved)),
        ("Reference", 0, layout!(Reference: day, equity, last)),
        ("AccountCore", 0, layout!(AccountCore: cash, liquidation_start, balances, position_count, open_orders, model, padding, immature, debt)),
        ("Debt", 0, layout!(Debt: index, payable, counted)),
        ("Immature", 0, layout!(Immature: atoms, since, until)),
        ("Balance", 0, layout!(Balance: atoms, asset, padding)),
        ("Position", 0, layout!(Position: market, asset, padding, lots, quote, index, era, bid_lots, bid_price,
            ask_lots, ask_price, bid_peg, ask_peg)),
        ("Triggers", 8, layout!(Triggers: version, bump, padding, margin_account, owner, entries, reserved)),
        ("Trigger", 0, layout!(Trigger: market, flags, padding, price, trail, slippage, lots, lots_placed, expires,
            client_id)),
    ]
}

#[test]
fn every_field_of_every_account_is_documented_at_its_offset() {
    let text = doc("docs/architecture.md");
    for (name, base, (fields, size)) in layouts() {
        let stated: Vec<_> = rows(section(text, &format!("#### {name}")))
            .skip(1)
            .map(|cells| {
                (
                    cells[0].parse().unwrap(),
                    cells[1].parse().unwrap(),
                    code(cells[2]),
                )
            })
            .collect();
        let actual: Vec<(usize, usize, _)> = fields
            .iter()
            .map(|(field, offset, size)| (base + offset, *size, *field))
            .collect();
        assert_eq!(stated, actual, "{name}");
        let covered: usize = fields.iter().map(|(_, _, size)| size).sum();
        assert_eq!(
            covered, size,
            "{name} has fields that this test does not list"
        );
    }
    for (name, version) in [
        ("Clearinghouse", Clearinghouse::VERSION),
        ("Custody", Custody::VERSION),
        ("RiskBook", RiskBook::VERSION),
        ("Market (account)", MarketAccount::VERSION),
        ("MarginAccount", MarginAccount::VERSION),
        ("Triggers", Triggers::VERSION),
    ] {
        let first = rows(section(text, &format!("#### {name}"))).nth(1);
        let stated = first.expect("a row")[3];
        assert_eq!(stated, format!("layout version, {version}"), "{name}");
    }
    assert_eq!(size_of::<Schedule>(), 4 * size_of::<Tier>());
    assert_eq!(RiskBook::space(64, 256), 225_512);
    assert_eq!(
        (MarginAccount::space(8), MarginAccount::space(128)),
        (1_048, 10_648)
    );
    assert_eq!(
        (MARKET_QUEUE, MARKET_ORDERS, MARKET_LARGEST),
        (8_472, 21_784, 218_392)
    );
    let numbers = [
        "225,512", "1,048", "10,648", "8,472", "21,784", "218,392", "624",
    ];
    assert_eq!(8 + size_of::<Triggers>(), 624);
    for number in numbers {
        assert!(
            text.contains(number),
            "docs/architecture.md should state {number} bytes"
        );
    }
}
