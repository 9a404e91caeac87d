//! How a diagnostic looks: miette's graphical handler, with our colours.

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, ThemeCharacters, ThemeStyles};

use super::Style;

/// Returns a diagnostic as text, with the marked lines of its source.
pub fn diagnostic_text(diagnostic: &dyn Diagnostic, width: usize, style: Style) -> String {
    let theme = GraphicalTheme {
        characters: ThemeCharacters::unicode(),
        styles: if style.is_coloured() { ThemeStyles::ansi() } else { ThemeStyles::none() },
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(width).with_links(false);
    let mut out = String::new();
    if handler.render_report(&mut out, diagnostic).is_err() {
        // The handler fails only where a span lies outside its source: the words are still there.
        out = format!("error: {diagnostic}\n");
    }
    out
}
