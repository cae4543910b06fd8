//! The exchange that is measured: many assets, two markets on each, and accounts with as many
//! positions as a case asks for.

use counterweight::{Guards, Leg};
use counterweight_risk::{Lots, Position};
use counterweight_sdk::instructions;
use counterweight_simnet::{AssetConfig, Deployment, Exchange, Signer, Start, Trader};

/// Assets besides the quote token.
pub const ASSETS: u16 = 64 - 1;
/// Markets: two on each asset, and two more on the last.
pub const MARKETS: u16 = 128;

/// What a lot of every asset is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LotValue {
    /// 1.50 dollars: a price of 37 bits, notionals of 33 bits and more.
    Usual,
    /// 0.0002 dollars: prices, lots and notionals all fit 32 bits.
    Small,
}

/// An exchange with [`MARKETS`] markets. Half of the assets have pull prices, half legacy ones.
pub fn exchange(value: LotValue) -> Exchange {
    let mut deployment = Deployment::localnet();
    let sol = deployment.asset[1].clone();
    let perp = deployment.market[0].clone();
    let (lot_exponent, decimals) = match value {
        LotValue::Usual => (-2, 9),
        LotValue::Small => (-6, 9),
    };
    deployment.asset.truncate(1);
    deployment.market.clear();
    for index in 0..ASSETS {
        deployment.asset.push(AssetConfig {
            name: format!("A{index}"),
            oracle: if index % 2 == 0 {
                "pull".into()
            } else {
                "legacy".into()
            },
            lot_exponent,
            decimals,
            // The first two can be deposited.
            weights_bps: if index < 2 { sol.weights_bps } else { [0, 0] },
            ..sol.clone()
        });
    }
    for index in 0..MARKETS {
        let mut market = perp.clone();
        market.name = format!("M{index}");
        market.asset = format!("A{}", (index / 2).min(ASSETS - 1));
        market.tick_size = if value == LotValue::Usual { 100 } else { 1 };
        deployment.market.push(market);
    }
    Exchange::new(deployment, Start::default())
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

/// Opens positions in the markets `from..to` for both, `lots` each, by block trades of 8 legs.
pub fn open(x: &mut Exchange, first: &Trader, second: &Trader, from: u16, to: u16, lots: i64) {
    let legs: Vec<Leg> = (from..to).map(|market| x.leg(market, lots)).collect();
    for chunk in legs.chunks(8) {
        x.block_trade(first, second, chunk)
            .expect("settle_block_trade");
    }
}

/// Gives every position of an account resting orders on both sides, as an order book would: totals
/// that the check must take at their worst.
pub fn with_orders(x: &mut Exchange, trader: &Trader, lots: i64) {
    use counterweight::state::MARGIN_HEADER;
    let margin = x.margin(&trader.margin);
    let tables = x.tables();
    let mut account = x
        .chain
        .svm
        .get_account(&trader.margin)
        .expect("margin account");
    for (at, position) in margin.positions().iter().enumerate() {
        let mut position = *position;
        let index = tables.assets[usize::from(position.asset)].index;
        let worth = Lots(lots).value(index).expect("value");
        position.bid_lots = Lots(lots);
        position.bid_quote = worth;
        position.ask_lots = Lots(lots);
        position.ask_quote = worth;
        let start = MARGIN_HEADER + at * size_of::<Position>();
        account.data[start..start + size_of::<Position>()]
            .copy_from_slice(bytemuck::bytes_of(&position));
    }
    x.chain
        .svm
        .set_account(trader.margin, account)
        .expect("set account");
}

/// Moves every price by this many basis points and refreshes all.
pub fn move_prices(x: &mut Exchange, bps: i64) {
    x.chain.advance(1);
    for price in x.prices.iter_mut().skip(1) {
        *price += *price * bps / 10_000;
    }
    x.refresh_all();
}

/// No guards.
pub fn free() -> Guards {
    Guards::default()
}
