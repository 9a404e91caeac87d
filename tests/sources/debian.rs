//! `debian`: a package of an apt archive, its Release file's signature checked.

mod archive;

use std::path::Path;

use depstate::{model::Code, source::SourceDriver};

use self::archive::{Archive, FINGERPRINT, Signed};
use super::{
    contract::{BYTES, Case},
    made, mistakes, read, rows, setup, story, upstreams,
};
use crate::support::upstream::{Answer, Upstream};

const INDEX: &str = "main/binary-amd64/Packages";
const NOW: &str = "2025-03-01T00:00:00Z";

/// For the tests that every driver passes.
pub(super) fn case(upstream: &Upstream, folder: &Path) -> Case {
    let archive = Archive::new(upstream).file(INDEX, archive::paragraph("1.2.0", "amd64", BYTES));
    archive.serve(Signed::Inside);
    upstream.route("/debian/pool/t/tool_1.2.0_amd64.deb", Answer::body(BYTES));
    let driver = debian(upstream, folder, "");
    Case { name: "debian", driver, index: Some("/debian/dists/stable/main/binary-amd64/Packages") }
}

fn debian(upstream: &Upstream, folder: &Path, more: &str) -> Box<dyn SourceDriver> {
    let keys = folder.join("keys");
    fs_err::create_dir_all(&keys).unwrap();
    fs_err::write(keys.join("archive.asc"), archive::PUBLIC).unwrap();
    fs_err::write(keys.join("else.asc"), archive::ELSE).unwrap();
    let registry = upstream.url("/debian");
    let usual = if more.contains("keys") { "" } else { "keys = 'keys/archive.asc'" };
    let table = format!(
        "insecure = true\npackage = 'tool'\nsuite = 'stable'\nregistry = '{registry}'\n{usual}\n{more}"
    );
    let mut setup = setup(&table, folder, &[]);
    setup.now = Some(NOW.parse().unwrap());
    made("debian", &setup)
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[tokio::test]
async fn each_architecture_has_a_row_with_a_signed_digest() {
    let (upstream, folder) = (Upstream::start(), folder());
    let everywhere = archive::paragraph("1:2.0-1~rc1", "all", b"all");
    let amd64 = archive::paragraph("1.9-2+b1", "amd64", b"amd64");
    let decoy = "Package: tool-doc\nVersion: 9\nDescription: about\n Package: tool\n";
    let arm64 = archive::paragraph("1.9-2", "arm64", b"arm64");
    Archive::new(&upstream)
        .file(INDEX, format!("{decoy}\n{amd64}\n{everywhere}"))
        .file("main/binary-arm64/Packages", format!("{everywhere}\n{arm64}"))
        .file("contrib/binary-amd64/Packages", archive::paragraph("3.0", "amd64", b"contrib"))
        .serve(Signed::Inside);
    let driver = debian(&upstream, folder.path(), "");
    let listed = rows(&*driver).await.unwrap();
    // What runs everywhere stands in both indexes, and is one file.
    assert_eq!(upstreams(&listed), ["1.9-2+b1", "1:2.0-1~rc1", "1.9-2"]);
    let arches: Vec<_> = listed.iter().map(|row| row.arch.as_deref()).collect();
    assert_eq!(arches, [Some("amd64"), None, Some("arm64")]);
    let row = &listed[0];
    assert_eq!(row.url.as_deref(), Some("registry:pool/t/tool_1.9-2+b1_amd64.deb"));
    assert_eq!(row.name.as_deref(), Some("tool_1.9-2+b1_amd64.deb"));
    assert_eq!(row.size, Some(5));
    assert_eq!(row.digests, [depstate::model::Sha256::of(b"amd64").into()]);
    assert_eq!(row.signer, Some(format!("openpgp:{FINGERPRINT}")));

    let other =
        debian(&upstream, folder.path(), "component = 'contrib'\narchitectures = ['amd64']");
    assert_eq!(upstreams(&rows(&*other).await.unwrap()), ["3.0"]);
    for more in ["component = 'non-free'", "architectures = ['s390x']"] {
        let error = rows(&*debian(&upstream, folder.path(), more)).await.unwrap_err();
        assert_eq!(error.code(), Code::SOURCE_ANSWER, "{error}");
        assert!(error.to_string().contains("it lists no"), "{error}");
    }
}

#[tokio::test]
async fn an_index_is_taken_packed_and_by_its_digest() {
    let (upstream, folder) = (Upstream::start(), folder());
    let text = archive::paragraph("1.0", "amd64", b"one");
    for (ending, packed) in [(".xz", archive::xz(&text)), (".gz", archive::gz(&text))] {
        let digest = depstate::model::Sha256::of(&packed);
        let archive = Archive::new(&upstream)
            .listed(INDEX, &text)
            .file(&format!("{INDEX}{ending}"), packed.clone())
            .field("Acquire-By-Hash: yes");
        archive.serve(Signed::Inside);
        let path = format!("/debian/dists/stable/main/binary-amd64/by-hash/SHA256/{digest}");
        let plain = format!("/debian/dists/stable/{INDEX}{ending}");
        // Not every mirror has the one that does not change.
        upstream.forget_requests();
        let driver = debian(&upstream, folder.path(), "");
        assert_eq!(upstreams(&rows(&*driver).await.unwrap()), ["1.0"]);
        assert_eq!((upstream.asked(&path), upstream.asked(&plain)), (1, 1), "{ending}");
        upstream.route(&path, Answer::body(packed)).forget_requests();
        assert_eq!(upstreams(&rows(&*driver).await.unwrap()), ["1.0"]);
        assert_eq!((upstream.asked(&path), upstream.asked(&plain)), (1, 0), "{ending}");
    }
}

#[tokio::test]
async fn an_index_may_not_unpack_to_more_than_is_listed() {
    let (upstream, folder) = (Upstream::start(), folder());
    for (ending, packed) in
        [(".xz", archive::xz(&" ".repeat(1 << 20))), (".gz", archive::gz(&" ".repeat(1 << 20)))]
    {
        Archive::new(&upstream)
            .listed(INDEX, "short")
            .file(&format!("{INDEX}{ending}"), packed)
            .serve(Signed::Inside);
        let error = rows(&*debian(&upstream, folder.path(), "")).await.unwrap_err();
        assert!(error.to_string().contains("unpacks to more than 5 bytes"), "{error}");
    }
}

#[tokio::test]
async fn bytes_that_are_not_the_listed_ones_are_refused() {
    let (upstream, folder) = (Upstream::start(), folder());
    let text = archive::paragraph("1.0", "amd64", b"one");
    Archive::new(&upstream).file(INDEX, text.clone()).serve(Signed::Inside);
    let forged = text.replace("1.0", "9.0");
    upstream.route(&format!("/debian/dists/stable/{INDEX}"), Answer::body(forged));
    let error = rows(&*debian(&upstream, folder.path(), "")).await.unwrap_err();
    assert_eq!(error.code(), Code::DIGEST_MISMATCH);
    let listed = depstate::model::Sha256::of(text.as_bytes()).to_string();
    assert!(error.to_string().contains(&listed), "{error}");
}

#[tokio::test]
async fn a_signature_beside_the_release_file_counts_too() {
    let (upstream, folder) = (Upstream::start(), folder());
    let archive = Archive::new(&upstream).file(INDEX, archive::paragraph("1.0", "amd64", b"one"));
    archive.serve(Signed::Beside);
    let driver = debian(&upstream, folder.path(), "");
    let listed = rows(&*driver).await.unwrap();
    assert_eq!(listed[0].signer, Some(format!("openpgp:{FINGERPRINT}")));
    // Another text under the same signature.
    let other = archive.text().replace("Suite: stable", "Suite: stable ");
    upstream.route("/debian/dists/stable/Release", Answer::body(other));
    let error = rows(&*driver).await.unwrap_err();
    assert!(matches!(error, depstate::source::SourceError::Signature { .. }), "{error}");
    upstream.route("/debian/dists/stable/Release.gpg", Answer::status(404));
    let error = rows(&*driver).await.unwrap_err();
    assert!(error.is_absent() && error.to_string().contains("Release.gpg"), "{error}");
}

#[tokio::test]
async fn only_the_pinned_keys_count() {
    let (upstream, folder) = (Upstream::start(), folder());
    let archive = Archive::new(&upstream).file(INDEX, archive::paragraph("1.0", "amd64", b"one"));
    archive.serve(Signed::Inside);
    for good in ["keys = ['keys/else.asc', 'keys/archive.asc']", "keys = 'keys/*.asc'"] {
        assert_eq!(rows(&*debian(&upstream, folder.path(), good)).await.unwrap().len(), 1);
    }
    let driver = debian(&upstream, folder.path(), "keys = 'keys/else.asc'");
    let error = rows(&*driver).await.unwrap_err();
    assert!(matches!(error, depstate::source::SourceError::Signature { .. }), "{error}");
    assert!(story(&error).contains("InRelease"), "{}", story(&error));
    // A changed text, and one that nobody signed.
    let driver = debian(&upstream, folder.path(), "");
    let signed = archive.inside();
    for text in [signed.replace("Suite: stable", "Suite: stabel"), archive.text()] {
        upstream.route("/debian/dists/stable/InRelease", Answer::body(text));
        let error = rows(&*driver).await.unwrap_err();
        assert!(matches!(error, depstate::source::SourceError::Signature { .. }), "{error}");
    }
}

#[tokio::test]
async fn no_signature_is_asked_for_where_deps_toml_says_so() {
    let (upstream, folder) = (Upstream::start(), folder());
    let archive = Archive::new(&upstream).file(INDEX, archive::paragraph("1.0", "amd64", b"one"));
    archive.serve(Signed::Not);
    let driver = debian(&upstream, folder.path(), "keys = false");
    let listed = rows(&*driver).await.unwrap();
    assert_eq!(listed[0].signer, None);
    let error = rows(&*debian(&upstream, folder.path(), "")).await.unwrap_err();
    assert!(error.is_absent(), "{error}");
}

#[tokio::test]
async fn an_old_state_or_another_suite_is_refused() {
    let (upstream, folder) = (Upstream::start(), folder());
    let index = archive::paragraph("1.0", "amd64", b"one");
    let with = |field: &str| {
        let archive = Archive::new(&upstream).file(INDEX, index.clone()).field(field);
        archive.serve(Signed::Inside);
        debian(&upstream, folder.path(), "")
    };
    let good = with("Valid-Until: Sat,  1 Mar 2025 00:00:00 UTC");
    assert_eq!(rows(&*good).await.unwrap().len(), 1);
    let error = rows(&*with("Valid-Until: Fri, 28 Feb 2025 23:59:59 UTC")).await.unwrap_err();
    assert_eq!(error.code(), Code::INDEX_EXPIRED);
    assert!(error.to_string().contains("2025-02-28T23:59:59Z"), "{error}");
    let error = rows(&*with("Valid-Until: soon")).await.unwrap_err();
    assert!(error.to_string().contains("`soon`"), "{error}");
    Archive::new(&upstream).suite("testing").file(INDEX, index.clone()).serve(Signed::Inside);
    let error = rows(&*debian(&upstream, folder.path(), "")).await.unwrap_err();
    assert!(error.to_string().contains("suite `testing`, not `stable`"), "{error}");
}

#[tokio::test]
async fn paragraphs_that_cannot_be_used_are_named() {
    let (upstream, folder) = (Upstream::start(), folder());
    let good = archive::paragraph("1.0", "amd64", b"one");
    let digest = depstate::model::Sha256::of(b"one").to_string();
    for (wrong, word) in [
        (good.replace("SHA256", "SHA1"), "no `SHA256`"),
        (good.replace("Version: 1.0\n", ""), "no `Version`"),
        (good.replace(&digest, "00"), "`00`"),
        (good.replace("Filename: pool/", "Filename: ../"), "no file of the archive"),
        (good.replace("Size: 3", "Size: much"), "no size"),
        (good.replace("Size: 3", "Size"), "can't be read"),
    ] {
        Archive::new(&upstream).file(INDEX, wrong.clone()).serve(Signed::Inside);
        let error = rows(&*debian(&upstream, folder.path(), "")).await.unwrap_err();
        assert_eq!(error.code(), Code::SOURCE_ANSWER, "{wrong}");
        assert!(error.to_string().contains(word), "{error}");
    }
    Archive::new(&upstream).file(INDEX, "Package: other\n").serve(Signed::Inside);
    assert_eq!(rows(&*debian(&upstream, folder.path(), "")).await.unwrap(), []);
}

#[tokio::test]
async fn files_are_below_the_archive() {
    let (upstream, folder) = (Upstream::start(), folder());
    upstream.route("/debian/pool/t/tool_1.0_amd64.deb", Answer::body("bytes"));
    let driver = debian(&upstream, folder.path(), "");
    let stream = driver.open("registry:pool/t/tool_1.0_amd64.deb", 0).await.unwrap();
    assert_eq!(read(stream).await.unwrap(), b"bytes");
    let error = driver.open("registry:../secret", 0).await.unwrap_err();
    assert_eq!(error.code(), Code::UNSUPPORTED_ADDRESS);
}

#[test]
fn mistakes_stand_at_their_keys() {
    let place = "package = 'tool'\nregistry = 'https://example.com/debian'\n";
    let found = |more: &str| {
        let found = mistakes("debian", &format!("{place}{more}"), &[]);
        found.into_iter().map(|(code, marked, _)| (code, marked)).collect::<Vec<_>>()
    };
    let one = |code: &str, marked: &str| vec![(code.to_owned(), marked.to_owned())];
    assert_eq!(found("suite = 'a'")[0].0, "missing-key");
    assert_eq!(found("keys = false")[0].0, "missing-key");
    assert_eq!(found("suite = '../a'\nkeys = false"), one("bad-value", "'../a'"));
    assert_eq!(found("suite = 'a'\nkeys = true"), one("wrong-type", "true"));
    assert_eq!(found("suite = 'a'\nkeys = '../a.asc'"), one("bad-value", "'../a.asc'"));
    assert_eq!(found("suite = 'a'\nkeys = '/a.asc'"), one("bad-value", "'/a.asc'"));
    assert_eq!(found("suite = 'a'\nkeys = 'no such.asc'"), one("bad-value", "'no such.asc'"));
    assert_eq!(found("suite = 'a'\nkeys = 'no/such/*.asc'"), one("bad-value", "'no/such/*.asc'"));
    assert_eq!(found("suite = 'a'\nkeys = 'k*/a.asc'"), one("bad-value", "'k*/a.asc'"));
    // A file that is there and holds no key.
    assert_eq!(found("suite = 'a'\nkeys = 'Cargo.toml'")[0].1, "'Cargo.toml'");
    assert_eq!(
        found("suite = 'a'\nkeys = false\narchitectures = ['x86_64']"),
        one("bad-value", "'x86_64'")
    );
}
