//! The question that a lock answers.

use serde_json::{Value, json};

use crate::model::{
    Change, ChecksumRule, Constraint, Coverage, Dependency, DependencyId, Keep, Located, Manifest,
    Override, Rule, Sha256, Target, TargetName, VersionLine,
};

/// Returns the digest of what a dependency asks: its meaning, not its text.
///
/// What decides neither a version nor a file's address or digest is no part of it: licences, names
/// for people, ends of life, reasons. A dependency that deps.toml does not have asks nothing.
pub(super) fn asked(manifest: &Manifest, id: &DependencyId) -> Sha256 {
    let question = manifest.dependencies.get(id).map(|it| question(manifest, it));
    digest(&question.unwrap_or(Value::Null))
}

/// SHA-256 over the canonical form (RFC 8785).
pub(super) fn digest(value: &Value) -> Sha256 {
    // A JSON value of our own making always has a canonical form; the plain form is as stable.
    let bytes =
        serde_json_canonicalizer::to_vec(value).unwrap_or_else(|_| value.to_string().into_bytes());
    Sha256::of(&bytes)
}

fn question(manifest: &Manifest, it: &Dependency) -> Value {
    let default = Target::default();
    let targets: serde_json::Map<String, Value> = it
        .targets
        .iter()
        .map(|name| {
            let target = manifest.targets.get(name).unwrap_or(&default);
            let distro =
                target.distro.as_ref().map(|d| json!({ "name": d.name, "version": d.version }));
            let meaning = json!({
                "os": target.os, "arch": target.arch, "distro": distro, "vars": target.vars,
            });
            (name.to_string(), meaning)
        })
        .collect();
    let settings = &it.settings;
    json!({
        "source": {
            "driver": it.source.driver.value,
            "question": it.source.question,
            "coverage": match it.source.coverage { Coverage::All => "all", Coverage::Recent => "recent" },
            "extract": it.source.extract.iter().map(crate::model::Pattern::as_str).collect::<Vec<_>>(),
        },
        "artifact": texts(&settings.artifact),
        "asset": settings.asset.as_ref().map(|text| &text.value),
        "replacements": settings.replacements,
        "checksum": settings.checksum.as_ref().map(checksum),
        "scheme": it.scheme.name(),
        "lines": it.lines.iter().map(line).collect::<Vec<_>>(),
        "exclude": rules(it, &it.exclude),
        "only": rules(it, &it.only),
        "overrides": it.overrides.iter().filter_map(|o| exception(it, o)).collect::<Vec<_>>(),
        "targets": targets,
    })
}

fn line(line: &VersionLine) -> Value {
    json!({
        "constraint": line.constraint.as_ref().map(|it| bare(&it.value)),
        "match": line.pattern.as_ref().map(crate::model::Pattern::as_str),
        "keep": match line.keep { Keep::Newest(n) => json!(n), Keep::All => json!("all") },
        "prereleases": line.prereleases,
    })
}

/// A constraint without blanks, which mean nothing in it.
fn bare(constraint: &Constraint) -> String {
    constraint.as_str().chars().filter(|c| !c.is_whitespace()).collect()
}

/// Rules in an order of their own: they take versions away, so their order says nothing.
fn rules(it: &Dependency, rules: &[Rule]) -> Value {
    let mut all: Vec<(String, Vec<&TargetName>)> = rules
        .iter()
        .map(|rule| (bare(&rule.constraint), covered(it, |target| rule.covers(target))))
        .filter(|(_, targets)| !targets.is_empty())
        .collect();
    all.sort();
    all.dedup();
    json!(all)
}

fn exception(it: &Dependency, o: &Override) -> Option<Value> {
    let patch = &o.patch;
    let artifact = change(&patch.artifact, |list| json!(texts(list)));
    let asset = change(&patch.asset, |text| json!(text.value));
    let replacements = change(&patch.replacements, |map| json!(map));
    let rule = change(&patch.checksum, checksum);
    if [&artifact, &asset, &replacements, &rule].iter().all(|part| part.is_none()) {
        return None;
    }
    let targets = covered(it, |target| o.targets.as_ref().is_none_or(|all| all.contains(target)));
    Some(json!({
        "when": o.when.as_ref().map(bare),
        "targets": targets,
        "artifact": artifact,
        "asset": asset,
        "replacements": replacements,
        "checksum": rule,
    }))
}

fn covered(it: &Dependency, test: impl Fn(&TargetName) -> bool) -> Vec<&TargetName> {
    it.targets.iter().filter(|target| test(target)).collect()
}

/// None: unchanged; `false`: taken away, as deps.toml writes it.
fn change<T>(change: &Change<T>, show: impl Fn(&T) -> Value) -> Option<Value> {
    match change {
        Change::Keep => None,
        Change::Set(value) => Some(show(value)),
        Change::Clear => Some(Value::Bool(false)),
    }
}

fn texts(list: &[Located<String>]) -> Vec<&str> {
    list.iter().map(|text| text.value.as_str()).collect()
}

fn checksum(rule: &ChecksumRule) -> Value {
    let select = |it: &Option<Located<String>>| it.as_ref().map(|text| text.value.clone());
    match rule {
        ChecksumRule::Given { algorithm, hex } => json!({ algorithm.name(): hex.value }),
        ChecksumRule::Url { url, select: s } => json!({ "url": url.value, "select": select(s) }),
        ChecksumRule::Asset { asset, select: s } => {
            json!({ "asset": asset.value, "select": select(s) })
        }
    }
}
