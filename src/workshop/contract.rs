//! What a build script finds in its environment: the build contract, version
//! [`crate::model::CONTRACT`]. Its text for people is `schema/build-contract.md`.

use std::{collections::BTreeMap, path::Path};

use super::{build::BuildJob, room::Places};
use crate::model::CONTRACT;

/// Where programs are looked for, on every machine.
pub(super) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Returns the whole environment of a script: nothing of the host's is in it. What deps.toml
/// declares may replace what is usual, as PATH, but nothing that begins with `DEPSTATE_`.
pub(super) fn environment(job: &BuildJob<'_>, places: &Places) -> BTreeMap<String, String> {
    let part = |name: &str| text(&places.part(name));
    let mut env: BTreeMap<String, String> = [
        ("PATH", PATH.to_owned()),
        ("HOME", part("tmp")),
        ("TMPDIR", part("tmp")),
        ("TZ", "UTC".to_owned()),
        ("LC_ALL", "C.UTF-8".to_owned()),
        ("SOURCE_DATE_EPOCH", job.epoch.to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    env.extend(job.recipe.env.clone());
    let (os, arch) = (job.target.os.clone(), job.target.arch.clone());
    env.extend(job.target.vars.iter().map(|(name, value)| (variable(name), value.clone())));
    env.extend(
        [
            ("CONTRACT", CONTRACT.to_string()),
            ("ID", job.address.dependency.to_string()),
            ("VERSION", job.address.version.to_string()),
            ("UPSTREAM", job.upstream.to_owned()),
            ("TARGET", job.address.target.to_string()),
            ("OS", os.unwrap_or_default()),
            ("ARCH", arch.unwrap_or_default()),
            ("SOURCE", text(&places.part("source").join(job.source.1))),
            ("EXTRA", part("extra")),
            ("NEEDS", part("needs")),
            ("TREE", part("tree")),
            ("OUTPUT", part("output")),
            ("JOBS", job.jobs.max(1).to_string()),
        ]
        .map(|(name, value)| (format!("DEPSTATE_{name}"), value)),
    );
    env
}

/// Returns what a target's variable is called: `libc` is `DEPSTATE_VAR_LIBC`.
pub(super) fn variable(name: &str) -> String {
    let letters = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' });
    format!("DEPSTATE_VAR_{}", letters.collect::<String>().to_ascii_uppercase())
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
