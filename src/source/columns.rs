//! `columns`: which cell of a line is which field of a row.

use serde_json::{Map, Value};
use toml::de::DeValue;
use url::Url;

use super::{
    fields::Fields,
    rows::{self, RowError},
};
use crate::model::{Code, Row};

const HELP: &str = "for example `columns = { version = 2, released = 4 }`, counted from 1";

/// Fields of a row and where they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns(Vec<(String, Place)>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// Counted from 0.
    At(usize),
    Heading(String),
}

impl Columns {
    /// Reads the key; `headings`: columns may be named too.
    pub(super) fn read(fields: &mut Fields<'_>, headings: bool) -> Option<Self> {
        let value = fields.get("columns")?;
        let Some(table) = value.get_ref().as_table() else {
            fields.wrong("columns", value, "a table of fields and their columns");
            return None;
        };
        let mut places = Vec::new();
        let mut wrong = false;
        for (field, place) in table {
            let name = field.get_ref().as_ref();
            let read = match place.get_ref() {
                DeValue::Integer(number) => number
                    .as_str()
                    .parse::<usize>()
                    .ok()
                    .and_then(|number| number.checked_sub(1))
                    .map(Place::At)
                    .ok_or("columns are counted from 1"),
                DeValue::String(text) if headings => Ok(Place::Heading(text.trim().to_owned())),
                DeValue::String(_) => Err("a text has no headings: a column is a number from 1"),
                DeValue::Float(_)
                | DeValue::Boolean(_)
                | DeValue::Datetime(_)
                | DeValue::Array(_)
                | DeValue::Table(_) => Err("a column is a number from 1"),
            };
            match read {
                Ok(at) => places.push((name.to_owned(), at)),
                Err(why) => {
                    let message = format!("`{name}` names no column: {why}");
                    fields.add(Code::BAD_VALUE, message, place.span(), Some(HELP.to_owned()));
                    wrong = true;
                }
            }
        }
        if !table.iter().any(|(field, _)| field.get_ref().as_ref() == "version") {
            let message = "`columns` has no `version`".to_owned();
            fields.add(Code::MISSING_KEY, message, value.span(), Some(HELP.to_owned()));
            wrong = true;
        }
        (!wrong).then_some(Self(places))
    }

    /// Tells whether a column is named by its heading.
    pub(super) fn named(&self) -> bool {
        self.0.iter().any(|(_, place)| matches!(place, Place::Heading(_)))
    }

    /// Finds the columns that are named by their heading.
    pub(super) fn find(self, headings: &[&str]) -> Result<Self, String> {
        let places = self.0.into_iter().map(|(field, place)| {
            let Place::Heading(heading) = &place else { return Ok((field, place)) };
            let at = headings.iter().position(|h| h == heading).ok_or_else(|| {
                format!("it has no column `{heading}`, but `{}`", headings.join("`, `"))
            })?;
            Ok((field, Place::At(at)))
        });
        Ok(Self(places.collect::<Result<_, String>>()?))
    }

    /// Makes a row of a line's cells. An empty cell is absent; none: there is no version.
    pub(super) fn row(
        &self,
        cells: &[&str],
        base: &Url,
        insecure: bool,
    ) -> Result<Option<Row>, RowError> {
        let mut row = Map::new();
        for (field, place) in &self.0 {
            let Place::At(at) = place else { continue };
            let cell = cells.get(*at).map_or("", |cell| cell.trim());
            if cell.is_empty() {
                continue;
            }
            let flag = matches!(field.as_str(), "prerelease" | "yanked");
            let value = match cell.to_ascii_lowercase().as_str() {
                "true" | "yes" | "1" if flag => Value::Bool(true),
                "false" | "no" | "0" if flag => Value::Bool(false),
                _ => Value::String(cell.to_owned()),
            };
            row.insert(field.clone(), value);
        }
        if !row.contains_key("version") {
            return Ok(None);
        }
        rows::row(&Value::Object(row), Some(base), insecure).map(Some)
    }
}

/// Tells whether what the first line says are headings: no row, or a version without any digit.
pub(super) fn are_headings(first: &Result<Option<Row>, RowError>) -> bool {
    match first {
        Ok(Some(row)) => !row.upstream.contains(|c: char| c.is_ascii_digit()),
        Ok(None) | Err(_) => true,
    }
}
