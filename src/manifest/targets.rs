//! `[targets]`, and the names and globs that choose among them.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::{DeTable, DeValue};

use super::{
    collect::{Collector, Extra as _, mistake, range},
    fields::{Table, Value, bad_value, line, missing, string, strings, table, wrong_type},
    image,
    keys::{self, nearest, one_of, shorten},
};
use crate::model::{Code, Distro, Glob, Located, Target, TargetName};

const OSES: &[&str] = &["linux", "darwin", "windows"];
const ARCHES: &[&str] = &["amd64", "arm64", "ppc64le", "s390x", "386", "arm"];
/// What others call an os or arch, and Go's word for it.
const OTHER_WORDS: &[(&str, &str)] = &[
    ("macos", "darwin"),
    ("mac", "darwin"),
    ("osx", "darwin"),
    ("apple", "darwin"),
    ("win", "windows"),
    ("win32", "windows"),
    ("win64", "windows"),
    ("ubuntu", "linux"),
    ("debian", "linux"),
    ("alpine", "linux"),
    ("x86_64", "amd64"),
    ("x86-64", "amd64"),
    ("x64", "amd64"),
    ("aarch64", "arm64"),
    ("aarch_64", "arm64"),
    ("armv8", "arm64"),
    ("arm64v8", "arm64"),
    ("ppc64el", "ppc64le"),
    ("powerpc64le", "ppc64le"),
    ("i386", "386"),
    ("i686", "386"),
    ("x86", "386"),
    ("armv6", "arm"),
    ("armv7", "arm"),
    ("armhf", "arm"),
];

/// The declared targets.
#[derive(Debug)]
pub(super) struct Targets {
    /// By name, and `any`.
    pub(super) all: BTreeMap<TargetName, Target>,
    /// The names that globs choose among.
    declared: BTreeSet<TargetName>,
}

/// Reads `[targets]`.
pub(super) fn read(all: &mut Collector<'_>, file: &DeTable<'_>) -> Targets {
    let mut targets = Targets { all: BTreeMap::new(), declared: BTreeSet::new() };
    let found = file.get("targets").and_then(|value| table(all, "targets", value));
    for (key, value) in found.iter().flat_map(|found| found.keys) {
        let Ok(name) = TargetName::new(key.get_ref().as_ref()) else {
            let shown = shorten(key.get_ref());
            all.add(
                mistake(Code::BAD_NAME, key.span(), format!("`{shown}` is no name for a target"))
                    .help("letters, digits and `.`, `_`, `-`, the first a letter or digit, at most 64"),
            );
            continue;
        };
        let target = table(all, key.get_ref(), value).map(|fields| target(all, &name, fields));
        targets.declared.insert(name.clone());
        targets.all.insert(name, target.unwrap_or_default());
    }
    targets.all.entry(TargetName::any()).or_default();
    targets
}

fn target(all: &mut Collector<'_>, name: &TargetName, fields: Table<'_, '_>) -> Target {
    keys::TARGET.check(all, fields.keys);
    let any = *name == TargetName::any();
    let mut of = |key: &str, words: &[&str], example: &str| match fields.get(key) {
        Some(value) if any => {
            let message = format!("the target `any` is for every {key}");
            bad_value(
                all,
                value.span(),
                message,
                Some(format!("leave `{key}` out, or give the target another name")),
            );
            None
        }
        Some(value) => word(all, key, value, words),
        None if any => None,
        None => {
            missing(all, fields, &format!("the target `{name}`"), key, example);
            None
        }
    };
    let os = of("os", OSES, "os = \"linux\"");
    let arch = of("arch", ARCHES, "arch = \"amd64\"");
    let distro = fields.below(all, "distro").and_then(|fields| distro(all, fields));
    let stacks = fields.get("stacks").and_then(|value| strings(all, "stacks", value));
    let vars = fields.below(all, "vars").map(|fields| vars(all, fields));
    let image = fields.get("image").and_then(|value| image::of_target(all, value));
    Target {
        image,
        os,
        arch,
        distro,
        stacks: stacks.unwrap_or_default().into_iter().map(|stack| stack.value).collect(),
        vars: vars.unwrap_or_default(),
    }
}

fn distro(all: &mut Collector<'_>, fields: Table<'_, '_>) -> Option<Distro> {
    keys::DISTRO.check(all, fields.keys);
    let version = fields.get("version").and_then(|value| line(all, "version", value));
    let Some(name) = fields.get("name") else {
        missing(all, fields, "`distro`", "name", "name = \"ubuntu\"");
        return None;
    };
    let name = line(all, "name", name)?;
    Some(Distro { name: name.value, version: version.map(|version| version.value) })
}

fn vars(all: &mut Collector<'_>, fields: Table<'_, '_>) -> BTreeMap<String, String> {
    let mut vars = BTreeMap::new();
    for (key, value) in fields.keys {
        // An empty variable is a value like any other.
        let text = match value.get_ref() {
            DeValue::String(text) => Some(text.clone().into_owned()),
            DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => string(all, key.get_ref(), value).map(|text| text.value),
        };
        if let Some(text) = text {
            vars.insert(key.get_ref().clone().into_owned(), text);
        }
    }
    vars
}

/// Reads one of Go's words for an os or arch.
fn word(all: &mut Collector<'_>, key: &str, value: &Value<'_>, words: &[&str]) -> Option<String> {
    let text = string(all, key, value)?;
    if words.contains(&text.value.as_str()) {
        return Some(text.value);
    }
    all.add(unknown_word(key, &text, words));
    None
}

fn unknown_word(key: &str, text: &Located<String>, words: &[&str]) -> crate::model::Mistake {
    let lower = text.value.to_lowercase();
    let other = OTHER_WORDS.iter().find(|(k, to)| *k == lower && words.contains(to));
    let near = other.map(|(_, to)| *to).or_else(|| nearest(&lower, words.iter().copied()));
    let message = format!("`{}` is not one of the words for an {key}", shorten(&text.value));
    mistake(Code::UNKNOWN_ARCH, range(text), message).help(near.map_or_else(
        || format!("it is one of {}", one_of(words)),
        |near| {
            format!(
                "write `{key} = \"{near}\"`; what upstream calls it stands in \
                 `source.replacements`, `{{ {near} = \"{}\" }}`",
                shorten(&text.value)
            )
        },
    ))
}

/// Reads `replacements`: Go's word on the left, upstream's on the right.
pub(super) fn replacements(
    all: &mut Collector<'_>,
    value: &Value<'_>,
) -> Option<BTreeMap<String, String>> {
    let fields = table(all, "replacements", value)?;
    let mut read = BTreeMap::new();
    for (key, value) in fields.keys {
        let name: &str = key.get_ref();
        let to = string(all, name, value);
        if !OSES.contains(&name) && !ARCHES.contains(&name) {
            let swapped = to.as_ref().filter(|to| {
                OSES.contains(&to.value.as_str()) || ARCHES.contains(&to.value.as_str())
            });
            let shown = shorten(name);
            all.add(
                mistake(
                    Code::UNKNOWN_ARCH,
                    key.span(),
                    format!("`{shown}` is not one of the words for an os or arch"),
                )
                .help(swapped.map_or_else(
                    || format!("on the left stands one of {}", one_of(&[OSES, ARCHES].concat())),
                    |to| format!("the other way round: `{} = \"{shown}\"`", to.value),
                )),
            );
        }
        if let Some(to) = to {
            read.insert(name.to_owned(), to.value);
        }
    }
    Some(read)
}

impl Targets {
    /// Reads `targets` of a dependency: names and globs, sorted when expanded.
    pub(super) fn wanted(
        &self,
        all: &mut Collector<'_>,
        value: &Value<'_>,
    ) -> Option<Vec<TargetName>> {
        if value.get_ref().as_array().is_some_and(|list| list.is_empty()) {
            let help = "leave `targets` out where one file serves every target (`any`)";
            bad_value(all, value.span(), "`targets` is an empty list", Some(help.to_owned()));
            return None;
        }
        let names = strings(all, "targets", value)?;
        let mut seen = BTreeSet::new();
        for name in &names {
            if !seen.insert(&name.value) {
                let shown = shorten(&name.value);
                all.add(
                    mistake(
                        Code::DUPLICATE_ADDRESS,
                        range(name),
                        format!("the target `{shown}` stands here twice"),
                    )
                    .label("the second one")
                    .help("two artifacts would have the same address: name each target once"),
                );
            }
        }
        self.expand(all, &names)
    }

    /// Reads `target` of a rule or override: a name or glob, or a list of them.
    pub(super) fn chosen(
        &self,
        all: &mut Collector<'_>,
        value: &Value<'_>,
    ) -> Option<Vec<TargetName>> {
        let names = match value.get_ref() {
            DeValue::String(_) => vec![line(all, "target", value)?],
            DeValue::Array(_) => strings(all, "target", value)?,
            DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Table(_) => {
                wrong_type(all, "target", value, "the name of a target or a glob", None);
                return None;
            }
        };
        self.expand(all, &names)
    }

    fn expand(
        &self,
        all: &mut Collector<'_>,
        names: &[Located<String>],
    ) -> Option<Vec<TargetName>> {
        let mut found = BTreeSet::new();
        let mut good = true;
        for name in names {
            if !all.take_room(64 * (1 + self.declared.len()), &range(name)) {
                return None;
            }
            if let Some(known) = all.globs.get(&name.value) {
                found.extend(known.iter().cloned());
                continue;
            }
            match self.one(name) {
                Ok(targets) => {
                    found.extend(targets.iter().cloned());
                    all.globs.insert(name.value.clone(), targets);
                }
                Err(wrong) => {
                    good = false;
                    all.add(*wrong);
                }
            }
        }
        good.then(|| found.into_iter().collect())
    }

    fn one(&self, name: &Located<String>) -> Result<Vec<TargetName>, Box<crate::model::Mistake>> {
        let shown = shorten(&name.value);
        if Glob::is_wild(&name.value) {
            let glob = Glob::new(&name.value).map_err(|e| {
                Box::new(mistake(
                    Code::BAD_PATTERN,
                    range(name),
                    format!("`{shown}` is not a glob: {}", e.why),
                ))
            })?;
            let found: Vec<TargetName> =
                self.declared.iter().filter(|t| glob.matches(t.as_str())).cloned().collect();
            if found.is_empty() {
                return Err(Box::new(
                    mistake(
                        Code::UNKNOWN_TARGET,
                        range(name),
                        format!("no target matches `{shown}`"),
                    )
                    .label("matches nothing")
                    .help(self.offer()),
                ));
            }
            return Ok(found);
        }
        let known = TargetName::new(name.value.as_str()).ok();
        if let Some(known) = known.filter(|known| self.all.contains_key(known)) {
            return Ok(vec![known]);
        }
        let near = nearest(&name.value, self.declared.iter().map(TargetName::as_str));
        Err(Box::new(
            mistake(
                Code::UNKNOWN_TARGET,
                range(name),
                format!("the target `{shown}` is not declared"),
            )
            .label("unknown target")
            .help(near.map_or_else(|| self.offer(), |near| format!("did you mean `{near}`?"))),
        ))
    }

    fn offer(&self) -> String {
        let names: Vec<&str> = self.declared.iter().map(TargetName::as_str).collect();
        match names.len() {
            0 => "declare it: `[targets.linux-amd64]` with `os` and `arch`".to_owned(),
            1..=8 => format!("declared under `[targets]`: {}", one_of(&names)),
            n => format!("{n} targets are declared under `[targets]`, none of that name"),
        }
    }
}
