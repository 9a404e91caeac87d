//! What `gc` prints as JSON.

use serde_json::{Value, json};

use super::outputs::{count, list, object, text};

/// Returns its definition.
pub(super) fn gc() -> Value {
    let dead = object(&["tx", "objects"], json!({ "tx": text(), "objects": list(text()) }));
    let mut found = object(
        &["serial", "objects", "deletes", "past_grace", "doomed", "dead", "leftover"],
        json!({
            "serial": count(),
            "objects": { "type": "integer", "minimum": 0, "description": "how many there are" },
            "foreign": { "type": "integer", "minimum": 0, "description": "objects that depstate did not write" },
            "deletes": { "type": "integer", "minimum": 0, "description": "objects that would be deleted" },
            "bytes": count(),
            "past_grace": list(text()),
            "doomed": list(text()),
            "dead": list(dead),
            "leftover": list(text()),
            "uploads": list(text()),
            "journals": { "type": "array", "items": text(), "description": "transactions" },
            "unclosed": { "type": "array", "items": text(), "description": "transactions that committed and whose journals do not say so" },
            "unreadable": { "type": "array", "items": text(), "description": "keys of journals that can't be read" },
            "broken": { "type": "boolean", "description": "the chain breaks off early: metadata is left alone" },
        }),
    );
    let mut did = object(
        &["deleted", "doomed", "discarded", "swept", "committed", "left", "unknown"],
        json!({
            "deleted": count(), "doomed": count(), "discarded": count(), "swept": list(text()),
            "committed": { "type": "array", "items": text(), "description": "applies that were taken for dead and had committed" },
            "left": { "type": "array", "items": text(), "description": "what could not be done" },
            "unknown": { "type": ["string", "null"], "description": "transaction whose outcome is not known" },
        }),
    );
    for (part, why) in [
        (&mut found, "null: nothing was ever published"),
        (&mut did, "null: a dry run, or nothing was to be done"),
    ] {
        part["type"] = json!(["object", "null"]);
        part["description"] = json!(why);
    }
    let mut outputs = object(
        &["objects", "bytes", "stale", "stale_bytes", "deleted"],
        json!({
            "objects": count(), "bytes": count(), "stale": list(text()), "stale_bytes": count(),
            "deleted": { "type": ["integer", "null"], "minimum": 0, "description": "null: a dry run, or none was to go" },
        }),
    );
    outputs["description"] = json!("outputs of builds, kept for other machines");
    object(
        &["format_version", "location", "found", "did", "outputs"],
        json!({ "format_version": { "const": "1" }, "location": text(), "found": found, "did": did, "outputs": outputs }),
    )
}
