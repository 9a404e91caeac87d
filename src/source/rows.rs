//! Rows from what indexes hold.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use url::Url;

use super::dates;
use crate::model::{Algorithm, Code, Digest, Pattern, Row};

/// How much of a row is shown in a message.
const SHOWN: usize = 120;

/// A row that can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RowError {
    pub(super) code: Code,
    /// The field that is wrong; none: the row as a whole.
    pub(super) key: Option<&'static str>,
    /// What is wrong, naming the field.
    pub(super) why: String,
    /// The row, cut to a length that can be shown.
    pub(super) row: String,
}

impl RowError {
    pub(super) fn sentence(&self) -> String {
        format!("{} in the row `{}`", self.why, self.row)
    }
}

/// Reads a row: an upstream name, or a table with at least `version`. A null is absent; what has no
/// meaning of its own is `release.*`. A relative `url` is taken from `base` on, and one of plain http
/// is taken where the source is `insecure`.
pub(super) fn row(value: &Value, base: Option<&Url>, insecure: bool) -> Result<Row, RowError> {
    let read = match value {
        Value::String(upstream) => {
            named(upstream).map(|upstream| Row { upstream, ..Row::default() })
        }
        Value::Object(fields) => table(fields, base, insecure),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            Err((Code::BAD_VALUE, None, "a row is a text or a table, which is not so".to_owned()))
        }
    };
    read.map_err(|(code, key, why)| RowError { code, key, why, row: shown(value) })
}

/// Makes a row from the named groups of a pattern.
pub(super) fn from_groups(
    groups: BTreeMap<String, String>,
    base: Option<&Url>,
    insecure: bool,
) -> Result<Row, RowError> {
    let fields = groups
        .into_iter()
        .map(|(name, text)| {
            // A group that took part says yes, whatever it matched: `(?P<prerelease>-rc\d+)?`.
            let flag = matches!(name.as_str(), "prerelease" | "yanked");
            let value = if flag { Value::Bool(!text.is_empty()) } else { Value::String(text) };
            (name, value)
        })
        .collect();
    row(&Value::Object(fields), base, insecure)
}

/// Makes a row of a text that a pattern is found in, or of a link's whole address. The link is the
/// file, unless it is a folder or the pattern names another.
pub(super) fn found(
    pattern: &Pattern,
    text: &str,
    file: Option<&Url>,
    base: &Url,
    insecure: bool,
) -> Result<Option<Row>, String> {
    let Some(groups) = pattern.groups(text) else { return Ok(None) };
    let mut row = from_groups(groups, Some(base), insecure).map_err(|error| error.sentence())?;
    if let (None, Some(file)) = (&row.url, file)
        && !file.path().ends_with('/')
    {
        if let Some(why) = scheme(file, insecure) {
            return Err(format!("the link `{file}` of version `{}` {why}", row.upstream));
        }
        let mut file = file.clone();
        file.set_fragment(None);
        row.url = Some(file.into());
    }
    Ok(Some(row))
}

/// The code, the field, and what is wrong with it.
type Wrong = (Code, Option<&'static str>, String);

/// The fields that have a meaning of their own.
const KNOWN: &[&str] = &[
    "version",
    "os",
    "arch",
    "target",
    "name",
    "url",
    "sha256",
    "sha512",
    "size",
    "released",
    "prerelease",
    "yanked",
];

fn table(fields: &Map<String, Value>, base: Option<&Url>, insecure: bool) -> Result<Row, Wrong> {
    let version = |why: &str| (Code::BAD_VALUE, Some("version"), why.to_owned());
    let upstream = match there(fields, "version") {
        Some(Value::String(text)) => named(text)?,
        Some(Value::Number(number)) if number.is_u64() => number.to_string(),
        // 3.10 and 3.1 are one number and two versions.
        Some(Value::Number(_)) => {
            return Err(version("`version` is a number, not a text,"));
        }
        Some(_) => return Err(version("`version` is not a text")),
        None => return Err((Code::MISSING_KEY, None, "there is no `version`".to_owned())),
    };
    let mut row = Row { upstream, ..Row::default() };
    row.os = text(fields, "os")?;
    row.arch = text(fields, "arch")?;
    row.target = text(fields, "target")?;
    row.name = text(fields, "name")?;
    row.url = text(fields, "url")?.map(|url| absolute(url, base, insecure)).transpose()?;
    for (key, algorithm) in [("sha256", Algorithm::Sha256), ("sha512", Algorithm::Sha512)] {
        if let Some(hex) = text(fields, key)? {
            let digest = Digest::from_hex(algorithm, hex.trim()).map_err(|e| {
                (Code::BAD_DIGEST, Some(key), format!("`{key}` can't be read: {e},"))
            })?;
            row.digests.push(digest);
        }
    }
    row.size = size(fields)?;
    if let Some(value) = there(fields, "released") {
        let date = dates::read(value).ok_or_else(|| {
            let why = format!("`released` can't be read as a date: {},", shown(value));
            (Code::BAD_DATE, Some("released"), why)
        })?;
        row.released = Some(date);
    }
    row.prerelease = flag(fields, "prerelease")?;
    row.yanked = flag(fields, "yanked")?;
    let more =
        fields.iter().filter(|(key, value)| !value.is_null() && !KNOWN.contains(&key.as_str()));
    row.more = more.map(|(key, value)| (key.clone(), value.clone())).collect();
    Ok(row)
}

/// Returns a field. A null is absent.
fn there<'a>(fields: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    fields.get(key).filter(|value| !value.is_null())
}

fn named(text: &str) -> Result<String, Wrong> {
    if text.trim().is_empty() {
        return Err((Code::BAD_VALUE, Some("version"), "the version is empty".to_owned()));
    }
    Ok(text.to_owned())
}

fn text(fields: &Map<String, Value>, key: &'static str) -> Result<Option<String>, Wrong> {
    match there(fields, key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err((Code::WRONG_TYPE, Some(key), format!("`{key}` is not a text"))),
    }
}

fn flag(fields: &Map<String, Value>, key: &'static str) -> Result<bool, Wrong> {
    match there(fields, key) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err((Code::WRONG_TYPE, Some(key), format!("`{key}` is not true or false"))),
    }
}

fn size(fields: &Map<String, Value>) -> Result<Option<u64>, Wrong> {
    let Some(value) = there(fields, "size") else { return Ok(None) };
    let size = match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    match size {
        Some(size) => Ok(Some(size)),
        None => Err((Code::WRONG_TYPE, Some("size"), "`size` is not a number of bytes".to_owned())),
    }
}

fn absolute(url: String, base: Option<&Url>, insecure: bool) -> Result<String, Wrong> {
    let bad = |why: &str| (Code::BAD_URL, Some("url"), format!("`url` {why},"));
    if url.is_empty() {
        return Err(bad("is no address: it is empty"));
    }
    let (parsed, url) = match (Url::parse(&url), base) {
        (Ok(parsed), _) => (parsed, url),
        (Err(_), Some(base)) => {
            let joined =
                base.join(&url).map_err(|error| bad(&format!("is no address: {error}")))?;
            (joined.clone(), joined.into())
        }
        (Err(error), None) => return Err(bad(&format!("is no address: {error}"))),
    };
    match scheme(&parsed, insecure) {
        Some(why) => Err(bad(&why)),
        None => Ok(url),
    }
}

/// Tells why a file can't be taken from an address, if so.
pub(super) fn scheme(url: &Url, insecure: bool) -> Option<String> {
    match url.scheme() {
        "https" => None,
        "http" if insecure => None,
        "http" => Some("is not encrypted, which needs `insecure = true`".to_owned()),
        other => Some(format!("begins with `{other}:`, not `https:`")),
    }
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    };
    let plain: String = text.chars().filter(|c| !c.is_control()).take(SHOWN + 1).collect();
    if plain.chars().count() > SHOWN {
        let cut: String = plain.chars().take(SHOWN).collect();
        return format!("{cut}…");
    }
    plain
}
