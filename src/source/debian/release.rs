//! A suite's Release file: what the archive signs.

use std::{collections::BTreeMap, str::FromStr as _};

use deb822_fast::Deb822;
use jiff::Timestamp;
use serde_json::Value;

use crate::{model::Sha256, source::dates};

/// Endings of an index, the one that is smallest on the way first.
pub(super) const PACKINGS: [(&str, Packing); 3] =
    [(".xz", Packing::Xz), (".gz", Packing::Gzip), ("", Packing::None)];

/// How an index is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    /// `.xz`
    Xz,
    /// `.gz`
    Gzip,
    /// As it is.
    None,
}

/// A Release file that was judged.
#[derive(Debug)]
pub(super) struct Release {
    /// Where it came from.
    pub(super) url: String,
    /// The fingerprint of the key that signed it; none: deps.toml asks for no signature.
    pub(super) signer: Option<String>,
    /// Files of the suite, by their path from its folder on.
    pub(super) files: BTreeMap<String, Listed>,
    /// Whether files can be had by their digest as well, so that none changes under our hands.
    pub(super) by_hash: bool,
    /// Until when it is to be believed.
    pub(super) valid_until: Option<Timestamp>,
    architectures: Vec<String>,
    /// What runs everywhere stands in the other architectures' indexes.
    all_elsewhere: bool,
}

/// A file of the suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) sha256: Sha256,
    pub(super) size: u64,
}

impl Release {
    /// Reads the text of a Release file, which must be that of `suite`.
    pub(super) fn read(text: &[u8], suite: &str) -> Result<Self, String> {
        let text = std::str::from_utf8(text).map_err(|_| "it is no UTF-8".to_owned())?;
        let parts = Deb822::from_str(text).map_err(|error| {
            format!("it is no Release file: {error}").escape_default().to_string()
        })?;
        let mut parts = parts.iter();
        let (Some(fields), None) = (parts.next(), parts.next()) else {
            return Err("it is no Release file: it has not one paragraph".to_owned());
        };
        // A mirror may serve the signed file of another suite.
        let named: Vec<&str> =
            ["Suite", "Codename"].iter().filter_map(|field| fields.get(field)).collect();
        let front = suite.split('/').next().unwrap_or(suite);
        if !named.is_empty() && !named.iter().any(|name| *name == suite || *name == front) {
            let named = named.join("`, `").escape_default().to_string();
            return Err(format!("it is of the suite `{named}`, not `{suite}`"));
        }
        let list = fields.get("SHA256").ok_or("it lists no SHA-256 of its files")?;
        let files = list
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| {
                listed(line)
                    .ok_or_else(|| format!("the line `{}` can't be read", line.escape_default()))
            })
            .collect::<Result<_, _>>()?;
        let words = |field| fields.get(field).into_iter().flat_map(str::split_ascii_whitespace);
        Ok(Self {
            url: String::new(),
            signer: None,
            files,
            by_hash: fields.get("Acquire-By-Hash").is_some_and(|it| it.trim() == "yes"),
            valid_until: fields.get("Valid-Until").map(date).transpose()?,
            architectures: words("Architectures").map(str::to_owned).collect(),
            all_elsewhere: words("No-Support-for-Architecture-all").any(|word| word == "Packages"),
        })
    }

    /// Notes where it came from and who signed it.
    pub(super) fn from(self, url: String, signer: Option<String>) -> Self {
        Self { url, signer, ..self }
    }

    /// Returns the paths of a component's package indexes, without their packing; `wanted` are
    /// architectures, none: all that there are.
    pub(super) fn indexes(
        &self,
        component: &str,
        wanted: &[String],
    ) -> Result<Vec<String>, String> {
        let has = |path: &String| {
            PACKINGS.iter().any(|(end, _)| self.files.contains_key(&format!("{path}{end}")))
        };
        let path = |name: &str| format!("{component}/binary-{name}/Packages");
        let mut paths = Vec::new();
        if wanted.is_empty() {
            let listed =
                self.architectures.iter().filter(|name| *name != "all" || !self.all_elsewhere);
            paths.extend(listed.map(|name| path(name)).filter(has));
        }
        for name in wanted {
            let path = path(name);
            if !has(&path) {
                return Err(format!("it lists no `{path}`"));
            }
            paths.push(path);
        }
        if !wanted.is_empty() && !self.all_elsewhere {
            paths.extend(Some(path("all")).filter(has));
        }
        paths.sort();
        paths.dedup();
        if paths.is_empty() {
            return Err(format!("it lists no packages of the component `{component}`"));
        }
        Ok(paths)
    }
}

/// `digest size path`
fn listed(line: &str) -> Option<(String, Listed)> {
    let mut words = line.split_ascii_whitespace();
    let (digest, size, path) = (words.next()?, words.next()?, words.next()?);
    let listed = Listed { sha256: digest.parse().ok()?, size: size.parse().ok()? };
    words.next().is_none().then(|| (path.to_owned(), listed))
}

/// Reads a date as archives write it: `Sat, 05 Apr 2025 09:22:01 UTC`.
fn date(text: &str) -> Result<Timestamp, String> {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let plain = words.join(" ");
    // The one word for it that RFC 2822 does not know.
    let plain = plain.strip_suffix(" UTC").map_or(plain.clone(), |rest| format!("{rest} +0000"));
    dates::read(&Value::String(plain))
        .ok_or_else(|| format!("the date `{}` can't be read", text.escape_default()))
}
