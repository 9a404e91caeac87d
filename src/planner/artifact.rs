//! One artifact, expanded: its file's name and what consumers read.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    ChosenRelease, LocatedFile, desired,
    expand::{self, About, Scene},
    findings, names, purl, releases,
};
use crate::{
    model::{
        Address, Artifact, Code, Dependency, DependencyId, Finding, Located, Manifest, Metadata,
        ObjectKey, Settings, Severity, SourceFile, Target, TargetName,
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

    /// Expands one artifact; none: its findings were added.
    pub(super) fn artifact(
        &self,
        address: &Address,
        source: SourceFile,
        findings: &mut Vec<Finding>,
    ) -> Option<Artifact> {
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
        let texts = Texts { shared: self, scene, settings, source: &source };
        match texts.expand(self.release.eol) {
            Ok((file, metadata)) => {
                let inputs = source.sha256.map(desired::mirrored).unwrap_or_default();
                Some(Artifact {
                    detect_licenses: false,
                    recipe: None,
                    trial: None,
                    address: address.clone(),
                    upstream: self.release.upstream.clone(),
                    released: self.release.released,
                    file,
                    input: source.sha256.map(|_| desired::input_digest(&inputs)),
                    inputs,
                    metadata,
                    source,
                })
            }
            Err(finding) => {
                findings.push(*finding);
                None
            }
        }
    }
}

/// The texts of one artifact.
struct Texts<'a> {
    shared: &'a Shared<'a>,
    scene: Scene<'a>,
    settings: &'a Settings,
    source: &'a SourceFile,
}

impl Texts<'_> {
    fn expand(&self, eol: Option<jiff::civil::Date>) -> Result<(String, Metadata), Box<Finding>> {
        let all = |list: &[Located<String>]| {
            let about = |it: Box<Finding>, span| Box::new(findings::at(*it, span));
            list.iter()
                .map(|text| self.text(&text.value).map_err(|it| about(it, text.span)))
                .collect::<Result<Vec<String>, _>>()
        };
        let file = match &self.settings.file {
            Some(file) => all(std::slice::from_ref(file))?.remove(0),
            None => self.source.urls.first().map(|url| names::file_name(url)).unwrap_or_default(),
        };
        let waits = self.settings.file.as_ref().is_some_and(|file| self.waits(&file.value));
        if file.is_empty() && !waits {
            return Err(self.nameless());
        }
        if ObjectKey::segment(&file).len() > LONGEST {
            return Err(self.too_long(&file));
        }
        let target = self.scene.target;
        let settings = self.settings;
        let extra = settings.metadata.iter();
        let metadata = Metadata {
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
        };
        Ok((file, metadata))
    }

    /// Tells whether a text has to wait for the digest.
    fn waits(&self, text: &str) -> bool {
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
    shared.artifact(&artifact.address, source, &mut findings).ok_or_else(|| {
        findings.into_iter().next().map_or_else(String::new, |finding| finding.message)
    })
}
