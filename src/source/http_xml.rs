//! `http-xml`: the elements of an XML document: feeds, listings, metadata.

mod links;
mod tree;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use scraper::{ElementRef, Selector};
use serde_json::Value;
use url::Url;

use super::{
    Setup, SourceDriver, SourceError, dates,
    fields::Fields,
    http_html,
    paging::{self, Page},
    rows,
    web::{self, Web, unusable},
};
use crate::{
    model::{Listing, Mistake, Pattern, Revision},
    net::ByteStream,
};

pub(super) const FIELDS: &[&str] = &["url", "css", "pattern", "next"];

/// What feeds and listings call one of their entries.
const ENTRIES: &[&str] = &["item", "entry", "Contents", "url"];
/// What the date of an entry is called, the better ones first.
const DATES: &[&str] = &["pubDate", "published", "date", "LastModified", "lastmod", "updated"];

struct HttpXml {
    urls: Vec<Url>,
    reading: Arc<Reading>,
    web: Web,
}

/// How a document is read.
struct Reading {
    css: String,
    pattern: Pattern,
    next: Option<Pattern>,
    insecure: bool,
}

pub(super) fn make(setup: &Setup) -> Result<Box<dyn SourceDriver>, Vec<Mistake>> {
    let mut fields = Fields::new(setup, FIELDS);
    let urls = fields.urls("url", "name the document: `url = \"https://…\"`");
    let css = http_html::selector(&mut fields, "for example `item > title`");
    if fields.get("css").is_none() {
        let help = "say which elements name versions: `css = \"item > title\"`";
        fields.missing("css", help);
    }
    let pattern = fields.row_pattern("pattern");
    if fields.get("pattern").is_none() {
        let help = "a regex over the elements' texts: `pattern = '^Tool (?P<version>\\S+)$'`";
        fields.missing("pattern", help);
    }
    let next = fields.pattern("next").map(|next| next.value);
    let web = Web::new(setup, fields.insecure);
    fields.finish()?;
    let (Some(css), Some(pattern)) = (css, pattern) else { return Err(Vec::new()) };
    let reading = Reading { css: css.value, pattern, next, insecure: web.insecure };
    Ok(Box::new(HttpXml { urls, reading: Arc::new(reading), web }))
}

impl HttpXml {
    async fn page(&self, url: Url) -> Result<Page, SourceError> {
        let mut request = self.web.request(url);
        request.accept =
            Some("application/xml, application/rss+xml, application/atom+xml, text/xml, */*;q=0.5");
        let answer = self.web.read(&request).await?;
        match web::markup(&answer.body, answer.content_type.as_deref()) {
            Some(Some("XML")) => {}
            Some(Some(what)) => {
                return Err(unusable(&answer, format!("it is {what}, where XML was expected")));
            }
            Some(None) => return Err(unusable(&answer, "the answer is empty")),
            None => return Err(unusable(&answer, "it is not XML: it does not begin with `<`")),
        }
        let (reading, body) = (Arc::clone(&self.reading), answer.body.clone());
        let base = answer.url.expose().clone();
        // Large documents take a while, and the tree can't leave its thread.
        let read = tokio::task::spawn_blocking(move || reading.read(&body, &base));
        let mut page = match read.await {
            Ok(page) => page.map_err(|why| unusable(&answer, why))?,
            Err(_) => return Err(unusable(&answer, "the document can't be read")),
        };
        if self.reading.next.is_none() {
            page.next.extend(answer.next_link);
        }
        Ok(page)
    }
}

impl Reading {
    fn read(&self, body: &[u8], base: &Url) -> Result<Page, String> {
        let document = tree::read(body)?;
        let selector = Selector::parse(&self.css).map_err(|error| error.to_string())?;
        let mut rows = Vec::new();
        for element in document.select(&selector) {
            let row = match links::of(&element, base) {
                Some(link) => {
                    let file = link.is_file.then_some(&link.url);
                    rows::found(&self.pattern, link.url.as_str(), file, base, self.insecure)?
                }
                None => {
                    let text: String = element.text().collect();
                    rows::found(&self.pattern, text.trim(), None, base, self.insecure)?
                }
            };
            let Some(mut row) = row else { continue };
            if row.released.is_none() {
                row.released = date(element);
            }
            rows.push(row);
        }
        let next = match &self.next {
            Some(pattern) => {
                links::all(&document, base).filter(|url| pattern.is_match(url.as_str())).collect()
            }
            None => links::further(&document, base),
        };
        Ok(Page { rows, next })
    }
}

/// Finds the date of the entry that an element is or stands in. What can't be read as a date is
/// none: nobody asked for it.
fn date(element: ElementRef<'_>) -> Option<Timestamp> {
    let ancestors = element.ancestors().filter_map(ElementRef::wrap);
    let entry = std::iter::once(element)
        .chain(ancestors)
        .find(|element| ENTRIES.contains(&element.value().name()))?;
    DATES.iter().find_map(|name| {
        let date = entry.child_elements().find(|child| child.value().name() == *name)?;
        dates::read(&Value::String(date.text().collect()))
    })
}

#[async_trait]
impl SourceDriver for HttpXml {
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
