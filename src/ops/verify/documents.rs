//! The documents: every digest on the way from HEAD down, and from HEAD back.

use super::Verified;
use crate::{
    model::{Code, Head, Severity, Snapshot},
    ops::{OpsError, Project, error::chain as text_of, missing},
    state::{self, History, StateError, Step, Uncached},
    storage::StorageReader,
};

/// Walks the chain of HEADs as far as generations are kept.
pub(super) async fn chain(
    project: &Project,
    storage: &dyn StorageReader,
    head: &Head,
    found: &mut Verified,
) {
    let mut walk = History::new(storage, head);
    loop {
        match walk.next().await {
            Ok(Some(Step::Past(_))) => found.documents += 1,
            Ok(Some(Step::Collected(at))) if missing::is_kept(project, &at) => {
                let (text, code) = (missing::text(&at), Code::STORAGE_DAMAGED);
                return found.helped(Severity::Refused, code, None, text, Some(missing::HELP));
            }
            Ok(Some(Step::Genesis | Step::Collected(_)) | None) => return,
            Err(error) => return tell(&error, found),
        }
    }
}

/// Reads everything that HEAD reaches, from the store; none: it can't be, and that is told.
pub(super) async fn snapshot(
    storage: &dyn StorageReader,
    found: &mut Verified,
) -> Result<Option<Snapshot>, OpsError> {
    match state::read(storage, &Uncached).await {
        Ok(snapshot) => {
            let generation = snapshot.as_ref().and_then(|snapshot| snapshot.generation.as_ref());
            found.documents += generation.map_or(0, |generation| generation.index.len() as u64);
            Ok(snapshot)
        }
        Err(error) if error.code() == Code::STORE_NEWER => Err(error.into()),
        Err(error) => {
            tell(&error, found);
            Ok(None)
        }
    }
}

/// Wrong bytes are refused; what could not be read is an error.
fn tell(error: &StateError, found: &mut Verified) {
    let code = error.code();
    let severity = if code == Code::STORAGE_DAMAGED { Severity::Refused } else { Severity::Error };
    let help = if code == Code::STORAGE_DAMAGED {
        Some("run `depstate doctor`: it lists the generations that are whole")
    } else {
        error.help()
    };
    found.helped(severity, code, None, text_of(error), help);
}
