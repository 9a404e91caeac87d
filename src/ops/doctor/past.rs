//! The generations before HEAD's: whether history holds as far as it is kept.

use super::{Examined, count};
use crate::{
    model::{Code, Head},
    ops::{Project, error::chain, missing},
    state::{History, Step},
    storage::StorageReader,
};

/// What to do about a generation that is there and is not what was written.
const BROKEN: &str = "nothing that is published is touched. Put that file back from a copy; if there \
    is none, what was before it is lost: remove the file, and history ends there";

/// What to do where it is not needed any more.
const OLD: &str = "it is older than `retention.history`: remove that file, and history ends there";

/// Walks the chain of HEADs as far as generations are kept.
pub(super) async fn look(
    project: &Project,
    storage: &dyn StorageReader,
    head: &Head,
    found: &mut Examined,
) {
    let mut walk = History::new(storage, head);
    let (mut read, mut lowest, mut below) = (0, head.serial, head.r#gen.clone());
    loop {
        match walk.next().await {
            Ok(Some(Step::Past(past))) => {
                read += 1;
                lowest = past.generation.serial;
                below = past.generation.parent.r#gen;
            }
            Ok(Some(Step::Collected(at))) if missing::is_kept(project, &at) => {
                let text = format!("{}; {}", missing::text(&at), reaches(lowest));
                return found.problem("history", text, missing::HELP);
            }
            Ok(Some(Step::Collected(_))) => {
                return found
                    .fine("history", format!("back to serial {lowest}, older are not kept"));
            }
            Ok(Some(Step::Genesis) | None) => {
                return found
                    .fine("history", format!("{}, back to the first", count(read, "generation")));
            }
            // Whoever looks again sees what is there now.
            Err(_) if missing::has_moved(storage, head).await => {
                return found.note("history", "HEAD moved on while it was read", None);
            }
            Err(error) if error.code() == Code::STORAGE_DAMAGED => {
                let text = format!("{}; {}", chain(&error), reaches(lowest));
                let needed = below.is_none_or(|at| missing::is_kept(project, &at));
                return found.problem("history", text, if needed { BROKEN } else { OLD });
            }
            Err(error) => return found.failed("history", &error.into()),
        }
    }
}

fn reaches(lowest: u64) -> String {
    format!("serial {lowest} is the oldest that `depstate rollback` reaches")
}
