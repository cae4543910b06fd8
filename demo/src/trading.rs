//! What happened on the books and by funding, as rows and sentences for the summary and the report.

use crate::{
    Outcome,
    actors::STOPPED_NAME,
    book::View,
    house::{FUNDING_SECONDS, House, dollars, thousands},
    path::FALLS,
    tape::Tape,
};
use counterweight_risk::orders::Side;

/// A figure in basis points.
pub fn signed(bps: f64) -> String {
    // Not "−0.0" for what rounds to zero.
    let text = format!("{:+.1}", if bps.abs() < 0.05 { 0.0 } else { bps });
    text.replace('-', "−").replace("+0.0", "0.0")
}

/// The lowest and the highest of some figures in basis points.
fn range(values: impl Iterator<Item = f64>) -> String {
    let [low, high] = values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| {
        [low.min(value), high.max(value)]
    });
    if low > high {
        return "–".to_owned();
    }
    format!("{} to {}", signed(low), signed(high))
}

fn spread(tape: &Tape) -> String {
    let [low, high] = tape.spread_range(0);
    format!("{low:.1} to {high:.1}")
}

/// The rows on the books: what, in one clearinghouse, in the other.
pub fn books(outcome: &Outcome) -> Vec<[String; 3]> {
    let of = |what: &dyn Fn(&Tape) -> String, name: &str| {
        let [one, three] = [&outcome.cross, &outcome.isolated].map(|house| what(&house.tape));
        [name.to_owned(), one, three]
    };
    let mut rows = vec![
        of(&|t| dollars(t.volume), "traded on the books, USDC"),
        of(&|t| thousands(t.at_once as i64), "fills settled at once"),
        of(&|t| thousands(t.queued as i64), "fills through the queue"),
        of(
            &|t| format!("{} ({})", t.requotes, thousands(t.quotes as i64)),
            "ladders of the maker (orders)",
        ),
        of(&spread, "spread of SOL after a step, bps"),
        of(
            &|t| t.asleep(0).to_string(),
            "steps in which SOL's book slept",
        ),
        of(&|t| dollars(t.taker_fees), "fees of takers, USDC"),
        of(&|t| dollars(t.maker_fees), "fees of makers, USDC"),
        of(&|t| dollars(t.rebates), "rebates to makers, USDC"),
        of(&|t| t.pruned().to_string(), "orders pruned to liquidate"),
        of(&|t| t.fired.len().to_string(), "stop-losses executed"),
        of(&|t| t.rates_of(0).count().to_string(), "fundings"),
    ];
    for (at, fall) in FALLS.iter().enumerate() {
        let name = format!("funding rate of {}, bps", fall.asset);
        rows.push(of(&|t| range(t.rates_of(at)), &name));
    }
    rows
}

/// The rows on funding in a clearinghouse: name, each market, together. The last one is the sum.
pub fn funding(house: &House) -> Vec<[String; 5]> {
    let row = |name: &str, parts: [i64; 3]| {
        let [sol, btc, eth] = parts.map(dollars);
        [name.to_owned(), sol, btc, eth, dollars(parts.iter().sum())]
    };
    let mut sum = [0; 3];
    let mut rows = Vec::new();
    for (actor, parts) in house.actors.iter().zip(&house.tape.funding) {
        for (sum, part) in sum.iter_mut().zip(parts) {
            *sum += part;
        }
        if parts != &[0; 3] {
            rows.push(row(actor.name, *parts));
        }
    }
    rows.push(row("together", sum));
    rows
}

/// What became of the stop-loss, in words.
pub fn stop(outcome: &Outcome) -> String {
    let house = &outcome.cross;
    let Some(fired) = house.tape.fired.first() else {
        return format!("The stop-loss of {STOPPED_NAME} did not fire.");
    };
    let tick = house.x.market_setup(fired.market as u16).tick_size as i64;
    let at = house.unit_price(fired.market, fired.price * tick, 1);
    let sold = house.unit_price(fired.market, fired.value, fired.lots);
    format!(
        "The stop-loss of the account \"{}\" stood at {at:.2}. The keeper executed it in step {}, when the whole \
         confidence interval was below: {} SOL went at {sold:.2} on average, and the keeper earned {} USDC.",
        house.actors[fired.actor].name,
        fired.step,
        thousands(fired.lots / 100),
        dollars(fired.fee)
    )
}

/// What was pruned, in words.
pub fn pruned(outcome: &Outcome) -> String {
    let tape = &outcome.cross.tape;
    let Some(first) = tape.prunings.first() else {
        return "No account that failed had orders in the books.".to_owned();
    };
    format!(
        "Orders of the account \"{}\" rested in the books when it failed: its liquidation was refused until the keeper had pruned \
         all {} of them (step {}).",
        outcome.cross.actors[first.actor].name, first.orders, first.step
    )
}

/// How often a figure of trading was compared, in words.
pub fn compared(outcome: &Outcome) -> String {
    let sum = |of: fn(&Tape) -> usize| of(&outcome.cross.tape) + of(&outcome.isolated.tape);
    format!(
        "{} trades were previewed from the decoded books and {} fundings by the engine, all equal to the atom.",
        thousands(sum(|t| t.previewed) as i64),
        sum(|t| t.rates_compared)
    )
}

/// A book in a line: spread, and what stands within ten basis points of the best price.
pub fn depth(view: &View) -> String {
    let near = |levels: Vec<(f64, i64, f64)>| {
        let best = levels.first().map_or(0.0, |level| level.0);
        let mut within = levels.iter().filter(|l| (l.0 - best).abs() <= 10.0);
        thousands(within.next_back().map_or(0.0, |level| level.2) as i64)
    };
    format!(
        "spread {:.1} bps, bids of {} and asks of {} USDC within 10 bps of the best",
        view.spread().unwrap_or(f64::NAN),
        near(view.depth(Side::Buy)),
        near(view.depth(Side::Sell))
    )
}

/// SOL's book at the moments that were kept, in lines.
pub fn depths(outcome: &Outcome) -> Vec<String> {
    let snapshots = outcome.cross.tape.snapshots.iter();
    snapshots
        .map(|s| {
            format!(
                "SOL's book {} (step {}): {}.",
                s.when,
                s.step,
                depth(&s.view)
            )
        })
        .collect()
}

/// Minutes from one funding to the next.
pub fn funding_minutes() -> u32 {
    FUNDING_SECONDS / 60
}

/// Spread and premiums of a clearinghouse at present, for the live table.
pub fn line(house: &House) -> String {
    let (Some(spreads), Some(premiums)) = (house.tape.spreads.last(), house.tape.premiums.last())
    else {
        return String::new();
    };
    let one = |at: usize| {
        let spread = spreads[at].map_or("asleep".to_owned(), |s| format!("{s:.1}"));
        format!("{} {spread} / {}", FALLS[at].asset, signed(premiums[at]))
    };
    let all: Vec<_> = (0..3).map(one).collect();
    let tape = &house.tape;
    format!(
        "  {:<14}{}   fills {} + {} queued",
        "spread/prem.",
        all.join("   "),
        tape.at_once,
        tape.queued
    )
}
