//! Temporary files, and what is left of them when their writer is killed.
//!
//! A writer holds the system's lock on its file until the file has its name. So a file whose lock is
//! free is nobody's any more, however fresh it is.

use std::{io, path::Path};

use tempfile::NamedTempFile;

const BEFORE: &str = ".depstate-";
const RANDOM: usize = 12;
const AFTER: &str = ".tmp";

/// Makes a temporary file in a folder, with the mode that a new file of the user gets.
///
/// # Errors
/// When the system refuses.
pub(super) fn new_file(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(BEFORE).suffix(AFTER).rand_bytes(RANDOM);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // tempfile's own 0600 is for secrets; the umask still takes its share of this.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    loop {
        let file = builder.tempfile_in(folder)?;
        // Between the two somebody may have taken it for a leftover. Where the file system has no
        // locks nothing is ever taken for one.
        if file.as_file().lock().is_err() || file.path().exists() {
            return Ok(file);
        }
    }
}

/// Removes what writers that were killed left in a folder, as far as that can be done.
pub(super) fn sweep(folder: &Path) {
    let Ok(entries) = fs_err::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(is_temporary);
        if is_ours
            && entry.file_type().is_ok_and(|kind| kind.is_file())
            && let Ok(file) = fs_err::File::open(entry.path())
            && file.try_lock().is_ok()
        {
            // One that can't be removed does no harm.
            let _removed = fs_err::remove_file(entry.path());
        }
    }
}

/// Tells whether a name is one that [`new_file`] gives. A person's own name has to be told from it.
fn is_temporary(name: &str) -> bool {
    name.strip_prefix(BEFORE).and_then(|rest| rest.strip_suffix(AFTER)).is_some_and(|middle| {
        middle.len() == RANDOM && middle.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}
