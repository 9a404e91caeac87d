//! `http-html`: the links of a page, or the texts of other elements.

use std::sync::Arc;

use async_trait::async_trait;
use scraper::{Html, Selector};
use url::Url;

use super::{
    Setup, SourceDriver, SourceError,
    fields::Fields,
    paging::{self, Page},
    rows,
    web::{self, Web, unusable},
};
use crate::{
    model::{Code, Listing, Located, Mistake, Pattern, Revision},
    net::ByteStream,
};

pub(super) const FIELDS: &[&str] = &["url", "css", "pattern", "next"];

/// Which elements are looked at, if nothing else is said.
const LINKS: &str = "a[href]";

struct HttpHtml {
    urls: Vec<Url>,
    reading: Arc<Reading>,
    web: Web,
}

/// How a page is read.
struct Reading {
    css: String,
    pattern: Pattern,
    next: Option<Pattern>,
    insecure: bool,
}

pub(super) fn make(setup: &Setup) -> Result<Box<dyn SourceDriver>, Vec<Mistake>> {
    let mut fields = Fields::new(setup, FIELDS);
    let urls = fields.urls("url", "name the page: `url = \"https://…\"`");
    let css = selector(&mut fields, "for example `table a[href]`");
    let pattern = fields.row_pattern("pattern");
    if fields.get("pattern").is_none() {
        let help =
            "a regex over the links' addresses: `pattern = '/tool-(?P<version>[\\d.]+)\\.zip$'`";
        fields.missing("pattern", help);
    }
    let next = fields.pattern("next").map(|next| next.value);
    let web = Web::new(setup, fields.insecure);
    fields.finish()?;
    let Some(pattern) = pattern else { return Err(Vec::new()) };
    let css = css.map_or_else(|| LINKS.to_owned(), |css| css.value);
    let reading = Reading { css, pattern, next, insecure: web.insecure };
    Ok(Box::new(HttpHtml { urls, reading: Arc::new(reading), web }))
}

/// Reads `css`.
pub(super) fn selector(fields: &mut Fields<'_>, help: &str) -> Option<Located<String>> {
    let css = fields.text("css")?;
    if let Err(error) = Selector::parse(&css.value) {
        let message = match css.value.trim() {
            "" => "`css` is empty".to_owned(),
            _ => format!("`css` is no selector: {}", told(&error.to_string())),
        };
        fields.add_at(Code::BAD_SELECTOR, message, &css, Some(help));
    }
    Some(css)
}

/// Makes one plain line of what the parser says; some of it is meant for its authors.
fn told(error: &str) -> &str {
    let line = error.lines().next().unwrap_or_default().trim_end_matches('.');
    if line.contains("report this") { "it can't be read as CSS" } else { line }
}

impl HttpHtml {
    async fn page(&self, url: Url) -> Result<Page, SourceError> {
        let mut request = self.web.request(url);
        request.accept = Some("text/html, application/xhtml+xml, */*;q=0.5");
        let answer = self.web.read(&request).await?;
        let (reading, body) = (Arc::clone(&self.reading), answer.body.clone());
        let base = answer.url.expose().clone();
        // Large pages take a while, and the parser's tree can't leave its thread.
        let read = tokio::task::spawn_blocking(move || reading.read(&body, &base));
        let mut page = match read.await {
            Ok(page) => page.map_err(|why| unusable(&answer, why))?,
            Err(_) => return Err(unusable(&answer, "the page can't be read")),
        };
        if self.reading.next.is_none() {
            page.next.extend(answer.next_link);
        }
        Ok(page)
    }
}

impl Reading {
    fn read(&self, body: &[u8], url: &Url) -> Result<Page, String> {
        let html = Html::parse_document(&String::from_utf8_lossy(body));
        let selector = |css: &str| Selector::parse(css).map_err(|error| error.to_string());
        let base = html
            .select(&selector("base[href]")?)
            .find_map(|element| url.join(element.value().attr("href")?).ok());
        let base = base.as_ref().unwrap_or(url);
        let link = |element: &scraper::ElementRef<'_>| {
            // A link that can't be joined is no address, and so no file.
            element.value().attr("href").map(|href| base.join(href.trim()).ok())
        };
        let found = |text: &str, file: Option<&Url>| {
            rows::found(&self.pattern, text, file, base, self.insecure)
        };
        let mut rows = Vec::new();
        for element in html.select(&selector(&self.css)?) {
            let row = match link(&element) {
                Some(Some(url)) => found(url.as_str(), Some(&url))?,
                Some(None) => None,
                None => found(&element.text().collect::<String>(), None)?,
            };
            rows.extend(row);
        }
        let mut next = Vec::new();
        if let Some(pattern) = &self.next {
            let all = selector(LINKS)?;
            let links = html.select(&all).filter_map(|element| link(&element)?);
            next.extend(links.filter(|url| pattern.is_match(url.as_str())));
        }
        Ok(Page { rows, next })
    }
}

#[async_trait]
impl SourceDriver for HttpHtml {
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
