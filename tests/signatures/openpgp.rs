//! Detached OpenPGP signatures.

use depstate::{
    model::Code,
    signature::openpgp::{Keyring, detached},
};

use super::gpg::{Gpg, now};

pub(super) const BYTES: &[u8] = b"the bytes of an archive\n";

pub(super) fn ring(files: &[Vec<u8>]) -> Keyring {
    let files: Vec<_> =
        files.iter().enumerate().map(|(n, f)| (format!("keys/{n}.asc"), f.clone())).collect();
    Keyring::read(&files).unwrap()
}

pub(super) fn check(keyring: &Keyring, signature: &[u8], bytes: &[u8]) -> Result<String, String> {
    detached(keyring, signature, &mut &*bytes, now()).map_err(|e| {
        assert_eq!(e.code, Code::SIGNATURE_INVALID);
        e.message
    })
}

/// Wants it refused, in these words.
pub(super) fn refused(keyring: &Keyring, signature: &[u8], words: &str) {
    let why = check(keyring, signature, BYTES).unwrap_err();
    assert!(why.contains(words), "wanted `{words}`, got: {why}");
}

#[test]
fn a_signature_by_the_pinned_key_counts() {
    let Some(gpg) = Gpg::new() else { return };
    for (name, algorithm) in [("ed", "ed25519"), ("rsa", "rsa2048"), ("p256", "nistp256")] {
        let print = gpg.key("20240101T000000", name, algorithm, "sign", "never");
        let keys = ring(&[gpg.public(name)]);
        assert_eq!(keys.fingerprints(), std::slice::from_ref(&print));
        for more in [&["--armor"][..], &[]] {
            let signature = gpg.sign("20240201T000000", name, BYTES, more);
            assert_eq!(check(&keys, &signature, BYTES), Ok(print.clone()), "{algorithm}");
        }
        let binary = ring(&[gpg.binary(name)]);
        let signature = gpg.sign("20240201T000000", name, BYTES, &[]);
        assert_eq!(check(&binary, &signature, BYTES), Ok(print));
    }
}

#[test]
fn other_bytes_are_not_signed() {
    let Some(gpg) = Gpg::new() else { return };
    gpg.key("20240101T000000", "a", "ed25519", "sign", "never");
    let keys = ring(&[gpg.public("a")]);
    let signature = gpg.sign("20240201T000000", "a", b"something else", &["--armor"]);
    refused(&keys, &signature, "is not over these bytes");
    let signature = gpg.sign("20240201T000000", "a", BYTES, &[]);
    assert!(check(&keys, &signature, &[BYTES, b"\n"].concat()).is_err());
    assert!(check(&keys, &signature, b"").is_err());
}

#[test]
fn another_key_s_signature_does_not_count() {
    let Some(gpg) = Gpg::new() else { return };
    let wanted = gpg.key("20240101T000000", "a", "ed25519", "sign", "never");
    let other = gpg.key("20240101T000000", "b", "ed25519", "sign", "never");
    let keys = ring(&[gpg.public("a")]);
    let signature = gpg.sign("20240201T000000", "b", BYTES, &["--armor"]);
    let why = check(&keys, &signature, BYTES).unwrap_err();
    assert!(why.contains(&other) && why.contains(&wanted), "{why}");
    assert!(why.contains("by none of the keys given"), "{why}");
}

#[test]
fn one_good_signature_of_several_is_enough() {
    let Some(gpg) = Gpg::new() else { return };
    let a = gpg.key("20240101T000000", "a", "ed25519", "sign", "never");
    gpg.key("20240101T000000", "b", "ed25519", "sign", "never");
    let both = gpg.sign("20240201T000000", "b", BYTES, &["--local-user", "a"]);
    assert_eq!(check(&ring(&[gpg.public("a")]), &both, BYTES), Ok(a.clone()));
    // In blocks of their own, one after the other.
    let mut blocks = gpg.sign("20240201T000000", "b", BYTES, &["--armor"]);
    blocks.extend(gpg.sign("20240201T000000", "a", BYTES, &["--armor"]));
    assert_eq!(check(&ring(&[gpg.public("a")]), &blocks, BYTES), Ok(a));
}

#[test]
fn weak_hashes_are_refused() {
    let Some(gpg) = Gpg::new() else { return };
    gpg.key("20240101T000000", "a", "rsa2048", "sign", "never");
    let keys = ring(&[gpg.public("a")]);
    for (hash, word) in [("SHA1", "SHA1"), ("RIPEMD160", "RIPEMD160"), ("SHA224", "SHA224")] {
        let more = ["--digest-algo", hash, "--allow-weak-digest-algos"];
        let signature = gpg.sign("20240201T000000", "a", BYTES, &more);
        refused(&keys, &signature, &format!("a {word} hash, which is refused"));
    }
}

#[test]
fn weak_keys_are_refused() {
    let Some(gpg) = Gpg::new() else { return };
    gpg.key("20240101T000000", "small", "rsa1024", "sign", "never");
    gpg.key("20240101T000000", "dsa", "dsa2048", "sign", "never");
    let small = gpg.sign("20240201T000000", "small", BYTES, &[]);
    refused(&ring(&[gpg.public("small")]), &small, "RSA of 1024 bits, fewer than 2048");
    let dsa = gpg.sign("20240201T000000", "dsa", BYTES, &[]);
    refused(&ring(&[gpg.public("dsa")]), &dsa, "DSA, which is refused");
}

#[test]
fn times_have_to_agree() {
    let Some(gpg) = Gpg::new() else { return };
    let print = gpg.key("20240101T000000", "a", "ed25519", "sign", "1y");
    let keys = ring(&[gpg.public("a")]);
    // It has expired since, and had not when it signed.
    let in_time = gpg.sign("20241229T000000", "a", BYTES, &[]);
    assert_eq!(check(&keys, &in_time, BYTES), Ok(print));
    // The key's holder takes the end away to sign, and the file in the repository still has it.
    gpg.run("20241231T000000", &["--quick-set-expire", &gpg.print("a"), "0"]);
    let late = gpg.sign("20250301T000000", "a", BYTES, &[]);
    refused(&keys, &late, "the key had expired on 2024-12-31 when it signed");
    assert!(check(&ring(&[gpg.public("a")]), &late, BYTES).is_ok(), "the newer file allows it");
    let future = gpg.sign("20260101T000000", "a", BYTES, &[]);
    refused(&ring(&[gpg.public("a")]), &future, "made in the future, on 2026-01-01");
    let short = gpg.sign("20250301T000000", "a", BYTES, &["--default-sig-expire", "1d"]);
    refused(&ring(&[gpg.public("a")]), &short, "it expired on 2025-03-02");
}

#[test]
fn a_signature_from_before_its_key_is_refused() {
    let Some(gpg) = Gpg::new() else { return };
    gpg.key("20240101T000000", "a", "ed25519", "sign", "never");
    let early =
        gpg.sign("20230101T000000", "a", BYTES, &["--ignore-time-conflict", "--ignore-valid-from"]);
    refused(&ring(&[gpg.public("a")]), &early, "made before the key was");
}

#[test]
fn signatures_over_text_do_not_count_for_files() {
    let Some(gpg) = Gpg::new() else { return };
    gpg.key("20240101T000000", "a", "ed25519", "sign", "never");
    let keys = ring(&[gpg.public("a")]);
    let text = gpg.sign("20240201T000000", "a", BYTES, &["--textmode"]);
    refused(&keys, &text, "over text");
}

#[test]
fn what_is_not_understood_and_critical_is_refused() {
    let Some(gpg) = Gpg::new() else { return };
    let print = gpg.key("20240101T000000", "a", "ed25519", "sign", "never");
    let keys = ring(&[gpg.public("a")]);
    let critical = ["--sig-notation", "!only@example.org=testing"];
    refused(&keys, &gpg.sign("20240201T000000", "a", BYTES, &critical), "`only@example.org`");
    let harmless = ["--sig-notation", "note@example.org=hello"];
    let signature = gpg.sign("20240201T000000", "a", BYTES, &harmless);
    assert_eq!(check(&keys, &signature, BYTES), Ok(print));
}

#[test]
fn what_is_no_signature_is_refused() {
    let Some(gpg) = Gpg::new() else { return };
    gpg.key("20240101T000000", "a", "ed25519", "sign", "never");
    let keys = ring(&[gpg.public("a")]);
    refused(&keys, b"<html>404</html>", "it begins with `<html>404</html>`");
    refused(&keys, b"", "it holds no OpenPGP signature");
    refused(&keys, &gpg.public("a"), "PUBLIC KEY");
    let armoured = gpg.sign("20240201T000000", "a", BYTES, &["--armor"]);
    let cut = &armoured[..armoured.len() / 2];
    refused(&keys, cut, "it was cut off");
    let binary = gpg.sign("20240201T000000", "a", BYTES, &[]);
    for end in 0..binary.len() {
        assert!(check(&keys, &binary[..end], BYTES).is_err(), "cut at {end}");
    }
    for at in 0..binary.len() {
        let mut bent = binary.clone();
        bent[at] ^= 1;
        // The part that is not hashed only names who signed: without it the keys are tried.
        if let Ok(by) = check(&keys, &bent, BYTES) {
            assert_eq!(by, keys.fingerprints()[0], "bent at {at}");
        }
    }
    // A message that holds its text is no detached signature.
    let file = gpg.path("whole");
    std::fs::write(&file, BYTES).unwrap();
    let whole = gpg.run(
        "20240201T000000",
        &["--sign", "--compress-algo", "none", "--output", "-", file.to_str().unwrap()],
    );
    refused(&keys, &whole, "no detached signature");
}
