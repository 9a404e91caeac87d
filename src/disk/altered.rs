//! `.depstate/verify.json`: objects that `verify --deep` read and found to be other than recorded.
//!
//! A plan that looks at sizes and revisions alone would not see them. It takes no one's word either:
//! what stands here with the revision that the object still has is read again.

use serde::{Deserialize, Serialize};

use super::{Workspace, notes::Notes};
use crate::model::{ObjectKey, Revision, Sha256};

/// An object that was read and found altered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Altered {
    /// The place, as its driver calls it.
    pub location: String,
    /// The history of the prefix.
    pub lineage: String,
    /// The object.
    pub key: ObjectKey,
    /// The state in which it was read.
    pub revision: Revision,
    /// What its bytes were.
    pub sha256: Sha256,
}

impl Altered {
    fn is_of(&self, location: &str, lineage: &str) -> bool {
        self.location == location && self.lineage == lineage
    }
}

/// How the file is called.
const NAME: &str = "verify.json";

impl Workspace {
    /// Returns what was found altered in a place, of this history.
    pub fn altered(&self, location: &str, lineage: &str) -> Vec<Altered> {
        let mut all: Vec<Altered> = Notes::new(self, NAME).read();
        all.retain(|altered| altered.is_of(location, lineage));
        all
    }

    /// Keeps what was found altered, in the place of what was known of the objects that were read.
    /// `stays` tells of what is known besides whether it still counts. Returns whether it is kept.
    pub fn keep_altered(
        &self,
        (location, lineage): (&str, &str),
        found: &[Altered],
        stays: impl Fn(&ObjectKey) -> bool,
    ) -> bool {
        let notes = Notes::new(self, NAME);
        if found.is_empty() && self.altered(location, lineage).is_empty() {
            return true;
        }
        notes.change(|all: &mut Vec<Altered>| {
            all.retain(|old| !old.is_of(location, lineage) || stays(&old.key));
            all.extend(found.iter().cloned());
            true
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_again_replaces_what_was_known() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::new(folder.path());
        let altered = |key: &str, lineage: &str| Altered {
            location: "fs:mirror".to_owned(),
            lineage: lineage.to_owned(),
            key: ObjectKey::new(key),
            revision: Revision("r".to_owned()),
            sha256: Sha256::of(key.as_bytes()),
        };
        let place = |lineage| ("fs:mirror", lineage);
        assert!(workspace.keep_altered(place("a"), &[], |_| true));
        assert!(!workspace.folder().exists(), "nothing to keep, nothing written");
        let both = [altered("x", "a"), altered("y", "a")];
        assert!(workspace.keep_altered(place("a"), &both, |_| false));
        assert!(workspace.keep_altered(place("b"), &[altered("z", "b")], |_| false));
        assert_eq!(workspace.altered("fs:mirror", "a"), both);
        // Only `x` was read, and it is right again.
        assert!(workspace.keep_altered(place("a"), &[], |key| key.as_str() != "x"));
        assert_eq!(workspace.altered("fs:mirror", "a"), both[1..]);
        assert_eq!(workspace.altered("fs:mirror", "b").len(), 1);
    }
}
