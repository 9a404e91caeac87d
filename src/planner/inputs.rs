//! What decides an artifact's bytes, by name, and the digest of it all.
//!
//! Each input is digested by its meaning, never by its text in deps.toml, and no input depends on
//! the machine, the clock or an order: the same inputs have the same digest everywhere.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{names, paths::Files, question};
use crate::model::{
    Artifact, CONTRACT, Distro, InputDigest, InputName, Reason, Recipe, Record, Repack, Sha256,
    Target, TargetName, TreeFile,
};

/// Digests all inputs together.
pub(super) fn digest(inputs: &BTreeMap<InputName, Sha256>) -> InputDigest {
    InputDigest(question::digest(inputs))
}

/// The inputs of a mirrored artifact.
pub(super) fn mirrored(sha256: Sha256) -> BTreeMap<InputName, Sha256> {
    BTreeMap::from([(InputName::source(), sha256)])
}

/// Digests a file beside deps.toml: what is in it, and whether it may be executed.
pub(super) fn file(file: &TreeFile) -> Sha256 {
    /// Fields in the order of their names, here and below.
    #[derive(Serialize)]
    struct File<'a> {
        executable: bool,
        sha256: &'a Sha256,
    }
    question::digest(&File { executable: file.executable, sha256: &file.sha256 })
}

/// All that a target tells a script.
#[derive(Serialize)]
struct Place<'a> {
    arch: Option<&'a str>,
    distro: Option<&'a Distro>,
    name: &'a TargetName,
    os: Option<&'a str>,
    vars: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Steps<'a> {
    exclude: &'a [String],
    include: &'a [String],
    rename: &'a BTreeMap<String, String>,
    strip_components: u32,
}

#[derive(Serialize)]
struct Extra<'a> {
    sha256: &'a Sha256,
    version: &'a str,
}

/// Names the inputs of an artifact, as far as they are known; without what it needs of others.
///
/// What bounds a build (`limits`) or looks at it (`reproducible`, `test`) decides no bytes.
pub(super) fn of(
    artifact: &Artifact,
    target: &Target,
    files: Files<'_>,
) -> BTreeMap<InputName, Sha256> {
    let mut all = artifact.source.sha256.map(mirrored).unwrap_or_default();
    let Some(recipe) = &artifact.recipe else { return all };
    let address = &artifact.address;
    let place = Place {
        arch: target.arch.as_deref(),
        distro: target.distro.as_ref(),
        name: &address.target,
        os: target.os.as_deref(),
        vars: &target.vars,
    };
    let mut put = |name: &str, digest: Sha256| {
        all.insert(InputName(name.to_owned()), digest);
    };
    put("target", question::digest(&place));
    put("contract", question::digest(&CONTRACT));
    put("executor", question::digest(&recipe.executor.name()));
    put("archive", question::digest(&recipe.archive.name()));
    put("upstream", question::digest(&artifact.upstream));
    put("version", question::digest(&address.version));
    put("SOURCE_DATE_EPOCH", question::digest(&artifact.epoch()));
    if recipe.network {
        put("network", question::digest(&true));
    }
    if let Some(script) = &recipe.script {
        put("script", question::digest(script));
        // Both are in its environment.
        put("id", question::digest(&address.dependency));
        let name = artifact.source.urls.first().map(|url| names::file_name(url));
        put("source-name", question::digest(&name));
    }
    if let Some(image) = &recipe.image {
        put("image", question::digest(image));
    }
    if let Some(repack) = &recipe.repack {
        put("repack", question::digest(&steps(repack)));
    }
    for (name, value) in &recipe.env {
        put(&format!("env.{name}"), question::digest(value));
    }
    for (id, extra) in &artifact.source.extra {
        if let Some(sha256) = &extra.sha256 {
            let extra = Extra { sha256, version: &extra.version };
            put(&format!("extra.{id}"), question::digest(&extra));
        }
    }
    for path in &recipe.inputs {
        if let Some(digest) = files.digest(path) {
            all.insert(InputName::file(path), digest);
        }
    }
    all
}

fn steps(repack: &Repack) -> Steps<'_> {
    Steps {
        exclude: &repack.exclude,
        include: &repack.include,
        rename: &repack.rename,
        strip_components: repack.strip_components,
    }
}

/// Puts in what an artifact needs of others, and digests it all, if all is known.
pub(super) fn seal(artifact: &mut Artifact) {
    let mut whole = artifact.source.sha256.is_some();
    if let Some(recipe) = &artifact.recipe {
        whole &= artifact.source.extra.values().all(|extra| extra.sha256.is_some());
        whole &= is_whole(recipe);
        for (id, need) in &recipe.needs {
            let name = InputName(format!("needs.{id}"));
            match need.input {
                Some(input) => {
                    let digest = question::digest(&(input, need.file.as_str()));
                    artifact.inputs.insert(name, digest)
                }
                None => artifact.inputs.remove(&name),
            };
        }
    }
    artifact.input = whole.then(|| digest(&artifact.inputs));
}

fn is_whole(recipe: &Recipe) -> bool {
    recipe.needs.values().all(|need| need.input.is_some())
}

/// Says which inputs of an artifact are not those of its record.
pub(super) fn changed(artifact: &Artifact, record: &Record) -> Reason {
    let source = InputName::source();
    let then = if record.inputs.is_empty() {
        mirrored(record.source.sha256)
    } else {
        record.inputs.clone()
    };
    let now = &artifact.inputs;
    let (mut changed, mut added, mut removed) = (Vec::new(), Vec::new(), Vec::new());
    if digest(&then) == record.input {
        for (name, digest) in now {
            match then.get(name) {
                None => added.push(name.clone()),
                Some(old) if old != digest => changed.push(name.clone()),
                Some(_) => {}
            }
        }
        removed.extend(then.keys().filter(|name| !now.contains_key(*name)).cloned());
    } else {
        // The record does not say all that it was made of: of the others it is only known that one
        // changed.
        let other = now.get(&source) != Some(&record.source.sha256);
        changed.extend(now.keys().filter(|name| other || **name != source).cloned());
        if changed.is_empty() {
            changed.push(source.clone());
        }
        return Reason::InputChanged { changed, added, removed };
    }
    if changed == [source] && added.is_empty() && removed.is_empty() {
        return Reason::SourceChanged;
    }
    Reason::InputChanged { changed, added, removed }
}
