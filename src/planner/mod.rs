//! Floor 2: decides. No I/O, no clock, no environment: same inputs, same bytes.
//!
//! The order of a plan: [`ask`] says which sources must be asked, [`select`] decides the versions,
//! `ops` finds out the digests of what is new, [`plan`] lays desired, locked and published side by
//! side. Apply makes no choices: [`committable`] and [`next_lock`] say what goes into a commit.

mod input;
mod selection;

pub use input::{Filter, Options, PlanInput, Question, Update, WhyAsk};
pub use selection::{
    Candidate, ChecksumQuery, Chosen, ChosenFile, ChosenRelease, DecidedBy, LocatedFile, Selection,
};

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Address, Artifact, DependencyId, Listing, Lock, Manifest, ObjectKey, ObjectMeta, Observed,
    Plan, Sha256, Snapshot,
};

/// Says for each dependency whether its source must be asked.
pub fn ask(
    _manifest: &Manifest,
    _lock: &Lock,
    _published: Option<&Snapshot>,
    _options: &Options,
) -> BTreeMap<DependencyId, Question> {
    unimplemented!()
}

/// Decides the versions and, for each wanted target, where its file comes from.
pub fn select(
    _manifest: &Manifest,
    _lock: &Lock,
    _published: Option<&Snapshot>,
    _listings: &BTreeMap<DependencyId, Observed<Listing>>,
    _options: &Options,
) -> Selection {
    unimplemented!()
}

/// Returns the keys of recorded objects that are there with the recorded size and another
/// revision: whoever observes must find out their SHA-256 (same bytes, or altered?).
pub fn suspects(
    _snapshot: &Snapshot,
    _objects: &BTreeMap<ObjectKey, ObjectMeta>,
) -> Vec<ObjectKey> {
    unimplemented!()
}

/// Lays desired, locked and published side by side.
pub fn plan(_input: &PlanInput<'_>) -> Plan {
    unimplemented!()
}

/// Expands what depends on the digest, once it is known.
///
/// # Errors
/// When a template can't be expanded; the text is fit for a person.
pub fn finish(
    _manifest: &Manifest,
    _artifact: &Artifact,
    _located: &LocatedFile,
) -> Result<Artifact, String> {
    unimplemented!()
}

/// Returns the addresses whose steps may be committed, given which steps succeeded: new versions
/// only whole, retires only with their successors.
pub fn committable(
    _plan: &Plan,
    _published: Option<&Snapshot>,
    _succeeded: &BTreeSet<Address>,
) -> BTreeSet<Address> {
    unimplemented!()
}

/// Returns the lock that follows from a selection and what was found out about new files.
///
/// What the filters leave out, and releases of which a digest is not known, stay as they were.
pub fn next_lock(
    _lock: &Lock,
    _selection: &Selection,
    _located: &BTreeMap<Address, LocatedFile>,
    _options: &Options,
) -> Lock {
    unimplemented!()
}

/// The question that the lock answers, as a digest (deps.lock `asked`).
pub fn asked(_manifest: &Manifest, _id: &DependencyId) -> Sha256 {
    unimplemented!()
}
