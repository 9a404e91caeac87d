//! From a folder to a project: deps.toml and deps.lock read, drivers made.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use super::{Keys, OpsError, configuration, error::chain, outside::Outside};
use crate::{
    config::Config,
    disk::{Cache, CacheKind, RunLock, Workspace},
    lock,
    manifest::{self, Known},
    model::{Code, DependencyId, Environment, Located, Lock, Manifest, Mistake, Sha256},
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
    /// The user's configuration, where the command line or the environment names it.
    pub config: Option<PathBuf>,
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
    /// How many processors a build may use.
    pub processors: usize,
    /// This program, to be run again as a helper of builds and tests.
    pub program: PathBuf,
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
    /// The user's own configuration.
    pub config: Config,
    /// Where that came from; none: nothing is configured.
    pub config_file: Option<PathBuf>,
    /// Where deps.lock is or will be.
    pub lock_path: PathBuf,
    /// deps.lock, as it is; none: there is none.
    pub lock_text: Option<Vec<u8>>,
    /// deps.lock, as it is meant.
    pub lock: Lock,
    /// Sources by dependency.
    pub sources: BTreeMap<DependencyId, Arc<dyn SourceDriver>>,
    /// The HTTP client of each source.
    pub clients: BTreeMap<DependencyId, Client>,
    /// Schedules by dependency.
    pub schedules: BTreeMap<DependencyId, Schedule>,
    /// Who may sign, by rule.
    pub keys: Keys,
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

/// Reads deps.toml and deps.lock and makes the drivers. Nothing is asked and nothing written; a store
/// that is a program of the user's is started and greeted.
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
    let configured = configuration::read(&setting, &root)?;
    // Before anything is read: what is read must still hold when it is written.
    let alone = if setting.exclusive { Some(workspace.run_lock()?) } else { None };
    let client = Client::new(ClientConfig {
        offline: setting.offline,
        cache: Some(Arc::new(Answers { cache: workspace.cache(), now: setting.now })),
        rules: configured.rules.clone(),
        ..ClientConfig::default()
    });

    let sources: Vec<&str> = source::DRIVERS.iter().map(|driver| driver.name).collect();
    let storages: Vec<&str> = storage::registry::DRIVERS.iter().map(|driver| driver.name).collect();
    let mut read = manifest::read(&text, &Known { sources: &sources, storages: &storages });
    let mut outside = Outside::new(&setting, &root, &text, &configured.config);
    // Only who names a driver that is not built in has PATH looked through.
    if read.mistakes.iter().any(|mistake| mistake.code == Code::UNKNOWN_DRIVER) {
        let more = outside.names();
        let sources: Vec<&str> =
            sources.into_iter().chain(more.sources.iter().map(String::as_str)).collect();
        let storages: Vec<&str> =
            storages.into_iter().chain(more.storages.iter().map(String::as_str)).collect();
        read = manifest::read(&text, &Known { sources: &sources, storages: &storages });
    }
    let mut mistakes = std::mem::take(&mut read.mistakes);
    let mut sources: BTreeMap<DependencyId, Arc<dyn SourceDriver>> = BTreeMap::new();
    let mut clients = BTreeMap::new();
    for (id, (name, table)) in read.sources {
        let client = client.for_one_source();
        clients.insert(id.clone(), client.clone());
        let mut make = |name: &Located<String>, table: manifest::DriverTable| {
            let Some(driver) = source::find(&name.value) else {
                return outside.source(&id, name, &table, &client, &mut mistakes);
            };
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
        let first = make(&name, table);
        let others = read.fallbacks.remove(&id).unwrap_or_default();
        let others: Vec<_> =
            others.into_iter().filter_map(|(name, table)| make(&name, table)).collect();
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
    let mut unusable = None;
    let named = read.storage.map(|(name, table)| {
        (storage::registry::DRIVERS.iter().find(|driver| driver.name == name.value), name, table)
    });
    if let Some((None, name, table)) = &named {
        match outside.storage(name, table, &mut mistakes).await {
            Ok(made) => writer = made,
            Err(error) => unusable = Some(error),
        }
    }
    if let Some((Some(driver), _, table)) = named {
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
    let keys = match &read.manifest {
        Some(manifest) => {
            let (keys, more) = Keys::read(manifest, &root);
            add(&mut mistakes, more);
            keys
        }
        None => Keys::default(),
    };
    if let Some(error) = unusable.filter(|_| mistakes.is_empty()) {
        return Err(error);
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
        config: configured.config,
        config_file: configured.file,
        lock_path,
        lock_text,
        lock,
        sources,
        clients,
        schedules,
        keys,
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
