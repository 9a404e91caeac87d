//! The document of a dependency's version lines: when each ends, and which names it bears.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::Value;
use url::Url;

use super::{
    Setup, SourceError, dates, document,
    fields::Fields,
    jq::{self, JqError, Program},
    web::{self, Web, unusable},
};
use crate::model::{Code, End, Mistake, ScheduleRow, Since, Version};

const FIELDS: &[&str] = &["url", "select"];
/// How much of a row is shown in a message.
const SHOWN: usize = 120;
/// How long a name may be.
const LONGEST: usize = 64;

/// A schedule that can be asked.
#[derive(Debug)]
pub struct Schedule {
    urls: Vec<Url>,
    select: Vec<Program>,
    web: Web,
}

impl Schedule {
    /// Reads `[dependencies.ID.schedule]`.
    ///
    /// # Errors
    /// Every mistake in the table.
    pub fn make(setup: &Setup) -> Result<Self, Vec<Mistake>> {
        let mut fields = Fields::new(setup, FIELDS);
        let urls = fields.urls("url", "name the document: `url = \"https://…\"`");
        let select = match fields.text("select") {
            // Without `select` the document is a list of rows.
            None => Program::new(".[]").ok(),
            Some(text) => match Program::new(&text.value) {
                Ok(program) => Some(program),
                Err(error) => {
                    let column = match &error {
                        JqError::Program { offset, .. } => format!(" (at byte {offset})"),
                        JqError::Document(_) | JqError::Failed(_) | JqError::Stopped(_) => {
                            String::new()
                        }
                    };
                    let message = format!("`select` is no jq program: {error}{column}");
                    let help = "`select` is jq, for example '.[] | {line: .cycle, eol}'";
                    fields.add_at(Code::BAD_JQ, message, &text, Some(help));
                    None
                }
            },
        };
        let web = Web::new(setup, fields.insecure);
        fields.finish()?;
        Ok(Self { urls, select: select.into_iter().collect(), web })
    }

    /// Returns what is asked, for messages.
    pub fn origin(&self) -> String {
        web::origin(&self.urls)
    }

    /// Asks for the rows, each line once; of several documents they are united. `now` is what jq
    /// calls so.
    ///
    /// # Errors
    /// When any part could not be read, or two rows of one line contradict each other.
    pub async fn rows(&self, now: Timestamp) -> Result<Vec<ScheduleRow>, SourceError> {
        let mut all: BTreeMap<String, ScheduleRow> = BTreeMap::new();
        for url in &self.urls {
            let mut request = self.web.request(url.clone());
            request.accept = Some("application/json, */*;q=0.5");
            let answer = self.web.read(&request).await?;
            let document = document::of(&answer).await?;
            let outputs = jq::run_all(&self.select, document, Some(now)).await;
            let outputs = outputs.map_err(|error| unusable(&answer, error.to_string()))?;
            for value in outputs.into_iter().flatten() {
                let row = row(&value).map_err(|why| {
                    let text: String = value.to_string().chars().take(SHOWN).collect();
                    unusable(&answer, format!("{why} in the row `{text}`"))
                })?;
                unite(&mut all, row).map_err(|why| unusable(&answer, why))?;
            }
        }
        Ok(all.into_values().collect())
    }
}

/// Lays a row beside those that are there.
fn unite(all: &mut BTreeMap<String, ScheduleRow>, row: ScheduleRow) -> Result<(), String> {
    let Some(there) = all.get_mut(&row.line) else {
        all.insert(row.line.clone(), row);
        return Ok(());
    };
    match (there.end, row.end) {
        (Some(a), Some(b)) if a != b => {
            return Err(format!("two rows of line `{}` have two ends", row.line));
        }
        (_, end) => there.end = there.end.or(end),
    }
    for (name, since) in row.names {
        if there.names.insert(name.clone(), since).is_some_and(|other| other != since) {
            let line = row.line;
            return Err(format!("two rows of line `{line}` bear `{name}` since two days"));
        }
    }
    Ok(())
}

/// Reads a row: `{ line, eol, names }`. What else it has says nothing.
fn row(value: &Value) -> Result<ScheduleRow, String> {
    let fields = value.as_object().ok_or("a row is a table, which is not so")?;
    let line = match fields.get("line") {
        Some(Value::String(text)) => text.trim().trim_start_matches('v').to_owned(),
        Some(Value::Number(number)) if number.is_u64() => number.to_string(),
        // 3.10 and 3.1 are one number and two lines.
        Some(Value::Number(_)) => return Err("`line` is a number, not a text,".to_owned()),
        Some(_) => return Err("`line` is not a text".to_owned()),
        None => return Err("there is no `line`".to_owned()),
    };
    if Version::new(line.as_str()).is_err() || !line.starts_with(|c: char| c.is_ascii_digit()) {
        return Err("`line` is no front of a version".to_owned());
    }
    let end = match fields.get("eol") {
        // An empty scalar of YAML.
        Some(Value::String(text)) if text.is_empty() => None,
        None | Some(Value::Null | Value::Bool(false)) => None,
        Some(Value::Bool(true)) => Some(End::Past),
        Some(value) => Some(End::Day(day(value).ok_or("`eol` is neither a day nor a boolean")?)),
    };
    let mut names = BTreeMap::new();
    match fields.get("names") {
        None | Some(Value::Null) => {}
        Some(Value::Object(all)) => {
            for (name, since) in all {
                if let Some(since) = since_of(name, since)? {
                    names.insert(name.clone(), since);
                }
            }
        }
        Some(_) => return Err("`names` is no table".to_owned()),
    }
    Ok(ScheduleRow { line, end, names })
}

fn since_of(name: &str, value: &Value) -> Result<Option<Since>, String> {
    let plain = name.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    if name.is_empty() || name.len() > LONGEST || !plain {
        return Err("a name of a line can't be used".to_owned());
    }
    Ok(match value {
        Value::Null | Value::Bool(false) => None,
        Value::Bool(true) => Some(Since::Ever),
        Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            let day = day(value).ok_or_else(|| format!("`{name}` is neither a day nor `true`"))?;
            Some(Since::Day(day))
        }
    })
}

fn day(value: &Value) -> Option<Date> {
    Some(dates::read(value)?.to_zoned(TimeZone::UTC).date())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_are_read_in_the_shapes_of_upstreams() {
        let node =
            row(&json!({"line": "v22", "eol": "2027-04-30", "names": {"lts": "2024-10-29"}}));
        let node = node.unwrap();
        assert_eq!(node.line, "22");
        assert_eq!(node.end.and_then(End::day).unwrap().to_string(), "2027-04-30");
        assert_eq!(node.names["lts"], Since::Day("2024-10-29".parse().unwrap()));
        let supported = row(&json!({"line": 9, "eol": false, "names": {"lts": false}})).unwrap();
        assert_eq!((supported.line.as_str(), supported.end), ("9", None));
        assert!(supported.names.is_empty(), "false is no name");
        let over = row(&json!({"line": "5.3", "eol": true, "names": {"lts": true}})).unwrap();
        assert_eq!((over.end, over.names["lts"]), (Some(End::Past), Since::Ever));
    }

    #[test]
    fn rows_that_say_nothing_are_refused() {
        for (value, why) in [
            (json!("22"), "a table"),
            (json!({"eol": "2027-04-30"}), "no `line`"),
            (json!({"line": 3.1}), "is a number"),
            (json!({"line": "latest"}), "no front"),
            (json!({"line": "22\u{202e}"}), "no front"),
            (json!({"line": "22", "eol": "soon"}), "neither a day"),
            (json!({"line": "22", "names": {"lts": "soon"}}), "`lts` is neither"),
            (json!({"line": "22", "names": {"l\u{200b}ts": true}}), "can't be used"),
            (json!({"line": "22", "names": ["lts"]}), "no table"),
        ] {
            let found = row(&value).unwrap_err();
            assert!(found.contains(why), "{value}: {found}");
        }
    }

    #[test]
    fn rows_of_one_line_are_united_or_contradict_each_other() {
        let one = |value| row(&value).unwrap();
        let mut all = BTreeMap::new();
        unite(&mut all, one(json!({"line": "22", "names": {"lts": true}}))).unwrap();
        unite(&mut all, one(json!({"line": "22", "eol": "2027-04-30"}))).unwrap();
        assert_eq!((all.len(), all["22"].names.len(), all["22"].end.is_some()), (1, 1, true));
        let other = one(json!({"line": "22", "eol": "2027-05-01"}));
        assert!(unite(&mut all, other).unwrap_err().contains("two ends"));
        let other = one(json!({"line": "22", "names": {"lts": "2024-10-29"}}));
        assert!(unite(&mut all, other).unwrap_err().contains("two days"));
    }
}
