//! Which signature deps.toml wants for a file.

use super::{
    SignatureQuery, checksum,
    expand::{About, Scene},
    files::Trouble,
    findings,
    releases::Release,
};
use crate::{
    model::{Code, Over, Severity, SignaturePlace, SignatureRule},
    template::Engine,
};

/// Expands `verify.signature` for one file. `by_file`: its digest comes from a checksum file.
///
/// # Errors
/// See [`Trouble`]; a signature file that is not there yet lets the version wait.
pub(super) fn query(
    rule: &SignatureRule,
    by_file: bool,
    scene: &Scene<'_>,
    about: About<'_>,
    release: &Release<'_>,
    engine: &Engine,
) -> Result<SignatureQuery, Trouble> {
    if rule.over == Over::Checksum && !by_file {
        let id = &scene.dependency.id;
        let message = format!(
            "the signature of `{id}@{}` is over a checksum file, and there is none",
            scene.version
        );
        let it = findings::finding(Severity::Error, Code::BAD_VALUE, id, message);
        let help = "give `verify.checksum`, or say `of = \"artifact\"`";
        return Err(Box::new(findings::help(findings::at(it, rule.span), help)).into());
    }
    let url = match &rule.place {
        SignaturePlace::Url(url) => Some(scene.render(engine, url, about)?),
        SignaturePlace::Asset(asset) => {
            let file = checksum::beside(asset, "signature", scene, about, release, engine)?;
            file.row.url.clone()
        }
        SignaturePlace::Within | SignaturePlace::Service => None,
    };
    let identity = match &rule.identity {
        Some(identity) => Some(scene.render(engine, identity, about)?),
        None => None,
    };
    Ok(SignatureQuery { rule: rule.clone(), url, identity })
}
