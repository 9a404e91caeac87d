//! The servers, in a process of their own, and what the measuring side tells it.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::Mutex,
};

use super::{
    s3::S3Server,
    upstream::{Answer, Upstream},
};

/// Files that upstream serves for [`super::mirror`], and their size.
const FILES: u64 = 8;
const SIZE: u64 = 256 << 20;

/// Serves until the other side goes away. One line in is one line out.
#[expect(clippy::print_stdout, reason = "it is how the other side is told")]
pub(super) fn serve() {
    let (server, upstream) = (S3Server::start(), Upstream::start());
    server.drop_large_bodies();
    let versions: Vec<String> = (0..FILES).map(|n| format!("\"1.{n}.0\"")).collect();
    upstream.route("/index.json", Answer::json(&format!("[{}]", versions.join(","))));
    let mut page = String::from("<html><body>");
    for n in 0..FILES {
        let name = format!("big-1.{n}.0.bin");
        upstream.route(&format!("/files/{name}"), Answer::generated(SIZE).ranges());
        page = format!("{page}<a href=\"{name}\">{name}</a>\n");
    }
    upstream.route("/files/", Answer::html(&format!("{page}</body></html>")));
    println!(
        "{} {} {} {} {}",
        server.endpoint(),
        upstream.url(""),
        server.bucket(),
        server.access_key(),
        server.secret_key()
    );
    for line in std::io::stdin().lines() {
        match line.as_deref() {
            Ok("counts") => {
                let counts = server.counts();
                let text: Vec<String> =
                    counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
                server.clear_counts();
                println!("{}", text.join(", "));
            }
            Ok("wipe") => {
                for key in server.objects().into_keys() {
                    server.remove(&key);
                }
                upstream.forget_requests();
                println!("wiped");
            }
            _ => break,
        }
    }
}

/// The other process.
pub(super) struct Server {
    pub(super) endpoint: String,
    pub(super) upstream: String,
    pub(super) bucket: String,
    pub(super) access_key: String,
    pub(super) secret_key: String,
    child: Child,
    talk: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
}

impl Server {
    pub(super) fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let mut words = line.split_whitespace().map(ToOwned::to_owned);
        let mut word = || words.next().unwrap();
        Self {
            endpoint: word(),
            upstream: word(),
            bucket: word(),
            access_key: word(),
            secret_key: word(),
            child,
            talk: Mutex::new((input, output)),
        }
    }

    fn ask(&self, word: &str) -> String {
        let mut talk = self.talk.lock().unwrap();
        writeln!(talk.0, "{word}").unwrap();
        let mut line = String::new();
        talk.1.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Returns how many requests of each operation came in since the last call.
    pub(super) fn counts(&self) -> String {
        self.ask("counts")
    }

    /// Empties the bucket.
    pub(super) fn wipe(&self) {
        self.ask("wipe");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
