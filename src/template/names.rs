//! Which names a template may use in which place.

use super::{
    TemplateError,
    tags::{Path, listed},
};

/// The place of a template in deps.toml.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// `source.artifact`, `source.asset`: `release.*` is known.
    Artifact,
    /// `verify`: `url` and `ext` beside `release.*`.
    Verify,
    /// `cpe`, `purl`, `metadata`, `build`, `test`: `url`, `ext` and `sha256`, but no `release.*`.
    Published,
    /// `file`: as there, and `digest8`.
    File,
    /// `artifact` of a sub-dependency: `extra.id` and `extra.version`, but no `release.*`.
    Extra,
    /// `verify` of a sub-dependency: as there, and its `url` and `ext`.
    ExtraVerify,
}

const EVERYWHERE: &[&str] =
    &["id", "version", "upstream", "major", "minor", "patch", "os", "arch", "target", "match"];
const TARGET: &[&str] = &["name", "os", "arch", "distro", "vars", "stacks"];
const DISTRO: &[&str] = &["name", "version"];
const EXTRA: &[&str] = &["id", "version"];

impl Scope {
    /// The top-level names that are known beside those known everywhere.
    fn more(self) -> &'static [&'static str] {
        match self {
            Self::Artifact => &["release"],
            Self::Verify => &["release", "url", "ext"],
            Self::Published => &["url", "ext", "sha256"],
            Self::File => &["url", "ext", "sha256", "digest8"],
            Self::Extra => &["extra"],
            Self::ExtraVerify => &["extra", "url", "ext"],
        }
    }

    fn names(self) -> Vec<&'static str> {
        EVERYWHERE.iter().chain(self.more()).copied().collect()
    }
}

/// Checks one name of a template.
pub(super) fn check(path: &Path, scope: Scope) -> Result<(), TemplateError> {
    let full = path.segments.join(".");
    let error = |message: String, help: String| {
        Err(TemplateError::new(message).help(help).at(path.at.clone()))
    };
    let names = scope.names();
    let parts: Vec<&str> = path.segments.iter().map(String::as_str).collect();
    if !names.contains(&path.root()) {
        return match path.root() {
            "release" => error(
                format!("`{full}` is known only while the index is read"),
                "use it in `artifact`, `asset` or `verify`; what is published must follow from \
                 deps.lock, which does not keep it"
                    .to_owned(),
            ),
            "url" | "ext" | "sha256" | "digest8" => error(
                format!("`{full}` is not known in this place"),
                format!("known here: {}", listed(&names)),
            ),
            "extra" => error(
                format!("`{full}` is known only of a sub-dependency"),
                "use it in `artifact` or `verify` of `[[dependencies.ID.extra]]`".to_owned(),
            ),
            root => error(
                format!("there is no name `{full}`"),
                nearest(root, &names).map_or_else(
                    || format!("known here: {}", listed(&names)),
                    |name| format!("there is `{name}`"),
                ),
            ),
        };
    }
    let within = match parts.as_slice() {
        ["target", "distro", part, ..] if !DISTRO.contains(part) => Some((*part, DISTRO)),
        ["extra", part, ..] if !EXTRA.contains(part) => Some((*part, EXTRA)),
        ["target", part, ..] if !TARGET.contains(part) => Some((*part, TARGET)),
        _ => None,
    };
    if let Some((part, known)) = within {
        let front = full.split('.').take_while(|p| *p != part).collect::<Vec<_>>().join(".");
        let help = nearest(part, known).map_or_else(
            || format!("`{front}` has {}", listed(known)),
            |name| format!("there is `{front}.{name}`"),
        );
        return error(format!("there is no name `{full}`"), help);
    }
    // How many parts a name has until it is text; none where rows may have tables in them.
    let depth = match parts.as_slice() {
        ["release", ..] => return Ok(()),
        ["target", "distro" | "vars", ..] => 3,
        ["target" | "match" | "extra", ..] => 2,
        _ => 1,
    };
    if parts.len() > depth {
        let front = parts[..depth].join(".");
        return error(
            format!("`{full}` can't be: `{front}` has no parts"),
            format!("write `{front}`"),
        );
    }
    if parts.len() < depth && path.printed {
        let example = match parts.as_slice() {
            ["target", "distro"] => "target.distro.name",
            ["target", "vars"] => "target.vars.NAME",
            ["target"] => "target.name",
            ["extra"] => "extra.version",
            _ => "match.NAME",
        };
        return error(
            format!("`{full}` is a table, not text"),
            format!("name what you want of it, as in `{example}`"),
        );
    }
    Ok(())
}

/// The known name that was likely meant.
fn nearest<'n>(name: &str, known: &[&'n str]) -> Option<&'n str> {
    let name = name.to_ascii_lowercase();
    known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(&name, known), *known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}
