//! Dates, durations and free values.

use std::time::Duration;

use jiff::civil::Date;
use serde_json::{Map, Number, Value as Json};
use toml::de::DeValue;

use super::{
    collect::{Collector, Extra as _, mistake},
    fields::{Value, kind, whole},
    keys::shorten,
};
use crate::model::Code;

/// Reads a date, with quotes or without.
pub(super) fn date(all: &mut Collector<'_>, key: &str, value: &Value<'_>) -> Option<Date> {
    let read = match value.get_ref() {
        DeValue::Datetime(when) => match (when.date, when.time) {
            (Some(d), None) => i16::try_from(d.year)
                .ok()
                .zip(i8::try_from(d.month).ok())
                .zip(i8::try_from(d.day).ok())
                .and_then(|((year, month), day)| Date::new(year, month, day).ok()),
            (_, _) => None,
        },
        // jiff would take more than the one spelling.
        DeValue::String(text) if text.len() == 10 => text.parse().ok(),
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Array(_)
        | DeValue::Table(_) => None,
    };
    if read.is_none() {
        let found = match value.get_ref() {
            DeValue::String(text) => format!("`{}`", shorten(text)),
            DeValue::Datetime(when) => format!("`{when}`"),
            other @ (DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Array(_)
            | DeValue::Table(_)) => kind(other).to_owned(),
        };
        all.add(
            mistake(Code::BAD_DATE, value.span(), format!("`{key}` must be a day, not {found}"))
                .help(format!("write `{key} = 2027-04-30`, with quotes or without")),
        );
    }
    read
}

/// Reads a duration: a number and one of `s m h d w`.
pub(super) fn duration(all: &mut Collector<'_>, key: &str, value: &Value<'_>) -> Option<Duration> {
    let read = value.get_ref().as_str().and_then(parse_duration);
    if read.is_none() {
        let found = match value.get_ref().as_str() {
            Some(text) => format!("`{}`", shorten(text)),
            None => kind(value.get_ref()).to_owned(),
        };
        all.add(
            mistake(
                Code::BAD_DURATION,
                value.span(),
                format!("`{key}` must be a duration, not {found}"),
            )
            .help(format!("write a number and a unit, s m h d w: `{key} = \"30d\"`")),
        );
    }
    read
}

fn parse_duration(text: &str) -> Option<Duration> {
    let unit = text.chars().next_back()?;
    let number = text.strip_suffix(unit)?;
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seconds: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        _ => return None,
    };
    // A century is as good as for ever, and no sum of it with a date overflows.
    let total = number.parse::<u64>().ok()?.checked_mul(seconds)?;
    (total <= 100 * 366 * 86_400).then(|| Duration::from_secs(total))
}

/// `1.0` becomes `1`: canonical JSON knows no other spelling, so it would never equal what a bucket
/// gives back.
fn float(text: &str) -> Json {
    let Ok(number) = text.replace('_', "").parse::<f64>() else {
        return Json::String(text.to_owned());
    };
    let integer = format!("{number:.0}").parse::<i64>().ok();
    match integer.filter(|n| number.fract() == 0.0 && n.unsigned_abs() <= (1 << 53)) {
        Some(n) => Json::Number(n.into()),
        None => {
            Number::from_f64(number).map_or_else(|| Json::String(text.to_owned()), Json::Number)
        }
    }
}

/// Turns a value into JSON; numbers that JSON can't hold exactly, and dates, become strings.
pub(super) fn json(value: &DeValue<'_>) -> Json {
    match value {
        DeValue::String(text) => Json::String(text.clone().into_owned()),
        DeValue::Integer(number) => match whole(value) {
            Some(n) if n.unsigned_abs() <= (1 << 53) => Json::Number(n.into()),
            Some(_) | None => Json::String(number.to_string()),
        },
        DeValue::Float(number) => float(number.as_str()),
        DeValue::Boolean(b) => Json::Bool(*b),
        DeValue::Datetime(when) => Json::String(when.to_string()),
        DeValue::Array(list) => list.iter().map(|entry| json(entry.get_ref())).collect(),
        DeValue::Table(table) => Json::Object(
            table
                .iter()
                .map(|(key, value)| (key.get_ref().clone().into_owned(), json(value.get_ref())))
                .collect::<Map<_, _>>(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_floats_are_integers() {
        assert_eq!(float("1.0").to_string(), "1");
        assert_eq!(float("-2.50").to_string(), "-2.5");
        assert_eq!(float("1e3").to_string(), "1000");
    }

    #[test]
    fn durations() {
        let seconds = |text| parse_duration(text).map(|d| d.as_secs());
        assert_eq!(seconds("30s"), Some(30));
        assert_eq!(seconds("5m"), Some(300));
        assert_eq!(seconds("12h"), Some(43_200));
        assert_eq!(seconds("3d"), Some(259_200));
        assert_eq!(seconds("2w"), Some(1_209_600));
        assert_eq!(seconds("0d"), Some(0));
        for bad in ["", "d", "3", "3 d", "-3d", "+3d", "3D", "1.5h", "3y", "99999999999999999999d"]
        {
            assert_eq!(seconds(bad), None, "{bad}");
        }
        assert_eq!(seconds("300000000000000w"), None);
    }
}
