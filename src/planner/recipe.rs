//! How an artifact is made, expanded.

use std::collections::BTreeMap;

use super::{
    artifact::Texts,
    findings,
    paths::{self, Files},
};
use crate::model::{
    ArchiveFormat, BuildRule, Code, Executor, Finding, Limits, Located, Recipe, Severity,
};

/// Expands `build`. What it needs of other artifacts is found later.
///
/// # Errors
/// A finding at the place that is wrong.
pub(super) fn expand(
    texts: &Texts<'_>,
    rule: &BuildRule,
    files: Files<'_>,
) -> Result<Recipe, Box<Finding>> {
    let script = match &rule.script {
        Some(text) => paths::script(texts, text)?.map(|path| (text, path)),
        None => None,
    };
    let planned = match files {
        Files::Planned(artifact) => artifact.recipe.as_deref(),
        Files::Read(_) => None,
    };
    let inputs = match files {
        Files::Read(tree) => {
            let script = script.as_ref().map(|(text, path)| (*text, path.as_str()));
            paths::find(texts, script, &rule.inputs, tree)?
        }
        Files::Planned(_) => planned.map(|recipe| recipe.inputs.clone()).unwrap_or_default(),
    };
    let executor = rule.executor.unwrap_or_default();
    Ok(Recipe {
        script: script.map(|(_, path)| path),
        inputs,
        env: env(texts, &rule.env)?,
        executor,
        image: image(texts, executor, rule.image.as_ref(), rule.script.as_ref())?,
        needs: planned.map(|recipe| recipe.needs.clone()).unwrap_or_default(),
        archive: rule.archive.unwrap_or_default(),
        repack: rule.repack.clone(),
        network: rule.network.unwrap_or_default(),
        reproducible: rule.reproducible.unwrap_or_default(),
        limits: Limits::BUILD.with(&rule.limits),
    })
}

/// Expands what a step finds in its environment.
pub(super) fn env(
    texts: &Texts<'_>,
    env: &BTreeMap<String, Located<String>>,
) -> Result<BTreeMap<String, String>, Box<Finding>> {
    env.iter().map(|(name, text)| Ok((name.clone(), texts.located(text)?))).collect()
}

/// Returns the image of a container, the target's where the rule names none; what runs elsewhere has
/// none, so that another image changes nothing of it.
pub(super) fn image(
    texts: &Texts<'_>,
    executor: Executor,
    own: Option<&Located<String>>,
    script: Option<&Located<String>>,
) -> Result<Option<String>, Box<Finding>> {
    if executor != Executor::Container {
        return Ok(None);
    }
    let (image, span) = match own {
        Some(text) => (texts.located(text)?, Some(text.span)),
        None => (texts.target().image.clone().unwrap_or_default(), script.map(|text| text.span)),
    };
    let id = texts.id();
    let wait = own.is_some_and(|text| texts.waits(&text.value));
    if wait || is_pinned(&image) {
        return Ok(Some(image));
    }
    let target = texts.target_name();
    let message = if image.is_empty() {
        format!("`{id}` runs in a container, and neither it nor target `{target}` names an image")
    } else {
        format!("the image `{image}` of `{id}` is not pinned by its digest")
    };
    let it = findings::finding(Severity::Error, Code::IMAGE_NOT_PINNED, id, message);
    let it = findings::at(it, span.unwrap_or(texts.span()));
    Err(Box::new(findings::help(it, "write `name@sha256:` and 64 hex digits")))
}

fn is_pinned(image: &str) -> bool {
    image.rsplit_once("@sha256:").is_some_and(|(name, digest)| {
        !name.is_empty() && digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit())
    })
}

/// Names the file of a built artifact: `<id>-<version>-<target>.<archive>`.
pub(super) fn file_name(texts: &Texts<'_>, archive: ArchiveFormat) -> String {
    let front = format!("{}-{}-{}", texts.id(), texts.version(), texts.target_name());
    match archive {
        ArchiveFormat::File => front,
        ArchiveFormat::TarGz
        | ArchiveFormat::TarXz
        | ArchiveFormat::TarZst
        | ArchiveFormat::Zip => format!("{front}.{}", archive.name()),
    }
}
