//! The order of what people read: dependency, version newest first, target.

use std::{cmp::Reverse, collections::BTreeMap};

use crate::model::{Address, DependencyId, Manifest, OrderKey, Scheme, TargetName, Version};

/// What an address is sorted by.
pub(super) type Place = (DependencyId, Reverse<(OrderKey, Version)>, TargetName);

/// Orders addresses; each version is read once.
#[derive(Debug)]
pub(super) struct Orders<'a> {
    manifest: &'a Manifest,
    keys: BTreeMap<(DependencyId, Version), OrderKey>,
}

impl<'a> Orders<'a> {
    /// Orders by the schemes of a manifest; a dependency that it lacks orders as `semver`.
    pub(super) fn new(manifest: &'a Manifest) -> Self {
        Self { manifest, keys: BTreeMap::new() }
    }

    /// Returns what a version orders by.
    pub(super) fn key(&mut self, address: &Address) -> OrderKey {
        let version = (address.dependency.clone(), address.version.clone());
        let manifest = self.manifest;
        let order = || match manifest.dependencies.get(&address.dependency) {
            Some(dependency) => dependency.scheme.order(&address.version),
            None => Scheme::default().order(&address.version),
        };
        self.keys.entry(version).or_insert_with(order).clone()
    }

    fn place(&mut self, address: &Address) -> Place {
        let version = (self.key(address), address.version.clone());
        (address.dependency.clone(), Reverse(version), address.target.clone())
    }

    /// Sorts by address.
    pub(super) fn sort<T>(&mut self, all: &mut [T], address: impl Fn(&T) -> &Address) {
        all.sort_by_cached_key(|item| self.place(address(item)));
    }
}
