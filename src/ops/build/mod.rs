//! Building and trying artifacts: what `apply` does before it publishes, and `build`, which publishes
//! nothing.

mod asked;
mod bench;
mod files;
mod log;
mod make;
mod rooms;
mod trial;

pub use asked::Asked;
pub(crate) use asked::{Errand, failure};
pub(crate) use bench::{Bench, Needs, made_file, source_of};
pub(crate) use files::NeedFile;
pub(crate) use make::{Made, Origin};

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio_util::sync::CancellationToken;

use super::{OpsError, Project, error::chain, transfer::Failed};
use crate::{
    model::{
        Address, Artifact, BuildEvidence, Code, Failure, InputDigest, ObjectKey, Sha256, Sink,
    },
    storage::StorageReader,
};

/// What `build` did.
#[derive(Debug, Default)]
pub struct BuildReport {
    /// What was built, in the order of addresses.
    pub built: Vec<BuiltFile>,
    /// What was not.
    pub failed: Vec<Failure>,
    /// Whether an interrupt ended it.
    pub interrupted: bool,
}

/// An output, handed over.
#[derive(Debug)]
pub struct BuiltFile {
    /// Whose.
    pub address: Address,
    /// The digest of all that it was made from.
    pub input: InputDigest,
    /// Where it is.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256.
    pub sha256: Sha256,
    /// Where it came from: `built`, `cache` or `storage`.
    pub from: &'static str,
    /// How it was made.
    pub build: BuildEvidence,
    /// The licences found in it; none: nobody asked.
    pub licenses: Option<Vec<String>>,
    /// The build's log, relative to deps.toml; none: nothing ran.
    pub log: Option<String>,
}

/// Builds what is asked for, exactly as `apply` would, up to the output. Nothing is published, and
/// the storage is only read, if it can be.
///
/// # Errors
/// When nothing that is built fits, or it can't be said what is wanted. A build that fails is in the
/// report.
pub async fn build(
    project: &Project,
    storage: Arc<dyn StorageReader>,
    asked: &Asked,
    sink: &Arc<dyn Sink>,
    cancel: &CancellationToken,
) -> Result<BuildReport, OpsError> {
    let built = |artifact: &Artifact| artifact.recipe.is_some();
    let mut errand =
        Errand::new(project, &storage, asked, (built, "`build`"), sink, cancel).await?;
    let mut report =
        BuildReport { failed: std::mem::take(&mut errand.failed), ..BuildReport::default() };
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for artifact in errand.chosen.iter().filter_map(|address| errand.wanted.get(address)) {
        *names.entry(artifact.file.clone()).or_default() += 1;
    }
    for address in errand.chosen.clone() {
        let Some(artifact) = errand.wanted.get(&address).cloned() else { continue };
        let alone = names.get(&artifact.file) == Some(&1);
        let made = match errand.make(&artifact).await {
            Ok(made) => hand_over(project, made, alone),
            Err(failed) => Err(failed),
        };
        match made {
            Ok(file) => report.built.push(file),
            Err(failed) if failed.interrupted => {
                report.interrupted = true;
                break;
            }
            Err(failed) => report.failed.push(failure(&address, failed)),
        }
    }
    Ok(report)
}

/// Copies an output to where a person looks for it. `alone`: no other has its name.
fn hand_over(project: &Project, made: Made, alone: bool) -> Result<BuiltFile, Failed> {
    let Made { artifact, output, path, size, sha256, licenses, origin, log, .. } = made;
    let (Some(output), Some(input)) = (output, artifact.input) else {
        return Err(Failed::new(Code::BAD_OUTPUT, "it is not built"));
    };
    let mut folder = project.workspace.folder().join("build");
    if !alone {
        folder.push(ObjectKey::segment(&artifact.address.to_string()));
    }
    let place = folder.join(files::plain_name(&artifact.file));
    copy(&path, &place).map_err(|error| Failed::new(Code::FILE_FAILED, chain(&error)))?;
    Ok(BuiltFile {
        address: artifact.address,
        input,
        path: place,
        size,
        sha256,
        from: match origin {
            Origin::Built | Origin::Upstream => "built",
            Origin::Kept => "cache",
            Origin::Shared => "storage",
        },
        build: output.build,
        licenses,
        log,
    })
}

/// A copy, not a link: what a person does with it must not change the cache.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let folder = to.parent().unwrap_or(to);
    fs_err::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(".depstate-").tempfile_in(folder)?;
    io::copy(&mut fs_err::File::open(from)?, file.as_file_mut())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    file.persist(to).map_err(|error| error.error)?;
    Ok(())
}
