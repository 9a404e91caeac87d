//! What kind of store it is, and what its listings show.

use std::collections::BTreeMap;

use depstate::model::{ObjectKey, ObjectMeta};

use super::{World, request::Good};

/// How `ETag`s are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Etags {
    /// A new one with every write.
    Unique,
    /// The content's digest.
    Content,
    /// The content's digest, and another shape for what came in parts.
    Md5Like,
}

/// What kind of store it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quirks {
    pub(crate) etags: Etags,
    /// Listings may leave out what was written in so many steps, and show what was deleted in them.
    pub(crate) lag: u64,
    /// How many keys a page of a listing has.
    pub(crate) page: usize,
    /// A planted bug: `If-Match` is not looked at.
    pub(crate) ignores_match: bool,
    /// A planted bug: `If-None-Match` is not looked at.
    pub(crate) ignores_absent: bool,
}

impl World {
    pub(super) fn page(&mut self, prefix: &str, after: &str) -> Good {
        let (lag, step) = (self.quirks.lag, self.step);
        let mut seen: BTreeMap<String, ObjectMeta> = BTreeMap::new();
        for (key, stored) in &self.objects {
            let young = lag > 0 && stored.step + lag > step;
            if key.starts_with(prefix) && !(young && self.rng.chance(500)) {
                seen.insert(key.clone(), stored.meta.clone());
            }
        }
        for (key, (meta, at)) in &self.graves {
            if lag > 0 && at + lag > step && key.starts_with(prefix) && self.rng.chance(500) {
                seen.entry(key.clone()).or_insert_with(|| meta.clone());
            }
        }
        let mut found: Vec<(ObjectKey, ObjectMeta)> = seen
            .into_iter()
            .filter(|(key, _)| key.as_str() > after)
            .map(|(key, meta)| (ObjectKey::new(key), ObjectMeta { checksum: None, ..meta }))
            .collect();
        let more = found.len() > self.quirks.page;
        found.truncate(self.quirks.page);
        Good::Page { found, more }
    }
}
