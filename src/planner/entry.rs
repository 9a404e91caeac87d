//! A version that a line could keep: what was decided of it, and what is listed.

use std::{borrow::Cow, collections::BTreeMap};

use super::{
    ChosenFile, ChosenRelease, DecidedBy, Options, past::Before, releases::Release, rules,
};
use crate::model::{LockedArtifact, OrderKey, TargetName, Version, VersionLine};

/// A version that a line could keep.
pub(super) struct Entry<'a> {
    pub(super) version: &'a Version,
    pub(super) order: OrderKey,
    pub(super) kept: Option<&'a Before<'a>>,
    pub(super) published: Option<&'a Before<'a>>,
    pub(super) retired: Option<&'a Before<'a>>,
    pub(super) listed: Option<&'a Release<'a>>,
    pub(super) wanting: Vec<&'a TargetName>,
}

impl<'a> Entry<'a> {
    pub(super) fn new(version: &'a Version, order: OrderKey) -> Self {
        Self {
            version,
            order,
            kept: None,
            published: None,
            retired: None,
            listed: None,
            wanting: Vec::new(),
        }
    }

    pub(super) fn upstream(&self) -> &'a str {
        let before = || self.kept.map_or("", |before| before.upstream);
        self.listed.map_or_else(before, |release| release.upstream)
    }

    pub(super) fn before(
        &self,
        target: &TargetName,
    ) -> Option<&'a (Cow<'a, LockedArtifact>, DecidedBy)> {
        let known = self.kept.or(self.published).and_then(|before| before.files.get(target));
        known.or_else(|| self.retired?.files.get(target))
    }

    /// Tells whether it was decided before and still fits. What the index says of it now does not
    /// count: the lock has to say the same with and without a network.
    pub(super) fn stays(&self, line: &VersionLine) -> bool {
        self.kept.is_some()
            && rules::fits(line, &self.order, self.upstream(), self.order.is_prerelease())
    }

    /// Tells whether it may fill a free place.
    pub(super) fn may_enter(&self, line: &VersionLine, options: &Options, update: bool) -> bool {
        match (self.listed, self.kept) {
            (Some(_), Some(_)) if !update => false,
            (Some(release), kept) => {
                let out = release.released.is_none_or(|day| day <= options.as_of);
                !release.yanked
                    && (out || kept.is_some())
                    && rules::fits(line, &self.order, release.upstream, release.prerelease)
            }
            // Older versions may vanish upstream; what was decided stays.
            (None, Some(_)) => update && self.stays(line),
            (None, None) => false,
        }
    }

    pub(super) fn chosen(
        &self,
        line: &VersionLine,
        files: BTreeMap<TargetName, ChosenFile>,
    ) -> ChosenRelease {
        let before = self.kept.or(self.published).and_then(|before| before.released);
        ChosenRelease {
            version: self.version.clone(),
            upstream: self.upstream().to_owned(),
            released: before.or_else(|| self.listed.and_then(|release| release.released)),
            line: line.label().to_owned(),
            eol: line.eol.or_else(|| line.standing.part(&self.order)?.end?.day()),
            files,
        }
    }
}
