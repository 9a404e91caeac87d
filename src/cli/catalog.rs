//! `depstate catalog`.

use std::fmt::Write as _;

use clap::Args;

use super::{
    context::Context,
    exit::{Exit, Stop},
};
use crate::{
    catalog::{self, Entry},
    ops::OpsError,
    render::{self, Style},
};

/// The arguments.
#[derive(Debug, Args)]
pub(super) struct CatalogArgs {
    /// Only products with all of these words in their id, name, description or driver
    #[arg(value_name = "SEARCH")]
    pub(super) words: Vec<String>,
}

const HEAD: [&str; 6] = ["id", "name", "driver", "scheme", "checksum", "signature"];

/// Lists the products that `add` knows.
pub(super) fn run(args: &CatalogArgs, context: &Context) -> Result<Exit, Stop> {
    let found = catalog::search(&args.words).map_err(|error| OpsError::Said {
        code: error.code,
        message: error.message,
        help: error.help,
        source: None,
    })?;
    let rows: Vec<[String; 6]> = found.iter().map(row).collect();
    let json = serde_json::json!({
        "format_version": "1",
        "entries": found.iter().map(json).collect::<Vec<_>>(),
    });
    context.print(&json, |style| human(&rows, style), || markdown(&rows))?;
    if found.is_empty() {
        let said = format!("nothing in the catalogue has `{}` in it", args.words.join(" "));
        context.output.talk(&format!("{said}; `depstate catalog` lists all"));
    }
    Ok(Exit::Done)
}

fn row(entry: &Entry) -> [String; 6] {
    [
        entry.id.clone(),
        entry.name.clone(),
        entry.driver().to_owned(),
        entry.scheme().to_owned(),
        entry.checksum.clone(),
        entry.signature().unwrap_or_else(|| "–".to_owned()),
    ]
}

fn human(rows: &[[String; 6]], style: Style) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut widths = HEAD.map(str::len);
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: [&str; 6]| {
        let cells: Vec<String> =
            cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    let mut text = style.dim(&line(HEAD));
    text.push('\n');
    for row in rows {
        text.push_str(&line(row.each_ref().map(String::as_str)));
        text.push('\n');
    }
    text.push_str(&render::count(rows.len() as u64, "product"));
    text.push_str(". `depstate add ID` puts one into deps.toml.\n");
    text
}

fn markdown(rows: &[[String; 6]]) -> String {
    let mut text = format!("| {} |\n|{}\n", HEAD.join(" | "), " --- |".repeat(HEAD.len()));
    for row in rows {
        let [id, rest @ ..] = row;
        // Writing to a String can't fail.
        let _infallible = writeln!(text, "| `{id}` | {} |", rest.join(" | "));
    }
    text
}

fn json(entry: &Entry) -> serde_json::Value {
    serde_json::json!({
        "id": entry.id,
        "name": entry.name,
        "also": entry.also,
        "about": entry.about,
        "homepage": entry.homepage,
        "driver": entry.driver(),
        "scheme": entry.scheme(),
        "checksum": entry.checksum,
        "signature": entry.signature(),
        "platforms": entry.platforms,
        "default_line": entry.lines.default,
        "named_lines": entry.lines.named,
        "quirks": entry.quirks,
        "variables": entry.variables(),
    })
}
