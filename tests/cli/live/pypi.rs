//! A real project of the index that pip is configured for.

use super::{follow, locked, not_live, printed};

const PROJECT: &str = "six";
const VERSION: &str = "1.16.0";
const WHEEL: &str = "six-1.16.0-py2.py3-none-any.whl";

/// Asks pip for its index: its environment, its configuration, the one that it was built with.
fn registry() -> Result<String, String> {
    if let Ok(registry) = std::env::var("PIP_INDEX_URL") {
        return Ok(registry);
    }
    if let Ok(registry) = printed("python3", &["-m", "pip", "config", "get", "global.index-url"]) {
        return Ok(registry);
    }
    let built_with = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)";
    printed("python3", &["-c", built_with])
}

/// Has pip fetch the same file, and hashes it.
fn of_pip(registry: &str) -> Result<String, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let place = folder.path().display().to_string();
    let package = format!("{PROJECT}=={VERSION}");
    let fetch = [
        ["-m", "pip", "download", "--no-deps"],
        ["--quiet", "--index-url", registry, "--no-cache-dir"],
        ["--timeout", "15", "--dest", &place],
    ];
    let fetch: Vec<&str> = fetch.concat().into_iter().chain([package.as_str()]).collect();
    printed("python3", &fetch)?;
    let bytes = std::fs::read(folder.path().join(WHEEL)).map_err(|error| error.to_string())?;
    Ok(depstate::model::Sha256::of(&bytes).to_string())
}

#[test]
fn a_real_python_project_is_locked() {
    let found = registry().and_then(|registry| Ok((of_pip(&registry)?, registry)));
    let (digest, registry) = match found {
        Ok(found) => found,
        Err(why) => return not_live(&why),
    };
    let source = format!("driver = \"pypi\"\npackage = \"{PROJECT}\"\nasset = \"*.whl\"");
    let line = format!("{{ constraint = \"={VERSION}\" }}");
    let Some(lock) = locked(&follow(PROJECT, &registry, &source, &line)) else {
        return not_live("pip's index does not answer");
    };
    assert!(lock.contains(&digest), "pip has {digest}: {lock}");
    assert!(lock.contains(WHEEL), "{lock}");
    assert!(lock.contains("evidence = \"index\""), "{lock}");
    eprintln!("live: pypi, {PROJECT} {VERSION}, sha256 {digest}, the same as pip's");
    // Many indexes have the older API beside the simple one, and it has dates.
    let Some(older) = registry.trim_end_matches('/').strip_suffix("/simple") else { return };
    let sandbox = follow(PROJECT, &format!("{older}/pypi"), &source, &line);
    let locked = sandbox.run(["lock"]);
    if locked.status != 0 {
        return not_live("pip's index has no older API");
    }
    let lock = sandbox.read("deps.lock");
    assert!(lock.contains(&digest) && lock.contains("released = \"2021-05-05"), "{lock}");
    eprintln!("live: pypi, the same through the older API, with its date");
}
