//! The exchange that is measured: many assets, two markets on each, and accounts with as many
//! positions as a case asks for.

use counterweight::{Leg, state::MARGIN_HEADER};
use counterweight_risk::{Lots, Position};
use counterweight_sdk::instructions;
use counterweight_simnet::{AssetConfig, Chain, Deployment, Exchange, Signer, Start, Trader};
use std::path::{Path, PathBuf};

/// Assets besides the quote token.
pub const ASSETS: u16 = 63;
/// Markets: two on each asset, and two more on the last.
pub const MARKETS: u16 = 128;
/// Numbers of positions that are measured.
pub const POSITIONS: [u16; 6] = [1, 8, 16, 32, 64, 128];

/// What a lot of every asset is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LotValue {
    /// 1.50 dollars: prices of 37 bits.
    Usual,
    /// 0.00015 dollars: prices, lots and notionals all fit 32 bits.
    Small,
}

/// Which bytecode is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bytecode {
    /// The program.
    Program,
    /// The program with instruments.
    Probe,
}

impl Bytecode {
    /// Where `scripts/build-sbf` left it.
    pub fn path(self) -> PathBuf {
        let name = match self {
            Self::Program => "counterweight.so",
            Self::Probe => "counterweight_probe.so",
        };
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/deploy")).join(name)
    }
}

/// An exchange with [`MARKETS`] markets. Half of the assets have pull prices, half legacy ones; the
/// first two can be deposited.
pub fn exchange(bytecode: Bytecode, value: LotValue) -> Exchange {
    let mut deployment = Deployment::localnet();
    let (asset, market) = (deployment.asset[1].clone(), deployment.market[0].clone());
    deployment.asset.truncate(1);
    deployment.market.clear();
    for index in 0..ASSETS {
        deployment.asset.push(AssetConfig {
            name: format!("A{index}"),
            oracle: if index % 2 == 0 { "pull" } else { "legacy" }.into(),
            lot_exponent: if value == LotValue::Usual { -2 } else { -6 },
            weights_bps: if index < 2 { asset.weights_bps } else { [0, 0] },
            ..asset.clone()
        });
    }
    for index in 0..MARKETS {
        let mut market = market.clone();
        market.name = format!("M{index}");
        market.asset = format!("A{}", (index / 2).min(ASSETS - 1));
        // Orders are measured in the first market only.
        market.order_slots = if index == 0 { 2_048 } else { 0 };
        market.tick_size = if value == LotValue::Usual { 100 } else { 1 };
        deployment.market.push(market);
    }
    let chain = Chain::with_program(&bytecode.path(), Start::default());
    Exchange::on(chain, deployment, "authority")
}

/// A trader with room for 128 positions and this many whole quote tokens.
pub fn trader(x: &mut Exchange, name: &str, quote_tokens: u64) -> Trader {
    let trader = x.funded(name, quote_tokens);
    let resize = instructions::resize_margin_account(trader.key.pubkey(), trader.margin, 128);
    x.chain
        .send(&[resize], &[&trader.key])
        .expect("resize_margin_account");
    trader
}

/// Opens positions of `lots` in the markets `from..to` by block trades of up to 8 legs.
pub fn open(x: &mut Exchange, first: &Trader, second: &Trader, from: u16, to: u16, lots: i64) {
    let legs: Vec<Leg> = (from..to).map(|market| x.leg(market, lots)).collect();
    for chunk in legs.chunks(8) {
        x.block_trade(first, second, chunk)
            .expect("settle_block_trade");
    }
}

/// Gives every position of an account resting orders on both sides, as an order book would: totals
/// that the initial check must take at their worst.
pub fn with_orders(x: &mut Exchange, trader: &Trader, lots: i64) {
    let (margin, tables) = (x.margin(&trader.margin), x.tables());
    let mut account = x
        .chain
        .svm
        .get_account(&trader.margin)
        .expect("margin account");
    for (at, position) in margin.positions().iter().enumerate() {
        let index = tables.assets[usize::from(position.asset)].index;
        let position = Position {
            bid_lots: Lots(lots),
            bid_price: index,
            ask_lots: Lots(lots),
            ask_price: index,
            ..*position
        };
        let start = MARGIN_HEADER + at * size_of::<Position>();
        account.data[start..start + size_of::<Position>()]
            .copy_from_slice(bytemuck::bytes_of(&position));
    }
    x.chain
        .svm
        .set_account(trader.margin, account)
        .expect("set account");
}
