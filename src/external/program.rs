//! A program that was found to be the one that is allowed.

use std::{
    collections::BTreeMap,
    fmt,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use sha2::Digest as _;

use super::{error::ExternalError, find::Found};
use crate::model::{Environment, Sha256};

/// Largest program that is taken, in bytes.
const LARGEST: u64 = 512 << 20;

/// A copy of a driver's program, of our own and with the digest that is allowed. It goes away with
/// the value.
///
/// The file is read once: the bytes that are hashed are the bytes that are copied, into a folder
/// that nobody else may enter, and the copy is what is run. Whatever becomes of the file on PATH
/// between the check and the start, or while the driver runs, changes nothing.
pub struct Program {
    name: String,
    path: PathBuf,
    digest: Sha256,
    folder: tempfile::TempDir,
}

impl Program {
    /// Takes a program, if the user's configuration (`allowed`: names and digests) has it.
    ///
    /// # Errors
    /// [`ExternalError::NotAllowed`], [`ExternalError::Changed`], or what kept it from being read.
    pub fn take(
        found: &Found,
        allowed: &BTreeMap<String, Sha256>,
        environment: &Environment,
    ) -> Result<Self, ExternalError> {
        let failed = |why: String| ExternalError::Start { program: found.program.clone(), why };
        let Some(allowed) = allowed.get(&found.program) else {
            let digest = super::digest_of(&found.path).map_err(|e| failed(e.to_string()))?;
            return Err(ExternalError::NotAllowed {
                program: found.program.clone(),
                path: found.path.clone(),
                digest,
            });
        };
        let temporary = environment.get("TMPDIR").unwrap_or("/tmp");
        let (folder, digest) =
            copy(found, Path::new(temporary)).map_err(|error| failed(error.to_string()))?;
        if digest != *allowed {
            return Err(ExternalError::Changed {
                program: found.program.clone(),
                path: found.path.clone(),
                allowed: *allowed,
                found: digest,
            });
        }
        Ok(Self { name: found.program.clone(), path: found.path.clone(), digest, folder })
    }

    /// Returns its name: `depstate-source-NAME`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the digest that it was allowed by.
    pub fn digest(&self) -> Sha256 {
        self.digest
    }

    /// Returns where the copy is that is run.
    pub(super) fn run(&self) -> PathBuf {
        self.folder.path().join(&self.name)
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Program({}, sha256:{})", self.path.display(), self.digest)
    }
}

/// Copies a program into a folder of its own, hashing what is copied.
fn copy(found: &Found, temporary: &Path) -> std::io::Result<(tempfile::TempDir, Sha256)> {
    let mut from = fs_err::File::open(&found.path)?;
    if !from.metadata()?.is_file() {
        return Err(std::io::Error::other(format!("`{}` is no file", found.path.display())));
    }
    let folder = private(temporary)?;
    let to = folder.path().join(&found.program);
    let mut options = fs_err::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use fs_err::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o500);
    }
    let mut to = options.open(to)?;
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    let mut copied = 0;
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        copied += read as u64;
        if copied > LARGEST {
            return Err(std::io::Error::other(format!("it has more than {LARGEST} bytes")));
        }
        hasher.update(&buffer[..read]);
        to.write_all(&buffer[..read])?;
    }
    Ok((folder, Sha256(hasher.finalize().into())))
}

/// Makes a folder that nobody else may enter.
fn private(temporary: &Path) -> std::io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("depstate-driver-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o700));
    }
    builder.tempdir_in(temporary)
}
