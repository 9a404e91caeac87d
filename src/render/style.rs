//! Colour, decided once. No meaning hangs on it.

use anstyle::{AnsiColor, Style as Ansi};

use crate::model::Action;

/// Whether and how text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    coloured: bool,
}

impl Style {
    /// Text with colours, or without.
    pub const fn new(coloured: bool) -> Self {
        Self { coloured }
    }

    /// Tells whether there are colours.
    pub const fn is_coloured(self) -> bool {
        self.coloured
    }

    fn paint(self, text: &str, style: Ansi) -> String {
        if self.coloured { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// Text that counts.
    pub fn bold(self, text: &str) -> String {
        self.paint(text, Ansi::new().bold())
    }

    /// Text that may be passed over.
    pub fn dim(self, text: &str) -> String {
        self.paint(text, Ansi::new().dimmed())
    }

    /// What went wrong.
    pub fn error(self, text: &str) -> String {
        self.paint(text, AnsiColor::Red.on_default().bold())
    }

    /// What must be read.
    pub fn warning(self, text: &str) -> String {
        self.paint(text, AnsiColor::Yellow.on_default().bold())
    }

    /// What went well.
    pub fn good(self, text: &str) -> String {
        self.paint(text, AnsiColor::Green.on_default().bold())
    }

    /// Text in the colour of an action.
    pub fn action(self, action: Action, text: &str) -> String {
        let colour = match action {
            Action::Create => AnsiColor::Green,
            Action::Rebuild | Action::Repair => AnsiColor::Magenta,
            Action::Adopt | Action::Update => AnsiColor::Yellow,
            Action::Retire => AnsiColor::Red,
        };
        self.paint(text, colour.on_default())
    }
}

/// Returns the sign of an action. The word stands beside it: no sign is needed to understand a line.
pub(crate) const fn sign(action: Action) -> &'static str {
    match action {
        Action::Create => "+",
        Action::Rebuild => "±",
        Action::Repair => "*",
        Action::Adopt => "=",
        Action::Update => "~",
        Action::Retire => "-",
    }
}
