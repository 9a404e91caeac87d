//! Bytes that a crash has torn, and the cache, which is not forced to the disk: it finds out.

use std::{collections::BTreeSet, fs};

use depstate::{
    disk::{CacheKind, Workspace},
    model::Sha256,
};

use super::folder;

const BLOCK: usize = 512;

/// Up to so many blocks every choice of them is tried.
const FEW: usize = 9;

/// Everything that may be left of bytes of which the first `safe` were forced to the disk.
pub(super) fn torn(bytes: &[u8], safe: usize) -> BTreeSet<Vec<u8>> {
    let mut found = BTreeSet::new();
    let mut lengths: BTreeSet<usize> = (0..bytes.len()).step_by(BLOCK).collect();
    lengths.extend([safe, bytes.len()]);
    for length in lengths.into_iter().filter(|length| *length >= safe) {
        let loose: Vec<usize> = (0..length).step_by(BLOCK).filter(|at| at + BLOCK > safe).collect();
        for landed in choices(loose.len()) {
            let mut state = bytes[..length].to_vec();
            for (at, landed) in loose.iter().zip(landed) {
                if !landed {
                    let end = (at + BLOCK).min(length);
                    state[(*at).max(safe)..end].fill(0);
                }
            }
            found.insert(state);
        }
    }
    found
}

/// Which of so many blocks landed: all choices of a few; of many, each alone and each missing.
fn choices(count: usize) -> Vec<Vec<bool>> {
    if count <= FEW {
        let choice = |mask: usize| (0..count).map(|n| mask >> n & 1 == 1).collect();
        return (0..1 << count).map(choice).collect();
    }
    let only = |one: usize, landed: bool| (0..count).map(|n| (n == one) == landed).collect();
    let mut all: Vec<Vec<bool>> =
        (0..count).flat_map(|one| [only(one, true), only(one, false)]).collect();
    all.extend([vec![true; count], vec![false; count]]);
    all
}

pub(super) fn a_torn_entry_is_a_miss() -> u64 {
    let folder = folder();
    let cache = Workspace::new(folder.path()).cache();
    let bytes: Vec<u8> = (0..4000_u32).map(|n| n.to_le_bytes()[0] | 1).collect();
    let digest = Sha256::of(&bytes);
    cache.put(CacheKind::Index, &digest, &bytes);
    let path = cache.path(CacheKind::Index, &digest).unwrap();
    let mut count = 0;
    for state in torn(&bytes, 0) {
        fs::write(&path, &state).unwrap();
        let found = cache.get(CacheKind::Index, &digest);
        assert_eq!(found.is_some(), state == bytes);
        assert!(found.is_none_or(|found| found == bytes));
        assert_eq!(path.exists(), state == bytes, "a bad entry is taken away");
        count += 1;
    }
    // One whose name is not its digest carries that before it.
    cache.put_named(CacheKind::Http, &digest, &bytes);
    let path = cache.path(CacheKind::Http, &digest).unwrap();
    let whole = fs::read(&path).unwrap();
    for state in torn(&whole, 0) {
        fs::write(&path, &state).unwrap();
        let found = cache.get_named(CacheKind::Http, &digest);
        assert_eq!(found, (state == whole).then(|| bytes.clone()));
        count += 1;
    }
    count
}

#[test]
fn nothing_that_was_forced_to_the_disk_is_torn() {
    let bytes = [7; 1200];
    assert_eq!(torn(&bytes, 1200).len(), 1);
    let states = torn(&bytes, 700);
    assert!(states.len() > 3 && states.iter().all(|state| state[..700] == bytes[..700]));
    assert!(states.iter().any(|state| state.len() == 700));
    assert!(states.iter().any(|state| state.len() == 1200 && state[1199] == 0));
}
