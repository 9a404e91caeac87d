use std::os::unix::fs::PermissionsExt as _;

use super::*;

#[test]
fn leftovers_of_a_killed_process_are_taken_over() {
    let below = tempfile::tempdir().unwrap();
    let name = Sha256::of(b"x");
    let place = Room::new(below.path(), &name).unwrap().root().to_owned();
    assert!(!place.exists(), "removed with the value");
    // Without a lock on it: whoever made it is dead.
    fs_err::create_dir_all(place.join("work/a")).unwrap();
    fs_err::write(place.join("work/a/file"), "old").unwrap();
    fs_err::set_permissions(place.join("work/a"), std::fs::Permissions::from_mode(0o500)).unwrap();
    fs_err::set_permissions(place.join("work"), std::fs::Permissions::from_mode(0o000)).unwrap();
    let room = Room::new(below.path(), &name).unwrap();
    assert_eq!(room.root(), place);
    for part in Room::WRITABLE.iter().chain(Room::READABLE) {
        let part = room.part(part);
        assert_eq!(fs_err::read_dir(&part).unwrap().count(), 0);
        assert_eq!(fs_err::metadata(&part).unwrap().permissions().mode() & 0o7777, 0o700);
    }
}

#[test]
fn folders_deeper_than_a_path_may_be_are_removed() {
    let below = tempfile::tempdir().unwrap();
    let room = Room::new(below.path(), &Sha256::of(b"deep")).unwrap();
    let outside = below.path().join("outside");
    fs_err::write(&outside, "stays").unwrap();
    let mode = rustix::fs::Mode::RWXU;
    let flags = rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::CLOEXEC;
    let mut at = rustix::fs::open(room.part("work"), flags, mode).unwrap();
    for _ in 0..1000 {
        rustix::fs::mkdirat(&at, "folder", mode).unwrap();
        rustix::fs::symlinkat("/", &at, "link").unwrap();
        at = rustix::fs::openat(&at, "folder", flags, mode).unwrap();
    }
    let place = room.root().to_owned();
    drop(room);
    assert!(!place.exists());
    assert!(outside.exists());
}
