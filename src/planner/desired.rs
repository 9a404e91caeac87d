//! What deps.toml asks for, address by address, fully expanded.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ChosenFile, ChosenRelease, LocatedFile, Selection,
    artifact::Shared,
    extra, findings, guard, needs,
    paths::Files,
    settle::{self, Settled},
};
use crate::{
    model::{
        Address, Artifact, Blind, Code, Digest, Finding, LockedArtifact, Manifest, Severity,
        SourceFile, Tree,
    },
    template::Engine,
};

/// A wanted address.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub(super) address: Address,
    pub(super) release: &'a ChosenRelease,
    /// None: a finding says why nothing can be done about it.
    pub(super) artifact: Option<Artifact>,
}

/// Everything that is wanted, and what must be read about it.
#[derive(Debug, Default)]
pub(super) struct Desired<'a> {
    pub(super) wanted: Vec<Wanted<'a>>,
    pub(super) findings: Vec<Finding>,
    pub(super) blind: Vec<Blind>,
}

/// Expands a selection.
pub(super) fn desired<'a>(
    manifest: &Manifest,
    selection: &'a Selection,
    located: &'a BTreeMap<Address, LocatedFile>,
    tree: &Tree,
) -> Desired<'a> {
    let engine = Engine::new();
    let mut all = Desired::default();
    let refused: BTreeSet<&Address> = selection
        .findings
        .iter()
        .filter(|it| it.severity != Severity::Warning)
        .filter_map(|it| it.address.as_ref())
        .collect();
    for (id, chosen) in &selection.dependencies {
        let Some(dependency) = manifest.dependencies.get(id) else { continue };
        for release in &chosen.releases {
            let shared = Shared::new(&engine, manifest, dependency, release);
            for (target, file) in &release.files {
                let address = Address {
                    dependency: id.clone(),
                    version: release.version.clone(),
                    target: target.clone(),
                };
                let located = located.get(&address);
                let settled = settle::settle(file, located);
                let source = source(&address, &settled, &mut all);
                let source =
                    source.and_then(|it| with_extra(&address, file, located, it, &mut all));
                let artifact = match source {
                    Some(source) if !refused.contains(&address) => {
                        shared.artifact(&address, source, Files::Read(tree), &mut all.findings)
                    }
                    Some(_) | None => None,
                };
                all.wanted.push(Wanted { address, release, artifact });
            }
        }
    }
    needs::resolve(manifest, &mut all);
    all.findings.retain(|it| !said(selection, it));
    all
}

/// Nothing was found out about a file, and whoever looked already said why.
fn said(selection: &Selection, finding: &Finding) -> bool {
    finding.code == Code::SOURCE_FAILED
        && selection.findings.iter().any(|it| {
            it.severity != Severity::Warning
                && it.dependency == finding.dependency
                && (it.address.is_none() || it.address == finding.address)
        })
}

/// Says where the bytes come from; none: a finding says why that is not known.
pub(super) fn source(
    address: &Address,
    settled: &Settled<'_>,
    all: &mut Desired<'_>,
) -> Option<SourceFile> {
    match settled {
        Settled::Decided(artifact, _) => Some(decided(artifact)),
        Settled::Unchecked(artifact) => {
            let why =
                format!("upstream was not asked whether `{address}` still has the same bytes");
            all.blind.push(Blind { dependency: Some(address.dependency.clone()), why });
            Some(decided(artifact))
        }
        Settled::Located { candidate, located, sha256 } => {
            let others = candidate.urls.iter().filter(|url| **url != located.url);
            Some(SourceFile {
                extra: located.extra.clone(),
                urls: std::iter::once(&located.url).chain(others).cloned().collect(),
                size: located.size.or(candidate.size),
                sha256: *sha256,
                upstream_digest: located.upstream_digest.clone(),
                evidence: located.evidence,
                signer: located.signer.clone(),
            })
        }
        Settled::Changed { decided, found, url } => {
            let found: &Digest = found;
            let it = guard::upstream_changed(address, decided, &found.to_string(), url);
            all.findings.push(it);
            None
        }
        Settled::Unknown => {
            let message = format!("nothing is known of the file of `{address}`");
            let code = Code::SOURCE_FAILED;
            all.findings.push(findings::about(Severity::Error, code, address, message));
            None
        }
    }
}

/// Puts in the sub-dependencies; none: a finding says why nothing can be done.
fn with_extra(
    address: &Address,
    file: &ChosenFile,
    located: Option<&LocatedFile>,
    source: SourceFile,
    all: &mut Desired<'_>,
) -> Option<SourceFile> {
    let laid = extra::lay(file, located);
    for why in extra::doubts(address, &laid) {
        all.blind.push(Blind { dependency: Some(address.dependency.clone()), why });
    }
    let refused = extra::refusals(address, &laid);
    let good = refused.is_empty();
    all.findings.extend(refused);
    good.then_some(SourceFile { extra: laid.files, ..source })
}

fn decided(artifact: &LockedArtifact) -> SourceFile {
    SourceFile {
        extra: artifact.extra.clone(),
        urls: vec![artifact.url.clone()],
        size: artifact.size,
        sha256: Some(artifact.sha256),
        upstream_digest: artifact.upstream_digest.clone(),
        evidence: artifact.evidence,
        signer: artifact.signer.clone(),
    }
}
