//! `cargo`: a crate of a sparse cargo index. `registry` is the index's address, with or without the
//! `sparse+` that cargo's own configuration writes before it.

use std::sync::OnceLock;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::OnceCell;
use url::Url;

use super::{
    Setup, SourceDriver, SourceError, dates,
    fields::Fields,
    paging::{self, Page},
    place::{self, Place},
    web::{Web, expect_json, unusable},
};
use crate::{
    model::{Algorithm, Digest, Listing, Mistake, Pattern, Revision, Row},
    net::{Answer, ByteStream},
};

pub(super) const FIELDS: &[&str] = &["package", "registry"];

/// What stands for parts of an address in `dl`.
const MARKERS: &str = r"\{(?:crate|version|prefix|lowerprefix|sha256-checksum)\}";
/// What follows a `dl` that has no marker.
const USUAL: &str = "/{crate}/{version}/download";

struct Cargo {
    crates: Vec<String>,
    urls: Vec<Url>,
    place: Place,
    /// Where the index says that the files are: read once.
    download: OnceCell<String>,
}

/// `config.json` of an index.
#[derive(Deserialize)]
struct Config {
    dl: String,
}

/// A line of the index.
#[derive(Deserialize)]
struct Line {
    name: String,
    vers: String,
    cksum: String,
    #[serde(default)]
    yanked: Option<bool>,
    pubtime: Option<Value>,
    rust_version: Option<String>,
}

pub(super) fn make(setup: &Setup) -> Result<Box<dyn SourceDriver>, Vec<Mistake>> {
    let mut fields = Fields::new(setup, FIELDS);
    let shape = "it has letters, digits, `-` and `_`, and begins with a letter";
    let packages = place::packages(&mut fields, "ripgrep", is_crate, shape);
    let registry = place::read(&mut fields, setup, "cargo");
    let web = Web::new(setup, fields.insecure);
    fields.finish()?;
    let Some(registry) = registry else { return Err(Vec::new()) };
    let place = Place::new(registry, web);
    let crates: Vec<String> = packages.into_iter().map(|package| package.value).collect();
    let index = |name: &String| {
        let lower = name.to_ascii_lowercase();
        place.join(&format!("{}/{lower}", prefix(&lower)))
    };
    let urls = crates.iter().filter_map(index).collect();
    Ok(Box::new(Cargo { crates, urls, place, download: OnceCell::new() }))
}

fn is_crate(text: &str) -> bool {
    let letters = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    letters && text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.len() <= 64
}

/// Returns the folder that a crate of this name lies in. Names are ASCII.
fn prefix(name: &str) -> String {
    match (name.len(), name.get(..2), name.get(2..4)) {
        (1, ..) => "1".to_owned(),
        (2, ..) => "2".to_owned(),
        (3, ..) => format!("3/{}", name.get(..1).unwrap_or_default()),
        (_, Some(first), Some(second)) => format!("{first}/{second}"),
        _ => String::new(),
    }
}

/// Puts a version into the index's template of file addresses.
fn expand(download: &str, line: &Line) -> String {
    static FOUND: OnceLock<Option<Pattern>> = OnceLock::new();
    let markers = FOUND.get_or_init(|| Pattern::new(MARKERS).ok());
    let whole = match markers {
        Some(markers) if markers.is_match(download) => download.to_owned(),
        _ => format!("{download}{USUAL}"),
    };
    let prefix = prefix(&line.name);
    whole
        .replace("{lowerprefix}", &prefix.to_ascii_lowercase())
        .replace("{prefix}", &prefix)
        .replace("{sha256-checksum}", &line.cksum)
        .replace("{crate}", &line.name)
        .replace("{version}", &line.vers)
}

impl Cargo {
    async fn download(&self) -> Result<&String, SourceError> {
        self.download
            .get_or_try_init(|| async {
                let answer = self.ask(self.place.url(&["config.json"])?).await?;
                expect_json(&answer)?;
                let config: Config = serde_json::from_slice(&answer.body).map_err(|error| {
                    unusable(&answer, format!("it is no configuration of an index: {error}"))
                })?;
                Ok(config.dl)
            })
            .await
    }

    async fn ask(&self, url: Url) -> Result<Answer, SourceError> {
        self.place.web.read(&self.place.web.request(url)).await
    }

    async fn page(&self, url: Url) -> Result<Page, SourceError> {
        let answer = self.ask(url).await?;
        expect_json(&answer)?;
        let download = self.download().await?;
        let mut rows = Vec::new();
        for line in serde_json::Deserializer::from_slice(&answer.body).into_iter::<Line>() {
            let line =
                line.map_err(|error| unusable(&answer, format!("it is no crate: {error}")))?;
            let named = format!("the version `{}`", line.vers.escape_default());
            let row = self.row(line, download);
            rows.push(row.map_err(|why| unusable(&answer, format!("{named}: {why}")))?);
        }
        Ok(Page { rows, next: Vec::new() })
    }

    fn row(&self, line: Line, download: &str) -> Result<Row, String> {
        if !self.crates.iter().any(|name| name.eq_ignore_ascii_case(&line.name)) {
            return Err(format!("it is one of `{}`", line.name.escape_default()));
        }
        let text = expand(download, &line);
        let url = Url::parse(&text).map_err(|error| format!("`{text}` is no address: {error}"))?;
        let digest = Digest::from_hex(Algorithm::Sha256, &line.cksum);
        let mut row = Row {
            url: Some(self.place.written(&url)),
            name: Some(format!("{}-{}.crate", line.name, line.vers)),
            digests: vec![digest.map_err(|error| error.to_string())?],
            yanked: line.yanked == Some(true),
            ..Row::default()
        };
        if let Some(date) = line.pubtime.filter(|date| !date.is_null()) {
            let read = dates::read(&date);
            row.released = Some(read.ok_or_else(|| format!("the date {date} can't be read"))?);
        }
        let rust = line.rust_version.map(Value::String);
        row.more.extend(rust.map(|rust| ("rust_version".to_owned(), rust)));
        if line.vers.trim().is_empty() {
            return Err("it is empty".to_owned());
        }
        row.upstream = line.vers;
        Ok(row)
    }
}

#[async_trait]
impl SourceDriver for Cargo {
    fn origin(&self) -> String {
        self.place.origin(&self.crates)
    }

    async fn releases(&self, _unless: Option<&Revision>) -> Result<Option<Listing>, SourceError> {
        let rows = paging::read(&self.urls, self.place.web.limits, |url| self.page(url)).await?;
        Ok(Some(Listing { rows, ..Listing::default() }))
    }

    async fn open(&self, url: &str, from: u64) -> Result<ByteStream, SourceError> {
        self.place.open(url, from).await
    }
}
