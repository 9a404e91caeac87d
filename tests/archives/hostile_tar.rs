//! Tar archives that must be refused.

use super::{
    Case, case,
    tarball::{Header, Tar, bz2, gz, pax, record, xz, zst},
};

pub(super) fn cases() -> Vec<Case> {
    [names(), twice(), links(), hard_links(), kinds(), headers(), extended(), endings(), packed()]
        .into_iter()
        .flatten()
        .collect()
}

fn names() -> Vec<Case> {
    let table: &[(&str, &[u8], &str)] = &[
        ("absolute", b"/etc/passwd", "absolute path"),
        ("twice absolute", b"//etc/passwd", "absolute path"),
        ("the root", b"/", "absolute path"),
        ("up", b"../x", "part `..`"),
        ("up alone", b"..", "part `..`"),
        ("up after `./`", b"./../x", "part `..`"),
        ("up through a folder", b"a/../../x", "part `..`"),
        ("up at the end", b"a/..", "part `..`"),
        ("up within", b"a/../b", "part `..`"),
        ("an empty part", b"a//b", "empty part"),
        ("a dot within", b"a/./b", "part `.`"),
        ("two dots to begin with", b"././a", "part `.`"),
        ("a dot at the end", b"a/.", "part `.`"),
        ("no name", b"", "empty name"),
        ("a backslash", b"a\\b", "backslash"),
        ("up by backslash", b"..\\x", "backslash"),
        ("a share of Windows", b"\\\\host\\share", "backslash"),
        ("a drive", b"C:x", "drive letter"),
        ("a drive, absolute", b"c:/x", "drive letter"),
        ("a drive after `./`", b"./D:/x", "drive letter"),
        ("a line break", b"a\nb", "control character"),
        ("a tab", b"a\tb", "control character"),
        ("an escape sequence", b"a\x1b[2Jb", "control character"),
        ("delete", b"a\x7fb", "control character"),
        ("a C1 control", "a\u{9b}b".as_bytes(), "control character"),
        ("right to left", "a\u{202e}gpj.exe".as_bytes(), "control character"),
        ("an isolate", "a\u{2066}b".as_bytes(), "control character"),
        ("no width", "a\u{200b}b".as_bytes(), "control character"),
        ("a byte order mark", "\u{feff}a".as_bytes(), "control character"),
        ("a soft hyphen", "a\u{ad}b".as_bytes(), "control character"),
        ("a tag letter", "a\u{e0041}".as_bytes(), "control character"),
        ("Latin-1", b"caf\xe9", "not UTF-8"),
        ("up in overlong UTF-8", b"\xc0\xae\xc0\xae/x", "not UTF-8"),
        ("half a surrogate", b"\xed\xa0\x80", "not UTF-8"),
        ("a console", b"con", "reserved name"),
        ("a console, capital, in a folder", b"a/AUX/b", "reserved name"),
        ("the null device", b"a/Nul", "reserved name"),
        ("a serial line", b"com1", "reserved name"),
        ("a printer", b"LPT9", "reserved name"),
        ("a printer with a dot", b"prn.", "reserved name"),
        ("a console's input", b"conin$", "reserved name"),
    ];
    let mut cases: Vec<Case> = table
        .iter()
        .map(|(what, name, why)| {
            case(format!("tar name: {what}"), Tar::new().file(name, "x").end(), why)
        })
        .collect();
    let file = |header: Header| Tar::new().head(header).data("x").end();
    let deep = format!("{}x", "d/".repeat(64));
    let long = "n".repeat(1025);
    cases.extend([
        case("tar: up, a folder", Tar::new().folder("../d/").end(), "part `..`"),
        case("tar: absolute, a folder", Tar::new().folder("/d/").end(), "absolute path"),
        case("tar: absolute, a link", Tar::new().link("/l", "x").end(), "absolute path"),
        case("tar: up, a link", Tar::new().link("../l", "x").end(), "part `..`"),
        case(
            "tar: a name in two parts by NUL",
            file(Header::new(b'0', b"a\0b", 1)),
            "name with a NUL",
        ),
        case(
            "tar: a hidden end after NUL",
            file(Header::new(b'0', b"good.txt\0/../../evil", 1)),
            "name with a NUL",
        ),
        case("tar: up in the prefix", file(Header::new(b'0', "x", 1).prefix("..")), "part `..`"),
        case(
            "tar: up across the prefix",
            file(Header::new(b'0', "../x", 1).prefix("a")),
            "part `..`",
        ),
        case(
            "tar: absolute by its prefix",
            file(Header::new(b'0', "passwd", 1).prefix("/etc")),
            "absolute path",
        ),
        case(
            "tar: a NUL within the prefix",
            file(Header::new(b'0', "x", 1).with(345, b"a\0b")),
            "prefix with a NUL",
        ),
        case(
            "tar: too deep",
            Tar::new().pax(&[("path", &deep)]).file(&deep, "x").end(),
            "too deep",
        ),
        case(
            "tar: too long by an extended header",
            Tar::new().pax(&[("path", &long)]).file(&long, "x").end(),
            "too long",
        ),
        case(
            "tar: too long by GNU's header",
            Tar::new().long(b'L', format!("{long}n")).file(&long, "x").end(),
            "too long",
        ),
        case(
            "tar: up by GNU's header",
            Tar::new().long(b'L', "../x").file("x", "x").end(),
            "part `..`",
        ),
        case(
            "tar: up by an extended header",
            Tar::new().pax(&[("path", "../x")]).file("../x", "x").end(),
            "leads out",
        ),
        case("tar: a file with a slash", Tar::new().file("a/", "x").end(), "no folder"),
        case("tar: a link with a slash", Tar::new().link("a/", "b").end(), "no folder"),
        case("tar: the root as a file", Tar::new().file(".", "x").end(), "no folder"),
    ]);
    cases
}

fn twice() -> Vec<Case> {
    let two = |a: &str, b: &str| Tar::new().file(a, "1").file(b, "2").end();
    vec![
        case("tar: a file twice", two("a", "a"), "twice"),
        case("tar: a file twice, once with `./`", two("a", "./a"), "twice"),
        case("tar: case", two("README", "Readme"), "case or accents"),
        case("tar: case beyond ASCII", two("ÄRGER", "ärger"), "case or accents"),
        case("tar: sharp s", two("STRASSE", "straße"), "case or accents"),
        case("tar: long s", two("s", "ſ"), "case or accents"),
        case("tar: the Kelvin sign", two("k", "\u{212a}"), "case or accents"),
        case("tar: final sigma", two("ΑΣ", "ας"), "case or accents"),
        case("tar: a ligature", two("file", "ﬁle"), "case or accents"),
        case("tar: composed and not", two("\u{e9}", "e\u{301}"), "case or accents"),
        case("tar: accents in another order", two("q\u{307}\u{323}", "q\u{323}\u{307}"), "case or"),
        case("tar: a dot at the end", two("a", "a."), "case or accents"),
        case("tar: a space at the end", two("a", "a "), "case or accents"),
        case("tar: a folder's case", two("Lib/a", "lib/b"), "case or accents"),
        case(
            "tar: a folder twice, in another case",
            Tar::new().folder("Lib/").folder("lib/").end(),
            "case or accents",
        ),
        case("tar: below a file", two("a", "a/b"), "below the file"),
        case("tar: where a folder is", two("a/b", "a"), "where a folder is"),
        case(
            "tar: a file where a folder is",
            Tar::new().folder("a/").file("a", "x").end(),
            "where a folder is",
        ),
        case(
            "tar: a folder where a file is",
            Tar::new().file("a", "x").folder("a/").end(),
            "folder and a file at once",
        ),
        case(
            "tar: below a link",
            Tar::new().link("a", "b").file("a/c", "x").end(),
            "below the link",
        ),
        case(
            "tar: a folder below a link",
            Tar::new().folder("b/").link("a", "b").folder("a/c/").end(),
            "below the link",
        ),
        case(
            "tar: below a link of another case",
            Tar::new().link("A", "b").file("a/c", "x").end(),
            "case or accents",
        ),
        case("tar: a file over a link", Tar::new().link("a", "b").file("a", "x").end(), "twice"),
        case("tar: a link over a file", Tar::new().file("a", "x").link("a", "b").end(), "twice"),
        case(
            "tar: a link over a folder",
            Tar::new().folder("a/").link("a", "b").end(),
            "where a folder is",
        ),
        case(
            "tar: a link over a folder with something in it",
            Tar::new().file("a/x", "x").link("a", "b").end(),
            "where a folder is",
        ),
        case(
            "tar: a folder over a link",
            Tar::new().link("a", "b").folder("a/").end(),
            "folder and a file at once",
        ),
        case("tar: a link twice", Tar::new().link("a", "b").link("a", "c").end(), "twice"),
        case(
            "tar: a hard link over its file",
            Tar::new().file("a", "x").hard("a", "a").end(),
            "twice",
        ),
    ]
}

fn links() -> Vec<Case> {
    let link = |what: &str, name: &str, target: &[u8], why| {
        case(format!("tar link: {what}"), Tar::new().link(name, target).end(), why)
    };
    let chain: Tar =
        (0..42).fold(Tar::new(), |tar, n| tar.link(format!("l{n}"), format!("l{}", n + 1)));
    vec![
        link("absolute", "a", b"/etc/passwd", "which is absolute"),
        link("absolute, a drive", "a", b"C:/x", "which is absolute"),
        link("up", "a", b"..", "leads out"),
        link("up from a folder", "a/b", b"../../x", "leads out"),
        link("up in between", "a", b"b/../../x", "leads out"),
        link("up and in again", "a/b", b"../../a/x", "leads out"),
        link("up after a dot", "a", b"./../x", "leads out"),
        link("empty", "a", b"", "which is empty"),
        link("a backslash", "a", b"..\\x", "backslash"),
        link("a line break", "a", b"b\nc", "control character"),
        link("right to left", "a", "b\u{202e}c".as_bytes(), "control character"),
        link("not UTF-8", "a", b"\xff", "not UTF-8"),
        link("itself", "a", b"a", "circle"),
        case(
            "tar link: a NUL",
            Tar::new().head(Header::new(b'2', "a", 0).with(157, b"b\0c")).end(),
            "link target with a NUL",
        ),
        case(
            "tar link: out over another",
            Tar::new().folder("d/").link("d/up", "..").link("out", "d/up/../x").end(),
            "over other links",
        ),
        case(
            "tar link: out over one that comes later",
            Tar::new().link("out", "d/up/../x").folder("d/").link("d/up", "..").end(),
            "over other links",
        ),
        case(
            "tar link: out over three",
            Tar::new().link("d/e/f", "../..").link("d/g", "e/f").link("d/h", "g/..").end(),
            "over other links",
        ),
        case(
            "tar link: out over another of another case",
            Tar::new().folder("d/").link("d/UP", "..").link("out", "d/up/../x").end(),
            "over other links",
        ),
        case("tar link: a circle of two", Tar::new().link("a", "b").link("b", "a").end(), "circle"),
        case(
            "tar link: a circle through folders",
            Tar::new().link("d/a", "../e/b/x").link("e/b", "../d/a").end(),
            "circle",
        ),
        case("tar link: over too many", chain.file("l42", "x").end(), "too many links"),
        case(
            "tar link: too long",
            Tar::new().pax(&[("linkpath", &"x".repeat(1025))]).link("a", "x".repeat(100)).end(),
            "too long",
        ),
        case(
            "tar link: up by an extended header",
            Tar::new()
                .pax(&[("linkpath", &format!("../{}", "x".repeat(120)))])
                .link("a", "x")
                .end(),
            "leads out",
        ),
        case(
            "tar link: up by GNU's header",
            Tar::new().long(b'K', "../x").link("a", "x").end(),
            "leads out",
        ),
        case(
            "tar link: with bytes",
            Tar::new().head(Header::new(b'2', "a", 4).link("b")).data("evil").end(),
            "has a size",
        ),
        case(
            "tar: a file with a link target",
            Tar::new().head(Header::new(b'0', "a", 1).link("b")).data("x").end(),
            "link target and is no link",
        ),
        case(
            "tar: a folder with a link target",
            Tar::new().head(Header::new(b'5', "a/", 0).link("b")).end(),
            "link target and is no link",
        ),
    ]
}

fn hard_links() -> Vec<Case> {
    let none = "no earlier file";
    vec![
        case("hard link: absolute", Tar::new().hard("a", "/etc/passwd").end(), "absolute path"),
        case("hard link: up", Tar::new().hard("a", "../x").end(), "part `..`"),
        case("hard link: to nothing", Tar::new().hard("a", "b").end(), none),
        case("hard link: to itself", Tar::new().hard("a", "a").end(), none),
        case("hard link: to a later file", Tar::new().hard("a", "b").file("b", "x").end(), none),
        case("hard link: to a folder", Tar::new().folder("b/").hard("a", "b").end(), none),
        case(
            "hard link: to a link",
            Tar::new().file("c", "x").link("b", "c").hard("a", "b").end(),
            none,
        ),
        case(
            "hard link: through a link",
            Tar::new().file("c/f", "x").link("b", "c").hard("a", "b/f").end(),
            none,
        ),
        case("hard link: to another case", Tar::new().file("B", "x").hard("a", "b").end(), none),
        case("hard link: to no name", Tar::new().file("b", "x").hard("a", "").end(), "empty name"),
        case(
            "hard link: with bytes",
            Tar::new().file("b", "x").head(Header::new(b'1', "a", 4).link("b")).data("evil").end(),
            "has a size",
        ),
        case(
            "hard link: by GNU's header",
            Tar::new().long(b'K', "../x").hard("a", "x").end(),
            "part `..`",
        ),
    ]
}

fn kinds() -> Vec<Case> {
    let mut cases = vec![
        case("tar: a character device", Tar::new().of_kind(b'3', "a").end(), "device"),
        case("tar: a block device", Tar::new().of_kind(b'4', "a").end(), "device"),
        case("tar: a named pipe", Tar::new().of_kind(b'6', "a").end(), "named pipe"),
        case("tar: an old sparse file", Tar::new().of_kind(b'S', "a").end(), "sparse"),
    ];
    for kind in *b"789ADEIMNVXYZa\x01\xff" {
        let what = format!("tar: of kind {}", kind.escape_ascii());
        cases.push(case(what, Tar::new().of_kind(kind, "a").end(), "unknown type"));
    }
    let mode = |what: &str, kind: u8, name: &str, mode: u32, why| {
        let tar = Tar::new().head(Header::new(kind, name, 0).mode(mode)).end();
        case(format!("tar mode: {what}"), tar, why)
    };
    cases.extend([
        mode("setuid", b'0', "a", 0o4755, "setuid"),
        mode("setgid", b'0', "a", 0o2755, "setuid or setgid"),
        mode("both, and sticky", b'0', "a", 0o7777, "setuid"),
        mode("a folder with setuid", b'5', "a/", 0o4755, "setuid"),
        mode("a device", b'0', "a", 0o060_644, "something else"),
        mode("a socket", b'0', "a", 0o140_644, "something else"),
        mode("a pipe", b'0', "a", 0o010_644, "something else"),
        mode("a link, of a file", b'0', "a", 0o120_777, "something else"),
        mode("a folder, of a file", b'0', "a", 0o040_755, "something else"),
        mode("a file, of a folder", b'5', "a/", 0o100_644, "something else"),
        mode("a file, of a link", b'2', "a", 0o100_644, "something else"),
        mode("too large", b'0', "a", 0o1_100_644, "something else"),
    ]);
    // A link needs its target to come so far.
    for case in &mut cases {
        if case.what == "tar mode: a file, of a link" {
            case.bytes = Tar::new().head(Header::new(b'2', "a", 0).link("b").mode(0o100_644)).end();
        }
    }
    cases
}

fn headers() -> Vec<Case> {
    let one = |what: &str, header: Header, why| {
        case(format!("tar header: {what}"), Tar::new().head(header).data("x").end(), why)
    };
    let file = || Header::new(b'0', "a", 1);
    vec![
        case(
            "tar header: a wrong checksum",
            Tar::new().unsummed(file()).data("x").end(),
            "wrong checksum",
        ),
        case(
            "tar header: a wrong checksum, later",
            Tar::new().file("b", "x").unsummed(file()).data("x").end(),
            "wrong checksum",
        ),
        case(
            "tar header: noise",
            Tar::new().file("b", "x").raw([b'x'; 512]).end(),
            "wrong checksum",
        ),
        one("no magic and a prefix", file().v7().with(345, b"evil"), "unknown format"),
        one("another version", file().with(263, b"99"), "unknown format"),
        one("that of star", file().with(508, b"tar\0"), "unknown format"),
        one("GNU's with a prefix", file().gnu().with(345, b".."), "where others have a prefix"),
        one(
            "GNU's with times",
            file().gnu().with(345, b"14000000000\0"),
            "where others have a prefix",
        ),
        one("a binary size", file().with(124, &[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]), "binary"),
        one("a negative size", file().with(124, &[0xff; 12]), "negative"),
        one("a minus", file().with(124, b"-0000000001\0"), "no octal number"),
        one("a plus", file().with(124, b"+0000000001\0"), "no octal number"),
        one("a decimal size", file().with(124, b"00000000009\0"), "no octal number"),
        one("a hexadecimal size", file().with(124, b"0x000000001\0"), "no octal number"),
        one("a size with a gap", file().with(124, b"0000 000001\0"), "no octal number"),
        one("letters after the size", file().with(124, b"0000001 x\0\0\0"), "no octal number"),
        one("a NUL before the size", file().with(124, b"\x000000000001\0"), "no octal number"),
        one("a mode in letters", file().with(100, b"rw-r--r-"), "no octal number"),
        one("a binary mode", file().with(100, &[0x80, 0, 0, 0, 0, 0, 0, 1]), "binary"),
        one("more bytes than there are", file().with(124, b"00000077777\0"), "cut off"),
        one("a folder with bytes", Header::new(b'5', "a/", 1), "has a size"),
        one("more bytes than may be", file().with(124, b"77777777777\0"), "too large"),
    ]
}

fn extended() -> Vec<Case> {
    let raw = |what: &str, data: &[u8], why| {
        let tar = Tar::new().extended(b'x', data).file("a", "x").end();
        case(format!("pax: {what}"), tar, why)
    };
    let long = "n".repeat(120);
    let one = |what: &str, records: &[(&str, &str)], why| {
        let tar = Tar::new().pax(records).file("a", "x").end();
        case(format!("pax: {what}"), tar, why)
    };
    let global = |what: &str, records: &[(&str, &str)], why| {
        let tar = Tar::new().global(records).file("a", "x").end();
        case(format!("pax, global: {what}"), tar, why)
    };
    let two = Tar::new().pax(&[("size", "1024")]).head(Header::new(b'0', "a", 0));
    let hidden = two.raw(Tar::new().file("hidden", "x").cut()).end();
    let other = Tar::new().pax(&[("size", "0")]).head(Header::new(b'0', "a", 1024));
    let hidden_too = other.raw(Tar::new().file("hidden", "x").cut()).end();
    vec![
        case("pax: another size, that hides a member", hidden, "two sizes"),
        case("pax: another size, that shows a member", hidden_too, "two sizes"),
        one("another name", &[("path", "b")], "second name"),
        one("another name, up", &[("path", "../a")], "second name"),
        one("another target", &[("linkpath", "b")], "second link target"),
        one("a size with a plus", &[("size", "+1")], "no number"),
        one("a size with a dot", &[("size", "1.0")], "no number"),
        one("a negative size", &[("size", "-1")], "no number"),
        one("an endless size", &[("size", "99999999999999999999")], "no number"),
        one("an empty size", &[("size", "")], "no number"),
        one("no name", &[("path", "")], "empty `path`"),
        one("no target", &[("linkpath", "")], "empty `linkpath`"),
        one("two names", &[("path", "a"), ("path", "../b")], "`path` twice"),
        one("two sizes", &[("size", "1"), ("size", "2")], "`size` twice"),
        one("two comments", &[("comment", "1"), ("comment", "2")], "`comment` twice"),
        one("an unknown keyword", &[("realtime.x", "1")], "unknown keyword"),
        one("an unknown vendor", &[("ACME.type", "link")], "unknown keyword"),
        one("another kind", &[("SCHILY.filetype", "sym")], "unknown keyword"),
        one("another character set", &[("hdrcharset", "BINARY")], "unknown keyword"),
        one("a sparse file's name", &[("GNU.sparse.name", "b")], "sparse"),
        one("a sparse file of format 1", &[("GNU.sparse.major", "1")], "sparse"),
        one("a sparse file's size", &[("GNU.sparse.realsize", "9")], "sparse"),
        one("a sparse file of star's", &[("SCHILY.realsize", "9")], "sparse"),
        one("a volume", &[("GNU.volume.label", "x")], "unknown keyword"),
        one("what was dumped", &[("GNU.dumpdir", "Yx")], "unknown keyword"),
        raw("no record", b"x", "malformed"),
        raw("a record of no length", b"0 a=b\n", "malformed"),
        raw("a record that is too short", b"3 comment=b\n", "malformed"),
        raw("a record that is too long", b"99 comment=b\n", "malformed"),
        raw("a length with a zero before it", b"014 comment=b\n", "malformed"),
        raw("a length with a plus", b"+13 comment=b\n", "malformed"),
        raw("no line's end", b"13 comment=bc", "malformed"),
        raw("no sign between", b"12 commentb\n", "malformed"),
        raw("no keyword", b"6 =ab\n", "malformed"),
        raw("a keyword that is no UTF-8", &record(b"\xff", b"x"), "malformed"),
        raw(
            "something after the records",
            &[pax(&[("comment", "b")]), vec![0; 9]].concat(),
            "malformed",
        ),
        raw(
            "a name hidden behind a line's end",
            &record(b"comment", b"x\n14 path=../b\n"),
            "malformed-or-harmless",
        ),
        raw("a name with a NUL", &record(b"path", format!("{long}\0/../x").as_bytes()), "NUL"),
        raw(
            "a name with a line's end",
            &record(b"path", format!("{long}\n").as_bytes()),
            "control",
        ),
        raw("a name that is no UTF-8", &record(b"path", b"\xff"), "not UTF-8"),
        one("up, in a long name", &[("path", &format!("../{long}"))], "part `..`"),
        one("absolute, in a long name", &[("path", &format!("/{long}"))], "absolute"),
        case(
            "pax: a stand-in that leads out",
            Tar::new().pax(&[("path", &long)]).file("../../etc/passwd", "x").end(),
            "leads out",
        ),
        case(
            "pax: a stand-in that is absolute",
            Tar::new().pax(&[("path", &long)]).file("/etc/passwd", "x").end(),
            "leads out",
        ),
        case(
            "pax: a target's stand-in that leads out",
            Tar::new().pax(&[("linkpath", &long)]).link("a", "../../etc").end(),
            "leads out",
        ),
        case(
            "gnu: a stand-in that leads out",
            Tar::new().long(b'L', &long).file("../../etc/passwd", "x").end(),
            "leads out",
        ),
        global("a name", &[("path", "a")], "all members at once"),
        global("a target", &[("linkpath", "a")], "all members at once"),
        global("a size", &[("size", "1")], "all members at once"),
        global("a sparse map", &[("GNU.sparse.map", "0,1")], "sparse"),
        global("an unknown keyword", &[("ACME.x", "1")], "unknown keyword"),
        global("another character set", &[("hdrcharset", "BINARY")], "unknown keyword"),
        case(
            "pax: two for one member",
            Tar::new().pax(&[("mtime", "1")]).pax(&[("mtime", "2")]).file("a", "x").end(),
            "second extended header",
        ),
        case(
            "pax: a global one in between",
            Tar::new().pax(&[("mtime", "1")]).global(&[("comment", "x")]).file("a", "x").end(),
            "between a header and its member",
        ),
        case(
            "pax: and then a long name",
            Tar::new().pax(&[("path", &long)]).long(b'L', "b").file("a", "x").end(),
            "mixes",
        ),
        case(
            "pax: and before it a long name",
            Tar::new().long(b'L', "b").pax(&[("path", &long)]).file("a", "x").end(),
            "second extended header",
        ),
        case(
            "pax: and then a long target",
            Tar::new().pax(&[("linkpath", &long)]).long(b'K', "b").link("a", "x").end(),
            "mixes",
        ),
        case(
            "gnu: two long names",
            Tar::new().long(b'L', &long).long(b'L', "b").file("a", "x").end(),
            "second long name",
        ),
        case(
            "gnu: two long targets",
            Tar::new().long(b'K', &long).long(b'K', "b").link("a", "x").end(),
            "second long name",
        ),
        case(
            "gnu: an empty long name",
            Tar::new().long(b'L', "").file("a", "x").end(),
            "empty long name",
        ),
        case(
            "gnu: a long name with a NUL",
            Tar::new().long(b'L', b"a\0/../b").file("a", "x").end(),
            "NUL",
        ),
        case("gnu: a long name of nothing", Tar::new().long(b'L', &long).end(), "no member"),
        case("pax: a header of nothing", Tar::new().pax(&[("mtime", "1")]).end(), "no member"),
        case(
            "pax: a header that is too long",
            Tar::new().head(Header::new(b'x', "x", 2 << 20)).end(),
            "too long",
        ),
        case(
            "pax: a header that is cut off",
            Tar::new().file("b", "x").head(Header::new(b'x', "x", 4096)).cut(),
            "cut off",
        ),
    ]
    .into_iter()
    // Read by its length, as the standard says, it is one harmless record: an honest case has it.
    .filter(|case| case.why != "malformed-or-harmless")
    .collect()
}

fn endings() -> Vec<Case> {
    let good = || Tar::new().file("a", "x");
    vec![
        case("tar: no end", good().cut(), "no end-of-archive block"),
        case("tar: cut within a header", good().raw([b'x'; 100]).cut(), "cut off within a header"),
        case(
            "tar: cut within a file",
            Tar::new().head(Header::new(b'0', "a", 5000)).data("x").cut(),
            "cut off",
        ),
        case(
            "tar: cut within padding",
            Tar::new().head(Header::new(b'0', "a", 5)).raw("12345").cut(),
            "cut off",
        ),
        case(
            "tar: goes on after one block of zeros",
            good().raw([0; 512]).raw(Tar::new().file("hidden", "x").end()).cut(),
            "follows after its end",
        ),
        case(
            "tar: another archive after the end",
            good().raw([0; 1024]).raw(Tar::new().file("hidden", "x").end()).cut(),
            "follows after its end",
        ),
        case(
            "tar: another archive long after the end",
            good().raw(vec![0; 80 * 1024]).raw(Tar::new().file("hidden", "x").end()).cut(),
            "follows after its end",
        ),
        case("tar: noise after the end", good().raw([0; 1024]).raw("x").cut(), "follows after"),
        case(
            "tar.gz: another archive in a second stream",
            [gz(&good().end()), gz(&Tar::new().file("hidden", "x").end())].concat(),
            "follows after its end",
        ),
        case(
            "tar.zst: another archive in a second frame",
            [zst(&good().end()), zst(&Tar::new().file("hidden", "x").end())].concat(),
            "follows after its end",
        ),
        case(
            "tar.xz: another archive in a second stream",
            [xz(&good().end()), xz(&Tar::new().file("hidden", "x").end())].concat(),
            "follows after its end",
        ),
        case(
            "tar.bz2: another archive in a second stream",
            [bz2(&good().end()), bz2(&Tar::new().file("hidden", "x").end())].concat(),
            "follows after its end",
        ),
        case("tar.gz: noise after it", [gz(&good().end()), b"noise".to_vec()].concat(), "broken"),
        case("tar.xz: noise after it", [xz(&good().end()), b"nois".to_vec()].concat(), "broken"),
        case("tar.zst: noise after it", [zst(&good().end()), b"noise".to_vec()].concat(), "broken"),
        case("tar.bz2: noise after it", [bz2(&good().end()), b"noise".to_vec()].concat(), "broken"),
        case(
            "tar.gz: a zip archive after it",
            [gz(&good().end()), super::zipfile::zip(&[])].concat(),
            "broken",
        ),
    ]
}

/// The same in every packing, and packings that are broken.
fn packed() -> Vec<Case> {
    type Pack = fn(&[u8]) -> Vec<u8>;
    let packings: [(&str, Pack); 4] = [("gz", gz), ("xz", xz), ("zst", zst), ("bz2", bz2)];
    let mut cases = Vec::new();
    for (name, pack) in packings {
        let up = Tar::new().file("../x", "x").end();
        let link = Tar::new().link("a", "..").file("a/x", "x").end();
        let device = Tar::new().of_kind(b'3', "a").end();
        cases.push(case(format!("tar.{name}: up"), pack(&up), "part `..`"));
        cases.push(case(format!("tar.{name}: a link out"), pack(&link), "leads out"));
        cases.push(case(format!("tar.{name}: a device"), pack(&device), "device"));
        let noise: Vec<u8> =
            (0..40_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[2]).collect();
        let good = pack(&Tar::new().file("a", &noise).end());
        let half = good[..good.len() / 2].to_vec();
        cases.push(case(format!("tar.{name}: cut in half"), half, ""));
        let short = good[..good.len() - 3].to_vec();
        cases.push(case(format!("tar.{name}: cut at the end"), short, ""));
        let mut flipped = good.clone();
        let at = flipped.len() - 6;
        flipped[at] ^= 0x55;
        // Zstandard writes no checksum unless asked to.
        if name != "zst" {
            cases.push(case(format!("tar.{name}: one byte turned"), flipped, "broken"));
        }
    }
    cases
}
