//! The real program, stopped at named steps of its way and killed there.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::Duration,
};

/// Longest that a program may take to its next line.
const PATIENCE: Duration = Duration::from_mins(1);

/// A program that runs, and the lines that it says on stderr.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    said: Vec<String>,
}

impl Running {
    /// Starts a program with `DEPSTATE_FAILPOINT`.
    pub(crate) fn start(mut command: Command, points: &str) -> Self {
        command.env("DEPSTATE_FAILPOINT", points).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (tell, lines) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, lines, said: Vec::new() }
    }

    /// Waits until it stops at a step. False: it ended without passing there.
    pub(crate) fn reaches(&mut self, point: &str) -> bool {
        let wanted = format!("FAILPOINT {point}");
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => {
                    let here = line == wanted;
                    self.said.push(line);
                    if here {
                        return true;
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return false,
                Err(RecvTimeoutError::Timeout) => {
                    self.kill();
                    panic!("it hangs before `{point}`: {:#?}", self.said);
                }
            }
        }
    }

    /// Kills it, as the system does with whoever takes too much memory: no handler runs.
    pub(crate) fn kill(&mut self) {
        let _ended_already = self.child.kill();
        let _status = self.child.wait().unwrap();
    }

    /// Waits for its end; its status and all that it said.
    pub(crate) fn end(mut self) -> (i32, Vec<String>) {
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.said.push(line);
        }
        let status = self.child.wait().unwrap();
        (status.code().unwrap_or(-1), std::mem::take(&mut self.said))
    }
}

impl Drop for Running {
    /// One that waits for a word would wait for ever after a test that failed.
    fn drop(&mut self) {
        self.kill();
    }
}
