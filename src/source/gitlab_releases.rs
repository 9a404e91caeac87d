//! `gitlab-releases`: the releases of a GitLab project and their files.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{
    Setup, SourceDriver, SourceError,
    forge::{self, Forge, Kind},
    place,
};
use crate::{
    model::{Listing, Mistake, Revision, Row},
    net::ByteStream,
};

pub(super) const FIELDS: &[&str] = forge::FIELDS;

const KIND: Kind = Kind {
    // The product's own site.
    api: Some("https://gitlab.com"),
    below: "/api/v4",
    groups: true,
    accept: "application/json",
    // The slashes are a part of the name, not of the path.
    path: |repo| format!("/projects/{}/releases?per_page=100", repo.replace('/', "%2F")),
    token: forge::no_token,
};

struct GitlabReleases(Forge);

pub(super) fn make(setup: &Setup) -> Result<Box<dyn SourceDriver>, Vec<Mistake>> {
    Ok(Box::new(GitlabReleases(Forge::new(setup, &KIND)?)))
}

#[derive(Deserialize)]
struct Release {
    tag_name: String,
    name: Option<String>,
    released_at: Option<String>,
    /// Its date is still to come.
    #[serde(default)]
    upcoming_release: bool,
    commit: Option<Commit>,
    #[serde(default)]
    assets: Assets,
}

#[derive(Deserialize)]
struct Commit {
    id: Option<String>,
}

#[derive(Deserialize, Default)]
struct Assets {
    #[serde(default)]
    links: Vec<Link>,
    /// Archives of the tag, which GitLab makes. Not shown to everybody.
    #[serde(default)]
    sources: Vec<Archive>,
}

#[derive(Deserialize)]
struct Link {
    name: String,
    url: String,
    /// An address below the release's own that stays.
    direct_asset_url: Option<String>,
}

#[derive(Deserialize)]
struct Archive {
    url: String,
}

/// Adds one row for each file of a release; one without a file where there is none.
fn list(release: Release, rows: &mut Vec<Row>) -> Result<(), String> {
    if release.upcoming_release {
        return Ok(());
    }
    let tag = release.tag_name;
    let mut general = Row {
        released: forge::date(release.released_at.as_deref(), &tag)?,
        ..forge::general(&tag, release.name)
    };
    if let Some(commit) = release.commit.and_then(|commit| commit.id) {
        general.more.insert("commit".to_owned(), Value::String(commit));
    }
    let before = rows.len();
    let links = release.assets.links.into_iter().map(|link| {
        let title = Some(link.name);
        (link.direct_asset_url.unwrap_or(link.url), title)
    });
    let archives = release.assets.sources.into_iter().map(|archive| (archive.url, None));
    for (url, title) in links.chain(archives) {
        let file = Url::parse(&url).map_err(|error| {
            format!("the release `{tag}` has a link `{url}`, which is no address: {error}")
        })?;
        let mut row =
            Row { name: place::file_name(&file).or_else(|| title.clone()), ..general.clone() };
        // What people read may say more than the file's name.
        if let Some(title) = title {
            row.more.insert("link".to_owned(), Value::String(title));
        }
        row.url = Some(url);
        rows.push(row);
    }
    if rows.len() == before {
        rows.push(general);
    }
    Ok(())
}

#[async_trait]
impl SourceDriver for GitlabReleases {
    fn origin(&self) -> String {
        self.0.origin()
    }

    async fn releases(&self, _unless: Option<&Revision>) -> Result<Option<Listing>, SourceError> {
        let rows = self.0.rows("releases", list).await?;
        Ok(Some(Listing { rows, ..Listing::default() }))
    }

    async fn open(&self, url: &str, from: u64) -> Result<ByteStream, SourceError> {
        self.0.web.open(url, from).await
    }
}
