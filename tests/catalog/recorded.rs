//! Every entry over an index in its upstream's shape (each fixture says what in it is real): what is
//! decided, from where, on what word.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::{Path, PathBuf},
};

use crate::support::{
    golden::golden,
    sandbox::Sandbox,
    upstream::{Answer, Upstream},
};

pub(super) const MANIFEST: &str = r#"[project]
name = "recorded"

[storage]
driver = "fs"
path = "mirror"

[targets]
linux-amd64 = { os = "linux", arch = "amd64" }
linux-arm64 = { os = "linux", arch = "arm64" }
darwin-arm64 = { os = "darwin", arch = "arm64" }
windows-amd64 = { os = "windows", arch = "amd64" }
"#;

/// A day on which everything recorded was released and nothing is past its time.
pub(super) const DAY: &str = "2026-09-20";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/catalog")
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Recorded {
    /// What `add` is given beside the id; `--target linux-*` if it names no target.
    #[serde(default)]
    pub(super) add: Vec<String>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    /// Addresses whose files are nowhere recorded: some bytes that say so.
    #[serde(default)]
    stand_ins: Vec<String>,
    /// Signatures and a key are there too, so `verify.signature` stays as the catalogue writes it.
    #[serde(default)]
    signed: bool,
    #[serde(default)]
    pub(super) serve: Vec<Served>,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct Served {
    pub(super) url: String,
    pub(super) body: String,
}

/// `https://host/path?query` as the one server has it: `/host/path?query`.
pub(super) fn path(url: &str) -> String {
    format!("/{}", url.strip_prefix("https://").unwrap())
}

/// What is recorded for an entry.
pub(super) fn recorded(id: &str) -> Recorded {
    let text = std::fs::read_to_string(folder().join(format!("{id}.toml"))).unwrap();
    toml::from_str(&text).unwrap_or_else(|error| panic!("{id}: {error}"))
}

/// Serves what was recorded, and returns the hosts that it is of.
pub(super) fn serve(recorded: &Recorded, upstream: &Upstream) -> BTreeSet<String> {
    let mut hosts = BTreeSet::new();
    for served in &recorded.serve {
        let answer = match served.url.rsplit('.').next() {
            Some("yml") => Answer::body(served.body.clone()).header("content-type", "text/plain"),
            _ if served.url.starts_with("https://python.example/") => {
                Answer::body(served.body.clone())
                    .header("content-type", "application/vnd.pypi.simple.v1+json")
            }
            _ if served.body.starts_with(['[', '{']) => Answer::json(&served.body),
            _ if served.body.starts_with("<html") => Answer::html(&served.body),
            _ => Answer::body(served.body.clone()),
        };
        upstream.route(&path(&served.url), answer);
        hosts.extend(served.url.split('/').nth(2).map(str::to_owned));
    }
    for url in &recorded.stand_ins {
        upstream.route(&path(url), Answer::body(format!("stand-in for {url}\n")));
        hosts.extend(url.split('/').nth(2).map(str::to_owned));
    }
    // Hosts that are asked first and have nothing.
    hosts.insert("dlcdn.apache.org".to_owned());
    hosts
}

/// A configuration that has every host asked at the server.
pub(super) fn configuration(upstream: &Upstream, hosts: &BTreeSet<String>) -> String {
    let mut text = String::new();
    for host in hosts {
        let to = upstream.url(&format!("/{host}/"));
        writeln!(text, "[[rewrite]]\nfrom = \"https://{host}/\"\nto = \"{to}\"").unwrap();
    }
    let server = upstream.url("").replace("http://", "");
    write!(text, "[hosts.\"{server}\"]\nprivate = true\ninsecure = true\n").unwrap();
    text
}

/// The table that `add` would write, without the signature: the bytes that were signed are not
/// recorded, so there is nothing that it could be over.
pub(super) fn unsigned(block: &str) -> String {
    let mut document: toml_edit::DocumentMut = block.parse().unwrap();
    let all = document["dependencies"].as_table_like_mut().unwrap();
    for (_, dependency) in all.iter_mut() {
        let dependency = dependency.as_table_like_mut().unwrap();
        if let Some(verify) = dependency.get_mut("verify").and_then(|v| v.as_table_like_mut()) {
            verify.remove("signature");
        }
        if let Some(overrides) = dependency.get_mut("override") {
            for one in overrides.as_array_of_tables_mut().unwrap().iter_mut() {
                if let Some(verify) = one.get_mut("verify").and_then(|v| v.as_table_like_mut()) {
                    verify.remove("signature");
                }
            }
        }
    }
    document.to_string()
}

/// How the entry is added.
pub(super) fn arguments<'a>(id: &'a str, recorded: &'a Recorded) -> Vec<&'a str> {
    let mut arguments = vec!["add", id];
    arguments.extend(recorded.add.iter().map(String::as_str));
    let any = depstate::catalog::find(id).unwrap().is_for_any();
    if !any && !recorded.add.iter().any(|word| word == "--target") {
        arguments.extend(["--target", "linux-*"]);
    }
    arguments
}

/// Adds, locks and plans; what is in the lock, one line a file.
fn decide(id: &str) -> Result<String, String> {
    let recorded = recorded(id);
    let upstream = Upstream::start();
    let mut sandbox = Sandbox::with(MANIFEST);
    let hosts = serve(&recorded, &upstream);
    sandbox.configure(&configuration(&upstream, &hosts));
    for (name, value) in &recorded.variables {
        sandbox.set(name, value);
    }
    let mut arguments = arguments(id, &recorded);
    if !recorded.signed {
        arguments.push("--dry-run");
    }
    let added = sandbox.run(arguments);
    if added.status != 0 {
        return Err(added.all());
    }
    if recorded.signed {
        // Most signers' keys are not recorded, and were asked for.
        upstream.forget_requests();
    } else {
        sandbox.write("deps.toml", format!("{MANIFEST}\n{}", unsigned(&added.stdout)));
    }
    let locked = sandbox.run(["lock", "--as-of", DAY]);
    if locked.status != 0 {
        return Err(locked.all());
    }
    let plan = sandbox.run(["plan", "--as-of", DAY, "--format", "json", "--locked"]);
    if plan.status != 0 {
        return Err(plan.all());
    }
    let known: BTreeSet<String> = recorded
        .serve
        .iter()
        .map(|served| path(&served.url))
        .chain(recorded.stand_ins.iter().map(|url| path(url)))
        .collect();
    let asked: Vec<String> = upstream
        .requests()
        .into_iter()
        .map(|asked| asked.path)
        .filter(|path| !known.contains(path) && !path.starts_with("/dlcdn.apache.org/"))
        .collect();
    if !asked.is_empty() {
        return Err(format!("asked for what is not recorded: {asked:?}\n{}", locked.all()));
    }
    let table = table(&sandbox.read("deps.lock"), &plan.stdout);
    if table.contains("https://") || table.contains("registry:") {
        Ok(table)
    } else {
        Err(format!("{}{table}", locked.all()))
    }
}

pub(super) fn array<'a>(of: &'a toml::Value, key: &str) -> &'a [toml::Value] {
    of.get(key).and_then(|all| all.as_array()).map(Vec::as_slice).unwrap_or_default()
}

fn table(lock: &str, plan: &str) -> String {
    let plan: serde_json::Value = serde_json::from_str(plan).unwrap();
    let steps = plan["actions"].as_array().unwrap().len();
    let lock: toml::Table = toml::from_str(lock).unwrap();
    let mut text = String::new();
    for dependency in lock.get("dependency").and_then(|all| all.as_array()).into_iter().flatten() {
        for release in array(dependency, "release") {
            writeln!(text, "  {}", release["version"].as_str().unwrap()).unwrap();
            for artifact in array(release, "artifact") {
                let word = |key: &str| artifact.get(key).and_then(|v| v.as_str()).unwrap_or("–");
                let digests = ["sha256", "sha512", "digest"].map(word);
                let digest = digests.into_iter().find(|digest| *digest != "–").unwrap_or("–");
                let digest: String = digest.chars().take(12).collect();
                writeln!(
                    text,
                    "    {:<13} {:<13} {digest}  {}",
                    word("target"),
                    word("evidence"),
                    word("url"),
                )
                .unwrap();
            }
        }
    }
    writeln!(text, "  {steps} to publish").unwrap();
    text
}

#[test]
fn every_entry_has_a_recording_and_every_recording_an_entry() {
    let recordings: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let entries: BTreeSet<String> =
        depstate::catalog::all().unwrap().into_iter().map(|entry| entry.id).collect();
    assert_eq!(recordings, entries);
}

#[test]
fn every_entry_decides_versions_addresses_and_evidence() {
    let mut text = String::new();
    let mut wrong = Vec::new();
    for entry in depstate::catalog::all().unwrap() {
        match decide(&entry.id) {
            Ok(table) => write!(text, "{}\n{table}", entry.id).unwrap(),
            Err(why) => wrong.push(format!("{}: {why}", entry.id)),
        }
    }
    assert!(wrong.is_empty(), "{} entries\n{}", wrong.len(), wrong.join("\n"));
    golden("catalog/recorded", &text);
}
