//! The plan as JSON: what `--out` writes and what other tools read.
//!
//! Reasons are data here (`code` and `detail`); sentences are made where they are shown.

use serde_json::{Map, Value, json};

use crate::model::{Action, Blind, Code, NotWanted, PAGES, Plan, Reason, Severity, Sha256, Step};

pub use super::{
    plan_file::{
        Diagnostic, PlanFileError, SavedAction, SavedPlan, SavedReason, SavedSummary, decode,
    },
    plan_schema::plan_schema,
};

/// The version of the plan's shape. Fields may be added to it; another number is another shape.
pub const FORMAT_VERSION: &str = "1";

/// The program that writes the plan.
const TOOL: &str = concat!("depstate ", env!("CARGO_PKG_VERSION"));

/// Writes a plan. `options` is an object that says how it was asked for (`filters`, `exclude`,
/// `update`, …); `as_of` is put in from the plan's basis.
pub fn encode(plan: &Plan, options: Value) -> Value {
    let mut options = match options {
        Value::Object(fields) => fields,
        Value::Null => Map::new(),
        other @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
            Map::from_iter([("value".to_owned(), other)])
        }
    };
    options.insert("as_of".to_owned(), json!(plan.basis.as_of));
    let mut diagnostics: Vec<Value> = plan.findings.iter().map(|finding| json!(finding)).collect();
    diagnostics.extend(plan.blind.iter().map(blind));
    let mut document = json!({
        "format_version": FORMAT_VERSION,
        "tool": TOOL,
        "project": plan.basis.project,
        "base": plan.basis.base,
        "manifest_sha256": plan.basis.manifest_sha256,
        "lock_sha256": plan.basis.lock_sha256,
        "options": options,
        "actions": plan.steps.iter().map(action).collect::<Vec<_>>(),
        "summary": summary(plan),
        "diagnostics": diagnostics,
    });
    let sum = digest(&document);
    document["digest"] = json!(sum);
    document
}

/// Returns the digest of a plan: SHA-256 over the canonical form of what it stands on (base,
/// project, manifest and lock digests, options) and of its actions, without their bytes. What is
/// missing counts as null.
pub fn digest(plan: &Value) -> Sha256 {
    const STANDS_ON: [&str; 5] = ["base", "project", "manifest_sha256", "lock_sha256", "options"];
    const TELLS: [&str; 5] = ["address", "action", "reason", "before", "after"];
    fn pick(from: &Value, names: &[&str]) -> Map<String, Value> {
        names
            .iter()
            .map(|name| ((*name).to_owned(), from.get(name).cloned().unwrap_or_default()))
            .collect()
    }
    let mut covered = pick(plan, &STANDS_ON);
    let actions = plan.get("actions").and_then(Value::as_array).map(Vec::as_slice);
    let told: Vec<Value> = actions
        .unwrap_or_default()
        .iter()
        .map(|action| Value::Object(pick(action, &TELLS)))
        .collect();
    covered.insert("actions".to_owned(), Value::Array(told));
    let covered = Value::Object(covered);
    // A `Value` has text keys and finite numbers, so its canonical form always exists.
    let bytes =
        super::canonical("a plan", &covered).unwrap_or_else(|_| covered.to_string().into_bytes());
    Sha256::of(&bytes)
}

/// Returns every code with its page: the content of `schema/codes.json`.
pub fn codes() -> Value {
    json!({ "format_version": FORMAT_VERSION, "codes": PAGES })
}

fn action(step: &Step) -> Value {
    json!({
        "address": step.address,
        "action": step.action,
        "reason": reason(&step.reason),
        "before": step.before,
        "after": step.after,
        "bytes": step.bytes,
    })
}

fn reason(reason: &Reason) -> Value {
    let detail = match reason {
        Reason::NewRelease { line } => json!({ "line": line }),
        Reason::InputChanged { changed, added, removed } => {
            json!({ "changed": changed, "added": added, "removed": removed })
        }
        Reason::ObjectAltered { recorded, found } => {
            json!({ "recorded": recorded, "found": found })
        }
        Reason::NotWanted(NotWanted::LineKeeps { line, keep }) => {
            json!({ "line": line, "keep": keep })
        }
        Reason::NotWanted(NotWanted::LineEol { line, day }) => {
            json!({ "line": line, "eol": day })
        }
        Reason::NotWanted(NotWanted::Excluded { reason }) => json!({ "reason": reason }),
        Reason::RolledBack { serial } => json!({ "serial": serial }),
        Reason::NotPublished
        | Reason::NewTarget
        | Reason::Doomed
        | Reason::SourceChanged
        | Reason::RebuildAsked
        | Reason::ObjectMissing
        | Reason::NotLocked
        | Reason::WantedAgain
        | Reason::MetadataChanged
        | Reason::RevisionChanged
        | Reason::NotWanted(
            NotWanted::NoLine | NotWanted::TargetGone | NotWanted::DependencyGone,
        ) => json!({}),
    };
    json!({ "code": reason.code(), "detail": detail })
}

fn blind(blind: &Blind) -> Value {
    json!({
        "severity": Severity::Warning,
        "code": Code::COULD_NOT_CHECK,
        "dependency": blind.dependency,
        "address": null,
        "message": blind.why,
        "help": null,
    })
}

fn summary(plan: &Plan) -> Value {
    let counted = plan.summary();
    let mut fields: Map<String, Value> = Action::ALL
        .into_iter()
        .map(|action| {
            (action.name().to_owned(), json!(counted.actions.get(&action).copied().unwrap_or(0)))
        })
        .collect();
    for (name, count) in [
        ("unchanged", counted.unchanged),
        ("filtered", counted.filtered),
        ("download", counted.download),
        ("upload", counted.upload),
        ("unknown_sizes", counted.unknown_sizes),
    ] {
        fields.insert(name.to_owned(), json!(count));
    }
    fields.insert("lock_changes".to_owned(), json!(plan.lock_changes));
    Value::Object(fields)
}

#[cfg(test)]
mod tests;
