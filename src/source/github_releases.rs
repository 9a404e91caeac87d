//! `github-releases`: the releases of a GitHub repository and their files.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;
use url::{Origin, Url};

use super::{
    Setup, SourceDriver, SourceError, dates,
    fields::Fields,
    paging::{self, Page},
    web::{Web, expect_json, unusable},
};
use crate::{
    model::{Code, Digest, Listing, Mistake, Revision, Row},
    net::{ByteStream, Secret},
};

pub(super) const FIELDS: &[&str] = &["repo", "api"];

/// The product's own API.
const API: &str = "https://api.github.com";

struct GithubReleases {
    repos: Vec<String>,
    urls: Vec<Url>,
    /// Scheme, host and port of the API.
    origin: Origin,
    token: Option<Secret>,
    web: Web,
}

pub(super) fn make(setup: &Setup) -> Result<Box<dyn SourceDriver>, Vec<Mistake>> {
    let mut fields = Fields::new(setup, FIELDS);
    let repos = fields.texts("repo", "name the repository: `repo = \"owner/name\"`");
    for repo in &repos {
        if !is_repo(&repo.value) {
            let message = format!("`{}` is no repository", repo.value);
            fields.add_at(Code::BAD_VALUE, message, repo, Some("it is `owner/name`"));
        }
    }
    let api = match fields.place("api") {
        Some(place) => fields.url("api", &place),
        None => Url::parse(API).ok(),
    };
    let web = Web::new(setup, fields.insecure);
    fields.finish()?;
    let Some(api) = api else { return Err(Vec::new()) };
    let base = api.as_str().trim_end_matches('/');
    let urls = repos
        .iter()
        .filter_map(|repo| {
            Url::parse(&format!("{base}/repos/{}/releases?per_page=100", repo.value)).ok()
        })
        .collect();
    let repos = repos.into_iter().map(|repo| repo.value).collect();
    let (origin, token) = (api.origin(), token(setup, &api));
    Ok(Box::new(GithubReleases { repos, urls, origin, token, web }))
}

/// Returns the token, if the API is the token's own: deps.toml, which comes from pull requests,
/// may name another host, but not one that a secret is sent to.
fn token(setup: &Setup, api: &Url) -> Option<Secret> {
    let environment = &setup.environment;
    // GitHub's runners say here which server they belong to.
    let own = Url::parse(environment.get("GITHUB_API_URL").unwrap_or(API)).ok()?;
    let text = environment.get("GITHUB_TOKEN").or_else(|| environment.get("GH_TOKEN"))?;
    (own.origin() == api.origin()).then(|| Secret::new(text))
}

fn is_repo(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    text.split_once('/').is_some_and(|(owner, name)| part(owner) && part(name))
}

#[derive(Deserialize)]
struct Release {
    tag_name: String,
    name: Option<String>,
    #[serde(default)]
    draft: bool,
    #[serde(default)]
    prerelease: bool,
    published_at: Option<String>,
    #[serde(default)]
    assets: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    name: String,
    size: Option<u64>,
    browser_download_url: String,
    digest: Option<String>,
    /// `uploaded`, or that it is still on its way.
    state: Option<String>,
}

impl GithubReleases {
    async fn page(&self, url: Url) -> Result<Page, SourceError> {
        let mut request = self.web.request(url);
        request.accept = Some("application/vnd.github+json");
        // A page may name any address as the next one; the token is for the API's own host.
        let at_home = request.url.origin() == self.origin;
        request.bearer = self.token.clone().filter(|_| at_home);
        let answer = self.web.read(&request).await?;
        expect_json(&answer)?;
        let releases: Vec<Release> = serde_json::from_slice(&answer.body)
            .map_err(|error| unusable(&answer, format!("it is no list of releases: {error}")))?;
        let mut rows = Vec::new();
        for release in releases.into_iter().filter(|release| !release.draft) {
            list(release, &mut rows).map_err(|why| unusable(&answer, why))?;
        }
        Ok(Page { rows, next: answer.next_link.into_iter().collect() })
    }
}

/// Adds one row for each file of a release; one without a file where there is none.
fn list(release: Release, rows: &mut Vec<Row>) -> Result<(), String> {
    let tag = release.tag_name;
    let released = match release.published_at {
        Some(text) => Some(dates::read(&Value::String(text.clone())).ok_or_else(|| {
            format!("the release `{tag}` has a date that can't be read: `{text}`")
        })?),
        None => None,
    };
    let mut general =
        Row { upstream: tag.clone(), released, prerelease: release.prerelease, ..Row::default() };
    general.more.insert("tag".to_owned(), Value::String(tag.clone()));
    if let Some(title) = release.name {
        general.more.insert("title".to_owned(), Value::String(title));
    }
    let before = rows.len();
    for file in release.assets {
        // A file that is still being uploaded is not there yet.
        if file.state.as_deref().is_some_and(|state| state != "uploaded") {
            continue;
        }
        let digest = file.digest.filter(|digest| !digest.is_empty());
        let digests = match digest {
            // Another algorithm than ours is no digest to us.
            Some(text) if text.starts_with("sha256:") || text.starts_with("sha512:") => {
                let digest: Digest = text.parse().map_err(|error| {
                    format!("the file `{}` of the release `{tag}`: {error}", file.name)
                })?;
                vec![digest]
            }
            _ => Vec::new(),
        };
        rows.push(Row {
            url: Some(file.browser_download_url),
            name: Some(file.name),
            size: file.size,
            digests,
            ..general.clone()
        });
    }
    if rows.len() == before {
        rows.push(general);
    }
    Ok(())
}

#[async_trait]
impl SourceDriver for GithubReleases {
    fn origin(&self) -> String {
        let host = self.urls.first().and_then(Url::host_str).unwrap_or_default();
        format!("{} on {host}", self.repos.join(", "))
    }

    async fn releases(&self, _unless: Option<&Revision>) -> Result<Option<Listing>, SourceError> {
        let rows = paging::read(&self.urls, self.web.limits, |url| self.page(url)).await?;
        Ok(Some(Listing { rows, ..Listing::default() }))
    }

    async fn open(&self, url: &str, from: u64) -> Result<ByteStream, SourceError> {
        self.web.open(url, from).await
    }
}
