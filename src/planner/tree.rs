//! Which files beside deps.toml decide anything.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    LocatedFile, Selection,
    artifact::Shared,
    desired::{self, Desired},
    settle,
};
use crate::{
    model::{Address, Change, Dependency, Manifest},
    template::Engine,
};

/// Says which files the builds and tests of a selection name: paths and globs, relative to
/// deps.toml, expanded. Left out is what names a digest that is not known yet, and what is wrong: the
/// plan says so.
pub fn ask_tree(
    manifest: &Manifest,
    selection: &Selection,
    located: &BTreeMap<Address, LocatedFile>,
) -> BTreeSet<String> {
    let engine = Engine::new();
    let mut all = BTreeSet::new();
    // What there is to say of sources is said by the plan.
    let mut said = Desired::default();
    for (id, chosen) in &selection.dependencies {
        let Some(dependency) = manifest.dependencies.get(id).filter(|it| names_files(it)) else {
            continue;
        };
        for release in &chosen.releases {
            let shared = Shared::new(&engine, manifest, dependency, release);
            for (target, file) in &release.files {
                let address = Address {
                    dependency: id.clone(),
                    version: release.version.clone(),
                    target: target.clone(),
                };
                let settled = settle::settle(file, located.get(&address));
                if let Some(source) = desired::source(&address, &settled, &mut said) {
                    all.extend(shared.patterns(&address, &source));
                }
            }
        }
    }
    all
}

/// Tells whether anything of a dependency is built or tested.
fn names_files(dependency: &Dependency) -> bool {
    let settings = &dependency.settings;
    settings.build.is_some()
        || settings.test.is_some()
        || dependency.overrides.iter().any(|it| {
            matches!(it.patch.build, Change::Set(_)) || matches!(it.patch.test, Change::Set(_))
        })
}
