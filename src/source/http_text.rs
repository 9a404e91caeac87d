//! `http-text`: lines of a text, by a regex or by columns.

use std::sync::Arc;

use async_trait::async_trait;
use url::Url;

use super::{
    Setup, SourceDriver, SourceError,
    columns::{self, Columns},
    fields::Fields,
    paging::{self, Page},
    rows,
    web::{self, Web, unusable},
};
use crate::{
    model::{Code, Listing, Mistake, Pattern, Revision},
    net::{Answer, ByteStream},
};

pub(super) const FIELDS: &[&str] = &["url", "pattern", "columns", "next"];

struct HttpText {
    urls: Vec<Url>,
    reading: Arc<Reading>,
    web: Web,
}

/// How a text is read.
struct Reading {
    by: By,
    next: Option<Pattern>,
    insecure: bool,
}

enum By {
    Pattern(Pattern),
    Columns(Columns),
}

pub(super) fn make(setup: &Setup) -> Result<Box<dyn SourceDriver>, Vec<Mistake>> {
    let mut fields = Fields::new(setup, FIELDS);
    let urls = fields.urls("url", "name the text: `url = \"https://…\"`");
    let pattern = fields.row_pattern("pattern").and_then(|pattern| by_lines(&pattern));
    let columns = Columns::read(&mut fields, false);
    match (fields.get("pattern"), fields.get("columns")) {
        (None, None) => fields.missing(
            "pattern",
            "say where versions stand: `pattern = '^tool (?P<version>\\S+)$'`, or `columns = { version = 1 }`",
        ),
        (Some(_), Some(columns)) => fields.add(
            Code::BAD_VALUE,
            "`columns` stands beside `pattern`".to_owned(),
            columns.span(),
            Some("a text is read by one of them".to_owned()),
        ),
        (Some(_), None) | (None, Some(_)) => {}
    }
    let next = next(&mut fields);
    let web = Web::new(setup, fields.insecure);
    fields.finish()?;
    let by = match (pattern, columns) {
        (Some(pattern), _) => By::Pattern(pattern),
        (None, Some(columns)) => By::Columns(columns),
        (None, None) => return Err(Vec::new()),
    };
    let reading = Reading { by, next, insecure: web.insecure };
    Ok(Box::new(HttpText { urls, reading: Arc::new(reading), web }))
}

/// Lets `^` and `$` stand for the ends of lines, whichever way these end.
fn by_lines(pattern: &Pattern) -> Option<Pattern> {
    Pattern::new(&format!("(?mR){}", pattern.as_str())).ok()
}

/// Reads `next`: a text has no links, so the pattern says where an address stands.
pub(super) fn next(fields: &mut Fields<'_>) -> Option<Pattern> {
    let next = fields.pattern("next")?;
    if !next.value.names().any(|name| name == "url") {
        let message = "`next` has no group `url`".to_owned();
        let help = "name where the further address stands: `^next: (?P<url>\\S+)$`";
        fields.add_at(Code::BAD_PATTERN, message, &next, Some(help));
        return None;
    }
    by_lines(&next.value)
}

/// Finds the addresses that `next` leads to.
pub(super) fn further(next: &Pattern, text: &str, base: &Url) -> Result<Vec<Url>, String> {
    let urls = next.all(text).filter_map(|mut groups| groups.remove("url"));
    let join = |url: String| {
        base.join(&url).map_err(|error| format!("`next` gives `{url}`, not an address: {error}"))
    };
    urls.map(join).collect()
}

impl HttpText {
    async fn page(&self, url: Url) -> Result<Page, SourceError> {
        let mut request = self.web.request(url);
        request.accept = Some("text/plain, */*;q=0.5");
        let answer = self.web.read(&request).await?;
        let reading = Arc::clone(&self.reading);
        read(answer, move |text, answer| reading.read(text, answer)).await
    }
}

/// Reads a page in a thread of its own: large texts take a while.
pub(super) async fn read<F>(answer: Answer, read: F) -> Result<Page, SourceError>
where
    F: FnOnce(&str, &Answer) -> Result<Page, String> + Send + 'static,
{
    let read = tokio::task::spawn_blocking(move || {
        let body = answer.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&answer.body);
        let page = read(&String::from_utf8_lossy(body), &answer);
        page.map_err(|why| unusable(&answer, why))
    });
    read.await.unwrap_or_else(|error| {
        Err(SourceError::Answer { url: "the page".to_owned(), why: error.to_string() })
    })
}

impl Reading {
    fn read(&self, text: &str, answer: &Answer) -> Result<Page, String> {
        let base = answer.url.expose();
        let html = || {
            let page = web::markup(&answer.body, answer.content_type.as_deref());
            page.flatten().map(|what| format!("it is {what}, where a text was expected"))
        };
        let rows = match &self.by {
            By::Pattern(pattern) => pattern
                .all(text)
                .map(|groups| rows::from_groups(groups, Some(base), self.insecure))
                .collect::<Result<Vec<_>, _>>()
                .map_err(|error| error.sentence())?,
            By::Columns(columns) => {
                if let Some(why) = html() {
                    return Err(why);
                }
                self.lines(columns, text, base)?
            }
        };
        // A pattern may be meant for a page's source; then it is found there.
        if let (true, Some(why)) = (rows.is_empty(), html()) {
            return Err(why);
        }
        let next = match &self.next {
            Some(next) => further(next, text, base)?,
            None => answer.next_link.clone().into_iter().collect(),
        };
        Ok(Page { rows, next })
    }

    /// Reads lines cut at blanks; those without so many columns, and comments, are none.
    fn lines(
        &self,
        columns: &Columns,
        text: &str,
        base: &Url,
    ) -> Result<Vec<crate::model::Row>, String> {
        let mut rows = Vec::new();
        let lines = text.lines().enumerate().filter(|(_, line)| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with('#')
        });
        for (count, (n, line)) in lines.enumerate() {
            let cells: Vec<&str> = line.split_whitespace().collect();
            let row = columns.row(&cells, base, self.insecure);
            if count == 0 && columns::are_headings(&row) {
                continue;
            }
            let row = row.map_err(|error| format!("line {}: {}", n + 1, error.sentence()))?;
            rows.extend(row);
        }
        Ok(rows)
    }
}

#[async_trait]
impl SourceDriver for HttpText {
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
