//! The digests of new files: from deps.toml, the index or a checksum file; by a download where an
//! operation asks for one.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use futures::{StreamExt as _, stream};

use super::{
    Download, Project, Request,
    error::chain,
    extras::{self, Downloads, Look},
    signed::{Wish, Wrong},
    transfer,
    vouchers::Vouchers,
};
use crate::{
    model::{
        Address, Algorithm, Code, Digest, Evidence, Finding, LockedArtifact, Over, Severity,
        Signer, Sink,
    },
    planner::{Candidate, ChecksumQuery, ChosenFile, LocatedFile, Selection, Trust},
    source::{document, jq},
    verify,
};

/// Finds out what it can about every candidate. What fails, or is refused, becomes a finding, and the
/// candidate is absent from the answer.
pub(crate) async fn locate(
    project: &Project,
    selection: &Selection,
    request: &Request,
    trust: &Trust<'_>,
    sink: &Arc<dyn Sink>,
) -> (BTreeMap<Address, LocatedFile>, Vec<Finding>) {
    let chosen: Vec<(Address, &str, &ChosenFile)> = selection
        .dependencies
        .iter()
        .flat_map(|(id, chosen)| {
            chosen.releases.iter().flat_map(move |release| {
                let open = |(_, file): &(_, &ChosenFile)| match file {
                    ChosenFile::Candidate(_) => true,
                    ChosenFile::Decided { extra, .. } => extra.is_some(),
                };
                release.files.iter().filter(open).map(move |(target, file)| {
                    let address = Address {
                        dependency: id.clone(),
                        version: release.version.clone(),
                        target: target.clone(),
                    };
                    (address, release.upstream.as_str(), file)
                })
            })
        })
        .collect();
    // Many files share one checksum file: it is asked for once.
    let vouchers = Vouchers::default();
    let downloads = Downloads::new(project.setting.jobs);
    let found: Vec<(Address, &ChosenFile, Result<LocatedFile, Finding>)> = stream::iter(chosen)
        .map(|(address, upstream, file)| {
            let (vouchers, downloads) = (&vouchers, &downloads);
            async move {
                let asked = Asked { project, request, vouchers, downloads, sink };
                let located = asked.file(&address, upstream, file).await;
                (address, file, located)
            }
        })
        .buffer_unordered(project.setting.jobs.max(1) * 2)
        .collect()
        .await;
    let mut located = BTreeMap::new();
    let mut troubles = Vec::new();
    for (address, chosen, result) in found {
        match result {
            Ok(file) => {
                let ChosenFile::Candidate(candidate) = chosen else {
                    located.insert(address, file);
                    continue;
                };
                let keys = |signer: &Signer| {
                    let query = candidate.signature.as_ref();
                    query.is_some_and(|query| project.keys.hold(&query.rule, signer))
                };
                let looked = request.options.takes(&address);
                let doubt =
                    looked.then(|| trust.judge(&address, candidate, &file, &keys)).flatten();
                let refused = doubt.as_ref().is_some_and(|it| it.severity == Severity::Refused);
                troubles.extend(doubt);
                if !refused {
                    located.insert(address, file);
                }
            }
            Err(finding) => troubles.push(finding),
        }
    }
    troubles.sort();
    (located, troubles)
}

/// What every file is looked for with.
#[derive(Clone, Copy)]
struct Asked<'a> {
    project: &'a Project,
    request: &'a Request,
    vouchers: &'a Vouchers,
    downloads: &'a Downloads,
    sink: &'a Arc<dyn Sink>,
}

impl Asked<'_> {
    /// Finds out what it can about a file and its sub-dependencies. What the filters leave out is
    /// planned and counted, not asked for.
    async fn file(
        &self,
        address: &Address,
        upstream: &str,
        file: &ChosenFile,
    ) -> Result<LocatedFile, Finding> {
        let Self { project, request, vouchers, downloads, sink } = *self;
        let takes = request.options.takes(address);
        let none = BTreeMap::new();
        let (located, queries) = match file {
            ChosenFile::Candidate(candidate) if takes => {
                let located =
                    one(project, address, upstream, candidate, request, vouchers, sink).await?;
                (located, &candidate.extra)
            }
            ChosenFile::Candidate(candidate) => (as_listed(candidate), &candidate.extra),
            ChosenFile::Decided { artifact, extra, .. } => {
                (as_decided(artifact), extra.as_ref().unwrap_or(&none))
            }
        };
        let extra = match project.sources.get(&address.dependency) {
            Some(source) if takes => {
                let source = source.as_ref();
                let look = Look { project, source, address, request, vouchers, downloads, sink };
                look.all(queries).await.map_err(|failed| Finding {
                    severity: if failed.refused { Severity::Refused } else { Severity::Error },
                    code: failed.code,
                    dependency: Some(address.dependency.clone()),
                    address: Some(address.clone()),
                    message: failed.message,
                    help: failed.help,
                    span: None,
                })?
            }
            Some(_) | None => extras::as_known(queries),
        };
        Ok(LocatedFile { extra, ..located })
    }
}

/// What is known of a file that was decided before.
fn as_decided(artifact: &LockedArtifact) -> LocatedFile {
    LocatedFile {
        extra: BTreeMap::new(),
        url: artifact.url.clone(),
        size: artifact.size,
        sha256: Some(artifact.sha256),
        upstream_digest: artifact.upstream_digest.clone(),
        evidence: artifact.evidence,
        signer: artifact.signer.clone(),
    }
}

/// What is known of a candidate without a request.
fn as_listed(candidate: &Candidate) -> LocatedFile {
    let (digests, evidence) = match &candidate.checksum {
        Some(ChecksumQuery::Given(digest)) => (std::slice::from_ref(digest), Evidence::Given),
        Some(ChecksumQuery::File { .. }) => (&[] as &[Digest], Evidence::ChecksumFile),
        None if candidate.digests.is_empty() => (&[] as &[Digest], Evidence::Tofu),
        // Where deps.toml asks for a signature, that one counts.
        None if candidate.signer.is_some() && candidate.signature.is_none() => {
            (candidate.digests.as_slice(), Evidence::Signed)
        }
        None => (candidate.digests.as_slice(), Evidence::Index),
    };
    let signer = candidate.signer.clone().filter(|_| evidence == Evidence::Signed);
    let sha512 = |digest: &&Digest| digest.algorithm() == Algorithm::Sha512;
    LocatedFile {
        extra: BTreeMap::new(),
        url: candidate.urls.first().cloned().unwrap_or_default(),
        size: candidate.size,
        sha256: digests.iter().find_map(Digest::sha256),
        upstream_digest: digests.iter().find(sha512).cloned(),
        evidence,
        signer,
    }
}

async fn one(
    project: &Project,
    address: &Address,
    upstream: &str,
    candidate: &Candidate,
    request: &Request,
    vouchers: &Vouchers,
    sink: &Arc<dyn Sink>,
) -> Result<LocatedFile, Finding> {
    let trouble = |(code, message, help): Wrong| Finding {
        severity: Severity::of(code),
        code,
        dependency: Some(address.dependency.clone()),
        address: Some(address.clone()),
        message,
        help,
        span: None,
    };
    let Some(source) = project.sources.get(&address.dependency) else {
        let message = "the dependency has no source".to_owned();
        return Err(trouble((Code::SOURCE_FAILED, message, None)));
    };
    let wish = candidate.signature.as_ref().map(|query| Wish {
        project,
        source: source.as_ref(),
        vouchers,
        query,
        upstream,
    });
    let mut located = as_listed(candidate);
    if let Some(ChecksumQuery::File { url, select, digest, algorithm }) = &candidate.checksum {
        let file = vouchers
            .fetch(source.as_ref(), url)
            .await
            .map_err(|unread| trouble((unread.code, unread.message, None)))?;
        whole(&file, url, digest.as_ref()).map_err(trouble)?;
        let file = match wish.filter(|wish| wish.query.rule.over == Over::Checksum) {
            Some(wish) => {
                let (signer, text) = wish.checksum(&file, url).await.map_err(trouble)?;
                (located.evidence, located.signer) = (Evidence::Signed, Some(signer));
                text
            }
            None => file,
        };
        let found = read(&file, url, &candidate.name, select.as_deref(), *algorithm)
            .await
            .map_err(|(code, message)| trouble((code, message, None)))?;
        located.sha256 = found.sha256();
        located.upstream_digest = located.sha256.is_none().then_some(found);
    }
    let wish = wish.filter(|wish| wish.query.rule.over == Over::Artifact);
    if wish.is_some() {
        // Wanted, and not there yet: nothing may be published until there is a signer.
        located.evidence = Evidence::Signed;
    }
    // Of a locked file only the SHA-256 was ever computed: another digest that the index begins to
    // give counts from when the bytes were held against it.
    let unheard = candidate.expect.as_ref().is_some_and(|expect| {
        located.upstream_digest.is_some() && located.upstream_digest != expect.upstream_digest
    });
    if unheard && (request.download == Download::Nothing || project.setting.offline) {
        located.upstream_digest =
            candidate.expect.as_ref().and_then(|expect| expect.upstream_digest.clone());
    }
    let may_read = request.download != Download::Nothing && !project.setting.offline;
    let must_read = match request.download {
        Download::Nothing => false,
        // A moved file must be the locked one, and that is seen only by reading it; a signature is
        // looked at before anything is written.
        Download::Needed => {
            candidate.needs_digest
                || candidate.expect.is_some()
                || wish.is_some()
                || is_built(project, address)
        }
        Download::All => true,
    };
    let by_bytes = wish.filter(Wish::wants_bytes);
    if (located.sha256.is_none() || unheard || by_bytes.is_some()) && must_read && may_read {
        let witness = match &by_bytes {
            Some(wish) => Some(wish.witness().await.map_err(trouble)?),
            None => None,
        };
        let (hashed, witness) = transfer::download(
            project,
            source.as_ref(),
            address,
            &candidate.urls,
            &located,
            witness,
            sink,
        )
        .await
        .map_err(|failed| Finding {
            severity: if failed.refused { Severity::Refused } else { Severity::Error },
            ..trouble((failed.code, failed.message, failed.help))
        })?;
        if let (Some(wish), Some(witness)) = (&by_bytes, witness) {
            located.signer = Some(wish.heard(witness, &hashed.url).await.map_err(trouble)?);
        }
        located.url = hashed.url;
        located.size = Some(hashed.size);
        located.sha256 = Some(hashed.sha256);
    }
    if let Some(wish) = wish.filter(|wish| !wish.wants_bytes() && !project.setting.offline) {
        let mut digests: Vec<Digest> = located.sha256.map(Digest::from).into_iter().collect();
        digests.extend(located.upstream_digest.clone());
        if !digests.is_empty() {
            located.signer = Some(wish.digest(&digests, &located.url).await.map_err(trouble)?);
        }
    }
    if wish.is_some() && located.signer.is_none() {
        // Without a signer no digest is decided; the plan says that it is known at apply.
        located.sha256 = None;
    }
    Ok(located)
}

/// Tells whether an artifact is built: the digest of its source decides what its output is kept by.
fn is_built(project: &Project, address: &Address) -> bool {
    let dependency = project.manifest.dependencies.get(&address.dependency);
    dependency.is_some_and(|dependency| {
        dependency.settings_for(&address.version, &address.target).build.is_some()
    })
}

/// What was verified and refused ends with another exit code than what merely failed.
/// Holds a checksum file against the digest that the index gives for it.
fn whole(file: &Bytes, url: &str, expected: Option<&Digest>) -> Result<(), Wrong> {
    let Some(expected) = expected else { return Ok(()) };
    let extra = (expected.algorithm() == Algorithm::Sha512).then_some(Algorithm::Sha512);
    let mut hasher = verify::Hasher::new(extra);
    hasher.update(file);
    let wanted = verify::Expected {
        size: None,
        sha256: expected.sha256(),
        upstream: expected.sha256().is_none().then(|| expected.clone()),
    };
    verify::check(&wanted, &hasher.finish(), url, None)
        .map_err(|mismatch| (Code::DIGEST_MISMATCH, mismatch.to_string(), None))
}

/// Reads the digest of a file of a given name from a checksum file.
pub(super) async fn read(
    file: &Bytes,
    url: &str,
    name: &str,
    select: Option<&str>,
    algorithm: Option<Algorithm>,
) -> Result<Digest, (Code, String)> {
    let unreadable =
        |why: String| (Code::CHECKSUM_UNREADABLE, format!("checksum file `{url}`: {why}"));
    match select {
        None => verify::find(file, name, algorithm)
            .map_err(|error| (error.code(), format!("checksum file `{url}`: {}", chain(&error)))),
        Some(program) => {
            let json =
                document::read(file, None, url).map_err(|error| unreadable(chain(&error)))?;
            let outputs =
                jq::run(program, json).await.map_err(|error| unreadable(chain(&error)))?;
            match outputs.as_slice() {
                [serde_json::Value::String(text)] => {
                    verify::parse(text).map_err(|error| unreadable(chain(&error)))
                }
                [other] => Err(unreadable(format!("`select` gave {other}, not a text"))),
                several => {
                    Err(unreadable(format!("`select` gave {} values, not one", several.len())))
                }
            }
        }
    }
}
