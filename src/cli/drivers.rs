//! `depstate drivers`.

use super::{
    context::Context,
    exit::{Exit, Stop},
};
use crate::{render, source, storage};

/// Lists the drivers and their fields.
pub(super) fn run(context: &Context) -> Result<Exit, Stop> {
    let mut rows = Vec::new();
    let mut json = Vec::new();
    let mut add = |kind: &str, name: &str, about: &str, fields: &[&str]| {
        rows.push((format!("{kind} {name}"), format!("{about} ({})", fields.join(", "))));
        json.push(
            serde_json::json!({"kind": kind, "name": name, "about": about, "fields": fields}),
        );
    };
    for driver in source::DRIVERS {
        add("source", driver.name, driver.about, driver.fields);
    }
    for driver in storage::registry::DRIVERS {
        add("storage", driver.name, driver.about, driver.fields);
    }
    let text = render::release_lines(&rows);
    let json = serde_json::json!({ "format_version": "1", "drivers": json });
    context.print(&json, |_| text.clone(), || format!("```text\n{text}```\n"))?;
    Ok(Exit::Done)
}
