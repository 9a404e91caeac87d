//! The question that a lock answers.

use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;

use crate::model::{
    Change, ChecksumRule, Constraint, Coverage, Dependency, DependencyId, Distro, EolRule,
    ExtraRule, Fallback, Keep, Located, Manifest, Override, Pattern, Rule, Sha256, SignaturePlace,
    SignatureRule, SourceRule, TargetName, VersionLine,
};

/// Returns the digest of what a dependency asks: its meaning, not its text.
///
/// What decides neither a version nor a file's address or digest is no part of it: licences, names
/// for people, ends of life, reasons. A dependency that deps.toml does not have asks nothing.
pub(super) fn asked(manifest: &Manifest, id: &DependencyId) -> Sha256 {
    digest(&manifest.dependencies.get(id).map(|it| question(manifest, it)))
}

/// SHA-256 over the canonical form (RFC 8785).
///
/// Plain serialisation is canonical here: maps are sorted, fields stand in the order of their
/// names, and there are no floats.
pub(super) fn digest(value: &impl Serialize) -> Sha256 {
    // Strings, integers and maps by string can't fail.
    Sha256::of(&serde_json::to_vec(value).unwrap_or_default())
}

/// Fields in the order of their names.
#[derive(Serialize)]
struct Question<'a> {
    artifact: Vec<&'a str>,
    asset: Option<&'a str>,
    checksum: Option<Checksum<'a>>,
    exclude: Vec<Hole<'a>>,
    /// Absent where there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extra: Vec<Extra<'a>>,
    lines: Vec<Line<'a>>,
    /// In seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    min_age: Option<u64>,
    only: Vec<Hole<'a>>,
    overrides: Vec<Exception<'a>>,
    replacements: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<&'a str>,
    scheme: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<Signature<'a>>,
    source: Source<'a>,
    targets: BTreeMap<&'a TargetName, Place<'a>>,
}

#[derive(Serialize)]
struct Source<'a> {
    coverage: &'a str,
    driver: &'a str,
    extract: Vec<&'a str>,
    /// Absent where there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fallback: Vec<StandIn<'a>>,
    question: &'a str,
}

#[derive(Serialize)]
struct StandIn<'a> {
    artifact: Option<Changed<Vec<&'a str>>>,
    asset: Option<Changed<&'a str>>,
    replacements: Option<Changed<&'a BTreeMap<String, String>>>,
    source: Source<'a>,
}

#[derive(Serialize)]
struct Line<'a> {
    constraint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    drops: Option<Drops>,
    /// None: all.
    keep: Option<u32>,
    r#match: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    prereleases: bool,
}

/// How long after which end versions are dropped. An end that drops nothing is no part of the
/// question.
#[derive(Serialize)]
struct Drops {
    /// In seconds.
    after: u64,
    day: Option<String>,
}

/// A constraint, and the targets of the dependency that it speaks of.
type Hole<'a> = (String, Vec<&'a TargetName>);

#[derive(Serialize)]
struct Exception<'a> {
    artifact: Option<Changed<Vec<&'a str>>>,
    asset: Option<Changed<&'a str>>,
    checksum: Option<Changed<Checksum<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    drop_after: Option<Changed<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extra: Option<Changed<Vec<Extra<'a>>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_age: Option<Changed<u64>>,
    replacements: Option<Changed<&'a BTreeMap<String, String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<Changed<Signature<'a>>>,
    targets: Vec<&'a TargetName>,
    when: Option<String>,
}

/// A block of sub-dependencies.
#[derive(Serialize)]
struct Extra<'a> {
    artifact: Option<&'a str>,
    checksum: Option<Checksum<'a>>,
    targets: Vec<&'a TargetName>,
    /// None: taken away.
    versions: BTreeMap<&'a str, Option<&'a str>>,
    when: Option<String>,
}

/// What an override does to a key: sets it, or takes it away (`false`).
#[derive(Serialize)]
#[serde(untagged)]
enum Changed<T> {
    Set(T),
    Gone(bool),
}

#[derive(Serialize)]
struct Checksum<'a> {
    from: &'a str,
    select: Option<&'a str>,
    text: &'a str,
}

/// The keys' paths are in it, and not their contents: what is asked must be known without reading
/// files. Other keys in the same files show in who signed.
#[derive(Serialize)]
struct Signature<'a> {
    fingerprints: Vec<&'a str>,
    identity: Option<&'a str>,
    issuer: Option<&'a str>,
    keys: Vec<&'a str>,
    kind: &'a str,
    over: &'a str,
    place: (&'a str, &'a str),
}

#[derive(Serialize)]
struct Place<'a> {
    arch: Option<&'a str>,
    distro: Option<&'a Distro>,
    os: Option<&'a str>,
    vars: Option<&'a BTreeMap<String, String>>,
}

fn question<'a>(manifest: &'a Manifest, it: &'a Dependency) -> Question<'a> {
    let settings = &it.settings;
    let place = |name: &'a TargetName| {
        let target = manifest.targets.get(name);
        let place = Place {
            arch: target.and_then(|target| target.arch.as_deref()),
            distro: target.and_then(|target| target.distro.as_ref()),
            os: target.and_then(|target| target.os.as_deref()),
            vars: target.map(|target| &target.vars).filter(|vars| !vars.is_empty()),
        };
        (name, place)
    };
    Question {
        artifact: texts(&settings.artifact),
        asset: settings.asset.as_ref().map(|text| text.value.as_str()),
        checksum: settings.checksum.as_ref().map(checksum),
        exclude: rules(it, &it.exclude),
        extra: extras(it, &it.extra),
        lines: it.lines.iter().map(|one| line(one, settings.eol)).collect(),
        min_age: settings.min_age.as_ref().map(|age| age.value.as_secs()).filter(|age| *age > 0),
        only: rules(it, &it.only),
        overrides: it.overrides.iter().filter_map(|o| exception(it, o)).collect(),
        replacements: &settings.replacements,
        schedule: it.schedule.as_ref().map(|schedule| schedule.question.as_str()),
        scheme: it.scheme.name(),
        signature: settings.signature.as_ref().map(signature),
        source: source(&it.source),
        targets: it.targets.iter().map(place).collect(),
    }
}

fn source(rule: &SourceRule) -> Source<'_> {
    Source {
        coverage: match rule.coverage {
            Coverage::All => "all",
            Coverage::Recent => "recent",
        },
        driver: &rule.driver.value,
        extract: rule.extract.iter().map(Pattern::as_str).collect(),
        fallback: rule.fallback.iter().map(stand_in).collect(),
        question: &rule.question,
    }
}

fn stand_in(it: &Fallback) -> StandIn<'_> {
    let patch = &it.patch;
    StandIn {
        artifact: change(&patch.artifact, |list| texts(list)),
        asset: change(&patch.asset, |text| text.value.as_str()),
        replacements: change(&patch.replacements, |map| map),
        source: source(&it.rule),
    }
}

fn line(line: &VersionLine, eol: EolRule) -> Line<'_> {
    let drops = |after: Duration| Drops {
        after: after.as_secs(),
        day: line.eol.map(|day| day.to_string()),
    };
    Line {
        constraint: line.constraint.as_ref().map(|it| bare(&it.value)),
        drops: line.eol_rule.or(eol).drop_after.map(drops),
        keep: match line.keep {
            Keep::Newest(keep) => Some(keep),
            Keep::All => None,
        },
        r#match: line.pattern.as_ref().map(Pattern::as_str),
        name: line.name.as_ref().map(|name| name.value.as_str()),
        prereleases: line.prereleases,
    }
}

/// A constraint without blanks, which mean nothing in it.
fn bare(constraint: &Constraint) -> String {
    constraint.as_str().chars().filter(|c| !c.is_whitespace()).collect()
}

/// Rules in an order of their own: they take versions away, so their order says nothing.
fn rules<'a>(it: &'a Dependency, rules: &[Rule]) -> Vec<Hole<'a>> {
    let mut all: Vec<Hole<'a>> = rules
        .iter()
        .map(|rule| (bare(&rule.constraint), covered(it, |target| rule.covers(target))))
        .filter(|(_, targets)| !targets.is_empty())
        .collect();
    all.sort();
    all.dedup();
    all
}

fn exception<'a>(it: &'a Dependency, o: &'a Override) -> Option<Exception<'a>> {
    let patch = &o.patch;
    let all = |target: &TargetName| o.targets.as_ref().is_none_or(|all| all.contains(target));
    let one = Exception {
        artifact: change(&patch.artifact, |list| texts(list)),
        asset: change(&patch.asset, |text| text.value.as_str()),
        checksum: change(&patch.checksum, checksum),
        drop_after: change(&patch.eol_drop_after, Duration::as_secs),
        extra: change(&patch.extra, |rules| extras(it, rules)),
        min_age: change(&patch.min_age, |age| age.value.as_secs()),
        replacements: change(&patch.replacements, |map| map),
        signature: change(&patch.signature, signature),
        targets: covered(it, all),
        when: o.when.as_ref().map(bare),
    };
    let decides = one.artifact.is_some()
        || one.asset.is_some()
        || one.checksum.is_some()
        || one.drop_after.is_some()
        || one.extra.is_some()
        || one.min_age.is_some()
        || one.replacements.is_some()
        || one.signature.is_some();
    decides.then_some(one)
}

/// Blocks in their order, which says who wins; those for no target of the dependency say nothing.
fn extras<'a>(it: &'a Dependency, rules: &'a [ExtraRule]) -> Vec<Extra<'a>> {
    let one = |rule: &'a ExtraRule| Extra {
        artifact: rule.artifact.as_ref().map(|text| text.value.as_str()),
        checksum: rule.checksum.as_ref().map(checksum),
        targets: covered(it, |target| {
            rule.targets.as_ref().is_none_or(|targets| targets.contains(target))
        }),
        versions: rule
            .versions
            .iter()
            .map(|(id, version)| (id.as_str(), version.as_ref().map(|it| it.value.as_str())))
            .collect(),
        when: rule.when.as_ref().map(bare),
    };
    rules.iter().map(one).filter(|rule| !rule.targets.is_empty()).collect()
}

fn covered(it: &Dependency, test: impl Fn(&TargetName) -> bool) -> Vec<&TargetName> {
    it.targets.iter().filter(|target| test(target)).collect()
}

fn change<'a, T, U>(change: &'a Change<T>, show: impl Fn(&'a T) -> U) -> Option<Changed<U>> {
    match change {
        Change::Keep => None,
        Change::Set(value) => Some(Changed::Set(show(value))),
        Change::Clear => Some(Changed::Gone(false)),
    }
}

fn texts(list: &[Located<String>]) -> Vec<&str> {
    list.iter().map(|text| text.value.as_str()).collect()
}

fn checksum(rule: &ChecksumRule) -> Checksum<'_> {
    let (from, text, select) = match rule {
        ChecksumRule::Given { algorithm, hex } => (algorithm.name(), hex, &None),
        ChecksumRule::Url { url, select } => ("url", url, select),
        ChecksumRule::Asset { asset, select } => ("asset", asset, select),
    };
    let select = select.as_ref().map(|text| text.value.as_str());
    Checksum { from, select, text: &text.value }
}

fn signature(rule: &SignatureRule) -> Signature<'_> {
    Signature {
        fingerprints: texts(&rule.fingerprints),
        identity: rule.identity.as_ref().map(|text| text.value.as_str()),
        issuer: rule.issuer.as_deref(),
        keys: texts(&rule.keys),
        kind: rule.kind.name(),
        over: rule.over.name(),
        place: match &rule.place {
            SignaturePlace::Url(url) => ("url", &url.value),
            SignaturePlace::Asset(asset) => ("asset", &asset.value),
            SignaturePlace::Within => ("within", ""),
            SignaturePlace::Service => ("service", ""),
        },
    }
}
