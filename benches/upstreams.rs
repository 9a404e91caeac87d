//! depstate beside nvchecker: what 200 upstreams cost to look at, on the same servers in the same run.
//!
//!     cargo bench --bench upstreams            # both, without latency and with 20 ms
//!     cargo bench --bench upstreams -- 20      # only so many milliseconds
//!
//! 120 JSON indexes, 40 HTML listings and 40 GitHub release lists of two pages, as large as real ones,
//! each with an `ETag`: the release lists on one host, as they are on GitHub's, and ten of the others
//! on each of 16 more. depstate asks one host for 8 indexes at a time, nvchecker all hosts together
//! for 20; each is run as it comes. depstate decides versions alone (`lock`, `update`): every digest is
//! given or stands in the index, so no file is looked at. nvchecker reads the first of GitHub's pages,
//! and all of it by regex, which is its cheapest source; it has no cache, so that its second run is
//! its first.
//!
//! nvchecker is installed by pip into `target/nvchecker`, from the machine's own index. Where that
//! can't be had, depstate's figures are printed alone. Compare ratios of one run, never times of two
//! machines.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    dead_code,
    reason = "a benchmark prints, and uses a part of what the tests share"
)]

#[path = "upstreams/indexes.rs"]
mod indexes;
#[path = "upstreams/measure.rs"]
mod measure;
#[path = "upstreams/nvchecker.rs"]
mod nvchecker;
#[path = "upstreams/served.rs"]
mod served;
#[path = "../tests/support/upstream.rs"]
mod upstream;

use std::path::Path;

use measure::{Sample, run, table};
use served::Server;

/// How often each is measured.
const RUNS: usize = 5;
/// What an answer waits, in milliseconds.
const LATENCIES: [u64; 2] = [0, 20];
const DEPSTATE: &str = env!("CARGO_BIN_EXE_depstate");

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "serve") {
        return served::serve(arguments[at + 1].parse().unwrap());
    }
    let wanted: Vec<u64> = arguments.iter().filter_map(|word| word.parse().ok()).collect();
    let theirs = nvchecker::install(&measure::target().join("nvchecker"));
    match &theirs {
        Ok(program) => println!("beside {}", nvchecker::version(program)),
        Err(why) => println!("nvchecker could not be had, so depstate's figures alone: {why}"),
    }
    println!("load at the beginning: {}", measure::load());
    for latency in LATENCIES {
        if wanted.is_empty() || wanted.contains(&latency) {
            beside(latency, theirs.as_deref().ok());
        }
    }
    println!("load at the end: {}", measure::load());
}

fn beside(latency: u64, theirs: Option<&Path>) {
    let server = Server::start(latency);
    let folder = measure::folder();
    let at = folder.path();
    std::fs::write(at.join("deps.toml"), indexes::manifest(&server.bases)).unwrap();
    std::fs::write(at.join("nvchecker.toml"), nvchecker::configuration(&server.bases)).unwrap();
    // The servers have addresses that depstate asks only where the user says so.
    let allowed = |base: &String| {
        let host = base.trim_start_matches("http://");
        format!("[hosts.\"{host}\"]\ninsecure = true\nprivate = true\n")
    };
    let allowed: String = server.bases.iter().map(allowed).collect();
    std::fs::write(at.join("config.toml"), allowed).unwrap();
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    let (mut their_first, mut their_second) = (Vec::new(), Vec::new());
    // In turn, so that whatever else the machine does falls on all alike.
    for _ in 0..RUNS {
        for gone in ["deps.lock", "new.json"] {
            let _not_there = std::fs::remove_file(at.join(gone));
        }
        let _not_there = std::fs::remove_dir_all(at.join(".depstate"));
        cold.push(ours(&server, at, "lock"));
        let locked = std::fs::read_to_string(at.join("deps.lock")).unwrap();
        assert_eq!(locked.matches("[[dependency]]").count(), indexes::COUNT);
        warm.push(ours(&server, at, "update"));
        if let Some(program) = theirs {
            their_first.push(nvchecker(&server, at, program));
            let found = std::fs::read_to_string(at.join("new.json")).unwrap();
            assert_eq!(found.matches("\"version\": \"").count(), indexes::COUNT, "{found}");
            their_second.push(nvchecker(&server, at, program));
        }
    }
    for (title, own, other) in
        [("the first time", cold, their_first), ("the second time", warm, their_second)]
    {
        let name = if title.contains("first") { "depstate lock" } else { "depstate update" };
        let mut rows = vec![(name, own)];
        if !other.is_empty() {
            rows.push(("nvchecker", other));
        }
        let (count, hosts) = (indexes::COUNT, indexes::HOSTS);
        table(&format!("{count} upstreams on {hosts} hosts at {latency} ms, {title}"), &rows);
    }
}

fn ours(server: &Server, at: &Path, verb: &str) -> Sample {
    run(server, at, Path::new(DEPSTATE), &[verb, "-q"])
}

fn nvchecker(server: &Server, at: &Path, program: &Path) -> Sample {
    run(server, at, program, &["-c", "nvchecker.toml"])
}
