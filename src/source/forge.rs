//! What the drivers of forges share: repositories, the API's address, and releases as most of them
//! write them.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use url::{Origin, Url};

use super::{
    Setup, SourceError, dates,
    fields::Fields,
    paging::{self, Part},
    web::{Web, expect_json, unusable},
};
use crate::{
    model::{Code, Digest, Mistake, Row},
    net::{Answer, Secret},
};

pub(super) const FIELDS: &[&str] = &["repo", "api"];

/// How one kind of forge is asked.
pub(super) struct Kind {
    /// The API's address if deps.toml has none.
    pub(super) api: Option<&'static str>,
    /// What the path of the API ends with, so that the server's address alone will do.
    pub(super) below: &'static str,
    /// Whether a repository may stand in groups of groups.
    pub(super) groups: bool,
    /// The media type wanted.
    pub(super) accept: &'static str,
    /// Makes the path and query of a repository's first page.
    pub(super) path: fn(&str) -> String,
    /// Returns the token for an API, if it is the token's own.
    pub(super) token: fn(&Setup, &Url) -> Option<Secret>,
}

/// Repositories of a forge.
pub(super) struct Forge {
    repos: Vec<String>,
    urls: Vec<Url>,
    /// Scheme, host and port of the API.
    origin: Origin,
    token: Option<Secret>,
    accept: &'static str,
    pub(super) web: Web,
}

impl Forge {
    /// Reads a driver's table.
    pub(super) fn new(setup: &Setup, kind: &Kind) -> Result<Self, Vec<Mistake>> {
        let mut fields = Fields::new(setup, FIELDS);
        let (shape, shown) = if kind.groups {
            ("it is `group/name`, or `group/group/name`", "group/name")
        } else {
            ("it is `owner/name`", "owner/name")
        };
        let repos = fields.texts("repo", &format!("name the repository: `repo = \"{shown}\"`"));
        for repo in &repos {
            if !is_repo(&repo.value, kind.groups) {
                let message = format!("`{}` is no repository", repo.value);
                fields.add_at(Code::BAD_VALUE, message, repo, Some(shape));
            }
        }
        let api = match (fields.place("api"), kind.api) {
            (Some(place), _) => fields.url("api", &place),
            (None, Some(api)) => Url::parse(api).ok(),
            (None, None) => {
                if fields.get("api").is_none() {
                    fields.missing("api", "name the server: `api = \"https://codeberg.org\"`");
                }
                None
            }
        };
        let web = Web::new(setup, fields.insecure);
        fields.finish()?;
        let Some(api) = api else { return Err(Vec::new()) };
        let mut base = api.as_str().trim_end_matches('/').to_owned();
        if !base.ends_with(kind.below) {
            base += kind.below;
        }
        let urls = repos
            .iter()
            .filter_map(|repo| Url::parse(&format!("{base}{}", (kind.path)(&repo.value))).ok())
            .collect();
        let repos = repos.into_iter().map(|repo| repo.value).collect();
        let (origin, token) = (api.origin(), (kind.token)(setup, &api));
        Ok(Self { repos, urls, origin, token, accept: kind.accept, web })
    }

    /// Names the repositories and their host.
    pub(super) fn origin(&self) -> String {
        let host = self.urls.first().and_then(Url::host_str).unwrap_or_default();
        format!("{} on {host}", self.repos.join(", "))
    }

    /// Reads all pages of all repositories. `row` adds the rows of one entry.
    pub(super) async fn rows<T, F>(&self, what: &str, row: F) -> Result<Vec<Row>, SourceError>
    where
        T: DeserializeOwned,
        F: Fn(T, &mut Vec<Row>) -> Result<(), String>,
    {
        let row = &row;
        let page = |url: Url| async move {
            let answer = self.ask(url).await?;
            let entries: Vec<T> = read(&answer, what)?;
            let count = entries.len() as u64;
            let mut rows = Vec::new();
            for entry in entries {
                row(entry, &mut rows).map_err(|why| unusable(&answer, why))?;
            }
            Ok(Part { rows, entries: count, next: answer.next_link, total: answer.total })
        };
        paging::follow(&self.urls, self.web.limits, page).await
    }

    /// Returns the first page of each repository.
    pub(super) fn first(&self) -> &[Url] {
        &self.urls
    }

    /// Asks for a page.
    pub(super) async fn ask(&self, url: Url) -> Result<Answer, SourceError> {
        let mut request = self.web.request(url);
        request.accept = Some(self.accept);
        // A page may name any address as the next one; the token is for the API's own host.
        let at_home = request.url.origin() == self.origin;
        request.bearer = self.token.clone().filter(|_| at_home);
        let answer = self.web.read(&request).await?;
        expect_json(&answer)?;
        Ok(answer)
    }
}

/// Reads the entries of a page.
pub(super) fn read<T: DeserializeOwned>(
    answer: &Answer,
    what: &str,
) -> Result<Vec<T>, SourceError> {
    serde_json::from_slice(&answer.body)
        .map_err(|error| unusable(answer, format!("it is no list of {what}: {error}")))
}

fn is_repo(text: &str, groups: bool) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    let parts: Vec<&str> = text.split('/').collect();
    (parts.len() == 2 || (groups && parts.len() > 2)) && parts.into_iter().all(part)
}

/// No token of ours: what a host is to be sent stands in the user's own configuration.
pub(super) fn no_token(_setup: &Setup, _api: &Url) -> Option<Secret> {
    None
}

/// A release as GitHub, Gitea and Forgejo write it.
#[derive(Deserialize)]
pub(super) struct Release {
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

/// Adds one row for each file of a release; one without a file where there is none. A draft is no
/// release yet.
pub(super) fn list(release: Release, rows: &mut Vec<Row>) -> Result<(), String> {
    if release.draft {
        return Ok(());
    }
    let tag = release.tag_name;
    let general = Row {
        released: date(release.published_at.as_deref(), &tag)?,
        prerelease: release.prerelease,
        ..general(&tag, release.name)
    };
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

/// Makes what all rows of a release have.
pub(super) fn general(tag: &str, title: Option<String>) -> Row {
    let mut row = Row { upstream: tag.to_owned(), ..Row::default() };
    row.more.insert("tag".to_owned(), Value::String(tag.to_owned()));
    if let Some(title) = title {
        row.more.insert("title".to_owned(), Value::String(title));
    }
    row
}

/// Reads the date of a release.
pub(super) fn date(text: Option<&str>, tag: &str) -> Result<Option<jiff::Timestamp>, String> {
    let Some(text) = text else { return Ok(None) };
    match dates::read(&Value::String(text.to_owned())) {
        Some(date) => Ok(Some(date)),
        None => Err(format!("the release `{tag}` has a date that can't be read: `{text}`")),
    }
}
