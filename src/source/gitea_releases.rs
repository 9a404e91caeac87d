//! `gitea-releases`: the releases of a Gitea or Forgejo repository and their files.

use async_trait::async_trait;

use super::{
    Setup, SourceDriver, SourceError,
    forge::{self, Forge, Kind},
};
use crate::{
    model::{Listing, Mistake, Revision},
    net::ByteStream,
};

pub(super) const FIELDS: &[&str] = forge::FIELDS;

const KIND: Kind = Kind {
    api: None,
    below: "/api/v1",
    groups: false,
    accept: "application/json",
    // A server may give fewer on a page, and says how many there are.
    path: |repo| format!("/repos/{repo}/releases?limit=50"),
    token: forge::no_token,
};

struct GiteaReleases(Forge);

pub(super) fn make(setup: &Setup) -> Result<Box<dyn SourceDriver>, Vec<Mistake>> {
    Ok(Box::new(GiteaReleases(Forge::new(setup, &KIND)?)))
}

#[async_trait]
impl SourceDriver for GiteaReleases {
    fn origin(&self) -> String {
        self.0.origin()
    }

    async fn releases(&self, _unless: Option<&Revision>) -> Result<Option<Listing>, SourceError> {
        let rows = self.0.rows("releases", forge::list).await?;
        Ok(Some(Listing { rows, ..Listing::default() }))
    }

    async fn open(&self, url: &str, from: u64) -> Result<ByteStream, SourceError> {
        self.0.web.open(url, from).await
    }
}
