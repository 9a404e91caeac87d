//! The prose of reasons: data in, one clause out.

use super::{diff, grammar};
use crate::model::{Action, Evidence, InputName, NotWanted, Reason, Step};

/// Returns why a step is planned, with what a reviewer has to know of the bytes.
pub(crate) fn clause(step: &Step) -> String {
    let mut text = grammar::plain(&why(step));
    if step.action.moves_bytes()
        && let Some(after) = &step.after
    {
        // Of what is built the source's digest is what counts.
        let built = step.artifact.as_ref().filter(|_| step.is_built());
        match (built.map_or(after.sha256, |it| it.source.sha256), after.evidence) {
            (None, Evidence::Tofu) => text.push_str("; digest: at apply, trusted on first use"),
            (None, _) => text.push_str("; digest: at apply"),
            (Some(_), Evidence::Tofu) => text.push_str("; trusted on first use"),
            (Some(_), _) => {}
        }
    }
    text
}

fn why(step: &Step) -> String {
    match &step.reason {
        Reason::NewRelease { line } => format!("new release in line {line}"),
        Reason::NotPublished => "locked, not published yet".to_owned(),
        Reason::NewTarget => "the version is wanted for this target too".to_owned(),
        Reason::Doomed => "wanted again; its old object is being deleted".to_owned(),
        Reason::SourceChanged => match (&step.before, &step.after) {
            (Some(before), Some(after)) => {
                let old = step.record.as_ref().map(|record| record.source.sha256);
                let new = step.artifact.as_ref().and_then(|artifact| artifact.source.sha256);
                format!(
                    "other source bytes accepted ({} -> {})",
                    old.or(before.sha256).map_or_else(|| "?".to_owned(), |d| d.short()),
                    new.or(after.sha256).map_or_else(|| "?".to_owned(), |d| d.short())
                )
            }
            _ => "other source bytes accepted".to_owned(),
        },
        Reason::InputChanged { changed, added, removed } => inputs(changed, added, removed),
        Reason::RebuildAsked => "asked for; its inputs are the same".to_owned(),
        Reason::ObjectMissing => "the object is missing".to_owned(),
        Reason::ObjectAltered { recorded, found } if recorded == found => {
            "the object has other bytes".to_owned()
        }
        Reason::ObjectAltered { recorded, found } => format!(
            "the object has {}, the record says {}",
            grammar::bytes(*found),
            grammar::bytes(*recorded)
        ),
        Reason::NotLocked => "published; deps.lock does not have it".to_owned(),
        Reason::WantedAgain => "wanted again; its object is still there".to_owned(),
        Reason::RevisionChanged => "the object was copied, its bytes are the same".to_owned(),
        Reason::MetadataChanged => match (&step.before, &step.after) {
            (Some(before), Some(after)) => diff::facts(before, after),
            _ => "metadata changed".to_owned(),
        },
        Reason::RolledBack { serial } if step.action == Action::Retire => {
            format!("serial {serial} did not have it")
        }
        Reason::RolledBack { serial } => match (&step.before, &step.after) {
            (Some(before), Some(after)) if before.sha256 == after.sha256 => {
                format!("as at serial {serial}: {}", diff::facts(before, after))
            }
            (Some(_), _) => format!("the other bytes that serial {serial} had"),
            (None, _) => format!("serial {serial} had it; its object is still there"),
        },
        Reason::NotWanted(why) => match why {
            NotWanted::LineKeeps { line, keep } => format!("line {line} keeps {keep}"),
            NotWanted::Excluded { reason: Some(reason) } => format!("excluded: {reason}"),
            NotWanted::Excluded { reason: None } => "excluded".to_owned(),
            NotWanted::LineEol { line, day: Some(day) } => {
                format!("line {line} ended on {day}")
            }
            NotWanted::LineEol { line, day: None } => format!("line {line} is past its end"),
            NotWanted::NoLine => "no line takes it".to_owned(),
            NotWanted::TargetGone => "the dependency no longer wants this target".to_owned(),
            NotWanted::DependencyGone => "deps.toml no longer has the dependency".to_owned(),
        },
    }
}

/// Names what changed, file by file.
fn inputs(changed: &[InputName], added: &[InputName], removed: &[InputName]) -> String {
    let contract = |names: &[InputName]| names.iter().any(|name| name.0 == "contract");
    if contract(added) {
        return "it is built now, and was mirrored as it is".to_owned();
    }
    if contract(removed) {
        return "it is mirrored as it is now, and was built".to_owned();
    }
    let parts = [(changed, "changed"), (added, "added"), (removed, "removed")];
    let parts = parts.into_iter().filter(|(names, _)| !names.is_empty()).map(|(names, word)| {
        let names: Vec<&str> = names.iter().map(|name| name.as_file().unwrap_or(&name.0)).collect();
        format!("{} {word}", names.join(", "))
    });
    parts.collect::<Vec<_>>().join("; ")
}
