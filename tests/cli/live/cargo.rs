//! A real crate of the index that cargo is configured for: one that this package itself uses, whose
//! digest cargo wrote into Cargo.lock.

use std::path::PathBuf;

use super::{follow, locked, not_live};

const CRATE: &str = "itoa";

fn home() -> Result<PathBuf, String> {
    let home = |name: &str| std::env::var_os(name).map(PathBuf::from);
    home("CARGO_HOME")
        .or_else(|| Some(home("HOME")?.join(".cargo")))
        .ok_or_else(|| "nothing says where cargo's folder is".to_owned())
}

/// Asks cargo's configuration what stands in for its usual registry; else its folder of indexes,
/// each of which is called as its host and a hash.
fn registry() -> Result<String, String> {
    let home = home()?;
    if let Ok(text) = std::fs::read_to_string(home.join("config.toml"))
        && let Ok(config) = toml::from_str::<toml::Table>(&text)
        && let Some(sources) = config.get("source").and_then(toml::Value::as_table)
        && let Some(other) = sources.values().find_map(|it| it.get("replace-with")?.as_str())
        && let Some(place) = sources.get(other).and_then(|it| it.get("registry")?.as_str())
        && place.starts_with("sparse+")
    {
        return Ok(place.to_owned());
    }
    let indexes = std::fs::read_dir(home.join("registry/index"))
        .map_err(|error| format!("cargo has no index here: {error}"))?;
    let mut hosts: Vec<String> = indexes
        .filter_map(|entry| {
            let entry = entry.ok()?;
            // A git index is another thing.
            entry.path().join("config.json").exists().then_some(())?;
            let name = entry.file_name().into_string().ok()?;
            Some(name.rsplit_once('-')?.0.to_owned())
        })
        .collect();
    hosts.sort();
    let host = hosts.first().ok_or("cargo has no sparse index here")?;
    Ok(format!("sparse+https://{host}/"))
}

/// Version and digest of the crate in this package's own Cargo.lock.
fn of_cargo() -> Option<(String, String)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock");
    let lock: toml::Table = toml::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
    let packages = lock.get("package")?.as_array()?;
    let package = packages.iter().find(|it| it["name"].as_str() == Some(CRATE))?;
    let text = |key: &str| Some(package.get(key)?.as_str()?.to_owned());
    Some((text("version")?, text("checksum")?))
}

#[test]
fn a_real_crate_is_locked() {
    let registry = match registry() {
        Ok(registry) => registry,
        Err(why) => return not_live(&why),
    };
    let (version, digest) = of_cargo().expect("this package uses the crate");
    let source = format!("driver = \"cargo\"\npackage = \"{CRATE}\"");
    let line = format!("{{ constraint = \"={version}\" }}");
    let Some(lock) = locked(&follow(CRATE, &registry, &source, &line)) else {
        return not_live("cargo's index does not answer");
    };
    assert!(lock.contains(&digest), "Cargo.lock has {digest}: {lock}");
    assert!(lock.contains("evidence = \"index\""), "{lock}");
    eprintln!("live: cargo, {CRATE} {version}, sha256 {digest}, the same as Cargo.lock's");
}
