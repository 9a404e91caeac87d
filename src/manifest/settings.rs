//! The keys of a dependency that an override may change.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use toml::de::DeValue;

use super::{
    build::build,
    collect::{Collector, Extra as _, mistake, range},
    eol,
    fields::{Table, Value, bad_value, line, one_or_more, string, table, wrong_type},
    keys,
    licenses::licenses,
    purl,
    signature::signature,
    targets::replacements,
    templates::is_template,
    test::test,
    values,
    verify::{checksum, glob},
};
use crate::{
    model::{Change, ChecksumRule, Code, Located, Over, Patch, Settings},
    template::Scope,
};

/// Reads what a dependency, or an override, says of these keys.
pub(super) fn read(all: &mut Collector<'_>, fields: Table<'_, '_>, in_override: bool) -> Patch {
    let mut patch = Patch {
        name: change(all, fields, "name", |all, value| Some(line(all, "name", value)?.value)),
        cpe: change(all, fields, "cpe", |all, v| templates(all, "cpe", v, Scope::Published)),
        purl: change(all, fields, "purl", |all, value| {
            let texts = templates(all, "purl", value, Scope::Published)?;
            purl::check(all, &texts);
            Some(texts)
        }),
        file: change(all, fields, "file", |all, value| {
            let text = string(all, "file", value)?;
            all.template(&text, Scope::File);
            Some(text)
        }),
        metadata: change(all, fields, "metadata", metadata),
        build: change(all, fields, "build", build),
        test: change(all, fields, "test", test),
        ..Patch::default()
    };
    match fields.get("licenses") {
        Some(value) if is_false(value) => {
            (patch.licenses, patch.detect_licenses) = (Change::Clear, Change::Clear);
        }
        Some(value) => (patch.licenses, patch.detect_licenses) = licenses(all, value),
        None => {}
    }
    patch.min_age = change(all, fields, "min-age", |all, value| {
        Some(Located::new(values::duration(all, "min-age", value)?, value.span()))
    });
    match fields.get("eol") {
        Some(value) if is_false(value) => {
            (patch.eol_warn, patch.eol_drop_after) = (Change::Clear, Change::Clear);
        }
        Some(value) => {
            if let Some(rule) = eol::of_dependency(all, value) {
                let mut read = |key: &str| {
                    change(all, rule, key, |all, value| values::duration(all, key, value))
                };
                (patch.eol_warn, patch.eol_drop_after) = (read("warn"), read("drop-after"));
            }
        }
        None => {}
    }
    match fields.get("source") {
        Some(value) if in_override && is_false(value) => {
            let help = "take away a key of it: `source.asset = false`";
            bad_value(
                all,
                value.span(),
                "an override can't take `source` away",
                Some(help.to_owned()),
            );
        }
        Some(value) => {
            if let Some(source) = table(all, "source", value) {
                if in_override {
                    keys::OVERRIDE_SOURCE.check(all, source.keys);
                }
                let said = self::source(all, source);
                patch.artifact = said.artifact;
                patch.asset = said.asset;
                patch.replacements = said.replacements;
            }
        }
        None => {}
    }
    match fields.get("verify") {
        Some(value) if is_false(value) => {
            patch.checksum = Change::Clear;
            patch.signature = Change::Clear;
        }
        Some(value) => {
            if let Some(verify) = table(all, "verify", value) {
                keys::VERIFY.check(all, verify.keys);
                patch.checksum = change(all, verify, "checksum", checksum);
                patch.signature = change(all, verify, "signature", signature);
                over_nothing(all, &patch, in_override);
            }
        }
        None => {}
    }
    patch
}

/// Reads what a `source` says of the files' addresses.
pub(super) fn source(all: &mut Collector<'_>, source: Table<'_, '_>) -> Patch {
    Patch {
        artifact: change(all, source, "artifact", artifact),
        asset: change(all, source, "asset", |all, value| {
            let text = string(all, "asset", value)?;
            glob(all, &text, Scope::Artifact);
            Some(text)
        }),
        replacements: change(all, source, "replacements", replacements),
        ..Patch::default()
    }
}

/// Turns what a dependency says into its settings. (What `false` takes away is gone by then.)
pub(super) fn settings(patch: &Patch) -> Settings {
    let mut settings = Settings::default();
    patch.apply(&mut settings);
    settings
}

/// A signature over a checksum file wants one. (In an override it may be the dependency's own.)
fn over_nothing(all: &mut Collector<'_>, patch: &Patch, in_override: bool) {
    let (Change::Set(rule), false) = (&patch.signature, in_override) else { return };
    let file = match &patch.checksum {
        Change::Set(ChecksumRule::Given { .. }) | Change::Keep | Change::Clear => false,
        Change::Set(ChecksumRule::Url { .. } | ChecksumRule::Asset { .. }) => true,
    };
    if rule.over == Over::Checksum && !file {
        let message = "the signature is of the checksum file, and `verify.checksum` names none";
        let help = "give `checksum = { url = … }` or `{ asset = … }`, or say `of = \"artifact\"`";
        bad_value(all, rule.span.0..rule.span.0 + rule.span.1, message, Some(help.to_owned()));
    }
}

/// Reads what is said of one key.
pub(super) fn change<'a, 't, T>(
    all: &mut Collector<'_>,
    fields: Table<'a, 't>,
    key: &str,
    read: impl FnOnce(&mut Collector<'_>, &'a Value<'t>) -> Option<T>,
) -> Change<T> {
    match fields.get(key) {
        None => Change::Keep,
        Some(value) if is_false(value) => Change::Clear,
        Some(value) => read(all, value).map_or(Change::Keep, Change::Set),
    }
}

fn is_false(value: &Value<'_>) -> bool {
    value.get_ref().as_bool() == Some(false)
}

fn templates(
    all: &mut Collector<'_>,
    key: &str,
    value: &Value<'_>,
    scope: Scope,
) -> Option<Vec<Located<String>>> {
    let texts = one_or_more(all, key, value)?;
    for text in &texts {
        all.template(text, scope);
    }
    Some(texts)
}

fn artifact(all: &mut Collector<'_>, value: &Value<'_>) -> Option<Vec<Located<String>>> {
    let texts = templates(all, "artifact", value, Scope::Artifact)?;
    for text in &texts {
        if !is_template(&text.value) {
            all.add(
                mistake(
                    Code::ARTIFACT_WITHOUT_TEMPLATE,
                    range(text),
                    "`artifact` names the same file for every version",
                )
                .label("no `{{ … }}` in here")
                .help("put the version in: `https://…/tool-{{ version }}.tar.gz`"),
            );
        }
    }
    Some(texts)
}

fn metadata(all: &mut Collector<'_>, value: &Value<'_>) -> Option<BTreeMap<String, Option<Json>>> {
    let fields = table(all, "metadata", value)?;
    let mut read = BTreeMap::new();
    for (key, value) in fields.keys {
        check_free(all, key.get_ref(), value);
        let taken = (!is_false(value)).then(|| values::json(value.get_ref()));
        read.insert(key.get_ref().clone().into_owned(), taken);
    }
    Some(read)
}

/// Checks a free value: its strings are templates, its numbers can be written as JSON.
fn check_free(all: &mut Collector<'_>, key: &str, value: &Value<'_>) {
    match value.get_ref() {
        DeValue::String(text) => {
            let text = Located::new(text.clone().into_owned(), value.span());
            all.template(&text, Scope::Published);
        }
        DeValue::Array(list) => {
            for entry in list {
                check_free(all, key, entry);
            }
        }
        DeValue::Table(table) => {
            for (key, value) in table {
                check_free(all, key.get_ref(), value);
            }
        }
        DeValue::Float(number) if number.as_str().contains(['n', 'i']) => {
            wrong_type(all, key, value, "a number that JSON has", None);
        }
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {}
    }
}
