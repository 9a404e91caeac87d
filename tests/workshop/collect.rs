//! What a step left is taken without being led anywhere.

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, symlink},
        net::UnixListener,
    },
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use depstate::workshop::{WorkshopError, collect};
use rustix::fs::{CWD, FileType, Mode, RenameFlags};

const PLENTY: u64 = 1 << 30;

fn refused(make: impl Fn(&Path)) -> String {
    let place = tempfile::tempdir().unwrap();
    let from = place.path().join("output");
    fs::create_dir(&from).unwrap();
    fs::write(from.join("good"), "good").unwrap();
    make(&from);
    let error = collect(&from, &place.path().join("copy"), PLENTY).unwrap_err();
    let said = format!("{error}: {error:?}");
    let WorkshopError::Output { why, .. } = error else { panic!("{said}") };
    why
}

#[test]
fn files_folders_and_links_are_copied() {
    let place = tempfile::tempdir().unwrap();
    let (from, to) = (place.path().join("output"), place.path().join("copy"));
    fs::create_dir_all(from.join("a/b/empty")).unwrap();
    fs::write(from.join("a/b/file"), "text").unwrap();
    fs::set_permissions(from.join("a/b/file"), fs::Permissions::from_mode(0o700)).unwrap();
    fs::hard_link(from.join("a/b/file"), from.join("a/second")).unwrap();
    fs::write(from.join("plain"), "plain").unwrap();
    fs::set_permissions(from.join("plain"), fs::Permissions::from_mode(0o600)).unwrap();
    symlink("b/file", from.join("a/link")).unwrap();
    symlink("nowhere", from.join("a/dangling")).unwrap();
    collect(&from, &to, PLENTY).unwrap();

    assert_eq!(fs::read(to.join("a/b/file")).unwrap(), b"text");
    assert!(fs::metadata(to.join("a/b/empty")).unwrap().is_dir());
    assert_eq!(fs::read_link(to.join("a/link")).unwrap(), Path::new("b/file"));
    assert_eq!(fs::read_link(to.join("a/dangling")).unwrap(), Path::new("nowhere"));
    assert_eq!(fs::metadata(to.join("a/b/file")).unwrap().mode() & 0o7777, 0o755);
    assert_eq!(fs::metadata(to.join("plain")).unwrap().mode() & 0o7777, 0o644);
    // Two names of one file are two files, and neither is the step's.
    let inode = |path: &Path| fs::metadata(path).unwrap().ino();
    assert_ne!(inode(&to.join("a/second")), inode(&to.join("a/b/file")));
    fs::write(from.join("a/b/file"), "later").unwrap();
    assert_eq!(fs::read(to.join("a/b/file")).unwrap(), b"text");
}

#[test]
fn links_that_leave_are_refused_by_name() {
    let why = refused(|from| symlink("/etc/passwd", from.join("bad")).unwrap());
    assert!(why.contains("`bad`") && why.contains("absolute"), "{why}");
    let why = refused(|from| {
        fs::create_dir(from.join("deep")).unwrap();
        symlink("../../x", from.join("deep/bad")).unwrap();
    });
    assert!(why.contains("`deep/bad`"), "{why}");
    // Each stays within as it is written, but not one after the other.
    let why = refused(|from| {
        fs::create_dir_all(from.join("a/b")).unwrap();
        symlink("../..", from.join("a/b/up")).unwrap();
        symlink("a/b/up/../out", from.join("bad")).unwrap();
    });
    assert!(why.contains("`bad`"), "{why}");
    let why = refused(|from| {
        symlink("b", from.join("a")).unwrap();
        symlink("a", from.join("b")).unwrap();
    });
    assert!(why.contains("circle"), "{why}");
}

#[test]
fn what_is_no_file_is_refused_by_name() {
    let why = refused(|from| drop(UnixListener::bind(from.join("bad")).unwrap()));
    assert!(why.contains("`bad` is a socket"), "{why}");
    let make = |from: &Path, kind, device| {
        rustix::fs::mknodat(CWD, from.join("bad"), kind, Mode::from_raw_mode(0o644), device)
    };
    let why = refused(|from| make(from, FileType::Fifo, 0).unwrap());
    assert!(why.contains("`bad` is a named pipe"), "{why}");
    let null = rustix::fs::makedev(1, 3);
    let probe = tempfile::tempdir().unwrap();
    if make(probe.path(), FileType::CharacterDevice, null).is_err() {
        eprintln!("devices can't be made here: nobody tried whether one is refused");
        return;
    }
    let why = refused(|from| make(from, FileType::CharacterDevice, null).unwrap());
    assert!(why.contains("`bad` is a device"), "{why}");
}

#[test]
fn what_would_give_rights_is_refused_by_name() {
    for mode in [0o4755, 0o2755] {
        let why = refused(|from| {
            fs::write(from.join("bad"), "x").unwrap();
            fs::set_permissions(from.join("bad"), fs::Permissions::from_mode(mode)).unwrap();
        });
        assert!(why.contains("`bad` is setuid or setgid"), "{why}");
    }
}

#[test]
fn names_that_are_not_text_are_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let why = refused(|from| {
        fs::write(from.join(std::ffi::OsStr::from_bytes(b"b\xffd")), "x").unwrap();
    });
    assert!(why.contains("UTF-8"), "{why}");
}

#[test]
fn what_lies_too_deep_is_refused() {
    let why = refused(|from| fs::create_dir_all(from.join(vec!["d"; 80].join("/"))).unwrap());
    assert!(why.contains("64 folders"), "{why}");
    let why = refused(|from| {
        fs::create_dir_all(from.join(vec!["d".repeat(200); 6].join("/"))).unwrap();
    });
    assert!(why.contains("1024 bytes"), "{why}");
}

#[test]
fn the_limit_is_on_what_is_copied() {
    let place = tempfile::tempdir().unwrap();
    let from = place.path().join("output");
    fs::create_dir(&from).unwrap();
    fs::write(from.join("one"), [0; 600]).unwrap();
    fs::hard_link(from.join("one"), from.join("two")).unwrap();
    collect(&from, &place.path().join("fits"), 1200).unwrap();
    let error = collect(&from, &place.path().join("more"), 1199).unwrap_err();
    assert!(error.to_string().contains("more than 1199 bytes"), "{error}");
    // A hole has a size although it has no blocks.
    fs_err::File::create(from.join("hole")).unwrap().set_len(1 << 40).unwrap();
    let error = collect(&from, &place.path().join("hole"), 1 << 20).unwrap_err();
    assert_eq!(error.code().as_str(), "bad-output");
}

#[test]
fn an_output_that_is_no_folder_any_more_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let secret = place.path().join("secret");
    fs::create_dir(&secret).unwrap();
    fs::write(secret.join("key"), "secret").unwrap();
    let from = place.path().join("output");
    symlink(&secret, &from).unwrap();
    let error = collect(&from, &place.path().join("copy"), PLENTY).unwrap_err();
    assert_eq!(error.code().as_str(), "bad-output");
    assert!(!place.path().join("copy").exists());
}

/// Somebody puts a link in the place of a folder, and the folder back, as fast as he can, while it is
/// copied: whatever is copied then, nothing that the link leads to is in it.
#[test]
fn a_folder_that_becomes_a_link_leads_nowhere() {
    let place = tempfile::tempdir().unwrap();
    let (from, secret) = (place.path().join("output"), place.path().join("secret"));
    fs::create_dir_all(from.join("inner")).unwrap();
    fs::create_dir(&secret).unwrap();
    for n in 0..20 {
        fs::write(from.join(format!("inner/f{n}")), "open").unwrap();
        fs::write(secret.join(format!("f{n}")), "secret").unwrap();
    }
    let link = place.path().join("link");
    symlink(&secret, &link).unwrap();
    let stop = AtomicBool::new(false);
    let (mut whole, mut refused) = (0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                rustix::fs::renameat_with(
                    CWD,
                    &link,
                    CWD,
                    from.join("inner"),
                    RenameFlags::EXCHANGE,
                )
                .unwrap();
            }
        });
        for n in 0..400 {
            let copy = place.path().join(format!("copy{n}"));
            match collect(&from, &copy, PLENTY) {
                Ok(()) => whole += 1,
                Err(_) => refused += 1,
            }
            if let Ok(inner) = fs::symlink_metadata(copy.join("inner"))
                && inner.is_dir()
            {
                for file in fs::read_dir(copy.join("inner")).unwrap() {
                    assert_eq!(fs::read(file.unwrap().path()).unwrap(), b"open");
                }
            }
            fs::remove_dir_all(&copy).unwrap();
        }
        stop.store(true, Ordering::Relaxed);
    });
    eprintln!("{whole} copies were whole, {refused} refused");
    assert!(refused > 0, "nobody was in the way");
}
