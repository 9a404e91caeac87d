use super::*;
use crate::model::{Code, Sha256};

#[test]
fn a_written_file_is_whole_and_keeps_its_mode() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("deps.lock");
    write_atomic(&path, b"one").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        write_atomic(&path, b"two").unwrap();
        assert_eq!(fs_err::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    }
    write_atomic(&path, b"three").unwrap();
    assert_eq!(fs_err::read(&path).unwrap(), b"three");
    assert_eq!(fs_err::read_dir(dir.path()).unwrap().count(), 1, "no temporary file is left");
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_stays_one() {
    let dir = tempfile::tempdir().unwrap();
    let (real, link) = (dir.path().join("real"), dir.path().join("link"));
    fs_err::write(&real, "old").unwrap();
    fs_err::os::unix::fs::symlink(&real, &link).unwrap();
    write_atomic(&link, b"new").unwrap();
    assert!(fs_err::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs_err::read(&real).unwrap(), b"new");
}

#[test]
fn a_failed_write_names_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("no/such/folder/deps.lock");
    let error = write_atomic(&path, b"x").unwrap_err();
    assert!(error.to_string().contains("deps.lock"), "{error}");
    assert_eq!(error.code(), Code::FILE_FAILED);
    let below = std::error::Error::source(&error).unwrap().to_string();
    assert!(!below.contains(".depstate-"), "{below}");
}

#[test]
fn naming_a_workspace_touches_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = Workspace::new(dir.path());
    let _cache = workspace.cache();
    assert_eq!(fs_err::read_dir(dir.path()).unwrap().count(), 0);
    assert!(workspace.prepare());
    let ignore = dir.path().join(".depstate/.gitignore");
    assert_eq!(fs_err::read_to_string(ignore).unwrap(), "*\n");
}

#[test]
fn a_checkout_has_one_lock() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = Workspace::new(dir.path());
    let held = workspace.run_lock().unwrap();
    let error = workspace.run_lock().unwrap_err();
    assert_eq!(error.code(), Code::APPLY_RUNNING);
    assert!(error.to_string().contains("run.lock"), "{error}");
    drop(held);
    let _again = workspace.run_lock().unwrap();
}

#[test]
fn the_cache_gives_back_what_was_put() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Workspace::new(dir.path()).cache();
    let digest = Sha256::of(b"bytes");
    assert_eq!(cache.get(CacheKind::Index, &digest), None);
    cache.put(CacheKind::Index, &digest, b"bytes");
    assert_eq!(cache.get(CacheKind::Index, &digest).unwrap(), "bytes");
    assert_eq!(cache.get(CacheKind::Artifacts, &digest), None, "kinds are apart");
}

#[test]
fn a_bad_entry_is_removed_and_is_a_miss() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Workspace::new(dir.path()).cache();
    let digest = Sha256::of(b"bytes");
    cache.put(CacheKind::Index, &digest, b"bytes");
    let path = cache.path(CacheKind::Index, &digest).unwrap();
    fs_err::write(&path, "bites").unwrap();
    assert_eq!(cache.get(CacheKind::Index, &digest), None);
    assert!(!path.exists());

    cache.put_named(CacheKind::Http, &digest, b"answer");
    assert_eq!(cache.get_named(CacheKind::Http, &digest).unwrap(), b"answer");
    let path = cache.path(CacheKind::Http, &digest).unwrap();
    let mut bytes = fs_err::read(&path).unwrap();
    bytes.truncate(35);
    fs_err::write(&path, bytes).unwrap();
    assert_eq!(cache.get_named(CacheKind::Http, &digest), None);
    assert!(!path.exists());
}

#[test]
fn a_large_file_is_kept_only_when_it_is_finished() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Workspace::new(dir.path()).cache();
    let digest = Sha256::of(b"onetwo");
    let mut writer = cache.begin(CacheKind::Artifacts);
    writer.write(b"one");
    drop(writer);
    assert_eq!(cache.path(CacheKind::Artifacts, &digest), None);
    let mut writer = cache.begin(CacheKind::Artifacts);
    writer.write(b"one");
    writer.write(b"two");
    let path = writer.finish(&digest).unwrap();
    assert_eq!(fs_err::read(path).unwrap(), b"onetwo");
    let left: Vec<_> = fs_err::read_dir(dir.path().join(".depstate/cache/artifacts"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 1, "no temporary file is left: {left:?}");
}

#[test]
fn a_cache_that_cannot_be_written_is_a_miss() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs_err::write(&file, "in the way").unwrap();
    let cache = Cache::new(file.join("cache"));
    let digest = Sha256::of(b"bytes");
    cache.put(CacheKind::Index, &digest, b"bytes");
    assert_eq!(cache.get(CacheKind::Index, &digest), None);
}
