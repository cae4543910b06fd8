//! The pictures of the study, as SVG.

use crate::{books::KINDS, model::REGIME_NAMES, report::COVERAGE, tally::Tally};
use std::fmt::Write;

/// Colours of Standard and Portfolio.
const COLOURS: [&str; 2] = ["#7b8794", "#1f77b4"];
const INK: &str = "#1b1f24";
const FAINT: &str = "#d5dae0";
const WIDTH: f64 = 860.0;
/// Where the names of books end.
const LEFT: f64 = 190.0;
/// The lowest and highest share of hours that is drawn, in percent.
const SHARES: [f64; 2] = [0.001, 100.0];

struct Picture {
    body: String,
    height: f64,
}

impl Picture {
    fn new(height: f64) -> Self {
        Self {
            body: String::new(),
            height,
        }
    }

    fn text(&mut self, at: [f64; 2], anchor: &str, style: &str, text: &str) {
        let [x, y] = at;
        let _ = writeln!(
            self.body,
            r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" fill="{INK}" {style}>{}</text>"#,
            text.replace('&', "&amp;").replace('<', "&lt;")
        );
    }

    fn line(&mut self, from: [f64; 2], to: [f64; 2], style: &str) {
        let _ = writeln!(
            self.body,
            r#"<line x1="{:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}" {style}/>"#,
            from[0], from[1], to[0], to[1]
        );
    }

    fn bar(&mut self, at: [f64; 2], size: [f64; 2], colour: &str, style: &str) {
        let _ = writeln!(
            self.body,
            r#"<rect x="{:.1}" y="{:.1}" width="{:.1}" height="{:.1}" fill="{colour}" {style}/>"#,
            at[0], at[1], size[0], size[1]
        );
    }

    /// A round mark; hollow without volatility.
    fn mark(&mut self, at: [f64; 2], colour: &str, filled: bool) {
        let fill = if filled { colour } else { "#ffffff" };
        let _ = writeln!(
            self.body,
            r#"<circle cx="{:.1}" cy="{:.1}" r="5.5" fill="{fill}" stroke="{colour}" stroke-width="2.2"/>"#,
            at[0], at[1]
        );
    }

    fn finish(self) -> String {
        let height = self.height;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
             font-family=\"system-ui,'Segoe UI',Helvetica,Arial,sans-serif\" font-size=\"13\">\n\
             <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n{}</svg>\n",
            self.body
        )
    }
}

/// Where a share of hours stands, on a logarithmic scale; what never happened stands at its left end.
fn place(share: f64) -> f64 {
    let [low, high] = SHARES;
    let part = (share.max(low) / low).ln() / (high / low).ln();
    LEFT + 30.0 + part * (WIDTH - LEFT - 60.0)
}

fn scale(picture: &mut Picture, top: f64, bottom: f64) {
    for (share, name) in [
        (SHARES[0], "≤ 0.001 %"),
        (0.01, "0.01 %"),
        (0.1, "0.1 %"),
        (1.0, "1 %"),
        (10.0, "10 %"),
        (100.0, "100 %"),
    ] {
        let x = place(share);
        picture.line([x, top], [x, bottom], &format!(r#"stroke="{FAINT}""#));
        picture.text([x, bottom + 18.0], "middle", r#"font-size="11.5""#, name);
    }
    let x = place(100.0 - COVERAGE);
    let style = r##"stroke="#c0392b" stroke-width="1.6" stroke-dasharray="5 4""##;
    picture.line([x, top - 6.0], [x, bottom], style);
    let label = format!("target {} %", 100.0 - COVERAGE);
    picture.text([x, top - 10.0], "middle", r#"font-size="11.5""#, &label);
}

fn legend(picture: &mut Picture, y: f64) {
    let mut x = LEFT + 30.0;
    for (model, name) in ["Standard", "Portfolio"].into_iter().enumerate() {
        for (filled, how) in [(false, "fixed"), (true, "adaptive")] {
            picture.mark([x, y - 4.5], COLOURS[model], filled);
            picture.text([x + 12.0, y], "start", "", &format!("{name}, {how}"));
            x += 158.0;
        }
    }
}

/// How often an hour exceeds maintenance margin: by kind of book, and of naked positions by regime.
pub fn coverage(tally: &Tally) -> String {
    let (step, top) = (46.0, 92.0);
    let middle = top + step * KINDS.len() as f64;
    let second = middle + 88.0;
    let bottom = second + step * REGIME_NAMES.len() as f64;
    let mut picture = Picture::new(bottom + 36.0);
    let title = r#"font-size="15" font-weight="600""#;
    let heading = "Hours in which the loss exceeds maintenance margin";
    picture.text([16.0, 26.0], "start", title, heading);
    legend(&mut picture, 52.0);
    scale(&mut picture, top, middle);
    for (kind, (_, name, _)) in KINDS.iter().enumerate() {
        let y = top + step * (kind as f64 + 0.5);
        let shares = tally.cells[kind].map(|model| model.map(|cell| cell.all().exceedance()));
        row(&mut picture, y, name, &shares);
    }
    picture.text(
        [16.0, second - 34.0],
        "start",
        title,
        "Naked positions, by the regime at the beginning of the hour",
    );
    scale(&mut picture, second, bottom);
    for (regime, name) in REGIME_NAMES.iter().enumerate() {
        let y = second + step * (regime as f64 + 0.5);
        let shares =
            tally.cells[0].map(|model| model.map(|cell| cell.by_regime[regime].exceedance()));
        row(&mut picture, y, name, &shares);
    }
    picture.finish()
}

fn row(picture: &mut Picture, y: f64, name: &str, shares: &[[f64; 2]; 2]) {
    picture.text([LEFT, y + 4.5], "end", "", name);
    for (model, shares) in shares.iter().enumerate() {
        let y = y + if model == 0 { -8.0 } else { 8.0 };
        let ends = shares.map(|share| [place(share), y]);
        let style = format!(
            r#"stroke="{}" stroke-width="2" opacity="0.5""#,
            COLOURS[model]
        );
        picture.line(ends[0], ends[1], &style);
        picture.mark(ends[0], COLOURS[model], false);
        picture.mark(ends[1], COLOURS[model], true);
    }
}

/// What maintenance margin costs by kind of book.
pub fn capital(tally: &Tally) -> String {
    let (step, top, thick) = (62.0, 78.0, 20.0);
    let mut picture = Picture::new(top + step * KINDS.len() as f64 + 40.0);
    let title = r#"font-size="15" font-weight="600""#;
    let heading = "Maintenance margin, share of the gross notional (adaptive)";
    picture.text([16.0, 26.0], "start", title, heading);
    for (model, name) in ["Standard", "Portfolio"].into_iter().enumerate() {
        let x = LEFT + 10.0 + 130.0 * model as f64;
        picture.bar([x, 42.0], [14.0, 14.0], COLOURS[model], "");
        picture.text([x + 20.0, 54.0], "start", "", name);
    }
    let need = |kind: usize, model: usize| {
        let cell = &tally.cells[kind][model][1];
        cell.mean(cell.maintenance)
    };
    let most = (0..KINDS.len())
        .map(|kind| need(kind, 0))
        .fold(0.0, f64::max);
    let width = |share: f64| share / most * (WIDTH - LEFT - 190.0);
    for (kind, (_, name, _)) in KINDS.iter().enumerate() {
        let y = top + step * kind as f64;
        picture.text([LEFT, y + thick + 4.5], "end", "", name);
        for (model, colour) in COLOURS.iter().enumerate() {
            let (share, y) = (need(kind, model), y + thick * model as f64);
            picture.bar([LEFT + 10.0, y], [width(share), thick - 2.0], colour, "");
            let mut label = format!("{share:.2} %");
            let saved = tally.saved(true, |at| at == kind)[0];
            if model == 1 && saved > 0.5 {
                let _ = write!(label, ", {saved:.0} % less");
            }
            picture.text([LEFT + 18.0 + width(share), y + 14.0], "start", "", &label);
        }
    }
    picture.line(
        [LEFT + 10.0, top - 8.0],
        [LEFT + 10.0, top + step * KINDS.len() as f64 - 10.0],
        &format!(r#"stroke="{INK}""#),
    );
    picture.finish()
}
