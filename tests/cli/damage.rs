//! Damage that no command of every day meets: `doctor` says what it is, and what to do.

use crate::support::sandbox::{Ran, Sandbox};

/// Four commits, minutes old.
fn four() -> Sandbox {
    let sandbox = Sandbox::example("quickstart");
    let _first = sandbox.run(["apply", "--yes"]).exits(0);
    for version in ["2.1.0", "2.2.0", "2.3.0"] {
        sandbox.release(version);
        let _next = sandbox.run(["apply", "--yes", "--update"]).exits(0);
    }
    sandbox
}

fn generation(sandbox: &Sandbox, serial: u64) -> String {
    let begins = format!("{serial:010}-");
    let file = sandbox.files("mirror/gen").into_iter().find(|file| file.starts_with(&begins));
    format!("mirror/gen/{}", file.unwrap())
}

fn remove(sandbox: &Sandbox, key: &str) {
    std::fs::remove_file(sandbox.path(key)).unwrap();
}

/// Asks `doctor`, which finds a problem and says all of these.
#[track_caller]
fn told(sandbox: &Sandbox, all: &[&str]) -> Ran {
    let ran = sandbox.run(["doctor"]).exits(1);
    for text in all {
        assert!(ran.stdout.contains(text), "{text}\n{}", ran.all());
    }
    ran
}

#[test]
fn journals_that_are_none_are_named() {
    let sandbox = four();
    let mut journals = sandbox.files("mirror/tx");
    let right = sandbox.read(&format!("mirror/tx/{}", journals[0]));
    let key = format!("mirror/tx/{}", journals.remove(1));
    let shown = format!("`{}` is no journal: ", key.trim_start_matches("mirror/"));
    let before = sandbox.read(&key);
    for (bytes, why) in [
        (Vec::new(), "EOF"),
        (b"{{{{".to_vec(), "key must be"),
        (vec![b' '; 20_000_000], "it has more than 8192 bytes"),
        (right.into_bytes(), "it says that it is the journal of 0"),
    ] {
        sandbox.write(&key, bytes);
        let help = "if no apply is running, remove that file";
        let _named = told(&sandbox, &["problem  journals", &shown, why, help]);
    }
    sandbox.write(&key, before);
    // What never was a journal is nobody's.
    sandbox.write("mirror/tx/README", "hello");
    let _fine = sandbox.run(["doctor"]).exits(0);
    sandbox.write("mirror/tx/01ARZ3NDEKTSV4RRFFQ69G5FAV.json", "");
    let _named = told(&sandbox, &["`tx/01ARZ3NDEKTSV4RRFFQ69G5FAV.json` is no journal"]);
    remove(&sandbox, "mirror/tx/01ARZ3NDEKTSV4RRFFQ69G5FAV.json");
    let _fine = sandbox.run(["doctor"]).exits(0);
}

#[test]
fn an_old_generation_that_is_broken_ends_history_and_nothing_else() {
    let sandbox = four();
    let fine = sandbox.run(["doctor"]).exits(0);
    assert!(fine.stdout.contains("history    4 generations, back to the first"), "{}", fine.all());
    let key = generation(&sandbox, 2);
    let cut = sandbox.read(&key)[..50].to_owned();
    sandbox.write(&key, cut);
    let _named = told(
        &sandbox,
        &[
            "problem  history",
            key.trim_start_matches("mirror/"),
            "serial 3 is the oldest that `depstate rollback` reaches",
            "Put that file back from a copy",
        ],
    );
    let _still = sandbox.run(["rollback", "3", "--yes"]).exits(0);
    // One that need not be kept.
    let manifest = sandbox.read("deps.toml") + "\n[retention]\nhistory = \"0s\"\n";
    sandbox.write("deps.toml", manifest);
    let _named = told(&sandbox, &["it is older than `retention.history`: remove that file"]);
    remove(&sandbox, &key);
    let _fine = sandbox.run(["doctor"]).exits(0);
    let _right = sandbox.run(["verify"]).exits(0);
}

#[test]
fn a_generation_that_should_be_kept_and_is_gone_is_lost() {
    let sandbox = four();
    let key = generation(&sandbox, 3);
    let shown = format!("`{}` is missing, and it is younger", key.trim_start_matches("mirror/"));
    remove(&sandbox, &key);
    let wrong = sandbox.run(["verify"]).exits(3);
    assert!(wrong.stdout.contains("storage-damaged"), "{}", wrong.all());
    assert!(wrong.stdout.contains(&shown), "{}", wrong.all());
    let _named = told(&sandbox, &["problem  history", &shown, "serial 4 is the oldest"]);
    for serial in ["3", "2"] {
        let refused = sandbox.run(["rollback", serial, "--yes"]).exits(1);
        assert!(refused.stderr.contains("no-such-serial"), "{}", refused.all());
        assert!(refused.stderr.contains(&shown), "{}", refused.all());
        assert!(!refused.stderr.contains("not kept any more"), "{}", refused.all());
    }
    let ended = sandbox.run(["history"]).exits(0);
    assert!(ended.stdout.contains("is gone, and it is younger"), "{}", ended.all());
    // One that a collector may have taken.
    let manifest = sandbox.read("deps.toml") + "\n[retention]\nhistory = \"0s\"\n";
    sandbox.write("deps.toml", manifest);
    let _right = sandbox.run(["verify"]).exits(0);
    let fine = sandbox.run(["doctor"]).exits(0);
    assert!(fine.stdout.contains("back to serial 4, older are not kept"), "{}", fine.all());
    let refused = sandbox.run(["rollback", "3", "--yes"]).exits(1);
    assert!(refused.stderr.contains("not kept any more"), "{}", refused.all());
    let ended = sandbox.run(["history"]).exits(0);
    assert!(ended.stdout.contains("is not kept any more"), "{}", ended.all());
}

#[test]
fn a_head_that_is_too_large_is_replaced() {
    for size in [9_000, 300_000] {
        let sandbox = four();
        sandbox.write("mirror/head.json", vec![b' '; size]);
        let _named = told(&sandbox, &["`head.json` has more than 8192 bytes", "--restore-head"]);
        let _restored = sandbox.run(["doctor", "--restore-head", "4", "--yes"]).exits(0);
        let head: serde_json::Value =
            serde_json::from_str(&sandbox.read("mirror/head.json")).unwrap();
        assert_eq!(head["serial"], 5);
        let _settled = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
        let _fine = sandbox.run(["doctor"]).exits(0);
    }
}

#[test]
fn a_folder_in_the_way_of_head_is_named() {
    let sandbox = four();
    remove(&sandbox, "mirror/head.json");
    std::fs::create_dir(sandbox.path("mirror/head.json")).unwrap();
    let help = "remove that folder: `head.json` is to be a file";
    let _named = told(&sandbox, &["a folder is in the way of `head.json`", help]);
    for command in [&["doctor", "--restore-head", "4", "--yes"][..], &["plan"], &["apply", "--yes"]]
    {
        let refused = sandbox.run(command.iter().copied()).exits(1);
        assert!(refused.stderr.contains("a folder is in the way"), "{}", refused.all());
        assert!(refused.stderr.contains(help), "{}", refused.all());
    }
    std::fs::remove_dir(sandbox.path("mirror/head.json")).unwrap();
    let _restored = sandbox.run(["doctor", "--restore-head", "4", "--yes"]).exits(0);
    let _fine = sandbox.run(["doctor"]).exits(0);
}

#[test]
fn what_a_newer_depstate_wrote_is_not_replaced() {
    // HEAD: its generation is gone, which else would be reason enough.
    let sandbox = four();
    let newer = sandbox.read("mirror/head.json").replace("\"format\":1", "\"format\":2");
    sandbox.write("mirror/head.json", &newer);
    remove(&sandbox, &generation(&sandbox, 4));
    let refused = sandbox.run(["doctor", "--restore-head", "3", "--yes"]).exits(1);
    assert!(refused.stderr.contains("store-newer"), "{}", refused.all());
    assert!(refused.stderr.contains("`head.json` has format 2"), "{}", refused.all());
    assert_eq!(sandbox.read("mirror/head.json"), newer);
    // A generation.
    let sandbox = four();
    let key = generation(&sandbox, 4);
    // Its own comes first in canonical JSON behind what it holds; the parent's stays as it is.
    let mut json: serde_json::Value = serde_json::from_str(&sandbox.read(&key)).unwrap();
    json["format"] = 2.into();
    sandbox.write(&key, json.to_string());
    remove(&sandbox, "mirror/head.json");
    let _listed = told(&sandbox, &["format 2: a newer depstate wrote it"]);
    let refused = sandbox.run(["doctor", "--restore-head", "4", "--yes"]).exits(1);
    assert!(refused.stderr.contains("store-newer"), "{}", refused.all());
    assert!(!sandbox.exists("mirror/head.json"));
    let _older = sandbox.run(["doctor", "--restore-head", "3", "--yes"]).exits(0);
}

#[test]
fn views_that_are_too_large_are_made_again() {
    for view in ["mirror/views/index.json", "mirror/views/hello.json"] {
        let sandbox = four();
        let right = sandbox.read(view);
        let huge = fs_err::File::create(sandbox.path(view)).unwrap();
        huge.set_len(300_000_000).unwrap();
        if view.ends_with("hello.json") {
            // A view is looked at where the list says that it is stale.
            remove(&sandbox, "mirror/views/index.json");
        }
        let noted = sandbox.run(["doctor"]).exits(0);
        assert!(noted.stdout.contains("1 view other than HEAD says"), "{}", noted.all());
        let _nothing_else = sandbox.run(["apply", "--yes"]).exits(0);
        assert_eq!(sandbox.read(view), right);
        let fine = sandbox.run(["doctor"]).exits(0);
        assert!(fine.stdout.contains("they are those of HEAD"), "{}", fine.all());
    }
}
