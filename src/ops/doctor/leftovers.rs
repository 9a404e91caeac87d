//! What lies around HEAD: journals, unfinished uploads, views.

use futures::TryStreamExt as _;
use jiff::{SignedDuration, Timestamp};

use super::{Examined, count};
use crate::{
    model::{JournalState, ObjectKey, Tx},
    ops::{Project, error::chain},
    state::{self, Kept},
    storage::{StorageWriter, UploadRef},
};

/// A journal that has been open for longer is a dead apply's.
const DEAD: SignedDuration = SignedDuration::from_hours(24);

/// How many are named.
const NAMED: usize = 5;

/// Looks at journals, uploads and views.
pub(super) async fn look(project: &Project, storage: &dyn StorageWriter, found: &mut Examined) {
    match state::journals(storage).await {
        Ok(all) => {
            journals(project.setting.now, &all.kept, found);
            broken(&all.broken, found);
        }
        Err(error) => found.failed("journals", &error.into()),
    }
    match storage.unfinished("").try_collect::<Vec<UploadRef>>().await {
        Ok(all) if all.is_empty() => found.fine("uploads", "none unfinished"),
        Ok(all) => found.note(
            "uploads",
            format!("{} unfinished: those of a running apply, or of one that died", all.len()),
            Some("`depstate gc` throws away those of dead applies"),
        ),
        // Not everyone who may look may look at these.
        Err(error) => {
            found.note("uploads", format!("could not be listed: {}", chain(&error)), None);
        }
    }
    let public = project.manifest.storage.public_url.as_deref();
    let snapshot = state::read(storage, project.documents().as_ref()).await;
    // What can't be read is told elsewhere.
    let Ok(Some(snapshot)) = snapshot else { return };
    match state::stale_views(storage, &snapshot, public).await {
        Ok(0) => found.fine("views", "they are those of HEAD"),
        Ok(stale) => found.note(
            "views",
            format!("{} other than HEAD says", count(stale, "view")),
            Some("the next apply makes them again, also one with nothing else to do"),
        ),
        Err(error) => found.failed("views", &error.into()),
    }
}

fn journals(now: Timestamp, all: &[Kept], found: &mut Examined) {
    let count = |state| all.iter().filter(|kept| kept.journal.state == state).count();
    let (done, aborted) = (count(JournalState::Done), count(JournalState::Aborted));
    let mut open: Vec<&Kept> =
        all.iter().filter(|kept| kept.journal.state == JournalState::Open).collect();
    open.sort_by_key(|kept| began(kept));
    let text = format!("{} open, {aborted} aborted, {done} done", open.len());
    if open.is_empty() && aborted == 0 {
        return found.fine("journals", text);
    }
    let named: Vec<String> = open.iter().take(NAMED).map(|kept| line(now, kept)).collect();
    let more =
        if open.len() > NAMED { format!("; {} more", open.len() - NAMED) } else { String::new() };
    let text = if named.is_empty() { text } else { format!("{text}: {}{more}", named.join("; ")) };
    let dead = open.iter().any(|kept| now.duration_since(began(kept)) > DEAD);
    let help = if dead || aborted > 0 {
        "`depstate gc` decides and sweeps those of applies that died"
    } else {
        "an apply is running, or has just died"
    };
    found.note("journals", text, Some(help));
}

/// Whose they were can't be told, nor whether they committed.
fn broken(all: &[(ObjectKey, String)], found: &mut Examined) {
    for (key, why) in all.iter().take(NAMED) {
        let text = format!("`{key}` is no journal: {why}");
        found.problem("journals", text, "if no apply is running, remove that file");
    }
    if all.len() > NAMED {
        let text = format!("{} more below `tx/` are no journals", all.len() - NAMED);
        found.problem("journals", text, "remove those above, and run it again");
    }
}

fn began(kept: &Kept) -> Timestamp {
    kept.modified.unwrap_or(kept.journal.at)
}

/// Whose, how old, and on what it stands.
fn line(now: Timestamp, kept: &Kept) -> String {
    let Tx(tx) = &kept.journal.tx;
    let by = kept.journal.by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
    let hours = now.duration_since(began(kept)).as_hours();
    let age = match hours {
        ..1 => "less than an hour old".to_owned(),
        1..48 => format!("{hours} h old"),
        _ => format!("{} days old", hours / 24),
    };
    format!("{tx}{by}, {age}, on serial {}", kept.journal.base_serial)
}
