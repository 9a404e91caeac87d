//! The forms in which upstreams write a date.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    fmt::rfc2822,
    tz::TimeZone,
};
use serde_json::Value;

/// Reads RFC 3339, `YYYY-MM-DD` (midnight UTC), seconds since 1970, RFC 2822, `5 March 2020` and
/// `05 Mar 2020`.
pub(super) fn read(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Number(seconds) => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "fractions of a second are dropped"
            )]
            let whole = seconds.as_i64().or_else(|| seconds.as_f64().map(|s| s as i64))?;
            Timestamp::from_second(whole).ok()
        }
        Value::String(text) => read_text(text.trim()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn read_text(text: &str) -> Option<Timestamp> {
    // Nine digits and more: seconds. Eight are rather a date that somebody wrote without dashes.
    if text.len() >= 9 && text.bytes().all(|b| b.is_ascii_digit()) {
        return Timestamp::from_second(text.parse().ok()?).ok();
    }
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp);
    }
    let iso = text.as_bytes().get(4) == Some(&b'-');
    if iso && text.len() == 10 {
        return midnight(text.parse().ok()?);
    }
    if iso {
        // Some indexes leave the zone out, and mean UTC.
        let local: DateTime = text.parse().ok()?;
        return Some(local.to_zoned(TimeZone::UTC).ok()?.timestamp());
    }
    if let Ok(date) = rfc2822::parse(text) {
        return Some(date.timestamp());
    }
    ["%d %B %Y", "%d %b %Y"].iter().find_map(|form| midnight(Date::strptime(form, text).ok()?))
}

fn midnight(date: Date) -> Option<Timestamp> {
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
}
