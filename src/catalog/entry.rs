//! One entry: its file, read.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::CatalogError;
use crate::model::Code;

/// A product of the catalogue.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "An entry of depstate's catalogue")]
pub struct Entry {
    /// What it is called in `depstate add ID`; the file's name too.
    pub id: String,
    /// What the product is called.
    pub name: String,
    /// What people call it too, in small letters.
    #[serde(default)]
    pub also: Vec<String>,
    /// What it is and which of its files are meant, in one line.
    pub about: String,
    /// Where people read about it.
    pub homepage: String,
    /// The platforms that it has files for, in Go's words (`linux-amd64`); `any` alone: its file is
    /// the same for all of them.
    pub platforms: Vec<String>,
    /// How a digest comes about: where it stands and of which kind, for the table.
    pub checksum: String,
    /// What a maintainer should know that the keys do not show.
    #[serde(default)]
    pub quirks: Vec<String>,
    /// Its version lines.
    #[serde(default)]
    pub lines: Lines,
    /// Files of keys that may sign.
    #[serde(default)]
    pub keys: Vec<KeyFile>,
    /// The keys of `[dependencies.ID]`, without `lines` and `targets`.
    pub dependency: BTreeMap<String, serde_json::Value>,
    /// The file's text.
    #[serde(skip)]
    pub(super) text: &'static str,
}

/// How version lines of a product are written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Lines {
    /// The line that is taken where none is asked for: the name of one, or a constraint.
    pub default: String,
    /// Names that the schedule gives to lines (`lts`).
    pub named: Vec<String>,
    /// How many numbers a whole version has: fewer are the front of one.
    pub parts: usize,
    /// Fronts of versions that people write, as an example for messages.
    pub examples: Vec<String>,
}

impl Default for Lines {
    fn default() -> Self {
        let (named, examples) = (Vec::new(), Vec::new());
        Self { default: "*".to_owned(), named, parts: 3, examples }
    }
}

/// A file of keys, and which keys may be in it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KeyFile {
    /// Where it is written, below the folder of deps.toml.
    pub file: String,
    /// Where the keys are; `{fingerprint}` stands for each of them in turn.
    pub urls: Vec<String>,
    /// The full fingerprints of the primary keys, upper-case hex. No other key is kept.
    pub fingerprints: Vec<String>,
}

impl KeyFile {
    /// Returns every address to ask, in order.
    pub fn addresses(&self) -> Vec<String> {
        let each = |url: &String| -> Vec<String> {
            if url.contains("{fingerprint}") {
                self.fingerprints.iter().map(|f| url.replace("{fingerprint}", f)).collect()
            } else {
                vec![url.clone()]
            }
        };
        self.urls.iter().flat_map(each).collect()
    }
}

impl Entry {
    /// Reads an entry's file.
    pub(super) fn read(name: &str, text: &'static str) -> Result<Self, CatalogError> {
        let broken = |why: String| {
            let message = format!("the catalogue's entry `{name}` can't be read: {why}");
            CatalogError::new(Code::NOT_IN_CATALOG, message, None)
        };
        let entry: Self = toml::from_str(text).map_err(|error| broken(error.to_string()))?;
        if entry.id != name {
            return Err(broken(format!("it calls itself `{}`", entry.id)));
        }
        Ok(Self { text, ..entry })
    }

    /// Returns a value below `[dependency]`, by its keys.
    pub fn get(&self, path: &[&str]) -> Option<&serde_json::Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.dependency.get(*first)?, |value, key| value.get(key))
    }

    fn word(&self, path: &[&str]) -> Option<&str> {
        self.get(path)?.as_str()
    }

    /// Returns the source driver's name.
    pub fn driver(&self) -> &str {
        self.word(&["source", "driver"]).unwrap_or_default()
    }

    /// Returns the version scheme's name.
    pub fn scheme(&self) -> &str {
        self.word(&["scheme"]).unwrap_or("semver")
    }

    /// Returns the kind of signature and what it is over, for the table; none: nothing is signed.
    pub fn signature(&self) -> Option<String> {
        let kind = self.word(&["verify", "signature", "kind"])?;
        Some(match self.word(&["verify", "signature", "of"]) {
            Some("checksum") => format!("{kind} over list"),
            Some(_) | None => kind.to_owned(),
        })
    }

    /// Returns the variables that the dependency takes a place from, sorted.
    pub fn variables(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut left: Vec<&serde_json::Value> = self.dependency.values().collect();
        while let Some(value) = left.pop() {
            if let serde_json::Value::Object(table) = value {
                found.extend(table.get("env").and_then(|name| name.as_str()).map(str::to_owned));
                left.extend(table.values());
            } else if let serde_json::Value::Array(list) = value {
                left.extend(list);
            }
        }
        found.sort();
        found.dedup();
        found
    }

    /// Tells whether one file serves every platform.
    pub fn is_for_any(&self) -> bool {
        self.platforms.iter().any(|platform| platform == "any")
    }
}
