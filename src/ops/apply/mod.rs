//! `apply`: makes it so. Transfers, then a commit; again after a lost race, or when a long apply
//! has gathered enough.

mod commit;
mod publish;
mod queue;
mod transfers;

pub(crate) use commit::pause;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use super::{OpsError, Planned, Project, Request, build::Bench, lock};
use crate::{
    failpoint,
    model::{
        Action, Address, Code, Done, Failure, Finding, Held, Record, Report, Severity, Sink, Step,
    },
    planner::{self, LocatedFile},
    state::{self, Chance, Transaction},
    storage::{StorageReader, StorageWriter},
};

/// How an apply goes about it.
#[derive(Debug, Clone, Copy)]
pub struct How {
    /// What was gathered is committed after this long.
    pub commit_every: Duration,
    /// The plan was saved and approved: a lost race ends the apply, it is not planned anew.
    pub saved: bool,
}

/// An artifact that is in the store and not yet in the index.
pub(super) struct Ready {
    /// Its record, as it will stand in the index.
    pub(super) record: Record,
    /// What was found out about its upstream file.
    pub(super) learned: LocatedFile,
    /// Bytes that were fetched for it.
    pub(super) fetched: u64,
}

/// One apply on its way.
pub(super) struct Run<'a> {
    pub(super) project: &'a Project,
    pub(super) storage: Arc<dyn StorageWriter>,
    pub(super) request: &'a Request,
    pub(super) how: How,
    pub(super) sink: &'a Arc<dyn Sink>,
    pub(super) cancel: &'a CancellationToken,
    pub(super) planned: Planned,
    /// Where artifacts are built and tried.
    pub(super) bench: Bench<'a>,
    /// In the store under this transaction's keys.
    pub(super) ready: BTreeMap<Address, Ready>,
    /// What transfers found out about files.
    pub(super) learned: BTreeMap<Address, LocatedFile>,
    pub(super) failed: BTreeMap<Address, Failure>,
    /// Not even begun, because what they need failed.
    pub(super) held: BTreeMap<Address, String>,
    /// In the index.
    pub(super) committed: BTreeSet<Address>,
    pub(super) report: Report,
}

/// Carries a plan out.
///
/// # Errors
/// When nothing could be begun. Whatever happens later is in the report.
pub async fn apply(
    project: &Project,
    storage: Arc<dyn StorageWriter>,
    planned: Planned,
    request: &Request,
    how: How,
    sink: &Arc<dyn Sink>,
    cancel: &CancellationToken,
) -> Result<Report, OpsError> {
    let reader: Arc<dyn StorageReader> = storage.clone();
    let mut run = Run {
        project,
        bench: Bench::new(project, Some(reader), &request.options.rebuild, sink, cancel),
        storage,
        request,
        how,
        sink,
        cancel,
        report: Report {
            unchanged: planned.plan.unchanged.len() as u64,
            filtered: planned.plan.filtered,
            serial: planned.snapshot.as_ref().map(|snapshot| snapshot.head.serial),
            ..Report::default()
        },
        planned,
        ready: BTreeMap::new(),
        learned: BTreeMap::new(),
        failed: BTreeMap::new(),
        held: BTreeMap::new(),
        committed: BTreeSet::new(),
    };
    run.findings();
    if run.planned.plan.findings.iter().any(blocks_all) {
        run.report.held = run.rest("nothing is applied while the plan is refused");
        return Ok(run.report);
    }
    if run.planned.plan.steps.iter().any(|step| step.action.changes_index()) {
        run.change().await?;
    } else if let Some(snapshot) = &run.planned.snapshot {
        run.views(snapshot).await;
    }
    Ok(run.close())
}

/// Tells whether a finding holds back the whole apply, not its dependency alone: the person asked
/// for something that must not be done in part.
fn blocks_all(finding: &Finding) -> bool {
    finding.severity != Severity::Warning
        && [Code::MAX_RETIRE, Code::HALF_A_VERSION, Code::NEEDS_SUCCESSOR].contains(&finding.code)
}

impl Run<'_> {
    /// What the plan could not do is a failure of this apply.
    fn findings(&mut self) {
        for finding in &self.planned.plan.findings {
            let what = match (&finding.address, &finding.dependency) {
                (Some(address), _) => address.to_string(),
                (None, Some(id)) => id.to_string(),
                (None, None) => self.project.manifest.project.clone(),
            };
            if finding.severity == Severity::Warning {
                continue;
            }
            let failure = Failure {
                what,
                code: finding.code,
                message: finding.message.clone(),
                help: finding.help.clone(),
                refused: finding.severity == Severity::Refused,
            };
            if !self.report.failed.contains(&failure) {
                self.report.failed.push(failure);
            }
        }
    }

    /// Transactions until everything is committed that can be. Once something is committed, what
    /// fails later is a failure in the report, never the end of it.
    async fn change(&mut self) -> Result<(), OpsError> {
        match self.transactions().await {
            Err(error) if !self.committed.is_empty() => {
                self.report.failed.push(Failure {
                    what: self.storage.location(),
                    code: error.code().unwrap_or(Code::STORAGE_FAILED),
                    message: super::error::chain(&error),
                    help: error.advice().map(str::to_owned),
                    refused: false,
                });
                Ok(())
            }
            other => other,
        }
    }

    async fn transactions(&mut self) -> Result<(), OpsError> {
        failpoint::hit("apply/planned");
        let mut tx = self.begin().await?;
        let mut races = 0;
        loop {
            failpoint::hit("apply/begun");
            let more = self.transfers(&tx).await && !self.cancel.is_cancelled();
            failpoint::hit("apply/uploaded");
            match self.commit(&mut tx).await {
                commit::Next::Go if more => {
                    tx = self.begin_on(Some(tx.base().clone())).await?;
                    self.ready.clear();
                    races = 0;
                }
                commit::Next::Go => return Ok(()),
                // Nothing of this round is whole; what it holds may be with the next one.
                commit::Next::Nothing if more => {}
                commit::Next::Race if !self.how.saved && races < 10 => {
                    races += 1;
                    pause(races).await;
                    if !self.again(&mut tx).await? {
                        tx.abandon().await;
                        return Ok(());
                    }
                }
                commit::Next::Race => {
                    self.lost(races);
                    tx.abandon().await;
                    return Ok(());
                }
                commit::Next::Nothing | commit::Next::Stop => {
                    tx.abandon().await;
                    return Ok(());
                }
            }
        }
    }

    fn lost(&mut self, races: u32) {
        self.report.stale = self.how.saved;
        if !self.how.saved {
            self.report.failed.push(Failure {
                what: self.storage.location(),
                code: Code::LOST_RACE,
                message: format!("others committed first, {races} times in a row"),
                help: Some("run apply again".to_owned()),
                refused: false,
            });
        }
    }

    /// After a lost race: reads again, plans again (the same function), stands the transaction on
    /// the new HEAD. False: nothing is left to do.
    async fn again(&mut self, tx: &mut Transaction) -> Result<bool, OpsError> {
        self.plan_again().await?;
        if !self.has_more() {
            return Ok(false);
        }
        let Some(snapshot) = self.planned.snapshot.clone() else { return Ok(false) };
        if !tx.rebase(snapshot.clone()).await? {
            // The collector took this apply for dead: what was uploaded may be gone.
            self.ready.clear();
            *tx = self.begin_on(Some(snapshot)).await?;
        }
        Ok(true)
    }

    async fn plan_again(&mut self) -> Result<(), OpsError> {
        self.planned =
            super::plan(self.project, self.storage.as_ref(), self.request, self.sink).await?;
        // Another may have undone what was committed here: then it is to be done again.
        for step in self.planned.plan.steps.iter().filter(|step| step.action.changes_index()) {
            self.committed.remove(&step.address);
        }
        Ok(())
    }

    fn has_more(&self) -> bool {
        self.planned
            .plan
            .steps
            .iter()
            .any(|step| step.action.changes_index() && !self.failed.contains_key(&step.address))
    }

    async fn begin(&mut self) -> Result<Transaction, OpsError> {
        let planned_on = self.planned.snapshot.clone();
        let tx = self.begin_on(planned_on.clone()).await?;
        // Somebody else's genesis was faster: what they published since must be planned with. The
        // transaction stands on it already; if HEAD moves once more, the commit loses that race.
        if planned_on.is_none() && tx.base().head.serial > 0 {
            self.plan_again().await?;
        }
        Ok(tx)
    }

    async fn begin_on(
        &self,
        base: Option<crate::model::Snapshot>,
    ) -> Result<Transaction, OpsError> {
        let author = self.project.author();
        let documents = self.project.documents();
        Ok(Transaction::begin(self.storage.clone(), documents, author, base).await?)
    }

    /// Makes stale views again. They are derived: a failure is told, it undoes nothing.
    pub(super) async fn views(&self, snapshot: &crate::model::Snapshot) {
        let public = self.project.manifest.storage.public_url.as_deref();
        if let Err(error) =
            state::refresh_views(self.storage.as_ref(), snapshot, public, &Chance::system()).await
        {
            let text = super::error::chain(&error);
            self.sink.emit(&crate::model::Event::Remark(format!(
                "views could not be made again, the next apply does: {text}"
            )));
        }
    }

    /// Writes the lock, and tells what was not done and why.
    fn close(mut self) -> Report {
        self.report.interrupted = self.cancel.is_cancelled();
        let clean = self.report.failed.is_empty() && self.failed.is_empty();
        let stopped = self.report.interrupted || self.report.stale || self.report.unknown.is_some();
        let adopts = self.planned.plan.steps.iter().any(|step| step.action == Action::Adopt);
        if !self.committed.is_empty() || adopts || (clean && !stopped) {
            let mut located = self.planned.located.clone();
            located.extend(self.learned.clone());
            located.retain(|address, _| !self.failed.contains_key(address));
            let new = planner::next_lock(
                &self.project.lock,
                &self.planned.selection,
                &located,
                &self.request.options,
            );
            failpoint::hit("apply/before-lock");
            if !self.request.locked {
                match lock::write(self.project, &new) {
                    Ok(written) => self.report.lock_written = written,
                    // What is published is published: the report must still be told.
                    Err(error) => self.report.failed.push(Failure {
                        what: "deps.lock".to_owned(),
                        code: error.code().unwrap_or(Code::FILE_FAILED),
                        message: super::error::chain(&error),
                        help: error.advice().map(str::to_owned),
                        refused: false,
                    }),
                }
            }
            let adopted =
                self.planned.plan.steps.iter().filter(|step| step.action == Action::Adopt);
            for step in adopted {
                self.committed.insert(step.address.clone());
                self.report.done.push(Done {
                    address: step.address.clone(),
                    action: Action::Adopt,
                    bytes: 0,
                    fetched: 0,
                });
            }
        }
        let why = if self.report.interrupted {
            "interrupted"
        } else if self.report.stale {
            "another apply was faster"
        } else if self.report.unknown.is_some() {
            "the outcome of its commit is not known"
        } else {
            ""
        };
        let held = self.rest(why);
        self.report.held = held;
        failpoint::hit("apply/after-lock");
        self.report.failed.extend(std::mem::take(&mut self.failed).into_values());
        self.report
    }

    /// Steps that are neither committed nor failed.
    fn rest(&self, why: &str) -> Vec<Held> {
        let reason = |step: &Step| {
            if !why.is_empty() {
                return why.to_owned();
            }
            if let Some(why) = self.held.get(&step.address) {
                return why.clone();
            }
            match step.action {
                Action::Retire => "its successor is not published".to_owned(),
                Action::Create => "a version enters for all its targets or for none".to_owned(),
                Action::Rebuild | Action::Repair | Action::Adopt | Action::Update => {
                    "the commit did not happen".to_owned()
                }
            }
        };
        self.planned
            .plan
            .steps
            .iter()
            .filter(|step| {
                !self.committed.contains(&step.address) && !self.failed.contains_key(&step.address)
            })
            .map(|step| Held {
                address: step.address.clone(),
                action: step.action,
                why: reason(step),
            })
            .collect()
    }
}
