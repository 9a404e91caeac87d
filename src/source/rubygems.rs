//! `rubygems`: a gem of a RubyGems registry, read through its API of versions.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{
    Setup, SourceDriver, SourceError, dates,
    fields::Fields,
    paging::{self, Page},
    place::{self, Place},
    web::{Web, expect_json, unusable},
};
use crate::{
    model::{Algorithm, Digest, Listing, Mistake, Revision, Row},
    net::ByteStream,
};

pub(super) const FIELDS: &[&str] = &["package", "registry"];

/// The platform of a gem that runs wherever Ruby does.
const EVERYWHERE: &str = "ruby";

struct RubyGems {
    gems: Vec<(String, Url)>,
    place: Place,
}

/// A file of a version. Versions that were taken back are not listed at all.
#[derive(Deserialize)]
struct Version {
    number: String,
    platform: Option<String>,
    sha: Option<String>,
    created_at: Option<Value>,
    #[serde(default)]
    prerelease: bool,
    #[serde(default)]
    licenses: Option<Vec<String>>,
    ruby_version: Option<String>,
}

pub(super) fn make(setup: &Setup) -> Result<Box<dyn SourceDriver>, Vec<Mistake>> {
    let mut fields = Fields::new(setup, FIELDS);
    let shape = "it has letters, digits, `-`, `_` and `.`";
    let packages = place::packages(&mut fields, "rack", is_gem, shape);
    let registry = place::read(&mut fields, setup, "rubygems");
    let web = Web::new(setup, fields.insecure);
    fields.finish()?;
    let Some(registry) = registry else { return Err(Vec::new()) };
    let place = Place::new(registry, web);
    let index = |name: String| {
        let url = place.url(&["api", "v1", "versions", &format!("{name}.json")]).ok()?;
        Some((name, url))
    };
    let gems = packages.into_iter().filter_map(|package| index(package.value)).collect();
    Ok(Box::new(RubyGems { gems, place }))
}

fn is_gem(text: &str) -> bool {
    let letters = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    letters && !text.is_empty() && !text.starts_with('.')
}

impl RubyGems {
    async fn page(&self, url: Url) -> Result<Page, SourceError> {
        let mut request = self.place.web.request(url.clone());
        request.accept = Some("application/json");
        let answer = self.place.web.read(&request).await?;
        expect_json(&answer)?;
        let versions: Vec<Version> = serde_json::from_slice(&answer.body)
            .map_err(|error| unusable(&answer, format!("it is no list of versions: {error}")))?;
        let gem = self.gems.iter().find(|(_, index)| *index == url);
        let gem = gem.map(|(name, _)| name.as_str()).unwrap_or_default();
        let rows = versions
            .into_iter()
            .map(|version| {
                let named = format!("the version `{}`", version.number.escape_default());
                row(gem, version).map_err(|why| unusable(&answer, format!("{named}: {why}")))
            })
            .collect::<Result<_, _>>()?;
        Ok(Page { rows, next: Vec::new() })
    }
}

fn row(gem: &str, version: Version) -> Result<Row, String> {
    let mut row = Row { prerelease: version.prerelease, ..Row::default() };
    if let Some(sha) = &version.sha {
        let digest = Digest::from_hex(Algorithm::Sha256, sha);
        row.digests.push(digest.map_err(|error| error.to_string())?);
    }
    if let Some(date) = version.created_at.filter(|date| !date.is_null()) {
        let read = dates::read(&date);
        row.released = Some(read.ok_or_else(|| format!("the date {date} can't be read"))?);
    }
    let platform = version.platform.as_deref().filter(|platform| !platform.is_empty());
    let platform = platform.unwrap_or(EVERYWHERE);
    let name = if platform == EVERYWHERE {
        format!("{gem}-{}.gem", version.number)
    } else {
        format!("{gem}-{}-{platform}.gem", version.number)
    };
    row.url = place::below(&["gems", &name]);
    row.name = Some(name);
    let mut more = |key: &str, value: Value| row.more.insert(key.to_owned(), value);
    more("platform", Value::String(platform.to_owned()));
    if let Some(licenses) = version.licenses.filter(|licenses| !licenses.is_empty()) {
        more("licenses", licenses.into());
    }
    if let Some(ruby) = version.ruby_version {
        more("ruby_version", Value::String(ruby));
    }
    if version.number.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    row.upstream = version.number;
    Ok(row)
}

#[async_trait]
impl SourceDriver for RubyGems {
    fn origin(&self) -> String {
        let names: Vec<String> = self.gems.iter().map(|(name, _)| name.clone()).collect();
        self.place.origin(&names)
    }

    async fn releases(&self, _unless: Option<&Revision>) -> Result<Option<Listing>, SourceError> {
        let urls: Vec<Url> = self.gems.iter().map(|(_, url)| url.clone()).collect();
        let rows = paging::read(&urls, self.place.web.limits, |url| self.page(url)).await?;
        Ok(Some(Listing { rows, ..Listing::default() }))
    }

    async fn open(&self, url: &str, from: u64) -> Result<ByteStream, SourceError> {
        self.place.open(url, from).await
    }
}
