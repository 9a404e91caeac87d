//! The plan's JSON: its schema, its digest, and files that were tampered with.

use std::collections::BTreeMap;

use super::*;
use crate::model::{
    Address, BaseHead, Basis, Evidence, Facts, Finding, InputDigest, InputName, Metadata,
};

fn facts(text: &str) -> Facts {
    let sum = Sha256::of(text.as_bytes());
    Facts {
        input: Some(InputDigest(sum)),
        sha256: Some(sum),
        url: format!("https://example.org/{text}"),
        evidence: Evidence::ChecksumFile,
        signer: None,
        size: Some(7),
        metadata: Metadata {
            name: Some("Ruby".to_owned()),
            licenses: vec!["MIT".to_owned()],
            eol: Some("2027-04-30".parse().unwrap()),
            extra: BTreeMap::from([("free".to_owned(), json!({"a": 1}))]),
            ..Metadata::default()
        },
    }
}

fn step(name: &str, action: Action, reason: Reason) -> Step {
    Step {
        address: name.parse().unwrap(),
        action,
        reason,
        before: (action != Action::Create).then(|| facts("before")),
        after: (action != Action::Retire).then(|| facts("after")),
        artifact: None,
        record: None,
        bytes: action.moves_bytes().then_some(7),
        needs: Vec::new(),
    }
}

/// A plan with every reason.
fn plan() -> Plan {
    let line = || "22.*".to_owned();
    let retire = |why| (Action::Retire, Reason::NotWanted(why));
    let reasons = vec![
        (Action::Create, Reason::NewRelease { line: line() }),
        (Action::Create, Reason::NotPublished),
        (Action::Create, Reason::NewTarget),
        (Action::Create, Reason::Doomed),
        (Action::Rebuild, Reason::SourceChanged),
        (
            Action::Rebuild,
            Reason::InputChanged {
                changed: vec![InputName::source()],
                added: vec![InputName::file("build/a.patch")],
                removed: Vec::new(),
            },
        ),
        (Action::Repair, Reason::ObjectMissing),
        (Action::Repair, Reason::ObjectAltered { recorded: 1, found: 2 }),
        (Action::Adopt, Reason::NotLocked),
        (Action::Update, Reason::WantedAgain),
        (Action::Update, Reason::MetadataChanged),
        (Action::Update, Reason::RevisionChanged),
        retire(NotWanted::LineKeeps { line: line(), keep: 2 }),
        retire(NotWanted::Excluded { reason: Some("glibc".to_owned()) }),
        retire(NotWanted::Excluded { reason: None }),
        retire(NotWanted::NoLine),
        retire(NotWanted::TargetGone),
        retire(NotWanted::DependencyGone),
    ];
    let steps = reasons
        .into_iter()
        .enumerate()
        .map(|(n, (action, reason))| step(&format!("ruby@{n}/any"), action, reason))
        .collect();
    Plan {
        basis: Basis {
            project: "p".to_owned(),
            base: Some(BaseHead { lineage: "l".to_owned(), serial: 41, nonce: "n".to_owned() }),
            manifest_sha256: Sha256::of(b"toml"),
            lock_sha256: None,
            as_of: "2025-03-01T12:00:00Z".parse().unwrap(),
        },
        steps,
        unchanged: vec!["node@1/any".parse().unwrap()],
        filtered: 3,
        blind: vec![Blind { dependency: None, why: "the storage was not asked".to_owned() }],
        findings: vec![Finding {
            severity: Severity::Error,
            code: Code::AMBIGUOUS_VERSION,
            dependency: None,
            address: None,
            message: "two names".to_owned(),
            help: None,
            span: None,
        }],
        lock_changes: true,
    }
}

fn saved() -> Value {
    encode(&plan(), json!({ "filters": ["ruby"] }))
}

#[test]
fn every_plan_fits_its_schema() {
    let schema = jsonschema::draft7::new(&plan_schema()).unwrap();
    let mut empty = plan();
    empty.basis.base = None;
    empty.basis.lock_sha256 = Some(Sha256::of(b"lock"));
    empty.steps.clear();
    for document in [saved(), encode(&empty, Value::Null)] {
        let wrong: Vec<String> = schema.iter_errors(&document).map(|e| e.to_string()).collect();
        assert_eq!(wrong, [""; 0]);
    }
    // The schema says what is there: without any of it a plan does not fit.
    for name in saved().as_object().unwrap().keys() {
        let mut less = saved();
        less.as_object_mut().unwrap().remove(name);
        assert!(!schema.is_valid(&less), "{name}");
    }
}

#[test]
fn a_saved_plan_comes_back() {
    let text = serde_json::to_vec_pretty(&saved()).unwrap();
    let back = decode(&text).unwrap();
    assert_eq!(back.basis(), Some(plan().basis));
    assert_eq!(back.options["filters"], json!(["ruby"]));
    assert_eq!(back.actions.len(), 18);
    let first = &back.actions[0];
    assert_eq!(first.reason.code, "new-release");
    assert_eq!(first.reason.detail, json!({ "line": "22.*" }));
    assert_eq!((first.before.clone(), first.after.clone()), (None, Some(facts("after"))));
    assert_eq!((back.summary.create, back.summary.retire, back.summary.filtered), (4, 6, 3));
    assert_eq!((back.summary.unchanged, back.summary.lock_changes), (1, true));
    let codes: Vec<&str> = back.diagnostics.iter().map(|d| d.code.as_str()).collect();
    assert_eq!(codes, ["ambiguous-version", "could-not-check"]);
    assert_eq!(back.undecided().count(), 0);
    let mut open = plan();
    let after = open.steps[0].after.as_mut().unwrap();
    (after.sha256, after.input) = (None, None);
    let back = decode(encode(&open, Value::Null).to_string().as_bytes()).unwrap();
    let undecided: Vec<String> = back.undecided().map(Address::to_string).collect();
    assert_eq!(undecided, ["ruby@0/any"]);
}

#[test]
fn the_digest_covers_what_the_plan_stands_on_and_does() {
    let before = digest(&saved());
    assert_eq!(saved()["digest"], json!(before));
    let changed = |path: &str, value: Value| {
        let mut document = saved();
        *document.pointer_mut(path).unwrap() = value;
        (document.clone(), digest(&document))
    };
    for path in [
        "/project",
        "/base/serial",
        "/base/nonce",
        "/manifest_sha256",
        "/lock_sha256",
        "/options/as_of",
        "/actions/0/address",
        "/actions/0/action",
        "/actions/0/reason/detail/line",
        "/actions/0/after/sha256",
        "/actions/5/before/url",
    ] {
        let (document, after) = changed(path, json!("changed"));
        assert_ne!(after, before, "{path}");
        assert!(decode(document.to_string().as_bytes()).is_err(), "{path}");
    }
    for path in ["/tool", "/summary/create", "/diagnostics", "/actions/0/bytes"] {
        assert_eq!(changed(path, json!(9)).1, before, "{path}");
    }
    let mut fewer = saved();
    fewer["actions"].as_array_mut().unwrap().pop();
    assert_ne!(digest(&fewer), before);
    // The order of fields in the file does not count.
    let text = saved().to_string();
    assert_eq!(digest(&serde_json::from_str(&text).unwrap()), before);
    assert_ne!(digest(&encode(&plan(), json!({ "filters": [] }))), before);
}

#[test]
fn what_is_no_plan_is_refused() {
    let mut newer = saved();
    newer["format_version"] = json!("2");
    let deep = "[".repeat(100_000);
    for (text, word) in [
        (String::new(), "no JSON"),
        ("\u{0}\u{1}".to_owned(), "no JSON"),
        (deep, "no JSON"),
        ("{}".to_owned(), "no plan"),
        ("[]".to_owned(), "no plan"),
        ("{\"format_version\":\"1\"}".to_owned(), "shape"),
        (newer.to_string(), "format `2`"),
        (saved().to_string().replace("ruby@1/any", "ruby@2/any"), "was changed"),
    ] {
        let error = decode(text.as_bytes()).unwrap_err();
        assert_eq!(error.code(), Code::PLAN_FILE);
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn every_code_has_its_page() {
    let codes = codes();
    let list = codes["codes"].as_array().unwrap();
    assert_eq!(list.len(), PAGES.len());
    assert_eq!(list[0]["code"], json!(PAGES[0].code));
    assert!(list.iter().all(|page| !page["text"].as_str().unwrap().is_empty()));
}
