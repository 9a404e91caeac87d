//! Floor 4: sources. A driver lists releases and opens addresses; it decides nothing.
//!
//! [`DRIVERS`] is the one list of them. Each reads its own table of deps.toml and reports every
//! mistake in it at once; which file an address gets is decided by the pure floors.

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

use crate::{
    model::{Listing, Revision},
    net::ByteStream,
};

pub use error::SourceError;
pub use fallback::Fallback;
pub use registry::{DRIVERS, Driver, DriverTable, Limits, Make, Setup, find};
pub use schedule::Schedule;

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
}
