//! depstate beside rclone, on the same S3 server in the same run:
//!
//!     cargo bench --bench beside             # everything, about two minutes
//!     cargo bench --bench beside -- check    # only checks without changes: 1,000 and 10,000 objects
//!     cargo bench --bench beside -- upload   # only 1,000 files of 64 KiB
//!     cargo bench --bench beside -- mirror   # only 8 files of 256 MiB from HTTP
//!
//! The server is the tests' own, in a process of its own: conditions are atomic and every digest that
//! is sent is checked, but bytes that nobody reads again are dropped. Both programs run as they come;
//! rclone's check looks at local files, depstate's at what its lock file says. Compare ratios of one
//! run, never times of two machines. Without rclone only depstate's figures are printed.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    dead_code,
    reason = "a benchmark prints, and uses a part of what the tests share"
)]

#[path = "beside/measure.rs"]
mod measure;
#[path = "../tests/support/s3.rs"]
mod s3;
#[path = "beside/served.rs"]
mod served;
#[path = "../tests/support/upstream.rs"]
mod upstream;

use std::{fmt::Write as _, path::Path, process::Command};

use measure::{Sample, run, table};
use served::Server;

/// How often each is measured.
const RUNS: usize = 5;
/// Runs of what takes seconds.
const LONG_RUNS: usize = 3;
const DEPSTATE: &str = env!("CARGO_BIN_EXE_depstate");
/// Files of a dependency.
const VERSIONS: usize = 100;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "serve") {
        return served::serve();
    }
    let wanted: Vec<&String> = arguments.iter().filter(|a| !a.starts_with("--")).collect();
    let wants = |name: &str| wanted.is_empty() || wanted.iter().any(|w| name == w.as_str());
    let rclone = rclone();
    match &rclone {
        Some(version) => println!("beside {version}, {} processors", processors()),
        None => println!("rclone is not installed (Debian: `rclone`): depstate's figures alone"),
    }
    println!("load at the beginning: {}", load());
    let rclone = rclone.is_some();
    if wants("check") {
        check(1_000, rclone);
        check(10_000, rclone);
    }
    if wants("upload") {
        upload(rclone);
    }
    if wants("mirror") {
        mirror(rclone);
    }
    println!("load at the end: {}", load());
}

fn rclone() -> Option<String> {
    let output = Command::new("rclone").arg("version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().next().map(ToOwned::to_owned)
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn load() -> String {
    std::fs::read_to_string("/proc/loadavg").unwrap_or_else(|_| "not known".to_owned())
}

/// A folder that is gone with its guard, in memory where there is such a place: no disk is measured.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// Writes so many files, no two the same, [`VERSIONS`] to a folder.
fn files(root: &Path, count: usize, size: usize) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for n in 0..count {
        let id = format!("d{:03}", n / VERSIONS);
        let folder = root.join("up").join(&id);
        std::fs::create_dir_all(&folder).unwrap();
        let mut bytes = Vec::with_capacity(size + 8);
        while bytes.len() < size {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes.extend_from_slice(&state.to_le_bytes());
        }
        bytes.truncate(size);
        std::fs::write(folder.join(format!("{id}-1.{}.0.bin", n % VERSIONS)), bytes).unwrap();
    }
}

fn storage(server: &Server) -> String {
    format!(
        "[project]\nname = \"bench\"\n[storage]\ndriver = \"s3\"\nbucket = \"{}\"\nprefix = \"ours\"\nregion = \"us-east-1\"\nendpoint = \"{}\"\npath-style = true\n",
        server.bucket, server.endpoint
    )
}

/// The manifest of the files of [`files`].
fn of_folders(server: &Server, count: usize) -> String {
    let mut text = storage(server);
    for n in 0..count / VERSIONS {
        write!(
            text,
            "[dependencies.d{n:03}]\nlicenses = [\"MIT\"]\npurl = \"pkg:generic/{{{{ id }}}}@{{{{ version }}}}\"\nlines = [{{ constraint = \"*\", keep = \"all\" }}]\nsource = {{ driver = \"dir\", path = \"up/d{n:03}\" }}\n"
        )
        .unwrap();
    }
    text
}

fn depstate(server: &Server, folder: &Path, arguments: &[&str]) -> Sample {
    run(server, folder, DEPSTATE, arguments)
}

fn copy(server: &Server, folder: &Path, arguments: &[&str]) -> Sample {
    run(server, folder, "rclone", arguments)
}

/// Where rclone writes to.
const THEIRS: &str = "bench:deps/theirs";

fn check(count: usize, rclone: bool) {
    let (server, folder) = (Server::start(), folder());
    let at = folder.path();
    files(at, count, 1024);
    std::fs::write(at.join("deps.toml"), of_folders(&server, count)).unwrap();
    depstate(&server, at, &["apply", "--yes", "-q"]);
    // Once more, so that both are as warm as they get.
    let plan = ["plan", "--detailed-exitcode", "-q"];
    depstate(&server, at, &plan);
    let checksum = ["sync", "--dry-run", "--checksum", "up", THEIRS];
    let fast = ["sync", "--dry-run", "--checksum", "--fast-list", "up", THEIRS];
    let default = ["sync", "--dry-run", "up", THEIRS];
    if rclone {
        copy(&server, at, &["copy", "--transfers=32", "up", THEIRS]);
        copy(&server, at, &checksum);
    }
    let mut rows = vec![("depstate plan", Vec::new())];
    if rclone {
        rows.push(("rclone sync --dry-run --checksum", Vec::new()));
        rows.push(("the same, --fast-list", Vec::new()));
        rows.push(("rclone sync --dry-run", Vec::new()));
    }
    // In turn, so that whatever else the machine does falls on all alike.
    for _ in 0..RUNS {
        rows[0].1.push(depstate(&server, at, &plan));
        if rclone {
            rows[1].1.push(copy(&server, at, &checksum));
            rows[2].1.push(copy(&server, at, &fast));
            rows[3].1.push(copy(&server, at, &default));
        }
    }
    table(&format!("check of {count} objects without a change"), &rows);
    std::fs::remove_dir_all(at.join(".depstate")).unwrap();
    let cold = vec![("depstate plan, no local cache", vec![depstate(&server, at, &plan)])];
    table(&format!("the same, {count} objects, the first time"), &cold);
}

fn upload(rclone: bool) {
    let server = Server::start();
    let mut rows = vec![("depstate apply", Vec::new())];
    if rclone {
        rows.push(("rclone copy", Vec::new()));
    }
    let folder = folder();
    let at = folder.path();
    files(at, 1_000, 64 << 10);
    std::fs::write(at.join("deps.toml"), of_folders(&server, 1_000)).unwrap();
    for _ in 0..RUNS {
        server.wipe();
        // Neither knows anything yet.
        let _not_there = std::fs::remove_dir_all(at.join(".depstate"));
        let _not_there = std::fs::remove_file(at.join("deps.lock"));
        rows[0].1.push(depstate(&server, at, &["apply", "--yes", "-q"]));
        if rclone {
            rows[1].1.push(copy(&server, at, &["copy", "up", THEIRS]));
        }
    }
    table("upload of 1,000 files of 64 KiB", &rows);
}

fn mirror(rclone: bool) {
    let server = Server::start();
    let mut rows = vec![("depstate apply", Vec::new())];
    if rclone {
        rows.push(("rclone copy :http:", Vec::new()));
    }
    let base = &server.upstream;
    let manifest = format!(
        "{}[dependencies.big]\nlicenses = [\"MIT\"]\npurl = \"pkg:generic/{{{{ id }}}}@{{{{ version }}}}\"\nlines = [{{ constraint = \"*\", keep = \"all\" }}]\nsource = {{ driver = \"http-json\", url = \"{base}/index.json\", select = \".[]\", artifact = \"{base}/files/big-{{{{ version }}}}.bin\", insecure = true }}\n",
        storage(&server)
    );
    for _ in 0..LONG_RUNS {
        server.wipe();
        let folder = folder();
        let at = folder.path();
        std::fs::write(at.join("deps.toml"), &manifest).unwrap();
        // The upstream is on this very host.
        let config = "[hosts.\"127.0.0.1:*\"]\nprivate = true\n";
        std::fs::create_dir_all(at.join(".depstate")).unwrap();
        std::fs::write(at.join(".depstate/config.toml"), config).unwrap();
        rows[0].1.push(depstate(&server, at, &["apply", "--yes", "-q"]));
        drop(folder);
        if rclone {
            let folder = tempfile::tempdir().unwrap();
            let url = format!("--http-url={base}/files/");
            rows[1].1.push(copy(&server, folder.path(), &["copy", &url, ":http:", THEIRS]));
        }
    }
    table("mirror of 8 files of 256 MiB from HTTP", &rows);
}
