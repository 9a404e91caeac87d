//! The generations before HEAD, newest first: each names the HEAD that it follows.

use super::{StateError, keys, read};
use crate::{
    model::{Generation, Head, HeadKind, ObjectRef},
    storage::StorageReader,
    wire::objects::parent_digest,
};

/// A walk down the chain of HEADs.
pub struct History<'a> {
    storage: &'a dyn StorageReader,
    /// The HEAD whose generation comes next; none: the walk is over.
    next: Option<Head>,
    /// Whether `next` is the newest: its generation is always kept.
    newest: bool,
}

impl std::fmt::Debug for History<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("History").field("next", &self.next).finish_non_exhaustive()
    }
}

/// One generation of the past, and how HEAD came to name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// The HEAD that names it: that of its own commit, or a fence or a restored one above.
    pub head: Head,
    /// Where it is.
    pub at: ObjectRef,
    /// The generation itself.
    pub generation: Generation,
}

impl Past {
    /// Returns how many writes of HEAD above the commit changed nothing.
    pub fn fences(&self) -> u64 {
        self.head.serial.saturating_sub(self.generation.serial)
    }
}

/// What a walk came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The next older generation.
    Past(Box<Past>),
    /// The first HEAD: before it there was nothing.
    Genesis,
    /// Older generations were there once and are not kept; this is the first of them.
    Collected(ObjectRef),
}

impl<'a> History<'a> {
    /// Begins at a HEAD.
    pub fn new(storage: &'a dyn StorageReader, head: &Head) -> Self {
        Self { storage, next: Some(head.clone()), newest: true }
    }

    /// Tells whether what comes next is the beginning, or nothing.
    pub fn is_over(&self) -> bool {
        self.next.as_ref().is_none_or(|head| head.r#gen.is_none())
    }

    /// Reads the next older generation, its digest checked. None: the walk is over.
    ///
    /// # Errors
    /// When the store fails, or a generation is not the one that the HEAD above it names
    /// (`storage-damaged`).
    pub async fn next(&mut self) -> Result<Option<Step>, StateError> {
        let Some(head) = self.next.take() else { return Ok(None) };
        let Some(at) = head.r#gen.clone() else { return Ok(Some(Step::Genesis)) };
        let Some((generation, parent)) = load(self.storage, &at).await? else {
            return if self.newest {
                Err(StateError::damaged(format!("`{}` is missing, and HEAD names it", at.key)))
            } else {
                Ok(Some(Step::Collected(at)))
            };
        };
        self.newest = false;
        fits(&head, &at, &generation)?;
        // A restored HEAD follows the one that it replaced, not its generation's parent.
        if head.kind == HeadKind::Commit
            && head.serial == generation.serial
            && head.prev_head_sha256 != Some(parent)
        {
            return Err(StateError::damaged(format!(
                "`{}` says that it follows another HEAD than the one of serial {} says",
                at.key, head.serial
            )));
        }
        self.next = Some(generation.parent.clone());
        Ok(Some(Step::Past(Box::new(Past { head, at, generation }))))
    }
}

/// Reads a generation and the digest of the HEAD in it; none: it is not there.
async fn load(
    storage: &dyn StorageReader,
    at: &ObjectRef,
) -> Result<Option<(Generation, crate::model::Sha256)>, StateError> {
    let Some(bytes) = read::checked(storage, at).await? else { return Ok(None) };
    let unreadable = |error| StateError::unreadable(at.key.as_str(), &error);
    let generation = crate::wire::objects::decode_generation(&bytes).map_err(unreadable)?;
    let parent = parent_digest(&bytes).map_err(unreadable)?;
    Ok(Some((generation, parent)))
}

/// Checks that a generation is the one that a HEAD means, beside its digest.
fn fits(head: &Head, at: &ObjectRef, generation: &Generation) -> Result<(), StateError> {
    let wrong = if generation.serial > head.serial {
        Some("its serial is greater than that of the HEAD that names it".to_owned())
    } else if head.kind == HeadKind::Commit && head.tx.as_ref() != Some(&generation.tx) {
        Some(format!("it is of transaction {}, and its HEAD says another", generation.tx))
    } else if generation.parent.lineage != head.lineage {
        Some(format!("it follows lineage {}, not {}", generation.parent.lineage, head.lineage))
    } else if keys::generation(generation.serial, &generation.tx) != at.key {
        Some(format!("it says that it is serial {} of {}", generation.serial, generation.tx))
    } else {
        None
    };
    match wrong {
        None => Ok(()),
        Some(wrong) => Err(StateError::damaged(format!("`{}`: {wrong}", at.key))),
    }
}
