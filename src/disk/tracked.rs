//! Whether git tracks a file: what it tracks, whoever may change the repository decides.

use std::path::{Path, PathBuf};

use super::DiskError;

/// Tells whether the repository that a folder lies in tracks a file, or something on the way to it
/// (a link, a submodule).
///
/// # Errors
/// When there is a repository and its index can't be read.
pub fn is_tracked(folder: &Path, file: &Path) -> Result<bool, DiskError> {
    let Some(top) = folder.ancestors().find(|folder| folder.join(".git").exists()) else {
        return Ok(false);
    };
    let failed = |error: gix::Error| DiskError::Repository {
        path: top.to_path_buf(),
        source: error.to_string().lines().next().unwrap_or_default().to_owned().into(),
    };
    let repository = gix::open(top).map_err(failed)?;
    let index = repository.index_or_empty().map_err(failed)?;
    // As it is called, and as it is called without links; the folder above, too.
    let tops = [Some(top.to_path_buf()), real(top)];
    let files = [Some(file.to_path_buf()), real(file)];
    let below: Vec<String> = tops
        .iter()
        .flatten()
        .flat_map(|top| files.iter().flatten().filter_map(move |file| file.strip_prefix(top).ok()))
        .map(|path| path.to_string_lossy().replace('\\', "/"))
        .collect();
    Ok(index.entries().iter().any(|entry| {
        let tracked = String::from_utf8_lossy(entry.path(&index));
        below.iter().any(|path| is_above(&tracked, path))
    }))
}

fn real(path: &Path) -> Option<PathBuf> {
    fs_err::canonicalize(path).ok()
}

/// Tells whether a path is another one, or a folder on the way to it. Letters of either case are the
/// same: on some systems they are.
fn is_above(above: &str, path: &str) -> bool {
    let Some((head, rest)) = path.split_at_checked(above.len()) else { return false };
    head.eq_ignore_ascii_case(above) && (rest.is_empty() || rest.starts_with('/'))
}
