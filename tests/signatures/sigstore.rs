//! Real Sigstore bundles; see `recorded/README.md`.

use depstate::{
    model::{Algorithm, Code, Digest, Sha256},
    signature::sigstore::{Signed, Wanted, check},
};

pub(super) const WORKFLOW: &str =
    "https://github.com/prefix-dev/sigstore-example/.github/workflows/action.yaml@refs/heads/main";
pub(super) const GITHUB: &str = "https://token.actions.githubusercontent.com";
pub(super) const NPM_WORKFLOW: &str =
    "https://github.com/sigstore/sigstore-js/.github/workflows/release.yml@refs/heads/main";
/// Of the tarball of sigstore 2.0.0.
pub(super) const TARBALL: &str = "46d4e2f74c4877316640000a6fdf8a8b59f1e0847667973e9859f774dd31b8f1e0937813b777fb66a2ac67d50540fe34640966eee9fc2ccca387082b4c85cd3c";

pub(super) fn recorded(name: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/signatures/recorded");
    std::fs::read(folder.join(name)).unwrap()
}

fn wanted(identity: &str, issuer: &str) -> Wanted {
    Wanted { identity: identity.to_owned(), issuer: issuer.to_owned() }
}

fn refused(wanted: &Wanted, bundle: &[u8], signed: Signed<'_>) -> String {
    let error = check(wanted, bundle, signed).unwrap_err();
    assert_eq!(error.code, Code::SIGNATURE_INVALID);
    error.message
}

#[test]
fn an_attestation_counts_by_bytes_and_by_digest() {
    let package = recorded("signed-package-2.1.0-hb0f4dca_0.conda");
    let bundle = recorded("conda-attestation.sigstore.json");
    let by = wanted(WORKFLOW, GITHUB);
    assert_eq!(check(&by, &bundle, Signed::Bytes(&package)), Ok(()));
    let digest = Digest::from(Sha256::of(&package));
    assert_eq!(check(&by, &bundle, Signed::Digest(&digest)), Ok(()));
    let other = Digest::from(Sha256::of(b"other"));
    let _why = refused(&by, &bundle, Signed::Digest(&other));
    let _why = refused(&by, &bundle, Signed::Bytes(b"other"));
}

#[test]
fn identity_and_issuer_are_exact() {
    let package = recorded("signed-package-2.1.0-hb0f4dca_0.conda");
    let bundle = recorded("conda-attestation.sigstore.json");
    for (identity, issuer) in [
        (&WORKFLOW[..WORKFLOW.len() - 1], GITHUB),
        ("https://github.com/prefix-dev/sigstore-example", GITHUB),
        (&WORKFLOW.to_uppercase(), GITHUB),
        (WORKFLOW, "https://token.actions.githubusercontent.com/"),
        (WORKFLOW, "https://accounts.google.com"),
        (".*", GITHUB),
        ("", ""),
    ] {
        let why = refused(&wanted(identity, issuer), &bundle, Signed::Bytes(&package));
        assert!(why.contains(&format!("by `{WORKFLOW}`, for whom `{GITHUB}`")), "{why}");
    }
}

#[test]
fn a_signature_of_a_message_counts() {
    let text = recorded("cosign-v3-blob.txt");
    let bundle = recorded("cosign-v3-blob.sigstore.json");
    let why =
        refused(&wanted("nobody", "https://github.com/login/oauth"), &bundle, Signed::Bytes(&text));
    let identity = why.split('`').nth(1).unwrap();
    let by = wanted(identity, "https://github.com/login/oauth");
    assert_eq!(check(&by, &bundle, Signed::Bytes(&text)), Ok(()));
    let digest = Digest::from(Sha256::of(&text));
    assert_eq!(check(&by, &bundle, Signed::Digest(&digest)), Ok(()));
    let _why = refused(&by, &bundle, Signed::Bytes(b"other"));
}

#[test]
fn npm_provenance_counts_by_sha512() {
    let bundle = recorded("sigstore-js-2.0.0.sigstore.json");
    let digest = Digest::from_hex(Algorithm::Sha512, TARBALL).unwrap();
    assert_eq!(check(&wanted(NPM_WORKFLOW, GITHUB), &bundle, Signed::Digest(&digest)), Ok(()));
    let other = Digest::from_hex(Algorithm::Sha512, &TARBALL.replace('4', "5")).unwrap();
    let _why = refused(&wanted(NPM_WORKFLOW, GITHUB), &bundle, Signed::Digest(&other));
}

#[test]
fn a_bundle_that_was_changed_does_not_count() {
    let package = recorded("signed-package-2.1.0-hb0f4dca_0.conda");
    let text = String::from_utf8(recorded("conda-attestation.sigstore.json")).unwrap();
    let by = wanted(WORKFLOW, GITHUB);
    let mut whole: serde_json::Value = serde_json::from_str(&text).unwrap();
    whole["verificationMaterial"]["tlogEntries"] = serde_json::json!([]);
    let _no_log = refused(&by, whole.to_string().as_bytes(), Signed::Bytes(&package));
    let mut whole: serde_json::Value = serde_json::from_str(&text).unwrap();
    let payload = whole["dsseEnvelope"]["payload"].as_str().unwrap().replacen('A', "B", 1);
    whole["dsseEnvelope"]["payload"] = payload.into();
    let _payload = refused(&by, whole.to_string().as_bytes(), Signed::Bytes(&package));
    for junk in ["", "{}", "[]", "<html>", &text[..text.len() / 2]] {
        assert!(
            refused(&by, junk.as_bytes(), Signed::Bytes(&package)).contains("no Sigstore bundle")
        );
    }
}
