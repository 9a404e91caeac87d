//! Provenance of one artifact: an in-toto Statement v1 with a SLSA Provenance v1 predicate.
//!
//! It says what the record says and nothing else, so the same record gives the same bytes, whoever
//! writes them and whenever. It is not signed, and claims no level: a script and depstate ran under
//! one user, on one machine.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    WireError, objects,
    side::{SIDE_LIMIT, file, tx_of},
};
use crate::model::{Digest, Evidence, ExtraFile, InputName, Record, Sha256, Tx};

const STATEMENT: &str = "https://in-toto.io/Statement/v1";
const PREDICATE: &str = "https://slsa.dev/provenance/v1";
const WHAT: &str = "a provenance document";
/// How the digest is called that stands for an input: over a file's bytes and whether it may be
/// executed, or over all that another artifact is made of. No tool takes it for a file's SHA-256.
const INPUT: &str = "depstateInputV1";

/// Who wrote the document of an artifact.
#[derive(Debug, Clone, Copy)]
pub struct Maker<'a> {
    /// The project.
    pub project: &'a str,
    /// `depstate 0.1.0`.
    pub tool: &'a str,
    /// The transaction. Where the bytes are of an earlier one, the version of the program that made
    /// them is not known any more, and not told.
    pub tx: &'a Tx,
}

#[derive(Serialize)]
struct Statement<'a> {
    #[serde(rename = "_type")]
    kind: &'static str,
    subject: [Resource<'a>; 1],
    #[serde(rename = "predicateType")]
    predicate_type: &'static str,
    predicate: Predicate<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Predicate<'a> {
    build_definition: BuildDefinition<'a>,
    run_details: RunDetails<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BuildDefinition<'a> {
    build_type: String,
    external_parameters: External<'a>,
    internal_parameters: Internal<'a>,
    resolved_dependencies: Vec<Resource<'a>>,
}

/// What deps.toml and deps.lock asked for.
#[derive(Serialize)]
struct External<'a> {
    project: &'a str,
    address: String,
    dependency: &'a str,
    version: &'a str,
    upstream: &'a str,
    target: &'a str,
    /// The digest over everything that decides the bytes.
    input: String,
    /// What it is over, by name: names and digests alone.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    inputs: BTreeMap<&'a str, String>,
}

/// How it went.
#[derive(Serialize)]
struct Internal<'a> {
    evidence: Evidence,
    #[serde(skip_serializing_if = "Option::is_none")]
    signer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    build: Option<Ran<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    test: Option<Ran<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Ran<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    contract: Option<u32>,
    executor: &'a str,
    isolation: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reproduced: Option<bool>,
    duration_ms: u64,
}

#[derive(Serialize, Default)]
struct Resource<'a> {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    digest: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<&'static str, &'a str>,
}

#[derive(Serialize)]
struct RunDetails<'a> {
    builder: Builder<'a>,
    metadata: Metadata,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    byproducts: Vec<Resource<'a>>,
}

#[derive(Serialize)]
struct Builder<'a> {
    id: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    version: BTreeMap<&'static str, &'a str>,
}

/// The end is not told: an output may have been made earlier and kept.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(skip_serializing_if = "Option::is_none")]
    invocation_id: Option<Tx>,
    started_on: Timestamp,
}

/// Writes the provenance of what a record names, canonically. The record's own `side` and `revision`
/// count for nothing in it.
///
/// # Errors
/// When it can't be written.
pub fn encode_provenance(record: &Record, maker: &Maker<'_>) -> Result<Vec<u8>, WireError> {
    let address = &record.address;
    let of = tx_of(record);
    let version = maker.tool.strip_prefix("depstate ").unwrap_or(maker.tool);
    let told = of.as_ref() == Some(maker.tx);
    let statement = Statement {
        kind: STATEMENT,
        subject: [Resource {
            name: file(record).to_owned(),
            digest: sha256(&record.sha256),
            ..Resource::default()
        }],
        predicate_type: PREDICATE,
        predicate: Predicate {
            build_definition: BuildDefinition {
                build_type: record.build.as_ref().map_or_else(
                    || "urn:depstate:mirror:v1".to_owned(),
                    |build| format!("urn:depstate:build:v{}", build.contract),
                ),
                external_parameters: External {
                    project: maker.project,
                    address: address.to_string(),
                    dependency: address.dependency.as_str(),
                    version: address.version.as_str(),
                    upstream: &record.upstream,
                    target: address.target.as_str(),
                    input: record.input.0.to_string(),
                    inputs: named(record)
                        .map(|(name, digest)| (name.0.as_str(), digest.to_string()))
                        .collect(),
                },
                internal_parameters: internal(record),
                resolved_dependencies: resolved(record),
            },
            run_details: RunDetails {
                builder: Builder {
                    id: builder(record),
                    version: told.then_some(("depstate", version)).into_iter().collect(),
                },
                metadata: Metadata { invocation_id: of, started_on: record.published },
                byproducts: logs(record),
            },
        },
    };
    super::canonical(WHAT, &statement)
}

fn internal(record: &Record) -> Internal<'_> {
    Internal {
        evidence: record.evidence,
        signer: record.signer.as_ref().map(|signer| signer.who.as_str()),
        build: record.build.as_ref().map(|build| Ran {
            contract: Some(build.contract),
            executor: &build.executor,
            isolation: isolation(&build.executor),
            network: Some(build.network),
            reproduced: build.reproduced,
            duration_ms: build.duration_ms,
        }),
        test: record.test.as_ref().map(|test| Ran {
            contract: None,
            executor: &test.executor,
            isolation: isolation(&test.executor),
            network: None,
            reproduced: None,
            duration_ms: test.duration_ms,
        }),
    }
}

/// The inputs but the source, which is told in full elsewhere.
fn named(record: &Record) -> impl Iterator<Item = (&InputName, &Sha256)> {
    record.inputs.iter().filter(|(name, _)| **name != InputName::source())
}

/// Everything that went in: the source and the other files with their addresses, images by theirs,
/// and of what has none its name.
fn resolved(record: &Record) -> Vec<Resource<'_>> {
    let source = &record.source;
    let mut all = vec![Resource {
        name: "source".to_owned(),
        uri: Some(&source.url),
        digest: digests(source.sha256, source.upstream_digest.as_ref()),
        annotations: [("evidence", record.evidence.name())]
            .into_iter()
            .chain(record.signer.as_ref().map(|signer| ("signer", signer.who.as_str())))
            .collect(),
    }];
    all.extend(source.extra.iter().filter_map(|(id, extra)| one_extra(id, extra)));
    let images = [
        ("image", record.build.as_ref().and_then(|build| build.image.as_deref())),
        ("test-image", record.test.as_ref().and_then(|test| test.image.as_deref())),
    ];
    for (name, image) in images {
        if let Some(image) = image {
            all.push(Resource {
                name: name.to_owned(),
                uri: Some(image),
                digest: image_digest(image),
                annotations: BTreeMap::new(),
            });
        }
    }
    let files =
        named(record).filter(|(name, _)| name.as_file().is_some() || name.0.starts_with("needs."));
    all.extend(files.map(|(name, digest)| Resource {
        name: name.0.clone(),
        digest: BTreeMap::from([(INPUT, digest.to_string())]),
        ..Resource::default()
    }));
    all
}

fn one_extra<'a>(id: &str, extra: &'a ExtraFile) -> Option<Resource<'a>> {
    Some(Resource {
        name: format!("extra:{id}"),
        uri: Some(&extra.url),
        digest: sha256(&extra.sha256?),
        annotations: BTreeMap::from([
            ("version", extra.version.as_str()),
            ("evidence", extra.evidence.name()),
        ]),
    })
}

fn logs(record: &Record) -> Vec<Resource<'_>> {
    let build = record.build.as_ref().map(|build| ("build.log", &build.log_sha256));
    let test = record.test.as_ref().map(|test| ("test.log", &test.log_sha256));
    let log = |(name, digest): (&str, _)| Resource {
        name: name.to_owned(),
        digest: sha256(digest),
        ..Resource::default()
    };
    build.into_iter().chain(test).map(log).collect()
}

fn sha256(digest: &Sha256) -> BTreeMap<&'static str, String> {
    BTreeMap::from([("sha256", digest.to_string())])
}

fn digests(source: Sha256, upstream: Option<&Digest>) -> BTreeMap<&'static str, String> {
    let mut all = sha256(&source);
    if let Some(upstream) = upstream {
        all.insert(upstream.algorithm().name(), upstream.hex());
    }
    all
}

/// An image is pinned by the digest of its manifest: `name@sha256:…`.
fn image_digest(image: &str) -> BTreeMap<&'static str, String> {
    image.rsplit_once("@sha256:").map(|(_, hex)| ("sha256", hex.to_owned())).into_iter().collect()
}

/// Names who made the bytes: this program, as far as the executor kept the script from everything
/// else. Each kind is another builder, so that a policy may tell them apart.
fn builder(record: &Record) -> String {
    let Some(build) = &record.build else { return "urn:depstate:builder:mirror".to_owned() };
    let words: Vec<String> = build
        .executor
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    format!("urn:depstate:builder:{}", words.join("-"))
}

/// What an executor kept a script from, in plain words.
fn isolation(executor: &str) -> &'static str {
    if executor.starts_with("container") {
        "in a container: as good as the container engine and the kernel of the machine that ran it"
    } else if executor.starts_with("sandbox") {
        "in a sandbox of the machine's own kernel: as good as that kernel; the machine itself was \
         not attested"
    } else if executor.starts_with("host") {
        "none: the script had the rights of whoever ran depstate"
    } else {
        "no script ran: depstate itself took the source apart and packed it"
    }
}

/// Reads of a provenance document what it is about: the SHA-256 of its subject, and the version of
/// depstate that says to have made it.
///
/// # Errors
/// When it is no such document.
pub fn decode_provenance(bytes: &[u8]) -> Result<(Sha256, Option<String>), WireError> {
    #[derive(Deserialize)]
    struct Subject {
        digest: BTreeMap<String, String>,
    }
    #[derive(Deserialize)]
    struct In {
        #[serde(rename = "_type")]
        kind: String,
        subject: Vec<Subject>,
        #[serde(rename = "predicateType")]
        predicate_type: String,
        predicate: serde_json::Value,
    }
    let found: In = objects::decode(WHAT, bytes, SIDE_LIMIT)?;
    let wrong = |message: &str| WireError::Inconsistent { what: WHAT, message: message.to_owned() };
    if found.kind != STATEMENT || found.predicate_type != PREDICATE {
        return Err(wrong("it is no in-toto Statement v1 with SLSA Provenance v1"));
    }
    let subject = found.subject.first().and_then(|it| it.digest.get("sha256"));
    let subject = subject.ok_or_else(|| wrong("its subject has no SHA-256"))?;
    let sha256 = subject.parse().map_err(|_| wrong("its subject's digest is no SHA-256"))?;
    let version = found
        .predicate
        .pointer("/runDetails/builder/version/depstate")
        .and_then(serde_json::Value::as_str);
    Ok((sha256, version.map(str::to_owned)))
}
