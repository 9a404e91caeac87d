//! `verify.signature`: who must have signed what.

use super::{
    collect::{Collector, Extra as _, mistake, range},
    fields::{Table, Value, bad_value, line, missing, one_or_more, string, table, wrong_type},
    keys::{self, nearest, one_of, shorten},
    templates::is_template,
    verify::glob,
};
use crate::{
    model::{Code, GITHUB_ISSUER, Located, Over, SignatureKind, SignaturePlace, SignatureRule},
    template::Scope,
};

/// Reads the table of `signature`.
pub(super) fn signature(all: &mut Collector<'_>, value: &Value<'_>) -> Option<SignatureRule> {
    if value.get_ref().as_str().is_some() {
        let help = "write `signature = { kind = \"openpgp\", url = \"{{ url }}.asc\", keys = [\"keys/…\"] }`";
        wrong_type(all, "signature", value, "a table", Some(help.to_owned()));
        return None;
    }
    let fields = table(all, "signature", value)?;
    keys::SIGNATURE.check(all, fields.keys);
    let kind = kind(all, fields);
    let over = over(all, fields);
    let keys = match fields.get("keys") {
        Some(value) => one_or_more(all, "keys", value)?,
        None => Vec::new(),
    };
    let fingerprints = fingerprints(all, fields);
    let identity = fields.get("identity").and_then(|value| {
        let text = line(all, "identity", value)?;
        all.template(&text, Scope::Verify);
        Some(text)
    });
    let issuer = fields.get("issuer").and_then(|value| line(all, "issuer", value));
    let kind = kind?;
    let over = over?;
    let mut rule = SignatureRule {
        kind,
        over,
        place: place(all, fields, kind, over)?,
        keys,
        fingerprints,
        identity,
        issuer: issuer.map(|text| text.value),
        span: fields.at,
    };
    check(all, fields, &mut rule);
    Some(rule)
}

fn kind(all: &mut Collector<'_>, fields: Table<'_, '_>) -> Option<SignatureKind> {
    let names = SignatureKind::ALL.map(SignatureKind::name);
    let Some(value) = fields.get("kind") else {
        let message = match fields.get("keys") {
            Some(_) => "`signature` has `keys` without a `kind`: what are they keys of?",
            None => "`signature` has no `kind`",
        };
        let help = format!("write `kind = \"openpgp\"`; there is {}", one_of(&names));
        all.add(mistake(Code::MISSING_KEY, fields.span(), message).help(help));
        return None;
    };
    let text = string(all, "kind", value)?;
    let found = SignatureKind::ALL.into_iter().find(|kind| kind.name() == text.value);
    if found.is_none() {
        let meant = match text.value.to_lowercase().as_str() {
            "pgp" | "gpg" | "gnupg" => Some("openpgp"),
            "cosign" | "fulcio" | "rekor" => Some("sigstore"),
            "github" | "attestation" | "slsa" => Some("github-attestation"),
            "npm" | "provenance" => Some("npm-provenance"),
            "signify" => Some("minisign"),
            other => nearest(other, names),
        };
        let help = match meant {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it is {}", one_of(&names)),
        };
        let message = format!("there is no kind of signature `{}`", shorten(&text.value));
        bad_value(all, text.span.0..text.span.0 + text.span.1, message, Some(help));
    }
    found
}

fn over(all: &mut Collector<'_>, fields: Table<'_, '_>) -> Option<Over> {
    let Some(value) = fields.get("of") else { return Some(Over::Artifact) };
    let text = string(all, "of", value)?;
    match text.value.as_str() {
        "artifact" => Some(Over::Artifact),
        "checksum" => Some(Over::Checksum),
        other => {
            let message = format!("`of` can't be `{}`", shorten(other));
            let help = "`artifact` (the file itself) or `checksum` (the file of `verify.checksum`)";
            bad_value(all, value.span(), message, Some(help.to_owned()));
            None
        }
    }
}

fn place(
    all: &mut Collector<'_>,
    fields: Table<'_, '_>,
    kind: SignatureKind,
    over: Over,
) -> Option<SignaturePlace> {
    let (url, asset) = (fields.get("url"), fields.get("asset"));
    if kind.is_asked() {
        for (key, value) in [("url", url), ("asset", asset)] {
            if let Some(value) = value {
                let message = format!("`{key}` has no use with `{}`", kind.name());
                let help = "the source's own service is asked: take it out";
                bad_value(all, value.span(), message, Some(help.to_owned()));
            }
        }
        return Some(SignaturePlace::Service);
    }
    match (url, asset) {
        (Some(_), Some(asset)) => {
            let message = "`signature` has both `url` and `asset`";
            bad_value(all, asset.span(), message, Some("give one of them".to_owned()));
            None
        }
        (Some(url), None) => {
            let url = string(all, "url", url)?;
            all.template(&url, Scope::Verify);
            Some(SignaturePlace::Url(url))
        }
        (None, Some(asset)) => {
            let asset = string(all, "asset", asset)?;
            glob(all, &asset, Scope::Verify);
            Some(SignaturePlace::Asset(asset))
        }
        // The checksum file may carry its signature itself.
        (None, None) if kind == SignatureKind::Openpgp && over == Over::Checksum => {
            Some(SignaturePlace::Within)
        }
        (None, None) => {
            missing(all, fields, "`signature`", "url` or `asset", "url = \"{{ url }}.asc\"");
            None
        }
    }
}

fn fingerprints(all: &mut Collector<'_>, fields: Table<'_, '_>) -> Vec<Located<String>> {
    let Some(value) = fields.get("fingerprints") else { return Vec::new() };
    let list = one_or_more(all, "fingerprints", value).unwrap_or_default();
    for print in &list {
        let hex: String = print.value.split_whitespace().collect();
        if !hex.bytes().all(|b| b.is_ascii_hexdigit()) || !matches!(hex.len(), 40 | 64) {
            let message = format!("`{}` is no full fingerprint", shorten(&print.value));
            let help = "it has 40 hex digits (64 for a key of version 6); a key id is too short to pin \
                        a key. `gpg --show-keys FILE` prints it";
            all.add(mistake(Code::BAD_VALUE, range(print), message).help(help));
        }
    }
    list
}

/// What must stand beside what.
fn check(all: &mut Collector<'_>, fields: Table<'_, '_>, rule: &mut SignatureRule) {
    let kind = rule.kind;
    let mut useless = |key: &str, help: &str| {
        if let Some(value) = fields.get(key) {
            let message = format!("`{key}` has no use with `{}`", kind.name());
            bad_value(all, value.span(), message, Some(help.to_owned()));
        }
    };
    if kind.has_keys() {
        useless("identity", "keys say who may sign: take it out");
        useless("issuer", "keys say who may sign: take it out");
    } else {
        useless("keys", "`identity` says who may sign: take it out");
    }
    if kind != SignatureKind::Openpgp {
        useless("fingerprints", "it chooses among OpenPGP keys: take it out");
    }
    useless(
        "certificate",
        "a signature and a certificate prove no time without the log's word: give the bundle \
         (`….sigstore.json`) as `url` or `asset`",
    );
    if rule.over == Over::Checksum && kind.is_asked() {
        useless("of", "it speaks of the file itself: take it out");
    }
    if kind.has_keys() && rule.keys.is_empty() && fields.get("keys").is_none() {
        let example = if kind == SignatureKind::Minisign {
            "keys = [\"RW…\"]"
        } else {
            "keys = [\"keys/upstream.asc\"]"
        };
        missing(all, fields, "`signature`", "keys", example);
    }
    for key in &rule.keys {
        if is_template(&key.value) {
            let message = format!("`{}` can't be a template", shorten(&key.value));
            let help = "keys are files in the repository, the same for every version";
            all.add(mistake(Code::BAD_VALUE, range(key), message).help(help));
        }
    }
    if !kind.has_keys() {
        if rule.identity.is_none() && fields.get("identity").is_none() {
            let example = "identity = \"https://github.com/owner/name/.github/workflows/release.yml@refs/tags/{{ upstream }}\"";
            missing(all, fields, "`signature`", "identity", example);
        }
        if rule.issuer.is_none() && fields.get("issuer").is_none() {
            if kind == SignatureKind::Sigstore {
                let example = format!("issuer = \"{GITHUB_ISSUER}\"");
                missing(all, fields, "`signature`", "issuer", &example);
            } else {
                rule.issuer = Some(GITHUB_ISSUER.to_owned());
            }
        }
    }
}
