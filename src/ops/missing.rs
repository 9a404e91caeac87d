//! Generations that are not there: collected, or lost.

use jiff::SignedDuration;

use super::Project;
use crate::{
    model::{Head, ObjectRef},
    state,
    storage::StorageReader,
};

/// How often something is looked at again because HEAD moved on meanwhile.
pub(super) const MOVES: u32 = 5;

/// Tells whether a collector would still keep that generation. It goes by the name, which tells when
/// its apply began; what was made later is not older.
pub(super) fn is_kept(project: &Project, at: &ObjectRef) -> bool {
    let Some(begun) = state::begun(&at.key) else { return false };
    // A clock that runs behind makes nothing younger than it can be.
    let age = project.setting.now.duration_since(begun).max(SignedDuration::ZERO);
    SignedDuration::try_from(project.manifest.retention.history).map_or(true, |kept| age < kept)
}

/// Tells whether HEAD is another now: then what an older one named may have been collected while it
/// was read, and nothing is wrong.
pub(super) async fn has_moved(storage: &dyn StorageReader, head: &Head) -> bool {
    // A store that can't be asked has told nothing new.
    matches!(state::head(storage).await, Ok(Some(now)) if now.head != *head)
}

/// Says that it is lost.
pub(super) fn text(at: &ObjectRef) -> String {
    format!("`{}` is missing, and it is younger than `retention.history`", at.key)
}

/// What to do about one that is lost.
pub(super) const HELP: &str = "put that file back from a copy; without it, history ends there, and \
    what was before can't be gone back to. (If `retention.history` was shorter when `depstate gc` \
    ran, nothing is wrong.)";
