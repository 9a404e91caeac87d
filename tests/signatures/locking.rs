//! `verify.signature` from deps.toml to deps.lock, with the real program.

use depstate::model::Sha256;

use super::gpg::Gpg;
use crate::support::{
    golden::golden,
    sandbox::Sandbox,
    upstream::{Answer, Upstream},
};

const THEN: &str = "20260101T000000";
const OF_CHECKSUM: &str = "checksum = { url = \"$BASE/SHA256SUMS\" }\nsignature = { kind = \
    \"openpgp\", of = \"checksum\", url = \"$BASE/SHA256SUMS.asc\", keys = [\"keys/up.asc\"] }";
const OF_FILE: &str =
    "signature = { kind = \"openpgp\", url = \"{{ url }}.asc\", keys = [\"keys/*.asc\"] }";

/// An upstream that signs, and a project that follows it.
struct World {
    gpg: Gpg,
    up: Upstream,
    sandbox: Sandbox,
    rows: Vec<String>,
}

impl World {
    /// With keys `up` and `other`, of which `up` is pinned.
    fn new(verify: &str) -> Option<Self> {
        let gpg = Gpg::new()?;
        let up = Upstream::start();
        let mut world = Self { gpg, up, sandbox: Sandbox::new(), rows: Vec::new() };
        for name in ["up", "other"] {
            let print = world.gpg.key("20250101T000000", name, "ed25519", "sign", "never");
            world.sandbox.replace(&print, &format!("$KEY_{}", name.to_uppercase()));
        }
        world.sandbox.write("keys/up.asc", world.gpg.public("up"));
        let base = world.up.url("");
        world.sandbox.replace(&base, "http://$UPSTREAM");
        world.rule(verify);
        Some(world)
    }

    fn rule(&self, verify: &str) {
        let base = self.up.url("");
        let verify = verify.replace("$BASE", &base);
        self.sandbox.write(
            "deps.toml",
            format!(
                "[project]\nname = \"signed\"\n[storage]\ndriver = \"fs\"\npath = \"mirror\"\n\
                 [dependencies.tool]\nlines = [{{ constraint = \"*\", keep = 2 }}]\n\
                 [dependencies.tool.source]\ndriver = \"http-json\"\nurl = \"{base}/index.json\"\n\
                 select = \".[]\"\nartifact = \"{base}/tool-{{{{ version }}}}.tar.gz\"\n\
                 insecure = true\n[dependencies.tool.verify]\n{verify}\n"
            ),
        );
    }

    fn bytes(version: &str) -> Vec<u8> {
        format!("the bytes of {version}").into_bytes()
    }

    /// Publishes a version and its signature by a key.
    fn release(&mut self, version: &str, by: &str) {
        let bytes = Self::bytes(version);
        let file = format!("/tool-{version}.tar.gz");
        self.rows.push(format!("{}  tool-{version}.tar.gz\n", Sha256::of(&bytes)));
        let signature = self.gpg.sign(THEN, by, &bytes, &["--armor"]);
        self.up.route(&format!("{file}.asc"), Answer::body(signature));
        self.up.route(&file, Answer::body(bytes));
        let names: Vec<String> = self.versions().iter().map(|v| format!("\"{v}\"")).collect();
        self.up.route("/index.json", Answer::json(&format!("[{}]", names.join(","))));
        self.sums(&self.rows.concat(), by);
    }

    fn versions(&self) -> Vec<String> {
        let name = |row: &String| row.split("tool-").nth(1).unwrap().replace(".tar.gz\n", "");
        self.rows.iter().map(name).collect()
    }

    fn sums(&self, text: &str, by: &str) {
        let signature = self.gpg.sign(THEN, by, text.as_bytes(), &["--armor"]);
        self.up.route("/SHA256SUMS", Answer::body(text.to_owned()));
        self.up.route("/SHA256SUMS.asc", Answer::body(signature));
    }

    fn lock(&self) -> String {
        self.sandbox.read("deps.lock")
    }
}

#[test]
fn a_signed_checksum_file_is_evidence_and_is_asked_for_once() {
    let Some(mut world) = World::new(OF_CHECKSUM) else { return };
    world.release("1.0.0", "up");
    world.release("1.1.0", "up");
    let plan = world.sandbox.json(&["plan"]);
    assert_eq!(plan["actions"][0]["after"]["evidence"], "signed", "{plan}");
    assert_eq!(plan["actions"][0]["after"]["signed"], "checksum", "{plan}");
    for file in ["/SHA256SUMS", "/SHA256SUMS.asc"] {
        assert_eq!(world.up.asked(file), 1, "{file}");
    }
    assert_eq!(world.up.asked("/tool-1.1.0.tar.gz"), 0, "a plan downloads nothing");
    let _locked = world.sandbox.run(["lock"]).exits(0);
    assert_eq!(world.up.asked("/tool-1.1.0.tar.gz"), 0, "the digest is known");
    let print = world.gpg.print("up");
    let told =
        format!("evidence = \"signed\"\nsigner = \"openpgp:{print}\"\nsigned = \"checksum\"\n");
    assert_eq!(world.lock().matches(&told).count(), 2, "{}", world.lock());
    let _applied = world.sandbox.run(["apply", "--yes", "--locked"]).exits(0);
    let shown = world.sandbox.json(&["show", "tool@1.1.0/any"]);
    assert_eq!(shown["records"][0]["signer"], "openpgp:$KEY_UP", "{shown}");
    assert_eq!(shown["records"][0]["signed"], "checksum", "{shown}");
    let human = world.sandbox.run(["show", "tool@1.1.0/any"]).exits(0);
    assert!(human.stdout.contains("openpgp:$KEY_UP, over its checksums"), "{}", human.all());
    // The bucket alone gives the same lock again.
    let lock = world.lock();
    std::fs::remove_file(world.sandbox.path("deps.lock")).unwrap();
    let _adopted = world.sandbox.run(["apply", "--yes"]).exits(0);
    // Only the sizes are learnt by the way.
    let known = |line: &&str| !line.starts_with("size = ");
    assert_eq!(
        world.lock().lines().filter(known).collect::<Vec<_>>(),
        lock.lines().collect::<Vec<_>>()
    );
}

#[test]
fn a_signature_over_the_file_is_checked_before_it_is_locked_or_published() {
    let Some(mut world) = World::new(OF_FILE) else { return };
    world.release("1.0.0", "up");
    let plan = world.sandbox.json(&["plan"]);
    assert_eq!(plan["actions"][0]["after"]["sha256"], serde_json::Value::Null, "{plan}");
    assert_eq!(world.up.asked("/tool-1.0.0.tar.gz"), 0, "a plan downloads nothing");
    let _applied = world.sandbox.run(["apply", "--yes"]).exits(0);
    assert_eq!(world.up.asked("/tool-1.0.0.tar.gz"), 1, "it was kept in the cache");
    let print = world.gpg.print("up");
    let told = format!("evidence = \"signed\"\nsigner = \"openpgp:{print}\"\n");
    assert!(world.lock().contains(&told), "{}", world.lock());
    assert!(!world.lock().contains("signed = "), "{}", world.lock());
    let _same = world.sandbox.run(["plan", "--locked", "--detailed-exitcode"]).exits(0);
}

#[test]
fn what_is_not_signed_right_is_refused_and_nothing_changes() {
    let Some(mut world) = World::new(OF_FILE) else { return };
    world.release("1.0.0", "up");
    let _applied = world.sandbox.run(["apply", "--yes"]).exits(0);
    let before = world.lock();
    world.release("1.1.0", "other");
    golden("signatures/another-key", &world.sandbox.run(["update"]).exits(3).all());
    world.up.route("/tool-1.1.0.tar.gz.asc", Answer::status(404));
    golden("signatures/missing", &world.sandbox.run(["update"]).exits(3).all());
    let over_others = world.gpg.sign(THEN, "up", b"other bytes", &["--armor"]);
    world.up.route("/tool-1.1.0.tar.gz.asc", Answer::body(over_others));
    golden("signatures/other-bytes", &world.sandbox.run(["update"]).exits(3).all());
    let end = world.gpg.key("20250101T000000", "short", "ed25519", "sign", "1y");
    world.sandbox.replace(&end, "$KEY_SHORT");
    world.sandbox.write("keys/up.asc", world.gpg.public("short"));
    world.gpg.run("20250201T000000", &["--quick-set-expire", &end, "0"]);
    let late = world.gpg.sign("20260201T000000", "short", &World::bytes("1.1.0"), &["--armor"]);
    world.up.route("/tool-1.1.0.tar.gz.asc", Answer::body(late));
    golden("signatures/expired-key", &world.sandbox.run(["update"]).exits(3).all());
    let whole = world.gpg.sign(THEN, "up", &World::bytes("1.1.0"), &["--armor"]);
    world.up.route("/tool-1.1.0.tar.gz.asc", Answer::body(whole[..whole.len() / 2].to_vec()));
    golden("signatures/truncated", &world.sandbox.run(["update"]).exits(3).all());
    let _apply = world.sandbox.run(["apply", "--yes", "--update"]).exits(3);
    assert_eq!(world.lock(), before);
}

#[test]
fn another_signer_in_place_of_the_pinned_one_is_refused_until_it_is_accepted() {
    let Some(mut world) = World::new(OF_FILE) else { return };
    world.release("1.0.0", "up");
    let _applied = world.sandbox.run(["apply", "--yes"]).exits(0);
    let before = world.lock();
    // The key file has another key, deps.toml is as it was.
    world.sandbox.write("keys/up.asc", world.gpg.public("other"));
    world.release("1.1.0", "other");
    golden("signatures/signer-changed", &world.sandbox.run(["update"]).exits(3).all());
    assert_eq!(world.lock(), before);
    let _apply = world.sandbox.run(["apply", "--yes", "--update"]).exits(3);
    let accepted = world.sandbox.run(["lock", "--accept", "tool@1.1.0/any"]).exits(0);
    assert!(world.lock().contains(&world.gpg.print("other")), "{}{}", accepted.all(), world.lock());
    let _settled = world.sandbox.run(["plan", "--locked"]).exits(0);
}

#[test]
fn a_signer_whom_the_rule_names_too_is_a_line_of_its_own() {
    let Some(mut world) = World::new(OF_FILE) else { return };
    world.sandbox.write("keys/other.asc", world.gpg.public("other"));
    world.release("1.0.0", "up");
    let _locked = world.sandbox.run(["lock"]).exits(0);
    world.release("1.1.0", "other");
    let update = world.sandbox.run(["update"]).exits(0);
    golden("signatures/signer-named", &update.all());
    assert!(world.lock().contains(&world.gpg.print("other")), "{}", world.lock());
}

#[test]
fn the_plan_of_a_decided_lock_tells_of_another_signer_too() {
    let Some(mut world) = World::new(OF_FILE) else { return };
    world.sandbox.write("keys/other.asc", world.gpg.public("other"));
    world.release("1.0.0", "up");
    let _applied = world.sandbox.run(["apply", "--yes"]).exits(0);
    world.release("1.1.0", "other");
    // Once, by whoever looks first.
    for command in [&["update"][..], &["plan", "--locked"]] {
        let ran = world.sandbox.run(command.iter().copied()).exits(0);
        assert_eq!(ran.all().matches("signer changed: ").count(), 1, "{command:?} {}", ran.all());
    }
    let plan = world.sandbox.run(["plan", "--locked"]).exits(0);
    let told = "`tool@1.1.0/any` is signed by `openpgp:$KEY_OTHER`, `1.0.0`, which is published, by \
                `openpgp:$KEY_UP`";
    assert!(plan.all().contains(told), "{}", plan.all());
    let _applied = world.sandbox.run(["apply", "--yes", "--locked"]).exits(0);
    let after = world.sandbox.run(["plan"]).exits(0);
    assert!(!after.all().contains("signer changed"), "{}", after.all());
    // Less evidence is told the same way.
    world.rule("checksum = { url = \"$BASE/SHA256SUMS\" }");
    world.release("1.2.0", "other");
    let _updated = world.sandbox.run(["update"]).exits(0);
    let plan = world.sandbox.run(["plan", "--locked"]).exits(0);
    let told = "`tool@1.2.0/any` has `checksum-file`, `1.1.0`, which is published, has `signed`";
    assert!(plan.all().contains(told), "{}", plan.all());
}

#[test]
fn a_clear_signed_list_that_is_given_as_its_own_signature_says_what_to_write() {
    let Some(mut world) = World::new(OF_CHECKSUM) else { return };
    world.release("1.0.0", "up");
    let clear = world.gpg.clear(THEN, "up", &world.rows.concat(), &[]);
    world.up.route("/SHA256SUMS.asc", Answer::body(clear.clone()));
    world.up.route("/SHA256SUMS", Answer::body(clear));
    let refused = world.sandbox.run(["lock"]).exits(3);
    assert!(refused.stderr.contains("give no `url` in `signature`"), "{}", refused.all());
    let within = OF_CHECKSUM.replacen(", url = \"$BASE/SHA256SUMS.asc\"", "", 1);
    world.rule(&within);
    let _locked = world.sandbox.run(["lock"]).exits(0);
}

#[test]
fn less_evidence_is_refused_where_upstream_gives_less() {
    let Some(mut world) = World::new("") else { return };
    let toml = world.sandbox.read("deps.toml").replace("artifact", "# artifact");
    world.sandbox.write("deps.toml", toml);
    world.release("1.0.0", "up");
    world.release("1.1.0", "up");
    let url = |v: &str| world.up.url(&format!("/tool-{v}.tar.gz"));
    let row = |v: &str, digest: bool| {
        let sum = format!(", \"sha256\": \"{}\"", Sha256::of(&World::bytes(v)));
        let sum = if digest { sum } else { String::new() };
        format!("{{\"version\": \"{v}\", \"url\": \"{}\"{sum}}}", url(v))
    };
    world.up.route("/index.json", Answer::json(&format!("[{}]", row("1.0.0", true))));
    let _locked = world.sandbox.run(["lock"]).exits(0);
    let both = format!("[{},{}]", row("1.0.0", true), row("1.1.0", false));
    world.up.route("/index.json", Answer::json(&both));
    golden("signatures/evidence-weaker", &world.sandbox.run(["update"]).exits(3).all());
    let _accepted = world.sandbox.run(["lock", "--accept", "tool@1.1.0/any"]).exits(0);
    assert!(world.lock().contains("evidence = \"tofu\""), "{}", world.lock());
}

#[test]
fn a_rule_that_asks_for_less_is_a_warning_of_its_own() {
    let Some(mut world) = World::new(OF_CHECKSUM) else { return };
    world.release("1.0.0", "up");
    let _locked = world.sandbox.run(["lock"]).exits(0);
    world.rule("checksum = { url = \"$BASE/SHA256SUMS\" }");
    world.release("1.1.0", "other");
    let update = world.sandbox.run(["update"]).exits(0);
    golden("signatures/rule-asks-for-less", &update.all());
}

#[test]
fn a_signed_list_without_the_file_vouches_for_nothing() {
    let Some(mut world) = World::new(OF_CHECKSUM) else { return };
    world.release("1.0.0", "up");
    let text = world.rows.concat().replace("tool-1.0.0", "tool-1.0.0-debug");
    world.sums(&text, "up");
    golden("signatures/another-file", &world.sandbox.run(["lock"]).exits(1).all());
}

#[test]
fn a_clear_signed_checksum_file_is_read_as_it_was_signed() {
    let within = "checksum = { url = \"$BASE/SHA256SUMS.asc\" }\nsignature = { kind = \"openpgp\", \
                  of = \"checksum\", keys = \"keys/up.asc\" }";
    let Some(mut world) = World::new(within) else { return };
    world.release("1.0.0", "up");
    let text = world.rows.concat();
    let document = world.gpg.clear(THEN, "up", &text, &[]);
    world.up.route("/SHA256SUMS.asc", Answer::body(document.clone()));
    let _locked = world.sandbox.run(["lock"]).exits(0);
    assert!(world.lock().contains("signed = \"checksum\""), "{}", world.lock());
    std::fs::remove_file(world.sandbox.path("deps.lock")).unwrap();
    let evil = format!("{}  tool-1.0.0.tar.gz\n{document}", Sha256::of(b"evil"));
    world.up.route("/SHA256SUMS.asc", Answer::body(evil));
    golden("signatures/before-the-block", &world.sandbox.run(["lock"]).exits(3).all());
    assert!(!world.sandbox.exists("deps.lock"));
}

#[test]
fn md5_alone_vouches_for_nothing() {
    let Some(mut world) = World::new("checksum = { url = \"$BASE/MD5SUMS\" }") else { return };
    world.release("1.0.0", "up");
    let weak = "d41d8cd98f00b204e9800998ecf8427e  tool-1.0.0.tar.gz\n";
    world.up.route("/MD5SUMS", Answer::body(weak));
    golden("signatures/md5", &world.sandbox.run(["lock"]).exits(3).all());
}

#[test]
fn minisign_from_deps_toml() {
    use super::minisign::{ID, KEY, SIGNATURE};
    let rule = format!(
        "signature = {{ kind = \"minisign\", url = \"{{{{ url }}}}.minisig\", keys = \"{KEY}\" }}"
    );
    let Some(mut world) = World::new(&rule) else { return };
    world.release("1.0.0", "up");
    world.up.route("/tool-1.0.0.tar.gz", Answer::body("test"));
    world.up.route("/tool-1.0.0.tar.gz.minisig", Answer::body(SIGNATURE));
    let _locked = world.sandbox.run(["lock"]).exits(0);
    assert!(world.lock().contains(&format!("signer = \"minisign:{ID}\"")), "{}", world.lock());
    world.up.route("/tool-1.0.0.tar.gz", Answer::body("tesT"));
    std::fs::remove_file(world.sandbox.path("deps.lock")).unwrap();
    let _refused = world.sandbox.run(["lock"]).exits(3);
}

#[test]
fn mistakes_stand_at_their_lines() {
    let Some(mut world) = World::new("") else { return };
    world.release("1.0.0", "up");
    world.sandbox.write("keys/junk.asc", "hello");
    let url = "url = \"{{ url }}.asc\"";
    for (name, rule) in [
        ("no-kind", "keys = [\"keys/up.asc\"]".to_owned()),
        ("unknown-kind", format!("kind = \"pgp\", {url}, keys = [\"keys/up.asc\"]")),
        ("no-keys", format!("kind = \"openpgp\", {url}")),
        ("no-file", format!("kind = \"openpgp\", {url}, keys = [\"keys/none.asc\"]")),
        ("no-match", format!("kind = \"openpgp\", {url}, keys = [\"keys/*.gpg\"]")),
        ("no-key", format!("kind = \"openpgp\", {url}, keys = [\"keys/junk.asc\"]")),
        ("absolute", format!("kind = \"openpgp\", {url}, keys = [\"/etc/passwd\"]")),
        (
            "short",
            format!("kind = \"openpgp\", {url}, keys = \"keys/up.asc\", fingerprints = \"AB12\""),
        ),
        ("no-issuer", format!("kind = \"sigstore\", {url}, identity = \"me@example.org\"")),
        (
            "certificate",
            format!(
                "kind = \"sigstore\", {url}, identity = \"a\", issuer = \"b\", certificate = \"c\""
            ),
        ),
        (
            "no-checksum",
            format!("kind = \"openpgp\", of = \"checksum\", {url}, keys = \"keys/up.asc\""),
        ),
    ] {
        world.rule(&format!("signature = {{ {rule} }}"));
        golden(&format!("signatures/mistake-{name}"), &world.sandbox.run(["plan"]).exits(1).all());
    }
}
