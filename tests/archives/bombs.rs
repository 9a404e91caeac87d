//! Archives that unpack to too much.

use depstate::workshop::ArchiveLimits;

use super::{
    Case,
    tarball::{Header, Tar, bz2, gz, xz, zst},
    zipfile::{Entry, crc, zip},
};

fn limited(what: &str, bytes: Vec<u8>, why: &'static str, limits: ArchiveLimits) -> Case {
    Case { what: format!("bomb: {what}"), bytes, why, limits }
}

pub(super) fn cases() -> Vec<Case> {
    let usual = ArchiveLimits::default();
    let small = ArchiveLimits { total: 10_000, member: 6_000, members: 10, ..usual };
    let zeros = vec![0; 4 << 20];
    let bomb = Tar::new().file("zeros", &zeros).end();
    let many = |count: usize| (0..count).fold(Tar::new(), |tar, n| tar.file(format!("f{n}"), "x"));
    let large = Tar::new().file("a", [b'x'; 6_001]).end();
    let sum = Tar::new().file("a", [b'x'; 6_000]).file("b", [b'x'; 4_001]).end();
    let copies = Tar::new().file("a", [b'x'; 4_000]).hard("b", "a").hard("c", "a").end();
    let folders = Tar::new().file("a/b/c/d/e/f/g/h/i/j/k", "x").end();
    let again = (0..9_000).fold(Tar::new(), |tar, _| tar.folder("a/")).end();
    let comments = (0..9_000).fold(Tar::new(), |tar, _| tar.global(&[("comment", "x")])).end();
    let padding = Tar::new().file("a", "x").raw(vec![0; 3 << 20]).end();
    vec![
        limited("ratio, gzip", gz(&bomb), "times its size", usual),
        limited("ratio, xz", xz(&bomb), "times its size", usual),
        limited("ratio, zstd", zst(&bomb), "times its size", usual),
        limited("ratio, bzip2", bz2(&bomb), "times its size", usual),
        limited("ratio, zip", zip(&[Entry::deflated("zeros", &zeros)]), "times its size", usual),
        limited(
            "ratio, zip, of many members",
            zip(&(0..9)
                .map(|n| Entry::deflated(format!("z{n}"), &zeros[..1 << 20]))
                .collect::<Vec<_>>()),
            "times its size",
            usual,
        ),
        limited(
            "ratio, zip, that says it is small",
            zip(&[Entry { size: 10, ..Entry::deflated("zeros", &zeros) }]),
            "more than its size",
            usual,
        ),
        limited("ratio, after the end", gz(&padding), "times its size", usual),
        limited(
            "ratio, a stricter one",
            gz(&bomb),
            "more than 500 times its size",
            ArchiveLimits { ratio: 500, ..usual },
        ),
        limited("a member, tar", large.clone(), "too large", small),
        limited("a member, tar.gz", gz(&large), "too large", small),
        limited("a member, zip", zip(&[Entry::stored("a", &[b'x'; 6_001])]), "too large", small),
        limited(
            "a member that says more than there is",
            Tar::new().head(Header::new(b'0', "a", 1_000_000_000)).end(),
            "too large",
            small,
        ),
        limited("all together, tar", sum.clone(), "all members together", small),
        limited("all together, tar.zst", zst(&sum), "all members together", small),
        limited(
            "all together, zip",
            zip(&[Entry::stored("a", &[b'x'; 6_000]), Entry::stored("b", &[b'x'; 4_001])]),
            "all members together",
            small,
        ),
        limited("all together, by hard links", copies, "all members together", small),
        limited("members, tar", many(11).end(), "at most 10 members", small),
        limited(
            "members, zip",
            zip(&(0..11).map(|n| Entry::stored(format!("f{n}"), b"x")).collect::<Vec<_>>()),
            "too many members",
            small,
        ),
        limited("folders that no header names", folders, "at most 10 members", small),
        limited("one folder again and again", again, "headers", small),
        limited("global headers again and again", gz(&comments), "headers", small),
        limited(
            "zeros after the end",
            Tar::new().file("a", "x").raw(vec![0; 3 << 20]).end(),
            "unpacks to more",
            small,
        ),
        limited(
            "depth",
            Tar::new().file("a/b/c/d", "x").end(),
            "too deep",
            ArchiveLimits { depth: 3, ..usual },
        ),
        limited(
            "name",
            Tar::new().file("abcdefghijk", "x").end(),
            "too long",
            ArchiveLimits { name: 10, ..usual },
        ),
        limited("the window of zstd", wide_zstd(), "broken", usual),
        limited("the dictionary of xz", wide_xz(), "broken", usual),
        limited("many members of one place", shared_zip(), "overlaps", usual),
        limited("a quote of members within each other", quoted_zip(), "overlaps", usual),
    ]
}

/// A frame that wants a window of 256 MiB.
fn wide_zstd() -> Vec<u8> {
    let tar = Tar::new().file("a", "x").end();
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, (28 - 10) << 3];
    let block = u32::try_from(tar.len()).unwrap() << 3 | 1;
    frame.extend(&block.to_le_bytes()[..3]);
    frame.extend(tar);
    frame
}

/// A stream whose block header says a dictionary of 3 GiB.
fn wide_xz() -> Vec<u8> {
    let mut packed = xz(&Tar::new().file("a", "x").end());
    // Stream header of 12 bytes; then the block header: its size, flags, filter, length, dictionary.
    let size = (usize::from(packed[12]) + 1) * 4;
    let at = 12 + packed[12..12 + size].windows(2).position(|w| w == [0x21, 0x01]).unwrap() + 2;
    packed[at] = 39;
    let sum = crc(&packed[12..12 + size - 4]);
    packed[12 + size - 4..12 + size].copy_from_slice(&sum.to_le_bytes());
    packed
}

/// A kernel of bytes that a thousand members share.
fn shared_zip() -> Vec<u8> {
    let kernel = Entry::deflated("f0", &vec![0; 50_000]);
    let mut entries = vec![kernel.clone()];
    entries.extend((1..20).map(|n| Entry {
        name: format!("f{n}").into_bytes(),
        offset: Some(0),
        there: false,
        ..kernel.clone()
    }));
    zip(&entries)
}

/// Members, each of which quotes the headers of those that follow.
fn quoted_zip() -> Vec<u8> {
    let mut bytes = Entry::stored("f9", b"kernel");
    let inner = zip(&[bytes.clone()]);
    let quoted = &inner[..30 + 2 + 6];
    let outer = Entry::stored("f8", quoted);
    bytes.offset = Some(32);
    bytes.there = false;
    zip(&[outer, bytes])
}
