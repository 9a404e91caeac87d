//! What the long tests counted, for whoever reports it.

use std::path::Path;

/// Writes `target/reliability/<name>.json`.
pub(crate) fn record(name: &str, counts: &serde_json::Value) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("reliability");
    std::fs::create_dir_all(&folder).unwrap();
    let mut text = serde_json::to_string_pretty(counts).unwrap();
    text.push('\n');
    std::fs::write(folder.join(format!("{name}.json")), text).unwrap();
}

/// A number from the environment: longer runs are asked for with it.
pub(crate) fn asked(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}
