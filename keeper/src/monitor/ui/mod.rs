//! The screen: what is looked at, which keys change it, and how a view is drawn.

mod accounts;
mod draw;
mod insurance;
mod markets;
mod oracles;
mod overview;
mod shock;
mod theme;

pub use draw::draw;
pub use theme::Theme;

use super::{
    ask::{Ask, Curves, Move, Sort, Target},
    view::{Body, View},
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// How far a key moves the price, and a key with more reach, in basis points.
const SMALL_STEP: i32 = 100;
const LARGE_STEP: i32 = 500;
/// How far prices move at first, and how far they can be moved here.
const FIRST_MOVE: i32 = -2_000;
const FURTHEST: i32 = 9_500;
/// The longest text of a filter.
const LONGEST_FILTER: usize = 48;

/// A page of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    /// Sums, and what asks for attention.
    #[default]
    Overview,
    /// Accounts.
    Accounts,
    /// Open interest, queues, concentration.
    Markets,
    /// Prices.
    Oracles,
    /// The insurance fund and the vaults.
    Insurance,
    /// What a move of prices would do.
    Shock,
}

impl Page {
    /// All of them, as their keys are numbered.
    pub const ALL: [Self; 6] = [
        Self::Overview,
        Self::Accounts,
        Self::Markets,
        Self::Oracles,
        Self::Insurance,
        Self::Shock,
    ];

    const fn label(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Accounts => "Accounts",
            Self::Markets => "Markets",
            Self::Oracles => "Oracles",
            Self::Insurance => "Insurance",
            Self::Shock => "Shock",
        }
    }

    const fn index(self) -> usize {
        self as usize
    }

    fn turned(self, by: usize) -> Self {
        Self::ALL[(self.index() + by) % Self::ALL.len()]
    }
}

/// What is looked at.
#[derive(Clone, Debug)]
pub struct Ui {
    /// The page.
    pub page: Page,
    /// The order of accounts.
    pub sort: Sort,
    /// Whether it is turned round.
    pub reverse: bool,
    /// Which accounts.
    pub filter: String,
    /// Whether the filter is being written.
    pub editing: bool,
    /// The asset whose price is moved; none for all but the quote token.
    pub asset: Option<u16>,
    /// By how much, basis points.
    pub move_bps: i32,
    /// Whether the keys are explained.
    pub help: bool,
    /// Whether the figures stand still.
    pub paused: bool,
    /// Whether it ends.
    pub quit: bool,
    /// The line that is marked, on each page.
    marked: [usize; 6],
    /// How many lines each page has.
    lines: [usize; 6],
    /// The first account that is drawn, and how many are.
    top: usize,
    rows: usize,
    /// How many assets there are.
    assets: u16,
}

impl Default for Ui {
    fn default() -> Self {
        Self {
            page: Page::default(),
            sort: Sort::default(),
            reverse: false,
            filter: String::new(),
            editing: false,
            asset: None,
            move_bps: FIRST_MOVE,
            help: false,
            paused: false,
            quit: false,
            marked: [0; 6],
            lines: [0; 6],
            top: 0,
            rows: 1,
            assets: 0,
        }
    }
}

impl Ui {
    /// Takes note of the window's size.
    pub fn fit(&mut self, height: u16) {
        self.rows = accounts::rows(height);
        self.scroll();
    }

    /// What the view is asked for.
    pub fn ask(&self) -> Ask {
        let target = self.asset.map_or(Target::All, Target::Asset);
        let shocked = self.page == Page::Shock;
        let bps = self.move_bps;
        Ask {
            sort: self.sort,
            reverse: self.reverse,
            filter: self.filter.clone(),
            offset: self.top,
            rows: self.rows,
            shock: if shocked {
                vec![Move {
                    target: target.clone(),
                    bps,
                }]
            } else {
                Vec::new()
            },
            curves: if shocked {
                Curves::Of(target)
            } else {
                Curves::None
            },
        }
    }

    /// Takes note of what there is to be marked.
    pub fn settle(&mut self, view: &View) {
        let lines = |body: &Body| {
            [
                body.alerts.len(),
                body.accounts.matching,
                body.markets.len(),
                body.oracles.len(),
                body.totals.vaults.len(),
                body.shock.accounts.len(),
            ]
        };
        self.lines = view.body.as_ref().map_or([0; 6], lines);
        self.assets = view.body.as_ref().map_or(0, |body| {
            u16::try_from(body.oracles.len()).unwrap_or(u16::MAX)
        });
        for (marked, lines) in self.marked.iter_mut().zip(self.lines) {
            *marked = (*marked).min(lines.saturating_sub(1));
        }
        if self.asset.is_some_and(|asset| asset >= self.assets) {
            self.asset = None;
        }
        self.scroll();
    }

    /// The line that is marked on the present page.
    pub(crate) const fn marked(&self) -> usize {
        self.marked[self.page.index()]
    }

    /// Keeps the marked account in the window.
    fn scroll(&mut self) {
        let marked = self.marked[Page::Accounts.index()];
        self.top = self
            .top
            .min(marked)
            .max((marked + 1).saturating_sub(self.rows));
    }

    /// Takes a key.
    pub fn press(&mut self, key: KeyEvent) {
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            self.quit |= matches!(key.code, KeyCode::Char('c' | 'd'));
            return;
        }
        if self.editing {
            return self.edit(key.code);
        }
        if self.help {
            self.help = false;
            return;
        }
        if !self.press_anywhere(key.code) && !self.move_mark(key.code) {
            match self.page {
                Page::Accounts => self.press_accounts(key.code),
                Page::Shock => self.press_shock(key.code),
                _ => {}
            }
        }
        self.scroll();
    }

    fn press_anywhere(&mut self, key: KeyCode) -> bool {
        match key {
            KeyCode::Char('q') => self.quit = true,
            KeyCode::Char('?' | 'h') => self.help = true,
            KeyCode::Char('p') => self.paused = !self.paused,
            KeyCode::Tab => self.page = self.page.turned(1),
            KeyCode::BackTab => self.page = self.page.turned(Page::ALL.len() - 1),
            KeyCode::Char(digit @ '1'..='6') => {
                let at = digit.to_digit(10).map_or(0, |digit| digit as usize - 1);
                self.page = Page::ALL[at];
            }
            KeyCode::Char('/') => (self.page, self.editing) = (Page::Accounts, true),
            _ => return false,
        }
        true
    }

    fn move_mark(&mut self, key: KeyCode) -> bool {
        let at = self.page.index();
        let last = self.lines[at].saturating_sub(1);
        let page = self.rows.max(1);
        let marked = self.marked[at];
        self.marked[at] = match key {
            KeyCode::Down | KeyCode::Char('j') => marked.saturating_add(1),
            KeyCode::Up | KeyCode::Char('k') => marked.saturating_sub(1),
            KeyCode::PageDown => marked.saturating_add(page),
            KeyCode::PageUp => marked.saturating_sub(page),
            KeyCode::Home => 0,
            KeyCode::End => last,
            _ => return false,
        }
        .min(last);
        true
    }

    /// Begins at the first account again.
    fn rewind(&mut self) {
        self.marked[Page::Accounts.index()] = 0;
        self.top = 0;
    }

    fn press_accounts(&mut self, key: KeyCode) {
        match key {
            KeyCode::Char('s') => self.sort = self.sort.next(),
            KeyCode::Char('r') => self.reverse = !self.reverse,
            KeyCode::Esc => self.filter.clear(),
            _ => return,
        }
        self.rewind();
    }

    fn press_shock(&mut self, key: KeyCode) {
        let step = match key {
            KeyCode::Left | KeyCode::Char('-') => -SMALL_STEP,
            KeyCode::Right | KeyCode::Char('+' | '=') => SMALL_STEP,
            KeyCode::Char('[') => -LARGE_STEP,
            KeyCode::Char(']') => LARGE_STEP,
            KeyCode::Char('0') => -self.move_bps,
            KeyCode::Char('a') => return self.turn_asset(1),
            KeyCode::Char('A') => return self.turn_asset(-1),
            _ => 0,
        };
        self.move_bps = (self.move_bps + step).clamp(-FURTHEST, FURTHEST);
    }

    /// All, then each asset but the quote token, and round.
    fn turn_asset(&mut self, by: i32) {
        let round = i32::from(self.assets.max(1));
        let at = i32::from(self.asset.unwrap_or(0));
        let next = (at + by).rem_euclid(round);
        self.asset = u16::try_from(next).ok().filter(|asset| *asset > 0);
        self.marked[Page::Shock.index()] = 0;
    }

    fn edit(&mut self, key: KeyCode) {
        match key {
            KeyCode::Enter => self.editing = false,
            KeyCode::Esc => {
                self.filter.clear();
                self.editing = false;
            }
            KeyCode::Backspace => {
                self.filter.pop();
            }
            KeyCode::Char(letter) if self.filter.len() < LONGEST_FILTER && !letter.is_control() => {
                self.filter.push(letter);
            }
            _ => return,
        }
        self.rewind();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(ui: &mut Ui, keys: &[KeyCode]) {
        for key in keys {
            ui.press(KeyEvent::new(*key, KeyModifiers::NONE));
        }
    }

    fn letters(text: &str) -> Vec<KeyCode> {
        text.chars().map(KeyCode::Char).collect()
    }

    #[test]
    fn keys_turn_the_pages() {
        let mut ui = Ui::default();
        pressed(&mut ui, &[KeyCode::BackTab]);
        assert_eq!(ui.page, Page::Shock);
        pressed(&mut ui, &[KeyCode::Tab, KeyCode::Tab]);
        assert_eq!(ui.page, Page::Accounts);
        pressed(&mut ui, &letters("4"));
        assert_eq!(ui.page, Page::Oracles);
        assert!(!ui.quit);
        ui.press(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL));
        assert!(ui.quit);
    }

    #[test]
    fn a_filter_takes_every_letter_until_it_is_done() {
        let mut ui = Ui::default();
        pressed(&mut ui, &letters("/q2s"));
        assert_eq!(
            (ui.filter.as_str(), ui.editing, ui.page),
            ("q2s", true, Page::Accounts)
        );
        pressed(&mut ui, &[KeyCode::Backspace, KeyCode::Enter]);
        assert_eq!(
            (ui.filter.as_str(), ui.editing, ui.quit),
            ("q2", false, false)
        );
        pressed(&mut ui, &letters("s"));
        assert_eq!((ui.sort, ui.filter.as_str()), (Sort::Equity, "q2"));
        pressed(&mut ui, &[KeyCode::Esc]);
        assert!(ui.filter.is_empty());
        // A paste does not grow without end.
        pressed(&mut ui, &letters(&format!("/{}", "x".repeat(500))));
        assert_eq!(ui.filter.len(), LONGEST_FILTER);
    }

    #[test]
    fn the_window_follows_the_mark() {
        let mut ui = Ui::default();
        ui.fit(24);
        let rows = ui.rows;
        ui.lines = [0, 100, 0, 0, 0, 0];
        pressed(&mut ui, &letters("2"));
        pressed(&mut ui, &[KeyCode::End]);
        assert_eq!((ui.marked(), ui.ask().offset), (99, 100 - rows));
        pressed(&mut ui, &[KeyCode::Up]);
        assert_eq!((ui.marked(), ui.ask().offset), (98, 100 - rows));
        pressed(&mut ui, &[KeyCode::Home, KeyCode::PageDown]);
        assert_eq!((ui.marked(), ui.ask().offset), (rows, 1));
        pressed(&mut ui, &letters("r"));
        assert_eq!((ui.marked(), ui.ask().offset, ui.reverse), (0, 0, true));
        // Smaller windows keep the mark; nothing is marked beyond what there is.
        pressed(&mut ui, &[KeyCode::End]);
        ui.fit(1);
        assert_eq!((ui.rows, ui.ask().offset), (1, 99));
        ui.lines = [0; 6];
        pressed(&mut ui, &[KeyCode::Down, KeyCode::End, KeyCode::PageUp]);
        assert_eq!(ui.marked(), 0);
    }

    #[test]
    fn assets_go_round_and_moves_have_an_end() {
        let mut ui = Ui {
            page: Page::Shock,
            assets: 3,
            ..Ui::default()
        };
        let mut seen = Vec::new();
        for _ in 0..4 {
            seen.push(ui.asset);
            pressed(&mut ui, &letters("a"));
        }
        assert_eq!(seen, [None, Some(1), Some(2), None]);
        // The fourth went on to the first again.
        pressed(&mut ui, &letters("A"));
        assert_eq!(ui.asset, None);
        pressed(&mut ui, &letters("A"));
        assert_eq!(ui.asset, Some(2));
        assert_eq!(
            ui.ask().shock,
            [Move {
                target: Target::Asset(2),
                bps: FIRST_MOVE
            }]
        );
        pressed(&mut ui, &letters("]+"));
        assert_eq!(ui.move_bps, FIRST_MOVE + LARGE_STEP + SMALL_STEP);
        pressed(&mut ui, &[KeyCode::Left; 200]);
        assert_eq!(ui.move_bps, -FURTHEST);
        pressed(&mut ui, &letters("0"));
        assert_eq!(ui.move_bps, 0);
        // Before anything is known there is nothing to turn to.
        let mut ui = Ui {
            page: Page::Shock,
            ..Ui::default()
        };
        pressed(&mut ui, &letters("aA"));
        assert_eq!(ui.asset, None);
    }
}
