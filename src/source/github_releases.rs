//! `github-releases`: the releases of a GitHub repository and their files.

use async_trait::async_trait;
use url::Url;

use super::{
    Setup, SourceDriver, SourceError,
    forge::{self, Forge, Release},
    github,
    paging::{self, Part},
    web::unusable,
};
use crate::{
    model::{Listing, Mistake, Revision},
    net::{ByteStream, NetError},
};

pub(super) const FIELDS: &[&str] = forge::FIELDS;

/// Releases on a page.
const PAGE: usize = 100;
/// From this page on, that there is no further one is asked for and not believed: GitHub lists no
/// more than its first thousand or ten thousand releases, and may do so without a word.
const DOUBTED: u64 = 10;

struct GithubReleases(Forge);

pub(super) fn make(setup: &Setup) -> Result<Box<dyn SourceDriver>, Vec<Mistake>> {
    let path = |repo: &str| format!("/repos/{repo}/releases?per_page={PAGE}");
    Ok(Box::new(GithubReleases(Forge::new(setup, &github::kind(path))?)))
}

impl GithubReleases {
    async fn page(&self, url: Url) -> Result<Part, SourceError> {
        let asked = url.clone();
        let answer = self.0.ask(url).await.map_err(|error| cut_off(error, &asked))?;
        let releases: Vec<Release> = forge::read(&answer, "releases")?;
        let full = releases.len() == PAGE;
        let entries = releases.len() as u64;
        let mut rows = Vec::new();
        for release in releases {
            forge::list(release, &mut rows).map_err(|why| unusable(&answer, why))?;
        }
        let next = answer.next_link.or_else(|| if full { doubt(&asked) } else { None });
        Ok(Part { rows, next, entries, total: None })
    }
}

/// Returns the page after a full one that says it is the last, where that may not be so.
fn doubt(url: &Url) -> Option<Url> {
    let number: u64 = url.query_pairs().find(|(key, _)| key == "page")?.1.parse().ok()?;
    if number < DOUBTED {
        return None;
    }
    let others: Vec<_> = url.query_pairs().into_owned().filter(|(key, _)| key != "page").collect();
    let mut next = url.clone();
    next.query_pairs_mut()
        .clear()
        .extend_pairs(others)
        .append_pair("page", &(number + 1).to_string());
    Some(next)
}

/// Says what to do where GitHub lists no more (422).
fn cut_off(error: SourceError, url: &Url) -> SourceError {
    let status = |error: &NetError| matches!(error, NetError::Status { status: 422, .. });
    match &error {
        SourceError::Net(net) if status(net) && url.query_pairs().any(|(key, _)| key == "page") => {
            let why = format!(
                "{net}: GitHub lists its newest releases and no more; `github-tags` and `git-tags` list all tags"
            );
            SourceError::Answer { url: url.to_string(), why }
        }
        _ => error,
    }
}

#[async_trait]
impl SourceDriver for GithubReleases {
    fn origin(&self) -> String {
        self.0.origin()
    }

    async fn releases(&self, _unless: Option<&Revision>) -> Result<Option<Listing>, SourceError> {
        let page = |url| self.page(url);
        let rows = paging::follow(self.0.first(), self.0.web.limits, page).await?;
        Ok(Some(Listing { rows, ..Listing::default() }))
    }

    async fn open(&self, url: &str, from: u64) -> Result<ByteStream, SourceError> {
        self.0.web.open(url, from).await
    }
}
