//! Portfolio margin: its terms, the account that chooses it, and how that account is judged by both models.

use crate::{
    actors::{COLLARED_BOOK, COLLARED_NAME, OPTIONS, lots_of},
    house::{House, refused},
};
use counterweight::{GreeksView, Guards, MarginView, error::ErrorCode};
use counterweight_risk::{
    AssetRiskTerms, ScanTerms,
    account::{MODEL_PORTFOLIO, MODEL_STANDARD},
    portfolio::{CREDITS, CreditTerms, PortfolioTerms},
};
use counterweight_sdk::preview::{self, Needs};
use counterweight_simnet::{Failure, Receipt, Signer};

/// Share of the Standard requirement below which none falls, in basis points.
const FLOOR_BPS: u32 = 1_500;
/// Initial margin over maintenance margin, in basis points.
const INITIAL_BPS: u32 = 16_500;
/// What is saved of the smaller scan where SOL and BTC stand on opposite sides, in basis points.
const CREDIT_BPS: u16 = 5_000;

/// How SOL is scanned: the range is the perpetual's first maintenance rate, so that a bare position needs the same by
/// both models.
pub(crate) const SOL: ScanTerms = ScanTerms {
    range_bps: 300,
    spread_bps: 100,
    volatility_shift_bps: 2_500,
};
/// How BTC is scanned, by the same rule; it has no options.
const BTC: ScanTerms = ScanTerms {
    range_bps: 240,
    spread_bps: 80,
    volatility_shift_bps: 0,
};

/// How an account stands by both models.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Equity, quote atoms.
    pub equity: i64,
    /// Why it needs its maintenance margin, and its initial margin, by Portfolio; with what Standard would ask.
    pub needs: [Needs; 2],
    /// How it moves.
    pub greeks: GreeksView,
    /// Lots of each market.
    pub lots: Vec<i64>,
    /// What its positions have gained since they were opened, per market, quote atoms, without funding.
    pub gains: Vec<i64>,
    /// The volatility that options are marked at, in percent a year.
    pub volatility: i64,
}

impl Judged {
    /// What Portfolio margin requires: for maintenance, and initially.
    pub fn portfolio(&self) -> [i64; 2] {
        [0, 1].map(|at| self.needs[at].whole.requirement.0)
    }

    /// What Standard margin would require of the same book.
    pub fn standard(&self) -> [i64; 2] {
        [0, 1].map(|at| self.needs[at].whole.standard.0)
    }
}

/// Offers portfolio margin: SOL is scanned since options are offered on it, BTC from now on.
///
/// # Errors
/// The program's refusal.
pub fn offer(house: &mut House) -> Result<(), String> {
    let x = &mut house.x;
    let authority = x.authority.pubkey();
    let (sol, btc) = (x.asset_named("SOL"), x.asset_named("BTC"));
    let terms = AssetRiskTerms {
        scan: BTC,
        ..AssetRiskTerms::default()
    };
    let set = x.venue.set_asset_risk(authority, btc, terms);
    x.govern(set).map_err(refused("set_asset_risk"))?;
    let mut credits = [CreditTerms::default(); CREDITS];
    credits[0] = CreditTerms {
        first: sol as u8,
        second: btc as u8,
        credit_bps: CREDIT_BPS,
        ratio_bps: 10_000,
    };
    let terms = PortfolioTerms {
        floor_bps: FLOOR_BPS,
        initial_bps: INITIAL_BPS,
        credits,
    };
    let set = x.venue.set_portfolio_terms(authority, terms);
    x.govern(set).map_err(refused("set_portfolio_terms"))?;
    Ok(())
}

/// The terms in words.
pub fn terms() -> String {
    let percent = |bps: u32| f64::from(bps) / 100.0;
    format!(
        "Portfolio margin scans SOL over {} % and BTC over {} %, the first maintenance rates of their perpetuals, and moves volatility by {} % \
         of itself. What different contracts on SOL hedge of each other is charged {} %; of opposite positions in SOL and BTC {} % of the \
         smaller scan are credited. Initially it asks {} times as much; at no time less than {} % of Standard margin.",
        percent(SOL.range_bps),
        percent(BTC.range_bps),
        percent(SOL.volatility_shift_bps),
        percent(SOL.spread_bps),
        percent(CREDIT_BPS.into()),
        f64::from(INITIAL_BPS) / 10_000.0,
        percent(FLOOR_BPS)
    )
}

fn choose(house: &mut House, actor: usize, model: u8) -> Result<Receipt, Box<Failure>> {
    let House { x, actors, .. } = house;
    let trader = &actors[actor].trader;
    let (owner, guards) = (trader.key.pubkey(), Guards::default());
    let set = x.venue.set_risk_model(owner, trader.margin, model, guards);
    x.chain.send(&[set], &[&trader.key])
}

/// The account chooses Portfolio margin and opens its book by one block trade with the maker: the perpetuals, and
/// for every lot of SOL an option of each kind. Going back to Standard margin is tried then, and must be refused.
///
/// # Errors
/// The program's refusal, or a way back.
pub fn open(house: &mut House, actor: usize) -> Result<(), String> {
    choose(house, actor, MODEL_PORTFOLIO).map_err(refused("set_risk_model"))?;
    let mut lots = lots_of(house, &COLLARED_BOOK);
    let sol = lots[0].1;
    let markets = house.desk.as_ref().map(|desk| desk.markets.clone());
    for (market, (_, _, side)) in markets.unwrap_or_default().into_iter().zip(OPTIONS) {
        lots.push((market, sol * side));
    }
    house.trade_with_maker(actor, &lots)?;
    match choose(house, actor, MODEL_STANDARD) {
        Err(failure) if failure.is(ErrorCode::InitialMarginNotMet) => Ok(()),
        Err(failure) => Err(refused("set_risk_model")(failure)),
        Ok(_) => Err("Standard margin carries the book that should be too large for it".into()),
    }
}

/// Whether the requirements of both models are explained as the chain says them of one, and the engine of the other.
fn agree([maintenance, initial]: &[&Needs; 2], view: &MarginView, standard: &MarginView) -> bool {
    let both = |needs: &Needs| [needs.whole.requirement.0, needs.whole.standard.0];
    // Where a price may not be used for adding risk, a view says nothing of initial margin.
    both(maintenance) == [view.maintenance_margin, standard.maintenance_margin]
        && (!view.can_add_risk || both(initial) == [view.initial_margin, standard.initial_margin])
}

/// Judges the account as it stands, and compares the engine's explanation with what the chain says.
///
/// # Errors
/// Where they differ, or a figure leaves its range.
pub fn judge(house: &mut House) -> Result<Judged, String> {
    let actor = house.find(COLLARED_NAME)?;
    let key = house.actors[actor].trader.margin;
    let view = house.x.view(key).map_err(refused("margin_view"))?;
    let greeks = house.x.greeks(key).map_err(refused("greeks_view"))?;
    let (tables, margin) = (house.x.tables(), house.x.margin(&key));
    let now = house.x.chain.time();
    let said = |error| format!("{COLLARED_NAME} cannot be judged: {error:?}");
    let maintenance = preview::maintenance_needs(&tables, &margin, now).map_err(said)?;
    let initial = preview::initial_needs(&tables, &margin, now).map_err(said)?;
    let mut other = margin.clone();
    other.header.core.model = MODEL_STANDARD;
    let standard = preview::margin_view(&tables, &other, now).map_err(said)?;
    if !agree(&[&maintenance, &initial], &view, &standard) {
        return Err(format!(
            "{COLLARED_NAME}: explained as {maintenance:?} and {initial:?}, the chain says {view:?}, Standard margin {standard:?}"
        ));
    }
    let marks = house.marks();
    let mut lots = vec![0; marks.len()];
    for position in margin.positions() {
        lots[usize::from(position.market)] = position.lots.0;
    }
    Ok(Judged {
        equity: view.equity,
        needs: [maintenance, initial],
        greeks,
        lots,
        gains: house.gains(actor, &marks)?,
        volatility: house.desk.as_ref().map_or(0, |desk| desk.volatility),
    })
}
