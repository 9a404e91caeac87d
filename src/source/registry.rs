//! The one list of source drivers.

use std::path::PathBuf;

use jiff::Timestamp;

use super::{SourceDriver, dir, fixed, github_releases, http_html, http_json, npm};
use crate::{
    model::{DependencyId, Environment, Mistake},
    net,
};

/// A driver's own table of deps.toml, with spans into it.
pub type DriverTable = toml::Spanned<toml::de::DeTable<'static>>;

/// Reads a driver's table: a driver, or every mistake in the table.
pub type Make = fn(&Setup) -> Result<Box<dyn SourceDriver>, Vec<Mistake>>;

/// A driver that deps.toml may name.
#[derive(Debug, Clone, Copy)]
pub struct Driver {
    /// Its name in deps.toml.
    pub name: &'static str,
    /// One line for `depstate drivers`.
    pub about: &'static str,
    /// The keys that it knows.
    pub fields: &'static [&'static str],
    /// Reads its table.
    pub make: Make,
}

/// Every driver, in the order of help texts.
pub const DRIVERS: &[Driver] = &[
    Driver {
        name: "static",
        about: "versions written down in deps.toml",
        fields: fixed::FIELDS,
        make: fixed::make,
    },
    Driver {
        name: "dir",
        about: "a local folder of archives",
        fields: dir::FIELDS,
        make: dir::make,
    },
    Driver {
        name: "http-json",
        about: "a JSON index, read with jq",
        fields: http_json::FIELDS,
        make: http_json::make,
    },
    Driver {
        name: "http-html",
        about: "the links of a page",
        fields: http_html::FIELDS,
        make: http_html::make,
    },
    Driver {
        name: "github-releases",
        about: "the releases of a GitHub repository and their files",
        fields: github_releases::FIELDS,
        make: github_releases::make,
    },
    Driver {
        name: "npm",
        about: "a package of an npm registry",
        fields: npm::FIELDS,
        make: npm::make,
    },
];

/// Finds a driver by its name in deps.toml.
pub fn find(name: &str) -> Option<&'static Driver> {
    DRIVERS.iter().find(|driver| driver.name == name)
}

/// What a driver is made from.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The dependency, for `{{ id }}`.
    pub id: DependencyId,
    /// `[dependencies.ID.source]` without what belongs to the manifest (`driver`, `artifact`,
    /// `asset`, `extract`, `replacements`, `coverage`).
    pub table: DriverTable,
    /// The folder of deps.toml.
    pub root: PathBuf,
    /// The HTTP client.
    pub client: net::Client,
    /// The environment, for `{ env = "DEPSTATE_…" }` and tokens.
    pub environment: Environment,
    /// The instant of planning, what jq calls `now`; none: jq has no `now`.
    pub now: Option<Timestamp>,
    /// How much a source may take.
    pub limits: Limits,
}

/// How much a source may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one page, decoded.
    pub page: u64,
    /// Pages of one listing.
    pub pages: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { page: net::Request::LIMIT, pages: 1000 }
    }
}
