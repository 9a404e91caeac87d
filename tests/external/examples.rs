//! The examples, held to what every driver promises.

use std::path::Path;

use depstate::external::{
    Setup,
    conformance::{Seen, Verdict, of_source, of_storage},
};
use serde_json::json;

use super::{Bin, client};

const BYTES: usize = 700_000;

/// Versions, files, and a place for a store.
fn upstream() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs_err::write(folder.path().join(name), bytes).unwrap();
    write("VERSIONS", b"# VERSION DAY\n1.2.0 2026-03-02\n1.1.0\n");
    write("CHANGELOG.md", b"# Log\n\n## [1.2.0] - 2026-03-02\n- More.\n## 1.1.0\n");
    let noise: Vec<u8> = (0..BYTES).map(|n| u8::try_from((n * n / 7) % 251).unwrap()).collect();
    write("tool 1.2.0.zip", &noise);
    write("tool 1.1.0.zip", b"old");
    folder
}

fn kept(verdicts: &[Verdict], untried: &[&str]) {
    let broken: Vec<_> = verdicts.iter().filter(|verdict| verdict.is_broken()).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    let skipped: Vec<_> = verdicts
        .iter()
        .filter(|verdict| matches!(verdict.seen, Seen::Untried(_)))
        .map(|verdict| verdict.promise)
        .collect();
    assert_eq!(skipped, untried);
}

fn setup(program: &str, config: &serde_json::Value, root: &Path) -> (Bin, Setup) {
    let bin = Bin::example(program);
    let (setup, _) = bin.setup(program, config, root);
    (bin, setup)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shell_source_keeps_its_promises() {
    if !["/usr/bin/jq", "/bin/jq"].iter().any(|jq| Path::new(jq).exists()) {
        eprintln!("jq is not installed: the example in shell was not tried");
        return;
    }
    let upstream = upstream();
    let config = json!({"list": "VERSIONS", "files": ".", "name": "tool %s.zip"});
    let (_bin, setup) = setup("depstate-source-versions", &config, upstream.path());
    let verdicts = of_source(setup, client(), &mut |_| {}).await;
    kept(
        &verdicts,
        &[
            "what has not changed is not listed again, or again the same",
            "bytes are those that the listing tells the size and digest of",
        ],
    );
    assert_eq!(verdicts.len(), 16);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_source_keeps_its_promises() {
    let upstream = upstream();
    let config = json!({"changelog": "CHANGELOG.md", "files": ".", "name": "tool {version}.zip"});
    let (_bin, setup) = setup("depstate-source-changelog", &config, upstream.path());
    let verdicts = of_source(setup, client(), &mut |_| {}).await;
    kept(&verdicts, &["bytes are those that the listing tells the size and digest of"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_store_keeps_its_promises() {
    let folder = crate::contract::stores::folder();
    let config = json!({"path": "scratch"});
    let (_bin, setup) = setup("depstate-storage-folder", &config, folder.path());
    kept(&of_storage(setup, &mut |_| {}).await, &[]);
}
