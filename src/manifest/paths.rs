//! Paths of files beside deps.toml, and in archives.

use super::{
    collect::{Collector, Extra as _, mistake, range},
    fields::{Value, list, string, wrong_element},
    keys::shorten,
    templates::{is_template, plainest},
};
use crate::{
    model::{Code, Glob, Located},
    template::Scope,
};

/// Reads `script`: one file beside deps.toml, a template.
pub(super) fn script(all: &mut Collector<'_>, value: &Value<'_>) -> Option<Located<String>> {
    let text = string(all, "script", value)?;
    if text.value.trim_end().contains('\n') || text.value.starts_with("#!") {
        let help = "put the lines into a file beside deps.toml: `script = \"build/tool.sh\"`";
        let message = "`script` is the name of a file, not the script itself";
        all.add(mistake(Code::BAD_VALUE, range(&text), message).help(help));
        return None;
    }
    all.template(&text, Scope::Published);
    relative(all, "script", &text, "deps.toml");
    if Glob::is_wild(&plainest(&text.value)) {
        let help = "name one file; what else it reads stands in `inputs`";
        let message = "`script` has a wildcard in it";
        all.add(mistake(Code::BAD_VALUE, range(&text), message).help(help));
    }
    Some(text)
}

/// Reads a list of paths and globs, which are templates, of what lies beside or in `of`.
pub(super) fn globs(
    all: &mut Collector<'_>,
    key: &str,
    value: &Value<'_>,
    of: &str,
) -> Option<Vec<Located<String>>> {
    let texts = texts(all, key, value)?;
    for text in &texts {
        all.template(text, Scope::Published);
        relative(all, key, text, of);
        glob(all, text);
    }
    Some(texts)
}

/// Adds a mistake where a text is no glob.
pub(super) fn glob(all: &mut Collector<'_>, text: &Located<String>) {
    if let Err(error) = Glob::new(&plainest(&text.value)) {
        let message = format!("`{}` is not a glob: {}", shorten(&text.value), error.why);
        all.add(
            mistake(Code::BAD_PATTERN, range(text), message)
                .help("`*`, `?`, `[ab]` and `{a,b}` stand for other letters; close each bracket"),
        );
    }
}

/// Reads a list of strings that may have several lines.
pub(super) fn texts(
    all: &mut Collector<'_>,
    key: &str,
    value: &Value<'_>,
) -> Option<Vec<Located<String>>> {
    let help = value.get_ref().as_str().map(|text| {
        let each: Vec<String> = match key {
            "run" => text.split_whitespace().map(|word| format!("\"{word}\"")).collect(),
            _ => vec![format!("\"{text}\"")],
        };
        format!("write `{key} = [{}]`", shorten(&each.join(", ")))
    });
    list(all, key, value, "a list of strings", help, |all, entry| {
        if entry.get_ref().is_str() {
            return string(all, key, entry);
        }
        wrong_element(all, key, entry, "strings", None);
        None
    })
}

/// Adds a mistake where a path is absolute, leaves its folder, or is not spelt plainly.
pub(super) fn relative(all: &mut Collector<'_>, key: &str, text: &Located<String>, of: &str) {
    let plain = plainest(&text.value);
    let shown = shorten(&text.value);
    let mut told = |message: String, help: String| {
        all.add(mistake(Code::BAD_VALUE, range(text), message).help(help));
    };
    let from = match of {
        "deps.toml" => "the folder that deps.toml lies in",
        _ => "the archive's root",
    };
    let drive = plain.as_bytes().get(1) == Some(&b':');
    if plain.contains('\\') {
        let help = format!("write `{}`", shown.replace('\\', "/"));
        return told(format!("`{shown}` has a backslash in it"), help);
    }
    if plain.starts_with(['/', '~']) || drive {
        let help = format!("write the path from {from}, without a `/` before it");
        return told(format!("`{key}` has the absolute path `{shown}`"), help);
    }
    if plain.split('/').any(|part| part == "..") {
        let help = format!("it must lie below {from}: leave `..` out");
        return told(format!("`{shown}` leads out of {from}"), help);
    }
    // What a statement leaves out is not known here.
    let odd = |part: &str| part.is_empty() || part == ".";
    if !text.value.contains("{%") && plain.split('/').any(odd) {
        let folder = plain.ends_with('/') && !is_template(&text.value);
        let help = if folder && key == "inputs" {
            format!("all below a folder is `{shown}**`")
        } else {
            let parts: Vec<&str> = shown.split('/').filter(|part| !odd(part)).collect();
            format!("write `{}`", parts.join("/"))
        };
        told(format!("`{shown}` is not spelt plainly"), help);
    }
}
