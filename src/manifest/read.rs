//! Reads the whole file.

use std::collections::BTreeMap;

use toml::de::DeTable;

use super::{
    Known, Read,
    collect::{Collector, Extra as _, mistake},
    dependency, extends,
    fields::{Table, table},
    keys::{self, shorten},
    merge, syntax,
    targets::{self, Targets},
    text, top,
};
use crate::model::{Code, DependencyId, Manifest, Mistake};

/// How many dependencies a manifest may have.
const MOST: usize = 10_000;

/// Reads deps.toml and finds all its mistakes. Never panics, whatever the bytes are.
///
/// Where there are mistakes, `storage` and `sources` still hold what could be read, so that the
/// drivers can add theirs to the same report.
pub fn read(bytes: &[u8], known: &Known<'_>) -> Read {
    let text = match text::text(bytes) {
        Ok(text) => text,
        Err(mistake) => return nothing(vec![mistake]),
    };
    let (file, errors) = DeTable::parse_recoverable(text);
    let (broken, trusted) = syntax::mistakes(text, &errors);
    if !trusted {
        return nothing(broken);
    }
    let mut all = Collector::new(text, known);
    for mistake in broken {
        all.add(mistake);
    }
    whole(all, file.get_ref())
}

fn nothing(mistakes: Vec<Mistake>) -> Read {
    Read {
        manifest: None,
        storage: None,
        sources: BTreeMap::new(),
        fallbacks: BTreeMap::new(),
        schedules: BTreeMap::new(),
        mistakes,
    }
}

fn whole(mut all: Collector<'_>, file: &DeTable<'_>) -> Read {
    text::check_hidden(&mut all, file);
    keys::TOP.check(&mut all, file);
    let project = top::project(&mut all, file);
    let storage = top::storage(&mut all, file);
    let retention = top::retention(&mut all, file);
    let targets = targets::read(&mut all, file);
    let ids = file.get("dependencies").and_then(|value| value.get_ref().as_table());
    all.ids = ids.iter().flat_map(|ids| ids.keys()).map(|id| id.get_ref().to_string()).collect();
    let defaults = file.get("defaults").and_then(|value| table(&mut all, "defaults", value));
    if let Some(defaults) = defaults {
        dependency::check_defaults(&mut all, defaults, &targets);
    }
    let found = file.get("dependencies").and_then(|value| table(&mut all, "dependencies", value));
    let mut read = nothing(Vec::new());
    let mut dependencies = BTreeMap::new();
    if let Some(found) = found {
        if found.keys.len() > MOST {
            let message = format!("{} dependencies; at most {MOST} are read", found.keys.len());
            all.add(mistake(Code::TOO_LARGE, found.span(), message).label("these"));
        } else {
            let defaults = defaults.map(|defaults| defaults.keys);
            each(&mut all, found, defaults, &targets, &mut dependencies, &mut read);
        }
    }
    let (rule, driver) = match storage {
        Some((rule, driver, rest)) => (Some(rule), Some((driver, rest))),
        None => (None, None),
    };
    read.storage = driver;
    if all.is_clean()
        && let (Some(project), Some(storage)) = (project, rule)
    {
        read.manifest =
            Some(Manifest { project, storage, retention, targets: targets.all, dependencies });
    }
    read.mistakes = all.into_mistakes();
    read
}

fn each(
    all: &mut Collector<'_>,
    found: Table<'_, '_>,
    defaults: Option<&DeTable<'_>>,
    targets: &Targets,
    dependencies: &mut BTreeMap<DependencyId, crate::model::Dependency>,
    read: &mut Read,
) {
    for (key, value) in found.keys {
        let name: &str = key.get_ref();
        let id = id(all, name, key.span());
        let Some(own) = table(all, name, value) else { continue };
        // Before `false` takes anything away, a misspelt key with it.
        dependency::check_keys(all, own);
        let chain = extends::chain(all, found.keys, name);
        let complete = chain.is_some();
        let layers = chain.unwrap_or_else(|| vec![own.keys]);
        let weight = layers.iter().copied().chain(defaults).map(merge::weight).sum();
        if !all.take_room(weight, &key.span()) {
            return;
        }
        let merged = merge::merge(defaults, &layers);
        // A bad id is no reason to keep back what is wrong below it.
        let Some(stand_in) = id.clone().or_else(|| DependencyId::new("id").ok()) else { continue };
        let fields = Table { keys: &merged, at: own.at };
        let found = dependency::read(all, &stand_in, fields, targets, complete);
        let Some(id) = id else { continue };
        if let Some(source) = found.source {
            let names = source.rule.fallback.into_iter().map(|it| it.rule.driver);
            read.fallbacks.insert(id.clone(), names.zip(source.fallbacks).collect());
            read.sources.insert(id.clone(), (source.rule.driver, source.rest));
        }
        if let Some(schedule) = found.schedule {
            read.schedules.insert(id.clone(), schedule);
        }
        if let Some(dependency) = found.dependency {
            dependencies.insert(id, dependency);
        }
    }
}

fn id(all: &mut Collector<'_>, name: &str, span: std::ops::Range<usize>) -> Option<DependencyId> {
    if let Some(stem) = name.strip_suffix(".json") {
        let message = format!("`{}` is no id for a dependency", shorten(name));
        let help = "an argument that ends in `.json` is a plan file";
        let help = match DependencyId::new(stem) {
            Ok(stem) => format!("{help}: call it `{stem}`"),
            Err(_) => help.to_owned(),
        };
        all.add(mistake(Code::BAD_NAME, span, message).help(help));
        return None;
    }
    let id = DependencyId::new(name).ok();
    if id.is_none() {
        let near: String = name
            .to_lowercase()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' })
            .collect();
        let near = near.trim_start_matches(['.', '_', '-']);
        let help =
            "small letters, digits and `.`, `_`, `-`, the first a letter or digit, at most 64";
        all.add(
            mistake(Code::BAD_NAME, span, format!("`{}` is no id for a dependency", shorten(name)))
                .help(match DependencyId::new(near) {
                    Ok(near) => format!("{help}: `{near}`"),
                    Err(_) => help.to_owned(),
                }),
        );
    }
    id
}
