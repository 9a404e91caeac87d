//! Looking whether a step keeps its limits.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use rustix::process::Pid;

use super::{
    disk::{self, Usage},
    message::{Bounds, Crossed, Order},
    processes,
};

/// How often processes are counted.
const PROCESSES: Duration = Duration::from_millis(50);
/// How often, at most, what was written is added up.
const FILES: Duration = Duration::from_millis(200);
/// An adding up that took so long is repeated no sooner than after this many times as long.
const REST: u32 = 10;

/// A step's limits, and when they were last looked at.
#[derive(Debug)]
pub(super) struct Watch {
    bounds: Bounds,
    folders: Vec<disk::Watched>,
    /// Bytes that the file system had to give at the last look.
    free: Option<u64>,
    began: Instant,
    processes_at: Instant,
    files_at: Instant,
}

impl Watch {
    pub(super) fn new(order: &Order, now: Instant) -> Self {
        let folders: Vec<_> =
            order.writable.iter().map(|folder| disk::Watched::new(folder)).collect();
        Self {
            bounds: order.bounds,
            free: folders.first().and_then(disk::Watched::free_now),
            folders,
            began: now,
            processes_at: now,
            files_at: now,
        }
    }

    /// Returns the first limit that is passed.
    pub(super) fn look(&mut self, now: Instant, warden: Pid) -> Option<Crossed> {
        if now.duration_since(self.began) > self.bounds.time {
            return Some(Crossed::Time(self.bounds.time));
        }
        let mut living = None;
        if now >= self.processes_at {
            let processes = processes::descendants(warden);
            if processes.len() > self.bounds.processes as usize {
                return Some(Crossed::Processes(self.bounds.processes));
            }
            if processes::memory(&processes) > self.bounds.memory
                && processes::memory_shared_once(&processes) > self.bounds.memory
            {
                return Some(Crossed::Memory(self.bounds.memory));
            }
            self.processes_at = now + PROCESSES.max(now.elapsed() * 2);
            living = Some(processes);
        }
        if now >= self.files_at || (living.is_some() && self.fills_quickly()) {
            let living = living.unwrap_or_else(|| processes::descendants(warden));
            let begun = Instant::now();
            self.free = self.folders.first().and_then(disk::Watched::free_now);
            if let Some(crossed) = self.files(&living) {
                return Some(crossed);
            }
            self.files_at = now + FILES.max(begun.elapsed() * REST);
        }
        None
    }

    /// Whether the file system has lost much since what was written was last added up: whoever it was.
    fn fills_quickly(&self) -> bool {
        let now = self.folders.first().and_then(disk::Watched::free_now);
        let lost = self.free.zip(now).map(|(before, now)| before.saturating_sub(now));
        lost.is_some_and(|lost| lost > self.bounds.output / 4)
    }

    /// Looks at what was written, once more, when nothing runs any more.
    pub(super) fn last_look(&self) -> Option<Crossed> {
        self.files(&BTreeSet::new())
    }

    fn files(&self, living: &BTreeSet<i32>) -> Option<Crossed> {
        let mut all = Usage { bytes: processes::nameless_files(living), files: 0 };
        // A file takes a block: so many fit into what may be written, and a few are always allowed.
        let most = (self.bounds.output / 4096).max(1000);
        for folder in &self.folders {
            if let Err(depth) = folder.add(&mut all, most) {
                return Some(Crossed::Depth(depth));
            }
        }
        if all.files > most {
            return Some(Crossed::Files(most));
        }
        (all.bytes > self.bounds.output).then_some(Crossed::Output(self.bounds.output))
    }
}
