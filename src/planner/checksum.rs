//! Where deps.toml says that a file's digest is found.

use super::{
    ChecksumQuery,
    expand::{About, Scene},
    files::{self, Trouble},
    findings,
    releases::{File, Release},
};
use crate::{
    model::{ChecksumRule, Code, Digest, Located, Severity},
    template::Engine,
};

/// Expands `verify.checksum` for one file.
///
/// # Errors
/// See [`Trouble`]; a checksum file that is not there yet lets the version wait.
pub(super) fn query(
    rule: &ChecksumRule,
    scene: &Scene<'_>,
    about: About<'_>,
    release: &Release<'_>,
    engine: &Engine,
) -> Result<ChecksumQuery, Trouble> {
    let plain = |text: &Option<Located<String>>| text.as_ref().map(|text| text.value.clone());
    match rule {
        ChecksumRule::Given { algorithm, hex } => {
            let text = scene.render(engine, hex, about)?;
            let digest = Digest::from_hex(*algorithm, text.trim()).map_err(|error| {
                let id = &scene.dependency.id;
                let message = format!("version `{}` of `{id}`: {error}", scene.version);
                let it = findings::finding(Severity::Error, Code::BAD_DIGEST, id, message);
                Box::new(findings::at(it, hex.span))
            })?;
            Ok(ChecksumQuery::Given(digest))
        }
        ChecksumRule::Url { url, select } => Ok(ChecksumQuery::File {
            url: scene.render(engine, url, about)?,
            select: plain(select),
            digest: None,
            algorithm: None,
        }),
        ChecksumRule::Asset { asset, select } => {
            let file = beside(asset, "checksum", scene, about, release, engine)?;
            Ok(ChecksumQuery::File {
                url: file.row.url.clone().unwrap_or_default(),
                select: plain(select),
                digest: file.digests.first().cloned(),
                algorithm: None,
            })
        }
    }
}

/// Finds a file of the same release by a glob on its name.
///
/// # Errors
/// As [`query`]; `what` is called so in them.
pub(super) fn beside<'r>(
    asset: &Located<String>,
    what: &str,
    scene: &Scene<'_>,
    about: About<'_>,
    release: &'r Release<'_>,
    engine: &Engine,
) -> Result<&'r File<'r>, Trouble> {
    let glob = files::glob(scene, asset, about, engine)?;
    let named: Vec<_> = release
        .files
        .iter()
        .filter(|file| file.row.url.is_some())
        .filter(|file| file.name().is_some_and(|name| glob.matches(&name)))
        .collect();
    match named.as_slice() {
        [] => Err(Trouble::Absent(format!("no {what} file `{glob}`"))),
        [file] => Ok(file),
        [first, second, ..] => {
            let id = &scene.dependency.id;
            let both = findings::listed([first, second].into_iter().filter_map(|it| it.name()));
            let message =
                format!("both {both} of `{id}@{}` fit the {what} `{glob}`", scene.version);
            let it = findings::finding(Severity::Error, Code::AMBIGUOUS_FILE, id, message);
            Err(Box::new(findings::at(it, asset.span)).into())
        }
    }
}
