//! `verify`: what the bucket says of itself beside what is there, and beside what upstream serves.

use crate::support::{
    s3::S3Server,
    sandbox::Sandbox,
    upstream::{Answer, Upstream},
};

/// Published, with one archive that is large enough to be told by size and time alone.
fn published() -> Sandbox {
    let sandbox = Sandbox::example("quickstart");
    std::fs::remove_file(sandbox.path("deps.lock")).unwrap();
    for target in ["linux-amd64", "linux-arm64"] {
        sandbox.write(&format!("upstream/hello-2.1.0-{target}.tar.gz"), vec![b'x'; 100_000]);
    }
    let _published = sandbox.run(["apply", "--yes"]).exits(0);
    sandbox
}

fn key(sandbox: &Sandbox, part: &str) -> String {
    let files = sandbox.files("mirror");
    let file = files.iter().find(|file| file.contains(part));
    format!("mirror/{}", file.unwrap_or_else(|| panic!("no {part} in {files:?}")))
}

/// Changes a byte and leaves size and time as they were.
fn rot(sandbox: &Sandbox, key: &str) {
    let path = sandbox.path(key);
    let time = std::fs::metadata(&path).unwrap().modified().unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[50_000] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    fs_err::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
}

#[test]
fn what_is_right_is_said_to_be_and_nothing_is_written() {
    let sandbox = published();
    let before = sandbox.files("mirror");
    let right = sandbox.run(["verify"]).exits(0);
    assert_eq!(right.stdout, "Verified: fs:mirror, serial 1: 2 documents, 6 objects listed.\n");
    let deep = sandbox.run(["verify", "--deep"]).exits(0);
    assert!(deep.stdout.contains("6 files read and hashed, 196.0 KiB"), "{}", deep.all());
    assert!(deep.stderr.contains("Reading 6 artifacts"), "{}", deep.all());
    let one = sandbox.json(&["verify", "--deep", "hello@2.1.0/linux-amd64"]);
    assert_eq!((&one["read"], &one["bytes"]), (&1.into(), &100_000.into()));
    let _idle = sandbox.run(["verify", "hullo"]).exits(1);
    let _both = sandbox.run(["verify", "--deep", "--upstream"]).exits(64);
    assert_eq!(sandbox.files("mirror"), before);
    assert!(!sandbox.exists(".depstate/verify.json"));
    let nothing = Sandbox::example("quickstart").run(["verify"]).exits(0);
    assert_eq!(nothing.stdout, "fs:mirror: nothing published yet.\n");
}

#[test]
fn documents_are_read_from_the_store_and_not_from_a_cache() {
    for kind in ["index/hello/", "gen/", "head.json"] {
        let sandbox = published();
        let _warm = sandbox.run(["plan"]).exits(0);
        let key = key(&sandbox, kind);
        let bytes = sandbox.read(&key);
        sandbox.write(
            &key,
            bytes.replace("hello@1.0.0", "hello@1.0.9").replace("\"format\"", "\"formed\""),
        );
        let wrong = sandbox.run(["verify"]).exits(3);
        assert!(wrong.all().contains("storage-damaged"), "{}", wrong.all());
        assert!(wrong.all().contains(kind), "{}", wrong.all());
        std::fs::remove_file(sandbox.path(&key)).unwrap();
        let gone = sandbox.run(["verify"]).exits(3);
        assert!(gone.all().contains("is missing") || kind == "head.json", "{}", gone.all());
    }
}

#[test]
fn a_missing_or_cut_object_is_named_and_repaired() {
    let sandbox = published();
    let (one, two) = (key(&sandbox, "/1.1.0/linux-amd64/"), key(&sandbox, "/1.1.0/linux-arm64/"));
    std::fs::remove_file(sandbox.path(&one)).unwrap();
    sandbox.write(&two, "cut");
    for deep in [&["verify"][..], &["verify", "--deep"]] {
        let wrong = sandbox.run(deep.iter().copied()).exits(3);
        assert!(
            wrong.stdout.contains("object-missing]: hello@1.1.0/linux-amd64"),
            "{}",
            wrong.all()
        );
        assert!(
            wrong.stdout.contains("object-altered]: hello@1.1.0/linux-arm64"),
            "{}",
            wrong.all()
        );
        assert!(wrong.stdout.contains("2 things wrong:"), "{}", wrong.all());
    }
    // Filters narrow it.
    let _right = sandbox.run(["verify", "hello@2.1.0"]).exits(0);
    let _repaired = sandbox.run(["apply", "--yes"]).exits(0);
    let _right = sandbox.run(["verify", "--deep"]).exits(0);
}

#[test]
fn what_only_deep_finds_is_repaired_by_the_next_apply() {
    let sandbox = published();
    let rotten = key(&sandbox, "/2.1.0/linux-amd64/");
    rot(&sandbox, &rotten);
    // Neither a plan nor the listing can see it.
    let _blind = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
    let _blind = sandbox.run(["verify"]).exits(0);
    let found = sandbox.run(["verify", "--deep"]).exits(3);
    assert!(found.stdout.contains("object-altered]: hello@2.1.0/linux-amd64"), "{}", found.all());
    assert!(found.stderr.contains("wrong hello@2.1.0/linux-amd64"), "{}", found.all());
    // A later look at something else does not forget it.
    let _other = sandbox.run(["verify", "--deep", "hello@1.*"]).exits(0);
    let plan = sandbox.run(["plan", "--detailed-exitcode"]).exits(2);
    assert!(plan.stdout.contains("* hello@2.1.0/linux-amd64   repair"), "{}", plan.all());
    assert!(plan.stdout.contains("the object has other bytes"), "{}", plan.all());
    let _repaired = sandbox.run(["apply", "--yes"]).exits(0);
    let _settled = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
    let _right = sandbox.run(["verify", "--deep"]).exits(0);
    assert_ne!(key(&sandbox, "/2.1.0/linux-amd64/"), "");
    // The old key is on its way out, never back in.
    let generation = sandbox.read(&key(&sandbox, "gen/0000000002-"));
    assert!(generation.contains(rotten.trim_start_matches("mirror/")), "{generation}");
    let json: serde_json::Value = serde_json::from_str(&generation).unwrap();
    let doomed: Vec<&str> =
        json["doomed"].as_array().unwrap().iter().filter_map(serde_json::Value::as_str).collect();
    assert_eq!(doomed.len(), 3, "the object, and the two documents that tell of it: {doomed:?}");
}

#[test]
fn a_note_is_no_proof_the_object_is_read_again() {
    let sandbox = published();
    let rotten = key(&sandbox, "/2.1.0/linux-amd64/");
    rot(&sandbox, &rotten);
    let _found = sandbox.run(["verify", "--deep"]).exits(3);
    rot(&sandbox, &rotten);
    let _right_again = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
    let _right = sandbox.run(["verify", "--deep"]).exits(0);
    assert!(!sandbox.read(".depstate/verify.json").contains("artifacts/"));
}

#[test]
fn an_object_that_was_copied_is_read_and_right() {
    let sandbox = published();
    let copied = key(&sandbox, "/2.1.0/linux-amd64/");
    let bytes = std::fs::read(sandbox.path(&copied)).unwrap();
    std::fs::remove_file(sandbox.path(&copied)).unwrap();
    sandbox.write(&copied, &bytes);
    let _right = sandbox.run(["verify"]).exits(0);
    let _right = sandbox.run(["verify", "--deep"]).exits(0);
    sandbox.write(&copied, vec![b'y'; 100_000]);
    let _wrong = sandbox.run(["verify"]).exits(3);
}

#[test]
fn a_store_over_s3_is_read_with_bounded_concurrency() {
    let server = S3Server::start();
    let mut sandbox = Sandbox::example("quickstart");
    sandbox.publish_to(&server);
    let _published = sandbox.run(["apply", "--yes"]).exits(0);
    let _right = sandbox.run(["verify", "--deep", "--jobs", "2"]).exits(0);
    let key = server.objects().into_keys().find(|key| key.contains("/1.1.0/linux-amd64/")).unwrap();
    let mut bytes = server.objects()[&key].to_vec();
    bytes[3] ^= 1;
    server.put_raw(&key, bytes);
    let wrong = sandbox.run(["verify", "--deep"]).exits(3);
    assert!(wrong.stdout.contains("object-altered]: hello@1.1.0/linux-amd64"), "{}", wrong.all());
    let wrong = sandbox.run(["verify"]).exits(3);
    assert!(wrong.stdout.contains("object-altered]: hello@1.1.0/linux-amd64"), "{}", wrong.all());
    // What can't be read is no verdict on it.
    sandbox.set("AWS_SECRET_ACCESS_KEY", "wrong");
    let _unread = sandbox.run(["verify", "--deep"]).exits(1);
}

#[test]
fn upstream_is_asked_for_the_locked_bytes() {
    let upstream = Upstream::start();
    let base = upstream.url("");
    let sandbox = Sandbox::with(&format!(
        r#"
[project]
name = "up"
[storage]
driver = "fs"
path = "mirror"
[dependencies.tool]
source = {{ driver = "http-json", url = "{base}/index.json", select = ".[]", artifact = "{base}/tool-{{{{ version }}}}.bin", insecure = true }}
lines = [{{ constraint = "*", keep = "all" }}]
"#
    ));
    upstream.route("/index.json", Answer::json(r#"["1.0.0", "2.0.0", "3.0.0", "4.0.0"]"#));
    for version in ["1.0.0", "2.0.0", "3.0.0", "4.0.0"] {
        upstream.route(&format!("/tool-{version}.bin"), Answer::body(format!("tool {version}")));
    }
    let _published = sandbox.run(["apply", "--yes"]).exits(0);
    let right = sandbox.run(["verify", "--upstream"]).exits(0);
    assert!(right.stdout.contains("4 files read and hashed"), "{}", right.all());
    upstream.route("/tool-1.0.0.bin", Answer::body("other 1.0.0"));
    upstream.route("/tool-2.0.0.bin", Answer::status(404));
    upstream.route("/tool-3.0.0.bin", Answer::body("tool 3.0.0 and much more"));
    let wrong = sandbox.run(["verify", "--upstream"]).exits(3);
    for told in [
        "refused[upstream-changed]: tool@1.0.0/any",
        "warning[upstream-gone]: tool@2.0.0/any",
        "refused[upstream-changed]: tool@3.0.0/any",
        "depstate lock --accept tool@1.0.0/any",
    ] {
        assert!(wrong.stdout.contains(told), "{told}\n{}", wrong.all());
    }
    assert!(!wrong.stdout.contains("tool@4.0.0"), "{}", wrong.all());
    let _gone_alone = sandbox.run(["verify", "--upstream", "tool@2.0.0"]).exits(0);
    upstream.route("/tool-4.0.0.bin", Answer::status(403));
    let unread = sandbox.run(["verify", "--upstream", "tool@4.0.0"]).exits(1);
    assert!(unread.stdout.contains("error[could-not-check]: tool@4.0.0/any"), "{}", unread.all());
    let _offline = sandbox.run(["verify", "--upstream", "--offline"]).exits(64);
}
