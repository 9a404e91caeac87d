//! Which of a manifest's targets a product has files for.

use std::collections::BTreeMap;

use super::{CatalogError, Entry};
use crate::model::{Code, Glob, Target, TargetName};

/// Chooses targets by name: those that the globs in `asked` pick, or all that the product has files
/// for; `any` where one file serves every platform.
///
/// # Errors
/// When a glob picks no declared target, a picked one has no files, or none is left.
pub fn targets(
    entry: &Entry,
    declared: &BTreeMap<TargetName, Target>,
    asked: &[String],
) -> Result<Vec<String>, CatalogError> {
    if !asked.is_empty() {
        return picked(entry, declared, asked);
    }
    if entry.is_for_any() {
        return Ok(vec!["any".to_owned()]);
    }
    let fit: Vec<String> = declared
        .iter()
        .filter(|(_, target)| has_files(entry, target))
        .map(|(name, _)| name.to_string())
        .collect();
    if fit.is_empty() {
        let message = format!("deps.toml declares no target that {} has files for", entry.name);
        return Err(CatalogError::new(Code::UNKNOWN_TARGET, message, Some(declare(entry))));
    }
    Ok(fit)
}

fn picked(
    entry: &Entry,
    declared: &BTreeMap<TargetName, Target>,
    asked: &[String],
) -> Result<Vec<String>, CatalogError> {
    let mut chosen = Vec::new();
    for text in asked {
        let wrong = |message: String, help: String| {
            CatalogError::new(Code::UNKNOWN_TARGET, message, Some(help))
        };
        let shown: String = text.chars().take(40).collect();
        let glob = Glob::new(text)
            .map_err(|_| wrong(format!("`{shown}` is no target"), declare(entry)))?;
        let found: Vec<(&TargetName, &Target)> =
            declared.iter().filter(|(name, _)| meant(&glob, text, name)).collect();
        if found.is_empty() && text != "any" {
            let names: Vec<String> = declared.keys().map(|name| format!("`{name}`")).collect();
            let help = format!("deps.toml declares {}", names.join(", "));
            return Err(wrong(format!("deps.toml has no target `{shown}`"), help));
        }
        let none =
            found.iter().find(|(_, target)| !entry.is_for_any() && !has_files(entry, target));
        if let Some((name, target)) = none {
            let platform = platform(target).unwrap_or_else(|| "any".to_owned());
            let message = format!("{} has no files for `{name}` ({platform})", entry.name);
            return Err(wrong(message, format!("it has some for {}", entry.platforms.join(", "))));
        }
        chosen.push(text.clone());
    }
    chosen.dedup();
    Ok(chosen)
}

/// A glob picks the targets that are declared; `any` is picked by its name alone.
fn meant(glob: &Glob, text: &str, name: &TargetName) -> bool {
    glob.matches(name.as_str()) && (*name != TargetName::any() || text == "any")
}

fn has_files(entry: &Entry, target: &Target) -> bool {
    platform(target).is_some_and(|platform| entry.platforms.contains(&platform))
}

fn platform(target: &Target) -> Option<String> {
    Some(format!("{}-{}", target.os.as_ref()?, target.arch.as_ref()?))
}

fn declare(entry: &Entry) -> String {
    let first = entry.platforms.first().map_or("linux-amd64", String::as_str);
    let (os, arch) = first.split_once('-').unwrap_or(("linux", "amd64"));
    format!("write `[targets.{os}-{arch}]` with `os = \"{os}\"` and `arch = \"{arch}\"`")
}
