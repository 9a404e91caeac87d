//! Every entry by itself: read by the readers that a user's deps.toml is read by.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use depstate::{
    catalog::{Entry, Line, Wish, all, block, read_line, schema},
    manifest::{Known, add_dependency, read, report},
    model::{DependencyId, Environment},
    net::{Client, ClientConfig},
    source::{self, Limits, Setup},
};

/// A manifest with a target for every platform, none of them called as the platform is.
const MANIFEST: &str = r#"[project]
name = "all"
[storage]
driver = "fs"
path = "mirror"
"#;

fn manifest() -> String {
    let mut text = MANIFEST.to_owned();
    for os in ["linux", "darwin", "windows"] {
        for arch in ["amd64", "arm64", "386", "arm", "ppc64le", "s390x"] {
            let target = format!("[targets.t-{os}-{arch}]\nos = \"{os}\"\narch = \"{arch}\"\n");
            text.push_str(&target);
        }
    }
    text
}

fn with(entry: &Entry, line: Line) -> String {
    let id = DependencyId::new(entry.id.as_str()).unwrap();
    let targets = if entry.is_for_any() {
        vec!["any".to_owned()]
    } else {
        entry.platforms.iter().map(|platform| format!("t-{platform}")).collect()
    };
    let wish = Wish { id: id.clone(), lines: vec![line], targets };
    add_dependency(&manifest(), &id, &block(entry, &wish).unwrap()).unwrap()
}

#[test]
fn there_are_as_many_as_were_promised() {
    let ids: BTreeSet<String> = all().unwrap().into_iter().map(|entry| entry.id).collect();
    for id in [
        "node",
        "go",
        "ruby",
        "python",
        "php",
        "httpd",
        "nginx",
        "openresty",
        "composer",
        "bundler",
        "yarn",
        "rust",
        "dotnet-sdk",
        "dotnet-runtime",
        "aspnetcore",
        "icu",
        "curl",
        "tini",
        "liberica-jdk",
        "liberica-jre",
        "zulu",
        "corretto",
        "temurin",
        "tomcat",
        "gradle",
        "maven",
        "openssl",
        "cmake",
        "kubectl",
        "helm",
        "terraform",
        "jq",
    ] {
        assert!(ids.contains(id), "{id}");
    }
    assert!(ids.len() >= 34, "{}", ids.len());
}

#[test]
fn no_file_of_the_catalogue_is_forgotten() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalog");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|file| Some(file.unwrap().path().file_name()?.to_str()?.to_owned()))
        .filter_map(|name| Some(name.strip_suffix(".toml")?.to_owned()))
        .collect();
    let ids: Vec<String> = all().unwrap().into_iter().map(|entry| entry.id).collect();
    assert_eq!(
        ids,
        files.into_iter().collect::<Vec<_>>(),
        "src/catalog/files.rs lists them by name"
    );
}

#[test]
fn every_entry_is_read_without_a_mistake() {
    let sources: Vec<&str> = source::DRIVERS.iter().map(|driver| driver.name).collect();
    let known = Known { sources: &sources, storages: &["fs"] };
    let mut wrong = Vec::new();
    for entry in all().unwrap() {
        let mut lines = vec![entry.lines.default.clone()];
        lines.extend(entry.lines.named.clone());
        lines.extend(entry.lines.examples.clone());
        for line in lines {
            let text = with(&entry, read_line(&entry, &line).unwrap());
            let mut found = read(text.as_bytes(), &known);
            let mut mistakes = std::mem::take(&mut found.mistakes);
            for (id, (driver, table)) in found.sources {
                let variables: BTreeMap<String, String> = entry
                    .variables()
                    .into_iter()
                    .map(|name| (name, "https://packages.example/".to_owned()))
                    .collect();
                let setup = Setup {
                    id,
                    table,
                    root: std::path::PathBuf::new(),
                    client: Client::new(ClientConfig::default()),
                    environment: Environment::new(variables),
                    now: None,
                    limits: Limits::default(),
                };
                let made = (source::find(&driver.value).unwrap().make)(&setup);
                mistakes.extend(made.err().unwrap_or_default());
            }
            if found.manifest.is_none() || !mistakes.is_empty() {
                let report = report(&entry.id, text.as_bytes(), mistakes);
                let all: Vec<String> = report
                    .mistakes()
                    .map(|m| format!("  {}: {} ({:?})", m.code, m.message, m.help))
                    .collect();
                wrong.push(format!("{} with line `{line}`\n{}", entry.id, all.join("\n")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_entry_says_what_only_it_can_know() {
    const OS: &[&str] = &["linux", "darwin", "windows"];
    const ARCH: &[&str] = &["amd64", "arm64", "386", "arm", "ppc64le", "s390x"];
    for entry in all().unwrap() {
        let id = &entry.id;
        assert!(entry.homepage.starts_with("https://"), "{id}");
        assert!(!entry.about.ends_with('.') && !entry.checksum.is_empty(), "{id}");
        assert!(entry.dependency.contains_key("licenses"), "{id}");
        for key in ["lines", "targets", "build", "test", "file-name"] {
            assert!(!entry.dependency.contains_key(key), "{id} decides `{key}` for its user");
        }
        if !entry.is_for_any() {
            for platform in &entry.platforms {
                let (os, arch) = platform.split_once('-').unwrap();
                assert!(OS.contains(&os) && ARCH.contains(&arch), "{id}: {platform}");
            }
        }
        // Names of targets are the user's.
        let overrides = entry.get(&["override"]).and_then(|list| list.as_array()).cloned();
        for one in overrides.unwrap_or_default() {
            assert!(one.get("target").is_none(), "{id} names a target");
        }
        // A named line needs a document that gives the name.
        assert_eq!(entry.lines.named.is_empty(), !named_by_schedule(&entry), "{id}");
        let text = serde_json::to_string(&entry.dependency).unwrap();
        assert!(!text.contains("http://"), "{id} has an address without TLS");
    }
}

fn named_by_schedule(entry: &Entry) -> bool {
    let select = entry.get(&["schedule", "select"]).and_then(|select| select.as_str());
    // openssl's document has the name too, but not the maintainers of openssl: they call none so.
    entry.id != "openssl" && select.is_some_and(|select| select.contains("names:"))
}

#[test]
fn keys_are_pinned_by_their_full_fingerprint_and_used() {
    for entry in all().unwrap() {
        let id = &entry.id;
        let signature = entry.get(&["verify", "signature"]);
        let kind = signature.and_then(|s| s.get("kind")).and_then(|kind| kind.as_str());
        let named: BTreeSet<String> = signature
            .and_then(|s| s.get("keys"))
            .and_then(|keys| keys.as_array())
            .into_iter()
            .flatten()
            .filter_map(|key| Some(key.as_str()?.to_owned()))
            .collect();
        let files: BTreeSet<String> = entry.keys.iter().map(|key| key.file.clone()).collect();
        match kind {
            Some("openpgp") => assert_eq!(named, files, "{id}"),
            Some("minisign") => assert!(files.is_empty() && named.len() == 1, "{id}"),
            Some("sigstore") => {
                let signature = signature.unwrap();
                assert!(signature.get("identity").is_some(), "{id}");
                assert!(signature.get("issuer").is_some(), "{id}");
            }
            Some("github-attestation") => {
                let identity = signature.unwrap().get("identity").unwrap().as_str().unwrap();
                assert!(identity.contains("/.github/workflows/"), "{id}");
            }
            None => assert!(files.is_empty(), "{id} has keys that nothing uses"),
            Some(other) => panic!("{id}: {other}"),
        }
        for keys in &entry.keys {
            let asc = Path::new(&keys.file).extension().is_some_and(|ending| ending == "asc");
            assert!(keys.file.starts_with("keys/") && asc, "{id}");
            for print in &keys.fingerprints {
                let hex = print.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b));
                assert!(hex && print.len() == 40, "{id}: `{print}` is no full fingerprint");
            }
            let once: BTreeSet<&String> = keys.fingerprints.iter().collect();
            assert_eq!(once.len(), keys.fingerprints.len(), "{id}");
            for address in keys.addresses() {
                assert!(address.starts_with("https://"), "{id}: {address}");
                assert!(!address.contains('{'), "{id}: {address}");
            }
        }
    }
}

#[test]
fn the_schema_describes_every_entry() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/catalog.schema.json");
    let text = std::fs::read_to_string(file).unwrap();
    let schema_file: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(schema_file, schema(), "`depstate schema catalog > schema/catalog.schema.json`");
    let validator = jsonschema::validator_for(&schema_file).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalog");
    for entry in all().unwrap() {
        let text = std::fs::read_to_string(folder.join(format!("{}.toml", entry.id))).unwrap();
        let value: serde_json::Value =
            serde_json::to_value(toml::from_str::<toml::Table>(&text).unwrap()).unwrap();
        let errors: Vec<String> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", entry.id);
    }
    assert!(!validator.is_valid(&serde_json::json!({ "id": "x" })));
}
