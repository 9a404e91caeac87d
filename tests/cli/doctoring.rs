//! `doctor`: what is wrong, what to do, and a HEAD that is put back.

use crate::support::{s3::S3Server, sandbox::Sandbox};

fn two() -> Sandbox {
    let sandbox = Sandbox::example("quickstart");
    let _first = sandbox.run(["apply", "--yes"]).exits(0);
    let first = sandbox.read("mirror/head.json");
    sandbox.write("head.1", first);
    sandbox.release("2.1.0");
    let _second = sandbox.run(["apply", "--yes", "--update"]).exits(0);
    sandbox
}

fn serial(sandbox: &Sandbox) -> u64 {
    let head: serde_json::Value = serde_json::from_str(&sandbox.read("mirror/head.json")).unwrap();
    head["serial"].as_u64().unwrap()
}

/// Puts the HEAD of the first commit back, and forgets what this checkout has seen.
fn went_back() -> Sandbox {
    let sandbox = two();
    sandbox.write("mirror/head.json", sandbox.read("head.1"));
    std::fs::remove_file(sandbox.path(".depstate/seen.json")).unwrap();
    sandbox
}

#[test]
fn a_healthy_bucket_has_no_problems_and_nothing_is_written() {
    let empty = Sandbox::example("quickstart").run(["doctor"]).exits(0);
    assert!(empty.stdout.contains("nothing was published yet"), "{}", empty.all());
    let sandbox = two();
    let before = sandbox.files("mirror");
    let fine = sandbox.run(["doctor"]).exits(0);
    for told in [
        "ok       deps.toml  project quickstart, 1 dependency\n",
        "ok       deps.lock  6 files locked\n",
        "ok       went back  no sign of a newer HEAD\n",
        "ok       documents  1 index document, 6 artifacts published, 2 retired\n",
        "ok       journals   0 open, 0 aborted, 2 done\n",
        "ok       uploads    none unfinished\n",
        "ok       views      they are those of HEAD\n",
        "\nNo problems.\n",
    ] {
        assert!(fine.stdout.contains(told), "{told}\n{}", fine.all());
    }
    let probed = sandbox.run(["doctor", "--probe"]).exits(0);
    assert!(probed.stdout.contains("probe now  conditions atomic"), "{}", probed.all());
    assert_eq!(sandbox.files("mirror"), before);
    let refused = sandbox.run(["doctor", "--restore-head", "1", "--yes"]).exits(1);
    assert!(refused.stderr.contains("HEAD is whole and the newest"), "{}", refused.all());
    let _usage = sandbox.run(["doctor", "--probe", "--restore-head", "1"]).exits(64);
}

#[test]
fn files_that_can_not_be_read_are_problems() {
    let sandbox = two();
    let manifest = sandbox.read("deps.toml");
    sandbox.write("deps.toml", "[project]\nnam = 1\n");
    let wrong = sandbox.run(["doctor"]).exits(1);
    assert!(wrong.stdout.contains("problem  deps.toml"), "{}", wrong.all());
    sandbox.write("deps.toml", manifest);
    sandbox.write("deps.lock", "<<<<<<< ours\n");
    let wrong = sandbox.run(["doctor"]).exits(1);
    assert!(wrong.stdout.contains("problem  deps.lock"), "{}", wrong.all());
}

#[test]
fn leftovers_are_notes() {
    let sandbox = two();
    let file = sandbox.files("mirror/tx").pop().unwrap();
    let journal = sandbox.read(&format!("mirror/tx/{file}"));
    let other = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    let open =
        journal.replace(file.trim_end_matches(".json"), other).replace("\"done\"", "\"open\"");
    sandbox.write(&format!("mirror/tx/{other}.json"), open);
    std::fs::remove_file(sandbox.path("mirror/views/index.json")).unwrap();
    let noted = sandbox.run(["doctor"]).exits(0);
    assert!(
        noted.stdout.contains(&format!(
            "1 open, 0 aborted, 2 done: {other}, less than an hour old, on serial 1"
        )),
        "{}",
        noted.all()
    );
    assert!(noted.stdout.contains("1 view other than HEAD says"), "{}", noted.all());
    assert!(noted.stdout.contains("No problems. 2 notes."), "{}", noted.all());
}

#[test]
fn a_head_that_went_back_is_seen_without_having_been_there_and_put_right() {
    let sandbox = went_back();
    // A checkout that knows nothing: a plan can't see it, an apply looks before it writes.
    let _blind = sandbox.run(["plan"]).exits(0);
    let refused = sandbox.run(["apply", "--yes"]).exits(1);
    assert!(refused.stderr.contains("head-went-back"), "{}", refused.all());
    let told = sandbox.run(["doctor"]).exits(1);
    assert!(told.stdout.contains("problem  went back  `gen/0000000002-"), "{}", told.all());
    assert!(told.stdout.contains("whole, 6 artifacts"), "{}", told.all());
    let asked = sandbox.run(["doctor", "--restore-head", "2"]).exits(1);
    assert!(asked.stderr.contains("needs-yes"), "{}", asked.all());
    assert_eq!(serial(&sandbox), 1);
    let restored = sandbox.json(&["doctor", "--restore-head", "2", "--yes"]);
    assert_eq!(
        (&restored["restored"]["serial"], &restored["restored"]["replaces"]),
        (&2.into(), &1.into())
    );
    assert_eq!(serial(&sandbox), 3);
    let _settled = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
    let _right = sandbox.run(["verify", "--deep"]).exits(0);
    let _well = sandbox.run(["doctor"]).exits(0);
    assert!(sandbox.read("mirror/views/hello.json").contains("2.1.0"));
}

#[test]
fn a_head_that_is_gone_or_junk_is_made_from_a_generation_that_is_whole() {
    for junk in [None, Some("{}"), Some("")] {
        let sandbox = two();
        match junk {
            None => std::fs::remove_file(sandbox.path("mirror/head.json")).unwrap(),
            Some(junk) => sandbox.write("mirror/head.json", junk),
        }
        let damaged = sandbox.run(["plan"]).exits(1);
        assert!(damaged.stderr.contains("depstate doctor"), "{}", damaged.all());
        let generations = sandbox.json(&["doctor"])["generations"].clone();
        assert_eq!(generations.as_array().unwrap().len(), 2);
        assert_eq!(
            (&generations[0]["serial"], &generations[0]["committed"]),
            (&2.into(), &true.into())
        );
        let key = generations[0]["key"].as_str().unwrap();
        let _restored = sandbox.run(["doctor", "--restore-head", key, "--yes"]).exits(0);
        assert_eq!(serial(&sandbox), 3);
        let _settled = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
    }
}

#[test]
fn a_generation_that_is_not_whole_is_refused() {
    let sandbox = went_back();
    let lost = sandbox.files("mirror").into_iter().find(|f| f.contains("/2.1.0/linux-amd64/"));
    std::fs::remove_file(sandbox.path("mirror").join(lost.unwrap())).unwrap();
    let told = sandbox.run(["doctor"]).exits(1);
    assert!(
        told.stdout.contains("not whole: `artifacts/hello/2.1.0/linux-amd64/"),
        "{}",
        told.all()
    );
    let refused = sandbox.run(["doctor", "--restore-head", "2", "--yes"]).exits(1);
    assert!(refused.stderr.contains("not all that"), "{}", refused.all());
    let _none = sandbox.run(["doctor", "--restore-head", "7", "--yes"]).exits(1);
    // An index document of it.
    let index =
        sandbox.files("mirror").into_iter().find(|f| f.starts_with("index/hello/0000000002"));
    std::fs::remove_file(sandbox.path("mirror").join(index.unwrap())).unwrap();
    let refused = sandbox.run(["doctor", "--restore-head", "2", "--yes"]).exits(1);
    assert!(refused.stderr.contains("storage-damaged"), "{}", refused.all());
    assert_eq!(serial(&sandbox), 1);
}

#[test]
fn it_works_over_s3() {
    let server = S3Server::start();
    let mut sandbox = Sandbox::example("quickstart");
    sandbox.publish_to(&server);
    let _first = sandbox.run(["apply", "--yes"]).exits(0);
    let _well = sandbox.run(["doctor", "--probe"]).exits(0);
    assert!(server.objects().keys().all(|key| !key.starts_with("probe/")));
    server.remove("head.json");
    let gone = sandbox.run(["doctor"]).exits(1);
    assert!(gone.stdout.contains("it is missing, and there are generations"), "{}", gone.all());
    let _restored = sandbox.run(["doctor", "--restore-head", "1", "--yes"]).exits(0);
    let _settled = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
    let back = sandbox.run(["rollback", "0", "--yes"]).exits(0);
    assert!(back.stdout.contains("6 retired"), "{}", back.all());
    let told = sandbox.run(["history"]).exits(0);
    assert!(told.stdout.contains("s3://"), "{}", told.all());
    sandbox.set("AWS_SECRET_ACCESS_KEY", "wrong");
    let denied = sandbox.run(["doctor"]).exits(1);
    assert!(denied.stdout.contains("problem  storage"), "{}", denied.all());
}

#[test]
fn how_well_builds_are_shut_in_is_told_where_there_are_builds() {
    let sandbox = Sandbox::example("quickstart");
    let none = sandbox.run(["doctor"]).exits(0);
    assert!(!none.stdout.contains("sandbox"), "{}", none.all());
    let build = "\n[dependencies.hello.build]\nscript = \"build.sh\"\n\
                 \n[dependencies.hello.test]\nrun = [\"true\"]\nexecutor = \"host\"\n";
    sandbox.write("build.sh", "true\n");
    sandbox.write("deps.toml", sandbox.read("deps.toml") + build);
    // Whether one works is this machine's; that each is told of is not.
    let told = sandbox.run(["doctor"]);
    assert!(told.stdout.contains("sandbox (bubblewrap): "), "{}", told.all());
    assert!(told.stdout.contains("whatever this user may"), "{}", told.all());
    let mut sandbox = sandbox;
    sandbox.set("PATH", "/nowhere");
    let missing = sandbox.run(["doctor"]);
    assert!(missing.stdout.contains("there is no `bwrap` on the PATH"), "{}", missing.all());
}
