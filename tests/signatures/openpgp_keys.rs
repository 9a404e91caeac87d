//! OpenPGP key files: several keys, split blocks, subkeys, revocations.

use depstate::{model::Code, signature::openpgp::Keyring};

use super::{
    gpg::Gpg,
    openpgp::{BYTES, check, refused, ring},
};

#[test]
fn a_file_may_hold_several_keys_in_one_block_or_in_several() {
    let Some(gpg) = Gpg::new() else { return };
    let mut prints = vec![
        gpg.key("20240101T000000", "a", "ed25519", "sign", "never"),
        gpg.key("20240101T000000", "b", "ed25519", "sign", "never"),
    ];
    prints.sort();
    let one_block = gpg.run("20250601T000000", &["--armor", "--export"]);
    let text =
        [b"Key of a:\n\n".to_vec(), gpg.public("a"), b"\nand of b:\n".to_vec(), gpg.public("b")];
    let binary = gpg.run("20250601T000000", &["--export"]);
    for file in [one_block, text.concat(), binary] {
        let keys = ring(&[file]);
        assert_eq!(keys.fingerprints(), prints);
        let signature = gpg.sign("20240201T000000", "b", BYTES, &[]);
        assert!(check(&keys, &signature, BYTES).is_ok());
    }
}

#[test]
fn a_rule_may_pin_some_of_a_file_s_keys() {
    let Some(gpg) = Gpg::new() else { return };
    let a = gpg.key("20240101T000000", "a", "ed25519", "sign", "never");
    gpg.key("20240101T000000", "b", "ed25519", "sign", "never");
    let all = ring(&[gpg.run("20250601T000000", &["--armor", "--export"])]);
    let spaced = format!("{} {}", &a[..20].to_lowercase(), &a[20..]);
    let only = all.clone().only(&[spaced]).unwrap();
    assert_eq!(only.fingerprints(), [a]);
    refused(&only, &gpg.sign("20240201T000000", "b", BYTES, &[]), "by none of the keys given");
    let why = all.only(&["0".repeat(40)]).unwrap_err();
    assert_eq!(why.code, Code::BAD_KEY);
}

#[test]
fn files_without_a_key_and_secret_keys_are_refused() {
    let Some(gpg) = Gpg::new() else { return };
    gpg.key("20240101T000000", "a", "ed25519", "sign", "never");
    let read = |bytes: Vec<u8>| Keyring::read(&[("keys/x.asc".to_owned(), bytes)]).unwrap_err();
    for (bytes, words) in [
        (b"".to_vec(), "holds no OpenPGP key"),
        (b"hello".to_vec(), "it holds no OpenPGP key"),
        (gpg.sign("20240201T000000", "a", BYTES, &["--armor"]), "PGP SIGNATURE"),
        (gpg.sign("20240201T000000", "a", BYTES, &[]), "holds no key"),
        (gpg.run("20250601T000000", &["--armor", "--export-secret-keys", "a"]), "SECRET key"),
    ] {
        let error = read(bytes);
        assert_eq!(error.code, Code::BAD_KEY);
        assert!(error.message.contains(words), "{}", error.message);
        assert!(error.message.contains("keys/x.asc"), "{}", error.message);
    }
}

#[test]
fn a_signing_subkey_counts_for_its_primary() {
    let Some(gpg) = Gpg::new() else { return };
    let primary = gpg.key("20240101T000000", "a", "ed25519", "cert", "never");
    gpg.run("20240102T000000", &["--quick-add-key", &primary, "rsa2048", "sign", "1y"]);
    let keys = ring(&[gpg.public("a")]);
    let signature = gpg.sign("20240201T000000", "a", BYTES, &[]);
    assert_eq!(check(&keys, &signature, BYTES), Ok(primary.clone()));
    // Before the subkey was there, and after its end.
    let early = ["--ignore-time-conflict", "--ignore-valid-from"];
    let signature = gpg.sign("20240101T120000", "a", BYTES, &early);
    refused(&keys, &signature, "made before the subkey was");
}

#[test]
fn an_expired_subkey_is_refused() {
    let Some(gpg) = Gpg::new() else { return };
    let primary = gpg.key("20240101T000000", "a", "ed25519", "cert", "never");
    gpg.run("20240101T000000", &["--quick-add-key", &primary, "ed25519", "sign", "30d"]);
    let before = gpg.public("a");
    gpg.run("20240102T000000", &["--quick-set-expire", &primary, "0", "*"]);
    let late = gpg.sign("20240601T000000", "a", BYTES, &[]);
    refused(&ring(&[before]), &late, "the subkey had expired on 2024-01-31");
    assert!(check(&ring(&[gpg.public("a")]), &late, BYTES).is_ok());
}

#[test]
fn a_subkey_that_is_not_bound_is_refused() {
    let Some(gpg) = Gpg::new() else { return };
    let a = gpg.key("20240101T000000", "a", "ed25519", "cert", "never");
    let b = gpg.key("20240101T000000", "b", "ed25519", "cert", "never");
    gpg.run("20240101T000000", &["--quick-add-key", &b, "ed25519", "sign", "never"]);
    // The subkey of `b`, with its binding, is pasted behind the key of `a`.
    let theirs = gpg.binary("b");
    let at = packet_of(&theirs, 14);
    let grafted = [gpg.binary("a"), theirs[at..].to_vec()].concat();
    let keys = ring(&[grafted]);
    assert_eq!(keys.fingerprints(), [a]);
    let signature = gpg.sign("20240201T000000", "b", BYTES, &[]);
    refused(&keys, &signature, "not bound to its primary key");
}

#[test]
fn a_primary_key_that_only_certifies_does_not_sign() {
    let Some(gpg) = Gpg::new() else { return };
    let print = gpg.key("20240101T000000", "a", "ed25519", "sign", "never");
    // The holder's newer self-signature takes the right to sign away.
    let signing = gpg.sign("20240201T000000", "a", BYTES, &[]);
    let keys = ring(&[gpg.public("a")]);
    assert_eq!(check(&keys, &signing, BYTES), Ok(print));
    let encrypting = gpg.key("20240101T000000", "c", "ed25519", "cert", "never");
    gpg.run("20240101T000000", &["--quick-add-key", &encrypting, "cv25519", "encr", "never"]);
    assert_eq!(ring(&[gpg.public("c")]).fingerprints(), [encrypting]);
}

#[test]
fn a_revoked_key_is_refused_whenever_it_signed() {
    let Some(gpg) = Gpg::new() else { return };
    gpg.key("20240101T000000", "a", "ed25519", "sign", "never");
    let signature = gpg.sign("20240201T000000", "a", BYTES, &[]);
    let before = gpg.public("a");
    assert!(check(&ring(std::slice::from_ref(&before)), &signature, BYTES).is_ok());
    let revoked = gpg.revoke("a");
    refused(&ring(std::slice::from_ref(&revoked)), &signature, "the key is revoked");
    // One copy that knows of it is enough, wherever it stands.
    refused(&ring(&[before.clone(), revoked.clone()]), &signature, "the key is revoked");
    refused(&ring(&[[revoked, before].concat()]), &signature, "the key is revoked");
}

/// Where the first packet with this tag begins (old and new headers of GnuPG's exports).
fn packet_of(bytes: &[u8], tag: u8) -> usize {
    let mut at = 0;
    while at < bytes.len() {
        let header = bytes[at];
        let (found, length, head) = if header & 0x40 == 0 {
            let found = (header >> 2) & 0x0f;
            match header & 3 {
                0 => (found, usize::from(bytes[at + 1]), 2),
                1 => (found, usize::from(u16::from_be_bytes([bytes[at + 1], bytes[at + 2]])), 3),
                _ => panic!("a long packet"),
            }
        } else {
            (header & 0x3f, usize::from(bytes[at + 1]), 2)
        };
        if found == tag {
            return at;
        }
        at += head + length;
    }
    panic!("no packet {tag}")
}
