//! What differs between two states of a record, as text. The only place that names `similar`.

use std::fmt::Write as _;

use similar::{ChangeTag, TextDiff};

use super::grammar;
use crate::model::{Facts, InputChange, InputText};

/// Texts longer than this are shown by what differs in them, not whole.
const WHOLE: usize = 60;

/// Returns `licenses: PHP-3.0 -> PHP-3.01; url: …`, field by field.
pub(crate) fn facts(before: &Facts, after: &Facts) -> String {
    let mut parts = Vec::new();
    let fields = |facts: &Facts| {
        let mut all = match serde_json::to_value(&facts.metadata) {
            Ok(serde_json::Value::Object(map)) => map,
            _ => serde_json::Map::new(),
        };
        all.insert("source".to_owned(), facts.url.clone().into());
        all.insert("evidence".to_owned(), facts.evidence.name().into());
        all
    };
    let (old, new) = (fields(before), fields(after));
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        let (a, b) = (old.get(name).map(shown), new.get(name).map(shown));
        match (a, b) {
            (Some(a), Some(b)) if a != b => parts.push(format!("{name}: {}", change(&a, &b))),
            (None, Some(b)) => parts.push(format!("{name}: added {b}")),
            (Some(a), None) => parts.push(format!("{name}: removed {a}")),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
    if parts.is_empty() {
        "what the record says of its source".to_owned()
    } else {
        parts.join("; ")
    }
}

fn shown(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::Object(_) => value.to_string(),
    }
}

fn change(a: &str, b: &str) -> String {
    if a.len() <= WHOLE && b.len() <= WHOLE {
        return format!("{a} -> {b}");
    }
    let diff = TextDiff::from_words(a, b);
    let mut text = String::new();
    for piece in diff.iter_all_changes() {
        let value = piece.value();
        // Writing to a String can't fail.
        let _infallible = match piece.tag() {
            ChangeTag::Equal if value.len() > 12 => write!(text, "…"),
            ChangeTag::Equal => write!(text, "{value}"),
            ChangeTag::Delete => write!(text, "[-{value}-]"),
            ChangeTag::Insert => write!(text, "{{+{value}+}}"),
        };
    }
    text
}

/// Lines of a text diff that are shown of one file.
const SHOWN: usize = 200;

/// Returns what changed in files, each as a unified diff, line by line.
pub(crate) fn inputs(changes: &[InputChange]) -> Vec<String> {
    let mut lines = Vec::new();
    for change in changes {
        let path = grammar::plain(&change.path);
        let (old, new) = match (&change.before, &change.after) {
            (InputText::Text(old), InputText::Text(new)) if old == new => {
                lines.push(format!("{path}: whether it may be executed changed"));
                continue;
            }
            (InputText::Text(old), InputText::Text(new)) => (old.as_str(), new.as_str()),
            (InputText::Absent, InputText::Text(new)) => ("", new.as_str()),
            (InputText::Text(old), InputText::Absent) => (old.as_str(), ""),
            (before, after) => {
                let what = match (before, after) {
                    (InputText::Absent, _) => "added",
                    (_, InputText::Absent) => "removed",
                    (InputText::Unknown | InputText::Text(_), _) => "changed",
                };
                lines.push(format!("{path} {what}; there is no text of it to compare"));
                continue;
            }
        };
        let front = |text: &InputText, letter: char| match text {
            InputText::Absent => "/dev/null".to_owned(),
            InputText::Unknown | InputText::Text(_) => format!("{letter}/{path}"),
        };
        let diff = TextDiff::from_lines(old, new);
        let text = diff
            .unified_diff()
            .header(&front(&change.before, 'a'), &front(&change.after, 'b'))
            .to_string();
        let all = text.lines().count();
        lines.extend(text.lines().take(SHOWN).map(grammar::plain));
        if all > SHOWN {
            lines.push(format!("… and {}", grammar::count((all - SHOWN) as u64, "more line")));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(before: InputText, after: InputText) -> InputChange {
        InputChange { path: "build/a.sh".to_owned(), before, after }
    }

    fn text(text: &str) -> InputText {
        InputText::Text(text.to_owned())
    }

    #[test]
    fn files_differ_line_by_line() {
        let lines = inputs(&[change(text("one\ntwo\n"), text("one\nzwei\n"))]);
        assert_eq!(
            lines,
            ["--- a/build/a.sh", "+++ b/build/a.sh", "@@ -1,2 +1,2 @@", " one", "-two", "+zwei"]
        );
        let lines = inputs(&[change(InputText::Absent, text("one\n"))]);
        assert_eq!(lines, ["--- /dev/null", "+++ b/build/a.sh", "@@ -0,0 +1 @@", "+one"]);
        assert_eq!(inputs(&[change(text("a"), InputText::Absent)])[1], "+++ /dev/null");
    }

    #[test]
    fn what_is_not_known_is_said() {
        let lines = inputs(&[
            change(InputText::Unknown, text("a")),
            change(InputText::Absent, InputText::Unknown),
            change(text("a"), text("a")),
        ]);
        assert_eq!(
            lines,
            [
                "build/a.sh changed; there is no text of it to compare",
                "build/a.sh added; there is no text of it to compare",
                "build/a.sh: whether it may be executed changed"
            ]
        );
        let long = "x\n".repeat(1000);
        let lines = inputs(&[change(InputText::Absent, text(&long))]);
        assert_eq!((lines.len(), lines[SHOWN].as_str()), (SHOWN + 1, "… and 803 more lines"));
        // A text is no way to colours or to another line.
        let lines = inputs(&[change(InputText::Absent, text("\u{1b}[31mred"))]);
        assert!(!lines.concat().contains('\u{1b}'));
    }
}
