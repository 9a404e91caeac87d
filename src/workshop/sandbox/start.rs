//! Starting a step: in the warden, and in what becomes the step.

use std::{
    ffi::OsStr,
    io::{self, Read as _, Write as _},
    os::{fd::AsRawFd as _, unix::process::CommandExt as _},
    process::{Child, Stdio},
};

use rustix::process::Signal;

use super::{
    super::{
        helper::HELPER,
        warden::{Confined, Order, command},
    },
    landlock,
    seccomp::{self, Rules, Sockets},
};

/// The helper that becomes the step.
pub(in crate::workshop) const ENTER: &str = "enter";

/// What a shell answers when it can't run a program.
const CANNOT_RUN: i32 = 127;

/// Starts a step as a child of this process.
pub(in crate::workshop) fn start(order: &Order) -> io::Result<Child> {
    if let Confined::Bubblewrap { program, args, network } = &order.confined {
        let rules = Rules {
            // With the machine's network come the nameless sockets of its services.
            sockets: if *network { Sockets::Internet } else { Sockets::Own },
            shares: false,
            protected: Vec::new(),
        };
        let filter = seccomp::bytes(&seccomp::filter(&rules).map_err(io::Error::other)?);
        // Without `CLOEXEC`, because bubblewrap is to have it.
        let file = rustix::fs::memfd_create("filter", rustix::fs::MemfdFlags::empty())?;
        let mut rest = filter.as_slice();
        while !rest.is_empty() {
            let n = rustix::io::write(&file, rest)?;
            rest = rest.get(n..).unwrap_or_default();
        }
        rustix::fs::seek(&file, rustix::fs::SeekFrom::Start(0))?;
        return command(program.as_os_str())
            .args(["--seccomp", &file.as_raw_fd().to_string()])
            .args(args)
            .arg("--")
            .args(&order.argv)
            .spawn();
    }
    let mut child =
        command(order.program.as_os_str()).args([HELPER, ENTER]).stdin(Stdio::piped()).spawn()?;
    let text = serde_json::to_vec(order)?;
    if let Some(mut stdin) = child.stdin.take() {
        // If it is dead already, its exit code says more.
        let _dead = stdin.write_all(&text);
    }
    Ok(child)
}

/// Reads an order from stdin, restricts this process, and becomes the step.
pub(in crate::workshop) fn enter() -> i32 {
    match become_step() {
        Ok(never) => match never {},
        Err(why) => {
            // It is what the step says, and its log is where a person looks.
            let _unread = writeln!(io::stderr(), "depstate: {why}");
            CANNOT_RUN
        }
    }
}

fn become_step() -> Result<std::convert::Infallible, String> {
    let failed = |error: &dyn std::fmt::Display| error.to_string();
    let mut text = Vec::new();
    io::stdin().read_to_end(&mut text).map_err(|error| failed(&error))?;
    let order: Order = serde_json::from_slice(&text).map_err(|error| failed(&error))?;
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|error| failed(&error))?;
    let warden = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get());
    // No terminal to type into, and a group of its own.
    rustix::process::setsid().map_err(|error| failed(&error))?;
    if let Confined::Landlock { readable, writable, network } = &order.confined {
        let protected = [Some(order.from), warden].into_iter().flatten().filter(|pid| *pid > 1);
        landlock::restrict(&landlock::Allowed {
            readable,
            writable,
            network: *network,
            protected: protected.collect(),
        })
        .map_err(|why| format!("the sandbox can't be closed: {why}"))?;
    }
    let (program, args) = order.argv.split_first().ok_or("there is no command")?;
    let error =
        command(OsStr::new(program)).args(args).envs(&order.env).current_dir(&order.cwd).exec();
    Err(format!("`{program}` can't be run: {error}"))
}
