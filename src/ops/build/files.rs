//! Verified files on this machine: what upstream serves, sub-dependencies, and needed artifacts.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use super::bench::{Bench, source_of};
use crate::{
    disk::CacheKind,
    model::{
        Address, Artifact, Code, Event, Evidence, ExtraFile, InputDigest, Need, ObjectKey, Record,
        Sha256,
    },
    ops::{
        error::chain,
        outputs,
        transfer::{self, Failed, Fetched},
    },
    planner::{self, LocatedFile},
    source::SourceDriver,
    storage::StorageReader,
    verify::Hasher,
};

/// How often an object whose body breaks off is asked for.
const TRIES: u32 = 3;

/// Another artifact that a build or test is given: what its bytes are, and where.
#[derive(Debug, Clone)]
pub(crate) struct NeedFile {
    pub(crate) address: Address,
    /// The published file's name.
    pub(crate) name: String,
    pub(crate) sha256: Sha256,
    pub(crate) input: InputDigest,
    /// Where the store has it; none: it is only here.
    pub(crate) key: Option<ObjectKey>,
}

impl NeedFile {
    /// What a record says of it.
    pub(crate) fn published(record: &Record) -> Self {
        Self {
            address: record.address.clone(),
            name: key_name(&record.key),
            sha256: record.sha256,
            input: record.input,
            key: Some(record.key.clone()),
        }
    }

    /// Tells whether it is what is needed: the very inputs that the plan was made with.
    pub(crate) fn is(&self, need: &Need) -> bool {
        self.address == need.address && need.input.is_none_or(|input| input == self.input)
    }
}

/// Returns the name of a published file as a build sees it.
fn key_name(key: &ObjectKey) -> String {
    plain_name(key.as_str())
}

/// Returns a name that is one part of a path, whatever upstream calls the file.
pub(crate) fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last.chars().filter(|c| !c.is_control()).collect();
    if name.is_empty() || name == "." || name == ".." { "file".to_owned() } else { name }
}

/// Returns the name that a build sees an upstream file by.
pub(super) fn upstream_name(url: &str) -> String {
    plain_name(&planner::file_name(url))
}

impl Bench<'_> {
    /// Brings the upstream file of an artifact here and says what it is.
    ///
    /// What comes is held against the digest that is known; without one it is learnt.
    pub(super) async fn source(&self, artifact: &Artifact) -> Result<(PathBuf, Fetched), Failed> {
        let file = source_of(artifact);
        transfer::unsigned(&file)?;
        self.file(&artifact.address, &artifact.source.urls, &file).await
    }

    /// Brings the sub-dependencies of an artifact here: files and their names, by id.
    pub(super) async fn extras(
        &self,
        artifact: &Artifact,
    ) -> Result<BTreeMap<String, (PathBuf, String)>, Failed> {
        let mut all = BTreeMap::new();
        for (id, extra) in &artifact.source.extra {
            let file = extra_file(extra);
            let urls = std::slice::from_ref(&extra.url);
            let (path, _) = self.file(&artifact.address, urls, &file).await.map_err(|failed| {
                Failed { message: format!("extra `{id}`: {}", failed.message), ..failed }
            })?;
            all.insert(id.clone(), (path, upstream_name(&extra.url)));
        }
        Ok(all)
    }

    async fn file(
        &self,
        address: &Address,
        urls: &[String],
        file: &LocatedFile,
    ) -> Result<(PathBuf, Fetched), Failed> {
        if let Some(sha256) = file.sha256
            && let Some((path, size)) = self.cached(CacheKind::Artifacts, sha256).await
        {
            return Ok((path, Fetched { url: file.url.clone(), size, sha256 }));
        }
        let source = self.driver(address)?;
        let download =
            transfer::download(self.project, source.as_ref(), address, urls, file, None, self.sink);
        let (fetched, _) = self.until_cancelled(download).await?;
        let kept = self.project.workspace.cache().path(CacheKind::Artifacts, &fetched.sha256);
        Ok((kept.ok_or_else(not_kept)?, fetched))
    }

    fn driver(&self, address: &Address) -> Result<&Arc<dyn SourceDriver>, Failed> {
        let source = self.project.sources.get(&address.dependency);
        source.ok_or_else(|| Failed::new(Code::SOURCE_FAILED, "the dependency has no source"))
    }

    /// Returns a cached file with this digest, and its size. Its bytes are hashed; one that has gone
    /// bad is removed.
    async fn cached(&self, kind: CacheKind, sha256: Sha256) -> Option<(PathBuf, u64)> {
        let path = self.project.workspace.cache().path(kind, &sha256)?;
        let looked = path.clone();
        let hashed = tokio::task::spawn_blocking(move || outputs::digest_of(&looked)).await.ok()?;
        if hashed.ok()? == sha256 {
            let size = fs_err::metadata(&path).ok()?.len();
            return Some((path, size));
        }
        // One that can't be removed is found bad again.
        let _removed = fs_err::remove_file(path);
        None
    }

    /// Finds a needed artifact among those that are at hand; else its kept output. None: neither.
    pub(crate) async fn find_need(&self, need: &Need, at_hand: &[NeedFile]) -> Option<NeedFile> {
        if let Some(found) = at_hand.iter().find(|it| it.is(need)) {
            return Some(found.clone());
        }
        let input = need.input?;
        let kept = outputs::find(self.project, self.storage.as_deref(), &input, self.sink).await?;
        Some(NeedFile {
            address: need.address.clone(),
            name: plain_name(&need.file),
            sha256: kept.output.sha256,
            input,
            key: None,
        })
    }

    /// Brings a needed artifact here.
    pub(crate) async fn need(&self, need: &NeedFile) -> Result<PathBuf, Failed> {
        for kind in [CacheKind::Builds, CacheKind::Artifacts] {
            if let Some((path, _)) = self.cached(kind, need.sha256).await {
                return Ok(path);
            }
        }
        let about = |failed: Failed| Failed {
            message: format!("it needs {}: {}", need.address, failed.message),
            ..failed
        };
        let (Some(storage), Some(key)) = (&self.storage, &need.key) else {
            return Err(about(Failed::new(Code::NEED_MISSING, "its bytes are nowhere to be had")));
        };
        self.until_cancelled(self.fetch(storage.as_ref(), need, key)).await.map_err(about)
    }

    /// Reads a published file into the cache.
    async fn fetch(
        &self,
        storage: &dyn StorageReader,
        need: &NeedFile,
        key: &ObjectKey,
    ) -> Result<PathBuf, Failed> {
        let mut tries = 0;
        'again: loop {
            tries += 1;
            let object = storage.get(key, None).await;
            let object = object.map_err(|it| Failed::storage(&it, &format!("reading `{key}`")))?;
            let Some(mut object) = object else {
                let message = format!("`{key}` is missing, the next apply repairs it");
                return Err(Failed::new(Code::OBJECT_MISSING, message));
            };
            let mut hasher = Hasher::new(None);
            let mut keep = self.project.workspace.cache().begin(CacheKind::Artifacts);
            loop {
                match object.body.next().await {
                    Ok(Some(chunk)) => {
                        hasher.update(&chunk);
                        keep.write(&chunk);
                        let (address, count) = (need.address.clone(), chunk.len() as u64);
                        self.sink.emit(&Event::Bytes { address, count });
                    }
                    Ok(None) => break,
                    Err(_) if tries < TRIES => continue 'again,
                    Err(error) => {
                        let message = format!("reading `{key}`: {}, {tries} times", chain(&error));
                        return Err(Failed::new(Code::STORAGE_FAILED, message));
                    }
                }
            }
            if hasher.finish().sha256 != need.sha256 {
                let message = format!("`{key}` has other bytes than its record says");
                return Err(Failed { refused: true, ..Failed::new(Code::OBJECT_ALTERED, message) });
            }
            return keep.finish(&need.sha256).ok_or_else(not_kept);
        }
    }
}

fn extra_file(extra: &ExtraFile) -> LocatedFile {
    LocatedFile {
        extra: BTreeMap::new(),
        url: extra.url.clone(),
        size: extra.size,
        sha256: extra.sha256,
        upstream_digest: None,
        evidence: match extra.evidence {
            // Their signatures are looked at where their digests are found out.
            Evidence::Signed => Evidence::ChecksumFile,
            given @ (Evidence::Given
            | Evidence::Index
            | Evidence::ChecksumFile
            | Evidence::Tofu) => given,
        },
        signer: None,
    }
}

/// A build reads its files from the cache; there is no other place for them.
fn not_kept() -> Failed {
    Failed {
        help: Some(
            "builds and tests need a `.depstate/` that can be written, and room on it".to_owned(),
        ),
        ..Failed::new(Code::FILE_FAILED, "`.depstate/cache` can't be written")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_part_of_a_path() {
        let cases = [
            ("https://a/b/c-1.tar.gz?x=/y", "c-1.tar.gz"),
            ("https://a/..%2f..%2fetc%2fpasswd", "passwd"),
            ("https://a/%2e%2e", "file"),
            ("https://a/x%00%0ay", "xy"),
            ("https://a/", "file"),
        ];
        for (url, name) in cases {
            assert_eq!(upstream_name(url), name, "{url}");
        }
    }
}
