//! The executor `container` with a real podman, where there is one that works. Where there is none,
//! each test says so and stops: `container_fake` has what can be tried without one.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

use depstate::{
    model::{ArchiveFormat, Executor},
    workshop::{Tier, WorkshopError, executor},
};

use tokio::sync::{Mutex, MutexGuard};

use super::{
    build::{ENVIRONMENT, WHOLE, environment},
    shop::{Shop, machine},
};

const NAME: &str = "localhost/depstate-test";
const APPLETS: &[&str] = &[
    "sh", "env", "ls", "cat", "id", "sort", "tr", "mkdir", "sleep", "touch", "seq", "grep", "ln",
    "chmod", "tar", "wc", "dd", "true",
];

/// An image with busybox and nothing else, made here; none: containers can't be tried.
#[expect(clippy::print_stderr, reason = "whoever runs the tests must know what was not tried")]
fn image() -> Option<&'static str> {
    static IMAGE: OnceLock<Option<String>> = OnceLock::new();
    IMAGE
        .get_or_init(|| {
            let made = make();
            if let Err(why) = &made {
                eprintln!("no container was run: {why}");
            }
            made.ok()
        })
        .as_deref()
}

fn make() -> Result<String, String> {
    let tier = executor(Executor::Container, &machine()).map_err(|e| e.to_string())?.tier();
    if tier != Tier::Podman {
        return Err(format!("{tier} can't name a local image by its digest"));
    }
    let busybox =
        ["/usr/bin/busybox", "/bin/busybox"].into_iter().find(|it| Path::new(it).exists());
    let busybox = busybox.ok_or("there is no busybox to make an image of")?;
    let place = tempfile::tempdir().map_err(|e| e.to_string())?;
    let root = place.path();
    for folder in ["bin", "usr/bin", "tmp", "proc", "dev", "sys", "etc"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    // As every image has it: some runtimes give it to the tmpfs there, whatever mode that asks for.
    fs::set_permissions(root.join("tmp"), fs::Permissions::from_mode(0o1777)).unwrap();
    fs::copy(busybox, root.join("bin/busybox")).unwrap();
    for applet in APPLETS {
        std::os::unix::fs::symlink("busybox", root.join("bin").join(applet)).unwrap();
    }
    let mut tar = Command::new("tar");
    tar.arg("-C").arg(root).args(["-c", "."]).stdout(Stdio::piped());
    let mut tar = tar.spawn().map_err(|e| e.to_string())?;
    let import = Command::new("podman")
        .args(["import", "--change", "ENV FROM_THE_IMAGE=1", "-", &format!("{NAME}:1")])
        .stdin(tar.stdout.take().unwrap())
        .output()
        .map_err(|e| e.to_string())?;
    tar.wait().unwrap();
    if !import.status.success() {
        return Err(String::from_utf8_lossy(&import.stderr).into_owned());
    }
    let format = ["image", "inspect", "--format", "{{.Digest}}", &format!("{NAME}:1")];
    let digest = Command::new("podman").args(format).output().unwrap();
    let image = format!("{NAME}@{}", String::from_utf8(digest.stdout).unwrap().trim());
    // Asking what an engine is does not tell whether it can run anything.
    let tried = Command::new("podman")
        .args(["run", "--rm", "--network=none", "--ulimit=nofile=64:64", "--ulimit=nproc=64:64"])
        .args([&image, "true"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&tried.stderr).into_owned();
    if tried.status.success() { Ok(image) } else { Err(said) }
}

/// A shop whose script runs in a container, and the right to be the only one that has containers;
/// none: there is no engine.
async fn contained(mut shop: Shop) -> Option<(Shop, MutexGuard<'static, ()>)> {
    static ALONE: Mutex<()> = Mutex::const_new(());
    shop.recipe.executor = Executor::Container;
    shop.recipe.image = Some(image()?.to_owned());
    Some((shop, ALONE.lock().await))
}

/// Containers of ours that are there, running or not.
fn left() -> String {
    let list = ["ps", "--all", "--filter", "name=^depstate-", "--format", "{{.Names}} {{.Status}}"];
    String::from_utf8(Command::new("podman").args(list).output().unwrap().stdout).unwrap()
}

#[tokio::test]
async fn the_environment_in_a_container_is_the_contracts() {
    let Some((shop, _alone)) = contained(environment()).await else { return };
    assert!(ENVIRONMENT.contains("environ"));
    assert_eq!(shop.text().await, WHOLE.replace("ROOM", "/depstate"));
}

#[tokio::test]
async fn a_step_in_a_container_can_do_what_it_must_and_no_more() {
    let Some((shop, _alone)) = contained(Shop::new(
        r#"
        exec > "$DEPSTATE_OUTPUT/seen"
        id -u | grep -q '^0$' && echo root
        grep -q '^CapEff:.0000000000000000$' /proc/self/status || echo capabilities
        grep -q '^NoNewPrivs:.1$' /proc/self/status || echo new-privileges
        grep -v -e lo: -e '|' /proc/net/dev && echo network
        for place in / /etc /bin /depstate "$DEPSTATE_TREE" "$DEPSTATE_TREE/build" "$DEPSTATE_EXTRA"; do
            touch "$place/x" 2>/dev/null && echo "wrote $place"
        done
        for place in /tmp "$HOME" . "$DEPSTATE_OUTPUT"; do
            touch "$place/x" || echo "could not write $place"
        done
        rm -f "$DEPSTATE_OUTPUT/x" || busybox rm "$DEPSTATE_OUTPUT/x"
        ls /proc | grep -c '^[0-9]' | grep -q '^[1-9]$' || echo processes
        pwd
        "#,
    )).await else {
        return;
    };
    assert_eq!(shop.text().await, "/depstate/work\n");
    assert_eq!(left(), "");
}

#[tokio::test]
async fn what_a_container_made_is_packed_like_anything_else() {
    let Some((mut shop, _alone)) = contained(Shop::new(
        "mkdir $DEPSTATE_OUTPUT/bin; cd $DEPSTATE_OUTPUT
         busybox tar cf - -C $DEPSTATE_TREE . | busybox tar xf - -C bin; ln -s bin/build to",
    ))
    .await
    else {
        return;
    };
    shop.recipe.archive = ArchiveFormat::TarGz;
    shop.recipe.reproducible = true;
    let (built, said) = shop.build().await;
    assert_eq!((built.tier, built.reproduced), (Some(Tier::Podman), Some(true)));
    assert_eq!(
        said,
        "depstate: build contract 1, container (podman), tool@1.2.0/linux-amd64\n\
         depstate: once more, to compare\n"
    );
    assert_eq!(super::shop::members(&built.path)[..2], ["bin/ 755", "bin/build/ 755"]);
}

#[tokio::test]
async fn a_container_is_gone_when_its_time_is_over() {
    let Some((mut shop, _alone)) =
        contained(Shop::new("busybox sleep 1000 & trap '' TERM; sleep 1000")).await
    else {
        return;
    };
    shop.recipe.limits.time = Duration::from_secs(2);
    let error = tokio::time::timeout(Duration::from_mins(1), shop.error()).await.unwrap();
    assert_eq!(error.code().as_str(), "step-limit", "{error}");
    assert_eq!(left(), "");
}

#[tokio::test]
async fn a_container_is_gone_after_an_interrupt() {
    let Some((shop, _alone)) = contained(Shop::new("echo started; sleep 1000")).await else {
        return;
    };
    let cancel = shop.cancel.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(2)).await;
        cancel.cancel();
    });
    let error = tokio::time::timeout(Duration::from_mins(1), shop.error()).await.unwrap();
    assert!(matches!(error, WorkshopError::Interrupted), "{error}");
    assert_eq!(left(), "");
}

#[tokio::test]
async fn a_container_keeps_its_limits() {
    let Some((mut shop, _alone)) = contained(Shop::new(
        "busybox dd if=/dev/zero of=/dev/null bs=900M count=1 && echo ok > $DEPSTATE_OUTPUT/x",
    ))
    .await
    else {
        return;
    };
    fs::remove_file(shop.build().await.0.path).unwrap();
    shop.recipe.limits.memory = 64 << 20;
    let error = shop.error().await;
    assert!(["step-failed", "step-limit"].contains(&error.code().as_str()), "{error}");
    assert!(error.to_string().contains("memory"), "{error} {:?}", error.tail());
}

#[tokio::test]
async fn a_script_that_fails_in_a_container_says_how() {
    let Some((shop, _alone)) = contained(Shop::new("echo because >&2; exit 7")).await else {
        return;
    };
    let error = shop.error().await;
    assert_eq!(error.to_string(), "build/make.sh ended with exit code 7");
    assert_eq!(error.tail(), ["because"]);
}
