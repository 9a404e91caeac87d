//! Against the real world: this machine's own clients say where their registries are, and small real
//! packages are followed from there. Each test says clearly whether it ran.

mod cargo;
mod debian;
mod pypi;

use std::process::Command;

use crate::support::{s3::S3Server, sandbox::Sandbox};

/// A package of two files that has not changed for years.
const PACKAGE: &str = "is-number";
const VERSION: &str = "7.0.0";

/// Asks npm for its registry, and whether that can be reached.
fn registry() -> Result<String, String> {
    let registry = printed("npm", &["config", "get", "registry"])?;
    if !registry.starts_with("http") {
        return Err("the npm client has no registry".to_owned());
    }
    let package = format!("{PACKAGE}@{VERSION}");
    printed("npm", &["view", &package, "dist.integrity", "--fetch-timeout=15000"])?;
    Ok(registry)
}

/// What a client of this machine prints.
fn printed(program: &str, arguments: &[&str]) -> Result<String, String> {
    let asked = Command::new(program)
        .args(arguments)
        .output()
        .map_err(|error| format!("there is no `{program}` here: {error}"))?;
    if !asked.status.success() {
        return Err(format!("`{program} {}` does not succeed", arguments.join(" ")));
    }
    Ok(String::from_utf8_lossy(&asked.stdout).trim().to_owned())
}

/// Says that a test could not run; where live tests are asked for, that is a failure.
#[expect(clippy::print_stderr, reason = "whether a test ran at all is to be read")]
fn not_live(why: &str) {
    eprintln!("not live: {why}");
    let asked = std::env::var_os("DEPSTATE_TEST_LIVE").is_some();
    assert!(!asked, "DEPSTATE_TEST_LIVE asks for the live test: {why}");
}

/// A project whose sources are reached as this machine's clients reach them.
fn project(manifest: &str) -> Sandbox {
    let mut sandbox = Sandbox::with(manifest);
    let passed_on = [
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "NO_PROXY",
        "no_proxy",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
    ];
    for name in passed_on {
        if let Ok(value) = std::env::var(name) {
            sandbox.set(name, &value);
        }
    }
    sandbox
}

/// A project that follows one package. `source` is its table, `insecure` what a registry of plain
/// http wants.
fn follow(id: &str, registry: &str, source: &str, line: &str) -> Sandbox {
    let insecure = registry.starts_with("http:");
    let mut sandbox = project(&format!(
        r#"
[project]
name = "live"
[storage]
driver = "fs"
path = "mirror"
[dependencies.{id}]
lines = [{line}]
[dependencies.{id}.source]
registry = {{ env = "DEPSTATE_TEST_REGISTRY" }}
insecure = {insecure}
{source}
"#
    ));
    sandbox.set("DEPSTATE_TEST_REGISTRY", registry);
    sandbox
}

/// Locks and plans, and returns deps.lock. None: the registry does not answer from here.
fn locked(sandbox: &Sandbox) -> Option<String> {
    let locked = sandbox.run(["lock"]);
    if locked.status != 0 && locked.all().contains("could not reach") {
        return None;
    }
    let _locked = locked.exits(0);
    let plan = sandbox.run(["plan", "--locked"]).exits(0);
    assert!(
        plan.stdout.contains("1 to create") || plan.stdout.contains("create"),
        "{}",
        plan.all()
    );
    Some(sandbox.read("deps.lock"))
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
            not_live(&why);
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
        let mut sandbox = project(&manifest(storage));
        sandbox
            .set("DEPSTATE_TEST_REGISTRY", &registry)
            .set("AWS_ACCESS_KEY_ID", server.access_key())
            .set("AWS_SECRET_ACCESS_KEY", server.secret_key());
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
        eprintln!(
            "live: npm, {PACKAGE} {VERSION}, {} bytes, sha256 {digest}, read back from {key}",
            bytes.len()
        );
    }
}
