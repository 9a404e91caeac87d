//! The servers, in a process of their own, and what the measuring side asks them.

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
    let hosts: Vec<Upstream> = (0..indexes::HOSTS).map(|_| Upstream::start()).collect();
    indexes::serve(&hosts, Duration::from_millis(latency));
    let bases: Vec<String> = hosts.iter().map(|host| host.url("")).collect();
    println!("{}", bases.join(" "));
    for line in std::io::stdin().lines() {
        if line.is_err() {
            break;
        }
        let asked: usize = hosts.iter().map(|host| host.requests().len()).sum();
        let unchanged: usize = hosts.iter().map(Upstream::unchanged).sum();
        hosts.iter().for_each(Upstream::forget_requests);
        println!("{asked} requests, {unchanged} of them answered with 304");
    }
}

/// The other process.
pub(super) struct Server {
    /// The address of each host.
    pub(super) bases: Vec<String>,
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
        let bases = line.split_whitespace().map(|it| it.trim_end_matches('/').to_owned()).collect();
        Self { bases, child, talk: Mutex::new((input, output)) }
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
