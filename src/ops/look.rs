//! What sources list, asked for its own sake: nothing is decided and nothing written.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{OpsError, Project, Refresh, observe};
use crate::{
    model::{DependencyId, Listing, Observed, Sink, Snapshot, Why},
    planner::{Question, WhyAsk},
    storage::StorageReader,
};

/// What was seen.
#[derive(Debug)]
pub struct Looked {
    /// What is published; none: no HEAD.
    pub snapshot: Option<Snapshot>,
    /// What each source lists.
    pub listings: BTreeMap<DependencyId, Listing>,
    /// Which could not be read, and why.
    pub blind: BTreeMap<DependencyId, String>,
}

/// Reads what is published and asks the sources of some dependencies.
///
/// # Errors
/// When the storage can't be read. A source that can't be is told in `blind`.
pub async fn look(
    project: &Project,
    storage: &dyn StorageReader,
    ids: &BTreeSet<DependencyId>,
    sink: &Arc<dyn Sink>,
) -> Result<Looked, OpsError> {
    let questions: BTreeMap<DependencyId, Question> =
        ids.iter().map(|id| (id.clone(), Question::Ask(WhyAsk::Update))).collect();
    let (published, observed) = tokio::join!(
        observe::published(project, storage, Refresh::Index),
        observe::listings(project, &questions, sink)
    );
    let snapshot = match published?.snapshot {
        Observed::Known(snapshot) => snapshot,
        Observed::Unknown(_) => None,
    };
    let (mut listings, mut blind) = (BTreeMap::new(), BTreeMap::new());
    for (id, seen) in observed {
        match seen {
            Observed::Known(listing) => {
                listings.insert(id, listing);
            }
            Observed::Unknown(Why::Failed(why)) => {
                blind.insert(id, why.message);
            }
            Observed::Unknown(Why::NotAsked) => {
                blind.insert(id, "its source was not asked".to_owned());
            }
        }
    }
    Ok(Looked { snapshot, listings, blind })
}
