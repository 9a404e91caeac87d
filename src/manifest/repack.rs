//! `build.repack`: how members of the upstream archive become those of the output.

use std::collections::BTreeMap;

use super::{
    collect::{Collector, Extra as _, mistake, range},
    fields::{Value, bad_value, string, strings, table, whole, wrong_type},
    keys::shorten,
    keys_build,
    paths::{glob, relative},
    templates::is_template,
};
use crate::model::{Code, Located, Repack};

/// No archive has deeper folders.
const DEEPEST: i64 = 64;

/// Reads the table; an empty one packs everything as it is.
pub(super) fn repack(all: &mut Collector<'_>, value: &Value<'_>) -> Option<Repack> {
    if !value.get_ref().is_table() {
        let help = "write `repack = { strip-components = 1 }`; `{}` packs everything as it is";
        wrong_type(all, "repack", value, "a table", Some(help.to_owned()));
        return None;
    }
    let fields = table(all, "repack", value)?;
    keys_build::REPACK.check(all, fields.keys);
    let strip = fields.get("strip-components").and_then(|value| strip(all, value));
    let mut globs = |key| fields.get(key).and_then(|value| globs(all, key, value));
    let (include, exclude) = (globs("include"), globs("exclude"));
    let rename = fields.get("rename").and_then(|value| rename(all, value));
    Some(Repack {
        strip_components: strip.unwrap_or_default(),
        include: include.unwrap_or_default(),
        exclude: exclude.unwrap_or_default(),
        rename: rename.unwrap_or_default(),
    })
}

fn strip(all: &mut Collector<'_>, value: &Value<'_>) -> Option<u32> {
    let help = || Some("write how many leading folders go: `strip-components = 1`".to_owned());
    if !value.get_ref().is_integer() {
        wrong_type(all, "strip-components", value, "a whole number", help());
        return None;
    }
    let read = whole(value.get_ref()).filter(|n| (0..=DEEPEST).contains(n));
    let read = read.and_then(|n| u32::try_from(n).ok());
    if read.is_none() {
        let message = format!("`strip-components` is none of 0 to {DEEPEST}");
        bad_value(all, value.span(), message, help());
    }
    read
}

fn globs(all: &mut Collector<'_>, key: &str, value: &Value<'_>) -> Option<Vec<String>> {
    let texts = strings(all, key, value)?;
    for text in &texts {
        if plain(all, text) {
            relative(all, key, text, "the archive");
            glob(all, text);
        }
    }
    Some(texts.into_iter().map(|text| text.value).collect())
}

fn rename(all: &mut Collector<'_>, value: &Value<'_>) -> Option<BTreeMap<String, String>> {
    if !value.get_ref().is_table() {
        let help = "write what is and what it becomes: `rename = { \"usr/bin/\" = \"bin/\" }`";
        wrong_type(all, "rename", value, "a table", Some(help.to_owned()));
        return None;
    }
    let fields = table(all, "rename", value)?;
    let mut read = BTreeMap::new();
    for (key, value) in fields.keys {
        let from = Located::new(key.get_ref().clone().into_owned(), key.span());
        // A folder may go away: nothing in its place.
        let away = value.get_ref().as_str() == Some("") && from.value.ends_with('/');
        let to = if away {
            Some(Located::new(String::new(), value.span()))
        } else {
            string(all, &shorten(key.get_ref()), value)
        };
        let Some(to) = to else { continue };
        let (folder, other) = (from.value.ends_with('/'), to.value.ends_with('/'));
        if folder != other && !away {
            let help = "a folder ends with `/` on both sides, a file on neither";
            let shown = (shorten(&from.value), shorten(&to.value));
            let message = format!("`{}` and `{}` are not both folders or files", shown.0, shown.1);
            bad_value(all, value.span(), message, Some(help.to_owned()));
        }
        for text in [&from, &to] {
            if plain(all, text) && !text.value.is_empty() {
                let path = text.value.strip_suffix('/').unwrap_or(&text.value).to_owned();
                let path = Located::new(path, range(text));
                relative(all, "rename", &path, "the archive");
            }
        }
        read.insert(from.value, to.value);
    }
    Some(read)
}

/// Adds a mistake where a text is a template.
fn plain(all: &mut Collector<'_>, text: &Located<String>) -> bool {
    if is_template(&text.value) {
        let message = format!("`{}` can't be a template", shorten(&text.value));
        let help = "take a folder whose name has the version in it off with `strip-components`, or \
                    write a glob";
        all.add(mistake(Code::BAD_VALUE, range(text), message).help(help));
        return false;
    }
    true
}
