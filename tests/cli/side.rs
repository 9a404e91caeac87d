//! Side documents from apply to gc, by the real program.

use serde_json::Value;

use crate::support::{place::Kind, place::Place, sandbox::Sandbox};

fn manifest(kind: Kind, more: &str) -> String {
    format!(
        "[project]\nname = \"side\"\n{}\
         [dependencies.hello]\n\
         source = {{ driver = \"dir\", path = \"upstream\" }}\n\
         lines = [{{ constraint = \"*\" }}]\n{more}",
        kind.table()
    )
}

/// Published with an older text, then with a newer.
fn told(kind: Kind, more: &str) -> (Sandbox, Place) {
    let place = Place::empty(kind);
    let mut sandbox = Sandbox::with(&manifest(kind, more));
    sandbox.write("upstream/hello-1.0.0.tar.gz", "hello");
    place.attach(&mut sandbox);
    let _published = sandbox.run(["apply", "--yes"]).exits(0);
    (sandbox, place)
}

fn sides(place: &Place) -> Vec<String> {
    place.objects().into_keys().filter(|key| key.starts_with("side/")).collect()
}

fn record(place: &Place) -> Value {
    let objects = place.objects();
    let view: Value = serde_json::from_slice(&objects["views/hello.json"]).unwrap();
    view["records"][0].clone()
}

#[test]
fn every_artifact_is_told_of_beside_its_record() {
    for kind in [Kind::Fs, Kind::S3] {
        let (sandbox, place) = told(kind, "");
        let (all, record) = (sides(&place), record(&place));
        assert_eq!(record["side"], Value::from(all.clone()), "sorted, and no other");
        assert_eq!(all.len(), 2);
        let folder = record["key"].as_str().unwrap().replacen("artifacts/", "side/", 1);
        assert_eq!(all, [format!("{folder}.cdx.json"), format!("{folder}.provenance.json")]);
        assert_eq!(
            (&record["sbom"], &record["provenance"]),
            (&all[0].clone().into(), &all[1].clone().into())
        );
        let objects = place.objects();
        let said: Value = serde_json::from_slice(&objects[&all[1]]).unwrap();
        assert_eq!(said["subject"][0]["digest"]["sha256"], record["sha256"]);
        let tx = record["key"].as_str().unwrap().split('/').nth(4).unwrap();
        assert_eq!(said["predicate"]["runDetails"]["metadata"]["invocationId"], *tx);
        // Again: nothing is written.
        let _again = sandbox.run(["apply", "--yes"]).exits(0);
        assert_eq!(place.objects(), objects);
        let _whole = sandbox.run(["verify", "--deep"]).exits(0);
    }
}

#[test]
fn an_update_tells_anew_only_what_it_changes() {
    let (sandbox, place) = told(Kind::Fs, "");
    let (first, then) = (sides(&place), record(&place));
    // `stacks` is no part of either document.
    sandbox.write("deps.toml", manifest(Kind::Fs, "metadata = { channel = \"lts\" }\n"));
    let _updated = sandbox.run(["apply", "--yes"]).exits(0);
    assert_eq!(sides(&place), first);
    assert_ne!(record(&place), then);
    sandbox.write("deps.toml", manifest(Kind::Fs, "licenses = [\"MIT\"]\n"));
    let _updated = sandbox.run(["apply", "--yes"]).exits(0);
    let now = record(&place);
    assert_eq!((&now["key"], &now["published"]), (&then["key"], &then["published"]));
    assert_eq!(sides(&place).len(), 4, "the old ones wait");
    assert_ne!(now["side"], then["side"]);
    let _whole = sandbox.run(["verify", "--deep"]).exits(0);
    // Who wrote the bytes is not known of a later document, and not told.
    let key = now["provenance"].as_str().unwrap();
    let said: Value = serde_json::from_slice(&place.objects()[key]).unwrap();
    assert!(said["predicate"]["runDetails"]["builder"].get("version").is_none(), "{said}");
    // Back, and with what was said then.
    let _back = sandbox.run(["rollback", "2", "--yes"]).exits(0);
    assert_eq!(record(&place)["side"], then["side"]);
    let _whole = sandbox.run(["verify", "--deep"]).exits(0);
    // Forward, and what is past its grace goes.
    let grace = "[retention]\ngrace = \"0s\"\n";
    sandbox.write("deps.toml", manifest(Kind::Fs, "licenses = [\"MIT\"]\n") + grace);
    let _forward = sandbox.run(["apply", "--yes"]).exits(0);
    let kept = record(&place);
    let _collected = sandbox.run(["gc", "--yes"]).exits(0);
    assert_eq!(Value::from(sides(&place)), kept["side"]);
    let _whole = sandbox.run(["verify", "--deep"]).exits(0);
    // What was said then is gone, and is written again.
    let _back = sandbox.run(["rollback", "2", "--yes"]).exits(0);
    let again = record(&place);
    assert!(again["metadata"].get("licenses").is_none());
    assert_ne!(again["side"], then["side"]);
    let _whole = sandbox.run(["verify", "--deep"]).exits(0);
    let idle = sandbox.run(["rollback", "2", "--yes"]).exits(0);
    assert!(idle.stdout.starts_with("No changes."), "{}", idle.all());
}

#[test]
fn a_side_document_that_is_gone_or_altered_is_found() {
    let (sandbox, place) = told(Kind::Fs, "");
    let all = sides(&place);
    let path = |key: &str| sandbox.path(&format!("mirror/{key}"));
    let whole = std::fs::read(path(&all[0])).unwrap();
    let text = String::from_utf8(whole.clone()).unwrap();
    for (other, exit) in [
        (text.replace("tofu", "given"), 3),
        ("{}".to_owned(), 3),
        (text.replace(record(&place)["sha256"].as_str().unwrap(), &"0".repeat(64)), 3),
    ] {
        std::fs::write(path(&all[0]), other).unwrap();
        let ran = sandbox.run(["verify", "--deep"]).exits(exit);
        assert!(ran.all().contains("object-altered"), "{}", ran.all());
        assert!(ran.all().contains(".cdx.json"), "{}", ran.all());
    }
    std::fs::write(path(&all[0]), whole).unwrap();
    let _whole = sandbox.run(["verify", "--deep"]).exits(0);
    std::fs::remove_file(path(&all[1])).unwrap();
    for arguments in [&["verify"][..], &["verify", "--deep"]] {
        let ran = sandbox.run(arguments.iter().copied()).exits(3);
        assert!(ran.all().contains("object-missing"), "{}", ran.all());
        assert!(ran.all().contains("--rebuild"), "{}", ran.all());
    }
}

#[test]
fn the_shape_that_dep_server_had() {
    let more = "cpe = \"cpe:2.3:a:x:hello:{{ version }}:*:*:*:*:*:*:*\"\nlicenses = [\"MIT\"]\n";
    let (_sandbox, place) = told(Kind::Fs, more);
    let objects = place.objects();
    let all: Value = serde_json::from_slice(&objects["views/dependency/hello.json"]).unwrap();
    let one = all[0].as_object().unwrap();
    let names: Vec<&str> = one.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "cpe",
            "created_at",
            "deprecation_date",
            "licenses",
            "modified_at",
            "name",
            "purl",
            "sha256",
            "source",
            "source_sha256",
            "stacks",
            "uri",
            "version",
        ]
    );
    assert_eq!((&one["name"], &one["version"]), (&"hello".into(), &"1.0.0".into()));
    assert!(one["created_at"].as_str().unwrap().ends_with("+00:00"));
    assert_eq!(one["licenses"], serde_json::json!(["MIT"]));
}
