//! A project in a folder, a store, and what is asked for: copied for every cell.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use depstate::{
    model::{Done, Environment, Event, Report, Sink, Step},
    ops::{self, Download, OpsError, Planned, Project, Refresh, Request, Setting, apply::How},
    planner::{Options, Update},
};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::store::FaultyStore;

/// What is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    Apply,
    Collect,
    /// Back to this serial.
    Rollback(u64),
}

pub(crate) struct Site {
    folder: tempfile::TempDir,
    pub(crate) deed: Deed,
    pub(crate) now: Timestamp,
    pub(crate) store: FaultyStore,
    pub(crate) update: bool,
    pub(crate) commit_every: Duration,
}

struct Silence;

impl Sink for Silence {
    fn emit(&self, _event: &Event) {}
}

impl Site {
    pub(crate) fn new() -> Self {
        // Thousands of them: in memory, where that is to be had.
        let memory = Path::new("/dev/shm");
        let folder =
            if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        Self {
            folder: folder.unwrap(),
            deed: Deed::Apply,
            now: "2025-03-02T12:00:00Z".parse().unwrap(),
            store: FaultyStore::default(),
            update: false,
            commit_every: Duration::from_mins(5),
        }
    }

    /// All of it once more.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self {
            store: self.store.copy(),
            update: self.update,
            deed: self.deed,
            now: self.now,
            commit_every: self.commit_every,
            ..Self::new()
        };
        copy_folder(self.folder.path(), copy.folder.path());
        copy
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        // A file that is shared with other copies must not change under them.
        let _fresh = std::fs::remove_file(&path);
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.path(name)).ok()
    }

    pub(crate) fn remove(&self, name: &str) {
        std::fs::remove_file(self.path(name)).unwrap();
    }

    /// A release in the folder of a source.
    pub(crate) fn release(&self, id: &str, version: &str, targets: &[&str]) {
        for target in targets {
            self.write(
                &format!("upstream/{id}/{id}-{version}-{target}.tar.gz"),
                format!("{id} {version} {target}"),
            );
        }
    }

    pub(crate) fn request(&self) -> Request {
        let update = if self.update { Update::All } else { Update::No };
        Request {
            options: Options {
                rebuild: Vec::new(),
                update,
                accept: std::collections::BTreeSet::new(),
                filters: Vec::new(),
                exclude: Vec::new(),
                max_retire: u64::MAX,
                as_of: self.now,
                decide: false,
            },
            refresh: Refresh::Objects,
            locked: false,
            download: Download::Needed,
        }
    }

    pub(crate) async fn open(&self) -> Result<Project, OpsError> {
        let setting = Setting {
            manifest: self.path("deps.toml"),
            shown: "deps.toml".to_owned(),
            config: None,
            environment: Environment::default(),
            offline: false,
            stale_ok: false,
            now: self.now,
            jobs: 1,
            processors: 1,
            program: env!("CARGO_BIN_EXE_depstate").into(),
            by: Some("ci".to_owned()),
            exclusive: true,
        };
        Ok(ops::open(setting).await?.0)
    }

    pub(crate) async fn plan(&self, project: &Project) -> Result<Planned, OpsError> {
        ops::plan(project, &self.store, &self.request(), &sink()).await
    }

    /// One run of `apply`.
    pub(crate) async fn apply(&self) -> Result<Report, OpsError> {
        Ok(self.plan_and_apply().await?.1)
    }

    /// One run of `apply`, and whether its plan had changes.
    pub(crate) async fn plan_and_apply(&self) -> Result<(bool, Report), OpsError> {
        let project = self.open().await?;
        let planned = self.plan(&project).await?;
        let changes = planned.plan.has_changes();
        let how = How { commit_every: self.commit_every, saved: false };
        let store = Arc::new(self.store.clone());
        let cancel = CancellationToken::new();
        let (request, sink) = (self.request(), sink());
        let run = ops::apply::apply(&project, store, planned, &request, how, &sink, &cancel);
        Ok((changes, Box::pin(run).await?))
    }

    /// Runs what is to be run.
    pub(crate) async fn run(&self) -> Result<Report, OpsError> {
        match self.deed {
            Deed::Apply => self.apply().await,
            Deed::Collect => self.collect().await,
            Deed::Rollback(serial) => self.roll_back(serial).await,
        }
    }

    async fn collect(&self) -> Result<Report, OpsError> {
        let project = self.open().await?;
        let day = Duration::from_hours(24);
        let request = ops::gc::Request { carry_out: true, max_delete: None, dead_after: day };
        let did = ops::gc::gc(&project, Arc::new(self.store.clone()), &request).await?.did;
        let mut report = Report::default();
        if let Some(did) = did {
            report.unknown = did.unknown;
            report.warnings = did.left;
        }
        Ok(report)
    }

    async fn roll_back(&self, serial: u64) -> Result<Report, OpsError> {
        let project = self.open().await?;
        let prepared = ops::rollback::prepare(&project, &self.store, serial, u64::MAX).await?;
        let mut report = Report::default();
        let steps = prepared.back.steps.clone();
        if steps.is_empty() {
            return Ok(report);
        }
        let (store, sink) = (Arc::new(self.store.clone()), sink());
        let run = ops::rollback::carry_out(&project, store, prepared, u64::MAX, false, &sink);
        match Box::pin(run).await? {
            ops::rollback::Ended::Committed(head) => {
                report.serial = Some(head.serial);
                let done = |step: Step| Done {
                    address: step.address,
                    action: step.action,
                    bytes: 0,
                    fetched: 0,
                };
                report.done = steps.into_iter().map(done).collect();
            }
            ops::rollback::Ended::Unknown(tx) => report.unknown = Some(tx),
        }
        Ok(report)
    }

    /// A run that must do all of it.
    pub(crate) async fn applied(&self) -> Report {
        let report = self.apply().await.unwrap();
        assert!(report.failed.is_empty() && report.held.is_empty(), "{report:?}");
        report
    }

    /// Both clocks go on for longer than anything is kept, and a collector is to be run.
    pub(crate) fn much_later(&mut self) {
        self.now = "2026-06-01T12:00:00Z".parse().unwrap();
        self.store.inner().clock = Some(self.now);
        self.deed = Deed::Collect;
    }

    /// Takes what upstream has now into deps.lock.
    pub(crate) async fn accept(&self, addresses: &[&str]) {
        let project = self.open().await.unwrap();
        let mut request = self.request();
        request.options.accept = addresses.iter().map(|name| name.parse().unwrap()).collect();
        let lock = ops::lock::lock(&project, &self.store, &request, &sink()).await.unwrap();
        assert!(lock.written);
    }
}

pub(crate) fn sink() -> Arc<dyn Sink> {
    Arc::new(Silence)
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_folder(&path, &copy);
        } else if path.extension().is_some_and(|ending| ending == "gz") {
            std::fs::hard_link(path, copy).unwrap();
        } else {
            std::fs::copy(path, copy).unwrap();
        }
    }
}
