//! Every instruction, measured.

mod reach;
mod storm;

use crate::world::{Bytecode, LotValue, POSITIONS, exchange, open, trader};
use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use counterweight::{CollateralArgs, Guards, Leg, LiquidateArgs, SliceArgs};
use counterweight_risk::OutflowTerms;
use counterweight_sdk::instructions;
use counterweight_simnet::{Exchange, Keypair, Signer, Trader, keypair};
use reach::reach;
use serde::{Deserialize, Serialize};

/// What the instruction that sets the compute limit costs; every transaction here carries it.
const LIMIT_INSTRUCTION: u64 = 150;

/// One measured instruction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// What was done.
    pub name: String,
    /// Positions of each account involved, where that matters.
    pub positions: Option<u16>,
    /// Compute units, token program included.
    pub units: u64,
    /// Heap high-water mark in bytes.
    pub heap: Option<u64>,
    /// Accounts of the transaction, payer and programs included.
    pub accounts: usize,
    /// Bytes of the transaction, signatures and compute limit included.
    pub bytes: usize,
    /// What it should cost at most.
    pub reach: Option<u64>,
}

/// Measures instructions without their effect. A refusal is measured as well as a success.
pub fn measure(
    x: &mut Exchange,
    name: &str,
    positions: Option<u16>,
    instructions: &[Instruction],
    signers: &[&Keypair],
    succeeds: bool,
) -> Cost {
    let transaction = x.chain.transaction(instructions, signers);
    let accounts = transaction.message.account_keys.len();
    let bytes = 1 + 64 * transaction.signatures.len() + transaction.message_data().len();
    let (units, logs) = match x.chain.simulate(instructions, signers) {
        Ok(receipt) if succeeds => (receipt.units, receipt.logs),
        Err(failure) if !succeeds && failure.code.is_some() => (failure.units, failure.logs),
        other => panic!("{name}: {other:?}"),
    };
    let label = counterweight_probe::HEAP_LABEL;
    let heap = logs
        .iter()
        .rev()
        .find_map(|line| line.split(label).nth(1)?.trim().parse().ok());
    Cost {
        name: name.into(),
        positions,
        units: units - LIMIT_INSTRUCTION,
        heap,
        accounts,
        bytes,
        reach: reach(name, positions),
    }
}

fn sides(first: &Trader, second: &Trader) -> [(Pubkey, Pubkey, Guards); 2] {
    [first, second].map(|side| (side.key.pubkey(), side.margin, Guards::default()))
}

/// Instructions that depend on the number of positions.
pub fn by_positions(bytecode: Bytecode) -> Vec<Cost> {
    let mut x = exchange(bytecode, LotValue::Usual);
    let first = trader(&mut x, "first", 40_000_000);
    let second = trader(&mut x, "second", 40_000_000);
    let poor = trader(&mut x, "poor", 100_000);
    let other = open_second(&mut x, &first);
    x.deposit(&first, 1, 1_000_000_000).expect("deposit");
    let mut costs = Vec::new();
    let mut opened = 0;
    for n in POSITIONS {
        open(&mut x, &first, &second, opened, n, 1_000);
        open(&mut x, &poor, &second, opened, n, 300);
        opened = n;
        costs.extend(of_account(&mut x, &first, other, n));
        costs.extend(of_trades(&mut x, &first, &second, n));
        costs.extend(of_liquidation(&mut x, &first, &poor, n));
    }
    costs
}

/// A second margin account of the same owner.
fn open_second(x: &mut Exchange, owner: &Trader) -> Pubkey {
    let open = x.venue.open_margin_account(owner.key.pubkey(), 1);
    x.chain
        .send(&[open], &[&owner.key])
        .expect("open_margin_account");
    x.venue.margin_account(&owner.key.pubkey(), 1)
}

fn of_account(x: &mut Exchange, trader: &Trader, other: Pubkey, n: u16) -> Vec<Cost> {
    let (owner, quote) = (trader.key.pubkey(), x.collateral(0));
    let wallet = x.wallet(trader, 0, 1_000_000_000);
    let (venue, margin, guards) = (x.venue, trader.margin, Guards::default());
    let guarded = Guards {
        expected_sequence: Some(x.margin(&margin).header.sequence),
        min_margin_ratio_after_bps: Some(10_000),
        max_price_age: Some(60),
    };
    let key = &trader.key;
    let mut run = |name: &str, instruction: Instruction, signed: bool| {
        let signers: &[&Keypair] = if signed { &[key] } else { &[] };
        measure(x, name, Some(n), &[instruction], signers, true)
    };
    vec![
        run(
            "deposit",
            venue.deposit(owner, margin, &quote, wallet, 1_000_000),
            true,
        ),
        run(
            "withdraw",
            venue.withdraw(owner, margin, &quote, wallet, 1_000_000, guards),
            true,
        ),
        run(
            "withdraw with every guard",
            venue.withdraw(owner, margin, &quote, wallet, 1_000_000, guarded),
            true,
        ),
        run(
            "transfer",
            venue.transfer(owner, margin, other, 0, 1_000_000, guards),
            true,
        ),
        run("margin_view", venue.margin_view(margin), false),
    ]
}

fn of_trades(x: &mut Exchange, first: &Trader, second: &Trader, n: u16) -> Vec<Cost> {
    let [a, b] = sides(first, second);
    let keys: [&Keypair; 2] = [&first.key, &second.key];
    let mut costs = Vec::new();
    for (name, count, lots) in [
        ("settle_block_trade, 1 leg", 1, 10),
        ("settle_block_trade, 1 leg, reducing", 1, -10),
        ("settle_block_trade, 8 legs", 8, 10),
    ] {
        if count > n {
            continue;
        }
        let legs: Vec<Leg> = (0..count).map(|market| x.leg(market, lots)).collect();
        let trade = x.venue.settle_block_trade(a, b, &legs);
        costs.push(measure(x, name, Some(n), &[trade], &keys, true));
    }
    costs
}

/// `poor` is made poor by taking its cash, measured, and made rich again.
fn of_liquidation(x: &mut Exchange, liquidator: &Trader, poor: &Trader, n: u16) -> Vec<Cost> {
    let healthy = x
        .chain
        .svm
        .get_account(&poor.margin)
        .expect("margin account");
    let view = x.view(poor.margin).expect("margin_view");
    let mut failing = healthy.clone();
    // Half of the maintenance margin is left.
    let at = 8 + core::mem::offset_of!(counterweight::state::MarginAccount, core);
    let cash =
        x.margin(&poor.margin).header.core.cash.0 - view.equity + view.maintenance_margin / 2;
    failing.data[at..at + 8].copy_from_slice(&cash.to_le_bytes());
    x.chain
        .svm
        .set_account(poor.margin, failing)
        .expect("set account");

    let flag = x.venue.flag_account(poor.margin);
    let mut costs = vec![measure(x, "flag_account", Some(n), &[flag], &[], true)];
    let args = LiquidateArgs {
        market: 0,
        max_lots: u64::MAX,
        ..LiquidateArgs::default()
    };
    let take = x.venue.liquidate(
        liquidator.key.pubkey(),
        poor.margin,
        liquidator.margin,
        args,
    );
    costs.push(measure(
        x,
        "liquidate",
        Some(n),
        &[take],
        &[&liquidator.key],
        true,
    ));
    // A transaction locks at most 64 accounts.
    if n <= 32 {
        let (args, markets) = (whole_slice(), (0..n).collect::<Vec<_>>());
        let (key, of, by) = (liquidator.key.pubkey(), poor.margin, liquidator.margin);
        let take = x.venue.liquidate_slice(key, of, by, &markets, args);
        let name = "liquidate_slice";
        costs.push(measure(x, name, Some(n), &[take], &[&liquidator.key], true));
    }
    x.chain
        .svm
        .set_account(poor.margin, healthy)
        .expect("set account");
    costs
}

fn whole_slice() -> SliceArgs {
    SliceArgs {
        max_fraction: 1 << 20,
        ..SliceArgs::default()
    }
}

/// An account with collateral that is given a debt, and nothing else.
fn of_collateral(x: &mut Exchange, liquidator: &Trader) -> Cost {
    let debtor = x.trader("debtor");
    x.deposit(&debtor, 1, 10_000_000_000).expect("deposit");
    let account = x.chain.svm.get_account(&debtor.margin);
    let mut account = account.expect("margin account");
    let at = 8 + core::mem::offset_of!(counterweight::state::MarginAccount, core);
    account.data[at..at + 8].copy_from_slice(&(-1_400_000_000i64).to_le_bytes());
    x.chain
        .svm
        .set_account(debtor.margin, account)
        .expect("set account");
    let args = CollateralArgs {
        asset: 1,
        max_atoms: 1_000_000_000,
        ..CollateralArgs::default()
    };
    let (key, by) = (liquidator.key.pubkey(), liquidator.margin);
    let take = x.venue.liquidate_collateral(key, debtor.margin, by, args);
    let name = "liquidate_collateral";
    measure(x, name, None, &[take], &[&liquidator.key], true)
}

/// Instructions that do not depend on positions.
pub fn fixed(bytecode: Bytecode) -> Vec<Cost> {
    let mut x = exchange(bytecode, LotValue::Usual);
    let trader = x.funded("trader", 10_000);
    let (owner, venue) = (trader.key.pubkey(), x.venue);
    let mut costs = Vec::new();

    let newcomer = keypair("newcomer");
    x.chain.fund(&newcomer.pubkey());
    let open = venue.open_margin_account(newcomer.pubkey(), 0);
    costs.push(measure(
        &mut x,
        "open_margin_account",
        None,
        std::slice::from_ref(&open),
        &[&newcomer],
        true,
    ));
    for (name, slots) in [
        ("resize_margin_account to 16", 16),
        ("resize_margin_account to 128", 128),
    ] {
        let resize = instructions::resize_margin_account(owner, trader.margin, slots);
        costs.push(measure(&mut x, name, None, &[resize], &[&trader.key], true));
    }
    x.chain
        .send(&[open], &[&newcomer])
        .expect("open_margin_account");
    let margin = venue.margin_account(&newcomer.pubkey(), 0);
    let close = instructions::close_margin_account(newcomer.pubkey(), margin);
    costs.push(measure(
        &mut x,
        "close_margin_account",
        None,
        &[close],
        &[&newcomer],
        true,
    ));
    let delegate = instructions::set_delegate(owner, trader.margin, newcomer.pubkey());
    costs.push(measure(
        &mut x,
        "set_delegate",
        None,
        &[delegate],
        &[&trader.key],
        true,
    ));
    costs.push(of_collateral(&mut x, &trader));
    costs.extend(refreshes(&mut x));
    costs.extend(governance(&mut x, &trader));
    costs.extend(storm::costs(&mut x));
    costs
}

fn refreshes(x: &mut Exchange) -> Vec<Cost> {
    // Newer prices, so that a refresh changes something.
    x.chain.advance(1);
    for asset in 1..=20 {
        x.publish(asset, x.prices[usize::from(asset)] + 1_000_000);
    }
    let mut costs = Vec::new();
    for (name, assets) in [
        ("refresh_prices, 1 pull", vec![1]),
        ("refresh_prices, 2 pull", vec![1, 3]),
        ("refresh_prices, 1 legacy", vec![2]),
        ("refresh_prices, 2 legacy", vec![2, 4]),
        ("refresh_prices, 20 mixed", (1..=20).collect()),
    ] {
        let refresh = x.refresh_instruction(&assets);
        costs.push(measure(x, name, None, &[refresh], &[], true));
    }
    costs
}

/// Markets that are audited together.
const EIGHT: [u16; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

fn governance(x: &mut Exchange, trader: &Trader) -> Vec<Cost> {
    let authority = keypair("authority");
    let (key, venue, quote) = (authority.pubkey(), x.venue, x.collateral(0));
    let deployment = x.deployment.clone();
    let wallet = x.wallet(trader, 0, 1_000_000);
    let destination = x
        .chain
        .create_token_account(quote.token_program, quote.mint, key, 0);
    // A trade, so that there are fees.
    let maker = x.funded("maker", 1_000_000);
    let leg = x.leg(0, 1_000);
    x.block_trade(trader, &maker, &[leg])
        .expect("settle_block_trade");
    let mut costs = Vec::new();
    {
        let mut run = |name: &str, instruction: Instruction, signer: &Keypair| {
            costs.push(measure(x, name, None, &[instruction], &[signer], true));
        };
        let (asset, market) = (&deployment.asset[5], deployment.market[0].terms(1_000_000));
        run(
            "set_risk_terms",
            venue.set_risk_terms(key, deployment.risk_terms()),
            &authority,
        );
        run(
            "set_asset_terms",
            venue.set_asset_terms(key, 5, asset.terms(false)),
            &authority,
        );
        run(
            "set_market_terms",
            venue.set_market_terms(key, 0, market),
            &authority,
        );
        run("pause", venue.pause(key, 4), &authority);
        let limit = OutflowTerms {
            limit: 1_000_000_000_000,
            window: 3_600,
        };
        run(
            "set_outflow_limit",
            venue.set_outflow_limit(key, &quote, limit),
            &authority,
        );
        run("set_guardian", venue.set_guardian(key, key), &authority);
        run(
            "nominate_authority",
            venue.nominate_authority(key, key),
            &authority,
        );
        run(
            "fund_insurance",
            venue.fund_insurance(trader.key.pubkey(), &quote, wallet, 1_000),
            &trader.key,
        );
    }
    let audit = venue.audit(&quote, &EIGHT);
    costs.push(measure(x, "audit, 8 markets", None, &[audit], &[], true));
    let nominate = venue.nominate_authority(key, key);
    x.chain
        .send(&[nominate], &[&authority])
        .expect("nominate_authority");
    let accept = venue.accept_authority(key);
    costs.push(measure(
        x,
        "accept_authority",
        None,
        &[accept],
        &[&authority],
        true,
    ));
    x.chain
        .send(&[venue.collect_fees(0)], &[])
        .expect("collect_fees");
    let pay = venue.withdraw_fees(key, &quote, destination, 1_000);
    costs.push(measure(
        x,
        "withdraw_fees",
        None,
        &[pay],
        &[&authority],
        true,
    ));
    costs.extend(creation(x, &authority));
    costs
}

/// Instructions that create accounts, on a clearinghouse that has few of them yet.
fn creation(x: &mut Exchange, authority: &Keypair) -> Vec<Cost> {
    use counterweight::ClearinghouseSetup;
    use counterweight_simnet::name16;
    let (key, quote) = (authority.pubkey(), x.collateral(0));
    let config = x.deployment.asset[0].clone();
    let setup = ClearinghouseSetup {
        guardian: key,
        risk: x.deployment.risk_terms(),
        quote_name: name16(&config.name),
        quote_oracle: Default::default(),
        quote: config.terms(true),
    };
    let create = instructions::create_clearinghouse(key, 7, &quote, setup);
    let mut costs = vec![measure(
        x,
        "create_clearinghouse",
        None,
        std::slice::from_ref(&create),
        &[authority],
        true,
    )];
    x.chain
        .send(&[create], &[authority])
        .expect("create_clearinghouse");
    let venue = instructions::Venue::new(&key, 7);
    let asset = x.asset_setup(1);
    let add = venue.add_asset(key, asset);
    costs.push(measure(
        x,
        "add_asset",
        None,
        std::slice::from_ref(&add),
        &[authority],
        true,
    ));
    x.chain.send(&[add], &[authority]).expect("add_asset");
    let collateral = instructions::Collateral {
        asset: 1,
        ..x.collateral(1)
    };
    let list = venue.list_collateral(key, &collateral, x.deployment.asset[1].terms(true));
    costs.push(measure(
        x,
        "list_collateral",
        None,
        &[list],
        &[authority],
        true,
    ));
    let market = venue.add_market(key, 0, x.market_setup(0));
    costs.push(measure(
        x,
        "add_market",
        None,
        &[market],
        &[authority],
        true,
    ));
    costs
}
