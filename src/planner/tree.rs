//! Which files beside deps.toml decide anything.

use std::collections::BTreeSet;

use super::Selection;
use crate::model::Manifest;

/// Says which files the builds and tests of a selection name: paths and globs, relative to
/// deps.toml, expanded.
pub fn ask_tree(manifest: &Manifest, selection: &Selection) -> BTreeSet<String> {
    let _todo = (manifest, selection);
    BTreeSet::new()
}
