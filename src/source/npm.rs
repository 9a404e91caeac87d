//! `npm`: a package of an npm registry. No registry's address is built in.

use std::collections::BTreeMap;

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
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

struct Npm {
    packages: Vec<String>,
    urls: Vec<Url>,
    place: Place,
}

pub(super) fn make(setup: &Setup) -> Result<Box<dyn SourceDriver>, Vec<Mistake>> {
    let mut fields = Fields::new(setup, FIELDS);
    let shape = "it is `name` or `@scope/name`";
    let packages = place::packages(&mut fields, "left-pad", is_package, shape);
    let registry = place::read(&mut fields, setup, "npm");
    let web = Web::new(setup, fields.insecure);
    fields.finish()?;
    let Some(registry) = registry else { return Err(Vec::new()) };
    let packages: Vec<String> = packages.into_iter().map(|package| package.value).collect();
    let place = Place::new(registry, web);
    // The slash of a scope is a part of the name, not of the path.
    let urls =
        packages.iter().filter_map(|package| place.join(&package.replace('/', "%2f"))).collect();
    Ok(Box::new(Npm { packages, urls, place }))
}

fn is_package(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-~".contains(&b))
    };
    match text.strip_prefix('@') {
        Some(scoped) => scoped.split_once('/').is_some_and(|(s, n)| part(s) && part(n)),
        None => part(text),
    }
}

/// The full document of a package: the abbreviated one has no dates.
#[derive(Deserialize)]
struct Package {
    #[serde(default)]
    versions: BTreeMap<String, Version>,
    #[serde(default)]
    time: BTreeMap<String, Value>,
    /// Names such as `latest`, and the version that bears each.
    #[serde(default, rename = "dist-tags")]
    tags: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Version {
    dist: Dist,
    deprecated: Option<Value>,
}

#[derive(Deserialize)]
struct Dist {
    tarball: Option<String>,
    integrity: Option<String>,
    attestations: Option<Attestations>,
}

/// Where the proof of a version's origin is.
#[derive(Deserialize)]
struct Attestations {
    url: Option<String>,
    provenance: Option<Provenance>,
}

#[derive(Deserialize)]
struct Provenance {
    #[serde(rename = "predicateType")]
    kind: Option<String>,
}

/// What the document says beside the versions.
struct Beside {
    time: BTreeMap<String, Value>,
    /// Versions to names.
    tags: BTreeMap<String, Vec<Value>>,
}

impl Npm {
    async fn page(&self, url: Url) -> Result<Page, SourceError> {
        let mut request = self.place.web.request(url);
        request.accept = Some("application/json");
        let answer = self.place.web.read(&request).await?;
        expect_json(&answer)?;
        let package: Package = serde_json::from_slice(&answer.body)
            .map_err(|error| unusable(&answer, format!("it is no package: {error}")))?;
        let mut tags: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for (name, version) in package.tags {
            tags.entry(version).or_default().push(Value::String(name));
        }
        let beside = Beside { time: package.time, tags };
        let rows = package
            .versions
            .into_iter()
            .map(|(version, about)| {
                let named = format!("the version `{}`", version.escape_default());
                self.row(version, about, &beside)
                    .map_err(|why| unusable(&answer, format!("{named}: {why}")))
            })
            .collect::<Result<_, _>>()?;
        Ok(Page { rows, next: Vec::new() })
    }

    fn row(&self, version: String, about: Version, beside: &Beside) -> Result<Row, String> {
        let digests = about.dist.integrity.as_deref().map_or(Ok(Vec::new()), integrity);
        let mut row = Row { digests: digests?, ..Row::default() };
        if let Some(date) = beside.time.get(&version) {
            let read = dates::read(date);
            row.released = Some(read.ok_or_else(|| format!("the date {date} can't be read"))?);
        }
        if let Some(tarball) = about.dist.tarball {
            let url = address(&tarball)?;
            row.name = place::file_name(&url);
            row.url = Some(self.place.written(&url));
        }
        // `false` and an empty text take a deprecation back.
        let deprecated = about.deprecated.filter(|note| match note {
            Value::Null | Value::Bool(false) => false,
            Value::String(text) => !text.is_empty(),
            Value::Bool(true) | Value::Number(_) | Value::Array(_) | Value::Object(_) => true,
        });
        let mut more = |key: &str, value| row.more.insert(key.to_owned(), value);
        if let Some(note) = deprecated {
            more("deprecated", note);
        }
        if let Some(names) = beside.tags.get(&version) {
            more("tags", Value::Array(names.clone()));
        }
        if let Some(attestations) = about.dist.attestations {
            if let Some(url) = attestations.url {
                more("attestations", Value::String(self.place.written(&address(&url)?)));
            }
            if let Some(kind) = attestations.provenance.and_then(|provenance| provenance.kind) {
                more("provenance", Value::String(kind));
            }
        }
        row.upstream = version;
        Ok(row)
    }
}

fn address(text: &str) -> Result<Url, String> {
    Url::parse(text).map_err(|error| format!("`{text}` is no address: {error}"))
}

/// Reads the SHA-2 digests of an SRI text (`sha512-BASE64`, several with blanks between).
fn integrity(text: &str) -> Result<Vec<Digest>, String> {
    let mut digests = Vec::new();
    for part in text.split_ascii_whitespace() {
        let Some((name, rest)) = part.split_once('-') else { continue };
        let algorithm = match name {
            "sha256" => Algorithm::Sha256,
            "sha512" => Algorithm::Sha512,
            _ => continue,
        };
        let encoded = rest.split('?').next().unwrap_or_default();
        let digest = STANDARD
            .decode(encoded)
            .ok()
            .and_then(|bytes| Digest::new(algorithm, &bytes).ok())
            .ok_or_else(|| format!("the integrity `{part}` can't be read"))?;
        digests.push(digest);
    }
    Ok(digests)
}

#[async_trait]
impl SourceDriver for Npm {
    fn origin(&self) -> String {
        self.place.origin(&self.packages)
    }

    async fn releases(&self, _unless: Option<&Revision>) -> Result<Option<Listing>, SourceError> {
        let rows = paging::read(&self.urls, self.place.web.limits, |url| self.page(url)).await?;
        Ok(Some(Listing { rows, ..Listing::default() }))
    }

    async fn open(&self, url: &str, from: u64) -> Result<ByteStream, SourceError> {
        self.place.open(url, from).await
    }
}
