//! Who is there before the crash: users with mixed books, makers on the other side, keepers, the fund.

use super::{
    path::{MARKETS, NAMES},
    world::{World, is},
};
use counterweight::{Leg, error::ErrorCode};
use counterweight_risk::{Lots, Price, QuoteAtoms};
use counterweight_sdk::preview;
use counterweight_simnet::{Deployment, Exchange, Rng, Signer, Start, Trader, keypair};

const DOLLAR: u64 = 1_000_000;
/// Dollars of each maker and of each keeper, of the insurance fund, and what it may lose in a day.
pub const MAKERS: [u64; 3] = [20_000_000; 3];
pub const KEEPERS: [u64; 4] = [500_000, 250_000, 120_000, 60_000];
pub const FUND: u64 = 1_000_000;
pub const DAILY_LOSS: u64 = 500_000;

/// What a user has, and what it wants: parts of its book in percent, and its leverage in tenths.
struct Wish {
    usdc: u64,
    sol: u64,
    parts: Vec<(usize, i64)>,
    leverage: i64,
}

/// What a user has opened.
pub struct Opened {
    usdc: u64,
    sol: u64,
    maker: usize,
    legs: Vec<(usize, i64)>,
}

/// What kinds of books there are.
pub const GROUPS: [&str; 3] = [
    "one leg, collateral USDC",
    "several legs, collateral USDC",
    "one leg, collateral SOL (a third of them has sold as much)",
];

impl Opened {
    /// The kind of book, of [`GROUPS`].
    pub fn group(&self) -> usize {
        match (self.sol, self.legs.len()) {
            (0, 0..2) => 0,
            (0, _) => 1,
            _ => 2,
        }
    }
}

/// localnet with two thin alts: requirements from 10 to 40 %, and little open interest.
pub fn deployment() -> Deployment {
    let mut deployment = Deployment::localnet();
    deployment.backstop_daily_loss = DAILY_LOSS;
    // Nobody trades on the books here.
    for market in &mut deployment.market {
        market.order_slots = 0;
    }
    // 4 dollars, a lot is one; 25 cents, a lot is ten. Five and three million dollars open at most.
    for (m, price, exponent, cap) in [
        (3, 400_000_000, 0, 1_250_000),
        (4, 25_000_000, 1, 1_200_000),
    ] {
        let mut asset = deployment.asset[3].clone();
        asset.name = NAMES[m].into();
        asset.lot_exponent = exponent;
        asset.decimals = 6;
        asset.start_price = price;
        asset.max_confidence_bps = 200;
        asset.max_divergence_bps = 2_000;
        asset.pnl_weight_bps = 5_000;
        deployment.asset.push(asset);
        let mut market = deployment.market[0].clone();
        market.name = format!("{}-PERP", NAMES[m]);
        market.asset = NAMES[m].into();
        market.tiers = vec![[25_000, 1_000], [100_000, 2_000], [0, 4_000]];
        market.penalty_bps = [100, 400];
        market.price_band_bps = 500;
        market.max_open_interest = cap;
        market.open_interest_scale = [cap / 2, cap, 20_000];
        deployment.market.push(market);
    }
    deployment
}

/// Prices of the markets' assets at the start.
pub fn starts() -> [i64; MARKETS] {
    let deployment = deployment();
    core::array::from_fn(|m| deployment.asset[m + 1].start_price)
}

/// A user's wish: sizes over three and a half orders of magnitude, more of the small ones.
fn wish(rng: &mut Rng) -> Wish {
    let scale = rng.below(12).min(rng.below(12));
    let dollars = (100 << scale) * (1_000 + rng.below(1_000)) / 1_000;
    let leverage = rng.pick(&[10, 20, 30, 50, 50, 80, 100, 150, 200]);
    let major = rng.below(3) as usize;
    let other = (major + 1 + rng.below(2) as usize) % 3;
    let alt = 3 + rng.below(2) as usize;
    let any = if rng.chance(20) { alt } else { major };
    let kind = rng.below(100);
    let all_sol = (0, dollars);
    let ((usdc, sol), parts) = match kind {
        0..38 => ((dollars, 0), vec![(any, 100)]),
        38..54 => ((dollars, 0), vec![(any, -100)]),
        // Hedged: long one and short others, by about as much.
        54..62 => ((dollars, 0), vec![(major, 50), (other, -50)]),
        62..68 => (
            (dollars, 0),
            vec![(major, 50), (other, -30), (3 - major - other, -20)],
        ),
        68..74 => ((dollars, 0), vec![(alt, 30), (major, -50), (other, -20)]),
        74..78 => ((dollars, 0), vec![(alt, -30), (major, 50), (other, 20)]),
        // Long everything.
        78..84 => (
            (dollars, 0),
            vec![(0, 25), (1, 30), (2, 25), (3, 10), (4, 10)],
        ),
        // Basis: SOL, and as much of it sold.
        84..90 => ((dollars / 10, dollars), vec![(0, -100)]),
        // Holders of SOL with something on it.
        _ => (all_sol, vec![(any, 100)]),
    };
    let basis = (84..90).contains(&kind);
    Wish {
        usdc,
        sol,
        parts,
        leverage: if basis { 9 } else { leverage },
    }
}

/// Legs for a wish, smaller until initial margin is met with two percent to spare.
fn fitting(world: &World, at: usize, wish: &Wish) -> Result<Vec<(usize, i64)>, String> {
    let mut dollars = (wish.usdc + wish.sol) as i64 * wish.leverage / 10;
    loop {
        let mut legs = Vec::new();
        let mut after = world.margins[at].clone();
        for (m, part) in &wish.parts {
            let atoms = dollars * part / 100 * DOLLAR as i64;
            let lots = ((i128::from(atoms) << 16) / i128::from(world.index(*m))) as i64;
            if lots == 0 {
                continue;
            }
            let paid = lots.signum() * world.value(*m, lots);
            let fee = QuoteAtoms(paid.abs() / 5_000 + 1);
            let (lots, paid) = (Lots(lots), QuoteAtoms(-paid));
            after = preview::after_trade(
                &world.tables,
                &after,
                *m as u16,
                lots,
                paid,
                fee,
                world.x.chain.time(),
            )
            .map_err(|error| format!("{error:?}"))?;
            legs.push((*m, lots.0));
        }
        let view = preview::margin_view(&world.tables, &after, world.x.chain.time());
        let view = view.map_err(|error| format!("{error:?}"))?;
        if view.initial_equity / 102 * 100 >= view.initial_margin {
            legs.sort_unstable();
            return Ok(legs);
        }
        dollars = dollars * 85 / 100;
    }
}

/// Makers, keepers and the fund, behind the users that are there.
fn others(world: &mut World) -> Result<(), String> {
    let mut range = |name: &str, funds: &[u64]| -> Result<core::ops::Range<usize>, String> {
        let from = world.traders.len();
        for (at, dollars) in funds.iter().enumerate() {
            let trader = world.x.trader(&format!("{name} {at}"));
            let at = world.admit(trader);
            world.deposit(at, 0, dollars * DOLLAR)?;
        }
        Ok(from..world.traders.len())
    };
    let (makers, keepers) = (range("maker", &MAKERS)?, range("keeper", &KEEPERS)?);
    (world.makers, world.keepers) = (makers, keepers);
    world
        .x
        .open_backstop()
        .map_err(|failure| format!("open_backstop: {failure}"))?;
    world.complete();
    let patron = world.x.trader("patron");
    let wallet = world.x.wallet(&patron, 0, FUND * DOLLAR);
    let quote = world.x.collateral(0);
    let owner = patron.key.pubkey();
    let fund = world
        .x
        .venue
        .fund_insurance(owner, &quote, wallet, FUND * DOLLAR);
    let sent = world.x.chain.send(&[fund], &[&patron.key]);
    sent.map_err(|failure| format!("fund_insurance: {failure}"))?;
    world.shadow.line += (FUND * DOLLAR) as i64;
    Ok(())
}

/// Opens an account of a user and pays into it.
fn account(world: &mut World, user: usize, id: u16, usdc: u64, sol: u64) -> Result<usize, String> {
    let key = keypair(&format!("user {user}"));
    let owner = key.pubkey();
    if id == 0 || world.owner.last() != Some(&user) {
        world.x.chain.fund(&owner);
    }
    let open = world.x.venue.open_margin_account(owner, id);
    let sent = world.x.chain.send(&[open], &[&key]);
    sent.map_err(|failure| format!("open_margin_account: {failure}"))?;
    let margin = world.x.venue.margin_account(&owner, id);
    let at = world.admit(Trader { key, margin });
    world.owner.push(user);
    for (asset, atoms) in [(0, usdc), (1, sol)] {
        if atoms > 0 {
            world.deposit(at, asset, atoms)?;
        }
    }
    Ok(at)
}

/// Trades with a maker at the index.
fn open(world: &mut World, at: usize, maker: usize, legs: &[(usize, i64)]) -> Result<bool, String> {
    let priced: Vec<Leg> = legs
        .iter()
        .map(|(m, lots)| world.x.leg(*m as u16, *lots))
        .collect();
    match world.block_trade(at, maker, &priced)? {
        Ok(_) => Ok(true),
        Err(code) if is(code, ErrorCode::OpenInterestCapReached) => Ok(false),
        Err(code) => Err(format!("opening {legs:?} was refused: {code}")),
    }
}

fn exchange() -> World {
    World::new(Exchange::new(deployment(), Start::default()))
}

/// The exchange with one account a user, and what each has opened.
pub fn cross(seed: u64, users: usize) -> Result<(World, Vec<Opened>), String> {
    let (mut world, mut rng) = (exchange(), Rng::new(seed));
    let mut wishes = Vec::new();
    for user in 0..users {
        let wish = wish(&mut rng);
        // Whole cents of SOL, at 150 dollars.
        let sol = wish.sol * 1_000_000_000 / 150;
        account(&mut world, user, 0, wish.usdc * DOLLAR, sol)?;
        wishes.push((wish, sol));
    }
    others(&mut world)?;
    let mut all = Vec::new();
    for (user, (wish, sol)) in wishes.iter().enumerate() {
        let maker = user % MAKERS.len();
        let mut legs = fitting(&world, user, wish)?;
        let at = world.makers.start + maker;
        if !legs.is_empty() && !open(&mut world, user, at, &legs)? {
            // The alts' open interest is at its cap.
            legs.retain(|(m, _)| *m < 3);
            if !legs.is_empty() {
                open(&mut world, user, at, &legs)?;
            }
        }
        all.push(Opened {
            usdc: wish.usdc * DOLLAR,
            sol: *sol,
            maker,
            legs,
        });
    }
    Ok((world, all))
}

/// A whole in proportion to parts, to the atom: the last takes the rounding.
fn split(whole: u64, parts: &[u64]) -> Vec<u64> {
    let sum: u128 = parts.iter().map(|part| u128::from(*part)).sum();
    let share = |part: &u64| (u128::from(whole) * u128::from(*part) / sum) as u64;
    let mut shares: Vec<u64> = parts.iter().map(share).collect();
    let given: u64 = shares.iter().sum();
    if let Some(last) = shares.last_mut() {
        *last += whole - given;
    }
    shares
}

/// The same books with an account for each leg, the collateral split by what the legs require at first.
pub fn isolated(opened: &[Opened]) -> Result<World, String> {
    let mut world = exchange();
    let mut all = Vec::new();
    for (user, book) in opened.iter().enumerate() {
        let require = |(m, lots): &(usize, i64)| {
            let notional = Lots(*lots).notional(Price(world.index(*m)))?;
            world.tables.markets[*m].initial.requirement(notional)
        };
        let required: Result<Vec<u64>, _> = book.legs.iter().map(require).collect();
        let required = required.map_err(|error| format!("{error:?}"))?;
        if book.legs.is_empty() {
            account(&mut world, user, 0, book.usdc, book.sol)?;
            continue;
        }
        let (usdc, sol) = (split(book.usdc, &required), split(book.sol, &required));
        for (leg, (m, lots)) in book.legs.iter().enumerate() {
            let at = account(&mut world, user, *m as u16, usdc[leg], sol[leg])?;
            all.push((at, book.maker, (*m, *lots)));
        }
    }
    others(&mut world)?;
    for (at, maker, leg) in all {
        let maker = world.makers.start + maker;
        if !open(&mut world, at, maker, &[leg])? {
            return Err("a leg did not fit the open interest that it came from".into());
        }
    }
    Ok(world)
}
