//! `depstate init`.

use super::{
    args::InitArgs,
    context::Context,
    exit::{Exit, Stop},
};
use crate::{
    disk::{self, Workspace},
    model::Code,
    ops::OpsError,
};

/// A manifest to begin with: it works as it stands, with no service and no network.
const MANIFEST: &str = r#"# What this project publishes. `depstate plan` shows what is missing, `depstate apply` publishes it.
[project]
name = "@NAME@"

[storage]
driver = "fs"                     # a folder; for S3: driver = "s3", bucket, prefix, region
path = "mirror"

[targets.linux-amd64]
os = "linux"
arch = "amd64"

# Versions of a product that lie in the folder `upstream/`, such as `hello-1.2.3-linux-amd64.tar.gz`.
# What others release: `depstate catalog` lists products, and `depstate add node` puts one here. For
# what it does not have, write a driver as here: `depstate drivers` lists them.
[dependencies.hello]
licenses = ["MIT"]
targets = ["linux-*"]

[dependencies.hello.source]
driver = "dir"
path = "upstream"

[[dependencies.hello.lines]]
constraint = "1.*"
keep = 2
"#;

/// Writes deps.toml; never over one that is there.
pub(super) fn run(args: &InitArgs, context: &Context) -> Result<Exit, Stop> {
    let setting = context.setting(false);
    if setting.manifest.exists() {
        return Err(OpsError::said(
            Code::EXISTS,
            format!("`{}` is there already", setting.shown),
            None,
        )
        .into());
    }
    let folder = context.folder();
    let name = match &args.name {
        Some(name) => name.clone(),
        None => folder
            .file_name()
            .map_or_else(|| "project".to_owned(), |name| name.to_string_lossy().into_owned()),
    };
    if name.is_empty() || name.chars().any(|c| c.is_control() || c == '"' || c == '\\') {
        return Err(Stop::Usage(format!("`{name}` is no name for a project: give `--name`")));
    }
    fs_err::create_dir_all(&folder)
        .map_err(|error| OpsError::said(Code::FILE_FAILED, error.to_string(), None))?;
    disk::write_atomic(&setting.manifest, MANIFEST.replace("@NAME@", &name).as_bytes())
        .map_err(OpsError::from)?;
    let root = setting.manifest.parent().unwrap_or(&folder);
    Workspace::new(root).prepare();
    context.output.talk(&format!(
        "Wrote {}. Next: put an archive into `upstream/`, then run `depstate plan`.",
        setting.shown
    ));
    Ok(Exit::Done)
}
