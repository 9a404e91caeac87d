//! What a test finds in its environment: nothing of the host's.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::TestJob;
use crate::{
    model::CONTRACT,
    workshop::{
        contract::{PATH, variable},
        room::Places,
    },
};

/// Returns the whole environment. `programs` are folders of other artifacts, relative to the room,
/// that are looked in for programs first.
pub(super) fn of(
    job: &TestJob<'_>,
    places: &Places,
    programs: &[PathBuf],
) -> BTreeMap<String, String> {
    let part = |name: &str| super::text(&places.part(name));
    let source = places.part("source");
    let mut path: Vec<String> =
        programs.iter().map(|folder| super::text(&places.root.join(folder))).collect();
    path.push(PATH.to_owned());
    let mut env: BTreeMap<String, String> = [
        ("PATH", path.join(":")),
        ("HOME", part("tmp")),
        ("TMPDIR", part("tmp")),
        ("TZ", "UTC".to_owned()),
        ("LC_ALL", "C.UTF-8".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    env.extend(job.trial.env.clone());
    env.extend(job.target.vars.iter().map(|(name, value)| (variable(name), value.clone())));
    let at = |path: &Path| super::text(path);
    env.extend(
        [
            ("CONTRACT", CONTRACT.to_string()),
            ("ID", job.address.dependency.to_string()),
            ("VERSION", job.address.version.to_string()),
            ("UPSTREAM", job.upstream.to_owned()),
            ("TARGET", job.address.target.to_string()),
            ("OS", job.target.os.clone().unwrap_or_default()),
            ("ARCH", job.target.arch.clone().unwrap_or_default()),
            ("ARTIFACT", at(&source.join("artifact"))),
            ("FILE", at(&source.join("file").join(job.file.1))),
            ("NEEDS", part("needs")),
            ("TREE", part("tree")),
            ("JOBS", job.jobs.max(1).to_string()),
        ]
        .map(|(name, value)| (format!("DEPSTATE_{name}"), value)),
    );
    env
}
