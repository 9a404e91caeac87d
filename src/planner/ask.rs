//! Which sources must be asked.

use std::collections::BTreeMap;

use super::{
    Options, Question, Update, WhyAsk,
    files::Finder,
    gaps::Gap,
    past::{self, Past},
    pick::Picker,
    question,
    schedule::{self, Schedules},
    standing,
};
use crate::{
    model::{DependencyId, Lock, LockedDependency, Manifest, Sha256, Snapshot},
    template::Engine,
};

impl Update {
    /// Tells whether a dependency is to look for newer versions.
    pub fn names(&self, id: &DependencyId) -> bool {
        match self {
            Self::No => false,
            Self::All => true,
            Self::Only(ids) => ids.contains(id),
        }
    }
}

/// Returns a snapshot if it is of this project: another's records say nothing here.
pub(super) fn own<'a>(
    manifest: &Manifest,
    published: Option<&'a Snapshot>,
) -> Option<&'a Snapshot> {
    published.filter(|snapshot| snapshot.head.project == manifest.project)
}

/// See [`super::ask`].
pub(super) fn ask(
    manifest: &Manifest,
    lock: &Lock,
    published: Option<&Snapshot>,
    schedules: &Schedules,
    options: &Options,
) -> BTreeMap<DependencyId, Question> {
    let records = past::records(own(manifest, published));
    let timings = schedule::decide(manifest, lock, &records, schedules, options);
    let manifest = &*standing::lay(manifest, |id| Some(&timings.get(id)?.lines));
    let engine = Engine::new();
    let one = |(id, dependency)| {
        let locked = lock.dependencies.get(id);
        let asked = question::asked(manifest, id);
        let mut past = Past::new(locked, records.get(id));
        let lost = answers(locked, asked) && past.recall(dependency);
        let finder = Finder { engine: &engine, manifest, dependency };
        let picker = Picker { finder, past: &past, listed: None, options, changed: false };
        let moved = timings.get(id).is_some_and(|timing| !timing.moved.is_empty());
        (id.clone(), whether(&picker, locked, asked, lost, moved))
    };
    manifest.dependencies.iter().map(one).collect()
}

/// Tells whether a lock answers today's question.
pub(super) fn answers(locked: Option<&LockedDependency>, asked: Sha256) -> bool {
    locked.is_some_and(|locked| locked.asked == Some(asked))
}

/// Says whether one source must be asked, given the digest of today's question. `lost`: the lock
/// lacks versions that are published and that its own answer has room for. `moved`: a name stands
/// for another line than it did.
pub(super) fn whether(
    picker: &Picker<'_>,
    locked: Option<&LockedDependency>,
    asked: Sha256,
    lost: bool,
    moved: bool,
) -> Question {
    let id = &picker.finder.dependency.id;
    if picker.options.update.names(id) {
        return Question::Ask(WhyAsk::Update);
    }
    if picker.options.accept.iter().any(|address| address.dependency == *id) {
        return Question::Ask(WhyAsk::QuestionChanged);
    }
    match locked.map(|locked| locked.asked) {
        Some(Some(answered)) if answered == asked && lost => Question::Ask(WhyAsk::NotLocked),
        Some(Some(answered)) if answered == asked && moved => Question::Ask(WhyAsk::LineMoved),
        Some(Some(answered)) if answered == asked => Question::Settled,
        Some(Some(_)) => Question::Ask(WhyAsk::QuestionChanged),
        None if picker.finder.dependency.schedule.is_none() && filled(picker) => Question::Settled,
        Some(None) | None => Question::Ask(WhyAsk::NotLocked),
    }
}

/// Tells whether what is published alone fills every line, with a file for every target.
fn filled(picker: &Picker<'_>) -> bool {
    if picker.past.is_empty() {
        return false;
    }
    let picked = picker.pick(false);
    !picked.short && !picked.gaps.iter().any(|gap| matches!(gap, Gap::File(..)))
}
