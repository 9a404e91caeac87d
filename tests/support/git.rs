//! Real git repositories, and git's own server program behind a small HTTP server.

use std::{
    convert::Infallible,
    fmt::Write as _,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;

/// What is in a repository that [`fill`] made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Made {
    /// Name and commit of every tag, by their names.
    pub(crate) tags: Vec<(String, String)>,
}

/// Runs git in a folder, without any configuration of the machine; returns what it says.
pub(crate) fn git(folder: &Path, arguments: &[&str], input: &str) -> String {
    let mut child = isolated(folder)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("git is installed where the tests run");
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "git {arguments:?} in {}", folder.display());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn isolated(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE");
    command
}

/// Makes a repository with so many light tags (`v0.<n>.0`) and annotated ones (`v1.<n>.0`), on two
/// commits by turns; `bare`, or with a folder to work in.
pub(crate) fn fill(folder: &Path, count: usize, bare: bool) -> Made {
    fs_err::create_dir_all(folder).unwrap();
    let init: &[&str] = if bare { &["init", "-q", "--bare"] } else { &["init", "-q"] };
    git(folder, init, "");
    let who = "Somebody <somebody@tool.example> 1700000000 +0000";
    let mut stream = String::new();
    for mark in [1, 2] {
        write!(
            stream,
            "commit refs/heads/main\nmark :{mark}\ncommitter {who}\ndata 3\n{mark}\n\n\n"
        )
        .unwrap();
    }
    for n in 0..count {
        let mark = n % 2 + 1;
        write!(stream, "reset refs/tags/v0.{n}.0\nfrom :{mark}\n\n").unwrap();
        write!(stream, "tag v1.{n}.0\nfrom :{mark}\ntagger {who}\ndata 4\none\n\n").unwrap();
    }
    git(folder, &["fast-import", "--quiet"], &stream);
    let commits =
        [git(folder, &["rev-parse", "main~"], ""), git(folder, &["rev-parse", "main"], "")];
    let mut tags: Vec<_> = (0..count)
        .flat_map(|n| [0, 1].map(|kind| (format!("v{kind}.{n}.0"), commits[n % 2].clone())))
        .collect();
    tags.sort();
    Made { tags }
}

/// A server of all repositories below a folder, there as long as this value lives.
pub(crate) struct GitServer {
    base: String,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
}

impl GitServer {
    /// Starts it on a free port.
    pub(crate) fn start(root: &Path) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let root = root.to_owned();
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let serving = async {
                    loop {
                        let Ok((stream, _)) = listener.accept().await else { continue };
                        let root = root.clone();
                        let service = service_fn(move |request: Request<Incoming>| {
                            let answer = backend(&root, &request);
                            async move { Ok::<_, Infallible>(answer) }
                        });
                        // A client that goes away ends its connection with an error.
                        let connection =
                            http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                        let _ended = connection.await;
                    }
                };
                tokio::select! {
                    () = serving => {}
                    _ = stopped => {}
                }
            });
        });
        Self { base, stop: Some(stop) }
    }

    /// The address of a repository.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

impl Drop for GitServer {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _gone = stop.send(());
        }
    }
}

/// Asks git's CGI program.
fn backend(root: &Path, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let header = |name: &str| request.headers().get(name).and_then(|v| v.to_str().ok());
    let output = isolated(root)
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REQUEST_METHOD", request.method().as_str())
        .env("PATH_INFO", request.uri().path())
        .env("QUERY_STRING", request.uri().query().unwrap_or_default())
        .env("GIT_PROTOCOL", header("git-protocol").unwrap_or_default())
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .unwrap();
    let end = output.stdout.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let mut response = Response::builder();
    for line in std::str::from_utf8(&output.stdout[..end]).unwrap().lines() {
        let (name, value) = line.split_once(": ").unwrap();
        response = match name {
            "Status" => response.status(value.split(' ').next().unwrap()),
            _ => response.header(name, value),
        };
    }
    response.body(Full::new(Bytes::copy_from_slice(&output.stdout[end + 4..]))).unwrap()
}
