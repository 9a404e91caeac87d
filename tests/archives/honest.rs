//! Archives that must pass, and unpack to what is in them.

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
};

use super::{
    tarball::{Header, Tar, bz2, gz, record, xz, zst},
    unpacked,
    zipfile::{AFTER, Entry, Frame, UTF_8, crc, descriptor, extra, framed, unicode_name, zip},
};

/// What is at a path: `/` for a folder, `-> x` for a link, else the text, and `*` if it may be run.
type Found = BTreeMap<String, String>;

fn found(folder: &Path) -> Found {
    fn walk(at: &Path, root: &Path, into: &mut Found) {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            let meta = fs::symlink_metadata(&path).unwrap();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            assert_eq!(meta.mtime(), 315_532_800, "{name} has another time");
            let mode = meta.permissions().mode() & 0o7777;
            if meta.is_symlink() {
                into.insert(name, format!("-> {}", fs::read_link(&path).unwrap().display()));
            } else if meta.is_dir() {
                assert_eq!(mode, 0o755, "{name}");
                into.insert(name, "/".to_owned());
                walk(&path, root, into);
            } else {
                let star = match mode {
                    0o644 => "",
                    0o755 => "*",
                    other => panic!("{name} has mode {other:o}"),
                };
                into.insert(name, fs::read_to_string(&path).unwrap() + star);
            }
        }
    }
    let mut into = Found::new();
    walk(folder, folder, &mut into);
    into
}

fn long() -> String {
    format!("{}/{}", "folder".repeat(20), "name".repeat(20))
}

struct Honest {
    what: &'static str,
    bytes: Vec<u8>,
    holds: Vec<(String, &'static str)>,
}

fn honest(what: &'static str, bytes: Vec<u8>, holds: &[(&str, &'static str)]) -> Honest {
    let holds = holds.iter().map(|(path, is)| ((*path).to_owned(), *is)).collect();
    Honest { what, bytes, holds }
}

fn tars() -> Vec<Honest> {
    let simple = || Tar::new().folder("a/").file("a/b", "x");
    let is: &[(&str, &str)] = &[("a", "/"), ("a/b", "x")];
    let long = long();
    let (above, _) = long.rsplit_once('/').unwrap();
    let of_long = [(above, "/"), (long.as_str(), "x")];
    let value = "x\n14 path=../b\n\u{0}binary";
    vec![
        honest("tar", simple().end(), is),
        honest("tar.gz", gz(&simple().end()), is),
        honest("tar.xz", xz(&simple().end()), is),
        honest("tar.zst", zst(&simple().end()), is),
        honest("tar.bz2", bz2(&simple().end()), is),
        honest("tar, in blocks of 10 KiB", simple().raw(vec![0; 9 * 1024]).end(), is),
        honest("tar with one block of zeros", simple().raw([0; 512]).cut(), is),
        honest(
            "tar as git makes it",
            gz(&Tar::new()
                .global(&[("comment", "5e7b2f0000000000000000000000000000000000")])
                .folder("a/")
                .file("a/b", "x")
                .end()),
            is,
        ),
        honest(
            "tar with `./` before all",
            Tar::new().folder("./").folder("./a/").file("./a/b", "x").end(),
            is,
        ),
        honest(
            "tar with a folder twice",
            Tar::new().folder("a/").file("a/b", "x").folder("a/").folder("a").end(),
            is,
        ),
        honest("tar without its folders", Tar::new().file("a/b", "x").end(), is),
        honest(
            "tar with a folder after its files",
            Tar::new().file("a/b", "x").folder("a").end(),
            is,
        ),
        honest(
            "tar with a long name of GNU's",
            {
                Tar::new().long(b'L', &long).head(Header::new(b'0', &long, 1).gnu()).data("x").end()
            },
            &of_long,
        ),
        honest(
            "tar with a long name of POSIX's",
            Tar::new().pax(&[("path", &long), ("mtime", "1.5")]).file(&long, "x").end(),
            &of_long,
        ),
        honest(
            "tar with a stand-in of git's",
            Tar::new().pax(&[("path", &long)]).file("5e7b2f.data", "x").end(),
            &of_long,
        ),
        honest(
            "tar with a prefix",
            {
                let (above, name) = long.rsplit_once('/').unwrap();
                Tar::new().head(Header::new(b'0', name, 1).prefix(above)).data("x").end()
            },
            &of_long,
        ),
        honest(
            "tar with a name beyond ASCII",
            Tar::new().pax(&[("path", "é/ß")]).file("?/?", "x").end(),
            &[("é", "/"), ("é/ß", "x")],
        ),
        honest(
            "tar with size and owner in an extended header",
            Tar::new()
                .pax(&[("size", "1"), ("uid", "3000000"), ("uname", "nobody")])
                .file("a", "x")
                .end(),
            &[("a", "x")],
        ),
        honest(
            "tar with attributes that look like records",
            Tar::new()
                .extended(b'x', record(b"SCHILY.xattr.user.x", value.as_bytes()))
                .file("a", "x")
                .end(),
            &[("a", "x")],
        ),
        honest(
            "tar with links",
            Tar::new()
                .file("lib/libx.so.1.2", "x")
                .link("lib/libx.so.1", "libx.so.1.2")
                .link("lib/libx.so", "./libx.so.1")
                .link("bin", "lib")
                .link("lib/here", ".")
                .link("lib/up", "..")
                .link("lib/nowhere", "gone/for/good")
                .end(),
            &[
                ("lib", "/"),
                ("lib/libx.so.1.2", "x"),
                ("lib/libx.so.1", "-> libx.so.1.2"),
                ("lib/libx.so", "-> ./libx.so.1"),
                ("bin", "-> lib"),
                ("lib/here", "-> ."),
                ("lib/up", "-> .."),
                ("lib/nowhere", "-> gone/for/good"),
            ],
        ),
        honest(
            "tar with hard links",
            Tar::new()
                .head(Header::new(b'0', "a", 1).mode(0o755))
                .data("x")
                .hard("b", "a")
                .hard("d/c", "./b")
                .end(),
            &[("a", "x*"), ("b", "x*"), ("d", "/"), ("d/c", "x*")],
        ),
        honest(
            "tar with modes",
            Tar::new()
                .head(Header::new(b'0', "run", 1).mode(0o100_775))
                .data("x")
                .head(Header::new(b'0', "read", 1).mode(0o400))
                .data("x")
                .head(Header::new(b'5', "d", 0).mode(0o2775))
                .end(),
            &[("run", "x*"), ("read", "x"), ("d", "/")],
        ),
        honest(
            "tar of 1979",
            Tar::new()
                .head(Header::new(0, "a/", 0).v7())
                .head(Header::new(0, "a/b", 1).v7())
                .data("x")
                .end(),
            is,
        ),
        honest(
            "tar of GNU's",
            Tar::new()
                .head(Header::new(b'5', "a/", 0).gnu())
                .head(Header::new(b'0', "a/b", 1).gnu())
                .data("x")
                .end(),
            is,
        ),
        honest(
            "tar with a size and mode as old programs write them",
            Tar::new()
                .head(Header::new(b'0', "a", 1).with(124, b"          1 ").with(100, b"   644 \0"))
                .data("x")
                .end(),
            &[("a", "x")],
        ),
        honest(
            "tar with times behind its prefix",
            Tar::new()
                .head(
                    Header::new(b'0', "b", 1)
                        .prefix("a")
                        .with(476, b"14000000000 ")
                        .with(488, b"14000000000 "),
                )
                .data("x")
                .end(),
            is,
        ),
        honest(
            "tar with names that only look dangerous",
            Tar::new()
                .file("...", "x")
                .file("..a", "x")
                .file("aux.c", "x")
                .file("-rf", "x")
                .file("~", "x")
                .file("com10", "x")
                .end(),
            &[("...", "x"), ("..a", "x"), ("aux.c", "x"), ("-rf", "x"), ("~", "x"), ("com10", "x")],
        ),
        honest(
            "tar.gz of two streams",
            {
                let tar = simple().end();
                [gz(&tar[..700]), gz(&tar[700..])].concat()
            },
            is,
        ),
        honest(
            "tar as the library makes it",
            {
                let mut tar = tar::Builder::new(Vec::new());
                for name in ["a/b", &long] {
                    let mut header = tar::Header::new_gnu();
                    header.set_size(1);
                    header.set_mode(0o644);
                    tar.append_data(&mut header, name, &b"x"[..]).unwrap();
                }
                tar.into_inner().unwrap()
            },
            &[("a", "/"), ("a/b", "x"), (above, "/"), (&long, "x")],
        ),
    ]
}

fn zips() -> Vec<Honest> {
    let is: &[(&str, &str)] = &[("a", "/"), ("a/b", "x")];
    let sum = crc(b"x");
    let streamed = |trailer: Vec<u8>| Entry {
        flags: AFTER,
        local_sizes: Some((0, 0)),
        local_crc: Some(0),
        trailer,
        ..Entry::stored("a/b", b"x")
    };
    let eight = |numbers: &[u64]| -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
    };
    vec![
        honest("zip", zip(&[Entry::folder("a/"), Entry::deflated("a/b", b"x")]), is),
        honest("zip, stored, without its folders", zip(&[Entry::stored("a/b", b"x")]), is),
        honest("zip of nothing", zip(&[]), &[]),
        honest(
            "zip with a comment",
            {
                let frame = Frame { comment: b"made by hand".to_vec(), ..Frame::default() };
                framed(&[Entry::stored("a/b", b"x")], &frame)
            },
            is,
        ),
        honest("zip with sizes after, signed", zip(&[streamed(descriptor(true, sum, 1, 1))]), is),
        honest(
            "zip with the packed size after",
            zip(&[Entry { local_sizes: Some((0, 1)), ..streamed(descriptor(true, sum, 1, 1)) }]),
            is,
        ),
        honest("zip with sizes after", zip(&[streamed(descriptor(false, sum, 1, 1))]), is),
        honest(
            "zip with long sizes after",
            {
                let mut trailer = b"PK\x07\x08".to_vec();
                trailer.extend(sum.to_le_bytes());
                trailer.extend(eight(&[1, 1]));
                zip(&[Entry {
                    local_extra: extra(1, &eight(&[0, 0])),
                    local_sizes: Some((u32::MAX, u32::MAX)),
                    ..streamed(trailer)
                }])
            },
            is,
        ),
        honest(
            "zip with zip64 where it is not needed",
            {
                let frame = Frame { long: Some(|n, s, o| (n, s, o)), ..Frame::default() };
                framed(
                    &[Entry { extra: extra(1, &eight(&[1, 1, 0])), ..Entry::stored("a/b", b"x") }],
                    &frame,
                )
            },
            is,
        ),
        honest(
            "zip with zip64 for its size",
            {
                zip(&[Entry {
                    size: u32::MAX,
                    packed_size: u32::MAX,
                    extra: extra(1, &eight(&[1, 1])),
                    local_extra: extra(1, &eight(&[1, 1])),
                    ..Entry::stored("a/b", b"x")
                }])
            },
            is,
        ),
        honest(
            "zip by DOS",
            {
                let dos = |entry: Entry, attributes| Entry { made_by: 20, attributes, ..entry };
                zip(&[dos(Entry::folder("a/"), 0x10), dos(Entry::deflated("a/b", b"x"), 0x20)])
            },
            is,
        ),
        honest(
            "zip of a jar",
            {
                let marked = Entry { extra: extra(0xcafe, &[]), ..Entry::stored("a/b", b"x") };
                zip(&[Entry { local_extra: extra(0xcafe, &[]), ..marked }])
            },
            is,
        ),
        honest(
            "zip aligned to four bytes",
            zip(&[Entry { local_extra: vec![0; 3], ..Entry::stored("a/b", b"x") }]),
            is,
        ),
        honest(
            "zip with times and owners",
            {
                let fields =
                    [extra(0x5455, &[3, 0, 0, 0, 0]), extra(0x7875, &[1, 1, 0, 1, 0])].concat();
                zip(&[Entry {
                    extra: fields.clone(),
                    local_extra: fields,
                    ..Entry::stored("a/b", b"x")
                }])
            },
            is,
        ),
        honest(
            "zip with UTF-8",
            zip(&[Entry { flags: UTF_8, ..Entry::stored("é", b"x") }]),
            &[("é", "x")],
        ),
        honest(
            "zip with UTF-8 in an extra field",
            {
                let name = "é".as_bytes();
                zip(&[Entry { extra: unicode_name(name, name), ..Entry::stored("é", b"x") }])
            },
            &[("é", "x")],
        ),
        honest("zip with UTF-8 as Unix writes it", zip(&[Entry::stored("é", b"x")]), &[("é", "x")]),
        honest(
            "zip with modes and a link",
            {
                zip(&[
                    Entry::deflated("bin/run", b"x").mode(0o100_755),
                    Entry::link("run", "bin/run"),
                ])
            },
            &[("bin", "/"), ("bin/run", "x*"), ("run", "-> bin/run")],
        ),
        honest(
            "zip as the library makes it",
            {
                let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
                let options = zip::write::SimpleFileOptions::default().unix_permissions(0o755);
                zip.add_directory("a/", options).unwrap();
                zip.start_file("a/b", options).unwrap();
                zip.write_all(b"x").unwrap();
                zip.finish().unwrap().into_inner()
            },
            &[("a", "/"), ("a/b", "x*")],
        ),
        honest(
            "zip as the library streams it",
            {
                let mut zip = zip::ZipWriter::new_stream(Vec::new());
                let options = zip::write::SimpleFileOptions::default();
                zip.start_file("a/b", options).unwrap();
                zip.write_all(b"x").unwrap();
                zip.finish().unwrap().into_inner()
            },
            is,
        ),
    ]
}

#[test]
fn every_honest_archive_unpacks_to_what_is_in_it() {
    let cases: Vec<Honest> = tars().into_iter().chain(zips()).collect();
    for case in &cases {
        let outside = tempfile::tempdir().unwrap();
        let into = outside.path().join("into");
        unpacked(&case.bytes, &into).unwrap_or_else(|error| panic!("{}: {error}", case.what));
        let holds: Found =
            case.holds.iter().map(|(path, is)| (path.clone(), (*is).to_owned())).collect();
        assert_eq!(found(&into), holds, "{}", case.what);
    }
    assert!(cases.len() >= 25);
    eprintln!("{} honest archives were unpacked to what is in them", cases.len());
}

#[test]
fn what_is_no_archive_lies_there_as_it_is() {
    let files: &[&[u8]] =
        &[b"", b"#!/bin/sh\n", &[0; 4096], &gz(b"no tar"), &xz(b""), b"\x7fELF", b"PK"];
    for bytes in files {
        let outside = tempfile::tempdir().unwrap();
        let into = outside.path().join("into");
        unpacked(bytes, &into).unwrap();
        assert_eq!(fs::read(into.join("archive")).unwrap(), *bytes);
        let mode = fs::metadata(into.join("archive")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
    }
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("mine"), "x").unwrap();
    let error = unpacked(&Tar::new().file("../x", "x").end(), outside.path()).unwrap_err();
    assert_eq!(error.code().as_str(), "file-failed");
    assert_eq!(fs::read(outside.path().join("mine")).unwrap(), b"x");
}
