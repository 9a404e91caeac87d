//! Zip archives that must be refused.

use super::{
    Case, case,
    zipfile::{
        AFTER, Entry, Frame, UNIX, UTF_8, crc, descriptor, extra, framed, unicode_name, zip,
    },
};

pub(super) fn cases() -> Vec<Case> {
    [names(), kinds(), local(), sizes(), extras(), places(), ends()].into_iter().flatten().collect()
}

fn file() -> Entry {
    Entry::stored("a", b"x")
}

fn names() -> Vec<Case> {
    let one = |what: &str, name: &[u8], why| {
        let flags = if name.is_ascii() { 0 } else { UTF_8 };
        let entry = Entry { flags, ..Entry::stored(name, b"x") };
        case(format!("zip name: {what}"), zip(&[entry]), why)
    };
    let two = |what: &str, a: &str, b: &str, why| {
        let entry = |name: &str| Entry { flags: UTF_8, ..Entry::stored(name, b"x") };
        case(format!("zip names: {what}"), zip(&[entry(a), entry(b)]), why)
    };
    vec![
        one("up", b"../x", "part `..`"),
        one("up, deep", b"a/b/../../../x", "part `..`"),
        one("absolute", b"/etc/passwd", "absolute"),
        one("a drive", b"C:/x", "drive"),
        one("a backslash", b"a\\b", "backslash"),
        one("up by backslash", b"..\\..\\x", "backslash"),
        one("a NUL", b"a\0b", "NUL"),
        one("a line break", b"a\nb", "control"),
        one("right to left", "a\u{202e}b".as_bytes(), "control"),
        one("not UTF-8 and said to be", b"\xff", "not UTF-8"),
        one("none", b"", "empty name"),
        one("an empty part", b"a//b", "empty part"),
        one("a device of Windows", b"a/nul", "reserved"),
        one("too long", "n".repeat(1025).as_bytes(), "too long"),
        one("too deep", format!("{}x", "d/".repeat(64)).as_bytes(), "too deep"),
        case(
            "zip name: nobody says how it is to be read",
            zip(&[Entry { made_by: 20, ..Entry::stored("caf\u{e9}", b"x") }]),
            "nobody says",
        ),
        case(
            "zip name: of code page 437",
            zip(&[Entry { made_by: 20, ..Entry::stored(b"caf\x82", b"x") }]),
            "nobody says",
        ),
        case(
            "zip name: of code page 437, by Unix",
            zip(&[Entry::stored(b"caf\x82", b"x")]),
            "not UTF-8",
        ),
        two("twice", "a", "a", "twice"),
        two("case", "README", "readme", "case or accents"),
        two("composed and not", "\u{e9}", "e\u{301}", "case or accents"),
        two("a folder's case", "Lib/a", "lib/b", "case or accents"),
        two("below a file", "a", "a/b", "below the file"),
        two("where a folder is", "a/b", "a", "where a folder is"),
        case(
            "zip names: a folder and a file at once",
            zip(&[file(), Entry::folder("a/")]),
            "at once",
        ),
    ]
}

fn kinds() -> Vec<Case> {
    let mode = |what: &str, mode: u32, why| {
        case(format!("zip mode: {what}"), zip(&[file().mode(mode)]), why)
    };
    let link = |what: &str, name: &str, target: &str, why| {
        case(format!("zip link: {what}"), zip(&[Entry::link(name, target)]), why)
    };
    vec![
        mode("a character device", 0o020_644, "device"),
        mode("a block device", 0o060_644, "device"),
        mode("a pipe", 0o010_644, "pipe"),
        mode("a socket", 0o140_644, "socket"),
        mode("unknown", 0o150_644, "unknown"),
        mode("setuid", 0o104_755, "setuid"),
        mode("setgid", 0o102_755, "setuid"),
        mode("a folder without a slash", 0o040_755, "file by its name"),
        case(
            "zip: a file with a slash",
            zip(&[Entry::stored("a/", b"").mode(0o100_644)]),
            "file by its mode",
        ),
        case(
            "zip: a folder of DOS without a slash",
            zip(&[Entry { made_by: 20, attributes: 0x10, ..Entry::stored("a", b"") }]),
            "folder by its attributes",
        ),
        case(
            "zip: a folder with bytes",
            zip(&[Entry { attributes: 0x10, made_by: 20, ..Entry::stored("a/", b"x") }]),
            "has a size",
        ),
        link("absolute", "a", "/etc/passwd", "absolute"),
        link("up", "a", "..", "leads out"),
        link("up from a folder", "a/b", "../../x", "leads out"),
        link("empty", "a", "", "empty"),
        link("a NUL", "a", "b\0c", "NUL"),
        link("a backslash", "a", "..\\x", "backslash"),
        link("with a slash in its name", "a/", "b", "file by its mode"),
        link("too long", "a", &"x".repeat(1025), "too long"),
        case(
            "zip link: out over another",
            zip(&[Entry::link("d/up", ".."), Entry::link("out", "d/up/../x")]),
            "over other links",
        ),
        case("zip link: a circle", zip(&[Entry::link("a", "b"), Entry::link("b", "a")]), "circle"),
        case(
            "zip link: something below it",
            zip(&[Entry::link("a", "b"), Entry::stored("a/x", b"x")]),
            "below the link",
        ),
        case(
            "zip link: by DOS",
            zip(&[Entry { made_by: 20, ..Entry::link("a", "b") }]),
            "link to some readers",
        ),
        case(
            "zip link: deflated, out",
            zip(&[Entry { attributes: 0o120_777 << 16, ..Entry::deflated("a", b"../x") }]),
            "leads out",
        ),
        case("zip: encrypted", zip(&[Entry { flags: 1, ..file() }]), "encrypted"),
        case("zip: strongly encrypted", zip(&[Entry { flags: 1 << 6, ..file() }]), "encrypted"),
        case("zip: masked headers", zip(&[Entry { flags: 1 << 13, ..file() }]), "encrypted"),
        case("zip: a patch", zip(&[Entry { flags: 1 << 5, ..file() }]), "unknown flags"),
        case("zip: an unknown flag", zip(&[Entry { flags: 1 << 14, ..file() }]), "unknown flags"),
    ]
    .into_iter()
    .chain([1, 6, 9, 12, 14, 93, 95, 98, 99].map(|method| {
        let entry = Entry { method, ..file() };
        case(format!("zip: method {method}"), zip(&[entry]), "which is not read")
    }))
    .collect()
}

fn local() -> Vec<Case> {
    let one = |what: &str, entry: Entry, why| {
        case(format!("zip local header: {what}"), zip(&[entry]), why)
    };
    vec![
        one(
            "another name",
            Entry { local_name: Some(b"b".to_vec()), ..file() },
            "disagrees about its name",
        ),
        one(
            "a name that leads out",
            Entry { local_name: Some(b"../a".to_vec()), ..file() },
            "disagrees about its name",
        ),
        one(
            "a name in other case",
            Entry { local_name: Some(b"A".to_vec()), ..file() },
            "disagrees about its name",
        ),
        one(
            "another method",
            Entry { local_method: Some(8), ..file() },
            "disagrees about its method",
        ),
        one(
            "other flags",
            Entry { local_flags: Some(UTF_8), ..file() },
            "disagrees about its flags",
        ),
        one("encrypted", Entry { local_flags: Some(1), ..file() }, "disagrees about its flags"),
        one(
            "sizes after, there alone",
            Entry { local_flags: Some(AFTER), ..file() },
            "disagrees about its flags",
        ),
        one(
            "another size",
            Entry { local_sizes: Some((1, 2)), ..file() },
            "disagrees about its size",
        ),
        one(
            "another packed size",
            Entry { local_sizes: Some((2, 1)), ..file() },
            "disagrees about its size",
        ),
        one("no size", Entry { local_sizes: Some((0, 0)), ..file() }, "disagrees about its size"),
        one(
            "another checksum",
            Entry { local_crc: Some(1), ..file() },
            "disagrees about its checksum",
        ),
        one("no checksum", Entry { local_crc: Some(0), ..file() }, "disagrees about its checksum"),
        one(
            "half of an extra field",
            Entry { local_extra: vec![1, 0, 9, 0, 1], ..file() },
            "malformed extra",
        ),
        one(
            "another Unicode name",
            Entry { local_extra: unicode_name(b"a", b"../a"), ..file() },
            "second name",
        ),
        one(
            "other sizes in zip64",
            Entry { local_extra: extra(1, &[9; 16]), ..file() },
            "zip64 field that disagrees",
        ),
        case(
            "zip local header: none",
            {
                let mut bytes = zip(&[file()]);
                // Its first bytes must stay, or it is no zip archive at all.
                let second = bytes.len();
                bytes.extend(zip(&[file(), Entry::stored("b", b"x")]));
                let mut bytes = bytes.split_off(second);
                bytes[32] = b'X';
                bytes
            },
            "no local header",
        ),
    ]
}

fn sizes() -> Vec<Case> {
    let one = |what: &str, entry: Entry, why| case(format!("zip: {what}"), zip(&[entry]), why);
    let text = b"some text, some text, some text".repeat(9);
    let packed = || Entry::deflated("a", &text);
    let length = u32::try_from(text.len()).unwrap();
    let with_tail = {
        let mut entry = packed();
        entry.packed.extend(b"hidden");
        entry.packed_size += 6;
        entry
    };
    let twice = {
        let mut entry = packed();
        let again = entry.packed.clone();
        entry.packed_size *= 2;
        entry.packed.extend(again);
        entry
    };
    let cut = {
        let mut entry = packed();
        entry.packed.truncate(entry.packed.len() / 2);
        entry.packed_size = u32::try_from(entry.packed.len()).unwrap();
        entry
    };
    let after = |trailer: Vec<u8>| Entry {
        flags: AFTER,
        local_sizes: Some((0, 0)),
        local_crc: Some(0),
        trailer,
        ..file()
    };
    let sum = crc(b"x");
    vec![
        one("a wrong checksum", Entry { crc: 1, ..file() }, "wrong checksum"),
        one("a wrong checksum, deflated", Entry { crc: 1, ..packed() }, "wrong checksum"),
        one("more than its size", Entry { size: length - 1, ..packed() }, "more than its size"),
        one("less than its size", Entry { size: length + 1, ..packed() }, "less than its size"),
        one("more than no size", Entry { size: 0, ..packed() }, "more than its size"),
        one("stored with two sizes", Entry { size: 2, ..file() }, "two sizes"),
        one("bytes after the end of deflate", with_tail, "more bytes than belong"),
        one("two streams of deflate", twice, "more bytes than belong"),
        one("deflate is cut off", cut, ""),
        one(
            "no deflate at all",
            Entry { method: 8, packed: vec![0xff; 9], packed_size: 9, ..file() },
            "broken",
        ),
        one("sizes after it, and none there", after(Vec::new()), "after its bytes"),
        one("sizes after it, others", after(descriptor(true, sum, 1, 2)), "after its bytes"),
        one(
            "sizes after it, another checksum",
            after(descriptor(true, 1, 1, 1)),
            "after its bytes",
        ),
        one(
            "sizes after it, and something more",
            after([descriptor(true, sum, 1, 1), b"hidden".to_vec()].concat()),
            "after its bytes",
        ),
        one(
            "sizes after it, unsigned, others",
            after(descriptor(false, sum, 2, 1)),
            "after its bytes",
        ),
    ]
}

fn extras() -> Vec<Case> {
    let one = |what: &str, extra: Vec<u8>, why| {
        case(format!("zip extra: {what}"), zip(&[Entry { extra, ..file() }]), why)
    };
    vec![
        one("another Unicode name", unicode_name(b"a", b"b"), "second name"),
        one("a Unicode name that leads out", unicode_name(b"a", b"../../a"), "second name"),
        one("a Unicode name for another name", unicode_name(b"b", b"a"), "second name"),
        one(
            "two Unicode names",
            [unicode_name(b"a", b"a"), unicode_name(b"a", b"a")].concat(),
            "two Unicode names",
        ),
        one("half of one", vec![0x75, 0x70, 9, 0, 1], "malformed extra"),
        one("a byte", vec![1], "malformed extra"),
        one("AES", extra(0x9901, &[2, 0, b'A', b'E', 3, 8, 0]), "encrypted"),
        one("strong encryption", extra(0x0017, &[0; 8]), "encrypted"),
        one("a second mode", extra(0x756e, &[0; 14]), "second mode"),
        one("two of zip64", [extra(1, &[]), extra(1, &[])].concat(), "two zip64"),
        one("zip64 of other sizes", extra(1, &[7; 24]), "zip64 field that disagrees"),
        one("zip64 of too many", extra(1, &[7; 40]), "zip64 field that disagrees"),
        one("zip64 of three bytes", extra(1, &[7; 3]), "zip64 field that disagrees"),
        case(
            "zip extra: zip64 is needed and missing",
            zip(&[Entry { size: u32::MAX, ..Entry::deflated("a", b"x") }]),
            "needs one",
        ),
        case(
            "zip extra: zip64 is needed and too short",
            zip(&[Entry { size: u32::MAX, extra: extra(1, &[1]), ..Entry::deflated("a", b"x") }]),
            "zip64 field that disagrees",
        ),
        case(
            "zip extra: zip64 with a size that is too large",
            zip(&[Entry {
                size: u32::MAX,
                extra: extra(1, &(1_u64 << 50).to_le_bytes()),
                ..Entry::deflated("a", b"x")
            }]),
            "times its size",
        ),
        case(
            "zip extra: zip64 with a place outside",
            zip(&[Entry {
                offset: Some(u32::MAX),
                extra: extra(1, &(1_u64 << 50).to_le_bytes()),
                ..file()
            }]),
            "something before it",
        ),
        case("zip extra: another disk", zip(&[Entry { disk: 1, ..file() }]), "another part"),
    ]
}

fn places() -> Vec<Case> {
    let other = || Entry::stored("b", b"y");
    let hidden = || Entry { listed: false, ..Entry::stored("hidden", b"z") };
    let inner = zip(&[Entry::stored("../x", b"x")]);
    vec![
        case(
            "zip: two members of one place",
            zip(&[file(), Entry { offset: Some(0), there: false, ..other() }]),
            "overlaps",
        ),
        case(
            "zip: a member twice in one place",
            zip(&[file(), Entry { offset: Some(0), there: false, ..file() }]),
            "overlaps",
        ),
        case(
            "zip: a member within another",
            {
                let inside = zip(&[other()]);
                let outer = Entry::stored("a", &inside);
                // 30 bytes of header, 1 of name.
                zip(&[outer, Entry { offset: Some(31), there: false, ..other() }])
            },
            "overlaps",
        ),
        case("zip: a member that is not listed, first", zip(&[hidden(), file()]), "no member"),
        case(
            "zip: a member that is not listed, in between",
            zip(&[file(), hidden(), other()]),
            "belongs to no member",
        ),
        case(
            "zip: a member that is not listed, last",
            zip(&[file(), hidden()]),
            "belongs to no member",
        ),
        case(
            "zip: an archive in between",
            zip(&[Entry { trailer: inner.clone(), ..file() }, other()]),
            "belongs to no member",
        ),
        case(
            "zip: noise before the central directory",
            framed(&[file()], &Frame { before_directory: b"noise".to_vec(), ..Frame::default() }),
            "belongs to no member",
        ),
        case(
            "zip: noise after the central directory",
            framed(&[file()], &Frame { after_directory: b"noise".to_vec(), ..Frame::default() }),
            "does not end where",
        ),
        case(
            "zip: a member outside",
            zip(&[Entry { offset: Some(9999), ..file() }]),
            "something before it",
        ),
        case(
            "zip: something before it, all places moved",
            {
                let mut bytes = zip(&[hidden()]);
                bytes.truncate(bytes.len() - 22);
                bytes.extend(zip(&[file()]));
                bytes
            },
            "does not end where",
        ),
        case(
            "zip: another archive before it",
            [zip(&[other()]), zip(&[file()])].concat(),
            "does not end where",
        ),
        case(
            "zip: nothing but members",
            {
                let mut bytes = zip(&[Entry { listed: false, ..file() }]);
                bytes.truncate(bytes.len() - 22);
                bytes
            },
            "no end record",
        ),
        case(
            "zip: cut in half",
            {
                let mut bytes = zip(&[Entry::stored("a", &[b'x'; 100_000])]);
                bytes.truncate(50_000);
                bytes
            },
            "no end record",
        ),
        case(
            "zip: cut before the last byte",
            {
                let mut bytes = zip(&[file()]);
                bytes.pop();
                bytes
            },
            "cut off",
        ),
        case("zip: one part of several, by its first bytes", b"PK\x07\x08PK\x03\x04".to_vec(), ""),
    ]
}

fn ends() -> Vec<Case> {
    let with = |what: &str, frame: Frame, why| {
        case(format!("zip end: {what}"), framed(&[file(), Entry::stored("b", b"y")], &frame), why)
    };
    let frame = Frame::default;
    let second = zip(&[Entry::stored("../x", b"x")]);
    let fake_end = {
        let mut end = b"PK\x05\x06".to_vec();
        end.extend([0; 18]);
        end
    };
    vec![
        with("noise after it", Frame { after: b"noise".to_vec(), ..frame() }, "follows after"),
        with("a NUL after it", Frame { after: vec![0], ..frame() }, "follows after"),
        with(
            "70,000 bytes after it",
            Frame { after: vec![0; 70_000], ..frame() },
            "too much follows",
        ),
        with(
            "another archive after it",
            Frame { after: second.clone(), ..frame() },
            "does not end",
        ),
        with(
            "another one in its comment",
            Frame { comment: fake_end.clone(), ..frame() },
            "does not end where",
        ),
        with(
            "an archive in its comment",
            Frame { comment: second, ..frame() },
            "does not end where",
        ),
        with(
            "half of one in its comment",
            Frame { comment: b"PK\x05\x06".to_vec(), ..frame() },
            "cut off",
        ),
        with("fewer members", Frame { entries: Some(1), ..frame() }, "more members than it says"),
        with("no members", Frame { entries: Some(0), ..frame() }, "more members than it says"),
        with("more members", Frame { entries: Some(3), ..frame() }, "fewer members"),
        with("a shorter directory", Frame { size: Some(40), ..frame() }, "does not end where"),
        with("a longer directory", Frame { size: Some(400), ..frame() }, "does not end where"),
        with("a directory elsewhere", Frame { offset: Some(0), ..frame() }, "does not end where"),
        with(
            "a directory outside",
            Frame { offset: Some(99_999), ..frame() },
            "does not end where",
        ),
        with("a second part", Frame { disk: 1, ..frame() }, "one part of several"),
        with(
            "full and no zip64",
            Frame { entries: Some(u16::MAX), ..frame() },
            "zip64 end record is missing",
        ),
        with("a full size and no zip64", Frame { size: Some(u32::MAX), ..frame() }, "is missing"),
        with(
            "a full place and no zip64",
            Frame { offset: Some(u32::MAX), ..frame() },
            "is missing",
        ),
        with(
            "zip64 with other members",
            Frame { long: Some(|n, s, o| (n - 1, s, o)), ..frame() },
            "disagrees with its end record",
        ),
        with(
            "zip64 with another size",
            Frame { long: Some(|n, s, o| (n, s - 1, o)), ..frame() },
            "disagrees with its end record",
        ),
        with(
            "zip64 with another place",
            Frame { long: Some(|n, s, o| (n, s, o + 1)), ..frame() },
            "disagrees with its end record",
        ),
        with(
            "zip64 with endless members",
            Frame { entries: Some(u16::MAX), long: Some(|_, s, o| (u64::MAX, s, o)), ..frame() },
            "too many members",
        ),
        with(
            "zip64 with an endless directory",
            Frame { size: Some(u32::MAX), long: Some(|n, _, o| (n, u64::MAX, o)), ..frame() },
            "does not end where",
        ),
        with(
            "zip64 elsewhere",
            Frame { long: Some(|n, s, o| (n, s, o)), locator_off_by: 1, ..frame() },
            "not where its locator says",
        ),
        with(
            "noise before zip64",
            Frame {
                after_directory: b"noise".to_vec(),
                long: Some(|n, s, o| (n, s, o)),
                ..frame()
            },
            "does not end where",
        ),
        case(
            "zip end: made by nobody, and a link",
            zip(&[Entry { made_by: UNIX & 0xff, ..Entry::link("a", "b") }]),
            "link to some readers",
        ),
    ]
}
