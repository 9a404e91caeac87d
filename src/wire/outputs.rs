//! The schema of what commands other than `plan` print with `--format json`.

use serde_json::{Value, json};

/// Returns the JSON schema (draft-07) of every such output, one definition for each command.
pub fn output_schema() -> Value {
    let action =
        json!({ "enum": crate::model::Action::ALL.iter().map(|a| a.name()).collect::<Vec<_>>() });
    let version = json!({ "const": "1" });
    let step = object(
        &["address", "action", "bytes"],
        json!({ "address": text(), "action": action, "bytes": count() }),
    );
    let failure = object(
        &["what", "code", "message", "refused"],
        json!({
            "what": text(), "code": text(), "message": text(), "help": maybe("string"), "refused": flag(),
        }),
    );
    let held = object(
        &["address", "action", "why"],
        json!({ "address": text(), "action": action, "why": text() }),
    );
    let apply = object(
        &["format_version", "serial", "done", "failed", "held", "lock_written", "interrupted"],
        json!({
            "format_version": version,
            "serial": { "type": ["integer", "null"], "description": "serial of HEAD after the apply" },
            "done": list(step),
            "failed": list(failure.clone()),
            "held": list(held),
            "lock_written": flag(),
            "interrupted": flag(),
            "stale": { "type": "boolean", "description": "another apply was faster than a saved plan" },
            "unknown": { "type": ["string", "null"], "description": "transaction whose outcome is not known" },
            "unchanged": count(),
            "filtered": count(),
            "warnings": list(text()),
        }),
    );
    let change = object(
        &["id", "version", "change"],
        json!({ "id": text(), "version": text(), "change": { "enum": ["added", "removed"] } }),
    );
    let lock = object(
        &["format_version", "written", "changes"],
        json!({ "format_version": version, "written": flag(), "changes": list(change) }),
    );
    let record = object(
        &[
            "address", "version", "target", "upstream", "key", "size", "sha256", "source",
            "evidence",
        ],
        json!({
            "address": text(), "version": text(), "target": text(), "upstream": text(), "key": text(),
            "size": count(), "sha256": text(), "evidence": text(), "source": { "type": "object" },
            "metadata": { "type": "object" }, "published": text(),
            "signer": text(), "signed": { "enum": ["checksum"] },
            "input": { "type": "string", "description": "digest of all that decides the bytes" },
            "inputs": {
                "type": "object",
                "additionalProperties": text(),
                "description": "what decides the bytes of what is built, digest by name",
            },
            "build": object(
                &["contract", "executor", "log-sha256", "duration-ms"],
                json!({
                    "contract": count(), "executor": text(), "image": text(), "network": flag(),
                    "reproduced": flag(), "log-sha256": text(), "duration-ms": count(),
                }),
            ),
            "test": object(
                &["executor", "log-sha256", "duration-ms"],
                json!({
                    "executor": text(), "image": text(), "log-sha256": text(), "duration-ms": count(),
                }),
            ),
            "side": list(text()),
        }),
    );
    let show = object(
        &["format_version", "location", "serial", "records"],
        json!({
            "format_version": version, "location": text(), "serial": maybe("integer"), "records": list(record),
        }),
    );
    let status = object(
        &["format_version", "project", "dependencies", "locked", "storage"],
        json!({
            "format_version": version,
            "project": text(),
            "dependencies": count(),
            "locked": object(
                &["versions", "files", "unsettled"],
                json!({ "versions": count(), "files": count(), "unsettled": list(text()) }),
            ),
            "storage": object(
                &["location", "serial", "artifacts"],
                json!({
                    "location": text(), "serial": maybe("integer"), "artifacts": maybe("integer"),
                    "owner": maybe("string"),
                }),
            ),
        }),
    );
    let driver = object(
        &["kind", "name", "about", "fields"],
        json!({ "kind": { "enum": ["source", "storage"] }, "name": text(), "about": text(), "fields": list(text()) }),
    );
    let external = object(
        &["kind", "name", "program", "path", "sha256", "allowance"],
        json!({
            "kind": { "enum": ["source", "storage"] }, "name": text(), "program": text(), "path": text(),
            "sha256": maybe("string"), "allowance": { "enum": ["allowed", "changed", "not allowed"] },
        }),
    );
    let promise = object(
        &["promise", "result"],
        json!({
            "promise": text(), "result": { "enum": ["ok", "failed", "untried"] }, "why": maybe("string"),
        }),
    );
    let drivers_test = object(
        &["format_version", "program", "promises", "failed"],
        json!({
            "format_version": version, "program": text(), "promises": list(promise), "failed": count(),
        }),
    );
    let drivers = object(
        &["format_version", "drivers"],
        json!({ "format_version": version, "drivers": list(driver), "external": list(external) }),
    );
    let mut definitions = super::outputs_past::definitions();
    for (name, schema) in [
        ("apply", apply),
        ("build", super::outputs_builds::build(&failure)),
        ("test", super::outputs_builds::test(&failure)),
        ("lock", lock.clone()),
        ("update", lock),
        ("show", show),
        ("status", status),
        ("drivers", drivers),
        ("drivers-test", drivers_test),
        ("gc", super::outputs_gc::gc()),
        ("add", super::outputs_catalog::add()),
        ("catalog", super::outputs_catalog::catalog()),
    ] {
        definitions.insert(name.to_owned(), schema);
    }
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "What depstate's commands print with --format json",
        "description": "One definition for each command; `plan` has a schema of its own, `status --tx` prints `status-tx`. Fields may be added while format_version is 1.",
        "definitions": definitions,
    })
}

pub(super) fn text() -> Value {
    json!({ "type": "string" })
}

pub(super) fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

pub(super) fn flag() -> Value {
    json!({ "type": "boolean" })
}

pub(super) fn maybe(of: &str) -> Value {
    json!({ "type": [of, "null"] })
}

#[expect(clippy::needless_pass_by_value, reason = "so that what is made in place can be given")]
pub(super) fn list(of: Value) -> Value {
    json!({ "type": "array", "items": of })
}

#[expect(clippy::needless_pass_by_value, reason = "so that what is made in place can be given")]
pub(super) fn object(required: &[&str], properties: Value) -> Value {
    json!({ "type": "object", "required": required, "properties": properties })
}
