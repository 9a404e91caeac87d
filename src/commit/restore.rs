//! A HEAD that stands on an older generation again, where the one that was there is gone or went
//! back.

use crate::model::{FORMAT, Generation, Head, HeadKind, ObjectRef, Sha256};

/// What a restored HEAD is made from.
#[derive(Debug, Clone)]
pub struct Restore<'a> {
    /// The HEAD that is there; none: there is none, or it can't be read.
    pub now: Option<&'a Head>,
    /// SHA-256 of what is under `head.json`; none: nothing.
    pub previous: Option<Sha256>,
    /// The generation that it will name.
    pub generation: &'a Generation,
    /// Where that is.
    pub at: ObjectRef,
    /// The highest serial that was ever heard of: HEAD's, of any generation or journal, or seen.
    pub highest: u64,
    /// Fresh.
    pub nonce: String,
    /// The program, `depstate 0.1.0`.
    pub tool: &'a str,
}

/// Returns the HEAD. Its serial is above all that was heard of, so nobody who has seen another takes
/// it for an older one, and no key that carries a serial is written twice.
pub fn restored(of: Restore<'_>) -> Head {
    let parent = &of.generation.parent;
    let now = of.now.unwrap_or(parent);
    Head {
        format: FORMAT,
        lineage: parent.lineage.clone(),
        project: now.project.clone(),
        serial: of.highest.max(of.generation.serial).max(now.serial) + 1,
        nonce: of.nonce,
        kind: HeadKind::Commit,
        r#gen: Some(of.at),
        prev_head_sha256: of.previous,
        // Whoever waits for that transaction finds that it is in.
        tx: Some(of.generation.tx.clone()),
        single_writer: now.single_writer,
        probe: now.probe.clone(),
        tool: of.tool.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::{ObjectKey, Tx};

    fn head(serial: u64) -> Head {
        Head {
            format: FORMAT,
            lineage: "a".to_owned(),
            project: "p".to_owned(),
            serial,
            nonce: format!("n{serial}"),
            kind: HeadKind::Fence,
            r#gen: None,
            prev_head_sha256: None,
            tx: None,
            single_writer: serial == 3,
            probe: None,
            tool: "depstate test".to_owned(),
        }
    }

    #[test]
    fn it_is_above_everything_and_follows_what_is_there() {
        let generation = Generation {
            format: FORMAT,
            serial: 8,
            tx: Tx("T".to_owned()),
            index: BTreeMap::new(),
            condemned: Vec::new(),
            replaced: Vec::new(),
            doomed: Vec::new(),
            transactions: vec![Tx("T".to_owned())],
            at: "2025-03-01T12:00:00Z".parse().unwrap(),
            by: None,
            summary: BTreeMap::new(),
            parent: head(7),
        };
        let at = ObjectRef { key: ObjectKey::new("gen/8"), sha256: Sha256::of(b"8") };
        for (now, highest, serial) in
            [(None, 0, 9), (None, 8, 9), (Some(3), 8, 9), (Some(3), 20, 21), (Some(30), 8, 31)]
        {
            let now = now.map(head);
            let new = restored(Restore {
                now: now.as_ref(),
                previous: now.as_ref().map(|_| Sha256::of(b"head")),
                generation: &generation,
                at: at.clone(),
                highest,
                nonce: "fresh".to_owned(),
                tool: "depstate test",
            });
            assert_eq!(new.serial, serial);
            assert_eq!((new.lineage.as_str(), new.nonce.as_str()), ("a", "fresh"));
            assert_eq!((new.kind, &new.tx), (HeadKind::Commit, &Some(Tx("T".to_owned()))));
            assert_eq!(new.r#gen, Some(at.clone()));
            assert_eq!(new.prev_head_sha256.is_some(), now.is_some());
            assert_eq!(new.single_writer, now.is_some_and(|now| now.serial == 3));
        }
    }
}
