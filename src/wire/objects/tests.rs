//! Documents of the bucket: what is written is read again, junk is an error, large ones are fast.

use std::collections::BTreeMap;

use super::*;
use crate::model::{
    Evidence, HeadKind, InputDigest, Metadata, ObjectKey, ObjectRef, Over, RecordSource, Revision,
    Sha256, Signer, Tx,
};

fn id() -> DependencyId {
    DependencyId::new("ruby").unwrap()
}

fn record(n: usize) -> Record {
    let address: Address = format!("ruby@{n}/jammy-amd64").parse().unwrap();
    let sum = Sha256::of(&n.to_be_bytes());
    Record {
        build: None,
        inputs: BTreeMap::default(),
        test: None,
        version: address.version.clone(),
        upstream: format!("v{n}"),
        target: address.target.clone(),
        key: ObjectKey::new(format!("artifacts/ruby/{n}/jammy-amd64/TX/ruby-{n}.tgz")),
        size: 12_345_678,
        revision: Revision(format!("\"{}\"", sum.short())),
        sha256: sum,
        input: InputDigest(sum),
        source: RecordSource {
            extra: BTreeMap::default(),
            url: format!("https://example.org/ruby/ruby-{n}.tgz"),
            size: 12_345_678,
            sha256: sum,
            upstream_digest: Some(
                crate::model::Digest::new(crate::model::Algorithm::Sha512, &[7; 64]).unwrap(),
            ),
        },
        evidence: Evidence::Signed,
        signer: Some(Signer {
            who: "openpgp:0123456789ABCDEF0123456789ABCDEF01234567".to_owned(),
            over: Over::Checksum,
        }),
        released: Some("2024-10-29T00:00:00Z".parse().unwrap()),
        published: "2025-03-01T12:00:00.5Z".parse().unwrap(),
        metadata: Metadata {
            licenses: vec!["Ruby".to_owned(), "BSD-2-Clause".to_owned()],
            eol: Some("2027-04-30".parse().unwrap()),
            extra: BTreeMap::from([(
                "é\u{1F600}".to_owned(),
                serde_json::json!({"b": [1.5, null]}),
            )]),
            ..Metadata::default()
        },
        side: Vec::new(),
        address,
    }
}

fn head() -> Head {
    Head {
        format: FORMAT,
        lineage: "2f5f5a0e-7c1e-4c0f-8f27-6f4f0a0d1b11".to_owned(),
        project: "p".to_owned(),
        serial: 41,
        nonce: "n".to_owned(),
        kind: HeadKind::Commit,
        r#gen: Some(ObjectRef { key: ObjectKey::new("gen/x"), sha256: Sha256::of(b"x") }),
        prev_head_sha256: None,
        tx: Some(Tx("T".to_owned())),
        single_writer: false,
        probe: None,
        tool: "depstate 0.1.0".to_owned(),
    }
}

fn generation() -> Generation {
    Generation {
        format: FORMAT,
        serial: 42,
        tx: Tx("T".to_owned()),
        index: BTreeMap::new(),
        condemned: Vec::new(),
        replaced: Vec::new(),
        doomed: vec![ObjectKey::new("artifacts/a")],
        transactions: vec![Tx("T".to_owned())],
        at: "2025-03-01T12:00:00Z".parse().unwrap(),
        by: None,
        summary: BTreeMap::new(),
        parent: head(),
    }
}

#[test]
fn documents_are_canonical_and_come_back() {
    let text = encode_head(&head()).unwrap();
    assert_eq!(decode_head(&text).unwrap(), head());
    let shown = String::from_utf8(text.clone()).unwrap();
    assert!(shown.starts_with("{\"format\":1,\"gen\":{\"key\":\"gen/x\",\"sha256\":"), "{shown}");
    assert!(!shown.contains(": "), "no space between");
    // An embedded HEAD has the bytes that it had on its own.
    let whole = encode_generation(&generation()).unwrap();
    assert_eq!(decode_generation(&whole).unwrap(), generation());
    assert!(String::from_utf8(whole).unwrap().contains(&shown));
    // The order of records does not depend on who hands them in.
    let records: Vec<Record> = (0..20).map(record).collect();
    let there = encode_index(&id(), &records).unwrap();
    assert_eq!(there, encode_index(&id(), records.iter().rev()).unwrap());
    let back = decode_index(&there, &id()).unwrap();
    assert!(records.iter().all(|record| back.records[&record.address] == *record));
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let twice = encode_index(&id(), &[record(1), record(1)]).unwrap();
    let mut wrong = record(2);
    wrong.version = crate::model::Version::new("3").unwrap();
    let wrong = encode_index(&id(), &[wrong]).unwrap();
    let good = encode_index(&id(), &[record(1)]).unwrap();
    let other = DependencyId::new("node").unwrap();
    for (bytes, owner, word) in
        [(&twice, id(), "twice"), (&wrong, id(), "something else"), (&good, other, "not of `node`")]
    {
        let error = decode_index(bytes, &owner).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
    let mut backwards = generation();
    backwards.serial = 41;
    let bytes = encode_generation(&backwards).unwrap();
    assert!(decode_generation(&bytes).unwrap_err().to_string().contains("does not follow"));
    let mut fat = head();
    fat.project = "p".repeat(HEAD_LIMIT);
    assert!(matches!(encode_head(&fat), Err(WireError::TooLarge { .. })));
    assert!(matches!(decode_head(&[b' '; HEAD_LIMIT + 1]), Err(WireError::TooLarge { .. })));
}

#[test]
fn numbers_that_json_would_round_are_not_written() {
    let with = |value: serde_json::Value| {
        let mut record = record(1);
        record.metadata.extra.insert("n".to_owned(), serde_json::json!([{ "deep": value }]));
        encode_index(&id(), &[record])
    };
    assert!(with(serde_json::json!(1_u64 << 53)).is_ok());
    for value in [serde_json::json!((1_u64 << 53) + 1), serde_json::json!(i64::MIN)] {
        assert!(with(value).unwrap_err().to_string().contains("2^53"));
    }
}

#[test]
fn junk_is_an_error_and_a_newer_format_is_named() {
    let deep = "[".repeat(100_000);
    for junk in ["", "null", "{}", "[]", "\u{0}", "{\"format\":1}", "<html>", deep.as_str()] {
        assert!(decode_head(junk.as_bytes()).is_err());
        assert!(decode_generation(junk.as_bytes()).is_err());
        assert!(decode_journal(junk.as_bytes()).is_err());
        assert!(decode_index(junk.as_bytes(), &id()).is_err());
        assert!(crate::wire::view::decode_stamp(junk.as_bytes()).is_err());
        assert!(crate::wire::view::decode_view_index(junk.as_bytes()).is_err());
    }
    // Every prefix of a good document.
    let good = encode_index(&id(), &[record(1)]).unwrap();
    for end in 0..good.len() {
        assert!(decode_index(&good[..end], &id()).is_err());
    }
    let newer = decode_head(b"{\"format\":2,\"all\":\"new\"}").unwrap_err();
    assert!(matches!(newer, WireError::Newer { format: 2, .. }));
    let mut shaped = head();
    shaped.format = 2;
    assert_eq!(decode_head(&encode_head(&shaped).unwrap()).unwrap(), shaped);
}
