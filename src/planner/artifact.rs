//! One artifact, expanded: its file's name and what consumers read.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    ChosenRelease, LocatedFile,
    expand::{self, About, Scene},
    findings, inputs, names,
    paths::{self, Files},
    purl, recipe, releases, trial,
};
use crate::{
    model::{
        Address, Artifact, Code, Dependency, DependencyId, Finding, Glob, Located, Manifest,
        Metadata, ObjectKey, Recipe, Settings, Severity, SourceFile, Target, TargetName, Version,
    },
    template::Engine,
};

/// The longest name of a published file, as it stands in an object key.
const LONGEST: usize = 200;

/// What the addresses of one release share.
pub(super) struct Shared<'a> {
    engine: &'a Engine,
    manifest: &'a Manifest,
    dependency: &'a Dependency,
    release: &'a ChosenRelease,
    numbers: [u64; 3],
    matches: Option<BTreeMap<String, String>>,
    /// The settings, where no override could tell targets apart.
    settings: Option<Settings>,
}

impl<'a> Shared<'a> {
    pub(super) fn new(
        engine: &'a Engine,
        manifest: &'a Manifest,
        dependency: &'a Dependency,
        release: &'a ChosenRelease,
    ) -> Self {
        let same = dependency.overrides.iter().all(|o| o.targets.is_none());
        Self {
            engine,
            manifest,
            dependency,
            release,
            numbers: expand::numbers(dependency, &release.version),
            matches: releases::groups(dependency, &release.upstream),
            settings: same.then(|| dependency.settings_for(&release.version, &TargetName::any())),
        }
    }

    /// Expands one artifact, but for what it needs of others; none: its findings were added.
    pub(super) fn artifact(
        &self,
        address: &Address,
        source: SourceFile,
        files: Files<'_>,
        findings: &mut Vec<Finding>,
    ) -> Option<Artifact> {
        let expanded = self.with(address, &source, |texts| texts.expand(self.release.eol, files));
        match expanded {
            Ok(expanded) => {
                let any = Target::default();
                let target = expand::target(self.manifest, &address.target, &any);
                let mut artifact = Artifact {
                    address: address.clone(),
                    upstream: self.release.upstream.clone(),
                    released: self.release.released,
                    source,
                    input: None,
                    inputs: BTreeMap::new(),
                    ..expanded
                };
                artifact.inputs = inputs::of(&artifact, target, files);
                inputs::seal(&mut artifact);
                Some(artifact)
            }
            Err(finding) => {
                findings.push(*finding);
                None
            }
        }
    }

    /// Returns the paths and globs of all files that the build and test of an artifact name.
    pub(super) fn patterns(&self, address: &Address, source: &SourceFile) -> Vec<String> {
        self.with(address, source, |texts| {
            let mut all = Vec::new();
            let settings = texts.settings;
            let build = settings.build.iter().map(|it| (&it.script, &it.inputs));
            let test = settings.test.iter().map(|it| (&it.script, &it.inputs));
            for (script, inputs) in build.chain(test) {
                let script = script.as_ref().map(|text| paths::script(texts, text));
                // What is wrong with one of them is told when the artifact is expanded.
                all.extend(script.and_then(Result::ok).flatten());
                let inputs = paths::patterns(texts, inputs).unwrap_or_default();
                all.extend(inputs.into_iter().map(|(_, pattern)| pattern));
            }
            all
        })
    }

    fn with<T>(
        &self,
        address: &Address,
        source: &SourceFile,
        then: impl FnOnce(&Texts<'_>) -> T,
    ) -> T {
        let own;
        let settings = if let Some(settings) = &self.settings {
            settings
        } else {
            own = self.dependency.settings_for(&self.release.version, &address.target);
            &own
        };
        let any = Target::default();
        let target = expand::target(self.manifest, &address.target, &any);
        let scene = Scene {
            dependency: self.dependency,
            version: &self.release.version,
            upstream: &self.release.upstream,
            numbers: self.numbers,
            matches: self.matches.as_ref(),
            target_name: &address.target,
            target,
            os: expand::word(&settings.replacements, target.os.as_ref()),
            arch: expand::word(&settings.replacements, target.arch.as_ref()),
            release: None,
        };
        then(&Texts { shared: self, scene, settings, source })
    }
}

/// The texts of one artifact.
pub(super) struct Texts<'a> {
    shared: &'a Shared<'a>,
    scene: Scene<'a>,
    settings: &'a Settings,
    source: &'a SourceFile,
}

impl Texts<'_> {
    /// Expands all but the digests; the address and what came before are the caller's.
    fn expand(
        &self,
        eol: Option<jiff::civil::Date>,
        files: Files<'_>,
    ) -> Result<Artifact, Box<Finding>> {
        let settings = self.settings;
        let build = settings.build.as_ref();
        let recipe = build.map(|rule| recipe::expand(self, rule, files)).transpose()?;
        let test = settings.test.as_ref();
        let trial = test.map(|rule| trial::expand(self, rule, files)).transpose()?;
        Ok(Artifact {
            file: self.file(recipe.as_ref())?,
            metadata: self.metadata(eol)?,
            detect_licenses: settings.detect_licenses,
            recipe: recipe.map(Box::new),
            trial: trial.map(Box::new),
            address: Address {
                dependency: self.scene.dependency.id.clone(),
                version: self.scene.version.clone(),
                target: self.scene.target_name.clone(),
            },
            upstream: String::new(),
            released: None,
            source: self.source.clone(),
            input: None,
            inputs: BTreeMap::new(),
        })
    }

    /// Names the published file.
    fn file(&self, recipe: Option<&Recipe>) -> Result<String, Box<Finding>> {
        let file = match (&self.settings.file, recipe) {
            (Some(file), _) => self.located(file)?,
            (None, Some(recipe)) => recipe::file_name(self, recipe.archive),
            (None, None) => {
                self.source.urls.first().map(|url| names::file_name(url)).unwrap_or_default()
            }
        };
        let waits = self.settings.file.as_ref().is_some_and(|file| self.waits(&file.value));
        if file.is_empty() && !waits {
            return Err(self.nameless());
        }
        if ObjectKey::segment(&file).len() > LONGEST {
            return Err(self.too_long(&file));
        }
        Ok(file)
    }

    fn metadata(&self, eol: Option<jiff::civil::Date>) -> Result<Metadata, Box<Finding>> {
        let all = |list: &[Located<String>]| {
            list.iter().map(|text| self.located(text)).collect::<Result<Vec<String>, _>>()
        };
        let target = self.scene.target;
        let settings = self.settings;
        let extra = settings.metadata.iter();
        Ok(Metadata {
            name: settings.name.clone(),
            licenses: settings.licenses.clone(),
            cpe: all(&settings.cpe)?,
            purl: purl::checked(&self.scene.dependency.id, &settings.purl, all(&settings.purl)?)?,
            eol,
            os: target.os.clone(),
            arch: target.arch.clone(),
            stacks: target.stacks.clone(),
            extra: extra
                .map(|(key, value)| Ok((key.clone(), self.value(value)?)))
                .collect::<Result<_, Box<Finding>>>()?,
        })
    }

    pub(super) fn id(&self) -> &DependencyId {
        &self.scene.dependency.id
    }

    pub(super) fn version(&self) -> &Version {
        self.scene.version
    }

    pub(super) fn target_name(&self) -> &TargetName {
        self.scene.target_name
    }

    pub(super) fn target(&self) -> &Target {
        self.scene.target
    }

    /// Returns where the dependency stands in deps.toml.
    pub(super) fn span(&self) -> (usize, usize) {
        self.scene.dependency.span
    }

    /// Expands a template; empty while it waits for the digest.
    pub(super) fn located(&self, text: &Located<String>) -> Result<String, Box<Finding>> {
        self.text(&text.value).map_err(|it| Box::new(findings::at(*it, text.span)))
    }

    /// Expands a glob: `{` means both a template and a choice, and only `{{` and `{%` are the
    /// template's.
    pub(super) fn glob(&self, text: &Located<String>) -> Result<String, Box<Finding>> {
        let templated = text.value.contains("{{") || text.value.contains("{%");
        let plain = if templated { self.located(text)? } else { text.value.clone() };
        match Glob::new(&plain) {
            Ok(_) => Ok(plain),
            Err(error) => {
                let code = Code::BAD_PATTERN;
                let it = findings::finding(Severity::Error, code, self.id(), error.to_string());
                Err(Box::new(findings::at(it, text.span)))
            }
        }
    }

    /// Tells whether a text has to wait for the digest.
    pub(super) fn waits(&self, text: &str) -> bool {
        self.source.sha256.is_none() && text.contains('{') && expand::needs_digest(text)
    }

    fn text(&self, text: &str) -> Result<String, Box<Finding>> {
        if self.waits(text) {
            return Ok(String::new());
        }
        let url = self.source.urls.first().map(String::as_str);
        let about = About { url, sha256: self.source.sha256.as_ref() };
        self.scene.expand(self.shared.engine, text, about)
    }

    fn value(&self, value: &Value) -> Result<Value, Box<Finding>> {
        Ok(match value {
            Value::String(text) => Value::String(self.text(text)?),
            Value::Array(list) => {
                Value::Array(list.iter().map(|it| self.value(it)).collect::<Result<_, _>>()?)
            }
            Value::Object(map) => {
                Value::Object(
                    map.iter()
                        .map(|(key, it)| Ok((key.clone(), self.value(it)?)))
                        .collect::<Result<_, Box<Finding>>>()?,
                )
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        })
    }

    fn nameless(&self) -> Box<Finding> {
        let id: &DependencyId = &self.scene.dependency.id;
        let url = self.source.urls.first().map_or("", String::as_str);
        let message = match &self.settings.file {
            Some(file) => format!("`file` of `{id}` is empty: `{}`", file.value),
            None => format!("`{}` of `{id}` names no file", findings::shown(url)),
        };
        self.named(message, "give `file`, the published file's name")
    }

    fn too_long(&self, file: &str) -> Box<Finding> {
        let id: &DependencyId = &self.scene.dependency.id;
        let shown: String = file.chars().take(60).collect();
        let message = format!(
            "the file name `{shown}…` of `{id}` is too long: escaped it takes more than {LONGEST} bytes"
        );
        self.named(message, "give `file`, a shorter name for the published file")
    }

    fn named(&self, message: String, help: &str) -> Box<Finding> {
        let dependency = self.scene.dependency;
        let it = findings::finding(Severity::Error, Code::BAD_VALUE, &dependency.id, message);
        let span = self.settings.file.as_ref().map_or(dependency.span, |file| file.span);
        Box::new(findings::help(findings::at(it, span), help))
    }
}

/// Expands an artifact again, now that its digest is known. See [`super::finish`].
pub(super) fn finish(
    manifest: &Manifest,
    artifact: &Artifact,
    located: &LocatedFile,
) -> Result<Artifact, String> {
    let id = &artifact.address.dependency;
    let dependency =
        manifest.dependencies.get(id).ok_or_else(|| format!("deps.toml has no `{id}`"))?;
    let others = artifact.source.urls.iter().filter(|url| **url != located.url);
    let source = SourceFile {
        extra: if located.extra.is_empty() {
            artifact.source.extra.clone()
        } else {
            located.extra.clone()
        },
        urls: std::iter::once(&located.url).chain(others).cloned().collect(),
        size: located.size.or(artifact.source.size),
        sha256: located.sha256.or(artifact.source.sha256),
        upstream_digest: located.upstream_digest.clone(),
        evidence: located.evidence,
        signer: located.signer.clone(),
    };
    let release = ChosenRelease {
        version: artifact.address.version.clone(),
        upstream: artifact.upstream.clone(),
        released: artifact.released,
        line: String::new(),
        eol: artifact.metadata.eol,
        files: BTreeMap::new(),
    };
    let engine = Engine::new();
    let mut findings = Vec::new();
    let shared = Shared::new(&engine, manifest, dependency, &release);
    let files = Files::Planned(artifact);
    shared.artifact(&artifact.address, source, files, &mut findings).ok_or_else(|| {
        findings.into_iter().next().map_or_else(String::new, |finding| finding.message)
    })
}
