//! `static`: versions written down in deps.toml.

use async_trait::async_trait;
use toml::{Spanned, de::DeValue};

use super::{Setup, SourceDriver, SourceError, document::to_json, fields::Fields, rows, web::Web};
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
    match rows::row(&to_json(value.get_ref()), None, fields.insecure) {
        Ok(row) => Some(row),
        Err(error) => {
            let key = error.key.and_then(|key| value.get_ref().as_table()?.get(key));
            let why = error.why.trim_end_matches(',').to_owned();
            fields.add(error.code, why, key.unwrap_or(value).span(), None);
            None
        }
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
