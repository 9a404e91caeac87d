//! What differs between two states of a record, as text. The only place that names `similar`.

use std::fmt::Write as _;

use similar::{ChangeTag, TextDiff};

use crate::model::Facts;

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
