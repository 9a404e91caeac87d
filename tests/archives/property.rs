//! Whatever members an archive has: what passes lies in the folder, and nothing anywhere else.

use std::{fs, path::Path};

use proptest::prelude::*;

use super::{
    tarball::{Header, Tar, gz},
    unpacked,
    zipfile::{Entry, zip},
};

#[derive(Debug, Clone)]
struct Part {
    kind: u8,
    name: String,
    target: String,
}

/// Few parts, so that they meet.
fn path() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec!["a", "A", "b", "c", "..", ".", "", "l"]);
    prop::collection::vec(part, 1..5).prop_map(|parts| parts.join("/"))
}

fn part() -> impl Strategy<Value = Part> {
    (prop::sample::select(vec![b'0', b'1', b'2', b'2', b'5']), path(), path())
        .prop_map(|(kind, name, target)| Part { kind, name, target })
}

fn tar(parts: &[Part]) -> Vec<u8> {
    let tar = parts.iter().fold(Tar::new(), |tar, part| match part.kind {
        b'0' => tar.file(&part.name, "inside"),
        b'5' => tar.folder(&part.name),
        kind => tar.head(Header::new(kind, &part.name, 0).link(&part.target)),
    });
    gz(&tar.end())
}

fn zipped(parts: &[Part]) -> Vec<u8> {
    let entries: Vec<Entry> = parts
        .iter()
        .map(|part| match part.kind {
            b'5' => Entry::folder(format!("{}/", part.name)),
            b'2' => Entry::link(&part.name, &part.target),
            _ => Entry::deflated(&part.name, b"inside"),
        })
        .collect();
    zip(&entries)
}

/// Every link of a folder, followed by the system itself, ends within or nowhere.
fn links_stay_within(at: &Path, root: &Path) {
    for entry in fs::read_dir(at).unwrap() {
        let path = entry.unwrap().path();
        let meta = fs::symlink_metadata(&path).unwrap();
        if meta.is_symlink() {
            if let Ok(end) = fs::canonicalize(&path) {
                assert!(end.starts_with(root), "{} ends at {}", path.display(), end.display());
            }
        } else if meta.is_dir() {
            links_stay_within(&path, root);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn what_passes_stays_within(parts in prop::collection::vec(part(), 0..6), as_zip: bool) {
        let bytes = if as_zip { zipped(&parts) } else { tar(&parts) };
        let outside = tempfile::tempdir().unwrap();
        let above = fs::canonicalize(outside.path()).unwrap().join("one/two/three");
        fs::create_dir_all(&above).unwrap();
        let into = above.join("into");
        let passed = unpacked(&bytes, &into).is_ok();
        let mut at = above.clone();
        for within in ["into", "three", "two", "one"] {
            let names: Vec<_> =
                fs::read_dir(&at).unwrap().map(|it| it.unwrap().file_name()).collect();
            prop_assert_eq!(names, vec![std::ffi::OsString::from(within)]);
            at.pop();
        }
        if passed {
            links_stay_within(&into, &into);
        } else {
            prop_assert_eq!(fs::read_dir(&into).unwrap().count(), 0);
        }
    }
}
