//! The manifest's part of `source`, and what is left for the driver.

use serde_json::{Map, Value as Json};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    DriverTable,
    collect::{Collector, Extra as _, mistake, range},
    fallback,
    fields::{Table, Value, bad_value, missing, one_or_more, string},
    keys::{self, nearest, one_of, shorten},
    templates::{fill_id, plainest},
    values,
};
use crate::model::{Code, Coverage, Located, Pattern, SourceRule};

/// Keys of an index: asked once for a dependency, so only its id can be filled in.
const INDEX: &[&str] = &["url", "repo", "package"];
/// The groups of `extract` that make a version, apart from `version` itself.
const PARTS: &[&str] = &["major", "minor", "patch", "pre", "build"];

/// What was read of `source`.
#[derive(Debug)]
pub(super) struct Source {
    /// The manifest's part.
    pub(super) rule: SourceRule,
    /// The driver's part.
    pub(super) rest: DriverTable,
    /// The drivers' part of what stands in for it.
    pub(super) fallbacks: Vec<DriverTable>,
}

/// Reads `source`; without an id it is that of `[defaults]`, which may lack a driver.
pub(super) fn read(
    all: &mut Collector<'_>,
    dependency: Table<'_, '_>,
    id: Option<&str>,
    complete: bool,
) -> Option<Source> {
    let Some(value) = dependency.get("source") else {
        if complete {
            let example = "source = { driver = \"github-releases\", repo = \"owner/name\" }";
            missing(all, dependency, "a dependency", "source", example);
        }
        return None;
    };
    // A `source` that is no table is told by whoever reads the settings in it.
    let fields =
        Table { keys: value.get_ref().as_table()?, at: (value.span().start, value.span().end) };
    let mut source = one(all, fields, id, complete)?;
    (source.rule.fallback, source.fallbacks) =
        fallback::read(all, fields, &source.rule.driver, id).into_iter().unzip();
    Some(source)
}

/// Reads one source without what stands in for it.
pub(super) fn one(
    all: &mut Collector<'_>,
    fields: Table<'_, '_>,
    id: Option<&str>,
    complete: bool,
) -> Option<Source> {
    let extract = fields.get("extract").map(|value| extract(all, value)).unwrap_or_default();
    let coverage = fields.get("coverage").and_then(|value| coverage(all, value));
    let known = all.known.sources;
    let driver = driver(all, fields, "source", known, complete);
    let rest = rest(all, fields, keys::SOURCE, id.unwrap_or("id"));
    let driver = driver?;
    let question = question(&driver.value, rest.get_ref());
    Some(Source {
        rule: SourceRule {
            driver,
            extract,
            coverage: coverage.unwrap_or_default(),
            question,
            fallback: Vec::new(),
        },
        rest,
        fallbacks: Vec::new(),
    })
}

/// Reads `driver`.
pub(super) fn driver(
    all: &mut Collector<'_>,
    fields: Table<'_, '_>,
    of: &str,
    known: &[&str],
    complete: bool,
) -> Option<Located<String>> {
    let Some(value) = fields.get("driver") else {
        if complete {
            all.add(
                mistake(Code::MISSING_KEY, fields.span(), format!("`{of}` needs the key `driver`"))
                    .label("no `driver` here")
                    .help(format!("it is one of {}", one_of(known))),
            );
        }
        return None;
    };
    let driver = string(all, "driver", value)?;
    if known.contains(&driver.value.as_str()) {
        return Some(driver);
    }
    let near = nearest(&driver.value, known.iter().copied());
    let message = format!("there is no {of} driver `{}`", shorten(&driver.value));
    all.add(mistake(Code::UNKNOWN_DRIVER, range(&driver), message).label("unknown driver").help(
        near.map_or_else(
            || format!("it is one of {}", one_of(known)),
            |near| format!("did you mean `{near}`?"),
        ),
    ));
    None
}

fn extract(all: &mut Collector<'_>, value: &Value<'_>) -> Vec<Pattern> {
    let texts = one_or_more(all, "extract", value).unwrap_or_default();
    let mut patterns = Vec::new();
    for text in &texts {
        let Some(pattern) = all.pattern(text) else { continue };
        let has = |name: &str| pattern.names().any(|group| group == name);
        let parts = PARTS.iter().copied().find(|part| has(part));
        let (message, help) = match (has("version"), has("major"), parts) {
            (true, _, None) | (false, true, _) => {
                patterns.push(pattern);
                continue;
            }
            (true, _, Some(part)) => (
                format!("`extract` has both a group `version` and a group `{part}`"),
                "name the whole version, or its parts",
            ),
            (false, false, _) => (
                "`extract` has no group for the version".to_owned(),
                "name it: `(?<version>…)`, or its parts: `(?<major>…)`, `minor`, `patch`, `pre`, `build`",
            ),
        };
        all.add(mistake(Code::BAD_PATTERN, range(text), message).help(help));
    }
    patterns
}

fn coverage(all: &mut Collector<'_>, value: &Value<'_>) -> Option<Coverage> {
    let text = string(all, "coverage", value)?;
    match text.value.as_str() {
        "all" => Some(Coverage::All),
        "recent" => Some(Coverage::Recent),
        other => {
            let message = format!("`coverage` can't be `{}`", shorten(other));
            let help = "write `coverage = \"recent\"` where the index shows only its newest";
            bad_value(all, range(&text), message, Some(help.to_owned()));
            None
        }
    }
}

/// Returns what is left of a table for its driver, with the id filled in.
pub(super) fn rest(
    all: &mut Collector<'_>,
    fields: Table<'_, '_>,
    taken: &[&str],
    id: &str,
) -> DriverTable {
    let mut rest = DeTable::new();
    for (key, value) in fields.keys {
        let name: &str = key.get_ref();
        if taken.contains(&name) {
            continue;
        }
        let mut value = owned(value);
        if INDEX.contains(&name) {
            fill(all, name, &mut value, id);
        }
        rest.insert(Spanned::new(key.span(), name.to_owned().into()), value);
    }
    Spanned::new(fields.span(), rest)
}

/// Fills the id into the address of an index; any other name is a mistake.
fn fill(all: &mut Collector<'_>, key: &str, value: &mut Spanned<DeValue<'static>>, id: &str) {
    let span = value.span();
    match value.get_mut() {
        DeValue::String(text) => {
            let filled = match fill_id(text, id) {
                Ok(filled) => filled.into_owned(),
                Err(other) => {
                    all.add(not_in_index(key, &span, other));
                    // The driver would tell it again.
                    match plainest(text) {
                        bare if key == "url" && !bare.contains("://") => format!("https://{bare}"),
                        plain => plain,
                    }
                }
            };
            *text = filled.into();
        }
        DeValue::Array(list) => {
            for entry in list.iter_mut() {
                if entry.get_ref().is_str() {
                    fill(all, key, entry, id);
                }
            }
        }
        // Other types are the driver's to judge.
        DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Table(_) => {}
    }
}

fn not_in_index(key: &str, span: &std::ops::Range<usize>, name: &str) -> crate::model::Mistake {
    let of_a_version = ["version", "upstream", "major", "minor", "patch", "release", "match"];
    let first = name.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next();
    if key == "url" && first.is_some_and(|first| of_a_version.contains(&first)) {
        return mistake(
            Code::URL_WITH_VERSION,
            span.clone(),
            "`url` is the index; the file's address is `artifact`",
        )
        .label(format!("`{}` is not known here", shorten(name)))
        .help("put the address with the version into `artifact`, and the index into `url`");
    }
    mistake(Code::TEMPLATE, span.clone(), format!("`{key}` knows only `{{{{ id }}}}`"))
        .label(format!("`{}` is not known here", shorten(name)))
        .help("an index is asked once for a dependency, whatever its versions and targets")
}

/// Says in one spelling what the driver is asked.
fn question(driver: &str, rest: &DeTable<'static>) -> String {
    let mut whole: Map<String, Json> = rest
        .iter()
        .map(|(key, value)| (key.get_ref().clone().into_owned(), values::json(value.get_ref())))
        .collect();
    whole.insert("driver".to_owned(), Json::String(driver.to_owned()));
    // Values of TOML have nothing that the canonical form lacks; if they had, the plain form would
    // still tell two questions apart.
    let whole = Json::Object(whole);
    serde_json_canonicalizer::to_string(&whole).unwrap_or_else(|_| whole.to_string())
}

/// Copies a value so that it outlives the text of the file.
fn owned(value: &Value<'_>) -> Spanned<DeValue<'static>> {
    let copy = match value.get_ref() {
        DeValue::String(text) => DeValue::String(text.clone().into_owned().into()),
        DeValue::Integer(number) => number_of(number.to_string()),
        DeValue::Float(number) => number_of(number.as_str().to_owned()),
        DeValue::Boolean(b) => DeValue::Boolean(*b),
        DeValue::Datetime(when) => DeValue::Datetime(*when),
        DeValue::Array(list) => DeValue::Array(list.iter().map(owned).collect()),
        DeValue::Table(table) => DeValue::Table(
            table
                .iter()
                .map(|(key, value)| {
                    let key = Spanned::new(key.span(), key.get_ref().clone().into_owned().into());
                    (key, owned(value))
                })
                .collect(),
        ),
    };
    Spanned::new(value.span(), copy)
}

/// Makes a number that borrows from nothing.
///
/// toml has no other way to one than to parse it from a text that lives as long. The few bytes of
/// each number in a driver's table therefore live as long as the process, which reads deps.toml
/// once.
fn number_of(text: String) -> DeValue<'static> {
    let text: &'static str = text.leak();
    DeValue::parse(text).map_or_else(|_| DeValue::String(text.into()), Spanned::into_inner)
}
