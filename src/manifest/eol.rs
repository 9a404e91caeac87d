//! `eol`: when a line's support ends, and what is done about it.

use jiff::civil::Date;
use toml::de::DeValue;

use super::{
    collect::Collector,
    fields::{Table, Value, line, missing, table, wrong_type},
    keys_time, values,
};
use crate::model::EolRule;

/// `eol` of a line.
#[derive(Debug, Default)]
pub(super) struct OfLine {
    pub(super) date: Option<Date>,
    pub(super) link: Option<String>,
    pub(super) rule: EolRule,
}

/// Reads `eol` of a line: a date, or `{ date, link, warn, drop-after }`. A table without a date says
/// what is done about the day that the schedule gives.
pub(super) fn of_line(
    all: &mut Collector<'_>,
    value: &Value<'_>,
    scheduled: bool,
) -> Option<OfLine> {
    if !value.get_ref().is_table() {
        return Some(OfLine { date: Some(values::date(all, "eol", value)?), ..OfLine::default() });
    }
    let fields = table(all, "eol", value)?;
    keys_time::LINE_EOL.check(all, fields.keys);
    if !scheduled && fields.get("date").is_none() {
        missing(all, fields, "`eol` without a schedule", "date", "date = 2027-04-30");
    }
    let date = match fields.get("date") {
        Some(value) => Some(values::date(all, "date", value)?),
        None => None,
    };
    let link = match fields.get("link") {
        Some(value) => Some(line(all, "link", value)?.value),
        None => None,
    };
    Some(OfLine { date, link, rule: rule(all, fields) })
}

/// Reads `eol` of a dependency or an override: `{ warn, drop-after }`.
pub(super) fn of_dependency<'a, 't>(
    all: &mut Collector<'_>,
    value: &'a Value<'t>,
) -> Option<Table<'a, 't>> {
    if let DeValue::Datetime(_) | DeValue::String(_) = value.get_ref() {
        let help = "the day belongs to a line: `lines = [{ constraint = \"22.*\", eol = 2027-04-30 }]`; \
                    here stands `eol = { warn = \"60d\", drop-after = \"30d\" }`";
        wrong_type(all, "eol", value, "a table here", Some(help.to_owned()));
        return None;
    }
    let fields = table(all, "eol", value)?;
    keys_time::EOL.check(all, fields.keys);
    Some(fields)
}

fn rule(all: &mut Collector<'_>, fields: Table<'_, '_>) -> EolRule {
    let mut read = |key: &str| {
        let value = fields.get(key)?;
        values::duration(all, key, value)
    };
    EolRule { warn: read("warn"), drop_after: read("drop-after") }
}
