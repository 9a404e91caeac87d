//! `executor` and `archive`: words of which there are few.

use super::{
    collect::{Collector, Extra as _, mistake},
    fields::{Value, string},
    keys::{nearest, one_of, shorten},
};
use crate::model::{ArchiveFormat, Code, Executor};

const EXECUTORS: &[(&str, &str)] = &[
    ("docker", "container"),
    ("podman", "container"),
    ("oci", "container"),
    ("bwrap", "sandbox"),
    ("bubblewrap", "sandbox"),
    ("landlock", "sandbox"),
    ("local", "host"),
    ("shell", "host"),
    ("none", "host"),
];

const ARCHIVES: &[(&str, &str)] = &[
    ("tgz", "tar.gz"),
    ("gz", "tar.gz"),
    ("gzip", "tar.gz"),
    ("tar", "tar.gz"),
    ("txz", "tar.xz"),
    ("xz", "tar.xz"),
    ("tzst", "tar.zst"),
    ("tar.zstd", "tar.zst"),
    ("zst", "tar.zst"),
    ("zstd", "tar.zst"),
    ("none", "file"),
    ("raw", "file"),
    ("single", "file"),
];

/// Reads where a step runs.
pub(super) fn executor(all: &mut Collector<'_>, value: &Value<'_>) -> Option<Executor> {
    word(all, "executor", value, Executor::NAMES, EXECUTORS).and_then(|it| Executor::named(&it))
}

/// Reads what becomes of an output folder.
pub(super) fn archive(all: &mut Collector<'_>, value: &Value<'_>) -> Option<ArchiveFormat> {
    let word = word(all, "archive", value, ArchiveFormat::NAMES, ARCHIVES)?;
    ArchiveFormat::named(&word)
}

fn word(
    all: &mut Collector<'_>,
    key: &str,
    value: &Value<'_>,
    words: &[&str],
    meant: &[(&str, &str)],
) -> Option<String> {
    let text = string(all, key, value)?;
    if words.contains(&text.value.as_str()) {
        return Some(text.value);
    }
    let lower = text.value.trim_start_matches('.').to_lowercase();
    let near = meant.iter().find(|(other, _)| *other == lower).map(|(_, word)| *word);
    let near = near.or_else(|| nearest(&lower, words.iter().copied()));
    let message = format!("there is no {key} `{}`", shorten(&text.value));
    all.add(mistake(Code::BAD_VALUE, value.span(), message).label(format!("unknown {key}")).help(
        match near {
            Some(near) => format!("did you mean `{near}`? It is one of {}", one_of(words)),
            None => format!("it is one of {}", one_of(words)),
        },
    ));
    None
}
