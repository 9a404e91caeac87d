//! Floor 4: sources. A driver lists releases and opens addresses; it decides nothing.
//!
//! [`DRIVERS`] is the one list of them. Each reads its own table of deps.toml and reports every
//! mistake in it at once; which file an address gets is decided by the pure floors.

mod attestations;
mod cargo;
mod columns;
mod dates;
mod debian;
mod dir;
pub mod document;
mod error;
mod fallback;
mod fields;
mod fixed;
mod forge;
mod git_tags;
mod gitea_releases;
mod github;
mod github_releases;
mod github_tags;
mod gitlab_releases;
mod http_csv;
mod http_html;
mod http_json;
mod http_text;
mod http_xml;
pub mod jq;
mod maven;
mod npm;
mod oci_tags;
mod paging;
mod place;
mod pypi;
mod registry;
mod rows;
mod rubygems;
mod schedule;
mod storage_list;
mod web;

use async_trait::async_trait;
use bytes::Bytes;

use crate::{
    model::{Listing, Revision, Sha256},
    net::ByteStream,
};

pub use error::SourceError;
pub use fallback::Fallback;
pub use registry::{DRIVERS, Driver, DriverTable, Limits, Make, Setup, find};
pub use schedule::Schedule;

/// Reads a row of a listing that somebody else has made: a table with at least `version`, as the
/// index drivers read theirs.
///
/// # Errors
/// What is wrong with the row, and the row.
pub fn row(value: &serde_json::Value, insecure: bool) -> Result<crate::model::Row, String> {
    rows::row(value, None, insecure).map_err(|error| error.sentence())
}

/// A place that lists releases and serves their files.
#[async_trait]
pub trait SourceDriver: Send + Sync {
    /// Returns what is asked, for messages: an address without secrets, or a folder.
    fn origin(&self) -> String;

    /// Returns the whole listing; none: not modified since `unless`.
    ///
    /// # Errors
    /// When any part of it could not be read: whole or an error.
    async fn releases(&self, unless: Option<&Revision>) -> Result<Option<Listing>, SourceError>;

    /// Opens an address of this source (`https://…`, `registry:…`, `dir:…`) from a byte on.
    ///
    /// # Errors
    /// When it could not be opened; [`SourceError::is_absent`] tells 404 and 410.
    async fn open(&self, url: &str, from: u64) -> Result<ByteStream, SourceError>;

    /// Returns the Sigstore bundles (JSON) that its service keeps for a file, by digest, or for a
    /// version; none: it has no such service.
    ///
    /// # Errors
    /// When they could not be read.
    async fn attestations(
        &self,
        sha256: Option<&Sha256>,
        upstream: &str,
    ) -> Result<Option<Vec<Bytes>>, SourceError> {
        let _ = (sha256, upstream);
        Ok(None)
    }
}
