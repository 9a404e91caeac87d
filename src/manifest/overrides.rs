//! `[[dependencies.ID.override]]`: the one way to say "except".

use super::{
    collect::Collector,
    fields::{Table, list, table},
    keys, rules, settings,
    targets::Targets,
};
use crate::model::{Override, Scheme};

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
            let (when, targets) = rules::spoken_of(all, fields, scheme, targets);
            Some(Override { when, targets, patch: settings::read(all, fields, true) })
        });
    read.unwrap_or_default()
}
