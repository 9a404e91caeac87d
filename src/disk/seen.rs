//! `.depstate/seen.json`: the newest HEAD that this checkout has seen, by location and lineage.

use serde::{Deserialize, Serialize};

use super::{Workspace, notes::Notes};
use crate::model::{Head, ObjectKey};

/// The newest HEAD that was seen in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The place, as its driver calls it.
    pub location: String,
    /// The history of the prefix.
    pub lineage: String,
    /// The highest serial.
    pub serial: u64,
    /// The nonce of that HEAD: the same serial with another is another HEAD.
    pub nonce: String,
    /// The generation that it named; none at genesis.
    #[serde(default)]
    pub r#gen: Option<ObjectKey>,
}

impl Seen {
    /// Makes a note of a HEAD.
    pub fn of(location: &str, head: &Head) -> Self {
        Self {
            location: location.to_owned(),
            lineage: head.lineage.clone(),
            serial: head.serial,
            nonce: head.nonce.clone(),
            r#gen: head.r#gen.as_ref().map(|at| at.key.clone()),
        }
    }

    /// Tells whether a HEAD of the same history is older than this one, or another in its place.
    pub fn is_ahead_of(&self, head: &Head) -> bool {
        self.serial > head.serial || (self.serial == head.serial && self.nonce != head.nonce)
    }

    fn is_of(&self, location: &str, lineage: &str) -> bool {
        self.location == location && self.lineage == lineage
    }
}

/// How the file is called.
const NAME: &str = "seen.json";

impl Workspace {
    /// Returns the newest HEAD that was seen in a place, of this history.
    pub fn seen(&self, location: &str, lineage: &str) -> Option<Seen> {
        self.seen_at(location).into_iter().find(|seen| seen.lineage == lineage)
    }

    /// Returns the newest HEAD of each history that was seen in a place.
    pub fn seen_at(&self, location: &str) -> Vec<Seen> {
        let mut all: Vec<Seen> = Notes::new(self, NAME).read();
        all.retain(|seen| seen.location == location);
        all
    }

    /// Keeps a HEAD that was seen, if it is newer than what is kept. A checkout that can't be
    /// written to is as good, only less wary.
    pub fn keep_seen(&self, new: &Seen) {
        let known = |all: &[Seen]| {
            let mut same = all.iter().filter(|seen| seen.is_of(&new.location, &new.lineage));
            same.any(|seen| seen.serial >= new.serial)
        };
        let notes = Notes::new(self, NAME);
        // Nearly always it is known: then nothing is locked and nothing written.
        if known(&notes.read()) {
            return;
        }
        notes.change(|all: &mut Vec<Seen>| {
            if known(all) {
                return false;
            }
            all.retain(|seen| !seen.is_of(&new.location, &new.lineage));
            all.push(new.clone());
            all.sort_by(|a, b| (&a.location, &a.lineage).cmp(&(&b.location, &b.lineage)));
            true
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(serial: u64) -> Seen {
        Seen {
            location: "fs:mirror".to_owned(),
            lineage: "a".to_owned(),
            serial,
            nonce: format!("n{serial}"),
            r#gen: None,
        }
    }

    #[test]
    fn it_only_rises_whoever_writes() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::new(folder.path());
        assert_eq!(workspace.seen("fs:mirror", "a"), None);
        std::thread::scope(|scope| {
            for start in 0..4 {
                let workspace = &workspace;
                scope.spawn(move || {
                    for serial in (start..40).step_by(4) {
                        workspace.keep_seen(&seen(serial));
                        assert!(workspace.seen("fs:mirror", "a").unwrap().serial >= serial);
                    }
                });
            }
        });
        workspace.keep_seen(&seen(12));
        assert_eq!(workspace.seen("fs:mirror", "a"), Some(seen(39)));
        // Histories and places do not mix.
        workspace.keep_seen(&Seen { lineage: "b".to_owned(), ..seen(1) });
        workspace.keep_seen(&Seen { location: "fs:other".to_owned(), ..seen(2) });
        assert_eq!(workspace.seen("fs:mirror", "a"), Some(seen(39)));
        assert_eq!(workspace.seen_at("fs:mirror").len(), 2);
    }

    #[test]
    fn junk_is_replaced_and_a_newer_format_left() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::new(folder.path());
        workspace.keep_seen(&seen(3));
        let path = folder.path().join(".depstate/seen.json");
        for junk in ["", "{", "[]", "{\"format\":1,\"entries\":[{}]}", "\u{0}"] {
            fs_err::write(&path, junk).unwrap();
            assert_eq!(workspace.seen("fs:mirror", "a"), None, "{junk}");
            workspace.keep_seen(&seen(4));
            assert_eq!(workspace.seen("fs:mirror", "a"), Some(seen(4)), "{junk}");
        }
        let newer = "{\"format\":2,\"everything\":\"else\"}";
        fs_err::write(&path, newer).unwrap();
        workspace.keep_seen(&seen(5));
        assert_eq!(fs_err::read_to_string(&path).unwrap(), newer);
    }

    #[test]
    fn the_same_serial_with_another_nonce_is_another_head() {
        let head = |serial: u64, nonce: &str| Head {
            format: 1,
            lineage: "a".to_owned(),
            project: "p".to_owned(),
            serial,
            nonce: nonce.to_owned(),
            kind: crate::model::HeadKind::Fence,
            r#gen: None,
            prev_head_sha256: None,
            tx: None,
            single_writer: false,
            probe: None,
            tool: "depstate test".to_owned(),
        };
        assert!(!seen(3).is_ahead_of(&head(3, "n3")));
        assert!(!seen(3).is_ahead_of(&head(4, "n4")));
        assert!(seen(3).is_ahead_of(&head(3, "x")));
        assert!(seen(3).is_ahead_of(&head(2, "n2")));
    }
}
