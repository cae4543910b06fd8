//! Who and what is in the world: traders with positions, and what somebody could prepare.

use super::{
    defaults::{self, DEFAULTERS},
    world::Kind,
};
use anchor_lang::prelude::{Pubkey, system_program};
use counterweight::{OrderArgs, TriggerArgs};
use counterweight_risk::{expiry::LEAST_TERM, orders::Side};
use counterweight_sdk::{instructions, trading};
use counterweight_simnet::{
    Deployment, Exchange, MarketKind, Signer, TOKEN_2022, TOKEN_CLASSIC, Trader, keypair, limit,
};

/// The key of a person, mint or price account of this name.
pub fn person(name: &str) -> Pubkey {
    keypair(name).pubkey()
}

/// The token account of a mint and an owner.
pub fn token_account(mint: &Pubkey, owner: &Pubkey) -> Pubkey {
    person(&format!("token {mint} {owner}"))
}

/// Another account of somebody for the quote token.
pub fn second_wallet(name: &str) -> Pubkey {
    person(&format!("{name}'s second wallet"))
}

/// Everybody with a key. Dora is the delegate of Alice's first two accounts and of the keeper's.
const PEOPLE: [&str; 13] = [
    "authority",
    "authority guardian",
    "successor",
    "founder",
    "alice",
    "bob",
    "carol",
    "dave",
    "rose",
    "keeper",
    "dora",
    "stranger",
    "authority of B",
];

/// Owners and ids of the margin accounts of each clearinghouse, besides those in default. Carol and Dave are
/// below their maintenance margin; Rose has collateral, a debt and nothing else; Alice's third account is empty.
const MARGINS: [(&str, u16); 8] = [
    ("alice", 0),
    ("alice", 1),
    ("alice", 2),
    ("bob", 0),
    ("carol", 0),
    ("dave", 0),
    ("rose", 0),
    ("keeper", 0),
];

/// Who has trigger orders.
const TRIGGERS: [&str; 2] = ["alice", "bob"];

/// The market that is in settlement.
pub const ENDED: u16 = 3;
/// A future that has reached its expiry and is not settled.
pub const DATED: u16 = 4;
/// A call.
pub const CALL: u16 = 5;

/// The clearinghouse of `migrations/localnet.toml`, with a second market on SOL that has ended.
pub(super) fn deployment() -> Deployment {
    let mut deployment = Deployment::localnet();
    let mut ended = deployment.market[0].clone();
    ended.name = "SOL-OLD".into();
    deployment.market.push(ended);
    deployment
}

pub(super) fn margins(x: &Exchange) -> impl Iterator<Item = (String, Pubkey)> {
    MARGINS
        .into_iter()
        .chain(DEFAULTERS.map(|owner| (owner, 0)))
        .map(|(owner, id)| {
            let key = x.venue.margin_account(&person(owner), id);
            (format!("margin {owner}/{id}"), key)
        })
}

pub(super) fn own_entries(x: &Exchange) -> Vec<(Kind, Pubkey, String)> {
    let venue = &x.venue;
    let mut own = vec![
        (
            Kind::Clearinghouse,
            venue.clearinghouse,
            "clearinghouse".into(),
        ),
        (Kind::RiskBook, venue.risk_book, "risk_book".into()),
    ];
    for index in 0..x.deployment.market.len() as u16 {
        own.push((Kind::Market, venue.market(index), format!("market {index}")));
    }
    for collateral in &x.collaterals {
        let name = &x.deployment.asset[usize::from(collateral.asset)].name;
        own.push((
            Kind::Token,
            venue.vault(collateral),
            format!("vault {name}"),
        ));
        let custody = venue.custody(collateral);
        own.push((Kind::Custody, custody, format!("custody {name}")));
        // Anybody can make a token account that belongs to the clearinghouse.
        let fake = token_account(&collateral.mint, &venue.clearinghouse);
        own.push((Kind::Token, fake, format!("false vault {name}")));
    }
    own.extend(margins(x).map(|(label, key)| (Kind::Margin, key, label)));
    own.push((Kind::Margin, venue.backstop(), "backstop".into()));
    let bare = defaults::bare(x);
    for (kind, key, label) in [
        (
            Kind::Clearinghouse,
            bare.clearinghouse,
            "bare clearinghouse",
        ),
        (Kind::RiskBook, bare.risk_book, "bare risk_book"),
    ] {
        own.push((kind, key, label.into()));
    }
    let old = defaults::old(x);
    for (kind, key, label) in [
        (Kind::Clearinghouse, old.clearinghouse, "old clearinghouse"),
        (Kind::RiskBook, old.risk_book, "old risk_book"),
        (Kind::Market, old.market(0), "old market"),
    ] {
        own.push((kind, key, label.into()));
    }
    for owner in TRIGGERS {
        let margin = venue.margin_account(&person(owner), 0);
        let label = format!("triggers {owner}/0");
        own.push((Kind::Triggers, venue.triggers(&margin), label));
    }
    own
}

pub(super) fn shared_entries(x: &Exchange) -> Vec<(Kind, Pubkey, String)> {
    let mut shared = Vec::new();
    for name in PEOPLE {
        shared.push((Kind::Wallet, person(name), name.to_owned()));
    }
    for mint in MINTS {
        let key = person(&format!("mint {mint}"));
        shared.push((Kind::Mint, key, format!("mint {mint}")));
        for owner in WALLETS {
            let wallet = token_account(&key, &person(owner));
            shared.push((Kind::Token, wallet, format!("{mint} of {owner}")));
        }
    }
    for owner in WALLETS {
        let label = format!("second USDC of {owner}");
        shared.push((Kind::Token, second_wallet(owner), label));
    }
    for (asset, config) in x.deployment.asset.iter().enumerate().skip(1) {
        let label = format!("price {}", config.name);
        shared.push((Kind::Price, x.price_account(asset as u16), label));
    }
    for label in PRICES {
        shared.push((Kind::Price, person(label), label.to_owned()));
    }
    for (key, label) in [
        (system_program::ID, "system program"),
        (TOKEN_CLASSIC, "token program"),
        (TOKEN_2022, "token-2022 program"),
        (counterweight::ID, "this program"),
    ] {
        shared.push((Kind::Program, key, label.to_owned()));
    }
    shared
}

/// Mints: two that are collateral, one that becomes it, one of the right decimals that nobody
/// listed, one of Token-2022.
const MINTS: [&str; 5] = ["USDC", "SOL", "ETH", "false USDC", "2022"];
/// Who has a token account of each mint.
const WALLETS: [&str; 3] = ["alice", "bob", "authority"];
/// Further price accounts: SOL's feed in another account, SOL's recorded price, BTC's copied.
const PRICES: [&str; 3] = ["price SOL again", "price SOL recorded", "price BTC copied"];

/// Traders, positions, fees and delegates, and what came of defaults.
pub(super) fn populate(x: &mut Exchange) {
    for name in PEOPLE {
        x.chain.fund(&person(name));
    }
    let expiry = x.chain.time() + LEAST_TERM;
    let dated = x.add_future(2, "ETH-DATED", expiry).expect("add_market");
    assert_eq!(dated, DATED);
    x.chain.set_time(expiry);
    x.refresh_all();
    x.offer_options(2);
    let week = expiry + 7 * 86_400;
    let call = x.add_option(1, "BTC-CALL", MarketKind::Call, 1_100_000, week);
    assert_eq!(call.expect("add_market"), CALL);
    let alice = x.funded("alice", 100_000);
    x.deposit(&alice, 1, 100_000_000_000).expect("deposit");
    for id in [1, 2] {
        let open = x.venue.open_margin_account(alice.key.pubkey(), id);
        x.chain.send(&[open], &[&alice.key]).expect("open");
    }
    let second = Trader {
        key: keypair("alice"),
        margin: x.venue.margin_account(&alice.key.pubkey(), 1),
    };
    x.deposit(&second, 0, 20_000_000_000).expect("deposit");
    let bob = x.funded("bob", 1_000_000);
    let keeper = x.funded("keeper", 100_000);
    for trader in ["carol", "dave"] {
        let trader = x.funded(trader, 1_500);
        let leg = x.leg(0, 15_000);
        x.block_trade(&trader, &bob, &[leg]).expect("trade");
    }
    leave_debt(x, &bob);
    let collect = x.venue.collect_fees(0);
    x.chain.send(&[collect], &[]).expect("collect_fees");
    let legs = [x.leg(0, 1_000), x.leg(1, 1_000), x.leg(ENDED, 100)];
    x.block_trade(&alice, &bob, &legs).expect("trade");
    for trader in [&alice, &second, &keeper] {
        let delegate = person("dora");
        let set = instructions::set_delegate(trader.key.pubkey(), trader.margin, delegate);
        x.chain.send(&[set], &[&trader.key]).expect("set_delegate");
    }
    defaults::happen(x, &alice, &bob);
}

/// Rose loses with BTC more than her 10 SOL are worth, and her position is taken over by the other side.
fn leave_debt(x: &mut Exchange, other: &Trader) {
    let rose = x.trader("rose");
    x.deposit(&rose, 1, 10_000_000_000).expect("deposit");
    let leg = x.leg(1, 25_000);
    x.block_trade(&rose, other, &[leg]).expect("trade");
    let price = x.prices[2];
    x.set_price(2, price - price / 14);
    x.liquidate(other, rose.margin, 1, u64::MAX)
        .expect("liquidate");
    x.set_price(2, price);
}

/// SOL falls by 4 %: Carol and Dave are below their maintenance margin.
pub(super) fn fall(x: &mut Exchange) {
    x.chain.advance(1);
    x.prices[1] = 14_400_000_000;
    x.refresh_all();
}

/// Somebody's first margin account.
fn trader(x: &Exchange, name: &str) -> Trader {
    Trader {
        key: keypair(name),
        margin: x.venue.margin_account(&person(name), 0),
    }
}

/// Bob quotes both sides, one of his orders is about to expire, one of his fills waits in the queue;
/// Alice has an order and a trigger order that fires, Bob one too; and a market ends.
pub(super) fn fill_books(x: &mut Exchange) {
    let (alice, bob) = (trader(x, "alice"), trader(x, "bob"));
    let mid = x.index_ticks(0);
    let expires = x.chain.time() + 1;
    let expiring = OrderArgs {
        expires,
        ..limit(Side::Sell, mid + 50, 100)
    };
    for (maker, order) in [
        (&bob, limit(Side::Sell, mid + 2, 1_000)),
        (&bob, limit(Side::Buy, mid - 2, 1_000)),
        (&bob, expiring),
        (&alice, limit(Side::Buy, mid - 100, 100)),
    ] {
        x.order(maker, 0, order, &[]).expect("place_order");
    }
    x.trade(&alice, 0, 10, mid + 2, &[]).expect("trade");
    for (owner, side) in [(&alice, Side::Sell), (&bob, Side::Buy)] {
        let key = owner.key.pubkey();
        let trigger = TriggerArgs {
            market: 0,
            side,
            above: side == Side::Buy,
            price: if side == Side::Buy {
                mid - 100
            } else {
                mid + 100
            },
            trail: 0,
            slippage: 100,
            lots: 100,
            expires: 0,
            client_id: 0,
        };
        let steps = [
            trading::open_triggers(key, owner.margin),
            x.venue.place_trigger(key, owner.margin, trigger),
        ];
        x.chain.send(&steps, &[&owner.key]).expect("triggers");
    }
    let end = x.venue.settle_market(x.authority.pubkey(), ENDED, mid);
    x.govern(end).expect("settle_market");
}

/// Both clearinghouses get the same authority, guardian and nominee: whoever governs both must still
/// not be able to mix them.
pub(super) fn hand_over(x: &mut Exchange) {
    let heir = keypair("authority");
    let (venue, now) = (x.venue, x.authority.pubkey());
    let guardian = person("authority guardian");
    let mut steps = vec![
        venue.set_guardian(now, guardian),
        venue.set_volatility_feed(now, person("stranger")),
    ];
    if now != heir.pubkey() {
        steps.push(venue.nominate_authority(now, heir.pubkey()));
        steps.push(venue.accept_authority(heir.pubkey()));
    }
    steps.push(venue.nominate_authority(heir.pubkey(), person("successor")));
    for step in steps {
        x.chain.send(&[step], &[]).expect("governance");
    }
    x.authority = heir;
}

/// False vaults: token accounts that belong to the clearinghouse but that it does not know.
pub(super) fn prepare_impostors(x: &mut Exchange) {
    for collateral in x.collaterals.clone() {
        let owner = x.venue.clearinghouse;
        x.chain
            .create_token_account(TOKEN_CLASSIC, collateral.mint, owner, ATOMS);
    }
}

/// Mints, wallets and price accounts.
pub(super) fn prepare(x: &mut Exchange) {
    x.chain.create_mint("ETH", 8);
    x.chain.create_mint("false USDC", 6);
    x.chain.create_mint_2022("2022", 6, &[]);
    for mint in MINTS {
        let program = if mint == "2022" {
            TOKEN_2022
        } else {
            TOKEN_CLASSIC
        };
        let mint = person(&format!("mint {mint}"));
        for owner in WALLETS {
            x.chain
                .create_token_account(program, mint, person(owner), ATOMS);
        }
    }
    for owner in WALLETS {
        let first = token_account(&x.collateral(0).mint, &person(owner));
        copy(x, first, second_wallet(owner));
    }
    let (sol, btc) = (x.price_account(1), x.price_account(2));
    copy(x, sol, person(PRICES[1]));
    x.chain.advance(2);
    for asset in [1, 2, 3] {
        let price = x.prices[usize::from(asset)];
        x.publish(asset, price + price / 1_000);
    }
    copy(x, sol, person(PRICES[0]));
    copy(x, btc, person(PRICES[2]));
}

/// What every wallet holds.
const ATOMS: u64 = 1_000_000_000;

fn copy(x: &mut Exchange, from: Pubkey, to: Pubkey) {
    let account = x.chain.svm.get_account(&from).expect("an account");
    x.chain.svm.set_account(to, account).expect("set account");
}
