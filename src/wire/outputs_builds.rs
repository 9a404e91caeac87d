//! The schema of what `build` and `test` print as JSON.

use serde_json::{Value, json};

use super::outputs::{count, flag, list, maybe, object, text};

/// Returns the definition of what `build` prints.
pub(super) fn build(failure: &Value) -> Value {
    let evidence = object(
        &["contract", "executor", "log-sha256", "duration-ms"],
        json!({
            "contract": count(), "executor": text(), "image": text(), "network": flag(),
            "reproduced": flag(), "log-sha256": text(), "duration-ms": count(),
        }),
    );
    let built = object(
        &["address", "path", "size", "sha256", "input", "from", "build"],
        json!({
            "address": text(),
            "path": { "type": "string", "description": "where the output is, on this machine" },
            "size": count(),
            "sha256": text(),
            "input": { "type": "string", "description": "the digest of all that it was made from" },
            "from": {
                "enum": ["built", "cache", "storage"],
                "description": "built just now, or taken from the cache of this checkout or of the storage",
            },
            "build": evidence,
            "licenses": { "type": ["array", "null"], "items": text() },
            "log": maybe("string"),
        }),
    );
    object(
        &["format_version", "built", "failed", "interrupted"],
        json!({
            "format_version": { "const": "1" }, "built": list(built), "failed": list(failure.clone()),
            "interrupted": flag(),
        }),
    )
}

/// Returns the definition of what `test` prints.
pub(super) fn test(failure: &Value) -> Value {
    let evidence = object(
        &["executor", "log-sha256", "duration-ms"],
        json!({
            "executor": text(), "image": text(), "log-sha256": text(), "duration-ms": count(),
        }),
    );
    let tested = object(
        &["address", "sha256", "published", "test"],
        json!({
            "address": text(),
            "sha256": text(),
            "published": { "type": "boolean", "description": "whether it is what is published now" },
            "test": evidence,
            "log": maybe("string"),
        }),
    );
    object(
        &["format_version", "tested", "failed", "interrupted"],
        json!({
            "format_version": { "const": "1" }, "tested": list(tested), "failed": list(failure.clone()),
            "interrupted": flag(),
        }),
    )
}
