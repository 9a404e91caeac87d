//! A server of S3 that others have written: moto, which is a Python program.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

use depstate::storage::S3Storage;

use crate::contract::stores::setup;

/// Says where a moto runs already: `http://127.0.0.1:PORT`.
const RUNNING: &str = "DEPSTATE_TEST_S3_MOTO";

/// `required`: a test that finds no moto fails.
const INTEROP: &str = "DEPSTATE_TEST_INTEROP";

/// A moto with an empty bucket. One that was started here is stopped when it is dropped.
pub(crate) struct Moto {
    endpoint: String,
    bucket: String,
    child: Option<Child>,
}

impl Moto {
    /// Finds or starts one, and says so on stderr, or why there is none.
    ///
    /// `purpose` becomes the bucket's name.
    pub(crate) fn find(purpose: &str) -> Option<Self> {
        match Self::running().or_else(|| Self::start().transpose()).transpose() {
            Ok(Some((endpoint, child))) => {
                let moto = Self { endpoint, bucket: purpose.to_owned(), child };
                moto.ask("PUT", &format!("/{purpose}"));
                say(&format!("INTEROP RAN: {purpose}: {} at {}", version(), moto.endpoint));
                Some(moto)
            }
            Ok(None) => missing(purpose, "there is no `moto_server`: see .ci/run"),
            Err(error) => missing(purpose, &error),
        }
    }

    fn running() -> Option<Result<(String, Option<Child>), String>> {
        std::env::var(RUNNING).ok().filter(|at| !at.is_empty()).map(|at| Ok((at, None)))
    }

    /// Starts one; none: it is not installed.
    fn start() -> Result<Option<(String, Option<Child>)>, String> {
        let started = Command::new("moto_server")
            .args(["-H", "127.0.0.1", "-p", "0"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = match started {
            Ok(child) => child,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e.to_string()),
        };
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let found = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.split_once("Running on ").map(|(_, at)| at.trim().to_owned()));
        // Whoever writes to a pipe that nobody reads comes to a halt.
        std::thread::spawn(move || lines.for_each(drop));
        match found {
            Some(endpoint) => Ok(Some((endpoint, Some(child)))),
            None => Err(format!("`moto_server` ended: {:?}", child.wait())),
        }
    }

    /// Returns its address: `http://127.0.0.1:PORT`.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Opens its bucket below a prefix, by its own address or another, as of a proxy.
    pub(crate) fn store(&self, endpoint: &str, prefix: &str) -> S3Storage {
        let keys = [("AWS_ACCESS_KEY_ID", "any"), ("AWS_SECRET_ACCESS_KEY", "any")];
        let bucket = &self.bucket;
        let table =
            format!("bucket = \"{bucket}\"\nendpoint = \"{endpoint}\"\nprefix = \"{prefix}\"");
        S3Storage::from_table(setup(&table, &keys)).unwrap()
    }

    /// Sends a request without a body, and reads the answer.
    fn ask(&self, method: &str, path: &str) -> String {
        let host = self.endpoint.strip_prefix("http://").unwrap();
        let mut socket = TcpStream::connect(host).unwrap();
        write!(
            socket,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\
             \r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        assert!(answer.contains(" 200 "), "{answer}");
        answer
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ended_already = child.kill();
            let _ended = child.wait();
        }
    }
}

/// Returns what the environment, or Python, calls the installed version.
fn version() -> String {
    if let Ok(version) = std::env::var("DEPSTATE_TEST_S3_MOTO_VERSION") {
        return format!("moto {version}");
    }
    let asked = Command::new("python3")
        .args(["-c", "import moto; print(moto.__version__)"])
        .stderr(Stdio::null())
        .output();
    let text = asked.map(|answer| String::from_utf8_lossy(&answer.stdout).trim().to_owned());
    match text {
        Ok(version) if !version.is_empty() => format!("moto {version}"),
        _ => "moto of a version that is not known".to_owned(),
    }
}

fn missing(purpose: &str, why: &str) -> Option<Moto> {
    assert_ne!(std::env::var(INTEROP).as_deref(), Ok("required"), "{purpose}: {why}");
    say(&format!("INTEROP DID NOT RUN: {purpose}: {why}"));
    None
}

/// Writes past the capture of the tests: nobody should have to ask whether it ran.
pub(crate) fn say(text: &str) {
    let _nobody_listens = writeln!(std::io::stderr(), "{text}");
}
