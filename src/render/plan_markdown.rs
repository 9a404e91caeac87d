//! A plan for a pull request: summary first, then a table, within a comment's size.

use std::fmt::Write as _;

use super::{
    Style, diff, grammar,
    plan_text::{InputChanges, place, summary_sentence, told},
    reason::clause,
    style::sign,
};
use crate::model::{InputChange, Plan, Severity, Step};

/// GitHub refuses a comment of more than 65,536 letters; the rest is for what the poster adds.
const BUDGET: usize = 60_000;

/// Returns the plan as Markdown. What does not fit is counted, never dropped in silence.
pub fn plan_markdown(plan: &Plan, location: &str, digest: &str) -> String {
    plan_markdown_with(plan, &InputChanges::new(), location, digest)
}

/// Returns the plan as Markdown, and below its table what changed in files that builds read.
pub fn plan_markdown_with(
    plan: &Plan,
    changes: &InputChanges,
    location: &str,
    digest: &str,
) -> String {
    let mut out = String::from("<!-- depstate plan -->\n");
    let summary = plan.summary();
    let line = |out: &mut String, text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    let stuck = plan.findings.iter().any(|f| f.severity != Severity::Warning);
    if plan.steps.is_empty() && !stuck && !plan.lock_changes {
        line(&mut out, "### depstate: no changes");
    } else if stuck {
        line(&mut out, "### depstate: this plan has errors");
    } else {
        line(&mut out, "### depstate plan");
    }
    line(&mut out, "");
    line(&mut out, &summary_sentence("Plan:", &summary, true, Style::new(false)));
    line(&mut out, &format!("Storage: {}.", place(plan, &code_span(location))));
    if plan.lock_changes {
        line(&mut out, "`deps.lock` changes too.");
    }
    for finding in &plan.findings {
        let word = match finding.severity {
            Severity::Refused => "refused",
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let about = finding
            .address
            .as_ref()
            .map(ToString::to_string)
            .or_else(|| finding.dependency.as_ref().map(ToString::to_string))
            .map_or_else(String::new, |name| format!("{}: ", code_span(&name)));
        line(&mut out, "");
        line(
            &mut out,
            &format!("- **{word}** `{}` {about}{}", finding.code, escape(&finding.message)),
        );
    }
    for blind in plan.blind.iter().filter(|blind| !told(plan, blind)) {
        let what = blind.dependency.as_ref().map_or("storage", |id| id.as_str());
        line(&mut out, "");
        line(
            &mut out,
            &format!("- **could not check** {}: {}", code_span(what), escape(&blind.why)),
        );
    }
    if !plan.steps.is_empty() {
        line(&mut out, "");
        line(&mut out, "| | artifact | action | size | why |");
        line(&mut out, "| --- | --- | --- | ---: | --- |");
        table(&mut out, &plan.steps);
    }
    for step in &plan.steps {
        if let Some(changes) = changes.get(&step.address) {
            files(&mut out, step, changes);
        }
    }
    line(&mut out, "");
    line(&mut out, &format!("Plan digest: `{digest}`"));
    out
}

/// A block for one step, if it still fits.
fn files(out: &mut String, step: &Step, changes: &[InputChange]) {
    let text = diff::inputs(changes).join("\n");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let block =
        format!("\n{}:\n\n{fence}diff\n{text}\n{fence}\n", code_span(&step.address.to_string()));
    if out.len() + block.len() <= BUDGET {
        out.push_str(&block);
    }
}

fn table(out: &mut String, steps: &[Step]) {
    for (n, step) in steps.iter().enumerate() {
        let size = match (step.action.moves_bytes(), step.bytes) {
            (false, _) => String::new(),
            (true, Some(bytes)) => grammar::bytes(bytes),
            (true, None) => "?".to_owned(),
        };
        let row = format!(
            "| `{}` | {} | {} | {size} | {} |\n",
            sign(step.action),
            code_span(&step.address.to_string()),
            step.action.name(),
            escape(&clause(step)),
        );
        if out.len() + row.len() > BUDGET {
            let rest = (steps.len() - n) as u64;
            // Writing to a String can't fail.
            let _infallible = writeln!(
                out,
                "\n… and {} more, see the plan's own output.",
                grammar::count(rest, "action")
            );
            return;
        }
        out.push_str(&row);
    }
}

/// A code span that its content can't end.
fn code_span(text: &str) -> String {
    let text = grammar::plain(text).replace('\n', " ").replace('|', "\\|");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if longest > 0 { format!("{fence} {text} {fence}") } else { format!("{fence}{text}{fence}") }
}

/// Text in which nothing is a link, a mention, an image, a tag or a cell border. What stands in
/// backticks becomes a code span.
fn escape(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return plain_text(text);
    }
    let shown = parts.iter().enumerate().map(|(n, part)| match n % 2 {
        1 if !part.is_empty() => code_span(part),
        _ => plain_text(part),
    });
    shown.collect()
}

fn plain_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in grammar::plain(text).chars() {
        match c {
            '\n' => out.push_str("<br>"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A zero-width space keeps the letter and ends the mention.
            '@' => out.push_str("@\u{200b}"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '!' | '|' | '#' | '~' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upstream_text_stays_text() {
        assert_eq!(
            escape("a|b <img> @you [x](y)\n`"),
            "a\\|b &lt;img&gt; @\u{200b}you \\[x\\](y)<br>\\`"
        );
        assert_eq!(code_span("a`b"), "`` a`b ``");
    }
}
