//! Local files: a crash at each write, a disk that fills up at any byte, two processes in one
//! checkout.

mod crash;
mod full;
mod limited;
mod shared;
mod torn;

use std::{fs, path::Path};

use crate::support::{reliability::record, sandbox::Sandbox};

/// Makes a folder in memory, where the system has such a place.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// What the program itself writes, each before and after: deps.lock, a saved plan, a report.
fn written() -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
    let sandbox = Sandbox::example("quickstart");
    let arguments = ["plan", "--out", "plan.json", "--json-into", "shown.json"];
    let read = |name: &str| fs::read(sandbox.path(name)).unwrap();
    let all = || ["deps.lock", "plan.json", "shown.json"].map(|name| (name, read(name)));
    let _plan = sandbox.run(arguments).exits(0);
    let before = all();
    for target in ["linux-amd64", "linux-arm64"] {
        sandbox.write(&format!("upstream/hello-2.1.0-{target}.tar.gz"), format!("2.1.0 {target}"));
    }
    let _newer = sandbox.run(["update"]).exits(0);
    let _plan = sandbox.run(arguments).exits(0);
    let after = all();
    before.into_iter().zip(after).map(|((name, old), (_, new))| (name, old, new)).collect()
}

#[test]
fn crashes_full_disks_and_failing_calls() {
    let since = std::time::Instant::now();
    let states = crash::every_state_is_old_or_new() + torn::a_torn_entry_is_a_miss();
    let offsets = full::a_disk_that_fills_up_at_any_byte();
    record(
        "files",
        &serde_json::json!({
            "states": states, "offsets": offsets, "seconds": since.elapsed().as_secs_f64(),
        }),
    );
}

#[test]
fn nothing_else_writes_files() {
    // The hands of replacing a file, the cache, which may lose what it wants, the folder that is a
    // store, the copy of a driver that runs and is gone afterwards, the pipe to it, and two streams.
    let may = [
        "external/connection.rs",
        "external/program.rs",
        "disk/files.rs",
        "disk/cache.rs",
        "storage/fs/write.rs",
        "storage/fs/upload.rs",
        "cli/output.rs",
        "failpoint.rs",
    ];
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![source.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&source).unwrap().to_str().unwrap().to_owned();
            // What is built lies in rooms that go with the step; what comes out is a cache's, a log's, or
            // a file for a person, which `build` names by a rename.
            let made = name.starts_with("workshop/") || name.starts_with("ops/build/");
            if made || may.contains(&name.as_str()) || name.ends_with("tests.rs") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let program = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            for word in ["fs_err::write", "File::create", ".write_all(", ".persist("] {
                assert!(!program.contains(word), "`{name}` writes with `{word}`, not with `disk`");
            }
        }
    }
}
