//! The digests of sub-dependencies.

use std::{collections::BTreeMap, sync::Arc};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use tokio::sync::{Mutex, OnceCell, Semaphore};

use super::{
    Download, Project, Request,
    locate::read,
    transfer::{self, Failed, Fetched},
    vouchers::Vouchers,
};
use crate::{
    model::{Address, DependencyId, Digest, Evidence, ExtraFile, Sink},
    planner::{ChecksumQuery, ExtraQuery, LocatedFile},
    source::SourceDriver,
};

/// Whose, from which address, and the digest that is wanted beside SHA-256.
type Key = (DependencyId, String, Option<String>);
type Cell = Arc<OnceCell<Result<Fetched, Failed>>>;

/// What was downloaded in this run. Many artifacts have the same sub-dependencies: each is asked for
/// once.
#[derive(Debug)]
pub(super) struct Downloads {
    done: Mutex<BTreeMap<Key, Cell>>,
    /// So many at once, whichever artifacts they are for.
    room: Semaphore,
}

impl Downloads {
    /// Begins with nothing downloaded, and so many at once.
    pub(super) fn new(jobs: usize) -> Self {
        Self { done: Mutex::default(), room: Semaphore::new(jobs.max(1)) }
    }
}

/// What it takes to look for the sub-dependencies of an artifact.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) project: &'a Project,
    pub(super) source: &'a dyn SourceDriver,
    pub(super) address: &'a Address,
    pub(super) request: &'a Request,
    pub(super) vouchers: &'a Vouchers,
    pub(super) downloads: &'a Downloads,
    pub(super) sink: &'a Arc<dyn Sink>,
}

/// Returns what is known of sub-dependencies without a request.
pub(super) fn as_known(queries: &BTreeMap<String, ExtraQuery>) -> BTreeMap<String, ExtraFile> {
    queries.iter().map(|(id, query)| (id.clone(), query.as_known())).collect()
}

impl Look<'_> {
    /// Finds out what it can about the sub-dependencies of an artifact.
    ///
    /// # Errors
    /// With the first that can't be had.
    pub(super) async fn all(
        &self,
        queries: &BTreeMap<String, ExtraQuery>,
    ) -> Result<BTreeMap<String, ExtraFile>, Failed> {
        stream::iter(queries)
            .map(|(id, query)| async move {
                let found = self.one(id, query).await.map_err(|failed| Failed {
                    message: format!("`{id}` {}: {}", query.version, failed.message),
                    ..failed
                })?;
                Ok((id.clone(), found))
            })
            .buffered(self.project.setting.jobs.max(1))
            .try_collect()
            .await
    }

    async fn one(&self, id: &str, query: &ExtraQuery) -> Result<ExtraFile, Failed> {
        let mut found = query.as_known();
        if query.is_settled() {
            return Ok(found);
        }
        let mut other: Option<Digest> = None;
        match &query.checksum {
            Some(ChecksumQuery::File { url, select, algorithm, .. }) => {
                let file = self.vouchers.fetch(self.source, url).await;
                let file = file.map_err(|unread| Failed::new(unread.code, unread.message))?;
                let digest = read(&file, url, &query.name, select.as_deref(), *algorithm).await;
                let digest = digest.map_err(|(code, message)| Failed::new(code, message))?;
                found.sha256 = digest.sha256();
                other = found.sha256.is_none().then_some(digest);
            }
            Some(ChecksumQuery::Given(digest)) if digest.sha256().is_none() => {
                other = Some(digest.clone());
            }
            Some(ChecksumQuery::Given(_)) | None => {}
        }
        let download = self.request.download != Download::Nothing;
        if found.sha256.is_none() && download && !self.project.setting.offline {
            let fetched = self.download(id, query, found.evidence, other).await?;
            (found.size, found.sha256) = (Some(fetched.size), Some(fetched.sha256));
        }
        Ok(found)
    }

    async fn download(
        &self,
        id: &str,
        query: &ExtraQuery,
        evidence: Evidence,
        other: Option<Digest>,
    ) -> Result<Fetched, Failed> {
        let dependency = self.address.dependency.clone();
        let key = (dependency, query.url.clone(), other.as_ref().map(ToString::to_string));
        let cell = self.downloads.done.lock().await.entry(key).or_default().clone();
        cell.get_or_init(|| async {
            let _room = self.downloads.room.acquire().await;
            let what = format!("{id} {}", query.version);
            // Where the bytes were decided, it is said below that they are others.
            let file = bytes(&query.url, None, other, evidence);
            let Self { project, source, address, sink, .. } = *self;
            transfer::download_extra(project, source, address, &what, &file, sink).await
        })
        .await
        .clone()
    }
}

fn bytes(
    url: &str,
    size: Option<u64>,
    upstream_digest: Option<Digest>,
    evidence: Evidence,
) -> LocatedFile {
    LocatedFile {
        extra: BTreeMap::new(),
        url: url.to_owned(),
        size,
        sha256: None,
        upstream_digest,
        evidence,
        signer: None,
    }
}
