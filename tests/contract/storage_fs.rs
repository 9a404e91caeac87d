//! What the `fs` driver does on the disk.

use std::{fs, path::Path, sync::Arc};

use bytes::Bytes;
use depstate::storage::{
    FsStorage, Precondition, PutError, StorageReader as _, StorageWriter as _,
};
use futures::TryStreamExt as _;

use super::stores::{folder, key, keys, noise};

/// Lists a folder's names, dotted ones too.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn reading_makes_no_folder() {
    let outer = folder();
    let root = outer.path().join("mirror");
    let store = FsStorage::new(&root);
    assert_eq!(store.head(&key("head.json")).await.unwrap(), None);
    assert!(keys(&store, "").await.is_empty());
    store.unfinished("").try_collect::<Vec<_>>().await.unwrap();
    store.delete(&key("head.json")).await.unwrap();
    assert!(!root.exists());
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_no_folder_is_no_empty_store() {
    use depstate::storage::StorageError;

    let outer = folder();
    let (file, link) = (outer.path().join("file"), outer.path().join("link"));
    fs::write(&file, "text").unwrap();
    std::os::unix::fs::symlink("nowhere", &link).unwrap();
    for (root, why) in [
        (file.clone(), "is a file, not a folder"),
        (link, "is a link to a folder that is not there"),
        (file.join("below"), "a part of the path is a file"),
    ] {
        let store = FsStorage::new(&root);
        let told = |error: StorageError| {
            let StorageError::Failed { message, help: Some(_) } = &error else { panic!("{error}") };
            assert!(message.contains(&*root.to_string_lossy()) && message.contains(why), "{error}");
        };
        told(store.head(&key("head.json")).await.unwrap_err());
        told(store.get(&key("a/b"), None).await.unwrap_err());
        told(store.list("").try_collect::<Vec<_>>().await.unwrap_err());
        told(store.list("artifacts/a").try_collect::<Vec<_>>().await.unwrap_err());
        told(store.unfinished("").try_collect::<Vec<_>>().await.unwrap_err());
        let put = store.put(&key("a"), Bytes::new(), Precondition::Absent).await;
        let Err(PutError::Refused(error)) = put else { panic!("{put:?}") };
        told(error);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_failed_write_names_the_file_that_was_to_be_written() {
    use std::os::unix::fs::PermissionsExt as _;

    let root = folder();
    let store = FsStorage::new(root.path());
    let temporary = root.path().join(".tmp");
    fs::create_dir(&temporary).unwrap();
    fs::set_permissions(&temporary, fs::Permissions::from_mode(0o500)).unwrap();
    let put = store.put(&key("a/b.zip"), Bytes::new(), Precondition::Absent).await;
    fs::set_permissions(&temporary, fs::Permissions::from_mode(0o700)).unwrap();
    // Nothing is forbidden to root.
    if let Err(error) = put {
        let told = error.to_string();
        assert!(told.contains("a/b.zip`: Permission denied"), "{told}");
        assert!(!told.contains(".tmp"), "{told}");
    }
}

#[tokio::test]
async fn keys_are_paths_and_nothing_is_left_over() {
    let root = folder();
    let store = FsStorage::new(root.path());
    let body = Bytes::from("bytes");
    store.put(&key("artifacts/a/1/any/T/a.tgz"), body, Precondition::Absent).await.unwrap();
    assert_eq!(fs::read(root.path().join("artifacts/a/1/any/T/a.tgz")).unwrap(), b"bytes");
    assert_eq!(names(root.path()), [".lock", ".tmp", "artifacts"]);
    assert!(names(&root.path().join(".tmp")).is_empty());
    let refused =
        store.put(&key("artifacts/a/1/any/T/a.tgz"), Bytes::new(), Precondition::Absent).await;
    assert!(refused.is_err());
    assert!(names(&root.path().join(".tmp")).is_empty());
    store.delete(&key("artifacts/a/1/any/T/a.tgz")).await.unwrap();
    assert_eq!(names(root.path()), [".lock", ".tmp"], "folders that are empty go too");
}

#[tokio::test]
async fn no_key_climbs_or_hides() {
    let outer = folder();
    let store = FsStorage::new(outer.path().join("mirror"));
    for bad in ["../x", "a/../../x", "/x", "a//b", "", ".lock", ".tmp/x", "a/.b", "a\\b", "a/"] {
        let outcome = store.put(&key(bad), Bytes::from("x"), Precondition::Absent).await;
        assert!(matches!(outcome, Err(PutError::Refused(_))), "{bad}: {outcome:?}");
        assert!(store.get(&key(bad), None).await.is_err(), "{bad}");
        assert!(store.delete(&key(bad)).await.is_err(), "{bad}");
    }
    assert!(names(outer.path()).is_empty());
}

#[tokio::test]
async fn what_is_not_ours_is_not_listed() {
    let root = folder();
    let store = FsStorage::new(root.path());
    let mut upload = store.upload(&key("artifacts/a.tgz")).await.unwrap();
    upload.write(Bytes::from("on its way")).await.unwrap();
    fs::write(root.path().join(".hidden"), "x").unwrap();
    fs::create_dir_all(root.path().join("empty/folder")).unwrap();
    fs::write(root.path().join("seen"), "x").unwrap();
    assert_eq!(keys(&store, "").await, ["seen"]);
    assert_eq!(store.head(&key("empty/folder")).await.unwrap(), None, "a folder is no object");
    assert!(store.get(&key("seen/below"), None).await.unwrap().is_none());
}

#[tokio::test]
async fn a_folder_in_the_way_of_an_object_is_named() {
    let root = folder();
    let store = FsStorage::new(root.path());
    fs::create_dir_all(root.path().join("a/b.json")).unwrap();
    let told = |error: depstate::storage::StorageError| {
        let text = error.to_string();
        assert!(text.contains("a folder is in the way of `a/b.json`"), "{text}");
    };
    told(store.get(&key("a/b.json"), None).await.unwrap_err());
    let put = store.put(&key("a/b.json"), Bytes::new(), Precondition::Absent).await;
    let Err(PutError::Refused(error)) = put else { panic!("{put:?}") };
    told(error);
    assert!(names(&root.path().join("a/b.json")).is_empty());
}

#[tokio::test]
async fn a_killed_write_is_found_by_its_key() {
    let root = folder();
    let store = FsStorage::new(root.path());
    let mut upload = store.upload(&key("artifacts/x~2b/T/a.tgz")).await.unwrap();
    upload.write(noise(3 * 1024 * 1024)).await.unwrap();
    std::mem::forget(upload);
    let left: Vec<_> = store.unfinished("artifacts/x~2b/T/").try_collect().await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].key, key("artifacts/x~2b/T/a.tgz"));
    store.discard(&left[0]).await.unwrap();
    assert!(names(&root.path().join(".tmp")).is_empty());
    let mut climbs = left[0].clone();
    climbs.id = "../../x".to_owned();
    assert!(store.discard(&climbs).await.is_err());
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_published_can_be_read_by_all() {
    use std::os::unix::fs::PermissionsExt as _;
    let root = folder();
    let store = FsStorage::new(root.path());
    store.put(&key("head.json"), Bytes::from("{}"), Precondition::Absent).await.unwrap();
    fs::write(root.path().join("usual"), "").unwrap();
    let mode = |name: &str| fs::metadata(root.path().join(name)).unwrap().permissions().mode();
    assert_eq!(mode("head.json"), mode("usual"));
}

#[tokio::test]
async fn a_failure_names_the_path() {
    let outer = folder();
    let file = outer.path().join("file");
    fs::write(&file, "").unwrap();
    let store = FsStorage::new(&file);
    let outcome = store.put(&key("head.json"), Bytes::from("{}"), Precondition::Absent).await;
    let Err(PutError::Refused(error)) = outcome else { panic!("{outcome:?}") };
    assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_stores_of_one_folder_share_the_lock() {
    let root = folder();
    let first = Arc::new(FsStorage::new(root.path()));
    let body = |n: u32| Bytes::from(n.to_string());
    let mut meta = first.put(&key("head.json"), body(0), Precondition::Absent).await.unwrap();
    for n in 1..30 {
        let racers = (0..4).map(|_| {
            let store = FsStorage::new(root.path());
            let precondition = Precondition::Matches(meta.revision.clone());
            tokio::spawn(async move { store.put(&key("head.json"), body(n), precondition).await })
        });
        let mut won = Vec::new();
        for outcome in futures::future::join_all(racers).await {
            match outcome.unwrap() {
                Ok(meta) => won.push(meta),
                Err(PutError::Precondition(_)) => {}
                Err(e) => panic!("{e}"),
            }
        }
        assert_eq!(won.len(), 1);
        meta = won.remove(0);
    }
}
