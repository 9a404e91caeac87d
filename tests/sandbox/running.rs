//! What every tier promises.

use std::{fs, time::Duration};

use depstate::{
    model::{self, Environment, Limits, Sha256},
    workshop::{Room, Tier, WorkshopError, executor},
};
use tokio_util::sync::CancellationToken;

use super::support::{PLENTY, env, machine, run_in, sh, tiers};

#[tokio::test]
async fn a_step_begins_in_work_with_its_environment_and_nothing_else() {
    let below = tempfile::tempdir().unwrap();
    for executor in tiers() {
        let room = Room::new(below.path(), &Sha256::of(b"a")).unwrap();
        fs::write(room.part("source").join("in.txt"), "given\n").unwrap();
        let script = "pwd; cat \"$SRC/in.txt\"; umask; env -u PWD -u _ -u SHLVL | sort; \
                      cp \"$SRC/in.txt\" \"$OUT/out.txt\"; ulimit -c";
        let env = env(executor.as_ref(), &room);
        let never = CancellationToken::new();
        let ran =
            run_in(executor.as_ref(), &room, &["sh", "-c", script], env.clone(), PLENTY, &never)
                .await;
        let ended = ran.result.unwrap();
        let work = executor.places(&room).part("work");
        let variables: Vec<String> =
            env.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        let variables = variables.concat();
        assert_eq!(ran.log, format!("{}\ngiven\n0022\n{variables}0\n", work.display()));
        assert_eq!(String::from_utf8(ended.stdout).unwrap(), ran.log);
        assert_eq!(fs::read_to_string(room.part("output").join("out.txt")).unwrap(), "given\n");
        assert_eq!(ended.tier, executor.tier());
    }
}

#[tokio::test]
async fn how_it_ends_is_told_with_its_last_lines() {
    let below = tempfile::tempdir().unwrap();
    for executor in tiers() {
        let executor = executor.as_ref();
        let ran =
            sh(executor, below.path(), "seq 1 30; printf '\\033[31mred\\033[0m\\n' >&2; exit 3")
                .await;
        let Err(WorkshopError::Ended { how, tail, .. }) = &ran.result else { panic!("{ran:?}") };
        assert_eq!(how, "exit code 3");
        assert_eq!(tail.len(), 20);
        assert!(tail.contains(&"red".to_owned()), "{tail:?}");
        assert!(ran.log.contains("\u{1b}[31mred"), "the log has the very bytes");
        let ran = sh(executor, below.path(), "kill -9 $$").await;
        let Err(WorkshopError::Ended { how, .. }) = &ran.result else { panic!("{ran:?}") };
        // Bubblewrap tells it as a shell does.
        assert!(["signal 9", "exit code 137"].contains(&how.as_str()), "{how}");
    }
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let below = tempfile::tempdir().unwrap();
    for executor in tiers() {
        let room = Room::new(below.path(), &Sha256::of(b"b")).unwrap();
        let env = env(executor.as_ref(), &room);
        let never = CancellationToken::new();
        let ran = run_in(executor.as_ref(), &room, &["no-such-program"], env, PLENTY, &never).await;
        let Err(WorkshopError::Ended { tail, .. }) = &ran.result else { panic!("{ran:?}") };
        assert!(tail.join("\n").contains("no-such-program"), "{tail:?}");
    }
}

#[tokio::test]
async fn a_cancelled_step_is_dead() {
    let below = tempfile::tempdir().unwrap();
    for executor in tiers() {
        let room = Room::new(below.path(), &Sha256::of(b"c")).unwrap();
        let env = env(executor.as_ref(), &room);
        let cancel = CancellationToken::new();
        let canceller = cancel.clone();
        let beat = room.part("output").join("beat");
        let started = beat.clone();
        tokio::spawn(async move {
            while !started.exists() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            canceller.cancel();
        });
        let script =
            "(setsid sh -c 'while :; do echo x >> \"$OUT/beat\"; sleep 0.01; done' &) ; sleep 60";
        let ran =
            run_in(executor.as_ref(), &room, &["sh", "-c", script], env, PLENTY, &cancel).await;
        assert!(matches!(ran.result, Err(WorkshopError::Interrupted)), "{ran:?}");
        let size = fs::metadata(&beat).unwrap().len();
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(fs::metadata(&beat).unwrap().len(), size, "{}: it lives", executor.tier());
    }
}

#[tokio::test]
async fn a_log_that_is_too_long_is_cut_and_says_so_once() {
    let below = tempfile::tempdir().unwrap();
    for executor in tiers() {
        let room = Room::new(below.path(), &Sha256::of(b"d")).unwrap();
        let env = env(executor.as_ref(), &room);
        let limits = Limits { log: 1000, ..PLENTY };
        let never = CancellationToken::new();
        let script = "head -c 3000000 /dev/zero | tr '\\0' x; echo end >&2";
        let ran =
            run_in(executor.as_ref(), &room, &["sh", "-c", script], env, limits, &never).await;
        assert_eq!(ran.result.unwrap().stdout.len(), 1 << 20);
        assert_eq!(ran.log.matches("more than 1000 bytes").count(), 1);
        assert!(ran.log.len() < 1200);
    }
}

#[tokio::test]
async fn tool_chains_work() {
    let below = tempfile::tempdir().unwrap();
    let script = r#"
        set -e
        cat > a.c <<'END'
#include <stdio.h>
int main(void) { puts("compiled"); return 0; }
END
        printf 'a: a.c\n\tcc -O2 -o a a.c\n' > Makefile
        if command -v make >/dev/null && command -v cc >/dev/null; then make -j2 && ./a; fi
        if [ -x /usr/bin/python3 ]; then /usr/bin/python3 -c 'import subprocess, threading, tempfile
t = threading.Thread(target=lambda: subprocess.run(["true"], check=True)); t.start(); t.join()
tempfile.TemporaryFile().write(b"x"); print("python")'; fi
        if [ -x /usr/bin/node ]; then node -e 'require("child_process").execSync("true"); console.log("node")'; fi
        if [ -x /usr/bin/perl ]; then perl -e 'print "perl\n"'; fi
        tar cf x.tar a.c && mkdir y && tar xf x.tar -C y && test -f y/a.c
        mv y "$OUT/moved"; echo hello | { read it; echo "$it"; }
    "#;
    for executor in tiers() {
        let ran = sh(executor.as_ref(), below.path(), script).await;
        assert!(ran.result.is_ok(), "{}: {ran:?}", executor.tier());
        assert!(ran.log.ends_with("hello\n"), "{}", ran.log);
    }
}

#[tokio::test]
async fn a_room_of_a_name_is_always_at_the_same_place() {
    let below = tempfile::tempdir().unwrap();
    let name = Sha256::of(b"room");
    let first = Room::new(below.path(), &name).unwrap();
    let place = first.root().to_owned();
    let second = Room::new(below.path(), &name).unwrap();
    assert_ne!(second.root(), place, "a room in use is left alone");
    fs::write(first.part("work").join("left"), "").unwrap();
    std::mem::forget(first);
    drop(second);
    assert_eq!(fs::read_dir(below.path()).unwrap().count(), 2, "one room, and its lock");
}

#[tokio::test]
async fn whoever_runs_a_step_and_dies_takes_it_along() {
    let below = tempfile::tempdir().unwrap();
    for executor in tiers() {
        let room = Room::new(below.path(), &Sha256::of(b"e")).unwrap();
        let env = env(executor.as_ref(), &room);
        let never = CancellationToken::new();
        let beat = room.part("output").join("beat");
        let script =
            "(setsid sh -c 'while :; do echo x >> \"$OUT/beat\"; sleep 0.01; done' &) ; sleep 60";
        let argv = ["sh", "-c", script];
        let run = run_in(executor.as_ref(), &room, &argv, env, PLENTY, &never);
        let begun = async {
            while !beat.exists() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        // The socket to the warden is closed, as it is when the program is killed.
        tokio::select! {
            ran = run => panic!("{ran:?}"),
            () = begun => {}
        }
        let mut size = 0;
        let quiet = (0..100).any(|_| {
            std::thread::sleep(Duration::from_millis(100));
            let before = size;
            size = fs::metadata(&beat).unwrap().len();
            size == before
        });
        assert!(quiet, "{}: it lives", executor.tier());
    }
}

#[tokio::test]
async fn escapes_do_not_get_into_messages() {
    let below = tempfile::tempdir().unwrap();
    for executor in tiers() {
        let ran =
            sh(executor.as_ref(), below.path(), "printf '\\033]52;c;aGk=\\007shown\\n'; exit 1")
                .await;
        let Err(WorkshopError::Ended { tail, .. }) = &ran.result else { panic!("{ran:?}") };
        assert_eq!(tail, &["shown"], "no escape gets into a message");
    }
}

#[test]
fn a_tier_that_is_none_is_refused_by_name() {
    let mut machine = machine(Tier::Host);
    let variables = [("PATH", "/nowhere"), ("DEPSTATE_SANDBOX", "bubblewrap")];
    machine.environment =
        Environment::new(variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    let error = executor(model::Executor::Sandbox, &machine).err().unwrap();
    assert!(error.to_string().contains("there is no `bwrap` on the PATH"), "{error}");
    assert!(error.help().is_some_and(|help| !help.is_empty()));
    machine.environment =
        Environment::new([("DEPSTATE_SANDBOX".to_owned(), "host".to_owned())].into());
    let error = executor(model::Executor::Sandbox, &machine).err().unwrap();
    assert!(error.to_string().contains("no tier of the sandbox"), "{error}");
}

#[test]
fn a_bubblewrap_that_others_may_change_is_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let fake = folder.path().join("bwrap");
    fs::write(&fake, "#!/bin/sh\nexit 0\n").unwrap();
    fs::set_permissions(&fake, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    let mut machine = machine(Tier::Host);
    let path = folder.path().to_str().unwrap().to_owned();
    machine.environment = Environment::new(
        [("PATH".to_owned(), path), ("DEPSTATE_SANDBOX".to_owned(), "bubblewrap".to_owned())]
            .into(),
    );
    let error = executor(model::Executor::Sandbox, &machine).err().unwrap();
    assert!(error.to_string().contains("may be changed by other users"), "{error}");
}
