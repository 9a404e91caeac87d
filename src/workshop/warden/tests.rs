use super::{
    disk::{Usage, Watched},
    processes,
};

#[test]
fn what_is_written_is_added_up_without_following_links() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::create_dir(folder.path().join("inner")).unwrap();
    fs_err::write(folder.path().join("inner/file"), vec![1; 100_000]).unwrap();
    std::os::unix::fs::symlink("/usr", folder.path().join("link")).unwrap();
    let mut usage = Usage::default();
    Watched::new(folder.path()).add(&mut usage, 1000).unwrap();
    assert_eq!(usage.files, 3);
    assert!((100_000..200_000).contains(&usage.bytes), "{usage:?}");
    let mut deep = folder.path().to_owned();
    for _ in 0..300 {
        deep.push("d");
        fs_err::create_dir(&deep).unwrap();
    }
    Watched::new(folder.path()).add(&mut usage, 1000).unwrap_err();
}

#[test]
fn descendants_and_their_memory_are_found() {
    let mut child = super::command("sh".as_ref()).args(["-c", "sleep 5; true"]).spawn().unwrap();
    let me = rustix::process::getpid();
    let id = child.id().cast_signed();
    let mut tries = 0;
    while !processes::descendants(me).contains(&id) && tries < 100 {
        std::thread::sleep(std::time::Duration::from_millis(10));
        tries += 1;
    }
    let found = processes::descendants(me);
    assert!(found.contains(&id));
    assert!(processes::memory(&found) > 0);
    assert!(processes::memory_shared_once(&found) > 0);
    assert_eq!(processes::nameless_files(&std::collections::BTreeSet::new()), 0);
    assert!(processes::threads_of_user(rustix::process::getuid()) > 0);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!processes::descendants(me).contains(&id));
}
