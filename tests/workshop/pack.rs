//! The same members give the same bytes, and other programs read them.

use std::{
    collections::BTreeMap,
    fs,
    io::Read as _,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::Command,
};

use depstate::{
    model::{ArchiveFormat, Sha256},
    workshop::{WorkshopError, pack},
};

const FORMATS: [ArchiveFormat; 4] =
    [ArchiveFormat::TarGz, ArchiveFormat::TarXz, ArchiveFormat::TarZst, ArchiveFormat::Zip];
/// 2021-03-04T05:06:08Z.
const EPOCH: i64 = 1_614_834_368;

fn file(root: &Path, path: &str, bytes: &[u8], mode: u32) {
    let at = root.join(path);
    fs::create_dir_all(at.parent().unwrap()).unwrap();
    fs::write(&at, bytes).unwrap();
    fs::set_permissions(&at, fs::Permissions::from_mode(mode)).unwrap();
}

fn long_name() -> String {
    format!("{}/{}", ["folder-with-a-name"; 12].join("/"), "x".repeat(120))
}

/// A tree with everything that an archive may hold, made forwards or backwards.
fn tree(root: &Path, backwards: bool, narrow: bool) {
    let (plain, run) = if narrow { (0o600, 0o700) } else { (0o664, 0o775) };
    let long = long_name();
    let middle = format!("{}/file", "m".repeat(120));
    let mut steps: Vec<Box<dyn Fn()>> = vec![
        Box::new(|| file(root, "bin/tool", b"#!/bin/sh\necho tool\n", run)),
        Box::new(|| file(root, "lib/data.bin", &vec![7; 300_000], plain)),
        Box::new(|| file(root, "lib-extra/x", b"sorted by bytes", plain)),
        Box::new(|| file(root, "empty", b"", plain)),
        Box::new(|| file(root, "straße/ü 字.txt", "ünï".as_bytes(), plain)),
        Box::new(|| file(root, &long, b"long", plain)),
        Box::new(|| file(root, &middle, b"split", plain)),
        Box::new(|| {
            fs::create_dir_all(root.join("nothing/inside")).unwrap();
            symlink("../bin/tool", root.join("nothing/link")).unwrap();
        }),
        Box::new(|| {
            fs::create_dir_all(root.join("lib")).unwrap();
            symlink("straße/ü 字.txt", root.join("lib-link")).unwrap();
        }),
        Box::new(|| {
            file(root, "hard/one", b"twice", plain);
            fs::hard_link(root.join("hard/one"), root.join("hard/two")).unwrap();
        }),
    ];
    if backwards {
        steps.reverse();
    }
    for step in steps {
        step();
    }
    if narrow {
        fs::set_permissions(root.join("lib"), fs::Permissions::from_mode(0o700)).unwrap();
    }
}

fn packed(folder: &Path, format: ArchiveFormat) -> (Vec<u8>, Sha256) {
    let place = tempfile::tempdir().unwrap();
    let to = place.path().join("out");
    let (size, digest) = pack(folder, format, EPOCH, &to).unwrap();
    let bytes = fs::read(&to).unwrap();
    assert_eq!(bytes.len() as u64, size);
    assert_eq!(Sha256::of(&bytes), digest);
    (bytes, digest)
}

#[test]
fn order_modes_and_times_of_the_folder_leave_no_trace() {
    let place = tempfile::tempdir().unwrap();
    let (one, other) = (place.path().join("one"), place.path().join("another-name"));
    tree(&one, false, false);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    tree(&other, true, true);
    for format in FORMATS {
        assert_eq!(packed(&one, format), packed(&other, format), "{format:?}");
    }
    // It can fail: what does count changes the bytes.
    fs::set_permissions(other.join("empty"), fs::Permissions::from_mode(0o755)).unwrap();
    for format in FORMATS {
        assert_ne!(packed(&one, format).1, packed(&other, format).1, "{format:?}");
    }
}

#[test]
fn the_bytes_are_those_of_yesterday() {
    let place = tempfile::tempdir().unwrap();
    tree(place.path(), false, false);
    let mut tar = Vec::new();
    let gzip = packed(place.path(), ArchiveFormat::TarGz).0;
    assert_eq!(&gzip[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255], "no name, time or system");
    flate2::read::GzDecoder::new(gzip.as_slice()).read_to_end(&mut tar).unwrap();
    // Other bytes than these mean that everybody's builds give other bytes: the contract's version
    // says so to them.
    let seen = [
        ("tar", Sha256::of(&tar)),
        ("tar.gz", packed(place.path(), ArchiveFormat::TarGz).1),
        ("tar.xz", packed(place.path(), ArchiveFormat::TarXz).1),
        ("tar.zst", packed(place.path(), ArchiveFormat::TarZst).1),
        ("zip", packed(place.path(), ArchiveFormat::Zip).1),
    ]
    .map(|(format, digest)| format!("{format} {digest}\n"))
    .concat();
    insta::assert_snapshot!(seen);
}

#[test]
fn a_tar_holds_all_members_in_the_order_of_their_bytes() {
    let place = tempfile::tempdir().unwrap();
    tree(place.path(), false, false);
    let gzip = packed(place.path(), ArchiveFormat::TarGz).0;
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(gzip.as_slice()));
    let mut seen = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let header = entry.header().clone();
        assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
        assert_eq!(header.username().unwrap(), Some(""));
        assert_eq!(header.groupname().unwrap(), Some(""));
        assert_eq!(header.mtime().unwrap(), 1_614_834_368);
        let mut text = String::new();
        let path = entry.path().unwrap().to_str().unwrap().to_owned();
        let target = entry.link_name().unwrap().map(|t| t.to_str().unwrap().to_owned());
        let pax = entry.pax_extensions().unwrap().map_or(0, Iterator::count);
        if header.entry_type().is_file() && header.size().unwrap() < 100 {
            entry.read_to_string(&mut text).unwrap();
        }
        seen.push((path, header.mode().unwrap(), target, pax, text));
    }
    let paths: Vec<&str> = seen.iter().map(|it| it.0.trim_end_matches('/')).collect();
    let mut sorted = paths.clone();
    sorted.sort_by_key(|path| path.as_bytes().to_vec());
    assert_eq!(paths, sorted);
    let find = |path: &str| {
        let it = seen.iter().find(|it| it.0 == path).unwrap_or_else(|| panic!("{path}: {paths:?}"));
        (it.1, it.2.as_deref(), it.3, it.4.as_str())
    };
    assert_eq!(find("bin/tool"), (0o755, None, 0, "#!/bin/sh\necho tool\n"));
    assert_eq!(find("empty"), (0o644, None, 0, ""));
    assert_eq!(find("nothing/inside/"), (0o755, None, 0, ""));
    assert_eq!(find("nothing/link"), (0o777, Some("../bin/tool"), 0, ""));
    assert_eq!(find("hard/one").3, "twice");
    assert_eq!(find("hard/two").3, "twice");
    // Only what ustar has no place for takes a PAX record.
    assert_eq!(find(&format!("{}/file", "m".repeat(120))), (0o644, None, 0, "split"));
    assert_eq!(find(&long_name()), (0o644, None, 1, "long"));
    assert_eq!(find("straße/ü 字.txt"), (0o644, None, 1, "ünï"));
    assert_eq!(find("lib-link"), (0o777, Some("straße/ü 字.txt"), 1, ""));
}

#[test]
fn a_zip_holds_all_members_and_never_a_time_before_1980() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().join("tree");
    tree(&root, false, false);
    for (epoch, wanted) in [(EPOCH, "2021-03-04 05:06:08"), (0, "1980-01-01 00:00:00")] {
        let to = place.path().join("out.zip");
        pack(&root, ArchiveFormat::Zip, epoch, &to).unwrap();
        let mut archive = zip::ZipArchive::new(fs_err::File::open(&to).unwrap()).unwrap();
        let mut modes = BTreeMap::new();
        for n in 0..archive.len() {
            let mut file = archive.by_index(n).unwrap();
            assert_eq!(file.last_modified().unwrap().to_string(), wanted);
            let mut text = Vec::new();
            file.read_to_end(&mut text).unwrap();
            modes.insert(file.name().unwrap().into_owned(), (file.unix_mode().unwrap(), text));
        }
        assert_eq!(modes["bin/tool"].0, 0o100_755);
        assert_eq!(modes["lib/data.bin"], (0o100_644, vec![7; 300_000]));
        assert_eq!(modes["nothing/inside/"].0, 0o040_755);
        assert_eq!(modes["nothing/link"], (0o120_777, b"../bin/tool".to_vec()));
        assert_eq!(modes["straße/ü 字.txt"].1, "ünï".as_bytes());
    }
}

/// Reads an archive with Python's own readers and prints path, mode and digest of each file.
const READER: &str = r#"
import sys, tarfile, zipfile, hashlib
for name in sys.argv[1:]:
    if name.endswith("zip"):
        with zipfile.ZipFile(name) as z:
            assert z.testzip() is None
            for i in z.infolist():
                print(i.filename, oct(i.external_attr >> 16), hashlib.sha256(z.read(i)).hexdigest())
    else:
        with tarfile.open(name) as t:
            for i in t:
                data = t.extractfile(i).read() if i.isreg() else i.linkname.encode()
                assert (i.uid, i.gid, i.uname, i.gname) == (0, 0, "", ""), i
                print(i.name, oct(i.mode), i.mtime, hashlib.sha256(data).hexdigest())
"#;

#[test]
fn another_program_reads_the_same() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().join("tree");
    tree(&root, false, false);
    let mut lists = BTreeMap::new();
    for format in [ArchiveFormat::TarGz, ArchiveFormat::TarXz, ArchiveFormat::Zip] {
        let to = place.path().join(format!("out.{}", format.name()));
        pack(&root, format, EPOCH, &to).unwrap();
        let read = Command::new("python3").args(["-c", READER]).arg(&to).output();
        let Ok(read) = read else {
            eprintln!("python3 is not here: the archives were read by our own crates only");
            return;
        };
        assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
        lists.insert(format.name(), String::from_utf8(read.stdout).unwrap());
    }
    assert_eq!(lists["tar.gz"], lists["tar.xz"]);
    let tool = Sha256::of(b"#!/bin/sh\necho tool\n");
    assert!(lists["tar.gz"].contains(&format!("bin/tool 0o755 1614834368 {tool}")));
    assert!(lists["zip"].contains(&format!("bin/tool 0o100755 {tool}")));
    assert!(lists["tar.gz"].contains(&format!("{} 0o644", long_name())));
    assert!(lists["tar.gz"].contains("straße/ü 字.txt 0o644"));
    assert_eq!(lists["tar.gz"].lines().count(), lists["zip"].lines().count());
}

#[test]
fn a_single_file_is_taken_as_it_is() {
    let place = tempfile::tempdir().unwrap();
    let (root, to) = (place.path().join("tree"), place.path().join("out"));
    file(&root, "tool.jar", b"bytes", 0o755);
    let (size, digest) = pack(&root, ArchiveFormat::File, EPOCH, &to).unwrap();
    assert_eq!((size, digest), (5, Sha256::of(b"bytes")));
    assert_eq!(fs::read(&to).unwrap(), b"bytes");
    let why = |root: &Path| {
        let error = pack(root, ArchiveFormat::File, EPOCH, &to).unwrap_err();
        let said = error.to_string();
        let WorkshopError::Output { why, .. } = error else { panic!("{said}") };
        why
    };
    file(&root, "zz", b"", 0o644);
    assert!(why(&root).contains("`tool.jar` and `zz`"));
    let link = place.path().join("link");
    fs::create_dir(&link).unwrap();
    symlink("x", link.join("alone")).unwrap();
    assert!(why(&link).contains("`alone` is none"));
}

#[test]
fn nothing_is_no_output() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().join("tree");
    fs::create_dir(&root).unwrap();
    for format in [ArchiveFormat::TarGz, ArchiveFormat::Zip, ArchiveFormat::File] {
        let error = pack(&root, format, EPOCH, &place.path().join("out")).unwrap_err();
        assert_eq!(error.code().as_str(), "bad-output");
        assert!(error.to_string().contains("empty"), "{error}");
    }
}
