//! Attestations of GitHub and npm: recorded ones from a local server, and what is live.

use std::process::Command;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::sigstore::{NPM_WORKFLOW, TARBALL, WORKFLOW, recorded};
use crate::support::{
    sandbox::Sandbox,
    upstream::{Answer, Upstream},
};

const PACKAGE: &str = "signed-package-2.1.0-hb0f4dca_0.conda";
const HEAD: &str = "[project]\nname = \"att\"\n[storage]\ndriver = \"fs\"\npath = \"mirror\"\n";

fn bundle(name: &str) -> Value {
    serde_json::from_slice(&recorded(name)).unwrap()
}

fn github(base: &str, identity: &str) -> Sandbox {
    Sandbox::with(&format!(
        "{HEAD}[dependencies.pkg]\nlines = [{{ constraint = \"*\" }}]\n[dependencies.pkg.source]\n\
         driver = \"github-releases\"\nrepo = \"prefix-dev/sigstore-example\"\napi = \"{base}\"\n\
         insecure = true\n[dependencies.pkg.verify]\nsignature = {{ kind = \"github-attestation\", \
         identity = \"{identity}\" }}\n"
    ))
}

/// A GitHub with one release, and its attestation.
fn forge() -> Upstream {
    let up = Upstream::start();
    let bytes = recorded(PACKAGE);
    let sum = depstate::model::Sha256::of(&bytes);
    let releases = json!([{ "tag_name": "v2.1.0", "published_at": "2025-01-01T00:00:00Z", "assets": [
        { "name": PACKAGE, "size": bytes.len(), "browser_download_url": up.url(&format!("/{PACKAGE}")),
          "state": "uploaded" },
    ]}]);
    let repo = "/repos/prefix-dev/sigstore-example";
    up.route(&format!("{repo}/releases?per_page=100"), Answer::json(&releases.to_string()));
    let all = json!({ "attestations": [{ "bundle": bundle("conda-attestation.sigstore.json") }] });
    let at = format!("{repo}/attestations/sha256:{sum}?per_page=100");
    up.route(&at, Answer::json(&all.to_string()));
    up.route(&format!("/{PACKAGE}"), Answer::body(bytes));
    up
}

#[test]
fn github_attests_the_digest_of_a_release() {
    let up = forge();
    let sandbox = github(&up.url(""), WORKFLOW);
    let _locked = sandbox.run(["lock"]).exits(0);
    let signer = format!("signer = \"github-attestation:{WORKFLOW} https://token.");
    assert!(sandbox.read("deps.lock").contains(&signer), "{}", sandbox.read("deps.lock"));
    let _applied = sandbox.run(["apply", "--yes", "--locked"]).exits(0);
}

#[test]
fn another_identity_and_other_bytes_are_refused() {
    let up = forge();
    let sandbox = github(&up.url(""), &WORKFLOW.replace("main", "evil"));
    let refused = sandbox.run(["lock"]).exits(3);
    assert!(refused.stderr.contains("signature-invalid"), "{}", refused.all());
    assert!(refused.stderr.contains(WORKFLOW), "{}", refused.all());
    // Nobody attests these bytes.
    up.route(&format!("/{PACKAGE}"), Answer::body(vec![b'x'; recorded(PACKAGE).len()]));
    let sandbox = github(&up.url(""), WORKFLOW);
    let refused = sandbox.run(["lock"]).exits(3);
    assert!(refused.stderr.contains("signature-missing"), "{}", refused.all());
    assert!(!sandbox.exists("deps.lock"));
}

fn npm(registry: &str, insecure: bool, identity: &str) -> Sandbox {
    Sandbox::with(&format!(
        "{HEAD}[dependencies.sigstore]\nlines = [{{ constraint = \"=2.0.0\" }}]\n\
         [dependencies.sigstore.source]\ndriver = \"npm\"\npackage = \"sigstore\"\n\
         registry = \"{registry}\"\n{}[dependencies.sigstore.verify]\nsignature = {{ kind = \
         \"npm-provenance\", identity = \"{identity}\" }}\n",
        if insecure { "insecure = true\n" } else { "" }
    ))
}

#[test]
fn npm_s_provenance_is_checked_against_the_index_s_digest_without_a_download() {
    let up = Upstream::start();
    let integrity = format!("sha512-{}", STANDARD.encode(hex(TARBALL)));
    let tarball = up.url("/sigstore/-/sigstore-2.0.0.tgz");
    let package = json!({ "versions": { "2.0.0": { "dist": { "tarball": tarball, "integrity": integrity } } } });
    up.route("/sigstore", Answer::json(&package.to_string()));
    let all = json!({ "attestations": [
        { "predicateType": "https://github.com/npm/attestation/tree/main/specs/publish/v0.1", "bundle": {} },
        { "predicateType": "https://slsa.dev/provenance/v1", "bundle": bundle("sigstore-js-2.0.0.sigstore.json") },
    ]});
    up.route("/-/npm/v1/attestations/sigstore@2.0.0", Answer::json(&all.to_string()));
    let plan = npm(&up.url("/"), true, NPM_WORKFLOW).json(&["plan"]);
    let after = &plan["actions"][0]["after"];
    assert_eq!(after["evidence"], "signed", "{plan}");
    assert!(after["signer"].as_str().unwrap().starts_with("npm-provenance:"), "{plan}");
    assert_eq!(up.asked("/sigstore/-/sigstore-2.0.0.tgz"), 0);
    let evil = npm(&up.url("/"), true, "https://github.com/evil/evil").run(["plan"]).exits(3);
    assert!(evil.all().contains("signature-invalid"), "{}", evil.all());
}

fn hex(text: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digit).collect()
}

/// Asks this machine's own npm where its registry is.
#[test]
fn live_npm_provenance() {
    let asked = Command::new("npm").args(["config", "get", "registry"]).output();
    let registry = asked.ok().filter(|it| it.status.success());
    let registry = registry.map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned());
    let Some(registry) = registry.filter(|it| it.starts_with("https://")) else {
        eprintln!("live npm provenance did NOT run: this machine's npm names no registry");
        return;
    };
    let mut sandbox = npm(&registry, false, NPM_WORKFLOW);
    for name in ["HTTPS_PROXY", "https_proxy", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"] {
        if let Ok(value) = std::env::var(name) {
            sandbox.set(name, &value);
        }
    }
    let ran = sandbox.run(["lock"]);
    // A mirror may have the packages and not what vouches for them.
    let nothing_kept = ran.status == 3 && ran.stderr.contains("signature-missing");
    if ran.status == 1 || nothing_kept {
        eprintln!("live npm provenance did NOT run: {}", ran.stderr);
        return;
    }
    let ran = ran.exits(0);
    assert!(sandbox.read("deps.lock").contains("signer = \"npm-provenance:"), "{}", ran.all());
    eprintln!("live npm provenance ran: the real package was locked by its provenance");
}
