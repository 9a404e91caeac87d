//! The configuration in the hands of the real program.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use crate::support::{
    sandbox::Sandbox,
    upstream::{Answer, Upstream},
};

fn manifest(url: &str, more: &str) -> String {
    format!(
        "[project]\nname = \"up\"\n[storage]\ndriver = \"fs\"\npath = \"mirror\"\n\
         [dependencies.tool]\nlines = [{{ constraint = \"*\" }}]\n\
         [dependencies.tool.source]\ndriver = \"http-json\"\nurl = \"{url}/index.json\"\nselect = \".[]\"\n\
         artifact = \"{url}/tool-{{{{ version }}}}.tar.gz\"\n{more}"
    )
}

#[test]
fn a_manifest_reaches_no_host_that_the_user_does_not_allow() {
    let upstream = Upstream::start();
    upstream.route("/index.json", Answer::json("[\"1.0.0\"]"));
    let sandbox = Sandbox::with(&manifest(&upstream.url(""), "insecure = true\n"));
    sandbox.configure("");
    let refused = sandbox.run(["lock"]).exits(3);
    assert!(refused.stderr.contains("`127.0.0.1` is a loopback address"), "{}", refused.all());
    assert!(refused.stderr.contains("private = true"), "{}", refused.all());
    assert!(upstream.requests().is_empty());
    let _page = sandbox.run(["explain", "private-address"]).exits(0);
}

#[test]
fn a_mirror_is_asked_with_its_token_and_the_lock_keeps_the_original() {
    let mirror = Upstream::start();
    mirror.route("/up/index.json", Answer::json("[\"1.0.0\"]"));
    mirror.route("/up/tool-1.0.0.tar.gz", Answer::body("\u{1f}\u{8b}bytes"));
    let mut sandbox = Sandbox::with(&manifest("https://up.example", ""));
    let host = mirror.url("").replace("http://", "");
    sandbox.configure(&format!(
        "[hosts.\"{host}\"]\nprivate = true\ninsecure = true\n\
         headers = {{ Authorization = {{ env = \"CORP_TOKEN\", prefix = \"Bearer \" }} }}\n\
         [[rewrite]]\nfrom = \"https://up.example/\"\nto = \"http://{host}/up/\"\n"
    ));
    sandbox.set("CORP_TOKEN", "s3cret-t0ken");
    let applied = sandbox.run(["apply", "--yes", "-vv"]).exits(0);
    assert!(!applied.all().contains("s3cret"), "{}", applied.all());
    let lock = sandbox.read("deps.lock");
    assert!(
        lock.contains("https://up.example/tool-1.0.0.tar.gz") && !lock.contains(&host),
        "{lock}"
    );
    for asked in mirror.requests() {
        assert_eq!(asked.header("authorization"), Some("Bearer s3cret-t0ken"), "{}", asked.path);
    }
    for file in sandbox.files(".") {
        let bytes = std::fs::read(sandbox.path(&file)).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("s3cret"), "{file}");
    }
    let doctor = sandbox.run(["doctor"]).exits(0);
    let told = "header `authorization` from CORP_TOKEN (set), plain http allowed";
    assert!(doctor.stdout.contains(told) && !doctor.stdout.contains("s3cret"), "{}", doctor.all());

    // Without the variable the host is asked without, and its no says why.
    sandbox.set("CORP_TOKEN", "");
    mirror.route("/up/index.json", Answer::status(401));
    let refused = sandbox.run(["plan", "--update"]);
    assert!(refused.all().contains("answered 401 (not set here: CORP_TOKEN)"), "{}", refused.all());
    let doctor = sandbox.run(["doctor"]).exits(0);
    assert!(doctor.stdout.contains("from CORP_TOKEN (not set)"), "{}", doctor.all());
}

#[test]
fn mistakes_are_shown_at_their_lines() {
    let sandbox = Sandbox::example("quickstart");
    sandbox.configure("[hosts.\"a.example\"]\nnetrcc = true\n");
    let wrong = sandbox.run(["plan"]).exits(1);
    for told in [
        "$SANDBOX/config.toml has 1 mistake",
        "unknown-key",
        "did you mean `netrc`?",
        "config.toml:2:1",
    ] {
        assert!(wrong.stderr.contains(told), "{told}\n{}", wrong.all());
    }
    let doctor = sandbox.run(["doctor"]).exits(1);
    assert!(doctor.stdout.contains("problem  config"), "{}", doctor.all());
}

/// A TLS server with a certificate of an authority of its own.
struct Tls {
    child: Child,
    port: String,
}

impl Drop for Tls {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

impl Tls {
    /// Makes certificates in a folder and starts openssl's server; none where there is no openssl.
    fn start(folder: &Path) -> Option<Self> {
        let openssl = |arguments: &str| {
            let ran =
                Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output();
            ran.is_ok_and(|ran| ran.status.success())
        };
        std::fs::write(
            folder.join("ext"),
            "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n",
        )
        .unwrap();
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        let made = openssl(&format!(
            "req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=ca"
        )) && openssl(&format!("req {key} -keyout s.key -out s.csr -subj /CN=s"))
            && openssl(
                "x509 -req -in s.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out s.pem",
            );
        if !made {
            return None;
        }
        std::fs::write(folder.join("index.json"), "[\"1.0.0\"]").unwrap();
        std::fs::write(folder.join("tool-1.0.0.tar.gz"), "\u{1f}\u{8b}bytes").unwrap();
        let mut child = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-cert", "s.pem", "-key", "s.key", "-WWW"])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| Some(line.strip_prefix("ACCEPT ")?.rsplit(':').next()?.to_owned()));
        // Whoever prints into a closed pipe ends.
        std::thread::spawn(move || lines.count());
        Some(Self { child, port: port? })
    }
}

#[test]
fn a_ca_file_vouches_for_its_host_and_for_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = Tls::start(folder.path()) else {
        eprintln!("DID NOT RUN: there is no openssl here");
        return;
    };
    let url = format!("https://127.0.0.1:{}", server.port);
    let sandbox = Sandbox::with(&manifest(&url, ""));
    let host = format!("[hosts.\"127.0.0.1:{}\"]\nprivate = true\n", server.port);
    sandbox.configure(&host);
    let refused = sandbox.run(["lock"]).exits(1);
    assert!(refused.stderr.contains("UnknownIssuer"), "{}", refused.all());
    let pem = folder.path().join("ca.pem");
    sandbox.configure(&format!("{host}ca-file = \"{}\"\n", pem.display()));
    let _locked = sandbox.run(["lock"]).exits(0);
    assert!(sandbox.read("deps.lock").contains(&format!("{url}/tool-1.0.0.tar.gz")));
    // For another host it does not count, and a file without certificates is told.
    sandbox
        .configure(&format!("{host}[hosts.\"other.example\"]\nca-file = \"{}\"\n", pem.display()));
    let refused = sandbox.run(["update"]);
    assert_ne!(refused.status, 0, "{}", refused.all());
    sandbox.configure(&format!("{host}ca-file = \"{}\"\n", folder.path().join("ext").display()));
    let empty = sandbox.run(["lock"]).exits(1);
    assert!(empty.stderr.contains("there is no certificate in the file"), "{}", empty.all());
}
