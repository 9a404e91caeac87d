//! Local files, and what the store is like.

use super::Examined;
use crate::{
    model::{Conditions, Probe},
    ops::Project,
};

/// deps.toml and deps.lock were read; `.depstate/` should take a file.
pub(super) fn files(project: &Project, found: &mut Examined) {
    let count = project.manifest.dependencies.len();
    let word = if count == 1 { "dependency" } else { "dependencies" };
    found.fine("deps.toml", format!("project {}, {count} {word}", project.manifest.project));
    match &project.lock_text {
        Some(_) => {
            let releases = project.lock.dependencies.values().flat_map(|it| &it.releases);
            let count: usize = releases.map(|release| release.artifacts.len()).sum();
            let word = if count == 1 { "file" } else { "files" };
            found.fine("deps.lock", format!("{count} {word} locked"));
        }
        None => found.note("deps.lock", "there is none", Some("`depstate lock` writes it")),
    }
    if project.workspace.is_writable() {
        found.fine("workspace", "`.depstate/` can be written");
    } else {
        found.note(
            "workspace",
            "`.depstate/` can't be written: nothing is cached, and a HEAD that went back is not \
             noticed by what was seen here before",
            None,
        );
    }
}

/// What a probe found. Only one kind of store may be written to by several.
pub(super) fn probe(name: &'static str, probe: &Probe, single: bool, found: &mut Examined) {
    let (conditions, checksums) = (probe.conditions.as_str(), probe.checksums.as_str());
    let text = format!(
        "conditions {conditions}, checksums {checksums} ({}, {})",
        probe.location,
        probe.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    );
    match probe.conditions {
        Conditions::Atomic => found.fine(name, text),
        Conditions::Raced | Conditions::Ignored | Conditions::Broken if single => {
            found.note(name, format!("{text}; there is a single writer, as deps.toml says"), None);
        }
        Conditions::Raced | Conditions::Ignored | Conditions::Broken => found.problem(
            name,
            text,
            "two applies at once may lose each other's work: use a store that keeps conditions, or say \
             `single-writer = true` in `[storage]` if nobody else ever writes there",
        ),
    }
}
