//! The HTML form of the simple API (PEP 503, yanked as in PEP 592).

use scraper::{ElementRef, Html, Selector};
use serde_json::Value;

use super::{File, Files};
use crate::model::{Algorithm, Digest, Row};

pub(super) fn rows(body: &[u8], files: &Files<'_>) -> Result<Vec<Row>, String> {
    let page = Html::parse_document(&String::from_utf8_lossy(body));
    let selector = |css: &str| Selector::parse(css).map_err(|error| error.to_string());
    let base = page
        .select(&selector("base[href]")?)
        .find_map(|element| files.base.join(element.value().attr("href")?).ok());
    let files = Files { base: base.as_ref().unwrap_or(files.base), ..*files };
    let mut rows = Vec::new();
    for link in page.select(&selector("a[href]")?) {
        rows.extend(row(&link, &files)?);
    }
    if rows.is_empty() && !is_listing(&page, &selector("meta, title, h1")?) {
        return Err(format!("it is an HTML page that lists no file of `{}`", files.package));
    }
    Ok(rows)
}

/// An empty list of files says that it is one; a page to sign in does not.
fn is_listing(page: &Html, marks: &Selector) -> bool {
    page.select(marks).any(|element| {
        element.value().attr("name") == Some("pypi:repository-version")
            || element.text().collect::<String>().trim().starts_with("Links for ")
    })
}

fn row(link: &ElementRef<'_>, files: &Files<'_>) -> Result<Option<Row>, String> {
    let Some(href) = link.value().attr("href") else { return Ok(None) };
    let mut row = Row::default();
    let fragment = href.split_once('#').map_or("", |(_, fragment)| fragment);
    for part in fragment.split('&') {
        let Some((name, hex)) = part.split_once('=') else { continue };
        let algorithm = match name {
            "sha256" => Algorithm::Sha256,
            "sha512" => Algorithm::Sha512,
            _ => continue,
        };
        let digest = Digest::from_hex(algorithm, hex);
        row.digests.push(digest.map_err(|error| format!("the link `{href}`: {error}"))?);
    }
    let mut more = |key: &str, text: &str| {
        row.more.insert(key.to_owned(), Value::String(text.to_owned()));
    };
    if let Some(python) = link.value().attr("data-requires-python") {
        more("requires_python", python);
    }
    if let Some(reason) = link.value().attr("data-yanked") {
        row.yanked = true;
        if !reason.is_empty() {
            more("yanked_reason", reason);
        }
    }
    files.finish(File { url: href.to_owned(), row }, |_| None)
}
