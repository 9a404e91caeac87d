//! `http-csv`: a CSV index, by columns.

use std::sync::Arc;

use async_trait::async_trait;
use csv::{ReaderBuilder, StringRecord, Trim};
use url::Url;

use super::{
    Setup, SourceDriver, SourceError,
    columns::{self, Columns},
    fields::Fields,
    http_text,
    paging::{self, Page},
    web::{self, Web, expect},
};
use crate::{
    model::{Code, Listing, Mistake, Pattern, Revision, Row},
    net::{Answer, ByteStream},
};

pub(super) const FIELDS: &[&str] = &["url", "columns", "delimiter", "next"];

struct HttpCsv {
    urls: Vec<Url>,
    reading: Arc<Reading>,
    web: Web,
}

/// How a page is read.
struct Reading {
    columns: Columns,
    delimiter: u8,
    next: Option<Pattern>,
    insecure: bool,
}

pub(super) fn make(setup: &Setup) -> Result<Box<dyn SourceDriver>, Vec<Mistake>> {
    let mut fields = Fields::new(setup, FIELDS);
    let urls = fields.urls("url", "name the index: `url = \"https://…\"`");
    let columns = Columns::read(&mut fields, true);
    if fields.get("columns").is_none() {
        let help = "say where versions stand: `columns = { version = 2, released = \"date\" }`";
        fields.missing("columns", help);
    }
    let delimiter = delimiter(&mut fields);
    let next = http_text::next(&mut fields);
    let web = Web::new(setup, fields.insecure);
    fields.finish()?;
    let Some(columns) = columns else { return Err(Vec::new()) };
    let reading = Reading { columns, delimiter, next, insecure: web.insecure };
    Ok(Box::new(HttpCsv { urls, reading: Arc::new(reading), web }))
}

fn delimiter(fields: &mut Fields<'_>) -> u8 {
    let Some(text) = fields.text("delimiter") else { return b',' };
    match text.value.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => *byte,
        _ => {
            let message = format!("`delimiter` is `{}`, not one character", text.value);
            fields.add_at(Code::BAD_VALUE, message, &text, Some("for example `;`, or `\"\\t\"`"));
            b','
        }
    }
}

impl HttpCsv {
    async fn page(&self, url: Url) -> Result<Page, SourceError> {
        let mut request = self.web.request(url);
        request.accept = Some("text/csv, text/plain;q=0.9, */*;q=0.5");
        let answer = self.web.read(&request).await?;
        expect(&answer, "CSV")?;
        let reading = Arc::clone(&self.reading);
        http_text::read(answer, move |text, answer| reading.read(text, answer)).await
    }
}

impl Reading {
    fn read(&self, text: &str, answer: &Answer) -> Result<Page, String> {
        let base = answer.url.expose();
        let mut reader = ReaderBuilder::new()
            .delimiter(self.delimiter)
            .has_headers(false)
            // A row that is too short for its version is an error of ours, with its line.
            .flexible(true)
            .trim(Trim::All)
            .from_reader(text.as_bytes());
        let mut columns = self.columns.clone();
        let mut rows: Vec<Row> = Vec::new();
        let mut record = StringRecord::new();
        let mut first = true;
        while reader.read_record(&mut record).map_err(|error| format!("it is not CSV: {error}"))? {
            let cells: Vec<&str> = record.iter().collect();
            let line = record.position().map_or(0, csv::Position::line);
            let beginning = std::mem::replace(&mut first, false);
            if beginning && columns.named() {
                columns = columns.find(&cells)?;
                continue;
            }
            let row = columns.row(&cells, base, self.insecure);
            if beginning && columns::are_headings(&row) {
                continue;
            }
            let row = row.map_err(|error| format!("line {line}: {}", error.sentence()))?;
            let short = || {
                let count = cells.len();
                format!(
                    "line {line} has no version: it has {count} columns with `{}` between",
                    char::from(self.delimiter)
                )
            };
            rows.push(row.ok_or_else(short)?);
        }
        let next = match &self.next {
            Some(next) => http_text::further(next, text, base)?,
            None => answer.next_link.clone().into_iter().collect(),
        };
        Ok(Page { rows, next })
    }
}

#[async_trait]
impl SourceDriver for HttpCsv {
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
