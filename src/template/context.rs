//! The values of one expansion, as the engine wants them: only those that the template names.

use minijinja::{Value, value::Serde};

use super::{
    TemplateError, Values,
    tags::{Path, Tags, listed},
};
use crate::model::Target;

/// The largest text that a template takes or gives, in bytes.
pub(super) const MAX_VALUE: usize = 64 * 1024;

/// Returns what the names of a template stand for.
pub(super) fn context(tags: &Tags, values: &Values<'_>) -> Result<Value, TemplateError> {
    let mut pairs: Vec<(&str, Value)> = Vec::new();
    for path in &tags.paths {
        if pairs.iter().any(|(name, _)| *name == path.root()) {
            continue;
        }
        if let Some(value) = value(path.root(), tags, values)? {
            pairs.push((path.root(), value));
        }
    }
    Ok(Value::from_pairs(pairs))
}

fn value(root: &str, tags: &Tags, values: &Values<'_>) -> Result<Option<Value>, TemplateError> {
    Ok(match root {
        "id" => Some(values.id.into()),
        "version" => Some(values.version.into()),
        "upstream" => Some(values.upstream.into()),
        "major" => Some(values.numbers[0].into()),
        "minor" => Some(values.numbers[1].into()),
        "patch" => Some(values.numbers[2].into()),
        "os" => values.os.map(Value::from),
        "arch" => values.arch.map(Value::from),
        "url" => values.url.map(Value::from),
        "ext" => values.ext.map(Value::from),
        "sha256" => values.sha256.map(Value::from),
        "digest8" => values.sha256.and_then(|digest| digest.get(..8)).map(Value::from),
        "target" => Some(target(values.target_name, values.target)),
        "match" => values.matches.map(|groups| {
            Value::from_pairs(groups.iter().map(|(k, v)| (k.as_str(), Value::from(v.as_str()))))
        }),
        "release" => release(tags, values)?,
        "extra" => values.extra.map(|(id, version)| {
            Value::from_pairs([("id", Value::from(id)), ("version", Value::from(version))])
        }),
        _ => None,
    })
}

fn target(name: &str, target: Option<&Target>) -> Value {
    let mut pairs: Vec<(&str, Value)> = vec![("name", name.into())];
    if let Some(target) = target {
        pairs.extend(target.os.as_deref().map(|os| ("os", os.into())));
        pairs.extend(target.arch.as_deref().map(|arch| ("arch", arch.into())));
        pairs.push(("stacks", target.stacks.iter().map(|s| Value::from(s.as_str())).collect()));
        let vars = target.vars.iter().map(|(k, v)| (k.as_str(), Value::from(v.as_str())));
        pairs.push(("vars", Value::from_pairs(vars)));
        if let Some(distro) = &target.distro {
            let version = distro.version.as_deref().map(|version| ("version", version.into()));
            let name = [("name", Value::from(distro.name.as_str()))];
            pairs.push(("distro", Value::from_pairs(name.into_iter().chain(version))));
        }
    }
    Value::from_pairs(pairs)
}

/// What a row holds beside its columns: the keys that the template names, or all where it takes
/// one by a computed name. A null is absent.
fn release(tags: &Tags, values: &Values<'_>) -> Result<Option<Value>, TemplateError> {
    let Some(row) = values.release else {
        return Ok(None);
    };
    let paths: Vec<&Path> = tags.paths.iter().filter(|path| path.root() == "release").collect();
    let all = paths.iter().any(|path| path.segments.len() == 1);
    let mut pairs = Vec::new();
    for (key, value) in row {
        let named = paths.iter().any(|path| path.segments.get(1) == Some(key));
        if value.is_null() || !(all || named) {
            continue;
        }
        if size(value) > MAX_VALUE {
            return Err(TemplateError::new(format!("`release.{key}` is larger than 64 KiB")));
        }
        pairs.push((key.as_str(), Value::from(Serde(value))));
    }
    Ok(Some(Value::from_pairs(pairs)))
}

fn size(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::String(text) => text.len(),
        serde_json::Value::Array(items) => items.iter().map(|item| size(item) + 8).sum(),
        serde_json::Value::Object(map) => map.iter().map(|(k, v)| k.len() + size(v) + 8).sum(),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => 8,
    }
}

/// Returns the first part of a name that stands for nothing: how many parts it has.
pub(super) fn missing(path: &Path, context: &Value) -> Option<usize> {
    let mut value = context.clone();
    for (n, part) in path.segments.iter().enumerate() {
        value = value.get_attr(part).ok()?;
        if value.is_undefined() {
            return Some(n + 1);
        }
    }
    None
}

/// Says why a name stands for nothing.
pub(super) fn undefined(path: &Path, values: &Values<'_>) -> TemplateError {
    let full = path.segments.join(".");
    let parts: Vec<&str> = path.segments.iter().map(String::as_str).collect();
    let error = |message: String| TemplateError::new(message).at(path.at.clone());
    let target = values.target_name;
    match parts.as_slice() {
        ["release", ..] if values.release.is_none() => {
            error(format!("`{full}` is known only while the index is read"))
        }
        ["release", ..] => {
            let keys: Vec<&String> = values.release.into_iter().flat_map(|r| r.keys()).collect();
            error(format!("`{full}` is not in the row of `{}`", values.upstream)).help(
                match keys.as_slice() {
                    [] => "the row has nothing but its columns".to_owned(),
                    keys => format!("the row has {}", listed(&keys[..keys.len().min(20)])),
                },
            )
        }
        ["match", ..] => {
            let keys: Vec<&String> = values.matches.into_iter().flat_map(|r| r.keys()).collect();
            error(format!("`{full}` is no group of `extract` for `{}`", values.upstream)).help(
                match keys.as_slice() {
                    [] => "`extract` gave no named groups".to_owned(),
                    keys => format!("the groups are {}", listed(keys)),
                },
            )
        }
        ["os" | "arch"] | ["target", ..] => {
            error(format!("`{full}` is not defined for the target `{target}`"))
                .help(format!("declare it under `[targets.{target}]`"))
        }
        ["url" | "ext" | "sha256" | "digest8"] => error(format!("`{full}` is not known yet")),
        _ => error(format!("there is no name `{full}`")),
    }
}
