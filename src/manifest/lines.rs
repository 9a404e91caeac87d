//! `lines`: which versions are wanted.

use toml::de::DeValue;

use super::{
    collect::{Collector, Extra as _, mistake},
    eol,
    fields::{
        Table, Value, bad_value, boolean, list, missing, string, table, whole, wrong_element,
        wrong_type,
    },
    keys::{self, shorten},
};
use crate::model::{Code, Constraint, Keep, Located, Scheme, VersionLine};

const EXAMPLE: &str = "lines = [{ constraint = \"22.*\", keep = 2 }]";

/// What the lines stand in.
#[derive(Debug, Clone, Copy)]
struct Context {
    /// Nothing of the dependency is left open.
    complete: bool,
    /// The dependency has a schedule.
    scheduled: bool,
}

/// Reads the lines; a missing or empty list is a mistake where the dependency is `complete`.
pub(super) fn read(
    all: &mut Collector<'_>,
    dependency: Table<'_, '_>,
    scheme: &Scheme,
    complete: bool,
) -> Vec<VersionLine> {
    let Some(value) = dependency.get("lines") else {
        if complete {
            all.add(
                mistake(Code::NO_LINES, dependency.span(), "the dependency has no version line")
                    .label("no `lines` here")
                    .help(format!("say which versions are wanted: `{EXAMPLE}`")),
            );
        }
        return Vec::new();
    };
    if value.get_ref().as_array().is_some_and(|entries| entries.is_empty()) {
        all.add(
            mistake(Code::NO_LINES, value.span(), "`lines` is empty")
                .label("nothing is wanted")
                .help(format!("say which versions are wanted: `{EXAMPLE}`")),
        );
    }
    let help = match value.get_ref() {
        DeValue::String(text) => {
            format!("write `lines = [{{ constraint = \"{}\" }}]`", shorten(text))
        }
        DeValue::Table(_) => {
            "several lines want double brackets: `[[dependencies.ID.lines]]`".to_owned()
        }
        DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_) => format!("write `{EXAMPLE}`"),
    };
    let context = Context { complete, scheduled: dependency.get("schedule").is_some() };
    let read = list(all, "lines", value, "a list of tables", Some(help), |all, entry| {
        one(all, entry, scheme, context)
    });
    let read = read.unwrap_or_default();
    let mut seen = std::collections::BTreeSet::new();
    for line in &read {
        // White space makes no other line.
        let constraint: Option<String> =
            line.constraint.as_ref().map(|c| c.value.as_str().split_whitespace().collect());
        let pattern = line.pattern.as_ref().map(|p| p.as_str().to_owned());
        let name = line.name.as_ref().map(|name| name.value.clone());
        if !seen.insert((constraint, name, pattern, line.prereleases)) {
            let label = shorten(line.label());
            let span = line.span.0..line.span.0 + line.span.1;
            all.add(
                mistake(
                    Code::DUPLICATE_LINE,
                    span,
                    format!("the line `{label}` stands here twice"),
                )
                .label("the second one")
                .help("take one away, and give the other the greater `keep`"),
            );
        }
    }
    read
}

fn one(
    all: &mut Collector<'_>,
    entry: &Value<'_>,
    scheme: &Scheme,
    context: Context,
) -> Option<VersionLine> {
    let example = match entry.get_ref() {
        DeValue::String(text) => Some(shorten(text)),
        DeValue::Integer(number) => Some(format!("{number}.*")),
        DeValue::Float(number) => Some(format!("{number}.*")),
        DeValue::Boolean(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    };
    if !entry.get_ref().is_table() {
        let help = example.map(|text| format!("write `{{ constraint = \"{text}\" }}`"));
        wrong_element(all, "lines", entry, "tables", help);
        return None;
    }
    let fields = table(all, "lines", entry)?;
    keys::LINE.check(all, fields.keys);
    let constraint = fields.get("constraint");
    let pattern = fields.get("match");
    let name = fields.get("line");
    let meant = ["name", "version", "regex"].iter().any(|key| fields.get(key).is_some());
    if constraint.is_none() && name.is_none() && pattern.is_none() && !meant {
        missing(all, fields, "a line", "constraint", "constraint = \"22.*\"");
    }
    let constraint = constraint.map(|value| located(all, "constraint", value, scheme));
    let name = name.map(|value| named(all, value, context));
    let pattern =
        pattern.map(|value| string(all, "match", value).and_then(|text| all.pattern(&text)));
    let keep = fields.get("keep").map_or(Some(Keep::Newest(1)), |value| keep(all, value));
    let prereleases =
        fields.get("prereleases").map_or(Some(false), |v| boolean(all, "prereleases", v));
    let eol = fields.get("eol").map(|value| {
        // What begins as another may have its schedule from there.
        eol::of_line(all, value, context.scheduled || !context.complete)
    });
    let eol = unless_broken(eol)?.unwrap_or_default();
    // What could not be read is a mistake already; a line without it would be another line.
    Some(VersionLine {
        constraint: unless_broken(constraint)?,
        name: unless_broken(name)?,
        pattern: unless_broken(pattern)?,
        keep: keep?,
        prereleases: prereleases?,
        eol: eol.date,
        eol_link: eol.link,
        eol_rule: eol.rule,
        standing: crate::model::Standing::default(),
        span: (entry.span().start, entry.span().len()),
    })
}

/// None where a value was given that could not be read.
#[expect(clippy::option_option, reason = "absent, unreadable and read are three things")]
pub(super) fn unless_broken<T>(value: Option<Option<T>>) -> Option<Option<T>> {
    match value {
        None => Some(None),
        Some(None) => None,
        Some(Some(value)) => Some(Some(value)),
    }
}

/// Reads a constraint with its place.
pub(super) fn located(
    all: &mut Collector<'_>,
    key: &str,
    value: &Value<'_>,
    scheme: &Scheme,
) -> Option<Located<Constraint>> {
    if let DeValue::Integer(_) | DeValue::Float(_) = value.get_ref() {
        let number = match value.get_ref() {
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.to_string(),
            DeValue::String(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => String::new(),
        };
        let help = format!("write `{key} = \"{number}.*\"`");
        wrong_type(all, key, value, "a constraint", Some(help));
        return None;
    }
    let text = string(all, key, value)?;
    Some(Located::new(all.constraint(&text, scheme)?, value.span()))
}

/// Reads the name of a line of the schedule.
fn named(all: &mut Collector<'_>, value: &Value<'_>, context: Context) -> Option<Located<String>> {
    let name = string(all, "line", value)?;
    if name.value.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit()) {
        let shown = shorten(&name.value);
        let help = format!("a front of versions is a constraint: `constraint = \"{shown}.*\"`");
        let message = format!("`{shown}` is no name of a line");
        bad_value(all, value.span(), message, Some(help));
        return None;
    }
    if context.complete && !context.scheduled {
        let shown = shorten(&name.value);
        all.add(
            mistake(
                Code::MISSING_KEY,
                value.span(),
                format!("which line is `{shown}`? The dependency has no `schedule`"),
            )
            .label("a name from nowhere")
            .help(
                "name the document that says so: `schedule = { url = \"https://…\", select = '…' }`, \
                 or write a `constraint`",
            ),
        );
        return None;
    }
    Some(name)
}

fn keep(all: &mut Collector<'_>, value: &Value<'_>) -> Option<Keep> {
    let help =
        || Some("write how many of the newest to keep, `keep = 2`, or `keep = \"all\"`".to_owned());
    match value.get_ref() {
        DeValue::String(text) if text == "all" => Some(Keep::All),
        DeValue::Integer(number) => {
            let kept = whole(value.get_ref()).and_then(|n| u32::try_from(n).ok());
            match kept {
                Some(n) if n > 0 => Some(Keep::Newest(n)),
                Some(_) | None => {
                    bad_value(all, value.span(), format!("`keep` can't be {number}"), help());
                    None
                }
            }
        }
        DeValue::String(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_)
        | DeValue::Table(_) => {
            wrong_type(all, "keep", value, "a whole number or `\"all\"`", help());
            None
        }
    }
}
