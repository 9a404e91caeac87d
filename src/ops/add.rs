//! `add`: a dependency out of the catalogue into deps.toml, with the keys of those who sign it.

use std::path::{Path, PathBuf};

use url::Url;

use super::{OpsError, Setting, configuration, error::chain};
use crate::{
    catalog::{self, CatalogError, Entry, KeyFile, Line, Wish},
    disk::{self, Workspace},
    manifest::{self, Known},
    model::{Code, DependencyId, Manifest},
    net::{Client, ClientConfig, NetError, Request},
    signature::openpgp_export::{self, Exported},
    source, storage,
};

/// Most bytes of a file of keys.
const LARGEST_KEYS: u64 = 8 << 20;

/// What is to be added.
#[derive(Debug, Clone, Default)]
pub struct AddRequest {
    /// The product's id in the catalogue.
    pub product: String,
    /// Its lines as a person writes them (`22`, `lts`); none: the entry's own choice.
    pub lines: Vec<String>,
    /// What the dependency is called; none: as the product.
    pub name: Option<String>,
    /// Names or globs of targets; none: all that the product has files for.
    pub targets: Vec<String>,
    /// Nothing is asked and nothing written.
    pub dry_run: bool,
}

/// What was added, or would be.
#[derive(Debug, Clone)]
pub struct Added {
    /// The catalogue's entry.
    pub entry: Entry,
    /// The dependency's id.
    pub id: DependencyId,
    /// The lines.
    pub lines: Vec<Line>,
    /// Whether the lines are the entry's choice.
    pub default_lines: bool,
    /// The targets.
    pub targets: Vec<String>,
    /// The table, as it stands in deps.toml.
    pub block: String,
    /// The files of keys.
    pub keys: Vec<Keys>,
}

/// A file of keys.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Its place below the folder of deps.toml.
    pub file: String,
    /// Full fingerprints of the keys in it; in a dry run, of those that may be.
    pub fingerprints: Vec<String>,
    /// Fingerprints that the catalogue has and that were not where the keys are.
    pub missing: Vec<String>,
    /// Whether it was there already.
    pub kept: bool,
}

/// Adds a dependency. All that needs the network happens before the first byte is written, and
/// deps.toml is written last: with an error nothing was added.
///
/// # Errors
/// When there is no such product, line or target, no deps.toml, one with mistakes, or one that has
/// the dependency; when a key can't be had; when a file can't be written.
pub async fn add(setting: &Setting, request: &AddRequest) -> Result<Added, OpsError> {
    let entry = catalog::find(&request.product).map_err(said)?;
    let root = setting.manifest.parent().map(Path::to_path_buf).unwrap_or_default();
    let text = read(setting)?;
    // Two runs that add at once must not lose one another's table.
    let _alone = if request.dry_run {
        None
    } else {
        let workspace = Workspace::new(&root);
        workspace.prepare();
        Some(workspace.run_lock()?)
    };
    let declared = checked(setting, &text)?.targets;

    let name = request.name.as_deref().unwrap_or(&entry.id);
    let id = DependencyId::new(name).map_err(|error| {
        let help = "small letters, digits and `.`, `_`, `-`, the first a letter or digit";
        OpsError::said(Code::BAD_NAME, error.to_string(), Some(help))
    })?;
    let default_lines = request.lines.is_empty();
    let asked =
        if default_lines { vec![entry.lines.default.clone()] } else { request.lines.clone() };
    let mut lines: Vec<Line> = Vec::new();
    for text in &asked {
        let line = catalog::read_line(&entry, text).map_err(said)?;
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    let targets = catalog::targets(&entry, &declared, &request.targets).map_err(said)?;
    let wish = Wish { id: id.clone(), lines, targets };
    let block = catalog::block(&entry, &wish).map_err(said)?;
    let new = manifest::add_dependency(&text, &id, &block)
        .map_err(|error| OpsError::said(error.code, error.message, Some(&error.help)))?;
    // What comes of it must be as good as what was there.
    checked(setting, &new)?;

    let rules = configuration::read(setting, &root)?.rules;
    let config = ClientConfig { offline: setting.offline, rules, ..ClientConfig::default() };
    let client = Client::new(config);
    let mut keys = Vec::new();
    let mut files = Vec::new();
    for pinned in &entry.keys {
        let (about, bytes) = had(&client, &root, pinned, request.dry_run).await?;
        files.extend(bytes.map(|bytes| (root.join(&pinned.file), bytes)));
        keys.push(about);
    }
    if !request.dry_run {
        write(setting, &text, &new, &files)?;
    }
    let Wish { lines, targets, .. } = wish;
    Ok(Added { entry, id, lines, default_lines, targets, block, keys })
}

fn said(error: CatalogError) -> OpsError {
    let CatalogError { code, message, help, .. } = error;
    OpsError::Said { code, message, help, source: None }
}

fn read(setting: &Setting) -> Result<String, OpsError> {
    let bytes = fs_err::read(&setting.manifest).map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            let message = format!("there is no `{}`", setting.shown);
            let help = "run `depstate init` to write one, then add to it";
            OpsError::said(Code::NO_MANIFEST, message, Some(help))
        } else {
            OpsError::said(Code::FILE_FAILED, chain(&error), None)
        }
    })?;
    String::from_utf8(bytes)
        .map_err(|_| OpsError::said(Code::SYNTAX, format!("`{}` is no UTF-8", setting.shown), None))
}

/// Reads deps.toml, or says every mistake in it. What only a driver finds (a variable that is not
/// set, say) is no reason not to add.
fn checked(setting: &Setting, text: &str) -> Result<Manifest, OpsError> {
    let sources: Vec<&str> = source::DRIVERS.iter().map(|driver| driver.name).collect();
    let storages: Vec<&str> = storage::registry::DRIVERS.iter().map(|driver| driver.name).collect();
    let known = Known { sources: &sources, storages: &storages };
    let found = manifest::read(text.as_bytes(), &known);
    found.manifest.ok_or_else(|| {
        let report = manifest::report(&setting.shown, text.as_bytes(), found.mistakes);
        OpsError::Manifest(Box::new(report))
    })
}

/// Has the keys: those that are there already, if the catalogue pins each of them, or else from
/// where the catalogue says. Returns the bytes to write, if any.
async fn had(
    client: &Client,
    root: &Path,
    pinned: &KeyFile,
    dry_run: bool,
) -> Result<(Keys, Option<Vec<u8>>), OpsError> {
    let about = |fingerprints: Vec<String>, kept: bool| Keys {
        file: pinned.file.clone(),
        missing: pinned
            .fingerprints
            .iter()
            .filter(|print| !fingerprints.contains(print))
            .cloned()
            .collect(),
        fingerprints,
        kept,
    };
    match fs_err::read(root.join(&pinned.file)) {
        Ok(there) => {
            let files = [(pinned.file.clone(), there)];
            let prints = openpgp_export::fingerprints(&files)
                .map_err(|error| OpsError::said(error.code, error.message, None))?;
            let stranger = prints.iter().find(|print| !pinned.fingerprints.contains(print));
            if let Some(stranger) = stranger {
                return Err(OpsError::said(
                    Code::EXISTS,
                    format!(
                        "`{}` is there already and holds the key `{stranger}`, which the catalogue \
                         does not know as a signer",
                        pinned.file
                    ),
                    Some("remove the file, or give it another name, and add again"),
                ));
            }
            return Ok((about(prints, true), None));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(OpsError::said(Code::FILE_FAILED, chain(&error), None)),
    }
    if dry_run {
        return Ok((about(pinned.fingerprints.clone(), false), None));
    }
    let keys = fetched(client, pinned).await?;
    let prints = keys.iter().map(|key| key.fingerprint.clone()).collect();
    let text: String = keys.into_iter().map(|key| key.armoured).collect();
    Ok((about(prints, false), Some(text.into_bytes())))
}

async fn fetched(client: &Client, pinned: &KeyFile) -> Result<Vec<Exported>, OpsError> {
    let mut files = Vec::new();
    let mut absent = None;
    for address in pinned.addresses() {
        let url = Url::parse(&address).map_err(|error| {
            let message = format!("the catalogue's address `{address}` is none: {error}");
            OpsError::said(Code::BAD_URL, message, None)
        })?;
        let request = Request { limit: LARGEST_KEYS, ..Request::new(url) };
        match client.index(&request).await {
            Ok(answer) => files.push((address, answer.body.to_vec())),
            // One signer's key may be gone; what the others sign still counts.
            Err(error) if error.is_absent() => absent = Some(error),
            Err(error) => return Err(not_had(pinned, &error)),
        }
    }
    if let (true, Some(error)) = (files.is_empty(), absent) {
        return Err(not_had(pinned, &error));
    }
    let keys = openpgp_export::export(&files, &pinned.fingerprints)
        .map_err(|error| OpsError::said(error.code, error.message, Some("nothing was added")))?;
    if keys.is_empty() {
        let message = format!(
            "none of the keys that the catalogue pins for `{}` is at `{}`",
            pinned.file,
            pinned.urls.join("`, `")
        );
        let help = "whoever serves that address serves other keys now: nothing was added";
        return Err(OpsError::said(Code::KEY_MISSING, message, Some(help)));
    }
    Ok(keys)
}

fn not_had(pinned: &KeyFile, error: &NetError) -> OpsError {
    let message = format!("the keys for `{}` could not be had: {}", pinned.file, chain(error));
    let help = "nothing was added; run it again where the address can be reached";
    OpsError::said(Code::KEY_MISSING, message, Some(help))
}

/// Writes the keys, then deps.toml, if it still is what was read.
fn write(
    setting: &Setting,
    old: &str,
    new: &str,
    files: &[(PathBuf, Vec<u8>)],
) -> Result<(), OpsError> {
    for (path, bytes) in files {
        if let Some(folder) = path.parent() {
            fs_err::create_dir_all(folder)
                .map_err(|error| OpsError::said(Code::FILE_FAILED, chain(&error), None))?;
        }
        disk::write_atomic(path, bytes)?;
    }
    if read(setting)? != old {
        let message = format!("`{}` changed meanwhile, so it was not written over", setting.shown);
        let help = "run it again once the other change is done";
        return Err(OpsError::said(Code::FILE_FAILED, message, Some(help)));
    }
    disk::write_atomic(&setting.manifest, new.as_bytes())?;
    Ok(())
}
