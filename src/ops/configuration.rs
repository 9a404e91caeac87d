//! The user's own configuration: which file, and what stands in it.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use super::{OpsError, Setting, error::chain};
use crate::{config::Config, disk::Workspace, manifest, model::Code};

/// The file that is read where no other is named, beside deps.toml.
const USUAL: &str = ".depstate/config.toml";

/// The configuration, and where it came from.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) config: Config,
    /// None: there is no file, and nothing is configured.
    pub(super) file: Option<PathBuf>,
}

/// Reads the configuration.
///
/// # Errors
/// All its mistakes in one report; a named file that is not there.
pub(super) fn read(
    setting: &Setting,
    root: &Path,
    _workspace: &Workspace,
) -> Result<Found, OpsError> {
    let usual = root.join(USUAL);
    let path = setting.config.as_ref().unwrap_or(&usual);
    let bytes = match fs_err::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound && setting.config.is_none() => {
            return Ok(Found::default());
        }
        Err(error) => {
            let help = setting.config.is_some().then_some(
                "`--config FILE` or DEPSTATE_CONFIG names the configuration; without either it is \
                 `.depstate/config.toml`, which need not be there",
            );
            return Err(OpsError::said(Code::FILE_FAILED, chain(&error), help));
        }
    };
    let shown = match &setting.config {
        Some(path) => path.display().to_string(),
        None => USUAL.to_owned(),
    };
    let read = crate::config::read(&bytes);
    if !read.mistakes.is_empty() {
        let report = manifest::report(&shown, &bytes, read.mistakes);
        return Err(OpsError::Config(Box::new(report)));
    }
    Ok(Found { config: read.config, file: Some(path.clone()) })
}
