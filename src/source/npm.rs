//! `npm`: a package of an npm registry. No registry's address is built in.

use std::collections::BTreeMap;

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{
    Setup, SourceDriver, SourceError, dates,
    fields::Fields,
    paging::{self, Page},
    web::{self, Web, expect_json, unusable},
};
use crate::{
    model::{Algorithm, Code, Digest, Listing, Located, Mistake, Revision, Row},
    net::{Answer, ByteStream},
};

pub(super) const FIELDS: &[&str] = &["package", "registry"];

/// Where the registry's address is, if deps.toml has none.
const VARIABLE: &str = "DEPSTATE_NPM_REGISTRY";
/// What addresses below the registry begin with in deps.lock, so that it may move.
const BELOW: &str = "registry:";

struct Npm {
    packages: Vec<String>,
    /// Ends with `/`.
    registry: Url,
    urls: Vec<Url>,
    web: Web,
}

pub(super) fn make(setup: &Setup) -> Result<Box<dyn SourceDriver>, Vec<Mistake>> {
    let mut fields = Fields::new(setup, FIELDS);
    let packages = fields.texts("package", "name the package: `package = \"left-pad\"`");
    for package in &packages {
        if !is_package(&package.value) {
            let message = format!("`{}` is no package name", package.value);
            fields.add_at(Code::BAD_VALUE, message, package, Some("it is `name` or `@scope/name`"));
        }
    }
    let registry = registry(&mut fields, setup);
    let web = Web::new(setup, fields.insecure);
    fields.finish()?;
    let Some(registry) = registry else { return Err(Vec::new()) };
    let urls = packages
        .iter()
        // The slash of a scope is a part of the name, not of the path.
        .filter_map(|package| registry.join(&package.value.replace('/', "%2f")).ok())
        .collect();
    let packages = packages.into_iter().map(|package| package.value).collect();
    Ok(Box::new(Npm { packages, registry, urls, web }))
}

fn registry(fields: &mut Fields<'_>, setup: &Setup) -> Option<Url> {
    let place = if fields.get("registry").is_some() {
        fields.place("registry")?
    } else {
        let Some(text) = setup.environment.get(VARIABLE) else {
            let message = "no registry is known".to_owned();
            let help = format!(
                "give `registry = \"https://…\"` or `registry = {{ env = \"DEPSTATE_…\" }}`, or set `{VARIABLE}`"
            );
            fields.add(Code::NO_REGISTRY, message, setup.table.span(), Some(help));
            return None;
        };
        Located::new(text.to_owned(), setup.table.span())
    };
    let mut url = fields.url("registry", &place)?;
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Some(url)
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
}

impl Npm {
    async fn page(&self, url: Url) -> Result<Page, SourceError> {
        let mut request = self.web.request(url);
        request.accept = Some("application/json");
        let answer = self.web.read(&request).await?;
        expect_json(&answer)?;
        let package: Package = serde_json::from_slice(&answer.body)
            .map_err(|error| unusable(&answer, format!("it is no package: {error}")))?;
        let Package { versions, time } = package;
        let rows = versions
            .into_iter()
            .map(|(version, about)| self.row(version, about, &time, &answer))
            .collect::<Result<_, _>>()?;
        Ok(Page { rows, next: Vec::new() })
    }

    fn row(
        &self,
        version: String,
        about: Version,
        time: &BTreeMap<String, Value>,
        answer: &Answer,
    ) -> Result<Row, SourceError> {
        let wrong = |why: String| unusable(answer, format!("the version `{version}`: {why}"));
        let digests = about.dist.integrity.as_deref().map_or(Ok(Vec::new()), integrity);
        let mut row = Row { digests: digests.map_err(wrong)?, ..Row::default() };
        if let Some(date) = time.get(&version) {
            row.released = Some(
                dates::read(date).ok_or_else(|| wrong(format!("the date {date} can't be read")))?,
            );
        }
        if let Some(tarball) = about.dist.tarball {
            let url = Url::parse(&tarball)
                .map_err(|error| wrong(format!("`{tarball}` is no address: {error}")))?;
            row.name = url
                .path_segments()
                .and_then(|mut segments| segments.next_back())
                .map(|name| percent_decode_str(name).decode_utf8_lossy().into_owned());
            row.url = Some(match url.as_str().strip_prefix(self.registry.as_str()) {
                Some(rest) => format!("{BELOW}{rest}"),
                None => tarball,
            });
        }
        // `false` and an empty text take a deprecation back.
        let deprecated = about.deprecated.filter(|note| match note {
            Value::Null | Value::Bool(false) => false,
            Value::String(text) => !text.is_empty(),
            Value::Bool(true) | Value::Number(_) | Value::Array(_) | Value::Object(_) => true,
        });
        row.more.extend(deprecated.map(|note| ("deprecated".to_owned(), note)));
        row.upstream = version;
        Ok(row)
    }
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
        format!(
            "{} in {}",
            self.packages.join(", "),
            web::origin(std::slice::from_ref(&self.registry))
        )
    }

    async fn releases(&self, _unless: Option<&Revision>) -> Result<Option<Listing>, SourceError> {
        let rows = paging::read(&self.urls, self.web.limits, |url| self.page(url)).await?;
        Ok(Some(Listing { rows, ..Listing::default() }))
    }

    async fn open(&self, url: &str, from: u64) -> Result<ByteStream, SourceError> {
        let Some(rest) = url.strip_prefix(BELOW) else {
            return self.web.open(url, from).await;
        };
        let address = |why| SourceError::Address { url: url.to_owned(), why };
        let text = format!("{}{rest}", self.registry);
        let full = Url::parse(&text).map_err(|_| address("it is no address"))?;
        // Parsing resolves `..`, also where it is escaped.
        if !full.as_str().starts_with(self.registry.as_str()) {
            return Err(address("it leads out of the registry"));
        }
        self.web.open(full.as_str(), from).await
    }
}
