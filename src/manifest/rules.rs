//! `exclude` and `only`: which versions are left out, and where.

use super::{
    collect::Collector,
    fields::{Table, Value, list, missing, string, table},
    keys::Keys,
    lines,
    targets::Targets,
};
use crate::model::{Rule, Scheme};

/// Reads `exclude` or `only`.
pub(super) fn read(
    all: &mut Collector<'_>,
    dependency: Table<'_, '_>,
    key: &str,
    keys: &Keys,
    scheme: &Scheme,
    targets: &Targets,
) -> Vec<Rule> {
    let Some(value) = dependency.get(key) else { return Vec::new() };
    let help = format!("write `{key} = [{{ version = \">=25\", reason = \"needs glibc 2.38\" }}]`");
    let read = list(all, key, value, "a list of tables", Some(help), |all, entry| {
        let fields = table(all, key, entry)?;
        keys.check(all, fields.keys);
        one(all, entry, fields, keys.table, scheme, targets)
    });
    read.unwrap_or_default()
}

fn one(
    all: &mut Collector<'_>,
    entry: &Value<'_>,
    fields: Table<'_, '_>,
    what: &str,
    scheme: &Scheme,
    targets: &Targets,
) -> Option<Rule> {
    let reason = fields.get("reason").and_then(|value| string(all, "reason", value));
    let chosen = match fields.get("target") {
        Some(value) => targets.chosen(all, value).map(Some),
        None => Some(None),
    };
    let Some(version) = fields.get("version") else {
        if !["constraint", "when", "versions"].iter().any(|k| fields.get(k).is_some()) {
            missing(all, fields, what, "version", "version = \">=25\"");
        }
        return None;
    };
    let constraint = lines::located(all, "version", version, scheme)?;
    Some(Rule {
        constraint: constraint.value,
        targets: chosen?,
        reason: reason.map(|reason| reason.value),
        span: (entry.span().start, entry.span().len()),
    })
}

/// Reads the constraint and targets of an override: which of its dependency it speaks of.
pub(super) fn spoken_of(
    all: &mut Collector<'_>,
    fields: Table<'_, '_>,
    scheme: &Scheme,
    targets: &Targets,
) -> (Option<crate::model::Constraint>, Option<Vec<crate::model::TargetName>>) {
    let when = fields.get("when").and_then(|value| lines::located(all, "when", value, scheme));
    let chosen = fields.get("target").and_then(|value| targets.chosen(all, value));
    let meant = ["targets", "version", "constraint"];
    if !["when", "target"].iter().chain(&meant).any(|key| fields.get(key).is_some()) {
        missing(all, fields, "an override", "when` or `target", "when = \"<2\"");
    }
    (when.map(|when| when.value), chosen)
}
