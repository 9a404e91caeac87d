//! A plan for people: one line an action, then a sentence.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{Style, diff, grammar, reason::clause, style::sign};
use crate::model::{Action, Address, Blind, Finding, InputChange, Plan, Severity, Step, Summary};

/// What changed in files that builds read, by the address of the step.
pub type InputChanges = BTreeMap<Address, Vec<InputChange>>;

/// Returns the plan as text, without a trailing empty line.
pub fn plan_text(plan: &Plan, location: &str, style: Style) -> String {
    plan_text_with(plan, &InputChanges::new(), location, style)
}

/// Returns the plan as text, and under each rebuild what changed in its files.
pub fn plan_text_with(plan: &Plan, changes: &InputChanges, location: &str, style: Style) -> String {
    let mut out = String::new();
    let lines = step_lines(&plan.steps, style);
    for (step, line) in plan.steps.iter().zip(lines) {
        push(&mut out, &line);
        for line in diff::inputs(changes.get(&step.address).map_or(&[], Vec::as_slice)) {
            push(&mut out, &format!("      {line}"));
        }
    }
    for blind in plan.blind.iter().filter(|blind| !told(plan, blind)) {
        let what = blind.dependency.as_ref().map_or("storage", |id| id.as_str());
        push(
            &mut out,
            &format!(
                "{} could not check {what}: {}",
                style.warning("!"),
                grammar::plain(&blind.why)
            ),
        );
    }
    for finding in &plan.findings {
        push(&mut out, &finding_text(finding, style));
    }
    if !out.is_empty() {
        out.push('\n');
    }
    push(&mut out, &closing(plan, location, style));
    out
}

fn push(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

/// Tells whether a finding says already why something could not be checked.
pub(crate) fn told(plan: &Plan, blind: &Blind) -> bool {
    plan.findings.iter().any(|finding| {
        finding.severity != Severity::Warning
            && finding.dependency == blind.dependency
            && finding.message.contains(&blind.why)
    })
}

/// Returns steps as a plan shows them, a line each.
pub fn steps_text(steps: &[Step], style: Style) -> String {
    let mut out = String::new();
    for line in step_lines(steps, style) {
        push(&mut out, &line);
    }
    out
}

/// Returns the aligned lines of steps.
fn step_lines(steps: &[Step], style: Style) -> Vec<String> {
    let addresses: Vec<String> = steps.iter().map(|step| step.address.to_string()).collect();
    let sizes: Vec<String> = steps.iter().map(size_of).collect();
    let width = addresses.iter().map(String::len).max().unwrap_or(0);
    let size_width = sizes.iter().map(String::len).max().unwrap_or(0);
    steps
        .iter()
        .zip(addresses.iter().zip(&sizes))
        .map(|(step, (address, size))| {
            let head =
                format!("{} {address:<width$}   {:<7}", sign(step.action), step.action.name());
            let size =
                if size_width == 0 { String::new() } else { format!("  {size:>size_width$}") };
            format!("{}{size}   {}", style.action(step.action, &head), clause(step))
        })
        .collect()
}

fn size_of(step: &Step) -> String {
    if !step.action.moves_bytes() {
        return String::new();
    }
    step.bytes.map_or_else(|| "?".to_owned(), grammar::bytes)
}

/// Returns a finding as a block: code, message, help.
pub fn finding_text(finding: &Finding, style: Style) -> String {
    let word = match finding.severity {
        Severity::Refused => style.error("refused"),
        Severity::Error => style.error("error"),
        Severity::Warning => style.warning("warning"),
    };
    let about = match (&finding.address, &finding.dependency) {
        (Some(address), _) => format!("{address}: "),
        (None, Some(id)) => format!("{id}: "),
        (None, None) => String::new(),
    };
    let mut text =
        format!("! {word}[{}]: {about}{}", finding.code, grammar::plain(&finding.message));
    if let Some(help) = &finding.help {
        // Writing to a String can't fail.
        let _infallible = write!(text, "\n  help: {}", grammar::plain(help));
    }
    text
}

/// Says where, and how far it was looked at.
pub(crate) fn place(plan: &Plan, location: &str) -> String {
    match &plan.basis.base {
        Some(base) => format!("{location}, serial {}", base.serial),
        None if plan.blind.iter().any(|blind| blind.dependency.is_none()) => {
            format!("{location}, not looked at")
        }
        None => format!("{location}, nothing published yet"),
    }
}

fn closing(plan: &Plan, location: &str, style: Style) -> String {
    let summary = plan.summary();
    let place = place(plan, location);
    if plan.steps.is_empty() {
        let stuck = plan.findings.iter().any(|f| f.severity != Severity::Warning);
        let left_out = if plan.filtered > 0 {
            format!(" The filters leave out {}.", grammar::count(plan.filtered, "action"))
        } else {
            String::new()
        };
        if stuck {
            return format!(
                "{} {place}.{left_out}",
                style.error("Nothing can be planned as it stands:")
            );
        }
        if plan.lock_changes {
            return format!(
                "{} Only deps.lock would be written anew ({place}).{left_out}",
                style.bold("No artifact changes.")
            );
        }
        if plan.basis.base.is_none() && plan.blind.iter().any(|blind| blind.dependency.is_none()) {
            return format!(
                "{} deps.lock answers deps.toml with {}; whether they are published was not looked at.{left_out}",
                style.good("No changes."),
                grammar::count(summary.unchanged, "artifact"),
            );
        }
        let match_word = if summary.unchanged == 1 { "matches" } else { "match" };
        return format!(
            "{} {} {match_word} deps.toml and deps.lock ({place}).{left_out}",
            style.good("No changes."),
            grammar::count(summary.unchanged, "artifact"),
        );
    }
    let mut text = summary_sentence("Plan:", &summary, true, style);
    if plan.lock_changes {
        text.push_str(" deps.lock changes too.");
    }
    text
}

/// Returns "Plan: 1 to create, 38 unchanged. Download 45.2 MiB, upload 61.0 MiB."
pub fn summary_sentence(head: &str, summary: &Summary, planned: bool, style: Style) -> String {
    let mut parts: Vec<String> = Vec::new();
    for action in Action::ALL {
        let n = summary.actions.get(&action).copied().unwrap_or(0);
        if n > 0 {
            let word =
                if planned { format!("to {}", action.name()) } else { past(action).to_owned() };
            parts.push(format!("{n} {word}"));
        }
    }
    parts.push(format!("{} unchanged", summary.unchanged));
    if summary.filtered > 0 {
        parts.push(format!("{} left out by filters", summary.filtered));
    }
    let mut text = format!("{} {}.", style.bold(head), parts.join(", "));
    let unknown = grammar::count(summary.unknown_sizes, "file");
    let moved = match (summary.download > 0 || summary.upload > 0, summary.unknown_sizes > 0) {
        // All of it is built: what will come out of that is known then.
        (true, true) if summary.upload == 0 => {
            format!(
                " Download {}, upload {unknown} of unknown size.",
                grammar::bytes(summary.download)
            )
        }
        (true, true) => format!(
            " Download {}, upload {}, and {unknown} of unknown size.",
            grammar::bytes(summary.download),
            grammar::bytes(summary.upload)
        ),
        (true, false) => format!(
            " Download {}, upload {}.",
            grammar::bytes(summary.download),
            grammar::bytes(summary.upload)
        ),
        (false, true) => format!(" Download and upload {unknown} of unknown size."),
        (false, false) => String::new(),
    };
    text.push_str(&moved);
    text
}

pub(crate) const fn past(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Rebuild => "rebuilt",
        Action::Repair => "repaired",
        Action::Adopt => "adopted",
        Action::Update => "updated",
        Action::Retire => "retired",
    }
}

/// Returns addresses with one word each, for `show` and `status`.
pub fn release_lines(rows: &[(String, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    rows.iter().fold(String::new(), |mut out, (name, text)| {
        // Writing to a String can't fail.
        let _infallible = writeln!(out, "{name:<width$}   {}", grammar::plain(text));
        out
    })
}
