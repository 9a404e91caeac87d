//! The keys of a dependency that an override may change.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use toml::de::DeValue;

use super::{
    collect::{Collector, Extra as _, mistake, range},
    eol,
    fields::{Table, Value, bad_value, line, one_or_more, string, strings, table, wrong_type},
    keys,
    signature::signature,
    targets::replacements,
    templates::is_template,
    values,
    verify::{checksum, glob},
};
use crate::{
    model::{Change, ChecksumRule, Code, EolRule, Located, Over, Patch, Settings},
    template::Scope,
};

/// Reads what a dependency, or an override, says of these keys.
pub(super) fn read(all: &mut Collector<'_>, fields: Table<'_, '_>, in_override: bool) -> Patch {
    let mut patch = Patch {
        name: change(all, fields, "name", |all, value| Some(line(all, "name", value)?.value)),
        licenses: change(all, fields, "licenses", licenses),
        cpe: change(all, fields, "cpe", |all, v| templates(all, "cpe", v, Scope::Published)),
        purl: change(all, fields, "purl", |all, v| templates(all, "purl", v, Scope::Published)),
        file: change(all, fields, "file", |all, value| {
            let text = string(all, "file", value)?;
            all.template(&text, Scope::File);
            Some(text)
        }),
        metadata: change(all, fields, "metadata", metadata),
        ..Patch::default()
    };
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
pub(super) fn settings(patch: Patch) -> Settings {
    fn set<T>(change: Change<T>) -> Option<T> {
        match change {
            Change::Set(value) => Some(value),
            Change::Keep | Change::Clear => None,
        }
    }
    let metadata = set(patch.metadata).unwrap_or_default();
    Settings {
        build: None,
        detect_licenses: false,
        test: None,
        name: set(patch.name),
        licenses: set(patch.licenses).unwrap_or_default(),
        cpe: set(patch.cpe).unwrap_or_default(),
        purl: set(patch.purl).unwrap_or_default(),
        file: set(patch.file),
        artifact: set(patch.artifact).unwrap_or_default(),
        asset: set(patch.asset),
        replacements: set(patch.replacements).unwrap_or_default(),
        checksum: set(patch.checksum),
        signature: set(patch.signature),
        metadata: metadata.into_iter().filter_map(|(key, value)| Some((key, value?))).collect(),
        min_age: set(patch.min_age),
        eol: EolRule { warn: set(patch.eol_warn), drop_after: set(patch.eol_drop_after) },
    }
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

fn change<'a, 't, T>(
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

fn licenses(all: &mut Collector<'_>, value: &Value<'_>) -> Option<Vec<String>> {
    if value.get_ref().as_str() == Some("detect") {
        let help = "list SPDX expressions: `licenses = [\"MIT\"]`";
        bad_value(all, value.span(), "`\"detect\"` is not supported yet", Some(help.to_owned()));
        return None;
    }
    let list = strings(all, "licenses", value)?;
    Some(list.into_iter().map(|license| license.value).collect())
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
