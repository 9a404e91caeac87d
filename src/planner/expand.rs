//! What templates of one address know, and how a mistake in one is told.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{findings, names};
use crate::{
    model::{
        Code, Dependency, Finding, Located, Manifest, Severity, Sha256, Target, TargetName, Version,
    },
    template::{self, Engine, Values},
};

/// A version: what all its addresses share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) dependency: &'a Dependency,
    pub(super) version: &'a Version,
    pub(super) upstream: &'a str,
    pub(super) numbers: [u64; 3],
    pub(super) matches: Option<&'a BTreeMap<String, String>>,
    pub(super) target_name: &'a TargetName,
    pub(super) target: &'a Target,
    /// Upstream's words, through `replacements`.
    pub(super) os: Option<&'a str>,
    pub(super) arch: Option<&'a str>,
    /// What else the row holds, where the index has just been read.
    pub(super) release: Option<&'a BTreeMap<String, Value>>,
}

/// Digits of a version for templates.
pub(super) fn numbers(dependency: &Dependency, version: &Version) -> [u64; 3] {
    let order = dependency.scheme.order(version);
    [order.part(0), order.part(1), order.part(2)]
}

/// Returns a declared target; `any` needs no declaration.
pub(super) fn target<'a>(manifest: &'a Manifest, name: &TargetName, any: &'a Target) -> &'a Target {
    manifest.targets.get(name).unwrap_or(any)
}

/// What upstream calls an os or an arch.
pub(super) fn word<'a>(
    replacements: &'a BTreeMap<String, String>,
    word: Option<&'a String>,
) -> Option<&'a str> {
    word.map(|word| replacements.get(word).unwrap_or(word).as_str())
}

/// Tells whether a template can't be expanded before the digest is known.
pub(super) fn needs_digest(text: &str) -> bool {
    template::mentions(text, "digest8") || template::mentions(text, "sha256")
}

/// The file that a template may speak of.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct About<'a> {
    /// Its address.
    pub(super) url: Option<&'a str>,
    /// Its digest, where it is known.
    pub(super) sha256: Option<&'a Sha256>,
}

impl Scene<'_> {
    /// Expands a template.
    ///
    /// # Errors
    /// A finding at the template's place.
    pub(super) fn render(
        &self,
        engine: &Engine,
        text: &Located<String>,
        about: About<'_>,
    ) -> Result<String, Box<Finding>> {
        self.expand(engine, &text.value, about).map_err(|it| Box::new(findings::at(*it, text.span)))
    }

    /// Expands a template whose place is not known.
    ///
    /// # Errors
    /// A finding at the dependency.
    pub(super) fn expand(
        &self,
        engine: &Engine,
        text: &str,
        about: About<'_>,
    ) -> Result<String, Box<Finding>> {
        self.fill(engine, text, about, None)
    }

    /// Expands a template of a sub-dependency: its id and version.
    ///
    /// # Errors
    /// A finding at the template's place.
    pub(super) fn render_extra(
        &self,
        engine: &Engine,
        text: &Located<String>,
        about: About<'_>,
        extra: (&str, &str),
    ) -> Result<String, Box<Finding>> {
        self.fill(engine, &text.value, about, Some(extra))
            .map_err(|it| Box::new(findings::at(*it, text.span)))
    }

    fn fill(
        &self,
        engine: &Engine,
        text: &str,
        about: About<'_>,
        extra: Option<(&str, &str)>,
    ) -> Result<String, Box<Finding>> {
        if !text.contains('{') {
            return Ok(text.to_owned());
        }
        // Both take longer than most expansions, and few templates name them.
        let name = about.url.filter(|_| text.contains("ext")).map(names::file_name);
        let digest = text.contains("sha256") || text.contains("digest8");
        let sha256 = about.sha256.filter(|_| digest).map(ToString::to_string);
        let values = Values {
            id: self.dependency.id.as_str(),
            version: self.version.as_str(),
            upstream: self.upstream,
            numbers: self.numbers,
            os: self.os,
            arch: self.arch,
            target_name: self.target_name.as_str(),
            target: Some(self.target),
            matches: self.matches,
            release: self.release,
            url: about.url,
            ext: name.as_deref().map(names::ending),
            sha256: sha256.as_deref(),
            extra,
        };
        engine.render(text, &values).map_err(|error| {
            let id = &self.dependency.id;
            let message = format!("`{text}` of `{id}`: {}", error.message);
            let it = findings::finding(Severity::Error, Code::TEMPLATE, id, message);
            let mut it = findings::at(it, self.dependency.span);
            it.help.clone_from(&error.help);
            Box::new(it)
        })
    }
}
