//! History, rollback, what became of a transaction, and a HEAD that went back.

use crate::support::sandbox::Sandbox;

/// Two commits: 2.0.0, then 2.1.0 in its place.
fn two() -> Sandbox {
    let mut sandbox = Sandbox::example("quickstart");
    sandbox.set("DEPSTATE_BY", "ci");
    let _first = sandbox.run(["apply", "--yes"]).exits(0);
    let lock = sandbox.read("deps.lock");
    sandbox.write("deps.lock.1", lock);
    sandbox.release("2.1.0");
    let _second = sandbox.run(["apply", "--yes", "--update"]).exits(0);
    sandbox
}

fn only(sandbox: &Sandbox, folder: &str, begins: &str) -> String {
    let files = sandbox.files(folder);
    let file = files.iter().find(|file| file.starts_with(begins));
    format!("{folder}/{}", file.unwrap_or_else(|| panic!("no {begins} in {files:?}")))
}

#[test]
fn history_tells_serial_time_author_and_counters() {
    let sandbox = two();
    let told = sandbox.run(["history"]).exits(0).stdout;
    let lines: Vec<Vec<&str>> = told.lines().map(|l| l.split("   ").collect()).collect();
    assert_eq!((lines[0][0], lines[0][2], lines[0][3]), ("2", "ci", "2 created, 2 retired"));
    assert_eq!((lines[1][0], lines[1][2], lines[1][3].trim()), ("1", "ci", "6 created"));
    assert_eq!(told.lines().last(), Some("fs:mirror is at serial 2."));
    assert!(jsonless(lines[0][1]), "{told}");
    let one = sandbox.json(&["history", "-n", "1"]);
    assert_eq!((&one["end"], one["history"].as_array().unwrap().len()), (&"more".into(), 1));
    // A generation that is not kept any more ends it; one that was changed is damage.
    let first = only(&sandbox, "mirror/gen", "0000000001-");
    let bytes = sandbox.read(&first);
    std::fs::remove_file(sandbox.path(&first)).unwrap();
    let cut = sandbox.run(["history"]).exits(0);
    assert!(cut.stdout.contains("is gone, and it is younger"), "{}", cut.all());
    sandbox.write(&first, bytes.replace("\"ci\"", "\"me\""));
    let damaged = sandbox.run(["history"]).exits(1);
    assert!(damaged.stderr.contains("storage-damaged"), "{}", damaged.all());
    let nothing = Sandbox::example("quickstart").run(["history"]).exits(0);
    assert_eq!(nothing.stdout, "fs:mirror: nothing published yet.\n");
}

/// An instant to the second.
fn jsonless(text: &str) -> bool {
    text.len() == 20 && text.parse::<jiff::Timestamp>().is_ok()
}

#[test]
fn rollback_asks_changes_the_bucket_and_says_what_is_left_to_do() {
    let sandbox = two();
    let head = sandbox.read("mirror/head.json");
    let asked = sandbox.run(["rollback", "1"]).exits(1);
    assert!(asked.stderr.contains("needs-yes"), "{}", asked.all());
    let limited = sandbox.run(["rollback", "1", "--yes", "--max-retire", "1"]).exits(3);
    assert!(limited.stderr.contains("max-retire"), "{}", limited.all());
    assert_eq!(sandbox.read("mirror/head.json"), head);
    let artifacts = sandbox.files("mirror/artifacts");
    let back = sandbox.run(["rollback", "1", "--yes"]).exits(0);
    assert!(back.stdout.contains("2 updated, 2 retired, 4 unchanged"), "{}", back.all());
    assert!(back.stdout.contains("serial 1 had (committed 2"), "{}", back.all());
    assert!(back.stdout.contains("the next apply goes forward again"), "{}", back.all());
    assert_eq!(sandbox.files("mirror/artifacts"), artifacts, "no byte moves");
    // Readers see the old version again.
    let view = sandbox.read("mirror/views/hello.json");
    assert!(view.contains("2.0.0") && !view.contains("2.1.0"), "{view}");
    // With the lock of that time nothing is left to do; with today's it goes forward.
    let forward = sandbox.run(["plan", "--detailed-exitcode"]).exits(2);
    assert!(forward.stdout.contains("wanted again"), "{}", forward.all());
    sandbox.write("deps.lock", sandbox.read("deps.lock.1"));
    let _settled = sandbox.run(["plan", "--detailed-exitcode", "--locked"]).exits(0);
    let again = sandbox.run(["rollback", "1", "--yes"]).exits(0);
    assert!(again.stdout.starts_with("No changes."), "{}", again.all());
    assert_eq!(sandbox.json(&["history"])["serial"], 3);
}

#[test]
fn rollback_refuses_what_is_gone() {
    let sandbox = two();
    for target in ["linux-amd64", "linux-arm64"] {
        let folder = format!("hello/2.0.0/{target}/");
        std::fs::remove_file(sandbox.path(&only(&sandbox, "mirror/artifacts", &folder))).unwrap();
    }
    let refused = sandbox.run(["rollback", "1", "--yes"]).exits(1);
    assert!(refused.stderr.contains("cant-roll-back"), "{}", refused.all());
    for target in ["linux-amd64", "linux-arm64"] {
        assert!(refused.stderr.contains(&format!("hello@2.0.0/{target}")), "{}", refused.all());
    }
    let _none = sandbox.run(["rollback", "7", "--yes"]).exits(1);
    let _usage = sandbox.run(["rollback", "first"]).exits(64);
    assert_eq!(sandbox.json(&["history"])["serial"], 2);
}

#[test]
fn a_transaction_is_committed_or_not_or_undecided() {
    let sandbox = two();
    let history = sandbox.json(&["history"]);
    let tx = history["history"][1]["tx"].as_str().unwrap().to_owned();
    let told = sandbox.run(["status", "--tx", &tx]).exits(0);
    assert!(told.stdout.contains("is committed: serial 1"), "{}", told.all());
    let _lower = sandbox.run(["status", "--tx", &tx.to_lowercase()]).exits(0);
    let _usage = sandbox.run(["status", "--tx", "1234"]).exits(64);
    let other = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    assert_eq!(sandbox.json(&["status", "--tx", other])["outcome"], "unknown");
    // A journal that somebody left open, on HEAD's serial and below.
    let journal = sandbox.read(&only(&sandbox, "mirror/tx", &tx)).replace(&tx, other);
    let open = journal.replace("\"done\"", "\"open\"");
    assert!(open.contains("\"base_serial\":0"), "{open}");
    sandbox.write(&format!("mirror/tx/{other}.json"), &open);
    let gone_by = sandbox.run(["status", "--tx", other]).exits(0);
    assert!(gone_by.stdout.contains("it stood on serial 0"), "{}", gone_by.all());
    let at_head = open.replace("\"base_serial\":0", "\"base_serial\":2");
    sandbox.write(&format!("mirror/tx/{other}.json"), at_head);
    let undecided = sandbox.run(["status", "--tx", other]).exits(6);
    assert!(undecided.stdout.contains("may still land"), "{}", undecided.all());
    // One that says it committed, and did not.
    sandbox.write(&format!("mirror/tx/{other}.json"), journal);
    let lost = sandbox.run(["status", "--tx", other]).exits(1);
    assert!(lost.stderr.contains("storage-damaged"), "{}", lost.all());
    assert!(sandbox.read("mirror/head.json").contains("\"serial\":2"));
}

#[test]
fn a_head_that_went_back_stops_every_command() {
    let mut sandbox = Sandbox::example("quickstart");
    let _first = sandbox.run(["apply", "--yes"]).exits(0);
    let old = sandbox.read("mirror/head.json");
    sandbox.release("2.1.0");
    let _second = sandbox.run(["apply", "--yes", "--update"]).exits(0);
    let new = sandbox.read("mirror/head.json");
    sandbox.write("mirror/head.json", &old);
    for command in [
        &["plan"][..],
        &["apply", "--yes"],
        &["status"],
        &["show"],
        &["history"],
        &["rollback", "0", "--yes"],
    ] {
        let ran = sandbox.run(command.iter().copied()).exits(1);
        assert!(ran.stderr.contains("head-went-back"), "{}", ran.all());
        assert!(ran.stderr.contains("at serial 1, and serial 2 was here"), "{}", ran.all());
        assert!(ran.stderr.contains("depstate doctor"), "{}", ran.all());
    }
    assert_eq!(sandbox.read("mirror/head.json"), old);
    // The same serial with another nonce: restored, and written on.
    let nonce = |text: &str| {
        let json: serde_json::Value = serde_json::from_str(text).unwrap();
        json["nonce"].as_str().unwrap().to_owned()
    };
    sandbox.write("mirror/head.json", new.replace(&nonce(&new), &"0".repeat(32)));
    let other = sandbox.run(["plan"]).exits(1);
    assert!(other.stderr.contains("is another than the one that was here"), "{}", other.all());
    sandbox.write("mirror/head.json", &new);
    let _right = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
    // Another lineage is another history: nothing is known of it.
    std::fs::remove_dir_all(sandbox.path("mirror")).unwrap();
    let _anew = sandbox.run(["apply", "--yes"]).exits(0);
    // A checkout that can't be written to works.
    sandbox.set("DEPSTATE_BY", "me");
    std::fs::remove_dir_all(sandbox.path(".depstate")).unwrap();
    sandbox.write(".depstate", "a file, so nothing can be kept");
    let _plan = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
}
