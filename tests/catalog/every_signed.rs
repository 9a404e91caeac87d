//! Every entry with `OpenPGP` signatures over its fixture's index: what signature it asks for lies
//! there, made by a key of ours over bytes of ours, so that the rule itself is tried.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use depstate::{catalog::Entry, model::Sha256};
use sha2::Digest as _;

use super::recorded::{
    DAY, MANIFEST, arguments, array, configuration, path, recorded, serve, unsigned,
};
use crate::{
    signatures::gpg::Gpg,
    support::{
        golden::golden,
        sandbox::{Ran, Sandbox},
        upstream::{Answer, Upstream},
    },
};

const THEN: &str = "20260101T000000";
const SIZE: usize = 256;

/// An upstream that signs, and a project that follows it.
struct World {
    upstream: Upstream,
    sandbox: Sandbox,
    /// Every file of ours by its path; those that are signed can be asked for.
    there: BTreeMap<String, Vec<u8>>,
}

/// Bytes that nobody else has, as many for each file: some indexes promise how many.
fn ours(url: &str) -> Vec<u8> {
    format!("{:<SIZE$}", format!("our bytes for {url}")).into_bytes()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// The artifacts of deps.lock, each with its version.
fn artifacts(lock: &str) -> Vec<(String, toml::Value)> {
    let lock: toml::Table = toml::from_str(lock).unwrap();
    let mut found = Vec::new();
    for dependency in lock["dependency"].as_array().unwrap() {
        for release in array(dependency, "release") {
            let version = release["version"].as_str().unwrap();
            let each = array(release, "artifact").iter();
            found.extend(each.map(|artifact| (version.to_owned(), artifact.clone())));
        }
    }
    found
}

fn word<'a>(artifact: &'a toml::Value, key: &str) -> &'a str {
    artifact.get(key).and_then(|value| value.as_str()).unwrap_or_default()
}

impl World {
    /// The recording with our bytes' digests for upstream's, and a project with the entry, in which
    /// the key `up` is pinned.
    fn new(entry: &Entry, gpg: &Gpg) -> Self {
        let id = entry.id.as_str();
        let mut recorded = recorded(id);
        let (upstream, sandbox) = (Upstream::start(), Sandbox::with(MANIFEST));
        let mut hosts = serve(&recorded, &upstream);
        hosts.insert("github.com".to_owned());
        sandbox.configure(&configuration(&upstream, &hosts));
        let mut arguments = arguments(id, &recorded);
        arguments.push("--dry-run");
        let block = sandbox.run(arguments).exits(0).stdout;
        // Which files there are: what is locked where nothing has to be signed.
        sandbox.write("deps.toml", format!("{MANIFEST}\n{}", unsigned(&block)));
        let _locked = sandbox.run(["lock", "--as-of", DAY]).exits(0);
        let mut there = BTreeMap::new();
        for (_, artifact) in artifacts(&sandbox.read("deps.lock")) {
            let url = word(&artifact, "url");
            hosts.extend(url.split('/').nth(2).map(str::to_owned));
            let bytes = ours(url);
            let mut changed = Vec::new();
            for key in ["sha256", "sha512", "upstream-digest"] {
                let digest = word(&artifact, key).rsplit(':').next().unwrap();
                changed.push(match digest.len() {
                    64 => (digest.to_owned(), Sha256::of(&bytes).to_string()),
                    128 => (digest.to_owned(), hex(&sha2::Sha512::digest(&bytes))),
                    _ => continue,
                });
            }
            if let Some(size) = artifact.get("size").and_then(toml::Value::as_integer) {
                changed.push((format!(": {size}"), format!(": {SIZE}")));
            }
            for served in &mut recorded.serve {
                for (from, to) in &changed {
                    served.body = served.body.replace(from, to);
                }
            }
            there.insert(path(url), bytes);
        }
        hosts.extend(serve(&recorded, &upstream));
        for (path, bytes) in &there {
            upstream.route(path, Answer::body(bytes.clone()));
        }
        sandbox.configure(&configuration(&upstream, &hosts));
        for served in recorded.serve {
            there.insert(path(&served.url), served.body.into_bytes());
        }
        sandbox.write("deps.toml", format!("{MANIFEST}\n{block}"));
        let [keys] = entry.keys.as_slice() else { panic!("{id}: {} files", entry.keys.len()) };
        sandbox.write(&keys.file, gpg.public("up"));
        let world = Self { upstream, sandbox, there };
        world.forget();
        world
    }

    /// As in a fresh checkout.
    fn forget(&self) {
        std::fs::remove_file(self.sandbox.path("deps.lock")).unwrap();
        std::fs::remove_dir_all(self.sandbox.path(".depstate")).unwrap();
        self.upstream.forget_requests();
    }

    /// The bytes that a signature at that path is over: those at the path without its ending, or,
    /// where signatures lie on another host than files, those of the same name.
    fn signed_by(&self, path: &str) -> Option<&Vec<u8>> {
        let of = path.strip_suffix(".asc").or_else(|| path.strip_suffix(".sig"))?;
        let name = of.rsplit('/').next();
        let named = || self.there.iter().find(|(path, _)| path.rsplit('/').next() == name);
        self.there.get(of).or_else(|| named().map(|(_, bytes)| bytes))
    }

    /// Signs the lists that are clear-signed.
    fn clear_signs(&self, entry: &Entry, gpg: &Gpg, by: &str) {
        let has = |key: &str| entry.get(&["verify", "signature", key]).is_some();
        if !has("of") || has("url") || has("asset") {
            return;
        }
        for (path, bytes) in
            self.there.iter().filter(|(path, _)| path.strip_suffix(".asc").is_some())
        {
            let text = String::from_utf8(bytes.clone()).unwrap();
            self.upstream.route(path, Answer::body(gpg.clear(THEN, by, &text, &[])));
        }
    }

    /// Signs what is asked for and not there, and returns the paths.
    fn signs(&self, asked: &BTreeSet<String>, gpg: &Gpg, by: &str) -> BTreeSet<String> {
        let mut signed = BTreeSet::new();
        for path in asked.iter().filter(|path| !self.there.contains_key(*path)) {
            if let Some(bytes) = self.signed_by(path) {
                let signature = gpg.sign(THEN, by, bytes, &["--armor"]);
                self.upstream.route(path, Answer::body(signature));
                signed.insert(path.clone());
            }
        }
        signed
    }

    fn locks(&self) -> (Ran, BTreeSet<String>) {
        let ran = self.sandbox.run(["lock", "--as-of", DAY]);
        let asked = self.upstream.requests().into_iter().map(|asked| asked.path).collect();
        self.upstream.forget_requests();
        (ran, asked)
    }

    /// Locks, with everything signed by `up`, and then once more with everything by `other`.
    fn tried(&self, entry: &Entry, gpg: &Gpg) -> Result<String, String> {
        self.clear_signs(entry, gpg, "up");
        let (mut ran, mut asked) = self.locks();
        let signed = self.signs(&asked, gpg, "up");
        if !signed.is_empty() {
            (ran, asked) = self.locks();
        }
        if ran.status != 0 {
            return Err(format!("{}: {}asked for {asked:#?}", entry.id, ran.all()));
        }
        let lock = self.sandbox.read("deps.lock");
        self.forget();
        self.clear_signs(entry, gpg, "other");
        self.signs(&signed, gpg, "other");
        let (ran, _) = self.locks();
        if ran.status == 3 && ran.stderr.contains(&gpg.print("other")) {
            Ok(lock)
        } else {
            Err(format!("{} by another key: {}", entry.id, ran.all()))
        }
    }
}

fn entries() -> Vec<Entry> {
    let mut all = depstate::catalog::all().unwrap();
    all.retain(|entry| {
        let kind = entry.get(&["verify", "signature", "kind"]).and_then(|kind| kind.as_str());
        // Node's recording has its own signature.
        kind == Some("openpgp") && entry.id != "node"
    });
    assert!(all.len() >= 15, "{}", all.len());
    all
}

#[test]
fn each_rule_finds_its_signatures_and_trusts_no_other_key() {
    let Some(gpg) = Gpg::new() else { return };
    for name in ["up", "other"] {
        let _print = gpg.key("20250101T000000", name, "ed25519", "sign", "never");
    }
    let signer = format!("openpgp:{}", gpg.print("up"));
    let (mut text, mut wrong) = (String::new(), Vec::new());
    for entry in entries() {
        let lock = match World::new(&entry, &gpg).tried(&entry, &gpg) {
            Ok(lock) => lock,
            Err(why) => {
                wrong.push(why);
                continue;
            }
        };
        for (version, artifact) in artifacts(&lock) {
            let signed = word(&artifact, "evidence") == "signed";
            assert_eq!(word(&artifact, "signer") == signer, signed, "{}", entry.id);
            let over = match (signed, word(&artifact, "signed")) {
                (true, "checksum") => "the list",
                (true, _) => "the file",
                (false, _) => "",
            };
            let line = format!(
                "{:<10} {version:<14} {:<13} {:<13} {over}",
                entry.id,
                word(&artifact, "target"),
                word(&artifact, "evidence")
            );
            writeln!(text, "{}", line.trim_end()).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    golden("catalog/signed", &text);
}
