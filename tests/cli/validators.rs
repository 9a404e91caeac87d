//! What is said of artifacts, read by libraries that others have written (Python).

use std::{collections::BTreeMap, path::Path, process::Command};

use depstate::{
    model::{
        BuildEvidence, Digest, Evidence, ExtraFile, InputName, Metadata, Over, Record, Revision,
        Sha256, Signer, Snapshot, TestEvidence, Tx,
    },
    wire::{
        feed::encode_feed, provenance::Maker, sbom::encode_set_sbom, side::SideKind, view::Stamp,
    },
};

use crate::{
    state::fixture::{Bucket, address, record},
    support::{moto::say, reliability, sandbox::Sandbox},
};

/// Says which Python has the libraries.
const PYTHON: &str = "DEPSTATE_TEST_VALIDATORS";

/// Lets the libraries read a folder; none: there are none, which is said loudly.
fn check(purpose: &str, folder: &Path) -> Option<serde_json::Value> {
    let Some(python) = std::env::var_os(PYTHON) else {
        assert!(
            std::env::var("DEPSTATE_TEST_INTEROP").as_deref() != Ok("required"),
            "`{PYTHON}` names no Python with the validators: see .ci/run"
        );
        say(&format!("INTEROP DID NOT RUN: {purpose}: set `{PYTHON}` as .ci/run does"));
        return None;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/validators/check.py");
    let ran = Command::new(python).arg(script).arg(folder).output().unwrap();
    let out = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success(), "{out}{}", String::from_utf8_lossy(&ran.stderr));
    say(&format!("INTEROP RAN: {purpose}: {}", out.trim_end()));
    Some(serde_json::from_str(&out).unwrap())
}

const DESCRIBED: &str = r#"
[project]
name = "described"
[storage]
driver = "fs"
path = "mirror"
public-url = "https://deps.example.com/d"
[targets]
linux-amd64 = { os = "linux", arch = "amd64", stacks = ["io.buildpacks.stacks.jammy"] }
linux-arm64 = { os = "linux", arch = "arm64" }
[dependencies.hello]
name = "Hello & <goodbye>"
source = { driver = "dir", path = "upstream", asset = "hello-*" }
lines = [{ constraint = "*", keep = "all", eol = "2030-01-31" }]
targets = ["linux-amd64", "linux-arm64"]
licenses = ["MIT OR Apache-2.0", "BSD-3-Clause"]
cpe = "cpe:2.3:a:example:hello:{{ version }}:*:*:*:*:*:*:*"
purl = "pkg:generic/hello@{{ version }}?arch={{ arch }}&checksum=sha256:{{ sha256 }}"
[dependencies.bye]
source = { driver = "dir", path = "upstream", asset = "bye-*" }
lines = [{ constraint = "*" }]
licenses = ["MIT", "Zlib"]
"#;

#[test]
fn what_an_apply_wrote_is_read_by_others() {
    let sandbox = Sandbox::with(DESCRIBED);
    for version in ["1.0.0", "1.1.0"] {
        sandbox.release(version);
        sandbox.write(&format!("upstream/bye-{version}.tgz"), format!("bye {version}"));
    }
    let _published = sandbox.run(["apply", "--yes"]).exits(0);
    let Some(found) = check("apply", &sandbox.path("mirror")) else { return };
    // Four of `hello`, one of `bye`, and the set.
    assert_eq!((&found["provenances"], &found["sboms"]), (&5.into(), &6.into()), "{found}");
    assert_eq!((&found["entries"], &found["purls"]), (&5.into(), &8.into()), "{found}");
    reliability::record("described", &found);
}

fn digest(text: &str) -> Sha256 {
    Sha256::of(text.as_bytes())
}

/// A record with all that can stand in one, in a text that no format likes.
fn full(executor: &str, licenses: &[&str]) -> Record {
    let address = address("odd@1.0+b~2/linux");
    let tx = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    let key = format!("artifacts/odd/1.0~2bb~7e2/linux/{tx}/odd~20file.tgz");
    let key = depstate::model::ObjectKey::new(key);
    let base = record(address, key, Revision("r".to_owned()), executor);
    let odd = "]]>&\r\n<x a='\"'>\u{1}\u{7f}\u{fffe}é\u{202e}";
    let extra = ExtraFile {
        version: "5.0".to_owned(),
        url: "https://example.org/apcu 5.0.tgz?a=b#c".to_owned(),
        size: Some(3),
        sha256: Some(digest("apcu")),
        evidence: Evidence::ChecksumFile,
    };
    let image = format!("example.org/build@sha256:{}", digest("image"));
    let mut source = base.source.clone();
    "registry:odd/-/odd-1.0.tgz".clone_into(&mut source.url);
    source.upstream_digest = Some(format!("sha512:{}", "ab".repeat(64)).parse::<Digest>().unwrap());
    source.extra = BTreeMap::from([("apcu".to_owned(), extra)]);
    Record {
        upstream: odd.to_owned(),
        source,
        evidence: Evidence::Signed,
        signer: Some(Signer { who: format!("openpgp:{odd}"), over: Over::default() }),
        metadata: Metadata {
            name: Some(odd.to_owned()),
            licenses: licenses.iter().map(|it| (*it).to_owned()).collect(),
            cpe: vec!["cpe:2.3:a:odd:odd:1.0:*:*:*:*:*:*:*".to_owned(), odd.to_owned()],
            purl: vec!["pkg:generic/odd@1.0".to_owned(), "pkg:github/o/odd@1.0".to_owned()],
            eol: Some("2030-01-31".parse().unwrap()),
            ..Metadata::default()
        },
        inputs: ["source", "./build.sh", "patches/a.patch", "needs.php", "env.CFLAGS", odd]
            .map(|name| (InputName(name.to_owned()), digest(name)))
            .into(),
        build: Some(BuildEvidence {
            contract: 1,
            executor: executor.to_owned(),
            image: Some(image.clone()),
            network: true,
            reproduced: Some(true),
            log_sha256: digest("log"),
            duration_ms: 1234,
        }),
        test: Some(TestEvidence {
            executor: executor.to_owned(),
            image: Some(image),
            log_sha256: digest("test"),
            duration_ms: 5,
        }),
        ..base
    }
}

fn stamp(public_url: Option<&str>) -> Stamp {
    Stamp { lineage: "l".to_owned(), serial: 7, public_url: public_url.map(str::to_owned) }
}

#[tokio::test]
async fn odd_texts_and_everything_that_a_record_can_say() {
    let folder = tempfile::tempdir().unwrap();
    let bucket = Bucket::new();
    bucket.publish(&["ruby@1/any"]).await;
    let mut snapshot: Snapshot = bucket.read().await.unwrap();
    let tx = Tx("01ARZ3NDEKTSV4RRFFQ69G5FAV".to_owned());
    let maker = Maker { project: "p", tool: "depstate 0.1.0", tx: &tx };
    let executors = ["host", "sandbox (bubblewrap)", "container (podman 5)", "repack"];
    let licenses: [&[&str]; 4] = [
        &[],
        &["MIT"],
        &["MIT OR Zlib", "GPL-2.0-only WITH Classpath-exception-2.0"],
        &["no such"],
    ];
    for (n, executor) in executors.into_iter().enumerate() {
        let mut record = full(executor, licenses[n]);
        for kind in SideKind::ALL {
            let bytes = kind.encode(&record, &maker).unwrap();
            assert_eq!(kind.encode(&record, &maker).unwrap(), bytes, "the same twice");
            assert_eq!(kind.decode(&bytes).unwrap(), (record.sha256, Some("0.1.0".to_owned())));
            std::fs::write(folder.path().join(format!("{n}{}", kind.suffix())), &bytes).unwrap();
            // What is said does not depend on where it stands, or on the object's state.
            let other = Record {
                side: vec![record.key.clone()],
                revision: Revision("other".to_owned()),
                ..record.clone()
            };
            assert_eq!(kind.encode(&other, &maker).unwrap(), bytes);
        }
        record.address = address(&format!("odd@1.{n}/linux"));
        record.version = record.address.version.clone();
        snapshot.live.insert(record.address.clone(), record);
    }
    for (n, public) in [None, Some("https://deps.example.com/a&b")].into_iter().enumerate() {
        let stamp = stamp(public);
        let feed = encode_feed(&snapshot, &stamp).unwrap();
        assert_eq!(depstate::wire::feed::decode_feed_stamp(&feed).unwrap(), stamp);
        assert!(!feed.contains(&b'\r') && !feed.contains(&1), "control characters in XML");
        std::fs::write(folder.path().join(format!("{n}.atom")), feed).unwrap();
        let set = encode_set_sbom(&snapshot, &stamp).unwrap();
        assert_eq!(depstate::wire::sbom::decode_set_stamp(&set).unwrap(), stamp);
        std::fs::write(folder.path().join(format!("set{n}.cdx.json")), set).unwrap();
    }
    let Some(found) = check("odd texts", folder.path()) else { return };
    assert_eq!((&found["provenances"], &found["sboms"]), (&4.into(), &6.into()), "{found}");
    assert_eq!((&found["feeds"], &found["entries"]), (&2.into(), &10.into()), "{found}");
}

#[tokio::test]
async fn a_feed_has_the_newest_hundred() {
    let bucket = Bucket::new();
    bucket.publish(&["ruby@1/any"]).await;
    let mut snapshot = bucket.read().await.unwrap();
    let old = snapshot.live.values().next().unwrap().clone();
    for n in 2..=150 {
        let address = address(&format!("ruby@{n}/any"));
        let published = old.published + jiff::SignedDuration::from_secs(n);
        snapshot.live.insert(address.clone(), Record { address, published, ..old.clone() });
    }
    let feed = String::from_utf8(encode_feed(&snapshot, &stamp(None)).unwrap()).unwrap();
    assert_eq!(feed.matches("<entry>").count(), 100);
    assert!(feed.contains("ruby@150/any") && !feed.contains("ruby@50/any:"), "{feed}");
    assert!(feed.find("ruby@150/any").unwrap() < feed.find("ruby@51/any").unwrap());
    assert!(feed.contains("href=\"../artifacts/ruby/1/any/"), "{feed}");
}
