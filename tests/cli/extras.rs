//! Sub-dependencies from a real upstream: asked for once, locked, and held to what was locked.

use std::collections::BTreeSet;

use crate::support::{
    golden::golden,
    sandbox::Sandbox,
    upstream::{Answer, Upstream},
};

/// The shape of a PHP buildpack: 33 sub-dependencies, of 51 versions in all, by line.
const BLOCKS: &str = r#"
[[dependencies.php.extra]]
artifact = "BASE/get/{{ extra.id }}-{{ extra.version }}.tgz"
versions = { apcu = "5.1.28", igbinary = "3.2.15", gnupg = "1.5.1", imagick = "3.7.0", LZF = "1.7.0", mailparse = "3.1.6", mongodb = "1.18.1", msgpack = "2.2.0", oauth = "2.0.7", pdo_sqlsrv = "5.12.0", rdkafka = "6.0.3", redis = "6.0.2", ssh2 = "1.4.1", sqlsrv = "5.12.0", stomp = "2.0.3", xdebug = "3.3.2", yaf = "3.3.7", yaml = "2.2.3", memcached = "3.2.0", amqp = "2.1.2", psr = "1.2.0", phalcon = "5.6.2", solr = "2.7.0", maxminddb = "1.11.1", oci8 = "3.3.0" }
[[dependencies.php.extra]]
artifact = "BASE/phpiredis/archive/v{{ extra.version }}.tar.gz"
versions = { phpiredis = "1.0.1" }
[[dependencies.php.extra]]
artifact = "BASE/xhprof/archive/v{{ extra.version }}.tar.gz"
versions = { tideways_xhprof = "5.0.4" }
[[dependencies.php.extra]]
artifact = "BASE/loaders/ioncube_lin_{{ extra.version }}.tar.gz"
versions = { ioncube = "13.0.2" }
[[dependencies.php.extra]]
artifact = "BASE/rabbitmq-c/archive/v{{ extra.version }}.tar.gz"
versions = { rabbitmq = "0.11.0" }
[[dependencies.php.extra]]
artifact = "BASE/ftp/lua-{{ extra.version }}.tar.gz"
versions = { lua = "5.4.6" }
[[dependencies.php.extra]]
artifact = "BASE/hiredis/archive/v{{ extra.version }}.tar.gz"
versions = { hiredis = "1.2.0" }
[[dependencies.php.extra]]
artifact = "BASE/librdkafka/archive/v{{ extra.version }}.tar.gz"
versions = { librdkafka = "2.3.0" }
[[dependencies.php.extra]]
artifact = "BASE/libsodium/libsodium-{{ extra.version }}.tar.gz"
versions = { libsodium = "1.0.19" }

[[dependencies.php.extra]]
when = ">=8.3"
versions = { ioncube = "14.0.0" }
[[dependencies.php.extra]]
when = ">=8.4"
versions = { ioncube = "15.5.0", mongodb = "2.2.1", oauth = "2.0.10", redis = "6.1.0", xdebug = "3.4.0", solr = "2.9.3", phalcon = false, tideways_xhprof = false }
[[dependencies.php.extra]]
when = ">=8.5"
versions = { redis = "6.3.0", xdebug = "3.5.1", igbinary = "3.2.17RC1", imagick = "3.8.1", mailparse = "3.2.0", pdo_sqlsrv = "5.13.0", sqlsrv = "5.13.0", yaml = "2.3.0", gnupg = "1.5.4", memcached = "3.4.0", amqp = "2.2.0", stomp = false }
"#;

fn manifest(base: &str, blocks: &str) -> String {
    let blocks = blocks.replace("BASE", base);
    format!(
        r#"
[project]
name = "php"
[storage]
driver = "fs"
path = "mirror"
[targets]
four = {{ os = "linux", arch = "amd64" }}
five = {{ os = "linux", arch = "amd64" }}
[dependencies.php]
targets = ["four", "five"]
lines = [{{ constraint = "8.2.*" }}, {{ constraint = "8.3.*" }}, {{ constraint = "8.4.*" }}, {{ constraint = "8.5.*" }}]
[dependencies.php.source]
driver = "http-json"
url = "{base}/index.json"
select = ".[]"
artifact = "{base}/php-{{{{ version }}}}.tar.gz"
insecure = true
{blocks}"#
    )
}

/// Every sub-dependency of the blocks, as `path` below the server.
fn paths() -> BTreeSet<String> {
    let get = |list: &str, from: &str| -> Vec<String> {
        list.split_whitespace().map(|it| from.replace('*', it)).collect()
    };
    let mut all: Vec<String> = get(
        "apcu-5.1.28 igbinary-3.2.15 gnupg-1.5.1 imagick-3.7.0 LZF-1.7.0 mailparse-3.1.6 mongodb-1.18.1 \
         msgpack-2.2.0 oauth-2.0.7 pdo_sqlsrv-5.12.0 rdkafka-6.0.3 redis-6.0.2 ssh2-1.4.1 sqlsrv-5.12.0 \
         stomp-2.0.3 xdebug-3.3.2 yaf-3.3.7 yaml-2.2.3 memcached-3.2.0 amqp-2.1.2 psr-1.2.0 \
         phalcon-5.6.2 solr-2.7.0 maxminddb-1.11.1 oci8-3.3.0 mongodb-2.2.1 oauth-2.0.10 redis-6.1.0 \
         xdebug-3.4.0 solr-2.9.3 redis-6.3.0 xdebug-3.5.1 igbinary-3.2.17RC1 imagick-3.8.1 \
         mailparse-3.2.0 pdo_sqlsrv-5.13.0 sqlsrv-5.13.0 yaml-2.3.0 gnupg-1.5.4 memcached-3.4.0 \
         amqp-2.2.0",
        "/get/*.tgz",
    );
    all.extend(get("13.0.2 14.0.0 15.5.0", "/loaders/ioncube_lin_*.tar.gz"));
    all.extend(get(
        "phpiredis/archive/v1.0.1 xhprof/archive/v5.0.4 rabbitmq-c/archive/v0.11.0",
        "/*.tar.gz",
    ));
    all.extend(get("ftp/lua-5.4.6 hiredis/archive/v1.2.0 librdkafka/archive/v2.3.0", "/*.tar.gz"));
    all.extend(get("libsodium/libsodium-1.0.19", "/*.tar.gz"));
    all.into_iter().collect()
}

fn bytes(path: &str) -> String {
    format!("the bytes of {path}")
}

fn sha256(bytes: &str) -> String {
    depstate::model::Sha256::of(bytes.as_bytes()).to_string()
}

fn project(blocks: &str) -> (Upstream, Sandbox) {
    let upstream = Upstream::start();
    upstream.route("/index.json", Answer::json(r#"["8.2.30", "8.3.29", "8.4.16", "8.5.1"]"#));
    for version in ["8.2.30", "8.3.29", "8.4.16", "8.5.1"] {
        let path = format!("/php-{version}.tar.gz");
        upstream.route(&path, Answer::body(bytes(&path)));
    }
    for path in paths() {
        upstream.route(&path, Answer::body(bytes(&path)));
    }
    let mut sandbox = Sandbox::with(&manifest(&upstream.url(""), blocks));
    sandbox.replace(&upstream.url(""), "http://$UPSTREAM");
    (upstream, sandbox)
}

/// What of sub-dependencies was asked for since requests were forgotten.
fn asked(upstream: &Upstream) -> Vec<String> {
    let mut all: Vec<String> = upstream.requests().into_iter().map(|it| it.path).collect();
    all.retain(|path| path != "/index.json" && !path.starts_with("/php-"));
    all.sort();
    all
}

/// The locked line of a sub-dependency, wherever it stands.
fn locked(sandbox: &Sandbox, id: &str, version: &str) -> BTreeSet<String> {
    let front = format!("  {{ id = \"{id}\", version = \"{version}\"");
    let lock = sandbox.read("deps.lock");
    lock.lines().filter(|line| line.starts_with(&front)).map(str::to_owned).collect()
}

#[test]
fn fifty_one_versions_are_asked_for_once_each_and_then_never() {
    assert_eq!(paths().len(), 51);
    let (upstream, sandbox) = project(BLOCKS);
    let plan = sandbox.run(["plan"]).exits(0);
    assert_eq!(asked(&upstream), [""; 0], "a plan downloads nothing: {}", plan.all());
    let _locked = sandbox.run(["lock"]).exits(0);
    assert_eq!(asked(&upstream), paths().into_iter().collect::<Vec<_>>());
    let lock = sandbox.read("deps.lock");
    let of = |from: &str, to: Option<&str>| {
        let from = lock.find(&format!("version = \"{from}\"\nupstream")).unwrap();
        let to = to
            .map_or(lock.len(), |to| lock.find(&format!("version = \"{to}\"\nupstream")).unwrap());
        lock[from..to].matches("  { id = ").count()
    };
    // For two targets each: 33 of 8.2 and 8.3; two have no release for 8.4, and one more for 8.5.
    assert_eq!(of("8.5.1", Some("8.4.16")), 60);
    assert_eq!(of("8.4.16", Some("8.3.29")), 62);
    assert_eq!(of("8.3.29", Some("8.2.30")), 66);
    assert_eq!(of("8.2.30", None), 66);
    let redis = locked(&sandbox, "redis", "6.1.0");
    assert_eq!(redis.len(), 1, "the same for both targets");
    let digest = sha256(&bytes("/get/redis-6.1.0.tgz"));
    let line = redis.first().unwrap();
    assert!(line.contains(&digest) && line.contains("evidence = \"tofu\""), "{line}");

    upstream.forget_requests();
    let _again = sandbox.run(["lock"]).exits(0);
    let _right = sandbox.run(["plan", "--frozen"]).exits(0);
    assert!(upstream.requests().is_empty(), "{:?}", upstream.requests());
    assert_eq!(sandbox.read("deps.lock"), lock);
}

#[test]
fn only_what_changes_is_asked_for_and_a_lost_lock_costs_nothing() {
    let (upstream, sandbox) = project(BLOCKS);
    let _applied = sandbox.run(["apply", "--yes"]).exits(0);
    assert_eq!(asked(&upstream).len(), 51, "an apply learns what it needs");
    let before = sandbox.read("deps.lock");
    upstream.forget_requests();
    std::fs::remove_file(sandbox.path("deps.lock")).unwrap();
    let _adopted = sandbox.run(["apply", "--yes"]).exits(0);
    assert_eq!(sandbox.read("deps.lock"), before, "records stand in for the lock");
    assert_eq!(asked(&upstream), [""; 0]);

    upstream.route("/get/redis-6.4.0.tgz", Answer::body("new"));
    // What is locked is not looked at again, whatever upstream does with it.
    upstream.route("/get/apcu-5.1.28.tgz", Answer::body("republished"));
    let text = sandbox.read("deps.toml").replace("redis = \"6.3.0\"", "redis = \"6.4.0\"");
    sandbox.write("deps.toml", text);
    upstream.forget_requests();
    let refused = sandbox.run(["plan", "--locked"]).exits(1);
    assert!(refused.all().contains("lock-outdated"), "{}", refused.all());
    assert!(upstream.requests().is_empty(), "--locked asked {:?}", upstream.requests());
    let _locked = sandbox.run(["lock"]).exits(0);
    assert_eq!(asked(&upstream), ["/get/redis-6.4.0.tgz"]);
    let changed: Vec<String> = {
        let before: BTreeSet<&str> = before.lines().collect();
        let after = sandbox.read("deps.lock");
        let lines = after.lines().filter(|line| !before.contains(line));
        lines.map(|line| line.split(',').next().unwrap().to_owned()).collect()
    };
    let asked = changed.iter().filter(|line| line.starts_with("asked = ")).count();
    assert_eq!((asked, changed.len()), (1, 3), "{changed:?}");
}

const ONE: &str = r#"
[[dependencies.php.extra]]
artifact = "BASE/get/{{ extra.id }}-{{ extra.version }}.tgz"
versions = { redis = "6.0.2" }
when = "8.2.*"
target = "four"
"#;

#[test]
fn other_bytes_are_refused_with_both_digests_and_can_be_accepted() {
    let (upstream, sandbox) = project(ONE);
    let _locked = sandbox.run(["lock"]).exits(0);
    let before = sandbox.read("deps.lock");
    let text = sandbox.read("deps.toml");
    sandbox.write("deps.toml", text.replace("/get/{{ extra.id }}", "/moved/{{ extra.id }}"));
    upstream.route("/moved/redis-6.0.2.tgz", Answer::body("other bytes"));
    golden("extras/changed", &sandbox.run(["lock"]).exits(3).all());
    assert_eq!(sandbox.read("deps.lock"), before);
    let refused = sandbox.run(["apply", "--yes"]).exits(5);
    assert!(refused.all().contains("upstream-changed"), "{}", refused.all());
    let accepted = sandbox.run(["lock", "--accept", "php@8.2.30/four"]).exits(0);
    let line = locked(&sandbox, "redis", "6.0.2").pop_first().unwrap();
    assert!(line.contains(&sha256("other bytes")), "{line} {}", accepted.all());

    let _right = sandbox.run(["verify", "--upstream"]).exits(0);
    upstream.route("/moved/redis-6.0.2.tgz", Answer::body("other bytes again"));
    golden("extras/verify-upstream", &sandbox.run(["verify", "--upstream"]).exits(3).all());
    upstream.route("/moved/redis-6.0.2.tgz", Answer::status(404));
    let gone = sandbox.run(["verify", "--upstream"]).exits(0);
    assert!(gone.all().contains("upstream-gone"), "{}", gone.all());
}

#[test]
fn what_is_not_there_or_no_archive_is_told_with_its_address() {
    let (upstream, sandbox) = project(ONE);
    upstream.route("/get/redis-6.0.2.tgz", Answer::status(404));
    golden("extras/gone", &sandbox.run(["lock"]).exits(1).all());
    upstream
        .route("/get/redis-6.0.2.tgz", Answer::html("<!doctype html><html><title>Log in</title>"));
    golden("extras/unlikely", &sandbox.run(["lock"]).exits(3).all());
    let lock = sandbox.read("deps.lock");
    assert!(!lock.contains("8.2.30"), "{lock}");
}

#[test]
fn a_checksum_file_or_a_given_digest_vouches_for_them() {
    let (upstream, sandbox) =
        project(&format!("{ONE}verify.checksum = {{ url = \"{{{{ url }}}}.sha256\" }}\n"));
    let right = sha256(&bytes("/get/redis-6.0.2.tgz"));
    let sums = format!("{right}  redis-6.0.2.tgz\n");
    upstream.route("/get/redis-6.0.2.tgz.sha256", Answer::body(sums));
    let _locked = sandbox.run(["lock"]).exits(0);
    assert_eq!(asked(&upstream), ["/get/redis-6.0.2.tgz.sha256"], "its digest is known from there");
    let line = locked(&sandbox, "redis", "6.0.2").pop_first().unwrap();
    assert!(line.contains(&right) && line.contains("\"checksum-file\""), "{line}");

    let base = upstream.url("");
    let given = |digest: &str, key: &str| {
        manifest(&base, &format!("{ONE}verify.checksum = {{ {key} = \"{digest}\" }}\n"))
    };
    sandbox.write("deps.toml", given(&right, "sha256"));
    upstream.forget_requests();
    let _locked = sandbox.run(["lock"]).exits(0);
    assert_eq!(asked(&upstream), [""; 0]);
    let line = locked(&sandbox, "redis", "6.0.2").pop_first().unwrap();
    assert!(line.contains(&right) && line.contains("\"given\""), "{line}");
    sandbox.write("deps.toml", given(&"ab".repeat(32), "sha256"));
    let wrong = sandbox.run(["lock"]).exits(3);
    assert!(wrong.all().contains("upstream-changed"), "{}", wrong.all());

    let sha512 = {
        use sha2::Digest as _;
        hex::encode(sha2::Sha512::digest(bytes("/get/redis-6.0.2.tgz")))
    };
    sandbox.write("deps.toml", given(&sha512, "sha512"));
    let _locked = sandbox.run(["lock"]).exits(0);
    assert_eq!(asked(&upstream), ["/get/redis-6.0.2.tgz"], "only the bytes can tell");
    sandbox.write("deps.toml", given(&"ab".repeat(64), "sha512"));
    let wrong = sandbox.run(["lock"]).exits(3);
    assert!(wrong.all().contains("digest-mismatch"), "{}", wrong.all());
}

const BUILD: &str = r#"
[dependencies.php.build]
script = "build.sh"
archive = "file"
"#;

#[test]
fn a_build_gets_them_and_another_version_rebuilds_what_wants_it() {
    let (upstream, sandbox) = project(&format!("{BUILD}{BLOCKS}"));
    let text = sandbox.read("deps.toml");
    let lines = "{ constraint = \"8.2.*\" }, { constraint = \"8.3.*\" }, ";
    assert!(text.contains(lines));
    let text = text
        .replace(lines, "")
        .replace("[dependencies.php]", "[dependencies.php]\nfile = \"php.txt\"");
    sandbox.write("deps.toml", &text);
    let script = "#!/bin/sh\nset -eu\ncat \"$DEPSTATE_SOURCE\" >\"$DEPSTATE_OUTPUT/php\"\n\
                  for it in \"$DEPSTATE_EXTRA\"/*; do\n\
                  echo \"${it##*/}: $(cat \"$it\")\" >>\"$DEPSTATE_OUTPUT/php\"\ndone\n";
    sandbox.write("build.sh", script);
    let _applied = sandbox.run(["apply", "--yes"]).exits(0);
    let published = |version: &str| {
        let files = sandbox.files("mirror");
        let front = format!("artifacts/php/{version}/four/");
        let mut found: Vec<&String> = files.iter().filter(|it| it.contains(&front)).collect();
        found.sort();
        sandbox.read(&format!("mirror/{}", found.last().unwrap()))
    };
    let built = published("8.5.1");
    assert_eq!(built.matches(": the bytes of ").count(), 30, "{built}");
    assert!(built.contains("redis: the bytes of /get/redis-6.3.0.tgz\n"), "{built}");
    assert!(!built.contains("stomp"), "{built}");
    assert!(published("8.4.16").contains("redis: the bytes of /get/redis-6.1.0.tgz\n"));

    upstream.route("/get/redis-6.4.0.tgz", Answer::body("new"));
    sandbox.write("deps.toml", text.replace("redis = \"6.3.0\"", "redis = \"6.4.0\""));
    upstream.forget_requests();
    golden("extras/rebuild", &sandbox.run(["plan"]).exits(0).all());
    assert_eq!(asked(&upstream), [""; 0], "a plan downloads nothing");
    let _rebuilt = sandbox.run(["apply", "--yes"]).exits(0);
    assert_eq!(asked(&upstream), ["/get/redis-6.4.0.tgz"]);
    assert!(published("8.5.1").contains("redis: new\n"), "{}", published("8.5.1"));
    let _settled = sandbox.run(["plan", "--detailed-exitcode", "--locked"]).exits(0);
}
