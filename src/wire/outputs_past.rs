//! The part of the output schema for what looks back: history, rollback, transactions.

use serde_json::{Map, Value, json};

use super::outputs::{count, list, maybe, object, text};

/// Returns the definitions by command.
pub(super) fn definitions() -> Map<String, Value> {
    let version = json!({ "const": "1" });
    let commit = object(
        &["serial", "at", "by", "tx", "summary", "generation", "sha256", "fences"],
        json!({
            "serial": count(), "at": text(), "by": maybe("string"), "tx": text(),
            "summary": { "type": "object", "additionalProperties": count() },
            "generation": text(), "sha256": text(),
            "fences": { "type": "integer", "minimum": 0, "description": "later writes of HEAD that named the same generation" },
        }),
    );
    let history = object(
        &["format_version", "location", "lineage", "serial", "history", "end"],
        json!({
            "format_version": version, "location": text(), "lineage": maybe("string"),
            "serial": maybe("integer"),
            "history": { "type": "array", "items": commit, "description": "newest first" },
            "end": { "enum": ["beginning", "more", "not-kept"] },
        }),
    );
    let action = object(
        &["address", "action", "reason", "key"],
        json!({
            "address": text(), "action": { "enum": ["update", "retire"] }, "reason": text(),
            "key": maybe("string"),
        }),
    );
    let rollback = object(
        &["format_version", "serial", "committed", "unknown", "to", "unchanged", "actions"],
        json!({
            "format_version": version,
            "serial": { "type": ["integer", "null"], "description": "serial of HEAD after the rollback; null: not known" },
            "committed": { "type": "boolean", "description": "false: nothing had to change, or it is not known" },
            "unknown": { "type": ["string", "null"], "description": "transaction whose outcome is not known" },
            "to": object(
                &["serial", "at", "by", "tx"],
                json!({
                    "serial": count(), "at": maybe("string"), "by": maybe("string"), "tx": maybe("string"),
                }),
            ),
            "unchanged": count(),
            "actions": list(action),
        }),
    );
    let journal = json!({
        "type": ["object", "null"],
        "required": ["state", "base_serial", "at", "by"],
        "properties": {
            "state": { "enum": ["open", "aborted", "done"] }, "base_serial": count(), "at": text(),
            "by": maybe("string"),
        },
    });
    let transaction = object(
        &["format_version", "location", "tx", "outcome", "serial", "head", "journal"],
        json!({
            "format_version": version, "location": text(), "tx": text(),
            "outcome": { "enum": ["committed", "not-committed", "undecided", "unknown"] },
            "serial": { "type": ["integer", "null"], "description": "serial of its commit" },
            "head": { "type": ["integer", "null"], "description": "serial of HEAD" },
            "journal": journal,
        }),
    );
    let finding = object(
        &["severity", "code", "dependency", "address", "message", "help"],
        json!({
            "severity": { "enum": ["refused", "error", "warning"] }, "code": text(),
            "dependency": maybe("string"), "address": maybe("string"), "message": text(),
            "help": maybe("string"),
        }),
    );
    let verify = object(
        &[
            "format_version",
            "location",
            "checked",
            "serial",
            "documents",
            "objects",
            "read",
            "bytes",
            "findings",
        ],
        json!({
            "format_version": version, "location": text(),
            "checked": { "enum": ["index", "deep", "upstream"] },
            "serial": maybe("integer"),
            "documents": { "type": "integer", "minimum": 0, "description": "generations and index documents that were read" },
            "objects": { "type": "integer", "minimum": 0, "description": "objects that were looked for in the listing" },
            "read": { "type": "integer", "minimum": 0, "description": "files that were read and hashed" },
            "bytes": count(),
            "findings": list(finding),
        }),
    );
    let maybe_object = json!({ "type": ["object", "null"] });
    let check = object(
        &["name", "standing", "text", "code", "help"],
        json!({
            "name": text(), "standing": { "enum": ["ok", "note", "problem"] }, "text": text(),
            "code": maybe("string"), "help": maybe("string"),
        }),
    );
    let candidate = object(
        &["key", "serial", "tx", "at", "by", "artifacts", "committed", "lacks"],
        json!({
            "key": text(), "serial": count(), "tx": text(), "at": maybe("string"),
            "by": maybe("string"), "artifacts": count(),
            "committed": { "type": "boolean", "description": "it was HEAD's once; false: not known" },
            "lacks": list(text()),
        }),
    );
    let doctor = object(
        &[
            "format_version",
            "location",
            "problems",
            "head",
            "checks",
            "generations",
            "probed",
            "restored",
        ],
        json!({
            "format_version": version, "location": maybe("string"),
            "problems": { "type": "boolean", "description": "then the exit code is 1" },
            "head": maybe_object, "checks": list(check),
            "generations": { "type": "array", "items": candidate, "description": "what HEAD could be restored from, newest first" },
            "probed": maybe_object,
            "restored": { "type": ["object", "null"], "description": "with --restore-head: generation, serial, replaces" },
        }),
    );
    let all = [
        ("history", history),
        ("rollback", rollback),
        ("status-tx", transaction),
        ("verify", verify),
        ("doctor", doctor),
    ];
    all.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}
