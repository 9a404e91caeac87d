//! The way from a project to a plan: observe, select, locate, lay side by side.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{OpsError, Project, locate, observe, texts};
use crate::{
    disk,
    model::{
        Address, Artifact, BaseHead, Basis, Code, DependencyId, Finding, Lock, ObjectKey,
        ObjectMeta, Observed, Plan, Revision, Sha256, Sink, Snapshot, TargetName, Tree, Version,
        Why,
    },
    planner::{self, Filter, LocatedFile, Options, PlanInput, Question, Selection, Trust, WhyAsk},
    storage::StorageReader,
};

/// How much of the storage is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Refresh {
    /// HEAD, generation, changed index documents, and the list of objects.
    #[default]
    Objects,
    /// Without the list of objects.
    Index,
    /// No storage at all: for pull requests of forks, which have no credentials.
    None,
}

/// What is downloaded, before any transfer, to learn its digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Download {
    /// Nothing: a plan downloads no artifact.
    #[default]
    Nothing,
    /// What can't be planned without: a locked file under a new address, a file whose published name
    /// has its digest in it, the source of a build. The rest is learnt while it is published.
    Needed,
    /// All that has no digest (`lock`, `update`).
    All,
}

/// What is asked of a plan.
#[derive(Debug, Clone)]
pub struct Request {
    /// What the planner is told.
    pub options: Options,
    /// How much of the storage is looked at.
    pub refresh: Refresh,
    /// The lock must already be right; no version index is asked.
    pub locked: bool,
    /// What is downloaded to learn its digest.
    pub download: Download,
}

/// A plan and everything that an apply needs to carry it out.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// What was decided.
    pub selection: Selection,
    /// What was found out about new files.
    pub located: BTreeMap<Address, LocatedFile>,
    /// What was published; none: no HEAD, or it was not looked at.
    pub snapshot: Option<Snapshot>,
    /// deps.lock as it would be with what is known now.
    pub lock: Lock,
    /// The files beside deps.toml that builds and tests name.
    pub tree: Tree,
    /// Revisions of objects that are not the recorded ones though the bytes are.
    pub revisions: BTreeMap<ObjectKey, Revision>,
}

/// Makes a plan. The storage handed in has no way to write.
///
/// # Errors
/// When the storage can't be read, or `--locked` and the lock is not right.
pub async fn plan(
    project: &Project,
    storage: &dyn StorageReader,
    request: &Request,
    sink: &Arc<dyn Sink>,
) -> Result<Planned, OpsError> {
    Ok(derive(project, storage, request, sink, |_| ()).await?.0)
}

/// Makes a plan, and returns everything that is wanted beside it, published or not.
///
/// # Errors
/// As [`plan`].
pub(crate) async fn plan_and_wanted(
    project: &Project,
    storage: &dyn StorageReader,
    request: &Request,
    sink: &Arc<dyn Sink>,
) -> Result<(Planned, BTreeMap<Address, Artifact>), OpsError> {
    derive(project, storage, request, sink, planner::wanted).await
}

async fn derive<T>(
    project: &Project,
    storage: &dyn StorageReader,
    request: &Request,
    sink: &Arc<dyn Sink>,
    besides: impl FnOnce(&PlanInput<'_>) -> T,
) -> Result<(Planned, T), OpsError> {
    let published = observe::published(project, storage, request.refresh).await?;
    let snapshot = published.snapshot.known().and_then(Option::as_ref);
    // With `--locked` the lock is right or refused, whatever schedules say by now.
    let schedules = if request.locked {
        BTreeMap::new()
    } else {
        let ids = planner::ask_schedules(&project.manifest, &project.lock, &request.options);
        observe::schedules(project, ids, request.options.as_of).await
    };
    let questions =
        planner::ask(&project.manifest, &project.lock, snapshot, &schedules, &request.options);
    if request.locked {
        refuse_questions(&questions, &request.options)?;
    }
    let listings = observe::listings(project, &questions, sink).await;
    let selection = planner::select(
        &project.manifest,
        &project.lock,
        snapshot,
        &listings,
        &schedules,
        &request.options,
    );
    refuse_idle_filters(project, &selection, snapshot, &request.options)?;
    let trust = Trust::new(&project.manifest, &project.lock, snapshot, &request.options);
    let (located, troubles) = locate::locate(project, &selection, request, &trust, sink).await;
    let rehashed = match (snapshot, &published.objects) {
        (Some(snapshot), Observed::Known(objects)) => {
            let suspects = planner::suspects(snapshot, objects);
            let mut rehashed =
                observe::rehash(storage, suspects, objects, project.setting.jobs).await?;
            rehashed.extend(observe::altered(project, storage, snapshot, objects).await);
            rehashed
        }
        (None, _) | (_, Observed::Unknown(_)) => BTreeMap::new(),
    };
    let revisions = same_bytes(snapshot, &published.objects, &rehashed);
    let basis = Basis {
        project: project.manifest.project.clone(),
        base: snapshot.map(|snapshot| BaseHead {
            lineage: snapshot.head.lineage.clone(),
            serial: snapshot.head.serial,
            nonce: snapshot.head.nonce.clone(),
        }),
        manifest_sha256: Sha256::of(&project.text),
        lock_sha256: project.lock_text.as_deref().map(Sha256::of),
        as_of: request.options.as_of,
    };
    let asked = planner::ask_tree(&project.manifest, &selection, &located);
    let tree = disk::tree::read(&project.root, &asked)?;
    texts::keep(project, &tree);
    let input = PlanInput {
        manifest: &project.manifest,
        lock: &project.lock,
        selection: &selection,
        located: &located,
        published: &published.snapshot,
        objects: &published.objects,
        rehashed: &rehashed,
        tree: &tree,
        options: &request.options,
        basis,
    };
    let mut plan = planner::plan(&input);
    let besides = besides(&input);
    // What is wrong with a file is told once, by whoever tried to find out.
    plan.findings.retain(|finding| {
        !troubles.iter().any(|trouble| {
            trouble.address.is_some()
                && trouble.address == finding.address
                && [Code::SOURCE_FAILED, trouble.code].contains(&finding.code)
        })
    });
    plan.findings.extend(troubles);
    place(&mut plan.findings, project);
    if request.locked && plan.lock_changes {
        return Err(OpsError::said(
            Code::LOCK_OUTDATED,
            "deps.lock does not match deps.toml, and `--locked` does not let it change",
            Some("run `depstate lock`, look at the difference, and commit deps.lock"),
        ));
    }
    let lock = planner::next_lock(&project.lock, &selection, &located, &request.options);
    let snapshot = match published.snapshot {
        Observed::Known(snapshot) => snapshot,
        Observed::Unknown(Why::NotAsked | Why::Failed(_)) => None,
    };
    Ok((Planned { plan, selection, located, snapshot, lock, tree, revisions }, besides))
}

/// A filter that fits nothing at all is a slip of the pen: nothing would be done, in silence.
fn refuse_idle_filters(
    project: &Project,
    selection: &Selection,
    snapshot: Option<&Snapshot>,
    options: &Options,
) -> Result<(), OpsError> {
    if options.filters.is_empty() && options.exclude.is_empty() {
        return Ok(());
    }
    let mut there: BTreeSet<Address> =
        snapshot.iter().flat_map(|snapshot| snapshot.live.keys().cloned()).collect();
    let address = |id: &DependencyId, version: &Version, target: &TargetName| Address {
        dependency: id.clone(),
        version: version.clone(),
        target: target.clone(),
    };
    for (id, chosen) in &selection.dependencies {
        for release in &chosen.releases {
            there.extend(release.files.keys().map(|target| address(id, &release.version, target)));
        }
    }
    for (id, locked) in &project.lock.dependencies {
        for release in &locked.releases {
            there.extend(
                release.artifacts.keys().map(|target| address(id, &release.version, target)),
            );
        }
    }
    let idle = |filter: &&Filter| {
        let dependencies = project.manifest.dependencies.keys();
        let undecided = dependencies
            .filter(|id| !there.iter().any(|address| address.dependency == **id))
            .any(|id| filter.may_take(id));
        !undecided && !there.iter().any(|address| filter.matches(address))
    };
    match options.filters.iter().chain(&options.exclude).find(idle) {
        None => Ok(()),
        Some(filter) => Err(OpsError::said(
            Code::BAD_FILTER,
            format!("nothing that is wanted, locked or published fits `{}`", filter.as_str()),
            Some("a filter is an address or a glob of one: `node`, `ruby@3.3.*`, `*/jammy-*`"),
        )),
    }
}

/// Names the line of deps.toml that asked.
fn place(findings: &mut [Finding], project: &Project) {
    for finding in findings {
        if let Some((at, _)) = finding.span
            && let Some(before) = project.text.get(..at)
        {
            let line = before.split(|byte| *byte == b'\n').count();
            finding.message = format!("{} ({}:{line})", finding.message, project.setting.shown);
        }
    }
}

/// Returns the new revisions of recorded objects that were read and found right.
fn same_bytes(
    snapshot: Option<&Snapshot>,
    objects: &Observed<BTreeMap<ObjectKey, ObjectMeta>>,
    rehashed: &BTreeMap<ObjectKey, Observed<Sha256>>,
) -> BTreeMap<ObjectKey, Revision> {
    let (Some(snapshot), Some(objects)) = (snapshot, objects.known()) else {
        return BTreeMap::new();
    };
    let live = snapshot.live.values();
    live.chain(snapshot.condemned.values().map(|condemned| &condemned.record))
        .filter(|record| {
            rehashed.get(&record.key).and_then(Observed::known) == Some(&record.sha256)
        })
        .filter_map(|record| Some((record.key.clone(), objects.get(&record.key)?.revision.clone())))
        .collect()
}

fn refuse_questions(
    questions: &BTreeMap<DependencyId, Question>,
    options: &Options,
) -> Result<(), OpsError> {
    let wrong: Vec<String> = questions
        .iter()
        .filter(|(id, _)| {
            options.filters.is_empty() || options.filters.iter().any(|f| f.may_take(id))
        })
        .filter_map(|(id, question)| match question {
            Question::Settled => None,
            Question::Ask(why) => Some(match why {
                WhyAsk::NotLocked => format!("`{id}` is not in it"),
                WhyAsk::QuestionChanged => {
                    format!("`{id}` asks for something else than it answers")
                }
                WhyAsk::LineMoved => format!("a name of `{id}` stands for another line by now"),
                WhyAsk::Update => format!("`{id}` is to be updated"),
            }),
        })
        .collect();
    if wrong.is_empty() {
        return Ok(());
    }
    Err(OpsError::said(
        Code::LOCK_OUTDATED,
        format!(
            "deps.lock is not right and `--locked` does not let it change: {}",
            wrong.join("; ")
        ),
        Some("run `depstate lock`, look at the difference, and commit deps.lock"),
    ))
}
