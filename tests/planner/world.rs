//! A small world: a manifest, a lock, a bucket and an upstream.

use std::collections::{BTreeMap, BTreeSet};

use depstate::{
    model::{
        Address, BaseHead, Basis, Dependency, DependencyId, Digest, Evidence, ExtraFile, Glob,
        Listing, Located, Lock, Manifest, ObjectKey, ObjectMeta, Observed, Plan, Retention, Row,
        Sha256, Snapshot, StorageRule, Target, TargetName, Tree, Why,
    },
    planner::{
        self, Candidate, ChecksumQuery, ChosenFile, ExtraQuery, LocatedFile, Options, PlanInput,
        Schedules, Selection, Update,
    },
};

use super::making::{dependency, row};

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
    pub(super) schedules: Schedules,
    /// The files beside deps.toml.
    pub(super) tree: Tree,
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
                storage: StorageRule {
                    driver: located("fs"),
                    public_url: None,
                    single_writer: false,
                },
                retention: Retention::default(),
                targets: BTreeMap::new(),
                dependencies: BTreeMap::new(),
            },
            lock: Lock::default(),
            published: Observed::Known(None),
            objects: Observed::Known(BTreeMap::new()),
            rehashed: BTreeMap::new(),
            listings: BTreeMap::new(),
            schedules: Schedules::new(),
            tree: Tree::new(),
            upstream: BTreeMap::new(),
            downloads: true,
            options: Options {
                rebuild: Vec::new(),
                update: Update::No,
                accept: BTreeSet::new(),
                filters: Vec::new(),
                exclude: Vec::new(),
                max_retire: 1000,
                as_of: "2026-01-01T00:00:00Z".parse().unwrap(),
                decide: false,
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
        self.listings.insert(id(name), Observed::Known(Listing { rows, ..Listing::default() }));
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
        let schedules = self.ask_schedules();
        let questions =
            planner::ask(&self.manifest, &self.lock, self.snapshot(), &schedules, &self.options);
        let asked: BTreeMap<DependencyId, Observed<Listing>> = self
            .listings
            .iter()
            .filter(|(id, _)| {
                questions.get(*id).is_some_and(|it| *it != planner::Question::Settled)
            })
            .map(|(id, listing)| (id.clone(), listing.clone()))
            .collect();
        planner::select(
            &self.manifest,
            &self.lock,
            self.snapshot(),
            &asked,
            &schedules,
            &self.options,
        )
    }

    /// What the schedules answer that are asked, as `ops` asks them.
    pub(super) fn ask_schedules(&self) -> Schedules {
        let ids = planner::ask_schedules(&self.manifest, &self.lock, &self.options);
        let answer = |id: DependencyId| {
            let none = || Observed::Unknown(Why::NotAsked);
            (id.clone(), self.schedules.get(&id).cloned().unwrap_or_else(none))
        };
        ids.into_iter().map(answer).collect()
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
                    let address = Address {
                        dependency: id.clone(),
                        version: release.version.clone(),
                        target: target.clone(),
                    };
                    match file {
                        ChosenFile::Candidate(candidate) => {
                            all.insert(address, self.look(candidate));
                        }
                        ChosenFile::Decided { artifact, extra: Some(extra), .. } => {
                            let file = LocatedFile {
                                url: artifact.url.clone(),
                                size: artifact.size,
                                sha256: Some(artifact.sha256),
                                upstream_digest: artifact.upstream_digest.clone(),
                                evidence: artifact.evidence,
                                signer: artifact.signer.clone(),
                                extra: self.look_at_extra(extra),
                            };
                            all.insert(address, file);
                        }
                        ChosenFile::Decided { extra: None, .. } => {}
                    }
                }
            }
        }
        all
    }

    fn look_at_extra(&self, extra: &BTreeMap<String, ExtraQuery>) -> BTreeMap<String, ExtraFile> {
        let one = |(id, query): (&String, &ExtraQuery)| {
            let mut file = query.as_known();
            if file.sha256.is_none() && self.downloads {
                file.sha256 = Some(self.serves(&query.url));
                file.size = Some(7);
            }
            (id.clone(), file)
        };
        extra.iter().map(one).collect()
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
            extra: self.look_at_extra(&candidate.extra),
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
            tree: &self.read(&planner::ask_tree(&self.manifest, &selection, &located)),
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

    /// The files that fit, as `disk` reads them: a plan sees no others.
    fn read(&self, patterns: &BTreeSet<String>) -> Tree {
        let globs: Vec<Glob> = patterns.iter().map(|it| Glob::new(it).unwrap()).collect();
        let fits = |path: &String| globs.iter().any(|glob| glob.matches(path));
        self.tree
            .iter()
            .filter(|(path, _)| fits(path))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect()
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
}
