//! A screen as a picture for the documents.

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};

/// Pixels of a character.
const WIDTH: usize = 8;
const HEIGHT: usize = 17;

const fn colour(colour: Color) -> &'static str {
    match colour {
        Color::Red => "#ff6b68",
        Color::Yellow => "#e5c07b",
        Color::Green => "#8cc570",
        _ => "#d7dae0",
    }
}

/// As text of an SVG, which would make one blank of several.
fn escaped(text: &str) -> String {
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    text.replace(' ', "\u{a0}")
}

/// Cells beside each other that look alike.
fn run(text: &str, cell: &Cell, column: usize, row: usize) -> String {
    let (x, y) = (column * WIDTH, row * HEIGHT);
    let width = text.chars().count() * WIDTH;
    let reversed = cell.modifier.contains(Modifier::REVERSED);
    let mut svg = String::new();
    if reversed {
        svg.push_str(&format!(
            r##"<rect x="{x}" y="{y}" width="{width}" height="{HEIGHT}" fill="#d7dae0"/>"##
        ));
    }
    if text.trim().is_empty() {
        return svg;
    }
    let fill = if reversed { "#1d1f24" } else { colour(cell.fg) };
    let mut style = String::new();
    if cell.modifier.contains(Modifier::BOLD) {
        style.push_str(r#" font-weight="bold""#);
    }
    if cell.modifier.contains(Modifier::DIM) {
        style.push_str(r#" opacity="0.65""#);
    }
    svg.push_str(&format!(
        r#"<text x="{x}" y="{}" textLength="{width}" fill="{fill}"{style}>{}</text>"#,
        y + HEIGHT - 5,
        escaped(text)
    ));
    svg.push('\n');
    svg
}

/// The screen as SVG.
pub fn of(buffer: &Buffer) -> String {
    let (columns, rows) = (
        usize::from(buffer.area.width),
        usize::from(buffer.area.height),
    );
    let (width, height) = (columns * WIDTH, rows * HEIGHT);
    let mut svg = format!(
        concat!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="-8 -8 {} {}" "#,
            r#"font-family="ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="13">"#,
            "\n",
            r##"<rect x="-8" y="-8" width="{}" height="{}" rx="6" fill="#1d1f24"/>"##,
            "\n"
        ),
        width + 16,
        height + 16,
        width + 16,
        height + 16
    );
    for (row, cells) in buffer.content.chunks(columns).enumerate() {
        let mut start = 0;
        for at in 1..=columns {
            let like = |other: &Cell| {
                other.fg == cells[start].fg && other.modifier == cells[start].modifier
            };
            if at < columns && like(&cells[at]) {
                continue;
            }
            let text: String = cells[start..at].iter().map(Cell::symbol).collect();
            svg.push_str(&run(&text, &cells[start], start, row));
            start = at;
        }
    }
    svg.push_str("</svg>\n");
    svg
}
