//! `[[dependencies.ID.override]]`: the one way to say "except".

use super::{
    collect::Collector,
    extra,
    fields::{Table, list, table},
    keys, rules, settings,
    targets::Targets,
};
use crate::model::{Override, Patch, Scheme};

/// Reads the overrides, in their order.
pub(super) fn read(
    all: &mut Collector<'_>,
    dependency: Table<'_, '_>,
    scheme: &Scheme,
    targets: &Targets,
) -> Vec<Override> {
    let Some(value) = dependency.get("override") else { return Vec::new() };
    let help = "an override wants double brackets: `[[dependencies.ID.override]]`";
    let read =
        list(all, "override", value, "a list of tables", Some(help.to_owned()), |all, entry| {
            let fields = table(all, "override", entry)?;
            keys::OVERRIDE.check(all, fields.keys);
            let extra = extra::change(all, fields, scheme, targets);
            let (when, targets) = rules::spoken_of(all, fields, scheme, targets);
            let patch = Patch { extra, ..settings::read(all, fields, true) };
            Some(Override { when, targets, patch })
        });
    read.unwrap_or_default()
}
