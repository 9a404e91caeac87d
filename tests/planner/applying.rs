//! What an apply makes of a world: the executable meaning of a plan.

use std::collections::{BTreeMap, BTreeSet};

use depstate::{
    model::{
        Action, Address, Artifact, BuildEvidence, CONTRACT, Condemned, Evidence, Metadata,
        ObjectKey, ObjectMeta, Observed, Plan, Record, RecordSource, Revision, Sha256, Snapshot,
        Step,
    },
    planner::{self, LocatedFile, Update},
};

use super::{
    making::empty_snapshot,
    world::{Outcome, World},
};

impl World {
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
        for step in in_order(&outcome.plan).filter(|step| commit.contains(&step.address)) {
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
                extra: Default::default(),
                url,
                size: artifact.source.size,
                sha256: artifact.source.sha256,
                upstream_digest: artifact.source.upstream_digest.clone(),
                evidence: artifact.source.evidence,
                signer: None,
            });
            found.sha256 = Some(served);
            let artifact = given(artifact, &snapshot);
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

/// The steps, those that others need before those.
fn in_order(plan: &Plan) -> impl Iterator<Item = &Step> {
    let mut left: Vec<&Step> = plan.steps.iter().collect();
    let mut all: Vec<&Step> = Vec::new();
    while !left.is_empty() {
        let waits = |step: &&Step| left.iter().any(|it| step.needs.contains(&it.address));
        let (wait, go): (Vec<&Step>, Vec<&Step>) = left.iter().copied().partition(waits);
        assert!(!go.is_empty(), "steps wait for each other");
        all.extend(go);
        left = wait;
    }
    all.into_iter()
}

/// Fills in the digests of what a build needs, now that that is published.
fn given(mut artifact: Artifact, snapshot: &Snapshot) -> Artifact {
    let recipe = artifact.recipe.iter_mut().flat_map(|it| it.needs.values_mut());
    for need in recipe.chain(artifact.trial.iter_mut().flat_map(|it| it.needs.values_mut())) {
        let live = snapshot.live.get(&need.address).expect("what is needed is published");
        assert!(need.input.is_none_or(|it| it == live.input), "and is what was planned");
        need.input = Some(live.input);
    }
    artifact
}

fn condemn(snapshot: &mut Snapshot, record: Record) {
    let retired = "2025-12-01T00:00:00Z".parse().unwrap();
    let condemned = Condemned { record, retired, reason: "line-keeps".to_owned() };
    snapshot.condemned.insert(condemned.record.key.clone(), condemned);
}

fn describe(record: &mut Record, artifact: &Artifact, sha256: Sha256) {
    record.upstream.clone_from(&artifact.upstream);
    record.released = artifact.released;
    record.evidence = artifact.source.evidence;
    record.signer.clone_from(&artifact.source.signer);
    record.metadata = artifact.metadata.clone();
    record.source = RecordSource {
        extra: artifact.source.extra.clone(),
        url: artifact.source.urls[0].clone(),
        size: artifact.source.size.unwrap_or(7),
        sha256,
        upstream_digest: artifact.source.upstream_digest.clone(),
    };
}

fn publish(
    artifact: &Artifact,
    sha256: Sha256,
    serial: u64,
    objects: &mut BTreeMap<ObjectKey, ObjectMeta>,
) -> Record {
    let at = &artifact.address;
    let key = ObjectKey::new(format!("artifacts/{at}/{serial}/{}", artifact.file));
    let revision = Revision(format!("r{serial}"));
    // No two builds give the same bytes here, so that nothing can count on it.
    let built = artifact.recipe.is_some();
    let bytes = format!("{:?} at {serial}", artifact.input);
    let size = if built { bytes.len() as u64 } else { artifact.source.size.unwrap_or(7) };
    let object = ObjectMeta { size, revision: revision.clone(), modified: None, checksum: None };
    assert!(objects.insert(key.clone(), object).is_none(), "a key is never used twice");
    let mut record = Record {
        build: built.then(|| BuildEvidence {
            contract: CONTRACT,
            executor: "host".to_owned(),
            image: None,
            network: false,
            reproduced: None,
            log_sha256: Sha256::of(b""),
            duration_ms: 1,
        }),
        inputs: if built { artifact.inputs.clone() } else { Default::default() },
        test: None,
        address: at.clone(),
        version: at.version.clone(),
        upstream: String::new(),
        target: at.target.clone(),
        key,
        size,
        revision,
        sha256: if built { Sha256::of(bytes.as_bytes()) } else { sha256 },
        input: artifact.input.unwrap(),
        source: RecordSource {
            extra: Default::default(),
            url: String::new(),
            size,
            sha256,
            upstream_digest: None,
        },
        evidence: Evidence::Tofu,
        signer: None,
        released: None,
        published: "2025-11-01T00:00:00Z".parse().unwrap(),
        metadata: Metadata::default(),
        side: Vec::new(),
    };
    describe(&mut record, artifact, sha256);
    if artifact.detect_licenses {
        record.metadata.licenses = vec!["MIT".to_owned()];
    }
    record
}
