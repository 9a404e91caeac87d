//! What a person at a workstation asks for: wanted artifacts, with all that they need.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use tokio_util::sync::CancellationToken;

use super::{
    bench::{Bench, Needs},
    files::NeedFile,
    make::Made,
};
use crate::{
    model::{Address, Artifact, Code, Event, Failure, Finding, Need, Severity, Sink, Snapshot},
    ops::{
        Download, OpsError, Planned, Project, Refresh, Request, plan::plan_and_wanted,
        transfer::Failed,
    },
    planner::{Filter, Options},
    storage::StorageReader,
};

/// How often needs of needs are followed before somebody has to lock them first.
const FOLLOWED: usize = 8;
/// What only matters to whoever publishes.
const OF_APPLY: &[Code] =
    &[Code::MAX_RETIRE, Code::HALF_A_VERSION, Code::NEEDS_SUCCESSOR, Code::NOT_OWNER];

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What the planner is told; the filters choose.
    pub options: Options,
    /// The lock must already be right.
    pub locked: bool,
}

/// A bench, and what is to be done at it.
pub(crate) struct Errand<'a> {
    pub(crate) bench: Bench<'a>,
    /// Everything that is wanted.
    pub(crate) wanted: BTreeMap<Address, Artifact>,
    /// What was asked for, in order.
    pub(crate) chosen: Vec<Address>,
    pub(crate) planned: Planned,
    /// What could not even be begun.
    pub(crate) failed: Vec<Failure>,
    /// Made on this errand.
    made: BTreeMap<Address, NeedFile>,
}

impl<'a> Errand<'a> {
    /// Finds out what is wanted of what is asked for. `fits` tells whether an artifact has what is
    /// asked of it; `lacks` says what the others lack.
    ///
    /// # Errors
    /// When nothing fits, or deps.lock and deps.toml don't say enough. A storage that can't be read
    /// is none.
    pub(crate) async fn new(
        project: &'a Project,
        storage: &Arc<dyn StorageReader>,
        asked: &Asked,
        (fits, lacks): (fn(&Artifact) -> bool, &str),
        sink: &'a Arc<dyn Sink>,
        cancel: &'a CancellationToken,
    ) -> Result<Self, OpsError> {
        let filters = asked.options.filters.clone();
        let mut request = Request {
            options: asked.options.clone(),
            refresh: Refresh::Index,
            locked: asked.locked,
            download: Download::Needed,
        };
        let mut followed = 0;
        let (planned, wanted) = loop {
            let (planned, wanted) = look(project, storage, &mut request, sink).await?;
            let more = unknown(&wanted, &request.options);
            followed += 1;
            if more.is_empty() || followed == FOLLOWED {
                break (planned, wanted);
            }
            request.options.filters.extend(more);
        };
        let takes = |address: &Address| filters.iter().any(|filter| filter.matches(address));
        let fit = wanted.iter().filter(|(address, _)| takes(address));
        let (chosen, others): (Vec<_>, Vec<_>) = fit.partition(|(_, artifact)| fits(artifact));
        let failed = undecided(&planned.plan.findings, &wanted, &filters);
        if chosen.is_empty() && failed.is_empty() {
            let asked: Vec<&str> = filters.iter().map(Filter::as_str).collect();
            let asked = asked.join("`, `");
            let message = match others.first() {
                Some((address, _)) => format!("`{asked}`: {address} has no {lacks} in deps.toml"),
                None => format!("nothing that is wanted fits `{asked}`"),
            };
            let help = "`depstate plan` and `depstate show` list addresses";
            return Err(OpsError::said(Code::BAD_FILTER, message, Some(help)));
        }
        for finding in &planned.plan.findings {
            if finding.severity == Severity::Warning && finding.address.iter().all(takes) {
                let of = finding.dependency.as_ref();
                if of.is_some_and(|id| filters.iter().any(|filter| filter.may_take(id))) {
                    sink.emit(&Event::Warned(finding.clone()));
                }
            }
        }
        let reader = ours(project, planned.snapshot.as_ref()).then(|| storage.clone());
        let chosen = chosen.into_iter().map(|(address, _)| address.clone()).collect();
        Ok(Self {
            bench: Bench::new(project, reader, &asked.options.rebuild, sink, cancel),
            chosen,
            wanted,
            planned,
            failed,
            made: BTreeMap::new(),
        })
    }

    /// Makes an artifact, and before it whatever it needs that is not published.
    pub(crate) async fn make(&mut self, artifact: &Artifact) -> Result<Made, Failed> {
        let needs = artifact.recipe.iter().flat_map(|recipe| recipe.needs.clone());
        let needs = self.needs(needs).await?;
        let made = self.bench.make(artifact, &needs, &self.planned.tree).await?;
        if let Some(input) = made.artifact.input {
            let file = NeedFile {
                address: artifact.address.clone(),
                name: made.artifact.file.clone(),
                sha256: made.sha256,
                input,
                key: None,
            };
            self.made.insert(artifact.address.clone(), file);
        }
        Ok(made)
    }

    /// Finds needed artifacts, or makes them.
    pub(crate) async fn needs(
        &mut self,
        needs: impl IntoIterator<Item = (String, Need)>,
    ) -> Result<Needs, Failed> {
        let mut found = Needs::new();
        for (id, need) in needs {
            let file = match self.at_hand(&need).await {
                Some(file) => file,
                None => Box::pin(self.provide(&need)).await?,
            };
            found.insert(id, file);
        }
        Ok(found)
    }

    async fn at_hand(&self, need: &Need) -> Option<NeedFile> {
        let made = self.made.get(&need.address).cloned();
        let files: Vec<NeedFile> = made.into_iter().chain(self.published(&need.address)).collect();
        self.bench.find_need(need, &files).await
    }

    /// Returns what is published at an address.
    pub(crate) fn published(&self, address: &Address) -> Option<NeedFile> {
        self.bench.storage.as_ref()?;
        self.planned.snapshot.as_ref()?.live.get(address).map(NeedFile::published)
    }

    async fn provide(&mut self, need: &Need) -> Result<NeedFile, Failed> {
        let missing = || {
            let message = format!("it needs {}, which is not wanted", need.address);
            Failed::new(Code::NEED_MISSING, message)
        };
        let artifact = self.wanted.get(&need.address).cloned().ok_or_else(missing)?;
        self.make(&artifact).await.map_err(|failed| Failed {
            message: format!("it needs {}: {}", need.address, failed.message),
            ..failed
        })?;
        self.made.get(&need.address).cloned().ok_or_else(missing)
    }
}

/// Says of a failure whose it is.
pub(crate) fn failure(address: &Address, failed: Failed) -> Failure {
    Failure {
        what: address.to_string(),
        code: failed.code,
        message: failed.message,
        help: failed.help,
        refused: failed.refused,
    }
}

/// Plans, without the storage where that can't be read.
async fn look(
    project: &Project,
    storage: &Arc<dyn StorageReader>,
    request: &mut Request,
    sink: &Arc<dyn Sink>,
) -> Result<(Planned, BTreeMap<Address, Artifact>), OpsError> {
    match plan_and_wanted(project, storage.as_ref(), request, sink).await {
        Err(error)
            if request.refresh != Refresh::None
                && [Some(Code::STORAGE_FAILED), Some(Code::STORAGE_DENIED)]
                    .contains(&error.code()) =>
        {
            let text = format!("the storage is left out, because it can't be read: {error}");
            sink.emit(&Event::Remark(text));
            request.refresh = Refresh::None;
            plan_and_wanted(project, storage.as_ref(), request, sink).await
        }
        other => other,
    }
}

/// Returns filters for what the chosen artifacts need and of which too little is known, because it was
/// not asked for.
fn unknown(wanted: &BTreeMap<Address, Artifact>, options: &Options) -> Vec<Filter> {
    let mut found = BTreeSet::new();
    for artifact in wanted.values().filter(|artifact| options.takes(&artifact.address)) {
        let build = artifact.recipe.iter().flat_map(|recipe| recipe.needs.values());
        let test = artifact.trial.iter().flat_map(|trial| trial.needs.values());
        for need in build.chain(test).filter(|need| !options.takes(&need.address)) {
            let known = wanted.get(&need.address).is_some_and(|it| it.input.is_some());
            if !known {
                found.insert(need.address.to_string());
            }
        }
    }
    found.iter().filter_map(|text| Filter::new(text).ok()).collect()
}

/// What keeps something that was asked for from being decided.
fn undecided(
    findings: &[Finding],
    wanted: &BTreeMap<Address, Artifact>,
    filters: &[Filter],
) -> Vec<Failure> {
    let about = |finding: &&Finding| {
        if finding.severity == Severity::Warning || OF_APPLY.contains(&finding.code) {
            return false;
        }
        match (&finding.address, &finding.dependency) {
            (Some(address), _) => {
                filters.iter().any(|filter| filter.matches(address))
                    && !wanted.contains_key(address)
            }
            (None, Some(id)) => {
                let of = |address: &&Address| {
                    address.dependency == *id && filters.iter().any(|it| it.matches(address))
                };
                filters.iter().any(|filter| filter.may_take(id)) && !wanted.keys().any(|it| of(&it))
            }
            (None, None) => false,
        }
    };
    findings
        .iter()
        .filter(about)
        .map(|finding| Failure {
            what: match (&finding.address, &finding.dependency) {
                (Some(address), _) => address.to_string(),
                (None, Some(id)) => id.to_string(),
                (None, None) => String::new(),
            },
            code: finding.code,
            message: finding.message.clone(),
            help: finding.help.clone(),
            refused: finding.severity == Severity::Refused,
        })
        .collect()
}

/// What another project published is nothing to build with.
fn ours(project: &Project, snapshot: Option<&Snapshot>) -> bool {
    snapshot.is_some_and(|snapshot| snapshot.head.project == project.manifest.project)
}
