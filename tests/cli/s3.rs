//! The same over S3: real protocol, real signatures.

use crate::support::{
    golden::golden,
    s3::S3Server,
    sandbox::Sandbox,
    upstream::{Answer, Upstream},
};

fn project(server: &S3Server, upstream: &Upstream) -> Sandbox {
    let base = upstream.url("");
    let mut sandbox = Sandbox::with(&format!(
        r#"
[project]
name = "s3"
[storage]
driver = "s3"
bucket = "{bucket}"
prefix = "below/here"
region = "us-east-1"
endpoint = {{ env = "DEPSTATE_ENDPOINT" }}
path-style = true
[dependencies.small]
source = {{ driver = "http-json", url = "{base}/small.json", select = ".[]", artifact = "{base}/small-{{{{ version }}}}.bin", insecure = true }}
lines = [{{ constraint = "*", keep = "all" }}]
[dependencies.large]
source = {{ driver = "http-json", url = "{base}/large.json", select = ".[]", artifact = "{base}/large-{{{{ version }}}}.bin", insecure = true }}
lines = [{{ constraint = "*" }}]
"#,
        bucket = server.bucket(),
    ));
    upstream.route("/small.json", Answer::json(r#"["1.0.0", "1.1.0", "2.0.0"]"#));
    upstream.route("/large.json", Answer::json(r#"["1.0.0"]"#));
    for version in ["1.0.0", "1.1.0", "2.0.0"] {
        upstream.route(&format!("/small-{version}.bin"), Answer::body(format!("small {version}")));
    }
    upstream.route("/large-1.0.0.bin", Answer::generated(LARGE));
    sandbox
        .set("DEPSTATE_ENDPOINT", &server.endpoint())
        .set("AWS_ACCESS_KEY_ID", server.access_key())
        .set("AWS_SECRET_ACCESS_KEY", server.secret_key());
    sandbox
        .replace(&server.endpoint(), "http://$S3")
        .replace(&upstream.url(""), "http://$UPSTREAM")
        .replace(server.endpoint().trim_start_matches("http://"), "$S3");
    sandbox
}

/// More than one part.
const LARGE: u64 = 20_000_000;

#[test]
fn it_is_published_read_back_and_left_alone() {
    let (server, upstream) = (S3Server::start(), Upstream::start());
    let sandbox = project(&server, &upstream);
    let _plan = sandbox.run(["plan", "--detailed-exitcode"]).exits(2);
    assert!(server.objects().is_empty(), "a plan wrote to the bucket");
    let _applied = sandbox.run(["apply", "--yes"]).exits(0);
    let large = server
        .objects()
        .into_iter()
        .find(|(key, _)| key.starts_with("below/here/artifacts/large/"))
        .unwrap();
    assert_eq!(large.1.len() as u64, LARGE);
    assert_eq!(
        depstate::model::Sha256::of(&large.1),
        depstate::model::Sha256::of(&Answer::made(LARGE)),
        "the bytes that came back are not those that upstream served"
    );
    let before: Vec<String> = server.objects().into_keys().collect();
    let _settled = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
    let _again = sandbox.run(["apply", "--yes"]).exits(0);
    assert_eq!(server.objects().into_keys().collect::<Vec<_>>(), before);
}

#[test]
fn a_warm_plan_without_changes_costs_head_generation_and_one_listing() {
    let (server, upstream) = (S3Server::start(), Upstream::start());
    let sandbox = project(&server, &upstream);
    let _applied = sandbox.run(["apply", "--yes"]).exits(0);
    let _warm = sandbox.run(["plan"]).exits(0);
    let before = server.counts();
    let _plan = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
    let mut spent = Vec::new();
    for (operation, count) in server.counts() {
        let more = count - before.get(&operation).copied().unwrap_or(0);
        if more > 0 {
            spent.push(format!("{operation}: {more}"));
        }
    }
    assert!(spent.iter().all(|s| !s.starts_with("Put")), "{spent:?}");
    // HEAD, and the generation where the cache does not hold it.
    let total: u64 =
        spent.iter().map(|s| s.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum();
    assert!(total <= 3, "{spent:?}");
}

#[test]
fn a_lost_object_is_seen_and_repaired() {
    let (server, upstream) = (S3Server::start(), Upstream::start());
    let sandbox = project(&server, &upstream);
    let _applied = sandbox.run(["apply", "--yes"]).exits(0);
    let key =
        server.objects().into_keys().find(|key| key.contains("/artifacts/small/1.1.0/")).unwrap();
    server.remove(&key);
    golden("s3/plan-repair", &sandbox.run(["plan"]).exits(0).all());
    let _repaired = sandbox.run(["apply", "--yes"]).exits(0);
    let _settled = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn wrong_credentials_say_which_were_used() {
    let (server, upstream) = (S3Server::start(), Upstream::start());
    let mut sandbox = project(&server, &upstream);
    sandbox.set("AWS_SECRET_ACCESS_KEY", "not-the-secret");
    let plan = sandbox.run(["plan"]).exits(1);
    assert!(plan.stderr.contains("AWS_ACCESS_KEY_ID"), "{}", plan.all());
    assert!(!plan.stderr.contains("not-the-secret"), "a secret was shown: {}", plan.all());
}

#[test]
fn a_bucket_that_is_not_there_or_not_to_be_reached() {
    let (server, upstream) = (S3Server::start(), Upstream::start());
    let mut sandbox = project(&server, &upstream);
    let manifest = sandbox.read("deps.toml");
    sandbox.write("deps.toml", manifest.replace(server.bucket(), "no-such-bucket"));
    let missing = sandbox.run(["plan"]).exits(1);
    assert!(missing.stderr.contains("no-such-bucket"), "{}", missing.all());
    sandbox.write("deps.toml", manifest);
    sandbox.set("DEPSTATE_ENDPOINT", "http://127.0.0.1:9");
    let gone = sandbox.run(["plan"]).exits(1);
    assert!(gone.stderr.contains("127.0.0.1:9"), "{}", gone.all());
    assert!(!sandbox.exists("deps.lock"));
}

#[test]
fn several_appliers_at_once_lose_nothing() {
    let (server, upstream) = (S3Server::start(), Upstream::start());
    let sandboxes: Vec<Sandbox> = (0..4).map(|_| project(&server, &upstream)).collect();
    let children: Vec<_> = sandboxes
        .iter()
        .map(|sandbox| {
            sandbox
                .command(["apply", "--yes"])
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for (child, sandbox) in children.into_iter().zip(&sandboxes) {
        let _all_right = sandbox.ran(child.wait_with_output().unwrap()).exits(0);
    }
    for sandbox in &sandboxes {
        let _settled = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
    }
    let json = sandboxes[0].run(["show", "--format", "json"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["records"].as_array().unwrap().len(), 4);
}

#[test]
fn credentials_that_run_out_before_the_commit_change_nothing_and_say_what_to_do() {
    let (server, upstream) = (S3Server::start(), Upstream::start());
    let sandbox = project(&server, &upstream);
    let held = server.hold("CompleteMultipartUpload");
    let mut command = sandbox.command(["apply", "--yes"]);
    let piped = std::process::Stdio::piped;
    let child = command.stdout(piped()).stderr(piped()).spawn().unwrap();
    while !server.counts().contains_key("CompleteMultipartUpload") {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    // The beginning of history: nothing is published.
    let head = server.objects()["below/here/head.json"].clone();
    server.expire(server.access_key());
    drop(held);
    let ran = sandbox.ran(child.wait_with_output().unwrap()).exits(1);
    let told = ran.all();
    for wanted in [
        "400 ExpiredToken",
        "credentials of the variable `AWS_ACCESS_KEY_ID`",
        "set the variables anew",
    ] {
        assert!(told.contains(wanted), "{wanted}: {told}");
    }
    assert_eq!(server.objects()["below/here/head.json"], head, "{told}");
    let mut sandbox = sandbox;
    let (id, secret) = S3Server::second_keys();
    sandbox.set("AWS_ACCESS_KEY_ID", id).set("AWS_SECRET_ACCESS_KEY", secret);
    let _applied = sandbox.run(["apply", "--yes"]).exits(0);
    assert_ne!(server.objects()["below/here/head.json"], head);
}
