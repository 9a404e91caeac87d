//! A driver's process: started in a group of its own, which ends with the value.

use std::{
    io,
    process::{ExitStatus, Stdio},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessGroup};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};

use super::{environment, error::ExternalError, setup::Setup};

/// How often a start is tried while the program's file is still held open for writing: by a child
/// of ours that was born while we wrote it and has not begun its own program yet.
const TRIES: u32 = 50;

/// A running driver, and whoever it has started.
#[derive(Debug)]
pub(super) struct Process {
    child: Mutex<Box<dyn ChildWrapper>>,
}

/// The three ends of a process.
pub(super) struct Pipes {
    pub(super) stdin: ChildStdin,
    pub(super) stdout: ChildStdout,
    pub(super) stderr: ChildStderr,
}

impl Process {
    /// Starts the copy of the program that was hashed.
    pub(super) async fn start(setup: &Setup) -> Result<(Self, Pipes), ExternalError> {
        let failed =
            |why: String| ExternalError::Start { program: setup.program.name().to_owned(), why };
        let mut tries = 0;
        let mut child = loop {
            let error = match spawn(setup) {
                Ok(child) => break child,
                Err(error) => error,
            };
            tries += 1;
            let kind = error.kind();
            if kind == io::ErrorKind::ExecutableFileBusy && tries < TRIES {
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            }
            let why = if kind == io::ErrorKind::PermissionDenied {
                "; its copy must lie where programs may run: set `TMPDIR` to such a folder"
            } else if kind == io::ErrorKind::NotFound {
                "; is the interpreter there that its first line names?"
            } else {
                ""
            };
            return Err(failed(format!("{error}{why}")));
        };
        let pipes = (child.stdin().take(), child.stdout().take(), child.stderr().take());
        let process = Self { child: Mutex::new(child) };
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(failed("it has no pipes".to_owned()));
        };
        Ok((process, Pipes { stdin, stdout, stderr }))
    }

    /// Returns how it ended; none: it runs.
    pub(super) fn ended(&self) -> Option<ExitStatus> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner).try_wait().ok().flatten()
    }

    /// Kills it, and all that it has started and that has not left its group.
    pub(super) fn kill(&self) {
        // Gone already is as good.
        let _gone = self.child.lock().unwrap_or_else(PoisonError::into_inner).start_kill();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn spawn(setup: &Setup) -> io::Result<Box<dyn ChildWrapper>> {
    let mut command = CommandWrap::with_new(setup.program.run(), |command| {
        command
            .current_dir(&setup.root)
            .env_clear()
            .envs(environment::variables(&setup.environment, &setup.variables))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
    });
    command.wrap(ProcessGroup::leader());
    command.spawn()
}
