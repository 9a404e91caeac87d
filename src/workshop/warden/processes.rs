//! Which processes descend from one, how much memory they take, and their end.

use std::{
    collections::{BTreeMap, BTreeSet},
    os::unix::fs::MetadataExt as _,
    time::{Duration, Instant},
};

use rustix::{
    io::Errno,
    process::{Pid, Signal, Uid, WaitOptions},
};

/// One process, as the system lists it.
#[derive(Debug, Clone, Copy)]
struct Seen {
    parent: i32,
    zombie: bool,
}

/// Returns all processes that descend from one and have not ended.
pub(super) fn descendants(of: Pid) -> BTreeSet<i32> {
    below(of, &table()).into_iter().filter(|(_, seen)| !seen.zombie).map(|(pid, _)| pid).collect()
}

/// Returns the children of a process that have ended, and whose exit code nobody has taken.
pub(super) fn zombies_of(parent: Pid) -> Vec<Pid> {
    children(parent)
        .into_iter()
        .filter_map(|pid| {
            let seen = stat(pid)?;
            if seen.zombie { Pid::from_raw(pid) } else { None }
        })
        .collect()
}

/// How long a process is waited for that may not be killed: one that became another user's.
const PATIENCE: Duration = Duration::from_secs(10);

/// Kills all that descends from a process, and waits until none is left. Returns how many there
/// were at the first look, and how many of them live: only what belongs to another user by now.
pub(super) fn kill_descendants(me: Pid) -> (u64, u64) {
    let mut first = None;
    let mut pause = Duration::from_micros(200);
    let mut last_killed = Instant::now();
    loop {
        // Whoever forks while the list is read is in the next one: only what is new since then.
        let table = table();
        let below = below(me, &table);
        let living: Vec<i32> =
            below.iter().filter(|(_, seen)| !seen.zombie).map(|(pid, _)| *pid).collect();
        first.get_or_insert(living.len() as u64);
        for pid in living.iter().filter_map(|pid| Pid::from_raw(*pid)) {
            // Gone already is as good.
            if rustix::process::kill_process(pid, Signal::KILL) != Err(Errno::PERM) {
                last_killed = Instant::now();
            }
        }
        // Ended ones that are children of this process now.
        while let Ok(Some(_)) = rustix::process::wait(WaitOptions::NOHANG) {}
        let first = first.unwrap_or_default();
        if below.is_empty() {
            return (first, 0);
        }
        if last_killed.elapsed() > PATIENCE {
            return (first, living.len() as u64);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(10));
    }
}

/// Returns how much memory processes take together, in bytes: what is theirs alone or shared among
/// them, not what they map of files.
pub(super) fn memory(pids: &BTreeSet<i32>) -> u64 {
    pids.iter().map(|pid| resident(*pid)).sum()
}

/// The same, with what several of them share counted once; slower.
pub(super) fn memory_shared_once(pids: &BTreeSet<i32>) -> u64 {
    let each = |pid: i32| {
        let text = fs_err::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
        let fields = [field(&text, "Pss_Anon:")?, field(&text, "Pss_Shmem:")?];
        Some(fields.iter().sum::<u64>())
    };
    pids.iter().map(|pid| each(*pid).unwrap_or_else(|| resident(*pid))).sum()
}

/// Returns bytes of files that processes hold open and that have no name any more.
pub(super) fn nameless_files(pids: &BTreeSet<i32>) -> u64 {
    let mut seen = BTreeMap::new();
    for pid in pids {
        let Ok(fds) = fs_err::read_dir(format!("/proc/{pid}/fd")) else { continue };
        for fd in fds.flatten() {
            if let Ok(meta) = fs_err::metadata(fd.path())
                && meta.is_file()
                && meta.nlink() == 0
            {
                seen.insert((meta.dev(), meta.ino()), meta.blocks().saturating_mul(512));
            }
        }
    }
    seen.values().sum()
}

/// Returns how many threads a user runs.
pub(super) fn threads_of_user(user: Uid) -> u64 {
    let all = pids().into_iter().filter(|pid| {
        fs_err::metadata(format!("/proc/{pid}")).is_ok_and(|meta| meta.uid() == user.as_raw())
    });
    let threads = |pid: i32| {
        let text = fs_err::read_to_string(format!("/proc/{pid}/status")).ok()?;
        line(&text, "Threads:")?.trim().parse::<u64>().ok()
    };
    all.map(|pid| threads(pid).unwrap_or(1)).sum()
}

fn resident(pid: i32) -> u64 {
    let Ok(text) = fs_err::read_to_string(format!("/proc/{pid}/status")) else { return 0 };
    ["RssAnon:", "RssShmem:"].iter().filter_map(|name| field(&text, name)).sum()
}

/// A field that is given in kB, in bytes.
fn field(text: &str, name: &str) -> Option<u64> {
    let number = line(text, name)?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?;
    Some(number.saturating_mul(1024))
}

fn line<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(name))
}

fn pids() -> Vec<i32> {
    let Ok(entries) = fs_err::read_dir("/proc") else { return Vec::new() };
    entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

fn table() -> BTreeMap<i32, Seen> {
    pids().into_iter().filter_map(|pid| Some((pid, stat(pid)?))).collect()
}

fn stat(pid: i32) -> Option<Seen> {
    let text = fs_err::read(format!("/proc/{pid}/stat")).ok()?;
    // The name in brackets may hold anything, brackets too.
    let after = text.iter().rposition(|byte| *byte == b')')? + 1;
    let rest = String::from_utf8_lossy(text.get(after..)?).into_owned();
    let mut words = rest.split_whitespace();
    let state = words.next()?;
    let parent = words.next()?.parse().ok()?;
    Some(Seen { parent, zombie: matches!(state, "Z" | "X" | "x") })
}

fn children(of: Pid) -> Vec<i32> {
    let of = of.as_raw_nonzero();
    match fs_err::read_to_string(format!("/proc/{of}/task/{of}/children")) {
        Ok(text) => text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect(),
        Err(_) => {
            table().into_iter().filter(|(_, seen)| seen.parent == of.get()).map(|it| it.0).collect()
        }
    }
}

fn below(root: Pid, table: &BTreeMap<i32, Seen>) -> BTreeMap<i32, Seen> {
    let mut by_parent: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for (pid, seen) in table {
        by_parent.entry(seen.parent).or_default().push(*pid);
    }
    let (mut found, mut next) = (BTreeMap::new(), vec![root.as_raw_nonzero().get()]);
    while let Some(parent) = next.pop() {
        for pid in by_parent.get(&parent).into_iter().flatten() {
            if let Some(seen) = table.get(pid)
                && found.insert(*pid, *seen).is_none()
            {
                next.push(*pid);
            }
        }
    }
    found
}
