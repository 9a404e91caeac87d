//! One dependency, after `[defaults]` and `extends` are merged in.

use std::time::Duration;

use super::{
    DriverTable,
    collect::{Collector, Extra as _, mistake, range},
    extra,
    fields::{Table, string},
    keys::{self, nearest, one_of, shorten},
    keys_build, lines, overrides, rules,
    schedule::{self, Schedule},
    settings, source,
    source::Source,
    steps::{self, Whole},
    targets::Targets,
    values,
};
use crate::model::{Code, Dependency, DependencyId, Pattern, Scheme, TargetName};

/// What was read of a dependency.
#[derive(Debug)]
pub(super) struct Found {
    /// It, if nothing of it is missing.
    pub(super) dependency: Option<Dependency>,
    /// Its source, if that could be read.
    pub(super) source: Option<Source>,
    /// Its schedule's table, if it has one that could be read.
    pub(super) schedule: Option<DriverTable>,
}

/// Reads a dependency. An incomplete one is told no missing keys: what it begins as is not known.
pub(super) fn read(
    all: &mut Collector<'_>,
    id: &DependencyId,
    fields: Table<'_, '_>,
    targets: &Targets,
    complete: bool,
) -> Found {
    let told = all.told;
    let parts = parts(all, Some(id), fields, targets, complete);
    if complete {
        let wanted = parts.targets.as_deref().unwrap_or_default();
        let read = all.told == told;
        let whole =
            Whole { read, id, fields, settings: &parts.settings, overrides: &parts.overrides };
        steps::check(all, &whole, wanted, targets);
    }
    let dependency = parts.source.as_ref().filter(|_| complete).and_then(|source| {
        Some(Dependency {
            extra: parts.extra,
            id: id.clone(),
            targets: parts.targets?,
            scheme: parts.scheme,
            lines: parts.lines,
            exclude: parts.exclude,
            only: parts.only,
            source: source.rule.clone(),
            schedule: parts.schedule.as_ref().map(|it| it.rule.clone()),
            settings: parts.settings,
            overrides: parts.overrides,
            max_staleness: parts.max_staleness,
            span: (fields.at.0, fields.at.1.saturating_sub(fields.at.0)),
        })
    });
    let schedule = parts.schedule.map(|schedule| schedule.rest);
    Found { dependency, source: parts.source, schedule }
}

/// Checks the keys of a dependency as written.
pub(super) fn check_keys(all: &mut Collector<'_>, fields: Table<'_, '_>) {
    keys::DEPENDENCY.check(all, fields.keys);
    for (key, keys) in
        [("verify", &keys::VERIFY), ("build", &keys_build::BUILD), ("test", &keys_build::TEST)]
    {
        if let Some(table) = fields.get(key).and_then(|value| value.get_ref().as_table()) {
            keys.check(all, table);
        }
    }
}

/// Checks `[defaults]`, whether or not a dependency takes them.
pub(super) fn check_defaults(all: &mut Collector<'_>, fields: Table<'_, '_>, targets: &Targets) {
    if let Some((key, _)) = fields.keys.get_key_value("extends") {
        all.add(
            mistake(Code::EXTENDS, key.span(), "`extends` can't stand in `[defaults]`")
                .label("not here")
                .help("put it into the dependency that begins as another"),
        );
    }
    check_keys(all, fields);
    parts(all, None, fields, targets, false);
}

#[derive(Debug)]
struct Parts {
    targets: Option<Vec<TargetName>>,
    scheme: Scheme,
    lines: Vec<crate::model::VersionLine>,
    exclude: Vec<crate::model::Rule>,
    only: Vec<crate::model::Rule>,
    source: Option<Source>,
    schedule: Option<Schedule>,
    settings: crate::model::Settings,
    overrides: Vec<crate::model::Override>,
    extra: Vec<crate::model::ExtraRule>,
    max_staleness: Option<Duration>,
}

fn parts(
    all: &mut Collector<'_>,
    id: Option<&DependencyId>,
    fields: Table<'_, '_>,
    targets: &Targets,
    complete: bool,
) -> Parts {
    let source = source::read(all, fields, id.map(DependencyId::as_str), complete);
    let extract = source.as_ref().map(|source| source.rule.extract.as_slice());
    let scheme = &scheme(all, fields, extract.unwrap_or_default());
    Parts {
        targets: match fields.get("targets") {
            Some(value) => targets.wanted(all, value),
            None => Some(vec![TargetName::any()]),
        },
        scheme: scheme.clone(),
        lines: lines::read(all, fields, scheme, complete),
        exclude: rules::read(all, fields, "exclude", &keys::EXCLUDE, scheme, targets),
        only: rules::read(all, fields, "only", &keys::ONLY, scheme, targets),
        source,
        schedule: schedule::read(all, fields, id.map(DependencyId::as_str), complete),
        settings: settings::settings(&settings::read(all, fields, false)),
        overrides: overrides::read(all, fields, scheme, targets),
        extra: extra::read(all, fields, scheme, targets),
        max_staleness: fields
            .get("max-staleness")
            .and_then(|value| values::duration(all, "max-staleness", value)),
    }
}

fn scheme(all: &mut Collector<'_>, fields: Table<'_, '_>, extract: &[Pattern]) -> Scheme {
    let Some(text) = fields.get("scheme").and_then(|value| string(all, "scheme", value)) else {
        return Scheme::default();
    };
    let Some(scheme) = Scheme::named(&text.value, extract) else {
        let near = nearest(&text.value, Scheme::NAMES.iter().copied());
        let help = near.map_or_else(
            || format!("it is one of {}", one_of(Scheme::NAMES)),
            |near| format!("did you mean `{near}`?"),
        );
        let message = format!("there is no version scheme `{}`", shorten(&text.value));
        all.add(
            mistake(Code::UNKNOWN_SCHEME, range(&text), message).label("unknown scheme").help(help),
        );
        return Scheme::default();
    };
    let source = fields.get("source").and_then(|value| value.get_ref().as_table());
    let lacks = source.is_some_and(|source| !source.contains_key("extract"));
    if matches!(scheme, Scheme::Regex(_)) && lacks {
        all.add(
            mistake(
                Code::MISSING_KEY,
                range(&text),
                "the scheme `regex` needs the key `extract` in the source",
            )
            .label("it orders by the groups of `extract`")
            .help("write `extract = '^release-(?<major>\\d+)-(?<minor>\\d+)$'`"),
        );
    }
    scheme
}
