//! The one list of source drivers.

use std::path::PathBuf;

use jiff::Timestamp;

use super::{
    SourceDriver, cargo, debian, dir, fixed, git_tags, gitea_releases, github_releases,
    github_tags, gitlab_releases, http_csv, http_html, http_json, http_text, http_xml, maven, npm,
    oci_tags, pypi, rubygems, storage_list,
};
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
        about: "an index in JSON, YAML or TOML, read with jq",
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
        name: "http-text",
        about: "lines of a text, by a regex or by columns",
        fields: http_text::FIELDS,
        make: http_text::make,
    },
    Driver {
        name: "http-csv",
        about: "a CSV index, by columns",
        fields: http_csv::FIELDS,
        make: http_csv::make,
    },
    Driver {
        name: "http-xml",
        about: "the elements of an XML document: feeds, listings",
        fields: http_xml::FIELDS,
        make: http_xml::make,
    },
    Driver {
        name: "github-releases",
        about: "the releases of a GitHub repository and their files",
        fields: github_releases::FIELDS,
        make: github_releases::make,
    },
    Driver {
        name: "github-tags",
        about: "the tags of a GitHub repository",
        fields: github_tags::FIELDS,
        make: github_tags::make,
    },
    Driver {
        name: "gitlab-releases",
        about: "the releases of a GitLab project and their files",
        fields: gitlab_releases::FIELDS,
        make: gitlab_releases::make,
    },
    Driver {
        name: "gitea-releases",
        about: "the releases of a Gitea or Forgejo repository and their files",
        fields: gitea_releases::FIELDS,
        make: gitea_releases::make,
    },
    Driver {
        name: "git-tags",
        about: "the tags of a git repository, over https or on disk; no token",
        fields: git_tags::FIELDS,
        make: git_tags::make,
    },
    Driver {
        name: "npm",
        about: "a package of an npm registry",
        fields: npm::FIELDS,
        make: npm::make,
    },
    Driver {
        name: "pypi",
        about: "a project of a Python package index",
        fields: pypi::FIELDS,
        make: pypi::make,
    },
    Driver {
        name: "rubygems",
        about: "a gem of a RubyGems registry",
        fields: rubygems::FIELDS,
        make: rubygems::make,
    },
    Driver {
        name: "maven",
        about: "an artifact of a Maven repository",
        fields: maven::FIELDS,
        make: maven::make,
    },
    Driver {
        name: "cargo",
        about: "a crate of a sparse cargo index",
        fields: cargo::FIELDS,
        make: cargo::make,
    },
    Driver {
        name: "debian",
        about: "a package of an apt archive, its Release file's signature checked",
        fields: debian::FIELDS,
        make: debian::make,
    },
    Driver {
        name: "oci-tags",
        about: "the tags of an image in an OCI registry",
        fields: oci_tags::FIELDS,
        make: oci_tags::make,
    },
    Driver {
        name: "storage-list",
        about: "the keys of a bucket or a folder",
        fields: storage_list::FIELDS,
        make: storage_list::make,
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
