//! TOML as JSON.

use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

/// Reads a document. The reader itself ends where it is nested too deep.
pub(super) fn read(text: &str) -> Result<Value, String> {
    let table = DeTable::parse(text).map_err(|error| {
        let line = error.span().and_then(|span| text.get(..span.start));
        let line = line.map_or(1, |before| before.matches('\n').count() + 1);
        format!("{} (line {line})", error.message())
    })?;
    Ok(to_json(&DeValue::Table(table.into_inner())))
}

/// Makes JSON of a value; dates are texts.
pub(in crate::source) fn to_json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Value::String(number.to_string()), Value::from),
        DeValue::Float(number) => number.as_str().parse::<f64>().map_or(Value::Null, Value::from),
        DeValue::Boolean(flag) => Value::Bool(*flag),
        DeValue::Datetime(date) => Value::String(date.to_string()),
        DeValue::Array(values) => values.iter().map(|v| to_json(v.get_ref())).collect(),
        DeValue::Table(fields) => fields
            .iter()
            .map(|(key, value)| (key.get_ref().to_string(), to_json(value.get_ref())))
            .collect::<Map<_, _>>()
            .into(),
    }
}
