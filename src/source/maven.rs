//! `maven`: an artifact of a Maven repository, read from its `maven-metadata.xml`.
//!
//! The index has no digests: they lie beside each file, for `verify.checksum` to name
//! (`{{ url }}.sha512`). It has no dates either, and snapshots are no releases.

use async_trait::async_trait;
use futures::future::try_join_all;
use quick_xml::{Reader, events::Event};

use super::{
    Setup, SourceDriver, SourceError,
    fields::Fields,
    place::{self, Place},
    web::{Web, unusable},
};
use crate::{
    model::{Listing, Mistake, Revision, Row},
    net::ByteStream,
};

pub(super) const FIELDS: &[&str] = &["package", "registry"];

const METADATA: &str = "maven-metadata.xml";
/// How deep elements may lie in one another.
const DEPTH: usize = 32;

struct Maven {
    artifacts: Vec<Artifact>,
    place: Place,
}

/// `group:name[:packaging[:classifier]]`.
struct Artifact {
    text: String,
    /// The folder of all versions, as segments.
    folder: Vec<String>,
    name: String,
    /// The file's ending: `jar`, `pom`, `zip`.
    packaging: String,
    classifier: Option<String>,
}

pub(super) fn make(setup: &Setup) -> Result<Box<dyn SourceDriver>, Vec<Mistake>> {
    let mut fields = Fields::new(setup, FIELDS);
    let shape = "it is `group:name`, `group:name:packaging` or `group:name:packaging:classifier`";
    let packages =
        place::packages(&mut fields, "org.example:tool", |it| Artifact::read(it).is_some(), shape);
    let registry = place::read(&mut fields, setup, "maven");
    let web = Web::new(setup, fields.insecure);
    fields.finish()?;
    let Some(registry) = registry else { return Err(Vec::new()) };
    let artifacts = packages.iter().filter_map(|package| Artifact::read(&package.value)).collect();
    Ok(Box::new(Maven { artifacts, place: Place::new(registry, web) }))
}

impl Artifact {
    fn read(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        let word = |part: &&str| {
            !part.is_empty()
                && !part.starts_with('.')
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        if !matches!(parts.len(), 2..=4) || !parts.iter().all(word) {
            return None;
        }
        let (group, name) = (parts.first()?, parts.get(1)?);
        let folder: Vec<String> = group.split('.').chain([*name]).map(str::to_owned).collect();
        if folder.iter().any(String::is_empty) {
            return None;
        }
        Some(Self {
            text: text.to_owned(),
            folder,
            name: (*name).to_owned(),
            packaging: parts.get(2).unwrap_or(&"jar").to_string(),
            classifier: parts.get(3).map(ToString::to_string),
        })
    }

    fn below<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        self.folder.iter().map(String::as_str).chain(more.iter().copied()).collect()
    }

    fn row(&self, version: String) -> Result<Row, String> {
        let classifier = self.classifier.as_ref().map(|it| format!("-{it}")).unwrap_or_default();
        let file = format!("{}-{version}{classifier}.{}", self.name, self.packaging);
        let url = place::below(&self.below(&[&version, &file]))
            .ok_or_else(|| format!("`{}` is no version", version.escape_default()))?;
        Ok(Row { upstream: version, url: Some(url), name: Some(file), ..Row::default() })
    }
}

impl Maven {
    async fn artifact(&self, artifact: &Artifact) -> Result<Vec<Row>, SourceError> {
        let url = self.place.url(&artifact.below(&[METADATA]))?;
        let mut request = self.place.web.request(url);
        request.accept = Some("application/xml, text/xml, */*;q=0.5");
        let answer = self.place.web.read(&request).await?;
        let versions = versions(&answer.body).map_err(|why| unusable(&answer, why))?;
        versions
            .into_iter()
            .filter(|version| !version.ends_with("SNAPSHOT"))
            .map(|version| artifact.row(version))
            .collect::<Result<_, _>>()
            .map_err(|why| unusable(&answer, why))
    }
}

/// Reads `metadata/versioning/versions/version`. A document that holds something else is refused.
fn versions(body: &[u8]) -> Result<Vec<String>, String> {
    const WANTED: [&[u8]; 4] = [b"metadata", b"versioning", b"versions", b"version"];
    let mut reader = Reader::from_reader(body);
    let unreadable = |error: quick_xml::Error| format!("it is no XML that can be read: {error}");
    let mut path: Vec<Vec<u8>> = Vec::new();
    let mut text = String::new();
    let mut found = Vec::new();
    let mut is_metadata = false;
    loop {
        match reader.read_event().map_err(unreadable)? {
            Event::Start(start) => {
                let name = start.local_name().as_ref().to_vec();
                if path.is_empty() && name != WANTED[0] {
                    let name = String::from_utf8_lossy(&name).escape_default().to_string();
                    return Err(format!("it is `<{name}>`, where `<metadata>` was expected"));
                }
                is_metadata = true;
                path.push(name);
                if path.len() > DEPTH {
                    return Err(format!("its elements lie more than {DEPTH} deep"));
                }
                text.clear();
            }
            Event::End(_) => {
                if path == WANTED {
                    found.push(text.trim().to_owned());
                }
                path.pop();
            }
            Event::Text(more) if path == WANTED => {
                text += &more.decode().map_err(|error| unreadable(error.into()))?;
            }
            Event::GeneralRef(_) if path == WANTED => {
                return Err("a version has an entity in it".to_owned());
            }
            Event::DocType(_) => return Err("it has a document type of its own".to_owned()),
            Event::Eof => break,
            Event::Empty(_)
            | Event::Text(_)
            | Event::GeneralRef(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_) => {}
        }
    }
    if !is_metadata || !path.is_empty() {
        return Err(format!("it is no whole `{METADATA}`"));
    }
    Ok(found)
}

#[async_trait]
impl SourceDriver for Maven {
    fn origin(&self) -> String {
        let names: Vec<String> = self.artifacts.iter().map(|it| it.text.clone()).collect();
        self.place.origin(&names)
    }

    async fn releases(&self, _unless: Option<&Revision>) -> Result<Option<Listing>, SourceError> {
        let artifacts = self.artifacts.iter().map(|artifact| self.artifact(artifact));
        let rows = try_join_all(artifacts).await?.into_iter().flatten().collect();
        Ok(Some(Listing { rows, ..Listing::default() }))
    }

    async fn open(&self, url: &str, from: u64) -> Result<ByteStream, SourceError> {
        self.place.open(url, from).await
    }
}
