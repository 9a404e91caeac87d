//! The build contract: what a script finds, and what becomes of what it leaves.

use std::{fs, os::unix::fs::symlink, time::Duration};

use depstate::{
    model::{ArchiveFormat, Executor, Sha256},
    workshop::{Tier, WorkshopError, executor, pack},
};

use super::shop::{Shop, members, names};

/// A shell does not change what it was started with.
pub(super) const ENVIRONMENT: &str =
    "tr '\\0' '\\n' < /proc/$$/environ | sort > \"$DEPSTATE_OUTPUT/seen\"";

/// What [`ENVIRONMENT`] says, `ROOM` for the room.
pub(super) const WHOLE: &str = "\
CFLAGS=-O2 -g
DEPSTATE_ARCH=amd64
DEPSTATE_CONTRACT=1
DEPSTATE_EXTRA=ROOM/extra
DEPSTATE_ID=tool
DEPSTATE_JOBS=3
DEPSTATE_NEEDS=ROOM/needs
DEPSTATE_OS=linux
DEPSTATE_OUTPUT=ROOM/output
DEPSTATE_SOURCE=ROOM/source/tool-1.2.tgz
DEPSTATE_TARGET=linux-amd64
DEPSTATE_TREE=ROOM/tree
DEPSTATE_UPSTREAM=v1.2
DEPSTATE_VAR_LIBC=musl
DEPSTATE_VERSION=1.2.0
HOME=ROOM/tmp
LC_ALL=C.UTF-8
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
SOURCE_DATE_EPOCH=1614834368
TMPDIR=ROOM/tmp
TZ=UTC
";

/// A shop whose script says what it finds in its environment.
pub(super) fn environment() -> Shop {
    let mut shop = Shop::new(ENVIRONMENT);
    shop.target.os = Some("linux".to_owned());
    shop.target.arch = Some("amd64".to_owned());
    shop.target.vars.insert("libc".to_owned(), "musl".to_owned());
    shop.recipe.env.insert("CFLAGS".to_owned(), "-O2 -g".to_owned());
    shop.recipe.env.insert("DEPSTATE_SOURCE".to_owned(), "/etc/passwd".to_owned());
    shop
}

#[tokio::test]
async fn the_environment_is_what_the_contract_says_and_nothing_else() {
    let shop = environment();
    let seen = shop.text().await;
    let room = seen.lines().find_map(|line| line.strip_prefix("HOME=")).unwrap();
    let room = room.strip_suffix("/tmp").unwrap().to_owned();
    assert_eq!(seen.replace(&room, "ROOM"), WHOLE);
}

#[tokio::test]
async fn everything_lies_where_the_contract_says() {
    let mut shop = Shop::new(
        r#"
        set -eu
        [ -z "$(ls -A)" ]
        [ "$(basename "$PWD")" = work ]
        exec > "$DEPSTATE_OUTPUT/seen"
        cat "$DEPSTATE_SOURCE"; echo
        cat "$DEPSTATE_EXTRA/redis"; echo
        cat "$DEPSTATE_NEEDS/ruby/bin/ruby"; echo
        cd "$DEPSTATE_TREE"; find . | sort; ./build/helper
        "#,
    );
    shop.file("build/helper", "#!/bin/sh\necho helped", true);
    shop.file("build/patches/1.patch", "patch", false);
    shop.file("not-declared", "secret", false);
    for path in ["build/helper", "build/patches/1.patch"] {
        shop.recipe.inputs.insert(path.to_owned());
    }
    shop.extra.insert("redis".to_owned(), shop.fetched("redis-6.tgz", "extra file"));
    let ruby = shop.root().join("ruby");
    fs::create_dir_all(ruby.join("bin")).unwrap();
    fs::write(ruby.join("bin/ruby"), "needed").unwrap();
    let archive = shop.root().join("ruby.tar.gz");
    pack(&ruby, ArchiveFormat::TarGz, 0, &archive).unwrap();
    shop.needs.insert("ruby".to_owned(), (archive, "ruby.tar.gz".to_owned()));
    assert_eq!(
        shop.text().await,
        "the source\nextra file\nneeded\n.\n./build\n./build/helper\n./build/make.sh\n\
         ./build/patches\n./build/patches/1.patch\nhelped\n"
    );
}

#[tokio::test]
async fn an_executable_script_starts_by_its_first_line() {
    let script = "#!/bin/sh -u\necho $- > $DEPSTATE_OUTPUT/seen";
    let mut shop = Shop::new(script);
    assert!(!shop.text().await.contains('u'), "without the bit it is the shell's");
    shop.file("build/make.sh", script, true);
    assert!(shop.text().await.contains('u'));
    // What only a shell would start is the shell's.
    shop.file("build/make.sh", "echo plain > $DEPSTATE_OUTPUT/seen", true);
    assert_eq!(shop.text().await, "plain\n");
}

#[tokio::test]
async fn the_output_becomes_one_archive_and_nothing_else_is_left() {
    let mut shop = Shop::new(
        "mkdir -p $DEPSTATE_OUTPUT/bin $DEPSTATE_OUTPUT/empty; cd $DEPSTATE_OUTPUT
         echo tool > bin/tool; chmod 700 bin/tool; ln -s tool bin/alias; echo saying",
    );
    shop.recipe.archive = ArchiveFormat::TarGz;
    let (built, said) = shop.build().await;
    assert_eq!(
        members(&built.path),
        ["bin/ 755", "bin/alias 777 -> tool", "bin/tool 755 tool", "empty/ 755"]
    );
    assert_eq!(said, "depstate: build contract 1, host, tool@1.2.0/linux-amd64\nsaying\n");
    assert_eq!((built.tier, built.reproduced), (Some(Tier::Host), None));
    let name = built.path.file_name().unwrap().to_str().unwrap().to_owned();
    assert!(name.ends_with(".tar.gz"));
    assert_eq!(names(&shop.below()), [name]);
    let (again, _) = shop.build().await;
    assert_eq!(built.sha256, again.sha256);
    assert_ne!(built.path, again.path);
}

#[tokio::test]
async fn a_script_that_fails_leaves_nothing() {
    let shop = Shop::new("echo half > $DEPSTATE_OUTPUT/x; echo because >&2; exit 3");
    let error = shop.error().await;
    assert_eq!(error.code().as_str(), "step-failed");
    assert_eq!(error.to_string(), "build/make.sh ended with exit code 3");
    assert_eq!(error.tail(), ["because"]);
}

#[tokio::test]
async fn what_is_no_output_is_refused_with_the_scripts_name() {
    let error = Shop::new("true").error().await;
    assert_eq!(error.to_string(), "the output of `build/make.sh` can't be taken: it is empty");
    let error = Shop::new("ln -s /etc/passwd $DEPSTATE_OUTPUT/x").error().await;
    assert_eq!(error.code().as_str(), "bad-output");
    assert!(error.to_string().contains("`x` points to `/etc/passwd`"), "{error}");
    let error = Shop::new("rmdir $DEPSTATE_OUTPUT; ln -s /etc $DEPSTATE_OUTPUT").error().await;
    assert_eq!(error.code().as_str(), "bad-output");
    let mut shop = Shop::new("head -c 5000 /dev/zero > $DEPSTATE_OUTPUT/x");
    shop.recipe.limits.output = 4096;
    let error = shop.error().await;
    assert!(["step-limit", "step-failed"].contains(&error.code().as_str()), "{error}");
}

#[tokio::test]
async fn a_file_that_changed_after_the_plan_fails_the_build() {
    let shop = Shop::new("echo ok > $DEPSTATE_OUTPUT/x");
    fs::write(shop.root().join("build/make.sh"), "echo evil > $DEPSTATE_OUTPUT/x").unwrap();
    let error = shop.error().await;
    assert!(error.to_string().contains("build/make.sh"), "{error}");
    let why = std::error::Error::source(&error).unwrap().to_string();
    assert!(why.contains("changed"), "{why}");
    fs::remove_file(shop.root().join("build/make.sh")).unwrap();
    assert!(shop.error().await.to_string().contains("build/make.sh"));
}

#[tokio::test]
async fn a_script_can_write_its_copies_only() {
    let shop = Shop::new(
        "echo x > $DEPSTATE_SOURCE; echo x > $DEPSTATE_TREE/build/make.sh
         echo ok > $DEPSTATE_OUTPUT/x",
    );
    shop.build().await;
    assert_eq!(fs::read(&shop.source.0).unwrap(), b"the source");
    let script = fs::read(shop.root().join("build/make.sh")).unwrap();
    assert_eq!(Sha256::of(&script), shop.tree["build/make.sh"].sha256);
}

#[tokio::test]
async fn two_builds_are_compared_member_by_member() {
    let mut shop = Shop::new("echo $DEPSTATE_OUTPUT > $DEPSTATE_OUTPUT/path");
    shop.recipe.reproducible = true;
    shop.recipe.archive = ArchiveFormat::Zip;
    let (built, _) = shop.build().await;
    assert_eq!(built.reproduced, Some(true), "the room is at the same path");
    fs::remove_file(built.path).unwrap();
    let count = shop.root().join("count");
    let first = format!("[ -e {0} ] && first=no || first=yes; touch {0}\n", count.display());
    for (script, wanted) in [
        (
            "echo same > a; echo always > z; [ $first = yes ] && echo 12345 > b || echo 12x45 > b",
            "`b` from byte 2 on, of 6 bytes",
        ),
        (
            "[ $first = yes ] && echo 12 > b || echo 1234 > b",
            "`b` from byte 2 on, of 3 and 5 bytes",
        ),
        ("touch b; [ $first = yes ] && chmod +x b", "`b` is executable, then not executable"),
        ("touch z; [ $first = yes ] || touch b", "only the second has `b`"),
        ("touch a; [ $first = yes ] && touch b", "only the first has `b`"),
        ("[ $first = yes ] && ln -s x b || ln -s y b", "the link `b` points to `x`, then to `y`"),
        ("[ $first = yes ] && mkdir b || touch b", "`b` is a folder, then a file"),
    ] {
        let _none = fs::remove_file(&count);
        let script = format!("{first}cd $DEPSTATE_OUTPUT\n{script}\ntrue");
        shop.file("build/make.sh", &script, false);
        let error = shop.error().await;
        let said = format!("{error} {:?}", error.tail());
        let WorkshopError::NotReproducible { difference, digests } = error else {
            panic!("{said}");
        };
        assert_eq!(difference, wanted);
        assert_ne!(digests.0, digests.1);
    }
}

#[tokio::test]
async fn an_interrupt_ends_a_build() {
    let shop = Shop::new("sleep 100");
    let cancel = shop.cancel.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        cancel.cancel();
    });
    let error = tokio::time::timeout(Duration::from_secs(30), shop.error()).await.unwrap();
    assert!(matches!(error, WorkshopError::Interrupted), "{error}");
    assert!(matches!(shop.error().await, WorkshopError::Interrupted));
}

/// Wherever depstate works, a step in the sandbox sees the same paths.
#[tokio::test]
async fn the_sandbox_gives_the_same_bytes_from_another_folder() {
    if let Err(error) = executor(Executor::Sandbox, &super::shop::machine()) {
        eprintln!("there is no sandbox here: {error}");
        return;
    }
    let script = "{ pwd; env; id -u; umask; } > $DEPSTATE_OUTPUT/seen; mkdir $DEPSTATE_OUTPUT/d
                  tar cf - -C $DEPSTATE_TREE . | tar xf - -C $DEPSTATE_OUTPUT/d";
    let mut shops = [Shop::new(script), Shop::new(script)];
    let mut digests = Vec::new();
    for shop in &mut shops {
        shop.recipe.executor = Executor::Sandbox;
        shop.recipe.archive = ArchiveFormat::TarZst;
        let (built, said) = shop.build().await;
        eprintln!("{}", said.lines().next().unwrap());
        if built.tier != Some(Tier::Bubblewrap) {
            eprintln!("only bubblewrap gives a step paths of its own");
            return;
        }
        digests.push(built.sha256);
    }
    assert_eq!(digests[0], digests[1]);
}

#[tokio::test]
async fn a_link_within_what_a_need_holds_stays_one() {
    let mut shop = Shop::new("cat $DEPSTATE_NEEDS/ruby/current > $DEPSTATE_OUTPUT/seen");
    let ruby = shop.root().join("ruby");
    fs::create_dir_all(&ruby).unwrap();
    fs::write(ruby.join("file"), "linked").unwrap();
    symlink("file", ruby.join("current")).unwrap();
    let archive = shop.root().join("ruby.zip");
    pack(&ruby, ArchiveFormat::Zip, 0, &archive).unwrap();
    shop.needs.insert("ruby".to_owned(), (archive, "ruby.zip".to_owned()));
    assert_eq!(shop.text().await, "linked");
}
