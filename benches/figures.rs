//! The figures of the README, measured on the machine that runs this:
//!
//!     cargo bench --bench figures            # all of them
//!     cargo bench --bench figures -- plan    # only a plan of 1,000 and of 10,000 records
//!     cargo bench --bench figures -- mirror  # only 1 GiB from HTTP to S3, beside curl and openssl
//!
//! The S3 server and the upstream are those of the tests, in this process: they take their share of
//! the processor, so compare figures of one run, never of two machines.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    dead_code,
    reason = "a benchmark prints, and uses a part of what the tests share"
)]

#[path = "../tests/support/s3.rs"]
mod s3;
#[path = "../tests/support/upstream.rs"]
mod upstream;

use std::{
    fmt::Write as _,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use s3::S3Server;
use upstream::{Answer, Upstream};

/// How often a plan is measured.
const RUNS: u64 = 7;
const PROGRAM: &str = env!("CARGO_BIN_EXE_depstate");

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let wants = |name: &str| wanted.is_empty() || wanted.iter().any(|w| name.contains(w.as_str()));
    if wants("plan") {
        for records in [1_000, 10_000] {
            plan(records);
        }
    }
    if wants("mirror") {
        mirror(1 << 30);
    }
}

/// How a run of the program went.
struct Ran {
    wall: Duration,
    /// Highest resident memory in KiB; 0 where the system does not say.
    peak: u64,
}

/// Lets the upstream be on this very host.
fn allow(folder: &Path) {
    std::fs::create_dir_all(folder.join(".depstate")).unwrap();
    let text = "[hosts.\"127.0.0.1:*\"]\nprivate = true\n";
    std::fs::write(folder.join(".depstate/config.toml"), text).unwrap();
}

fn run(folder: &Path, server: &S3Server, arguments: &[&str]) -> Ran {
    let since = Instant::now();
    let mut child = Command::new(PROGRAM)
        .args(arguments)
        .current_dir(folder)
        .env("AWS_ACCESS_KEY_ID", server.access_key())
        .env("AWS_SECRET_ACCESS_KEY", server.secret_key())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdout(Stdio::null())
        // A pipe that nobody reads would hold the program.
        .stderr(fs_err::File::create(folder.join("stderr")).unwrap().into_file())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let ended = loop {
        if let Ok(text) = std::fs::read_to_string(&status) {
            let line = text.lines().find(|line| line.starts_with("VmHWM:"));
            let size = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
            peak = peak.max(size.unwrap_or(0));
        }
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let wall = since.elapsed();
    let talk = std::fs::read_to_string(folder.join("stderr")).unwrap();
    assert!(ended.success(), "{arguments:?}: {talk}");
    Ran { wall, peak }
}

fn storage(server: &S3Server) -> String {
    format!(
        "[project]\nname = \"bench\"\n[storage]\ndriver = \"s3\"\nbucket = \"{}\"\nregion = \"us-east-1\"\nendpoint = \"{}\"\npath-style = true\n",
        server.bucket(),
        server.endpoint()
    )
}

/// A plan without changes over so many records, in dependencies of 100 versions.
fn plan(records: usize) {
    let (server, upstream) = (S3Server::start(), Upstream::start());
    let base = upstream.url("");
    let folder = tempfile::tempdir().unwrap();
    let mut manifest = storage(&server);
    let versions: Vec<String> = (0..100).map(|n| format!("\"1.{n}.0\"")).collect();
    upstream.route("/index.json", Answer::json(&format!("[{}]", versions.join(","))));
    for n in 0..100 {
        upstream.route(&format!("/file-1.{n}.0.bin"), Answer::generated(1024));
    }
    for n in 0..records / 100 {
        write!(
            manifest,
            "[dependencies.d{n:03}]\nlicenses = [\"MIT\"]\npurl = \"pkg:generic/{{{{ id }}}}@{{{{ version }}}}\"\nlines = [{{ constraint = \"*\", keep = \"all\" }}]\nsource = {{ driver = \"http-json\", url = \"{base}/index.json\", select = \".[]\", artifact = \"{base}/file-{{{{ version }}}}.bin\", insecure = true }}\n"
        )
        .unwrap();
    }
    std::fs::write(folder.path().join("deps.toml"), manifest).unwrap();
    allow(folder.path());
    let applied = run(folder.path(), &server, &["apply", "--yes", "--jobs=16", "-q"]);
    println!(
        "{records:>6} records: published in {:.2} s, peak {} MiB",
        applied.wall.as_secs_f64(),
        applied.peak / 1024
    );
    let before = server.counts();
    let mut walls = Vec::new();
    let mut peak = 0;
    for _ in 0..RUNS {
        let ran = run(folder.path(), &server, &["plan", "--detailed-exitcode", "-q"]);
        walls.push(ran.wall);
        peak = peak.max(ran.peak);
    }
    walls.sort();
    let mut spent = Vec::new();
    for (operation, count) in server.counts() {
        let more = count - before.get(&operation).copied().unwrap_or(0);
        if more > 0 {
            #[expect(clippy::cast_precision_loss, reason = "a few requests a run")]
            spent.push(format!("{operation} {}", more as f64 / RUNS as f64));
        }
    }
    println!(
        "{records:>6} records: plan without changes, warm: {:.0} / {:.0} / {:.0} ms (min / median / max of {RUNS}), peak {} MiB, requests a run: {}",
        walls[0].as_secs_f64() * 1e3,
        walls[walls.len() / 2].as_secs_f64() * 1e3,
        walls[walls.len() - 1].as_secs_f64() * 1e3,
        peak / 1024,
        spent.join(", ")
    );
    std::fs::remove_dir_all(folder.path().join(".depstate")).unwrap();
    let cold = run(folder.path(), &server, &["plan", "--detailed-exitcode", "-q"]);
    println!(
        "{records:>6} records: the same without the local cache: {:.0} ms",
        cold.wall.as_secs_f64() * 1e3
    );
}

/// One large file from HTTP to S3, beside a pipe that only reads and hashes it.
fn mirror(size: u64) {
    let (server, upstream) = (S3Server::start(), Upstream::start());
    let base = upstream.url("");
    upstream.route("/index.json", Answer::json("[\"1.0.0\"]"));
    upstream.route("/file-1.0.0.bin", Answer::body(Answer::made(size)));
    for round in 1..=3 {
        let folder = tempfile::tempdir().unwrap();
        let manifest = format!(
            "{}[dependencies.big]\nlines = [{{ constraint = \"*\" }}]\nsource = {{ driver = \"http-json\", url = \"{base}/index.json\", select = \".[]\", artifact = \"{base}/file-{{{{ version }}}}.bin\", insecure = true }}\n",
            storage(&server)
                .replace("path-style", &format!("prefix = \"round-{round}\"\npath-style"))
        );
        std::fs::write(folder.path().join("deps.toml"), manifest).unwrap();
        allow(folder.path());
        let ran = run(folder.path(), &server, &["apply", "--yes", "-q"]);
        let since = Instant::now();
        let piped = Command::new("sh")
            .args(["-c", &format!("curl -sf {base}/file-1.0.0.bin | openssl dgst -sha256")])
            .output()
            .unwrap();
        assert!(piped.status.success(), "{}", String::from_utf8_lossy(&piped.stderr));
        let pipe = since.elapsed();
        println!(
            "{} MiB from HTTP to S3: {:.2} s, peak {} MiB; `curl … | openssl dgst -sha256`, which stores nothing: {:.2} s; ratio {:.2}",
            size >> 20,
            ran.wall.as_secs_f64(),
            ran.peak / 1024,
            pipe.as_secs_f64(),
            ran.wall.as_secs_f64() / pipe.as_secs_f64()
        );
        for key in server.objects().into_keys() {
            server.remove(&key);
        }
    }
}
