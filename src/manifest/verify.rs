//! `verify.checksum`: where the digest is found.

use super::{
    collect::{Collector, Extra as _, mistake, range},
    fields::{Value, bad_value, missing, string, table, wrong_type},
    keys::{self, shorten},
    templates::{is_template, plainest},
};
use crate::{
    model::{Algorithm, ChecksumRule, Code, Digest, Glob, Located},
    template::Scope,
};

/// Reads the table of `checksum`.
pub(super) fn checksum(all: &mut Collector<'_>, value: &Value<'_>) -> Option<ChecksumRule> {
    checksum_in(all, value, Scope::Verify)
}

/// Reads the table of `checksum` whose templates know the names of a scope.
pub(super) fn checksum_in(
    all: &mut Collector<'_>,
    value: &Value<'_>,
    scope: Scope,
) -> Option<ChecksumRule> {
    if let Some(text) = value.get_ref().as_str() {
        let shown = shorten(text);
        let help = match text.len() {
            64 if !text.contains('/') => format!("write `checksum = {{ sha256 = \"{shown}\" }}`"),
            128 if !text.contains('/') => "write `checksum = { sha512 = \"…\" }`".to_owned(),
            _ => format!("write `checksum = {{ url = \"{shown}\" }}`"),
        };
        wrong_type(all, "checksum", value, "a table", Some(help));
        return None;
    }
    let fields = table(all, "checksum", value)?;
    keys::CHECKSUM.check(all, fields.keys);
    let ways = ["url", "asset", "sha256", "sha512"];
    let mut given = ways.iter().filter_map(|way| Some((*way, fields.get(way)?)));
    let Some((way, of)) = given.next() else {
        if !["file", "md5", "sha1"].iter().any(|key| fields.get(key).is_some()) {
            missing(
                all,
                fields,
                "`checksum`",
                "url`, `asset`, `sha256` or `sha512",
                "url = \"{{ url }}.sha256\"",
            );
        }
        return None;
    };
    if let Some((other, second)) = given.next() {
        let message = format!("`checksum` has both `{way}` and `{other}`");
        bad_value(all, second.span(), message, Some("give one of them".to_owned()));
    }
    let select = fields.get("select").map(|value| (value, string(all, "select", value)));
    if let (Some((select, _)), "sha256" | "sha512") = (&select, way) {
        let message = format!("`select` has no document to look in beside `{way}`");
        bad_value(all, select.span(), message, Some("take it out".to_owned()));
    }
    let select = select.and_then(|(_, text)| text);
    match way {
        "url" => {
            let url = string(all, "url", of)?;
            all.template(&url, scope);
            Some(ChecksumRule::Url { url, select })
        }
        "asset" => {
            let asset = string(all, "asset", of)?;
            glob(all, &asset, scope);
            Some(ChecksumRule::Asset { asset, select })
        }
        "sha256" => hex(all, way, of, Algorithm::Sha256, scope),
        _ => hex(all, way, of, Algorithm::Sha512, scope),
    }
}

fn hex(
    all: &mut Collector<'_>,
    key: &str,
    value: &Value<'_>,
    algorithm: Algorithm,
    scope: Scope,
) -> Option<ChecksumRule> {
    let digits = 2 * algorithm.size();
    let help = format!("a {} has {digits} hex digits", key.to_uppercase().replace("SHA", "SHA-"));
    let Some(text) = value.get_ref().as_str() else {
        wrong_type(all, key, value, "a string of hex digits", Some(help));
        return None;
    };
    let located = Located::new(text.to_owned(), value.span());
    if is_template(text) {
        all.template(&located, scope);
    } else if Digest::from_hex(algorithm, text).is_err() {
        let message = match text.chars().count() {
            0 => format!("`{key}` is empty"),
            n if text.bytes().all(|b| b.is_ascii_hexdigit()) => {
                format!("`{key}` has {n} hex digits in place of {digits}")
            }
            _ => format!("`{}` is not hex", shorten(text)),
        };
        let help = match text.split_once(':') {
            Some((name, _)) if name.eq_ignore_ascii_case(key) => {
                format!("{help}, without `{name}:` before them")
            }
            Some(_) | None => help,
        };
        all.add(mistake(Code::BAD_DIGEST, range(&located), message).help(help));
        return None;
    }
    Some(ChecksumRule::Given { algorithm, hex: located })
}

/// Checks a template over globs of file names: both the template and the glob.
pub(super) fn glob(all: &mut Collector<'_>, text: &Located<String>, scope: Scope) {
    all.template(text, scope);
    if let Err(error) = Glob::new(&plainest(&text.value)) {
        let message = format!("`{}` is not a glob: {}", shorten(&text.value), error.why);
        all.add(
            mistake(Code::BAD_PATTERN, range(text), message)
                .help("`*`, `?`, `[ab]` and `{a,b}` stand for other letters; close each bracket"),
        );
    }
}
