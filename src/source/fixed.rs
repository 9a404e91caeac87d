//! `static`: versions written down in deps.toml.

use async_trait::async_trait;
use serde_json::{Map, Value};
use toml::{Spanned, de::DeValue};

use super::{Setup, SourceDriver, SourceError, fields::Fields, rows, web::Web};
use crate::{
    model::{Listing, Mistake, Revision, Row},
    net::ByteStream,
};

pub(super) const FIELDS: &[&str] = &["versions"];

struct Fixed {
    rows: Vec<Row>,
    web: Web,
}

pub(super) fn make(setup: &Setup) -> Result<Box<dyn SourceDriver>, Vec<Mistake>> {
    let mut fields = Fields::new(setup, FIELDS);
    let mut rows = Vec::new();
    match fields.get("versions") {
        None => fields.missing("versions", "write them down: `versions = [\"1.2.3\"]`"),
        Some(list) => match list.get_ref().as_array() {
            None => fields.wrong("versions", list, "a list of versions"),
            Some(list) => {
                for value in list {
                    rows.extend(read(&mut fields, value));
                }
            }
        },
    }
    let web = Web::new(setup, fields.insecure);
    fields.finish()?;
    Ok(Box::new(Fixed { rows, web }))
}

fn read(fields: &mut Fields<'_>, value: &Spanned<DeValue<'_>>) -> Option<Row> {
    match rows::row(to_json(value.get_ref()), None, fields.insecure) {
        Ok(row) => Some(row),
        Err(error) => {
            let key = error.key.and_then(|key| value.get_ref().as_table()?.get(key));
            let why = error.why.trim_end_matches(',').to_owned();
            fields.add(error.code, why, key.unwrap_or(value).span(), None);
            None
        }
    }
}

/// A row of deps.toml as a row of an index; dates are texts there.
fn to_json(value: &DeValue<'_>) -> Value {
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

#[async_trait]
impl SourceDriver for Fixed {
    fn origin(&self) -> String {
        "deps.toml".to_owned()
    }

    async fn releases(&self, _unless: Option<&Revision>) -> Result<Option<Listing>, SourceError> {
        Ok(Some(Listing { rows: self.rows.clone(), ..Listing::default() }))
    }

    async fn open(&self, url: &str, from: u64) -> Result<ByteStream, SourceError> {
        self.web.open(url, from).await
    }
}
