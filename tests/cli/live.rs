//! One test against the real world: this machine's own npm client says where its registry is, and a
//! small real package is mirrored from there. It says clearly whether it ran.

use std::process::Command;

use crate::support::{s3::S3Server, sandbox::Sandbox};

/// A package of two files that has not changed for years.
const PACKAGE: &str = "is-number";
const VERSION: &str = "7.0.0";

/// Asks npm for its registry, and whether that can be reached.
fn registry() -> Result<String, String> {
    let asked = Command::new("npm")
        .args(["config", "get", "registry"])
        .output()
        .map_err(|error| format!("there is no npm client here: {error}"))?;
    let registry = String::from_utf8_lossy(&asked.stdout).trim().to_owned();
    if !asked.status.success() || !registry.starts_with("http") {
        return Err("the npm client has no registry".to_owned());
    }
    let view = Command::new("npm")
        .args(["view", &format!("{PACKAGE}@{VERSION}"), "dist.integrity", "--fetch-timeout=15000"])
        .output()
        .map_err(|error| error.to_string())?;
    if !view.status.success() {
        return Err(format!("the npm client's registry does not answer for {PACKAGE}"));
    }
    Ok(registry)
}

fn manifest(storage: &str) -> String {
    format!(
        r#"
[project]
name = "live"
[storage]
{storage}
[dependencies.{PACKAGE}]
licenses = ["MIT"]
source = {{ driver = "npm", package = "{PACKAGE}", registry = {{ env = "DEPSTATE_TEST_REGISTRY" }} }}
lines = [{{ constraint = "={VERSION}" }}]
"#
    )
}

#[test]
fn a_real_npm_package_is_mirrored_to_a_folder_and_to_s3() {
    let registry = match registry() {
        Ok(registry) => registry,
        Err(why) => {
            println!("LIVE TEST DID NOT RUN: {why}");
            assert!(
                std::env::var_os("DEPSTATE_TEST_LIVE").is_none(),
                "DEPSTATE_TEST_LIVE asks for the live test: {why}"
            );
            return;
        }
    };
    let server = S3Server::start();
    let s3 = format!(
        "driver = \"s3\"\nbucket = \"{}\"\nregion = \"us-east-1\"\nendpoint = \"{}\"\npath-style = true",
        server.bucket(),
        server.endpoint()
    );
    for storage in ["driver = \"fs\"\npath = \"mirror\"", &s3] {
        let mut sandbox = Sandbox::with(&manifest(storage));
        sandbox.allow(&registry);
        sandbox
            .set("DEPSTATE_TEST_REGISTRY", &registry)
            .set("AWS_ACCESS_KEY_ID", server.access_key())
            .set("AWS_SECRET_ACCESS_KEY", server.secret_key());
        let passed_on =
            ["HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"];
        for name in passed_on {
            if let Ok(value) = std::env::var(name) {
                sandbox.set(name, &value);
            }
        }
        let applied = sandbox.run(["apply", "--yes"]).exits(0);
        assert!(applied.stdout.contains("1 created"), "{}", applied.all());
        let lock = sandbox.read("deps.lock");
        assert!(
            lock.contains("url = \"registry:"),
            "an address of the registry is in the lock: {lock}"
        );
        assert!(lock.contains("upstream-digest = \"sha512:"), "integrity was not kept: {lock}");
        assert!(lock.contains("evidence = \"index\""), "{lock}");
        let _settled = sandbox.run(["plan", "--detailed-exitcode", "--locked"]).exits(0);
        let shown = sandbox.run(["show", "--format", "json"]).exits(0);
        let shown: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
        let record = &shown["records"][0];
        let key = record["key"].as_str().unwrap();
        let bytes = if storage.contains("\"fs\"") {
            std::fs::read(sandbox.path("mirror").join(key)).unwrap()
        } else {
            server.objects()[key].to_vec()
        };
        let digest = depstate::model::Sha256::of(&bytes).to_string();
        assert_eq!(record["sha256"], digest.as_str());
        println!(
            "LIVE TEST RAN: {PACKAGE} {VERSION}, {} bytes, sha256 {digest}, read back from {key}",
            bytes.len()
        );
    }
}
