//! How things look. Every state stands in words as well: colour and weight only help the eye, and a screen without
//! colour says the same.

use crate::monitor::view::{Condition, Connection, Level, Usable};
use ratatui::style::{Color, Modifier, Style};

/// Whether there is colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    colour: bool,
}

impl Theme {
    /// With colour or without.
    pub const fn new(colour: bool) -> Self {
        Self { colour }
    }

    /// By the environment: `NO_COLOR`, whatever it says unless it is empty, and `TERM=dumb` turn colour off.
    pub fn from_environment() -> Self {
        let set = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self::new(!set && !dumb)
    }

    fn coloured(self, colour: Color) -> Style {
        if self.colour {
            Style::new().fg(colour)
        } else {
            Style::new()
        }
    }

    /// What stands out.
    pub(super) fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What stands back.
    pub(super) fn faint(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// The line that is marked.
    pub(super) fn marked(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    pub(super) fn bad(self) -> Style {
        self.coloured(Color::Red).add_modifier(Modifier::BOLD)
    }

    pub(super) fn uneasy(self) -> Style {
        self.coloured(Color::Yellow)
    }

    pub(super) fn good(self) -> Style {
        self.coloured(Color::Green)
    }

    pub(super) fn level(self, level: Level) -> Style {
        match level {
            Level::Critical => self.bad(),
            Level::Warning => self.uneasy(),
            Level::Notice => Style::new(),
        }
    }

    pub(super) fn condition(self, condition: Condition) -> Style {
        match condition {
            Condition::Unknown | Condition::Default | Condition::Failing => self.bad(),
            Condition::InLiquidation | Condition::ReduceOnly => self.uneasy(),
            Condition::Healthy => Style::new(),
        }
    }

    pub(super) fn usable(self, usable: Usable) -> Style {
        match usable {
            Usable::AddingRisk | Usable::NoOracle => self.good(),
            Usable::Liquidating | Usable::NeverPriced => self.uneasy(),
            Usable::Silent => self.bad(),
        }
    }

    pub(super) fn connection(self, connection: Connection) -> Style {
        match connection {
            Connection::Live => self.good(),
            Connection::Connecting | Connection::Quiet => self.uneasy(),
            Connection::Lost => self.bad(),
        }
    }

    /// A share of a limit.
    pub(super) fn share(self, bps: i64) -> Style {
        match bps {
            9_500.. => self.bad(),
            8_000.. => self.uneasy(),
            _ => Style::new(),
        }
    }
}
