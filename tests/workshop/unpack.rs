//! Unpacking by way of the helper.

use std::{fs, path::Path};

use depstate::workshop::{ArchiveLimits, Unpacked, WorkshopError, unpack};

use super::shop::machine;
use crate::archives::tarball::{Tar, gz};

async fn by_helper(bytes: &[u8], into: &Path) -> Result<Unpacked, WorkshopError> {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("file");
    fs::write(&file, bytes).unwrap();
    unpack(&file, "x.tgz", into, &ArchiveLimits::default(), &machine()).await
}

#[tokio::test]
async fn the_helper_unpacks_what_this_process_would() {
    let into = tempfile::tempdir().unwrap();
    let tar = gz(&Tar::new().file("a/b", "x").link("l", "a/b").hard("h", "a/b").end());
    let Unpacked::Members(members) = by_helper(&tar, into.path()).await.unwrap() else {
        panic!("it is an archive");
    };
    let paths: Vec<&str> = members.iter().map(|member| member.path.as_str()).collect();
    assert_eq!(paths, ["a/b", "l", "h"]);
    assert_eq!(fs::read(into.path().join("l")).unwrap(), b"x");
    assert_eq!(fs::read(into.path().join("h")).unwrap(), b"x");

    let into = tempfile::tempdir().unwrap();
    assert_eq!(by_helper(b"plain", into.path()).await.unwrap(), Unpacked::Single);
    assert_eq!(fs::read(into.path().join("x.tgz")).unwrap(), b"plain");
}

#[tokio::test]
async fn the_helper_refuses_with_the_same_words() {
    let into = tempfile::tempdir().unwrap();
    let tar = gz(&Tar::new().file("a", "x").link("l", "..").end());
    let error = by_helper(&tar, into.path()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the archive `x.tgz` is refused: member `l` is a link to `..`, which leads out of the archive"
    );
    assert!(fs::read_dir(into.path()).unwrap().next().is_none(), "it left something");
}

#[tokio::test]
async fn a_folder_with_something_in_it_is_not_touched() {
    let into = tempfile::tempdir().unwrap();
    fs::write(into.path().join("mine"), "x").unwrap();
    let error = by_helper(&gz(&Tar::new().file("a", "x").end()), into.path()).await.unwrap_err();
    assert_eq!(error.code().as_str(), "file-failed");
    assert!(into.path().join("mine").exists());
}

#[tokio::test]
async fn a_helper_that_dies_is_told_of_and_leaves_nothing() {
    let mut machine = machine();
    machine.program = "/bin/false".into();
    let into = tempfile::tempdir().unwrap();
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("file");
    fs::write(&file, gz(&Tar::new().file("a", "x").end())).unwrap();
    let error = unpack(&file, "x.tgz", into.path(), &ArchiveLimits::default(), &machine).await;
    let text = error.unwrap_err().to_string();
    assert!(text.contains("the helper that unpacks ended with exit status: 1"), "{text}");
}
