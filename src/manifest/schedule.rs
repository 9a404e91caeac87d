//! `schedule`: the document of a dependency's version lines.

use serde_json::{Map, Value as Json};

use super::{
    DriverTable,
    collect::Collector,
    fields::{Table, missing, string, table},
    keys_time, source, values,
};
use crate::model::ScheduleRule;

/// What was read of `schedule`.
#[derive(Debug)]
pub(super) struct Schedule {
    /// The manifest's part.
    pub(super) rule: ScheduleRule,
    /// The whole of it, for whoever asks.
    pub(super) rest: DriverTable,
}

/// Reads `schedule`; without an id it is that of `[defaults]`, which may lack an address.
pub(super) fn read(
    all: &mut Collector<'_>,
    dependency: Table<'_, '_>,
    id: Option<&str>,
    complete: bool,
) -> Option<Schedule> {
    let fields = table(all, "schedule", dependency.get("schedule")?)?;
    keys_time::SCHEDULE.check(all, fields.keys);
    let meant = ["urls", "document", "source"].iter().any(|key| fields.get(key).is_some());
    if complete && fields.get("url").is_none() && !meant {
        missing(all, fields, "`schedule`", "url", "url = \"https://example.com/schedule.json\"");
    }
    // Whoever asks reads it again, as a program.
    if let Some(select) = fields.get("select") {
        string(all, "select", select)?;
    }
    let rest = source::rest(all, fields, &[], id.unwrap_or("id"));
    let whole: Map<String, Json> = rest
        .get_ref()
        .iter()
        .map(|(key, value)| (key.get_ref().to_string(), values::json(value.get_ref())))
        .collect();
    let whole = Json::Object(whole);
    let question =
        serde_json_canonicalizer::to_string(&whole).unwrap_or_else(|_| whole.to_string());
    let span = (fields.at.0, fields.at.1.saturating_sub(fields.at.0));
    Some(Schedule { rule: ScheduleRule { question, span }, rest })
}
