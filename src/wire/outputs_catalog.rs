//! What `add` and `catalog` print as JSON.

use serde_json::{Value, json};

use super::outputs::{list, maybe, object, text};

/// Returns the definition of `add`.
pub(super) fn add() -> Value {
    let keys = object(
        &["file", "fingerprints", "missing", "kept"],
        json!({
            "file": text(),
            "fingerprints": list(text()),
            "missing": { "type": "array", "items": text(), "description": "fingerprints of keys that were not to be had" },
            "kept": { "type": "boolean", "description": "the file was there already" },
        }),
    );
    let line = json!({ "type": "object", "properties": { "line": text(), "constraint": text() } });
    object(
        &[
            "format_version",
            "id",
            "product",
            "written",
            "lines",
            "targets",
            "keys",
            "variables",
            "table",
        ],
        json!({
            "format_version": { "const": "1" },
            "id": text(),
            "product": text(),
            "written": { "type": "boolean", "description": "false: a dry run" },
            "lines": list(line),
            "targets": list(text()),
            "keys": list(keys),
            "variables": { "type": "array", "items": text(), "description": "variables that name a registry" },
            "table": { "type": "string", "description": "what stands in deps.toml" },
        }),
    )
}

/// Returns the definition of `catalog`.
pub(super) fn catalog() -> Value {
    let entry = object(
        &[
            "id",
            "name",
            "about",
            "homepage",
            "driver",
            "scheme",
            "checksum",
            "signature",
            "platforms",
        ],
        json!({
            "id": text(), "name": text(), "also": list(text()), "about": text(), "homepage": text(), "driver": text(),
            "scheme": text(), "checksum": text(), "signature": maybe("string"),
            "platforms": list(text()), "default_line": text(), "named_lines": list(text()),
            "quirks": list(text()), "variables": list(text()),
        }),
    );
    object(
        &["format_version", "entries"],
        json!({ "format_version": { "const": "1" }, "entries": list(entry) }),
    )
}
