//! The digests of new files: from deps.toml, the index or a checksum file; by a download where an
//! operation asks for one.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use futures::{StreamExt as _, stream};
use tokio::sync::{Mutex, OnceCell};

use super::{Download, Project, Request, error::chain, transfer};
use crate::{
    model::{Address, Algorithm, Code, Digest, Evidence, Finding, Severity, Sink},
    planner::{Candidate, ChecksumQuery, ChosenFile, LocatedFile, Selection},
    source::{SourceDriver, document, jq},
    verify,
};

/// A checksum file larger than this is none.
const CHECKSUM_LIMIT: u64 = 16 << 20;

type Files = Mutex<BTreeMap<String, Arc<OnceCell<Result<Bytes, String>>>>>;

/// Finds out what it can about every candidate. What fails becomes a finding, and the candidate is
/// absent from the answer.
pub(crate) async fn locate(
    project: &Project,
    selection: &Selection,
    request: &Request,
    sink: &Arc<dyn Sink>,
) -> (BTreeMap<Address, LocatedFile>, Vec<Finding>) {
    let candidates: Vec<(Address, &Candidate)> = selection
        .dependencies
        .iter()
        .flat_map(|(id, chosen)| {
            chosen.releases.iter().flat_map(move |release| {
                release.files.iter().filter_map(move |(target, file)| match file {
                    ChosenFile::Candidate(candidate) => Some((
                        Address {
                            dependency: id.clone(),
                            version: release.version.clone(),
                            target: target.clone(),
                        },
                        candidate,
                    )),
                    ChosenFile::Decided { .. } => None,
                })
            })
        })
        .collect();
    // Many files share one checksum file: it is asked for once.
    let files = Files::default();
    let found: Vec<(Address, Result<LocatedFile, Finding>)> = stream::iter(candidates)
        .map(|(address, candidate)| {
            let files = &files;
            async move {
                // What the filters leave out is planned and counted, not asked for.
                let located = if request.options.takes(&address) {
                    one(project, &address, candidate, request, files, sink).await
                } else {
                    Ok(as_listed(candidate))
                };
                (address, located)
            }
        })
        .buffer_unordered(project.setting.jobs.max(1) * 2)
        .collect()
        .await;
    let mut located = BTreeMap::new();
    let mut troubles = Vec::new();
    for (address, result) in found {
        match result {
            Ok(file) => {
                located.insert(address, file);
            }
            Err(finding) => troubles.push(finding),
        }
    }
    troubles.sort();
    (located, troubles)
}

/// What is known of a candidate without a request.
fn as_listed(candidate: &Candidate) -> LocatedFile {
    let (digests, evidence) = match &candidate.checksum {
        Some(ChecksumQuery::Given(digest)) => (std::slice::from_ref(digest), Evidence::Given),
        Some(ChecksumQuery::File { .. }) => (&[] as &[Digest], Evidence::ChecksumFile),
        None if candidate.digests.is_empty() => (&[] as &[Digest], Evidence::Tofu),
        None => (candidate.digests.as_slice(), Evidence::Index),
    };
    let sha512 = |digest: &&Digest| digest.algorithm() == Algorithm::Sha512;
    LocatedFile {
        url: candidate.urls.first().cloned().unwrap_or_default(),
        size: candidate.size,
        sha256: digests.iter().find_map(Digest::sha256),
        upstream_digest: digests.iter().find(sha512).cloned(),
        evidence,
        signer: None,
    }
}

async fn one(
    project: &Project,
    address: &Address,
    candidate: &Candidate,
    request: &Request,
    files: &Files,
    sink: &Arc<dyn Sink>,
) -> Result<LocatedFile, Finding> {
    let trouble = |code: Code, message: String, help: Option<String>| Finding {
        severity: Severity::Error,
        code,
        dependency: Some(address.dependency.clone()),
        address: Some(address.clone()),
        message,
        help,
        span: None,
    };
    let Some(source) = project.sources.get(&address.dependency) else {
        return Err(trouble(Code::SOURCE_FAILED, "the dependency has no source".to_owned(), None));
    };
    let mut located = as_listed(candidate);
    if let Some(ChecksumQuery::File { url, select, digest, algorithm }) = &candidate.checksum {
        let file = fetch(source.as_ref(), files, url)
            .await
            .map_err(|message| trouble(Code::SOURCE_FAILED, message, None))?;
        let found = read(&file, url, candidate, select.as_deref(), digest.as_ref(), *algorithm)
            .await
            .map_err(|(code, message)| trouble(code, message, None))?;
        located.sha256 = found.sha256();
        located.upstream_digest = located.sha256.is_none().then_some(found);
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
    let must_read = match request.download {
        Download::Nothing => false,
        // A moved file must be the locked one, and that is seen only by reading it.
        Download::Needed => candidate.needs_digest || candidate.expect.is_some(),
        Download::All => true,
    };
    if (located.sha256.is_none() || unheard) && must_read && !project.setting.offline {
        let hashed =
            transfer::download(project, source.as_ref(), address, &candidate.urls, &located, sink)
                .await
                .map_err(|failed| Finding {
                    severity: if failed.refused { Severity::Refused } else { Severity::Error },
                    ..trouble(failed.code, failed.message, failed.help)
                })?;
        located.url = hashed.url;
        located.size = Some(hashed.size);
        located.sha256 = Some(hashed.sha256);
    }
    Ok(located)
}

/// Reads a checksum file once, however many ask for it.
async fn fetch(source: &dyn SourceDriver, files: &Files, url: &str) -> Result<Bytes, String> {
    let cell = files.lock().await.entry(url.to_owned()).or_default().clone();
    cell.get_or_init(|| async {
        let stream = source.open(url, 0).await.map_err(|error| chain(&error))?;
        stream
            .collect(CHECKSUM_LIMIT)
            .await
            .map_err(|error| format!("`{url}` could not be read: {}", chain(&error)))
    })
    .await
    .clone()
}

async fn read(
    file: &Bytes,
    url: &str,
    candidate: &Candidate,
    select: Option<&str>,
    expected: Option<&Digest>,
    algorithm: Option<Algorithm>,
) -> Result<Digest, (Code, String)> {
    if let Some(expected) = expected {
        let extra = (expected.algorithm() == Algorithm::Sha512).then_some(Algorithm::Sha512);
        let mut hasher = verify::Hasher::new(extra);
        hasher.update(file);
        let wanted = verify::Expected {
            size: None,
            sha256: expected.sha256(),
            upstream: expected.sha256().is_none().then(|| expected.clone()),
        };
        verify::check(&wanted, &hasher.finish(), url, None)
            .map_err(|mismatch| (Code::DIGEST_MISMATCH, mismatch.to_string()))?;
    }
    let unreadable =
        |why: String| (Code::CHECKSUM_UNREADABLE, format!("checksum file `{url}`: {why}"));
    match select {
        None => verify::find(file, &candidate.name, algorithm)
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
