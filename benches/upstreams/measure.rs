//! What a run of a program costs.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::served::Server;

/// How a run went.
pub(super) struct Sample {
    /// In seconds.
    wall: f64,
    /// User and system time, in seconds.
    cpu: f64,
    /// Highest resident memory in KiB; 0 where the system does not say.
    peak: u64,
    /// What the server was asked.
    requests: String,
}

/// Cargo's folder.
pub(super) fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned()
}

/// A folder that is gone with its guard, in memory where there is such a place: no disk is measured.
pub(super) fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

pub(super) fn load() -> String {
    let all = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_else(|_| "not known".to_owned());
    format!("{} of {all} processors", load.trim())
}

/// Runs a program to its end. bash's `time` tells the times: to the millisecond, and of the program
/// alone.
pub(super) fn run(server: &Server, folder: &Path, program: &Path, arguments: &[&str]) -> Sample {
    let _of_before = server.asked();
    let mut child = Command::new("bash")
        .args(["-c", "TIMEFORMAT='%3R %3U %3S'; time \"$@\" > out 2> err", "bash"])
        .arg(program)
        .args(arguments)
        .current_dir(folder)
        .env("DEPSTATE_CONFIG", folder.join("config.toml"))
        .env("NO_PROXY", "127.0.0.1")
        .env_remove("GITHUB_TOKEN")
        .stderr(Stdio::piped())
        .spawn()
        .expect("bash is needed to measure times");
    let mut peak = 0;
    let ended = loop {
        for program in below(child.id()) {
            peak = peak.max(highest(program));
        }
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    };
    let mut told = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut told).unwrap();
    let talk = std::fs::read_to_string(folder.join("err")).unwrap_or_default();
    assert!(ended.success(), "{} {arguments:?}: {talk}", program.display());
    let times: Vec<f64> = told.split_whitespace().map(|time| time.parse().unwrap()).collect();
    Sample { wall: times[0], cpu: times[1] + times[2], peak, requests: server.asked() }
}

fn below(process: u32) -> Vec<u32> {
    let path = format!("/proc/{process}/task/{process}/children");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace().filter_map(|id| id.parse().ok()).collect()
}

fn highest(process: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("VmHWM:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}

/// Prints what each row cost, and the ratio of the first to each further one.
#[expect(clippy::print_stdout, reason = "it is what a benchmark is for")]
pub(super) fn table(title: &str, rows: &[(&str, Vec<Sample>)]) {
    println!("\n{title} ({} runs)", rows[0].1.len());
    let mut first = None;
    for (name, samples) in rows {
        let sorted = |of: fn(&Sample) -> f64| {
            let mut all: Vec<f64> = samples.iter().map(of).collect();
            all.sort_by(f64::total_cmp);
            (all[0], all[all.len() / 2], all[all.len() - 1])
        };
        let (least, wall, most) = sorted(|sample| sample.wall);
        let (_, cpu, _) = sorted(|sample| sample.cpu);
        let peak = samples.iter().map(|sample| sample.peak).max().unwrap_or(0) / 1024;
        println!(
            "  {name:<16} wall {least:.3} / {wall:.3} / {most:.3} s   cpu {cpu:.3} s   peak {peak} MiB"
        );
        println!("  {:<16} {}", "", samples.last().map_or("", |sample| sample.requests.as_str()));
        match first {
            None => first = Some((wall, cpu)),
            Some((ours, used)) => println!(
                "  {:<16} depstate / this: wall {:.2}, cpu {:.2}",
                "",
                ours / wall,
                used / cpu
            ),
        }
    }
}
