//! Floor 2: decides. No I/O, no clock, no environment: same inputs, same bytes.
//!
//! The order of a plan: [`ask`] says which sources must be asked, [`select`] decides the versions,
//! `ops` finds out the digests of what is new, [`plan`] lays desired, locked and published side by
//! side. Apply makes no choices: [`committable`] and [`next_lock`] say what goes into a commit.

mod age;
mod artifact;
mod ask;
mod checksum;
mod commit;
mod desired;
mod diff;
mod draft;
mod entry;
mod eol;
mod expand;
mod extra;
mod files;
mod findings;
mod freshness;
mod gaps;
mod guard;
mod input;
mod inputs;
mod lock;
mod names;
mod needs;
mod order;
mod past;
mod paths;
mod pick;
mod purl;
mod question;
mod rebuild;
mod recipe;
mod releases;
mod retire;
mod rollback;
mod rules;
mod schedule;
mod select;
mod selection;
mod settle;
mod signature;
mod standing;
mod tree;
mod trial;
mod trust;
mod why;

pub use freshness::Freshness;
pub use input::{Filter, Options, PlanInput, Question, Update, WhyAsk};
pub use rollback::Rollback;
pub use schedule::Schedules;
pub use selection::{
    Candidate, ChecksumQuery, Chosen, ChosenFile, ChosenRelease, DecidedBy, ExtraQuery, Hold,
    LocatedFile, Selection, SignatureQuery,
};
pub use tree::ask_tree;
pub use trust::Trust;
pub use why::Verdict;

use select::Answers;
use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Address, Artifact, DependencyId, Listing, Lock, Manifest, ObjectKey, ObjectMeta, Observed,
    Plan, Sha256, Snapshot, TreeFile, Version,
};

/// Says which schedules must be asked: those of dependencies that are decided anew.
pub fn ask_schedules(
    manifest: &Manifest,
    lock: &Lock,
    options: &Options,
) -> BTreeSet<DependencyId> {
    schedule::to_ask(manifest, lock, options)
}

/// Says for each dependency whether its source must be asked.
///
/// Settled is what a lock answers whose `asked` is today's question, unless it has fewer versions
/// than a line keeps while published ones would fit; and what the lock does not know at all where the
/// published records fill every line. A snapshot of another project says nothing. `schedules` has an
/// entry for each schedule that was asked.
pub fn ask(
    manifest: &Manifest,
    lock: &Lock,
    published: Option<&Snapshot>,
    schedules: &Schedules,
    options: &Options,
) -> BTreeMap<DependencyId, Question> {
    ask::ask(manifest, lock, published, schedules, options)
}

/// Decides the versions and, for each wanted target, where its file comes from.
///
/// `listings` has an entry for each source that was asked; one that should have been asked and has
/// none counts as not known. Nothing here fails: what is wrong is a finding, and its dependency then
/// stays as it was decided before. `schedules` are those that [`ask`] was given.
pub fn select(
    manifest: &Manifest,
    lock: &Lock,
    published: Option<&Snapshot>,
    listings: &BTreeMap<DependencyId, Observed<Listing>>,
    schedules: &Schedules,
    options: &Options,
) -> Selection {
    select::select(manifest, lock, published, &Answers { listings, schedules }, options)
}

/// Returns the keys of recorded objects that are there with the recorded size and another
/// revision: whoever observes must find out their SHA-256 (same bytes, or altered?).
pub fn suspects(snapshot: &Snapshot, objects: &BTreeMap<ObjectKey, ObjectMeta>) -> Vec<ObjectKey> {
    let suspect = |record: &&crate::model::Record| {
        objects
            .get(&record.key)
            .is_some_and(|object| object.size == record.size && object.revision != record.revision)
    };
    snapshot.live.values().filter(suspect).map(|record| record.key.clone()).collect()
}

/// Lays desired, locked and published side by side.
///
/// The findings and blind spots of the selection are in the plan too. An address that a finding
/// keeps from being decided has no step and is not unchanged; what else there is to do is planned.
pub fn plan(input: &PlanInput<'_>) -> Plan {
    draft::plan(input)
}

/// Returns everything that is wanted, fully expanded, with what the plan says of it or without. What a
/// finding keeps from being decided is absent.
pub fn wanted(input: &PlanInput<'_>) -> BTreeMap<Address, Artifact> {
    draft::all_wanted(input)
}

/// Digests a file beside deps.toml as builds have it among their inputs: its content and its mode.
pub fn file_digest(file: &TreeFile) -> Sha256 {
    inputs::file(file)
}

/// Returns the file name at the end of an address, decoded; empty where there is none.
pub fn file_name(url: &str) -> String {
    names::file_name(url)
}

/// Expands what depends on the digest, once it is known.
///
/// # Errors
/// When a template can't be expanded; the text is fit for a person.
pub fn finish(
    manifest: &Manifest,
    artifact: &Artifact,
    located: &LocatedFile,
) -> Result<Artifact, String> {
    artifact::finish(manifest, artifact, located)
}

/// Returns the addresses whose steps may be committed, given which steps succeeded: new versions
/// only whole, retires only with their successors.
///
/// A retire does nothing that could fail: it need not be among `succeeded`. One whose record is not
/// in `published` any more is left out.
pub fn committable(
    plan: &Plan,
    published: Option<&Snapshot>,
    succeeded: &BTreeSet<Address>,
) -> BTreeSet<Address> {
    commit::committable(plan, published, succeeded)
}

/// Returns the lock that follows from a selection and what was found out about new files.
///
/// What the filters leave out, and releases of which a digest is not known, stay as they were; so
/// does what they would have replaced.
pub fn next_lock(
    lock: &Lock,
    selection: &Selection,
    located: &BTreeMap<Address, LocatedFile>,
    options: &Options,
) -> Lock {
    lock::next_lock(lock, selection, located, options)
}

/// Lays what is published beside what was published at an older serial: what must change so that
/// the live records are those of then. Each of them must be live or condemned in `base`; one that is
/// condemned must have its object among `objects`, with the recorded revision or, by `rehashed`, the
/// right bytes.
pub fn rollback(
    manifest: &Manifest,
    base: &Snapshot,
    then: &Snapshot,
    objects: &BTreeMap<ObjectKey, ObjectMeta>,
    rehashed: &BTreeMap<ObjectKey, Observed<Sha256>>,
) -> Rollback {
    rollback::rollback(manifest, base, then, objects, rehashed)
}

/// Explains every name that a source lists, and every version decided before, as an update would see
/// them: versions newest first, then the names that are no release. Without a listing only what was
/// decided is explained, as it stands.
pub fn why(
    manifest: &Manifest,
    lock: &Lock,
    published: Option<&Snapshot>,
    id: &DependencyId,
    listing: Option<&Listing>,
    options: &Options,
) -> Vec<Verdict> {
    why::why(manifest, lock, published, id, listing, options)
}

/// Says for each line of a dependency, in the order of deps.toml, how far what was decided is behind
/// what its source lists; and the newest release that no line takes, if it is newer than all that
/// they do.
pub fn freshness(
    manifest: &Manifest,
    lock: &Lock,
    published: Option<&Snapshot>,
    id: &DependencyId,
    listing: &Listing,
    options: &Options,
) -> (Vec<Freshness>, Option<Version>) {
    freshness::freshness(manifest, lock, published, id, listing, options)
}

/// The question that the lock answers, as a digest (deps.lock `asked`).
pub fn asked(manifest: &Manifest, id: &DependencyId) -> Sha256 {
    question::asked(manifest, id)
}
