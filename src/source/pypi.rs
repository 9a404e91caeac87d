//! `pypi`: a project of a Python package index.
//!
//! `registry` is the address of the simple API, below which `NAME/` is asked: as JSON (PEP 691 and
//! 700) where the index has it, else as HTML (PEP 503). What comes decides: where there is no such
//! address, or it leads to a page elsewhere, `NAME/json` is asked, the older JSON API, so `registry`
//! may also be the address that this one is below.

mod html;
mod json;
mod name;

use async_trait::async_trait;
use futures::future::try_join_all;
use url::Url;

use super::{
    Setup, SourceDriver, SourceError,
    fields::Fields,
    place::{self, Place},
    web::{Web, expect_json, unusable},
};
use crate::{
    model::{Listing, Mistake, Revision, Row},
    net::{Answer, ByteStream},
};

pub(super) const FIELDS: &[&str] = &["package", "registry"];

/// The forms in which the simple API may answer, the one we like best first.
const FORMS: &str = concat!(
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, ",
    "text/html;q=0.1, application/json;q=0.05",
);

struct Pypi {
    /// Normalized.
    packages: Vec<String>,
    place: Place,
}

/// How a file of a project is made into a row.
struct Files<'a> {
    /// The project's normalized name.
    package: &'a str,
    place: &'a Place,
    /// Where relative addresses begin.
    base: &'a Url,
}

/// What an index says of a file, whatever its form.
struct File {
    url: String,
    row: Row,
}

pub(super) fn make(setup: &Setup) -> Result<Box<dyn SourceDriver>, Vec<Mistake>> {
    let mut fields = Fields::new(setup, FIELDS);
    let shape =
        "it has letters, digits, `-`, `_` and `.`, and begins and ends with a letter or digit";
    let packages = place::packages(&mut fields, "setuptools", name::is_name, shape);
    let registry = place::read(&mut fields, setup, "pypi");
    let web = Web::new(setup, fields.insecure);
    fields.finish()?;
    let Some(registry) = registry else { return Err(Vec::new()) };
    let packages = packages.iter().map(|package| name::normalized(&package.value)).collect();
    Ok(Box::new(Pypi { packages, place: Place::new(registry, web) }))
}

impl Pypi {
    async fn project(&self, package: &str) -> Result<Vec<Row>, SourceError> {
        let older = [package, "json"];
        let answer = match self.ask(&[package, ""]).await {
            Ok(answer) if is_html(&answer) && !self.place.holds(answer.url.expose()) => {
                match self.ask(&older).await {
                    Err(error) if error.is_absent() => answer,
                    other => other?,
                }
            }
            Ok(answer) => answer,
            Err(error) if error.is_absent() => match self.ask(&older).await {
                // The index as deps.toml names it is what is not there.
                Err(other) if other.is_absent() => return Err(error),
                other => other?,
            },
            Err(error) => return Err(error),
        };
        let files = Files { package, place: &self.place, base: answer.url.expose() };
        let rows = if is_html(&answer) {
            html::rows(&answer.body, &files)
        } else {
            expect_json(&answer)?;
            json::rows(&answer.body, &files)
        };
        rows.map_err(|why| unusable(&answer, why))
    }

    async fn ask(&self, path: &[&str]) -> Result<Answer, SourceError> {
        let mut request = self.place.web.request(self.place.url(path)?);
        request.accept = Some(FORMS);
        self.place.web.read(&request).await
    }
}

fn is_html(answer: &Answer) -> bool {
    matches!(
        answer.content_type.as_deref(),
        Some("text/html" | "application/vnd.pypi.simple.v1+html" | "application/xhtml+xml")
    )
}

impl Files<'_> {
    /// Completes a row: address, file name, and, where the index does not say it, the version. None:
    /// the file is no archive of this project. `spelling` is how the index spells a version.
    fn finish(
        &self,
        file: File,
        spelling: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Row>, String> {
        let File { url, mut row } = file;
        let mut full = self
            .base
            .join(url.trim())
            .map_err(|error| format!("`{url}` is no address of a file: {error}"))?;
        full.set_fragment(None);
        if row.name.is_none() {
            row.name = place::file_name(&full);
        }
        if row.upstream.is_empty() {
            let name = row.name.as_deref().unwrap_or_default();
            let Some(version) = name::version(self.package, name) else { return Ok(None) };
            row.upstream = spelling(&version).unwrap_or(version);
        }
        row.url = Some(self.place.written(&full));
        Ok(Some(row))
    }
}

#[async_trait]
impl SourceDriver for Pypi {
    fn origin(&self) -> String {
        self.place.origin(&self.packages)
    }

    async fn releases(&self, _unless: Option<&Revision>) -> Result<Option<Listing>, SourceError> {
        let projects = self.packages.iter().map(|package| self.project(package));
        let rows = try_join_all(projects).await?.into_iter().flatten().collect();
        Ok(Some(Listing { rows, ..Listing::default() }))
    }

    async fn open(&self, url: &str, from: u64) -> Result<ByteStream, SourceError> {
        self.place.open(url, from).await
    }
}
