use std::collections::BTreeMap;

use miette::Diagnostic as _;
use proptest::{collection, option, prelude::*};

use super::{LockError, read, write};
use crate::model::{
    Algorithm, Code, DependencyId, Digest, End, Evidence, ExtraFile, Lock, LockedArtifact,
    LockedDependency, LockedLine, LockedLines, LockedRelease, Over, Sha256, Signer, TargetName,
    Version,
};

const EXAMPLE: &str = r#"# Written by depstate; commit it.
version = 1

[[dependency]]
id = "node"
asked = "sha256:5555555555555555555555555555555555555555555555555555555555555555"

[[dependency.release]]
version = "22.11.0"
upstream = "v22.11.0"
released = "2024-10-29T00:00:00Z"

[[dependency.release.artifact]]
target = "jammy-amd64"
url = "https://example.com/node-v22.11.0-linux-x64.tar.xz"
size = 28911964
sha256 = "1111111111111111111111111111111111111111111111111111111111111111"
evidence = "signed"
signer = "openpgp:ABCD"
signed = "checksum"
extra = [
  { id = "icu", version = "77.1", url = "https://example.com/icu-77.1.tgz", size = 7, sha256 = "2222222222222222222222222222222222222222222222222222222222222222", evidence = "tofu" },
  { id = "zlib_ng", version = "2.2", url = "dir:zlib.tgz", sha256 = "3333333333333333333333333333333333333333333333333333333333333333", evidence = "checksum-file" },
]

[[dependency.release.artifact]]
target = "noble-amd64"
url = "registry:node/-/node.tgz"
sha256 = "1111111111111111111111111111111111111111111111111111111111111111"
evidence = "checksum-file"

[[dependency.release]]
version = "22.9.0"
upstream = "v22.9.0"

[[dependency]]
id = "ruby"
"#;

#[test]
fn the_format_is_exact() {
    let lock = read(EXAMPLE.as_bytes()).unwrap();
    assert_eq!(write(&lock), EXAMPLE);
    let node = &lock.dependencies[&DependencyId::new("node").unwrap()];
    assert_eq!(node.releases[0].version.as_str(), "22.11.0");
    let address = "node@22.11.0/jammy-amd64".parse().unwrap();
    assert_eq!(lock.artifact(&address).unwrap().evidence, Evidence::Signed);
    let signer = lock.artifact(&address).unwrap().signer.clone().unwrap();
    let extra = &lock.artifact(&address).unwrap().extra;
    assert_eq!(extra.keys().collect::<Vec<_>>(), ["icu", "zlib_ng"]);
    assert_eq!((extra["icu"].size, extra["icu"].sha256), (Some(7), Some(Sha256([0x22; 32]))));
    assert_eq!(extra["zlib_ng"].evidence, Evidence::ChecksumFile);
    assert_eq!((signer.who.as_str(), signer.over), ("openpgp:ABCD", Over::Checksum));
}

#[test]
fn an_empty_lock_is_its_format_alone() {
    let text = write(&Lock::default());
    assert_eq!(text, "# Written by depstate; commit it.\nversion = 1\n");
    assert_eq!(read(text.as_bytes()).unwrap(), Lock::default());
}

fn fails(text: &str) -> (LockError, String) {
    let error = read(text.as_bytes()).unwrap_err();
    let marked = error
        .labels()
        .and_then(|mut labels| labels.next())
        .map(|label| text[label.offset()..label.offset() + label.len()].to_owned());
    (error, marked.unwrap_or_default())
}

#[test]
fn a_conflict_is_called_one() {
    let broken = EXAMPLE
        .replace("id = \"ruby\"", "<<<<<<< HEAD\nid = \"a\"\n=======\nid = \"b\"\n>>>>>>> main");
    let (error, marked) = fails(&broken);
    assert_eq!(error.code(), Code::LOCK_CONFLICT);
    assert_eq!(marked, "<<<<<<< HEAD");
    assert!(error.help().unwrap().to_string().contains("depstate lock"));
}

#[test]
fn a_newer_format_is_called_one_whatever_else_it_says() {
    let (error, marked) = fails("version = 2\n[[thing]]\nnew = 1\n");
    assert_eq!((error.code(), marked.as_str()), (Code::LOCK_NEWER, "2"));
    assert!(error.to_string().contains("format 2"), "{error}");
}

#[test]
fn everything_else_is_a_syntax_error_with_its_place() {
    let with = |from: &str, to: &str| {
        assert!(EXAMPLE.contains(from));
        EXAMPLE.replacen(from, to, 1)
    };
    for (text, message, place) in [
        (String::new(), "version", ""),
        (with("version = 1", "version = 0"), "no format 0", "0"),
        (with("version = 1", "version = \"1\""), "invalid type", "\"1\""),
        (with("id = \"ruby\"", "id = \"node\""), "the dependency `node` twice", "\"node\""),
        (with("22.9.0", "22.11.0"), "the version `22.11.0` twice", "\"22.11.0\""),
        (with("noble-amd64", "jammy-amd64"), "the target `jammy-amd64` twice", "\"jammy-amd64\""),
        (with("\"node\"", "\"No De\""), "`No De`", "\"No De\""),
        (with("sha256:5", "sha512:5"), "can't have", ""),
        (with("1111\"", "111\""), "can't have", ""),
        (with("\"2024-10-29T00:00:00Z\"", "\"yesterday\""), "`yesterday`", "\"yesterday\""),
        (with("\"signed\"", "\"believed\""), "believed", "\"believed\""),
        (with("signer = \"openpgp:ABCD\"\n", ""), "without a `signer`", "\"signed\""),
        (with("\"signed\"", "\"given\""), "not `signed`", "\"openpgp:ABCD\""),
        (with("size = 28911964", "size = -1"), "can't be read", "-1"),
        (with("target = \"jammy", "tarqet = \"jammy"), "tarqet", "tarqet"),
        (with("id = \"ruby\"", "id = \"ruby"), "can't be read", ""),
        (with("id = \"ruby\"\n", ""), "id", ""),
        (with("id = \"zlib_ng\"", "id = \"icu\""), "the sub-dependency `icu` twice", "\"icu\""),
        (with("id = \"icu\"", "id = \"../icu\""), "`../icu`", "\"../icu\""),
        (with("2222\", ", "222\", "), "can't have", ""),
        (with("evidence = \"tofu\" }", "evidence = \"signed\" }"), "none can be", "\"signed\""),
        (with("version = \"77.1\", ", ""), "version", ""),
        ("[".repeat(100_000), "can't be read", ""),
    ] {
        let (error, marked) = fails(&text);
        assert_eq!(error.code(), Code::LOCK_SYNTAX);
        assert!(error.to_string().contains(message), "{message}: {error}");
        assert!(place.is_empty() || marked == place, "{message}: {marked}");
    }
    assert_eq!(read(b"version = 1\n\xff").unwrap_err().code(), Code::LOCK_SYNTAX);
    assert_eq!(read(&vec![b'#'; 65 << 20]).unwrap_err().code(), Code::LOCK_SYNTAX);
}

#[test]
fn what_was_decided_of_lines_stands_with_the_dependency() {
    let text = "# Written by depstate; commit it.\nversion = 1\n\n[[dependency]]\nid = \"node\"\n\
                ended = [\"16.*\"]\n\n[[dependency.line]]\nline = \"22\"\neol = \"2027-04-30\"\n\
                names = [\"lts\"]\n\n[[dependency.line]]\nline = \"18\"\neol = true\nended = true\n";
    let lock = read(text.as_bytes()).unwrap();
    let lines = &lock.dependencies[&DependencyId::new("node").unwrap()].lines;
    assert_eq!(lines.named("lts").unwrap().line, "22");
    assert_eq!((lines.rows[1].end, lines.rows[1].ended), (Some(End::Past), true));
    assert_eq!(lines.ended, ["16.*"]);
    assert_eq!(write(&lock), text);
    for (from, to, marked) in [
        ("\"2027-04-30\"", "\"soon\"", "\"soon\""),
        ("\"22\"", "\"18\"", "\"18\""),
        ("\"22\"", "\"\"", "\"\""),
    ] {
        let (error, at) = fails(&text.replacen(from, to, 1));
        assert_eq!(error.code(), Code::LOCK_SYNTAX);
        assert_eq!(at, marked);
    }
}

fn extra() -> impl Strategy<Value = ExtraFile> {
    let evidence =
        prop_oneof![Just(Evidence::Tofu), Just(Evidence::ChecksumFile), Just(Evidence::Given)];
    (any::<String>(), any::<String>(), option::of(0..1_u64 << 62), any::<[u8; 32]>(), evidence)
        .prop_map(|(version, url, size, sha256, evidence)| {
            let sha256 = Some(Sha256(sha256));
            ExtraFile { version, url, size, sha256, evidence }
        })
}

fn artifact() -> impl Strategy<Value = LockedArtifact> {
    let evidence = prop_oneof![
        Just(Evidence::Tofu),
        Just(Evidence::Index),
        Just(Evidence::ChecksumFile),
        Just(Evidence::Given),
        Just(Evidence::Signed),
    ];
    let digest = any::<[u8; 32]>()
        .prop_map(|half| Digest::new(Algorithm::Sha512, &[half, half].concat()).unwrap());
    (
        any::<String>(),
        option::of(0..1_u64 << 62),
        any::<[u8; 32]>(),
        option::of(digest),
        evidence,
        (any::<String>(), prop_oneof![Just(Over::Artifact), Just(Over::Checksum)]),
        collection::btree_map("[A-Za-z0-9][A-Za-z0-9._-]{0,8}", extra(), 0..3),
    )
        .prop_map(|(url, size, sha256, upstream_digest, evidence, (who, over), extra)| {
            LockedArtifact {
                extra,
                url,
                size,
                sha256: Sha256(sha256),
                upstream_digest,
                signer: (evidence == Evidence::Signed).then_some(Signer { who, over }),
                evidence,
            }
        })
}

fn release() -> impl Strategy<Value = LockedRelease> {
    let targets = collection::btree_map("[a-z][a-zA-Z0-9._-]{0,8}", artifact(), 0..3);
    let released = option::of(0..4_000_000_000_i64);
    ("[0-9][0-9A-Za-z.+_~:-]{0,9}", any::<String>(), released, targets).prop_map(
        |(version, upstream, released, artifacts)| LockedRelease {
            version: Version::new(version).unwrap(),
            upstream,
            released: released.map(|s| jiff::Timestamp::from_second(s).unwrap()),
            artifacts: artifacts
                .into_iter()
                .map(|(name, artifact)| (TargetName::new(name).unwrap(), artifact))
                .collect(),
        },
    )
}

fn lines() -> impl Strategy<Value = LockedLines> {
    let end = prop_oneof![
        (1..4000_i16, 1..=12_i8, 1..=28_i8)
            .prop_map(|(year, month, day)| End::Day(jiff::civil::date(year, month, day))),
        Just(End::Past),
    ];
    let row = (option::of(end), collection::vec("[a-z]{1,5}", 0..3), any::<bool>());
    let rows = collection::btree_map("[0-9][0-9.]{0,4}", row, 0..3).prop_map(|rows| {
        let row = |(line, (end, names, ended))| LockedLine { line, end, names, ended };
        rows.into_iter().map(row).collect()
    });
    (rows, collection::vec(any::<String>(), 0..3))
        .prop_map(|(rows, ended)| LockedLines { rows, ended })
}

fn locks() -> impl Strategy<Value = Lock> {
    let some = collection::vec(release(), 0..3);
    let dependency = (option::of(any::<[u8; 32]>()), 0..3_usize, lines(), some).prop_map(
        |(asked, fallback, lines, mut releases)| {
            let mut seen = Vec::new();
            releases.retain(|release| {
                let new = !seen.contains(&release.version);
                seen.push(release.version.clone());
                new
            });
            LockedDependency { asked: asked.map(Sha256), fallback, lines, releases }
        },
    );
    collection::btree_map("[a-z0-9][a-z0-9._-]{0,8}", dependency, 0..3).prop_map(|map| {
        let dependencies: BTreeMap<_, _> =
            map.into_iter().map(|(id, d)| (DependencyId::new(id).unwrap(), d)).collect();
        Lock { dependencies }
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(lock in locks()) {
        let text = write(&lock);
        prop_assert!(!text.contains('\r'));
        prop_assert_eq!(read(text.as_bytes()).unwrap(), lock);
    }

    #[test]
    fn junk_never_panics(any in any::<Vec<u8>>(), cut in 0..EXAMPLE.len(), to in any::<u8>()) {
        let mut near = EXAMPLE.as_bytes().to_vec();
        near[cut] = to;
        drop((read(&any), read(&near), read(&near[..cut])));
    }
}
