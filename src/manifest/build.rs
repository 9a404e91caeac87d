//! `build`: how an artifact is made of its source.

use super::{
    collect::Collector,
    environment::env,
    executor::{archive, executor},
    fields::{Value, boolean, table, wrong_type},
    image,
    keys::shorten,
    keys_build,
    limits::limits,
    needs::needs,
    paths,
    repack::repack,
    settings::change,
};
use crate::model::BuildPatch;

/// Reads the table.
pub(super) fn build(all: &mut Collector<'_>, value: &Value<'_>) -> Option<BuildPatch> {
    if !value.get_ref().is_table() {
        let script = value.get_ref().as_str().map_or("build/tool.sh".to_owned(), shorten);
        let help = format!("write `build = {{ script = \"{script}\" }}`");
        wrong_type(all, "build", value, "a table", Some(help));
        return None;
    }
    let fields = table(all, "build", value)?;
    keys_build::BUILD.check(all, fields.keys);
    Some(BuildPatch {
        script: change(all, fields, "script", paths::script),
        inputs: change(all, fields, "inputs", |all, v| paths::globs(all, "inputs", v, "deps.toml")),
        env: change(all, fields, "env", env),
        executor: change(all, fields, "executor", executor),
        image: change(all, fields, "image", image::of_step),
        needs: change(all, fields, "needs", needs),
        archive: change(all, fields, "archive", archive),
        repack: change(all, fields, "repack", repack),
        network: change(all, fields, "network", |all, v| boolean(all, "network", v)),
        reproducible: change(all, fields, "reproducible", |all, v| boolean(all, "reproducible", v)),
        limits: change(all, fields, "limits", limits),
    })
}
