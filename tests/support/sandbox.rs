//! A folder of its own, and the real program run in it with an environment of its own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use super::s3::S3Server;

/// A folder that goes away with the value.
#[derive(Debug)]
pub(crate) struct Sandbox {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
    replaced: Vec<(String, String)>,
}

/// What a run printed and how it ended.
#[must_use]
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Everything, for a golden file.
    pub(crate) fn all(&self) -> String {
        let part = |name: &str, stream: &str| match stream {
            "" => String::new(),
            stream => {
                let end = if stream.ends_with('\n') { "" } else { "⏎\n" };
                format!("----- {name} -----\n{stream}{end}")
            }
        };
        let (out, err) = (part("stdout", &self.stdout), part("stderr", &self.stderr));
        format!("status: {}\n{out}{err}", self.status)
    }

    /// Panics with everything that was printed unless the status is the wanted one.
    pub(crate) fn exits(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{}", self.all());
        self
    }
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "tmp", "project"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let sandbox = Self { folder, variables: Vec::new(), replaced: Vec::new() };
        sandbox.configure("[hosts.\"127.0.0.1:*\"]\nprivate = true\n");
        sandbox
    }

    /// Allows the host of an address too, wherever that is: what this machine's own clients ask may be
    /// a mirror of its own network.
    pub(crate) fn allow(&self, url: &str) {
        let url: url::Url = url.parse().unwrap();
        let host = url.host_str().unwrap();
        let hosts = ["127.0.0.1", host].map(|it| format!("[hosts.\"{it}:*\"]\nprivate = true\n"));
        self.configure(&hosts.concat());
    }

    /// The user's configuration, which is not the project's: the upstreams of tests are on this very
    /// host, which only a configuration may allow.
    pub(crate) fn configure(&self, text: &str) {
        fs::write(self.folder.path().join("config.toml"), text).unwrap();
    }

    /// With this deps.toml.
    pub(crate) fn with(manifest: &str) -> Self {
        let sandbox = Self::new();
        sandbox.write("deps.toml", manifest);
        sandbox
    }

    /// A copy of an example of the repository, without what an apply left in it.
    pub(crate) fn example(name: &str) -> Self {
        let sandbox = Self::new();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
        copy(&from, &sandbox.root(), &["mirror", ".depstate"]);
        sandbox
    }

    /// Publishes to a server from now on, and not to the folder of the quickstart.
    pub(crate) fn publish_to(&mut self, server: &S3Server) {
        let table = format!(
            "driver = \"s3\"\nbucket = \"{}\"\nregion = \"us-east-1\"\nendpoint = \"{}\"\npath-style = true",
            server.bucket(),
            server.endpoint()
        );
        let folder = "driver = \"fs\"\npath = \"mirror\"";
        self.write("deps.toml", self.read("deps.toml").replace(folder, &table));
        self.set("AWS_ACCESS_KEY_ID", server.access_key())
            .set("AWS_SECRET_ACCESS_KEY", server.secret_key());
    }

    /// Is the quickstart's upstream, and releases a version of `hello` for both targets.
    pub(crate) fn release(&self, version: &str) {
        for target in ["linux-amd64", "linux-arm64"] {
            let archive = format!("upstream/hello-{version}-{target}.tar.gz");
            self.write(&archive, format!("{version} {target}"));
        }
    }

    /// What a command prints with `--format json`, whatever its exit code.
    pub(crate) fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let all = arguments.iter().copied().chain(["--format", "json"]);
        serde_json::from_str(&self.run(all).stdout).unwrap()
    }

    /// Where deps.toml is.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        String::from_utf8(fs::read(self.path(name)).unwrap()).unwrap()
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// Every file below a folder, sorted, with `/`.
    pub(crate) fn files(&self, name: &str) -> Vec<String> {
        let mut found = Vec::new();
        let root = self.path(name);
        let mut stack = vec![root.clone()];
        while let Some(folder) = stack.pop() {
            let Ok(entries) = fs::read_dir(folder) else { continue };
            for entry in entries {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    stack.push(path);
                } else {
                    found.push(path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        found.sort();
        found
    }

    /// An environment variable for every later run.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Text that differs from run to run, such as a port, and what stands for it in golden files.
    pub(crate) fn replace(&mut self, text: &str, with: &str) -> &mut Self {
        self.replaced.push((text.to_owned(), with.to_owned()));
        self
    }

    /// The program, ready to be started in the sandbox.
    pub(crate) fn command<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_depstate"));
        command
            .args(arguments)
            .current_dir(self.root())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.folder.path().join("home"))
            .env("TMPDIR", self.folder.path().join("tmp"))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("DEPSTATE_CONFIG", self.folder.path().join("config.toml"))
            .env("COLUMNS", "100")
            .env("NO_COLOR", "1")
            .stdin(std::process::Stdio::null());
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        command
    }

    pub(crate) fn run<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Ran {
        self.ran(self.command(arguments).output().unwrap())
    }

    /// Makes what a process printed comparable.
    pub(crate) fn ran(&self, output: Output) -> Ran {
        let text = |bytes: Vec<u8>| {
            let mut text = String::from_utf8(bytes).unwrap();
            for (from, to) in &self.replaced {
                text = text.replace(from, to);
            }
            text.replace(self.folder.path().to_str().unwrap(), "$SANDBOX")
        };
        Ran {
            status: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

fn copy(from: &Path, to: &Path, without: &[&str]) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if without.contains(&name.to_str().unwrap()) {
            continue;
        }
        if entry.path().is_dir() {
            copy(&entry.path(), &to.join(name), without);
        } else {
            fs::copy(entry.path(), to.join(name)).unwrap();
        }
    }
}
