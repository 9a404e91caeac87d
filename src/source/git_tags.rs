//! `git-tags`: the tags of a git repository, over https or on disk; no token.
//!
//! A tag has no files of its own: `artifact` says where the file is.

mod advertisement;
mod local;

use std::path::PathBuf;

use async_trait::async_trait;
use serde_json::Value;
use url::Url;

use super::{
    Setup, SourceDriver, SourceError,
    fields::Fields,
    web::{self, Web, unusable},
};
use crate::{
    model::{Code, Listing, Located, Mistake, Revision, Row},
    net::ByteStream,
};

pub(super) const FIELDS: &[&str] = &["url"];

struct GitTags {
    places: Vec<Place>,
    web: Web,
}

enum Place {
    Server(Url),
    Folder {
        /// As deps.toml names it.
        shown: String,
        folder: PathBuf,
    },
}

/// A tag and the object that it leads to in the end: a commit, hardly ever something else.
struct Tag {
    name: String,
    commit: String,
}

pub(super) fn make(setup: &Setup) -> Result<Box<dyn SourceDriver>, Vec<Mistake>> {
    let mut fields = Fields::new(setup, FIELDS);
    let help = "name the repository: `url = \"https://…\"`, or a folder relative to deps.toml";
    let urls = fields.texts("url", help);
    let places = urls.iter().filter_map(|url| place(&mut fields, setup, url)).collect();
    let web = Web::new(setup, fields.insecure);
    fields.finish()?;
    Ok(Box::new(GitTags { places, web }))
}

fn place(fields: &mut Fields<'_>, setup: &Setup, text: &Located<String>) -> Option<Place> {
    let shown = &text.value;
    if shown.trim().is_empty() {
        fields.add_at(Code::BAD_VALUE, "`url` is empty".to_owned(), text, None);
        return None;
    }
    // `git@host:owner/name` is an address for ssh, and no folder.
    let before = shown.split('/').next().unwrap_or_default();
    let ssh = before.contains('@') && before.contains(':');
    if let Some((scheme, _)) = shown.split_once("://")
        && !matches!(scheme, "https" | "http")
    {
        let message = format!("`url` begins with `{scheme}:`, not `https:`");
        let help = "tags are read over https, which asks for no key, or from a folder (`../tool`)";
        fields.add_at(Code::BAD_URL, message, text, Some(help));
        return None;
    }
    if ssh {
        let message = "`url` is an address for ssh".to_owned();
        let help = "write `https://host/owner/name`: tags of public repositories need no key";
        fields.add_at(Code::BAD_URL, message, text, Some(help));
        return None;
    }
    if !shown.contains("://") {
        return Some(Place::Folder { shown: shown.clone(), folder: setup.root.join(shown) });
    }
    let mut url = fields.url("url", text)?;
    let path = format!("{}/info/refs", url.path().trim_end_matches('/'));
    url.set_path(&path);
    // What else is asked (a key of a mirror) stays.
    url.query_pairs_mut().append_pair("service", "git-upload-pack");
    Some(Place::Server(url))
}

impl GitTags {
    async fn tags(&self, place: &Place) -> Result<Vec<Tag>, SourceError> {
        match place {
            Place::Server(url) => {
                let mut request = self.web.request(url.clone());
                request.accept = Some("application/x-git-upload-pack-advertisement, */*;q=0.5");
                let answer = self.web.read(&request).await?;
                match web::markup(&answer.body, answer.content_type.as_deref()) {
                    None => {}
                    Some(None) => return Err(unusable(&answer, "the answer is empty")),
                    Some(Some(what)) => {
                        let why = format!(
                            "it is {what}, where the refs of a git repository were expected"
                        );
                        return Err(unusable(&answer, why));
                    }
                }
                advertisement::read(&answer.body).map_err(|why| unusable(&answer, why))
            }
            Place::Folder { shown, folder } => {
                let failed = |why| SourceError::Answer { url: shown.clone(), why };
                let folder = folder.clone();
                let reading = tokio::task::spawn_blocking(move || local::read(&folder));
                match reading.await {
                    Ok(tags) => tags.map_err(failed),
                    Err(error) => Err(failed(error.to_string())),
                }
            }
        }
    }
}

#[async_trait]
impl SourceDriver for GitTags {
    fn origin(&self) -> String {
        let shown = self.places.iter().map(|place| match place {
            Place::Server(url) => web::origin(std::slice::from_ref(url)),
            Place::Folder { shown, .. } => shown.clone(),
        });
        shown.collect::<Vec<_>>().join(", ")
    }

    async fn releases(&self, _unless: Option<&Revision>) -> Result<Option<Listing>, SourceError> {
        let mut rows = Vec::new();
        for place in &self.places {
            let tags = self.tags(place).await?;
            rows.extend(tags.into_iter().map(|tag| {
                let mut row = Row { upstream: tag.name.clone(), ..Row::default() };
                row.more.insert("tag".to_owned(), Value::String(tag.name));
                row.more.insert("commit".to_owned(), Value::String(tag.commit));
                row
            }));
        }
        Ok(Some(Listing { rows, ..Listing::default() }))
    }

    async fn open(&self, url: &str, from: u64) -> Result<ByteStream, SourceError> {
        self.web.open(url, from).await
    }
}
