//! What deps.toml means, and what is said of one that is wrong.
//!
//! `broken/*.toml` stand beside what is shown of them (`*.txt`, written anew with `UPDATE=1`);
//! `good/*.toml` are read without a word, and fit the schema.

mod building;
mod extra;
mod fields;
mod golden;
mod limits;
mod merging;
mod schema;

use depstate::{
    manifest::{Known, Read, read, report},
    model::{Dependency, DependencyId, Manifest, Settings, TargetName, Version},
};
use miette::{GraphicalReportHandler, GraphicalTheme};

/// The drivers that these manifests may name.
pub(crate) const KNOWN: Known<'static> = Known {
    sources: &["static", "dir", "http-json", "http-html", "github-releases", "npm"],
    storages: &["fs", "s3"],
};

/// The first lines of a manifest, for those that are about something else.
const HEAD: &str = r#"
[project]
name = "test"
[storage]
driver = "fs"
path = "mirror"
[targets]
linux-amd64 = { os = "linux", arch = "amd64" }
linux-arm64 = { os = "linux", arch = "arm64" }
darwin-arm64 = { os = "darwin", arch = "arm64" }
"#;

fn show(name: &str, text: &[u8], found: Read) -> String {
    let mut shown = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(100)
        .render_report(&mut shown, &report(name, text, found.mistakes))
        .unwrap();
    // The handler leaves blanks at ends of lines, which nobody can see in a golden file.
    let lines: Vec<&str> = shown.lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

/// Reads a manifest without mistakes.
fn good(text: &str) -> Manifest {
    let found = read(text.as_bytes(), &KNOWN);
    found
        .manifest
        .clone()
        .unwrap_or_else(|| panic!("{}", show("deps.toml", text.as_bytes(), found)))
}

/// Reads a manifest that begins with [`HEAD`].
fn after_head(text: &str) -> Manifest {
    good(&format!("{HEAD}{text}"))
}

/// Returns the codes of a manifest that begins with [`HEAD`].
fn codes(text: &str) -> Vec<&'static str> {
    let found = read(format!("{HEAD}{text}").as_bytes(), &KNOWN);
    assert_eq!(found.manifest.is_none(), !found.mistakes.is_empty());
    found.mistakes.iter().map(|mistake| mistake.code.as_str()).collect()
}

fn dependency<'m>(manifest: &'m Manifest, id: &str) -> &'m Dependency {
    &manifest.dependencies[&DependencyId::new(id).unwrap()]
}

fn settings(dependency: &Dependency, version: &str, target: &str) -> Settings {
    dependency.settings_for(&Version::new(version).unwrap(), &TargetName::new(target).unwrap())
}
