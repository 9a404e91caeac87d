//! The other program: where it comes from, and its configuration for the same upstreams.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use super::indexes::{self, Kind};

/// Installs it, unless it is there.
///
/// # Errors
/// What pip or Python said.
pub(super) fn install(into: &Path) -> Result<PathBuf, String> {
    let program = into.join("bin/nvchecker");
    if program.exists() {
        return Ok(program);
    }
    ran(Command::new("python3").args(["-m", "venv"]).arg(into))?;
    ran(Command::new(into.join("bin/pip")).args(["install", "--quiet", "nvchecker"]))?;
    Ok(program)
}

fn ran(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(said.lines().last().unwrap_or("it said nothing").to_owned())
}

pub(super) fn version(program: &Path) -> String {
    let output = Command::new(program).arg("--version").output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Its configuration: everything else as it comes.
pub(super) fn configuration(bases: &[String]) -> String {
    let mut text = String::from("[__config__]\noldver = \"old.json\"\nnewver = \"new.json\"\n");
    for kind in indexes::all() {
        let regex = match kind {
            Kind::Json(_) => r#""version":"([\d.]+)""#,
            Kind::Html(_) => r#"href="tool-\d+-([\d.]+)\.tar\.gz""#,
            Kind::Releases(_) => r#""tag_name":"v([\d.]+)""#,
        };
        let (id, url) = (kind.id(), kind.url(bases));
        writeln!(
            text,
            "[{id}]\nsource = \"regex\"\nencoding = \"utf-8\"\nurl = \"{url}\"\n\
             regex = '{regex}'"
        )
        .unwrap();
    }
    text
}
