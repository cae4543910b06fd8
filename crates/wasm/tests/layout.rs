//! Sizes, offsets, versions and limits for the TypeScript client, from the types that the program uses. The client
//! decodes by `app/client/layout.json`; this test fails where that file is not what the code says.
//!
//! `LAYOUT=write cargo test -p counterweight-wasm --test layout` writes it.

// Every constant of one object costs a level of its macro.
#![recursion_limit = "512"]

use counterweight_sdk::{
    PROGRAM_ID,
    program::{
        self,
        book::{Entry, LANE_SLOTS, LANES, Order, queue::QUEUE_ENTRIES},
        state::{self, Layout},
    },
    risk::{
        Asset, Lots, Market, Position, Price, QuoteAtoms, Ratio, RiskError, account,
        array::{RiskArray, Smile},
        asset,
        expiry::Contract,
        market,
        option::SviTerms,
        orders,
        orders::Peg,
        portfolio::Scan,
        tiers::{Schedule, Tier},
        units,
        volatility::Volatility,
    },
};
use serde_json::{Value, json};
use std::mem::offset_of;

/// What a field is to a reader of bytes.
trait Kind {
    const KIND: &'static str;
    const COUNT: usize = 1;
}

macro_rules! kinds {
    ($($type:ty => $kind:literal,)+) => {
        $(impl Kind for $type {
            const KIND: &'static str = $kind;
        })+
    };
}

kinds! {
    u8 => "u8",
    i8 => "i8",
    u16 => "u16",
    u32 => "u32",
    i32 => "i32",
    u64 => "u64",
    i64 => "i64",
    Price => "u64",
    Lots => "i64",
    QuoteAtoms => "i64",
    Ratio => "u32",
    Peg => "u32",
    Tier => "Tier",
    Volatility => "Volatility",
    Scan => "Scan",
    Contract => "Contract",
    Smile => "Smile",
    SviTerms => "SviTerms",
    RiskArray => "RiskArray",
}

impl<T: Kind, const N: usize> Kind for [T; N] {
    const KIND: &'static str = T::KIND;
    const COUNT: usize = N * T::COUNT;
}

impl Kind for Schedule {
    const KIND: &'static str = Tier::KIND;
    const COUNT: usize = <[Tier; 4]>::COUNT;
}

struct Field {
    name: &'static str,
    offset: usize,
    size: usize,
    kind: &'static str,
    count: usize,
}

fn field<T, F: Kind>(name: &'static str, offset: usize, _: fn(&T) -> &F) -> Field {
    Field {
        name,
        offset,
        size: size_of::<F>(),
        kind: F::KIND,
        count: F::COUNT,
    }
}

/// A structure, every byte of which must be in a field: one that was added and is not listed here fails the test.
fn structure(name: &str, size: usize, fields: &[Field]) -> Value {
    let mut end = 0;
    for field in fields {
        assert_eq!(
            field.offset, end,
            "{name}.{}: a field before it is missing",
            field.name
        );
        end += field.size;
    }
    assert_eq!(end, size, "{name}: its last fields are missing");
    let fields: Vec<Value> = fields
        .iter()
        .map(|field| {
            json!({
                "name": field.name,
                "offset": field.offset,
                "size": field.size,
                "kind": field.kind,
                "count": field.count,
            })
        })
        .collect();
    json!({"name": name, "size": size, "fields": fields})
}

macro_rules! structure {
    ($name:literal, $type:ty, $($field:ident)+) => {
        structure($name, size_of::<$type>(), &[
            $(field(stringify!($field), offset_of!($type, $field), |row: &$type| &row.$field),)+
        ])
    };
}

fn structures() -> Vec<Value> {
    vec![
        structure!("Asset", Asset,
            feed oracle_owner mint vault name index confidence average stable publish_time posted_slot initial_low
            initial_high maintenance_low maintenance_high atoms_per_lot deposit_cap max_age_initial max_age_liquidation
            max_confidence max_divergence stable_growth weight_initial weight_maintenance pnl_weight lot_exponent
            decimals oracle_kind price_flags padding full_weight_deposits deposited weight_initial_full padding_weight
            volatility scan next_expiry reserved),
        structure!("MarketRow", Market,
            address name tick_size asset kind mode padding maintenance initial index era max_open_interest
            dust_notional rates_bps maintenance_fraction penalty_start penalty_max insurance_share price_band trade_fee
            settlement_price min_order_lots impact_notional scale_start scale_end trigger_fee taker_fee_tenths
            maker_fee_tenths funding_interval funding_cap scale_max scale closed_index ended multipliers contract
            smile array),
        structure!("Volatility", Volatility,
            fast slow initial maintenance deviations horizon base_rate most ramp max_return max_gap padding),
        structure!("Scan", Scan, range spread volatility_shift padding),
        structure!("Smile", Smile, svi padding),
        structure!("SviTerms", SviTerms, a b rho m sigma),
        structure!("RiskArray", RiskArray,
            cells largest mark index delta gamma vega theta time smile_time volatility slope reserved),
        structure!("Contract", Contract, expiry strike sum seconds padding),
        structure!("Tier", Tier, upper deduction rate padding),
        structure!("Position", Position,
            market asset padding lots quote index era bid_lots bid_price ask_lots ask_price bid_peg ask_peg),
        structure!("Entry", Entry,
            maker order_id client_id lots quote fee time kind side whole padding index reserved),
        structure!("Order", Order,
            maker sequence price worst lots client_id expires next_free flags padding reserved),
    ]
}

fn versions() -> Value {
    json!({
        "clearinghouse": state::Clearinghouse::VERSION,
        "custody": state::Custody::VERSION,
        "marginAccount": state::MarginAccount::VERSION,
        "market": state::Market::VERSION,
        "riskBook": state::RiskBook::VERSION,
        "triggers": state::Triggers::VERSION,
    })
}

fn constants() -> Value {
    json!({
        "RISK_BOOK_HEADER": state::RISK_BOOK_HEADER,
        "MARGIN_HEADER": state::MARGIN_HEADER,
        "MARKET_HEADER": state::MARKET_HEADER,
        "MARKET_QUEUE": state::MARKET_QUEUE,
        "MARKET_ORDERS": state::MARKET_ORDERS,
        "MARKET_LARGEST": state::MARKET_LARGEST,
        "VERSION_OFFSET": 8 + offset_of!(state::Market, version),
        "SEQUENCE_OFFSET": 8 + offset_of!(state::Market, sequence),
        "MARGIN_CLEARINGHOUSE_OFFSET": 8 + offset_of!(state::MarginAccount, clearinghouse),
        "MARGIN_OWNER_OFFSET": 8 + offset_of!(state::MarginAccount, owner),
        "MARGIN_DELEGATE_OFFSET": 8 + offset_of!(state::MarginAccount, delegate),
        "MARKET_CLEARINGHOUSE_OFFSET": 8 + offset_of!(state::Market, clearinghouse),
        "LANES": LANES,
        "LANE_SLOTS": LANE_SLOTS,
        "QUEUE_ENTRIES": QUEUE_ENTRIES,
        "MIN_SLOTS": state::MIN_SLOTS,
        "MAX_SLOTS": state::MAX_SLOTS,
        "MAX_LEGS": program::MAX_LEGS,
        "MAX_QUOTES": program::MAX_QUOTES,
        "MAX_MATCHES": program::MAX_MATCHES,
        "MAX_REMOVALS": program::MAX_REMOVALS,
        "MAX_TRIGGERS": state::MAX_TRIGGERS,
        "MAX_OPEN_ORDERS": orders::MAX_OPEN_ORDERS,
        "PAUSE_DEPOSIT": state::PAUSE_DEPOSIT,
        "PAUSE_WITHDRAW": state::PAUSE_WITHDRAW,
        "PAUSE_TRADE": state::PAUSE_TRADE,
        "PAUSE_LIQUIDATE": state::PAUSE_LIQUIDATE,
        "PAUSE_TRANSFER": state::PAUSE_TRANSFER,
        "ORACLE_NONE": asset::ORACLE_NONE,
        "ORACLE_PYTH_PULL": asset::ORACLE_PYTH_PULL,
        "ORACLE_PYTH_LEGACY": asset::ORACLE_PYTH_LEGACY,
        "PRICE_WIDE": asset::PRICE_WIDE,
        "PRICE_DIVERGENT": asset::PRICE_DIVERGENT,
        "MODE_ACTIVE": market::MODE_ACTIVE,
        "MODE_POST_ONLY": market::MODE_POST_ONLY,
        "MODE_REDUCE_ONLY": market::MODE_REDUCE_ONLY,
        "MODE_SETTLEMENT": market::MODE_SETTLEMENT,
        "KIND_PERPETUAL": market::KIND_PERPETUAL,
        "KIND_FUTURE": market::KIND_FUTURE,
        "KIND_CALL": market::KIND_CALL,
        "KIND_PUT": market::KIND_PUT,
        "MODEL_STANDARD": account::MODEL_STANDARD,
        "MODEL_PORTFOLIO": account::MODEL_PORTFOLIO,
        "RATIO_ONE": Ratio::ONE.0,
        "PRICE_ONE": Price::from_atoms(1).expect("a price").0,
    })
}

/// What does not fit a number of JavaScript.
fn large() -> Value {
    json!({
        "MAX_LOTS": units::MAX_LOTS.to_string(),
        "MAX_PRICE": units::MAX_PRICE.0.to_string(),
    })
}

fn seeds() -> Value {
    let text = |seed: &[u8]| String::from_utf8(seed.to_vec()).expect("a seed of letters");
    json!({
        "clearinghouse": text(state::CLEARINGHOUSE_SEED),
        "custody": text(state::CUSTODY_SEED),
        "marginAccount": text(state::MARGIN_SEED),
        "market": text(state::MARKET_SEED),
        "riskBook": text(state::RISK_BOOK_SEED),
        "triggers": text(state::TRIGGERS_SEED),
        "vault": text(state::VAULT_SEED),
    })
}

#[test]
fn the_client_reads_what_the_program_writes() {
    let layout = json!({
        "program": PROGRAM_ID.to_string(),
        "structures": structures(),
        "versions": versions(),
        "constants": constants(),
        "large": large(),
        "seeds": seeds(),
    });
    let text = serde_json::to_string_pretty(&layout).expect("JSON") + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../app/client/layout.json");
    if std::env::var_os("LAYOUT").is_some_and(|wish| wish == "write") {
        std::fs::write(path, &text).expect("app/client/layout.json can be written");
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        found == text,
        "app/client/layout.json is not current: LAYOUT=write cargo test -p counterweight-wasm --test layout, then \
         'make client'"
    );
}

/// What the engine for JavaScript says for itself of accounts and of errors.
#[test]
fn the_engine_knows_headers_and_error_numbers_as_the_program_does() {
    use anchor_lang::{Discriminator, error::Error};
    use counterweight_wasm::{
        accounts::{MarginHeader, RiskBookHeader, Typed},
        refusal::number,
    };

    assert_eq!(
        RiskBookHeader::DISCRIMINATOR,
        state::RiskBook::DISCRIMINATOR
    );
    assert_eq!(RiskBookHeader::VERSION, state::RiskBook::VERSION);
    assert_eq!(size_of::<RiskBookHeader>(), state::RISK_BOOK_HEADER);
    assert_eq!(
        offset_of!(RiskBookHeader, clearinghouse),
        8 + offset_of!(state::RiskBook, clearinghouse)
    );
    assert_eq!(
        offset_of!(RiskBookHeader, params),
        8 + offset_of!(state::RiskBook, params)
    );

    assert_eq!(
        MarginHeader::DISCRIMINATOR,
        state::MarginAccount::DISCRIMINATOR
    );
    assert_eq!(MarginHeader::VERSION, state::MarginAccount::VERSION);
    assert_eq!(size_of::<MarginHeader>(), state::MARGIN_HEADER);
    macro_rules! at_the_same_place {
        ($($field:ident)+) => {
            $(assert_eq!(
                offset_of!(MarginHeader, $field),
                8 + offset_of!(state::MarginAccount, $field)
            );)+
        };
    }
    at_the_same_place!(fee_discount_bps sequence clearinghouse owner core);

    for error in every_refusal() {
        let Error::AnchorError(named) = program::error::explain(error) else {
            panic!("{error:?} is not an error of the program");
        };
        assert_eq!(number(&error), named.error_code_number, "{error:?}");
    }
}

/// One of each. The compiler names a new one in `counterweight_wasm::refusal::number`.
fn every_refusal() -> Vec<RiskError> {
    use RiskError as E;
    let (asset, market) = (0, 0);
    vec![
        E::Overflow,
        E::UnknownAsset { asset },
        E::UnknownMarket { market },
        E::NoPrice { asset },
        E::StalePrice {
            asset,
            age: 0,
            limit: 0,
        },
        E::WidePrice {
            asset,
            confidence: 0,
            limit: 0,
        },
        E::DivergentPrice {
            asset,
            distance: 0,
            limit: 0,
        },
        E::QuoteOffPar { price: 0, par: 0 },
        E::PriceOutOfRange { mantissa: 0 },
        E::PriceNotMonotone {
            found: 0,
            recorded: 0,
        },
        E::PriceFromFuture {
            found: 0,
            latest: 0,
        },
        E::NoFreeSlot { slots: 0 },
        E::NoFreeBalance { limit: 0 },
        E::InsufficientBalance {
            available: 0,
            requested: 0,
        },
        E::OutflowLimit {
            requested: 0,
            left: 0,
            wait: 0,
        },
        E::OutflowNever {
            requested: 0,
            limit: 0,
        },
        E::ProfitNotMature {
            available: 0,
            requested: 0,
            immature: 0,
            wait: 0,
        },
        E::NotLiquidatable {
            equity: 0,
            needed: 0,
        },
        E::DeficitTooLarge {
            deficit: 0,
            value: 0,
        },
        E::SideExhausted { left: 0, least: 0 },
        E::NoPosition { market },
        E::ZeroQuantity,
        E::TooManyOrders { limit: 0 },
        E::LegIsHedge { market },
        E::NotAnOption { market },
        E::StaleArray {
            market,
            age: 0,
            limit: 0,
        },
        E::DriftedArray {
            market,
            drift: 0,
            limit: 0,
        },
    ]
}
