//! The tags of a repository on disk.

use std::path::Path;

use gix::{bstr::ByteSlice as _, open::Options};

use super::Tag;

/// Reads the tags, in the order of their names; loose and packed ones.
pub(super) fn read(folder: &Path) -> Result<Vec<Tag>, String> {
    // Nothing but the repository's own files is looked at: neither the user's configuration nor the
    // environment has a say.
    let repository = gix::open_opts(folder, Options::isolated()).map_err(|error| {
        if folder.exists() {
            format!("it can't be read as a git repository: {error}")
        } else {
            "there is no such folder".to_owned()
        }
    })?;
    let references = repository.references().map_err(|error| error.to_string())?;
    let mut tags = Vec::new();
    for reference in references.tags().map_err(|error| error.to_string())? {
        let mut reference = reference.map_err(|error| format!("a ref can't be read: {error}"))?;
        let name = reference.name().as_bstr().to_str().ok();
        // A name that is no text can't be written into deps.lock.
        let name = name.and_then(|name| name.strip_prefix("refs/tags/")).map(str::to_owned);
        let Some(name) = name else { continue };
        let object = reference
            .peel_to_id()
            .map_err(|error| format!("the tag `{name}` leads to nothing: {error}"))?;
        tags.push(Tag { name, commit: object.to_string() });
    }
    Ok(tags)
}
