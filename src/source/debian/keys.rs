//! Who may sign an archive: files of keys beside deps.toml.

use std::path::{Component, Path};

use toml::{Spanned, de::DeValue};

use crate::{
    model::{Code, Glob, Located},
    signature::openpgp::Keyring,
    source::{Setup, fields::Fields},
};

/// The largest file of keys: Debian's whole keyring has a tenth of it.
const LIMIT: u64 = 4 << 20;

/// Whose word counts.
#[derive(Debug)]
pub(super) enum Trust {
    /// Signatures by these keys.
    Keys(Keyring),
    /// Anybody's who serves the archive: deps.toml says so.
    Anybody,
}

/// Reads `keys`: files relative to deps.toml, or globs of file names; `false` asks for no signature.
pub(super) fn read(fields: &mut Fields<'_>, setup: &Setup) -> Option<Trust> {
    let Some(value) = fields.get("keys") else {
        fields.missing(
            "keys",
            "name the files of the keys that sign the archive: `keys = [\"keys/archive.gpg\"]`; \
             `keys = false` takes what anybody serves",
        );
        return None;
    };
    match value.get_ref().as_bool() {
        Some(false) => return Some(Trust::Anybody),
        Some(true) => {
            fields.wrong("keys", value, "a file, a list of files, or `false`");
            return None;
        }
        None => {}
    }
    let names = fields.texts("keys", "");
    let mut files = Vec::new();
    let mut whole = !names.is_empty();
    for name in &names {
        match found(setup, &name.value) {
            Ok(more) => files.extend(more),
            Err(why) => {
                whole = false;
                fields.add_at(Code::BAD_VALUE, why, name, None);
            }
        }
    }
    whole.then(|| keyring(fields, value, &files)).flatten()
}

fn keyring(
    fields: &mut Fields<'_>,
    at: &Spanned<DeValue<'_>>,
    files: &[(String, Vec<u8>)],
) -> Option<Trust> {
    let at = Located::new((), at.span());
    if files.is_empty() {
        let message = "`keys` names no file that is there".to_owned();
        fields.add_at(Code::BAD_VALUE, message, &at, Some("put the archive's keys there"));
        return None;
    }
    match Keyring::read(files) {
        Ok(keyring) => Some(Trust::Keys(keyring)),
        Err(error) => {
            fields.add_at(error.code, format!("`keys`: {error}"), &at, None);
            None
        }
    }
}

/// Finds the files that a name or a glob means, in the order of their names.
fn found(setup: &Setup, name: &str) -> Result<Vec<(String, Vec<u8>)>, String> {
    let shown = name.escape_default();
    let path = Path::new(name);
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    if !inside || name.is_empty() {
        return Err(format!("`{shown}` is no file below the folder of deps.toml"));
    }
    if !Glob::is_wild(name) {
        return Ok(vec![(name.to_owned(), file(&setup.root.join(path))?)]);
    }
    let (folder, last) = name.rsplit_once('/').unwrap_or(("", name));
    if Glob::is_wild(folder) {
        return Err(format!("`{shown}`: only the last part may have wildcards"));
    }
    let glob = Glob::new(last).map_err(|error| error.to_string())?;
    let entries = match fs_err::read_dir(setup.root.join(folder)) {
        Ok(entries) => entries,
        // A glob may match nothing.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("`{shown}`: {error}")),
    };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|entry| !entry.starts_with('.') && glob.matches(entry))
        .collect();
    names.sort();
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    names
        .into_iter()
        .map(|entry| {
            let path = setup.root.join(folder).join(&entry);
            Ok((format!("{prefix}{entry}"), file(&path)?))
        })
        .collect()
}

fn file(path: &Path) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| format!("a file of keys can't be read: {error}");
    let size = fs_err::metadata(path).map_err(failed)?.len();
    if size > LIMIT {
        return Err(format!("a file of keys has {size} bytes, more than {LIMIT}"));
    }
    fs_err::read(path).map_err(failed)
}
