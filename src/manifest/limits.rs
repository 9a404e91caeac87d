//! `limits`: what a step may take at most.

use std::time::Duration;

use super::{
    collect::Collector,
    fields::{Table, Value, bad_value, table, whole, wrong_type},
    keys_build, sizes, values,
};
use crate::model::LimitsRule;

/// More processes than any machine has.
const MOST: u32 = 1 << 22;

/// Reads the table.
pub(super) fn limits(all: &mut Collector<'_>, value: &Value<'_>) -> Option<LimitsRule> {
    let fields = table(all, "limits", value)?;
    keys_build::LIMITS.check(all, fields.keys);
    let mut bytes = |key| fields.get(key).and_then(|value| sizes::bytes(all, key, value));
    let (memory, output) = (bytes("memory"), bytes("output"));
    Some(LimitsRule {
        time: time(all, fields),
        memory,
        output,
        processes: fields.get("processes").and_then(|value| processes(all, value)),
    })
}

fn time(all: &mut Collector<'_>, fields: Table<'_, '_>) -> Option<Duration> {
    let value = fields.get("time")?;
    let time = values::duration(all, "time", value)?;
    if time.is_zero() {
        let help = "write how long it may take, `time = \"2h\"`, or leave it out";
        bad_value(all, value.span(), "`time` is no time at all", Some(help.to_owned()));
        return None;
    }
    Some(time)
}

fn processes(all: &mut Collector<'_>, value: &Value<'_>) -> Option<u32> {
    let help = || Some("write how many it may have at once: `processes = 512`".to_owned());
    if !value.get_ref().is_integer() {
        wrong_type(all, "processes", value, "a whole number", help());
        return None;
    }
    let read = whole(value.get_ref()).and_then(|n| u32::try_from(n).ok());
    let read = read.filter(|n| (1..=MOST).contains(n));
    if read.is_none() {
        let message = format!("`processes` is none of 1 to {MOST}");
        bad_value(all, value.span(), message, help());
    }
    read
}
