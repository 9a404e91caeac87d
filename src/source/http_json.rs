//! `http-json`: an index in JSON, YAML or TOML, read with jq.

use async_trait::async_trait;
use serde_json::Value;
use url::Url;

use super::{
    Setup, SourceDriver, SourceError, document,
    fields::Fields,
    jq::{self, JqError, Program},
    paging::{self, Page},
    rows,
    web::{self, Web, unusable},
};
use crate::{
    model::{Code, Listing, Mistake, Revision},
    net::ByteStream,
};

pub(super) const FIELDS: &[&str] = &["url", "select", "next"];

struct HttpJson {
    urls: Vec<Url>,
    /// `select`, and `next` where there is one.
    programs: Vec<Program>,
    now: Option<jiff::Timestamp>,
    web: Web,
}

pub(super) fn make(setup: &Setup) -> Result<Box<dyn SourceDriver>, Vec<Mistake>> {
    let mut fields = Fields::new(setup, FIELDS);
    let urls = fields.urls("url", "name the index: `url = \"https://…\"`");
    // Without `select` the document is a list of rows.
    let select = match fields.get("select") {
        Some(_) => program(&mut fields, "select"),
        None => Program::new(".[]").ok(),
    };
    let next = program(&mut fields, "next");
    let web = Web::new(setup, fields.insecure);
    fields.finish()?;
    let programs = select.into_iter().chain(next).collect();
    Ok(Box::new(HttpJson { urls, programs, now: setup.now, web }))
}

fn program(fields: &mut Fields<'_>, key: &str) -> Option<Program> {
    let text = fields.text(key)?;
    match Program::new(&text.value) {
        Ok(program) => Some(program),
        Err(error) => {
            let place = match &error {
                JqError::Program { offset, .. } => place(&text.value, *offset),
                JqError::Document(_) | JqError::Failed(_) | JqError::Stopped(_) => String::new(),
            };
            let message = format!("`{key}` is no jq program: {error}{place}");
            let help = "`select` is jq, for example '.[] | {version: .name, released: .date}'";
            fields.add_at(Code::BAD_JQ, message, &text, Some(help));
            None
        }
    }
}

/// Names a place in a program as editors do.
fn place(text: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    if text.trim_end().contains('\n') {
        format!(" (line {line}, column {column})")
    } else {
        format!(" (column {column})")
    }
}

impl HttpJson {
    async fn page(&self, url: Url) -> Result<Page, SourceError> {
        let mut request = self.web.request(url);
        request.accept = Some("application/json, */*;q=0.5");
        let answer = self.web.read(&request).await?;
        let document = document::of(&answer).await?;
        let outputs = jq::run_all(&self.programs, document, self.now).await;
        let mut outputs =
            outputs.map_err(|error| unusable(&answer, error.to_string()))?.into_iter();
        let base = answer.url.expose();
        let rows = outputs
            .next()
            .unwrap_or_default()
            .into_iter()
            .map(|value| rows::row(&value, Some(base), self.web.insecure))
            .collect::<Result<_, _>>()
            .map_err(|error| unusable(&answer, error.sentence()))?;
        let next = match outputs.next() {
            Some(values) => values
                .iter()
                .filter(|value| !value.is_null())
                .map(|value| further(value, base))
                .collect::<Result<_, _>>()
                .map_err(|why| unusable(&answer, why))?,
            None => answer.next_link.into_iter().collect(),
        };
        Ok(Page { rows, next })
    }
}

fn further(value: &Value, base: &Url) -> Result<Url, String> {
    let text = value.as_str().ok_or_else(|| format!("`next` gives `{value}`, not an address"))?;
    base.join(text).map_err(|error| format!("`next` gives `{text}`, not an address: {error}"))
}

#[async_trait]
impl SourceDriver for HttpJson {
    fn origin(&self) -> String {
        web::origin(&self.urls)
    }

    async fn releases(&self, _unless: Option<&Revision>) -> Result<Option<Listing>, SourceError> {
        let rows = paging::read(&self.urls, self.web.limits, |url| self.page(url)).await?;
        Ok(Some(Listing { rows, ..Listing::default() }))
    }

    async fn open(&self, url: &str, from: u64) -> Result<ByteStream, SourceError> {
        self.web.open(url, from).await
    }
}
