//! Sub-dependencies: which of them a version and target of a dependency wants.

use std::collections::BTreeMap;

use super::{
    Change, ChecksumRule, Dependency, ExtraRule, Located, TargetName, Version, recipe::ExtraFile,
};

/// A sub-dependency that one version and target wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WantedExtra<'a> {
    /// Its version.
    pub version: &'a Located<String>,
    /// Its address, a template; none: no block that fits gives one.
    pub artifact: Option<&'a Located<String>>,
    /// Where its digest is found.
    pub checksum: Option<&'a ChecksumRule>,
}

/// What blocks said of an id so far.
#[derive(Default)]
struct Said<'a> {
    version: Option<&'a Located<String>>,
    artifact: Option<&'a Located<String>>,
    checksum: Option<&'a ChecksumRule>,
}

impl Dependency {
    /// Returns the blocks that hold for a version and target: an override gives others in place of
    /// the dependency's own.
    pub fn extra_rules(&self, version: &Version, target: &TargetName) -> &[ExtraRule] {
        let mut rules = self.extra.as_slice();
        for o in &self.overrides {
            let wanted = o.when.as_ref().is_none_or(|when| when.matches(version))
                && o.targets.as_ref().is_none_or(|targets| targets.contains(target));
            match &o.patch.extra {
                Change::Set(others) if wanted => rules = others,
                Change::Clear if wanted => rules = &[],
                Change::Keep | Change::Set(_) | Change::Clear => {}
            }
        }
        rules
    }

    /// Returns the sub-dependencies of a version and target, by id.
    ///
    /// Later blocks win id by id. A block without an address keeps the one that the id had, and with
    /// it the way to its digest; but a digest that was written down holds for its version alone.
    pub fn extra_of(
        &self,
        version: &Version,
        target: &TargetName,
    ) -> BTreeMap<&str, WantedExtra<'_>> {
        let mut all: BTreeMap<&str, Said<'_>> = BTreeMap::new();
        for rule in self.extra_rules(version, target) {
            let fits = rule.when.as_ref().is_none_or(|when| when.matches(version))
                && rule.targets.as_ref().is_none_or(|targets| targets.contains(target));
            if fits {
                for (id, version) in &rule.versions {
                    all.entry(id).or_default().lay(rule, version.as_ref());
                }
            }
        }
        let wanted = all.into_iter().filter_map(|(id, said)| {
            let version = said.version?;
            Some((id, WantedExtra { version, artifact: said.artifact, checksum: said.checksum }))
        });
        wanted.collect()
    }
}

impl<'a> Said<'a> {
    fn lay(&mut self, rule: &'a ExtraRule, version: Option<&'a Located<String>>) {
        let value = |it: Option<&'a Located<String>>| it.map(|it| it.value.as_str());
        let same = value(version) == value(self.version);
        self.version = version;
        if rule.artifact.is_some() {
            (self.artifact, self.checksum) = (rule.artifact.as_ref(), None);
        }
        if rule.checksum.is_some() {
            self.checksum = rule.checksum.as_ref();
        } else if !same {
            self.checksum =
                self.checksum.filter(|rule| !matches!(rule, ChecksumRule::Given { .. }));
        }
    }
}

impl ExtraFile {
    /// Tells whether a text can be the id of a sub-dependency: it names a file for scripts.
    pub fn is_id(text: &str) -> bool {
        let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        text.len() <= 64
            && text.bytes().all(inner)
            && text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
    }
}
