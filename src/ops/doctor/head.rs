//! HEAD: whether it is there, ours, the newest, and whether all that it reaches is there.

use jiff::SignedDuration;

use super::{Examined, candidates, checks, count, past};
use crate::{
    model::{FORMAT, Head, HeadKind},
    ops::{OpsError, Project, error::chain},
    state::{self, Uncached},
    storage::{StorageReader, StorageWriter},
};

/// Clocks differ by less than this.
const SKEW: SignedDuration = SignedDuration::from_hours(1);

/// What to do where HEAD is not what it was.
const RESTORE: &str = "if one of the generations below is right, run \
    `depstate doctor --restore-head GEN`; see `depstate explain head-went-back`";

/// Looks at HEAD and at what it reaches.
pub(super) async fn look(project: &Project, storage: &dyn StorageWriter, found: &mut Examined) {
    let location = storage.location();
    match state::head(storage).await {
        Err(error) if error.code() == crate::model::Code::STORAGE_DAMAGED => {
            found.problem("head.json", chain(&error), RESTORE);
            candidates::all(project, storage, None, found).await;
        }
        Err(error) => found.failed("storage", &error.into()),
        Ok(None) => {
            found.fine("storage", format!("{location} can be read"));
            candidates::all(project, storage, None, found).await;
            if found.candidates.is_empty() {
                found.note("head.json", "there is none: nothing was published yet", None);
                if let Some(seen) = project.workspace.seen_at(&storage.identity()).first() {
                    let text = format!(
                        "this checkout has seen serial {} of lineage {} here: all of it is gone",
                        seen.serial, seen.lineage
                    );
                    found.note("lineage", text, None);
                }
            } else {
                found.problem("head.json", "it is missing, and there are generations", RESTORE);
            }
        }
        Ok(Some(base)) => {
            found.fine("storage", format!("{location} can be read"));
            found.head = Some(base.head.clone());
            told(project, &storage.identity(), &base.head, found);
            newest(project, storage, &base.head, found).await;
            if reached(storage, found).await {
                past::look(project, storage, &base.head, found).await;
            }
            clock(project, storage, found).await;
        }
    }
}

/// What HEAD says of itself.
fn told(project: &Project, place: &str, head: &Head, found: &mut Examined) {
    let kind = match head.kind {
        HeadKind::Genesis => "genesis",
        HeadKind::Commit => "commit",
        HeadKind::Fence => "fence",
    };
    let text = format!(
        "serial {}, a {kind}, lineage {}, project {}, by {}",
        head.serial, head.lineage, head.project, head.tool
    );
    if head.project != project.manifest.project {
        let help = "one prefix, one project: use another prefix, or the right deps.toml";
        found.problem("head.json", text, help);
    } else if head.format > FORMAT {
        found.problem(
            "head.json",
            text,
            "a newer depstate wrote it: use that one to change anything",
        );
    } else {
        found.fine("head.json", text);
    }
    match &head.probe {
        Some(probe) => {
            checks::probe("probe", probe, head.single_writer, found);
            if place != probe.location {
                found.note("probe", "that was another place: the next apply probes again", None);
            }
        }
        None => found.note(
            "probe",
            "none recorded: whether the store keeps conditions is not known",
            Some("`depstate doctor --probe` finds out"),
        ),
    }
    let wanted = project.manifest.storage.single_writer;
    match (head.single_writer, wanted) {
        (false, false) => {}
        (true, true) => found.note("writers", "HEAD and deps.toml say: a single writer", None),
        (_, _) => found.note(
            "writers",
            format!("single-writer is {wanted} in deps.toml and {} in HEAD", head.single_writer),
            Some("the next commit writes down what deps.toml says"),
        ),
    }
}

/// Whether a newer HEAD was there before.
async fn newest(project: &Project, storage: &dyn StorageWriter, head: &Head, found: &mut Examined) {
    let seen = project.workspace.seen_at(&storage.identity());
    if let Some(seen) = seen.iter().find(|it| it.lineage == head.lineage && it.is_ahead_of(head)) {
        let text = format!(
            "this checkout has seen serial {} (nonce {}), HEAD is at serial {} (nonce {})",
            seen.serial, seen.nonce, head.serial, head.nonce
        );
        found.problem("went back", text, RESTORE);
    }
    if seen.iter().any(|seen| seen.lineage != head.lineage) {
        let text = "this checkout has seen another history here: the prefix was begun anew";
        found.note("lineage", text, None);
    }
    match state::lost_after(storage, head.serial).await {
        Ok(Some((serial, key))) => {
            let text = format!(
                "`{key}` was published: serial {serial}, and HEAD is at serial {}",
                head.serial
            );
            found.problem("went back", text, RESTORE);
        }
        Ok(None) => {}
        Err(error) => found.failed("went back", &error.into()),
    }
    if found.checks.iter().any(|check| check.name == "went back") {
        candidates::all(project, storage, Some(head), found).await;
    } else {
        found.fine("went back", "no sign of a newer HEAD");
    }
}

/// Whether the documents are there with their digests.
async fn reached(storage: &dyn StorageReader, found: &mut Examined) -> bool {
    match state::read(storage, &Uncached).await {
        Ok(Some(snapshot)) => {
            let documents = snapshot.generation.as_ref().map_or(0, |it| it.index.len());
            found.fine(
                "documents",
                format!(
                    "{}, {} published, {} retired",
                    count(documents, "index document"),
                    count(snapshot.live.len(), "artifact"),
                    snapshot.condemned.len()
                ),
            );
            if !snapshot.doomed.is_empty() {
                let text = format!("{} being deleted", count(snapshot.doomed.len(), "object"));
                found.note("collector", text, Some("`depstate gc` ends what was begun"));
            }
        }
        Ok(None) => {}
        Err(error) => {
            found.failed("documents", &OpsError::from(error));
            return false;
        }
    }
    true
}

/// The store's clock shows in what it says of HEAD; only one that is ahead of ours can be told.
async fn clock(project: &Project, storage: &dyn StorageReader, found: &mut Examined) {
    let meta = storage.head(&crate::model::ObjectKey::new("head.json")).await;
    let Some(modified) = meta.ok().flatten().and_then(|meta| meta.modified) else { return };
    if modified.duration_since(project.setting.now) > SKEW {
        found.problem(
            "clock",
            format!(
                "the store says that HEAD was written at {modified}, here it is {}",
                project.setting.now
            ),
            "set this machine's clock: a collector goes by it",
        );
    } else {
        found.fine("clock", "HEAD was not written in the future");
    }
}
