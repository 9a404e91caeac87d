//! A small world: a manifest, a lock, a bucket and an upstream, and what an apply makes of them.

use std::collections::{BTreeMap, BTreeSet};

use depstate::{
    model::{
        Action, Address, BaseHead, Basis, Condemned, Constraint, Coverage, Dependency,
        DependencyId, Digest, Evidence, Finding, Head, HeadKind, Keep, Listing, Located, Lock,
        Manifest, ObjectKey, ObjectMeta, Observed, Plan, Reason, Record, RecordSource, Retention,
        Revision, Row, Rule, Scheme, Settings, Sha256, Snapshot, SourceRule, StorageRule, Target,
        TargetName, Version, VersionLine, Why,
    },
    planner::{
        self, Candidate, ChecksumQuery, ChosenFile, LocatedFile, Options, PlanInput, Selection,
        Update,
    },
};

pub(super) const PROJECT: &str = "ours";

pub(super) fn id(text: &str) -> DependencyId {
    DependencyId::new(text).unwrap()
}

pub(super) fn address(text: &str) -> Address {
    text.parse().unwrap()
}

pub(super) fn located(text: &str) -> Located<String> {
    Located::new(text.to_owned(), 0..text.len())
}

pub(super) fn sha(text: &str) -> Sha256 {
    Sha256::of(text.as_bytes())
}

/// Everything that there is.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) manifest: Manifest,
    pub(super) lock: Lock,
    pub(super) published: Observed<Option<Snapshot>>,
    pub(super) objects: Observed<BTreeMap<ObjectKey, ObjectMeta>>,
    pub(super) rehashed: BTreeMap<ObjectKey, Observed<Sha256>>,
    pub(super) listings: BTreeMap<DependencyId, Observed<Listing>>,
    /// What upstream serves, where it is not the address's own text.
    pub(super) upstream: BTreeMap<String, Sha256>,
    /// Whether files without a digest are downloaded to learn it, as `lock` does.
    pub(super) downloads: bool,
    pub(super) options: Options,
}

/// All that was decided about a world.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    pub(super) selection: Selection,
    pub(super) located: BTreeMap<Address, LocatedFile>,
    pub(super) plan: Plan,
    pub(super) lock: Lock,
}

impl World {
    /// An empty world.
    pub(super) fn new() -> Self {
        Self {
            manifest: Manifest {
                project: PROJECT.to_owned(),
                storage: StorageRule { driver: located("fs"), public_url: None },
                retention: Retention::default(),
                targets: BTreeMap::new(),
                dependencies: BTreeMap::new(),
            },
            lock: Lock::default(),
            published: Observed::Known(None),
            objects: Observed::Known(BTreeMap::new()),
            rehashed: BTreeMap::new(),
            listings: BTreeMap::new(),
            upstream: BTreeMap::new(),
            downloads: true,
            options: Options {
                update: Update::No,
                accept: BTreeSet::new(),
                filters: Vec::new(),
                exclude: Vec::new(),
                max_retire: 1000,
                as_of: "2026-01-01T00:00:00Z".parse().unwrap(),
            },
        }
    }

    /// Declares a linux target for an architecture.
    pub(super) fn target(mut self, name: &str, arch: &str) -> Self {
        let target = Target {
            os: Some("linux".to_owned()),
            arch: Some(arch.to_owned()),
            ..Target::default()
        };
        self.manifest.targets.insert(TargetName::new(name).unwrap(), target);
        self
    }

    /// Adds a dependency whose index names files by version and target.
    pub(super) fn dependency(
        mut self,
        name: &str,
        targets: &[&str],
        lines: &[(&str, u32)],
    ) -> Self {
        let dependency = dependency(name, targets, lines);
        self.manifest.dependencies.insert(id(name), dependency);
        self
    }

    pub(super) fn dep(&mut self, name: &str) -> &mut Dependency {
        self.manifest.dependencies.get_mut(&id(name)).unwrap()
    }

    /// What the source of a dependency lists: one row for each name.
    pub(super) fn lists(mut self, name: &str, versions: &[&str]) -> Self {
        let rows = versions.iter().map(|version| row(version)).collect();
        self.listings.insert(id(name), Observed::Known(Listing { rows, revision: None }));
        self
    }

    pub(super) fn rows(&mut self, name: &str) -> &mut Vec<Row> {
        match self.listings.get_mut(&id(name)) {
            Some(Observed::Known(listing)) => &mut listing.rows,
            _ => panic!("`{name}` has no listing"),
        }
    }

    pub(super) fn snapshot(&self) -> Option<&Snapshot> {
        self.published.known().and_then(Option::as_ref)
    }

    pub(super) fn snapshot_mut(&mut self) -> &mut Snapshot {
        match &mut self.published {
            Observed::Known(Some(snapshot)) => snapshot,
            Observed::Known(None) | Observed::Unknown(_) => panic!("nothing is published"),
        }
    }

    pub(super) fn objects_mut(&mut self) -> &mut BTreeMap<ObjectKey, ObjectMeta> {
        match &mut self.objects {
            Observed::Known(objects) => objects,
            Observed::Unknown(_) => panic!("the objects are not known"),
        }
    }

    pub(super) fn update(mut self) -> Self {
        self.options.update = Update::All;
        self
    }

    pub(super) fn select(&self) -> Selection {
        let questions = planner::ask(&self.manifest, &self.lock, self.snapshot(), &self.options);
        let asked: BTreeMap<DependencyId, Observed<Listing>> = self
            .listings
            .iter()
            .filter(|(id, _)| {
                questions.get(*id).is_some_and(|it| *it != planner::Question::Settled)
            })
            .map(|(id, listing)| (id.clone(), listing.clone()))
            .collect();
        planner::select(&self.manifest, &self.lock, self.snapshot(), &asked, &self.options)
    }

    pub(super) fn serves(&self, url: &str) -> Sha256 {
        self.upstream.get(url).copied().unwrap_or_else(|| sha(url))
    }

    /// Finds out about the candidates, as `ops` does.
    pub(super) fn locate(&self, selection: &Selection) -> BTreeMap<Address, LocatedFile> {
        let mut all = BTreeMap::new();
        for (id, chosen) in &selection.dependencies {
            for release in &chosen.releases {
                for (target, file) in &release.files {
                    if let ChosenFile::Candidate(candidate) = file {
                        let address = Address {
                            dependency: id.clone(),
                            version: release.version.clone(),
                            target: target.clone(),
                        };
                        all.insert(address, self.look(candidate));
                    }
                }
            }
        }
        all
    }

    fn look(&self, candidate: &Candidate) -> LocatedFile {
        let url = candidate.urls[0].clone();
        let promised = match &candidate.checksum {
            Some(ChecksumQuery::Given(digest)) => Some((digest.clone(), Evidence::Given)),
            Some(ChecksumQuery::File { .. }) => {
                Some((Digest::from(self.serves(&url)), Evidence::ChecksumFile))
            }
            None => candidate.digests.first().map(|it| (it.clone(), Evidence::Index)),
        };
        let (sha256, upstream_digest, evidence) = match promised {
            Some((digest, evidence)) => match digest.sha256() {
                Some(sha256) => (Some(sha256), None, evidence),
                None => (None, Some(digest), evidence),
            },
            None => (None, None, Evidence::Tofu),
        };
        let sha256 = sha256.or_else(|| self.downloads.then(|| self.serves(&url)));
        LocatedFile {
            url,
            size: candidate.size.or(Some(7)),
            sha256,
            upstream_digest,
            evidence,
            signer: None,
        }
    }

    pub(super) fn plan(&self) -> Outcome {
        let selection = self.select();
        let located = self.locate(&selection);
        let plan = planner::plan(&PlanInput {
            manifest: &self.manifest,
            lock: &self.lock,
            selection: &selection,
            located: &located,
            published: &self.published,
            objects: &self.objects,
            rehashed: &self.rehashed,
            options: &self.options,
            basis: self.basis(),
        });
        let lock = planner::next_lock(&self.lock, &selection, &located, &self.options);
        Outcome { selection, located, plan, lock }
    }

    pub(super) fn basis(&self) -> Basis {
        let head = self.snapshot().map(|it| &it.head);
        Basis {
            project: self.manifest.project.clone(),
            base: head.map(|head| BaseHead {
                lineage: head.lineage.clone(),
                serial: head.serial,
                nonce: head.nonce.clone(),
            }),
            manifest_sha256: sha("deps.toml"),
            lock_sha256: None,
            as_of: self.options.as_of,
        }
    }

    /// What an apply leaves behind whose steps all succeed: the executable meaning of a plan.
    pub(super) fn applied(&self) -> Self {
        let outcome = self.plan();
        self.carry_out(&outcome)
    }

    /// Carries a plan out. Findings that stop an apply are the caller's to look at.
    pub(super) fn carry_out(&self, outcome: &Outcome) -> Self {
        let mut next = self.clone();
        let mut located = outcome.located.clone();
        let mut snapshot = self.snapshot().cloned().unwrap_or_else(empty_snapshot);
        let mut objects = self.objects.known().cloned().unwrap_or_default();
        let serial = snapshot.head.serial + 1;
        let all: BTreeSet<Address> =
            outcome.plan.steps.iter().map(|step| step.address.clone()).collect();
        let commit = planner::committable(&outcome.plan, Some(&snapshot), &all);
        for step in outcome.plan.steps.iter().filter(|step| commit.contains(&step.address)) {
            let old = snapshot.live.get(&step.address).cloned();
            if step.action == Action::Retire {
                let record = snapshot.live.remove(&step.address).unwrap();
                condemn(&mut snapshot, record);
                continue;
            }
            let artifact = step.artifact.clone().unwrap();
            if !step.action.moves_bytes() {
                let mut record = step.record.clone().unwrap();
                snapshot.condemned.remove(&record.key);
                if let Some(object) = objects.get(&record.key) {
                    record.revision = object.revision.clone();
                }
                describe(&mut record, &artifact, artifact.source.sha256.unwrap());
                snapshot.live.insert(step.address.clone(), record);
                continue;
            }
            // Only the bytes that were promised are ever published.
            let url = artifact.source.urls[0].clone();
            let served = self.serves(&url);
            assert!(artifact.source.sha256.is_none_or(|it| it == served), "{}", step.address);
            let mut found = outcome.located.get(&step.address).cloned().unwrap_or(LocatedFile {
                url,
                size: artifact.source.size,
                sha256: artifact.source.sha256,
                upstream_digest: artifact.source.upstream_digest.clone(),
                evidence: artifact.source.evidence,
                signer: None,
            });
            found.sha256 = Some(served);
            let artifact = planner::finish(&self.manifest, &artifact, &found).unwrap();
            located.insert(step.address.clone(), found);
            let record = publish(&artifact, served, serial, &mut objects);
            snapshot.live.insert(step.address.clone(), record);
            match (step.action, old) {
                (Action::Repair, Some(old)) => {
                    snapshot.doomed.insert(old.key);
                }
                (_, Some(old)) => condemn(&mut snapshot, old),
                (_, None) => {}
            }
        }
        next.lock = planner::next_lock(&self.lock, &outcome.selection, &located, &self.options);
        if !commit.is_empty() {
            snapshot.head.serial = serial;
            next.published = Observed::Known(Some(snapshot));
        }
        next.objects = Observed::Known(objects);
        next
    }

    /// A world where everything is as it should be.
    pub(super) fn converged(self) -> Self {
        let mut next = self.applied();
        next.options.update = Update::No;
        let again = next.plan();
        assert_eq!(again.plan.steps, vec![], "a converged world has nothing to do");
        assert!(!again.plan.lock_changes, "a converged world has its lock");
        next
    }
}

fn condemn(snapshot: &mut Snapshot, record: Record) {
    let retired = "2025-12-01T00:00:00Z".parse().unwrap();
    let condemned = Condemned { record, retired, reason: "line-keeps".to_owned() };
    snapshot.condemned.insert(condemned.record.key.clone(), condemned);
}

fn describe(record: &mut Record, artifact: &depstate::model::Artifact, sha256: Sha256) {
    record.upstream.clone_from(&artifact.upstream);
    record.released = artifact.released;
    record.evidence = artifact.source.evidence;
    record.signer.clone_from(&artifact.source.signer);
    record.metadata = artifact.metadata.clone();
    record.source = RecordSource {
        url: artifact.source.urls[0].clone(),
        size: record.size,
        sha256,
        upstream_digest: artifact.source.upstream_digest.clone(),
    };
}

fn publish(
    artifact: &depstate::model::Artifact,
    sha256: Sha256,
    serial: u64,
    objects: &mut BTreeMap<ObjectKey, ObjectMeta>,
) -> Record {
    let at = &artifact.address;
    let key = ObjectKey::new(format!("artifacts/{at}/{serial}/{}", artifact.file));
    let revision = Revision(format!("r{serial}"));
    let size = artifact.source.size.unwrap_or(7);
    let object = ObjectMeta { size, revision: revision.clone(), modified: None, checksum: None };
    assert!(objects.insert(key.clone(), object).is_none(), "a key is never used twice");
    let mut record = Record {
        address: at.clone(),
        version: at.version.clone(),
        upstream: String::new(),
        target: at.target.clone(),
        key,
        size,
        revision,
        sha256,
        input: artifact.input.unwrap(),
        source: RecordSource { url: String::new(), size, sha256, upstream_digest: None },
        evidence: Evidence::Tofu,
        signer: None,
        released: None,
        published: "2025-11-01T00:00:00Z".parse().unwrap(),
        metadata: depstate::model::Metadata::default(),
        side: Vec::new(),
    };
    describe(&mut record, artifact, sha256);
    record
}

pub(super) fn empty_snapshot() -> Snapshot {
    Snapshot {
        head: Head {
            format: 1,
            lineage: "0f0f0f0f".to_owned(),
            project: PROJECT.to_owned(),
            serial: 0,
            nonce: "n".to_owned(),
            kind: HeadKind::Genesis,
            r#gen: None,
            prev_head_sha256: None,
            tx: None,
            single_writer: false,
            probe: None,
            tool: "depstate 0.1.0".to_owned(),
        },
        generation: None,
        revision: Revision("h0".to_owned()),
        live: BTreeMap::new(),
        condemned: BTreeMap::new(),
        doomed: BTreeSet::new(),
    }
}

/// A row that names no file of its own.
pub(super) fn row(version: &str) -> Row {
    Row { upstream: version.to_owned(), ..Row::default() }
}

pub(super) fn line(constraint: &str, keep: Keep) -> VersionLine {
    VersionLine {
        constraint: Some(Located::new(
            Constraint::new(constraint, Scheme::Semver).unwrap(),
            10..20,
        )),
        pattern: None,
        keep,
        prereleases: false,
        eol: None,
        span: (10, 10),
    }
}

pub(super) fn rule(constraint: &str, targets: Option<&[&str]>) -> Rule {
    let names = |all: &[&str]| all.iter().map(|it| TargetName::new(*it).unwrap()).collect();
    Rule {
        constraint: Constraint::new(constraint, Scheme::Semver).unwrap(),
        targets: targets.map(names),
        reason: Some("because".to_owned()),
        span: (30, 5),
    }
}

pub(super) fn dependency(name: &str, targets: &[&str], lines: &[(&str, u32)]) -> Dependency {
    let address = "https://example.test/{{ id }}/{{ upstream }}/{{ target.name }}.tgz";
    Dependency {
        id: id(name),
        targets: targets.iter().map(|it| TargetName::new(*it).unwrap()).collect(),
        scheme: Scheme::Semver,
        lines: lines.iter().map(|(text, keep)| line(text, Keep::Newest(*keep))).collect(),
        exclude: Vec::new(),
        only: Vec::new(),
        source: SourceRule {
            driver: located("static"),
            extract: Vec::new(),
            coverage: Coverage::All,
            question: "{}".to_owned(),
        },
        settings: Settings { artifact: vec![located(address)], ..Settings::default() },
        overrides: Vec::new(),
        span: (0, 5),
    }
}

/// The steps, short: `create node@1.0.0/any new-release`.
pub(super) fn steps(plan: &Plan) -> Vec<String> {
    plan.steps
        .iter()
        .map(|step| format!("{} {} {}", step.action.name(), step.address, step.reason.code()))
        .collect()
}

/// The codes of the findings, with what they are about.
pub(super) fn codes(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .map(|it| match (&it.address, &it.dependency) {
            (Some(address), _) => format!("{} {address}", it.code),
            (None, Some(id)) => format!("{} {id}", it.code),
            (None, None) => it.code.to_string(),
        })
        .collect()
}

/// The versions that a selection wants of a dependency.
pub(super) fn versions(selection: &Selection, name: &str) -> Vec<String> {
    let chosen = &selection.dependencies[&id(name)];
    chosen.releases.iter().map(|release| release.version.to_string()).collect()
}

pub(super) fn version(text: &str) -> Version {
    Version::new(text).unwrap()
}

pub(super) fn failed() -> Why {
    Why::Failed("the index answered 503".to_owned())
}

/// Tells whether a step is a retire for want of room in its line.
pub(super) fn is_pushed_out(reason: &Reason) -> bool {
    matches!(reason, Reason::NotWanted(depstate::model::NotWanted::LineKeeps { .. }))
}
