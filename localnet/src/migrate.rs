//! From nothing to the clearinghouse that the deployment describes.

use crate::{Error, house::House, keys};
use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use counterweight::{
    AssetSetup, ClearinghouseSetup, MarketSetup, OracleChoice,
    book::Order,
    oracle::{PYTH_LEGACY, PYTH_RECEIVER},
    state::{MARKET_LARGEST, MARKET_ORDERS, MARKET_QUEUE},
};
use counterweight_risk::asset::{ORACLE_NONE, ORACLE_PYTH_LEGACY, ORACLE_PYTH_PULL};
use counterweight_sdk::instructions;
use counterweight_simnet::{AssetConfig, name16};
use solana_signer::Signer;

fn oracle(config: &AssetConfig) -> OracleChoice {
    let account: Pubkey = keys::price_account(&config.name);
    match config.oracle.as_str() {
        "pull" => OracleChoice {
            kind: ORACLE_PYTH_PULL,
            owner: PYTH_RECEIVER,
            feed: keys::feed(&config.name),
        },
        "legacy" => OracleChoice {
            kind: ORACLE_PYTH_LEGACY,
            owner: PYTH_LEGACY,
            feed: account.to_bytes(),
        },
        _ => OracleChoice {
            kind: ORACLE_NONE,
            ..OracleChoice::default()
        },
    }
}

/// Creates the clearinghouse, its assets and its markets.
pub(crate) async fn apply(house: &House) -> Result<(), Error> {
    let authority = keys::authority();
    let all = plan(house, authority.pubkey());
    for (doing, step) in all {
        house.send(&authority, step, doing).await?;
    }
    Ok(())
}

fn plan(house: &House, me: Pubkey) -> Vec<(&'static str, Vec<Instruction>)> {
    let (deployment, venue) = (&house.deployment, &house.venue);
    let quote = &deployment.asset[0];
    let setup = ClearinghouseSetup {
        guardian: keys::guardian().pubkey(),
        risk: deployment.risk_terms(),
        quote_name: name16(&quote.name),
        quote_oracle: oracle(quote),
        quote: quote.terms(true),
    };
    let create = instructions::create_clearinghouse(me, 0, &house.collaterals[0], setup);
    let mut steps = vec![("creating the clearinghouse", vec![create])];
    for (index, config) in deployment.asset.iter().enumerate().skip(1) {
        let setup = AssetSetup {
            name: name16(&config.name),
            oracle: oracle(config),
            lot_exponent: config.lot_exponent,
            decimals: config.decimals,
            terms: config.terms(false),
        };
        let mut step = vec![venue.add_asset(me, setup)];
        let collateral = house
            .collaterals
            .iter()
            .find(|c| usize::from(c.asset) == index);
        step.extend(collateral.map(|c| venue.list_collateral(me, c, config.terms(true))));
        steps.push(("adding an asset", step));
    }
    for (index, config) in (0u16..).zip(&deployment.market) {
        let asset = deployment
            .asset
            .iter()
            .position(|asset| asset.name == config.asset);
        let setup = MarketSetup {
            name: name16(&config.name),
            asset: asset.unwrap_or(0) as u16,
            tick_size: config.tick_size,
            terms: config.terms(10u64.pow(u32::from(quote.decimals))),
        };
        steps.push(("adding a market", vec![venue.add_market(me, index, setup)]));
        let wanted = (MARKET_ORDERS + config.order_slots * size_of::<Order>()).min(MARKET_LARGEST);
        let growths = wanted.saturating_sub(MARKET_QUEUE).div_ceil(10_240);
        for chunk in (0..growths).collect::<Vec<_>>().chunks(8) {
            let grow = vec![venue.grow_market(me, index); chunk.len()];
            steps.push(("making room in a market", grow));
        }
    }
    steps
}
