//! The past of a prefix for people: one line a commit.

use std::fmt::Write as _;

use super::{Style, grammar, plan_text::past};
use crate::model::{Action, Generation};

/// Returns a line for each generation: serial, when, who, what, transaction.
pub fn history_text<'a>(generations: impl Iterator<Item = &'a Generation>, style: Style) -> String {
    let rows: Vec<[String; 5]> = generations
        .map(|generation| {
            [
                generation.serial.to_string(),
                when(generation.at),
                generation.by.as_deref().map_or_else(|| "-".to_owned(), grammar::plain),
                what(generation),
                grammar::plain(&generation.tx.0),
            ]
        })
        .collect();
    let width = |n: usize| rows.iter().map(|row| row[n].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2), width(3)];
    let mut out = String::new();
    for [serial, at, by, what, tx] in &rows {
        let serial = style.bold(&format!("{serial:>width$}", width = widths[0]));
        let tx = style.dim(tx);
        // Writing to a String can't fail.
        let _infallible = writeln!(
            out,
            "{serial}   {at:<a$}   {by:<b$}   {what:<c$}   {tx}",
            a = widths[1],
            b = widths[2],
            c = widths[3]
        );
    }
    out
}

/// Returns an instant to the second, in UTC.
pub fn when(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The counters in the order of a plan; words of a newer depstate come last.
fn what(generation: &Generation) -> String {
    let summary = &generation.summary;
    let known = Action::ALL
        .into_iter()
        .filter_map(|action| Some((past(action).to_owned(), *summary.get(action.name())?)));
    let strange = |name: &str| !Action::ALL.iter().any(|action| action.name() == name);
    let others = summary
        .iter()
        .filter(|(name, _)| strange(name))
        .map(|(name, count)| (grammar::plain(name), *count));
    let parts: Vec<String> = known
        .chain(others)
        .filter(|(_, count)| *count > 0)
        .map(|(word, count)| format!("{count} {word}"))
        .collect();
    if parts.is_empty() { "nothing counted".to_owned() } else { parts.join(", ") }
}
