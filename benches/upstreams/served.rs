//! The server, in a process of its own, and what the measuring side asks it.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::Mutex,
    time::Duration,
};

use super::{indexes, upstream::Upstream};

/// Serves until the other side goes away. One line in is one line out.
#[expect(clippy::print_stdout, reason = "it is how the other side is told")]
pub(super) fn serve(latency: u64) {
    let upstream = Upstream::start();
    indexes::serve(&upstream, Duration::from_millis(latency));
    println!("{}", upstream.url(""));
    for line in std::io::stdin().lines() {
        if line.is_err() {
            break;
        }
        let asked = upstream.requests();
        upstream.forget_requests();
        let known = asked.iter().filter(|asked| asked.header("if-none-match").is_some()).count();
        println!("{} requests, {known} of them with an ETag", asked.len());
    }
}

/// The other process.
pub(super) struct Server {
    pub(super) base: String,
    child: Child,
    talk: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
}

impl Server {
    pub(super) fn start(latency: u64) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["serve", &latency.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let base = line.trim().trim_end_matches('/').to_owned();
        Self { base, child, talk: Mutex::new((input, output)) }
    }

    /// Says what came in since the last call.
    pub(super) fn asked(&self) -> String {
        let mut talk = self.talk.lock().unwrap();
        writeln!(talk.0, "asked").unwrap();
        let mut line = String::new();
        talk.1.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
