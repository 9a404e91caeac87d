//! Servers that are started and asked from within.

use depstate::{
    model::{Executor, HttpCheck},
    workshop::{Tier, executor, probe},
};

use super::{shop::machine, trial::Bench};

/// A server of a few lines, if this machine has Python; it answers with its first argument's status.
const SERVER: &str = r#"#!/usr/bin/env python3
import sys, http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(sys.argv[2]))
        self.end_headers()
        self.wfile.write(("hello from " + self.path).encode())
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"#;

#[expect(clippy::print_stderr, reason = "what was not tried must be said")]
fn python() -> bool {
    let there = ["/usr/bin/python3", "/usr/local/bin/python3"]
        .iter()
        .any(|path| std::path::Path::new(path).exists());
    if !there {
        eprintln!("no server was started: there is no python3");
    }
    there
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn bench(status: u16, contains: &str) -> Bench {
    let port = free_port();
    let mut bench =
        Bench::new(&[("*bin/serve", SERVER)]).run(&["bin/serve", &port.to_string(), "200"]);
    bench.trial.http = Some(HttpCheck {
        url: format!("http://127.0.0.1:{port}/path?q=1"),
        status,
        contains: Some(contains.to_owned()),
    });
    bench
}

#[tokio::test]
async fn a_server_is_asked_until_it_answers_and_then_ended() {
    if !python() {
        return;
    }
    let bench = bench(200, "hello from /path?q=1");
    let port: u16 = bench.trial.run[1].parse().unwrap();
    bench.passes().await;
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "it still runs");
}

#[tokio::test]
async fn in_the_sandbox_it_has_a_network_of_its_own_or_is_not_tried() {
    if !python() {
        return;
    }
    let bench = bench(200, "hello").within(Executor::Sandbox);
    match executor(Executor::Sandbox, &machine()) {
        Ok(executor) if executor.tier() == Tier::Bubblewrap => {
            // Taken outside, free inside.
            let port: u16 = bench.trial.run[1].parse().unwrap();
            let _taken = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
            bench.passes().await;
        }
        Ok(_) => assert_eq!(bench.fails("network of the test's own").await, "no-executor"),
        Err(error) => eprintln!("nothing was tried in a sandbox: {error}"),
    }
}

#[tokio::test]
async fn behind_landlock_a_server_is_not_started() {
    let mut bench = bench(200, "hello").within(Executor::Sandbox);
    let mut variables: std::collections::BTreeMap<String, String> = std::env::vars().collect();
    variables.insert("DEPSTATE_SANDBOX".to_owned(), "landlock".to_owned());
    bench.machine.environment = depstate::model::Environment::new(variables);
    if executor(Executor::Sandbox, &bench.machine).is_err() {
        eprintln!("nothing was tried: there is no Landlock");
        return;
    }
    assert_eq!(bench.fails("network of the test's own").await, "no-executor");
}

#[tokio::test]
async fn a_server_that_ends_before_it_answers_fails_the_test_at_once() {
    let mut bench =
        Bench::new(&[("*serve", "#!/bin/sh\necho no config\nexit 3\n")]).run(&["serve"]);
    bench.trial.http =
        Some(HttpCheck { url: "http://127.0.0.1:9/".to_owned(), status: 200, contains: None });
    assert_eq!(bench.fails("before it answered as it should").await, "check-failed");
}

#[tokio::test]
async fn only_this_machine_is_asked() {
    for url in ["http://192.0.2.1/", "https://127.0.0.1/", "http://example.org/", "nothing"] {
        let check = HttpCheck { url: url.to_owned(), status: 200, contains: None };
        let why = probe(&check).await.unwrap_err();
        assert!(why.contains(url), "{why}");
    }
}
