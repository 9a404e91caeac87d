//! The process between depstate and a step: it starts the step, keeps its limits, and does not end
//! before all that the step has started is dead.
//!
//! It is this program, run again. What it is to do comes by a socket on its stdin, and how the step
//! ended goes back the same way; when depstate closes its end, or dies, the step dies. What the step
//! says goes straight to depstate.

mod disk;
mod message;
mod processes;
mod watch;

#[cfg(test)]
mod tests;

use std::{
    io::{Read as _, Write as _},
    os::{fd::AsFd as _, unix::net::UnixStream, unix::process::ExitStatusExt as _},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

pub(super) use message::{Bounds, Confined, Crossed, End, Order, Report, order_bytes};
use rustix::process::{Pid, WaitOptions};

use super::sandbox;

/// The helper's name.
pub(super) const NAME: &str = "warden";

/// The program's code for "something inside went wrong".
const BROKEN: i32 = 70;

/// How long what a step left behind may take to end by itself.
const SETTLING: Duration = Duration::from_millis(100);

/// What the helper does.
pub(super) fn main() -> i32 {
    // Whatever depstate's own parent left open is none of the step's business.
    close_fds::set_fds_cloexec(3, &[]);
    let Ok(mut socket) = std::io::stdin().as_fd().try_clone_to_owned().map(UnixStream::from) else {
        return BROKEN;
    };
    let Ok(order) = message::read_order(&mut socket) else { return BROKEN };
    let report = match run(&order, &socket) {
        Ok(report) => report,
        Err(error) => Report { end: End::NotStarted(error.to_string()), left: 0, alive: 0 },
    };
    let text = serde_json::to_vec(&report).unwrap_or_default();
    // Nobody listens: then nobody is there to be told.
    let _told = socket.write_all(&text);
    0
}

/// Runs the step to its end. When this returns, whatever the answer, nothing of it lives.
fn run(order: &Order, socket: &UnixStream) -> std::io::Result<Report> {
    let me = rustix::process::getpid();
    // What the step's processes leave behind becomes a child of this one, instead of running on.
    rustix::process::set_child_subreaper(Some(me))?;
    bound(&order.bounds)?;
    let cancelled = listen(socket.try_clone()?);
    let mut watch = watch::Watch::new(order, Instant::now());
    let started = sandbox::start(order);
    let mut child = match started {
        Ok(child) => child,
        Err(error) => {
            processes::kill_descendants(me);
            return Err(error);
        }
    };
    let end = until_it_ends(&mut child, &mut watch, &cancelled, me);
    if matches!(end, Ok(End::Code(_) | End::Signal(_))) {
        settle(me);
    }
    let (left, alive) = processes::kill_descendants(me);
    // Bubblewrap's own first process of the name space: the kernel kills what else was in there.
    let left = if matches!(order.confined, Confined::Bubblewrap { .. }) { 0 } else { left };
    let end = end?;
    // A fast one may have written it between two looks.
    let end = match (end, watch.last_look()) {
        (End::Code(_) | End::Signal(_), Some(crossed)) => End::Crossed(crossed),
        (end, _) => end,
    };
    Ok(Report { end, left, alive })
}

fn until_it_ends(
    child: &mut Child,
    watch: &mut watch::Watch,
    cancelled: &Receiver<()>,
    me: Pid,
) -> std::io::Result<End> {
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(ended(status));
        }
        reap_strangers(child);
        if let Some(crossed) = watch.look(Instant::now(), me) {
            return Ok(End::Crossed(crossed));
        }
        match cancelled.recv_timeout(pause) {
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(mpsc::RecvTimeoutError::Disconnected) => return Ok(End::Cancelled),
        }
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Gives what is about to end anyway, the rest of a pipeline say, the time to do so.
fn settle(me: Pid) {
    let until = Instant::now() + SETTLING;
    while Instant::now() < until && !processes::descendants(me).is_empty() {
        thread::sleep(Duration::from_millis(2));
    }
}

/// Takes the exit codes of what has become a child of this process, but for the step's own.
fn reap_strangers(child: &Child) {
    for pid in processes::zombies_of(rustix::process::getpid()) {
        if pid.as_raw_nonzero().get().cast_unsigned() != child.id() {
            let _gone = rustix::process::waitpid(Some(pid), WaitOptions::NOHANG);
        }
    }
}

fn ended(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        (Some(code), _) => End::Code(code),
        (None, signal) => End::Signal(signal.unwrap_or_default()),
    }
}

/// Tells when depstate has closed its end, or is dead.
fn listen(mut socket: UnixStream) -> Receiver<()> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut byte = [0_u8; 1];
        while matches!(socket.read(&mut byte), Ok(1..)) {}
        let _nobody = tell.send(());
    });
    told
}

/// Limits that the system itself keeps, inherited by whatever is started from here.
fn bound(bounds: &Bounds) -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let most = |n: u64| Rlimit { current: Some(n), maximum: Some(n) };
    let lower = |resource, n: u64| {
        let had = rustix::process::getrlimit(resource).maximum.unwrap_or(u64::MAX);
        setrlimit(resource, most(n.min(had)))
    };
    lower(Resource::Core, 0)?;
    // A little more than may be written, so that a file that reaches it has passed the limit.
    lower(Resource::Fsize, bounds.output.saturating_add(1 << 20))?;
    // For root this does nothing, and for others it is a second line: it counts threads, and what
    // else this user runs.
    if !rustix::process::geteuid().is_root() {
        let there = processes::threads_of_user(rustix::process::getuid());
        lower(
            Resource::Nproc,
            there.saturating_add(u64::from(bounds.processes).saturating_mul(8)),
        )?;
    }
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    Ok(())
}

/// Starts a program with the streams of a step.
#[expect(clippy::disallowed_methods, reason = "running scripts is what this room is for")]
pub(super) fn command(program: &std::ffi::OsStr) -> Command {
    let mut command = Command::new(program);
    command.env_clear().stdin(Stdio::null());
    command
}
