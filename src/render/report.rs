//! What an apply did, for people.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{Style, grammar, plan_text::summary_sentence};
use crate::model::{Action, Failure, Held, Report, Summary};

/// Returns what failed and why, as text.
pub fn failure_text(failure: &Failure, style: Style) -> String {
    let mut out = String::new();
    let word = if failure.refused { "refused" } else { "failed" };
    let message = grammar::plain(&failure.message).replace('\n', "\n    ");
    line(&mut out, &format!("! {}[{}]: {}", style.error(word), failure.code, failure.what));
    line(&mut out, &format!("    {message}"));
    if let Some(help) = &failure.help {
        line(&mut out, &format!("    help: {}", grammar::plain(help)));
    }
    out
}

/// Returns the report as text: what failed, what was held back, then the sentence of the plan in
/// the past tense.
pub fn report_text(report: &Report, location: &str, style: Style) -> String {
    let mut out = String::new();
    for warning in &report.warnings {
        line(&mut out, &format!("! {}: {}", style.warning("warning"), grammar::plain(warning)));
    }
    for failure in &report.failed {
        out.push_str(&failure_text(failure, style));
    }
    for text in held_lines(&report.held, style) {
        line(&mut out, &text);
    }
    let mut summary =
        Summary { unchanged: report.unchanged, filtered: report.filtered, ..Summary::default() };
    for done in &report.done {
        *summary.actions.entry(done.action).or_default() += 1;
        if done.action.moves_bytes() {
            summary.download += done.fetched;
            summary.upload += done.bytes;
        }
    }
    if report.done.is_empty()
        && report.failed.is_empty()
        && report.held.is_empty()
        && !report.interrupted
    {
        let place = report.serial.map_or_else(String::new, |serial| format!(", serial {serial}"));
        let lock = if report.lock_written { " deps.lock was written." } else { "" };
        let word = if report.unchanged == 1 { "matches" } else { "match" };
        line(
            &mut out,
            &format!(
                "{} {} {word} deps.toml and deps.lock ({location}{place}).{lock}",
                style.good("No changes."),
                grammar::count(report.unchanged, "artifact"),
            ),
        );
        return out;
    }
    let head = if report.interrupted {
        "Interrupted:"
    } else if report.failed.is_empty() && report.held.is_empty() && report.unknown.is_none() {
        "Applied:"
    } else if report.done.is_empty() {
        "Not applied:"
    } else {
        "Partly applied:"
    };
    let mut text = summary_sentence(head, &summary, false, style);
    if !report.failed.is_empty() {
        append(&mut text, &format!(" {} failed.", report.failed.len()));
    }
    if !report.held.is_empty() {
        append(&mut text, &format!(" {} held back.", report.held.len()));
    }
    match report.serial {
        Some(serial) if report.done.iter().any(|done| done.action != Action::Adopt) => {
            append(&mut text, &format!(" {location} is at serial {serial}."));
        }
        _ if report.unknown.is_some() => {
            text.push_str(
                " Whether the commit landed is not known; run apply again, that is safe.",
            );
        }
        _ => append(&mut text, &format!(" Nothing changed in {location}.")),
    }
    if report.lock_written {
        text.push_str(" deps.lock was written.");
    }
    line(&mut out, &text);
    out
}

/// One line a step, or one for all that wait for the same reason.
fn held_lines(held: &[Held], style: Style) -> Vec<String> {
    const SHOWN: usize = 5;
    let mark = style.warning("held back");
    let mut by_reason: BTreeMap<&str, Vec<&Held>> = BTreeMap::new();
    for one in held {
        by_reason.entry(one.why.as_str()).or_default().push(one);
    }
    let mut lines = Vec::new();
    for (why, all) in by_reason {
        for one in all.iter().take(SHOWN) {
            let past = super::plan_text::past(one.action);
            lines.push(format!("! {mark}: {} was not {past}: {why}", one.address));
        }
        if all.len() > SHOWN {
            let more = (all.len() - SHOWN) as u64;
            lines.push(format!("! {mark}: {} more: {why}", grammar::count(more, "artifact")));
        }
    }
    lines
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn append(text: &mut String, more: &str) {
    // Writing to a String can't fail.
    let _infallible = write!(text, "{more}");
}
