//! Entries with `verify.signature` as the catalogue writes it, from `add` to `apply`: upstream's
//! indexes are the fixtures', its files are bytes of ours, and so are the keys.

use super::recorded::{DAY, configuration, path, recorded, serve};
use crate::{
    signatures::{gpg::Gpg, minisign},
    support::{
        sandbox::Sandbox,
        upstream::{Answer, Upstream},
    },
};
use depstate::model::Sha256;

const MANIFEST: &str = "[project]\nname = \"signed\"\n\n[storage]\ndriver = \"fs\"\n\
                        path = \"mirror\"\n\n[targets.linux-amd64]\nos = \"linux\"\n\
                        arch = \"amd64\"\n";
const THEN: &str = "20260101T000000";

/// How upstream signs.
enum How {
    /// A clear-signed list at this address.
    ClearList(&'static str),
    /// A list at this address, and beside it a signature with this ending, armoured or not.
    List(&'static str, &'static str, bool),
    /// A signature beside the file, armoured.
    File(&'static str),
}

struct Case {
    id: &'static str,
    line: &'static str,
    file: &'static str,
    how: How,
    /// A list that nobody signed, which the entry reads too, and whether it is of SHA-512.
    checksum: Option<(&'static str, bool)>,
}

const CASES: [Case; 6] = [
    Case {
        id: "node",
        line: "24",
        file: "https://nodejs.org/dist/v24.11.1/node-v24.11.1-linux-x64.tar.xz",
        how: How::ClearList("https://nodejs.org/dist/v24.11.1/SHASUMS256.txt.asc"),
        checksum: None,
    },
    Case {
        id: "terraform",
        line: "1.13",
        file: "https://releases.hashicorp.com/terraform/1.13.5/terraform_1.13.5_linux_amd64.zip",
        how: How::List(
            "https://releases.hashicorp.com/terraform/1.13.5/terraform_1.13.5_SHA256SUMS",
            ".sig",
            false,
        ),
        checksum: None,
    },
    Case {
        id: "cmake",
        line: "4.2",
        file: "https://github.com/Kitware/CMake/releases/download/v4.2.0/cmake-4.2.0-linux-x86_64.tar.gz",
        how: How::List(
            "https://github.com/Kitware/CMake/releases/download/v4.2.0/cmake-4.2.0-SHA-256.txt",
            ".asc",
            true,
        ),
        checksum: None,
    },
    Case {
        id: "curl",
        line: "8",
        file: "https://curl.se/download/curl-8.17.0.tar.gz",
        how: How::File(".asc"),
        checksum: None,
    },
    Case {
        id: "composer",
        line: "2.9",
        file: "https://github.com/composer/composer/releases/download/2.9.2/composer.phar",
        how: How::File(".asc"),
        checksum: Some(("https://getcomposer.org/download/2.9.2/composer.phar.sha256sum", false)),
    },
    Case {
        id: "maven",
        line: "3.9",
        file: "https://archive.apache.org/dist/maven/maven-3/3.9.11/binaries/apache-maven-3.9.11-bin.tar.gz",
        how: How::File(".asc"),
        checksum: Some((
            "https://archive.apache.org/dist/maven/maven-3/3.9.11/binaries/apache-maven-3.9.11-bin.tar.gz.sha512",
            true,
        )),
    },
];

impl Case {
    fn bytes(&self) -> Vec<u8> {
        format!("the file of {}", self.id).into_bytes()
    }

    fn name(&self) -> &str {
        self.file.rsplit('/').next().unwrap()
    }

    /// An upstream whose file is signed by a key, and a project with the entry that pins `up`.
    fn world(&self, gpg: &Gpg, by: &str) -> (Upstream, Sandbox) {
        let upstream = Upstream::start();
        let sandbox = Sandbox::with(MANIFEST);
        let mut hosts = serve(&recorded(self.id), &upstream);
        hosts.extend(self.file.split('/').nth(2).map(str::to_owned));
        sandbox.configure(&configuration(&upstream, &hosts));
        let bytes = self.bytes();
        let list = format!("{}  {}\n", Sha256::of(&bytes), self.name());
        let put = |url: &str, body: Vec<u8>| {
            upstream.route(&path(url), Answer::body(body));
        };
        let armour = ["--armor"];
        match self.how {
            How::ClearList(url) => put(url, gpg.clear(THEN, by, &list, &[]).into_bytes()),
            How::List(url, ending, armoured) => {
                let how = if armoured { &armour[..] } else { &[] };
                put(&format!("{url}{ending}"), gpg.sign(THEN, by, list.as_bytes(), how));
                put(url, list.clone().into_bytes());
            }
            How::File(ending) => {
                put(&format!("{}{ending}", self.file), gpg.sign(THEN, by, &bytes, &armour));
            }
        }
        match self.checksum {
            Some((url, true)) => put(url, sha512(&bytes).into_bytes()),
            Some((url, false)) => put(url, list.into_bytes()),
            None => {}
        }
        put(self.file, bytes);
        // The signers' real keys have signed no bytes of ours, and `add` takes no other: what it
        // would write is taken, and the file of keys is ours.
        let added = sandbox.run(["add", self.id, "--line", self.line, "--dry-run"]).exits(0);
        assert!(added.stdout.contains("kind = \"openpgp\""), "{}", added.stdout);
        sandbox.write("deps.toml", format!("{MANIFEST}\n{}", added.stdout));
        let keys = depstate::catalog::find(self.id).unwrap().keys;
        let [keys] = keys.as_slice() else { panic!("{}: {} files of keys", self.id, keys.len()) };
        sandbox.write(&keys.file, gpg.public("up"));
        (upstream, sandbox)
    }
}

fn sha512(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    use std::fmt::Write as _;
    sha2::Sha512::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// Locks, plans and applies, and returns deps.lock.
fn published(sandbox: &Sandbox, bytes: &[u8], id: &str) -> String {
    let _locked = sandbox.run(["lock", "--as-of", DAY]).exits(0);
    let plan = sandbox.json(&["plan", "--as-of", DAY, "--locked"]);
    assert_eq!(plan["actions"][0]["after"]["evidence"], "signed", "{id}: {plan}");
    let _applied = sandbox.run(["apply", "--yes", "--as-of", DAY, "--locked"]).exits(0);
    let there = sandbox
        .files("mirror")
        .iter()
        .any(|file| std::fs::read(sandbox.path("mirror").join(file)).unwrap() == bytes);
    assert!(there, "{id}: {:?}", sandbox.files("mirror"));
    sandbox.read("deps.lock")
}

#[test]
fn what_a_pinned_key_signed_is_published_with_its_signer() {
    let Some(gpg) = Gpg::new() else { return };
    let print = gpg.key("20250101T000000", "up", "ed25519", "sign", "never");
    for case in CASES {
        let (_upstream, sandbox) = case.world(&gpg, "up");
        let lock = published(&sandbox, &case.bytes(), case.id);
        let told = format!("evidence = \"signed\"\nsigner = \"openpgp:{print}\"\n");
        assert!(lock.contains(&told), "{}: {lock}", case.id);
        let over_list = !matches!(case.how, How::File(_));
        assert_eq!(lock.contains("signed = \"checksum\""), over_list, "{}: {lock}", case.id);
    }
}

#[test]
fn what_another_key_signed_is_refused() {
    let Some(gpg) = Gpg::new() else { return };
    for name in ["up", "other"] {
        let _print = gpg.key("20250101T000000", name, "ed25519", "sign", "never");
    }
    for case in CASES {
        let (_upstream, sandbox) = case.world(&gpg, "other");
        let refused = sandbox.run(["lock", "--as-of", DAY]).exits(3);
        let other = gpg.print("other");
        assert!(refused.stderr.contains(&other), "{}: {}", case.id, refused.all());
        assert!(!sandbox.exists("deps.lock"), "{}", case.id);
        let _refused = sandbox.run(["apply", "--yes", "--as-of", DAY]).exits(3);
        assert!(sandbox.files("mirror").iter().all(|file| !file.contains(case.id)), "{}", case.id);
    }
}

/// zig's key stands in deps.toml itself.
#[test]
fn a_minisign_key_is_pinned_in_the_manifest() {
    const FILE: &str = "https://ziglang.org/download/0.15.2/zig-x86_64-linux-0.15.2.tar.xz";
    let upstream = Upstream::start();
    let sandbox = Sandbox::with(MANIFEST);
    let hosts = serve(&recorded("zig"), &upstream);
    sandbox.configure(&configuration(&upstream, &hosts));
    // The key pair's one signature is over this word.
    let index = format!(
        "{{\"0.15.2\": {{\"date\": \"2025-10-11\", \"x86_64-linux\": {{\"tarball\": \"{FILE}\", \
         \"shasum\": \"{}\", \"size\": \"4\"}}}}}}",
        Sha256::of(b"test")
    );
    upstream.route("/ziglang.org/download/index.json", Answer::json(&index));
    upstream.route(&path(FILE), Answer::body("test"));
    upstream.route(&path(&format!("{FILE}.minisig")), Answer::body(minisign::SIGNATURE));
    let _added = sandbox.run(["add", "zig", "--line", "0.15"]).exits(0);
    // The key that zig's maintainers have did not sign this.
    let refused = sandbox.run(["lock", "--as-of", DAY]).exits(3);
    assert!(refused.stderr.contains(minisign::ID), "{}", refused.all());
    let zig = "RWSGOq2NVecA2UPNdBUZykf1CCb147pkmdtYxgb3Ti+JO/wCYvhbAb/U";
    let manifest = sandbox.read("deps.toml");
    assert!(manifest.contains(zig), "{manifest}");
    sandbox.write("deps.toml", manifest.replace(zig, minisign::KEY));
    let lock = published(&sandbox, b"test", "zig");
    let told = format!("evidence = \"signed\"\nsigner = \"minisign:{}\"\n", minisign::ID);
    assert!(lock.contains(&told), "{lock}");
}
