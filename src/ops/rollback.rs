//! `rollback`: an ordinary commit whose live records are those of an older serial.

use std::{collections::BTreeMap, sync::Arc};

use super::{OpsError, Project, apply, error::chain, missing, observe, seen, side::Desk};
use crate::{
    model::{Action, Address, Code, Event, Head, Record, Sink, Snapshot, Summary, Tx},
    planner::{self, Rollback},
    state::{self, Chance, Changes, CommitOutcome, History, Past, Step, Transaction},
    storage::{StorageReader, StorageWriter},
};

/// How often a lost race is run again.
const RACES: u32 = 10;

/// Why there is no way back to what a collector has taken away.
const OLD: &str = "generations that old are not kept any more";

/// A way back that can be gone.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// What is published now.
    pub base: Snapshot,
    /// What was published then.
    pub then: Snapshot,
    /// The generation of then; none: the beginning, when there was nothing.
    pub past: Option<Past>,
    /// What changes.
    pub back: Rollback,
}

/// How a rollback ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// It is committed, with this HEAD.
    Committed(Box<Head>),
    /// Whether it was can't be told.
    Unknown(Tx),
}

/// Compares what is published with what was at a serial.
///
/// # Errors
/// When the storage can't be read, or the serial is not there any more (`no-such-serial`), or
/// something that was live then can't be again (`cant-roll-back`), or too much would be retired.
pub async fn prepare(
    project: &Project,
    storage: &dyn StorageReader,
    serial: u64,
    max_retire: u64,
) -> Result<Prepared, OpsError> {
    let (base, past, then) = both(project, storage, serial).await?;
    let objects = state::objects(storage).await?;
    let suspects = then
        .live
        .values()
        .filter_map(|record| {
            let object = objects.get(&record.key)?;
            let now = &base.condemned.get(&record.key)?.record;
            (object.revision != now.revision).then(|| record.key.clone())
        })
        .collect();
    let mut rehashed = observe::rehash(storage, suspects, &objects, project.setting.jobs).await?;
    rehashed.extend(observe::altered(project, storage, &base, &objects).await);
    let back = planner::rollback(&project.manifest, &base, &then, &objects, &rehashed);
    if !back.impossible.is_empty() {
        let all: Vec<String> = back
            .impossible
            .iter()
            .map(|(address, why)| format!("\n    {address}: {why}"))
            .collect();
        return Err(OpsError::said(
            Code::CANT_ROLL_BACK,
            format!("not all that serial {serial} had can be published again:{}", all.concat()),
            Some(
                "put back the deps.toml and deps.lock of that time and run apply: it fetches from \
                 upstream what is missing",
            ),
        ));
    }
    let retires = back.steps.iter().filter(|step| step.action == Action::Retire).count() as u64;
    if retires > max_retire {
        return Err(OpsError::said(
            Code::MAX_RETIRE,
            format!("{retires} artifacts would be retired, and the limit is {max_retire}"),
            Some(&format!("if that is meant, give `--max-retire {retires}`")),
        ));
    }
    Ok(Prepared { base, then, past, back })
}

/// Reads what is published now, and what was at a serial with its generation.
async fn both(
    project: &Project,
    storage: &dyn StorageReader,
    serial: u64,
) -> Result<(Snapshot, Option<Past>, Snapshot), OpsError> {
    let mut moves = 0;
    loop {
        let Some(base) = seen::read(project, storage).await? else {
            return Err(no_such(serial, "nothing was ever published here"));
        };
        if base.head.project != project.manifest.project {
            return Err(observe::not_owner(&base.head.project, project, &storage.location()));
        }
        match then(project, storage, &base.head, serial).await {
            Ok((past, then)) => return Ok((base, past, then)),
            Err(error) if error.code() != Some(Code::STORAGE_DAMAGED) => return Err(error),
            Err(error) => {
                moves += 1;
                if moves > missing::MOVES || !missing::has_moved(storage, &base.head).await {
                    return Err(error);
                }
            }
        }
    }
}

/// Reads what was published at a serial, on the way down from a HEAD.
async fn then(
    project: &Project,
    storage: &dyn StorageReader,
    base: &Head,
    serial: u64,
) -> Result<(Option<Past>, Snapshot), OpsError> {
    let documents = project.documents();
    let past = find(project, storage, base, serial).await?;
    // What a fence or a restored HEAD named is what its generation says.
    let head = match &past {
        Some(past) => Head { r#gen: Some(past.at.clone()), serial, ..past.head.clone() },
        None => Head { r#gen: None, serial, ..base.clone() },
    };
    match state::reach_at(storage, documents.as_ref(), &head).await? {
        Ok(then) => Ok((past, then)),
        // A collector was faster than this.
        Err(_) if past.as_ref().is_some_and(|past| !missing::is_kept(project, &past.at)) => {
            Err(no_such(serial, OLD))
        }
        Err(key) => Err(OpsError::said(
            Code::STORAGE_DAMAGED,
            format!("`{key}` is missing: what serial {serial} reached is no longer kept whole"),
            Some("nothing was changed; `depstate doctor` says what is there and what to do"),
        )),
    }
}

/// Finds the generation that was published at a serial; none: the beginning.
async fn find(
    project: &Project,
    storage: &dyn StorageReader,
    head: &Head,
    serial: u64,
) -> Result<Option<Past>, OpsError> {
    if serial > head.serial {
        return Err(no_such(serial, &format!("HEAD is at serial {}", head.serial)));
    }
    let mut walk = History::new(storage, head);
    loop {
        match walk.next().await? {
            // A fence has the generation below it.
            Some(Step::Past(past)) if past.generation.serial <= serial => return Ok(Some(*past)),
            Some(Step::Past(_)) => {}
            Some(Step::Genesis) | None => return Ok(None),
            Some(Step::Collected(at)) if missing::is_kept(project, &at) => {
                return Err(no_such(serial, &missing::text(&at)));
            }
            Some(Step::Collected(_)) => return Err(no_such(serial, OLD)),
        }
    }
}

fn no_such(serial: u64, why: &str) -> OpsError {
    OpsError::said(
        Code::NO_SUCH_SERIAL,
        format!("there is no way back to serial {serial}: {why}"),
        Some("`depstate history` lists the serials that are kept"),
    )
}

/// Commits a way back. `asked`: a person agreed to these changes and no others, so after a lost race
/// others are not made.
///
/// # Errors
/// When it is not committed, for good.
pub async fn carry_out(
    project: &Project,
    storage: Arc<dyn StorageWriter>,
    prepared: Prepared,
    max_retire: u64,
    asked: bool,
    sink: &Arc<dyn Sink>,
) -> Result<Ended, OpsError> {
    let serial = prepared.then.head.serial;
    let agreed = prepared.back.steps.clone();
    let mut back = prepared.back;
    let (author, jobs) = (project.author(), project.setting.jobs);
    let mut tx = begin(project, &storage, prepared.base).await?;
    for race in 1..=RACES {
        let mut changes = changes(&back);
        let then: BTreeMap<Address, &Record> =
            back.set.iter().map(|(address, record)| (address.clone(), record)).collect();
        let inputs = BTreeMap::new();
        let desk = Desk { storage: &*storage, tx: &tx, author: &author, jobs, inputs };
        let failed = desk.describe(&mut changes.set, &then).await;
        if let Some((address, failed)) = failed.into_iter().next() {
            tx.abandon().await;
            let help = failed.help.as_deref().or(Some("nothing was committed"));
            let text = format!("{address}: {}", failed.message);
            return Err(OpsError::said(failed.code, text, help));
        }
        match tx.commit(&changes).await? {
            CommitOutcome::Committed(head) => {
                seen::note(project, &storage.identity(), &head);
                sink.emit(&Event::Committed { serial: head.serial, changes: back.steps.len() });
                views(project, &*storage, tx.base(), sink).await;
                return Ok(Ended::Committed(Box::new(head)));
            }
            CommitOutcome::Unknown(tx) => return Ok(Ended::Unknown(tx)),
            CommitOutcome::NotCommitted(why) => {
                tx.abandon().await;
                return Err(OpsError::said(
                    Code::STORAGE_FAILED,
                    why,
                    Some("nothing was committed"),
                ));
            }
            CommitOutcome::LostRace(head) => {
                sink.emit(&Event::Remark(format!("serial {} was faster, once more", head.serial)));
                apply::pause(race).await;
            }
        }
        let again = match prepare(project, &*storage, serial, max_retire).await {
            Ok(again) if !asked || again.back.steps == agreed => again,
            Ok(_) => {
                tx.abandon().await;
                return Err(OpsError::said(
                    Code::LOST_RACE,
                    "another committed meanwhile, and going back would change something else now",
                    Some("nothing was changed; run rollback again and look at what it would do"),
                ));
            }
            Err(error) => {
                tx.abandon().await;
                return Err(error);
            }
        };
        if again.back.steps.is_empty() {
            // Another went back to the same.
            tx.abandon().await;
            return Ok(Ended::Committed(Box::new(again.base.head)));
        }
        back = again.back;
        if !tx.rebase(again.base.clone()).await? {
            tx = begin(project, &storage, again.base).await?;
        }
    }
    tx.abandon().await;
    Err(OpsError::said(
        Code::LOST_RACE,
        format!("others committed first, {RACES} times in a row"),
        Some("nothing was changed; run it again"),
    ))
}

async fn begin(
    project: &Project,
    storage: &Arc<dyn StorageWriter>,
    base: Snapshot,
) -> Result<Transaction, OpsError> {
    let author = project.author();
    Ok(Transaction::begin(storage.clone(), project.documents(), author, Some(base)).await?)
}

fn changes(back: &Rollback) -> Changes {
    let mut summary = Summary { unchanged: back.unchanged, ..Summary::default() };
    for step in &back.steps {
        *summary.actions.entry(step.action).or_default() += 1;
    }
    Changes {
        set: back.set.clone(),
        retire: back
            .steps
            .iter()
            .filter(|step| step.action == Action::Retire)
            .map(|step| (step.address.clone(), step.reason.code()))
            .collect(),
        take_back: back.take_back.clone(),
        summary,
        ..Changes::default()
    }
}

/// Views are derived: a failure is told, it undoes nothing.
async fn views(
    project: &Project,
    storage: &dyn StorageWriter,
    snapshot: &Snapshot,
    sink: &Arc<dyn Sink>,
) {
    let public = project.manifest.storage.public_url.as_deref();
    if let Err(error) = state::refresh_views(storage, snapshot, public, &Chance::system()).await {
        let text = chain(&error);
        sink.emit(&Event::Remark(format!(
            "views could not be made again, the next apply does: {text}"
        )));
    }
}
