//! The three-way table: what is wanted beside what is locked and what is published.

use std::collections::BTreeMap;

use super::{extra, inputs};
use crate::model::{
    Action, Artifact, Condemned, Facts, LockedArtifact, Metadata, ObjectKey, ObjectMeta, Observed,
    Reason, Record, Sha256, Step,
};

/// What is published of one address.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Published<'a> {
    /// Its live record.
    pub(super) live: Option<&'a Record>,
    /// Its retired record, if its object is not being deleted.
    pub(super) condemned: Option<&'a Condemned>,
    /// Whether the object of a retired record of it is being deleted.
    pub(super) doomed: Option<&'a Condemned>,
    /// Whether its version is live on another target.
    pub(super) version: bool,
}

/// What is known of the objects.
#[derive(Debug, Clone, Copy)]
pub(super) struct Objects<'a> {
    /// Which are there.
    pub(super) there: &'a Observed<BTreeMap<ObjectKey, ObjectMeta>>,
    /// The digests of the suspects.
    pub(super) rehashed: &'a BTreeMap<ObjectKey, Observed<Sha256>>,
}

/// What becomes of a wanted address.
#[derive(Debug)]
pub(super) struct Verdict {
    /// What is done; none: it is right as it is.
    pub(super) todo: Option<(Action, Reason)>,
    /// What could not be checked.
    pub(super) doubt: Option<String>,
}

impl Verdict {
    fn of(action: Action, reason: Reason) -> Self {
        Self { todo: Some((action, reason)), doubt: None }
    }
}

/// How an object looks beside its record.
enum Look {
    Right,
    Missing,
    Altered { found: u64 },
    Copied,
    Unread,
    Unseen,
}

impl Objects<'_> {
    fn look(&self, record: &Record) -> Look {
        let Observed::Known(there) = self.there else { return Look::Unseen };
        let Some(object) = there.get(&record.key) else { return Look::Missing };
        if object.size != record.size {
            return Look::Altered { found: object.size };
        }
        let same = object.revision == record.revision;
        match self.rehashed.get(&record.key) {
            // What was read counts, whatever the revision says.
            Some(Observed::Known(sha256)) if *sha256 != record.sha256 => {
                Look::Altered { found: object.size }
            }
            Some(Observed::Known(_)) if !same => Look::Copied,
            Some(Observed::Known(_)) => Look::Right,
            None if same => Look::Right,
            Some(Observed::Unknown(_)) | None => Look::Unread,
        }
    }
}

/// Decides on a wanted address. `line` is the label of the line that wants it.
pub(super) fn decide(
    artifact: &Artifact,
    locked: Option<&LockedArtifact>,
    version_locked: bool,
    published: Published<'_>,
    objects: Objects<'_>,
    line: &str,
) -> Verdict {
    if let Some(record) = published.live {
        return live(artifact, locked.is_some(), record, objects);
    }
    if let Some(condemned) =
        published.condemned.filter(|it| Some(it.record.input) == artifact.input)
    {
        match objects.look(&condemned.record) {
            Look::Right | Look::Copied | Look::Unseen => {
                return Verdict::of(Action::Update, Reason::WantedAgain);
            }
            // Nothing is named again whose bytes are not known to be right.
            Look::Missing | Look::Altered { .. } | Look::Unread => {}
        }
    }
    let reason = if published.doomed.is_some_and(|it| Some(it.record.input) == artifact.input) {
        Reason::Doomed
    } else if published.version {
        Reason::NewTarget
    } else if locked.is_some() || version_locked {
        Reason::NotPublished
    } else {
        Reason::NewRelease { line: line.to_owned() }
    };
    Verdict::of(Action::Create, reason)
}

fn live(artifact: &Artifact, locked: bool, record: &Record, objects: Objects<'_>) -> Verdict {
    let Some(input) = artifact.input else {
        if let Some(reason) = extra::differing(artifact, record) {
            return Verdict::of(Action::Rebuild, reason);
        }
        let doubt = format!(
            "the digest of `{}` is not known, so its published bytes could not be compared",
            artifact.address
        );
        return Verdict { todo: None, doubt: Some(doubt) };
    };
    if record.input != input {
        return Verdict::of(Action::Rebuild, inputs::changed(artifact, record));
    }
    let look = objects.look(record);
    match look {
        Look::Missing => return Verdict::of(Action::Repair, Reason::ObjectMissing),
        Look::Altered { found } => {
            let reason = Reason::ObjectAltered { recorded: record.size, found };
            return Verdict::of(Action::Repair, reason);
        }
        Look::Right | Look::Copied | Look::Unread | Look::Unseen => {}
    }
    let todo = if !told(artifact, record) {
        Some((Action::Update, Reason::MetadataChanged))
    } else if matches!(look, Look::Copied) {
        Some((Action::Update, Reason::RevisionChanged))
    } else if !locked {
        Some((Action::Adopt, Reason::NotLocked))
    } else {
        None
    };
    let doubt = matches!(look, Look::Unread).then(|| {
        format!(
            "the object of `{}` has another revision, and its {} bytes were not read",
            artifact.address, record.size
        )
    });
    Verdict { todo, doubt }
}

/// Tells whether a record says all that is wanted beside the bytes.
fn told(artifact: &Artifact, record: &Record) -> bool {
    let source = &artifact.source;
    record.metadata == metadata(artifact, record)
        && record.upstream == artifact.upstream
        && record.released == artifact.released
        && record.evidence == source.evidence
        && record.signer == source.signer
        && record.source.upstream_digest == source.upstream_digest
        && record.source.extra == source.extra
        && source.urls.first() == Some(&record.source.url)
}

/// Returns what a record of the same bytes should tell: licences that are found out in the bytes are
/// those that it has.
fn metadata(artifact: &Artifact, record: &Record) -> Metadata {
    let mut metadata = artifact.metadata.clone();
    if artifact.detect_licenses {
        metadata.licenses.clone_from(&record.metadata.licenses);
    }
    metadata
}

/// Returns what a record tells.
pub(super) fn before(record: &Record) -> Facts {
    Facts {
        input: Some(record.input),
        sha256: Some(record.sha256),
        url: record.source.url.clone(),
        evidence: record.evidence,
        signer: record.signer.clone(),
        size: Some(record.size),
        metadata: record.metadata.clone(),
    }
}

/// Returns what an artifact will tell. What a build gives is not known before.
pub(super) fn after(artifact: &Artifact, action: Action, record: Option<&Record>) -> Facts {
    let stays = record.filter(|_| !action.moves_bytes());
    let fetched = Some(&artifact.source).filter(|_| artifact.recipe.is_none());
    Facts {
        input: artifact.input,
        sha256: stays.map(|record| record.sha256).or(fetched.and_then(|it| it.sha256)),
        url: artifact.source.urls.first().cloned().unwrap_or_default(),
        evidence: artifact.source.evidence,
        signer: artifact.source.signer.clone(),
        size: stays.map(|record| record.size).or(fetched.and_then(|it| it.size)),
        metadata: artifact.metadata.clone(),
    }
}

/// Returns the bytes to fetch: the source's, and those of whatever else its build is given.
fn fetched(artifact: &Artifact, record: Option<&Record>) -> Option<u64> {
    let source = artifact.source.size.or(record.map(|record| record.source.size))?;
    let extra = artifact.source.extra.values().filter(|_| artifact.recipe.is_some());
    extra.map(|file| file.size).try_fold(source, |sum, size| Some(sum.saturating_add(size?)))
}

/// Puts a step together.
pub(super) fn step(
    mut artifact: Artifact,
    record: Option<&Record>,
    action: Action,
    reason: Reason,
) -> Step {
    // Where no bytes move there is nothing to find anything out in.
    if let Some(record) = record.filter(|_| !action.moves_bytes()) {
        artifact.metadata = metadata(&artifact, record);
    }
    let after = after(&artifact, action, record);
    let bytes = match action {
        Action::Create | Action::Rebuild => fetched(&artifact, None),
        Action::Repair => fetched(&artifact, record),
        Action::Adopt | Action::Update | Action::Retire => Some(0),
    };
    Step {
        address: artifact.address.clone(),
        action,
        reason,
        before: record.map(before),
        after: Some(after),
        artifact: Some(artifact),
        record: record.cloned(),
        bytes,
        needs: Vec::new(),
    }
}

/// Decides on a wanted address where nobody looked at the storage: what is locked counts as
/// published. `new`: whether the version is new to the lock.
pub(super) fn compare_with_lock(
    artifact: &Artifact,
    locked: Option<&LockedArtifact>,
    new: bool,
    line: &str,
) -> Verdict {
    match locked {
        Some(locked) if artifact.source.sha256.is_some_and(|it| it != locked.sha256) => {
            Verdict::of(Action::Rebuild, Reason::SourceChanged)
        }
        Some(_) => Verdict { todo: None, doubt: None },
        None if new => Verdict::of(Action::Create, Reason::NewRelease { line: line.to_owned() }),
        None => Verdict::of(Action::Create, Reason::NewTarget),
    }
}
