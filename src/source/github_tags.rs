//! `github-tags`: the tags of a GitHub repository.
//!
//! A tag has no files: the archives that GitHub makes of one are made anew each time, and their
//! bytes are no promise. `artifact` says where the file is.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;

use super::{
    Setup, SourceDriver, SourceError,
    forge::{self, Forge},
    github,
};
use crate::{
    model::{Listing, Mistake, Revision, Row},
    net::ByteStream,
};

pub(super) const FIELDS: &[&str] = forge::FIELDS;

struct GithubTags(Forge);

pub(super) fn make(setup: &Setup) -> Result<Box<dyn SourceDriver>, Vec<Mistake>> {
    let path = |repo: &str| format!("/repos/{repo}/tags?per_page=100");
    Ok(Box::new(GithubTags(Forge::new(setup, &github::kind(path))?)))
}

#[derive(Deserialize)]
struct Tag {
    name: String,
    commit: Commit,
}

#[derive(Deserialize)]
struct Commit {
    sha: String,
}

fn list(tag: Tag, rows: &mut Vec<Row>) -> Result<(), String> {
    if tag.name.is_empty() {
        return Err("a tag has no name".to_owned());
    }
    let mut row = forge::general(&tag.name, None);
    row.more.insert("commit".to_owned(), Value::String(tag.commit.sha));
    rows.push(row);
    Ok(())
}

#[async_trait]
impl SourceDriver for GithubTags {
    fn origin(&self) -> String {
        self.0.origin()
    }

    async fn releases(&self, _unless: Option<&Revision>) -> Result<Option<Listing>, SourceError> {
        let rows = self.0.rows("tags", list).await?;
        Ok(Some(Listing { rows, ..Listing::default() }))
    }

    async fn open(&self, url: &str, from: u64) -> Result<ByteStream, SourceError> {
        self.0.web.open(url, from).await
    }
}
