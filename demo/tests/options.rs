//! The account with options: Portfolio margin carries it, its puts save it, and its greeks are shown as the chain says
//! them.

use counterweight_demo::{
    Options, Outcome,
    actors::{COLLARED, COLLARED_NAME, OPTIONS},
    collar,
    house::{House, State, dollars},
    report, run, summary,
};
use counterweight_risk::greeks::AssetGreeks;
use counterweight_simnet::MarketKind::{Call, Put};
use std::path::PathBuf;

const DOLLAR: i64 = 1_000_000;
/// Markets and assets, as the deployment has them.
const SOL_PERP: usize = 0;
const BTC_PERP: usize = 1;
const PUT: usize = 3;
const CALL: usize = 4;
const SOL: u16 = 1;
const BTC: u16 = 2;

fn outcome(seed: u64, name: &str) -> Outcome {
    let options = Options {
        seed,
        steps: 40,
        report: PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name),
        quiet: true,
    };
    run(&options).unwrap()
}

fn near(found: i64, expected: i64, within: i64) -> bool {
    (found - expected).abs() <= within
}

/// The greeks of an actor on an asset at the end of the last step.
fn greeks(house: &House, actor: usize, asset: u16) -> AssetGreeks {
    let view = &house.samples.last().unwrap().greeks[actor];
    let of = view.assets.iter().find(|of| of.asset == asset);
    of.copied().unwrap_or_default()
}

#[test]
fn puts_carry_a_book_that_only_portfolio_margin_lets_open() {
    for seed in 1..=5 {
        let outcome = outcome(seed, "collar.html");
        let house = &outcome.cross;
        let at = house.find(COLLARED_NAME).unwrap();
        assert!(house.seizures.iter().all(|seizure| seizure.actor != at));
        for sample in &house.samples {
            let standing = &sample.standings[at];
            assert!(standing.equity > standing.maintenance);
            assert_ne!(standing.state, State::InLiquidation);
        }
        let [start, end] = &outcome.collar;
        assert_eq!(start.lots, end.lots, "every leg is there");
        assert!(start.portfolio()[0] * 3 < start.standard()[0]);
        assert!(start.portfolio()[1] * 3 < start.standard()[1]);
        // Not even what keeps it would be there by Standard margin, and far from what opens it.
        assert!(start.equity < start.standard()[0] && start.standard()[0] < start.standard()[1]);

        // 400 SOL: 36 dollars lost on each, of which the put pays what lies below 145, and a little for time.
        let (lost, puts) = (end.gains[SOL_PERP], collar::gained(&outcome, Put));
        assert!(near(lost, -14_400 * DOLLAR, DOLLAR), "{lost}");
        assert_eq!(puts, end.gains[PUT]);
        assert!(puts > -lost * 3 / 4 && puts < 31 * 400 * DOLLAR, "{puts}");
        assert!(collar::gained(&outcome, Call) > 0, "the calls that it sold");
        assert!(end.equity > 0 && end.equity - puts < 0);
        // But for fees, what is there at the end is what the legs made.
        let made: i64 = end.gains.iter().sum::<i64>() + collar::funding(&outcome);
        let deposit = COLLARED as i64 * DOLLAR;
        assert!(near(end.equity, deposit + made, 20 * DOLLAR), "{made}");
    }
}

/// By the rates of the deployment: 3 % of the notional of the perpetual on SOL and of the calls that are short, as much of
/// the puts, if they are worth it, 2.4 % of the notional of BTC.
#[test]
fn standard_margin_is_the_sum_that_its_rates_make() {
    let outcome = outcome(1, "standard.html");
    let house = &outcome.cross;
    let [start, end] = &outcome.collar;
    let worth_of_puts = |gain: i64| {
        let margin = house.x.margin(
            &house.actors[house.find(COLLARED_NAME).unwrap()]
                .trader
                .margin,
        );
        let mut positions = margin.positions().iter();
        let put = positions.find(|p| usize::from(p.market) == PUT).unwrap();
        gain - put.quote.0
    };
    for (judged, sol, btc) in [(start, 60_000, 15_000), (end, 45_600, 12_750)] {
        let (three, puts) = (sol * DOLLAR * 3 / 100, worth_of_puts(judged.gains[PUT]));
        let sum = 2 * three + three.min(puts) + btc * DOLLAR * 24 / 1_000;
        // Prices have a width of a tenth of a per cent.
        let found = judged.standard()[0];
        assert!(near(found, sum, sum / 500), "{found} {sum}");
    }
    // At the start the puts are worth less than the rate: it is what bounds their requirement.
    assert!(worth_of_puts(start.gains[PUT]) < 1_800 * DOLLAR);
    let scanned = &start.needs[0];
    let [sol, btc] = &scanned.assets[..] else {
        panic!("{scanned:?}")
    };
    assert!(sol.is_scanned && btc.is_scanned && (sol.asset, btc.asset) == (SOL, BTC));
    // What 15,000 dollars of BTC lose by 2.4 %, half of it credited for being short beside a long.
    assert!(near(btc.scan.0, 360 * DOLLAR, DOLLAR), "{btc:?}");
    assert!(near(scanned.whole.credits.0, 180 * DOLLAR, DOLLAR));
    assert!(collar::worst(&outcome).contains("SOL falls by 3 %"));
    assert!(collar::worst(&outcome).contains("BTC rises by 2.4 %, loss 360."));
}

#[test]
fn greeks_of_every_account_are_compared_at_every_sample_and_add_up() {
    let outcome = outcome(1, "greeks.html");
    for house in [&outcome.cross, &outcome.isolated] {
        let taken = house.samples.len() * house.actors.len();
        assert_eq!(
            (house.greeks_compared, house.views_compared),
            (taken, taken)
        );
        for sample in &house.samples {
            assert_eq!(sample.greeks.len(), house.actors.len());
            for view in &sample.greeks {
                let sum = |of: fn(&AssetGreeks) -> i64| view.assets.iter().map(of).sum::<i64>();
                let total = &view.total;
                assert_eq!(
                    (total.delta, total.gamma),
                    (sum(|g| g.delta), sum(|g| g.gamma))
                );
                assert_eq!(
                    (total.vega, total.theta),
                    (sum(|g| g.vega), sum(|g| g.theta))
                );
            }
        }
    }
    // Without options there is delta, and nothing else.
    let bends = |view: &counterweight::GreeksView| view.total.gamma != 0 || view.total.vega != 0;
    let all = outcome
        .isolated
        .samples
        .iter()
        .flat_map(|sample| &sample.greeks);
    assert!(!all.clone().any(bends) && all.clone().any(|view| view.total.delta != 0));
}

#[test]
fn greeks_are_those_of_a_collar_and_the_maker_has_the_other_side() {
    let outcome = outcome(1, "collar_greeks.html");
    let house = &outcome.cross;
    let (at, maker) = (house.find(COLLARED_NAME).unwrap(), 0);
    let [start, end] = [0, 1].map(|of| &outcome.collar[of].greeks);
    assert_eq!(&house.samples.last().unwrap().greeks[at], end);
    let [sol, btc] = &start.assets[..] else {
        panic!("{start:?}")
    };
    // Long 60,000 dollars, of which the options take more than half; a collar with its put nearer gains by volatility.
    assert!((20_000..30_000).contains(&(sol.delta / DOLLAR)), "{sol:?}");
    assert!(sol.gamma > 0 && sol.vega > 0 && sol.theta < 0, "{sol:?}");
    assert!(
        near(btc.delta, -15_000 * DOLLAR, DOLLAR) && btc.gamma == 0,
        "{btc:?}"
    );
    // At the end the puts are nearly SOL that is sold.
    assert!(end.assets[0].delta * 4 < sol.delta && end.assets[0].delta > 0);
    // The maker has the other side of the options.
    let (own, other) = (greeks(house, at, SOL), greeks(house, maker, SOL));
    assert_eq!(
        (own.gamma, own.vega, own.theta),
        (-other.gamma, -other.vega, -other.theta)
    );
    let steps = collar::steps(house);
    assert_eq!((steps.len(), steps[0], steps[40]), (41, start, end));
}

#[test]
fn options_stand_behind_the_perpetuals_and_are_priced_with_every_price() {
    let outcome = outcome(2, "markets.html");
    let (house, isolated) = (&outcome.cross, &outcome.isolated);
    assert_eq!(
        outcome.books[0].lots, [0; 5],
        "every lot has its other side"
    );
    assert_eq!(outcome.books[1].lots, [0; 3]);
    assert!(isolated.desk.is_none() && collar::lines(isolated).is_empty());
    let desk = house.desk.as_ref().unwrap();
    assert_eq!(desk.markets, [3, 4]);
    let (tables, now) = (house.x.tables(), house.x.chain.time());
    for (market, (kind, _, side)) in desk.markets.iter().zip(OPTIONS) {
        let array = &tables.markets[usize::from(*market)].array;
        assert_eq!(
            (array.time, array.index),
            (now, tables.assets[usize::from(SOL)].index)
        );
        let at = house.find(COLLARED_NAME).unwrap();
        assert_eq!(house.held(at, *market), side * house.lots(at)[0]);
        assert_eq!(house.x.deployment.market[usize::from(*market)].kind, kind);
    }
    // The feed has followed the fall all the way: two points for each of 24 percent.
    let told: Vec<_> = outcome
        .collar
        .iter()
        .map(|judged| judged.volatility)
        .collect();
    assert_eq!(told, [38, 38 + 2 * 24]);
    let marked = tables.markets[PUT].array.volatility.0;
    assert!(marked.abs_diff((86 << 20) / 100) < 20, "{marked}");
    let last = tables.markets[CALL].contract.expiry - now;
    assert!((20 * 86_400..21 * 86_400).contains(&last), "weeks are left");
    assert_eq!(house.marks()[BTC_PERP] >> 16, 850_000);
}

#[test]
fn the_maker_leans_against_what_its_options_leave_open() {
    let outcome = outcome(1, "skew.html");
    let house = &outcome.cross;
    let skew = |delta: i64| (-delta / DOLLAR * 100 / 25_000).clamp(-1_000, 1_000);
    let own = greeks(house, 0, SOL).delta;
    let quoted = house.quoted[0].unwrap().skew;
    assert!(near(quoted, skew(own), 50), "{quoted} {own}");
    // Against its perpetuals alone it would stand elsewhere.
    let bare = house.lots(0)[0] * house.lot_atoms(0);
    assert!(!near(quoted, skew(bare), 50), "{quoted} {bare}");
}

/// The greeks as they are shown.
fn shown(of: &AssetGreeks) -> [String; 4] {
    [of.delta, of.gamma, of.vega, of.theta].map(dollars)
}

/// What stands in a text from a heading to an end.
fn part<'a>(text: &'a str, heading: &str, end: &str) -> &'a str {
    let (_, after) = text.split_once(heading).expect(heading);
    after.split_once(end).expect(end).0
}

#[test]
fn the_live_table_shows_the_greeks_of_its_moment() {
    let outcome = outcome(1, "live.html");
    let lines = collar::lines(&outcome.cross);
    assert_eq!(lines.len(), 4, "names, two underlyings, together");
    let widest = lines.iter().map(|line| line.chars().count()).max();
    assert!(widest <= Some(100), "{lines:?}");
    assert!(collar::GREEKS.iter().all(|name| lines[0].contains(name)));
    assert!(lines[1].contains("SOL, volatility 86 %") && lines[3].contains("together"));
    let end = &outcome.collar[1].greeks;
    for (line, of) in lines[1..].iter().zip(end.assets.iter().chain([&end.total])) {
        let all = shown(of);
        assert!(
            all.iter().all(|figure| line.contains(figure)),
            "{line:?} {all:?}"
        );
    }
}

#[test]
fn summary_and_report_show_the_same_greeks() {
    let outcome = outcome(1, "shown.html");
    let (text, page) = (summary::text(&outcome), report::page(&outcome));
    for (judged, moment) in outcome
        .collar
        .iter()
        .zip(["at the start", "at the end of the crash"])
    {
        let moment = format!("{moment}, volatility {} %, USDC", judged.volatility);
        let summed = part(
            &text,
            &format!("Greeks of the account \"collared\" {moment}\n"),
            "\n\n",
        );
        let table = part(&page, &format!("<caption>Greeks {moment}"), "</table>");
        assert!(
            collar::GREEKS
                .iter()
                .all(|name| summed.contains(name) && table.contains(name))
        );
        for figure in judged
            .greeks
            .assets
            .iter()
            .chain([&judged.greeks.total])
            .flat_map(shown)
        {
            assert!(summed.contains(&figure), "the summary lacks {figure}");
            assert!(
                table.contains(&format!("<td>{figure}</td>")),
                "the report lacks {figure}"
            );
        }
    }
    let compared = outcome.cross.greeks_compared + outcome.isolated.greeks_compared;
    assert!(compared > 1_000 && text.contains(&format!("the greeks of 1,{:03}", compared - 1_000)));
}

#[test]
fn summary_and_report_show_what_both_models_require_and_why() {
    let outcome = outcome(1, "models.html");
    let (text, page) = (summary::text(&outcome), report::page(&outcome));
    for judged in &outcome.collar {
        let summed = part(&text, "Both models, USDC", "\n\n");
        let table = part(&page, "by both models, USDC</caption>", "</table>");
        for figure in [judged.portfolio(), judged.standard()].concat() {
            let figure = dollars(figure);
            assert!(summed.contains(&figure), "the summary lacks {figure}");
            assert!(
                table.contains(&format!("<td>{figure}</td>")),
                "the report lacks {figure}"
            );
        }
    }
    for words in [
        collar::saved(&outcome),
        collar::worst(&outcome),
        collar::survival(&outcome),
    ] {
        assert!(text.contains(&words), "{words}");
        assert!(page.contains(&words.replace('"', "&quot;")), "{words}");
    }
    // An option has no funding, and its row in the terms says so.
    let row = part(&page, "<th scope=\"row\">SOL-145-P</th>", "</tr>");
    assert!(row.contains("<td>–</td>"), "{row}");
}

#[test]
fn the_charts_have_every_leg_and_every_step() {
    let outcome = outcome(1, "charts.html");
    let page = report::page(&outcome);
    let data = part(&page, "id=\"data\">", "</script>");
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    let names = |of: &str| -> Vec<_> {
        let all = data[of].as_array().unwrap().iter();
        all.map(|entry| entry["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let legs = [
        "long SOL-PERP",
        "short BTC-PERP",
        "long SOL-145-P",
        "short SOL-160-C",
    ];
    assert_eq!(
        names("collar"),
        [&legs[..], &["funding", "the account"]].concat()
    );
    assert_eq!(names("deltas"), ["SOL", "BTC", "together"]);
    for line in data["deltas"].as_array().unwrap() {
        assert_eq!(line["values"].as_array().unwrap().len(), 41);
    }
    let last = data["deltas"][2]["values"][40].as_f64().unwrap();
    let total = outcome.collar[1].greeks.total.delta as f64 / 1e9;
    assert!((last - total).abs() < 0.001, "{last} {total}");
}
