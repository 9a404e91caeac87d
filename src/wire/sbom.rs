//! `CycloneDX` 1.5 SBOMs: of one artifact, and of everything that is published.

use cyclonedx_bom::{
    models::{
        bom::{Bom, SpecVersion},
        component::{Classification, Component, Components, Cpe},
        dependency::{Dependencies, Dependency},
        external_reference::{ExternalReference, ExternalReferenceType, ExternalReferences},
        hash::{Hash, HashAlgorithm, HashValue, Hashes},
        license::{License, LicenseChoice, LicenseIdentifier, Licenses},
        metadata::Metadata,
        property::{Properties, Property},
        tool::{Tool, Tools},
    },
    prelude::{DateTime, NormalizedString, SpdxExpression, SpdxIdentifier, Uri},
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::{
    WireError, objects,
    provenance::Maker,
    side::{SIDE_LIMIT, SideKind, file},
    view::Stamp,
};
use crate::model::{Algorithm, Digest, Record, Sha256, Snapshot};

const WHAT: &str = "an SBOM";
/// What the properties that are ours begin with.
const OURS: &str = "depstate:";

/// Writes the SBOM of one artifact: the artifact, and what it was made of.
///
/// # Errors
/// When it can't be written.
pub fn encode_sbom(record: &Record, maker: &Maker<'_>) -> Result<Vec<u8>, WireError> {
    let mut component = artifact(record);
    component.external_references = references([(
        ExternalReferenceType::Distribution,
        record.key.to_string(),
        hashes(Some(record.sha256), None),
    )]);
    let parts = parts(record);
    let names = parts.iter().filter_map(|part| part.bom_ref.clone()).collect();
    let metadata = Metadata {
        timestamp: time(record.published),
        tools: Some(tool(maker.tool)),
        properties: Some(Properties(vec![property("project", maker.project)])),
        ..Metadata::default()
    };
    finish(component, parts, names, metadata)
}

/// Writes the SBOM of everything that is live: the view of a project.
///
/// # Errors
/// When it can't be written.
pub fn encode_set_sbom(snapshot: &Snapshot, stamp: &Stamp) -> Result<Vec<u8>, WireError> {
    let head = &snapshot.head;
    let mut project = Component::new(
        Classification::Application,
        &head.project,
        &head.serial.to_string(),
        Some(format!("project:{}", head.project)),
    );
    project.properties = None;
    let components: Vec<Component> = snapshot
        .live
        .values()
        .map(|record| {
            let side = |kind: SideKind| kind.key(record).map(|key| stamp.url(key));
            let kinds = [
                (ExternalReferenceType::Distribution, Some(stamp.url(&record.key))),
                (ExternalReferenceType::Bom, side(SideKind::Sbom)),
                (ExternalReferenceType::Attestation, side(SideKind::Provenance)),
            ];
            let mut component = artifact(record);
            component.external_references =
                references(kinds.into_iter().filter_map(|(kind, url)| Some((kind, url?, None))));
            component
        })
        .collect();
    let names = components.iter().filter_map(|it| it.bom_ref.clone()).collect();
    let at = snapshot.generation.as_ref().map(|generation| generation.at);
    let mut properties =
        vec![property("lineage", &stamp.lineage), property("serial", &stamp.serial.to_string())];
    properties.extend(stamp.public_url.iter().map(|url| property("public-url", url)));
    let metadata = Metadata {
        timestamp: at.and_then(time),
        tools: Some(tool(&head.tool)),
        properties: Some(Properties(properties)),
        ..Metadata::default()
    };
    finish(project, components, names, metadata)
}

/// Reads of the SBOM of a set what it was made from.
///
/// # Errors
/// When it is no such document.
pub fn decode_set_stamp(bytes: &[u8]) -> Result<Stamp, WireError> {
    let found: In = objects::decode(WHAT, bytes, super::view::VIEW_LIMIT)?;
    let text = |name: &str| {
        let name = format!("{OURS}{name}");
        found.metadata.properties.iter().find(|it| it.name == name).map(|it| it.value.clone())
    };
    let stamp = text("lineage").zip(text("serial").and_then(|serial| serial.parse().ok()));
    let (lineage, serial) = stamp.ok_or_else(|| wrong("it does not say what it was made from"))?;
    Ok(Stamp { lineage, serial, public_url: text("public-url") })
}

/// Reads of the SBOM of an artifact which bytes it is about, and who wrote it.
///
/// # Errors
/// When it is no such document.
pub fn decode_sbom(bytes: &[u8]) -> Result<(Sha256, Option<String>), WireError> {
    let found: In = objects::decode(WHAT, bytes, SIDE_LIMIT)?;
    if found.bom_format != "CycloneDX" {
        return Err(wrong("it is not in the CycloneDX format"));
    }
    let about = found.metadata.component.and_then(|it| it.hashes.into_iter().next());
    let about = about.and_then(|hash| hash.content.parse().ok());
    let about = about.ok_or_else(|| wrong("what it is about has no SHA-256"))?;
    Ok((about, found.metadata.tools.into_iter().next().map(|tool| tool.version)))
}

fn wrong(message: &str) -> WireError {
    WireError::Inconsistent { what: WHAT, message: message.to_owned() }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct In {
    bom_format: String,
    metadata: MetadataIn,
}

#[derive(Deserialize)]
struct MetadataIn {
    component: Option<ComponentIn>,
    #[serde(default)]
    properties: Vec<PropertyIn>,
    #[serde(default)]
    tools: Vec<ToolIn>,
}

#[derive(Deserialize)]
struct ComponentIn {
    #[serde(default)]
    hashes: Vec<HashIn>,
}

#[derive(Deserialize)]
struct HashIn {
    content: String,
}

#[derive(Deserialize)]
struct PropertyIn {
    name: String,
    value: String,
}

#[derive(Deserialize)]
struct ToolIn {
    version: String,
}

/// The artifact itself, without addresses.
fn artifact(record: &Record) -> Component {
    let metadata = &record.metadata;
    let name = metadata.name.as_deref().unwrap_or(record.address.dependency.as_str());
    let mut component = Component::new(
        // What CycloneDX recommends where it is not known which kind it is.
        Classification::Library,
        name,
        record.version.as_str(),
        Some(record.address.to_string()),
    );
    component.hashes = hashes(Some(record.sha256), None);
    component.licenses = licenses(&metadata.licenses);
    component.cpe = metadata.cpe.first().map(|cpe| Cpe::new(cpe));
    component.purl = metadata.purl.first().and_then(|purl| purl.parse().ok());
    let mut properties = vec![
        property("dependency", record.address.dependency.as_str()),
        property("target", record.target.as_str()),
        property("upstream-version", &record.upstream),
        property("input", &record.input.0.to_string()),
        property("evidence", record.evidence.name()),
        property("file", file(record)),
    ];
    // There is room for one of each.
    properties.extend(metadata.cpe.iter().skip(1).map(|cpe| property("cpe", cpe)));
    properties.extend(metadata.purl.iter().skip(1).map(|purl| property("purl", purl)));
    properties.extend(metadata.eol.iter().map(|eol| property("end-of-life", &eol.to_string())));
    properties.extend(record.build.iter().map(|build| property("executor", &build.executor)));
    component.properties = Some(Properties(properties));
    component
}

/// What it was made of: its source, and the extras.
fn parts(record: &Record) -> Vec<Component> {
    let source = &record.source;
    let address = &record.address;
    let mut all = vec![one_file(
        &source.url,
        record.version.as_str(),
        format!("{address}#source"),
        hashes(Some(source.sha256), source.upstream_digest.as_ref()),
    )];
    all.extend(source.extra.iter().map(|(id, extra)| {
        let name = format!("{address}#extra/{id}");
        let mut part = one_file(&extra.url, &extra.version, name, hashes(extra.sha256, None));
        part.name = NormalizedString::new(id);
        part.component_type = Classification::Library;
        part
    }));
    all
}

fn one_file(url: &str, version: &str, name: String, hashes: Option<Hashes>) -> Component {
    let file = url.split(['?', '#']).next().unwrap_or_default().rsplit('/').next();
    let file = file.filter(|file| !file.is_empty()).unwrap_or("source");
    let mut component = Component::new(Classification::File, file, version, Some(name));
    component.external_references =
        references([(ExternalReferenceType::Distribution, url.to_owned(), hashes.clone())]);
    component.hashes = hashes;
    component
}

fn hashes(sha256: Option<Sha256>, upstream: Option<&Digest>) -> Option<Hashes> {
    let hash = |alg, content| Hash { alg, content: HashValue(content) };
    let sha256 = sha256?;
    let mut all = vec![hash(HashAlgorithm::SHA_256, sha256.to_string())];
    if let Some(other) = upstream.filter(|it| it.algorithm() == Algorithm::Sha512) {
        all.push(hash(HashAlgorithm::SHA_512, other.hex()));
    }
    Some(Hashes(all))
}

/// An address that is none by RFC 3986 is left out: a document with it would be no SBOM.
fn references(
    all: impl IntoIterator<Item = (ExternalReferenceType, String, Option<Hashes>)>,
) -> Option<ExternalReferences> {
    let all: Vec<ExternalReference> = all
        .into_iter()
        .filter_map(|(kind, url, hashes)| {
            let mut reference = ExternalReference::new(kind, Uri::try_from(url).ok()?);
            reference.hashes = hashes;
            Some(reference)
        })
        .collect();
    (!all.is_empty()).then_some(ExternalReferences(all))
}

/// All expressions apply. Plain identifiers stand in a list; else there is room for one expression,
/// so they are joined.
fn licenses(all: &[String]) -> Option<Licenses> {
    if all.is_empty() {
        return None;
    }
    let license = |license_identifier| {
        LicenseChoice::License(License { license_identifier, ..License::named_license("") })
    };
    let plain: Option<Vec<LicenseChoice>> = all
        .iter()
        .map(|text| SpdxIdentifier::try_from(text.clone()).ok())
        .map(|id| Some(license(LicenseIdentifier::SpdxId(id?))))
        .collect();
    if let Some(plain) = plain {
        return Some(Licenses(plain));
    }
    let joined = match all {
        [one] => one.clone(),
        many => many.iter().map(|it| format!("({it})")).collect::<Vec<_>>().join(" AND "),
    };
    if let Ok(expression) = SpdxExpression::try_from(joined) {
        return Some(Licenses(vec![LicenseChoice::Expression(expression)]));
    }
    let named =
        |text: &String| license(LicenseIdentifier::Name(NormalizedString::new(text.as_str())));
    Some(Licenses(all.iter().map(named).collect()))
}

fn property(name: &str, value: &str) -> Property {
    Property::new(format!("{OURS}{name}"), value)
}

fn tool(tool: &str) -> Tools {
    let version = tool.strip_prefix("depstate ").unwrap_or(tool);
    let tool = Tool {
        name: Some(NormalizedString::new("depstate")),
        version: Some(NormalizedString::new(version)),
        ..Tool::default()
    };
    Tools::List(vec![tool])
}

fn time(at: Timestamp) -> Option<DateTime> {
    at.to_string().try_into().ok()
}

/// Puts the document together. Its serial number comes of its content.
fn finish(
    about: Component,
    components: Vec<Component>,
    names: Vec<String>,
    metadata: Metadata,
) -> Result<Vec<u8>, WireError> {
    let dependency_ref = about.bom_ref.clone().unwrap_or_default();
    let bom = Bom {
        version: 1,
        serial_number: None,
        metadata: Some(Metadata { component: Some(about), ..metadata }),
        components: Some(Components(components)),
        services: None,
        external_references: None,
        dependencies: Some(Dependencies(vec![Dependency { dependency_ref, dependencies: names }])),
        compositions: None,
        properties: None,
        vulnerabilities: None,
        signature: None,
        annotations: None,
        formulation: None,
        spec_version: SpecVersion::V1_5,
    };
    let mut bytes = Vec::new();
    bom.output_as_json_v1_5(&mut bytes).map_err(|error| wrong(&error.to_string()))?;
    let mut document: Value = serde_json::from_slice(&bytes)
        .map_err(|source| WireError::Syntax { what: WHAT, source })?;
    let number = super::name_of(&super::canonical(WHAT, &document)?);
    if let Value::Object(fields) = &mut document {
        fields.insert("serialNumber".to_owned(), number.into());
    }
    super::canonical(WHAT, &document)
}
