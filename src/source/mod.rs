//! Floor 4: sources. A driver lists releases and opens addresses; it decides nothing.

mod error;

use async_trait::async_trait;

use crate::{
    model::{Listing, Revision},
    net::ByteStream,
};

pub use error::SourceError;

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
