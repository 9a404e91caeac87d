//! What the files that builds read were before: kept by every plan, and by the record of every
//! build, so that a person sees what changed in them. Nothing is decided by it.

use std::collections::BTreeMap;

use super::{Planned, Project, side};
use crate::{
    disk::CacheKind,
    model::{Address, InputChange, InputName, InputText, Reason, Record, Sha256, Step, Tree},
    planner,
    storage::StorageReader,
    wire::inputs::{InputFile, decode_inputs, encode_inputs, inputs_key},
};

/// The longest text in bytes that a plan keeps.
const LONGEST: u64 = 256 << 10;

/// Keeps the texts of the files that a plan has read, if that can be done.
pub(crate) fn keep(project: &Project, tree: &Tree) {
    let cache = project.workspace.cache();
    let new: Vec<_> = tree
        .iter()
        .map(|(path, file)| (path, file, planner::file_digest(file)))
        .filter(|(.., name)| cache.path(CacheKind::Inputs, name).is_none())
        .collect();
    if new.is_empty() || !project.workspace.prepare() {
        return;
    }
    for (path, file, name) in new {
        let path = project.root.join(path);
        if fs_err::metadata(&path).is_ok_and(|meta| meta.len() <= LONGEST)
            && let Ok(bytes) = fs_err::read(&path)
            && Sha256::of(&bytes) == file.sha256
            && std::str::from_utf8(&bytes).is_ok()
        {
            cache.put_named(CacheKind::Inputs, &name, &bytes);
        }
    }
}

/// Returns what was kept of a file by its digest as an input.
fn kept(project: &Project, name: &Sha256) -> Option<String> {
    let bytes = project.workspace.cache().get_named(CacheKind::Inputs, name)?;
    String::from_utf8(bytes).ok()
}

/// Writes what the files were that a record's bytes were made of; none: it was made of none.
pub(crate) fn document(project: &Project, tree: &Tree, record: &Record) -> Option<Vec<u8>> {
    let files: BTreeMap<String, InputFile> = record
        .inputs
        .iter()
        .filter_map(|(name, digest)| Some((name.as_file()?, digest)))
        .filter_map(|(path, digest)| {
            let file = tree.get(path).filter(|file| planner::file_digest(file) == *digest)?;
            let text = kept(project, digest);
            let (sha256, executable) = (file.sha256, file.executable);
            Some((path.to_owned(), InputFile { sha256, executable, text }))
        })
        .collect();
    if files.is_empty() { None } else { encode_inputs(&files).ok() }
}

/// Returns, for each step of a plan whose inputs changed, what changed in their files. What they were
/// before comes from this checkout, else from the store, with one request for each step.
pub async fn changed(
    project: &Project,
    storage: &dyn StorageReader,
    planned: &Planned,
) -> BTreeMap<Address, Vec<InputChange>> {
    let mut all = BTreeMap::new();
    for step in &planned.plan.steps {
        let changes = of(project, storage, step).await;
        if !changes.is_empty() {
            all.insert(step.address.clone(), changes);
        }
    }
    all
}

async fn of(project: &Project, storage: &dyn StorageReader, step: &Step) -> Vec<InputChange> {
    let (Reason::InputChanged { changed, added, removed }, Some(record), Some(artifact)) =
        (&step.reason, &step.record, &step.artifact)
    else {
        return Vec::new();
    };
    let names = || changed.iter().chain(added).chain(removed);
    let there = |name: &InputName| record.inputs.get(name);
    let unknown = |name: &InputName| {
        name.as_file().is_some() && there(name).is_some_and(|it| kept(project, it).is_none())
    };
    let mut published = BTreeMap::new();
    if names().any(unknown)
        && let Some(key) = inputs_key(record)
        && let Ok(Some(bytes)) = side::read(storage, key).await
    {
        // A document that can't be read is as good as none: nothing is decided by it.
        published = decode_inputs(&bytes).unwrap_or_default();
    }
    let mut all: Vec<InputChange> = names()
        .filter_map(|name| {
            let path = name.as_file()?;
            let then = || published.get(path).and_then(|file| file.text.clone());
            let before = there(name).map(|it| InputText::of(kept(project, it).or_else(then)));
            let after = artifact.inputs.get(name).map(|it| InputText::of(kept(project, it)));
            let before = before.unwrap_or(InputText::Absent);
            let after = after.unwrap_or(InputText::Absent);
            Some(InputChange { path: path.to_owned(), before, after })
        })
        .collect();
    all.sort_by(|a, b| a.path.cmp(&b.path));
    all
}
