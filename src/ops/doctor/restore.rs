//! `doctor --restore-head`: a new HEAD that names an older generation.

use std::sync::Arc;

use super::candidates::{Whole, load};
use crate::{
    commit::{Restore, restored},
    model::{Code, Event, FORMAT, Head, JournalState, Revision, Sink},
    ops::{OpsError, Project, error::chain, seen},
    state::{self, Chance, Listed, Restored, Uncached},
    storage::{StorageReader, StorageWriter},
};

/// A HEAD that can be written.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The new HEAD.
    pub head: Head,
    /// The serial of the generation that it names.
    pub serial: u64,
    /// When that was made.
    pub at: jiff::Timestamp,
    /// By whom, where that is known.
    pub by: Option<String>,
    /// How many artifacts it publishes.
    pub artifacts: usize,
    /// The serial of the HEAD that it replaces; none: there is none, or it can't be read.
    pub replaces: Option<u64>,
    over: Option<Revision>,
}

/// Finds the generation, reads all that it reaches, and makes the HEAD. Nothing is written.
///
/// # Errors
/// When HEAD is fine as it is, there is no such generation, or not all that it reaches is there.
pub async fn prepare(
    project: &Project,
    storage: &dyn StorageReader,
    which: &str,
) -> Result<Prepared, OpsError> {
    let raw = state::raw_head(storage).await?;
    let now = match state::head(storage).await {
        Ok(base) => base.map(|base| base.head),
        Err(error) if error.code() == Code::STORAGE_DAMAGED => None,
        Err(error) => return Err(error.into()),
    };
    if let Some(now) = &now
        && now.project != project.manifest.project
    {
        return Err(crate::ops::observe::not_owner(&now.project, project, &storage.location()));
    }
    if let Some(now) = &now {
        refuse_newer("`head.json`", now.format)?;
    }
    let listed = state::generations(storage, None).await?;
    let one = choose(storage, &listed, which).await?;
    if let Some(now) = &now {
        refuse_a_fine_one(project, storage, now).await?;
    }
    let objects = state::objects(storage).await?;
    let whole = load(project, storage, &one, &objects).await?;
    refuse_newer(&format!("`{}`", one.key), whole.generation.format)?;
    if !whole.lacks.is_empty() {
        return Err(OpsError::said(
            Code::STORAGE_DAMAGED,
            format!("not all that `{}` publishes is there: {}", one.key, whole.lacks.join("; ")),
            Some("choose an older generation; `depstate doctor` says which are whole"),
        ));
    }
    if let Some(now) = now.as_ref().filter(|it| it.lineage != whole.generation.parent.lineage) {
        return Err(OpsError::said(
            Code::STORAGE_DAMAGED,
            format!(
                "`{}` is of lineage {}, and HEAD is of lineage {}",
                one.key, whole.generation.parent.lineage, now.lineage
            ),
            Some(
                "two histories lie under one prefix: look at the bucket's own versions of `head.json`",
            ),
        ));
    }
    let highest = highest(project, storage, &listed, &whole).await?;
    let author = project.author();
    let head = restored(Restore {
        now: now.as_ref(),
        previous: raw.as_ref().map(|(_, digest)| *digest),
        generation: &whole.generation,
        at: whole.at.clone(),
        highest,
        nonce: author.chance.fresh(),
        tool: &author.tool,
    });
    Ok(Prepared {
        head,
        serial: whole.generation.serial,
        at: whole.generation.at,
        by: whole.generation.by,
        artifacts: whole.snapshot.live.len(),
        replaces: now.map(|now| now.serial),
        over: raw.map(|(revision, _)| revision),
    })
}

/// A newer format may be read and never written: what it holds beside would be lost.
fn refuse_newer(what: &str, format: u32) -> Result<(), OpsError> {
    if format <= FORMAT {
        return Ok(());
    }
    Err(OpsError::said(
        Code::STORE_NEWER,
        format!("{what} has format {format}, this depstate writes format {FORMAT}"),
        Some("use the depstate that wrote it, or a newer one"),
    ))
}

/// By its key, or by its serial where that is one generation's alone, or one of them committed.
async fn choose(
    storage: &dyn StorageReader,
    listed: &[Listed],
    which: &str,
) -> Result<Listed, OpsError> {
    let mut fitting: Vec<&Listed> = match which.parse::<u64>() {
        Ok(serial) => listed.iter().filter(|one| one.serial == serial).collect(),
        Err(_) => listed.iter().filter(|one| one.key.as_str() == which).collect(),
    };
    if fitting.len() > 1 {
        let mut committed = Vec::new();
        for one in &fitting {
            let journal = state::journal(storage, &one.tx).await?;
            if journal.is_some_and(|journal| journal.state == JournalState::Done) {
                committed.push(*one);
            }
        }
        if committed.len() == 1 {
            fitting = committed;
        }
    }
    match fitting.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(OpsError::said(
            Code::NO_SUCH_SERIAL,
            format!("there is no generation `{which}`"),
            Some("give its serial or its key, `gen/….json`; `depstate doctor` lists the newest"),
        )),
        several => {
            let keys: Vec<String> = several.iter().map(|one| format!("`{}`", one.key)).collect();
            Err(OpsError::said(
                Code::NO_SUCH_SERIAL,
                format!("several generations have serial {which}: {}", keys.join(", ")),
                Some("give the key of one"),
            ))
        }
    }
}

/// A HEAD that is whole and the newest is not replaced: that would lose what it says.
async fn refuse_a_fine_one(
    project: &Project,
    storage: &dyn StorageReader,
    now: &Head,
) -> Result<(), OpsError> {
    let seen = project.workspace.seen(&storage.identity(), &now.lineage);
    let went_back = seen.is_some_and(|seen| seen.is_ahead_of(now))
        || state::lost_after(storage, now.serial).await?.is_some();
    if went_back {
        return Ok(());
    }
    match state::read(storage, &Uncached).await {
        Ok(_) => Err(OpsError::said(
            Code::EXISTS,
            format!("HEAD is whole and the newest: serial {}", now.serial),
            Some("to go back to what an older serial had: `depstate rollback SERIAL`"),
        )),
        Err(error) if error.code() == Code::STORAGE_DAMAGED => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The highest serial that anything tells of.
async fn highest(
    project: &Project,
    storage: &dyn StorageReader,
    listed: &[Listed],
    whole: &Whole,
) -> Result<u64, OpsError> {
    let lineage = &whole.generation.parent.lineage;
    let seen = project.workspace.seen(&storage.identity(), lineage).map(|seen| seen.serial);
    let journals = state::journals(storage).await?;
    let based = journals.kept.iter().map(|kept| kept.journal.base_serial);
    let all = listed.iter().map(|one| one.serial).chain(based).chain(seen);
    Ok(all.max().unwrap_or_default())
}

/// Writes it, over what was there when it was prepared.
///
/// # Errors
/// When it is not written, or that can't be told.
pub async fn carry_out(
    project: &Project,
    storage: &Arc<dyn StorageWriter>,
    prepared: &Prepared,
    sink: &Arc<dyn Sink>,
) -> Result<(), OpsError> {
    let author = project.author();
    let over = prepared.over.clone();
    match state::restore(storage.as_ref(), &author, &prepared.head, over).await? {
        Restored::Done => {}
        Restored::Lost => {
            return Err(OpsError::said(
                Code::LOST_RACE,
                "`head.json` changed meanwhile: it was not replaced",
                Some("run `depstate doctor` and look again"),
            ));
        }
        Restored::Unknown => {
            return Err(OpsError::said(
                Code::COMMIT_UNKNOWN,
                "whether the new `head.json` landed is not known",
                Some("run `depstate doctor` and look at its serial"),
            ));
        }
    }
    seen::note(project, &storage.identity(), &prepared.head);
    // Views are derived: a failure is told, it undoes nothing.
    let public = project.manifest.storage.public_url.as_deref();
    let views = async {
        match state::read(storage.as_ref(), project.documents().as_ref()).await? {
            Some(now) => {
                state::refresh_views(storage.as_ref(), &now, public, &Chance::system()).await
            }
            None => Ok(()),
        }
    };
    if let Err(error) = views.await {
        let text = chain(&error);
        sink.emit(&Event::Remark(format!(
            "views could not be made again, the next apply does: {text}"
        )));
    }
    Ok(())
}
