//! From a folder to a project: deps.toml and deps.lock read, drivers made.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use super::{OpsError, error::chain};
use crate::{
    disk::{Cache, CacheKind, RunLock, Workspace},
    lock,
    manifest::{self, Known},
    model::{Code, DependencyId, Environment, Lock, Manifest, Mistake, Sha256},
    net::{Client, ClientConfig, HttpCache},
    source::{self, Schedule, SourceDriver},
    state::{Author, Chance, DocumentCache},
    storage::{self, StorageWriter},
};

/// What the command line and the machine say before anything is read.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Where deps.toml is.
    pub manifest: PathBuf,
    /// How deps.toml is called in messages.
    pub shown: String,
    /// The environment.
    pub environment: Environment,
    /// No network but the storage's.
    pub offline: bool,
    /// The clock.
    pub now: Timestamp,
    /// An old answer may stand in for a source that can't be read.
    pub stale_ok: bool,
    /// How many things are done at once.
    pub jobs: usize,
    /// Who runs this, where the environment says so.
    pub by: Option<String>,
    /// The operation writes deps.lock or the storage: one such at a time in a checkout.
    pub exclusive: bool,
}

/// Everything that an operation works on.
pub struct Project {
    /// Where it came from.
    pub setting: Setting,
    /// The folder of deps.toml.
    pub root: PathBuf,
    /// deps.toml, as it is.
    pub text: Vec<u8>,
    /// deps.toml, as it is meant.
    pub manifest: Manifest,
    /// Where deps.lock is or will be.
    pub lock_path: PathBuf,
    /// deps.lock, as it is; none: there is none.
    pub lock_text: Option<Vec<u8>>,
    /// deps.lock, as it is meant.
    pub lock: Lock,
    /// Sources by dependency.
    pub sources: BTreeMap<DependencyId, Arc<dyn SourceDriver>>,
    /// Schedules by dependency.
    pub schedules: BTreeMap<DependencyId, Schedule>,
    /// The HTTP client of each source.
    pub clients: BTreeMap<DependencyId, Client>,
    /// `.depstate/`.
    pub workspace: Workspace,
    /// Held as long as the project, where the operation writes.
    _alone: Option<RunLock>,
}

impl std::fmt::Debug for Project {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Project").field("root", &self.root).finish_non_exhaustive()
    }
}

impl Project {
    /// Returns who changes the bucket in this run.
    pub(crate) fn author(&self) -> Author {
        Author {
            project: self.manifest.project.clone(),
            by: self.setting.by.clone(),
            tool: concat!("depstate ", env!("CARGO_PKG_VERSION")).to_owned(),
            now: self.setting.now,
            single_writer: self.manifest.storage.single_writer,
            chance: Chance::system(),
        }
    }

    /// Returns the cache of index documents.
    pub(crate) fn documents(&self) -> Arc<dyn DocumentCache> {
        Arc::new(Documents(self.workspace.cache()))
    }
}

/// Reads deps.toml and deps.lock and makes the drivers. Nothing is asked and nothing written.
///
/// # Errors
/// All mistakes of deps.toml in one report, those that drivers find in their tables included.
pub async fn open(setting: Setting) -> Result<(Project, Arc<dyn StorageWriter>), OpsError> {
    let text = fs_err::read(&setting.manifest).map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            OpsError::said(
                Code::NO_MANIFEST,
                format!("there is no `{}`", setting.shown),
                Some("run `depstate init` to write one, or say where it is with `-C DIR` or `--manifest FILE`"),
            )
        } else {
            OpsError::said(Code::FILE_FAILED, chain(&error), None)
        }
    })?;
    let root = setting.manifest.parent().map(Path::to_path_buf).unwrap_or_default();
    let workspace = Workspace::new(&root);
    // Whatever is kept there, git must never see it.
    workspace.prepare();
    // Before anything is read: what is read must still hold when it is written.
    let alone = if setting.exclusive { Some(workspace.run_lock()?) } else { None };
    let client = Client::new(ClientConfig {
        offline: setting.offline,
        cache: Some(Arc::new(Answers { cache: workspace.cache(), now: setting.now })),
        ..ClientConfig::default()
    });

    let sources: Vec<&str> = source::DRIVERS.iter().map(|driver| driver.name).collect();
    let storages: Vec<&str> = storage::registry::DRIVERS.iter().map(|driver| driver.name).collect();
    let mut read = manifest::read(&text, &Known { sources: &sources, storages: &storages });
    let mut mistakes = std::mem::take(&mut read.mistakes);
    let mut sources: BTreeMap<DependencyId, Arc<dyn SourceDriver>> = BTreeMap::new();
    let mut clients = BTreeMap::new();
    for (id, (name, table)) in read.sources {
        let client = client.for_one_source();
        clients.insert(id.clone(), client.clone());
        let mut make = |name: &str, table: manifest::DriverTable| {
            let driver = source::find(name)?;
            let setup = source::Setup {
                id: id.clone(),
                table,
                root: root.clone(),
                client: client.clone(),
                environment: setting.environment.clone(),
                now: Some(setting.now),
                limits: source::Limits::default(),
            };
            (driver.make)(&setup).map_err(|more| add(&mut mistakes, more)).ok()
        };
        let first = make(&name.value, table);
        let others = read.fallbacks.remove(&id).unwrap_or_default();
        let others: Vec<_> =
            others.into_iter().filter_map(|(name, table)| make(&name.value, table)).collect();
        match first {
            Some(first) if others.is_empty() => {
                sources.insert(id, Arc::from(first));
            }
            Some(first) => {
                sources.insert(id, Arc::new(source::Fallback::new(first, others)));
            }
            None => {}
        }
    }
    let mut schedules = BTreeMap::new();
    for (id, table) in read.schedules {
        let setup = source::Setup {
            id: id.clone(),
            table,
            root: root.clone(),
            client: client.clone(),
            environment: setting.environment.clone(),
            now: Some(setting.now),
            limits: source::Limits::default(),
        };
        match Schedule::make(&setup) {
            Ok(made) => {
                schedules.insert(id, made);
            }
            Err(more) => add(&mut mistakes, more),
        }
    }
    let mut writer = None;
    if let Some((name, table)) = read.storage
        && let Some(driver) = storage::registry::DRIVERS.iter().find(|d| d.name == name.value)
    {
        let setup = storage::registry::Setup {
            table,
            root: root.clone(),
            environment: setting.environment.clone(),
        };
        match (driver.make)(setup).await {
            Ok(made) => writer = Some(made),
            Err(more) => add(&mut mistakes, more),
        }
    }
    let (Some(manifest), Some(writer), true) = (read.manifest, writer, mistakes.is_empty()) else {
        let report = manifest::report(&setting.shown, &text, mistakes);
        return Err(OpsError::Manifest(Box::new(report)));
    };

    let lock_path = root.join("deps.lock");
    let lock_text = match fs_err::read(&lock_path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(OpsError::said(Code::FILE_FAILED, chain(&error), None)),
    };
    let lock = match &lock_text {
        Some(text) => lock::read(text).map_err(|error| OpsError::Lock(Box::new(error)))?,
        None => Lock::default(),
    };
    let project = Project {
        setting,
        root,
        text,
        manifest,
        lock_path,
        lock_text,
        lock,
        sources,
        schedules,
        clients,
        workspace,
        _alone: alone,
    };
    Ok((project, writer))
}

/// Several dependencies may share a table (by `extends` or `[defaults]`): one mistake, one place.
fn add(all: &mut Vec<Mistake>, more: Vec<Mistake>) {
    for mistake in more {
        if !all.contains(&mistake) {
            all.push(mistake);
        }
    }
}

/// Index documents and generations, kept by digest.
struct Documents(Cache);

#[async_trait]
impl DocumentCache for Documents {
    async fn get(&self, digest: &Sha256) -> Option<Bytes> {
        self.0.get(CacheKind::Index, digest)
    }
    async fn put(&self, digest: &Sha256, bytes: &Bytes) {
        self.0.put(CacheKind::Index, digest, bytes);
    }
}

/// Answers of version indexes, kept by the digest of the question.
struct Answers {
    cache: Cache,
    now: Timestamp,
}

impl HttpCache for Answers {
    fn get(&self, question: &Sha256) -> Option<Vec<u8>> {
        self.cache.get_named(CacheKind::Http, question)
    }
    fn put(&self, question: &Sha256, answer: &[u8]) {
        self.cache.put_named(CacheKind::Http, question, answer);
        self.confirm(question);
    }
    fn confirm(&self, question: &Sha256) {
        self.cache.touch(CacheKind::Http, question, self.now);
    }
    fn right_at(&self, question: &Sha256) -> Option<Timestamp> {
        self.cache.touched(CacheKind::Http, question)
    }
}
