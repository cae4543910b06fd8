//! The parts of the document that say what was assumed: the same in every run.

use super::{percent, table};
use crate::{
    books::{KINDS, SIZES},
    model::{
        BASIS_HALF_LIFE, CARRY, DOWNWARD, EXPIRIES, IMPLIED_HALF_LIFE, IMPLIED_NOISE, MODELS,
        OVERSHOOT, OVERSHOOT_HALF_LIFE, PREMIUM, PREMIUM_HALF_LIFE, REGIME, REGIME_NAMES, TERMS,
        WANDER, WANDER_HALF_LIFE,
    },
    report::thousands,
    run::LEARNING,
    settings::{CHOSEN, FRACTION, INITIAL, MAX_RETURN, MOST, PAIRS, RAMP, TIERS, WEIGHTS},
};

/// What is simulated, what is judged, and on which terms.
pub fn assumptions() -> String {
    [market(), basis(), options(), books(), terms()].join("\n")
}

fn market() -> String {
    let assets: Vec<Vec<String>> = MODELS
        .iter()
        .map(|model| {
            let mut row = vec![model.name.to_owned(), thousands_of(model.price)];
            row.extend(model.volatility.map(|share| percent(share * 100.0, 0)));
            row.push(format!("{:.2}", model.loading));
            row.push(format!("{:.1}", model.beta));
            row
        })
        .collect();
    let regimes: Vec<Vec<String>> = REGIME
        .iter()
        .zip(REGIME_NAMES)
        .map(|(regime, name)| {
            let mut row = vec![name.to_owned()];
            row.extend(regime.days_to.map(|days| {
                if days.is_finite() {
                    format!("{days}")
                } else {
                    "–".to_owned()
                }
            }));
            row.push(jumps(regime.market_jumps, regime.market_jump));
            row.push(jumps(regime.own_jumps, regime.own_jump));
            row.push(format!(
                "{:.0} / {:.0} bps",
                regime.perpetual_basis * 1e4,
                regime.future_basis * 1e4
            ));
            row.push(percent(regime.closer * 100.0, 0));
            row
        })
        .collect();
    format!(
        "## What is simulated\n\n\
         Six assets, a price a minute: correlated jump-diffusion with three regimes (a Markov chain). Figures are **chosen**, none is fitted to data. They \
         follow what is commonly said of these markets: volatility of 40 to 60 % a year for BTC in ordinary times, half as much again for ETH, twice as much for SOL; clusters \
         of hours to days; five to seven times as much in a crisis; fat tails within the hour; correlations of 0.5 to 0.85 that rise in a crisis. The worst hours were meant to \
         be comparable with 10 October 2025 (BTC −14 %, ETH −21 %, SOL −24 % within 40 minutes: [CRASH.md](CRASH.md)).\n\n{}\n\
         Loading: what part of its deviation an asset shares with all others. Beta: how much of a jump of the whole market it takes, and how large its own jumps and bases \
         are, beside BTC's.\n\n{}\n\
         Days: the mean until the regime goes over into that one. Jumps are exponential in size, {} of them down, and happen within a minute. Basis: deviation of perpetual and \
         future. Closer: what of a missing correlation is made up for. Within a regime the logarithm of volatility wanders with a deviation of {} and a half-life of {} minutes. \
         The first {} days of a path only teach the engine's averages.\n",
        table(
            &[
                "asset",
                "dollars",
                "a year, calm",
                "busy",
                "crisis",
                "loading",
                "beta"
            ],
            &assets
        ),
        table(
            &[
                "regime",
                "days to calm",
                "to busy",
                "to crisis",
                "market jumps a day, mean",
                "own jumps a day, mean",
                "basis",
                "closer"
            ],
            &regimes
        ),
        percent(DOWNWARD * 100.0, 0),
        WANDER,
        WANDER_HALF_LIFE,
        LEARNING,
    )
}

fn jumps(a_day: f64, size: f64) -> String {
    format!("{a_day} of {}", percent(size * 100.0, 1))
}

fn thousands_of(price: f64) -> String {
    if price < 1_000.0 {
        format!("{price}")
    } else {
        thousands(price as u64)
    }
}

fn basis() -> String {
    format!(
        "**Basis.** The engine values perpetuals and futures at the index. Who closes them is paid index × (1 + basis), so the loss of an hour is the fall of the engine's equity \
         (index and collateral) *and all of the basis* that the contracts have at its end, against the book where that is so. A perpetual's basis is noise (half-life {} minutes). A future's is \
         noise ({} minutes) around carry × time left: carry comes back to {} a year (deviation {}, half-life 3 days, between {} and {}), and a future is traded for its last {} days. \
         A jump takes perpetuals {} and futures {} farther than the index, which decays with half-lives of {} and {} minutes. \
         *If marked* below counts the basis's change over the hour alone: what the loss would be if the engine valued each contract at its own price.\n",
        BASIS_HALF_LIFE[0],
        BASIS_HALF_LIFE[1],
        percent(CARRY.mean * 100.0, 0),
        percent(CARRY.deviation * 100.0, 0),
        percent(CARRY.least * 100.0, 0),
        percent(CARRY.most * 100.0, 0),
        TERMS[0],
        percent(OVERSHOOT[0] * 100.0, 0),
        percent(OVERSHOOT[1] * 100.0, 0),
        OVERSHOOT_HALF_LIFE[0],
        OVERSHOOT_HALF_LIFE[1],
    )
}

fn options() -> String {
    let premiums: Vec<String> = REGIME_NAMES
        .iter()
        .zip(PREMIUM)
        .map(|(name, times)| format!("{name} ×{times}"))
        .collect();
    let days = EXPIRIES.map(|days| format!("{days}"));
    format!(
        "**Options** end in {} days, on BTC, ETH or SOL. At every strike they are marked at the root of the mean square volatility that their path has before it until they end, by the chain of regimes with its jumps, times a premium ({}) that \
         rises at once and falls with a half-life of {} minutes, times noise (deviation {}, half-life {} minutes), within the engine's bounds of 10 % and 400 % a year. An hour later they are priced anew, at the volatility of that moment and by the time \
         that is left; the gain or loss of that is in the engine's equity. Strikes are in deviations of the index until the end.\n",
        days.join(", "),
        premiums.join(", "),
        PREMIUM_HALF_LIFE,
        percent(IMPLIED_NOISE * 100.0, 0),
        IMPLIED_HALF_LIFE,
    )
}

fn books() -> String {
    let list: Vec<String> = KINDS
        .iter()
        .map(|(_, name, what)| format!("- **{name}**: {what}"))
        .collect();
    let list = list.join("\n");
    format!(
        "**Books**, as many of each kind, legs of {} to {} dollars (as many small as large ones), turned into lots at the prices of each hour in which they are judged, entered at the index, options at their mark:\n\n{list}\n\n\
         **Question.** An account has exactly its maintenance margin and nobody does anything for an hour. Is its loss larger than that margin? Collateral counts by its weight at \
         both ends of the hour: the haircut covers nothing here.\n",
        thousands(SIZES[0] as u64),
        thousands(SIZES[1] as u64),
    )
}

fn terms() -> String {
    let rows: Vec<Vec<String>> = MODELS
        .iter()
        .enumerate()
        .map(|(at, model)| {
            vec![
                model.name.to_owned(),
                bps(CHOSEN.rate(at)),
                bps(CHOSEN.range(at)),
                bps(CHOSEN.spread(at)),
            ]
        })
        .collect();
    let pairs: Vec<String> = PAIRS
        .iter()
        .zip(CHOSEN.credits)
        .map(|((a, b), credit)| {
            format!(
                "{}/{} {}",
                MODELS[*a].name,
                MODELS[*b].name,
                bps(credit.into())
            )
        })
        .collect();
    let tier = |(uppers, shares): ([u64; 2], [u32; 2])| {
        format!(
            "beyond {} dollars ×{}, beyond {} ×{}",
            thousands(uppers[0]),
            f64::from(shares[0]) / 100.0,
            thousands(uppers[1]),
            f64::from(shares[1]) / 100.0
        )
    };
    format!(
        "## On which terms\n\n{}\n\
         Maintenance is {} of initial; the range is as wide as the rules allow, the first maintenance rate. Tiers: BTC, ETH, SOL {}; others {}. Floor {} of Standard; credits {}; \
         initial by Portfolio ×{} of maintenance. Volatility: z = {} deviations of an hour, at most ×{}, maintenance rising by ×{} an hour, returns capped at {}. The scan moves volatility by ±{} of itself. Collateral counts \
         {} for maintenance. *Fixed* terms do not follow volatility, *adaptive* ones do.\n",
        table(
            &[
                "asset",
                "initial, first tier",
                "maintenance and range",
                "spread charge"
            ],
            &rows
        ),
        bps(FRACTION),
        tier(TIERS[0]),
        tier(TIERS[1]),
        bps(CHOSEN.floor),
        pairs.join(", "),
        f64::from(INITIAL) / 1e4,
        CHOSEN.deviations / 10_000,
        f64::from(MOST) / 1e4,
        f64::from(RAMP) / 1e4,
        bps(MAX_RETURN),
        bps(CHOSEN.shift),
        bps(WEIGHTS[1]),
    )
}

fn bps(share: u32) -> String {
    crate::settings::percent(share)
}
