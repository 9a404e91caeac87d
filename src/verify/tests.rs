use base64::{Engine as _, prelude::BASE64_STANDARD};
use proptest::prelude::*;

use super::{ChecksumError, Expected, Hashed, Hasher, check, find, parse, sri};
use crate::model::{Algorithm, Code, Digest, Sha256};

fn sha256(of: &str) -> Digest {
    hashed(of.as_bytes()).sha256.into()
}

fn sha512(of: &str) -> Digest {
    hashed(of.as_bytes()).sha512.unwrap()
}

fn hashed(bytes: &[u8]) -> Hashed {
    let mut hasher = Hasher::new(Some(Algorithm::Sha512));
    bytes.chunks(7).for_each(|chunk| hasher.update(chunk));
    hasher.finish()
}

fn integrity(digest: &Digest) -> String {
    format!("{}-{}", digest.algorithm().name(), BASE64_STANDARD.encode(digest.bytes()))
}

/// The digest that stands in every document below for `tool-1.2.tar.gz`.
fn right() -> Digest {
    sha256("right")
}

#[test]
fn every_shape_is_read() {
    let (right, other, long) = (right().hex(), sha256("other").hex(), sha512("right").hex());
    let upper = right.to_ascii_uppercase();
    let sri = integrity(&sha256("right"));
    for document in [
        format!("{right}  tool-1.2.tar.gz\n"),
        format!("{right} *tool-1.2.tar.gz\n"),
        format!("{right}\ttool-1.2.tar.gz\n"),
        format!("{right}\n"),
        format!("  {right}  "),
        format!("{upper}\r\n"),
        format!("{right}  -\n"),
        format!("SHA256 (tool-1.2.tar.gz) = {right}\n"),
        format!("SHA256(tool-1.2.tar.gz)= {upper}\n"),
        format!("SHA2-256(tool-1.2.tar.gz)= {right}"),
        format!("SHA256 (-) = {right}\n"),
        sri.clone(),
        sri.trim_end_matches('=').to_owned(),
        format!("sha1-{} {sri}", BASE64_STANDARD.encode([1; 20])),
        format!("sha256:{right}  tool-1.2.tar.gz"),
        format!("\u{feff}{right}  tool-1.2.tar.gz\r\n{other}  tool-1.3.tar.gz\r\n"),
        format!(
            "{other}  tool-1.2.tar.gz.asc\n{right}  tool-1.2.tar.gz\n{other}  mytool-1.2.tar.gz\n"
        ),
        format!("{other}  old/tool-1.2.tar.gz\n{right}  tool-1.2.tar.gz\n"),
        format!("{other}  old/tool-1.2.tar.gz\n{right}  ./tool-1.2.tar.gz\n"),
        format!("{other}  dist/tool.zip\n{right}  dist/tool-1.2.tar.gz\n"),
        format!("{right}  a\\tool-1.2.tar.gz\n"),
        format!("{right}  a/tool-1.2.tar.gz\n{right}  b/tool-1.2.tar.gz\n"),
        format!("# sums\n; of\n// us\n\n{right}  tool-1.2.tar.gz\n"),
        format!("MD5 (tool-1.2.tar.gz) = {}\nSHA256 (tool-1.2.tar.gz) = {right}\n", "0".repeat(32)),
        format!("{long}  tool-1.2.tar.gz\n{right}  tool-1.2.tar.gz\n"),
        format!("{right}  tool-1.2.tar.gz\n{right}  tool-1.2.tar.gz\n"),
        format!(
            "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n- {right}  tool-1.2.tar.gz\n\
             -----BEGIN PGP SIGNATURE-----\n\n{other}\n-----END PGP SIGNATURE-----\n"
        ),
    ] {
        let found = find(document.as_bytes(), "tool-1.2.tar.gz", None);
        assert_eq!(found, Ok(sha256("right")), "{document}");
    }
}

#[test]
fn a_hint_chooses_between_algorithms() {
    let document = format!("{}  a.zip\n{}  a.zip\n", sha256("right").hex(), sha512("right").hex());
    let find = |hint| find(document.as_bytes(), "a.zip", hint).unwrap();
    assert_eq!(find(None), sha256("right"));
    assert_eq!(find(Some(Algorithm::Sha256)), sha256("right"));
    assert_eq!(find(Some(Algorithm::Sha512)), sha512("right"));
    let only = format!("SHA512 (a.zip) = {}", sha512("right").hex());
    let found = super::find(only.as_bytes(), "a.zip", Some(Algorithm::Sha256));
    assert_eq!(found, Ok(sha512("right")));
}

#[test]
fn what_is_not_there_is_told_by_what_is() {
    let (one, two) = (sha256("one").hex(), sha256("two").hex());
    let many = (0..9).map(|n| format!("{one}  file{n}\n")).collect::<Vec<_>>().concat();
    let md5 = "0".repeat(32);
    for (document, code, message) in [
        (
            format!("{one}  b.zip\n"),
            Code::CHECKSUM_MISSING,
            "no checksum for `a.zip`; there is `b.zip`",
        ),
        (format!("{one}  a.zip.asc"), Code::CHECKSUM_MISSING, "there is `a.zip.asc`"),
        (format!("{one}  A.ZIP"), Code::CHECKSUM_MISSING, "there is `A.ZIP`"),
        (format!("{one}  a.zip/b"), Code::CHECKSUM_MISSING, "there is `a.zip/b`"),
        (format!("{one}\n{two}  b.zip"), Code::CHECKSUM_MISSING, "there is `b.zip`"),
        (many, Code::CHECKSUM_MISSING, "`file4` and 4 more"),
        (
            format!("{one}  x/a.zip\n{two}  y/a.zip"),
            Code::CHECKSUM_MISSING,
            "ambiguous: `x/a.zip`, `y/a.zip`",
        ),
        (
            format!("{one}  a.zip\n{two}  a.zip"),
            Code::AMBIGUOUS_DIGEST,
            "two digests for `a.zip`: sha256:",
        ),
        (format!("{one}\n{two}\n"), Code::AMBIGUOUS_DIGEST, "two digests for `a.zip`"),
        (format!("{md5}  a.zip"), Code::WEAK_DIGEST, "only MD5 for `a.zip`"),
        (format!("{md5}\n{}", "1".repeat(40)), Code::WEAK_DIGEST, "only MD5 and SHA-1 for `a.zip`"),
        (format!("SHA1 (a.zip) = {}", "1".repeat(40)), Code::WEAK_DIGEST, "only SHA-1"),
        (format!("SHA512/256 (a.zip) = {one}"), Code::CHECKSUM_MISSING, "only SHA512/256"),
        (format!("SHA3-256(a.zip)= {one}"), Code::CHECKSUM_MISSING, "only SHA3-256"),
        (String::new(), Code::CHECKSUM_UNREADABLE, "the checksum is empty"),
        (
            "# nothing\n".to_owned(),
            Code::CHECKSUM_UNREADABLE,
            "no checksum can be read from `# nothing`",
        ),
        ("Not found".to_owned(), Code::CHECKSUM_UNREADABLE, "`Not found`"),
        ("{\"sha\": 1}".to_owned(), Code::CHECKSUM_UNREADABLE, "`{\"sha\": 1}`"),
        (one[..63].to_owned(), Code::CHECKSUM_UNREADABLE, "no checksum can be read"),
        (
            format!("<!DOCTYPE html><title>\u{1b}[1mNot\n found</title>{one}"),
            Code::CHECKSUM_UNREADABLE,
            "an HTML page in place of a checksum: \"[1mNot found\"",
        ),
        (
            format!("\n <html>{one}</html>"),
            Code::CHECKSUM_UNREADABLE,
            "an HTML page in place of a checksum",
        ),
    ] {
        let error = find(document.as_bytes(), "a.zip", None).unwrap_err();
        assert_eq!(error.code(), code, "{document}: {error}");
        assert!(error.to_string().contains(message), "{document}: {error}");
    }
}

#[test]
fn a_digest_alone_is_read_in_any_shape() {
    let (short, long) = (sha256("a"), sha512("a"));
    for (text, digest) in [
        (short.hex(), &short),
        (long.hex().to_ascii_uppercase(), &long),
        (format!(" sha256:{}\n", short.hex()), &short),
        (format!("SHA512:{}", long.hex()), &long),
        (integrity(&short), &short),
        (integrity(&long), &long),
        (format!("{}?opt", integrity(&long)), &long),
    ] {
        assert_eq!(parse(&text).as_ref(), Ok(digest), "{text}");
    }
    for text in ["", "sha256:", "abc", "sha512-AAAA", "sha256-!!", &"g".repeat(64)] {
        assert_eq!(parse(text).unwrap_err().code(), Code::CHECKSUM_UNREADABLE, "{text}");
    }
    assert!(matches!(parse(&"0".repeat(40)), Err(ChecksumError::Weak { .. })));
    let several = format!(
        "sha1-{} {} {}",
        BASE64_STANDARD.encode([1; 20]),
        integrity(&short),
        integrity(&long)
    );
    assert_eq!(sri(&several), Ok(long));
    assert!(matches!(sri(&several[..33]), Err(ChecksumError::Weak { .. })));
    assert!(sri(&short.hex()).is_err());
}

#[test]
fn bytes_are_hashed_as_they_pass() {
    let bytes: Vec<u8> = (0..2000_u32).map(|n| u8::try_from(n % 251).unwrap()).collect();
    let hashed = hashed(&bytes);
    assert_eq!((hashed.size, hashed.sha256), (2000, Sha256::of(&bytes)));
    assert_eq!(hashed.first, bytes[..512]);
    assert_eq!(sha512("abc").hex()[..16], *"ddaf35a193617aba", "the test vector of the standard");
    assert_eq!(Hasher::new(None).finish().sha512, None);
}

const URL: &str = "https://user:secret@example.com/tool.tar.gz?token=secret";

#[test]
fn right_bytes_pass_and_wrong_ones_are_described() {
    let good = hashed(b"right");
    let all =
        Expected { size: Some(5), sha256: Some(good.sha256), upstream: Some(sha512("right")) };
    assert_eq!(check(&all, &good, URL, None), Ok(()));
    assert_eq!(check(&Expected::default(), &good, URL, None), Ok(()));
    let page = hashed(b"<!DOCTYPE html>\n<html><head><title>404\x07 Not Found</title></head>");
    let error = check(&all, &page, URL, Some("text/html\x1b")).unwrap_err();
    assert_eq!(error.code(), Code::DIGEST_MISMATCH);
    assert_eq!(
        error.to_string(),
        format!(
            "the bytes are not those that were promised\n  \
               expected  {}\n  \
               got       {}\n  \
               size      64 bytes, expected 5\n  \
               from      https://example.com/tool.tar.gz?token=…\n  \
               type      text/html\n  \
               begins    as an HTML page, titled \"404 Not Found\"",
            sha256("right"),
            Digest::from(page.sha256),
        )
    );
}

#[test]
fn each_promise_is_held_to() {
    let good = hashed(b"right");
    let fails = |expected: Expected, hashed: &Hashed| {
        check(&expected, hashed, "not a url?secret", None).unwrap_err().to_string()
    };
    let size = fails(Expected { size: Some(6), ..Expected::default() }, &good);
    assert!(size.starts_with("the file has another size"), "{size}");
    assert!(size.contains("5 bytes, expected 6") && !size.contains("secret"), "{size}");
    let upstream = Some(sha512("other"));
    let long = fails(Expected { upstream, sha256: Some(good.sha256), size: None }, &good);
    assert!(long.contains(&format!("got       {}", sha512("right"))), "{long}");
    let not_computed = Hashed { sha512: None, ..good.clone() };
    let missing =
        fails(Expected { upstream: Some(sha512("right")), ..Expected::default() }, &not_computed);
    assert!(missing.contains("got       no sha512"), "{missing}");
    let upstream = Some(sha256("other"));
    assert!(
        fails(Expected { upstream, ..Expected::default() }, &good).contains("got       sha256:")
    );
}

#[test]
fn first_bytes_have_a_look() {
    let mut tar = vec![0; 300];
    tar[257..262].copy_from_slice(b"ustar");
    for (first, look) in [
        (&b""[..], "empty"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"\xfd7zXZ\0\0", "xz"),
        (b"PK\x03\x04", "zip"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"BZh9", "bzip2"),
        (&tar, "tar"),
        (b" {\"message\": \"Not Found\"}", "JSON"),
        (b"<?xml version=\"1.0\"?><Error>", "XML"),
        (b"<HTML><BODY>", "an HTML page"),
        (b"Not\tfound\x1b\nhere", "text, \"Not found\""),
        ("caf\u{e9}".as_bytes(), "text, \"caf\u{e9}\""),
        (&"caf\u{e9}".as_bytes()[..4], "text, \"caf\""),
        (b"\x00\x01\xff", "other bytes"),
        (b"\n\n", "text"),
    ] {
        assert_eq!(super::first::look(first), look, "{first:?}");
    }
}

proptest! {
    #[test]
    fn junk_never_panics(
        any in any::<Vec<u8>>(),
        near in "(a\\.zip|SHA256|sha512-|sha256:|\\(|\\)|=| |\\*|\n|-----BEGIN PGP SIGNATURE-----|<title>|[0-9a-f]{64}|é){0,12}",
    ) {
        for document in [&any[..], near.as_bytes()] {
            for hint in [None, Some(Algorithm::Sha512)] {
                if let Err(error) = find(document, "a.zip", hint) {
                    prop_assert!(!error.to_string().contains('\n'));
                }
            }
            drop(super::first::look(document));
        }
        drop((parse(&near), sri(&near)));
    }

    #[test]
    fn a_listed_file_is_found_among_others(names in proptest::collection::btree_set("[a-z][a-z0-9 .=()-]{0,10}[a-z0-9]", 1..6), bsd in any::<bool>()) {
        let lines = names.iter().map(|name| {
            let hex = sha256(name).hex();
            if bsd { format!("SHA256 ({name}) = {hex}\n") } else { format!("{hex}  {name}\n") }
        }).collect::<Vec<_>>().concat();
        for name in &names {
            prop_assert_eq!(find(lines.as_bytes(), name, None), Ok(sha256(name)));
        }
    }
}
