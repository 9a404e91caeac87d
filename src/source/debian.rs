//! `debian`: a package of an apt archive, its Release file's signature checked.
//!
//! From a pinned key to the digest of a file each step is checked: the signature over the suite's
//! Release file, that file's SHA-256 of the package index, the index's SHA-256 of the package. MD5
//! and SHA-1, which both still list, count for nothing. A Release file past its `Valid-Until` is
//! refused: that is how a mirror would hide newer versions.

mod archive;
mod keys;
mod packages;
mod release;
mod unpack;

use async_trait::async_trait;
use futures::{StreamExt as _, TryStreamExt as _, stream};

use self::archive::Archive;
use super::{
    Setup, SourceDriver, SourceError,
    fields::Fields,
    place::{self, Place},
    web::Web,
};
use crate::{
    model::{Code, Listing, Located, Mistake, Revision},
    net::ByteStream,
};

pub(super) const FIELDS: &[&str] =
    &["package", "registry", "suite", "component", "architectures", "keys"];

/// Where most packages are.
const COMPONENT: &str = "main";
/// Indexes that are read at a time: unpacked, one has tens of megabytes.
const AT_ONCE: usize = 2;

struct Debian {
    packages: Vec<String>,
    component: String,
    /// In the archive's words; empty: all that it has.
    architectures: Vec<String>,
    archive: Archive,
}

pub(super) fn make(setup: &Setup) -> Result<Box<dyn SourceDriver>, Vec<Mistake>> {
    let mut fields = Fields::new(setup, FIELDS);
    let shape = "it has `a-z`, digits, `+`, `-` and `.`, and begins with a letter or digit";
    let packages = place::packages(&mut fields, "hello", is_package, shape);
    let registry = place::read(&mut fields, setup, "debian");
    let suite = folder(&mut fields, "suite");
    if fields.get("suite").is_none() {
        fields.missing("suite", "name the release: `suite = \"bookworm\"`");
    }
    let component = folder(&mut fields, "component");
    let architectures = match fields.get("architectures") {
        Some(_) => fields.texts("architectures", ""),
        None => Vec::new(),
    };
    for architecture in &architectures {
        if !is_package(&architecture.value) {
            let message = format!("`{}` is no architecture", architecture.value.escape_default());
            let help = "as the archive calls them: `architectures = [\"amd64\", \"armhf\"]`";
            fields.add_at(Code::BAD_VALUE, message, architecture, Some(help));
        }
    }
    let trust = keys::read(&mut fields, setup);
    let web = Web::new(setup, fields.insecure);
    fields.finish()?;
    let (Some(registry), Some(suite), Some(trust)) = (registry, suite, trust) else {
        return Err(Vec::new());
    };
    let values = |texts: Vec<Located<String>>| texts.into_iter().map(|text| text.value).collect();
    let place = Place::new(registry, web);
    Ok(Box::new(Debian {
        packages: values(packages),
        component: component.map_or_else(|| COMPONENT.to_owned(), |component| component.value),
        architectures: values(architectures),
        archive: Archive { place, suite: suite.value, trust, now: setup.now },
    }))
}

/// Reads the name of a folder of the archive; a slash may be in it.
fn folder(fields: &mut Fields<'_>, key: &str) -> Option<Located<String>> {
    let text = fields.text(key)?;
    let word = |word: &str| {
        !word.is_empty()
            && !word.starts_with('.')
            && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.+~".contains(&b))
    };
    if text.value.split('/').all(word) {
        return Some(text);
    }
    let message = format!("`{key}` can't be `{}`", text.value.escape_default());
    let help = "a name such as `bookworm`, `bookworm-updates` or `main`";
    fields.add_at(Code::BAD_VALUE, message, &text, Some(help));
    None
}

fn is_package(text: &str) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.bytes().all(|b| letter(b) || b"+-.".contains(&b))
        && text.bytes().next().is_some_and(letter)
}

#[async_trait]
impl SourceDriver for Debian {
    fn origin(&self) -> String {
        format!(
            "{} ({}/{})",
            self.archive.place.origin(&self.packages),
            self.archive.suite,
            self.component
        )
    }

    async fn releases(&self, _unless: Option<&Revision>) -> Result<Option<Listing>, SourceError> {
        let release = self.archive.release().await?;
        let indexes = release
            .indexes(&self.component, &self.architectures)
            .map_err(|why| SourceError::Answer { url: release.url.clone(), why })?;
        let asked: Vec<_> = indexes
            .iter()
            .map(|path| self.archive.packages(&release, path, &self.packages))
            .collect();
        let found: Vec<_> = stream::iter(asked).buffered(AT_ONCE).try_collect().await?;
        let mut rows = Vec::new();
        for row in found.into_iter().flatten() {
            // What runs everywhere stands in the index of each architecture.
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        Ok(Some(Listing { rows, ..Listing::default() }))
    }

    async fn open(&self, url: &str, from: u64) -> Result<ByteStream, SourceError> {
        self.archive.place.open(url, from).await
    }
}
