//! The JSON schema of a plan (draft 7, which editors and checkers know).

use serde_json::{Value, json};

use crate::model::Action;

/// Returns the schema of a plan: the content of `schema/plan.schema.json`.
///
/// A reader must let fields and reason codes pass that it does not know: both lists grow.
pub fn plan_schema() -> Value {
    let count = json!({ "type": "integer", "minimum": 0 });
    let mut summary: serde_json::Map<String, Value> =
        Action::ALL.into_iter().map(|action| (action.name().to_owned(), count.clone())).collect();
    for name in ["unchanged", "filtered", "download", "upload", "unknown_sizes"] {
        summary.insert(name.to_owned(), count.clone());
    }
    summary.insert("lock_changes".to_owned(), json!({ "type": "boolean" }));
    let counted: Vec<&String> = summary.keys().collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "depstate plan",
        "description": "What `depstate plan --format json` and `--out` write.",
        "type": "object",
        "required": [
            "format_version", "tool", "project", "base", "manifest_sha256", "lock_sha256",
            "options", "actions", "summary", "diagnostics", "digest"
        ],
        "properties": {
            "format_version": { "const": super::plan::FORMAT_VERSION },
            "tool": { "type": "string", "description": "The program that wrote it." },
            "project": { "type": "string", "description": "The owner of the prefix." },
            "base": {
                "description": "The HEAD that the plan was made on; null: there must be none.",
                "anyOf": [{ "type": "null" }, { "$ref": "#/definitions/base" }]
            },
            "manifest_sha256": { "$ref": "#/definitions/sha256" },
            "lock_sha256": { "$ref": "#/definitions/optionalSha256" },
            "options": {
                "type": "object",
                "description": "How the plan was asked for.",
                "required": ["as_of"],
                "properties": {
                    "as_of": {
                        "type": "string",
                        "format": "date-time",
                        "description": "The instant of planning."
                    }
                }
            },
            "actions": { "type": "array", "items": { "$ref": "#/definitions/action" } },
            "summary": { "type": "object", "required": counted, "properties": summary },
            "diagnostics": { "type": "array", "items": { "$ref": "#/definitions/diagnostic" } },
            "digest": {
                "$ref": "#/definitions/sha256",
                "description": "SHA-256 over the canonical JSON of base, project, manifest_sha256, \
                    lock_sha256, options and the actions without their bytes."
            }
        },
        "definitions": definitions(),
    })
}

fn definitions() -> Value {
    let text = json!({ "type": "string" });
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    let perhaps = json!({ "type": ["string", "null"] });
    let actions: Vec<&str> = Action::ALL.into_iter().map(Action::name).collect();
    json!({
        "sha256": { "type": "string", "pattern": "^[0-9a-f]{64}$" },
        "optionalSha256": { "anyOf": [{ "type": "null" }, { "$ref": "#/definitions/sha256" }] },
        "base": {
            "type": "object",
            "required": ["lineage", "serial", "nonce"],
            "properties": {
                "lineage": text,
                "serial": { "type": "integer", "minimum": 0 },
                "nonce": text
            }
        },
        "action": {
            "type": "object",
            "required": ["address", "action", "reason", "before", "after", "bytes"],
            "properties": {
                "address": { "type": "string", "description": "id@version/target" },
                "action": { "enum": actions },
                "reason": {
                    "type": "object",
                    "required": ["code", "detail"],
                    "properties": {
                        "code": { "type": "string", "description": "See schema/codes.json." },
                        "detail": {
                            "type": "object",
                            "description": "Of `input-changed`: the names of inputs that are others \
                                (`changed`), new (`added`) and gone (`removed`); a file is named by its \
                                path."
                        }
                    }
                },
                "before": { "$ref": "#/definitions/facts" },
                "after": { "$ref": "#/definitions/facts" },
                "bytes": {
                    "type": ["integer", "null"],
                    "minimum": 0,
                    "description": "Bytes to fetch; null: not known yet."
                }
            }
        },
        "facts": {
            "type": ["object", "null"],
            "required": ["input", "sha256", "url", "evidence", "size", "metadata"],
            "properties": {
                "input": {
                    "$ref": "#/definitions/optionalSha256",
                    "description": "Digest of all that decides the bytes; null: at apply."
                },
                "sha256": {
                    "$ref": "#/definitions/optionalSha256",
                    "description": "SHA-256 of the bytes; null: at apply."
                },
                "url": text,
                "evidence": { "enum": ["tofu", "index", "checksum-file", "given", "signed"] },
                "signer": {
                    "type": "string",
                    "description": "Who signed: kind, colon, key or identity. With `signed` and no signer the signature is checked at apply."
                },
                "signed": {
                    "enum": ["checksum"],
                    "description": "What was signed; absent: the file itself."
                },
                "size": { "type": ["integer", "null"], "minimum": 0 },
                "metadata": { "$ref": "#/definitions/metadata" }
            }
        },
        "metadata": {
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "name": text,
                "licenses": texts,
                "cpe": texts,
                "purl": texts,
                "eol": { "type": "string", "format": "date" },
                "os": text,
                "arch": text,
                "stacks": texts,
                "extra": { "type": "object" }
            }
        },
        "diagnostic": {
            "type": "object",
            "required": ["severity", "code", "dependency", "address", "message", "help"],
            "properties": {
                "severity": { "enum": ["refused", "error", "warning"] },
                "code": { "type": "string", "description": "See schema/codes.json." },
                "dependency": perhaps,
                "address": perhaps,
                "message": text,
                "help": perhaps
            }
        }
    })
}
