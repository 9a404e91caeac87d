//! Which sources must be asked.

use std::collections::BTreeMap;

use super::{
    Options, Question, Update, WhyAsk,
    files::Finder,
    past::{self, Past},
    pick::{Gap, Picker},
    question,
};
use crate::{
    model::{DependencyId, Lock, Manifest, Snapshot},
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
    options: &Options,
) -> BTreeMap<DependencyId, Question> {
    let records = past::records(own(manifest, published));
    let engine = Engine::new();
    let one = |id: &DependencyId| {
        if options.update.names(id) {
            return Question::Ask(WhyAsk::Update);
        }
        if options.accept.iter().any(|address| address.dependency == *id) {
            return Question::Ask(WhyAsk::QuestionChanged);
        }
        match lock.dependencies.get(id).map(|locked| locked.asked) {
            Some(Some(asked)) if asked == question::asked(manifest, id) => Question::Settled,
            Some(Some(_)) => Question::Ask(WhyAsk::QuestionChanged),
            Some(None) => Question::Ask(WhyAsk::NotLocked),
            None => {
                let past = Past::new(None, records.get(id));
                if filled(&engine, manifest, id, &past, options) {
                    Question::Settled
                } else {
                    Question::Ask(WhyAsk::NotLocked)
                }
            }
        }
    };
    manifest.dependencies.keys().map(|id| (id.clone(), one(id))).collect()
}

/// Tells whether what is published alone fills every line, with a file for every target.
fn filled(
    engine: &Engine,
    manifest: &Manifest,
    id: &DependencyId,
    past: &Past<'_>,
    options: &Options,
) -> bool {
    let Some(dependency) = manifest.dependencies.get(id) else { return false };
    if past.is_empty() {
        return false;
    }
    let finder = Finder { engine, manifest, dependency };
    let picked = Picker { finder, past, listed: None, options }.pick(false);
    !picked.short && !picked.gaps.iter().any(|gap| matches!(gap, Gap::File(..)))
}
